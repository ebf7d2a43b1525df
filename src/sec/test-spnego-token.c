/* SPDX-License-Identifier: MIT */
#include "sec/spnego-token.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The hints of a server [MS-SPNG 2.2.1], with all that a NegTokenInit2 can have. */
static const uint8_t init2[] = {
	0x60, 0x5a, 6,	  6,	0x2b, 6,   1,	5,    5,    2,		  /* the frame: SPNEGO */
	0xa0, 0x50, 0x30, 0x4e,						  /* negTokenInit */
	0xa0, 0x1a, 0x30, 0x18,						  /* mechTypes */
	6,    10,   0x2b, 6,	1,    4,   1,	0x82, 0x37, 2,	 2,   10, /* NTLM */
	6,    10,   0x2b, 6,	1,    4,   1,	0x82, 0x37, 2,	 2,   30, /* NEGOEX */
	0xa1, 4,    3,	  2,	1,    6,				  /* reqFlags */
	0xa2, 5,    4,	  3,	'a',  'b', 'c',				  /* mechToken */
	0xa3, 0x16, 0x30, 0x14,						  /* negHints */
	0xa0, 9,    0x1b, 7,	'i',  'g', 'n', 'o',  'r',  'e', '!',	  /* hintName */
	0xa1, 7,    4,	  5,	'h',  'e', 'r', 'e',  '!',		  /* hintAddress */
	0xa4, 5,    4,	  3,	'm',  'i', 'c',				  /* mechListMIC */
	0xa6, 4,    4,	  2,	'?',  '?',				  /* of a version to come */
};

static const uint8_t resp[] = {
	0xa1, 0x24, 0x30, 0x22,	   /* negTokenResp */
	0xa0, 3,    0x0a, 1,	1, /* accept-incomplete */
	0xa1, 12,   6,	  10,	0x2b, 6,   1,	4,   1, 0x82, 0x37, 2, 2, 10, /* supportedMech */
	0xa2, 5,    4,	  3,	'a',  'b', 'c',				      /* responseToken */
	0xa3, 6,    4,	  4,	'm',  'i', 'c', '!',			      /* mechListMIC */
};

#define SLICE(array)                                                                               \
	(struct pen_slice)                                                                         \
	{                                                                                          \
		array, sizeof(array)                                                               \
	}
#define assert_text(slice, text)                                                                   \
	do {                                                                                       \
		assert_int_equal((slice).size, strlen(text));                                      \
		assert_memory_equal((slice).data, text, strlen(text));                             \
	} while (0)

static void test_init2(void **state)
{
	struct pen_spnego_token token;

	assert_int_equal(pen_spnego_token_get(&token, SLICE(init2)), 0);
	assert_int_equal(token.kind, PEN_SPNEGO_INIT);
	assert_int_equal(token.n_mechs, 2);
	assert_true(pen_oid_equal(token.mechs[0], pen_oid_ntlm));
	assert_false(pen_oid_equal(token.mechs[1], pen_oid_ntlm));
	assert_ptr_equal(token.mech_types.data, init2 + 16);
	assert_int_equal(token.mech_types.size, 26);
	assert_text(token.mech_token, "abc");
	assert_text(token.hint_name, "ignore!");
	assert_text(token.mech_list_mic, "mic");
	assert_int_equal(token.state, PEN_SPNEGO_NO_STATE);
}

static void test_resp(void **state)
{
	struct pen_spnego_token token;

	assert_int_equal(pen_spnego_token_get(&token, SLICE(resp)), 0);
	assert_int_equal(token.kind, PEN_SPNEGO_RESP);
	assert_int_equal(token.state, PEN_SPNEGO_ACCEPT_INCOMPLETE);
	assert_true(pen_oid_equal(token.supported_mech, pen_oid_ntlm));
	assert_text(token.mech_token, "abc");
	assert_text(token.mech_list_mic, "mic!");
	assert_null(token.mech_types.data);
	assert_null(token.hint_name.data);
}

/* A field that is there and empty is not one that is not there. */
static void test_absent_and_empty(void **state)
{
	static const uint8_t nothing[] = { 0xa1, 2, 0x30, 0 };
	static const uint8_t empty[] = { 0xa1, 6, 0x30, 4, 0xa2, 2, 4, 0 };
	struct pen_spnego_token token;

	assert_int_equal(pen_spnego_token_get(&token, SLICE(nothing)), 0);
	assert_null(token.mech_token.data);
	assert_int_equal(token.state, PEN_SPNEGO_NO_STATE);
	assert_int_equal(pen_spnego_token_get(&token, SLICE(empty)), 0);
	assert_non_null(token.mech_token.data);
	assert_int_equal(token.mech_token.size, 0);
}

