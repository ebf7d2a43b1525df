/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_CONN_H
#define PENSTOCK_CONN_H
/*
 * The DCE/RPC engine: one association, client or server [C706 12, MS-RPCE].
 *
 * The engine does no I/O. Feed it the bytes that arrived, pull the events they
 * made, send the bytes it wants sent. It reads no clock and starts no thread,
 * so whoever owns the descriptor decides when anything happens.
 *
 * What an event points to is borrowed, until the next pull or feed.
 */
#include <penstock/interface.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_conn;
struct pen_buffer;
struct pen_pool;
struct pen_assoc_groups;
struct pen_mech_client;
struct pen_mech_row;
struct pen_mech_world;
struct pen_token;

enum pen_protseq { PEN_NCACN_IP_TCP, PEN_NCACN_NP, PEN_NCALRPC };

/* Limits of one association. Zero members take the defaults of pen_conn_limits_default. */
struct pen_conn_limits {
	uint16_t frag_max;     /* sent and received; multiple of 8, from 2048 on */
	uint32_t stub_max;     /* of a request to a server, or a response to a client */
	uint32_t contexts_max; /* presentation contexts */
	uint32_t auths_max;    /* security contexts */
	uint32_t calls_max;    /* in progress at a time */
	uint32_t nesting_max;  /* calls inside each other, by callbacks */
	uint32_t output_max;   /* a peer that reads nothing: queued bytes before reading stops */
};

/* The defaults for a transport and a role: docs/limits in design: 5840, 4280, 65535. */
struct pen_conn_limits pen_conn_limits_default(enum pen_protseq protseq, bool is_server);

/*
 * What a server offers under an abstract syntax. data is the owner's; it comes
 * back in requests.
 */
struct pen_offer {
	const struct pen_interface *interface;
	void *data;
	bool refuses_ndr64;
	uint8_t auth_level_min; /* a call at a lower level is denied; 0: none is */
};

struct pen_conn_config {
	enum pen_protseq protseq;
	struct pen_conn_limits limits;

	/*
	 * A server: the offer for an abstract syntax, or NULL: the interface is not
	 * here. Majors must be equal and the minor offered not below the one asked.
	 */
	const struct pen_offer *(*find_offer)(void *data, const struct pen_syntax_id *abstract);
	void *find_data;
	/*
	 * A server: told, with a sentence, of what it refuses while the association goes on;
	 * gets find_data. NULL: nobody is.
	 */
	void (*note)(void *data, const char *sentence);
	/*
	 * A server: appends the extended errors [MS-EERR], at most max bytes, to a fault or a
	 * bind_nak that the engine makes itself; gets find_data. location is a pen_eerr_location,
	 * sentence NULL where the client is not to know more than the status. NULL: there are none.
	 */
	void (*describe)(void *data, uint16_t location, uint32_t status, const char *sentence,
			 size_t max, struct pen_buffer *eerr);
	const char *secondary_address;	 /* of bind_ack: the port or the pipe's name; borrowed */
	struct pen_assoc_groups *groups; /* borrowed, shared by a server's associations */
	struct pen_pool *pool;		 /* of large blocks of memory; borrowed, may be NULL */

	/* Security: the mechanisms and what they need; borrowed. */
	const struct pen_mech_row *mechs;
	size_t n_mechs;
	const struct pen_mech_world *world;
	const char *peer; /* where the peer is, for tokens and for words; NULL: not known */
};

/* -ENOMEM. The config's pointers must outlive the association. */
int pen_conn_new_server(struct pen_conn **connp, const struct pen_conn_config *config);
int pen_conn_new_client(struct pen_conn **connp, const struct pen_conn_config *config);
struct pen_conn *pen_conn_free(struct pen_conn *conn);

/* A presentation context as negotiated. */
struct pen_context {
	uint16_t context_id;
	struct pen_syntax_id abstract;
	enum pen_transfer transfer;
	const struct pen_offer *offer; /* a server's */
};

/* A security context of an association, as its calls see it. */
struct pen_auth_info {
	uint32_t auth_context_id;
	uint8_t auth_type;	       /* [MS-RPCE 2.2.1.1.7] */
	uint8_t auth_level;	       /* [MS-RPCE 2.2.1.1.8] */
	const char *mech;	       /* its name, for people */
	const struct pen_token *token; /* server: who the client is */
	struct pen_slice session_key;  /* that both sides share; empty: there is none */
};

