/* SPDX-License-Identifier: MIT */
/*
 * Structs, unions and enums, and the names that typedefs give to types.
 */
#include "compiler/resolve.h"
#include <string.h>

bool pen_kind_is_integer(enum pen_kind kind)
{
	return kind >= PEN_I8 && kind <= PEN_ENUM && kind != PEN_FLOAT && kind != PEN_DOUBLE;
}

unsigned pen_kind_bits(enum pen_kind kind)
{
	switch (kind) {
	case PEN_I8:
	case PEN_U8:
	case PEN_BYTE:
	case PEN_CHAR:
	case PEN_BOOLEAN:
		return 8;
	case PEN_I16:
	case PEN_U16:
	case PEN_WCHAR:
		return 16;
	case PEN_I64:
	case PEN_U64:
	case PEN_I3264:
	case PEN_U3264:
		return 64;
	default:
		return 32;
	}
}

bool pen_kind_is_unsigned(enum pen_kind kind)
{
	return kind == PEN_U8 || kind == PEN_BYTE || kind == PEN_BOOLEAN || kind == PEN_U16 ||
	       kind == PEN_WCHAR || kind == PEN_U32 || kind == PEN_ERROR_STATUS ||
	       kind == PEN_U64 || kind == PEN_U3264;
}

const char *pen_c_identifier(struct pen_idl *idl, const char *name)
{
	char *copy = pen_idl_text(idl, name, strlen(name));

	for (char *p = copy; *p; p++) {
		if (*p == '.' || *p == '(' || *p == ')')
			*p = '_';
	}
	return copy;
}

struct pen_model_type *pen_model_form(struct pen_resolver *resolver, enum pen_model_form form,
				      const char *name)
{
	struct pen_model_type *type = pen_model_scalar(resolver, PEN_VOID);

	type->form = form;
	type->name = name;
	return type;
}

struct pen_model_type *pen_model_scalar(struct pen_resolver *resolver, enum pen_kind kind)
{
	struct pen_model_type *type = pen_idl_zalloc(resolver->idl, sizeof(*type));

	type->kind = kind;
	type->is_complete = true;
	return type;
}

static void add_type(struct pen_resolver *resolver, struct pen_model_type *type)
{
	type->is_complete = true;
	*resolver->types_tail = type;
	resolver->types_tail = &type->next;
}

static void name_type(struct pen_resolver *resolver, struct pen_model_type *type, const char *name)
{
	type->name = name;
	type->prefix = resolver->prefix;
	type->c_name =
		pen_symbol_c_name(resolver, pen_idl_format(resolver->idl, "%s_%s", resolver->prefix,
							   pen_c_identifier(resolver->idl, name)));
}

struct pen_model_constant *pen_constant_add(struct pen_resolver *resolver, const char *name,
					    struct pen_pos pos)
{
	struct pen_model_constant *constant = pen_idl_zalloc(resolver->idl, sizeof(*constant));

	constant->name = name;
	constant->pos = pos;
	pen_symbol_add(resolver, PEN_SYMBOL_CONSTANT, name, pos)->constant = constant;
	return constant;
}

/* In a namespace an enumerator belongs to its enum. */
static const char *scoped_name(struct pen_resolver *resolver, const struct pen_model_type *type,
			       const char *name)
{
	return resolver->space ? pen_idl_format(resolver->idl, "%s.%s", type->name, name) : name;
}

static void resolve_enumerators(struct pen_resolver *resolver, struct pen_model_type *type,
				const struct pen_tree_spec *spec)
{
	const struct pen_tree_enumerator *e;
	int64_t value = 0;
	uint32_t n = 0;

	for (e = spec->enumerators; e; e = e->next)
		n++;
	type->is_scoped = resolver->space != NULL;
	type->enumerators = pen_idl_array(resolver->idl, n, sizeof(*type->enumerators));
	for (e = spec->enumerators; e; e = e->next, value++) {
		pen_check_attributes(resolver, e->attributes, PEN_PLACE_OTHER);
		if (e->value)
			value = pen_resolve_constant(resolver, e->value);
		if (value > INT32_MAX && value <= UINT32_MAX)
			value = (int32_t)(uint32_t)value;
		if (value < INT32_MIN || value > INT32_MAX) {
			pen_idl_complain(resolver->idl, e->pos, "%s does not fit into 32 bits",
					 e->name);
			value = 0;
		}
		type->enumerators[type->n_enumerators++] =
			(struct pen_enumerator){ .name = e->name, .value = value };
		pen_constant_add(resolver, scoped_name(resolver, type, e->name), e->pos)->number =
			(struct pen_number){ .kind = PEN_NUMBER_I32, .value = value };
	}
	if (!n)
		pen_idl_complain(resolver->idl, spec->pos, "an enum names at least one value");
}

