/* SPDX-License-Identifier: MIT */
#include "tool/dynamic.h"
#include "io/clock.h"
#include "tool/progress.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

int dynamic_init(struct dynamic *dynamic, struct tool *tool, const char *name,
		 struct pen_arena *arena)
{
	int r;

	*dynamic = (struct dynamic){ .name = name, .arena = arena };
	r = tool_find_operation(tool, name, &dynamic->interface, &dynamic->opnum);
	if (r)
		return r;
	dynamic->operation = &dynamic->interface->operations[dynamic->opnum];
	dynamic->in = pen_arena_zalloc(arena, dynamic->operation->in->size + 1);
	dynamic->out = pen_arena_zalloc(arena, dynamic->operation->out->size + 1);
	if (!dynamic->in || !dynamic->out)
		return tool_fail_result(tool, -ENOMEM);
	return TOOL_OK;
}

int dynamic_set(struct dynamic *dynamic, struct tool *tool, const char *json, size_t n)
{
	struct pen_ndr_error error = { "" };
	int r = pen_ndr_from_json(dynamic->operation->in, NULL, json, n, dynamic->in,
				  dynamic->arena, &error);

	if (r > 0)
		return tool_fail(tool, TOOL_USAGE, NULL, "the parameters of %s: %s",
				 dynamic->operation->name, error.text);
	return r ? tool_fail_result(tool, r) : TOOL_OK;
}

/* ---- the call ---- */

enum { CANCEL_MS = 2000 /* that a server has to end what was cancelled */ };

/* A call that is waited for. */
struct wait {
	struct tool *tool;
	struct call_pipes *pipes; /* NULL: none */
	struct progress progress;
	uint64_t moved;
	uint64_t moved_at; /* when something moved last, or when it was ours to move it */
	bool is_cancelled;
	bool is_done;
	int result;
};

static void done(struct pen_call *call, int result, void *data)
{
	struct wait *wait = data;

	wait->is_done = true;
	wait->result = result;
}

static bool is_interrupted(const struct tool *tool)
{
	return tool->interrupts && *tool->interrupts;
}

