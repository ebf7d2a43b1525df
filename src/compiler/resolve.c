/* SPDX-License-Identifier: MIT */
/*
 * From what was written to what it means: a file's definitions in their order.
 */
#include "compiler/resolve.h"
#include <string.h>

/* "const long A = 1" */
static void resolve_constant(struct pen_resolver *resolver, const struct pen_tree_decl *decl,
			     const struct pen_tree_declarator *declarator)
{
	const struct pen_tree_expr *value = declarator->value;
	struct pen_model_constant *constant;
	struct pen_number number;
	struct pen_shape shape;

	if (!declarator->name) {
		pen_idl_complain(resolver->idl, declarator->pos, "this constant has no name");
		return;
	}
	constant = pen_constant_add(resolver, declarator->name, declarator->pos);
	constant->c_name = pen_idl_format(resolver->idl, "%s_%s", resolver->prefix, constant->name);
	*resolver->constants_tail = constant;
	resolver->constants_tail = &constant->next;
	if (!decl->spec)
		return;
	pen_resolve_shape(resolver, decl, declarator, constant->name, &shape);
	if (value->kind == PEN_TREE_TEXT) {
		constant->text = value->name;
		constant->is_wide = value->is_wide;
		return;
	}
	number = pen_resolve_number(resolver, value);
	constant->number = number;
	if (!shape.n_levels && pen_kind_is_integer(shape.base->kind) &&
	    shape.base->kind != PEN_ENUM) {
		unsigned bits = pen_kind_bits(shape.base->kind);

		constant->number =
			pen_number_cast(number, bits, pen_kind_is_unsigned(shape.base->kind));
	} else if (!shape.n_levels &&
		   (shape.base->kind == PEN_FLOAT || shape.base->kind == PEN_DOUBLE) &&
		   number.kind != PEN_NUMBER_REAL) {
		constant->number = (struct pen_number){
			.kind = PEN_NUMBER_REAL,
			.real = number.kind == PEN_NUMBER_U64 ? (double)(uint64_t)number.value
							      : (double)number.value,
		};
	}
}

static void resolve_tree(struct pen_resolver *resolver, const struct pen_tree *tree, bool is_main)
{
	const char *prefix = resolver->prefix;
	const char *space = resolver->space;
	enum pen_pointer_kind pointer_default = resolver->pointer_default;

	resolver->prefix = tree->source->prefix;
	resolver->space = NULL;
	resolver->pointer_default = PEN_UNIQUE;
	pen_resolve_definitions(resolver, tree->definitions, NULL, is_main);
	resolver->prefix = prefix;
	resolver->space = space;
	resolver->pointer_default = pointer_default;
}

static void resolve_import(struct pen_resolver *resolver,
			   const struct pen_tree_definition *definition, bool is_main)
{
	struct pen_model_import *import;

	if (definition->import)
		resolve_tree(resolver, definition->import, false);
	if (!is_main)
		return;
	import = pen_idl_zalloc(resolver->idl, sizeof(*import));
	import->name = definition->name;
	*resolver->imports_tail = import;
	resolver->imports_tail = &import->next;
}

/* A function of a module or of an included header; any other was meant for an interface. */
static void resolve_outside(struct pen_resolver *resolver,
			    const struct pen_tree_declarator *declarator)
{
	const struct pen_tree_derivation *function = pen_tree_function(declarator);

	for (const struct pen_tree_decl *p = function->parameters; p; p = p->next) {
		if (!p->attributes || resolver->is_module)
			continue;
		pen_idl_complain(resolver->idl, declarator->pos,
				 "an operation belongs to an interface");
		return;
	}
	pen_resolve_function(resolver, function);
}

