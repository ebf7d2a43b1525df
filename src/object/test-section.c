/* SPDX-License-Identifier: MIT */
/* Sections: whose directory, who may, how long; and what the tree tells of itself. */
#include "object/test-objects.h"
#include <stdio.h>

#define ALL UINT32_C(0xf001f)

static void with(void (*test)(struct world *world))
{
	struct world world;

	world_init(&world);
	test(&world);
	world_done(&world);
}

#define TEST(name)                                                                                 \
	static void name##_in(struct world *w);                                                    \
	static void name(void **state)                                                             \
	{                                                                                          \
		with(name##_in);                                                                   \
	}                                                                                          \
	static void name##_in(struct world *w)

static uint32_t make_with(struct world *w, enum who who, const char *name, int64_t size,
			  uint32_t protection, uint32_t access, const char *text)
{
	struct object_request request = {
		.verb = object_CREATE_SECTION,
		.body.create_section = { .name = name,
					 .access = access,
					 .size = size,
					 .protection = protection },
	};
	struct pen_arena arena;
	uint32_t status;

	pen_arena_init(&arena, 0);
	if (text)
		request.body.create_section.security = sddl(&arena, text);
	status = ask(w, who, &request);
	pen_arena_done(&arena);
	return status;
}

static uint32_t make(struct world *w, enum who who, const char *name)
{
	return make_with(w, who, name, 4096, 4, ALL, NULL);
}

static uint32_t open_section(struct world *w, enum who who, const char *name, uint32_t access)
{
	const struct object_request request = { .verb = object_OPEN_SECTION,
						.body.open_section = { name, access } };

	return ask(w, who, &request);
}

/* A section is there as long as somebody holds it. */
TEST(test_life)
{
	void *first, *second;

	assert_int_equal(make(w, ANNA, "x"), 0);
	assert_int_equal(w->reply.letter.body.section.size, 4096);
	assert_int_equal(w->reply.letter.body.section.granted, ALL);
	assert_non_null(w->reply.memory);
	assert_false(w->reply.is_read_only);
	first = w->reply.hold;
	assert_int_equal(open_section(w, ANNA, "x", ALL), 0);
	second = w->reply.hold;
	assert_ptr_not_equal(first, second);
	pen_objects_end_hold(w->objects, first);
	assert_int_equal(w->n_resources, 1);
	assert_int_equal(open_section(w, ANNA, "x", ALL), 0);
	pen_objects_end_hold(w->objects, second);
	pen_objects_end_hold(w->objects, w->reply.hold);
	assert_int_equal(w->n_resources, 0);
	assert_int_equal(open_section(w, ANNA, "x", ALL), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_true(pen_objects_is_empty(w->objects));
}

TEST(test_it_was_there)
{
	assert_int_equal(make(w, ANNA, "x"), 0);
	assert_int_equal(make_with(w, ANNA, "x", 1 << 20, 4, ALL, NULL),
			 PEN_STATUS_OBJECT_NAME_EXISTS);
	assert_int_equal(w->reply.letter.verb, object_CREATE_SECTION);
	assert_int_equal(w->reply.letter.body.section.size, 4096);
	assert_non_null(w->reply.hold);
	/* Names of sections have their case. */
	assert_int_equal(make(w, ANNA, "X"), 0);
	/* Without a name each is one of its own. */
	assert_int_equal(make(w, ANNA, NULL), 0);
	assert_int_equal(make(w, ANNA, NULL), 0);
	assert_int_equal(w->n_resources, 4);
}

TEST(test_parameters)
{
	assert_int_equal(make_with(w, ANNA, "x", 0, 4, ALL, NULL), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(make_with(w, ANNA, "x", -1, 4, ALL, NULL), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(make_with(w, ANNA, "x", 1, 64, ALL, NULL),
			 PEN_STATUS_INVALID_PAGE_PROTECTION);
	assert_int_equal(make_with(w, ANNA, "x", 1, 4, 0, NULL), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(make_with(w, ANNA, "x", INT64_MAX, 4, ALL, NULL),
			 PEN_STATUS_SECTION_TOO_BIG);
	assert_int_equal(make_with(w, ANNA, "x", 1, 4, PEN_ACCESS_SYSTEM_SECURITY, NULL),
			 PEN_STATUS_PRIVILEGE_NOT_HELD);
	assert_int_equal(make(w, ANNA, ""), PEN_STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(make(w, ANNA, "Global\\"), PEN_STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(make(w, ANNA, "Global"), PEN_STATUS_OBJECT_TYPE_MISMATCH);
	assert_int_equal(make(w, ANNA, "a\\b"), PEN_STATUS_OBJECT_PATH_NOT_FOUND);
	assert_int_equal(make(w, ANNA, "Session\\99\\x"), PEN_STATUS_OBJECT_PATH_NOT_FOUND);
	assert_int_equal(make(w, ANNA, PIPE), PEN_STATUS_OBJECT_TYPE_MISMATCH);
	assert_int_equal(make(w, ANNA, "\\Device\\NamedPipe"), PEN_STATUS_OBJECT_TYPE_MISMATCH);
	assert_int_equal(make(w, ROOT, "\\x"), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(make(w, ROOT, "\\Sessions\\x"), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(open_section(w, ANNA, "x", 0), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(create(w, ANNA, "\\BaseNamedObjects\\x"),
			 PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_true(pen_objects_is_empty(w->objects));
}

TEST(test_sessions)
{
	assert_int_equal(make(w, ANNA, "Local\\x"), 0);
	assert_int_equal(open_section(w, ANNA, "x", ALL), 0);
	assert_int_equal(open_section(w, ANNA, "Session\\3\\x", ALL), 0);
	assert_int_equal(open_section(w, ANNA, "\\Sessions\\3\\BaseNamedObjects\\x", ALL), 0);
	/* The same user in another session has other names. */
	assert_int_equal(open_section(w, ANNA_7, "x", ALL), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(open_section(w, ANNA_7, "Session\\3\\x", ALL), 0);
	assert_int_equal(make(w, ANNA_7, "Session\\3\\y"), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(open_section(w, BERT, "Session\\3\\x", 4), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(make(w, ROOT, "Session\\3\\y"), 0);
	assert_int_equal(make(w, ROOT, "z"), 0);
	assert_int_equal(open_section(w, ANNA, "Session\\0\\z", 4), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(open_section(w, ROOT, "\\BaseNamedObjects\\z", ALL), 0);
}

/* Only from session 0, or with the privilege. */
TEST(test_global)
{
	struct pen_token_info info = *pen_token_info(w->people[BERT]);
	struct pen_token *privileged;

	assert_int_equal(make(w, ANNA, "Global\\x"), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(make(w, ANNA, "\\BaseNamedObjects\\x"), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(make_with(w, ROOT, "Global\\x", 1, 4, ALL, "D:(A;;GR;;;WD)"), 0);
	assert_int_equal(open_section(w, ANNA, "Global\\x", 4), 0);
	/* What is there may be had by that verb too. */
	assert_int_equal(make_with(w, ANNA, "Global\\x", 1, 4, 4, NULL),
			 PEN_STATUS_OBJECT_NAME_EXISTS);
	info.privileges |= PEN_PRIVILEGE(PEN_PRIVILEGE_CREATE_GLOBAL);
	assert_int_equal(pen_token_new(&privileged, &info), 0);
	pen_token_free(w->people[BERT]);
	w->people[BERT] = privileged;
	assert_int_equal(make(w, BERT, "Global\\y"), 0);
	assert_int_equal(make(w, BERT, "Session\\0\\y"), PEN_STATUS_OBJECT_NAME_EXISTS);
}

TEST(test_rights)
{
	assert_int_equal(make_with(w, ANNA, "x", 1, 4, ALL, "D:(A;;GR;;;WD)"), 0);
	assert_int_equal(open_section(w, BERT, "Session\\3\\x", 4), 0);
	assert_true(w->reply.is_read_only);
	assert_int_equal(open_section(w, BERT, "Session\\3\\x", 0x80000000), 0);
	assert_int_equal(w->reply.letter.body.section.granted, 0x20005);
	assert_int_equal(open_section(w, BERT, "Session\\3\\x", 6), PEN_STATUS_ACCESS_DENIED);
	/* The default is for the owner, the system and administrators. */
	assert_int_equal(make(w, ANNA, "y"), 0);
	assert_int_equal(open_section(w, BERT, "Session\\3\\y", 4), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(open_section(w, ROOT, "Session\\3\\y", ALL), 0);
	/* What is made read-only is so for its maker. */
	assert_int_equal(make_with(w, ANNA, "z", 1, 2, ALL, NULL), 0);
	assert_true(w->reply.is_read_only);
	assert_int_equal(open_section(w, ANNA, "z", ALL), 0);
	assert_true(w->reply.is_read_only);
}

/* ---- the tree ---- */

static uint32_t list(struct world *w, enum who who, const char *name, uint32_t from)
{
	const struct object_request request = { .verb = object_LIST, .body.list = { name, from } };

	return ask(w, who, &request);
}

static const struct object_entry *entry(const struct world *w, const char *name)
{
	const struct object_entries *entries = &w->reply.letter.body.entries;

	for (uint32_t i = 0; i < entries->n; i++)
		if (!strcmp(entries->entries[i].name, name))
			return &entries->entries[i];
	return NULL;
}

TEST(test_E1_E2_lists)
{
	struct object_request request = creation("\\Device\\NamedPipe\\PiPe\\a");

	request.body.create_pipe.pipe.instances_max = 7;
	assert_int_equal(ask(w, ANNA, &request), 0);
	assert_int_equal(ask(w, ANNA, &request), 0);
	assert_int_equal(create(w, ANNA, "\\Device\\NamedPipe\\"), 0);
	assert_int_equal(list(w, BERT, "\\Device\\NamedPipe\\", 0), 0);
	assert_int_equal(w->reply.letter.body.entries.n, 1);
	assert_true(w->reply.letter.body.entries.is_all);
	assert_string_equal(entry(w, "PiPe\\a")->type, "Pipe");
	assert_int_equal(entry(w, "PiPe\\a")->instances, 2);
	assert_int_equal(entry(w, "PiPe\\a")->instances_max, 7);
	assert_int_equal(list(w, BERT, "\\", 0), 0);
	assert_string_equal(entry(w, "BaseNamedObjects")->type, "Directory");
	assert_string_equal(entry(w, "DosDevices")->target, "\\??");
	assert_int_equal(list(w, BERT, "\\DosDevices", 0), 0);
	assert_string_equal(entry(w, "pipe")->target, "\\Device\\NamedPipe");
	assert_int_equal(list(w, BERT, "\\Device", 0), 0);
	assert_string_equal(entry(w, "NamedPipe")->type, "Device");
	assert_int_equal(list(w, BERT, "\\Nothing", 0), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(list(w, BERT, "\\Device\\NamedPipe\\PiPe\\a", 0),
			 PEN_STATUS_OBJECT_TYPE_MISMATCH);
}

TEST(test_long_lists_come_in_parts)
{
	char name[300];
	uint32_t n = 0;

	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "\\Device\\NamedPipe\\%0200d", i);
		assert_int_equal(create(w, ANNA, name), 0);
	}
	do {
		assert_int_equal(list(w, ANNA, "\\??\\pipe", n), 0);
		assert_true(w->reply.letter.body.entries.n > 0);
		n += w->reply.letter.body.entries.n;
	} while (!w->reply.letter.body.entries.is_all);
	assert_int_equal(n, 600);
	assert_int_equal(list(w, ANNA, "\\??\\pipe", n), 0);
	assert_int_equal(w->reply.letter.body.entries.n, 0);
}

/* Nobody but an administrator sees the names of another session. */
TEST(test_lists_of_sessions)
{
	assert_int_equal(make(w, ANNA, "secret"), 0);
	assert_int_equal(list(w, ANNA, "Local", 0), 0);
	assert_int_equal(entry(w, "secret")->size, 4096);
	assert_string_equal(entry(w, "Local")->target, "\\Sessions\\3\\BaseNamedObjects");
	assert_int_equal(list(w, ANNA_7, "Session\\3", 0), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(list(w, BERT, "\\Sessions\\3\\BaseNamedObjects", 0),
			 PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(list(w, ROOT, "\\Sessions\\3\\BaseNamedObjects", 0), 0);
	assert_non_null(entry(w, "secret"));
	assert_int_equal(list(w, BERT, "\\Sessions\\BNOLINKS", 0), 0);
	assert_string_equal(entry(w, "3")->target, "\\Sessions\\3\\BaseNamedObjects");
	assert_string_equal(entry(w, "0")->target, "\\BaseNamedObjects");
}

/* Sessions that are over leave nothing behind. */
TEST(test_many_sessions)
{
	struct pen_token *bert = w->people[BERT];

	assert_int_equal(make(w, ANNA, "x"), 0);
	for (uint32_t i = 0; i < 500; i++) {
		assert_int_equal(
			pen_token_new_unix(&w->people[BERT], 1001, 1, NULL, 0, 100 + i, false), 0);
		assert_int_equal(make(w, BERT, "x"), 0);
		pen_objects_end_hold(w->objects, w->reply.hold);
		pen_token_free(w->people[BERT]);
	}
	w->people[BERT] = bert;
	assert_int_equal(list(w, ROOT, "\\Sessions", 0), 0);
	assert_in_range(w->reply.letter.body.entries.n, 2, 70);
	assert_int_equal(open_section(w, ANNA, "x", ALL), 0);
}

static bool says(const struct world *w, const char *sentence)
{
	const struct object_steps *steps = &w->reply.letter.body.explained;

	for (uint32_t i = 0; i < steps->n; i++)
		if (!strcmp(steps->steps[i], sentence))
			return true;
	for (uint32_t i = 0; i < steps->n; i++)
		print_message("%s\n", steps->steps[i]);
	return false;
}

static uint32_t explain(struct world *w, enum who who, const char *name, uint32_t access)
{
	const struct object_request request = { .verb = object_EXPLAIN,
						.body.explain = { name, access } };

	return ask(w, who, &request);
}

TEST(test_explaining)
{
	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(explain(w, BERT, "\\DosDevices\\pipe\\X", BOTH), 0);
	assert_true(says(w, "You are S-1-22-1-1001 in session 5."));
	assert_true(says(w, "\\DosDevices is a link to \\??."));
	assert_true(says(w, "\\??\\pipe is a link to \\Device\\NamedPipe."));
	assert_true(says(w, "In \\Device\\NamedPipe it is X."));
	assert_true(says(w, "It is a pipe of S-1-22-1-1000 with 1 instances, of any number."));
	assert_true(says(w, "1 of them listen."));
	assert_true(says(w, "It gives you the rights 0x120089."));
	assert_true(says(w, "The rights 0x12019f that are asked for are denied."));
	assert_int_equal(make(w, ANNA, "y"), 0);
	assert_int_equal(explain(w, BERT, "Session\\3\\y", 0), 0);
	assert_true(says(w, "It is a section of 4096 bytes."));
	assert_true(says(w, "It gives you no rights."));
	assert_int_equal(explain(w, BERT, "\\no\\way", 0), 0);
	assert_true(says(w, "A directory on the way is not there."));
	assert_int_equal(explain(w, ROOT, "\\Device\\NamedPipe\\nothing", 0), 0);
	assert_true(says(w, "You are S-1-22-1-0 in session 0, an administrator."));
	assert_true(says(w, "There is nothing of that name."));
	assert_int_equal(explain(w, BERT, "Session\\3", 0), 0);
	assert_true(says(w, "What is in it is for its own session to see."));
	assert_int_equal(explain(w, BERT, "\\??\\pipe", 0), 0);
	assert_true(says(w, "It is a device."));
	assert_int_equal(explain(w, BERT, "", 0), 0);
	assert_int_equal(explain(w, BERT, "\\Device\\\\x", 0), 0);
}

/* A link to itself ends somewhere. */
TEST(test_links_have_an_end)
{
	char name[1024] = "";

	for (int i = 0; i < 40; i++)
		strcat(name, "Local\\");
	strcat(name, "x");
	assert_int_equal(make(w, ANNA, name), PEN_STATUS_OBJECT_PATH_NOT_FOUND);
	assert_int_equal(make(w, ANNA, name + 6 * 9), 0);
	for (int i = 0; i < 80; i++)
		strcat(name, "Local\\");
	assert_int_equal(make(w, ANNA, name), PEN_STATUS_OBJECT_NAME_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_it_was_there),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_global),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_E1_E2_lists),
		cmocka_unit_test(test_long_lists_come_in_parts),
		cmocka_unit_test(test_lists_of_sessions),
		cmocka_unit_test(test_many_sessions),
		cmocka_unit_test(test_explaining),
		cmocka_unit_test(test_links_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
