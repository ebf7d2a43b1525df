/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/probe.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <penstock/token.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ALICE = 54321, BOB = 54322, GROUP = 54400 };

static const uint32_t their_groups[] = { GROUP + 2, GROUP, GROUP + 1 };

/* What the kernel knows of the calling thread, by its own calls. */
struct ids {
	uint32_t uid[3];
	uint32_t gid[3];
	int n_groups;
	uint32_t groups[64];
	struct __user_cap_data_struct capabilities[2];
};

static struct ids ids_now(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct ids ids;

	memset(&ids, 0, sizeof(ids));
	assert_false(getresuid(&ids.uid[0], &ids.uid[1], &ids.uid[2]));
	assert_false(getresgid(&ids.gid[0], &ids.gid[1], &ids.gid[2]));
	ids.n_groups = getgroups(PEN_COUNT(ids.groups), ids.groups);
	assert_true(ids.n_groups >= 0);
	assert_false(syscall(SYS_capget, &header, ids.capabilities));
	return ids;
}

static bool is_same(const struct ids *a, const struct ids *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static int become_user(uint32_t uid)
{
	return setgroups(PEN_COUNT(their_groups), their_groups) || setresgid(GROUP, GROUP, GROUP) ||
	       setresuid(uid, uid, uid);
}

/* Whether this process can be somebody else. In a user namespace root need not. */
static bool can_become(uint32_t uid)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(geteuid() != 0 || become_user(uid));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

static bool is_root;

/* ---- calls without a wire ---- */

static struct pen_call *call_of(const struct pen_token *token)
{
	struct pen_call *call;

	assert_int_equal(pen_call_new_direct(&call, NULL, NULL, token), 0);
	return call;
}

static struct pen_token *token_of(uint32_t uid)
{
	struct pen_token *token;

	assert_int_equal(pen_token_new_unix(&token, uid, GROUP, their_groups,
					    PEN_COUNT(their_groups), 0, false),
			 0);
	return token;
}

static struct pen_token *own_token(void)
{
	struct ids ids = ids_now();
	struct pen_token *token;

	assert_int_equal(pen_token_new_unix(&token, ids.uid[1], ids.gid[1], ids.groups,
					    (size_t)ids.n_groups, 0, false),
			 0);
	return token;
}

static void expect_refused(struct pen_token *token, const char *words)
{
	struct ids before = ids_now();
	struct pen_call *call = call_of(token);
	struct ids after;

	assert_int_equal(pen_call_impersonate(call), PEN_E_DENIED);
	assert_non_null(strstr(pen_call_error(call), words));
	after = ids_now();
	assert_true(is_same(&before, &after));
	pen_call_revert(call);
	pen_call_free(call);
	pen_token_free(token);
}

static struct pen_token *changed_token(const struct pen_token_info *info)
{
	struct pen_token *token;

	assert_int_equal(pen_token_new(&token, info), 0);
	return token;
}

static void test_who_cannot_be_impersonated(void **state)
{
	static const uint32_t no_group[] = { 100, UINT32_MAX };
	struct pen_token *alice = token_of(ALICE);
	struct pen_token_info info = *pen_token_info(alice);
	struct pen_token *nobody;

	assert_int_equal(pen_token_new_anonymous(&nobody, true), 0);
	expect_refused(nobody, "anonymous");

	info.proof = PEN_TOKEN_ANONYMOUS;
	expect_refused(changed_token(&info), "anonymous");
	info = *pen_token_info(alice);
	info.sids = &pen_sid_anonymous;
	info.n_sids = 1;
	expect_refused(changed_token(&info), "anonymous");

	info = *pen_token_info(alice);
	info.is_identify_only = true;
	expect_refused(changed_token(&info), "identified and not impersonated");
	info.is_identify_only = false;
	info.has_unix = false;
	info.account = "alice";
	info.domain = "WONDER";
	expect_refused(changed_token(&info), "WONDER\\alice has no uid");

	/* To the kernel this is "no change": the server would go on as root. */
	info = *pen_token_info(alice);
	info.uid = UINT32_MAX;
	expect_refused(changed_token(&info), "nobody's");
	info.uid = ALICE;
	info.gid = UINT32_MAX;
	expect_refused(changed_token(&info), "nobody's");
	info.gid = GROUP;
	info.groups = no_group;
	info.n_groups = PEN_COUNT(no_group);
	expect_refused(changed_token(&info), "nobody's");
	pen_token_free(alice);
}

static void test_oneself_needs_no_rights(void **state)
{
	struct pen_token *token = own_token();
	struct pen_call *call = call_of(token);
	struct pen_call *other = call_of(token);
	struct ids before = ids_now();
	struct ids after;

	assert_int_equal(pen_call_impersonate(call), 0);
	assert_int_equal(geteuid(), before.uid[1]);
	assert_int_equal(pen_call_impersonate(call), PEN_E_EXISTS);
	assert_non_null(strstr(pen_call_error(call), "the caller already"));
	assert_int_equal(pen_call_impersonate(other), PEN_E_EXISTS);
	assert_non_null(strstr(pen_call_error(other), "another caller already"));
	pen_call_revert(other);
	assert_int_equal(pen_call_impersonate(other), PEN_E_EXISTS);
	pen_call_revert(call);
	pen_call_revert(call);
	after = ids_now();
	assert_true(is_same(&before, &after));
	assert_int_equal(pen_call_impersonate(other), 0);
	pen_call_revert(other);
	pen_call_free(other);
	pen_call_free(call);
	pen_token_free(token);
}

static void test_no_memory(void **state)
{
	struct pen_token *token = own_token();
	struct pen_call *call = call_of(token);
	int r;

	for (size_t n = 1; pen_fail_at(n), r = pen_call_impersonate(call), pen_fail_hit(); n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	pen_call_revert(call);
	pen_call_free(call);
	pen_token_free(token);
}

/* ---- in a process of its own, which may give up what it has ---- */

/* The child has to return 0. */
static void in_child(int (*child)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		_exit(child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Whether it is refused for want of rights, and nothing has changed. */
static int is_refused(uint32_t uid)
{
	struct ids before = ids_now();
	struct pen_token *token = token_of(uid);
	struct pen_call *call = call_of(token);
	struct ids after;

	if (pen_call_impersonate(call) != PEN_E_DENIED)
		return 1;
	if (!strstr(pen_call_error(call), "must run as root") &&
	    !strstr(pen_call_error(call), "user namespace"))
		return 2;
	after = ids_now();
	if (!is_same(&before, &after))
		return 3;
	pen_call_free(call);
	pen_token_free(token);
	return 0;
}

static int refuse_without_rights(void)
{
	if (is_root && become_user(BOB))
		return 10;
	return is_refused(ALICE);
}

static void test_another_needs_rights(void **state)
{
	in_child(refuse_without_rights);
}

static int set_effective(uint32_t low)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return 1;
	data[0].effective = low;
	data[1].effective = 0;
	return syscall(SYS_capset, &header, data) != 0;
}

/* Groups and gid change, and then the uid may not: both come back. */
static int refuse_halfway(void)
{
	return set_effective(1 << CAP_SETGID) ? 10 : is_refused(ALICE);
}

static void test_halfway_is_undone(void **state)
{
	if (!is_root)
		skip();
	in_child(refuse_halfway);
}

/* The effective uid is neither the real nor the saved one: there would be no way back. */
static int refuse_one_way(void)
{
	return setresuid(BOB, 0, BOB) ? 10 : is_refused(ALICE);
}

static void test_no_way_back_is_refused(void **state)
{
	if (!is_root)
		skip();
	in_child(refuse_one_way);
}

/* A server that is not root, and has rights, does not lend them to its caller. */
static int lend_no_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct pen_token *token;
	struct pen_call *call;
	struct ids before;
	struct ids during;
	struct ids after;

	if (syscall(SYS_capget, &header, before.capabilities) ||
	    setgroups(PEN_COUNT(their_groups), their_groups) || setresgid(GROUP, GROUP, GROUP) ||
	    setresuid(0, BOB, 0) || setresuid(BOB, BOB, 0) ||
	    syscall(SYS_capset, &header, before.capabilities))
		return 1;
	before = ids_now();
	if (before.uid[1] != BOB || !before.capabilities[0].effective)
		return 2;
	token = token_of(BOB);
	call = call_of(token);
	if (pen_call_impersonate(call))
		return 3;
	during = ids_now();
	if (during.capabilities[0].effective || during.capabilities[1].effective)
		return 4;
	pen_call_revert(call);
	after = ids_now();
	pen_call_free(call);
	pen_token_free(token);
	return is_same(&before, &after) ? 0 : 5;
}

static void test_capabilities_are_not_lent(void **state)
{
	if (!is_root)
		skip();
	in_child(lend_no_capabilities);
}

/* ---- as root ---- */

static void *look(void *data)
{
	*(struct ids *)data = ids_now();
	return NULL;
}

struct watcher {
	pthread_t thread;
	pthread_barrier_t barrier;
	struct ids ids;
};

/* A thread that was there before looks while the other one impersonates. */
static void *watch(void *data)
{
	struct watcher *watcher = data;

	pthread_barrier_wait(&watcher->barrier);
	look(&watcher->ids);
	pthread_barrier_wait(&watcher->barrier);
	return NULL;
}

static void test_one_thread_is_the_caller(void **state)
{
	struct pen_token *token;
	struct pen_call *call;
	struct ids before = ids_now();
	struct watcher watcher;
	struct ids during;
	struct ids after;

	if (!is_root)
		skip();
	token = token_of(ALICE);
	call = call_of(token);
	assert_false(pthread_barrier_init(&watcher.barrier, NULL, 2));
	assert_false(pthread_create(&watcher.thread, NULL, watch, &watcher));
	assert_int_equal(pen_call_impersonate(call), 0);
	pthread_barrier_wait(&watcher.barrier);
	during = ids_now();
	pthread_barrier_wait(&watcher.barrier);
	pen_call_revert(call);
	after = ids_now();
	pthread_join(watcher.thread, NULL);
	pthread_barrier_destroy(&watcher.barrier);

	assert_true(is_same(&before, &watcher.ids));
	assert_true(is_same(&before, &after));
	assert_int_equal(during.uid[0], before.uid[0]);
	assert_int_equal(during.uid[1], ALICE);
	assert_int_equal(during.uid[2], before.uid[2]);
	assert_int_equal(during.gid[1], GROUP);
	assert_int_equal(during.n_groups, PEN_COUNT(their_groups));
	for (uint32_t i = 0; i < PEN_COUNT(their_groups); i++)
		assert_int_equal(during.groups[i], GROUP + i);
	assert_int_equal(during.capabilities[0].effective, 0);
	assert_int_equal(during.capabilities[1].effective, 0);
	pen_call_free(call);
	pen_token_free(token);
}

/* Root as root keeps what the server may; as it was, when it has come back. */
static void test_root_stays_root(void **state)
{
	struct pen_token *token;
	struct pen_call *call;
	struct ids before = ids_now();
	struct ids during;
	struct ids after;

	if (!is_root)
		skip();
	token = token_of(0);
	call = call_of(token);
	assert_int_equal(pen_call_impersonate(call), 0);
	during = ids_now();
	pen_call_revert(call);
	after = ids_now();
	assert_int_equal(during.uid[1], 0);
	assert_int_equal(during.gid[1], GROUP);
	assert_memory_equal(during.capabilities, before.capabilities, sizeof(before.capabilities));
	assert_true(is_same(&before, &after));
	pen_call_free(call);
	pen_token_free(token);
}

/* ---- processes that call ---- */

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
		cmocka_unit_test(test_who_cannot_be_impersonated),
		cmocka_unit_test(test_oneself_needs_no_rights),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_another_needs_rights),
		cmocka_unit_test(test_halfway_is_undone),
		cmocka_unit_test(test_no_way_back_is_refused),
		cmocka_unit_test(test_capabilities_are_not_lent),
		cmocka_unit_test(test_one_thread_is_the_caller),
		cmocka_unit_test(test_root_stays_root),
		cmocka_unit_test(test_files_are_opened_as_the_caller),
		cmocka_unit_test(test_a_server_of_ones_own_serves_oneself),
		cmocka_unit_test(test_who_forgets_is_reverted_and_named),
	};

	is_root = can_become(ALICE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
