/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/netlogon/state.h"
#include <errno.h>
#include <string.h>

/* A logon as it was asked for; texts in the call's arena. */
struct asked {
	struct pen_logon_request request;
	struct pen_ntlm_attempt attempt;
	const char *domain;
};

/* Whether it is ours to judge: our own name, no name, or a machine's own. */
static bool is_our_domain(const struct pen_call *call, const char *domain)
{
	const struct pen_netlogon_config *config = &pen_netlogon_of(call)->config;

	return !domain[0] || pen_upcase_equal(domain, config->name) ||
	       (config->logons->realm && pen_upcase_equal(domain, config->logons->realm));
}

static int take_identity(struct pen_call *call,
			 const struct netlogon_NETLOGON_LOGON_IDENTITY_INFO *identity,
			 struct asked *asked)
{
	int r = pen_netlogon_text_get(call, &identity->LogonDomainName, &asked->domain);

	if (!r)
		r = pen_netlogon_text_get(call, &identity->UserName, &asked->request.user);
	if (!r)
		r = pen_netlogon_text_get(call, &identity->Workstation,
					  &asked->request.workstation);
	if (!r && strncmp(asked->request.workstation, "\\\\", 2) == 0)
		asked->request.workstation += 2;
	return r;
}

/* MSV1_0_ALLOW_ bits of ParameterControl [MS-NRPC 2.2.1.4.15]. */
static uint32_t machines_of(uint32_t control)
{
	return (control & 0x20 ? PEN_ACCOUNT_SERVER_TRUST : 0) |
	       (control & 0x800 ? PEN_ACCOUNT_WORKSTATION_TRUST : 0);
}

static int take_network(struct pen_call *call, const struct netlogon_NETLOGON_NETWORK_INFO *info,
			struct asked *asked)
{
	const struct pen_netlogon_config *config = &pen_netlogon_of(call)->config;
	int r;

	if (!info)
		return PEN_E_BAD_DATA;
	r = take_identity(call, &info->Identity, asked);
	if (r)
		return r;
	asked->attempt = (struct pen_ntlm_attempt){
		.crypto = config->logons->crypto,
		.domain = asked->domain,
		.user = asked->request.user,
		.workstation = asked->request.workstation,
		.peer = pen_token_info(pen_call_token(call))->remote_address,
		.nt = { info->NtChallengeResponse.Buffer, info->NtChallengeResponse.Length },
		.lm = { info->LmChallengeResponse.Buffer, info->LmChallengeResponse.Length },
		.allow_v1 = config->allow_ntlm_v1,
	};
	memcpy(asked->attempt.server_challenge, info->LmChallenge.data,
	       sizeof(asked->attempt.server_challenge));
	asked->request.kind = PEN_LOGON_NETWORK;
	asked->request.attempt = &asked->attempt;
	asked->request.machines = machines_of(info->Identity.ParameterControl);
	return 0;
}

/* The hash itself, under the session key. */
static int take_interactive(struct pen_call *call, const struct pen_netlogon_session *session,
			    const struct netlogon_NETLOGON_INTERACTIVE_INFO *info,
			    struct asked *asked)
{
	const struct pen_crypto *crypto = pen_netlogon_of(call)->config.logons->crypto;
	int r;

	if (!info)
		return PEN_E_BAD_DATA;
	r = take_identity(call, &info->Identity, asked);
	if (r)
		return r;
	asked->request.kind = PEN_LOGON_INTERACTIVE;
	memcpy(asked->request.nt_hash, info->NtOwfPassword.data, sizeof(asked->request.nt_hash));
	return pen_netlogon_decrypt_key(&session->credential, crypto, asked->request.nt_hash,
					sizeof(asked->request.nt_hash));
}

/*
 * Looked at before who asks: an authenticator is not used up by a question of a kind that
 * nobody here answers, so the caller's chain goes on from where it was.
 */
