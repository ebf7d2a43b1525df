/* SPDX-License-Identifier: MIT */
#include "daemon/inquiry.h"
#include "daemon/supervisor-parts.h"
#include "daemon/table.h"
#include "object/letter.h"
#include "runtime/identify.h"
#include <errno.h>
#include <penstock/token.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SWEEP_MS = 500,
	FULL_MS = 100, /* until descriptors are free again */
	GREETER_BACKOFF_MS = 100,
	AUTHD_MS = 20 * 1000, /* to be ready */
	GRACE_MS = 1000,      /* for those whom the greeter has, when it stops */
	KILL_MS = 1000,	      /* for what is killed to be gone */
	BIND_MS = 30 * 1000,
	NPA_MS = 5 * 1000,
	VISITORS_MAX = 10000,
	PATIENCE_MS = 3600 * 1000,
};

int supervisor_fail(const struct supervisor *supervisor, int result, const char *what,
		    const char *which)
{
	log_line(supervisor->config.log, PEN_LOG_ERROR, what, "name", which, "error",
		 result < 0 ? strerror(-result) : pen_error_name(result), NULL);
	return result;
}

/* ---- doors ---- */

static bool has_room(const struct supervisor *supervisor)
{
	return !supervisor->is_stopping && supervisor->greeter &&
	       !child_is_full(supervisor->greeter) &&
	       supervisor->visitors.n < supervisor->config.visitors_max;
}

void supervisor_set_doors(struct supervisor *supervisor)
{
	bool is_open = has_room(supervisor);

	pen_list_each (link, after, &supervisor->doors)
		door_set_open(pen_list_entry(link, struct door, link), is_open);
}

static void on_again(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;

	if (!supervisor->greeter && !supervisor->is_stopping)
		supervisor_start_greeter(supervisor);
	supervisor_set_doors(supervisor);
}

static void close_for_a_while(struct supervisor *supervisor, uint64_t ms)
{
	pen_list_each (link, after, &supervisor->doors)
		door_set_open(pen_list_entry(link, struct door, link), false);
	uv_timer_start(&supervisor->again, on_again, ms, 0);
}

/* ---- the greeter ---- */

/* Only the program behind the door that serves the first of its interfaces that anybody does. */
static struct crew *choose_crew(const struct door *door, const struct worker_guest *guest)
{
	for (uint32_t i = 0; i < guest->n_syntaxes; i++) {
		const struct worker_syntax *wire = &guest->syntaxes[i];
		const struct pen_syntax_id id = { .uuid = pen_letter_get_guid(&wire->uuid),
						  .major = wire->major,
						  .minor = wire->minor };

		for (size_t k = 0; k < door->n_crews; k++)
			if (crew_serves(door->crews[k], &id))
				return door->crews[k];
	}
	return door->crews[0];
}

static void on_guest(struct supervisor *supervisor, struct visitors *visitors,
		     const struct worker_guest *guest, int fd)
{
	struct visitor *visitor = visitors_take(visitors, guest->number);
	bool is_served = visitor && visitor->door->n_crews && !supervisor->is_dismissed;

	if (!is_served || visitor_hear(visitor, guest, fd)) {
		if (!is_served)
			close(fd);
		visitor_free(visitor);
		supervisor->n_refused++;
		return;
	}
	crew_serve(choose_crew(visitor->door, guest), visitor);
}

static void on_gone(struct supervisor *supervisor, struct visitors *visitors,
		    const struct worker_gone *gone)
{
	supervisor->n_refused += gone->why != worker_CLOSED && gone->why != worker_PROBE;
	visitor_free(visitors_take(visitors, gone->number));
}

void supervisor_hear(struct supervisor *supervisor, struct visitors *visitors,
		     const struct worker_report *report, int fd)
{
	if (report->verb == worker_GUEST)
		on_guest(supervisor, visitors, &report->body.guest, fd);
	else if (report->verb == worker_GONE)
		on_gone(supervisor, visitors, &report->body.gone);
	supervisor_set_doors(supervisor);
}

static void on_said(void *data, const struct worker_report *report, int fd)
{
	struct supervisor *supervisor = data;

	supervisor_hear(supervisor, &supervisor->visitors, report, fd);
}

