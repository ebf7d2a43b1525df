/* SPDX-License-Identifier: MIT */
/*
 * Why a question was answered as it was.
 */
#include "policy/test-policy.h"
#include "support/fail.h"
#include <errno.h>

/* OFFICE and an account of it. */
static struct pen_token *user(const char *account)
{
	const struct pen_sid sid = { 1, 3, 5, { 21, 7, 1104 } };
	const struct pen_token_info info = {
		.proof = PEN_TOKEN_RPC,
		.is_authenticated = true,
		.sids = &sid,
		.n_sids = 1,
		.account = account,
		.domain = "OFFICE",
	};
	struct pen_token *token = NULL;

	assert_int_equal(pen_token_new(&token, &info), 0);
	return token;
}

static struct pen_token *alice;

static int set_up(void **state)
{
	alice = user("alice");
	return 0;
}

static int tear_down(void **state)
{
	pen_token_free(alice);
	return 0;
}

/* Alice calls srvsvc's operation 18 over TCP with integrity; tests change what they are about. */
static struct pen_policy_question question(void)
{
	return (struct pen_policy_question){
		.interface.uuid.time_low = 0x4b324fc8,
		.interface_name = "srvsvc",
		.opnum = 18,
		.operation = "NetrShareDel",
		.token = alice,
		.source = "10.1.2.3",
		.protseq = PEN_NCACN_IP_TCP,
		.auth_level = PEN_AUTH_LEVEL_INTEGRITY,
	};
}

static void expect_why(const char *text, const struct pen_policy_question *q, const char *said)
{
	struct pen_policy *policy = policy_of(text);
	struct pen_buffer buffer;

	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_policy_why(policy, q, &buffer), 0);
	assert_int_equal(pen_buffer_add(&buffer, "", 1), 0);
	assert_string_equal((const char *)buffer.data, said);
	pen_buffer_done(&buffer);
	pen_policy_free(policy);
}

static void test_why(void **state)
{
	struct pen_policy_question q = question();

	expect_why("allow interface=samr operation=1\nallow operation=17\n"
		   "allow identity=anonymous\n\nallow from=::1\nallow transport=ncalrpc\n"
		   "allow level>=privacy\naudit interface=*\n"
		   "floor interface=srvsvc level=privacy\nallow interface=*\nallow operation=1",
		   &q,
		   "line 1: allow interface=samr operation=1: does not match: interface is srvsvc\n"
		   "line 2: allow operation=17: does not match: operation is NetrShareDel\n"
		   "line 3: allow identity=anonymous: does not match: identity is OFFICE\\alice\n"
		   "line 5: allow from=::1: does not match: from is 10.1.2.3\n"
		   "line 6: allow transport=ncalrpc: does not match: transport is ncacn_ip_tcp\n"
		   "line 7: allow level>=privacy: does not match: level is integrity\n"
		   "line 8: audit interface=*: matches, and is noted\n"
		   "line 9: floor interface=srvsvc level=privacy: matches, and denies\n"
		   "line 10: allow interface=*: comes too late\n"
		   "line 11: allow operation=1: does not match: operation is NetrShareDel\n"
		   "denied: the interface wants privacy\n");
	expect_why("allow operation=18\ndefault deny", &q,
		   "line 1: allow operation=18: matches, and allows\n"
		   "allowed: a rule allows it\n");
	expect_why("allow operation=17\ndefault deny", &q,
		   "line 1: allow operation=17: does not match: operation is NetrShareDel\n"
		   "line 2: default deny: decides\n"
		   "denied: no rule allows it\n");
	expect_why("", &q, "allowed: no rule denies it\n");
}

