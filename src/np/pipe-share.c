/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "io/fds.h"
#include "np/file.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CARRY_MS = 1000, /* for the channel */
	N_PARTS = 5,	 /* and a socket of smbd's, whose client waits at it */
	MAGIC = 0x47706e70,
	STRING_MAX = 1024,
	REST_MAX = object_DESCRIPTOR_MAX + object_MESSAGE_MAX,
};

/*
 * A handle on its way to another process of this machine, which trusts its sender as it would the
 * one who started it. Beside it go the memory, both bells, this end's life and the other's, and
 * the server's own life; and what is known of the client, so that nobody has to be asked again.
 */
struct parcel {
	uint32_t magic;
	uint32_t side;
	uint32_t granted;
	uint32_t server_process;
	uint32_t server_session;
	uint32_t opener_process;
	uint32_t opener_session;
	uint32_t is_static;
	uint32_t opener_uid;
	uint32_t opener_gid;
	uint32_t registered_access;
	uint32_t share;
	uint32_t rejects_remote;
	uint32_t n_security; /* bytes of it behind the parcel */
	uint32_t is_carried;
	uint32_t n_client; /* and of an object_reply about the client; 0: it is not known */
	struct object_pipe pipe;
	struct dtyp_GUID guid;
	char name[STRING_MAX];
	char directory[STRING_MAX];
};

/* ---- sending ---- */

static bool put_text(char text[STRING_MAX], const char *from)
{
	size_t n = from ? strlen(from) : 0;

	if (n >= STRING_MAX)
		return false;
	memcpy(text, from ? from : "", n + 1);
	return true;
}

/* What the object manager has said of the client, if it was asked. With the end's mutex. */
static int put_client(struct pen_buffer *buffer, const struct pen_file *file)
{
	const struct pen_file_client *client = &file->client;
	struct object_reply reply = {
		.verb = object_ASK_CLIENT,
		.body.client = { .process = client->process,
				 .session = client->session,
				 .computer = client->computer,
				 .qos = client->qos },
	};
	struct pen_arena arena;
	int r;

	if (!client->is_known)
		return 0;
	pen_arena_init(&arena, PEN_LETTER_ARENA_MAX);
	r = pen_letter_from_token(&reply.body.client.token, &arena, client->token);
	if (!r)
		r = pen_letter_put_reply(&reply, buffer);
	pen_arena_done(&arena);
	return r;
}

static bool pack(struct parcel *parcel, struct pen_file *file, uint32_t granted)
{
	const struct pen_registration *registration = &file->registration;

	memset(parcel, 0, sizeof(*parcel));
	parcel->magic = MAGIC;
	parcel->side = file->end.side;
	parcel->granted = granted;
	parcel->server_process = file->server_process;
	parcel->server_session = file->server_session;
	parcel->opener_process = file->opener_process;
	parcel->opener_session = pen_file_opener_session(file);
	parcel->is_static = file->is_static;
	parcel->opener_uid = file->identities[0].uid;
	parcel->opener_gid = file->identities[0].gid;
	parcel->registered_access = registration->access;
	parcel->share = registration->share;
	parcel->rejects_remote = registration->rejects_remote;
	parcel->n_security = (uint32_t)registration->security.size;
	parcel->pipe = file->pipe;
	parcel->guid = file->guid;
	return put_text(parcel->name, registration->name) &&
	       put_text(parcel->directory, file->directory);
}

/* What goes beside it, and who is there. */
static int collect(struct pen_file *file, struct pen_link_parts *parts, struct pen_buffer *client)
{
	int r;

	pen_end_lock(&file->end);
	r = put_client(client, file);
	if (!r)
		r = pen_link_copy_parts(file->end.link, parts);
	if (!r)
		pen_link_share(file->end.link);
	pen_end_unlock(&file->end);
	return r;
}

static int send_parcel(int socket, struct parcel *parcel, struct pen_file *file)
{
	pen_cleanup(pen_buffer_done) struct pen_buffer client = { 0 };
	struct pen_buffer *security = &file->registration.security;
	struct pen_link_parts parts = PEN_LINK_NO_PARTS;
	bool is_server = file->end.side == PEN_CHANNEL_SERVER;
	int r = collect(file, &parts, &client);

	if (!r) {
		const struct iovec pieces[] = { { parcel, sizeof(*parcel) },
						{ security->data, security->size },
						{ client.data, client.size } };
		const struct pen_stream *stream = file->end.stream;
		struct pen_fds fds = { { parts.memory, parts.bells[0], parts.bells[1],
					 parts.peer_life, is_server ? file->life : parts.life },
				       N_PARTS };

		parcel->is_carried = stream && pen_stream_is_held(stream);
		if (parcel->is_carried)
			fds.fds[fds.n++] = pen_stream_fd(stream);
		parcel->n_client = (uint32_t)client.size;
		r = pen_fds_send(socket, pieces, PEN_COUNT(pieces), &fds, 0);
	}
	pen_link_parts_close(&parts);
	return r;
}

uint32_t pen_pipe_send(struct pen_pipe *pipe, int socket, uint32_t access)
{
	struct pen_file *file = pipe->file;
	uint32_t status = pen_file_demand(pipe, access);
	struct parcel parcel;
	int r;

	if (!status && file->is_foreign)
		status = PEN_STATUS_NOT_SUPPORTED;
	if (status)
		return status;
	if (!pack(&parcel, file, access ? access : pipe->granted))
		return PEN_STATUS_INVALID_PARAMETER;
	r = send_parcel(socket, &parcel, file);
	return r < 0 ? pen_ntstatus_from_errno(r)
	       : r   ? PEN_STATUS_INVALID_PARAMETER
		     : PEN_STATUS_SUCCESS;
}

