/* SPDX-License-Identifier: MIT */
/*
 * Interfaces: what belongs to one as a whole, and the one that it is based on.
 */
#include "compiler/resolve.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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
	const char *text = pen_attribute_text(attribute);

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

/* [annotation("level:privacy")], an attribute that MIDL passes over with any text. */
static void resolve_level(struct pen_resolver *resolver, struct pen_model_interface *interface,
			  const struct pen_tree_attribute *list)
{
	static const char *const levels[] = { "none",	"connect",   "call",
					      "packet", "integrity", "privacy" };
	const struct pen_tree_attribute *attribute = pen_tree_find(list, "annotation");
	struct pen_spelling spelling = { 0 };

	while (attribute && (!pen_attribute_text(attribute) ||
			     strncmp(pen_attribute_text(attribute), "level:", 6)))
		attribute = pen_tree_find(attribute->next, "annotation");
	if (!attribute)
		return;
	spelling.word = pen_attribute_text(attribute) + 6;
	for (size_t i = 0; i < PEN_COUNT(levels) && !interface->level; i++) {
		if (!strcmp(levels[i], spelling.word))
			interface->level = levels[i];
		pen_spelling_try(&spelling, levels[i]);
	}
	if (!interface->level)
		pen_idl_complain(resolver->idl, attribute->pos, "there is no level \"%s\"%s",
				 spelling.word, pen_idl_meant(resolver->idl, &spelling));
}

static void resolve_attributes(struct pen_resolver *resolver, struct pen_model_interface *interface,
			       const struct pen_tree_definition *definition)
{
	const struct pen_tree_attribute *uuid = pen_tree_find(definition->attributes, "uuid");
	const struct pen_tree_attribute *version = pen_tree_find(definition->attributes, "version");

	pen_check_attributes(resolver, definition->attributes, PEN_PLACE_INTERFACE);
	interface->is_local = pen_tree_find(definition->attributes, "local") != NULL;
	interface->is_object = pen_tree_find(definition->attributes, "object") ||
			       pen_tree_find(definition->attributes, "odl") ||
			       pen_tree_find(definition->attributes, "dual") ||
			       pen_tree_find(definition->attributes, "contract") ||
			       (interface->base && interface->base->is_object);
	interface->has_uuid = uuid != NULL;
	if (uuid && (!pen_attribute_text(uuid) ||
		     pen_uuid_parse(&interface->id.uuid, pen_attribute_text(uuid))))
		pen_idl_complain(resolver->idl, uuid->pos, "this is not a uuid");
	if (version && (!pen_attribute_text(version) ||
			!parse_version(pen_attribute_text(version), &interface->id)))
		pen_idl_complain(resolver->idl, version->pos, "a version is like 1.0");
	resolve_pointer_default(resolver, pen_tree_find(definition->attributes, "pointer_default"));
	resolver->is_ms_union = pen_tree_find(definition->attributes, "ms_union") != NULL;
	resolve_level(resolver, interface, definition->attributes);
	resolve_endpoints(resolver, interface, pen_tree_find(definition->attributes, "endpoint"));
}

static void resolve_handles(struct pen_resolver *resolver, struct pen_model_interface *interface,
			    const struct pen_tree_attribute *list)
{
	const struct pen_tree_attribute *implicit = pen_tree_find(list, "implicit_handle");

	interface->attributes = pen_resolve_flags(list);
	interface->has_auto_handle = pen_tree_find(list, "auto_handle") != NULL;
	if (implicit)
		interface->implicit_handle =
			pen_attribute_text(implicit) ? pen_attribute_text(implicit) : "";
	if (interface->has_auto_handle && implicit) {
		pen_idl_complain(resolver->idl, implicit->pos,
				 "a handle is either implicit or automatic");
		pen_idl_note(resolver->idl, pen_tree_find(list, "auto_handle")->pos,
			     "automatic here");
	}
}

