/* SPDX-License-Identifier: MIT */
#include "runtime/peer.h"
#include <errno.h>
#include <penstock/base.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a. A peer does not choose its own address well enough to aim at a bucket. */
static struct pen_peer **bucket_of(struct pen_peers *peers, const char *name)
{
	uint32_t hash = 2166136261;

	while (*name)
		hash = (hash ^ (uint8_t)*name++) * 16777619;
	return &peers->buckets[hash % PEN_PEER_BUCKETS];
}

int pen_peer_enter(struct pen_peers *peers, const char *name, uint32_t max, struct pen_peer **peerp)
{
	struct pen_peer **bucket = bucket_of(peers, name);
	struct pen_peer *peer = *bucket;

	while (peer && strcmp(peer->name, name))
		peer = peer->next;
	if (!peer) {
		peer = calloc(1, sizeof(*peer));
		if (!peer)
			return -ENOMEM;
		snprintf(peer->name, sizeof(peer->name), "%s", name);
		peer->next = *bucket;
		*bucket = peer;
	}
	if (peer->n_connections >= max)
		return PEN_E_LIMIT;
	peer->n_connections++;
	*peerp = peer;
	return 0;
}

void pen_peer_leave(struct pen_peers *peers, struct pen_peer *peer)
{
	struct pen_peer **at;

	if (!peer || --peer->n_connections)
		return;
	at = bucket_of(peers, peer->name);
	while (*at != peer)
		at = &(*at)->next;
	*at = peer->next;
	free(peer);
}
