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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_mechanism_level_order_and_syntax),
		cmocka_unit_test(test_a_megabyte),
		cmocka_unit_test(test_any_cut),
		cmocka_unit_test(test_any_legs_and_any_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
