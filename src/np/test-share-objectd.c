/* SPDX-License-Identifier: MIT */
/* A handle that goes to another process: what goes with it, and what is left behind. */
#include "np/file.h"
#include "support/fail.h"
#include "support/fds.h"
#include "support/objectd.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/pipe.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG_MS = 20000 };

#define NAME "\\\\.\\pipe\\shared"

static struct objectd objectd;
static struct pen_pipe *server, *client;
static int ends[2];
static int smbd;

static int start(void **state)
{
	const struct pen_pipe_config config = { .configuration = PEN_PIPE_DUPLEX,
						.is_message = true,
						.is_message_mode = true };

	objectd = (struct objectd){ 0 };
	objectd_start(&objectd, NULL);
	setenv("PENSTOCK_OBJECTS_DIR", objectd.directory, 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pen_pipe_create(&server, NAME, &config, NULL), 0);
	assert_int_equal(pen_pipe_open(&client, NAME, NULL), 0);
	assert_int_equal(pen_pipe_listen(server, LONG_MS), PEN_STATUS_PIPE_CONNECTED);
	return 0;
}

static int stop(void **state)
{
	server = pen_pipe_free(server);
	client = pen_pipe_free(client);
	close(ends[0]);
	close(ends[1]);
	if (objectd.pid)
		objectd_end(&objectd, SIGTERM);
	objectd_clean(&objectd);
	return 0;
}

/* The server's end goes from one handle to another, which has no other to be told of. */
static void move(void)
{
	struct pen_pipe *moved = NULL;

	assert_int_equal(pen_pipe_send(server, ends[0], 0), 0);
	server = pen_pipe_free(server);
	assert_int_equal(pen_pipe_receive(&moved, ends[1]), 0);
	server = moved;
}

static void expect_talk(void)
{
	char text[16];
	uint32_t n;

	assert_int_equal(pen_pipe_write(client, "hello", 5, &n, LONG_MS), 0);
	assert_int_equal(pen_pipe_read(server, text, sizeof(text), &n, LONG_MS), 0);
	assert_int_equal(n, 5);
	assert_memory_equal(text, "hello", 5);
	assert_int_equal(pen_pipe_write(server, "yes", 3, &n, LONG_MS), 0);
	assert_int_equal(pen_pipe_read(client, text, sizeof(text), &n, LONG_MS), 0);
	assert_int_equal(n, 3);
}

static void test_what_was_known_of_the_client_goes_with_it(void **state)
{
	struct pen_token *token;
	uint32_t pid = 0;

	assert_int_equal(pen_pipe_client_process(server, &pid), 0);
	assert_int_equal(pid, getpid());
	objectd_end(&objectd, SIGKILL);
	objectd.pid = 0;
	setenv("PENSTOCK_OBJECTD", "/nonexistent", 1);
	move();
	expect_talk();
	pid = 0;
	assert_int_equal(pen_pipe_client_process(server, &pid), 0);
	assert_int_equal(pid, getpid());
	assert_int_equal(pen_pipe_client_token(server, &token), 0);
	assert_int_equal(pen_token_info(token)->uid, geteuid());
	assert_true(pen_token_info(token)->is_local);
	pen_token_free(token);
	unsetenv("PENSTOCK_OBJECTD");
}

static void test_what_was_not_is_asked_for(void **state)
{
	uint32_t pid = 0;

	move();
	expect_talk();
	assert_int_equal(pen_pipe_client_process(server, &pid), 0);
	assert_int_equal(pid, getpid());
}

/* Who waits there need not look for dead ones. */
static void test_who_has_let_go_counts_no_more(void **state)
{
	struct pen_pipe *copy;

	assert_false(pen_link_is_crowded(server->file->end.link));
	move();
	assert_false(pen_link_is_crowded(server->file->end.link));
	assert_false(pen_link_is_crowded(client->file->end.link));
	assert_int_equal(pen_pipe_send(server, ends[0], 0), 0);
	assert_int_equal(pen_pipe_receive(&copy, ends[1]), 0);
	assert_true(pen_link_is_crowded(server->file->end.link));
	assert_true(pen_link_is_crowded(client->file->end.link));
	pen_pipe_free(copy);
	assert_false(pen_link_is_crowded(client->file->end.link));
	expect_talk();
}

