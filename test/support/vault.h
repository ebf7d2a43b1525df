/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_VAULT_H
#define PEN_TEST_VAULT_H
/*
 * A vault of accounts in memory: ann, whose password is "Geheim-wort-1", and the machine MEMBER$,
 * whose is "machine secret"; and what is asked of it.
 */
#include "crypto/crypto.h"
#include "sec/netlogon-credential.h"
#include "sec/ntlm-keys.h"
#include "store/vault.h"
#include "support/accounts.h"
#include <errno.h>
#include <penstock/status.h>
#include <string.h>

#define TEST_VAULT_NOW UINT64_C(134000000000000000)
#define TEST_VAULT_AES (PEN_NETLOGON_AES | UINT32_C(0x212fffff))

enum { TEST_VAULT_ANN = 1000, TEST_VAULT_MEMBER = 1001 };

struct test_vault {
	struct pen_accounts *accounts;
	struct pen_logons logons;
	struct pen_vault_desk desk;
	struct pen_vault vault;
};

static inline uint64_t test_vault_now(void *data)
{
	(void)data;
	return TEST_VAULT_NOW;
}

static inline void test_vault_add(struct test_vault *test, const char *name, uint32_t control,
				  const char *password, uint32_t rid)
{
	const struct pen_account_user user = { .name = name, .control = control, .rid = rid };

	assert_int_equal(pen_accounts_add_user(test->accounts, &user, &rid), 0);
	assert_int_equal(pen_accounts_set_password(test->accounts, test->logons.crypto, rid,
						   password, TEST_VAULT_NOW),
			 0);
}

static inline void test_vault_new(struct test_vault *test, const struct pen_crypto *crypto)
{
	*test = (struct test_vault){
		.accounts = test_accounts(":memory:", "SERVER", TEST_VAULT_NOW, crypto),
	};
	test->logons = (struct pen_logons){ .accounts = test->accounts,
					    .crypto = crypto,
					    .now = test_vault_now };
	test->desk.logons = &test->logons;
	test->vault = pen_vault_of_desk(&test->desk);
	test_vault_add(test, "ann", PEN_ACCOUNT_NORMAL, "Geheim-wort-1", TEST_VAULT_ANN);
	test_vault_add(test, "MEMBER$", PEN_ACCOUNT_WORKSTATION_TRUST, "machine secret",
		       TEST_VAULT_MEMBER);
}

static inline void test_vault_done(struct test_vault *test)
{
	pen_accounts_close(test->accounts);
}

static inline void test_vault_hash(const struct pen_crypto *crypto, const char *password,
				   uint8_t hash[16])
{
	assert_int_equal(pen_ntlm_nt_hash(crypto, password, hash), 0);
}

/* As a service asks. */
static inline int test_vault_ask(const struct pen_vault *vault, struct pen_vault_query *query)
{
	int r = vault->ops->begin(vault, query);

	if (r != PEN_PENDING)
		return r;
	vault->ops->work(vault, query);
	return vault->ops->end(vault, query);
}

/* ---- one that is away ---- */

static inline int test_vault_begin_away(const struct pen_vault *vault,
					struct pen_vault_query *query)
{
	(void)vault;
	(void)query;
	return PEN_PENDING;
}

static inline void test_vault_work_away(const struct pen_vault *vault,
					struct pen_vault_query *query)
{
	(void)vault;
	query->r = PEN_E_CLOSED;
}

static inline int test_vault_end_away(const struct pen_vault *vault, struct pen_vault_query *query)
{
	(void)vault;
	return query->r;
}

/* As penstock-authd's is, while there is none. */
static inline struct pen_vault test_vault_away(void)
{
	static const struct pen_vault_ops ops = { .begin = test_vault_begin_away,
						  .work = test_vault_work_away,
						  .end = test_vault_end_away };

	return (struct pen_vault){ .ops = &ops };
}

/* ---- questions ---- */

static inline void query_logon(struct pen_vault_query *query, const struct pen_crypto *crypto,
			       const char *user, const char *password)
{
	struct authority_logon *logon = &query->question.body.logon;

	pen_vault_query_init(query, authority_LOGON);
	logon->domain = logon->workstation = logon->peer = "";
	logon->user = user;
	logon->is_interactive = true;
	test_vault_hash(crypto, password, logon->nt_hash);
}

