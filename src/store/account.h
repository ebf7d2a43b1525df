/* SPDX-License-Identifier: MIT */
#ifndef PEN_STORE_ACCOUNT_H
#define PEN_STORE_ACCOUNT_H
/*
 * This machine's accounts: its own domain with users, machine accounts, groups and
 * aliases, the Builtin domain with its aliases, and the policy for passwords, in one
 * SQLite file that only its owner may read (0600).
 *
 * Names are told apart without regard to case, as NT does, and are unique in both
 * domains together. Texts are UTF-8. Times are 100 ns since 1601; durations are 100 ns
 * too, and positive. What is returned lives in the arena. A hash never lies in a struct
 * that is passed about: it is asked for, put into the caller's 16 bytes, and the
 * caller's to wipe. In the file it is sealed under a key that is kept elsewhere; who opens
 * the file without that key reads and changes all but hashes.
 *
 * An object of this is used by one thread at a time; several of them, in one process or
 * in more, may have the same file open.
 *
 * All functions also return -ENOMEM or -EIO, with a sentence in pen_accounts_error.
 */
#include <penstock/arena.h>
#include <penstock/sid.h>

struct pen_accounts;
struct pen_crypto;
struct pen_store;

#define PEN_ACCOUNT_NEVER  ((uint64_t)INT64_MAX) /* of times and durations */
#define PEN_ACCOUNT_SECOND UINT64_C(10000000)
#define PEN_ACCOUNT_DAY	   (86400 * PEN_ACCOUNT_SECOND)

enum {
	PEN_ACCOUNT_HASH_SIZE = 16,
	PEN_ACCOUNT_SECRET_SIZE = 32, /* of the key that hashes are sealed with */
	PEN_ACCOUNT_NAME_MAX = 256,   /* characters; of users that are made by hand 20 */
	PEN_ACCOUNT_TEXT_MAX = 8192,  /* bytes of any other text */
	PEN_ACCOUNT_BLOB_MAX = 65536, /* of a security descriptor, of parameters */
	PEN_ACCOUNT_HISTORY_MAX = 64, /* former passwords that are kept */
	PEN_ACCOUNT_FIRST_RID = 1000, /* of what is not there from the beginning */
	PEN_ACCOUNT_LAST_RID = 0x3fffffff,
	PEN_ACCOUNT_HOURS_MAX = 1260, /* bytes of logon hours [MS-SAMR 2.2.6.5] */
};

enum pen_account_domain {
	PEN_ACCOUNT_MACHINE, /* the machine's own */
	PEN_ACCOUNT_BUILTIN, /* S-1-5-32, which has aliases only */
};

/* The numbers of SID_NAME_USE [MS-SAMR 2.2.2.3]. */
enum pen_account_kind {
	PEN_ACCOUNT_USER = 1, /* machine accounts too: control tells them */
	PEN_ACCOUNT_GROUP = 2,
	PEN_ACCOUNT_ALIAS = 4,
};

