/* SPDX-License-Identifier: MIT */
/*
 * Pipes that carry no RPC, of a program behind the supervisor.
 */
#include "counter.h"
#include "stage.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/client.h>
#include <penstock/pipe.h>
#include <penstock/status.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG_MS = 60000, SHARE = 32 /* of one user, in one process */ };

#define ECHO_PIPE "\\\\.\\pipe\\counter-echo"
#define WORD_PIPE "\\\\.\\pipe\\counter\\word"

/* ---- clients ---- */

/* When the pipe is there, and one of its instances listens. */
static uint32_t try_to_open(struct pen_pipe **pipep, const char *name, uint32_t access)
{
	const struct pen_pipe_open_config config = { .access = access };
	uint32_t status = PEN_STATUS_OBJECT_NAME_NOT_FOUND;

	for (int ms = 0; ms < LONG_MS && (status == PEN_STATUS_OBJECT_NAME_NOT_FOUND ||
					  status == PEN_STATUS_PIPE_NOT_AVAILABLE ||
					  status == PEN_STATUS_OBJECT_PATH_NOT_FOUND);
	     ms += 10) {
		status = pen_pipe_open(pipep, name, &config);
		if (status)
			usleep(10000);
	}
	return status;
}

/* Reads messages. */
static struct pen_pipe *open_echo(void)
{
	struct pen_pipe *pipe;

	assert_int_equal(try_to_open(&pipe, ECHO_PIPE,
				     PEN_PIPE_READ_DATA | PEN_PIPE_WRITE_DATA |
					     PEN_PIPE_READ_ATTRIBUTES | PEN_PIPE_WRITE_ATTRIBUTES),
			 0);
	assert_int_equal(pen_pipe_set_modes(pipe, 1, 0), 0);
	return pipe;
}

static uint32_t ask(struct pen_pipe *pipe, const char *question, char answer[64])
{
	uint32_t n = 0;
	uint32_t status = pen_pipe_transact(pipe, question, (uint32_t)strlen(question), answer, 63,
					    &n, LONG_MS);

	answer[n] = '\0';
	return status;
}

static void expect_answer(struct pen_pipe *pipe, const char *question, const char *answer)
{
	char text[64];

	assert_int_equal(ask(pipe, question, text), 0);
	assert_string_equal(text, answer);
}

static pid_t ask_pid(struct pen_pipe *pipe)
{
	char text[64];

	assert_int_equal(ask(pipe, "pid", text), 0);
	return atoi(text);
}

/* It has ended, and nothing more comes. */
static void expect_end(struct pen_pipe *pipe)
{
	uint32_t n, status;
	char byte;

	status = pen_pipe_read(pipe, &byte, 1, &n, LONG_MS);
	if (status != PEN_STATUS_PIPE_BROKEN && status != PEN_STATUS_PIPE_DISCONNECTED)
		fail_msg("0x%08x", status);
}

/* ---- what is served ---- */

static void test_messages_are_answered(void **state)
{
	struct pen_pipe *pipe = open_echo(), *other = open_echo();
	char uid[16];

	snprintf(uid, sizeof(uid), "%u", geteuid());
	expect_answer(pipe, "a message", "a message");
	expect_answer(other, "uid", uid);
	expect_answer(pipe, "", "");
	assert_true(kill(ask_pid(pipe), 0) == 0);
	pen_pipe_free(pipe);
	expect_answer(other, "another", "another");
	pen_pipe_free(other);
}

/* What it says before it closes is there. */
static void test_bytes_one_way(void **state)
{
	struct pen_pipe_info info;
	struct pen_pipe *pipe;
	char text[16];
	uint32_t n;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(try_to_open(&pipe, WORD_PIPE,
					     PEN_PIPE_READ_DATA | PEN_PIPE_READ_ATTRIBUTES),
				 0);
		assert_int_equal(pen_pipe_get_info(pipe, &info), 0);
		assert_int_equal(info.configuration, PEN_PIPE_OUTBOUND);
		assert_int_equal(info.type, 0);
		assert_int_equal(info.instances_max, 2);
		assert_int_equal(info.inbound_quota, 4096);
		assert_int_equal(pen_pipe_read(pipe, text, sizeof(text), &n, LONG_MS), 0);
		assert_int_equal(n, 4);
		assert_memory_equal(text, "word", 4);
		expect_end(pipe);
		pen_pipe_free(pipe);
	}
}

static void *talk_often(void *data)
{
	for (int i = 0; i < 10; i++) {
		struct pen_pipe *pipe = open_echo();

		for (int k = 0; k < 10; k++)
			expect_answer(pipe, "question", "question");
		pen_pipe_free(pipe);
	}
	return NULL;
}

/* More than there are instances, and than there are processes. */
static void test_many_come_at_once(void **state)
{
	pthread_t threads[12];

	for (size_t i = 0; i < PEN_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, talk_often, NULL), 0);
	for (size_t i = 0; i < PEN_COUNT(threads); i++)
		pthread_join(threads[i], NULL);
}

