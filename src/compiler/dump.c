/* SPDX-License-Identifier: MIT */
/*
 * Prints the trees of the passes, for tests and for whoever looks for an error.
 */
#include "compiler/plan.h"
#include <inttypes.h>

/* ---- the tree ---- */

static void dump_expr(const struct pen_tree_expr *expr, struct pen_buffer *out)
{
	switch (expr->kind) {
	case PEN_TREE_CONST:
		pen_buffer_printf(out, "%" PRId64, expr->value);
		return;
	case PEN_TREE_TEXT:
		pen_buffer_printf(out, "%s\"%s\"", expr->is_wide ? "L" : "", expr->name);
		return;
	case PEN_TREE_NAME:
		pen_buffer_printf(out, "%s", expr->name);
		return;
	case PEN_TREE_EMPTY:
		pen_buffer_printf(out, "-");
		return;
	case PEN_TREE_DEREF:
		pen_buffer_printf(out, "(deref ");
		break;
	case PEN_TREE_OPERATOR:
		pen_buffer_printf(out, "(%s ", pen_tree_operator(expr->op));
		break;
	}
	for (size_t i = 0; i < PEN_COUNT(expr->args) && expr->args[i]; i++) {
		if (i)
			pen_buffer_printf(out, " ");
		dump_expr(expr->args[i], out);
	}
	pen_buffer_printf(out, ")");
}

static void indent(struct pen_buffer *out, unsigned depth)
{
	while (depth--)
		pen_buffer_printf(out, "  ");
}

static void dump_attributes(const struct pen_tree_attribute *list, struct pen_buffer *out)
{
	if (!list)
		return;
	pen_buffer_printf(out, " [");
	for (; list; list = list->next) {
		pen_buffer_printf(out, "%s", list->name);
		for (const struct pen_tree_expr *e = list->args; e; e = e->next) {
			pen_buffer_printf(out, "%s", e == list->args ? "(" : ", ");
			dump_expr(e, out);
		}
		if (list->spec)
			pen_buffer_printf(out, "(%s", list->spec->name);
		pen_buffer_printf(out, "%s%s", list->args || list->spec ? ")" : "",
				  list->next ? ", " : "");
	}
	pen_buffer_printf(out, "]");
}

static void dump_decl(const struct pen_tree_decl *decl, unsigned depth, struct pen_buffer *out);

static void dump_declarator(const struct pen_tree_declarator *declarator, unsigned depth,
			    struct pen_buffer *out)
{
	indent(out, depth);
	pen_buffer_printf(out, "%s", declarator->name ? declarator->name : "(unnamed)");
	if (declarator->is_operation)
		pen_buffer_printf(out, " operation, gives");
	for (const struct pen_tree_derivation *d = declarator->derivations; d; d = d->next) {
		pen_buffer_printf(out, d->is_array ? " array" : " pointer");
		if (d->count) {
			pen_buffer_printf(out, " ");
			dump_expr(d->count, out);
		}
		if (d->upper) {
			pen_buffer_printf(out, " to ");
			dump_expr(d->upper, out);
		}
	}
	pen_buffer_printf(out, "\n");
	for (const struct pen_tree_decl *p = declarator->parameters; p; p = p->next)
		dump_decl(p, depth + 1, out);
}

static void dump_spec(const struct pen_tree_spec *spec, unsigned depth, struct pen_buffer *out)
{
	static const char *const kinds[] = {
		[PEN_TREE_BASE] = "",		[PEN_TREE_HANDLE_T] = "",
		[PEN_TREE_TYPE_NAME] = "type ", [PEN_TREE_STRUCT] = "struct ",
		[PEN_TREE_UNION] = "union ",	[PEN_TREE_ENUM] = "enum ",
	};

	pen_buffer_printf(out, " %s%s\n", kinds[spec->kind], spec->name ? spec->name : "(unnamed)");
	if (spec->tag) {
		indent(out, depth + 1);
		pen_buffer_printf(out, "switch\n");
		dump_decl(spec->tag, depth + 2, out);
	}
	for (const struct pen_tree_decl *m = spec->members; m; m = m->next)
		dump_decl(m, depth + 1, out);
	for (const struct pen_tree_enumerator *e = spec->enumerators; e; e = e->next) {
		indent(out, depth + 1);
		pen_buffer_printf(out, "%s%s", e->name, e->value ? " = " : "");
		if (e->value)
			dump_expr(e->value, out);
		pen_buffer_printf(out, "\n");
	}
}

