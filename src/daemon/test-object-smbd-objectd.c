/* SPDX-License-Identifier: MIT */
/* smbd at the object manager's directory: what it is answered, and who gets its client. */
#include "io/socket.h"
#include "pipe/npa.h"
#include "support/objectd.h"
#include "support/unit.h"
#include <dirent.h>
#include <errno.h>
#include <penstock/status-codes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_MS = 60000 };

#define NAME "\\Device\\NamedPipe\\EcHo"

struct place {
	struct objectd objectd;
	char np[128];
	int socket;
	struct parts parts;
	struct answer answer;
};

static void open_place(struct place *place)
{
	const char *options[] = { "--np-directory", place->np, NULL };

	memset(place, 0, sizeof(*place));
	strcpy(place->objectd.directory, "/tmp/penstock-test-XXXXXX");
	assert_non_null(mkdtemp(place->objectd.directory));
	snprintf(place->np, sizeof(place->np), "%s/np", place->objectd.directory);
	objectd_start(&place->objectd, options);
	place->socket = objectd_connect(&place->objectd);
}

static bool is_there(const struct place *place, const char *name)
{
	char path[256];
	struct stat info;

	snprintf(path, sizeof(path), "%s/%s", place->np, name);
	return !lstat(path, &info) && S_ISSOCK(info.st_mode);
}

static void close_place(struct place *place)
{
	parts_close(&place->parts);
	answer_done(&place->answer);
	close(place->socket);
	assert_int_equal(objectd_end(&place->objectd, SIGTERM), 0);
	assert_int_equal(rmdir(place->np), 0); /* nothing is left in it */
	objectd_clean(&place->objectd);
}

static int call(const struct place *place, const char *name)
{
	struct pen_address address;
	bool is_pending;
	int fd;

	assert_int_equal(pen_unix_address(&address, place->np, name), 0);
	fd = pen_socket_connect(&address, &is_pending);
	if (fd >= 0)
		assert_int_equal(pen_socket_set_blocking(fd, true), 0);
	return fd;
}

/* An administrator's, or a user's. */
static void put_request(struct pen_buffer *buffer, bool is_admin, uint32_t flags)
{
	const struct pen_sid flag = { 1, 2, 22, { 2041152804, flags } };
	struct pen_sid sids[] = { { 1, 5, 5, { 21, 1, 2, 3, 1000 } },
				  pen_sid_everyone,
				  is_admin ? pen_sid_administrators : pen_sid_users,
				  flag };
	struct pen_npa_request request = {
		.layout = PEN_NPA_4_17_9,
		.transport = 1,
		.remote_client_name = "client",
		.remote_client_addr = "192.0.2.7",
		.local_server_name = "server",
		.local_server_addr = "192.0.2.1",
		.has_session_transport = true,
		.has_session = true,
		.has_security_token = true,
		.sids = sids,
		.n_sids = flags ? 4 : 3,
		.has_unix_token = true,
		.uid = 1000,
		.gid = 1000,
		.has_user = true,
		.user = { .account_name = "fritz", .domain_name = "WERK" },
		.has_unix_user = true,
		.unix_name = "fritz",
	};

	pen_buffer_init(buffer, 0);
	assert_int_equal(pen_npa_request_put(&request, buffer), 0);
}

static void send_all(int fd, const void *bytes, size_t n)
{
	assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

/* False: it was closed. */
static bool read_reply(int fd, struct pen_npa_reply *reply)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	uint8_t bytes[PEN_NPA_REPLY_SIZE];
	ssize_t n;

	assert_int_equal(poll(&poller, 1, WAIT_MS), 1);
	n = recv(fd, bytes, sizeof(bytes), MSG_WAITALL);
	if (n <= 0)
		return false;
	assert_int_equal(n, PEN_NPA_REPLY_SIZE);
	assert_int_equal(pen_npa_reply_get(reply, 7, bytes), 0);
	return true;
}

static uint32_t ask_client(struct place *place, struct answer *answer)
{
	const struct object_request request = {
		.verb = object_ASK_CLIENT,
		.body.ask_client.instance = place->answer.letter.body.created.instance,
	};

	return objectd_ask(place->socket, &request, NULL, 0, answer);
}

