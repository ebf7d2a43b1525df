/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_ARRIVAL_H
#define PEN_RUNTIME_ARRIVAL_H
/*
 * Connections that another process has accepted for this server, and has begun to read.
 */
#include <penstock/pipe.h>
#include <penstock/server.h>

/*
 * Serves at an endpoint, as pen_server_listen does, without listening: the connections arrive.
 * binding has the real port. The binding is what their arrivals name. PEN_E_SYNTAX,
 * PEN_E_NOT_FOUND (no such service), -ENOMEM.
 */
int pen_server_expect(struct pen_server *server, const char *binding,
		      const char *const *interfaces);

/*
 * Takes the pipe's handle out of the envelope, a socket, where it is already or never comes; the
 * envelope is taken, also on failure. PEN_E_BAD_DATA, with the sentence in *whyp; -ENOMEM.
 */
int pen_envelope_open(int envelope, struct pen_pipe **pipep, const char **whyp);

/* The upper half of the ids of the association groups that are made from now on; 0: all is random.
 */
void pen_server_set_group_index(struct pen_server *server, uint16_t index);

struct pen_arrival {
	int fd;			       /* not blocking */
	const char *binding;	       /* as pen_server_expect had it */
	const char *peer;	       /* whom to count it for */
	const struct pen_token *token; /* who that is, as the transport knows it */
	bool is_framed;		       /* smbd was greeted, and carries a pipe's messages */
	bool is_envelope;	       /* fd is a socket, where pen_pipe_receive gets a pipe */
	struct pen_slice bytes;	       /* what was read of it already */
};

/*
 * Takes the descriptor, also on failure, and a reference of the token. PEN_E_NOT_FOUND: no such
 * endpoint; PEN_E_LIMIT: as many connections as there may be, of the peer or in all; what the first
 * bytes are is the connection's concern. PEN_E_BAD_DATA: an envelope without a pipe; -ENOMEM.
 */
int pen_server_arrive(struct pen_server *server, const struct pen_arrival *arrival);

#endif
