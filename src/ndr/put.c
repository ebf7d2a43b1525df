/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "base/writer.h"
#include "ndr/cargo.h"
#include "ndr/part.h"
#include "ndr/walk.h"
#include <errno.h>

/* Referents as everybody gives them: the first, and the step to the next. */
enum { REFERENT_FIRST = 0x00020000, REFERENT_STEP = 4 };

struct putter {
	struct pen_walk walk;
	struct pen_writer writer;
};

static struct pen_writer *writer_of(struct pen_walk *w)
{
	return &((struct putter *)w)->writer;
}

/* Takes over the writer's first error. */
static void check(struct pen_walk *w)
{
	int r = writer_of(w)->error;

	if (r)
		pen_walk_fail(w, r, r == PEN_E_LIMIT ? "the buffer is full" : "no memory");
}

static void put_align(struct pen_walk *w, size_t alignment)
{
	pen_writer_align(writer_of(w), alignment);
	check(w);
}

static void put_trail(struct pen_walk *w, size_t alignment, bool is_optional)
{
	put_align(w, alignment);
}

static void put_block(struct pen_walk *w, size_t alignment, void *value, size_t n)
{
	pen_writer_align(writer_of(w), alignment);
	pen_writer_bytes(writer_of(w), value, n);
	check(w);
}

static void put_word(struct pen_walk *w, uint64_t word)
{
	struct pen_writer *writer = writer_of(w);

	if (w->transfer == PEN_NDR64) {
		pen_writer_align(writer, 8);
		pen_writer_u64(writer, word);
	} else {
		pen_writer_align(writer, 4);
		pen_writer_u32(writer, (uint32_t)word);
	}
	check(w);
}

/* Whether a scalar that is narrower on the wire fits there. */
static bool fits(const struct pen_type *type, size_t size, int64_t number)
{
	if (size == type->size)
		return true;
	if (type->kind == PEN_I3264)
		return number >= INT32_MIN && number <= INT32_MAX;
	return number >= 0 && number <= (size == 2 ? UINT16_MAX : UINT32_MAX);
}

static void put_scalar(struct pen_walk *w, const struct pen_type *type, void *value)
{
	const struct pen_wire *wire = &type->wire[w->transfer];
	struct pen_writer *writer = writer_of(w);
	uint64_t u64;
	uint32_t u32;
	int64_t number;

	if (type->range && !pen_scalar_in_range(type, value)) {
		pen_walk_fail(w, PEN_E_BAD_DATA, "%lld is out of range",
			      (long long)pen_scalar_load(type, value));
		return;
	}
	pen_writer_align(writer, wire->align);
	if (type->kind == PEN_FLOAT) {
		memcpy(&u32, value, sizeof(u32));
		pen_writer_u32(writer, u32);
	} else if (type->kind == PEN_DOUBLE) {
		memcpy(&u64, value, sizeof(u64));
		pen_writer_u64(writer, u64);
	} else {
		number = pen_scalar_load(type, value);
		if (!fits(type, wire->min, number))
			pen_walk_fail(w, PEN_E_BAD_DATA, "%lld does not fit on the wire",
				      (long long)number);
		else if (wire->min == 1)
			pen_writer_u8(writer, (uint8_t)number);
		else if (wire->min == 2)
			pen_writer_u16(writer, (uint16_t)number);
		else if (wire->min == 4)
			pen_writer_u32(writer, (uint32_t)number);
		else
			pen_writer_u64(writer, (uint64_t)number);
	}
	check(w);
}

static void put_handle(struct pen_walk *w, struct pen_context_handle *handle)
{
	struct pen_writer *writer = writer_of(w);

	pen_writer_align(writer, 4);
	pen_writer_u32(writer, handle->attributes);
	pen_writer_uuid(writer, &handle->uuid);
	check(w);
}

static void put_system_handle(struct pen_walk *w, const struct pen_type *type,
			      struct pen_system_handle *handle)
{
	struct pen_writer *writer = writer_of(w);
	uint32_t number = 0;
	int r = 0;

