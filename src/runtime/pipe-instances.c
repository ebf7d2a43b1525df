/* SPDX-License-Identifier: MIT */
#include "runtime/pipe-instances.h"
#include "np/file.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdlib.h>

/* One that listens. */
struct instance {
	struct pen_pipe_instances *instances;
	struct pen_pipe *pipe; /* NULL: none, for now */
	struct pen_pipe_op listen;
	uv_poll_t poll;
	bool is_watched; /* the loop has its poll, perhaps not for long */
};

struct pen_pipe_instances {
	struct pen_pipe_instances_config config;
	unsigned n_watched;
	bool is_over;
	struct instance rows[PEN_PIPE_INSTANCES];
};

static void on_unwatched(uv_handle_t *handle)
{
	struct instance *instance = handle->data;
	struct pen_pipe_instances *instances = instance->instances;

	instance->is_watched = false;
	instances->n_watched--;
	if (!instances->is_over)
		instances->config.missing(instances->config.data);
	else if (!instances->n_watched)
		free(instances);
}

/* The pipe is not the instance's any more. */
static struct pen_pipe *take_pipe(struct instance *instance)
{
	struct pen_pipe *pipe = instance->pipe;

	instance->pipe = NULL;
	uv_close((uv_handle_t *)&instance->poll, on_unwatched);
	return pipe;
}

/* Who came before it listened is there as well. */
static bool is_opened(uint32_t status)
{
	return !status || status == PEN_STATUS_PIPE_CONNECTED || status == PEN_STATUS_PIPE_CLOSING;
}

/* A client has come, or the pipe is of no use any more. */
static void on_event(uv_poll_t *poll, int error, int events)
{
	struct instance *instance = poll->data;
	const struct pen_pipe_instances_config *config = &instance->instances->config;
	struct pen_pipe *pipe;

	pen_pipe_dispatch(instance->pipe);
	if (instance->listen.status == PEN_STATUS_PENDING)
		return;
	pipe = take_pipe(instance);
	if (is_opened(instance->listen.status))
		config->came(config->data, pipe);
	else
		pen_pipe_free(pipe);
}

static uint32_t watch(struct instance *instance)
{
	struct pen_pipe_instances *instances = instance->instances;
	int fd = pen_pipe_fd(instance->pipe);

	if (fd < 0 || uv_poll_init(instances->config.loop, &instance->poll, fd))
		return PEN_STATUS_NO_MEMORY;
	instance->poll.data = instance;
	instance->is_watched = true;
	instances->n_watched++;
	uv_poll_start(&instance->poll, UV_READABLE, on_event);
	pen_pipe_start_listen(instance->pipe, &instance->listen);
	if (instance->listen.status != PEN_STATUS_PENDING)
		on_event(&instance->poll, 0, UV_READABLE);
	return 0;
}

static uint32_t open_instance(struct instance *instance)
{
	struct pen_pipe_instances_config *config = &instance->instances->config;
	uint32_t status = pen_pipe_create(&instance->pipe, config->name, &config->pipe, NULL);

	if (status)
		return status;
	config->pipe.disposition = PEN_PIPE_OPEN_IF;
	instance->pipe->file->sends_on = config->sends_on;
	status = watch(instance);
	if (status)
		instance->pipe = pen_pipe_free(instance->pipe);
	return status;
}

uint32_t pen_pipe_instances_fill(struct pen_pipe_instances *instances)
{
	uint32_t status = 0;

	for (unsigned i = 0; i < PEN_PIPE_INSTANCES && !status; i++)
		if (!instances->rows[i].is_watched)
			status = open_instance(&instances->rows[i]);
	return status;
}

int pen_pipe_instances_new(struct pen_pipe_instances **instancesp,
			   const struct pen_pipe_instances_config *config)
{
	struct pen_pipe_instances *instances = calloc(1, sizeof(*instances));

	if (!instances)
		return -ENOMEM;
	instances->config = *config;
	for (unsigned i = 0; i < PEN_PIPE_INSTANCES; i++)
		instances->rows[i].instances = instances;
	*instancesp = instances;
	return 0;
}

struct pen_pipe_instances *pen_pipe_instances_free(struct pen_pipe_instances *instances)
{
	if (!instances)
		return NULL;
	instances->is_over = true;
	for (unsigned i = 0; i < PEN_PIPE_INSTANCES; i++)
		if (instances->rows[i].pipe)
			pen_pipe_free(take_pipe(&instances->rows[i]));
	if (!instances->n_watched)
		free(instances);
	return NULL;
}