static void resolve_tag(struct pen_resolver *resolver, struct pen_model_type *type,
			const struct pen_tree_spec *spec,
			const struct pen_tree_attribute *attributes)
{
	const struct pen_tree_expr *switch_type =
		pen_attribute_argument(attributes, "switch_type", 0);
	struct pen_tree_decl decl = { .pos = spec->pos };
	struct pen_shape shape;

	if (spec->tag && spec->tag->spec) {
		const struct pen_tree_declarator *declarator = spec->tag->declarators;

		type->is_encapsulated = true;
		type->tag_name = declarator && declarator->name ? declarator->name : "tag";
		decl = *spec->tag;
	} else if (switch_type && switch_type->type) {
		decl.spec = switch_type->type->spec;
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

	if (symbol && symbol->type->kind != kind) {
		pen_idl_complain(resolver->idl, spec->pos, "\"%s\" is something else", spec->name);
		pen_idl_note(resolver->idl, symbol->type->pos, "first defined here");
	} else if (symbol && spec->has_body &&
		   (symbol->type->is_complete || symbol->type->fields)) {
		pen_idl_complain(resolver->idl, spec->pos, "\"%s\" is defined already", spec->name);
		pen_idl_note(resolver->idl, symbol->type->pos, "first defined here");
	} else if (symbol) {
		return symbol->type;
	}
	type = pen_idl_zalloc(resolver->idl, sizeof(*type));
	type->kind = kind;
	type->pos = spec->pos;
	type->tag = spec->name;
	if (spec->name && !symbol) {
		pen_symbol_add(resolver, PEN_SYMBOL_TAG, spec->name, spec->pos)->type = type;
		type->next_tagged = resolver->tagged;
		resolver->tagged = type;
	}
	return type;
}

static struct pen_model_type *resolve_body(struct pen_resolver *resolver,
					   struct pen_model_type *type,
					   const struct pen_tree_spec *spec,
					   const struct pen_tree_attribute *attributes)
{
	struct pen_model_type *owner = resolver->type;

	if (!pen_idl_enter(resolver->idl, spec->pos))
		return type;
	resolver->type = type;
	if (!type->enum_bits)
		type->enum_bits = pen_tree_find(attributes, "v1_enum") ? 32 : 16;
	if (type->kind == PEN_UNION) {
		resolve_tag(resolver, type, spec, attributes);
		type->is_ms_union =
			!type->is_encapsulated &&
			(resolver->is_ms_union || pen_tree_find(attributes, "ms_union"));
	}
	if (type->kind == PEN_ENUM)
		resolve_enumerators(resolver, type, spec);
	else
		pen_resolve_members(resolver, type, spec->members);
	if (type->kind == PEN_UNION)
		pen_check_cases(resolver, type);
	if (type->kind == PEN_STRUCT && !type->n_fields)
		pen_refuse(resolver, spec->pos, "a struct has at least one member");
	add_type(resolver, type);
	resolver->type = owner;
	pen_idl_leave(resolver->idl);
	return type;
}

/* In a namespace a tag is a type's name too. */
static void declare_tag(struct pen_resolver *resolver, const struct pen_tree_spec *spec,
			struct pen_model_type *type)
{
	struct pen_shape *shape;

	if (!resolver->space || !spec->name ||
	    pen_symbol_find(resolver, PEN_SYMBOL_TYPE, spec->name))
		return;
	shape = pen_idl_zalloc(resolver->idl, offsetof(struct pen_shape, levels));
	shape->base = type;
	pen_symbol_add(resolver, PEN_SYMBOL_TYPE, spec->name, spec->pos)->shape = shape;
}

static struct pen_model_type *resolve_tagged(struct pen_resolver *resolver,
					     const struct pen_tree_spec *spec,
					     const struct pen_tree_attribute *attributes,
					     const char *hint)
{
	struct pen_model_type *type = find_tagged(resolver, spec,
						  spec->kind == PEN_TREE_STRUCT	 ? PEN_STRUCT
						  : spec->kind == PEN_TREE_UNION ? PEN_UNION
										 : PEN_ENUM);

	if (!type->name)
		name_type(resolver, type, spec->name ? spec->name : hint);
	declare_tag(resolver, spec, type);
	return spec->has_body ? resolve_body(resolver, type, spec, attributes) : type;
}

/* "interface A", and a name in its place. */
static struct pen_model_type *resolve_interface_name(struct pen_resolver *resolver,
						     const struct pen_tree_spec *spec)
{
	const struct pen_symbol *symbol = pen_symbol_find(resolver, PEN_SYMBOL_TYPE, spec->name);
	struct pen_shape *shape;

	for (const struct pen_tree_decl *d = spec->arguments; d; d = d->next)
		pen_resolve_spec(resolver, d->spec, NULL, "argument");
	if (symbol)
		return symbol->shape->base;
	/* As "struct A" does, it makes the name known. */
	shape = pen_idl_zalloc(resolver->idl, offsetof(struct pen_shape, levels));
	shape->base = pen_model_form(resolver, PEN_FORM_INTERFACE, spec->name);
	pen_symbol_add(resolver, PEN_SYMBOL_TYPE, spec->name, spec->pos)->shape = shape;
	return shape->base;
}

/* A pipe, a SAFEARRAY. */
static struct pen_model_type *resolve_container(struct pen_resolver *resolver,
						const struct pen_tree_spec *spec)
{
	const struct pen_tree_decl *element = spec->element;
	struct pen_model_type *owner = resolver->type;
	struct pen_model_type *type;
	struct pen_shape shape;

	type = pen_model_form(resolver,
			      spec->kind == PEN_TREE_PIPE ? PEN_FORM_PIPE : PEN_FORM_SAFEARRAY,
			      spec->name);
	pen_resolve_shape(resolver, element, element->declarators, "element", &shape);
	resolver->type = type;
	type->element = pen_shape_build(resolver, &shape, element, spec->pos, false);
	resolver->type = owner;
	return type;
}

struct pen_model_type *pen_resolve_spec(struct pen_resolver *resolver,
					const struct pen_tree_spec *spec,
					const struct pen_tree_attribute *attributes,
					const char *hint)
{
	switch (spec->kind) {
	case PEN_TREE_BASE:
		return pen_model_scalar(resolver, spec->base);
	case PEN_TREE_HANDLE_T:
		return pen_model_form(resolver, PEN_FORM_HANDLE_T, NULL);
	case PEN_TREE_INTERFACE_NAME:
		return resolve_interface_name(resolver, spec);
	case PEN_TREE_PIPE:
	case PEN_TREE_SAFEARRAY:
		return resolve_container(resolver, spec);
	case PEN_TREE_TYPE_NAME: {
		struct pen_tree_decl decl = { .spec = (struct pen_tree_spec *)spec };
		struct pen_shape shape;

		pen_resolve_shape(resolver, &decl, NULL, hint, &shape);
		return shape.base;
	}
	default:
		return resolve_tagged(resolver, spec, attributes, hint);
	}
}

/* The first plain declarator of "typedef struct _A {...} A, *PA;" names the struct. */
static const struct pen_tree_declarator *naming(const struct pen_tree_decl *decl)
{
	for (const struct pen_tree_declarator *d = decl->declarators; d; d = d->next) {
		if (d->name && !d->derivations)
			return d;
	}
	return NULL;
}

/* As far as names tell: those of structs are looked at once, or types that hold themselves had no
 * end. */
static bool is_same_type(const struct pen_model_type *a, const struct pen_model_type *b,
			 unsigned depth)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->form != b->form || a->n_dimensions != b->n_dimensions ||
	    !a->element != !b->element || depth > PEN_IDL_DEPTH_MAX)
		return false;
	for (uint32_t i = 0; i < a->n_dimensions; i++) {
		if (a->dimensions[i].count != b->dimensions[i].count)
			return false;
	}
	if (a->element)
		return is_same_type(a->element, b->element, depth + 1);
	return (!a->name && !b->name) || (a->name && b->name && !strcmp(a->name, b->name));
}

