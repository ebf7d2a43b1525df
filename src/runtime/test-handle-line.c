/* SPDX-License-Identifier: MIT */
#include "runtime/handle-line.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/base.h>
#include <stdlib.h>
#include <string.h>

enum { N_HANDLES = 4, N_CALLS = 24, N_STEPS = 4000, N_SEEDS = 40, EBB = 60, WAITING_MAX = 12 };

/* ---- one after the other ---- */

struct call {
	struct pen_handle_user user;
	struct pen_handle_use uses[N_HANDLES];
	unsigned n_told;
	/* For the dice. */
	bool is_there;
	unsigned came_at;
	struct call *outer; /* the call that it was made out of */
	struct call *inner;
};

static void tell(struct pen_handle_user *user)
{
	((struct call *)user)->n_told++;
}

static int want(struct call *call, struct call *outer, struct pen_handle_line *line,
		bool is_exclusive)
{
	memset(call, 0, sizeof(*call));
	pen_handle_user_init(&call->user, outer ? &outer->user : NULL, tell);
	pen_handle_user_add(&call->user, &call->uses[0], line, is_exclusive);
	return pen_handle_user_want(&call->user, WAITING_MAX);
}

static void test_in_order_of_arrival(void **state)
{
	struct pen_handle_line line = { .uses = TAILQ_HEAD_INITIALIZER(line.uses) };
	struct call calls[5];

	assert_int_equal(want(&calls[0], NULL, &line, false), 0);
	assert_int_equal(want(&calls[1], NULL, &line, false), 0);
	assert_int_equal(want(&calls[2], NULL, &line, true), PEN_PENDING);
	assert_int_equal(want(&calls[3], NULL, &line, false), PEN_PENDING);
	assert_int_equal(want(&calls[4], NULL, &line, true), PEN_PENDING);
	pen_handle_user_leave(&calls[0].user);
	assert_int_equal(calls[2].n_told, 0);
	pen_handle_user_leave(&calls[1].user);
	assert_int_equal(calls[2].n_told, 1);
	assert_int_equal(calls[3].n_told, 0);
	pen_handle_user_leave(&calls[2].user);
	assert_int_equal(calls[3].n_told, 1);
	assert_int_equal(calls[4].n_told, 0);
	pen_handle_user_leave(&calls[3].user);
	assert_int_equal(calls[4].n_told, 1);
	pen_handle_user_leave(&calls[4].user);
	assert_null(TAILQ_FIRST(&line.uses));
	assert_int_equal(line.n_waiting, 0);
}

/* One that waits may go, and so lets others by. */
static void test_one_that_waits_goes(void **state)
{
	struct pen_handle_line line = { .uses = TAILQ_HEAD_INITIALIZER(line.uses) };
	struct call calls[3];

	assert_int_equal(want(&calls[0], NULL, &line, false), 0);
	assert_int_equal(want(&calls[1], NULL, &line, true), PEN_PENDING);
	assert_int_equal(want(&calls[2], NULL, &line, false), PEN_PENDING);
	pen_handle_user_leave(&calls[1].user);
	assert_int_equal(calls[2].n_told, 1);
	assert_int_equal(calls[1].n_told, 0);
	pen_handle_user_leave(&calls[0].user);
	pen_handle_user_leave(&calls[2].user);
}

static void test_so_many_may_wait(void **state)
{
	struct pen_handle_line line = { .uses = TAILQ_HEAD_INITIALIZER(line.uses) };
	struct call calls[WAITING_MAX + 2];

	assert_int_equal(want(&calls[0], NULL, &line, true), 0);
	for (size_t i = 1; i <= WAITING_MAX; i++)
		assert_int_equal(want(&calls[i], NULL, &line, true), PEN_PENDING);
	assert_int_equal(want(&calls[WAITING_MAX + 1], NULL, &line, true), PEN_E_LIMIT);
	assert_int_equal(line.n_waiting, WAITING_MAX);
	for (size_t i = 0; i <= WAITING_MAX; i++)
		pen_handle_user_leave(&calls[i].user);
	assert_null(TAILQ_FIRST(&line.uses));
}

static void test_what_is_inside_does_not_wait_for_what_is_around(void **state)
{
	struct pen_handle_line line = { .uses = TAILQ_HEAD_INITIALIZER(line.uses) };
	struct call outer, waiting, inner;

	assert_int_equal(want(&outer, NULL, &line, true), 0);
	assert_int_equal(want(&waiting, NULL, &line, true), PEN_PENDING);
	assert_int_equal(want(&inner, &outer, &line, true), 0);
	pen_handle_user_leave(&inner.user);
	assert_int_equal(waiting.n_told, 0);
	pen_handle_user_leave(&outer.user);
	assert_int_equal(waiting.n_told, 1);
	pen_handle_user_leave(&waiting.user);
}

