/* SPDX-License-Identifier: MIT */
/*
 * A server in somebody else's libuv loop, and an operation that answers later.
 *
 *	uv-server ncacn_ip_tcp:127.0.0.1[0]
 */
#include <errno.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/server.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

/* ---- the service ---- */

/* An AddOne that takes a moment, which the loop spends on others. */
struct sum {
	uv_timer_t timer;
	struct pen_call *call;
	struct rpcecho_echo_AddOne_out *out;
	uint32_t in_data;
};

static void free_sum(uv_handle_t *timer)
{
	free(timer->data);
}

static void on_moment(uv_timer_t *timer)
{
	struct sum *sum = timer->data;

	sum->out->out_data = sum->in_data + 1;
	pen_call_finish(sum->call, 0);
	uv_close((uv_handle_t *)timer, free_sum);
}

/* Nobody wants the answer any more. */
static void on_cancel(struct pen_call *call, void *data)
{
	struct sum *sum = data;

	pen_call_finish(call, PEN_E_CANCELLED);
	uv_close((uv_handle_t *)&sum->timer, free_sum);
}

static int add_one(struct pen_call *call, const struct rpcecho_echo_AddOne_in *in,
		   struct rpcecho_echo_AddOne_out *out)
{
	uv_loop_t *loop = pen_call_data(call);
	struct sum *sum = calloc(1, sizeof(*sum));

	if (!sum)
		return -ENOMEM;
	sum->call = call;
	sum->out = out;
	sum->in_data = in->in_data;
	uv_timer_init(loop, &sum->timer);
	sum->timer.data = sum;
	uv_timer_start(&sum->timer, on_moment, 10, 0);
	pen_call_on_cancel(call, on_cancel, sum);
	return PEN_PENDING;
}

static const struct rpcecho_operations operations = { .echo_AddOne = add_one };

static const struct pen_service service = {
	.interface = &rpcecho_interface,
	.operations = &operations,
};

/* ---- the loop ---- */

struct host {
	struct pen_server *server;
	uv_prepare_t prepare; /* before the loop waits */
	uv_poll_t poll;
	uv_timer_t timer;
	uv_signal_t signals[2];
};

static void on_ready(uv_poll_t *poll, int status, int events)
{
	pen_server_dispatch(((struct host *)poll->data)->server);
}

static void on_time(uv_timer_t *timer)
{
	pen_server_dispatch(((struct host *)timer->data)->server);
}

/* The server says anew, each time, how long it may be left alone. */
static void on_prepare(uv_prepare_t *prepare)
{
	struct host *host = prepare->data;
	int ms = pen_server_timeout(host->server);

	if (ms < 0)
		uv_timer_stop(&host->timer);
	else
		uv_timer_start(&host->timer, on_time, (uint64_t)ms, 0);
}

static void on_signal(uv_signal_t *handle, int number)
{
	uv_stop(handle->loop);
}

static void host_start(struct host *host, uv_loop_t *loop)
{
	static const int numbers[] = { SIGINT, SIGTERM };

	uv_prepare_init(loop, &host->prepare);
	host->prepare.data = host;
	uv_prepare_start(&host->prepare, on_prepare);
	uv_poll_init(loop, &host->poll, pen_server_fd(host->server));
	host->poll.data = host;
	uv_poll_start(&host->poll, UV_READABLE, on_ready);
	uv_timer_init(loop, &host->timer);
	host->timer.data = host;
	for (int i = 0; i < 2; i++) {
		uv_signal_init(loop, &host->signals[i]);
		uv_signal_start(&host->signals[i], on_signal, numbers[i]);
	}
}

static void close_handle(uv_handle_t *handle, void *data)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

int main(int argc, char **argv)
{
	const char *binding = argc > 1 ? argv[1] : "ncacn_ip_tcp:127.0.0.1[0]";
	uv_loop_t *loop = uv_default_loop();
	struct host host = { 0 };
	int r;

	r = pen_server_new(&host.server, NULL);
	if (r) {
		fprintf(stderr, "%s\n", pen_error_name(r));
		return 1;
	}
	r = pen_server_add(host.server, &service, loop);
	if (!r)
		r = pen_server_listen(host.server, binding, NULL, &binding);
	if (!r) {
		printf("%s\n", binding);
		fflush(stdout);
		host_start(&host, loop);
		uv_run(loop, UV_RUN_DEFAULT);
	} else {
		fprintf(stderr, "%s\n", pen_server_error(host.server));
	}
	/* The loop lets go of the server's descriptor before the server closes it. */
	if (!r)
		uv_poll_stop(&host.poll);
	pen_server_free(host.server);
	uv_walk(loop, close_handle, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
	uv_loop_close(loop);
	return r ? 1 : 0;
}
