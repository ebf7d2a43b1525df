/* SPDX-License-Identifier: MIT */
#include "daemon/relay-pair.h"
#include "io/socket.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TURN_MAX = 8 /* reads, before others have their turn */ };

static struct relay_end *other_of(const struct relay_end *end)
{
	struct relay_pair *pair = end->pair;

	return end == &pair->ends[0] ? &pair->ends[1] : &pair->ends[0];
}

/* ---- the end ---- */

static void on_unwatched(uv_handle_t *handle)
{
	struct relay_end *end = handle->data;

	if (!--end->pair->n_watched)
		free(end->pair);
}

static void end_close(struct relay_end *end)
{
	if (end->is_watched)
		uv_close((uv_handle_t *)&end->poll, on_unwatched);
	if (end->fd >= 0)
		close(end->fd);
	free(end->kept);
}

void relay_pair_free(struct relay_pair *pair)
{
	struct relay *relay = pair->relay;
	bool is_watched = pair->n_watched;

	pen_list_remove(&pair->link);
	for (int i = 0; i < 2; i++)
		end_close(&pair->ends[i]);
	if (!is_watched)
		free(pair);
	relay->n_pairs--;
	relay_lost(relay);
}

/* ---- what is waited for ---- */

static void on_poll(uv_poll_t *poll, int status, int events);

/*
 * Nothing is read from one side before the other has taken what was. Of who is through, without
 * there being anything to send it, only its going is yet to be heard: that is told whatever one
 * waits for, and what is named here does not come.
 */
static void watch(struct relay_end *end)
{
	const struct relay_end *other = other_of(end);
	int events = end->kept ? UV_WRITABLE : 0;

	if (!end->is_through && !other->kept)
		events |= UV_READABLE;
	if (end->is_through && !end->is_deaf && !events)
		events = UV_PRIORITIZED;
	if (events == end->events)
		return;
	end->events = events;
	if (events)
		uv_poll_start(&end->poll, events, on_poll);
	else
		uv_poll_stop(&end->poll);
}

static bool is_gone(const struct relay_end *end)
{
	struct pollfd look = { .fd = end->fd };

	return poll(&look, 1, 0) > 0 && look.revents & (POLLHUP | POLLERR);
}

/* ---- one way ---- */

static void forget_kept(struct relay_end *end)
{
	free(end->kept);
	end->kept = NULL;
}

/* It takes no more: who writes to it is to find that out as if there were nobody between. */
static void end_deafen(struct relay_end *end)
{
	struct relay_end *sender = other_of(end);

	end->is_deaf = end->is_told = true;
	forget_kept(end);
	if (!sender->is_through)
		shutdown(sender->fd, SHUT_RD);
	sender->is_through = true;
}

/* All has been sent that there was, and no more will come. */
static void end_finish(struct relay_end *end)
{
	if (end->is_told || end->kept || !other_of(end)->is_through)
		return;
	end->is_told = true;
	shutdown(end->fd, SHUT_WR);
}

static int keep(struct relay_end *end, const uint8_t *data, size_t n)
{
	end->kept = malloc(n);
	if (!end->kept)
		return -ENOMEM;
	memcpy(end->kept, data, n);
	end->at = 0;
	end->n_kept = (uint32_t)n;
	return 0;
}

/* How many bytes it took. */
static size_t end_send(struct relay_end *end, const uint8_t *data, size_t n)
{
	ssize_t sent = send(end->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent >= 0)
		return (size_t)sent;
	if (errno != EAGAIN && errno != EINTR)
		end_deafen(end);
	return 0;
}

static void send_kept(struct relay_end *end)
{
	end->at += (uint32_t)end_send(end, end->kept + end->at, end->n_kept - end->at);
	if (end->kept && end->at == end->n_kept)
		forget_kept(end);
}