/* Two chains that would each wait for the other. */
static void test_no_circle_of_those_inside(void **state)
{
	struct pen_handle_line lines[2];
	struct call outer[2], inner[2];

	for (int i = 0; i < 2; i++)
		pen_handle_line_init(&lines[i], NULL);
	for (int i = 0; i < 2; i++)
		assert_int_equal(want(&outer[i], NULL, &lines[i], true), 0);
	assert_int_equal(want(&inner[0], &outer[0], &lines[1], true), PEN_PENDING);
	assert_int_equal(want(&inner[1], &outer[1], &lines[0], true), -EDEADLK);
	pen_handle_user_leave(&inner[1].user);
	pen_handle_user_leave(&outer[1].user);
	assert_int_equal(inner[0].n_told, 1);
	pen_handle_user_leave(&inner[0].user);
	pen_handle_user_leave(&outer[0].user);
	assert_int_equal(outer[0].user.n_stuck, 0);
}

static void test_rising(void **state)
{
	struct pen_handle_line line = { .uses = TAILQ_HEAD_INITIALIZER(line.uses) };
	struct call calls[3];

	assert_int_equal(want(&calls[0], NULL, &line, false), 0);
	assert_int_equal(want(&calls[1], NULL, &line, false), 0);
	assert_int_equal(pen_handle_use_rise(&calls[0].uses[0]), PEN_PENDING);
	assert_int_equal(pen_handle_use_rise(&calls[1].uses[0]), -EBUSY);
	/* Who comes now does not keep it waiting. */
	assert_int_equal(want(&calls[2], NULL, &line, false), PEN_PENDING);
	pen_handle_user_leave(&calls[1].user);
	assert_int_equal(calls[0].n_told, 1);
	assert_int_equal(calls[2].n_told, 0);
	assert_int_equal(pen_handle_use_rise(&calls[0].uses[0]), 0);
	assert_int_equal(pen_handle_use_share(&calls[0].uses[0]), 0);
	assert_int_equal(calls[2].n_told, 1);
	pen_handle_user_leave(&calls[0].user);
	pen_handle_user_leave(&calls[2].user);
}

static unsigned n_ended;

static void count_end(struct pen_handle_line *line)
{
	n_ended++;
}

static void test_closing(void **state)
{
	struct pen_handle_line line = { .uses = TAILQ_HEAD_INITIALIZER(line.uses),
					.ended = count_end };
	struct call calls[3];

	n_ended = 0;
	assert_int_equal(want(&calls[0], NULL, &line, false), 0);
	assert_int_equal(want(&calls[1], NULL, &line, false), 0);
	assert_int_equal(want(&calls[2], NULL, &line, true), PEN_PENDING);
	assert_false(pen_handle_line_close(&line, &calls[0].user));
	assert_int_equal(calls[2].n_told, 1);
	pen_handle_user_leave(&calls[0].user);
	pen_handle_user_leave(&calls[2].user);
	assert_int_equal(n_ended, 0);
	pen_handle_user_leave(&calls[1].user);
	assert_int_equal(n_ended, 1);

	pen_handle_line_init(&line, count_end);
	assert_int_equal(want(&calls[0], NULL, &line, true), 0);
	assert_true(pen_handle_line_close(&line, &calls[0].user));
	pen_handle_user_leave(&calls[0].user);
	assert_int_equal(n_ended, 1);
}

/* ---- by dice, against what the rules say ---- */

struct world {
	struct pen_handle_line lines[N_HANDLES];
	struct call calls[N_CALLS];
	unsigned now;
	uint64_t dice;
};

static unsigned roll(struct world *w, unsigned n)
{
	w->dice = w->dice * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(w->dice >> 33) % n;
}

static struct pen_handle_use *use_of(const struct call *call, const struct pen_handle_line *line)
{
	struct pen_handle_use *use = call->is_there ? call->user.uses : NULL;

	while (use && use->line != line)
		use = use->other;
	return use;
}

static bool has_in_common(const struct call *a, const struct call *b)
{
	while (a->outer)
		a = a->outer;
	while (b->outer)
		b = b->outer;
	return a == b;
}

/* Whether one of two calls may not run while the other has what they both want. */
static bool conflict(struct world *w, const struct call *a, const struct call *b)
{
	for (size_t i = 0; i < N_HANDLES && !has_in_common(a, b); i++) {
		const struct pen_handle_use *of_a = use_of(a, &w->lines[i]);
		const struct pen_handle_use *of_b = use_of(b, &w->lines[i]);

		if (of_a && of_b &&
		    (of_a->is_exclusive || of_b->is_exclusive || of_a->is_rising ||
		     of_b->is_rising))
			return true;
	}
	return false;
}

/* The same, but that both run and one of them is to have it for itself is right. */
static bool clash(struct world *w, const struct call *a, const struct call *b)
{
	for (size_t i = 0; i < N_HANDLES && !has_in_common(a, b); i++) {
		const struct pen_handle_use *of_a = use_of(a, &w->lines[i]);
		const struct pen_handle_use *of_b = use_of(b, &w->lines[i]);

		if (of_a && of_b && (of_a->is_exclusive || of_b->is_exclusive))
			return true;
	}
	return false;
}

