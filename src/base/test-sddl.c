/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/security.h>
#include <stdlib.h>
#include <string.h>

static void expect_print(const struct pen_descriptor *d, const struct pen_sid *domain,
			 const char *text)
{
	struct pen_buffer buffer;

	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_sddl_print(d, domain, &buffer), 0);
	assert_int_equal(buffer.size, strlen(text));
	if (buffer.size)
		assert_memory_equal(buffer.data, text, buffer.size);
	pen_buffer_done(&buffer);
}

static void test_text_round_trip(void **state)
{
	static const char *const texts[] = {
		"",
		"O:BA",
		"O:BAG:SY",
		"O:S-1-0x000DDDDDDDDAD:",
		"D:",
		"D:NO_ACCESS_CONTROL",
		"D:P",
		"D:PARAI(A;;GA;;;BA)",
		"S:AI(AU;SAFA;WDWO;;;WD)",
		"O:DAG:DUD:(D;OICINPIOID;0x1234;;;S-1-5-21-9-9-9-9)(A;;FA;;;WD)",
		"O:S-1-5-21-1-2-4-5G:S-1-22-2-7D:(A;;CCDCLCSWRPWPDTLOCRSDRCWDWOGAGXGWGR;;;SY)",
		("D:(OA;;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;;PS)"
		 "(OD;CI;RPWP;;bf967aba-0de6-11d0-a285-00aa003049e2;AU)(OA;;LC;;;AU)"),
		"S:(ML;;NWNR;;;HI)",
		"D:(A;;;;;AN)",
		"D:(A;;KR;;;BU)(A;;FR;;;BU)(A;;FW;;;BU)(A;;FX;;;BU)(A;;KA;;;BU)(A;;KW;;;BU)",
	};
	struct pen_sid domain;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_sid_parse(&domain, "S-1-5-21-1-2-3"), 0);
	for (size_t i = 0; i < PEN_COUNT(texts); i++) {
		struct pen_descriptor d;
		struct pen_descriptor back;
		struct pen_buffer wire;

		assert_int_equal(pen_sddl_parse(&d, &arena, texts[i], &domain, NULL), 0);
		expect_print(&d, &domain, texts[i]);

		/* And by the wire. */
		pen_buffer_init(&wire, 0);
		assert_int_equal(pen_descriptor_put(&d, &wire), 0);
		assert_int_equal(pen_descriptor_get(&back, &arena, wire.data, wire.size), 0);
		expect_print(&back, &domain, texts[i]);
		pen_buffer_done(&wire);
	}
	pen_arena_done(&arena);
}

static void test_what_it_says(void **state)
{
	struct pen_descriptor d;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_sddl_parse(&d, &arena,
					"D:P(A;OICI;FR;;;BA)(D;;010;;;WD)(A;;17;;;WD)S:", NULL,
					NULL),
			 0);
	assert_int_equal(d.control, PEN_SELF_RELATIVE | PEN_DACL_PRESENT | PEN_DACL_PROTECTED |
					    PEN_SACL_PRESENT);
	assert_null(d.owner);
	assert_int_equal(d.dacl->n_aces, 3);
	assert_int_equal(d.dacl->revision, PEN_ACL_REVISION);
	assert_int_equal(d.dacl->aces[0].flags, PEN_ACE_OBJECT_INHERIT | PEN_ACE_CONTAINER_INHERIT);
	assert_int_equal(d.dacl->aces[0].mask, PEN_FILE_GENERIC_READ);
	assert_true(pen_sid_equal(&d.dacl->aces[0].sid, &pen_sid_administrators));
	assert_int_equal(d.dacl->aces[1].type, PEN_ACE_DENIED);
	assert_int_equal(d.dacl->aces[1].mask, 8);
	assert_int_equal(d.dacl->aces[2].mask, 17);
	assert_int_equal(d.sacl->n_aces, 0);
	pen_arena_done(&arena);
}

