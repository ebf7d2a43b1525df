/* SPDX-License-Identifier: MIT */
#include "policy/identity.h"
#include "policy/suggest.h"
#include "policy/test-policy.h"
#include "support/fail.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* A small world: who may be seen calling what. */
static const struct {
	struct pen_uuid uuid;
	const char *name;
	const char *operations[4];
} interfaces[] = {
	{ { .time_low = 1 }, "srvsvc", { "NetrShareEnum", "NetrShareDel", NULL, "NetrTime" } },
	{ { .time_low = 2 }, "samr", { "SamrConnect", "SamrClose", "SamrLookup", "SamrOpen" } },
	{ { .time_low = 3 }, NULL, { "A", "B", NULL, NULL } },
};

enum { N_USERS = 4, N_OPERATIONS = 4 };
static struct pen_token *users[N_USERS];
static char *names[N_USERS];

static int set_up(void **state)
{
	const struct pen_sid sid = { 1, 2, 5, { 21, 1104 } };
	const struct pen_token_info info = { .proof = PEN_TOKEN_RPC,
					     .is_authenticated = true,
					     .sids = &sid,
					     .n_sids = 1,
					     .account = "Jane \"J\" Doe, #1",
					     .domain = "OFFICE" };
	const struct pen_sid other = { 1, 2, 5, { 21, 1105 } };
	const struct pen_token_info nameless = {
		.proof = PEN_TOKEN_RPC, .is_authenticated = true, .sids = &other, .n_sids = 1
	};

	assert_int_equal(pen_token_new_anonymous(&users[0], true), 0);
	assert_int_equal(pen_token_new_unix(&users[1], 1000, 100, NULL, 0, 0, false), 0);
	assert_int_equal(pen_token_new(&users[2], &info), 0);
	assert_int_equal(pen_token_new(&users[3], &nameless), 0);
	for (size_t i = 0; i < N_USERS; i++) {
		struct pen_buffer buffer;

		pen_buffer_init(&buffer, 0);
		assert_int_equal(pen_identity_print(users[i], &buffer), 0);
		assert_int_equal(pen_buffer_add(&buffer, "", 1), 0);
		names[i] = (char *)buffer.data;
	}
	return 0;
}

static int tear_down(void **state)
{
	for (size_t i = 0; i < N_USERS; i++) {
		pen_token_free(users[i]);
		free(names[i]);
	}
	return 0;
}

/* A call by its places in the world. */
struct call {
	size_t interface, operation, user;
	enum pen_protseq protseq;
	uint8_t level;
};

static struct pen_policy_record record_of(const struct call *call)
{
	return (struct pen_policy_record){
		.interface = interfaces[call->interface].uuid,
		.interface_name = interfaces[call->interface].name,
		.opnum = (uint16_t)call->operation,
		.operation = interfaces[call->interface].operations[call->operation],
		.identity = names[call->user],
		.protseq = call->protseq,
		.auth_level = call->level,
		.n_calls = 1,
	};
}

static bool allows(const struct pen_policy *policy, const struct call *call)
{
	const struct pen_policy_question question = {
		.interface.uuid = interfaces[call->interface].uuid,
		.interface_name = interfaces[call->interface].name,
		.opnum = (uint32_t)call->operation,
		.operation = interfaces[call->interface].operations[call->operation],
		.token = users[call->user],
		.source = "10.0.0.1",
		.protseq = call->protseq,
		.auth_level = call->level,
	};
	struct pen_policy_answer answer;

	pen_policy_ask(policy, &question, &answer);
	return answer.is_allowed;
}

static char *suggest(const struct pen_policy_record *records, size_t n)
{
	struct pen_buffer buffer;

	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_policy_suggest(records, n, &buffer), 0);
	assert_int_equal(pen_buffer_add(&buffer, "", 1), 0);
	return (char *)buffer.data;
}

static void expect(const struct pen_policy_record *records, size_t n, const char *rules)
{
	char *text = suggest(records, n);
	char expected[1024];

	snprintf(expected, sizeof(expected),
		 "# What was seen is allowed, and nothing else.\n%sdefault deny\n", rules);
	assert_string_equal(text, expected);
	free(text);
}

static void test_nothing_was_seen(void **state)
{
	expect(NULL, 0, "");
}

