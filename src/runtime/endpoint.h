/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_ENDPOINT_H
#define PEN_RUNTIME_ENDPOINT_H
/*
 * Sockets that listen at a binding: TCP, local ones, and those where smbd brings a pipe's clients.
 */
#include "io/socket.h"
#include <penstock/binding.h>

/*
 * The binding's endpoint gets the real port. ncalrpc_dir and np_dir are made if missing; NULL:
 * there is none. PEN_E_SYNTAX: an endpoint that is none, or missing; a negative errno.
 */
int pen_endpoint_listen(struct pen_unix_socket *socket, struct pen_binding *binding,
			const char *ncalrpc_dir, const char *np_dir);

/* Closes it, and takes its name along. */
void pen_endpoint_close(struct pen_unix_socket *socket, enum pen_protseq protseq);

#endif
