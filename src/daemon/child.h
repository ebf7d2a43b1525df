/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_CHILD_H
#define PEN_DAEMON_CHILD_H
/*
 * A process that penstockd has started, and the socket between the two: the greeter, a worker.
 * What is written to it waits here as long as its socket is full.
 */
#include "daemon/confine.h"
#include "runtime/worker-letter.h"
#include <penstock/idl/heritage.h>
#include <uv.h>

struct bequest;
struct child;
struct legacy;

/* Whom a child tells, always from the loop. */
struct child_listener {
	/* What it says; the descriptor (-1: none) is the listener's. It lasts until this returns.
	 */
	void (*said)(void *data, const struct worker_report *report, int fd);
	/* The socket has room again, after child_is_full. */
	void (*free)(void *data);
	/* It is no more: what waited to be written is dropped. The child is to be freed. */
	void (*ended)(void *data, int status);
	void *data;
};

/* What it is; those of one kind are counted together. The numbers stay: heritage.idl has them. */
enum child_kind {
	CHILD_WORKER, /* which its crew counts */
	CHILD_GREETER,
	CHILD_AUTHD,
	CHILD_RELAY,
	CHILD_PORTER,
	CHILD_PAGE,
	CHILD_KINDS,
};

struct child_config {
	enum child_kind kind;
	const char *const *argv;	       /* the first is the program's path */
	const struct confinement *confinement; /* NULL: none */
	uv_loop_t *loop;
	struct child_listener listener;
};

/*
 * Starts it. Descriptor 3 is its end of the socket; 0 is /dev/null, 1 and 2 are ours, and there are
 * no others. It is killed when this process dies. A negative errno; what fails after the fork is an
 * end with status 126 << 8, said on standard error.
 */
int child_start(struct child **childp, const struct child_config *config);

/* Kills it, if it still runs, and forgets it: nobody is told any more. NULL is nobody. */
struct child *child_free(struct child *child);

/* Somebody else is told from now on. */
void child_set_listener(struct child *child, const struct child_listener *listener);

pid_t child_pid(const struct child *child);

/* The descriptor, -1: none, is taken if it goes. -ENOMEM, PEN_E_LIMIT, PEN_E_BAD_DATA. */
int child_tell(struct child *child, const struct worker_order *order, int fd);

/* So much waits that no more should be told, but what ends it. */
bool child_is_full(const struct child *child);

void child_kill(struct child *child, int signal);

/* Finds out which children have ended; to be called after SIGCHLD. */
void child_reap(void);

/* Kills those that were forgotten, and waits for them, so long. */
void child_reap_forgotten(unsigned ms);

/* ---- for people ---- */

/* "penstock-greeter" */
const char *child_kind_name(enum child_kind kind);

/* Of one kind, since penstockd has started. */
struct child_count {
	uint64_t started, crashed;
	uint64_t handed;     /* descriptors that they were told with */
	uint32_t n;	     /* that run */
	pid_t pid;	     /* the newest; 0: there is none */
	uint64_t started_at; /* by the loop's clock */
};

struct child_count child_count(enum child_kind kind);

/* Begins anew; or with what was counted before exec. */
void child_count_anew(void);
int child_bequeath_counts(struct heritage_estate *estate, struct bequest *bequest);
void child_adopt_counts(const struct heritage_estate *estate);

/* ---- beyond exec ---- */

/* What the next image needs to know of it. -ENOMEM. */
int child_bequeath(const struct child *child, struct heritage_child *letter,
		   struct bequest *bequest);

/* All there are, also those that were forgotten. -ENOMEM. */
int child_bequeath_all(struct heritage_heritage *heritage, struct bequest *bequest);

/* It goes on, as if this process had started it. -ENOMEM, PEN_E_BAD_DATA: it is not ours. */
int child_adopt(struct child **childp, enum child_kind kind, uv_loop_t *loop,
		const struct child_listener *listener, const struct heritage_child *letter,
		struct legacy *legacy);

/*
 * Those that nobody has adopted are forgotten, with their sockets kept until they end. They are
 * asked to leave, if is_leave.
 */
void child_forget_rest(struct legacy *legacy, bool is_leave);

/* How many run that were forgotten. */
size_t child_count_forgotten(void);

#endif
