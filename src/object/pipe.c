/* SPDX-License-Identifier: MIT */
/* Pipes and their instances: the server's side [rows C13-C42, L5]. */
#include "object/name.h"
#include "object/state.h"
#include <penstock/status-codes.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_OPEN = 1, FILE_CREATE, FILE_OPEN_IF }; /* dispositions [MS-SMB2 2.2.13] */
enum { FILE_OPENED = 1, FILE_CREATED };
enum { SHARE_READ = 1, SHARE_WRITE = 2 };
enum { INBOUND, OUTBOUND, DUPLEX };

#define CREATE_INSTANCE UINT32_C(4)

void pen_object_release(struct pen_objects *objects, void **resourcep)
{
	if (*resourcep)
		objects->config.release(objects->config.data, *resourcep);
	*resourcep = NULL;
}

/* ---- names ---- */

uint32_t pen_object_find_pipe(struct pen_object_call *call, const char *name,
			      struct pen_place *place, struct pen_object_pipe **pipep)
{
	struct pen_objects *objects = call->objects;
	uint32_t status =
		pen_object_tree_find(&objects->tree, pen_token_info(call->token)->session_id, name,
				     false, call->arena, NULL, place);

	*pipep = NULL;
	if (status)
		return status;
	if (place->is_device)
		return PEN_STATUS_SUCCESS;
	if (place->parent != objects->tree.device)
		return place->node ? PEN_STATUS_OBJECT_TYPE_MISMATCH
				   : PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	if (!pen_name_is_text(place->name, strlen(place->name), PEN_NAME_MAX))
		return PEN_STATUS_OBJECT_NAME_INVALID;
	if (place->node)
		*pipep = place->node->object;
	return PEN_STATUS_SUCCESS;
}

/* ---- pipes ---- */

void pen_object_pipe_ref(struct pen_object_pipe *pipe)
{
	pipe->n_references++;
}

void pen_object_pipe_put(struct pen_objects *objects, struct pen_object_pipe *pipe)
{
	if (--pipe->n_references)
		return;
	pipe->user->n_descriptor_bytes -= pipe->guard.n;
	pen_guard_done(&pipe->guard);
	pen_object_user_put(pipe->user);
	free(pipe);
}

static void changed(struct pen_objects *objects, const struct pen_object_pipe *pipe, bool is_there)
{
	pen_object_has_changed(objects);
	if (objects->config.changed && *pipe->name)
		objects->config.changed(objects->config.data, pipe->name, is_there);
}

