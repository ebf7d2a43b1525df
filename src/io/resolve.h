/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_RESOLVE_H
#define PEN_IO_RESOLVE_H
/*
 * Addresses of a host's name. A numeric one is known at once; a name is looked
 * up by a thread of its own, whose end makes a descriptor readable, so that
 * nobody need wait for a name server.
 */
#include "io/socket.h"
#include <netdb.h>

struct pen_resolver;

/* host "" is this machine. -ENOMEM, or what making a thread fails with. */
int pen_resolver_new(struct pen_resolver **resolverp, const char *host, uint16_t port);

/* May be freed at any time; a thread that still runs frees what is its own. */
struct pen_resolver *pen_resolver_free(struct pen_resolver *resolver);

/* Readable when done; -1 if it was done at once. */
int pen_resolver_fd(const struct pen_resolver *resolver);
bool pen_resolver_is_done(const struct pen_resolver *resolver);

/* Once done: 0, or getaddrinfo's error (an EAI_). */
int pen_resolver_error(const struct pen_resolver *resolver);

/* The n-th address. PEN_E_NOT_FOUND: there are no more. */
int pen_resolver_address(const struct pen_resolver *resolver, size_t n,
			 struct pen_address *address);

#endif
