/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "io/clock.h"
#include "sec/mech.h"
#include "service/netlogon/state.h"
#include "store/vault-call.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * What today's domain controllers answer. Most of it speaks of replication to those of
 * NT 4.0 and means nothing any more; clients of today look for AES, strong keys,
 * authenticated RPC and PasswordSet2.
 */
#define SERVER_FLAGS UINT32_C(0x612fffff)

/* A computer's name in UTF-16 [MS-NRPC 2.2.1.4: NetBIOS names]; Windows says it of longer ones. */
enum { COMPUTER_NAME_MAX = 15 };

static uint64_t seconds(const struct pen_netlogon *netlogon)
{
	return netlogon->config.seconds ? netlogon->config.seconds() : pen_clock_ms() / 1000;
}

static int copy_name(char name[PEN_SCHANNEL_NAME_SIZE], const char *from)
{
	size_t n = from ? strlen(from) : 0;

	if (!n || n >= PEN_SCHANNEL_NAME_SIZE)
		return PEN_E_BAD_DATA;
	memcpy(name, from, n + 1);
	return 0;
}

/* ---- the challenge ---- */

static int make_challenge(struct pen_netlogon *netlogon, uint8_t *challenge)
{
	int r;

	do
		r = pen_random_fill(&netlogon->random, challenge, PEN_NETLOGON_CHALLENGE_SIZE);
	while (!r && !pen_netlogon_challenge_is_random(challenge));
	return r;
}

int pen_netlogon_req_challenge(struct pen_call *call,
			       const struct netlogon_NetrServerReqChallenge_in *in,
			       struct netlogon_NetrServerReqChallenge_out *out)
{
	struct pen_netlogon *netlogon = pen_netlogon_of(call);
	struct pen_netlogon_challenge challenge = { .time = seconds(netlogon) };
	int r;

	if (copy_name(challenge.computer, in->ComputerName)) {
		out->result = (int32_t)PEN_STATUS_INVALID_COMPUTER_NAME;
		return 0;
	}
	snprintf(challenge.peer, sizeof(challenge.peer), "%s",
		 pen_token_info(pen_call_token(call))->remote_address);
	memcpy(challenge.client, in->ClientChallenge.data, sizeof(challenge.client));
	r = make_challenge(netlogon, challenge.server);
	if (!r)
		r = pen_netlogon_sessions_challenge(netlogon->config.sessions, &challenge);
	if (!r)
		memcpy(out->ServerChallenge.data, challenge.server, sizeof(challenge.server));
	return r;
}

/* ---- the proof [MS-NRPC 3.5.4.4.2] ---- */

struct proof {
	const char *account;
	const char *computer;
	uint32_t channel_type;
	const uint8_t *client; /* the client's credential */
	uint32_t flags;
};

/* The machine's account, of the type that goes with its channel. */
static int find_account(struct pen_call *call, const struct proof *proof,
			struct pen_netlogon_session *session)
{
	struct pen_accounts *accounts = pen_netlogon_of(call)->config.logons->accounts;
	uint32_t type = proof->channel_type == netlogon_ServerSecureChannel
				? PEN_ACCOUNT_SERVER_TRUST
				: PEN_ACCOUNT_WORKSTATION_TRUST;
	struct pen_account_user user;
	struct pen_account account;
	int r = pen_accounts_find_name(accounts, PEN_ACCOUNT_MACHINE, proof->account, NULL,
				       &account);

	if (!r)
		r = pen_accounts_get_user(accounts, account.rid, pen_call_arena(call), &user);
	if (!r && (!(user.control & type) || user.control & PEN_ACCOUNT_DISABLED))
		r = PEN_E_NOT_FOUND;
	if (!r)
		r = copy_name(session->account, user.name);
	if (r)
		return r;
	session->rid = account.rid;
	session->sid = pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE, account.rid);
	return 0;
}

