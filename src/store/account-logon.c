/* SPDX-License-Identifier: MIT */
#include "store/account-logon.h"
#include "base/utf16.h"
#include "crypto/crypto.h"
#include "sec/ntlm-keys.h"
#include "store/lsa.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The NT hash of no password. */
static const uint8_t empty_hash[PEN_ACCOUNT_HASH_SIZE] = {
	0x31, 0xd6, 0xcf, 0xe0, 0xd1, 0x6a, 0xe9, 0x31, /* */
	0xb7, 0x3c, 0x59, 0xd7, 0xe0, 0xc0, 0x89, 0xc0, /* */
};

static int refuse(struct pen_logon *logon, uint32_t status, const char *format, ...)
	PEN_PRINTF(3, 4);

static int refuse(struct pen_logon *logon, uint32_t status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(logon->reason, sizeof(logon->reason), format, args);
	va_end(args);
	logon->status = status;
	return 0;
}

/* ---- the password ---- */

/* Whether it is that one. PEN_E_DENIED: it is not. */
static int prove(const struct pen_logons *logons, const struct pen_logon_request *request,
		 const uint8_t *nt_hash, struct pen_logon *logon)
{
	if (request->kind == PEN_LOGON_PROVED)
		return 0;
	if (request->kind == PEN_LOGON_NETWORK)
		return pen_ntlm_check(nt_hash, request->attempt, logon->session_base_key);
	if (!pen_equal_secret(nt_hash, request->nt_hash, PEN_ACCOUNT_HASH_SIZE))
		return PEN_E_DENIED;
	return pen_ntlm_v1_base_key(logons->crypto, nt_hash, logon->session_base_key);
}

/* The account Guest may have no password, if guests are welcome. */
static bool is_open_guest(const struct pen_logons *logons, const struct pen_account_user *user)
{
	return logons->guests != PEN_LOGON_NO_GUESTS && user->rid == PEN_RID_GUEST &&
	       !user->has_password;
}

/* Without a password there is still a hash to try, so that it takes as long. */
static int prove_user(const struct pen_logons *logons, const struct pen_logon_request *request,
		      struct pen_logon *logon)
{
	uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE];
	bool is_open = is_open_guest(logons, &logon->user);
	bool has_none = false;
	int r;

	if (request->kind == PEN_LOGON_PROVED)
		return 0;
	r = pen_accounts_get_hash(logons->accounts, logon->user.rid, 0, nt_hash);
	/* Without the key of the hashes nothing can be judged; that is no wrong password. */
	if (r == PEN_E_DENIED)
		return -EACCES;
	if (r == PEN_E_NOT_FOUND) {
		memcpy(nt_hash, empty_hash, sizeof(nt_hash));
		has_none = !is_open;
		r = 0;
	}
	if (!r)
		r = prove(logons, request, nt_hash, logon);
	if (!r && has_none)
		r = PEN_E_DENIED;
	if (!r && !is_open && pen_equal_secret(nt_hash, empty_hash, sizeof(nt_hash)))
		refuse(logon, PEN_STATUS_ACCOUNT_RESTRICTION,
		       "the password of %.64s is empty, and such are not taken", logon->user.name);
	pen_wipe(nt_hash, sizeof(nt_hash));
	return r;
}

/* ---- may the user come in? ---- */

/* Bits of the week, from Sunday 0:00 UTC on; 1601 began with a Monday. */
static bool is_within_hours(const struct pen_account_user *user, uint64_t now)
{
	const uint64_t minutes = now / (60 * PEN_ACCOUNT_SECOND) + 1440;
	uint64_t unit = minutes % 10080 * user->logon_units / 10080;

	if (!user->logon_hours.size)
		return true;
	return unit / 8 < user->logon_hours.size &&
	       user->logon_hours.data[unit / 8] >> unit % 8 & 1;
}

/* A list with commas; of no workstation nothing is known, and nothing asked. */
static bool is_workstation_listed(const char *list, const char *workstation)
{
	workstation += strspn(workstation, "\\");
	if (!*list || !*workstation)
		return true;
	while (*list) {
		size_t n = strcspn(list, ", ");

		if (n && !pen_upcase_compare(list, n, workstation, strlen(workstation)))
			return true;
		list += n;
		list += strspn(list, ", ");
	}
	return false;
}