static void test_refusals_say_where(void **state)
{
	static const struct {
		const char *text;
		size_t at;
		int result;
	} bad[] = {
		{ "X", 0, PEN_E_SYNTAX },
		{ "O:", 2, PEN_E_SYNTAX },
		{ "O:Z", 2, PEN_E_SYNTAX },
		{ "O:ZZ", 2, PEN_E_SYNTAX },
		{ "O:DA", 2, PEN_E_SYNTAX }, /* no domain */
		{ "O:S-2-1", 2, PEN_E_SYNTAX },
		{ "O:BAO:BA", 6, PEN_E_SYNTAX },
		{ "D:D:", 4, PEN_E_SYNTAX },
		{ "D:(", 3, PEN_E_SYNTAX },
		{ "D:(A", 4, PEN_E_SYNTAX },
		{ "D:(Q;;GA;;;BA)", 3, PEN_E_SYNTAX },
		{ "D:(A;QQ;GA;;;BA)", 5, PEN_E_SYNTAX },
		{ "D:(A;;QQ;;;BA)", 6, PEN_E_SYNTAX },
		{ "D:(A;;0x1ffffffff;;;BA)", 6, PEN_E_SYNTAX },
		{ "D:(A;;0x;;;BA)", 6, PEN_E_SYNTAX },
		{ "D:(A;;GA;ab721a53-1e2f-11d0-9819-00aa0040529b;;BA)", 9, PEN_E_SYNTAX },
		{ "D:(OA;;GA;ab721a53;;BA)", 10, PEN_E_SYNTAX },
		{ "D:(A;;GA;;;BA", 13, PEN_E_SYNTAX },
		{ "D:(A;;GA;;;BA) ", 14, PEN_E_SYNTAX },
		{ "D:(A;;GA;;;BA);", 14, PEN_E_SYNTAX },
		{ "D:(XA;;FX;;;WD;(@User.Title==\"PM\"))", 3, PEN_E_UNSUPPORTED },
		{ "D:(A;;FX;;;WD;(Exists x))", 13, PEN_E_UNSUPPORTED },
		{ "S:(RA;;;;;WD;(\"Secrecy\",TU,0,3))", 3, PEN_E_UNSUPPORTED },
	};
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	for (size_t i = 0; i < PEN_COUNT(bad); i++) {
		struct pen_sddl_error error = { .at = 99 };
		struct pen_descriptor d = { .control = 0x77 };

		assert_int_equal(pen_sddl_parse(&d, &arena, bad[i].text, NULL, &error),
				 bad[i].result);
		assert_int_equal(error.at, bad[i].at);
		assert_true(error.text[0]);
		assert_int_equal(d.control, 0x77);
		assert_int_equal(pen_sddl_parse(&d, &arena, bad[i].text, NULL, NULL),
				 bad[i].result);
	}
	pen_arena_done(&arena);
}

/* Inside an ACE every prefix is refused; nothing is read past the NUL. */
static void test_prefixes(void **state)
{
	static const char text[] =
		"O:BAG:BAD:P(OA;CI;RPWP;ab721a53-1e2f-11d0-9819-00aa0040529b;;AU)";
	struct pen_arena arena;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		bool is_whole = n == 0 || n == 4 || n == 8 || n == 10 || n == 11;
		struct pen_descriptor d;
		char *prefix = strndup(text, n);

		pen_arena_init(&arena, 0);
		assert_int_equal(pen_sddl_parse(&d, &arena, prefix, NULL, NULL),
				 is_whole ? 0 : PEN_E_SYNTAX);
		pen_arena_done(&arena);
		free(prefix);
	}
}

static void test_what_sddl_cannot_say(void **state)
{
	struct pen_ace ace = { .type = PEN_ACE_ALLOWED_CALLBACK, .sid = pen_sid_everyone };
	const struct pen_acl acl = { .revision = 2, .aces = &ace, .n_aces = 1 };
	const struct pen_descriptor d = { .control = PEN_DACL_PRESENT, .dacl = &acl };
	struct pen_buffer buffer;

	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_sddl_print(&d, NULL, &buffer), PEN_E_UNSUPPORTED);
	assert_int_equal(buffer.size, 0);
	ace.type = PEN_ACE_ALLOWED;
	ace.flags = 0x20;
	assert_int_equal(pen_sddl_print(&d, NULL, &buffer), PEN_E_UNSUPPORTED);
	ace.flags = 0;
	assert_int_equal(pen_sddl_print(&d, NULL, &buffer), 0);
	pen_buffer_done(&buffer);
}

static int parse_and_print(void)
{
	struct pen_descriptor d;
	struct pen_buffer buffer;
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, 0);
	pen_buffer_init(&buffer, 0);
	r = pen_sddl_parse(&d, &arena, "O:BAG:BAD:(A;;GA;;;BA)S:(AU;SA;GA;;;WD)", NULL, NULL);
	if (!r)
		r = pen_sddl_print(&d, NULL, &buffer);
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
	return r;
}

static void test_failed_allocations(void **state)
{
	int r;

	for (size_t n = 1; pen_fail_at(n), r = parse_and_print(), pen_fail_hit(); n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_round_trip),
		cmocka_unit_test(test_what_it_says),
		cmocka_unit_test(test_refusals_say_where),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_what_sddl_cannot_say),
		cmocka_unit_test(test_failed_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