static void on_free(void *data)
{
	supervisor_set_doors(data);
}

/* The connections that it had are closed; new ones wait for the next greeter. */
static void on_ended(void *data, int status)
{
	struct supervisor *supervisor = data;
	struct visitor *visitor;

	log_line(supervisor->config.log, PEN_LOG_WARNING, "greeter", "message",
		 "it has ended and is started again", NULL);
	supervisor->greeter = child_free(supervisor->greeter);
	while ((visitor = visitors_take_any(&supervisor->visitors)))
		visitor_free(visitor);
	close_for_a_while(supervisor, GREETER_BACKOFF_MS);
}

static struct child_listener greeter_listener(struct supervisor *supervisor)
{
	return (struct child_listener){
		.said = on_said, .free = on_free, .ended = on_ended, .data = supervisor
	};
}

/* The greeter is patient for an hour at most. */
static void print(char text[16], uint32_t number, uint32_t otherwise)
{
	number = number ? number : otherwise;
	snprintf(text, 16, "%u", number < PATIENCE_MS ? number : PATIENCE_MS);
}

int supervisor_start_greeter(struct supervisor *supervisor)
{
	char bind_ms[16], npa_ms[16], connections[16];
	const char *const argv[] = { supervisor->config.greeter,
				     "--bind-ms",
				     bind_ms,
				     "--npa-ms",
				     npa_ms,
				     "--connections",
				     connections,
				     NULL };
	const struct confinement confinement = {
		.program = supervisor->config.greeter,
		.user = supervisor->config.user,
		.is_parser = true,
	};
	const struct child_config config = {
		.kind = CHILD_GREETER,
		.argv = argv,
		.confinement = supervisor->config.is_confined ? &confinement : NULL,
		.loop = &supervisor->loop.uv,
		.listener = greeter_listener(supervisor),
	};
	int r;

	print(bind_ms, supervisor->config.bind_ms, BIND_MS);
	print(npa_ms, supervisor->config.npa_ms, NPA_MS);
	print(connections, supervisor->config.visitors_max, VISITORS_MAX);
	supervisor->greeter_stamp = inquiry_stamp(supervisor->config.greeter);
	r = child_start(&supervisor->greeter, &config);
	supervisor->n_greeters += !r;
	if (r)
		close_for_a_while(supervisor, 10 * GREETER_BACKOFF_MS);
	return r ? supervisor_fail(supervisor, r, "greeter", supervisor->config.greeter) : 0;
}

int supervisor_adopt_greeter(struct supervisor *supervisor, const struct heritage_child *letter,
			     struct legacy *legacy)
{
	const struct child_listener listener = greeter_listener(supervisor);

	return child_adopt(&supervisor->greeter, CHILD_GREETER, &supervisor->loop.uv, &listener,
			   letter, legacy);
}

/* ---- penstock-authd ---- */

static void on_keeper_changed(void *data)
{
	struct supervisor *supervisor = data;

	pen_list_each (link, after, &supervisor->crews)
		crew_reconnect(pen_list_entry(link, struct crew, link));
	pen_list_each (link, after, &supervisor->retired)
		crew_reconnect(pen_list_entry(link, struct crew, link));
}

static int start_keeper(struct supervisor *supervisor)
{
	const struct supervisor_config *config = &supervisor->config;
	const struct keeper_config keeper = {
		.program = config->authd,
		.needs = config->authd_needs,
		.user = config->user,
		.is_confined = config->is_confined,
		.loop = &supervisor->loop.uv,
		.log = config->log,
		.changed = on_keeper_changed,
		.data = supervisor,
	};
	int r;

	if (!config->authd)
		return 0;
	r = keeper_new(&supervisor->world.keeper, &keeper);
	/* Whoever was adopted has a way to the one before, which leaves when it is in no use. */
	if (!r && config->legacy)
		on_keeper_changed(supervisor);
	else if (!r)
		r = keeper_await(supervisor->world.keeper, AUTHD_MS);
	return r ? supervisor_fail(supervisor, r, "authd", config->authd) : 0;
}

/* ---- who comes ---- */

