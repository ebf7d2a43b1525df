/* SPDX-License-Identifier: MIT */
#include "base/reader.h"
#include "base/utf16.h"
#include "ndr/cargo.h"
#include "ndr/part.h"
#include "ndr/walk.h"

enum { LEND_MIN = 4096 /* bytes; fewer are as quickly copied */ };

struct getter {
	struct pen_walk walk;
	struct pen_reader reader;
	bool is_lasting;
};

static struct pen_reader *reader_of(struct pen_walk *w)
{
	return &((struct getter *)w)->reader;
}

/* More may come; who knows that none does says PEN_E_BAD_DATA. */
static void fail_short(struct pen_walk *w)
{
	pen_walk_fail(w, PEN_E_AGAIN, "the bytes end too early");
}

static void get_align(struct pen_walk *w, size_t alignment)
{
	struct pen_reader *r = reader_of(w);

	pen_reader_align(r, alignment);
	if (!pen_reader_ok(r))
		fail_short(w);
}

static void get_trail(struct pen_walk *w, size_t alignment, bool is_optional)
{
	struct pen_reader *r = reader_of(w);
	size_t gap = -r->pos & (alignment - 1);

	if (!is_optional || gap <= pen_reader_left(r))
		get_align(w, alignment);
	else
		pen_reader_bytes(r, pen_reader_left(r));
}

static void get_block(struct pen_walk *w, size_t alignment, void *value, size_t n)
{
	struct pen_reader *r = reader_of(w);
	const uint8_t *p;

	pen_reader_align(r, alignment);
	p = pen_reader_bytes(r, n);
	if (!p)
		fail_short(w);
	else if (n)
		memcpy(value, p, n);
}

static void *get_lend(struct pen_walk *w, size_t alignment, uint64_t n)
{
	struct pen_reader *r = reader_of(w);

	if (!((struct getter *)w)->is_lasting || n < LEND_MIN || n > pen_reader_left(r))
		return NULL;
	pen_reader_align(r, alignment);
	return (void *)(uintptr_t)pen_reader_bytes(r, (size_t)n);
}

/* A count or a referent: 4 bytes, and 8 in NDR64. */
static uint64_t get_word(struct pen_walk *w)
{
	struct pen_reader *r = reader_of(w);
	uint64_t word;

	if (w->transfer == PEN_NDR64) {
		pen_reader_align(r, 8);
		word = pen_reader_u64(r);
	} else {
		pen_reader_align(r, 4);
		word = pen_reader_u32(r);
	}
	if (!pen_reader_ok(r))
		fail_short(w);
	return word;
}

/* Counts stay where products and int64_t have room [MS-RPCE 3.1.1.5.3.2.2.1]. */
static uint64_t get_count(struct pen_walk *w)
{
	uint64_t count = get_word(w);

	if (count <= INT32_MAX)
		return count;
	pen_walk_fail(w, PEN_E_BAD_DATA, "a count of %llu", (unsigned long long)count);
	return 0;
}

/* Of the scalars whose wire form is not their C form. */
static void widen(const struct pen_type *type, uint64_t number, void *value)
{
	if (type->kind == PEN_I3264)
		number = (uint64_t)(int64_t)(int32_t)number;
	pen_scalar_store(type, value, (int64_t)number);
}

static void get_scalar(struct pen_walk *w, const struct pen_type *type, void *value)
{
	const struct pen_wire *wire = &type->wire[w->transfer];
	struct pen_reader *r = reader_of(w);
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	pen_reader_align(r, wire->align);
	switch (wire->min) {
	case 1:
		*(uint8_t *)value = pen_reader_u8(r);
		break;
	case 2:
		u16 = pen_reader_u16(r);
		if (type->size == sizeof(u16))
			memcpy(value, &u16, sizeof(u16));
		else
			widen(type, u16, value);
		break;
	case 4:
		u32 = pen_reader_u32(r);
		if (type->size == sizeof(u32))
			memcpy(value, &u32, sizeof(u32));
		else
			widen(type, u32, value);
		break;
	default:
		u64 = pen_reader_u64(r);
		memcpy(value, &u64, sizeof(u64));
		break;
	}
	if (!pen_reader_ok(r))
		fail_short(w);
	else if (type->range && !pen_scalar_in_range(type, value))
		pen_walk_fail(w, PEN_E_BAD_DATA, "%lld is out of range",
			      (long long)pen_scalar_load(type, value));
}

