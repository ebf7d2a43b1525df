/* SPDX-License-Identifier: MIT */
#ifndef PEN_NP_QUESTION_H
#define PEN_NP_QUESTION_H
/*
 * A question to the object manager, until it is answered.
 */
#include "io/fds.h"
#include "np/contact.h"
#include "object/letter.h"
#include <penstock/arena.h>

struct pen_answer {
	struct pen_arena arena; /* what the reply points to */
	struct object_reply reply;
	struct pen_fds fds; /* the caller's to take, by -1 in its place */
};

void pen_answer_init(struct pen_answer *answer);
void pen_answer_done(struct pen_answer *answer);

struct pen_question {
	struct pen_contact *contact; /* NULL: there is nothing to wait for */
	uint32_t verb;
};

/*
 * Asks the object manager in the directory, or of NULL where one is; fds may be NULL. It does not
 * wait for the answer, but until that time to connect and to send. A negative errno: -ENOENT,
 * -ECONNREFUSED: there is no object manager; PEN_E_TIMEOUT.
 */
int pen_question_ask(struct pen_question *question, const char *directory,
		     const struct object_request *request, const struct pen_fds *fds,
		     uint64_t until);

/* Tells it something that has no answer, where one was asked before. */
void pen_question_tell(const char *directory, const struct object_request *request);

/* Readable when there is an answer; until then it is always the same. */
int pen_question_fd(const struct pen_question *question);

/* Waits until it is. PEN_E_TIMEOUT. */
int pen_question_wait(const struct pen_question *question, uint64_t until);

/*
 * The answer, into one that is init, and the end of the question. PEN_E_AGAIN: there is none yet;
 * -EPIPE, -ECONNRESET: the object manager has gone meanwhile; PEN_E_PROTOCOL: what answers is none;
 * -ENOMEM, -EMFILE.
 */
int pen_question_answer(struct pen_question *question, struct pen_answer *answer);

/* Nobody wants to know any more. */
void pen_question_done(struct pen_question *question);

#endif
