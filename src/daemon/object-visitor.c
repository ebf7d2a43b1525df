/* SPDX-License-Identifier: MIT */
#include "daemon/object-visitor.h"
#include "io/clock.h"
#include "io/foul.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/status-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of create_pipe, and of an offer within. */
enum { LIFE, MEMORY, SERVER_BELL, CLIENT_BELL, CLIENT_LIFE, N_CREATE };

/* ---- coming and going ---- */

static void on_closed(uv_handle_t *handle)
{
	struct object_visitor *visitor = handle->data;

	close(visitor->fd);
	pen_token_free(visitor->peer.token);
	free(visitor);
}

void object_visitor_close(struct object_visitor *visitor)
{
	if (visitor->is_closing)
		return;
	visitor->is_closing = true;
	if (visitor->ticket)
		pen_objects_cancel(visitor->server->objects, visitor->ticket);
	visitor->ticket = NULL;
	pen_list_remove(&visitor->link);
	pen_list_remove(&visitor->heard);
	visitor->server->n_visitors--;
	uv_close((uv_handle_t *)&visitor->poll, on_closed);
}

static uint32_t count_of_user(const struct object_server *server, uint32_t uid)
{
	uint32_t n = 0;

	pen_list_each (link, after, &server->visitors)
		n += pen_list_entry(link, struct object_visitor, link)->peer.uid == uid;
	return n;
}

static void on_event(uv_poll_t *poll, int status, int events);
static void on_answer(struct object_asker *asker, struct pen_objects_reply *reply);

/* The kernel is asked only where something changes. */
static void listen_for(struct object_visitor *visitor, int events)
{
	if (visitor->is_closing || events == visitor->events)
		return;
	visitor->events = events;
	if (uv_poll_start(&visitor->poll, events, on_event))
		object_visitor_close(visitor);
}

