/* SPDX-License-Identifier: MIT */
/*
 * What COM and its successors put around interfaces. None of it is on the wire, so it is
 * checked for names that nobody knows, and gives names that are types behind pointers.
 */
#include "compiler/resolve.h"
#include <string.h>

/* The name means a class from here on, if it means nothing yet. */
static void declare(struct pen_resolver *resolver, const struct pen_tree_definition *definition)
{
	struct pen_shape *shape;

	if (pen_symbol_find(resolver, PEN_SYMBOL_TYPE, definition->name))
		return;
	shape = pen_idl_zalloc(resolver->idl, offsetof(struct pen_shape, levels));
	shape->base = pen_model_form(resolver, PEN_FORM_INTERFACE, definition->name);
	pen_symbol_add(resolver, PEN_SYMBOL_TYPE, definition->name, definition->pos)->shape = shape;
}

/* A property or a method of a dispinterface. */
static void resolve_member(struct pen_resolver *resolver, const struct pen_tree_decl *decl)
{
	pen_check_attributes(resolver, decl->attributes, PEN_PLACE_OTHER);
	if (!decl->spec)
		return;
	pen_resolve_spec(resolver, decl->spec, NULL, "member");
	for (const struct pen_tree_declarator *d = decl->declarators; d; d = d->next) {
		if (pen_tree_function(d))
			pen_resolve_function(resolver, pen_tree_function(d));
	}
}

static void resolve_delegate(struct pen_resolver *resolver,
			     const struct pen_tree_definition *definition)
{
	struct pen_tree_definition interface = *definition;
	struct pen_tree_definition operation = { .kind = PEN_TREE_DECL, .pos = definition->pos };
	struct pen_tree_attribute object = { .name = "object", .pos = definition->pos };

	operation.decl = definition->decl;
	object.next = definition->attributes;
	interface.kind = PEN_TREE_INTERFACE;
	interface.attributes = &object;
	interface.definitions = &operation;
	pen_resolve_interface(resolver, &interface, false);
}

static void resolve_reference(struct pen_resolver *resolver,
			      const struct pen_tree_definition *definition)
{
	const struct pen_model_type *type;

	pen_check_attributes(resolver, definition->attributes, PEN_PLACE_OTHER);
	type = pen_resolve_spec(resolver, definition->decl->spec, NULL, "reference");
	if (type->form != PEN_FORM_INTERFACE &&
	    pen_symbol_find(resolver, PEN_SYMBOL_TYPE, definition->name))
		pen_idl_complain(resolver->idl, definition->pos, "\"%s\" is no interface",
				 definition->name);
}

void pen_resolve_class(struct pen_resolver *resolver, const struct pen_tree_definition *definition)
{
	switch (definition->kind) {
	case PEN_TREE_DELEGATE:
		resolve_delegate(resolver, definition);
		return;
	case PEN_TREE_REFERENCE:
		resolve_reference(resolver, definition);
		return;
	case PEN_TREE_DECL:
		resolve_member(resolver, definition->decl);
		return;
	case PEN_TREE_CONTRACT:
		pen_check_attributes(resolver, definition->attributes, PEN_PLACE_OTHER);
		return;
	case PEN_TREE_DECLARE:
		break;
	default:
		pen_check_attributes(resolver, definition->attributes, PEN_PLACE_OTHER);
		declare(resolver, definition);
	}
	for (const struct pen_tree_definition *d = definition->definitions; d; d = d->next)
		pen_resolve_class(resolver, d);
}