static int32_t check_levels(const struct pen_call *call,
			    enum netlogon_NETLOGON_LOGON_INFO_CLASS logon,
			    enum netlogon_NETLOGON_VALIDATION_INFO_CLASS validation)
{
	switch (logon) {
	case netlogon_NetlogonNetworkInformation:
	case netlogon_NetlogonNetworkTransitiveInformation:
	case netlogon_NetlogonInteractiveInformation:
	case netlogon_NetlogonInteractiveTransitiveInformation:
	case netlogon_NetlogonServiceInformation:
	case netlogon_NetlogonServiceTransitiveInformation:
		break;
	case netlogon_NetlogonGenericInformation:
		return (int32_t)PEN_STATUS_INVALID_INFO_CLASS;
	default:
		return (int32_t)PEN_STATUS_INVALID_PARAMETER;
	}
	switch (validation) {
	case netlogon_NetlogonValidationSamInfo:
	case netlogon_NetlogonValidationSamInfo2:
		return 0;
	case netlogon_NetlogonValidationSamInfo4:
		/* Its session key is told as it is. */
		if (pen_call_auth_level(call) == PEN_AUTH_LEVEL_PRIVACY)
			return 0;
		return (int32_t)PEN_STATUS_INVALID_PARAMETER;
	default:
		return (int32_t)PEN_STATUS_INVALID_INFO_CLASS;
	}
}

static int take(struct pen_call *call, const struct pen_netlogon_session *session,
		enum netlogon_NETLOGON_LOGON_INFO_CLASS level,
		const union netlogon_NETLOGON_LEVEL *logon, struct asked *asked)
{
	switch (level) {
	case netlogon_NetlogonNetworkInformation:
	case netlogon_NetlogonNetworkTransitiveInformation:
		return take_network(call, logon->LogonNetwork, asked);
	default:
		return take_interactive(call, session, logon->LogonInteractive, asked);
	}
}

/* What all four operations come to. */
struct outcome {
	union netlogon_NETLOGON_VALIDATION validation;
	uint8_t authoritative;
	int32_t status;
};

static int judge(struct pen_call *call, const struct pen_netlogon_session *session,
		 struct asked *asked, enum netlogon_NETLOGON_VALIDATION_INFO_CLASS level,
		 struct outcome *outcome)
{
	struct pen_logon *logon = pen_arena_zalloc(pen_call_arena(call), sizeof(*logon));
	int r;

	if (!logon)
		return -ENOMEM;
	if (!is_our_domain(call, asked->domain)) {
		outcome->authoritative = 0;
		outcome->status = (int32_t)PEN_STATUS_NO_SUCH_USER;
		return 0;
	}
	r = pen_logon_check(pen_netlogon_of(call)->config.logons, &asked->request,
			    pen_call_arena(call), logon);
	if (!r)
		outcome->status = (int32_t)logon->status;
	if (!r && !logon->status)
		r = pen_netlogon_validate(call, session, logon, level, &outcome->validation);
	pen_wipe(logon->session_base_key, sizeof(logon->session_base_key));
	return r;
}

static int log_on(struct pen_call *call, const struct pen_netlogon_session *session,
		  enum netlogon_NETLOGON_LOGON_INFO_CLASS logon_level,
		  const union netlogon_NETLOGON_LEVEL *logon,
		  enum netlogon_NETLOGON_VALIDATION_INFO_CLASS level, struct outcome *outcome)
{
	struct asked asked = { 0 };
	int r;

	r = take(call, session, logon_level, logon, &asked);
	if (r > 0) {
		outcome->status = (int32_t)PEN_STATUS_INVALID_PARAMETER;
	} else if (!r) {
		r = judge(call, session, &asked, level, outcome);
		if (r > 0)
			outcome->status = (int32_t)PEN_STATUS_INTERNAL_ERROR;
	}
	pen_wipe(&asked, sizeof(asked));
	return r < 0 ? r : 0;
}

