/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_SUPERVISOR_H
#define PEN_DAEMON_SUPERVISOR_H
/*
 * One door for all services: listens everywhere, has each connection greeted, and hands it to a
 * process of the program that serves what it wants. It reads nothing of any peer itself.
 */
#include "daemon/crew.h"
#include "io/loop.h"
#include <sys/types.h>

struct supervisor_config {
	const char *const *programs; /* paths, ended by NULL */
	const char *greeter;	     /* its path */
	const char *authd;	     /* penstock-authd's; NULL: clients cannot prove themselves */
	const struct pen_worker_needs *authd_needs;
	const char *ncalrpc_dir, *np_dir;
	const char *const *addresses; /* numeric, for TCP, ended by NULL; "": all */
	uint16_t first_port,
		last_port; /* for programs that ask for any; 0, 0: the kernel's choice */
	uint16_t
		soft_port; /* in the place of that one any other will do, if it is taken; 0: none */
	const char *user;  /* NULL: everything runs as this process */
	bool is_confined;
	struct handed *handed; /* sockets of a service manager; NULL: none */
	/* Samba's own services, which are carried to. */
	const char *samba_np; /* the directory of their sockets; NULL: none are */
	const char *relay;    /* the path of the program that does that */
	/* Pipes of the object manager, which programs are reached by too. */
	const char *objects;		/* the directory of its socket; NULL: there are none */
	const char *porter;		/* the path of the program that holds them */
	uint32_t visitors_max;		/* with the greeter at a time */
	uint32_t visitors_per_peer_max; /* of one address, or one user; 0: all */
	uint32_t bind_ms, npa_ms;	/* as the greeter has them; 0: its defaults */
	const struct log *log;
	/*
	 * What upgrade executes: a path and arguments, ended by NULL; and the arguments it is tried
	 * with before, which must do nothing and end with 0. NULL: it cannot.
	 */
	const char *image;
	char *const *arguments;
	char *const *trial;
	struct legacy *legacy; /* what was left by who did that; taken in any case. NULL: nothing */
	struct rules *rules;   /* taken in any case; NULL: nobody is ruled */
	/* What becomes of a reload, before anything of it takes effect; NULL: nobody is told. */
	void (*concluded)(void *data, int result);
	void *data;
};

struct supervisor;

/*
 * Asks the programs what they serve, and listens. Programs that do not say are left out, and the
 * log is told why; an endpoint that cannot be had is a failure, and so are rules that name what is
 * not known. config is copied, but for handed and log. A negative errno, PEN_E_; the log has the
 * sentence.
 */
int supervisor_new(struct supervisor **supervisorp, const struct supervisor_config *config);

/* Kills all that is left. NULL is nobody. */
struct supervisor *supervisor_free(struct supervisor *supervisor);

/*
 * Runs until stop: then nobody is let in, and the workers have leave_ms to end what they do, until
 * a second stop. A service manager is told of all that.
 */
int supervisor_run(struct supervisor *supervisor, uint32_t leave_ms);

/* From a signal handler or another thread, too. While it waits for workers: that is over. */
void supervisor_stop(struct supervisor *supervisor);

/* ---- from its loop ---- */

uv_loop_t *supervisor_loop(struct supervisor *supervisor);

/* Stops, with another time for the workers: 0: as long as they take. */
void supervisor_drain(struct supervisor *supervisor, uint32_t leave_ms);

/*
 * Asks the programs again, while all goes on, and then listens where they are reached now. Those
 * that list other things, or are other files, get other processes: the old ones serve the
 * connections that they have. A program that does not say stays as it was. The directories, the
 * greeter, the log and what upgrade executes stay as well. Processes of all programs are told of
 * the rules; if those name what is not known then, nothing changes. 0: it has begun, and ends with
 * concluded, unless another one begins or it stops; -EBUSY: it stops; fails as new does.
 */
int supervisor_reload(struct supervisor *supervisor, const struct supervisor_config *config);

/*
 * Becomes the program that config names, with all sockets, children and connections: that is to
 * call legacy_find and supervisor_new. What fails before that leaves all as it was, and is logged.
 * 0: it has begun; -EBUSY: it is about it, or stops; PEN_E_UNSUPPORTED: there is no program.
 */
int supervisor_upgrade(struct supervisor *supervisor);

/*
 * New connections get new processes of the program; those there are end when theirs have, or now.
 * PEN_E_NOT_FOUND: there is no such program; -EBUSY: it stops; -ENOMEM.
 */
int supervisor_restart(struct supervisor *supervisor, const char *program, bool is_now);

/*
 * Has all processes tell a socket of their calls (runtime/server-trace.h), those there are and
 * those to come, until its other end is closed; it is taken if that goes. Whoever is to come after
 * an upgrade does not. PEN_E_LIMIT: as many look on as may; -ENOMEM, a negative errno.
 */
int supervisor_trace(struct supervisor *supervisor, int fd, const struct worker_trace *filter);

/* A socket that listens and is somebody else's, whose link it is while the supervisor lives. */
struct entrusted {
	struct pen_list link;
	const char *name;	    /* what it is: no binding */
	const char *wanted, *place; /* where that was to listen, and does */
	const struct pen_unix_socket *socket;
};

/* At an upgrade it goes along: legacy_take_door finds it by its name and what was wanted. */
void supervisor_entrust(struct supervisor *supervisor, struct entrusted *entrusted);

/* ---- for people and tests ---- */

/* What is served where, as table_build has it. */
int supervisor_table(const struct supervisor *supervisor, struct worker_table *table,
		     struct pen_arena *arena);

/* All that it has, to be looked at from its own thread. */
struct supervisor_view {
	const struct supervisor_config *config;
	const struct pen_list *crews, *retired, *doors;
	const struct keeper *keeper; /* NULL: nobody judges */
	pid_t greeter;		     /* 0: there is none for a moment */
	uint64_t n_visits;	     /* that the porter has brought */
	uint64_t n_greeters, n_accepted, n_refused;
	uint64_t now, started_at; /* ms */
	uint64_t image_at;	  /* since then it is this program */
	uint32_t visitors;
	bool is_stopping, is_reloading, is_upgrading;
	int reload; /* what became of the last one */
};

void supervisor_view(const struct supervisor *supervisor, struct supervisor_view *view);

/* The n-th endpoint, as it is and as it was listed; NULL past the last. */
const char *supervisor_binding(const struct supervisor *supervisor, size_t n, const char **listedp);

/* 0: there is none for now. */
pid_t supervisor_authd(const struct supervisor *supervisor);

struct supervisor_stats {
	uint32_t workers;     /* processes */
	uint32_t visitors;    /* with the greeter */
	uint32_t waiting;     /* for a worker */
	uint32_t connections; /* of workers, as they said last */
	uint64_t started, crashed, accepted, refused;
	uint64_t carried; /* to Samba's services */
	pid_t porter;	  /* 0: there is none */
};

void supervisor_stats(const struct supervisor *supervisor, struct supervisor_stats *stats);

#endif
