/* SPDX-License-Identifier: MIT */
/* Pipes: the client's side, and who the client is [rows O1-O13, C39, J1-J6, I3-I13]. */
#include "base/utf16.h"
#include "object/name.h"
#include "object/state.h"
#include <errno.h>
#include <penstock/status-codes.h>
#include <stdlib.h>
#include <string.h>

enum { INBOUND, OUTBOUND };
enum { LEVEL_ANONYMOUS, LEVEL_IDENTIFICATION, LEVEL_IMPERSONATION, LEVEL_DELEGATION };

#define READ_DATA	UINT32_C(1)
#define WRITE_DATA	UINT32_C(2)
#define CREATE_INSTANCE UINT32_C(4)
#define READ_ATTRIBUTES UINT32_C(0x80)

static const struct object_qos default_qos = { LEVEL_IMPERSONATION, 1, 1 }; /* [O11] */

/* ---- clients ---- */

void pen_object_client_free(struct pen_objects *objects, struct pen_object_client *client)
{
	if (!client)
		return;
	if (client->instance)
		client->instance->client = NULL;
	if (!pen_list_is_empty(&client->ended))
		client->user->n_ended--;
	pen_list_remove(&client->ended);
	pen_object_handle_remove(objects, &client->handle);
	pen_object_release(objects, &client->socket);
	for (uint32_t i = 0; i < client->n_identities; i++)
		pen_token_free(client->identities[i]);
	free(client->identities);
	free(client->computer);
	if (client->pipe)
		pen_object_pipe_put(objects, client->pipe);
	pen_object_user_put(client->user);
	free(client);
}

/* Its server is gone; what it may still ask about the pipe it gets told [S5, Q12]. */
void pen_object_client_end(struct pen_objects *objects, struct pen_object_client *client)
{
	struct pen_object_user *user = client->user;

	client->instance->client = NULL;
	client->instance = NULL;
	if (!client->handle.is_known) {
		pen_object_client_free(objects, client);
		return;
	}
	pen_object_release(objects, &client->socket);
	pen_list_append(&user->ended, &client->ended);
	if (++user->n_ended > objects->config.limits.ended)
		pen_object_client_free(
			objects, pen_list_entry(user->ended.next, struct pen_object_client, ended));
}

/* No more than the first, until others are announced. */
static int add_identity(struct pen_object_client *client, const struct pen_token *token)
{
	struct pen_token **identities = client->identities;

	if (client->n_identities == client->n_room) {
		uint32_t room = client->n_room ? 4 * client->n_room : 1;

		identities = realloc(identities, room * sizeof(*identities));
		if (!identities)
			return -ENOMEM;
		client->identities = identities;
		client->n_room = room;
	}
	identities[client->n_identities++] = pen_token_ref(token);
	return 0;
}

static struct pen_object_client *client_new(struct pen_objects *objects,
					    const struct pen_token *token, const char *computer)
{
	struct pen_object_client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	pen_list_init(&client->ended);
	client->handle.is_client = true;
	client->user = pen_object_user_get(objects, token);
	if (computer)
		client->computer = strdup(computer);
	if (!client->user || add_identity(client, token) || (computer && !client->computer) ||
	    pen_object_handle_make(objects, &client->handle.id)) {
		pen_object_client_free(objects, client);
		return NULL;
	}
	return client;
}

/* The instance is this client's from now on; its offer is to be given to him. */
static void take(struct pen_objects *objects, struct pen_object_instance *instance,
		 struct pen_object_client *client, uint32_t granted)
{
	client->instance = instance;
	client->pipe = instance->pipe;
	pen_object_pipe_ref(client->pipe);
	client->granted = granted;
	client->inbound_quota = instance->inbound_quota;
	client->outbound_quota = instance->outbound_quota;
	client->server_process = instance->process;
	client->server_session = instance->session;
	instance->client = client;
	instance->state = PEN_INSTANCE_TAKEN;
	pen_list_remove(&instance->listening);
}

/* ---- opening ---- */

/* What a direction does not have cannot be asked for [O5, O6]. */
static uint32_t forbidden_by_direction(const struct pen_object_pipe *pipe)
{
	return pipe->fixed.configuration == INBOUND    ? READ_DATA
	       : pipe->fixed.configuration == OUTBOUND ? WRITE_DATA
						       : 0;
}

/* The oldest instance that listens, for one who may. The order of checks is NT's. */
static uint32_t find_listening(struct pen_objects *objects, const struct pen_object_pipe *pipe,
			       const struct pen_token *token, uint32_t access, bool is_remote,
			       struct pen_object_instance **instancep, uint32_t *grantedp)
{
	uint32_t desired = pen_access_map(access, &pen_guard_pipe.mapping);
	uint32_t status;

