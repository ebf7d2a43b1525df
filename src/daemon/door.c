/* SPDX-License-Identifier: MIT */
#include "daemon/door.h"
#include "daemon/handed.h"
#include "runtime/endpoint.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <stdlib.h>
#include <string.h>

enum { ACCEPTS_MAX = 64 /* in one turn */ };

static void on_connections(uv_poll_t *poll, int status, int events)
{
	struct door *door = poll->data;

	for (int i = 0; i < ACCEPTS_MAX && door->is_open; i++) {
		int fd = pen_socket_accept(door->socket.fd, NULL);

		if (fd == -EAGAIN)
			return;
		if (fd < 0) { /* of something there is none left */
			door->came(door->data, door, fd);
			return;
		}
		door->came(door->data, door, fd);
	}
}

void door_set_open(struct door *door, bool is_open)
{
	if (door->is_open == is_open)
		return;
	door->is_open = is_open;
	if (is_open)
		uv_poll_start(&door->poll, UV_READABLE, on_connections);
	else
		uv_poll_stop(&door->poll);
}

int door_add_crew(struct door *door, struct crew *crew)
{
	for (size_t i = 0; i < door->n_crews; i++)
		if (door->crews[i] == crew)
			return 0;
	if (door->n_crews == DOOR_CREWS_MAX)
		return PEN_E_LIMIT;
	door->crews[door->n_crews++] = crew;
	return 0;
}

static void done(struct door *door)
{
	if (door->socket.fd >= 0)
		pen_endpoint_close(&door->socket, door->protseq);
	free(door->listed);
	free(door->binding);
	free(door);
}

/* One that was handed over, whose name is not ours to take along; or a new one. */
static int open_socket(struct door *door, struct pen_binding *binding,
		       const struct door_config *config)
{
	const char *directory =
		binding->protseq == PEN_NCALRPC ? config->ncalrpc_dir : config->np_dir;

	if (config->handed)
		door->socket.fd = handed_take(config->handed, binding, directory);
	if (door->socket.fd >= 0)
		return 0;
	return pen_endpoint_listen(&door->socket, binding, config->ncalrpc_dir, config->np_dir);
}

static int listen_at(struct door *door, const struct door_config *config)
{
	struct pen_binding binding;
	struct pen_buffer text;
	int r = pen_binding_parse(&binding, config->binding, NULL);

	if (r)
		return r;
	pen_buffer_init(&text, 0);
	door->protseq = binding.protseq;
	door->is_carried = binding.protseq == PEN_NCACN_NP;
	r = open_socket(door, &binding, config);
	if (!r)
		r = pen_binding_print(&binding, &text);
	if (!r)
		r = pen_buffer_add(&text, "", 1);
	pen_binding_done(&binding);
	door->binding = (char *)text.data;
	return r;
}

int door_new(struct door **doorp, const struct door_config *config)
{
	struct door *door = calloc(1, sizeof(*door));
	int r;

	if (!door)
		return -ENOMEM;
	door->socket.fd = -1;
	door->came = config->came;
	door->data = config->data;
	pen_list_init(&door->link);
	door->listed = strdup(config->listed);
	r = door->listed ? listen_at(door, config) : -ENOMEM;
	if (!r)
		r = uv_poll_init(config->loop, &door->poll, door->socket.fd);
	if (r) {
		done(door);
		return r;
	}
	door->poll.data = door;
	*doorp = door;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	done(handle->data);
}

void door_free(struct door *door)
{
	door_set_open(door, false);
	pen_list_remove(&door->link);
	uv_close((uv_handle_t *)&door->poll, on_closed);
	pen_endpoint_close(&door->socket, door->protseq);
}