/* ---- receiving ---- */

static bool is_text(const char text[STRING_MAX])
{
	return memchr(text, 0, STRING_MAX);
}

static bool is_sound(const struct parcel *parcel, size_t n)
{
	return n >= sizeof(*parcel) && parcel->magic == MAGIC && parcel->side <= 1 &&
	       parcel->is_carried <= (parcel->side == PEN_CHANNEL_SERVER) &&
	       parcel->n_security <= object_DESCRIPTOR_MAX &&
	       parcel->n_client == n - sizeof(*parcel) - parcel->n_security &&
	       is_text(parcel->name) && is_text(parcel->directory) &&
	       parcel->pipe.configuration <= PEN_PIPE_DUPLEX;
}

static bool get_client(struct pen_file *file, const uint8_t *bytes, size_t n)
{
	struct pen_answer answer;
	bool is_known;

	pen_answer_init(&answer);
	is_known = !pen_letter_get_reply(&answer.reply, &answer.arena, bytes, n) &&
		   answer.reply.verb == object_ASK_CLIENT && !pen_file_learn_client(file, &answer);
	pen_answer_done(&answer);
	return is_known;
}

static struct pen_file *unpack(const struct parcel *parcel, const uint8_t *rest)
{
	struct pen_file *file = pen_file_new(*parcel->directory ? parcel->directory : NULL);
	struct pen_registration *registration;

	if (!file)
		return NULL;
	registration = &file->registration;
	registration->access = parcel->registered_access;
	registration->share = parcel->share;
	registration->rejects_remote = parcel->rejects_remote;
	registration->name = strdup(parcel->name);
	file->guid = parcel->guid;
	file->server_process = parcel->server_process;
	file->server_session = parcel->server_session;
	file->opener_process = parcel->opener_process;
	file->opener_session = parcel->opener_session;
	file->is_opener_other = true;
	file->is_static = parcel->is_static;
	pen_file_set_pipe(file, &parcel->pipe);
	if (!registration->name ||
	    pen_buffer_add(&registration->security, rest, parcel->n_security) ||
	    (parcel->n_client && !get_client(file, rest + parcel->n_security, parcel->n_client)))
		return pen_file_free(file);
	file->identities[0] =
		(struct pen_file_identity){ parcel->opener_uid, parcel->opener_gid, 0 };
	file->n_identities = 1;
	return file;
}

/* From here on it is carried. fd is taken. */
static uint32_t carry(struct pen_file *file, int fd)
{
	struct pen_end *end = &file->end;
	struct pen_stream *stream;

	if (pen_stream_new(&stream, PEN_CHANNEL_CLIENT, fd, file->config.is_message))
		return PEN_STATUS_NO_MEMORY;
	if (pen_link_enter(end->link, CARRY_MS)) {
		pen_stream_free(stream);
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	}
	pen_end_attach(end, stream);
	pen_link_leave(end->link);
	return PEN_STATUS_SUCCESS;
}

static uint32_t adopt(struct pen_pipe **pipep, const struct parcel *parcel, struct pen_file *file,
		      const int fds[N_PARTS + 1])
{
	bool is_server = parcel->side == PEN_CHANNEL_SERVER;
	struct pen_link_parts parts = {
		.memory = fds[0],
		.bells = { fds[1], fds[2] },
		.life = is_server ? -1 : fds[4],
		.peer_life = fds[3],
	};
	struct pen_link *link;
	uint32_t status;
	int r = pen_link_take(&link, parcel->side, &file->config, &parts);

	if (is_server)
		file->life = fds[4];
	if (r) {
		if (parcel->is_carried)
			close(fds[N_PARTS]);
		return r < 0 ? pen_ntstatus_from_errno(r) : PEN_STATUS_INVALID_PARAMETER;
	}
	pen_link_share(link);
	pen_end_init(&file->end, parcel->side, link);
	if (is_server)
		file->end.server = (struct pen_end_server){ file, pen_file_lost, pen_file_renew };
	status = parcel->is_carried ? carry(file, fds[N_PARTS]) : PEN_STATUS_SUCCESS;
	if (!status)
		status = pen_file_open(pipep, file, parcel->granted);
	if (status) {
		pen_end_close(&file->end, file->life);
		file->life = -1;
	}
	return status;
}

/* PEN_STATUS_INVALID_PARAMETER: it is no handle. */
static uint32_t open_parcel(struct pen_pipe **pipep, const struct parcel *parcel, size_t n,
			    const uint8_t *rest, struct pen_fds *fds)
{
	struct pen_file *file = is_sound(parcel, n) && fds->n == N_PARTS + parcel->is_carried
					? unpack(parcel, rest)
					: NULL;
	uint32_t status;

	if (!file)
		return PEN_STATUS_INVALID_PARAMETER;
	fds->n = 0;
	status = adopt(pipep, parcel, file, fds->fds);
	if (status)
		pen_file_free(file);
	return status;
}

uint32_t pen_pipe_receive(struct pen_pipe **pipep, int socket)
{
	pen_cleanup(pen_freep) uint8_t *rest = malloc(REST_MAX);
	struct parcel parcel;
	const struct iovec pieces[2] = { { &parcel, sizeof(parcel) }, { rest, REST_MAX } };
	struct pen_fds fds;
	uint32_t status;
	ssize_t n;

	if (!rest)
		return PEN_STATUS_NO_MEMORY;
	n = pen_fds_receive(socket, pieces, 2, &fds, 0);
	if (n < 0)
		status = n == -EMSGSIZE ? PEN_STATUS_INVALID_PARAMETER
					: pen_ntstatus_from_errno((int)n);
	else
		status = open_parcel(pipep, &parcel, (size_t)n, rest, &fds);
	pen_fds_close(&fds);
	return status;
}
