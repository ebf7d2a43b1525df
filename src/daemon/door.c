/* SPDX-License-Identifier: MIT */
#include "daemon/door.h"
#include "daemon/bequest.h"
#include "daemon/handed.h"
#include "daemon/legacy.h"
#include "runtime/endpoint.h"
#include <ctype.h>
#include <errno.h>
#include <penstock/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
	if (door->is_raw)
		return;
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

bool door_pipe_name(const char *text, char name[DOOR_PIPE_SIZE])
{
	static const char prefix[] = "\\pipe\\";
	struct pen_binding binding;
	const char *from = "";
	size_t n = 0;

	if (pen_binding_parse(&binding, text, NULL))
		return false;
	if (binding.protseq == PEN_NCACN_NP && binding.endpoint)
		from = binding.endpoint;
	if (!strncasecmp(from, prefix, strlen(prefix)))
		from += strlen(prefix);
	for (; from[n] && n < DOOR_PIPE_SIZE - 1; n++)
		name[n] = (char)tolower((unsigned char)from[n]);
	name[n] = '\0';
	pen_binding_done(&binding);
	return n;
}

static void done(struct door *door)
{
	if (door->socket.fd >= 0)
		pen_endpoint_close(&door->socket, door->protseq);
	free(door->listed);
	free(door->wanted);
	free(door->binding);
	free(door);
}

static int print(char **textp, const struct pen_binding *binding)
{
	struct pen_buffer text;
	int r;

	pen_buffer_init(&text, 0);
	r = pen_binding_print(binding, &text);
	if (!r)
		r = pen_buffer_add(&text, "", 1);
	if (r)
		pen_buffer_done(&text);
	else
		*textp = (char *)text.data;
	return r;
}

/* The one that this process had before it executed this program. */
static int take_inherited(struct door *door, const char *directory,
			  const struct door_config *config)
{
	const struct heritage_door *letter;

	letter = legacy_take_door(config->legacy, config->listed, config->wanted, directory,
				  &door->socket);
	if (!letter)
		return 0;
	door->binding = strdup(letter->binding);
	return door->binding ? 0 : -ENOMEM;
}

/* One that is there already: inherited, or handed over, whose name is not ours to take along. */
static int take_socket(struct door *door, const struct door_config *config)
{
	struct pen_binding binding;
	const char *directory;
	int r = pen_binding_parse(&binding, config->wanted, NULL);

	if (r)
		return r;
	door->protseq = binding.protseq;
	door->is_carried = binding.protseq == PEN_NCACN_NP;
	directory = binding.protseq == PEN_NCALRPC ? config->ncalrpc_dir : config->np_dir;
	if (config->legacy)
		r = take_inherited(door, directory, config);
	if (!r && door->socket.fd < 0 && config->handed) {
		door->socket.fd = handed_take(config->handed, &binding, directory);
		door->is_new = door->socket.fd >= 0;
		if (door->is_new)
			r = print(&door->binding, &binding);
	}
	pen_binding_done(&binding);
	return r;
}

static int listen_at(struct door *door, const struct door_config *config)
{
	struct pen_binding binding;
	int r = pen_binding_parse(&binding, config->binding, NULL);

	if (r)
		return r;
	r = pen_endpoint_listen(&door->socket, &binding, config->ncalrpc_dir, config->np_dir);
	if (!r)
		r = print(&door->binding, &binding);
	pen_binding_done(&binding);
	return r;
}

static int open_socket(struct door *door, const struct door_config *config)
{
	int r;

	door->listed = strdup(config->listed);
	door->wanted = strdup(config->wanted);
	if (!door->listed || !door->wanted)
		return -ENOMEM;
	if (config->raw) {
		door->binding = strdup(config->binding);
		return door->binding ? 0 : -ENOMEM;
	}
	r = take_socket(door, config);
	if (r || door->binding)
		return r;
	door->is_new = true;
	return listen_at(door, config);
}

static void name_pipe(struct door *door, const char *raw)
{
	door->is_raw = raw;
	if (raw)
		snprintf(door->pipe, sizeof(door->pipe), "%s", raw);
	else if (!door_pipe_name(door->binding, door->pipe))
		*door->pipe = '\0';
}

int door_new(struct door **doorp, const struct door_config *config)
{
	struct door *door = calloc(1, sizeof(*door));
	int r;

	if (!door)
		return -ENOMEM;
	door->socket.fd = -1;
	door->n_holders = 1;
	door->came = config->came;
	door->data = config->data;
	pen_list_init(&door->link);
	r = open_socket(door, config);
	if (!r && !config->raw)
		r = uv_poll_init(config->loop, &door->poll, door->socket.fd);
	if (r) {
		done(door);
		return r;
	}
	door->poll.data = door;
	name_pipe(door, config->raw);
	*doorp = door;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	door_let_go(handle->data);
}

void door_hold(struct door *door)
{
	door->n_holders++;
}

void door_let_go(struct door *door)
{
	if (!--door->n_holders)
		done(door);
}

void door_free(struct door *door)
{
	door_set_open(door, false);
	pen_list_remove(&door->link);
	door->n_crews = 0;
	if (door->is_raw) {
		door_let_go(door);
		return;
	}
	uv_close((uv_handle_t *)&door->poll, on_closed);
	pen_endpoint_close(&door->socket, door->protseq);
}

int door_bequeath(const struct door *door, struct heritage_door *letter, struct bequest *bequest)
{
	*letter = (struct heritage_door){
		.listed = door->listed,
		.wanted = door->wanted,
		.binding = door->binding,
	};
	return bequest_add_door(bequest, &door->socket, letter);
}
