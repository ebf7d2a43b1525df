/* SPDX-License-Identifier: MIT */
#include "runtime/server-trace.h"
#include "support/fail.h"
#include "support/probe.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/status.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 20000 };

static struct probe probe;
static struct pen_arena arena;
static uint8_t room[trace_LETTER_MAX];
static char me[32];

static const struct worker_trace all = { .opnum = -1, .stub_max = worker_TRACE_STUB_MAX };

/* A reader of the server that does not run yet. */
static int add(const struct worker_trace *filter)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pen_server_trace_add(probe.server, ends[1], filter), 0);
	return ends[0];
}

static int set_up(void **state)
{
	pen_arena_init(&arena, 0);
	snprintf(me, sizeof(me), "uid:%u", geteuid());
	probe_make(&probe, NULL);
	return 0;
}

static int tear_down(void **state)
{
	pen_arena_done(&arena);
	probe_halt(&probe);
	probe_done(&probe);
	return 0;
}

/* The next call that is told of. */
static struct trace_call next(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct trace_call call;
	ssize_t n;

	assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
	n = recv(fd, room, sizeof(room), MSG_DONTWAIT);
	assert_true(n > 0);
	assert_int_equal(pen_traced_get(&call, (struct pen_slice){ room, (size_t)n }, &arena), 0);
	return call;
}

static bool is_silent(int fd)
{
	return recv(fd, room, sizeof(room), MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static struct pen_call *begin(const char *binding, struct pen_client **clientp)
{
	struct pen_call *call;

	*clientp = probe_client(&probe, binding);
	assert_int_equal(pen_call_new(&call, *clientp), 0);
	return call;
}

static void end(struct pen_call *call, struct pen_client *client)
{
	pen_call_free(call);
	pen_client_free(client);
}

static void test_what_is_told(void **state)
{
	int fd = add(&all);
	struct pen_uuid object = { .time_low = 42 };
	struct trace_call told;
	struct pen_client *client;
	struct pen_call *call;

	probe_run(&probe);
	call = begin(probe.local, &client);
	assert_int_equal(probe_add(call, 2, 3), 0);
	told = next(fd);
	assert_memory_equal(&told.uuid, &probe_interface.id.uuid, 16);
	assert_int_equal(told.major, probe_interface.id.major);
	assert_int_equal(told.opnum, PROBE_ADD);
	assert_null(told.object);
	assert_int_equal(told.protseq, PEN_NCALRPC);
	assert_int_equal(told.process, getpid());
	assert_int_not_equal(told.assoc_group_id, 0);
	assert_int_equal(told.auth_type, 0);
	assert_int_equal(told.auth_level, PEN_AUTH_LEVEL_NONE);
	assert_string_equal(told.user, me);
	assert_string_equal(told.address, "local");
	assert_int_equal(told.outcome, trace_ANSWERED);
	assert_int_equal(told.request.size, 8);
	assert_int_equal(told.request.n_bytes, 8);
	assert_memory_equal(told.request.bytes, ((uint8_t[]){ 2, 0, 0, 0, 3, 0, 0, 0 }), 8);
	assert_memory_equal(told.answer.bytes, ((uint8_t[]){ 5, 0, 0, 0 }), 4);
	assert_true(told.time > INT64_C(1600000000) * 1000000000);
	assert_true(told.duration > 0);
	assert_int_equal(told.lost, 0);
	pen_call_set_object(call, &object);
	assert_int_equal(probe_add(call, 2, 3), 0);
	told = next(fd);
	assert_memory_equal(told.object, &object, 16);
	end(call, client);
	close(fd);
}

static void test_faults(void **state)
{
	struct worker_trace faults = all;
	struct probe_number in = { PEN_E_FAULT }, out;
	int everything = add(&all);
	struct trace_call told;
	struct pen_client *client;
	struct pen_call *call;
	int fd;

	faults.is_faults_only = true;
	fd = add(&faults);
	probe_run(&probe);
	call = begin(probe.tcp, &client);
	assert_int_equal(probe_add(call, 2, 3), 0);
	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_FAIL, &in, &out),
			 PEN_E_FAULT);
	told = next(fd);
	assert_int_equal(told.outcome, trace_FAULTED);
	assert_int_equal(told.status, pen_call_fault(call));
	assert_int_equal(told.opnum, PROBE_FAIL);
	assert_int_equal(told.answer.n_bytes, 0);
	assert_string_equal(told.address, "127.0.0.1");
	assert_string_equal(told.user, "anonymous");
	assert_true(is_silent(fd));
	assert_int_equal(next(everything).opnum, PROBE_ADD);
	assert_int_equal(next(everything).status, told.status);
	end(call, client);
	close(fd);
	close(everything);
}

