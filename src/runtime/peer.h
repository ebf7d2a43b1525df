/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_PEER_H
#define PEN_RUNTIME_PEER_H
/*
 * How many connections each peer has: an address, or a user of this machine.
 */
#include <stddef.h>
#include <stdint.h>

enum { PEN_PEER_NAME_SIZE = 64, PEN_PEER_BUCKETS = 1024 };

struct pen_peer {
	struct pen_peer *next;
	uint32_t n_connections;
	char name[PEN_PEER_NAME_SIZE];
};

struct pen_peers {
	struct pen_peer *buckets[PEN_PEER_BUCKETS];
};

/* Counts one more. PEN_E_LIMIT: it has max already; -ENOMEM. */
int pen_peer_enter(struct pen_peers *peers, const char *name, uint32_t max,
		   struct pen_peer **peerp);

/* Counts one less; forgets a peer without connections. NULL is nobody. */
void pen_peer_leave(struct pen_peers *peers, struct pen_peer *peer);

#endif
