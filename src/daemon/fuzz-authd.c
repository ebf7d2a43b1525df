/* SPDX-License-Identifier: MIT */
/*
 * What a worker may say in a conversation: whatever it is, it ends, and no verdict comes of it
 * that the judge did not give; nor does the program that serves the accounts learn what it did not
 * know, but for what it has set itself. Messages are divided by their lengths, two bytes each.
 */
#include "daemon/authd-talk.h"
#include "runtime/authority-letter.h"
#include "runtime/world.h"
#include "store/vault.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGES_MAX = 8 };

static bool is_judged;

static int judge(void *data, const struct pen_ntlm_attempt *attempt,
		 struct pen_ntlm_verdict *verdict)
{
	if (attempt->allow_v1 || attempt->nt.size < 44)
		abort();
	is_judged = true;
	if (strlen(attempt->user) + strlen(attempt->domain) + strlen(attempt->workstation) +
		    strlen(attempt->peer) >
	    4 * authority_TEXT_MAX)
		abort();
	return pen_token_new_unix(&verdict->token, 1, 1, NULL, 0, 0, false);
}

static const struct pen_ntlm_server ntlm = { .netbios_computer = "HERE", .judge = judge };
static const struct pen_krb5_server krb5 = { .keytab = "FILE:/nowhere", .rcache = "none:" };

/* ---- the accounts ---- */

static struct pen_logons logons;
static struct pen_vault_desk desk = { .logons = &logons };
static struct pen_vault by_desk;

static uint64_t now(void *data)
{
	return UINT64_C(134000000000000000);
}

/* Nobody knows them, nor the ones before. */
static void set_passwords(void)
{
	for (uint32_t rid = 1000, i = 0; i < 4; rid = 1000 + ++i % 2)
		if (pen_accounts_set_hash(logons.accounts, rid,
					  (const uint8_t *)"no one knows this", now(NULL)) ||
		    pen_accounts_unlock(logons.accounts, rid))
			abort();
}

static void close_accounts(void)
{
	pen_accounts_close(logons.accounts);
}

static void make_accounts(const struct pen_crypto *crypto)
{
	static const struct pen_account_user users[] = {
		{ .name = "ann", .rid = 1000 },
		{ .name = "MEMBER$", .rid = 1001, .control = PEN_ACCOUNT_WORKSTATION_TRUST },
	};
	uint32_t rid;

	logons = (struct pen_logons){ .crypto = crypto, .now = now };
	if (pen_accounts_open(&logons.accounts, ":memory:", "HERE", now(NULL), NULL) ||
	    pen_accounts_use_key(logons.accounts, crypto, (const uint8_t[32]){ 1 }))
		abort();
	for (size_t i = 0; i < PEN_COUNT(users); i++)
		if (pen_accounts_add_user(logons.accounts, &users[i], &rid))
			abort();
	atexit(close_accounts);
	by_desk = pen_vault_of_desk(&desk);
	set_passwords();
}

static bool is_set; /* one of them, by this conversation, which asks no more */

static void expect_no_knowledge(const struct authority_answer *answer)
{
	const union authority_answer_body *body = &answer->body;

	if (answer->verb == authority_LOGON && !body->admission.result && !body->admission.status)
		abort();
	if (answer->verb == authority_PROOF && !body->channel.result)
		abort();
	if (answer->verb == authority_PASSWORDS && !body->passwords.result)
		abort();
	if (answer->verb == authority_CHANGE && !body->changed.result && !body->changed.status)
		abort();
	is_set = answer->verb == authority_SET && !body->result;
}

static int begin(const struct pen_vault *vault, struct pen_vault_query *query)
{
	int r = by_desk.ops->begin(&by_desk, query);

	if (!r)
		expect_no_knowledge(&query->answer);
	return r;
}

/* Any key is as wrong as the one that takes so many rounds. */
static void work(const struct pen_vault *vault, struct pen_vault_query *query)
{
	query->r = 0;
}

static int end(const struct pen_vault *vault, struct pen_vault_query *query)
{
	int r = by_desk.ops->end(&by_desk, query);

	if (!r)
		expect_no_knowledge(&query->answer);
	return r;
}

static const struct pen_vault_ops vault_ops = { .begin = begin, .work = work, .end = end };
static const struct pen_vault vault = { .ops = &vault_ops };

/* ---- the worker ---- */

static void expect_no_verdict(int socket)
{
	struct authority_answer answer;
	struct pen_arena arena;

	pen_arena_init(&arena, PEN_AUTHORITY_ARENA_MAX);
	while (!pen_authority_receive_answer(socket, &answer, &arena, 0)) {
		if (answer.verb == authority_NTLM && !answer.body.verdict.result && !is_judged)
			abort();
		if (answer.verb == authority_KRB5 && !answer.body.stride.result)
			abort();
	}
	pen_arena_done(&arena);
}

static void converse(const struct authd_config *config, const uint8_t *data, size_t size)
{
	static struct challenges challenges = { .mutex = PTHREAD_MUTEX_INITIALIZER };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		abort();
	for (int i = 0; i < MESSAGES_MAX && size >= 2; i++) {
		size_t n = (size_t)data[0] << 8 | data[1];

		if (n > size - 2)
			n = size - 2;
		if (n)
			send(ends[0], data + 2, n, MSG_DONTWAIT);
		data += 2 + n;
		size -= 2 + n;
	}
	shutdown(ends[0], SHUT_WR);
	memset(challenges.rows[1], 'x', PEN_NTLM_CHALLENGE_SIZE);
	challenges.due[1] = UINT64_MAX;
	is_judged = false;
	(void)talk_serve(ends[1], config, &challenges, true);
	close(ends[1]);
	expect_no_verdict(ends[0]);
	close(ends[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pen_world world;
	const struct authd_config config = {
		.world = &world.mech,
		.ntlm = &ntlm,
		.krb5 = &krb5,
		.vault = &vault,
		.conversation_ms = 60000,
	};

	if (!world.crypto) {
		setenv("KRB5_CONFIG", "/dev/null", 1);
		if (pen_world_init(&world))
			abort();
		make_accounts(world.crypto);
	}
	is_set = false;
	converse(&config, data, size);
	if (is_set)
		set_passwords();
	return 0;
}