/* The control of a user [MS-SAMR 2.2.1.12]. Those marked * are reckoned, never kept. */
#define PEN_ACCOUNT_DISABLED		    UINT32_C(0x00000001)
#define PEN_ACCOUNT_HOME_REQUIRED	    UINT32_C(0x00000002)
#define PEN_ACCOUNT_PASSWORD_NOT_REQUIRED   UINT32_C(0x00000004)
#define PEN_ACCOUNT_TEMPORARY_DUPLICATE	    UINT32_C(0x00000008)
#define PEN_ACCOUNT_NORMAL		    UINT32_C(0x00000010)
#define PEN_ACCOUNT_MNS_LOGON		    UINT32_C(0x00000020)
#define PEN_ACCOUNT_INTERDOMAIN_TRUST	    UINT32_C(0x00000040)
#define PEN_ACCOUNT_WORKSTATION_TRUST	    UINT32_C(0x00000080)
#define PEN_ACCOUNT_SERVER_TRUST	    UINT32_C(0x00000100)
#define PEN_ACCOUNT_DONT_EXPIRE_PASSWORD    UINT32_C(0x00000200)
#define PEN_ACCOUNT_AUTO_LOCKED		    UINT32_C(0x00000400) /* * */
#define PEN_ACCOUNT_ENCRYPTED_TEXT	    UINT32_C(0x00000800)
#define PEN_ACCOUNT_SMARTCARD_REQUIRED	    UINT32_C(0x00001000)
#define PEN_ACCOUNT_TRUSTED_FOR_DELEGATION  UINT32_C(0x00002000)
#define PEN_ACCOUNT_NOT_DELEGATED	    UINT32_C(0x00004000)
#define PEN_ACCOUNT_USE_DES_KEY_ONLY	    UINT32_C(0x00008000)
#define PEN_ACCOUNT_DONT_REQUIRE_PREAUTH    UINT32_C(0x00010000)
#define PEN_ACCOUNT_PASSWORD_EXPIRED	    UINT32_C(0x00020000) /* * */
#define PEN_ACCOUNT_TRUSTED_TO_AUTHENTICATE UINT32_C(0x00040000)
#define PEN_ACCOUNT_NO_AUTH_DATA_REQUIRED   UINT32_C(0x00080000)
#define PEN_ACCOUNT_PARTIAL_SECRETS	    UINT32_C(0x00100000)
#define PEN_ACCOUNT_USE_AES_KEYS	    UINT32_C(0x00200000)

/* What an account is: exactly one of these is set. */
#define PEN_ACCOUNT_TYPES                                                                          \
	(PEN_ACCOUNT_TEMPORARY_DUPLICATE | PEN_ACCOUNT_NORMAL | PEN_ACCOUNT_INTERDOMAIN_TRUST |    \
	 PEN_ACCOUNT_WORKSTATION_TRUST | PEN_ACCOUNT_SERVER_TRUST)
#define PEN_ACCOUNT_MACHINES (PEN_ACCOUNT_WORKSTATION_TRUST | PEN_ACCOUNT_SERVER_TRUST)

/* Attributes of a group, and of membership in it [MS-SAMR 2.2.1.10]. */
#define PEN_ACCOUNT_GROUP_MANDATORY  UINT32_C(1)
#define PEN_ACCOUNT_GROUP_BY_DEFAULT UINT32_C(2)
#define PEN_ACCOUNT_GROUP_ENABLED    UINT32_C(4)
#define PEN_ACCOUNT_GROUP_USUAL	     UINT32_C(7)

/* Password properties of a domain [MS-SAMR 2.2.3.5]. */
#define PEN_ACCOUNT_PASSWORD_COMPLEX	    UINT32_C(1)
#define PEN_ACCOUNT_PASSWORD_NO_ANON_CHANGE UINT32_C(2)
#define PEN_ACCOUNT_LOCKOUT_ADMINS	    UINT32_C(8)

/* ---- the file ---- */

/*
 * Opens the file, or makes it (0600), or ":memory:". At first use the domain gets a SID
 * of its own, name (NetBIOS, up to 15 characters), and the accounts that are always
 * there: Administrator (500) and Guest (501), both disabled and without password, the
 * groups from 512, and Builtin's aliases. Later the name is not looked at. error gets a
 * sentence, and may be NULL. PEN_E_SYNTAX: that is no name; PEN_E_UNSUPPORTED: a newer
 * version made the file, or it is not one of accounts.
 */
int pen_accounts_open(struct pen_accounts **accountsp, const char *path, const char *name,
		      uint64_t now, char error[200]);

/*
 * With the key hashes can be read and set. At first use those that an earlier version kept as they
 * are are sealed, and nothing of them stays behind. crypto must live longer. PEN_E_BAD_DATA: the
 * file's hashes were sealed with another key; PEN_E_UNSUPPORTED: there is no cipher.
 */
int pen_accounts_use_key(struct pen_accounts *accounts, const struct pen_crypto *crypto,
			 const uint8_t key[PEN_ACCOUNT_SECRET_SIZE]);

