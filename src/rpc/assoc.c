/* SPDX-License-Identifier: MIT */
#include "base/list.h"
#include "rpc/engine.h"
#include <errno.h>
#include <stdlib.h>

enum { BUCKETS = 256, OF_AN_INDEX = 0xffff /* groups, at most */ };

struct pen_assoc_group {
	struct pen_list link;
	struct pen_assoc_groups *groups;
	uint32_t id;
	enum pen_protseq protseq;
	size_t n_members;
};

struct pen_assoc_groups {
	struct pen_list buckets[BUCKETS];
	size_t n;
	size_t max;
	uint16_t index; /* the upper half of new ids; 0: they are all random */
	uint32_t (*random)(void *data);
	void *random_data;
	void (*ended)(void *data, uint32_t assoc_group_id);
	void *ended_data;
};

int pen_assoc_groups_new(struct pen_assoc_groups **groupsp, size_t max,
			 uint32_t (*random)(void *data), void *data)
{
	struct pen_assoc_groups *groups = calloc(1, sizeof(*groups));

	if (!groups)
		return -ENOMEM;
	for (size_t i = 0; i < BUCKETS; i++)
		pen_list_init(&groups->buckets[i]);
	groups->max = max;
	groups->random = random;
	groups->random_data = data;
	*groupsp = groups;
	return 0;
}

struct pen_assoc_groups *pen_assoc_groups_free(struct pen_assoc_groups *groups)
{
	if (!groups)
		return NULL;
	for (size_t i = 0; i < BUCKETS; i++)
		pen_list_each (link, after, &groups->buckets[i])
			free(pen_list_entry(link, struct pen_assoc_group, link));
	free(groups);
	return NULL;
}

size_t pen_assoc_groups_count(const struct pen_assoc_groups *groups)
{
	return groups->n;
}

void pen_assoc_groups_on_end(struct pen_assoc_groups *groups,
			     void (*ended)(void *data, uint32_t assoc_group_id), void *data)
{
	groups->ended = ended;
	groups->ended_data = data;
}

void pen_assoc_groups_set_index(struct pen_assoc_groups *groups, uint16_t index)
{
	groups->index = index;
}

static struct pen_assoc_group *find(struct pen_assoc_groups *groups, uint32_t id)
{
	struct pen_list *bucket = &groups->buckets[id % BUCKETS];

	pen_list_each (link, after, bucket) {
		struct pen_assoc_group *group = pen_list_entry(link, struct pen_assoc_group, link);

		if (group->id == id)
			return group;
	}
	return NULL;
}

/* Perhaps a new id; 0: none. */
static uint32_t draw_id(struct pen_assoc_groups *groups)
{
	uint32_t id = groups->random(groups->random_data);

	if (!groups->index)
		return id;
	return id & 0xffff ? (uint32_t)groups->index << 16 | (id & 0xffff) : 0;
}

static int add(struct pen_assoc_groups *groups, enum pen_protseq protseq,
	       struct pen_assoc_group **groupp)
{
	struct pen_assoc_group *group;
	uint32_t id;

	if (groups->n >= groups->max || (groups->index && groups->n >= OF_AN_INDEX))
		return PEN_E_LIMIT;
	do {
		id = draw_id(groups);
	} while (id == 0 || find(groups, id));
	group = calloc(1, sizeof(*group));
	if (!group)
		return -ENOMEM;

	group->groups = groups;
	group->id = id;
	group->protseq = protseq;
	pen_list_append(&groups->buckets[id % BUCKETS], &group->link);
	groups->n++;
	*groupp = group;
	return 0;
}

int pen_assoc_group_join(struct pen_assoc_groups *groups, uint32_t id, enum pen_protseq protseq,
			 struct pen_assoc_group **groupp)
{
	struct pen_assoc_group *group = NULL;
	int r;

	if (id == 0) {
		r = add(groups, protseq, &group);
		if (r)
			return r;
	} else {
		group = find(groups, id);
		if (!group || group->protseq != protseq)
			return PEN_E_NOT_FOUND;
	}
	group->n_members++;
	*groupp = group;
	return 0;
}

void pen_assoc_group_leave(struct pen_assoc_group *group)
{
	struct pen_assoc_groups *groups;

	if (!group || --group->n_members > 0)
		return;
	groups = group->groups;
	pen_list_remove(&group->link);
	groups->n--;
	if (groups->ended)
		groups->ended(groups->ended_data, group->id);
	free(group);
}

uint32_t pen_assoc_group_id(const struct pen_assoc_group *group)
{
	return group->id;
}
