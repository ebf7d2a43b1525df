/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_MANAGER_H
#define PEN_DAEMON_MANAGER_H
/*
 * What the service manager that has started penstockd, if one has, is told of it: sd_notify(3).
 */
#include <stdint.h>

struct manager {
	uint64_t watchdog_ms; /* it is told that often that we live; 0: it does not ask */
	uint64_t watched_at;
	uint64_t told_at;
	char status[160]; /* as it was told last */
};

/* Reads what it asks from the environment. */
void manager_init(struct manager *manager);

/* "READY=1" and the like, and a status with it; NULL: none. */
void manager_tell(struct manager *manager, const char *lines, const char *status);

/* It serves on, but is about something that takes a while: READY=1 ends that. */
void manager_tell_reloading(struct manager *manager, const char *status);

/* From time to time: the status is told when it is another, and not too often. */
void manager_sweep(struct manager *manager, uint64_t now, const char *status);

#endif
