/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_OBJECT_PEER_H
#define PEN_DAEMON_OBJECT_PEER_H
/*
 * Who is at the other end of a unix socket, by the kernel's word: uid and groups as they were
 * when it connected, and the audit session of its process.
 */
#include <penstock/token.h>

/* Whose members have more rights. */
struct object_groups {
	bool has_admin, has_global;
	uint32_t admin;	 /* administrators */
	uint32_t global; /* may make objects of the machine from any session */
};

struct object_peer {
	struct pen_token *token;
	uint32_t uid;
	uint32_t process;
};

/* The token is the caller's. -ESRCH: its process is gone already; other errnos; PEN_E_LIMIT. */
int object_peer_get(struct object_peer *peer, int socket, const struct object_groups *groups);

#endif
