/* SPDX-License-Identifier: MIT */
#include "base/secret.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/base.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether the kernel leaves the page out of dumps ("dd" of VmFlags). */
static bool is_left_out(const void *secret)
{
	uintptr_t at = (uintptr_t)secret;
	bool is_there = false;
	bool is_left = false;
	char line[4096];
	FILE *maps = fopen("/proc/self/smaps", "r");

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long from;
		unsigned long to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			is_there = at >= from && at < to;
		else if (is_there && !strncmp(line, "VmFlags:", 8))
			is_left = strstr(line, " dd");
	}
	fclose(maps);
	return is_left;
}

/* What the memory holds, whoever owns it; false: it is not there any more. */
static bool peek(const void *at, void *bytes, size_t n)
{
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	assert_true(fd >= 0);
	got = pread(fd, bytes, n, (off_t)(uintptr_t)at);
	close(fd);
	return got == (ssize_t)n;
}

static const size_t sizes[] = { 0, 1, 16, 48, 49, 100, 500, 2032, 2033, 5000, 100000 };

static void test_dumps_have_no_secrets(void **state)
{
	void *plain = malloc(100);

	assert_false(is_left_out(plain));
	free(plain);
	for (size_t i = 0; i < PEN_COUNT(sizes); i++) {
		uint8_t *secret = pen_secret_alloc(sizes[i]);

		assert_non_null(secret);
		assert_int_equal((uintptr_t)secret % _Alignof(max_align_t), 0);
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(secret[j], 0);
		memset(secret, 0x5a, sizes[i]);
		assert_true(is_left_out(secret));
		assert_true(is_left_out(secret + (sizes[i] ? sizes[i] - 1 : 0)));
		pen_secret_free(secret);
	}
	assert_null(pen_secret_free(NULL));
	assert_null(pen_secret_alloc(SIZE_MAX));
	assert_null(pen_secret_alloc(SIZE_MAX / 2));
}

static void test_nothing_is_left_of_what_is_freed(void **state)
{
	static uint8_t found[4096];

	for (size_t i = 0; i < PEN_COUNT(sizes); i++) {
		size_t n = sizes[i] < sizeof(found) ? sizes[i] : sizeof(found);
		uint8_t *neighbour = pen_secret_alloc(sizes[i]);
		uint8_t *secret = pen_secret_alloc(sizes[i]);

		assert_non_null(secret);
		memset(secret, 0x5a, sizes[i]);
		assert_true(!n || (peek(secret, found, n) && found[n - 1] == 0x5a));
		pen_secret_free(secret);
		memset(found, 0, sizeof(found));
		peek(secret, found, n);
		for (size_t j = 0; j < n; j++)
			assert_int_equal(found[j], 0);
		pen_secret_free(neighbour);
	}
}

/* Each has its own bytes, and memory that nothing uses any more is the system's again. */
static void test_many(void **state)
{
	enum { MANY = 3000 };
	static uint8_t *secrets[MANY];
	uint8_t found;

	for (size_t i = 0; i < MANY; i++) {
		secrets[i] = pen_secret_alloc(i % 300 + 1);
		assert_non_null(secrets[i]);
		memset(secrets[i], (int)(i % 255), i % 300 + 1);
	}
	for (size_t i = 0; i < MANY; i += 2)
		secrets[i] = pen_secret_free(secrets[i]);
	for (size_t i = 0; i < MANY; i += 2) {
		secrets[i] = pen_secret_alloc(i % 300 + 1);
		assert_non_null(secrets[i]);
		for (size_t j = 0; j < i % 300 + 1; j++)
			assert_int_equal(secrets[i][j], 0);
		memset(secrets[i], (int)(i % 255), i % 300 + 1);
	}
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(secrets[i][0], i % 255);
		assert_int_equal(secrets[i][i % 300], i % 255);
	}
	for (size_t i = 0; i < MANY; i++)
		pen_secret_free(secrets[i]);
	found = 0;
	for (size_t i = 0; i < MANY; i++)
		found += peek(secrets[i], &(uint8_t){ 0 }, 1) ? 0 : 1;
	assert_true(found > 0);
}

static void *churn(void *data)
{
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t *a = pen_secret_alloc(i % 200 + 1);
		uint8_t *b = pen_secret_alloc(i % 70 + 1);

		if (!a || !b || a[i % 200] || b[i % 70])
			return data;
		a[i % 200] = b[i % 70] = 1;
		pen_secret_free(a);
		pen_secret_free(b);
	}
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t threads[4];
	void *wrong;

	for (size_t i = 0; i < PEN_COUNT(threads); i++)
		assert_false(pthread_create(&threads[i], NULL, churn, threads));
	for (size_t i = 0; i < PEN_COUNT(threads); i++) {
		assert_false(pthread_join(threads[i], &wrong));
		assert_null(wrong);
	}
}

static void test_no_memory(void **state)
{
	void *secret;

	for (size_t n = 1; pen_fail_at(n), secret = pen_secret_alloc(40000), pen_fail_hit(); n++)
		assert_null(secret);
	assert_non_null(secret);
	pen_secret_free(secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dumps_have_no_secrets),
		cmocka_unit_test(test_nothing_is_left_of_what_is_freed),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
