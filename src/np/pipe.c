/* SPDX-License-Identifier: MIT */
#include "io/clock.h"
#include "np/file.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOMENT_MS = 1000, CUT_MS = 50 };

/* ---- files and handles ---- */

struct pen_file *pen_file_new(const char *directory)
{
	struct pen_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->life = -1;
	pen_buffer_init(&file->registration.security, object_DESCRIPTOR_MAX);
	if (directory && !(file->directory = strdup(directory)))
		return pen_file_free(file);
	return file;
}

struct pen_file *pen_file_free(struct pen_file *file)
{
	if (!file)
		return NULL;
	pen_file_forget_client(file);
	if (file->life >= 0)
		close(file->life);
	pen_buffer_done(&file->registration.security);
	free(file->registration.name);
	free(file->directory);
	free(file);
	return NULL;
}

uint32_t pen_file_open(struct pen_pipe **pipep, struct pen_file *file, uint32_t granted)
{
	struct pen_pipe *pipe = malloc(sizeof(*pipe));

	if (!pipe)
		return PEN_STATUS_NO_MEMORY;
	*pipe = (struct pen_pipe){ file, granted };
	__atomic_fetch_add(&file->n_handles, 1, __ATOMIC_RELAXED);
	*pipep = pipe;
	return PEN_STATUS_SUCCESS;
}

/* The client's handle is of no use to the object manager any more. */
static void say_goodbye(struct pen_file *file)
{
	pen_question_tell(
		file->directory,
		&(struct object_request){ .verb = object_CLOSE, .body.close.handle = file->guid });
}

struct pen_pipe *pen_pipe_free(struct pen_pipe *pipe)
{
	struct pen_file *file;

	if (!pipe)
		return NULL;
	file = pipe->file;
	free(pipe);
	if (__atomic_sub_fetch(&file->n_handles, 1, __ATOMIC_ACQ_REL))
		return NULL;
	if (pen_end_close(&file->end, file->life) && file->end.side == PEN_CHANNEL_CLIENT &&
	    !file->is_foreign)
		say_goodbye(file);
	file->life = -1;
	pen_file_free(file);
	return NULL;
}

uint32_t pen_pipe_duplicate(struct pen_pipe *pipe, uint32_t access, struct pen_pipe **copyp)
{
	if (pen_file_demand(pipe, access))
		return PEN_STATUS_ACCESS_DENIED;
	return pen_file_open(copyp, pipe->file, access ? access : pipe->granted);
}

uint32_t pen_pipe_access(const struct pen_pipe *pipe)
{
	return pipe->granted;
}

void pen_file_set_pipe(struct pen_file *file, const struct object_pipe *pipe)
{
	file->pipe = *pipe;
	file->config = (struct pen_channel_config){
		.is_message = pipe->type,
		.configuration = pipe->configuration,
		.quotas = { pipe->inbound_quota, pipe->outbound_quota },
	};
}

/* ---- several at once ---- */

static uint32_t refuse(struct pen_pipe_op *op, uint32_t status)
{
	op->status = status;
	op->information = 0;
	return status;
}

uint32_t pen_pipe_start_listen(struct pen_pipe *pipe, struct pen_pipe_op *op)
{
	op->own.identity = 0;
	return pen_end_start(&pipe->file->end, op, PEN_END_LISTEN, NULL, 0, NULL, 0);
}

uint32_t pen_pipe_start_read(struct pen_pipe *pipe, struct pen_pipe_op *op, void *bytes,
			     uint32_t size)
{
	uint32_t status = pen_file_demand(pipe, PEN_PIPE_READ_DATA);

	if (status)
		return refuse(op, status);
	op->own.identity = 0;
	return pen_end_start(&pipe->file->end, op, PEN_END_READ, NULL, 0, bytes, size);
}

uint32_t pen_pipe_start_write(struct pen_pipe *pipe, struct pen_pipe_op *op, const void *bytes,
			      uint32_t size)
{
	uint32_t status = pen_file_demand(pipe, PEN_PIPE_WRITE_DATA);

	if (!status)
		status = pen_file_identify(pipe->file, &op->own.identity);
	if (status)
		return refuse(op, status);
	return pen_end_start(&pipe->file->end, op, PEN_END_WRITE, bytes, size, NULL, 0);
}

uint32_t pen_pipe_start_flush(struct pen_pipe *pipe, struct pen_pipe_op *op)
{
	uint32_t status = pen_file_demand(pipe, PEN_PIPE_WRITE_DATA);

	if (status)
		return refuse(op, status);
	op->own.identity = 0;
	return pen_end_start(&pipe->file->end, op, PEN_END_FLUSH, NULL, 0, NULL, 0);
}

