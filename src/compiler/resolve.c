/* SPDX-License-Identifier: MIT */
/*
 * From what was written to what it means: a file's definitions in their order, and
 * what belongs to an interface as a whole.
 */
#include "compiler/resolve.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void resolve_const(struct pen_resolver *resolver,
			  const struct pen_tree_definition *definition)
{
	struct pen_model_constant *constant = pen_constant_add(
		resolver, definition->name ? definition->name : "", definition->pos);
	struct pen_shape shape;

	constant->c_name = pen_idl_format(resolver->idl, "%s_%s", resolver->prefix, constant->name);
	*resolver->constants_tail = constant;
	resolver->constants_tail = &constant->next;
	if (!definition->value || !definition->decl->spec)
		return;
	pen_resolve_shape(resolver, definition->decl, definition->decl->declarators, constant->name,
			  &shape);
	if (definition->value->kind == PEN_TREE_TEXT) {
		constant->text = definition->value->name;
		constant->is_wide = definition->value->is_wide;
		return;
	}
	constant->is_unsigned = shape.base->kind == PEN_U64 || shape.base->kind == PEN_U32 ||
				shape.base->kind == PEN_U3264;
	constant->value = pen_resolve_constant(resolver, definition->value);
}

static const char *attribute_text(const struct pen_tree_attribute *attribute)
{
	return attribute && attribute->args && attribute->args->name ? attribute->args->name : NULL;
}

/* "3", "3.0" */
static bool parse_version(const char *text, struct pen_syntax_id *id)
{
	char *end;
	unsigned long major = strtoul(text, &end, 10);
	unsigned long minor = *end == '.' ? strtoul(end + 1, &end, 10) : 0;

	if (*end || major > UINT16_MAX || minor > UINT16_MAX || !isdigit((unsigned char)*text))
		return false;
	id->major = (uint16_t)major;
	id->minor = (uint16_t)minor;
	return true;
}

static void resolve_pointer_default(struct pen_resolver *resolver,
				    const struct pen_tree_attribute *attribute)
{
	const char *text = attribute_text(attribute);

	resolver->pointer_default = PEN_UNIQUE;
	if (!attribute)
		return;
	if (text && !strcmp(text, "ref"))
		resolver->pointer_default = PEN_REF;
	else if (text && !strcmp(text, "ptr"))
		resolver->pointer_default = PEN_FULL;
	else if (!text || strcmp(text, "unique"))
		pen_idl_complain(resolver->idl, attribute->pos,
				 "pointer_default is ref, unique or ptr");
}

/* "ncacn_np:[\\pipe\\srvsvc]" as written, without the escapes. */
static const char *unescape(struct pen_resolver *resolver, const char *text)
{
	char *copy = pen_idl_text(resolver->idl, text, strlen(text));
	char *to = copy;

	for (const char *p = copy; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		*to++ = *p;
	}
	*to = '\0';
	return copy;
}

static void resolve_endpoints(struct pen_resolver *resolver, struct pen_model_interface *interface,
			      const struct pen_tree_attribute *attribute)
{
	uint32_t n = 0;

	if (!attribute)
		return;
	for (const struct pen_tree_expr *e = attribute->args; e; e = e->next)
		n++;
	interface->endpoints = pen_idl_array(resolver->idl, n, sizeof(*interface->endpoints));
	for (const struct pen_tree_expr *e = attribute->args; e; e = e->next) {
		if (e->kind == PEN_TREE_TEXT)
			interface->endpoints[interface->n_endpoints++] =
				unescape(resolver, e->name);
		else
			pen_idl_complain(resolver->idl, e->pos, "an endpoint is a text");
	}
}

static void resolve_attributes(struct pen_resolver *resolver, struct pen_model_interface *interface,
			       const struct pen_tree_definition *definition)
{
	const struct pen_tree_attribute *uuid = pen_tree_find(definition->attributes, "uuid");
	const struct pen_tree_attribute *version = pen_tree_find(definition->attributes, "version");

	pen_check_attributes(resolver, definition->attributes);
	interface->is_local = pen_tree_find(definition->attributes, "local") != NULL;
	if (!uuid && !interface->is_local)
		pen_idl_complain(resolver->idl, definition->pos, "the interface has no uuid");
	if (uuid &&
	    (!attribute_text(uuid) || pen_uuid_parse(&interface->id.uuid, attribute_text(uuid))))
		pen_idl_complain(resolver->idl, uuid->pos, "this is not a uuid");
	if (version &&
	    (!attribute_text(version) || !parse_version(attribute_text(version), &interface->id)))
		pen_idl_complain(resolver->idl, version->pos, "a version is like 1.0");
	resolve_pointer_default(resolver, pen_tree_find(definition->attributes, "pointer_default"));
	resolver->is_ms_union = pen_tree_find(definition->attributes, "ms_union") != NULL;
	resolve_endpoints(resolver, interface, pen_tree_find(definition->attributes, "endpoint"));
}

