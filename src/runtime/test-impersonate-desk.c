/* SPDX-License-Identifier: MIT */
/* Impersonation in servers that other processes call. */
#include "runtime/test-impersonate.h"
#include "support/probe.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum action { OPEN_OURS, OPEN_ALICES, FORGET, TELL_UID };

struct desk {
	struct pen_server *server;
	pthread_t thread;
	char directory[64];
	char ours[128];
	char alices[128];
	struct pen_call *later;
	_Atomic int n_later;
	_Atomic int n_complaints;
};

typedef int desk_function(struct pen_call *call, const void *in, void *out);

static uint32_t try_to_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return (uint32_t)errno;
	close(fd);
	return 0;
}

static int desk_act(struct pen_call *call, const void *in, void *out)
{
	const struct desk *desk = pen_call_data(call);
	uint32_t action = ((const struct probe_number *)in)->value;
	uint32_t *result = &((struct probe_number *)out)->value;
	int r;

	if (action == TELL_UID) {
		*result = geteuid();
		return 0;
	}
	r = pen_call_impersonate(call);
	if (r)
		return r;
	if (action == OPEN_OURS)
		*result = try_to_open(desk->ours);
	else if (action == OPEN_ALICES)
		*result = try_to_open(desk->alices);
	if (action != FORGET)
		pen_call_revert(call);
	return 0;
}

/* Pends, and forgets to revert. */
static int desk_later(struct pen_call *call, const void *in, void *out)
{
	struct desk *desk = pen_call_data(call);
	int r = pen_call_impersonate(call);

	if (r)
		return r;
	desk->later = call;
	desk->n_later++;
	return PEN_PENDING;
}

/* Finishes another's call while it impersonates its own caller, and is its caller still. */
static int desk_release(struct pen_call *call, const void *in, void *out)
{
	struct desk *desk = pen_call_data(call);
	int r = pen_call_impersonate(call);

	if (r)
		return r;
	pen_call_finish(desk->later, 0);
	((struct probe_number *)out)->value = geteuid();
	pen_call_revert(call);
	return 0;
}

static desk_function *const desk_functions[PROBE_N_OPERATIONS] = {
	[PROBE_LATER] = desk_later,
	[PROBE_RELEASE] = desk_release,
	[PROBE_FAIL] = desk_act,
};

static void desk_log(void *data, enum pen_log_level level, const char *line)
{
	struct desk *desk = data;

	if (level == PEN_LOG_ERROR && strstr(line, "impersonating a caller"))
		desk->n_complaints++;
}

