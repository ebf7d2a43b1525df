/* SPDX-License-Identifier: MIT */
#include "store/store.h"
#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What each version of the schema adds to the one before. Never change a row; add one. */
static const char *const steps[] = {
	"CREATE TABLE share (key TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL,"
	" type INTEGER NOT NULL, remark TEXT NOT NULL, path TEXT NOT NULL,"
	" permissions INTEGER NOT NULL, max_uses INTEGER NOT NULL, flags INTEGER NOT NULL,"
	" security BLOB) WITHOUT ROWID",
};

static inline void store_closep(struct pen_store **storep)
{
	pen_store_close(*storep);
}

static int store_fail(struct pen_store *store)
{
	snprintf(store->error, sizeof(store->error), "%s", sqlite3_errmsg(store->db));
	return -EIO;
}

static int store_exec(struct pen_store *store, const char *sql)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) ? store_fail(store) : 0;
}

int pen_store_prepare(struct pen_store *store, sqlite3_stmt **statementp, const char *sql)
{
	return sqlite3_prepare_v2(store->db, sql, -1, statementp, NULL) ? store_fail(store) : 0;
}

int pen_store_run(struct pen_store *store, sqlite3_stmt *statement)
{
	int r = sqlite3_step(statement);

	if (r == SQLITE_DONE)
		return 0;
	return r == SQLITE_CONSTRAINT ? PEN_E_EXISTS : store_fail(store);
}

int pen_store_begin(struct pen_store *store)
{
	return store_exec(store, "BEGIN IMMEDIATE");
}

int pen_store_end(struct pen_store *store, int result)
{
	int r = store_exec(store, result ? "ROLLBACK" : "COMMIT");

	return result ? result : r;
}

static int store_version(struct pen_store *store, int *versionp)
{
	sqlite3_stmt *statement;
	int r = pen_store_prepare(store, &statement, "PRAGMA user_version");

	if (r)
		return r;
	if (sqlite3_step(statement) == SQLITE_ROW)
		*versionp = sqlite3_column_int(statement, 0);
	else
		r = store_fail(store);
	sqlite3_finalize(statement);
	return r;
}

static int store_upgrade(struct pen_store *store)
{
	char pragma[40];
	int version = 0;
	int r = store_version(store, &version);

	if (!r && (version < 0 || (size_t)version > PEN_COUNT(steps))) {
		snprintf(store->error, sizeof(store->error),
			 "a newer version made this file: its schema is %d, ours %zu", version,
			 PEN_COUNT(steps));
		return PEN_E_UNSUPPORTED;
	}
	for (size_t i = version; i < PEN_COUNT(steps) && !r; i++)
		r = store_exec(store, steps[i]);
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %zu", PEN_COUNT(steps));
	return r ? r : store_exec(store, pragma);
}

/* SQLite makes files with the umask's rights; this one is nobody else's from the first. */
static int file_make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int store_start(struct pen_store *store, const char *path)
{
	int r = strcmp(path, ":memory:") ? file_make(path) : 0;

	if (r) {
		snprintf(store->error, sizeof(store->error), "%s: %s", path, strerror(-r));
		return r;
	}
	if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL))
		return store->db ? store_fail(store) : -ENOMEM;
	sqlite3_busy_timeout(store->db, 5000);
	r = store_exec(store, "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON");
	if (!r)
		r = pen_store_begin(store);
	return r ? r : pen_store_end(store, store_upgrade(store));
}

int pen_store_open(struct pen_store **storep, const char *path, char error[200])
{
	pen_cleanup(store_closep) struct pen_store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return -ENOMEM;
	r = store_start(store, path);
	if (r && error)
		memcpy(error, store->error, sizeof(store->error));
	if (!r)
		*storep = pen_take(&store);
	return r;
}

struct pen_store *pen_store_close(struct pen_store *store)
{
	if (store)
		sqlite3_close(store->db);
	free(store);
	return NULL;
}

const char *pen_store_error(const struct pen_store *store)
{
	return store->error;
}
