/* SPDX-License-Identifier: MIT */
/* What is answered of the accounts' passwords, by who has their key. */
#include "store/vault.h"
#include "support/fail.h"
#include "support/vault.h"

static struct pen_crypto *crypto;
static struct test_vault test;
static struct pen_vault_query query;

static int set_up(void **state)
{
	int r = pen_crypto_new(&crypto);

	test_vault_new(&test, crypto);
	return r;
}

static int tear_down(void **state)
{
	test_vault_done(&test);
	crypto = pen_crypto_free(crypto);
	return 0;
}

static void ask(void)
{
	assert_int_equal(test_vault_ask(&test.vault, &query), 0);
	assert_int_equal(query.answer.verb, query.question.verb);
}

static uint32_t n_wrong(void)
{
	struct pen_account_user user;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_accounts_get_user(test.accounts, TEST_VAULT_ANN, &arena, &user), 0);
	pen_arena_done(&arena);
	return user.bad_password_count;
}

static void expect_password(uint32_t rid, const char *password)
{
	uint8_t wanted[16], got[16];

	test_vault_hash(crypto, password, wanted);
	assert_int_equal(pen_accounts_get_hash(test.accounts, rid, 0, got), 0);
	assert_memory_equal(got, wanted, sizeof(got));
}

/* ---- logons ---- */

static void test_logons(void **state)
{
	static const uint8_t none[16];
	const struct authority_admission *admission = &query.answer.body.admission;
	uint8_t response[64];

	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < 2; k++) {
			const char *password = k ? "Geheim-wort-2" : "Geheim-wort-1";

			if (i)
				query_network(&query, crypto, password, response);
			else
				query_logon(&query, crypto, "ann", password);
			ask();
			assert_int_equal(admission->result, 0);
			assert_int_equal(admission->status, k ? PEN_STATUS_WRONG_PASSWORD : 0);
			assert_int_equal(admission->rid, k ? 0 : TEST_VAULT_ANN);
			if (k) {
				assert_non_null(strstr(admission->reason, "is wrong"));
				assert_memory_equal(admission->session_base_key, none, 16);
			} else {
				assert_memory_not_equal(admission->session_base_key, none, 16);
			}
			pen_vault_query_done(&query);
		}
		assert_int_equal(n_wrong(), 1);
	}
	/* Version 1 is not allowed, whoever asks. */
	query_network(&query, crypto, "Geheim-wort-1", response);
	query.question.body.logon.n_nt = PEN_NTLM_V1_SIZE;
	ask();
	assert_int_equal(admission->status, PEN_STATUS_WRONG_PASSWORD);
	pen_vault_query_done(&query);
	/* Nor is a machine taken for a user, but where that is said. */
	for (uint32_t machines = 0; machines < 2; machines++) {
		query_logon(&query, crypto, "MEMBER$", "machine secret");
		query.question.body.logon.machines = machines ? UINT32_MAX : 0;
		ask();
		assert_int_equal(admission->status,
				 machines ? 0 : PEN_STATUS_NOLOGON_WORKSTATION_TRUST_ACCOUNT);
		pen_vault_query_done(&query);
	}
}

/* ---- machines ---- */

static void test_proofs(void **state)
{
	const struct authority_channel *channel = &query.answer.body.channel;
	struct pen_netlogon_credential credential;
	static const uint8_t none[16];

	query_proof(&query, authority_PROOF, crypto, TEST_VAULT_AES, "machine secret", &credential);
	ask();
	assert_int_equal(channel->result, 0);
	assert_memory_equal(channel->session_key, credential.session_key, 16);
	assert_memory_equal(channel->credential.bytes, credential.server, 8);
	pen_vault_query_done(&query);
	for (int i = 0; i < 5; i++) {
		struct authority_proof *proof = &query.question.body.proof;

		query_proof(&query, authority_PROOF, crypto, TEST_VAULT_AES,
			    i ? "machine secret" : "another", &credential);
		if (i == 1)
			proof->rid = TEST_VAULT_ANN;
		if (i == 2)
			proof->rid = 4711;
		if (i == 3)
			memset(proof->client_challenge.bytes, 0, 8);
		if (i == 4)
			proof->credential.bytes[7] ^= 1;
		ask();
		assert_int_equal(channel->result, PEN_E_DENIED);
		assert_memory_equal(channel->session_key, none, 16);
		pen_vault_query_done(&query);
	}
}

