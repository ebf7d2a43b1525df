/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_RULED_H
#define PEN_TEST_RULED_H
/*
 * A probe, and rpcecho beside it, which a policy rules that each test writes; and what it logs.
 */
#include "support/probe.h"

struct ruled_lines {
	pthread_mutex_t lock;
	char text[256 * 1024]; /* line after line */
	size_t size;
};

extern struct probe ruled_probe;
extern char ruled_path[]; /* of the policy, while the group's tests run */
extern struct ruled_lines ruled_lines;
extern const struct pen_server_config ruled_config;

/* Of a group: the file. */
int ruled_set_up(void **state);
int ruled_tear_down(void **state);

/* Writes the policy, and forgets what was logged. */
void ruled_write(const char *text);
void ruled_log(void *data, enum pen_log_level level, const char *line);
bool ruled_has_logged(const char *text);

/* stop waits until nobody is connected; all that was taken has been given back then. */
void ruled_start(const char *text);
void ruled_stop(void);

/* A call of a connection of its own. */
struct pen_call *ruled_begin(const char *binding, struct pen_client **clientp);
void ruled_end(struct pen_call *call, struct pen_client *client);

/* The fault that such a call gets, an addition or an echo of so many bytes; 0: it succeeds. */
uint32_t ruled_add_at(const char *binding);
uint32_t ruled_echo_at(const char *binding, uint32_t n);

#endif
