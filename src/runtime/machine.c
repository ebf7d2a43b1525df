/* SPDX-License-Identifier: MIT */
#include "runtime/machine.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "base/utf16.h"
#include "runtime/world.h"
#include "sec/credentials.h"
#include "sec/schannel.h"
#include <errno.h>
#include <penstock/client.h>
#include <penstock/credentials.h>
#include <penstock/idl/netlogon.h>
#include <penstock/status.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TIMEOUT_MS = 30 * 1000, CHALLENGE = PEN_NETLOGON_CHALLENGE_SIZE, GROUPS_MAX = 4096 };
enum { LOGON_GUEST = 0x1, GROUP_ENABLED = 0x4 };

/* Both kinds of machine accounts may log on to us as users [MS-NRPC 2.2.1.4.15]. */
enum { PARAMETER_CONTROL = 0x820 };

/* What today's members ask for; without AES there is no session. */
#define FLAGS UINT32_C(0x612fffff)

struct pen_machine {
	struct pen_world world;
	char *binding;
	char *computer;
	char *account;
	char *domain;
	uint32_t timeout_ms;
	uint8_t nt_hash[PEN_NTLM_KEY_SIZE];
	struct pen_netlogon_credential credential;
	struct pen_client *client; /* over the channel; NULL: there is no session */
	struct pen_call *call;
	char error[256];
};

PEN_DEFINE_FREEP(struct pen_machine, pen_machine)

static int fail(struct pen_machine *machine, int error, const char *format, ...) PEN_PRINTF(3, 4);

static int fail(struct pen_machine *machine, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(machine->error, sizeof(machine->error), format, arguments);
	va_end(arguments);
	return error;
}

/* ---- its life ---- */

static void close_session(struct pen_machine *machine)
{
	machine->call = pen_call_free(machine->call);
	machine->client = pen_client_free(machine->client);
	pen_wipe(&machine->credential, sizeof(machine->credential));
}

struct pen_machine *pen_machine_free(struct pen_machine *machine)
{
	if (!machine)
		return NULL;
	close_session(machine);
	pen_world_done(&machine->world);
	free(machine->binding);
	free(machine->computer);
	free(machine->account);
	free(machine->domain);
	pen_secret_free(machine);
	return NULL;
}

int pen_machine_new(struct pen_machine **machinep, const struct pen_machine_config *config)
{
	pen_cleanup(pen_machine_freep) struct pen_machine *machine =
		pen_secret_alloc(sizeof(*machine));
	int r;

	if (!machine)
		return -ENOMEM;
	r = pen_world_init(&machine->world);
	if (r)
		return r;
	machine->binding = strdup(config->binding);
	machine->computer = strdup(config->computer);
	machine->domain = strdup(config->domain);
	if (asprintf(&machine->account, "%s$", config->computer) < 0)
		machine->account = NULL;
	if (!machine->binding || !machine->computer || !machine->domain || !machine->account)
		return -ENOMEM;
	machine->timeout_ms = config->timeout_ms ? config->timeout_ms : TIMEOUT_MS;
	memcpy(machine->nt_hash, config->nt_hash, sizeof(machine->nt_hash));
	*machinep = pen_take(&machine);
	return 0;
}

const char *pen_machine_error(const struct pen_machine *machine)
{
	return machine->error;
}

/* ---- a session ---- */

static int connect_to(struct pen_machine *machine, const struct pen_client_security *security,
		      struct pen_client **clientp, struct pen_call **callp)
{
	struct pen_client_config config = { .connect_timeout_ms = machine->timeout_ms };
	struct pen_client *client = NULL;
	struct pen_ndr_error error = { 0 };
	int r;

	if (security)
		config.security = *security;
	r = pen_client_new(&client, machine->binding, &config, &error);
	if (!r)
		r = pen_call_new(callp, client);
	if (r) {
		pen_client_free(client);
		return fail(machine, r, "%s: %s", machine->binding,
			    error.text[0] ? error.text : pen_error_name(r));
	}
	pen_call_set_timeout(*callp, machine->timeout_ms);
	*clientp = client;
	return 0;
}

