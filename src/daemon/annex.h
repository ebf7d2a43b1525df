/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_ANNEX_H
#define PEN_DAEMON_ANNEX_H
/*
 * The supervisor's doors that are not its own: pipes of Samba's services, whose connections are
 * carried on, and pipes of the object manager, which come by a porter.
 */
#include "daemon/porter-doors.h"
#include "daemon/relay-doors.h"
#include "daemon/supervisor.h"
#include "daemon/visitor.h"

struct annex {
	const struct supervisor_config *config;
	const struct pen_list *doors; /* the supervisor's own */
	struct visitors *visitors;
	uv_loop_t *loop;
	struct relay_doors *relay;   /* NULL: nothing is carried */
	struct porter_doors *porter; /* NULL: no object manager */
	uint64_t n_accepted, n_refused;
};

/*
 * Opens what is configured; the first four members are set. legacy: what the image before has left;
 * NULL: nothing. What fails is logged.
 */
int annex_open(struct annex *annex, struct legacy *legacy);

/* The supervisor is to have that pipe ("": it is none): whoever carries it elsewhere lets it go. */
void annex_yield(struct annex *annex, const char *pipe);

/* The supervisor's doors may be others now. */
void annex_look(struct annex *annex);

/* No more come; what is carried ends as it may. */
void annex_stop(struct annex *annex);

/* Whether something is carried still. */
bool annex_is_busy(const struct annex *annex);

/* Ends all; also one that was never opened. */
void annex_close(struct annex *annex);

/* ---- beyond exec ---- */

size_t annex_count_doors(const struct annex *annex);

/* Adds its doors, for which there is room. -ENOMEM. */
int annex_bequeath_doors(const struct annex *annex, struct heritage_heritage *heritage,
			 struct bequest *bequest);
int annex_bequeath_porter(const struct annex *annex, struct heritage_estate *estate,
			  struct bequest *bequest);

/* ---- for people and tests ---- */

/* Its process; 0: there is none. */
pid_t annex_porter(const struct annex *annex);

/* Connections so far. */
uint64_t annex_carried(const struct annex *annex);

#endif
