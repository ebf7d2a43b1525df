/* SPDX-License-Identifier: MIT */
#ifndef PEN_NDR_WALK_H
#define PEN_NDR_WALK_H
/*
 * The one walker over type tables. What all forms of a value have in common is
 * here: kinds, fields in order, expressions, dimensions, arms, depth, pointees.
 * A format, a const struct of functions, says how each thing is read or written.
 *
 * A walk remembers its first error and does nothing after it.
 */
#include "ndr/identity.h"
#include <penstock/ndr.h>

enum { PEN_DIMENSIONS_MAX = 8, PEN_WALK_INLINE = 16 };

/* Elements in memory for all that a wire's counts promise and do not send. */
#define PEN_WALK_SPARE_MAX (UINT64_C(16) << 20)

/* One dimension of an array value. */
struct pen_extent {
	uint64_t size;	 /* elements in memory */
	uint64_t first;	 /* index of the first that is sent */
	uint64_t length; /* elements sent */
};

/* A pointer whose pointee comes after the construct around it [C706 14.3.12.3]. */
struct pen_pending {
	const struct pen_type *type;
	void *slot; /* where the pointer is */
	void *members;
	const char *name;
	uint64_t referent;
};

/* An expression that must have that value when all of the value is there. */
struct pen_promise {
	const struct pen_expr *expr;
	void *members;
	const char *name;
	int64_t value;
};

struct pen_walk;

struct pen_format {
	bool is_wire;	 /* aligned, counts in front, pointees apart; else a tree */
	bool is_reading; /* makes the value; else it is there */

	void (*scalar)(struct pen_walk *w, const struct pen_type *type, void *value);
	void (*string)(struct pen_walk *w, const struct pen_type *type, char **slot);
	void (*handle)(struct pen_walk *w, struct pen_context_handle *handle);
	void (*system_handle)(struct pen_walk *w, const struct pen_type *type,
			      struct pen_system_handle *handle);

	/* False: no pointee. */
	bool (*pointer)(struct pen_walk *w, const struct pen_type *type, void **slot,
			uint64_t *referent);
	/* Of a full pointer, before its pointee. False: the pointee is known already. */
	bool (*claim)(struct pen_walk *w, const struct pen_pending *pointer);
	/* The pointee of a claimed pointer is done. Of a tree only. */
	void (*release)(struct pen_walk *w);

	/* How large an array is, and which part of it is sent. */
	void (*conformance)(struct pen_walk *w, const struct pen_type *type, void *value,
			    struct pen_extent *extents);
	void (*variance)(struct pen_walk *w, const struct pen_type *type,
			 struct pen_extent *extents);
	/* Reading: whether count elements may be there, before memory is taken for them. */
	bool (*admit)(struct pen_walk *w, const struct pen_type *element, uint64_t count);
	/* The n bytes of a block, to be left where they are; NULL: they are to be copied. */
	void *(*lend)(struct pen_walk *w, size_t alignment, uint64_t n);

	/* The discriminant; tag is where an encapsulated one is kept, else NULL. */
	int64_t (*discriminant)(struct pen_walk *w, const struct pen_type *type, void *tag);

	/* Of a wire. */
	void (*align)(struct pen_walk *w, size_t alignment);
	void (*block)(struct pen_walk *w, size_t alignment, void *value, size_t n);
	/*
	 * The gap after a struct in NDR64, whose size is a multiple of its alignment
	 * [MS-RPCE 2.2.5.3.4.1]. After a conformant array the specification can be read
	 * either way: we send it, and do not insist on it where the bytes end.
	 */
	void (*trail)(struct pen_walk *w, size_t alignment, bool is_optional);

	/* Of a tree. Position is restored by the walker after a member or an item. */
	void (*empty)(struct pen_walk *w); /* an arm of nothing */
	void (*open)(struct pen_walk *w, const struct pen_type *type);
	/* False: it is left out, and stays zero. */
	bool (*member)(struct pen_walk *w, const char *name, const struct pen_type *type);
	/* In the place of a member's value that is not to be seen. NULL: all are. */
	void (*redact)(struct pen_walk *w);
	void (*item)(struct pen_walk *w, uint64_t index);
	void (*close)(struct pen_walk *w, const struct pen_type *type);
	void (*bytes)(struct pen_walk *w, uint8_t *bytes, size_t n);
};

struct pen_walk {
	const struct pen_format *format;
	enum pen_transfer transfer;
	bool is_native; /* the wire has our own byte order */
	bool is_answer; /* the value is an operation's _out */
	struct pen_scope scope;
	struct pen_arena *arena; /* reading: of the value */
	struct pen_ndr_error *error;
	int result; /* the first error */