uint32_t pen_pipe_start_transact(struct pen_pipe *pipe, struct pen_pipe_op *op, const void *in,
				 uint32_t n_in, void *out, uint32_t size)
{
	uint32_t status = pen_file_demand(pipe, PEN_PIPE_READ_DATA | PEN_PIPE_WRITE_DATA);

	if (!status)
		status = pen_file_identify(pipe->file, &op->own.identity);
	if (status)
		return refuse(op, status);
	return pen_end_start(&pipe->file->end, op, PEN_END_TRANSACT, in, n_in, out, size);
}

uint32_t pen_pipe_cancel(struct pen_pipe *pipe, struct pen_pipe_op *op)
{
	return pen_end_cancel(&pipe->file->end, op);
}

uint32_t pen_pipe_wait(struct pen_pipe *pipe, struct pen_pipe_op *op, int wait_ms)
{
	return pen_end_wait(&pipe->file->end, op, wait_ms);
}

int pen_pipe_fd(struct pen_pipe *pipe)
{
	return pen_end_fd(&pipe->file->end);
}

short pen_pipe_events(struct pen_pipe *pipe)
{
	return POLLIN;
}

int pen_pipe_timeout(struct pen_pipe *pipe)
{
	return pen_end_timeout(&pipe->file->end);
}

void pen_pipe_dispatch(struct pen_pipe *pipe)
{
	pen_end_dispatch(&pipe->file->end);
}

/* ---- one after the other ---- */

/* What it came to; one that was cancelled for the time's sake may have been done meanwhile. */
static uint32_t await(struct pen_pipe *pipe, struct pen_pipe_op *op, uint32_t status, uint32_t *np,
		      int wait_ms)
{
	if (status == PEN_STATUS_PENDING)
		status = pen_pipe_wait(pipe, op, wait_ms);
	if (status == PEN_STATUS_IO_TIMEOUT) {
		pen_pipe_cancel(pipe, op);
		status = pen_pipe_wait(pipe, op, MOMENT_MS);
		if (status == PEN_STATUS_IO_TIMEOUT)
			pen_end_abandon(&pipe->file->end, op);
		if (status == PEN_STATUS_CANCELLED)
			status = PEN_STATUS_IO_TIMEOUT;
	}
	if (np)
		*np = op->information;
	return status;
}

uint32_t pen_pipe_listen(struct pen_pipe *pipe, int wait_ms)
{
	struct pen_pipe_op op = { 0 };

	return await(pipe, &op, pen_pipe_start_listen(pipe, &op), NULL, wait_ms);
}

uint32_t pen_pipe_read(struct pen_pipe *pipe, void *bytes, uint32_t size, uint32_t *np, int wait_ms)
{
	struct pen_pipe_op op = { 0 };

	return await(pipe, &op, pen_pipe_start_read(pipe, &op, bytes, size), np, wait_ms);
}

uint32_t pen_pipe_write(struct pen_pipe *pipe, const void *bytes, uint32_t size, uint32_t *np,
			int wait_ms)
{
	struct pen_pipe_op op = { 0 };

	return await(pipe, &op, pen_pipe_start_write(pipe, &op, bytes, size), np, wait_ms);
}

uint32_t pen_pipe_flush(struct pen_pipe *pipe, int wait_ms)
{
	struct pen_pipe_op op = { 0 };

	return await(pipe, &op, pen_pipe_start_flush(pipe, &op), NULL, wait_ms);
}

uint32_t pen_pipe_transact(struct pen_pipe *pipe, const void *in, uint32_t n_in, void *out,
			   uint32_t size, uint32_t *np, int wait_ms)
{
	struct pen_pipe_op op = { 0 };

	return await(pipe, &op, pen_pipe_start_transact(pipe, &op, in, n_in, out, size), np,
		     wait_ms);
}

/* ---- never waiting ---- */

uint32_t pen_pipe_peek(struct pen_pipe *pipe, void *bytes, uint32_t size,
		       struct pen_pipe_peek *peek)
{
	struct pen_end *end = &pipe->file->end;
	uint32_t status = pen_file_demand(pipe, PEN_PIPE_READ_DATA);
	struct pen_channel_peek seen;

	if (status)
		return status;
	if (pen_end_enter(end, MOMENT_MS))
		return PEN_STATUS_IO_TIMEOUT;
	status = pen_channel_peek(pen_end_channel(end), end->side, bytes, size, &seen);
	pen_end_leave(end);
	if (pen_ntstatus_is_error(status))
		return status;
	*peek = (struct pen_pipe_peek){ seen.state, seen.available, seen.n_messages,
					seen.message_size, seen.n };
	return status;
}

