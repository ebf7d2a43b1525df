/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_FLOW_H
#define PEN_TOOL_FLOW_H
/*
 * What flows between an open pipe and two descriptors: what comes from one is written to the
 * pipe, what is read from the pipe goes to the other. Nothing of it ever blocks.
 *
 *	flow_init(&flow, pipe, 0, 1);
 *	do {
 *		int wait_ms = flow_prepare(&flow, fds);
 *		poll(fds, FLOW_FDS, wait_ms);
 *		state = flow_turn(&flow, fds);
 *	} while (state == FLOW_GOES_ON);
 *	pen_pipe_disconnect(pipe), or pen_pipe_free(pipe)
 *	flow_done(&flow);
 */
#include "tool/framing.h"
#include <penstock/pipe.h>
#include <poll.h>

enum flow_state {
	FLOW_GOES_ON,
	FLOW_CLOSED,   /* the other end is, and all is out that came from it */
	FLOW_FINISHED, /* all that came in has been read by the other end */
	FLOW_DEAF,     /* nobody reads what goes out */
	FLOW_FAILED,   /* status, or result, says how */
};

enum { FLOW_FDS = 3, FLOW_PIECE = 65536 };

struct flow {
	/* For the owner to set between init and the first turn. */
	bool is_message; /* the pipe has messages, in the framing */
	enum framing framing;
	bool can_read, can_write;
	bool finishes;	   /* when the end of in has come */
	bool may_be_deaf;  /* goes on then, and drops what would go out */
	bool is_in_pieces; /* out may block: no more at once than a pipe takes */

	struct pen_pipe *pipe;
	int in, out; /* borrowed; -1: none */
	uint32_t status;
	int result;

	struct pen_buffer from, to; /* on their way; what is before _at has gone */
	size_t from_at, to_at;
	struct pen_buffer message; /* parts of one */
	bool is_in_ended, is_deaf, is_peer_gone, is_flushed;
	bool is_reading, is_writing, is_flushing;
	struct pen_pipe_op read, write, flush;
	uint8_t piece[FLOW_PIECE];
};

/* It reads and writes bytes. */
void flow_init(struct flow *flow, struct pen_pipe *pipe, int in, int out);

/* What to poll for, and how long: milliseconds, or -1. */
int flow_prepare(struct flow *flow, struct pollfd fds[FLOW_FDS]);
enum flow_state flow_turn(struct flow *flow, const struct pollfd fds[FLOW_FDS]);

/* After a disconnect, whose pipe is to be used again: nothing of the flow waits there any more. */
void flow_settle(struct flow *flow);

/* The pipe is settled, or freed. */
void flow_done(struct flow *flow);

#endif
