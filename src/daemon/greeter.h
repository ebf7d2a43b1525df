/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_GREETER_H
#define PEN_DAEMON_GREETER_H
/*
 * The one who hears what strangers say first. penstockd hands it each connection over a seqpacket
 * socket, and gets it back with the first fragment and what that binds; or word that there is
 * nothing to hand over [idl/worker.idl]. It opens nothing, and needs no right but to read and write
 * what it is handed.
 */
#include <stddef.h>
#include <stdint.h>

struct greeter;

/* Zero members take the default. */
struct greeter_config {
	int fd;			  /* to penstockd; borrowed */
	uint32_t npa_ms;	  /* for smbd to say who its client is: 5000 */
	uint32_t bind_ms;	  /* for the first fragment: 30000 */
	uint32_t linger_ms;	  /* for who is refused to read why: 2000 */
	uint32_t connections_max; /* at a time: 10000 */
	size_t bytes_max;	  /* held of what they have said, all together: 64 MiB */
};

int greeter_new(struct greeter **greeterp, const struct greeter_config *config);
struct greeter *greeter_free(struct greeter *greeter);

/*
 * Until penstockd's end is closed, which is no failure. PEN_E_BAD_DATA: what came from there is no
 * order to it; a negative errno.
 */
int greeter_run(struct greeter *greeter);

/* For a host: handles what is due now. PEN_E_CLOSED: it is over; fails as run does. */
int greeter_dispatch(struct greeter *greeter);

#endif
