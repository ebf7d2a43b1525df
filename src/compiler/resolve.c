/* SPDX-License-Identifier: MIT */
/*
 * From what was written to what it means.
 */
#include "compiler/resolve.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- symbols ---- */

static size_t bucket_of(const char *name)
{
	size_t hash = 5381;

	while (*name)
		hash = hash * 33 + (unsigned char)*name++;
	return hash % PEN_SYMBOL_BUCKETS;
}

const struct pen_symbol *pen_symbol_find(const struct pen_resolver *resolver,
					 enum pen_symbol_kind kind, const char *name)
{
	const struct pen_symbol *symbol = resolver->symbols[bucket_of(name)];

	while (symbol && (symbol->kind != kind || strcmp(symbol->name, name)))
		symbol = symbol->next;
	return symbol;
}

struct pen_symbol *pen_symbol_add(struct pen_resolver *resolver, enum pen_symbol_kind kind,
				  const char *name, struct pen_pos pos)
{
	static const char *const kinds[] = {
		[PEN_SYMBOL_TYPE] = "type",
		[PEN_SYMBOL_TAG] = "tag",
		[PEN_SYMBOL_CONSTANT] = "constant",
	};
	struct pen_symbol **bucket = &resolver->symbols[bucket_of(name)];
	struct pen_symbol *symbol = pen_idl_zalloc(resolver->idl, sizeof(*symbol));

	if (pen_symbol_find(resolver, kind, name))
		pen_idl_complain(resolver->idl, pos, "there is a %s \"%s\" already", kinds[kind],
				 name);
	symbol->kind = kind;
	symbol->name = name;
	symbol->pos = pos;
	symbol->next = *bucket;
	*bucket = symbol;
	return symbol;
}

bool pen_kind_is_integer(enum pen_kind kind)
{
	return kind >= PEN_I8 && kind <= PEN_ENUM && kind != PEN_FLOAT && kind != PEN_DOUBLE;
}

struct pen_model_type *pen_model_scalar(struct pen_resolver *resolver, enum pen_kind kind)
{
	struct pen_model_type *type = pen_idl_zalloc(resolver->idl, sizeof(*type));

	type->kind = kind;
	type->is_complete = true;
	return type;
}

/* ---- structs, unions, enums ---- */

static void add_type(struct pen_resolver *resolver, struct pen_model_type *type)
{
	type->is_complete = true;
	*resolver->types_tail = type;
	resolver->types_tail = &type->next;
}

static void name_type(struct pen_resolver *resolver, struct pen_model_type *type, const char *name)
{
	type->name = name;
	type->c_name = pen_idl_format(resolver->idl, "%s_%s", resolver->prefix, name);
}

static struct pen_model_constant *add_constant(struct pen_resolver *resolver, const char *name,
					       struct pen_pos pos)
{
	struct pen_model_constant *constant = pen_idl_zalloc(resolver->idl, sizeof(*constant));

	constant->name = name;
	constant->pos = pos;
	pen_symbol_add(resolver, PEN_SYMBOL_CONSTANT, name, pos)->constant = constant;
	return constant;
}

static void resolve_enumerators(struct pen_resolver *resolver, struct pen_model_type *type,
				const struct pen_tree_spec *spec)
{
	const struct pen_tree_enumerator *e;
	int64_t value = 0;
	uint32_t n = 0;

	for (e = spec->enumerators; e; e = e->next)
		n++;
	type->enumerators = pen_idl_array(resolver->idl, n, sizeof(*type->enumerators));
	for (e = spec->enumerators; e; e = e->next, value++) {
		if (e->value)
			value = pen_resolve_constant(resolver, e->value);
		if (value < INT32_MIN || value > INT32_MAX) {
			pen_idl_complain(resolver->idl, e->pos, "%s does not fit into 32 bits",
					 e->name);
			value = 0;
		}
		type->enumerators[type->n_enumerators++] =
			(struct pen_enumerator){ .name = e->name, .value = value };
		add_constant(resolver, e->name, e->pos)->value = value;
	}
	if (!n)
		pen_idl_complain(resolver->idl, spec->pos, "an enum names at least one value");
}

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

