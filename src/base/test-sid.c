/* SPDX-License-Identifier: MIT */
#include "base/sid.h"
#include "support/unit.h"

static void test_text_round_trip(void **state)
{
	static const char *const texts[] = {
		"S-1-0-0",
		"S-1-5",
		"S-1-5-32-544",
		"S-1-5-21-2979672114-1344079285-3651607410-1000",
		"S-1-4294967295-4294967295",
		"S-1-0x000100000000-1",
		("S-1-0xFFFFFFFFFFFF-4294967295-4294967295-4294967295-4294967295-4294967295-"
		 "4294967295"
		 "-4294967295-4294967295-4294967295-4294967295-4294967295-4294967295-4294967295"
		 "-4294967295-4294967295"),
	};

	for (size_t i = 0; i < PEN_COUNT(texts); i++) {
		char text[PEN_SID_TEXT_SIZE];
		struct pen_sid sid;

		assert_int_equal(pen_sid_parse(&sid, texts[i]), 0);
		pen_sid_print(&sid, text);
		assert_string_equal(text, texts[i]);
	}
}

static void test_other_texts_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"S",
		"S-",
		"S-1",
		"S-1-",
		"S-2-5",
		"S-1-5-",
		"S-1-5--1",
		"S-1-5-x",
		"S-1-0x-1",
		"S-1-0x5-1",
		"S-1-0x00000000005-1",
		"S-1-4294967296-1",
		"S-1-5-4294967296",
		"S-1-5-99999999999999999999999999",
		"S-1-0x1000000000000-1",
		"S-1-5-32 ",
		"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
		" S-1-5",
	};

	for (size_t i = 0; i < PEN_COUNT(texts); i++) {
		struct pen_sid sid = { .revision = 77 };

		assert_int_equal(pen_sid_parse(&sid, texts[i]), PEN_E_SYNTAX);
		assert_int_equal(sid.revision, 77);
	}
}

static void test_wire_round_trip(void **state)
{
	static const uint8_t wire[] = {
		1,    2,			 /* revision, sub-authorities */
		0,    0,    0, 0, 0,	5,	 /* authority */
		0x20, 0x00, 0, 0, 0x20, 2, 0, 0, /* 32, 544 */
	};
	struct pen_buffer buffer;
	struct pen_writer w;
	struct pen_reader r;
	struct pen_sid sid;

	pen_reader_init(&r, wire, sizeof(wire));
	pen_sid_get(&sid, &r);
	assert_true(pen_reader_ok(&r));
	assert_true(pen_sid_equal(&sid, &pen_sid_administrators));

	pen_buffer_init(&buffer, 0);
	pen_writer_init(&w, &buffer);
	pen_sid_put(&sid, &w);
	assert_int_equal(buffer.size, sizeof(wire));
	assert_int_equal(pen_sid_size(&sid), sizeof(wire));
	assert_memory_equal(buffer.data, wire, sizeof(wire));
	pen_buffer_done(&buffer);

	for (size_t n = 0; n < sizeof(wire); n++) {
		pen_reader_init(&r, wire, n);
		pen_sid_get(&sid, &r);
		assert_false(pen_reader_ok(&r));
	}
}

static void test_hostile_wire_is_refused(void **state)
{
	uint8_t wire[8 + 4 * 16] = { 1, 16 };
	struct pen_reader r;
	struct pen_sid sid;

	pen_reader_init(&r, wire, sizeof(wire));
	pen_sid_get(&sid, &r);
	assert_false(pen_reader_ok(&r));
	assert_int_equal(sid.n_sub_authorities, 0);

	wire[0] = 2;
	wire[1] = 1;
	pen_reader_init(&r, wire, sizeof(wire));
	pen_sid_get(&sid, &r);
	assert_false(pen_reader_ok(&r));
}

static void test_order_and_domains(void **state)
{
	struct pen_sid member = pen_sid_builtin;
	uint32_t rid = 0;

	assert_int_equal(pen_sid_append(&member, 544), 0);
	assert_true(pen_sid_equal(&member, &pen_sid_administrators));
	assert_true(pen_sid_in_domain(&member, &pen_sid_builtin, &rid));
	assert_int_equal(rid, 544);
	assert_false(pen_sid_in_domain(&member, &pen_sid_network, NULL));
	assert_false(pen_sid_in_domain(&pen_sid_builtin, &pen_sid_builtin, NULL));
	assert_true(pen_sid_compare(&pen_sid_builtin, &pen_sid_administrators) < 0);
	assert_true(pen_sid_compare(&pen_sid_users, &pen_sid_administrators) > 0);
	assert_true(pen_sid_compare(&pen_sid_everyone, &pen_sid_network) < 0);

	while (pen_sid_append(&member, 1) == 0)
		;
	assert_int_equal(member.n_sub_authorities, PEN_SID_SUB_AUTHORITIES_MAX);
	assert_int_equal(pen_sid_append(&member, 1), PEN_E_LIMIT);
	member = pen_sid_unix_user(1000);
	assert_int_equal(member.sub_authorities[1], 1000);
	member = pen_sid_unix_group(7);
	assert_int_equal(member.sub_authorities[0], 2);
}

static void test_aliases(void **state)
{
	struct pen_sid domain;
	struct pen_sid sid;
	char text[PEN_SID_TEXT_SIZE];

	assert_int_equal(pen_sid_parse(&domain, "S-1-5-21-1-2-3"), 0);
	assert_int_equal(pen_sid_from_alias(&sid, "BA", NULL), 0);
	assert_true(pen_sid_equal(&sid, &pen_sid_administrators));
	assert_string_equal(pen_sid_alias(&pen_sid_everyone, NULL), "WD");
	assert_int_equal(pen_sid_from_alias(&sid, "DA", NULL), PEN_E_NOT_FOUND);
	assert_int_equal(pen_sid_from_alias(&sid, "DA", &domain), 0);
	pen_sid_print(&sid, text);
	assert_string_equal(text, "S-1-5-21-1-2-3-512");
	assert_string_equal(pen_sid_alias(&sid, &domain), "DA");
	assert_null(pen_sid_alias(&sid, NULL));
	assert_null(pen_sid_alias(&domain, &domain));
	assert_int_equal(pen_sid_from_alias(&sid, "ZZ", &domain), PEN_E_NOT_FOUND);
	assert_int_equal(pen_sid_from_alias(&sid, "B", &domain), PEN_E_NOT_FOUND);
	assert_int_equal(pen_sid_from_alias(&sid, "", &domain), PEN_E_NOT_FOUND);

	/* Each alias comes back from its SID, so none is there twice. */
	for (char a = 'A'; a <= 'Z'; a++)
		for (char b = 'A'; b <= 'Z'; b++) {
			char alias[] = { a, b, '\0' };

			if (pen_sid_from_alias(&sid, alias, &domain) == 0)
				assert_string_equal(pen_sid_alias(&sid, &domain), alias);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_round_trip),
		cmocka_unit_test(test_other_texts_are_refused),
		cmocka_unit_test(test_wire_round_trip),
		cmocka_unit_test(test_hostile_wire_is_refused),
		cmocka_unit_test(test_order_and_domains),
		cmocka_unit_test(test_aliases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
