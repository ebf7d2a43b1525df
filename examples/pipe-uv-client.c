/* SPDX-License-Identifier: MIT */
/*
 * A client in a libuv loop that waits for a pipe without blocking: until there is one, and until an
 * instance of it listens. It sends one message and prints what comes back; a signal ends its
 * waiting.
 *
 *	pipe-uv-client '\\.\pipe\echo' "a few words"
 */
#include <penstock/pipe.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { MESSAGE_MAX = 4096, ANSWER_MS = 10000 };

struct client {
	const char *name;
	const char *message;
	struct pen_pipe_waiter *waiter;
	uint32_t seen; /* changes of pipes' names, up to here */
	uv_poll_t poll;
	uv_signal_t signal;
};

static void complain(struct client *client, uint32_t status)
{
	fprintf(stderr, "%s: %s\n", client->name, pen_ntstatus_name(status));
	exit(1);
}

static void talk(struct client *client, struct pen_pipe *pipe)
{
	static char answer[MESSAGE_MAX];
	uint32_t n = 0, status = pen_pipe_set_modes(pipe, 1, 0);

	if (!status)
		status = pen_pipe_transact(pipe, client->message, (uint32_t)strlen(client->message),
					   answer, sizeof(answer), &n, ANSWER_MS);
	if (status)
		complain(client, status);
	printf("%.*s\n", (int)n, answer);
	pen_pipe_free(pipe);
	uv_close((uv_handle_t *)&client->signal, NULL);
}

static void on_ready(uv_poll_t *poll, int status, int events);

/* A wait reserves nothing: somebody else may be quicker, and then there is another to wait for. */
static void go_on(struct client *client)
{
	struct pen_pipe *pipe;
	uint32_t status = pen_pipe_open(&pipe, client->name, NULL);

	if (!status) {
		talk(client, pipe);
		return;
	}
	if (status == PEN_STATUS_PIPE_NOT_AVAILABLE)
		status = pen_pipe_start_wait_name(&client->waiter, client->name, -1, NULL);
	else if (status == PEN_STATUS_OBJECT_NAME_NOT_FOUND)
		status = pen_pipe_start_watch(&client->waiter, NULL, client->seen);
	if (status != PEN_STATUS_PENDING)
		complain(client, status);
	fprintf(stderr, "waiting for %s\n", client->name);
	uv_poll_init(client->signal.loop, &client->poll, pen_pipe_waiter_fd(client->waiter));
	client->poll.data = client;
	uv_poll_start(&client->poll, UV_READABLE, on_ready);
}

static void on_waited(uv_handle_t *handle)
{
	struct client *client = handle->data;

	client->waiter = pen_pipe_waiter_free(client->waiter);
	go_on(client);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct client *client = poll->data;
	uint32_t result = pen_pipe_waiter_finish(client->waiter, &client->seen);

	if (result == PEN_STATUS_PENDING)
		return;
	if (result && result != PEN_STATUS_OBJECT_NAME_NOT_FOUND)
		complain(client, result);
	uv_close((uv_handle_t *)poll, on_waited);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct client *client = handle->data;

	pen_pipe_waiter_free(client->waiter); /* which cancels it */
	fprintf(stderr, "%s: nobody came\n", client->name);
	exit(2);
}

int main(int argc, char **argv)
{
	uv_loop_t *loop = uv_default_loop();
	struct client client = { .name = argc > 1 ? argv[1] : "\\\\.\\pipe\\echo",
				 .message = argc > 2 ? argv[2] : "hello" };

	uv_signal_init(loop, &client.signal);
	client.signal.data = &client;
	uv_signal_start(&client.signal, on_signal, SIGINT);
	go_on(&client);
	uv_run(loop, UV_RUN_DEFAULT);
	return 0;
}
