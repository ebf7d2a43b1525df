/* SPDX-License-Identifier: MIT */
/*
 * Prints a reference of interfaces and types as Markdown, for people who call them.
 */
#include "compiler/emit.h"
#include <inttypes.h>
#include <string.h>

/* In a cell of a table a bar is written so. */
static void put_cell(struct pen_emitter *emitter, const char *text)
{
	for (; *text; text++)
		pen_emit(emitter, *text == '|' ? "\\|" : "%c", *text);
}

/* ---- expressions ---- */

/* The operand that ends with that step, in C's order; in parentheses inside another. */
static void put_operand(struct pen_emitter *emitter, const struct pen_model_step *steps,
			size_t last, bool is_inner)
{
	unsigned n = pen_step_operands(steps[last].op);
	const char *operator= pen_tree_operator(steps[last].op);
	size_t ends[3] = { 0 };
	size_t at = last;

	if (steps[last].op == PEN_EXPR_CONST) {
		pen_emit(emitter, "%" PRId64, steps[last].value);
		return;
	}
	if (!n) {
		pen_emit(emitter, "%s", steps[last].field->name);
		return;
	}
	for (unsigned i = n; i--;) {
		ends[i] = at - 1;
		at = pen_step_first(steps, ends[i]);
	}
	pen_emit(emitter, "%s", is_inner ? "(" : "");
	if (n == 1)
		pen_emit(emitter, "%s", operator);
	put_operand(emitter, steps, ends[0], true);
	for (unsigned i = 1; i < n; i++) {
		pen_emit(emitter, " ");
		put_cell(emitter, n == 2 ? operator: i == 1 ? "?" : ":");
		pen_emit(emitter, " ");
		put_operand(emitter, steps, ends[i], true);
	}
	pen_emit(emitter, "%s", is_inner ? ")" : "");
}

static void put_expr(struct pen_emitter *emitter, const struct pen_model_step *steps)
{
	size_t n = 0;

	while (steps[n].op)
		n++;
	pen_emit(emitter, "`");
	if (n)
		put_operand(emitter, steps, n - 1, false);
	pen_emit(emitter, "`");
}

/* ---- types in words ---- */

/* A heading's anchor: small letters, and no marks but - and _. */
static void put_link(struct pen_emitter *emitter, const char *name)
{
	pen_emit(emitter, "[%s](#", name);
	for (; *name; name++)
		pen_emit(emitter, "%c", *name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
	pen_emit(emitter, ")");
}

static void put_type(struct pen_emitter *emitter, const struct pen_model_type *type);

static void put_array(struct pen_emitter *emitter, const struct pen_model_type *type)
{
	pen_emit(emitter, "array of ");
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		const struct pen_model_dimension *d = &type->dimensions[i];

		pen_emit(emitter, "%s", i ? " times " : "");
		if (d->size_is)
			put_expr(emitter, d->size_is);
		else if (d->count)
			pen_emit(emitter, "%u", d->count);
		else
			pen_emit(emitter, "any number of");
	}
	pen_emit(emitter, " ");
	put_type(emitter, type->element);
}

static void put_string(struct pen_emitter *emitter, const struct pen_model_type *type)
{
	const struct pen_model_dimension *d = &type->dimensions[0];

	pen_emit(emitter, type->element->kind == PEN_WCHAR ? "text in UTF-16" : "text in bytes");
	if (d->count)
		pen_emit(emitter, " in room for %u characters", d->count);
	if (d->size_is) {
		pen_emit(emitter, " in room for ");
		put_expr(emitter, d->size_is);
		pen_emit(emitter, " characters");
	}
}

static void put_pointer(struct pen_emitter *emitter, const struct pen_model_type *type)
{
	put_type(emitter, type->element);
	if (type->pointer_kind == PEN_UNIQUE)
		pen_emit(emitter, ", or NULL");
	else if (type->pointer_kind == PEN_FULL)
		pen_emit(emitter, ", or NULL, or shared with others");
}