static void test_filters(void **state)
{
	const struct dtyp_GUID stranger = { .Data1 = 1 };
	struct dtyp_GUID uuid;
	const struct {
		struct worker_trace filter;
		bool fits;
	} rows[] = {
		{ { .opnum = PROBE_ADD }, true },
		{ { .opnum = PROBE_ECHO }, false },
		{ { .opnum = -1, .uuid = &uuid }, true },
		{ { .opnum = -1, .uuid = (struct dtyp_GUID *)(uintptr_t)&stranger }, false },
		{ { .opnum = -1, .user = me }, true },
		{ { .opnum = -1, .user = "anonymous" }, false },
		{ { .opnum = -1, .address = "local" }, true },
		{ { .opnum = -1, .address = "192.0.2.1" }, false },
	};
	int fds[PEN_COUNT(rows)];
	struct pen_client *client;
	struct pen_call *call;

	memcpy(&uuid, &probe_interface.id.uuid, sizeof(uuid));
	_Static_assert(PEN_COUNT(rows) == PEN_SERVER_TRACES_MAX, "as many as may look on");
	for (size_t i = 0; i < PEN_COUNT(rows); i++)
		fds[i] = add(&rows[i].filter);
	assert_int_equal(
		pen_server_trace_add(probe.server, open("/dev/null", O_RDONLY | O_CLOEXEC), &all),
		PEN_E_LIMIT);
	probe_run(&probe);
	call = begin(probe.local, &client);
	assert_int_equal(probe_add(call, 2, 3), 0);
	assert_int_equal(probe_add(call, 4, 5), 0);
	for (size_t i = 0; i < PEN_COUNT(rows); i++)
		if (rows[i].fits) {
			struct trace_call told = next(fds[i]);

			/* None of its bytes, but how many there were. */
			assert_int_equal(told.request.size, 8);
			assert_int_equal(told.request.n_bytes, 0);
			next(fds[i]);
		}
	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		assert_true(is_silent(fds[i]));
		close(fds[i]);
	}
	end(call, client);
}

static void test_long_stubs_are_cut(void **state)
{
	static uint8_t data[3000];
	struct worker_trace some = { .opnum = -1, .stub_max = 100 };
	struct probe_bytes_in in = { .n = sizeof(data), .data = data };
	struct probe_bytes_out out = { 0 };
	int more = add(&all), fd = add(&some);
	struct trace_call told;
	struct pen_client *client;
	struct pen_call *call;

	memset(data, 7, sizeof(data));
	probe_run(&probe);
	call = begin(probe.tcp, &client);
	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_ECHO, &in, &out), 0);
	told = next(fd);
	assert_int_equal(told.request.n_bytes, 100);
	assert_int_equal(told.answer.n_bytes, 100);
	assert_true(told.request.size >= sizeof(data));
	assert_true(told.answer.size >= sizeof(data));
	told = next(more);
	assert_int_equal(told.request.n_bytes, told.request.size);
	assert_int_equal(told.answer.bytes[told.answer.n_bytes - 1], 7);
	end(call, client);
	close(fd);
	close(more);
}

