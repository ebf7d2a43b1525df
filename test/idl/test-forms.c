/* SPDX-License-Identifier: MIT */
/*
 * What attributes make of values: bytes written by hand beside their JSON, and random values
 * through all their forms.
 */
#include "support/unit.h"

#include "forms.h"
#include "support/rows.h"
#include <string.h>

enum { ARENA_MAX = 1 << 20 };

enum { FIND, USE, WALK, ASK };

static const struct wire_row rows[] = {
	{
		/* A pointer on the wire, though none that points to anything in a program. */
		.operation = { &forms_interface, FIND },
		.json = "{\"parent\":{\"flags\":7,\"place\":{\"here\":5}},\"name\":\"ab\"}",
		.wire = {
			WIRE(
				0x00, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* parent; a hyper's alignment */
				0x07, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, /* *parent */
				0x04, 0x00, 0x02, 0x00, /* name */
				3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, /* counts of *name */
				'a', 0, 'b', 0, 0, 0 /* *name */
			),
			WIRE(
				0x00, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* parent */
				0x07, 0, 0, 0, 0, 0, 0, 0, /* flags */
				1, 0, 0, 0, 0, 0, 0, 0, /* the discriminant */
				5, 0, 0, 0, 0, 0, 0, 0, /* here, and the end of the struct */
				0x04, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* name */
				3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* counts of */
				3, 0, 0, 0, 0, 0, 0, 0, /* *name */
				'a', 0, 'b', 0, 0, 0 /* *name */
			),
		},
	},
	{
		/* What comes out of it: a struct of two shorts for a number, and pointers. */
		.operation = { &forms_interface, FIND, true },
		.json = "{\"words\":{\"low\":1,\"high\":2},\"child\":null,"
			"\"result\":{\"flags\":1,\"place\":{\"there\":3}}}",
		.wire = {
			WIRE(
				1, 0, 2, 0, /* words */
				0, 0, 0, 0, /* child */
				0x00, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* result */
				1, 0, 0, 0, 2, 0, 0, 0, /* flags, the discriminant */
				3, 0, 0, 0, 0, 0, 0, 0 /* there */
			),
			WIRE(
				1, 0, 2, 0, 0, 0, 0, 0, /* words */
				0, 0, 0, 0, 0, 0, 0, 0, /* child */
				0x00, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* result */
				1, 0, 0, 0, 0, 0, 0, 0, /* flags */
				2, 0, 0, 0, 0, 0, 0, 0, /* the discriminant */
				3, 0, 0, 0, 0, 0, 0, 0 /* there */
			),
		},
	},
	{
		/* Ignored pointers have their place, and nothing is in it. */
		.operation = { &forms_interface, WALK },
		.json = "{\"first\":{\"value\":7,\"next\":{\"value\":8,\"next\":null,\"last\":1},"
			"\"last\":9},\"keeper\":{\"which\":2,\"kept\":{}}}",
		.wire = {
			WIRE(
				7, 0, 0, 0, 0x00, 0x00, 0x02, 0x00, /* value, next */
				0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, /* previous, own, last */
				8, 0, 0, 0, 0, 0, 0, 0, /* of *next */
				0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, /* the rest of it */
				2, 0, 0, 0, 2, 0, 0, 0, /* which, the discriminant */
				0, 0, 0, 0 /* kept */
			),
			WIRE(
				7, 0, 0, 0, 0, 0, 0, 0, /* value */
				0x00, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* next */
				0, 0, 0, 0, 0, 0, 0, 0, /* previous */
				0, 0, 0, 0, 0, 0, 0, 0, /* own */
				9, 0, 0, 0, 0, 0, 0, 0, /* last, and the end of the struct */
				8, 0, 0, 0, 0, 0, 0, 0, /* of *next: value */
				0, 0, 0, 0, 0, 0, 0, 0, /* next */
				0, 0, 0, 0, 0, 0, 0, 0, /* previous */
				0, 0, 0, 0, 0, 0, 0, 0, /* own */
				1, 0, 0, 0, 0, 0, 0, 0, /* last */
				2, 0, 0, 0, 0, 0, 0, 0, /* which */
				2, 0, 0, 0, 0, 0, 0, 0, /* the discriminant */
				0, 0, 0, 0, 0, 0, 0, 0 /* kept */
			),
		},
	},
	{
		/* What is wanted, and what is not. */
		.operation = { &forms_interface, ASK },
		.json = "{\"n\":1,\"link\":true,\"list\":false,\"plain\":5}",
		.wire = {
			WIRE(
				1, 0, 0, 0, /* n */
				0x00, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* link, list */
				0x00, 0x00, 0x02, 0x00, 5, 0, 0, 0 /* plain, *plain */
			),
			WIRE(
				1, 0, 0, 0, 0, 0, 0, 0, /* n */
				0x00, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* link */
				0, 0, 0, 0, 0, 0, 0, 0, /* list */
				0x00, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* plain */
				5, 0, 0, 0 /* *plain */
			),
		},
	},
	{
		.operation = { &forms_interface, ASK, true },
		.in = &(const struct forms_Ask_in){ .n = 1, .link = true, .list = true },
		.json = "{\"link\":{\"value\":1,\"next\":null,\"last\":2},\"list\":[3],"
			"\"plain\":null,\"result\":4}",
		.wire = {
			WIRE(
				0x00, 0x00, 0x02, 0x00, /* link */
				1, 0, 0, 0, 0, 0, 0, 0, /* value, next */
				0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, /* previous, own, last */
				0x04, 0x00, 0x02, 0x00, /* list */
				1, 0, 0, 0, 3, 0, 0, 0, /* how many, and it */
				0, 0, 0, 0, 4, 0, 0, 0 /* plain, result */
			),
			WIRE(
				0x00, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* link */
				1, 0, 0, 0, 0, 0, 0, 0, /* value */
				0, 0, 0, 0, 0, 0, 0, 0, /* next */
				0, 0, 0, 0, 0, 0, 0, 0, /* previous */
				0, 0, 0, 0, 0, 0, 0, 0, /* own */
				2, 0, 0, 0, 0, 0, 0, 0, /* last */
				0x04, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* list */
				1, 0, 0, 0, 0, 0, 0, 0, /* how many */
				3, 0, 0, 0, 0, 0, 0, 0, /* and it */
				0, 0, 0, 0, 0, 0, 0, 0, /* plain */
				4, 0, 0, 0 /* result */
			),
		},
	},
};

