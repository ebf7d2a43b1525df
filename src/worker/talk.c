/* SPDX-License-Identifier: MIT */
#include "worker/talk.h"
#include "object/letter.h"
#include "runtime/arrival.h"
#include "runtime/server-policy.h"
#include "runtime/server-trace.h"
#include "runtime/server.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ORDERS_MAX = 64, /* heard in one turn */
	PAUSE_MS = 1000,
};

int pen_worker_talk_init(struct pen_worker_talk *talk, int socket)
{
	memset(talk, 0, sizeof(*talk));
	talk->socket = socket;
	pen_arena_init(&talk->arena, PEN_WORKER_ARENA_MAX);
	pen_buffer_init(&talk->scratch, 0);
	talk->room = malloc(worker_LETTER_MAX);
	return talk->room ? 0 : -ENOMEM;
}

void pen_worker_talk_done(struct pen_worker_talk *talk)
{
	pen_arena_done(&talk->arena);
	pen_buffer_done(&talk->scratch);
	free(talk->room);
	talk->room = NULL;
}

static int receive(struct pen_worker_talk *talk, struct worker_order *order, int *fdp)
{
	pen_arena_reset(&talk->arena);
	return pen_worker_receive_order(talk->socket, order, fdp, talk->room, &talk->arena);
}

/* ---- before it serves ---- */

int pen_worker_talk_hello(struct pen_worker_talk *talk, const struct worker_hello **hellop,
			  int *authorityp)
{
	struct pollfd wait = { .fd = talk->socket, .events = POLLIN };
	struct worker_order *order;
	struct worker_order first;
	int fd, r;

	while ((r = receive(talk, &first, &fd)) == -EAGAIN)
		poll(&wait, 1, -1);
	if (r == -ECONNRESET || (!r && first.verb == worker_LEAVE))
		return PEN_E_CLOSED;
	if (r)
		return r;
	if (first.verb != worker_HELLO) {
		if (fd >= 0)
			close(fd);
		return PEN_E_PROTOCOL;
	}
	order = pen_arena_copy(&talk->arena, &first, sizeof(first));
	if (!order) {
		if (fd >= 0)
			close(fd);
		return -ENOMEM;
	}
	*hellop = &order->body.hello;
	*authorityp = fd;
	return 0;
}

/* ---- out ---- */

static void stop(struct pen_worker_talk *talk)
{
	talk->is_over = true;
	pen_server_stop(talk->server);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct pen_worker_talk *talk)
{
	int events = (talk->is_deaf ? 0 : UV_READABLE) | (talk->is_blocked ? UV_WRITABLE : 0);

	if (events)
		uv_poll_start(&talk->poll, events, on_poll);
	else
		uv_poll_stop(&talk->poll);
}

/* False: not now, or never. */
static bool tell(struct pen_worker_talk *talk, const struct worker_report *report)
{
	int r = pen_worker_send_report(talk->socket, report, -1, &talk->scratch);

	if (r == -EAGAIN) {
		talk->is_blocked = true;
		watch(talk);
	} else if (r < 0 && r != -ENOMEM) {
		stop(talk);
	}
	return !r;
}

/* Clients of pipes that carry no RPC are connections too. */
static uint32_t count_connections(const struct pen_worker_talk *talk)
{
	return talk->server->stats.connections + talk->pipes->n_clients;
}

static struct worker_state state_of(const struct pen_worker_talk *talk)
{
	struct pen_server_stats stats;

	pen_server_stats(talk->server, &stats);
	return (struct worker_state){
		.arrivals = talk->n_arrivals,
		.connections = count_connections(talk),
		.groups = stats.groups,
		.handles = stats.handles,
		.calls = stats.calls_in_progress,
		.calls_in = (int64_t)stats.calls_in,
		.faults = (int64_t)stats.faults,
	};
}