/* Nobody waits for a reader. */
static void test_one_that_does_not_read(void **state)
{
	struct pen_client *client;
	struct pen_call *call;
	int small = 4096;
	int ends[2];
	int64_t n = 0;
	struct trace_call told;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	assert_int_equal(pen_server_trace_add(probe.server, ends[1], &all), 0);
	probe_run(&probe);
	call = begin(probe.local, &client);
	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(probe_add(call, i, 1), 0);
	while (!is_silent(ends[0]))
		n++;
	assert_true(n > 0 && n < 200);
	assert_int_equal(probe_add(call, 1, 1), 0);
	told = next(ends[0]);
	assert_int_equal(told.lost + n, 200);
	end(call, client);
	close(ends[0]);
}

/* When it is closed, nothing is told any more; the others hear on. */
static void test_the_end_of_a_reader(void **state)
{
	int first = add(&all), second = add(&all);
	struct pen_client *client;
	struct pen_call *call;

	probe_run(&probe);
	call = begin(probe.local, &client);
	assert_int_equal(probe_add(call, 1, 1), 0);
	next(first);
	close(first);
	next(second);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(probe_add(call, 1, 1), 0);
		next(second);
	}
	/* One that says something is none. */
	assert_int_equal(send(second, "x", 1, 0), 1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(probe_add(call, 1, 1), 0);
	end(call, client);
	probe_halt(&probe);
	assert_null(probe.server->trace);
	probe_run(&probe);
	close(second);
}

static void test_calls_that_nobody_waits_for(void **state)
{
	struct probe_number later = { 1 };
	struct probe_number out;
	struct probe_add_in shout = { 1, 2 };
	struct probe_nothing nothing;
	int fd = add(&all);
	struct trace_call told;
	struct pen_client *client;
	struct pen_call *call;

	probe_run(&probe);
	call = begin(probe.local, &client);
	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_SHOUT, &shout, &nothing), 0);
	told = next(fd);
	assert_int_equal(told.opnum, PROBE_SHOUT);
	pen_call_set_timeout(call, 100);
	assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_LATER, &later, &out),
			 PEN_E_TIMEOUT);
	end(call, client);
	told = next(fd);
	assert_int_equal(told.opnum, PROBE_LATER);
	assert_int_not_equal(told.outcome, trace_ANSWERED);
	close(fd);
}

/* A message that was made by nobody. */
static void test_hostile_messages(void **state)
{
	struct pen_buffer bytes = { 0 };
	const struct trace_call call = { .user = "u", .address = "a" };
	struct trace_call read;

	assert_int_equal(
		pen_ndr_put(&trace_call_type, (struct pen_layout){ 0 }, NULL, &call, &bytes, NULL),
		0);
	assert_int_equal(
		pen_traced_get(&read, (struct pen_slice){ bytes.data, bytes.size }, &arena), 0);
	for (size_t n = 0; n < bytes.size; n++)
		assert_int_not_equal(
			pen_traced_get(&read, (struct pen_slice){ bytes.data, n }, &arena), 0);
	pen_buffer_done(&bytes);
}

static void test_memory(void **state)
{
	struct worker_trace filter = all;
	int r, fd = -1;

	filter.user = "somebody";
	filter.address = "somewhere";
	for (size_t n = 1;; n++) {
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
		pen_fail_at(n);
		r = pen_server_trace_add(probe.server, ends[1], &filter);
		if (!pen_fail_hit()) {
			fd = ends[0];
			break;
		}
		close(ends[0]);
		assert_int_equal(r, -ENOMEM);
	}
	assert_int_equal(r, 0);
	close(fd);
	probe_run(&probe);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_told),
		TEST(test_faults),
		TEST(test_filters),
		TEST(test_long_stubs_are_cut),
		TEST(test_one_that_does_not_read),
		TEST(test_the_end_of_a_reader),
		TEST(test_calls_that_nobody_waits_for),
		TEST(test_hostile_messages),
		TEST(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
