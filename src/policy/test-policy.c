/* SPDX-License-Identifier: MIT */
/*
 * The language of policies: what is right, how it prints, and what is said of what is wrong.
 */
#include "policy/policy.h"
#include "support/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct pen_operation operations[] = {
	{ .name = "NetrShareEnum" },
	{ .name = NULL },
	{ .name = "NetrShareDel" },
};

static const struct pen_interface srvsvc = {
	.name = "srvsvc",
	.id = { .uuid = { 0x4b324fc8, 0x1670, 0x01d3, { 0x12, 0x78 }, { 0x5a, 0x47 } },
		.major = 3 },
	.operations = operations,
	.n_operations = PEN_COUNT(operations),
};
static const struct pen_operation samr_operations[] = { { .name = "SamrConnect" } };
static const struct pen_interface samr = {
	.name = "samr",
	.id.uuid.time_low = 1,
	.operations = samr_operations,
	.n_operations = PEN_COUNT(samr_operations),
};
/* Two of a name, and one whose operations nobody has said. */
static const struct pen_operation hello_operations[] = { { .name = "Greet" }, { .name = NULL } };
static const struct pen_interface hello = {
	.name = "hello",
	.id.uuid.time_low = 2,
	.operations = hello_operations,
	.n_operations = PEN_COUNT(hello_operations),
};
static const struct pen_operation other_operations[] = { { .name = "Leave" } };
static const struct pen_interface other_hello = {
	.name = "Hello",
	.id.uuid.time_low = 3,
	.operations = other_operations,
	.n_operations = PEN_COUNT(other_operations),
};
static const struct pen_interface untold = { .name = "untold", .id.uuid.time_low = 4 };
static const struct pen_interface *const interfaces[] = { &srvsvc, &samr, &hello, &other_hello,
							  &untold };
static const struct pen_policy_known known = { interfaces, PEN_COUNT(interfaces) };

static struct pen_buffer diagnoses;

static int set_up(void **state)
{
	pen_buffer_init(&diagnoses, 0);
	return 0;
}

static int tear_down(void **state)
{
	pen_buffer_done(&diagnoses);
	return 0;
}

static const char *said(void)
{
	assert_int_equal(pen_buffer_add(&diagnoses, "", 1), 0);
	return (const char *)diagnoses.data;
}

static struct pen_policy *read_n(const char *text, size_t n)
{
	struct pen_policy *policy = NULL;

	if (pen_policy_new(&policy, "f", text, n, &known, &diagnoses))
		fail_msg("%s", said());
	assert_int_equal(diagnoses.size, 0);
	return policy;
}

/* The policy's print. */
static char *print(const char *text)
{
	struct pen_policy *policy = read_n(text, strlen(text));
	struct pen_buffer buffer;

	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_policy_print(policy, &buffer), 0);
	assert_int_equal(pen_buffer_add(&buffer, "", 1), 0);
	pen_policy_free(policy);
	return (char *)buffer.data;
}

/* What prints as itself, with a default after it. */
static const char *const canonical[] = {
	"",
	"allow interface=*\n",
	"deny interface=srvsvc\n",
	"audit interface=srvsvc,samr\n",
	"deny interface=4b324fc8-1670-01d3-1278-5a47bf6ee188\n",
	"deny interface=samr,{4B324FC8-1670-01d3-1278-5a47bf6ee188}\n",
	"deny operation=NetrShareDel\n",
	"deny interface=srvsvc operation=NetrShareDel,15,0,65535\n",
	"allow identity=anonymous\n",
	"allow identity=authenticated\n",
	"allow identity=S-1-5-32-544,S-1-1-0\n",
	"allow identity=OFFICE\\alice,*\\bob,\\carol\n",
	"allow identity=\"OFFICE\\Jane Doe\"\n",
	"allow identity=\"A\\b,c\",\"A\\\"\"quoted\"\"\",A\\#=<>\n",
	"allow identity=\"<\\b\",\">=\\b\",\"#\\b\"\n",
	"allow identity=uid:0,uid:4294967295\n",
	"allow identity=\xc3\x84MTER\\\xc3\xb6\n",
	"deny from=10.0.0.0/8,192.0.2.1,2001:db8::/32,::1,local\n",
	"deny transport=ncacn_ip_tcp\n",
	"deny transport=ncacn_ip_tcp,ncacn_np,ncalrpc\n",
	"deny level<connect\n",
	"deny level<packet\n",
	"deny level<integrity\n",
	"deny level<privacy\n",
	"allow level>=connect\n",
	"allow level>=packet\n",
	"allow level>=integrity\n",
	"allow level>=privacy\n",
	"allow level>=connect level<privacy\n",
	"floor interface=srvsvc level=privacy\n",
	"floor interface=* transport=ncacn_ip_tcp,ncacn_np level=connect\n",
	("allow interface=srvsvc operation=NetrShareEnum identity=A\\b from=10.0.0.1 "
	 "transport=ncacn_np level>=integrity\n"),
	"quota peer=* connections=1\n",
	"quota peer=10.0.0.0/8,local contexts=1000000\n",
	"quota identity=* calls=5 memory=1K\n",
	"quota identity=\"A\\b c\",uid:5 memory=64M rate=10/s\n",
	"quota identity=anonymous memory=1024G\n",
	"quota peer=* memory=1099511627776\n",
};

