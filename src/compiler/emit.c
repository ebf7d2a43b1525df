/* SPDX-License-Identifier: MIT */
/*
 * Prints the tables as C: the source file. The header is in emit-header.c.
 */
#include "compiler/emit.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void pen_emit(struct pen_emitter *emitter, const char *format, ...)
{
	char text[1024];
	va_list args;
	int n;

	if (emitter->error)
		return;
	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text))
		emitter->error = PEN_E_LIMIT;
	else
		emitter->error = pen_buffer_add(emitter->out, text, (size_t)n);
}

void pen_emit_text(struct pen_emitter *emitter, const char *text, size_t n)
{
	if (!emitter->error)
		emitter->error = pen_buffer_add(emitter->out, text, n);
}

void pen_emit_base_name(struct pen_emitter *emitter, const char *path)
{
	const char *base;
	int n = pen_idl_stem(path, &base);

	pen_emit(emitter, "%.*s", n, base);
}

void pen_emit_include(struct pen_emitter *emitter, const char *path)
{
	bool has_folder = *emitter->options->folder;

	pen_emit(emitter, "#include %s", has_folder ? "<" : "\"");
	if (has_folder)
		pen_emit(emitter, "%s/", emitter->options->folder);
	pen_emit_base_name(emitter, path);
	pen_emit(emitter, ".h%s\n", has_folder ? ">" : "\"");
}

void pen_emit_idl_line(struct pen_emitter *emitter, struct pen_pos pos)
{
	enum { LINE_MAX = 90 };
	const char *text = pos.source->text;
	size_t start = pos.offset;
	size_t n = 0;

	while (start && text[start - 1] != '\n')
		start--;
	while (text[start] == ' ' || text[start] == '\t')
		start++;
	while (start + n < pos.source->n && n < LINE_MAX && text[start + n] != '\n' &&
	       text[start + n] >= ' ' && text[start + n] <= '~' &&
	       strncmp(text + start + n, "*/", 2) && strncmp(text + start + n, "/*", 2) &&
	       strncmp(text + start + n, "//", 2))
		n++;
	while (n && text[start + n - 1] == ' ')
		n--;
	pen_emit(emitter, "/* %.*s */\n", (int)n, text + start);
}

struct pen_c_name pen_emit_name(const char *name)
{
	static const char *const reserved[] = {
		"and",	   "asm",	"auto",	     "bool",	 "break",    "case",	 "catch",
		"char",	   "class",	"const",     "continue", "default",  "delete",	 "do",
		"double",  "else",	"enum",	     "explicit", "export",   "extern",	 "false",
		"float",   "for",	"friend",    "goto",	 "if",	     "inline",	 "int",
		"long",	   "mutable",	"namespace", "new",	 "not",	     "operator", "or",
		"private", "protected", "public",    "register", "restrict", "return",	 "short",
		"signed",  "sizeof",	"static",    "struct",	 "switch",   "template", "this",
		"throw",   "true",	"try",	     "typedef",	 "typename", "union",	 "unsigned",
		"unix",	   "linux",	"using",     "virtual",	 "void",     "volatile", "while",
		"xor",	   "typeof",	"errno",
	};
	struct pen_c_name result;
	bool is_reserved = false;

	for (size_t i = 0; i < PEN_COUNT(reserved); i++)
		is_reserved = is_reserved || !strcmp(name, reserved[i]);
	snprintf(result.text, sizeof(result.text), "%s%s", name, is_reserved ? "_" : "");
	return result;
}

/* ---- expressions ---- */

static const char *const ops[] = {
	[PEN_EXPR_CONST] = "CONST", [PEN_EXPR_MEMBER] = "MEMBER", [PEN_EXPR_IN] = "IN",
	[PEN_EXPR_OUT] = "OUT",	    [PEN_EXPR_NEG] = "NEG",	  [PEN_EXPR_NOT] = "NOT",
	[PEN_EXPR_LNOT] = "LNOT",   [PEN_EXPR_MUL] = "MUL",	  [PEN_EXPR_DIV] = "DIV",
	[PEN_EXPR_MOD] = "MOD",	    [PEN_EXPR_ADD] = "ADD",	  [PEN_EXPR_SUB] = "SUB",
	[PEN_EXPR_SHL] = "SHL",	    [PEN_EXPR_SHR] = "SHR",	  [PEN_EXPR_LT] = "LT",
	[PEN_EXPR_LE] = "LE",	    [PEN_EXPR_GT] = "GT",	  [PEN_EXPR_GE] = "GE",
	[PEN_EXPR_EQ] = "EQ",	    [PEN_EXPR_NE] = "NE",	  [PEN_EXPR_AND] = "AND",
	[PEN_EXPR_XOR] = "XOR",	    [PEN_EXPR_OR] = "OR",	  [PEN_EXPR_LAND] = "LAND",
	[PEN_EXPR_LOR] = "LOR",	    [PEN_EXPR_COND] = "COND",
};

