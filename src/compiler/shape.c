/* SPDX-License-Identifier: MIT */
/*
 * What attributes make of a type: which * is an array, which a string, and what
 * kind of pointer the others are.
 */
#include "compiler/resolve.h"
#include <string.h>

/* ---- attributes ---- */

/* Those that are understood, those that may be passed over, those not offered. */
static const char *const understood[] = {
	"in",
	"out",
	"retval",
	"ref",
	"unique",
	"ptr",
	"string",
	"size_is",
	"length_is",
	"first_is",
	"max_is",
	"min_is",
	"last_is",
	"range",
	"switch_is",
	"switch_type",
	"case",
	"default",
	"v1_enum",
	"handle",
	"idempotent",
	"context_handle",
	"maybe",
	"broadcast",
	"local",
	"uuid",
	"version",
	"endpoint",
	"ms_union",
	"pointer_default",
	"public",
	"helpstring",
	"annotation",
	"disable_consistency_check",
	"strict_context_handle",
	"type_strict_context_handle",
	"context_handle_serialize",
	"context_handle_noserialize",
	"fault_status",
	"comm_status",
	"optional",
	"explicit_handle",
};

static const char *const not_offered[] = {
	"object",      "iid_is",	  "callback",	    "call_as",	     "pipe",
	"async",       "transmit_as",	  "represent_as",   "wire_marshal",  "user_marshal",
	"byte_count",  "ignore",	  "partial_ignore", "system_handle", "encode",
	"decode",      "message",	  "notify",	    "notify_flag",   "async_uuid",
	"auto_handle", "implicit_handle", "dual",	    "oleautomation",
};

static bool is_one_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

static void complain_of_unknown(struct pen_resolver *resolver,
				const struct pen_tree_attribute *attribute)
{
	struct pen_spelling spelling = { .word = attribute->name };

	for (size_t i = 0; i < PEN_COUNT(understood); i++)
		pen_spelling_try(&spelling, understood[i]);
	pen_idl_complain(resolver->idl, attribute->pos, "there is no attribute \"%s\"%s",
			 attribute->name, pen_idl_meant(resolver->idl, &spelling));
}

void pen_check_attributes(struct pen_resolver *resolver, const struct pen_tree_attribute *list)
{
	for (; list; list = list->next) {
		if (is_one_of(understood, PEN_COUNT(understood), list->name))
			continue;
		if (is_one_of(not_offered, PEN_COUNT(not_offered), list->name))
			pen_idl_complain(resolver->idl, list->pos,
					 "the attribute \"%s\" is not supported", list->name);
		else
			complain_of_unknown(resolver, list);
	}
}

/* [size_is(a, b)]: the nth argument, NULL where there is none. */
static const struct pen_tree_expr *argument(const struct pen_tree_attribute *list, const char *name,
					    size_t n)
{
	const struct pen_tree_attribute *attribute = pen_tree_find(list, name);
	const struct pen_tree_expr *expr = attribute ? attribute->args : NULL;

	while (expr && n--)
		expr = expr->next;
	return expr && expr->kind != PEN_TREE_EMPTY ? expr : NULL;
}

