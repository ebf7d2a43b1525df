/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_SERVER_H
#define PENSTOCK_SERVER_H
/*
 * A server: services, the endpoints they are reached at, and a loop. It has its
 * own loop, which any other loop can host by descriptor, events and timeout.
 */
#include <penstock/call.h>
#include <penstock/eerr.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An interface and the functions that serve it: a struct <interface>_operations. */
struct pen_service {
	const struct pen_interface *interface;
	const void *operations;
	struct pen_uuid type; /* of the objects it manages [C706 2.1.1]; nil: calls without one */
	uint32_t stub_max;    /* of a request; 0: 4 MiB */
	bool refuses_ndr64;
	/*
	 * The least authentication level [MS-RPCE 2.2.1.1.8] of a call over TCP; 0: none. A pipe
	 * and a local socket have an identity of their own, which a call may do with.
	 */
	uint8_t auth_level_min;
	bool is_everywhere; /* reached at every endpoint, whatever services that has (mgmt) */
};

struct pen_buffer;
struct pen_mechs;

enum pen_log_level { PEN_LOG_ERROR, PEN_LOG_WARNING, PEN_LOG_INFO, PEN_LOG_DEBUG };

struct pen_server_config {
	const char
		*ncalrpc_dir; /* of ncalrpc sockets; and in it np/ for smbd, unless np_dir says */
	const char *np_dir;
	/*
	 * Pipes are served by the object manager, to the programs of this machine and, where it
	 * works for smbd, to the network; not as sockets in np_dir. Taken as said where neither
	 * directory is.
	 */
	bool np_by_objects;
	const char *objects_dir;	   /* of the object manager's socket; NULL: where it is */
	uint32_t connections_max;	   /* in all; 0: 10,000 */
	uint32_t connections_per_peer_max; /* of one address or uid; 0: 1,000 */
	uint32_t groups_max;		   /* 0: 10,000 */
	uint32_t handles_per_group_max;	   /* 0: 2,048 */
	uint32_t calls_per_handle_max;	   /* that wait for one; 0: 256 */
	uint32_t call_memory_max;	   /* an arena's limit; 0: 64 MiB */
	uint32_t memory_max;		   /* of queued and assembled bytes, in all; 0: 256 MiB */
	uint32_t bind_timeout_ms;	   /* from accept to bind; 0: 30 s */
	uint32_t fragment_timeout_ms;	   /* a begun fragment or call; 0: 30 s */
	uint32_t idle_timeout_ms;	   /* nothing in progress, no handles; 0: 15 min */
	uint32_t npa_timeout_ms;	   /* smbd's request; 0: 5 s */
	uint32_t callback_timeout_ms;	   /* a client's answer to a callback; 0: 5 min */
	uint32_t auths_max;		   /* security contexts of a connection; 0: 2,049 */
	/* The security mechanisms that clients may use; they outlive the server. NULL: none. */
	const struct pen_mechs *mechs;
	/* Who is told more of a failure than its status, and what (docs/security.md). */
	enum pen_eerr_policy extended_errors;
	/*
	 * A file that gets the session key of every security context, in clear, for whoever
	 * must read recorded traffic (docs/security.md); NULL: none.
	 */
	const char *keylog;
	/*
	 * A file that says who may call what and how much of it (penstock-policy(5)); NULL: none.
	 * What it may name are these interfaces, ended by NULL, which outlive the server; NULL:
	 * any.
	 */
	const char *policy;
	const struct pen_interface *const *policy_interfaces;
	/* A file that gets what is called, from which "penstock policy suggest" makes a policy;
	 * NULL: none. */
	const char *policy_record;
	/* A line for people about something that happened; NULL: nobody listens. */
	void (*log)(void *data, enum pen_log_level level, const char *line);
	void *log_data;
};

/*
 * config may be NULL, and is copied. -ENOMEM; PEN_E_DENIED or a negative errno: the keylog
 * cannot be written, or others may read it; PEN_E_SYNTAX, PEN_E_LIMIT, PEN_E_DENIED or a
 * negative errno: the policy is wrong or cannot be read, or its record cannot be written; config's
 * log is told.
 */
int pen_server_new(struct pen_server **serverp, const struct pen_server_config *config);

