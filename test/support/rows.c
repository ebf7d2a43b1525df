/* SPDX-License-Identifier: MIT */
#include "support/rows.h"
#include "support/unit.h"

#include <string.h>

enum { N_VALUES = 200, ARENA_MAX = 1 << 20 };

static const struct pen_type *type_of(const struct wire_row *row)
{
	const struct pen_operation *operation;

	if (row->type)
		return row->type;
	operation = &row->operation.interface->operations[row->operation.opnum];
	return row->operation.is_out ? operation->out : operation->in;
}

static void expect_form(const struct wire_row *row, enum pen_transfer transfer)
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

void expect_row(const struct wire_row *row)
{
	expect_form(row, PEN_NDR);
	expect_form(row, PEN_NDR64);
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

void expect_random(const struct pen_interface *interface)
{
	for (uint32_t i = 0; i < interface->n_operations; i++) {
		const struct pen_operation *operation = &interface->operations[i];
		struct pen_ndr_error error = { "" };
		unsigned n_done = 0;

		for (unsigned n = 0; operation->in && n < N_VALUES; n++)
			n_done += made_of_operation(operation, visit, NULL, &error);
		if (operation->in && !n_done)
			fail_msg("%s: no value, because %s", operation->name, error.text);
	}
}
