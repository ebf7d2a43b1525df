/* SPDX-License-Identifier: MIT */
/*
 * Questions to policies, by each condition and in each order.
 */
#include "policy/test-policy.h"
#include "support/fail.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct pen_uuid srvsvc_uuid = {
	0x4b324fc8, 0x1670, 0x01d3, { 0x12, 0x78 }, { 0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88 }
};

/* Those who ask. */
static struct {
	struct pen_token *alice;  /* OFFICE\alice, of the group S-1-5-21-7-513 */
	struct pen_token *guest;  /* who says that she is OFFICE\alice */
	struct pen_token *local;  /* uid 1000 */
	struct pen_token *nobody; /* of the network */
	struct pen_token *many;	  /* of as many groups as can be */
} who;

static struct pen_token *make_user(const char *account, bool is_authenticated)
{
	const struct pen_sid sids[] = {
		{ 1, 3, 5, { 21, 7, 1104 } },
		{ 1, 3, 5, { 21, 7, 513 } },
		pen_sid_everyone,
	};
	const struct pen_token_info info = {
		.proof = PEN_TOKEN_RPC,
		.is_authenticated = is_authenticated,
		.sids = sids,
		.n_sids = PEN_COUNT(sids),
		.account = account,
		.domain = "OFFICE",
	};
	struct pen_token *token = NULL;

	assert_int_equal(pen_token_new(&token, &info), 0);
	return token;
}

static int set_up(void **state)
{
	struct pen_sid *sids = calloc(PEN_TOKEN_SIDS_MAX, sizeof(*sids));
	const struct pen_token_info info = { .is_authenticated = true,
					     .sids = sids,
					     .n_sids = PEN_TOKEN_SIDS_MAX };

	for (uint32_t i = 0; i < PEN_TOKEN_SIDS_MAX; i++)
		sids[i] = pen_sid_unix_group(i);
	who.alice = make_user("alice", true);
	who.guest = make_user("alice", false);
	assert_int_equal(pen_token_new_unix(&who.local, 1000, 100, NULL, 0, 0, false), 0);
	assert_int_equal(pen_token_new_anonymous(&who.nobody, true), 0);
	assert_int_equal(pen_token_new(&who.many, &info), 0);
	free(sids);
	return 0;
}

static int tear_down(void **state)
{
	pen_token_free(who.alice);
	pen_token_free(who.guest);
	pen_token_free(who.local);
	pen_token_free(who.nobody);
	pen_token_free(who.many);
	return 0;
}

/* Alice calls srvsvc's operation 18 over TCP with integrity; tests change what they are about. */
static struct pen_policy_question question(void)
{
	return (struct pen_policy_question){
		.interface.uuid = srvsvc_uuid,
		.interface_name = "srvsvc",
		.opnum = 18,
		.operation = "NetrShareDel",
		.token = who.alice,
		.source = "10.1.2.3",
		.protseq = PEN_NCACN_IP_TCP,
		.auth_level = PEN_AUTH_LEVEL_INTEGRITY,
	};
}

static struct pen_policy_answer ask(const char *text, const struct pen_policy_question *q)
{
	struct pen_policy *policy = policy_of(text);
	struct pen_policy_answer answer;

	memset(&answer, 0xff, sizeof(answer));
	pen_policy_ask(policy, q, &answer);
	pen_policy_free(policy);
	return answer;
}

/* Whether the condition holds, by a rule that allows and by one that denies. */
static bool holds(const char *condition, const struct pen_policy_question *q)
{
	char text[512];
	bool is_allowed, is_denied;

	snprintf(text, sizeof(text), "allow %s\ndefault deny", condition);
	is_allowed = ask(text, q).is_allowed;
	snprintf(text, sizeof(text), "deny %s\ndefault allow", condition);
	is_denied = !ask(text, q).is_allowed;
	assert_int_equal(is_allowed, is_denied);
	return is_allowed;
}

