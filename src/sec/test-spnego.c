/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/talk.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/token.h>
#include <string.h>

/* A message each way, which must arrive as the fake mechanism sent it. */
static void expect_messages(struct talk *talk, uint32_t number)
{
	for (int i = 0; i < 4; i++) {
		struct talk_side *from = i & 1 ? &talk->server : &talk->client;
		struct talk_side *to = i & 1 ? &talk->client : &talk->server;
		uint8_t signature[FAKE_SIGNATURE_SIZE];
		uint8_t data[] = "stub";
		struct pen_protected message = {
			.data = data,
			.n = sizeof(data),
			.signature = signature,
			.n_signature = sizeof(signature),
		};
		uint32_t sent;

		assert_int_equal(pen_mech_spnego.signature_size(from->context, 4, false),
				 FAKE_SIGNATURE_SIZE);
		assert_int_equal(pen_mech_spnego.protect(from->context, &message), 0);
		memcpy(&sent, signature + 8, 4);
		assert_int_equal(sent, number + i / 2 * 2);
		assert_int_equal(pen_mech_spnego.unprotect(to->context, &message), 0);
		data[0] ^= 1;
		assert_int_equal(pen_mech_spnego.protect(from->context, &message), 0);
		data[0] ^= 1;
		assert_int_equal(pen_mech_spnego.unprotect(to->context, &message), PEN_E_DENIED);
		assert_non_null(
			strstr(pen_mech_spnego.reason(to->context), ": the message was changed"));
	}
}

/* ---- what agrees ---- */

/* The first choice of both; the MIC where the mechanism's last token is the client's. */
static void test_first_choice(void **state)
{
	for (unsigned n_legs = 1; n_legs <= 6; n_legs++) {
		bool has_mics = n_legs & 1 && n_legs > 1;
		struct talk talk;

		talk_init(&talk, n_legs, false);
		assert_int_equal(talk_new(&talk), 0);
		fake_n_rewinds = 0;
		talk_run(&talk);
		assert_true(talk_is_agreed(&talk));
		assert_ptr_equal(pen_spnego_chosen(talk.client.context), &fake_red);
		assert_ptr_equal(pen_spnego_chosen(talk.server.context), &fake_red);
		assert_int_equal(talk.n, n_legs + n_legs % 2);
		assert_int_equal(talk.n_mics, has_mics ? 2 : 0);
		assert_int_equal(fake_n_rewinds, has_mics ? 4 : 0);
		expect_messages(&talk, has_mics);
		talk_done(&talk);
	}
}

/* Another choice than the client's first: both sign the list, however many legs there are. */
static void test_other_choice(void **state)
{
	for (unsigned n_legs = 1; n_legs <= 6; n_legs++) {
		struct pen_spnego_token token;
		struct talk talk;

		talk_init(&talk, n_legs, true);
		assert_int_equal(talk_new(&talk), 0);
		talk_run(&talk);
		assert_true(talk_is_agreed(&talk));
		assert_ptr_equal(pen_spnego_chosen(talk.client.context), &fake_blue);
		assert_ptr_equal(pen_spnego_chosen(talk.server.context), &fake_blue);
		assert_int_equal(talk.n_mics, 2);
		assert_int_equal(
			pen_spnego_token_get(&token, (struct pen_slice){ talk.tokens[1].data,
									 talk.tokens[1].size }),
			0);
		assert_int_equal(token.state, PEN_SPNEGO_REQUEST_MIC);
		assert_true(pen_oid_equal(token.supported_mech, pen_oid_ntlm));
		assert_null(token.mech_token.data);
		talk_done(&talk);
	}
}

static void test_messages_after_other_choice(void **state)
{
	/* red, so that the stream is taken back after each MIC. */
	for (unsigned n_legs = 1; n_legs <= 4; n_legs++) {
		struct pen_spnego_mech swapped[2];
		struct talk talk;

		talk_init(&talk, n_legs, false);
		swapped[0] = talk.client.mechs[TALK_BLUE];
		swapped[1] = talk.client.mechs[TALK_RED];
		talk.client.config.mechs = swapped;
		talk.server.config.n_mechs = 1;
		assert_int_equal(talk_new(&talk), 0);
		talk_run(&talk);
		assert_true(talk_is_agreed(&talk));
		assert_ptr_equal(pen_spnego_chosen(talk.client.context), &fake_red);
		expect_messages(&talk, 1);
		talk_done(&talk);
	}
}

