/* SPDX-License-Identifier: MIT */
/* The tokens of the netlogon provider, and the mechanism, client and server. */
#include "sec/schannel.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/token.h>
#include <stdlib.h>
#include <string.h>

static struct pen_mech_world world;

static int get_random(void *data, void *bytes, size_t n)
{
	memset(bytes, 0x5a, n);
	return 0;
}

#define SLICE(text) ((struct pen_slice){ (const uint8_t *)(text), sizeof(text) - 1 })

/* ---- messages ---- */

static void test_message_get(void **state)
{
	struct pen_schannel_message message;

	/* Samba's client, Samba's server, impacket's client. */
	assert_int_equal(pen_schannel_message_get(&message, SLICE("\0\0\0\0\3\0\0\0AD\0member\0")),
			 0);
	assert_int_equal(message.type, PEN_SCHANNEL_REQUEST);
	assert_string_equal(message.netbios_domain, "AD");
	assert_string_equal(message.netbios_computer, "member");
	assert_string_equal(message.dns_domain, "");
	assert_int_equal(pen_schannel_message_get(&message, SLICE("\1\0\0\0\0\0\0\0\0\0\x6c\0")),
			 0);
	assert_int_equal(message.type, PEN_SCHANNEL_RESPONSE);
	assert_int_equal(pen_schannel_message_get(
				 &message, SLICE("\0\0\0\0\x13\0\0\0D\0MACHINE\0\7MACHINE\0")),
			 0);
	assert_string_equal(message.utf8_computer, "MACHINE");
	/* All five, the fourth by a pointer to the third. */
	assert_int_equal(
		pen_schannel_message_get(&message, SLICE("\0\0\0\0\x1f\0\0\0D\0M\0\2ad\4test\0"
							 "\1m\xc0\x0c\3m\xc3\xa9\0")),
		0);
	assert_string_equal(message.dns_domain, "ad.test");
	assert_string_equal(message.dns_computer, "m.ad.test");
	assert_string_equal(message.utf8_computer, "m\xc3\xa9");
}

static void test_bad_messages(void **state)
{
	const struct pen_slice rows[] = {
		{ NULL, 0 },
		SLICE("\0\0\0\0\0\0\0"),
		SLICE("\2\0\0\0\0\0\0\0"),
		SLICE("\0\0\0\0\1\0\0\0AD"),
		SLICE("\0\0\0\0\3\0\0\0AD\0"),
		SLICE("\0\0\0\0\1\0\0\0\x82\0"),
		SLICE("\0\0\0\0\4\0\0\0"),
		SLICE("\0\0\0\0\4\0\0\0\2ad"),
		SLICE("\0\0\0\0\4\0\0\0\3ad\0"),
		SLICE("\0\0\0\0\4\0\0\0\3a.d\0"),
		SLICE("\0\0\0\0\4\0\0\0\3a\0d\0"),
		SLICE("\0\0\0\0\4\0\0\0\x40_______________________________________________"
		      "_________________\0"),
		/* Pointers: to itself, forward, in circles, half of one. */
		SLICE("\0\0\0\0\4\0\0\0\xc0\x8"),
		SLICE("\0\0\0\0\4\0\0\0\xc0\xa\1a\0"),
		SLICE("\0\0\0\0\4\0\0\0\1a\xc0\x8"),
		SLICE("\0\0\0\0\x0c\0\0\0\1a\0\1b\xc0\xb"),
		SLICE("\0\0\0\0\4\0\0\0\xc0"),
	};
	struct pen_schannel_message message;
	uint8_t many[8 + 300] = { 0, 0, 0, 0, 1 };

	for (size_t i = 0; i < PEN_COUNT(rows); i++)
		assert_int_equal(pen_schannel_message_get(&message, rows[i]), PEN_E_BAD_DATA);
	for (size_t n = 250; n < 260; n++) {
		memset(many + 8, 'a', 290);
		many[8 + n] = 0;
		assert_int_equal(pen_schannel_message_get(&message,
							  (struct pen_slice){ many, sizeof(many) }),
				 n < PEN_SCHANNEL_NAME_SIZE ? 0 : PEN_E_BAD_DATA);
	}
}

