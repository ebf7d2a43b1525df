/* SPDX-License-Identifier: MIT */
#include "base/secret.h"
#include "io/clock.h"
#include "io/fds.h"
#include "object/letter.h"
#include "runtime/authority-letter.h"
#include "support/fail.h"
#include "support/fds.h"
#include "support/secrecy.h"
#include "support/unit.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends[2]; /* a worker's, penstock-authd's */
static struct pen_arena arena;
static struct pen_token *token;
static struct object_token letter; /* the token's */
static unsigned n_fds;

static int open_pair(void **state)
{
	n_fds = pen_count_fds();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	pen_arena_init(&arena, PEN_AUTHORITY_ARENA_MAX);
	assert_int_equal(pen_token_new_unix(&token, 1000, 100, NULL, 0, 7, false), 0);
	assert_int_equal(pen_letter_from_token(&letter, &arena, token), 0);
	return 0;
}

static int close_pair(void **state)
{
	close(ends[0]);
	close(ends[1]);
	pen_arena_done(&arena);
	pen_token_free(token);
	assert_int_equal(pen_count_fds(), n_fds);
	return 0;
}

/* The other side has all the time there is. */
static uint64_t later(void)
{
	return pen_clock_ms() + 60000;
}

static void ask(const struct authority_question *question, struct authority_question *back)
{
	assert_int_equal(pen_authority_send_question(ends[0], question, later()), 0);
	assert_int_equal(pen_authority_receive_question(ends[1], back, &arena, later()), 0);
	assert_int_equal(back->verb, question->verb);
}

static void answer(const struct authority_answer *answer, struct authority_answer *back)
{
	assert_int_equal(pen_authority_send_answer(ends[1], answer, later()), 0);
	assert_int_equal(pen_authority_receive_answer(ends[0], back, &arena, later()), 0);
	assert_int_equal(back->verb, answer->verb);
}

static void expect_bytes(const void *a, size_t n_a, const void *b, size_t n_b)
{
	assert_int_equal(n_a, n_b);
	if (n_a)
		assert_memory_equal(a, b, n_a);
}

/* ---- there and back ---- */

static struct authority_question attempt_of(uint8_t *bytes, uint32_t n)
{
	return (struct authority_question){
		.verb = authority_NTLM,
		.body.attempt = { .domain = "WORK",
				  .user = "ann",
				  .workstation = "",
				  .peer = "10.1.2.3",
				  .server_challenge.bytes = { 1, 2, 3, 4, 5, 6, 7, 8 },
				  .flags = 0x80000001,
				  .n_nt = n,
				  .nt = n ? bytes : NULL,
				  .n_lm = 24,
				  .lm = bytes },
	};
}

static void test_questions_come_back(void **state)
{
	static uint8_t bytes[authority_TOKEN_MAX];
	const uint32_t sizes[] = { 0, 24, sizeof(bytes) };
	const struct authority_question terms = { .verb = authority_TERMS };
	struct authority_question back;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	ask(&terms, &back);
	for (size_t i = 0; i < PEN_COUNT(sizes); i++) {
		const struct authority_question attempt = attempt_of(bytes, sizes[i]);
		struct authority_opening opening = { .level = 6, .peer = "x" };
		const struct authority_question leg = { .verb = authority_KRB5,
							.body.leg = { .opening =
									      i ? &opening : NULL,
								      .n = sizes[i],
								      .bytes = bytes } };

		ask(&attempt, &back);
		assert_string_equal(back.body.attempt.domain, "WORK");
		assert_string_equal(back.body.attempt.user, "ann");
		assert_string_equal(back.body.attempt.workstation, "");
		assert_string_equal(back.body.attempt.peer, "10.1.2.3");
		assert_int_equal(back.body.attempt.server_challenge.bytes[7], 8);
		assert_int_equal(back.body.attempt.flags, 0x80000001);
		expect_bytes(back.body.attempt.nt, back.body.attempt.n_nt, bytes, sizes[i]);
		expect_bytes(back.body.attempt.lm, back.body.attempt.n_lm, bytes, 24);
		ask(&leg, &back);
		expect_bytes(back.body.leg.bytes, back.body.leg.n, bytes, sizes[i]);
		assert_int_equal(back.body.leg.opening != NULL, i != 0);
		if (i)
			assert_int_equal(back.body.leg.opening->level, 6);
	}
}