static void test_the_last_handle_ends_it(void **state)
{
	char text[4];
	uint32_t n;

	move();
	server = pen_pipe_free(server);
	assert_int_equal(pen_pipe_read(client, text, sizeof(text), &n, LONG_MS),
			 PEN_STATUS_PIPE_BROKEN);
}

/* One that is never received ends with its socket. */
static void test_one_that_is_lost_on_its_way(void **state)
{
	char text[4];
	uint32_t n;

	assert_int_equal(pen_pipe_send(server, ends[0], 0), 0);
	server = pen_pipe_free(server);
	close(ends[1]);
	ends[1] = -1;
	assert_int_equal(pen_pipe_read(client, text, sizeof(text), &n, LONG_MS),
			 PEN_STATUS_PIPE_BROKEN);
}

/* ---- whom smbd brings ---- */

/* In the place of the client a socket, at which nobody reads yet. */
static int start_carried(void **state)
{
	const struct pen_pipe_config config = { .configuration = PEN_PIPE_DUPLEX,
						.is_message = true,
						.is_message_mode = true };
	struct pen_stream *stream;
	struct pen_end *end;
	int pair[2];

	objectd = (struct objectd){ 0 };
	objectd_start(&objectd, NULL);
	setenv("PENSTOCK_OBJECTS_DIR", objectd.directory, 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pen_pipe_create(&server, NAME, &config, NULL), 0);
	end = &server->file->end;
	assert_int_equal(pen_stream_new(&stream, PEN_CHANNEL_CLIENT, pair[0], true), 0);
	pen_stream_hold(stream);
	assert_int_equal(pen_end_enter(end, LONG_MS), 0);
	assert_int_equal(pen_channel_connect(pen_end_channel(end)), 0);
	pen_end_attach(end, stream);
	pen_end_leave(end);
	smbd = pair[1];
	return 0;
}

static int stop_carried(void **state)
{
	if (smbd >= 0)
		close(smbd);
	return stop(state);
}

/* Not a byte is taken by who sends it on. */
static void test_who_is_carried_goes_with_it(void **state)
{
	struct pen_pipe_peek peek;
	char text[16] = "";
	uint32_t n;

	assert_int_equal(send(smbd, "\5\0hello\1\0", 9, 0), 9);
	pen_pipe_dispatch(server);
	assert_int_equal(pen_pipe_peek(server, NULL, 0, &peek), 0);
	assert_int_equal(peek.available, 0);
	move();
	assert_int_equal(pen_pipe_read(server, text, sizeof(text), &n, LONG_MS), 0);
	assert_string_equal(text, "hello");
	assert_int_equal(send(smbd, "?", 1, 0), 1);
	assert_int_equal(pen_pipe_read(server, text, sizeof(text), &n, LONG_MS), 0);
	assert_int_equal(n, 1);
	assert_int_equal(pen_pipe_write(server, "yes", 3, &n, LONG_MS), 0);
	assert_int_equal(recv(smbd, text, sizeof(text), 0), 5);
	assert_memory_equal(text, "\3\0yes", 5);
	server = pen_pipe_free(server);
	assert_int_equal(recv(smbd, text, sizeof(text), 0), 0);
}

static void test_one_who_is_carried_has_gone(void **state)
{
	char text[16] = "";
	uint32_t n;

	assert_int_equal(send(smbd, "\3\0bye", 5, 0), 5);
	close(smbd);
	smbd = -1;
	move();
	assert_int_equal(pen_pipe_read(server, text, sizeof(text), &n, LONG_MS), 0);
	assert_string_equal(text, "bye");
	assert_int_equal(pen_pipe_read(server, text, sizeof(text), &n, LONG_MS),
			 PEN_STATUS_PIPE_BROKEN);
}

static void test_one_who_is_carried_is_lost(void **state)
{
	char byte;

	assert_int_equal(pen_pipe_send(server, ends[0], 0), 0);
	server = pen_pipe_free(server);
	close(ends[1]);
	ends[1] = -1;
	assert_int_equal(recv(smbd, &byte, 1, 0), 0);
}

