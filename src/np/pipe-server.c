/* SPDX-License-Identifier: MIT */
#include "io/clock.h"
#include "io/session.h"
#include "np/file.h"
#include "object/name.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ASK_MS = 10000,
	PATIENCE_MS = 2,
	RETRY_MS = 200,
	QUOTA_DEFAULT = 65536,
	TIMEOUT_DEFAULT_MS = 50
};

/* FILE_SHARE_ [MS-SMB2 2.2.13]: what the other end may do. */
static uint32_t share_of(enum pen_pipe_configuration configuration)
{
	static const uint32_t shares[] = {
		[PEN_PIPE_INBOUND] = 2,
		[PEN_PIPE_OUTBOUND] = 1,
		[PEN_PIPE_DUPLEX] = 3,
	};

	return shares[configuration];
}

static uint32_t access_of(const struct pen_pipe_config *config)
{
	static const uint32_t accesses[] = {
		[PEN_PIPE_INBOUND] = PEN_ACCESS_GENERIC_READ,
		[PEN_PIPE_OUTBOUND] = PEN_ACCESS_GENERIC_WRITE,
		[PEN_PIPE_DUPLEX] = PEN_ACCESS_GENERIC_READ | PEN_ACCESS_GENERIC_WRITE,
	};

	if (config->is_access_exact)
		return config->access;
	return accesses[config->configuration] | PEN_ACCESS_SYNCHRONIZE | config->access;
}

static uint32_t check_config(const struct pen_pipe_config *config)
{
	if ((unsigned)config->configuration > PEN_PIPE_DUPLEX ||
	    (config->is_message_mode && !config->is_message) ||
	    config->instances_max > PEN_PIPE_UNLIMITED ||
	    (config->disposition &&
	     (config->disposition < PEN_PIPE_OPEN || config->disposition > PEN_PIPE_OPEN_IF)))
		return PEN_STATUS_INVALID_PARAMETER;
	return PEN_STATUS_SUCCESS;
}

static struct object_pipe pipe_of(const struct pen_pipe_config *config)
{
	uint32_t timeout_ms = config->timeout_ms ? config->timeout_ms : TIMEOUT_DEFAULT_MS;
	bool is_unlimited = !config->instances_max || config->instances_max == PEN_PIPE_UNLIMITED;

	return (struct object_pipe){
		.type = config->is_message,
		.configuration = config->configuration,
		.instances_max = is_unlimited ? UINT32_MAX : config->instances_max,
		.inbound_quota = config->quotas ? config->quotas[0] : QUOTA_DEFAULT,
		.outbound_quota = config->quotas ? config->quotas[1] : QUOTA_DEFAULT,
		.timeout = -(int64_t)timeout_ms * 10000,
	};
}

/* ---- with the object manager ---- */

/* What a client gets: the channel, and a life. */
struct offer {
	const struct pen_link *link;
	int life;
};

static void add_offer(struct pen_fds *fds, const struct offer *offer)
{
	const struct pen_link_parts *parts = pen_link_parts(offer->link);

	fds->fds[fds->n++] = parts->memory;
	fds->fds[fds->n++] = parts->bells[PEN_CHANNEL_SERVER];
	fds->fds[fds->n++] = parts->bells[PEN_CHANNEL_CLIENT];
	fds->fds[fds->n++] = offer->life;
}

/* Says what the registration has; a file that has a GUID had it before. offer: NULL, it does not
 * listen. */
static uint32_t enter_name(struct pen_file *file, uint32_t disposition, bool is_message_mode,
			   const struct offer *offer, struct pen_answer *answer)
{
	const struct pen_registration *registration = &file->registration;
	struct object_request request = {
		.verb = object_CREATE_PIPE,
		.body.create_pipe = {
			.name = registration->name,
			.access = registration->access,
			.share = registration->share,
			.disposition = disposition,
			.read_mode = is_message_mode,
			.pipe = file->pipe,
			.rejects_remote = registration->rejects_remote,
			.is_listening = offer != NULL,
			.security = { (uint32_t)registration->security.size,
				      registration->security.data },
			.instance = file->guid,
		},
	};
	struct pen_fds fds = { .n = 1 };
	char path[32];
	uint32_t status;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->life);
	fds.fds[0] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fds.fds[0] < 0) {
		memset(answer, 0, sizeof(*answer));
		return pen_ntstatus_from_errno(errno);
	}
	if (offer)
		add_offer(&fds, offer);
	status = pen_agent_ask(file->directory, &request, &fds, ASK_MS, answer);
	close(fds.fds[0]);
	return status;
}

