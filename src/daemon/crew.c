/* SPDX-License-Identifier: MIT */
#include "daemon/crew.h"
#include "daemon/door.h"
#include "worker/options.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static void say(const struct crew *crew, enum pen_log_level level, const char *message)
{
	log_line(crew->world->log, level, "worker", "program", crew->listing.program, "message",
		 message, NULL);
}

/* ---- its processes ---- */

static void worker_free(struct worker *worker)
{
	struct crew *crew = worker->crew;

	crew->past.arrivals += worker->report.arrivals;
	crew->past.calls_in += worker->report.calls_in;
	crew->past.faults += worker->report.faults;
	crew->world->workers[worker->index] = NULL;
	pen_list_remove(&worker->link);
	crew->n_workers--;
	child_free(worker->child);
	free(worker);
}

static void start_waiting(struct crew *crew);

/*
 * The next start is later each time, until there was no crash for a while. One that was not ready
 * after others were is only twice as late as they may be, and so on.
 */
static void note_crash(struct crew *crew, bool was_ready)
{
	uint64_t now = uv_now(crew->world->loop);

	if (now - crew->crashed_at > CREW_CALM_MS) {
		crew->n_crashes = 0;
		crew->backoff_max = CREW_BACKOFF_MAX_MS;
	}
	if (was_ready)
		crew->backoff_max = CREW_BACKOFF_READY_MS;
	else if (crew->backoff_max < CREW_BACKOFF_MAX_MS / 2)
		crew->backoff_max *= 2;
	else
		crew->backoff_max = CREW_BACKOFF_MAX_MS;
	crew->crashed_at = now;
	crew->n_crashes++;
	crew->n_crashed++;
	if (crew->n_crashes == CREW_LOOP_MIN)
		say(crew, PEN_LOG_ERROR, "it crashes again and again, and is started less often");
}

uint64_t crew_backoff(const struct crew *crew)
{
	uint64_t since = uv_now(crew->world->loop) - crew->crashed_at;
	uint64_t ms = CREW_BACKOFF_MIN_MS;

	if (!crew->n_crashes)
		return 0;
	for (uint32_t i = 1; i < crew->n_crashes && ms < crew->backoff_max; i++)
		ms *= 2;
	if (ms > crew->backoff_max)
		ms = crew->backoff_max;
	return since < ms ? ms - since : 0;
}

static void describe_end(const struct worker *worker, int status)
{
	char text[96];

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "process %u was ended by signal %d", worker->index,
			 WTERMSIG(status));
	else
		snprintf(text, sizeof(text), "process %u ended with %d", worker->index,
			 WEXITSTATUS(status));
	say(worker->crew, status ? PEN_LOG_WARNING : PEN_LOG_INFO, text);
}

/* The crew that has its place now. NULL: none. */
static struct crew *successor_of(struct crew *crew, const struct visitor *visitor)
{
	const struct door *door = visitor->door;

	if (!crew->is_retired)
		return crew;
	for (size_t i = 0; i < door->n_crews; i++)
		if (!strcmp(door->crews[i]->path, crew->path))
			return door->crews[i];
	return NULL;
}

/* Another one has it, if this process does not listen any more. */
static void try_another(struct crew *crew, struct visitor *visitor, bool is_excused)
{
	crew = successor_of(crew, visitor);
	visitor->n_tries += !is_excused;
	if (crew && visitor->n_tries < CREW_TRIES_MAX)
		crew_serve(crew, visitor);
	else
		visitor_free(visitor);
}

/* It could not ask penstock-authd, which had ended: the next one waits for the next one. */
static bool was_unanswered(const struct worker *worker, int status)
{
	return worker->stage == WORKER_STARTING && WIFEXITED(status) &&
	       WEXITSTATUS(status) == PEN_WORKER_AWAY;
}

/* Whoever it had is gone with it; those that it did not get yet go elsewhere. */
static void on_ended(void *data, int status)
{
	struct worker *worker = data;
	struct crew *crew = worker->crew;
	bool was_away = was_unanswered(worker, status);
	struct pen_list left;

	pen_list_init(&left);
	pen_list_move(&left, &worker->waiting);
	describe_end(worker, status);
	if (!was_away && (status || worker->stage == WORKER_STARTING))
		note_crash(crew, worker->stage != WORKER_STARTING);
	worker_free(worker);
	pen_list_each (link, after, &left) {
		pen_list_remove(link);
		try_another(crew, pen_list_entry(link, struct visitor, link), was_away);
	}
	start_waiting(crew);
}

