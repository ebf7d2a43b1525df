/* SPDX-License-Identifier: MIT */
/*
 * A server of a named pipe in a libuv loop: several instances, each with a client of its own, whose
 * messages go back to it.
 *
 *	pipe-uv '\\.\pipe\echo'
 *	penstock pipe cat echo
 */
#include <penstock/pipe.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { N_INSTANCES = 8, MESSAGE_MAX = 4096 };

enum state { LISTENING, READING, WRITING };

/* An instance does one thing at a time, and begins the next when that is done. */
struct instance {
	struct pen_pipe *pipe;
	struct pen_pipe_op op;
	enum state state;
	char message[MESSAGE_MAX];
	uv_poll_t poll;
	uv_timer_t timer;
};

static struct instance instances[N_INSTANCES];

/* ---- what the server does ---- */

static uint32_t start(struct instance *instance)
{
	switch (instance->state) {
	case LISTENING:
		return pen_pipe_start_listen(instance->pipe, &instance->op);
	case READING:
		return pen_pipe_start_read(instance->pipe, &instance->op, instance->message,
					   MESSAGE_MAX);
	default:
		return pen_pipe_start_write(instance->pipe, &instance->op, instance->message,
					    instance->op.information);
	}
}

/* What comes after what is done. A client may have come, and even gone, before we listened. */
static void advance(struct instance *instance)
{
	uint32_t status = instance->op.status;

	if (instance->state == LISTENING) {
		if (status && status != PEN_STATUS_PIPE_CONNECTED &&
		    status != PEN_STATUS_PIPE_CLOSING) {
			fprintf(stderr, "%s\n", pen_ntstatus_name(status));
			exit(1);
		}
		instance->state = READING;
	} else if (status && status != PEN_STATUS_BUFFER_OVERFLOW) {
		pen_pipe_disconnect(instance->pipe);
		instance->state = LISTENING;
	} else {
		instance->state = instance->state == READING ? WRITING : READING;
	}
}

/* What can be done at once is not reported, but done: until there is something to wait for. */
static void go_on(struct instance *instance)
{
	while (start(instance) != PEN_STATUS_PENDING)
		advance(instance);
}

static void on_done(struct pen_pipe_op *op)
{
	advance(op->data);
	go_on(op->data);
}

/* ---- the loop ---- */

static void on_ready(uv_poll_t *poll, int status, int events)
{
	pen_pipe_dispatch(((struct instance *)poll->data)->pipe);
}

static void on_time(uv_timer_t *timer)
{
	pen_pipe_dispatch(((struct instance *)timer->data)->pipe);
}

/* Each pipe says anew how long it may be left alone: nearly always, for ever. */
static void on_prepare(uv_prepare_t *prepare)
{
	for (int i = 0; i < N_INSTANCES; i++) {
		int ms = pen_pipe_timeout(instances[i].pipe);

		if (ms < 0)
			uv_timer_stop(&instances[i].timer);
		else
			uv_timer_start(&instances[i].timer, on_time, (uint64_t)ms, 0);
	}
}

static void on_signal(uv_signal_t *handle, int number)
{
	uv_stop(handle->loop);
}

static void host(struct instance *instance, uv_loop_t *loop)
{
	uv_poll_init(loop, &instance->poll, pen_pipe_fd(instance->pipe));
	uv_timer_init(loop, &instance->timer);
	instance->poll.data = instance->timer.data = instance;
	uv_poll_start(&instance->poll, UV_READABLE, on_ready);
	instance->op = (struct pen_pipe_op){ .done = on_done, .data = instance };
	go_on(instance);
}

static uint32_t create(const char *name)
{
	struct pen_pipe_config config = {
		.configuration = PEN_PIPE_DUPLEX,
		.is_message = true,
		.is_message_mode = true,
		.disposition = PEN_PIPE_CREATE,
		.instances_max = N_INSTANCES,
	};
	uint32_t status = PEN_STATUS_SUCCESS;

	for (int i = 0; i < N_INSTANCES && !status; i++) {
		status = pen_pipe_create(&instances[i].pipe, name, &config, NULL);
		config.disposition = PEN_PIPE_OPEN;
	}
	return status;
}

int main(int argc, char **argv)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	const char *name = argc > 1 ? argv[1] : "\\\\.\\pipe\\echo";
	uv_loop_t *loop = uv_default_loop();
	uint32_t status = create(name);
	uv_signal_t signals[2];
	uv_prepare_t prepare;

	if (status) {
		fprintf(stderr, "%s: %s\n", name, pen_ntstatus_name(status));
		return 1;
	}
	for (int i = 0; i < N_INSTANCES; i++)
		host(&instances[i], loop);
	for (int i = 0; i < 2; i++) {
		uv_signal_init(loop, &signals[i]);
		uv_signal_start(&signals[i], on_signal, numbers[i]);
	}
	uv_prepare_init(loop, &prepare);
	uv_prepare_start(&prepare, on_prepare);
	printf("%s\n", name);
	fflush(stdout);
	uv_run(loop, UV_RUN_DEFAULT);
	/* The loop lets go of the descriptors before the pipes close them. What waits is cancelled
	 * then, and done: nobody is to begin anew. */
	for (int i = 0; i < N_INSTANCES; i++) {
		uv_poll_stop(&instances[i].poll);
		instances[i].op.done = NULL;
		pen_pipe_free(instances[i].pipe);
	}
	return 0;
}