static int least(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Milliseconds that may pass from moved_at on without anything; 0: there is no limit here. */
static uint32_t patience(const struct wait *wait)
{
	if (wait->is_cancelled)
		return CANCEL_MS;
	return wait->pipes && !wait->pipes->waiting ? wait->tool->timeout_ms : 0;
}

static int time_left(const struct wait *wait)
{
	uint64_t now = pen_clock_ms(), until = wait->moved_at + patience(wait);

	if (!patience(wait))
		return -1;
	return until <= now ? 0 : (int)(until - now < INT_MAX ? until - now : INT_MAX);
}

/* Whoever takes Control-C has it blocked until here, so that none is missed. */
static int poll_all(const struct wait *wait, struct pollfd *fds, nfds_t n)
{
	int ms = least(pen_client_timeout(wait->tool->client), time_left(wait));
	struct timespec time;
	sigset_t signals;

	ms = least(ms, wait->progress.is_shown ? PROGRESS_MS : -1);
	time = (struct timespec){ ms / 1000, ms % 1000 * 1000000L };
	sigprocmask(SIG_SETMASK, NULL, &signals);
	sigdelset(&signals, SIGINT);
	return ppoll(fds, n, ms < 0 ? NULL : &time, &signals);
}

/* Until the connection has something, or the file that a pipe waits for. */
static void wait_once(struct wait *wait)
{
	const struct pen_client *client = wait->tool->client;
	const struct call_pipe *file = wait->pipes ? wait->pipes->waiting : NULL;
	struct pollfd fds[] = {
		{ .fd = pen_client_fd(client), .events = pen_client_events(client) },
		{ .fd = file ? file->fd : -1, .events = POLLIN },
	};

	if (poll_all(wait, fds, PEN_COUNT(fds)) < 0)
		return;
	if (file)
		wait->moved_at = pen_clock_ms();
	pen_client_dispatch(wait->tool->client);
	if (!fds[1].revents || wait->is_done)
		return;
	wait->pipes->waiting = NULL;
	pen_call_resume(wait->tool->call);
}

static void note_progress(struct wait *wait)
{
	const struct call_pipes *pipes = wait->pipes;
	uint64_t now = pen_clock_ms();

	if (!pipes)
		return;
	if (pipes->n_sent + pipes->n_received != wait->moved) {
		wait->moved = pipes->n_sent + pipes->n_received;
		wait->moved_at = now;
	}
	progress_tell(&wait->progress, now, pipes->n_sent, pipes->n_to_send, pipes->n_received);
}

/* The call is given up, and there is another one for the next operation. */
static void abandon(struct wait *wait, int result)
{
	struct tool *tool = wait->tool;

	tool->call = pen_call_free(tool->call);
	wait->is_done = true;
	wait->result = pen_call_new(&tool->call, tool->client);
	if (wait->result)
		return;
	pen_call_set_timeout(tool->call, tool->timeout_ms);
	wait->result = result;
}

/* Control-C asks the server to end the call; once more, or in vain, and it is given up. */
static void check_end(struct wait *wait)
{
	if (wait->is_done)
		return;
	if (is_interrupted(wait->tool)) {
		*wait->tool->interrupts = 0;
		if (wait->is_cancelled) {
			abandon(wait, PEN_E_CANCELLED);
			return;
		}
		wait->is_cancelled = true;
		wait->moved_at = pen_clock_ms();
		pen_call_cancel(wait->tool->call);
	} else if (!time_left(wait)) {
		abandon(wait, wait->is_cancelled ? PEN_E_CANCELLED : PEN_E_TIMEOUT);
	}
}

static int explain(const struct dynamic *dynamic, const struct wait *wait)
{
	const struct call_pipe *failed = wait->pipes ? wait->pipes->failed : NULL;

	if (failed)
		return tool_fail(wait->tool, failed->is_out ? TOOL_FAILED : TOOL_USAGE, NULL,
				 "%s: %s", dynamic->name, wait->pipes->error);
	return tool_fail_call(wait->tool, dynamic->name, wait->result);
}

int dynamic_invoke(struct dynamic *dynamic, struct tool *tool)
{
	struct wait wait = { .tool = tool, .pipes = dynamic->pipes, .moved_at = pen_clock_ms() };
	const struct pen_interface *interface = dynamic->interface;

	/* With pipes it may take its time, as long as something moves. */
	pen_call_set_timeout(tool->call, wait.pipes ? 0 : tool->timeout_ms);
	progress_init(&wait.progress, wait.moved_at,
		      wait.pipes && !(tool->is_stdout_taken && isatty(STDOUT_FILENO)));
	if (dynamic->callbacks)
		interface = &dynamic->callbacks->interface;
	pen_call_set_callbacks(tool->call, interface, dynamic->callbacks, dynamic->callbacks);
	wait.result = pen_call_start(tool->call, interface, dynamic->opnum, dynamic->in,
				     dynamic->out, done, &wait);
	wait.is_done = wait.result;
	while (!wait.is_done) {
		wait_once(&wait);
		note_progress(&wait);
		check_end(&wait);
	}
	progress_done(&wait.progress);
	return wait.result ? explain(dynamic, &wait) : TOOL_OK;
}

/* ---- the answer ---- */

/*
 * The status that an answer ends with. An error_status_t is one; an unsigned long that
 * is returned is one too, as Microsoft's interfaces have it, unless there is the other.
 */
static uint32_t status_of(const struct pen_type *type, const void *out)
{
	uint32_t status = 0;
	bool has_status = false;

	for (uint32_t i = 0; i < type->n_fields; i++) {
		const struct pen_field *field = &type->fields[i];
		bool is_status = field->type->kind == PEN_ERROR_STATUS;

		if (!is_status && (!field->is_retval || has_status || field->type->kind != PEN_U32))
			continue;
		memcpy(&status, (const char *)out + field->offset, sizeof(status));
		has_status = true;
		if (is_status && status)
			break;
	}
	return status;
}

int dynamic_print(const struct dynamic *dynamic, struct tool *tool)
{
	const struct pen_scope scope = { .in = dynamic->in, .out = dynamic->out };
	bool is_json = tool->is_json;
	struct pen_ndr_error error = { "" };
	struct pen_buffer json;
	uint32_t status;
	int r;

	pen_buffer_init(&json, 0);
	r = pen_ndr_to_json(dynamic->operation->out, &scope, dynamic->out, &json, &error);
	if (r)
		r = tool_fail(tool, TOOL_FAILED, NULL, "%s: %s", dynamic->name, error.text);
	else
		r = tool_print_json(tool, &json);
	pen_buffer_done(&json);
	status = status_of(dynamic->operation->out, dynamic->out);
	if (r || !status)
		return r;
	/* The answer is printed already: what is left is for people. */
	tool->is_json = false;
	r = tool_fail_status(tool, dynamic->name, status);
	tool->is_json = is_json;
	return r;
}
