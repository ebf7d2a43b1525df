/* SPDX-License-Identifier: MIT */
#include "daemon/manager.h"
#include "io/notify.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_MS = 1000 };

/* A number of the environment; 0: there is none, or it is none. */
static uint64_t number_of(const char *variable)
{
	const char *text = secure_getenv(variable);
	unsigned long long value;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return 0;
	value = strtoull(text, &end, 10);
	return *end ? 0 : value;
}

void manager_init(struct manager *manager)
{
	uint64_t pid = number_of("WATCHDOG_PID");

	*manager = (struct manager){ 0 };
	/* Twice as often as it asks. */
	if (!pid || pid == (uint64_t)getpid())
		manager->watchdog_ms = number_of("WATCHDOG_USEC") / 2000;
}

static void keep(struct manager *manager, const char *status)
{
	snprintf(manager->status, sizeof(manager->status), "%s", status);
}

void manager_tell(struct manager *manager, const char *lines, const char *status)
{
	char text[512];

	if (status)
		keep(manager, status);
	snprintf(text, sizeof(text), "%s%s%s%s", lines, *lines && status ? "\n" : "",
		 status ? "STATUS=" : "", status ? manager->status : "");
	pen_notify(text);
}

void manager_tell_reloading(struct manager *manager, const char *status)
{
	struct timespec now;
	char lines[80];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
	manager_tell(manager, lines, status);
}

void manager_sweep(struct manager *manager, uint64_t now, const char *status)
{
	if (manager->watchdog_ms && now - manager->watched_at >= manager->watchdog_ms) {
		manager->watched_at = now;
		pen_notify("WATCHDOG=1");
	}
	if (now - manager->told_at < STATUS_MS || !strcmp(manager->status, status))
		return;
	manager->told_at = now;
	manager_tell(manager, "", status);
}
