/* SPDX-License-Identifier: MIT */
#include "daemon/greeter-guest.h"
#include "object/letter.h"
#include "runtime/worker-letter.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ORDERS_MAX = 64, /* in one turn */
	SWEEP_MS_MIN = 5,
	SWEEP_MS_MAX = 500,
};

static const struct greeter_config defaults = {
	.npa_ms = 5000,
	.bind_ms = 30000,
	.linger_ms = 2000,
	.connections_max = 10000,
	.bytes_max = (size_t)64 << 20,
};

static void on_orders(uv_poll_t *poll, int status, int events);

static void listen_to(struct greeter *greeter, int events)
{
	if (events == greeter->polled)
		return;
	greeter->polled = events;
	if (events)
		uv_poll_start(&greeter->orders, events, on_orders);
	else
		uv_poll_stop(&greeter->orders);
}

/* ---- the end ---- */

static void greeter_end(struct greeter *greeter, int error)
{
	greeter->is_over = true;
	greeter->error = error;
	listen_to(greeter, 0);
	pen_loop_stop(&greeter->loop);
}

/* Whether it is the other side's going that r says. */
static bool is_gone(int r)
{
	return r == -ECONNRESET || r == -EPIPE || r == -ENOTCONN || r == -ECONNREFUSED;
}

/* ---- words to penstockd ---- */

static int send_gone(struct greeter *greeter, const struct worker_gone *gone)
{
	const struct worker_report report = { .verb = worker_GONE, .body.gone = *gone };

	return pen_worker_send_report(greeter->config.fd, &report, -1, &greeter->scratch);
}

static void put_syntaxes(struct greeter *greeter, const struct pen_first *first,
			 struct worker_guest *letter)
{
	for (size_t i = 0; i < first->n_syntaxes; i++)
		greeter->letter_syntaxes[i] = (struct worker_syntax){
			.uuid = pen_letter_put_guid(&first->syntaxes[i].uuid),
			.major = first->syntaxes[i].major,
			.minor = first->syntaxes[i].minor,
		};
	letter->assoc_group_id = first->assoc_group_id;
	letter->n_syntaxes = (uint32_t)first->n_syntaxes;
	letter->syntaxes = greeter->letter_syntaxes;
}

static int send_guest(struct greeter *greeter, const struct guest *guest)
{
	struct pen_slice fragment = guest_fragment(guest);
	struct worker_report report = { .verb = worker_GUEST };
	struct worker_guest *letter = &report.body.guest;
	struct object_token token;
	struct pen_first first;
	int r;

	r = pen_first_get(&first, greeter->syntaxes, fragment.data, fragment.size);
	if (!r && guest->pipe)
		r = pen_letter_from_token(&token, &greeter->arena, guest->pipe->token);
	if (r)
		return r;
	put_syntaxes(greeter, &first, letter);
	letter->number = guest->number;
	letter->token = guest->pipe ? &token : NULL;
	letter->client = guest->pipe ? guest->pipe->client : NULL;
	letter->n_bytes = (uint32_t)guest->bytes.size;
	letter->bytes = guest->bytes.data;
	return pen_worker_send_report(greeter->config.fd, &report, guest->fd, &greeter->scratch);
}

/* What no message can say, of one whom smbd has brought: that is told in its place. */
static bool is_unspeakable(int r)
{
	return r > 0 || r == -EMSGSIZE;
}

static int tell_of(struct greeter *greeter, struct guest *guest)
{
	int r = 0;

	if (!guest->has_gone) {
		r = send_guest(greeter, guest);
		pen_arena_reset(&greeter->arena);
		greeter->scratch.size = 0;
		if (is_unspeakable(r))
			guest_close(guest, worker_FULL);
	}
	if (guest->has_gone) {
		const struct worker_gone gone = { guest->number, (enum worker_farewell)guest->why };

		r = send_gone(greeter, &gone);
	}
	if (!r)
		guest_free(guest);
	return r;
}

