/* SPDX-License-Identifier: MIT */
/*
 * Operations and their parameters.
 */
#include "compiler/resolve.h"
#include <string.h>

/* [C706 4.2.14, MS-RPCE 2.2.5.3.4.5] */
static void check_pipe(struct pen_resolver *resolver, const struct pen_model_field *field)
{
	struct pen_model_operation *operation = resolver->operation;
	const struct pen_model_type *pipe = field->type;

	if (pipe->refusal && !operation->refusal)
		operation->refusal = pipe->refusal;
	else if (!pen_model_is_plain(pipe->element))
		pen_refuse(resolver, field->pos,
			   "the elements of a pipe have no pointers, and no strings or arrays "
			   "without fixed size");
	operation->flags |= (field->is_in ? PEN_OPERATION_IN_PIPES : 0) |
			    (field->is_out ? PEN_OPERATION_OUT_PIPES : 0);
}

/* What holds for parameters that go over the wire. */
static void check_parameter(struct pen_resolver *resolver, const struct pen_model_field *field)
{
	const struct pen_model_type *type = field->type;

	if (!field->is_in && !field->is_out)
		pen_refuse_call(resolver, field->pos,
				"the direction of \"%s\" is missing: [in], [out] or both",
				field->name);
	if (type->form == PEN_FORM_PIPE) {
		check_pipe(resolver, field);
		return;
	}
	if (field->is_out && type->kind != PEN_POINTER && type->kind != PEN_ARRAY &&
	    type->kind != PEN_STRING && type->form == PEN_FORM_WIRE)
		pen_refuse_call(resolver, field->pos, "what comes out is a pointer");
	if (field->is_out && !field->is_in && type->kind == PEN_POINTER &&
	    type->pointer_kind != PEN_REF)
		pen_refuse_call(resolver, field->pos, "what only comes out is a [ref] pointer");
	for (; type; type = type->element) {
		if (type->form == PEN_FORM_FUNCTION || type->form == PEN_FORM_INTERFACE ||
		    type->form == PEN_FORM_SAFEARRAY)
			pen_refuse(resolver, field->pos, "%s cannot be sent",
				   pen_model_form_name(type->form));
		else if (type->kind == PEN_VOID && type->form == PEN_FORM_WIRE)
			pen_refuse_call(resolver, field->pos, "a parameter of no type");
		else if (!type->is_complete)
			pen_refuse(resolver, field->pos, "\"%s\" is not defined yet", type->name);
		if (type->kind == PEN_POINTER)
			break;
	}
}

/* All four attributes are due [MIDL reference, partial_ignore]. */
static void check_partial_ignore(struct pen_resolver *resolver, const struct pen_model_field *field)
{
	const struct pen_model_type *type = field->type;

	if (!(field->flags & PEN_FIELD_PARTIAL_IGNORE) ||
	    (field->is_in && field->is_out && type->kind == PEN_POINTER &&
	     type->pointer_kind == PEN_UNIQUE))
		return;
	pen_idl_complain(resolver->idl, field->pos, "partial_ignore goes with in, out and unique");
}

/* The parameter's word counts more than the operation's, and that more than the type's. */
static bool is_shared(const struct pen_resolver *resolver, const struct pen_shape *shape,
		      const struct pen_tree_attribute *list)
{
	uint32_t attributes = resolver->operation ? resolver->operation->attributes : 0;

	if (pen_tree_find(list, "context_handle_serialize") ||
	    pen_tree_find(list, "context_handle_noserialize"))
		return shape->is_shared;
	if (attributes & PEN_ATTRIBUTE_NOSERIALIZE)
		return true;
	return shape->is_shared && !(attributes & PEN_ATTRIBUTE_SERIALIZE);
}

static void resolve_parameter(struct pen_resolver *resolver, struct pen_model_field *field,
			      const struct pen_tree_decl *decl, const char *operation, bool is_sent)
{
	const char *hint = pen_idl_format(resolver->idl, "%s_%s", operation, field->name);
	struct pen_shape shape;

	if (!decl->spec) {
		pen_idl_complain(resolver->idl, decl->pos, "this parameter has no type");
		field->type = pen_model_scalar(resolver, PEN_U32);
		return;
	}
	pen_resolve_shape(resolver, decl, decl->declarators, hint, &shape);
	pen_resolve_iid(resolver, &shape, decl->attributes);
	pen_resolve_field_attributes(resolver, field, decl->attributes);
	if (shape.is_context_handle && decl->spec->kind == PEN_TREE_BASE)
		field->flags |= PEN_FIELD_UNTYPED_HANDLE;
	if (shape.is_context_handle && is_shared(resolver, &shape, decl->attributes))
		field->flags |= PEN_FIELD_SHARED_HANDLE;
	if (shape.base->form == PEN_FORM_HANDLE_T) {
		field->type = shape.base;
		field->flags |= PEN_FIELD_HANDLE;
		return;
	}
	field->type = pen_shape_build(resolver, &shape, decl, field->pos, true);
	field->marshal = shape.marshal;
	check_partial_ignore(resolver, field);
	if (is_sent)
		check_parameter(resolver, field);
}

