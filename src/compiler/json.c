/* SPDX-License-Identifier: MIT */
/*
 * Prints the model as JSON, for other generators: docs/idl.md has the schema. What it
 * says is of the model; sizes and offsets are the plan's.
 */
#include "ndr/json.h"
#include "compiler/emit.h"
#include <inttypes.h>
#include <math.h>

enum { SCHEMA = 1, LINES_MAX = 4 /* what is deeper stands in one line */ };

struct writer {
	struct pen_emitter emitter;
	bool has_before; /* a value, so that a comma is due */
	unsigned depth;
};

/* ---- JSON ---- */

static void put_string(struct writer *writer, const char *text)
{
	if (!writer->emitter.error)
		writer->emitter.error = pen_json_put_string(writer->emitter.out, text, true);
}

/* What stands before a value: a comma, and in an object its name. */
static void begin(struct writer *writer, const char *name)
{
	pen_emit(&writer->emitter, writer->has_before ? "," : "");
	if (writer->depth <= LINES_MAX) {
		pen_emit(&writer->emitter, "\n%*s", (int)writer->depth, "");
	} else if (writer->has_before) {
		pen_emit(&writer->emitter, " ");
	}
	if (name)
		pen_emit(&writer->emitter, "\"%s\": ", name);
	writer->has_before = true;
}

static void enter(struct writer *writer, const char *name, char bracket)
{
	begin(writer, name);
	pen_emit(&writer->emitter, "%c", bracket);
	writer->has_before = false;
	writer->depth++;
}

static void leave(struct writer *writer, char bracket)
{
	writer->depth--;
	if (writer->has_before && writer->depth < LINES_MAX)
		pen_emit(&writer->emitter, "\n%*s", (int)writer->depth, "");
	pen_emit(&writer->emitter, "%c", bracket);
	writer->has_before = true;
}

/* NULL is left out. */
static void put_text(struct writer *writer, const char *name, const char *text)
{
	if (!text)
		return;
	begin(writer, name);
	put_string(writer, text);
}

static void put_number(struct writer *writer, const char *name, int64_t number)
{
	begin(writer, name);
	pen_emit(&writer->emitter, "%" PRId64, number);
}

/* False is left out. */
static void put_flag(struct writer *writer, const char *name, bool flag)
{
	if (!flag)
		return;
	begin(writer, name);
	pen_emit(&writer->emitter, "true");
}

/* Those words of the bits that are set, as an array; none: left out. */
static void put_words(struct writer *writer, const char *name, uint32_t bits,
		      const char *(*word_of)(size_t n))
{
	const char *word;

	if (!bits)
		return;
	enter(writer, name, '[');
	for (size_t i = 0; (word = word_of(i)); i++) {
		if (bits & PEN_BIT(i))
			put_text(writer, NULL, word);
	}
	leave(writer, ']');
}

/* ---- expressions ---- */

/* The operand that ends with that step: a number, a name, or ["+", operand, operand]. */
static void put_operand(struct writer *writer, const char *name, const struct pen_model_step *steps,
			size_t last)
{
	size_t ends[3];
	unsigned n = pen_step_operands(steps[last].op);
	size_t at = last;

	if (steps[last].op == PEN_EXPR_CONST) {
		put_number(writer, name, steps[last].value);
		return;
	}
	if (!n) {
		put_text(writer, name, steps[last].field->name);
		return;
	}
	enter(writer, name, '[');
	put_text(writer, NULL, pen_tree_operator(steps[last].op));
	for (unsigned i = n; i--;) {
		ends[i] = at - 1;
		at = pen_step_first(steps, ends[i]);
	}
	for (unsigned i = 0; i < n; i++)
		put_operand(writer, NULL, steps, ends[i]);
	leave(writer, ']');
}

static void put_expr(struct writer *writer, const char *name, const struct pen_model_step *steps)
{
	size_t n = 0;

	if (!steps || !steps[0].op)
		return;
	while (steps[n].op)
		n++;
	put_operand(writer, name, steps, n - 1);
}

/* ---- types where they are used ---- */

static void put_range(struct writer *writer, const struct pen_range *range)
{
	if (!range)
		return;
	enter(writer, "range", '[');
	put_number(writer, NULL, range->min);
	put_number(writer, NULL, range->max);
	leave(writer, ']');
}