static void test_what_prints_as_itself(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(canonical); i++) {
		char *printed = print(canonical[i]);
		size_t n = strlen(canonical[i]);

		assert_memory_equal(printed, canonical[i], n);
		assert_string_equal(printed + n, "default allow\n");
		free(printed);
	}
}

/* Text and what it prints as. */
static const char *const written[][2] = {
	{ "default deny", "default deny\n" },
	{ "default allow # all", "default allow\n" },
	{ "default deny\nallow interface=*", "allow interface=*\ndefault deny\n" },
	{ "\n \t\n# none\n  # none\n", "default allow\n" },
	{ "\tallow\tinterface = srvsvc , samr#x\n", NULL },
	{ "\tallow\tinterface = srvsvc ,\tsamr # x\r\n",
	  "allow interface=srvsvc,samr\ndefault allow\n" },
	{ "deny level<privacy interface=samr level >= connect",
	  "deny interface=samr level>=connect level<privacy\ndefault allow\n" },
	{ "deny transport=ncalrpc,ncacn_np,ncalrpc",
	  "deny transport=ncacn_np,ncalrpc\ndefault allow\n" },
	{ "deny interface=\"samr\"", "deny interface=samr\ndefault allow\n" },
	{ "floor level=privacy interface=samr",
	  "floor interface=samr level=privacy\ndefault allow\n" },
	{ "quota peer calls=1\nquota rate=1/s identity",
	  "quota peer=* calls=1\nquota identity=* rate=1/s\ndefault allow\n" },
	{ "quota peer=* rate=1/s calls=2\ndeny interface=*",
	  "deny interface=*\nquota peer=* calls=2 rate=1/s\ndefault allow\n" },
};

static void test_what_prints_in_order(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(written); i++) {
		struct pen_policy *policy = NULL;
		char *printed;

		if (!written[i][1]) {
			assert_int_equal(pen_policy_new(&policy, "f", written[i][0],
							strlen(written[i][0]), &known, &diagnoses),
					 PEN_E_SYNTAX);
			diagnoses.size = 0;
			continue;
		}
		printed = print(written[i][0]);
		assert_string_equal(printed, written[i][1]);
		free(printed);
		printed = print(written[i][1]);
		assert_string_equal(printed, written[i][1]);
		free(printed);
	}
}