static void name_parameters(struct pen_resolver *resolver, struct pen_model_operation *operation,
			    const struct pen_tree_derivation *function)
{
	struct pen_model_field *field = operation->parameters;

	for (const struct pen_tree_decl *p = function->parameters; p; p = p->next, field++) {
		pen_check_attributes(resolver, p->attributes, PEN_PLACE_PARAMETER);
		field->pos = p->declarators ? p->declarators->pos : p->pos;
		field->name = p->declarators ? p->declarators->name : NULL;
		field->is_in = pen_tree_find(p->attributes, "in") != NULL;
		field->is_out = pen_tree_find(p->attributes, "out") != NULL;
		if (!field->name)
			field->name = pen_idl_format(resolver->idl, "parameter_%zu",
						     (size_t)(field - operation->parameters));
		for (const struct pen_model_field *o = operation->parameters; o < field; o++) {
			if (strcmp(o->name, field->name))
				continue;
			pen_idl_complain(resolver->idl, field->pos, "a second parameter \"%s\"",
					 field->name);
			pen_idl_note(resolver->idl, o->pos, "first defined here");
		}
	}
}

static void resolve_parameters(struct pen_resolver *resolver, struct pen_model_operation *operation,
			       const struct pen_tree_derivation *function, bool is_sent)
{
	const struct pen_model_field *scope = resolver->scope;
	size_t n_scope = resolver->n_scope;
	struct pen_model_field *field;

	for (const struct pen_tree_decl *p = function->parameters; p; p = p->next)
		operation->n_parameters++;
	operation->parameters =
		pen_idl_array(resolver->idl, operation->n_parameters, sizeof(*field));
	name_parameters(resolver, operation, function);
	resolver->scope = operation->parameters;
	resolver->n_scope = operation->n_parameters;
	field = operation->parameters;
	for (const struct pen_tree_decl *p = function->parameters; p; p = p->next)
		resolve_parameter(resolver, field++, p, operation->name, is_sent);
	resolver->scope = scope;
	resolver->n_scope = n_scope;
}

static const struct {
	const char *name;
	uint32_t wire;
	uint32_t attribute;
	bool is_refused;
} flags[] = {
	{ "idempotent", PEN_OPERATION_IDEMPOTENT, 0, false },
	{ "maybe", PEN_OPERATION_MAYBE, 0, false },
	{ "broadcast", PEN_OPERATION_BROADCAST, 0, false },
	{ "async", 0, PEN_ATTRIBUTE_ASYNC, false },
	{ "callback", 0, PEN_ATTRIBUTE_CALLBACK, false },
	{ "message", PEN_OPERATION_MESSAGE, PEN_ATTRIBUTE_MESSAGE, false },
	{ "notify", 0, PEN_ATTRIBUTE_NOTIFY, false },
	{ "notify_flag", 0, PEN_ATTRIBUTE_NOTIFY_FLAG, false },
	{ "encode", 0, PEN_ATTRIBUTE_ENCODE, true },
	{ "decode", 0, PEN_ATTRIBUTE_DECODE, true },
	{ "comm_status", 0, PEN_ATTRIBUTE_COMM_STATUS, false },
	{ "fault_status", 0, PEN_ATTRIBUTE_FAULT_STATUS, false },
	{ "enable_allocate", 0, PEN_ATTRIBUTE_ENABLE_ALLOCATE, false },
	{ "nocode", 0, PEN_ATTRIBUTE_NOCODE, false },
	{ "strict_context_handle", 0, PEN_ATTRIBUTE_STRICT_CONTEXT_HANDLE, false },
	{ "context_handle_serialize", 0, PEN_ATTRIBUTE_SERIALIZE, false },
	{ "context_handle_noserialize", 0, PEN_ATTRIBUTE_NOSERIALIZE, false },
};

uint32_t pen_resolve_flags(const struct pen_tree_attribute *list)
{
	uint32_t attributes = 0;

	for (size_t i = 0; i < PEN_COUNT(flags); i++) {
		if (pen_tree_find(list, flags[i].name))
			attributes |= flags[i].attribute;
	}
	return attributes;
}

