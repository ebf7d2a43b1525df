/* SPDX-License-Identifier: MIT */
#include "np/question.h"
#include "base/cleanup.h"
#include "io/clock.h"
#include <errno.h>
#include <penstock/status.h>
#include <poll.h>
#include <string.h>

void pen_answer_init(struct pen_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	pen_arena_init(&answer->arena, PEN_LETTER_ARENA_MAX);
}

void pen_answer_done(struct pen_answer *answer)
{
	pen_fds_close(&answer->fds);
	pen_arena_done(&answer->arena);
}

/* ---- asking ---- */

static int wait_for(int fd, short events, uint64_t until)
{
	struct pollfd poller = { .fd = fd, .events = events };
	uint64_t now;
	int n;

	do {
		now = pen_clock_ms();
		n = poll(&poller, 1,
			 until == UINT64_MAX ? -1
			 : until > now	     ? (int)(until - now)
					     : 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : PEN_E_TIMEOUT;
}

static int send_letter(int fd, const struct pen_buffer *letter, const struct pen_fds *fds,
		       uint64_t until)
{
	const struct pen_fds none = { .n = 0 };
	const struct iovec part = { letter->data, letter->size };
	int r;

	while ((r = pen_fds_send(fd, &part, 1, fds ? fds : &none, 0)) == -EAGAIN) {
		r = wait_for(fd, POLLOUT, until);
		if (r)
			break;
	}
	return r;
}

static bool is_gone(int r)
{
	return r == -EPIPE || r == -ECONNRESET;
}

/* Those that were kept may be to an object manager that has died since. */
static int ask_at(struct pen_question *question, const struct pen_place *place,
		  const struct pen_buffer *letter, const struct pen_fds *fds, uint64_t until)
{
	struct pen_contact *contact;
	int r = -EPIPE;

	while (is_gone(r) && (contact = pen_contact_take(place->directory))) {
		r = send_letter(contact->fd, letter, fds, until);
		if (r)
			pen_contact_free(contact);
	}
	if (is_gone(r)) {
		r = pen_contact_connect(&contact, place, until);
		if (r)
			return r;
		r = send_letter(contact->fd, letter, fds, until);
		if (r)
			pen_contact_free(contact);
	}
	if (!r)
		question->contact = contact;
	return r;
}

int pen_question_ask(struct pen_question *question, const char *directory,
		     const struct object_request *request, const struct pen_fds *fds,
		     uint64_t until)
{
	struct pen_place places[PEN_PLACES_MAX];
	struct pen_buffer letter;
	unsigned n_places = 0;
	int r;

	*question = (struct pen_question){ .verb = request->verb };
	pen_buffer_init(&letter, object_MESSAGE_MAX);
	r = pen_letter_put_request(request, &letter);
	if (!r)
		r = pen_starter_places(directory, places, &n_places);
	for (unsigned i = 0; i < n_places && !r; i++) {
		r = ask_at(question, &places[i], &letter, fds, until);
		if ((r == -ENOENT || r == -ECONNREFUSED) && i + 1 < n_places)
			r = 0;
		else
			break;
	}
	pen_buffer_done(&letter);
	return r;
}

void pen_question_tell(const char *directory, const struct object_request *request)
{
	struct pen_place places[PEN_PLACES_MAX];
	struct pen_contact *contact = NULL;
	unsigned n_places = 0;
	struct pen_buffer letter;
	int r;

	pen_buffer_init(&letter, object_MESSAGE_MAX);
	r = pen_letter_put_request(request, &letter);
	if (!r)
		r = pen_starter_places(directory, places, &n_places);
	for (unsigned i = 0; i < n_places && !r && !contact; i++)
		contact = pen_contact_take(places[i].directory);
	if (contact && !send_letter(contact->fd, &letter, NULL, 0))
		pen_contact_keep(contact);
	else
		pen_contact_free(contact);
	pen_buffer_done(&letter);
}

/* ---- answers ---- */

int pen_question_fd(const struct pen_question *question)
{
	return question->contact->fd;
}

int pen_question_wait(const struct pen_question *question, uint64_t until)
{
	return wait_for(question->contact->fd, POLLIN, until);
}

static int read_letter(struct pen_contact *contact, struct pen_answer *answer, uint32_t *np)
{
	const struct iovec part = { contact->room, object_MESSAGE_MAX };
	ssize_t n = pen_fds_receive(contact->fd, &part, 1, &answer->fds, MSG_DONTWAIT);

	if (n <= 0)
		return n == -EAGAIN	? PEN_E_AGAIN
		       : n == -EMSGSIZE ? PEN_E_PROTOCOL
		       : n		? (int)n
					: -ECONNRESET;
	*np = (uint32_t)n;
	return 0;
}

/* An answer to another question is none; and who does not know yet has not answered. */
static bool is_answer(const struct object_reply *reply, uint32_t verb)
{
	static const bool has_body[] = {
		[object_CREATE_PIPE] = true,	[object_ASK_CLIENT] = true,
		[object_OPEN_PIPE] = true,	[object_ANNOUNCE] = true,
		[object_QUERY_PIPE] = true,	[object_QUERY_SECURITY] = true,
		[object_CREATE_SECTION] = true, [object_OPEN_SECTION] = true,
		[object_LIST] = true,		[object_EXPLAIN] = true,
		[object_WATCH] = true,
	};

	if (reply->status == PEN_STATUS_PENDING)
		return false;
	return pen_ntstatus_is_error(reply->status) || verb >= PEN_COUNT(has_body) ||
	       !has_body[verb] || reply->verb == verb;
}

/* The room is the contact's, and the next letter's. */
static int read_answer(const struct pen_question *question, struct pen_answer *answer)
{
	uint8_t *bytes;
	uint32_t n = 0;
	int r = read_letter(question->contact, answer, &n);

	if (r)
		return r;
	bytes = pen_arena_alloc(&answer->arena, n);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, question->contact->room, n);
	r = pen_letter_get_reply(&answer->reply, &answer->arena, bytes, n);
	if (!r && !is_answer(&answer->reply, question->verb))
		r = PEN_E_PROTOCOL;
	return r;
}

int pen_question_answer(struct pen_question *question, struct pen_answer *answer)
{
	int r = read_answer(question, answer);

	if (r == PEN_E_AGAIN)
		return r;
	if (r)
		pen_contact_free(question->contact);
	else
		pen_contact_keep(question->contact);
	question->contact = NULL;
	return r;
}

void pen_question_done(struct pen_question *question)
{
	question->contact = pen_contact_free(question->contact);
}
