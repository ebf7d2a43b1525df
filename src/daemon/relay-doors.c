/* SPDX-License-Identifier: MIT */
#include "daemon/relay-doors.h"
#include "daemon/child.h"
#include "daemon/door.h"
#include "daemon/relay-directory.h"
#include "runtime/identify.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOK_MS = 500,
	CLOSED_MS = 100, /* after the relay has crashed, or nothing was left of something */
	RECENT_S = 2,	 /* what has just changed may change once more at the same time */
};

/* A directory as it was. */
struct sight {
	dev_t device;
	ino_t inode;
	struct timespec changed;
};

struct relay_door {
	struct pen_list link;
	struct door *door;
	bool is_wanted; /* the other directory has it still */
	char name[RELAY_NAME_SIZE];
};

struct relay_doors {
	struct relay_doors_config config;
	struct pen_arena texts;
	struct pen_list doors;
	struct child *relay;	   /* NULL: it is started when somebody comes */
	struct child *leaving;	   /* carries on what it has, to a directory that is gone; NULL */
	struct sight theirs, ours; /* as they were looked at */
	uv_timer_t look;
	uv_timer_t closed; /* active: nobody is let in */
	bool is_stopped;
	int failure; /* that the log has of the directory; 0: none */
	uint64_t n_carried, n_refused, n_crashed;
};

static void say(const struct relay_doors *doors, enum pen_log_level level, const char *key,
		const char *value, const char *message)
{
	log_line(doors->config.log, level, "relay", key, value, "message", message, NULL);
}

/* ---- doors ---- */

static void set_doors(struct relay_doors *doors)
{
	bool is_open = !doors->is_stopped && !uv_is_active((uv_handle_t *)&doors->closed) &&
		       (!doors->relay || !child_is_full(doors->relay));

	pen_list_each (link, after, &doors->doors)
		door_set_open(pen_list_entry(link, struct relay_door, link)->door, is_open);
}

static void on_closed_end(uv_timer_t *timer)
{
	set_doors(timer->data);
}

static void close_for_a_while(struct relay_doors *doors)
{
	uv_timer_start(&doors->closed, on_closed_end, CLOSED_MS, 0);
	set_doors(doors);
}

static void door_drop(struct relay_door *door)
{
	pen_list_remove(&door->link);
	door_free(door->door);
	free(door);
}

static struct relay_door *find_door(const struct relay_doors *doors, const char *name)
{
	pen_list_each (link, after, &doors->doors) {
		struct relay_door *door = pen_list_entry(link, struct relay_door, link);

		if (!strcmp(door->name, name))
			return door;
	}
	return NULL;
}

/* ---- the relay ---- */

static void on_said(void *data, const struct worker_report *report, int fd)
{
	if (fd >= 0)
		close(fd);
}

static void on_free(void *data)
{
	set_doors(data);
}