static void test_interface(void **state)
{
	struct pen_policy_question q = question();

	assert_true(holds("interface=*", &q));
	assert_true(holds("interface=srvsvc", &q));
	assert_true(holds("interface=SrvSvc", &q));
	assert_true(holds("interface=samr,srvsvc", &q));
	assert_true(holds("interface=4b324fc8-1670-01d3-1278-5a47bf6ee188", &q));
	assert_true(holds("interface=samr,{4B324FC8-1670-01D3-1278-5A47BF6EE188}", &q));
	assert_false(holds("interface=samr", &q));
	assert_false(holds("interface=srvsvc2,srvsv", &q));
	assert_false(holds("interface=4b324fc8-1670-01d3-1278-5a47bf6ee189", &q));
}

static void test_operation(void **state)
{
	struct pen_policy_question q = question();

	assert_true(holds("operation=18", &q));
	assert_true(holds("operation=0018", &q));
	assert_true(holds("operation=netrsharedel", &q));
	assert_true(holds("operation=1,2,NetrShareDel", &q));
	assert_false(holds("operation=17,19", &q));
	assert_false(holds("operation=NetrShareDe", &q));
	q.opnum = 0;
	q.operation = NULL;
	assert_true(holds("operation=0", &q));
	assert_false(holds("operation=1", &q));
}

static void test_identity(void **state)
{
	struct pen_policy_question q = question();

	assert_true(holds("identity=authenticated", &q));
	assert_false(holds("identity=anonymous", &q));
	assert_true(holds("identity=OFFICE\\alice", &q));
	assert_true(holds("identity=office\\ALICE", &q));
	assert_true(holds("identity=*\\alice", &q));
	assert_false(holds("identity=\\alice", &q));
	assert_false(holds("identity=OFF\\alice", &q));
	assert_false(holds("identity=OFFICE2\\alice", &q));
	assert_false(holds("identity=OFFICE\\alic,OFFICE\\alice2", &q));
	assert_true(holds("identity=S-1-5-21-7-1104", &q));
	assert_true(holds("identity=S-1-5-21-9-513,S-1-5-21-7-513", &q));
	assert_true(holds("identity=S-1-1-0", &q));
	assert_false(holds("identity=S-1-5-21-7,S-1-5-7,S-1-5-21-7-1105", &q));
	assert_false(holds("identity=uid:1000,uid:0", &q));

	q.token = who.local;
	assert_true(holds("identity=uid:1000", &q));
	assert_true(holds("identity=authenticated", &q));
	assert_true(holds("identity=S-1-22-2-100", &q));
	assert_false(holds("identity=uid:100", &q));
}

/* A guest may say any name; nobody has none. */
static void test_who_is_not_proved(void **state)
{
	struct pen_policy_question q = question();

	q.token = who.guest;
	assert_false(holds("identity=OFFICE\\alice,*\\alice", &q));
	assert_false(holds("identity=authenticated", &q));
	assert_false(holds("identity=anonymous", &q));
	assert_true(holds("identity=S-1-1-0", &q));
	q.token = who.nobody;
	assert_true(holds("identity=anonymous", &q));
	assert_true(holds("identity=S-1-5-7", &q));
	assert_false(holds("identity=authenticated,*\\ANONYMOUS", &q));
	q.token = NULL;
	assert_true(holds("identity=anonymous", &q));
	assert_false(holds("identity=authenticated,S-1-1-0,uid:0,\\x", &q));
}

static void test_from(void **state)
{
	struct pen_policy_question q = question();

	assert_true(holds("from=10.1.2.3", &q));
	assert_true(holds("from=::1,10.0.0.0/8", &q));
	assert_false(holds("from=local", &q));
	assert_false(holds("from=10.1.2.4,::/0", &q));
	q.source = NULL;
	assert_true(holds("from=local", &q));
	assert_false(holds("from=0.0.0.0/0,::/0", &q));
}

static void test_transport(void **state)
{
	struct pen_policy_question q = question();

	assert_true(holds("transport=ncacn_ip_tcp", &q));
	assert_false(holds("transport=ncacn_np,ncalrpc", &q));
	q.protseq = PEN_NCALRPC;
	assert_true(holds("transport=ncacn_np,ncalrpc", &q));
	q.protseq = PEN_NCACN_NP;
	assert_true(holds("transport=ncacn_np", &q));
}

