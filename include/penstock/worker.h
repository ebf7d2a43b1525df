/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_WORKER_H
#define PENSTOCK_WORKER_H
/*
 * A program that penstockd starts when somebody calls what it serves. It never listens: penstockd
 * does, for all, and hands it connections. Such a program is a main that calls pen_worker_main.
 *
 *	PROGRAM --list-interfaces          what it serves, in the format of Samba's RPC daemons
 *	PROGRAM --list-interfaces --json   the same and more (docs/first-service.md)
 *	PROGRAM --worker                   as penstockd starts it, with a socket for descriptor 3
 */
#include <penstock/pipe.h>
#include <penstock/server.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An interface, the functions that serve it, and where it is reached. */
struct pen_worker_service {
	struct pen_service service;
	/*
	 * String bindings, ended by NULL: "ncacn_ip_tcp:" (a port that penstockd chooses),
	 * "ncacn_ip_tcp:[135]", "ncacn_np:[\\pipe\\name]", "ncalrpc:[name]", "ncalrpc:" (the
	 * program's name).
	 */
	const char *const *endpoints;
	/* What its calls have for pen_call_data, of what start made; NULL: that itself. */
	void *(*call_data)(void *data);
};

/*
 * A pipe that carries no RPC: what its clients write and read is the program's own. They come by
 * the object manager (docs/pipes.md), those of other machines by way of smbd.
 */
struct pen_worker_pipe {
	const char *name; /* without \pipe\ before it */
	/*
	 * configuration, is_message, is_message_mode, rejects_remote, instances_max, quotas and
	 * timeout_ms count; all else is penstockd's.
	 */
	struct pen_pipe_config config;
	const char
		*security; /* of the pipe, in SDDL; NULL: all users may open, read and write it */
	uint32_t clients_max; /* at a time in one process, half of them one user's; 0: 64 */
	/*
	 * Serves a client, which is as whom it opened the pipe, in a thread of its own; data is
	 * what start has made. The pipe is closed when it returns. When the process is to end, it
	 * is disconnected, so that whatever waits there fails.
	 */
	void (*serve)(void *data, struct pen_pipe *pipe, const struct pen_token *client);
};

/* What a process of it may have beyond its connections, which is little. */
struct pen_worker_needs {
	const char *const *reads;  /* files and directories, ended by NULL; NULL: none */
	const char *const *writes; /* the same, for writing too */
	bool network;		   /* connects to other machines */
	uint64_t memory_max;	   /* bytes of address space; 0: 1 GiB */
	uint32_t files_max;	   /* descriptors; 0: as many as its connections need */
};

/* What a process starts with. */
struct pen_worker_start {
	struct pen_server *server;
	bool is_first; /* no other of its program has served since penstockd was started */
};

/* Where penstockd has an interface served, by whichever program. */
struct pen_worker_entry {
	struct pen_syntax_id id;
	const char *name;
	const char *binding; /* with the real port, and without options */
};

struct pen_worker {
	const char *name; /* NULL: the program's */
	const struct pen_worker_service *services;
	size_t n_services;
	const struct pen_worker_pipe *pipes;
	size_t n_pipes;
	uint32_t workers_max; /* processes at a time; 0: 5 */
	uint32_t workers_min; /* of those, ready before anybody calls */
	uint32_t idle_s;      /* without connections, until one leaves; 0: 60 */
	const char *user;     /* to run as, where penstockd is root; NULL: penstock's */
	struct pen_worker_needs needs;
	bool is_unmanaged; /* has no management interface [C706 appendix Q] beside its own */
	/*
	 * All but the directories; without a log of its own it writes to standard error, and
	 * without mechs clients prove themselves to penstock-authd, which tells it who they are.
	 */
	struct pen_server_config config;
	void *data; /* what the functions get until one puts something else into *datap */
	/*
	 * Before its server is made, whose configuration may still change: for mechs, say. A
	 * failure ends the process, with the sentence in error logged. What it puts into *datap the
	 * other functions get. NULL: nothing to do.
	 */
	int (*prepare)(struct pen_server_config *config, void **datap, char error[256]);
	/*
	 * Before the first connection, the same way; *datap is what prepare made.
	 */
	int (*start)(const struct pen_worker_start *start, void **datap, char error[256]);
	/*
	 * penstockd has read its configuration again. After a failure, which is logged, it goes on
	 * as it was. NULL: it has no part in that.
	 */
	int (*reload)(void *data, struct pen_server *server, char error[256]);
	/*
	 * All that is served, before the first connection and whenever it changes: for an endpoint
	 * mapper. The entries last until it returns. A negative errno, which is logged. NULL: it
	 * need not know.
	 */
	int (*table)(void *data, const struct pen_worker_entry *entries, size_t n);
	void (*stop)(void *data); /* in the end; also after prepare or start failed */
};

/*
 * Does what the command line says, and returns what main should: 0; 1: it failed, as standard
 * error says; 2: the command line is wrong. It changes nothing of the process before it serves.
 */
int pen_worker_main(int argc, char **argv, const struct pen_worker *worker);

#ifdef __cplusplus
}
#endif
#endif