/* The process serves both, and neither waits for the other. */
static void test_calls_go_on_beside_them(void **state)
{
	static const struct counter_Pid_in in;
	struct counter_Pid_out out = { 0 };
	struct pen_pipe *pipe = open_echo();
	struct pen_client *client;
	struct pen_call *call;

	assert_int_equal(pen_client_new(&client, "ncacn_np:[\\pipe\\counter]", NULL, NULL), 0);
	assert_int_equal(pen_call_new(&call, client), 0);
	pen_call_set_timeout(call, LONG_MS);
	assert_int_equal(counter_Pid(call, &in, &out), 0);
	assert_int_equal((pid_t)out.result, ask_pid(pipe));
	pen_call_free(call);
	pen_client_free(client);
	pen_pipe_free(pipe);
}

/* ---- who is kept out ---- */

static void test_one_user_has_half_of_the_room(void **state)
{
	struct pen_pipe *pipes[SHARE], *one_more;

	for (size_t i = 0; i < SHARE; i++) {
		pipes[i] = open_echo();
		expect_answer(pipes[i], "here", "here");
	}
	one_more = open_echo();
	expect_end(one_more);
	pen_pipe_free(one_more);
	pen_pipe_free(pipes[0]);
	expect_answer(pipes[1], "here", "here");
	for (char text[64] = "";;) {
		one_more = open_echo();
		if (!ask(one_more, "now", text))
			break;
		pen_pipe_free(one_more);
	}
	pen_pipe_free(one_more);
	for (size_t i = 1; i < SHARE; i++)
		pen_pipe_free(pipes[i]);
}

static int be_nobody(void)
{
	char uid[16], text[64];
	struct pen_pipe *pipe;

	pipe = open_echo();
	snprintf(uid, sizeof(uid), "%d", STAGE_NOBODY);
	if (ask(pipe, "uid", text) || strcmp(text, uid) != 0)
		return 2;
	pen_pipe_free(pipe);
	if (try_to_open(&pipe, WORD_PIPE, PEN_PIPE_READ_DATA) != PEN_STATUS_ACCESS_DENIED)
		return 3;
	return 0;
}

static void test_other_users_may_what_is_said(void **state)
{
	stage_as_nobody(be_nobody);
}

/* ---- who goes ---- */

static void test_a_worker_dies(void **state)
{
	struct pen_pipe *pipe = open_echo(), *other = open_echo();
	char text[64];

	expect_answer(pipe, "here", "here");
	expect_answer(other, "here", "here");
	assert_int_not_equal(ask(pipe, "die", text), 0);
	expect_end(other);
	pen_pipe_free(pipe);
	pen_pipe_free(other);
	/* The next client may be given to the one that is dying, and comes again. */
	pipe = open_echo();
	if (ask(pipe, "here", text) == PEN_STATUS_PIPE_BROKEN) {
		pen_pipe_free(pipe);
		pipe = open_echo();
	}
	expect_answer(pipe, "here", "here");
	pen_pipe_free(pipe);
}

/* Who has a client is not idle. */
static void test_it_leaves_when_the_last_has_gone(void **state)
{
	struct pen_pipe *pipe = open_echo();
	pid_t pid = ask_pid(pipe);

	sleep(3);
	assert_int_equal(ask_pid(pipe), pid);
	pen_pipe_free(pipe);
	for (int ms = 0; !kill(pid, 0); ms += 10) {
		assert_true(ms < LONG_MS);
		usleep(10000);
	}
}

/* Threads that wait for their clients do not keep the process. */
static void test_the_supervisor_ends(void **state)
{
	struct pen_pipe *pipe = open_echo(), *silent = open_echo();

	expect_answer(pipe, "here", "here");
	assert_int_equal(stage_leave(state), 0);
	expect_end(pipe);
	expect_end(silent);
	pen_pipe_free(pipe);
	pen_pipe_free(silent);
}

/* ---- all of them, free and confined ---- */

static char one[] = "1";

static int enter_idle(void **state)
{
	setenv("COUNTER_IDLE", "1", 1);
	return stage_enter(state);
}

static int leave_idle(void **state)
{
	unsetenv("COUNTER_IDLE");
	return stage_leave(state);
}

#define PIPE_TEST(name) cmocka_unit_test_setup_teardown(name, stage_enter, stage_leave)
#define PROCESS_TEST(name)                                                                         \
	cmocka_unit_test_prestate_setup_teardown(name, stage_enter, stage_leave, one)

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
		PIPE_TEST(test_messages_are_answered),
		PIPE_TEST(test_bytes_one_way),
		PIPE_TEST(test_many_come_at_once),
		PROCESS_TEST(test_calls_go_on_beside_them),
		PROCESS_TEST(test_one_user_has_half_of_the_room),
		PIPE_TEST(test_other_users_may_what_is_said),
		PROCESS_TEST(test_a_worker_dies),
		cmocka_unit_test_setup_teardown(test_it_leaves_when_the_last_has_gone, enter_idle,
						leave_idle),
		cmocka_unit_test_setup_teardown(test_the_supervisor_ends, stage_enter, NULL),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	int r;

	/* What looks for leaks at a program's end wants more than confined ones may. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	r = run_all();
	stage_is_confined = true;
	return r + run_all();
}
