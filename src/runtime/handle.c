/* SPDX-License-Identifier: MIT */
#include "runtime/handle.h"
#include "base/cleanup.h"
#include <errno.h>
#include <string.h>

struct pen_handle {
	struct pen_handle *next_in_bucket;
	struct pen_handle *next; /* of the group */
	struct pen_handle *previous;
	struct handle_group *group;
	struct pen_uuid uuid;
	struct pen_handle_key key;
	void *object;
	struct pen_handle_line line;
};

struct handle_group {
	struct handle_group *next_in_bucket;
	uint32_t id;
	size_t n;
	struct pen_handle *first;
};

struct pen_handles {
	struct pen_random *random;
	size_t per_group_max;
	size_t n;
	size_t n_groups;
	size_t n_buckets; /* of both; a power of two */
	struct pen_handle **buckets;
	struct handle_group **group_buckets;
};

enum { BUCKETS_MIN = 64 };

int pen_handles_new(struct pen_handles **handlesp, uint32_t per_group_max,
		    struct pen_random *random)
{
	struct pen_handles *handles = calloc(1, sizeof(*handles));

	if (!handles)
		return -ENOMEM;
	handles->per_group_max = per_group_max;
	handles->random = random;
	*handlesp = handles;
	return 0;
}

/* Identifiers are random, so any bits of theirs spread well. */
static struct pen_handle **handle_bucket(const struct pen_handles *handles, uint32_t time_low)
{
	return &handles->buckets[time_low & (handles->n_buckets - 1)];
}

static struct handle_group **group_bucket(const struct pen_handles *handles, uint32_t id)
{
	return &handles->group_buckets[id & (handles->n_buckets - 1)];
}

static struct handle_group *find_group(const struct pen_handles *handles, uint32_t id)
{
	struct handle_group *group = handles->n_buckets ? *group_bucket(handles, id) : NULL;

	while (group && group->id != id)
		group = group->next_in_bucket;
	return group;
}

/* Takes it out of every list. A group without handles is forgotten. */
static void unlink_handle(struct pen_handles *handles, struct pen_handle *handle)
{
	struct pen_handle **at = handle_bucket(handles, handle->uuid.time_low);
	struct handle_group *group = handle->group;

	while (*at != handle)
		at = &(*at)->next_in_bucket;
	*at = handle->next_in_bucket;

	if (handle->previous)
		handle->previous->next = handle->next;
	else
		group->first = handle->next;
	if (handle->next)
		handle->next->previous = handle->previous;
	handles->n--;

	if (--group->n == 0) {
		struct handle_group **place = group_bucket(handles, group->id);

		while (*place != group)
			place = &(*place)->next_in_bucket;
		*place = group->next_in_bucket;
		handles->n_groups--;
		free(group);
	}
}

static void end_handle(struct pen_handle *handle)
{
	const struct pen_handle_type *type = handle->key.type;
	void *object = handle->object;

	free(handle);
	if (type->rundown)
		type->rundown(object);
}

static void end_line(struct pen_handle_line *line)
{
	end_handle((struct pen_handle *)((char *)line - offsetof(struct pen_handle, line)));
}

/* Out of the table first: whatever rundown does, it cannot meet the handle again. */
static void run_down(struct pen_handles *handles, struct pen_handle *handle,
		     const struct pen_handle_user *by)
{
	unlink_handle(handles, handle);
	if (pen_handle_line_close(&handle->line, by))
		end_handle(handle);
}

struct pen_handles *pen_handles_free(struct pen_handles *handles)
{
	if (!handles)
		return NULL;
	for (size_t i = 0; i < handles->n_buckets; i++)
		while (handles->buckets[i])
			run_down(handles, handles->buckets[i], NULL);
	free(handles->buckets);
	free(handles->group_buckets);
	free(handles);
	return NULL;
}

static void rehash(struct pen_handles *to, const struct pen_handles *from)
{
	for (size_t i = 0; i < from->n_buckets; i++) {
		struct pen_handle *handle = from->buckets[i];
		struct handle_group *group = from->group_buckets[i];

		while (handle) {
			struct pen_handle *next = handle->next_in_bucket;
			struct pen_handle **at = handle_bucket(to, handle->uuid.time_low);

			handle->next_in_bucket = *at;
			*at = handle;
			handle = next;
		}
		while (group) {
			struct handle_group *next = group->next_in_bucket;
			struct handle_group **at = group_bucket(to, group->id);

			group->next_in_bucket = *at;
			*at = group;
			group = next;
		}
	}
}

