/* SPDX-License-Identifier: MIT */
#include "policy/quota.h"
#include "policy/test-policy.h"
#include "support/fail.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct pen_policy *policy;
static struct pen_quotas *quotas;
static struct pen_quota_refusal refusal;

static void rule(const char *text, size_t n_max)
{
	policy = policy_of(text);
	assert_int_equal(pen_quotas_new(&quotas, policy, n_max, 7), 0);
}

static int tear_down(void **state)
{
	quotas = pen_quotas_free(quotas);
	policy = pen_policy_free(policy);
	return 0;
}

static struct pen_quota *enter(const char *peer)
{
	struct pen_quota *quota = NULL;

	assert_int_equal(pen_quota_enter_peer(quotas, peer, &quota), 0);
	return quota;
}

static struct pen_quota *enter_user(const struct pen_token *token)
{
	struct pen_quota *quota = NULL;

	assert_int_equal(pen_quota_enter_identity(quotas, token, &quota), 0);
	return quota;
}

static struct pen_token *user(uint32_t uid)
{
	const uint32_t groups[] = { 7 };
	struct pen_token *token = NULL;

	assert_int_equal(pen_token_new_unix(&token, uid, uid, groups, 1, 0, false), 0);
	return token;
}

/* Each resource has its own limit, and a refusal says which it was. */
static void test_each_limit(void **state)
{
	struct pen_quota *quota;

	rule("# limits\nquota peer=* connections=2 contexts=3 calls=4 memory=5K rate=6/s\n", 4);
	quota = enter("10.0.0.1");
	for (int i = 0; i < PEN_QUOTA_N_RESOURCES; i++) {
		enum pen_quota_resource resource = (enum pen_quota_resource)i;
		uint64_t limit = resource == PEN_QUOTA_MEMORY ? 5 * 1024 : (uint64_t)i + 2;

		assert_int_equal(pen_quota_take(quota, resource, limit - 1, 0, &refusal), 0);
		assert_int_equal(pen_quota_take(quota, resource, 2, 0, &refusal), PEN_E_LIMIT);
		assert_int_equal(refusal.resource, resource);
		assert_int_equal(refusal.limit, limit);
		assert_int_equal(refusal.line, 2);
		assert_false(refusal.is_identity);
		assert_int_equal(pen_quota_take(quota, resource, UINT64_MAX, 0, &refusal),
				 PEN_E_LIMIT);
		assert_int_equal(pen_quota_take(quota, resource, 1, 0, &refusal), 0);
		assert_int_equal(pen_quota_take(quota, resource, 1, 0, &refusal), PEN_E_LIMIT);
		assert_non_null(pen_quota_resource_name(resource));
	}
	pen_quota_leave(quotas, quota);
}

static void test_give_back(void **state)
{
	struct pen_quota *quota;

	rule("quota peer=* calls=2", 4);
	quota = enter("a");
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_CALLS, 2, 0, &refusal), 0);
	pen_quota_give(quota, PEN_QUOTA_CALLS, 1);
	assert_int_equal(pen_quota_taken(quota, PEN_QUOTA_CALLS), 1);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_CALLS, 1, 0, &refusal), 0);
	pen_quota_give(quota, PEN_QUOTA_CALLS, 100);
	assert_int_equal(pen_quota_taken(quota, PEN_QUOTA_CALLS), 0);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_MEMORY, UINT64_MAX, 0, &refusal), 0);
	pen_quota_leave(quotas, quota);
}

