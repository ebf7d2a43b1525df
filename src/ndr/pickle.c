/* SPDX-License-Identifier: MIT */
#include "base/reader.h"
#include "base/writer.h"
#include <penstock/pickle.h>
#include <stdarg.h>
#include <stdio.h>

enum {
	LITTLE_ENDIAN_WORD = 0x10,
	COMMON_1 = 8,  /* bytes of the common header [2.2.6.1] */
	COMMON_2 = 64, /* [2.2.7.1] */
	FILLER = 0xcc,
};

static int PEN_PRINTF(3, 4) fail(struct pen_ndr_error *error, int result, const char *format, ...)
{
	va_list args;

	if (!error)
		return result;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return result;
}

static bool is_scalar(const struct pen_type *type)
{
	return type->kind > PEN_VOID && type->kind < PEN_STRUCT;
}

/* Attributes of an array may name what is not part of it. */
static bool has_expressions(const struct pen_type *type)
{
	for (uint32_t i = 0; i < type->n_dimensions; i++)
		if (type->dimensions[i].size_is || type->dimensions[i].length_is ||
		    type->dimensions[i].first_is)
			return true;
	return false;
}

/* Whether a value alone says all. */
static bool stands_alone(const struct pen_type *type)
{
	switch (type->kind) {
	case PEN_STRUCT:
		return true;
	case PEN_UNION:
		return type->tag && !type->switch_is;
	case PEN_ARRAY:
	case PEN_STRING:
		return !has_expressions(type);
	case PEN_POINTER:
		return stands_alone(type->element);
	default:
		return is_scalar(type);
	}
}

static int check_type(const struct pen_type *type, struct pen_ndr_error *error)
{
	return stands_alone(type)
		       ? 0
		       : fail(error, PEN_E_UNSUPPORTED, "%s is no type of values that stand alone",
			      type->name ? type->name : "this");
}

/* Of values and their headers; each header is as long as that [2.2.6.2, 2.2.7.2]. */
static size_t alignment_of(const struct pen_pickle_form *form)
{
	return form->version == 1 ? 8 : 16;
}

/* A scalar of version 1 has no header of its own [2.2.6.3]. */
static bool has_header(const struct pen_pickle_form *form, const struct pen_type *type)
{
	return form->version != 1 || !is_scalar(type);
}

static struct pen_layout layout_of(const struct pen_pickle_form *form)
{
	return (struct pen_layout){ .transfer = form->transfer,
				    .is_big_endian = form->is_big_endian };
}

/* ---- writing ---- */

static void put_fillers(struct pen_writer *w, size_t n)
{
	uint8_t *p = pen_writer_room(w, n);

	if (p)
		memset(p, FILLER, n);
}

static void put_syntax(struct pen_writer *w, const struct pen_syntax_id *id)
{
	pen_writer_uuid(w, &id->uuid);
	pen_writer_u16(w, id->major);
	pen_writer_u16(w, id->minor);
}

static void put_common(struct pen_writer *w, const struct pen_pickle_form *form)
{
	/* Itself it is little-endian always. */
	pen_writer_u8(w, form->version);
	pen_writer_u8(w, form->is_big_endian ? 0 : LITTLE_ENDIAN_WORD);
	pen_writer_u16(w, form->version == 1 ? COMMON_1 : COMMON_2);
	put_fillers(w, 4);
	if (form->version == 1)
		return;
	put_fillers(w, 16);
	put_syntax(w, form->transfer == PEN_NDR64 ? &pen_syntax_ndr64 : &pen_syntax_ndr);
	put_syntax(w, &form->interface);
}

int pen_pickle_begin(const struct pen_pickle_form *form, struct pen_buffer *buffer)
{
	size_t size = buffer->size;
	struct pen_writer w;

	if (form->version == 1 ? form->transfer != PEN_NDR
			       : form->version != 2 || form->is_big_endian)
		return PEN_E_UNSUPPORTED;
	pen_writer_init(&w, buffer);
	put_common(&w, form);
	if (w.error)
		buffer->size = size;
	return w.error;
}

/* The value and its padding; what its header says of it, if it has one, is said last. */
static int put_value(const struct pen_pickle_form *form, const struct pen_type *type,
		     const void *value, struct pen_buffer *buffer, struct pen_ndr_error *error)
{
	size_t align = alignment_of(form), size, start;
	struct pen_writer w;
	int r;

	pen_writer_init(&w, buffer);
	w.is_big_endian = form->is_big_endian;
	if (has_header(form, type))
		pen_writer_zeros(&w, align);
	start = pen_writer_pos(&w);
	r = w.error ? w.error : pen_ndr_put(type, layout_of(form), NULL, value, buffer, error);
	if (r)
		return r;
	pen_writer_align(&w, align);
	size = pen_writer_pos(&w) - start;
	if (w.error)
		return w.error;
	if (size > UINT32_MAX)
		return fail(error, PEN_E_LIMIT, "a value of more than 4 GiB");
	if (has_header(form, type))
		pen_writer_store32(&w, buffer->data + w.origin, (uint32_t)size);
	return 0;
}

int pen_pickle_put(const struct pen_pickle_form *form, const struct pen_type *type,
		   const void *value, struct pen_buffer *buffer, struct pen_ndr_error *error)
{
	size_t size = buffer->size;
	int r = check_type(type, error);

	if (!r)
		r = put_value(form, type, value, buffer, error);
	if (r)
		buffer->size = size;
	return r;
}

/* ---- reading ---- */