/* What the interface says, it says of each operation. */
static void resolve_flags(struct pen_resolver *resolver,
			  const struct pen_model_interface *interface,
			  struct pen_model_operation *operation,
			  const struct pen_tree_attribute *list)
{
	operation->attributes = pen_resolve_flags(list) | interface->attributes;
	if (pen_tree_find(list, "code"))
		operation->attributes &= ~(uint32_t)PEN_ATTRIBUTE_NOCODE;
	for (size_t i = 0; i < PEN_COUNT(flags); i++) {
		if (pen_tree_find(list, flags[i].name) ||
		    (operation->attributes & flags[i].attribute))
			operation->flags |= flags[i].wire;
		if (flags[i].is_refused && (operation->attributes & flags[i].attribute))
			pen_refuse(resolver, operation->pos,
				   "[%s] of an operation (procedure serialization) has a form that "
				   "nobody has published; types can be serialized",
				   flags[i].name);
	}
	operation->is_local = pen_tree_find(list, "local") != NULL;
	operation->call_as = pen_attribute_text(pen_tree_find(list, "call_as"));
}

static void check_name(struct pen_resolver *resolver, const struct pen_model_operation *others,
		       const struct pen_model_operation *operation)
{
	for (const struct pen_model_operation *o = others; o; o = o->next) {
		if (strcmp(o->name, operation->name))
			continue;
		if (resolver->is_object) {
			pen_refuse(resolver, operation->pos, "another operation is called \"%s\"",
				   operation->name);
			return;
		}
		pen_idl_complain(resolver->idl, operation->pos, "a second operation \"%s\"",
				 operation->name);
		pen_idl_note(resolver->idl, o->pos, "first defined here");
	}
}

static void append(struct pen_resolver *resolver, struct pen_model_interface *interface,
		   struct pen_model_operation *operation)
{
	bool is_callback = operation->attributes & PEN_ATTRIBUTE_CALLBACK;
	uint32_t *n = is_callback ? &interface->n_callbacks : &interface->n_operations;

	if (interface->n_inherited + *n > UINT16_MAX) {
		pen_idl_complain(resolver->idl, operation->pos,
				 "an interface has at most 65536 operations");
		return;
	}
	++*n;
	if (is_callback) {
		*resolver->callbacks_tail = operation;
		resolver->callbacks_tail = &operation->next;
	} else {
		*resolver->operations_tail = operation;
		resolver->operations_tail = &operation->next;
	}
}

/* A server waits for it, on the connection of one client, whose handles it has itself. */
static void check_callback(struct pen_resolver *resolver,
			   const struct pen_model_operation *operation)
{
	if (operation->flags)
		pen_refuse(resolver, operation->pos,
			   "a [callback] is neither [maybe], [broadcast] nor [idempotent], and has "
			   "no pipes");
	for (uint32_t i = 0; i < operation->n_parameters; i++) {
		const struct pen_model_type *type = operation->parameters[i].type;

		while (type->kind == PEN_POINTER)
			type = type->element;
		if (type->kind == PEN_HANDLE)
			pen_refuse(resolver, operation->parameters[i].pos,
				   "a [callback] has no context handles");
	}
}

/* Nobody answers a message. */
static void check_message(struct pen_resolver *resolver,
			  const struct pen_model_operation *operation)
{
	for (uint32_t i = 0; i < operation->n_parameters; i++) {
		if (operation->parameters[i].is_out)
			pen_refuse(resolver, operation->parameters[i].pos,
				   "nothing comes out of a [message]");
	}
}

/* A property is two operations, as COM names them. */
static const char *accessor_name(struct pen_resolver *resolver,
				 const struct pen_tree_attribute *list, const char *name)
{
	static const struct {
		const char *attribute;
		const char *prefix;
	} kinds[] = { { "propget", "get" }, { "propput", "put" }, { "propputref", "putref" } };

	for (size_t i = 0; i < PEN_COUNT(kinds); i++) {
		if (pen_tree_find(list, kinds[i].attribute))
			return pen_idl_format(resolver->idl, "%s_%s", kinds[i].prefix, name);
	}
	return name;
}

/* Whether all that the expression speaks of are numbers that are there in that direction. */
static bool is_computable(const struct pen_model_step *steps, bool is_in)
{
	for (; steps && steps->op; steps++) {
		const struct pen_model_field *field = steps->field;
		const struct pen_model_type *type = field ? field->type : NULL;

		while (type && type->kind == PEN_POINTER)
			type = type->element;
		if (field && (!pen_kind_is_integer(type->kind) ||
			      (is_in ? !field->is_in || (field->flags & PEN_FIELD_PARTIAL_IGNORE)
				     : !field->is_in && !field->is_out)))
			return false;
	}
	return true;
}