/* An answer, of a call or of what it called. */
static int check_answer(struct pen_machine *machine, const struct pen_call *call, int r,
			int32_t status, const char *operation)
{
	if (r)
		return fail(machine, r, "%s: %s", operation, pen_call_error(call));
	if (!status)
		return 0;
	return fail(machine, PEN_E_DENIED, "%s: %s", operation,
		    pen_ntstatus_text((uint32_t)status));
}

static int get_challenges(struct pen_machine *machine, struct pen_call *call,
			  uint8_t client[CHALLENGE], uint8_t server[CHALLENGE])
{
	struct netlogon_NetrServerReqChallenge_in in = { .ComputerName = machine->computer };
	struct netlogon_NetrServerReqChallenge_out out = { 0 };
	int r;

	do
		r = machine->world.mech.random(machine->world.mech.data, client, CHALLENGE);
	while (!r && !pen_netlogon_challenge_is_random(client));
	if (r)
		return r;
	memcpy(in.ClientChallenge.data, client, CHALLENGE);
	r = netlogon_NetrServerReqChallenge(call, &in, &out);
	r = check_answer(machine, call, r, out.result, "NetrServerReqChallenge");
	if (!r)
		memcpy(server, out.ServerChallenge.data, CHALLENGE);
	return r;
}

static int prove(struct pen_machine *machine, struct pen_call *call)
{
	struct netlogon_NetrServerAuthenticate3_in in = {
		.AccountName = machine->account,
		.SecureChannelType = netlogon_WorkstationSecureChannel,
		.ComputerName = machine->computer,
		.NegotiateFlags = FLAGS,
	};
	struct netlogon_NetrServerAuthenticate3_out out = { 0 };
	uint8_t client[CHALLENGE];
	uint8_t server[CHALLENGE];
	int r = get_challenges(machine, call, client, server);

	if (!r)
		r = pen_netlogon_credential_init(&machine->credential, machine->world.crypto, FLAGS,
						 machine->nt_hash, client, server);
	if (r)
		return r;
	memcpy(in.ClientCredential.data, machine->credential.client, CHALLENGE);
	r = netlogon_NetrServerAuthenticate3(call, &in, &out);
	r = check_answer(machine, call, r, out.result, "NetrServerAuthenticate3");
	if (r)
		return r;
	if (!pen_equal_secret(out.ServerCredential.data, machine->credential.server, CHALLENGE))
		return fail(machine, PEN_E_DENIED,
			    "who answers does not know this machine's password, and so is no "
			    "domain controller of %s",
			    machine->domain);
	if (!(out.NegotiateFlags & PEN_NETLOGON_AES))
		return fail(machine, PEN_E_DENIED,
			    "the domain controller does not offer AES, or somebody between hides "
			    "that it does");
	machine->credential.flags = out.NegotiateFlags;
	return 0;
}

static int open_channel(struct pen_machine *machine)
{
	struct pen_schannel_client session = {
		.keys.flags = machine->credential.flags,
		.domain = machine->domain,
		.computer = machine->computer,
	};
	struct pen_client_security security = { .auth_type = PEN_AUTH_SCHANNEL,
						.auth_level = PEN_AUTH_LEVEL_PRIVACY };
	int r;

	memcpy(session.keys.session_key, machine->credential.session_key, PEN_NETLOGON_KEY_SIZE);
	r = pen_credentials_new_machine(&security.credentials, &session);
	if (!r)
		r = connect_to(machine, &security, &machine->client, &machine->call);
	pen_credentials_free(security.credentials);
	pen_wipe(&session, sizeof(session));
	return r;
}

static int step(struct pen_machine *machine, struct netlogon_NETLOGON_AUTHENTICATOR *wire)
{
	struct pen_netlogon_authenticator authenticator;
	int r = pen_netlogon_credential_step(&machine->credential, machine->world.crypto,
					     (uint32_t)time(NULL), &authenticator);

	if (r)
		return r;
	memcpy(wire->Credential.data, authenticator.credential, CHALLENGE);
	wire->Timestamp = authenticator.timestamp;
	return 0;
}