static void resolve_declarators(struct pen_resolver *resolver,
				struct pen_model_interface *interface,
				const struct pen_tree_decl *decl)
{
	struct pen_tree_decl one = *decl;

	for (struct pen_tree_declarator *d = decl->declarators; d; d = d->next) {
		struct pen_tree_declarator alone = *d;

		alone.next = NULL;
		one.declarators = &alone;
		if (d->value)
			resolve_constant(resolver, decl, d);
		else if (!pen_tree_function(d) && decl->is_extern)
			pen_resolve_spec(resolver, decl->spec, NULL, "extern");
		else if (!pen_tree_function(d))
			pen_idl_complain(resolver->idl, d->pos, "this declares nothing");
		else if (!interface)
			resolve_outside(resolver, d);
		else
			pen_resolve_operation(resolver, interface, &one);
	}
}

static void resolve_decl(struct pen_resolver *resolver, struct pen_model_interface *interface,
			 const struct pen_tree_decl *decl)
{
	pen_check_attributes(resolver, decl->attributes,
			     decl->declarators ? PEN_PLACE_OPERATION : PEN_PLACE_OTHER);
	if (!decl->spec)
		return;
	if (!decl->declarators)
		pen_resolve_spec(resolver, decl->spec, decl->attributes, "unnamed");
	else
		resolve_declarators(resolver, interface, decl);
}

/* What is in a library, a module or a namespace is as if it stood outside of it. */
static void resolve_container(struct pen_resolver *resolver,
			      const struct pen_tree_definition *definition, bool is_main)
{
	const char *space = resolver->space;

	pen_check_attributes(resolver, definition->attributes, PEN_PLACE_OTHER);
	resolver->is_module = definition->kind == PEN_TREE_MODULE;
	if (definition->kind == PEN_TREE_NAMESPACE)
		resolver->space = pen_symbol_full_name(resolver, definition->name);
	pen_resolve_definitions(resolver, definition->definitions, NULL, is_main);
	resolver->is_module = false;
	resolver->space = space;
}

void pen_resolve_definitions(struct pen_resolver *resolver, const struct pen_tree_definition *list,
			     struct pen_model_interface *interface, bool is_main)
{
	for (; list && resolver->idl->n_errors < PEN_IDL_ERRORS_MAX; list = list->next) {
		switch (list->kind) {
		case PEN_TREE_IMPORT:
			resolve_import(resolver, list, is_main);
			break;
		case PEN_TREE_IMPORTLIB:
		case PEN_TREE_CPP_QUOTE:
		case PEN_TREE_PRAGMA:
			break;
		case PEN_TREE_TYPEDEF:
			pen_resolve_typedef(resolver, list->decl);
			break;
		case PEN_TREE_DECL:
			resolve_decl(resolver, interface, list->decl);
			break;
		case PEN_TREE_INTERFACE:
			pen_resolve_interface(resolver, list, is_main);
			break;
		case PEN_TREE_LIBRARY:
		case PEN_TREE_MODULE:
		case PEN_TREE_NAMESPACE:
			resolve_container(resolver, list, is_main);
			break;
		case PEN_TREE_DISPINTERFACE:
		case PEN_TREE_COCLASS:
		case PEN_TREE_CONTRACT:
		case PEN_TREE_DELEGATE:
		case PEN_TREE_DECLARE:
		case PEN_TREE_REFERENCE:
			pen_resolve_class(resolver, list);
			break;
		}
	}
}

struct pen_model *pen_idl_resolve(struct pen_idl *idl, const struct pen_tree *tree)
{
	struct pen_model *model = pen_idl_zalloc(idl, sizeof(*model));
	struct pen_resolver *resolver = pen_idl_zalloc(idl, sizeof(*resolver));

	resolver->idl = idl;
	resolver->model = model;
	resolver->types_tail = &model->types;
	resolver->constants_tail = &model->constants;
	resolver->interfaces_tail = &model->interfaces;
	resolver->imports_tail = &model->imports;
	resolver->aliases_tail = &model->aliases;
	model->source = tree->source;
	resolve_tree(resolver, tree, true);
	pen_settle_refusals(resolver);
	return model;
}