/* The client's order decides, not the server's. */
static void test_order(void **state)
{
	struct pen_spnego_mech swapped[2];
	struct talk talk;

	talk_init(&talk, 3, false);
	swapped[0] = talk.server.mechs[TALK_BLUE];
	swapped[1] = talk.server.mechs[TALK_RED];
	talk.server.config.mechs = swapped;
	assert_int_equal(talk_new(&talk), 0);
	talk_run(&talk);
	assert_true(talk_is_agreed(&talk));
	assert_ptr_equal(pen_spnego_chosen(talk.server.context), &fake_red);
	talk_done(&talk);
}

/* A server that knows Kerberos by its proper name only, and has not looked at the token. */
static void test_second_name(void **state)
{
	for (unsigned n_legs = 1; n_legs <= 4; n_legs++) {
		struct talk talk;

		talk_init(&talk, n_legs, false);
		talk.server.mechs[TALK_RED].oids = &pen_oid_krb5;
		talk.server.mechs[TALK_RED].n_oids = 1;
		talk.server.config.n_mechs = 1;
		assert_int_equal(talk_new(&talk), 0);
		talk_run(&talk);
		assert_true(talk_is_agreed(&talk));
		assert_int_equal(talk.n_mics, 2);
		talk_done(&talk);
	}
}

static void test_hints(void **state)
{
	struct pen_spnego_token token;
	struct talk talk;

	talk_init(&talk, 3, false);
	talk.has_hints = true;
	assert_int_equal(talk_new(&talk), 0);
	talk_run(&talk);
	assert_true(talk_is_agreed(&talk));
	assert_int_equal(talk.n_mics, 2);
	assert_int_equal(pen_spnego_token_get(&token, (struct pen_slice){ talk.tokens[0].data,
									  talk.tokens[0].size }),
			 0);
	assert_int_equal(token.n_mechs, 3);
	assert_int_equal(token.hint_name.size, strlen("not_defined_in_RFC4178@please_ignore"));
	talk_done(&talk);
}

/* Every step of either side may wait. */
static void test_pending(void **state)
{
	for (unsigned n_legs = 1; n_legs <= 5; n_legs++) {
		for (unsigned pends = 1; pends < 64; pends++) {
			struct talk talk;

			talk_init(&talk, n_legs, pends & 1);
			for (int i = 0; i < TALK_N_COLOURS; i++) {
				talk.client.fake[i].pends = pends & 7;
				talk.server.fake[i].pends = pends >> 3;
			}
			assert_int_equal(talk_new(&talk), 0);
			talk_run(&talk);
			assert_true(talk_is_agreed(&talk));
			talk_done(&talk);
		}
	}
}

static void test_passes_through(void **state)
{
	struct pen_token *token = NULL;
	struct pen_slice key;
	struct talk talk;

	talk_init(&talk, 3, false);
	assert_int_equal(talk_new(&talk), 0);
	assert_false(pen_mech_spnego.has_header_signing(talk.client.context));
	assert_null(pen_spnego_chosen(talk.client.context));
	talk_run(&talk);
	assert_true(pen_mech_spnego.has_header_signing(talk.client.context));
	assert_true(pen_mech_spnego.has_header_signing(talk.server.context));
	assert_int_equal(pen_mech_spnego.token(talk.server.context, &token), 0);
	assert_non_null(token);
	pen_token_free(token);
	key = pen_mech_spnego.session_key(talk.client.context);
	assert_int_equal(key.size, 3);
	assert_memory_equal(key.data, "key", 3);
	talk_done(&talk);

	talk_init(&talk, 3, true);
	assert_int_equal(talk_new(&talk), 0);
	talk_run(&talk);
	assert_false(pen_mech_spnego.has_header_signing(talk.client.context));
	talk_done(&talk);
}

