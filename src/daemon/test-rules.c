/* SPDX-License-Identifier: MIT */
/* What penstockd reads of a policy, and what it may name. */
#include "daemon/known.h"
#include "daemon/log.h"
#include "daemon/rules.h"
#include "support/fail.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char listed[] =
	"{\"program\":\"x\",\"workers\":{\"max\":1},\"idle_seconds\":0,\"interfaces\":["
	"{\"name\":\"hello\",\"uuid\":\"11111111-1670-01d3-1278-5a47bf6ee188\",\"version\":\"1.0\","
	"\"endpoints\":[],\"operations\":[\"Greet\",null]},"
	"{\"name\":\"untold\",\"uuid\":\"22222222-1670-01d3-1278-5a47bf6ee188\",\"version\":\"1."
	"0\","
	"\"endpoints\":[]},"
	/* One of ours: its operations are what we say. */
	"{\"name\":\"srvsvc\",\"uuid\":\"4b324fc8-1670-01d3-1278-5a47bf6ee188\",\"version\":\"3."
	"0\","
	"\"endpoints\":[]}]}";

static const struct log quiet = { .level = PEN_LOG_ERROR };
static char path[] = "/tmp/pen-rules-XXXXXX";
static struct pen_buffer diagnoses;

static int set_up(void **state)
{
	int fd = mkstemp(path);

	pen_buffer_init(&diagnoses, 0);
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	int r = unlink(path);

	pen_buffer_done(&diagnoses);
	strcpy(strrchr(path, '-') + 1, "XXXXXX");
	return r;
}

static void put(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	diagnoses.size = 0;
}

static const char *said(void)
{
	assert_int_equal(pen_buffer_add(&diagnoses, "", 1), 0);
	diagnoses.size--;
	return (const char *)diagnoses.data;
}

static int try(const char *policy, const char *record)
{
	struct rules *rules = NULL;
	int r = rules_new(&rules, policy, record, &diagnoses);

	rules_free(rules);
	return r;
}

static void test_what_cannot_be_read(void **state)
{
	static char long_text[PEN_POLICY_TEXT_MAX + 2];

	assert_int_equal(try(NULL, NULL), 0);
	assert_int_equal(try("/nonexistent", NULL), -ENOENT);
	assert_non_null(strstr(said(), "cannot read /nonexistent: No such file"));
	memset(long_text, '#', PEN_POLICY_TEXT_MAX);
	put(long_text);
	assert_int_equal(try(path, NULL), 0);
	long_text[PEN_POLICY_TEXT_MAX] = '#';
	put(long_text);
	assert_int_equal(try(path, NULL), PEN_E_LIMIT);
	assert_non_null(strstr(said(), "larger than 64 KiB"));
	/* What is wrong whoever lists what; names are not, yet. */
	put("deny\n");
	assert_int_equal(try(path, NULL), PEN_E_SYNTAX);
	put("deny interface=whatever operation=Any\n");
	assert_int_equal(try(path, NULL), 0);
	/* The record is its owner's alone. */
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(try(NULL, path), PEN_E_DENIED);
	assert_non_null(strstr(said(), "can be read or changed by others"));
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(try(NULL, path), 0);
}

static int check(const char *text, bool has_program, bool is_all)
{
	struct listing listing;
	struct known known;
	struct rules *rules;
	char error[256];
	int r;

	put(text);
	assert_int_equal(rules_new(&rules, path, NULL, &diagnoses), 0);
	known_init(&known);
	if (has_program) {
		assert_int_equal(listing_read_json(&listing, listed, strlen(listed), error), 0);
		known_add(&known, &listing);
		listing_done(&listing);
	}
	known.is_all = is_all;
	r = known_check(&known, rules, &quiet, &diagnoses);
	known_done(&known);
	rules_free(rules);
	return r;
}

static void test_what_it_may_name(void **state)
{
	assert_int_equal(check("deny interface=srvsvc operation=NetrShareDel\n", false, true), 0);
	assert_int_equal(check("deny interface=hello\n", false, true), PEN_E_SYNTAX);
	assert_non_null(strstr(said(), ":1:16: there is no interface hello"));
	assert_int_equal(check("deny interface=hello operation=Greet\n", true, true), 0);
	assert_int_equal(check("deny interface=hello operation=Great\n", true, true), PEN_E_SYNTAX);
	assert_non_null(strstr(said(), "did you mean Greet?"));
	assert_int_equal(check("deny interface=untold operation=Whatever\n", true, true), 0);
	assert_int_equal(check("deny interface=srvsvc operation=Whatever\n", true, true),
			 PEN_E_SYNTAX);
}

static void test_who_does_not_say(void **state)
{
	assert_int_equal(check("deny interface=silent\n", true, false), 0);
	assert_int_equal(diagnoses.size, 0);
}

static void test_no_rules(void **state)
{
	struct known known;
	struct rules *rules;

	known_init(&known);
	assert_int_equal(known_check(&known, NULL, &quiet, &diagnoses), 0);
	assert_false(rules_say_something(NULL));
	assert_int_equal(rules_new(&rules, NULL, NULL, &diagnoses), 0);
	assert_false(rules_say_something(rules));
	assert_int_equal(known_check(&known, rules, &quiet, &diagnoses), 0);
	rules_free(rules);
	assert_int_equal(rules_new(&rules, NULL, path, &diagnoses), 0);
	assert_true(rules_say_something(rules));
	rules_free(rules);
	known_done(&known);
}

static int ask_all(const struct listing *listing)
{
	struct rules *rules = NULL;
	struct known known;
	int r;

	known_init(&known);
	known_add(&known, listing);
	r = rules_new(&rules, path, path, &diagnoses);
	if (!r)
		r = known_check(&known, rules, &quiet, &diagnoses);
	rules_free(rules);
	known_done(&known);
	return r;
}

static void test_failed_allocations(void **state)
{
	unsigned n_fds = pen_count_fds();
	struct listing listing;
	char error[256];
	size_t n = 1;
	int r;

	put("deny interface=hello operation=Greet\n");
	assert_int_equal(listing_read_json(&listing, listed, strlen(listed), error), 0);
	for (;; n++) {
		pen_fail_at(n);
		r = ask_all(&listing);
		if (!pen_fail_hit())
			break;
		assert_int_equal(r, -ENOMEM);
	}
	assert_int_equal(r, 0);
	assert_true(n > 3);
	listing_done(&listing);
	assert_int_equal(pen_count_fds(), n_fds);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_cannot_be_read), TEST(test_what_it_may_name),
		TEST(test_who_does_not_say),	TEST(test_no_rules),
		TEST(test_failed_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
