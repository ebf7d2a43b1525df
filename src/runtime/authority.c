/* SPDX-License-Identifier: MIT */
#include "runtime/authority.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "io/clock.h"
#include "object/letter.h"
#include "runtime/authority-letter.h"
#include "runtime/authority-terms.h"
#include "sec/krb5-outcome.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TIMEOUT_MS = 30000,
	SUCCESSOR_MS = 5000, /* until there is another in the place of one that died */
	ERRNO_MAX = 4095,
	DRAWN_MAX = 256,
	OFFERS_MAX = 64,
};

/* Whose challenge that is: he alone judges what is answered to it. */
struct drawn {
	uint8_t challenge[PEN_NTLM_CHALLENGE_SIZE];
	uint32_t n_replaced;
};

struct pen_authority {
	pthread_mutex_t mutex;
	pthread_cond_t replaced;
	int socket;
	int previous; /* that was replaced last, for what was begun there; -1: none */
	uint32_t n_replaced;
	struct drawn drawn[DRAWN_MAX]; /* the last */
	size_t next_drawn;
	uint32_t timeout_ms;
	struct pen_authority_offer *offer; /* NULL: none yet */
	size_t n_offers;
	struct pen_authority_inquiry *inquiry; /* NULL: none is made */
};

PEN_DEFINE_FREEP(struct pen_authority, pen_authority)

/* One, and what was answered last. */
struct conversation {
	int socket;
	uint32_t n_replaced; /* with whom */
	struct pen_arena arena;
	struct authority_answer answer;
};

/* ---- the way there ---- */

/* A descriptor of one's own for the socket, which another thread may close. */
static int borrow(struct pen_authority *authority, uint32_t *n_replacedp)
{
	int fd;

	pthread_mutex_lock(&authority->mutex);
	fd = fcntl(authority->socket, F_DUPFD_CLOEXEC, 0);
	*n_replacedp = authority->n_replaced;
	pthread_mutex_unlock(&authority->mutex);
	return fd < 0 ? -errno : fd;
}

static int await_successor(struct pen_authority *authority, uint32_t n_replaced, uint64_t due)
{
	const struct timespec until = { (time_t)(due / 1000), (long)(due % 1000) * 1000000 };
	int r = 0;

	pthread_mutex_lock(&authority->mutex);
	while (!r && authority->n_replaced == n_replaced)
		r = pthread_cond_timedwait(&authority->replaced, &authority->mutex, &until);
	pthread_mutex_unlock(&authority->mutex);
	return r ? PEN_E_CLOSED : 0;
}

/* The other end goes there. Nobody being there, there may soon be another. */
static int call(struct pen_authority *authority, int end, uint32_t *n_replacedp)
{
	uint64_t due = pen_clock_ms() + authority->timeout_ms;
	/* Who has just begun is begun anew. */
	uint64_t patience = authority->offer ? pen_clock_ms() + SUCCESSOR_MS : 0;
	int r;

	do {
		uint32_t n_replaced = 0;
		int fd = borrow(authority, &n_replaced);

		if (fd < 0)
			return fd;
		r = pen_authority_send_call(fd, end, due);
		close(fd);
		*n_replacedp = n_replaced;
		if (r != PEN_E_CLOSED)
			return r;
		r = await_successor(authority, n_replaced, patience < due ? patience : due);
	} while (!r);
	return r;
}

/* Over that way alone, which is closed. */
static int call_by(const struct pen_authority *authority, int fd, int end)
{
	int r = pen_authority_send_call(fd, end, pen_clock_ms() + authority->timeout_ms);

	close(fd);
	return r;
}

/* way: -1: whoever is there. */
static int conversation_begin(struct conversation *conversation, struct pen_authority *authority,
			      int way)
{
	int ends[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		r = -errno;
		if (way >= 0)
			close(way);
		return r;
	}
	r = way < 0 ? call(authority, ends[1], &conversation->n_replaced)
		    : call_by(authority, way, ends[1]);
	close(ends[1]);
	if (r) {
		close(ends[0]);
		return r;
	}
	conversation->socket = ends[0];
	pen_arena_init(&conversation->arena, PEN_AUTHORITY_ARENA_MAX);
	return 0;
}

static void conversation_end(struct conversation *conversation)
{
	close(conversation->socket);
	pen_arena_wipe(&conversation->arena);
	explicit_bzero(&conversation->answer, sizeof(conversation->answer));
}