static uint32_t enter_again(struct pen_file *file, const struct offer *offer)
{
	struct pen_answer answer;
	uint32_t status = enter_name(file, PEN_PIPE_OPEN_IF, false, offer, &answer);

	pen_answer_done(&answer);
	return status;
}

static uint32_t make_offer(struct pen_file *file, const struct offer *offer)
{
	const struct object_request request = { .verb = object_OFFER,
						.body.offer.instance = file->guid };
	struct pen_fds fds = { .n = 0 };
	struct pen_answer answer;
	uint32_t status;

	add_offer(&fds, offer);
	status = pen_agent_ask(file->directory, &request, &fds, ASK_MS, &answer);
	pen_answer_done(&answer);
	/* This object manager does not know us: another had been. */
	if (status == PEN_STATUS_OBJECT_NAME_NOT_FOUND)
		status = enter_again(file, offer);
	return status;
}

/* ---- creating ---- */

static uint32_t parse_name(const char *text, char **namep)
{
	struct pen_arena arena;
	struct pen_name name = { 0 };
	uint32_t status;

	if (!text)
		return PEN_STATUS_OBJECT_NAME_INVALID;
	pen_arena_init(&arena, 1 << 16);
	status = pen_name_parse_pipe(text, &arena, &name);
	/* Servers are of this machine; and one without a name is asked for by the full name. */
	if (!status && (name.server || name.kind == PEN_NAME_DEVICE ||
			(name.kind == PEN_NAME_DIRECTORY && strcasecmp(text, PEN_NAME_PIPES) != 0)))
		status = PEN_STATUS_OBJECT_NAME_INVALID;
	if (!status && !(*namep = strdup(name.path)))
		status = PEN_STATUS_NO_MEMORY;
	pen_arena_done(&arena);
	return status;
}

static uint32_t make_life(int *lifep)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return pen_ntstatus_from_errno(errno);
	close(fds[0]);
	*lifep = fds[1];
	return PEN_STATUS_SUCCESS;
}

static uint32_t register_file(struct pen_file *file, const char *name,
			      const struct pen_pipe_config *config)
{
	struct pen_registration *registration = &file->registration;
	const struct object_pipe pipe = pipe_of(config);
	uint32_t status = parse_name(name, &registration->name);

	if (status)
		return status;
	registration->access = access_of(config);
	registration->share = share_of(config->configuration);
	registration->rejects_remote = config->rejects_remote;
	if (config->descriptor && pen_descriptor_put(config->descriptor, &registration->security))
		return PEN_STATUS_INVALID_SECURITY_DESCR;
	pen_file_set_pipe(file, &pipe);
	return make_life(&file->life);
}

/* What is fixed is as the first instance has it. */
static void learn_pipe(struct pen_file *file, const struct object_pipe_created *created)
{
	file->guid = created->instance;
	pen_file_set_pipe(file, &created->pipe);
	pen_link_channel(file->end.link)->config = file->config;
	file->server_process = (uint32_t)getpid();
	file->server_session = pen_session_own();
}

static uint32_t create(struct pen_file *file, const struct pen_pipe_config *config,
		       uint32_t *grantedp, uint32_t *informationp)
{
	uint32_t disposition = config->disposition ? config->disposition : PEN_PIPE_OPEN_IF;
	struct pen_answer answer;
	struct pen_link *link;
	struct offer offer;
	uint32_t status;
	int r = pen_link_make(&link, &file->config, config->is_message_mode, config->is_nonblocking,
			      &offer.life);

	if (r)
		return pen_ntstatus_from_errno(r);
	offer.link = link;
	pen_end_init(&file->end, PEN_CHANNEL_SERVER, link);
	file->end.server = (struct pen_end_server){ file, pen_file_lost, pen_file_renew };
	status = enter_name(file, disposition, config->is_message_mode, &offer, &answer);
	close(offer.life);
	if (!status) {
		learn_pipe(file, &answer.reply.body.created);
		*grantedp = answer.reply.body.created.granted;
		*informationp = answer.reply.body.created.information;
	}
	pen_answer_done(&answer);
	if (status) {
		pen_end_close(&file->end, file->life);
		file->life = -1;
	}
	return status;
}

