/* SPDX-License-Identifier: MIT */
#ifndef PEN_NP_STARTER_H
#define PEN_NP_STARTER_H
/*
 * Where an object manager may be, and how one is started for the user if it is not.
 */
#include <stdbool.h>

enum { PEN_PLACES_MAX = 2, PEN_PLACE_SIZE = 108 };

struct pen_place {
	char directory[PEN_PLACE_SIZE]; /* of its socket */
	bool may_start;
	bool is_given; /* by who asks: then whoever is there is trusted */
	int refusal;   /* 0, or the negative errno why this one is none */
};

/*
 * The places to look at, one after the other: the one that is given, or that $PENSTOCK_OBJECTS_DIR
 * names; else the system's, then the user's own (pen_directory_users). -ENAMETOOLONG.
 */
int pen_starter_places(const char *given, struct pen_place places[PEN_PLACES_MAX],
		       unsigned *n_placesp);

/* Starts one there, and waits until it listens. A negative errno: it does not. */
int pen_starter_run(const char *directory);

#endif