enum pen_event_kind {
	PEN_EVENT_BOUND,	 /* bind done, on both sides */
	PEN_EVENT_ALTERED,	 /* alter_context done, on both sides */
	PEN_EVENT_REJECTED,	 /* client: bind_nak, or no context accepted; status says why */
	PEN_EVENT_WORK,		 /* a proof needs what may wait: call pen_conn_work */
	PEN_EVENT_AUTHENTICATED, /* a security context is open; auth says which */
	PEN_EVENT_REQUEST, /* a whole request, or a streamed one's first part; client: a callback */
	PEN_EVENT_PART,	   /* one more part of what is streamed; of a response, not the last */
	PEN_EVENT_CANCEL,  /* server: co_cancel for the call */
	PEN_EVENT_ORPHANED, /* server: the client has given the call up */
	PEN_EVENT_RESPONSE, /* a whole response, or a streamed one's last part; server: to a
			       callback */
	PEN_EVENT_FAULT,    /* the call failed with status; server: a callback */
	PEN_EVENT_SHUTDOWN, /* client: the server wants the association closed when idle */
};

struct pen_event {
	enum pen_event_kind kind;
	uint32_t call_id;
	uint32_t depth; /* REQUEST, RESPONSE, FAULT: of how many calls it is inside; 0: of none */
	const struct pen_context *context; /* REQUEST, RESPONSE, FAULT; ALTERED: the newest */
	uint16_t opnum;			   /* REQUEST */
	const struct pen_uuid *object;	   /* REQUEST: NULL if it named none */
	bool is_maybe;			   /* REQUEST: wants no answer */
	bool is_last;			   /* REQUEST, PART: nothing more comes of it */
	bool did_not_execute;		   /* FAULT */
	bool is_unsigned;		   /* FAULT: of a call whose answer would be signed */
	struct pen_slice stub;		   /* REQUEST, PART, RESPONSE; FAULT: its stub data */
	struct pen_layout layout;	   /* of the stub */
	uint32_t status;		   /* FAULT: nca_s_ or NTSTATUS; REJECTED: the reason */
	struct pen_slice eerr; /* FAULT, REJECTED: for pen_eerr_get; data NULL: there are none */
	const struct pen_auth_info
		*auth; /* REQUEST, RESPONSE, FAULT, AUTHENTICATED; NULL: no security */
};

/*
 * Adds what arrived; once the association is over, that is dropped. Fails only
 * with -ENOMEM; what is wrong with it, next says.
 */
int pen_conn_feed(struct pen_conn *conn, const void *data, size_t n);

/*
 * The same without a copy: the bytes are the association's, which unseals them where
 * they are, until next returns PEN_E_AGAIN or keep is called, which copies what has not
 * been handled. Both fail only with -ENOMEM, and then the association has lost bytes
 * and must be freed.
 */
int pen_conn_lend(struct pen_conn *conn, void *data, size_t n);
int pen_conn_keep(struct pen_conn *conn);

/*
 * Pulls the next event. PEN_E_AGAIN: nothing more until more is fed.
 * PEN_E_PROTOCOL: the peer broke the rules, and the association is over once
 * the output is sent; pen_conn_reason says which rule.
 */
int pen_conn_next(struct pen_conn *conn, struct pen_event *event);

/*
 * After PEN_EVENT_WORK. work may wait, for a KDC or for a file, and may run in any
 * thread, while this one goes on to feed, answer, cancel and send, but must not free
 * the association. Then worked makes next go on where it stopped.
 */
void pen_conn_work(struct pen_conn *conn);
void pen_conn_worked(struct pen_conn *conn);

/*
 * Server. Holds the verification trailer [MS-RPCE 2.2.2.13] that may follow the
 * parameters of a request against what the request said. rest is what stands in its
 * stub after them. PEN_E_DENIED, PEN_E_BAD_DATA: somebody changed the request on its way. What is
 * no such trailer means nothing, as does one of a call that has no security context.
 */
int pen_conn_verify(struct pen_conn *conn, uint32_t call_id, struct pen_slice rest);

/*
 * Hands over the storage of the stub that next has just told of, if it has one of its
 * own because it came in several fragments: then the event's stub lives as long as the
 * storage, which the caller ends with pen_buffer_done. False: it lies among what was fed,
 * and goes with the next call of next.
 */