static void on_pause_end(uv_timer_t *timer)
{
	struct pen_worker_talk *talk = timer->data;

	talk->is_due = true;
}

/* What somebody decides by is told at once; what is only counted, when there was time for more. */
static void tell_state(struct pen_worker_talk *talk)
{
	const struct worker_state *was = &talk->state;
	struct worker_report report = { .verb = worker_STATE };
	struct worker_state *is = &report.body.state;

	*is = state_of(talk);
	if (is->arrivals == was->arrivals && is->connections == was->connections &&
	    is->groups == was->groups && is->handles == was->handles && is->calls == was->calls &&
	    !talk->is_due) {
		if ((is->calls_in != was->calls_in || is->faults != was->faults) &&
		    !uv_is_active((uv_handle_t *)&talk->pause))
			uv_timer_start(&talk->pause, on_pause_end, PAUSE_MS, 0);
		return;
	}
	if (!tell(talk, &report))
		return;
	talk->state = *is;
	talk->is_due = false;
	uv_timer_stop(&talk->pause);
}

/* ---- in ---- */

/* One connection may be lost for want of memory; after what is no order at all it is over. */
static bool complain(struct pen_worker_talk *talk, int result, bool is_lost)
{
	pen_server_log(talk->server, PEN_LOG_ERROR, "penstockd: %s", pen_error_name(result));
	if (result == -EMFILE || result == -ENOMEM || result == PEN_E_LIMIT) {
		talk->n_arrivals += is_lost;
		return true;
	}
	talk->is_failed = true;
	stop(talk);
	return false;
}

static int take_arrival(struct pen_worker_talk *talk, const struct worker_arrival *letter, int fd)
{
	struct pen_arrival arrival = {
		.fd = fd,
		.binding = letter->binding,
		.peer = letter->peer,
		.is_framed = letter->is_framed,
		.is_envelope = letter->is_envelope,
		.bytes = { letter->bytes, letter->n_bytes },
	};
	static const char raw[] = "\\pipe\\"; /* what no binding begins with */
	struct pen_token *token;
	int r;

	r = pen_letter_to_token(&token, &letter->token);
	if (r) {
		close(fd);
		return r == PEN_E_LIMIT ? PEN_E_BAD_DATA : r;
	}
	arrival.token = token;
	if (!strncmp(letter->binding, raw, strlen(raw)))
		r = pen_worker_pipes_arrive(talk->pipes, letter->binding + strlen(raw),
					    letter->peer, token, fd);
	else
		r = pen_server_arrive(talk->server, &arrival);
	pen_token_free(token);
	/* What the connection lacks is its own misfortune. */
	return r > 0 ? 0 : r == -ENOMEM || r == -EMFILE ? r : 0;
}

/* One more than there may be is turned away, and the others go on. */
static int take_trace(struct pen_worker_talk *talk, const struct worker_trace *trace, int fd)
{
	int r = pen_server_trace_add(talk->server, fd, trace);

	return r == PEN_E_LIMIT ? 0 : r;
}

/* Nobody is served whom it should rule and does not. */
static int take_policy(struct pen_worker_talk *talk, const struct worker_policy *letter, int fd)
{
	const struct pen_given_policy policy = {
		.is_there = letter->is_there,
		.text = { letter->text, letter->n_text },
		.record = fd,
	};

	if (!pen_server_take_policy(talk->server, &policy))
		return 0;
	pen_server_log(talk->server, PEN_LOG_ERROR, "%s", pen_server_error(talk->server));
	return PEN_E_REJECTED;
}

