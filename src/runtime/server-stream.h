/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_SERVER_STREAM_H
#define PEN_RUNTIME_SERVER_STREAM_H
/*
 * The pipes of a call, on the server's side.
 */
#include "runtime/flow.h"
#include "runtime/server-call.h"

struct pen_server_stream {
	struct pen_flow come; /* parameters NULL: the request is no stream */
	struct pen_flow go;   /* parameters NULL: the answer is none */
	const void *operations;
	bool has_begun;	   /* the operation: its parameters are there */
	bool is_full;	   /* what has come, so that no more is read */
	bool is_unsent;	   /* something was pushed in this turn */
	bool wants_room;   /* a push was refused */
	int failure;	   /* there was no memory for what came */
	bool is_finishing; /* the operation has succeeded; what it did not pull is passed over */
	void (*flowed)(struct pen_call *call, void *data);
	void *data;
};

/* For the call's operation; in and out are there. -ENOMEM. */
int pen_server_stream_new(struct pen_server_call *call, const void *operations,
			  const struct pen_event *event);
void pen_server_stream_free(struct pen_server_call *call);

/*
 * Takes a part of the request, and reads the parameters if they are due. PEN_E_AGAIN: they are
 * not all there; PEN_E_EXISTS: the operation runs already. Errors are explained.
 */
int pen_server_stream_take(struct pen_server_call *call, struct pen_slice part, bool is_last);

/* The operation has succeeded. Whether its answer has to wait for the end of the request. */
bool pen_server_stream_finishes(struct pen_server_call *call);

/* Sends the last part of the answer. */
int pen_server_stream_respond(struct pen_server_call *call);

/* What was pushed goes to the engine; and who waited for room may push more. */
void pen_server_streams_send(struct pen_connection *connection);
void pen_server_streams_offer(struct pen_connection *connection);

/* Tells the operation that there is more to pull. */
void pen_server_stream_tell(struct pen_server_call *call);

#endif
