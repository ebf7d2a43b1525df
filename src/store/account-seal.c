/* SPDX-License-Identifier: MIT */
/*
 * Hashes as the file keeps them: sealed under a key that is kept elsewhere, each for its place
 * alone. A value is a version, a nonce, what was sealed, and a tag.
 */
#include "base/secret.h"
#include "crypto/crypto.h"
#include "io/random.h"
#include "store/account-private.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	VERSION = 1,
	HASH = PEN_ACCOUNT_HASH_SIZE,
	NONCE = PEN_AES_256_GCM_NONCE_SIZE,
	PLACE_MAX = PEN_SID_TEXT_SIZE + 64,
};

_Static_assert(PEN_ACCOUNT_SEALED_SIZE == 1 + NONCE + HASH + PEN_AES_256_GCM_TAG_SIZE,
	       "a value's parts");

/* In memory for secrets. */
struct pen_account_seal {
	const struct pen_crypto *crypto;
	uint8_t key[PEN_ACCOUNT_SECRET_SIZE];
	struct pen_random random;
};

/* What a value is sealed for: whose it is, and the how manieth; in which domain. */
static struct pen_slice place(const struct pen_accounts *accounts, uint32_t rid, int64_t n,
			      char text[PLACE_MAX])
{
	char sid[PEN_SID_TEXT_SIZE];

	pen_sid_print(&accounts->sids[PEN_ACCOUNT_MACHINE], sid);
	snprintf(text, PLACE_MAX, "penstock accounts %s %u %lld", sid, rid, (long long)n);
	return (struct pen_slice){ (const uint8_t *)text, strlen(text) };
}

int pen_account_seal(struct pen_accounts *accounts, uint32_t rid, int64_t n,
		     const uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE],
		     uint8_t sealed[PEN_ACCOUNT_SEALED_SIZE])
{
	struct pen_account_seal *seal = accounts->seal;
	uint8_t *nonce = sealed + 1, *cipher = nonce + NONCE;
	char text[PLACE_MAX];
	int r;

	if (!seal)
		return PEN_E_DENIED;
	sealed[0] = VERSION;
	r = pen_random_fill(&seal->random, nonce, NONCE);
	return r ? r
		 : pen_aes_256_gcm_seal(seal->crypto, seal->key, nonce,
					place(accounts, rid, n, text), nt_hash, HASH, cipher,
					cipher + HASH);
}

int pen_account_unseal(struct pen_accounts *accounts, uint32_t rid, int64_t n,
		       struct pen_slice sealed, uint8_t nt_hash[PEN_ACCOUNT_HASH_SIZE])
{
	const struct pen_account_seal *seal = accounts->seal;
	const uint8_t *nonce = sealed.data + 1, *cipher = nonce + NONCE;
	char text[PLACE_MAX];
	int r = PEN_E_DENIED;

	if (!seal)
		return PEN_E_DENIED;
	if (sealed.size == PEN_ACCOUNT_SEALED_SIZE && sealed.data[0] == VERSION)
		r = pen_aes_256_gcm_open(seal->crypto, seal->key, nonce,
					 place(accounts, rid, n, text), cipher, HASH, cipher + HASH,
					 nt_hash);
	if (r != PEN_E_DENIED)
		return r;
	snprintf(accounts->store->error, sizeof(accounts->store->error),
		 "what is kept as a password of account %u was not sealed for it with this key",
		 rid);
	return -EIO;
}

/* ---- a file that is given its key ---- */

static int seal_column(struct pen_accounts *accounts, sqlite3_stmt *row, int column, uint32_t rid,
		       int64_t n, uint8_t sealed[PEN_ACCOUNT_SEALED_SIZE])
{
	const uint8_t *hash = sqlite3_column_blob(row, column);

	return hash ? pen_account_seal(accounts, rid, n, hash, sealed) : -ENOMEM;
}

/* The next one that is in the clear, after *ridp. */
static int seal_next(struct pen_accounts *accounts, int64_t *ridp)
{
	uint8_t sealed[PEN_ACCOUNT_SEALED_SIZE];
	const struct pen_slice value = { sealed, sizeof(sealed) };
	sqlite3_stmt *row;
	int r = pen_account_query(accounts, &row,
				  "SELECT rid, nt_hash FROM account WHERE domain = 0 AND rid > ?"
				  " AND length(nt_hash) = 16 ORDER BY rid LIMIT 1",
				  "i", *ridp);

	if (!r)
		r = pen_account_row(accounts, row);
	if (!r) {
		*ridp = sqlite3_column_int64(row, 0);
		r = seal_column(accounts, row, 1, (uint32_t)*ridp, 0, sealed);
	}
	sqlite3_finalize(row);
	return r ? r
		 : pen_account_change(accounts,
				      "UPDATE account SET nt_hash = ? WHERE domain = 0 AND rid = ?",
				      "bi", &value, *ridp);
}

