/* SPDX-License-Identifier: MIT */
#include "sec/schannel.h"
#include "base/cleanup.h"
#include <errno.h>
#include <penstock/token.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What a context awaits. */
enum state { AWAIT_START, AWAIT_REQUEST, AWAIT_RESPONSE, OPEN, FAILED };

struct pen_mech_context {
	enum state state;
	bool is_server;
	struct pen_mech_server server;
	struct pen_mech_client client;
	struct pen_token *token;
	struct pen_schannel_session *session;
	char reason[256];
};

static int fail(struct pen_mech_context *context, int error, const char *format, ...)
	PEN_PRINTF(3, 4);

static int fail(struct pen_mech_context *context, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(context->reason, sizeof(context->reason), format, arguments);
	va_end(arguments);
	return error;
}

static struct pen_mech_context *context_free(struct pen_mech_context *context)
{
	if (!context)
		return NULL;
	pen_token_free(context->token);
	pen_schannel_session_free(context->session);
	free(context);
	return NULL;
}

static int new_server(struct pen_mech_context **contextp, const struct pen_mech_server *server)
{
	const struct pen_schannel_server *config = server->config;
	struct pen_mech_context *context;

	if (!config || !config->find)
		return PEN_E_UNSUPPORTED;
	context = calloc(1, sizeof(*context));
	if (!context)
		return -ENOMEM;
	context->is_server = true;
	context->server = *server;
	context->state = AWAIT_REQUEST;
	*contextp = context;
	return 0;
}

static int new_client(struct pen_mech_context **contextp, const struct pen_mech_client *client)
{
	const struct pen_schannel_client *config = client->config;
	struct pen_mech_context *context;

	if (!config || !config->computer)
		return PEN_E_UNSUPPORTED;
	context = calloc(1, sizeof(*context));
	if (!context)
		return -ENOMEM;
	context->client = *client;
	context->state = AWAIT_START;
	*contextp = context;
	return 0;
}

/* Nothing but a signature proves anything here. */
static int check_level(struct pen_mech_context *context, enum pen_auth_level level)
{
	if (level >= PEN_AUTH_LEVEL_PACKET)
		return 0;
	return fail(context, PEN_E_DENIED,
		    "netlogon's provider proves nothing unless each message is signed");
}

/* ---- the server ---- */

static int make_token(struct pen_mech_context *context, const struct pen_schannel_machine *machine)
{
	const struct pen_schannel_server *config = context->server.config;
	const struct pen_sid sids[] = {
		machine->sid,
		pen_sid_everyone,
		pen_sid_network,
		pen_sid_authenticated_users,
	};
	const struct pen_token_info info = {
		.proof = PEN_TOKEN_RPC,
		.is_authenticated = true,
		.sids = sids,
		.n_sids = PEN_COUNT(sids),
		.account = machine->account,
		.domain = config->domain,
		.remote_address = context->server.peer,
	};

	return pen_token_new(&context->token, &info);
}

static int open_server(struct pen_mech_context *context, const char *computer,
		       struct pen_schannel_machine *machine)
{
	const struct pen_schannel_server *config = context->server.config;
	int r;

	if (!(machine->keys.flags & PEN_NETLOGON_AES) && !config->allow_weak)
		return fail(context, PEN_E_DENIED,
			    "%.64s made its session without AES, which is not allowed", computer);
	r = make_token(context, machine);
	if (!r)
		r = pen_schannel_session_new(&context->session, context->server.world,
					     &machine->keys, true);
	return r;
}

static int take_request(struct pen_mech_context *context, struct pen_slice in,
			struct pen_buffer *out)
{
	const struct pen_schannel_server *config = context->server.config;
	const struct pen_schannel_message response = { .type = PEN_SCHANNEL_RESPONSE };
	struct pen_schannel_machine machine = { 0 };
	struct pen_schannel_message message;
	const char *computer;
	const char *domain;
	int r;

	if (pen_schannel_message_get(&message, in) || message.type != PEN_SCHANNEL_REQUEST)
		return fail(context, PEN_E_BAD_DATA, "the client's token is no NL_AUTH_MESSAGE");
	computer = message.utf8_computer[0] ? message.utf8_computer : message.netbios_computer;
	domain = message.netbios_domain[0] ? message.netbios_domain : message.dns_domain;
	if (!computer[0])
		return fail(context, PEN_E_DENIED, "the client does not name its computer");
	r = config->find(config->data, domain, computer, &machine);
	if (!r)
		r = open_server(context, computer, &machine);
	else if (r == PEN_E_NOT_FOUND)
		r = fail(context, PEN_E_DENIED,
			 "%.64s has no session: NetrServerAuthenticate3 comes first", computer);
	pen_wipe(&machine, sizeof(machine));
	return r ? r : pen_schannel_message_put(&response, out);
}

/* ---- the client ---- */

