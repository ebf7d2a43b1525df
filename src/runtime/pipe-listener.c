/* SPDX-License-Identifier: MIT */
#include "runtime/pipe-listener.h"
#include "np/file.h"
#include "runtime/connection.h"
#include "runtime/pipe-instances.h"
#include "runtime/pipe-wire.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 300 };

struct pen_pipe_listener {
	struct pen_listener *listener;
	struct pen_pipe_instances *instances;
	char name[NAME_SIZE];
};

/* ---- who comes ---- */

static int make_name(const struct pen_token_info *info, char name[PEN_PEER_NAME_SIZE])
{
	if (*info->remote_address)
		return snprintf(name, PEN_PEER_NAME_SIZE, "pipe client %s", info->remote_address);
	return snprintf(name, PEN_PEER_NAME_SIZE, "uid %u", info->uid);
}

/* Takes the pipe. */
static void admit(void *data, struct pen_pipe *pipe)
{
	const struct pen_pipe_listener *plistener = data;
	struct pen_listener *listener = plistener->listener;
	struct pen_server *server = listener->server;
	char name[PEN_PEER_NAME_SIZE];
	struct pen_token *token;
	struct pen_pipe_wire *wire;
	uint32_t status;

	if (server->stats.connections >= server->config.connections_max) {
		pen_server_log(server, PEN_LOG_WARNING, "a connection is refused: there are %u",
			       server->stats.connections);
		pen_pipe_free(pipe);
		return;
	}
	status = pen_file_opener(pipe->file, &token);
	if (status) {
		pen_server_log(server, PEN_LOG_WARNING, "%s: a client is not known: %s",
			       listener->binding, pen_ntstatus_text(status));
		pen_pipe_free(pipe);
		return;
	}
	make_name(pen_token_info(token), name);
	if (pen_pipe_wire_new(&wire, pipe))
		pen_token_free(token);
	else
		pen_connection_new_wire(server, listener, wire, name, token);
}

/* ---- instances ---- */

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

/* Out of something: until a connection goes, or a moment has passed. */
static void on_missing(void *data)
{
	struct pen_pipe_listener *plistener = data;

	if (pen_pipe_instances_fill(plistener->instances))
		plistener->listener->is_paused = true;
}

void pen_pipe_listener_resume(struct pen_pipe_listener *plistener)
{
	plistener->listener->is_paused = false;
	on_missing(plistener);
}

void pen_pipe_listener_close(struct pen_pipe_listener *plistener)
{
	if (!plistener)
		return;
	pen_pipe_instances_free(plistener->instances);
	free(plistener);
}

static int fill_first(struct pen_pipe_listener *plistener)
{
	struct pen_server *server = plistener->listener->server;
	const struct pen_pipe_instances_config config = {
		.loop = &server->loop.uv,
		.name = plistener->name,
		.pipe = { .configuration = PEN_PIPE_DUPLEX,
			  .is_message = true,
			  .is_message_mode = true,
			  .disposition = PEN_PIPE_CREATE,
			  .objects_dir = server->objects_dir },
		.came = admit,
		.missing = on_missing,
		.data = plistener,
	};
	uint32_t status;
	int r = pen_pipe_instances_new(&plistener->instances, &config);

	if (r)
		return r;
	status = pen_pipe_instances_fill(plistener->instances);
	return status ? error_of(status) : 0;
}

int pen_pipe_listener_new(struct pen_pipe_listener **plistenerp, struct pen_listener *listener,
			  const char *name)
{
	static const char prefix[] = "\\pipe\\";
	struct pen_pipe_listener *plistener = calloc(1, sizeof(*plistener));
	int n, r;

	if (!plistener)
		return -ENOMEM;
	plistener->listener = listener;
	if (!strncasecmp(name, prefix, strlen(prefix)))
		name += strlen(prefix);
	n = snprintf(plistener->name, NAME_SIZE, "\\\\.\\pipe\\%s", name);
	r = n < 0 || n >= NAME_SIZE ? -ENAMETOOLONG : fill_first(plistener);
	if (r) {
		pen_pipe_listener_close(plistener);
		return r;
	}
	*plistenerp = plistener;
	return 0;
}
