/* SPDX-License-Identifier: MIT */
#include "daemon/object-smbd.h"
#include "io/clock.h"
#include "object/mouth.h"
#include "object/name.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 65536 };

/* A pipe's socket. */
struct door {
	struct pen_list link;
	struct object_server *server;
	struct pen_unix_socket socket;
	uv_poll_t poll;
	char name[]; /* of the pipe */
};

/* One who came in by it, until he belongs to the pipe's server. */
struct caller {
	struct object_asker asker; /* the first member */
	struct pen_list link;
	struct object_server *server;
	struct pen_mouth *mouth;
	uv_poll_t poll;
	uv_timer_t timer;
	int n_handles;
	int fd; /* -1: given away */
	void *ticket;
	bool is_closing;
};

/* ---- callers ---- */

static void on_caller_closed(uv_handle_t *handle)
{
	struct caller *caller = handle->data;

	if (--caller->n_handles)
		return;
	if (caller->fd >= 0)
		close(caller->fd);
	pen_mouth_free(caller->mouth);
	free(caller);
}

static void caller_close(struct caller *caller)
{
	if (caller->is_closing)
		return;
	caller->is_closing = true;
	if (caller->ticket)
		pen_objects_cancel(caller->server->objects, caller->ticket);
	caller->ticket = NULL;
	pen_list_remove(&caller->link);
	caller->server->n_callers--;
	/* What is given away must not be watched here any more. */
	uv_poll_stop(&caller->poll);
	uv_close((uv_handle_t *)&caller->poll, on_caller_closed);
	uv_close((uv_handle_t *)&caller->timer, on_caller_closed);
}

/* Small enough for any socket's buffer. */
static void say(int fd, const uint8_t reply[PEN_NPA_REPLY_SIZE])
{
	const struct pen_slice slice = { reply, PEN_NPA_REPLY_SIZE };

	pen_socket_send(fd, &slice, 1);
}

static void on_bytes(uv_poll_t *poll, int status, int events);

static void caller_turn(struct caller *caller)
{
	struct pen_fds fds = { { caller->fd }, 1 };
	uint8_t reply[PEN_NPA_REPLY_SIZE];
	struct object_resource *socket;
	enum pen_mouth_end end;
	int fd = caller->fd;

	if (object_resource_new(&socket, OBJECT_SOCKET, &fds)) {
		caller_close(caller);
		return;
	}
	end = pen_mouth_turn(caller->mouth, caller->server->objects, socket, &caller->asker,
			     pen_clock_ms(), reply, &caller->ticket);
	if (end != PEN_MOUTH_GIVEN) {
		socket->fds.n = 0;
		object_resource_free(socket);
	} else {
		caller->fd = -1;
	}
	if (end == PEN_MOUTH_AWAIT) {
		uv_poll_start(&caller->poll, UV_DISCONNECT, on_bytes);
		return;
	}
	/* Before the server can have asked for it. */
	if (end != PEN_MOUTH_CLOSE)
		say(fd, reply);
	caller_close(caller);
}

static void on_bytes(uv_poll_t *poll, int status, int events)
{
	struct caller *caller = poll->data;
	size_t n = pen_mouth_wants(caller->mouth);
	uint8_t *bytes = caller->server->message;
	ssize_t got = 0;

	if (n > READ_SIZE)
		n = READ_SIZE;
	if (n && status >= 0)
		got = read(caller->fd, bytes, n);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0 || pen_mouth_feed(caller->mouth, bytes, (size_t)got))
		caller_close(caller);
	else if (!pen_mouth_wants(caller->mouth))
		caller_turn(caller);
}

static void on_too_late(uv_timer_t *timer)
{
	caller_close(timer->data);
}

/* What it waited for has come, or not: it sees when it tries. */
static void on_answer(struct object_asker *asker, struct pen_objects_reply *reply)
{
	struct caller *caller = (struct caller *)asker;

	caller->ticket = NULL;
	if (reply->letter.status)
		caller_close(caller);
	else
		caller_turn(caller);
}

/* Only root's word counts here, or in a test one's own. */
static bool may_call(int fd)
{
	struct ucred peer;

	return !pen_socket_peer(fd, &peer) && (!peer.uid || peer.uid == geteuid());
}