static int check_machine(const struct pen_logon_request *request, struct pen_logon *logon)
{
	uint32_t refused = logon->user.control & PEN_ACCOUNT_TYPES & ~request->machines;
	const char *name = logon->user.name;

	if (refused & PEN_ACCOUNT_WORKSTATION_TRUST)
		return refuse(logon, PEN_STATUS_NOLOGON_WORKSTATION_TRUST_ACCOUNT,
			      "%.64s is a machine's account, not a user's", name);
	if (refused & PEN_ACCOUNT_SERVER_TRUST)
		return refuse(logon, PEN_STATUS_NOLOGON_SERVER_TRUST_ACCOUNT,
			      "%.64s is a domain controller's account, not a user's", name);
	if (refused & PEN_ACCOUNT_INTERDOMAIN_TRUST)
		return refuse(logon, PEN_STATUS_NOLOGON_INTERDOMAIN_TRUST_ACCOUNT,
			      "%.64s is a domain's account, not a user's", name);
	return 0;
}

static int check_password_age(struct pen_logon *logon, uint64_t now)
{
	if (pen_account_must_change(&logon->user, &logon->policy) > now)
		return 0;
	if (!logon->user.password_set)
		return refuse(logon, PEN_STATUS_PASSWORD_MUST_CHANGE,
			      "%.64s must change the password before logging on", logon->user.name);
	return refuse(logon, PEN_STATUS_PASSWORD_EXPIRED,
		      "the password of %.64s has expired, and must be changed", logon->user.name);
}

static int check_rules(const struct pen_logon_request *request, struct pen_logon *logon,
		       uint64_t now)
{
	const struct pen_account_user *user = &logon->user;

	if (user->control & PEN_ACCOUNT_DISABLED)
		return refuse(logon, PEN_STATUS_ACCOUNT_DISABLED, "the account %.64s is disabled",
			      user->name);
	if (user->expires && user->expires <= now)
		return refuse(logon, PEN_STATUS_ACCOUNT_EXPIRED, "the account %.64s has expired",
			      user->name);
	if (!is_within_hours(user, now))
		return refuse(logon, PEN_STATUS_INVALID_LOGON_HOURS,
			      "%.64s may not log on at this hour", user->name);
	if (!is_workstation_listed(user->workstations, request->workstation))
		return refuse(logon, PEN_STATUS_INVALID_WORKSTATION,
			      "%.64s may not log on from the workstation %.32s", user->name,
			      request->workstation);
	check_machine(request, logon);
	if (logon->status || request->kind == PEN_LOGON_PROVED || user->rid == PEN_RID_GUEST)
		return 0;
	return check_password_age(logon, now);
}

/* LSA's rights of logon, granted and denied. */
static int check_rights(const struct pen_logons *logons, const struct pen_logon_request *request,
			struct pen_arena *arena, struct pen_logon *logon)
{
	uint32_t needed = PEN_LSA_LOGON_NETWORK, denied = PEN_LSA_LOGON_DENY_NETWORK;
	int r = pen_logon_gather(logons, arena, logon);

	if (r || !request->is_here)
		return r;
	if (logon->is_interactive) {
		needed = PEN_LSA_LOGON_INTERACTIVE;
		denied = PEN_LSA_LOGON_DENY_INTERACTIVE;
	}
	if (logon->system_access & needed && !(logon->system_access & denied))
		return 0;
	return refuse(logon, PEN_STATUS_LOGON_TYPE_NOT_GRANTED,
		      "%.64s does not have the right to log on %s", logon->user.name,
		      logon->is_interactive ? "at this machine" : "from the network");
}

/* Whether all but the password lets the user in. */
static int check_all(const struct pen_logons *logons, const struct pen_logon_request *request,
		     struct pen_arena *arena, struct pen_logon *logon, uint64_t now)
{
	int r = check_rules(request, logon, now);

	return r || logon->status ? r : check_rights(logons, request, arena, logon);
}

/* ---- the whole ---- */

static int load(const struct pen_logons *logons, uint32_t rid, struct pen_arena *arena,
		struct pen_logon *logon)
{
	int r = pen_accounts_get_user(logons->accounts, rid, arena, &logon->user);

	if (!r)
		r = pen_accounts_get_policy(logons->accounts, PEN_ACCOUNT_MACHINE, arena,
					    &logon->policy);
	return r ? r
		 : pen_accounts_groups_of(logons->accounts, rid, arena, &logon->groups,
					  &logon->n_groups);
}

