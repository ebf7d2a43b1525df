/* SPDX-License-Identifier: MIT */
#ifndef PEN_NP_STREAM_H
#define PEN_NP_STREAM_H
/*
 * The far end of a channel whose other user is behind a stream socket: smbd, which carries a client
 * of another machine, or a program that knows nothing of channels. What comes from the socket is
 * written to the channel as that end, and what that end reads goes to the socket.
 *
 * On a message pipe each message comes and goes after its length in two bytes, as
 * smbd has it (pipe/npa.h); an empty one cannot, and falls out.
 *
 * Called by who has the channel; nothing here waits, but for drain.
 */
#include "np/link.h"

enum { PEN_STREAM_MESSAGE_MAX = 65535 };

struct pen_stream;

/* For that end of the channel; fd is taken, also on failure. -ENOMEM. */
int pen_stream_new(struct pen_stream **streamp, unsigned end, int fd, bool is_message);
struct pen_stream *pen_stream_free(struct pen_stream *stream);

/* The channel is connected: from now on its messages are read one by one. */
void pen_stream_begin(struct pen_stream *stream, struct pen_link *link);

int pen_stream_fd(const struct pen_stream *stream);

/* Nothing is carried here: the socket waits for who gets the channel next. */
void pen_stream_hold(struct pen_stream *stream);
bool pen_stream_is_held(const struct pen_stream *stream);

/* Carries what there is, both ways. When the socket's peer is gone and all it sent is written, the
 * end closes. */
void pen_stream_pump(struct pen_stream *stream, struct pen_link *link);

/* What is unread goes to the socket, as far as that takes it in time. */
void pen_stream_drain(struct pen_stream *stream, struct pen_link *link, int wait_ms);

#endif
