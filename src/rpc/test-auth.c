/* SPDX-License-Identifier: MIT */
/*
 * Calls under a security context, from a client's engine to a server's: whoever they are
 * proved by, however they are protected, and however their bytes are cut.
 */
#include "rpc/test-auth.h"
#include "support/fail.h"

static const struct pen_auth_info *open_pair(struct auth_pair *pair, enum auth_scheme scheme,
					     uint8_t level, bool refuse_ndr64)
{
	const struct pen_auth_info *auth;

	assert_int_equal(auth_pair_open(pair), 0);
	assert_int_equal(auth_pair_add(pair, scheme, level, &auth), 0);
	assert_int_equal(auth_pair_bind(pair, refuse_ndr64, auth), 0);
	if (pair->heard[TO_CLIENT].n_bound != 1)
		fail_msg("scheme %d level %u: %s; server: %s", scheme, level,
			 pen_conn_reason(pair->conns[TO_CLIENT]),
			 pen_conn_reason(pair->conns[TO_SERVER]));
	assert_int_equal(pair->heard[TO_CLIENT].n_authenticated, 1);
	assert_int_equal(pair->heard[TO_SERVER].n_authenticated, 1);
	return auth;
}

static void expect_echo(struct auth_pair *pair, const struct pen_auth_info *auth, unsigned flags,
			size_t n)
{
	unsigned n_responses = pair->heard[TO_CLIENT].n_responses;
	unsigned seed = (unsigned)n + 3;

	assert_int_equal(auth_pair_request(pair, auth, 1, flags, n, seed), 0);
	assert_int_equal(auth_pair_run(pair), 0);
	if (pair->heard[TO_CLIENT].n_responses != n_responses + 1)
		fail_msg("%s level %u, %zu bytes: %s; server: %s", auth->mech, auth->auth_level, n,
			 pen_conn_reason(pair->conns[TO_CLIENT]),
			 pen_conn_reason(pair->conns[TO_SERVER]));
	assert_int_equal(pair->heard[TO_SERVER].auth_level, auth->auth_level);
	assert_int_equal(pair->heard[TO_CLIENT].auth_level, auth->auth_level);
	/* Before a verification trailer the request was padded. */
	assert_in_range(pair->heard[TO_CLIENT].stub.size, n, (n + 3) & ~(size_t)3);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pair->heard[TO_CLIENT].stub.data[i], (uint8_t)(i * 31 + seed));
}

/* Stubs of no bytes, of odd numbers, at the edges of fragments, and of a megabyte. */
static void test_every_mechanism_level_order_and_syntax(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 16, 4096, 5755, 5760, 5761, 5800, 20001 };

	for (unsigned i = 0; i < N_AUTH_SCHEMES * PEN_COUNT(auth_levels) * 8; i++) {
		enum auth_scheme scheme = (enum auth_scheme)(i / 8 / PEN_COUNT(auth_levels));
		uint8_t level = auth_levels[i / 8 % PEN_COUNT(auth_levels)];
		unsigned flags = i & 1 ? PEN_REQUEST_BIG_ENDIAN : 0;
		const struct pen_auth_info *auth;
		struct auth_pair pair;

		auth_pair_init(&pair);
		pair.drops_header_signing = i & 4;
		auth = open_pair(&pair, scheme, level, i & 2);
		/* The verification trailer would tell, so a server that lacks it is played. */
		for (size_t k = 0; k < PEN_COUNT(sizes) && !pair.drops_header_signing; k++)
			expect_echo(&pair, auth, flags, sizes[k]);
		if (!pair.drops_header_signing)
			assert_int_equal(pair.heard[TO_SERVER].n_verified,
					 level >= PEN_AUTH_LEVEL_INTEGRITY);
		auth_pair_close(&pair);
	}
}

static void test_a_megabyte(void **state)
{
	for (int scheme = 0; scheme < N_AUTH_SCHEMES; scheme++) {
		const struct pen_auth_info *auth;
		struct auth_pair pair;

		auth_pair_init(&pair);
		auth = open_pair(&pair, (enum auth_scheme)scheme, PEN_AUTH_LEVEL_PRIVACY, false);
		expect_echo(&pair, auth, 0, 1 << 20);
		expect_echo(&pair, auth, 0, 5);
		auth_pair_close(&pair);
	}
}