/* The server gets the client's socket, with what came after the request, and who it is. */
static void test_a_client_is_carried(void **state)
{
	struct pen_npa_reply reply;
	struct pen_buffer request;
	struct answer answer;
	struct place place;
	char text[8];
	int fd;

	open_place(&place);
	assert_int_equal(objectd_create(place.socket, NAME, &place.parts, &place.answer), 0);
	assert_true(is_there(&place, "echo"));
	fd = call(&place, "echo");
	assert_true(fd >= 0);
	put_request(&request, true, 0);
	assert_int_equal(pen_buffer_add(&request, "after", 5), 0);
	send_all(fd, request.data, request.size);
	assert_true(read_reply(fd, &reply));
	assert_int_equal(reply.file_type, PEN_NPA_MESSAGE_MODE);
	assert_true(has_ended(place.parts.client_life[0]));

	assert_int_equal(ask_client(&place, &answer), 0);
	assert_true(answer.letter.body.client.is_carried);
	assert_string_equal(answer.letter.body.client.computer, "192.0.2.7");
	assert_string_equal(answer.letter.body.client.token.account, "fritz");
	assert_int_equal(answer.n_fds, 1);
	assert_int_equal(recv(answer.fds[0], text, sizeof(text), 0), 5);
	assert_memory_equal(text, "after", 5);
	send_all(answer.fds[0], "back", 4);
	assert_int_equal(recv(fd, text, sizeof(text), 0), 4);
	answer_done(&answer);
	assert_int_equal(ask_client(&place, &answer), 0);
	assert_int_equal(answer.n_fds, 0);
	answer_done(&answer);
	close(fd);
	pen_buffer_done(&request);
	close_place(&place);
}

static bool is_answered(struct place *place, const struct pen_buffer *request, size_t n)
{
	struct pen_npa_reply reply;
	int fd = call(place, "echo");
	bool is_answered;

	assert_true(fd >= 0);
	send_all(fd, request->data, n);
	if (n < request->size)
		shutdown(fd, SHUT_WR);
	is_answered = read_reply(fd, &reply);
	close(fd);
	return is_answered;
}

/* A caller who may not, one who only asks, rubbish, half a request. */
static void test_others_are_not(void **state)
{
	struct pen_buffer admin, user, probe, rubbish = { 0 };
	struct answer answer;
	struct place place;

	open_place(&place);
	assert_int_equal(call(&place, "echo"), -ENOENT);
	assert_int_equal(objectd_create(place.socket, NAME, &place.parts, &place.answer), 0);
	put_request(&admin, true, 0);
	put_request(&user, false, 0);
	put_request(&probe, true, PEN_NPA_FLAG_PROBE);
	assert_int_equal(pen_buffer_add(&rubbish, "\0\0\0\20abcdefghijklmnop", 20), 0);
	assert_false(is_answered(&place, &user, user.size));
	assert_false(is_answered(&place, &admin, admin.size - 1));
	assert_false(is_answered(&place, &admin, 3));
	assert_false(is_answered(&place, &rubbish, rubbish.size));
	assert_int_equal(pen_buffer_add(&rubbish, "", 1), 0);
	rubbish.data[0] = 0x7f;
	assert_false(is_answered(&place, &rubbish, rubbish.size - 1));
	assert_true(is_answered(&place, &probe, probe.size));
	assert_int_equal(ask_client(&place, &answer), PEN_STATUS_PIPE_LISTENING);
	answer_done(&answer);
	assert_true(is_answered(&place, &admin, admin.size));
	/* No instance, and none comes in the pipe's 50 ms. */
	assert_false(is_answered(&place, &admin, admin.size));
	pen_buffer_done(&admin);
	pen_buffer_done(&user);
	pen_buffer_done(&probe);
	pen_buffer_done(&rubbish);
	close_place(&place);
}

/* Names come and go with their pipes; not all can be there. */
static void test_names(void **state)
{
	static const char *const names[] = { "a/b", "..", "a\x01" };
	struct answer answer;
	struct parts parts;
	struct place place;

	open_place(&place);
	for (size_t i = 0; i < PEN_COUNT(names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "\\Device\\NamedPipe\\%s", names[i]);
		assert_int_equal(objectd_create(place.socket, path, &parts, &answer), 0);
		answer_done(&answer);
		parts_close(&parts);
	}
	assert_int_equal(
		objectd_create(place.socket, "\\Device\\NamedPipe\\A\\\xc3\x84", &parts, &answer),
		0);
	assert_true(is_there(&place, "a\\\xc3\xa4"));
	answer_done(&answer);
	parts_close(&parts);
	for (int i = 0; i < WAIT_MS / 10 && is_there(&place, "a\\\xc3\xa4"); i++)
		usleep(10000);
	assert_false(is_there(&place, "a\\\xc3\xa4"));
	/* What a predecessor left is swept away. */
	assert_int_equal(objectd_create(place.socket, NAME, &place.parts, &place.answer), 0);
	assert_int_equal(objectd_end(&place.objectd, SIGKILL), -1);
	close(place.socket);
	assert_true(is_there(&place, "echo"));
	objectd_start(&place.objectd, (const char *const[]){ "--np-directory", place.np, NULL });
	assert_false(is_there(&place, "echo"));
	place.socket = objectd_connect(&place.objectd);
	close_place(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_client_is_carried),
		cmocka_unit_test(test_others_are_not),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