uint32_t pen_pipe_get_modes(struct pen_pipe *pipe, bool *is_message_modep, bool *is_nonblockingp)
{
	struct pen_end *end = &pipe->file->end;
	uint32_t status = pen_file_demand(pipe, PEN_PIPE_READ_ATTRIBUTES);
	struct pen_channel_modes modes;

	if (status)
		return status;
	if (pen_end_enter(end, MOMENT_MS))
		return PEN_STATUS_IO_TIMEOUT;
	status = pen_channel_get_modes(pen_end_channel(end), end->side, &modes);
	pen_end_leave(end);
	if (status)
		return status;
	*is_message_modep = modes.read_mode;
	*is_nonblockingp = modes.completion_mode;
	return PEN_STATUS_SUCCESS;
}

uint32_t pen_pipe_set_modes(struct pen_pipe *pipe, uint32_t read_mode, uint32_t completion_mode)
{
	const struct pen_channel_modes modes = { read_mode, completion_mode };
	struct pen_end *end = &pipe->file->end;
	uint32_t status = pen_file_demand(pipe, PEN_PIPE_WRITE_ATTRIBUTES);

	if (status)
		return status;
	if (pen_end_enter(end, MOMENT_MS))
		return PEN_STATUS_IO_TIMEOUT;
	status = pen_channel_set_modes(pen_end_channel(end), end->side, &modes);
	pen_end_leave(end);
	return status;
}

/* What the object manager knows of the pipe; only how many instances there are changes. */
static uint32_t count_instances(struct pen_file *file, uint32_t *np)
{
	const struct object_request request = { .verb = object_QUERY_PIPE,
						.body.query_pipe.handle = file->guid };
	struct pen_answer answer;
	uint32_t status;

	if (file->is_foreign) {
		*np = 1;
		return PEN_STATUS_SUCCESS;
	}
	status = pen_agent_ask(file->directory, &request, NULL, MOMENT_MS, &answer);
	*np = status ? 0 : answer.reply.body.info.instances;
	pen_answer_done(&answer);
	return status == PEN_STATUS_NO_MEMORY ? status : PEN_STATUS_SUCCESS;
}

uint32_t pen_pipe_get_info(struct pen_pipe *pipe, struct pen_pipe_info *info)
{
	struct pen_file *file = pipe->file;
	uint32_t status = pen_file_demand(pipe, PEN_PIPE_READ_ATTRIBUTES), n_instances;
	struct pen_channel_info seen;

	if (status)
		return status;
	if (pen_end_enter(&file->end, MOMENT_MS))
		return PEN_STATUS_IO_TIMEOUT;
	status = pen_channel_get_info(pen_end_channel(&file->end), file->end.side, &seen);
	pen_end_leave(&file->end);
	if (!status)
		status = count_instances(file, &n_instances);
	if (status)
		return status;
	*info = (struct pen_pipe_info){
		.type = file->pipe.type,
		.configuration = file->pipe.configuration,
		.instances_max = file->pipe.instances_max,
		.instances = n_instances,
		.inbound_quota = file->pipe.inbound_quota,
		.read_data_available = seen.read_data_available,
		.outbound_quota = file->pipe.outbound_quota,
		.write_quota_available = seen.write_quota_available,
		.state = seen.state,
		.end = file->end.side == PEN_CHANNEL_SERVER,
	};
	return PEN_STATUS_SUCCESS;
}

uint32_t pen_file_state(struct pen_file *file, uint32_t *statep)
{
	struct pen_channel_info info = { 0 };
	uint32_t status;

	if (pen_end_enter(&file->end, MOMENT_MS))
		return PEN_STATUS_IO_TIMEOUT;
	status = pen_channel_get_info(pen_end_channel(&file->end), file->end.side, &info);
	pen_end_leave(&file->end);
	*statep = status ? PEN_CHANNEL_DISCONNECTED : info.state;
	return PEN_STATUS_SUCCESS;
}

/* Of a listening instance nobody is to have the offer. */
static void withdraw(struct pen_file *file)
{
	struct pen_answer answer;

	pen_agent_ask(file->directory,
		      &(struct object_request){ .verb = object_WITHDRAW,
						.body.withdraw.instance = file->guid },
		      NULL, MOMENT_MS, &answer);
	pen_answer_done(&answer);
}

uint32_t pen_pipe_disconnect(struct pen_pipe *pipe)
{
	struct pen_file *file = pipe->file;
	struct pen_end *end = &file->end;
	uint32_t status, state;

	if (end->side != PEN_CHANNEL_SERVER)
		return PEN_STATUS_ILLEGAL_FUNCTION;
	status = pen_file_state(file, &state);
	if (!status && state == PEN_CHANNEL_LISTENING)
		withdraw(file);
	status = pen_end_disconnect(end, CUT_MS);
	if (!status) {
		pen_end_lock(end);
		pen_file_forget_client(file);
		pen_end_unlock(end);
	}
	return status;
}
