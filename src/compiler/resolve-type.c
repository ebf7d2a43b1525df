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
	type->c_name = pen_idl_format(resolver->idl, "%s_%s", resolver->prefix, name);
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
		pen_constant_add(resolver, e->name, e->pos)->value = value;
	}
	if (!n)
		pen_idl_complain(resolver->idl, spec->pos, "an enum names at least one value");
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
	if (type->kind == PEN_UNION) {
		resolve_tag(resolver, type, spec, attributes);
		type->is_ms_union = !type->is_encapsulated &&
				    (resolver->is_ms_union || pen_tree_find(attributes, "ms_union"));
	}
	if (type->kind == PEN_ENUM)
		resolve_enumerators(resolver, type, spec);
	else
		pen_resolve_members(resolver, type, spec->members);
	if (type->kind == PEN_UNION)
		pen_check_cases(resolver, type);
	if (type->kind == PEN_STRUCT && !type->n_fields)
		pen_idl_complain(resolver->idl, spec->pos, "a struct has at least one member");
	add_type(resolver, type);
	pen_idl_leave(resolver->idl);
	return type;
}

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

void pen_resolve_typedef(struct pen_resolver *resolver, const struct pen_tree_decl *decl)
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
