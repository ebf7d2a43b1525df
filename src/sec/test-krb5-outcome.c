/* SPDX-License-Identifier: MIT */
/* A server whose client's tokens another takes; with a KDC: test/peers/test-authd.sh. */
#include "crypto/crypto.h"
#include "sec/krb5-cipher.h"
#include "sec/krb5-context.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t key[32] = "a key that both of them have, so";

/* The other one, who is told what to return. */
static struct elsewhere {
	int results[3];
	unsigned n_legs, n_begun, n_ended;
	size_t n_in;
	struct pen_krb5_outcome outcome;
	struct pen_token *token;
} elsewhere;

static struct pen_mech_world world;

static int get_random(void *data, void *bytes, size_t n)
{
	memset(bytes, 7, n);
	return 0;
}

static int take_leg(void *data, void **legsp, const struct pen_mech_server *server,
		    struct pen_slice in, struct pen_buffer *out, struct pen_krb5_outcome *outcome,
		    char reason[PEN_KRB5_REASON_MAX])
{
	int r = elsewhere.results[elsewhere.n_legs++];

	assert_ptr_equal(data, &elsewhere);
	assert_string_equal(server->peer, "here");
	if (!*legsp) {
		*legsp = malloc(1);
		if (!*legsp)
			return -ENOMEM;
		elsewhere.n_begun++;
	}
	elsewhere.n_in += in.size;
	if (pen_buffer_add(out, "token", 5))
		return -ENOMEM;
	if (r > 0 && r != PEN_E_AGAIN)
		strcpy(reason, "the other one does not want to");
	if (r)
		return r;
	*outcome = elsewhere.outcome;
	outcome->token = pen_token_ref(elsewhere.token);
	return 0;
}

static void end_legs(void *legs)
{
	free(legs);
	elsewhere.n_ended++;
}

static const struct pen_krb5_acceptor acceptor = { .leg = take_leg, .end = end_legs };
static const struct pen_krb5_server config = { .acceptor = &acceptor, .data = &elsewhere };
static const struct pen_mech_server server = {
	.world = &world, .config = &config, .peer = "here", .level = PEN_AUTH_LEVEL_PRIVACY
};

static void tell(int first, int second)
{
	elsewhere = (struct elsewhere){
		.results = { first, second },
		.outcome = { .key_type = PEN_KRB5_AES256_SHA1,
			     .flags = GSS_C_SEQUENCE_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG,
			     .session_key = { key, 16 },
			     .agreed = { .type = PEN_KRB5_AES256_SHA1,
					 .key = { key, sizeof(key) },
					 .is_acceptors_key = true,
					 .n_sent = 5,
					 .n_received = 9 } },
		.token = elsewhere.token,
	};
}

static int leg(struct pen_mech_context *context, const char *token, struct pen_buffer *out)
{
	int r = pen_mech_krb5.step(
		context, (struct pen_slice){ (const uint8_t *)token, strlen(token) }, out);

	if (r == PEN_PENDING) {
		pen_mech_krb5.work(context);
		r = pen_mech_krb5.step(context, (struct pen_slice){ 0 }, out);
	}
	return r;
}

static int run(struct pen_mech_context **contextp)
{
	struct pen_buffer out;
	int r = pen_mech_krb5.new_server(contextp, &server);

	if (r)
		return r;
	pen_buffer_init(&out, 0);
	r = leg(*contextp, "n\3\2\1\1", &out);
	if (r == PEN_E_AGAIN)
		r = leg(*contextp, "third", &out);
	pen_buffer_done(&out);
	return r;
}

/* What the other one agreed on protects messages here. */
static void test_what_comes_of_it(void **state)
{
	struct pen_krb5_agreed agreed;
	struct pen_krb5_session *client;
	struct pen_mech_context *context = NULL;
	struct pen_token *token;

	tell(PEN_E_AGAIN, 0);
	assert_int_equal(run(&context), 0);
	assert_int_equal(elsewhere.n_in, 10);
	assert_int_equal(elsewhere.n_begun, 1);
	assert_int_equal(elsewhere.n_ended, 1);
	assert_int_equal(pen_mech_krb5.token(context, &token), 0);
	assert_ptr_equal(token, elsewhere.token);
	pen_token_free(token);
	assert_int_equal(pen_mech_krb5.session_key(context).size, 16);
	assert_memory_equal(pen_mech_krb5.session_key(context).data, key, 16);

	agreed = elsewhere.outcome.agreed;
	agreed.is_initiator = true;
	agreed.n_sent = 9;
	agreed.n_received = 5;
	assert_int_equal(pen_krb5_session_new(&client, &world, &agreed), 0);
	for (int i = 0; i < 3; i++) {
		uint8_t data[] = "message", signature[100];
		struct pen_protected message = {
			.data = data,
			.n = sizeof(data),
			.signature = signature,
			.n_signature = pen_mech_krb5.signature_size(context, sizeof(data), true),
			.is_sealed = true,
		};

		assert_in_range(message.n_signature, 1, sizeof(signature));
		assert_int_equal(pen_krb5_session_protect(client, &message), 0);
		assert_int_equal(pen_mech_krb5.unprotect(context, &message), 0);
		assert_memory_equal(data, "message", sizeof(data));
		assert_int_equal(pen_mech_krb5.protect(context, &message), 0);
		assert_int_equal(pen_krb5_session_unprotect(client, &message), 0);
		assert_memory_equal(data, "message", sizeof(data));
	}
	pen_krb5_session_free(client);
	pen_mech_krb5.free(context);
}

