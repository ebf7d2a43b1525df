/* SPDX-License-Identifier: MIT */
#include "store/vault.h"
#include "base/secret.h"
#include "crypto/crypto.h"
#include "sec/netlogon-credential.h"
#include <errno.h>
#include <string.h>

/* A channel outlives so many passwords of its machine at least. */
enum { FORMER_MAX = PEN_ACCOUNT_HISTORY_MAX };

void pen_vault_query_init(struct pen_vault_query *query, enum authority_question_verb verb)
{
	*query = (struct pen_vault_query){ .question.verb = verb };
	pen_arena_init(&query->arena, 0);
}

void pen_vault_query_done(struct pen_vault_query *query)
{
	pen_arena_wipe(&query->arena);
	pen_wipe(query, sizeof(*query));
}

bool pen_vault_query_is_long(const struct pen_vault_query *query)
{
	return query->question.verb == authority_CHANGE &&
	       query->question.body.change.kind == authority_AES;
}

/* ---- who logs on ---- */

static int admit(struct pen_vault_query *query, const struct pen_logon *logon)
{
	struct authority_admission *admission = &query->answer.body.admission;

	admission->status = logon->status;
	if (*logon->reason) {
		admission->reason = pen_arena_strdup(&query->arena, logon->reason);
		if (!admission->reason)
			return -ENOMEM;
	}
	if (logon->status)
		return 0;
	admission->rid = logon->user.rid;
	admission->is_guest = logon->is_guest;
	admission->is_unproved = logon->is_unproved;
	memcpy(admission->session_base_key, logon->session_base_key, PEN_NTLM_KEY_SIZE);
	return 0;
}

static int check(const struct pen_vault_desk *desk, const struct authority_logon *letter,
		 struct pen_arena *arena, struct pen_logon *logon)
{
	struct pen_ntlm_attempt attempt = {
		.crypto = desk->logons->crypto,
		.domain = letter->domain,
		.user = letter->user,
		.workstation = letter->workstation,
		.peer = letter->peer,
		.nt = { letter->nt, letter->n_nt },
		.lm = { letter->lm, letter->n_lm },
		.allow_v1 = desk->allow_ntlm_v1,
	};
	struct pen_logon_request request = {
		.kind = letter->is_interactive ? PEN_LOGON_INTERACTIVE : PEN_LOGON_NETWORK,
		.user = letter->user,
		.workstation = letter->workstation,
		.machines = letter->machines & PEN_ACCOUNT_MACHINES,
		.attempt = &attempt,
	};
	int r;

	memcpy(attempt.server_challenge, letter->server_challenge.bytes, PEN_NTLM_CHALLENGE_SIZE);
	memcpy(request.nt_hash, letter->nt_hash, sizeof(request.nt_hash));
	r = pen_logon_check(desk->logons, &request, arena, logon);
	pen_wipe(&request, sizeof(request));
	return r;
}

static int answer_logon(const struct pen_vault_desk *desk, struct pen_vault_query *query)
{
	struct pen_arena arena;
	struct pen_logon logon;
	int r;

	pen_arena_init(&arena, 0);
	r = check(desk, &query->question.body.logon, &arena, &logon);
	if (!r)
		r = admit(query, &logon);
	pen_wipe(logon.session_base_key, sizeof(logon.session_base_key));
	pen_arena_done(&arena);
	query->answer.body.admission.result = r;
	return 0;
}

/* ---- machines ---- */

/* PEN_E_DENIED: it is no machine's account that is in use. */
static int check_machine(struct pen_accounts *accounts, uint32_t rid)
{
	struct pen_account_user user;
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, 0);
	r = pen_accounts_get_user(accounts, rid, &arena, &user);
	if (!r && (!(user.control & PEN_ACCOUNT_MACHINES) || user.control & PEN_ACCOUNT_DISABLED))
		r = PEN_E_DENIED;
	pen_arena_done(&arena);
	return r == PEN_E_NOT_FOUND ? PEN_E_DENIED : r;
}

/* As pen_accounts_get_hash, but that the key is there. */
static int get_hash(struct pen_accounts *accounts, uint32_t rid, uint32_t n, uint8_t *hash)
{
	int r = pen_accounts_get_hash(accounts, rid, n, hash);

	return r == PEN_E_DENIED ? -EACCES : r;
}

/* Whether it is one by the n-th password. PEN_E_DENIED; PEN_E_NOT_FOUND: there is none. */
static int check_proof(struct pen_vault_desk *desk, const struct authority_proof *proof, uint32_t n,
		       struct pen_netlogon_credential *credential)
{
	const struct pen_logons *logons = desk->logons;
	uint8_t hash[PEN_ACCOUNT_HASH_SIZE];
	int r = get_hash(logons->accounts, proof->rid, n, hash);

	if (!r)
		r = pen_netlogon_credential_init(credential, logons->crypto, proof->flags, hash,
						 proof->client_challenge.bytes,
						 proof->server_challenge.bytes);
	if (!r && !pen_equal_secret(credential->client, proof->credential.bytes,
				    PEN_NETLOGON_CHALLENGE_SIZE)) {
		r = PEN_E_DENIED;
		desk->n_wrong_proofs += desk->n_wrong_proofs < PEN_VAULT_WRONG_PROOFS_MAX;
	}
	pen_wipe(hash, sizeof(hash));
	return r;
}