	void *members;	  /* the innermost struct */
	const char *name; /* the latest member, for error */
	void *position;	  /* of a format that reads a tree */
	unsigned depth;
	uint64_t spare;
	uint32_t next_referent;

	bool is_hoisted; /* the extents of the next conformant array have been seen */
	struct pen_extent hoisted[PEN_DIMENSIONS_MAX];

	struct pen_pending *pending;
	size_t n_pending;
	size_t max_pending;
	struct pen_promise *promises;
	size_t n_promises;
	size_t max_promises;
	struct pen_referents referents;
	struct pen_pending inline_pending[PEN_WALK_INLINE];
	struct pen_promise inline_promises[PEN_WALK_INLINE];
};

void pen_walk_init(struct pen_walk *w, const struct pen_format *format,
		   const struct pen_scope *scope, struct pen_ndr_error *error);

/*
 * Walks the value and all it points to, and ends the walk. The result is the
 * first error. Of parameters, value is the _out where scope->in is another
 * struct or scope->out is value; else it is the _in.
 */
int pen_walk_run(struct pen_walk *w, const struct pen_type *type, void *value);

/* Remembers the first error and says which member it was at. */
void pen_walk_fail(struct pen_walk *w, int result, const char *format, ...) PEN_PRINTF(3, 4);

static inline bool pen_walk_ok(const struct pen_walk *w)
{
	return !w->result;
}

void pen_walk_value(struct pen_walk *w, const struct pen_type *type, void *value);

/* Holds the expression, which may be NULL, against the value when the walk is over. */
void pen_walk_promise(struct pen_walk *w, const struct pen_expr *expr, int64_t value);
void pen_walk_keep_promises(struct pen_walk *w, const void *own);

/* Makes room for one more row in a list that may still be the one inside the walk. */
void *pen_walk_grow(struct pen_walk *w, void *rows, const void *inline_rows, size_t *max,
		    size_t size);

/* A pointer, and the pointees of those pending from that one on. */
void pen_walk_pointer(struct pen_walk *w, const struct pen_type *type, void *slot);
void pen_walk_pending(struct pen_walk *w, size_t from);

void pen_walk_array(struct pen_walk *w, const struct pen_type *type, void *value);

/* The expression's value; 0 after an error, in which "what" names the attribute. */
int64_t pen_walk_evaluate(struct pen_walk *w, const struct pen_expr *expr, const char *what);

/* Extents of a value that is there, by its expressions. */
void pen_walk_conformance(struct pen_walk *w, const struct pen_type *type, void *value,
			  struct pen_extent *extents);
void pen_walk_variance(struct pen_walk *w, const struct pen_type *type, struct pen_extent *extents);

/*
 * The row of a full pointer's key that is there already, and may stand for a value of the type;
 * NULL: there is none. What a type's attributes name must be the same.
 */
struct pen_referent *pen_walk_known(struct pen_walk *w, uint64_t key, const struct pen_type *type);

/*
 * A claim when reading: true where the key is new. One seen before stands for
 * the same pointee; its type must be the same, and so must be what the type's
 * attributes name: else a short array could be passed off as a long one.
 */
bool pen_walk_claim(struct pen_walk *w, const struct pen_pending *pointer, uint64_t key);

/* Discriminant of a value that is there. */
int64_t pen_walk_discriminant(struct pen_walk *w, const struct pen_type *type, void *tag);

/* The arm that the discriminant chooses, or NULL. */
const struct pen_field *pen_type_arm(const struct pen_type *type, int64_t discriminant);

/* Whether an array of such elements is a string of hex digits in a tree. */
bool pen_type_is_byte(const struct pen_type *type);

/* Whether the member or arm stands in a tree. */
bool pen_type_has_value(const struct pen_type *type);

/* Whether the C value is a pointer to where the elements are. */
bool pen_type_is_apart(const struct pen_type *type);

/*
 * Computes the expression. PEN_E_NOT_FOUND: it names parameters that the scope
 * does not have. PEN_E_BAD_DATA: a division by zero or an overflow.
 */
int pen_expr_eval(const struct pen_expr *expr, const struct pen_scope *scope, const void *members,
		  int64_t *valuep);

/* A scalar or an enum as a number; an unsigned hyper by its bits. */
int64_t pen_scalar_load(const struct pen_type *type, const void *value);

/* False: the number does not fit. */
bool pen_scalar_store(const struct pen_type *type, void *value, int64_t number);
/* Fails the walk where a count is out of the type's [range]. */
void pen_walk_check_count(struct pen_walk *w, const struct pen_type *type, uint64_t count);

bool pen_scalar_in_range(const struct pen_type *type, const void *value);
bool pen_kind_is_unsigned_hyper(enum pen_kind kind);

#endif
