/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "runtime/client-callback.h"
#include "runtime/client-security.h"
#include "runtime/directory.h"
#include "runtime/keylog.h"
#include "runtime/pipe-wire.h"
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CONNECT_TIMEOUT_MS = 30 * 1000 };

int pen_client_explain(struct pen_client *client, int result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(client->error, sizeof(client->error), format, args);
	va_end(args);
	return result;
}

const char *pen_client_error(const struct pen_client *client)
{
	return client->error;
}

const char *pen_client_binding(const struct pen_client *client)
{
	return (const char *)client->text.data;
}

uint32_t pen_client_assoc_group_id(const struct pen_client *client)
{
	return client->state == PEN_CLIENT_OPEN ? pen_conn_assoc_group_id(client->conn) : 0;
}

/* ---- its life ---- */

static void client_done(struct pen_client *client)
{
	struct pen_client_call *call;

	pen_client_disconnect(client);
	pen_client_callbacks_free(client);
	while ((call = TAILQ_FIRST(&client->all))) {
		TAILQ_REMOVE(&client->all, call, all);
		pen_client_call_detach(call);
	}
	pen_binding_done(&client->binding);
	pen_buffer_done(&client->text);
	free(client->ncalrpc_dir);
	free(client->objects_dir);
	free(client->in);
	pen_client_proof_free(client->proof);
	pen_keylog_free(client->keylog);
	pen_pool_done(&client->pool);
	free(client);
}

void pen_client_hold(struct pen_client *client)
{
	client->n_users++;
}

void pen_client_release(struct pen_client *client)
{
	if (--client->n_users == 0 && client->is_freed)
		client_done(client);
}

struct pen_client *pen_client_free(struct pen_client *client)
{
	if (!client || client->is_freed)
		return NULL;
	client->is_freed = true;
	pen_client_hold(client);
	pen_client_lose(client, PEN_E_CLOSED, "the client is closed");
	while (client->n_ended || client->n_due)
		pen_client_deliver(client);
	pen_client_release(client);
	return NULL;
}

static void client_freep(struct pen_client **clientp)
{
	if (*clientp)
		client_done(*clientp);
}

static int check_binding(const struct pen_binding *binding, struct pen_ndr_error *error)
{
	if (binding->protseq == PEN_NCACN_IP_TCP)
		return 0;
	if ((binding->protseq == PEN_NCALRPC || binding->protseq == PEN_NCACN_NP) &&
	    !*binding->address)
		return 0;
	if (error)
		snprintf(
			error->text, sizeof(error->text), "%s",
			binding->protseq == PEN_NCALRPC
				? "ncalrpc reaches this machine alone, so it takes no address"
				: "named pipes on another machine need an SMB client, which is not "
				  "part of this library");
	return PEN_E_UNSUPPORTED;
}

static int open_keylog(struct pen_client *client, struct pen_ndr_error *error)
{
	struct pen_ndr_error ignored;

	if (!client->config.keylog)
		return 0;
	return pen_keylog_new(&client->keylog, client->config.keylog, error ? error : &ignored);
}

int pen_client_print_binding(struct pen_client *client)
{
	int r;

	client->text.size = 0;
	r = pen_binding_print(&client->binding, &client->text);
	return r ? r : pen_buffer_add(&client->text, "", 1);
}

int pen_client_new(struct pen_client **clientp, const char *binding,
		   const struct pen_client_config *config, struct pen_ndr_error *error)
{
	pen_cleanup(client_freep) struct pen_client *client = NULL;
	int r;

	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->fd = -1;
	TAILQ_INIT(&client->all);
	TAILQ_INIT(&client->active);
	TAILQ_INIT(&client->ended);
	TAILQ_INIT(&client->callbacks);
	TAILQ_INIT(&client->due);
	pen_buffer_init(&client->text, 0);
	r = pen_binding_parse(&client->binding, binding, error);
	if (r)
		return r;
	r = check_binding(&client->binding, error);
	if (r)
		return r;
	r = pen_client_print_binding(client);
	if (r)
		return r;
	if (config)
		client->config = *config;
	if (!client->config.connect_timeout_ms)
		client->config.connect_timeout_ms = CONNECT_TIMEOUT_MS;
	if (client->config.objects_dir &&
	    !(client->objects_dir = strdup(client->config.objects_dir)))
		return -ENOMEM;
	client->config.objects_dir = client->objects_dir;
	r = pen_ncalrpc_directory(&client->ncalrpc_dir, client->config.ncalrpc_dir);
	if (r && r != -ENOENT)
		return r;
	r = pen_client_proof_new(&client->proof, &client->config.security, client->binding.address,
				 error);
	if (r)
		return r;
	r = open_keylog(client, error);
	if (r)
		return r;
	client->in = malloc(PEN_CLIENT_READ_SIZE);
	if (!client->in)
		return -ENOMEM;
	*clientp = pen_take(&client);
	return 0;
}

/* ---- who drives it ---- */

void pen_client_deliver(struct pen_client *client)
{
	struct pen_client_call *call;
	uint32_t n = client->n_ended;

	pen_client_callbacks_run(client);
	/* Those that end from now on have their turn later, so that this one ends. */
	while (n-- && (call = TAILQ_FIRST(&client->ended))) {
		TAILQ_REMOVE(&client->ended, call, queue);
		client->n_ended--;
		call->state = PEN_CLIENT_CALL_IDLE;
		call->done(&call->call, call->result, call->data);
	}
}

int pen_client_fd(const struct pen_client *client)
{
	if (client->errand)
		return pen_errand_fd(client->errand);
	return client->state == PEN_CLIENT_OPEN ? client->fd : pen_client_connect_fd(client);
}

short pen_client_events(const struct pen_client *client)
{
	if (client->state != PEN_CLIENT_OPEN)
		return pen_client_connect_events(client);
	if (client->errand)
		return POLLIN;
	return (short)((client->n_full ? 0 : POLLIN) |
		       (pen_conn_queued(client->conn) || pen_client_is_pumping(client) ? POLLOUT
										       : 0));
}

/* A pipe's descriptor does not say that there is room. */
static bool has_room(const struct pen_client *client)
{
	return client->state == PEN_CLIENT_OPEN && client->wire && pen_conn_queued(client->conn) &&
	       !pen_pipe_wire_is_sending(client->wire);
}

int pen_client_timeout(const struct pen_client *client)
{
	return client->n_ended || has_room(client) ? 0 : pen_client_wait_ms(client);
}

int pen_client_dispatch(struct pen_client *client)
{
	int r;

	pen_client_hold(client);
	client->error[0] = '\0';
	if (client->state == PEN_CLIENT_OPEN)
		pen_client_read(client);
	else
		pen_client_connect_step(client);
	pen_client_check_deadlines(client);
	pen_client_deliver(client);
	if (client->state == PEN_CLIENT_OPEN)
		pen_client_flush(client);
	if (client->n_streams || client->n_sent < client->n_active)
		pen_client_advance(client);
	r = client->state == PEN_CLIENT_CLOSED && client->error[0] ? PEN_E_CLOSED : 0;
	pen_client_release(client);
	return r;
}
