/* SPDX-License-Identifier: MIT */
#include "runtime/authority-letter.h"
#include "base/secret.h"
#include "io/clock.h"
#include "io/foul.h"
#include <errno.h>
#include <limits.h>
#include <penstock/buffer.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Whose descriptors those are that should not have come. */
#define WORKERS (UINT32_MAX - 1)

/* Most messages are shorter. */
enum { SHORT = 4096, CALL_MAX = 64 };

static const struct pen_layout layout = { .transfer = PEN_NDR };

/* ---- waiting ---- */

static int wait_for(int socket, short events, uint64_t due)
{
	struct pollfd poll_fd = { .fd = socket, .events = events };

	for (;;) {
		uint64_t now = pen_clock_ms();
		uint64_t ms = now < due ? due - now : 0;
		int r;

		if (!ms)
			return PEN_E_TIMEOUT;
		r = poll(&poll_fd, 1, ms < INT_MAX ? (int)ms : INT_MAX);
		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
	}
}

static bool is_gone(int r)
{
	return r == -EPIPE || r == -ECONNRESET || r == -ENOTCONN || r == -ECONNREFUSED;
}

/* ---- sending ---- */

/* The longest message must fit; what the kernel does not grant is found when one does not. */
static bool widen(int socket)
{
	const int wanted = authority_LETTER_MAX + 4096;
	socklen_t n = sizeof(int);
	int had = 0, has = 0;

	getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &had, &n);
	setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof(wanted));
	getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &has, &n);
	return has > had;
}

static int send_bytes(int socket, struct pen_slice bytes, int fd, uint64_t due)
{
	const struct pen_fds fds = { .fds = { fd }, .n = fd >= 0 };
	const struct iovec part = { (void *)(uintptr_t)bytes.data, bytes.size };
	int r;

	for (;;) {
		r = pen_fds_send(socket, &part, 1, &fds, MSG_DONTWAIT);
		if (r == -EMSGSIZE)
			r = widen(socket) ? -EINTR : PEN_E_LIMIT;
		if (r == -EAGAIN)
			r = wait_for(socket, POLLOUT, due);
		else if (r != -EINTR)
			return is_gone(r) ? PEN_E_CLOSED : r;
		if (r && r != -EINTR)
			return r;
	}
}

/* In memory for secrets, which does not grow: a buffer's would leave copies behind. */
static int put(const struct pen_type *type, const void *value, size_t max,
	       struct pen_buffer *buffer)
{
	int r;

	*buffer = (struct pen_buffer){ .data = pen_secret_alloc(max), .capacity = max, .max = max };
	if (!buffer->data)
		return -ENOMEM;
	r = pen_ndr_put(type, layout, NULL, value, buffer, NULL);
	if (r)
		pen_secret_free(buffer->data);
	return r;
}

static int send_value(int socket, const struct pen_type *type, const void *value, int fd,
		      uint64_t due)
{
	struct pen_buffer buffer;
	int r = put(type, value, SHORT, &buffer);

	if (r == PEN_E_LIMIT)
		r = put(type, value, authority_LETTER_MAX, &buffer);
	if (r)
		return r;
	r = send_bytes(socket, (struct pen_slice){ buffer.data, buffer.size }, fd, due);
	pen_secret_free(buffer.data);
	return r;
}

int pen_authority_send_question(int socket, const struct authority_question *question, uint64_t due)
{
	return send_value(socket, &authority_question_type, question, -1, due);
}

int pen_authority_send_answer(int socket, const struct authority_answer *answer, uint64_t due)
{
	return send_value(socket, &authority_answer_type, answer, -1, due);
}

int pen_authority_send_call(int socket, int fd, uint64_t due)
{
	const struct authority_call call = { .version = authority_VERSION };

	return send_value(socket, &authority_call_type, &call, fd, due);
}

/* ---- receiving ---- */

/* The length of what comes next. */
static int look(int socket, size_t *np)
{
	uint8_t byte;
	ssize_t n = recv(socket, &byte, 1, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);

	if (n < 0)
		return is_gone(-errno) ? PEN_E_CLOSED : -errno;
	if (!n) /* an empty message is none, and nobody sends one */
		return PEN_E_CLOSED;
	if ((size_t)n > authority_LETTER_MAX)
		return PEN_E_LIMIT;
	*np = (size_t)n;
	return 0;
}

static int take(int socket, const struct pen_type *type, void *value, size_t n,
		struct pen_arena *arena)
{
	uint8_t *room = pen_secret_alloc(n);
	const struct iovec part = { room, n };
	struct pen_fds fds;
	ssize_t got;
	int r = 0;

