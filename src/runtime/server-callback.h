/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_SERVER_CALLBACK_H
#define PEN_RUNTIME_SERVER_CALLBACK_H
/*
 * What a server calls its client back for, in the middle of a call.
 */
#include "runtime/server-call.h"

/* A client's answer. */
void pen_server_callback_answer(struct pen_connection *connection, const struct pen_event *event);

/* Of calls inside each other, the innermost may wait for an answer that will not come. */
void pen_server_callback_settle(struct pen_connection *connection, uint32_t call_id);

/* Whether a client has had its time. */
bool pen_server_callback_is_late(const struct pen_connection *connection, uint64_t now);

#endif
