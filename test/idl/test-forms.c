/* SPDX-License-Identifier: MIT */
/*
 * What attributes make of values: bytes written by hand beside their JSON, and random values
 * through all their forms.
 */
#include "support/unit.h"

#include "forms.h"
#include "support/values.h"
#include <string.h>

enum { N_VALUES = 200, ARENA_MAX = 1 << 20 };

enum { FIND, USE, WALK, ASK };

struct row {
	const struct pen_type *type; /* NULL: the parameters of an operation */
	uint32_t opnum;
	bool is_out;
	const void *in; /* what it answers, where its sizes need that */
	const char *json;
	struct {
		const uint8_t *bytes;
		size_t n;
	} wire[PEN_N_TRANSFERS];
};

#define WIRE(...)                                                                                  \
	{                                                                                          \
		.bytes = (const uint8_t[]){ __VA_ARGS__ },                                         \
		.n = sizeof((const uint8_t[]){ __VA_ARGS__ })                                      \
	}

static const struct row rows[] = {
	{
		/* A pointer on the wire, though none that points to anything in a program. */
		.opnum = FIND,
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
		.opnum = FIND,
		.is_out = true,
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
		.opnum = WALK,
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
		.opnum = ASK,
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
		.opnum = ASK,
		.is_out = true,
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

static const struct pen_type *type_of(const struct row *row)
{
	const struct pen_operation *operation = &forms_interface.operations[row->opnum];

	return row->type ? row->type : row->is_out ? operation->out : operation->in;
}

static void expect_row(const struct row *row, enum pen_transfer transfer)
{
	const struct made v = { .type = type_of(row), .in = row->in, .name = type_of(row)->name };
	struct pen_ndr_error error = { "" };
	struct pen_buffer json, wire;
	struct pen_arena arena;
	void *value;

	pen_arena_init(&arena, ARENA_MAX);
	pen_buffer_init(&json, 0);
	pen_buffer_init(&wire, 0);
	assert_int_equal(pen_buffer_add(&json, row->json, strlen(row->json)), 0);
	if (made_from_json(&v, &json, &arena, &value, &error))
		fail_msg("%s: %s", row->json, error.text);
	made_to_wire(&v, transfer, value, &wire);
	assert_int_equal(wire.size, row->wire[transfer].n);
	assert_memory_equal(wire.data, row->wire[transfer].bytes, wire.size);
	if (made_from_wire(&v, transfer, row->wire[transfer].bytes, row->wire[transfer].n, &arena,
			   &value, &error))
		fail_msg("%s: %s", row->json, error.text);
	made_to_json(&v, value, &json);
	assert_int_equal(json.size, strlen(row->json));
	assert_memory_equal(json.data, row->json, json.size);
	pen_buffer_done(&wire);
	pen_buffer_done(&json);
	pen_arena_done(&arena);
}

static void test_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		expect_row(&rows[i], PEN_NDR);
		expect_row(&rows[i], PEN_NDR64);
	}
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

static void visit(const struct made *v, void *value, struct pen_arena *arena, void *data)
{
	struct pen_ndr_error error = { "" };
	struct pen_buffer wire, json, again;

	(void)data;
	pen_buffer_init(&wire, 0);
	pen_buffer_init(&json, 0);
	pen_buffer_init(&again, 0);
	made_to_json(v, value, &json);
	for (enum pen_transfer t = PEN_NDR; t < PEN_N_TRANSFERS; t++) {
		made_to_wire(v, t, value, &wire);
		if (made_from_wire(v, t, wire.data, wire.size, arena, &value, &error))
			fail_msg("%s: %s", v->name, error.text);
	}
	made_to_json(v, value, &again);
	assert_int_equal(json.size, again.size);
	assert_memory_equal(json.data, again.data, json.size);
	pen_buffer_done(&wire);
	pen_buffer_done(&json);
	pen_buffer_done(&again);
}

static void test_random(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < forms_interface.n_operations; i++) {
		const struct pen_operation *operation = &forms_interface.operations[i];
		struct pen_ndr_error error = { "" };
		unsigned n_done = 0;

		for (unsigned n = 0; operation->in && n < N_VALUES; n++)
			n_done += made_of_operation(operation, visit, NULL, &error);
		if (operation->in && !n_done)
			fail_msg("%s: no value, because %s", operation->name, error.text);
	}
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