static void put_file(const struct desk *desk, char path[128], const char *name, uint32_t uid)
{
	int fd;

	snprintf(path, 128, "%s/%s", desk->directory, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	if (uid != geteuid())
		assert_false(fchown(fd, uid, GROUP));
	close(fd);
}

static void desk_open(struct desk *desk)
{
	const struct pen_service service = { .interface = &probe_interface,
					     .operations = desk_functions };
	struct pen_server_config config = { .ncalrpc_dir = desk->directory,
					    .log = desk_log,
					    .log_data = desk };

	memset(desk, 0, sizeof(*desk));
	strcpy(desk->directory, "/tmp/pen-desk-XXXXXX");
	assert_non_null(mkdtemp(desk->directory));
	assert_false(chmod(desk->directory, 0755));
	put_file(desk, desk->ours, "ours", geteuid());
	if (is_root)
		put_file(desk, desk->alices, "alices", ALICE);
	assert_int_equal(pen_server_new(&desk->server, &config), 0);
	assert_int_equal(pen_server_add(desk->server, &service, desk), 0);
	assert_int_equal(pen_server_listen(desk->server, "ncalrpc:[desk]", NULL, NULL), 0);
}

static void *desk_main(void *data)
{
	pen_server_run(((struct desk *)data)->server);
	return NULL;
}

static void desk_run(struct desk *desk)
{
	assert_false(pthread_create(&desk->thread, NULL, desk_main, desk));
}

static void desk_close(struct desk *desk)
{
	char command[128];

	pen_server_stop(desk->server);
	pthread_join(desk->thread, NULL);
	pen_server_free(desk->server);
	snprintf(command, sizeof(command), "rm -rf %s", desk->directory);
	assert_int_equal(system(command), 0);
}

/* A process of a user that calls once, when it is told to. */
struct caller {
	pid_t pid;
	int go;
	int answer;
};

struct answer {
	int result;
	uint32_t value;
};

static struct answer call_once(const struct desk *desk, enum probe_opnum opnum, uint32_t value)
{
	const struct pen_client_config config = { .ncalrpc_dir = desk->directory };
	struct probe_number in = { value };
	struct probe_number out = { 0 };
	struct answer answer = { .result = -1 };
	struct pen_client *client;
	struct pen_call *call;

	if (pen_client_new(&client, "ncalrpc:[desk]", &config, NULL) || pen_call_new(&call, client))
		return answer;
	pen_call_set_timeout(call, 20000);
	answer.result = pen_call_invoke(call, &probe_interface, opnum, &in, &out);
	answer.value = out.value;
	return answer;
}

static struct caller caller_new(const struct desk *desk, uint32_t uid, enum probe_opnum opnum,
				uint32_t value)
{
	struct caller caller;
	struct answer answer;
	int answers[2];
	int go[2];
	char c;

	assert_false(pipe2(go, O_CLOEXEC) || pipe2(answers, O_CLOEXEC));
	caller = (struct caller){ .pid = fork(), .go = go[1], .answer = answers[0] };
	assert_true(caller.pid >= 0);
	if (caller.pid) {
		close(go[0]);
		close(answers[1]);
		return caller;
	}
	close(go[1]);
	if ((uid != geteuid() && become_user(uid)) || read(go[0], &c, 1) != 1)
		_exit(1);
	answer = call_once(desk, opnum, value);
	_exit(write(answers[1], &answer, sizeof(answer)) != sizeof(answer));
}

static void caller_go(const struct caller *caller)
{
	assert_int_equal(write(caller->go, "!", 1), 1);
}

static struct answer caller_end(const struct caller *caller)
{
	struct answer answer = { .result = -1 };

	assert_int_equal(read(caller->answer, &answer, sizeof(answer)), sizeof(answer));
	assert_int_equal(waitpid(caller->pid, NULL, 0), caller->pid);
	close(caller->go);
	close(caller->answer);
	return answer;
}

static struct answer caller_call(const struct caller *caller)
{
	caller_go(caller);
	return caller_end(caller);
}

/* Callers first: a process is not divided while it has threads. */
static void test_files_are_opened_as_the_caller(void **state)
{
	struct caller callers[6];
	struct desk desk;
	struct answer a;

	if (!is_root)
		skip();
	desk_open(&desk);
	callers[0] = caller_new(&desk, ALICE, PROBE_FAIL, OPEN_ALICES);
	callers[1] = caller_new(&desk, ALICE, PROBE_FAIL, OPEN_OURS);
	callers[2] = caller_new(&desk, BOB, PROBE_FAIL, OPEN_ALICES);
	callers[3] = caller_new(&desk, BOB, PROBE_FAIL, OPEN_OURS);
	callers[4] = caller_new(&desk, 0, PROBE_FAIL, OPEN_OURS);
	callers[5] = caller_new(&desk, BOB, PROBE_FAIL, TELL_UID);
	desk_run(&desk);

	for (size_t i = 0; i < PEN_COUNT(callers); i++) {
		a = caller_call(&callers[i]);
		assert_int_equal(a.result, 0);
		assert_int_equal(a.value, i >= 1 && i <= 3 ? EACCES : 0);
	}
	assert_int_equal(desk.n_complaints, 0);
	desk_close(&desk);
}

static void test_a_server_of_ones_own_serves_oneself(void **state)
{
	struct caller caller;
	struct desk desk;
	struct answer a;

	desk_open(&desk);
	caller = caller_new(&desk, geteuid(), PROBE_FAIL, OPEN_OURS);
	desk_run(&desk);
	a = caller_call(&caller);
	assert_int_equal(a.result, 0);
	assert_int_equal(a.value, 0);
	desk_close(&desk);
}

static void test_who_forgets_is_reverted_and_named(void **state)
{
	struct caller forgetful;
	struct caller pending;
	struct caller other;
	struct caller last;
	struct desk desk;
	struct answer a;

	desk_open(&desk);
	forgetful = caller_new(&desk, is_root ? ALICE : geteuid(), PROBE_FAIL, FORGET);
	pending = caller_new(&desk, is_root ? ALICE : geteuid(), PROBE_LATER, 0);
	other = caller_new(&desk, is_root ? BOB : geteuid(), PROBE_RELEASE, 0);
	last = caller_new(&desk, geteuid(), PROBE_FAIL, TELL_UID);
	desk_run(&desk);

	assert_int_equal(caller_call(&forgetful).result, 0);
	assert_int_equal(desk.n_complaints, 1);
	caller_go(&pending);
	assert_true(probe_await(&desk.n_later, 1));
	a = caller_call(&other);
	assert_int_equal(a.result, 0);
	assert_int_equal(a.value, is_root ? BOB : geteuid());
	assert_int_equal(caller_end(&pending).result, 0);
	assert_int_equal(desk.n_complaints, 2);
	a = caller_call(&last);
	assert_int_equal(a.value, geteuid());
	assert_int_equal(desk.n_complaints, 2);
	desk_close(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_are_opened_as_the_caller),
		cmocka_unit_test(test_a_server_of_ones_own_serves_oneself),
		cmocka_unit_test(test_who_forgets_is_reverted_and_named),
	};

	find_out_who_we_are();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
