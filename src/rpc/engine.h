/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_ENGINE_H
#define PEN_RPC_ENGINE_H
/*
 * An association from inside: what server.c and client.c share.
 */
#include "base/list.h"
#include "rpc/output.h"
#include "rpc/pdu.h"

/* Named for what they await; one role never enters the other's states. */
enum pen_conn_state {
	PEN_CONN_AWAIT_BIND,	   /* server: nothing but bind */
	PEN_CONN_IDLE,		   /* client: nothing sent yet */
	PEN_CONN_AWAIT_BIND_ACK,   /* client */
	PEN_CONN_OPEN,		   /* both */
	PEN_CONN_AWAIT_ALTER_RESP, /* client: open too, and one more answer is due */
	PEN_CONN_CLOSED,	   /* both: what is queued may still be sent */
	PEN_N_CONN_STATES,
};

enum { PEN_CALL_ID_FIRST = 1 }; /* of a client: its bind's */

/*
 * A call: for who serves it from its first fragment on, for who has made it from its request on.
 * One that is inside another stands before that, so that by a call_id the innermost is found.
 */
struct pen_conn_call {
	struct pen_list link;
	uint32_t call_id;
	struct pen_conn_call *outer; /* that it is a callback of; NULL: of none */
	uint32_t depth;
	bool is_made; /* by this side */
	const struct pen_context *context;
	struct pen_conn_auth *auth; /* what signs and seals it; NULL: nothing */
	uint16_t opnum;
	bool has_object;
	bool is_maybe;
	bool is_assembling; /* what it receives has begun, and is not all there */
	bool is_streamed;   /* what it receives is told of fragment by fragment */
	bool is_sending;    /* a part of what it sends is on its way, and more is to come */
	bool is_answered; /* before its request was all there; or before what is inside it ended */
	bool is_big_endian;
	bool has_big_endian_request; /* client */
	bool is_orphaned;	     /* given up: its answer is dropped, or not sent */
	struct pen_uuid object;
	struct pen_buffer stub; /* of the fragments before the last */
};

struct pen_conn_context {
	struct pen_list link;
	struct pen_context context;
	bool is_verified; /* client: a request in it has had a verification trailer */
	bool had_ndr;	  /* server: what was offered for it */
	bool had_ndr64;
};

struct pen_conn_auth;

struct pen_conn_role {
	const uint32_t *admitted; /* PDU types by state */
	/*
	 * Handles one PDU, which it may change. PEN_E_AGAIN: it made no event; PEN_PENDING:
	 * after work, the same PDU is to be handled again.
	 */
	int (*receive)(struct pen_conn *conn, const struct pen_pdu_header *header, uint8_t *pdu,
		       struct pen_event *event);
	/* Goes on with a proof, without a PDU. Returns as receive does. Client only. */
	int (*resume)(struct pen_conn *conn, struct pen_event *event);
	/* A PDU that breaks the rules of framing or state. Returns what next returns. */
	int (*refuse)(struct pen_conn *conn, const struct pen_pdu_header *header);
};

struct pen_conn {
	const struct pen_conn_role *role;
	bool is_server;
	struct pen_conn_config config;
	enum pen_conn_state state;
	char reason[400];

	struct pen_buffer in; /* what was fed and is kept, of which in_pos bytes are handled */
	size_t in_pos;
	uint8_t *lent; /* what was fed after that, and is still somebody else's */
	size_t n_lent;
	struct pen_output output;
	uint64_t n_in, n_out;

	uint16_t frag_max; /* negotiated, of what we send */
	struct pen_assoc_group *group;
	uint32_t assoc_group_id;
	bool is_multiplexed;

	struct pen_list contexts;
	uint32_t n_contexts;

	struct pen_list auths; /* security contexts, the one used last first */
	uint32_t n_auths;
	struct pen_conn_auth *working;	     /* waits for its owner; no PDU is handled before */
	struct pen_conn_auth *authenticated; /* opened by the last PDU; its event is due */
	/*
	 * server: of requests that name none, the last opened at level connect; until one is
	 * named while there is such a default, and then never again.
	 */
	struct pen_conn_auth *default_auth;
	bool has_no_default;
	bool signs_headers;   /* both sides can, and have said so */
	bool has_failed_auth; /* server: a proof that failed, of which nobody was told yet */
	struct pen_list calls;
	struct pen_list free_calls; /* kept, so that a steady call allocates nothing */
	uint32_t n_calls;
	size_t n_assembled; /* bytes of all calls' stubs */
	/* The stub of the call that next last told of, until the next pull. */
	struct pen_buffer stub;

	/* server: a request that was answered before it was whole; the rest is passed over */
	bool is_refusing;
	uint32_t refused_call_id;
	struct pen_conn_auth *refused_auth;

