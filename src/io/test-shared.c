/* SPDX-License-Identifier: MIT */
#include "io/shared.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

static struct pen_shared *make(void)
{
	struct pen_shared *shared = NULL;

	assert_int_equal(pen_shared_new(&shared), 0);
	return shared;
}

/* What one process writes the other reads, in areas that come to be later too. */
static void test_two_processes(void **state)
{
	struct pen_shared *shared = make();
	char *first = pen_shared_area(shared, 0, 0, PAGE);
	int status;
	pid_t child;

	assert_non_null(first);
	child = fork();
	if (!child) {
		struct pen_shared *theirs = NULL;
		char *second;

		if (pen_shared_open(&theirs, dup(pen_shared_fd(shared))))
			_exit(1);
		second = pen_shared_area(theirs, 5, 16 * PAGE, 2 * PAGE);
		if (!second)
			_exit(2);
		strcpy(second + PAGE, "later");
		strcpy(pen_shared_area(theirs, 0, 0, PAGE), "first");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_string_equal(first, "first");
	assert_ptr_equal(pen_shared_area(shared, 0, 0, PAGE), first);
	assert_string_equal((char *)pen_shared_area(shared, 5, 16 * PAGE, 2 * PAGE) + PAGE,
			    "later");
	pen_shared_free(shared);
}

/* Nobody can pull the memory away from under another's mapping. */
static void test_it_only_grows(void **state)
{
	struct pen_shared *shared = make();
	struct stat info;

	assert_non_null(pen_shared_area(shared, 1, 0, 4 * PAGE));
	assert_int_equal(ftruncate(pen_shared_fd(shared), PAGE), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(fcntl(pen_shared_fd(shared), F_ADD_SEALS, F_SEAL_WRITE), -1);
	assert_int_equal(fstat(pen_shared_fd(shared), &info), 0);
	assert_int_equal(info.st_size, 4 * PAGE);
	assert_int_equal(info.st_mode & 0777, 0600);
	pen_shared_free(shared);
}

/* What could be shortened is not taken, nor what is no memory at all. */
static void test_what_is_not_taken(void **state)
{
	struct pen_shared *shared = NULL;
	int fds[2];

	assert_int_equal(pen_shared_open(&shared, memfd_create("other", MFD_ALLOW_SEALING)),
			 PEN_E_DENIED);
	assert_int_equal(pen_shared_open(&shared, memfd_create("other", 0)), PEN_E_DENIED);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pen_shared_open(&shared, fds[0]), PEN_E_DENIED);
	assert_int_equal(fcntl(fds[0], F_GETFD), -1);
	close(fds[1]);
	assert_null(shared);
}

/* An area that is left costs nothing, and begins anew with zeros. */
static void test_leave(void **state)
{
	struct pen_shared *shared = make();
	char *area = pen_shared_area(shared, 3, 0, 64 * PAGE);
	struct stat before, after;

	memset(area, 1, (size_t)64 * PAGE);
	assert_int_equal(fstat(pen_shared_fd(shared), &before), 0);
	pen_shared_leave(shared, 3);
	pen_shared_leave(shared, 3);
	assert_int_equal(fstat(pen_shared_fd(shared), &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_true(after.st_blocks < before.st_blocks);
	area = pen_shared_area(shared, 3, 0, 64 * PAGE);
	assert_int_equal(area[0], 0);
	pen_shared_free(shared);
}

static void test_no_memory(void **state)
{
	struct pen_shared *shared = NULL;
	int fd;

	pen_fail_at(1);
	assert_int_equal(pen_shared_new(&shared), -ENOMEM);
	shared = make();
	fd = dup(pen_shared_fd(shared));
	pen_fail_at(1);
	assert_int_equal(pen_shared_open(&shared, fd), -ENOMEM);
	pen_fail_at(0);
	pen_shared_free(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_processes),	  cmocka_unit_test(test_it_only_grows),
		cmocka_unit_test(test_what_is_not_taken), cmocka_unit_test(test_leave),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
