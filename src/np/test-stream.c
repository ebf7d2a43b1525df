/* SPDX-License-Identifier: MIT */
#include "np/end.h"
#include "support/unit.h"
#include <penstock/status-codes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONG_MS = 20000 };

/* A server's end in this process, and a socket in the place of its client. */
struct rig {
	struct pen_end end;
	int peer;
	int life; /* of the client that never came */
};

static void open_rig(struct rig *rig, bool is_message, uint32_t quota)
{
	const struct pen_channel_config config = { is_message,
						   PEN_CHANNEL_DUPLEX,
						   { quota, quota } };
	struct pen_stream *stream;
	struct pen_link *link;
	int fds[2];

	assert_int_equal(pen_link_make(&link, &config, is_message, false, &rig->life), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	pen_end_init(&rig->end, PEN_CHANNEL_SERVER, link);
	assert_int_equal(pen_stream_new(&stream, PEN_CHANNEL_CLIENT, fds[0], is_message), 0);
	assert_int_equal(pen_end_enter(&rig->end, LONG_MS), 0);
	assert_int_equal(pen_channel_connect(pen_end_channel(&rig->end)), 0);
	pen_end_attach(&rig->end, stream);
	pen_end_leave(&rig->end);
	rig->peer = fds[1];
}

static void close_rig(struct rig *rig)
{
	if (rig->peer >= 0)
		close(rig->peer);
	close(rig->life);
	pen_end_close(&rig->end, dup(0));
}

static void get(struct rig *rig, uint32_t size, uint32_t expected, const char *text)
{
	struct pen_pipe_op op = { 0 };
	char bytes[100] = "";
	uint32_t status = pen_end_start(&rig->end, &op, PEN_END_READ, NULL, 0, bytes, size);

	if (status == PEN_STATUS_PENDING)
		status = pen_end_wait(&rig->end, &op, LONG_MS);
	assert_int_equal(status, expected);
	assert_string_equal(bytes, text);
}

static void put(struct rig *rig, const char *text)
{
	struct pen_pipe_op op = { 0 };

	assert_int_equal(
		pen_end_start(&rig->end, &op, PEN_END_WRITE, text, (uint32_t)strlen(text), NULL, 0),
		PEN_STATUS_SUCCESS);
}

static void say(struct rig *rig, const void *bytes, size_t n)
{
	assert_int_equal(send(rig->peer, bytes, n, 0), n);
}

static void hear(struct rig *rig, const void *bytes, size_t n)
{
	char heard[100];

	assert_int_equal(recv(rig->peer, heard, n, MSG_WAITALL), n);
	assert_memory_equal(heard, bytes, n);
}

static void test_messages_go_after_their_length(void **state)
{
	struct rig rig;

	open_rig(&rig, true, 100);
	say(&rig, "\3\0one\5\0thr", 10);
	get(&rig, 2, PEN_STATUS_BUFFER_OVERFLOW, "on");
	get(&rig, 9, PEN_STATUS_SUCCESS, "e");
	say(&rig, "ee\0\0\4\0last", 10);
	get(&rig, 9, PEN_STATUS_SUCCESS, "three");
	get(&rig, 9, PEN_STATUS_SUCCESS, "");
	get(&rig, 9, PEN_STATUS_SUCCESS, "last");
	put(&rig, "answer");
	put(&rig, "");
	put(&rig, "another");
	hear(&rig, "\6\0answer\7\0another", 17);
	close(rig.peer);
	rig.peer = -1;
	get(&rig, 9, PEN_STATUS_PIPE_BROKEN, "");
	close_rig(&rig);
}

static void test_bytes_go_as_they_come(void **state)
{
	struct rig rig;

	open_rig(&rig, false, 100);
	say(&rig, "some", 4);
	get(&rig, 3, PEN_STATUS_SUCCESS, "som");
	say(&rig, "thing", 5);
	get(&rig, 9, PEN_STATUS_SUCCESS, "ething");
	put(&rig, "back");
	hear(&rig, "back", 4);
	close_rig(&rig);
}

/* What the client had written before it went can all be read, though it is more than the quota. */
static void test_what_was_sent_arrives(void **state)
{
	struct rig rig;

	open_rig(&rig, true, 4);
	say(&rig, "\5\0first\6\0second\5\0third", 22);
	close(rig.peer);
	rig.peer = -1;
	get(&rig, 9, PEN_STATUS_SUCCESS, "first");
	get(&rig, 9, PEN_STATUS_SUCCESS, "second");
	get(&rig, 9, PEN_STATUS_SUCCESS, "third");
	get(&rig, 9, PEN_STATUS_PIPE_BROKEN, "");
	close_rig(&rig);
}

/* What the server had written before it closed goes to the client, though its socket was full. */
static void test_what_was_written_is_sent(void **state)
{
	static char message[60000];
	struct pen_pipe_op op = { 0 };
	struct rig rig;
	size_t n = 0;
	ssize_t got;
	int status;
	pid_t pid;

	open_rig(&rig, true, 1 << 20);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(pen_end_start(&rig.end, &op, PEN_END_WRITE, message,
					       sizeof(message), NULL, 0),
				 PEN_STATUS_SUCCESS);
	pid = fork();
	if (!pid) {
		pen_stream_free(rig.end.stream);
		while ((got = recv(rig.peer, message, sizeof(message), 0)) > 0)
			n += (size_t)got;
		_exit(n == 16 * (sizeof(message) + 2) ? 0 : 1);
	}
	close_rig(&rig);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_a_message_may_be_too_long(void **state)
{
	static char message[PEN_STREAM_MESSAGE_MAX + 1];
	struct pen_pipe_op op = { 0 };
	struct rig rig;

	open_rig(&rig, true, 1 << 20);
	assert_int_equal(
		pen_end_start(&rig.end, &op, PEN_END_WRITE, message, sizeof(message), NULL, 0),
		PEN_STATUS_PORT_MESSAGE_TOO_LONG);
	close_rig(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_go_after_their_length),
		cmocka_unit_test(test_bytes_go_as_they_come),
		cmocka_unit_test(test_what_was_sent_arrives),
		cmocka_unit_test(test_what_was_written_is_sent),
		cmocka_unit_test(test_a_message_may_be_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
