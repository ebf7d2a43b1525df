/* SPDX-License-Identifier: MIT */
#include "daemon/relay-pair.h"
#include "runtime/worker-letter.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	ORDERS_MAX = 64, /* in one turn */
	AGAIN_MS = 20,	 /* between two looks whether a queue has room */
};

static const struct relay_config defaults = { .connect_ms = 5000, .connections_max = 10000 };

static void relay_end(struct relay *relay, int error)
{
	relay->is_over = true;
	relay->error = error;
	uv_poll_stop(&relay->orders);
	pen_loop_stop(&relay->loop);
}

/* ---- pairs ---- */

static void on_again(uv_timer_t *timer)
{
	struct relay *relay = timer->data;

	pen_list_each (link, after, &relay->waiting)
		relay_pair_try(pen_list_entry(link, struct relay_pair, link));
	if (pen_list_is_empty(&relay->waiting))
		uv_timer_stop(timer);
}

void relay_wait(struct relay *relay)
{
	if (!uv_is_active((uv_handle_t *)&relay->again))
		uv_timer_start(&relay->again, on_again, AGAIN_MS, AGAIN_MS);
}

void relay_lost(struct relay *relay)
{
	if (relay->is_leaving && !relay->n_pairs && !relay->is_over)
		relay_end(relay, 0);
}

/* ---- orders ---- */

static bool is_gone(int r)
{
	return r == -ECONNRESET || r == -EPIPE || r == -ENOTCONN;
}

static void leave(struct relay *relay, bool is_now)
{
	relay->is_leaving = true;
	if (is_now || !relay->n_pairs)
		relay_end(relay, 0);
}

/* PEN_E_AGAIN: it was the last for now. */
static int take_order(struct relay *relay)
{
	struct worker_order order;
	int fd = -1;
	int r = pen_worker_receive_order(relay->config.fd, &order, &fd, relay->room, &relay->arena);

	if (r == -EAGAIN || r == -EINTR)
		return PEN_E_AGAIN;
	/* That connection is lost, and no more than that. */
	if (r == -EMFILE || r == -ENFILE || r == -ENOMEM || r == PEN_E_LIMIT)
		return 0;
	if (!r && order.verb == worker_RELAY)
		relay_pair_new(relay, order.body.relay.name, fd);
	else if (!r && order.verb == worker_LEAVE)
		leave(relay, order.body.is_now);
	else if (!r) {
		if (fd >= 0)
			close(fd);
		r = PEN_E_BAD_DATA;
	}
	pen_arena_reset(&relay->arena);
	return r;
}

static void on_orders(uv_poll_t *poll, int status, int events)
{
	struct relay *relay = poll->data;
	int r = status ? -ECONNRESET : 0;

	for (int i = 0; i < ORDERS_MAX && !r && !relay->is_over; i++)
		r = take_order(relay);
	if (is_gone(r)) { /* a penstockd that dies takes us along; one that is replaced does not */
		uv_poll_stop(poll);
		leave(relay, false);
	} else if (r && r != PEN_E_AGAIN) {
		relay_end(relay, r);
	}
}

/* ---- beginning and end ---- */

static void on_signal(uv_signal_t *handle, int number)
{
	leave(handle->data, false);
}

static int start(struct relay *relay)
{
	int r = pen_loop_init(&relay->loop);

	if (r)
		return r;
	r = uv_poll_init(&relay->loop.uv, &relay->orders, relay->config.fd);
	if (r) {
		pen_loop_done(&relay->loop);
		return r;
	}
	uv_timer_init(&relay->loop.uv, &relay->again);
	uv_signal_init(&relay->loop.uv, &relay->signal);
	relay->orders.data = relay->again.data = relay->signal.data = relay;
	uv_signal_start(&relay->signal, on_signal, SIGTERM);
	uv_poll_start(&relay->orders, UV_READABLE, on_orders);
	return 0;
}

int relay_new(struct relay **relayp, const struct relay_config *config)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	int r;

	if (!relay)
		return -ENOMEM;
	relay->config = *config;
	if (!relay->config.connect_ms)
		relay->config.connect_ms = defaults.connect_ms;
	if (!relay->config.connections_max)
		relay->config.connections_max = defaults.connections_max;
	pen_list_init(&relay->pairs);
	pen_list_init(&relay->waiting);
	pen_arena_init(&relay->arena, PEN_WORKER_ARENA_MAX);
	r = start(relay);
	if (r) {
		free(relay);
		return r;
	}
	*relayp = relay;
	return 0;
}

static void free_all(struct pen_list *pairs)
{
	pen_list_each (link, after, pairs)
		relay_pair_free(pen_list_entry(link, struct relay_pair, link));
}

struct relay *relay_free(struct relay *relay)
{
	if (!relay)
		return NULL;
	free_all(&relay->waiting);
	free_all(&relay->pairs);
	uv_close((uv_handle_t *)&relay->orders, NULL);
	uv_close((uv_handle_t *)&relay->again, NULL);
	uv_close((uv_handle_t *)&relay->signal, NULL);
	pen_loop_done(&relay->loop);
	pen_arena_done(&relay->arena);
	free(relay);
	return NULL;
}

int relay_run(struct relay *relay)
{
	if (!relay->is_over)
		pen_loop_run(&relay->loop);
	return relay->error;
}

int relay_dispatch(struct relay *relay)
{
	int r = pen_loop_dispatch(&relay->loop);

	if (relay->error || relay->is_over)
		return relay->error ? relay->error : PEN_E_CLOSED;
	return r;
}

uint32_t relay_count(const struct relay *relay)
{
	return relay->n_pairs;
}