bool pen_conn_take_stub(struct pen_conn *conn, struct pen_buffer *storage);

/* The sentence for the last failure. Never NULL; owned by the association. */
const char *pen_conn_reason(const struct pen_conn *conn);

/*
 * What wants to be sent: up to max slices, in order. Returns how many; 0 when
 * all is sent. They stay valid until the next call of any other function.
 */
size_t pen_conn_output(struct pen_conn *conn, struct pen_slice *slices, size_t max);
void pen_conn_sent(struct pen_conn *conn, size_t n);

/* Bytes queued, and whether to stop reading from the peer until some are sent. */
size_t pen_conn_queued(const struct pen_conn *conn);
bool pen_conn_is_congested(const struct pen_conn *conn);

/* Bytes of memory held for what was fed, is being assembled, or is queued. */
size_t pen_conn_memory(const struct pen_conn *conn);

/* Fragments that came and that were queued, since the beginning. */
void pen_conn_count(const struct pen_conn *conn, uint64_t *n_inp, uint64_t *n_outp);

/* In the middle of a fragment, or of the bind: a deadline for the peer makes sense. */
bool pen_conn_is_expecting(const struct pen_conn *conn);

/* Over: when the output is sent, close. */
bool pen_conn_is_closed(const struct pen_conn *conn);

uint32_t pen_conn_assoc_group_id(const struct pen_conn *conn);

/*
 * Client. A security context to bind under; what it is, its owner reads in *authp, which
 * stays the association's. The row's config, and all that client names, must outlive the
 * association. -EINVAL: client's level is none that RPC has over connections; PEN_E_LIMIT:
 * as many as there may be; PEN_E_UNSUPPORTED: the mechanism cannot work here; -ENOMEM.
 */
int pen_conn_add_auth(struct pen_conn *conn, const struct pen_mech_row *row,
		      const struct pen_mech_client *client, const struct pen_auth_info **authp);

/*
 * Client. Binds to an interface, offering NDR and, unless refused, NDR64. The
 * first time it sends bind, later alter_context. One at a time: PEN_E_AGAIN
 * while one is under way. The answer is BOUND, ALTERED or REJECTED.
 *
 * With auth, a security context that is not open yet, the PDU begins the proof of who
 * the client is; the answer comes when that has come to its end, with AUTHENTICATED after
 * it. What is to be sent is known only after next has been called, as the proof may begin
 * with PEN_EVENT_WORK. One that is open already changes nothing, nor does NULL: nobody
 * is proved. PEN_E_DENIED: its proof has failed before; PEN_E_UNSUPPORTED: the server
 * takes no second security context in one association.
 */
int pen_conn_bind(struct pen_conn *conn, const struct pen_syntax_id *abstract, bool refuse_ndr64,
		  uint32_t assoc_group_id, const struct pen_auth_info *auth);

/* The negotiated context for an interface, or NULL. */
const struct pen_context *pen_conn_context(const struct pen_conn *conn,
					   const struct pen_syntax_id *abstract);

enum pen_request_flag {
	PEN_REQUEST_MAYBE = 1,
	PEN_REQUEST_BIG_ENDIAN = 2,
	PEN_REQUEST_IN_PARTS = 4,  /* the stub is a first part: pen_conn_request_part goes on */
	PEN_REQUEST_OUT_PARTS = 8, /* the response is to be told of part by part */
};

/*
 * Streams: operations with pipes [C706 4.2.14]. What is sent part by part is aligned as one
 * stub; of each part but the last the size is a multiple of this. What is received so is told of
 * fragment by fragment, however much it becomes: whoever is not ready for more stops calling next,
 * and reading from the peer.
 */
enum { PEN_PART_ALIGN = 16 };

/*
 * Client. Sends a request; the buffer's bytes are taken (it is empty after) and
 * live until they are sent. object may be NULL. auth is the security context that
 * protects it and its answer, at the level that it has, or NULL for none. PEN_E_LIMIT: as
 * many calls in progress as the association may have, or as the server multiplexes (one,
 * if it does not offer concurrent multiplexing). PEN_E_DENIED: auth is not open.
 * PEN_E_UNSUPPORTED: it cannot protect any more.
 */