	pen_writer_align(writer, 4);
	if (handle->is_there)
		r = pen_cargo_add(w->scope.cargo, handle->fd, type, writer->buffer->size, &number);
	if (r == PEN_E_UNSUPPORTED)
		pen_walk_fail(
			w, r,
			"a descriptor goes with a call over a local socket, which has no pipes");
	else if (r)
		pen_walk_fail(w, r, "more than %d descriptors", PEN_CARGO_MAX);
	pen_writer_u32(writer, number);
	check(w);
}

/* One that nothing has, neither here nor in the request that this answers. */
static uint64_t next_referent(struct pen_walk *w)
{
	uint64_t referent;

	do
		referent = REFERENT_FIRST + (uint64_t)REFERENT_STEP * w->next_referent++;
	while (w->scope.identities && w->is_answer &&
	       pen_identities_has(w->scope.identities, referent));
	return referent;
}

/*
 * What the request called the object; 0: it had none such. Where an array goes by two
 * attributes, its bytes are sent twice, and only the first of them is that object.
 */
static uint64_t given_referent(struct pen_walk *w, const struct pen_type *type, void *address)
{
	const struct pen_referent *given;

	if (!w->scope.identities || !w->is_answer ||
	    pen_referents_find_like(&w->referents, (uintptr_t)address, type))
		return 0;
	if (pen_identities_by_address(w->scope.identities, address, type, &given))
		pen_walk_fail(w, -ENOMEM, "no memory");
	return given ? given->partner : 0;
}

/* A full pointer has its pointee's referent, which the address tells. */
static uint64_t full_referent(struct pen_walk *w, const struct pen_type *type, void *address)
{
	struct pen_referent *row = pen_walk_known(w, (uintptr_t)address, type);
	uint64_t referent;

	if (row)
		return row->partner;
	referent = given_referent(w, type, address);
	row = pen_referents_add(&w->referents, (uintptr_t)address, type);
	if (!row) {
		pen_walk_fail(w, -ENOMEM, "no memory");
		return 0;
	}
	row->partner = referent ? referent : next_referent(w);
	return row->partner;
}

static bool put_pointer(struct pen_walk *w, const struct pen_type *type, void **slot,
			uint64_t *referent)
{
	if (!*slot && type->pointer_kind == PEN_REF)
		pen_walk_fail(w, PEN_E_BAD_DATA, "a [ref] pointer is NULL");
	if (!*slot)
		*referent = 0;
	else if (type->pointer_kind == PEN_FULL)
		*referent = full_referent(w, type->element, *slot);
	else
		*referent = next_referent(w);
	put_word(w, *referent);
	return *slot;
}

static bool put_claim(struct pen_walk *w, const struct pen_pending *pointer)
{
	void **slot = pointer->slot;
	struct pen_referent *row = pen_walk_known(w, (uintptr_t)*slot, pointer->type->element);
	bool is_done = row->is_done;

	row->is_done = true;
	return !is_done;
}

/* The text's units without a terminator; a string that is not there is an empty one. */
static size_t count_units(struct pen_walk *w, const struct pen_type *type, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (n && type->element->kind == PEN_WCHAR)
		n = pen_utf16_count(text, n);
	if (n < INT32_MAX)
		return n;
	pen_walk_fail(w, PEN_E_BAD_DATA,
		      n == PEN_UTF16_BAD ? "a text that is not UTF-8" : "a text too long");
	return 0;
}

static void put_conformance(struct pen_walk *w, const struct pen_type *type, void *value,
			    struct pen_extent *extents)
{
	const struct pen_dimension *dimensions = type->dimensions;

	if (type->kind == PEN_STRING && !(dimensions[0].is_conformant && dimensions[0].size_is))
		extents[0].size = dimensions[0].is_conformant
					  ? count_units(w, type, *(char **)value) + 1
					  : dimensions[0].count;
	else
		pen_walk_conformance(w, type, value, extents);
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		if (dimensions[i].is_conformant)
			put_word(w, extents[i].size);
	}
}

static void put_variance(struct pen_walk *w, const struct pen_type *type,
			 struct pen_extent *extents)
{
	pen_walk_variance(w, type, extents);
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		if (!type->dimensions[i].is_varying)
			continue;
		put_word(w, extents[i].first);
		put_word(w, extents[i].length);
	}
}

