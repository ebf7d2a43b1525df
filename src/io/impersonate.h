/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_IMPERSONATE_H
#define PEN_IO_IMPERSONATE_H
/*
 * A thread that acts as a caller. What it was before is kept with the thread, because
 * it is the thread's ids that change; a call may end in the meantime.
 */
#include <penstock/token.h>

struct pen_impersonation;

/* Why a caller is not to be impersonated, as a sentence. */
struct pen_impersonation_error {
	char text[240];
};

/*
 * Makes the calling thread act as a token's user, on behalf of an owner. PEN_E_DENIED: it cannot be
 * that, or this process may not; PEN_E_EXISTS: it is somebody else already; a negative errno.
 */
int pen_impersonation_begin(const void *owner, const struct pen_token *token,
			    struct pen_impersonation_error *error);

/* Whether this thread may become any user. */
bool pen_impersonation_is_free(void);

/* Whether the thread is somebody else, on behalf of that owner. */
bool pen_impersonation_is_of(const void *owner);

/* Makes the calling thread itself again. Whether it was not. */
bool pen_impersonation_end(void);

/*
 * Makes the calling thread itself for a while, to serve others in the midst of an
 * operation that impersonates; NULL: it is itself already. resume takes what suspend gave.
 */
struct pen_impersonation *pen_impersonation_suspend(void);
void pen_impersonation_resume(struct pen_impersonation *suspended);

#endif
