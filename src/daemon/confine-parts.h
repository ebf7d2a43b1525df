/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_CONFINE_PARTS_H
#define PEN_DAEMON_CONFINE_PARTS_H
/*
 * The parts of confine_self, each with its sentence in error when it fails.
 */
#include "daemon/confine.h"
#include <stddef.h>

/* Its builds reserve terabytes of addresses, of which no limit can be set. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_ADDRESS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_ADDRESS_SANITIZED 1
#endif
#endif
#ifndef IS_ADDRESS_SANITIZED
#define IS_ADDRESS_SANITIZED 0
#endif

/* Another word of what the kernel cannot do. */
void confine_missing(char missing[128], const char *word);

/* The sentence "WHAT: why", and the negative errno that it is about. */
int confine_fail(char error[256], int number, const char *what);

/* The user's ids and groups and no others; no capabilities, and none to be had again. */
int confine_ids(const char *user, char error[256]);

/* Landlock. */
int confine_files(const struct confinement *confinement, char missing[128], char error[256]);

/* seccomp. What comes after it must be in its list. */
int confine_calls(const struct confinement *confinement, char missing[128], char error[256]);

/* What a program needs to be executed, as its own file says. */
struct confine_linkage {
	char interpreter[256];	/* "": it is linked with nothing */
	char directories[4096]; /* of libraries of its own, "" or divided by colons */
};

/* -ENOEXEC: it is no program of this machine. */
int confine_linkage_read(struct confine_linkage *linkage, int fd);

#endif
