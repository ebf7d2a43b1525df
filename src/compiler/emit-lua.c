/* SPDX-License-Identifier: MIT */
/*
 * Prints a dissector for Wireshark: the tables as Lua, after what walks them.
 */
#include "compiler/dissector-lua.h"
#include "compiler/emit.h"
#include <inttypes.h>

static void put_type(struct pen_emitter *emitter, const struct pen_type *type);

/* What the walker calls a scalar. NULL: it is none. */
static const char *scalar_word(enum pen_kind kind)
{
	static const char *const words[PEN_KINDS] = {
		[PEN_I8] = "small",
		[PEN_U8] = "usmall",
		[PEN_BYTE] = "byte",
		[PEN_CHAR] = "char",
		[PEN_BOOLEAN] = "boolean",
		[PEN_I16] = "short",
		[PEN_U16] = "ushort",
		[PEN_WCHAR] = "wchar_t",
		[PEN_I32] = "long",
		[PEN_U32] = "ulong",
		[PEN_ERROR_STATUS] = "error_status_t",
		[PEN_I64] = "hyper",
		[PEN_U64] = "uhyper",
		[PEN_I3264] = "int3264",
		[PEN_U3264] = "uint3264",
		[PEN_FLOAT] = "float",
		[PEN_DOUBLE] = "double",
		[PEN_IGNORED] = "ignored",
		[PEN_PRESENCE] = "presence",
		[PEN_SYSTEM_HANDLE] = "ulong", /* its number */
	};

	return words[kind];
}

static void put_align(struct pen_emitter *emitter, const struct pen_type *type)
{
	pen_emit(emitter, ", align = { %u, %u }", type->wire[PEN_NDR].align,
		 type->wire[PEN_NDR64].align);
}

static void put_dimensions(struct pen_emitter *emitter, const struct pen_type *type)
{
	pen_emit(emitter, ", dimensions = {");
	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		const struct pen_dimension *d = &type->dimensions[i];
		const char *varying = d->is_varying ? "varying = true" : "";

		if (d->is_conformant)
			pen_emit(emitter, " { %s },", varying);
		else
			pen_emit(emitter, " { count = %u%s%s },", d->count,
				 d->is_varying ? ", " : "", varying);
	}
	pen_emit(emitter, " }");
}

/* A use of a union, whose arms are elsewhere. */
static void put_union(struct pen_emitter *emitter, const struct pen_type *type)
{
	pen_emit(emitter,
		 "{ kind = \"union\", arms = \"%s\", tag = ", pen_plan_find(type)->model->c_name);
	put_type(emitter, type->tag);
	put_align(emitter, type);
	pen_emit(emitter, "%s }", type->is_ms_union ? ", ms_union = true" : "");
}

static void put_type(struct pen_emitter *emitter, const struct pen_type *type)
{
	static const char *const words[] = {
		[PEN_ARRAY] = "array",	 [PEN_STRING] = "string", [PEN_POINTER] = "pointer",
		[PEN_HANDLE] = "handle", [PEN_PIPE] = "pipe",
	};

	if (scalar_word(type->kind)) {
		pen_emit(emitter, "\"%s\"", scalar_word(type->kind));
		return;
	}
	if (type->kind == PEN_ENUM || type->kind == PEN_STRUCT) {
		/* One of <penstock/orpc.h> has no plan; file:orpc defines it. */
		pen_emit(emitter, "\"%s\"",
			 pen_plan_find(type) ? pen_plan_find(type)->model->c_name : type->name);
		return;
	}
	if (type->kind == PEN_UNION) {
		put_union(emitter, type);
		return;
	}
	pen_emit(emitter, "{ kind = \"%s\"", words[type->kind]);
	if (type->kind == PEN_POINTER)
		pen_emit(emitter, ", pointer = \"%s\"", pen_pointer_word(type->pointer_kind));
	if (type->n_dimensions)
		put_dimensions(emitter, type);
	put_align(emitter, type);
	if (type->element) {
		pen_emit(emitter, ", element = ");
		put_type(emitter, type->element);
	}
	pen_emit(emitter, " }");
}

/* Members, arms, parameters: a line each. */
static void put_fields(struct pen_emitter *emitter, const char *name, const struct pen_type *type)
{
	pen_emit(emitter, "%s = {\n", name);
	for (uint32_t i = 0; i < type->n_fields; i++) {
		pen_emit(emitter, "    { \"%s\"", type->fields[i].name);
		if (type->fields[i].type->kind != PEN_VOID) {
			pen_emit(emitter, ", ");
			put_type(emitter, type->fields[i].type);
		}
		pen_emit(emitter, " },\n");
	}
	pen_emit(emitter, "  }");
}