static int seal_next_former(struct pen_accounts *accounts, int64_t *ridp, int64_t *np)
{
	uint8_t sealed[PEN_ACCOUNT_SEALED_SIZE];
	const struct pen_slice value = { sealed, sizeof(sealed) };
	sqlite3_stmt *row;
	int r = pen_account_query(
		accounts, &row,
		"SELECT rid, n, nt_hash FROM former_password WHERE (rid, n) > (?, ?)"
		" AND length(nt_hash) = 16 ORDER BY rid, n LIMIT 1",
		"ii", *ridp, *np);

	if (!r)
		r = pen_account_row(accounts, row);
	if (!r) {
		*ridp = sqlite3_column_int64(row, 0);
		*np = sqlite3_column_int64(row, 1);
		r = seal_column(accounts, row, 2, (uint32_t)*ridp, *np, sealed);
	}
	sqlite3_finalize(row);
	return r ? r
		 : pen_account_change(
			   accounts,
			   "UPDATE former_password SET nt_hash = ? WHERE rid = ? AND n = ?", "bii",
			   &value, *ridp, *np);
}

/* What an earlier version kept as it is. */
static int seal_all(struct pen_accounts *accounts)
{
	int64_t rid = 0, n = 0;
	int r;

	while (!(r = seal_next(accounts, &rid)))
		;
	if (r == PEN_E_NOT_FOUND) {
		rid = 0;
		while (!(r = seal_next_former(accounts, &rid, &n)))
			;
	}
	return r == PEN_E_NOT_FOUND ? 0 : r;
}

/* No account has the rid 0: what is sealed for that tells by which key all the rest is. */
static const uint8_t proof[HASH];

static int check_key(struct pen_accounts *accounts, struct pen_slice kept)
{
	uint8_t found[HASH];
	int r = pen_account_unseal(accounts, 0, 0, kept, found);

	if (r != -EIO)
		return r;
	snprintf(accounts->store->error, sizeof(accounts->store->error),
		 "its passwords were sealed with another key");
	return PEN_E_BAD_DATA;
}

static int first_key(struct pen_accounts *accounts)
{
	uint8_t sealed[PEN_ACCOUNT_SEALED_SIZE];
	const struct pen_slice value = { sealed, sizeof(sealed) };
	int64_t n_sealed = 0;
	int r = pen_account_number(accounts, &n_sealed,
				   "SELECT count(*) FROM account WHERE length(nt_hash) <> 16", "");

	if (!r && n_sealed) {
		snprintf(accounts->store->error, sizeof(accounts->store->error),
			 "its passwords were sealed, and nothing says with which key");
		return PEN_E_BAD_DATA;
	}
	if (!r)
		r = seal_all(accounts);
	if (!r)
		r = pen_account_seal(accounts, 0, 0, proof, sealed);
	return r ? r
		 : pen_account_change(accounts, "UPDATE domain SET key_proof = ? WHERE id = 0", "b",
				      &value);
}

static int fit_key(struct pen_accounts *accounts)
{
	uint8_t kept[PEN_ACCOUNT_SEALED_SIZE] = { 0 };
	sqlite3_stmt *row;
	bool is_first = false;
	int r = pen_account_query(accounts, &row, "SELECT key_proof FROM domain WHERE id = 0", "");

	if (!r)
		r = pen_account_row(accounts, row);
	if (!r) {
		const void *value = sqlite3_column_blob(row, 0);

		is_first = sqlite3_column_type(row, 0) == SQLITE_NULL;
		if (value && sqlite3_column_bytes(row, 0) == sizeof(kept))
			memcpy(kept, value, sizeof(kept));
	}
	sqlite3_finalize(row);
	if (r)
		return r;
	return is_first ? first_key(accounts)
			: check_key(accounts, (struct pen_slice){ kept, sizeof(kept) });
}

void pen_account_forget_key(struct pen_accounts *accounts)
{
	accounts->seal = pen_secret_free(accounts->seal);
}

/*
 * What was in the clear is overwritten in the file (secure_delete), and the log of changes, which
 * may have it too, is emptied: as soon as nobody reads it.
 */
int pen_accounts_use_key(struct pen_accounts *accounts, const struct pen_crypto *crypto,
			 const uint8_t key[PEN_ACCOUNT_SECRET_SIZE])
{
	struct pen_account_seal *seal = pen_secret_alloc(sizeof(*seal));
	int64_t is_busy;
	int r;

	if (!seal)
		return -ENOMEM;
	seal->crypto = crypto;
	memcpy(seal->key, key, sizeof(seal->key));
	pen_account_forget_key(accounts);
	accounts->seal = seal;
	r = pen_accounts_begin(accounts);
	if (!r)
		r = pen_accounts_end(accounts, fit_key(accounts));
	if (!r && !accounts->depth)
		r = pen_account_number(accounts, &is_busy, "PRAGMA wal_checkpoint(TRUNCATE)", "");
	if (r)
		pen_account_forget_key(accounts);
	return r;
}
