/* SPDX-License-Identifier: MIT */
#include "sec/ntlm-message.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct pen_slice bytes(const char *text)
{
	return (struct pen_slice){ .data = (const uint8_t *)text, .size = strlen(text) };
}

static struct pen_slice of(const struct pen_buffer *buffer)
{
	return (struct pen_slice){ .data = buffer->data, .size = buffer->size };
}

static void expect(struct pen_slice got, const char *wanted)
{
	assert_int_equal(got.size, strlen(wanted));
	assert_memory_equal(got.data, wanted, got.size);
}

/* A pair of each message, and what is in it. */
static void put_negotiate(struct pen_buffer *out)
{
	const struct pen_ntlm_negotiate message = {
		.flags = PEN_NTLM_UNICODE | PEN_NTLM_VERSION | PEN_NTLM_DOMAIN_SUPPLIED |
			 PEN_NTLM_WORKSTATION_SUPPLIED,
		.domain = bytes("DOMAIN"),
		.workstation = bytes("BOX"),
	};

	assert_int_equal(pen_ntlm_negotiate_put(&message, out), 0);
}

static void put_challenge(struct pen_buffer *out)
{
	struct pen_buffer info = { 0 };
	struct pen_ntlm_challenge message = {
		.flags = PEN_NTLM_UNICODE | PEN_NTLM_TARGET_INFO,
		.target_name = bytes("SE"),
		.challenge = { 1, 2, 3, 4, 5, 6, 7, 8 },
	};

	assert_int_equal(pen_ntlm_av_put(&info, PEN_NTLM_AV_NB_DOMAIN, bytes("dd")), 0);
	assert_int_equal(pen_ntlm_av_put(&info, PEN_NTLM_AV_TIMESTAMP, bytes("12345678")), 0);
	assert_int_equal(pen_ntlm_av_put(&info, PEN_NTLM_AV_EOL, bytes("")), 0);
	message.target_info = of(&info);
	assert_int_equal(pen_ntlm_challenge_put(&message, out), 0);
	pen_buffer_done(&info);
}

static void put_authenticate(struct pen_buffer *out)
{
	const struct pen_ntlm_authenticate message = {
		.flags = PEN_NTLM_OEM,
		.lm = bytes("lm"),
		.nt = bytes("nt response"),
		.domain = bytes("DOMAIN"),
		.user = bytes("user"),
		.workstation = bytes("BOX"),
		.session_key = bytes("0123456789abcdef"),
		.mic = { 0xaa, 0xbb },
	};

	assert_int_equal(pen_ntlm_authenticate_put(&message, out), 0);
}

static int get_negotiate(struct pen_slice in)
{
	struct pen_ntlm_negotiate message;

	return pen_ntlm_negotiate_get(&message, in);
}

static int get_challenge(struct pen_slice in)
{
	struct pen_ntlm_challenge message;

	return pen_ntlm_challenge_get(&message, in);
}

static int get_authenticate(struct pen_slice in)
{
	struct pen_ntlm_authenticate message;

	return pen_ntlm_authenticate_get(&message, in);
}

static const struct {
	void (*put)(struct pen_buffer *out);
	int (*get)(struct pen_slice in);
} messages[] = {
	{ put_negotiate, get_negotiate },
	{ put_challenge, get_challenge },
	{ put_authenticate, get_authenticate },
};

static void test_there_and_back(void **state)
{
	struct pen_ntlm_authenticate authenticate;
	struct pen_ntlm_negotiate negotiate;
	struct pen_ntlm_challenge challenge;
	struct pen_buffer out = { 0 };
	struct pen_slice value;

	put_negotiate(&out);
	assert_int_equal(pen_ntlm_negotiate_get(&negotiate, of(&out)), 0);
	expect(negotiate.domain, "DOMAIN");
	expect(negotiate.workstation, "BOX");
	pen_buffer_done(&out);

	put_challenge(&out);
	assert_int_equal(pen_ntlm_challenge_get(&challenge, of(&out)), 0);
	assert_int_equal(challenge.challenge[7], 8);
	assert_int_equal(pen_ntlm_av_find(challenge.target_info, PEN_NTLM_AV_TIMESTAMP, &value), 0);
	expect(value, "12345678");
	assert_int_equal(pen_ntlm_av_find(challenge.target_info, PEN_NTLM_AV_FLAGS, &value),
			 PEN_E_NOT_FOUND);
	pen_buffer_done(&out);

	put_authenticate(&out);
	assert_int_equal(pen_ntlm_authenticate_get(&authenticate, of(&out)), 0);
	expect(authenticate.lm, "lm");
	expect(authenticate.nt, "nt response");
	expect(authenticate.domain, "DOMAIN");
	expect(authenticate.user, "user");
	expect(authenticate.workstation, "BOX");
	expect(authenticate.session_key, "0123456789abcdef");
	assert_true(authenticate.has_mic);
	assert_int_equal(authenticate.mic[1], 0xbb);
	assert_memory_equal(out.data + PEN_NTLM_MIC_OFFSET, authenticate.mic, PEN_NTLM_MIC_SIZE);
	pen_buffer_done(&out);
}