/* The connections that it had have ended with it. The next one is started by who comes next. */
static void on_ended(void *data, int status)
{
	struct relay_doors *doors = data;
	char text[64];

	if (doors->leaving && !child_pid(doors->leaving)) {
		doors->leaving = child_free(doors->leaving);
		return;
	}
	doors->relay = child_free(doors->relay);
	if (!status)
		return;
	doors->n_crashed++;
	snprintf(text, sizeof(text), WIFSIGNALED(status) ? "signal %d" : "exit status %d",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	say(doors, PEN_LOG_WARNING, "end", text, "it has ended, and what it carried");
	close_for_a_while(doors);
}

static int start_relay(struct relay_doors *doors)
{
	const struct relay_doors_config *config = &doors->config;
	char connections[16];
	const char *argv[] = { config->program, config->directory, "--connections", connections,
			       NULL };
	const struct child_config child = {
		.kind = CHILD_RELAY,
		.argv = argv,
		.loop = config->loop,
		.listener = { .said = on_said, .free = on_free, .ended = on_ended, .data = doors },
	};
	int r;

	snprintf(connections, sizeof(connections), "%u", config->connections_max);
	if (!config->connections_max)
		argv[2] = NULL;
	r = child_start(&doors->relay, &child);
	if (r)
		say(doors, PEN_LOG_ERROR, "program", config->program, strerror(-r));
	return r;
}

/* What it has may go on; the next one begins anew. */
static void dismiss_relay(struct relay_doors *doors)
{
	const struct worker_order leave = { .verb = worker_LEAVE };

	if (!doors->relay)
		return;
	child_free(doors->leaving);
	doors->leaving = doors->relay;
	doors->relay = NULL;
	if (child_tell(doors->leaving, &leave, -1))
		doors->leaving = child_free(doors->leaving);
}

/* ---- who comes ---- */

static int carry(struct relay_doors *doors, const struct relay_door *door, int fd)
{
	const struct worker_order order = {
		.verb = worker_RELAY,
		.body.relay.name = (char *)(uintptr_t)door->name,
	};
	uint32_t uid;
	int r = pen_identify_carrier(fd, &uid);

	if (!r && !doors->relay)
		r = start_relay(doors);
	return r ? r : child_tell(doors->relay, &order, fd);
}

static struct relay_door *of_door(const struct relay_doors *doors, const struct door *wanted)
{
	pen_list_each (link, after, &doors->doors) {
		struct relay_door *door = pen_list_entry(link, struct relay_door, link);

		if (door->door == wanted)
			return door;
	}
	return NULL;
}

static void on_came(void *data, struct door *came, int fd)
{
	struct relay_doors *doors = data;
	const struct relay_door *door = of_door(doors, came);
	int r;

	if (fd < 0) {
		say(doors, PEN_LOG_ERROR, "binding", came->binding, strerror(-fd));
		close_for_a_while(doors);
		return;
	}
	r = door ? carry(doors, door, fd) : -ENOENT;
	if (r) {
		close(fd);
		doors->n_refused++;
		if (r < 0)
			close_for_a_while(doors);
		return;
	}
	doors->n_carried++;
	if (child_is_full(doors->relay))
		set_doors(doors);
}

/* ---- what the directory has ---- */

static struct relay_door *door_open(struct relay_doors *doors, const char *name)
{
	char binding[RELAY_NAME_SIZE + 32];
	const struct door_config config = {
		.listed = binding,
		.wanted = binding,
		.binding = binding,
		.np_dir = doors->config.np_dir,
		.legacy = doors->config.legacy,
		.loop = doors->config.loop,
		.came = on_came,
		.data = doors,
	};
	struct relay_door *door = calloc(1, sizeof(*door));
	int r;

	if (!door)
		return NULL;
	snprintf(binding, sizeof(binding), "ncacn_np:[\\pipe\\%s]", name);
	r = door_new(&door->door, &config);
	if (r) {
		free(door);
		say(doors, r == -EADDRINUSE ? PEN_LOG_DEBUG : PEN_LOG_WARNING, "pipe", name,
		    r < 0 ? strerror(-r) : pen_error_name(r));
		return NULL;
	}
	strcpy(door->name, name);
	pen_list_append(&doors->doors, &door->link);
	return door;
}

/* Opens what is new, and closes what is there no more or is a program's now. */
static void match(struct relay_doors *doors, const struct relay_names *names)
{
	const struct relay_doors_config *config = &doors->config;

	pen_list_each (link, after, &doors->doors)
		pen_list_entry(link, struct relay_door, link)->is_wanted = false;
	for (size_t i = 0; i < names->n; i++) {
		struct relay_door *door = find_door(doors, names->names[i]);

		if (config->is_ours && config->is_ours(config->data, names->names[i]))
			continue;
		if (!door)
			door = door_open(doors, names->names[i]);
		if (door)
			door->is_wanted = true;
	}
	pen_list_each (link, after, &doors->doors) {
		struct relay_door *door = pen_list_entry(link, struct relay_door, link);

		if (!door->is_wanted)
			door_drop(door);
	}
	if (names->n_left)
		say(doors, PEN_LOG_WARNING, "directory", config->directory, "it has too many");
	set_doors(doors);
}

/* ---- looking ---- */

/* A directory that is not there, or that is not to be trusted, has no names. */
static void fail(struct relay_doors *doors, struct relay_names *names, int failure)
{
	if (failure != doors->failure)
		say(doors, failure == -ENOENT ? PEN_LOG_INFO : PEN_LOG_ERROR, "directory",
		    doors->config.directory,
		    failure == -EPERM ? "others may put sockets there" : strerror(-failure));
	doors->failure = failure;
	names->n = names->n_left = 0;
}

static void read_names(struct relay_doors *doors, struct relay_names *names)
{
	int fd = relay_directory_open(doors->config.directory);
	int r = fd < 0 ? fd : relay_directory_read(names, fd);

	if (r)
		fail(doors, names, r);
	else
		doors->failure = 0;
}

/* Nothing at all: zeros. */
static struct sight see(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return (struct sight){ 0 };
	return (struct sight){ st.st_dev, st.st_ino, st.st_mtim };
}

static bool is_same_place(const struct sight *a, const struct sight *b)
{
	return a->device == b->device && a->inode == b->inode;
}

static bool is_same(const struct sight *a, const struct sight *b)
{
	return is_same_place(a, b) && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Times of directories are coarse. */
static bool is_recent(const struct sight *sight)
{
	return time(NULL) - sight->changed.tv_sec <= RECENT_S;
}

void relay_doors_look(struct relay_doors *doors)
{
	struct relay_names *names;
	struct sight theirs = see(doors->config.directory);

	if (doors->is_stopped)
		return;
	names = malloc(sizeof(*names));
	if (!names)
		return;
	if (!is_same_place(&theirs, &doors->theirs))
		dismiss_relay(doors);
	read_names(doors, names);
	match(doors, names);
	free(names);
	doors->theirs = theirs;
	doors->ours = see(doors->config.np_dir);
}

/* A name that somebody else had in ours may be free now. */
static void on_look(uv_timer_t *timer)
{
	struct relay_doors *doors = timer->data;
	struct sight theirs = see(doors->config.directory), ours = see(doors->config.np_dir);

	if (!is_same(&theirs, &doors->theirs) || !is_same(&ours, &doors->ours) ||
	    is_recent(&theirs) || is_recent(&ours))
		relay_doors_look(doors);
}

void relay_doors_yield(struct relay_doors *doors, const char *name)
{
	struct relay_door *door = find_door(doors, name);

	if (door)
		door_drop(door);
}

/* ---- its life ---- */

static int copy_texts(struct relay_doors *doors)
{
	struct relay_doors_config *config = &doors->config;

	config->program = pen_arena_strdup(&doors->texts, config->program);
	config->directory = pen_arena_strdup(&doors->texts, config->directory);
	config->np_dir = pen_arena_strdup(&doors->texts, config->np_dir);
	return config->program && config->directory && config->np_dir ? 0 : -ENOMEM;
}

int relay_doors_new(struct relay_doors **doorsp, const struct relay_doors_config *config)
{
	struct sight theirs = see(config->directory), ours = see(config->np_dir);
	struct relay_doors *doors;
	uint64_t ms = config->look_ms ? config->look_ms : LOOK_MS;

	if (theirs.inode && is_same_place(&theirs, &ours))
		return -EINVAL;
	doors = calloc(1, sizeof(*doors));
	if (!doors)
		return -ENOMEM;
	doors->config = *config;
	pen_arena_init(&doors->texts, 0);
	if (copy_texts(doors)) {
		pen_arena_done(&doors->texts);
		free(doors);
		return -ENOMEM;
	}
	pen_list_init(&doors->doors);
	uv_timer_init(config->loop, &doors->look);
	uv_timer_init(config->loop, &doors->closed);
	doors->look.data = doors->closed.data = doors;
	relay_doors_look(doors);
	doors->config.legacy = NULL;
	uv_timer_start(&doors->look, on_look, ms, ms);
	*doorsp = doors;
	return 0;
}

static void on_gone(uv_handle_t *handle)
{
	struct relay_doors *doors = handle->data;

	pen_arena_done(&doors->texts);
	free(doors);
}

static void on_first_gone(uv_handle_t *handle)
{
	struct relay_doors *doors = handle->data;

	uv_close((uv_handle_t *)&doors->closed, on_gone);
}

static void drop_doors(struct relay_doors *doors)
{
	pen_list_each (link, after, &doors->doors)
		door_drop(pen_list_entry(link, struct relay_door, link));
}

struct relay_doors *relay_doors_free(struct relay_doors *doors)
{
	if (!doors)
		return NULL;
	drop_doors(doors);
	child_free(doors->relay);
	child_free(doors->leaving);
	uv_timer_stop(&doors->closed);
	uv_close((uv_handle_t *)&doors->look, on_first_gone);
	return NULL;
}

void relay_doors_stop(struct relay_doors *doors)
{
	doors->is_stopped = true;
	drop_doors(doors);
	dismiss_relay(doors);
}

bool relay_doors_is_busy(const struct relay_doors *doors)
{
	return doors->leaving;
}

/* ---- beyond exec ---- */

size_t relay_doors_count(const struct relay_doors *doors)
{
	size_t n = 0;

	pen_list_each (link, after, &doors->doors)
		n++;
	return n;
}

int relay_doors_bequeath(const struct relay_doors *doors, struct heritage_heritage *heritage,
			 struct bequest *bequest)
{
	int r = 0;

	pen_list_each (link, after, &doors->doors)
		if (!r)
			r = door_bequeath(pen_list_entry(link, struct relay_door, link)->door,
					  &heritage->doors[heritage->n_doors++], bequest);
	return r;
}

/* ---- for people and tests ---- */

void relay_doors_stats(const struct relay_doors *doors, struct relay_doors_stats *stats)
{
	*stats = (struct relay_doors_stats){
		.relay = doors->relay ? child_pid(doors->relay) : 0,
		.carried = doors->n_carried,
		.refused = doors->n_refused,
		.crashed = doors->n_crashed,
	};
}

const char *relay_doors_name(const struct relay_doors *doors, size_t n)
{
	pen_list_each (link, after, &doors->doors)
		if (!n--)
			return pen_list_entry(link, struct relay_door, link)->name;
	return NULL;
}