static void put_enum(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	pen_emit(emitter, "file:enum(\"%s\", { name = \"%s\", bits = %u, values = {\n",
		 plan->model->c_name, plan->type.name, plan->type.enum_bits);
	for (uint32_t i = 0; i < plan->type.n_enumerators; i++)
		pen_emit(emitter, "  [%" PRId64 "] = \"%s\",\n", plan->type.enumerators[i].value,
			 plan->type.enumerators[i].name);
	pen_emit(emitter, "} })\n");
}

static void put_struct(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	pen_emit(emitter, "file:struct(\"%s\", { name = \"%s\"", plan->model->c_name,
		 plan->type.name);
	put_align(emitter, &plan->type);
	pen_emit(emitter, plan->type.is_conformant ? ", conformant = true, " : ", ");
	put_fields(emitter, "fields", &plan->type);
	pen_emit(emitter, " })\n");
}

static void put_arms(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	const struct pen_type *type = &plan->type;

	pen_emit(emitter, "file:union(\"%s\", { name = \"%s\", ", plan->model->c_name, type->name);
	put_fields(emitter, "arms", type);
	pen_emit(emitter, ", cases = {");
	for (uint32_t i = 0; i < type->n_fields; i++) {
		for (uint32_t k = 0; k < type->fields[i].n_cases; k++)
			pen_emit(emitter, " [%" PRId64 "] = %u,", type->fields[i].cases[k], i + 1);
	}
	pen_emit(emitter, " }");
	for (uint32_t i = 0; i < type->n_fields; i++) {
		if (type->fields[i].is_default)
			pen_emit(emitter, ", default = %u", i + 1);
	}
	pen_emit(emitter, " })\n");
}

static void put_operation(struct pen_emitter *emitter, const struct pen_plan_operation *operation,
			  uint32_t opnum)
{
	if (!operation->in)
		return;
	pen_emit(emitter, "  [%u] = { name = \"%s\", ", opnum, operation->model->name);
	put_fields(emitter, "input", &operation->in->type);
	pen_emit(emitter, ", ");
	put_fields(emitter, "output", &operation->out->type);
	pen_emit(emitter, " },\n");
}

static void put_interface(struct pen_emitter *emitter, const struct pen_plan_interface *plan)
{
	char uuid[PEN_UUID_TEXT_SIZE];

	pen_uuid_print(&plan->interface.id.uuid, uuid);
	pen_emit(emitter, "file:interface(\"%s\", \"%s\", %u, {\n", plan->interface.name, uuid,
		 plan->interface.id.major);
	for (uint32_t i = 0; i < plan->interface.n_operations; i++)
		put_operation(emitter, &plan->operations[i], i);
	pen_emit(emitter, "}, {\n");
	for (uint32_t i = 0; i < plan->interface.n_callbacks; i++)
		put_operation(emitter, &plan->callbacks[i], i);
	pen_emit(emitter, "})\n");
}

int pen_idl_emit_lua(const struct pen_plan *plan, const struct pen_emit_options *options,
		     struct pen_buffer *out)
{
	struct pen_emitter emitter = { .plan = plan, .options = options, .out = out };

	pen_emit(&emitter, "-- Written by penidl from ");
	pen_emit_base_name(&emitter, plan->model->source->name);
	pen_emit(&emitter, ".idl: a dissector for Wireshark, in its folder of plugins or by\n"
			   "-- tshark -X lua_script:FILE.\n");
	for (size_t i = 0; i < PEN_COUNT(dissector_lua); i++)
		pen_emit(&emitter, "%s\n", dissector_lua[i]);
	pen_emit(&emitter, "\nlocal file = rpc.file(\"");
	pen_emit_base_name(&emitter, plan->model->source->name);
	pen_emit(&emitter, "\")\n");
	if (plan->has_orpc)
		pen_emit(&emitter, "file:orpc()\n");
	for (const struct pen_plan_type *type = plan->types; type; type = type->next) {
		if (!type->is_named)
			continue;
		if (type->type.kind == PEN_ENUM)
			put_enum(&emitter, type);
		else if (type->type.kind == PEN_STRUCT)
			put_struct(&emitter, type);
		else
			put_arms(&emitter, type);
	}
	for (const struct pen_plan_interface *i = plan->interfaces; i; i = i->next)
		put_interface(&emitter, i);
	pen_emit(&emitter, "file:register()\n");
	return emitter.error;
}
