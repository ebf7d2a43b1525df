/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_METRICS_H
#define PEN_DAEMON_METRICS_H
/*
 * How penstockd is, as OpenMetrics 1.0 text.
 */
#include <penstock/buffer.h>
#include <penstock/idl/control.h>

#define METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Appends all of it. -ENOMEM, PEN_E_LIMIT: the buffer's. */
int metrics_put(const struct control_status *status, struct pen_buffer *text);

#endif
