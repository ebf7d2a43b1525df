/* SPDX-License-Identifier: MIT */
#include "tool/control.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { ABSENT_MS = 3000, ABSENT_TRIES = 30 };

int control_connect(struct tool *tool)
{
	return tool_connect_local(tool, "ncalrpc:[penstock-control]");
}

int control_fail(struct tool *tool, const char *operation, int result)
{
	switch (result) {
	case -ENOENT:
	case -ECONNREFUSED:
		return tool_fail(tool, TOOL_FAILED,
				 "Local sockets are looked for in PENSTOCK_NCALRPC_DIR, in the "
				 "user's own place, and in /run/penstock/ncalrpc.",
				 "no penstockd runs here");
	case -EACCES:
	case PEN_E_CLOSED:
	case -ECONNRESET:
	case -EPIPE:
		return tool_fail(tool, TOOL_FAILED, NULL,
				 "penstockd lets nobody in: only root and the user whom it runs as "
				 "may ask how it is, and it may have ended");
	default:
		return tool_fail_call(tool, operation, result);
	}
}

int control_get(struct tool *tool, const struct control_status **statusp)
{
	struct control_GetStatus_out *out = pen_arena_zalloc(&tool->arena, sizeof(*out));
	const struct control_GetStatus_in in = { 0 };
	int r;

	if (!out)
		return -ENOMEM;
	r = control_GetStatus(tool->call, &in, out);
	/* It goes on as another program, perhaps: a second try connects anew. */
	if (r == PEN_E_CLOSED || r == -ECONNRESET || r == -EPIPE)
		r = control_GetStatus(tool->call, &in, out);
	if (r)
		return r;
	*statusp = &out->status;
	return out->result ? PEN_E_UNSUPPORTED : 0;
}

bool control_is_absent(int result)
{
	return result == -ENOENT || result == -ECONNREFUSED;
}

int control_get_again(struct tool *tool, const struct control_status **statusp)
{
	const struct timespec pause = { .tv_nsec = ABSENT_MS / ABSENT_TRIES * 1000000L };
	int r = control_get(tool, statusp);

	for (int i = 0;
	     (control_is_absent(r) || r == PEN_E_CLOSED || r == -ECONNRESET) && i < ABSENT_TRIES;
	     i++) {
		nanosleep(&pause, NULL);
		r = control_get(tool, statusp);
	}
	return r;
}

void control_age(char text[16], int64_t ms)
{
	int64_t s = ms / 1000;

	if (ms < 0)
		snprintf(text, 16, "-");
	else if (s < 120)
		snprintf(text, 16, "%" PRId64 " s", s);
	else if (s < 120 * 60)
		snprintf(text, 16, "%" PRId64 " min", s / 60);
	else if (s < 48 * 3600)
		snprintf(text, 16, "%" PRId64 " h", s / 3600);
	else
		snprintf(text, 16, "%" PRId64 " d", s / 86400 % 1000000);
}

void control_name(char *text, size_t size, const char *name)
{
	size_t n = 0;

	for (; name[n] && n + 1 < size; n++)
		text[n] = name[n] >= ' ' && name[n] <= '~' ? name[n] : '?';
	text[n] = '\0';
}

const char *control_stage_name(enum control_worker_stage stage)
{
	static const char *const names[] = {
		[control_STARTING] = "starting",
		[control_READY] = "ready",
		[control_LEAVING] = "leaving",
	};

	return (unsigned)stage < PEN_COUNT(names) ? names[stage] : "?";
}