/* Nobody is called so. As much is done as for a user with a wrong password. */
static int check_stranger(const struct pen_logons *logons, const struct pen_logon_request *request,
			  struct pen_arena *arena, struct pen_logon *logon, uint64_t now)
{
	int r = load(logons, PEN_RID_GUEST, arena, logon);

	if (!r)
		r = prove(logons, request, empty_hash, logon);
	pen_wipe(logon->session_base_key, sizeof(logon->session_base_key));
	if (!r || r == PEN_E_DENIED)
		r = pen_accounts_note_stranger(logons->accounts);
	if (r && r != -EIO)
		return r;
	if (logons->guests == PEN_LOGON_STRANGERS && request->kind == PEN_LOGON_NETWORK &&
	    !(logon->user.control & PEN_ACCOUNT_DISABLED)) {
		logon->is_guest = true;
		logon->is_unproved = true;
		return check_all(logons, request, arena, logon, now);
	}
	return refuse(logon, PEN_STATUS_NO_SUCH_USER, "there is no user %.64s", request->user);
}

static int check_wrong_password(const struct pen_logons *logons, struct pen_logon *logon,
				uint64_t now)
{
	int r = pen_accounts_note_logon(logons->accounts, logon->user.rid, false, now);

	if (r && r != -EIO)
		return r;
	return refuse(logon, PEN_STATUS_WRONG_PASSWORD, "the password of %.64s is wrong",
		      logon->user.name);
}

/* A disk that is full keeps nobody out who knows the password. */
static int note_good(const struct pen_logons *logons, const struct pen_logon *logon, uint64_t now)
{
	int r = pen_accounts_note_logon(logons->accounts, logon->user.rid, true, now);

	return r == -EIO ? 0 : r;
}

static bool is_locked(const struct pen_logon *logon, uint64_t now)
{
	return pen_account_control(&logon->user, &logon->policy, now) & PEN_ACCOUNT_AUTO_LOCKED;
}

/* Nor does it let anybody try as often as he likes: what cannot be written counts as well. */
static bool is_locked_unkept(const struct pen_logons *logons, const struct pen_logon *logon)
{
	const struct pen_account_policy *policy = &logon->policy;
	uint32_t n = pen_accounts_unkept(logons->accounts, logon->user.rid);

	return n && policy->lockout_threshold && n >= policy->lockout_threshold &&
	       (logon->user.rid != PEN_RID_ADMINISTRATOR ||
		policy->password_properties & PEN_ACCOUNT_LOCKOUT_ADMINS);
}

static int check_locked(const struct pen_logons *logons, struct pen_logon *logon, bool is_unkept,
			uint64_t now)
{
	int r = is_unkept ? pen_accounts_note_logon(logons->accounts, logon->user.rid, false, now)
			  : pen_accounts_note_stranger(logons->accounts);

	if (r && r != -EIO)
		return r;
	return refuse(logon, PEN_STATUS_ACCOUNT_LOCKED_OUT,
		      "the account %.64s is locked, after too many wrong passwords",
		      logon->user.name);
}

static int check_user(const struct pen_logons *logons, const struct pen_logon_request *request,
		      struct pen_arena *arena, struct pen_logon *logon, uint64_t now)
{
	bool is_unkept = is_locked_unkept(logons, logon);
	int r = prove_user(logons, request, logon);

	if ((is_unkept || is_locked(logon, now)) && (!r || r == PEN_E_DENIED))
		return check_locked(logons, logon, is_unkept, now);
	if (r == PEN_E_DENIED)
		return check_wrong_password(logons, logon, now);
	if (r || logon->status)
		return r;
	logon->is_guest = logon->user.rid == PEN_RID_GUEST;
	r = check_all(logons, request, arena, logon, now);
	if (r || logon->status || request->kind == PEN_LOGON_PROVED)
		return r;
	return note_good(logons, logon, now);
}

int pen_logon_check(const struct pen_logons *logons, const struct pen_logon_request *request,
		    struct pen_arena *arena, struct pen_logon *logon)
{
	uint64_t now = logons->now(logons->data);
	struct pen_account account;
	int r;