static void put_dimensions(struct writer *writer, const struct pen_model_type *type)
{
	if (!type->n_dimensions)
		return;
	enter(writer, "dimensions", '[');
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		const struct pen_model_dimension *d = &type->dimensions[i];

		enter(writer, NULL, '{');
		if (!d->is_conformant)
			put_number(writer, "count", d->count);
		put_expr(writer, "size_is", d->size_is);
		put_expr(writer, "length_is", d->length_is);
		put_expr(writer, "first_is", d->first_is);
		leave(writer, '}');
	}
	leave(writer, ']');
}

static void put_type(struct writer *writer, const char *name, const struct pen_model_type *type)
{
	enter(writer, name, '{');
	put_text(writer, "kind",
		 type->form ? pen_form_word(type->form) : pen_kind_word(type->kind));
	if (type->kind == PEN_POINTER)
		put_text(writer, "pointer", pen_pointer_word(type->pointer_kind));
	put_text(writer, "name", type->c_name ? type->c_name : type->name);
	if (type->access)
		put_number(writer, "access", type->access);
	put_dimensions(writer, type);
	put_range(writer, type->range);
	if (type->use_of)
		put_expr(writer, "switch_is", type->switch_is);
	if (type->element)
		put_type(writer, "element", type->element);
	leave(writer, '}');
}

/* ---- members, arms, parameters ---- */

static void put_cases(struct writer *writer, const struct pen_model_field *field)
{
	if (field->n_cases) {
		enter(writer, "cases", '[');
		for (uint32_t i = 0; i < field->n_cases; i++)
			put_number(writer, NULL, field->cases[i]);
		leave(writer, ']');
	}
	put_flag(writer, "default", field->is_default);
}

/* What programs have in its place. */
static void put_marshal(struct writer *writer, const char *name,
			const struct pen_model_marshal *marshal)
{
	if (!marshal)
		return;
	enter(writer, name, '{');
	put_text(writer, "attribute", pen_marshal_word(marshal->kind));
	put_text(writer, "name", marshal->name);
	leave(writer, '}');
}

static void put_field(struct writer *writer, const struct pen_model_field *field,
		      const struct pen_field *live)
{
	enter(writer, NULL, '{');
	put_text(writer, "name", field->name);
	put_flag(writer, "in", field->is_in);
	put_flag(writer, "out", field->is_out);
	put_cases(writer, field);
	if (live)
		put_number(writer, "offset", (int64_t)live->offset);
	if (field->has_bits)
		put_number(writer, "bits", field->bits);
	put_words(writer, "attributes",
		  field->flags & ~(uint32_t)(PEN_FIELD_HANDLE | PEN_FIELD_UNTYPED_HANDLE),
		  pen_field_flag_word);
	put_text(writer, "byte_count", field->byte_count);
	put_expr(writer, "iid_is", field->iid_is);
	put_marshal(writer, "local_form", field->marshal);
	if (field->name)
		put_type(writer, "type", field->type);
	leave(writer, '}');
}

/* ---- named types ---- */

static void put_wire(struct writer *writer, const char *name, const struct pen_wire *wire)
{
	enter(writer, name, '{');
	put_number(writer, "align", wire->align);
	put_number(writer, "min", wire->min);
	leave(writer, '}');
}

/* How it lies in memory and on the wire. A union has no table but where it is used. */
static void put_layout(struct writer *writer, const struct pen_model_type *type)
{
	const struct pen_plan_type *plan = type->plan;

	if (!plan)
		return;
	put_text(writer, "c_type", plan->c_type);
	put_number(writer, "size", (int64_t)plan->type.size);
	put_number(writer, "align", (int64_t)plan->align);
	if (type->kind == PEN_UNION && !type->is_encapsulated)
		return;
	put_wire(writer, "ndr", &plan->type.wire[PEN_NDR]);
	put_wire(writer, "ndr64", &plan->type.wire[PEN_NDR64]);
}

static void put_union(struct writer *writer, const struct pen_model_type *type)
{
	put_flag(writer, "encapsulated", type->is_encapsulated);
	put_flag(writer, "ms_union", type->is_ms_union);
	put_text(writer, "tag", type->tag_name);
	if (type->tag_type)
		put_type(writer, "switch_type", type->tag_type);
}

