/* SPDX-License-Identifier: MIT */
#include "daemon/supervisor.h"
#include "daemon/door.h"
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
	PORTS_TRIED_MAX = 1000,
	KILL_MS = 1000, /* for what is killed to be gone */
};

struct supervisor {
	struct supervisor_config config;
	struct pen_loop loop;
	struct crew_world world;
	struct pen_list crews;
	struct pen_list doors;
	struct visitors visitors;
	struct child *greeter; /* NULL: it is to be started again */
	struct pen_token *anonymous;
	uv_signal_t reaper;
	uv_timer_t sweep;
	uv_timer_t again; /* the doors, or the greeter */
	bool is_stopping;
	int failure; /* of an endpoint, while it starts */
	uint64_t n_accepted, n_refused;
};

static int fail(const struct supervisor *supervisor, int result, const char *what,
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

static void set_doors(struct supervisor *supervisor)
{
	bool is_open = has_room(supervisor);

	pen_list_each (link, after, &supervisor->doors)
		door_set_open(pen_list_entry(link, struct door, link), is_open);
}

static int start_greeter(struct supervisor *supervisor);

static void on_again(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;

	if (!supervisor->greeter && !supervisor->is_stopping)
		start_greeter(supervisor);
	set_doors(supervisor);
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

static void on_guest(struct supervisor *supervisor, const struct worker_guest *guest, int fd)
{
	struct visitor *visitor = visitors_take(&supervisor->visitors, guest->number);

	if (!visitor || visitor_hear(visitor, guest, fd)) {
		if (!visitor)
			close(fd);
		visitor_free(visitor);
		supervisor->n_refused++;
		return;
	}
	crew_serve(choose_crew(visitor->door, guest), visitor);
}

static void on_gone(struct supervisor *supervisor, const struct worker_gone *gone)
{
	supervisor->n_refused += gone->why != worker_CLOSED && gone->why != worker_PROBE;
	visitor_free(visitors_take(&supervisor->visitors, gone->number));
}

static void on_said(void *data, const struct worker_report *report, int fd)
{
	struct supervisor *supervisor = data;

	if (report->verb == worker_GUEST)
		on_guest(supervisor, &report->body.guest, fd);
	else if (report->verb == worker_GONE)
		on_gone(supervisor, &report->body.gone);
	set_doors(supervisor);
}

static void on_free(void *data)
{
	set_doors(data);
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

static int start_greeter(struct supervisor *supervisor)
{
	const char *const argv[] = { supervisor->config.greeter, NULL };
	const struct confinement confinement = {
		.program = supervisor->config.greeter,
		.user = supervisor->config.user,
		.is_parser = true,
	};
	const struct child_config config = {
		.argv = argv,
		.confinement = supervisor->config.is_confined ? &confinement : NULL,
		.loop = &supervisor->loop.uv,
		.listener = { .said = on_said,
			      .free = on_free,
			      .ended = on_ended,
			      .data = supervisor },
	};
	int r = child_start(&supervisor->greeter, &config);

	if (r)
		close_for_a_while(supervisor, 10 * GREETER_BACKOFF_MS);
	return r ? fail(supervisor, r, "greeter", supervisor->config.greeter) : 0;
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
	char peer[PEN_PEER_NAME_SIZE];
	struct visitor *visitor;
	struct pen_token *token;
	struct ucred ucred;
	int r = identify(supervisor, door, fd, peer, &token);

	if (!r)
		r = visitor_new(&visitor, &supervisor->visitors, door, peer, token);
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

static void on_came(void *data, struct door *door, int fd)
{
	struct supervisor *supervisor = data;

	if (fd < 0) {
		fail(supervisor, fd, "accept", door->binding);
		close_for_a_while(supervisor, FULL_MS);
		return;
	}
	supervisor->n_accepted++;
	if (begin_visit(supervisor, door, fd)) {
		close(fd);
		supervisor->n_refused++;
	}
	if (!has_room(supervisor))
		set_doors(supervisor);
}

/* ---- endpoints ---- */

static struct door *find_door(const struct supervisor *supervisor, const char *listed)
{
	pen_list_each (link, after, &supervisor->doors) {
		struct door *door = pen_list_entry(link, struct door, link);

		if (!strcmp(door->listed, listed))
			return door;
	}
	return NULL;
}

static int open_door(struct supervisor *supervisor, const char *listed, const char *binding,
		     struct crew *crew)
{
	const struct door_config config = {
		.listed = listed,
		.binding = binding,
		.ncalrpc_dir = supervisor->config.ncalrpc_dir,
		.np_dir = supervisor->config.np_dir,
		.handed = supervisor->config.handed,
		.loop = &supervisor->loop.uv,
		.came = on_came,
		.data = supervisor,
	};
	struct door *door;
	int r = door_new(&door, &config);

	if (r)
		return r;
	pen_list_append(&supervisor->doors, &door->link);
	return door_add_crew(door, crew);
}

/* A port for programs that ask for any. */
static int open_any_port(struct supervisor *supervisor, const char *listed, const char *address,
			 struct crew *crew)
{
	const struct supervisor_config *config = &supervisor->config;
	uint32_t port = config->first_port;
	char binding[128];
	int r;

	do {
		snprintf(binding, sizeof(binding), "ncacn_ip_tcp:%s[%u]", address, port);
		r = open_door(supervisor, listed, binding, crew);
	} while (r == -EADDRINUSE && port && port++ < config->last_port &&
		 port - config->first_port < PORTS_TRIED_MAX);
	return r;
}

static int open_port(struct supervisor *supervisor, const char *listed, const char *address,
		     const char *port, struct crew *crew)
{
	uint16_t soft = supervisor->config.soft_port;
	char binding[128];
	int r;

	snprintf(binding, sizeof(binding), "ncacn_ip_tcp:%s[%s]", address, port);
	r = open_door(supervisor, listed, binding, crew);
	if (r != -EADDRINUSE || !soft || strtoul(port, NULL, 10) != soft)
		return r;
	log_line(supervisor->config.log, PEN_LOG_WARNING, "listen", "port", port, "message",
		 "taken, so the endpoint mapper has another one", NULL);
	snprintf(binding, sizeof(binding), "ncacn_ip_tcp:%s[0]", address);
	return open_door(supervisor, listed, binding, crew);
}

/* "ncacn_ip_tcp:" or "ncacn_ip_tcp:[135]", at each of our addresses. */
static int open_tcp(struct supervisor *supervisor, const char *listed, const char *port,
		    struct crew *crew)
{
	const char *const *addresses = supervisor->config.addresses;
	int r = 0;

	for (size_t i = 0; !r && addresses[i]; i++)
		r = port ? open_port(supervisor, listed, addresses[i], port, crew)
			 : open_any_port(supervisor, listed, addresses[i], crew);
	return r;
}

static int open_endpoint(struct supervisor *supervisor, struct crew *crew, const char *listed)
{
	char local[256];
	struct pen_binding binding;
	int r = pen_binding_parse(&binding, listed, NULL);

	if (r)
		return r;
	if (binding.protseq == PEN_NCACN_IP_TCP) {
		r = open_tcp(supervisor, listed, binding.endpoint, crew);
	} else if (!binding.endpoint) {
		snprintf(local, sizeof(local), "ncalrpc:[%s]", crew->listing.program);
		r = binding.protseq == PEN_NCALRPC ? open_door(supervisor, listed, local, crew)
						   : PEN_E_SYNTAX;
	} else {
		r = open_door(supervisor, listed, listed, crew);
	}
	pen_binding_done(&binding);
	return r;
}

/* A door for each endpoint, or one more crew behind that which is there. */
static void add_endpoint(struct supervisor *supervisor, struct crew *crew, const char *listed)
{
	struct door *door = strcmp(listed, "ncalrpc:") ? find_door(supervisor, listed) : NULL;
	int r = 0;

	if (!door)
		r = open_endpoint(supervisor, crew, listed);
	else
		pen_list_each (link, after, &supervisor->doors) {
			door = pen_list_entry(link, struct door, link);
			if (!r && !strcmp(door->listed, listed))
				r = door_add_crew(door, crew);
		}
	if (r)
		supervisor->failure = fail(supervisor, r, "listen", listed);
}

static void add_program(struct supervisor *supervisor, const char *path)
{
	char error[256] = "";
	struct listing listing;
	struct crew *crew;
	int r = listing_ask(&listing, path, LISTING_ASK_MS, error);

	if (r) {
		log_line(supervisor->config.log, PEN_LOG_ERROR, "program", "path", path, "error",
			 *error ? error : pen_error_name(r), NULL);
		return;
	}
	r = crew_new(&crew, &supervisor->world, path, &listing);
	if (r) {
		listing_done(&listing);
		fail(supervisor, r, "program", path);
		return;
	}
	pen_list_append(&supervisor->crews, &crew->link);
	for (size_t i = 0; i < listing.n_interfaces && !supervisor->failure; i++)
		for (size_t k = 0; k < listing.interfaces[i].n_endpoints && !supervisor->failure;
		     k++)
			add_endpoint(supervisor, crew, listing.interfaces[i].endpoints[k]);
}

/* ---- its life ---- */

static void on_child(uv_signal_t *handle, int number)
{
	child_reap();
}

static void on_sweep(uv_timer_t *timer)
{
	struct supervisor *supervisor = timer->data;
	uint64_t now = uv_now(&supervisor->loop.uv);

	pen_list_each (link, after, &supervisor->crews)
		crew_sweep(pen_list_entry(link, struct crew, link), now);
}

static int start_loop(struct supervisor *supervisor)
{
	uv_loop_t *loop = &supervisor->loop.uv;
	int r = pen_loop_init(&supervisor->loop);

	if (r)
		return r;
	supervisor->world.loop = loop;
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
	const struct supervisor_config *config = &supervisor->config;
	int r = pen_token_new_anonymous(&supervisor->anonymous, true);

	if (r)
		return r;
	supervisor->world.workers = calloc(UINT16_MAX + 1, sizeof(struct worker *));
	if (!supervisor->world.workers)
		return -ENOMEM;
	r = start_greeter(supervisor);
	if (r)
		return r;
	for (size_t i = 0; config->programs[i] && !supervisor->failure; i++)
		add_program(supervisor, config->programs[i]);
	if (supervisor->failure)
		return supervisor->failure;
	pen_list_each (link, after, &supervisor->crews)
		crew_prepare(pen_list_entry(link, struct crew, link));
	set_doors(supervisor);
	return 0;
}

int supervisor_new(struct supervisor **supervisorp, const struct supervisor_config *config)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	int r;

	if (!supervisor)
		return -ENOMEM;
	supervisor->config = *config;
	pen_list_init(&supervisor->crews);
	pen_list_init(&supervisor->doors);
	visitors_init(&supervisor->visitors);
	supervisor->world = (struct crew_world){
		.log = config->log,
		.ncalrpc_dir = config->ncalrpc_dir,
		.user = config->user,
		.is_confined = config->is_confined,
		.doors = &supervisor->doors,
	};
	r = start_loop(supervisor);
	if (r) {
		free(supervisor);
		return r;
	}
	r = start(supervisor);
	if (r) {
		supervisor_free(supervisor);
		return r;
	}
	*supervisorp = supervisor;
	return 0;
}

struct supervisor *supervisor_free(struct supervisor *supervisor)
{
	if (!supervisor)
		return NULL;
	pen_list_each (link, after, &supervisor->doors)
		door_free(pen_list_entry(link, struct door, link));
	pen_list_each (link, after, &supervisor->crews)
		crew_free(pen_list_entry(link, struct crew, link));
	child_free(supervisor->greeter);
	visitors_done(&supervisor->visitors);
	uv_close((uv_handle_t *)&supervisor->reaper, NULL);
	uv_close((uv_handle_t *)&supervisor->sweep, NULL);
	uv_close((uv_handle_t *)&supervisor->again, NULL);
	pen_loop_done(&supervisor->loop);
	child_reap_killed(KILL_MS);
	pen_token_free(supervisor->anonymous);
	free(supervisor->world.workers);
	free(supervisor);
	return NULL;
}

static uint32_t count_workers(const struct supervisor *supervisor)
{
	uint32_t n = 0;

	pen_list_each (link, after, &supervisor->crews)
		n += pen_list_entry(link, struct crew, link)->n_workers;
	return n;
}

/* Until the last worker has ended, or the time is over. */
static void wait_for_workers(struct supervisor *supervisor, uint32_t leave_ms)
{
	uint64_t until;

	uv_update_time(&supervisor->loop.uv);
	until = uv_now(&supervisor->loop.uv) + leave_ms;
	pen_list_each (link, after, &supervisor->crews)
		crew_dismiss(pen_list_entry(link, struct crew, link), false);
	while (count_workers(supervisor) && uv_now(&supervisor->loop.uv) < until &&
	       !supervisor->loop.is_stopped)
		uv_run(&supervisor->loop.uv, UV_RUN_ONCE);
}

int supervisor_run(struct supervisor *supervisor, uint32_t leave_ms)
{
	int r = pen_loop_run(&supervisor->loop);

	supervisor->is_stopping = true;
	set_doors(supervisor);
	wait_for_workers(supervisor, leave_ms);
	return r;
}

void supervisor_stop(struct supervisor *supervisor)
{
	pen_loop_stop(&supervisor->loop);
}

uv_loop_t *supervisor_loop(struct supervisor *supervisor)
{
	return &supervisor->loop.uv;
}

void supervisor_reload(struct supervisor *supervisor)
{
	pen_list_each (link, after, &supervisor->crews)
		crew_reload(pen_list_entry(link, struct crew, link));
}

/* ---- for people and tests ---- */

int supervisor_table(const struct supervisor *supervisor, struct worker_table *table,
		     struct pen_arena *arena)
{
	return table_build(table, &supervisor->doors, arena);
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

void supervisor_stats(const struct supervisor *supervisor, struct supervisor_stats *stats)
{
	*stats = (struct supervisor_stats){
		.visitors = supervisor->visitors.n,
		.accepted = supervisor->n_accepted,
		.refused = supervisor->n_refused,
	};
	pen_list_each (link, after, &supervisor->crews) {
		const struct crew *crew = pen_list_entry(link, struct crew, link);

		stats->workers += crew->n_workers;
		stats->waiting += crew->n_waiting;
		stats->started += crew->n_started;
		stats->crashed += crew->n_crashed;
	}
}
