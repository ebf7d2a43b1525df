/* SPDX-License-Identifier: MIT */
/*
 * The names that typedefs give, as types by themselves: those that are written to files and read
 * from them, [encode] and [decode], and those that somebody asks for at run time.
 */
#include "compiler/resolve.h"

enum { SERIALIZED = PEN_ATTRIBUTE_ENCODE | PEN_ATTRIBUTE_DECODE };

/* Whether it stands alone somewhere, and does not only mean something to a call. */
static void check_form(struct pen_resolver *resolver, const struct pen_model_type *type,
		       struct pen_pos pos)
{
	while (type->kind == PEN_ARRAY || type->kind == PEN_POINTER)
		type = type->element;
	if (!type->is_complete)
		pen_refuse(resolver, pos, "\"%s\" is not defined yet", type->name);
	else if (type->kind == PEN_HANDLE)
		pen_refuse(resolver, pos, "a context handle is not serialized");
	else if (type->kind == PEN_VOID && type->form != PEN_FORM_WIRE &&
		 type->form != PEN_FORM_INTERFACE)
		pen_refuse(resolver, pos, "%s is not serialized", pen_model_form_name(type->form));
	else if (type->kind == PEN_VOID && type->form == PEN_FORM_WIRE)
		pen_refuse(resolver, pos, "there is nothing to serialize");
}

void pen_resolve_alias(struct pen_resolver *resolver, const struct pen_tree_decl *decl,
		       const struct pen_tree_declarator *declarator, const struct pen_shape *shape)
{
	uint32_t own = pen_resolve_flags(decl->attributes) & SERIALIZED;
	uint32_t attributes = own | (resolver->attributes & SERIALIZED);
	struct pen_model_operation *before = resolver->operation;
	struct pen_model_alias *alias;

	if (!attributes && resolver->idl->is_for_c)
		return;
	alias = pen_idl_zalloc(resolver->idl, sizeof(*alias));
	alias->owner.name = declarator->name;
	alias->owner.pos = declarator->pos;
	alias->owner.attributes = attributes;
	alias->is_asked_for = own;
	alias->c_name = pen_idl_format(resolver->idl, "%s_%s", resolver->prefix,
				       pen_c_identifier(resolver->idl, declarator->name));
	resolver->operation = &alias->owner;
	alias->type = pen_shape_build(resolver, shape, decl, declarator->pos, false);
	check_form(resolver, alias->type, declarator->pos);
	resolver->operation = before;
	*resolver->aliases_tail = alias;
	resolver->aliases_tail = &alias->next;
}
