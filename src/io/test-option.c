/* SPDX-License-Identifier: MIT */
#include "io/option.h"
#include "support/unit.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WORDS_MAX = 8 };

static const struct option options[] = {
	{ "size", required_argument, NULL, 's' },
	{ "loud", no_argument, NULL, 'l' },
	PEN_OPTIONS_END,
};

static struct {
	char size[32];
	int n_loud;
	char said[256]; /* on both */
} seen;

static int take_option(void *data, int val)
{
	assert_ptr_equal(data, &seen);
	if (val == 'l') {
		seen.n_loud++;
		return -1;
	}
	assert_int_equal(val, 's');
	snprintf(seen.size, sizeof(seen.size), "%s", optarg);
	return strcmp(optarg, "wrong") ? -1 : 7;
}

/* What parsing the words returns, which spaces divide. */
static int parse(int n_words, const char *text)
{
	const struct pen_command_line line = {
		.program = "tested",
		.help = "Help.\n",
		.letters = ":lh",
		.options = options,
		.n_words = n_words,
		.take = take_option,
	};
	int both = memfd_create("said", MFD_CLOEXEC);
	int out = dup(STDOUT_FILENO), error = dup(STDERR_FILENO);
	char copy[128], name[] = "tested", *argv[WORDS_MAX + 1] = { name };
	int argc = 1, end;
	ssize_t n;

	memset(&seen, 0, sizeof(seen));
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	fflush(stdout);
	dup2(both, STDOUT_FILENO);
	dup2(both, STDERR_FILENO);
	optind = 0;
	end = pen_command_line_parse(&line, &seen, argc, argv);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(error, STDERR_FILENO);
	n = pread(both, seen.said, sizeof(seen.said) - 1, 0);
	assert_true(n >= 0);
	close(out);
	close(error);
	close(both);
	return end;
}

static void test_goes_on(void **state)
{
	assert_int_equal(parse(0, ""), -1);
	assert_int_equal(parse(0, "--size 12 -l --loud"), -1);
	assert_string_equal(seen.size, "12");
	assert_int_equal(seen.n_loud, 2);
	assert_int_equal(parse(1, "--loud here"), -1);
	assert_int_equal(optind, 2);
	assert_int_equal(parse(1, ""), -1);
	assert_string_equal(seen.said, "");
}

static void test_ends(void **state)
{
	assert_int_equal(parse(0, "--help --bogus"), 0);
	assert_string_equal(seen.said, "Help.\n");
	assert_int_equal(parse(0, "-h"), 0);
	assert_int_equal(parse(0, "--version"), 0);
	assert_string_equal(seen.said, "tested " PEN_VERSION "\n");
	/* An option of the program's own that is wrong, and nothing after it. */
	assert_int_equal(parse(0, "--size wrong --loud"), 7);
	assert_int_equal(seen.n_loud, 0);
	assert_string_equal(seen.said, "");
}

static void test_wrong(void **state)
{
	assert_int_equal(parse(0, "--lout"), 2);
	assert_string_equal(seen.said, "tested: there is no option --lout; did you mean --loud?\n");
	assert_int_equal(parse(0, "--size"), 2);
	assert_string_equal(seen.said, "tested: --size needs a value.\n");
	assert_int_equal(parse(0, "here"), 2);
	assert_string_equal(seen.said,
			    "tested: what is here? There are options only; see --help.\n");
	assert_int_equal(parse(1, "here there"), 2);
	assert_non_null(strstr(seen.said, "what is there?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_on),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
