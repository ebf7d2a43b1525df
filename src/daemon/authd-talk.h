/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_AUTHD_TALK_H
#define PEN_DAEMON_AUTHD_TALK_H
/*
 * One conversation with a worker: what it may ask, and what it is told. It holds one thread, and
 * nobody else up.
 */
#include "daemon/authd.h"
#include <pthread.h>

enum { CHALLENGES_MAX = 1024 };

/* Challenges that a worker has got and no client has answered yet. The oldest are forgotten. */
struct challenges {
	pthread_mutex_t mutex;
	uint8_t rows[CHALLENGES_MAX][PEN_NTLM_CHALLENGE_SIZE]; /* all zero: none */
	uint64_t due[CHALLENGES_MAX];
	size_t next;
};

/*
 * Answers until there is no more to ask. The socket stays the caller's. PEN_E_CLOSED: the worker
 * has gone; PEN_E_TIMEOUT: it took its time; PEN_E_BAD_DATA, PEN_E_PROTOCOL, PEN_E_LIMIT: it asks
 * what is no question, or not one that it may ask there; a negative errno. has_accounts: it is of
 * the program that serves the accounts, and may ask the vault.
 */
int talk_serve(int socket, const struct authd_config *config, struct challenges *challenges,
	       bool has_accounts);

#endif