/* The interface of that name, which may be known already by a forward declaration. */
static struct pen_model_interface *declare(struct pen_resolver *resolver,
					   const struct pen_tree_definition *definition)
{
	const struct pen_symbol *known =
		pen_symbol_find(resolver, PEN_SYMBOL_TYPE, definition->name);
	struct pen_model_interface *interface;
	struct pen_shape *shape;

	if (known && known->shape->base->form == PEN_FORM_INTERFACE && !known->shape->n_levels) {
		struct pen_model_type *type = known->shape->base;

		if (!type->interface) {
			interface = pen_idl_zalloc(resolver->idl, sizeof(*interface));
			interface->name = definition->name;
			interface->pos = definition->pos;
			type->interface = interface;
		}
		return (struct pen_model_interface *)type->interface;
	}
	interface = pen_idl_zalloc(resolver->idl, sizeof(*interface));
	interface->name = definition->name;
	interface->pos = definition->pos;
	shape = pen_idl_zalloc(resolver->idl, offsetof(struct pen_shape, levels));
	shape->base = pen_model_form(resolver, PEN_FORM_INTERFACE, definition->name);
	shape->base->interface = interface;
	pen_symbol_add(resolver, PEN_SYMBOL_TYPE, definition->name, definition->pos)->shape = shape;
	return interface;
}

/* Of those that files name without importing them. */
static void count_inherited(struct pen_model_interface *interface, const char *base)
{
	static const struct {
		const char *name;
		uint32_t n;
	} known[] = { { "IUnknown", 3 }, { "IInspectable", 6 }, { "IDispatch", 7 } };

	for (size_t i = 0; i < PEN_COUNT(known); i++) {
		if (!strcmp(known[i].name, base))
			interface->n_inherited = known[i].n;
	}
}

static void resolve_base(struct pen_resolver *resolver, struct pen_model_interface *interface,
			 const struct pen_tree_definition *definition)
{
	for (const struct pen_tree_decl *d = definition->base; d; d = d->next) {
		const struct pen_model_type *type =
			pen_resolve_spec(resolver, d->spec, NULL, "base");

		if (d != definition->base)
			continue;
		if (!pen_symbol_find(resolver, PEN_SYMBOL_TYPE, d->spec->name))
			continue; /* which was complained of */
		if (type->form != PEN_FORM_INTERFACE)
			pen_idl_complain(resolver->idl, d->pos, "\"%s\" is no interface",
					 d->spec->name);
		else if ((!type->interface || !type->interface->is_complete) &&
			 pen_tree_find(definition->attributes, "object"))
			count_inherited(interface, d->spec->name);
		else if (!type->interface || !type->interface->is_complete)
			pen_idl_complain(resolver->idl, d->pos,
					 "the interface \"%s\" is not defined yet", d->spec->name);
		else
			interface->base = type->interface;
	}
	if (interface->base)
		interface->n_inherited =
			interface->base->n_inherited + interface->base->n_operations;
}

/* The T of "interface IVector<T>": types that only a use knows. */
static void push_parameters(struct pen_resolver *resolver,
			    const struct pen_tree_definition *definition)
{
	for (const struct pen_tree_parameter *p = definition->parameters; p; p = p->next) {
		struct pen_shape *shape =
			pen_idl_zalloc(resolver->idl, offsetof(struct pen_shape, levels));

		shape->base = pen_model_form(resolver, PEN_FORM_INTERFACE, p->name);
		pen_symbol_push(resolver, PEN_SYMBOL_TYPE, p->name, p->pos)->shape = shape;
	}
}

static void pop_parameters(struct pen_resolver *resolver,
			   const struct pen_tree_definition *definition)
{
	for (const struct pen_tree_parameter *p = definition->parameters; p; p = p->next) {
		const struct pen_symbol *symbol =
			pen_symbol_find(resolver, PEN_SYMBOL_TYPE, p->name);

		if (symbol)
			pen_symbol_pop(resolver, symbol);
	}
}

static bool has_remote_operation(const struct pen_model_interface *interface)
{
	for (const struct pen_model_operation *o = interface->operations; o; o = o->next) {
		if (!o->is_local)
			return true;
	}
	return false;
}