int pen_conn_request(struct pen_conn *conn, const struct pen_context *context,
		     const struct pen_auth_info *auth, uint16_t opnum,
		     const struct pen_uuid *object, unsigned flags, struct pen_buffer *stub,
		     uint32_t *call_idp);

/*
 * Client. One more part of a request; the buffer's bytes are taken. is_last: that was all.
 * PEN_E_NOT_FOUND: the call is over, or has had its last part; -EINVAL: a size that a part may not
 * have; PEN_E_UNSUPPORTED: as pen_conn_request; -ENOMEM: nothing is sent.
 */
int pen_conn_request_part(struct pen_conn *conn, uint32_t call_id, struct pen_buffer *stub,
			  bool is_last);

/* Client. Asks the server to cancel; the call still ends by an answer. */
int pen_conn_cancel(struct pen_conn *conn, uint32_t call_id);

/*
 * Client. Gives the call up: no event for it will come. The server is told if it
 * has said in bind that the association outlives that.
 */
int pen_conn_orphan(struct pen_conn *conn, uint32_t call_id);

/*
 * Server. Answers a request; the buffer's bytes are taken. Nothing happens for
 * a call that is not there any more, and nothing is sent for a maybe call. No
 * fault says 0: that is sent as nca_s_fault_unspec [MS-RPCE 3.3.3.5.1]. -ENOMEM:
 * the association is over.
 */
int pen_conn_respond(struct pen_conn *conn, uint32_t call_id, struct pen_buffer *stub);
int pen_conn_fault(struct pen_conn *conn, uint32_t call_id, uint32_t status, bool did_not_execute);

/*
 * The same, with extended errors as pen_eerr_put has made them; they are left out where they are
 * more than eerr_max, which is what has room in a fault.
 */
int pen_conn_fault_eerr(struct pen_conn *conn, uint32_t call_id, uint32_t status,
			bool did_not_execute, struct pen_slice eerr);
size_t pen_conn_eerr_max(const struct pen_conn *conn);

/*
 * Server. Sends a part of the answer, of which pen_conn_respond sends the last; a fault may still
 * come in its place. The buffer's bytes are taken. -EINVAL: a size that a part may not have; else
 * as respond. A request that is streamed and answered before it is whole is passed over from
 * then on.
 */
int pen_conn_respond_part(struct pen_conn *conn, uint32_t call_id, struct pen_buffer *stub);

/*
 * Callbacks [MS-RPCE 3.3.1.5.9]. Who runs a call may call the other side back before he answers
 * it, and that side may do the same out of the callback: each call waits for the one inside it, so
 * that what is said of a call_id is said of the innermost call. All have the call_id, the
 * presentation context and the security context of the outermost.
 *
 * Calls back out of a request that runs and is whole; the buffer's bytes are taken. RESPONSE or
 * FAULT answers, and until then the request is not answered: pen_conn_respond and pen_conn_fault
 * do nothing. A client that has given the outermost call up answers nothing more; what is inside of
 * it is over then, without an event. flags: PEN_REQUEST_BIG_ENDIAN. PEN_E_NOT_FOUND: no such
 * request runs; PEN_E_LIMIT: as deep as calls may be, or as many; PEN_E_UNSUPPORTED: the caller
 * waits for no answer, or nothing can be signed any more; PEN_E_CLOSED; -ENOMEM.
 */
int pen_conn_call_back(struct pen_conn *conn, uint32_t call_id, uint16_t opnum, unsigned flags,
		       struct pen_buffer *stub);

/* Server. Asks a client that is bound to close when it has nothing in flight. */
int pen_conn_shutdown(struct pen_conn *conn);

/*
 * Association groups of one server: associations of one client that share
 * context handles. A group belongs to its protocol sequence. Identifiers are
 * random, so that nobody guesses another's.
 */
int pen_assoc_groups_new(struct pen_assoc_groups **groupsp, size_t max,
			 uint32_t (*random)(void *data), void *data);
struct pen_assoc_groups *pen_assoc_groups_free(struct pen_assoc_groups *groups);
size_t pen_assoc_groups_count(const struct pen_assoc_groups *groups);

/* Called when the last association of a group has gone: its handles run down. */
void pen_assoc_groups_on_end(struct pen_assoc_groups *groups,
			     void (*ended)(void *data, uint32_t assoc_group_id), void *data);

#ifdef __cplusplus
}
#endif
#endif