/* Before the end there is nobody, no key and no signature. */
static void test_nothing_before_the_end(void **state)
{
	struct pen_protected message = { 0 };
	struct pen_token *token = NULL;
	struct pen_buffer out;
	struct talk talk;

	pen_buffer_init(&out, 0);
	for (int begun = 0; begun < 2; begun++) {
		talk_init(&talk, 3, false);
		assert_int_equal(talk_new(&talk), 0);
		if (begun)
			talk_step(&talk.client, (struct pen_slice){ NULL, 0 }, &out);
		assert_int_equal(pen_mech_spnego.token(talk.client.context, &token), PEN_E_DENIED);
		assert_int_equal(pen_mech_spnego.session_key(talk.client.context).size, 0);
		assert_int_equal(pen_mech_spnego.signature_size(talk.client.context, 1, true), 0);
		assert_int_equal(pen_mech_spnego.protect(talk.client.context, &message),
				 PEN_E_DENIED);
		assert_int_equal(pen_mech_spnego.unprotect(talk.client.context, &message),
				 PEN_E_DENIED);
		assert_string_equal(pen_mech_spnego.reason(talk.client.context), "");
		talk_done(&talk);
	}
	pen_buffer_done(&out);
}

/* Without keys there is no MIC, and its want is no fault [RFC 4178 5]. */
static void test_cannot_sign(void **state)
{
	for (unsigned n_legs = 1; n_legs <= 4; n_legs++) {
		for (int other = 0; other < 2; other++) {
			struct talk talk;

			talk_init(&talk, n_legs, other);
			for (int i = 0; i < TALK_N_COLOURS; i++)
				talk.client.fake[i].cannot_sign = talk.server.fake[i].cannot_sign =
					true;
			assert_int_equal(talk_new(&talk), 0);
			talk_run(&talk);
			assert_true(talk_is_agreed(&talk));
			assert_int_equal(talk.n_mics, 0);
			talk_done(&talk);
		}
	}
}

/* ---- tokens without SPNEGO around them ---- */

static const uint8_t krb5_frame[] = {
	0x60, 15, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, /* and 4 bytes of token */
};

static const uint8_t ms_krb5_frame[] = {
	0x60, 15, 6, 9, 0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2,
};

static void expect_raw(int colour, const void *prefix, size_t n, unsigned n_legs, unsigned pends)
{
	const struct pen_mech *mech = colour == TALK_RED ? &fake_red : &fake_blue;
	struct pen_mech_context *client = NULL;
	struct pen_mech_client config = { 0 };
	struct pen_slice in = { NULL, 0 };
	struct pen_buffer to_server;
	struct pen_buffer to_client;
	struct talk talk;
	int r = PEN_E_AGAIN;

	talk_init(&talk, n_legs, false);
	talk.client.fake[colour].prefix = (struct pen_slice){ prefix, n };
	talk.server.fake[colour].prefix = (struct pen_slice){ prefix, n };
	talk.server.fake[colour].pends = pends;
	assert_int_equal(talk_new(&talk), 0);
	config.config = &talk.client.fake[colour];
	assert_int_equal(mech->new_client(&client, &config), 0);
	pen_buffer_init(&to_server, 0);
	pen_buffer_init(&to_client, 0);
	for (unsigned leg = 0; leg < n_legs; leg += 2) {
		to_server.size = 0;
		r = mech->step(client, in, &to_server);
		to_client.size = 0;
		talk_step(&talk.server, (struct pen_slice){ to_server.data, to_server.size },
			  &to_client);
		in = (struct pen_slice){ to_client.data, to_client.size };
	}
	if (in.size)
		r = mech->step(client, in, &to_server);
	assert_int_equal(r, 0);
	assert_int_equal(talk.server.r, 0);
	assert_ptr_equal(pen_spnego_chosen(talk.server.context), mech);
	mech->free(client);
	pen_buffer_done(&to_server);
	pen_buffer_done(&to_client);
	talk_done(&talk);
}

static void test_raw(void **state)
{
	for (unsigned n_legs = 1; n_legs <= 4; n_legs++) {
		for (unsigned pends = 0; pends < 4; pends++) {
			expect_raw(TALK_BLUE, "NTLMSSP", 8, n_legs, pends);
			expect_raw(TALK_RED, krb5_frame, sizeof(krb5_frame), n_legs, pends);
			expect_raw(TALK_RED, ms_krb5_frame, sizeof(ms_krb5_frame), n_legs, pends);
		}
	}
}

