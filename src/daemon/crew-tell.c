/* SPDX-License-Identifier: MIT */
/* What the processes of a crew are told, but for who comes. */
#include "daemon/crew.h"
#include "daemon/door.h"
#include "daemon/programs.h"
#include "daemon/table.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A socket to penstock-authd, if there is one; -1: there is none. */
static int connect_keeper(struct worker *worker, int *socketp)
{
	const struct crew *crew = worker->crew;
	char name[64];
	struct keeper_client client = { .name = name };

	*socketp = -1;
	if (!crew->world->keeper)
		return 0;
	snprintf(name, sizeof(name), "%.50s %u", crew->listing.program, worker->index);
	/* Not who is only called so: the file is penstock's own. */
	client.has_accounts = programs_is_own(crew->path, "penstock-lsass");
	return keeper_connect(crew->world->keeper, &client, socketp, &worker->keeper_run);
}

static int greet(struct worker *worker)
{
	const struct crew_world *world = worker->crew->world;
	struct worker_endpoint endpoints[worker_ENDPOINTS_MAX];
	struct worker_order order = { .verb = worker_HELLO };
	uint32_t n = 0;
	int socket, r;

	for (struct pen_list *link = world->doors->next; link != world->doors; link = link->next) {
		struct door *door = pen_list_entry(link, struct door, link);

		for (size_t i = 0; !door->is_raw && i < door->n_crews && n < worker_ENDPOINTS_MAX; i++)
			if (door->crews[i] == worker->crew)
				endpoints[n++] =
					(struct worker_endpoint){ door->binding, door->listed };
	}
	order.body.hello = (struct worker_hello){
		.index = worker->index,
		.is_first = !worker->crew->n_ready,
		.n_endpoints = n,
		.endpoints = endpoints,
		.ncalrpc_dir = world->ncalrpc_dir,
	};
	r = connect_keeper(worker, &socket);
	if (r)
		return r;
	order.body.hello.has_authority = socket >= 0;
	r = child_tell(worker->child, &order, socket);
	if (r && socket >= 0)
		close(socket);
	return r;
}

/* What an endpoint mapper knows. */
static int teach(struct worker *worker)
{
	struct worker_order order = { .verb = worker_TABLE };
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, PEN_WORKER_ARENA_MAX);
	r = table_build(&order.body.table, worker->crew->world->doors, &arena);
	if (!r)
		r = child_tell(worker->child, &order, -1);
	pen_arena_done(&arena);
	return r;
}

int crew_tell_first(struct worker *worker)
{
	const struct crew *crew = worker->crew;
	int r = greet(worker);

	if (!r && rules_say_something(crew->world->rules))
		r = rules_tell(crew->world->rules, worker->child);
	if (!r && crew->listing.needs_table)
		r = teach(worker);
	return r ? r : onlookers_tell(&crew->world->onlookers, worker->child);
}

void crew_rule(struct crew *crew)
{
	pen_list_each (link, after, &crew->workers) {
		struct child *child = pen_list_entry(link, struct worker, link)->child;
		int r = rules_tell(crew->world->rules, child);

		if (!r)
			continue;
		log_line(crew->world->log, PEN_LOG_ERROR, "policy", "program",
			 crew->listing.program, "error", pen_error_name(r), "message",
			 "a process cannot be told, and is ended", NULL);
		child_kill(child, SIGKILL);
	}
}

void crew_reload(struct crew *crew)
{
	const struct worker_order order = { .verb = worker_RELOAD };

	pen_list_each (link, after, &crew->workers)
		child_tell(pen_list_entry(link, struct worker, link)->child, &order, -1);
}

void crew_teach(struct crew *crew)
{
	if (crew->listing.needs_table)
		pen_list_each (link, after, &crew->workers)
			teach(pen_list_entry(link, struct worker, link));
}

static int reconnect(struct worker *worker)
{
	const struct worker_order order = { .verb = worker_AUTHORITY };
	int socket;
	int r = connect_keeper(worker, &socket);

	if (r)
		return r;
	r = child_tell(worker->child, &order, socket);
	if (r)
		close(socket);
	return r;
}

void crew_reconnect(struct crew *crew)
{
	pen_list_each (link, after, &crew->workers) {
		struct worker *worker = pen_list_entry(link, struct worker, link);

		if (worker->keeper_run != keeper_run(crew->world->keeper) && reconnect(worker))
			log_line(crew->world->log, PEN_LOG_WARNING, "worker", "program",
				 crew->listing.program, "message",
				 "a process has no way to penstock-authd", NULL);
	}
}