/* The same members, in another file: Windows' headers say some types several times. */
static bool is_same_struct(const struct pen_model_type *a, const struct pen_model_type *b)
{
	if (a->kind != PEN_STRUCT || b->kind != PEN_STRUCT || a->pos.source == b->pos.source ||
	    !a->is_complete || !b->is_complete || a->n_fields != b->n_fields)
		return false;
	for (uint32_t i = 0; i < a->n_fields; i++) {
		const struct pen_model_field *x = &a->fields[i];
		const struct pen_model_field *y = &b->fields[i];

		if (!x->name || !y->name || strcmp(x->name, y->name) ||
		    !is_same_type(x->type, y->type, 0))
			return false;
	}
	return true;
}

static bool is_same_shape(const struct pen_shape *a, const struct pen_shape *b);

static bool is_same_marshal(const struct pen_shape *a, const struct pen_shape *b)
{
	if (!a->marshal || !b->marshal)
		return !a->marshal && !b->marshal;
	if (a->marshal->kind != b->marshal->kind)
		return false;
	return a->marshal->wire && b->marshal->wire
		       ? is_same_shape(a->marshal->wire, b->marshal->wire)
		       : !a->marshal->wire && !b->marshal->wire;
}

/* C allows a typedef to come twice, if it says the same. */
static bool is_same_shape(const struct pen_shape *a, const struct pen_shape *b)
{
	if (a->n_levels != b->n_levels || a->is_string != b->is_string || a->counts || b->counts ||
	    a->is_context_handle != b->is_context_handle || !is_same_marshal(a, b) ||
	    (a->base != b->base && !is_same_struct(a->base, b->base) &&
	     (a->base->kind != b->base->kind || a->base->form != b->base->form || a->base->name ||
	      b->base->name || a->base->range || b->base->range)))
		return false;
	for (size_t i = 0; i < a->n_levels; i++) {
		if (a->levels[i].is_array != b->levels[i].is_array ||
		    a->levels[i].count != b->levels[i].count || a->levels[i].size_is ||
		    b->levels[i].size_is)
			return false;
	}
	return true;
}