static int check_step(struct pen_machine *machine,
		      const struct netlogon_NETLOGON_AUTHENTICATOR *wire)
{
	struct pen_netlogon_authenticator answer = { .timestamp = wire->Timestamp };
	int r;

	memcpy(answer.credential, wire->Credential.data, CHALLENGE);
	r = pen_netlogon_credential_check(&machine->credential, machine->world.crypto, &answer);
	return r == PEN_E_DENIED ? fail(machine, r, "an answer is not the controller's") : r;
}

/* Whether what was agreed on in the clear is what the controller meant. */
static int check_capabilities(struct pen_machine *machine)
{
	struct netlogon_NetrLogonGetCapabilities_in in = {
		.ServerName = "",
		.ComputerName = machine->computer,
		.QueryLevel = 1,
	};
	struct netlogon_NetrLogonGetCapabilities_out out = { 0 };
	int r = step(machine, &in.Authenticator);

	if (r)
		return r;
	r = netlogon_NetrLogonGetCapabilities(machine->call, &in, &out);
	r = check_answer(machine, machine->call, r, out.result, "NetrLogonGetCapabilities");
	if (!r)
		r = check_step(machine, &out.ReturnAuthenticator);
	if (!r && out.ServerCapabilities.ServerCapabilities != machine->credential.flags)
		r = fail(machine, PEN_E_DENIED,
			 "somebody between changed what the controller offers");
	return r;
}

int pen_machine_open(struct pen_machine *machine)
{
	struct pen_client *client = NULL;
	struct pen_call *call = NULL;
	int r;

	close_session(machine);
	machine->error[0] = '\0';
	r = connect_to(machine, NULL, &client, &call);
	if (!r)
		r = prove(machine, call);
	pen_call_free(call);
	pen_client_free(client);
	if (!r)
		r = open_channel(machine);
	if (!r)
		r = check_capabilities(machine);
	if (r)
		close_session(machine);
	if (r && !machine->error[0])
		fail(machine, r, "%s", pen_error_name(r));
	return r;
}

/* ---- logons ---- */

static int put_text(struct pen_arena *arena, const char *text, struct dtyp_RPC_UNICODE_STRING *wire)
{
	size_t n = strlen(text);
	size_t n_units = pen_utf16_count(text, n);

	if (n_units > UINT16_MAX / 2)
		return PEN_E_BAD_DATA;
	wire->Length = wire->MaximumLength = (uint16_t)(2 * n_units);
	wire->Buffer = pen_arena_array(arena, n_units ? n_units : 1, 2);
	if (!wire->Buffer)
		return -ENOMEM;
	pen_utf16_put(text, n, PEN_UTF16_HOST, wire->Buffer, n_units);
	return 0;
}

static int get_text(struct pen_arena *arena, const struct dtyp_RPC_UNICODE_STRING *wire,
		    const char **textp)
{
	size_t n_units = wire->Buffer ? wire->Length / 2 : 0;
	size_t n = pen_utf16_text_size(wire->Buffer, n_units, PEN_UTF16_HOST);
	char *text = pen_arena_alloc(arena, n + 1);

	if (!text)
		return -ENOMEM;
	pen_utf16_get(wire->Buffer, n_units, PEN_UTF16_HOST, text, n);
	text[n] = '\0';
	if (strlen(text) != n)
		return PEN_E_BAD_DATA;
	*textp = text;
	return 0;
}

static int get_sid(const struct dtyp_RPC_SID *wire, struct pen_sid *sid)
{
	if (!wire || wire->Revision != 1 || wire->SubAuthorityCount > PEN_SID_SUB_AUTHORITIES_MAX)
		return PEN_E_BAD_DATA;
	*sid = (struct pen_sid){ .revision = 1, .n_sub_authorities = wire->SubAuthorityCount };
	for (size_t i = 0; i < 6; i++)
		sid->authority = sid->authority << 8 | wire->IdentifierAuthority.Value[i];
	for (size_t i = 0; i < wire->SubAuthorityCount; i++)
		sid->sub_authorities[i] = wire->SubAuthority[i];
	return 0;
}

static int get_member(const struct pen_sid *domain, uint32_t rid, struct pen_sid *sid)
{
	*sid = *domain;
	return pen_sid_append(sid, rid) ? PEN_E_BAD_DATA : 0;
}

