/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_OBJECTD_H
#define PEN_TEST_OBJECTD_H
/*
 * penstock-objectd as a process of a test's own, in a directory of its own, and programs that
 * ask it, descriptor by descriptor.
 */
#include "object/letter.h"
#include <sys/types.h>

struct objectd {
	pid_t pid;
	char directory[64];
};

/* Starts it, with more options, ended by NULL, and waits until it listens. */
void objectd_start(struct objectd *objectd, const char *const *options);

/* Runs one there until it ends: its exit status. The one that objectd names is left alone. */
int objectd_run(const struct objectd *objectd, const char *const *options);

/* Ends it by that signal, and gives its exit status, -1 for one by the signal. */
int objectd_end(struct objectd *objectd, int signal);

/* Removes what is left of the directory. */
void objectd_clean(const struct objectd *objectd);

/* Waits for up to 60 s until it has ended by itself: its exit status. */
int objectd_wait(struct objectd *objectd);

/* A connection. -1: nobody is there. */
int objectd_connect(const struct objectd *objectd);

struct answer {
	struct pen_arena arena;
	struct object_reply letter;
	int fds[5];
	size_t n_fds;
};

void answer_done(struct answer *answer);

/* Sends a request; the descriptors stay the caller's. */
void objectd_send(int socket, const struct object_request *request, const int *fds, size_t n);

/* The reply. False: it closed the connection. */
bool objectd_receive(int socket, struct answer *answer);

/* Both; the status of the reply. */
uint32_t objectd_ask(int socket, const struct object_request *request, const int *fds, size_t n,
		     struct answer *answer);

/* An instance's descriptors as a server has them: lives by [0] reading, [1] writing. */
struct parts {
	int life[2];
	int memory;
	int bells[2];
	int client_life[2];
};

void parts_make(struct parts *parts);
void parts_close(struct parts *parts);

/* Creates an instance; its offer's descriptors are closed here. The parts stay. */
uint32_t objectd_create(int socket, const char *name, struct parts *parts, struct answer *answer);
uint32_t objectd_open(int socket, const char *name, struct answer *answer);

/* Whether all write ends are closed within 60 s. */
bool has_ended(int life);

#endif