static int ask(struct conversation *conversation, const struct pen_authority *authority,
	       const struct authority_question *question)
{
	uint64_t due = pen_clock_ms() + authority->timeout_ms;
	int r = pen_authority_send_question(conversation->socket, question, due);

	pen_arena_wipe(&conversation->arena);
	if (!r)
		r = pen_authority_receive_answer(conversation->socket, &conversation->answer,
						 &conversation->arena, due);
	if (!r && conversation->answer.verb != question->verb)
		r = PEN_E_BAD_DATA;
	return r;
}

/* ---- what failed, in words ---- */

const char *pen_authority_sentence(int r)
{
	if (r < 0)
		return strerror(-r);
	switch (r) {
	case PEN_E_TIMEOUT:
		return "penstock-authd, which knows who may come in, has not answered in time";
	case PEN_E_CLOSED:
		return "penstock-authd, which knows who may come in, has ended or is busy";
	case PEN_E_LIMIT:
		return "what the client says is longer than penstock-authd is asked";
	default:
		return "what penstock-authd was asked or answered makes no sense";
	}
}

/* Where nothing can be known the client is denied; the log has the sentence. */
static int deny(int r, char *reason, size_t n)
{
	if (r < 0)
		return r;
	snprintf(reason, n, "%s", pen_authority_sentence(r));
	return PEN_E_DENIED;
}

static int result_of(int32_t result)
{
	if (result < 0)
		return result < -ERRNO_MAX ? -EIO : result;
	return !result || result == PEN_E_AGAIN || result == PEN_E_BAD_DATA ||
			       result == PEN_E_NOT_FOUND
		       ? result
		       : PEN_E_DENIED;
}

/* ---- NTLM ---- */

static uint8_t *bytes_of(struct pen_slice slice)
{
	return slice.size ? (uint8_t *)(uintptr_t)slice.data : NULL;
}

static int take_verdict(const struct authority_verdict *letter, struct pen_ntlm_verdict *verdict)
{
	int r = result_of(letter->result);

	if (letter->reason)
		snprintf(verdict->reason, sizeof(verdict->reason), "%s", letter->reason);
	if (r)
		return r == PEN_E_NOT_FOUND || r < 0 ? r : PEN_E_DENIED;
	if (!letter->token)
		return deny(PEN_E_BAD_DATA, verdict->reason, sizeof(verdict->reason));
	r = pen_letter_to_token(&verdict->token, letter->token);
	if (r)
		return deny(r, verdict->reason, sizeof(verdict->reason));
	memcpy(verdict->session_base_key, letter->session_base_key, PEN_NTLM_KEY_SIZE);
	verdict->is_unproved = letter->is_unproved;
	return 0;
}

static void remember(struct pen_authority *authority, const struct conversation *conversation)
{
	struct drawn *drawn;

	pthread_mutex_lock(&authority->mutex);
	drawn = &authority->drawn[authority->next_drawn++ % DRAWN_MAX];
	memcpy(drawn->challenge, conversation->answer.body.challenge.bytes,
	       PEN_NTLM_CHALLENGE_SIZE);
	drawn->n_replaced = conversation->n_replaced;
	pthread_mutex_unlock(&authority->mutex);
}

/* The way to the one before, if he has drawn it; -1: to whoever is there. */
static int way_of(struct pen_authority *authority, const uint8_t challenge[PEN_NTLM_CHALLENGE_SIZE])
{
	int way = -1;

	pthread_mutex_lock(&authority->mutex);
	for (size_t i = 0; i < DRAWN_MAX && authority->previous >= 0; i++)
		if (authority->drawn[i].n_replaced + 1 == authority->n_replaced &&
		    !memcmp(authority->drawn[i].challenge, challenge, PEN_NTLM_CHALLENGE_SIZE))
			way = fcntl(authority->previous, F_DUPFD_CLOEXEC, 0);
	pthread_mutex_unlock(&authority->mutex);
	return way;
}

static int judge(void *data, const struct pen_ntlm_attempt *attempt,
		 struct pen_ntlm_verdict *verdict)
{
	struct pen_authority *authority = data;
	struct authority_question question = {
		.verb = authority_NTLM,
		.body.attempt = { .domain = attempt->domain,
				  .user = attempt->user,
				  .workstation = attempt->workstation,
				  .peer = attempt->peer,
				  .flags = attempt->flags,
				  .n_nt = (uint32_t)attempt->nt.size,
				  .nt = bytes_of(attempt->nt),
				  .n_lm = (uint32_t)attempt->lm.size,
				  .lm = bytes_of(attempt->lm) },
	};
	struct conversation conversation;
	int r = conversation_begin(&conversation, authority,
				   way_of(authority, attempt->server_challenge));

