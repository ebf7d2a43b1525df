/* SPDX-License-Identifier: MIT */
/*
 * Somebody on the way, or a server that means no good, would have less protection than
 * the client asked for. At whatever step, there is none of it, and a sentence that says why.
 */
#include "rpc/pdu.h"
#include "rpc/test-auth.h"

/* What is done to the first PDU of a type. */
struct lie {
	const char *what;
	int way;
	uint8_t ptype;
	void (*tell)(uint8_t *pdu, size_t *np);
	const char *reason; /* in the sentence of the side that hears it */
};

static size_t length_at(const uint8_t *pdu, size_t at)
{
	return pdu[at] | (size_t)pdu[at + 1] << 8;
}

static uint8_t *trailer_of(uint8_t *pdu, size_t n)
{
	return pdu + n - length_at(pdu, 10) - PEN_SEC_TRAILER_SIZE;
}

static void other_type(uint8_t *pdu, size_t *np)
{
	trailer_of(pdu, *np)[0] ^= 1;
}

static void level_connect(uint8_t *pdu, size_t *np)
{
	trailer_of(pdu, *np)[1] = PEN_AUTH_LEVEL_CONNECT;
}

static void other_context(uint8_t *pdu, size_t *np)
{
	trailer_of(pdu, *np)[4] ^= 1;
}

static void longer_padding(uint8_t *pdu, size_t *np)
{
	trailer_of(pdu, *np)[2] += 200;
}

static void no_token(uint8_t *pdu, size_t *np)
{
	*np -= length_at(pdu, 10) + PEN_SEC_TRAILER_SIZE;
	pdu[8] = (uint8_t)*np;
	pdu[9] = (uint8_t)(*np >> 8);
	pdu[10] = pdu[11] = 0;
}

static void empty_token(uint8_t *pdu, size_t *np)
{
	*np -= length_at(pdu, 10);
	pdu[8] = (uint8_t)*np;
	pdu[9] = (uint8_t)(*np >> 8);
	pdu[10] = pdu[11] = 0;
}

static void gone(uint8_t *pdu, size_t *np)
{
	*np = 0;
}

static const struct lie lies[] = {
	{ "bind of another type", TO_SERVER, PEN_PDU_BIND, other_type, NULL },
	{ "bind of level connect", TO_SERVER, PEN_PDU_BIND, level_connect, "level" },
	{ "bind of nobody", TO_SERVER, PEN_PDU_BIND, no_token, "proves nothing" },
	{ "bind_ack of another type", TO_CLIENT, PEN_PDU_BIND_ACK, other_type,
	  "the server answers" },
	{ "bind_ack of level connect", TO_CLIENT, PEN_PDU_BIND_ACK, level_connect,
	  "the server answers" },
	{ "bind_ack of another context", TO_CLIENT, PEN_PDU_BIND_ACK, other_context,
	  "the server answers" },
	{ "bind_ack without a token", TO_CLIENT, PEN_PDU_BIND_ACK, no_token, "proves nothing" },
	{ "bind_ack of an empty token", TO_CLIENT, PEN_PDU_BIND_ACK, empty_token,
	  "proves nothing" },
	{ "bind_ack of much padding", TO_CLIENT, PEN_PDU_BIND_ACK, longer_padding, "cut short" },
	{ "no auth3", TO_SERVER, PEN_PDU_AUTH3, gone, NULL },
	{ "auth3 of another type", TO_SERVER, PEN_PDU_AUTH3, other_type, NULL },
	{ "auth3 of level connect", TO_SERVER, PEN_PDU_AUTH3, level_connect, NULL },
	{ "a request that is not signed", TO_SERVER, PEN_PDU_REQUEST, no_token, NULL },
	{ "a request of level connect", TO_SERVER, PEN_PDU_REQUEST, level_connect, NULL },
	{ "a request of another context", TO_SERVER, PEN_PDU_REQUEST, other_context, NULL },
	{ "a response that is not signed", TO_CLIENT, PEN_PDU_RESPONSE, no_token, "not signed" },
	{ "a response of an empty signature", TO_CLIENT, PEN_PDU_RESPONSE, empty_token,
	  "not signed" },
	{ "a response of level connect", TO_CLIENT, PEN_PDU_RESPONSE, level_connect,
	  "answer is of" },
	{ "a response of another type", TO_CLIENT, PEN_PDU_RESPONSE, other_type, "answer is of" },
	{ "a response of another context", TO_CLIENT, PEN_PDU_RESPONSE, other_context,
	  "answer is of" },
	{ "a response of much padding", TO_CLIENT, PEN_PDU_RESPONSE, longer_padding, "cut short" },
};