static void disable(uint32_t rid)
{
	struct pen_account_user user;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_accounts_get_user(test.accounts, rid, &arena, &user), 0);
	user.control |= PEN_ACCOUNT_DISABLED;
	assert_int_equal(pen_accounts_set_user(test.accounts, &user), 0);
	pen_arena_done(&arena);
}

/* Weak ones are for the configuration to allow, not for who asks. */
static void test_weak_and_disabled(void **state)
{
	const uint32_t weak = PEN_NETLOGON_STRONG_KEYS | PEN_NETLOGON_RC4;
	struct pen_netlogon_credential credential;

	for (int i = 0; i < 2; i++) {
		test.desk.allow_weak_netlogon = i;
		query_proof(&query, authority_PROOF, crypto, weak, "machine secret", &credential);
		ask();
		assert_int_equal(query.answer.body.channel.result, i ? 0 : PEN_E_UNSUPPORTED);
		pen_vault_query_done(&query);
	}
	disable(TEST_VAULT_MEMBER);
	query_proof(&query, authority_PROOF, crypto, TEST_VAULT_AES, "machine secret", &credential);
	ask();
	assert_int_equal(query.answer.body.channel.result, PEN_E_DENIED);
	pen_vault_query_done(&query);
}

static void expect_told(const struct pen_netlogon_credential *credential, const uint8_t *sealed,
			const char *password)
{
	uint8_t wanted[16], got[16];

	test_vault_hash(crypto, password, wanted);
	assert_int_equal(pen_netlogon_decrypt_hash(credential, crypto, sealed, got), 0);
	assert_memory_equal(got, wanted, sizeof(got));
}

/* A machine that has proved itself, by the password that it had then, is told its own. */
static void test_passwords(void **state)
{
	const struct authority_passwords *passwords = &query.answer.body.passwords;
	static const uint8_t none[16];
	struct pen_netlogon_credential credential;

	query_proof(&query, authority_PASSWORDS, crypto, TEST_VAULT_AES, "machine secret",
		    &credential);
	ask();
	assert_int_equal(passwords->result, 0);
	expect_told(&credential, passwords->present, "machine secret");
	expect_told(&credential, passwords->former, "machine secret");
	pen_vault_query_done(&query);
	assert_int_equal(pen_accounts_set_password(test.accounts, crypto, TEST_VAULT_MEMBER,
						   "newer", TEST_VAULT_NOW),
			 0);
	query_proof(&query, authority_PASSWORDS, crypto, TEST_VAULT_AES, "machine secret",
		    &credential);
	ask();
	assert_int_equal(passwords->result, 0);
	expect_told(&credential, passwords->present, "newer");
	expect_told(&credential, passwords->former, "machine secret");
	pen_vault_query_done(&query);
	for (int i = 0; i < 3; i++) {
		query_proof(&query, authority_PASSWORDS, crypto, TEST_VAULT_AES,
			    i ? "Geheim-wort-1" : "never", &credential);
		if (i == 2) /* the one before */
			assert_int_equal(pen_accounts_set_password(test.accounts, crypto,
								   TEST_VAULT_ANN, "Aenders-1",
								   TEST_VAULT_NOW),
					 0);
		if (i) /* no user is told anything, with whatever proof */
			query.question.body.proof.rid = TEST_VAULT_ANN;
		ask();
		assert_int_equal(passwords->result, PEN_E_DENIED);
		assert_memory_equal(passwords->present, none, 16);
		assert_memory_equal(passwords->former, none, 16);
		pen_vault_query_done(&query);
	}
}

