/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_VALUES_H
#define PEN_TEST_VALUES_H
/*
 * Random values of any type, made up along its tables. They begin as JSON, because that leaves
 * counts and discriminants to be found out.
 *
 * PEN_TEST_SEED says from where on they are random.
 */
#include <penstock/buffer.h>
#include <penstock/interface.h>

struct made {
	const struct pen_type *type;
	const void *in; /* the request, of an answer */
	const char *name;
};

/* A random number below n. */
uint32_t made_pick(uint32_t n);

/* What a variable of the environment says. */
uint64_t made_number(const char *variable, uint64_t otherwise);

/* Told of a value, which lives as long as the arena. */
typedef void made_visit_fn(const struct made *v, void *value, struct pen_arena *arena, void *data);

/*
 * A request and an answer. False, with the reason: none came to be, since what is made up may
 * break a rule that the tables do not tell.
 */
bool made_of_operation(const struct pen_operation *operation, made_visit_fn *visit, void *data,
		       struct pen_ndr_error *error);
void made_of_type(const struct pen_type *type, made_visit_fn *visit, void *data);

/* Both give the value's address. */
int made_from_json(const struct made *v, const struct pen_buffer *json, struct pen_arena *arena,
		   void **valuep, struct pen_ndr_error *error);
int made_from_wire(const struct made *v, enum pen_transfer transfer, const void *data, size_t n,
		   struct pen_arena *arena, void **valuep, struct pen_ndr_error *error);

/* The buffer is emptied first. They fail the test that runs if they cannot. */
void made_to_json(const struct made *v, const void *value, struct pen_buffer *json);
void made_to_wire(const struct made *v, enum pen_transfer transfer, const void *value,
		  struct pen_buffer *wire);

#endif
