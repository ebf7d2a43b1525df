/* SPDX-License-Identifier: MIT */
/* What a worker that somebody has taken over gets out of penstock-authd. */
#include "daemon/authd-talk.h"
#include "daemon/test-authd.h"
#include "io/clock.h"
#include "support/fail.h"
#include <poll.h>

static struct pen_arena arena;
static struct authority_answer answer;

static uint64_t later(void)
{
	return pen_clock_ms() + 20000;
}

static int begin(int client)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pen_authority_send_call(client, ends[1], later()), 0);
	close(ends[1]);
	return ends[0];
}

/* A question, and what comes of it: an answer, or PEN_E_CLOSED. */
static int ask(int socket, const struct authority_question *question)
{
	int r = pen_authority_send_question(socket, question, later());

	return r ? r : pen_authority_receive_answer(socket, &answer, &arena, later());
}

static int ask_once(int client, const struct authority_question *question)
{
	int socket = begin(client);
	int r = ask(socket, question);

	close(socket);
	return r;
}

static void draw(int client, uint8_t challenge[8])
{
	const struct authority_question question = { .verb = authority_CHALLENGE };

	assert_int_equal(ask_once(client, &question), 0);
	memcpy(challenge, answer.body.challenge.bytes, 8);
}

static void expect_gone(int socket)
{
	struct pollfd wait = { .fd = socket, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&wait, 1, 20000), 1);
	assert_true(recv(socket, &byte, 1, 0) <= 0);
}

static int set_up(void **state)
{
	pen_arena_init(&arena, PEN_AUTHORITY_ARENA_MAX);
	return stage_open(state);
}

static int tear_down(void **state)
{
	pen_arena_done(&arena);
	return stage_close(state);
}

/* ---- responses ---- */

/* ann's to the challenge, with her password: what the worker's client would have sent. */
static size_t respond(const uint8_t challenge[8], bool is_v1, uint8_t response[64])
{
	static const uint8_t blob[32] = { 1, 1 };
	const struct pen_slice temp = { blob, sizeof(blob) };
	uint8_t hash[16], key[16];
	const struct pen_crypto *crypto = stage.world.crypto;

	assert_int_equal(pen_ntlm_nt_hash(crypto, "secret", hash), 0);
	if (is_v1) {
		assert_int_equal(pen_ntlm_v1_response(crypto, hash, challenge, NULL, response), 0);
		return PEN_NTLM_V1_SIZE;
	}
	assert_int_equal(pen_ntlm_v2_key(crypto, hash, "ann", "", key), 0);
	assert_int_equal(pen_ntlm_v2_proof(crypto, key, challenge, temp, response), 0);
	memcpy(response + 16, blob, sizeof(blob));
	return 16 + sizeof(blob);
}

static struct authority_question attempt_of(const uint8_t challenge[8], uint8_t *response, size_t n)
{
	struct authority_question question = {
		.verb = authority_NTLM,
		.body.attempt = { .domain = "",
				  .user = "ann",
				  .workstation = "",
				  .peer = "",
				  .n_nt = (uint32_t)n,
				  .nt = n ? response : NULL,
				  .n_lm = 24,
				  .lm = response },
	};

	memcpy(question.body.attempt.server_challenge.bytes, challenge, 8);
	return question;
}

static void expect_refused(int client, const struct authority_question *attempt, const char *words)
{
	static const uint8_t none[16];

	assert_int_equal(ask_once(client, attempt), 0);
	assert_int_equal(answer.body.verdict.result, PEN_E_DENIED);
	assert_null(answer.body.verdict.token);
	assert_memory_equal(answer.body.verdict.session_base_key, none, 16);
	if (!answer.body.verdict.reason || !strstr(answer.body.verdict.reason, words))
		fail_msg("\"%s\" without \"%s\"", answer.body.verdict.reason, words);
}

/* What was overheard elsewhere is judged for nobody: no key comes of it. */
static void test_answers_to_others_challenges(void **state)
{
	static const uint8_t overheard[8] = "overhear", none[8];
	struct authority_question attempt;
	uint8_t response[64], challenge[8];
	int client, other;
	size_t n;

	stage_start();
	client = stage_client("hostile");
	other = stage_client("another");
	n = respond(overheard, false, response);
	attempt = attempt_of(overheard, response, n);
	expect_refused(client, &attempt, "no challenge of ours");
	n = respond(none, false, response);
	attempt = attempt_of(none, response, n);
	expect_refused(client, &attempt, "no challenge of ours");
	draw(other, challenge);
	n = respond(challenge, false, response);
	attempt = attempt_of(challenge, response, n);
	expect_refused(client, &attempt, "no challenge of ours");
	/* Its own is good for once. */
	assert_int_equal(ask_once(other, &attempt), 0);
	assert_int_equal(answer.body.verdict.result, 0);
	assert_non_null(answer.body.verdict.token);
	expect_refused(other, &attempt, "no challenge of ours");
	close(client);
	close(other);
	assert_int_equal(stage_end(), 0);
}