/* All that waits. */
static int tell_all(struct greeter *greeter)
{
	struct pen_list *waiting = &greeter->guests[GUEST_AWAIT_WORD];
	int r = 0;

	while (!r && !pen_list_is_empty(waiting))
		r = tell_of(greeter, pen_list_entry(waiting->next, struct guest, link));
	if (!r && greeter->has_refused) {
		r = send_gone(greeter, &greeter->refused);
		greeter->has_refused = r != 0;
	}
	return r;
}

/*
 * The socket being full, it says when it is not; of other things that the kernel lacks nobody
 * does, so that is tried again from time to time.
 */
void greeter_tell(struct greeter *greeter)
{
	int r;

	if (greeter->is_over)
		return;
	r = tell_all(greeter);
	greeter->is_blocked = r == -EAGAIN || r == -ENOMEM || r == -ENOBUFS || r == -ETOOMANYREFS;
	if (r && !greeter->is_blocked)
		greeter_end(greeter, is_gone(r) ? 0 : r);
	else
		listen_to(greeter, !r ? UV_READABLE : r == -EAGAIN ? UV_WRITABLE : 0);
}

/* ---- time limits ---- */

static void on_sweep(uv_timer_t *sweep)
{
	struct greeter *greeter = sweep->data;
	uint64_t now = uv_now(&greeter->loop.uv);

	/* Those in each state have the same time, so they are in order. */
	for (int state = 0; state < GUEST_AWAIT_WORD; state++) {
		struct pen_list *guests = &greeter->guests[state];

		while (!pen_list_is_empty(guests)) {
			struct guest *guest = pen_list_entry(guests->next, struct guest, link);

			if (guest->due > now)
				break;
			guest_late(guest);
		}
	}
	if (greeter->is_blocked)
		greeter_tell(greeter);
	if (!greeter->n_guests && !greeter->has_refused)
		uv_timer_stop(sweep);
}

/* A fraction of the shortest limit. */
static uint64_t sweep_interval(const struct greeter_config *config)
{
	uint64_t ms = config->bind_ms < config->npa_ms ? config->bind_ms : config->npa_ms;

	if (config->linger_ms < ms)
		ms = config->linger_ms;
	ms /= 8;
	return ms < SWEEP_MS_MIN ? SWEEP_MS_MIN : ms > SWEEP_MS_MAX ? SWEEP_MS_MAX : ms;
}

static void sweep_on(struct greeter *greeter)
{
	uint64_t ms = sweep_interval(&greeter->config);

	if (!uv_is_active((uv_handle_t *)&greeter->sweep))
		uv_timer_start(&greeter->sweep, on_sweep, ms, ms);
}

/* ---- orders ---- */

static void refuse(struct greeter *greeter, uint32_t number, enum worker_farewell why)
{
	greeter->refused = (struct worker_gone){ number, why };
	greeter->has_refused = true;
	greeter_tell(greeter);
}

static void greet(struct greeter *greeter, const struct worker_greet *order, int fd)
{
	int r;

	sweep_on(greeter);
	if (greeter->n_guests >= greeter->config.connections_max) {
		close(fd);
		refuse(greeter, order->number, worker_FULL);
		return;
	}
	r = guest_new(greeter, order->number, fd, order->is_carried);
	if (r)
		refuse(greeter, order->number, r == -ENOMEM ? worker_FULL : worker_CLOSED);
}

/* PEN_E_AGAIN: it was the last for now. */
static int take_order(struct greeter *greeter)
{
	struct worker_order order;
	int fd = -1;
	int r;

	r = pen_worker_receive_order(greeter->config.fd, &order, &fd, greeter->room,
				     &greeter->arena);
	pen_arena_reset(&greeter->arena);
	if (r == -EAGAIN || r == -EINTR)
		return PEN_E_AGAIN;
	if (!r && order.verb == worker_GREET) {
		greet(greeter, &order.body.greet, fd);
		return 0;
	}
	if (fd >= 0)
		close(fd);
	return r ? r : PEN_E_BAD_DATA;
}

