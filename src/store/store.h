/* SPDX-License-Identifier: MIT */
#ifndef PEN_STORE_STORE_H
#define PEN_STORE_STORE_H
/*
 * State in one SQLite file, which only its owner may read. Each kind of state has its
 * tables, made by numbered steps: those a file has not seen yet run when it is opened.
 */
#include <penstock/base.h>
#include <sqlite3.h>

struct pen_store {
	sqlite3 *db;
	char error[200];
};

/*
 * Opens the file, makes it (0600) if it is not there, and brings its tables up to
 * date. ":memory:" is a store that nobody keeps. PEN_E_UNSUPPORTED: a newer version
 * made it; -EIO: SQLite says no; the sentence is in error, which may be NULL.
 */
int pen_store_open(struct pen_store **storep, const char *path, char error[200]);

/*
 * The tables of another kind of file. Each step is what a version adds to the one before;
 * id is SQLite's application_id, by which the files are told apart. PEN_E_UNSUPPORTED: it
 * is a file of another kind, too.
 */
struct pen_store_schema {
	uint32_t id;
	const char *what; /* that such a file keeps, for the sentence */
	const char *const *steps;
	size_t n_steps;
};

int pen_store_open_schema(struct pen_store **storep, const char *path,
			  const struct pen_store_schema *schema, char error[200]);
struct pen_store *pen_store_close(struct pen_store *store);

/* The sentence for the last failure. */
const char *pen_store_error(const struct pen_store *store);

/* A statement to step, to be given to sqlite3_finalize. -EIO, with the sentence. */
int pen_store_prepare(struct pen_store *store, sqlite3_stmt **statementp, const char *sql);

/* Steps a statement that returns no rows. PEN_E_EXISTS: a row of that key is there; -EIO. */
int pen_store_run(struct pen_store *store, sqlite3_stmt *statement);

/* All or nothing: begin, then end with what came of it (0: keep it). Returns that, or -EIO. */
int pen_store_begin(struct pen_store *store);
int pen_store_end(struct pen_store *store, int result);

#endif
