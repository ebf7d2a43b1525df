/* SPDX-License-Identifier: MIT */
/* Programs that send what they should not. Others do not notice, and nothing stays behind. */
#include "support/objectd.h"
#include "support/unit.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <penstock/status-codes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME "\\Device\\NamedPipe\\x"

static size_t count_fds(const struct objectd *objectd)
{
	char path[64];
	struct dirent *entry;
	size_t n = 0;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)objectd->pid);
	fds = opendir(path);
	assert_non_null(fds);
	while ((entry = readdir(fds)))
		n++;
	closedir(fds);
	return n;
}

/* No more than that. It takes a moment until all that was closed is. */
static void expect_fds(const struct objectd *objectd, size_t n)
{
	for (int i = 0; i < 6000 && count_fds(objectd) > n; i++)
		usleep(10000);
	assert_true(count_fds(objectd) <= n);
}

static struct object_request creation(void)
{
	return (struct object_request){
		.verb = object_CREATE_PIPE,
		.body.create_pipe = { .name = NAME,
				      .access = 0x12019f,
				      .share = 3,
				      .disposition = 3,
				      .pipe = { .instances_max = 1, .timeout = -1 },
				      .is_listening = 1 },
	};
}

static uint32_t ask(int socket, const struct object_request *request, const int *fds, size_t n)
{
	struct answer answer;
	uint32_t status = objectd_ask(socket, request, fds, n, &answer);

	answer_done(&answer);
	return status;
}

/* In the order they come in. */
static void list_parts(const struct parts *parts, int fds[5])
{
	fds[0] = parts->life[0];
	fds[1] = parts->memory;
	fds[2] = parts->bells[0];
	fds[3] = parts->bells[1];
	fds[4] = parts->client_life[1];
}

