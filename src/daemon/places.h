/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_PLACES_H
#define PEN_DAEMON_PLACES_H
/*
 * The directories and files that penstockd makes before its children run, who may not: for sockets,
 * for state, and for the configuration that is in effect.
 */
#include "daemon/config.h"
#include "daemon/log.h"

struct places {
	char *ncalrpc_dir, *np_dir;
	char *config;	   /* the file that tells services their configuration */
	char *next_config; /* and one that may take its place */
};

/* What fails is logged; a negative errno, PEN_E_DENIED. done afterwards in any case. */
int places_make(struct places *places, const struct config *config, const struct log *log);

/* Writes the configuration that services may have next. The same. */
int places_tell(const struct places *places, const struct config *config, const struct log *log);

/* That one takes the place of what they had. The same. */
int places_keep(const struct places *places, const struct log *log);

void places_done(struct places *places);

#endif
