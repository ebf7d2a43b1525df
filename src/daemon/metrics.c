/* SPDX-License-Identifier: MIT */
#include "daemon/metrics.h"
#include "base/utf16.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Keeps the first error, so that it is looked at once. */
struct text {
	struct pen_buffer *buffer;
	int error;
};

static void put_bytes(struct text *text, const char *bytes, size_t n)
{
	if (!text->error)
		text->error = pen_buffer_add(text->buffer, bytes, n);
}

static void put(struct text *text, const char *format, ...) PEN_PRINTF(2, 3);

static void put(struct text *text, const char *format, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	put_bytes(text, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

/* UTF-8, whatever it was: a byte that is none is a question mark. */
static void put_label(struct text *text, const char *name, const char *value)
{
	const char *end = value + strlen(value);

	put(text, "%s=\"", name);
	while (value < end) {
		const char *begin = value;
		int32_t character = pen_utf16_next(&value, end);

		if (character < 0)
			value++;
		if (character < ' ' || character == 0x7f || (character & ~0x7ff) == 0xd800)
			put_bytes(text, character == '\n' ? "\\n" : "?", character == '\n' ? 2 : 1);
		else if (character == '"' || character == '\\')
			put(text, "\\%c", (char)character);
		else
			put_bytes(text, begin, (size_t)(value - begin));
	}
	put(text, "\"");
}

static void put_family(struct text *text, const char *name, const char *type, const char *unit,
		       const char *help)
{
	put(text, "# TYPE penstock_%s %s\n", name, type);
	if (unit)
		put(text, "# UNIT penstock_%s %s\n", name, unit);
	put(text, "# HELP penstock_%s %s\n", name, help);
}

static void put_seconds(struct text *text, int64_t ms)
{
	put(text, " %" PRId64 ".%03d\n", ms / 1000, (int)(ms % 1000));
}

/* ---- of the whole ---- */

struct number {
	const char *name, *type, *help;
	int64_t value;
};

static void put_number(struct text *text, const struct number *number)
{
	bool is_counter = !strcmp(number->type, "counter");

	put_family(text, number->name, number->type, NULL, number->help);
	put(text, "penstock_%s%s %" PRId64 "\n", number->name, is_counter ? "_total" : "",
	    number->value);
}

static void put_whole(struct text *text, const struct control_status *status)
{
	const struct number numbers[] = {
		{ "stopping", "gauge", "Whether nobody new is let in.",
		  status->state == control_STOPPING },
		{ "accepted_connections", "counter", "Connections that came.", status->accepted },
		{ "refused_connections", "counter", "Connections that no program got.",
		  status->refused },
		{ "greeter_connections", "gauge",
		  "Connections of which the first fragment is awaited.", status->greeter.visitors },
		{ "greeter_connections_limit", "gauge", "How many there may be of those.",
		  status->greeter.visitors_max },
		{ "greeter_starts", "counter", "Processes of the greeter.",
		  status->greeter.started },
	};

	put_family(text, "build", "info", NULL, "The version of penstockd.");
	put(text, "penstock_build_info{");
	put_label(text, "version", status->version);
	put(text, "} 1\n");
	put_family(text, "uptime_seconds", "gauge", "seconds", "Since penstockd has started.");
	put(text, "penstock_uptime_seconds");
	put_seconds(text, status->uptime_ms);
	for (size_t i = 0; i < PEN_COUNT(numbers); i++)
		put_number(text, &numbers[i]);
}

/* ---- of programs ---- */

#define SUM(member)                                                                                \
	static int64_t sum_##member(const struct control_program *program)                         \
	{                                                                                          \
		int64_t sum = 0;                                                                   \
                                                                                                   \
		for (uint32_t i = 0; i < program->n_workers; i++)                                  \
			sum += program->workers[i].member;                                         \
		return sum;                                                                        \
	}

SUM(connections)
SUM(groups)
SUM(handles)
SUM(calls)
SUM(waiting)

static int64_t limit_of(const struct control_program *program)
{
	return program->workers_max;
}

static int64_t started_of(const struct control_program *program)
{
	return program->started;
}

static int64_t crashed_of(const struct control_program *program)
{
	return program->crashed;
}

static int64_t waiting_of(const struct control_program *program)
{
	return program->waiting + sum_waiting(program);
}

static int64_t arrivals_of(const struct control_program *program)
{
	return program->arrivals;
}

static int64_t calls_of(const struct control_program *program)
{
	return program->calls_begun;
}

static int64_t faults_of(const struct control_program *program)
{
	return program->faults;
}

static const struct family {
	const char *name, *type, *help;
	int64_t (*of)(const struct control_program *program);
} families[] = {
	{ "processes_limit", "gauge", "How many processes a program may have.", limit_of },
	{ "started_processes", "counter", "Processes that were started.", started_of },
	{ "crashed_processes", "counter", "Processes that crashed.", crashed_of },
	{ "waiting_connections", "gauge", "Connections that wait for a process.", waiting_of },
	{ "connections", "gauge", "Connections that processes have.", sum_connections },
	{ "handed_connections", "counter", "Connections that processes have got.", arrivals_of },
	{ "groups", "gauge", "Association groups.", sum_groups },
	{ "handles", "gauge", "Context handles.", sum_handles },
	{ "calls_in_progress", "gauge", "Calls that are not answered yet.", sum_calls },
	{ "calls", "counter", "Calls.", calls_of },
	{ "faults", "counter", "Calls that were answered with a fault.", faults_of },
};

/* Two programs may give themselves one name, and not one path. */
static void put_program(struct text *text, const char *name, const struct control_program *program)
{
	put(text, "penstock_%s{", name);
	put_label(text, "program", program->name);
	put(text, ",");
	put_label(text, "path", program->path);
}

static void put_programs(struct text *text, const struct control_status *status,
			 const struct family *family)
{
	bool is_counter = !strcmp(family->type, "counter");
	char name[64];

	put_family(text, family->name, family->type, NULL, family->help);
	snprintf(name, sizeof(name), "%s%s", family->name, is_counter ? "_total" : "");
	for (uint32_t i = 0; i < status->n_programs; i++) {
		put_program(text, name, &status->programs[i]);
		put(text, "} %" PRId64 "\n", family->of(&status->programs[i]));
	}
}

static void put_processes(struct text *text, const struct control_status *status)
{
	static const char *const stages[] = {
		[control_STARTING] = "starting",
		[control_READY] = "ready",
		[control_LEAVING] = "leaving",
	};

	put_family(text, "processes", "gauge", NULL, "Processes there are.");
	for (uint32_t i = 0; i < status->n_programs; i++) {
		const struct control_program *program = &status->programs[i];
		uint32_t n[PEN_COUNT(stages)] = { 0 };

		for (uint32_t k = 0; k < program->n_workers; k++)
			if ((size_t)program->workers[k].stage < PEN_COUNT(stages))
				n[program->workers[k].stage]++;
		for (size_t k = 0; k < PEN_COUNT(stages); k++) {
			put_program(text, "processes", program);
			put(text, ",stage=\"%s\"} %u\n", stages[k], n[k]);
		}
	}
}

static void put_backoffs(struct text *text, const struct control_status *status)
{
	put_family(text, "backoff_seconds", "gauge", "seconds",
		   "Until a process may be started, after a crash.");
	for (uint32_t i = 0; i < status->n_programs; i++) {
		put_program(text, "backoff_seconds", &status->programs[i]);
		put(text, "}");
		put_seconds(text, status->programs[i].backoff_ms);
	}
}

static int64_t processes_of(const struct control_child *child)
{
	return child->processes;
}

static int64_t starts_of(const struct control_child *child)
{
	return child->started;
}

static int64_t crashes_of(const struct control_child *child)
{
	return child->crashed;
}

static int64_t handed_of(const struct control_child *child)
{
	return child->handed;
}

/* -1 is left out. */
static int64_t holds_of(const struct control_child *child)
{
	return child->holds;
}

static const struct child_family {
	const char *name, *type, *help;
	int64_t (*of)(const struct control_child *child);
} child_families[] = {
	{ "child_processes", "gauge", "Processes of penstockd's own.", processes_of },
	{ "child_starts", "counter", "Processes of penstockd's own that were started.", starts_of },
	{ "child_crashes", "counter", "Processes of penstockd's own that crashed.", crashes_of },
	{ "child_handed", "counter", "Connections that such a process was given, or has brought.",
	  handed_of },
	{ "child_holds", "gauge", "Connections that such a process has.", holds_of },
};

static void put_children(struct text *text, const struct control_status *status,
			 const struct child_family *family)
{
	bool is_counter = !strcmp(family->type, "counter");

	put_family(text, family->name, family->type, NULL, family->help);
	for (uint32_t i = 0; i < status->n_children; i++) {
		int64_t value = family->of(&status->children[i]);

		if (value < 0)
			continue;
		put(text, "penstock_%s%s{", family->name, is_counter ? "_total" : "");
		put_label(text, "child", status->children[i].name);
		put(text, "} %" PRId64 "\n", value);
	}
}

static void put_endpoints(struct text *text, const struct control_status *status)
{
	put_family(text, "endpoint_open", "gauge", NULL,
		   "Whether connections are accepted there now.");
	for (uint32_t i = 0; i < status->n_endpoints; i++) {
		put(text, "penstock_endpoint_open{");
		put_label(text, "binding", status->endpoints[i].binding);
		put(text, "} %d\n", status->endpoints[i].is_open != 0);
	}
}

int metrics_put(const struct control_status *status, struct pen_buffer *buffer)
{
	struct text text = { .buffer = buffer };

	put_whole(&text, status);
	put_processes(&text, status);
	for (size_t i = 0; i < PEN_COUNT(families); i++)
		put_programs(&text, status, &families[i]);
	put_backoffs(&text, status);
	for (size_t i = 0; i < PEN_COUNT(child_families); i++)
		put_children(&text, status, &child_families[i]);
	put_endpoints(&text, status);
	put(&text, "# EOF\n");
	return text.error;
}