static void test_questions_about_accounts_come_back(void **state)
{
	uint8_t bytes[authority_CIPHER_MAX];
	struct authority_question logon = {
		.verb = authority_LOGON,
		.body.logon = { .domain = "WORK",
				.user = "ann",
				.workstation = "",
				.peer = "10.1.2.3",
				.machines = 0x80,
				.is_interactive = true,
				.n_nt = sizeof(bytes),
				.nt = bytes,
				.nt_hash = { 1, 2, 3 } },
	};
	struct authority_question proof = {
		.verb = authority_PASSWORDS,
		.body.proof = { .rid = 1000, .flags = 7, .credential.bytes = "12345678" },
	};
	struct authority_question change = {
		.verb = authority_CHANGE,
		.body.change = { .refusal = 5,
				 .kind = authority_AES,
				 .body.aes = { .name = "ann",
					       .n_iterations = 1000000,
					       .n_cipher = sizeof(bytes),
					       .cipher = bytes } },
	};
	struct authority_question back;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	ask(&logon, &back);
	assert_string_equal(back.body.logon.user, "ann");
	assert_int_equal(back.body.logon.machines, 0x80);
	assert_true(back.body.logon.is_interactive);
	expect_bytes(back.body.logon.nt, back.body.logon.n_nt, bytes, sizeof(bytes));
	assert_int_equal(back.body.logon.n_lm, 0);
	assert_memory_equal(back.body.logon.nt_hash, logon.body.logon.nt_hash, 16);
	ask(&proof, &back);
	assert_int_equal(back.body.proof.rid, 1000);
	assert_memory_equal(back.body.proof.credential.bytes, "12345678", 8);
	ask(&change, &back);
	assert_int_equal(back.body.change.refusal, 5);
	assert_int_equal(back.body.change.body.aes.n_iterations, 1000000);
	expect_bytes(back.body.change.body.aes.cipher, back.body.change.body.aes.n_cipher, bytes,
		     sizeof(bytes));
	/* What is not there is not believed, and what is longer is not said. */
	change.body.change.body.aes.cipher = NULL;
	assert_int_equal(pen_authority_send_question(ends[0], &change, later()), 0);
	assert_int_equal(pen_authority_receive_question(ends[1], &back, &arena, later()),
			 PEN_E_BAD_DATA);
	change.body.change.body.aes.cipher = bytes;
	change.body.change.body.aes.n_cipher = sizeof(bytes) + 1;
	assert_int_equal(pen_authority_send_question(ends[0], &change, later()), PEN_E_BAD_DATA);
	change.body.change.kind = 3;
	assert_int_equal(pen_authority_send_question(ends[0], &change, later()), PEN_E_BAD_DATA);
}

