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
	PEN_TREE_TEXT,	   /* a string */
	PEN_TREE_NAME,	   /* with its dots, where it has some */
	PEN_TREE_DEREF,	   /* *args[0] */
	PEN_TREE_OPERATOR, /* op over args */
	PEN_TREE_CAST,	   /* (type)args[0] */
	PEN_TREE_SIZEOF,   /* sizeof(type), or sizeof args[0] */
	PEN_TREE_TYPE,	   /* an argument that is a type */
	PEN_TREE_EMPTY,	   /* an argument left out, as in size_is(,n) */
};

struct pen_tree_expr {
	struct pen_tree_expr *next; /* of a list of arguments */
	enum pen_tree_expr_kind kind;
	struct pen_pos pos;
	enum pen_expr_op op;
	struct pen_number number;
	const char *name; /* or the text */
	bool is_wide;
	struct pen_tree_expr *args[3];
	struct pen_tree_decl *type; /* of CAST, SIZEOF, TYPE */
};

struct pen_tree_attribute {
	struct pen_tree_attribute *next;
	struct pen_pos pos;
	const char *name;
	struct pen_tree_expr *args;
};

enum pen_tree_spec_kind {
	PEN_TREE_BASE, /* a type of the language */
	PEN_TREE_HANDLE_T,
	PEN_TREE_TYPE_NAME,
	PEN_TREE_STRUCT,
	PEN_TREE_UNION,
	PEN_TREE_ENUM,
	PEN_TREE_INTERFACE_NAME, /* "interface A" where a type is meant */
	PEN_TREE_PIPE,		 /* of element */
	PEN_TREE_SAFEARRAY,	 /* of element */
};

struct pen_tree_spec {
	enum pen_tree_spec_kind kind;
	struct pen_pos pos;
	enum pen_kind base;
	const char *name; /* or the tag; NULL: none */
	bool has_body;
	struct pen_tree_decl *members;
	struct pen_tree_enumerator *enumerators;
	struct pen_tree_decl *tag;	 /* of an encapsulated union */
	const char *union_name;		 /* of its C union */
	struct pen_tree_decl *element;	 /* of a pipe, a SAFEARRAY */
	struct pen_tree_decl *arguments; /* of a name with parameters: "IVector<long>" */
};

struct pen_tree_enumerator {
	struct pen_tree_enumerator *next;
	struct pen_pos pos;
	const char *name;
	struct pen_tree_attribute *attributes;
	struct pen_tree_expr *value; /* NULL: one more than the last */
};

enum pen_tree_derivation_kind {
	PEN_TREE_POINTER,
	PEN_TREE_ARRAY,
	PEN_TREE_FUNCTION, /* the outermost of an operation */
};

/* A *, a [] or a () of a declarator, the outermost first. */
struct pen_tree_derivation {
	struct pen_tree_derivation *next;
	struct pen_pos pos;
	enum pen_tree_derivation_kind kind;
	struct pen_tree_expr *count;	  /* of an array; NULL: [] or [*] */
	struct pen_tree_expr *upper;	  /* [count..upper] */
	struct pen_tree_decl *parameters; /* of a function */
};

struct pen_tree_declarator {
	struct pen_tree_declarator *next;
	struct pen_pos pos;
	const char *name; /* NULL: none */
	struct pen_tree_derivation *derivations;
	struct pen_tree_attribute *attributes; /* of a typedef's name: what an ACF says of it */
	struct pen_tree_expr *bits;	       /* of a bit field */
	struct pen_tree_expr *value;	       /* of a constant */
};

/* A member, an arm, a parameter, a typedef, an operation, a constant. */
struct pen_tree_decl {
	struct pen_tree_decl *next;
	struct pen_pos pos;
	struct pen_tree_attribute *attributes;
	struct pen_tree_spec *spec; /* NULL: an empty arm */
	struct pen_tree_declarator *declarators;
	bool is_extern; /* of a variable: it is somewhere else */
};

enum pen_tree_kind {
	PEN_TREE_IMPORT,
	PEN_TREE_IMPORTLIB,
	PEN_TREE_CPP_QUOTE,
	PEN_TREE_PRAGMA, /* midl_pragma */
	PEN_TREE_TYPEDEF,
	PEN_TREE_DECL, /* a struct, union or enum by itself, an operation, constants */
	PEN_TREE_INTERFACE,
	PEN_TREE_DISPINTERFACE,
	PEN_TREE_LIBRARY,
	PEN_TREE_MODULE,
	PEN_TREE_COCLASS,  /* or a runtimeclass */
	PEN_TREE_CONTRACT, /* an apicontract */
	PEN_TREE_DELEGATE, /* decl is its one operation */
	PEN_TREE_NAMESPACE,
	PEN_TREE_DECLARE,   /* uses of interfaces with parameters */
	PEN_TREE_REFERENCE, /* "interface A;" in a coclass or a dispinterface */
};

struct pen_tree_parameter {
	struct pen_tree_parameter *next;
	struct pen_pos pos;
	const char *name;
};

struct pen_tree_definition {
	struct pen_tree_definition *next;
	enum pen_tree_kind kind;
	struct pen_pos pos;
	const char *name;	    /* or the text of a cpp_quote, an importlib */
	struct pen_tree *import;    /* NULL: it was imported before */
	struct pen_tree_decl *decl; /* of a typedef, a decl; of a reference its type */
	struct pen_tree_attribute *attributes;
	struct pen_tree_definition *definitions; /* in the interface, the library ... */
	struct pen_tree_decl *base;		 /* and what it requires */
	struct pen_tree_parameter *parameters;	 /* the T of "interface IVector<T>" */
	bool is_forward;
};

struct pen_tree {
	const struct pen_source *source;
	struct pen_tree_definition *definitions;
};

/* Parses the file, and what it imports. */
struct pen_tree *pen_idl_parse(struct pen_idl *idl, const struct pen_source *source,
			       const struct pen_token *tokens);

/* The function that a declarator declares, or NULL. */
static inline const struct pen_tree_derivation *pen_tree_function(
	const struct pen_tree_declarator *declarator)
{
	const struct pen_tree_derivation *first = declarator ? declarator->derivations : NULL;

	return first && first->kind == PEN_TREE_FUNCTION ? first : NULL;
}

/* The words for the language's own types, one of which may be meant. */
void pen_tree_spell_base(struct pen_spelling *spelling);

/* The attribute of that name, or NULL. */
const struct pen_tree_attribute *pen_tree_find(const struct pen_tree_attribute *list,
					       const char *name);

/* How an operator is written. */
const char *pen_tree_operator(enum pen_expr_op op);

void pen_idl_dump_tree(const struct pen_tree *tree, struct pen_buffer *out);

#endif