/* What fails raw is not answered with a token of SPNEGO. */
static void test_raw_fails(void **state)
{
	static const uint8_t garbage[] = "NTLMSSP\0?";
	struct pen_buffer out;
	struct talk talk;

	talk_init(&talk, 3, false);
	assert_int_equal(talk_new(&talk), 0);
	pen_buffer_init(&out, 0);
	talk_step(&talk.server, (struct pen_slice){ garbage, sizeof(garbage) }, &out);
	assert_int_equal(talk.server.r, PEN_E_BAD_DATA);
	assert_int_equal(out.size, 0);
	assert_string_equal(pen_mech_spnego.reason(talk.server.context), "blue: another token");
	pen_buffer_done(&out);
	talk_done(&talk);
}

/* ---- what cannot begin ---- */

static void test_left_out(void **state)
{
	for (int how = 0; how < 3; how++) {
		struct talk talk;

		talk_init(&talk, 3, false);
		if (how == 0)
			talk.client.fake[TALK_RED].cannot_begin = PEN_E_UNSUPPORTED;
		else
			talk.client.fake[TALK_RED].fails_with = PEN_E_DENIED;
		talk.client.fake[TALK_RED].pends = how == 2;
		assert_int_equal(talk_new(&talk), 0);
		assert_string_equal(pen_spnego_left_out(talk.client.context), "");
		talk_run(&talk);
		assert_true(talk_is_agreed(&talk));
		assert_ptr_equal(pen_spnego_chosen(talk.client.context), &fake_blue);
		assert_string_equal(pen_spnego_left_out(talk.client.context),
				    how ? "red: told to fail" : "red: it is not available here");
		assert_int_equal(talk.n_mics, 2);
		talk_done(&talk);
	}
}

static void test_none_can_begin(void **state)
{
	struct talk talk;

	talk_init(&talk, 3, false);
	talk.client.fake[TALK_RED].fails_with = PEN_E_DENIED;
	talk.client.fake[TALK_BLUE].cannot_begin = PEN_E_UNSUPPORTED;
	assert_int_equal(talk_new(&talk), 0);
	talk_run(&talk);
	assert_int_equal(talk.client.r, PEN_E_DENIED);
	assert_string_equal(
		pen_mech_spnego.reason(talk.client.context),
		"no mechanism can begin: red: told to fail; blue: it is not available here");
	talk_done(&talk);
}

/* A server goes on down the client's list. */
static void test_server_cannot_begin(void **state)
{
	struct talk talk;

	talk_init(&talk, 3, false);
	talk.server.fake[TALK_RED].cannot_begin = PEN_E_UNSUPPORTED;
	assert_int_equal(talk_new(&talk), 0);
	talk_run(&talk);
	assert_true(talk_is_agreed(&talk));
	assert_ptr_equal(pen_spnego_chosen(talk.client.context), &fake_blue);
	talk_done(&talk);
}

static void test_config(void **state)
{
	const struct pen_spnego_mech many[] = {
		{ &fake_red, NULL, &pen_oid_krb5, PEN_SPNEGO_MECHS_MAX + 1 },
	};
	const struct pen_spnego_config configs[] = { { NULL, 0 }, { many, 1 } };
	struct pen_mech_context *context = NULL;

	for (size_t i = 0; i <= PEN_COUNT(configs); i++) {
		const struct pen_spnego_config *config = i ? &configs[i - 1] : NULL;
		const struct pen_mech_client client = { .config = config };
		const struct pen_mech_server server = { .config = config };

		assert_int_equal(pen_mech_spnego.new_client(&context, &client), -EINVAL);
		assert_int_equal(pen_mech_spnego.new_server(&context, &server), -EINVAL);
		assert_null(context);
	}
	assert_null(pen_mech_spnego.free(NULL));
}

/* ---- what does not agree ---- */

static void expect_reject(const struct pen_buffer *token)
{
	struct pen_spnego_token read;

	assert_int_equal(
		pen_spnego_token_get(&read, (struct pen_slice){ token->data, token->size }), 0);
	assert_int_equal(read.state, PEN_SPNEGO_REJECT);
	assert_null(read.mech_token.data);
	assert_null(read.mech_list_mic.data);
}