/* Labels that point back to each other's begin make a name of any length, but not here. */
static void test_long_labels(void **state)
{
	uint8_t bytes[8 + 64 * 5 + 1] = { 0, 0, 0, 0, 4 };
	struct pen_schannel_message message;

	for (size_t i = 0; i < 5; i++) {
		bytes[8 + 64 * i] = 63;
		memset(bytes + 9 + 64 * i, 'a', 63);
	}
	assert_int_equal(
		pen_schannel_message_get(&message, (struct pen_slice){ bytes, sizeof(bytes) }),
		PEN_E_BAD_DATA);
	bytes[8 + 64 * 4] = 0;
	assert_int_equal(
		pen_schannel_message_get(&message, (struct pen_slice){ bytes, sizeof(bytes) }), 0);
	assert_int_equal(strlen(message.dns_domain), 255);
}

static void test_put_get(void **state)
{
	const struct pen_schannel_message message = { .netbios_domain = "AD",
						      .netbios_computer = "M",
						      .dns_domain = "ad.test",
						      .dns_computer = "m.ad.test",
						      .utf8_computer = "m" };
	static const struct pen_schannel_message bad[] = {
		{ .netbios_domain = "\xc3\xa9" },
		{ .dns_domain = ".test" },
		{ .dns_domain = "ad..test" },
		{ .dns_domain = "ad.test." },
		{ .dns_domain =
			  "a234567890123456789012345678901234567890123456789012345678901234" },
	};
	struct pen_schannel_message got;
	struct pen_buffer out = { 0 };

	assert_int_equal(pen_schannel_message_put(&message, &out), 0);
	assert_int_equal(pen_schannel_message_get(&got, (struct pen_slice){ out.data, out.size }),
			 0);
	assert_string_equal(got.netbios_domain, message.netbios_domain);
	assert_string_equal(got.netbios_computer, message.netbios_computer);
	assert_string_equal(got.dns_domain, message.dns_domain);
	assert_string_equal(got.dns_computer, message.dns_computer);
	assert_string_equal(got.utf8_computer, message.utf8_computer);
	/* No shorter message is one. */
	for (size_t n = 0; n < out.size; n++)
		assert_int_equal(pen_schannel_message_get(&got, (struct pen_slice){ out.data, n }),
				 PEN_E_BAD_DATA);
	for (size_t i = 0; i < PEN_COUNT(bad); i++) {
		size_t n = out.size;

		assert_int_equal(pen_schannel_message_put(&bad[i], &out), PEN_E_BAD_DATA);
		assert_int_equal(out.size, n);
	}
	pen_buffer_done(&out);
}

/* ---- the mechanism ---- */

struct talk {
	struct pen_schannel_server config;
	struct pen_schannel_client client_config;
	struct pen_schannel_machine machine;
	struct pen_mech_server server_side;
	struct pen_mech_client client_side;
	struct pen_mech_context *server;
	struct pen_mech_context *client;
	struct pen_buffer tokens[2];
	char asked_domain[64];
	char asked_computer[64];
	int found; /* what find returns */
};

static int find(void *data, const char *domain, const char *computer,
		struct pen_schannel_machine *machine)
{
	struct talk *talk = data;

	assert_true(strlen(domain) < sizeof(talk->asked_domain));
	strcpy(talk->asked_domain, domain);
	strcpy(talk->asked_computer, computer);
	*machine = talk->machine;
	return talk->found;
}

