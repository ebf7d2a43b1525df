/* SPDX-License-Identifier: MIT */
#ifndef PEN_STORE_ACCOUNT_LOGON_H
#define PEN_STORE_ACCOUNT_LOGON_H
/*
 * Logons by the accounts of this machine: is the password right, may the user come in
 * now and from there, and what token does that make.
 *
 * A wrong password is counted, and locks where the policy says so. Who does not know the
 * password learns nothing else: whether an account is disabled or has expired is told
 * after the password alone, and a name that nobody has costs the time of one that is
 * there.
 */
#include "sec/ntlm.h"
#include "store/account.h"
#include <penstock/token.h>

/* Who becomes the guest; in any case only while the account Guest is enabled. */
enum pen_logon_guests {
	PEN_LOGON_NO_GUESTS,
	PEN_LOGON_STRANGERS, /* whom nobody knows, with whatever password; and "Guest" with none */
};

/* The judge, and all that it needs. What the pointers name must outlive it. */
struct pen_logons {
	struct pen_accounts *accounts;
	const struct pen_crypto *crypto;
	uint64_t (*now)(void *data); /* 100 ns since 1601 */
	void *data;		     /* of now */
	enum pen_logon_guests guests;
	const char *realm; /* whose principals are names of ours; NULL: no realm's */
};

enum pen_logon_kind {
	PEN_LOGON_NETWORK,     /* a response to a challenge */
	PEN_LOGON_INTERACTIVE, /* the hash itself, as netlogon carries it */
	PEN_LOGON_PROVED,      /* by others: Kerberos. Nothing is proved here */
};

struct pen_logon_request {
	enum pen_logon_kind kind;
	const char *user;
	const char *workstation; /* "": not known; then all are as good */
	bool is_here;		 /* on this machine, whose logon rights then count */
	uint32_t machines;	 /* PEN_ACCOUNT_MACHINES or one of them: those may log on too */
	/* of NETWORK; its user and domain are part of the response */
	const struct pen_ntlm_attempt *attempt;
	uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE]; /* of INTERACTIVE */
};

/* What came of it. Texts and arrays live in the arena. */
struct pen_logon {
	uint32_t status; /* 0, or why not: an NTSTATUS */
	char reason[160];
	bool is_guest;
	bool is_unproved; /* a guest whose password is not known */
	bool is_interactive;
	uint8_t session_base_key[PEN_NTLM_KEY_SIZE]; /* the caller wipes it */
	struct pen_account_policy policy;
	struct pen_account_user user;
	struct pen_account_member *groups; /* the primary one too */
	size_t n_groups;
	/* Of a logon that succeeded: all SIDs of its token, and LSA's rights of those. */
	const struct pen_sid *sids;
	size_t n_sids;
	uint64_t privileges;
	uint32_t system_access; /* PEN_LSA_LOGON_ bits */
};

/* Fills those last four in, of user and groups; check has done so. -ENOMEM; PEN_E_LIMIT. */
int pen_logon_gather(const struct pen_logons *logons, struct pen_arena *arena,
		     struct pen_logon *logon);

/*
 * Judges. 0: see logon->status, one of
 *	STATUS_NO_SUCH_USER, _WRONG_PASSWORD, _ACCOUNT_LOCKED_OUT, _ACCOUNT_DISABLED,
 *	_ACCOUNT_EXPIRED, _ACCOUNT_RESTRICTION (an empty password), _INVALID_LOGON_HOURS,
 *	_INVALID_WORKSTATION, _PASSWORD_EXPIRED, _PASSWORD_MUST_CHANGE,
 *	_NOLOGON_WORKSTATION_TRUST_ACCOUNT, _NOLOGON_SERVER_TRUST_ACCOUNT,
 *	_NOLOGON_INTERDOMAIN_TRUST_ACCOUNT, _LOGON_TYPE_NOT_GRANTED
 * A negative errno or PEN_E_UNSUPPORTED: nothing could be judged. A right
 * password is right also where that cannot be kept (the disk is full); wrong ones are counted all
 *the same.
 */
int pen_logon_check(const struct pen_logons *logons, const struct pen_logon_request *request,
		    struct pen_arena *arena, struct pen_logon *logon);

/*
 * For who has others judge, without the key of the hashes: user, policy and groups of who is called
 * so, or of the guest, as they are before the logon; and, with whom it was granted to, the rest.
 * -ENOMEM, -EIO; PEN_E_NOT_FOUND: no such account any more.
 */
int pen_logon_expect(const struct pen_logons *logons, const char *user, struct pen_arena *arena,
		     struct pen_logon *logon);
int pen_logon_grant(const struct pen_logons *logons, uint32_t rid, struct pen_arena *arena,
		    struct pen_logon *logon);

/*
 * The token of a logon: user, groups, Everyone and the like, aliases of both domains;
 * privileges; and the unix ids of unix_name, else of the account's own name where a user
 * is called so with a uid from 1000 on: no account becomes a system's user by its name
 * alone. known has where the client is, and proof; all else of it is filled in. -ENOMEM;
 * PEN_E_LIMIT: too many groups.
 */
int pen_logon_token(const struct pen_logons *logons, const struct pen_logon *logon,
		    const struct pen_token_info *known, struct pen_arena *arena,
		    struct pen_token **tokenp);

/*
 * A token that others made, of a domain's user, as one of this machine: with the aliases
 * of both domains that have one of its SIDs, and their privileges. It has nothing of this
 * machine from elsewhere: PEN_E_DENIED: its user is of our domains, or has no right to log
 * on from the network; groups of ours fall out. -ENOMEM; PEN_E_LIMIT.
 */
int pen_logon_extend(const struct pen_logons *logons, const struct pen_token *token,
		     struct pen_token **extendedp);

/* struct pen_ntlm_server.judge; data is a struct pen_logons. */
int pen_logon_judge(void *data, const struct pen_ntlm_attempt *attempt,
		    struct pen_ntlm_verdict *verdict);

/* struct pen_krb5_server.map; data is a struct pen_logons. "SERVER$@REALM" is a machine. */
int pen_logon_map(void *data, const char *principal, const struct pen_token_info *known,
		  struct pen_token **tokenp);

#endif
