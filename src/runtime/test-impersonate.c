/* SPDX-License-Identifier: MIT */
/* Impersonation of callers without a wire: who may, who is, and the way back. */
#include "runtime/test-impersonate.h"
#include "support/fail.h"
#include "support/probe.h"
#include <errno.h>
#include <linux/capability.h>
#include <penstock/token.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>

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
	};

	find_out_who_we_are();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
