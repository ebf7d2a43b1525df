/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/netlogon/state.h"
#include "store/vault-call.h"
#include <errno.h>
#include <string.h>

static int32_t status_of(int r)
{
	if (!r)
		return 0;
	if (r == PEN_E_BAD_DATA || r == PEN_E_DENIED)
		return (int32_t)PEN_STATUS_WRONG_PASSWORD;
	return (int32_t)PEN_STATUS_INTERNAL_ERROR;
}

/* ---- a machine's new password ---- */

struct set_call {
	struct pen_vault_call asking;
	struct pen_netlogon_session session;
	int32_t *resultp;
};

static int finish_set(struct pen_call *call, struct pen_vault_call *asking, int r)
{
	const struct set_call *set = (struct set_call *)asking;

	if (!r)
		r = asking->query.answer.body.result;
	/* What nobody could answer is no wrong password. */
	*set->resultp = r ? (int32_t)PEN_STATUS_INTERNAL_ERROR : 0;
	return r < 0 ? r : 0;
}

static struct set_call *set_new(int32_t *resultp)
{
	struct set_call *set = pen_vault_call_new(sizeof(*set), authority_SET, finish_set);

	if (set)
		set->resultp = resultp;
	return set;
}

/* The account is the session's, whatever the caller names. r: what came of getting the hash. */
static int set_ask(struct pen_call *call, struct set_call *set, int r)
{
	struct authority_setting *setting = &set->asking.query.question.body.setting;

	if (!r) {
		setting->rid = set->session.rid;
		setting->is_machine = true;
		return pen_vault_call_ask(call, pen_netlogon_of(call)->config.vault, &set->asking);
	}
	*set->resultp = status_of(r);
	pen_vault_call_free(&set->asking);
	return r < 0 ? r : 0;
}

static int get_password(struct pen_call *call, struct set_call *set,
			const struct netlogon_NL_TRUST_PASSWORD *wire)
{
	const struct pen_crypto *crypto = pen_netlogon_of(call)->config.logons->crypto;
	uint8_t trust[PEN_NETLOGON_TRUST_PASSWORD_SIZE];
	struct pen_slice password;
	int r;

	for (size_t i = 0; i < PEN_COUNT(wire->Buffer); i++) {
		trust[2 * i] = (uint8_t)wire->Buffer[i];
		trust[2 * i + 1] = (uint8_t)(wire->Buffer[i] >> 8);
	}
	for (size_t i = 0; i < 4; i++)
		trust[PEN_NETLOGON_PASSWORD_MAX + i] = (uint8_t)(wire->Length >> 8 * i);
	r = pen_netlogon_trust_password_get(&set->session.credential, crypto, trust, &password);
	if (!r)
		r = pen_digest(crypto, PEN_MD4, &password, 1,
			       set->asking.query.question.body.setting.nt_hash);
	pen_wipe(trust, sizeof(trust));
	return r;
}

int pen_netlogon_password_set2(struct pen_call *call,
			       const struct netlogon_NetrServerPasswordSet2_in *in,
			       struct netlogon_NetrServerPasswordSet2_out *out)
{
	struct set_call *set = set_new(&out->result);

	if (!set)
		return -ENOMEM;
	out->result = pen_netlogon_enter(call, in->ComputerName, &in->Authenticator,
					 &out->ReturnAuthenticator, &set->session);
	if (!out->result)
		return set_ask(call, set, get_password(call, set, &in->ClearNewPassword));
	pen_vault_call_free(&set->asking);
	return 0;
}

static int get_hash(struct pen_call *call, struct set_call *set,
		    const struct netlogon_NT_OWF_PASSWORD *wire)
{
	uint8_t *hash = set->asking.query.question.body.setting.nt_hash;

	memcpy(hash, wire->data, PEN_ACCOUNT_HASH_SIZE);
	return pen_netlogon_decrypt_hash(&set->session.credential,
					 pen_netlogon_of(call)->config.logons->crypto, hash, hash);
}

int pen_netlogon_password_set(struct pen_call *call,
			      const struct netlogon_NetrServerPasswordSet_in *in,
			      struct netlogon_NetrServerPasswordSet_out *out)
{
	struct set_call *set = set_new(&out->result);

	if (!set)
		return -ENOMEM;
	out->result = pen_netlogon_enter(call, in->ComputerName, &in->Authenticator,
					 &out->ReturnAuthenticator, &set->session);
	if (!out->result)
		return set_ask(call, set, get_hash(call, set, &in->UasNewPassword));
	pen_vault_call_free(&set->asking);
	return 0;
}

/* ---- what only domain controllers are told ---- */

