/* SPDX-License-Identifier: MIT */
/* How the supervisor is, for people and tests. */
#include "daemon/supervisor-parts.h"
#include "daemon/table.h"
#include <stdio.h>

void supervisor_describe(const struct supervisor *supervisor, char *text, size_t n)
{
	struct supervisor_stats stats;
	size_t n_programs = 0;

	supervisor_stats(supervisor, &stats);
	pen_list_each (link, after, &supervisor->crews)
		n_programs++;
	snprintf(text, n, "%zu programs, %u processes, %u connections", n_programs, stats.workers,
		 stats.connections);
}

int supervisor_table(const struct supervisor *supervisor, struct worker_table *table,
		     struct pen_arena *arena)
{
	return table_build(table, &supervisor->doors, arena);
}

void supervisor_view(const struct supervisor *supervisor, struct supervisor_view *view)
{
	*view = (struct supervisor_view){
		.config = &supervisor->config,
		.crews = &supervisor->crews,
		.retired = &supervisor->retired,
		.doors = &supervisor->doors,
		.keeper = supervisor->world.keeper,
		.n_visits = supervisor->annex.n_accepted,
		.greeter = supervisor->greeter ? child_pid(supervisor->greeter) : 0,
		.n_greeters = supervisor->n_greeters,
		.n_accepted = supervisor->n_accepted + supervisor->annex.n_accepted,
		.n_refused = supervisor->n_refused + supervisor->annex.n_refused,
		.now = uv_now(&supervisor->loop.uv),
		.started_at = supervisor->started_at,
		.image_at = supervisor->image_at,
		.visitors = supervisor->visitors.n + supervisor->last_visitors.n,
		.reload = supervisor->reload,
		.is_stopping = supervisor->is_stopping,
		.is_upgrading = supervisor->is_upgrading,
		.is_reloading = supervisor->clerk && !supervisor->is_upgrading,
	};
}

const char *supervisor_binding(const struct supervisor *supervisor, size_t n, const char **listedp)
{
	pen_list_each (link, after, &supervisor->doors) {
		const struct door *door = pen_list_entry(link, struct door, link);

		if (n--)
			continue;
		*listedp = door->listed;
		return door->binding;
	}
	return NULL;
}

pid_t supervisor_authd(const struct supervisor *supervisor)
{
	return supervisor->world.keeper ? keeper_pid(supervisor->world.keeper) : 0;
}

static void add_stats(struct supervisor_stats *stats, const struct crew *crew)
{
	stats->workers += crew->n_workers;
	stats->waiting += crew_count_waiting(crew);
	stats->started += crew->n_started;
	stats->crashed += crew->n_crashed;
	for (const struct pen_list *link = crew->workers.next; link != &crew->workers;
	     link = link->next)
		stats->connections +=
			pen_list_entry(link, const struct worker, link)->report.connections;
}

void supervisor_stats(const struct supervisor *supervisor, struct supervisor_stats *stats)
{
	*stats = (struct supervisor_stats){
		.visitors = supervisor->visitors.n + supervisor->last_visitors.n,
		.accepted = supervisor->n_accepted + supervisor->annex.n_accepted,
		.refused = supervisor->n_refused + supervisor->annex.n_refused,
		.porter = annex_porter(&supervisor->annex),
		.carried = annex_carried(&supervisor->annex),
	};
	pen_list_each (link, after, &supervisor->crews)
		add_stats(stats, pen_list_entry(link, struct crew, link));
	pen_list_each (link, after, &supervisor->retired)
		add_stats(stats, pen_list_entry(link, struct crew, link));
}
