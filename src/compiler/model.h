/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_MODEL_H
#define PEN_COMPILER_MODEL_H
/*
 * The third form: what the file means. Each name has found its type, each
 * constant its value, each attribute the pointer or array that it speaks of.
 */
#include "compiler/tree.h"

/* A step of an expression, in postfix order; the last one is PEN_EXPR_END. */
struct pen_model_step {
	enum pen_expr_op op; /* MEMBER for any name; lowering knows IN and OUT */
	int64_t value;
	const struct pen_model_field *field;
};

struct pen_model_dimension {
	uint32_t count;
	bool is_conformant;
	const struct pen_model_step *size_is;
	const struct pen_model_step *length_is;
	const struct pen_model_step *first_is;
};

struct pen_model_type {
	struct pen_model_type *next; /* in the model's list of named types */
	enum pen_kind kind;
	struct pen_pos pos;
	const char *name;   /* as in the IDL */
	const char *c_name; /* with its prefix; NULL: not a named type */
	const char *tag;    /* as in "struct tag"; NULL: none */
	bool is_typedef_name;
	bool is_complete;
	bool is_handle_t;
	struct pen_model_type *use_of; /* this is a use of that named one, with more attributes */
	const struct pen_range *range;

	struct pen_model_field *fields; /* struct, union */
	uint32_t n_fields;
	struct pen_model_type *tag_type; /* union; NULL: what switch_is names decides */
	const char *tag_name;		 /* union: of the encapsulated one's tag */
	bool is_encapsulated;
	bool is_ms_union;
	const struct pen_model_step *switch_is;

	struct pen_enumerator *enumerators;
	uint32_t n_enumerators;
	uint8_t enum_bits;

	struct pen_model_type *element; /* array, string, pointer */
	struct pen_model_dimension *dimensions;
	uint32_t n_dimensions;
	enum pen_pointer_kind pointer_kind;

	struct pen_plan_type *plan; /* of a named one, once it is lowered */
};

struct pen_model_field {
	const char *name; /* NULL: an arm without a value */
	struct pen_pos pos;
	struct pen_model_type *type;
	bool is_in;
	bool is_out;
	int64_t *cases;
	uint32_t n_cases;
	bool is_default;
};

struct pen_model_operation {
	struct pen_model_operation *next;
	const char *name;
	struct pen_pos pos;
	uint32_t flags;
	bool is_local;
	struct pen_model_field *parameters;
	uint32_t n_parameters;
	struct pen_model_type *result; /* PEN_VOID: none */
};

struct pen_model_interface {
	struct pen_model_interface *next;
	const char *name;
	struct pen_pos pos;
	struct pen_syntax_id id;
	bool is_local;
	enum pen_pointer_kind pointer_default;
	const char **endpoints;
	uint32_t n_endpoints;
	struct pen_model_operation *operations;
	uint32_t n_operations;
};

struct pen_model_constant {
	struct pen_model_constant *next;
	const char *name;
	const char *c_name; /* NULL: an enumerator, which is named with its enum */
	struct pen_pos pos;
	int64_t value;
	bool is_unsigned;
	const char *text; /* of a string, as written */
	bool is_wide;
};

struct pen_model_import {
	struct pen_model_import *next;
	const char *name; /* without its folder and its suffix */
};

struct pen_model {
	const struct pen_source *source;
	struct pen_model_type *types; /* of all files, in the order of their completion */
	struct pen_model_constant *constants;
	struct pen_model_interface *interfaces;
	struct pen_model_import *imports; /* of the file itself */
};

struct pen_model *pen_idl_resolve(struct pen_idl *idl, const struct pen_tree *tree);

bool pen_kind_is_integer(enum pen_kind kind);

void pen_idl_dump_model(const struct pen_model *model, struct pen_buffer *out);

#endif