static const char *owner_suffix(enum pen_expr_op op)
{
	return op == PEN_EXPR_IN ? "_in" : op == PEN_EXPR_OUT ? "_out" : "";
}

static void emit_expr(struct pen_emitter *emitter, const struct pen_plan_type *plan,
		      const struct pen_expr *expr, const char *suffix, uint32_t i)
{
	if (!expr)
		return;
	pen_emit(emitter, "static const struct pen_expr %s_%s_%u[] = {\n", plan->table, suffix, i);
	for (; expr->op != PEN_EXPR_END; expr++) {
		pen_emit(emitter, "\t{ .op = PEN_EXPR_%s", ops[expr->op]);
		if (expr->op == PEN_EXPR_CONST && expr->value == INT64_MIN)
			pen_emit(emitter, ", .value = INT64_MIN");
		else if (expr->op == PEN_EXPR_CONST)
			pen_emit(emitter, ", .value = %" PRId64, expr->value);
		if (expr->name)
			pen_emit(emitter,
				 ",\n\t  .offset = offsetof(struct %s%s, %s),\n"
				 "\t  .type = &%s,\n\t  .name = \"%s\"",
				 plan->owner, owner_suffix(expr->op),
				 pen_emit_name(expr->name).text, pen_plan_table(expr->type),
				 expr->name);
		pen_emit(emitter, " },\n");
	}
	pen_emit(emitter, "\t{ .op = PEN_EXPR_END },\n};\n\n");
}

static void emit_dimension(struct pen_emitter *emitter, const struct pen_plan_type *plan,
			   const struct pen_dimension *d, uint32_t i)
{
	pen_emit(emitter, "\t{\n");
	if (d->count)
		pen_emit(emitter, "\t\t.count = %u,\n", d->count);
	if (d->size_is)
		pen_emit(emitter, "\t\t.size_is = %s_size_%u,\n", plan->table, i);
	if (d->length_is)
		pen_emit(emitter, "\t\t.length_is = %s_length_%u,\n", plan->table, i);
	if (d->first_is)
		pen_emit(emitter, "\t\t.first_is = %s_first_%u,\n", plan->table, i);
	if (d->is_conformant)
		pen_emit(emitter, "\t\t.is_conformant = true,\n");
	if (d->is_varying)
		pen_emit(emitter, "\t\t.is_varying = true,\n");
	pen_emit(emitter, "\t},\n");
}

static void emit_dimensions(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	const struct pen_type *type = &plan->type;

	for (uint32_t i = 0; i < type->n_dimensions; i++) {
		emit_expr(emitter, plan, type->dimensions[i].size_is, "size", i);
		emit_expr(emitter, plan, type->dimensions[i].length_is, "length", i);
		emit_expr(emitter, plan, type->dimensions[i].first_is, "first", i);
	}
	pen_emit(emitter, "static const struct pen_dimension %s_dimensions[] = {\n", plan->table);
	for (uint32_t i = 0; i < type->n_dimensions; i++)
		emit_dimension(emitter, plan, &type->dimensions[i], i);
	pen_emit(emitter, "};\n\n");
}

/* ---- fields ---- */

static bool is_parameters(const struct pen_plan_type *plan)
{
	return plan->type.kind == PEN_PARAMETERS;
}

/* The name without "_type", or of an operation's parameters as it is. */
static const char *base_of(const struct pen_plan_type *plan)
{
	return is_parameters(plan) ? plan->table : plan->model->c_name;
}

