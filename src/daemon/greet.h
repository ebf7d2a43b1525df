/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_GREET_H
#define PEN_DAEMON_GREET_H
/* What a person reads who started us: where we serve what, and how to see it work. */
#include "daemon/serve.h"

void greet(const struct serve *serve);

#endif
