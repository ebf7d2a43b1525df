/* SPDX-License-Identifier: MIT */
/*
 * Prints the header: constants, C types, client functions, the server's table.
 */
#include "compiler/emit.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "uint32_t *name", "struct a name[2][3]" */
static void emit_declaration(struct pen_emitter *emitter, const struct pen_type *type,
			     const char *name)
{
	const char *c_type = pen_plan_c_type(type);
	size_t n = strlen(c_type);

	pen_emit(emitter, "\t%s%s%s", c_type, n && c_type[n - 1] == '*' ? "" : " ",
		 pen_emit_name(name).text);
	for (; pen_plan_is_in_place(type); type = type->element) {
		for (uint32_t i = 0; i < type->n_dimensions; i++)
			pen_emit(emitter, "[%u]", type->dimensions[i].count);
	}
	pen_emit(emitter, ";\n");
}

static void emit_members(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	bool is_empty = true;

	for (uint32_t i = 0; i < plan->type.n_fields; i++) {
		const struct pen_field *field = &plan->fields[i];

		if (field->type->kind == PEN_VOID)
			continue;
		emit_declaration(emitter, field->type, field->name);
		is_empty = false;
	}
	if (is_empty)
		pen_emit(emitter, "\tchar unused_;\n");
}

static void emit_enum(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	pen_emit(emitter, "%s {\n", plan->c_type);
	for (uint32_t i = 0; i < plan->type.n_enumerators; i++) {
		const struct pen_enumerator *e = &plan->type.enumerators[i];
		const char *c_name = plan->model->c_name;

		if (plan->model->is_scoped)
			pen_emit(emitter, "\t%s_%s = ", c_name, e->name);
		else
			pen_emit(emitter, "\t%s_%s = ", plan->model->prefix, e->name);
		if (e->value == INT32_MIN)
			pen_emit(emitter, "INT32_MIN,\n");
		else
			pen_emit(emitter, "%" PRId64 ",\n", e->value);
	}
	pen_emit(emitter, "};\n");
}

static void emit_type(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	pen_emit_idl_line(emitter, plan->model->pos);
	if (plan->type.kind == PEN_ENUM) {
		emit_enum(emitter, plan);
		pen_emit(emitter, "extern const struct pen_enumerator %s_enumerators[%u];\n",
			 plan->model->c_name, plan->type.n_enumerators);
	} else if (plan->type.kind == PEN_UNION && plan->model->is_encapsulated) {
		pen_emit(emitter, "%s {\n", plan->c_type);
		emit_declaration(emitter, plan->type.tag, plan->model->tag_name);
		pen_emit(emitter, "\tunion {\n");
		emit_members(emitter, plan);
		pen_emit(emitter, "\t} u;\n};\n");
	} else {
		pen_emit(emitter, "%s {\n", plan->c_type);
		emit_members(emitter, plan);
		pen_emit(emitter, "};\n");
	}
	if (plan->type.kind == PEN_UNION && plan->type.n_fields)
		pen_emit(emitter, "extern const struct pen_field %s_fields[%u];\n",
			 plan->model->c_name, plan->type.n_fields);
	if (plan->type.kind != PEN_UNION || plan->model->is_encapsulated)
		pen_emit(emitter, "extern const struct pen_type %s;\n", plan->table);
	pen_emit(emitter, "\n");
}

static void emit_real(struct pen_emitter *emitter, double real)
{
	char text[40];

	snprintf(text, sizeof(text), "%.17g", real);
	if (strchr(text, 'n')) /* inf, nan */
		pen_emit(emitter, "%s__builtin_inf()\n", real < 0 ? "-" : "");
	else
		pen_emit(emitter, "%s%s\n", text, strpbrk(text, ".e") ? "" : ".0");
}