static void meddle(struct auth_pair *pair, int way, struct pen_buffer *bytes)
{
	const struct lie *lie = pair->meddle_data;
	size_t at = 0;

	if (way != lie->way)
		return;
	while (at < bytes->size) {
		size_t n = length_at(bytes->data + at, 8);
		size_t after = n;

		if (bytes->data[at + 2] == lie->ptype) {
			lie->tell(bytes->data + at, &after);
			memmove(bytes->data + at + after, bytes->data + at + n,
				bytes->size - at - n);
			bytes->size -= n - after;
			pair->meddle = NULL;
			return;
		}
		at += n;
	}
}

/* The call is not answered; where it is the client that notices, it says what. */
static void test_no_lie_is_believed(void **state)
{
	static const enum auth_scheme schemes[] = { AUTH_RED, AUTH_NTLM };

	for (size_t i = 0; i < PEN_COUNT(lies) * PEN_COUNT(schemes); i++) {
		const struct lie *lie = &lies[i / PEN_COUNT(schemes)];
		enum auth_scheme scheme = schemes[i % PEN_COUNT(schemes)];
		const struct pen_auth_info *auth;
		struct auth_pair pair;
		const char *reason;

		auth_pair_init(&pair);
		pair.meddle = meddle;
		pair.meddle_data = (void *)(uintptr_t)lie;
		assert_int_equal(auth_pair_open(&pair), 0);
		assert_int_equal(auth_pair_add(&pair, scheme, PEN_AUTH_LEVEL_PRIVACY, &auth), 0);
		assert_int_equal(auth_pair_bind(&pair, false, auth), 0);
		reason = pen_conn_reason(pair.conns[TO_CLIENT]);
		if (auth_pair_context(&pair) && auth_pair_request(&pair, auth, 1, 0, 50, 1) == 0)
			assert_int_equal(auth_pair_run(&pair), 0);
		assert_null(pair.meddle);
		if (pair.heard[TO_CLIENT].n_responses)
			fail_msg("%s is believed", lie->what);
		if (lie->reason && !strstr(reason, lie->reason))
			fail_msg("%s: %s", lie->what, reason);
		auth_pair_close(&pair);
	}
}

/* Where neither side knows of header signing the verification trailer tells the server. */
static void test_header_signing_is_not_taken_away(void **state)
{
	const struct pen_auth_info *auth;
	struct auth_pair pair;

	auth_pair_init(&pair);
	pair.drops_header_signing = pair.tolerates_denial = true;
	assert_int_equal(auth_pair_open(&pair), 0);
	assert_int_equal(auth_pair_add(&pair, AUTH_RED, PEN_AUTH_LEVEL_INTEGRITY, &auth), 0);
	assert_int_equal(auth_pair_bind(&pair, false, auth), 0);
	assert_int_equal(auth_pair_request(&pair, auth, 1, 0, 50, 1), 0);
	assert_int_equal(auth_pair_run(&pair), 0);
	assert_int_equal(pair.heard[TO_SERVER].n_denied, 1);
	assert_int_equal(pair.heard[TO_CLIENT].n_responses, 0);
	auth_pair_close(&pair);
}