/*
 * A machine comes under its own name alone: "NAME$" is the account of NAME. Else one that
 * has an account could take the place of another, or be found in its place.
 */
static bool is_own_name(const char *account, const char *computer)
{
	size_t n = strlen(account);
	char name[PEN_SCHANNEL_NAME_SIZE];

	if (n < 2 || account[n - 1] != '$' || n > sizeof(name))
		return false;
	memcpy(name, account, n - 1);
	name[n - 1] = '\0';
	return pen_upcase_equal(name, computer);
}

/* A proof that is asked about; where its answer goes, as far as it has a place. */
struct proof_call {
	struct pen_vault_call asking;
	struct pen_netlogon_session session; /* as it will be */
	struct netlogon_NETLOGON_CREDENTIAL *server;
	uint32_t *ridp, *flagsp;
	int32_t *resultp;
};

/* What was agreed on, so that a refusal is not taken for a downgrade. */
static void tell_flags(const struct proof_call *self, uint32_t flags)
{
	if (self->flagsp && *self->resultp != (int32_t)PEN_STATUS_DOWNGRADE_DETECTED)
		*self->flagsp = flags;
}

static int finish_proof(struct pen_call *call, struct pen_vault_call *asking, int r)
{
	struct proof_call *self = (struct proof_call *)asking;
	const struct authority_proof *proof = &asking->query.question.body.proof;
	const struct authority_channel *channel = &asking->query.answer.body.channel;

	/* What nobody could answer is no wrong proof. */
	if (r) {
		*self->resultp = (int32_t)PEN_STATUS_INTERNAL_ERROR;
		tell_flags(self, proof->flags);
		return r < 0 ? r : 0;
	}
	r = channel->result;
	if (r) {
		*self->resultp = (int32_t)(r == PEN_E_UNSUPPORTED ? PEN_STATUS_DOWNGRADE_DETECTED
								  : PEN_STATUS_ACCESS_DENIED);
		tell_flags(self, proof->flags);
		return r < 0 ? r : 0;
	}
	pen_netlogon_credential_adopt(&self->session.credential, proof->flags, channel->session_key,
				      proof->credential.bytes, channel->credential.bytes);
	r = pen_netlogon_sessions_add(pen_netlogon_of(call)->config.sessions, &self->session);
	if (r)
		return r;
	memcpy(self->server->data, channel->credential.bytes, PEN_NETLOGON_CHALLENGE_SIZE);
	if (self->ridp)
		*self->ridp = self->session.rid;
	tell_flags(self, proof->flags);
	return 0;
}

/* What can be said before the proof is looked at. PEN_E_DENIED, PEN_E_NOT_FOUND: it is none. */
static int prepare_proof(struct pen_call *call, const struct proof *proof, struct proof_call *self)
{
	struct pen_netlogon *netlogon = pen_netlogon_of(call);
	struct authority_proof *letter = &self->asking.query.question.body.proof;
	struct pen_netlogon_session *session = &self->session;
	struct pen_netlogon_challenge challenge;
	int r = 0;

	if (!is_own_name(session->account, proof->computer))
		r = PEN_E_DENIED;
	if (!r)
		r = copy_name(session->computer, proof->computer);
	if (!r)
		r = pen_netlogon_sessions_take(netlogon->config.sessions, proof->computer,
					       seconds(netlogon), &challenge);
	if (r)
		return r;
	memcpy(session->client_challenge, challenge.client, PEN_NETLOGON_CHALLENGE_SIZE);
	memcpy(session->server_challenge, challenge.server, PEN_NETLOGON_CHALLENGE_SIZE);
	session->channel_type = proof->channel_type;
	letter->rid = session->rid;
	letter->flags = proof->flags;
	memcpy(letter->client_challenge.bytes, challenge.client, PEN_NETLOGON_CHALLENGE_SIZE);
	memcpy(letter->server_challenge.bytes, challenge.server, PEN_NETLOGON_CHALLENGE_SIZE);
	memcpy(letter->credential.bytes, proof->client, PEN_NETLOGON_CHALLENGE_SIZE);
	return 0;
}

