/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_SERVER_WORK_H
#define PEN_RUNTIME_SERVER_WORK_H
/*
 * What an operation does in another thread because it takes long, while the server goes on
 * to serve others.
 */
#include <penstock/call.h>

/* Running at a time: those threads prove clients too, who are not to wait for these. */
enum { PEN_CALL_WORKS_MAX = 2, PEN_CALL_WORKS_PER_CLIENT_MAX = 1 };

/* And of those that are brief, of all clients: more than there are threads wait for one. */
enum { PEN_CALL_BRIEF_WORKS_MAX = 256 };

struct pen_call_work {
	void (*run)(void *data); /* in another thread: it sees data alone */

	/*
	 * In the server's thread, once run has returned, also when the client has gone. Its
	 * result is the operation's: 0, with out filled in, or a failure; not PEN_PENDING.
	 */
	int (*finish)(struct pen_call *call, void *data);
	void (*free)(void *data);
	bool is_brief; /* it does not take long: somebody beside us is asked, who answers soon */
};

/*
 * Begins; an operation returns what this returns. data is taken, also by a failure. A
 * direct call is finished at once. PEN_E_FAULT, noted as server_too_busy: as many as
 * may are at work, of this client or of all; -ENOMEM.
 */
int pen_call_work(struct pen_call *call, const struct pen_call_work *work, void *data);

#endif