static void hand_over(struct worker *worker, struct visitor *visitor)
{
	struct worker_order order = { .verb = worker_ARRIVE };
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, PEN_WORKER_ARENA_MAX);
	r = visitor_describe(visitor, &order.body.arrival, &arena);
	if (!r)
		r = child_tell(worker->child, &order, visitor->fd);
	pen_arena_done(&arena);
	if (r == -EPIPE || r == -ECONNRESET) {
		worker->stage = WORKER_LEAVING;
		try_another(worker->crew, visitor, false);
		return;
	}
	if (!r) {
		visitor->fd = -1;
		worker->n_sent++;
	} else {
		say(worker->crew, PEN_LOG_ERROR, pen_error_name(r));
	}
	visitor_free(visitor);
}

/* Those that waited until it was ready, or its socket had room again: as many as it takes. */
static void hand_over_waiting(struct worker *worker)
{
	while (worker->stage == WORKER_READY && worker->n_waiting &&
	       !child_is_full(worker->child)) {
		struct pen_list *link = worker->waiting.next;

		pen_list_remove(link);
		worker->n_waiting--;
		hand_over(worker, pen_list_entry(link, struct visitor, link));
	}
}

static void on_ready(struct worker *worker)
{
	if (worker->stage != WORKER_STARTING)
		return;
	worker->stage = WORKER_READY;
	worker->crew->n_ready++;
	worker->idle_since = uv_now(worker->crew->world->loop);
	hand_over_waiting(worker);
}

static bool is_idle(const struct worker *worker)
{
	return worker->stage == WORKER_READY && !worker->report.connections &&
	       worker->report.arrivals == worker->n_sent;
}

static void on_state(struct worker *worker, const struct worker_state *state)
{
	bool was_idle = is_idle(worker);

	worker->report = *state;
	worker->reported_at = uv_now(worker->crew->world->loop);
	if (!was_idle && is_idle(worker))
		worker->idle_since = uv_now(worker->crew->world->loop);
}

static void on_said(void *data, const struct worker_report *report, int fd)
{
	struct worker *worker = data;

	if (report->verb == worker_READY)
		on_ready(worker);
	else if (report->verb == worker_STATE)
		on_state(worker, &report->body.state);
}

static void on_free(void *data)
{
	hand_over_waiting(data);
}

/* An index is not used again before all others were: a group of the last one is none of this. */
static uint16_t choose_index(struct crew_world *world)
{
	for (unsigned i = 0; i < UINT16_MAX; i++) {
		uint16_t index = ++world->next_index;

		if (index && !world->workers[index])
			return index;
	}
	return 0;
}

struct child_listener crew_listener(struct worker *worker)
{
	return (struct child_listener){
		.said = on_said, .free = on_free, .ended = on_ended, .data = worker
	};
}

static int start_child(struct worker *worker)
{
	const struct crew *crew = worker->crew;
	const char *const argv[] = { crew->path, "--worker", NULL };
	const struct confinement confinement = {
		.program = crew->path,
		.needs = &crew->listing.needs,
		.user = crew->listing.user ? crew->listing.user : crew->world->user,
		.files_max = crew->listing.needs.files_max,
	};
	const struct child_config config = {
		.argv = argv,
		.confinement = crew->world->is_confined ? &confinement : NULL,
		.loop = crew->world->loop,
		.listener = crew_listener(worker),
	};

	return child_start(&worker->child, &config);
}

void crew_add_worker(struct worker *worker)
{
	struct crew *crew = worker->crew;

	pen_list_append(&crew->workers, &worker->link);
	crew->n_workers++;
	crew->world->workers[worker->index] = worker;
}

static struct worker *worker_new(struct crew *crew)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int r;

	if (!worker)
		return NULL;
	worker->crew = crew;
	worker->index = choose_index(crew->world);
	worker->started_at = uv_now(crew->world->loop);
	pen_list_init(&worker->waiting);
	pen_list_append(&crew->workers, &worker->link);
	crew->n_workers++;
	r = worker->index ? start_child(worker) : PEN_E_LIMIT;
	if (!r) {
		crew->world->workers[worker->index] = worker;
		crew->n_started++;
		r = crew_tell_first(worker);
	}
	if (!r)
		return worker;
	say(crew, PEN_LOG_ERROR, r < 0 ? strerror(-r) : pen_error_name(r));
	worker_free(worker);
	note_crash(crew, true); /* what is lacking may be there soon */
	return NULL;
}

