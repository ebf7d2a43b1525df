/* SPDX-License-Identifier: MIT */
#include "runtime/endpoint.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static int listen_tcp(struct pen_unix_socket *socket, struct pen_binding *binding)
{
	const char *text = binding->endpoint ? binding->endpoint : "0";
	unsigned long wanted;
	uint16_t port;
	char *end;
	int fd;

	wanted = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || wanted > UINT16_MAX)
		return PEN_E_SYNTAX;
	fd = pen_tcp_listen(binding->address, (uint16_t)wanted, &port);
	if (fd < 0)
		return fd;
	socket->fd = fd;
	binding->endpoint = pen_arena_printf(&binding->arena, "%u", port);
	return binding->endpoint ? 0 : -ENOMEM;
}

static int listen_local(struct pen_unix_socket *socket, const struct pen_binding *binding,
			const char *directory)
{
	int r = pen_directory_make(directory, 0755);

	return r ? r : pen_unix_listen(socket, directory, binding->endpoint, 0666, SOCK_STREAM);
}

/* smbd looks for the pipe's name in small letters, without \pipe\. */
static int listen_pipe(struct pen_unix_socket *socket, const struct pen_binding *binding,
		       const char *directory)
{
	static const char prefix[] = "\\pipe\\";
	const char *name = binding->endpoint;
	char file[sizeof(socket->name)];
	size_t n;
	int r;

	if (!strncasecmp(name, prefix, strlen(prefix)))
		name += strlen(prefix);
	n = strlen(name);
	if (n >= sizeof(file))
		return -ENAMETOOLONG;
	for (size_t i = 0; i <= n; i++)
		file[i] = (char)tolower((unsigned char)name[i]);
	r = pen_directory_make(directory, 0700);
	return r ? r : pen_unix_listen(socket, directory, file, 0600, SOCK_STREAM);
}

int pen_endpoint_listen(struct pen_unix_socket *socket, struct pen_binding *binding,
			const char *ncalrpc_dir, const char *np_dir)
{
	const char *directory = binding->protseq == PEN_NCALRPC ? ncalrpc_dir : np_dir;

	if (binding->protseq == PEN_NCACN_IP_TCP)
		return listen_tcp(socket, binding);
	if (!binding->endpoint)
		return PEN_E_SYNTAX;
	if (!directory)
		return -ENOENT;
	return binding->protseq == PEN_NCALRPC ? listen_local(socket, binding, directory)
					       : listen_pipe(socket, binding, directory);
}

void pen_endpoint_close(struct pen_unix_socket *socket, enum pen_protseq protseq)
{
	if (protseq != PEN_NCACN_IP_TCP)
		pen_unix_close(socket);
	else
		close(socket->fd);
	socket->fd = -1;
}
