/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_PROGRAM_H
#define PEN_DAEMON_PROGRAM_H
/*
 * A program: a service, where it is reached, and how it starts and stops. They are
 * linked in; whoever starts them uses nothing of them but this struct, so that each can
 * be a process of its own.
 */
#include "daemon/security.h"

/* What programs are started with; it outlives them. */
struct daemon_start {
	const struct config *config;
	struct daemon_security *security;
};

struct daemon_program {
	const char *name; /* the interface's */
	const struct pen_service *service;
	bool is_default;	      /* runs unless the configuration says no */
	bool is_mapper;		      /* on the endpoint mapper's TCP port, not the services' */
	const char *const *endpoints; /* besides TCP, ended by NULL; NULL: wherever others are */

	/* All may be NULL. A failure has a sentence in error, or none. */
	int (*start)(const struct daemon_start *start, void **datap, char error[256]);
	/* What the service's calls get; NULL: what start made. */
	void *(*call_data)(void *data);
	/* All endpoints of all programs are known. */
	int (*ready)(void *data, const struct pen_server *server);
	/* A key that can change while it runs has. It stays as it was if this fails. */
	int (*reload)(void *data, const struct config *config, char error[256]);
	void (*stop)(void *data); /* after the server is gone */
};

/* The n-th program, NULL past the last. There are no more than CONFIG_SERVICES_MAX. */
const struct daemon_program *daemon_program(size_t n);

#endif
