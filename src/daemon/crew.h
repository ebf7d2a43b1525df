/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_CREW_H
#define PEN_DAEMON_CREW_H
/*
 * A service program and its processes: started when somebody calls, ended when nobody does, started
 * again, later each time, when they crash.
 */
#include "daemon/child.h"
#include "daemon/keeper.h"
#include "daemon/listing.h"
#include "daemon/log.h"
#include "daemon/onlookers.h"
#include "daemon/rules.h"
#include "daemon/visitor.h"

enum {
	CREW_BACKOFF_MIN_MS = 100, /* after a crash, until the next start; doubled each time */
	CREW_BACKOFF_MAX_MS = 30 * 1000, /* of one that never gets ready */
	CREW_BACKOFF_READY_MS =
		1000, /* of one that does: a client may make it crash, and not for others */
	CREW_CALM_MS = 60 * 1000, /* without a crash, after which all is forgotten */
	CREW_LOOP_MIN = 5,	  /* crashes in a row, from which on it is said to loop */
	CREW_WAITING_MAX = 1024,  /* visitors, that wait for a process */
	CREW_TRIES_MAX = 3,	  /* processes that may die before they have a visitor */
	CREW_PATIENCE_MS = 5000,  /* how long visitors wait for the next start at most */
};

enum worker_stage {
	WORKER_STARTING,
	WORKER_READY,
	WORKER_LEAVING, /* gets nobody any more */
};

struct crew;

/* One process. */
struct worker {
	struct pen_list link; /* of its crew */
	struct crew *crew;
	struct child *child;
	uint16_t index; /* the upper half of its association groups' ids */
	enum worker_stage stage;
	bool is_replaced;	    /* and so not among those that there may be */
	struct worker_state report; /* as it said last */
	uint64_t reported_at;	    /* 0: it has not yet */
	uint64_t started_at;
	int64_t n_sent; /* arrivals */
	uint64_t idle_since;
	struct pen_list waiting; /* visitors, until it is ready */
	uint32_t n_waiting;
	uint64_t keeper_run; /* of which it has a socket */
};

/* What crews share. */
struct crew_world {
	uv_loop_t *loop;
	const struct log *log;
	struct worker **workers; /* by index, 65536 of them; NULL: there is none */
	uint16_t next_index;
	const char *ncalrpc_dir;
	const char *user; /* whom programs run as that do not say; NULL: as this process */
	bool is_confined;
	const struct pen_list *doors;
	struct keeper *keeper; /* NULL: nobody judges */
	struct onlookers onlookers;
	const struct rules *rules; /* NULL: nobody is ruled */
};

struct crew {
	struct pen_list link; /* of the supervisor's */
	struct crew_world *world;
	char *path;
	struct heritage_stamp stamp; /* of the file, before it was asked */
	struct listing listing;
	bool is_retired; /* another has its place, or none: no process is started any more */
	struct pen_list workers;
	uint32_t n_workers;
	uv_timer_t timer;   /* the next start after a crash */
	uint32_t n_crashes; /* in a row */
	uint64_t backoff_max;
	uint64_t crashed_at;
	uint64_t n_started, n_ready, n_crashed; /* in all */
	struct worker_state past;		/* what those had counted that have ended */
	struct pen_list waiting;		/* visitors, until a process may be started */
	uint32_t n_waiting;
};

/* Takes the listing, if it goes well. -ENOMEM. */
int crew_new(struct crew **crewp, struct crew_world *world, const char *path,
	     const struct listing *listing);

/* Kills its processes and lets go of its visitors. */
void crew_free(struct crew *crew);

/* Starts those processes that it is to have before anybody calls. */
void crew_prepare(struct crew *crew);

/* Whether it serves the interface, by UUID and major version. */
bool crew_serves(const struct crew *crew, const struct pen_syntax_id *syntax);

/* A pipe without RPC that it lists; NULL: it lists none of that name. */
const struct listing_pipe *crew_pipe(const struct crew *crew, const char *name);

/*
 * Hands a visitor to a process: the one of its association group, else one that is idle, a new one,
 * or the one with the fewest groups. A program of ours that calls another never waits for one that
 * may wait for it: it gets one that is idle, or a new one. The visitor is taken, in any case.
 */
void crew_serve(struct crew *crew, struct visitor *visitor);

/* Sends away those who have been idle for their time. */
void crew_sweep(struct crew *crew, uint64_t now);

/* Visitors that wait for a process, or for one to be ready. */
uint32_t crew_count_waiting(const struct crew *crew);

/* Tells its processes who may call what; one that cannot be told is ended. */
void crew_rule(struct crew *crew);

/* Tells them that the configuration was read again. */
void crew_reload(struct crew *crew);

/* Tells them what is served where, if they are to know. */
void crew_teach(struct crew *crew);

/*
 * It loses its place: those who wait go to the crew of the same path behind their door, or away;
 * its processes leave when their connections have.
 */
void crew_retire(struct crew *crew);

/* Gives those a socket to penstock-authd who have one to another. */
void crew_reconnect(struct crew *crew);

/* No more visitors: its processes end when they have none, or now. */
void crew_dismiss(struct crew *crew, bool is_now);

/* What was counted of another one, which counts anew. */
void crew_inherit(struct crew *crew, struct crew *from);

/* Milliseconds until a process may be started, after a crash. */
uint64_t crew_backoff(const struct crew *crew);

/* ---- beyond exec (crew-heritage.c) ---- */

/* What the next image needs to know of it. -ENOMEM. */
int crew_bequeath(const struct crew *crew, struct heritage_crew *letter, struct bequest *bequest);

/* What is adopted, and by whom. */
struct crew_heir {
	struct crew_world *world;
	struct legacy *legacy;
	struct visitors *visitors;
	struct door **doors; /* as the heritage numbers them; NULL: it is not there any more */
};

/*
 * It goes on, without those who wait; processes that make no sense are left out. -ENOMEM, or as
 * reading a listing fails, with the sentence in error.
 */
int crew_adopt(struct crew **crewp, const struct crew_heir *heir,
	       const struct heritage_crew *letter, char error[256]);

/* And those who wait, when the doors are there. */
void crew_adopt_waiting(struct crew *crew, const struct crew_heir *heir,
			const struct heritage_crew *letter);

/* Puts an adopted process among its crew's. */
void crew_add_worker(struct worker *worker);

/* What a process of it says, to be heard. */
struct child_listener crew_listener(struct worker *worker);

/* What one knows before anybody comes to it. -ENOMEM, what a socket fails with. */
int crew_tell_first(struct worker *worker);

/* ---- all crews ---- */

/* The process of that index, if it is alive and is to get visitors. */
struct worker *crew_world_find(const struct crew_world *world, uint32_t assoc_group_id);

/* Whether the process is a worker of ours. */
bool crew_world_has_pid(const struct crew_world *world, pid_t pid);

#endif
