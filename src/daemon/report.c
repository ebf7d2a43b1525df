/* SPDX-License-Identifier: MIT */
#include "daemon/report.h"
#include "daemon/door.h"
#include "daemon/supervisor.h"
#include <errno.h>
#include <penstock/status.h>
#include <string.h>
#include <unistd.h>

static uint32_t count(const struct pen_list *list, uint32_t max)
{
	uint32_t n = 0;

	for (const struct pen_list *link = list->next; link != list && n < max; link = link->next)
		n++;
	return n;
}

/* ---- programs ---- */

static struct control_worker describe_worker(const struct worker *worker, uint64_t now)
{
	static const enum control_worker_stage stages[] = {
		[WORKER_STARTING] = control_STARTING,
		[WORKER_READY] = control_READY,
		[WORKER_LEAVING] = control_LEAVING,
	};
	const struct worker_state *told = &worker->report;

	return (struct control_worker){
		.number = worker->index,
		.pid = (uint32_t)child_pid(worker->child),
		.stage = worker->crew->is_retired ? control_LEAVING : stages[worker->stage],
		.age_ms = (int64_t)(now - worker->started_at),
		.told_ms = worker->reported_at ? (int64_t)(now - worker->reported_at) : -1,
		.connections = told->connections,
		.groups = told->groups,
		.handles = told->handles,
		.calls = told->calls,
		.waiting = worker->n_waiting,
		.arrivals = told->arrivals,
		.calls_begun = told->calls_in,
		.faults = told->faults,
	};
}

/* Those of one path: a crew, and those that had its place before. */
struct family {
	const char *path;
	const struct pen_list *lists[2];
	uint64_t now;
};

static uint32_t count_workers(const struct family *family)
{
	uint32_t n = 0;

	for (size_t i = 0; i < PEN_COUNT(family->lists); i++)
		pen_list_each (link, after, family->lists[i]) {
			const struct crew *crew = pen_list_entry(link, struct crew, link);

			if (!strcmp(crew->path, family->path))
				n += crew->n_workers;
		}
	return n < control_WORKERS_MAX ? n : control_WORKERS_MAX;
}

static void add_crew(const struct crew *crew, uint64_t now, uint32_t max,
		     struct control_program *program)
{
	program->started += (int64_t)crew->n_started;
	program->crashed += (int64_t)crew->n_crashed;
	program->waiting += crew->n_waiting;
	program->arrivals += crew->past.arrivals;
	program->calls_begun += crew->past.calls_in;
	program->faults += crew->past.faults;
	pen_list_each (link, after, &crew->workers) {
		const struct worker *worker = pen_list_entry(link, struct worker, link);

		program->arrivals += worker->report.arrivals;
		program->calls_begun += worker->report.calls_in;
		program->faults += worker->report.faults;
		if (program->n_workers < max)
			program->workers[program->n_workers++] = describe_worker(worker, now);
	}
}

static int add_family(const struct family *family, struct pen_arena *arena,
		      struct control_program *program)
{
	uint32_t max = count_workers(family);

	program->workers = pen_arena_array(arena, max, sizeof(*program->workers));
	if (!program->workers)
		return -ENOMEM;
	for (size_t i = 0; i < PEN_COUNT(family->lists); i++)
		pen_list_each (link, after, family->lists[i]) {
			const struct crew *crew = pen_list_entry(link, struct crew, link);

			if (!strcmp(crew->path, family->path))
				add_crew(crew, family->now, max, program);
		}
	return 0;
}

static const char *print_uuid(const struct pen_uuid *uuid, struct pen_arena *arena)
{
	char *text = pen_arena_alloc(arena, PEN_UUID_TEXT_SIZE);

	if (text)
		pen_uuid_print(uuid, text);
	return text;
}

static int describe_interfaces(const struct listing *listing, struct pen_arena *arena,
			       struct control_program *program)
{
	size_t n = listing->n_interfaces;

	if (n > control_INTERFACES_MAX)
		n = control_INTERFACES_MAX;
	program->interfaces = pen_arena_array(arena, n, sizeof(*program->interfaces));
	if (!program->interfaces)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct listing_interface *interface = &listing->interfaces[i];
		struct control_served *served = &program->interfaces[program->n_interfaces++];

		served->name = interface->name ? interface->name : "";
		served->uuid = print_uuid(&interface->id.uuid, arena);
		if (!served->uuid)
			return -ENOMEM;
		served->major = interface->id.major;
		served->minor = interface->id.minor;
	}
	return 0;
}

static int describe_program(const struct crew *crew, const struct supervisor_view *view,
			    struct pen_arena *arena, struct control_program *program)
{
	const struct family family = { crew->path, { view->crews, view->retired }, view->now };
	int r;

	*program = (struct control_program){
		.name = crew->listing.program,
		.path = crew->path,
		.workers_min = crew->listing.workers_min,
		.workers_max = crew->listing.workers_max,
		.idle_s = crew->listing.idle_s,
		.crashes = crew->n_crashes,
		.backoff_ms = (int64_t)crew_backoff(crew),
	};
	r = describe_interfaces(&crew->listing, arena, program);
	return r ? r : add_family(&family, arena, program);
}

static bool is_told(const struct control_status *status, const struct crew *crew)
{
	for (uint32_t i = 0; i < status->n_programs; i++)
		if (!strcmp(status->programs[i].path, crew->path))
			return true;
	return false;
}

