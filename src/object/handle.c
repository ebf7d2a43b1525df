/* SPDX-License-Identifier: MIT */
#include "object/state.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool pen_object_is_nil(const struct dtyp_GUID *id)
{
	static const struct dtyp_GUID nil;

	return !memcmp(id, &nil, sizeof(nil));
}

/* Programs choose some of them, so the seed has its part. */
static struct pen_object_handle **bucket_of(const struct pen_objects *objects,
					    const struct dtyp_GUID *id)
{
	const uint8_t *bytes = (const uint8_t *)id;
	uint32_t hash = objects->tree.seed;

	for (size_t i = 0; i < sizeof(*id); i++) {
		hash = (hash ^ bytes[i]) * 16777619;
		hash ^= hash >> 15;
	}
	return &objects->handles[hash & (objects->n_handle_buckets - 1)];
}

static void grow(struct pen_objects *objects)
{
	struct pen_object_handle **old = objects->handles;
	size_t n = objects->n_handle_buckets;
	struct pen_object_handle **buckets = calloc(2 * n, sizeof(struct pen_object_handle *));

	if (!buckets)
		return;
	objects->handles = buckets;
	objects->n_handle_buckets = 2 * n;
	for (size_t i = 0; i < n; i++) {
		while (old[i]) {
			struct pen_object_handle *handle = old[i];
			struct pen_object_handle **bucket = bucket_of(objects, &handle->id);

			old[i] = handle->next;
			handle->next = *bucket;
			*bucket = handle;
		}
	}
	free(old);
}

static struct pen_object_handle *find(const struct pen_objects *objects, const struct dtyp_GUID *id)
{
	struct pen_object_handle *handle = *bucket_of(objects, id);

	while (handle && memcmp(&handle->id, id, sizeof(*id)))
		handle = handle->next;
	return handle;
}

int pen_object_handle_make(struct pen_objects *objects, struct dtyp_GUID *id)
{
	struct pen_uuid uuid;
	uint8_t bytes[16];
	int r;

	do {
		r = objects->config.random(objects->config.data, bytes, sizeof(bytes));
		if (r)
			return r;
		pen_uuid_from_random(&uuid, bytes);
		*id = pen_letter_put_guid(&uuid);
	} while (find(objects, id));
	return 0;
}

void pen_object_handle_add(struct pen_objects *objects, struct pen_object_handle *handle)
{
	struct pen_object_handle **bucket;

	if (objects->n_handles >= objects->n_handle_buckets)
		grow(objects);
	bucket = bucket_of(objects, &handle->id);
	handle->next = *bucket;
	*bucket = handle;
	handle->is_known = true;
	objects->n_handles++;
}

void pen_object_handle_remove(struct pen_objects *objects, struct pen_object_handle *handle)
{
	struct pen_object_handle **at;

	if (!handle->is_known)
		return;
	at = bucket_of(objects, &handle->id);
	while (*at != handle)
		at = &(*at)->next;
	*at = handle->next;
	handle->is_known = false;
	objects->n_handles--;
}

struct pen_object_instance *pen_object_find_instance(struct pen_objects *objects,
						     const struct dtyp_GUID *id)
{
	struct pen_object_handle *handle = find(objects, id);

	return handle && !handle->is_client ? (struct pen_object_instance *)handle : NULL;
}

struct pen_object_client *pen_object_find_client(struct pen_objects *objects,
						 const struct dtyp_GUID *id)
{
	struct pen_object_handle *handle = find(objects, id);

	return handle && handle->is_client ? (struct pen_object_client *)handle : NULL;
}