/* One wrong line, where the caret is, and the reason. */
static const struct {
	const char *line;
	size_t column;
	const char *reason;
} wrong[] = {
	{ "alow interface=*", 1, "there is no rule alow; did you mean allow?" },
	{ "defualt deny", 1, "there is no rule defualt; did you mean default?" },
	{ "permit interface=*", 1,
	  "a line is allow, deny, audit, floor or quota and conditions, default, or a comment "
	  "after #" },
	{ "deny", 1, "a rule without a condition; for all it is interface=*" },
	{ "deny interfaec=samr", 6, "there is no condition interfaec; did you mean interface?" },
	{ "deny who=samr", 6, "there is no condition who" },
	{ "deny =samr", 6, "a condition begins with its name" },
	{ "deny \"interface\"=samr", 6, "a condition begins with its name" },
	{ "deny interface", 6, "interface wants a value" },
	{ "deny interface=", 16, "a value is missing" },
	{ "deny interface=samr,", 21, "a value is missing" },
	{ "deny interface=,samr", 16, "a value is missing" },
	{ "deny interface=samr,,samr", 21, "a value is missing" },
	{ "deny interface=\"samr", 16, "a quote that does not end" },
	{ "deny interface=\"samr\"\"", 16, "a quote that does not end" },
	{ "deny interface=\"samr\"x", 22, "quotes are around all of a value" },
	{ "deny interface=s\"amr\"", 17, "quotes are around all of a value" },
	{ "deny interface==samr", 15, "a condition is NAME=VALUE, or of levels < or >=" },
	{ "deny interface!=samr", 15, "a condition is NAME=VALUE, or of levels < or >=" },
	{ "deny level<=packet", 11, "a condition is NAME=VALUE, or of levels < or >=" },
	{ "deny level>packet", 11, "a condition is NAME=VALUE, or of levels < or >=" },
	{ "deny interface<samr", 6, "interface is compared by = alone" },
	{ "deny from>=10.0.0.1", 6, "from is compared by = alone" },
	{ "deny interface=samr interface=srvsvc", 21,
	  "interface is there already; commas are between values that will do" },
	/* interface, operation */
	{ "deny interface=srvsvcs", 16, "there is no interface srvsvcs; did you mean srvsvc?" },
	{ "deny interface=winreg", 16, "there is no interface winreg" },
	{ "deny interface=samr,*", 21, "* is every interface, and stands alone" },
	{ "deny interface=samr,srvsvc,SAMR", 28, "SAMR is there already" },
	{ "deny "
	  "interface={4b324fc8-1670-01d3-1278-5a47bf6ee188},4B324FC8-1670-01d3-1278-5a47bf6ee188",
	  55, "4B324FC8-1670-01d3-1278-5a47bf6ee188 is there already" },
	{ "deny interface=sa-mr", 16, "interface is a name, a UUID, or * for any" },
	{ "deny interface=\"\"", 16, "interface is a name, a UUID, or * for any" },
	{ "deny interface=4b324fc8-1670-01d3-1278-5a47bf6ee18", 16,
	  "interface is a name, a UUID, or * for any" },
	{ "deny operation=65536", 16, "operation is a name, or a number from 0 to 65535" },
	{ "deny operation=99999999999999999999", 16,
	  "operation is a name, or a number from 0 to 65535" },
	{ "deny operation=-1", 16, "operation is a name, or a number from 0 to 65535" },
	{ "deny operation=1x", 16, "operation is a name, or a number from 0 to 65535" },
	{ "deny operation=*", 16, "operation is a name, or a number from 0 to 65535" },
	{ "deny interface=srvsvc operation=NetrShareEnm", 23,
	  "there is no operation NetrShareEnm; did you mean NetrShareEnum?" },
	{ "deny operation=X interface=samr", 6, "there is no operation X" },
	/* identity */
	{ "deny identity=anonymus", 15, "there is no identity anonymus; did you mean anonymous?" },
	{ "deny identity=Authenticated", 15,
	  "there is no identity Authenticated; did you mean authenticated?" },
#define IDENTITY "identity is DOMAIN\\user, *\\user, a SID, uid:NUMBER, anonymous or authenticated"
	{ "deny identity=alice", 15, IDENTITY },
	{ "deny identity=A\\", 15, IDENTITY },
	{ "deny identity=*", 15, IDENTITY },
	{ "deny identity=\"\"", 15, IDENTITY },
	{ "deny identity=S-1-5-", 15, IDENTITY },
	{ "deny identity=S-1-5-18x", 15, IDENTITY },
	{ "deny identity=uid:", 15, IDENTITY },
	{ "deny identity=uid:-1", 15, IDENTITY },
	{ "deny identity=uid:4294967296", 15, IDENTITY },
	{ "deny identity=uid:99999999999999999999999", 15, IDENTITY },
	/* from, transport */
	{ "deny from=host", 11, "an address is of IPv4 or IPv6, maybe with /PREFIX, or local" },
	{ "deny from=10.0.0.0/33", 11, "a prefix is from 0 to 32 of IPv4, from 0 to 128 of IPv6" },
	{ "deny from=10.0.0.1/8", 11, "the address has bits behind its prefix" },
	{ "deny transport=tcp", 16, "there is no transport tcp" },
	{ "deny transport=ncacn_ip_tpc", 16,
	  "there is no transport ncacn_ip_tpc; did you mean ncacn_ip_tcp?" },
	/* level */
	{ "deny level=privacy", 6, "level is compared by < or >=" },
	{ "deny level<private", 12, "there is no level private; did you mean privacy?" },
	{ "deny level<6", 12, "level is none, connect, packet, integrity or privacy" },
	{ "deny level<none", 12, "every level is at least none" },
	{ "deny level>=none", 13, "every level is at least none" },
	{ "deny level<privacy,packet", 20, "one level is enough" },
	{ "deny level<privacy level<packet", 20, "level has such a limit already" },
	{ "deny level>=packet level<packet", 20, "no level is between these two" },
	{ "deny level<connect level>=privacy", 20, "no level is between these two" },
	/* floor */
	{ "floor interface=samr", 1, "a floor wants interface= and level=" },
	{ "floor level=privacy", 1, "a floor wants interface= and level=" },
	{ "floor interface=samr level<privacy", 22, "a floor is level=LEVEL" },
	{ "floor interface=samr level=none", 28, "every level is at least none" },
	{ "floor interface=samr identity=anonymous level=privacy", 22,
	  "a floor has interface, transport and level" },
	/* default */
	{ "default", 1, "default is allow or deny" },
	{ "default audit", 9, "default is allow or deny" },
	{ "default deny interface=samr", 14, "default has no condition" },
	/* quota */
	{ "quota calls=1", 1, "a quota is of peer= or identity=" },
	{ "quota", 1, "a quota is of peer= or identity=" },
	{ "quota peer=*", 1, "a quota without a limit" },
	{ "quota peer=* identity=* calls=1", 14, "a quota is of peer or identity, one of them" },
	{ "quota peer<* calls=1", 7, "peer is compared by = alone" },
	{ "quota peer=host calls=1", 12,
	  "an address is of IPv4 or IPv6, maybe with /PREFIX, or local" },
	{ "quota identity=bob calls=1", 16, IDENTITY },
	{ "quota peer=* cals=1", 14, "there is no limit cals; did you mean calls?" },
	{ "quota paer=* calls=1", 7, "there is no limit paer; did you mean peer?" },
	{ "quota peer=* calls", 14, "a limit is calls=NUMBER" },
	{ "quota peer=* calls<5", 14, "a limit is calls=NUMBER" },
	{ "quota peer=* calls=1,2", 14, "a limit is calls=NUMBER" },
	{ "quota peer=* calls=1 calls=2", 22, "calls is there already" },
	{ "quota peer=* calls=0", 20, "calls is a number from 1 to 1000000" },
	{ "quota peer=* connections=1000001", 26, "connections is a number from 1 to 1000000" },
	{ "quota peer=* contexts=1K", 23, "contexts is a number from 1 to 1000000" },
	{ "quota peer=* contexts=18446744073709551617", 23,
	  "contexts is a number from 1 to 1000000" },
	{ "quota peer=* memory=1T", 21, "memory is a number from 1 to 1024G" },
	{ "quota peer=* memory=1025G", 21, "memory is a number from 1 to 1024G" },
	{ "quota peer=* memory=K", 21, "memory is a number from 1 to 1024G" },
	{ "quota peer=* memory=1KK", 21, "memory is a number from 1 to 1024G" },
	{ "quota peer=* rate=5", 19, "rate is a number from 1/s to 1000000/s" },
	{ "quota peer=* rate=0/s", 19, "rate is a number from 1/s to 1000000/s" },
	{ "quota peer=* rate=5/m", 19, "rate is a number from 1/s to 1000000/s" },
};

