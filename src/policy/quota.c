/* SPDX-License-Identifier: MIT */
#include "policy/quota.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "policy/policy-private.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEER_SIZE = 64, A_SECOND = 1000 };

/* Whose an account is. Of a longer text the beginning counts. */
struct key {
	bool is_identity;
	char peer[PEER_SIZE];
	struct pen_sid sid;
};

struct pen_quota {
	struct pen_quota *next; /* in its bucket */
	struct pen_list idle;	/* while nobody is in it: who left first comes first */
	struct key key;
	uint32_t n_entered;
	uint64_t limits[PEN_QUOTA_N_RESOURCES];
	uint32_t lines[PEN_QUOTA_N_RESOURCES]; /* that say the limits */
	uint64_t taken[PEN_QUOTA_N_RESOURCES];
	uint64_t tokens; /* of the rate, in thousandths of a call */
	uint64_t filled_ms;
};

struct pen_quotas {
	const struct pen_policy *policy;
	uint64_t seed;
	struct pen_list idle;
	size_t n_entered;
	struct pen_quota **buckets;
	size_t n_buckets; /* a power of two */
	struct pen_quota *all;
	size_t n, n_max;
};

/* ---- the table ---- */

static uint64_t hash_more(uint64_t hash, const void *data, size_t n)
{
	for (const uint8_t *byte = data; n; n--, byte++) {
		hash = (hash ^ *byte) * UINT64_C(0x100000001b3);
		hash ^= hash >> 29;
	}
	return hash;
}

static struct pen_quota **bucket_of(struct pen_quotas *quotas, const struct key *key)
{
	uint64_t hash = quotas->seed ^ UINT64_C(0xcbf29ce484222325);

	if (key->is_identity) {
		hash = hash_more(hash, &key->sid.authority, sizeof(key->sid.authority));
		hash = hash_more(hash, key->sid.sub_authorities,
				 key->sid.n_sub_authorities * sizeof(*key->sid.sub_authorities));
	} else {
		hash = hash_more(hash, key->peer, strlen(key->peer));
	}
	return &quotas->buckets[hash & (quotas->n_buckets - 1)];
}

static bool is_key(const struct key *a, const struct key *b)
{
	if (a->is_identity != b->is_identity)
		return false;
	return a->is_identity ? pen_sid_equal(&a->sid, &b->sid) : !strcmp(a->peer, b->peer);
}

static struct pen_quota *find(struct pen_quotas *quotas, const struct key *key)
{
	struct pen_quota *quota = *bucket_of(quotas, key);

	while (quota && !is_key(&quota->key, key))
		quota = quota->next;
	return quota;
}

/* A place that is free, or was left first. NULL: somebody is in each. */
static struct pen_quota *free_place(struct pen_quotas *quotas)
{
	struct pen_quota *quota, **at;

	if (quotas->n < quotas->n_max)
		return &quotas->all[quotas->n++];
	if (pen_list_is_empty(&quotas->idle))
		return NULL;
	quota = pen_list_entry(quotas->idle.next, struct pen_quota, idle);
	pen_list_remove(&quota->idle);
	at = bucket_of(quotas, &quota->key);
	while (*at != quota)
		at = &(*at)->next;
	*at = quota->next;
	return quota;
}

static inline void quotas_freep(struct pen_quotas **quotasp)
{
	pen_quotas_free(*quotasp);
}

int pen_quotas_new(struct pen_quotas **quotasp, const struct pen_policy *policy, size_t n_max,
		   uint64_t seed)
{
	pen_cleanup(quotas_freep) struct pen_quotas *quotas = calloc(1, sizeof(*quotas));

	if (!quotas)
		return -ENOMEM;
	quotas->policy = policy;
	quotas->seed = seed;
	quotas->n_max = n_max;
	pen_list_init(&quotas->idle);
	quotas->n_buckets = 1;
	while (quotas->n_buckets < n_max && quotas->n_buckets <= SIZE_MAX / 4)
		quotas->n_buckets *= 2;
	quotas->buckets = calloc(quotas->n_buckets, sizeof(struct pen_quota *));
	quotas->all = calloc(n_max ? n_max : 1, sizeof(struct pen_quota));
	if (!quotas->buckets || !quotas->all)
		return -ENOMEM;

	*quotasp = pen_take(&quotas);
	return 0;
}

struct pen_quotas *pen_quotas_free(struct pen_quotas *quotas)
{
	if (quotas) {
		free(quotas->buckets);
		free(quotas->all);
	}
	free(quotas);
	return NULL;
}

void pen_quotas_rule(struct pen_quotas *quotas, const struct pen_policy *policy)
{
	quotas->policy = policy;
}

size_t pen_quotas_n_entered(const struct pen_quotas *quotas)
{
	return quotas->n_entered;
}

size_t pen_quotas_n(const struct pen_quotas *quotas)
{
	return quotas->n;
}

/* ---- accounts ---- */

/* What the policy says of one account: of each resource the first line that has a limit. */
struct limits {
	bool has_any;
	uint64_t of[PEN_QUOTA_N_RESOURCES];
	uint32_t lines[PEN_QUOTA_N_RESOURCES];
};

static void limits_add(struct limits *limits, const struct pen_quota_rule *rule)
{
	for (size_t i = 0; i < PEN_QUOTA_N_RESOURCES; i++)
		if (!limits->lines[i] && rule->limits[i] != PEN_QUOTA_UNLIMITED) {
			limits->has_any = true;
			limits->of[i] = rule->limits[i];
			limits->lines[i] = rule->line.number;
		}
}

