/* SPDX-License-Identifier: MIT */
#ifndef PEN_NDR_TEST_TYPES_H
#define PEN_NDR_TEST_TYPES_H
/*
 * Types of every kind, as penidl would make them, for the tests and the fuzz
 * target. What follows from their parts is computed by test_types_derive.
 */
#include "ndr/derive.h"

#define FIELD(s, member, type_)                                                                    \
	{                                                                                          \
		.name = #member, .type = (type_), .offset = offsetof(s, member)                    \
	}
#define STRUCT_OF(s, f, name_)                                                                     \
	{                                                                                          \
		.kind = PEN_STRUCT, .name = name_, .size = sizeof(s), .fields = (f),               \
		.n_fields = PEN_COUNT(f)                                                           \
	}
#define POINTER_TO(type_, kind_)                                                                   \
	{                                                                                          \
		.kind = PEN_POINTER, .size = sizeof(void *), .element = (type_),                   \
		.pointer_kind = (kind_)                                                            \
	}
#define NAME(s, member, type_)                                                                     \
	{                                                                                          \
		.op = PEN_EXPR_MEMBER, .offset = offsetof(s, member), .type = (type_),             \
		.name = #member                                                                    \
	}
#define NAME_IN(s, member, type_)                                                                  \
	{                                                                                          \
		.op = PEN_EXPR_IN, .offset = offsetof(s, member), .type = (type_), .name = #member \
	}
#define NAME_OUT(s, member, type_)                                                                 \
	{                                                                                          \
		.op = PEN_EXPR_OUT, .offset = offsetof(s, member), .type = (type_),                \
		.name = #member                                                                    \
	}
#define END                                                                                        \
	{                                                                                          \
		.op = PEN_EXPR_END                                                                 \
	}

/* All scalars. */
enum color { RED, GREEN = 5, BLUE = 300 };

struct scalars {
	int8_t i8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	enum color narrow;
	enum color wide;
	int64_t i3264;
	uint64_t u3264;
	float f;
	double d;
	uint8_t truth;
	uint16_t unit;
};

static const struct pen_enumerator colors[] = { { "RED", 0 }, { "GREEN", 5 }, { "BLUE", 300 } };
static struct pen_type type_narrow = { .kind = PEN_ENUM,
				       .name = "color",
				       .size = 4,
				       .enumerators = colors,
				       .n_enumerators = 3,
				       .enum_bits = 16 };
static struct pen_type type_wide = { .kind = PEN_ENUM,
				     .name = "color",
				     .size = 4,
				     .enumerators = colors,
				     .n_enumerators = 3,
				     .enum_bits = 32 };
static struct pen_field scalars_fields[] = {
	FIELD(struct scalars, i8, &pen_type_i8),
	FIELD(struct scalars, u16, &pen_type_u16),
	FIELD(struct scalars, u32, &pen_type_u32),
	FIELD(struct scalars, u64, &pen_type_u64),
	FIELD(struct scalars, narrow, &type_narrow),
	FIELD(struct scalars, wide, &type_wide),
	FIELD(struct scalars, i3264, &pen_type_i3264),
	FIELD(struct scalars, u3264, &pen_type_u3264),
	FIELD(struct scalars, f, &pen_type_float),
	FIELD(struct scalars, d, &pen_type_double),
	FIELD(struct scalars, truth, &pen_type_boolean),
	FIELD(struct scalars, unit, &pen_type_wchar),
};
static struct pen_type type_scalars = STRUCT_OF(struct scalars, scalars_fields, "scalars");

/* A share list as SHARE_INFO_1_CONTAINER is. */
struct share {
	char *name;
	uint32_t kind;
	char *remark;
};

struct shares {
	uint32_t n;
	struct share *shares;
};

static const struct pen_dimension conformant = { .is_conformant = true, .is_varying = true };
static struct pen_type type_wide_string = { .kind = PEN_STRING,
					    .size = sizeof(char *),
					    .element = &pen_type_wchar,
					    .dimensions = &conformant,
					    .n_dimensions = 1 };
static struct pen_type type_unique_string = POINTER_TO(&type_wide_string, PEN_UNIQUE);
static struct pen_field share_fields[] = {
	FIELD(struct share, name, &type_unique_string),
	FIELD(struct share, kind, &pen_type_u32),
	FIELD(struct share, remark, &type_unique_string),
};
static struct pen_type type_share = STRUCT_OF(struct share, share_fields, "share");
static const struct pen_expr shares_n[] = { NAME(struct shares, n, &pen_type_u32), END };
static const struct pen_dimension shares_dimension = { .size_is = shares_n, .is_conformant = true };
static struct pen_type type_share_array = { .kind = PEN_ARRAY,
					    .size = sizeof(void *),
					    .element = &type_share,
					    .dimensions = &shares_dimension,
					    .n_dimensions = 1 };