	if (!room)
		return -ENOMEM;
	got = pen_fds_receive(socket, &part, 1, &fds, MSG_DONTWAIT);
	if (got != (ssize_t)n || fds.n)
		r = got < 0 && got != -EMSGSIZE ? (int)got : PEN_E_BAD_DATA;
	/* That may take its time, which is this conversation's. */
	pen_fds_close(&fds);
	if (!r)
		r = pen_ndr_get(type, layout, NULL, room, n, value, arena, NULL, NULL);
	pen_secret_free(room);
	return r;
}

static int receive(int socket, const struct pen_type *type, void *value, struct pen_arena *arena,
		   uint64_t due)
{
	size_t n = 0;
	int r;

	memset(value, 0, type->size);
	while ((r = look(socket, &n)) == -EAGAIN || r == -EINTR) {
		r = wait_for(socket, POLLIN, due);
		if (r)
			return r;
	}
	return r ? r : take(socket, type, value, n, arena);
}

/* What the codec does not see to: pointers that the counts say must be there. */

static bool is_there(uint32_t n, const void *bytes)
{
	return !n || bytes;
}

static bool is_whole_question(const struct authority_question *question)
{
	const struct authority_attempt *attempt = &question->body.attempt;
	const struct authority_leg *leg = &question->body.leg;
	const struct authority_logon *logon = &question->body.logon;
	const struct authority_change *change = &question->body.change;

	switch (question->verb) {
	case authority_NTLM:
		return is_there(attempt->n_nt, attempt->nt) && is_there(attempt->n_lm, attempt->lm);
	case authority_KRB5:
		return is_there(leg->n, leg->bytes) &&
		       (!leg->opening ||
			is_there(leg->opening->n_bindings, leg->opening->bindings));
	case authority_LOGON:
		return is_there(logon->n_nt, logon->nt) && is_there(logon->n_lm, logon->lm);
	case authority_CHANGE:
		return change->kind != authority_AES ||
		       is_there(change->body.aes.n_cipher, change->body.aes.cipher);
	default:
		return true;
	}
}

static bool is_whole_answer(const struct authority_answer *answer)
{
	const struct authority_stride *stride = &answer->body.stride;
	const struct authority_agreed *agreed = stride->agreed;

	if (answer->verb != authority_KRB5)
		return true;
	return is_there(stride->n, stride->bytes) &&
	       (!agreed || (is_there(agreed->n_session_key, agreed->session_key) &&
			    is_there(agreed->n_key, agreed->key) &&
			    is_there(agreed->n_context, agreed->context)));
}

int pen_authority_receive_question(int socket, struct authority_question *question,
				   struct pen_arena *arena, uint64_t due)
{
	int r = receive(socket, &authority_question_type, question, arena, due);

	return !r && !is_whole_question(question) ? PEN_E_BAD_DATA : r;
}

int pen_authority_receive_answer(int socket, struct authority_answer *answer,
				 struct pen_arena *arena, uint64_t due)
{
	int r = receive(socket, &authority_answer_type, answer, arena, due);

	return !r && !is_whole_answer(answer) ? PEN_E_BAD_DATA : r;
}

static bool is_seqpacket(int fd)
{
	socklen_t n = sizeof(int);
	int domain = 0, type = 0;

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) && domain == AF_UNIX &&
	       !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) && type == SOCK_SEQPACKET;
}

int pen_authority_receive_call(int socket, int *fdp)
{
	uint8_t room[CALL_MAX];
	const struct iovec part = { room, sizeof(room) };
	struct authority_call call;
	struct pen_arena arena;
	struct pen_fds fds;
	ssize_t n = pen_fds_receive(socket, &part, 1, &fds, MSG_DONTWAIT);
	int r = n == -EAGAIN || n == -EINTR ? PEN_E_AGAIN
		: n == -EMSGSIZE	    ? PEN_E_BAD_DATA
		: !n || is_gone((int)n)	    ? PEN_E_CLOSED
		: n < 0			    ? (int)n
					    : 0;

	pen_arena_init(&arena, CALL_MAX);
	if (!r)
		r = pen_ndr_get(&authority_call_type, layout, NULL, room, (size_t)n, &call, &arena,
				NULL, NULL);
	if (!r && (call.version != authority_VERSION || fds.n != 1 || !is_seqpacket(fds.fds[0])))
		r = PEN_E_BAD_DATA;
	if (!r) {
		*fdp = fds.fds[0];
		fds.n = 0;
	}
	pen_foul_close(&fds, WORKERS);
	pen_arena_done(&arena);
	return r;
}
