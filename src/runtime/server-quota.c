/* SPDX-License-Identifier: MIT */
#include "runtime/server-quota.h"
#include "runtime/server-call.h"
#include "runtime/server-policy.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>

enum { USERS_MAX = 4096, SENTENCE_SIZE = 128 };

static uint64_t now_of(const struct pen_connection *connection)
{
	return uv_now(&connection->server->loop.uv);
}

static struct pen_quotas *quotas_of(const struct pen_connection *connection)
{
	return connection->server->policy->quotas;
}

/* "line 3 of the policy: calls=2 of a peer are taken" */
static void describe(const struct pen_quota_refusal *refusal, char sentence[SENTENCE_SIZE])
{
	if (!refusal->line)
		snprintf(sentence, SENTENCE_SIZE,
			 "more have quotas of the policy than there is "
			 "room for");
	else
		snprintf(sentence, SENTENCE_SIZE,
			 "line %u of the policy: %s=%llu%s of %s is used up", refusal->line,
			 pen_quota_resource_name(refusal->resource),
			 (unsigned long long)refusal->limit,
			 refusal->resource == PEN_QUOTA_RATE ? "/s" : "",
			 refusal->is_identity ? "an identity" : "a peer");
}

/* ---- accounts ---- */

/* An address, or what else this machine's peers are called. */
static const char *peer_of(const struct pen_connection *connection)
{
	const char *address = pen_token_info(connection->token)->remote_address;

	return *address ? address : connection->peer->name;
}

/*
 * Enters it by the policy that rules, which may not be the one that it was entered by. One that
 * was no account's until now takes nothing for what is there already. token NULL: a peer's.
 */
static int account_enter(struct pen_connection *connection, struct pen_server_account *account,
			 const struct pen_token *token)
{
	struct pen_server_policy *ruling = connection->server->policy;
	struct pen_quota *quota;
	int r;

	if (account->edition == ruling->edition)
		return 0;
	r = token ? pen_quota_enter_identity(ruling->quotas, token, &quota)
		  : pen_quota_enter_peer(ruling->quotas, peer_of(connection), &quota);
	if (r)
		return r;
	if (account->quota)
		pen_quota_leave(ruling->quotas, quota);
	else
		account->quota = quota;
	account->edition = ruling->edition;
	return 0;
}

static int account_take_connection(struct pen_connection *connection,
				   struct pen_server_account *account,
				   struct pen_quota_refusal *refusal)
{
	int r = pen_quota_take(account->quota, PEN_QUOTA_CONNECTIONS, 1, now_of(connection),
			       refusal);

	account->has_connection = !r;
	return r;
}

static void account_leave(struct pen_connection *connection, struct pen_server_account *account)
{
	if (account->has_connection)
		pen_quota_give(account->quota, PEN_QUOTA_CONNECTIONS, 1);
	pen_quota_give(account->quota, PEN_QUOTA_CONTEXTS, account->n_contexts);
	if (account->quota)
		pen_quota_leave(quotas_of(connection), account->quota);
	*account = (struct pen_server_account){ .next = NULL };
}

static struct pen_server_account *find_user(struct pen_server_stake *stake,
					    const struct pen_token *token)
{
	const struct pen_sid *user = pen_token_user(token);
	struct pen_server_account **at = &stake->users;
	struct pen_server_account *account;

	while (*at && !pen_sid_equal(&(*at)->user, user))
		at = &(*at)->next;
	account = *at;
	if (account) {
		*at = account->next;
		account->next = stake->users;
		stake->users = account;
	}
	return account;
}

/* One who has not come by this connection takes it too. */
static int add_user(struct pen_connection *connection, const struct pen_token *token,
		    struct pen_server_account **accountp, struct pen_quota_refusal *refusal)
{
	struct pen_server_stake *stake = &connection->stake;
	struct pen_server_account *account;
	int r;

	if (stake->n_users >= USERS_MAX)
		return PEN_E_LIMIT;
	account = calloc(1, sizeof(*account));
	if (!account)
		return -ENOMEM;
	account->user = *pen_token_user(token);
	r = account_enter(connection, account, token);
	if (!r)
		r = account_take_connection(connection, account, refusal);
	if (r) {
		account_leave(connection, account);
		free(account);
		return r;
	}
	account->next = stake->users;
	stake->users = account;
	stake->n_users++;
	*accountp = account;
	return 0;
}

/* ---- connections ---- */

static int stake_enter(struct pen_connection *connection, struct pen_quota_refusal *refusal)
{
	struct pen_server_account *peer = &connection->stake.peer;
	struct pen_server_account *user;
	int r = account_enter(connection, peer, NULL);

	if (!r)
		r = account_take_connection(connection, peer, refusal);
	/* Who is nobody yet may prove who he is before he calls. */
	if (!r && !pen_token_is_anonymous(connection->token))
		r = add_user(connection, connection->token, &user, refusal);
	return r;
}

int pen_server_stake_enter(struct pen_connection *connection)
{
	struct pen_quota_refusal refusal = { .line = 0 };
	char sentence[SENTENCE_SIZE];
	int r;

	if (!connection->server->policy)
		return 0;
	r = stake_enter(connection, &refusal);
	if (r == PEN_E_LIMIT) {
		describe(&refusal, sentence);
		pen_server_log(connection->server, PEN_LOG_WARNING, "%s: refused: %s",
			       connection->peer->name, sentence);
	}
	return r;
}

