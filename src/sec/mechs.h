/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_MECHS_H
#define PEN_SEC_MECHS_H
/*
 * Mechanisms from inside: those that are not for everybody.
 */
#include "sec/mech.h"

enum { PEN_MECHS_MAX = 4 };

/*
 * One more, besides those that SPNEGO chooses between: netlogon's. The config must live as
 * long as the mechs, of which there are PEN_MECHS_MAX at most.
 */
void pen_mechs_add(struct pen_mechs *mechs, const struct pen_mech *mech, const void *config);

/* Adds what somebody has added to others. */
void pen_mechs_add_those_of(struct pen_mechs *mechs, const struct pen_mechs *others);

#endif
