/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_CLIENT_H
#define PEN_RUNTIME_CLIENT_H
/*
 * A client's insides: the way to the server (client-connect.c), the association
 * (client-assoc.c), the calls (client-call.c), and who drives it all (client.c).
 */
#include "base/pool.h"
#include "io/errand.h"
#include "io/resolve.h"
#include "io/socket.h"
#include "runtime/call.h"
#include <penstock/buffer.h>
#include <penstock/client.h>
#include <sys/queue.h>

struct pen_client_proof;
struct pen_client_work;

enum pen_client_call_state {
	PEN_CLIENT_CALL_IDLE,
	PEN_CLIENT_CALL_WAITING, /* to be sent */
	PEN_CLIENT_CALL_SENT,
	PEN_CLIENT_CALL_ENDED, /* and who started it is to be told */
};

struct pen_client_call {
	struct pen_call call; /* no operation: it only binds */
	struct pen_client *client;
	TAILQ_ENTRY(pen_client_call) all;
	TAILQ_ENTRY(pen_client_call) queue; /* active or ended */
	enum pen_client_call_state state;
	uint32_t timeout_ms;
	uint64_t deadline; /* 0: none */
	uint32_t call_id;
	struct pen_buffer stub[PEN_N_TRANSFERS]; /* until it is known which one to send */
	bool has_stub[PEN_N_TRANSFERS];
	struct pen_enclosure *enclosures[PEN_N_TRANSFERS]; /* theirs; NULL: none */
	struct pen_client_stream *stream;		   /* its pipes; NULL: it has none */
	struct pen_buffer answer; /* its stub, if large arrays were left in it */
	bool is_cancelled;
	const void *in;
	void *out;
	int result;
	pen_call_done_fn *done; /* NULL: somebody waits for it */
	void *data;

	/* Who serves the server's callbacks; NULL: nobody. */
	const void *callbacks;
	const struct pen_interface *callback_interface;
	void *callback_data;
};

TAILQ_HEAD(pen_client_calls, pen_client_call);
TAILQ_HEAD(pen_client_callbacks, pen_client_callback);

enum pen_client_state {
	PEN_CLIENT_CLOSED,
	PEN_CLIENT_MAPPING,   /* the endpoint mapper is asked */
	PEN_CLIENT_RESOLVING, /* the name server is asked */
	PEN_CLIENT_CONNECTING,
	PEN_CLIENT_OPEN,
};

struct pen_client {
	struct pen_client_config config;
	struct pen_binding binding;
	struct pen_buffer text; /* of the binding */
	char *ncalrpc_dir;
	char *objects_dir;
	enum pen_client_state state;

	struct pen_client_mapper *mapper;
	char mapped[256]; /* the endpoint it told of */
	struct pen_resolver *resolver;
	size_t n_tried; /* of its addresses */
	uint64_t connect_deadline;
	uint64_t retry_at; /* the server's queue was full; 0: it was not */
	int connect_error; /* of the last address */

	int fd;
	struct pen_pipe_wire *wire;  /* which fd is of; NULL: it is a socket */
	struct pen_passage *passage; /* of descriptors that go along; NULL: none do */
	struct pen_conn *conn;
	struct pen_client_proof *proof;	  /* NULL: there is no security */
	const struct pen_auth_info *auth; /* the association's, by that */
	bool is_proved;
	struct pen_errand *errand; /* the association waits for its work; NULL: it does not */
	struct pen_client_work *work;
	const struct pen_interface *binding_to; /* a bind is under way */
	bool is_leaving;			/* no more calls to it, then close */
	uint64_t active_at;
	uint32_t receive_timeout_ms; /* as set on the socket */
	uint8_t *in;
	struct pen_pool pool;