struct pen_accounts *pen_accounts_close(struct pen_accounts *accounts);

/* The sentence for the last failure. */
const char *pen_accounts_error(const struct pen_accounts *accounts);

/* The file itself, for other kinds of state that belong with accounts (LSA's). Borrowed. */
struct pen_store *pen_accounts_store(struct pen_accounts *accounts);

/* All or nothing: begin, then end with what came of it (0: keep it), which it returns. They nest.
 */
int pen_accounts_begin(struct pen_accounts *accounts);
int pen_accounts_end(struct pen_accounts *accounts, int result);

/* ---- domains ---- */

/* The domain's SID; it never changes. */
const struct pen_sid *pen_accounts_sid(const struct pen_accounts *accounts,
				       enum pen_account_domain domain);

/* The SID of an account. */
struct pen_sid pen_accounts_member_sid(const struct pen_accounts *accounts,
				       enum pen_account_domain domain, uint32_t rid);

/* Which domain a SID is of, and its rid. PEN_E_NOT_FOUND: neither. The account need not exist. */
int pen_accounts_split_sid(const struct pen_accounts *accounts, const struct pen_sid *sid,
			   enum pen_account_domain *domainp, uint32_t *ridp);

struct pen_account_policy {
	const char *name;    /* NetBIOS, "SERVER" */
	const char *comment; /* OemInformation */
	const char *replica; /* ReplicaSourceNodeName */
	uint32_t min_password_length;
	uint32_t password_history; /* that many former ones are refused */
	uint32_t password_properties;
	uint64_t max_password_age; /* 0 and NEVER: they do not expire */
	uint64_t min_password_age;
	uint64_t force_logoff;	    /* after logon hours; NEVER */
	uint64_t lockout_duration;  /* NEVER and 0: until somebody unlocks it */
	uint64_t lockout_window;    /* in which bad passwords are counted */
	uint32_t lockout_threshold; /* 0: nobody is locked out */
	uint64_t created;
	uint64_t n_changes; /* DomainModifiedCount; set takes no notice of it, nor of created */
	struct pen_slice security; /* empty: the default */
};

int pen_accounts_get_policy(struct pen_accounts *accounts, enum pen_account_domain domain,
			    struct pen_arena *arena, struct pen_account_policy *policy);

/* PEN_E_SYNTAX: a text is not UTF-8, or the name none; PEN_E_LIMIT: too long. */
int pen_accounts_set_policy(struct pen_accounts *accounts, enum pen_account_domain domain,
			    const struct pen_account_policy *policy);

/* ---- all kinds of accounts ---- */

/* What all have, and what lists of them show. */
struct pen_account {
	enum pen_account_domain domain;
	enum pen_account_kind kind;
	uint32_t rid;
	const char *name;
	const char *comment;   /* of users: AdminComment */
	const char *full_name; /* of users */
	uint32_t control;      /* of users, without what is reckoned */
	uint32_t attributes;   /* of groups */
};

/* PEN_E_NOT_FOUND. arena may be NULL where account's texts do not matter; they are NULL then. */
int pen_accounts_find_name(struct pen_accounts *accounts, enum pen_account_domain domain,
			   const char *name, struct pen_arena *arena, struct pen_account *account);
int pen_accounts_find_rid(struct pen_accounts *accounts, enum pen_account_domain domain,
			  uint32_t rid, struct pen_arena *arena, struct pen_account *account);

/* In either domain. */
int pen_accounts_find_any(struct pen_accounts *accounts, const char *name, struct pen_arena *arena,
			  struct pen_account *account);

struct pen_account_filter {
	enum pen_account_domain domain;
	enum pen_account_kind kind;
	uint32_t control;   /* of users: has one of these bits; 0: all */
	uint32_t after_rid; /* with this one and those before it left out; 0: from the first */
	uint32_t skip;	    /* that many are left out then */
	uint32_t max;	    /* at most that many; 0: as many as there are */
	bool is_by_name;    /* in order of name instead of rid (after_rid is then of no use) */
};