static void test_level(void **state)
{
	static const struct {
		uint8_t level;
		const char *name;
	} levels[] = {
		{ PEN_AUTH_LEVEL_NONE, "none" },       { PEN_AUTH_LEVEL_CONNECT, "connect" },
		{ PEN_AUTH_LEVEL_PACKET, "packet" },   { PEN_AUTH_LEVEL_INTEGRITY, "integrity" },
		{ PEN_AUTH_LEVEL_PRIVACY, "privacy" },
	};
	struct pen_policy_question q = question();
	char condition[64];

	for (size_t i = 0; i < PEN_COUNT(levels); i++)
		for (size_t k = 1; k < PEN_COUNT(levels); k++) {
			q.auth_level = levels[i].level;
			snprintf(condition, sizeof(condition), "level<%s", levels[k].name);
			assert_int_equal(holds(condition, &q), i < k);
			snprintf(condition, sizeof(condition), "level>=%s", levels[k].name);
			assert_int_equal(holds(condition, &q), i >= k);
		}
	q.auth_level = PEN_AUTH_LEVEL_INTEGRITY;
	assert_true(holds("level>=packet level<privacy", &q));
	assert_false(holds("level>=connect level<integrity", &q));
}

/* A level that there is not protects nothing; that of datagrams is less than packet. */
static void test_odd_levels(void **state)
{
	static const uint8_t none[] = { 0, 7, 255 };
	struct pen_policy_question q = question();

	for (size_t i = 0; i < PEN_COUNT(none); i++) {
		q.auth_level = none[i];
		assert_true(holds("level<connect", &q));
	}
	q.auth_level = PEN_AUTH_LEVEL_CALL;
	assert_true(holds("level<packet level>=connect", &q));
}

/* All conditions of a rule must hold. */
static void test_conditions_are_anded(void **state)
{
	struct pen_policy_question q = question();

	assert_true(holds("interface=srvsvc operation=18 identity=authenticated from=10.1.2.3 "
			  "transport=ncacn_ip_tcp level>=packet",
			  &q));
	assert_false(holds("interface=samr operation=18 identity=authenticated", &q));
	assert_false(holds("interface=srvsvc operation=17 identity=authenticated", &q));
	assert_false(holds("interface=srvsvc operation=18 identity=anonymous", &q));
	assert_false(holds("interface=srvsvc from=::1 level>=packet", &q));
	assert_false(holds("interface=srvsvc transport=ncacn_np level>=packet", &q));
	assert_false(holds("interface=srvsvc transport=ncacn_ip_tcp level>=privacy", &q));
}

static void test_first_match_decides(void **state)
{
	const char *text = "# policy\nallow operation=17\ndeny  interface=srvsvc # no\n"
			   "allow interface=*\n";
	struct pen_policy *policy = policy_of(text);
	struct pen_policy_question q = question();
	struct pen_policy_answer answer;

	pen_policy_ask(policy, &q, &answer);
	assert_false(answer.is_allowed);
	assert_int_equal(answer.by.number, 3);
	assert_string_equal(answer.by.text, "deny  interface=srvsvc");
	assert_string_equal(answer.reason, "a rule denies it");
	q.opnum = 17;
	pen_policy_ask(policy, &q, &answer);
	assert_true(answer.is_allowed);
	assert_false(answer.is_maybe);
	assert_int_equal(answer.by.number, 2);
	assert_string_equal(answer.reason, "a rule allows it");
	pen_policy_free(policy);
}

static void test_defaults(void **state)
{
	struct pen_policy_question q = question();
	struct pen_policy *policy = policy_of("\ndefault   deny");
	struct pen_policy_answer answer;

	pen_policy_ask(policy, &q, &answer);
	assert_false(answer.is_allowed);
	assert_int_equal(answer.by.number, 2);
	assert_string_equal(answer.by.text, "default   deny");
	assert_string_equal(answer.reason, "no rule allows it");
	pen_policy_free(policy);
	answer = ask("", &q);
	assert_true(answer.is_allowed);
	assert_int_equal(answer.by.number, 0);
	assert_string_equal(answer.reason, "no rule denies it");
}