/* Sends some of it on, and keeps the rest. PEN_E_AGAIN: there may be more at once. */
static int end_receive(struct relay_end *end)
{
	uint8_t *in = end->pair->relay->in;
	struct relay_end *other = other_of(end);
	ssize_t n = recv(end->fd, in, RELAY_READ_MAX, MSG_DONTWAIT);
	size_t sent;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		end->is_through = true;
		if (n < 0)
			end_deafen(end);
		return 0;
	}
	sent = end_send(other, in, (size_t)n);
	if (!other->is_deaf && sent < (size_t)n)
		return keep(other, in + sent, (size_t)n - sent);
	return n == RELAY_READ_MAX ? PEN_E_AGAIN : 0;
}

static int end_read(struct relay_end *end)
{
	int r = PEN_E_AGAIN;

	for (int i = 0; i < TURN_MAX && r == PEN_E_AGAIN && !end->is_through; i++)
		r = end_receive(end);
	return r == PEN_E_AGAIN ? 0 : r;
}

/* ---- both ---- */

/* What follows from it. It may free the pair. */
static void pair_settle(struct relay_pair *pair)
{
	for (int i = 0; i < 2; i++)
		end_finish(&pair->ends[i]);
	if (pair->ends[0].is_told && pair->ends[1].is_told) {
		relay_pair_free(pair);
		return;
	}
	for (int i = 0; i < 2; i++)
		watch(&pair->ends[i]);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct relay_end *end = poll->data;
	struct relay_pair *pair = end->pair;

	if (status) /* of an error, which reading tells; nothing is waited for any more */
		end->events = 0;
	if (end->kept && (status || events & UV_WRITABLE))
		send_kept(end);
	if (!end->is_through && !other_of(end)->kept && end_read(end)) {
		relay_pair_free(pair);
		return;
	}
	if (end->is_through && !end->is_deaf && is_gone(end))
		end_deafen(end);
	pair_settle(pair);
}

/* ---- the beginning ---- */

static int watch_both(struct relay_pair *pair)
{
	for (int i = 0; i < 2; i++) {
		struct relay_end *end = &pair->ends[i];
		int r = uv_poll_init(&pair->relay->loop.uv, &end->poll, end->fd);

		if (r)
			return r;
		end->poll.data = end;
		end->is_watched = true;
		pair->n_watched++;
	}
	return 0;
}

/* PEN_E_AGAIN: its queue is full. */
static int connect_to(struct relay_pair *pair)
{
	struct relay_end *end = &pair->ends[1];
	struct pen_address address;
	int r = pen_unix_address(&address, ".", pair->name);

	if (r)
		return r;
	if (end->fd < 0)
		end->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (end->fd < 0)
		return -errno;
	if (!connect(end->fd, (const struct sockaddr *)&address.storage, address.size))
		return watch_both(pair);
	return errno == EAGAIN ? PEN_E_AGAIN : -errno;
}

void relay_pair_try(struct relay_pair *pair)
{
	struct relay *relay = pair->relay;
	int r = connect_to(pair);

	if (r == PEN_E_AGAIN && uv_now(&relay->loop.uv) < pair->due) {
		relay_wait(relay);
		return;
	}
	if (r) {
		relay_pair_free(pair);
		return;
	}
	pen_list_remove(&pair->link);
	pen_list_append(&relay->pairs, &pair->link);
	pair_settle(pair);
}

void relay_pair_new(struct relay *relay, const char *name, int fd)
{
	size_t n = strlen(name) + 1;
	struct relay_pair *pair = NULL;

	if (relay->n_pairs < relay->config.connections_max)
		pair = calloc(1, sizeof(*pair) + n);
	if (!pair) {
		close(fd);
		return;
	}
	memcpy(pair->name, name, n);
	pair->relay = relay;
	pair->due = uv_now(&relay->loop.uv) + relay->config.connect_ms;
	pair->ends[0] = (struct relay_end){ .pair = pair, .fd = fd };
	pair->ends[1] = (struct relay_end){ .pair = pair, .fd = -1 };
	pen_list_append(&relay->waiting, &pair->link);
	relay->n_pairs++;
	relay_pair_try(pair);
}
