/* SPDX-License-Identifier: MIT */
/*
 * [system_handle]: descriptors of each kind that go with calls and answers over a local socket. In
 * the end nothing is open that was not before.
 */
#include "idl/cargo-server.h"
#include "support/fail.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/status.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { N_BYTES = 400000, N_CALLS = 64, MAX = CARGO_MAX };

/* ---- what goes and comes ---- */

static struct pen_system_handle *member(struct cargo_Kinds_in *in, unsigned i)
{
	struct pen_system_handle *all[] = { &in->file,	&in->pipe,	&in->socket, &in->section,
					    &in->event, &in->semaphore, &in->process };

	return all[i];
}

static void test_each_kind(void **state)
{
	struct cargo_fixture *f = cargo_start();

	for (unsigned form = 0; form < 4; form++) {
		struct cargo_Kinds_in in = { 0 };
		struct cargo_Kinds_out out = { 0 };

		cargo_close_client(f);
		cargo_open_client(f, f->local, form & 1, form & 2);
		assert_int_equal(cargo_Kinds(f->call, &in, &out), 0);
		assert_int_equal(out.result, 0);
		for (unsigned i = 0; i < CARGO_KINDS; i++)
			*member(&in, i) = cargo_handle(cargo_open_kind(i));
		assert_int_equal(cargo_Kinds(f->call, &in, &out), 0);
		assert_int_equal(out.result, (1 << CARGO_KINDS) - 1);
		/* What was sent is still ours. */
		for (unsigned i = 0; i < CARGO_KINDS; i++)
			assert_int_equal(close(member(&in, i)->fd), 0);
	}
	cargo_stop(f);
}

/* A pipe's place may have a socket of this machine's, and a file's the memory of a section. */
static bool is_also(unsigned wanted, unsigned kind)
{
	return wanted == kind || (wanted == 1 && kind == 2) || (wanted == 0 && kind == 3);
}

static void test_no_other_kind(void **state)
{
	struct cargo_fixture *f = cargo_start();

	for (unsigned wanted = 0; wanted < CARGO_KINDS; wanted++)
		for (unsigned kind = 0; kind < CARGO_KINDS; kind++) {
			struct cargo_Kinds_in in = { 0 };
			struct cargo_Kinds_out out = { 0 };
			int fd = cargo_open_kind(kind);
			int r;

			*member(&in, wanted) = cargo_handle(fd);
			r = cargo_Kinds(f->call, &in, &out);
			assert_int_equal(r, is_also(wanted, kind) ? 0 : PEN_E_BAD_DATA);
			if (r)
				assert_non_null(strstr(pen_call_error(f->call), " is no sh_"));
			close(fd);
		}
	cargo_stop(f);
}

/* [system_handle(sh_file, FILE_READ_DATA)]: open for reading, and for nothing more. */
static void test_access(void **state)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_PATH };
	struct cargo_fixture *f = cargo_start();

	for (unsigned i = 0; i < PEN_COUNT(flags); i++) {
		int file = cargo_file(4);
		char path[32];
		int fd;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
		assert_int_equal(fchmod(file, 0600), 0);
		fd = open(path, flags[i] | O_CLOEXEC);
		assert_true(fd >= 0);
		{
			struct cargo_ITEM item = { .factor = 2, .file = cargo_handle(fd) };
			struct cargo_Sum_in in = { .n = 1, .items = &item };
			struct cargo_Sum_out out = { 0 };

			assert_int_equal(cargo_Sum(f->call, &in, &out), i ? PEN_E_BAD_DATA : 0);
			assert_int_equal(out.sum, i ? 0 : 8);
		}
		close(fd);
		close(file);
	}
	cargo_stop(f);
}

static void test_no_descriptor(void **state)
{
	struct cargo_Kinds_in in = { .file = cargo_handle(-1) };
	struct cargo_Kinds_out out = { 0 };
	struct cargo_fixture *f = cargo_start();

	assert_int_equal(cargo_Kinds(f->call, &in, &out), PEN_E_BAD_DATA);
	in.file.fd = 1 << 20;
	assert_int_equal(cargo_Kinds(f->call, &in, &out), PEN_E_BAD_DATA);
	in.file.is_there = false;
	assert_int_equal(cargo_Kinds(f->call, &in, &out), 0);
	assert_int_equal(out.result, 0);
	cargo_stop(f);
}

