/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses the type, the transfer syntax and the byte order; the
 * rest is a value on the wire, or, with the highest bit, in JSON. A value that
 * can be read can be written, and what is written says the same again.
 */
#include "ndr/test-types.h"
#include <penstock/buffer.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 256, ARENA_MAX = 32 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* JSON that is made of the value is read as a value that makes the same JSON. */
static void through_json(const struct pen_type *type, const void *value)
{
	_Alignas(16) uint8_t again[VALUE_MAX] = { 0 };
	struct pen_ndr_error error = { "" };
	struct pen_buffer first;
	struct pen_buffer second;
	struct pen_arena arena;

	pen_buffer_init(&first, 0);
	pen_buffer_init(&second, 0);
	pen_arena_init(&arena, 0);
	must(!pen_ndr_print(type, NULL, value, &first));
	first.size = 0;
	must(!pen_ndr_to_json(type, NULL, value, &first, &error));
	must(!pen_ndr_from_json(type, NULL, (const char *)first.data, first.size, again, &arena,
				&error));
	must(!pen_ndr_to_json(type, NULL, again, &second, &error));
	must(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
	pen_buffer_done(&first);
	pen_buffer_done(&second);
	pen_arena_done(&arena);
}

/* What is written of the value is read as a value of which the same is written. */
static void through_wire(const struct pen_type *type, struct pen_layout layout, const void *value)
{
	_Alignas(16) uint8_t again[VALUE_MAX] = { 0 };
	struct pen_ndr_error error = { "" };
	struct pen_buffer first;
	struct pen_buffer second;
	struct pen_arena arena;

	pen_buffer_init(&first, 0);
	pen_buffer_init(&second, 0);
	pen_arena_init(&arena, 0);
	must(!pen_ndr_put(type, layout, NULL, value, &first, &error));
	must(!pen_ndr_get(type, layout, NULL, first.data, first.size, again, &arena, NULL, &error));
	must(!pen_ndr_put(type, layout, NULL, again, &second, &error));
	must(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
	pen_buffer_done(&first);
	pen_buffer_done(&second);
	pen_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_Alignas(16) uint8_t value[VALUE_MAX] = { 0 };
	struct pen_layout layout = { 0 };
	struct pen_ndr_error error = { "" };
	const struct pen_type *type;
	struct pen_arena arena;
	bool is_json;

	if (!size)
		return 0;
	test_types_derive();
	is_json = data[0] & 0x80;
	layout.transfer = data[0] & 0x40 ? PEN_NDR64 : PEN_NDR;
	layout.is_big_endian = data[0] & 0x20;
	type = test_types[(data[0] & 0x1f) % PEN_COUNT(test_types)];

	pen_arena_init(&arena, ARENA_MAX);
	if (is_json) {
		if (!pen_ndr_from_json(type, NULL, (const char *)data + 1, size - 1, value, &arena,
				       &error))
			through_json(type, value);
	} else if (!pen_ndr_get(type, layout, NULL, data + 1, size - 1, value, &arena, NULL,
				&error)) {
		through_wire(type, layout, value);
		through_json(type, value);
	}
	pen_arena_done(&arena);
	return 0;
}
