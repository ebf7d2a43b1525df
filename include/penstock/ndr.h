/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_NDR_H
#define PENSTOCK_NDR_H
/*
 * Type tables, and the one codec that walks them.
 *
 * A struct pen_type describes a C value and its form on the wire. penidl writes
 * these tables from IDL; the codec reads, writes, prints a value by its table
 * and turns it into JSON and back, in NDR [C706 14] and NDR64 [MS-RPCE 2.2.5].
 *
 * The C value of a type:
 *
 *   scalar            uint32_t, double ...; error_status_t is a uint32_t,
 *                     boolean a uint8_t
 *   enum              enum (an int), whether 16 or 32 bits on the wire
 *   struct            struct, fields in the IDL's order
 *   union             union, the discriminant elsewhere (switch_is); an
 *                     encapsulated one is a struct { tag; union u; }
 *   fixed array       T a[2][3], in place
 *   conformant array  T *, to the elements in row-major order
 *   [string]          const char *, UTF-8 where the wire has UTF-16 (an unpaired
 *                     surrogate survives as its three-byte form), else as it is
 *   pointer           T *; NULL only for unique and full ones. A pointer to a
 *                     conformant array or a string is that T *, not a T **
 *   context handle    struct pen_context_handle
 *   [pipe]            struct pen_call_pipe
 *   [system_handle]   struct pen_system_handle
 *   [ignore]          void *, which is the program's own: neither written nor read
 *   [partial_ignore]  in the _in a uint8_t, whether the caller wants what comes out
 *   void              nothing: an empty arm, an operation without parameters
 *
 * A top-level [ref] pointer parameter is not a pointer in C: it is the value.
 * All that a decoded value points to lives in the arena it was decoded into, and is
 * freed with it; large arrays may lie in the bytes themselves (pen_layout.is_lasting).
 */
#include <penstock/arena.h>

