/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_PORT_H
#define PEN_WIN32_PORT_H
/*
 * Completion ports: a queue of packets, and the threads that wait for them, the last that came
 * first. How many of them run at once is left to them.
 */
#include "win32/object.h"

#include <penstock/win32-types.h>

struct win_packet {
	struct pen_list link;
	ULONG_PTR key;
	void *context;
	uint32_t status;
	uintptr_t information;
	void (*free)(struct win_packet *packet); /* not under the lock */
};

struct win_port;

/* Puts a packet into the queue, under the lock; it is the port's then. */
void win_port_post(struct win_port *port, struct win_packet *packet);

#endif
