/* SPDX-License-Identifier: MIT */
/* penstock top: what penstockd's processes do, again each second. */
#include "tool/top.h"
#include "io/clock.h"
#include "tool/control.h"
#include "tool/screen.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { INTERVAL_MS = 1000, COUNT_MAX = 1000000, TIMEOUT_MS = 5000, LINE_SIZE = 256 };

struct top {
	struct screen screen;
	struct top_rows processes, before, programs;
	bool are_programs, is_over;
	enum top_order order;
	uint64_t asked_at;
	/* of the whole */
	char head[LINE_SIZE], counts[LINE_SIZE];
};

static const struct key {
	char key;
	enum top_order order;
} keys[] = {
	{ 'c', TOP_BY_RATE },	{ 'n', TOP_BY_CONNECTIONS }, { 'h', TOP_BY_HANDLES },
	{ 'f', TOP_BY_FAULTS }, { 'p', TOP_BY_NAME },
};

static const char key_line[] = "c calls/s  n connections  h handles  f faults  p program: order   "
			       "w programs or processes   q quit";

/* ---- what there is ---- */

static void summarize(struct top *top, const struct control_status *status)
{
	uint32_t n_processes = 0, connections = 0, handles = 0, waiting = 0;
	char age[16];

	for (uint32_t i = 0; i < status->n_programs; i++) {
		const struct control_program *program = &status->programs[i];

		n_processes += program->n_workers;
		waiting += program->waiting;
		for (uint32_t k = 0; k < program->n_workers; k++) {
			connections += program->workers[k].connections;
			handles += program->workers[k].handles;
			waiting += program->workers[k].waiting;
		}
	}
	control_age(age, status->uptime_ms);
	snprintf(top->head, sizeof(top->head),
		 "penstockd, process %u, %s for %s; %u programs, %u processes", status->pid,
		 status->state == control_STOPPING ? "stopping, up" : "up", age, status->n_programs,
		 n_processes);
	snprintf(top->counts, sizeof(top->counts),
		 "%u connections, %u handles; %u with the greeter, %u wait; %" PRId64
		 " accepted, %" PRId64 " refused",
		 connections, handles, status->greeter.visitors, waiting, status->accepted,
		 status->refused);
}

static int note(struct top *top, const struct control_status *status)
{
	struct top_rows rows = top->before;
	int r;

	top->before = top->processes;
	top->processes = rows;
	r = top_rows_fill(&top->processes, status, top->asked_at);
	if (r)
		return r;
	top_rows_compare(&top->processes, &top->before);
	summarize(top, status);
	return top_rows_sum(&top->programs, status, &top->processes);
}

/* What fails says so on the terminal as it was. */
static int look(struct tool *tool, struct top *top)
{
	const struct control_status *status;
	int r = top->asked_at ? control_get_again(tool, &status) : control_get(tool, &status);

	if (r) {
		screen_leave(&top->screen);
		return control_fail(tool, "control.GetStatus", r);
	}
	top->asked_at = pen_clock_ms();
	r = note(top, status);
	pen_arena_reset(&tool->arena);
	return r ? tool_fail_result(tool, r) : TOOL_OK;
}

/* ---- how it looks ---- */

/* The rest of each line is cleared, and then the rest of the screen. */
static void end_line(const struct top *top)
{
	fputs(top->screen.is_entered ? "\033[K\r\n" : "\n", stdout);
}

static void draw(struct top *top)
{
	struct top_rows *shown = top->are_programs ? &top->programs : &top->processes;
	enum { LINES_AROUND = 6 };
	unsigned columns = top->screen.is_entered ? top->screen.columns : LINE_SIZE;
	unsigned rows = top->screen.rows > LINES_AROUND ? top->screen.rows - LINES_AROUND : 1;

	top_rows_sort(shown, top->order);
	if (top->screen.is_entered)
		fputs("\033[H", stdout);
	top_print(top->head, columns);
	end_line(top);
	top_print(top->counts, columns);
	end_line(top);
	end_line(top);
	top_rows_print_head(columns, top->order);
	end_line(top);
	for (size_t i = 0; i < shown->n && (!top->screen.is_entered || i < rows); i++) {
		top_row_print(&shown->rows[i], columns);
		end_line(top);
	}
	if (top->screen.is_entered) {
		fputs("\033[J", stdout);
		printf("\033[%u;1H", top->screen.rows);
		top_print(key_line, columns - 1);
	} else {
		end_line(top);
	}
	fflush(stdout);
}