/* A network's, as the client and the server that asks have it. */
static inline void query_network(struct pen_vault_query *query, const struct pen_crypto *crypto,
				 const char *password, uint8_t response[64])
{
	static const uint8_t blob[32] = { 1, 1 };
	const struct pen_slice temp = { blob, sizeof(blob) };
	struct authority_logon *logon = &query->question.body.logon;
	uint8_t hash[16], key[16];

	query_logon(query, crypto, "ann", password);
	logon->is_interactive = false;
	memset(logon->nt_hash, 0, sizeof(logon->nt_hash));
	memcpy(logon->server_challenge.bytes, "elsewher", 8);
	test_vault_hash(crypto, password, hash);
	assert_int_equal(pen_ntlm_v2_key(crypto, hash, "ann", "", key), 0);
	assert_int_equal(
		pen_ntlm_v2_proof(crypto, key, logon->server_challenge.bytes, temp, response), 0);
	memcpy(response + 16, blob, sizeof(blob));
	logon->nt = response;
	logon->n_nt = 16 + sizeof(blob);
}

/* A machine's proof; what it has itself is put into credential. */
static inline void query_proof(struct pen_vault_query *query, enum authority_question_verb verb,
			       const struct pen_crypto *crypto, uint32_t flags,
			       const char *password, struct pen_netlogon_credential *credential)
{
	struct authority_proof *proof = &query->question.body.proof;
	uint8_t hash[16];

	pen_vault_query_init(query, verb);
	proof->rid = TEST_VAULT_MEMBER;
	proof->flags = flags;
	memcpy(proof->client_challenge.bytes, "\1\2\3\4\5\6\7\10", 8);
	memcpy(proof->server_challenge.bytes, "\10\7\6\5\4\3\2\1", 8);
	test_vault_hash(crypto, password, hash);
	assert_int_equal(pen_netlogon_credential_init(credential, crypto, flags, hash,
						      proof->client_challenge.bytes,
						      proof->server_challenge.bytes),
			 0);
	memcpy(proof->credential.bytes, credential->client, 8);
}

static inline void query_set(struct pen_vault_query *query, const struct pen_crypto *crypto,
			     uint32_t rid, const char *password)
{
	pen_vault_query_init(query, authority_SET);
	query->question.body.setting.rid = rid;
	test_vault_hash(crypto, password, query->question.body.setting.nt_hash);
}

/* Who takes the old password to be that, in one of the ways. cipher: room for what is pointed to.
 */
static inline void query_change(struct pen_vault_query *query, const struct pen_crypto *crypto,
				enum authority_change_kind kind, const char *old, const char *new,
				uint8_t cipher[PEN_SAMR_AES_SIZE])
{
	static const uint8_t random[PEN_SAMR_PASSWORD_MAX], salt[PEN_SAMR_SALT_SIZE] = { 7 };
	struct authority_change *change = &query->question.body.change;
	uint8_t old_hash[16], new_hash[16], key[PEN_SECRET_CIPHER_KEY_SIZE];
	const struct pen_slice sealing = { kind == authority_AES ? key : old_hash, 16 };
	struct pen_samr_password password;

	pen_vault_query_init(query, authority_CHANGE);
	change->kind = kind;
	test_vault_hash(crypto, old, old_hash);
	test_vault_hash(crypto, new, new_hash);
	assert_int_equal(pen_samr_password_from_text(&password, new), 0);
	if (kind == authority_HASHES) {
		change->body.hashes.rid = TEST_VAULT_ANN;
		assert_int_equal(pen_samr_hash_seal(crypto, old_hash, new_hash,
						    change->body.hashes.new_under_old),
				 0);
		assert_int_equal(pen_samr_hash_seal(crypto, new_hash, old_hash,
						    change->body.hashes.old_under_new),
				 0);
	} else if (kind == authority_RC4) {
		change->body.rc4.name = "ann";
		assert_int_equal(pen_samr_password_seal(crypto, sealing, &password, random,
							change->body.rc4.password),
				 0);
		assert_int_equal(pen_samr_hash_seal(crypto, new_hash, old_hash,
						    change->body.rc4.old_under_new),
				 0);
	} else {
		change->body.aes.name = "ann";
		change->body.aes.n_iterations = PEN_SAMR_ITERATIONS_MIN;
		memcpy(change->body.aes.salt, salt, sizeof(salt));
		assert_int_equal(
			pen_samr_aes_key(crypto, old_hash, salt, PEN_SAMR_ITERATIONS_MIN, key), 0);
		assert_int_equal(pen_samr_password_seal_aes(crypto, sealing, &password, random,
							    salt, cipher, change->body.aes.auth),
				 0);
		change->body.aes.n_cipher = PEN_SAMR_AES_SIZE;
		change->body.aes.cipher = cipher;
	}
}

#endif
