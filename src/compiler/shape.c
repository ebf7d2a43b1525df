/* SPDX-License-Identifier: MIT */
/*
 * What attributes make of a type: which * is an array, which a string, and what
 * kind of pointer the others are.
 */
#include "compiler/resolve.h"
#include <string.h>

/* In bytes, with the levels that there are. */
static size_t size_of(const struct pen_shape *shape)
{
	return offsetof(struct pen_shape, levels) + shape->n_levels * sizeof(shape->levels[0]);
}

struct pen_shape *pen_shape_keep(struct pen_resolver *resolver, const struct pen_shape *shape)
{
	struct pen_shape *copy = pen_idl_zalloc(resolver->idl, size_of(shape));

	memcpy(copy, shape, size_of(shape));
	return copy;
}

/* Sizes and lengths of the nth level. */
static void apply_sizes(struct pen_resolver *resolver, struct pen_level *level,
			const struct pen_tree_attribute *list, size_t n)
{
	const struct pen_tree_expr *size = pen_attribute_argument(list, "size_is", n);
	const struct pen_tree_expr *max = pen_attribute_argument(list, "max_is", n);
	const struct pen_tree_expr *length = pen_attribute_argument(list, "length_is", n);
	const struct pen_tree_expr *first = pen_attribute_argument(list, "first_is", n);
	const struct pen_tree_expr *last = pen_attribute_argument(list, "last_is", n);
	const struct pen_tree_expr *min = pen_attribute_argument(list, "min_is", n);

	if ((size || max) && level->count)
		pen_idl_complain(resolver->idl, (size ? size : max)->pos,
				 "this array has its size already");
	else if (size || max)
		level->size_is = pen_resolve_expr(resolver, size ? size : max, size ? 0 : 1);
	if (size && max)
		pen_idl_complain(resolver->idl, max->pos, "size_is and max_is say the same");
	if (length && last)
		pen_idl_complain(resolver->idl, last->pos, "length_is and last_is say the same");
	if (first)
		level->first_is = pen_resolve_expr(resolver, first, 0);
	if (length)
		level->length_is = pen_resolve_expr(resolver, length, 0);
	else if (last && first)
		level->length_is = pen_resolve_length(resolver, last, first);
	else if (last)
		level->length_is = pen_resolve_expr(resolver, last, 1);
	if (min && pen_resolve_constant(resolver, min))
		pen_idl_complain(resolver->idl, min->pos, "arrays begin at 0");
}

static void apply_all_sizes(struct pen_resolver *resolver, struct pen_shape *shape,
			    const struct pen_tree_attribute *list)
{
	static const char *const names[] = { "size_is",	 "max_is",  "length_is",
					     "first_is", "last_is", "min_is" };

	for (size_t i = 0; i < shape->n_levels; i++)
		apply_sizes(resolver, &shape->levels[i], list, i);
	for (size_t i = 0; i < PEN_COUNT(names); i++) {
		if (pen_attribute_n_arguments(list, names[i]) > shape->n_levels)
			pen_idl_complain(resolver->idl, pen_tree_find(list, names[i])->pos,
					 "%s speaks of more pointers and arrays than there are",
					 names[i]);
	}
}

static bool add_level(struct pen_resolver *resolver, struct pen_shape *shape, struct pen_pos pos,
		      const struct pen_level *level)
{
	if (shape->n_levels == PEN_IDL_DEPTH_MAX) {
		pen_idl_complain(resolver->idl, pos, "more than %d pointers and arrays",
				 PEN_IDL_DEPTH_MAX);
		return false;
	}
	shape->levels[shape->n_levels++] = *level;
	return true;
}

static bool is_array_parameter(const struct pen_shape *shape, const struct pen_tree_attribute *list)
{
	return shape->n_levels && (pen_tree_find(list, "in") || pen_tree_find(list, "out"));
}

/* "[in, unique, size_is(n)] byte a[]" is a pointer to that array. */
static bool insert_pointer(struct pen_resolver *resolver, struct pen_shape *shape,
			   struct pen_pos pos)
{
	if (!add_level(resolver, shape, pos, &(struct pen_level){ 0 }))
		return false;
	memmove(&shape->levels[1], &shape->levels[0],
		(shape->n_levels - 1) * sizeof(shape->levels[0]));
	shape->levels[0] = (struct pen_level){ 0 };
	return true;
}

