/* SPDX-License-Identifier: MIT */
#include "io/clock.h"
#include "np/file.h"
#include "np/provider.h"
#include "object/name.h"
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { ASK_MS = 10000, CONNECT_MS = 1000, N_PARTS = 5 };

/* ---- names ---- */

static uint32_t parse_name(const char *text, struct pen_arena *arena, struct pen_name *name)
{
	uint32_t status = pen_name_parse_pipe(text, arena, name);

	if (!status && name->kind != PEN_NAME_PIPE)
		status = PEN_STATUS_OBJECT_NAME_INVALID;
	return status;
}

/* ---- opening ---- */

static void take_parts(struct pen_answer *answer, struct pen_link_parts *parts)
{
	struct pen_fds *fds = &answer->fds;

	parts->memory = fds->fds[0];
	parts->bells[PEN_CHANNEL_SERVER] = fds->fds[1];
	parts->bells[PEN_CHANNEL_CLIENT] = fds->fds[2];
	parts->life = fds->fds[3];
	parts->peer_life = fds->fds[4];
	fds->n = 0;
}

static uint32_t connect_end(struct pen_end *end)
{
	struct pen_channel *channel;
	struct pen_channel_info info;
	uint32_t status;

	if (pen_end_enter(end, CONNECT_MS))
		return PEN_STATUS_IO_TIMEOUT;
	channel = pen_end_channel(end);
	status = pen_channel_connect(channel);
	/* The server may have done it, having been told. */
	if (status && !pen_channel_get_info(channel, PEN_CHANNEL_CLIENT, &info) &&
	    info.state == PEN_CHANNEL_CONNECTED)
		status = PEN_STATUS_SUCCESS;
	pen_end_leave(end);
	return status;
}

static uint32_t open_end(struct pen_file *file, struct pen_answer *answer)
{
	const struct object_pipe_opened *opened = &answer->reply.body.opened;
	struct pen_link_parts parts = PEN_LINK_NO_PARTS;
	struct pen_link *link;
	int r;

	if (answer->fds.n != N_PARTS)
		return PEN_STATUS_UNEXPECTED_NETWORK_ERROR;
	take_parts(answer, &parts);
	file->guid = opened->handle;
	file->server_process = opened->server_process;
	file->server_session = opened->server_session;
	file->opener_process = (uint32_t)getpid();
	file->identities[0] = (struct pen_file_identity){ geteuid(), getegid(), 0 };
	file->n_identities = 1;
	pen_file_set_pipe(file, &opened->pipe);
	r = pen_link_take(&link, PEN_CHANNEL_CLIENT, &file->config, &parts);
	if (r)
		return r < 0 ? pen_ntstatus_from_errno(r) : PEN_STATUS_UNEXPECTED_NETWORK_ERROR;
	pen_end_init(&file->end, PEN_CHANNEL_CLIENT, link);
	return PEN_STATUS_SUCCESS;
}

static struct object_qos qos_of(const struct pen_pipe_open_config *config)
{
	if (!config || !config->has_qos)
		return (struct object_qos){ PEN_PIPE_IMPERSONATION, true, true };
	return (struct object_qos){ config->level, !config->is_static, config->is_effective_only };
}

static uint32_t open_file(struct pen_pipe **pipep, struct pen_file *file, struct pen_answer *answer)
{
	uint32_t status = open_end(file, answer);

	if (status)
		return status;
	status = connect_end(&file->end);
	if (!status)
		status = pen_file_open(pipep, file, answer->reply.body.opened.granted);
	if (status)
		pen_end_close(&file->end, -1);
	return status;
}

static uint32_t ask_open(struct pen_pipe **pipep, const char *path,
			 const struct pen_pipe_open_config *config)
{
	const char *directory = config ? config->objects_dir : NULL;
	struct object_request request = { .verb = object_OPEN_PIPE };
	struct object_open_pipe *body = &request.body.open_pipe;
	struct pen_answer answer;
	struct pen_file *file;
	uint32_t status;

	body->name = path;
	body->qos = qos_of(config);
	body->access = config ? config->access : PEN_ACCESS_GENERIC_READ | PEN_ACCESS_GENERIC_WRITE;
	if (config && config->relative_to) {
		body->instance = config->relative_to->file->guid;
		directory = config->relative_to->file->directory;
	}
	file = pen_file_new(directory);
	if (!file)
		return PEN_STATUS_NO_MEMORY;
	file->is_static = !body->qos.is_dynamic;
	status = pen_agent_ask(directory, &request, NULL, ASK_MS, &answer);
	if (!status)
		status = open_file(pipep, file, &answer);
	if (status)
		pen_file_free(file);
	pen_answer_done(&answer);
	return status;
}

static bool is_local(const struct pen_name *name)
{
	return !name->server;
}

static uint32_t open_local(struct pen_pipe **pipep, const struct pen_name *name,
			   const struct pen_pipe_open_config *config)
{
	return ask_open(pipep, name->path, config);
}

const struct pen_provider pen_provider_local = { .is_for = is_local, .open = open_local };

uint32_t pen_pipe_open(struct pen_pipe **pipep, const char *name,
		       const struct pen_pipe_open_config *config)
{
	struct pen_name parsed = { 0 };
	struct pen_arena arena;
	uint32_t status = PEN_STATUS_SUCCESS;

	pen_arena_init(&arena, 1 << 16);
	if (config && config->relative_to) {
		if (config->relative_to->file->end.side != PEN_CHANNEL_SERVER || (name && *name))
			status = PEN_STATUS_OBJECT_NAME_INVALID;
	} else {
		status = name ? parse_name(name, &arena, &parsed) : PEN_STATUS_OBJECT_NAME_INVALID;
	}
	if (!status)
		status = parsed.path ? pen_provider_open(pipep, &parsed, config)
				     : ask_open(pipep, NULL, config);
	pen_arena_done(&arena);
	return status;
}

/* ---- calling ---- */

/* Opens it when one listens. Both take no longer than wait_ms. */
static uint32_t open_in_time(struct pen_pipe **pipep, const char *name, int wait_ms)
{
	uint64_t until = pen_clock_ms() + (uint64_t)(wait_ms < 0 ? 0 : wait_ms), now;
	uint32_t status;

	for (;;) {
		status = pen_pipe_open(pipep, name, NULL);
		if (status != PEN_STATUS_PIPE_NOT_AVAILABLE)
			return status;
		now = pen_clock_ms();
		if (wait_ms >= 0 && now >= until)
			return PEN_STATUS_IO_TIMEOUT;
		status = pen_pipe_wait_name(name, wait_ms < 0 ? -1 : (int)(until - now), NULL);
		if (status)
			return status;
	}
}

uint32_t pen_pipe_call(const char *name, const void *in, uint32_t n_in, void *out, uint32_t size,
		       uint32_t *np, int wait_ms)
{
	uint64_t until = pen_clock_ms() + (uint64_t)(wait_ms < 0 ? 0 : wait_ms), now;
	struct pen_pipe *pipe;
	uint32_t status = open_in_time(&pipe, name, wait_ms);

	if (status)
		return status;
	status = pen_pipe_set_modes(pipe, 1, 0);
	now = pen_clock_ms();
	if (!status)
		status = pen_pipe_transact(pipe, in, n_in, out, size, np,
					   wait_ms < 0	 ? -1
					   : until > now ? (int)(until - now)
							 : 0);
	pen_pipe_free(pipe);
	return status;
}
