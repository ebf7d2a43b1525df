/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "runtime/connection.h"
#include "runtime/endpoint.h"
#include "runtime/identify.h"
#include "runtime/pipe-listener.h"
#include "runtime/server.h"
#include <errno.h>
#include <penstock/token.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ACCEPTS_MAX = 64 }; /* in one turn */

/* ---- who comes ---- */

/* Only root's word about somebody else is taken, or our own. */
static int check_carrier(struct pen_server *server, int fd)
{
	uint32_t uid = 0;
	int r = pen_identify_carrier(fd, &uid);

	if (r == PEN_E_DENIED)
		pen_server_log(server, PEN_LOG_WARNING, "uid %u tried to bring us a pipe's client",
			       uid);
	return r;
}

/* Takes the descriptor. */
static int admit(struct pen_server *server, const struct pen_listener *listener, int fd,
		 enum pen_protseq protseq, const struct pen_token *given)
{
	struct pen_token *token = NULL;
	char name[PEN_PEER_NAME_SIZE];
	int r;

	if (server->stats.connections >= server->config.connections_max) {
		pen_server_log(server, PEN_LOG_WARNING, "a connection is refused: there are %u",
			       server->stats.connections);
		r = PEN_E_LIMIT;
	} else if (protseq == PEN_NCACN_NP && !given) {
		r = check_carrier(server, fd);
		if (!r)
			return pen_connection_new(server, listener, fd, protseq, NULL, NULL);
	} else {
		r = pen_identify(fd, server->anonymous, name, &token);
		if (!r && given) {
			pen_token_free(token);
			token = pen_token_ref(given);
		}
		if (!r)
			return pen_connection_new(server, listener, fd, protseq, name, token);
	}
	close(fd);
	return r;
}

int pen_server_adopt(struct pen_server *server, int fd, enum pen_protseq protseq,
		     const struct pen_token *token)
{
	int r = admit(server, NULL, fd, protseq, token);

	return r ? pen_server_explain(server, r, "cannot serve descriptor %d: %s", fd,
				      pen_error_name(r))
		 : 0;
}

/* ---- where they come to ---- */

static void on_connections(uv_poll_t *poll, int status, int events)
{
	struct pen_listener *listener = poll->data;
	struct pen_server *server = listener->server;

	for (int i = 0; !status && i < ACCEPTS_MAX; i++) {
		int fd = pen_socket_accept(listener->socket.fd, NULL);

		if (fd == -EAGAIN)
			return;
		if (fd < 0) {
			/* Out of something: until a connection goes, or a moment has passed. */
			pen_server_log(server, PEN_LOG_ERROR, "%s: cannot accept: %s",
				       listener->binding, strerror(-fd));
			uv_poll_stop(&listener->poll);
			listener->is_paused = true;
			pen_server_watch(server);
			return;
		}
		admit(server, listener, fd, listener->protseq, NULL);
	}
}

void pen_listener_resume(struct pen_listener *listener)
{
	if (!listener->is_paused)
		return;
	if (listener->pipes) {
		pen_pipe_listener_resume(listener->pipes);
		return;
	}
	listener->is_paused = false;
	uv_poll_start(&listener->poll, UV_READABLE, on_connections);
}

static void close_socket(struct pen_listener *listener)
{
	if (listener->socket.fd >= 0)
		pen_endpoint_close(&listener->socket, listener->protseq);
}

static struct pen_listener *listener_free(struct pen_listener *listener)
{
	if (!listener)
		return NULL;
	pen_pipe_listener_close(listener->pipes);
	close_socket(listener);
	free(listener->expected);
	free(listener->binding);
	free(listener->secondary_address);
	free(listener->interfaces);
	free(listener);
	return NULL;
}

static inline void listener_freep(struct pen_listener **listenerp)
{
	listener_free(*listenerp);
}

static void on_closed(uv_handle_t *handle)
{
	listener_free(handle->data);
}

void pen_listener_close(struct pen_listener *listener)
{
	if (listener->pipes || listener->expected) {
		listener_free(listener);
		return;
	}
	uv_poll_stop(&listener->poll);
	uv_close((uv_handle_t *)&listener->poll, on_closed);
}