static struct pen_type type_share_array_pointer = POINTER_TO(&type_share_array, PEN_UNIQUE);
static struct pen_field shares_fields[] = {
	FIELD(struct shares, n, &pen_type_u32),
	FIELD(struct shares, shares, &type_share_array_pointer),
};
static struct pen_type type_shares = STRUCT_OF(struct shares, shares_fields, "shares");

/* A struct that ends in a conformant array, inside another. */
struct tail {
	uint16_t n;
	uint32_t *items;
};

struct outer {
	uint8_t first;
	struct tail tail;
};

static const struct pen_expr tail_n[] = { NAME(struct tail, n, &pen_type_u16), END };
static const struct pen_dimension tail_dimension = { .size_is = tail_n, .is_conformant = true };
static struct pen_type type_tail_items = { .kind = PEN_ARRAY,
					   .size = sizeof(void *),
					   .element = &pen_type_u32,
					   .dimensions = &tail_dimension,
					   .n_dimensions = 1 };
static struct pen_field tail_fields[] = {
	FIELD(struct tail, n, &pen_type_u16),
	FIELD(struct tail, items, &type_tail_items),
};
static struct pen_type type_tail = STRUCT_OF(struct tail, tail_fields, "tail");
static struct pen_field outer_fields[] = {
	FIELD(struct outer, first, &pen_type_u8),
	FIELD(struct outer, tail, &type_tail),
};
static struct pen_type type_outer = STRUCT_OF(struct outer, outer_fields, "outer");

/* Conformant and varying, by parameters: size_is(size / 2), first_is, length_is(*length). */
struct window {
	uint32_t size;
	uint16_t *items;
	uint32_t first;
	uint32_t *length;
};

static struct pen_type type_u32_ref = POINTER_TO(&pen_type_u32, PEN_REF);
static const struct pen_expr window_size[] = { NAME_IN(struct window, size, &pen_type_u32),
					       { .op = PEN_EXPR_CONST, .value = 2 },
					       { .op = PEN_EXPR_DIV },
					       END };
static const struct pen_expr window_first[] = { NAME_IN(struct window, first, &pen_type_u32), END };
static const struct pen_expr window_length[] = { NAME_IN(struct window, length, &type_u32_ref),
						 END };
static const struct pen_dimension window_dimension = { .size_is = window_size,
						       .first_is = window_first,
						       .length_is = window_length,
						       .is_conformant = true,
						       .is_varying = true };
static struct pen_type type_window_items = { .kind = PEN_ARRAY,
					     .size = sizeof(void *),
					     .element = &pen_type_u16,
					     .dimensions = &window_dimension,
					     .n_dimensions = 1 };
static struct pen_type type_window_pointer = POINTER_TO(&type_window_items, PEN_UNIQUE);
static struct pen_field window_fields[] = {
	FIELD(struct window, size, &pen_type_u32),
	FIELD(struct window, items, &type_window_pointer),
	FIELD(struct window, first, &pen_type_u32),
	FIELD(struct window, length, &type_u32_ref),
};
static struct pen_type type_window = { .kind = PEN_PARAMETERS,
				       .name = "Window",
				       .size = sizeof(struct window),
				       .fields = window_fields,
				       .n_fields = PEN_COUNT(window_fields) };

/* A union whose discriminant is a member, and one that has its own. */
struct choice {
	uint16_t tag;
	union {
		uint64_t number;
		uint32_t *pointer;
	} u;
};

static const int64_t cases[] = { 1, 2, 3 };
static struct pen_type type_u32_unique = POINTER_TO(&pen_type_u32, PEN_UNIQUE);
static struct pen_field choice_arms[] = {
	{ .name = "number", .type = &pen_type_u64, .cases = cases, .n_cases = 1 },
	{ .name = "pointer", .type = &type_u32_unique, .cases = cases + 1, .n_cases = 2 },
	{ .type = &pen_type_void, .is_default = true },
};
static const struct pen_expr choice_tag[] = { NAME(struct choice, tag, &pen_type_u16), END };
static struct pen_type type_choice_u = { .kind = PEN_UNION,
					 .size = 8,
					 .fields = choice_arms,
					 .n_fields = 3,
					 .tag = &pen_type_u16,
					 .switch_is = choice_tag };
static struct pen_field choice_fields[] = {
	FIELD(struct choice, tag, &pen_type_u16),
	FIELD(struct choice, u, &type_choice_u),
};
static struct pen_type type_choice = STRUCT_OF(struct choice, choice_fields, "choice");

struct variant {
	enum color tag;
	union {
		uint8_t small;
		double large;
	} u;
};

static struct pen_field variant_arms[] = {
	{ .name = "small", .type = &pen_type_u8, .cases = cases, .n_cases = 1 },
	{ .name = "large", .type = &pen_type_double, .cases = cases + 1, .n_cases = 2 },
};
static struct pen_type type_variant = { .kind = PEN_UNION,
					.name = "variant",
					.size = sizeof(struct variant),
					.fields = variant_arms,
					.n_fields = 2,
					.tag = &type_narrow,
					.arms_offset = offsetof(struct variant, u) };