static void emit_cases(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	for (uint32_t i = 0; i < plan->type.n_fields; i++) {
		const struct pen_field *field = &plan->fields[i];

		if (!field->n_cases)
			continue;
		pen_emit(emitter, "static const int64_t %s_cases_%u[] = {", base_of(plan), i);
		for (uint32_t k = 0; k < field->n_cases; k++) {
			if (field->cases[k] == INT64_MIN)
				pen_emit(emitter, " INT64_MIN,");
			else
				pen_emit(emitter, " %" PRId64 ",", field->cases[k]);
		}
		pen_emit(emitter, " };\n");
	}
}

static void emit_field(struct pen_emitter *emitter, const struct pen_plan_type *plan, uint32_t i)
{
	const struct pen_field *field = &plan->fields[i];

	pen_emit(emitter, "\t{ .name = \"%s\", .type = &%s", field->name,
		 pen_plan_table(field->type));
	if (plan->type.kind != PEN_UNION)
		pen_emit(emitter, ",\n\t  .offset = offsetof(struct %s, %s)", base_of(plan),
			 pen_emit_name(field->name).text);
	if (field->n_cases)
		pen_emit(emitter, ",\n\t  .cases = %s_cases_%u, .n_cases = PEN_COUNT(%s_cases_%u)",
			 base_of(plan), i, base_of(plan), i);
	if (field->is_default)
		pen_emit(emitter, ", .is_default = true");
	if (field->is_retval)
		pen_emit(emitter, ", .is_retval = true");
	if (field->is_shared)
		pen_emit(emitter, ", .is_shared = true");
	if (field->is_secret)
		pen_emit(emitter,
			 field->n_cases ? ",\n\t  .is_secret = true" : ", .is_secret = true");
	if (field->n_run[PEN_NDR] || field->n_run[PEN_NDR64])
		pen_emit(emitter, ", .n_run = { %u, %u }", field->n_run[PEN_NDR],
			 field->n_run[PEN_NDR64]);
	pen_emit(emitter, " },\n");
}

static void emit_fields(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	if (!plan->type.n_fields)
		return;
	emit_cases(emitter, plan);
	pen_emit(emitter, "%sconst struct pen_field %s_fields[] = {\n",
		 plan->type.kind == PEN_UNION ? "" : "static ", base_of(plan));
	for (uint32_t i = 0; i < plan->type.n_fields; i++)
		emit_field(emitter, plan, i);
	pen_emit(emitter, "};\n\n");
}

static void emit_enumerators(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	if (!plan->is_named)
		return;
	pen_emit(emitter, "const struct pen_enumerator %s_enumerators[] = {\n",
		 plan->model->c_name);
	for (uint32_t i = 0; i < plan->type.n_enumerators; i++) {
		const struct pen_enumerator *e = &plan->type.enumerators[i];

		pen_emit(emitter, "\t{ .name = \"%s\", .value = %" PRId64 " },\n", e->name,
			 e->value);
	}
	pen_emit(emitter, "};\n\n");
}

/* ---- types ---- */

static const char *const kinds[] = {
	[PEN_VOID] = "VOID",	 [PEN_I8] = "I8",
	[PEN_U8] = "U8",	 [PEN_BYTE] = "BYTE",
	[PEN_CHAR] = "CHAR",	 [PEN_BOOLEAN] = "BOOLEAN",
	[PEN_I16] = "I16",	 [PEN_U16] = "U16",
	[PEN_WCHAR] = "WCHAR",	 [PEN_I32] = "I32",
	[PEN_U32] = "U32",	 [PEN_ERROR_STATUS] = "ERROR_STATUS",
	[PEN_I64] = "I64",	 [PEN_U64] = "U64",
	[PEN_I3264] = "I3264",	 [PEN_U3264] = "U3264",
	[PEN_FLOAT] = "FLOAT",	 [PEN_DOUBLE] = "DOUBLE",
	[PEN_ENUM] = "ENUM",	 [PEN_STRUCT] = "STRUCT",
	[PEN_UNION] = "UNION",	 [PEN_ARRAY] = "ARRAY",
	[PEN_STRING] = "STRING", [PEN_POINTER] = "POINTER",
	[PEN_HANDLE] = "HANDLE", [PEN_PARAMETERS] = "PARAMETERS",
	[PEN_PIPE] = "PIPE",	 [PEN_SYSTEM_HANDLE] = "SYSTEM_HANDLE",
};