static void test_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < PEN_COUNT(rows); i++)
		expect_row(&rows[i]);
}

/* In a program it is what is sent, by that type's name. */
static void test_values(void **state)
{
	struct forms_WINDOW window = { .flags = 1, .place = { .where = 1 } };
	struct forms_WINDOW *windows[] = { &window, NULL };
	const struct forms_USES uses = {
		.window = &window,
		.words = { .low = 1 },
		.tree[1] = { .high = 2 },
		.stamp = { .ticks = 3 },
		.number = 4,
		.name = "five",
		.n = 2,
		.windows = windows,
	};
	struct pen_buffer wire;

	(void)state;
	pen_buffer_init(&wire, 0);
	made_to_wire(&(struct made){ .type = &forms_USES_type }, PEN_NDR, &uses, &wire);
	assert_int_equal(wire.data[0], 0);
	pen_buffer_done(&wire);
}

/* Whoever fills an ignored pointer's place says nothing, and a program's own pointer stays at home.
 */
static void test_ignored(void **state)
{
	static const uint8_t foreign[] = {
		1,    0,    0,	  0,	0,    0,    0,	  0,	/* value, next */
		0xef, 0xbe, 0xad, 0xde, 0x08, 0x00, 0x02, 0x00, /* previous, own */
		2						/* last */
	};
	const struct made v = { .type = &forms_LINK_type, .name = "LINK" };
	struct forms_LINK mine = { .value = 1, .previous = &mine, .own = state, .last = 2 };
	struct forms_LINK *theirs;
	struct pen_ndr_error error;
	struct pen_buffer wire;
	struct pen_arena arena;
	void *value;

	(void)state;
	pen_arena_init(&arena, ARENA_MAX);
	pen_buffer_init(&wire, 0);
	assert_int_equal(
		made_from_wire(&v, PEN_NDR, foreign, sizeof(foreign), &arena, &value, &error), 0);
	theirs = value;
	assert_null(theirs->previous);
	assert_null(theirs->own);
	assert_int_equal(theirs->last, 2);
	made_to_wire(&v, PEN_NDR, &mine, &wire);
	assert_int_equal(wire.size, sizeof(foreign));
	for (size_t i = 4; i < 16; i++)
		assert_int_equal(wire.data[i], 0);
	pen_buffer_done(&wire);
	pen_arena_done(&arena);
}

static void test_random(void **state)
{
	(void)state;
	expect_random(&forms_interface);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_ignored),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
