/* SPDX-License-Identifier: MIT */
/* penstock daemon: tells penstockd what to do. */
#include "io/clock.h"
#include "tool/control.h"
#include <errno.h>
#include <penstock/status.h>
#include <string.h>

enum { PAUSE_MS = 50 };

static int answer(struct tool *tool, const char *operation, int r, uint32_t result,
		  const char *diagnosis, const char *done)
{
	size_t n = diagnosis ? strlen(diagnosis) : 0;

	if (r)
		return control_fail(tool, operation, r);
	if (result == PEN_WERR_CALL_NOT_IMPLEMENTED)
		return tool_fail(tool, TOOL_SERVER, NULL, "%s: this penstockd cannot do that",
				 operation);
	if (result && n)
		return tool_fail(tool, TOOL_SERVER, NULL, "%.*s",
				 (int)(diagnosis[n - 1] == '\n' ? n - 1 : n), diagnosis);
	if (result)
		return tool_fail_status(tool, operation, result);
	puts(tool->is_json ? "{\"is_done\":true}" : done);
	return TOOL_OK;
}

static int tell_stop(struct tool *tool, enum control_manner manner, const char *done)
{
	const struct control_Stop_in in = { .manner = manner };
	struct control_Stop_out out = { 0 };
	int r = control_Stop(tool->call, &in, &out);

	return answer(tool, "control.Stop", r, out.result, NULL, done);
}

static int stop(struct tool *tool, char **argv)
{
	if (tool->is_long)
		return tell_stop(tool, control_NOW, "penstockd ends.");
	return tell_stop(tool, control_IN_TIME,
			 "penstockd lets nobody in any more, and ends when the connections there "
			 "are have ended or its time for that is over.");
}

static int drain(struct tool *tool, char **argv)
{
	return tell_stop(tool, control_DRAIN,
			 "penstockd lets nobody in any more, and ends when the connections there "
			 "are have ended.");
}

/* ---- what takes a while ---- */

/* It may be between two programs: nobody listens then, or who was let in is not heard. */
static bool is_away(int result)
{
	return control_is_absent(result) || result == PEN_E_CLOSED || result == -ECONNRESET ||
	       result == -EPIPE;
}

/*
 * Until it is not at that any more. ms: since it is the program that it is; *reloadp: what became
 * of the last reload.
 */
static int await(struct tool *tool, enum control_daemon_state state, int64_t *msp,
		 uint32_t *reloadp)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	uint64_t begun = pen_clock_ms();
	const struct control_status *status;
	bool is_at_it = true;
	int r = 0;

	while (is_at_it && (!tool->timeout_ms || pen_clock_ms() - begun < tool->timeout_ms)) {
		nanosleep(&pause, NULL);
		r = control_get(tool, &status);
		if (r && !is_away(r))
			return control_fail(tool, "control.GetStatus", r);
		is_at_it = r || status->state == state;
		if (!r) {
			*msp = status->image_ms;
			*reloadp = status->reload;
		}
		pen_arena_reset(&tool->arena);
	}
	if (r)
		return control_fail(tool, "control.GetStatus", r);
	return is_at_it ? tool_fail(tool, TOOL_FAILED, "--timeout SECONDS waits longer.",
				    "penstockd is still about it")
			: TOOL_OK;
}

static int reload(struct tool *tool, char **argv)
{
	const struct control_Reload_in in = { 0 };
	struct control_Reload_out out = { 0 };
	int r = control_Reload(tool->call, &in, &out);
	uint32_t result = 0;
	int64_t ms;

	if (!r && !out.result)
		r = await(tool, control_RELOADING, &ms, &result);
	else
		return answer(tool, "control.Reload", r, out.result, out.diagnosis, "");
	if (!r && result)
		return tool_fail(tool, TOOL_SERVER, NULL,
				 "The configuration stays as it was, for what the programs say "
				 "does not go with it, as penstockd's log says");
	return r ? r
		 : answer(tool, "control.Reload", 0, 0, NULL,
			  "penstockd has read its configuration, and asked its programs.");
}

static int upgrade(struct tool *tool, char **argv)
{
	const struct control_Upgrade_in in = { 0 };
	struct control_Upgrade_out out = { 0 };
	uint64_t begun = pen_clock_ms();
	int r = control_Upgrade(tool->call, &in, &out);
	int64_t ms = INT64_MAX;
	uint32_t reload;

	if (r || out.result)
		return answer(tool, "control.Upgrade", r, out.result, out.diagnosis, "");
	r = await(tool, control_UPGRADING, &ms, &reload);
	if (r)
		return r;
	if (ms > (int64_t)(pen_clock_ms() - begun))
		return tool_fail(tool, TOOL_SERVER, NULL,
				 "penstockd goes on as it was, and its log says why");
	return answer(tool, "control.Upgrade", 0, 0, NULL,
		      "penstockd goes on as the program that is installed now.");
}

static int restart(struct tool *tool, char **argv)
{
	const struct control_Restart_in in = { .program = argv[0], .is_now = tool->is_long };
	struct control_Restart_out out = { 0 };
	int r = control_Restart(tool->call, &in, &out);

	if (!r && out.result == PEN_WERR_NOT_FOUND)
		return tool_fail(tool, TOOL_SERVER, "\"penstock status\" lists the programs.",
				 "penstockd has no program %s", argv[0]);
	return answer(tool, "control.Restart", r, out.result, NULL,
		      "New connections get new processes.");
}

static const struct verb {
	struct tool_verb verb;
	int (*run)(struct tool *tool, char **argv); /* what comes after the verb */
} verbs[] = {
	{ { "stop", 0, 0, " [--now]" }, stop },
	{ { "drain", 0, 0, "" }, drain },
	{ { "reload", 0, 0, "" }, reload },
	{ { "upgrade", 0, 0, "" }, upgrade },
	{ { "restart", 1, 1, " PROGRAM [--now]" }, restart },
};

static int run(struct tool *tool, int argc, char **argv)
{
	const struct verb *verb =
		tool_find_verb(tool, verbs, PEN_COUNT(verbs), sizeof(*verbs), argc, argv);
	int r;

	if (!verb)
		return TOOL_USAGE;
	if (tool->is_long && verb->run != stop && verb->run != restart)
		return tool_fail(tool, TOOL_USAGE, NULL, "--now is for stop and restart");
	r = control_connect(tool);
	return r ? r : verb->run(tool, argv + 1);
}

static int option(struct tool *tool, int val, const char *value)
{
	tool->is_long = true;
	return TOOL_OK;
}

static const struct option options[] = {
	{ "now", no_argument, NULL, 'n' },
	{ 0 },
};

const struct tool_command tool_daemon = {
	.name = "daemon",
	.arguments = "stop | drain | reload | upgrade | restart PROGRAM",
	.summary = "tell penstockd to stop, to read its configuration, to start a program anew",
	.help = "  -n, --now          stop, restart: do not wait for the connections there are\n"
		"\n"
		"stop: nobody is let in any more, and penstockd ends when the connections there "
		"are "
		"have\n"
		"ended, or its time for that is over. drain: the same, however long it takes.\n"
		"reload: the configuration is read and the programs are asked again. upgrade:\n"
		"penstockd goes on as the program that is installed now, and loses no connection.\n"
		"restart: new connections get new processes of the program, as \"penstock "
		"status\"\n"
		"names it; those there are end when their connections have.\n"
		"\n"
		"Example:\n"
		"  penstock daemon restart penstock-srvsvc\n",
	.options = options,
	.option = option,
	.run = run,
	.min_arguments = 1,
	.max_arguments = 2,
};
