/* SPDX-License-Identifier: MIT */
#include "daemon/porter-doors.h"
#include "daemon/crew.h"
#include "daemon/door.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { AGAIN_MS = 500 /* until it is started again */ };

struct porter_doors {
	struct porter_doors_config config;
	struct pen_arena texts;
	struct child *porter; /* NULL: it is to be started again */
	uv_timer_t again;
	bool is_stopped;
};

static void say(const struct porter_doors *doors, enum pen_log_level level, const char *message)
{
	log_line(doors->config.log, level, "porter", "objects", doors->config.objects, "message",
		 message, NULL);
}

/* ---- what it is told ---- */

static bool has_name(const struct worker_posts *posts, const char *name)
{
	for (uint32_t i = 0; i < posts->n; i++)
		if (!strcasecmp(posts->posts[i].name, name))
			return true;
	return false;
}

/* Its messages are RPC's fragments, and clients of other machines come by the socket beside it. */
static struct worker_post post_rpc(struct door *door)
{
	return (struct worker_post){
		.name = door->pipe,
		.configuration = PEN_PIPE_DUPLEX,
		.is_message = true,
		.is_message_mode = true,
		.rejects_remote = true,
		.inbound_quota = PEN_WORKER_PIPE_QUOTA,
		.outbound_quota = PEN_WORKER_PIPE_QUOTA,
	};
}

static struct worker_post post_raw(struct door *door)
{
	const struct listing_pipe *pipe = crew_pipe(door->crews[0], door->pipe);

	return (struct worker_post){
		.name = door->pipe,
		.configuration = pipe->config.configuration,
		.is_message = pipe->config.is_message,
		.is_message_mode = pipe->config.is_message_mode,
		.rejects_remote = pipe->config.rejects_remote,
		.instances_max = pipe->config.instances_max,
		.timeout_ms = pipe->config.timeout_ms,
		.inbound_quota = pipe->quotas[0],
		.outbound_quota = pipe->quotas[1],
		.security = (char *)(uintptr_t)pipe->security,
	};
}

/* Each name once; a door without programs is about to go. */
static int list_posts(const struct porter_doors *doors, struct worker_posts *posts,
		      struct pen_arena *arena)
{
	const struct pen_list *all = doors->config.doors;

	posts->posts = pen_arena_array(arena, worker_POSTS_MAX, sizeof(*posts->posts));
	if (!posts->posts)
		return -ENOMEM;
	for (struct pen_list *link = all->next; link != all; link = link->next) {
		struct door *door = pen_list_entry(link, struct door, link);

		if (!*door->pipe || !door->n_crews || has_name(posts, door->pipe))
			continue;
		if (posts->n == worker_POSTS_MAX)
			return PEN_E_LIMIT;
		posts->posts[posts->n++] = door->is_raw ? post_raw(door) : post_rpc(door);
	}
	return 0;
}

static int post_all(struct porter_doors *doors)
{
	struct worker_order order = { .verb = worker_POSTS };
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, 0);
	r = list_posts(doors, &order.body.posts, &arena);
	if (!r)
		r = child_tell(doors->porter, &order, -1);
	pen_arena_done(&arena);
	return r;
}

/* ---- what it says ---- */

static struct door *find_door(const struct porter_doors *doors, const char *wanted)
{
	const struct pen_list *all = doors->config.doors;

	for (struct pen_list *link = all->next; link != all; link = link->next) {
		struct door *door = pen_list_entry(link, struct door, link);

		if (door->n_crews && !strcmp(door->pipe, wanted))
			return door;
	}
	return NULL;
}

static void on_said(void *data, const struct worker_report *report, int fd)
{
	struct porter_doors *doors = data;
	struct door *door = NULL;

	if (report->verb == worker_VISIT && !doors->is_stopped)
		door = find_door(doors, report->body.visit.name);
	if (door)
		doors->config.came(doors->config.data, door, &report->body.visit, fd);
	else if (fd >= 0)
		close(fd);
}

static void on_free(void *data)
{
}

/* ---- its life ---- */

static int start_porter(struct porter_doors *doors);

