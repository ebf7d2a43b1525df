/* SPDX-License-Identifier: MIT */
/*
 * Prints the tree, for tests and for whoever looks for an error.
 */
#include "compiler/tree.h"
#include <inttypes.h>

static void dump_decl(const struct pen_tree_decl *decl, unsigned depth, struct pen_buffer *out);

static void indent(struct pen_buffer *out, unsigned depth)
{
	while (depth--)
		pen_buffer_printf(out, "  ");
}

/* ---- expressions and attributes ---- */

/* "long *", in the place of an expression. */
static void dump_type(const struct pen_tree_decl *decl, struct pen_buffer *out)
{
	if (!decl || !decl->spec)
		return;
	pen_buffer_printf(out, "%s", decl->spec->name ? decl->spec->name : "(unnamed)");
	for (const struct pen_tree_derivation *d =
		     decl->declarators ? decl->declarators->derivations : NULL;
	     d; d = d->next)
		pen_buffer_printf(out, d->kind == PEN_TREE_POINTER ? " *" : " []");
}

static void dump_number(const struct pen_number *number, struct pen_buffer *out)
{
	static const char *const suffixes[] = {
		[PEN_NUMBER_I32] = "",
		[PEN_NUMBER_U32] = "u",
		[PEN_NUMBER_I64] = "ll",
		[PEN_NUMBER_U64] = "ull",
	};

	if (number->kind == PEN_NUMBER_REAL)
		pen_buffer_printf(out, "%.17g", number->real);
	else if (number->kind == PEN_NUMBER_U64)
		pen_buffer_printf(out, "%" PRIu64 "ull", (uint64_t)number->value);
	else
		pen_buffer_printf(out, "%" PRId64 "%s", number->value, suffixes[number->kind]);
}

static void dump_expr(const struct pen_tree_expr *expr, struct pen_buffer *out)
{
	switch (expr->kind) {
	case PEN_TREE_CONST:
		dump_number(&expr->number, out);
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
	case PEN_TREE_TYPE:
		dump_type(expr->type, out);
		return;
	case PEN_TREE_SIZEOF:
		pen_buffer_printf(out, "(sizeof ");
		dump_type(expr->type, out);
		break;
	case PEN_TREE_CAST:
		pen_buffer_printf(out, "(cast ");
		dump_type(expr->type, out);
		pen_buffer_printf(out, " ");
		break;
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
		pen_buffer_printf(out, "%s%s", list->args ? ")" : "", list->next ? ", " : "");
	}
	pen_buffer_printf(out, "]");
}

/* ---- declarations ---- */

static void dump_declarator(const struct pen_tree_declarator *declarator, unsigned depth,
			    struct pen_buffer *out)
{
	indent(out, depth);
	pen_buffer_printf(out, "%s", declarator->name ? declarator->name : "(unnamed)");
	for (const struct pen_tree_derivation *d = declarator->derivations; d; d = d->next) {
		pen_buffer_printf(out, d->kind == PEN_TREE_ARRAY     ? " array"
				       : d->kind == PEN_TREE_POINTER ? " pointer"
								     : " function, gives");
		if (d->count) {
			pen_buffer_printf(out, " ");
			dump_expr(d->count, out);
		}
		if (d->upper) {
			pen_buffer_printf(out, " to ");
			dump_expr(d->upper, out);
		}
	}
	if (declarator->bits) {
		pen_buffer_printf(out, " bits ");
		dump_expr(declarator->bits, out);
	}
	if (declarator->value) {
		pen_buffer_printf(out, " = ");
		dump_expr(declarator->value, out);
	}
	pen_buffer_printf(out, "\n");
	for (const struct pen_tree_derivation *d = declarator->derivations; d; d = d->next) {
		for (const struct pen_tree_decl *p = d->parameters; p; p = p->next)
			dump_decl(p, depth + 1, out);
	}
}

static void dump_spec(const struct pen_tree_spec *spec, unsigned depth, struct pen_buffer *out)
{
	static const char *const kinds[] = {
		[PEN_TREE_BASE] = "",
		[PEN_TREE_HANDLE_T] = "",
		[PEN_TREE_TYPE_NAME] = "type ",
		[PEN_TREE_STRUCT] = "struct ",
		[PEN_TREE_UNION] = "union ",
		[PEN_TREE_ENUM] = "enum ",
		[PEN_TREE_PIPE] = "",
		[PEN_TREE_SAFEARRAY] = "",
		[PEN_TREE_INTERFACE_NAME] = "interface ",
	};

	pen_buffer_printf(out, " %s%s\n", kinds[spec->kind], spec->name ? spec->name : "(unnamed)");
	if (spec->tag) {
		indent(out, depth + 1);
		pen_buffer_printf(out, "switch\n");
		dump_decl(spec->tag, depth + 2, out);
	}
	for (const struct pen_tree_decl *a = spec->arguments; a; a = a->next)
		dump_decl(a, depth + 1, out);
	if (spec->element)
		dump_decl(spec->element, depth + 1, out);
	for (const struct pen_tree_decl *m = spec->members; m; m = m->next)
		dump_decl(m, depth + 1, out);
	for (const struct pen_tree_enumerator *e = spec->enumerators; e; e = e->next) {
		indent(out, depth + 1);
		pen_buffer_printf(out, "%s", e->name);
		dump_attributes(e->attributes, out);
		pen_buffer_printf(out, "%s", e->value ? " = " : "");
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
		[PEN_TREE_IMPORT] = "import",	    [PEN_TREE_IMPORTLIB] = "importlib",
		[PEN_TREE_CPP_QUOTE] = "cpp_quote", [PEN_TREE_PRAGMA] = "midl_pragma",
		[PEN_TREE_TYPEDEF] = "typedef",	    [PEN_TREE_DECL] = "declaration",
		[PEN_TREE_INTERFACE] = "interface", [PEN_TREE_DISPINTERFACE] = "dispinterface",
		[PEN_TREE_LIBRARY] = "library",	    [PEN_TREE_MODULE] = "module",
		[PEN_TREE_COCLASS] = "coclass",	    [PEN_TREE_CONTRACT] = "apicontract",
		[PEN_TREE_DELEGATE] = "delegate",   [PEN_TREE_NAMESPACE] = "namespace",
		[PEN_TREE_DECLARE] = "declare",	    [PEN_TREE_REFERENCE] = "reference",
	};

	for (; list; list = list->next) {
		indent(out, depth);
		pen_buffer_printf(out, "%s", kinds[list->kind]);
		if (list->name)
			pen_buffer_printf(out, " %s", list->name);
		for (const struct pen_tree_parameter *p = list->parameters; p; p = p->next)
			pen_buffer_printf(out, "%s%s%s", p == list->parameters ? "<" : ", ",
					  p->name, p->next ? "" : ">");
		dump_attributes(list->attributes, out);
		pen_buffer_printf(out, "%s\n", list->is_forward ? " forward" : "");
		for (const struct pen_tree_decl *b = list->base; b; b = b->next) {
			indent(out, depth + 1);
			pen_buffer_printf(out, "base %s\n", b->spec->name);
		}
		if (list->decl)
			dump_decl(list->decl, depth + 1, out);
		dump_definitions(list->definitions, depth + 1, out);
	}
}

void pen_idl_dump_tree(const struct pen_tree *tree, struct pen_buffer *out)
{
	dump_definitions(tree->definitions, 0, out);
}