	*logon = (struct pen_logon){ .is_interactive = request->kind == PEN_LOGON_INTERACTIVE };
	r = pen_accounts_find_name(logons->accounts, PEN_ACCOUNT_MACHINE, request->user, NULL,
				   &account);
	if (r == PEN_E_NOT_FOUND || (!r && account.kind != PEN_ACCOUNT_USER)) {
		r = check_stranger(logons, request, arena, logon, now);
	} else if (!r) {
		r = load(logons, account.rid, arena, logon);
		if (!r)
			r = check_user(logons, request, arena, logon, now);
	}
	if (r || logon->status)
		pen_wipe(logon->session_base_key, sizeof(logon->session_base_key));
	return r;
}

/* ---- judged by others ---- */

int pen_logon_expect(const struct pen_logons *logons, const char *user, struct pen_arena *arena,
		     struct pen_logon *logon)
{
	struct pen_account account;
	int r = pen_accounts_find_name(logons->accounts, PEN_ACCOUNT_MACHINE, user, NULL, &account);
	bool is_user = !r && account.kind == PEN_ACCOUNT_USER;

	if (r && r != PEN_E_NOT_FOUND && r != PEN_E_SYNTAX && r != PEN_E_LIMIT)
		return r;
	return load(logons, is_user ? account.rid : (uint32_t)PEN_RID_GUEST, arena, logon);
}

int pen_logon_grant(const struct pen_logons *logons, uint32_t rid, struct pen_arena *arena,
		    struct pen_logon *logon)
{
	int r = rid == logon->user.rid ? 0 : load(logons, rid, arena, logon);

	return r ? r : pen_logon_gather(logons, arena, logon);
}

/* ---- for mechanisms ---- */

/* A refusal as a result. */
static int result_of(const struct pen_logon *logon)
{
	if (!logon->status)
		return 0;
	return logon->status == PEN_STATUS_NO_SUCH_USER ? PEN_E_NOT_FOUND : PEN_E_DENIED;
}

int pen_logon_judge(void *data, const struct pen_ntlm_attempt *attempt,
		    struct pen_ntlm_verdict *verdict)
{
	const struct pen_logons *logons = data;
	const struct pen_logon_request request = {
		.kind = PEN_LOGON_NETWORK,
		.user = attempt->user,
		.workstation = attempt->workstation,
		.is_here = true,
		.machines = PEN_ACCOUNT_MACHINES,
		.attempt = attempt,
	};
	const struct pen_token_info known = {
		.proof = PEN_TOKEN_RPC,
		.remote_address = attempt->peer,
	};
	struct pen_arena arena;
	struct pen_logon logon;
	int r;

	pen_arena_init(&arena, 0);
	r = pen_logon_check(logons, &request, &arena, &logon);
	if (!r)
		r = result_of(&logon);
	if (!r)
		r = pen_logon_token(logons, &logon, &known, &arena, &verdict->token);
	if (!r)
		memcpy(verdict->session_base_key, logon.session_base_key, PEN_NTLM_KEY_SIZE);
	verdict->is_unproved = logon.is_unproved;
	memcpy(verdict->reason, logon.reason, sizeof(verdict->reason));
	pen_wipe(logon.session_base_key, sizeof(logon.session_base_key));
	pen_arena_done(&arena);
	return r;
}

/* The name of a principal of our realm, in one part. */
static int name_of(const struct pen_logons *logons, const char *principal, struct pen_arena *arena,
		   const char **namep)
{
	const char *at = strrchr(principal, '@');

	if (!at || !logons->realm || strcmp(at + 1, logons->realm) != 0 ||
	    strcspn(principal, "/\\@") != (size_t)(at - principal))
		return PEN_E_NOT_FOUND;
	*namep = pen_arena_text(arena, principal, (size_t)(at - principal));
	return *namep ? 0 : -ENOMEM;
}

int pen_logon_map(void *data, const char *principal, const struct pen_token_info *known,
		  struct pen_token **tokenp)
{
	struct pen_logon_request request = {
		.kind = PEN_LOGON_PROVED,
		.workstation = "",
		.is_here = true,
		.machines = PEN_ACCOUNT_MACHINES,
	};
	struct pen_arena arena;
	struct pen_logon logon;
	int r;

	pen_arena_init(&arena, 0);
	r = name_of(data, principal, &arena, &request.user);
	if (!r)
		r = pen_logon_check(data, &request, &arena, &logon);
	if (!r)
		r = result_of(&logon);
	if (!r)
		r = pen_logon_token(data, &logon, known, &arena, tokenp);
	pen_arena_done(&arena);
	return r;
}
