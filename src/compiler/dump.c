/* SPDX-License-Identifier: MIT */
/*
 * Prints the model and the plan, for tests and for whoever looks for an error.
 */
#include "compiler/plan.h"
#include <inttypes.h>

static void indent(struct pen_buffer *out, unsigned depth)
{
	while (depth--)
		pen_buffer_printf(out, "  ");
}

/* ---- the model ---- */

static void dump_steps(const char *what, const struct pen_model_step *steps, struct pen_buffer *out)
{
	if (!steps)
		return;
	pen_buffer_printf(out, " %s(", what);
	for (size_t i = 0; steps[i].op; i++) {
		const char *space = i ? " " : "";

		if (steps[i].op == PEN_EXPR_CONST)
			pen_buffer_printf(out, "%s%" PRId64, space, steps[i].value);
		else if (steps[i].field)
			pen_buffer_printf(out, "%s%s", space, steps[i].field->name);
		else
			pen_buffer_printf(out, "%s%s", space, pen_tree_operator(steps[i].op));
	}
	pen_buffer_printf(out, ")");
}

static void dump_dimensions(const struct pen_model_type *type, struct pen_buffer *out)
{
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		const struct pen_model_dimension *d = &type->dimensions[i];

		if (d->is_conformant)
			pen_buffer_printf(out, "[]");
		else
			pen_buffer_printf(out, "[%u]", d->count);
		dump_steps("size", d->size_is, out);
		dump_steps("length", d->length_is, out);
		dump_steps("first", d->first_is, out);
	}
}

static void dump_range(const struct pen_model_type *type, struct pen_buffer *out)
{
	if (type->range)
		pen_buffer_printf(out, " range(%" PRId64 ", %" PRId64 ")", type->range->min,
				  type->range->max);
}

/* As a phrase: "unique pointer to array[] size(n) of struct dtyp_GUID". */
static void dump_type(const struct pen_model_type *type, struct pen_buffer *out)
{
	for (; type->element; type = type->element) {
		if (type->form != PEN_FORM_WIRE) {
			pen_buffer_printf(out, "%s of ", pen_form_word(type->form));
			continue;
		}
		if (type->kind == PEN_POINTER) {
			pen_buffer_printf(out, "%s pointer to ",
					  pen_pointer_word(type->pointer_kind));
			continue;
		}
		pen_buffer_printf(out, "%s", pen_kind_word(type->kind));
		dump_dimensions(type, out);
		dump_range(type, out);
		pen_buffer_printf(out, " of ");
	}
	pen_buffer_printf(out, "%s",
			  type->form ? pen_form_word(type->form) : pen_kind_word(type->kind));
	if (type->c_name || type->name)
		pen_buffer_printf(out, " %s", type->c_name ? type->c_name : type->name);
	dump_range(type, out);
	dump_steps("switch", type->switch_is, out);
}

static void dump_marshal(const struct pen_model_marshal *marshal, struct pen_buffer *out)
{
	if (marshal)
		pen_buffer_printf(out, " %s(%s)", pen_marshal_word(marshal->kind), marshal->name);
}

static void dump_field_flags(const struct pen_model_field *field, struct pen_buffer *out)
{
	const char *word;

	for (size_t i = 0; (word = pen_field_flag_word(i)); i++) {
		if (field->flags & PEN_BIT(i))
			pen_buffer_printf(out, " %s", word);
	}
	if (field->has_bits)
		pen_buffer_printf(out, " bits %u", field->bits);
	if (field->byte_count)
		pen_buffer_printf(out, " byte_count(%s)", field->byte_count);
	dump_steps("iid_is", field->iid_is, out);
	dump_marshal(field->marshal, out);
}

static void dump_field(const struct pen_model_field *field, struct pen_buffer *out)
{
	indent(out, 1);
	for (uint32_t i = 0; i < field->n_cases; i++)
		pen_buffer_printf(out, "case %" PRId64 " ", field->cases[i]);
	pen_buffer_printf(out, "%s%s%s%s: ", field->is_default ? "default " : "",
			  field->is_in ? "in " : "", field->is_out ? "out " : "",
			  field->name ? field->name : "(none)");
	dump_type(field->type, out);
	dump_field_flags(field, out);
	pen_buffer_printf(out, "\n");
}

static void dump_refusal(const struct pen_refusal *refusal, struct pen_buffer *out)
{
	if (refusal)
		pen_buffer_printf(out, "  not sent: %s\n", refusal->text);
}

static void dump_named(const struct pen_model_type *type, struct pen_buffer *out)
{
	pen_buffer_printf(out, "%s %s", pen_kind_word(type->kind), type->c_name);
	if (type->kind == PEN_ENUM)
		pen_buffer_printf(out, " of %u bits", type->enum_bits);
	if (type->tag_type) {
		pen_buffer_printf(out, " by %s", type->tag_name ? type->tag_name : "");
		pen_buffer_printf(out, "%s", type->tag_name ? " " : "");
		dump_type(type->tag_type, out);
	}
	pen_buffer_printf(out, "\n");
	dump_refusal(type->refusal, out);
	for (uint32_t i = 0; i < type->n_fields; i++)
		dump_field(&type->fields[i], out);
	for (uint32_t i = 0; i < type->n_enumerators; i++) {
		indent(out, 1);
		pen_buffer_printf(out, "%s = %" PRId64 "\n", type->enumerators[i].name,
				  type->enumerators[i].value);
	}
}

static void dump_attributes(uint32_t attributes, struct pen_buffer *out)
{
	const char *word;

	for (size_t i = 0; (word = pen_attribute_word(i)); i++) {
		if (attributes & PEN_BIT(i))
			pen_buffer_printf(out, " %s", word);
	}
}

