/* SPDX-License-Identifier: MIT */
/*
 * From meaning to tables: the kinds, sizes and offsets that the codec works
 * with. C values are laid out as C compilers do, each member at the next
 * multiple of its own alignment.
 */
#include "compiler/lower.h"
#include "ndr/derive.h"
#include <penstock/orpc.h>

/* Places a member after what is there. */
static void place(struct pen_lowerer *lowerer, struct pen_plan_type *plan, struct pen_field *field)
{
	size_t align = pen_plan_align(field->type);

	field->offset = (plan->type.size + align - 1) & ~(align - 1);
	plan->type.size = field->offset + field->type->size;
	if (plan->type.size > PEN_C_SIZE_MAX) {
		pen_idl_complain(lowerer->idl, lowerer->pos, "a struct larger than 1 GiB");
		plan->type.size = 0;
	}
	if (plan->align < align)
		plan->align = align;
}

static void pad(struct pen_plan_type *plan)
{
	if (!plan->type.size)
		plan->type.size = 1;
	plan->type.size = (plan->type.size + plan->align - 1) & ~(plan->align - 1);
}

/* An expression may speak of it: its table has to stand before that of what has the expression. */
static bool is_countable(const struct pen_model_type *type)
{
	while (type && type->kind == PEN_POINTER)
		type = type->element;
	return type && pen_kind_is_integer(type->kind);
}

/* A member of a struct, an arm of a union. */
static const struct pen_type *lower_member(struct pen_lowerer *lowerer,
					   const struct pen_model_type *owner,
					   const struct pen_model_field *field, const char *name)
{
	if (field->flags & PEN_FIELD_IGNORE)
		return &pen_type_ignored;
	return pen_lower_type(lowerer, field->type, pen_lower_join(lowerer, owner->c_name, name));
}

static void lower_fields(struct pen_lowerer *lowerer, const struct pen_model_type *model,
			 bool is_countables)
{
	for (uint32_t i = 0; i < model->n_fields; i++) {
		const struct pen_model_field *field = &model->fields[i];

		if (is_countable(field->type) != is_countables)
			continue;
		lowerer->pos = field->pos;
		model->plan->fields[i].name = field->name;
		model->plan->fields[i].is_secret = field->flags & PEN_FIELD_SECRET;
		model->plan->fields[i].type = lower_member(lowerer, model, field, field->name);
	}
}

static void lower_struct(struct pen_lowerer *lowerer, const struct pen_model_type *model)
{
	struct pen_plan_type *plan = model->plan;

	lower_fields(lowerer, model, true);
	lower_fields(lowerer, model, false);
	for (uint32_t i = 0; i < model->n_fields; i++) {
		lowerer->pos = model->fields[i].pos;
		place(lowerer, plan, &plan->fields[i]);
	}
	pad(plan);
	pen_lower_finish_struct(lowerer, model->fields, plan->fields);
}

static void lower_union(struct pen_lowerer *lowerer, const struct pen_model_type *model)
{
	struct pen_plan_type *plan = model->plan;
	size_t size = 0;

	for (uint32_t i = 0; i < model->n_fields; i++) {
		const struct pen_model_field *field = &model->fields[i];
		struct pen_field *arm = &plan->fields[i];

		lowerer->pos = field->pos;
		arm->name = field->name ? field->name : "none";
		arm->type = lower_member(lowerer, model, field, arm->name);
		arm->cases = field->cases;
		arm->n_cases = field->n_cases;
		arm->is_default = field->is_default;
		arm->is_secret = field->flags & PEN_FIELD_SECRET;
		if (size < arm->type->size)
			size = arm->type->size;
		if (plan->align < pen_plan_align(arm->type))
			plan->align = pen_plan_align(arm->type);
	}
	size = ((size ? size : 1) + plan->align - 1) & ~(plan->align - 1);
	if (model->is_encapsulated) {
		size_t align = plan->align;

		plan->type.tag = pen_lower_type(lowerer, model->tag_type,
						pen_lower_join(lowerer, model->c_name, "tag"));
		if (align < pen_plan_align(plan->type.tag))
			align = pen_plan_align(plan->type.tag);
		plan->type.arms_offset =
			(plan->type.tag->size + plan->align - 1) & ~(plan->align - 1);
		plan->align = align;
		size += plan->type.arms_offset;
	}
	plan->type.size = size;
	pad(plan);
	lowerer->pending = NULL;
}

static void lower_named(struct pen_lowerer *lowerer, struct pen_model_type *model)
{
	struct pen_plan_type *plan = model->plan;

	lowerer->is_foreign = plan->is_foreign;
	lowerer->owner = model->c_name;
	lowerer->pos = model->pos;
	if (model->kind == PEN_STRUCT)
		lower_struct(lowerer, model);
	else if (model->kind == PEN_UNION)
		lower_union(lowerer, model);
	/* Only a use of a union says what chooses the arm, so only a use has a table. */
	if (model->kind != PEN_UNION || model->is_encapsulated)
		pen_type_derive(&plan->type);
	pen_lower_link_type(lowerer, plan);
}

