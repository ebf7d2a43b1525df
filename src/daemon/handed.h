/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_HANDED_H
#define PEN_DAEMON_HANDED_H
/*
 * Sockets that a service manager has opened and handed over, as sd_listen_fds(3) describes it. Each
 * is for the endpoint that its name says, as FileDescriptorName= has it:
 *
 *	ncacn_ip_tcp-135      ncacn_ip_tcp (the port that programs get which ask for any)
 *	ncalrpc-EPMAPPER      ncacn_np-srvsvc
 *
 * or, where it has another name, for that whose address it is bound to.
 */
#include "io/socket.h"
#include <penstock/binding.h>

enum { HANDED_MAX = 256 };

struct handed {
	int fds[HANDED_MAX]; /* -1: taken */
	char names[HANDED_MAX][128];
	size_t n;
};

/*
 * Takes what the environment speaks of, if it is for this process, and clears that. What is no
 * stream socket that listens is closed, and counted in the result, which is not negative; a
 * negative errno: the environment says what cannot be.
 */
int handed_take_all(struct handed *handed);

/*
 * The socket for the binding, which is not blocking, and the real port in the binding's endpoint.
 * directory: where local endpoints and pipes are. -1: there is none.
 */
int handed_take(struct handed *handed, struct pen_binding *binding, const char *directory);

/* Closes those that nobody has asked for; how many. */
size_t handed_done(struct handed *handed);

#endif
