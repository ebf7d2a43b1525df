/* SPDX-License-Identifier: MIT */
/*
 * Members of structs and arms of unions: their names, their types, and what a union's
 * cases say.
 */
#include "compiler/resolve.h"
#include <string.h>

static void resolve_cases(struct pen_resolver *resolver, struct pen_model_field *field,
			  const struct pen_tree_attribute *list)
{
	uint32_t n = 0;

	for (const struct pen_tree_attribute *a = list; a; a = a->next) {
		if (!strcmp(a->name, "default"))
			field->is_default = true;
		for (const struct pen_tree_expr *e = strcmp(a->name, "case") ? NULL : a->args; e;
		     e = e->next)
			n++;
	}
	field->cases = pen_idl_array(resolver->idl, n, sizeof(*field->cases));
	for (const struct pen_tree_attribute *a = list; a; a = a->next) {
		for (const struct pen_tree_expr *e = strcmp(a->name, "case") ? NULL : a->args; e;
		     e = e->next)
			field->cases[field->n_cases++] = pen_resolve_constant(resolver, e);
	}
}

void pen_check_cases(struct pen_resolver *resolver, const struct pen_model_type *type)
{
	const struct pen_model_field *other = NULL;

	for (uint32_t i = 0; i < type->n_fields; i++) {
		const struct pen_model_field *field = &type->fields[i];

		if (!field->n_cases && !field->is_default)
			pen_refuse(resolver, field->pos,
				   "when the union has this arm is missing: [case(...)] or "
				   "[default] says it");
		if (field->is_default && other) {
			pen_idl_complain(resolver->idl, field->pos, "a second default");
			pen_idl_note(resolver->idl, other->pos, "the first is here");
		}
		other = field->is_default && !other ? field : other;
		for (uint32_t k = 0; k < field->n_cases; k++) {
			for (uint32_t j = 0; j <= i; j++) {
				uint32_t end = j == i ? k : type->fields[j].n_cases;

				for (uint32_t m = 0; m < end; m++) {
					if (type->fields[j].cases[m] != field->cases[k])
						continue;
					pen_idl_complain(resolver->idl, field->pos,
							 "case %lld comes twice",
							 (long long)field->cases[k]);
					pen_idl_note(resolver->idl, type->fields[j].pos,
						     "the first is here");
				}
			}
		}
	}
}

uint32_t pen_tree_count_fields(const struct pen_tree_decl *decl)
{
	uint32_t n = 0;

	for (; decl; decl = decl->next) {
		const struct pen_tree_declarator *d = decl->declarators;

		n += !d;
		for (; d; d = d->next)
			n++;
	}
	return n;
}

bool pen_model_is_plain(const struct pen_model_type *type)
{
	for (; type->kind == PEN_ARRAY; type = type->element) {
		for (uint32_t i = 0; i < type->n_dimensions; i++) {
			if (type->dimensions[i].is_conformant || type->dimensions[i].length_is)
				return false;
		}
	}
	if (type->kind == PEN_STRUCT || type->kind == PEN_UNION)
		return type->is_plain;
	return type->kind != PEN_VOID && type->kind <= PEN_ENUM;
}

static bool is_conformant(const struct pen_model_type *type)
{
	if (type->kind == PEN_STRUCT && type->n_fields)
		type = type->fields[type->n_fields - 1].type;
	for (unsigned depth = 0;
	     type && type->kind == PEN_STRUCT && type->n_fields && depth < PEN_IDL_DEPTH_MAX;
	     depth++)
		type = type->fields[type->n_fields - 1].type;
	if (!type || (type->kind != PEN_ARRAY && type->kind != PEN_STRING))
		return false;
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		if (type->dimensions[i].is_conformant)
			return true;
	}
	return false;
}