/* Who tries for ever is told nothing in the end, though it were right; others go on. */
static void test_too_many_proofs(void **state)
{
	struct pen_netlogon_credential credential;

	query_proof(&query, authority_PROOF, crypto, TEST_VAULT_AES, "another", &credential);
	test.desk.n_wrong_proofs = PEN_VAULT_WRONG_PROOFS_MAX - 2;
	for (int i = 0; i < 4; i++) {
		struct pen_vault_query right;

		memset(&query.answer, 0, sizeof(query.answer));
		ask();
		assert_int_equal(query.answer.body.channel.result, PEN_E_DENIED);
		query_proof(&right, authority_PASSWORDS, crypto, TEST_VAULT_AES, "machine secret",
			    &credential);
		assert_int_equal(test_vault_ask(&test.vault, &right), 0);
		assert_int_equal(right.answer.body.passwords.result, i ? PEN_E_DENIED : 0);
		pen_vault_query_done(&right);
	}
	pen_vault_query_done(&query);
	assert_int_equal(test.desk.n_wrong_proofs, PEN_VAULT_WRONG_PROOFS_MAX);
	query_proof(&query, authority_PROOF, crypto, TEST_VAULT_AES, "machine secret", &credential);
	ask();
	assert_int_equal(query.answer.body.channel.result, 0);
	pen_vault_query_done(&query);
}

/* ---- passwords that are set ---- */

static void test_set(void **state)
{
	struct pen_account_user user;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	for (int i = 0; i < 2; i++) {
		query_set(&query, crypto, TEST_VAULT_ANN, i ? "third" : "second");
		query.question.body.setting.must_change = i;
		ask();
		assert_int_equal(query.answer.body.result, 0);
		expect_password(TEST_VAULT_ANN, i ? "third" : "second");
		assert_int_equal(
			pen_accounts_get_user(test.accounts, TEST_VAULT_ANN, &arena, &user), 0);
		assert_int_equal(user.password_set, i ? 0 : TEST_VAULT_NOW);
		pen_vault_query_done(&query);
	}
	/* Of a machine for itself, a machine's alone. */
	for (int i = 0; i < 2; i++) {
		query_set(&query, crypto, i ? TEST_VAULT_MEMBER : TEST_VAULT_ANN, "machine's");
		query.question.body.setting.is_machine = true;
		ask();
		assert_int_equal(query.answer.body.result, i ? 0 : PEN_E_DENIED);
		pen_vault_query_done(&query);
	}
	expect_password(TEST_VAULT_MEMBER, "machine's");
	expect_password(TEST_VAULT_ANN, "third");
	query_set(&query, crypto, PEN_RID_DOMAIN_ADMINS, "a group's");
	ask();
	assert_int_equal(query.answer.body.result, PEN_E_NOT_FOUND);
	pen_vault_query_done(&query);
	pen_arena_done(&arena);
}

/* ---- and changed by who knows the old one ---- */

static uint32_t change(enum authority_change_kind kind, const char *old, const char *new,
		       uint32_t refusal)
{
	uint8_t cipher[PEN_SAMR_AES_SIZE];
	uint32_t status;

	query_change(&query, crypto, kind, old, new, cipher);
	query.question.body.change.refusal = refusal;
	ask();
	assert_int_equal(query.answer.body.changed.result, 0);
	status = query.answer.body.changed.status;
	pen_vault_query_done(&query);
	return status;
}

static void test_changes(void **state)
{
	const char *old = "Geheim-wort-1";

	for (int kind = authority_HASHES; kind <= authority_AES; kind++) {
		static const char *const fresh[] = { "Aenders-1", "Aenders-2", "Aenders-3" };
		uint32_t n = n_wrong();

		assert_int_equal(change(kind, "Wrong-guess", fresh[kind], 0),
				 PEN_STATUS_WRONG_PASSWORD);
		assert_int_equal(n_wrong(), n + 1);
		/* He is told that he may not only if he knows it. */
		assert_int_equal(change(kind, "Wrong-guess", fresh[kind], PEN_STATUS_ACCESS_DENIED),
				 PEN_STATUS_WRONG_PASSWORD);
		assert_int_equal(change(kind, old, fresh[kind], PEN_STATUS_ACCESS_DENIED),
				 PEN_STATUS_ACCESS_DENIED);
		expect_password(TEST_VAULT_ANN, old);
		assert_int_equal(change(kind, old, fresh[kind], 0), 0);
		expect_password(TEST_VAULT_ANN, fresh[kind]);
		old = fresh[kind];
	}
}

