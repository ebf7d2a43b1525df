/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "io/impersonate.h"
#include "io/session.h"
#include "np/file.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ASK_MS = 10000, MOMENT_MS = 1000 };

/* ---- what the client says of itself ---- */

static uint32_t announce(struct pen_file *file, uint8_t *numberp)
{
	const struct object_request request = { .verb = object_ANNOUNCE,
						.body.announce.handle = file->guid };
	struct pen_answer answer;
	uint32_t status = pen_agent_ask(file->directory, &request, NULL, ASK_MS, &answer);

	if (!status)
		*numberp = (uint8_t)(answer.reply.body.identity % PEN_CHANNEL_IDENTITIES);
	pen_answer_done(&answer);
	return status;
}

/* One that is not known here is asked for; the oldest gives its place. */
static uint32_t learn_identity(struct pen_file *file, uint32_t uid, uint32_t gid, uint8_t *numberp)
{
	uint32_t status = announce(file, numberp);
	unsigned at;

	if (status)
		return status;
	at = file->n_identities++ % PEN_FILE_IDENTITIES;
	file->identities[at] = (struct pen_file_identity){ uid, gid, *numberp };
	return PEN_STATUS_SUCCESS;
}

uint32_t pen_file_identify(struct pen_file *file, uint8_t *numberp)
{
	uint32_t uid, gid, status = PEN_STATUS_SUCCESS;

	*numberp = 0;
	if (file->end.side != PEN_CHANNEL_CLIENT || file->is_static)
		return PEN_STATUS_SUCCESS;
	uid = geteuid();
	gid = getegid();
	if (uid == file->identities[0].uid && gid == file->identities[0].gid)
		return PEN_STATUS_SUCCESS;
	pen_end_lock(&file->end);
	for (unsigned i = 0; i < PEN_FILE_IDENTITIES && i < file->n_identities; i++) {
		if (file->identities[i].uid == uid && file->identities[i].gid == gid) {
			*numberp = file->identities[i].number;
			pen_end_unlock(&file->end);
			return PEN_STATUS_SUCCESS;
		}
	}
	status = learn_identity(file, uid, gid, numberp);
	pen_end_unlock(&file->end);
	return status;
}

/* ---- what the server knows of its client ---- */

void pen_file_forget_client(struct pen_file *file)
{
	struct pen_file_client *client = &file->client;

	free(client->computer);
	pen_token_free(client->token);
	pen_token_free(client->writer);
	*client = (struct pen_file_client){ 0 };
}

uint32_t pen_file_learn_client(struct pen_file *file, const struct pen_answer *answer)
{
	const struct object_client *said = &answer->reply.body.client;
	struct pen_file_client *client = &file->client;

	pen_file_forget_client(file);
	if (said->computer && !(client->computer = strdup(said->computer)))
		return PEN_STATUS_NO_MEMORY;
	if (pen_letter_to_token(&client->token, &said->token)) {
		pen_file_forget_client(file);
		return PEN_STATUS_NO_MEMORY;
	}
	client->process = said->process;
	client->session = said->session;
	client->qos = said->qos;
	client->is_known = true;
	return PEN_STATUS_SUCCESS;
}

static uint32_t ask_client(struct pen_file *file, uint8_t identity, struct pen_answer *answer)
{
	const struct object_request request = { .verb = object_ASK_CLIENT,
						.body.ask_client = { file->guid, identity } };

	return pen_agent_ask(file->directory, &request, NULL, ASK_MS, answer);
}

/* With the end's mutex. */
static uint32_t learn_client(struct pen_file *file)
{
	struct pen_answer answer;
	uint32_t status;

	if (file->client.is_known)
		return PEN_STATUS_SUCCESS;
	status = ask_client(file, 0, &answer);
	if (!status)
		status = pen_file_learn_client(file, &answer);
	pen_answer_done(&answer);
	return status;
}

