/* SPDX-License-Identifier: MIT */
#include "ndr/json.h"
#include "ndr/number.h"
#include "ndr/walk.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <string.h>

struct emitter {
	struct pen_walk walk;
	struct pen_buffer *buffer;
	bool is_first; /* of the members or items */
};

static struct emitter *emitter_of(struct pen_walk *w)
{
	return (struct emitter *)w;
}

static void check(struct pen_walk *w, int result)
{
	if (result)
		pen_walk_fail(w, result,
			      result == PEN_E_LIMIT ? "the buffer is full" : "no memory");
}

static void emit(struct pen_walk *w, const char *text)
{
	check(w, pen_buffer_add(emitter_of(w)->buffer, text, strlen(text)));
}

static void emit_string(struct pen_walk *w, const char *text, bool is_bytes)
{
	check(w, pen_json_put_string(emitter_of(w)->buffer, text, is_bytes));
}

static void out_scalar(struct pen_walk *w, const struct pen_type *type, void *value)
{
	int64_t number = pen_scalar_load(type, value);
	const struct pen_enumerator *enumerator = NULL;
	char text[PEN_NUMBER_TEXT_SIZE];

	if (type->kind == PEN_ENUM)
		enumerator = pen_enumerator_of(type, number);
	if (enumerator) {
		emit_string(w, enumerator->name, false);
	} else if (type->kind == PEN_BOOLEAN && number >= 0 && number <= 1) {
		emit(w, number ? "true" : "false");
	} else {
		pen_number_print(type, value, text);
		emit(w, text);
	}
}

static void out_string(struct pen_walk *w, const struct pen_type *type, char **slot)
{
	if (*slot)
		emit_string(w, *slot, type->element->kind != PEN_WCHAR);
	else
		emit(w, "null");
}

static void out_handle(struct pen_walk *w, struct pen_context_handle *handle)
{
	char text[PEN_UUID_TEXT_SIZE];

	pen_uuid_print(&handle->uuid, text);
	check(w, pen_buffer_printf(emitter_of(w)->buffer, "\"%u:%s\"", handle->attributes, text));
}

static void out_system_handle(struct pen_walk *w, const struct pen_type *type,
			      struct pen_system_handle *handle)
{
	if (handle->is_there)
		check(w, pen_buffer_printf(emitter_of(w)->buffer, "%d", handle->fd));
	else
		emit(w, "null");
}

static bool out_pointer(struct pen_walk *w, const struct pen_type *type, void **slot,
			uint64_t *referent)
{
	if (!*slot)
		emit(w, "null");
	return *slot;
}

static bool out_claim(struct pen_walk *w, const struct pen_pending *pointer)
{
	uint64_t key = (uintptr_t) * (void **)pointer->slot;
	const struct pen_type *type = pointer->type->element;
	struct pen_referent *row = pen_referents_find(&w->referents, key, type);
	bool is_known = row;

	if (!row)
		row = pen_referents_add(&w->referents, key, type);
	if (!row)
		check(w, -ENOMEM);
	else
		check(w, pen_buffer_printf(
				 emitter_of(w)->buffer,
				 is_known ? "{\"$ref\":%u}" : "{\"$id\":%u,\"value\":", row->id));
	return !is_known && row;
}

static void out_release(struct pen_walk *w)
{
	emit(w, "}");
}

static bool is_array(const struct pen_type *type)
{
	return type->kind == PEN_ARRAY;
}

static void out_open(struct pen_walk *w, const struct pen_type *type)
{
	emit(w, is_array(type) ? "[" : "{");
	emitter_of(w)->is_first = true;
}

static void out_item(struct pen_walk *w, uint64_t index)
{
	if (!emitter_of(w)->is_first)
		emit(w, ",");
	emitter_of(w)->is_first = false;
}

static bool out_member(struct pen_walk *w, const char *name, const struct pen_type *type)
{
	out_item(w, 0);
	emit_string(w, name, false);
	emit(w, ":");
	return true;
}

static void out_redact(struct pen_walk *w)
{
	emit(w, "\"<redacted>\"");
}

static void out_close(struct pen_walk *w, const struct pen_type *type)
{
	emit(w, is_array(type) ? "]" : "}");
	emitter_of(w)->is_first = false;
}

static void out_empty(struct pen_walk *w)
{
	emit(w, "{}");
}

static void out_bytes(struct pen_walk *w, uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	struct pen_buffer *buffer = emitter_of(w)->buffer;
	int r = n < SIZE_MAX / 4 ? pen_buffer_reserve(buffer, 2 * n + 2) : PEN_E_LIMIT;

	check(w, r);
	if (r)
		return;
	emit(w, "\"");
	for (size_t i = 0; i < n; i++) {
		buffer->data[buffer->size++] = (uint8_t)digits[bytes[i] >> 4];
		buffer->data[buffer->size++] = (uint8_t)digits[bytes[i] & 15];
	}
	emit(w, "\"");
}

static const struct pen_format json_out_format = {
	.scalar = out_scalar,
	.string = out_string,
	.handle = out_handle,
	.system_handle = out_system_handle,
	.pointer = out_pointer,
	.claim = out_claim,
	.release = out_release,
	.conformance = pen_walk_conformance,
	.variance = pen_walk_variance,
	.discriminant = pen_walk_discriminant,
	.empty = out_empty,
	.open = out_open,
	.member = out_member,
	.redact = out_redact,
	.item = out_item,
	.close = out_close,
	.bytes = out_bytes,
};

int pen_ndr_to_json(const struct pen_type *type, const struct pen_scope *scope, const void *value,
		    struct pen_buffer *buffer, struct pen_ndr_error *error)
{
	struct emitter emitter = { .buffer = buffer };
	size_t size = buffer->size;
	int r;

	pen_walk_init(&emitter.walk, &json_out_format, scope, error);
	r = pen_walk_run(&emitter.walk, type, (void *)(uintptr_t)value);
	if (r)
		buffer->size = size;
	return r;
}
