/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_RESOLVE_H
#define PEN_COMPILER_RESOLVE_H
/*
 * What the parts of the pass from tree to model share: the names known so far,
 * the scope of expressions, and the shape of a type while attributes apply.
 */
#include "base/spelling.h"
#include "compiler/model.h"

/* One * or [] of a type, and what the attributes say of it. */
struct pen_level {
	bool is_array;
	uint32_t count; /* of a fixed array; 0: conformant */
	bool has_kind;	/* of a pointer: it was said */
	enum pen_pointer_kind kind;
	const struct pen_model_step *size_is;
	const struct pen_model_step *length_is;
	const struct pen_model_step *first_is;
};

/* A type taken apart: its levels, the outermost first, around a base. */
struct pen_shape {
	struct pen_model_type *base;
	const struct pen_range *counts; /* [range] of an array or a string */
	bool is_string;
	bool is_context_handle;
	bool is_shared;			      /* a context handle is */
	struct pen_model_type *system_handle; /* which the innermost pointer stands for, or NULL */
	const struct pen_model_marshal *marshal; /* of the innermost */
	size_t n_levels;
	struct pen_level levels[PEN_IDL_DEPTH_MAX]; /* last, so that a copy can be short */
};

enum pen_symbol_kind {
	PEN_SYMBOL_TYPE,
	PEN_SYMBOL_TAG,
	PEN_SYMBOL_CONSTANT,
	PEN_SYMBOL_C_NAME, /* of a struct, union or enum in C */
};

struct pen_symbol {
	struct pen_symbol *next;
	enum pen_symbol_kind kind;
	const char *name;
	struct pen_pos pos;
	const struct pen_shape *shape; /* of a type; only its first levels are there */
	struct pen_model_type *type;   /* of a tag */
	const struct pen_model_constant *constant;
	unsigned n_same; /* of a C name: how many have it with a number */
};

enum { PEN_SYMBOL_BUCKETS = 1024 };

struct pen_resolver {
	struct pen_idl *idl;
	struct pen_model *model;
	struct pen_symbol *symbols[PEN_SYMBOL_BUCKETS];
	struct pen_model_type **types_tail;
	struct pen_model_constant **constants_tail;
	struct pen_model_interface **interfaces_tail;
	struct pen_model_import **imports_tail;
	struct pen_model_alias **aliases_tail;
	struct pen_model_operation **operations_tail; /* of the interface */
	struct pen_model_operation **callbacks_tail;
	const char *prefix;
	const char *space; /* the namespace, with its dots; NULL: none */
	enum pen_pointer_kind pointer_default;
	bool is_ms_union;    /* the interface's unions are */
	uint32_t attributes; /* the interface's: enum pen_model_operation_attribute */
	bool is_module;	     /* here are functions of a DLL */
	bool is_object;	     /* the operations of this interface are an object's */
	bool is_local; /* nothing here is sent, so what attributes say of sizes is a comment */

	/* The type or the operation that is being resolved. Both NULL: nothing is sent of it. */
	struct pen_model_type *type;
	struct pen_model_operation *operation;
	struct pen_model_type *tagged; /* all structs, unions and enums that have a tag */

	/* The names that an attribute's expression may use. */
	const struct pen_model_field *scope;
	size_t n_scope;
};

const struct pen_symbol *pen_symbol_find(const struct pen_resolver *resolver,
					 enum pen_symbol_kind kind, const char *name);
/* Complains if there is one of that kind and name in this namespace. */
struct pen_symbol *pen_symbol_add(struct pen_resolver *resolver, enum pen_symbol_kind kind,
				  const char *name, struct pen_pos pos);

/* The same without a complaint, and its end: a name that is known for a while. */
struct pen_symbol *pen_symbol_push(struct pen_resolver *resolver, enum pen_symbol_kind kind,
				   const char *name, struct pen_pos pos);
void pen_symbol_pop(struct pen_resolver *resolver, const struct pen_symbol *symbol);