static void check_member(struct pen_resolver *resolver, const struct pen_model_type *owner,
			 const struct pen_model_field *field, bool is_last)
{
	const struct pen_model_type *type = field->type;

	if (field->flags & PEN_FIELD_IGNORE)
		return;
	while (type->kind == PEN_ARRAY)
		type = type->element;
	if (!type->is_complete)
		pen_refuse(resolver, field->pos, "\"%s\" is not defined yet", type->name);
	else if (type->kind == PEN_VOID && type->form == PEN_FORM_WIRE)
		pen_idl_complain(resolver->idl, field->pos, "a member of no type");
	else if (type->kind == PEN_VOID && type->form == PEN_FORM_PIPE)
		pen_refuse(resolver, field->pos, "a pipe is a parameter, and no member");
	else if (type->kind == PEN_VOID)
		pen_refuse(resolver, field->pos, "%s cannot be sent",
			   pen_model_form_name(type->form));
	else if (is_conformant(field->type) && (!is_last || owner->kind == PEN_UNION))
		pen_refuse(resolver, field->pos,
			   "an array without fixed size is the last member of a struct");
}

/* What an [ignore] pointer points to is not sent, whatever it is. */
static void resolve_ignored(struct pen_resolver *resolver, struct pen_model_field *field,
			    const struct pen_shape *shape, const struct pen_tree_decl *decl)
{
	struct pen_model_type *owner = resolver->type;

	resolver->type = NULL;
	field->type = pen_shape_build(resolver, shape, decl, field->pos, false);
	resolver->type = owner;
	if (field->type->kind != PEN_POINTER)
		pen_idl_complain(resolver->idl, field->pos,
				 "only a pointer is ignored, and \"%s\" is none", field->name);
}

void pen_resolve_iid(struct pen_resolver *resolver, struct pen_shape *shape,
		     const struct pen_tree_attribute *list)
{
	const struct pen_tree_attribute *attribute = pen_tree_find(list, "iid_is");
	bool is_nothing = shape->base->kind == PEN_VOID && shape->base->form == PEN_FORM_WIRE;

	if (attribute && shape->n_levels && is_nothing)
		shape->base = pen_model_form(resolver, PEN_FORM_INTERFACE, NULL);
	else if (attribute && shape->base->form != PEN_FORM_INTERFACE)
		pen_idl_complain(resolver->idl, attribute->pos,
				 "iid_is speaks of an interface's pointer or of void *");
}

static void resolve_member(struct pen_resolver *resolver, struct pen_model_type *type,
			   struct pen_model_field *field, const struct pen_tree_decl *decl,
			   const struct pen_tree_declarator *declarator)
{
	const char *hint = pen_idl_format(resolver->idl, "%s_%s", type->name ? type->name : "",
					  field->name ? field->name : "");
	struct pen_shape shape;

	if (!decl->spec) {
		field->type = pen_model_scalar(resolver, PEN_VOID);
		return;
	}
	pen_resolve_shape(resolver, decl, declarator, hint, &shape);
	pen_resolve_iid(resolver, &shape, decl->attributes);
	if (pen_tree_find(decl->attributes, "ignore"))
		resolve_ignored(resolver, field, &shape, decl);
	else
		field->type = pen_shape_build(resolver, &shape, decl, field->pos, false);
	field->marshal = shape.marshal;
	pen_resolve_field_attributes(resolver, field, decl->attributes);
	if (declarator && declarator->bits) {
		int64_t bits = pen_resolve_constant(resolver, declarator->bits);

		field->has_bits = true;
		field->bits = bits > 0 && bits <= 64 ? (uint32_t)bits : 0;
		if (bits < 0 || bits > 64)
			pen_idl_complain(resolver->idl, declarator->bits->pos,
					 "a bit field has 0 to 64 bits");
		pen_refuse(resolver, field->pos, "a bit field cannot be sent");
	}
}

