/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_RELAY_H
#define PEN_DAEMON_RELAY_H
/*
 * Carries connections to the sockets of another program, as they are: penstockd hands each of them
 * over with a name [idl/worker.idl], and what comes on one side goes out on the other until both
 * sides are through. What that is, nobody here looks at.
 */
#include <stddef.h>
#include <stdint.h>

struct relay;

/* Zero members take the default. */
struct relay_config {
	int fd;			  /* to penstockd; borrowed */
	uint32_t connect_ms;	  /* for a socket whose queue is full: 5000 */
	uint32_t connections_max; /* at a time: 10000 */
};

/* The sockets are those of the working directory. */
int relay_new(struct relay **relayp, const struct relay_config *config);
struct relay *relay_free(struct relay *relay);

/*
 * Until penstockd's end is closed and the last connection gone, or it says so, which is no failure.
 * PEN_E_BAD_DATA: what came from there is no order to it; a negative errno.
 */
int relay_run(struct relay *relay);

/* For a host: handles what is due now. PEN_E_CLOSED: it is over; fails as run does. */
int relay_dispatch(struct relay *relay);

/* How many connections it has. */
uint32_t relay_count(const struct relay *relay);

#endif