/* The name in its namespace. */
const char *pen_symbol_full_name(const struct pen_resolver *resolver, const char *name);

/* The name, or one that no type has in C yet; from now on one has it. */
const char *pen_symbol_c_name(struct pen_resolver *resolver, const char *name);

/* Names of that kind that may be meant. */
void pen_symbol_spell(const struct pen_resolver *resolver, enum pen_symbol_kind kind,
		      struct pen_spelling *spelling);
/* "; did you mean ...?", or "" */
const char *pen_idl_meant(struct pen_idl *idl, const struct pen_spelling *spelling);

/* The value of an expression without names of members. 0 after a complaint. */
struct pen_number pen_resolve_number(struct pen_resolver *resolver,
				     const struct pen_tree_expr *expr);
/* The same, where it has to be an integer. */
int64_t pen_resolve_constant(struct pen_resolver *resolver, const struct pen_tree_expr *expr);

/* An expression over constants and the scope, in postfix; adds the number to it. */
const struct pen_model_step *pen_resolve_expr(struct pen_resolver *resolver,
					      const struct pen_tree_expr *expr, int64_t add);
/* last - first + 1 */
const struct pen_model_step *pen_resolve_length(struct pen_resolver *resolver,
						const struct pen_tree_expr *last,
						const struct pen_tree_expr *first);

/* A constant of that name, whose value the caller gives it. */
struct pen_model_constant *pen_constant_add(struct pen_resolver *resolver, const char *name,
					    struct pen_pos pos);

/* Where attributes stand. */
enum pen_place {
	PEN_PLACE_TYPEDEF = 1 << 0,
	PEN_PLACE_MEMBER = 1 << 1, /* or an arm */
	PEN_PLACE_PARAMETER = 1 << 2,
	PEN_PLACE_OPERATION = 1 << 3,
	PEN_PLACE_INTERFACE = 1 << 4,
	PEN_PLACE_OTHER = 1 << 5, /* an enumerator, a class ... */
};

/* Complains of attributes that are unknown, or have no meaning there. */
void pen_check_attributes(struct pen_resolver *resolver, const struct pen_tree_attribute *list,
			  enum pen_place place);

/* The nth argument of the attribute: NULL where there is none. */
const struct pen_tree_expr *pen_attribute_argument(const struct pen_tree_attribute *list,
						   const char *name, size_t n);
size_t pen_attribute_n_arguments(const struct pen_tree_attribute *list, const char *name);
/* Its first argument's name or text, or NULL. */
const char *pen_attribute_text(const struct pen_tree_attribute *attribute);

/* Whether the list has [annotation("text")]. */
bool pen_is_annotated(const struct pen_tree_attribute *list, const char *text);

/*
 * What is being resolved cannot be sent, for that reason, which is an error only where an
 * operation would send it.
 */
void pen_refuse(struct pen_resolver *resolver, struct pen_pos pos, const char *format, ...)
	PEN_PRINTF(3, 4);
/* An error, or of an object's operation, which nobody calls here, the same as pen_refuse. */
void pen_refuse_call(struct pen_resolver *resolver, struct pen_pos pos, const char *format, ...)
	PEN_PRINTF(3, 4);
/* What is being resolved needs that type, and is refused with it. */
void pen_use_type(struct pen_resolver *resolver, struct pen_model_type *type);
/* Refusals reach all that they concern; those that an operation meets are told. */
void pen_settle_refusals(struct pen_resolver *resolver);

/*
 * The type of a declarator: the spec's base, the declarator's levels and its
 * typedef's, with the attributes applied. hint names a type that has no name.
 */
void pen_resolve_shape(struct pen_resolver *resolver, const struct pen_tree_decl *decl,
		       const struct pen_tree_declarator *declarator, const char *hint,
		       struct pen_shape *shape);

/* A copy that lasts, with as many levels as there are. */
struct pen_shape *pen_shape_keep(struct pen_resolver *resolver, const struct pen_shape *shape);