int pen_netlogon_sam_logon_flags(struct pen_call *call,
				 const struct netlogon_NetrLogonSamLogonWithFlags_in *in,
				 struct netlogon_NetrLogonSamLogonWithFlags_out *out)
{
	struct pen_netlogon_session session = { 0 };
	struct outcome outcome = { .authoritative = 1 };
	int r = 0;

	out->ExtraFlags = in->ExtraFlags;
	out->ReturnAuthenticator =
		pen_arena_zalloc(pen_call_arena(call), sizeof(*out->ReturnAuthenticator));
	if (!out->ReturnAuthenticator)
		return -ENOMEM;
	outcome.status = check_levels(call, in->LogonLevel, in->ValidationLevel);
	if (!outcome.status)
		outcome.status = pen_netlogon_enter(call, in->ComputerName, in->Authenticator,
						    out->ReturnAuthenticator, &session);
	if (!outcome.status)
		r = log_on(call, &session, in->LogonLevel, &in->LogonInformation,
			   in->ValidationLevel, &outcome);
	out->ValidationInformation = outcome.validation;
	out->Authoritative = outcome.authoritative;
	out->result = outcome.status;
	pen_wipe(&session, sizeof(session));
	return r;
}

int pen_netlogon_sam_logon(struct pen_call *call, const struct netlogon_NetrLogonSamLogon_in *in,
			   struct netlogon_NetrLogonSamLogon_out *out)
{
	const struct netlogon_NetrLogonSamLogonWithFlags_in in_flags = {
		.ComputerName = in->ComputerName,
		.Authenticator = in->Authenticator,
		.ReturnAuthenticator = in->ReturnAuthenticator,
		.LogonLevel = in->LogonLevel,
		.LogonInformation = in->LogonInformation,
		.ValidationLevel = in->ValidationLevel,
	};
	struct netlogon_NetrLogonSamLogonWithFlags_out out_flags = { 0 };
	int r = pen_netlogon_sam_logon_flags(call, &in_flags, &out_flags);

	out->ReturnAuthenticator = out_flags.ReturnAuthenticator;
	out->ValidationInformation = out_flags.ValidationInformation;
	out->Authoritative = out_flags.Authoritative;
	out->result = out_flags.result;
	return r;
}

/* Without an authenticator: the channel alone says who asks [MS-NRPC 3.5.4.5.1]. */
int pen_netlogon_sam_logon_ex(struct pen_call *call,
			      const struct netlogon_NetrLogonSamLogonEx_in *in,
			      struct netlogon_NetrLogonSamLogonEx_out *out)
{
	struct pen_netlogon_session session = { 0 };
	struct outcome outcome = { .authoritative = 1 };
	int r = 0;

	out->ExtraFlags = in->ExtraFlags;
	outcome.status = check_levels(call, in->LogonLevel, in->ValidationLevel);
	if (!outcome.status)
		outcome.status = pen_netlogon_enter_channel(call, &session);
	if (!outcome.status)
		r = log_on(call, &session, in->LogonLevel, &in->LogonInformation,
			   in->ValidationLevel, &outcome);
	out->ValidationInformation = outcome.validation;
	out->Authoritative = outcome.authoritative;
	out->result = outcome.status;
	pen_wipe(&session, sizeof(session));
	return r;
}

/* Nobody keeps a record of who is logged on, so nothing changes. */
int pen_netlogon_sam_logoff(struct pen_call *call, const struct netlogon_NetrLogonSamLogoff_in *in,
			    struct netlogon_NetrLogonSamLogoff_out *out)
{
	struct pen_netlogon_session session = { 0 };

	out->ReturnAuthenticator =
		pen_arena_zalloc(pen_call_arena(call), sizeof(*out->ReturnAuthenticator));
	if (!out->ReturnAuthenticator)
		return -ENOMEM;
	out->result = pen_netlogon_enter(call, in->ComputerName, in->Authenticator,
					 out->ReturnAuthenticator, &session);
	pen_wipe(&session, sizeof(session));
	return 0;
}
