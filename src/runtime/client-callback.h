/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_CLIENT_CALLBACK_H
#define PEN_RUNTIME_CLIENT_CALLBACK_H
/*
 * A callback, as its client serves it, and what that calls the server for meanwhile.
 */
#include "runtime/client.h"

enum pen_client_callback_state {
	PEN_CLIENT_CALLBACK_NEW, /* to be served */
	PEN_CLIENT_CALLBACK_RUNNING,
	PEN_CLIENT_CALLBACK_PENDING, /* to be finished */
	PEN_CLIENT_CALLBACK_FINISHED,
};

struct pen_client_callback {
	struct pen_call call;
	struct pen_client *client;
	struct pen_client_call *outermost; /* NULL: over, nobody hears the answer */
	TAILQ_ENTRY(pen_client_callback) all;
	TAILQ_ENTRY(pen_client_callback) queue; /* of those to go on with */
	bool is_due;				/* so that it is there */
	enum pen_client_callback_state state;
	uint32_t call_id;
	struct pen_layout layout; /* of the answer */
	const void *functions;
	void *in;
	void *out;
	int result;
	bool is_waiting;  /* its own thread, for what it calls the server for */
	bool is_answered; /* that is */
	int answer;	  /* what came of it */
};

/* An event of a callback, or of what was called out of one; call is the outermost. */
void pen_client_callback_event(struct pen_client *client, struct pen_client_call *call,
			       const struct pen_event *event);

/* The call is over, and so is all inside it: who serves that will be told. */
void pen_client_callbacks_end(struct pen_client_call *call);

/* Runs those that are due. */
void pen_client_callbacks_run(struct pen_client *client);

/* Forgets all of them. */
void pen_client_callbacks_free(struct pen_client *client);

/* pen_call_start and pen_call_invoke, out of a callback. */
int pen_client_callback_start(struct pen_call *call, const struct pen_interface *interface,
			      uint16_t opnum, const void *in, void *out, pen_call_done_fn *done,
			      void *data);
int pen_client_callback_invoke(struct pen_call *call, const struct pen_interface *interface,
			       uint16_t opnum, const void *in, void *out);
int pen_client_callback_cancel(struct pen_call *call);

#endif
