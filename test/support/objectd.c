/* SPDX-License-Identifier: MIT */
#include "support/objectd.h"
#include "io/socket.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 60000, OPTIONS_MAX = 16 };

static void start(struct objectd *objectd, const char *const *options)
{
	const char *build = getenv("PEN_TEST_BUILD");
	const char *argv[OPTIONS_MAX] = { "penstock-objectd", "--directory", objectd->directory };
	char program[512];
	int n = 3;

	snprintf(program, sizeof(program), "%s/src/daemon/penstock-objectd", build ? build : ".");
	while (options && *options && n < OPTIONS_MAX - 1)
		argv[n++] = *options++;
	objectd->pid = fork();
	assert_true(objectd->pid >= 0);
	if (!objectd->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execv(program, (char *const *)argv);
		_exit(127);
	}
}

void objectd_start(struct objectd *objectd, const char *const *options)
{
	int status;

	if (!objectd->directory[0]) {
		strcpy(objectd->directory, "/tmp/penstock-test-XXXXXX");
		assert_non_null(mkdtemp(objectd->directory));
	}
	start(objectd, options);
	for (int i = 0; i < WAIT_MS / 10; i++) {
		int fd = objectd_connect(objectd);

		if (fd >= 0) {
			close(fd);
			return;
		}
		if (waitpid(objectd->pid, &status, WNOHANG) == objectd->pid)
			fail_msg("penstock-objectd ended before it listened (status %d; 127: not "
				 "there, see PEN_TEST_BUILD)",
				 WIFEXITED(status) ? WEXITSTATUS(status) : -1);
		usleep(10000);
	}
	fail_msg("penstock-objectd does not listen");
}

int objectd_run(const struct objectd *objectd, const char *const *options)
{
	struct objectd other = *objectd;

	start(&other, options);
	return objectd_wait(&other);
}

int objectd_wait(struct objectd *objectd)
{
	int status;

	for (int i = 0; i < WAIT_MS / 10; i++) {
		if (waitpid(objectd->pid, &status, WNOHANG) == objectd->pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		usleep(10000);
	}
	fail_msg("penstock-objectd does not end");
	return -1;
}

int objectd_end(struct objectd *objectd, int number)
{
	kill(objectd->pid, number);
	return objectd_wait(objectd);
}

void objectd_clean(const struct objectd *objectd)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/objects", objectd->directory);
	unlink(path);
	rmdir(objectd->directory);
}

int objectd_connect(const struct objectd *objectd)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct pen_address address;

	assert_int_equal(pen_unix_address(&address, objectd->directory, "objects"), 0);
	assert_true(fd >= 0);
	if (!connect(fd, (struct sockaddr *)&address.storage, address.size))
		return fd;
	close(fd);
	return -1;
}

/* ---- messages ---- */

void answer_done(struct answer *answer)
{
	for (size_t i = 0; i < answer->n_fds; i++)
		if (answer->fds[i] >= 0)
			close(answer->fds[i]);
	answer->n_fds = 0;
	pen_arena_done(&answer->arena);
}

void objectd_send(int socket, const struct object_request *request, const int *fds, size_t n)
{
	struct pen_buffer buffer = { 0 };
	union {
		struct cmsghdr head;
		uint8_t bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = { 0 };
	struct iovec piece;
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	assert_int_equal(pen_letter_put_request(request, &buffer), 0);
	piece = (struct iovec){ buffer.data, buffer.size };
	if (n) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, n * sizeof(int));
	}
	assert_int_equal(sendmsg(socket, &message, MSG_NOSIGNAL), buffer.size);
	pen_buffer_done(&buffer);
}

bool objectd_receive(int socket, struct answer *answer)
{
	static uint8_t bytes[object_MESSAGE_MAX];
	union {
		struct cmsghdr head;
		uint8_t bytes[CMSG_SPACE(16 * sizeof(int))];
	} control;
	struct iovec piece = { bytes, sizeof(bytes) };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct pollfd poller = { .fd = socket, .events = POLLIN };
	struct cmsghdr *head;
	ssize_t n;

	memset(answer, 0, sizeof(*answer));
	assert_int_equal(poll(&poller, 1, WAIT_MS), 1);
	n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return false;
	pen_arena_init(&answer->arena, PEN_LETTER_ARENA_MAX);
	assert_int_equal(pen_letter_get_reply(&answer->letter, &answer->arena, bytes, (size_t)n),
			 0);
	head = CMSG_FIRSTHDR(&message);
	if (head) {
		answer->n_fds = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		assert_true(answer->n_fds <= 5);
		memcpy(answer->fds, CMSG_DATA(head), answer->n_fds * sizeof(int));
	}
	return true;
}

uint32_t objectd_ask(int socket, const struct object_request *request, const int *fds, size_t n,
		     struct answer *answer)
{
	objectd_send(socket, request, fds, n);
	assert_true(objectd_receive(socket, answer));
	return answer->letter.status;
}

/* ---- pipes ---- */

void parts_make(struct parts *parts)
{
	assert_int_equal(pipe2(parts->life, O_CLOEXEC), 0);
	assert_int_equal(pipe2(parts->client_life, O_CLOEXEC), 0);
	parts->memory = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(parts->memory >= 0);
	assert_int_equal(fcntl(parts->memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL), 0);
	for (int i = 0; i < 2; i++)
		parts->bells[i] = eventfd(0, EFD_CLOEXEC);
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void parts_close(struct parts *parts)
{
	for (int i = 0; i < 2; i++) {
		close_one(&parts->life[i]);
		close_one(&parts->client_life[i]);
		close_one(&parts->bells[i]);
	}
	close_one(&parts->memory);
}

uint32_t objectd_create(int socket, const char *name, struct parts *parts, struct answer *answer)
{
	const struct object_request request = {
		.verb = object_CREATE_PIPE,
		.body.create_pipe = {
			.name = name,
			.access = PEN_FILE_GENERIC_READ | PEN_FILE_GENERIC_WRITE,
			.share = 3,
			.disposition = 3,
			.pipe = { .type = 1,
				  .instances_max = UINT32_MAX,
				  .inbound_quota = 4096,
				  .outbound_quota = 8192,
				  .timeout = -500000 },
			.is_listening = 1,
		},
	};
	int fds[5];

	parts_make(parts);
	fds[0] = parts->life[0];
	fds[1] = parts->memory;
	fds[2] = parts->bells[0];
	fds[3] = parts->bells[1];
	fds[4] = parts->client_life[1];
	objectd_ask(socket, &request, fds, 5, answer);
	close_one(&parts->life[0]);
	close_one(&parts->client_life[1]);
	return answer->letter.status;
}

uint32_t objectd_open(int socket, const char *name, struct answer *answer)
{
	const struct object_request request = {
		.verb = object_OPEN_PIPE,
		.body.open_pipe = { .name = name,
				    .access = PEN_FILE_GENERIC_READ | PEN_FILE_GENERIC_WRITE,
				    .qos = { 2, 1, 1 } },
	};

	return objectd_ask(socket, &request, NULL, 0, answer);
}

bool has_ended(int life)
{
	struct pollfd poller = { .fd = life, .events = 0 };

	return poll(&poller, 1, WAIT_MS) == 1 && poller.revents & POLLHUP;
}