/* One that is no program any more is told of as long as it has processes. */
static int describe_programs(const struct supervisor_view *view, struct pen_arena *arena,
			     struct control_status *status)
{
	const struct pen_list *const lists[] = { view->crews, view->retired };
	uint32_t n = count(view->crews, control_PROGRAMS_MAX);
	int r = 0;

	n += count(view->retired, control_PROGRAMS_MAX - n);
	status->programs = pen_arena_array(arena, n, sizeof(*status->programs));
	if (!status->programs)
		return -ENOMEM;
	for (size_t i = 0; i < PEN_COUNT(lists); i++)
		pen_list_each (link, after, lists[i]) {
			const struct crew *crew = pen_list_entry(link, struct crew, link);

			if (!r && status->n_programs < n && !is_told(status, crew))
				r = describe_program(crew, view, arena,
						     &status->programs[status->n_programs++]);
		}
	return r;
}

/* ---- endpoints ---- */

static int describe_endpoint(const struct door *door, struct pen_arena *arena,
			     struct control_endpoint *endpoint)
{
	*endpoint = (struct control_endpoint){
		.binding = door->binding,
		.listed = door->listed,
		.is_open = door->is_open,
		.programs = pen_arena_array(arena, door->n_crews, sizeof(*endpoint->programs)),
	};
	if (!endpoint->programs)
		return -ENOMEM;
	for (size_t i = 0; i < door->n_crews && i < control_BEHIND_MAX; i++)
		endpoint->programs[endpoint->n_programs++].name = door->crews[i]->listing.program;
	return 0;
}

/* ---- children ---- */

/* Workers that have a way to penstock-authd. */
static int32_t count_asking(const struct supervisor_view *view)
{
	const struct pen_list *const lists[] = { view->crews, view->retired };
	uint64_t run = keeper_run(view->keeper);
	int32_t n = 0;

	for (size_t i = 0; i < PEN_COUNT(lists); i++)
		pen_list_each (link, after, lists[i]) {
			struct crew *crew = pen_list_entry(link, struct crew, link);

			pen_list_each (other, next, &crew->workers)
				n += pen_list_entry(other, struct worker, link)->keeper_run == run;
		}
	return n;
}

static bool is_there(enum child_kind kind, const struct supervisor_view *view)
{
	switch (kind) {
	case CHILD_GREETER:
		return true;
	case CHILD_AUTHD:
		return view->keeper;
	case CHILD_RELAY:
		return view->config->samba_np;
	case CHILD_PORTER:
		return view->config->objects;
	default:
		return child_count(kind).started;
	}
}

static struct control_child describe_child(enum child_kind kind, const struct supervisor_view *view)
{
	const struct child_count count = child_count(kind);

	return (struct control_child){
		.name = child_kind_name(kind),
		.pid = (uint32_t)count.pid,
		.processes = count.n,
		.age_ms = count.pid ? (int64_t)(view->now - count.started_at) : -1,
		.started = (int64_t)count.started,
		.crashed = (int64_t)count.crashed,
		.handed = (int64_t)(kind == CHILD_PORTER ? view->n_visits : count.handed),
		.holds = kind == CHILD_GREETER ? (int32_t)view->visitors
			 : kind == CHILD_AUTHD ? count_asking(view)
					       : -1,
	};
}

static int describe_children(const struct supervisor_view *view, struct pen_arena *arena,
			     struct control_status *status)
{
	status->children = pen_arena_array(arena, CHILD_KINDS, sizeof(*status->children));
	if (!status->children)
		return -ENOMEM;
	for (enum child_kind kind = CHILD_GREETER; kind < CHILD_KINDS; kind++)
		if (is_there(kind, view))
			status->children[status->n_children++] = describe_child(kind, view);
	return 0;
}

/* ---- the whole ---- */

static int describe_endpoints(const struct supervisor_view *view, struct pen_arena *arena,
			      struct control_status *status)
{
	uint32_t n = count(view->doors, control_ENDPOINTS_MAX);
	int r = 0;

	status->endpoints = pen_arena_array(arena, n, sizeof(*status->endpoints));
	if (!status->endpoints)
		return -ENOMEM;
	pen_list_each (link, after, view->doors)
		if (!r && status->n_endpoints < n)
			r = describe_endpoint(pen_list_entry(link, struct door, link), arena,
					      &status->endpoints[status->n_endpoints++]);
	return r;
}

static enum control_daemon_state state_of(const struct supervisor_view *view)
{
	return view->is_stopping    ? control_STOPPING
	       : view->is_upgrading ? control_UPGRADING
	       : view->is_reloading ? control_RELOADING
				    : control_RUNNING;
}

int report_status(const struct supervisor *supervisor, struct pen_arena *arena,
		  struct control_status *status)
{
	struct supervisor_view view;
	int r;

	supervisor_view(supervisor, &view);
	*status = (struct control_status){
		.version = PEN_VERSION,
		.pid = (uint32_t)getpid(),
		.state = state_of(&view),
		.uptime_ms = (int64_t)(view.now - view.started_at),
		.image_ms = (int64_t)(view.now - view.image_at),
		.reload = view.reload ? PEN_WERR_INVALID_DATA : PEN_WERR_SUCCESS,
		.greeter = { .pid = (uint32_t)view.greeter,
			     .started = (int64_t)view.n_greeters,
			     .visitors = view.visitors,
			     .visitors_max = view.config->visitors_max },
		.accepted = (int64_t)view.n_accepted,
		.refused = (int64_t)view.n_refused,
	};
	r = describe_endpoints(&view, arena, status);
	if (!r)
		r = describe_children(&view, arena, status);
	return r ? r : describe_programs(&view, arena, status);
}
