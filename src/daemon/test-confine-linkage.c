/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "daemon/confine-parts.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_file(const char *path, struct confine_linkage *linkage)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	assert_true(fd >= 0);
	r = confine_linkage_read(linkage, fd);
	close(fd);
	return r;
}

/* Files of this machine's kind alone; these four are of 64 bits. */
static void expect_directories(const char *name, const char *directories)
{
	struct confine_linkage linkage;
	char path[256];

	if (sizeof(void *) != 8)
		return;
	snprintf(path, sizeof(path), "test/corpus/fuzz-linkage/%s", name);
	assert_int_equal(read_file(path, &linkage), 0);
	assert_string_equal(linkage.interpreter, "/lib64/ld-linux-x86-64.so.2");
	assert_string_equal(linkage.directories, directories);
}

static void test_directories(void **state)
{
	expect_directories("none", "");
	expect_directories("rpath", "/rpath");
	expect_directories("runpath", "$ORIGIN/../lib:/opt/x/lib");
	expect_directories("both", "$ORIGIN/../lib:/opt/x/lib");
}

static void test_this_program(void **state)
{
	struct confine_linkage linkage;

	assert_int_equal(read_file("/proc/self/exe", &linkage), 0);
	assert_false(access(linkage.interpreter, X_OK));
}

/* Nor is one that ends early. */
static void test_no_program(void **state)
{
	struct confine_linkage linkage;
	char bytes[4096];
	int fd = open("test/corpus/fuzz-linkage/both", O_RDONLY | O_CLOEXEC);
	int memory = memfd_create("program", MFD_CLOEXEC);
	ssize_t n = read(fd, bytes, sizeof(bytes));

	assert_true(n > 0 && memory >= 0);
	for (ssize_t cut = 0; cut < n; cut++) {
		assert_false(ftruncate(memory, cut));
		assert_int_equal(pwrite(memory, bytes, (size_t)cut, 0), cut);
		assert_int_equal(confine_linkage_read(&linkage, memory), -ENOEXEC);
	}
	close(memory);
	close(fd);
	assert_int_equal(read_file("/etc/passwd", &linkage), -ENOEXEC);
	assert_int_equal(read_file("/dev/null", &linkage), -ENOEXEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directories),
		cmocka_unit_test(test_this_program),
		cmocka_unit_test(test_no_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
