/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_CLIENT_MAPPER_H
#define PEN_RUNTIME_CLIENT_MAPPER_H
/*
 * A client's question to the endpoint mapper of the machine it wants to call:
 * where is this interface? It is a client of its own, with one call.
 */
#include <penstock/client.h>

struct pen_client_mapper;

/*
 * Asks. The binding's option epmapper names the mapper's own endpoint, if it is
 * not the well-known one. Fails as pen_client_new and pen_call_start do.
 */
int pen_client_mapper_new(struct pen_client_mapper **mapperp, const struct pen_binding *binding,
			  const struct pen_interface *interface,
			  const struct pen_client_config *config);
struct pen_client_mapper *pen_client_mapper_free(struct pen_client_mapper *mapper);

/* To be hosted as a client is. */
struct pen_client *pen_client_mapper_client(const struct pen_client_mapper *mapper);

/*
 * PEN_E_AGAIN: there is no answer yet. 0: endpoint has it. PEN_E_NOT_FOUND: the
 * mapper knows none. Else what the call ended with; error has the sentence.
 */
int pen_client_mapper_result(const struct pen_client_mapper *mapper, char endpoint[256],
			     const char **errorp);

#endif
