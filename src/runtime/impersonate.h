/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_IMPERSONATE_H
#define PEN_RUNTIME_IMPERSONATE_H
/*
 * A thread that acts as a caller. What it was before is kept with the thread, because
 * it is the thread's ids that change; a call may end in the meantime.
 */
#include <stdbool.h>

struct pen_impersonation;

/* Makes the calling thread itself again. Whether it was not. */
bool pen_impersonation_end(void);

/*
 * Makes the calling thread itself for a while, to serve others in the midst of an
 * operation that impersonates; NULL: it is itself already. resume takes what suspend gave.
 */
struct pen_impersonation *pen_impersonation_suspend(void);
void pen_impersonation_resume(struct pen_impersonation *suspended);

#endif