/* Sizes and lengths of the nth level. */
static void apply_sizes(struct pen_resolver *resolver, struct pen_level *level,
			const struct pen_tree_attribute *list, size_t n)
{
	const struct pen_tree_expr *size = argument(list, "size_is", n);
	const struct pen_tree_expr *max = argument(list, "max_is", n);
	const struct pen_tree_expr *length = argument(list, "length_is", n);
	const struct pen_tree_expr *first = argument(list, "first_is", n);
	const struct pen_tree_expr *last = argument(list, "last_is", n);
	const struct pen_tree_expr *min = argument(list, "min_is", n);

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

static size_t n_arguments(const struct pen_tree_attribute *list, const char *name)
{
	const struct pen_tree_attribute *attribute = pen_tree_find(list, name);
	size_t n = 0;

	for (const struct pen_tree_expr *e = attribute ? attribute->args : NULL; e; e = e->next)
		n++;
	return n;
}

static void apply_all_sizes(struct pen_resolver *resolver, struct pen_shape *shape,
			    const struct pen_tree_attribute *list)
{
	static const char *const names[] = { "size_is",	 "max_is",  "length_is",
					     "first_is", "last_is", "min_is" };

	for (size_t i = 0; i < shape->n_levels; i++)
		apply_sizes(resolver, &shape->levels[i], list, i);
	for (size_t i = 0; i < PEN_COUNT(names); i++) {
		if (n_arguments(list, names[i]) > shape->n_levels)
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

	for (size_t i = 0; i < PEN_COUNT(kinds); i++) {
		const struct pen_tree_attribute *attribute = pen_tree_find(list, kinds[i].name);
		size_t at = 0;

		if (!attribute)
			continue;
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

static void apply_range(struct pen_resolver *resolver, struct pen_shape *shape,
			const struct pen_tree_attribute *list)
{
	const struct pen_tree_attribute *attribute = pen_tree_find(list, "range");
	struct pen_model_type *type;
	struct pen_range *range;

	if (!attribute || !shape->base)
		return;
	if (n_arguments(list, "range") != 2) {
		pen_idl_complain(resolver->idl, attribute->pos, "range has two numbers");
		return;
	}
	if (!pen_kind_is_integer(shape->base->kind)) {
		pen_idl_complain(resolver->idl, attribute->pos, "only an integer has a range");
		return;
	}
	type = pen_idl_zalloc(resolver->idl, sizeof(*type));
	range = pen_idl_zalloc(resolver->idl, sizeof(*range));
	range->min = pen_resolve_constant(resolver, attribute->args);
	range->max = pen_resolve_constant(resolver, attribute->args->next);
	if (range->max < range->min)
		pen_idl_complain(resolver->idl, attribute->pos, "nothing is in this range");
	*type = *shape->base;
	type->use_of = shape->base->use_of ? shape->base->use_of : shape->base;
	type->range = range;
	shape->base = type;
}

static void apply_attributes(struct pen_resolver *resolver, struct pen_shape *shape,
			     const struct pen_tree_attribute *list)
{
	static const char *const handles[] = {
		"context_handle",
		"strict_context_handle",
		"type_strict_context_handle",
		"context_handle_serialize",
		"context_handle_noserialize",
	};

	apply_range(resolver, shape, list);
	if (pen_tree_find(list, "string"))
		shape->is_string = true;
	for (size_t i = 0; i < PEN_COUNT(handles); i++)
		shape->is_context_handle |= pen_tree_find(list, handles[i]) != NULL;
	apply_all_sizes(resolver, shape, list);
	apply_pointer_kind(resolver, shape, list);
}

/* ---- shapes ---- */

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

void pen_resolve_shape(struct pen_resolver *resolver, const struct pen_tree_decl *decl,
		       const struct pen_tree_declarator *declarator, const char *hint,
		       struct pen_shape *shape)
{
	const struct pen_tree_derivation *d = declarator ? declarator->derivations : NULL;
	const struct pen_symbol *symbol;

	memset(shape, 0, sizeof(*shape));
	for (; d; d = d->next) {
		if (d->is_array)
			add_array(resolver, shape, d);
		else
			add_level(resolver, shape, d->pos,
				  &(struct pen_level){ .kind = resolver->pointer_default });
	}
	if (decl->spec->kind != PEN_TREE_TYPE_NAME) {
		shape->base = pen_resolve_spec(resolver, decl->spec, decl->attributes, hint);
	} else {
		symbol = pen_symbol_find(resolver, PEN_SYMBOL_TYPE, decl->spec->name);
		if (!symbol) {
			complain_of_type(resolver, decl->spec);
			shape->base = pen_model_scalar(resolver, PEN_U32);
			return;
		}
		for (size_t i = 0; i < symbol->shape->n_levels; i++) {
			if (!add_level(resolver, shape, decl->spec->pos, &symbol->shape->levels[i]))
				break;
		}
		shape->base = symbol->shape->base;
		shape->is_string = symbol->shape->is_string;
		shape->is_context_handle = symbol->shape->is_context_handle;
	}
	apply_attributes(resolver, shape, decl->attributes);
}

/* ---- building ---- */

static struct pen_model_type *new_type(struct pen_resolver *resolver, enum pen_kind kind,
				       struct pen_model_type *element)
{
	struct pen_model_type *type = pen_idl_zalloc(resolver->idl, sizeof(*type));

	type->kind = kind;
	type->element = element;
	type->is_complete = true;
	return type;
}

static struct pen_model_type *new_pointer(struct pen_resolver *resolver,
					  const struct pen_level *level, bool is_outer_parameter,
					  struct pen_model_type *element)
{
	struct pen_model_type *type = new_type(resolver, PEN_POINTER, element);

	type->pointer_kind = level->kind;
	if (is_outer_parameter && !level->has_kind)
		type->pointer_kind = PEN_REF;
	return type;
}

static struct pen_model_dimension dimension_of(const struct pen_level *level)
{
	return (struct pen_model_dimension){
		.count = level->count,
		.is_conformant = !level->count,
		.size_is = level->size_is,
		.length_is = level->length_is,
		.first_is = level->first_is,
	};
}

/* The array that the levels from first to last are, all of them []. */
static struct pen_model_type *new_array(struct pen_resolver *resolver,
					const struct pen_shape *shape, size_t first, size_t last,
					struct pen_model_type *element, struct pen_pos pos)
{
	struct pen_model_type *type = new_type(resolver, PEN_ARRAY, element);

	type->n_dimensions = (uint32_t)(last - first + 1);
	type->dimensions =
		pen_idl_array(resolver->idl, type->n_dimensions, sizeof(*type->dimensions));
	for (size_t i = first; i <= last; i++) {
		struct pen_model_dimension *dimension = &type->dimensions[i - first];

		*dimension = dimension_of(&shape->levels[i]);
		if (dimension->is_conformant && !dimension->size_is)
			pen_idl_complain(resolver->idl, pos,
					 "the array's size is missing: [size_is(...)] says it");
		if (dimension->first_is && !dimension->length_is)
			pen_idl_complain(resolver->idl, pos,
					 "first_is goes with length_is or last_is");
	}
	if (element->kind == PEN_VOID || element->is_handle_t)
		pen_idl_complain(resolver->idl, pos, "an array of nothing");
	return type;
}

static bool is_character(const struct pen_model_type *type)
{
	switch (type->kind) {
	case PEN_CHAR:
	case PEN_BYTE:
	case PEN_WCHAR:
	case PEN_I8:
	case PEN_U8:
	case PEN_U16:
		return true;
	default:
		return false;
	}
}

static struct pen_model_type *new_string(struct pen_resolver *resolver,
					 const struct pen_level *level,
					 const struct pen_model_type *character)
{
	enum pen_kind kind = character->kind == PEN_U16 || character->kind == PEN_WCHAR ? PEN_WCHAR
			     : character->kind == PEN_BYTE				? PEN_BYTE
											: PEN_CHAR;
	struct pen_model_type *type =
		new_type(resolver, PEN_STRING, pen_model_scalar(resolver, kind));

	type->dimensions = pen_idl_array(resolver->idl, 1, sizeof(*type->dimensions));
	type->dimensions[0] = dimension_of(level);
	type->n_dimensions = 1;
	return type;
}

/* [switch_is(level)]: this use of a union. */
static struct pen_model_type *use_union(struct pen_resolver *resolver, struct pen_model_type *base,
					const struct pen_tree_decl *decl, struct pen_pos pos)
{
	const struct pen_tree_expr *expr = argument(decl->attributes, "switch_is", 0);
	struct pen_model_type *type;

	if (!expr) {
		pen_idl_complain(resolver->idl, pos,
				 "which arm the union has is missing: [switch_is(...)] says it");
		return base;
	}
	type = pen_idl_zalloc(resolver->idl, sizeof(*type));
	*type = *base;
	type->next = NULL;
	type->use_of = base;
	type->switch_is = pen_resolve_expr(resolver, expr, 0);
	return type;
}

static size_t trim_handle(struct pen_resolver *resolver, const struct pen_shape *shape,
			  struct pen_pos pos, struct pen_model_type **typep)
{
	size_t n = shape->n_levels;

	if (!n || shape->levels[n - 1].is_array)
		pen_idl_complain(resolver->idl, pos, "a context handle is declared as a pointer");
	else
		n--;
	*typep = pen_model_scalar(resolver, PEN_HANDLE);
	return n;
}

struct pen_model_type *pen_shape_build(struct pen_resolver *resolver, const struct pen_shape *shape,
				       const struct pen_tree_decl *decl, struct pen_pos pos,
				       bool is_parameter)
{
	struct pen_model_type *type = shape->base;
	size_t n = shape->n_levels;

	if (shape->is_context_handle) {
		n = trim_handle(resolver, shape, pos, &type);
	} else if (type->kind == PEN_UNION && !type->is_encapsulated) {
		type = use_union(resolver, type, decl, pos);
	} else if (shape->is_string && (!n || !is_character(type))) {
		pen_idl_complain(resolver->idl, pos,
				 "a string is a pointer to characters or an array of them");
	} else if (shape->is_string) {
		n--;
		type = new_string(resolver, &shape->levels[n], type);
		if (!shape->levels[n].is_array)
			type = new_pointer(resolver, &shape->levels[n], is_parameter && !n, type);
	}
	while (n--) {
		const struct pen_level *level = &shape->levels[n];

		if (level->is_array) {
			size_t last = n;

			while (n && shape->levels[n - 1].is_array)
				n--;
			type = new_array(resolver, shape, n, last, type, pos);
			continue;
		}
		if (level->size_is || level->length_is)
			type = new_array(resolver, shape, n, n, type, pos);
		else if (type->kind == PEN_VOID)
			pen_idl_complain(resolver->idl, pos, "a pointer to nothing");
		type = new_pointer(resolver, level, is_parameter && !n, type);
	}
	return type;
}
