/* SPDX-License-Identifier: MIT */
#include "support/unit.h"
#include <penstock/security.h>

enum { READ = 1, WRITE = 2, EXECUTE = 4, ALL = 0xf0007 };

#define MAXIMUM	 PEN_ACCESS_MAXIMUM_ALLOWED
#define DENIED	 UINT32_MAX
#define CONTROL	 PEN_ACCESS_READ_CONTROL
#define DAC	 PEN_ACCESS_WRITE_DAC
#define OWNER	 PEN_ACCESS_WRITE_OWNER
#define SECURITY PEN_ACCESS_SYSTEM_SECURITY

static const struct pen_generic_mapping mapping = {
	.read = READ | CONTROL, .write = WRITE, .execute = EXECUTE, .all = ALL
};

/* What a member of Users and Everyone gets, who is the service S-1-5-20 by name. */
static uint32_t check(const char *sddl, uint64_t privileges, uint32_t desired)
{
	const struct pen_sid sids[] = { pen_sid_network_service, pen_sid_users, pen_sid_everyone };
	const struct pen_access_subject subject = { .sids = sids,
						    .n_sids = PEN_COUNT(sids),
						    .privileges = privileges };
	struct pen_descriptor d;
	struct pen_arena arena;
	uint32_t granted = DENIED;
	int r;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_sddl_parse(&d, &arena, sddl, NULL, NULL), 0);
	r = pen_access_check(&d, &subject, &mapping, desired, &granted);
	assert_int_equal(r, granted == DENIED ? PEN_E_DENIED : 0);
	pen_arena_done(&arena);
	return granted;
}

static void expect(const char *sddl, uint32_t desired, uint32_t granted)
{
	uint32_t got = check(sddl, 0, desired);

	if (got != granted)
		fail_msg("%s: asked 0x%x, got 0x%x, not 0x%x", sddl, desired, got, granted);
}

static void test_null_and_empty_lists(void **state)
{
	expect("", ALL, ALL);
	expect("D:NO_ACCESS_CONTROL", ALL, ALL);
	expect("D:NO_ACCESS_CONTROL", MAXIMUM, ALL);
	expect("", MAXIMUM | READ, ALL);
	expect("D:", READ, DENIED);
	expect("D:", MAXIMUM, DENIED);
	expect("D:", 0, 0);
}

static void test_allowed_and_denied(void **state)
{
	expect("D:(A;;0x1;;;BU)", READ, READ);
	expect("D:(A;;0x1;;;BU)", READ | WRITE, DENIED);
	expect("D:(A;;0x1;;;BU)(A;;0x2;;;WD)", READ | WRITE, READ | WRITE);
	expect("D:(A;;0x7;;;BA)", READ, DENIED);
	expect("D:(A;IO;0x7;;;BU)", READ, DENIED);
	/* The first that names a right decides. */
	expect("D:(D;;0x2;;;BU)(A;;0x3;;;WD)", READ, READ);
	expect("D:(D;;0x2;;;BU)(A;;0x3;;;WD)", WRITE, DENIED);
	expect("D:(A;;0x3;;;WD)(D;;0x2;;;BU)", WRITE, WRITE);
	expect("D:(D;;0x2;;;BA)(A;;0x3;;;WD)", WRITE, WRITE);
	expect("D:(D;IO;0x2;;;BU)(A;;0x3;;;WD)", WRITE, WRITE);
	expect("D:(AU;SA;0x3;;;WD)", READ, DENIED);
}

static void test_generic_rights(void **state)
{
	expect("D:(A;;GR;;;BU)", PEN_ACCESS_GENERIC_READ, READ | CONTROL);
	expect("D:(A;;GA;;;BU)", PEN_ACCESS_GENERIC_ALL, ALL);
	expect("D:(A;;0x1;;;BU)", PEN_ACCESS_GENERIC_READ, DENIED);
	expect("D:(D;;GW;;;BU)(A;;GA;;;BU)", PEN_ACCESS_GENERIC_EXECUTE, EXECUTE);
	expect("D:(D;;GW;;;BU)(A;;GA;;;BU)", PEN_ACCESS_GENERIC_WRITE, DENIED);
	assert_int_equal(pen_access_map(PEN_ACCESS_GENERIC_WRITE | 0x100, &mapping), 0x102);
}

