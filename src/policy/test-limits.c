/* SPDX-License-Identifier: MIT */
/*
 * Texts that are too large, too wrong, cut, or read where there is no memory.
 */
#include "policy/policy.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct pen_operation operations[] = { { .name = "NetrShareEnum" } };
static const struct pen_interface srvsvc = { .name = "srvsvc",
					     .operations = operations,
					     .n_operations = PEN_COUNT(operations) };
static const struct pen_interface samr = { .name = "samr", .id.uuid.time_low = 1 };
static const struct pen_interface *const interfaces[] = { &srvsvc, &samr };
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

static char *repeat(const char *line, size_t times, size_t *np)
{
	size_t n = strlen(line);
	char *text = malloc(n * times + 1);

	for (size_t i = 0; i < times; i++)
		memcpy(text + i * n, line, n);
	text[n * times] = '\0';
	*np = n * times;
	return text;
}

static void test_too_large(void **state)
{
	struct pen_policy *policy = NULL;
	size_t n;
	char *text = repeat("#", PEN_POLICY_TEXT_MAX + 1, &n);

	assert_int_equal(pen_policy_new(&policy, "f", text, n, &known, &diagnoses), PEN_E_LIMIT);
	assert_string_equal(said(), "f: more than 65536 bytes\n");
	diagnoses.size = 0;
	pen_policy_free(read_n(text, n - 1));
	free(text);
}

static void test_too_many_rules(void **state)
{
	struct pen_policy *policy = NULL;
	size_t n;
	char *text = repeat("deny level<packet\nquota peer rate=1/s\n", 513, &n);

	pen_policy_free(read_n(text, n * 512 / 513));
	assert_int_equal(pen_policy_new(&policy, "f", text, n, &known, &diagnoses), PEN_E_SYNTAX);
	assert_non_null(strstr(said(), "f:1025:1: more than 1024 rules\n"));
	free(text);
}

static void test_too_many_sids(void **state)
{
	struct pen_policy *policy = NULL;
	struct pen_buffer text;

	pen_buffer_init(&text, 0);
	for (unsigned i = 0; i <= PEN_POLICY_SIDS_MAX; i++) {
		if (i == PEN_POLICY_SIDS_MAX)
			pen_policy_free(read_n((const char *)text.data, text.size));
		pen_buffer_printf(&text, "%s%sS-1-5-%u", i % 40 ? "" : "\n",
				  i % 40 ? "," : "deny identity=", i);
	}
	pen_buffer_printf(&text, ",S-1-5-7");
	assert_int_equal(pen_policy_new(&policy, "f", (const char *)text.data, text.size, &known,
					&diagnoses),
			 PEN_E_SYNTAX);
	assert_non_null(strstr(said(), "more than 1024 different SIDs in rules\n"));
	pen_buffer_done(&text);
}

/* Who writes nothing but errors is told of a hundred. */
static void test_too_much_wrong(void **state)
{
	struct pen_policy *policy = NULL;
	size_t n, n_said = 0;
	char *text = repeat("x\n", 30000, &n);

	assert_int_equal(pen_policy_new(&policy, "f", text, n, &known, &diagnoses), PEN_E_SYNTAX);
	for (const char *at = said(); (at = strstr(at, "f:")); at++)
		n_said++;
	assert_int_equal(n_said, 101);
	assert_non_null(strstr((const char *)diagnoses.data, "f:100:1: "));
	assert_non_null(strstr((const char *)diagnoses.data, "\nf: and more\n"));
	free(text);
}

/* ---- hostile texts ---- */

/* Each prefix of a policy is right or wrong, and says so. */
static void test_prefixes(void **state)
{
	static const char text[] =
		"allow interface=srvsvc,samr operation=NetrShareEnum,15 "
		"identity=\"A\\b\"\"c\",S-1-5-7 "
		"from=10.0.0.0/8,::1 transport=ncacn_np level>=connect level<privacy # c\n"
		"floor interface=* level=packet\nquota identity=uid:7 memory=5K rate=5/s\n"
		"default deny\n";

	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = malloc(n + 1);
		struct pen_policy *policy = NULL;
		int r;

		memcpy(copy, text, n);
		diagnoses.size = 0;
		r = pen_policy_new(&policy, "f", copy, n, &known, &diagnoses);
		assert_true(r == 0 || r == PEN_E_SYNTAX);
		assert_int_equal(r == 0, policy != NULL);
		assert_int_equal(r == 0, diagnoses.size == 0);
		pen_policy_free(policy);
		free(copy);
	}
}