/* No value of the discriminant may choose two arms. */
static void check_cases(struct pen_resolver *resolver, const struct pen_model_type *type)
{
	bool has_default = false;

	for (uint32_t i = 0; i < type->n_fields; i++) {
		const struct pen_model_field *field = &type->fields[i];

		if (!field->n_cases && !field->is_default)
			pen_idl_complain(resolver->idl, field->pos,
					 "when the union has this arm is missing: [case(...)] or "
					 "[default] says it");
		if (field->is_default && has_default)
			pen_idl_complain(resolver->idl, field->pos, "a second default");
		has_default |= field->is_default;
		for (uint32_t k = 0; k < field->n_cases; k++) {
			for (uint32_t j = 0; j <= i; j++) {
				uint32_t end = j == i ? k : type->fields[j].n_cases;

				for (uint32_t m = 0; m < end; m++) {
					if (type->fields[j].cases[m] == field->cases[k])
						pen_idl_complain(resolver->idl, field->pos,
								 "case %lld comes twice",
								 (long long)field->cases[k]);
				}
			}
		}
	}
}

static uint32_t count_fields(const struct pen_tree_decl *decl)
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

	while (type->kind == PEN_ARRAY)
		type = type->element;
	if (!type->is_complete)
		pen_idl_complain(resolver->idl, field->pos, "\"%s\" is not defined yet",
				 type->name);
	else if (type->kind == PEN_VOID || type->is_handle_t)
		pen_idl_complain(resolver->idl, field->pos, "a member has a type of the wire");
	else if (is_conformant(field->type) && (!is_last || owner->kind == PEN_UNION))
		pen_idl_complain(resolver->idl, field->pos,
				 "an array without fixed size is the last member of a struct");
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
	if (declarator && declarator->is_operation)
		pen_idl_complain(resolver->idl, declarator->pos, "a function is no member");
	pen_resolve_shape(resolver, decl, declarator, hint, &shape);
	field->type = pen_shape_build(resolver, &shape, decl, field->pos, false);
}

/* Names first, because an attribute may speak of a later member. */
static void name_members(struct pen_resolver *resolver, struct pen_model_type *type,
			 const struct pen_tree_decl *members)
{
	struct pen_model_field *field = type->fields;

	for (const struct pen_tree_decl *decl = members; decl; decl = decl->next) {
		const struct pen_tree_declarator *d = decl->declarators;

		pen_check_attributes(resolver, decl->attributes);
		do {
			field->pos = d ? d->pos : decl->pos;
			field->name = d ? d->name : NULL;
			if (decl->spec && !field->name)
				pen_idl_complain(resolver->idl, field->pos,
						 "this member has no name");
			if (type->kind == PEN_UNION)
				resolve_cases(resolver, field, decl->attributes);
			for (struct pen_model_field *other = type->fields; other < field; other++) {
				if (field->name && other->name && !strcmp(field->name, other->name))
					pen_idl_complain(resolver->idl, field->pos,
							 "a second member \"%s\"", field->name);
			}
			field++;
			d = d ? d->next : NULL;
		} while (d);
	}
}

static void resolve_members(struct pen_resolver *resolver, struct pen_model_type *type,
			    const struct pen_tree_decl *members)
{
	const struct pen_model_field *scope = resolver->scope;
	size_t n_scope = resolver->n_scope;
	struct pen_model_field *field;

	type->n_fields = count_fields(members);
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
	for (uint32_t i = 0; i < type->n_fields; i++) {
		if (type->fields[i].name)
			check_member(resolver, type, &type->fields[i], i + 1 == type->n_fields);
	}
}