static int64_t put_discriminant(struct pen_walk *w, const struct pen_type *type, void *tag)
{
	int64_t discriminant = pen_walk_discriminant(w, type, tag);
	uint64_t storage = 0;

	if (!pen_scalar_store(type->tag, &storage, discriminant))
		pen_walk_fail(w, PEN_E_BAD_DATA, "a discriminant of %lld", (long long)discriminant);
	put_scalar(w, type->tag, &storage);
	return discriminant;
}

static void put_text(struct pen_walk *w, const struct pen_type *type, const char *text, size_t n)
{
	struct pen_writer *writer = writer_of(w);
	size_t unit = type->element->kind == PEN_WCHAR ? 2 : 1;
	uint8_t *p;

	p = pen_writer_room(writer, (n + 1) * unit);
	check(w);
	if (!p)
		return;
	if (unit == 2 && n)
		pen_utf16_put(text, strlen(text), writer->is_big_endian, p, n);
	else if (n)
		memcpy(p, text, n);
	memset(p + n * unit, 0, unit);
}

static void put_string(struct pen_walk *w, const struct pen_type *type, char **slot)
{
	const struct pen_dimension *dimension = &type->dimensions[0];
	size_t n = count_units(w, type, *slot);
	struct pen_extent extent;

	if (!*slot && dimension->is_conformant)
		pen_walk_fail(w, PEN_E_BAD_DATA, "NULL in place of a string");
	if (w->is_hoisted && dimension->is_conformant) {
		w->is_hoisted = false;
		extent = w->hoisted[0];
	} else if (dimension->is_conformant && !dimension->size_is) {
		extent.size = n + 1;
		put_word(w, extent.size);
	} else {
		put_conformance(w, type, slot, &extent);
	}
	if (n + 1 > extent.size)
		pen_walk_fail(w, PEN_E_BAD_DATA, "a string of %zu, of %llu", n + 1,
			      (unsigned long long)extent.size);
	pen_walk_check_count(w, type, dimension->size_is ? extent.size : n + 1);
	pen_walk_promise(w, dimension->length_is, (int64_t)n + 1);
	put_word(w, 0);
	put_word(w, n + 1);
	if (pen_walk_ok(w))
		put_text(w, type, *slot, n);
}

static const struct pen_format put_format = {
	.is_wire = true,
	.scalar = put_scalar,
	.string = put_string,
	.handle = put_handle,
	.system_handle = put_system_handle,
	.pointer = put_pointer,
	.claim = put_claim,
	.conformance = put_conformance,
	.variance = put_variance,
	.discriminant = put_discriminant,
	.align = put_align,
	.block = put_block,
	.trail = put_trail,
};

static int put(const struct pen_type *type, struct pen_layout layout, const struct pen_scope *scope,
	       const void *value, struct pen_buffer *buffer, size_t origin,
	       struct pen_ndr_error *error)
{
	struct putter putter;
	size_t size = buffer->size;
	int r;

	pen_walk_init(&putter.walk, &put_format, scope, error);
	putter.walk.transfer = layout.transfer;
	putter.walk.is_native = layout.is_big_endian == PEN_UTF16_HOST;
	pen_writer_init(&putter.writer, buffer);
	putter.writer.is_big_endian = layout.is_big_endian;
	putter.writer.origin = origin;

	/* What is there is only read: the walker asks no format that writes to change it. */
	r = pen_walk_run(&putter.walk, type, (void *)(uintptr_t)value);
	if (r)
		buffer->size = size;
	return r;
}

int pen_ndr_put(const struct pen_type *type, struct pen_layout layout,
		const struct pen_scope *scope, const void *value, struct pen_buffer *buffer,
		struct pen_ndr_error *error)
{
	return put(type, layout, scope, value, buffer, buffer->size, error);
}

int pen_ndr_put_part(const struct pen_type *type, struct pen_layout layout,
		     const struct pen_scope *scope, const void *value, struct pen_buffer *buffer,
		     struct pen_ndr_error *error)
{
	return put(type, layout, scope, value, buffer, 0, error);
}
