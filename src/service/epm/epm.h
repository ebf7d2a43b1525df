/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_EPM_H
#define PEN_SERVICE_EPM_H
/*
 * The endpoint mapper [C706 appendix O]. Everybody may ask. Local programs, and they
 * only, may register: an interface belongs to the user who registered it first, those
 * of the server itself to the administrators, and an entry goes with the association
 * group that made it.
 */
#include <penstock/server.h>

struct pen_epm;

/* -ENOMEM. */
int pen_epm_new(struct pen_epm **epmp);

/* After the server that has it as service data: handles of its clients point into it. */
struct pen_epm *pen_epm_free(struct pen_epm *epm);

/*
 * Enters an interface of the server's own at a string binding. PEN_E_UNSUPPORTED: no
 * tower can say it (an IPv6 address); PEN_E_SYNTAX, PEN_E_LIMIT, -ENOMEM.
 */
int pen_epm_add(struct pen_epm *epm, const struct pen_syntax_id *interface, const char *binding,
		const char *annotation);

/* Removes all that was so entered; what programs have registered stays. */
void pen_epm_forget(struct pen_epm *epm);

extern const struct pen_service pen_epm_service; /* data: the struct pen_epm */

#endif
