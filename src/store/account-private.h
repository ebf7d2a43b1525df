/* SPDX-License-Identifier: MIT */
#ifndef PEN_STORE_ACCOUNT_PRIVATE_H
#define PEN_STORE_ACCOUNT_PRIVATE_H
/*
 * What the files of the account store share.
 */
#include "store/account.h"
#include "store/store.h"

/* Wrong passwords that could not be written; rid 0: free. */
struct pen_account_unkept {
	uint32_t rid, n;
};

struct pen_accounts {
	struct pen_store *store;
	int depth; /* of begin */
	struct pen_sid sids[2];
	struct pen_account_seal *seal; /* NULL: passwords are neither read nor set */
	struct pen_account_unkept unkept[32];
};

#define PEN_ACCOUNT_KEY_SIZE 1024

/* A name as a key: NT's upper case. PEN_E_SYNTAX: it may not be one; PEN_E_LIMIT: too long. */
int pen_account_key(char key[PEN_ACCOUNT_KEY_SIZE], const char *name);

/* PEN_E_SYNTAX: not UTF-8; PEN_E_LIMIT: too long. NULL is none. */
int pen_account_check_text(const char *text);

/*
 * Prepares a statement and binds its parameters in turn, each by a letter of types:
 * i int64_t, s a text (NULL: ""), b a slice, S a SID. Texts and bytes must live until it is
 * finalized. statementp is NULL on failure.
 */
int pen_account_query(struct pen_accounts *accounts, sqlite3_stmt **statementp, const char *sql,
		      const char *types, ...);

/* The next row. PEN_E_NOT_FOUND: there is none; -EIO, -ENOMEM. */
int pen_account_row(struct pen_accounts *accounts, sqlite3_stmt *statement);

/* A statement that returns no rows, from query to finalize. PEN_E_EXISTS: a key is taken. */
int pen_account_run(struct pen_accounts *accounts, const char *sql, const char *types, ...);

/* The same, where none changed is PEN_E_NOT_FOUND. */
int pen_account_change(struct pen_accounts *accounts, const char *sql, const char *types, ...);

/* One number. PEN_E_NOT_FOUND: no row. */
int pen_account_number(struct pen_accounts *accounts, int64_t *numberp, const char *sql,
		       const char *types, ...);

/* Columns of a row, in the arena; of NULL "" or no bytes. -ENOMEM. */
int pen_account_text(sqlite3_stmt *row, int column, struct pen_arena *arena, const char **textp);
int pen_account_blob(sqlite3_stmt *row, int column, struct pen_arena *arena,
		     struct pen_slice *slicep);

/* A row in a list that grows; *rowsp has *n_rowsp elements of the size. NULL: -ENOMEM. */
void *pen_account_grow(struct pen_arena *arena, void *rowsp, size_t n_rows, size_t size);

/* The domain and its accounts, made at first use, within a transaction. */
int pen_account_first_use(struct pen_accounts *accounts, const char *name, uint64_t now);

/* ---- account-seal.c ---- */

enum { PEN_ACCOUNT_SEALED_SIZE = 45 };

/*
 * A hash as the file keeps it: n is 0 of the present one, else the number of the former.
 * PEN_E_DENIED: there is no key; PEN_E_UNSUPPORTED: no cipher; unseal: -EIO: it is none of that
 * place, and nt_hash zeros.
 */
int pen_account_seal(struct pen_accounts *accounts, uint32_t rid, int64_t n,
		     const uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE],
		     uint8_t sealed[PEN_ACCOUNT_SEALED_SIZE]);
int pen_account_unseal(struct pen_accounts *accounts, uint32_t rid, int64_t n,
		       struct pen_slice sealed, uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE]);

void pen_account_forget_key(struct pen_accounts *accounts);

/* The next rid. PEN_E_LIMIT: none is left. */
int pen_account_next_rid(struct pen_accounts *accounts, uint32_t *ridp);

/* PEN_E_NOT_FOUND: there is no such account, or it is of another kind. */
int pen_account_is(struct pen_accounts *accounts, enum pen_account_domain domain, uint32_t rid,
		   enum pen_account_kind kind);

/* One more change of the domain. */
int pen_account_touch(struct pen_accounts *accounts, enum pen_account_domain domain);

#endif