static void test_any_cut(void **state)
{
	for (int scheme = 0; scheme < N_AUTH_SCHEMES; scheme++) {
		for (size_t cut = 1; cut < 40; cut += cut < 8 ? 1 : 7) {
			const struct pen_auth_info *auth;
			struct auth_pair pair;

			auth_pair_init(&pair);
			pair.cut = cut;
			auth = open_pair(&pair, (enum auth_scheme)scheme, PEN_AUTH_LEVEL_PRIVACY,
					 false);
			expect_echo(&pair, auth, 0, 100);
			expect_echo(&pair, auth, PEN_REQUEST_BIG_ENDIAN, 6000);
			auth_pair_close(&pair);
		}
	}
}

/* However many legs there are, and whichever of them wait for work, on both sides. */
static void test_any_legs_and_any_wait(void **state)
{
	for (unsigned n_legs = 1; n_legs <= 7; n_legs++) {
		for (unsigned pends = 0; pends < 16; pends++) {
			const struct pen_auth_info *auth;
			struct auth_pair pair;

			auth_pair_init(&pair);
			pair.fake_client.n_legs = pair.fake_server.n_legs = n_legs;
			pair.fake_client.pends = pends;
			pair.fake_server.pends = pends ^ 5;
			auth = open_pair(&pair, AUTH_RED, PEN_AUTH_LEVEL_INTEGRITY, false);
			expect_echo(&pair, auth, 0, 50);
			expect_echo(&pair, auth, 0, 50);
			auth_pair_close(&pair);
		}
	}
}

/* Security contexts of every mechanism and level in one association, their calls mixed. */
static void test_several_contexts_interleaved(void **state)
{
	enum { N = N_AUTH_SCHEMES * PEN_COUNT(auth_levels) };
	const struct pen_auth_info *auths[N];
	struct auth_pair pair;

	auth_pair_init(&pair);
	pair.fake_client.pends = pair.fake_server.pends = 2;
	auths[0] = open_pair(&pair, AUTH_RED, PEN_AUTH_LEVEL_PRIVACY, false);
	for (unsigned i = 1; i < N; i++) {
		assert_int_equal(auth_pair_add(&pair, (enum auth_scheme)(i % N_AUTH_SCHEMES),
					       auth_levels[i / N_AUTH_SCHEMES], &auths[i]),
				 0);
		assert_int_equal(auth_pair_request(&pair, auths[i], 1, 0, 9, i), PEN_E_DENIED);
		assert_int_equal(auth_pair_request(&pair, auths[i - 1], 1, 0, 900, i), 0);
		assert_int_equal(auth_pair_bind(&pair, false, auths[i]), 0);
		if (pair.heard[TO_CLIENT].n_authenticated != i + 1)
			fail_msg("%u: %s; server: %s", i, pen_conn_reason(pair.conns[TO_CLIENT]),
				 pen_conn_reason(pair.conns[TO_SERVER]));
	}
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < N; i++)
			assert_int_equal(auth_pair_request(&pair, auths[(i * 7 + round) % N], 1,
							   i & 1 ? PEN_REQUEST_BIG_ENDIAN : 0,
							   i * 999, i),
					 0);
		assert_int_equal(auth_pair_run(&pair), 0);
		assert_int_equal(pair.heard[TO_CLIENT].n_responses, N - 1 + (round + 1) * N);
	}
	for (unsigned i = 0; i < N; i++)
		expect_echo(&pair, auths[i], 0, 77);
	auth_pair_close(&pair);
}

/* A fault ends a call, and is known for what nobody has signed; the next goes on. */
static void test_faults_are_not_signed(void **state)
{
	for (unsigned i = 0; i < N_AUTH_SCHEMES * PEN_COUNT(auth_levels); i++) {
		uint8_t level = auth_levels[i / N_AUTH_SCHEMES];
		const struct pen_auth_info *auth;
		struct auth_pair pair;

		auth_pair_init(&pair);
		auth = open_pair(&pair, (enum auth_scheme)(i % N_AUTH_SCHEMES), level, false);
		for (unsigned k = 1; k < 4; k++) {
			assert_int_equal(auth_pair_request(&pair, auth, 5, 0, 20, k), 0);
			assert_int_equal(auth_pair_run(&pair), 0);
			assert_int_equal(pair.heard[TO_CLIENT].n_faults, k);
			assert_int_equal(pair.heard[TO_CLIENT].status, 5);
			assert_int_equal(pair.heard[TO_CLIENT].is_unsigned,
					 level > PEN_AUTH_LEVEL_CONNECT);
			expect_echo(&pair, auth, 0, 30);
		}
		auth_pair_close(&pair);
	}
}

