/* SPDX-License-Identifier: MIT */
/*
 * Somebody on the way changes a bit. Whichever it is of a signed or sealed conversation,
 * neither side is told of anything but what the other has said: what is changed is
 * refused before it is delivered, or it means nothing.
 */
#include "rpc/test-auth.h"

enum { STUB_SIZE = 37, CALLS = 2 };

struct flip {
	int way;
	size_t bit;  /* of all that goes this way */
	size_t seen; /* bytes so far */
	bool is_done;
	uint8_t ptype; /* of the PDU in which it was */
};

/* The PDU that the byte at at is in. */
static uint8_t ptype_at(const struct pen_buffer *bytes, size_t at)
{
	size_t begin = 0;

	for (;;) {
		size_t n = bytes->data[begin + 8] | (size_t)bytes->data[begin + 9] << 8;

		if (at < begin + n)
			return bytes->data[begin + 2];
		begin += n;
	}
}

static void meddle(struct auth_pair *pair, int way, struct pen_buffer *bytes)
{
	struct flip *flip = pair->meddle_data;
	size_t at = flip->bit / 8;

	if (way != flip->way)
		return;
	if (!flip->is_done && at >= flip->seen && at < flip->seen + bytes->size) {
		flip->ptype = ptype_at(bytes, at - flip->seen);
		bytes->data[at - flip->seen] ^= (uint8_t)(1u << flip->bit % 8);
		flip->is_done = true;
	}
	flip->seen += bytes->size;
}

/* One bind and some calls; whatever is delivered must be what was sent. */
static void talk(enum auth_scheme scheme, uint8_t level, struct flip *flip,
		 struct auth_heard heard[2])
{
	const struct pen_auth_info *auth;
	struct auth_pair pair;

	auth_pair_init(&pair);
	pair.meddle = meddle;
	pair.meddle_data = flip;
	pair.tolerates_denial = true;
	assert_int_equal(auth_pair_open(&pair), 0);
	assert_int_equal(auth_pair_add(&pair, scheme, level, &auth), 0);
	assert_int_equal(auth_pair_bind(&pair, false, auth), 0);
	for (unsigned i = 0; i < CALLS && auth_pair_context(&pair); i++) {
		for (int way = 0; way < N_WAYS; way++)
			pair.heard[way].stub.size = 0;
		if (auth_pair_request(&pair, auth, 1, 0, STUB_SIZE, i))
			break;
		assert_int_equal(auth_pair_run(&pair), 0);
		for (int way = 0; way < N_WAYS; way++) {
			const struct pen_buffer *stub = &pair.heard[way].stub;

			for (size_t k = 0; k < stub->size && k < STUB_SIZE; k++)
				assert_int_equal(stub->data[k], (uint8_t)(k * 31 + i));
			assert_true(!stub->size || stub->size >= STUB_SIZE);
		}
	}
	for (int way = 0; way < N_WAYS; way++) {
		if (pair.heard[way].n_authenticated)
			assert_int_equal(pair.heard[way].auth_level, level);
		heard[way] = pair.heard[way];
	}
	auth_pair_close(&pair);
}

/*
 * A run of the suite flips every 23rd bit, each time another one of a byte; with
 * PEN_TEST_ALL in the environment, all.
 */
static void flip_all(enum auth_scheme scheme, uint8_t level)
{
	unsigned step = getenv("PEN_TEST_ALL") ? 1 : 23;
	struct flip flip = { .bit = SIZE_MAX };
	struct auth_heard heard[2];
	size_t n[N_WAYS];

	for (int way = 0; way < N_WAYS; way++) {
		flip = (struct flip){ .way = way, .bit = SIZE_MAX };
		talk(scheme, level, &flip, heard);
		assert_int_equal(heard[TO_CLIENT].n_responses, CALLS);
		n[way] = flip.seen;
	}
	for (int way = 0; way < N_WAYS; way++) {
		for (size_t bit = 0; bit < n[way] * 8; bit += step) {
			flip = (struct flip){ .way = way, .bit = bit };
			talk(scheme, level, &flip, heard);
			/* In what is signed as a whole, the other side hears no more of it. */
			if (flip.ptype == 0 && heard[TO_SERVER].n_requests == CALLS)
				fail_msg("scheme %d level %u: bit %zu of a request is not missed",
					 scheme, level, bit);
			if (flip.ptype == 2 && heard[TO_CLIENT].n_responses == CALLS)
				fail_msg("scheme %d level %u: bit %zu of a response is not missed",
					 scheme, level, bit);
		}
	}
}

static void test_ntlm_signed(void **state)
{
	flip_all(AUTH_NTLM, PEN_AUTH_LEVEL_INTEGRITY);
}

static void test_ntlm_sealed(void **state)
{
	flip_all(AUTH_NTLM, PEN_AUTH_LEVEL_PRIVACY);
}

static void test_spnego_signed(void **state)
{
	flip_all(AUTH_SPNEGO, PEN_AUTH_LEVEL_INTEGRITY);
}

static void test_spnego_sealed(void **state)
{
	flip_all(AUTH_SPNEGO, PEN_AUTH_LEVEL_PRIVACY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ntlm_signed),
		cmocka_unit_test(test_ntlm_sealed),
		cmocka_unit_test(test_spnego_signed),
		cmocka_unit_test(test_spnego_sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
