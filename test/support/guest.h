/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_GUEST_H
#define PEN_TEST_GUEST_H
/*
 * A client that is an engine and one end of a socket pair, for servers that are given
 * connections. It speaks as itself, or as smbd carries a pipe. Its asserts are cmocka's.
 */
#include "support/probe.h"
#include <penstock/buffer.h>
#include <penstock/conn.h>

struct guest {
	int fd;
	struct pen_conn *conn;
	bool is_framed;
	struct pen_buffer in; /* what came and is not whole */
	void (*turn)(
		void *data); /* lets the server run for a moment; NULL: it is another process */
	void *turn_data;
};

/* The server's end is the caller's. */
void pen_guest_open(struct guest *guest, enum pen_protseq protseq, bool is_framed, int *serverp);
void pen_guest_close(struct guest *guest);

/* Begins to bind to the probe; its bytes are what guest_take gives. */
void pen_guest_bind(struct guest *guest, uint32_t assoc_group_id);

/* A request to add, to be taken; or one that has a handle, or nothing. */
void pen_guest_add(struct guest *guest, uint32_t a, uint32_t b);
void pen_guest_ask(struct guest *guest, enum probe_opnum opnum, const void *in);

/* Appends what it wants to send; or sends it. */
void pen_guest_take(struct guest *guest, struct pen_buffer *bytes);
void pen_guest_send(struct guest *guest);

/* Waits for the next event; and holds what it is. */
void pen_guest_next(struct guest *guest, struct pen_event *event);
void pen_guest_expect(struct guest *guest, enum pen_event_kind kind, struct pen_event *event);

/* Reads an answer's values. */
void pen_guest_value(const struct pen_event *event, enum probe_opnum opnum, void *out);

/* Whether the server closes within 20 s. */
bool pen_guest_is_closed(struct guest *guest);

#endif