static void on_orders(uv_poll_t *poll, int status, int events)
{
	struct greeter *greeter = poll->data;
	int r = status ? -ECONNRESET : 0;

	if (!r && greeter->is_blocked)
		greeter_tell(greeter);
	for (int i = 0; i < ORDERS_MAX && !r && !greeter->is_blocked && !greeter->is_over; i++)
		r = take_order(greeter);
	if (r && r != PEN_E_AGAIN)
		greeter_end(greeter, is_gone(r) ? 0 : r);
}

/* ---- beginning and end ---- */

/* Its longest message must fit; what the kernel does not grant is found when one does not. */
static void widen(int fd)
{
	const int wanted = worker_LETTER_MAX + 4096;
	int has = 0;
	socklen_t n = sizeof(has);

	if (!getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &has, &n) && has < wanted)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof(wanted));
}

static struct greeter_config fill(const struct greeter_config *config)
{
	struct greeter_config full = *config;

	if (!full.npa_ms)
		full.npa_ms = defaults.npa_ms;
	if (!full.bind_ms)
		full.bind_ms = defaults.bind_ms;
	if (!full.linger_ms)
		full.linger_ms = defaults.linger_ms;
	if (!full.connections_max)
		full.connections_max = defaults.connections_max;
	if (!full.bytes_max)
		full.bytes_max = defaults.bytes_max;
	return full;
}

static int start(struct greeter *greeter)
{
	int r;

	r = pen_buffer_reserve(&greeter->scratch, worker_LETTER_MAX);
	if (!r)
		r = pen_loop_init(&greeter->loop);
	if (r)
		return r;
	r = uv_poll_init(&greeter->loop.uv, &greeter->orders, greeter->config.fd);
	if (r) {
		pen_loop_done(&greeter->loop);
		return r;
	}
	uv_timer_init(&greeter->loop.uv, &greeter->sweep);
	greeter->orders.data = greeter;
	greeter->sweep.data = greeter;
	listen_to(greeter, UV_READABLE);
	return 0;
}

int greeter_new(struct greeter **greeterp, const struct greeter_config *config)
{
	struct greeter *greeter = calloc(1, sizeof(*greeter));
	int r;

	if (!greeter)
		return -ENOMEM;
	greeter->config = fill(config);
	for (int i = 0; i < GUEST_N_STATES; i++)
		pen_list_init(&greeter->guests[i]);
	pen_arena_init(&greeter->arena, PEN_WORKER_ARENA_MAX);
	widen(config->fd);
	r = start(greeter);
	if (r) {
		pen_buffer_done(&greeter->scratch);
		free(greeter);
		return r;
	}
	*greeterp = greeter;
	return 0;
}

struct greeter *greeter_free(struct greeter *greeter)
{
	if (!greeter)
		return NULL;
	for (int i = 0; i < GUEST_N_STATES; i++)
		pen_list_each (link, after, &greeter->guests[i])
			guest_free(pen_list_entry(link, struct guest, link));
	uv_close((uv_handle_t *)&greeter->orders, NULL);
	uv_close((uv_handle_t *)&greeter->sweep, NULL);
	pen_loop_done(&greeter->loop);
	pen_arena_done(&greeter->arena);
	pen_buffer_done(&greeter->scratch);
	free(greeter);
	return NULL;
}

int greeter_run(struct greeter *greeter)
{
	if (!greeter->is_over)
		pen_loop_run(&greeter->loop);
	return greeter->error;
}

int greeter_dispatch(struct greeter *greeter)
{
	int r = pen_loop_dispatch(&greeter->loop);

	if (greeter->error || greeter->is_over)
		return greeter->error ? greeter->error : PEN_E_CLOSED;
	return r;
}