/* NOT_FOUND, where there is no client (any more). The mutex is held after a success. */
static uint32_t find_client(struct pen_file *file)
{
	uint32_t state, status = pen_file_state(file, &state);

	if (status)
		return status;
	if (state != PEN_CHANNEL_CONNECTED && state != PEN_CHANNEL_CLOSING)
		return PEN_STATUS_NOT_FOUND;
	pen_end_lock(&file->end);
	status = learn_client(file);
	if (status)
		pen_end_unlock(&file->end);
	return status == PEN_STATUS_PIPE_LISTENING ? PEN_STATUS_NOT_FOUND : status;
}

/* ---- ids ---- */

/* A client whose server has disconnected it knows nothing any more. */
static uint32_t check_client_end(struct pen_file *file)
{
	uint32_t state, status = pen_file_state(file, &state);

	if (!status && state == PEN_CHANNEL_DISCONNECTED)
		status = PEN_STATUS_PIPE_DISCONNECTED;
	return status;
}

/* A child's is its parent's. */
uint32_t pen_file_opener_session(const struct pen_file *file)
{
	return file->is_opener_other ? file->opener_session : pen_session_own();
}

static uint32_t client_number(struct pen_file *file, bool is_session, uint32_t *numberp)
{
	uint32_t status;

	if (file->end.side == PEN_CHANNEL_CLIENT) {
		status = check_client_end(file);
		if (!status)
			*numberp =
				is_session ? pen_file_opener_session(file) : file->opener_process;
		return status;
	}
	status = find_client(file);
	if (status)
		return status;
	*numberp = is_session ? file->client.session : file->client.process;
	pen_end_unlock(&file->end);
	return PEN_STATUS_SUCCESS;
}

static uint32_t server_number(struct pen_file *file, uint32_t number, uint32_t *numberp)
{
	uint32_t status = PEN_STATUS_SUCCESS;

	if (file->end.side == PEN_CHANNEL_CLIENT)
		status = check_client_end(file);
	if (!status)
		*numberp = number;
	return status;
}

uint32_t pen_pipe_client_process(struct pen_pipe *pipe, uint32_t *pidp)
{
	return client_number(pipe->file, false, pidp);
}

uint32_t pen_pipe_client_session(struct pen_pipe *pipe, uint32_t *sessionp)
{
	return client_number(pipe->file, true, sessionp);
}

uint32_t pen_pipe_server_process(struct pen_pipe *pipe, uint32_t *pidp)
{
	return server_number(pipe->file, pipe->file->server_process, pidp);
}

uint32_t pen_pipe_server_session(struct pen_pipe *pipe, uint32_t *sessionp)
{
	return server_number(pipe->file, pipe->file->server_session, sessionp);
}

uint32_t pen_pipe_client_computer(struct pen_pipe *pipe, char **namep)
{
	struct pen_file *file = pipe->file;
	uint32_t status;

	if (file->end.side == PEN_CHANNEL_CLIENT) {
		status = check_client_end(file);
		return status ? status : pen_ntstatus_from_werror(PEN_WERR_PIPE_LOCAL);
	}
	status = find_client(file);
	if (status)
		return status;
	if (!file->client.computer)
		status = pen_ntstatus_from_werror(PEN_WERR_PIPE_LOCAL);
	else if (!(*namep = strdup(file->client.computer)))
		status = PEN_STATUS_NO_MEMORY;
	pen_end_unlock(&file->end);
	return status;
}

/* ---- identity ---- */

/* Who may not act as others learns who they are, and no more [row I12]. */
static bool may_act_as(const struct pen_token_info *info)
{
	return (info->has_unix && info->uid == geteuid()) || pen_impersonation_is_free();
}

/* As the client's quality of service lets it be known. */
static uint32_t reduce(const struct pen_token *token, const struct object_qos *qos,
		       struct pen_token **tokenp)
{
	struct pen_token_info info = *pen_token_info(token);