static void check(struct world *w)
{
	for (struct call *a = w->calls; a < w->calls + N_CALLS; a++) {
		bool has_reason = false;

		for (struct call *b = w->calls; a->is_there && b < w->calls + N_CALLS; b++) {
			if (!b->is_there || a == b)
				continue;
			if (a->user.is_running && b->user.is_running && clash(w, a, b))
				fail_msg("two run at once, after %u", w->now);
			if (b->user.is_running ||
			    (!a->outer && (b->outer || b->came_at < a->came_at)))
				has_reason |= conflict(w, a, b);
		}
		if (a->is_there && !a->user.is_running && !has_reason)
			fail_msg("one waits for nobody, after %u", w->now);
	}
}

static void forget(struct call *call)
{
	if (call->outer)
		call->outer->inner = NULL;
	memset(call, 0, sizeof(*call));
}

/* What is inside goes first. */
static void leave(struct call *call)
{
	while (call->inner)
		call = call->inner;
	pen_handle_user_leave(&call->user);
	forget(call);
}

static void arrive(struct world *w, struct call *call, struct call *outer)
{
	int r;

	while (outer && outer->inner)
		outer = outer->inner;
	if (outer && !outer->user.is_running)
		outer = NULL;
	memset(call, 0, sizeof(*call));
	pen_handle_user_init(&call->user, outer ? &outer->user : NULL, tell);
	for (unsigned i = 0, n = 1 + roll(w, 3); i < n; i++)
		pen_handle_user_add(&call->user, &call->uses[i], &w->lines[roll(w, N_HANDLES)],
				    roll(w, 2));
	r = pen_handle_user_want(&call->user, WAITING_MAX);
	if (r && r != PEN_PENDING) {
		assert_true(r == PEN_E_LIMIT || (r == -EDEADLK && outer));
		return;
	}
	call->is_there = true;
	call->came_at = w->now;
	call->outer = outer;
	if (outer)
		outer->inner = call;
}

static void change(struct world *w, struct call *call)
{
	struct pen_handle_use *use = use_of(call, &w->lines[roll(w, N_HANDLES)]);
	int r;

	if (!use || !call->user.is_running)
		return;
	if (!roll(w, 8)) {
		pen_handle_use_end(use);
		return;
	}
	r = roll(w, 2) ? pen_handle_use_rise(use) : pen_handle_use_share(use);
	assert_true(r == 0 || r == PEN_PENDING || r == -EBUSY);
}

static void step(struct world *w)
{
	struct call *call = &w->calls[roll(w, N_CALLS)];

	w->now++;
	if (!call->is_there)
		arrive(w, call, roll(w, 2) ? &w->calls[roll(w, N_CALLS)] : NULL);
	else if (roll(w, 3))
		change(w, call);
	else
		leave(call);
}

/* Who runs and waits for nobody ends, until nobody is left. */
static void drain(struct world *w)
{
	bool has_left = true;

	while (has_left) {
		has_left = false;
		for (struct call *c = w->calls; c < w->calls + N_CALLS; c++) {
			bool is_rising = false;

			for (size_t i = 0; i < N_HANDLES; i++) {
				const struct pen_handle_use *use = use_of(c, &w->lines[i]);

				is_rising |= use && use->is_rising;
			}
			if (!c->is_there || c->inner || !c->user.is_running || is_rising)
				continue;
			leave(c);
			check(w);
			has_left = true;
		}
	}
	for (size_t i = 0; i < N_CALLS; i++)
		assert_false(w->calls[i].is_there);
	for (size_t i = 0; i < N_HANDLES; i++) {
		assert_null(TAILQ_FIRST(&w->lines[i].uses));
		assert_int_equal(w->lines[i].n_waiting, 0);
	}
}

static void test_random_arrivals(void **state)
{
	const char *seed = getenv("PEN_TEST_SEED");
	unsigned n_seeds = getenv("PEN_TEST_ALL") ? 100 * N_SEEDS : N_SEEDS;
	struct world *w = test_malloc(sizeof(*w));

	for (unsigned i = 0; i < n_seeds; i++) {
		memset(w, 0, sizeof(*w));
		for (size_t k = 0; k < N_HANDLES; k++)
			pen_handle_line_init(&w->lines[k], NULL);
		w->dice = (seed ? strtoull(seed, NULL, 0) : 1) + i;
		for (unsigned k = 0; k < N_STEPS; k++) {
			step(w);
			check(w);
			if (k % EBB == 0)
				drain(w);
		}
		drain(w);
	}
	test_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order_of_arrival),
		cmocka_unit_test(test_one_that_waits_goes),
		cmocka_unit_test(test_so_many_may_wait),
		cmocka_unit_test(test_what_is_inside_does_not_wait_for_what_is_around),
		cmocka_unit_test(test_no_circle_of_those_inside),
		cmocka_unit_test(test_rising),
		cmocka_unit_test(test_closing),
		cmocka_unit_test(test_random_arrivals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