static struct pen_syntax_id get_syntax(struct pen_reader *r)
{
	return (struct pen_syntax_id){
		.uuid = pen_reader_uuid(r),
		.major = pen_reader_u16(r),
		.minor = pen_reader_u16(r),
	};
}

static int get_common_2(struct pen_reader *r, struct pen_pickle_form *form,
			struct pen_ndr_error *error)
{
	struct pen_syntax_id transfer;

	pen_reader_bytes(r, 16);
	transfer = get_syntax(r);
	form->interface = get_syntax(r);
	if (!pen_reader_ok(r))
		return fail(error, PEN_E_BAD_DATA, "the bytes end within the common header");
	if (pen_syntax_id_equal(&transfer, &pen_syntax_ndr64))
		form->transfer = PEN_NDR64;
	else if (!pen_syntax_id_equal(&transfer, &pen_syntax_ndr))
		return fail(error, PEN_E_BAD_DATA, "a transfer syntax that is not NDR nor NDR64");
	return 0;
}

int pen_pickle_open(struct pen_pickle *pickle, const void *data, size_t n,
		    struct pen_ndr_error *error)
{
	struct pen_pickle_form form = { .transfer = PEN_NDR };
	uint8_t endianness;
	uint16_t length;
	struct pen_reader r;
	int result = 0;

	pen_reader_init(&r, data, n);
	form.version = pen_reader_u8(&r);
	endianness = pen_reader_u8(&r);
	length = pen_reader_u16(&r);
	pen_reader_u32(&r);
	if (!pen_reader_ok(&r))
		return fail(error, PEN_E_BAD_DATA, "the bytes end within the common header");
	form.is_big_endian = endianness == 0;
	if (form.version != 1 && form.version != 2)
		return fail(error, PEN_E_BAD_DATA, "version %u, which is not 1 nor 2",
			    form.version);
	if (endianness != LITTLE_ENDIAN_WORD && (endianness || form.version == 2))
		return fail(error, PEN_E_BAD_DATA, "an endianness of 0x%02x", endianness);
	if (length != (form.version == 1 ? COMMON_1 : COMMON_2))
		return fail(error, PEN_E_BAD_DATA, "a common header of %u bytes", length);
	if (form.version == 2)
		result = get_common_2(&r, &form, error);
	if (result)
		return result;
	*pickle = (struct pen_pickle){ form, { r.data, r.size }, r.pos };
	return 0;
}

bool pen_pickle_is_end(const struct pen_pickle *pickle)
{
	return pickle->pos == pickle->bytes.size;
}

/* Behind the n bytes at pos, and the gap after them, which may be left out at the very end. */
static void step(struct pen_pickle *pickle, size_t pos, size_t n)
{
	size_t end = pos + n, gap = -end & (alignment_of(&pickle->form) - 1);
	size_t left = pickle->bytes.size - end;

	pickle->pos = end + (gap < left ? gap : left);
}

/* The bytes that a header speaks of, from *posp on. */
static int get_object(const struct pen_pickle *pickle, size_t *posp, struct pen_slice *objectp,
		      struct pen_ndr_error *error)
{
	size_t header = alignment_of(&pickle->form);
	struct pen_reader r;
	uint32_t n;

	pen_reader_init(&r, pickle->bytes.data, pickle->bytes.size);
	r.is_big_endian = pickle->form.is_big_endian;
	r.pos = pickle->pos;
	n = pen_reader_u32(&r);
	pen_reader_bytes(&r, header - 4);
	if (!pen_reader_ok(&r))
		return fail(error, PEN_E_BAD_DATA, "the bytes end within a value's header");
	*posp = r.pos;
	*objectp = pen_reader_slice(&r, n);
	if (!pen_reader_ok(&r))
		return fail(error, PEN_E_BAD_DATA, "a value of %u bytes, of which %zu are there", n,
			    pickle->bytes.size - *posp);
	return 0;
}

int pen_pickle_get_bytes(struct pen_pickle *pickle, struct pen_slice *bytesp,
			 struct pen_ndr_error *error)
{
	struct pen_slice object;
	size_t pos = 0;
	int r;

	if (pen_pickle_is_end(pickle))
		return fail(error, PEN_E_NOT_FOUND, "there is no further value");
	r = get_object(pickle, &pos, &object, error);
	if (r)
		return r;
	step(pickle, pos, object.size);
	*bytesp = object;
	return 0;
}

int pen_pickle_get(struct pen_pickle *pickle, const struct pen_type *type, void *value,
		   struct pen_arena *arena, struct pen_ndr_error *error)
{
	bool is_measured = has_header(&pickle->form, type);
	size_t pos = pickle->pos, used;
	struct pen_slice object = { pickle->bytes.data + pos, pickle->bytes.size - pos };
	int r = check_type(type, error);

	if (!r && pen_pickle_is_end(pickle))
		r = fail(error, PEN_E_NOT_FOUND, "there is no further value");
	if (!r && is_measured)
		r = get_object(pickle, &pos, &object, error);
	if (!r)
		r = pen_ndr_get(type, layout_of(&pickle->form), NULL, object.data, object.size,
				value, arena, &used, error);
	if (r)
		return r;
	if (is_measured && object.size - used >= alignment_of(&pickle->form))
		return fail(error, PEN_E_BAD_DATA, "%zu bytes are left over in a value of %zu",
			    object.size - used, object.size);
	step(pickle, pos, is_measured ? object.size : used);
	return 0;
}