/* ---- keys ---- */

static void take_key(struct top *top, char key)
{
	if (key == 'q' || key == 'Q' || key == '\4')
		top->is_over = true;
	for (size_t i = 0; i < PEN_COUNT(keys); i++)
		if (keys[i].key == key)
			top->order = keys[i].order;
	if (key == 'w')
		top->are_programs = !top->are_programs;
}

/* Until it is time to ask again. False: it is over. */
static bool rest(struct top *top, uint32_t interval_ms, bool *is_askedp)
{
	uint64_t until = top->asked_at + interval_ms, now;

	*is_askedp = false;
	while (!top->is_over && !*is_askedp && (now = pen_clock_ms()) < until) {
		char key = 0;

		switch (screen_wait(&top->screen, (uint32_t)(until - now), &key)) {
		case SCREEN_END:
			return false;
		case SCREEN_KEY:
			take_key(top, key);
			*is_askedp = key == ' ';
			if (!*is_askedp)
				draw(top);
			break;
		case SCREEN_RESIZED:
			draw(top);
			break;
		case SCREEN_TIME:
			break;
		}
	}
	return !top->is_over;
}

/* ---- the command ---- */

static int watch(struct tool *tool, struct top *top)
{
	uint32_t n = tool->count;
	bool is_asked;
	int r;

	do {
		r = look(tool, top);
		if (r)
			return r;
		screen_enter(&top->screen);
		draw(top);
		/* One that only counts down does not wait at the end. */
	} while ((!tool->count || --n) && rest(top, tool->interval_ms, &is_asked));
	return TOOL_OK;
}

static int run(struct tool *tool, int argc, char **argv)
{
	struct top top = { .order = TOP_BY_RATE, .are_programs = tool->is_long };
	int r;

	if (tool->is_json)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "\"penstock status --json --watch\" prints JSON");
	if (!tool->interval_ms)
		tool->interval_ms = INTERVAL_MS;
	r = control_connect(tool);
	if (r)
		return r;
	if (!tool->timeout_ms || tool->timeout_ms > TIMEOUT_MS)
		pen_call_set_timeout(tool->call, TIMEOUT_MS);
	screen_init(&top.screen);
	r = watch(tool, &top);
	screen_leave(&top.screen);
	top_rows_done(&top.processes);
	top_rows_done(&top.programs);
	top_rows_done(&top.before);
	screen_end();
	return r;
}

static int option(struct tool *tool, int val, const char *value)
{
	char *end;
	double number;

	if (val == 'w') {
		tool->is_long = true;
		return TOOL_OK;
	}
	errno = 0;
	number = strtod(value, &end);
	if (end == value || *end || errno || !(number > 0 && number <= COUNT_MAX) ||
	    (val == 'c' && number != floor(number)))
		return tool_fail(tool, TOOL_USAGE, NULL, "%s is not a %s", value,
				 val == 'c' ? "count" : "number of seconds");
	if (val == 'c')
		tool->count = (uint32_t)number;
	else
		tool->interval_ms = number < 0.1 ? 100 : (uint32_t)(number * 1000);
	return TOOL_OK;
}

static const struct option options[] = {
	{ "programs", no_argument, NULL, 'w' },
	{ "count", required_argument, NULL, 'c' },
	{ "interval", required_argument, NULL, 'i' },
	{ 0 },
};

const struct tool_command tool_top = {
	.name = "top",
	.arguments = "",
	.summary = "what penstockd's processes do, live",
	.help = "  -w, --programs     a line a program, not a line a process\n"
		"  -i, --interval SECONDS\n"
		"                     between two looks (1)\n"
		"  -c, --count N      so many looks, and no end without\n"
		"\n"
		"Keys: c, n, h, f, p order by calls a second, connections, handles, faults, "
		"program;\n"
		"w changes between programs and processes, space looks at once, q quits. Where\n"
		"output is no terminal, one look follows another.\n"
		"\n"
		"Examples:\n"
		"  penstock top\n"
		"  penstock top -w -c 2 -i 10 | tail -20\n",
	.options = options,
	.option = option,
	.run = run,
};
