/* SPDX-License-Identifier: MIT */
#include "daemon/object-server.h"
#include <errno.h>
#include <stdlib.h>

int object_resource_new(struct object_resource **resourcep, enum object_resource_kind kind,
			struct pen_fds *fds)
{
	struct object_resource *resource = calloc(1, sizeof(*resource));

	if (!resource)
		return -ENOMEM;
	resource->kind = kind;
	resource->fds = *fds;
	pen_list_init(&resource->link);
	fds->n = 0;
	*resourcep = resource;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct object_resource *resource = handle->data;

	pen_fds_close(&resource->fds);
	free(resource);
}

void object_resource_free(struct object_resource *resource)
{
	if (!resource)
		return;
	pen_list_remove(&resource->link);
	if (resource->is_watched) {
		uv_close((uv_handle_t *)&resource->poll, on_closed);
		return;
	}
	pen_fds_close(&resource->fds);
	free(resource);
}

/* Nobody has its write end any more. The engine releases an instance's life itself. */
static void on_end(uv_poll_t *poll, int status, int events)
{
	struct object_resource *resource = poll->data;
	struct pen_objects *objects = resource->server->objects;

	uv_poll_stop(poll);
	if (resource->hold) {
		pen_objects_end_hold(objects, resource->hold);
		object_resource_free(resource);
	} else {
		pen_objects_end_instance(objects, &resource->instance);
	}
}

void object_resource_hold(struct object_resource *life, struct object_server *server, void *hold)
{
	life->hold = hold;
	pen_list_append(&server->holds, &life->link);
}

/* What somebody writes into his life is of no interest: only that it ends. */
int object_resource_watch(struct object_resource *resource, struct object_server *server)
{
	int r = uv_poll_init(&server->loop.uv, &resource->poll, resource->fds.fds[0]);

	if (r)
		return r;
	resource->server = server;
	resource->poll.data = resource;
	resource->is_watched = true;
	return uv_poll_start(&resource->poll, UV_DISCONNECT, on_end);
}
