/* SPDX-License-Identifier: MIT */
#include "runtime/handle.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <string.h>

static void count_rundown(void *object)
{
	++*(int *)object;
}

static const struct pen_handle_type cursor = { .name = "cursor", .rundown = count_rundown };
static const struct pen_handle_type key_type = { .name = "key", .rundown = count_rundown };
static const struct pen_interface one = { .name = "one" };
static const struct pen_interface other = { .name = "other" };
static const struct pen_handle_key mine = { 7, &one, &cursor };

static struct pen_random randomness;

static struct pen_handles *handles_of(uint32_t max)
{
	struct pen_handles *handles;

	assert_int_equal(pen_handles_new(&handles, max, &randomness), 0);
	return handles;
}

static void test_found_by_group_interface_and_type_alone(void **state)
{
	const struct pen_handle_key wrong[] = {
		{ 8, &one, &cursor },
		{ 7, &other, &cursor },
		{ 7, &one, &key_type },
		{ 7, &one, &cursor, { .n_sub_authorities = 1 } },
	};
	struct pen_handles *handles = handles_of(10);
	struct pen_context_handle handle;
	struct pen_context_handle bent;
	void *object = NULL;
	int n = 0;

	assert_int_equal(pen_handles_add(handles, &mine, &n, &handle), 0);
	for (size_t i = 0; i < PEN_COUNT(wrong); i++) {
		assert_int_equal(pen_handles_find(handles, &wrong[i], &handle, &object),
				 PEN_E_NOT_FOUND);
		assert_int_equal(pen_handles_close(handles, &wrong[i], &handle, NULL),
				 PEN_E_NOT_FOUND);
	}
	for (size_t i = 0; i < sizeof(handle); i++) {
		bent = handle;
		((uint8_t *)&bent)[i] ^= 1;
		assert_int_equal(pen_handles_find(handles, &mine, &bent, &object), PEN_E_NOT_FOUND);
	}
	assert_int_equal(pen_handles_find(handles, &mine, &handle, &object), 0);
	assert_ptr_equal(object, &n);
	assert_int_equal(n, 0);
	pen_handles_free(handles);
	assert_int_equal(n, 1);
}

static void test_run_down_once(void **state)
{
	enum { N = 1000 };
	static struct pen_context_handle handle[N];
	static int n_rundown[N];
	struct pen_handles *handles = handles_of(N);

	memset(n_rundown, 0, sizeof(n_rundown));
	for (uint32_t i = 0; i < N; i++) {
		struct pen_handle_key key = { i % 10, &one, &cursor };

		assert_int_equal(pen_handles_add(handles, &key, &n_rundown[i], &handle[i]), 0);
	}
	for (uint32_t i = 0; i < N; i += 3) {
		struct pen_handle_key key = { i % 10, &one, &cursor };

		assert_int_equal(pen_handles_close(handles, &key, &handle[i], NULL), 0);
		assert_int_equal(pen_handles_close(handles, &key, &handle[i], NULL),
				 PEN_E_NOT_FOUND);
	}
	for (uint32_t group = 0; group < 5; group++) {
		pen_handles_end_group(handles, group);
		assert_int_equal(pen_handles_count_group(handles, group), 0);
	}
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(n_rundown[i], i % 3 == 0 || i % 10 < 5);
	pen_handles_free(handles);
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(n_rundown[i], 1);
}

static void test_a_group_has_a_limit_of_its_own(void **state)
{
	const struct pen_handle_key theirs = { 8, &one, &cursor };
	struct pen_handles *handles = handles_of(2);
	struct pen_context_handle handle;
	int n = 0;

	assert_int_equal(pen_handles_add(handles, &mine, &n, &handle), 0);
	assert_int_equal(pen_handles_add(handles, &mine, &n, &handle), 0);
	assert_int_equal(pen_handles_add(handles, &mine, &n, &handle), PEN_E_LIMIT);
	assert_int_equal(pen_handles_add(handles, &theirs, &n, &handle), 0);
	assert_int_equal(pen_handles_count(handles), 3);
	pen_handles_free(handles);
	assert_int_equal(n, 3);
}

static void test_failed_allocation_leaks_nothing(void **state)
{
	struct pen_context_handle handle;
	int n = 0;

	for (size_t at = 1; at; at++) {
		struct pen_handles *handles = NULL;
		int r;

		pen_fail_at(at);
		r = pen_handles_new(&handles, 10, &randomness);
		if (!r)
			r = pen_handles_add(handles, &mine, &n, &handle);
		pen_handles_free(handles);
		if (!pen_fail_hit())
			break;
		assert_int_equal(r, -ENOMEM);
		assert_int_equal(n, 0);
	}
	assert_int_equal(n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_by_group_interface_and_type_alone),
		cmocka_unit_test(test_run_down_once),
		cmocka_unit_test(test_a_group_has_a_limit_of_its_own),
		cmocka_unit_test(test_failed_allocation_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
