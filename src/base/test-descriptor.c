/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/security.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t wire[] = {
	1,   0,	  0x04, 0x80,			      /* revision, control */
	72,  0,	  0,	0,    88,   0,	  0,	0,    /* owner, group */
	0,   0,	  0,	0,    20,   0,	  0,	0,    /* SACL, DACL */
	2,   0,	  52,	0,    2,    0,	  0,	0,    /* ACL revision, size, count */
	0,   3,	  20,	0,    0xff, 0x01, 0x1f, 0x00, /* allow, inherited to all, all */
	1,   1,	  0,	0,    0,    0,	  0,	1,    0,  0, 0, 0, /* Everyone */
	9,   0,	  24,	0,    1,    0,	  0,	0,		   /* allow by condition */
	1,   1,	  0,	0,    0,    0,	  0,	1,    0,  0, 0, 0, /* Everyone */
	'a', 'r', 't',	'x',					   /* which */
	1,   2,	  0,	0,    0,    0,	  0,	5,    32, 0, 0, 0, 32, 2, 0, 0, /* Administrators */
	1,   1,	  0,	0,    0,    0,	  0,	5,    18, 0, 0, 0,		/* System */
};

static void test_known_bytes(void **state)
{
	struct pen_descriptor d;
	struct pen_buffer buffer;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_descriptor_get(&d, &arena, wire, sizeof(wire)), 0);
	assert_true(pen_sid_equal(d.owner, &pen_sid_administrators));
	assert_true(pen_sid_equal(d.group, &pen_sid_system));
	assert_null(d.sacl);
	assert_int_equal(d.dacl->n_aces, 2);
	assert_int_equal(d.dacl->aces[0].mask, PEN_FILE_ALL_ACCESS);
	assert_int_equal(d.dacl->aces[0].flags, 3);
	assert_int_equal(d.dacl->aces[1].type, PEN_ACE_ALLOWED_CALLBACK);
	assert_int_equal(d.dacl->aces[1].data.size, 4);
	assert_memory_equal(d.dacl->aces[1].data.data, "artx", 4);

	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_descriptor_put(&d, &buffer), 0);
	assert_int_equal(buffer.size, sizeof(wire));
	assert_memory_equal(buffer.data, wire, sizeof(wire));
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
}

static void test_every_prefix_is_refused(void **state)
{
	for (size_t n = 0; n < sizeof(wire); n++) {
		uint8_t *prefix = malloc(n ? n : 1);
		struct pen_descriptor d;
		struct pen_arena arena;

		memcpy(prefix, wire, n);
		pen_arena_init(&arena, 0);
		assert_int_equal(pen_descriptor_get(&d, &arena, prefix, n), PEN_E_BAD_DATA);
		pen_arena_done(&arena);
		free(prefix);
	}
}

static int get_changed(size_t at, uint8_t value)
{
	uint8_t changed[sizeof(wire)];
	struct pen_descriptor d;
	struct pen_arena arena;
	int r;

	memcpy(changed, wire, sizeof(wire));
	changed[at] = value;
	pen_arena_init(&arena, 0);
	r = pen_descriptor_get(&d, &arena, changed, sizeof(changed));
	pen_arena_done(&arena);
	return r;
}

static void test_hostile_numbers_are_refused(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t value;
	} bad[] = {
		{ "revision", 0, 2 },
		{ "not self-relative", 3, 0x00 },
		{ "owner in the header", 4, 19 },
		{ "owner past the end", 4, 101 },
		{ "owner far past the end", 7, 0xff },
		{ "group past the end", 8, 93 },
		{ "DACL in the header", 16, 4 },
		{ "DACL past the end", 17, 1 },
		{ "ACL revision", 20, 1 },
		{ "ACL revision", 20, 5 },
		{ "ACL size too small", 22, 7 },
		{ "ACL size past the end", 22, 81 },
		{ "ACL size past the end", 23, 1 },
		{ "count above the size", 24, 200 },
		{ "count above the size", 25, 1 },
		{ "one ACE more", 24, 3 },
		{ "ACE size too small", 30, 0 },
		{ "ACE size without the SID", 30, 16 },
		{ "ACE size not of four", 30, 21 },
		{ "ACE size past the ACL", 30, 52 },
		{ "SID revision", 36, 0 },
		{ "SID count", 37, 16 },
		{ "SID longer than its ACE", 37, 2 },
	};

	for (size_t i = 0; i < PEN_COUNT(bad); i++)
		if (get_changed(bad[i].at, bad[i].value) != PEN_E_BAD_DATA)
			fail_msg("%s", bad[i].what);
}