/* Calls that differ in one thing are one rule. */
static void test_rules_are_merged(void **state)
{
	const struct pen_uuid uuid = { .time_low = 1 };
	const struct pen_policy_record records[] = {
		{ uuid, "srvsvc", 15, "NetrShareEnum", "A\\bob", PEN_NCACN_NP, 6, 7 },
		{ uuid, "srvsvc", 3, NULL, "A\\bob", PEN_NCACN_NP, 6, 1 },
		{ uuid, "srvsvc", 15, "NetrShareEnum", "A\\alice x", PEN_NCACN_NP, 6, 2 },
		{ uuid, "srvsvc", 3, NULL, "A\\alice x", PEN_NCACN_NP, 6, 2 },
		{ uuid, "srvsvc", 15, "NetrShareEnum", "A\\bob", PEN_NCALRPC, 6, 1 },
		{ uuid, "srvsvc", 3, NULL, "A\\bob", PEN_NCALRPC, 6, 1 },
		{ uuid, "srvsvc", 3, NULL, "A\\alice x", PEN_NCALRPC, 6, 1 },
		{ uuid, "srvsvc", 15, "NetrShareEnum", "A\\alice x", PEN_NCALRPC, 6, 1 },
	};

	expect(records, PEN_COUNT(records),
	       "allow interface=srvsvc operation=3,NetrShareEnum identity=\"A\\alice x\",A\\bob "
	       "transport=ncacn_np,ncalrpc level>=privacy # 16 calls\n");
}

/* Of one call at several levels the lowest is what is wanted. */
static void test_levels(void **state)
{
	const struct pen_uuid uuid = { .time_low = 1 };
	const struct pen_policy_record records[] = {
		{ uuid, "samr", 1, "Close", "anonymous", PEN_NCACN_IP_TCP, 6, 1 },
		{ uuid, "samr", 1, "Close", "anonymous", PEN_NCACN_IP_TCP, 2, 1 },
		{ uuid, "samr", 2, "Open", "anonymous", PEN_NCACN_IP_TCP, 5, 1 },
		{ uuid, "samr", 3, "Look", "anonymous", PEN_NCACN_IP_TCP, 1, 1 },
		{ uuid, "samr", 3, "Look", "anonymous", PEN_NCACN_IP_TCP, 1, 1 },
	};

	expect(records, PEN_COUNT(records),
	       "allow interface=samr operation=Look identity=anonymous transport=ncacn_ip_tcp # 2 "
	       "calls\n"
	       "allow interface=samr operation=Close identity=anonymous transport=ncacn_ip_tcp "
	       "level>=connect # 2 calls\n"
	       "allow interface=samr operation=Open identity=anonymous transport=ncacn_ip_tcp "
	       "level>=integrity # 1 call\n");
}

/* What no rule can name is left out, and nothing that it says comes into the text. */
static void test_what_no_rule_can_name(void **state)
{
	const struct pen_uuid uuid = { .time_low = 0xabc };
	const struct pen_policy_record records[] = {
		{ uuid, "a b", 7, "x=y", "A\\bob", PEN_NCALRPC, 1, 1 },
		{ uuid, "samr", 1, "Close", "A\\bob\nallow interface=*", PEN_NCALRPC, 1, 1 },
		{ uuid, "samr", 1, "Close", "bob", PEN_NCALRPC, 1, 1 },
		{ uuid, "samr", 1, "Close", NULL, PEN_NCALRPC, 1, 1 },
		{ uuid, "samr", 1, "Close", "anonymous", (enum pen_protseq)9, 1, 1 },
	};

	expect(records, PEN_COUNT(records),
	       "# Left out, as no rule can name who called: 4.\n"
	       "allow interface=00000abc-0000-0000-0000-000000000000 operation=7 identity=A\\bob "
	       "transport=ncalrpc # 1 call\n");
}

/* Each possible call is allowed if it was seen, or was at a lower level, and else denied. */
static void expect_exactly(const struct call *seen, size_t n, const struct pen_policy *policy)
{
	for (size_t i = 0; i < PEN_COUNT(interfaces) * N_OPERATIONS * N_USERS * 3 * 6; i++) {
		const struct call call = {
			.interface = i % PEN_COUNT(interfaces),
			.operation = i / 3 % N_OPERATIONS,
			.user = i / 12 % N_USERS,
			.protseq = (enum pen_protseq)(i / 48 % 3),
			.level = (uint8_t)(1 + i / 144),
		};
		bool is_seen = false;

		for (size_t k = 0; k < n; k++) {
			uint8_t least = seen[k].level == PEN_AUTH_LEVEL_CALL
						? PEN_AUTH_LEVEL_CONNECT
						: seen[k].level;

			is_seen |= seen[k].interface == call.interface &&
				   seen[k].operation == call.operation &&
				   seen[k].user == call.user && seen[k].protseq == call.protseq &&
				   call.level >= least;
		}
		assert_int_equal(allows(policy, &call), is_seen);
	}
}