static void emit_size(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	if (!pen_plan_is_in_place(&plan->type)) {
		pen_emit(emitter, "\t.size = sizeof(%s),\n", plan->c_type);
		return;
	}
	pen_emit(emitter, "\t.size = sizeof(%s)", plan->c_type);
	for (const struct pen_type *type = &plan->type; pen_plan_is_in_place(type);
	     type = type->element) {
		for (uint32_t i = 0; i < type->n_dimensions; i++)
			pen_emit(emitter, " * %u", type->dimensions[i].count);
	}
	pen_emit(emitter, ",\n");
}

static void emit_wire(struct pen_emitter *emitter, const struct pen_type *type)
{
	static const char *const names[] = { "NDR", "NDR64" };

	pen_emit(emitter, "\t.wire = {\n");
	for (size_t i = 0; i < PEN_N_TRANSFERS; i++) {
		pen_emit(emitter, "\t\t[PEN_%s] = {", names[i]);
		if (type->wire[i].align)
			pen_emit(emitter, " .align = %u,", type->wire[i].align);
		if (type->wire[i].min)
			pen_emit(emitter, " .min = %u,", type->wire[i].min);
		if (type->wire[i].is_block)
			pen_emit(emitter, " .is_block = true,");
		pen_emit(emitter, " },\n");
	}
	pen_emit(emitter, "\t},\n");
}

static void emit_number(struct pen_emitter *emitter, const char *name, int64_t value)
{
	if (value == INT64_MIN)
		pen_emit(emitter, " .%s = INT64_MIN,", name);
	else if (value)
		pen_emit(emitter, " .%s = %" PRId64 ",", name, value);
}

/* What only some kinds have. */
static void emit_parts(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	static const char *const pointers[] = { "REF", "UNIQUE", "FULL" };
	static const char *const handles[] = {
		[PEN_SH_FILE] = "SH_FILE",	 [PEN_SH_PIPE] = "SH_PIPE",
		[PEN_SH_SOCKET] = "SH_SOCKET",	 [PEN_SH_SECTION] = "SH_SECTION",
		[PEN_SH_EVENT] = "SH_EVENT",	 [PEN_SH_SEMAPHORE] = "SH_SEMAPHORE",
		[PEN_SH_PROCESS] = "SH_PROCESS",
	};
	const struct pen_type *type = &plan->type;

	if (type->n_fields)
		pen_emit(emitter, "\t.fields = %s_fields,\n\t.n_fields = %s%s_fields%s,\n",
			 base_of(plan), "PEN_COUNT(", base_of(plan), ")");
	if (type->is_conformant)
		pen_emit(emitter, "\t.is_conformant = true,\n");
	if (type->element)
		pen_emit(emitter, "\t.element = &%s,\n", pen_plan_table(type->element));
	if (type->n_dimensions)
		pen_emit(emitter,
			 "\t.dimensions = %s_dimensions,\n"
			 "\t.n_dimensions = PEN_COUNT(%s_dimensions),\n",
			 plan->table, plan->table);
	if (type->kind == PEN_SYSTEM_HANDLE)
		pen_emit(emitter, "\t.system_handle = PEN_%s,\n", handles[type->system_handle]);
	if (type->access)
		pen_emit(emitter, "\t.access = 0x%x,\n", type->access);
	if (type->kind == PEN_POINTER)
		pen_emit(emitter, "\t.pointer_kind = PEN_%s,\n", pointers[type->pointer_kind]);
	if (type->n_enumerators)
		pen_emit(emitter,
			 "\t.enumerators = %s_enumerators,\n"
			 "\t.n_enumerators = PEN_COUNT(%s_enumerators),\n\t.enum_bits = %u,\n",
			 plan->model->c_name, plan->model->c_name, type->enum_bits);
	if (type->tag)
		pen_emit(emitter, "\t.tag = &%s,\n", pen_plan_table(type->tag));
	if (type->switch_is)
		pen_emit(emitter, "\t.switch_is = %s_switch_0,\n", plan->table);
	if (type->is_ms_union)
		pen_emit(emitter, "\t.is_ms_union = true,\n");
	if (type->arms_offset)
		pen_emit(emitter, "\t.arms_offset = offsetof(%s, u),\n", plan->c_type);
}

