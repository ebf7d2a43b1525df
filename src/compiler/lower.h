/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_LOWER_H
#define PEN_COMPILER_LOWER_H
/*
 * What the parts of the pass from model to plan share: the tables made so far, and
 * the expressions that wait for a layout.
 */
#include "compiler/plan.h"

enum { PEN_C_SIZE_MAX = 1 << 30 };

/* An expression whose offsets wait for the layout of what it speaks of. */
struct pen_lower_pending {
	struct pen_lower_pending *next;
	struct pen_expr *expr;
	const struct pen_model_step *steps;
};

struct pen_lowerer {
	struct pen_idl *idl;
	struct pen_plan *plan;
	struct pen_plan_type **types_tail;
	bool is_foreign;
	bool is_object; /* the interface is */
	struct pen_pos pos;
	const char *owner;
	struct pen_lower_pending *pending;
	struct pen_plan_type *scalar_pointers[PEN_PARAMETERS][PEN_POINTER_KINDS];
	struct pen_plan_type *strings[PEN_PARAMETERS];
};

/* An empty table of that name; it is in the plan once it is added. */
struct pen_plan_type *pen_lower_new_type(struct pen_lowerer *lowerer, enum pen_kind kind,
					 const char *table);

/* Puts the type after those it needs; add also derives its form on the wire. */
void pen_lower_link_type(struct pen_lowerer *lowerer, struct pen_plan_type *plan);
struct pen_plan_type *pen_lower_add_type(struct pen_lowerer *lowerer, struct pen_plan_type *plan);

/* The table of a type where it is used; path names one that is made for this use. */
const struct pen_type *pen_lower_type(struct pen_lowerer *lowerer, struct pen_model_type *model,
				      const char *path);

/* "path_suffix" */
char *pen_lower_join(struct pen_lowerer *lowerer, const char *path, const char *suffix);

/* The expression, which waits for one of the two below. NULL for NULL. */
const struct pen_expr *pen_lower_expr(struct pen_lowerer *lowerer,
				      const struct pen_model_step *steps);

/* What waits speaks of this struct's members; fields[i] is the i-th of the models. */
void pen_lower_finish_struct(struct pen_lowerer *lowerer, const struct pen_model_field *models,
			     const struct pen_field *fields);

/* What comes in is found in _in; what comes out, in _out first. out may be NULL. */
void pen_lower_finish_parameters(struct pen_lowerer *lowerer, const struct pen_plan_type *in,
				 const struct pen_plan_type *out);

void pen_lower_aliases(struct pen_lowerer *lowerer);

/* The field of that name, or NULL. plan may be NULL. */
const struct pen_field *pen_lower_find_field(const struct pen_plan_type *plan, const char *name);

#endif