static void test_objections(void **state)
{
	uint8_t cipher[PEN_SAMR_AES_SIZE];

	query_change(&query, crypto, authority_RC4, "Geheim-wort-1", "kurz", cipher);
	ask();
	assert_int_equal(query.answer.body.changed.status, PEN_STATUS_PASSWORD_RESTRICTION);
	assert_int_equal(query.answer.body.changed.objection, PEN_ACCOUNT_TOO_SHORT);
	pen_vault_query_done(&query);
	query_change(&query, crypto, authority_RC4, "Geheim-wort-1", "allesklein", cipher);
	ask();
	assert_int_equal(query.answer.body.changed.objection, PEN_ACCOUNT_NOT_COMPLEX);
	pen_vault_query_done(&query);
	expect_password(TEST_VAULT_ANN, "Geheim-wort-1");
	assert_int_equal(n_wrong(), 0);
}

static void test_nobodys_password(void **state)
{
	uint8_t cipher[PEN_SAMR_AES_SIZE];

	for (int kind = authority_RC4; kind <= authority_AES; kind++) {
		static const char *const names[] = { "nobody", "", "a/b", "Domain Users" };

		for (size_t i = 0; i < PEN_COUNT(names); i++) {
			struct authority_change *letter = &query.question.body.change;

			query_change(&query, crypto, kind, "Geheim-wort-1", "Aenders-1", cipher);
			if (kind == authority_RC4)
				letter->body.rc4.name = names[i];
			else
				letter->body.aes.name = names[i];
			ask();
			assert_int_equal(query.answer.body.changed.status,
					 PEN_STATUS_WRONG_PASSWORD);
			pen_vault_query_done(&query);
		}
	}
}

/* Another change that comes first while a key is made: then this one is by a former password. */
static void test_changes_that_meet(void **state)
{
	uint8_t cipher[PEN_SAMR_AES_SIZE];

	query_change(&query, crypto, authority_AES, "Geheim-wort-1", "Aenders-1", cipher);
	assert_true(pen_vault_query_is_long(&query));
	assert_int_equal(test.vault.ops->begin(&test.vault, &query), PEN_PENDING);
	test.vault.ops->work(&test.vault, &query);
	assert_int_equal(pen_accounts_set_password(test.accounts, crypto, TEST_VAULT_ANN,
						   "Aenders-2", TEST_VAULT_NOW),
			 0);
	assert_int_equal(test.vault.ops->end(&test.vault, &query), 0);
	assert_int_equal(query.answer.body.changed.status, PEN_STATUS_WRONG_PASSWORD);
	pen_vault_query_done(&query);
	expect_password(TEST_VAULT_ANN, "Aenders-2");
}

/* ---- what is none ---- */

static void test_no_questions(void **state)
{
	static const int64_t rounds[] = { -1, 0, PEN_SAMR_ITERATIONS_MIN - 1,
					  PEN_SAMR_ITERATIONS_MAX + 1, INT64_MAX };
	uint8_t cipher[PEN_SAMR_AES_SIZE];

	for (uint32_t verb = 0; verb < 12; verb++) {
		if (verb >= authority_LOGON && verb <= authority_CHANGE)
			continue;
		pen_vault_query_init(&query, (enum authority_question_verb)verb);
		assert_int_equal(test_vault_ask(&test.vault, &query), PEN_E_PROTOCOL);
		pen_vault_query_done(&query);
	}
	pen_vault_query_init(&query, authority_CHANGE);
	query.question.body.change.kind = 3;
	assert_int_equal(test_vault_ask(&test.vault, &query), PEN_E_PROTOCOL);
	pen_vault_query_done(&query);
	for (size_t i = 0; i < PEN_COUNT(rounds); i++) {
		query_change(&query, crypto, authority_AES, "Geheim-wort-1", "Aenders-1", cipher);
		query.question.body.change.body.aes.n_iterations = rounds[i];
		ask();
		assert_int_equal(query.answer.body.changed.status, PEN_STATUS_INVALID_PARAMETER);
		pen_vault_query_done(&query);
	}
}