static void test_answers_come_back(void **state)
{
	uint8_t key[32] = { 9, 8, 7 };
	struct authority_agreed agreed = { .key_type = 18,
					   .flags = 0x1000,
					   .n_session_key = 16,
					   .session_key = key,
					   .n_key = 32,
					   .key = key,
					   .is_acceptors_key = true,
					   .n_sent = 1,
					   .n_received = -1,
					   .token = letter };
	const struct authority_answer stride = {
		.verb = authority_KRB5, .body.stride = { .n = 3, .bytes = key, .agreed = &agreed }
	};
	const struct authority_answer verdict = { .verb = authority_NTLM,
						  .body.verdict = { .result = PEN_E_DENIED,
								    .reason = "no",
								    .session_base_key = { 5 },
								    .is_unproved = true } };
	const struct authority_answer terms = {
		.verb = authority_TERMS,
		.body.terms = { .netbios_computer = "HERE", .dns_domain = "test", .has_krb5 = true }
	};
	struct authority_answer back;
	struct pen_token *known;

	answer(&stride, &back);
	expect_bytes(back.body.stride.bytes, back.body.stride.n, key, 3);
	expect_bytes(back.body.stride.agreed->key, back.body.stride.agreed->n_key, key, 32);
	expect_bytes(back.body.stride.agreed->session_key, back.body.stride.agreed->n_session_key,
		     key, 16);
	assert_int_equal(back.body.stride.agreed->n_received, -1);
	assert_int_equal(pen_letter_to_token(&known, &back.body.stride.agreed->token), 0);
	assert_int_equal(pen_token_info(known)->uid, 1000);
	pen_token_free(known);
	answer(&verdict, &back);
	assert_int_equal(back.body.verdict.result, PEN_E_DENIED);
	assert_string_equal(back.body.verdict.reason, "no");
	assert_int_equal(back.body.verdict.session_base_key[0], 5);
	assert_null(back.body.verdict.token);
	answer(&terms, &back);
	assert_string_equal(back.body.terms.netbios_computer, "HERE");
	assert_null(back.body.terms.dns_computer);
	assert_string_equal(back.body.terms.dns_domain, "test");
	assert_true(back.body.terms.has_krb5);
}

static void test_calls_come_back(void **state)
{
	int pair[2], got = -1;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pen_authority_receive_call(ends[1], &got), PEN_E_AGAIN);
	assert_int_equal(pen_authority_send_call(ends[0], pair[1], later()), 0);
	assert_int_equal(pen_authority_receive_call(ends[1], &got), 0);
	close(pair[1]);
	assert_int_equal(send(pair[0], "x", 1, MSG_NOSIGNAL), 1);
	close(got);
	assert_int_equal(send(pair[0], "x", 1, MSG_NOSIGNAL), -1);
	close(pair[0]);
}

/* An identity with all that one may have. */
static void test_the_largest_identity(void **state)
{
	static struct pen_sid sids[PEN_TOKEN_SIDS_MAX];
	static uint32_t groups[PEN_TOKEN_GROUPS_MAX];
	const struct pen_token_info info = { .proof = PEN_TOKEN_RPC,
					     .sids = sids,
					     .n_sids = PEN_COUNT(sids),
					     .has_unix = true,
					     .groups = groups,
					     .n_groups = PEN_COUNT(groups) };
	struct authority_answer large = { .verb = authority_NTLM };
	struct object_token described;
	struct authority_answer back;
	struct pen_token *known;
	int r;

	for (size_t i = 0; i < PEN_COUNT(sids); i++)
		assert_int_equal(pen_sid_parse(&sids[i], "S-1-5-21-1-2-3-4"), 0);
	assert_int_equal(pen_token_new(&known, &info), 0);
	assert_int_equal(pen_letter_from_token(&described, &arena, known), 0);
	large.body.verdict.token = &described;
	r = pen_authority_send_answer(ends[1], &large, later());
	/* The kernel's own limit is lower on some machines. */
	if (r != PEN_E_LIMIT) {
		assert_int_equal(r, 0);
		assert_int_equal(pen_authority_receive_answer(ends[0], &back, &arena, later()), 0);
		assert_int_equal(back.body.verdict.token->n_sids, PEN_COUNT(sids));
		assert_int_equal(back.body.verdict.token->n_groups, PEN_COUNT(groups));
	}
	pen_token_free(known);
}

/* ---- what is none ---- */

