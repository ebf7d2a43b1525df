/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_WORLD_H
#define PEN_RUNTIME_WORLD_H
/*
 * What security mechanisms need of the world: ciphers, randomness and the time of day.
 */
#include "sec/mech.h"

struct pen_world {
	struct pen_mech_world mech;
	struct pen_crypto *crypto;
};

/* -ENOMEM; PEN_E_UNSUPPORTED: libcrypto offers nothing. On failure there is nothing to undo. */
int pen_world_init(struct pen_world *world);
void pen_world_done(struct pen_world *world);

#endif