static int get_groups(struct pen_arena *arena, const struct pen_sid *domain,
		      const struct netlogon_NETLOGON_VALIDATION_SAM_INFO2 *info,
		      struct pen_machine_logon *logon)
{
	const struct netlogon_NETLOGON_VALIDATION_SAM_INFO *base = &info->Base;
	struct pen_sid *groups;
	int r = 0;

	if (base->GroupCount > GROUPS_MAX || info->SidCount > GROUPS_MAX)
		return PEN_E_BAD_DATA;
	groups = pen_arena_array(arena, base->GroupCount + info->SidCount + 1, sizeof(*groups));
	if (!groups)
		return -ENOMEM;
	for (uint32_t i = 0; i < base->GroupCount && !r && base->GroupIds; i++)
		if (base->GroupIds[i].Attributes & GROUP_ENABLED)
			r = get_member(domain, base->GroupIds[i].RelativeId,
				       &groups[logon->n_groups++]);
	for (uint32_t i = 0; i < info->SidCount && !r && info->ExtraSids; i++)
		if (info->ExtraSids[i].Attributes & GROUP_ENABLED)
			r = get_sid(info->ExtraSids[i].Sid, &groups[logon->n_groups++]);
	logon->groups = groups;
	return r;
}

static int get_logon(struct pen_machine *machine, struct pen_arena *arena,
		     const struct netlogon_NETLOGON_VALIDATION_SAM_INFO2 *info,
		     struct pen_machine_logon *logon)
{
	const struct netlogon_NETLOGON_VALIDATION_SAM_INFO *base = &info->Base;
	struct pen_sid domain;
	int r = get_sid(base->LogonDomainId, &domain);

	if (!r)
		r = get_member(&domain, base->UserId, &logon->user);
	if (!r)
		r = get_member(&domain, base->PrimaryGroupId, &logon->primary_group);
	if (!r)
		r = get_groups(arena, &domain, info, logon);
	if (!r)
		r = get_text(arena, &base->EffectiveName, &logon->account);
	if (!r)
		r = get_text(arena, &base->LogonDomainName, &logon->domain);
	if (r)
		return r;
	logon->is_guest = base->UserFlags & LOGON_GUEST;
	memcpy(logon->session_base_key, base->UserSessionKey.data, PEN_NTLM_KEY_SIZE);
	return pen_netlogon_decrypt_key(&machine->credential, machine->world.crypto,
					logon->session_base_key, PEN_NTLM_KEY_SIZE);
}

static int put_network(struct pen_arena *arena, const struct pen_ntlm_attempt *attempt,
		       struct netlogon_NETLOGON_NETWORK_INFO *info)
{
	int r = put_text(arena, attempt->domain, &info->Identity.LogonDomainName);

	if (!r)
		r = put_text(arena, attempt->user, &info->Identity.UserName);
	if (!r)
		r = put_text(arena, attempt->workstation, &info->Identity.Workstation);
	if (r)
		return r;
	if (attempt->nt.size > UINT16_MAX || attempt->lm.size > UINT16_MAX)
		return PEN_E_BAD_DATA;
	info->Identity.ParameterControl = PARAMETER_CONTROL;
	memcpy(info->LmChallenge.data, attempt->server_challenge, CHALLENGE);
	info->NtChallengeResponse = (struct netlogon_STRING){
		.Length = (uint16_t)attempt->nt.size,
		.MaximumLength = (uint16_t)attempt->nt.size,
		.Buffer = (uint8_t *)(uintptr_t)attempt->nt.data,
	};
	info->LmChallengeResponse = (struct netlogon_STRING){
		.Length = (uint16_t)attempt->lm.size,
		.MaximumLength = (uint16_t)attempt->lm.size,
		.Buffer = (uint8_t *)(uintptr_t)attempt->lm.data,
	};
	return 0;
}