static int obey(struct pen_worker_talk *talk, const struct worker_order *order, int fd)
{
	switch (order->verb) {
	case worker_ARRIVE:
		talk->n_arrivals++;
		return take_arrival(talk, &order->body.arrival, fd);
	case worker_LEAVE:
		talk->is_leaving = true;
		if (order->body.is_now)
			stop(talk);
		return 0;
	case worker_TABLE:
		return talk->listener.learn(talk->listener.data, &order->body.table);
	case worker_TRACE:
		return take_trace(talk, &order->body.trace, fd);
	case worker_POLICY:
		return take_policy(talk, &order->body.policy, fd);
	case worker_RELOAD:
		talk->listener.reload(talk->listener.data);
		return 0;
	case worker_AUTHORITY:
		talk->listener.replace(talk->listener.data, fd);
		return 0;
	default:
		if (fd >= 0)
			close(fd);
		return PEN_E_PROTOCOL;
	}
}

/* False: there is no more. */
static bool hear(struct pen_worker_talk *talk)
{
	struct worker_order order;
	int fd, r;

	r = receive(talk, &order, &fd);
	if (r == -EAGAIN)
		return false;
	if (r == -ECONNRESET) {
		if (!talk->is_deaf)
			stop(talk);
		return false;
	}
	if (r)
		return complain(talk, r, true);
	r = obey(talk, &order, fd);
	return r ? complain(talk, r, false) : !talk->is_over;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct pen_worker_talk *talk = poll->data;

	if (status) {
		stop(talk);
		return;
	}
	if (events & UV_READABLE)
		for (int i = 0; i < ORDERS_MAX && hear(talk); i++)
			;
	if (events & UV_WRITABLE) {
		talk->is_blocked = false;
		watch(talk);
	}
}

/* ---- a turn ---- */

/*
 * Nothing is sent to who does not hear any more: penstockd keeps the connection that it has then.
 * What had come before is served first.
 */
static void leave(struct pen_worker_talk *talk)
{
	if (!talk->is_deaf) {
		talk->is_deaf = true;
		shutdown(talk->socket, SHUT_RD);
		watch(talk);
		while (hear(talk))
			;
	}
	if (!count_connections(talk))
		stop(talk);
}

static void on_turn(uv_prepare_t *turn)
{
	const struct worker_report ready = { .verb = worker_READY };
	struct pen_worker_talk *talk = turn->data;

	if (talk->is_over)
		return;
	if (!talk->is_blocked && !talk->is_ready)
		talk->is_ready = tell(talk, &ready);
	if (!talk->is_blocked && talk->is_ready)
		tell_state(talk);
	if (talk->is_leaving && !talk->is_over && !count_connections(talk))
		leave(talk);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct pen_worker_talk *talk = handle->data;

	if (talk->is_leaving)
		stop(talk);
	talk->is_leaving = true;
}

int pen_worker_talk_begin(struct pen_worker_talk *talk, struct pen_server *server,
			  struct pen_worker_pipes *pipes,
			  const struct pen_worker_listener *listener)
{
	uv_loop_t *loop = &server->loop.uv;
	int r;

	talk->server = server;
	talk->pipes = pipes;
	talk->listener = *listener;
	r = uv_signal_init(loop, &talk->signal);
	if (r)
		return r;
	r = uv_poll_init(loop, &talk->poll, talk->socket);
	if (r) {
		uv_close((uv_handle_t *)&talk->signal, NULL);
		return r;
	}
	uv_prepare_init(loop, &talk->turn);
	uv_timer_init(loop, &talk->pause);
	talk->poll.data = talk->turn.data = talk->pause.data = talk->signal.data = talk;
	talk->is_begun = true;
	watch(talk);
	uv_prepare_start(&talk->turn, on_turn);
	return uv_signal_start(&talk->signal, on_signal, SIGTERM);
}

void pen_worker_talk_end(struct pen_worker_talk *talk)
{
	if (!talk->is_begun)
		return;
	talk->is_begun = false;
	uv_close((uv_handle_t *)&talk->poll, NULL);
	uv_close((uv_handle_t *)&talk->turn, NULL);
	uv_close((uv_handle_t *)&talk->pause, NULL);
	uv_close((uv_handle_t *)&talk->signal, NULL);
}