/* A table for the name, still empty, so that pointers to it can be made. */
static void open_named(struct pen_lowerer *lowerer, struct pen_model_type *model)
{
	struct pen_plan_type *plan = pen_lower_new_type(
		lowerer, model->kind, pen_idl_format(lowerer->idl, "%s_type", model->c_name));
	const char *word = model->kind == PEN_ENUM				 ? "enum"
			   : model->kind == PEN_UNION && !model->is_encapsulated ? "union"
										 : "struct";

	model->plan = plan;
	plan->model = model;
	plan->is_named = true;
	plan->is_foreign = model->pos.source != lowerer->plan->model->source;
	plan->owner = model->c_name;
	plan->c_type = pen_idl_format(lowerer->idl, "%s %s", word, model->c_name);
	plan->align = model->kind == PEN_ENUM ? _Alignof(int) : 1;
	plan->type.name = model->name;
	plan->type.size = model->kind == PEN_ENUM ? sizeof(int) : 0;
	plan->type.enumerators = model->enumerators;
	plan->type.n_enumerators = model->n_enumerators;
	plan->type.enum_bits = model->kind == PEN_ENUM ? model->enum_bits : 0;
	plan->type.is_ms_union = model->is_ms_union;
	plan->fields = pen_idl_array(lowerer->idl, model->n_fields, sizeof(*plan->fields));
	plan->type.fields = plan->fields;
	plan->type.n_fields = model->n_fields;
}

/* A top-level [ref] pointer is the value itself in C. */
static struct pen_model_type *value_of(struct pen_model_type *model)
{
	return model->kind == PEN_POINTER && model->pointer_kind == PEN_REF ? model->element
									    : model;
}

/* Parameters, each with its place among the fields. */
static void lower_parameters(struct pen_lowerer *lowerer, struct pen_plan_type *plan,
			     const struct pen_model_operation *model, bool is_out,
			     bool is_countables)
{
	uint32_t n = lowerer->is_object;

	for (uint32_t i = 0; i < model->n_parameters; i++) {
		const struct pen_model_field *p = &model->parameters[i];
		struct pen_field *field = &plan->fields[n];

		if (p->type->form == PEN_FORM_HANDLE_T || !(is_out ? p->is_out : p->is_in))
			continue;
		n++;
		if (is_countable(p->type) != is_countables)
			continue;
		lowerer->pos = p->pos;
		field->name = p->name;
		field->is_shared = !is_out && p->flags & PEN_FIELD_SHARED_HANDLE;
		field->is_secret = p->flags & PEN_FIELD_SECRET;
		if (!is_out && (p->flags & PEN_FIELD_PARTIAL_IGNORE))
			field->type = &pen_type_presence;
		else
			field->type = pen_lower_type(lowerer, value_of(p->type),
						     pen_lower_join(lowerer, plan->table, p->name));
	}
	plan->type.n_fields = n;
}

static void add_result(struct pen_lowerer *lowerer, struct pen_plan_type *plan,
		       const struct pen_model_operation *model)
{
	const char *name = pen_lower_find_field(plan, "result") ? "result_" : "result";
	struct pen_field *field = &plan->fields[plan->type.n_fields++];

	lowerer->pos = model->pos;
	field->name = name;
	field->type =
		pen_lower_type(lowerer, model->result, pen_lower_join(lowerer, plan->table, name));
	field->is_retval = true;
}

/* The first, of which the IDL does not speak [MS-DCOM 2.2.13]. */
static void add_orpc(struct pen_lowerer *lowerer, struct pen_plan_type *plan, bool is_out)
{
	plan->fields[0].name = is_out ? "orpcthat" : "orpcthis";
	plan->fields[0].type = is_out ? &pen_type_orpc_that : &pen_type_orpc_this;
	lowerer->plan->has_orpc = true;
}

static struct pen_plan_type *lower_direction(struct pen_lowerer *lowerer,
					     const struct pen_plan_operation *operation,
					     bool is_out)
{
	const struct pen_model_operation *model = operation->model;
	struct pen_plan_type *plan = pen_lower_new_type(
		lowerer, PEN_PARAMETERS,
		pen_lower_join(lowerer, operation->c_name, is_out ? "out" : "in"));

	plan->type.name = model->name;
	plan->c_type = pen_idl_format(lowerer->idl, "struct %s", plan->table);
	plan->align = 1;
	plan->fields = pen_idl_array(lowerer->idl, model->n_parameters + 2, sizeof(*plan->fields));
	plan->type.fields = plan->fields;
	if (lowerer->is_object)
		add_orpc(lowerer, plan, is_out);
	lower_parameters(lowerer, plan, model, is_out, true);
	lower_parameters(lowerer, plan, model, is_out, false);
	if (is_out && model->result->kind != PEN_VOID)
		add_result(lowerer, plan, model);
	lowerer->pos = model->pos;
	for (uint32_t i = 0; i < plan->type.n_fields; i++)
		place(lowerer, plan, &plan->fields[i]);
	pad(plan);
	pen_lower_finish_parameters(lowerer, operation->in ? operation->in : plan,
				    is_out ? plan : NULL);
	return pen_lower_add_type(lowerer, plan);
}

