/* SPDX-License-Identifier: MIT */
#include "ndr/derive.h"

/* Counts and referents: 4 bytes in NDR, 8 in NDR64 [MS-RPCE 2.2.5.3]. */
static const uint8_t word[PEN_N_TRANSFERS] = { [PEN_NDR] = 4, [PEN_NDR64] = 8 };

static uint8_t max_u8(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

static uint32_t add_min(uint32_t a, uint64_t b)
{
	return b > UINT32_MAX - a ? UINT32_MAX : a + (uint32_t)b;
}

static bool is_inline_conformant(const struct pen_type *type)
{
	if (type->kind == PEN_STRUCT)
		return type->is_conformant;
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		if (type->dimensions[i].is_conformant)
			return true;
	}
	return false;
}

static void derive_scalar(struct pen_type *type, enum pen_transfer transfer, uint8_t size)
{
	type->wire[transfer] = (struct pen_wire){
		.align = size,
		.min = size,
		.is_block = size == type->size && !type->range,
	};
}

static void derive_enum(struct pen_type *type)
{
	derive_scalar(type, PEN_NDR, type->enum_bits / 8);
	derive_scalar(type, PEN_NDR64, 4);
}

static void derive_struct(struct pen_type *type, enum pen_transfer transfer)
{
	struct pen_wire *wire = &type->wire[transfer];
	size_t end = 0;

	*wire = (struct pen_wire){ .align = 1, .is_block = type->kind == PEN_STRUCT };
	for (uint32_t i = 0; i < type->n_fields; i++) {
		const struct pen_field *field = &type->fields[i];
		const struct pen_wire *part = &field->type->wire[transfer];

		wire->align = max_u8(wire->align, part->align);
		wire->min = add_min(wire->min, part->min);
		wire->is_block = wire->is_block && part->is_block && field->offset == end &&
				 end % part->align == 0;
		end = field->offset + field->type->size;
	}
	wire->is_block = wire->is_block && end == type->size && type->n_fields > 0;
}

static void derive_union(struct pen_type *type, enum pen_transfer transfer)
{
	struct pen_wire *wire = &type->wire[transfer];
	uint32_t least = type->n_fields ? UINT32_MAX : 0;

	*wire = (struct pen_wire){ .align = type->tag->wire[transfer].align };
	for (uint32_t i = 0; i < type->n_fields; i++) {
		const struct pen_wire *arm = &type->fields[i].type->wire[transfer];

		wire->align = max_u8(wire->align, arm->align);
		if (arm->min < least)
			least = arm->min;
	}
	wire->min = add_min(type->tag->wire[transfer].min, least);
}

static void derive_array(struct pen_type *type, enum pen_transfer transfer)
{
	const struct pen_wire *element = &type->element->wire[transfer];
	struct pen_wire *wire = &type->wire[transfer];
	uint64_t count = 1;

	*wire = (struct pen_wire){ .align = max_u8(element->align, 1),
				   .is_block = element->is_block };
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		const struct pen_dimension *dimension = &type->dimensions[i];

		if (dimension->is_conformant)
			wire->min = add_min(wire->min, word[transfer]);
		if (dimension->is_varying)
			wire->min = add_min(wire->min, 2 * (uint64_t)word[transfer]);
		/* A maximum count is not in its struct but in front of the outermost one. */
		if (dimension->is_varying)
			wire->align = max_u8(wire->align, word[transfer]);
		if (dimension->is_conformant || dimension->is_varying) {
			wire->is_block = false;
			count = 0;
		} else if (__builtin_mul_overflow(count, dimension->count, &count)) {
			count = UINT32_MAX;
		}
	}
	if (__builtin_mul_overflow(count, element->min, &count))
		count = UINT32_MAX;
	wire->min = add_min(wire->min, count);
	if (type->kind == PEN_STRING)
		wire->is_block = false;
}

static void derive_both(struct pen_type *type,
			void (*derive)(struct pen_type *type, enum pen_transfer transfer))
{
	derive(type, PEN_NDR);
	derive(type, PEN_NDR64);
}

void pen_type_derive(struct pen_type *type)
{
	switch (type->kind) {
	case PEN_ENUM:
		derive_enum(type);
		break;
	case PEN_STRUCT:
	case PEN_PARAMETERS:
		derive_both(type, derive_struct);
		type->is_conformant = type->kind == PEN_STRUCT && type->n_fields > 0 &&
				      is_inline_conformant(type->fields[type->n_fields - 1].type);
		break;
	case PEN_UNION:
		derive_both(type, derive_union);
		break;
	case PEN_ARRAY:
	case PEN_STRING:
		derive_both(type, derive_array);
		break;
	case PEN_POINTER:
		for (int t = PEN_NDR; t < PEN_N_TRANSFERS; t++)
			type->wire[t] = (struct pen_wire){ .align = word[t], .min = word[t] };
		break;
	case PEN_I3264:
	case PEN_U3264:
		derive_scalar(type, PEN_NDR, 4);
		derive_scalar(type, PEN_NDR64, 8);
		break;
	case PEN_VOID:
	case PEN_HANDLE:
		break;
	case PEN_SYSTEM_HANDLE:
		for (int t = PEN_NDR; t < PEN_N_TRANSFERS; t++)
			type->wire[t] = (struct pen_wire){ .align = 4, .min = 4 };
		break;
	case PEN_PIPE: /* nothing of it stands among the parameters */
		for (int t = PEN_NDR; t < PEN_N_TRANSFERS; t++)
			type->wire[t] = (struct pen_wire){ .align = 1 };
		break;
	default:
		derive_scalar(type, PEN_NDR, (uint8_t)type->size);
		derive_scalar(type, PEN_NDR64, (uint8_t)type->size);
		break;
	}
}

/*
 * A run starts aligned for its first field. A later field that follows without a
 * gap in C follows without one on the wire too, if it wants no more than that.
 */
static uint32_t run_length(const struct pen_field *fields, uint32_t n_fields,
			   enum pen_transfer transfer)
{
	uint8_t align = fields[0].type->wire[transfer].align;
	size_t end = fields[0].offset;
	uint32_t n;

	for (n = 0; n < n_fields; n++) {
		const struct pen_wire *wire = &fields[n].type->wire[transfer];

		if (!wire->is_block || wire->align > align || fields[n].offset != end)
			break;
		end += fields[n].type->size;
	}
	return n > UINT16_MAX ? UINT16_MAX : n;
}

void pen_fields_derive(struct pen_field *fields, uint32_t n_fields)
{
	for (int t = PEN_NDR; t < PEN_N_TRANSFERS; t++) {
		for (uint32_t i = 0; i < n_fields;) {
			uint32_t n = run_length(fields + i, n_fields - i, (enum pen_transfer)t);

			fields[i].n_run[t] = n > 1 ? (uint16_t)n : 0;
			i += n > 1 ? n : 1;
		}
	}
}