int pen_accounts_list(struct pen_accounts *accounts, const struct pen_account_filter *filter,
		      struct pen_arena *arena, struct pen_account **rowsp, size_t *n_rowsp);

/* How many the filter finds, whatever its after_rid, skip and max. */
int pen_accounts_count(struct pen_accounts *accounts, const struct pen_account_filter *filter,
		       size_t *np);

/* PEN_E_NOT_FOUND; PEN_E_EXISTS: something else is called so; PEN_E_SYNTAX, PEN_E_LIMIT: no name.
 */
int pen_accounts_rename(struct pen_accounts *accounts, enum pen_account_domain domain, uint32_t rid,
			const char *name);

/*
 * Deletes an account, and its memberships. PEN_E_NOT_FOUND; PEN_E_DENIED: it is one that
 * is always there, or a group that is some user's primary group.
 */
int pen_accounts_remove(struct pen_accounts *accounts, enum pen_account_domain domain,
			uint32_t rid);

/* Its security descriptor, self-relative. Empty: the default. PEN_E_NOT_FOUND; PEN_E_LIMIT. */
int pen_accounts_get_security(struct pen_accounts *accounts, enum pen_account_domain domain,
			      uint32_t rid, struct pen_arena *arena, struct pen_slice *securityp);
int pen_accounts_set_security(struct pen_accounts *accounts, enum pen_account_domain domain,
			      uint32_t rid, struct pen_slice security);

/* ---- users and machine accounts, all in the machine's domain ---- */

/* Texts that are NULL are taken as "". */
struct pen_account_user {
	uint32_t rid;
	const char *name;
	const char *full_name;
	const char *comment; /* AdminComment */
	const char *user_comment;
	const char *home_directory;
	const char *home_drive;
	const char *script_path;
	const char *profile_path;
	const char *workstations;      /* that may be used, with commas; "": all */
	struct pen_slice parameters;   /* bytes as they came */
	struct pen_slice private_data; /* the same */
	struct pen_slice logon_hours;  /* bits, from Sunday 0:00 UTC; empty: always */
	uint32_t logon_units;	       /* of a week: 168, 10080 or 7; 168 where hours are empty */
	uint32_t control;	       /* PEN_ACCOUNT_ bits; reckoned ones are not kept */
	uint32_t primary_group;	       /* a rid; the user is a member of that group */
	uint32_t country_code;
	uint32_t code_page;
	uint64_t created;
	uint64_t last_logon; /* 0: never, as of the next four */
	uint64_t last_logoff;
	uint64_t password_set; /* 0: it must be changed at the next logon */
	uint64_t bad_password_time;
	uint64_t lockout_time;
	uint64_t expires; /* 0 and NEVER: never */
	uint32_t bad_password_count;
	uint32_t logon_count;
	const char *unix_name; /* whose unix ids it has; "": the one of its own name */
	struct pen_slice security;
	bool has_password; /* get tells; add and set take no notice */
};

/* PEN_E_NOT_FOUND: there is no account of that rid, or it is no user. */
int pen_accounts_get_user(struct pen_accounts *accounts, uint32_t rid, struct pen_arena *arena,
			  struct pen_account_user *user);

/*
 * Adds a user without password. rid 0: the next; control without a type: NORMAL;
 * primary_group 0: 513, or 515 of machines; created 0 and expires 0 are taken so.
 * PEN_E_EXISTS: the name (or the rid) is taken; PEN_E_SYNTAX: name or text not allowed;
 * PEN_E_LIMIT: too long, or no rid is left; PEN_E_NOT_FOUND: no such primary group.
 */
int pen_accounts_add_user(struct pen_accounts *accounts, const struct pen_account_user *user,
			  uint32_t *ridp);

/*
 * Changes all but rid, created and password; the name as rename does. Use between begin
 * and end with get. PEN_E_NOT_FOUND: no such user, or it is not in that primary group;
 * PEN_E_EXISTS, PEN_E_SYNTAX, PEN_E_LIMIT.
 */