static void dump_decl(const struct pen_tree_decl *decl, unsigned depth, struct pen_buffer *out)
{
	indent(out, depth);
	pen_buffer_printf(out, "decl");
	dump_attributes(decl->attributes, out);
	if (decl->spec)
		dump_spec(decl->spec, depth, out);
	else
		pen_buffer_printf(out, "\n");
	for (const struct pen_tree_declarator *d = decl->declarators; d; d = d->next)
		dump_declarator(d, depth + 1, out);
}

static void dump_definitions(const struct pen_tree_definition *list, unsigned depth,
			     struct pen_buffer *out)
{
	static const char *const kinds[] = {
		[PEN_TREE_IMPORT] = "import",	 [PEN_TREE_CPP_QUOTE] = "cpp_quote",
		[PEN_TREE_CONSTANT] = "const",	 [PEN_TREE_TYPEDEF] = "typedef",
		[PEN_TREE_DECL] = "declaration", [PEN_TREE_INTERFACE] = "interface",
	};

	for (; list; list = list->next) {
		indent(out, depth);
		pen_buffer_printf(out, "%s", kinds[list->kind]);
		if (list->name)
			pen_buffer_printf(out, " %s", list->name);
		dump_attributes(list->attributes, out);
		if (list->value) {
			pen_buffer_printf(out, " = ");
			dump_expr(list->value, out);
		}
		pen_buffer_printf(out, "\n");
		if (list->decl)
			dump_decl(list->decl, depth + 1, out);
		dump_definitions(list->definitions, depth + 1, out);
	}
}

void pen_idl_dump_tree(const struct pen_tree *tree, struct pen_buffer *out)
{
	dump_definitions(tree->definitions, 0, out);
}

/* ---- the model ---- */

static const char *const kinds[] = {
	[PEN_VOID] = "void",
	[PEN_I8] = "small",
	[PEN_U8] = "unsigned small",
	[PEN_BYTE] = "byte",
	[PEN_CHAR] = "char",
	[PEN_BOOLEAN] = "boolean",
	[PEN_I16] = "short",
	[PEN_U16] = "unsigned short",
	[PEN_WCHAR] = "wchar_t",
	[PEN_I32] = "long",
	[PEN_U32] = "unsigned long",
	[PEN_ERROR_STATUS] = "error_status_t",
	[PEN_I64] = "hyper",
	[PEN_U64] = "unsigned hyper",
	[PEN_I3264] = "__int3264",
	[PEN_U3264] = "unsigned __int3264",
	[PEN_FLOAT] = "float",
	[PEN_DOUBLE] = "double",
	[PEN_ENUM] = "enum",
	[PEN_STRUCT] = "struct",
	[PEN_UNION] = "union",
	[PEN_ARRAY] = "array",
	[PEN_STRING] = "string",
	[PEN_POINTER] = "pointer",
	[PEN_HANDLE] = "context_handle",
	[PEN_PARAMETERS] = "parameters",
};
static const char *const pointers[] = {
	[PEN_REF] = "ref",
	[PEN_UNIQUE] = "unique",
	[PEN_FULL] = "ptr",
};

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

