/* SPDX-License-Identifier: MIT */
#include "ndr/json.h"
#include "ndr/number.h"
#include "ndr/walk.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/status.h>
#include <string.h>

enum { INDENT = 4 };

struct printer {
	struct pen_walk walk;
	struct pen_buffer *buffer;
	unsigned indent;
	bool is_empty; /* of members or items so far */
};

static struct printer *printer_of(struct pen_walk *w)
{
	return (struct printer *)w;
}

static void check(struct pen_walk *w, int result)
{
	if (result)
		pen_walk_fail(w, result, "the text has no room");
}

#define emit(w, ...) check(w, pen_buffer_printf(printer_of(w)->buffer, __VA_ARGS__))

static void print_scalar(struct pen_walk *w, const struct pen_type *type, void *value)
{
	int64_t number = pen_scalar_load(type, value);
	const struct pen_enumerator *enumerator = NULL;
	const char *name = NULL;
	char text[PEN_NUMBER_TEXT_SIZE];

	if (type->kind == PEN_ENUM)
		enumerator = pen_enumerator_of(type, number);
	if (type->kind == PEN_ERROR_STATUS && number)
		name = pen_fault_name((uint32_t)number);
	pen_number_print(type, value, text);
	if (enumerator)
		emit(w, "%s (%s)", enumerator->name, text);
	else if (name)
		emit(w, "%s (0x%08x)", name, (unsigned)number);
	else if (type->kind == PEN_BOOLEAN && number >= 0 && number <= 1)
		emit(w, "%s", number ? "true" : "false");
	else
		emit(w, "%s", text);
}

static void print_string(struct pen_walk *w, const struct pen_type *type, char **slot)
{
	if (*slot)
		check(w, pen_json_put_string(printer_of(w)->buffer, *slot,
					     type->element->kind != PEN_WCHAR));
	else
		emit(w, "NULL");
}

static void print_handle(struct pen_walk *w, struct pen_context_handle *handle)
{
	char text[PEN_UUID_TEXT_SIZE];

	pen_uuid_print(&handle->uuid, text);
	emit(w, "%u:%s", handle->attributes, text);
}

static void print_system_handle(struct pen_walk *w, const struct pen_type *type,
				struct pen_system_handle *handle)
{
	if (handle->is_there)
		emit(w, "descriptor %d (%s)", handle->fd, type->name);
	else
		emit(w, "NULL");
}

static bool print_pointer(struct pen_walk *w, const struct pen_type *type, void **slot,
			  uint64_t *referent)
{
	if (!*slot)
		emit(w, "NULL");
	return *slot;
}

/* The second time, a full pointer's pointee is named by its number. */
static bool print_claim(struct pen_walk *w, const struct pen_pending *pointer)
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
		emit(w, is_known ? "see #%u" : "#%u ", row->id);
	return !is_known && row;
}

static void print_release(struct pen_walk *w)
{
}

static void print_open(struct pen_walk *w, const struct pen_type *type)
{
	emit(w, type->kind == PEN_ARRAY ? "[" : "{");
	printer_of(w)->indent += INDENT;
	printer_of(w)->is_empty = true;
}

static void print_item(struct pen_walk *w, uint64_t index)
{
	emit(w, "\n%*s", (int)printer_of(w)->indent, "");
	printer_of(w)->is_empty = false;
}

static bool print_member(struct pen_walk *w, const char *name, const struct pen_type *type)
{
	print_item(w, 0);
	emit(w, "%s: ", name);
	return true;
}

static void print_redact(struct pen_walk *w)
{
	emit(w, "<redacted>");
}

static void print_close(struct pen_walk *w, const struct pen_type *type)
{
	bool is_empty = printer_of(w)->is_empty;

	printer_of(w)->indent -= INDENT;
	if (!is_empty)
		print_item(w, 0);
	emit(w, type->kind == PEN_ARRAY ? "]" : "}");
	printer_of(w)->is_empty = false;
}

static void print_empty(struct pen_walk *w)
{
	emit(w, "{}");
}

static void print_bytes(struct pen_walk *w, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n && pen_walk_ok(w); i++)
		emit(w, "%s%02x", i ? " " : "", bytes[i]);
	if (!n)
		emit(w, "(no bytes)");
}

static const struct pen_format print_format = {
	.scalar = print_scalar,
	.string = print_string,
	.handle = print_handle,
	.system_handle = print_system_handle,
	.pointer = print_pointer,
	.claim = print_claim,
	.release = print_release,
	.conformance = pen_walk_conformance,
	.variance = pen_walk_variance,
	.discriminant = pen_walk_discriminant,
	.empty = print_empty,
	.open = print_open,
	.member = print_member,
	.redact = print_redact,
	.item = print_item,
	.close = print_close,
	.bytes = print_bytes,
};

int pen_ndr_print(const struct pen_type *type, const struct pen_scope *scope, const void *value,
		  struct pen_buffer *buffer)
{
	struct printer printer = { .buffer = buffer };
	size_t size = buffer->size;
	int r;

	pen_walk_init(&printer.walk, &print_format, scope, NULL);
	r = pen_walk_run(&printer.walk, type, (void *)(uintptr_t)value);
	if (!r)
		r = pen_buffer_add(buffer, "\n", 1);
	if (r)
		buffer->size = size;
	return r;
}
