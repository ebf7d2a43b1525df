/* SPDX-License-Identifier: MIT */
/*
 * Puts a shape together: its levels become pointers, arrays and strings around its base.
 */
#include "compiler/resolve.h"
#include <string.h>

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

/* Whatever its attributes say [MS-DCOM 2.2.14]. */
static struct pen_model_type *new_interface_pointer(struct pen_resolver *resolver,
						    struct pen_model_type *interface)
{
	struct pen_model_type *type = new_type(resolver, PEN_POINTER, interface);

	type->pointer_kind = PEN_UNIQUE;
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

/* What is behind a pointer or in an array, and is none of the codec's types. */
static void refuse_form(struct pen_resolver *resolver, const struct pen_model_type *type,
			struct pen_pos pos, const char *what)
{
	const char *name = pen_model_form_name(type->form);

	if (!name)
		pen_refuse(resolver, pos, "%s nothing", what);
	else
		pen_refuse(resolver, pos, "%s %s cannot be sent", what, name);
}

/* The array that the levels from first to last are, all of them []. */
static struct pen_model_type *new_array(struct pen_resolver *resolver,
					const struct pen_shape *shape, size_t first, size_t last,
					struct pen_model_type *element, struct pen_pos pos)
{
	struct pen_model_type *type = new_type(resolver, PEN_ARRAY, element);

	type->range = shape->counts;
	type->n_dimensions = (uint32_t)(last - first + 1);
	type->dimensions =
		pen_idl_array(resolver->idl, type->n_dimensions, sizeof(*type->dimensions));
	for (size_t i = first; i <= last; i++) {
		struct pen_model_dimension *dimension = &type->dimensions[i - first];

		*dimension = dimension_of(&shape->levels[i]);
		if (dimension->is_conformant && !dimension->size_is)
			pen_refuse(resolver, pos,
				   "the array's size is missing: [size_is(...)] says it");
		if (dimension->first_is && !dimension->length_is)
			pen_refuse(resolver, pos, "first_is goes with length_is or last_is");
	}
	if (element->kind == PEN_VOID)
		refuse_form(resolver, element, pos, "an array of");
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

/* Is there an array among the levels before the nth? */
static bool is_array_of(const struct pen_shape *shape, size_t n)
{
	bool is_array = false;

	for (size_t i = 0; i < n; i++)
		is_array |= shape->levels[i].is_array || shape->levels[i].size_is;
	return is_array;
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
	const struct pen_tree_expr *expr = pen_attribute_argument(decl->attributes, "switch_is", 0);
	struct pen_model_type *type;

	if (!expr) {
		pen_refuse(resolver, pos,
			   "which arm the union has is missing: [switch_is(...)] says it");
		return base;
	}
	type = pen_idl_zalloc(resolver->idl, sizeof(*type));
	*type = *base;
	type->next = NULL;
	type->use_of = base;
	type->switch_is = pen_resolve_expr(resolver, expr, 0);
	/* What type a sum has on the wire nobody says. */
	if (!type->tag_type && type->switch_is &&
	    (!type->switch_is[0].field || type->switch_is[1].op))
		pen_refuse(resolver, pos,
			   "the discriminant's type is missing: [switch_type(...)] says it");
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

/* HANDLE is a pointer, to nothing or to a struct that nobody defines. */
static size_t trim_system_handle(struct pen_resolver *resolver, const struct pen_shape *shape,
				 struct pen_pos pos, struct pen_model_type **typep)
{
	size_t n = shape->n_levels;
	bool is_pointer = n && !shape->levels[n - 1].is_array &&
			  (shape->base->kind == PEN_VOID || shape->base->kind == PEN_STRUCT);

	if (!is_pointer)
		pen_idl_complain(resolver->idl, pos, "a system handle is declared as a HANDLE");
	else
		pen_check_system_handle(resolver, shape->system_handle, pos);
	*typep = shape->system_handle;
	return is_pointer ? n - 1 : n;
}

struct pen_model_type *pen_shape_build(struct pen_resolver *resolver, const struct pen_shape *shape,
				       const struct pen_tree_decl *decl, struct pen_pos pos,
				       bool is_parameter)
{
	struct pen_model_type *type = shape->base;
	size_t n = shape->n_levels;

	if (shape->system_handle) {
		n = trim_system_handle(resolver, shape, pos, &type);
	} else {
		pen_use_type(resolver, type);
		if (type->form == PEN_FORM_MARSHALLED)
			type = pen_marshal_build(resolver, type->marshal, pos);
	}
	if (shape->system_handle) {
		/* a number on the wire, whatever programs have */
	} else if (shape->is_context_handle) {
		n = trim_handle(resolver, shape, pos, &type);
	} else if (type->kind == PEN_UNION && !type->is_encapsulated) {
		type = use_union(resolver, type, decl, pos);
	} else if (shape->is_string && (!n || !is_character(type))) {
		pen_idl_complain(resolver->idl, pos,
				 "a string is a pointer to characters or an array of them");
	} else if (shape->is_string) {
		n--;
		type = new_string(resolver, &shape->levels[n], type);
		if (!is_array_of(shape, n))
			type->range = shape->counts;
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
		/* A parameter may be a pipe or, where it comes out, a pointer to one. */
		if (is_parameter && !n && type->form == PEN_FORM_PIPE)
			return type;
		if (level->size_is || level->length_is)
			type = new_array(resolver, shape, n, n, type, pos);
		else if (type->form == PEN_FORM_INTERFACE) {
			type = new_interface_pointer(resolver, type);
			continue;
		} else if (type->kind == PEN_VOID)
			refuse_form(resolver, type, pos, "a pointer to");
		type = new_pointer(resolver, level, is_parameter && !n, type);
	}
	return type;
}
