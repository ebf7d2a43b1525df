/* SPDX-License-Identifier: MIT */
/*
 * The tables that are ndr's own, and what the C text calls them and ours.
 */
#include "compiler/plan.h"
#include <penstock/orpc.h>

struct own {
	const struct pen_type *type;
	const char *table;
	const char *c_type;
};

static const struct own scalars[PEN_KINDS] = {
	[PEN_VOID] = { &pen_type_void, "pen_type_void", "void" },
	[PEN_I8] = { &pen_type_i8, "pen_type_i8", "int8_t" },
	[PEN_U8] = { &pen_type_u8, "pen_type_u8", "uint8_t" },
	[PEN_BYTE] = { &pen_type_byte, "pen_type_byte", "uint8_t" },
	[PEN_CHAR] = { &pen_type_char, "pen_type_char", "char" },
	[PEN_BOOLEAN] = { &pen_type_boolean, "pen_type_boolean", "uint8_t" },
	[PEN_I16] = { &pen_type_i16, "pen_type_i16", "int16_t" },
	[PEN_U16] = { &pen_type_u16, "pen_type_u16", "uint16_t" },
	[PEN_WCHAR] = { &pen_type_wchar, "pen_type_wchar", "uint16_t" },
	[PEN_I32] = { &pen_type_i32, "pen_type_i32", "int32_t" },
	[PEN_U32] = { &pen_type_u32, "pen_type_u32", "uint32_t" },
	[PEN_ERROR_STATUS] = { &pen_type_error_status, "pen_type_error_status", "uint32_t" },
	[PEN_I64] = { &pen_type_i64, "pen_type_i64", "int64_t" },
	[PEN_U64] = { &pen_type_u64, "pen_type_u64", "uint64_t" },
	[PEN_I3264] = { &pen_type_i3264, "pen_type_i3264", "int64_t" },
	[PEN_U3264] = { &pen_type_u3264, "pen_type_u3264", "uint64_t" },
	[PEN_FLOAT] = { &pen_type_float, "pen_type_float", "float" },
	[PEN_DOUBLE] = { &pen_type_double, "pen_type_double", "double" },
	[PEN_HANDLE] = { &pen_type_handle, "pen_type_handle", "struct pen_context_handle" },
	[PEN_IGNORED] = { &pen_type_ignored, "pen_type_ignored", "void *" },
	[PEN_PRESENCE] = { &pen_type_presence, "pen_type_presence", "uint8_t" },
};

const struct pen_type *pen_plan_scalar(enum pen_kind kind)
{
	return scalars[kind].type;
}

static const struct own structs[] = {
	{ &pen_type_interface_pointer, "pen_type_interface_pointer",
	  "struct pen_interface_pointer" },
	{ &pen_type_orpc_this, "pen_type_orpc_this", "struct pen_orpc_this" },
	{ &pen_type_orpc_that, "pen_type_orpc_that", "struct pen_orpc_that" },
};

static const struct own *find_own(const struct pen_type *type)
{
	if (scalars[type->kind].type == type)
		return &scalars[type->kind];
	for (size_t i = 0; type->kind == PEN_STRUCT && i < PEN_COUNT(structs); i++) {
		if (structs[i].type == type)
			return &structs[i];
	}
	return NULL;
}

const struct pen_plan_type *pen_plan_find(const struct pen_type *type)
{
	return find_own(type) ? NULL : (const struct pen_plan_type *)type;
}

const char *pen_plan_table(const struct pen_type *type)
{
	const struct own *own = find_own(type);

	return own ? own->table : ((const struct pen_plan_type *)type)->table;
}

const char *pen_plan_c_type(const struct pen_type *type)
{
	const struct own *own = find_own(type);

	return own ? own->c_type : ((const struct pen_plan_type *)type)->c_type;
}

bool pen_plan_is_in_place(const struct pen_type *type)
{
	if (type->kind != PEN_ARRAY)
		return false;
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		if (type->dimensions[i].is_conformant)
			return false;
	}
	return true;
}

size_t pen_plan_align(const struct pen_type *type)
{
	const struct pen_plan_type *plan = pen_plan_find(type);

	if (plan)
		return plan->align;
	if (type->kind == PEN_STRUCT) /* each has a pointer */
		return _Alignof(void *);
	return type->kind == PEN_HANDLE ? 4 : type->size ? type->size : 1;
}
