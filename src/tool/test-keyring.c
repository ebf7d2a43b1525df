/* SPDX-License-Identifier: MIT */
#include "support/fail.h"
#include "support/unit.h"
#include "tool/keyring.h"
#include <errno.h>
#include <string.h>

#define LINE(local, remote, group, context, key)                                                   \
	"1 time=2026-11-21T13:05:00.123Z side=server protseq=ncacn_ip_tcp local=" local            \
	" remote=" remote " group=" group " context=" context                                      \
	" type=9 mech=spnego level=6 cipher=ntlm:0xe2888235 key=" key "\n"

static struct keyring keyring;
static char text[4096];

static void parse(const char *log)
{
	strcpy(text, log);
	keyring = (struct keyring){ 0 };
	assert_int_equal(keyring_parse(&keyring, text), 0);
}

static void test_lines(void **state)
{
	static const char *const passed[] = {
		"2 context=1 cipher=ntlm:1 key=00",
		"1",
		"1 context=1 cipher=ntlm:1 key=",
		"1 context=1 cipher=ntlm:1",
		"1 context=1 cipher=- key=00",
		"1 context=1 cipher=ntlm key=00",
		"1 context=1 cipher=ntlm:x key=00",
		"1 context=1 cipher=ntlm:-1 key=00",
		"1 context=1 cipher=ntlm:0x100000000 key=00",
		"1 context=1 cipher=red:1 key=00",
		"1 context=1 cipher=:1 key=00",
		"1 context=1 cipher=ntlm:1 key=0",
		"1 context=1 cipher=ntlm:1 key=0g",
		"1 context=1 cipher=ntlm:1 key=00 type=256",
		"1 context=one cipher=ntlm:1 key=00",
		"1 group=0x cipher=ntlm:1 key=00",
		"#",
	};

	parse(LINE("192.0.2.1:135", "192.0.2.7:50123", "0x1a2b", "79231", "001ffe") "\n\n");
	assert_int_equal(keyring.n, 1);
	assert_int_equal(keyring.n_passed, 0);
	assert_string_equal(keyring.keys[0].ends[0], "192.0.2.1:135");
	assert_string_equal(keyring.keys[0].ends[1], "192.0.2.7:50123");
	assert_int_equal(keyring.keys[0].group, 0x1a2b);
	assert_int_equal(keyring.keys[0].context, 79231);
	assert_int_equal(keyring.keys[0].auth_type, 9);
	assert_int_equal(keyring.keys[0].keys.kind, PEN_SESSION_NTLM);
	assert_int_equal(keyring.keys[0].keys.detail, 0xe2888235);
	assert_int_equal(keyring.keys[0].keys.key.size, 3);
	assert_memory_equal(keyring.keys[0].keys.key.data, "\x00\x1f\xfe", 3);
	keyring_done(&keyring);
	for (size_t i = 0; i < PEN_COUNT(passed); i++) {
		parse(passed[i]);
		assert_int_equal(keyring.n, 0);
		assert_int_equal(keyring.n_passed, 1);
		keyring_done(&keyring);
	}
	parse("1 novalue key=ABCDEF key=aa cipher=krb5:18 also");
	assert_int_equal(keyring.n, 0); /* digits are small ones */
	keyring_done(&keyring);
	parse("1 novalue more=words key=aa cipher=krb5:18 also");
	assert_int_equal(keyring.n, 1);
	assert_int_equal(keyring.keys[0].keys.detail, 18);
	keyring_done(&keyring);
	pen_fail_at(1);
	strcpy(text, "1");
	assert_int_equal(keyring_parse(&keyring, text), -ENOMEM);
	assert_true(pen_fail_hit());
	keyring_done(&keyring);
}

/* The keys' first bytes that a question finds, in order. */
static const char *find(struct keyring_question question)
{
	static char found[64];
	const struct keyring_key *key;
	size_t n = 0, at = 0;

	question.auth_type = question.auth_type ? question.auth_type : 9;
	while ((key = keyring_find(&keyring, &question, &n)))
		at += (size_t)snprintf(found + at, sizeof(found) - at, "%x", key->keys.key.data[0]);
	found[at] = '\0';
	return found;
}

static void test_questions(void **state)
{
	parse(LINE("192.0.2.1:135", "192.0.2.7:5", "0x10", "1", "01")	      /**/
	      LINE("192.0.2.7:5", "192.0.2.1:135", "0x10", "1", "02")	      /* the other side */
	      LINE("-", "192.0.2.7", "0x10", "1", "03")			      /* behind smbd */
	      LINE("-", "192.0.2.7", "0x20", "1", "04")			      /**/
	      LINE("192.0.2.1:135", "192.0.2.7:5", "0x10", "2", "05")	      /**/
	      LINE("10.0.0.1:135", "10.0.0.2:5", "0x30", "1", "06")	      /**/
	      LINE("[2001:db8::1]:135", "[2001:db8::2]:5", "0x30", "1", "07") /**/
	);
	assert_string_equal(
		find((struct keyring_question){ { "192.0.2.7:5", "192.0.2.1:135" }, 0, 1 }),
		"4321");
	assert_string_equal(
		find((struct keyring_question){ { "192.0.2.7:5", "192.0.2.1:135" }, 0x10, 1 }),
		"321");
	assert_string_equal(
		find((struct keyring_question){ { "192.0.2.1:135", "192.0.2.7:5" }, 0x99, 2 }),
		"5");
	assert_string_equal(
		find((struct keyring_question){ { "192.0.2.7:6", "192.0.2.1:445" }, 0x20, 1 }),
		"4");
	assert_string_equal(
		find((struct keyring_question){ { "1.1.1.1:6", "1.1.1.2:445" }, 0x30, 1 }), "76");
	assert_string_equal(find((struct keyring_question){ { "1.1.1.1:6", "1.1.1.2:445" }, 0, 1 }),
			    "43");
	assert_string_equal(
		find((struct keyring_question){ { "192.0.2.1:135", "192.0.2.7:5" }, 0x10, 1, 10 }),
		"");
	keyring_done(&keyring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