void object_visitor_welcome(struct object_server *server, int fd)
{
	struct object_visitor *visitor = calloc(1, sizeof(*visitor));
	const int size = 2 * object_MESSAGE_MAX;

	if (!visitor || server->n_visitors >= OBJECT_VISITORS_MAX ||
	    object_peer_get(&visitor->peer, fd, &server->config.groups)) {
		free(visitor);
		close(fd);
		return;
	}
	if (count_of_user(server, visitor->peer.uid) >= OBJECT_VISITORS_PER_USER ||
	    pen_foul_count(visitor->peer.uid) > PEN_FOUL_MAX ||
	    uv_poll_init(&server->loop.uv, &visitor->poll, fd)) {
		pen_token_free(visitor->peer.token);
		free(visitor);
		close(fd);
		return;
	}
	/* A long reply is one message. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	visitor->asker.answer = on_answer;
	visitor->server = server;
	visitor->fd = fd;
	visitor->poll.data = visitor;
	pen_list_init(&visitor->heard);
	pen_list_append(&server->visitors, &visitor->link);
	server->n_visitors++;
	listen_for(visitor, UV_READABLE | UV_DISCONNECT);
}

/* ---- replies ---- */

/* A descriptor of a section's memory. For reading alone it is a file opened so. */
static int copy_memory(const struct object_resource *memory, bool is_read_only)
{
	char path[32];

	if (!is_read_only)
		return fcntl(memory->fds.fds[0], F_DUPFD_CLOEXEC, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory->fds.fds[0]);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The life of a handle of a section, whose other end goes with the reply. */
static int make_handle_life(struct object_visitor *visitor, struct pen_objects_reply *reply,
			    int *endp)
{
	struct object_resource *life;
	struct pen_fds fds = { .n = 1 };
	int ends[2];
	int r;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	fds.fds[0] = ends[0];
	r = object_resource_new(&life, OBJECT_LIFE, &fds);
	if (!r) {
		r = object_resource_watch(life, visitor->server);
		if (r)
			object_resource_free(life);
		else
			object_resource_hold(life, visitor->server, reply->hold);
	}
	pen_fds_close(&fds);
	if (r)
		close(ends[1]);
	else
		*endp = ends[1];
	return r;
}

static int attach_section(struct object_visitor *visitor, struct pen_objects_reply *reply,
			  struct pen_fds *fds)
{
	int fd = copy_memory(reply->memory, reply->is_read_only);
	int r;

	if (fd < 0)
		return -errno;
	fds->fds[fds->n++] = fd;
	r = make_handle_life(visitor, reply, &fds->fds[fds->n]);
	if (!r)
		fds->n++;
	return r;
}

/* What goes with a reply, as copies of this process's own or as gifts; all is to be closed. */
static int attach(struct object_visitor *visitor, struct pen_objects_reply *reply,
		  struct pen_fds *fds)
{
	struct object_resource *gift = reply->gift;

	if (gift) {
		*fds = gift->fds;
		gift->fds.n = 0;
		object_resource_free(gift);
	}
	return reply->hold ? attach_section(visitor, reply, fds) : 0;
}

static int put(struct object_server *server, const struct object_reply *letter)
{
	server->reply.size = 0;
	return pen_letter_put_reply(letter, &server->reply);
}

/* life, which may be NULL, goes too, and stays here. */
static int send_reply(struct object_visitor *visitor, const struct object_reply *letter,
		      const struct pen_fds *fds, const struct object_resource *life)
{
	struct object_server *server = visitor->server;
	struct pen_fds all = *fds;
	struct iovec part;
	int r = put(server, letter);

	if (life)
		all.fds[all.n++] = life->fds.fds[0];
	part = (struct iovec){ server->reply.data, server->reply.size };
	return r ? r : pen_fds_send(visitor->fd, &part, 1, &all, MSG_DONTWAIT);
}

/* Without memory or descriptors the answer is that. One who does not read his answers goes. */
static void answer(struct object_visitor *visitor, struct pen_objects_reply *reply)
{
	static const struct object_reply failure = { PEN_STATUS_INSUFFICIENT_RESOURCES,
						     PEN_LETTER_NO_BODY };
	struct pen_fds fds = { .n = 0 };
	const struct pen_fds none = { .n = 0 };
	void *hold = reply->hold;
	int r;

	visitor->ticket = NULL;
	r = attach(visitor, reply, &fds);
	if (r && hold && fds.n < 2)
		pen_objects_end_hold(visitor->server->objects, hold);
	if (!r)
		r = send_reply(visitor, &reply->letter, &fds, reply->life);
	pen_fds_close(&fds);
	if (r && r != -EAGAIN && r != -EPIPE)
		r = send_reply(visitor, &failure, &none, NULL);
	if (r)
		object_visitor_close(visitor);
	else
		listen_for(visitor, UV_READABLE | UV_DISCONNECT);
}

static void on_answer(struct object_asker *asker, struct pen_objects_reply *reply)
{
	answer((struct object_visitor *)asker, reply);
}

/* ---- requests ---- */

/* A request with what came with it, as the engine takes it. */
static int take_life(struct object_visitor *visitor, struct pen_fds *fds,
		     struct pen_objects_request *request)
{
	struct pen_fds life = { { fds->fds[LIFE] }, 1 };
	struct object_resource *resource;
	int r;

	if (!object_fd_is_pipe(fds->fds[LIFE], false))
		return -EBADF;
	r = object_resource_new(&resource, OBJECT_LIFE, &life);
	if (r)
		return r;
	fds->n--;
	memmove(fds->fds, fds->fds + 1, fds->n * sizeof(fds->fds[0]));
	request->life = resource;
	return 0;
}

static int take_offer(struct pen_fds *fds, struct pen_objects_request *request)
{
	struct object_resource *resource;
	int r;

	if (!object_fd_is_memory(fds->fds[MEMORY - 1], &request->mark) ||
	    !pen_fd_is_anonymous(fds->fds[SERVER_BELL - 1], "[eventfd]") ||
	    !pen_fd_is_anonymous(fds->fds[CLIENT_BELL - 1], "[eventfd]") ||
	    !object_fd_is_pipe(fds->fds[CLIENT_LIFE - 1], true))
		return -EBADF;
	r = object_resource_new(&resource, OBJECT_OFFER, fds);
	if (!r)
		request->offer = resource;
	return r;
}

/* How many come with it. */
static size_t fds_of(const struct object_request *letter)
{
	if (letter->verb == object_CREATE_PIPE)
		return letter->body.create_pipe.is_listening ? N_CREATE : 1;
	return letter->verb == object_OFFER ? N_CREATE - 1 : 0;
}

/* -EBADF: they are not what they should be. */
static int take_fds(struct object_visitor *visitor, struct pen_fds *fds,
		    struct pen_objects_request *request)
{
	int r = 0;

	if (fds->n != fds_of(request->letter))
		return -EBADF;
	if (request->letter->verb == object_CREATE_PIPE)
		r = take_life(visitor, fds, request);
	if (!r && fds->n)
		r = take_offer(fds, request);
	if (r) {
		object_resource_free(request->life);
		request->life = NULL;
	}
	return r;
}

static void refuse(struct object_visitor *visitor, uint32_t status)
{
	struct pen_objects_reply reply = { .letter = { status, PEN_LETTER_NO_BODY } };

	answer(visitor, &reply);
}

/* An instance that is there now goes with its life. */
static int watch_instance(struct object_visitor *visitor, const struct pen_objects_reply *reply)
{
	struct object_resource *life = reply->new_life;
	int r;

	life->instance = reply->letter.body.created.instance;
	r = object_resource_watch(life, visitor->server);
	if (r)
		pen_objects_end_instance(visitor->server->objects,
					 &reply->letter.body.created.instance);
	return r;
}

static void ask(struct object_visitor *visitor, struct pen_objects_request *request)
{
	struct object_server *server = visitor->server;
	struct pen_objects_reply reply;

	pen_objects_ask(server->objects, request, &server->arena, &reply);
	if (reply.new_life && watch_instance(visitor, &reply)) {
		refuse(visitor, PEN_STATUS_INSUFFICIENT_RESOURCES);
		return;
	}
	if (reply.letter.status == PEN_STATUS_PENDING) {
		visitor->ticket = reply.ticket;
		return;
	}
	/* Who has closed something waits for nothing, and would only be woken. */
	if (request->letter->verb != object_CLOSE)
		answer(visitor, &reply);
}

static void on_message(struct object_visitor *visitor, size_t n, struct pen_fds *fds)
{
	struct object_server *server = visitor->server;
	struct object_request letter;
	struct pen_objects_request request = {
		.asker = { visitor->peer.token, visitor->peer.process, &visitor->asker },
		.letter = &letter,
		.now = pen_clock_ms(),
	};
	int r;

	pen_arena_reset(&server->arena);
	r = pen_letter_get_request(&letter, &server->arena, server->message, n);
	if (!r)
		r = take_fds(visitor, fds, &request);
	pen_foul_close(fds, visitor->peer.uid);
	if (!r)
		ask(visitor, &request);
	else if (r == -ENOMEM) /* nobody knows whether it wants an answer */
		object_visitor_close(visitor);
	else
		refuse(visitor, PEN_STATUS_INVALID_PARAMETER);
}

static void hear(struct object_visitor *visitor)
{
	struct object_server *server = visitor->server;
	const struct iovec part = { server->message, object_MESSAGE_MAX + 1 };
	struct pen_fds fds;
	ssize_t n = pen_fds_receive(visitor->fd, &part, 1, &fds, MSG_DONTWAIT);

	if (n == -EAGAIN)
		return;
	if (n > 0 && fds.n <= N_CREATE) {
		on_message(visitor, (size_t)n, &fds);
		return;
	}
	pen_foul_close(&fds, visitor->peer.uid);
	if (n == -EMFILE)
		refuse(visitor, PEN_STATUS_INSUFFICIENT_RESOURCES);
	else
		object_visitor_close(visitor);
}

/*
 * Not yet: who closes a handle and then asks means the two in that order, but the kernel may
 * tell of the request first. In the next turn it has told of both.
 */
static void on_event(uv_poll_t *poll, int status, int events)
{
	struct object_visitor *visitor = poll->data;
	struct object_server *server = visitor->server;

	if (status < 0 || pen_foul_count(visitor->peer.uid) > PEN_FOUL_MAX ||
	    (visitor->ticket && events & UV_DISCONNECT)) {
		object_visitor_close(visitor);
		return;
	}
	if (visitor->ticket) { /* it is heard when it has its answer */
		listen_for(visitor, UV_DISCONNECT);
		return;
	}
	if (!pen_list_is_empty(&visitor->heard))
		return;
	visitor->turn = server->turn;
	pen_list_append(&server->heard, &visitor->heard);
}

bool object_visitor_hear(struct object_server *server)
{
	pen_list_each (link, after, &server->heard) {
		struct object_visitor *visitor = pen_list_entry(link, struct object_visitor, heard);

		if (visitor->turn == server->turn)
			break; /* as are all that follow */
		pen_list_remove(&visitor->heard);
		hear(visitor);
	}
	server->turn++;
	return !pen_list_is_empty(&server->heard);
}