static void test_what_is_no_message(void **state)
{
	static uint8_t large[authority_LETTER_MAX + 1];
	static const uint8_t unknown_verb[] = { 9, 0, 0, 0, 9, 0, 0, 0 };
	/* A leg of five bytes that are not there. */
	static const uint8_t no_leg[] = {
		3, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0
	};
	/* A leg of more bytes than there are. */
	static const uint8_t short_leg[] = { 3, 0, 0, 0, 3, 0, 0, 0,	0,    0, 0, 0,
					     0, 1, 0, 0, 4, 0, 2, 0,	0,    1, 0, 0,
					     1, 2, 3, 4, 5, 6, 7, 0xff, 0xff, 1, 1, 1 };
	static const struct pen_slice rows[] = {
		{ (const uint8_t *)"x", 1 },
		{ unknown_verb, sizeof(unknown_verb) },
		{ no_leg, sizeof(no_leg) },
		{ short_leg, sizeof(short_leg) },
	};
	const int size = 4 * authority_LETTER_MAX;
	struct authority_question question;
	struct authority_answer reply;
	int got;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		for (int k = 0; k < 2; k++)
			assert_int_equal(send(ends[k], rows[i].data, rows[i].size, 0),
					 rows[i].size);
		assert_int_equal(
			pen_authority_receive_question(ends[1], &question, &arena, later()),
			PEN_E_BAD_DATA);
		assert_int_equal(pen_authority_receive_answer(ends[0], &reply, &arena, later()),
				 PEN_E_BAD_DATA);
		assert_int_equal(send(ends[0], rows[i].data, rows[i].size, 0), rows[i].size);
		assert_int_equal(pen_authority_receive_call(ends[1], &got), PEN_E_BAD_DATA);
	}
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (send(ends[0], large, sizeof(large), MSG_DONTWAIT) == sizeof(large)) {
		assert_int_equal(
			pen_authority_receive_question(ends[1], &question, &arena, later()),
			PEN_E_LIMIT);
		assert_int_equal(pen_authority_receive_call(ends[1], &got), PEN_E_BAD_DATA);
	}
}

static void send_with(const void *data, size_t n, int *numbers, unsigned n_numbers)
{
	const struct iovec part = { (void *)(uintptr_t)data, n };
	struct pen_fds fds = { .n = n_numbers };

	memcpy(fds.fds, numbers, n_numbers * sizeof(*numbers));
	assert_int_equal(pen_fds_send(ends[0], &part, 1, &fds, 0), 0);
}

/* Descriptors come with calls alone, one of them, and it is a socket of that kind. */
static void test_descriptors_where_none_belong(void **state)
{
	static const uint8_t terms[] = { 0, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t call[] = { authority_VERSION, 0, 0, 0 };
	static const uint8_t newer_call[] = { authority_VERSION + 1, 0, 0, 0 };
	struct authority_question question;
	int several[] = { ends[0], ends[1] };
	int pipe_ends[2], streams[2], got = -1;

	assert_int_equal(pipe(pipe_ends), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, streams), 0);
	send_with(terms, sizeof(terms), several, 0);
	assert_int_equal(pen_authority_receive_question(ends[1], &question, &arena, later()), 0);
	send_with(terms, sizeof(terms), several, 1);
	assert_int_equal(pen_authority_receive_question(ends[1], &question, &arena, later()),
			 PEN_E_BAD_DATA);
	send_with(call, sizeof(call), several, 0);
	assert_int_equal(pen_authority_receive_call(ends[1], &got), PEN_E_BAD_DATA);
	send_with(call, sizeof(call), several, 2);
	assert_int_equal(pen_authority_receive_call(ends[1], &got), PEN_E_BAD_DATA);
	send_with(call, sizeof(call), pipe_ends, 1);
	assert_int_equal(pen_authority_receive_call(ends[1], &got), PEN_E_BAD_DATA);
	send_with(call, sizeof(call), streams, 1);
	assert_int_equal(pen_authority_receive_call(ends[1], &got), PEN_E_BAD_DATA);
	send_with(newer_call, sizeof(newer_call), several, 1);
	assert_int_equal(pen_authority_receive_call(ends[1], &got), PEN_E_BAD_DATA);
	assert_int_equal(got, -1);
	for (int i = 0; i < 2; i++) {
		close(pipe_ends[i]);
		close(streams[i]);
	}
}

static void test_what_is_too_long_to_say(void **state)
{
	char *name = malloc(2 * authority_TEXT_MAX);
	struct authority_question question = attempt_of(NULL, 0);

	memset(name, 'x', 2 * authority_TEXT_MAX);
	name[authority_TEXT_MAX] = '\0';
	question.body.attempt.n_lm = 0;
	question.body.attempt.user = name;
	assert_int_equal(pen_authority_send_question(ends[0], &question, later()), PEN_E_BAD_DATA);
	free(name);
}

