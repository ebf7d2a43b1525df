/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_PORTER_DOORS_H
#define PEN_DAEMON_PORTER_DOORS_H
/*
 * The pipes that programs list, for programs of this machine: a porter [src/daemon/porter.h] holds
 * instances of them where the object manager is, and brings who has opened one.
 */
#include "base/list.h"
#include "daemon/child.h"
#include "daemon/log.h"

struct door;
struct porter_doors;

struct porter_doors_config {
	const char *program; /* penstock-porter's path */
	const char *objects; /* the directory of the object manager's socket */
	const char *user;    /* NULL: as this process */
	bool is_confined;
	uv_loop_t *loop;
	const struct log *log;
	const struct pen_list *doors; /* of all, those of pipes among them */
	/* One that was left by the image before; NULL: none. */
	const struct heritage_child *left;
	struct legacy *legacy;
	/* Somebody has opened the door's pipe, whose handle is in an envelope: the caller's. */
	void (*came)(void *data, struct door *door, const struct worker_visit *visit, int envelope);
	void *data;
};

/* config is copied, but for what it points to; its texts are. -ENOMEM. */
int porter_doors_new(struct porter_doors **doorsp, const struct porter_doors_config *config);

/* Ends the porter, and what it holds. NULL is nobody. */
struct porter_doors *porter_doors_free(struct porter_doors *doors);

/* The doors may be others now. */
void porter_doors_look(struct porter_doors *doors);

/* No more come. */
void porter_doors_stop(struct porter_doors *doors);

/* NULL: it has ended, and is to be started again. */
const struct child *porter_doors_child(const struct porter_doors *doors);

#endif