static void emit_type(struct pen_emitter *emitter, const struct pen_plan_type *plan)
{
	const struct pen_type *type = &plan->type;

	if (type->n_dimensions)
		emit_dimensions(emitter, plan);
	if (type->switch_is)
		emit_expr(emitter, plan, type->switch_is, "switch", 0);
	if (plan->is_named)
		pen_emit_idl_line(emitter, plan->model->pos);
	if (plan->is_named || is_parameters(plan))
		emit_fields(emitter, plan);
	if (plan->is_named && type->kind == PEN_UNION && !plan->model->is_encapsulated)
		return;
	if (type->n_enumerators)
		emit_enumerators(emitter, plan);
	if (type->range) {
		pen_emit(emitter, "static const struct pen_range %s_limits = {", plan->table);
		emit_number(emitter, "min", type->range->min);
		emit_number(emitter, "max", type->range->max);
		pen_emit(emitter, " };\n\n");
	}
	pen_emit(emitter, "%sconst struct pen_type %s = {\n\t.kind = PEN_%s,\n",
		 plan->is_named ? "" : "static ", plan->table, kinds[type->kind]);
	if (type->name)
		pen_emit(emitter, "\t.name = \"%s\",\n", type->name);
	emit_size(emitter, plan);
	emit_wire(emitter, type);
	if (type->range)
		pen_emit(emitter, "\t.range = &%s_limits,\n", plan->table);
	emit_parts(emitter, plan);
	pen_emit(emitter, "};\n\n");
}

/* ---- interfaces ---- */

/* Out of a struct INTERFACE_operations, or INTERFACE_callbacks. */
static void emit_dispatch(struct pen_emitter *emitter, const char *prefix, const char *kind,
			  const struct pen_plan_operation *operation)
{
	const char *name = operation->c_name;

	pen_emit_idl_line(emitter, operation->model->pos);
	pen_emit(emitter,
		 "static int %s_dispatch(const void *%s, struct pen_call *call,\n"
		 "\tconst void *in, void *out)\n{\n"
		 "\tconst struct %s_%s *o = (const struct %s_%s *)%s;\n\n",
		 name, kind, prefix, kind, prefix, kind, kind);
	pen_emit(emitter,
		 "\treturn o->%s ? o->%s(call, (const struct %s_in *)in, (struct %s_out *)out)\n"
		 "\t\t: PEN_E_UNSUPPORTED;\n}\n\n",
		 pen_emit_name(operation->model->name).text,
		 pen_emit_name(operation->model->name).text, name, name);
}

static void emit_operation(struct pen_emitter *emitter, const struct pen_plan_operation *operation,
			   uint32_t opnum, bool is_object)
{
	static const char *const flags[] = { "IDEMPOTENT", "MAYBE",	"BROADCAST",
					     "IN_PIPES",   "OUT_PIPES", "MESSAGE" };
	const char *between = "";

	if (!operation->in)
		return;
	pen_emit(emitter, "\t[%u] = {\n\t\t.name = \"%s\",\n", opnum, operation->model->name);
	if (operation->model->flags) {
		pen_emit(emitter, "\t\t.flags = ");
		for (size_t i = 0; i < PEN_COUNT(flags); i++) {
			if (!(operation->model->flags & PEN_BIT(i)))
				continue;
			pen_emit(emitter, "%sPEN_OPERATION_%s", between, flags[i]);
			between = " | ";
		}
		pen_emit(emitter, ",\n");
	}
	pen_emit(emitter, "\t\t.in = &%s,\n\t\t.out = &%s,\n", operation->in->table,
		 operation->out->table);
	if (!is_object)
		pen_emit(emitter, "\t\t.dispatch = %s_dispatch,\n", operation->c_name);
	pen_emit(emitter, "\t},\n");
}