/* ---- its life ---- */

static void on_timer(uv_timer_t *timer)
{
	start_waiting(timer->data);
}

int crew_new(struct crew **crewp, struct crew_world *world, const char *path,
	     const struct listing *listing)
{
	struct crew *crew = calloc(1, sizeof(*crew));

	if (!crew)
		return -ENOMEM;
	crew->path = strdup(path);
	if (!crew->path) {
		free(crew);
		return -ENOMEM;
	}
	crew->world = world;
	crew->listing = *listing;
	crew->backoff_max = CREW_BACKOFF_MAX_MS;
	pen_list_init(&crew->link);
	pen_list_init(&crew->workers);
	pen_list_init(&crew->waiting);
	uv_timer_init(world->loop, &crew->timer);
	crew->timer.data = crew;
	*crewp = crew;
	return 0;
}

static void drop_visitors(struct pen_list *list)
{
	pen_list_each (link, after, list) {
		pen_list_remove(link);
		visitor_free(pen_list_entry(link, struct visitor, link));
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct crew *crew = handle->data;

	listing_done(&crew->listing);
	free(crew->path);
	free(crew);
}

void crew_free(struct crew *crew)
{
	pen_list_each (link, after, &crew->workers) {
		struct worker *worker = pen_list_entry(link, struct worker, link);

		drop_visitors(&worker->waiting);
		worker_free(worker);
	}
	drop_visitors(&crew->waiting);
	pen_list_remove(&crew->link);
	uv_close((uv_handle_t *)&crew->timer, on_closed);
}

void crew_prepare(struct crew *crew)
{
	while (crew->n_workers < crew->listing.workers_min)
		if (!worker_new(crew))
			return;
}

static void leave(struct worker *worker, bool is_now)
{
	const struct worker_order order = { .verb = worker_LEAVE, .body.is_now = is_now };

	worker->stage = WORKER_LEAVING;
	if (child_tell(worker->child, &order, -1))
		child_kill(worker->child, SIGTERM);
}

/* It stays a process that groups are found in, until it hears nothing more. */
static void ask_to_leave(struct worker *worker)
{
	const struct worker_order order = { .verb = worker_LEAVE };

	if (worker->stage != WORKER_LEAVING && child_tell(worker->child, &order, -1))
		child_kill(worker->child, SIGTERM);
}

void crew_retire(struct crew *crew)
{
	struct pen_list left;

	pen_list_init(&left);
	pen_list_move(&left, &crew->waiting);
	crew->is_retired = true;
	crew->n_waiting = 0;
	uv_timer_stop(&crew->timer);
	pen_list_each (link, after, &crew->workers) {
		struct worker *worker = pen_list_entry(link, struct worker, link);

		pen_list_move(&left, &worker->waiting);
		worker->n_waiting = 0;
		ask_to_leave(worker);
	}
	pen_list_each (link, after, &left) {
		struct visitor *visitor = pen_list_entry(link, struct visitor, link);
		struct crew *successor = successor_of(crew, visitor);

		pen_list_remove(link);
		if (successor)
			crew_serve(successor, visitor);
		else
			visitor_free(visitor);
	}
}

void crew_dismiss(struct crew *crew, bool is_now)
{
	drop_visitors(&crew->waiting);
	crew->n_waiting = 0;
	pen_list_each (link, after, &crew->workers)
		leave(pen_list_entry(link, struct worker, link), is_now);
}

uint32_t crew_count_waiting(const struct crew *crew)
{
	uint32_t n = crew->n_waiting;

	for (const struct pen_list *link = crew->workers.next; link != &crew->workers;
	     link = link->next)
		n += pen_list_entry(link, const struct worker, link)->n_waiting;
	return n;
}

void crew_sweep(struct crew *crew, uint64_t now)
{
	uint32_t n = 0;

	pen_list_each (link, after, &crew->workers)
		n += pen_list_entry(link, struct worker, link)->stage != WORKER_LEAVING;
	pen_list_each (link, after, &crew->workers) {
		struct worker *worker = pen_list_entry(link, struct worker, link);

		if (n <= crew->listing.workers_min)
			return;
		if (!is_idle(worker) ||
		    now - worker->idle_since < 1000 * (uint64_t)crew->listing.idle_s)
			continue;
		leave(worker, false);
		n--;
	}
}

/* ---- who serves whom ---- */

const struct listing_pipe *crew_pipe(const struct crew *crew, const char *name)
{
	for (size_t i = 0; i < crew->listing.n_pipes; i++)
		if (!strcmp(crew->listing.pipes[i].name, name))
			return &crew->listing.pipes[i];
	return NULL;
}

bool crew_serves(const struct crew *crew, const struct pen_syntax_id *syntax)
{
	for (size_t i = 0; i < crew->listing.n_interfaces; i++) {
		const struct pen_syntax_id *id = &crew->listing.interfaces[i].id;

		if (pen_uuid_equal(&id->uuid, &syntax->uuid) && id->major == syntax->major)
			return true;
	}
	return false;
}

struct worker *crew_world_find(const struct crew_world *world, uint32_t assoc_group_id)
{
	struct worker *worker = world->workers[assoc_group_id >> 16];

	return worker && worker->stage != WORKER_LEAVING ? worker : NULL;
}

bool crew_world_has_pid(const struct crew_world *world, pid_t pid)
{
	for (unsigned i = 1; pid && i <= UINT16_MAX; i++)
		if (world->workers[i] && child_pid(world->workers[i]->child) == pid)
			return true;
	return false;
}

/* One that starts may be free as well. */
static bool is_free(const struct worker *worker)
{
	return is_idle(worker) || (worker->stage == WORKER_STARTING && !worker->n_waiting);
}

static struct worker *find_free(struct crew *crew)
{
	pen_list_each (link, after, &crew->workers) {
		struct worker *worker = pen_list_entry(link, struct worker, link);

		if (is_free(worker))
			return worker;
	}
	return NULL;
}

static int64_t load_of(const struct worker *worker)
{
	return (int64_t)worker->report.groups + worker->n_waiting +
	       (worker->n_sent - worker->report.arrivals);
}

static struct worker *find_least(struct crew *crew)
{
	struct worker *least = NULL;

	pen_list_each (link, after, &crew->workers) {
		struct worker *worker = pen_list_entry(link, struct worker, link);

		if (worker->stage != WORKER_LEAVING && (!least || load_of(worker) < load_of(least)))
			least = worker;
	}
	return least;
}

/* What serves now, or has served until its file was another. */
static bool is_same_program(const struct crew *one, const struct crew *crew)
{
	return one == crew || (one->is_retired && !strcmp(one->path, crew->path));
}

/* NULL: there is none, and none may be started now. */
static struct worker *choose(struct crew *crew, const struct visitor *visitor)
{
	uint32_t max = crew->listing.workers_max;
	struct worker *worker = NULL;

	if (visitor->assoc_group_id)
		worker = crew_world_find(crew->world, visitor->assoc_group_id);
	if (worker && is_same_program(worker->crew, crew))
		return worker;
	worker = find_free(crew);
	if (worker)
		return worker;
	if (crew_world_has_pid(crew->world, visitor->pid))
		max *= 2;
	if (crew->n_workers < max && !crew_backoff(crew))
		worker = worker_new(crew);
	return worker ? worker : find_least(crew);
}

void crew_serve(struct crew *crew, struct visitor *visitor)
{
	struct worker *worker = choose(crew, visitor);
	uint64_t ms = crew_backoff(crew);

	if (worker && worker->stage == WORKER_READY && !child_is_full(worker->child)) {
		hand_over(worker, visitor);
	} else if (worker && worker->n_waiting < CREW_WAITING_MAX) {
		pen_list_append(&worker->waiting, &visitor->link);
		worker->n_waiting++;
	} else if (!worker && crew->n_waiting < CREW_WAITING_MAX && ms <= CREW_PATIENCE_MS) {
		pen_list_append(&crew->waiting, &visitor->link);
		crew->n_waiting++;
		if (!uv_is_active((uv_handle_t *)&crew->timer))
			uv_timer_start(&crew->timer, on_timer, ms ? ms : CREW_BACKOFF_MIN_MS, 0);
	} else {
		say(crew, PEN_LOG_WARNING, "a connection is refused: too many wait, or it crashes");
		visitor_free(visitor);
	}
}

static void start_waiting(struct crew *crew)
{
	struct pen_list now;

	pen_list_init(&now);
	pen_list_move(&now, &crew->waiting);
	crew->n_waiting = 0;
	pen_list_each (link, after, &now) {
		pen_list_remove(link);
		crew_serve(crew, pen_list_entry(link, struct visitor, link));
	}
}