static void resolve_tag(struct pen_resolver *resolver, struct pen_model_type *type,
			const struct pen_tree_spec *spec,
			const struct pen_tree_attribute *attributes)
{
	const struct pen_tree_attribute *switch_type = pen_tree_find(attributes, "switch_type");
	struct pen_tree_decl decl = { .pos = spec->pos };
	struct pen_shape shape;

	if (spec->tag && spec->tag->spec) {
		const struct pen_tree_declarator *declarator = spec->tag->declarators;

		type->is_encapsulated = true;
		type->tag_name = declarator && declarator->name ? declarator->name : "tag";
		decl = *spec->tag;
	} else if (switch_type && switch_type->spec) {
		decl.spec = switch_type->spec;
	}
	if (!decl.spec)
		return;
	pen_resolve_shape(resolver, &decl, decl.declarators, "tag", &shape);
	type->tag_type = pen_shape_build(resolver, &shape, &decl, decl.pos, false);
	if (!pen_kind_is_integer(type->tag_type->kind))
		pen_idl_complain(resolver->idl, decl.pos, "a discriminant is an integer");
}

static struct pen_model_type *find_tagged(struct pen_resolver *resolver,
					  const struct pen_tree_spec *spec, enum pen_kind kind)
{
	const struct pen_symbol *symbol =
		spec->name ? pen_symbol_find(resolver, PEN_SYMBOL_TAG, spec->name) : NULL;
	struct pen_model_type *type;

	if (symbol) {
		if (symbol->type->kind != kind)
			pen_idl_complain(resolver->idl, spec->pos, "\"%s\" is something else",
					 spec->name);
		else if (spec->has_body && (symbol->type->is_complete || symbol->type->fields))
			pen_idl_complain(resolver->idl, spec->pos, "\"%s\" is defined already",
					 spec->name);
		else
			return symbol->type;
	}
	type = pen_idl_zalloc(resolver->idl, sizeof(*type));
	type->kind = kind;
	type->pos = spec->pos;
	type->tag = spec->name;
	if (spec->name && !symbol)
		pen_symbol_add(resolver, PEN_SYMBOL_TAG, spec->name, spec->pos)->type = type;
	return type;
}

struct pen_model_type *pen_resolve_spec(struct pen_resolver *resolver,
					const struct pen_tree_spec *spec,
					const struct pen_tree_attribute *attributes,
					const char *hint)
{
	struct pen_model_type *type;

	if (spec->kind == PEN_TREE_BASE || spec->kind == PEN_TREE_HANDLE_T) {
		type = pen_model_scalar(resolver,
					spec->kind == PEN_TREE_BASE ? spec->base : PEN_VOID);
		type->is_handle_t = spec->kind == PEN_TREE_HANDLE_T;
		return type;
	}
	if (spec->kind == PEN_TREE_TYPE_NAME) {
		struct pen_tree_decl decl = { .spec = (struct pen_tree_spec *)spec };

		struct pen_shape shape;

		pen_resolve_shape(resolver, &decl, NULL, hint, &shape);
		return shape.base;
	}
	type = find_tagged(resolver, spec,
			   spec->kind == PEN_TREE_STRUCT  ? PEN_STRUCT
			   : spec->kind == PEN_TREE_UNION ? PEN_UNION
							  : PEN_ENUM);
	if (!type->name)
		name_type(resolver, type, spec->name ? spec->name : hint);
	if (!spec->has_body)
		return type;
	if (!pen_idl_enter(resolver->idl, spec->pos))
		return type;
	type->enum_bits = pen_tree_find(attributes, "v1_enum") ? 32 : 16;
	if (type->kind == PEN_UNION)
		resolve_tag(resolver, type, spec, attributes);
	if (type->kind == PEN_ENUM)
		resolve_enumerators(resolver, type, spec);
	else
		resolve_members(resolver, type, spec->members);
	if (type->kind == PEN_UNION)
		check_cases(resolver, type);
	if (type->kind == PEN_STRUCT && !type->n_fields)
		pen_idl_complain(resolver->idl, spec->pos, "a struct has at least one member");
	add_type(resolver, type);
	pen_idl_leave(resolver->idl);
	return type;
}

/* ---- definitions ---- */

/* The first plain declarator of "typedef struct _A {...} A, *PA;" names the struct. */
static const struct pen_tree_declarator *naming(const struct pen_tree_decl *decl)
{
	for (const struct pen_tree_declarator *d = decl->declarators; d; d = d->next) {
		if (d->name && !d->derivations && !d->is_operation)
			return d;
	}
	return NULL;
}