/* Notices have their place among what is signed. */
static void test_notices_are_signed(void **state)
{
	for (int scheme = 0; scheme < N_AUTH_SCHEMES; scheme++) {
		const struct pen_auth_info *auth;
		struct auth_pair pair;

		auth_pair_init(&pair);
		auth = open_pair(&pair, (enum auth_scheme)scheme, PEN_AUTH_LEVEL_PRIVACY, false);
		for (uint32_t id = 2; id < 6; id++) {
			assert_int_equal(auth_pair_request(&pair, auth, 1, 0, 20, id), 0);
			assert_int_equal(pen_conn_cancel(pair.conns[TO_CLIENT], id), 0);
			assert_int_equal(pen_conn_orphan(pair.conns[TO_CLIENT], id), 0);
			assert_int_equal(auth_pair_run(&pair), 0);
		}
		expect_echo(&pair, auth, 0, 30);
		auth_pair_close(&pair);
	}
}

/* A server that refuses the first leg says only that. */
static void test_what_a_refused_proof_may_have_been(void **state)
{
	for (int scheme = 0; scheme < N_AUTH_SCHEMES; scheme++) {
		static const uint8_t nak[24] = { 5, 0, 13, 3, 16, [8] = 24, [12] = 1, [16] = 9 };
		const struct pen_auth_info *auth;
		struct pen_buffer bytes = { 0 };
		struct auth_pair pair;
		const char *reason;

		auth_pair_init(&pair);
		assert_int_equal(auth_pair_open(&pair), 0);
		assert_int_equal(auth_pair_add(&pair, (unsigned)scheme, 6, &auth), 0);
		assert_int_equal(
			pen_conn_bind(pair.conns[TO_CLIENT], &rpcecho_interface.id, false, 0, auth),
			0);
		assert_int_equal(auth_pull(&pair, TO_CLIENT), 0);
		assert_int_equal(auth_take(pair.conns[TO_CLIENT], &bytes), 0);
		assert_int_equal(pen_conn_feed(pair.conns[TO_CLIENT], nak, sizeof(nak)), 0);
		assert_int_equal(auth_pull(&pair, TO_CLIENT), 0);
		assert_int_equal(pair.heard[TO_CLIENT].n_rejected, 1);
		reason = pen_conn_reason(pair.conns[TO_CLIENT]);
		assert_non_null(strstr(reason, "the authentication is not valid"));
		assert_int_equal(!!strstr(reason, "do the clocks agree"), scheme == AUTH_SPNEGO);
		assert_true(strlen(reason) < 250);
		pen_buffer_done(&bytes);
		auth_pair_close(&pair);
	}
}

/* One talk of all kinds; the first error. */
static int talk(struct auth_pair *pair)
{
	const struct pen_auth_info *red, *ntlm;
	int r = auth_pair_open(pair);

	if (!r)
		r = auth_pair_add(pair, AUTH_RED, PEN_AUTH_LEVEL_INTEGRITY, &red);
	if (!r)
		r = auth_pair_bind(pair, false, red);
	if (!r)
		r = auth_pair_request(pair, red, 1, 0, 7000, 1);
	if (!r)
		r = auth_pair_run(pair);
	if (!r)
		r = auth_pair_add(pair, AUTH_SPNEGO, PEN_AUTH_LEVEL_PRIVACY, &ntlm);
	if (!r)
		r = auth_pair_bind(pair, false, ntlm);
	if (!r)
		r = auth_pair_request(pair, ntlm, 1, 0, 7000, 2);
	return r ? r : auth_pair_run(pair);
}

/* What libcrypto and mechanisms make of one is theirs; all is told, and nothing leaks. */
static void test_any_failed_allocation_is_told_and_leaks_nothing(void **state)
{
	struct auth_pair pair;
	bool was_hit = true;

	for (size_t n = 1; was_hit; n++) {
		int r;

		auth_pair_init(&pair);
		pen_fail_at(n);
		r = talk(&pair);
		was_hit = pen_fail_hit();
		pen_fail_at(0);
		if (!r)
			assert_true(was_hit || pair.heard[TO_CLIENT].n_responses == 2);
		auth_pair_close(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_mechanism_level_order_and_syntax),
		cmocka_unit_test(test_a_megabyte),
		cmocka_unit_test(test_any_cut),
		cmocka_unit_test(test_any_legs_and_any_wait),
		cmocka_unit_test(test_several_contexts_interleaved),
		cmocka_unit_test(test_faults_are_not_signed),
		cmocka_unit_test(test_notices_are_signed),
		cmocka_unit_test(test_what_a_refused_proof_may_have_been),
		cmocka_unit_test(test_any_failed_allocation_is_told_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