/* Where there is no key it is said that nothing can be judged, and nobody's fault. */
static void test_without_the_key(void **state)
{
	struct pen_netlogon_credential credential;
	uint8_t cipher[PEN_SAMR_AES_SIZE];
	struct pen_accounts *keyed = test.accounts;

	assert_int_equal(
		pen_accounts_open(&test.accounts, ":memory:", "SERVER", TEST_VAULT_NOW, NULL), 0);
	test.logons.accounts = keyed;
	pen_accounts_close(test.accounts);
	/* The same accounts, which have lost it. */
	assert_int_equal(pen_accounts_use_key(keyed, crypto, (const uint8_t[32]){ 0 }),
			 PEN_E_BAD_DATA);
	test.accounts = keyed;
	query_logon(&query, crypto, "ann", "Geheim-wort-1");
	ask();
	assert_int_equal(query.answer.body.admission.result, -EACCES);
	pen_vault_query_done(&query);
	query_proof(&query, authority_PROOF, crypto, TEST_VAULT_AES, "machine secret", &credential);
	ask();
	assert_int_equal(query.answer.body.channel.result, -EACCES);
	pen_vault_query_done(&query);
	query_set(&query, crypto, TEST_VAULT_ANN, "Any-secret-1");
	ask();
	assert_int_equal(query.answer.body.result, -EACCES);
	pen_vault_query_done(&query);
	for (int kind = authority_HASHES; kind <= authority_AES; kind++) {
		query_change(&query, crypto, kind, "Geheim-wort-1", "Aenders-1", cipher);
		ask();
		assert_int_equal(query.answer.body.changed.result, -EACCES);
		pen_vault_query_done(&query);
	}
	assert_int_equal(n_wrong(), 0);
}

/* ---- memory ---- */

static int32_t result(void)
{
	const union authority_answer_body *body = &query.answer.body;

	switch (query.question.verb) {
	case authority_LOGON:
		return body->admission.result;
	case authority_SET:
		return body->result;
	case authority_CHANGE:
		return body->changed.result;
	default:
		return body->channel.result;
	}
}

static void make(int i, uint8_t cipher[PEN_SAMR_AES_SIZE])
{
	struct pen_netlogon_credential credential;

	if (i == 0)
		query_logon(&query, crypto, "ann", "Geheim-wort-1");
	else if (i == 1)
		query_logon(&query, crypto, "ann", "wrong");
	else if (i < 4)
		query_proof(&query, i == 2 ? authority_PROOF : authority_PASSWORDS, crypto,
			    TEST_VAULT_AES, "machine secret", &credential);
	else if (i == 4)
		query_set(&query, crypto, TEST_VAULT_MEMBER, "machine secret");
	else
		query_change(&query, crypto, i - 5, "Geheim-wort-1", "Geheim-wort-1", cipher);
}

static void test_no_memory(void **state)
{
	uint8_t cipher[PEN_SAMR_AES_SIZE];

	for (int i = 0; i < 8; i++) {
		bool is_hit = true;

		for (size_t n = 1; is_hit; n++) {
			int r;

			make(i, cipher);
			pen_fail_at(n);
			r = test_vault_ask(&test.vault, &query);
			is_hit = pen_fail_hit();
			if (!r)
				r = result();
			assert_true(is_hit ? !r || r == -ENOMEM || r == PEN_E_UNSUPPORTED : !r);
			pen_vault_query_done(&query);
		}
	}
	expect_password(TEST_VAULT_ANN, "Geheim-wort-1");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_logons),
		TEST(test_proofs),
		TEST(test_weak_and_disabled),
		TEST(test_passwords),
		TEST(test_too_many_proofs),
		TEST(test_set),
		TEST(test_changes),
		TEST(test_objections),
		TEST(test_nobodys_password),
		TEST(test_changes_that_meet),
		TEST(test_no_questions),
		TEST(test_without_the_key),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
