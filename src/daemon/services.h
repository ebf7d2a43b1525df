/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_SERVICES_H
#define PEN_DAEMON_SERVICES_H
/*
 * Penstock's own services, by the names that the configuration has for them. The programs that
 * serve them are in programs/.
 */
#include "daemon/config.h"

struct daemon_service {
	const char *name; /* the interface's */
	const struct pen_service *service;
	bool is_default; /* served unless the configuration says no */
};

/* The n-th, NULL past the last. There are no more than CONFIG_SERVICES_MAX. */
const struct daemon_service *daemon_service(size_t n);

/* The place of the one of that name; -1: there is none. */
int daemon_service_find(const char *name);

/* Of all services, ended by NULL: what a policy may name, whether it is served or not. */
struct daemon_interfaces {
	const struct pen_interface *rows[CONFIG_SERVICES_MAX + 1];
};

struct daemon_interfaces daemon_interfaces(void);

#endif
