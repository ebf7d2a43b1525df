/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_HANDS_H
#define PEN_DAEMON_HANDS_H
/*
 * Threads for jobs that may wait: as many as there are jobs, each in one of its own. Those that
 * have done theirs stay for a while, since to make one costs more than most jobs.
 */
#include "base/list.h"

struct hands;

/* What a job is: its link, which is in no list while it is at work. */
typedef void hands_work(struct pen_list *job);

/* -ENOMEM */
int hands_new(struct hands **handsp, hands_work *work);

/* Waits until all is done. NULL is nobody. */
struct hands *hands_free(struct hands *hands);

/* Has it done. A negative errno: there is no thread for it, and it is the caller's again. */
int hands_do(struct hands *hands, struct pen_list *job);

#endif
