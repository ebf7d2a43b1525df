/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_LOG_H
#define PEN_DAEMON_LOG_H
/*
 * Lines on standard error: time, level, what it is about, and key=value pairs; or the
 * same as a JSON object a line.
 */
#include <penstock/server.h>

struct log {
	enum pen_log_level level; /* and what is graver */
	bool is_json;
};

/* "error", "warning", "info" or "debug". */
const char *log_level_name(enum pen_log_level level);

/* Pairs of key and value follow, all texts, ended by NULL. */
void log_line(const struct log *log, enum pen_log_level level, const char *what, ...)
	__attribute__((sentinel));

#endif