/* As a phrase: "unique pointer to array[] size(n) of struct dtyp_GUID". */
static void dump_type(const struct pen_model_type *type, struct pen_buffer *out)
{
	for (; type->element; type = type->element) {
		if (type->kind == PEN_POINTER) {
			pen_buffer_printf(out, "%s pointer to ", pointers[type->pointer_kind]);
			continue;
		}
		pen_buffer_printf(out, "%s", kinds[type->kind]);
		dump_dimensions(type, out);
		pen_buffer_printf(out, " of ");
	}
	pen_buffer_printf(out, "%s", type->is_handle_t ? "handle_t" : kinds[type->kind]);
	if (type->c_name)
		pen_buffer_printf(out, " %s", type->c_name);
	if (type->range)
		pen_buffer_printf(out, " range(%" PRId64 ", %" PRId64 ")", type->range->min,
				  type->range->max);
	dump_steps("switch", type->switch_is, out);
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
	pen_buffer_printf(out, "\n");
}

static void dump_named(const struct pen_model_type *type, struct pen_buffer *out)
{
	pen_buffer_printf(out, "%s %s", kinds[type->kind], type->c_name);
	if (type->kind == PEN_ENUM)
		pen_buffer_printf(out, " of %u bits", type->enum_bits);
	if (type->tag_type) {
		pen_buffer_printf(out, " by %s", type->tag_name ? type->tag_name : "");
		pen_buffer_printf(out, "%s", type->tag_name ? " " : "");
		dump_type(type->tag_type, out);
	}
	pen_buffer_printf(out, "\n");
	for (uint32_t i = 0; i < type->n_fields; i++)
		dump_field(&type->fields[i], out);
	for (uint32_t i = 0; i < type->n_enumerators; i++) {
		indent(out, 1);
		pen_buffer_printf(out, "%s = %" PRId64 "\n", type->enumerators[i].name,
				  type->enumerators[i].value);
	}
}

static void dump_interface(const struct pen_model_interface *interface, struct pen_buffer *out)
{
	char uuid[PEN_UUID_TEXT_SIZE];
	unsigned opnum = 0;

	pen_uuid_print(&interface->id.uuid, uuid);
	pen_buffer_printf(out, "interface %s %s %u.%u%s\n", interface->name, uuid,
			  interface->id.major, interface->id.minor,
			  interface->is_local ? " local" : "");
	for (uint32_t i = 0; i < interface->n_endpoints; i++)
		pen_buffer_printf(out, "  endpoint %s\n", interface->endpoints[i]);
	for (const struct pen_model_operation *o = interface->operations; o; o = o->next) {
		pen_buffer_printf(out, "operation %u %s%s%s%s%s", opnum++, o->name,
				  o->is_local ? " local" : "",
				  o->flags & PEN_OPERATION_IDEMPOTENT ? " idempotent" : "",
				  o->flags & PEN_OPERATION_MAYBE ? " maybe" : "",
				  o->flags & PEN_OPERATION_BROADCAST ? " broadcast" : "");
		if (o->result) {
			pen_buffer_printf(out, " gives ");
			dump_type(o->result, out);
		}
		pen_buffer_printf(out, "\n");
		for (uint32_t i = 0; i < o->n_parameters; i++)
			dump_field(&o->parameters[i], out);
	}
}

void pen_idl_dump_model(const struct pen_model *model, struct pen_buffer *out)
{
	for (const struct pen_model_constant *c = model->constants; c; c = c->next) {
		if (c->text)
			pen_buffer_printf(out, "const %s = \"%s\"\n", c->c_name, c->text);
		else
			pen_buffer_printf(out, "const %s = %" PRId64 "\n", c->c_name, c->value);
	}
	for (const struct pen_model_type *type = model->types; type; type = type->next) {
		if (type->pos.source == model->source)
			dump_named(type, out);
	}
	for (const struct pen_model_interface *i = model->interfaces; i; i = i->next)
		dump_interface(i, out);
}

/* ---- the plan ---- */

static void dump_plan_type(const struct pen_plan_type *plan, struct pen_buffer *out)
{
	const struct pen_type *type = &plan->type;

	pen_buffer_printf(out, "%s: %s", plan->table, kinds[type->kind]);
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