/* Each of five descriptors as something else. */
static void test_wrong_descriptors(void **state)
{
	const struct object_request request = creation();
	struct objectd objectd = { 0 };
	struct parts parts;
	int fds[5], wrong[8], client;
	size_t n;

	objectd_start(&objectd, NULL);
	client = objectd_connect(&objectd);
	parts_make(&parts);
	wrong[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	wrong[1] = parts.life[1];
	wrong[2] = parts.client_life[0];
	wrong[3] = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	wrong[4] = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(fcntl(wrong[4], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	wrong[5] = client;
	wrong[6] = open("/tmp", O_PATH | O_CLOEXEC);
	wrong[7] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ask(client, &(struct object_request){ .verb = object_WATCH }, NULL, 0), 0);
	n = count_fds(&objectd);
	for (size_t place = 0; place < 5; place++) {
		for (size_t i = 0; i < 8; i++) {
			list_parts(&parts, fds);
			if ((place == 0 && i == 2) || (place == 4 && i == 1))
				continue; /* as good as the right one */
			fds[place] = wrong[i];
			assert_int_equal(ask(client, &request, fds, 5),
					 PEN_STATUS_INVALID_PARAMETER);
		}
	}
	expect_fds(&objectd, n);
	list_parts(&parts, fds);
	assert_int_equal(ask(client, &request, fds, 5), 0);
	for (size_t i = 0; i < 8; i++)
		if (i != 1 && i != 2 && i != 5)
			close(wrong[i]);
	parts_close(&parts);
	close(client);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

static void test_wrong_numbers_of_descriptors(void **state)
{
	const struct object_request request = creation();
	const struct object_request watch = { .verb = object_WATCH };
	struct objectd objectd = { 0 };
	struct answer answer;
	struct parts parts;
	int fds[16], client;
	size_t n;

	objectd_start(&objectd, NULL);
	client = objectd_connect(&objectd);
	parts_make(&parts);
	assert_int_equal(ask(client, &watch, NULL, 0), 0);
	n = count_fds(&objectd);
	for (int i = 0; i < 16; i++)
		fds[i] = parts.life[0];
	list_parts(&parts, fds);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(ask(client, &request, fds, i), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(ask(client, &watch, fds, 1), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(ask(client, &watch, fds, 5), PEN_STATUS_INVALID_PARAMETER);
	expect_fds(&objectd, n);
	/* More than any message has. */
	objectd_send(client, &watch, fds, 16);
	assert_false(objectd_receive(client, &answer));
	close(client);
	client = objectd_connect(&objectd);
	objectd_send(client, &watch, fds, 6);
	assert_false(objectd_receive(client, &answer));
	close(client);
	expect_fds(&objectd, n - 1);
	parts_close(&parts);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

static void test_messages_that_are_none(void **state)
{
	const struct object_request request = creation();
	struct objectd objectd = { 0 };
	struct pen_buffer letter = { 0 };
	struct answer answer;
	int client;

	objectd_start(&objectd, NULL);
	client = objectd_connect(&objectd);
	assert_int_equal(pen_letter_put_request(&request, &letter), 0);
	for (size_t i = 1; i < letter.size; i++) {
		assert_int_equal(send(client, letter.data, i, 0), i);
		assert_true(objectd_receive(client, &answer));
		assert_int_equal(answer.letter.status, PEN_STATUS_INVALID_PARAMETER);
		answer_done(&answer);
	}
	/* Without its descriptors a whole one is none either. */
	assert_int_equal(ask(client, &request, NULL, 0), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(send(client, "", 0, 0), 0);
	assert_false(objectd_receive(client, &answer));
	close(client);
	pen_buffer_done(&letter);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

/* One that asks without end and never reads is dropped, and holds nobody up. */
static void test_flood(void **state)
{
	const struct object_request watch = { .verb = object_WATCH };
	struct objectd objectd = { 0 };
	struct pen_buffer letter = { 0 };
	int client, other;
	ssize_t n = 0;

	objectd_start(&objectd, NULL);
	client = objectd_connect(&objectd);
	other = objectd_connect(&objectd);
	assert_int_equal(pen_letter_put_request(&watch, &letter), 0);
	for (int i = 0; n >= 0 && i < 1000000; i++) {
		n = send(client, letter.data, letter.size, MSG_NOSIGNAL);
		if (i % 1000 == 0)
			assert_int_equal(ask(other, &watch, NULL, 0), 0);
	}
	assert_int_equal(n, -1);
	assert_in_set(errno, ((uintmax_t[]){ EPIPE, ECONNRESET }), 2);
	assert_int_equal(ask(other, &watch, NULL, 0), 0);
	pen_buffer_done(&letter);
	close(client);
	close(other);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

/* Who says nothing, who goes while he waits, who goes with a reply on its way. */
static void test_many_connections(void **state)
{
	const struct object_request wait = { .verb = object_WAIT_PIPE,
					     .body.wait_pipe = { NAME, -INT64_MAX } };
	struct objectd objectd = { 0 };
	struct answer answer, opened;
	struct parts parts;
	int clients[300], server;
	size_t n;

	objectd_start(&objectd, NULL);
	server = objectd_connect(&objectd);
	assert_int_equal(objectd_create(server, NAME, &parts, &answer), 0);
	answer_done(&answer);
	assert_int_equal(objectd_open(server, NAME, &opened), 0);
	n = count_fds(&objectd);
	for (int i = 0; i < 300; i++) {
		clients[i] = objectd_connect(&objectd);
		assert_true(clients[i] >= 0);
		if (i % 3)
			objectd_send(clients[i], &wait, NULL, 0);
	}
	assert_int_equal(objectd_open(server, NAME, &answer), PEN_STATUS_PIPE_NOT_AVAILABLE);
	answer_done(&answer);
	for (int i = 0; i < 300; i++)
		if (i % 2)
			close(clients[i]);
	/* Its last instance goes, and those who still wait are told. */
	parts_close(&parts);
	for (int i = 0; i < 300; i++) {
		if (i % 2)
			continue;
		if (i % 3) {
			assert_true(objectd_receive(clients[i], &answer));
			assert_int_equal(answer.letter.status, PEN_STATUS_OBJECT_NAME_NOT_FOUND);
			answer_done(&answer);
		}
		close(clients[i]);
	}
	expect_fds(&objectd, n - 1); /* less the life */
	answer_done(&opened);
	close(server);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

/* Lets it have only so many more than it has, whatever numbers those have. */
static void leave_room(const struct objectd *objectd, unsigned n_free)
{
	struct rlimit limit;
	char path[64];
	unsigned fd = 0;

	for (; n_free; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%u", (int)objectd->pid, fd);
		n_free -= access(path, F_OK) != 0;
	}
	limit.rlim_cur = limit.rlim_max = fd;
	assert_int_equal(prlimit(objectd->pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

static bool is_served(int client)
{
	const struct object_request watch = { .verb = object_WATCH };
	struct pen_buffer letter = { 0 };
	struct answer answer;
	bool is_served;

	assert_int_equal(pen_letter_put_request(&watch, &letter), 0);
	is_served = send(client, letter.data, letter.size, MSG_NOSIGNAL) > 0 &&
		    objectd_receive(client, &answer);
	if (is_served)
		answer_done(&answer);
	pen_buffer_done(&letter);
	return is_served;
}

/* Without descriptors nobody comes in; when there are some again, it goes on. */
static void test_no_descriptors_left(void **state)
{
	const struct object_request watch = { .verb = object_WATCH };
	const struct object_request request = creation();
	struct objectd objectd = { 0 };
	struct parts parts;
	int clients[20], fds[5];

	objectd_start(&objectd, NULL);
	clients[0] = objectd_connect(&objectd);
	assert_int_equal(ask(clients[0], &watch, NULL, 0), 0);
	leave_room(&objectd, 3);
	parts_make(&parts);
	list_parts(&parts, fds);
	assert_int_equal(ask(clients[0], &request, fds, 5), PEN_STATUS_INSUFFICIENT_RESOURCES);
	for (int i = 1; i < 20; i++) {
		clients[i] = objectd_connect(&objectd);
		assert_true(clients[i] >= 0);
	}
	assert_int_equal(ask(clients[0], &watch, NULL, 0), 0);
	for (int i = 1; i < 19; i++)
		close(clients[i]);
	/* It may have been turned away, but not for ever. */
	for (int i = 0; !is_served(clients[19]); i++) {
		assert_true(i < 6000);
		usleep(10000);
		close(clients[19]);
		clients[19] = objectd_connect(&objectd);
	}
	parts_close(&parts);
	close(clients[0]);
	close(clients[19]);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

/* What is written into a life is of no interest. */
static void test_noise_in_a_life(void **state)
{
	struct objectd objectd = { 0 };
	struct answer answer;
	struct parts parts;
	char noise[4096] = "";
	int client;

	objectd_start(&objectd, NULL);
	client = objectd_connect(&objectd);
	assert_int_equal(objectd_create(client, NAME, &parts, &answer), 0);
	answer_done(&answer);
	assert_int_equal(write(parts.life[1], noise, sizeof(noise)), sizeof(noise));
	assert_int_equal(ask(client, &(struct object_request){ .verb = object_WATCH }, NULL, 0), 0);
	parts_close(&parts);
	for (int i = 0; i < 6000; i++) {
		uint32_t status = objectd_open(client, NAME, &answer);

		answer_done(&answer);
		if (status == PEN_STATUS_OBJECT_NAME_NOT_FOUND)
			break;
		assert_int_not_equal(i, 5999);
		usleep(10000);
	}
	close(client);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_descriptors),
		cmocka_unit_test(test_wrong_numbers_of_descriptors),
		cmocka_unit_test(test_messages_that_are_none),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_many_connections),
		cmocka_unit_test(test_no_descriptors_left),
		cmocka_unit_test(test_noise_in_a_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
