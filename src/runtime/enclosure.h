/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_ENCLOSURE_H
#define PEN_RUNTIME_ENCLOSURE_H
/*
 * The descriptors of one request or answer, [system_handle]: what is sent is a duplicate; what
 * came belongs to the call.
 */
#include "io/passage.h"
#include "runtime/call.h"

/* What goes. The descriptors are its own. */
struct pen_enclosure {
	size_t n;
	struct pen_carried rows[PEN_CARGO_MAX];
};

/* Parameters of one direction. */
struct pen_enclosed {
	const struct pen_type *type;
	struct pen_layout layout;
	struct pen_scope scope;
	const void *value;
	/* Of an answer: sees its stub before it is sent. NULL: nobody does. */
	void (*seen)(void *data, struct pen_slice stub);
	void *seen_data;
};

/*
 * Encodes them into the stub, which is empty, and duplicates their descriptors; is_carried: the
 * connection can have any. PEN_E_UNSUPPORTED, of a server PEN_E_FAULT: it cannot; PEN_E_BAD_DATA:
 * they do not encode, or a descriptor is not what its type says; PEN_E_LIMIT, a negative errno;
 * each with the call's sentence, and nothing to be done.
 */
int pen_enclosure_put(struct pen_enclosure *enclosure, struct pen_call *call, bool is_carried,
		      const struct pen_enclosed *enclosed, struct pen_buffer *stub);

/* Closes what was not sent. */
void pen_enclosure_done(struct pen_enclosure *enclosure);

/*
 * The stub is about to be sent: has it name the descriptors by the connection's numbers. False: too
 * many of others wait already. passage may be NULL where there are none.
 */
bool pen_enclosure_address(const struct pen_enclosure *enclosure, const struct pen_passage *passage,
			   const struct pen_buffer *stub, struct pen_layout layout);

/* The stub was queued behind n_queued bytes: with it they go, if it is there. */
void pen_enclosure_send(struct pen_enclosure *enclosure, struct pen_passage *passage,
			struct pen_conn *conn, size_t n_queued);

/*
 * Encodes an answer and sends it; the stub is scratch. Fails as put, and as pen_conn_respond;
 * PEN_E_LIMIT also where too many descriptors wait to be sent.
 */
int pen_enclosed_respond(const struct pen_enclosed *enclosed, struct pen_call *call,
			 struct pen_passage *passage, struct pen_conn *conn, uint32_t call_id,
			 struct pen_buffer *stub);

/*
 * The codec has read, with that result: the descriptors that it took are the call's. The result, or
 * PEN_E_BAD_DATA: one is not what its type says; PEN_E_LIMIT: the call has too many. passage may be
 * NULL.
 */
int pen_call_collect(struct pen_call *call, struct pen_passage *passage, int result,
		     struct pen_ndr_error *error);

/* Where the codec takes them from; passage may be NULL. */
static inline struct pen_cargo *pen_call_shelf(struct pen_passage *passage)
{
	return passage ? pen_passage_shelf(passage) : NULL;
}

#endif