static void test_names_of_many_programs(void **state)
{
	static const char *const right[] = {
		"deny interface=hello operation=greet",
		"deny interface=hello operation=Leave",
		"deny interface=00000003-0000-0000-0000-000000000000 operation=Leave",
		"deny interface=untold operation=Whatever",
	};
	static const char *const bad[] = {
		"deny interface=hello operation=Stay",
		"deny interface=00000003-0000-0000-0000-000000000000 operation=Greet",
	};
	struct pen_policy *policy;

	for (size_t i = 0; i < PEN_COUNT(right); i++) {
		assert_int_equal(pen_policy_new(&policy, "f", right[i], strlen(right[i]), &known,
						&diagnoses),
				 0);
		pen_policy_free(policy);
	}
	for (size_t i = 0; i < PEN_COUNT(bad); i++)
		assert_int_equal(
			pen_policy_new(&policy, "f", bad[i], strlen(bad[i]), &known, &diagnoses),
			PEN_E_SYNTAX);
}

static void test_what_is_wrong(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(wrong); i++) {
		struct pen_policy *policy = NULL;
		char expected[512];

		diagnoses.size = 0;
		assert_int_equal(pen_policy_new(&policy, "f", wrong[i].line, strlen(wrong[i].line),
						&known, &diagnoses),
				 PEN_E_SYNTAX);
		assert_null(policy);
		snprintf(expected, sizeof(expected), "f:1:%zu: %s\n\t%s\n\t%*s^\n", wrong[i].column,
			 wrong[i].reason, wrong[i].line, (int)wrong[i].column - 1, "");
		assert_string_equal(said(), expected);
	}
}