static void emit_number(struct pen_emitter *emitter, const struct pen_number *number)
{
	int64_t value = number->value;

	if (number->kind == PEN_NUMBER_REAL)
		emit_real(emitter, number->real);
	else if (value == INT64_MIN && number->kind == PEN_NUMBER_I64)
		pen_emit(emitter, "INT64_MIN\n");
	else if (value < 0 && number->kind != PEN_NUMBER_U64)
		pen_emit(emitter, "(%" PRId64 ")\n", value);
	else if (number->kind == PEN_NUMBER_U32 || number->kind == PEN_NUMBER_U64 ||
		 value > INT32_MAX)
		pen_emit(emitter, "0x%" PRIx64 "%s\n", (uint64_t)value,
			 (uint64_t)value > UINT32_MAX ? "ull" : "u");
	else
		pen_emit(emitter, "%" PRId64 "\n", value);
}

static void emit_constant(struct pen_emitter *emitter, const struct pen_model_constant *constant)
{
	pen_emit(emitter, "#define %s ", constant->c_name);
	if (constant->text) {
		pen_emit(emitter, "\"");
		pen_emit_text(emitter, constant->text, strlen(constant->text));
		pen_emit(emitter, "\"\n");
	} else {
		emit_number(emitter, &constant->number);
	}
}

static void emit_parameters(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	pen_emit(emitter, "%s {\n", plan->c_type);
	emit_members(emitter, plan);
	pen_emit(emitter, "};\n");
}

static void emit_operation(struct pen_emitter *emitter, const struct pen_plan_interface *interface,
			   const struct pen_plan_operation *operation, uint32_t opnum)
{
	const char *name = operation->c_name;
	const char *prefix = interface->model->name;

	pen_emit(emitter, "/* Operation %u: %s */\n", opnum, operation->model->name);
	emit_parameters(emitter, operation->in);
	emit_parameters(emitter, operation->out);
	if (interface->model->is_object) {
		pen_emit(emitter, "\n");
		return;
	}
	pen_emit(emitter,
		 "\nstatic inline int %s(struct pen_call *call, const struct %s_in *in,\n"
		 "\t\tstruct %s_out *out)\n"
		 "{\n\treturn pen_call_invoke(call, &%s_interface, %u, in, out);\n}\n\n",
		 name, name, name, prefix, opnum);
	pen_emit(emitter,
		 "static inline int %s_start(struct pen_call *call, const struct %s_in *in,\n"
		 "\t\tstruct %s_out *out, pen_call_done_fn *done, void *data)\n"
		 "{\n\treturn pen_call_start(call, &%s_interface, %u, in, out, done, data);\n}\n\n",
		 name, name, name, prefix, opnum);
}

static void emit_callback(struct pen_emitter *emitter, const struct pen_plan_operation *operation,
			  uint32_t opnum)
{
	const char *name = operation->c_name;

	pen_emit(emitter, "/* Callback %u: %s */\n", opnum, operation->model->name);
	emit_parameters(emitter, operation->in);
	emit_parameters(emitter, operation->out);
	pen_emit(emitter,
		 "\nstatic inline int %s(struct pen_call *call, const struct %s_in *in,\n"
		 "\t\tstruct %s_out *out, pen_call_done_fn *done, void *data)\n"
		 "{\n\treturn pen_call_back(call, %u, in, out, done, data);\n}\n\n",
		 name, name, name, opnum);
}

/* Who serves the operations: a struct of functions. */
static void emit_functions(struct pen_emitter *emitter, const char *prefix, const char *kind,
			   const struct pen_plan_operation *operations, uint32_t n)
{
	bool is_empty = true;

	pen_emit(emitter, "struct %s_%s {\n", prefix, kind);
	for (uint32_t i = 0; i < n; i++) {
		const struct pen_plan_operation *o = &operations[i];

		if (!o->in)
			continue;
		pen_emit(emitter,
			 "\tint (*%s)(struct pen_call *call, const struct %s_in *in,\n"
			 "\t\tstruct %s_out *out);\n",
			 pen_emit_name(o->model->name).text, o->c_name, o->c_name);
		is_empty = false;
	}
	if (is_empty)
		pen_emit(emitter, "\tchar unused_;\n");
	pen_emit(emitter, "};\n\n");
}

