/* SPDX-License-Identifier: MIT */
#include "io/clock.h"
#include "io/passage.h"
#include "runtime/client-mapper.h"
#include "runtime/client-security.h"
#include "runtime/client.h"
#include "runtime/pipe-wire.h"
#include <ctype.h>
#include <errno.h>
#include <penstock/status.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { RETRY_MS = 5 };

#define PIPE_PREFIX "\\pipe\\"

void pen_client_disconnect(struct pen_client *client)
{
	client->mapper = pen_client_mapper_free(client->mapper);
	client->resolver = pen_resolver_free(client->resolver);
	pen_client_abandon_work(client);
	client->conn = pen_conn_free(client->conn);
	client->auth = NULL;
	client->is_proved = false;
	/* What a mapper said is good for one connection: the server may have moved. */
	if (client->binding.endpoint == client->mapped)
		client->binding.endpoint = NULL;
	if (client->wire)
		client->wire = pen_pipe_wire_free(client->wire);
	else if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->passage = pen_passage_free(client->passage);
	client->binding_to = NULL;
	client->retry_at = 0;
	client->state = PEN_CLIENT_CLOSED;
}

void pen_client_lose(struct pen_client *client, int result, const char *format, ...)
{
	struct pen_client_call *call;
	va_list args;

	va_start(args, format);
	vsnprintf(client->error, sizeof(client->error), format, args);
	va_end(args);
	pen_client_disconnect(client);
	while ((call = TAILQ_FIRST(&client->active))) {
		pen_call_explain(&call->call, 0, "%s: %s", pen_client_binding(client),
				 client->error);
		pen_client_call_end(call, result);
	}
}

/* The way is open. */
static void connected(struct pen_client *client)
{
	int r;

	client->resolver = pen_resolver_free(client->resolver);
	r = client->wire ? 0 : pen_socket_set_blocking(client->fd, true);
	if (!r)
		r = pen_client_open(client);
	if (r) {
		pen_client_lose(client, r, "%s", pen_error_name(r));
		return;
	}
	client->state = PEN_CLIENT_OPEN;
	client->active_at = pen_clock_coarse_ms();
	pen_client_advance(client);
}

int pen_client_adopt(struct pen_client *client, int fd)
{
	int r;

	if (client->state != PEN_CLIENT_CLOSED) {
		close(fd);
		return PEN_E_EXISTS;
	}
	client->fd = fd;
	r = pen_socket_set_blocking(fd, true);
	if (!r)
		r = pen_client_open(client);
	if (r) {
		pen_client_disconnect(client);
		return r;
	}
	client->state = PEN_CLIENT_OPEN;
	client->active_at = pen_clock_coarse_ms();
	return 0;
}

/* Sets out for one address. False: it cannot be reached. */
static bool try_address(struct pen_client *client, const struct pen_address *address)
{
	bool is_pending;
	int fd = pen_socket_connect(address, &is_pending);

	client->state = PEN_CLIENT_CONNECTING;
	if (fd == -EAGAIN) {
		client->retry_at = pen_clock_ms() + RETRY_MS;
		return true;
	}
	if (fd < 0) {
		client->connect_error = fd;
		return false;
	}
	client->retry_at = 0;
	client->fd = fd;
	if (!is_pending)
		connected(client);
	return true;
}

/* The name's addresses, one after the other. */
static void try_next(struct pen_client *client)
{
	struct pen_address address;

	while (!pen_resolver_address(client->resolver, client->n_tried++, &address))
		if (try_address(client, &address))
			return;
	pen_client_lose(client, client->connect_error, "cannot connect: %s",
			strerror(-client->connect_error));
}

static void connect_local(struct pen_client *client)
{
	struct pen_address address;
	int r;

	r = client->ncalrpc_dir
		    ? pen_unix_address(&address, client->ncalrpc_dir, client->binding.endpoint)
		    : -ENOENT;
	if (!r && try_address(client, &address))
		return;
	if (!r)
		r = client->connect_error;
	pen_client_lose(client, r, "cannot connect: %s", strerror(-r));
}