static void talk_init(struct talk *talk, uint32_t flags)
{
	*talk = (struct talk){ 0 };
	talk->config = (struct pen_schannel_server){ .domain = "AD", .find = find, .data = talk };
	talk->client_config =
		(struct pen_schannel_client){ .keys = { .session_key = "0123456789abcde",
							.flags = flags },
					      .domain = "AD",
					      .computer = "MEMBER" };
	talk->machine.keys = talk->client_config.keys;
	strcpy(talk->machine.account, "MEMBER$");
	pen_sid_parse(&talk->machine.sid, "S-1-5-21-1-2-3-1103");
	talk->server_side = (struct pen_mech_server){ .world = &world,
						      .config = &talk->config,
						      .peer = "somewhere",
						      .level = PEN_AUTH_LEVEL_PRIVACY };
	talk->client_side = (struct pen_mech_client){ .world = &world,
						      .config = &talk->client_config,
						      .level = PEN_AUTH_LEVEL_PRIVACY };
}

static void talk_done(struct talk *talk)
{
	pen_mech_schannel.free(talk->client);
	pen_mech_schannel.free(talk->server);
	for (size_t i = 0; i < PEN_COUNT(talk->tokens); i++)
		pen_buffer_done(&talk->tokens[i]);
}

static struct pen_slice slice(const struct pen_buffer *buffer)
{
	return (struct pen_slice){ buffer->data, buffer->size };
}

/* The server's result, or the client's where that fails. */
static int talk_run(struct talk *talk)
{
	int r = pen_mech_schannel.new_client(&talk->client, &talk->client_side);

	if (!r)
		r = pen_mech_schannel.new_server(&talk->server, &talk->server_side);
	if (r)
		return r;
	r = pen_mech_schannel.step(talk->client, (struct pen_slice){ 0 }, &talk->tokens[0]);
	if (r != PEN_E_AGAIN)
		return r;
	r = pen_mech_schannel.step(talk->server, slice(&talk->tokens[0]), &talk->tokens[1]);
	if (r)
		return r;
	return pen_mech_schannel.step(talk->client, slice(&talk->tokens[1]), &talk->tokens[0]);
}

static void exchange(struct talk *talk, bool is_sealed)
{
	struct pen_mech_context *sides[] = { talk->client, talk->server };
	size_t n = pen_mech_schannel.signature_size(talk->client, 4, is_sealed);
	uint8_t signature[PEN_SCHANNEL_SIGNATURE_SIZE];
	uint8_t data[] = "data";
	struct pen_protected message = { .data = data,
					 .n = 4,
					 .signature = signature,
					 .n_signature = n,
					 .is_sealed = is_sealed };

	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pen_mech_schannel.protect(sides[i % 2], &message), 0);
		assert_int_equal(memcmp(data, "data", 4) != 0, is_sealed);
		assert_int_equal(pen_mech_schannel.unprotect(sides[!(i % 2)], &message), 0);
		assert_memory_equal(data, "data", 4);
	}
}

static void test_talk(void **state)
{
	static const uint32_t kinds[] = { PEN_NETLOGON_AES, 0 };

	for (size_t kind = 0; kind < PEN_COUNT(kinds); kind++) {
		const struct pen_token_info *info;
		struct pen_token *token;
		struct talk talk;

		talk_init(&talk, kinds[kind]);
		talk.config.allow_weak = kind == 1;
		assert_int_equal(talk_run(&talk), 0);
		assert_memory_equal(talk.tokens[0].data, "\0\0\0\0\3\0\0\0AD\0MEMBER\0", 18);
		assert_int_equal(talk.tokens[1].size, 12);
		assert_string_equal(talk.asked_domain, "AD");
		assert_string_equal(talk.asked_computer, "MEMBER");
		assert_true(pen_mech_schannel.has_header_signing(talk.client));
		assert_int_equal(pen_mech_schannel.signature_size(talk.server, 9, true),
				 kind == 0 ? 56 : 32);
		exchange(&talk, true);
		exchange(&talk, false);

		assert_int_equal(pen_mech_schannel.token(talk.server, &token), 0);
		info = pen_token_info(token);
		assert_string_equal(info->account, "MEMBER$");
		assert_string_equal(info->domain, "AD");
		assert_true(info->is_authenticated);
		assert_true(pen_sid_equal(pen_token_user(token), &talk.machine.sid));
		assert_true(pen_token_has_sid(token, &pen_sid_authenticated_users));
		assert_false(pen_token_is_admin(token));
		pen_token_free(token);
		assert_int_equal(pen_mech_schannel.token(talk.client, &token), PEN_E_DENIED);
		assert_int_equal(pen_mech_schannel.session_key(talk.server).size, 0);
		talk_done(&talk);
	}
}

