/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/netlogon/state.h"
#include "store/vault-call.h"
#include <errno.h>
#include <string.h>

/* A logon that is asked about, and where its answer goes. */
struct logon_call {
	struct pen_vault_call asking;
	struct pen_netlogon_session session;
	struct pen_logon logon; /* as it is before */
	enum netlogon_NETLOGON_VALIDATION_INFO_CLASS level;
	union netlogon_NETLOGON_VALIDATION *validation; /* of the answer, as the next two */
	uint8_t *authoritativep;
	int32_t *statusp;
};

static struct authority_logon *letter_of(struct logon_call *self)
{
	return &self->asking.query.question.body.logon;
}

/* Whether it is ours to judge: our own name, no name, or a machine's own. */
static bool is_our_domain(const struct pen_call *call, const char *domain)
{
	const struct pen_netlogon_config *config = &pen_netlogon_of(call)->config;

	return !domain[0] || pen_upcase_equal(domain, config->name) ||
	       (config->logons->realm && pen_upcase_equal(domain, config->logons->realm));
}

static int take_identity(struct pen_call *call,
			 const struct netlogon_NETLOGON_LOGON_IDENTITY_INFO *identity,
			 struct authority_logon *letter)
{
	int r = pen_netlogon_text_get(call, &identity->LogonDomainName, &letter->domain);

	if (!r)
		r = pen_netlogon_text_get(call, &identity->UserName, &letter->user);
	if (!r)
		r = pen_netlogon_text_get(call, &identity->Workstation, &letter->workstation);
	if (!r && strncmp(letter->workstation, "\\\\", 2) == 0)
		letter->workstation += 2;
	letter->peer = pen_token_info(pen_call_token(call))->remote_address;
	return r;
}

/* MSV1_0_ALLOW_ bits of ParameterControl [MS-NRPC 2.2.1.4.15]. */
static uint32_t machines_of(uint32_t control)
{
	return (control & 0x20 ? PEN_ACCOUNT_SERVER_TRUST : 0) |
	       (control & 0x800 ? PEN_ACCOUNT_WORKSTATION_TRUST : 0);
}

static int take_network(struct pen_call *call, const struct netlogon_NETLOGON_NETWORK_INFO *info,
			struct logon_call *self)
{
	struct authority_logon *letter = letter_of(self);
	int r;

	if (!info)
		return PEN_E_BAD_DATA;
	r = take_identity(call, &info->Identity, letter);
	if (r)
		return r;
	letter->nt = info->NtChallengeResponse.Buffer;
	letter->n_nt = letter->nt ? info->NtChallengeResponse.Length : 0;
	letter->lm = info->LmChallengeResponse.Buffer;
	letter->n_lm = letter->lm ? info->LmChallengeResponse.Length : 0;
	memcpy(letter->server_challenge.bytes, info->LmChallenge.data,
	       sizeof(letter->server_challenge.bytes));
	letter->machines = machines_of(info->Identity.ParameterControl);
	return 0;
}

/* The hash itself, under the session key. */
static int take_interactive(struct pen_call *call,
			    const struct netlogon_NETLOGON_INTERACTIVE_INFO *info,
			    struct logon_call *self)
{
	const struct pen_crypto *crypto = pen_netlogon_of(call)->config.logons->crypto;
	struct authority_logon *letter = letter_of(self);
	int r;

