/* SPDX-License-Identifier: MIT */
/*
 * The first byte chooses the type, the rest is a stream of such values. What can be read can be
 * written, in its own form and in the others, and is read as the same again.
 */
#include "ndr/test-types.h"
#include <penstock/buffer.h>
#include <penstock/pickle.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 256, ARENA_MAX = 32 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Whether the value can be written so: a number of 64 bits may not fit into NDR's 32. */
static bool write_value(const struct pen_pickle_form *form, const struct pen_type *type,
			const void *value, struct pen_buffer *buffer)
{
	struct pen_ndr_error error = { "" };

	must(!pen_pickle_begin(form, buffer));
	return !pen_pickle_put(form, type, value, buffer, &error);
}

static void through(const struct pen_pickle_form *form, const struct pen_type *type,
		    const void *value, bool must_fit)
{
	_Alignas(16) uint8_t again[VALUE_MAX] = { 0 };
	struct pen_ndr_error error = { "" };
	struct pen_buffer first = { 0 }, second = { 0 };
	struct pen_pickle pickle;
	struct pen_arena arena;
	bool fits = write_value(form, type, value, &first);

	must(fits || !must_fit);
	pen_arena_init(&arena, 0);
	if (fits) {
		must(!pen_pickle_open(&pickle, first.data, first.size, &error));
		must(!pen_pickle_get(&pickle, type, again, &arena, &error));
		must(pen_pickle_is_end(&pickle));
		must(write_value(form, type, again, &second));
		must(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
	}
	pen_buffer_done(&first);
	pen_buffer_done(&second);
	pen_arena_done(&arena);
}

static void through_all(const struct pen_pickle *pickle, const struct pen_type *type,
			const void *value)
{
	static const struct pen_pickle_form forms[] = {
		{ .version = 1 },
		{ .version = 1, .is_big_endian = true },
		{ .version = 2 },
		{ .version = 2, .transfer = PEN_NDR64 },
	};

	through(&pickle->form, type, value, true);
	for (size_t i = 0; i < PEN_COUNT(forms); i++)
		through(&forms[i], type, value, pickle->form.transfer == PEN_NDR);
}

static void count_bytes(struct pen_pickle pickle)
{
	struct pen_slice bytes;

	while (!pen_pickle_get_bytes(&pickle, &bytes, NULL))
		must(bytes.data >= pickle.bytes.data &&
		     bytes.data + bytes.size <= pickle.bytes.data + pickle.bytes.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pen_ndr_error error = { "" };
	const struct pen_type *type;
	struct pen_pickle pickle;
	struct pen_arena arena;

	if (!size)
		return 0;
	test_types_derive();
	type = data[0] & 0x80 ? &pen_type_u32 : test_types[data[0] % PEN_COUNT(test_types)];
	if (pen_pickle_open(&pickle, data + 1, size - 1, &error))
		return 0;
	count_bytes(pickle);
	pen_arena_init(&arena, ARENA_MAX);
	for (int i = 0; i < 4; i++) {
		_Alignas(16) uint8_t value[VALUE_MAX] = { 0 };

		if (pen_pickle_get(&pickle, type, value, &arena, &error))
			break;
		through_all(&pickle, type, value);
	}
	pen_arena_done(&arena);
	return 0;
}