static void test_why_of_a_bind(void **state)
{
	struct pen_policy_question q = question();

	q.opnum = PEN_POLICY_BIND;
	expect_why("audit operation=18\ndeny operation=18\nallow operation=17\ndefault deny", &q,
		   "line 1: audit operation=18: is about operations, of which a bind has none\n"
		   "line 2: deny operation=18: may match an operation, which does not deny the "
		   "bind\n"
		   "line 3: allow operation=17: may match an operation, so the bind is allowed\n"
		   "allowed so far: a rule allows some operation of the interface\n");
}

static void test_why_of_what_is_not_told(void **state)
{
	struct pen_policy_question q = question();

	q.source = "some\x1bwhere";
	expect_why("allow from=::1\naudit from=::1\ndeny from=::1", &q,
		   "line 1: allow from=::1: may match, but not all is known, so it passes\n"
		   "line 2: audit from=::1: may match, as not all is known, and is noted\n"
		   "line 3: deny from=::1: may match, as not all is known, and denies\n"
		   "denied: a rule denies it\n");
}

/* The texts of a question are not for terminals to obey. */
static void test_why_is_plain(void **state)
{
	struct pen_token *strange = user("al\nice"), *local, *nobody;
	struct pen_policy_question q = question();

	assert_int_equal(pen_token_new_unix(&local, 1000, 100, NULL, 0, 0, false), 0);
	assert_int_equal(pen_token_new_anonymous(&nobody, true), 0);
	q.interface_name = "srv\nsvc";
	q.operation = "\x1b[2J\xff";
	q.token = strange;
	expect_why("deny interface=samr\ndeny operation=x\ndeny identity=uid:1", &q,
		   "line 1: deny interface=samr: does not match: interface is srv?svc\n"
		   "line 2: deny operation=x: does not match: operation is ?[2J?\n"
		   "line 3: deny identity=uid:1: does not match: identity is S-1-5-21-7-1104\n"
		   "allowed: no rule denies it\n");
	q.interface_name = NULL;
	q.operation = NULL;
	q.token = local;
	q.auth_level = PEN_AUTH_LEVEL_CALL;
	expect_why("deny interface=11111111-1111-1111-1111-111111111111\ndeny operation=1\n"
		   "deny identity=uid:1\ndeny level<connect",
		   &q,
		   "line 1: deny interface=11111111-1111-1111-1111-111111111111: does not match: "
		   "interface is 4b324fc8-0000-0000-0000-000000000000\n"
		   "line 2: deny operation=1: does not match: operation is 18\n"
		   "line 3: deny identity=uid:1: does not match: identity is uid:1000\n"
		   "line 4: deny level<connect: does not match: level is call\n"
		   "allowed: no rule denies it\n");
	q.token = nobody;
	q.source = NULL;
	expect_why("deny identity=uid:1\ndeny from=::1", &q,
		   "line 1: deny identity=uid:1: does not match: identity is anonymous\n"
		   "line 2: deny from=::1: does not match: from is local\n"
		   "allowed: no rule denies it\n");
	pen_token_free(strange);
	pen_token_free(local);
	pen_token_free(nobody);
}

static void test_allocations_of_why(void **state)
{
	struct pen_policy *policy =
		policy_of("deny interface=samr\ndeny operation=x\ndeny identity=uid:1\n"
			  "deny from=::1\ndeny transport=ncalrpc\ndeny level<packet\n"
			  "audit interface=*\ndefault deny");
	struct pen_policy_question q = question();
	struct pen_buffer buffer;
	int r;

	for (size_t n = 1; pen_buffer_init(&buffer, 0), pen_fail_at(n),
		    r = pen_policy_why(policy, &q, &buffer), pen_fail_hit();
	     n++) {
		assert_int_equal(r, -ENOMEM);
		pen_buffer_done(&buffer);
	}
	assert_int_equal(r, 0);
	pen_buffer_done(&buffer);
	pen_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_why_of_a_bind),
		cmocka_unit_test(test_why_of_what_is_not_told),
		cmocka_unit_test(test_why_is_plain),
		cmocka_unit_test(test_allocations_of_why),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
