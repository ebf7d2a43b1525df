/* SPDX-License-Identifier: MIT */
#include "daemon/porter-part.h"
#include "np/file.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ENVELOPE_SIZE = 1 << 20 };

/* ---- who comes ---- */

struct caller *caller_free(struct caller *caller)
{
	if (!caller)
		return NULL;
	if (caller->envelope >= 0)
		close(caller->envelope);
	pen_token_free(caller->token);
	free(caller);
	return NULL;
}

/* What is in the envelope stays there when this end is closed. A negative errno. */
static int enclose(struct pen_pipe *pipe, int *envelopep)
{
	const int size = ENVELOPE_SIZE;
	uint32_t status;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return -errno;
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	status = pen_pipe_send(pipe, ends[0], 0);
	close(ends[0]);
	if (!status) {
		*envelopep = ends[1];
		return 0;
	}
	close(ends[1]);
	return -EIO;
}

/* Who has opened the pipe; and the pipe, which is the caller's. NULL: that is not to be known. */
static struct caller *meet(const struct post *post, struct pen_pipe *pipe)
{
	struct caller *caller = calloc(1, sizeof(*caller));

	if (!caller)
		return NULL;
	strcpy(caller->name, post->name);
	caller->envelope = -1;
	pen_list_init(&caller->link);
	if (pen_file_opener(pipe->file, &caller->token) ||
	    pen_pipe_client_process(pipe, &caller->process) || enclose(pipe, &caller->envelope))
		return caller_free(caller);
	return caller;
}

static void admit(struct post *post, struct pen_pipe *pipe)
{
	struct caller *caller = meet(post, pipe);

	pen_pipe_free(pipe);
	if (caller)
		porter_announce(post->porter, caller);
}

/* ---- instances ---- */

static void on_unwatched(uv_handle_t *handle)
{
	struct instance *instance = handle->data;
	struct post *post = instance->post;

	instance->is_watched = instance->is_closing = false;
	post->n_watched--;
	if (!post->is_over) {
		if (!post_fill(post))
			porter_try_again(post->porter);
	} else if (!post->n_watched) {
		free(post);
	}
}

static void unwatch(struct instance *instance)
{
	instance->is_closing = true;
	uv_close((uv_handle_t *)&instance->poll, on_unwatched);
}

/* A client has come, or the pipe is of no use any more. */
static void on_instance(uv_poll_t *poll, int error, int events)
{
	struct instance *instance = poll->data;
	struct pen_pipe *pipe = instance->pipe;

	pen_pipe_dispatch(pipe);
	if (instance->listen.status == PEN_STATUS_PENDING)
		return;
	instance->pipe = NULL;
	unwatch(instance);
	if (instance->listen.status && instance->listen.status != PEN_STATUS_PIPE_CONNECTED &&
	    instance->listen.status != PEN_STATUS_PIPE_CLOSING)
		pen_pipe_free(pipe);
	else
		admit(instance->post, pipe);
}

static int watch(struct instance *instance)
{
	struct post *post = instance->post;
	int fd = pen_pipe_fd(instance->pipe);
	int r = fd < 0 ? fd : uv_poll_init(&post->porter->loop.uv, &instance->poll, fd);

	if (r)
		return r;
	instance->poll.data = instance;
	instance->is_watched = true;
	post->n_watched++;
	uv_poll_start(&instance->poll, UV_READABLE, on_instance);
	pen_pipe_start_listen(instance->pipe, &instance->listen);
	if (instance->listen.status != PEN_STATUS_PENDING)
		on_instance(&instance->poll, 0, UV_READABLE);
	return 0;
}

/* Said once, as long as it lasts. */
static void complain(struct post *post, uint32_t status)
{
	if (status && status != post->failure)
		fprintf(stderr, "penstock-porter: \\pipe\\%s: %s\n", post->name,
			pen_ntstatus_text(status));
	post->failure = status;
}

static bool open_instance(struct instance *instance)
{
	struct post *post = instance->post;
	const struct pen_pipe_config config = {
		.configuration = PEN_PIPE_DUPLEX,
		.is_message = true,
		.is_message_mode = true,
		.rejects_remote = true,
		.descriptor = &post->porter->descriptor,
		.objects_dir = post->porter->config.objects,
	};
	char name[worker_PIPE_NAME_MAX + 16];
	uint32_t status;

	snprintf(name, sizeof(name), "\\\\.\\pipe\\%s", post->name);
	status = pen_pipe_create(&instance->pipe, name, &config, NULL);
	complain(post, status);
	if (status)
		return false;
	if (!watch(instance))
		return true;
	instance->pipe = pen_pipe_free(instance->pipe);
	return false;
}

bool post_fill(struct post *post)
{
	bool is_full = true;

	/* As long as penstockd hears of nobody, no more are let in. */
	if (!pen_list_is_empty(&post->porter->callers))
		return true;
	for (unsigned i = 0; is_full && i < POST_INSTANCES; i++) {
		struct instance *instance = &post->instances[i];

		if (!instance->pipe && !instance->is_closing)
			is_full = open_instance(instance);
	}
	return is_full;
}

/* ---- its life ---- */

int post_new(struct porter *porter, const char *name)
{
	struct post *post = calloc(1, sizeof(*post));

	if (!post)
		return -ENOMEM;
	post->porter = porter;
	post->is_wanted = true;
	snprintf(post->name, sizeof(post->name), "%s", name);
	for (unsigned i = 0; i < POST_INSTANCES; i++)
		post->instances[i].post = post;
	pen_list_append(&porter->posts, &post->link);
	if (!post_fill(post))
		porter_try_again(porter);
	return 0;
}

void post_free(struct post *post)
{
	pen_list_remove(&post->link);
	post->is_over = true;
	for (unsigned i = 0; i < POST_INSTANCES; i++) {
		struct instance *instance = &post->instances[i];

		if (instance->is_watched && !instance->is_closing)
			unwatch(instance);
		instance->pipe = pen_pipe_free(instance->pipe);
	}
	if (!post->n_watched)
		free(post);
}
