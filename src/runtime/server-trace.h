/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_SERVER_TRACE_H
#define PEN_RUNTIME_SERVER_TRACE_H
/*
 * Who looks on at a server's calls: each that is over is told to sockets (idl/trace.idl), in the
 * clear. Nothing of it waits; what a reader has no room for is counted, and the next that goes
 * says how many. Without a reader a call costs the test of a pointer here and there.
 */
#include "runtime/server-call.h"
#include <penstock/idl/trace.h>
#include <penstock/idl/worker.h>

enum { PEN_SERVER_TRACES_MAX = 8 };

struct pen_server_trace;
struct pen_traced;

/*
 * Tells fd, which is taken (also by a failure), of calls that fit, until its other end is closed.
 * PEN_E_LIMIT: as many look on as may; -ENOMEM, a negative errno.
 */
int pen_server_trace_add(struct pen_server *server, int fd, const struct worker_trace *filter);

/* Nobody looks on any more. */
void pen_server_traces_end(struct pen_server *server);

/* ---- a call, where somebody looks on ---- */

/* A request has come. Where there is no memory for it, it counts as lost. */
void pen_traced_begin(struct pen_server_call *call, const struct pen_event *event);

/* Its answer, as it is sent; data is the call's traced. */
void pen_traced_answer(void *data, struct pen_slice stub);

/* It was answered; or ended by a fault. */
void pen_traced_done(struct pen_traced *traced);
void pen_traced_fault(struct pen_traced *traced, uint32_t status);

/* The call is over: tells of it. */
void pen_traced_end(struct pen_server_call *call);

/* ---- reading ---- */

/*
 * The call in a message; what it points to is in the arena. PEN_E_BAD_DATA: it is none;
 * PEN_E_LIMIT, -ENOMEM.
 */
int pen_traced_get(struct trace_call *call, struct pen_slice message, struct pen_arena *arena);

#endif
