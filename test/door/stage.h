/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_STAGE_H
#define PEN_TEST_STAGE_H
/*
 * A supervisor that has the program "counter", with an object manager: processes of their own.
 */
#include "daemon/supervisor.h"
#include "support/objectd.h"
#include <sys/types.h>

extern struct objectd stage_objectd;
extern pid_t stage_supervisor;
extern bool stage_is_confined; /* from the next enter on */

/* A fixture; the state at first is how many processes there may be, as a text, or NULL. */
int stage_enter(void **state);
int stage_leave(void **state);

enum { STAGE_NOBODY = 65534 };

/* What a process of that user and no group returns is 0. Skips where nobody can become one. */
void stage_as_nobody(int (*be)(void));

/* The supervisor's child of that name. 0: there is none. */
pid_t stage_child(const char *name);

#endif