/* No prefix of a message is one, and any byte may be any other without harm. */
static void test_hostile(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(messages); i++) {
		struct pen_buffer out = { 0 };

		messages[i].put(&out);
		assert_int_equal(messages[i].get(of(&out)), 0);
		for (size_t n = 0; n < out.size; n++) {
			uint8_t *copy = malloc(n ? n : 1);

			memcpy(copy, out.data, n);
			assert_int_equal(messages[i].get((struct pen_slice){ copy, n }),
					 PEN_E_BAD_DATA);
			free(copy);
		}
		for (size_t at = 0; at < out.size; at++)
			for (unsigned bit = 0; bit < 8; bit++) {
				int r;

				out.data[at] ^= 1 << bit;
				r = messages[i].get(of(&out));
				assert_true(r == 0 || r == PEN_E_BAD_DATA);
				assert_true(at >= 12 || r);
				out.data[at] ^= 1 << bit;
			}
		for (size_t other = 0; other < PEN_COUNT(messages); other++)
			assert_int_equal(messages[other].get(of(&out)) == 0, other == i);
		pen_buffer_done(&out);
	}
}

/* A payload that lies among the fields would let a name be a part of the flags. */
static void test_overlap(void **state)
{
	struct pen_buffer out = { 0 };

	put_authenticate(&out);
	out.data[40] = 63;
	assert_int_equal(get_authenticate(of(&out)), PEN_E_BAD_DATA);
	out.data[40] = 64;
	assert_int_equal(get_authenticate(of(&out)), 0);
	pen_buffer_done(&out);
}

static void test_texts(void **state)
{
	static const struct {
		const char *wire;
		size_t n;
		bool is_unicode;
		const char *text; /* NULL: it is none */
	} rows[] = {
		{ "", 0, true, "" },
		{ "", 0, false, "" },
		{ "a\0b\0", 4, true, "ab" },
		{ "ab", 2, false, "ab" },
		{ "\xe4\0", 2, true, "\u00e4" },
		{ "\xe4", 1, false, NULL },
		{ "a\0b", 3, true, NULL },
		{ "a\0\0\0", 4, true, NULL },
		{ "a\0", 2, false, NULL },
	};
	static const uint8_t many[2 * PEN_NTLM_TEXT_MAX + 2];
	struct pen_buffer out = { 0 };
	char *text = NULL;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct pen_slice wire = { (const uint8_t *)rows[i].wire, rows[i].n };
		int r = pen_ntlm_text_get(&text, wire, rows[i].is_unicode);

		assert_int_equal(r, rows[i].text ? 0 : PEN_E_BAD_DATA);
		if (!r) {
			assert_string_equal(text, rows[i].text);
			free(text);
		}
	}
	assert_int_equal(pen_ntlm_text_get(&text, (struct pen_slice){ many, sizeof(many) }, true),
			 PEN_E_BAD_DATA);
	assert_int_equal(pen_ntlm_text_put(&out, "a\u00e4", true), 0);
	assert_int_equal(pen_ntlm_text_put(&out, "b", false), 0);
	assert_int_equal(out.size, 6);
	assert_memory_equal(out.data, "A\0\xc4\0b\0", 6);
	assert_int_equal(pen_ntlm_text_put(&out, "\xff", false), PEN_E_BAD_DATA);
	pen_buffer_done(&out);
}

/* A list without its end is none, whatever is looked for beyond it. */
static void test_pairs(void **state)
{
	static const uint8_t list[] = { 7, 0, 2, 0, 1, 2, /**/ 0, 0, 0, 0 };
	struct pen_slice value;

	for (size_t n = 0; n < sizeof(list); n++)
		assert_int_equal(
			pen_ntlm_av_find((struct pen_slice){ list, n }, PEN_NTLM_AV_FLAGS, &value),
			PEN_E_BAD_DATA);
	assert_int_equal(pen_ntlm_av_find((struct pen_slice){ list, sizeof(list) },
					  PEN_NTLM_AV_FLAGS, &value),
			 PEN_E_NOT_FOUND);
}

/* Too long for its field, or no memory: nothing is left behind. */
static void test_limits(void **state)
{
	uint8_t *large = calloc(1, 65536);
	struct pen_ntlm_negotiate message = { .domain = { large, 65536 } };
	struct pen_buffer out = { 0 };

	assert_int_equal(pen_ntlm_negotiate_put(&message, &out), PEN_E_LIMIT);
	assert_int_equal(out.size, 0);
	assert_int_equal(pen_ntlm_av_put(&out, PEN_NTLM_AV_FLAGS, message.domain), PEN_E_LIMIT);
	pen_buffer_done(&out);
	message.domain = bytes("D");
	pen_fail_at(1);
	assert_int_equal(pen_ntlm_negotiate_put(&message, &out), -ENOMEM);
	assert_true(pen_fail_hit());
	pen_buffer_done(&out);
	free(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_overlap),	       cmocka_unit_test(test_texts),
		cmocka_unit_test(test_pairs),	       cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