static void put_type(struct pen_emitter *emitter, const struct pen_model_type *type)
{
	if (type->form == PEN_FORM_PIPE) {
		pen_emit(emitter, "pipe of ");
		put_type(emitter, type->element);
		return;
	}
	if (type->form) {
		pen_emit(emitter, "%s", pen_form_word(type->form));
		if (type->form == PEN_FORM_INTERFACE && type->name)
			pen_emit(emitter, " `%s`", type->name);
		return;
	}
	switch (type->kind) {
	case PEN_ARRAY:
		put_array(emitter, type);
		break;
	case PEN_STRING:
		put_string(emitter, type);
		break;
	case PEN_POINTER:
		put_pointer(emitter, type);
		break;
	case PEN_HANDLE:
		pen_emit(emitter, "context handle");
		break;
	case PEN_SYSTEM_HANDLE:
		pen_emit(emitter, "system handle (%s)", type->name);
		break;
	case PEN_STRUCT:
	case PEN_UNION:
	case PEN_ENUM:
		if (type->name && type->pos.source == emitter->plan->model->source)
			put_link(emitter, type->name);
		else if (type->name)
			pen_emit(emitter, "`%s`", type->name);
		break;
	default:
		pen_emit(emitter, "`%s`", pen_kind_word(type->kind));
		break;
	}
}

/* What values must keep to, one thing after the other. */
static void put_constraints(struct pen_emitter *emitter, const struct pen_model_type *type)
{
	const char *between = "";

	for (; type; type = type->element) {
		bool is_counted = type->kind == PEN_ARRAY || type->kind == PEN_STRING;

		if (type->range) {
			pen_emit(emitter, "%s%" PRId64 " to %" PRId64 "%s", between,
				 type->range->min, type->range->max,
				 type->kind == PEN_ARRAY    ? " elements"
				 : type->kind == PEN_STRING ? " characters, with the last zero"
							    : "");
			between = "; ";
		}
		if (type->use_of && type->switch_is) {
			pen_emit(emitter, "%sthe arm is chosen by ", between);
			put_expr(emitter, type->switch_is);
			between = "; ";
		}
		for (uint32_t i = 0; is_counted && i < type->n_dimensions; i++) {
			const struct pen_model_dimension *d = &type->dimensions[i];

			if (!d->length_is)
				continue;
			pen_emit(emitter, "%s", between);
			put_expr(emitter, d->length_is);
			pen_emit(emitter, " are sent");
			if (d->first_is) {
				pen_emit(emitter, ", from ");
				put_expr(emitter, d->first_is);
				pen_emit(emitter, " on");
			}
			between = "; ";
		}
	}
}

/* The last two cells of a row. */
static void put_type_cells(struct pen_emitter *emitter, const struct pen_model_field *field)
{
	put_type(emitter, field->type);
	pen_emit(emitter, " | ");
	if (field->flags & PEN_FIELD_IGNORE)
		pen_emit(emitter, "not sent");
	else
		put_constraints(emitter, field->type);
	if (field->flags & PEN_FIELD_PARTIAL_IGNORE)
		pen_emit(emitter, "what comes in says only whether it is NULL");
	pen_emit(emitter, " |\n");
}

/* ---- named types ---- */

static void put_struct(struct pen_emitter *emitter, const struct pen_model_type *type)
{
	pen_emit(emitter, "A struct.\n\n| member | type | |\n|---|---|---|\n");
	for (uint32_t i = 0; i < type->n_fields; i++) {
		pen_emit(emitter, "| `%s` | ", type->fields[i].name);
		put_type_cells(emitter, &type->fields[i]);
	}
}

static void put_union(struct pen_emitter *emitter, const struct pen_model_type *type)
{
	pen_emit(emitter, "A union");
	if (type->is_encapsulated)
		pen_emit(emitter, ", whose discriminant `%s` is a part of it", type->tag_name);
	if (type->tag_type) {
		pen_emit(emitter, "; the discriminant is ");
		put_type(emitter, type->tag_type);
	}
	pen_emit(emitter, ".\n\n| chosen by | arm | type | |\n|---|---|---|---|\n");
	for (uint32_t i = 0; i < type->n_fields; i++) {
		const struct pen_model_field *arm = &type->fields[i];

		pen_emit(emitter, "| ");
		for (uint32_t k = 0; k < arm->n_cases; k++)
			pen_emit(emitter, "%s%" PRId64, k ? ", " : "", arm->cases[k]);
		if (arm->is_default)
			pen_emit(emitter, "%sany other", arm->n_cases ? ", " : "");
		if (!arm->name) {
			pen_emit(emitter, " | | nothing | |\n");
			continue;
		}
		pen_emit(emitter, " | `%s` | ", arm->name);
		put_type_cells(emitter, arm);
	}
}