	/* client */
	uint32_t next_call_id;
	uint16_t next_context_id;
	uint32_t bind_call_id;
	struct pen_syntax_id binding; /* the interface being bound */
	uint16_t binding_context_id;  /* of the first context offered for it */
	bool binding_has_ndr64;
	uint16_t binding_reason;       /* why the server does not want it */
	uint32_t binding_group_id;     /* the association group to join */
	bool is_binding;	       /* by bind, not by alter_context */
	bool is_answered;	       /* all but what is left of the proof */
	struct pen_conn_auth *proving; /* the proof that goes with it; NULL: none is under way */
	bool is_leg_due;	       /* of that: ours */
	bool has_begun_proof;	       /* and its first leg is sent */
	uint32_t n_proofs;	       /* begun, ever */
	uint32_t next_auth_context_id;
	bool has_auth_multiplexing; /* the server takes several security contexts */
	bool refuses_header_signing;
	bool keeps_on_orphan; /* the server goes on with the association after orphaned */
};

int pen_conn_new(struct pen_conn **connp, const struct pen_conn_config *config, bool is_server,
		 const struct pen_conn_role *role, enum pen_conn_state state);

/* Notes why, closes, and returns PEN_E_PROTOCOL. */
int pen_conn_fail(struct pen_conn *conn, const char *format, ...) PEN_PRINTF(2, 3);

/* Notes why, and returns PEN_E_PROTOCOL. */
int pen_conn_explain(struct pen_conn *conn, const char *format, ...) PEN_PRINTF(2, 3);

/* Tells of what is refused while the association goes on. */
void pen_conn_note(struct pen_conn *conn, const char *format, ...) PEN_PRINTF(2, 3);

/* Begins and ends a PDU in the output. */
size_t pen_conn_begin(struct pen_conn *conn, struct pen_writer *w, enum pen_pdu_type ptype,
		      uint8_t flags, uint32_t call_id);
int pen_conn_end(struct pen_conn *conn, struct pen_writer *w, size_t at);

/* What a request or response is, besides its stub. */
struct pen_conn_message {
	enum pen_pdu_type ptype;
	uint8_t flags;
	struct pen_conn_call *call;
	bool is_partial; /* there is more to come */
	bool is_big_endian;
	/* Writes what stands between the common header and the stub, of n_head bytes. */
	void (*put_head)(struct pen_writer *w, const struct pen_conn_call *call,
			 uint32_t alloc_hint);
	size_t n_head;
};

/*
 * Sends a stub in fragments, under the call's security context. The buffer's bytes are
 * taken. On failure nothing is queued: -ENOMEM; -EINVAL: the size of a part; PEN_E_UNSUPPORTED:
 * the context cannot sign. The context is then of no more use.
 */
int pen_conn_send_stub(struct pen_conn *conn, const struct pen_conn_message *message,
		       struct pen_buffer *stub);

struct pen_conn_call *pen_conn_find_call(struct pen_conn *conn, uint32_t call_id);
int pen_conn_add_call(struct pen_conn *conn, uint32_t call_id, struct pen_conn_call **callp);
void pen_conn_end_call(struct pen_conn *conn, struct pen_conn_call *call);

/* ---- nesting.c ---- */

/* The call that it is inside of, or it itself. */
struct pen_conn_call *pen_conn_outermost(struct pen_conn_call *call);

/* One more call inside of call. PEN_E_LIMIT, -ENOMEM. */
int pen_conn_add_inner(struct pen_conn *conn, struct pen_conn_call *call,
		       struct pen_conn_call **innerp);

/* Both sides know that the call is given up: nothing is said any more of what is inside it. */
void pen_conn_orphan_inner(struct pen_conn *conn, uint32_t call_id);

/* Ends the call, and those around it that have waited for nothing else. */
void pen_conn_end_served(struct pen_conn *conn, struct pen_conn_call *call);

/* Adds a fragment's stub. PEN_E_LIMIT: the stub grows beyond stub_max; -ENOMEM. */
int pen_conn_assemble(struct pen_conn *conn, struct pen_conn_call *call, struct pen_slice part);

/* The whole stub of a call whose last fragment this is; valid until the next pull. */
int pen_conn_whole_stub(struct pen_conn *conn, struct pen_conn_call *call, struct pen_slice last,
			struct pen_slice *stub);

struct pen_conn_context *pen_conn_find_context(const struct pen_conn *conn, uint16_t context_id);

/* PEN_E_LIMIT, -ENOMEM. addedp may be NULL. */
int pen_conn_add_context(struct pen_conn *conn, const struct pen_context *context,
			 struct pen_conn_context **addedp);

/* ---- assoc.c ---- */
struct pen_assoc_group;

/*
 * The upper half of the ids of groups that are made from now on, of which there are then 65,535
 * at most; 0: all of an id is random.
 */
void pen_assoc_groups_set_index(struct pen_assoc_groups *groups, uint16_t index);

/* Joins the group, or a new one for 0. PEN_E_NOT_FOUND: none that is ours to join. */
int pen_assoc_group_join(struct pen_assoc_groups *groups, uint32_t id, enum pen_protseq protseq,
			 struct pen_assoc_group **groupp);
void pen_assoc_group_leave(struct pen_assoc_group *group);
uint32_t pen_assoc_group_id(const struct pen_assoc_group *group);

#endif