/* [3] of a NegTokenInit is the MIC where it is no hints [RFC 4178 4.2.1]. */
static void test_mic_of_init(void **state)
{
	static const uint8_t wire[] = {
		0x60, 0x15, 6,	  6, 0x2b, 6,	1,   5,	  5,   2, /* the frame */
		0xa0, 0x0b, 0x30, 9,				  /* negTokenInit */
		0xa3, 7,    4,	  5, 'r',  'i', 'g', 'h', 't',	  /* mechListMIC */
	};
	struct pen_spnego_token token;

	assert_int_equal(pen_spnego_token_get(&token, SLICE(wire)), 0);
	assert_text(token.mech_list_mic, "right");
	assert_null(token.hint_name.data);
	assert_int_equal(token.n_mechs, 0);
}

static void expect_no_prefix(const uint8_t *wire, size_t size)
{
	for (size_t n = 0; n < size; n++) {
		uint8_t *prefix = malloc(n ? n : 1);
		struct pen_spnego_token token;

		memcpy(prefix, wire, n);
		assert_int_equal(pen_spnego_token_get(&token, (struct pen_slice){ prefix, n }),
				 PEN_E_BAD_DATA);
		free(prefix);
	}
}

static void expect_nothing_after(const uint8_t *wire, size_t size)
{
	uint8_t *longer = calloc(1, size + 1);
	struct pen_spnego_token token;

	memcpy(longer, wire, size);
	assert_int_equal(pen_spnego_token_get(&token, (struct pen_slice){ longer, size + 1 }),
			 PEN_E_BAD_DATA);
	free(longer);
}

static bool is_within(struct pen_slice slice, const uint8_t *wire, size_t size)
{
	return !slice.data || (slice.data >= wire && slice.data + slice.size <= wire + size);
}

/* With any one byte changed to any other a token is refused, or means what it says. */
static void expect_any_change(const uint8_t *wire, size_t size)
{
	uint8_t *changed = malloc(size);

	for (size_t i = 0; i < size; i++) {
		for (unsigned value = 0; value < 256; value++) {
			struct pen_spnego_token token;

			memcpy(changed, wire, size);
			changed[i] = (uint8_t)value;
			if (pen_spnego_token_get(&token, (struct pen_slice){ changed, size }))
				continue;
			assert_true(is_within(token.mech_types, changed, size));
			assert_true(is_within(token.mech_token, changed, size));
			assert_true(is_within(token.mech_list_mic, changed, size));
			assert_true(is_within(token.supported_mech, changed, size));
			assert_true(is_within(token.hint_name, changed, size));
			for (size_t k = 0; k < token.n_mechs; k++)
				assert_true(is_within(token.mechs[k], changed, size));
		}
	}
	free(changed);
}

static void test_hostile(void **state)
{
	expect_no_prefix(init2, sizeof(init2));
	expect_no_prefix(resp, sizeof(resp));
	expect_nothing_after(init2, sizeof(init2));
	expect_nothing_after(resp, sizeof(resp));
	expect_any_change(init2, sizeof(init2));
	expect_any_change(resp, sizeof(resp));
}

/* Every structural byte matters: a changed tag or length is never read as before. */
static void test_tags_and_lengths(void **state)
{
	static const uint8_t at[] = { 0,  1,  2,  3,  5,  10, 11, 12, 13, 14,
				      15, 16, 17, 18, 30, 31, 42, 43, 44, 45 };

	for (size_t i = 0; i < sizeof(at); i++) {
		struct pen_spnego_token token;
		uint8_t changed[sizeof(init2)];

		for (unsigned value = 0; value < 256; value++) {
			memcpy(changed, init2, sizeof(init2));
			changed[at[i]] = (uint8_t)value;
			if (value == init2[at[i]])
				continue;
			if (!pen_spnego_token_get(&token, SLICE(changed)))
				fail_msg("byte %u was changed to %#x, and read", at[i], value);
		}
	}
}