static void put_enum(struct pen_emitter *emitter, const struct pen_model_type *type)
{
	pen_emit(emitter, "An enum, of %u bits in NDR.\n\n| name | value |\n|---|---|\n",
		 type->enum_bits);
	for (uint32_t i = 0; i < type->n_enumerators; i++)
		pen_emit(emitter, "| `%s` | %" PRId64 " |\n", type->enumerators[i].name,
			 type->enumerators[i].value);
}

static void put_types(struct pen_emitter *emitter, const struct pen_model *model)
{
	bool is_first = true;

	for (const struct pen_model_type *type = model->types; type; type = type->next) {
		if (type->pos.source != model->source || type->refusal)
			continue;
		pen_emit(emitter, "%s\n### %s\n\n", is_first ? "\n## Types\n" : "", type->name);
		is_first = false;
		if (type->kind == PEN_STRUCT)
			put_struct(emitter, type);
		else if (type->kind == PEN_UNION)
			put_union(emitter, type);
		else
			put_enum(emitter, type);
	}
}

/* ---- constants ---- */

static void put_constants(struct pen_emitter *emitter, const struct pen_model *model)
{
	bool is_first = true;

	for (const struct pen_model_constant *c = model->constants; c; c = c->next) {
		if (c->pos.source != model->source || !c->c_name)
			continue;
		pen_emit(emitter, "%s| `%s` | ",
			 is_first ? "\n## Constants\n\n| name | value |\n|---|---|\n" : "",
			 c->name);
		is_first = false;
		if (c->text)
			put_cell(emitter, c->text);
		else if (c->number.kind == PEN_NUMBER_REAL)
			pen_emit(emitter, "%.17g", c->number.real);
		else if (c->number.kind == PEN_NUMBER_U64)
			pen_emit(emitter, "%" PRIu64, (uint64_t)c->number.value);
		else
			pen_emit(emitter, "%" PRId64, c->number.value);
		pen_emit(emitter, " |\n");
	}
}

/* ---- interfaces ---- */

static void put_traits(struct pen_emitter *emitter, const struct pen_model_operation *operation,
		       const char *between)
{
	static const char *const flags[] = { "idempotent", "maybe", "broadcast", "takes pipes",
					     "gives pipes" };
	const char *word;

	for (size_t i = 0; i < PEN_COUNT(flags); i++) {
		if (!(operation->flags & PEN_BIT(i)))
			continue;
		pen_emit(emitter, "%s%s", between, flags[i]);
		between = ", ";
	}
	for (size_t i = 0; (word = pen_attribute_word(i)); i++) {
		if (!(operation->attributes & PEN_BIT(i)))
			continue;
		pen_emit(emitter, "%s%s", between, word);
		between = ", ";
	}
	if (operation->is_local)
		pen_emit(emitter, "%snot on the wire", between);
	else if (operation->refusal)
		pen_emit(emitter, "%snot offered here", between);
}

static void put_parameters(struct pen_emitter *emitter, const struct pen_model_operation *operation)
{
	if (operation->n_parameters)
		pen_emit(emitter, "| parameter | direction | type | |\n|---|---|---|---|\n");
	for (uint32_t i = 0; i < operation->n_parameters; i++) {
		const struct pen_model_field *p = &operation->parameters[i];

		pen_emit(emitter, "| `%s` | %s | ", p->name,
			 p->is_in && p->is_out ? "in, out"
			 : p->is_in	       ? "in"
			 : p->is_out	       ? "out"
					       : "");
		put_type_cells(emitter, p);
	}
	pen_emit(emitter, "%sReturns ", operation->n_parameters ? "\n" : "");
	if (operation->result->kind == PEN_VOID && !operation->result->form)
		pen_emit(emitter, "nothing");
	else
		put_type(emitter, operation->result);
	pen_emit(emitter, ".\n");
}

