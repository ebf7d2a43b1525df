/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_SUPERVISOR_PARTS_H
#define PEN_DAEMON_SUPERVISOR_PARTS_H
/*
 * The supervisor, for its own files.
 */
#include "daemon/annex.h"
#include "daemon/clerk.h"
#include "daemon/door.h"
#include "daemon/legacy.h"
#include "daemon/manager.h"
#include "daemon/supervisor.h"

struct supervisor {
	struct supervisor_config config;
	struct pen_arena settings; /* what that points to */
	struct pen_loop loop;
	struct crew_world world;
	struct pen_list crews;	 /* in their programs' order */
	struct pen_list retired; /* that have lost their place, until their processes have ended */
	struct pen_list doors;
	struct pen_list entrusted; /* others' sockets */
	struct visitors visitors;
	struct annex annex;
	struct child *greeter; /* NULL: it is to be started again */
	struct heritage_stamp greeter_stamp;
	struct child *last_greeter;    /* whose file is another now; NULL: none */
	struct visitors last_visitors; /* that it has */
	bool is_greeter_old;	       /* it is to be the last one */
	struct pen_token *anonymous;
	struct manager manager;
	uv_signal_t reaper;
	uv_timer_t sweep;
	uv_timer_t again; /* the doors, or the greeter */
	bool is_stopping;
	bool is_dismissed; /* and nobody is served any more */
	bool is_draining;
	uint32_t drain_ms;
	uint64_t started_at; /* the first image did */
	uint64_t image_at;   /* this one */
	uint64_t n_greeters, n_accepted, n_refused;

	struct clerk *clerk; /* asks programs, or tries the next image. NULL: none */
	bool is_upgrading;
	struct supervisor_config next; /* to be taken when they have answered; its rules are owned
					* unless they are those that there are */
	int reload;		       /* what became of the last one */
	bool has_ruled;		       /* processes have been told of rules */
	struct pen_arena next_settings;
};

/* ---- supervisor.c ---- */

/* Logs it, and returns it. */
int supervisor_fail(const struct supervisor *supervisor, int result, const char *what,
		    const char *which);

/* Opens or closes them, as there is room. */
void supervisor_set_doors(struct supervisor *supervisor);

/* What a greeter says of its visitors. */
void supervisor_hear(struct supervisor *supervisor, struct visitors *visitors,
		     const struct worker_report *report, int fd);

int supervisor_start_greeter(struct supervisor *supervisor);
void supervisor_on_came(void *data, struct door *door, int fd);
int supervisor_adopt_greeter(struct supervisor *supervisor, const struct heritage_child *letter,
			     struct legacy *legacy);

/* ---- supervisor-doors.c ---- */

/* Listens where the crews list, and nowhere else. What cannot be had is logged, and returned. */
int supervisor_set_table(struct supervisor *supervisor);

/* Whatever processes there are know all doors, or will not get who comes. */
void supervisor_forget_new_doors(struct supervisor *supervisor);

/* ---- supervisor-greeter.c ---- */

/* Has another greeter for who comes from now on, if the file is another than it was. */
void supervisor_replace_greeter(struct supervisor *supervisor);

/* From time to time: what could not be done then. */
void supervisor_check_greeter(struct supervisor *supervisor);

int supervisor_adopt_last_greeter(struct supervisor *supervisor,
				  const struct heritage_child *letter, struct legacy *legacy);

/* ---- supervisor-reload.c ---- */

/* A copy, with what it points to, of what this process starts with. -ENOMEM. */
int supervisor_take_config(struct supervisor *supervisor, const struct supervisor_config *config);

/* Asks the programs, and waits for each. */
void supervisor_ask_all(struct supervisor *supervisor);

/* ---- supervisor-view.c ---- */

/* A line for people. */
void supervisor_describe(const struct supervisor *supervisor, char *text, size_t n);

/* Nobody waits for the programs' answers any more. */
void supervisor_abandon_reload(struct supervisor *supervisor);

/* ---- supervisor-rules.c ---- */

/* Whether the rules name what programs list, or would. What is wrong is logged. As known_check. */
int supervisor_check_rules(const struct supervisor *supervisor);
int supervisor_check_next_rules(const struct supervisor *supervisor,
				const struct heritage_answers *answers);

/* Tells all processes of the rules, or that there are none any more. */
void supervisor_rule(struct supervisor *supervisor);

/* ---- supervisor-upgrade.c ---- */

/* What was left is ours. -ENOMEM. */
int supervisor_adopt(struct supervisor *supervisor, struct legacy *legacy);

#endif
