/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/netlogon/state.h"
#include <errno.h>
#include <string.h>

static int store(struct pen_call *call, const struct pen_netlogon_session *session,
		 const uint8_t hash[PEN_ACCOUNT_HASH_SIZE])
{
	const struct pen_logons *logons = pen_netlogon_of(call)->config.logons;

	return pen_accounts_set_hash(logons->accounts, session->rid, hash,
				     logons->now(logons->data));
}

static int set_password(struct pen_call *call, const struct pen_netlogon_session *session,
			const struct netlogon_NL_TRUST_PASSWORD *wire)
{
	const struct pen_crypto *crypto = pen_netlogon_of(call)->config.logons->crypto;
	uint8_t trust[PEN_NETLOGON_TRUST_PASSWORD_SIZE];
	uint8_t hash[PEN_ACCOUNT_HASH_SIZE];
	struct pen_slice password;
	int r;

	for (size_t i = 0; i < PEN_COUNT(wire->Buffer); i++) {
		trust[2 * i] = (uint8_t)wire->Buffer[i];
		trust[2 * i + 1] = (uint8_t)(wire->Buffer[i] >> 8);
	}
	for (size_t i = 0; i < 4; i++)
		trust[PEN_NETLOGON_PASSWORD_MAX + i] = (uint8_t)(wire->Length >> 8 * i);
	r = pen_netlogon_trust_password_get(&session->credential, crypto, trust, &password);
	if (!r)
		r = pen_digest(crypto, PEN_MD4, &password, 1, hash);
	if (!r)
		r = store(call, session, hash);
	pen_wipe(trust, sizeof(trust));
	pen_wipe(hash, sizeof(hash));
	return r;
}

static int32_t status_of(int r)
{
	if (!r)
		return 0;
	if (r == PEN_E_BAD_DATA || r == PEN_E_DENIED)
		return (int32_t)PEN_STATUS_WRONG_PASSWORD;
	return (int32_t)PEN_STATUS_INTERNAL_ERROR;
}

/* The account is the session's, whatever the caller names. */
int pen_netlogon_password_set2(struct pen_call *call,
			       const struct netlogon_NetrServerPasswordSet2_in *in,
			       struct netlogon_NetrServerPasswordSet2_out *out)
{
	struct pen_netlogon_session session = { 0 };
	int r = 0;

	out->result = pen_netlogon_enter(call, in->ComputerName, &in->Authenticator,
					 &out->ReturnAuthenticator, &session);
	if (!out->result) {
		r = set_password(call, &session, &in->ClearNewPassword);
		out->result = status_of(r);
	}
	pen_wipe(&session, sizeof(session));
	return r < 0 ? r : 0;
}

static int set_hash(struct pen_call *call, const struct pen_netlogon_session *session,
		    const struct netlogon_NT_OWF_PASSWORD *wire)
{
	const struct pen_crypto *crypto = pen_netlogon_of(call)->config.logons->crypto;
	uint8_t hash[PEN_ACCOUNT_HASH_SIZE];
	int r;

	memcpy(hash, wire->data, sizeof(hash));
	r = pen_netlogon_decrypt_hash(&session->credential, crypto, hash, hash);
	if (!r)
		r = store(call, session, hash);
	pen_wipe(hash, sizeof(hash));
	return r;
}

int pen_netlogon_password_set(struct pen_call *call,
			      const struct netlogon_NetrServerPasswordSet_in *in,
			      struct netlogon_NetrServerPasswordSet_out *out)
{
	struct pen_netlogon_session session = { 0 };
	int r = 0;

	out->result = pen_netlogon_enter(call, in->ComputerName, &in->Authenticator,
					 &out->ReturnAuthenticator, &session);
	if (!out->result) {
		r = set_hash(call, &session, &in->UasNewPassword);
		out->result = status_of(r);
	}
	pen_wipe(&session, sizeof(session));
	return r < 0 ? r : 0;
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

static int put_hash(struct pen_call *call, const struct pen_netlogon_session *session, uint32_t n,
		    struct netlogon_NT_OWF_PASSWORD *wire)
{
	const struct pen_logons *logons = pen_netlogon_of(call)->config.logons;
	uint8_t hash[PEN_ACCOUNT_HASH_SIZE];
	int r = pen_accounts_get_hash(logons->accounts, session->rid, n, hash);

	if (!r)
		r = pen_netlogon_encrypt_hash(&session->credential, logons->crypto, hash,
					      (uint8_t *)wire->data);
	pen_wipe(hash, sizeof(hash));
	return r;
}

/* Its own, which it had to know in order to ask; another's are for domain controllers. */
static int32_t tell(struct pen_call *call, const struct netlogon_NetrServerTrustPasswordsGet_in *in,
		    struct netlogon_NetrServerTrustPasswordsGet_out *out)
{
	struct pen_netlogon_session session = { 0 };
	int32_t status = pen_netlogon_enter(call, in->ComputerName, &in->Authenticator,
					    &out->ReturnAuthenticator, &session);
	int r = 0;

	if (!status && !pen_upcase_equal(in->AccountName, session.account))
		status = (int32_t)PEN_STATUS_ACCESS_DENIED;
	if (!status) {
		r = put_hash(call, &session, 0, &out->EncryptedNewOwfPassword);
		if (!r)
			r = put_hash(call, &session, 1, &out->EncryptedOldOwfPassword);
		/* There was none before this one. */
		if (r == PEN_E_NOT_FOUND)
			r = put_hash(call, &session, 0, &out->EncryptedOldOwfPassword);
	}
	pen_wipe(&session, sizeof(session));
	return r ? (int32_t)PEN_STATUS_INTERNAL_ERROR : status;
}

int pen_netlogon_trust_passwords_get(struct pen_call *call,
				     const struct netlogon_NetrServerTrustPasswordsGet_in *in,
				     struct netlogon_NetrServerTrustPasswordsGet_out *out)
{
	out->result = tell(call, in, out);
	return 0;
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
	struct netlogon_NetrServerTrustPasswordsGet_out told = { 0 };

	out->result = tell(call, &passwords, &told);
	out->ReturnAuthenticator = told.ReturnAuthenticator;
	out->EncryptedNewOwfPassword = told.EncryptedNewOwfPassword;
	out->EncryptedOldOwfPassword = told.EncryptedOldOwfPassword;
	return 0;
}