/* Puts a shape together. is_parameter: the outermost pointer is [ref] unless said. */
struct pen_model_type *pen_shape_build(struct pen_resolver *resolver, const struct pen_shape *shape,
				       const struct pen_tree_decl *decl, struct pen_pos pos,
				       bool is_parameter);

/*
 * Applies transmit_as, represent_as, wire_marshal and user_marshal of a typedef of that name: from
 * here on the shape is that of a local form, or stands for another one on the wire.
 */
void pen_resolve_marshal(struct pen_resolver *resolver, struct pen_shape *shape,
			 const struct pen_tree_attribute *list, const char *name);
/* What is on the wire, for one use of it. */
struct pen_model_type *pen_marshal_build(struct pen_resolver *resolver,
					 const struct pen_model_marshal *marshal,
					 struct pen_pos pos);
/* The local form that the shape is, which attributes speak of. NULL: it is none. */
const struct pen_shape *pen_marshal_local(const struct pen_shape *shape);

/* The type of a system handle, as the attribute has it; NULL: it has no such attribute. */
struct pen_model_type *pen_resolve_system_handle(struct pen_resolver *resolver,
						 const struct pen_tree_attribute *list);
/* Refuses what no descriptor can be. */
void pen_check_system_handle(struct pen_resolver *resolver, const struct pen_model_type *type,
			     struct pen_pos pos);

struct pen_model_type *pen_resolve_spec(struct pen_resolver *resolver,
					const struct pen_tree_spec *spec,
					const struct pen_tree_attribute *attributes,
					const char *hint);
/* A type of that form that goes by that name. */
struct pen_model_type *pen_model_form(struct pen_resolver *resolver, enum pen_model_form form,
				      const char *name);
struct pen_model_type *pen_model_scalar(struct pen_resolver *resolver, enum pen_kind kind);

/* The types that a typedef names. */
void pen_resolve_typedef(struct pen_resolver *resolver, const struct pen_tree_decl *decl);

/* The typedef's name as a type by itself. */
void pen_resolve_alias(struct pen_resolver *resolver, const struct pen_tree_decl *decl,
		       const struct pen_tree_declarator *declarator, const struct pen_shape *shape);

/* The members of a struct or the arms of a union. */
void pen_resolve_members(struct pen_resolver *resolver, struct pen_model_type *type,
			 const struct pen_tree_decl *members);

/* What the attributes of a member or a parameter say beyond its type. */
void pen_resolve_field_attributes(struct pen_resolver *resolver, struct pen_model_field *field,
				  const struct pen_tree_attribute *list);

/* With iid_is, void * is an interface's pointer. */
void pen_resolve_iid(struct pen_resolver *resolver, struct pen_shape *shape,
		     const struct pen_tree_attribute *list);

/* No value of the discriminant may choose two arms. */
void pen_check_cases(struct pen_resolver *resolver, const struct pen_model_type *type);

/* Those of PEN_ATTRIBUTE_... that are in the list. */
uint32_t pen_resolve_flags(const struct pen_tree_attribute *list);

/* Appends an operation to the interface. */
void pen_resolve_operation(struct pen_resolver *resolver, struct pen_model_interface *interface,
			   const struct pen_tree_decl *decl);

/* The types of a function's parameters, which need be known and no more. */
void pen_resolve_function(struct pen_resolver *resolver,
			  const struct pen_tree_derivation *function);

void pen_resolve_definitions(struct pen_resolver *resolver, const struct pen_tree_definition *list,
			     struct pen_model_interface *interface, bool is_main);
void pen_resolve_interface(struct pen_resolver *resolver,
			   const struct pen_tree_definition *definition, bool is_main);
/* A dispinterface, a coclass, a delegate, a reference in one of them. */
void pen_resolve_class(struct pen_resolver *resolver, const struct pen_tree_definition *definition);

/* How many members or parameters the declarations make. */
uint32_t pen_tree_count_fields(const struct pen_tree_decl *decl);

#endif