static void test_floor(void **state)
{
	static const char text[] = "floor interface=srvsvc transport=ncacn_ip_tcp level=privacy\n"
				   "floor interface=* level=packet";
	struct pen_policy_question q = question();
	struct pen_policy_answer answer = ask(text, &q);

	assert_false(answer.is_allowed);
	assert_int_equal(answer.by.number, 1);
	assert_string_equal(answer.reason, "the interface wants privacy");
	q.auth_level = PEN_AUTH_LEVEL_PRIVACY;
	assert_true(ask(text, &q).is_allowed);
	q.auth_level = PEN_AUTH_LEVEL_CONNECT;
	q.protseq = PEN_NCACN_NP;
	answer = ask(text, &q);
	assert_false(answer.is_allowed);
	assert_string_equal(answer.reason, "the interface wants packet");
	assert_string_equal(ask("floor interface=* level=integrity", &q).reason,
			    "the interface wants integrity");
	q.auth_level = PEN_AUTH_LEVEL_NONE;
	assert_string_equal(ask("floor interface=* level=connect", &q).reason,
			    "the interface wants connect");
}

/* Audits are noted up to what decides, and change nothing. */
static void test_audits(void **state)
{
	struct pen_policy *policy = policy_of("audit interface=srvsvc\naudit operation=17\n"
					      "audit identity=authenticated\nallow level>=packet\n"
					      "audit interface=*\ndefault deny");
	struct pen_policy_question q = question();
	struct pen_policy_answer answer;

	pen_policy_ask(policy, &q, &answer);
	assert_true(answer.is_allowed);
	assert_int_equal(answer.by.number, 4);
	assert_int_equal(answer.n_audits, 2);
	assert_int_equal(answer.audits[0].number, 1);
	assert_string_equal(answer.audits[0].text, "audit interface=srvsvc");
	assert_int_equal(answer.audits[1].number, 3);
	pen_policy_free(policy);
}

static void test_many_audits(void **state)
{
	struct pen_policy_question q = question();
	struct pen_policy_answer answer;
	struct pen_buffer text;

	pen_buffer_init(&text, 0);
	for (size_t i = 0; i < 1000; i++)
		pen_buffer_printf(&text, "audit interface=*\n");
	pen_buffer_add(&text, "", 1);
	answer = ask((const char *)text.data, &q);
	assert_int_equal(answer.n_audits, 1000);
	assert_int_equal(answer.audits[PEN_POLICY_AUDITS_MAX - 1].number, PEN_POLICY_AUDITS_MAX);
	pen_buffer_done(&text);
}

/* ---- binds ---- */

/* What a bind is told: no, yes, or yes so far; and by which line. */
static const struct {
	const char *text;
	bool is_allowed, is_maybe;
	uint32_t line;
} binds[] = {
	{ "", true, false, 0 },
	{ "deny interface=srvsvc", false, false, 1 },
	{ "allow interface=srvsvc\ndefault deny", true, false, 1 },
	{ "deny operation=18", true, true, 0 },
	{ "deny operation=18\ndeny interface=srvsvc", false, false, 2 },
	{ "deny operation=18\nallow interface=srvsvc\ndefault deny", true, true, 2 },
	{ "allow operation=18\ndefault deny", true, true, 1 },
	{ "allow operation=18\ndeny interface=srvsvc", true, true, 1 },
	{ "allow operation=18 interface=samr\ndefault deny", false, false, 2 },
	{ "deny operation=18 interface=samr", true, false, 0 },
	{ "allow operation=18 identity=anonymous\ndefault deny", false, false, 2 },
	{ "allow operation=18 level>=privacy\ndefault deny", false, false, 2 },
	{ "floor interface=srvsvc level=privacy\nallow operation=18", false, false, 1 },
	{ "deny operation=18\ndefault deny", false, false, 2 },
};

static void test_binds(void **state)
{
	struct pen_policy_question q = question();

	q.opnum = PEN_POLICY_BIND;
	q.operation = NULL;
	for (size_t i = 0; i < PEN_COUNT(binds); i++) {
		struct pen_policy_answer answer = ask(binds[i].text, &q);

		if (answer.is_allowed != binds[i].is_allowed ||
		    answer.is_maybe != binds[i].is_maybe || answer.by.number != binds[i].line)
			fail_msg("%s", binds[i].text);
	}
	assert_int_equal(ask("audit operation=18\naudit interface=*", &q).n_audits, 1);
}