static int grow(struct pen_handles *handles)
{
	struct pen_handles grown = *handles;

	if (handles->n < handles->n_buckets)
		return 0;
	grown.n_buckets = handles->n_buckets ? handles->n_buckets * 2 : BUCKETS_MIN;
	grown.buckets = calloc(grown.n_buckets, sizeof(struct pen_handle *));
	grown.group_buckets = calloc(grown.n_buckets, sizeof(struct handle_group *));
	if (!grown.buckets || !grown.group_buckets) {
		free(grown.buckets);
		free(grown.group_buckets);
		return -ENOMEM;
	}
	rehash(&grown, handles);
	free(handles->buckets);
	free(handles->group_buckets);
	*handles = grown;
	return 0;
}

static int add_group(struct pen_handles *handles, uint32_t id, struct handle_group **groupp)
{
	struct handle_group **at = group_bucket(handles, id);
	struct handle_group *group = calloc(1, sizeof(*group));

	if (!group)
		return -ENOMEM;
	group->id = id;
	group->next_in_bucket = *at;
	*at = group;
	handles->n_groups++;
	*groupp = group;
	return 0;
}

static void link_handle(struct pen_handles *handles, struct handle_group *group,
			struct pen_handle *handle)
{
	struct pen_handle **at = handle_bucket(handles, handle->uuid.time_low);

	handle->next_in_bucket = *at;
	*at = handle;
	handle->group = group;
	handle->next = group->first;
	if (group->first)
		group->first->previous = handle;
	group->first = handle;
	group->n++;
	handles->n++;
}

int pen_handles_add(struct pen_handles *handles, const struct pen_handle_key *key, void *object,
		    struct pen_context_handle *handlep)
{
	pen_cleanup(pen_freep) struct pen_handle *handle = NULL;
	struct handle_group *group;
	uint8_t random[16];
	int r;

	group = find_group(handles, key->assoc_group_id);
	if (group && group->n >= handles->per_group_max)
		return PEN_E_LIMIT;
	r = pen_random_fill(handles->random, random, sizeof(random));
	if (r)
		return r;
	r = grow(handles);
	if (r)
		return r;
	handle = calloc(1, sizeof(*handle));
	if (!handle)
		return -ENOMEM;
	if (!group) {
		r = add_group(handles, key->assoc_group_id, &group);
		if (r)
			return r;
	}

	pen_uuid_from_random(&handle->uuid, random);
	handle->key = *key;
	handle->object = object;
	pen_handle_line_init(&handle->line, end_line);
	*handlep = (struct pen_context_handle){ .uuid = handle->uuid };
	link_handle(handles, group, pen_take(&handle));
	return 0;
}

static struct pen_handle *find_of_group(const struct pen_handles *handles, uint32_t assoc_group_id,
					const struct pen_context_handle *wanted)
{
	struct pen_handle *handle;

	if (!handles->n || wanted->attributes)
		return NULL;
	handle = *handle_bucket(handles, wanted->uuid.time_low);
	while (handle && !pen_uuid_equal(&handle->uuid, &wanted->uuid))
		handle = handle->next_in_bucket;
	return handle && handle->key.assoc_group_id == assoc_group_id ? handle : NULL;
}

static struct pen_handle *find(const struct pen_handles *handles, const struct pen_handle_key *key,
			       const struct pen_context_handle *wanted)
{
	struct pen_handle *handle = find_of_group(handles, key->assoc_group_id, wanted);

	if (!handle || handle->key.type != key->type ||
	    !pen_sid_equal(&handle->key.user, &key->user) ||
	    (handle->key.interface != key->interface && !key->type->is_common))
		return NULL;
	return handle;
}

struct pen_handle_line *pen_handles_line(const struct pen_handles *handles, uint32_t assoc_group_id,
					 const struct pen_context_handle *wanted)
{
	struct pen_handle *handle = find_of_group(handles, assoc_group_id, wanted);

	return handle ? &handle->line : NULL;
}

int pen_handles_find(struct pen_handles *handles, const struct pen_handle_key *key,
		     const struct pen_context_handle *wanted, void **objectp)
{
	struct pen_handle *handle = find(handles, key, wanted);

	if (!handle)
		return PEN_E_NOT_FOUND;
	*objectp = handle->object;
	return 0;
}

int pen_handles_close(struct pen_handles *handles, const struct pen_handle_key *key,
		      const struct pen_context_handle *wanted, const struct pen_handle_user *by)
{
	struct pen_handle *handle = find(handles, key, wanted);

	if (!handle)
		return PEN_E_NOT_FOUND;
	run_down(handles, handle, by);
	return 0;
}

void pen_handles_end_group(struct pen_handles *handles, uint32_t assoc_group_id)
{
	struct handle_group *group;

	/* Looked up each time: what rundown does may change the group, or end it. */
	while ((group = find_group(handles, assoc_group_id)))
		run_down(handles, group->first, NULL);
}

size_t pen_handles_count(const struct pen_handles *handles)
{
	return handles->n;
}

size_t pen_handles_count_group(const struct pen_handles *handles, uint32_t assoc_group_id)
{
	const struct handle_group *group = find_group(handles, assoc_group_id);

	return group ? group->n : 0;
}
