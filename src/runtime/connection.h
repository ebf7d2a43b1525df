/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_CONNECTION_H
#define PEN_RUNTIME_CONNECTION_H
/*
 * A server's side of one association: a descriptor, the engine, deadlines, and
 * the calls in progress. When the peer goes, it stays, without a descriptor,
 * until its last call has finished: its handles are not run down under a call.
 */
#include "base/list.h"
#include "runtime/pipe-carrier.h"
#include "runtime/server-quota.h"
#include "runtime/server.h"

enum pen_connection_state {
	PEN_CONNECTION_AWAIT_NPA, /* smbd's words first */
	PEN_CONNECTION_OPEN,
	PEN_CONNECTION_DRAINING,  /* over; what it has to send goes out first */
	PEN_CONNECTION_LINGERING, /* all sent; lets the peer read before it closes */
	PEN_CONNECTION_GONE,	  /* no descriptor any more */
};

struct pen_connection {
	uv_poll_t poll;
	struct pen_server *server;
	const struct pen_listener *listener; /* NULL: it was adopted */
	struct pen_connection *next;
	struct pen_connection *previous;
	enum pen_connection_state state;
	enum pen_protseq protseq;
	int fd;
	struct pen_pipe_wire *wire;  /* which the descriptor is of; NULL: it is a socket */
	struct pen_passage *passage; /* of descriptors that go along; NULL: none do */
	int polled;		     /* for which events */
	bool is_turning;
	bool is_doomed; /* to go when the turn is over */
	bool is_closed; /* the loop has let go of its poll */
	bool is_over;	/* only its memory is left */
	bool is_bound;
	bool is_working; /* in another thread, for the proof of who the peer is */
	uv_work_t work;
	struct pen_peer *peer;
	struct pen_token *token;
	struct pen_server_stake stake; /* what it has of the policy's quotas */
	struct pen_conn *conn;
	struct pen_pipe_carrier *carrier; /* behind smbd */
	struct pen_buffer early;	  /* read before it came to us, and not fed yet */

	struct pen_server_call *calls;
	uint32_t n_calls;
	uint32_t n_called;   /* of them, those that have called the client back */
	uint32_t n_streams;  /* of them, calls with pipes */
	uint32_t n_full;     /* of those, whose operation does not pull */
	struct pen_list due; /* among those that are to take a turn, or are gone */
	size_t held;	     /* by calls that wait to be finished */
	size_t memory;	     /* as last counted in the server's */
	uint64_t n_in;	     /* fragments, the same */
	uint64_t n_out;

	uint64_t opened_at;
	uint64_t active_at;    /* bytes came or went */
	uint64_t expecting_at; /* the peer has begun something; 0: it has not */
	uint64_t closing_at;
};

/*
 * Takes the descriptor. peer_name is whom to count it for; the token's
 * reference is taken. Both are NULL for smbd, which will say. A failure closes the descriptor.
 */
int pen_connection_new(struct pen_server *server, const struct pen_listener *listener, int fd,
		       enum pen_protseq protseq, const char *peer_name, struct pen_token *token);

/* The same of one that another process has accepted. */
struct pen_arrival;
int pen_connection_new_arrival(struct pen_server *server, const struct pen_listener *listener,
			       const struct pen_arrival *arrival);

/* The same for a pipe of this machine; wire is taken. */
int pen_connection_new_wire(struct pen_server *server, const struct pen_listener *listener,
			    struct pen_pipe_wire *wire, const char *peer_name,
			    struct pen_token *token);

/* Closes now. */
void pen_connection_close(struct pen_connection *connection, enum pen_log_level level,
			  const char *why);

/* Handles what is fed and sends what is queued. The connection may be gone after. */
void pen_connection_turn(struct pen_connection *connection);

/* The same, from the loop. */
void pen_connection_turn_soon(struct pen_connection *connection);

/* Frees it if its last call has finished and its peer has gone. */
void pen_connection_settle(struct pen_connection *connection);

/* Closes if a deadline has passed. */
void pen_connection_check(struct pen_connection *connection, uint64_t now);

/* Goes on with the peer's proof in another thread, and then takes a turn. */
void pen_connection_prove(struct pen_connection *connection);

/* Logs who the peer is, and its key where that is wanted. */
void pen_connection_proved(struct pen_connection *connection, const struct pen_auth_info *auth);

/* Frees calls that nobody will finish any more: the server ends. */
void pen_connection_abandon(struct pen_connection *connection);

#endif
