/* SPDX-License-Identifier: MIT */
/* How the account store speaks with SQLite, and what it takes for names and texts. */
#include "base/utf16.h"
#include "store/account-private.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- statements ---- */

static int bind_sid(sqlite3_stmt *statement, int n, const struct pen_sid *sid)
{
	char text[PEN_SID_TEXT_SIZE];

	pen_sid_print(sid, text);
	return sqlite3_bind_text(statement, n, text, -1, SQLITE_TRANSIENT);
}

static int bind_one(sqlite3_stmt *statement, int n, char type, va_list *args)
{
	const struct pen_slice *slice;
	const char *text;

	switch (type) {
	case 'i':
		return sqlite3_bind_int64(statement, n, va_arg(*args, int64_t));
	case 's':
		text = va_arg(*args, const char *);
		return sqlite3_bind_text(statement, n, text ? text : "", -1, SQLITE_STATIC);
	case 'b':
		slice = va_arg(*args, const struct pen_slice *);
		if (!slice->size)
			return sqlite3_bind_null(statement, n);
		return sqlite3_bind_blob(statement, n, slice->data, (int)slice->size,
					 SQLITE_STATIC);
	default:
		return bind_sid(statement, n, va_arg(*args, const struct pen_sid *));
	}
}

static int failed(struct pen_accounts *accounts)
{
	struct pen_store *store = accounts->store;

	snprintf(store->error, sizeof(store->error), "%s", sqlite3_errmsg(store->db));
	return sqlite3_errcode(store->db) == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

static int query(struct pen_accounts *accounts, sqlite3_stmt **statementp, const char *sql,
		 const char *types, va_list *args)
{
	int r;

	*statementp = NULL;
	r = pen_store_prepare(accounts->store, statementp, sql);
	for (int n = 1; !r && *types; types++, n++)
		if (bind_one(*statementp, n, *types, args))
			r = failed(accounts);
	if (!r)
		return 0;
	sqlite3_finalize(*statementp);
	*statementp = NULL;
	return r;
}

int pen_account_query(struct pen_accounts *accounts, sqlite3_stmt **statementp, const char *sql,
		      const char *types, ...)
{
	va_list args;
	int r;

	va_start(args, types);
	r = query(accounts, statementp, sql, types, &args);
	va_end(args);
	return r;
}

int pen_account_row(struct pen_accounts *accounts, sqlite3_stmt *statement)
{
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		return 0;
	case SQLITE_DONE:
		return PEN_E_NOT_FOUND;
	default:
		return failed(accounts);
	}
}

static int run(struct pen_accounts *accounts, const char *sql, const char *types, va_list *args)
{
	sqlite3_stmt *statement;
	int r = query(accounts, &statement, sql, types, args);

	if (r)
		return r;
	switch (sqlite3_step(statement)) {
	case SQLITE_DONE:
		break;
	case SQLITE_CONSTRAINT:
		r = PEN_E_EXISTS;
		break;
	default:
		r = failed(accounts);
	}
	sqlite3_finalize(statement);
	return r;
}

int pen_account_run(struct pen_accounts *accounts, const char *sql, const char *types, ...)
{
	va_list args;
	int r;

	va_start(args, types);
	r = run(accounts, sql, types, &args);
	va_end(args);
	return r;
}

int pen_account_change(struct pen_accounts *accounts, const char *sql, const char *types, ...)
{
	va_list args;
	int r;

	va_start(args, types);
	r = run(accounts, sql, types, &args);
	va_end(args);
	return r || sqlite3_changes(accounts->store->db) ? r : PEN_E_NOT_FOUND;
}

int pen_account_number(struct pen_accounts *accounts, int64_t *numberp, const char *sql,
		       const char *types, ...)
{
	sqlite3_stmt *row;
	va_list args;
	int r;

	va_start(args, types);
	r = query(accounts, &row, sql, types, &args);
	va_end(args);
	if (!r)
		r = pen_account_row(accounts, row);
	if (!r)
		*numberp = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return r;
}

/* ---- columns ---- */

int pen_account_text(sqlite3_stmt *row, int column, struct pen_arena *arena, const char **textp)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	*textp = pen_arena_strdup(arena, text ? text : "");
	return *textp ? 0 : -ENOMEM;
}

int pen_account_blob(sqlite3_stmt *row, int column, struct pen_arena *arena,
		     struct pen_slice *slicep)
{
	const void *data = sqlite3_column_blob(row, column);
	size_t n = (size_t)sqlite3_column_bytes(row, column);

	*slicep = (struct pen_slice){ 0 };
	if (!data || !n)
		return 0;
	slicep->data = pen_arena_copy(arena, data, n);
	slicep->size = slicep->data ? n : 0;
	return slicep->data ? 0 : -ENOMEM;
}

/* Room doubles, so it is a power of two, and full whenever the number is one. */
void *pen_account_grow(struct pen_arena *arena, void *rowsp, size_t n_rows, size_t size)
{
	void *rows;
	void *old;

	memcpy(&old, rowsp, sizeof(old));
	if (n_rows && (n_rows < 16 || n_rows & (n_rows - 1)))
		return (char *)old + n_rows * size;
	rows = pen_arena_array(arena, n_rows < 16 ? 16 : 2 * n_rows, size);
	if (!rows)
		return NULL;
	if (n_rows)
		memcpy(rows, old, n_rows * size);
	memcpy(rowsp, &rows, sizeof(rows));
	return (char *)rows + n_rows * size;
}

/* ---- names and texts ---- */

/* What no name may contain [MS-SAMR 3.1.1.8.4]. */
static bool is_refused(uint16_t unit)
{
	return unit < ' ' || (unit < 0x80 && strchr("\"/\\[]:|<>+=;?,*", unit));
}

int pen_account_key(char key[PEN_ACCOUNT_KEY_SIZE], const char *name)
{
	uint16_t units[PEN_ACCOUNT_NAME_MAX];
	size_t n = pen_utf16_count(name, strlen(name));
	bool is_more = false; /* than spaces and dots */
	size_t size;

	if (n == PEN_UTF16_BAD || !n)
		return PEN_E_SYNTAX;
	if (n > PEN_COUNT(units))
		return PEN_E_LIMIT;
	pen_utf16_put(name, strlen(name), PEN_UTF16_HOST, units, PEN_COUNT(units));
	for (size_t i = 0; i < n; i++) {
		if (is_refused(units[i]))
			return PEN_E_SYNTAX;
		is_more |= units[i] != ' ' && units[i] != '.';
		units[i] = pen_upcase(units[i]);
	}
	if (!is_more || units[n - 1] == '.')
		return PEN_E_SYNTAX;
	size = pen_utf16_get(units, n, PEN_UTF16_HOST, key, PEN_ACCOUNT_KEY_SIZE - 1);
	if (size == PEN_UTF16_BAD)
		return PEN_E_LIMIT;
	key[size] = '\0';
	return 0;
}

int pen_account_check_text(const char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (n > PEN_ACCOUNT_TEXT_MAX)
		return PEN_E_LIMIT;
	return n && pen_utf16_count(text, n) == PEN_UTF16_BAD ? PEN_E_SYNTAX : 0;
}