static void apply_pointer_kind(struct pen_resolver *resolver, struct pen_shape *shape,
			       const struct pen_tree_attribute *list)
{
	static const struct {
		const char *name;
		enum pen_pointer_kind kind;
	} kinds[] = { { "ref", PEN_REF }, { "unique", PEN_UNIQUE }, { "ptr", PEN_FULL } };
	const struct pen_tree_attribute *said = NULL;

	for (size_t i = 0; i < PEN_COUNT(kinds); i++) {
		const struct pen_tree_attribute *attribute = pen_tree_find(list, kinds[i].name);
		size_t at = 0;

		if (!attribute)
			continue;
		if (said) {
			pen_idl_complain(resolver->idl, attribute->pos,
					 "a pointer is one of ref, unique and ptr");
			pen_idl_note(resolver->idl, said->pos, "\"%s\" here", said->name);
			continue;
		}
		said = attribute;
		while (at < shape->n_levels && shape->levels[at].is_array)
			at++;
		if (at == shape->n_levels) {
			at = 0;
			if (!is_array_parameter(shape, list)) {
				pen_idl_complain(resolver->idl, attribute->pos,
						 "this is no pointer");
				continue;
			}
			if (kinds[i].kind == PEN_REF)
				continue;
			if (!insert_pointer(resolver, shape, attribute->pos))
				continue;
		}
		shape->levels[at].has_kind = true;
		shape->levels[at].kind = kinds[i].kind;
	}
}

/* Is a count meant, and not the value [MS-RPCE 3.1.1.5.3.3.1.3]? */
static bool has_counts(const struct pen_shape *shape)
{
	bool is_array = shape->is_string;

	for (size_t i = 0; i < shape->n_levels && !is_array; i++)
		is_array = shape->levels[i].is_array || shape->levels[i].size_is;
	return is_array;
}

/* After strings and sizes, which say what it is a range of. */
static void apply_range(struct pen_resolver *resolver, struct pen_shape *shape,
			const struct pen_tree_attribute *list)
{
	const struct pen_tree_attribute *attribute = pen_tree_find(list, "range");
	struct pen_model_type *type;
	struct pen_range *range;

	if (!attribute || !shape->base)
		return;
	if (pen_attribute_n_arguments(list, "range") != 2) {
		pen_idl_complain(resolver->idl, attribute->pos, "range has two numbers");
		return;
	}
	if (!has_counts(shape) && !pen_kind_is_integer(shape->base->kind)) {
		pen_idl_complain(resolver->idl, attribute->pos,
				 "only an integer, an array and a string have a range");
		return;
	}
	range = pen_idl_zalloc(resolver->idl, sizeof(*range));
	range->min = pen_resolve_constant(resolver, attribute->args);
	range->max = pen_resolve_constant(resolver, attribute->args->next);
	if (range->max < range->min)
		pen_idl_complain(resolver->idl, attribute->pos, "nothing is in this range");
	if (has_counts(shape)) {
		shape->counts = range;
		return;
	}
	type = pen_idl_zalloc(resolver->idl, sizeof(*type));
	*type = *shape->base;
	type->use_of = shape->base->use_of ? shape->base->use_of : shape->base;
	type->range = range;
	shape->base = type;
}

/* What speaks of handles stands before operations, too, whose result is none by that. */
static void apply_handle(struct pen_shape *shape, const struct pen_tree_attribute *list)
{
	static const char *const others[] = {
		"strict_context_handle",
		"type_strict_context_handle",
		"context_handle_serialize",
		"context_handle_noserialize",
	};
	bool is_void_pointer = shape->n_levels && shape->base->kind == PEN_VOID;

	if (pen_tree_find(list, "context_handle"))
		shape->is_context_handle = true;
	for (size_t i = 0; i < PEN_COUNT(others); i++)
		shape->is_context_handle |= is_void_pointer && pen_tree_find(list, others[i]);
	if (pen_tree_find(list, "context_handle_noserialize"))
		shape->is_shared = true;
	else if (pen_tree_find(list, "context_handle_serialize"))
		shape->is_shared = false;
}

/* All but the attributes that make it the local form of something. */
static void apply_to_shape(struct pen_resolver *resolver, struct pen_shape *shape,
			   const struct pen_tree_attribute *list)
{
	if (pen_tree_find(list, "string") && shape->base->form != PEN_FORM_MARSHALLED)
		shape->is_string = true;
	apply_handle(shape, list);
	if (pen_tree_find(list, "system_handle"))
		shape->system_handle = pen_resolve_system_handle(resolver, list);
	apply_all_sizes(resolver, shape, list);
	apply_range(resolver, shape, list);
	apply_pointer_kind(resolver, shape, list);
}