/* Names that are not ASCII, and those of DNS. */
static void test_names(void **state)
{
	struct talk talk;

	talk_init(&talk, PEN_NETLOGON_AES);
	talk.client_config.computer = "m\xc3\xa9mber";
	talk.client_config.domain = NULL;
	talk.client_config.dns_domain = "ad.test";
	talk.client_config.dns_computer = "member.ad.test";
	assert_int_equal(talk_run(&talk), 0);
	assert_string_equal(talk.asked_domain, "ad.test");
	assert_string_equal(talk.asked_computer, "m\xc3\xa9mber");
	talk_done(&talk);

	talk_init(&talk, PEN_NETLOGON_AES);
	talk.client_config.dns_domain = "ad..test";
	assert_int_equal(talk_run(&talk), PEN_E_DENIED);
	assert_non_null(strstr(pen_mech_schannel.reason(talk.client), "name"));
	talk_done(&talk);
}

/* A bind proves nothing, so levels without a signature are refused on both sides. */
static void test_levels(void **state)
{
	for (int level = PEN_AUTH_LEVEL_NONE; level <= PEN_AUTH_LEVEL_PRIVACY; level++)
		for (int side = 0; side < 2; side++) {
			struct talk talk;

			talk_init(&talk, PEN_NETLOGON_AES);
			*(side ? &talk.server_side.level : &talk.client_side.level) = level;
			assert_int_equal(talk_run(&talk),
					 level < PEN_AUTH_LEVEL_PACKET ? PEN_E_DENIED : 0);
			talk_done(&talk);
		}
}

static void test_refusals(void **state)
{
	const struct {
		struct pen_slice token;
		int found;
		uint32_t flags;
		int r;
		const char *reason;
	} rows[] = {
		{ SLICE("\0\0\0\0\3\0\0\0AD\0MEMBER\0"), PEN_E_NOT_FOUND, PEN_NETLOGON_AES,
		  PEN_E_DENIED, "no session" },
		{ SLICE("\0\0\0\0\3\0\0\0AD\0MEMBER\0"), -ENOMEM, PEN_NETLOGON_AES, -ENOMEM,
		  "memory" },
		{ SLICE("\0\0\0\0\3\0\0\0AD\0MEMBER\0"), 0, 0, PEN_E_DENIED, "without AES" },
		{ SLICE("\0\0\0\0\1\0\0\0AD\0"), 0, PEN_NETLOGON_AES, PEN_E_DENIED, "not name" },
		{ SLICE("\1\0\0\0\3\0\0\0AD\0MEMBER\0"), 0, PEN_NETLOGON_AES, PEN_E_BAD_DATA,
		  "NL_AUTH_MESSAGE" },
		{ SLICE("none"), 0, PEN_NETLOGON_AES, PEN_E_BAD_DATA, "NL_AUTH_MESSAGE" },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint8_t signature[PEN_SCHANNEL_SIGNATURE_SIZE];
		struct pen_protected message = { .signature = signature,
						 .n_signature = sizeof(signature) };
		struct pen_token *token;
		struct talk talk;

		talk_init(&talk, rows[i].flags);
		talk.found = rows[i].found;
		assert_int_equal(pen_mech_schannel.new_server(&talk.server, &talk.server_side), 0);
		assert_int_equal(
			pen_mech_schannel.step(talk.server, rows[i].token, &talk.tokens[1]),
			rows[i].r);
		assert_non_null(strstr(pen_mech_schannel.reason(talk.server), rows[i].reason));
		assert_int_equal(talk.tokens[1].size, 0);
		assert_int_equal(pen_mech_schannel.signature_size(talk.server, 0, true), 0);
		assert_int_equal(pen_mech_schannel.protect(talk.server, &message), PEN_E_DENIED);
		assert_int_equal(pen_mech_schannel.unprotect(talk.server, &message), PEN_E_DENIED);
		assert_int_equal(pen_mech_schannel.token(talk.server, &token), PEN_E_DENIED);
		assert_int_equal(
			pen_mech_schannel.step(talk.server, rows[0].token, &talk.tokens[1]),
			PEN_E_BAD_DATA);
		talk_done(&talk);
	}
}

