/* SPDX-License-Identifier: MIT */
#ifndef PEN_NP_AGENT_H
#define PEN_NP_AGENT_H
/*
 * This process's way to the object manager: sockets that are kept for the next request, of the
 * user who the thread is then. Where no object manager runs one is started for the user.
 */
#include "io/fds.h"
#include "object/letter.h"
#include <penstock/arena.h>

struct pen_answer {
	struct pen_arena arena; /* what the reply points to */
	struct object_reply reply;
	struct pen_fds fds; /* the caller's to take, by -1 in its place */
};

/*
 * Asks, and waits for the reply, for wait_ms at most (-1: as long as it takes); directory is where
 * the object manager's socket is, or NULL. The descriptors stay the caller's. The reply's
 * status, or IO_TIMEOUT, NO_MEMORY, OBJECT_PATH_NOT_FOUND: there is no object manager, and none to
 * be started; UNEXPECTED_NETWORK_ERROR: what answers is none. fds may be NULL; answer is to be
 * ended in any case.
 */
uint32_t pen_agent_ask(const char *directory, const struct object_request *request,
		       const struct pen_fds *fds, int wait_ms, struct pen_answer *answer);

/* The same without waiting, for what needs no answer; whoever asks next on that socket passes over
 * it. */
void pen_agent_tell(const char *directory, const struct object_request *request);
void pen_answer_done(struct pen_answer *answer);

#endif