static void test_what_the_other_one_refuses(void **state)
{
	static const int rows[][2] = { { PEN_E_DENIED, 0 },
				       { PEN_E_BAD_DATA, 0 },
				       { PEN_E_AGAIN, PEN_E_DENIED },
				       { -EMFILE, 0 } };

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		int last = rows[i][0] == PEN_E_AGAIN ? rows[i][1] : rows[i][0];
		struct pen_mech_context *context = NULL;
		struct pen_token *token;

		tell(rows[i][0], rows[i][1]);
		assert_int_equal(run(&context), last);
		if (last > 0)
			assert_string_equal(pen_mech_krb5.reason(context),
					    "the other one does not want to");
		assert_int_equal(elsewhere.n_ended, 1);
		assert_int_equal(pen_mech_krb5.token(context, &token), PEN_E_DENIED);
		assert_int_equal(pen_mech_krb5.signature_size(context, 8, true), 0);
		pen_mech_krb5.free(context);
	}
}

/* A key of a kind that is none of ours, and an RC4 context that is none. */
static void test_outcomes_that_are_none(void **state)
{
	struct pen_mech_context *context = NULL;

	for (int i = 0; i < 3; i++) {
		tell(0, 0);
		if (i == 0)
			elsewhere.outcome.agreed.key.size = 5;
		else if (i == 1)
			elsewhere.outcome.agreed.type = elsewhere.outcome.key_type = 99;
		else
			elsewhere.outcome.key_type = ENCTYPE_ARCFOUR_HMAC;
		assert_int_not_equal(run(&context), 0);
		assert_true(strlen(pen_mech_krb5.reason(context)) > 10);
		assert_int_equal(elsewhere.n_ended, 1);
		pen_mech_krb5.free(context);
	}
}

/* The context may go while the client is awaited. */
static void test_left_half_way(void **state)
{
	struct pen_mech_context *context = NULL;
	struct pen_krb5_outcome outcome;
	struct pen_buffer out;

	pen_buffer_init(&out, 0);
	tell(PEN_E_AGAIN, 0);
	assert_int_equal(pen_mech_krb5.new_server(&context, &server), 0);
	assert_int_equal(leg(context, "n\3\2\1\1", &out), PEN_E_AGAIN);
	assert_int_equal(out.size, 5);
	assert_int_equal(elsewhere.n_ended, 0);
	assert_int_equal(pen_krb5_get_outcome(context, &outcome), PEN_E_UNSUPPORTED);
	pen_mech_krb5.free(context);
	assert_int_equal(elsewhere.n_ended, 1);
	/* What is no token is not even shown. */
	assert_int_equal(pen_mech_krb5.new_server(&context, &server), 0);
	assert_int_equal(leg(context, "garbage", &out), PEN_E_BAD_DATA);
	assert_int_equal(elsewhere.n_legs, 1);
	pen_mech_krb5.free(context);
	pen_buffer_done(&out);
}

static void test_no_memory(void **state)
{
	for (size_t n = 1;; n++) {
		struct pen_mech_context *context = NULL;
		int r;

		tell(PEN_E_AGAIN, 0);
		pen_fail_at(n);
		r = run(&context);
		pen_mech_krb5.free(context);
		assert_int_equal(elsewhere.n_ended, elsewhere.n_begun);
		if (!pen_fail_hit()) {
			assert_int_equal(r, 0);
			break;
		}
		assert_int_equal(r, -ENOMEM);
	}
}

static int set_up(void **state)
{
	struct pen_crypto *crypto;

	setenv("KRB5_CONFIG", "/dev/null", 1);
	assert_int_equal(pen_crypto_new(&crypto), 0);
	world = (struct pen_mech_world){ .crypto = crypto, .random = get_random };
	return pen_token_new_unix(&elsewhere.token, 1000, 100, NULL, 0, 0, false);
}

static int tear_down(void **state)
{
	pen_token_free(elsewhere.token);
	pen_crypto_free((struct pen_crypto *)(uintptr_t)world.crypto);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_comes_of_it),
		cmocka_unit_test(test_what_the_other_one_refuses),
		cmocka_unit_test(test_outcomes_that_are_none),
		cmocka_unit_test(test_left_half_way),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
