/* SPDX-License-Identifier: MIT */
/* penstock-porter as a process, at an object manager: what it holds, hands over, and survives. */
#include "object/letter.h"
#include "runtime/worker-letter.h"
#include "support/fds.h"
#include "support/objectd.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/pipe.h>
#include <penstock/status.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONG_MS = 20000, PORTER_FD = 3 };

static struct objectd objectd;
static pid_t porter;
static int fd; /* penstockd's end */
static struct pen_arena arena;
static struct pen_buffer scratch;
static uint8_t room[worker_LETTER_MAX];
static unsigned n_fds;

/* ---- the stage ---- */

static void start_porter(void)
{
	char program[300], *argv[] = { program, objectd.directory, NULL };
	int ends[2];

	snprintf(program, sizeof(program), "%s/src/daemon/penstock-porter",
		 getenv("PEN_TEST_BUILD"));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	porter = fork();
	if (!porter) {
		setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		if (ends[1] == PORTER_FD)
			fcntl(PORTER_FD, F_SETFD, 0);
		else
			dup2(ends[1], PORTER_FD);
		execv(program, argv);
		_exit(127);
	}
	close(ends[1]);
	fd = ends[0];
}

static int enter(void **state)
{
	assert_non_null(getenv("PEN_TEST_BUILD"));
	n_fds = pen_count_fds();
	objectd = (struct objectd){ 0 };
	objectd_start(&objectd, NULL);
	setenv("PENSTOCK_OBJECTS_DIR", objectd.directory, 1);
	setenv("PENSTOCK_OBJECTD", "/nonexistent", 1);
	pen_arena_init(&arena, PEN_WORKER_ARENA_MAX);
	start_porter();
	return 0;
}

/* Its exit status. */
static int await_end(void)
{
	int status = 0;

	for (int ms = 0; ms < LONG_MS; ms += 10) {
		if (waitpid(porter, &status, WNOHANG) == porter) {
			porter = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		}
		usleep(10000);
	}
	fail_msg("it does not end");
	return -1;
}

static int leave(void **state)
{
	close(fd);
	if (porter)
		assert_int_equal(await_end(), 0);
	if (objectd.pid)
		objectd_end(&objectd, SIGTERM);
	objectd_clean(&objectd);
	pen_arena_done(&arena);
	return 0;
}

static void order(const struct worker_order *letter, int with)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	int r;

	while ((r = pen_worker_send_order(fd, letter, with, &scratch)) == -EAGAIN)
		assert_int_equal(poll(&wait, 1, LONG_MS), 1);
	assert_int_equal(r, 0);
}

static struct worker_post post_of(const char *name)
{
	return (struct worker_post){ .name = (char *)(uintptr_t)name,
				     .configuration = PEN_PIPE_DUPLEX,
				     .is_message = true,
				     .is_message_mode = true,
				     .inbound_quota = 65536,
				     .outbound_quota = 65536 };
}

/* These, and no others. */
static void post(const char *name, const char *second)
{
	struct worker_post posts[] = { post_of(name), post_of(second) };
	const struct worker_order letter = {
		.verb = worker_POSTS,
		.body.posts = { .n = (name != NULL) + (second != NULL), .posts = posts },
	};

	order(&letter, -1);
}

/* When the pipe is there, and one of its instances listens. */
static struct pen_pipe *open_pipe(const char *name)
{
	char path[300];
	struct pen_pipe *pipe = NULL;
	uint32_t status = 1;

	snprintf(path, sizeof(path), "\\\\.\\pipe\\%s", name);
	for (int ms = 0; status && ms < LONG_MS; ms += 10) {
		status = pen_pipe_open(&pipe, path, NULL);
		if (status)
			usleep(10000);
	}
	assert_int_equal(status, 0);
	return pipe;
}

/* The server's end of what was opened. */
static struct pen_pipe *await_visit(const char *name)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct worker_report report;
	struct pen_token *token;
	struct pen_pipe *pipe = NULL;
	int envelope;

	assert_int_equal(poll(&wait, 1, LONG_MS), 1);
	assert_int_equal(pen_worker_receive_report(fd, &report, &envelope, room, &arena), 0);
	assert_int_equal(report.verb, worker_VISIT);
	assert_string_equal(report.body.visit.name, name);
	assert_int_equal(report.body.visit.process, getpid());
	assert_int_equal(pen_letter_to_token(&token, &report.body.visit.token), 0);
	assert_int_equal(pen_token_info(token)->uid, geteuid());
	pen_token_free(token);
	assert_int_equal(pen_pipe_receive(&pipe, envelope), 0);
	close(envelope);
	pen_arena_reset(&arena);
	return pipe;
}

