/* SPDX-License-Identifier: MIT */
/* A server whose challenges are drawn by somebody else. */
#include "sec/test-ntlm.h"
#include "support/fail.h"
#include <errno.h>

static const uint8_t drawn[PEN_NTLM_CHALLENGE_SIZE] = "drawn by";

struct judge_elsewhere {
	int draws; /* what a draw returns */
	unsigned n_draws;
};

static int draw(void *data, uint8_t challenge[PEN_NTLM_CHALLENGE_SIZE])
{
	struct judge_elsewhere *elsewhere = data;

	elsewhere->n_draws++;
	if (!elsewhere->draws)
		memcpy(challenge, drawn, sizeof(drawn));
	return elsewhere->draws;
}

static int judge_drawn(void *data, const struct pen_ntlm_attempt *attempt,
		       struct pen_ntlm_verdict *verdict)
{
	assert_memory_equal(attempt->server_challenge, drawn, sizeof(drawn));
	return judge(data, attempt, verdict);
}

static void begin(struct talk *talk, struct judge_elsewhere *elsewhere)
{
	talk_init(talk, "ann", "secret");
	talk->config.judge = judge_drawn;
	talk->config.may_block = true;
	talk->config.draw = draw;
	talk->config.data = elsewhere;
}

static void test_what_was_drawn_is_answered(void **state)
{
	struct judge_elsewhere elsewhere = { 0 };
	struct talk talk;

	begin(&talk, &elsewhere);
	assert_int_equal(talk_run(&talk), 0);
	expect_agreement(&talk, true);
	assert_int_equal(elsewhere.n_draws, 1);
	pen_mech_ntlm.work(talk.server); /* nothing to do */
	assert_int_equal(elsewhere.n_draws, 1);
	talk_done(&talk);
}

static void test_nothing_is_drawn(void **state)
{
	static const int rows[][2] = { { PEN_E_TIMEOUT, PEN_E_DENIED },
				       { PEN_E_CLOSED, PEN_E_DENIED },
				       { -EMFILE, -EMFILE } };

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct judge_elsewhere elsewhere = { .draws = rows[i][0] };
		struct talk talk;

		begin(&talk, &elsewhere);
		assert_int_equal(talk_run(&talk), rows[i][1]);
		assert_int_equal(talk.n, 1);
		assert_true(strlen(pen_mech_ntlm.reason(talk.server)) > 10);
		talk_done(&talk);
	}
}

static void test_no_memory(void **state)
{
	for (size_t n = 1;; n++) {
		struct judge_elsewhere elsewhere = { 0 };
		struct talk talk;
		int r;

		begin(&talk, &elsewhere);
		pen_fail_at(n);
		r = talk_run(&talk);
		talk_done(&talk);
		if (!pen_fail_hit()) {
			assert_int_equal(r, 0);
			break;
		}
		assert_int_equal(r, -ENOMEM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_drawn_is_answered),
		cmocka_unit_test(test_nothing_is_drawn),
		cmocka_unit_test(test_no_memory),
	};
	int r = talk_begin();

	if (!r)
		r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