/* Its last instance is gone, and so is its name, whatever clients there are [C42, N6]. */
static void pipe_end(struct pen_objects *objects, struct pen_object_pipe *pipe)
{
	if (pipe->node)
		pen_object_tree_remove(&objects->tree, pipe->node);
	pipe->node = NULL;
	pen_object_wake(objects, pipe, PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	changed(objects, pipe, false);
}

/* [C22] */
static uint32_t configuration_of(uint32_t share)
{
	return share == SHARE_READ ? OUTBOUND : share == SHARE_WRITE ? INBOUND : DUPLEX;
}

/* A name of its own, if it has one, and its first instance's attributes. */
static uint32_t pipe_new(struct pen_object_call *call, struct pen_object_user *user,
			 const char *name, struct pen_object_pipe **pipep)
{
	const struct object_create_pipe *in = &call->request->letter->body.create_pipe;
	struct pen_objects *objects = call->objects;
	struct pen_object_pipe *pipe = calloc(1, sizeof(*pipe) + strlen(name) + 1);
	uint32_t status;

	if (!pipe)
		return PEN_STATUS_NO_MEMORY;
	pipe->n_references = 1;
	pipe->user = pen_object_user_ref(user);
	pipe->fixed = in->pipe;
	pipe->fixed.configuration = configuration_of(in->share);
	pipe->rejects_remote = in->rejects_remote;
	pen_list_init(&pipe->instances);
	pen_list_init(&pipe->listening);
	pen_list_init(&pipe->waiters);
	strcpy(pipe->name, name);
	status = pen_guard_init(&pipe->guard, &pen_guard_pipe, call->token, &in->security,
				&objects->scratch);
	user->n_descriptor_bytes += pipe->guard.n;
	if (!status && user->n_descriptor_bytes > objects->config.limits.descriptor_bytes)
		status = PEN_STATUS_INSUFFICIENT_RESOURCES;
	if (!status && *name &&
	    pen_object_tree_add(&objects->tree, objects->tree.device, PEN_NODE_PIPE, name,
				strlen(name), pipe, &pipe->node))
		status = PEN_STATUS_NO_MEMORY;
	if (status) {
		pen_object_pipe_put(objects, pipe);
		return status;
	}
	*pipep = pipe;
	return PEN_STATUS_SUCCESS;
}

struct object_pipe pen_object_pipe_of(const struct pen_object_pipe *pipe, uint32_t inbound_quota,
				      uint32_t outbound_quota)
{
	struct object_pipe attributes = pipe->fixed;

	attributes.inbound_quota = inbound_quota;
	attributes.outbound_quota = outbound_quota;
	return attributes;
}

/* ---- instances ---- */

/* Clients may open it: it is the last of those that listen, unless it was among them. */
static void listen(struct pen_objects *objects, struct pen_object_instance *instance, void *offer,
		   uint64_t mark)
{
	pen_object_release(objects, &instance->offer);
	instance->offer = offer;
	instance->mark = mark;
	if (instance->state != PEN_INSTANCE_LISTENING)
		pen_list_append(&instance->pipe->listening, &instance->listening);
	instance->state = PEN_INSTANCE_LISTENING;
	pen_object_wake(objects, instance->pipe, PEN_STATUS_SUCCESS);
}

void pen_object_instance_free(struct pen_objects *objects, struct pen_object_instance *instance)
{
	struct pen_object_pipe *pipe = instance->pipe;

	pen_list_remove(&instance->link);
	pen_list_remove(&instance->listening);
	pen_object_handle_remove(objects, &instance->handle);
	pen_object_release(objects, &instance->offer);
	pen_object_release(objects, &instance->life);
	if (instance->client)
		pen_object_client_end(objects, instance->client);
	instance->user->n_instances--;
	objects->n_instances--;
	pen_object_user_put(instance->user);
	if (!--pipe->n_instances)
		pipe_end(objects, pipe);
	else
		pen_object_has_changed(objects);
	pen_object_pipe_put(objects, pipe);
	free(instance);
}

/* The pipe's reference is the instance's then. */
static uint32_t instance_new(struct pen_object_call *call, struct pen_object_user *user,
			     struct pen_object_pipe *pipe, uint32_t granted,
			     struct pen_object_instance **instancep)
{
	const struct object_create_pipe *in = &call->request->letter->body.create_pipe;
	struct pen_object_instance *instance = calloc(1, sizeof(*instance));

	if (!instance)
		return PEN_STATUS_NO_MEMORY;
	instance->handle.id = in->instance;
	if (pen_object_is_nil(&in->instance) &&
	    pen_object_handle_make(call->objects, &instance->handle.id)) {
		free(instance);
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	}
	instance->pipe = pipe;
	instance->user = pen_object_user_ref(user);
	instance->granted = granted;
	instance->inbound_quota = in->pipe.inbound_quota;
	instance->outbound_quota = in->pipe.outbound_quota;
	instance->process = call->request->asker.process;
	instance->session = pen_token_info(call->token)->session_id;
	instance->life = call->reply->new_life = *call->lifep;
	*call->lifep = NULL;
	pen_list_init(&instance->listening);
	pen_list_append(&pipe->instances, &instance->link);
	pen_object_handle_add(call->objects, &instance->handle);
	pipe->n_instances++;
	user->n_instances++;
	call->objects->n_instances++;
	*instancep = instance;
	return PEN_STATUS_SUCCESS;
}

/* ---- creating ---- */

/* What is wrong whatever there is by that name [C15, C21, C23, C37]. */
static uint32_t check_request(const struct pen_object_call *call)
{
	const struct object_create_pipe *in = &call->request->letter->body.create_pipe;
	bool is_again = !pen_object_is_nil(&in->instance);

	if (in->disposition < FILE_OPEN || in->disposition > FILE_OPEN_IF)
		return PEN_STATUS_INVALID_PARAMETER;
	if (!in->share || in->share & ~(uint32_t)(SHARE_READ | SHARE_WRITE))
		return PEN_STATUS_INVALID_PARAMETER;
	if (in->pipe.type > 1 || in->read_mode > in->pipe.type)
		return PEN_STATUS_INVALID_PARAMETER;
	if (!*call->lifep || !in->is_listening != !*call->offerp)
		return PEN_STATUS_INVALID_PARAMETER;
	if (!in->is_listening && !is_again)
		return PEN_STATUS_INVALID_PARAMETER;
	if (!in->access)
		return PEN_STATUS_ACCESS_DENIED;
	if (in->access & PEN_ACCESS_SYSTEM_SECURITY &&
	    !pen_token_has_privilege(call->token, PEN_PRIVILEGE_SECURITY))
		return PEN_STATUS_PRIVILEGE_NOT_HELD;
	return PEN_STATUS_SUCCESS;
}

/* What the maker of a pipe gets: all he asks for. */
static uint32_t granted_to_maker(uint32_t access)
{
	uint32_t granted = pen_access_map(access, &pen_guard_pipe.mapping);

	if (granted & PEN_ACCESS_MAXIMUM_ALLOWED)
		granted |= pen_guard_pipe.mapping.all;
	return granted & ~PEN_ACCESS_MAXIMUM_ALLOWED;
}

/* Whether there may be one more instance, in NT's order of checks [C27]. */
static uint32_t check_later(struct pen_object_call *call, struct pen_object_pipe *pipe,
			    uint32_t *grantedp)
{
	const struct object_create_pipe *in = &call->request->letter->body.create_pipe;
	uint32_t status =
		pen_guard_check(&pipe->guard, &pen_guard_pipe, call->token,
				in->access | CREATE_INSTANCE, &call->objects->scratch, grantedp);

	if (status)
		return status;
	if (!(pen_access_map(in->access, &pen_guard_pipe.mapping) &
	      (CREATE_INSTANCE | PEN_ACCESS_MAXIMUM_ALLOWED)))
		*grantedp &= ~CREATE_INSTANCE;
	if (pipe->n_instances >= pipe->fixed.instances_max)
		return PEN_STATUS_INSTANCE_NOT_AVAILABLE;
	if (in->disposition == FILE_CREATE)
		return PEN_STATUS_ACCESS_DENIED;
	if (configuration_of(in->share) != pipe->fixed.configuration)
		return PEN_STATUS_ACCESS_DENIED;
	return PEN_STATUS_SUCCESS;
}

static uint32_t check_first(const struct object_create_pipe *in, bool is_again)
{
	if (in->disposition == FILE_OPEN && !is_again)
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	if (in->pipe.timeout >= 0 || !in->pipe.instances_max)
		return PEN_STATUS_INVALID_PARAMETER;
	return PEN_STATUS_SUCCESS;
}

static uint32_t check_limits(const struct pen_objects *objects, const struct pen_object_user *user)
{
	const struct pen_objects_limits *limits = &objects->config.limits;

	return user->n_instances >= limits->instances ||
			       objects->n_instances >= limits->instances_in_all
		       ? PEN_STATUS_INSUFFICIENT_RESOURCES
		       : PEN_STATUS_SUCCESS;
}

static void answer(struct pen_object_call *call, const struct pen_object_instance *instance,
		   uint32_t information)
{
	call->reply->letter.body.created = (struct object_pipe_created){
		.instance = instance->handle.id,
		.granted = instance->granted,
		.information = information,
		.pipe = pen_object_pipe_of(instance->pipe, instance->inbound_quota,
					   instance->outbound_quota),
	};
}

/* With a user's reference that is the caller's. */
static uint32_t create(struct pen_object_call *call, struct pen_object_user *user,
		       struct pen_object_pipe *pipe, const char *name)
{
	const struct object_create_pipe *in = &call->request->letter->body.create_pipe;
	bool is_again = !pen_object_is_nil(&in->instance);
	bool is_first = !pipe;
	struct pen_object_instance *instance;
	uint32_t granted = granted_to_maker(in->access);
	uint32_t status = check_limits(call->objects, user);

	if (status)
		return status;
	if (is_first)
		status = check_first(in, is_again);
	else if (!is_again || pipe->user != user)
		status = check_later(call, pipe, &granted);
	if (!status && is_first)
		status = pipe_new(call, user, name, &pipe);
	if (status)
		return status;
	if (!is_first)
		pen_object_pipe_ref(pipe);
	status = instance_new(call, user, pipe, granted, &instance);
	if (status) {
		if (is_first && pipe->node)
			pen_object_tree_remove(&call->objects->tree, pipe->node);
		pen_object_pipe_put(call->objects, pipe);
		return status;
	}
	if (is_first)
		changed(call->objects, pipe, true);
	else
		pen_object_has_changed(call->objects);
	if (in->is_listening) {
		listen(call->objects, instance, *call->offerp, call->request->mark);
		*call->offerp = NULL;
	}
	if (is_first)
		pen_object_wake_held(call->objects);
	answer(call, instance, is_first ? FILE_CREATED : FILE_OPENED);
	return PEN_STATUS_SUCCESS;
}

/* Another process of the same server was faster; what it offers is as good as this. */
static uint32_t create_again(struct pen_object_call *call, struct pen_object_instance *instance)
{
	if (!pen_sid_equal(&instance->user->sid, pen_token_user(call->token)))
		return PEN_STATUS_ACCESS_DENIED;
	if (*call->offerp && instance->state == PEN_INSTANCE_IDLE) {
		listen(call->objects, instance, *call->offerp, call->request->mark);
		*call->offerp = NULL;
	}
	answer(call, instance, FILE_OPENED);
	return PEN_STATUS_SUCCESS;
}

uint32_t pen_object_create_pipe(struct pen_object_call *call)
{
	const struct object_create_pipe *in = &call->request->letter->body.create_pipe;
	struct pen_object_instance *known;
	struct pen_object_pipe *pipe;
	struct pen_object_user *user;
	struct pen_place place;
	uint32_t status = check_request(call);

	if (status)
		return status;
	known = pen_object_find_instance(call->objects, &in->instance);
	if (known)
		return create_again(call, known);
	if (pen_object_find_client(call->objects, &in->instance))
		return PEN_STATUS_INVALID_PARAMETER;
	status = pen_object_find_pipe(call, in->name, &place, &pipe);
	if (status)
		return status;
	if (place.is_device)
		return PEN_STATUS_OBJECT_NAME_INVALID;
	user = pen_object_user_get(call->objects, call->token);
	if (!user)
		return PEN_STATUS_NO_MEMORY;
	status = create(call, user, pipe, place.name);
	pen_object_user_put(user);
	return status;
}

/* ---- listening again, and not any more ---- */

/*
 * One that a client has is offered anew with another channel, after a disconnect; the same
 * channel is the client's.
 */
uint32_t pen_object_offer(struct pen_object_call *call)
{
	struct pen_object_instance *instance = pen_object_find_instance(
		call->objects, &call->request->letter->body.offer.instance);

	if (!instance)
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	if (!*call->offerp)
		return PEN_STATUS_INVALID_PARAMETER;
	if (instance->client) {
		if (instance->mark == call->request->mark)
			return PEN_STATUS_PIPE_CONNECTED;
		pen_object_client_free(call->objects, instance->client);
	}
	listen(call->objects, instance, *call->offerp, call->request->mark);
	*call->offerp = NULL;
	return PEN_STATUS_SUCCESS;
}

uint32_t pen_object_withdraw(struct pen_object_call *call)
{
	struct pen_object_instance *instance = pen_object_find_instance(
		call->objects, &call->request->letter->body.withdraw.instance);

	if (!instance)
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	if (instance->state == PEN_INSTANCE_TAKEN)
		return PEN_STATUS_PIPE_CONNECTED;
	pen_list_remove(&instance->listening);
	pen_object_release(call->objects, &instance->offer);
	instance->state = PEN_INSTANCE_IDLE;
	return PEN_STATUS_SUCCESS;
}
