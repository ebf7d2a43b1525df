/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_SERVER_H
#define PEN_RUNTIME_SERVER_H
/*
 * A server's insides: what it serves (service.c), where (listener.c), to whom
 * (connection.c), and the calls in progress (server-call.c).
 */
#include "base/list.h"
#include "base/pool.h"
#include "io/loop.h"
#include "io/random.h"
#include "io/socket.h"
#include "runtime/call.h"
#include "runtime/handle.h"
#include "runtime/peer.h"
#include "runtime/world.h"
#include <penstock/buffer.h>
#include <penstock/server.h>

/* The functions that serve an interface's objects of one type. */
struct pen_manager {
	struct pen_manager *next;
	struct pen_service service;
	void *data;
};

/* An interface that is served, by the managers of its types. */
struct pen_served {
	struct pen_served *next;
	struct pen_offer offer;
	struct pen_manager *managers;
};

struct pen_object {
	struct pen_object *next;
	struct pen_uuid uuid;
	struct pen_uuid type;
};

/* A place where connections come from. */
struct pen_listener {
	struct pen_listener *next;
	struct pen_server *server;
	uv_poll_t poll;
	enum pen_protseq protseq;
	struct pen_unix_socket socket; /* TCP uses its fd alone */
	struct pen_pipe_listener
		*pipes; /* by the object manager, in the place of poll and socket; or NULL */
	char *binding;
	char *secondary_address;
	char *expected; /* the binding by which connections arrive (arrival.c); NULL: it listens */
	const struct pen_served **interfaces; /* ended by NULL; itself NULL: all */
	bool is_paused;			      /* out of descriptors */
};

struct pen_server {
	struct pen_server_config config;
	char *ncalrpc_dir;
	char *np_dir;
	char *objects_dir; /* NULL: where it is */
	struct pen_loop loop;
	uv_timer_t sweep;
	uv_idle_t soon;	       /* while there are any of these: */
	struct pen_list due;   /* connections that are to take a turn */
	struct pen_list ready; /* calls that their handles are free for */
	struct pen_list gone;  /* connections whose memory is left */
	struct pen_random random;
	struct pen_keylog *keylog;	  /* NULL: none */
	struct pen_server_trace *trace;	  /* those who look on at calls; NULL: nobody does */
	struct pen_server_policy *policy; /* NULL: none rules */
	struct pen_world world;		  /* of the security mechanisms, if there are any */
	struct pen_peers peers;
	struct pen_peers workers; /* whose calls are at work in other threads */
	uint32_t n_works;	  /* of those calls */
	uint32_t n_brief_works;
	struct pen_assoc_groups *groups;
	struct pen_handles *handles;
	struct pen_token *anonymous;
	char computer[65]; /* this machine's name */

	struct pen_served *served; /* in the order they were added */
	struct pen_object *objects;
	struct pen_listener *listeners;
	struct pen_connection *connections;
	struct pen_server_call *spare_calls;
	uint32_t n_spare_calls;

	struct pen_pool pool;
	struct pen_buffer stub; /* an answer being encoded */
	uint8_t *in;		/* what is being read */
	size_t memory;		/* queued and assembled, of all connections */
	struct pen_server_stats stats;
	char error[256];
};

enum { PEN_SERVER_READ_SIZE = 256 * 1024 };

/* Connections from now on are offered these, which outlive it. It has had some from its beginning.
 */
void pen_server_set_mechs(struct pen_server *server, const struct pen_mechs *mechs);

/* Notes the sentence, and returns the result it explains. */
int pen_server_explain(struct pen_server *server, int result, const char *format, ...)
	PEN_PRINTF(3, 4);

void pen_server_log(struct pen_server *server, enum pen_log_level level, const char *format, ...)
	PEN_PRINTF(3, 4);

/* Numbers that are 0 become what they stand for. */
void pen_server_set_defaults(struct pen_server_config *config);

/* Frees what is left of connections that are gone. */
void pen_server_bury(struct pen_server *server);

/* Goes on from the loop with what is due or ready. */
void pen_server_soon(struct pen_server *server);

/* Keeps the timer of deadlines going while there is anything to look after. */
void pen_server_watch(struct pen_server *server);

/* ---- service.c ---- */

/* The interface of that name, or NULL. */
const struct pen_served *pen_served_find(const struct pen_server *server, const char *name);

/* The functions for the object (NULL: none). NULL: its type has no manager. */
const struct pen_manager *pen_served_manager(const struct pen_server *server,
					     const struct pen_served *served,
					     const struct pen_uuid *object);

/* What the calls of a service that was added have for data from now on. */
void pen_served_set_data(struct pen_server *server, const struct pen_service *service, void *data);

/* Whether the interface is reached at the endpoint. NULL: a connection that was adopted. */
bool pen_served_is_at(const struct pen_served *served, const struct pen_listener *listener);

/* The longest request that any service at the endpoint takes. */
uint32_t pen_served_stub_max(const struct pen_server *server, const struct pen_listener *listener);

/* Whether any interface has calls with descriptors. */
bool pen_served_has_system_handles(const struct pen_server *server);

void pen_served_free(struct pen_server *server);

/* ---- listener.c ---- */

/*
 * Adds one as pen_server_listen says; one that is expected has no socket, and its connections
 * arrive.
 */
int pen_listener_add(struct pen_server *server, const char *binding, const char *const *interfaces,
		     bool is_expected, struct pen_listener **listenerp);
void pen_listener_close(struct pen_listener *listener);

/* Accepts again after descriptors ran out. */
void pen_listener_resume(struct pen_listener *listener);

/* Runs the loop until no call is at work in another thread. */
void pen_server_await_works(struct pen_server *server);

#endif