/* Each is where it was, in arrays of structs and in lists. */
static void sum_of(struct cargo_fixture *f, uint32_t n, int result)
{
	struct cargo_ITEM items[MAX + 1] = { 0 };
	struct cargo_ITEM last = { .factor = 1000, .file = cargo_handle(cargo_file(n)) };
	struct cargo_Sum_in in = { .n = n, .items = items };
	struct cargo_Sum_out out = { 0 };
	int64_t expected = 1000 * (int64_t)n;

	for (uint32_t i = 0; i < n; i++) {
		items[i].factor = (int32_t)i + 1;
		if (i % 3 == 2)
			continue;
		items[i].file = cargo_handle(cargo_file(i * i));
		expected += i * i * (i + 1);
	}
	if (n)
		items[n / 2].next = &last;
	assert_int_equal(cargo_Sum(f->call, &in, &out), result);
	if (!result)
		assert_int_equal(out.sum, n ? expected : 0);
	for (uint32_t i = 0; i < n; i++)
		if (items[i].file.is_there)
			close(items[i].file.fd);
	close(last.file.fd);
}

static void test_many(void **state)
{
	struct cargo_fixture *f = cargo_start();

	for (uint32_t n = 0; n <= MAX; n++)
		sum_of(f, n, 0);
	cargo_stop(f);
}

static void test_limit(void **state)
{
	struct cargo_fixture *f = cargo_start();

	for (uint32_t n = MAX; n <= MAX + 1; n++) {
		struct cargo_ITEM items[MAX + 1] = { 0 };
		struct cargo_Sum_in in = { .n = n, .items = items };
		struct cargo_Sum_out out = { 0 };
		int fd = cargo_file(1);

		for (uint32_t i = 0; i < n; i++)
			items[i] = (struct cargo_ITEM){ .factor = 1, .file = cargo_handle(fd) };
		assert_int_equal(cargo_Sum(f->call, &in, &out), n > MAX ? PEN_E_LIMIT : 0);
		close(fd);
	}
	cargo_stop(f);
}

static void test_what_comes(void **state)
{
	struct cargo_Open_in in = { .text = "77" };
	struct cargo_Open_out out = { 0 };
	struct cargo_fixture *f = cargo_start();
	unsigned n_open;
	int taken;

	assert_int_equal(cargo_Open(f->call, &in, &out), 0);
	assert_true(out.file.is_there);
	assert_int_equal(cargo_number(out.file.fd), 77);
	assert_int_equal(fcntl(out.file.fd, F_GETFD), FD_CLOEXEC);
	taken = pen_call_take_descriptor(f->call, &out.file);
	assert_int_equal(taken, out.file.fd);
	assert_int_equal(pen_call_take_descriptor(f->call, &out.file), -ENOENT);

	in.text = "78";
	assert_int_equal(cargo_Open(f->call, &in, &out), 0);
	n_open = pen_count_fds();
	assert_int_equal(cargo_number(out.file.fd), 78);
	/* That one is the call's, and goes with its next use; the other stays. */
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(cargo_Open(f->call, &in, &out), 0);
	assert_in_range(pen_count_fds(), n_open - 1, n_open + 1);
	assert_int_equal(cargo_number(taken), 77);
	close(taken);
	cargo_stop(f);
}

static void test_both_ways(void **state)
{
	struct cargo_Turn_in in = { 0 };
	struct cargo_Turn_out out = { 0 };
	struct cargo_fixture *f = cargo_start();
	char byte = 0;
	int ends[2];

	assert_int_equal(cargo_Turn(f->call, &in, &out), 0);
	assert_false(out.pipe.is_there);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	in.pipe = cargo_handle(ends[1]);
	assert_int_equal(cargo_Turn(f->call, &in, &out), 0);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, '!');
	assert_int_equal(read(out.pipe.fd, &byte, 1), 1);
	assert_int_equal(byte, '?');
	close(ends[0]);
	cargo_stop(f);
}