	if (!desired) /* [O7] */
		desired = PEN_ACCESS_SYNCHRONIZE | READ_ATTRIBUTES;
	if (desired & forbidden_by_direction(pipe))
		return PEN_STATUS_ACCESS_DENIED;
	if (is_remote && pipe->rejects_remote)
		return PEN_STATUS_ACCESS_DENIED;
	status = pen_guard_check(&pipe->guard, &pen_guard_pipe, token, desired & ~CREATE_INSTANCE,
				 &objects->scratch, grantedp);
	if (status)
		return status;
	*grantedp &= ~(CREATE_INSTANCE | forbidden_by_direction(pipe));
	if (pen_list_is_empty(&pipe->listening))
		return PEN_STATUS_PIPE_NOT_AVAILABLE;
	*instancep = pen_list_entry(pipe->listening.next, struct pen_object_instance, listening);
	return PEN_STATUS_SUCCESS;
}

struct pen_object_pipe *pen_object_named(const struct pen_objects *objects, const char *name)
{
	const struct pen_objects_config *config = &objects->config;
	struct pen_node *node;

	for (size_t i = 0; i < config->n_aliases; i++)
		if (pen_upcase_equal(config->aliases[i].name, name)) {
			name = config->aliases[i].target;
			break;
		}
	node = pen_object_tree_child(&objects->tree, objects->tree.device, name, strlen(name),
				     false);
	return node ? node->object : NULL;
}

/* The pipe to be opened by a name, or by another's instance [O12, O13]. */
static uint32_t find_pipe(struct pen_object_call *call, const struct object_open_pipe *in,
			  struct pen_object_pipe **pipep)
{
	struct pen_object_instance *instance;
	struct pen_place place;
	uint32_t status;