/* A mechanism that cannot sign is of no use where that is asked for. */
static void test_what_cannot_sign_is_refused(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(auth_levels); i++) {
		const struct pen_auth_info *auth;
		struct auth_pair pair;
		bool is_connect = auth_levels[i] == PEN_AUTH_LEVEL_CONNECT;

		auth_pair_init(&pair);
		pair.fake_client.cannot_sign = true;
		assert_int_equal(auth_pair_open(&pair), 0);
		assert_int_equal(auth_pair_add(&pair, AUTH_RED, auth_levels[i], &auth), 0);
		assert_int_equal(auth_pair_bind(&pair, false, auth), 0);
		assert_int_equal(pair.heard[TO_CLIENT].n_bound, is_connect);
		assert_int_equal(pair.heard[TO_CLIENT].n_rejected, !is_connect);
		if (!is_connect)
			assert_non_null(strstr(pen_conn_reason(pair.conns[TO_CLIENT]), "cannot"));
		auth_pair_close(&pair);
	}
}

/* A server whose proof fails is not called; nor does it learn of the call. */
static void test_a_server_that_proves_nothing(void **state)
{
	for (unsigned n_legs = 2; n_legs <= 5; n_legs++) {
		const struct pen_auth_info *auth;
		struct auth_pair pair;

		auth_pair_init(&pair);
		pair.fake_client.n_legs = pair.fake_server.n_legs = n_legs;
		pair.fake_client.fails_with = PEN_E_DENIED;
		pair.fake_client.fails_at = n_legs / 2;
		assert_int_equal(auth_pair_open(&pair), 0);
		assert_int_equal(auth_pair_add(&pair, AUTH_RED, PEN_AUTH_LEVEL_PRIVACY, &auth), 0);
		assert_int_equal(auth_pair_bind(&pair, false, auth), 0);
		assert_int_equal(pair.heard[TO_CLIENT].n_rejected, 1);
		assert_int_equal(pair.heard[TO_CLIENT].status, PEN_WERR_ACCESS_DENIED);
		assert_non_null(strstr(pen_conn_reason(pair.conns[TO_CLIENT]), "told to fail"));
		assert_true(pen_conn_is_closed(pair.conns[TO_CLIENT]));
		auth_pair_close(&pair);
	}
}

/* What cannot begin has sent nothing, and another proof may. */
static void test_what_cannot_begin_leaves_nothing_behind(void **state)
{
	const struct pen_auth_info *bad, *good;
	struct auth_pair pair;

	auth_pair_init(&pair);
	pair.fake_client.fails_with = PEN_E_DENIED;
	assert_int_equal(auth_pair_open(&pair), 0);
	assert_int_equal(auth_pair_add(&pair, AUTH_RED, PEN_AUTH_LEVEL_PRIVACY, &bad), 0);
	assert_int_equal(auth_pair_bind(&pair, false, bad), 0);
	assert_int_equal(pair.heard[TO_CLIENT].n_rejected, 1);
	assert_int_equal(pair.n_carried[TO_SERVER], 0);
	assert_int_equal(auth_pair_bind(&pair, false, bad), PEN_E_DENIED);
	assert_int_equal(auth_pair_add(&pair, AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY, &good), 0);
	assert_int_equal(auth_pair_bind(&pair, false, good), 0);
	assert_int_equal(pair.heard[TO_CLIENT].n_authenticated, 1);
	auth_pair_close(&pair);
}

static void test_levels_that_are_none(void **state)
{
	static const uint8_t levels[] = { 0, 1, 3, 7, 255 };
	const struct pen_auth_info *auth;
	struct auth_pair pair;

	auth_pair_init(&pair);
	assert_int_equal(auth_pair_open(&pair), 0);
	for (size_t i = 0; i < PEN_COUNT(levels); i++)
		assert_int_equal(auth_pair_add(&pair, AUTH_RED, levels[i], &auth), -EINVAL);
	auth_pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_lie_is_believed),
		cmocka_unit_test(test_header_signing_is_not_taken_away),
		cmocka_unit_test(test_what_cannot_sign_is_refused),
		cmocka_unit_test(test_a_server_that_proves_nothing),
		cmocka_unit_test(test_what_cannot_begin_leaves_nothing_behind),
		cmocka_unit_test(test_levels_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
