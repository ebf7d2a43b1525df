/* SPDX-License-Identifier: MIT */
/*
 * What is allowed, and makes a server weaker or an interface harder to use than it had to be.
 */
#include "compiler/lint.h"
#include <string.h>
#include <strings.h>

enum lint { UNTYPED_HANDLE, UNBOUNDED_SIZE, UNBOUNDED_STRING, CALLS_OUT, NO_LEVEL, SIZE_LEVEL };

static const char *const names[] = {
	[UNTYPED_HANDLE] = "untyped-handle",
	[UNBOUNDED_SIZE] = "unbounded-size",
	[UNBOUNDED_STRING] = "unbounded-string",
	[CALLS_OUT] = "calls-out",
	[NO_LEVEL] = "no-level",
	[SIZE_LEVEL] = "size-level",
};

const char *pen_lint_name(size_t i)
{
	return i < PEN_COUNT(names) ? names[i] : NULL;
}

/* Whether it is said at all; then a text and its place follow. */
static bool is_on(const struct pen_idl *idl, enum lint lint)
{
	return !(idl->lints_off & PEN_BIT(lint));
}

/* ---- sizes ---- */

/* What a size speaks of that may be any number; NULL: there is nothing like that. */
static const struct pen_model_field *find_unbounded(const struct pen_model_step *steps)
{
	enum { BITS_MAX = 16 }; /* what a type bounds by itself */

	for (; steps && steps->op; steps++) {
		const struct pen_model_type *type = steps->field ? steps->field->type : NULL;

		while (type && type->kind == PEN_POINTER)
			type = type->element;
		if (type && pen_kind_is_integer(type->kind) && !type->range &&
		    type->kind != PEN_ENUM && pen_kind_bits(type->kind) > BITS_MAX)
			return steps->field;
	}
	return NULL;
}

static void check_sizes(struct pen_idl *idl, const struct pen_model_field *field,
			const struct pen_model_type *type)
{
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		const struct pen_model_field *size = find_unbounded(type->dimensions[i].size_is);

		if (!size || type->range || !is_on(idl, UNBOUNDED_SIZE))
			continue;
		pen_idl_advise(idl, field->pos, names[UNBOUNDED_SIZE],
			       "\"%s\" may be as large as a peer says", field->name);
		pen_idl_note(idl, size->pos, "a [range] of \"%s\", or of the array, bounds it",
			     size->name);
		return;
	}
}

static void check_string(struct pen_idl *idl, const struct pen_model_field *field,
			 const struct pen_model_type *type, bool is_bounded)
{
	const struct pen_model_dimension *d = &type->dimensions[0];

	if (d->is_conformant && !d->size_is && !type->range && !is_bounded &&
	    is_on(idl, UNBOUNDED_STRING))
		pen_idl_advise(idl, field->pos, names[UNBOUNDED_STRING],
			       "\"%s\" may be as long as a peer likes: a [range] bounds it",
			       field->name);
}

/* "[size_is(n)] T **p" is an array of pointers, where a pointer to an array may be meant. */
static void check_size_level(struct pen_idl *idl, const struct pen_model_field *field)
{
	const struct pen_model_type *array = field->type->element;

	if (field->type->kind != PEN_POINTER || array->kind != PEN_ARRAY ||
	    !array->dimensions[0].size_is || array->element->kind != PEN_POINTER ||
	    array->element->element->kind == PEN_STRING || !is_on(idl, SIZE_LEVEL))
		return;
	pen_idl_advise(idl, field->pos, names[SIZE_LEVEL],
		       "the size of \"%s\" is that of its first pointer, so it is an array of "
		       "pointers: size_is(, n) speaks of the second, T *%s[] of no other",
		       field->name, field->name);
}

static void check_type(struct pen_idl *idl, const struct pen_model_field *field)
{
	bool is_bounded = false;

	for (const struct pen_model_type *type = field->type; type; type = type->element) {
		if (type->kind == PEN_STRING)
			check_string(idl, field, type, is_bounded);
		if (type->kind == PEN_STRING || type->kind == PEN_ARRAY)
			check_sizes(idl, field, type);
		is_bounded = is_bounded || type->range;
	}
}