static void expect_talk(struct pen_pipe *client, struct pen_pipe *server)
{
	char text[16];
	uint32_t n;

	assert_int_equal(pen_pipe_write(client, "hello", 5, &n, LONG_MS), 0);
	assert_int_equal(pen_pipe_read(server, text, sizeof(text), &n, LONG_MS), 0);
	assert_int_equal(n, 5);
	assert_int_equal(pen_pipe_write(server, "yes", 3, &n, LONG_MS), 0);
	assert_int_equal(pen_pipe_read(client, text, sizeof(text), &n, LONG_MS), 0);
	assert_int_equal(n, 3);
}

static void expect_served(const char *name)
{
	struct pen_pipe *client = open_pipe(name), *server = await_visit(name);

	expect_talk(client, server);
	pen_pipe_free(client);
	pen_pipe_free(server);
}

/* ---- what it does ---- */

static void test_who_opens_is_handed_over(void **state)
{
	struct pen_pipe *clients[20], *servers[20];

	post("one", "two\\three");
	expect_served("one");
	expect_served("two\\three");
	for (size_t i = 0; i < PEN_COUNT(clients); i++) {
		clients[i] = open_pipe("one");
		servers[i] = await_visit("one");
	}
	for (size_t i = 0; i < PEN_COUNT(clients); i++) {
		expect_talk(clients[i], servers[i]);
		pen_pipe_free(clients[i]);
		pen_pipe_free(servers[i]);
	}
}

/* What is said before anybody hears is there when somebody does; and so is who has gone again. */
static void test_who_does_not_wait(void **state)
{
	struct pen_pipe *client, *server;
	char text[16];
	uint32_t n;

	post("one", NULL);
	client = open_pipe("one");
	assert_int_equal(pen_pipe_write(client, "first", 5, &n, LONG_MS), 0);
	pen_pipe_free(client);
	server = await_visit("one");
	assert_int_equal(pen_pipe_read(server, text, sizeof(text), &n, LONG_MS), 0);
	assert_int_equal(n, 5);
	assert_int_equal(pen_pipe_read(server, text, sizeof(text), &n, LONG_MS),
			 PEN_STATUS_PIPE_BROKEN);
	pen_pipe_free(server);
}

/* What stays is not touched. */
static void test_others_are_to_be_there(void **state)
{
	struct pen_pipe *none;

	post("one", NULL);
	expect_served("one");
	post("one", "other");
	assert_int_equal(pen_pipe_wait_name("\\\\.\\pipe\\one", LONG_MS, NULL), 0);
	expect_served("other");
	expect_served("one");
	post("other", NULL);
	for (int ms = 0; !pen_pipe_open(&none, "\\\\.\\pipe\\one", NULL); ms += 10) {
		assert_true(ms < LONG_MS);
		pen_pipe_free(none);
		usleep(10000);
	}
}

static void order_post(const struct worker_post *posted, uint32_t n)
{
	const struct worker_order letter = {
		.verb = worker_POSTS,
		.body.posts = { .n = n, .posts = (struct worker_post *)(uintptr_t)posted },
	};

	order(&letter, -1);
}

/* Of that pipe, as its client sees it. */
static struct pen_pipe_info info_of(const char *path, uint32_t access)
{
	const struct pen_pipe_open_config config = { .access = access };
	struct pen_pipe_info info;
	struct pen_pipe *pipe;

	assert_int_equal(pen_pipe_wait_name(path, LONG_MS, NULL), 0);
	assert_int_equal(pen_pipe_open(&pipe, path, &config), 0);
	assert_int_equal(pen_pipe_get_info(pipe, &info), 0);
	pen_pipe_free(pipe);
	return info;
}

static void await_pipe(const char *path, bool is_there)
{
	for (int ms = 0;; ms += 10) {
		struct pen_pipe *pipe;
		uint32_t status = pen_pipe_open(&pipe, path, NULL);

		if (!status)
			pen_pipe_free(await_visit("one"));
		if (!status)
			pen_pipe_free(pipe);
		if (is_there == (status != PEN_STATUS_OBJECT_NAME_NOT_FOUND))
			return;
		assert_true(ms < LONG_MS);
		usleep(10000);
	}
}