int pen_accounts_set_user(struct pen_accounts *accounts, const struct pen_account_user *user);

/* What is reckoned [MS-SAMR 3.1.1.5]: control with lockout and expiry, and two times. */
uint32_t pen_account_control(const struct pen_account_user *user,
			     const struct pen_account_policy *policy, uint64_t now);
uint64_t pen_account_can_change(const struct pen_account_user *user,
				const struct pen_account_policy *policy);
uint64_t pen_account_must_change(const struct pen_account_user *user,
				 const struct pen_account_policy *policy);

/* ---- passwords ---- */

/*
 * The hash (n 0), or that of the password before it (1) and so on. PEN_E_NOT_FOUND: no
 * such user, or it has no such password; PEN_E_DENIED: there is no key; -EIO: also, what is kept
 * there was not sealed for it.
 */
int pen_accounts_get_hash(struct pen_accounts *accounts, uint32_t rid, uint32_t n,
			  uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE]);

/*
 * Sets the password; the former one goes into the history. now is when: with 0 it must
 * be changed at the next logon. The policy is not asked. PEN_E_NOT_FOUND; PEN_E_DENIED: there
 * is no key.
 */
int pen_accounts_set_hash(struct pen_accounts *accounts, uint32_t rid,
			  const uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE], uint64_t now);

/* The same of a password in UTF-8. Also PEN_E_SYNTAX: it is not UTF-8; PEN_E_UNSUPPORTED: no MD4.
 */
int pen_accounts_set_password(struct pen_accounts *accounts, const struct pen_crypto *crypto,
			      uint32_t rid, const char *password, uint64_t now);

/* Takes the password away. PEN_E_NOT_FOUND; PEN_E_DENIED. */
int pen_accounts_clear_password(struct pen_accounts *accounts, uint32_t rid);

enum pen_account_objection {
	PEN_ACCOUNT_NO_OBJECTION,
	PEN_ACCOUNT_TOO_SHORT, /* SAM_PWD_CHANGE_PASSWORD_TOO_SHORT and so on */
	PEN_ACCOUNT_IN_HISTORY,
	PEN_ACCOUNT_TOO_YOUNG, /* the present one, to be changed */
	PEN_ACCOUNT_NOT_COMPLEX,
};

/* What length and complexity are to the policy; of the user name, full_name and control count. */
enum pen_account_objection pen_account_judge(const struct pen_account_user *user,
					     const struct pen_account_policy *policy,
					     const char *password);

/*
 * Whether the policy would have that password for the user. password NULL: only the hash
 * is known, so length and complexity are not looked at; nt_hash is needed. is_change: by
 * the user, so that history, which needs the key, and min age count; else by an administrator. 0
 * with *objectionp NO_OBJECTION; PEN_E_DENIED with another; PEN_E_NOT_FOUND.
 */
int pen_accounts_check_password(struct pen_accounts *accounts, uint32_t rid, const char *password,
				const uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE], bool is_change,
				uint64_t now, enum pen_account_objection *objectionp);

/* An objection in a sentence. Never NULL. */
const char *pen_account_objection_text(enum pen_account_objection objection);

/*
 * Keeps the outcome of a logon: counts, times, and the lockout that the policy wants.
 * While an account is locked, bad passwords are not counted. PEN_E_NOT_FOUND.
 */
int pen_accounts_note_logon(struct pen_accounts *accounts, uint32_t rid, bool is_good,
			    uint64_t now);

/*
 * How many wrong passwords of the user could not be kept since the last that could (-EIO: the disk
 * is full). UINT32_MAX: they were of more users than are kept in mind.
 */
uint32_t pen_accounts_unkept(const struct pen_accounts *accounts, uint32_t rid);

/*
 * The same for a name that nobody has: counted too, so that a logon with it takes as long
 * as one with a wrong password.
 */
int pen_accounts_note_stranger(struct pen_accounts *accounts);

