/* SPDX-License-Identifier: MIT */
#include "runtime/arrival.h"
#include "io/socket.h"
#include "rpc/engine.h"
#include "runtime/connection.h"
#include "runtime/pipe-wire.h"
#include "runtime/server.h"
#include <errno.h>
#include <penstock/status.h>
#include <penstock/token.h>
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

int pen_envelope_open(int envelope, struct pen_pipe **pipep, const char **whyp)
{
	uint32_t status = PEN_STATUS_INVALID_PARAMETER;

	if (!pen_socket_set_blocking(envelope, false))
		status = pen_pipe_receive(pipep, envelope);
	close(envelope);
	*whyp = pen_ntstatus_text(status);
	return !status ? 0 : status == PEN_STATUS_NO_MEMORY ? -ENOMEM : PEN_E_BAD_DATA;
}

static int arrive_by_pipe(struct pen_server *server, const struct pen_listener *listener,
			  const struct pen_arrival *arrival)
{
	struct pen_pipe_wire *wire;
	struct pen_pipe *pipe;
	const char *why;
	int r = pen_envelope_open(arrival->fd, &pipe, &why);

	if (r) {
		pen_server_log(server, PEN_LOG_WARNING, "a pipe that arrived is refused: %s", why);
		return r;
	}
	r = pen_pipe_wire_new(&wire, pipe);
	return r ? r
		 : pen_connection_new_wire(server, listener, wire, arrival->peer,
					   pen_token_ref(arrival->token));
}

int pen_server_arrive(struct pen_server *server, const struct pen_arrival *arrival)
{
	const struct pen_listener *listener = find_expected(server, arrival->binding);

	if (!listener)
		return refuse(server, arrival->fd, PEN_E_NOT_FOUND, "nothing is served there");
	if (server->stats.connections >= server->config.connections_max)
		return refuse(server, arrival->fd, PEN_E_LIMIT,
			      "there are as many as there may be");
	if (arrival->is_envelope)
		return arrive_by_pipe(server, listener, arrival);
	return pen_connection_new_arrival(server, listener, arrival);
}
