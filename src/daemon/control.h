/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_CONTROL_H
#define PEN_DAEMON_CONTROL_H
/*
 * The way to ask penstockd how it is and to tell it what to do: control.idl at a local socket, for
 * root and for penstockd's own user. Whoever else comes is let go before a byte of it is read. It
 * lives in penstockd's loop, and starts no threads.
 */
#include "daemon/log.h"
#include "io/socket.h"
#include <penstock/buffer.h>
#include <penstock/idl/control.h>
#include <uv.h>

#define CONTROL_NAME "penstock-control"

enum { CONTROL_CONNECTIONS_MAX = 64 };

/* What there is to be asked and told; NULL: this penstockd cannot. Win32 errors are returned. */
struct control_actions {
	/* What it returns is in the arena. -ENOMEM, as a result of its own. */
	int (*describe)(void *data, struct pen_arena *arena, struct control_status *status);
	uint32_t (*stop)(void *data, enum control_manner manner);
	uint32_t (*restart)(void *data, const char *program, bool is_now);
	/* Takes the socket if that goes, 0. */
	uint32_t (*trace)(void *data, int socket, const struct control_trace_filter *filter);
	void *data; /* of those */
	/* With what is wrong in diagnosis. */
	uint32_t (*reload)(void *other, struct pen_buffer *diagnosis);
	uint32_t (*upgrade)(void *other, struct pen_buffer *diagnosis);
	void *other; /* of these */
};

struct control_config {
	uv_loop_t *loop;
	const char *ncalrpc_dir;
	const struct log *log;
	struct control_actions actions;
	/* The one that listens there already, which is taken; NULL or without fd: there is none. */
	struct pen_unix_socket *socket;
};

struct control;

/* Listens. A negative errno. */
int control_new(struct control **controlp, const struct control_config *config);

/*
 * To be called while the loop lives, which frees it when it runs again. NULL is none.
 */
struct control *control_free(struct control *control);

/* Where it listens; as long as it lives. */
const struct pen_unix_socket *control_socket(const struct control *control);

/* A connection to it that may ask how things are and nothing else, for a process of ours; or a
 * negative errno. */
int control_open(struct control *control);

#endif
