/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_SERVER_QUOTA_H
#define PEN_RUNTIME_SERVER_QUOTA_H
/*
 * What connections and calls take of a policy's quotas (policy/quota.h): of their peer's
 * account and of their user's. A connection enters an account once and leaves all when it is
 * gone and its last call has finished; so calls only take and give.
 */
#include "policy/quota.h"

struct pen_connection;
struct pen_server_call;

/* Of a connection: its peer's account, or that of a user who has come by it. */
struct pen_server_account {
	struct pen_server_account *next;
	struct pen_sid user;	 /* not of a peer's */
	struct pen_quota *quota; /* NULL: no line is about it */
	uint32_t edition;	 /* of the policy that it was entered by; 0: it was not */
	uint32_t n_contexts;	 /* that were taken */
	bool has_connection;	 /* it was taken */
};

struct pen_server_stake {
	struct pen_server_account peer;
	struct pen_server_account *users; /* who called last is the first */
	uint32_t n_users;
};

/* What a call has taken of its peer's account and of its user's. */
struct pen_server_fare {
	bool is_taken;
	struct pen_quota *peer;
	struct pen_quota *user;
	uint64_t memory;
	size_t kept; /* of the call's arena, from one before */
};

/* Takes a connection. PEN_E_LIMIT: a quota is used up, which is logged; -ENOMEM. Then it is to be
 * left. */
int pen_server_stake_enter(struct pen_connection *connection);

/* Gives back all but what calls have, of which there are none. */
void pen_server_stake_leave(struct pen_connection *connection);

/* Takes a presentation context. False: a quota is used up, which is logged. */
bool pen_server_stake_context(struct pen_connection *connection);

/*
 * Takes a call whose request has so many bytes. PEN_E_FAULT: a quota is used up; the sentence is in
 * the call, and its client is not told it. -ENOMEM.
 */
int pen_server_fare_take(struct pen_server_call *call, size_t n_stub);

/* Takes what the request has become by being decoded; the same. */
int pen_server_fare_weigh(struct pen_server_call *call);

void pen_server_fare_give(struct pen_server_call *call);

#endif