static int open_pipe(struct pen_client *client, uint32_t *statusp)
{
	const struct pen_pipe_open_config config = {
		.access = PEN_ACCESS_GENERIC_READ | PEN_ACCESS_GENERIC_WRITE,
		.objects_dir = client->config.objects_dir,
	};
	const char *name = client->binding.endpoint;
	struct pen_pipe *pipe;
	char *full;
	int r;

	if (!strncasecmp(name, PIPE_PREFIX, strlen(PIPE_PREFIX)))
		name += strlen(PIPE_PREFIX);
	if (asprintf(&full, "\\\\.\\pipe\\%s", name) < 0)
		return -ENOMEM;
	*statusp = pen_pipe_open(&pipe, full, &config);
	free(full);
	if (*statusp)
		return *statusp == PEN_STATUS_PIPE_NOT_AVAILABLE ? PEN_E_AGAIN : PEN_E_NOT_FOUND;
	*statusp = pen_pipe_set_modes(pipe, 1, 0);
	r = pen_pipe_wire_new(&client->wire, pipe);
	return *statusp ? PEN_E_NOT_FOUND : r;
}

/* A pipe whose instances are all busy is tried again, as smbd's clients would. */
static void connect_pipe(struct pen_client *client)
{
	uint32_t status = 0;
	int r = open_pipe(client, &status);

	client->state = PEN_CLIENT_CONNECTING;
	if (r == PEN_E_AGAIN) {
		client->retry_at = pen_clock_ms() + RETRY_MS;
		return;
	}
	if (r) {
		pen_client_lose(client, r, "cannot open the pipe: %s",
				status ? pen_ntstatus_text(status) : pen_error_name(r));
		return;
	}
	client->retry_at = 0;
	client->fd = pen_pipe_wire_fd(client->wire);
	connected(client);
}

static void resolved(struct pen_client *client)
{
	int error = pen_resolver_error(client->resolver);

	if (error)
		pen_client_lose(client, PEN_E_NOT_FOUND, "%s", gai_strerror(error));
	else
		try_next(client);
}

static void connect_tcp(struct pen_client *client)
{
	const char *text = client->binding.endpoint;
	unsigned long port;
	char *end;
	int r;

	port = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || !port || port > UINT16_MAX) {
		pen_client_lose(client, PEN_E_NOT_FOUND, "%s is not a TCP port", text);
		return;
	}
	r = pen_resolver_new(&client->resolver, client->binding.address, (uint16_t)port);
	if (r) {
		pen_client_lose(client, r, "cannot look the server up: %s", strerror(-r));
		return;
	}
	client->n_tried = 0;
	client->connect_error = -ENOENT;
	client->state = PEN_CLIENT_RESOLVING;
	if (pen_resolver_is_done(client->resolver))
		resolved(client);
}

static void connect_to_endpoint(struct pen_client *client)
{
	if (client->binding.protseq == PEN_NCALRPC)
		connect_local(client);
	else if (client->binding.protseq == PEN_NCACN_NP)
		connect_pipe(client);
	else
		connect_tcp(client);
}

/* The interface's own endpoint for the protocol sequence, if it has one. */
static int find_well_known(struct pen_client *client, const struct pen_interface *interface)
{
	for (uint32_t i = 0; i < interface->n_endpoints && !client->binding.endpoint; i++) {
		struct pen_binding known;

		if (pen_binding_parse(&known, interface->endpoints[i], NULL))
			continue;
		if (known.protseq == client->binding.protseq && known.endpoint)
			client->binding.endpoint =
				pen_arena_strdup(&client->binding.arena, known.endpoint);
		pen_binding_done(&known);
	}
	return client->binding.endpoint ? 0 : PEN_E_NOT_FOUND;
}

