/* SPDX-License-Identifier: MIT */
/* How many children of each kind there are and were. */
#include "daemon/bequest.h"
#include "daemon/child-parts.h"
#include <errno.h>
#include <string.h>

struct child_count child_counts[CHILD_KINDS];

const char *child_kind_name(enum child_kind kind)
{
	static const char *const names[] = {
		[CHILD_WORKER] = "worker",	    [CHILD_GREETER] = "penstock-greeter",
		[CHILD_AUTHD] = "penstock-authd",   [CHILD_RELAY] = "penstock-relay",
		[CHILD_PORTER] = "penstock-porter", [CHILD_PAGE] = "penstock-status",
	};

	_Static_assert(PEN_COUNT(names) == CHILD_KINDS, "one for each");
	return names[kind];
}

struct child_count child_count(enum child_kind kind)
{
	struct child_count count = child_counts[kind];

	pen_list_each (link, after, &child_all) {
		const struct child *child = pen_list_entry(link, struct child, link);

		if (child->kind != kind || !child->pid)
			continue;
		count.n++;
		if (child->started_at < count.started_at)
			continue;
		count.pid = child->pid;
		count.started_at = child->started_at;
	}
	return count;
}

void child_count_anew(void)
{
	memset(child_counts, 0, sizeof(child_counts));
}

int child_bequeath_counts(struct heritage_estate *estate, struct bequest *bequest)
{
	estate->kinds = pen_arena_array(&bequest->arena, CHILD_KINDS, sizeof(*estate->kinds));
	if (!estate->kinds)
		return -ENOMEM;
	for (; estate->n_kinds < CHILD_KINDS; estate->n_kinds++) {
		const struct child_count *count = &child_counts[estate->n_kinds];

		estate->kinds[estate->n_kinds] =
			(struct heritage_kind){ (int64_t)count->started, (int64_t)count->crashed,
						(int64_t)count->handed };
	}
	return 0;
}

void child_adopt_counts(const struct heritage_estate *estate)
{
	child_count_anew();
	for (uint32_t i = 0; i < estate->n_kinds && i < CHILD_KINDS; i++) {
		const struct heritage_kind *kind = &estate->kinds[i];

		child_counts[i] = (struct child_count){ .started = (uint64_t)kind->started,
							.crashed = (uint64_t)kind->crashed,
							.handed = (uint64_t)kind->handed };
	}
}