/* A name for the type that one declarator of a typedef makes. */
static void declare_type(struct pen_resolver *resolver, const struct pen_tree_decl *decl,
			 const struct pen_tree_declarator *declarator)
{
	struct pen_shape shape;
	struct pen_shape *copy;
	size_t n;

	if (!declarator->name || declarator->is_operation) {
		pen_idl_complain(resolver->idl, declarator->pos,
				 declarator->name ? "a type of functions is not supported"
						  : "a typedef has a name");
		return;
	}
	pen_resolve_shape(resolver, decl, declarator, declarator->name, &shape);
	n = offsetof(struct pen_shape, levels) + shape.n_levels * sizeof(shape.levels[0]);
	copy = pen_idl_zalloc(resolver->idl, n);
	memcpy(copy, &shape, n);
	pen_symbol_add(resolver, PEN_SYMBOL_TYPE, declarator->name, declarator->pos)->shape = copy;
}

static void resolve_typedef(struct pen_resolver *resolver, const struct pen_tree_decl *decl)
{
	const struct pen_tree_declarator *first = naming(decl);
	const char *hint = first ? first->name : decl->declarators ? decl->declarators->name : NULL;
	struct pen_tree_decl body = *decl;
	struct pen_tree_spec bare;

	pen_check_attributes(resolver, decl->attributes);
	if (!decl->spec || !hint) {
		pen_idl_complain(resolver->idl, decl->pos, "this typedef names no type");
		return;
	}
	if (decl->spec->kind == PEN_TREE_STRUCT || decl->spec->kind == PEN_TREE_UNION ||
	    decl->spec->kind == PEN_TREE_ENUM) {
		struct pen_model_type *type;

		/* The name comes first, so that members named by path have it. */
		if (decl->spec->name && first) {
			type = find_tagged(resolver,
					   &(struct pen_tree_spec){ .name = decl->spec->name,
								    .pos = decl->spec->pos },
					   decl->spec->kind == PEN_TREE_STRUCT	? PEN_STRUCT
					   : decl->spec->kind == PEN_TREE_UNION ? PEN_UNION
										: PEN_ENUM);
			if (!type->is_typedef_name)
				name_type(resolver, type, first->name);
			type->is_typedef_name = true;
		}
		type = pen_resolve_spec(resolver, decl->spec, decl->attributes, hint);
		bare = *decl->spec;
		bare.has_body = false;
		if (!bare.name) {
			bare.name = pen_idl_format(resolver->idl, "(%s)", hint);
			pen_symbol_add(resolver, PEN_SYMBOL_TAG, bare.name, bare.pos)->type = type;
		}
		body.spec = &bare;
	}
	for (const struct pen_tree_declarator *d = decl->declarators; d; d = d->next)
		declare_type(resolver, &body, d);
}

static void resolve_const(struct pen_resolver *resolver,
			  const struct pen_tree_definition *definition)
{
	struct pen_model_constant *constant =
		add_constant(resolver, definition->name ? definition->name : "", definition->pos);
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

static void resolve_operation(struct pen_resolver *resolver, struct pen_model_interface *interface,
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
		if (!strcmp(o->name, operation->name))
			pen_idl_complain(resolver->idl, operation->pos, "a second operation \"%s\"",
					 operation->name);
	}
	*tail = operation;
	interface->n_operations++;
	if (operation->is_local)
		return;

	operation->n_parameters = count_fields(declarator->parameters);
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
			if (!strcmp(o->name, field->name))
				pen_idl_complain(resolver->idl, field->pos,
						 "a second parameter \"%s\"", field->name);
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
		if (!strcmp(i->name, interface->name))
			pen_idl_complain(resolver->idl, interface->pos, "a second interface \"%s\"",
					 interface->name);
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
		resolve_operation(resolver, interface, *tailp, decl);
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
			resolve_typedef(resolver, list->decl);
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
