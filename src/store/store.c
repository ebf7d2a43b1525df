/* SPDX-License-Identifier: MIT */
#include "store/store.h"
#include "base/cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What each version of the schema adds to the one before. Never change a row; add one. */
static const char *const steps[] = {
	"CREATE TABLE share (key TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL,"
	" type INTEGER NOT NULL, remark TEXT NOT NULL, path TEXT NOT NULL,"
	" permissions INTEGER NOT NULL, max_uses INTEGER NOT NULL, flags INTEGER NOT NULL,"
	" security BLOB) WITHOUT ROWID",
};

static const struct pen_store_schema state_schema = {
	.what = "penstockd's state",
	.steps = steps,
	.n_steps = PEN_COUNT(steps),
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

static int store_pragma(struct pen_store *store, const char *sql, int *numberp)
{
	sqlite3_stmt *statement;
	int r = pen_store_prepare(store, &statement, sql);

	if (r)
		return r;
	if (sqlite3_step(statement) == SQLITE_ROW)
		*numberp = sqlite3_column_int(statement, 0);
	else
		r = store_fail(store);
	sqlite3_finalize(statement);
	return r;
}

static int store_upgrade(struct pen_store *store, const struct pen_store_schema *schema)
{
	char pragma[100];
	int version = 0, id = 0;
	int r = store_pragma(store, "PRAGMA user_version", &version);

	if (!r)
		r = store_pragma(store, "PRAGMA application_id", &id);
	if (!r && (version || id) && (uint32_t)id != schema->id) {
		snprintf(store->error, sizeof(store->error), "this file does not keep %s",
			 schema->what);
		return PEN_E_UNSUPPORTED;
	}
	if (!r && (version < 0 || (size_t)version > schema->n_steps)) {
		snprintf(store->error, sizeof(store->error),
			 "a newer version made this file: its schema is %d, ours %zu", version,
			 schema->n_steps);
		return PEN_E_UNSUPPORTED;
	}
	for (size_t i = version; i < schema->n_steps && !r; i++)
		r = store_exec(store, schema->steps[i]);
	snprintf(pragma, sizeof(pragma), "PRAGMA application_id = %d; PRAGMA user_version = %zu",
		 (int)schema->id, schema->n_steps);
	return r ? r : store_exec(store, pragma);
}

/*
 * SQLite makes files with the umask's rights; this one is nobody else's from the first. A
 * file that is there is not opened: to close it would end all locks that another handle of
 * this process has on it (fcntl(2)), and SQLite counts on those.
 */
static int file_make(const char *path)
{
	struct stat info;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno != EEXIST || lstat(path, &info))
		return -errno;
	return S_ISLNK(info.st_mode) ? -ELOOP : 0;
}

/*
 * Others who may write the file may be hostile to this process: what a schema of theirs would have
 * run here, and ours has none of, is not run.
 */
static void distrust(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
}

static int store_start(struct pen_store *store, const char *path,
		       const struct pen_store_schema *schema)
{
	int r = strcmp(path, ":memory:") ? file_make(path) : 0;

	if (r) {
		snprintf(store->error, sizeof(store->error), "%s: %s", path, strerror(-r));
		return r;
	}
	if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL))
		return store->db ? store_fail(store) : -ENOMEM;
	sqlite3_busy_timeout(store->db, 5000);
	distrust(store->db);
	r = store_exec(store, "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;"
			      "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;"
			      "PRAGMA cell_size_check = ON");
	if (!r)
		r = pen_store_begin(store);
	return r ? r : pen_store_end(store, store_upgrade(store, schema));
}

int pen_store_open_schema(struct pen_store **storep, const char *path,
			  const struct pen_store_schema *schema, char error[200])
{
	pen_cleanup(store_closep) struct pen_store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return -ENOMEM;
	r = store_start(store, path, schema);
	if (r && error)
		memcpy(error, store->error, sizeof(store->error));
	if (!r)
		*storep = pen_take(&store);
	return r;
}

int pen_store_open(struct pen_store **storep, const char *path, char error[200])
{
	return pen_store_open_schema(storep, path, &state_schema, error);
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
