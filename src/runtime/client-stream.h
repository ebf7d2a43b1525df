/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_CLIENT_STREAM_H
#define PEN_RUNTIME_CLIENT_STREAM_H
/*
 * The pipes of a call, on the client's side.
 */
#include "runtime/client.h"
#include "runtime/flow.h"

struct pen_client_stream {
	struct pen_flow go;		  /* parameters NULL: the request is no stream */
	struct pen_flow come;		  /* parameters NULL: the answer is none */
	bool is_sent;			  /* the request's last part */
	bool has_nothing;		  /* a pull has said PEN_E_AGAIN */
	bool is_held;			  /* a push has */
	bool is_full;			  /* so that no more is read */
	void *elements;			  /* room for some */
	size_t n_elements;		  /* in it, for: */
	const struct pen_call_pipe *pipe; /* NULL: for none */
};

/* Begins the request. As pen_conn_request; other errors are a pull's. */
int pen_client_stream_request(struct pen_client_call *call, const struct pen_context *context,
			      unsigned flags);
void pen_client_stream_free(struct pen_client_call *call);

/* Whether more would be sent as soon as there is room. */
bool pen_client_stream_is_pumping(const struct pen_client_call *call);

/* Sends more, as far as there is room. Errors end the call. */
void pen_client_stream_pump(struct pen_client_call *call);

/* Takes a part of the answer, and gives it to the pipes; the last one may end the call. */
void pen_client_stream_take(struct pen_client_call *call, const struct pen_event *event);

#endif