static void test_challenges_age(void **state)
{
	struct authority_question attempt;
	uint8_t response[64], challenge[8];
	int client, idle;
	size_t n;

	stage.config.conversation_ms = 100;
	stage_start();
	client = stage_client("hostile");
	draw(client, challenge);
	n = respond(challenge, false, response);
	attempt = attempt_of(challenge, response, n);
	idle = begin(client);
	expect_gone(idle); /* as long */
	close(idle);
	expect_refused(client, &attempt, "too late");
	close(client);
	assert_int_equal(stage_end(), 0);
}

/* What the configuration does not allow is not allowed by whom a worker would like to. */
static void test_forms_that_are_not_allowed(void **state)
{
	struct authority_question attempt;
	uint8_t response[64], challenge[8];
	int client;
	size_t n;

	stage_start();
	client = stage_client("hostile");
	draw(client, challenge);
	n = respond(challenge, true, response);
	attempt = attempt_of(challenge, response, n);
	expect_refused(client, &attempt, "version 1 of NTLM, which is not allowed");
	for (n = 0; n < 44; n++) {
		attempt = attempt_of(challenge, response, n);
		if (n != PEN_NTLM_V1_SIZE)
			expect_refused(client, &attempt, "of no known version");
	}
	close(client);
	assert_int_equal(stage_end(), 0);
}

/* ---- what is asked out of turn ---- */

static void test_no_keys(void **state)
{
	struct authority_opening opening = { .level = PEN_AUTH_LEVEL_PRIVACY, .peer = "" };
	const struct authority_question leg = { .verb = authority_KRB5,
						.body.leg.opening = &opening };
	int client;

	stage_start();
	client = stage_client("hostile");
	assert_int_equal(ask_once(client, &leg), PEN_E_CLOSED);
	close(client);
	assert_int_equal(stage_end(), 0);
}

static const struct pen_krb5_server krb5 = { .keytab = "FILE:/nowhere/keytab", .rcache = "none:" };

static void test_legs_out_of_turn(void **state)
{
	uint8_t token[] = "n\3\2\1\1";
	struct authority_opening openings[] = {
		{ .level = 0, .peer = "" },
		{ .level = 1, .peer = "" },
		{ .level = 7, .peer = "" },
		{ .level = UINT32_MAX, .peer = "" },
	};
	struct authority_question leg = { .verb = authority_KRB5 };
	int client, socket;

	stage.config.krb5 = &krb5;
	stage_start();
	client = stage_client("hostile");
	leg.body.leg.n = sizeof(token);
	leg.body.leg.bytes = token;
	/* One without an opening, and openings that are none. */
	assert_int_equal(ask_once(client, &leg), PEN_E_CLOSED);
	for (size_t i = 0; i < PEN_COUNT(openings); i++) {
		leg.body.leg.opening = &openings[i];
		assert_int_equal(ask_once(client, &leg), PEN_E_CLOSED);
	}
	/* After a refusal there is no more to be had. */
	openings[0].level = PEN_AUTH_LEVEL_PRIVACY;
	leg.body.leg.opening = &openings[0];
	socket = begin(client);
	assert_int_equal(ask(socket, &leg), 0);
	assert_int_equal(answer.body.stride.result, PEN_E_DENIED);
	assert_non_null(strstr(answer.body.stride.reason, "the keytab is not there"));
	assert_null(answer.body.stride.agreed);
	assert_int_equal(ask(socket, &leg), PEN_E_CLOSED);
	close(socket);
	close(client);
	assert_int_equal(stage_end(), 0);
}

static void test_one_matter_each(void **state)
{
	const struct authority_question terms = { .verb = authority_TERMS };
	int client, socket;

	stage_start();
	client = stage_client("hostile");
	socket = begin(client);
	assert_int_equal(ask(socket, &terms), 0);
	assert_int_equal(ask(socket, &terms), PEN_E_CLOSED);
	close(socket);
	close(client);
	assert_int_equal(stage_end(), 0);
}