/* One second's calls may come at once; then as many as time lets through. */
static void test_rate(void **state)
{
	struct pen_quota *quota;

	rule("quota peer=* rate=10/s", 4);
	quota = enter("a");
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_RATE, 10, 5000, &refusal), 0);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_RATE, 1, 5000, &refusal), PEN_E_LIMIT);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_RATE, 1, 5099, &refusal), PEN_E_LIMIT);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_RATE, 1, 5100, &refusal), 0);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_RATE, 1, 5000, &refusal), PEN_E_LIMIT);
	pen_quota_give(quota, PEN_QUOTA_RATE, 10);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_RATE, 1, 5100, &refusal), PEN_E_LIMIT);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_RATE, 6, 5650, &refusal), PEN_E_LIMIT);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_RATE, 5, 5650, &refusal), 0);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_RATE, 11, UINT64_MAX, &refusal),
			 PEN_E_LIMIT);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_RATE, 10, UINT64_MAX, &refusal), 0);
	pen_quota_leave(quotas, quota);
}

/* However time is cut, a second of it lets no more through than the rate and the first burst. */
static void test_rate_in_steps(void **state)
{
	for (uint64_t step = 1; step < 400; step += 7) {
		struct pen_quota *quota;
		uint64_t n = 0;

		rule("quota peer=* rate=100/s", 1);
		quota = enter("a");
		for (uint64_t now = 0; now < 2000; now += step)
			while (!pen_quota_take(quota, PEN_QUOTA_RATE, 1, now, &refusal))
				n++;
		assert_in_range(n, 100, 300);
		pen_quota_leave(quotas, quota);
		tear_down(NULL);
	}
}

/* Of each resource the first line that fits and has it counts. */
static void test_first_line_counts(void **state)
{
	struct pen_quota *near, *far, *local;

	rule("quota peer=10.0.0.0/8 calls=5\n"
	     "quota peer=local,192.0.2.1 calls=7\n"
	     "quota peer connections=1 calls=3\n",
	     8);
	near = enter("10.1.1.1");
	far = enter("192.0.2.2");
	local = enter("uid 1000");
	assert_int_equal(pen_quota_take(near, PEN_QUOTA_CALLS, 6, 0, &refusal), PEN_E_LIMIT);
	assert_int_equal(refusal.line, 1);
	assert_int_equal(pen_quota_take(near, PEN_QUOTA_CONNECTIONS, 2, 0, &refusal), PEN_E_LIMIT);
	assert_int_equal(refusal.line, 3);
	assert_int_equal(pen_quota_take(far, PEN_QUOTA_CALLS, 4, 0, &refusal), PEN_E_LIMIT);
	assert_int_equal(refusal.limit, 3);
	assert_int_equal(pen_quota_take(local, PEN_QUOTA_CALLS, 8, 0, &refusal), PEN_E_LIMIT);
	assert_int_equal(refusal.limit, 7);
	assert_int_equal(pen_quotas_n_entered(quotas), 3);
}

/* Those of an identity are one account each, whatever token says who it is. */
static void test_identities(void **state)
{
	struct pen_token *alice = user(1), *again = user(1), *bob = user(2), *nobody;
	struct pen_quota *first, *second, *other;

	assert_int_equal(pen_token_new_anonymous(&nobody, true), 0);
	rule("quota identity=uid:2 calls=1\nquota identity=S-1-22-2-7 calls=2\n"
	     "quota identity=anonymous rate=1/s\n",
	     8);
	first = enter_user(alice);
	second = enter_user(again);
	other = enter_user(bob);
	assert_ptr_equal(first, second);
	assert_ptr_not_equal(first, other);
	assert_int_equal(pen_quota_take(first, PEN_QUOTA_CALLS, 2, 0, &refusal), 0);
	assert_int_equal(pen_quota_take(second, PEN_QUOTA_CALLS, 1, 0, &refusal), PEN_E_LIMIT);
	assert_true(refusal.is_identity);
	assert_int_equal(pen_quota_take(other, PEN_QUOTA_CALLS, 2, 0, &refusal), PEN_E_LIMIT);
	assert_int_equal(pen_quota_take(other, PEN_QUOTA_CALLS, 1, 0, &refusal), 0);
	assert_ptr_equal(enter_user(NULL), enter_user(nobody));
	assert_int_equal(pen_quotas_n_entered(quotas), 3);

	/* The account is kept until the last one has left. */
	pen_quota_leave(quotas, first);
	assert_int_equal(pen_quota_taken(second, PEN_QUOTA_CALLS), 2);
	pen_quota_leave(quotas, second);
	assert_int_equal(pen_quotas_n_entered(quotas), 2);
	first = enter_user(alice);
	assert_int_equal(pen_quota_taken(first, PEN_QUOTA_CALLS), 0);
	pen_token_free(alice);
	pen_token_free(again);
	pen_token_free(bob);
	pen_token_free(nobody);
}