	if (qos->level == PEN_PIPE_ANONYMOUS)
		return pen_token_new_anonymous(tokenp, !info.is_local) ? PEN_STATUS_NO_MEMORY
								       : PEN_STATUS_SUCCESS;
	if (qos->level >= PEN_PIPE_IMPERSONATION && may_act_as(&info)) {
		*tokenp = pen_token_ref(token);
		return PEN_STATUS_SUCCESS;
	}
	info.is_identify_only = true;
	return pen_token_new(tokenp, &info) ? PEN_STATUS_NO_MEMORY : PEN_STATUS_SUCCESS;
}

/* The token of an identity; the last one that was asked for is kept. With the mutex. */
static uint32_t find_writer(struct pen_file *file, uint8_t identity,
			    const struct pen_token **tokenp)
{
	struct pen_file_client *client = &file->client;
	struct pen_answer answer;
	struct pen_token *token;
	uint32_t status;

	if (!identity || !client->qos.is_dynamic) {
		*tokenp = client->token;
		return PEN_STATUS_SUCCESS;
	}
	if (client->writer_identity != identity) {
		status = ask_client(file, identity, &answer);
		if (!status && pen_letter_to_token(&token, &answer.reply.body.client.token))
			status = PEN_STATUS_NO_MEMORY;
		pen_answer_done(&answer);
		if (status)
			return status;
		pen_token_free(client->writer);
		client->writer = token;
		client->writer_identity = identity;
	}
	*tokenp = client->writer;
	return PEN_STATUS_SUCCESS;
}

/* Under which identity the last that was read was written. */
static uint32_t last_identity(struct pen_file *file, uint8_t *identityp)
{
	struct pen_channel_info info;
	uint32_t status;

	if (pen_end_enter(&file->end, MOMENT_MS))
		return PEN_STATUS_IO_TIMEOUT;
	status = pen_channel_get_info(pen_end_channel(&file->end), file->end.side, &info);
	pen_end_leave(&file->end);
	if (status || !info.has_read || info.state == PEN_CHANNEL_DISCONNECTED ||
	    info.state == PEN_CHANNEL_LISTENING)
		return PEN_STATUS_CANNOT_IMPERSONATE;
	*identityp = info.identity;
	return PEN_STATUS_SUCCESS;
}

uint32_t pen_pipe_client_token(struct pen_pipe *pipe, struct pen_token **tokenp)
{
	struct pen_file *file = pipe->file;
	const struct pen_token *token;
	uint8_t identity;
	uint32_t status;

	if (file->end.side != PEN_CHANNEL_SERVER)
		return PEN_STATUS_ILLEGAL_FUNCTION;
	status = last_identity(file, &identity);
	if (!status)
		status = find_client(file);
	if (status == PEN_STATUS_NOT_FOUND)
		status = PEN_STATUS_CANNOT_IMPERSONATE;
	if (status)
		return status;
	status = find_writer(file, identity, &token);
	if (!status)
		status = reduce(token, &file->client.qos, tokenp);
	pen_end_unlock(&file->end);
	return status;
}

uint32_t pen_file_opener(struct pen_file *file, struct pen_token **tokenp)
{
	uint32_t status = find_client(file);

	if (status)
		return status;
	status = reduce(file->client.token, &file->client.qos, tokenp);
	pen_end_unlock(&file->end);
	return status;
}

static const char owner;

uint32_t pen_pipe_impersonate(struct pen_pipe *pipe)
{
	struct pen_impersonation_error error;
	struct pen_token *token;
	uint32_t status = pen_pipe_client_token(pipe, &token);
	int r;

	if (status)
		return status;
	/* A thread that acts as one client already acts as the next one then. */
	pen_pipe_revert();
	r = pen_impersonation_begin(&owner, token, &error);
	pen_token_free(token);
	return !r	      ? PEN_STATUS_SUCCESS
	       : r == -ENOMEM ? PEN_STATUS_NO_MEMORY
			      : PEN_STATUS_ACCESS_DENIED;
}

void pen_pipe_revert(void)
{
	if (pen_impersonation_is_of(&owner))
		pen_impersonation_end();
}
