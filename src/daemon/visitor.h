/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_VISITOR_H
#define PEN_DAEMON_VISITOR_H
/*
 * A connection that penstockd has accepted, and that no worker has yet: first the greeter has it,
 * which finds out what the client wants, then it waits for whoever is to serve it.
 */
#include "base/list.h"
#include "runtime/peer.h"
#include <penstock/buffer.h>
#include <penstock/interface.h>
#include <sys/types.h>

struct bequest;
struct door;
struct heritage_visitor;
struct legacy;
struct pen_token;
struct worker_arrival;
struct worker_guest;

struct visitor {
	struct pen_list link;	  /* of those in its bucket, or of those that wait for a worker */
	struct pen_peer *counted; /* while the greeter has it; NULL: it is not */
	uint32_t number;
	struct door *door;
	pid_t pid; /* of a program of this machine; 0: of another, or smbd's client */
	int fd;	   /* -1: the greeter has it */
	char peer[PEN_PEER_NAME_SIZE];
	struct pen_token *token;
	bool is_framed;
	bool is_envelope; /* a pipe's handle is in fd */
	uint32_t assoc_group_id;
	struct pen_buffer bytes; /* that were read of it */
	unsigned n_tries;	 /* workers that have died before they got it */
};

/* Those that the greeter has, by number. */
struct visitors {
	struct pen_list buckets[256];
	struct pen_peers peers;
	uint32_t next;
	uint32_t n;
};

void visitors_init(struct visitors *visitors);
void visitors_done(struct visitors *visitors);

/*
 * -ENOMEM; PEN_E_LIMIT: the peer has as many there as one may, but for smbd, which is everybody.
 * The token is taken, if it goes well.
 */
int visitor_new(struct visitor **visitorp, struct visitors *visitors, struct door *door,
		const char *peer, uint32_t per_peer_max, struct pen_token *token);

/* The one of that number, which the greeter does not have any more. NULL: there is none. */
struct visitor *visitors_take(struct visitors *visitors, uint32_t number);

/* The one that was begun longest ago, the same way. NULL: there are none. */
struct visitor *visitors_take_any(struct visitors *visitors);

/* All of them are among the others, and are counted for nobody any more. */
void visitors_move(struct visitors *visitors, struct visitors *from);

/* What the greeter has found out; the descriptor is taken. -ENOMEM, PEN_E_BAD_DATA. */
int visitor_hear(struct visitor *visitor, const struct worker_guest *guest, int fd);

/* What a worker is told of it; texts and bytes are the visitor's. -ENOMEM. */
int visitor_describe(const struct visitor *visitor, struct worker_arrival *arrival,
		     struct pen_arena *arena);

/* What the next image needs to know of it. -ENOMEM. */
int visitor_bequeath(const struct visitor *visitor, struct heritage_visitor *letter,
		     struct bequest *bequest);

/*
 * It goes on at the door: with the greeter, if it has no descriptor, else it is the caller's to put
 * where it waits. -ENOMEM, PEN_E_BAD_DATA.
 */
int visitor_adopt(struct visitor **visitorp, struct visitors *visitors, struct door *door,
		  const struct heritage_visitor *letter, struct legacy *legacy);

/* Closes it, if it is still here. NULL is nobody. */
struct visitor *visitor_free(struct visitor *visitor);

#endif