	if (!info)
		return PEN_E_BAD_DATA;
	r = take_identity(call, &info->Identity, letter);
	if (r)
		return r;
	letter->is_interactive = true;
	memcpy(letter->nt_hash, info->NtOwfPassword.data, sizeof(letter->nt_hash));
	return pen_netlogon_decrypt_key(&self->session.credential, crypto, letter->nt_hash,
					sizeof(letter->nt_hash));
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

static int take(struct pen_call *call, enum netlogon_NETLOGON_LOGON_INFO_CLASS level,
		const union netlogon_NETLOGON_LEVEL *logon, struct logon_call *self)
{
	switch (level) {
	case netlogon_NetlogonNetworkInformation:
	case netlogon_NetlogonNetworkTransitiveInformation:
		return take_network(call, logon->LogonNetwork, self);
	default:
		return take_interactive(call, logon->LogonInteractive, self);
	}
}

/* ---- the verdict ---- */

static int admit(struct pen_call *call, struct logon_call *self,
		 const struct authority_admission *admission)
{
	const struct pen_logons *logons = pen_netlogon_of(call)->config.logons;
	struct pen_logon *logon = &self->logon;
	int r = pen_logon_grant(logons, admission->rid, pen_call_arena(call), logon);

	logon->is_guest = admission->is_guest;
	logon->is_unproved = admission->is_unproved;
	memcpy(logon->session_base_key, admission->session_base_key, PEN_NTLM_KEY_SIZE);
	return r ? r
		 : pen_netlogon_validate(call, &self->session, logon, self->level,
					 self->validation);
}

static int finish(struct pen_call *call, struct pen_vault_call *asking, int r)
{
	struct logon_call *self = (struct logon_call *)asking;
	const struct authority_admission *admission = &asking->query.answer.body.admission;

	if (!r)
		r = admission->result;
	if (!r)
		*self->statusp = (int32_t)admission->status;
	if (!r && !admission->status)
		r = admit(call, self, admission);
	if (r > 0)
		*self->statusp = (int32_t)PEN_STATUS_INTERNAL_ERROR;
	return r < 0 ? r : 0;
}

/* What no account of ours can be called, nor a workstation that one may be listed for. */
static uint32_t too_long(const struct authority_logon *letter)
{
	if (strlen(letter->user) >= authority_TEXT_MAX)
		return PEN_STATUS_NO_SUCH_USER;
	return strlen(letter->workstation) >= authority_TEXT_MAX ? PEN_STATUS_INVALID_WORKSTATION
								 : 0;
}

/* Takes self. */
static int log_on(struct pen_call *call, enum netlogon_NETLOGON_LOGON_INFO_CLASS level,
		  const union netlogon_NETLOGON_LEVEL *logon, struct logon_call *self)
{
	const struct pen_netlogon_config *config = &pen_netlogon_of(call)->config;
	const struct authority_logon *letter = letter_of(self);
	int r = take(call, level, logon, self);

	if (r > 0) {
		*self->statusp = (int32_t)PEN_STATUS_INVALID_PARAMETER;
	} else if (!r && !is_our_domain(call, letter->domain)) {
		*self->authoritativep = 0;
		*self->statusp = (int32_t)PEN_STATUS_NO_SUCH_USER;
	} else if (!r) {
		*self->statusp = (int32_t)too_long(letter);
		self->logon.is_interactive = letter->is_interactive;
		if (!*self->statusp)
			r = pen_logon_expect(config->logons, letter->user, pen_call_arena(call),
					     &self->logon);
		if (!r && !*self->statusp)
			return pen_vault_call_ask(call, config->vault, &self->asking);
		if (r > 0)
			*self->statusp = (int32_t)PEN_STATUS_INTERNAL_ERROR;
	}
	pen_vault_call_free(&self->asking);
	return r < 0 ? r : 0;
}

/* ---- the operations ---- */

static struct logon_call *logon_new(enum netlogon_NETLOGON_VALIDATION_INFO_CLASS level,
				    union netlogon_NETLOGON_VALIDATION *validation,
				    uint8_t *authoritativep, int32_t *statusp)
{
	struct logon_call *self = pen_vault_call_new(sizeof(*self), authority_LOGON, finish);

	if (!self)
		return NULL;
	self->level = level;
	self->validation = validation;
	self->authoritativep = authoritativep;
	self->statusp = statusp;
	*authoritativep = 1;
	return self;
}

/* By an authenticator. returned: of the answer. */
static int log_on_session(struct pen_call *call, const char *computer,
			  const struct netlogon_NETLOGON_AUTHENTICATOR *authenticator,
			  struct netlogon_NETLOGON_AUTHENTICATOR **returned,
			  enum netlogon_NETLOGON_LOGON_INFO_CLASS level,
			  const union netlogon_NETLOGON_LEVEL *logon, struct logon_call *self)
{
	if (!self)
		return -ENOMEM;
	*returned = pen_arena_zalloc(pen_call_arena(call), sizeof(**returned));
	if (!*returned) {
		pen_vault_call_free(&self->asking);
		return -ENOMEM;
	}
	*self->statusp = check_levels(call, level, self->level);
	if (!*self->statusp)
		*self->statusp = pen_netlogon_enter(call, computer, authenticator, *returned,
						    &self->session);
	if (!*self->statusp)
		return log_on(call, level, logon, self);
	pen_vault_call_free(&self->asking);
	return 0;
}

int pen_netlogon_sam_logon_flags(struct pen_call *call,
				 const struct netlogon_NetrLogonSamLogonWithFlags_in *in,
				 struct netlogon_NetrLogonSamLogonWithFlags_out *out)
{
	struct logon_call *self = logon_new(in->ValidationLevel, &out->ValidationInformation,
					    &out->Authoritative, &out->result);

	out->ExtraFlags = in->ExtraFlags;
	return log_on_session(call, in->ComputerName, in->Authenticator, &out->ReturnAuthenticator,
			      in->LogonLevel, &in->LogonInformation, self);
}

int pen_netlogon_sam_logon(struct pen_call *call, const struct netlogon_NetrLogonSamLogon_in *in,
			   struct netlogon_NetrLogonSamLogon_out *out)
{
	struct logon_call *self = logon_new(in->ValidationLevel, &out->ValidationInformation,
					    &out->Authoritative, &out->result);

	return log_on_session(call, in->ComputerName, in->Authenticator, &out->ReturnAuthenticator,
			      in->LogonLevel, &in->LogonInformation, self);
}

/* Without an authenticator: the channel alone says who asks [MS-NRPC 3.5.4.5.1]. */
int pen_netlogon_sam_logon_ex(struct pen_call *call,
			      const struct netlogon_NetrLogonSamLogonEx_in *in,
			      struct netlogon_NetrLogonSamLogonEx_out *out)
{
	struct logon_call *self = logon_new(in->ValidationLevel, &out->ValidationInformation,
					    &out->Authoritative, &out->result);

	if (!self)
		return -ENOMEM;
	out->ExtraFlags = in->ExtraFlags;
	out->result = check_levels(call, in->LogonLevel, in->ValidationLevel);
	if (!out->result)
		out->result = pen_netlogon_enter_channel(call, &self->session);
	if (!out->result)
		return log_on(call, in->LogonLevel, &in->LogonInformation, self);
	pen_vault_call_free(&self->asking);
	return 0;
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