/*
 * Closes all, tells calls that wait to be finished that they are cancelled, forgets
 * those that do not finish then, runs all handles down, frees all.
 */
struct pen_server *pen_server_free(struct pen_server *server);

/*
 * Reads a policy in place of the one that rules, from the next call, connection or presentation
 * context on; path NULL: none rules any more. PEN_E_SYNTAX, PEN_E_LIMIT or a negative errno: it is
 * wrong or cannot be read, as diagnoses says, or the log if that is NULL; -ENOMEM. Then nothing
 * changes. In a worker (penstock/worker.h) whose penstockd has a policy that one rules, and this is
 * read and no more.
 */
int pen_server_set_policy(struct pen_server *server, const char *path,
			  struct pen_buffer *diagnoses);

/*
 * Adds a service; data is handed to its calls. PEN_E_EXISTS: interface and type are served.
 * PEN_E_UNSUPPORTED: it is an object interface.
 */
int pen_server_add(struct pen_server *server, const struct pen_service *service, void *data);

/* Says that an object is of a type, so that calls for it reach the type's manager. */
int pen_server_add_object(struct pen_server *server, const struct pen_uuid *object,
			  const struct pen_uuid *type);

/*
 * Listens at an endpoint:
 *	ncacn_ip_tcp:127.0.0.1[135]   [0]: any port; "ncacn_ip_tcp:" alone: every address
 *	ncalrpc:[EPMAPPER]            a socket in ncalrpc_dir
 *	ncacn_np:[\pipe\srvsvc]       a socket in np_dir, where smbd brings its clients, or a pipe
 * The option secondary=NAME is what bind_ack then says the place is [C706 12.6.4.4],
 * where that is not the port or the pipe itself.
 * It is for the named interfaces only (names of added services, ended by NULL), or
 * for all if NULL. bindingp, if not NULL, gets the binding with the real port; owned
 * by the server. A negative errno of bind or listen; PEN_E_SYNTAX; PEN_E_NOT_FOUND:
 * no such service.
 */
int pen_server_listen(struct pen_server *server, const char *binding, const char *const *interfaces,
		      const char **bindingp);

/*
 * Serves a connected stream socket that the caller opened; taken, also on failure.
 * The token (a new reference is taken) is the peer's identity; NULL: ask the socket.
 */
int pen_server_adopt(struct pen_server *server, int fd, enum pen_protseq protseq,
		     const struct pen_token *token);

/* Runs until pen_server_stop. */
int pen_server_run(struct pen_server *server);

/* Makes run return soon; safe in a signal handler and from any thread. */
void pen_server_stop(struct pen_server *server);

/* For another loop: a descriptor, poll(2) events, and milliseconds (-1: no limit). */
int pen_server_fd(const struct pen_server *server);
short pen_server_events(const struct pen_server *server);
int pen_server_timeout(const struct pen_server *server);
int pen_server_dispatch(struct pen_server *server);

/* The sentence for the last failure. */
const char *pen_server_error(const struct pen_server *server);

struct pen_server_stats {
	uint64_t calls_in, calls_out, pkts_in, pkts_out; /* as mgmt counts [C706 Q.3] */
	uint64_t faults;
	uint32_t connections, groups, handles, calls_in_progress;
};

void pen_server_stats(const struct pen_server *server, struct pen_server_stats *stats);

/* A live connection whose peer is known. */
struct pen_server_connection {
	const struct pen_token *token; /* the peer, as its transport knows it; borrowed */
	enum pen_protseq protseq;
	uint32_t age_ms;  /* since it was accepted */
	uint32_t idle_ms; /* since bytes came or went */
};

/*
 * Tells of each, in no order. What each returns other than 0 ends it, and is returned.
 * each may make no call of the server's functions.
 */
int pen_server_each_connection(const struct pen_server *server,
			       int (*each)(void *data,
					   const struct pen_server_connection *connection),
			       void *data);

/* What is served where, one pair after another: for the endpoint mapper and mgmt. */
struct pen_server_endpoint {
	const struct pen_interface *interface;
	const char *binding;
};

/* The n-th pair; PEN_E_NOT_FOUND past the last. */
int pen_server_endpoint(const struct pen_server *server, size_t n,
			struct pen_server_endpoint *endpoint);

#ifdef __cplusplus
}
#endif
#endif