/* Or says what programs have, where the first also said what is sent. */
static bool is_same_again(const struct pen_shape *known, const struct pen_shape *again)
{
	const struct pen_shape *local = again->marshal ? NULL : pen_marshal_local(known);

	return is_same_shape(local ? local : known, again);
}

/* Both lists in one. */
static struct pen_tree_attribute *join(struct pen_resolver *resolver,
				       const struct pen_tree_attribute *first,
				       struct pen_tree_attribute *second)
{
	struct pen_tree_attribute *list = second;
	struct pen_tree_attribute **tail = &list;

	for (; first; first = first->next) {
		*tail = pen_idl_zalloc(resolver->idl, sizeof(**tail));
		**tail = *first;
		tail = &(*tail)->next;
		*tail = second;
	}
	return list;
}

/* A name for the type that one declarator of a typedef makes. */
static void declare_type(struct pen_resolver *resolver, const struct pen_tree_decl *decl,
			 const struct pen_tree_declarator *declarator)
{
	const struct pen_symbol *known;
	struct pen_tree_decl one = *decl;
	struct pen_shape shape;

	if (!declarator->name) {
		pen_idl_complain(resolver->idl, declarator->pos, "a typedef has a name");
		return;
	}
	pen_check_attributes(resolver, declarator->attributes, PEN_PLACE_TYPEDEF);
	one.attributes = join(resolver, declarator->attributes, decl->attributes);
	pen_resolve_shape(resolver, &one, declarator, declarator->name, &shape);
	known = pen_symbol_find(resolver, PEN_SYMBOL_TYPE, declarator->name);
	if (known && is_same_again(known->shape, &shape))
		return;
	pen_symbol_add(resolver, PEN_SYMBOL_TYPE, declarator->name, declarator->pos)->shape =
		pen_shape_keep(resolver, &shape);
	pen_resolve_alias(resolver, &one, declarator, &shape);
}

void pen_resolve_typedef(struct pen_resolver *resolver, const struct pen_tree_decl *decl)
{
	const struct pen_tree_declarator *first = naming(decl);
	const char *hint = first ? first->name : decl->declarators ? decl->declarators->name : NULL;
	struct pen_tree_decl body = *decl;
	struct pen_tree_spec bare;

	pen_check_attributes(resolver, decl->attributes, PEN_PLACE_TYPEDEF);
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
			if (!type->is_typedef_name && !type->is_complete &&
			    type->pos.source == decl->pos.source)
				name_type(resolver, type, first->name);
			type->is_typedef_name = true;
		}
		type = pen_resolve_spec(resolver, decl->spec, decl->attributes, hint);
		if (pen_tree_find(decl->attributes, "v1_enum"))
			type->enum_bits = 32;
		bare = *decl->spec;
		bare.has_body = false;
		if (!bare.name) {
			bare.name = pen_idl_format(resolver->idl, "(%s)", hint);
			pen_symbol_push(resolver, PEN_SYMBOL_TAG, bare.name, bare.pos)->type = type;
		}
		body.spec = &bare;
	}
	for (const struct pen_tree_declarator *d = decl->declarators; d; d = d->next)
		declare_type(resolver, &body, d);
}