static void test_bad_fields(void **state)
{
	static const struct {
		const char *what;
		uint8_t bytes[16];
		size_t n;
	} rows[] = {
		{ "a state there is none of", { 0xa1, 7, 0x30, 5, 0xa0, 3, 0x0a, 1, 4 }, 9 },
		{ "a state of two bytes", { 0xa1, 8, 0x30, 6, 0xa0, 4, 0x0a, 2, 0, 1 }, 10 },
		{ "a state of none", { 0xa1, 6, 0x30, 4, 0xa0, 2, 0x0a, 0 }, 8 },
		{ "an OID of none", { 0xa1, 6, 0x30, 4, 0xa1, 2, 6, 0 }, 8 },
		{ "an OID that does not end", { 0xa1, 7, 0x30, 5, 0xa1, 3, 6, 1, 0x80 }, 9 },
		{ "a number with nothing first",
		  { 0xa1, 9, 0x30, 7, 0xa1, 5, 6, 3, 1, 0x80, 1 },
		  11 },
		{ "fields out of order", { 0xa1, 10, 0x30, 8, 0xa2, 2, 4, 0, 0xa1, 2, 6, 0 }, 12 },
		{ "a field twice", { 0xa1, 10, 0x30, 8, 0xa2, 2, 4, 0, 0xa2, 2, 4, 0 }, 12 },
		{ "an extension out of order", { 0xa1, 6, 0x30, 4, 0xa5, 0, 0xa4, 0 }, 8 },
		{ "an extension of another class", { 0xa1, 4, 0x30, 2, 0xc5, 0 }, 6 },
		{ "two elements in a field", { 0xa1, 8, 0x30, 6, 0xa2, 4, 4, 0, 4, 0 }, 10 },
		{ "an initial token without its frame", { 0xa0, 2, 0x30, 0 }, 4 },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct pen_spnego_token token;

		if (pen_spnego_token_get(&token, (struct pen_slice){ rows[i].bytes, rows[i].n }) !=
		    PEN_E_BAD_DATA)
			fail_msg("%s was read", rows[i].what);
	}
}

/* As many mechanisms as the limit says, of as many bytes, and not one more. */
static void test_limits(void **state)
{
	static const uint8_t zeros[PEN_SPNEGO_TOKEN_MAX];
	uint8_t arc[PEN_SPNEGO_OID_MAX + 1];
	struct pen_slice oids[PEN_SPNEGO_MECHS_MAX + 1];

	memset(arc, 1, sizeof(arc));
	for (int excess = 0; excess < 4; excess++) {
		struct pen_spnego_token token = { .kind = PEN_SPNEGO_INIT };
		struct pen_spnego_token got;
		struct pen_buffer types;
		struct pen_buffer wire;

		for (size_t i = 0; i < PEN_COUNT(oids); i++)
			oids[i] = (struct pen_slice){ arc, PEN_SPNEGO_OID_MAX };
		oids[7].size += excess == 1;
		pen_buffer_init(&types, 0);
		pen_buffer_init(&wire, 0);
		assert_int_equal(pen_spnego_mech_types_put(
					 oids, PEN_SPNEGO_MECHS_MAX + (excess == 2), &types),
				 0);
		token.mech_types = (struct pen_slice){ types.data, types.size };
		if (excess == 3)
			token.mech_token = SLICE(zeros);
		assert_int_equal(pen_spnego_token_put(&token, &wire), 0);
		assert_int_equal(
			pen_spnego_token_get(&got, (struct pen_slice){ wire.data, wire.size }),
			excess ? PEN_E_BAD_DATA : 0);
		pen_buffer_done(&types);
		pen_buffer_done(&wire);
	}
}

/* Without what we do not write, a token comes out as it came in. */
static void expect_same(struct pen_slice wire)
{
	struct pen_spnego_token token;
	struct pen_buffer buffer;

	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_spnego_token_get(&token, wire), 0);
	assert_int_equal(pen_spnego_token_put(&token, &buffer), 0);
	assert_int_equal(buffer.size, wire.size);
	assert_memory_equal(buffer.data, wire.data, wire.size);
	pen_buffer_done(&buffer);
}

static struct pen_slice load(const char *name, uint8_t *bytes, size_t max)
{
	char path[128];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "test/vectors/spnego/%s", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("cannot open %s", path);
	n = fread(bytes, 1, max, file);
	fclose(file);
	return (struct pen_slice){ bytes, n };
}

