/* SPDX-License-Identifier: MIT */
#ifndef PEN_NP_AGENT_H
#define PEN_NP_AGENT_H
/*
 * Asking the object manager, and waiting for what it says. Where none runs one is started for the
 * user, who the thread is then.
 */
#include "np/question.h"

/*
 * Asks, and waits for the reply, for wait_ms at most (-1: as long as it takes); directory is where
 * the object manager's socket is, or NULL. The descriptors stay the caller's. The reply's
 * status, or as pen_agent_status; IO_TIMEOUT. fds may be NULL; answer is to be ended in any case.
 */
uint32_t pen_agent_ask(const char *directory, const struct object_request *request,
		       const struct pen_fds *fds, int wait_ms, struct pen_answer *answer);

/*
 * What a question's failure is: NO_MEMORY; OBJECT_PATH_NOT_FOUND: there is no object manager, and
 * none to be started; UNEXPECTED_NETWORK_ERROR: what answers is none; IO_TIMEOUT; an errno's.
 */
uint32_t pen_agent_status(int r);

/* Whether it says that the object manager has gone: another may be asked instead, a few times. */
bool pen_agent_may_retry(int r, unsigned n_tries);

#endif