static void test_who_takes_it_has_it(void **state)
{
	struct cargo_Keep_in in = { .event = cargo_handle(eventfd(0, EFD_CLOEXEC)) };
	struct cargo_Keep_out out;
	static const struct cargo_Signal_in none;
	struct cargo_Signal_out nothing;
	struct cargo_fixture *f = cargo_start();
	eventfd_t value = 0;

	assert_int_equal(cargo_Keep(f->call, &in, &out), 0);
	assert_int_equal(cargo_Signal(f->call, &none, &nothing), 0);
	assert_int_equal(eventfd_read(in.event.fd, &value), 0);
	assert_int_equal(value, 7);
	cargo_stop(f);
	close(in.event.fd);
}

/* ---- many calls at a time ---- */

static void on_done(struct pen_call *call, int result, void *data)
{
	unsigned *n = data;

	assert_int_equal(result, 0);
	++*n;
}

static void dispatch_until(struct pen_client *client, const unsigned *n, unsigned wanted)
{
	while (*n < wanted) {
		struct pollfd wait = { .fd = pen_client_fd(client),
				       .events = pen_client_events(client) };

		poll(&wait, 1, pen_client_timeout(client));
		pen_client_dispatch(client);
	}
}

/* Large requests and small ones, all at once: each finds its own file. */
static void test_each_finds_its_own(void **state)
{
	struct cargo_Weigh_out outs[N_CALLS] = { 0 };
	struct pen_call *calls[N_CALLS];
	struct cargo_fixture *f = cargo_start();
	uint8_t *bytes = test_calloc(1, N_BYTES);
	unsigned n = 0;

	for (unsigned i = 0; i < N_CALLS; i++) {
		struct cargo_Weigh_in in = { .n = i % 4 ? 8 : N_BYTES,
					     .bytes = bytes,
					     .file = cargo_handle(cargo_file(1000 + i)) };

		assert_int_equal(pen_call_new(&calls[i], f->client), 0);
		assert_int_equal(cargo_Weigh_start(calls[i], &in, &outs[i], on_done, &n), 0);
		close(in.file.fd);
	}
	dispatch_until(f->client, &n, N_CALLS);
	for (unsigned i = 0; i < N_CALLS; i++) {
		assert_int_equal(outs[i].sum, 1000 + i);
		pen_call_free(calls[i]);
	}
	test_free(bytes);
	cargo_stop(f);
}

static void test_answers_find_their_own(void **state)
{
	struct cargo_Open_out outs[N_CALLS] = { 0 };
	struct pen_call *calls[N_CALLS];
	struct cargo_fixture *f = cargo_start();
	char text[16];
	unsigned n = 0;

	for (unsigned i = 0; i < N_CALLS; i++) {
		struct cargo_Open_in in = { .text = text };

		snprintf(text, sizeof(text), "%u", 500 + i);
		assert_int_equal(pen_call_new(&calls[i], f->client), 0);
		assert_int_equal(cargo_Open_start(calls[i], &in, &outs[i], on_done, &n), 0);
	}
	dispatch_until(f->client, &n, N_CALLS);
	for (unsigned i = 0; i < N_CALLS; i++) {
		assert_int_equal(cargo_number(outs[i].file.fd), 500 + i);
		pen_call_free(calls[i]);
	}
	cargo_stop(f);
}

static void test_burst(void **state)
{
	struct cargo_fixture *f = cargo_start();

	for (uint32_t n = MAX; n <= MAX + 1; n++) {
		struct cargo_Burst_in in = { .n = n };
		struct cargo_Burst_out out = { 0 };
		uint32_t i = n;

		assert_int_equal(cargo_Burst(f->call, &in, &out), n > MAX ? PEN_E_FAULT : 0);
		if (n > MAX)
			continue;
		for (const struct cargo_ITEM *item = out.items; item; item = item->next)
			assert_int_equal(cargo_number(item->file.fd), --i);
		assert_int_equal(i, 0);
	}
	cargo_stop(f);
}