static void resolve_definitions(struct pen_resolver *resolver,
				const struct pen_tree_definition *list,
				struct pen_model_interface *interface, bool is_main);

static void resolve_interface(struct pen_resolver *resolver,
			      const struct pen_tree_definition *definition, bool is_main)
{
	struct pen_model_interface *interface = pen_idl_zalloc(resolver->idl, sizeof(*interface));
	enum pen_pointer_kind pointer_default = resolver->pointer_default;
	const char *prefix = resolver->prefix;

	if (definition->is_forward)
		return;
	interface->name = definition->name;
	interface->pos = definition->pos;
	for (const struct pen_model_interface *i = resolver->model->interfaces; i; i = i->next) {
		if (strcmp(i->name, interface->name))
			continue;
		pen_idl_complain(resolver->idl, interface->pos, "a second interface \"%s\"",
				 interface->name);
		pen_idl_note(resolver->idl, i->pos, "first defined here");
	}
	resolve_attributes(resolver, interface, definition);
	if (definition->base)
		pen_idl_complain(resolver->idl, definition->pos,
				 "an interface based on another is not supported");
	resolver->prefix = definition->name;
	resolve_definitions(resolver, definition->definitions, interface, is_main);
	resolver->prefix = prefix;
	resolver->pointer_default = pointer_default;
	if (is_main) {
		*resolver->interfaces_tail = interface;
		resolver->interfaces_tail = &interface->next;
	}
}

static void resolve_tree(struct pen_resolver *resolver, const struct pen_tree *tree, bool is_main)
{
	const char *prefix = resolver->prefix;
	enum pen_pointer_kind pointer_default = resolver->pointer_default;

	resolver->prefix = tree->source->prefix;
	resolver->pointer_default = PEN_UNIQUE;
	resolve_definitions(resolver, tree->definitions, NULL, is_main);
	resolver->prefix = prefix;
	resolver->pointer_default = pointer_default;
}

static void resolve_import(struct pen_resolver *resolver,
			   const struct pen_tree_definition *definition, bool is_main)
{
	struct pen_model_import *import;
	const char *base = strrchr(definition->name, '/');

	if (definition->import)
		resolve_tree(resolver, definition->import, false);
	if (!is_main)
		return;
	base = base ? base + 1 : definition->name;
	import = pen_idl_zalloc(resolver->idl, sizeof(*import));
	import->name = pen_idl_text(resolver->idl, base, strcspn(base, "."));
	*resolver->imports_tail = import;
	resolver->imports_tail = &import->next;
}

static void resolve_decl(struct pen_resolver *resolver, struct pen_model_interface *interface,
			 struct pen_model_operation ***tailp, const struct pen_tree_decl *decl)
{
	pen_check_attributes(resolver, decl->attributes);
	if (!decl->spec)
		return;
	if (!decl->declarators) {
		pen_resolve_spec(resolver, decl->spec, decl->attributes, "unnamed");
	} else if (!decl->declarators->is_operation) {
		pen_idl_complain(resolver->idl, decl->declarators->pos, "this declares nothing");
	} else if (!interface) {
		pen_idl_complain(resolver->idl, decl->declarators->pos,
				 "an operation belongs to an interface");
	} else if (interface->n_operations > UINT16_MAX) {
		pen_idl_complain(resolver->idl, decl->declarators->pos,
				 "an interface has at most 65536 operations");
	} else if (!interface->is_local) {
		pen_resolve_operation(resolver, interface, *tailp, decl);
		*tailp = &(**tailp)->next;
	}
}

static void resolve_definitions(struct pen_resolver *resolver,
				const struct pen_tree_definition *list,
				struct pen_model_interface *interface, bool is_main)
{
	struct pen_model_operation **tail = interface ? &interface->operations : NULL;

	for (; list && resolver->idl->n_errors < PEN_IDL_ERRORS_MAX; list = list->next) {
		switch (list->kind) {
		case PEN_TREE_IMPORT:
			resolve_import(resolver, list, is_main);
			break;
		case PEN_TREE_CPP_QUOTE:
			break;
		case PEN_TREE_CONSTANT:
			resolve_const(resolver, list);
			break;
		case PEN_TREE_TYPEDEF:
			pen_resolve_typedef(resolver, list->decl);
			break;
		case PEN_TREE_DECL:
			resolve_decl(resolver, interface, &tail, list->decl);
			break;
		case PEN_TREE_INTERFACE:
			resolve_interface(resolver, list, is_main);
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
	model->source = tree->source;
	resolve_tree(resolver, tree, true);
	return model;
}