static void expect_said(const char *text, size_t n, const char *expected)
{
	struct pen_policy *policy = NULL;

	diagnoses.size = 0;
	assert_int_equal(pen_policy_new(&policy, "f", text, n, &known, &diagnoses), PEN_E_SYNTAX);
	assert_string_equal(said(), expected);
}

/* Lines are counted, and all that is wrong is said, also of one line. */
static void test_all_at_once(void **state)
{
	static const char text[] = "# first\nallow interface=samr\n\tdeny interfac=a level<x\n"
				   "default deny\ndefault deny\n";

	expect_said(text, sizeof(text) - 1,
		    "f:3:7: there is no condition interfac; did you mean interface?\n"
		    "\t\tdeny interfac=a level<x\n"
		    "\t\t     ^\n"
		    "f:3:24: level is none, connect, packet, integrity or privacy\n"
		    "\t\tdeny interfac=a level<x\n"
		    "\t\t                      ^\n"
		    "f:5:1: there is a default already\n"
		    "\tdefault deny\n"
		    "\t^\n");
}

/* Names may come in any case, and a caret counts characters. */
static void test_characters(void **state)
{
	expect_said("allow identity=\xc3\xb6\\\xc3\xb6 x=1", 24,
		    "f:1:22: there is no condition x\n"
		    "\tallow identity=\xc3\xb6\\\xc3\xb6 x=1\n"
		    "\t                   ^\n");
}

/* What a terminal would obey, and what is not text, is in no policy. */
static void test_what_is_no_text(void **state)
{
	expect_said("allow \0interface=*", 18, "f:1:7: a control character\n\tallow \n\t      ^\n");
	expect_said("# \x1b[2J", 6, "f:1:3: a control character\n\t# \n\t  ^\n");
	expect_said("# \x7f", 3, "f:1:3: a control character\n\t# \n\t  ^\n");
	expect_said("#\r\r\n", 4, "f:1:2: a control character\n\t#\n\t ^\n");
	expect_said("# \xc2\x9b", 4, "f:1:3: a control character\n\t# \n\t  ^\n");
	expect_said("# \xff", 3, "f:1:3: this is not UTF-8\n\t# \n\t  ^\n");
}

/* Without known interfaces every name is one. */
static void test_unknown_interfaces(void **state)
{
	static const char text[] = "deny interface=anything operation=Whatever";
	struct pen_policy *policy = NULL;

	assert_int_equal(pen_policy_new(&policy, "f", text, sizeof(text) - 1, NULL, &diagnoses), 0);
	pen_policy_free(policy);
}

/* What a UUID stands for may be unknown, and then its operations are too. */
static void test_operations_that_are_known(void **state)
{
	free(print("deny interface=11111111-1670-01d3-1278-5a47bf6ee188 operation=Whatever"));
	free(print("deny interface=SRVSVC operation=netrsharedel"));
	free(print("deny interface=samr,srvsvc operation=NetrShareDel"));
	free(print("deny operation=Whatever"));
}

/* The examples of the manual page, as the page shows them, are right. */
static void test_the_manual(void **state)
{
	FILE *file = fopen("docs/man/penstock-policy.5.scd", "r");
	char line[256], text[2048];
	size_t n = 0, n_examples = 0;
	bool is_example = false;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		bool is_fence = !strncmp(line, "```", 3);

		if (is_fence && is_example) {
			struct pen_policy *policy = NULL;

			if (pen_policy_new(&policy, "manual", text, n, NULL, &diagnoses))
				fail_msg("%s", said());
			pen_policy_free(policy);
			n_examples++;
		}
		is_example ^= is_fence;
		if (is_fence)
			n = 0;
		for (const char *c = line; is_example && !is_fence && *c; c++)
			if (c == line || c[0] != '\\' || c[-1] != '\\')
				text[n++] = *c;
	}
	fclose(file);
	assert_int_equal(n_examples, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_prints_as_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_prints_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names_of_many_programs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_wrong, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_all_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_characters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_no_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_interfaces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_operations_that_are_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_manual, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