/* ---- what makes a server call ---- */

static bool is_string(const struct pen_model_type *type)
{
	while (type && type->kind != PEN_STRING)
		type = type->element;
	return type != NULL;
}

static bool is_interface(const struct pen_model_type *type)
{
	while (type && type->form != PEN_FORM_INTERFACE)
		type = type->element;
	return type != NULL;
}

/* Whether the name says that another machine is named: "UncPath", "pszLocalMachine". */
static bool names_machine(const char *name)
{
	static const char *const words[] = { "binding", "localmachine", "remotemachine",
					     "remoteserver", "callback" };
	const char *unc = strstr(name, "Unc");

	for (size_t i = 0; i < PEN_COUNT(words); i++) {
		if (strcasestr(name, words[i]))
			return true;
	}
	return unc || strstr(name, "UNC") || !strncmp(name, "unc", 3);
}

static void check_calls(struct pen_idl *idl, const struct pen_model_operation *operation)
{
	if (!is_on(idl, CALLS_OUT))
		return;
	if (operation->attributes & PEN_ATTRIBUTE_CALLBACK) {
		pen_idl_advise(idl, operation->pos, names[CALLS_OUT],
			       "\"%s\" makes the server call its client", operation->name);
		return;
	}
	for (uint32_t i = 0; i < operation->n_parameters; i++) {
		const struct pen_model_field *p = &operation->parameters[i];

		if (p->is_in && is_interface(p->type))
			pen_idl_advise(idl, p->pos, names[CALLS_OUT],
				       "\"%s\" is an object that its client names, for the server "
				       "of \"%s\" to call",
				       p->name, operation->name);
		if (p->is_in && is_string(p->type) && names_machine(p->name))
			pen_idl_advise(idl, p->pos, names[CALLS_OUT],
				       "\"%s\" may make the server of \"%s\" call whom its client "
				       "names",
				       p->name, operation->name);
	}
}

/* ---- interfaces ---- */

static void check_operation(struct pen_idl *idl, const struct pen_model_operation *operation)
{
	if (operation->is_local)
		return;
	check_calls(idl, operation);
	for (uint32_t i = 0; i < operation->n_parameters; i++) {
		const struct pen_model_field *p = &operation->parameters[i];

		if ((p->flags & PEN_FIELD_UNTYPED_HANDLE) && is_on(idl, UNTYPED_HANDLE))
			pen_idl_advise(
				idl, p->pos, names[UNTYPED_HANDLE],
				"\"%s\" is a handle of any kind: a typedef's name would tell "
				"handles apart",
				p->name);
		check_size_level(idl, p);
		if (p->is_in && !(p->flags & PEN_FIELD_PARTIAL_IGNORE))
			check_type(idl, p);
	}
}

static void check_interface(struct pen_idl *idl, const struct pen_model_interface *interface)
{
	if (interface->is_local || interface->is_object || !interface->has_uuid)
		return;
	if (!interface->level && interface->operations && is_on(idl, NO_LEVEL))
		pen_idl_advise(idl, interface->pos, names[NO_LEVEL],
			       "\"%s\" does not say how calls are to be protected: "
			       "[annotation(\"level:privacy\")] does",
			       interface->name);
	for (const struct pen_model_operation *o = interface->operations; o; o = o->next)
		check_operation(idl, o);
	for (const struct pen_model_operation *o = interface->callbacks; o; o = o->next)
		check_operation(idl, o);
}

void pen_idl_lint(struct pen_idl *idl, const struct pen_model *model)
{
	for (const struct pen_model_type *type = model->types; type; type = type->next) {
		if (type->pos.source != model->source || type->refusal)
			continue;
		for (uint32_t i = 0; i < type->n_fields; i++) {
			if (type->fields[i].name && !(type->fields[i].flags & PEN_FIELD_IGNORE))
				check_type(idl, &type->fields[i]);
		}
	}
	for (const struct pen_model_interface *i = model->interfaces; i; i = i->next)
		check_interface(idl, i);
}
