/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_OBJECT_SERVER_H
#define PEN_DAEMON_OBJECT_SERVER_H
/*
 * The object manager's process: a socket on which programs ask (object-visitor.c), the engine
 * that answers (object/objects.h), and the lives that it watches.
 */
#include "base/list.h"
#include "daemon/object-fds.h"
#include "daemon/object-peer.h"
#include "io/loop.h"
#include "io/random.h"
#include "io/socket.h"
#include "object/objects.h"

enum {
	OBJECT_VISITORS_MAX = 16384, /* connections */
	OBJECT_VISITORS_PER_USER = 2048,
	OBJECT_RESTART_MS = 200, /* for servers of a predecessor to come back */
};

struct object_server_config {
	const char *directory;
	const char *np_directory; /* that smbd connects to; NULL: none */
	struct object_groups groups;
	const struct pen_objects_alias *aliases;
	size_t n_aliases;
	uint32_t idle_seconds; /* 0: stays */
};

/* What a descriptor is for the engine. */
enum object_resource_kind { OBJECT_LIFE, OBJECT_OFFER, OBJECT_MEMORY, OBJECT_SOCKET };

struct object_server;

struct object_resource {
	enum object_resource_kind kind;
	struct pen_fds fds;
	/* A life's. */
	struct object_server *server;
	uv_poll_t poll;
	bool is_watched;
	struct dtyp_GUID instance; /* that lives, if it is one's */
	void *hold;		   /* on a section, if it is that */
	struct pen_list link;	   /* of the server's holds, then */
};

/* Who waits for a reply; the first member of those who do. */
struct object_asker {
	void (*answer)(struct object_asker *asker, struct pen_objects_reply *reply);
};

struct object_server {
	struct object_server_config config;
	struct pen_loop loop;
	struct pen_unix_socket socket;
	uv_poll_t listener;
	uv_timer_t timer;
	uv_timer_t idle;
	uv_check_t after; /* each turn: replies that have become due, the timer */
	struct pen_objects *objects;
	struct pen_random random;
	struct pen_list visitors;
	uint32_t n_visitors;
	struct pen_list heard; /* visitors with something to say, as they were seen */
	uint64_t turn;
	uv_idle_t again;       /* another turn comes at once */
	struct pen_list holds; /* lives of sections' handles */
	struct pen_list doors; /* sockets of pipes, for smbd */
	struct pen_list callers;
	uint32_t n_callers;
	bool is_restart; /* a predecessor died */
	bool has_loop, is_running;
	volatile bool is_stopping;
	bool is_full;	  /* out of descriptors: nobody is accepted for a while */
	uint8_t *message; /* the one being read, of object_MESSAGE_MAX bytes and one */
	struct pen_arena arena;
	struct pen_buffer reply;
};

/*
 * Listens. The directory is made when it is missing. PEN_E_EXISTS: somebody else does already. A
 * negative errno. No loop yet: the process may still fork.
 */
int object_server_listen(struct object_server *server, const struct object_server_config *config);

/* Serves until stopped, or idle for long enough. A negative errno: it could not. */
int object_server_run(struct object_server *server);

/* In any thread, or a signal's handler. */
void object_server_stop(struct object_server *server);

/* After listen, whatever became of run. */
void object_server_done(struct object_server *server);

/* ---- for those who bring the engine something ---- */

/* The engine's functions. A resource is -ENOMEM or a negative errno less; the fds are its then. */
int object_resource_new(struct object_resource **resourcep, enum object_resource_kind kind,
			struct pen_fds *fds);
void object_resource_free(struct object_resource *resource);

/* The life of a section's handle. It is the server's, until it ends. */
void object_resource_hold(struct object_resource *life, struct object_server *server, void *hold);

/* Watches a life, which may be over at once. */
int object_resource_watch(struct object_resource *resource, struct object_server *server);

#endif