	if (r)
		return deny(r, verdict->reason, sizeof(verdict->reason));
	memcpy(question.body.attempt.server_challenge.bytes, attempt->server_challenge,
	       PEN_NTLM_CHALLENGE_SIZE);
	r = ask(&conversation, authority, &question);
	r = r ? deny(r, verdict->reason, sizeof(verdict->reason))
	      : take_verdict(&conversation.answer.body.verdict, verdict);
	conversation_end(&conversation);
	return r;
}

static int draw_once(struct pen_authority *authority, uint8_t challenge[PEN_NTLM_CHALLENGE_SIZE])
{
	const struct authority_question question = { .verb = authority_CHALLENGE };
	struct conversation conversation;
	int r = conversation_begin(&conversation, authority, -1);

	if (r)
		return r;
	r = ask(&conversation, authority, &question);
	if (!r) {
		memcpy(challenge, conversation.answer.body.challenge.bytes,
		       PEN_NTLM_CHALLENGE_SIZE);
		remember(authority, &conversation);
	}
	conversation_end(&conversation);
	return r;
}

/* penstock-authd judges answers to its own alone. If it has just died, the next one may draw. */
static int draw(void *data, uint8_t challenge[PEN_NTLM_CHALLENGE_SIZE])
{
	int r = draw_once(data, challenge);

	return r == PEN_E_CLOSED ? draw_once(data, challenge) : r;
}

/* ---- Kerberos ---- */

static int take_agreed(const struct authority_agreed *letter, struct pen_krb5_outcome *outcome)
{
	*outcome = (struct pen_krb5_outcome){
		.key_type = (int)letter->key_type,
		.flags = letter->flags,
		.session_key = { letter->session_key, letter->n_session_key },
		.agreed = { .type = (int)letter->key_type,
			    .key = { letter->key, letter->n_key },
			    .is_acceptors_key = letter->is_acceptors_key,
			    .n_sent = (uint64_t)letter->n_sent,
			    .n_received = (uint64_t)letter->n_received },
		.exported = { letter->context, letter->n_context },
	};
	return pen_letter_to_token(&outcome->token, &letter->token);
}

static int take_stride(const struct authority_stride *letter, struct pen_buffer *out,
		       struct pen_krb5_outcome *outcome, char reason[PEN_KRB5_REASON_MAX])
{
	int r = result_of(letter->result);

	if (letter->n && pen_buffer_add(out, letter->bytes, letter->n))
		return -ENOMEM;
	if (letter->reason)
		snprintf(reason, PEN_KRB5_REASON_MAX, "%s", letter->reason);
	if (r)
		return r == PEN_E_NOT_FOUND ? PEN_E_DENIED : r;
	r = letter->agreed ? take_agreed(letter->agreed, outcome) : PEN_E_BAD_DATA;
	return r ? deny(r, reason, PEN_KRB5_REASON_MAX) : 0;
}

static int begin_legs(void **legsp, struct pen_authority *authority)
{
	pen_cleanup(pen_secret_freep) struct conversation *legs = pen_secret_alloc(sizeof(*legs));
	int r;

	if (!legs)
		return -ENOMEM;
	r = conversation_begin(legs, authority, -1);
	if (!r)
		*legsp = pen_take(&legs);
	return r;
}

static int leg(void *data, void **legsp, const struct pen_mech_server *server, struct pen_slice in,
	       struct pen_buffer *out, struct pen_krb5_outcome *outcome,
	       char reason[PEN_KRB5_REASON_MAX])
{
	struct pen_authority *authority = data;
	struct authority_opening opening = {
		.level = server->level,
		.peer = server->peer ? server->peer : "",
		.n_bindings = (uint32_t)server->channel_bindings.size,
		.bindings = bytes_of(server->channel_bindings),
	};
	const struct authority_question question = {
		.verb = authority_KRB5,
		.body.leg = { .opening = *legsp ? NULL : &opening,
			      .n = (uint32_t)in.size,
			      .bytes = bytes_of(in) },
	};
	struct conversation *legs;
	int r = *legsp ? 0 : begin_legs(legsp, authority);

	legs = *legsp;
	if (!r)
		r = ask(legs, authority, &question);
	if (r)
		return deny(r, reason, PEN_KRB5_REASON_MAX);
	return take_stride(&legs->answer.body.stride, out, outcome, reason);
}

static void end_legs(void *data)
{
	struct conversation *legs = data;

	conversation_end(legs);
	pen_secret_free(legs);
}

static const struct pen_krb5_acceptor acceptor = { .leg = leg, .end = end_legs };

/* ---- what is offered ---- */

