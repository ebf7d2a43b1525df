/* SPDX-License-Identifier: MIT */
/* The control interface by itself: who is let in, what is told, and what a penstockd cannot do. */
#include "daemon/test-control.h"
#include "io/socket.h"
#include "runtime/client.h"
#include "support/fail.h"
#include <penstock/client.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { NOBODY = 65534 };

/* ---- clients, beside it in one thread ---- */

struct caller {
	struct pen_client *client;
	struct pen_call *call;
	int result;
};

static struct caller connect_to(const struct fixture *f)
{
	const struct pen_client_config config = { .ncalrpc_dir = f->directory };
	struct caller caller = { .result = PEN_E_AGAIN };

	assert_int_equal(pen_client_new(&caller.client, "ncalrpc:", &config, NULL), 0);
	assert_int_equal(pen_call_new(&caller.call, caller.client), 0);
	return caller;
}

static void leave(struct caller *caller)
{
	pen_call_free(caller->call);
	pen_client_free(caller->client);
}

static void on_done(struct pen_call *call, int result, void *data)
{
	((struct caller *)data)->result = result;
}

static int call(struct fixture *f, struct caller *caller, uint16_t opnum, const void *in, void *out)
{
	int r = pen_call_start(caller->call, &control_interface, opnum, in, out, on_done, caller);

	caller->result = r ? r : PEN_E_AGAIN;
	while (caller->result == PEN_E_AGAIN) {
		uv_run(&f->loop, UV_RUN_NOWAIT);
		pen_client_dispatch(caller->client);
	}
	return caller->result;
}

/* ---- what is told ---- */

static void test_status_is_told(void **state)
{
	struct fixture *f = start(true);
	struct caller caller = connect_to(f);
	struct control_GetStatus_out out = { .status = { 0 } };
	const struct control_GetStatus_in in = { 0 };

	assert_int_equal(call(f, &caller, 0, &in, &out), 0);
	assert_int_equal(out.result, 0);
	assert_string_equal(out.status.version, "1.2.3");
	assert_int_equal(out.status.pid, 42);
	leave(&caller);
	finish(f);
}

static void test_what_is_told_is_done(void **state)
{
	struct fixture *f = start(true);
	struct caller caller = connect_to(f);
	struct control_Restart_out restarted = { 0 };
	struct control_Reload_out reloaded = { 0 };
	struct control_Stop_out stopped = { 0 };

	assert_int_equal(
		call(f, &caller, 4, &(struct control_Restart_in){ "one", true }, &restarted), 0);
	assert_int_equal(restarted.result, 0);
	assert_string_equal(f->program, "one");
	assert_true(f->is_now);
	assert_int_equal(
		call(f, &caller, 4, &(struct control_Restart_in){ "two", false }, &restarted), 0);
	assert_int_equal(restarted.result, PEN_WERR_NOT_FOUND);
	assert_false(f->is_now);
	assert_int_equal(call(f, &caller, 2, &(struct control_Reload_in){ 0 }, &reloaded), 0);
	assert_int_equal(reloaded.result, PEN_WERR_INVALID_DATA);
	assert_string_equal(reloaded.diagnosis, "line 1: no");
	assert_int_equal(call(f, &caller, 1, &(struct control_Stop_in){ control_NOW }, &stopped),
			 0);
	assert_int_equal(f->n_stops, 1);
	leave(&caller);
	finish(f);
}

static void test_what_it_cannot_is_said(void **state)
{
	struct fixture *f = start(false);
	struct caller caller = connect_to(f);
	struct control_Restart_out restarted = { 0 };
	struct control_Upgrade_out upgraded = { 0 };
	struct control_Reload_out reloaded = { 0 };
	struct control_Stop_out stopped = { 0 };

	assert_int_equal(call(f, &caller, 1, &(struct control_Stop_in){ control_NOW }, &stopped),
			 0);
	assert_int_equal(call(f, &caller, 2, &(struct control_Reload_in){ 0 }, &reloaded), 0);
	assert_int_equal(call(f, &caller, 3, &(struct control_Upgrade_in){ 0 }, &upgraded), 0);
	assert_int_equal(
		call(f, &caller, 4, &(struct control_Restart_in){ "one", false }, &restarted), 0);
	assert_int_equal(stopped.result, PEN_WERR_CALL_NOT_IMPLEMENTED);
	assert_int_equal(reloaded.result, PEN_WERR_CALL_NOT_IMPLEMENTED);
	assert_int_equal(upgraded.result, PEN_WERR_CALL_NOT_IMPLEMENTED);
	assert_int_equal(restarted.result, PEN_WERR_CALL_NOT_IMPLEMENTED);
	leave(&caller);
	finish(f);
}