/* ---- what is no message ---- */

static void test_nonsense(void **state)
{
	static const char *const rows[] = { "x", "nonsense", "\4\0\0\0\4\0\0\0" };
	const struct authority_question terms = { .verb = authority_TERMS };
	int client, other, socket;

	stage_start();
	other = stage_client("another");
	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		client = stage_client("hostile");
		socket = begin(client);
		assert_int_equal(send(socket, rows[i], i == 2 ? 8 : strlen(rows[i]), 0),
				 i == 2 ? 8 : strlen(rows[i]));
		expect_gone(socket);
		close(socket);
		/* A conversation that fails leaves the worker its socket; a call that is none does
		 * not.
		 */
		assert_int_equal(ask_once(client, &terms), 0);
		assert_int_equal(send(client, "x", 1, 0), 1);
		expect_gone(client);
		close(client);
		assert_int_equal(ask_once(other, &terms), 0);
	}
	close(other);
	assert_int_equal(stage_end(), 0);
}

/* One asks and never reads; one calls as fast as it can. Others are served all the while. */
static void test_floods(void **state)
{
	const struct authority_question terms = { .verb = authority_TERMS };
	int deaf[8], client, other;

	stage.config.conversations_max = 100;
	stage.config.conversations_client_max = 10;
	stage_start();
	client = stage_client("hostile");
	other = stage_client("another");
	for (size_t i = 0; i < PEN_COUNT(deaf); i++) {
		deaf[i] = begin(client);
		while (!pen_authority_send_question(deaf[i], &terms, 0))
			;
	}
	for (int i = 0; i < 2000; i++) {
		close(begin(client));
		if (!(i % 100))
			assert_int_equal(ask_once(other, &terms), 0);
	}
	for (size_t i = 0; i < PEN_COUNT(deaf); i++)
		close(deaf[i]);
	close(client);
	close(other);
	assert_int_equal(stage_end(), 0);
}

/* ---- memory, in this process ---- */

static void test_no_memory(void **state)
{
	static struct challenges challenges = { .mutex = PTHREAD_MUTEX_INITIALIZER };
	const struct pen_ntlm_server ntlm = { .netbios_computer = "HERE", .judge = stage_judge };
	const struct authd_config config = {
		.world = &stage.world.mech, .ntlm = &ntlm, .krb5 = &krb5, .conversation_ms = 20000
	};
	uint8_t bytes[] = "n\3\2\1\1", response[64];
	struct authority_opening opening = {
		.level = PEN_AUTH_LEVEL_PRIVACY, .peer = "x", .n_bindings = 3, .bindings = bytes
	};
	const size_t n_response = respond((const uint8_t *)"given to", false, response);
	const struct authority_question questions[] = {
		{ .verb = authority_TERMS },
		{ .verb = authority_CHALLENGE },
		attempt_of((const uint8_t *)"given to", response, n_response),
		{ .verb = authority_KRB5,
		  .body.leg = { .opening = &opening, .n = sizeof(bytes), .bytes = bytes } },
	};

	for (size_t i = 0; i < PEN_COUNT(questions); i++) {
		int r;

		for (size_t n = 1;; n++) {
			int ends[2];

			memcpy(challenges.rows[7], "given to", 8);
			challenges.due[7] = UINT64_MAX;
			assert_int_equal(
				socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
			assert_int_equal(
				pen_authority_send_question(ends[0], &questions[i], later()), 0);
			pen_fail_at(n);
			r = talk_serve(ends[1], &config, &challenges, true);
			close(ends[1]);
			if (!pen_fail_hit()) {
				assert_int_equal(r, 0);
				assert_int_equal(pen_authority_receive_answer(ends[0], &answer,
									      &arena, later()),
						 0);
				close(ends[0]);
				break;
			}
			close(ends[0]);
			assert_true(!r || r == -ENOMEM || r == PEN_E_LIMIT);
		}
	}
	assert_int_equal(answer.body.stride.result, PEN_E_DENIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers_to_others_challenges),
		TEST(test_challenges_age),
		TEST(test_forms_that_are_not_allowed),
		TEST(test_no_keys),
		TEST(test_legs_out_of_turn),
		TEST(test_one_matter_each),
		TEST(test_nonsense),
		TEST(test_floods),
		TEST(test_no_memory),
	};

	setenv("KRB5_CONFIG", "/dev/null", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
