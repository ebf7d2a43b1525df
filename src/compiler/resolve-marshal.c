/* SPDX-License-Identifier: MIT */
/*
 * Types that programs have in another form than the wire. Which of the two a typedef is about
 * depends on the attribute:
 *
 *	typedef [transmit_as(WIRE)] ... LOCAL;		typedef [wire_marshal(WIRE)] ... LOCAL;
 *	typedef [represent_as(LOCAL)] WIRE;		typedef [user_marshal(LOCAL)] WIRE;
 *
 * A value of ours is always the wire's, and the local type need not be known.
 */
#include "compiler/resolve.h"
#include <string.h>

/* What has no form but its own. */
static bool is_own_form(const struct pen_shape *shape)
{
	return shape->is_context_handle || shape->base->form == PEN_FORM_HANDLE_T ||
	       shape->base->form == PEN_FORM_PIPE || shape->base->form == PEN_FORM_FUNCTION;
}

/* The type that the attribute names. NULL after a complaint. */
static const struct pen_shape *resolve_wire(struct pen_resolver *resolver,
					    const struct pen_tree_attribute *attribute)
{
	const struct pen_tree_decl *decl = attribute->args->type;
	struct pen_shape wire;

	pen_resolve_shape(resolver, decl, decl->declarators, "wire", &wire);
	if (!is_own_form(&wire))
		return pen_shape_keep(resolver, &wire);
	pen_idl_complain(resolver->idl, attribute->pos,
			 "nothing is sent as a handle, a pipe or a function");
	return NULL;
}

/* From here on the shape stands for the one on the wire, whose levels no attribute reaches. */
static void stand_for(struct pen_resolver *resolver, struct pen_shape *shape)
{
	struct pen_model_type *type = pen_model_form(resolver, PEN_FORM_MARSHALLED, NULL);

	type->marshal = shape->marshal;
	shape->base = type;
	shape->counts = NULL;
	shape->is_string = false;
	shape->is_context_handle = false;
	shape->n_levels = 0;
}

static void apply(struct pen_resolver *resolver, struct pen_shape *shape,
		  const struct pen_tree_attribute *attribute, enum pen_model_marshal_kind kind,
		  const char *name)
{
	bool is_local_named = kind == PEN_REPRESENT_AS || kind == PEN_USER_MARSHAL;
	bool is_type = attribute->args && attribute->args->kind == PEN_TREE_TYPE;
	struct pen_model_marshal *marshal;

	if (!attribute->args || attribute->args->next ||
	    (is_local_named ? !attribute->args->name : !is_type)) {
		pen_idl_complain(resolver->idl, attribute->pos, "%s names a type", attribute->name);
		return;
	}
	marshal = pen_idl_zalloc(resolver->idl, sizeof(*marshal));
	marshal->kind = kind;
	marshal->name = is_local_named ? attribute->args->name : name;
	if (!is_local_named)
		marshal->wire = resolve_wire(resolver, attribute);
	if (marshal->wire)
		marshal->local = pen_shape_keep(resolver, shape);
	shape->marshal = marshal;
	if (marshal->wire)
		stand_for(resolver, shape);
}

void pen_resolve_marshal(struct pen_resolver *resolver, struct pen_shape *shape,
			 const struct pen_tree_attribute *list, const char *name)
{
	const struct pen_tree_attribute *first = NULL;

	for (size_t kind = 0; kind < PEN_MARSHAL_KINDS; kind++) {
		const struct pen_tree_attribute *attribute =
			pen_tree_find(list, pen_marshal_word((enum pen_model_marshal_kind)kind));

		if (attribute && first) {
			pen_idl_complain(resolver->idl, attribute->pos,
					 "a type has one local form");
			pen_idl_note(resolver->idl, first->pos, "\"%s\" here", first->name);
		} else if (attribute) {
			apply(resolver, shape, attribute, (enum pen_model_marshal_kind)kind, name);
			first = attribute;
		}
	}
}

struct pen_model_type *pen_marshal_build(struct pen_resolver *resolver,
					 const struct pen_model_marshal *marshal,
					 struct pen_pos pos)
{
	static const struct pen_tree_decl bare = { 0 };
	struct pen_model_type *type;

	if (!pen_idl_enter(resolver->idl, pos))
		return pen_model_scalar(resolver, PEN_U32);
	type = pen_shape_build(resolver, marshal->wire, &bare, pos, false);
	pen_idl_leave(resolver->idl);
	return type;
}

const struct pen_shape *pen_marshal_local(const struct pen_shape *shape)
{
	const struct pen_shape *local = shape;

	while (!local->n_levels && local->base->form == PEN_FORM_MARSHALLED)
		local = local->base->marshal->local;
	return local == shape ? NULL : local;
}
