/* SPDX-License-Identifier: MIT */
#include "object/objects.h"
#include "object/state.h"
#include <errno.h>
#include <penstock/status-codes.h>
#include <stdlib.h>
#include <string.h>

enum { HANDLE_BUCKETS_MIN = 64, SCRATCH_MAX = 1 << 22 };

const struct pen_objects_limits pen_objects_limits = {
	.instances = 4096,
	.instances_in_all = 65536,
	.waiters = 4096,
	.waiters_in_all = 65536,
	.descriptor_bytes = 4 << 20,
	.ended = 1024,
	.sections = 1024,
	.sections_in_all = 16384,
	.section_bytes = UINT64_C(1) << 32,
	.section_bytes_in_all = UINT64_C(1) << 34,
	.section_handles = 4096,
};

/* ---- the whole ---- */

int pen_objects_new(struct pen_objects **objectsp, const struct pen_objects_config *config)
{
	struct pen_objects *objects = calloc(1, sizeof(*objects));
	uint32_t seed;
	int r;

	if (!objects)
		return -ENOMEM;
	objects->config = *config;
	objects->changes = 1;
	objects->deadline = config->settled_at ? config->settled_at : UINT64_MAX;
	objects->is_settled = !config->settled_at;
	pen_arena_init(&objects->scratch, SCRATCH_MAX);
	pen_list_init(&objects->users);
	pen_list_init(&objects->sections);
	pen_list_init(&objects->waiting);
	pen_list_init(&objects->ready);
	pen_list_init(&objects->watchers);
	pen_list_init(&objects->held);
	objects->n_handle_buckets = HANDLE_BUCKETS_MIN;
	objects->handles = calloc(HANDLE_BUCKETS_MIN, sizeof(struct pen_object_handle *));
	r = objects->handles ? config->random(config->data, &seed, sizeof(seed)) : -ENOMEM;
	if (!r)
		r = pen_object_tree_init(&objects->tree, seed);
	if (!r)
		r = pen_token_new_anonymous(&objects->anonymous, false);
	if (r) {
		pen_objects_free(objects);
		return r;
	}
	*objectsp = objects;
	return 0;
}

static void free_handles(struct pen_objects *objects)
{
	for (size_t i = 0; i < objects->n_handle_buckets && objects->handles; i++)
		while (objects->handles[i]) {
			struct pen_object_handle *handle = objects->handles[i];

			if (handle->is_client)
				pen_object_client_free(objects, (struct pen_object_client *)handle);
			else
				pen_object_instance_free(objects,
							 (struct pen_object_instance *)handle);
		}
	free(objects->handles);
}

static void free_sections(struct pen_objects *objects)
{
	pen_list_each (link, after, &objects->sections)
		pen_object_section_free(objects,
					pen_list_entry(link, struct pen_object_section, link));
}

struct pen_objects *pen_objects_free(struct pen_objects *objects)
{
	if (!objects)
		return NULL;
	objects->config.changed = NULL;
	free_handles(objects);
	free_sections(objects);
	pen_list_each (link, after, &objects->waiting)
		pen_object_waiter_free(objects,
				       pen_list_entry(link, struct pen_object_waiter, link));
	pen_list_each (link, after, &objects->ready)
		pen_object_waiter_free(objects,
				       pen_list_entry(link, struct pen_object_waiter, link));
	pen_token_free(objects->anonymous);
	pen_object_tree_done(&objects->tree);
	pen_arena_done(&objects->scratch);
	free(objects);
	return NULL;
}

bool pen_objects_is_empty(const struct pen_objects *objects)
{
	return !objects->n_instances && !objects->n_sections && !objects->n_waiters;
}

void pen_objects_end_instance(struct pen_objects *objects, const struct dtyp_GUID *id)
{
	struct pen_object_instance *instance = pen_object_find_instance(objects, id);

	if (instance)
		pen_object_instance_free(objects, instance);
}

/* ---- requests ---- */

static uint32_t (*const verbs[])(struct pen_object_call *call) = {
	[object_CREATE_PIPE] = pen_object_create_pipe,
	[object_OFFER] = pen_object_offer,
	[object_WITHDRAW] = pen_object_withdraw,
	[object_ASK_CLIENT] = pen_object_ask_client,
	[object_OPEN_PIPE] = pen_object_open_pipe,
	[object_WAIT_PIPE] = pen_object_wait_pipe,
	[object_ANNOUNCE] = pen_object_announce,
	[object_QUERY_PIPE] = pen_object_query_pipe,
	[object_QUERY_SECURITY] = pen_object_query_security,
	[object_SET_SECURITY] = pen_object_set_security,
	[object_CLOSE] = pen_object_close,
	[object_CREATE_SECTION] = pen_object_create_section,
	[object_OPEN_SECTION] = pen_object_open_section,
	[object_LIST] = pen_object_list,
	[object_EXPLAIN] = pen_object_explain,
	[object_WATCH] = pen_object_watch,
};

void pen_objects_ask(struct pen_objects *objects, const struct pen_objects_request *request,
		     struct pen_arena *arena, struct pen_objects_reply *reply)
{
	void *life = request->life;
	void *offer = request->offer;
	struct pen_object_call call = {
		.objects = objects,
		.request = request,
		.token = request->asker.token,
		.arena = arena,
		.reply = reply,
		.lifep = &life,
		.offerp = &offer,
	};
	uint32_t verb = request->letter->verb;
	uint32_t status = PEN_STATUS_INVALID_PARAMETER;

	*reply = (struct pen_objects_reply){ 0 };
	pen_arena_reset(&objects->scratch);
	objects->now = request->now;
	if (verb < PEN_COUNT(verbs))
		status = verbs[verb](&call);
	pen_object_release(objects, &life);
	pen_object_release(objects, &offer);
	reply->letter.status = status;
	/* NAME_EXISTS is a success, and has a body. */
	reply->letter.verb =
		status >> 30 < 2 && status != PEN_STATUS_PENDING ? verb : PEN_LETTER_NO_BODY;
}