	if (!pen_object_is_nil(&in->instance)) {
		if (in->name && *in->name)
			return PEN_STATUS_OBJECT_NAME_INVALID;
		instance = pen_object_find_instance(call->objects, &in->instance);
		*pipep = instance ? instance->pipe : NULL;
		return instance ? PEN_STATUS_SUCCESS : PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	status = pen_object_find_pipe(call, in->name ? in->name : "", &place, pipep);
	if (status)
		return status;
	if (place.is_device || !*place.name)
		return PEN_STATUS_OBJECT_NAME_INVALID;
	*pipep = pen_object_named(call->objects, place.name);
	if (!*pipep)
		return pen_object_hold_back(call);
	return PEN_STATUS_SUCCESS;
}

/* What the client lets be known of itself; only where it has data at all [I13]. */
static struct object_qos qos_of(const struct object_open_pipe *in, uint32_t granted)
{
	return granted & (READ_DATA | WRITE_DATA) ? in->qos : default_qos;
}

uint32_t pen_object_open_pipe(struct pen_object_call *call)
{
	const struct object_open_pipe *in = &call->request->letter->body.open_pipe;
	struct pen_object_instance *instance;
	struct pen_object_client *client;
	struct pen_object_pipe *pipe;
	uint32_t granted;
	uint32_t status;

	if (in->qos.level > LEVEL_DELEGATION)
		return PEN_STATUS_BAD_IMPERSONATION_LEVEL;
	if (in->access & PEN_ACCESS_SYSTEM_SECURITY &&
	    !pen_token_has_privilege(call->token, PEN_PRIVILEGE_SECURITY))
		return PEN_STATUS_PRIVILEGE_NOT_HELD;
	status = find_pipe(call, in, &pipe);
	if (status)
		return status;
	status = find_listening(call->objects, pipe, call->token, in->access, false, &instance,
				&granted);
	if (status)
		return status;
	client = client_new(call->objects, call->token, NULL);
	if (!client)
		return PEN_STATUS_NO_MEMORY;
	client->process = call->request->asker.process;
	client->qos = qos_of(in, granted);
	take(call->objects, instance, client, granted);
	pen_object_handle_add(call->objects, &client->handle);
	call->reply->gift = instance->offer;
	call->reply->life = instance->life;
	instance->offer = NULL;
	call->reply->letter.body.opened = (struct object_pipe_opened){
		.handle = client->handle.id,
		.granted = granted,
		.pipe = pen_object_pipe_of(pipe, client->inbound_quota, client->outbound_quota),
		.server_process = client->server_process,
		.server_session = client->server_session,
	};
	return PEN_STATUS_SUCCESS;
}

/* ---- of other machines ---- */

static uint32_t carried_access(const struct pen_object_pipe *pipe)
{
	return (PEN_FILE_GENERIC_READ | PEN_FILE_GENERIC_WRITE) & ~forbidden_by_direction(pipe);
}

/* How long it waits: not for ever, whatever the pipe says. */
static uint64_t carried_deadline(const struct pen_objects_carried *carried,
				 const struct pen_object_pipe *pipe)
{
	uint64_t ms = (0 - (uint64_t)pipe->fixed.timeout) / 10000;

	return carried->until - carried->now < ms ? carried->until : carried->now + ms;
}

uint32_t pen_objects_carry(struct pen_objects *objects, const struct pen_objects_carried *carried,
			   uint32_t *typep, void **ticketp)
{
	struct pen_object_pipe *pipe = pen_object_named(objects, carried->pipe);
	struct pen_object_instance *instance;
	struct pen_object_client *client;
	struct pen_object_waiter *waiter;
	uint32_t granted;
	uint32_t status;

	pen_arena_reset(&objects->scratch);
	objects->now = carried->now;
	if (!pipe)
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	status = find_listening(objects, pipe, carried->token, carried_access(pipe), true,
				&instance, &granted);
	*typep = pipe->fixed.type;
	if (carried->is_probe)
		return status == PEN_STATUS_PIPE_NOT_AVAILABLE ? PEN_STATUS_SUCCESS : status;
	if (status == PEN_STATUS_PIPE_NOT_AVAILABLE && carried->until > carried->now) {
		status = pen_object_wait_for(objects, pipe, carried->token, carried->owner,
					     carried_deadline(carried, pipe), &waiter);
		if (status == PEN_STATUS_PENDING)
			*ticketp = waiter;
		return status;
	}
	if (status)
		return status;
	client = client_new(objects, carried->token, carried->computer);
	if (!client)
		return PEN_STATUS_NO_MEMORY;
	client->is_carried = true;
	client->socket = carried->socket;
	client->qos = default_qos;
	take(objects, instance, client, granted);
	pen_object_release(objects, &instance->offer);
	return PEN_STATUS_SUCCESS;
}

/* ---- who it is ---- */

/* As much of it as the client lets be known [I3, I8]. */
static int put_identity(struct pen_object_call *call, const struct pen_object_client *client,
			uint32_t identity, struct object_token *token)
{
	const struct pen_token *known = client->identities[identity];
	int r;

	if (client->qos.level == LEVEL_ANONYMOUS)
		known = call->objects->anonymous;
	r = pen_letter_from_token(token, call->arena, known);
	if (!r && client->qos.level == LEVEL_IDENTIFICATION)
		token->is_identify_only = 1;
	return r;
}

uint32_t pen_object_ask_client(struct pen_object_call *call)
{
	const struct object_ask_client *in = &call->request->letter->body.ask_client;
	struct pen_object_instance *instance =
		pen_object_find_instance(call->objects, &in->instance);
	struct object_client *out = &call->reply->letter.body.client;
	struct pen_object_client *client;

	if (!instance)
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	client = instance->client;
	if (!client)
		return instance->state == PEN_INSTANCE_LISTENING ? PEN_STATUS_PIPE_LISTENING
								 : PEN_STATUS_NOT_FOUND;
	if (in->identity >= client->n_identities)
		return PEN_STATUS_NOT_FOUND;
	*out = (struct object_client){
		.is_carried = client->is_carried,
		.process = client->process,
		.session = pen_token_info(client->identities[0])->session_id,
		.computer = client->computer,
		.qos = client->qos,
	};
	if (put_identity(call, client, in->identity, &out->token))
		return PEN_STATUS_NO_MEMORY;
	call->reply->gift = client->socket;
	client->socket = NULL;
	return PEN_STATUS_SUCCESS;
}

static bool is_same(const struct pen_token *a, const struct pen_token *b)
{
	const struct pen_token_info *x = pen_token_info(a), *y = pen_token_info(b);

	if (a == b)
		return true;
	if (x->n_sids != y->n_sids || x->n_groups != y->n_groups || x->uid != y->uid ||
	    x->gid != y->gid || x->privileges != y->privileges || x->session_id != y->session_id ||
	    (x->n_groups && memcmp(x->groups, y->groups, x->n_groups * sizeof(*x->groups))))
		return false;
	for (size_t i = 0; i < x->n_sids; i++)
		if (!pen_sid_equal(&x->sids[i], &y->sids[i]))
			return false;
	return true;
}

/* A client whose identity is that of its opening has but the one. */
uint32_t pen_object_announce(struct pen_object_call *call)
{
	struct pen_object_client *client =
		pen_object_find_client(call->objects, &call->request->letter->body.announce.handle);
	uint32_t identity = 0;

	if (!client)
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	if (client->qos.is_dynamic) {
		while (identity < client->n_identities &&
		       !is_same(client->identities[identity], call->token))
			identity++;
		if (identity == PEN_IDENTITIES_MAX)
			return PEN_STATUS_INSUFFICIENT_RESOURCES;
		if (identity == client->n_identities && add_identity(client, call->token))
			return PEN_STATUS_NO_MEMORY;
	}
	call->reply->letter.body.identity = identity;
	return PEN_STATUS_SUCCESS;
}

/* The server may still ask who it was [J2]. */
uint32_t pen_object_close(struct pen_object_call *call)
{
	struct pen_object_client *client =
		pen_object_find_client(call->objects, &call->request->letter->body.close.handle);

	if (!client)
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	if (client->instance)
		pen_object_handle_remove(call->objects, &client->handle);
	else
		pen_object_client_free(call->objects, client);
	return PEN_STATUS_SUCCESS;
}