/* ---- waiting ---- */

static void test_waiting_ends(void **state)
{
	const struct authority_question terms = { .verb = authority_TERMS };
	struct authority_question question;
	struct authority_answer reply;
	int got;

	assert_int_equal(pen_authority_receive_answer(ends[0], &reply, &arena, pen_clock_ms() + 20),
			 PEN_E_TIMEOUT);
	assert_int_equal(pen_authority_receive_answer(ends[0], &reply, &arena, 0), PEN_E_TIMEOUT);
	/* Nobody reads. */
	while (!pen_authority_send_question(ends[0], &terms, pen_clock_ms() + 20))
		;
	assert_int_equal(pen_authority_send_question(ends[0], &terms, 0), PEN_E_TIMEOUT);
	shutdown(ends[0], SHUT_RDWR);
	while (!pen_authority_receive_question(ends[1], &question, &arena, later()))
		;
	assert_int_equal(pen_authority_receive_question(ends[1], &question, &arena, later()),
			 PEN_E_CLOSED);
	assert_int_equal(pen_authority_receive_call(ends[1], &got), PEN_E_CLOSED);
	assert_int_equal(pen_authority_send_question(ends[1], &terms, later()), PEN_E_CLOSED);
}

/* ---- secrets, and memory ---- */

static int send_and_receive(const struct authority_answer *reply)
{
	struct authority_answer back;
	int r = pen_authority_send_answer(ends[1], reply, later());

	if (!r)
		r = pen_authority_receive_answer(ends[0], &back, &arena, later());
	if (!r)
		assert_memory_equal(back.body.verdict.session_base_key,
				    reply->body.verdict.session_base_key, 16);
	explicit_bzero(&back, sizeof(back));
	return r;
}

static void test_secrets_are_wiped(void **state)
{
	struct authority_answer *reply = pen_secret_alloc(sizeof(*reply));

	reply->verb = authority_NTLM;
	memcpy(reply->body.verdict.session_base_key, "\xa1z7k secret key.", 16);
	reply->body.verdict.token = &letter;
	secrecy_begin();
	secrecy_look_for("the key", reply->body.verdict.session_base_key, 16);
	assert_int_equal(send_and_receive(reply), 0);
	pen_arena_wipe(&arena);
	assert_int_equal(secrecy_count(), 0);
	pen_secret_free(reply);
	/* close_pair needs nothing of what the arena had. */
}

static void test_no_memory(void **state)
{
	const struct authority_answer reply = { .verb = authority_NTLM,
						.body.verdict.token = &letter };
	struct authority_answer left;
	struct pen_arena none;
	int r;

	for (size_t n = 1;; n++) {
		pen_arena_init(&none, PEN_AUTHORITY_ARENA_MAX);
		pen_fail_at(n);
		r = pen_authority_send_answer(ends[1], &reply, later());
		if (!r)
			r = pen_authority_receive_answer(ends[0], &left, &none, later());
		pen_arena_wipe(&none);
		if (!pen_fail_hit())
			break;
		assert_true(r == -ENOMEM || r == PEN_E_LIMIT); /* the arena's */
		/* Of what was sent and not taken. */
		while (recv(ends[0], &left, 1, MSG_DONTWAIT) >= 0)
			;
	}
	assert_int_equal(r, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_questions_come_back, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_questions_about_accounts_come_back, open_pair,
						close_pair),
		cmocka_unit_test_setup_teardown(test_answers_come_back, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_calls_come_back, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_the_largest_identity, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_what_is_no_message, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_descriptors_where_none_belong, open_pair,
						close_pair),
		cmocka_unit_test_setup_teardown(test_what_is_too_long_to_say, open_pair,
						close_pair),
		cmocka_unit_test_setup_teardown(test_waiting_ends, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_secrets_are_wiped, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_no_memory, open_pair, close_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