#ifdef __cplusplus
extern "C" {
#endif

enum pen_kind {
	PEN_VOID,
	PEN_I8,	  /* small */
	PEN_U8,	  /* unsigned small */
	PEN_BYTE, /* byte: opaque, never converted */
	PEN_CHAR, /* char */
	PEN_BOOLEAN,
	PEN_I16,
	PEN_U16,
	PEN_WCHAR, /* wchar_t outside a string: a uint16_t */
	PEN_I32,
	PEN_U32,
	PEN_ERROR_STATUS, /* error_status_t: a uint32_t that prints by name */
	PEN_I64,
	PEN_U64,
	PEN_I3264, /* __int3264: int64_t in C, 4 bytes in NDR, 8 in NDR64 */
	PEN_U3264,
	PEN_FLOAT,
	PEN_DOUBLE,
	PEN_ENUM,
	PEN_STRUCT,
	PEN_UNION,
	PEN_ARRAY,
	PEN_STRING,
	PEN_POINTER,
	PEN_HANDLE,
	PEN_PARAMETERS, /* the parameters of one direction: like a struct, never aligned */
	PEN_PIPE,	/* a parameter; what comes and goes through it is no part of the value */
	PEN_IGNORED,	/* an [ignore] pointer: its place on the wire, and no value */
	PEN_PRESENCE,	/* what comes in of [partial_ignore]: whether there is a pointer */
	PEN_SYSTEM_HANDLE,
	PEN_KINDS,
};

/* What a [system_handle] is of, and what a descriptor is here. The others have none. */
enum pen_system_handle_kind {
	PEN_SH_FILE = 1, /* a file, a directory, a device */
	PEN_SH_PIPE,	 /* a pipe, or a socket of this machine's */
	PEN_SH_SOCKET,
	PEN_SH_SECTION,	  /* memory: memfd_create(2) */
	PEN_SH_EVENT,	  /* eventfd(2) */
	PEN_SH_SEMAPHORE, /* eventfd(2) with EFD_SEMAPHORE */
	PEN_SH_PROCESS,	  /* pidfd_open(2) */
	PEN_SH_KINDS,
};

enum pen_pointer_kind { PEN_REF, PEN_UNIQUE, PEN_FULL };

enum pen_transfer { PEN_NDR, PEN_NDR64, PEN_N_TRANSFERS };

/*
 * An attribute expression (size_is, length_is, switch_is ...) in postfix order,
 * ended by PEN_EXPR_END. Names in it are members of the innermost struct around
 * the value, or parameters of the operation. Computed in int64_t.
 */
enum pen_expr_op {
	PEN_EXPR_END,
	PEN_EXPR_CONST,	 /* push value */
	PEN_EXPR_MEMBER, /* push the scalar or enum of the type at offset in the struct */
	PEN_EXPR_IN,	 /* the same, in the operation's _in */
	PEN_EXPR_OUT,	 /* the same, in the operation's _out */
	PEN_EXPR_NEG,
	PEN_EXPR_NOT,  /* ~ */
	PEN_EXPR_LNOT, /* ! */
	PEN_EXPR_MUL,
	PEN_EXPR_DIV,
	PEN_EXPR_MOD,
	PEN_EXPR_ADD,
	PEN_EXPR_SUB,
	PEN_EXPR_SHL,
	PEN_EXPR_SHR,
	PEN_EXPR_LT,
	PEN_EXPR_LE,
	PEN_EXPR_GT,
	PEN_EXPR_GE,
	PEN_EXPR_EQ,
	PEN_EXPR_NE,
	PEN_EXPR_AND,
	PEN_EXPR_XOR,
	PEN_EXPR_OR,
	PEN_EXPR_LAND,
	PEN_EXPR_LOR,
	PEN_EXPR_COND, /* pops no, yes, condition */
};

struct pen_type;

struct pen_expr {
	enum pen_expr_op op;
	int64_t value;		     /* PEN_EXPR_CONST */
	size_t offset;		     /* MEMBER, IN, OUT */
	const struct pen_type *type; /* of the value there; a pointer is followed, NULL counts 0 */
	const char *name;	     /* the IDL's, for people */
};

/* A member of a struct, an arm of a union, a parameter. */
struct pen_field {
	const char *name;
	const struct pen_type *type;
	size_t offset;	      /* in the C struct; 0 in a union (see pen_type.arms_offset) */
	const int64_t *cases; /* of an arm: the values of the discriminant that choose it */
	uint32_t n_cases;
	bool is_default; /* an arm for all other values */
	bool is_retval;	 /* the operation's result, always the last one out */
	bool is_shared;	 /* a handle whose calls do not wait for each other */
	bool is_secret;	 /* [annotation("secret")]: not for everybody who reads texts of values */
	/*
	 * How many fields from this one on form a run: scalars whose C layout is
	 * their wire layout in the transfer syntax, with no gap between them. The
	 * codec copies a run as a block where byte orders agree. 0: no run begins.
	 */
	uint16_t n_run[PEN_N_TRANSFERS];
};

struct pen_enumerator {
	const char *name;
	int64_t value;
};

/* One dimension of an array. */
struct pen_dimension {
	uint32_t count;			  /* of a fixed one; 0 of a conformant one */
	const struct pen_expr *size_is;	  /* of a conformant one: elements in memory */
	const struct pen_expr *length_is; /* of a varying one: elements sent */
	const struct pen_expr *first_is;  /* of a varying one: index of the first; NULL: 0 */
	bool is_conformant;
	bool is_varying;
};

struct pen_range {
	int64_t min;
	int64_t max;
};

/* What is fixed about a type's form in one transfer syntax. */
struct pen_wire {
	uint8_t align; /* of the value, without what it points to */
	uint32_t min;  /* no value takes fewer bytes, alignment not counted */
	bool is_block; /* C layout and wire layout are the same, and without gaps */
};

struct pen_type {
	enum pen_kind kind;
	const char *name; /* the IDL's; NULL for an unnamed one */
	size_t size;	  /* of the C value; a conformant array's or string's is a pointer's */
	struct pen_wire wire[PEN_N_TRANSFERS];

	/*
	 * [range], NULL: none. Of an integer its value; of an array how many elements each
	 * size_is says; of a string its length or what its size_is says, with the terminator
	 * [MS-RPCE 3.1.1.5.3.3.1.3]. Checked on get and put.
	 */
	const struct pen_range *range;

	const struct pen_field *fields; /* struct, union, parameters */
	uint32_t n_fields;
	bool is_conformant; /* a struct that ends in a conformant array, at whatever depth */

	const struct pen_type
		*element; /* array; string: PEN_CHAR, PEN_BYTE or PEN_WCHAR; pointer; pipe */
	const struct pen_dimension *dimensions; /* array: 1 to 8; string: exactly one */
	uint32_t n_dimensions;

	enum pen_pointer_kind pointer_kind;

	const struct pen_enumerator *enumerators;
	uint32_t n_enumerators;
	uint8_t enum_bits; /* in NDR: 16, or 32 for [v1_enum]. In NDR64 all have 32 */

	uint8_t system_handle; /* enum pen_system_handle_kind */
	uint32_t access;       /* of a system handle: the access mask; 0: as it is */

	const struct pen_type *tag;	  /* union: the discriminant's type */
	const struct pen_expr *switch_is; /* union: NULL for an encapsulated one */
	size_t arms_offset;		  /* encapsulated union: of the C union after the tag */
	bool is_ms_union;		  /* in NDR each arm is aligned as the greatest one is */
};

/* Scalars without a [range], shared by all tables. */
extern const struct pen_type pen_type_void;
extern const struct pen_type pen_type_i8;
extern const struct pen_type pen_type_u8;
extern const struct pen_type pen_type_byte;
extern const struct pen_type pen_type_char;
extern const struct pen_type pen_type_boolean;
extern const struct pen_type pen_type_i16;
extern const struct pen_type pen_type_u16;
extern const struct pen_type pen_type_wchar;
extern const struct pen_type pen_type_i32;
extern const struct pen_type pen_type_u32;
extern const struct pen_type pen_type_error_status;
extern const struct pen_type pen_type_i64;
extern const struct pen_type pen_type_u64;
extern const struct pen_type pen_type_i3264;
extern const struct pen_type pen_type_u3264;
extern const struct pen_type pen_type_float;
extern const struct pen_type pen_type_double;

/* Of [ignore] and [partial_ignore]. */
extern const struct pen_type pen_type_ignored;
extern const struct pen_type pen_type_presence;

/* A context handle as the wire has it [C706 appendix N]. All zero: none. */
struct pen_context_handle {
	uint32_t attributes;
	struct pen_uuid uuid;
};

extern const struct pen_type pen_type_handle;

/*
 * A descriptor that goes with a call over a local socket, [system_handle]. All zero: none. On the
 * wire it is a number, 0 or that of one that went over the connection (docs/idl.md).
 */
struct pen_system_handle {
	int fd;
	bool is_there;
};

/*
 * A [pipe] parameter [C706 4.2.14], in the _in for what goes to the server, in the _out for what
 * comes from it. Who calls says here where elements come from, and where they go to, before the
 * call; the server's function gives the address of the parameter to pen_call_pull and
 * pen_call_push.
 */
struct pen_call_pipe {
	/*
	 * Of an _in: fills in up to max elements, and says how many; 0: there are no more.
	 * PEN_E_AGAIN: there are none yet, and pen_call_resume will be called. Any other result
	 * ends the call with it.
	 */
	int (*pull)(void *data, void *elements, size_t max, size_t *np);
	/* Of an _out: takes n elements, 0 at the end. Its results are those of pull. */
	int (*push)(void *data, const void *elements, size_t n);
	void *data;
};

/* How bytes are laid out: what a PDU's data representation label and context say. */
struct pen_layout {
	enum pen_transfer transfer;
	bool is_big_endian;
	/*
	 * Of get: the bytes are aligned to 8 and stay where they are as long as the value
	 * lives, which may write to them: so large arrays need not be copied out of them.
	 */
	bool is_lasting;
};

/*
 * What a value's expressions may name beyond the value itself: the parameters
 * of the operation. Both may be NULL where the type names none. A value of kind
 * PEN_PARAMETERS is the _out where in is another struct or out is the value
 * itself; else it is the _in. So an _in needs no scope, and an _out needs the
 * request in in. To get an _out whose request is not known, set out to the value:
 * what names the request is then not held against it.
 */
struct pen_identities;
struct pen_cargo;

struct pen_scope {
	const void *in;
	const void *out;
	/*
	 * Of parameters: what the full pointers of the request point to, for its answer. NULL: each
	 * direction is by itself. Only calls have one.
	 */
	struct pen_identities *identities;
	/* Where system handles go to or come from. NULL: none can. Only calls have one. */
	struct pen_cargo *cargo;
	/* In texts and JSON, what is secret stands as "<redacted>". */
	bool redacts;
};

#define PEN_NDR_DEPTH_MAX 64

/* Room for a sentence that says which field broke which rule. */
struct pen_ndr_error {
	char text[200];
};

/*
 * Reads one value of the type from the bytes into value, which has type->size
 * zeroed bytes. What it points to comes from the arena, or is in the bytes where
 * layout.is_lasting allows it. When reading an operation's out parameters, scope->in
 * is the request they answer.
 *
 * Every count is held against the bytes present before anything is allocated,
 * and counts, expressions, ranges and discriminants must agree. Elements that a
 * size_is promises and a length_is leaves out may take 16 MiB in all, and parts of
 * an array that have no elements count for 4 KiB each. A full pointer may be
 * another name for an array or a union only within one struct.
 *
 * usedp, if not NULL, gets how many bytes the value took; without it, bytes
 * left over are an error. PEN_E_BAD_DATA, with the reason in error (which may
 * be NULL); PEN_E_LIMIT: pointers deeper than PEN_NDR_DEPTH_MAX, an array of too many
 * elements that are not sent or of more than 8 dimensions, or the arena is full;
 * -ENOMEM. After an error what is in value is not to be used.
 */
int pen_ndr_get(const struct pen_type *type, struct pen_layout layout,
		const struct pen_scope *scope, const void *data, size_t n, void *value,
		struct pen_arena *arena, size_t *usedp, struct pen_ndr_error *error);

struct pen_buffer;

/*
 * Appends the value's wire form to the buffer; alignment counts from where the
 * buffer ended. PEN_E_BAD_DATA: the value breaks its own type (a NULL [ref], a
 * range, a length above its size, a text that is not UTF-8), with the reason.
 * -ENOMEM; PEN_E_LIMIT: the buffer's limit, depth, or dimensions. After an error the
 * buffer is as it was.
 */
int pen_ndr_put(const struct pen_type *type, struct pen_layout layout,
		const struct pen_scope *scope, const void *value, struct pen_buffer *buffer,
		struct pen_ndr_error *error);

/*
 * Appends the value as text for people, a field a line, indented. Errors as of
 * pen_ndr_put, without the reason; a text is printed whatever its bytes are.
 */
int pen_ndr_print(const struct pen_type *type, const struct pen_scope *scope, const void *value,
		  struct pen_buffer *buffer);

/*
 * Appends the value as one JSON value. A struct is an object; a union an object
 * of its one arm, which is empty where the arm is, and in an encapsulated one
 * "$tag" is the discriminant where the arm does not tell it; bytes a hex string;
 * an enum its name, or its number if it has none; 64-bit integers numbers with
 * all their digits; a float that is not finite a string of its bits; a context
 * handle "attributes:uuid"; NULL null. A full pointer is {"$id": n, "value": ...}
 * the first time and {"$ref": n} after that. A surrogate without its partner is
 * its \u escape, and a byte that is not UTF-8 is \udc00 + byte. Errors as of
 * pen_ndr_put.
 */
int pen_ndr_to_json(const struct pen_type *type, const struct pen_scope *scope, const void *value,
		    struct pen_buffer *buffer, struct pen_ndr_error *error);

/*
 * Reads what to_json wrote into value (type->size zeroed bytes). A missing
 * member is zero, NULL or empty, so that a person need write only what matters; where
 * a size_is, length_is or switch_is names a member that is missing or 0, it is
 * taken from the array or the arm. An unknown member is an error, so that no
 * typing error is lost.
 * PEN_E_SYNTAX: not JSON; PEN_E_BAD_DATA: not of the type; both with the reason.
 * PEN_E_LIMIT: too deep, or the arena is full; -ENOMEM.
 */
int pen_ndr_from_json(const struct pen_type *type, const struct pen_scope *scope, const char *text,
		      size_t n, void *value, struct pen_arena *arena, struct pen_ndr_error *error);

#ifdef __cplusplus
}
#endif
#endif
