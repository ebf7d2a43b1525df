/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_SERVER_CALL_H
#define PEN_RUNTIME_SERVER_CALL_H
/*
 * A call on the server's side: from a request to its answer.
 */
#include "runtime/call.h"
#include "runtime/connection.h"
#include "runtime/handle-line.h"
#include "runtime/server-quota.h"

enum pen_server_call_state {
	PEN_SERVER_CALL_QUEUED,	 /* waits for its handles */
	PEN_SERVER_CALL_RUNNING, /* inside the operation */
	PEN_SERVER_CALL_PENDING, /* to be finished */
	PEN_SERVER_CALL_FINISHED,
};

struct pen_server_call {
	struct pen_call call;
	struct pen_server *server;
	struct pen_connection *connection; /* NULL: a direct call */
	struct pen_server_call *next;	   /* of the connection, or spare */
	struct pen_server_call *previous;
	enum pen_server_call_state state;
	int result;
	uint32_t call_id;
	uint32_t depth;	    /* how many calls it is inside of, that have its call_id */
	bool is_given_up;   /* the client does not hear of it any more */
	bool is_withheld;   /* the client does not hear what its sentence says */
	uint64_t called_at; /* its client back */
	const struct pen_token *token;
	struct pen_token *writer;    /* a reference of it, if it may change on the connection */
	struct pen_handle_user user; /* of the handles in its request */
	struct pen_list ready;	     /* among those that they are free for */
	const void *operations;	     /* of one that waits for them */
	pen_call_done_fn *locked;    /* waits to have one for itself; NULL: it does not */
	void *locked_data;
	const struct pen_handle_use *locked_use;
	struct pen_handles *handles; /* a direct call's own */
	struct pen_random *random;   /* theirs */
	struct pen_layout layout;    /* of the answer */
	struct pen_buffer stub;	     /* of the request, if large arrays were left in it */
	void *in;
	void *out;
	struct pen_server_stream *stream; /* its pipes; NULL: it has none */
	struct pen_traced *traced;	  /* what is told of it at its end; NULL: nothing */
	size_t held;
	struct pen_server_fare fare; /* what it has of the policy's quotas */
};

/* Runs a request. Answered, or pending, when it returns. */
void pen_server_call_run(struct pen_connection *connection, const struct pen_event *event);

/* Begins one that has waited for its handles. */
void pen_server_call_begin(struct pen_server_call *call);

/* One more part of a request that is a stream. */
void pen_server_call_part(struct pen_connection *connection, const struct pen_event *event);

/* Tells a call that its client has cancelled it, or is gone. */
void pen_server_call_cancel(struct pen_server_call *call);

/* The same, and that there will be no answer to what it calls its client back for. */
void pen_server_call_give_up(struct pen_server_call *call);

/*
 * Answers with what the operation returned, and ends the call; what is left of a stream is awaited
 * first, and what it has called its client back for.
 */
void pen_server_call_complete(struct pen_server_call *call, int result);

/* Counts what it holds while it waits. */
void pen_server_call_hold(struct pen_server_call *call);

/* The loop's thread serves others: no caller's ids stay with it. */
void pen_server_check_itself(struct pen_server *server, const struct pen_interface *interface,
			     const char *what);

/* The innermost of those that have the call_id. */
struct pen_server_call *pen_server_call_find(struct pen_connection *connection, uint32_t call_id);

/* Out of its connection, and kept for another. */
void pen_server_call_release(struct pen_server_call *call);

void pen_server_calls_free(struct pen_server *server);

#endif