static void test_no_memory_for_one_who_is_carried(void **state)
{
	unsigned n_fds = pen_count_fds();
	struct pen_pipe *moved = NULL;

	for (size_t n = 1;; n++) {
		uint32_t status;

		assert_int_equal(pen_pipe_send(server, ends[0], 0), 0);
		pen_fail_at(n);
		status = pen_pipe_receive(&moved, ends[1]);
		if (!pen_fail_hit()) {
			assert_int_equal(status, 0);
			break;
		}
		assert_int_not_equal(status, 0);
		assert_int_equal(pen_count_fds(), n_fds);
	}
	pen_pipe_free(moved);
}

/* ---- what is none ---- */

/* Parcels that are cut, or are none, are no handles, and leave nothing open. */
static void test_what_is_no_handle(void **state)
{
	static uint8_t bytes[1 << 20];
	uint32_t pid;
	ssize_t n;
	unsigned n_fds = pen_count_fds();
	struct pen_pipe *none = NULL;
	struct pen_fds fds;
	struct iovec part = { bytes, sizeof(bytes) };

	assert_int_equal(pen_pipe_client_process(server, &pid), 0);
	assert_int_equal(pen_pipe_send(server, ends[0], 0), 0);
	n = pen_fds_receive(ends[1], &part, 1, &fds, 0);
	assert_true(n > 0);
	for (ssize_t size = n + 1; size >= 0; size -= 1 + size / 50) {
		if (size == n)
			continue;
		part.iov_len = (size_t)size;
		assert_int_equal(pen_fds_send(ends[0], &part, 1, &fds, 0), 0);
		assert_int_not_equal(pen_pipe_receive(&none, ends[1]), 0);
		assert_null(none);
	}
	for (ssize_t at = 0; at < n; at += 1 + n / 200) {
		part.iov_len = (size_t)n;
		bytes[at] ^= 0x80;
		assert_int_equal(pen_fds_send(ends[0], &part, 1, &fds, 0), 0);
		if (!pen_pipe_receive(&none, ends[1]))
			none = pen_pipe_free(none);
		bytes[at] ^= 0x80;
	}
	pen_fds_close(&fds);
	assert_int_equal(pen_count_fds(), n_fds);
}

static void test_no_memory(void **state)
{
	struct pen_pipe *moved = NULL;
	uint32_t pid, status = 1;

	assert_int_equal(pen_pipe_client_process(server, &pid), 0);
	for (size_t n = 1; status; n++) {
		unsigned n_fds = pen_count_fds();

		assert_int_equal(pen_pipe_send(server, ends[0], 0), 0);
		pen_fail_at(n);
		status = pen_pipe_receive(&moved, ends[1]);
		if (!pen_fail_hit())
			assert_int_equal(status, 0);
		else if (status)
			assert_int_equal(pen_count_fds(), n_fds);
	}
	pen_pipe_free(moved);
	status = 1;
	for (size_t n = 1; status; n++) {
		pen_fail_at(n);
		status = pen_pipe_send(server, ends[0], 0);
		if (!pen_fail_hit())
			assert_int_equal(status, 0);
	}
}

#define CARRIED_TEST(name) cmocka_unit_test_setup_teardown(name, start_carried, stop_carried)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_was_known_of_the_client_goes_with_it,
						start, stop),
		cmocka_unit_test_setup_teardown(test_what_was_not_is_asked_for, start, stop),
		cmocka_unit_test_setup_teardown(test_who_has_let_go_counts_no_more, start, stop),
		cmocka_unit_test_setup_teardown(test_the_last_handle_ends_it, start, stop),
		cmocka_unit_test_setup_teardown(test_one_that_is_lost_on_its_way, start, stop),
		CARRIED_TEST(test_who_is_carried_goes_with_it),
		CARRIED_TEST(test_one_who_is_carried_has_gone),
		CARRIED_TEST(test_one_who_is_carried_is_lost),
		CARRIED_TEST(test_no_memory_for_one_who_is_carried),
		cmocka_unit_test_setup_teardown(test_what_is_no_handle, start, stop),
		cmocka_unit_test_setup_teardown(test_no_memory, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
