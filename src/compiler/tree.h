/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_TREE_H
#define PEN_COMPILER_TREE_H
/*
 * The second form of a file: what was written, before any name means anything.
 */
#include "base/spelling.h"
#include "compiler/token.h"

enum pen_tree_expr_kind {
	PEN_TREE_CONST,
	PEN_TREE_TEXT, /* a string */
	PEN_TREE_NAME,
	PEN_TREE_DEREF,	   /* *args[0] */
	PEN_TREE_OPERATOR, /* op over args */
	PEN_TREE_EMPTY,	   /* an argument left out, as in size_is(,n) */
};

struct pen_tree_expr {
	struct pen_tree_expr *next; /* of a list of arguments */
	enum pen_tree_expr_kind kind;
	struct pen_pos pos;
	enum pen_expr_op op;
	int64_t value;
	const char *name; /* or the text */
	bool is_wide;
	struct pen_tree_expr *args[3];
};

struct pen_tree_attribute {
	struct pen_tree_attribute *next;
	struct pen_pos pos;
	const char *name;
	struct pen_tree_expr *args;
	struct pen_tree_spec *spec; /* of switch_type */
};

enum pen_tree_spec_kind {
	PEN_TREE_BASE, /* a type of the language */
	PEN_TREE_HANDLE_T,
	PEN_TREE_TYPE_NAME,
	PEN_TREE_STRUCT,
	PEN_TREE_UNION,
	PEN_TREE_ENUM,
};

struct pen_tree_spec {
	enum pen_tree_spec_kind kind;
	struct pen_pos pos;
	enum pen_kind base;
	const char *name; /* or the tag; NULL: none */
	bool has_body;
	struct pen_tree_decl *members;
	struct pen_tree_enumerator *enumerators;
	struct pen_tree_decl *tag; /* of an encapsulated union */
};

struct pen_tree_enumerator {
	struct pen_tree_enumerator *next;
	struct pen_pos pos;
	const char *name;
	struct pen_tree_expr *value; /* NULL: one more than the last */
};

/* A * or a [] of a declarator, the outermost first. */
struct pen_tree_derivation {
	struct pen_tree_derivation *next;
	struct pen_pos pos;
	bool is_array;
	struct pen_tree_expr *count; /* NULL: [] or [*] */
	struct pen_tree_expr *upper; /* [count..upper] */
};

struct pen_tree_declarator {
	struct pen_tree_declarator *next;
	struct pen_pos pos;
	const char *name; /* NULL: none */
	struct pen_tree_derivation *derivations;
	bool is_operation;
	struct pen_tree_decl *parameters;
};

/* A member, an arm, a parameter, a typedef, an operation. */
struct pen_tree_decl {
	struct pen_tree_decl *next;
	struct pen_pos pos;
	struct pen_tree_attribute *attributes;
	struct pen_tree_spec *spec; /* NULL: an empty arm */
	struct pen_tree_declarator *declarators;
};

enum pen_tree_kind {
	PEN_TREE_IMPORT,
	PEN_TREE_CPP_QUOTE,
	PEN_TREE_CONSTANT,
	PEN_TREE_TYPEDEF,
	PEN_TREE_DECL, /* a struct, union or enum by itself, or an operation */
	PEN_TREE_INTERFACE,
};

struct pen_tree_definition {
	struct pen_tree_definition *next;
	enum pen_tree_kind kind;
	struct pen_pos pos;
	const char *name;	     /* of an import, a constant, an interface */
	struct pen_tree *import;     /* NULL: it was imported before */
	struct pen_tree_decl *decl;  /* of a typedef, a constant (its type), a decl */
	struct pen_tree_expr *value; /* of a constant; a cpp_quote's text */
	struct pen_tree_attribute *attributes;
	struct pen_tree_definition *definitions; /* in the interface */
	const char *base;
	bool is_forward;
};

struct pen_tree {
	const struct pen_source *source;
	struct pen_tree_definition *definitions;
};

/* Parses the file, and what it imports. */
struct pen_tree *pen_idl_parse(struct pen_idl *idl, const struct pen_source *source,
			       const struct pen_token *tokens);

/* The words for the language's own types, one of which may be meant. */
void pen_tree_spell_base(struct pen_spelling *spelling);

/* The attribute of that name, or NULL. */
const struct pen_tree_attribute *pen_tree_find(const struct pen_tree_attribute *list,
					       const char *name);

/* How an operator is written. */
const char *pen_tree_operator(enum pen_expr_op op);

void pen_idl_dump_tree(const struct pen_tree *tree, struct pen_buffer *out);

#endif