/* Ends a lockout. PEN_E_NOT_FOUND. */
int pen_accounts_unlock(struct pen_accounts *accounts, uint32_t rid);

/* ---- groups (of the machine's domain) and aliases (of both) ---- */

struct pen_account_group {
	enum pen_account_domain domain;
	enum pen_account_kind kind; /* GROUP or ALIAS */
	uint32_t rid;
	const char *name;
	const char *comment;
	uint32_t attributes; /* of a GROUP; 0: PEN_ACCOUNT_GROUP_USUAL */
	struct pen_slice security;
};

/* PEN_E_NOT_FOUND: there is none, or it is a user. */
int pen_accounts_get_group(struct pen_accounts *accounts, enum pen_account_domain domain,
			   uint32_t rid, struct pen_arena *arena, struct pen_account_group *group);

/*
 * rid 0: the next. PEN_E_EXISTS, PEN_E_SYNTAX, PEN_E_LIMIT as of users; PEN_E_DENIED:
 * Builtin takes no more, or the kind is neither.
 */
int pen_accounts_add_group(struct pen_accounts *accounts, const struct pen_account_group *group,
			   uint32_t *ridp);

/* Changes name, comment, attributes, security. PEN_E_NOT_FOUND, _EXISTS, _SYNTAX, _LIMIT. */
int pen_accounts_set_group(struct pen_accounts *accounts, const struct pen_account_group *group);

/* A member of a group, or a group of a user. */
struct pen_account_member {
	uint32_t rid;
	uint32_t attributes;
};

/*
 * Users in groups. PEN_E_NOT_FOUND: no such group or user. add: PEN_E_EXISTS: a member
 * already. remove: PEN_E_NOT_FOUND too where it is no member; PEN_E_DENIED: it is the user's
 * primary group. set: the attributes of a membership.
 */
int pen_accounts_add_member(struct pen_accounts *accounts, uint32_t group, uint32_t user,
			    uint32_t attributes);
int pen_accounts_set_member(struct pen_accounts *accounts, uint32_t group, uint32_t user,
			    uint32_t attributes);
int pen_accounts_remove_member(struct pen_accounts *accounts, uint32_t group, uint32_t user);

/* Sorted by rid. PEN_E_NOT_FOUND: no such group, no such user. */
int pen_accounts_members(struct pen_accounts *accounts, uint32_t group, struct pen_arena *arena,
			 struct pen_account_member **membersp, size_t *n_membersp);
int pen_accounts_groups_of(struct pen_accounts *accounts, uint32_t user, struct pen_arena *arena,
			   struct pen_account_member **groupsp, size_t *n_groupsp);

/*
 * SIDs in aliases: any SIDs, of this machine or not. PEN_E_NOT_FOUND: no such alias, or no
 * such member; add: PEN_E_EXISTS; PEN_E_DENIED: a SID of this machine that is no user or
 * group.
 */
int pen_accounts_add_sid(struct pen_accounts *accounts, enum pen_account_domain domain,
			 uint32_t alias, const struct pen_sid *sid);
int pen_accounts_remove_sid(struct pen_accounts *accounts, enum pen_account_domain domain,
			    uint32_t alias, const struct pen_sid *sid);
int pen_accounts_sids(struct pen_accounts *accounts, enum pen_account_domain domain, uint32_t alias,
		      struct pen_arena *arena, struct pen_sid **sidsp, size_t *n_sidsp);

/* Takes a SID out of all aliases of a domain. */
int pen_accounts_forget_sid(struct pen_accounts *accounts, enum pen_account_domain domain,
			    const struct pen_sid *sid);

/* The rids of those aliases of a domain that have one of the SIDs, sorted, each once. */
int pen_accounts_aliases_of(struct pen_accounts *accounts, enum pen_account_domain domain,
			    const struct pen_sid *sids, size_t n_sids, struct pen_arena *arena,
			    uint32_t **ridsp, size_t *n_ridsp);

#endif