/* The result of a trace to a socket of that type; 0: to none. */
static uint32_t trace_to(struct fixture *f, struct caller *caller, int type, int32_t opnum)
{
	struct control_Trace_in in = { .filter = { .opnum = opnum, .user = "ann" } };
	struct control_Trace_out out = { 0 };
	int ends[2] = { -1, -1 };

	if (type)
		assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
	in.socket = (struct pen_system_handle){ .fd = ends[1], .is_there = type };
	assert_int_equal(call(f, caller, 5, &in, &out), 0);
	if (type) {
		close(ends[0]);
		close(ends[1]);
	}
	return out.result;
}

/* A socket that messages are written to, and nothing else. */
static void test_who_looks_on(void **state)
{
	struct fixture *f = start(true);
	struct caller caller = connect_to(f);

	assert_int_equal(trace_to(f, &caller, SOCK_STREAM, 7), PEN_WERR_INVALID_PARAMETER);
	assert_int_equal(trace_to(f, &caller, 0, 7), PEN_WERR_INVALID_PARAMETER);
	assert_int_equal(trace_to(f, &caller, SOCK_SEQPACKET, 8), PEN_WERR_INVALID_PARAMETER);
	assert_int_equal(trace_to(f, &caller, SOCK_SEQPACKET, 7), 0);
	assert_int_equal(trace_to(f, &caller, SOCK_SEQPACKET, 7), PEN_WERR_BUSY);
	assert_int_equal(f->n_traces, 2);
	leave(&caller);
	finish(f);
	f = start(false);
	caller = connect_to(f);
	assert_int_equal(trace_to(f, &caller, SOCK_SEQPACKET, 7), PEN_WERR_CALL_NOT_IMPLEMENTED);
	leave(&caller);
	finish(f);
}

/* ---- who is let in ---- */

/* A process of that uid connects, asks, and says what came of it: 0: it was let go unread. */
static int be_stranger(const char *path)
{
	struct pen_address address;
	char directory[64], byte = 5;
	bool is_pending;
	int fd;

	snprintf(directory, sizeof(directory), "%s", path);
	if (setgid(NOBODY) || setuid(NOBODY) || pen_unix_address(&address, directory, CONTROL_NAME))
		return 9;
	fd = pen_socket_connect(&address, &is_pending);
	if (fd < 0)
		return fd == -EACCES ? 1 : 2;
	pen_socket_set_blocking(fd, true);
	/* What is sent before the end is seen goes nowhere: a reset, or the end. */
	if (send(fd, &byte, 1, MSG_NOSIGNAL) < 0)
		return errno == EPIPE ? 0 : 3;
	return read(fd, &byte, 1) > 0 ? 4 : 0;
}

static int meet_stranger(struct fixture *f)
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (!pid)
		_exit(be_stranger(f->directory));
	while (waitpid(pid, &status, WNOHANG) == 0)
		uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_strangers_are_let_go(void **state)
{
	struct fixture *f;
	char path[80];

	if (geteuid())
		skip();
	f = start(true);
	assert_int_equal(meet_stranger(f), 1);
	/* Nor by a socket whose mode somebody has changed. */
	snprintf(path, sizeof(path), "%s/" CONTROL_NAME, f->directory);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(meet_stranger(f), 0);
	control_free(f->control);
	unlink(path);
	assert_int_equal(make(f, true, &quiet), 0);
	finish(f);
}