/* Whatever was seen: exactly that is allowed. */
static void test_exactly_what_was_seen(void **state)
{
	enum { SEEN_MAX = 40 };
	uint32_t random = 12345;

	for (size_t round = 0; round < 60; round++) {
		struct pen_policy_record records[SEEN_MAX];
		struct call seen[SEEN_MAX];
		struct pen_policy *policy;
		size_t n = round * SEEN_MAX / 60 + 1;
		char *text;

		for (size_t i = 0; i < n; i++) {
			random = random * 1103515245 + 12345;
			seen[i] = (struct call){
				.interface = (random >> 8) % PEN_COUNT(interfaces),
				.operation = (random >> 12) % N_OPERATIONS,
				.user = (random >> 16) % N_USERS,
				.protseq = (enum pen_protseq)((random >> 20) % 3),
				.level = (uint8_t)(1 + (random >> 24) % 6),
			};
			records[i] = record_of(&seen[i]);
		}
		text = suggest(records, n);
		policy = policy_of(text);
		expect_exactly(seen, n, policy);
		pen_policy_free(policy);
		free(text);
	}
}

/* In which order it was seen makes no difference. */
static void test_any_order(void **state)
{
	struct pen_policy_record records[12];
	char *first, *second;

	for (size_t i = 0; i < PEN_COUNT(records); i++) {
		struct call call = { i % 3, i / 3, i * 7 % N_USERS, (enum pen_protseq)(i % 2), 6 };

		records[i] = record_of(&call);
	}
	first = suggest(records, PEN_COUNT(records));
	for (size_t i = 0; i < PEN_COUNT(records) / 2; i++) {
		struct pen_policy_record record = records[i];

		records[i] = records[PEN_COUNT(records) - 1 - i];
		records[PEN_COUNT(records) - 1 - i] = record;
	}
	second = suggest(records, PEN_COUNT(records));
	assert_string_equal(first, second);
	free(first);
	free(second);
}

/* More than a policy can be. */
static void test_too_much(void **state)
{
	enum { N = 2048 };
	struct pen_policy_record *records = calloc(N, sizeof(*records));
	struct pen_buffer buffer;
	char(*identities)[32] = calloc(N, sizeof(*identities));

	for (size_t i = 0; i < N; i++) {
		snprintf(identities[i], sizeof(*identities), "uid:%zu", i);
		records[i] = (struct pen_policy_record){
			.interface_name = "a",
			.opnum = (uint16_t)i,
			.identity = identities[i],
			.auth_level = 1,
		};
	}
	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_policy_suggest(records, N, &buffer), PEN_E_LIMIT);
	assert_int_equal(buffer.size, 0);
	assert_int_equal(pen_policy_suggest(records, 700, &buffer), 0);
	pen_buffer_done(&buffer);

	/* Fewer rules than too many, of too many SIDs. */
	for (size_t i = 0; i < N; i++) {
		snprintf(identities[i], sizeof(*identities), "S-1-5-%zu", i);
		records[i].opnum = 1;
	}
	assert_int_equal(pen_policy_suggest(records, N, &buffer), PEN_E_LIMIT);
	assert_int_equal(pen_policy_suggest(records, PEN_POLICY_SIDS_MAX, &buffer), 0);
	pen_buffer_done(&buffer);
	free(identities);
	free(records);
}

static void test_allocations(void **state)
{
	struct call call = { .user = 2 };
	struct pen_policy_record records[2];
	struct pen_buffer buffer;
	int r;

	records[0] = record_of(&call);
	call.interface = 2;
	call.operation = 3;
	records[1] = record_of(&call);
	for (size_t n = 1; pen_buffer_init(&buffer, 0), pen_fail_at(n),
		    r = pen_policy_suggest(records, 2, &buffer), pen_fail_hit();
	     n++) {
		assert_int_equal(r, -ENOMEM);
		assert_int_equal(buffer.size, 0);
		pen_buffer_done(&buffer);
	}
	assert_int_equal(r, 0);
	pen_buffer_done(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_was_seen),
		cmocka_unit_test(test_rules_are_merged),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_what_no_rule_can_name),
		cmocka_unit_test(test_exactly_what_was_seen),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_allocations),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