static int identify(const struct supervisor *supervisor, const struct door *door, int fd,
		    char peer[PEN_PEER_NAME_SIZE], struct pen_token **tokenp)
{
	uint32_t uid;

	*tokenp = NULL;
	if (!door->is_carried)
		return pen_identify(fd, supervisor->anonymous, peer, tokenp);
	strcpy(peer, "smbd");
	return pen_identify_carrier(fd, &uid);
}

static int begin_visit(struct supervisor *supervisor, struct door *door, int fd)
{
	struct worker_order order = { .verb = worker_GREET };
	uint32_t per_peer_max = supervisor->config.visitors_per_peer_max;
	char peer[PEN_PEER_NAME_SIZE];
	struct visitor *visitor;
	struct pen_token *token;
	struct ucred ucred;
	int r = identify(supervisor, door, fd, peer, &token);

	if (!per_peer_max)
		per_peer_max = UINT32_MAX;
	if (!r)
		r = visitor_new(&visitor, &supervisor->visitors, door, peer, per_peer_max, token);
	if (r) {
		pen_token_free(token);
		return r;
	}
	if (door->protseq == PEN_NCALRPC && !pen_socket_peer(fd, &ucred))
		visitor->pid = ucred.pid;
	order.body.greet = (struct worker_greet){ visitor->number, door->is_carried };
	r = child_tell(supervisor->greeter, &order, fd);
	if (r)
		visitor_free(visitors_take(&supervisor->visitors, visitor->number));
	return r;
}

void supervisor_on_came(void *data, struct door *door, int fd)
{
	struct supervisor *supervisor = data;

	if (fd < 0) {
		supervisor_fail(supervisor, fd, "accept", door->binding);
		close_for_a_while(supervisor, FULL_MS);
		return;
	}
	supervisor->n_accepted++;
	if (begin_visit(supervisor, door, fd)) {
		close(fd);
		supervisor->n_refused++;
	}
	if (!has_room(supervisor))
		supervisor_set_doors(supervisor);
}

/* ---- its life ---- */

static void on_child(uv_signal_t *handle, int number)
{
	child_reap();
}

/* Those that have lost their place go with their last process. */
static void sweep_retired(struct supervisor *supervisor)
{
	pen_list_each (link, after, &supervisor->retired) {
		struct crew *crew = pen_list_entry(link, struct crew, link);

		if (crew->n_workers)
			continue;
		pen_list_each (other, next, &supervisor->crews)
			if (!strcmp(pen_list_entry(other, struct crew, link)->path, crew->path))
				crew_inherit(pen_list_entry(other, struct crew, link), crew);
		crew_free(crew);
	}
}

static void on_sweep(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;
	uint64_t now = uv_now(&supervisor->loop.uv);
	char status[sizeof(supervisor->manager.status)];

	pen_list_each (link, after, &supervisor->crews)
		crew_sweep(pen_list_entry(link, struct crew, link), now);
	sweep_retired(supervisor);
	supervisor_check_greeter(supervisor);
	if (supervisor->is_stopping || supervisor->clerk)
		snprintf(status, sizeof(status), "%s", supervisor->manager.status);
	else
		supervisor_describe(supervisor, status, sizeof(status));
	manager_sweep(&supervisor->manager, now, status);
}