static bool is_all_computable(const struct pen_model_type *type, bool is_in)
{
	for (; type; type = type->element) {
		for (uint32_t i = 0; i < type->n_dimensions; i++) {
			const struct pen_model_dimension *d = &type->dimensions[i];

			if (!is_computable(d->size_is, is_in) ||
			    !is_computable(d->length_is, is_in) ||
			    !is_computable(d->first_is, is_in))
				return false;
		}
		if (type->kind == PEN_UNION && type->use_of &&
		    !is_computable(type->switch_is, is_in))
			return false;
	}
	return true;
}

/* Objects' operations often cannot be sent, which is no error: nobody calls them here. */
static void check_object(struct pen_resolver *resolver, const struct pen_model_operation *operation)
{
	for (uint32_t i = 0; i < operation->n_parameters; i++) {
		const struct pen_model_field *p = &operation->parameters[i];

		if ((p->is_in && !is_all_computable(p->type, true)) ||
		    (p->is_out && !is_all_computable(p->type, false)))
			pen_refuse(resolver, p->pos, "\"%s\" depends on what is not there",
				   p->name);
		if (!strcmp(p->name, "orpcthis") || !strcmp(p->name, "orpcthat"))
			pen_refuse(resolver, p->pos, "\"%s\" is what stands before all parameters",
				   p->name);
	}
}

/* Nobody answers it. */
static void check_maybe(struct pen_resolver *resolver, const struct pen_model_operation *operation)
{
	bool gives_back = operation->result->kind != PEN_VOID;

	for (uint32_t i = 0; i < operation->n_parameters; i++)
		gives_back |= operation->parameters[i].is_out;
	if (gives_back)
		pen_refuse(resolver, operation->pos,
			   "a [maybe] operation gets no answer, so it has no result and no [out] "
			   "parameters");
	if (operation->flags & (PEN_OPERATION_IN_PIPES | PEN_OPERATION_OUT_PIPES))
		pen_refuse(resolver, operation->pos, "a [maybe] operation has no pipes");
}

void pen_resolve_operation(struct pen_resolver *resolver, struct pen_model_interface *interface,
			   const struct pen_tree_decl *decl)
{
	const struct pen_tree_declarator *declarator = decl->declarators;
	struct pen_model_operation *operation = pen_idl_zalloc(resolver->idl, sizeof(*operation));
	struct pen_tree_declarator result = *declarator;
	struct pen_shape shape;
	bool is_sent;

	operation->name = declarator->name ? declarator->name : "";
	if (interface->is_object)
		operation->name = accessor_name(resolver, decl->attributes, operation->name);
	operation->pos = declarator->pos;
	resolver->operation = operation;
	resolve_flags(resolver, interface, operation, decl->attributes);
	is_sent = !interface->is_local && !operation->is_local;
	resolver->is_object = interface->is_object;
	if (is_sent) {
		check_name(resolver, interface->operations, operation);
		check_name(resolver, interface->callbacks, operation);
	}
	for (const struct pen_model_interface *i = interface->base;
	     is_sent && interface->is_object && i; i = i->base)
		check_name(resolver, i->operations, operation);
	append(resolver, interface, operation);
	resolver->is_local = interface->is_local || operation->is_local;
	resolve_parameters(resolver, operation, pen_tree_function(declarator), is_sent);
	resolver->is_local = interface->is_local;
	result.derivations = result.derivations->next;
	pen_resolve_shape(resolver, decl, &result, operation->name, &shape);
	operation->result = pen_shape_build(resolver, &shape, decl, operation->pos, false);
	operation->marshal = shape.marshal;
	if (is_sent && operation->result->form != PEN_FORM_WIRE)
		pen_refuse(resolver, operation->pos, "%s cannot be sent",
			   pen_model_form_name(operation->result->form));
	if (!operation->result->is_complete)
		pen_refuse(resolver, operation->pos, "\"%s\" is not defined yet",
			   operation->result->name);
	if (operation->attributes & PEN_ATTRIBUTE_CALLBACK)
		check_callback(resolver, operation);
	if (operation->flags & PEN_OPERATION_MESSAGE)
		check_message(resolver, operation);
	if (is_sent && interface->is_object)
		check_object(resolver, operation);
	if (is_sent && (operation->flags & PEN_OPERATION_MAYBE))
		check_maybe(resolver, operation);
	resolver->operation = NULL;
	resolver->is_object = false;
}

void pen_resolve_function(struct pen_resolver *resolver, const struct pen_tree_derivation *function)
{
	struct pen_model_operation *before = resolver->operation;
	struct pen_model_type *type = resolver->type;
	struct pen_model_operation operation = { .name = "function" };

	/* Nothing of it is kept. */
	if (!pen_idl_enter(resolver->idl, function->pos))
		return;
	resolver->type = NULL;
	resolver->operation = NULL;
	resolve_parameters(resolver, &operation, function, false);
	resolver->operation = before;
	resolver->type = type;
	pen_idl_leave(resolver->idl);
}