/* The rows or the sections of the operations, those of the base first. */
static void put_operations(struct pen_emitter *emitter, const struct pen_model_interface *interface,
			   bool is_row)
{
	uint32_t opnum = interface->n_inherited;

	if (interface->base)
		put_operations(emitter, interface->base, is_row);
	for (const struct pen_model_operation *o = interface->operations; o; o = o->next) {
		if (is_row) {
			pen_emit(emitter, "| %u | ", opnum++);
			put_link(emitter, o->name);
			pen_emit(emitter, " | ");
			put_traits(emitter, o, "");
			pen_emit(emitter, " |\n");
			continue;
		}
		pen_emit(emitter, "\n### %s\n\nOpnum %u", o->name, opnum++);
		put_traits(emitter, o, "; ");
		pen_emit(emitter, ".\n\n");
		put_parameters(emitter, o);
	}
}

/* The same of callbacks, whose numbers are their own. */
static uint32_t put_callbacks(struct pen_emitter *emitter,
			      const struct pen_model_interface *interface, bool is_row)
{
	uint32_t number = interface->base ? put_callbacks(emitter, interface->base, is_row) : 0;

	for (const struct pen_model_operation *o = interface->callbacks; o; o = o->next, number++) {
		if (is_row) {
			pen_emit(emitter, "| %u | ", number);
			put_link(emitter, o->name);
			pen_emit(emitter, " | ");
			put_traits(emitter, o, "");
			pen_emit(emitter, " |\n");
			continue;
		}
		pen_emit(emitter,
			 "\n### %s\n\nThe server calls it, the client serves it: number %u",
			 o->name, number);
		put_traits(emitter, o, "; ");
		pen_emit(emitter, ".\n\n");
		put_parameters(emitter, o);
	}
	return number;
}

static bool has_callbacks(const struct pen_model_interface *interface)
{
	while (interface && !interface->callbacks)
		interface = interface->base;
	return interface;
}

static void put_interface(struct pen_emitter *emitter, const struct pen_model_interface *interface)
{
	char uuid[PEN_UUID_TEXT_SIZE];

	pen_emit(emitter, "\n## Interface %s\n\n| | |\n|---|---|\n", interface->name);
	if (interface->has_uuid) {
		pen_uuid_print(&interface->id.uuid, uuid);
		pen_emit(emitter, "| UUID | `%s` |\n| version | %u.%u |\n", uuid,
			 interface->id.major, interface->id.minor);
	}
	for (uint32_t i = 0; i < interface->n_endpoints; i++) {
		pen_emit(emitter, "| endpoint | `");
		put_cell(emitter, interface->endpoints[i]);
		pen_emit(emitter, "` |\n");
	}
	if (interface->base)
		pen_emit(emitter, "| based on | %s |\n", interface->base->name);
	if (interface->level)
		pen_emit(emitter, "| security | %s at least |\n", interface->level);
	if (interface->is_object || interface->is_local)
		pen_emit(emitter, "| kind | %s |\n", interface->is_object ? "object" : "local");
	if (interface->n_inherited || interface->operations) {
		pen_emit(emitter, "\n| opnum | operation | |\n|---|---|---|\n");
		put_operations(emitter, interface, true);
	}
	if (has_callbacks(interface)) {
		pen_emit(emitter, "\n| number | callback | |\n|---|---|---|\n");
		put_callbacks(emitter, interface, true);
	}
	put_operations(emitter, interface, false);
	put_callbacks(emitter, interface, false);
}

int pen_idl_emit_markdown(const struct pen_plan *plan, const struct pen_emit_options *options,
			  struct pen_buffer *out)
{
	struct pen_emitter emitter = { .plan = plan, .options = options, .out = out };
	const struct pen_model *model = plan->model;

	pen_emit(&emitter, "# ");
	pen_emit_base_name(&emitter, model->source->name);
	pen_emit(&emitter, "\n\nWritten by penidl from `");
	pen_emit_base_name(&emitter, model->source->name);
	pen_emit(&emitter, ".idl`.\n");
	for (const struct pen_model_interface *i = model->interfaces; i; i = i->next)
		put_interface(&emitter, i);
	put_types(&emitter, model);
	put_constants(&emitter, model);
	return emitter.error;
}
