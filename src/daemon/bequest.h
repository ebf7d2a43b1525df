/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_BEQUEST_H
#define PEN_DAEMON_BEQUEST_H
/*
 * What this process leaves to the one that it becomes when it executes a program: the descriptors
 * that go along, and memory that says what is what [idl/heritage.idl]. legacy.h is the other side.
 */
#include "io/socket.h"
#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/idl/heritage.h>

/* The environment's word for the memory: its descriptor. */
#define BEQUEST_VARIABLE "PENSTOCKD_HERITAGE"

struct bequest {
	struct pen_arena arena; /* of what is described */
	struct pen_buffer fds;	/* int32_t each */
	int memory;		/* -1: not written yet */
};

void bequest_init(struct bequest *bequest);

/* Nothing goes along any more. */
void bequest_done(struct bequest *bequest);

/* The descriptor goes along, and is named in *letterp; -1: none, which is named so. -ENOMEM. */
int bequest_add(struct bequest *bequest, int fd, int32_t *letterp);

/* A socket that listens; listed, wanted and binding are filled in already. -ENOMEM. */
int bequest_add_door(struct bequest *bequest, const struct pen_unix_socket *socket,
		     struct heritage_door *letter);

/*
 * Writes all of it. heritage has its doors and processes, the rest is filled in. -ENOMEM,
 * PEN_E_LIMIT, PEN_E_BAD_DATA: more, or other things, than it may say; a negative errno.
 */
int bequest_write(struct bequest *bequest, struct heritage_heritage *heritage,
		  const struct heritage_estate *estate);

/*
 * Becomes that program, which gets its signals when it lets them through. Returns only on failure,
 * a negative errno, with all as it was.
 */
int bequest_exec(struct bequest *bequest, const char *path, char *const *arguments);

#endif
