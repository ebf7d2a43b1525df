/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_SERVER_HANDLE_H
#define PEN_RUNTIME_SERVER_HANDLE_H
/*
 * The context handles that calls are about, and who waits for them.
 */
#include "runtime/server-call.h"

/* Of a new call, before it is among the connection's. */
void pen_server_handles_init(struct pen_server_call *call);

/*
 * The call is to have the handles of its request. 0: it has; PEN_PENDING: it waits in line, and
 * will be begun. Errors are explained.
 */
int pen_server_handles_want(struct pen_server_call *call);
void pen_server_handles_leave(struct pen_server_call *call);

/* Goes on with those that have waited. */
void pen_server_handles_run(struct pen_server *server);

#endif