/* In the place of the one before. */
static int take_terms(struct pen_authority *authority, const struct authority_terms *terms)
{
	const struct pen_ntlm_server ntlm = {
		.judge = judge, .data = authority, .may_block = true, .draw = draw
	};
	const struct pen_krb5_server krb5 = { .acceptor = &acceptor, .data = authority };
	int r = pen_authority_offer_new(&authority->offer, terms, &ntlm, &krb5, authority->offer);

	authority->n_offers += !r;
	return r;
}

static int ask_terms(struct pen_authority *authority)
{
	const struct authority_question question = { .verb = authority_TERMS };
	struct conversation conversation;
	int r = conversation_begin(&conversation, authority, -1);

	if (r)
		return r;
	r = ask(&conversation, authority, &question);
	if (!r)
		r = take_terms(authority, &conversation.answer.body.terms);
	conversation_end(&conversation);
	return r;
}

int pen_authority_ask_again(struct pen_authority *authority, int *fdp)
{
	uint32_t n_replaced;
	int fd, r;

	authority->inquiry = pen_authority_inquiry_free(authority->inquiry);
	fd = borrow(authority, &n_replaced);
	if (fd < 0)
		return fd;
	r = pen_authority_inquiry_new(&authority->inquiry, fd, authority->timeout_ms);
	if (!r)
		*fdp = pen_authority_inquiry_fd(authority->inquiry);
	return r;
}

int pen_authority_renewed(struct pen_authority *authority)
{
	const struct authority_terms *terms;
	int r;

	if (!authority->inquiry)
		return -EAGAIN;
	r = pen_authority_inquiry_terms(authority->inquiry, &terms);
	if (r == -EAGAIN)
		return r;
	if (!r && pen_authority_offer_is(authority->offer, terms))
		r = PEN_E_EXISTS;
	if (!r && authority->n_offers >= OFFERS_MAX)
		r = PEN_E_LIMIT;
	if (!r)
		r = take_terms(authority, terms);
	authority->inquiry = pen_authority_inquiry_free(authority->inquiry);
	return r;
}

/* ---- the rest ---- */

struct pen_authority *pen_authority_of(const struct pen_mechs *mechs)
{
	const struct pen_mech_row *row = mechs ? pen_mechs_find(mechs, PEN_AUTH_NTLM) : NULL;
	const struct pen_ntlm_server *ntlm = row ? row->config : NULL;

	return ntlm && ntlm->judge == judge ? ntlm->data : NULL;
}

int pen_authority_ask(struct pen_authority *authority, const struct authority_question *question,
		      struct authority_answer *answer, struct pen_arena *arena)
{
	struct conversation conversation;
	int r = conversation_begin(&conversation, authority, -1);

	if (r)
		return r;
	r = ask(&conversation, authority, question);
	if (!r) {
		*answer = conversation.answer;
		pen_arena_wipe(arena);
		*arena = conversation.arena;
		pen_arena_init(&conversation.arena, 0);
	}
	conversation_end(&conversation);
	return r;
}

/* ---- its life ---- */

/* Waiting ends by a clock that never jumps. */
static void init_replaced(pthread_cond_t *replaced)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(replaced, &attributes);
	pthread_condattr_destroy(&attributes);
}

int pen_authority_new(struct pen_authority **authorityp, int socket, uint32_t timeout_ms)
{
	pen_cleanup(pen_authority_freep) struct pen_authority *authority =
		calloc(1, sizeof(*authority));
	int r;

	if (!authority) {
		close(socket);
		return -ENOMEM;
	}
	authority->socket = socket;
	authority->previous = -1;
	authority->timeout_ms = timeout_ms ? timeout_ms : TIMEOUT_MS;
	pthread_mutex_init(&authority->mutex, NULL);
	init_replaced(&authority->replaced);
	r = ask_terms(authority);
	if (!r)
		*authorityp = pen_take(&authority);
	return r;
}

struct pen_authority *pen_authority_free(struct pen_authority *authority)
{
	if (!authority)
		return NULL;
	pen_authority_inquiry_free(authority->inquiry);
	pen_authority_offer_free(authority->offer);
	close(authority->socket);
	if (authority->previous >= 0)
		close(authority->previous);
	pthread_cond_destroy(&authority->replaced);
	pthread_mutex_destroy(&authority->mutex);
	free(authority);
	return NULL;
}

void pen_authority_replace(struct pen_authority *authority, int socket)
{
	int old;

	pthread_mutex_lock(&authority->mutex);
	old = authority->previous;
	authority->previous = authority->socket;
	authority->socket = socket;
	authority->n_replaced++;
	pthread_cond_broadcast(&authority->replaced);
	pthread_mutex_unlock(&authority->mutex);
	if (old >= 0)
		close(old);
}

struct pen_mechs *pen_authority_mechs(const struct pen_authority *authority)
{
	return authority->offer->mechs;
}
