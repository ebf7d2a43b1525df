/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_IDENTIFY_H
#define PEN_RUNTIME_IDENTIFY_H
/*
 * Who is at the other end of a connected socket, as the kernel knows it.
 */
#include "runtime/peer.h"

struct pen_token;

/*
 * A name to count by, and a token: of a local socket the process' user and groups when it
 * connected; of TCP nobody (anonymous, as given), from an address, by way of one of ours. A
 * negative errno.
 */
int pen_identify(int fd, const struct pen_token *anonymous, char name[PEN_PEER_NAME_SIZE],
		 struct pen_token **tokenp);

/* Whether it may say who somebody else is: root, or this process' own user. PEN_E_DENIED: no. */
int pen_identify_carrier(int fd, uint32_t *uidp);

#endif