static void lower_operation(struct pen_lowerer *lowerer, const char *prefix,
			    struct pen_plan_operation *operation, struct pen_operation *live)
{
	operation->c_name = pen_lower_join(lowerer, prefix, operation->model->name);
	if (operation->model->is_local || operation->model->refusal)
		return;
	lowerer->owner = operation->c_name;
	operation->in = lower_direction(lowerer, operation, false);
	operation->out = lower_direction(lowerer, operation, true);
	live->name = operation->model->name;
	live->flags = operation->model->flags;
	live->in = &operation->in->type;
	live->out = &operation->out->type;
}

/* Callbacks are numbered by themselves; those of the base come first. */
static void lower_callbacks(struct pen_lowerer *lowerer, struct pen_plan_interface *plan)
{
	const struct pen_model_interface *model = plan->model;
	struct pen_operation *live;
	uint32_t n = 0;

	for (const struct pen_model_interface *from = model; from; from = from->base)
		n += from->n_callbacks;
	live = pen_idl_array(lowerer->idl, n, sizeof(*live));
	plan->callbacks = pen_idl_array(lowerer->idl, n, sizeof(*plan->callbacks));
	plan->interface.callbacks = live;
	plan->interface.n_callbacks = n;
	for (const struct pen_model_interface *from = model; from; from = from->base) {
		uint32_t i = n -= from->n_callbacks;

		for (const struct pen_model_operation *o = from->callbacks; o; o = o->next, i++) {
			plan->callbacks[i].model = o;
			lower_operation(lowerer, model->name, &plan->callbacks[i], &live[i]);
		}
	}
}

static struct pen_plan_interface *lower_interface(struct pen_lowerer *lowerer,
						  const struct pen_model_interface *model)
{
	struct pen_plan_interface *plan = pen_idl_zalloc(lowerer->idl, sizeof(*plan));
	uint32_t n_operations = model->n_inherited + model->n_operations;
	struct pen_operation *live = pen_idl_array(lowerer->idl, n_operations, sizeof(*live));

	lowerer->is_object = model->is_object;
	plan->model = model;
	plan->operations = pen_idl_array(lowerer->idl, n_operations, sizeof(*plan->operations));
	plan->interface = (struct pen_interface){
		.name = model->name,
		.id = model->id,
		.operations = live,
		.n_operations = n_operations,
		.endpoints = model->endpoints,
		.n_endpoints = model->n_endpoints,
		.is_object = model->is_object,
		.has_system_handles = lowerer->plan->model->has_system_handles,
	};
	/* Those of the base come first, and are operations of this one too. */
	for (const struct pen_model_interface *from = model; from; from = from->base) {
		uint32_t i = from->n_inherited;

		for (const struct pen_model_operation *o = from->operations; o; o = o->next, i++) {
			plan->operations[i].model = o;
			if (!from->is_local)
				lower_operation(lowerer, model->name, &plan->operations[i],
						&live[i]);
		}
	}
	lower_callbacks(lowerer, plan);
	return plan;
}

struct pen_plan *pen_idl_lower(struct pen_idl *idl, const struct pen_model *model)
{
	struct pen_plan *plan = pen_idl_zalloc(idl, sizeof(*plan));
	struct pen_lowerer *lowerer = pen_idl_zalloc(idl, sizeof(*lowerer));
	struct pen_plan_interface **tail = &plan->interfaces;

	plan->model = model;
	lowerer->idl = idl;
	lowerer->plan = plan;
	lowerer->types_tail = &plan->types;
	for (struct pen_model_type *type = model->types; type; type = type->next) {
		if (!type->refusal)
			open_named(lowerer, type);
	}
	for (struct pen_model_type *type = model->types; type; type = type->next) {
		if (!type->refusal)
			lower_named(lowerer, type);
	}
	lowerer->is_foreign = false;
	for (const struct pen_model_interface *i = model->interfaces; i; i = i->next) {
		if (i->is_local || i->is_generic || !i->has_uuid)
			continue;
		*tail = lower_interface(lowerer, i);
		tail = &(*tail)->next;
	}
	pen_lower_aliases(lowerer);
	return plan;
}
