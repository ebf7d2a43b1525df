/* SPDX-License-Identifier: MIT */
/* Each limit is crossed, and what is refused leaves nothing behind. */
#include "object/test-objects.h"
#include "support/fail.h"
#include <stdio.h>

static const struct pen_objects_limits small = {
	.instances = 3,
	.instances_in_all = 5,
	.waiters = 2,
	.waiters_in_all = 3,
	.descriptor_bytes = 1000,
	.ended = 2,
	.sections = 2,
	.sections_in_all = 3,
	.section_bytes = 10000,
	.section_bytes_in_all = 15000,
	.section_handles = 4,
};

static void init(struct world *w)
{
	const struct pen_objects_config config = { .limits = small };

	world_init_with(w, &config);
}

/* All a user's instances are counted, of whatever pipe and session. */
static void test_instances(void **state)
{
	struct dtyp_GUID first;
	struct world w;

	init(&w);
	assert_int_equal(create(&w, ANNA, PIPE), 0);
	first = created_id(&w);
	assert_int_equal(create(&w, ANNA, PIPE), 0);
	assert_int_equal(create(&w, ANNA, "\\Device\\NamedPipe\\y"), 0);
	assert_int_equal(create(&w, ANNA_7, PIPE), PEN_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(create(&w, BERT, "\\Device\\NamedPipe\\1"), 0);
	assert_int_equal(create(&w, BERT, "\\Device\\NamedPipe\\2"), 0);
	assert_int_equal(create(&w, BERT, "\\Device\\NamedPipe\\3"),
			 PEN_STATUS_INSUFFICIENT_RESOURCES);
	assert_string_equal(w.changed, "+2");
	end(&w, first);
	assert_int_equal(create(&w, BERT, "\\Device\\NamedPipe\\3"), 0);
	world_done(&w);
}

static void test_waiters(void **state)
{
	struct world w;

	init(&w);
	assert_int_equal(create(&w, ANNA, PIPE), 0);
	assert_int_equal(open_as(&w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(wait_for(&w, ANNA, PIPE, FOR_EVER), PEN_STATUS_PENDING);
	assert_int_equal(wait_for(&w, ANNA, PIPE, FOR_EVER), PEN_STATUS_PENDING);
	assert_int_equal(wait_for(&w, ANNA, PIPE, FOR_EVER), PEN_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(wait_for(&w, BERT, PIPE, FOR_EVER), PEN_STATUS_PENDING);
	assert_int_equal(wait_for(&w, BERT, PIPE, FOR_EVER), PEN_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(create(&w, ANNA, PIPE), 0);
	while (next(&w) != N_PEOPLE)
		assert_int_equal(w.reply.letter.status, 0);
	assert_int_equal(open_as(&w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(wait_for(&w, BERT, PIPE, FOR_EVER), PEN_STATUS_PENDING);
	world_done(&w);
}

static void test_descriptors(void **state)
{
	struct object_request request = { .verb = object_SET_SECURITY };
	struct dtyp_GUID id;
	char text[2000] = "D:";
	struct pen_arena arena;
	struct world w;

	init(&w);
	pen_arena_init(&arena, 0);
	for (int i = 0; i < 40; i++)
		snprintf(text + strlen(text), 40, "(A;;GA;;;S-1-22-1-%d)", i);
	request.body.set_security.which = 4;
	request.body.set_security.security = sddl(&arena, text);
	{
		struct object_request creating = creation(PIPE);

		creating.body.create_pipe.security = request.body.set_security.security;
		assert_int_equal(ask(&w, ANNA, &creating), PEN_STATUS_INSUFFICIENT_RESOURCES);
		creating.body.create_pipe.security.n = 0;
		creating.body.create_pipe.access |= PEN_ACCESS_WRITE_DAC;
		assert_int_equal(ask(&w, ANNA, &creating), 0);
	}
	id = created_id(&w);
	request.body.set_security.handle = id;
	assert_int_equal(ask(&w, ANNA, &request), PEN_STATUS_INSUFFICIENT_RESOURCES);
	end(&w, id);
	assert_int_equal(create(&w, ANNA, PIPE), 0);
	pen_arena_done(&arena);
	world_done(&w);
}

/* Of clients whose servers are gone the oldest are forgotten. */
static void test_ended(void **state)
{
	struct dtyp_GUID handles[3];
	struct world w;

	init(&w);
	for (int i = 0; i < 3; i++) {
		struct dtyp_GUID server;

		assert_int_equal(create(&w, ANNA, PIPE), 0);
		server = created_id(&w);
		assert_int_equal(open_as(&w, ANNA, PIPE, BOTH), 0);
		handles[i] = w.reply.letter.body.opened.handle;
		end(&w, server);
	}
	assert_int_equal(of_handle(&w, ANNA, object_QUERY_PIPE, handles[0]),
			 PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(of_handle(&w, ANNA, object_QUERY_PIPE, handles[1]), 0);
	assert_int_equal(of_handle(&w, ANNA, object_QUERY_PIPE, handles[2]), 0);
	world_done(&w);
}

static uint32_t make(struct world *w, enum who who, int64_t size)
{
	const struct object_request request = {
		.verb = object_CREATE_SECTION,
		.body.create_section = { .access = 6, .size = size, .protection = 4 },
	};

	return ask(w, who, &request);
}

static void test_sections(void **state)
{
	struct world w;

	init(&w);
	assert_int_equal(make(&w, ANNA, 10001), PEN_STATUS_SECTION_TOO_BIG);
	assert_int_equal(make(&w, ANNA, 6000), 0);
	assert_int_equal(make(&w, ANNA, 4001), PEN_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(make(&w, BERT, 9001), PEN_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(make(&w, BERT, 9000), 0);
	assert_int_equal(make(&w, ANNA, 1), PEN_STATUS_INSUFFICIENT_RESOURCES);
	world_done(&w);
}

static void test_numbers_of_sections(void **state)
{
	const struct object_request again = { .verb = object_OPEN_SECTION,
					      .body.open_section = { "x", 6 } };
	const struct object_request named = {
		.verb = object_CREATE_SECTION,
		.body.create_section = { "x", 6, 1, 4, { 0 } },
	};
	struct world w;

	init(&w);
	assert_int_equal(make(&w, ANNA, 1), 0);
	assert_int_equal(ask(&w, ANNA, &named), 0);
	assert_int_equal(make(&w, ANNA, 1), PEN_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(make(&w, BERT, 1), 0);
	assert_int_equal(make(&w, BERT, 1), PEN_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(ask(&w, ANNA, &again), 0);
	assert_int_equal(ask(&w, ANNA, &again), 0);
	assert_int_equal(ask(&w, ANNA, &again), PEN_STATUS_INSUFFICIENT_RESOURCES);
	world_done(&w);
}

/* ---- memory ---- */

/* All that the engine does, once. */
static void play(struct world *w)
{
	struct object_request offer = { .verb = object_OFFER };
	const struct object_request section = {
		.verb = object_CREATE_SECTION,
		.body.create_section = { "x", 6, 1, 4, { 0 } },
	};
	const struct object_request list = { .verb = object_LIST,
					     .body.list = { "\\Sessions\\BNOLINKS", 0 } };
	const struct object_request why = { .verb = object_EXPLAIN, .body.explain = { PIPE, 7 } };
	struct dtyp_GUID id, client;

	wait_for(w, ANNA, PIPE, FOR_EVER);
	open_as(w, BERT, PIPE, READING);
	create(w, ANNA, PIPE);
	id = created_id(w);
	while (next(w) != N_PEOPLE)
		;
	if (open_as(w, BERT, PIPE, READING))
		return;
	client = w->reply.letter.body.opened.handle;
	of_handle(w, ROOT, object_ANNOUNCE, client);
	of_handle(w, ANNA, object_ASK_CLIENT, id);
	of_handle(w, BERT, object_QUERY_PIPE, client);
	wait_for(w, ROOT, PIPE, -1);
	offer.body.offer.instance = id;
	ask(w, ANNA, &offer);
	while (next(w) != N_PEOPLE)
		;
	ask(w, ANNA, &section);
	ask(w, ANNA, &list);
	ask(w, ANNA, &why);
	end(w, id);
}

/* Whatever allocation fails, nothing is lost and nothing is left. */
static void test_failed_allocations(void **state)
{
	const struct pen_objects_config config = { .limits = small, .settled_at = 1200 };
	struct world w;

	for (size_t n = 1;; n++) {
		bool is_hit;

		world_init_with(&w, &config);
		pen_fail_at(n);
		play(&w);
		is_hit = pen_fail_hit();
		pen_fail_at(0);
		world_done(&w);
		if (!is_hit)
			break;
	}
}

static void test_failed_beginning(void **state)
{
	struct world w;
	struct pen_objects_config config = { .limits = small, .data = &w, .random = world_random };
	struct pen_objects *objects;
	int r;

	memset(&w, 0, sizeof(w));
	for (size_t n = 1; pen_fail_at(n), r = pen_objects_new(&objects, &config), pen_fail_hit();
	     n++)
		assert_int_not_equal(r, 0);
	assert_int_equal(r, 0);
	pen_objects_free(objects);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_waiters),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_numbers_of_sections),
		cmocka_unit_test(test_failed_allocations),
		cmocka_unit_test(test_failed_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
