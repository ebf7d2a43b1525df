/* SPDX-License-Identifier: MIT */
/* What is asked of a handle, of either end [rows Q9, Q12, X8, S3, S5]. */
#include "object/state.h"
#include <penstock/status-codes.h>

/* What both kinds of handle have. */
struct end {
	struct pen_object_pipe *pipe;
	uint32_t granted;
	uint32_t inbound_quota;
	uint32_t outbound_quota;
	uint32_t server_process;
	uint32_t server_session;
};

static bool find_end(struct pen_objects *objects, const struct dtyp_GUID *id, struct end *end)
{
	const struct pen_object_instance *instance = pen_object_find_instance(objects, id);
	const struct pen_object_client *client = pen_object_find_client(objects, id);

	if (instance)
		*end = (struct end){ instance->pipe,	      instance->granted,
				     instance->inbound_quota, instance->outbound_quota,
				     instance->process,	      instance->session };
	else if (client)
		*end = (struct end){ client->pipe,	     client->granted,
				     client->inbound_quota,  client->outbound_quota,
				     client->server_process, client->server_session };
	return instance || client;
}

uint32_t pen_object_query_pipe(struct pen_object_call *call)
{
	struct object_pipe_info *info = &call->reply->letter.body.info;
	struct end end;

	if (!find_end(call->objects, &call->request->letter->body.query_pipe.handle, &end))
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	*info = (struct object_pipe_info){
		.pipe = pen_object_pipe_of(end.pipe, end.inbound_quota, end.outbound_quota),
		.instances = end.pipe->n_instances,
		.granted = end.granted,
		.server_process = end.server_process,
		.server_session = end.server_session,
	};
	if (!*end.pipe->name)
		return PEN_STATUS_SUCCESS;
	info->name = pen_arena_printf(call->arena, "\\%s", end.pipe->name);
	return info->name ? PEN_STATUS_SUCCESS : PEN_STATUS_NO_MEMORY;
}

uint32_t pen_object_query_security(struct pen_object_call *call)
{
	const struct object_query_security *in = &call->request->letter->body.query_security;
	struct end end;

	if (!find_end(call->objects, &in->handle, &end))
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	return pen_guard_query(&end.pipe->guard, in->which, end.granted, call->arena,
			       &call->reply->letter.body.security);
}

/* One descriptor for all of the pipe's instances and ends; its maker is charged for it. */
uint32_t pen_object_set_security(struct pen_object_call *call)
{
	const struct object_set_security *in = &call->request->letter->body.set_security;
	struct pen_objects *objects = call->objects;
	struct pen_object_user *user;
	struct end end;
	uint32_t status;

	if (!find_end(objects, &in->handle, &end))
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	user = end.pipe->user;
	if (user->n_descriptor_bytes + in->security.n > objects->config.limits.descriptor_bytes)
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	user->n_descriptor_bytes -= end.pipe->guard.n;
	status = pen_guard_set(&end.pipe->guard, &pen_guard_pipe, call->token, in->which,
			       end.granted, &in->security, &objects->scratch);
	user->n_descriptor_bytes += end.pipe->guard.n;
	return status;
}
