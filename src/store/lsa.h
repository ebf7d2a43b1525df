/* SPDX-License-Identifier: MIT */
#ifndef PEN_STORE_LSA_H
#define PEN_STORE_LSA_H
/*
 * The state of the local security authority [MS-LSAD 3.1.1]: who has which privileges
 * and logon rights, secrets, and the policy's values; in the file of the accounts. A new
 * file has the rights that a fresh Windows server has.
 *
 * All functions also return -ENOMEM or -EIO, with a sentence in pen_accounts_error.
 */
#include "store/account.h"

/* Logon rights: the bits of an account's system access [MS-LSAD 2.2.1.2]. */
#define PEN_LSA_LOGON_INTERACTIVE	      UINT32_C(0x001)
#define PEN_LSA_LOGON_NETWORK		      UINT32_C(0x002)
#define PEN_LSA_LOGON_BATCH		      UINT32_C(0x004)
#define PEN_LSA_LOGON_SERVICE		      UINT32_C(0x010)
#define PEN_LSA_LOGON_PROXY		      UINT32_C(0x020)
#define PEN_LSA_LOGON_DENY_INTERACTIVE	      UINT32_C(0x040)
#define PEN_LSA_LOGON_DENY_NETWORK	      UINT32_C(0x080)
#define PEN_LSA_LOGON_DENY_BATCH	      UINT32_C(0x100)
#define PEN_LSA_LOGON_DENY_SERVICE	      UINT32_C(0x200)
#define PEN_LSA_LOGON_REMOTE_INTERACTIVE      UINT32_C(0x400)
#define PEN_LSA_LOGON_DENY_REMOTE_INTERACTIVE UINT32_C(0x800)
#define PEN_LSA_LOGON_ALL		      UINT32_C(0xff7)

enum {
	PEN_LSA_ACCOUNTS_MAX = 65536,
	PEN_LSA_SECRETS_MAX = 4096,
	PEN_LSA_SECRET_NAME_MAX = 256, /* characters */
	PEN_LSA_SECRET_MAX = 65536,    /* bytes of a value */
	PEN_LSA_VALUE_MAX = 65536,
};

/* ---- rights ---- */

/* What all of the SIDs have together; system_accessp may be NULL. */
int pen_lsa_rights(struct pen_accounts *accounts, const struct pen_sid *sids, size_t n_sids,
		   uint64_t *privilegesp, uint32_t *system_accessp);

struct pen_lsa_account {
	struct pen_sid sid;
	uint64_t privileges;	   /* PEN_PRIVILEGE bits */
	uint32_t system_access;	   /* PEN_LSA_LOGON_ bits */
	struct pen_slice security; /* empty: the default */
};

/* PEN_E_NOT_FOUND. arena: of security. */
int pen_lsa_get_account(struct pen_accounts *accounts, const struct pen_sid *sid,
			struct pen_arena *arena, struct pen_lsa_account *account);

/* PEN_E_EXISTS; PEN_E_LIMIT: too many, or too large a descriptor. */
int pen_lsa_add_account(struct pen_accounts *accounts, const struct pen_lsa_account *account);

/* PEN_E_NOT_FOUND; PEN_E_LIMIT. */
int pen_lsa_set_account(struct pen_accounts *accounts, const struct pen_lsa_account *account);
int pen_lsa_remove_account(struct pen_accounts *accounts, const struct pen_sid *sid);

/* All, in an order that stays, without security. */
int pen_lsa_list_accounts(struct pen_accounts *accounts, struct pen_arena *arena,
			  struct pen_lsa_account **rowsp, size_t *n_rowsp);

/* ---- secrets, whose names are told apart without regard to case ---- */

struct pen_lsa_secret {
	bool has_current, has_old;
	struct pen_slice current; /* in the arena: the caller wipes it, as old */
	struct pen_slice old;
	uint64_t current_set, old_set; /* 100 ns since 1601 */
	struct pen_slice security;
};

/* PEN_E_NOT_FOUND; PEN_E_SYNTAX: no name. */
int pen_lsa_get_secret(struct pen_accounts *accounts, const char *name, struct pen_arena *arena,
		       struct pen_lsa_secret *secret);

/* A secret without values. PEN_E_EXISTS; PEN_E_SYNTAX, PEN_E_LIMIT: of its name; _LIMIT: too many.
 */
int pen_lsa_add_secret(struct pen_accounts *accounts, const char *name, uint64_t now);

/* PEN_E_NOT_FOUND; PEN_E_LIMIT: too large. */
int pen_lsa_set_secret(struct pen_accounts *accounts, const char *name,
		       const struct pen_lsa_secret *secret);
int pen_lsa_remove_secret(struct pen_accounts *accounts, const char *name);

/* ---- the policy's values, by names of the service's choice ---- */

/* Empty: there is none. */
int pen_lsa_get_value(struct pen_accounts *accounts, const char *name, struct pen_arena *arena,
		      struct pen_slice *valuep);

/* An empty one is forgotten. PEN_E_LIMIT. */
int pen_lsa_set_value(struct pen_accounts *accounts, const char *name, struct pen_slice value);

#endif