/* A peer's account and a user's are two, and one that has no rate has calls without end. */
static void test_peers_and_identities(void **state)
{
	struct pen_token *alice = user(1);
	struct pen_quota *peer, *identity;

	rule("quota peer=* calls=1\nquota identity=* calls=2\n", 2);
	for (int i = 0; i < 3; i++) {
		peer = enter("a");
		identity = enter_user(alice);
		assert_ptr_not_equal(peer, identity);
		assert_int_equal(pen_quota_take(peer, PEN_QUOTA_CALLS, 2, 0, &refusal),
				 PEN_E_LIMIT);
		assert_int_equal(pen_quota_take(identity, PEN_QUOTA_CALLS, 2, 0, &refusal), 0);
		assert_int_equal(pen_quota_take(peer, PEN_QUOTA_RATE, UINT64_MAX, 0, &refusal), 0);
		pen_quota_leave(quotas, peer);
		pen_quota_leave(quotas, identity);
	}
	assert_int_equal(pen_quotas_n(quotas), 2);
	pen_token_free(alice);
}

/* Whom no line is about has no account, and takes what he likes. */
static void test_nobodys(void **state)
{
	struct pen_token *alice = user(1);

	rule("quota peer=10.0.0.0/8 calls=1", 0);
	assert_null(enter("192.0.2.1"));
	assert_null(enter_user(alice));
	assert_int_equal(pen_quota_take(NULL, PEN_QUOTA_CALLS, UINT64_MAX, 0, &refusal), 0);
	pen_quota_give(NULL, PEN_QUOTA_CALLS, 1);
	pen_quota_leave(quotas, NULL);
	assert_int_equal(pen_quota_taken(NULL, PEN_QUOTA_CALLS), 0);
	pen_token_free(alice);
}

/* The table has its bound: who left first loses his place, and nobody else's is taken. */
static void test_full(void **state)
{
	struct pen_quota *a, *b, *none = NULL;

	rule("quota peer=* rate=1/s", 2);
	a = enter("a");
	b = enter("b");
	assert_int_equal(pen_quota_enter_peer(quotas, "c", &none), PEN_E_LIMIT);
	assert_null(none);
	assert_int_equal(pen_quota_take(a, PEN_QUOTA_RATE, 1, 0, &refusal), 0);
	assert_int_equal(pen_quota_take(b, PEN_QUOTA_RATE, 1, 0, &refusal), 0);
	pen_quota_leave(quotas, b);
	pen_quota_leave(quotas, a);
	assert_int_equal(pen_quotas_n_entered(quotas), 0);

	/* c has b's place; a's rate is not forgotten. */
	assert_non_null(enter("c"));
	a = enter("a");
	assert_int_equal(pen_quota_take(a, PEN_QUOTA_RATE, 1, 0, &refusal), PEN_E_LIMIT);
	assert_int_equal(pen_quota_enter_peer(quotas, "b", &none), PEN_E_LIMIT);
	assert_int_equal(pen_quotas_n(quotas), 2);
}

/* A long name is its beginning, and takes no more room. */
static void test_long_names(void **state)
{
	char name[200];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	rule("quota peer=* calls=1", 2);
	assert_ptr_equal(enter(name), enter(name));
	name[100] = 'y';
	assert_ptr_equal(enter(name), enter(name));
	assert_int_equal(pen_quotas_n(quotas), 1);
}