static int start_loop(struct supervisor *supervisor)
{
	uv_loop_t *loop = &supervisor->loop.uv;
	int r = pen_loop_init(&supervisor->loop);

	if (r)
		return r;
	supervisor->world.loop = loop;
	supervisor->started_at = supervisor->image_at = uv_now(loop);
	onlookers_init(&supervisor->world.onlookers, loop);
	uv_signal_init(loop, &supervisor->reaper);
	uv_timer_init(loop, &supervisor->sweep);
	uv_timer_init(loop, &supervisor->again);
	supervisor->sweep.data = supervisor->again.data = supervisor;
	r = uv_signal_start(&supervisor->reaper, on_child, SIGCHLD);
	if (!r)
		r = uv_timer_start(&supervisor->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	return r;
}

static int start(struct supervisor *supervisor)
{
	struct legacy *legacy = supervisor->config.legacy;
	int r = pen_token_new_anonymous(&supervisor->anonymous, true);

	if (r)
		return r;
	child_count_anew();
	/* What those know that were there before is not known. */
	supervisor->has_ruled = legacy || rules_say_something(supervisor->config.rules);
	supervisor->world.workers = calloc(UINT16_MAX + 1, sizeof(struct worker *));
	if (!supervisor->world.workers)
		return -ENOMEM;
	if (legacy)
		r = supervisor_adopt(supervisor, legacy);
	if (!r && !supervisor->greeter)
		r = supervisor_start_greeter(supervisor);
	if (!r)
		r = start_keeper(supervisor);
	if (r)
		return r;
	if (!legacy || !legacy->estate) {
		supervisor_ask_all(supervisor);
		r = supervisor_check_rules(supervisor);
		if (r && !legacy)
			return r;
		r = supervisor_set_table(supervisor);
		supervisor_forget_new_doors(supervisor);
	}
	/* Who goes on does so with what there is. */
	if (r && !legacy)
		return r;
	r = annex_open(&supervisor->annex, legacy);
	if (r && !legacy)
		return r;
	pen_list_each (link, after, &supervisor->crews)
		crew_prepare(pen_list_entry(link, struct crew, link));
	supervisor_set_doors(supervisor);
	return 0;
}

/* What was left and nobody took is closed; who has died meanwhile is found out. */
static void settle(struct supervisor *supervisor)
{
	struct legacy *legacy = supervisor->config.legacy;
	bool is_known;

	if (!legacy)
		return;
	is_known = legacy->estate;
	child_forget_rest(legacy, true);
	supervisor->config.legacy = legacy_free(legacy);
	child_reap();
	/* Its programs may be others by now. */
	if (is_known)
		supervisor_reload(supervisor, &supervisor->config);
}

int supervisor_new(struct supervisor **supervisorp, const struct supervisor_config *config)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	int r;

	if (!supervisor) {
		rules_free(config->rules);
		return -ENOMEM;
	}
	pen_arena_init(&supervisor->settings, 0);
	pen_arena_init(&supervisor->next_settings, 0);
	manager_init(&supervisor->manager);
	pen_list_init(&supervisor->crews);
	pen_list_init(&supervisor->retired);
	pen_list_init(&supervisor->doors);
	pen_list_init(&supervisor->entrusted);
	visitors_init(&supervisor->visitors);
	visitors_init(&supervisor->last_visitors);
	supervisor->world.doors = &supervisor->doors;
	supervisor->annex = (struct annex){ .config = &supervisor->config,
					    .doors = &supervisor->doors,
					    .visitors = &supervisor->visitors,
					    .loop = &supervisor->loop.uv };
	r = supervisor_take_config(supervisor, config);
	if (!r)
		r = start_loop(supervisor);
	if (r) {
		rules_free(supervisor->config.rules);
		pen_arena_done(&supervisor->settings);
		free(supervisor);
		return r;
	}
	r = start(supervisor);
	settle(supervisor);
	if (r) {
		supervisor_free(supervisor);
		return r;
	}
	*supervisorp = supervisor;
	return 0;
}

static void close_doors(struct supervisor *supervisor)
{
	pen_list_each (link, after, &supervisor->doors)
		door_free(pen_list_entry(link, struct door, link));
}

struct supervisor *supervisor_free(struct supervisor *supervisor)
{
	if (!supervisor)
		return NULL;
	supervisor_abandon_reload(supervisor);
	annex_close(&supervisor->annex);
	close_doors(supervisor);
	pen_list_each (link, after, &supervisor->crews)
		crew_free(pen_list_entry(link, struct crew, link));
	pen_list_each (link, after, &supervisor->retired)
		crew_free(pen_list_entry(link, struct crew, link));
	keeper_free(supervisor->world.keeper);
	onlookers_done(&supervisor->world.onlookers);
	child_free(supervisor->greeter);
	child_free(supervisor->last_greeter);
	visitors_done(&supervisor->visitors);
	visitors_done(&supervisor->last_visitors);
	uv_close((uv_handle_t *)&supervisor->reaper, NULL);
	uv_close((uv_handle_t *)&supervisor->sweep, NULL);
	uv_close((uv_handle_t *)&supervisor->again, NULL);
	pen_loop_done(&supervisor->loop);
	child_reap_forgotten(KILL_MS);
	pen_token_free(supervisor->anonymous);
	pen_arena_done(&supervisor->settings);
	rules_free(supervisor->config.rules);
	free(supervisor->world.workers);
	free(supervisor);
	return NULL;
}