/* What Samba and impacket said to each other; test/vectors/spnego/README says how. */
static void test_peers(void **state)
{
	static const struct {
		const char *name;
		enum pen_spnego_kind kind;
		size_t n_mechs;
		int state;
		char begin; /* the first byte of the mechanism's token; 0: there is none */
		size_t n_mic;
	} rows[] = {
		{ "hints", PEN_SPNEGO_INIT, 3, PEN_SPNEGO_NO_STATE, 0, 0 },
		{ "ntlm-1", PEN_SPNEGO_INIT, 1, PEN_SPNEGO_NO_STATE, 'N', 0 },
		{ "ntlm-2", PEN_SPNEGO_RESP, 0, PEN_SPNEGO_ACCEPT_INCOMPLETE, 'N', 0 },
		{ "ntlm-3", PEN_SPNEGO_RESP, 0, PEN_SPNEGO_NO_STATE, 'N', 16 },
		{ "ntlm-4", PEN_SPNEGO_RESP, 0, PEN_SPNEGO_ACCEPT_COMPLETED, 0, 16 },
		{ "krb5-1", PEN_SPNEGO_INIT, 2, PEN_SPNEGO_NO_STATE, 0x60, 0 },
		{ "krb5-2", PEN_SPNEGO_RESP, 0, PEN_SPNEGO_ACCEPT_COMPLETED, 0x60, 0 },
		{ "dce-1", PEN_SPNEGO_INIT, 2, PEN_SPNEGO_NO_STATE, 0x6e, 0 },
		{ "dce-2", PEN_SPNEGO_RESP, 0, PEN_SPNEGO_ACCEPT_INCOMPLETE, 0x6f, 0 },
		{ "dce-3", PEN_SPNEGO_RESP, 0, PEN_SPNEGO_NO_STATE, 0x6f, 28 },
		{ "dce-4", PEN_SPNEGO_RESP, 0, PEN_SPNEGO_ACCEPT_COMPLETED, 0, 28 },
		{ "connect-4", PEN_SPNEGO_RESP, 0, PEN_SPNEGO_ACCEPT_COMPLETED, 0, 0 },
		{ "both-1", PEN_SPNEGO_INIT, 3, PEN_SPNEGO_NO_STATE, 0x60, 0 },
		{ "impacket-1", PEN_SPNEGO_INIT, 1, PEN_SPNEGO_NO_STATE, 'N', 0 },
		{ "impacket-3", PEN_SPNEGO_RESP, 0, PEN_SPNEGO_NO_STATE, 'N', 0 },
	};
	static uint8_t bytes[8192];

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct pen_slice wire = load(rows[i].name, bytes, sizeof(bytes));
		struct pen_spnego_token token;

		assert_int_equal(pen_spnego_token_get(&token, wire), 0);
		assert_int_equal(token.kind, rows[i].kind);
		assert_int_equal(token.n_mechs, rows[i].n_mechs);
		assert_int_equal(token.state, rows[i].state);
		assert_int_equal(token.mech_list_mic.size, rows[i].n_mic);
		if (rows[i].begin)
			assert_int_equal(token.mech_token.data[0], (uint8_t)rows[i].begin);
		else
			assert_null(token.mech_token.data);
		expect_same(wire);
		expect_no_prefix(wire.data, wire.size);
		expect_nothing_after(wire.data, wire.size);
		if (wire.size < 256)
			expect_any_change(wire.data, wire.size);
	}
}

/* The Kerberos token within says which mechanism it is of. */
static void test_frame(void **state)
{
	static uint8_t bytes[8192];
	struct pen_spnego_token token;
	struct pen_slice inner;
	struct pen_slice mech;

	assert_int_equal(pen_spnego_token_get(&token, load("krb5-1", bytes, sizeof(bytes))), 0);
	assert_true(pen_oid_equal(token.mechs[0], pen_oid_ms_krb5));
	assert_true(pen_oid_equal(token.mechs[1], pen_oid_krb5));
	assert_int_equal(pen_gss_frame_get(&mech, &inner, token.mech_token), 0);
	assert_true(pen_oid_equal(mech, pen_oid_krb5));
	assert_memory_equal(inner.data, "\x01\x00\x6e", 3); /* KRB_AP_REQ [RFC 4121 4.1] */
	for (size_t n = 0; n < token.mech_token.size; n++)
		assert_int_equal(pen_gss_frame_get(&mech, NULL,
						   (struct pen_slice){ token.mech_token.data, n }),
				 PEN_E_BAD_DATA);
}

/* A failed put leaves the buffer as it was. */
static void test_put_fails(void **state)
{
	struct pen_spnego_token token;
	struct pen_buffer buffer;
	int r;

	assert_int_equal(pen_spnego_token_get(&token, SLICE(resp)), 0);
	for (size_t max = 1; max < sizeof(resp); max++) {
		pen_buffer_init(&buffer, max);
		assert_int_equal(pen_spnego_token_put(&token, &buffer), PEN_E_LIMIT);
		assert_int_equal(buffer.size, 0);
		pen_buffer_done(&buffer);
	}
	for (size_t n = 1;; n++) {
		pen_buffer_init(&buffer, 0);
		pen_fail_at(n);
		r = pen_spnego_token_put(&token, &buffer);
		if (!pen_fail_hit())
			break;
		assert_int_equal(r, -ENOMEM);
		pen_buffer_done(&buffer);
	}
	assert_int_equal(r, 0);
	pen_buffer_done(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init2),
		cmocka_unit_test(test_resp),
		cmocka_unit_test(test_absent_and_empty),
		cmocka_unit_test(test_mic_of_init),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_tags_and_lengths),
		cmocka_unit_test(test_bad_fields),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_put_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
