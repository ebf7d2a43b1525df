/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_PLAN_H
#define PEN_COMPILER_PLAN_H
/*
 * The fourth and last form: the tables themselves, alive. The codec can walk
 * them as they are; printed as C, they are what penidl writes. Beside each
 * table stands what only the C text needs: names.
 */
#include "compiler/model.h"
#include <penstock/buffer.h>

enum { PEN_POINTER_KINDS = 3 };

struct pen_plan_type {
	struct pen_type type;	    /* first, so that one is found from the other */
	struct pen_plan_type *next; /* in the order in which C wants them */
	const struct pen_model_type *model;
	const char *table;  /* the table's name in C */
	const char *c_type; /* of the value: "struct srvsvc_SHARE_INFO_1", "uint32_t *" */
	const char *owner;  /* the C name of the struct or operation that expressions speak of */
	struct pen_field *fields;
	size_t align;
	bool is_named;	 /* declared in the header */
	bool is_foreign; /* of an imported file, which has its own header */
	struct pen_plan_type *pointers[PEN_POINTER_KINDS]; /* to this type, once made */
};

struct pen_plan_operation {
	const struct pen_model_operation *model;
	const char *c_name;
	struct pen_plan_type *in; /* NULL: local */
	struct pen_plan_type *out;
};

struct pen_plan_interface {
	struct pen_interface interface;
	struct pen_plan_interface *next;
	const struct pen_model_interface *model;
	struct pen_plan_operation *operations;
	struct pen_plan_operation *callbacks;
};

/* A type that a typedef names. */
struct pen_plan_alias {
	struct pen_plan_alias *next;
	const struct pen_model_alias *model;
	const struct pen_type *type;
};

struct pen_plan {
	const struct pen_model *model;
	struct pen_plan_type *types;
	struct pen_plan_interface *interfaces;
	struct pen_plan_alias *aliases;
	bool has_orpc; /* the file's own or imported types speak of <penstock/orpc.h> */
};

struct pen_plan *pen_idl_lower(struct pen_idl *idl, const struct pen_model *model);

/* The names of a type's table and of its C value, of ours or of ndr's scalars. */
const char *pen_plan_table(const struct pen_type *type);
const char *pen_plan_c_type(const struct pen_type *type);

/* ours, or NULL for one of ndr's. */
const struct pen_plan_type *pen_plan_find(const struct pen_type *type);

/* ndr's table of a scalar without a range. */
const struct pen_type *pen_plan_scalar(enum pen_kind kind);

/* Of the C value, in bytes. */
size_t pen_plan_align(const struct pen_type *type);

/* Whether a C value of the array is an array in place, not a pointer. */
bool pen_plan_is_in_place(const struct pen_type *type);

/* How the generated C includes another header: folder/NAME.h. "": beside itself. */
struct pen_emit_options {
	const char *folder;
};

/* -ENOMEM, or PEN_E_LIMIT of the buffer. */
int pen_idl_emit_header(const struct pen_plan *plan, const struct pen_emit_options *options,
			struct pen_buffer *out);
int pen_idl_emit_source(const struct pen_plan *plan, const struct pen_emit_options *options,
			struct pen_buffer *out);

/* A reference of the file's interfaces and types, as Markdown; options may be NULL. */
int pen_idl_emit_markdown(const struct pen_plan *plan, const struct pen_emit_options *options,
			  struct pen_buffer *out);

/* A dissector for Wireshark, in Lua; options may be NULL. */
int pen_idl_emit_lua(const struct pen_plan *plan, const struct pen_emit_options *options,
		     struct pen_buffer *out);

/* The model as JSON, whose schema docs/idl.md has. -ENOMEM, or PEN_E_LIMIT of the buffer. */
int pen_idl_dump_json(const struct pen_plan *plan, struct pen_buffer *out);

void pen_idl_dump_plan(const struct pen_plan *plan, struct pen_buffer *out);

#endif
