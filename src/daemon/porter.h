/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_PORTER_H
#define PEN_DAEMON_PORTER_H
/*
 * Holds instances of pipes by the object manager, for penstockd, and hands over each that a client
 * has opened, with who that is [idl/worker.idl]. The handle goes in an envelope: it is sent into
 * one end of a socket pair, and whoever gets the other end takes it out (pen_pipe_receive).
 */
#include <stdint.h>

struct porter;

struct porter_config {
	int fd;		     /* to penstockd; borrowed */
	const char *objects; /* the directory of the object manager's socket; borrowed */
	uint32_t again_ms;   /* until what failed is tried again; 0: 1000 */
};

int porter_new(struct porter **porterp, const struct porter_config *config);
struct porter *porter_free(struct porter *porter);

/*
 * Until penstockd's end is closed, or it says so, which is no failure. PEN_E_BAD_DATA: what came
 * from there is no order to it; a negative errno.
 */
int porter_run(struct porter *porter);

#endif
