/* SPDX-License-Identifier: MIT */
/*
 * What cannot be sent. IDL has types for the program alone, such as void *, which are no error
 * until an operation would send one. So each is noted where it is found, reaches all
 * that is made of it, and is told where an operation meets it.
 */
#include "compiler/resolve.h"

const char *pen_model_form_name(enum pen_model_form form)
{
	switch (form) {
	case PEN_FORM_WIRE:
	case PEN_FORM_MARSHALLED:
		return NULL;
	case PEN_FORM_HANDLE_T:
		return "a handle_t";
	case PEN_FORM_INTERFACE:
		return "an interface";
	case PEN_FORM_FUNCTION:
		return "a function";
	case PEN_FORM_PIPE:
		return "a pipe";
	case PEN_FORM_SAFEARRAY:
		return "a SAFEARRAY";
	}
	return NULL;
}

static struct pen_refusal *new_refusal(struct pen_resolver *resolver, struct pen_pos pos,
				       const char *text)
{
	struct pen_refusal *refusal = pen_idl_zalloc(resolver->idl, sizeof(*refusal));

	refusal->pos = pos;
	refusal->text = text;
	return refusal;
}

void pen_refuse(struct pen_resolver *resolver, struct pen_pos pos, const char *format, ...)
{
	struct pen_model_type *type = resolver->type;
	struct pen_model_operation *operation = resolver->operation;
	va_list args;
	char *text;

	if ((!type && !operation) || (type && type->refusal) || (operation && operation->refusal))
		return;
	va_start(args, format);
	text = pen_idl_vformat(resolver->idl, format, args);
	va_end(args);
	if (type)
		type->refusal = new_refusal(resolver, pos, text);
	else
		operation->refusal = new_refusal(resolver, pos, text);
}

void pen_refuse_call(struct pen_resolver *resolver, struct pen_pos pos, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = pen_idl_vformat(resolver->idl, format, args);
	va_end(args);
	if (resolver->is_object)
		pen_refuse(resolver, pos, "%s", text);
	else
		pen_idl_complain(resolver->idl, pos, "%s", text);
}

void pen_use_type(struct pen_resolver *resolver, struct pen_model_type *type)
{
	struct pen_model_user *user;

	type = type->use_of ? type->use_of : type;
	if ((!resolver->type && !resolver->operation) || type == resolver->type ||
	    (!type->name && type->form != PEN_FORM_PIPE))
		return;
	user = pen_idl_zalloc(resolver->idl, sizeof(*user));
	user->type = resolver->type;
	user->operation = resolver->type ? NULL : resolver->operation;
	user->next = type->users;
	type->users = user;
}

/* A type that waits to tell its users. */
struct waiting {
	struct waiting *next;
	const struct pen_model_type *type;
};

static void push(struct pen_resolver *resolver, struct waiting **list,
		 const struct pen_model_type *type)
{
	struct waiting *one = pen_idl_zalloc(resolver->idl, sizeof(*one));

	one->type = type;
	one->next = *list;
	*list = one;
}

static void spread(struct pen_resolver *resolver, struct waiting *list)
{
	while (list) {
		const struct pen_model_type *type = list->type;

		list = list->next;
		for (const struct pen_model_user *user = type->users; user; user = user->next) {
			if (user->operation && !user->operation->refusal)
				user->operation->refusal = type->refusal;
			if (!user->type || user->type->refusal)
				continue;
			user->type->refusal = type->refusal;
			push(resolver, &list, user->type);
		}
	}
}

/* The others that the same refusal concerns are noted with the first. */
static bool is_same_place(struct pen_pos a, struct pen_pos b)
{
	return a.source == b.source && a.offset == b.offset;
}

static void tell(struct pen_resolver *resolver, const struct pen_model_operation *operation)
{
	struct pen_refusal *refusal = operation->refusal;

	if (refusal->is_told)
		return;
	refusal->is_told = true;
	if (resolver->idl->is_partial)
		pen_idl_warn(resolver->idl, refusal->pos, "%s", refusal->text);
	else
		pen_idl_complain(resolver->idl, refusal->pos, "%s", refusal->text);
	for (const struct pen_model_operation *o = operation; o && resolver->idl->latest;
	     o = o->next) {
		if (o->refusal == refusal && !is_same_place(o->pos, refusal->pos))
			pen_idl_note(resolver->idl, o->pos, "\"%s\" needs it", o->name);
	}
}

static void tell_all(struct pen_resolver *resolver, const struct pen_model_operation *operations)
{
	for (const struct pen_model_operation *o = operations; o; o = o->next) {
		if (o->refusal && !o->is_local)
			tell(resolver, o);
	}
}

void pen_settle_refusals(struct pen_resolver *resolver)
{
	struct waiting *list = NULL;

	for (struct pen_model_type *type = resolver->tagged; type; type = type->next_tagged) {
		if (!type->is_complete && !type->refusal)
			type->refusal =
				new_refusal(resolver, type->pos,
					    pen_idl_format(resolver->idl, "\"%s\" is never defined",
							   type->name));
		if (type->refusal)
			push(resolver, &list, type);
	}
	for (struct pen_model_type *type = resolver->model->types; type; type = type->next) {
		if (type->refusal)
			push(resolver, &list, type);
	}
	spread(resolver, list);
	for (const struct pen_model_alias *a = resolver->model->aliases; a; a = a->next) {
		if (a->owner.refusal && a->is_asked_for)
			tell(resolver, &a->owner);
	}
	for (const struct pen_model_interface *i = resolver->model->interfaces; i; i = i->next) {
		if (i->is_local || i->is_object)
			continue;
		for (const struct pen_model_interface *from = i; from; from = from->base) {
			tell_all(resolver, from->operations);
			tell_all(resolver, from->callbacks);
		}
	}
}