static void limits_init(struct limits *limits)
{
	*limits = (struct limits){ .has_any = false };
	for (size_t i = 0; i < PEN_QUOTA_N_RESOURCES; i++)
		limits->of[i] = PEN_QUOTA_UNLIMITED;
}

/* In thousandths of a call: what the rate lets through at once. */
static uint64_t bucket_size(const struct pen_quota *quota)
{
	return quota->limits[PEN_QUOTA_RATE] * A_SECOND;
}

/* A rate that is new, or less than before, begins with all that it lets through at once. */
static void set_limits(struct pen_quota *quota, const struct limits *limits)
{
	bool had_rate = quota->lines[PEN_QUOTA_RATE];

	memcpy(quota->limits, limits->of, sizeof(quota->limits));
	memcpy(quota->lines, limits->lines, sizeof(quota->lines));
	if (limits->lines[PEN_QUOTA_RATE] && (!had_rate || quota->tokens > bucket_size(quota)))
		quota->tokens = bucket_size(quota);
}

static struct pen_quota *add(struct pen_quotas *quotas, const struct key *key)
{
	struct pen_quota *quota = free_place(quotas);
	struct pen_quota **bucket = bucket_of(quotas, key);

	if (!quota)
		return NULL;
	*quota = (struct pen_quota){ .next = *bucket, .key = *key };
	pen_list_init(&quota->idle);
	*bucket = quota;
	return quota;
}

static int enter(struct pen_quotas *quotas, const struct key *key, const struct limits *limits,
		 struct pen_quota **quotap)
{
	struct pen_quota *quota = find(quotas, key);

	if (!quota && limits->has_any) {
		quota = add(quotas, key);
		if (!quota)
			return PEN_E_LIMIT;
	}
	*quotap = quota;
	if (!quota)
		return 0;
	set_limits(quota, limits);
	if (!quota->n_entered++) {
		pen_list_remove(&quota->idle);
		quotas->n_entered++;
	}
	return 0;
}

int pen_quota_enter_peer(struct pen_quotas *quotas, const char *peer, struct pen_quota **quotap)
{
	struct pen_source source = pen_source_of(peer);
	struct key key = { .is_identity = false };
	struct limits limits;

	if (!source.is_known)
		source = pen_source_of("local");
	snprintf(key.peer, sizeof(key.peer), "%s", peer ? peer : "local");
	limits_init(&limits);
	for (size_t i = 0; i < quotas->policy->n_quotas; i++)
		if (pen_quota_rule_has_peer(&quotas->policy->quotas[i], &source))
			limits_add(&limits, &quotas->policy->quotas[i]);
	return enter(quotas, &key, &limits, quotap);
}

int pen_quota_enter_identity(struct pen_quotas *quotas, const struct pen_token *token,
			     struct pen_quota **quotap)
{
	struct key key = {
		.is_identity = true,
		.sid = token ? *pen_token_user(token) : pen_sid_anonymous,
	};
	struct limits limits;

	limits_init(&limits);
	for (size_t i = 0; i < quotas->policy->n_quotas; i++)
		if (pen_quota_rule_has_identity(&quotas->policy->quotas[i], token))
			limits_add(&limits, &quotas->policy->quotas[i]);
	return enter(quotas, &key, &limits, quotap);
}

void pen_quota_leave(struct pen_quotas *quotas, struct pen_quota *quota)
{
	if (!quota || --quota->n_entered)
		return;
	memset(quota->taken, 0, sizeof(quota->taken));
	pen_list_append(&quotas->idle, &quota->idle);
	quotas->n_entered--;
}

/* ---- taking and giving ---- */

static void fill(struct pen_quota *quota, uint64_t now_ms)
{
	uint64_t size = bucket_size(quota);
	uint64_t elapsed = now_ms > quota->filled_ms ? now_ms - quota->filled_ms : 0;
	uint64_t more = elapsed < A_SECOND ? elapsed * quota->limits[PEN_QUOTA_RATE] : size;

	quota->tokens = more < size - quota->tokens ? quota->tokens + more : size;
	quota->filled_ms += elapsed;
}

static bool take_rate(struct pen_quota *quota, uint64_t n, uint64_t now_ms)
{
	if (quota->limits[PEN_QUOTA_RATE] == PEN_QUOTA_UNLIMITED)
		return true;
	fill(quota, now_ms);
	if (n > quota->tokens / A_SECOND)
		return false;
	quota->tokens -= n * A_SECOND;
	return true;
}

static bool take_amount(struct pen_quota *quota, enum pen_quota_resource resource, uint64_t n)
{
	uint64_t limit = quota->limits[resource], taken = quota->taken[resource];

	if (taken > limit || n > limit - taken)
		return false;
	quota->taken[resource] += n;
	return true;
}

int pen_quota_take(struct pen_quota *quota, enum pen_quota_resource resource, uint64_t n,
		   uint64_t now_ms, struct pen_quota_refusal *refusal)
{
	if (!quota || (resource == PEN_QUOTA_RATE ? take_rate(quota, n, now_ms)
						  : take_amount(quota, resource, n)))
		return 0;
	*refusal = (struct pen_quota_refusal){
		.resource = resource,
		.is_identity = quota->key.is_identity,
		.limit = quota->limits[resource],
		.line = quota->lines[resource],
	};
	return PEN_E_LIMIT;
}

void pen_quota_give(struct pen_quota *quota, enum pen_quota_resource resource, uint64_t n)
{
	if (quota && resource != PEN_QUOTA_RATE)
		quota->taken[resource] -= n < quota->taken[resource] ? n : quota->taken[resource];
}

uint64_t pen_quota_taken(const struct pen_quota *quota, enum pen_quota_resource resource)
{
	return quota ? quota->taken[resource] : 0;
}
