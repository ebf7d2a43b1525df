/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_MODEL_H
#define PEN_COMPILER_MODEL_H
/*
 * The third form: what the file means. Each name has found its type, each
 * constant its value, each attribute the pointer or array that it speaks of.
 */
#include "compiler/tree.h"

/* What a type is that the codec has no kind for; its kind is PEN_VOID. */
enum pen_model_form {
	PEN_FORM_WIRE, /* the codec has a kind for it */
	PEN_FORM_HANDLE_T,
	PEN_FORM_INTERFACE, /* or a class; interface, or NULL if it is only known by name */
	PEN_FORM_FUNCTION,
	PEN_FORM_PIPE,	     /* of element */
	PEN_FORM_SAFEARRAY,  /* of element */
	PEN_FORM_MARSHALLED, /* of a typedef: what is sent for it is in marshal */
};

enum pen_model_marshal_kind {
	PEN_TRANSMIT_AS,
	PEN_REPRESENT_AS,
	PEN_WIRE_MARSHAL,
	PEN_USER_MARSHAL,
	PEN_MARSHAL_KINDS,
};

/* A type that programs have in another form than the wire. A value of ours is the wire's. */
struct pen_model_marshal {
	enum pen_model_marshal_kind kind;
	const struct pen_shape *wire;  /* NULL: the IDL's own type, which has a local form */
	const struct pen_shape *local; /* as written, where there is a wire */
	const char *name;	       /* of the local one */
};

/* Why a type or an operation cannot be sent. */
struct pen_refusal {
	struct pen_pos pos;
	const char *text;
	bool is_told;
};

struct pen_model_operation;

/* Who needs a named type. One of the two is set. */
struct pen_model_user {
	struct pen_model_user *next;
	struct pen_model_type *type;
	struct pen_model_operation *operation;
};

/* A step of an expression, in postfix order; the last one is PEN_EXPR_END. */
struct pen_model_step {
	enum pen_expr_op op; /* MEMBER for any name; lowering knows IN and OUT */
	int64_t value;
	const struct pen_model_field *field;
};

/* How many operands the operator has. */
unsigned pen_step_operands(enum pen_expr_op op);
/* The first step of the operand that ends with the last one. */
size_t pen_step_first(const struct pen_model_step *steps, size_t last);

struct pen_model_dimension {
	uint32_t count;
	bool is_conformant;
	const struct pen_model_step *size_is;
	const struct pen_model_step *length_is;
	const struct pen_model_step *first_is;
};

struct pen_model_type {
	struct pen_model_type *next; /* in the model's list of named types */
	enum pen_kind kind;
	struct pen_pos pos;
	const char *name;   /* as in the IDL */
	const char *c_name; /* with its prefix; NULL: not a named type */
	const char *prefix; /* of its c_name, and of its enumerators' */
	const char *tag;    /* as in "struct tag"; NULL: none */
	bool is_typedef_name;
	bool is_complete;
	enum pen_model_form form;
	const struct pen_model_interface *interface;
	const struct pen_model_marshal *marshal; /* of PEN_FORM_MARSHALLED */
	struct pen_refusal *refusal; /* NULL: it has a form on the wire, and so has a table */
	struct pen_model_type *next_tagged;
	struct pen_model_user *users;  /* of a named one: those that are refused with it */
	struct pen_model_type *use_of; /* this is a use of that named one, with more attributes */
	const struct pen_range *range;

	struct pen_model_field *fields; /* struct, union */
	uint32_t n_fields;
	struct pen_model_type *tag_type; /* union; NULL: what switch_is names decides */
	const char *tag_name;		 /* union: of the encapsulated one's tag */
	bool is_encapsulated;
	bool is_ms_union;
	bool is_plain; /* struct, union: pen_model_is_plain of all members */
	const struct pen_model_step *switch_is;

	enum pen_system_handle_kind system_handle; /* whose word is the name */
	uint32_t access;

	struct pen_enumerator *enumerators;
	uint32_t n_enumerators;
	uint8_t enum_bits;
	bool is_scoped; /* its enumerators' names belong to it */

	struct pen_model_type *element; /* array, string, pointer */
	struct pen_model_dimension *dimensions;
	uint32_t n_dimensions;
	enum pen_pointer_kind pointer_kind;

	struct pen_plan_type *plan; /* of a named one, once it is lowered */
};

enum pen_model_field_flag {
	PEN_FIELD_RETVAL = 1 << 0,
	PEN_FIELD_OPTIONAL = 1 << 1,
	PEN_FIELD_IGNORE = 1 << 2,
	PEN_FIELD_PARTIAL_IGNORE = 1 << 3,
	PEN_FIELD_COMM_STATUS = 1 << 4,
	PEN_FIELD_FAULT_STATUS = 1 << 5,
	PEN_FIELD_SHARED_HANDLE = 1 << 6,  /* a context handle that calls do not wait for */
	PEN_FIELD_SECRET = 1 << 7,	   /* [annotation("secret")] */
	PEN_FIELD_HANDLE = 1 << 8,	   /* what the call is bound by */
	PEN_FIELD_UNTYPED_HANDLE = 1 << 9, /* a context handle that no typedef names */
};

