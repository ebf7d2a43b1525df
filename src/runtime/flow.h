/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_FLOW_H
#define PEN_RUNTIME_FLOW_H
/*
 * The stub of an operation with pipes, in one direction: parameters and the elements of its
 * pipes, one pipe after the other [C706 4.2.14]. Of it only a piece is in memory.
 */
#include "ndr/chunk.h"
#include <penstock/buffer.h>
#include <penstock/interface.h>

enum {
	PEN_FLOW_PART = 64 << 10,	 /* what goes, goes in parts of about this size */
	PEN_FLOW_HIGH = 256 << 10,	 /* what has come and is not read: no more is taken */
	PEN_FLOW_PARAMETERS = 256 << 10, /* the most that parameters may have, beside the pipes */
};

static inline bool pen_operation_has_pipes(const struct pen_operation *operation)
{
	return operation->flags & (PEN_OPERATION_IN_PIPES | PEN_OPERATION_OUT_PIPES);
}

struct pen_flow {
	const struct pen_type *parameters;
	uint8_t *values; /* the struct of the parameters */
	struct pen_layout layout;
	struct pen_scope scope;
	uint32_t field; /* the pipe that is open; n_fields: there is none any more */
	struct pen_chunks chunks;
	struct pen_buffer bytes; /* begins at a multiple of 16 of the stub */
	size_t pos;		 /* of what comes: up to where it is read */
	bool is_whole;		 /* of what comes: it is all there */
};

void pen_flow_init(struct pen_flow *flow, const struct pen_type *parameters, void *values,
		   struct pen_layout layout, struct pen_scope scope, struct pen_pool *pool);
void pen_flow_done(struct pen_flow *flow);

/* The pipe that is open; NULL: all are closed. */
const struct pen_call_pipe *pen_flow_pipe(const struct pen_flow *flow);

/* What its elements are. */
const struct pen_type *pen_flow_element(const struct pen_flow *flow);

/* ---- what comes ---- */

/* -ENOMEM. */
int pen_flow_add(struct pen_flow *flow, struct pen_slice part);
bool pen_flow_is_full(const struct pen_flow *flow);

/*
 * Reads the parameters that are no pipes. PEN_E_AGAIN: they are not all there; PEN_E_LIMIT:
 * and there is much already; PEN_E_BAD_DATA with the reason.
 */
int pen_flow_get_parameters(struct pen_flow *flow, struct pen_arena *arena,
			    struct pen_ndr_error *error);

/* Of the open pipe, as pen_chunks_get; at its end the next one is open. */
int pen_flow_get(struct pen_flow *flow, void *elements, size_t max, size_t *np,
		 struct pen_ndr_error *error);

/* ---- what goes ---- */

int pen_flow_put_parameters(struct pen_flow *flow, struct pen_ndr_error *error);

/* Into the open pipe, which 0 elements close. */
int pen_flow_put(struct pen_flow *flow, const void *elements, size_t n,
		 struct pen_ndr_error *error);

/* Closes all that are open. */
int pen_flow_close(struct pen_flow *flow);

/*
 * Sends what is there, as a last part, or what of it may be one that is not; nothing is sent of
 * nothing. send takes the buffer's bytes; what it returns is returned, and then nothing is lost.
 */
int pen_flow_send(struct pen_flow *flow, bool is_last,
		  int (*send)(void *data, struct pen_buffer *part, bool is_last), void *data);

#endif
