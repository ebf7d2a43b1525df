/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_OBJECT_VISITOR_H
#define PEN_DAEMON_OBJECT_VISITOR_H
/*
 * A visitor: a program's connection. It asks one thing at a time, and gets its answer before the
 * next is heard.
 */
#include "daemon/object-server.h"

struct object_visitor {
	struct object_asker asker; /* the first member */
	struct pen_list link;
	struct pen_list heard; /* of those with something to say */
	uint64_t turn;	       /* when that was seen */
	struct object_server *server;
	uv_poll_t poll;
	int events; /* that are listened to */
	int fd;
	struct object_peer peer;
	void *ticket; /* of what it waits for */
	bool is_closing;
};

/* A connection that has been accepted; fd is taken. A failure closes it. */
void object_visitor_welcome(struct object_server *server, int fd);

/* Hears what was said before this turn. Whether there is more for the next one. */
bool object_visitor_hear(struct object_server *server);

void object_visitor_close(struct object_visitor *visitor);

#endif