static void welcome(struct door *door, int fd)
{
	struct object_server *server = door->server;
	struct caller *caller = calloc(1, sizeof(*caller));

	if (!caller || server->n_callers >= OBJECT_CALLERS_MAX || !may_call(fd) ||
	    pen_mouth_new(&caller->mouth, door->name, pen_clock_ms()) ||
	    uv_poll_init(&server->loop.uv, &caller->poll, fd)) {
		if (caller)
			pen_mouth_free(caller->mouth);
		free(caller);
		close(fd);
		return;
	}
	uv_timer_init(&server->loop.uv, &caller->timer);
	caller->asker.answer = on_answer;
	caller->server = server;
	caller->fd = fd;
	caller->n_handles = 2;
	caller->poll.data = caller->timer.data = caller;
	pen_list_append(&server->callers, &caller->link);
	server->n_callers++;
	uv_update_time(&server->loop.uv);
	if (uv_timer_start(&caller->timer, on_too_late, PEN_MOUTH_MS, 0) ||
	    uv_poll_start(&caller->poll, UV_READABLE, on_bytes))
		caller_close(caller);
}

/* ---- doors ---- */

static void on_knock(uv_poll_t *poll, int status, int events)
{
	struct door *door = poll->data;
	int fd = pen_socket_accept(door->socket.fd, NULL);

	if (fd >= 0)
		welcome(door, fd);
	else if (fd != -EAGAIN) {
		uv_poll_stop(poll);
		door->server->is_full = true;
	}
}

void object_smbd_resume(struct object_server *server)
{
	pen_list_each (link, after, &server->doors)
		uv_poll_start(&pen_list_entry(link, struct door, link)->poll, UV_READABLE,
			      on_knock);
}

static void on_door_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* At once: there may be another pipe of that name in this turn. */
static void door_close(struct door *door)
{
	pen_list_remove(&door->link);
	uv_poll_stop(&door->poll);
	pen_unix_close(&door->socket);
	uv_close((uv_handle_t *)&door->poll, on_door_closed);
}

/* Where there cannot be one, or somebody else's is, smbd cannot reach the pipe. */
static void door_open(struct object_server *server, const char *name)
{
	char file[PEN_NAME_FILE_SIZE];
	struct door *door;

	if (!pen_name_to_file(name, file))
		return;
	door = calloc(1, sizeof(*door) + strlen(name) + 1);
	if (!door)
		return;
	strcpy(door->name, name);
	door->server = server;
	if (pen_unix_listen(&door->socket, server->config.np_directory, file, 0600, SOCK_STREAM)) {
		free(door);
		return;
	}
	door->poll.data = door;
	if (uv_poll_init(&server->loop.uv, &door->poll, door->socket.fd)) {
		pen_unix_close(&door->socket);
		free(door);
		return;
	}
	pen_list_append(&server->doors, &door->link);
	uv_poll_start(&door->poll, UV_READABLE, on_knock);
}

void object_smbd_changed(struct object_server *server, const char *name, bool is_there)
{
	if (is_there) {
		door_open(server, name);
		return;
	}
	pen_list_each (link, after, &server->doors) {
		struct door *door = pen_list_entry(link, struct door, link);

		if (!strcmp(door->name, name))
			door_close(door);
	}
}

/* Names of the dead are taken over and then given up; those of others stay theirs. */
int object_smbd_sweep(const char *directory)
{
	int r = pen_directory_make(directory, 0700);
	DIR *names = r ? NULL : opendir(directory);
	struct pen_unix_socket socket;
	struct dirent *name;

	while (names && (name = readdir(names)))
		if (name->d_type == DT_SOCK &&
		    !pen_unix_listen(&socket, directory, name->d_name, 0600, SOCK_STREAM))
			pen_unix_close(&socket);
	if (names)
		closedir(names);
	return r;
}

void object_smbd_stop(struct object_server *server)
{
	pen_list_each (link, after, &server->doors)
		door_close(pen_list_entry(link, struct door, link));
	pen_list_each (link, after, &server->callers)
		caller_close(pen_list_entry(link, struct caller, link));
}