static void put_enumerators(struct writer *writer, const struct pen_model_type *type)
{
	put_number(writer, "bits", type->enum_bits);
	enter(writer, "enumerators", '[');
	for (uint32_t i = 0; i < type->n_enumerators; i++) {
		enter(writer, NULL, '{');
		put_text(writer, "name", type->enumerators[i].name);
		put_number(writer, "value", type->enumerators[i].value);
		leave(writer, '}');
	}
	leave(writer, ']');
}

static void put_named(struct writer *writer, const struct pen_model_type *type)
{
	enter(writer, NULL, '{');
	put_text(writer, "name", type->c_name);
	put_text(writer, "idl_name", type->name);
	put_text(writer, "kind", pen_kind_word(type->kind));
	put_text(writer, "file", type->pos.source->name);
	if (type->refusal)
		put_text(writer, "unsendable", type->refusal->text);
	put_layout(writer, type);
	if (type->kind == PEN_ENUM)
		put_enumerators(writer, type);
	if (type->kind == PEN_UNION)
		put_union(writer, type);
	if (type->kind != PEN_ENUM) {
		enter(writer, type->kind == PEN_UNION ? "arms" : "members", '[');
		for (uint32_t i = 0; i < type->n_fields; i++)
			put_field(writer, &type->fields[i],
				  type->plan && type->kind == PEN_STRUCT ? &type->plan->fields[i]
									 : NULL);
		leave(writer, ']');
	}
	leave(writer, '}');
}

/* Types that are serialized, and so have functions by the names of typedefs. */
static void put_aliases(struct writer *writer, const struct pen_model *model)
{
	bool is_first = true;

	for (const struct pen_model_alias *a = model->aliases; a; a = a->next) {
		if (!a->owner.attributes || a->owner.pos.source != model->source)
			continue;
		if (is_first)
			enter(writer, "serialized", '[');
		is_first = false;
		enter(writer, NULL, '{');
		put_text(writer, "name", a->c_name);
		put_text(writer, "idl_name", a->owner.name);
		put_words(writer, "attributes", a->owner.attributes, pen_attribute_word);
		if (a->owner.refusal)
			put_text(writer, "unsendable", a->owner.refusal->text);
		put_type(writer, "type", a->type);
		leave(writer, '}');
	}
	if (!is_first)
		leave(writer, ']');
}

/* ---- interfaces ---- */

static const char *flag_word(size_t n)
{
	static const char *const words[] = { "idempotent", "maybe",	"broadcast",
					     "in_pipes",   "out_pipes", "message" };

	return n < PEN_COUNT(words) ? words[n] : NULL;
}

static void put_operation(struct writer *writer, const struct pen_model_interface *interface,
			  const struct pen_model_interface *from,
			  const struct pen_model_operation *operation, uint32_t opnum)
{
	enter(writer, NULL, '{');
	put_text(writer, "name", operation->name);
	put_number(writer, "opnum", opnum);
	if (from != interface)
		put_text(writer, "inherited_from", from->name);
	put_flag(writer, "local", operation->is_local || from->is_local);
	put_text(writer, "call_as", operation->call_as);
	if (operation->refusal)
		put_text(writer, "unsendable", operation->refusal->text);
	put_words(writer, "flags", operation->flags, flag_word);
	put_words(writer, "attributes", operation->attributes, pen_attribute_word);
	enter(writer, "parameters", '[');
	for (uint32_t i = 0; i < operation->n_parameters; i++)
		put_field(writer, &operation->parameters[i], NULL);
	leave(writer, ']');
	put_type(writer, "result", operation->result);
	put_marshal(writer, "result_local_form", operation->marshal);
	leave(writer, '}');
}

/* Those of the base come first. */
static void put_operations(struct writer *writer, const struct pen_model_interface *interface,
			   const struct pen_model_interface *from)
{
	uint32_t opnum = from->n_inherited;

	if (from->base)
		put_operations(writer, interface, from->base);
	for (const struct pen_model_operation *o = from->operations; o; o = o->next)
		put_operation(writer, interface, from, o, opnum++);
}

static void put_endpoints(struct writer *writer, const struct pen_model_interface *interface)
{
	enter(writer, "endpoints", '[');
	for (uint32_t i = 0; i < interface->n_endpoints; i++)
		put_text(writer, NULL, interface->endpoints[i]);
	leave(writer, ']');
}