static int ask(struct pen_machine *machine, struct netlogon_NETLOGON_NETWORK_INFO *info,
	       struct pen_arena *arena, struct pen_machine_logon *logon)
{
	const struct netlogon_NetrLogonSamLogonEx_in in = {
		.ComputerName = machine->computer,
		.LogonLevel = netlogon_NetlogonNetworkInformation,
		.LogonInformation.LogonNetwork = info,
		.ValidationLevel = netlogon_NetlogonValidationSamInfo2,
	};
	struct netlogon_NetrLogonSamLogonEx_out out = { 0 };
	int r = netlogon_NetrLogonSamLogonEx(machine->call, &in, &out);

	if (r)
		return fail(machine, r, "NetrLogonSamLogonEx: %s", pen_call_error(machine->call));
	logon->status = (uint32_t)out.result;
	if (out.result)
		return 0;
	if (!out.ValidationInformation.ValidationSam2)
		return fail(machine, PEN_E_BAD_DATA, "the controller says nothing of the user");
	r = get_logon(machine, arena, out.ValidationInformation.ValidationSam2, logon);
	return r ? fail(machine, r, "what the controller says of the user is not sound") : 0;
}

int pen_machine_logon(struct pen_machine *machine, const struct pen_ntlm_attempt *attempt,
		      struct pen_arena *arena, struct pen_machine_logon *logon)
{
	struct netlogon_NETLOGON_NETWORK_INFO info = { 0 };
	bool is_fresh = !machine->client;
	int r = put_network(arena, attempt, &info);

	if (r)
		return fail(machine, r, "the user's names or response are too long");
	if (is_fresh)
		r = pen_machine_open(machine);
	for (;;) {
		*logon = (struct pen_machine_logon){ 0 };
		if (!r)
			r = ask(machine, &info, arena, logon);
		if (is_fresh || !r || r == PEN_E_BAD_DATA || r == -ENOMEM)
			break;
		/* The controller may have forgotten us, or be gone for another. */
		is_fresh = true;
		r = pen_machine_open(machine);
	}
	if (r)
		close_session(machine);
	return r;
}

/* ---- the password ---- */

static void put_trust(const uint8_t trust[PEN_NETLOGON_TRUST_PASSWORD_SIZE],
		      struct netlogon_NL_TRUST_PASSWORD *wire)
{
	for (size_t i = 0; i < PEN_COUNT(wire->Buffer); i++)
		wire->Buffer[i] = (uint16_t)(trust[2 * i] | trust[2 * i + 1] << 8);
	wire->Length = 0;
	for (size_t i = 0; i < 4; i++)
		wire->Length |= (uint32_t)trust[PEN_NETLOGON_PASSWORD_MAX + i] << 8 * i;
}

static int send_password(struct pen_machine *machine, struct pen_slice password)
{
	struct netlogon_NetrServerPasswordSet2_in in = {
		.AccountName = machine->account,
		.SecureChannelType = netlogon_WorkstationSecureChannel,
		.ComputerName = machine->computer,
	};
	struct netlogon_NetrServerPasswordSet2_out out = { 0 };
	uint8_t trust[PEN_NETLOGON_TRUST_PASSWORD_SIZE];
	int r = machine->world.mech.random(machine->world.mech.data, trust, sizeof(trust));

	if (!r)
		r = pen_netlogon_trust_password_put(&machine->credential, machine->world.crypto,
						    password, trust);
	if (!r)
		r = step(machine, &in.Authenticator);
	if (r)
		return r;
	put_trust(trust, &in.ClearNewPassword);
	r = netlogon_NetrServerPasswordSet2(machine->call, &in, &out);
	r = check_answer(machine, machine->call, r, out.result, "NetrServerPasswordSet2");
	return r ? r : check_step(machine, &out.ReturnAuthenticator);
}

int pen_machine_set_password(struct pen_machine *machine, struct pen_slice password)
{
	uint8_t hash[PEN_NTLM_KEY_SIZE];
	int r = pen_digest(machine->world.crypto, PEN_MD4, &password, 1, hash);

	if (!r && !machine->client)
		r = pen_machine_open(machine);
	if (!r)
		r = send_password(machine, password);
	if (!r)
		memcpy(machine->nt_hash, hash, sizeof(hash));
	else if (r != PEN_E_LIMIT)
		close_session(machine);
	pen_wipe(hash, sizeof(hash));
	return r;
}
