/* SPDX-License-Identifier: MIT */
#include "runtime/arrival.h"
#include "rpc/engine.h"
#include "runtime/connection.h"
#include "runtime/server.h"
#include <string.h>
#include <unistd.h>

int pen_server_expect(struct pen_server *server, const char *binding, const char *const *interfaces)
{
	struct pen_listener *listener;

	return pen_listener_add(server, binding, interfaces, true, &listener);
}

void pen_server_set_group_index(struct pen_server *server, uint16_t index)
{
	pen_assoc_groups_set_index(server->groups, index);
}

static const struct pen_listener *find_expected(const struct pen_server *server,
						const char *binding)
{
	const struct pen_listener *listener = server->listeners;

	while (listener && (!listener->expected || strcmp(listener->expected, binding) != 0))
		listener = listener->next;
	return listener;
}

static int refuse(struct pen_server *server, int fd, int result, const char *why)
{
	pen_server_log(server, PEN_LOG_WARNING, "a connection that arrived is refused: %s", why);
	close(fd);
	return result;
}

int pen_server_arrive(struct pen_server *server, const struct pen_arrival *arrival)
{
	const struct pen_listener *listener = find_expected(server, arrival->binding);

	if (!listener)
		return refuse(server, arrival->fd, PEN_E_NOT_FOUND, "nothing is served there");
	if (server->stats.connections >= server->config.connections_max)
		return refuse(server, arrival->fd, PEN_E_LIMIT,
			      "there are as many as there may be");
	return pen_connection_new_arrival(server, listener, arrival);
}
