/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_RELAY_DOORS_H
#define PEN_DAEMON_RELAY_DOORS_H
/*
 * Pipes that another program serves, Samba's own services most of all: smbd looks for all pipes in
 * our directory, so we listen there for each socket that the other directory has and that no
 * program of ours serves, and have what comes carried there [src/daemon/relay.h]. The directory is
 * looked at again when it changes, and need not be there yet.
 */
#include "daemon/log.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

struct bequest;
struct heritage_heritage;
struct legacy;
struct relay_doors;

struct relay_doors_config {
	const char *program;	  /* penstock-relay's path */
	const char *directory;	  /* the other's */
	const char *np_dir;	  /* ours */
	struct legacy *legacy;	  /* sockets of the image before; NULL: none */
	uint32_t connections_max; /* at a time; 0: the relay's default */
	uint32_t look_ms;	  /* between two looks; 0: 500 */
	uv_loop_t *loop;
	const struct log *log;
	/* Whether a program of ours serves the pipe of that name, which has no capital letters. */
	bool (*is_ours)(void *data, const char *name);
	void *data;
};

/* config is copied, and its texts, but for what else it points to. -EINVAL: it is the same
 * directory; -ENOMEM. */
int relay_doors_new(struct relay_doors **doorsp, const struct relay_doors_config *config);

/* Closes all, connections too. NULL is nobody. */
struct relay_doors *relay_doors_free(struct relay_doors *doors);

/* Looks now. What has become a program's of ours is let go, and what was one may be taken. */
void relay_doors_look(struct relay_doors *doors);

/* A program of ours is to listen under that name: it is free when this returns. */
void relay_doors_yield(struct relay_doors *doors, const char *name);

/* No more come; those that are there end as they may, and the relay after them. */
void relay_doors_stop(struct relay_doors *doors);

/* Whether that is still so, after a stop. */
bool relay_doors_is_busy(const struct relay_doors *doors);

/* ---- beyond exec ---- */

size_t relay_doors_count(const struct relay_doors *doors);

/* Adds its doors, for which there is room. -ENOMEM. */
int relay_doors_bequeath(const struct relay_doors *doors, struct heritage_heritage *heritage,
			 struct bequest *bequest);

/* ---- for people and tests ---- */

struct relay_doors_stats {
	pid_t relay; /* 0: nothing was to be carried yet */
	uint64_t carried, refused, crashed;
};

void relay_doors_stats(const struct relay_doors *doors, struct relay_doors_stats *stats);

/* The n-th name; NULL past the last. */
const char *relay_doors_name(const struct relay_doors *doors, size_t n);

#endif