static void get_handle(struct pen_walk *w, struct pen_context_handle *handle)
{
	struct pen_reader *r = reader_of(w);

	pen_reader_align(r, 4);
	handle->attributes = pen_reader_u32(r);
	handle->uuid = pen_reader_uuid(r);
	if (!pen_reader_ok(r))
		fail_short(w);
}

/* Each descriptor has one owner, and so one place in all values that come. */
static void get_system_handle(struct pen_walk *w, const struct pen_type *type,
			      struct pen_system_handle *handle)
{
	struct pen_reader *r = reader_of(w);
	struct pen_carried *carried;
	uint32_t number;

	pen_reader_align(r, 4);
	number = pen_reader_u32(r);
	if (!pen_reader_ok(r)) {
		fail_short(w);
		return;
	}
	if (!number)
		return;
	carried = pen_cargo_take(w->scope.cargo, number, type);
	if (!carried)
		pen_walk_fail(w, PEN_E_BAD_DATA, "descriptor %u did not come, or is taken", number);
	else
		*handle = (struct pen_system_handle){ .fd = carried->fd, .is_there = true };
}

static bool get_pointer(struct pen_walk *w, const struct pen_type *type, void **slot,
			uint64_t *referent)
{
	*referent = get_word(w);
	return *referent || type->pointer_kind == PEN_REF;
}

static bool get_claim(struct pen_walk *w, const struct pen_pending *pointer)
{
	return pen_walk_claim(w, pointer, pointer->referent);
}

static void get_conformance(struct pen_walk *w, const struct pen_type *type, void *value,
			    struct pen_extent *extents)
{
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		const struct pen_dimension *dimension = &type->dimensions[i];

		extents[i].size = dimension->is_conformant ? get_count(w) : dimension->count;
	}
}

static void get_variance(struct pen_walk *w, const struct pen_type *type,
			 struct pen_extent *extents)
{
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		struct pen_extent *e = &extents[i];

		e->first = 0;
		e->length = e->size;
		if (!type->dimensions[i].is_varying)
			continue;
		e->first = get_count(w);
		e->length = get_count(w);
		if (e->first > e->size || e->length > e->size - e->first)
			pen_walk_fail(w, PEN_E_BAD_DATA, "%llu elements from %llu on, of %llu",
				      (unsigned long long)e->length, (unsigned long long)e->first,
				      (unsigned long long)e->size);
	}
}

static bool get_admit(struct pen_walk *w, const struct pen_type *element, uint64_t count)
{
	uint32_t min = element->wire[w->transfer].min;

	return count <= pen_reader_left(reader_of(w)) / (min ? min : 1);
}

static int64_t get_discriminant(struct pen_walk *w, const struct pen_type *type, void *tag)
{
	uint64_t storage = 0;
	int64_t discriminant;

	get_scalar(w, type->tag, tag ? tag : &storage);
	discriminant = pen_scalar_load(type->tag, tag ? tag : &storage);
	if (!tag)
		pen_walk_promise(w, type->switch_is, discriminant);
	return discriminant;
}

/* Most text is ASCII: a byte for each unit is tried first. */
static char *get_utf16(struct pen_walk *w, const uint8_t *units, size_t n, size_t *sizep)
{
	bool is_big_endian = reader_of(w)->is_big_endian;
	char *text = pen_arena_alloc(w->arena, n + 1);
	size_t size = text ? pen_utf16_get(units, n, is_big_endian, text, n) : 0;

	if (size == PEN_UTF16_BAD) {
		size = pen_utf16_text_size(units, n, is_big_endian);
		text = pen_arena_alloc(w->arena, size + 1);
		if (text)
			pen_utf16_get(units, n, is_big_endian, text, size);
	}
	if (text)
		text[size] = '\0';
	*sizep = size;
	return text;
}

/* The count in front of a string, the part that is hoisted out of a struct. */
static uint64_t string_max(struct pen_walk *w, const struct pen_type *type)
{
	bool is_hoisted = w->is_hoisted && type->dimensions[0].is_conformant;
	struct pen_extent extent;

	if (is_hoisted) {
		w->is_hoisted = false;
		return w->hoisted[0].size;
	}
	get_conformance(w, type, NULL, &extent);
	return extent.size;
}

