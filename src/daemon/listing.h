/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_LISTING_H
#define PEN_DAEMON_LISTING_H
/*
 * What a program says that it serves, when it is asked to list its interfaces: in the lines of
 * Samba's RPC daemons, or as the JSON that docs/first-service.md describes, which says more.
 */
#include "worker/listing.h"
#include <penstock/arena.h>

enum {
	LISTING_MAX = PEN_WORKER_LISTING_MAX,
	LISTING_INTERFACES_MAX = PEN_WORKER_INTERFACES_MAX,
	LISTING_ENDPOINTS_MAX = PEN_WORKER_ENDPOINTS_MAX, /* of all interfaces */
	LISTING_TEXT_MAX = PEN_WORKER_TEXT_MAX,
	LISTING_PIPES_MAX = PEN_WORKER_PIPES_MAX,
	LISTING_PATHS_MAX = PEN_WORKER_PATHS_MAX,
	LISTING_WORKERS_MAX = 1024,
	LISTING_ASK_MS = 10 * 1000,
};

struct listing_interface {
	struct pen_syntax_id id;
	const char *name;
	uint8_t level;		/* the least, as pen_service has it; 0: any, or it is not said */
	const char **endpoints; /* string bindings, as they were listed */
	size_t n_endpoints;
	const char **operations; /* names, by opnum; NULL: one that is not used on the wire */
	size_t n_operations;	 /* 0: it does not say */
};

/* A pipe that carries no RPC. Only what a listing says is set of config. */
struct listing_pipe {
	const char *name; /* without \pipe\ before it */
	struct pen_pipe_config config;
	uint32_t quotas[2];   /* inbound and outbound */
	const char *security; /* SDDL; NULL: it does not say */
};

/* All texts are in the arena. What lines do not say is as a struct pen_worker has it by default. */
struct listing {
	struct pen_arena arena;
	const char *program; /* its name; "": it does not say */
	uint32_t workers_max, workers_min;
	uint32_t idle_s;
	const char *user; /* NULL: penstock's */
	struct listing_interface *interfaces;
	size_t n_interfaces;
	size_t n_endpoints;
	struct listing_pipe *pipes;
	size_t n_pipes;
	struct pen_worker_needs needs;
	bool needs_table;	 /* of all that is served */
	struct pen_slice source; /* what it was read from, if a program was asked */
};

/*
 * Read one, into a listing that is empty, and empty again on failure. PEN_E_SYNTAX, with where it
 * is wrong, and why, in error; PEN_E_LIMIT, with the sentence; -ENOMEM.
 */
int listing_read_text(struct listing *listing, const char *text, size_t n, char error[256]);
int listing_read_json(struct listing *listing, const char *text, size_t n, char error[256]);

/*
 * Runs the program, which gets no descriptors but 0 to 2, and reads what it lists: JSON, or what it
 * can. It waits for that, up to timeout_ms in all. A name it does not say is that of its file.
 * Fails as reading does, and: PEN_E_TIMEOUT; PEN_E_REJECTED: the program failed; a negative errno;
 * all with the sentence in error.
 */
int listing_ask(struct listing *listing, const char *path, unsigned timeout_ms, char error[256]);

/* Reads what a program at that path has listed before. Fails as reading does. */
int listing_read_source(struct listing *listing, const char *path, struct pen_slice source,
			char error[256]);

void listing_done(struct listing *listing);

#endif