static void apply_attributes(struct pen_resolver *resolver, struct pen_shape *shape,
			     const struct pen_tree_attribute *list, const char *name)
{
	const struct pen_shape *local = pen_marshal_local(shape);

	if (local) {
		struct pen_shape copy;

		/* What is said of it changes nothing on the wire, and may be wrong nevertheless. */
		memset(&copy, 0, sizeof(copy));
		memcpy(&copy, local, size_of(local));
		apply_to_shape(resolver, &copy, list);
	} else {
		apply_to_shape(resolver, shape, list);
	}
	pen_resolve_marshal(resolver, shape, list, name);
}

static void add_array(struct pen_resolver *resolver, struct pen_shape *shape,
		      const struct pen_tree_derivation *derivation)
{
	struct pen_level level = { .is_array = true };
	int64_t count;

	if (derivation->count) {
		count = pen_resolve_constant(resolver, derivation->count);
		if (derivation->upper) {
			if (count)
				pen_idl_complain(resolver->idl, derivation->pos,
						 "arrays begin at 0");
			count = pen_resolve_constant(resolver, derivation->upper);
			count += count < INT64_MAX;
		}
		if (count < 1 || count > INT32_MAX) {
			pen_idl_complain(resolver->idl, derivation->count->pos,
					 "an array has 1 to 2147483647 elements");
			count = 1;
		}
		level.count = (uint32_t)count;
	}
	add_level(resolver, shape, derivation->pos, &level);
}

static void complain_of_type(struct pen_resolver *resolver, const struct pen_tree_spec *spec)
{
	struct pen_spelling spelling = { .word = spec->name };

	pen_symbol_spell(resolver, PEN_SYMBOL_TYPE, &spelling);
	pen_tree_spell_base(&spelling);
	pen_idl_complain(resolver->idl, spec->pos, "there is no type \"%s\"%s", spec->name,
			 pen_idl_meant(resolver->idl, &spelling));
}

/* The levels and attributes that a typedef gave the name. */
static bool add_typedef(struct pen_resolver *resolver, struct pen_shape *shape,
			const struct pen_tree_spec *spec)
{
	const struct pen_symbol *symbol = pen_symbol_find(resolver, PEN_SYMBOL_TYPE, spec->name);

	if (!symbol) {
		complain_of_type(resolver, spec);
		shape->base = pen_model_scalar(resolver, PEN_U32);
		return false;
	}
	for (size_t i = 0; i < symbol->shape->n_levels; i++) {
		if (!add_level(resolver, shape, spec->pos, &symbol->shape->levels[i]))
			break;
	}
	shape->base = symbol->shape->base;
	shape->is_string = symbol->shape->is_string;
	shape->is_context_handle = symbol->shape->is_context_handle;
	shape->is_shared = symbol->shape->is_shared;
	shape->system_handle = symbol->shape->system_handle;
	shape->marshal = symbol->shape->marshal;
	for (const struct pen_tree_decl *d = spec->arguments; d; d = d->next)
		pen_resolve_spec(resolver, d->spec, NULL, "argument");
	return true;
}

void pen_resolve_shape(struct pen_resolver *resolver, const struct pen_tree_decl *decl,
		       const struct pen_tree_declarator *declarator, const char *hint,
		       struct pen_shape *shape)
{
	const struct pen_tree_derivation *d = declarator ? declarator->derivations : NULL;

	memset(shape, 0, offsetof(struct pen_shape, levels));
	for (; d && d->kind != PEN_TREE_FUNCTION; d = d->next) {
		if (d->kind == PEN_TREE_ARRAY)
			add_array(resolver, shape, d);
		else
			add_level(resolver, shape, d->pos,
				  &(struct pen_level){ .kind = resolver->pointer_default });
	}
	if (d) {
		shape->base = pen_model_form(resolver, PEN_FORM_FUNCTION, NULL);
		pen_resolve_spec(resolver, decl->spec, NULL, hint);
		pen_resolve_function(resolver, d);
	} else if (decl->spec->kind != PEN_TREE_TYPE_NAME) {
		shape->base = pen_resolve_spec(resolver, decl->spec, decl->attributes, hint);
	} else if (!add_typedef(resolver, shape, decl->spec)) {
		return;
	}
	apply_attributes(resolver, shape, decl->attributes, hint);
}
