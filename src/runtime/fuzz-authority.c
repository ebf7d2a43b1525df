/* SPDX-License-Identifier: MIT */
/* What penstock-authd may answer: a worker takes it or denies its client, and forgets it. */
#include "io/clock.h"
#include "runtime/authority-letter.h"
#include "runtime/authority.h"
#include "runtime/world.h"
#include "sec/krb5.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct authority_answer terms = {
	.verb = authority_TERMS, .body.terms = { .netbios_computer = "HERE", .has_krb5 = true }
};

/* ---- the other side: what it is asked it answers by the next of these ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct pen_slice answers[2];
static size_t n_answered;
static int ends[2]; /* ours, the worker's */

static bool answer_one(int socket)
{
	struct pen_slice next = { 0 };
	bool is_sent = true;

	pthread_mutex_lock(&mutex);
	if (n_answered < PEN_COUNT(answers))
		next = answers[n_answered++];
	if (!next.data)
		pen_authority_send_answer(socket, &terms, pen_clock_ms() + 10000);
	else
		is_sent = next.size && send(socket, next.data, next.size, MSG_NOSIGNAL) > 0;
	pthread_mutex_unlock(&mutex);
	return is_sent;
}

static void answer(int socket)
{
	static uint8_t room[authority_LETTER_MAX];

	while (recv(socket, room, sizeof(room), 0) > 0 && answer_one(socket))
		;
	close(socket);
}

static void have_answered(struct pen_slice first, struct pen_slice second)
{
	pthread_mutex_lock(&mutex);
	n_answered = 0;
	answers[0] = first;
	answers[1] = second;
	pthread_mutex_unlock(&mutex);
}

static void *be_authd(void *data)
{
	struct pollfd wait = { .fd = ends[0], .events = POLLIN };
	int socket, r;

	for (;;) {
		poll(&wait, 1, -1);
		r = pen_authority_receive_call(ends[0], &socket);
		if (!r)
			answer(socket);
		else if (r != PEN_E_AGAIN)
			abort();
	}
	return NULL;
}

/* ---- the worker ---- */

static struct pen_world world;

static void ask_judge(const struct pen_ntlm_server *ntlm)
{
	const struct pen_ntlm_attempt attempt = {
		.domain = "", .user = "ann", .workstation = "", .peer = ""
	};
	struct pen_ntlm_verdict verdict = { .token = NULL };
	int r = ntlm->judge(ntlm->data, &attempt, &verdict);

	if (!r != !!verdict.token)
		abort();
	pen_token_free(verdict.token);
}

static void take_legs(const struct pen_mech_row *row)
{
	static const uint8_t token[] = { 0x6e, 0 };
	const struct pen_mech_server server = { .world = &world.mech,
						.config = row->config,
						.level = PEN_AUTH_LEVEL_PRIVACY };
	struct pen_buffer out = { 0 };
	struct pen_mech_context *context;
	struct pen_token *known;
	int r = PEN_E_AGAIN;

	if (row->mech->new_server(&context, &server))
		abort();
	for (int i = 0; i < 3 && r == PEN_E_AGAIN; i++) {
		r = row->mech->step(context, (struct pen_slice){ token, sizeof(token) }, &out);
		if (r == PEN_PENDING) {
			row->mech->work(context);
			r = row->mech->step(context, (struct pen_slice){ 0 }, &out);
		}
	}
	if (!r && row->mech->token(context, &known))
		abort();
	if (!r)
		pen_token_free(known);
	row->mech->signature_size(context, 8, true);
	row->mech->free(context);
	pen_buffer_done(&out);
}

static void ask_about_accounts(struct pen_authority *authority, uint32_t verb)
{
	struct authority_question question = { .verb = authority_LOGON + verb % 5 };
	struct authority_answer answer;
	struct pen_arena arena;

	if (question.verb == authority_LOGON)
		question.body.logon = (struct authority_logon){
			.domain = "", .user = "ann", .workstation = "", .peer = ""
		};
	pen_arena_init(&arena, 0);
	if (!pen_authority_ask(authority, &question, &answer, &arena) &&
	    answer.verb != question.verb)
		abort();
	pen_arena_done(&arena);
}

static void begin(struct pen_authority **authorityp)
{
	pthread_t thread;

	setenv("KRB5_CONFIG", "/dev/null", 1);
	if (pen_world_init(&world) || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) ||
	    pthread_create(&thread, NULL, be_authd, NULL) ||
	    pen_authority_new(authorityp, ends[1], 0))
		abort();
}

/* The first byte says who asks, the second where the first answer ends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pen_authority *authority;
	struct pen_authority *other;
	size_t cut;

	if (!authority)
		begin(&authority);
	if (size < 2)
		return 0;
	cut = data[1] * (size - 2) / 255;
	have_answered((struct pen_slice){ data + 2, cut },
		      (struct pen_slice){ data + 2 + cut, size - 2 - cut });
	if (data[0] % 4 == 3) {
		ask_about_accounts(authority, data[0] / 4);
	} else if (data[0] % 4 == 0) {
		if (!pen_authority_new(&other, dup(ends[1]), 0))
			pen_authority_free(other);
	} else if (data[0] % 4 == 1) {
		ask_judge(pen_mechs_find(pen_authority_mechs(authority), PEN_AUTH_NTLM)->config);
	} else {
		take_legs(pen_mechs_find(pen_authority_mechs(authority), PEN_AUTH_KRB5));
	}
	have_answered((struct pen_slice){ 0 }, (struct pen_slice){ 0 });
	return 0;
}
