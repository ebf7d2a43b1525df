/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_CLIENT_SECURITY_H
#define PEN_RUNTIME_CLIENT_SECURITY_H
/*
 * What a client proves itself with, and the thread in which its mechanism waits for a KDC.
 */
#include "io/errand.h"
#include "runtime/world.h"
#include <penstock/client.h>

/* The mechanisms' configs and all that they point to. Threads at work hold it too. */
struct pen_client_proof {
	unsigned n_users;
	struct pen_world world;
	struct pen_credentials *credentials;
	char *target;
	struct pen_mechs *mechs;
	struct pen_mech_row row;
	struct pen_mech_client client;
};

/*
 * address is the server's in the binding. PEN_E_UNSUPPORTED, -EINVAL: no such security, with
 * a sentence in error, which may be NULL; -ENOMEM. Without credentials *proofp stays NULL.
 */
int pen_client_proof_new(struct pen_client_proof **proofp,
			 const struct pen_client_security *security, const char *address,
			 struct pen_ndr_error *error);
struct pen_client_proof *pen_client_proof_free(struct pen_client_proof *proof);

/* Begins what the association waits for. A failure has ended the association. */
void pen_client_work(struct pen_client *client);

/* Whether it is done, and taken note of. */
bool pen_client_has_worked(struct pen_client *client);

/* The association ends before its work. */
void pen_client_abandon_work(struct pen_client *client);

#endif
