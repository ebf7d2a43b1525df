/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_OBSERVER_H
#define PEN_SEC_OBSERVER_H
/*
 * Who looks on at a security context, with its keys: takes the messages of both directions,
 * in the order in which they were sent, and verifies and unseals them. It never makes any.
 */
#include "sec/mech.h"

struct pen_observer;

/*
 * world must outlive the observer. -ENOMEM; PEN_E_UNSUPPORTED: keys of that kind or length are
 * none that it knows, or the system lacks an old cipher.
 */
int pen_observer_new(struct pen_observer **observerp, const struct pen_mech_world *world,
		     const struct pen_session_keys *keys);
struct pen_observer *pen_observer_free(struct pen_observer *observer);

/* Whether head and tail are signed whatever was said in the bind. */
bool pen_observer_always_signs_headers(const struct pen_observer *observer);

/*
 * As unprotect of struct pen_mech. Whichever message is the first of its direction may have
 * any number, where the number is in the clear. PEN_E_DENIED: nobody who has these keys made it.
 */
int pen_observer_open(struct pen_observer *observer, bool is_from_server,
		      struct pen_protected *message);

/*
 * Messages of that direction are missing. False: what follows cannot be read any more, since
 * what it is ciphered with depends on them.
 */
bool pen_observer_miss(struct pen_observer *observer, bool is_from_server);

#endif