/* A connection that a process of ours was given: to ask, not to tell. */
static void test_one_that_asks_tells_nothing(void **state)
{
	struct fixture *f = start(true);
	struct caller caller = connect_to(f);
	struct control_GetStatus_out out = { .status = { 0 } };
	struct control_Restart_out restarted = { 0 };
	struct control_Upgrade_out upgraded = { 0 };
	struct control_Reload_out reloaded = { 0 };
	struct control_Stop_out stopped = { 0 };
	int fd = control_open(f->control);

	assert_true(fd >= 0);
	assert_int_equal(pen_client_adopt(caller.client, fd), 0);
	assert_int_equal(call(f, &caller, 0, &(struct control_GetStatus_in){ 0 }, &out), 0);
	assert_int_equal(out.status.pid, 42);
	assert_int_equal(call(f, &caller, 1, &(struct control_Stop_in){ control_NOW }, &stopped),
			 0);
	assert_int_equal(call(f, &caller, 2, &(struct control_Reload_in){ 0 }, &reloaded), 0);
	assert_int_equal(call(f, &caller, 3, &(struct control_Upgrade_in){ 0 }, &upgraded), 0);
	assert_int_equal(
		call(f, &caller, 4, &(struct control_Restart_in){ "one", false }, &restarted), 0);
	/* Nor does it hear what others say; no socket comes with such a connection at all. */
	assert_int_equal(trace_to(f, &caller, 0, 7), PEN_WERR_ACCESS_DENIED);
	assert_int_equal(stopped.result, PEN_WERR_ACCESS_DENIED);
	assert_int_equal(reloaded.result, PEN_WERR_ACCESS_DENIED);
	assert_int_equal(upgraded.result, PEN_WERR_ACCESS_DENIED);
	assert_int_equal(restarted.result, PEN_WERR_ACCESS_DENIED);
	assert_int_equal(f->n_stops + f->n_restarts, 0);
	leave(&caller);
	finish(f);
}

static void test_no_more_than_there_may_be(void **state)
{
	struct fixture *f = start(true);
	struct caller callers[CONTROL_CONNECTIONS_MAX + 1];
	struct control_GetStatus_out out = { .status = { 0 } };
	const struct control_GetStatus_in in = { 0 };

	for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++) {
		callers[i] = connect_to(f);
		assert_int_equal(call(f, &callers[i], 0, &in, &out), 0);
	}
	callers[CONTROL_CONNECTIONS_MAX] = connect_to(f);
	assert_int_not_equal(call(f, &callers[CONTROL_CONNECTIONS_MAX], 0, &in, &out), 0);
	leave(&callers[0]);
	for (int i = 0; i < 10; i++)
		uv_run(&f->loop, UV_RUN_NOWAIT);
	leave(&callers[CONTROL_CONNECTIONS_MAX]);
	callers[0] = connect_to(f);
	assert_int_equal(call(f, &callers[0], 0, &in, &out), 0);
	for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
		leave(&callers[i]);
	finish(f);
}

/* ---- its life ---- */

static void test_two_do_not_listen(void **state)
{
	struct fixture *f = start(true);
	struct control *first = f->control;

	assert_int_equal(make(f, true, &quiet), -EADDRINUSE);
	uv_run(&f->loop, UV_RUN_NOWAIT);
	f->control = first;
	finish(f);
}

static void test_allocations_fail(void **state)
{
	struct fixture *f = start(true);
	int r;

	for (size_t n = 1;; n++) {
		control_free(f->control);
		uv_run(&f->loop, UV_RUN_DEFAULT);
		f->control = NULL;
		pen_fail_at(n);
		r = make(f, true, &silent);
		if (!pen_fail_hit())
			break;
		if (r)
			assert_int_equal(r, -ENOMEM);
	}
	assert_int_equal(r, 0);
	finish(f);
}

/* A call that lacks memory fails, and the next one does not. */
static void test_allocations_of_calls_fail(void **state)
{
	struct fixture *f = start(true);
	struct caller caller = connect_to(f);
	const struct control_GetStatus_in in = { 0 };
	bool is_hit = true;
	size_t n_failed = 0;

	for (size_t n = 1; is_hit; n++) {
		struct control_GetStatus_out out = { .status = { 0 } };
		int r;

		pen_fail_at(n);
		r = call(f, &caller, 0, &in, &out);
		is_hit = pen_fail_hit();
		n_failed += r != 0;
		if (r) {
			leave(&caller);
			caller = connect_to(f);
		}
	}
	assert_true(n_failed > 0);
	leave(&caller);
	finish(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_is_told),
		cmocka_unit_test(test_what_is_told_is_done),
		cmocka_unit_test(test_what_it_cannot_is_said),
		cmocka_unit_test(test_who_looks_on),
		cmocka_unit_test(test_strangers_are_let_go),
		cmocka_unit_test(test_one_that_asks_tells_nothing),
		cmocka_unit_test(test_no_more_than_there_may_be),
		cmocka_unit_test(test_two_do_not_listen),
		cmocka_unit_test(test_allocations_fail),
		cmocka_unit_test(test_allocations_of_calls_fail),
	};

	return cmocka_run_group_tests_name("control", tests, warm_up, NULL);
}