static void emit_text(struct pen_emitter *emitter, const char *text)
{
	pen_emit(emitter, "\"");
	for (; *text; text++)
		pen_emit(emitter, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	pen_emit(emitter, "\"");
}

static void emit_endpoints(struct pen_emitter *emitter, const struct pen_plan_interface *interface)
{
	if (!interface->interface.n_endpoints)
		return;
	pen_emit(emitter, "static const char *const %s_endpoints[] = {\n", interface->model->name);
	for (uint32_t i = 0; i < interface->interface.n_endpoints; i++) {
		pen_emit(emitter, "\t");
		emit_text(emitter, interface->interface.endpoints[i]);
		pen_emit(emitter, ",\n");
	}
	pen_emit(emitter, "};\n\n");
}

static void emit_id(struct pen_emitter *emitter, const struct pen_syntax_id *id)
{
	const struct pen_uuid *u = &id->uuid;

	pen_emit(emitter,
		 "\t.id = {\n\t\t.uuid = { 0x%08x, 0x%04x, 0x%04x, { 0x%02x, 0x%02x },\n"
		 "\t\t\t  { 0x%02x, 0x%02x, 0x%02x, 0x%02x, 0x%02x, 0x%02x } },\n",
		 u->time_low, u->time_mid, u->time_hi_and_version, u->clock_seq[0], u->clock_seq[1],
		 u->node[0], u->node[1], u->node[2], u->node[3], u->node[4], u->node[5]);
	pen_emit(emitter, "\t\t.major = %u,\n\t\t.minor = %u,\n\t},\n", id->major, id->minor);
}

/* The table INTERFACE_operation_table or INTERFACE_callback_table, and what its rows name. */
static void emit_table(struct pen_emitter *emitter, const struct pen_model_interface *interface,
		       const char *noun, const struct pen_plan_operation *operations, uint32_t n)
{
	const char *prefix = interface->name;
	char kind[16];
	bool is_empty = true;

	if (!n)
		return;
	snprintf(kind, sizeof(kind), "%ss", noun);
	for (uint32_t i = 0; i < n; i++) {
		if (operations[i].in && !interface->is_object)
			emit_dispatch(emitter, prefix, kind, &operations[i]);
		is_empty = is_empty && !operations[i].in;
	}
	pen_emit(emitter, "static const struct pen_operation %s_%s_table[%u] = {\n", prefix, noun,
		 n);
	for (uint32_t i = 0; i < n; i++)
		emit_operation(emitter, &operations[i], i, interface->is_object);
	pen_emit(emitter, is_empty ? "\t{ .name = NULL },\n};\n\n" : "};\n\n");
}

static void emit_interface(struct pen_emitter *emitter, const struct pen_plan_interface *interface)
{
	const char *name = interface->model->name;

	emit_table(emitter, interface->model, "operation", interface->operations,
		   interface->interface.n_operations);
	emit_table(emitter, interface->model, "callback", interface->callbacks,
		   interface->interface.n_callbacks);
	emit_endpoints(emitter, interface);
	pen_emit(emitter, "const struct pen_interface %s_interface = {\n\t.name = \"%s\",\n", name,
		 name);
	emit_id(emitter, &interface->interface.id);
	if (interface->interface.n_operations)
		pen_emit(emitter,
			 "\t.operations = %s_operation_table,\n"
			 "\t.n_operations = PEN_COUNT(%s_operation_table),\n",
			 name, name);
	if (interface->interface.n_endpoints)
		pen_emit(
			emitter,
			"\t.endpoints = %s_endpoints,\n\t.n_endpoints = PEN_COUNT(%s_endpoints),\n",
			name, name);
	if (interface->interface.n_callbacks)
		pen_emit(emitter,
			 "\t.callbacks = %s_callback_table,\n"
			 "\t.n_callbacks = PEN_COUNT(%s_callback_table),\n",
			 name, name);
	if (interface->interface.is_object)
		pen_emit(emitter, "\t.is_object = true,\n");
	if (interface->interface.has_system_handles)
		pen_emit(emitter, "\t.has_system_handles = true,\n");
	pen_emit(emitter, "};\n\n");
}

int pen_idl_emit_source(const struct pen_plan *plan, const struct pen_emit_options *options,
			struct pen_buffer *out)
{
	struct pen_emitter emitter = { .plan = plan, .options = options, .out = out };
	const struct pen_source *source = plan->model->source;

	pen_emit(&emitter, "/* Written by penidl from ");
	pen_emit_base_name(&emitter, source->name);
	pen_emit(&emitter, ".idl. */\n");
	pen_emit_include(&emitter, source->name);
	pen_emit(&emitter, "\n");
	for (const struct pen_plan_type *type = plan->types; type; type = type->next) {
		if (!type->is_foreign)
			emit_type(&emitter, type);
	}
	for (const struct pen_plan_interface *i = plan->interfaces; i; i = i->next)
		emit_interface(&emitter, i);
	pen_emit_pickle_functions(&emitter);
	return emitter.error;
}
