/* SPDX-License-Identifier: MIT */
#include "support/objectd.h"
#include "support/unit.h"
#include <fcntl.h>
#include <penstock/status-codes.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIPE "\\Device\\NamedPipe\\x"

static ino_t inode(int fd)
{
	struct stat info;

	assert_int_equal(fstat(fd, &info), 0);
	return info.st_ino;
}

/* What a server offered is what its client gets, and nobody keeps a copy. */
static void test_a_client_gets_the_offer(void **state)
{
	struct objectd objectd = { 0 };
	struct answer created, opened, asked;
	struct object_request ask = { .verb = object_ASK_CLIENT };
	struct parts parts;
	int server, client;

	objectd_start(&objectd, NULL);
	server = objectd_connect(&objectd);
	client = objectd_connect(&objectd);
	assert_int_equal(objectd_create(server, PIPE, &parts, &created), 0);
	assert_int_equal(created.letter.body.created.information, 2);
	assert_int_equal(created.letter.body.created.granted, 0x12019f);
	ask.body.ask_client.instance = created.letter.body.created.instance;
	assert_int_equal(objectd_ask(server, &ask, NULL, 0, &asked), PEN_STATUS_PIPE_LISTENING);
	answer_done(&asked);

	assert_int_equal(objectd_open(client, "\\??\\pipe\\X", &opened), 0);
	assert_int_equal(opened.n_fds, 5);
	assert_int_equal(inode(opened.fds[0]), inode(parts.memory));
	assert_int_equal(opened.letter.body.opened.server_process, getpid());
	assert_int_equal(opened.letter.body.opened.pipe.outbound_quota, 8192);
	assert_int_equal(objectd_ask(server, &ask, NULL, 0, &asked), 0);
	assert_int_equal(asked.letter.body.client.process, getpid());
	assert_int_equal(asked.letter.body.client.token.uid, geteuid());
	assert_false(asked.letter.body.client.is_carried);
	answer_done(&asked);

	/* The client's life is the client's alone. */
	answer_done(&opened);
	assert_true(has_ended(parts.client_life[0]));
	answer_done(&created);
	parts_close(&parts);
	close(server);
	close(client);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

/* C42: an instance goes with its server's last descriptor, whatever becomes of its connection. */
static void test_an_instance_goes_with_its_life(void **state)
{
	struct objectd objectd = { 0 };
	struct answer created, opened;
	struct parts parts;
	uint32_t status;
	int server, client;

	objectd_start(&objectd, NULL);
	server = objectd_connect(&objectd);
	client = objectd_connect(&objectd);
	assert_int_equal(objectd_create(server, PIPE, &parts, &created), 0);
	answer_done(&created);
	close(server);
	assert_int_equal(objectd_open(client, PIPE, &opened), 0);
	/* A client knows by the same pipe that its server is gone. */
	close(parts.life[1]);
	parts.life[1] = -1;
	assert_true(has_ended(opened.fds[4]));
	answer_done(&opened);
	do {
		status = objectd_open(client, PIPE, &opened);
		answer_done(&opened);
	} while (status == PEN_STATUS_PIPE_NOT_AVAILABLE);
	assert_int_equal(status, PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	parts_close(&parts);
	close(client);
	assert_int_equal(objectd_end(&objectd, SIGINT), 0);
	objectd_clean(&objectd);
}

static void send_wait(int client, int64_t timeout)
{
	const struct object_request request = { .verb = object_WAIT_PIPE,
						.body.wait_pipe = { PIPE, timeout } };

	objectd_send(client, &request, NULL, 0);
}

/* N3, N5, N6: a wait ends with the next instance, with the time, or with the pipe. */
static void test_waiting(void **state)
{
	struct objectd objectd = { 0 };
	struct answer answer, opened;
	struct parts first, second;
	int server, client, waiter;

	objectd_start(&objectd, NULL);
	server = objectd_connect(&objectd);
	client = objectd_connect(&objectd);
	waiter = objectd_connect(&objectd);
	assert_int_equal(objectd_create(server, PIPE, &first, &answer), 0);
	answer_done(&answer);
	assert_int_equal(objectd_open(client, PIPE, &opened), 0);
	send_wait(waiter, -INT64_MAX);
	send_wait(client, -100000);
	assert_true(objectd_receive(client, &answer));
	assert_int_equal(answer.letter.status, PEN_STATUS_IO_TIMEOUT);
	answer_done(&answer);
	assert_int_equal(objectd_create(server, PIPE, &second, &answer), 0);
	answer_done(&answer);
	assert_true(objectd_receive(waiter, &answer));
	assert_int_equal(answer.letter.status, 0);
	answer_done(&answer);
	answer_done(&opened);
	assert_int_equal(objectd_open(client, PIPE, &opened), 0);
	send_wait(waiter, -INT64_MAX);
	parts_close(&first);
	parts_close(&second);
	assert_true(objectd_receive(waiter, &answer));
	assert_int_equal(answer.letter.status, PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	answer_done(&answer);
	answer_done(&opened);
	close(server);
	close(client);
	close(waiter);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

/*
 * After it has died, what is not there may come back: who opens it waits a moment. The server
 * comes back with the instance that it had.
 */
/* To one who closes nobody replies; and what is asked meanwhile is heard after the answer. */
static void test_order_of_replies(void **state)
{
	const struct object_request list = { .verb = object_LIST,
					     .body.list = { "\\Device\\NamedPipe", 0 } };
	struct object_request close_handle = { .verb = object_CLOSE };
	struct object_request watch = { .verb = object_WATCH };
	struct answer created, opened, answer;
	struct objectd objectd = { 0 };
	struct parts parts, others;
	int server, client;

	objectd_start(&objectd, NULL);
	server = objectd_connect(&objectd);
	client = objectd_connect(&objectd);
	assert_int_equal(objectd_create(server, PIPE, &parts, &created), 0);
	answer_done(&created);
	assert_int_equal(objectd_open(client, PIPE, &opened), 0);
	close_handle.body.close.handle = opened.letter.body.opened.handle;
	answer_done(&opened);
	objectd_send(client, &close_handle, NULL, 0);
	objectd_send(client, &close_handle, NULL, 0); /* there is none any more */
	assert_int_equal(objectd_ask(client, &watch, NULL, 0, &answer), 0);
	assert_int_equal(answer.letter.verb, object_WATCH);
	watch.body.watch.seen = answer.letter.body.changes;
	answer_done(&answer);

	objectd_send(client, &watch, NULL, 0);
	objectd_send(client, &list, NULL, 0);
	assert_int_equal(objectd_create(server, PIPE "2", &others, &created), 0);
	answer_done(&created);
	assert_true(objectd_receive(client, &answer));
	assert_int_equal(answer.letter.verb, object_WATCH);
	watch.body.watch.seen = answer.letter.body.changes;
	answer_done(&answer);
	assert_true(objectd_receive(client, &answer));
	assert_int_equal(answer.letter.verb, object_LIST);
	assert_int_equal(answer.letter.body.entries.n, 2);
	answer_done(&answer);

	objectd_send(client, &watch, NULL, 0);
	objectd_send(client, &list, NULL, 0);
	close(client);
	client = objectd_connect(&objectd);
	assert_int_equal(objectd_ask(client, &list, NULL, 0, &answer), 0);
	answer_done(&answer);
	parts_close(&parts);
	parts_close(&others);
	close(client);
	close(server);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

static void test_it_dies_and_comes_back(void **state)
{
	struct objectd objectd = { 0 };
	struct answer created, again, opened;
	struct parts parts, more;
	int server, client;
	struct object_request request = { .verb = object_CREATE_PIPE };
	int fds[5];

	objectd_start(&objectd, NULL);
	server = objectd_connect(&objectd);
	assert_int_equal(objectd_create(server, PIPE, &parts, &created), 0);
	assert_int_equal(objectd_end(&objectd, SIGKILL), -1);
	assert_true(has_ended(parts.client_life[0]));
	close(server);

	objectd_start(&objectd, NULL);
	server = objectd_connect(&objectd);
	client = objectd_connect(&objectd);
	objectd_send(
		client,
		&(struct object_request){ .verb = object_OPEN_PIPE,
					  .body.open_pipe = { .name = PIPE, .access = 0x12019f } },
		NULL, 0);
	parts_make(&more);
	request.body.create_pipe = (struct object_create_pipe){
		.name = PIPE,
		.access = created.letter.body.created.granted,
		.share = 3,
		.disposition = 1,
		.pipe = created.letter.body.created.pipe,
		.is_listening = 1,
		.instance = created.letter.body.created.instance,
	};
	fds[0] = more.life[0];
	fds[1] = more.memory;
	fds[2] = more.bells[0];
	fds[3] = more.bells[1];
	fds[4] = more.client_life[1];
	assert_int_equal(objectd_ask(server, &request, fds, 5, &again), 0);
	assert_memory_equal(&again.letter.body.created.instance,
			    &created.letter.body.created.instance, 16);
	assert_true(objectd_receive(client, &opened));
	assert_in_set(opened.letter.status, ((uintmax_t[]){ 0, PEN_STATUS_OBJECT_NAME_NOT_FOUND }),
		      2);
	answer_done(&opened);
	answer_done(&again);
	answer_done(&created);
	parts_close(&parts);
	parts_close(&more);
	close(server);
	close(client);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

/* It leaves when there is nothing, and not before. */
static void test_idle(void **state)
{
	static const char *const options[] = { "--idle", "1", NULL };
	struct objectd objectd = { 0 };
	struct answer created;
	struct parts parts;
	int server;

	objectd_start(&objectd, options);
	server = objectd_connect(&objectd);
	assert_int_equal(objectd_create(server, PIPE, &parts, &created), 0);
	answer_done(&created);
	close(server);
	sleep(2);
	assert_int_equal(waitpid(objectd.pid, NULL, WNOHANG), 0);
	parts_close(&parts);
	assert_int_equal(objectd_wait(&objectd), 0);
	assert_int_equal(objectd_connect(&objectd), -1);
	objectd_clean(&objectd);
}

static int run(const struct objectd *objectd, const char *option)
{
	char program[512];
	int status;
	pid_t pid = fork();

	if (!pid) {
		snprintf(program, sizeof(program), "%s/src/daemon/penstock-objectd",
			 getenv("PEN_TEST_BUILD") ? getenv("PEN_TEST_BUILD") : ".");
		execl(program, program, "--directory", objectd->directory, "--idle", "1", option,
		      NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* As a service manager's socket. */
static int listen_for_notes(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "penstock-ready-%d",
		 (int)getpid());
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
					  strlen(address.sun_path + 1))),
			 0);
	address.sun_path[0] = '@';
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	return fd;
}

/* A service manager is told when it listens. */
static void test_readiness(void **state)
{
	struct pollfd poller = { .fd = listen_for_notes(), .events = POLLIN };
	struct objectd objectd = { 0 };
	char said[32] = "";

	objectd_start(&objectd, NULL);
	assert_int_equal(poll(&poller, 1, 60000), 1);
	assert_int_equal(recv(poller.fd, said, sizeof(said), 0), 7);
	assert_string_equal(said, "READY=1");
	unsetenv("NOTIFY_SOCKET");
	close(poller.fd);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

/* With --background it listens when the command has ended; a second one is glad of the first. */
static void test_background(void **state)
{
	struct objectd objectd = { .directory = "/tmp/penstock-test-XXXXXX" };
	int fd, notes = listen_for_notes();

	assert_non_null(mkdtemp(objectd.directory));
	assert_int_equal(run(&objectd, "--background"), 0);
	fd = objectd_connect(&objectd);
	assert_true(fd >= 0);
	assert_int_equal(run(&objectd, "--background"), 0);
	close(fd);
	/* The service that a program is which has started it has nothing to do with it. */
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(recv(notes, &fd, sizeof(fd), MSG_DONTWAIT), -1);
	close(notes);
	for (int i = 0; i < 6000 && (fd = objectd_connect(&objectd)) >= 0; i++) {
		close(fd);
		usleep(1500000);
	}
	assert_int_equal(fd, -1);
	objectd_clean(&objectd);
}

static void test_a_second_one_says_so(void **state)
{
	struct objectd objectd = { 0 };

	objectd_start(&objectd, NULL);
	assert_int_equal(run(&objectd, NULL), 1);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_client_gets_the_offer),
		cmocka_unit_test(test_an_instance_goes_with_its_life),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_order_of_replies),
		cmocka_unit_test(test_it_dies_and_comes_back),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_background),
		cmocka_unit_test(test_a_second_one_says_so),
		cmocka_unit_test(test_readiness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