	struct pen_client_calls all;
	struct pen_client_calls active;	       /* waiting or sent, in the order of their start */
	struct pen_client_calls ended;	       /* those that have somebody to tell */
	struct pen_client_callbacks callbacks; /* the newest first */
	struct pen_client_callbacks due;       /* of those, to be gone on with */
	uint32_t n_due;
	uint32_t n_active;
	uint32_t n_sent;
	uint32_t n_ended;
	uint32_t n_maybe;   /* sent, and nobody answers them */
	uint32_t n_timed;   /* active, with a deadline */
	uint32_t n_streams; /* sent, with pipes */
	uint32_t n_full;    /* of those, whose answer nobody takes */
	uint32_t n_users;   /* of the functions above us on the stack */
	bool is_freed;
	struct pen_keylog *keylog; /* NULL: none */
	char error[256];
};

enum { PEN_CLIENT_READ_SIZE = 256 * 1024 };

int pen_client_explain(struct pen_client *client, int result, const char *format, ...)
	PEN_PRINTF(3, 4);

/* ---- client.c ---- */

/* The binding's text, as it is now. */
int pen_client_print_binding(struct pen_client *client);

/* Tells those whose calls have ended. */
void pen_client_deliver(struct pen_client *client);

/* Between these the client stays, even if freed. */
void pen_client_hold(struct pen_client *client);
void pen_client_release(struct pen_client *client);

/* ---- client-connect.c ---- */

/* Sets out for the server, for the sake of the interface. Failures end the calls. */
void pen_client_connect(struct pen_client *client, const struct pen_interface *interface);

/*
 * The way is there: a connected stream socket, which is taken, also on failure. Once it is lost,
 * the client sets out for its binding. PEN_E_EXISTS: it has one; a negative errno.
 */
int pen_client_adopt(struct pen_client *client, int fd);

/* One more step of the way, if it can be done without waiting. */
void pen_client_connect_step(struct pen_client *client);

/* What the way there waits for. */
int pen_client_connect_fd(const struct pen_client *client);
short pen_client_connect_events(const struct pen_client *client);
uint64_t pen_client_connect_until(const struct pen_client *client);

/* Drops whatever there is of a connection. */
void pen_client_disconnect(struct pen_client *client);

/* The connection is no more: all active calls end with the result. */
void pen_client_lose(struct pen_client *client, int result, const char *format, ...)
	PEN_PRINTF(3, 4);

/* ---- client-assoc.c ---- */

/* Starts the engine on the connected descriptor. */
int pen_client_open(struct pen_client *client);

/* Binds and sends what waits, as far as it can; takes nothing from the descriptor. */
void pen_client_advance(struct pen_client *client);

/* Sends what has waited for room, now that all is sent. Whether there is more to send by that. */
bool pen_client_send_more(struct pen_client *client);

/* As recv(2), or a negative errno. */
ssize_t pen_client_receive(struct pen_client *client, int flags);

/* Handles bytes that came, 0: the end, or a negative errno. */
void pen_client_arrived(struct pen_client *client, ssize_t n);

/* Reads what is there. */
void pen_client_read(struct pen_client *client);

/* Goes on with what was not taken. */
void pen_client_resume(struct pen_client *client);

/* Whether there is a request that is sent part by part, and more of it to be had. */
bool pen_client_is_pumping(const struct pen_client *client);

/* Sends what is queued. Whether all is sent. */
bool pen_client_flush(struct pen_client *client);

/* ---- client-call.c ---- */

/* The client ends before the call. */
void pen_client_call_detach(struct pen_client_call *call);

/* The call is over; its caller will be told. */
void pen_client_call_end(struct pen_client_call *call, int result);

/* Whether it gets no answer, and ends when it is sent. */
bool pen_client_call_is_maybe(const struct pen_client_call *call);

/* The same, and the server need not go on with it. */
void pen_client_call_break(struct pen_client_call *call, int result);

/* Ends calls whose time is over. */
void pen_client_check_deadlines(struct pen_client *client);

/* Waits for something to happen, and handles it. */
void pen_client_wait(struct pen_client *client);

/* Milliseconds until the client must do something by itself; -1: no limit. */
int pen_client_wait_ms(const struct pen_client *client);

#endif
