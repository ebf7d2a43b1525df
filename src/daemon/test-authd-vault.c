/* SPDX-License-Identifier: MIT */
/* What penstock-authd answers the program that serves the accounts, and no other. */
#include "daemon/test-authd.h"
#include "io/clock.h"
#include "store/vault-authority.h"
#include "support/fail.h"

enum { N_QUESTIONS = 8 };

static struct pen_vault_query query;
static uint8_t cipher[PEN_SAMR_AES_SIZE];
static struct pen_netlogon_credential credential;

/* Each kind of question, which is answered well of the accounts as they are. */
static void make(int i)
{
	const struct pen_crypto *crypto = stage.world.crypto;
	static uint8_t response[64];

	if (i == 0)
		query_logon(&query, crypto, "ann", "Geheim-wort-1");
	else if (i == 1)
		query_network(&query, crypto, "Geheim-wort-1", response);
	else if (i < 4)
		query_proof(&query, i == 2 ? authority_PROOF : authority_PASSWORDS, crypto,
			    TEST_VAULT_AES, "machine secret", &credential);
	else if (i == 4)
		query_set(&query, crypto, TEST_VAULT_MEMBER, "machine secret");
	else
		query_change(&query, crypto, (enum authority_change_kind)(i - 5), "Geheim-wort-1",
			     "Geheim-wort-1", cipher);
}

static int ask(struct pen_authority *authority)
{
	const struct pen_vault vault = pen_vault_of_authority(authority);

	return test_vault_ask(&vault, &query);
}

static struct pen_authority *authority_of(int client)
{
	struct pen_authority *authority;

	assert_int_equal(pen_authority_new(&authority, client, 0), 0);
	return authority;
}

static struct pen_authority *lsass(void)
{
	return authority_of(stage_client_of("penstock-lsass 1", true));
}

static int set_up(void **state)
{
	int r = stage_open(state);

	stage.has_vault = true;
	return r;
}

/* ---- */

static void expect_answer(void)
{
	const union authority_answer_body *body = &query.answer.body;
	uint8_t hash[16];

	assert_int_equal(query.answer.verb, query.question.verb);
	switch (query.question.verb) {
	case authority_LOGON:
		assert_int_equal(body->admission.result, 0);
		assert_int_equal(body->admission.status, 0);
		assert_int_equal(body->admission.rid, TEST_VAULT_ANN);
		break;
	case authority_PROOF:
		assert_int_equal(body->channel.result, 0);
		assert_memory_equal(body->channel.session_key, credential.session_key, 16);
		break;
	case authority_PASSWORDS:
		assert_int_equal(body->passwords.result, 0);
		assert_int_equal(pen_netlogon_decrypt_hash(&credential, stage.world.crypto,
							   body->passwords.present, hash),
				 0);
		break;
	case authority_SET:
		assert_int_equal(body->result, 0);
		break;
	default:
		assert_int_equal(body->changed.result, 0);
		assert_int_equal(body->changed.status, 0);
	}
}