/* One line as long as a text may be, of one value after another. */
static void test_long_lines(void **state)
{
	static const char *const pieces[] = { "operation=1", "identity=\"A\\\"\"\"",
					      "from=::", "transport=ncalrpc" };

	for (size_t i = 0; i < PEN_COUNT(pieces); i++) {
		const char *value = strchr(pieces[i], '=') + 1;
		struct pen_buffer text;

		pen_buffer_init(&text, 0);
		pen_buffer_printf(&text, "deny %s", pieces[i]);
		while (text.size + strlen(value) + 1 <= PEN_POLICY_TEXT_MAX)
			pen_buffer_printf(&text, ",%s", value);
		pen_policy_free(read_n((const char *)text.data, text.size));
		pen_buffer_done(&text);
	}
}

/* ---- memory ---- */

static void test_allocations(void **state)
{
	static const char right[] = "deny interface=samr operation=1 identity=S-1-5-7,\"A\\b\" "
				    "from=10.0.0.1\nquota peer=local calls=1\ndefault deny\n";
	static const char bad[] = "deny interface=\"sam\" operation=x identity=bob\n";
	struct pen_policy *policy = NULL;
	int r;

	for (size_t n = 1; pen_fail_at(n),
		    r = pen_policy_new(&policy, "f", right, sizeof(right) - 1, &known, &diagnoses),
		    pen_fail_hit();
	     n++) {
		assert_int_equal(r, -ENOMEM);
		assert_null(policy);
	}
	assert_int_equal(r, 0);
	pen_policy_free(policy);

	for (size_t n = 1; pen_buffer_done(&diagnoses), pen_fail_at(n),
		    r = pen_policy_new(&policy, "f", bad, sizeof(bad) - 1, &known, &diagnoses),
		    pen_fail_hit();
	     n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, PEN_E_SYNTAX);
	assert_null(pen_policy_free(NULL));
}

/* Wherever in the text the arena wants more. */
static void test_allocations_anywhere(void **state)
{
	static const char rules[] = "deny interface=samr operation=1 identity=S-1-5-7,\"A\\b\" x\n"
				    "quota peer=local calls=1\ndefault deny\n";

	for (size_t shift = 0; shift < 256; shift++) {
		struct pen_policy *policy = NULL;
		struct pen_buffer text;
		int r;

		pen_buffer_init(&text, 0);
		assert_int_equal(pen_buffer_printf(&text, "#%*s\n%s", (int)shift * 16, "", rules),
				 0);
		for (size_t n = 1; pen_buffer_done(&diagnoses), pen_fail_at(n),
			    r = pen_policy_new(&policy, "f", (const char *)text.data, text.size,
					       &known, &diagnoses),
			    pen_fail_hit();
		     n++)
			assert_int_equal(r, -ENOMEM);
		assert_int_equal(r, PEN_E_SYNTAX);
		pen_buffer_done(&text);
	}
}

static void test_allocations_of_printing(void **state)
{
	static const char text[] = "deny interface=samr operation=1 identity=S-1-5-7,\"A\\b\" "
				   "from=::1 transport=ncalrpc level>=connect level<privacy\n"
				   "floor interface=* level=packet\nquota peer=* rate=1/s\n";
	struct pen_policy *policy = read_n(text, sizeof(text) - 1);
	struct pen_buffer buffer;
	int r;

	for (size_t n = 1; pen_buffer_init(&buffer, 0), pen_fail_at(n),
		    r = pen_policy_print(policy, &buffer), pen_fail_hit();
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
		cmocka_unit_test_setup_teardown(test_too_large, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_many_rules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_many_sids, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_much_wrong, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_prefixes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_allocations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_allocations_anywhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_allocations_of_printing, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