/* The names become interfaces. */
static int choose_interfaces(struct pen_listener *listener, const char *const *names)
{
	struct pen_server *server = listener->server;
	size_t n = 0;

	if (!names)
		return 0;
	while (names[n])
		n++;
	listener->interfaces = calloc(n + 1, sizeof(*listener->interfaces));
	if (!listener->interfaces)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		listener->interfaces[i] = pen_served_find(server, names[i]);
		if (!listener->interfaces[i])
			return pen_server_explain(server, PEN_E_NOT_FOUND,
						  "no service is called %s", names[i]);
	}
	return 0;
}

static int listen_at(struct pen_listener *listener, struct pen_binding *binding)
{
	const struct pen_server *server = listener->server;

	if (listener->expected)
		return binding->endpoint ? 0 : PEN_E_SYNTAX;
	if (binding->protseq == PEN_NCACN_NP && server->config.np_by_objects && binding->endpoint)
		return pen_pipe_listener_new(&listener->pipes, listener, binding->endpoint);
	return pen_endpoint_listen(&listener->socket, binding, server->ncalrpc_dir, server->np_dir);
}

/* The listener's own names for where it is, and what it tells clients that bind. */
static int note_binding(struct pen_listener *listener, const struct pen_binding *binding)
{
	const char *secondary = pen_binding_option(binding, "secondary");
	struct pen_binding place = *binding;
	struct pen_buffer text;
	int r;

	place.n_options = 0;
	pen_buffer_init(&text, 0);
	r = pen_binding_print(&place, &text);
	if (!r)
		r = pen_buffer_add(&text, "", 1);
	if (!r) {
		listener->binding = pen_take((char **)&text.data);
		listener->secondary_address = strdup(secondary ? secondary : binding->endpoint);
	}
	free(text.data);
	return r ? r : listener->secondary_address ? 0 : -ENOMEM;
}

static int watch_socket(struct pen_listener *listener)
{
	int r;

	if (listener->pipes || listener->expected)
		return 0;
	r = uv_poll_init(&listener->server->loop.uv, &listener->poll, listener->socket.fd);
	if (r)
		return r;
	listener->poll.data = listener;
	uv_poll_start(&listener->poll, UV_READABLE, on_connections);
	return 0;
}

/* expected: NULL, or the binding that its connections name. */
static int listener_new(struct pen_listener **listenerp, struct pen_server *server,
			struct pen_binding *binding, const char *const *names, const char *expected)
{
	pen_cleanup(listener_freep) struct pen_listener *listener = NULL;
	int r;

	listener = calloc(1, sizeof(*listener));
	if (!listener)
		return -ENOMEM;
	listener->server = server;
	listener->protseq = binding->protseq;
	listener->socket.fd = -1;
	if (expected && !(listener->expected = strdup(expected)))
		return -ENOMEM;
	r = choose_interfaces(listener, names);
	if (r)
		return r;
	r = listen_at(listener, binding);
	if (r)
		return r;
	r = note_binding(listener, binding);
	if (r)
		return r;
	r = watch_socket(listener);
	if (r)
		return r;
	*listenerp = pen_take(&listener);
	return 0;
}

int pen_listener_add(struct pen_server *server, const char *text, const char *const *names,
		     bool is_expected, struct pen_listener **listenerp)
{
	struct pen_listener **last = &server->listeners;
	struct pen_ndr_error error = { "" };
	struct pen_binding binding;
	int r;

	r = pen_binding_parse(&binding, text, &error);
	if (r)
		return pen_server_explain(server, r, "%s: %s", text, error.text);
	while (*last)
		last = &(*last)->next;
	server->error[0] = '\0';
	r = listener_new(last, server, &binding, names, is_expected ? text : NULL);
	pen_binding_done(&binding);
	if (r)
		return server->error[0]
			       ? r
			       : pen_server_explain(server, r, "cannot listen at %s: %s", text,
						    r < 0 ? strerror(-r) : "not an endpoint");
	*listenerp = *last;
	return 0;
}

int pen_server_listen(struct pen_server *server, const char *binding, const char *const *names,
		      const char **bindingp)
{
	struct pen_listener *listener;
	int r = pen_listener_add(server, binding, names, false, &listener);

	if (!r && bindingp)
		*bindingp = listener->binding;
	return r;
}