static int copy_name(char name[PEN_SCHANNEL_NAME_SIZE], const char *from)
{
	size_t n = from ? strlen(from) : 0;

	if (n >= PEN_SCHANNEL_NAME_SIZE)
		return PEN_E_BAD_DATA;
	memcpy(name, from ? from : "", n + 1);
	return 0;
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text > 0x7f)
			return false;
	return true;
}

/* A name that is not ASCII goes in UTF-8 alone. */
static int put_request(struct pen_mech_context *context, struct pen_buffer *out)
{
	const struct pen_schannel_client *config = context->client.config;
	struct pen_schannel_message message = { .type = PEN_SCHANNEL_REQUEST };
	int r = copy_name(message.netbios_domain, config->domain);

	if (!r && is_ascii(config->computer))
		r = copy_name(message.netbios_computer, config->computer);
	else if (!r)
		r = copy_name(message.utf8_computer, config->computer);
	if (!r)
		r = copy_name(message.dns_domain, config->dns_domain);
	if (!r)
		r = copy_name(message.dns_computer, config->dns_computer);
	if (!r)
		r = pen_schannel_message_put(&message, out);
	if (r == PEN_E_BAD_DATA)
		r = fail(context, PEN_E_DENIED, "a name of this machine or its domain is not one");
	return r;
}

static int start(struct pen_mech_context *context, struct pen_buffer *out)
{
	const struct pen_schannel_client *config = context->client.config;
	int r = put_request(context, out);

	if (!r)
		r = pen_schannel_session_new(&context->session, context->client.world,
					     &config->keys, false);
	if (r)
		return r;
	context->state = AWAIT_RESPONSE;
	return PEN_E_AGAIN;
}

static int take_response(struct pen_mech_context *context, struct pen_slice in)
{
	struct pen_schannel_message message;

	if (pen_schannel_message_get(&message, in) || message.type != PEN_SCHANNEL_RESPONSE)
		return fail(context, PEN_E_BAD_DATA,
			    "the server's answer is no response of netlogon's provider");
	return 0;
}

/* ---- the table ---- */

static int step_on(struct pen_mech_context *context, struct pen_slice in, struct pen_buffer *out)
{
	int r = check_level(context,
			    context->is_server ? context->server.level : context->client.level);

	if (r)
		return r;
	switch (context->state) {
	case AWAIT_START:
		return start(context, out);
	case AWAIT_REQUEST:
		r = take_request(context, in, out);
		break;
	case AWAIT_RESPONSE:
		r = take_response(context, in);
		break;
	default:
		r = fail(context, PEN_E_BAD_DATA, "a token came after the last");
	}
	if (!r)
		context->state = OPEN;
	return r;
}

static int step(struct pen_mech_context *context, struct pen_slice in, struct pen_buffer *out)
{
	size_t n_before = out->size;
	int r = step_on(context, in, out);

	if (r == 0 || r == PEN_E_AGAIN)
		return r;
	out->size = n_before;
	context->state = FAILED;
	if (!context->reason[0])
		fail(context, r, "%s",
		     r == -ENOMEM ? "there is no memory"
				  : "the system could not do what netlogon's provider needs");
	return r;
}

static const char *reason(const struct pen_mech_context *context)
{
	return context->reason;
}

static bool has_header_signing(const struct pen_mech_context *context)
{
	return context->state == OPEN;
}

static size_t signature_size(const struct pen_mech_context *context, size_t n, bool is_sealed)
{
	return context->state == OPEN ? pen_schannel_session_signature_size(context->session) : 0;
}

static int protect(struct pen_mech_context *context, struct pen_protected *message)
{
	if (context->state != OPEN)
		return PEN_E_DENIED;
	return pen_schannel_session_protect(context->session, message);
}

static int unprotect(struct pen_mech_context *context, struct pen_protected *message)
{
	if (context->state != OPEN)
		return PEN_E_DENIED;
	return pen_schannel_session_unprotect(context->session, message);
}

static int token(struct pen_mech_context *context, struct pen_token **tokenp)
{
	if (context->state != OPEN || !context->token)
		return PEN_E_DENIED;
	*tokenp = pen_token_ref(context->token);
	return 0;
}

static struct pen_slice session_key(const struct pen_mech_context *context)
{
	return (struct pen_slice){ 0 };
}

static struct pen_session_keys session_keys(const struct pen_mech_context *context)
{
	if (context->state != OPEN)
		return (struct pen_session_keys){ 0 };
	return pen_schannel_session_keys(context->session);
}

const struct pen_mech pen_mech_schannel = {
	.name = "schannel",
	.auth_type = PEN_AUTH_SCHANNEL,
	.new_server = new_server,
	.new_client = new_client,
	.free = context_free,
	.step = step,
	.reason = reason,
	.has_header_signing = has_header_signing,
	.signature_size = signature_size,
	.protect = protect,
	.unprotect = unprotect,
	.token = token,
	.session_key = session_key,
	.session_keys = session_keys,
};
