/* SPDX-License-Identifier: MIT */
/*
 * What a worker may say in a conversation: whatever it is, it ends, and no verdict comes of it
 * that the judge did not give. Messages are divided by their lengths, two bytes each.
 */
#include "daemon/authd-talk.h"
#include "runtime/authority-letter.h"
#include "runtime/world.h"
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
		.world = &world.mech, .ntlm = &ntlm, .krb5 = &krb5, .conversation_ms = 60000
	};

	if (!world.crypto) {
		setenv("KRB5_CONFIG", "/dev/null", 1);
		if (pen_world_init(&world))
			abort();
	}
	converse(&config, data, size);
	return 0;
}