/* A bind is never denied where one of its calls would be allowed. */
static void test_binds_and_calls(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(binds); i++) {
		struct pen_policy_question q = question();
		struct pen_policy_answer answer;
		bool allows = false, denies = false;

		for (q.opnum = 17; q.opnum < 19; q.opnum++) {
			q.operation = q.opnum == 18 ? "NetrShareDel" : "NetrShareSetInfo";
			answer = ask(binds[i].text, &q);
			assert_false(answer.is_maybe);
			allows |= answer.is_allowed;
			denies |= !answer.is_allowed;
		}
		q.opnum = PEN_POLICY_BIND;
		answer = ask(binds[i].text, &q);
		assert_true(answer.is_allowed || !allows);
		assert_true(answer.is_maybe || !(allows && denies));
	}
}

/* ---- what is not told ---- */

/* It counts against the caller: who denies may, who allows may not. */
static void test_what_is_not_told(void **state)
{
	struct pen_policy_question q = question();

	q.source = "somewhere";
	assert_false(ask("allow from=0.0.0.0/0\ndefault deny", &q).is_allowed);
	assert_false(ask("deny from=192.0.2.1", &q).is_allowed);
	assert_int_equal(ask("audit from=192.0.2.1", &q).n_audits, 1);
	assert_true(ask("deny from=192.0.2.1 interface=samr", &q).is_allowed);

	q = question();
	q.interface_name = NULL;
	assert_false(ask("allow interface=srvsvc\ndefault deny", &q).is_allowed);
	assert_false(ask("deny interface=srvsvc", &q).is_allowed);
	assert_true(ask("deny interface=srvsvc operation=17", &q).is_allowed);
	assert_true(ask("deny interface=11111111-1111-1111-1111-111111111111", &q).is_allowed);

	q = question();
	q.operation = NULL;
	assert_false(ask("allow operation=NetrShareDel\ndefault deny", &q).is_allowed);
	assert_false(ask("deny operation=NetrShareAdd", &q).is_allowed);
	assert_true(ask("allow operation=NetrShareAdd,18\ndefault deny", &q).is_allowed);

	q = question();
	q.opnum = PEN_POLICY_BIND;
	q.source = "somewhere";
	assert_true(ask("deny operation=18 from=192.0.2.1", &q).is_allowed);
	assert_false(ask("allow operation=18 from=0.0.0.0/0\ndefault deny", &q).is_allowed);
}

/* ---- memory ---- */

static void test_asking_allocates_nothing(void **state)
{
	struct pen_policy *policy =
		policy_of("audit identity=S-1-5-7,S-1-1-0,*\\x from=10.0.0.0/8\n"
			  "deny operation=x,y,z level<privacy\ndefault deny");
	struct pen_policy_question q = question();
	struct pen_policy_answer answer;

	pen_fail_at(0);
	pen_policy_ask(policy, &q, &answer);
	assert_int_equal(pen_fail_count(), 0);
	pen_policy_free(policy);
}

/* As many SIDs as can be, in rules and in the token: each is found, and no other. */
static void test_many_sids(void **state)
{
	struct pen_policy_question q = question();
	struct pen_policy_answer answer;
	struct pen_policy *policy;
	struct pen_buffer text;

	q.token = who.many;
	pen_buffer_init(&text, 0);
	for (unsigned i = 0; i < PEN_POLICY_SIDS_MAX / 2; i++)
		pen_buffer_printf(&text, "deny identity=S-1-22-2-%u\naudit identity=S-1-22-2-%u\n",
				  PEN_TOKEN_SIDS_MAX + i, i * 8);
	pen_buffer_add(&text, "", 1);
	policy = policy_of((const char *)text.data);
	pen_policy_ask(policy, &q, &answer);
	assert_true(answer.is_allowed);
	assert_int_equal(answer.n_audits, PEN_POLICY_SIDS_MAX / 2);
	pen_policy_free(policy);
	pen_buffer_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_operation),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_who_is_not_proved),
		cmocka_unit_test(test_from),
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_odd_levels),
		cmocka_unit_test(test_conditions_are_anded),
		cmocka_unit_test(test_first_match_decides),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_floor),
		cmocka_unit_test(test_audits),
		cmocka_unit_test(test_many_audits),
		cmocka_unit_test(test_binds),
		cmocka_unit_test(test_binds_and_calls),
		cmocka_unit_test(test_what_is_not_told),
		cmocka_unit_test(test_asking_allocates_nothing),
		cmocka_unit_test(test_many_sids),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