static void on_again(uv_timer_t *timer)
{
	start_porter(timer->data);
}

static void start_later(struct porter_doors *doors)
{
	uv_timer_start(&doors->again, on_again, AGAIN_MS, 0);
}

static void on_ended(void *data, int status)
{
	struct porter_doors *doors = data;

	doors->porter = child_free(doors->porter);
	if (doors->is_stopped)
		return;
	say(doors, PEN_LOG_WARNING, "it has ended and is started again");
	start_later(doors);
}

static struct child_listener listener_of(struct porter_doors *doors)
{
	return (struct child_listener){
		.said = on_said, .free = on_free, .ended = on_ended, .data = doors
	};
}

static int start_child(struct porter_doors *doors)
{
	const struct porter_doors_config *config = &doors->config;
	const char *const argv[] = { config->program, config->objects, NULL };
	const struct confinement confinement = {
		.program = config->program,
		.user = config->user,
		.is_porter = true,
	};
	const struct child_config child = {
		.kind = CHILD_PORTER,
		.argv = argv,
		.confinement = config->is_confined ? &confinement : NULL,
		.loop = config->loop,
		.listener = listener_of(doors),
	};

	return child_start(&doors->porter, &child);
}

static int start_porter(struct porter_doors *doors)
{
	int r = start_child(doors);

	if (!r) {
		r = post_all(doors);
		if (r)
			doors->porter = child_free(doors->porter);
	}
	if (r) {
		say(doors, PEN_LOG_ERROR, r < 0 ? strerror(-r) : pen_error_name(r));
		start_later(doors);
	}
	return r;
}

/* The one that was left goes on, and so do its instances. */
static bool adopt_porter(struct porter_doors *doors)
{
	const struct porter_doors_config *config = &doors->config;
	const struct child_listener listener = listener_of(doors);

	if (!config->left || child_adopt(&doors->porter, CHILD_PORTER, config->loop, &listener,
					 config->left, config->legacy))
		return false;
	porter_doors_look(doors);
	return true;
}

static int copy_texts(struct porter_doors *doors)
{
	struct porter_doors_config *config = &doors->config;

	config->program = pen_arena_strdup(&doors->texts, config->program);
	config->objects = pen_arena_strdup(&doors->texts, config->objects);
	if (!config->program || !config->objects)
		return -ENOMEM;
	if (config->user && !(config->user = pen_arena_strdup(&doors->texts, config->user)))
		return -ENOMEM;
	return 0;
}

int porter_doors_new(struct porter_doors **doorsp, const struct porter_doors_config *config)
{
	struct porter_doors *doors = calloc(1, sizeof(*doors));

	if (!doors)
		return -ENOMEM;
	doors->config = *config;
	pen_arena_init(&doors->texts, 0);
	if (copy_texts(doors)) {
		pen_arena_done(&doors->texts);
		free(doors);
		return -ENOMEM;
	}
	uv_timer_init(config->loop, &doors->again);
	doors->again.data = doors;
	if (!adopt_porter(doors))
		start_porter(doors);
	doors->config.left = NULL;
	doors->config.legacy = NULL;
	*doorsp = doors;
	return 0;
}

static void on_unwatched(uv_handle_t *handle)
{
	struct porter_doors *doors = handle->data;

	pen_arena_done(&doors->texts);
	free(doors);
}

struct porter_doors *porter_doors_free(struct porter_doors *doors)
{
	if (!doors)
		return NULL;
	porter_doors_stop(doors);
	uv_close((uv_handle_t *)&doors->again, on_unwatched);
	return NULL;
}

void porter_doors_look(struct porter_doors *doors)
{
	int r = doors->porter ? post_all(doors) : 0;

	if (r)
		say(doors, PEN_LOG_ERROR, r < 0 ? strerror(-r) : pen_error_name(r));
}

void porter_doors_stop(struct porter_doors *doors)
{
	doors->is_stopped = true;
	doors->porter = child_free(doors->porter);
	uv_timer_stop(&doors->again);
}

const struct child *porter_doors_child(const struct porter_doors *doors)
{
	return doors->porter;
}