/* A third token, and an answer that is none. */
static void test_too_much(void **state)
{
	struct talk talk;

	talk_init(&talk, PEN_NETLOGON_AES);
	assert_int_equal(talk_run(&talk), 0);
	assert_int_equal(
		pen_mech_schannel.step(talk.server, slice(&talk.tokens[0]), &talk.tokens[1]),
		PEN_E_BAD_DATA);
	talk_done(&talk);

	talk_init(&talk, PEN_NETLOGON_AES);
	assert_int_equal(pen_mech_schannel.new_client(&talk.client, &talk.client_side), 0);
	assert_int_equal(
		pen_mech_schannel.step(talk.client, (struct pen_slice){ 0 }, &talk.tokens[0]),
		PEN_E_AGAIN);
	assert_int_equal(
		pen_mech_schannel.step(talk.client, slice(&talk.tokens[0]), &talk.tokens[1]),
		PEN_E_BAD_DATA);
	talk_done(&talk);
}

static void test_no_config(void **state)
{
	struct talk talk;

	talk_init(&talk, PEN_NETLOGON_AES);
	talk.config.find = NULL;
	talk.client_config.computer = NULL;
	assert_int_equal(pen_mech_schannel.new_server(&talk.server, &talk.server_side),
			 PEN_E_UNSUPPORTED);
	assert_int_equal(pen_mech_schannel.new_client(&talk.client, &talk.client_side),
			 PEN_E_UNSUPPORTED);
	talk.server_side.config = talk.client_side.config = NULL;
	assert_int_equal(pen_mech_schannel.new_server(&talk.server, &talk.server_side),
			 PEN_E_UNSUPPORTED);
	assert_int_equal(pen_mech_schannel.new_client(&talk.client, &talk.client_side),
			 PEN_E_UNSUPPORTED);
}

static void test_no_memory(void **state)
{
	struct talk talk;
	size_t n;
	int r;

	for (n = 1; talk_init(&talk, PEN_NETLOGON_AES), pen_fail_at(n), r = talk_run(&talk),
	    pen_fail_hit();
	     n++) {
		assert_int_equal(r, -ENOMEM);
		talk_done(&talk);
	}
	assert_int_equal(r, 0);
	talk_done(&talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_get), cmocka_unit_test(test_bad_messages),
		cmocka_unit_test(test_long_labels), cmocka_unit_test(test_put_get),
		cmocka_unit_test(test_talk),	    cmocka_unit_test(test_names),
		cmocka_unit_test(test_levels),	    cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_too_much),    cmocka_unit_test(test_no_config),
		cmocka_unit_test(test_no_memory),
	};
	struct pen_crypto *crypto;
	int r = pen_crypto_new(&crypto);

	if (r)
		return 1;
	if (!pen_crypto_has_legacy(crypto))
		return 77;
	world.crypto = crypto;
	world.random = get_random;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