void pen_server_stake_leave(struct pen_connection *connection)
{
	struct pen_server_stake *stake = &connection->stake;

	account_leave(connection, &stake->peer);
	while (stake->users) {
		struct pen_server_account *account = stake->users;

		stake->users = account->next;
		account_leave(connection, account);
		free(account);
	}
	stake->n_users = 0;
}

static int take_context(struct pen_connection *connection, struct pen_server_account *account,
			struct pen_quota_refusal *refusal)
{
	int r = account ? pen_quota_take(account->quota, PEN_QUOTA_CONTEXTS, 1, now_of(connection),
					 refusal)
			: 0;

	if (account && !r)
		account->n_contexts++;
	return r;
}

bool pen_server_stake_context(struct pen_connection *connection)
{
	struct pen_server_stake *stake = &connection->stake;
	struct pen_quota_refusal refusal;
	char sentence[SENTENCE_SIZE];
	int r;

	if (!connection->server->policy)
		return true;
	r = take_context(connection, &stake->peer, &refusal);
	if (!r) {
		r = take_context(connection, find_user(stake, connection->token), &refusal);
		if (!r)
			return true;
		pen_quota_give(stake->peer.quota, PEN_QUOTA_CONTEXTS, 1);
		stake->peer.n_contexts--;
	}
	describe(&refusal, sentence);
	pen_server_log(connection->server, PEN_LOG_WARNING,
		       "%s: a presentation context is refused: %s", connection->peer->name,
		       sentence);
	return false;
}

/* ---- calls ---- */

static int refuse(struct pen_server_call *call, int result, const struct pen_quota_refusal *refusal)
{
	char sentence[SENTENCE_SIZE];

	if (result != PEN_E_LIMIT)
		return result;
	describe(refusal, sentence);
	call->is_withheld = true;
	/* Crossed by one who has just said who he is: he does not get the connection. */
	if (refusal->line && refusal->resource == PEN_QUOTA_CONNECTIONS)
		pen_connection_close(call->connection, PEN_LOG_WARNING, sentence);
	return pen_call_fail(&call->call, PEN_FAULT_SERVER_TOO_BUSY, "Refused: %s.", sentence);
}

/* The accounts that a call is to be taken from. */
static int find_accounts(struct pen_server_call *call, struct pen_server_account **userp,
			 struct pen_quota_refusal *refusal)
{
	struct pen_connection *connection = call->connection;
	int r = account_enter(connection, &connection->stake.peer, NULL);

	if (r)
		return r;
	*userp = find_user(&connection->stake, call->token);
	return *userp ? account_enter(connection, *userp, call->token)
		      : add_user(connection, call->token, userp, refusal);
}

static int take_call(struct pen_quota *quota, uint64_t memory, uint64_t now_ms,
		     struct pen_quota_refusal *refusal)
{
	int r = pen_quota_take(quota, PEN_QUOTA_RATE, 1, now_ms, refusal);

	if (!r)
		r = pen_quota_take(quota, PEN_QUOTA_CALLS, 1, now_ms, refusal);
	if (r)
		return r;
	r = pen_quota_take(quota, PEN_QUOTA_MEMORY, memory, now_ms, refusal);
	if (r)
		pen_quota_give(quota, PEN_QUOTA_CALLS, 1);
	return r;
}

static void give_call(struct pen_quota *quota, uint64_t memory)
{
	pen_quota_give(quota, PEN_QUOTA_CALLS, 1);
	pen_quota_give(quota, PEN_QUOTA_MEMORY, memory);
}

int pen_server_fare_take(struct pen_server_call *call, size_t n_stub)
{
	struct pen_quota *peer;
	struct pen_quota_refusal refusal = { .line = 0 };
	uint64_t now_ms = now_of(call->connection);
	struct pen_server_account *user;
	int r = find_accounts(call, &user, &refusal);

	if (r)
		return refuse(call, r, &refusal);
	peer = call->connection->stake.peer.quota;
	r = take_call(peer, n_stub, now_ms, &refusal);
	if (r)
		return refuse(call, r, &refusal);
	r = take_call(user->quota, n_stub, now_ms, &refusal);
	if (r) {
		give_call(peer, n_stub);
		return refuse(call, r, &refusal);
	}
	call->fare = (struct pen_server_fare){ .is_taken = true,
					       .peer = peer,
					       .user = user->quota,
					       .memory = n_stub,
					       .kept = call->call.arena.total };
	return 0;
}

int pen_server_fare_weigh(struct pen_server_call *call)
{
	struct pen_server_fare *fare = &call->fare;
	struct pen_quota_refusal refusal;
	uint64_t more = call->call.arena.total - fare->kept;
	uint64_t now_ms;
	int r;

	if (!fare->is_taken || (!fare->peer && !fare->user))
		return 0;
	now_ms = now_of(call->connection);
	r = pen_quota_take(fare->peer, PEN_QUOTA_MEMORY, more, now_ms, &refusal);
	if (r)
		return refuse(call, r, &refusal);
	r = pen_quota_take(fare->user, PEN_QUOTA_MEMORY, more, now_ms, &refusal);
	if (r) {
		pen_quota_give(fare->peer, PEN_QUOTA_MEMORY, more);
		return refuse(call, r, &refusal);
	}
	fare->memory += more;
	return 0;
}

void pen_server_fare_give(struct pen_server_call *call)
{
	if (!call->fare.is_taken)
		return;
	give_call(call->fare.peer, call->fare.memory);
	give_call(call->fare.user, call->fare.memory);
	call->fare = (struct pen_server_fare){ .is_taken = false };
}