void pen_resolve_field_attributes(struct pen_resolver *resolver, struct pen_model_field *field,
				  const struct pen_tree_attribute *list)
{
	static const struct {
		const char *name;
		enum pen_model_field_flag flag;
	} flags[] = {
		{ "retval", PEN_FIELD_RETVAL },
		{ "optional", PEN_FIELD_OPTIONAL },
		{ "ignore", PEN_FIELD_IGNORE },
		{ "partial_ignore", PEN_FIELD_PARTIAL_IGNORE },
		{ "comm_status", PEN_FIELD_COMM_STATUS },
		{ "fault_status", PEN_FIELD_FAULT_STATUS },
	};
	const struct pen_tree_expr *iid_is = pen_attribute_argument(list, "iid_is", 0);

	for (size_t i = 0; i < PEN_COUNT(flags); i++) {
		if (pen_tree_find(list, flags[i].name))
			field->flags |= flags[i].flag;
	}
	if (pen_is_annotated(list, "secret"))
		field->flags |= PEN_FIELD_SECRET;
	field->byte_count = pen_attribute_text(pen_tree_find(list, "byte_count"));
	if (iid_is)
		field->iid_is = pen_resolve_expr(resolver, iid_is, 0);
}

/* C's unnamed structs and unions, whose members belong to what is around, and bit fields. */
static void name_unnamed(struct pen_resolver *resolver, struct pen_model_type *type,
			 struct pen_model_field *field, const struct pen_tree_decl *decl,
			 const struct pen_tree_declarator *declarator)
{
	bool has_members =
		decl->spec->kind == PEN_TREE_STRUCT || decl->spec->kind == PEN_TREE_UNION;

	field->name = pen_idl_format(resolver->idl, "unnamed_%zu", (size_t)(field - type->fields));
	if (declarator && declarator->bits)
		return;
	if (!has_members || declarator)
		pen_idl_complain(resolver->idl, field->pos, "this member has no name");
}

/* Names first, because an attribute may speak of a later member. */
static void name_members(struct pen_resolver *resolver, struct pen_model_type *type,
			 const struct pen_tree_decl *members)
{
	struct pen_model_field *field = type->fields;

	for (const struct pen_tree_decl *decl = members; decl; decl = decl->next) {
		const struct pen_tree_declarator *d = decl->declarators;

		pen_check_attributes(resolver, decl->attributes, PEN_PLACE_MEMBER);
		do {
			field->pos = d ? d->pos : decl->pos;
			field->name = d ? d->name : NULL;
			if (decl->spec && !field->name)
				name_unnamed(resolver, type, field, decl, d);
			if (type->kind == PEN_UNION)
				resolve_cases(resolver, field, decl->attributes);
			for (struct pen_model_field *other = type->fields; other < field; other++) {
				if (!field->name || !other->name ||
				    strcmp(field->name, other->name))
					continue;
				pen_idl_complain(resolver->idl, field->pos,
						 "a second member \"%s\"", field->name);
				pen_idl_note(resolver->idl, other->pos, "first defined here");
			}
			field++;
			d = d ? d->next : NULL;
		} while (d);
	}
}

void pen_resolve_members(struct pen_resolver *resolver, struct pen_model_type *type,
			 const struct pen_tree_decl *members)
{
	const struct pen_model_field *scope = resolver->scope;
	size_t n_scope = resolver->n_scope;
	struct pen_model_field *field;

	type->n_fields = pen_tree_count_fields(members);
	type->fields = pen_idl_array(resolver->idl, type->n_fields, sizeof(*type->fields));
	field = type->fields;
	name_members(resolver, type, members);
	resolver->scope = type->fields;
	resolver->n_scope = type->kind == PEN_STRUCT ? type->n_fields : 0;
	for (const struct pen_tree_decl *decl = members; decl; decl = decl->next) {
		const struct pen_tree_declarator *d = decl->declarators;

		do {
			resolve_member(resolver, type, field++, decl, d);
			d = d ? d->next : NULL;
		} while (d);
	}
	resolver->scope = scope;
	resolver->n_scope = n_scope;
	type->is_plain = true;
	for (uint32_t i = 0; i < type->n_fields; i++) {
		if (type->fields[i].name && !pen_model_is_plain(type->fields[i].type))
			type->is_plain = false;
		if (type->fields[i].name)
			check_member(resolver, type, &type->fields[i], i + 1 == type->n_fields);
	}
}