/* Many come and go; no list of the table loses anybody. */
static void test_many(void **state)
{
	enum { N = 64 };
	struct pen_quota *in[N] = { NULL };
	uint32_t random = 1;

	rule("quota peer=* calls=9", N);
	for (int i = 0; i < 20000; i++) {
		char name[16];
		uint32_t k;

		random = random * 1103515245 + 12345;
		k = random >> 16 & (N - 1);
		if (in[k]) {
			assert_int_equal(pen_quota_taken(in[k], PEN_QUOTA_CALLS), k % 9);
			pen_quota_leave(quotas, in[k]);
			in[k] = NULL;
			continue;
		}
		snprintf(name, sizeof(name), "%u", random >> 24 & 1 ? k : k + 1000 * (uint32_t)i);
		in[k] = enter(name);
		assert_int_equal(pen_quota_take(in[k], PEN_QUOTA_CALLS, k % 9, 0, &refusal), 0);
	}
	assert_int_equal(pen_quotas_n(quotas), N);
}

/* Another policy counts for who enters after it, without what the old one was. */
static void test_other_policy(void **state)
{
	struct pen_policy *wide;
	struct pen_quota *quota;

	rule("quota peer=* calls=3 rate=5/s", 2);
	quota = enter("a");
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_CALLS, 3, 0, &refusal), 0);
	wide = policy_of("\nquota peer=* calls=2 rate=2/s");
	pen_quotas_rule(quotas, wide);
	pen_policy_free(policy);
	policy = wide;
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_CALLS, 1, 0, &refusal), PEN_E_LIMIT);
	assert_int_equal(refusal.limit, 3);
	assert_ptr_equal(enter("a"), quota);
	pen_quota_give(quota, PEN_QUOTA_CALLS, 1);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_CALLS, 1, 0, &refusal), PEN_E_LIMIT);
	assert_int_equal(refusal.limit, 2);
	assert_int_equal(refusal.line, 2);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_RATE, 3, 0, &refusal), PEN_E_LIMIT);
	assert_int_equal(pen_quota_take(quota, PEN_QUOTA_RATE, 2, 0, &refusal), 0);
}

/* The table takes its memory when it is made, and none after. */
static void test_allocations(void **state)
{
	struct pen_quotas *made = NULL;
	char name[16];
	int r;

	rule("quota peer=* calls=1 rate=1/s", 8);
	for (size_t n = 1; pen_fail_at(n), r = pen_quotas_new(&made, policy, 8, 0), pen_fail_hit();
	     n++) {
		assert_int_equal(r, -ENOMEM);
		assert_null(made);
	}
	assert_int_equal(r, 0);
	pen_quotas_free(made);

	pen_fail_at(0);
	for (int i = 0; i < 100; i++) {
		struct pen_quota *quota;

		snprintf(name, sizeof(name), "10.0.0.%d", i);
		quota = enter(name);
		pen_quota_take(quota, PEN_QUOTA_CALLS, 1, 0, &refusal);
		pen_quota_take(quota, PEN_QUOTA_RATE, 1, 0, &refusal);
		pen_quota_leave(quotas, quota);
	}
	assert_int_equal(pen_fail_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_each_limit, tear_down),
		cmocka_unit_test_teardown(test_give_back, tear_down),
		cmocka_unit_test_teardown(test_rate, tear_down),
		cmocka_unit_test(test_rate_in_steps),
		cmocka_unit_test_teardown(test_first_line_counts, tear_down),
		cmocka_unit_test_teardown(test_identities, tear_down),
		cmocka_unit_test_teardown(test_peers_and_identities, tear_down),
		cmocka_unit_test_teardown(test_nobodys, tear_down),
		cmocka_unit_test_teardown(test_full, tear_down),
		cmocka_unit_test_teardown(test_long_names, tear_down),
		cmocka_unit_test_teardown(test_many, tear_down),
		cmocka_unit_test_teardown(test_other_policy, tear_down),
		cmocka_unit_test_teardown(test_allocations, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
