/* SPDX-License-Identifier: MIT */
/* What cannot be confined is refused with a sentence, and nothing is executed. */
#include "daemon/confine.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

struct refusal {
	int r;
	bool is_hit; /* an allocation failed */
	char error[256];
};

/* In a child, with the n-th allocation failing; 0: none. */
static struct refusal ask(const struct confinement *confinement, size_t n, bool is_nobody)
{
	struct refusal refusal = { .r = 1 };
	int fds[2], status;
	char missing[128];
	pid_t pid;

	assert_false(pipe2(fds, O_CLOEXEC));
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (is_nobody && !getuid() && setresuid(NOBODY, NOBODY, NOBODY))
			_exit(1);
		if (n)
			pen_fail_at(n);
		refusal.r = confine_self(confinement, missing, refusal.error);
		refusal.is_hit = n && pen_fail_hit();
		_exit(write(fds[1], &refusal, sizeof(refusal)) != sizeof(refusal));
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &refusal, sizeof(refusal)), sizeof(refusal));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	return refusal;
}

static void expect_refusal(const struct confinement *confinement, int r, const char *sentence)
{
	struct refusal refusal = ask(confinement, 0, true);

	/* Where there is no Landlock, nobody looks at files. */
	if (!refusal.r)
		return;
	assert_string_equal(refusal.error, sentence);
	assert_int_equal(refusal.r, r);
}

static void test_wrong_users(void **state)
{
	expect_refusal(&(struct confinement){ .user = "penstock-nobody-has-this-name" }, -ENOENT,
		       "there is no user penstock-nobody-has-this-name");
	expect_refusal(&(struct confinement){ .user = "root" }, -EPERM,
		       "root: Operation not permitted");
}

static void test_wrong_needs(void **state)
{
	const char *const absent[] = { "/nonexistent/penstock", NULL };
	const char *const relative[] = { "state", NULL };

	expect_refusal(
		&(struct confinement){ .needs = &(struct pen_worker_needs){ .writes = absent } },
		-ENOENT, "/nonexistent/penstock: No such file or directory");
	expect_refusal(
		&(struct confinement){ .needs = &(struct pen_worker_needs){ .reads = relative } },
		-EINVAL, "state: Invalid argument");
}

static void test_wrong_programs(void **state)
{
	expect_refusal(&(struct confinement){ .program = "/nonexistent" }, -ENOENT,
		       "/nonexistent: No such file or directory");
	expect_refusal(&(struct confinement){ .program = "/etc/passwd" }, -ENOEXEC,
		       "/etc/passwd: Exec format error");
}

static void *wait_for_end(void *data)
{
	char byte;

	return read(*(int *)data, &byte, 1) < 0 ? data : NULL;
}

static int confine_with_a_thread(void)
{
	char missing[128], error[256];
	pthread_t thread;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) || pthread_create(&thread, NULL, wait_for_end, &fds[0]))
		return 1;
	return confine_self(&(struct confinement){ 0 }, missing, error) != -EBUSY;
}

/* It would go on without. */
static void test_threads(void **state)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		_exit(confine_with_a_thread());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_no_memory(void **state)
{
	const struct confinement confinement = { .program = "/bin/sh",
						 .user = getuid() ? NULL : "nobody" };
	struct refusal refusal;
	size_t n = 1;

	while (refusal = ask(&confinement, n, false), refusal.is_hit) {
		assert_int_equal(refusal.r, -ENOMEM);
		n++;
	}
	assert_int_equal(refusal.r, 0);
	assert_true(n > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_users),    cmocka_unit_test(test_wrong_needs),
		cmocka_unit_test(test_wrong_programs), cmocka_unit_test(test_threads),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