static void test_every_changed_byte_is_safe(void **state)
{
	for (size_t at = 0; at < sizeof(wire); at++)
		for (int value = 0; value < 256; value++) {
			int r = get_changed(at, (uint8_t)value);

			assert_true(r == 0 || r == PEN_E_BAD_DATA);
		}
}

static void test_arena_limit_holds(void **state)
{
	static uint8_t big[20 + 65532] = { 1, 0, 0x04, 0x80, [16] = 20 };
	struct pen_descriptor d;
	struct pen_arena arena;

	/* As many ACEs of an unknown type as an ACL can hold. */
	memcpy(big + 20, (uint8_t[]){ 2, 0, 0xfc, 0xff, 0xfd, 0x3f, 0, 0 }, 8);
	for (size_t i = 0; i < 0x3ffd; i++)
		memcpy(big + 28 + 4 * i, (uint8_t[]){ 0x99, 0, 4, 0 }, 4);
	pen_arena_init(&arena, 0);
	assert_int_equal(pen_descriptor_get(&d, &arena, big, sizeof(big)), 0);
	assert_int_equal(d.dacl->n_aces, 0x3ffd);
	pen_arena_done(&arena);

	pen_arena_init(&arena, 100000);
	assert_int_equal(pen_descriptor_get(&d, &arena, big, sizeof(big)), -ENOMEM);
	pen_arena_done(&arena);
}

static void test_too_large_an_acl_is_not_written(void **state)
{
	static struct pen_ace aces[4000];
	struct pen_acl acl = { .revision = 2, .aces = aces, .n_aces = PEN_COUNT(aces) };
	const struct pen_descriptor d = { .control = PEN_DACL_PRESENT, .dacl = &acl };
	struct pen_buffer buffer;

	for (size_t i = 0; i < PEN_COUNT(aces); i++)
		aces[i] = (struct pen_ace){ .sid = pen_sid_everyone };
	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_descriptor_put(&d, &buffer), PEN_E_BAD_DATA);
	assert_int_equal(buffer.size, 0);
	acl.n_aces = (65535 - 8) / 20;
	assert_int_equal(pen_descriptor_put(&d, &buffer), 0);
	pen_buffer_done(&buffer);
}

static int get_copy_put(void)
{
	struct pen_descriptor d;
	struct pen_descriptor copy;
	struct pen_arena arena;
	struct pen_arena other;
	struct pen_buffer buffer;
	int r;

	pen_arena_init(&arena, 0);
	pen_arena_init(&other, 0);
	pen_buffer_init(&buffer, 0);
	r = pen_descriptor_get(&d, &arena, wire, sizeof(wire));
	if (!r)
		r = pen_descriptor_copy(&copy, &other, &d);
	pen_arena_done(&arena);
	if (!r)
		r = pen_descriptor_put(&copy, &buffer);
	if (!r) {
		assert_int_equal(buffer.size, sizeof(wire));
		assert_memory_equal(buffer.data, wire, sizeof(wire));
	}
	pen_buffer_done(&buffer);
	pen_arena_done(&other);
	return r;
}

static void test_failed_allocations(void **state)
{
	int r;

	for (size_t n = 1; pen_fail_at(n), r = get_copy_put(), pen_fail_hit(); n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_bytes),
		cmocka_unit_test(test_every_prefix_is_refused),
		cmocka_unit_test(test_hostile_numbers_are_refused),
		cmocka_unit_test(test_every_changed_byte_is_safe),
		cmocka_unit_test(test_arena_limit_holds),
		cmocka_unit_test(test_too_large_an_acl_is_not_written),
		cmocka_unit_test(test_failed_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
