/* SPDX-License-Identifier: MIT */
#include "daemon/object-server.h"
#include "daemon/object-smbd.h"
#include "daemon/object-visitor.h"
#include "io/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/status-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FULL_MS = 100 }; /* until descriptors are free again */

/* ---- what the engine asks for ---- */

static int engine_random(void *data, void *bytes, size_t n)
{
	struct object_server *server = data;

	return pen_random_fill(&server->random, bytes, n);
}

static void engine_release(void *data, void *resource)
{
	object_resource_free(resource);
}

static void engine_changed(void *data, const char *name, bool is_there)
{
	object_smbd_changed(data, name, is_there);
}

/* Nobody may shorten or lengthen it, nor take its seals for others. */
static int make_memory(uint64_t n, struct pen_fds *fds)
{
	int fd = memfd_create("penstock-section", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	fds->fds[0] = fd;
	fds->n = 1;
	if (fchmod(fd, 0400) || ftruncate(fd, (off_t)n) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;
	return 0;
}

static uint32_t engine_make_memory(void *data, uint64_t n, void **memoryp)
{
	struct object_resource *memory;
	struct pen_fds fds = { .n = 0 };
	int r = n > INT64_MAX ? -EFBIG : make_memory(n, &fds);

	if (!r)
		r = object_resource_new(&memory, OBJECT_MEMORY, &fds);
	pen_fds_close(&fds);
	if (r)
		return r == -ENOMEM ? PEN_STATUS_NO_MEMORY : PEN_STATUS_INSUFFICIENT_RESOURCES;
	*memoryp = memory;
	return PEN_STATUS_SUCCESS;
}

/* ---- turns ---- */

static bool is_idle(const struct object_server *server)
{
	return !server->n_visitors && pen_objects_is_empty(server->objects);
}

static void on_idle(uv_timer_t *timer)
{
	struct object_server *server = timer->data;

	if (is_idle(server))
		pen_loop_stop(&server->loop);
}

static void on_timer(uv_timer_t *timer);

/* When something is to be done next without anybody's coming. */
static void set_timer(struct object_server *server)
{
	uint64_t deadline = pen_objects_deadline(server->objects);
	uint64_t now = pen_clock_ms();
	uint64_t ms = deadline <= now ? 0 : deadline - now;

	if (server->is_full && ms > FULL_MS)
		ms = FULL_MS;
	else if (deadline == UINT64_MAX) {
		uv_timer_stop(&server->timer);
		return;
	}
	uv_update_time(&server->loop.uv);
	uv_timer_start(&server->timer, on_timer, ms, 0);
}

static void set_idle(struct object_server *server)
{
	uint64_t ms = (uint64_t)server->config.idle_seconds * 1000;

	if (!ms || !is_idle(server))
		uv_timer_stop(&server->idle);
	else if (!uv_is_active((uv_handle_t *)&server->idle))
		uv_timer_start(&server->idle, on_idle, ms, 0);
}

/* What others waited for; and what is to be waited for. */
static void settle(struct object_server *server)
{
	struct pen_objects_reply reply;
	void *owner;

	pen_arena_reset(&server->arena);
	while (pen_objects_next(server->objects, &server->arena, &reply, &owner)) {
		((struct object_asker *)owner)->answer(owner, &reply);
		pen_arena_reset(&server->arena);
	}
	set_timer(server);
	set_idle(server);
}

static void on_again(uv_idle_t *idle)
{
}

/* At the end of each turn. */
static void on_after(uv_check_t *check)
{
	struct object_server *server = check->data;

	if (object_visitor_hear(server))
		uv_idle_start(&server->again, on_again);
	else
		uv_idle_stop(&server->again);
	settle(server);
}

static void on_listener(uv_poll_t *poll, int status, int events);

static void on_timer(uv_timer_t *timer)
{
	struct object_server *server = timer->data;

	if (server->is_full) {
		server->is_full = false;
		uv_poll_start(&server->listener, UV_READABLE, on_listener);
		object_smbd_resume(server);
	}
	pen_objects_tick(server->objects, pen_clock_ms());
	settle(server);
}

/* ---- the door ---- */

static void on_listener(uv_poll_t *poll, int status, int events)
{
	struct object_server *server = poll->data;
	int fd;

	for (int i = 0; i < 64; i++) {
		fd = pen_socket_accept(server->socket.fd, NULL);
		if (fd < 0)
			break;
		object_visitor_welcome(server, fd);
	}
	if (fd < 0 && fd != -EAGAIN) {
		server->is_full = true;
		uv_poll_stop(poll);
	}
}

int object_server_listen(struct object_server *server, const struct object_server_config *config)
{
	bool is_root = !geteuid();
	struct pen_address address;
	bool was_there;
	int r;

	memset(server, 0, sizeof(*server));
	server->config = *config;
	server->socket.fd = -1;
	pen_list_init(&server->visitors);
	pen_list_init(&server->heard);
	pen_list_init(&server->holds);
	pen_list_init(&server->doors);
	pen_list_init(&server->callers);
	r = pen_unix_address(&address, config->directory, "objects");
	if (!r)
		r = pen_directory_make(config->directory, is_root ? 0755 : 0700);
	if (!r && config->np_directory)
		r = object_smbd_sweep(config->np_directory);
	if (r)
		return r;
	was_there = !access(((struct sockaddr_un *)&address.storage)->sun_path, F_OK);
	r = pen_unix_listen(&server->socket, config->directory, "objects", is_root ? 0666 : 0600,
			    SOCK_SEQPACKET);
	server->is_restart = was_there;
	return r == -EADDRINUSE ? PEN_E_EXISTS : r;
}

/* ---- the whole ---- */

static int start_engine(struct object_server *server)
{
	const struct pen_objects_config config = {
		.limits = pen_objects_limits,
		.aliases = server->config.aliases,
		.n_aliases = server->config.n_aliases,
		.settled_at = server->is_restart ? pen_clock_ms() + OBJECT_RESTART_MS : 0,
		.data = server,
		.random = engine_random,
		.make_memory = engine_make_memory,
		.release = engine_release,
		.changed = server->config.np_directory ? engine_changed : NULL,
	};

	pen_arena_init(&server->arena, PEN_LETTER_ARENA_MAX);
	pen_buffer_init(&server->reply, object_MESSAGE_MAX);
	server->message = malloc(object_MESSAGE_MAX + 1);
	if (!server->message)
		return -ENOMEM;
	return pen_objects_new(&server->objects, &config);
}

static int start_loop(struct object_server *server)
{
	uv_loop_t *uv = &server->loop.uv;
	int r = uv_poll_init(uv, &server->listener, server->socket.fd);

	if (r)
		return r;
	server->listener.data = server->timer.data = server->idle.data = server->after.data =
		server;
	uv_timer_init(uv, &server->timer);
	uv_timer_init(uv, &server->idle);
	uv_idle_init(uv, &server->again);
	uv_check_init(uv, &server->after);
	uv_check_start(&server->after, on_after);
	set_timer(server);
	set_idle(server);
	return uv_poll_start(&server->listener, UV_READABLE, on_listener);
}

static void stop_all(struct object_server *server)
{
	pen_list_each (link, after, &server->visitors)
		object_visitor_close(pen_list_entry(link, struct object_visitor, link));
	pen_list_each (link, after, &server->holds)
		object_resource_free(pen_list_entry(link, struct object_resource, link));
	object_smbd_stop(server);
	uv_close((uv_handle_t *)&server->listener, NULL);
	uv_close((uv_handle_t *)&server->timer, NULL);
	uv_close((uv_handle_t *)&server->idle, NULL);
	uv_close((uv_handle_t *)&server->again, NULL);
	uv_close((uv_handle_t *)&server->after, NULL);
}

int object_server_run(struct object_server *server)
{
	int r = start_engine(server);

	if (r)
		return r;
	r = pen_loop_init(&server->loop);
	if (r)
		return r;
	server->has_loop = true;
	r = start_loop(server);
	if (r)
		return r;
	server->is_running = true;
	return server->is_stopping ? 0 : pen_loop_run(&server->loop);
}

void object_server_stop(struct object_server *server)
{
	server->is_stopping = true;
	if (server->has_loop)
		pen_loop_stop(&server->loop);
}

/* Its name goes first, so that nobody comes any more. */
void object_server_done(struct object_server *server)
{
	pen_unix_close(&server->socket);
	if (server->is_running)
		stop_all(server);
	pen_objects_free(server->objects);
	if (server->has_loop)
		pen_loop_done(&server->loop);
	free(server->message);
	pen_buffer_done(&server->reply);
	pen_arena_done(&server->arena);
}