uint32_t pen_pipe_create(struct pen_pipe **pipep, const char *name,
			 const struct pen_pipe_config *config, uint32_t *informationp)
{
	uint32_t status = check_config(config), granted = 0, information = 0;
	struct pen_file *file;

	if (status)
		return status;
	file = pen_file_new(config->objects_dir);
	if (!file)
		return PEN_STATUS_NO_MEMORY;
	status = register_file(file, name, config);
	if (!status)
		status = create(file, config, &granted, &information);
	if (status) {
		pen_file_free(file);
		return status;
	}
	status = pen_file_open(pipep, file, granted);
	if (status) {
		pen_end_close(&file->end, file->life);
		file->life = -1;
		pen_file_free(file);
		return status;
	}
	if (informationp)
		*informationp = information;
	return PEN_STATUS_SUCCESS;
}

/* ---- listening again ---- */

uint32_t pen_file_renew(void *data, struct pen_end *end)
{
	struct pen_file *file = data;
	struct pen_channel_modes modes = { 0 };
	struct offer offer;
	struct pen_link *link;
	uint32_t status;
	int r;

	pen_file_forget_client(file);
	pen_channel_get_modes(pen_link_channel(end->link), PEN_CHANNEL_SERVER, &modes);
	r = pen_link_make(&link, &file->config, modes.read_mode, modes.completion_mode,
			  &offer.life);
	if (r)
		return pen_ntstatus_from_errno(r);
	offer.link = link;
	status = make_offer(file, &offer);
	close(offer.life);
	if (status) {
		pen_link_free(link);
		return status;
	}
	pen_end_replace(end, link);
	return PEN_STATUS_SUCCESS;
}

/* The same channel is offered again. */
static uint32_t offer_again(struct pen_file *file, struct pen_end *end)
{
	struct offer offer = { .link = end->link };
	int r = pen_link_renew(end->link, &offer.life);
	uint32_t status;

	if (r)
		return pen_ntstatus_from_errno(r);
	pen_end_watch_life(end);
	status = make_offer(file, &offer);
	close(offer.life);
	return status;
}

/* A client had the offer, and has gone before it came. */
static void bury_client(struct pen_end *end)
{
	struct pen_channel *channel = pen_link_channel(end->link);

	if (pen_link_enter(end->link, PATIENCE_MS)) {
		end->is_orphan = true;
		return;
	}
	if (!pen_channel_connect(channel))
		pen_channel_close(channel, PEN_CHANNEL_CLIENT);
	pen_link_leave(end->link);
}

/* smbd has a client, who comes by its socket. */
static uint32_t carry(struct pen_file *file, struct pen_end *end, struct pen_answer *answer)
{
	struct pen_channel *channel = pen_link_channel(end->link);
	struct pen_stream *stream;
	int fd;

	if (pen_file_learn_client(file, answer))
		return PEN_STATUS_PIPE_CONNECTED;
	fd = answer->fds.fds[0];
	answer->fds.fds[0] = -1;
	if (pen_stream_new(&stream, PEN_CHANNEL_CLIENT, fd, file->config.is_message))
		return PEN_STATUS_PIPE_CONNECTED;
	if (pen_link_enter(end->link, -1)) {
		pen_stream_free(stream);
		return PEN_STATUS_PIPE_CONNECTED;
	}
	if (file->sends_on)
		pen_stream_hold(stream);
	pen_channel_connect(channel);
	pen_end_attach(end, stream);
	pen_link_leave(end->link);
	return PEN_STATUS_SUCCESS;
}

void pen_file_lost(void *data, struct pen_end *end)
{
	struct pen_file *file = data;
	const struct object_request request = { .verb = object_ASK_CLIENT,
						.body.ask_client.instance = file->guid };
	struct pen_answer answer;
	uint32_t status;

	if (pen_clock_ms() < file->retry_ms) {
		end->is_orphan = true;
		return;
	}
	status = pen_agent_ask(file->directory, &request, NULL, ASK_MS, &answer);
	if (!status && answer.reply.body.client.is_carried && answer.fds.n == 1)
		status = carry(file, end, &answer);
	else if (!status)
		status = PEN_STATUS_PIPE_CONNECTED;
	else
		status = offer_again(file, end);
	pen_answer_done(&answer);
	if (status == PEN_STATUS_PIPE_CONNECTED) {
		bury_client(end);
	} else if (status) {
		file->retry_ms = pen_clock_ms() + RETRY_MS;
		end->is_orphan = true;
	}
}