/* A machine proves itself, is answered as one that has, and is denied. */
int pen_netlogon_password_get(struct pen_call *call,
			      const struct netlogon_NetrServerPasswordGet_in *in,
			      struct netlogon_NetrServerPasswordGet_out *out)
{
	struct pen_netlogon_session session = { 0 };

	out->result = pen_netlogon_enter(call, in->ComputerName, &in->Authenticator,
					 &out->ReturnAuthenticator, &session);
	if (!out->result)
		out->result = (int32_t)PEN_STATUS_ACCESS_DENIED;
	pen_wipe(&session, sizeof(session));
	return 0;
}

/* ---- a machine's own passwords [MS-NRPC 3.5.4.4.9, 3.5.4.7.6] ---- */

struct tell_call {
	struct pen_vault_call asking;
	struct pen_netlogon_session session;
	struct netlogon_NT_OWF_PASSWORD *present, *former; /* of the answer, as result */
	int32_t *resultp;
};

static int finish_tell(struct pen_call *call, struct pen_vault_call *asking, int r)
{
	const struct tell_call *tell = (struct tell_call *)asking;
	const struct authority_passwords *passwords = &asking->query.answer.body.passwords;

	if (!r)
		r = passwords->result;
	if (!r) {
		memcpy(tell->present->data, passwords->present, PEN_ACCOUNT_HASH_SIZE);
		memcpy(tell->former->data, passwords->former, PEN_ACCOUNT_HASH_SIZE);
	}
	*tell->resultp = r ? (int32_t)PEN_STATUS_INTERNAL_ERROR : 0;
	return 0;
}

/* By the proof that the machine has given for its session. */
static int tell_ask(struct pen_call *call, struct tell_call *tell)
{
	struct authority_proof *proof = &tell->asking.query.question.body.proof;
	const struct pen_netlogon_session *session = &tell->session;

	proof->rid = session->rid;
	proof->flags = session->credential.flags;
	memcpy(proof->client_challenge.bytes, session->client_challenge,
	       PEN_NETLOGON_CHALLENGE_SIZE);
	memcpy(proof->server_challenge.bytes, session->server_challenge,
	       PEN_NETLOGON_CHALLENGE_SIZE);
	memcpy(proof->credential.bytes, session->credential.client, PEN_NETLOGON_CHALLENGE_SIZE);
	return pen_vault_call_ask(call, pen_netlogon_of(call)->config.vault, &tell->asking);
}

/* Its own, which it had to know in order to ask; another's are for domain controllers. */
static int tell(struct pen_call *call, const struct netlogon_NetrServerTrustPasswordsGet_in *in,
		struct netlogon_NETLOGON_AUTHENTICATOR *authenticator,
		struct netlogon_NT_OWF_PASSWORD *present, struct netlogon_NT_OWF_PASSWORD *former,
		int32_t *resultp)
{
	struct tell_call *tell =
		pen_vault_call_new(sizeof(*tell), authority_PASSWORDS, finish_tell);

	if (!tell)
		return -ENOMEM;
	tell->present = present;
	tell->former = former;
	tell->resultp = resultp;
	*resultp = pen_netlogon_enter(call, in->ComputerName, &in->Authenticator, authenticator,
				      &tell->session);
	if (!*resultp && !pen_upcase_equal(in->AccountName, tell->session.account))
		*resultp = (int32_t)PEN_STATUS_ACCESS_DENIED;
	if (!*resultp)
		return tell_ask(call, tell);
	pen_vault_call_free(&tell->asking);
	return 0;
}

int pen_netlogon_trust_passwords_get(struct pen_call *call,
				     const struct netlogon_NetrServerTrustPasswordsGet_in *in,
				     struct netlogon_NetrServerTrustPasswordsGet_out *out)
{
	return tell(call, in, &out->ReturnAuthenticator, &out->EncryptedNewOwfPassword,
		    &out->EncryptedOldOwfPassword, &out->result);
}

int pen_netlogon_get_trust_info(struct pen_call *call,
				const struct netlogon_NetrServerGetTrustInfo_in *in,
				struct netlogon_NetrServerGetTrustInfo_out *out)
{
	const struct netlogon_NetrServerTrustPasswordsGet_in passwords = {
		.AccountName = in->AccountName,
		.SecureChannelType = in->SecureChannelType,
		.ComputerName = in->ComputerName,
		.Authenticator = in->Authenticator,
	};

	return tell(call, &passwords, &out->ReturnAuthenticator, &out->EncryptedNewOwfPassword,
		    &out->EncryptedOldOwfPassword, &out->result);
}