static void mapping(struct pen_client *client)
{
	struct pen_client *mapper = pen_client_mapper_client(client->mapper);
	const char *error;
	int r;

	pen_client_dispatch(mapper);
	r = pen_client_mapper_result(client->mapper, client->mapped, &error);
	if (r == PEN_E_AGAIN)
		return;
	if (r) {
		pen_client_lose(client, r, "the endpoint mapper %s",
				r == PEN_E_NOT_FOUND ? "knows no endpoint of the interface"
						     : error);
		return;
	}
	client->mapper = pen_client_mapper_free(client->mapper);
	client->binding.endpoint = client->mapped;
	r = pen_client_print_binding(client);
	if (r)
		pen_client_lose(client, r, "%s", pen_error_name(r));
	else
		connect_to_endpoint(client);
}

void pen_client_connect(struct pen_client *client, const struct pen_interface *interface)
{
	int r;

	client->connect_deadline = pen_clock_ms() + client->config.connect_timeout_ms;
	if (client->binding.endpoint || !find_well_known(client, interface)) {
		connect_to_endpoint(client);
		return;
	}
	r = pen_client_mapper_new(&client->mapper, &client->binding, interface, &client->config);
	if (r)
		pen_client_lose(client, r, "cannot ask the endpoint mapper: %s", pen_error_name(r));
	else
		client->state = PEN_CLIENT_MAPPING;
}

static void connecting(struct pen_client *client)
{
	struct pollfd wait = { .fd = client->fd, .events = POLLOUT };
	int r;

	if (poll(&wait, 1, 0) <= 0)
		return;
	r = pen_socket_error(client->fd);
	if (!r) {
		connected(client);
		return;
	}
	close(client->fd);
	client->fd = -1;
	client->connect_error = r;
	if (client->resolver)
		try_next(client);
	else
		pen_client_lose(client, r, "cannot connect: %s", strerror(-r));
}

void pen_client_connect_step(struct pen_client *client)
{
	uint64_t now = pen_clock_ms();

	if (client->state == PEN_CLIENT_CLOSED)
		return;
	if (now >= client->connect_deadline)
		pen_client_lose(client, PEN_E_TIMEOUT, "the server did not answer in time");
	else if (client->state == PEN_CLIENT_MAPPING)
		mapping(client);
	else if (client->state == PEN_CLIENT_RESOLVING && pen_resolver_is_done(client->resolver))
		resolved(client);
	else if (client->retry_at && now >= client->retry_at)
		connect_to_endpoint(client);
	else if (client->state == PEN_CLIENT_CONNECTING && client->fd >= 0)
		connecting(client);
}

int pen_client_connect_fd(const struct pen_client *client)
{
	if (client->state == PEN_CLIENT_MAPPING)
		return pen_client_fd(pen_client_mapper_client(client->mapper));
	if (client->state == PEN_CLIENT_RESOLVING)
		return pen_resolver_fd(client->resolver);
	return client->fd;
}

short pen_client_connect_events(const struct pen_client *client)
{
	if (client->state == PEN_CLIENT_MAPPING)
		return pen_client_events(pen_client_mapper_client(client->mapper));
	if (client->state == PEN_CLIENT_RESOLVING)
		return POLLIN;
	return client->state == PEN_CLIENT_CONNECTING && client->fd >= 0 ? POLLOUT : 0;
}

/* When the way there must be looked at again, though nothing happened to its descriptor. */
uint64_t pen_client_connect_until(const struct pen_client *client)
{
	uint64_t until = client->retry_at ? client->retry_at : client->connect_deadline;
	int ms;

	if (client->state != PEN_CLIENT_MAPPING)
		return until;
	ms = pen_client_timeout(pen_client_mapper_client(client->mapper));
	return ms >= 0 && pen_clock_ms() + (uint64_t)ms < until ? pen_clock_ms() + (uint64_t)ms
								: until;
}