static void get_string(struct pen_walk *w, const struct pen_type *type, char **slot)
{
	static const uint8_t terminator[2];
	struct pen_reader *r = reader_of(w);
	size_t unit = type->element->kind == PEN_WCHAR ? 2 : 1;
	uint64_t max = string_max(w, type);
	uint64_t first = get_count(w);
	uint64_t count = get_count(w);
	const uint8_t *bytes;
	size_t size;
	char *text;

	if (!pen_walk_ok(w))
		return;
	pen_walk_promise(w, type->dimensions[0].size_is, (int64_t)max);
	pen_walk_promise(w, type->dimensions[0].length_is, (int64_t)count);
	if (first != 0 || count == 0 || count > max) {
		pen_walk_fail(w, PEN_E_BAD_DATA, "a string of %llu from %llu on, of %llu",
			      (unsigned long long)count, (unsigned long long)first,
			      (unsigned long long)max);
		return;
	}
	pen_walk_check_count(w, type, type->dimensions[0].size_is ? max : count);
	if (!pen_walk_ok(w))
		return;
	if (count > pen_reader_left(r) / unit) {
		fail_short(w);
		return;
	}
	bytes = pen_reader_bytes(r, (size_t)count * unit);
	size = (size_t)count - 1;
	if (!bytes || memcmp(bytes + size * unit, terminator, unit) != 0) {
		pen_walk_fail(w, PEN_E_BAD_DATA, "a string without its terminator");
		return;
	}
	text = unit == 2 ? get_utf16(w, bytes, size, &size)
			 : pen_arena_text(w->arena, (const char *)bytes, size);
	if (!text)
		pen_walk_fail(w, PEN_E_LIMIT, "the arena is full");
	else if (memchr(text, '\0', size))
		pen_walk_fail(w, PEN_E_BAD_DATA, "a string with a NUL inside");
	else
		*slot = text;
}

static const struct pen_format get_format = {
	.is_wire = true,
	.is_reading = true,
	.scalar = get_scalar,
	.string = get_string,
	.handle = get_handle,
	.system_handle = get_system_handle,
	.pointer = get_pointer,
	.claim = get_claim,
	.conformance = get_conformance,
	.variance = get_variance,
	.admit = get_admit,
	.lend = get_lend,
	.discriminant = get_discriminant,
	.align = get_align,
	.block = get_block,
	.trail = get_trail,
};

static void getter_init(struct getter *getter, struct pen_layout layout,
			const struct pen_scope *scope, struct pen_slice bytes,
			struct pen_arena *arena, struct pen_ndr_error *error)
{
	pen_walk_init(&getter->walk, &get_format, scope, error);
	getter->walk.transfer = layout.transfer;
	getter->walk.is_native = layout.is_big_endian == PEN_UTF16_HOST;
	getter->walk.arena = arena;
	getter->is_lasting = layout.is_lasting;
	pen_reader_init(&getter->reader, bytes.data, bytes.size);
	getter->reader.is_big_endian = layout.is_big_endian;
}

int pen_ndr_get_part(const struct pen_type *type, struct pen_layout layout,
		     const struct pen_scope *scope, struct pen_slice bytes, size_t *posp,
		     void *value, struct pen_arena *arena, struct pen_ndr_error *error)
{
	struct getter getter;
	int r;

	getter_init(&getter, layout, scope, bytes, arena, error);
	getter.reader.pos = *posp;
	r = pen_walk_run(&getter.walk, type, value);
	if (!r)
		*posp = getter.reader.pos;
	return r;
}

int pen_ndr_get(const struct pen_type *type, struct pen_layout layout,
		const struct pen_scope *scope, const void *data, size_t n, void *value,
		struct pen_arena *arena, size_t *usedp, struct pen_ndr_error *error)
{
	struct getter getter;
	int r;

	getter_init(&getter, layout, scope, (struct pen_slice){ data, n }, arena, error);
	r = pen_walk_run(&getter.walk, type, value);
	if (r)
		return r == PEN_E_AGAIN ? PEN_E_BAD_DATA : r;
	if (usedp) {
		*usedp = getter.reader.pos;
		return 0;
	}
	if (pen_reader_left(&getter.reader)) {
		getter.walk.name = NULL;
		pen_walk_fail(&getter.walk, PEN_E_BAD_DATA, "%zu bytes are left over",
			      pen_reader_left(&getter.reader));
	}
	return getter.walk.result;
}
