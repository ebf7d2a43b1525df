/* SPDX-License-Identifier: MIT */
/*
 * The control interface by itself: who is let in, what is told, and what a penstockd cannot do. And
 * where a status page listens.
 */
#include "base/cleanup.h"
#include "daemon/child.h"
#include "daemon/control.h"
#include "daemon/page.h"
#include "io/socket.h"
#include "runtime/client.h"
#include "support/fail.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/client.h>
#include <penstock/status.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static const struct log quiet = { .level = PEN_LOG_ERROR };
static const struct log silent = { .level = (enum pen_log_level) - 1 };

struct fixture {
	unsigned n_fds;
	char directory[40];
	uv_loop_t loop;
	struct control *control;
	/* what was done */
	unsigned n_stops, n_restarts, n_traces;
	bool is_now;
	char program[32];
};

/* ---- what it controls ---- */

static int describe(void *data, struct pen_arena *arena, struct control_status *status)
{
	const struct fixture *f = data;

	*status = (struct control_status){
		.version = "1.2.3",
		.pid = 42,
		.accepted = f->n_stops,
		.endpoints = pen_arena_array(arena, 1, sizeof(*status->endpoints)),
		.programs = pen_arena_array(arena, 1, sizeof(*status->programs)),
	};
	return status->endpoints && status->programs ? 0 : -ENOMEM;
}

static uint32_t stop(void *data, enum control_manner manner)
{
	struct fixture *f = data;

	f->n_stops++;
	f->is_now = manner == control_NOW;
	return 0;
}

static uint32_t restart(void *data, const char *program, bool is_now)
{
	struct fixture *f = data;

	f->n_restarts++;
	f->is_now = is_now;
	snprintf(f->program, sizeof(f->program), "%s", program);
	return strcmp(program, "one") ? PEN_WERR_NOT_FOUND : 0;
}

static uint32_t reload(void *data, struct pen_buffer *diagnosis)
{
	return pen_buffer_printf(diagnosis, "line 1: no") ? PEN_WERR_NOT_ENOUGH_MEMORY
							  : PEN_WERR_INVALID_DATA;
}

static uint32_t trace(void *data, int socket, const struct control_trace_filter *filter)
{
	struct fixture *f = data;

	if (filter->opnum != 7 || strcmp(filter->user, "ann") != 0)
		return PEN_WERR_INVALID_PARAMETER;
	if (f->n_traces++)
		return PEN_WERR_BUSY;
	close(socket);
	return 0;
}

/* ---- the fixture ---- */

static int make(struct fixture *f, bool can_all, const struct log *log)
{
	const struct control_config config = {
		.loop = &f->loop,
		.ncalrpc_dir = f->directory,
		.log = log,
		.actions = { .describe = describe,
			     .stop = can_all ? stop : NULL,
			     .restart = can_all ? restart : NULL,
			     .trace = can_all ? trace : NULL,
			     .reload = can_all ? reload : NULL,
			     .data = f },
	};

	return control_new(&f->control, &config);
}

static struct fixture *start(bool can_all)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	f->n_fds = pen_count_fds();
	strcpy(f->directory, "/tmp/penstock-control-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	/* As that of all local sockets: anybody gets in. */
	assert_int_equal(chmod(f->directory, 0755), 0);
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(make(f, can_all, &quiet), 0);
	return f;
}

static void finish(struct fixture *f)
{
	control_free(f->control);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	assert_int_equal(rmdir(f->directory), 0);
	assert_int_equal(pen_count_fds(), f->n_fds);
	test_free(f);
}

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

/* ---- a status page ---- */

static int make_page(struct fixture *f, struct page **pagep, const char *program,
		     const char *listen)
{
	const struct page_config config = {
		.loop = &f->loop,
		.control = f->control,
		.log = &silent,
		.program = program,
		.listen = listen,
	};

	return page_new(pagep, &config);
}

static void finish_with_page(struct fixture *f, struct page *page)
{
	page_free(page);
	finish(f);
	child_reap_forgotten(10000);
}

static void test_places_of_a_page(void **state)
{
	static const char *const wrong[] = { "",
					     "9164",
					     "127.0.0.1",
					     "127.0.0.1:",
					     "127.0.0.1:x",
					     ":9164",
					     "127.0.0.1:65536",
					     "localhost:1",
					     "::1:9164",
					     "[::1:9164",
					     "[]:1",
					     "127.0.0.1:1x",
					     "[127.0.0.1:1" };
	struct fixture *f = start(true);
	struct page *page, *other;
	char path[80];

	for (size_t i = 0; i < PEN_COUNT(wrong); i++)
		if (make_page(f, &page, "/bin/true", wrong[i]) != PEN_E_SYNTAX)
			fail_msg("%s", wrong[i]);
	assert_int_equal(make_page(f, &page, "/bin/true", "/nowhere/at/all"), -ENOENT);
	snprintf(path, sizeof(path), "%s/page", f->directory);
	assert_int_equal(make_page(f, &page, "/bin/true", path), 0);
	assert_string_equal(page_place(page), path);
	assert_int_equal(make_page(f, &other, "/bin/true", path), -EADDRINUSE);
	page_free(page);
	uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(make_page(f, &page, "/bin/true", "127.0.0.1:0"), 0);
	assert_int_equal(strncmp(page_place(page), "127.0.0.1:", 10), 0);
	assert_int_not_equal(atoi(page_place(page) + 10), 0);
	assert_int_equal(make_page(f, &other, "/bin/true", page_place(page)), -EADDRINUSE);
	finish_with_page(f, page);
}

/* A program that leaves a mark and ends. */
static void write_program(const char *path, const char *mark)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\necho >>%s\n", mark);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static void test_a_page_whose_process_ends_gets_another(void **state)
{
	struct fixture *f = start(true);
	char program[80], mark[80];
	struct stat st = { 0 };
	struct page *page;

	snprintf(program, sizeof(program), "%s/program", f->directory);
	snprintf(mark, sizeof(mark), "%s/mark", f->directory);
	write_program(program, mark);
	assert_int_equal(make_page(f, &page, program, "127.0.0.1:0"), 0);
	for (int i = 0; st.st_size < 3 && i < 30000; i++) {
		child_reap();
		uv_run(&f->loop, UV_RUN_NOWAIT);
		if (stat(mark, &st))
			st.st_size = 0;
		usleep(1000);
	}
	assert_true(st.st_size >= 3);
	page_free(page);
	page = NULL;
	child_reap_forgotten(10000);
	unlink(program);
	unlink(mark);
	finish_with_page(f, page);
}

static void test_allocations_of_a_page_fail(void **state)
{
	struct fixture *f = start(true);
	struct page *page = NULL;
	int r;

	for (size_t n = 1;; n++) {
		pen_fail_at(n);
		r = make_page(f, &page, "/bin/true", "127.0.0.1:0");
		if (!pen_fail_hit())
			break;
		if (r)
			assert_int_equal(r, -ENOMEM);
		else /* without a process for now */
			page_free(page);
		uv_run(&f->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(r, 0);
	finish_with_page(f, page);
}

/* What the first loop of a process opens stays open. */
static int warm_up(void **state)
{
	uv_loop_t loop;

	return uv_loop_init(&loop) || uv_loop_close(&loop);
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
		cmocka_unit_test(test_places_of_a_page),
		cmocka_unit_test(test_a_page_whose_process_ends_gets_another),
		cmocka_unit_test(test_allocations_of_a_page_fail),
	};

	return cmocka_run_group_tests_name("control", tests, warm_up, NULL);
}
