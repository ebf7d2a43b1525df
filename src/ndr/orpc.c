/* SPDX-License-Identifier: MIT */
/*
 * The tables of <penstock/orpc.h>, as penidl would write them from the document's IDL:
 * test/idl/test-orpc holds the two against each other.
 */
#include <penstock/orpc.h>

#define MEMBER(struct_, member_, type_)                                                            \
	{                                                                                          \
		.name = #member_, .type = &type_, .offset = offsetof(struct struct_, member_)      \
	}
#define FIELDS(fields_) .fields = fields_, .n_fields = PEN_COUNT(fields_)
#define WIRE(align_, min_, align64_, min64_)                                                       \
	.wire = { { .align = align_, .min = min_ }, { .align = align64_, .min = min64_ } }
#define BLOCK(align_, size_)                                                                       \
	.size = size_, .wire = { { .align = align_, .min = size_, .is_block = true },              \
				 { .align = align_, .min = size_, .is_block = true } }

/* size, and up to the next multiple of that power of two */
#define ROUNDED(struct_, size_, power_)                                                            \
	{                                                                                          \
		{ .op = PEN_EXPR_MEMBER,                                                           \
		  .offset = offsetof(struct struct_, size_),                                       \
		  .type = &pen_type_u32,                                                           \
		  .name = #size_ },                                                                \
			{ .op = PEN_EXPR_CONST, .value = (power_)-1 }, { .op = PEN_EXPR_ADD },     \
			{ .op = PEN_EXPR_CONST, .value = -(power_) }, { .op = PEN_EXPR_AND },      \
			{ .op = PEN_EXPR_END },                                                    \
	}

/* ---- GUID ---- */

static const struct pen_dimension data4_dimensions[] = { { .count = 8 } };

static const struct pen_type data4 = {
	.kind = PEN_ARRAY,
	BLOCK(1, 8),
	.element = &pen_type_byte,
	.dimensions = data4_dimensions,
	.n_dimensions = 1,
};

static const struct pen_field guid_fields[] = {
	{ .name = "Data1", .type = &pen_type_u32 },
	{ .name = "Data2", .type = &pen_type_u16, .offset = offsetof(struct pen_uuid, time_mid) },
	{ .name = "Data3",
	  .type = &pen_type_u16,
	  .offset = offsetof(struct pen_uuid, time_hi_and_version) },
	{ .name = "Data4", .type = &data4, .offset = offsetof(struct pen_uuid, clock_seq) },
};

static const struct pen_type guid = {
	.kind = PEN_STRUCT,
	.name = "GUID",
	BLOCK(4, sizeof(struct pen_uuid)),
	FIELDS(guid_fields),
};

/* ---- MInterfacePointer ---- */

static const struct pen_expr pointer_size[] = ROUNDED(pen_interface_pointer, ulCntData, 1);

static const struct pen_dimension pointer_dimensions[] = {
	{ .size_is = pointer_size, .is_conformant = true },
};

static const struct pen_type pointer_data = {
	.kind = PEN_ARRAY,
	.size = sizeof(uint8_t *),
	WIRE(1, 4, 1, 8),
	.element = &pen_type_byte,
	.dimensions = pointer_dimensions,
	.n_dimensions = 1,
};

static const struct pen_field pointer_fields[] = {
	MEMBER(pen_interface_pointer, ulCntData, pen_type_u32),
	MEMBER(pen_interface_pointer, abData, pointer_data),
};

const struct pen_type pen_type_interface_pointer = {
	.kind = PEN_STRUCT,
	.name = "MInterfacePointer",
	.size = sizeof(struct pen_interface_pointer),
	WIRE(4, 8, 4, 12),
	FIELDS(pointer_fields),
	.is_conformant = true,
};

/* ---- ORPC_EXTENT, and an array of pointers to it ---- */

static const struct pen_expr extent_size[] = ROUNDED(pen_orpc_extent, size, 8);

static const struct pen_dimension extent_dimensions[] = {
	{ .size_is = extent_size, .is_conformant = true },
};

static const struct pen_type extent_data = {
	.kind = PEN_ARRAY,
	.size = sizeof(uint8_t *),
	WIRE(1, 4, 1, 8),
	.element = &pen_type_byte,
	.dimensions = extent_dimensions,
	.n_dimensions = 1,
};

static const struct pen_field extent_fields[] = {
	MEMBER(pen_orpc_extent, id, guid),
	MEMBER(pen_orpc_extent, size, pen_type_u32),
	MEMBER(pen_orpc_extent, data, extent_data),
};

static const struct pen_type extent = {
	.kind = PEN_STRUCT,
	.name = "ORPC_EXTENT",
	.size = sizeof(struct pen_orpc_extent),
	WIRE(4, 24, 4, 28),
	FIELDS(extent_fields),
	.is_conformant = true,
};

static const struct pen_type extent_pointer = {
	.kind = PEN_POINTER,
	.size = sizeof(void *),
	WIRE(4, 4, 8, 8),
	.element = &extent,
	.pointer_kind = PEN_UNIQUE,
};

static const struct pen_expr array_size[] = ROUNDED(pen_orpc_extent_array, size, 2);

static const struct pen_dimension array_dimensions[] = {
	{ .size_is = array_size, .is_conformant = true },
};

static const struct pen_type array_extents = {
	.kind = PEN_ARRAY,
	.size = sizeof(void *),
	WIRE(4, 4, 8, 8),
	.element = &extent_pointer,
	.dimensions = array_dimensions,
	.n_dimensions = 1,
};

static const struct pen_type array_pointer = {
	.kind = PEN_POINTER,
	.size = sizeof(void *),
	WIRE(4, 4, 8, 8),
	.element = &array_extents,
	.pointer_kind = PEN_UNIQUE,
};

static const struct pen_field array_fields[] = {
	MEMBER(pen_orpc_extent_array, size, pen_type_u32),
	MEMBER(pen_orpc_extent_array, reserved, pen_type_u32),
	MEMBER(pen_orpc_extent_array, extent, array_pointer),
};

static const struct pen_type extent_array = {
	.kind = PEN_STRUCT,
	.name = "ORPC_EXTENT_ARRAY",
	.size = sizeof(struct pen_orpc_extent_array),
	WIRE(4, 12, 8, 16),
	FIELDS(array_fields),
};

static const struct pen_type extensions = {
	.kind = PEN_POINTER,
	.size = sizeof(void *),
	WIRE(4, 4, 8, 8),
	.element = &extent_array,
	.pointer_kind = PEN_UNIQUE,
};

/* ---- ORPCTHIS and ORPCTHAT ---- */

static const struct pen_field version_fields[] = {
	{ .name = "MajorVersion", .type = &pen_type_u16 },
	{ .name = "MinorVersion", .type = &pen_type_u16, .offset = 2 },
};

static const struct pen_type version = {
	.kind = PEN_STRUCT,
	.name = "COMVERSION",
	BLOCK(2, 4),
	FIELDS(version_fields),
};

static const struct pen_field this_fields[] = {
	MEMBER(pen_orpc_this, version, version),	MEMBER(pen_orpc_this, flags, pen_type_u32),
	MEMBER(pen_orpc_this, reserved1, pen_type_u32), MEMBER(pen_orpc_this, cid, guid),
	MEMBER(pen_orpc_this, extensions, extensions),
};

const struct pen_type pen_type_orpc_this = {
	.kind = PEN_STRUCT,
	.name = "ORPCTHIS",
	.size = sizeof(struct pen_orpc_this),
	WIRE(4, 32, 8, 36),
	FIELDS(this_fields),
};

static const struct pen_field that_fields[] = {
	MEMBER(pen_orpc_that, flags, pen_type_u32),
	MEMBER(pen_orpc_that, extensions, extensions),
};

const struct pen_type pen_type_orpc_that = {
	.kind = PEN_STRUCT,
	.name = "ORPCTHAT",
	.size = sizeof(struct pen_orpc_that),
	WIRE(4, 8, 8, 12),
	FIELDS(that_fields),
};