static void emit_callbacks(struct pen_emitter *emitter, const struct pen_plan_interface *interface)
{
	const char *name = interface->model->name;
	uint32_t n = interface->interface.n_callbacks;

	if (!n)
		return;
	for (uint32_t i = 0; i < n; i++) {
		if (interface->callbacks[i].in)
			emit_callback(emitter, &interface->callbacks[i], i);
	}
	pen_emit(emitter, "/* What a client of %s does when its server calls it back. */\n", name);
	emit_functions(emitter, name, "callbacks", interface->callbacks, n);
	pen_emit(emitter,
		 "static inline void %s_set_callbacks(struct pen_call *call,\n"
		 "\t\tconst struct %s_callbacks *functions, void *data)\n"
		 "{\n\tpen_call_set_callbacks(call, &%s_interface, functions, data);\n}\n\n",
		 name, name, name);
}

static void emit_interface(struct pen_emitter *emitter, const struct pen_plan_interface *interface)
{
	const char *name = interface->model->name;
	uint32_t n = interface->interface.n_operations;

	pen_emit(emitter, "extern const struct pen_interface %s_interface;\n\n", name);
	for (uint32_t i = 0; i < n; i++) {
		if (interface->operations[i].in)
			emit_operation(emitter, interface, &interface->operations[i], i);
	}
	if (interface->model->is_object)
		return;
	pen_emit(emitter, "/* What a server of %s does; NULL: it offers no such operation. */\n",
		 name);
	emit_functions(emitter, name, "operations", interface->operations, n);
	emit_callbacks(emitter, interface);
}

static void emit_guard(struct pen_emitter *emitter, const char *name)
{
	const char *base;
	int n = pen_idl_stem(name, &base);

	pen_emit(emitter, "PENSTOCK_IDL_");
	for (const char *p = base; p < base + n; p++) {
		char c = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
		bool is_plain = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		pen_emit(emitter, "%c", is_plain ? c : '_');
	}
	pen_emit(emitter, "_H\n");
}

static void emit_top(struct pen_emitter *emitter)
{
	const struct pen_model *model = emitter->plan->model;

	pen_emit(emitter, "/* Written by penidl from ");
	pen_emit_base_name(emitter, model->source->name);
	pen_emit(emitter, ".idl. */\n#ifndef ");
	emit_guard(emitter, model->source->name);
	pen_emit(emitter, "#define ");
	emit_guard(emitter, model->source->name);
	pen_emit(emitter, "#include <penstock/call.h>\n#include <penstock/interface.h>\n%s%s",
		 emitter->plan->has_orpc ? "#include <penstock/orpc.h>\n" : "",
		 emitter->plan->aliases ? "#include <penstock/pickle.h>\n" : "");
	for (const struct pen_model_import *i = model->imports; i; i = i->next)
		pen_emit_include(emitter, i->name);
	pen_emit(emitter, "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
}

int pen_idl_emit_header(const struct pen_plan *plan, const struct pen_emit_options *options,
			struct pen_buffer *out)
{
	struct pen_emitter emitter = { .plan = plan, .options = options, .out = out };
	const struct pen_model *model = plan->model;
	bool has_constants = false;

	emit_top(&emitter);
	for (const struct pen_model_constant *c = model->constants; c; c = c->next) {
		if (c->pos.source != model->source)
			continue;
		emit_constant(&emitter, c);
		has_constants = true;
	}
	if (has_constants)
		pen_emit(&emitter, "\n");
	for (const struct pen_plan_type *type = plan->types; type; type = type->next) {
		if (type->is_named && !type->is_foreign)
			emit_type(&emitter, type);
	}
	for (const struct pen_plan_interface *i = plan->interfaces; i; i = i->next)
		emit_interface(&emitter, i);
	pen_emit_pickle_declarations(&emitter);
	pen_emit(&emitter, "#ifdef __cplusplus\n}\n#endif\n#endif\n");
	return emitter.error;
}
