/* SPDX-License-Identifier: MIT */
#ifndef PEN_OBJECT_GUARD_H
#define PEN_OBJECT_GUARD_H
/*
 * A guard: the security descriptor of an object [rows S1-S9], kept as its self-relative bytes,
 * and read for each check into an arena that the caller empties.
 */
#include <penstock/idl/object.h>
#include <penstock/token.h>

/* What a kind of object gives when no descriptor was given. */
struct pen_guard_kind {
	struct pen_generic_mapping mapping;
	uint32_t full;	 /* for the system, administrators and the owner */
	uint32_t public; /* for everybody, also anonymous; 0: nothing */
};

extern const struct pen_guard_kind pen_guard_pipe;
extern const struct pen_guard_kind pen_guard_section;

/* SECURITY_INFORMATION [MS-DTYP 2.4.7] */
enum {
	PEN_GUARD_OWNER = 1,
	PEN_GUARD_GROUP = 2,
	PEN_GUARD_DACL = 4,
	PEN_GUARD_SACL = 8,
};

struct pen_guard {
	uint8_t *bytes;
	uint32_t n;
};

void pen_guard_done(struct pen_guard *guard);

/*
 * A new object's: what its creator gave, and for what is missing there the kind's own.
 * INVALID_SECURITY_DESCR; INVALID_OWNER: somebody else; PRIVILEGE_NOT_HELD: an audit list;
 * NO_MEMORY; INSUFFICIENT_RESOURCES: too long.
 */
uint32_t pen_guard_init(struct pen_guard *guard, const struct pen_guard_kind *kind,
			const struct pen_token *creator, const struct object_security *given,
			struct pen_arena *scratch);

/* ACCESS_DENIED, NO_MEMORY; else what is granted of what was desired. */
uint32_t pen_guard_check(const struct pen_guard *guard, const struct pen_guard_kind *kind,
			 const struct pen_token *token, uint32_t desired, struct pen_arena *scratch,
			 uint32_t *grantedp);

/*
 * Those parts of it, for a handle with these rights; in the arena. ACCESS_DENIED, NO_MEMORY;
 * NOT_SUPPORTED: other parts than these four.
 */
uint32_t pen_guard_query(const struct pen_guard *guard, uint32_t which, uint32_t granted,
			 struct pen_arena *arena, struct object_security *security);

/* Sets them. As init and query. The old ones stay where it fails. */
uint32_t pen_guard_set(struct pen_guard *guard, const struct pen_guard_kind *kind,
		       const struct pen_token *token, uint32_t which, uint32_t granted,
		       const struct object_security *given, struct pen_arena *scratch);

#endif