struct pen_model_field {
	const char *name; /* NULL: an arm without a value */
	struct pen_pos pos;
	struct pen_model_type *type;
	uint32_t flags; /* enum pen_model_field_flag */
	bool is_in;
	bool is_out;
	bool has_bits; /* it is a bit field */
	uint32_t bits;
	const struct pen_model_step *iid_is;	 /* whose interface it points to */
	const char *byte_count;			 /* the parameter that says how large it is */
	const struct pen_model_marshal *marshal; /* NULL: programs have it as it is sent */
	int64_t *cases;
	uint32_t n_cases;
	bool is_default;
};

struct pen_model_operation {
	struct pen_model_operation *next;
	const char *name;
	struct pen_pos pos;
	uint32_t flags;	     /* of the wire: PEN_OPERATION_... */
	uint32_t attributes; /* enum pen_model_operation_attribute */
	bool is_local;
	const char *call_as; /* the local one that this is sent for */
	struct pen_model_field *parameters;
	uint32_t n_parameters;
	struct pen_model_type *result;		 /* PEN_VOID: none */
	const struct pen_model_marshal *marshal; /* of the result */
	struct pen_refusal *refusal;		 /* NULL: it can be called */
};

enum pen_model_operation_attribute {
	PEN_ATTRIBUTE_ASYNC = 1 << 0,
	PEN_ATTRIBUTE_CALLBACK = 1 << 1,
	PEN_ATTRIBUTE_MESSAGE = 1 << 2,
	PEN_ATTRIBUTE_NOTIFY = 1 << 3,
	PEN_ATTRIBUTE_NOTIFY_FLAG = 1 << 4,
	PEN_ATTRIBUTE_ENCODE = 1 << 5,
	PEN_ATTRIBUTE_DECODE = 1 << 6,
	PEN_ATTRIBUTE_COMM_STATUS = 1 << 7, /* the result says what became of the call */
	PEN_ATTRIBUTE_FAULT_STATUS = 1 << 8,
	PEN_ATTRIBUTE_ENABLE_ALLOCATE = 1 << 9,
	PEN_ATTRIBUTE_NOCODE = 1 << 10, /* no client of it is wanted */
	PEN_ATTRIBUTE_STRICT_CONTEXT_HANDLE = 1 << 11,
	PEN_ATTRIBUTE_SERIALIZE = 1 << 12, /* calls by its handles wait for each other */
	PEN_ATTRIBUTE_NOSERIALIZE = 1 << 13,
};

struct pen_model_interface {
	struct pen_model_interface *next;
	const char *name;
	struct pen_pos pos;
	struct pen_syntax_id id;
	bool has_uuid;
	bool is_local;
	bool is_object;	 /* ORPC: not called through this */
	bool is_generic; /* it has types that only a use knows */
	bool is_complete;
	const struct pen_model_interface *base;
	uint32_t attributes;	     /* enum pen_model_operation_attribute, for all operations */
	const char *implicit_handle; /* NULL: none */
	const char *level;	     /* of security, the least that calls need; NULL: not said */
	bool has_auto_handle;
	enum pen_pointer_kind pointer_default;
	const char **endpoints;
	uint32_t n_endpoints;
	struct pen_model_operation *operations; /* by opnum; those of the base are in the base */
	uint32_t n_operations;			/* of its own */
	uint32_t n_inherited;
	struct pen_model_operation *callbacks; /* numbered by themselves */
	uint32_t n_callbacks;
};

struct pen_model_constant {
	struct pen_model_constant *next;
	const char *name;
	const char *c_name; /* NULL: an enumerator, which is named with its enum */
	struct pen_pos pos;
	struct pen_number number;
	const char *text; /* of a string, as written */
	bool is_wide;
};

struct pen_model_import {
	struct pen_model_import *next;
	const char *name; /* as written */
};

/* A typedef's name as a type by itself. */
struct pen_model_alias {
	struct pen_model_alias *next;
	struct pen_model_operation owner; /* of its name, its attributes and its refusal */
	const char *c_name;
	struct pen_model_type *type;
	bool is_asked_for; /* the attributes are its own, not all of the interface's types' */
};

struct pen_model {
	const struct pen_source *source;
	struct pen_model_type *types; /* of all files, in the order of their completion */
	struct pen_model_constant *constants;
	struct pen_model_interface *interfaces;
	struct pen_model_import *imports; /* of the file itself */
	bool has_system_handles;
	struct pen_model_alias *aliases;
};

/* What is not offered of the type's forms: "a pipe", or NULL. */
const char *pen_model_form_name(enum pen_model_form form);

struct pen_model *pen_idl_resolve(struct pen_idl *idl, const struct pen_tree *tree);

/* Whether a value has neither pointers nor parts whose number the wire tells. */
bool pen_model_is_plain(const struct pen_model_type *type);

bool pen_kind_is_integer(enum pen_kind kind);
/* Of an integer in C, where __int3264 has 64 bits. */
unsigned pen_kind_bits(enum pen_kind kind);
bool pen_kind_is_unsigned(enum pen_kind kind);

/* The name with _ for what C has in no name. */
const char *pen_c_identifier(struct pen_idl *idl, const char *name);

/* What IDL calls them. */
const char *pen_kind_word(enum pen_kind kind);
const char *pen_pointer_word(enum pen_pointer_kind kind);
const char *pen_form_word(enum pen_model_form form);
const char *pen_marshal_word(enum pen_model_marshal_kind kind);
/* Of the nth bit. NULL: there is none, or IDL has no word for it. */
const char *pen_attribute_word(size_t n);
const char *pen_field_flag_word(size_t n);

void pen_idl_dump_model(const struct pen_model *model, struct pen_buffer *out);

#endif