static void test_each_question(void **state)
{
	struct pen_authority *authority;
	unsigned n_fds;

	stage_start();
	authority = lsass();
	n_fds = pen_count_fds();
	for (int i = 0; i < N_QUESTIONS; i++) {
		make(i);
		assert_int_equal(ask(authority), 0);
		expect_answer();
		pen_vault_query_done(&query);
	}
	assert_int_equal(pen_count_fds(), n_fds);
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

/* Refusals come with their sentence, and with nothing else. */
static void test_wrong_passwords(void **state)
{
	static const uint8_t none[16];
	struct pen_authority *authority;

	stage_start();
	authority = lsass();
	query_logon(&query, stage.world.crypto, "ann", "Wrong-1");
	assert_int_equal(ask(authority), 0);
	assert_int_equal(query.answer.body.admission.result, 0);
	assert_int_equal(query.answer.body.admission.status, PEN_STATUS_WRONG_PASSWORD);
	assert_string_equal(query.answer.body.admission.reason, "the password of ann is wrong");
	assert_memory_equal(query.answer.body.admission.session_base_key, none, 16);
	pen_vault_query_done(&query);
	query_change(&query, stage.world.crypto, authority_AES, "Wrong-1", "Any-secret-1", cipher);
	assert_int_equal(ask(authority), 0);
	assert_int_equal(query.answer.body.changed.status, PEN_STATUS_WRONG_PASSWORD);
	pen_vault_query_done(&query);
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

/* A worker of another program is not answered, whatever it asks, and is served as before. */
static void test_others(void **state)
{
	struct pen_authority *other, *authority;
	struct handshake handshake;

	stage_start();
	other = authority_of(stage_client("penstock-lsass 2"));
	authority = lsass();
	for (int i = 0; i < N_QUESTIONS; i++) {
		make(i);
		assert_int_equal(ask(other), PEN_E_CLOSED);
		assert_int_equal(query.answer.verb, 0);
		pen_vault_query_done(&query);
		make(i);
		assert_int_equal(ask(authority), 0);
		pen_vault_query_done(&query);
	}
	assert_int_equal(handshake_begin(&handshake, pen_authority_mechs(other), PEN_AUTH_NTLM,
					 "ann", "secret"),
			 0);
	handshake_end(&handshake);
	pen_authority_free(other);
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

/* Nor is anybody where there are no accounts. */
static void test_no_accounts(void **state)
{
	struct pen_authority *authority;

	stage.has_vault = false;
	stage_start();
	authority = lsass();
	make(0);
	assert_int_equal(ask(authority), PEN_E_CLOSED);
	pen_vault_query_done(&query);
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

static void test_whose_mechanisms(void **state)
{
	struct pen_mechs *others;
	struct pen_authority *authority;
	const struct pen_ntlm_server ntlm = { .netbios_computer = "HERE", .judge = stage_judge };

	stage_start();
	authority = lsass();
	assert_ptr_equal(pen_authority_of(pen_authority_mechs(authority)), authority);
	assert_int_equal(pen_mechs_new(&others, &(struct pen_mechs_config){ .ntlm = &ntlm }), 0);
	assert_null(pen_authority_of(others));
	assert_null(pen_authority_of(NULL));
	pen_mechs_free(others);
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

/* ---- by hand ---- */

static int ask_by_hand(int socket)
{
	uint64_t due = pen_clock_ms() + 20000;
	int r = pen_authority_send_question(socket, &query.question, due);

	return r ? r : pen_authority_receive_answer(socket, &query.answer, &query.arena, due);
}

/* What says that there is more than there is, or of what kind there is none, is no question. */
static void test_no_questions(void **state)
{
	int client, socket;

	stage_start();
	client = stage_client_of("hostile", true);
	for (int i = 0; i < 4; i++) {
		struct authority_question *question = &query.question;

		make(i < 2 ? 0 : i == 2 ? 7 : 5);
		if (i == 0)
			question->body.logon.n_nt = 5;
		if (i == 1)
			question->body.logon.n_lm = 5;
		if (i == 2)
			question->body.change.body.aes.cipher = NULL;
		if (i == 3)
			question->body.change.body.hashes.rid = 0;
		socket = stage_begin_by_hand(client);
		assert_int_equal(ask_by_hand(socket), i == 3 ? 0 : PEN_E_CLOSED);
		close(socket);
		pen_vault_query_done(&query);
	}
	close(client);
	assert_int_equal(stage_end(), 0);
}

/* A conversation is over with the answer. */
static void test_one_question_each(void **state)
{
	int client, socket;

	stage_start();
	client = stage_client_of("hostile", true);
	socket = stage_begin_by_hand(client);
	make(4);
	assert_int_equal(ask_by_hand(socket), 0);
	assert_int_equal(ask_by_hand(socket), PEN_E_CLOSED);
	pen_vault_query_done(&query);
	close(socket);
	close(client);
	assert_int_equal(stage_end(), 0);
}

/* ---- it dies, and memory ---- */

static void test_another_takes_its_place(void **state)
{
	struct pen_authority *authority;

	stage_start();
	authority = lsass();
	stage_kill();
	stage_start();
	pen_authority_replace(authority, stage_client_of("penstock-lsass 1", true));
	make(0);
	assert_int_equal(ask(authority), 0);
	expect_answer();
	pen_vault_query_done(&query);
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

static void test_no_memory(void **state)
{
	struct pen_authority *authority;
	unsigned n_fds;

	stage_start();
	authority = lsass();
	n_fds = pen_count_fds();
	for (int i = 0; i < N_QUESTIONS; i++) {
		bool is_hit = true;

		for (size_t n = 1; is_hit; n++) {
			int r;

			make(i);
			pen_fail_at(n);
			r = ask(authority);
			is_hit = pen_fail_hit();
			assert_true(is_hit ? r == -ENOMEM || r == PEN_E_LIMIT : !r);
			pen_vault_query_done(&query);
			assert_int_equal(pen_count_fds(), n_fds);
		}
	}
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, stage_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_question),
		TEST(test_wrong_passwords),
		TEST(test_others),
		TEST(test_no_accounts),
		TEST(test_whose_mechanisms),
		TEST(test_no_questions),
		TEST(test_one_question_each),
		TEST(test_another_takes_its_place),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