/* ---- callbacks ---- */

static int lend(struct pen_call *call, const struct cargo_Lend_in *in, struct cargo_Lend_out *out)
{
	return pen_call_give_descriptor(call, cargo_file(cargo_number(in->blank.fd) + 41),
					&out->file);
}

static void test_callback(void **state)
{
	static const struct cargo_callbacks callbacks = { .Lend = lend };
	static const struct cargo_Relay_in in;
	struct cargo_Relay_out out = { 0 };
	struct cargo_fixture *f = cargo_start();

	pen_call_set_callbacks(f->call, &cargo_interface, &callbacks, NULL);
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(cargo_Relay(f->call, &in, &out), 0);
		assert_int_equal(cargo_number(out.file.fd), 42);
	}
	cargo_stop(f);
}

/* ---- where none can go ---- */

static void test_not_over_tcp(void **state)
{
	struct cargo_Open_in in = { .text = "1" };
	struct cargo_Open_out out = { 0 };
	struct cargo_Kinds_in kinds_in = { 0 };
	struct cargo_Kinds_out kinds_out = { 0 };
	struct cargo_fixture *f = cargo_start();

	cargo_close_client(f);
	cargo_open_client(f, f->tcp, false, false);
	assert_int_equal(cargo_Kinds(f->call, &kinds_in, &kinds_out), 0);
	kinds_in.file = cargo_handle(cargo_file(1));
	assert_int_equal(cargo_Kinds(f->call, &kinds_in, &kinds_out), PEN_E_UNSUPPORTED);
	close(kinds_in.file.fd);
	assert_int_equal(cargo_Open(f->call, &in, &out), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(f->call), PEN_WERR_RPC_S_CANNOT_SUPPORT);
	cargo_stop(f);
}

/* ---- who goes away ---- */

static void test_nothing_is_left(void **state)
{
	struct cargo_Drop_in in = { .fails = true };
	struct cargo_Drop_out out = { 0 };
	struct cargo_fixture *f = cargo_start();
	unsigned n = 0;

	assert_int_equal(cargo_Drop(f->call, &in, &out), PEN_E_FAULT);
	in.fails = false;
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(cargo_Drop_start(f->call, &in, &out, on_done, &n), 0);
		if (i % 2)
			assert_int_equal(pen_client_bind(f->client, &cargo_interface), 0);
		cargo_close_client(f);
		cargo_open_client(f, f->local, false, false);
	}
	cargo_stop(f);
}

static void test_no_memory(void **state)
{
	struct cargo_ITEM items[3] = { 0 };
	struct cargo_Sum_in in = { .n = PEN_COUNT(items), .items = items };
	struct cargo_fixture *f = cargo_start();
	bool was_hit = true;

	for (unsigned i = 0; i < PEN_COUNT(items); i++)
		items[i] = (struct cargo_ITEM){ .factor = 1, .file = cargo_handle(cargo_file(i)) };
	/* Whose allocation fails, the client's or the server's, chance decides. */
	for (size_t n = 1; was_hit; n++) {
		struct cargo_Sum_out out = { 0 };
		int r;

		pen_fail_at(n);
		r = cargo_Sum(f->call, &in, &out);
		was_hit = pen_fail_hit();
		assert_true(was_hit || !r);
		if (!r)
			assert_int_equal(out.sum, 3);
		cargo_close_client(f);
		cargo_open_client(f, f->local, false, false);
	}
	for (unsigned i = 0; i < PEN_COUNT(items); i++)
		close(items[i].file.fd);
	cargo_stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind),
		cmocka_unit_test(test_no_other_kind),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_no_descriptor),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_what_comes),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_who_takes_it_has_it),
		cmocka_unit_test(test_each_finds_its_own),
		cmocka_unit_test(test_answers_find_their_own),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_callback),
		cmocka_unit_test(test_not_over_tcp),
		cmocka_unit_test(test_nothing_is_left),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, cargo_open_once, NULL);
}
