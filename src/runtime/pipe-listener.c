/* SPDX-License-Identifier: MIT */
#include "runtime/pipe-listener.h"
#include "np/file.h"
#include "runtime/connection.h"
#include "runtime/pipe-wire.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSTANCES = 4, NAME_SIZE = 300 };

/* One that listens; closed, it has no pipe. */
struct instance {
	struct pen_pipe_listener *plistener;
	struct pen_pipe *pipe;
	struct pen_pipe_op listen;
	uv_poll_t poll;
	bool is_open;
};

struct pen_pipe_listener {
	struct pen_listener *listener;
	unsigned n_polls; /* that the loop has */
	bool is_closing;
	char name[NAME_SIZE];
	struct instance instances[INSTANCES];
};

static int open_instance(struct instance *instance, bool is_first);

/* ---- who comes ---- */

static int make_name(const struct pen_token_info *info, char name[PEN_PEER_NAME_SIZE])
{
	if (*info->remote_address)
		return snprintf(name, PEN_PEER_NAME_SIZE, "pipe client %s", info->remote_address);
	return snprintf(name, PEN_PEER_NAME_SIZE, "uid %u", info->uid);
}

/* Takes the pipe. */
static int admit(struct pen_listener *listener, struct pen_pipe *pipe)
{
	struct pen_server *server = listener->server;
	char name[PEN_PEER_NAME_SIZE];
	struct pen_token *token;
	struct pen_pipe_wire *wire;
	uint32_t status;
	int r;

	if (server->stats.connections >= server->config.connections_max) {
		pen_server_log(server, PEN_LOG_WARNING, "a connection is refused: there are %u",
			       server->stats.connections);
		pen_pipe_free(pipe);
		return PEN_E_LIMIT;
	}
	status = pen_file_opener(pipe->file, &token);
	if (status) {
		pen_server_log(server, PEN_LOG_WARNING, "%s: a client is not known: %s",
			       listener->binding, pen_ntstatus_text(status));
		pen_pipe_free(pipe);
		return PEN_E_DENIED;
	}
	make_name(pen_token_info(token), name);
	r = pen_pipe_wire_new(&wire, pipe);
	if (r) {
		pen_token_free(token);
		return r;
	}
	return pen_connection_new_wire(server, listener, wire, name, token);
}

/* ---- instances ---- */

static void on_poll_closed(uv_handle_t *handle)
{
	struct instance *instance = handle->data;
	struct pen_pipe_listener *plistener = instance->plistener;

	plistener->n_polls--;
	if (plistener->is_closing) {
		if (!plistener->n_polls)
			free(plistener);
		return;
	}
	if (open_instance(instance, false))
		plistener->listener->is_paused = true;
}

static void close_poll(struct instance *instance)
{
	instance->is_open = false;
	uv_poll_stop(&instance->poll);
	uv_close((uv_handle_t *)&instance->poll, on_poll_closed);
}

/* Who came before it listened is there as well. */
static bool is_taken(uint32_t status)
{
	return !status || status == PEN_STATUS_PIPE_CONNECTED || status == PEN_STATUS_PIPE_CLOSING;
}

/* A client has come, or the pipe is of no use any more. */
static void on_instance(uv_poll_t *poll, int error, int events)
{
	struct instance *instance = poll->data;
	struct pen_pipe *pipe = instance->pipe;

	pen_pipe_dispatch(pipe);
	if (instance->listen.status == PEN_STATUS_PENDING)
		return;
	instance->pipe = NULL;
	close_poll(instance);
	if (is_taken(instance->listen.status))
		admit(instance->plistener->listener, pipe);
	else
		pen_pipe_free(pipe);
}

static int watch_instance(struct instance *instance)
{
	struct pen_pipe_listener *plistener = instance->plistener;
	int fd = pen_pipe_fd(instance->pipe), r = fd < 0 ? fd : 0;

	if (!r)
		r = uv_poll_init(&plistener->listener->server->loop.uv, &instance->poll, fd);
	if (r)
		return r;
	instance->poll.data = instance;
	instance->is_open = true;
	plistener->n_polls++;
	uv_poll_start(&instance->poll, UV_READABLE, on_instance);
	pen_pipe_start_listen(instance->pipe, &instance->listen);
	if (instance->listen.status != PEN_STATUS_PENDING)
		on_instance(&instance->poll, 0, UV_READABLE);
	return 0;
}

static int error_of(uint32_t status)
{
	switch (status) {
	case PEN_STATUS_ACCESS_DENIED:
		return PEN_E_DENIED;
	case PEN_STATUS_NO_MEMORY:
		return -ENOMEM;
	case PEN_STATUS_OBJECT_NAME_INVALID:
		return -EINVAL;
	case PEN_STATUS_OBJECT_PATH_NOT_FOUND:
		return -ENOENT;
	default:
		return -EIO;
	}
}

static int open_instance(struct instance *instance, bool is_first)
{
	struct pen_server *server = instance->plistener->listener->server;
	const struct pen_pipe_config config = {
		.configuration = PEN_PIPE_DUPLEX,
		.is_message = true,
		.is_message_mode = true,
		.disposition = is_first ? PEN_PIPE_CREATE : PEN_PIPE_OPEN_IF,
		.objects_dir = server->objects_dir,
	};
	uint32_t status =
		pen_pipe_create(&instance->pipe, instance->plistener->name, &config, NULL);
	int r;

	if (status)
		return error_of(status);
	r = watch_instance(instance);
	if (r)
		instance->pipe = pen_pipe_free(instance->pipe);
	return r;
}

void pen_pipe_listener_resume(struct pen_pipe_listener *plistener)
{
	struct pen_listener *listener = plistener->listener;

	listener->is_paused = false;
	for (unsigned i = 0; i < INSTANCES; i++) {
		struct instance *instance = &plistener->instances[i];

		if (!instance->is_open && !instance->pipe &&
		    !uv_is_closing((uv_handle_t *)&instance->poll) &&
		    open_instance(instance, false))
			listener->is_paused = true;
	}
}

void pen_pipe_listener_close(struct pen_pipe_listener *plistener)
{
	if (!plistener)
		return;
	plistener->is_closing = true;
	for (unsigned i = 0; i < INSTANCES; i++) {
		struct instance *instance = &plistener->instances[i];

		if (!instance->is_open)
			continue;
		close_poll(instance);
		instance->pipe = pen_pipe_free(instance->pipe);
	}
	if (!plistener->n_polls)
		free(plistener);
}

int pen_pipe_listener_new(struct pen_pipe_listener **plistenerp, struct pen_listener *listener,
			  const char *name)
{
	static const char prefix[] = "\\pipe\\";
	struct pen_pipe_listener *plistener = calloc(1, sizeof(*plistener));
	int n, r = 0;

	if (!plistener)
		return -ENOMEM;
	plistener->listener = listener;
	if (!strncasecmp(name, prefix, strlen(prefix)))
		name += strlen(prefix);
	n = snprintf(plistener->name, NAME_SIZE, "\\\\.\\pipe\\%s", name);
	if (n < 0 || n >= NAME_SIZE)
		r = -ENAMETOOLONG;
	for (unsigned i = 0; i < INSTANCES; i++)
		plistener->instances[i].plistener = plistener;
	for (unsigned i = 0; i < INSTANCES && !r; i++)
		r = open_instance(&plistener->instances[i], !i);
	if (r) {
		pen_pipe_listener_close(plistener);
		return r;
	}
	*plistenerp = plistener;
	return 0;
}
