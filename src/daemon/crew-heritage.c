/* SPDX-License-Identifier: MIT */
/* A crew and its processes, beyond exec; and what goes to the crew that has its place. */
#include "daemon/bequest.h"
#include "daemon/crew.h"
#include "daemon/door.h"
#include "daemon/legacy.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is left ---- */

static int bequeath_visitors(const struct pen_list *list, uint32_t n,
			     struct heritage_visitor **lettersp, uint32_t *np,
			     struct bequest *bequest)
{
	struct heritage_visitor *letters = pen_arena_array(&bequest->arena, n, sizeof(*letters));
	uint32_t i = 0;
	int r = letters ? 0 : -ENOMEM;

	for (const struct pen_list *link = list->next; !r && link != list; link = link->next)
		r = visitor_bequeath(pen_list_entry(link, const struct visitor, link),
				     &letters[i++], bequest);
	*lettersp = letters;
	*np = i;
	return r;
}

static int bequeath_worker(const struct worker *worker, struct heritage_worker *letter,
			   struct bequest *bequest)
{
	int r;

	*letter = (struct heritage_worker){
		.index = worker->index,
		.stage = (uint16_t)worker->stage,
		.n_sent = worker->n_sent,
		.report = worker->report,
		.idle_since = (int64_t)worker->idle_since,
		.started_at = (int64_t)worker->started_at,
		.reported_at = (int64_t)worker->reported_at,
	};
	r = child_bequeath(worker->child, &letter->child, bequest);
	if (r)
		return r;
	return bequeath_visitors(&worker->waiting, worker->n_waiting, &letter->waiting,
				 &letter->n_waiting, bequest);
}

int crew_bequeath(const struct crew *crew, struct heritage_crew *letter, struct bequest *bequest)
{
	const struct pen_slice *source = &crew->listing.source;
	int r = 0;

	*letter = (struct heritage_crew){
		.program = { .path = crew->path,
			     .stamp = crew->stamp,
			     .n_source = (uint32_t)source->size,
			     .source = (uint8_t *)(uintptr_t)source->data },
		.is_retired = crew->is_retired,
		.n_crashes = crew->n_crashes,
		.backoff_max = (int64_t)crew->backoff_max,
		.crashed_at = (int64_t)crew->crashed_at,
		.n_started = (int64_t)crew->n_started,
		.n_ready = (int64_t)crew->n_ready,
		.n_crashed = (int64_t)crew->n_crashed,
		.past = crew->past,
	};
	letter->workers =
		pen_arena_array(&bequest->arena, crew->n_workers, sizeof(*letter->workers));
	if (!letter->workers)
		return -ENOMEM;
	for (const struct pen_list *link = crew->workers.next; !r && link != &crew->workers;
	     link = link->next)
		r = bequeath_worker(pen_list_entry(link, const struct worker, link),
				    &letter->workers[letter->n_workers++], bequest);
	if (r)
		return r;
	return bequeath_visitors(&crew->waiting, crew->n_waiting, &letter->waiting,
				 &letter->n_waiting, bequest);
}

/* ---- what is adopted ---- */

static void adopt_worker(struct crew *crew, const struct crew_heir *heir,
			 const struct heritage_worker *letter)
{
	struct crew_world *world = crew->world;
	struct child_listener listener;
	struct worker *worker;

	if (!letter->index || world->workers[letter->index] || letter->stage > WORKER_LEAVING)
		return;
	worker = calloc(1, sizeof(*worker));
	if (!worker)
		return;
	worker->crew = crew;
	worker->index = letter->index;
	worker->stage = (enum worker_stage)letter->stage;
	worker->report = letter->report;
	worker->n_sent = letter->n_sent;
	worker->idle_since = (uint64_t)letter->idle_since;
	worker->started_at = (uint64_t)letter->started_at;
	worker->reported_at = (uint64_t)letter->reported_at;
	pen_list_init(&worker->waiting);
	listener = crew_listener(worker);
	if (child_adopt(&worker->child, CHILD_WORKER, world->loop, &listener, &letter->child,
			heir->legacy)) {
		free(worker);
		return;
	}
	crew_add_worker(worker);
}

int crew_adopt(struct crew **crewp, const struct crew_heir *heir,
	       const struct heritage_crew *letter, char error[256])
{
	const struct heritage_program *program = &letter->program;
	struct listing listing;
	struct crew *crew;
	int r = listing_read_source(&listing, program->path,
				    (struct pen_slice){ program->source, program->n_source },
				    error);

	if (r)
		return r;
	r = crew_new(&crew, heir->world, program->path, &listing);
	if (r) {
		listing_done(&listing);
		return r;
	}
	crew->stamp = program->stamp;
	crew->is_retired = letter->is_retired;
	crew->n_crashes = letter->n_crashes;
	crew->backoff_max = (uint64_t)letter->backoff_max;
	crew->crashed_at = (uint64_t)letter->crashed_at;
	crew->n_started = (uint64_t)letter->n_started;
	crew->n_ready = (uint64_t)letter->n_ready;
	crew->n_crashed = (uint64_t)letter->n_crashed;
	crew->past = letter->past;
	for (uint32_t i = 0; i < letter->n_workers; i++)
		adopt_worker(crew, heir, &letter->workers[i]);
	*crewp = crew;
	return 0;
}

static struct visitor *adopt_visitor(const struct crew_heir *heir,
				     const struct heritage_visitor *letter)
{
	struct visitor *visitor;
	struct door *door = NULL;

	if (letter->door < heir->legacy->heritage.n_doors)
		door = heir->doors[letter->door];
	if (!door || letter->fd < 0 ||
	    visitor_adopt(&visitor, heir->visitors, door, letter, heir->legacy))
		return NULL;
	return visitor;
}

static void adopt_waiting(struct worker *worker, const struct crew_heir *heir,
			  const struct heritage_worker *letter)
{
	for (uint32_t i = 0; i < letter->n_waiting && i < CREW_WAITING_MAX; i++) {
		struct visitor *visitor = adopt_visitor(heir, &letter->waiting[i]);

		if (!visitor)
			continue;
		pen_list_append(&worker->waiting, &visitor->link);
		worker->n_waiting++;
	}
}

void crew_adopt_waiting(struct crew *crew, const struct crew_heir *heir,
			const struct heritage_crew *letter)
{
	for (uint32_t i = 0; i < letter->n_workers; i++) {
		struct worker *worker = crew->world->workers[letter->workers[i].index];

		if (worker && worker->crew == crew)
			adopt_waiting(worker, heir, &letter->workers[i]);
	}
	for (uint32_t i = 0; i < letter->n_waiting; i++) {
		struct visitor *visitor = adopt_visitor(heir, &letter->waiting[i]);

		if (visitor && !crew->is_retired)
			crew_serve(crew, visitor);
		else
			visitor_free(visitor);
	}
}

/* ---- what another crew is left ---- */

void crew_inherit(struct crew *crew, struct crew *from)
{
	crew->n_started += from->n_started;
	crew->n_crashed += from->n_crashed;
	crew->past.arrivals += from->past.arrivals;
	crew->past.calls_in += from->past.calls_in;
	crew->past.faults += from->past.faults;
	from->n_started = from->n_crashed = 0;
	from->past = (struct worker_state){ 0 };
}
