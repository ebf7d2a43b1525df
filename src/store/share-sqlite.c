/* SPDX-License-Identifier: MIT */
#include "store/share-key.h"
#include "store/share.h"
#include "store/store.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sqlite_shares {
	struct pen_shares base;
	struct pen_store *store;
};

static struct pen_store *store_of(struct pen_shares *shares)
{
	return ((struct sqlite_shares *)shares)->store;
}

#define COLUMNS "name, type, remark, path, permissions, max_uses, flags, security"

static const char *text_at(sqlite3_stmt *row, int column, struct pen_arena *arena)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return pen_arena_strdup(arena, text ? text : "");
}

static int share_get(sqlite3_stmt *row, struct pen_arena *arena, struct pen_share *share)
{
	size_t n = sqlite3_column_bytes(row, 7);

	share->name = text_at(row, 0, arena);
	share->type = (uint32_t)sqlite3_column_int64(row, 1);
	share->remark = text_at(row, 2, arena);
	share->path = text_at(row, 3, arena);
	share->permissions = (uint32_t)sqlite3_column_int64(row, 4);
	share->max_uses = (uint32_t)sqlite3_column_int64(row, 5);
	share->flags = (uint32_t)sqlite3_column_int64(row, 6);
	share->security = (struct pen_slice){ 0 };
	if (n) {
		share->security.data = pen_arena_copy(arena, sqlite3_column_blob(row, 7), n);
		share->security.size = n;
	}
	return share->name && share->remark && share->path && (!n || share->security.data)
		       ? 0
		       : -ENOMEM;
}

static int count(struct pen_store *store, size_t *np)
{
	sqlite3_stmt *row;
	int r = pen_store_prepare(store, &row, "SELECT count(*) FROM share");

	if (r)
		return r;
	if (sqlite3_step(row) == SQLITE_ROW)
		*np = (size_t)sqlite3_column_int64(row, 0);
	else
		r = -EIO;
	sqlite3_finalize(row);
	return r;
}

static int list_rows(struct pen_store *store, struct pen_arena *arena, struct pen_share *rows,
		     size_t max, size_t *np)
{
	sqlite3_stmt *row;
	size_t n = 0;
	int r = pen_store_prepare(store, &row, "SELECT " COLUMNS " FROM share ORDER BY key");

	while (!r && n < max && sqlite3_step(row) == SQLITE_ROW)
		r = share_get(row, arena, &rows[n++]);
	sqlite3_finalize(row);
	*np = n;
	return r;
}

static int list(struct pen_shares *shares, struct pen_arena *arena, struct pen_share **rowsp,
		size_t *n_rowsp)
{
	struct pen_store *store = store_of(shares);
	struct pen_share *rows;
	size_t max = 0, n;
	int r = count(store, &max);

	if (r)
		return r;
	rows = pen_arena_array(arena, max ? max : 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	r = list_rows(store, arena, rows, max, &n);
	if (r)
		return r;
	*rowsp = rows;
	*n_rowsp = n;
	return 0;
}

static int find(struct pen_shares *shares, const char *name, struct pen_arena *arena,
		struct pen_share *share)
{
	struct pen_store *store = store_of(shares);
	char key[PEN_SHARE_KEY_SIZE];
	sqlite3_stmt *row;
	int r = pen_share_key(key, name);

	if (!r)
		r = pen_store_prepare(store, &row, "SELECT " COLUMNS " FROM share WHERE key = ?");
	if (r)
		return r;
	sqlite3_bind_text(row, 1, key, -1, SQLITE_TRANSIENT);
	r = sqlite3_step(row) == SQLITE_ROW ? share_get(row, arena, share) : PEN_E_NOT_FOUND;
	sqlite3_finalize(row);
	return r;
}

/* Runs a statement whose parameters are the key and then the columns. */
static int write_share(struct pen_store *store, const char *sql, const struct pen_share *share)
{
	char key[PEN_SHARE_KEY_SIZE];
	sqlite3_stmt *row;
	int r = pen_share_key(key, share->name);

	if (r)
		return r;
	r = pen_store_prepare(store, &row, sql);
	if (r)
		return r;
	sqlite3_bind_text(row, 1, key, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(row, 2, share->name, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(row, 3, share->type);
	sqlite3_bind_text(row, 4, share->remark, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(row, 5, share->path, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(row, 6, share->permissions);
	sqlite3_bind_int64(row, 7, share->max_uses);
	sqlite3_bind_int64(row, 8, share->flags);
	if (share->security.size)
		sqlite3_bind_blob(row, 9, share->security.data, (int)share->security.size,
				  SQLITE_TRANSIENT);
	r = pen_store_run(store, row);
	sqlite3_finalize(row);
	return r;
}

static int add(struct pen_shares *shares, const struct pen_share *share)
{
	struct pen_store *store = store_of(shares);
	size_t n = 0;
	int r;

	if (share->security.size > PEN_SHARE_SECURITY_MAX)
		return PEN_E_LIMIT;
	r = count(store, &n);
	if (r)
		return r;
	if (n >= PEN_SHARES_MAX)
		return PEN_E_LIMIT;
	return write_share(
		store, "INSERT INTO share (key, " COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		share);
}

static int changed(struct pen_store *store, int r)
{
	return r || sqlite3_changes(store->db) ? r : PEN_E_NOT_FOUND;
}

static int set(struct pen_shares *shares, const struct pen_share *share)
{
	struct pen_store *store = store_of(shares);

	if (share->security.size > PEN_SHARE_SECURITY_MAX)
		return PEN_E_LIMIT;
	return changed(store, write_share(store,
					  "UPDATE share SET name = ?2, type = ?3, remark = ?4,"
					  " path = ?5, permissions = ?6, max_uses = ?7, flags = ?8,"
					  " security = ?9 WHERE key = ?1",
					  share));
}

static int remove_share(struct pen_shares *shares, const char *name)
{
	struct pen_store *store = store_of(shares);
	char key[PEN_SHARE_KEY_SIZE];
	sqlite3_stmt *row;
	int r = pen_share_key(key, name);

	if (!r)
		r = pen_store_prepare(store, &row, "DELETE FROM share WHERE key = ?");
	if (r)
		return r;
	sqlite3_bind_text(row, 1, key, -1, SQLITE_TRANSIENT);
	r = changed(store, pen_store_run(store, row));
	sqlite3_finalize(row);
	return r;
}

static void free_shares(struct pen_shares *shares)
{
	free(shares);
}

static const struct pen_shares_class sqlite_class = {
	.list = list,
	.find = find,
	.add = add,
	.set = set,
	.remove = remove_share,
	.free = free_shares,
};

int pen_shares_new_store(struct pen_shares **sharesp, struct pen_store *store)
{
	struct sqlite_shares *shares = calloc(1, sizeof(*shares));

	if (!shares)
		return -ENOMEM;
	shares->base.class = &sqlite_class;
	shares->store = store;
	*sharesp = &shares->base;
	return 0;
}
