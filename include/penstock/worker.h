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
};

/* What a process of it may have beyond its connections, which is little. */
struct pen_worker_needs {
	const char *const *reads;  /* files and directories, ended by NULL; NULL: none */
	const char *const *writes; /* the same, for writing too */
	bool network;		   /* connects to other machines */
	uint64_t memory_max;	   /* bytes of address space; 0: 1 GiB */
	uint32_t files_max;	   /* descriptors; 0: as many as its connections need */
};

struct pen_worker {
	const char *name; /* NULL: the program's */
	const struct pen_worker_service *services;
	size_t n_services;
	uint32_t workers_max; /* processes at a time; 0: 5 */
	uint32_t workers_min; /* of those, ready before anybody calls */
	uint32_t idle_s;      /* without connections, until one leaves; 0: 60 */
	const char *user;     /* to run as, where penstockd is root; NULL: penstock's */
	struct pen_worker_needs needs;
	struct pen_server_config config; /* its numbers, mechs and extended_errors */
	/*
	 * Before the first connection; a failure ends the process, with the sentence in error
	 * logged. *datap is what the services' calls have for pen_call_data. NULL: nothing to do.
	 */
	int (*start)(struct pen_server *server, void **datap, char error[256]);
	void (*stop)(void *data);
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