/* Fixed arrays, two dimensions that conform, a string in place, a range, a handle. */
struct mixed {
	uint8_t bytes[2][3];
	struct pen_context_handle handle;
	char *label;
	uint16_t percent;
	uint16_t rows;
	uint16_t columns;
	uint16_t *grid;
};

static const struct pen_dimension bytes_dimensions[] = { { .count = 2 }, { .count = 3 } };
static struct pen_type type_bytes = { .kind = PEN_ARRAY,
				      .size = 6,
				      .element = &pen_type_u8,
				      .dimensions = bytes_dimensions,
				      .n_dimensions = 2 };
static const struct pen_dimension label_dimension = { .count = 8, .is_varying = true };
static struct pen_type type_label = { .kind = PEN_STRING,
				      .size = sizeof(char *),
				      .element = &pen_type_char,
				      .dimensions = &label_dimension,
				      .n_dimensions = 1 };
static const struct pen_range percent_range = { 0, 100 };
static struct pen_type type_percent = { .kind = PEN_U16, .size = 2, .range = &percent_range };
static const struct pen_expr grid_rows[] = { NAME(struct mixed, rows, &pen_type_u16), END };
static const struct pen_expr grid_columns[] = { NAME(struct mixed, columns, &pen_type_u16), END };
static const struct pen_dimension grid_dimensions[] = {
	{ .size_is = grid_rows, .is_conformant = true },
	{ .size_is = grid_columns, .is_conformant = true },
};
static struct pen_type type_grid = { .kind = PEN_ARRAY,
				     .size = sizeof(void *),
				     .element = &pen_type_u16,
				     .dimensions = grid_dimensions,
				     .n_dimensions = 2 };
static struct pen_field mixed_fields[] = {
	FIELD(struct mixed, bytes, &type_bytes),  FIELD(struct mixed, handle, &pen_type_handle),
	FIELD(struct mixed, label, &type_label),  FIELD(struct mixed, percent, &type_percent),
	FIELD(struct mixed, rows, &pen_type_u16), FIELD(struct mixed, columns, &pen_type_u16),
	FIELD(struct mixed, grid, &type_grid),
};
static struct pen_type type_mixed = STRUCT_OF(struct mixed, mixed_fields, "mixed");

/* Full pointers: a graph. */
struct node {
	uint32_t id;
	struct node *left;
	struct node *right;
};

static struct pen_type type_node;
static struct pen_type type_node_pointer = POINTER_TO(&type_node, PEN_FULL);
static struct pen_field node_fields[] = {
	FIELD(struct node, id, &pen_type_u32),
	FIELD(struct node, left, &type_node_pointer),
	FIELD(struct node, right, &type_node_pointer),
};
static struct pen_type type_node = STRUCT_OF(struct node, node_fields, "node");

/* A list by unique pointers. */
struct list {
	uint8_t id;
	struct list *next;
};

static struct pen_type type_list;
static struct pen_type type_list_pointer = POINTER_TO(&type_list, PEN_UNIQUE);
static struct pen_field list_fields[] = {
	FIELD(struct list, id, &pen_type_u8),
	FIELD(struct list, next, &type_list_pointer),
};
static struct pen_type type_list = STRUCT_OF(struct list, list_fields, "list");

static struct pen_type *const test_types[] = {
	&type_scalars, &type_shares, &type_outer, &type_window, &type_choice,
	&type_variant, &type_mixed,  &type_node,  &type_list,	&type_wide_string,
};

#define DERIVE_FIELDS(fields) pen_fields_derive(fields, PEN_COUNT(fields))

static void test_types_derive(void)
{
	struct pen_type *const in_order[] = {
		&type_narrow,
		&type_wide,
		&type_wide_string,
		&type_unique_string,
		&type_share_array_pointer,
		&type_u32_ref,
		&type_u32_unique,
		&type_window_pointer,
		&type_node_pointer,
		&type_list_pointer,
		&type_percent,
		&type_bytes,
		&type_label,
		&type_grid,
		&type_tail_items,
		&type_window_items,
		&type_scalars,
		&type_share,
		&type_share_array,
		&type_shares,
		&type_tail,
		&type_outer,
		&type_window,
		&type_choice_u,
		&type_choice,
		&type_variant,
		&type_mixed,
		&type_node,
		&type_list,
	};

	for (size_t i = 0; i < PEN_COUNT(in_order); i++)
		pen_type_derive(in_order[i]);
	DERIVE_FIELDS(scalars_fields);
	DERIVE_FIELDS(share_fields);
	DERIVE_FIELDS(shares_fields);
	DERIVE_FIELDS(tail_fields);
	DERIVE_FIELDS(outer_fields);
	DERIVE_FIELDS(window_fields);
	DERIVE_FIELDS(choice_fields);
	DERIVE_FIELDS(mixed_fields);
	DERIVE_FIELDS(node_fields);
	DERIVE_FIELDS(list_fields);
}

#endif