static int begin_proof(const struct pen_vault_desk *desk, const struct authority_proof *proof)
{
	if (!(proof->flags & PEN_NETLOGON_AES) && !desk->allow_weak_netlogon)
		return PEN_E_UNSUPPORTED;
	return check_machine(desk->logons->accounts, proof->rid);
}

static int answer_proof(struct pen_vault_desk *desk, struct pen_vault_query *query)
{
	const struct authority_proof *proof = &query->question.body.proof;
	struct authority_channel *channel = &query->answer.body.channel;
	struct pen_netlogon_credential credential = { 0 };
	int r = begin_proof(desk, proof);

	if (!r)
		r = check_proof(desk, proof, 0, &credential);
	if (!r) {
		memcpy(channel->session_key, credential.session_key, PEN_NETLOGON_KEY_SIZE);
		memcpy(channel->credential.bytes, credential.server, PEN_NETLOGON_CHALLENGE_SIZE);
	}
	pen_wipe(&credential, sizeof(credential));
	channel->result = r == PEN_E_NOT_FOUND ? PEN_E_DENIED : r;
	return 0;
}

static int put_hash(const struct pen_vault_desk *desk, uint32_t rid, uint32_t n,
		    const struct pen_netlogon_credential *credential, uint8_t *sealed)
{
	uint8_t hash[PEN_ACCOUNT_HASH_SIZE];
	int r = get_hash(desk->logons->accounts, rid, n, hash);

	if (!r)
		r = pen_netlogon_encrypt_hash(credential, desk->logons->crypto, hash, sealed);
	pen_wipe(hash, sizeof(hash));
	return r;
}

/* Whether it is one by the password that the machine has, or by one before. PEN_E_DENIED. */
static int check_former_proof(struct pen_vault_desk *desk, const struct authority_proof *proof,
			      struct pen_netlogon_credential *credential)
{
	int r = begin_proof(desk, proof);

	if (!r && desk->n_wrong_proofs == PEN_VAULT_WRONG_PROOFS_MAX)
		r = PEN_E_DENIED;
	if (r)
		return r;
	r = check_proof(desk, proof, 0, credential);
	for (uint32_t n = 1; r == PEN_E_DENIED && n <= FORMER_MAX; n++)
		r = check_proof(desk, proof, n, credential);
	return r == PEN_E_NOT_FOUND ? PEN_E_DENIED : r;
}

static int tell_passwords(struct pen_vault_desk *desk, const struct authority_proof *proof,
			  struct authority_passwords *passwords)
{
	struct pen_netlogon_credential credential = { 0 };
	int r = check_former_proof(desk, proof, &credential);

	if (!r)
		r = put_hash(desk, proof->rid, 0, &credential, passwords->present);
	if (!r) {
		r = put_hash(desk, proof->rid, 1, &credential, passwords->former);
		/* There was none before this one. */
		if (r == PEN_E_NOT_FOUND)
			r = put_hash(desk, proof->rid, 0, &credential, passwords->former);
	}
	pen_wipe(&credential, sizeof(credential));
	return r;
}

static int answer_passwords(struct pen_vault_desk *desk, struct pen_vault_query *query)
{
	struct authority_passwords *passwords = &query->answer.body.passwords;
	struct authority_passwords told = { 0 };
	int r = tell_passwords(desk, &query->question.body.proof, &told);

	if (!r)
		*passwords = told;
	pen_wipe(&told, sizeof(told));
	/* It has none any more. */
	passwords->result = r == PEN_E_NOT_FOUND ? PEN_E_DENIED : r;
	return 0;
}

/* ---- passwords that are set ---- */

static int answer_set(const struct pen_vault_desk *desk, struct pen_vault_query *query)
{
	const struct authority_setting *setting = &query->question.body.setting;
	const struct pen_logons *logons = desk->logons;
	int r = setting->is_machine ? check_machine(logons->accounts, setting->rid) : 0;

	if (!r) {
		r = pen_accounts_set_hash(logons->accounts, setting->rid, setting->nt_hash,
					  setting->must_change ? 0 : logons->now(logons->data));
		if (r == PEN_E_DENIED)
			r = -EACCES;
	}
	query->answer.body.result = r;
	return 0;
}

/* ---- the desk ---- */

static int begin(const struct pen_vault *vault, struct pen_vault_query *query)
{
	struct pen_vault_desk *desk = vault->data;

	query->answer.verb = query->question.verb;
	switch (query->question.verb) {
	case authority_LOGON:
		return answer_logon(desk, query);
	case authority_PROOF:
		return answer_proof(desk, query);
	case authority_PASSWORDS:
		return answer_passwords(desk, query);
	case authority_SET:
		return answer_set(desk, query);
	case authority_CHANGE:
		return pen_vault_begin_change(desk, query);
	default:
		return PEN_E_PROTOCOL;
	}
}

static void work(const struct pen_vault *vault, struct pen_vault_query *query)
{
	pen_vault_work_change(vault->data, query);
}

static int end(const struct pen_vault *vault, struct pen_vault_query *query)
{
	return pen_vault_end_change(vault->data, query);
}

struct pen_vault pen_vault_of_desk(struct pen_vault_desk *desk)
{
	static const struct pen_vault_ops ops = { .begin = begin, .work = work, .end = end };

	return (struct pen_vault){ .ops = &ops, .data = desk };
}