static uint32_t count_workers(const struct supervisor *supervisor)
{
	uint32_t n = (uint32_t)child_count_forgotten() + annex_is_busy(&supervisor->annex);

	pen_list_each (link, after, &supervisor->crews)
		n += pen_list_entry(link, struct crew, link)->n_workers;
	pen_list_each (link, after, &supervisor->retired)
		n += pen_list_entry(link, struct crew, link)->n_workers;
	return n;
}

/* Who has come, and is not served yet. */
static uint32_t count_visitors(const struct supervisor *supervisor)
{
	uint32_t n = supervisor->visitors.n + supervisor->last_visitors.n;

	pen_list_each (link, after, &supervisor->crews)
		n += crew_count_waiting(pen_list_entry(link, struct crew, link));
	return n;
}

static void dismiss(struct supervisor *supervisor)
{
	supervisor->is_dismissed = true;
	annex_stop(&supervisor->annex);
	close_doors(supervisor);
	pen_list_each (link, after, &supervisor->crews)
		crew_dismiss(pen_list_entry(link, struct crew, link), false);
}

/* Whether there is somebody to wait for, and time, and nobody has asked a second time. */
static bool is_waiting(const struct supervisor *supervisor, uint64_t until)
{
	uint32_t n =
		supervisor->is_dismissed ? count_workers(supervisor) : count_visitors(supervisor);

	return n && uv_now(&supervisor->loop.uv) < until && !supervisor->loop.is_stopped;
}

static void tell_stopping(struct supervisor *supervisor, uint32_t leave_ms)
{
	char lines[80];

	/* The manager's own time may be shorter than ours; without an end it is ours to say. */
	if (leave_ms != UINT32_MAX)
		snprintf(lines, sizeof(lines), "STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu",
			 1000ULL * (leave_ms + 2 * KILL_MS));
	else
		snprintf(lines, sizeof(lines), "STOPPING=1");
	manager_tell(&supervisor->manager, lines, "waiting for connections to end");
}

/*
 * Those who have come already are served, and what workers do is ended, until the time is over.
 */
static void leave(struct supervisor *supervisor, uint32_t leave_ms)
{
	uv_loop_t *loop = &supervisor->loop.uv;
	uint64_t now, until;

	uv_update_time(loop);
	now = uv_now(loop);
	until = leave_ms == UINT32_MAX ? UINT64_MAX : now + leave_ms;
	supervisor_abandon_reload(supervisor);
	supervisor->is_stopping = true;
	supervisor_set_doors(supervisor);
	tell_stopping(supervisor, leave_ms);
	while (is_waiting(supervisor, now + GRACE_MS < until ? now + GRACE_MS : until))
		uv_run(loop, UV_RUN_ONCE);
	dismiss(supervisor);
	while (is_waiting(supervisor, until))
		uv_run(loop, UV_RUN_ONCE);
}

int supervisor_run(struct supervisor *supervisor, uint32_t leave_ms)
{
	char status[sizeof(supervisor->manager.status)];
	int r;

	supervisor_describe(supervisor, status, sizeof(status));
	if (!supervisor->clerk)
		manager_tell(&supervisor->manager, "READY=1", status);
	r = pen_loop_run(&supervisor->loop);
	leave(supervisor, supervisor->is_draining ? supervisor->drain_ms : leave_ms);
	return r;
}

uv_loop_t *supervisor_loop(struct supervisor *supervisor)
{
	return &supervisor->loop.uv;
}

void supervisor_drain(struct supervisor *supervisor, uint32_t leave_ms)
{
	supervisor->is_draining = true;
	supervisor->drain_ms = leave_ms ? leave_ms : UINT32_MAX;
	pen_loop_stop(&supervisor->loop);
}

void supervisor_stop(struct supervisor *supervisor)
{
	pen_loop_stop(&supervisor->loop);
}