/* The server says so to a client that has none of its mechanisms, and the client hears it. */
static void test_reject(void **state)
{
	struct pen_buffer out;
	struct talk talk;

	talk_init(&talk, 3, true);
	talk.client.config.n_mechs = 1;
	assert_int_equal(talk_new(&talk), 0);
	talk_run(&talk);
	assert_int_equal(talk.server.r, PEN_E_DENIED);
	expect_reject(&talk.tokens[1]);
	assert_string_equal(pen_mech_spnego.reason(talk.server.context),
			    "none of the client's 2 mechanisms is offered here");
	pen_buffer_init(&out, 0);
	talk_step(&talk.client, (struct pen_slice){ talk.tokens[1].data, talk.tokens[1].size },
		  &out);
	assert_int_equal(talk.client.r, PEN_E_DENIED);
	assert_string_equal(pen_mech_spnego.reason(talk.client.context),
			    "the server rejects the negotiation");
	assert_int_equal(out.size, 0);
	pen_buffer_done(&out);
	talk_done(&talk);
}

/* A mechanism that fails ends all, on either side, at any step, with its own reason. */
static void test_mechanism_fails(void **state)
{
	static const int errors[] = { PEN_E_DENIED, PEN_E_BAD_DATA, -EIO };

	for (size_t e = 0; e < PEN_COUNT(errors); e++) {
		for (unsigned at = 0; at < 4; at++) {
			struct talk talk;
			struct talk_side *side = at & 1 ? &talk.server : &talk.client;

			talk_init(&talk, 4, false);
			talk.client.config.n_mechs = 1;
			side->fake[TALK_RED].fails_at = at / 2;
			side->fake[TALK_RED].fails_with = errors[e];
			assert_int_equal(talk_new(&talk), 0);
			talk_run(&talk);
			if (at == 0 && errors[e] > 0)
				assert_int_equal(side->r, PEN_E_DENIED);
			else
				assert_int_equal(side->r, errors[e]);
			assert_non_null(strstr(pen_mech_spnego.reason(side->context), "red: "));
			if (at & 1)
				expect_reject(&talk.tokens[talk.n]);
			else
				assert_int_equal(talk.tokens[talk.n].size, 0);
			talk_done(&talk);
		}
	}
}

/* What stood in the buffer before a failed step still does. */
static void test_output_is_appended(void **state)
{
	static const uint8_t garbage[] = "garbage";
	struct pen_buffer out;
	struct talk talk;

	talk_init(&talk, 3, false);
	assert_int_equal(talk_new(&talk), 0);
	pen_buffer_init(&out, 0);
	assert_int_equal(pen_buffer_add(&out, "before", 6), 0);
	talk_step(&talk.client, (struct pen_slice){ garbage, sizeof(garbage) }, &out);
	assert_int_equal(talk.client.r, PEN_E_BAD_DATA);
	assert_int_equal(out.size, 6);
	talk_step(&talk.server, (struct pen_slice){ garbage, sizeof(garbage) }, &out);
	assert_int_equal(talk.server.r, PEN_E_BAD_DATA);
	assert_memory_equal(out.data, "before", 6);
	assert_memory_equal(out.data + 6, "\xa1\x07\x30\x05\xa0\x03\x0a\x01\x02", 9);
	assert_int_equal(out.size, 15);
	pen_buffer_done(&out);
	talk_done(&talk);
}

static void test_allocation(void **state)
{
	for (int other = 0; other < 2; other++) {
		for (size_t n = 1;; n++) {
			struct talk talk;
			int r;

			talk_init(&talk, 3, other);
			talk.client.fake[TALK_RED].pends = talk.server.fake[TALK_RED].pends = 7;
			pen_fail_at(n);
			r = talk_new(&talk);
			if (!r)
				talk_run(&talk);
			if (!pen_fail_hit()) {
				assert_true(talk_is_agreed(&talk));
				talk_done(&talk);
				break;
			}
			assert_true(r == -ENOMEM || talk.client.r == -ENOMEM ||
				    talk.server.r == -ENOMEM);
			assert_true(r || !talk_is_agreed(&talk));
			talk_done(&talk);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_choice),
		cmocka_unit_test(test_other_choice),
		cmocka_unit_test(test_messages_after_other_choice),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_second_name),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_passes_through),
		cmocka_unit_test(test_nothing_before_the_end),
		cmocka_unit_test(test_cannot_sign),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_raw_fails),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_none_can_begin),
		cmocka_unit_test(test_server_cannot_begin),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_reject),
		cmocka_unit_test(test_mechanism_fails),
		cmocka_unit_test(test_output_is_appended),
		cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
