/* SPDX-License-Identifier: MIT */
/*
 * Operations and their parameters.
 */
#include "compiler/resolve.h"
#include <string.h>

static void resolve_parameter(struct pen_resolver *resolver, struct pen_model_field *field,
			      const struct pen_tree_decl *decl, const char *operation)
{
	const char *hint = pen_idl_format(resolver->idl, "%s_%s", operation, field->name);
	struct pen_shape shape;

	if (!decl->spec) {
		pen_idl_complain(resolver->idl, decl->pos, "this parameter has no type");
		field->type = pen_model_scalar(resolver, PEN_U32);
		return;
	}
	pen_resolve_shape(resolver, decl, decl->declarators, hint, &shape);
	if (shape.base->is_handle_t) {
		field->type = shape.base;
		return;
	}
	field->type = pen_shape_build(resolver, &shape, decl, field->pos, true);
	if (!field->is_in && !field->is_out)
		pen_idl_complain(resolver->idl, field->pos,
				 "the direction of \"%s\" is missing: [in], [out] or both",
				 field->name);
	if (field->is_out && field->type->kind != PEN_POINTER && field->type->kind != PEN_ARRAY &&
	    field->type->kind != PEN_STRING)
		pen_idl_complain(resolver->idl, field->pos, "what comes out is a pointer");
	if (field->is_out && !field->is_in && field->type->kind == PEN_POINTER &&
	    field->type->pointer_kind != PEN_REF)
		pen_idl_complain(resolver->idl, field->pos,
				 "what only comes out is a [ref] pointer");
	for (const struct pen_model_type *type = field->type; type; type = type->element) {
		if (type->kind == PEN_VOID || !type->is_complete)
			pen_idl_complain(resolver->idl, field->pos, "\"%s\" is not defined",
					 type->name ? type->name : "void");
		if (type->kind == PEN_POINTER)
			break;
	}
}

void pen_resolve_operation(struct pen_resolver *resolver, struct pen_model_interface *interface,
			   struct pen_model_operation **tail, const struct pen_tree_decl *decl)
{
	const struct pen_tree_declarator *declarator = decl->declarators;
	struct pen_model_operation *operation = pen_idl_zalloc(resolver->idl, sizeof(*operation));
	struct pen_tree_declarator result = *declarator;
	struct pen_model_field *field;
	struct pen_shape shape;

	result.is_operation = false;
	operation->name = declarator->name ? declarator->name : "";
	operation->pos = declarator->pos;
	operation->flags =
		(pen_tree_find(decl->attributes, "idempotent") ? PEN_OPERATION_IDEMPOTENT : 0) |
		(pen_tree_find(decl->attributes, "maybe") ? PEN_OPERATION_MAYBE : 0) |
		(pen_tree_find(decl->attributes, "broadcast") ? PEN_OPERATION_BROADCAST : 0);
	operation->is_local = pen_tree_find(decl->attributes, "local") != NULL;
	for (const struct pen_model_operation *o = interface->operations; o; o = o->next) {
		if (strcmp(o->name, operation->name))
			continue;
		pen_idl_complain(resolver->idl, operation->pos, "a second operation \"%s\"",
				 operation->name);
		pen_idl_note(resolver->idl, o->pos, "first defined here");
	}
	*tail = operation;
	interface->n_operations++;
	if (operation->is_local)
		return;

	operation->n_parameters = pen_tree_count_fields(declarator->parameters);
	operation->parameters =
		pen_idl_array(resolver->idl, operation->n_parameters, sizeof(*field));
	field = operation->parameters;
	for (const struct pen_tree_decl *p = declarator->parameters; p; p = p->next, field++) {
		pen_check_attributes(resolver, p->attributes);
		field->pos = p->declarators ? p->declarators->pos : p->pos;
		field->name = p->declarators ? p->declarators->name : NULL;
		field->is_in = pen_tree_find(p->attributes, "in") != NULL;
		field->is_out = pen_tree_find(p->attributes, "out") != NULL;
		if (!field->name)
			field->name = pen_idl_format(resolver->idl, "parameter_%zu",
						     (size_t)(field - operation->parameters));
		for (const struct pen_model_field *o = operation->parameters; o < field; o++) {
			if (strcmp(o->name, field->name))
				continue;
			pen_idl_complain(resolver->idl, field->pos, "a second parameter \"%s\"",
					 field->name);
			pen_idl_note(resolver->idl, o->pos, "first defined here");
		}
	}
	resolver->scope = operation->parameters;
	resolver->n_scope = operation->n_parameters;
	field = operation->parameters;
	for (const struct pen_tree_decl *p = declarator->parameters; p; p = p->next)
		resolve_parameter(resolver, field++, p, operation->name);
	resolver->scope = NULL;
	resolver->n_scope = 0;
	pen_resolve_shape(resolver, decl, &result, operation->name, &shape);
	operation->result = pen_shape_build(resolver, &shape, decl, operation->pos, false);
	if (!operation->result->is_complete)
		pen_idl_complain(resolver->idl, operation->pos, "\"%s\" is not defined",
				 operation->result->name);
}
