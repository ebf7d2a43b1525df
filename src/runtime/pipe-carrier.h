/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_PIPE_CARRIER_H
#define PEN_RUNTIME_PIPE_CARRIER_H
/*
 * A named pipe that smbd carries to us: first its request, which says who the
 * client is, and our reply; then messages both ways, each a length of two bytes
 * and a part of the association's byte stream.
 */
#include <penstock/buffer.h>
#include <penstock/conn.h>

struct pen_token;

struct pen_pipe_carrier {
	struct pen_buffer request; /* as far as it has come */
	struct pen_buffer out;	   /* framed, to be sent */
	uint8_t length[2];	   /* of a message, as far as it has come */
	uint8_t n_length;
	uint16_t n_message;  /* bytes of the message still to come */
	uint16_t n_fragment; /* bytes of our own fragment still to frame */
};

/* What smbd said. */
struct pen_pipe_greeting {
	struct pen_token *token; /* a new reference */
	char client[46];	 /* address */
	bool is_probe;		 /* it only asks whether the pipe is there */
};

int pen_pipe_carrier_new(struct pen_pipe_carrier **carrierp);
struct pen_pipe_carrier *pen_pipe_carrier_free(struct pen_pipe_carrier *carrier);

/*
 * Adds to the request; usedp gets how many of the bytes belong to it. When it is
 * whole, queues the reply. PEN_E_AGAIN: more is needed; else as pen_npa_request_get.
 */
int pen_pipe_carrier_greet(struct pen_pipe_carrier *carrier, const uint8_t *data, size_t n,
			   size_t *usedp, struct pen_pipe_greeting *greeting);

/* Lends the engine what the messages hold. */
int pen_pipe_carrier_feed(struct pen_pipe_carrier *carrier, struct pen_conn *conn, uint8_t *data,
			  size_t n);

/* Frames what the engine wants to send, a fragment a message, until enough is queued. */
int pen_pipe_carrier_pull(struct pen_pipe_carrier *carrier, struct pen_conn *conn);

#endif