/* The status of one that is refused at once; 0: the vault is to be asked. */
static int authenticate(struct pen_call *call, const struct proof *proof, struct proof_call *self,
			int32_t *resultp)
{
	const uint32_t weak =
		pen_netlogon_of(call)->config.allow_weak ? PEN_NETLOGON_STRONG_KEYS : 0;
	int r;

	if (proof->computer &&
	    pen_utf16_count(proof->computer, strlen(proof->computer)) > COMPUTER_NAME_MAX) {
		*resultp = (int32_t)PEN_STATUS_BUFFER_OVERFLOW;
		return 0;
	}
	if (proof->channel_type != netlogon_WorkstationSecureChannel &&
	    proof->channel_type != netlogon_ServerSecureChannel) {
		*resultp = (int32_t)PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	r = find_account(call, proof, &self->session);
	if (r == PEN_E_NOT_FOUND) {
		*resultp = (int32_t)PEN_STATUS_NO_TRUST_SAM_ACCOUNT;
		return 0;
	}
	if (r < 0)
		return r;
	/* Before the challenge is taken: who asked for too little may ask again. */
	if (!(proof->flags & (PEN_NETLOGON_AES | weak))) {
		*resultp = (int32_t)PEN_STATUS_DOWNGRADE_DETECTED;
		return 0;
	}
	if (!r)
		r = prepare_proof(call, proof, self);
	if (r > 0)
		*resultp = (int32_t)PEN_STATUS_ACCESS_DENIED;
	return r < 0 ? r : 0;
}

/* ridp and flagsp may be NULL. */
static int authenticate_any(struct pen_call *call, const struct proof *proof, uint32_t requested,
			    struct netlogon_NETLOGON_CREDENTIAL *server, uint32_t *ridp,
			    uint32_t *flagsp, int32_t *resultp)
{
	struct proof_call *self = pen_vault_call_new(sizeof(*self), authority_PROOF, finish_proof);
	int r;

	if (!self)
		return -ENOMEM;
	self->session.requested = requested;
	self->server = server;
	self->ridp = ridp;
	self->flagsp = flagsp;
	self->resultp = resultp;
	r = authenticate(call, proof, self, resultp);
	if (!r && !*resultp)
		return pen_vault_call_ask(call, pen_netlogon_of(call)->config.vault, &self->asking);
	tell_flags(self, proof->flags);
	pen_vault_call_free(&self->asking);
	return r;
}

int pen_netlogon_authenticate3(struct pen_call *call,
			       const struct netlogon_NetrServerAuthenticate3_in *in,
			       struct netlogon_NetrServerAuthenticate3_out *out)
{
	const struct proof proof = {
		.account = in->AccountName,
		.computer = in->ComputerName,
		.channel_type = (uint32_t)in->SecureChannelType,
		.client = in->ClientCredential.data,
		.flags = in->NegotiateFlags & SERVER_FLAGS,
	};

	return authenticate_any(call, &proof, in->NegotiateFlags, &out->ServerCredential,
				&out->AccountRid, &out->NegotiateFlags, &out->result);
}

int pen_netlogon_authenticate2(struct pen_call *call,
			       const struct netlogon_NetrServerAuthenticate2_in *in,
			       struct netlogon_NetrServerAuthenticate2_out *out)
{
	const struct proof proof = {
		.account = in->AccountName,
		.computer = in->ComputerName,
		.channel_type = (uint32_t)in->SecureChannelType,
		.client = in->ClientCredential.data,
		.flags = in->NegotiateFlags & SERVER_FLAGS,
	};

	return authenticate_any(call, &proof, in->NegotiateFlags, &out->ServerCredential, NULL,
				&out->NegotiateFlags, &out->result);
}

int pen_netlogon_authenticate(struct pen_call *call,
			      const struct netlogon_NetrServerAuthenticate_in *in,
			      struct netlogon_NetrServerAuthenticate_out *out)
{
	const struct proof proof = {
		.account = in->AccountName,
		.computer = in->ComputerName,
		.channel_type = (uint32_t)in->SecureChannelType,
		.client = in->ClientCredential.data,
	};

	return authenticate_any(call, &proof, 0, &out->ServerCredential, NULL, NULL, &out->result);
}

/* ---- who calls ---- */

/* Whether a machine's calls may come so: sealed by this very provider, unless told otherwise. */
static bool is_good_channel(const struct pen_call *call)
{
	return pen_netlogon_of(call)->config.allow_unsealed ||
	       (pen_call_auth_type(call) == PEN_AUTH_SCHANNEL &&
		pen_call_auth_level(call) >= PEN_AUTH_LEVEL_PRIVACY);
}

/* The account that the channel proved; NULL: the channel is no machine's. */
static const char *channel_account(const struct pen_call *call)
{
	if (pen_call_auth_type(call) != PEN_AUTH_SCHANNEL)
		return NULL;
	return pen_token_info(pen_call_token(call))->account;
}

int32_t pen_netlogon_enter(struct pen_call *call, const char *computer,
			   const struct netlogon_NETLOGON_AUTHENTICATOR *in,
			   struct netlogon_NETLOGON_AUTHENTICATOR *out,
			   struct pen_netlogon_session *session)
{
	struct pen_netlogon_authenticator authenticator;
	struct pen_netlogon_authenticator answer;

	*out = (struct netlogon_NETLOGON_AUTHENTICATOR){ 0 };
	if (!computer || !in || !is_good_channel(call))
		return (int32_t)PEN_STATUS_ACCESS_DENIED;
	memcpy(authenticator.credential, in->Credential.data, PEN_NETLOGON_CHALLENGE_SIZE);
	authenticator.timestamp = in->Timestamp;
	if (pen_netlogon_sessions_verify(pen_netlogon_of(call)->config.sessions, computer,
					 channel_account(call), &authenticator, &answer, session))
		return (int32_t)PEN_STATUS_ACCESS_DENIED;
	memcpy(out->Credential.data, answer.credential, PEN_NETLOGON_CHALLENGE_SIZE);
	out->Timestamp = answer.timestamp;
	return 0;
}

int32_t pen_netlogon_enter_channel(struct pen_call *call, struct pen_netlogon_session *session)
{
	const char *account = channel_account(call);
	char computer[PEN_SCHANNEL_NAME_SIZE];

	if (!account || !is_good_channel(call) || copy_name(computer, account))
		return (int32_t)PEN_STATUS_ACCESS_DENIED;
	computer[strlen(computer) - 1] = '\0';
	if (pen_netlogon_sessions_get(pen_netlogon_of(call)->config.sessions, computer, session))
		return (int32_t)PEN_STATUS_ACCESS_DENIED;
	return 0;
}

int pen_netlogon_get_capabilities(struct pen_call *call,
				  const struct netlogon_NetrLogonGetCapabilities_in *in,
				  struct netlogon_NetrLogonGetCapabilities_out *out)
{
	struct pen_netlogon_session session = { 0 };

	/* The answer has no place for another level. */
	if (in->QueryLevel != 1 && in->QueryLevel != 2)
		return pen_call_fail(call, PEN_FAULT_INVALID_TAG,
				     "NetrLogonGetCapabilities has no level %u", in->QueryLevel);
	out->result = pen_netlogon_enter(call, in->ComputerName, &in->Authenticator,
					 &out->ReturnAuthenticator, &session);
	if (!out->result && in->QueryLevel == 1)
		out->ServerCapabilities.ServerCapabilities = session.credential.flags;
	else if (!out->result)
		out->ServerCapabilities.RequestedFlags = session.requested;
	pen_wipe(&session, sizeof(session));
	return 0;
}