static void test_maximum_allowed(void **state)
{
	expect("D:(A;;0x5;;;BU)", MAXIMUM, READ | EXECUTE);
	expect("D:(D;;0x4;;;WD)(A;;0x7;;;BU)", MAXIMUM, READ | WRITE);
	expect("D:(A;;0x4;;;WD)(D;;0x5;;;WD)(A;;0x7;;;BU)", MAXIMUM, EXECUTE | WRITE);
	expect("D:(A;;0x5;;;BU)", MAXIMUM | READ, READ | EXECUTE);
	expect("D:(A;;0x5;;;BU)", MAXIMUM | WRITE, DENIED);
	expect("D:(A;;0x2000001;;;BU)", MAXIMUM, READ);
}

static void test_owner_has_implicit_rights(void **state)
{
	expect("O:NSD:", CONTROL | DAC, CONTROL | DAC);
	expect("O:NSD:", OWNER, DENIED);
	expect("O:NSD:(D;;RCWD;;;WD)", CONTROL, CONTROL);
	expect("O:NSD:(A;;0x1;;;WD)", MAXIMUM, READ | CONTROL | DAC);
	expect("O:BAD:", CONTROL, DENIED);
	/* OWNER RIGHTS takes their place. */
	expect("O:NSD:(A;;0x1;;;OW)", CONTROL, DENIED);
	expect("O:NSD:(A;;0x1;;;OW)", READ, READ);
	expect("O:BAD:(A;;0x1;;;OW)", READ, DENIED);
	expect("O:NSD:(A;IO;0x1;;;OW)", CONTROL, CONTROL);
	expect("O:NSD:(D;;WD;;;OW)(A;;RCWD;;;BU)", MAXIMUM, CONTROL);
}

static void test_privileges(void **state)
{
	const uint64_t security = PEN_PRIVILEGE(PEN_PRIVILEGE_SECURITY);
	const uint64_t take = PEN_PRIVILEGE(PEN_PRIVILEGE_TAKE_OWNERSHIP);

	assert_int_equal(check("D:", security, SECURITY), SECURITY);
	assert_int_equal(check("D:", 0, SECURITY), DENIED);
	assert_int_equal(check("D:(A;;0x1000001;;;WD)", 0, SECURITY), DENIED);
	assert_int_equal(check("D:NO_ACCESS_CONTROL", 0, SECURITY), DENIED);
	assert_int_equal(check("D:(A;;0x1;;;WD)", security, SECURITY | READ), SECURITY | READ);
	assert_int_equal(check("D:(A;;0x1;;;WD)", security, MAXIMUM), READ);
	assert_int_equal(check("D:(D;;WO;;;WD)", take, OWNER), OWNER);
	assert_int_equal(check("D:(A;;0x1;;;WD)", take, MAXIMUM), READ | OWNER);
	assert_int_equal(check("D:", take, READ), DENIED);
}

static void test_what_is_not_known_opens_no_door(void **state)
{
	struct pen_ace aces[] = {
		{ .type = PEN_ACE_ALLOWED_CALLBACK, .mask = READ, .sid = pen_sid_everyone },
		{ .type = PEN_ACE_ALLOWED, .mask = READ, .sid = pen_sid_everyone },
	};
	const struct pen_acl acl = { .revision = 2, .aces = aces, .n_aces = 2 };
	const struct pen_descriptor d = { .control = PEN_DACL_PRESENT, .dacl = &acl };
	const struct pen_access_subject subject = { .sids = &pen_sid_everyone, .n_sids = 1 };
	uint32_t granted = 0;

	assert_int_equal(pen_access_check(&d, &subject, &mapping, READ, &granted), 0);
	aces[0].type = PEN_ACE_DENIED_CALLBACK;
	assert_int_equal(pen_access_check(&d, &subject, &mapping, READ, &granted), PEN_E_DENIED);
	aces[0].type = PEN_ACE_ALLOWED_CALLBACK;
	aces[1].sid = pen_sid_administrators;
	assert_int_equal(pen_access_check(&d, &subject, &mapping, READ, &granted), PEN_E_DENIED);
	aces[0].type = 0x99;
	assert_int_equal(pen_access_check(&d, &subject, &mapping, READ, &granted), PEN_E_DENIED);

	expect("D:(OA;;0x1;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)", READ, DENIED);
	expect("D:(OA;;0x1;;;WD)", READ, READ);
	expect("D:(OD;;0x1;ab721a53-1e2f-11d0-9819-00aa0040529b;;WD)(A;;0x1;;;WD)", READ, DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_null_and_empty_lists),
		cmocka_unit_test(test_allowed_and_denied),
		cmocka_unit_test(test_generic_rights),
		cmocka_unit_test(test_maximum_allowed),
		cmocka_unit_test(test_owner_has_implicit_rights),
		cmocka_unit_test(test_privileges),
		cmocka_unit_test(test_what_is_not_known_opens_no_door),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