static void dump_operations(const struct pen_model_operation *list, const char *what,
			    uint32_t opnum, struct pen_buffer *out)
{
	for (const struct pen_model_operation *o = list; o; o = o->next) {
		pen_buffer_printf(out, "%s %u %s%s%s%s%s", what, opnum++, o->name,
				  o->is_local ? " local" : "",
				  o->flags & PEN_OPERATION_IDEMPOTENT ? " idempotent" : "",
				  o->flags & PEN_OPERATION_MAYBE ? " maybe" : "",
				  o->flags & PEN_OPERATION_BROADCAST ? " broadcast" : "");
		dump_attributes(o->attributes, out);
		if (o->call_as)
			pen_buffer_printf(out, " call_as(%s)", o->call_as);
		if (o->result) {
			pen_buffer_printf(out, " gives ");
			dump_type(o->result, out);
			dump_marshal(o->marshal, out);
		}
		pen_buffer_printf(out, "\n");
		dump_refusal(o->refusal, out);
		for (uint32_t i = 0; i < o->n_parameters; i++)
			dump_field(&o->parameters[i], out);
	}
}

static void dump_interface(const struct pen_model_interface *interface, struct pen_buffer *out)
{
	char uuid[PEN_UUID_TEXT_SIZE];

	pen_uuid_print(&interface->id.uuid, uuid);
	pen_buffer_printf(out, "interface %s %s %u.%u%s%s", interface->name, uuid,
			  interface->id.major, interface->id.minor,
			  interface->is_local ? " local" : "",
			  interface->is_object ? " object" : "");
	if (interface->base)
		pen_buffer_printf(out, " on %s", interface->base->name);
	if (interface->has_auto_handle)
		pen_buffer_printf(out, " auto_handle");
	if (interface->implicit_handle)
		pen_buffer_printf(out, " implicit_handle(%s)", interface->implicit_handle);
	dump_attributes(interface->attributes, out);
	pen_buffer_printf(out, "\n");
	for (uint32_t i = 0; i < interface->n_endpoints; i++)
		pen_buffer_printf(out, "  endpoint %s\n", interface->endpoints[i]);
	dump_operations(interface->operations, "operation", interface->n_inherited, out);
	dump_operations(interface->callbacks, "callback", 0, out);
}

static void dump_alias(const struct pen_model_alias *alias, struct pen_buffer *out)
{
	pen_buffer_printf(out, "alias %s", alias->c_name);
	dump_attributes(alias->owner.attributes, out);
	pen_buffer_printf(out, ": ");
	dump_type(alias->type, out);
	pen_buffer_printf(out, "\n");
	dump_refusal(alias->owner.refusal, out);
}

static void dump_constant(const struct pen_model_constant *constant, struct pen_buffer *out)
{
	const struct pen_number *number = &constant->number;

	if (number->kind == PEN_NUMBER_REAL)
		pen_buffer_printf(out, "const %s = %.17g\n", constant->c_name, number->real);
	else if (number->kind == PEN_NUMBER_U64)
		pen_buffer_printf(out, "const %s = %" PRIu64 "\n", constant->c_name,
				  (uint64_t)number->value);
	else
		pen_buffer_printf(out, "const %s = %" PRId64 "\n", constant->c_name, number->value);
}

void pen_idl_dump_model(const struct pen_model *model, struct pen_buffer *out)
{
	for (const struct pen_model_constant *c = model->constants; c; c = c->next) {
		if (c->text)
			pen_buffer_printf(out, "const %s = \"%s\"\n", c->c_name, c->text);
		else
			dump_constant(c, out);
	}
	for (const struct pen_model_type *type = model->types; type; type = type->next) {
		if (type->pos.source == model->source)
			dump_named(type, out);
	}
	for (const struct pen_model_interface *i = model->interfaces; i; i = i->next)
		dump_interface(i, out);
	for (const struct pen_model_alias *a = model->aliases; a; a = a->next)
		dump_alias(a, out);
}

/* ---- the plan ---- */

static void dump_plan_type(const struct pen_plan_type *plan, struct pen_buffer *out)
{
	const struct pen_type *type = &plan->type;

	pen_buffer_printf(out, "%s: %s", plan->table, pen_kind_word(type->kind));
	if (type->element)
		pen_buffer_printf(out, " %s", pen_plan_table(type->element));
	if (type->tag)
		pen_buffer_printf(out, " tag %s, arms at %zu", pen_plan_table(type->tag),
				  type->arms_offset);
	pen_buffer_printf(out, ", C %s, size %zu align %zu%s\n", plan->c_type, type->size,
			  plan->align, type->is_conformant ? ", conformant" : "");
	for (size_t i = 0; i < PEN_N_TRANSFERS; i++)
		pen_buffer_printf(out, "  %s align %u min %u%s\n", i ? "ndr64" : "ndr",
				  type->wire[i].align, type->wire[i].min,
				  type->wire[i].is_block ? " block" : "");
	for (uint32_t i = 0; i < type->n_fields; i++)
		pen_buffer_printf(out, "  %4zu %s: %s, runs %u %u\n", plan->fields[i].offset,
				  plan->fields[i].name, pen_plan_table(plan->fields[i].type),
				  plan->fields[i].n_run[PEN_NDR], plan->fields[i].n_run[PEN_NDR64]);
}

void pen_idl_dump_plan(const struct pen_plan *plan, struct pen_buffer *out)
{
	for (const struct pen_plan_type *type = plan->types; type; type = type->next) {
		if (!type->is_foreign)
			dump_plan_type(type, out);
	}
}
