/* SPDX-License-Identifier: MIT */
#include "base/spelling.h"
#include "support/unit.h"
#include <string.h>

static const char *meant(const char *word)
{
	static const char *const names[] = { "listen", "port", "enabled", "directory" };
	struct pen_spelling spelling = { .word = word };

	for (size_t i = 0; i < PEN_COUNT(names); i++)
		pen_spelling_try(&spelling, names[i]);
	return spelling.nearest ? spelling.nearest : "";
}

/* A slip of the finger is understood. */
static void test_slips(void **state)
{
	assert_string_equal(meant("lisen"), "listen");
	assert_string_equal(meant("Enable"), "enabled");
	assert_string_equal(meant("prot"), "port");
	assert_string_equal(meant("directroy"), "directory");
}

/* Another word is not. */
static void test_strangers(void **state)
{
	char long_word[100];

	memset(long_word, 'x', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = 0;
	assert_string_equal(meant("banana"), "");
	assert_string_equal(meant(""), "");
	assert_string_equal(meant(long_word), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slips),
		cmocka_unit_test(test_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
