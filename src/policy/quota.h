/* SPDX-License-Identifier: MIT */
#ifndef PEN_POLICY_QUOTA_H
#define PEN_POLICY_QUOTA_H
/*
 * How much each peer and each identity may have: what a policy's lines say, and a bounded
 * table of who has how much.
 *
 *	quota peer=10.0.0.0/8 connections=100 rate=500/s
 *	quota identity=* memory=64M calls=32
 *
 * A quota is the account of one peer or one identity. Enter it, take and give, and leave it.
 * One that nobody is in stays, with its rate, until its place is wanted: the one that was left
 * first goes first.
 */
#include "policy/policy.h"

enum pen_quota_resource {
	PEN_QUOTA_CONNECTIONS,
	PEN_QUOTA_CONTEXTS,
	PEN_QUOTA_CALLS,  /* in progress */
	PEN_QUOTA_MEMORY, /* bytes */
	PEN_QUOTA_RATE,	  /* calls begun in a second; one second's may come at once */
	PEN_QUOTA_N_RESOURCES,
};

/* As a policy names it. */
const char *pen_quota_resource_name(enum pen_quota_resource resource);

struct pen_quota;
struct pen_quotas;

/*
 * A table for at most n_max accounts, all of whose memory is taken here. The policy is
 * borrowed. The seed is of the hash, so that nobody chooses names of one bucket. -ENOMEM.
 */
int pen_quotas_new(struct pen_quotas **quotasp, const struct pen_policy *policy, size_t n_max,
		   uint64_t seed);
struct pen_quotas *pen_quotas_free(struct pen_quotas *quotas);

/* Another policy: its limits count for an account from the next one that enters it. */
void pen_quotas_rule(struct pen_quotas *quotas, const struct pen_policy *policy);

/* Accounts that somebody is in, and all that are kept. */
size_t pen_quotas_n_entered(const struct pen_quotas *quotas);
size_t pen_quotas_n(const struct pen_quotas *quotas);

/*
 * Enters a peer's account: an address, or what else this machine's peers are called. The
 * policy has nothing to say of it: *quotap is NULL, from which all may be taken.
 * PEN_E_LIMIT: the table is full of accounts that others are in.
 */
int pen_quota_enter_peer(struct pen_quotas *quotas, const char *peer, struct pen_quota **quotap);

/* The same of a token's user. NULL, and all anonymous ones, are one user. */
int pen_quota_enter_identity(struct pen_quotas *quotas, const struct pen_token *token,
			     struct pen_quota **quotap);

/* Leaves it; who is the last to leave gives back what is still taken. NULL is nobody's. */
void pen_quota_leave(struct pen_quotas *quotas, struct pen_quota *quota);

/* Which limit it was. */
struct pen_quota_refusal {
	enum pen_quota_resource resource;
	bool is_identity; /* else a peer's */
	uint64_t limit;
	uint32_t line; /* of the policy */
};

/*
 * Takes n of a resource, or nothing. PEN_E_LIMIT: that would be more than the limit, as
 * refusal says. The time is any that does not go back; only the rate asks for it.
 */
int pen_quota_take(struct pen_quota *quota, enum pen_quota_resource resource, uint64_t n,
		   uint64_t now_ms, struct pen_quota_refusal *refusal);

/* Gives back what was taken; of the rate nothing is. */
void pen_quota_give(struct pen_quota *quota, enum pen_quota_resource resource, uint64_t n);

uint64_t pen_quota_taken(const struct pen_quota *quota, enum pen_quota_resource resource);

#endif