/* The place of the operation of that name in the list, or NULL. */
static struct pen_model_operation **find_operation(struct pen_model_interface *interface,
						   const char *name)
{
	struct pen_model_operation **p = &interface->operations;

	while (*p && strcmp((*p)->name, name))
		p = &(*p)->next;
	return *p ? p : NULL;
}

static bool comes_before(const struct pen_model_operation *a, const struct pen_model_operation *b)
{
	while (a && a != b)
		a = a->next;
	return a != NULL;
}

/* The places of two operations that follow another, in one list. */
static void swap(struct pen_model_operation **a, struct pen_model_operation **b)
{
	struct pen_model_operation *first = *a;
	struct pen_model_operation *second = *b;
	struct pen_model_operation *after = second->next;

	if (first->next == second) {
		*a = second;
		second->next = first;
	} else {
		*a = second;
		second->next = first->next;
		*b = first;
	}
	first->next = after;
}

/*
 * An operation that is sent for a local one has one number with it: that of the
 * first of the two. The local one leaves the list.
 */
static void pair_call_as(struct pen_resolver *resolver, struct pen_model_interface *interface)
{
	for (struct pen_model_operation *o = interface->operations; o; o = o->next) {
		struct pen_model_operation **local =
			o->call_as ? find_operation(interface, o->call_as) : NULL;
		struct pen_model_operation **own;

		if (!o->call_as || (local && *local == o))
			continue;
		if (!local || !(*local)->is_local) {
			pen_idl_complain(resolver->idl, o->pos,
					 "there is no [local] operation \"%s\" that this is "
					 "called as",
					 o->call_as);
			continue;
		}
		own = find_operation(interface, o->name);
		if (own && *own == o && comes_before(*local, o))
			swap(local, own);
		local = find_operation(interface, o->call_as);
		*local = (*local)->next;
		interface->n_operations--;
	}
}

/* What only the whole shows. */
static void check_whole(struct pen_resolver *resolver, const struct pen_model_interface *interface)
{
	if (!interface->has_uuid && !interface->is_local && !interface->is_object &&
	    has_remote_operation(interface))
		pen_idl_complain(resolver->idl, interface->pos, "the interface has no uuid");
}

void pen_resolve_interface(struct pen_resolver *resolver,
			   const struct pen_tree_definition *definition, bool is_main)
{
	enum pen_pointer_kind pointer_default = resolver->pointer_default;
	const char *prefix = resolver->prefix;
	bool is_ms_union = resolver->is_ms_union;
	bool is_local = resolver->is_local;
	uint32_t attributes = resolver->attributes;
	struct pen_model_interface *interface = declare(resolver, definition);

	if (definition->is_forward)
		return;
	if (interface->is_complete) {
		pen_idl_complain(resolver->idl, definition->pos, "a second interface \"%s\"",
				 interface->name);
		pen_idl_note(resolver->idl, interface->pos, "first defined here");
		return;
	}
	interface->pos = definition->pos;
	interface->is_generic = definition->parameters != NULL;
	push_parameters(resolver, definition);
	resolve_base(resolver, interface, definition);
	resolve_attributes(resolver, interface, definition);
	resolve_handles(resolver, interface, definition->attributes);
	resolver->prefix = pen_c_identifier(resolver->idl, definition->name);
	resolver->is_local = interface->is_local;
	resolver->attributes = interface->attributes;
	resolver->operations_tail = &interface->operations;
	resolver->callbacks_tail = &interface->callbacks;
	pen_resolve_definitions(resolver, definition->definitions, interface, is_main);
	pair_call_as(resolver, interface);
	pop_parameters(resolver, definition);
	resolver->prefix = prefix;
	resolver->pointer_default = pointer_default;
	resolver->is_ms_union = is_ms_union;
	resolver->is_local = is_local;
	resolver->attributes = attributes;
	interface->is_complete = true;
	check_whole(resolver, interface);
	if (is_main) {
		*resolver->interfaces_tail = interface;
		resolver->interfaces_tail = &interface->next;
	}
}