static void put_interface(struct writer *writer, const struct pen_model_interface *interface)
{
	char uuid[PEN_UUID_TEXT_SIZE];
	uint32_t opnum = 0;

	enter(writer, NULL, '{');
	put_text(writer, "name", interface->name);
	put_text(writer, "kind",
		 interface->is_object  ? "object"
		 : interface->is_local ? "local"
				       : "remote");
	put_flag(writer, "local", interface->is_object && interface->is_local);
	put_flag(writer, "generic", interface->is_generic);
	if (interface->has_uuid) {
		pen_uuid_print(&interface->id.uuid, uuid);
		put_text(writer, "uuid", uuid);
		enter(writer, "version", '[');
		put_number(writer, NULL, interface->id.major);
		put_number(writer, NULL, interface->id.minor);
		leave(writer, ']');
	}
	put_text(writer, "level", interface->level);
	put_text(writer, "base", interface->base ? interface->base->name : NULL);
	put_words(writer, "attributes", interface->attributes, pen_attribute_word);
	put_flag(writer, "auto_handle", interface->has_auto_handle);
	put_text(writer, "implicit_handle", interface->implicit_handle);
	put_endpoints(writer, interface);
	enter(writer, "operations", '[');
	put_operations(writer, interface, interface);
	leave(writer, ']');
	enter(writer, "callbacks", '[');
	for (const struct pen_model_operation *o = interface->callbacks; o; o = o->next)
		put_operation(writer, interface, interface, o, opnum++);
	leave(writer, ']');
	leave(writer, '}');
}

/* ---- constants ---- */

static void put_real(struct writer *writer, double real)
{
	if (isfinite(real)) {
		begin(writer, "value");
		pen_emit(&writer->emitter, "%.17g", real);
	} else {
		put_text(writer, "value", isnan(real) ? "nan" : real < 0 ? "-inf" : "inf");
	}
}

static void put_constant(struct writer *writer, const struct pen_model_constant *constant)
{
	static const char *const kinds[] = {
		[PEN_NUMBER_I32] = "long",    [PEN_NUMBER_U32] = "unsigned long",
		[PEN_NUMBER_I64] = "hyper",   [PEN_NUMBER_U64] = "unsigned hyper",
		[PEN_NUMBER_REAL] = "double",
	};
	const struct pen_number *number = &constant->number;

	enter(writer, NULL, '{');
	put_text(writer, "name", constant->c_name);
	put_text(writer, "idl_name", constant->name);
	put_text(writer, "file", constant->pos.source->name);
	put_text(writer, "kind", constant->text ? "string" : kinds[number->kind]);
	if (constant->text) {
		put_flag(writer, "wide", constant->is_wide);
		put_text(writer, "value", constant->text);
	} else if (number->kind == PEN_NUMBER_REAL) {
		put_real(writer, number->real);
	} else if (number->kind == PEN_NUMBER_U64) {
		begin(writer, "value");
		pen_emit(&writer->emitter, "%" PRIu64, (uint64_t)number->value);
	} else {
		put_number(writer, "value", number->value);
	}
	leave(writer, '}');
}

int pen_idl_dump_json(const struct pen_plan *plan, struct pen_buffer *out)
{
	const struct pen_model *model = plan->model;
	struct writer writer = { .emitter = { .plan = plan, .out = out } };

	pen_emit(&writer.emitter, "{");
	writer.depth = 1;
	put_number(&writer, "schema", SCHEMA);
	put_text(&writer, "file", model->source->name);
	enter(&writer, "imports", '[');
	for (const struct pen_model_import *i = model->imports; i; i = i->next)
		put_text(&writer, NULL, i->name);
	leave(&writer, ']');
	enter(&writer, "constants", '[');
	for (const struct pen_model_constant *c = model->constants; c; c = c->next) {
		if (c->c_name)
			put_constant(&writer, c);
	}
	leave(&writer, ']');
	enter(&writer, "types", '[');
	for (const struct pen_model_type *type = model->types; type; type = type->next)
		put_named(&writer, type);
	leave(&writer, ']');
	put_aliases(&writer, model);
	enter(&writer, "interfaces", '[');
	for (const struct pen_model_interface *i = model->interfaces; i; i = i->next)
		put_interface(&writer, i);
	leave(&writer, ']');
	pen_emit(&writer.emitter, "\n}\n");
	return writer.emitter.error;
}