/* And when it is ordered otherwise, otherwise; what is no security takes that pipe alone. */
static void test_pipes_are_as_ordered(void **state)
{
	static const char path[] = "\\\\.\\pipe\\one";
	struct worker_post posted[] = { post_of("two"), post_of("one") };
	struct worker_post *one = &posted[1];
	struct pen_pipe_info info;

	one->configuration = PEN_PIPE_OUTBOUND;
	one->is_message = one->is_message_mode = false;
	one->instances_max = 9;
	one->inbound_quota = 5000;
	order_post(posted, 2);
	await_pipe(path, true);
	info = info_of(path, PEN_PIPE_READ_DATA | PEN_PIPE_READ_ATTRIBUTES);
	assert_int_equal(info.configuration, PEN_PIPE_OUTBOUND);
	assert_int_equal(info.type, 0);
	assert_int_equal(info.instances_max, 9);
	assert_int_equal(info.inbound_quota, 5000);
	pen_pipe_free(await_visit("one"));

	one->security = (char *)(uintptr_t) "D:(no";
	order_post(posted, 2);
	await_pipe(path, false);
	expect_served("two");

	*one = post_of("one");
	one->security = (char *)(uintptr_t) "D:(A;;GA;;;WD)";
	order_post(posted, 2);
	expect_served("one");
}

/* Those who come then are let in when penstockd hears again, in any order. */
static void test_penstockd_does_not_hear(void **state)
{
	enum { N = 4 };
	struct pen_pipe *clients[N], *servers[N];
	uint8_t number, answer;
	uint32_t n;

	post("one", NULL);
	for (uint8_t i = 0; i < N; i++) {
		clients[i] = open_pipe("one");
		assert_int_equal(pen_pipe_write(clients[i], &i, 1, &n, LONG_MS), 0);
	}
	for (int i = 0; i < N; i++) {
		servers[i] = await_visit("one");
		assert_int_equal(pen_pipe_read(servers[i], &number, 1, &n, LONG_MS), 0);
		assert_int_equal(pen_pipe_write(servers[i], &number, 1, &n, LONG_MS), 0);
	}
	for (int i = 0; i < N; i++) {
		assert_int_equal(pen_pipe_read(clients[i], &answer, 1, &n, LONG_MS), 0);
		assert_int_equal(answer, i);
		pen_pipe_free(clients[i]);
		pen_pipe_free(servers[i]);
	}
}

static void test_the_object_manager_comes_and_goes(void **state)
{
	struct pen_pipe *client, *server;

	post("one", NULL);
	client = open_pipe("one");
	server = await_visit("one");
	objectd_end(&objectd, SIGKILL);
	expect_talk(client, server);
	post("one", "two");
	objectd_start(&objectd, NULL);
	expect_served("one");
	expect_served("two");
	expect_talk(client, server);
	pen_pipe_free(client);
	pen_pipe_free(server);
}

static void test_pipes_outlive_it(void **state)
{
	struct pen_pipe *client, *server;

	post("one", NULL);
	client = open_pipe("one");
	server = await_visit("one");
	kill(porter, SIGKILL);
	assert_int_equal(await_end(), -1);
	expect_talk(client, server);
	pen_pipe_free(client);
	pen_pipe_free(server);
}

/* ---- what it hears ---- */

static void test_what_is_no_order(void **state)
{
	const struct worker_order greet = { .verb = worker_GREET };

	order(&greet, fd);
	assert_int_equal(await_end(), 1);
	close(fd);
	start_porter();
	assert_int_equal(send(fd, "?", 1, 0), 1);
	assert_int_equal(await_end(), 1);
}

static void test_names_that_are_none(void **state)
{
	post("", "\\");
	post("a/b", "");
	post("one", NULL);
	expect_served("one");
}

static void test_it_leaves(void **state)
{
	const struct worker_order letter = { .verb = worker_LEAVE };

	post("one", NULL);
	expect_served("one");
	order(&letter, -1);
	assert_int_equal(await_end(), 0);
}

#define PORTER_TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PORTER_TEST(test_who_opens_is_handed_over),
		PORTER_TEST(test_who_does_not_wait),
		PORTER_TEST(test_others_are_to_be_there),
		PORTER_TEST(test_pipes_are_as_ordered),
		PORTER_TEST(test_penstockd_does_not_hear),
		PORTER_TEST(test_the_object_manager_comes_and_goes),
		PORTER_TEST(test_pipes_outlive_it),
		PORTER_TEST(test_what_is_no_order),
		PORTER_TEST(test_names_that_are_none),
		PORTER_TEST(test_it_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
