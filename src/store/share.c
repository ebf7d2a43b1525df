/* SPDX-License-Identifier: MIT */
#include "store/share.h"
#include "base/utf16.h"
#include "store/share-key.h"
#include <string.h>

int pen_share_key(char key[PEN_SHARE_KEY_SIZE], const char *name)
{
	uint16_t units[PEN_SHARE_NAME_MAX];
	size_t n = pen_utf16_put(name, strlen(name), PEN_UTF16_HOST, units, PEN_COUNT(units));
	size_t size;

	if (n == PEN_UTF16_BAD || !n)
		return PEN_E_NOT_FOUND;
	for (size_t i = 0; i < n; i++)
		units[i] = pen_upcase(units[i]);
	size = pen_utf16_get(units, n, PEN_UTF16_HOST, key, PEN_SHARE_KEY_SIZE - 1);
	if (size == PEN_UTF16_BAD)
		return PEN_E_NOT_FOUND;
	key[size] = '\0';
	return 0;
}

struct pen_shares *pen_shares_free(struct pen_shares *shares)
{
	if (shares)
		shares->class->free(shares);
	return NULL;
}

int pen_shares_list(struct pen_shares *shares, struct pen_arena *arena, struct pen_share **rowsp,
		    size_t *n_rowsp)
{
	return shares->class->list(shares, arena, rowsp, n_rowsp);
}

int pen_shares_find(struct pen_shares *shares, const char *name, struct pen_arena *arena,
		    struct pen_share *share)
{
	return shares->class->find(shares, name, arena, share);
}

int pen_shares_add(struct pen_shares *shares, const struct pen_share *share)
{
	return shares->class->add ? shares->class->add(shares, share) : PEN_E_UNSUPPORTED;
}

int pen_shares_set(struct pen_shares *shares, const struct pen_share *share)
{
	return shares->class->set ? shares->class->set(shares, share) : PEN_E_UNSUPPORTED;
}

int pen_shares_remove(struct pen_shares *shares, const char *name)
{
	return shares->class->remove ? shares->class->remove(shares, name) : PEN_E_UNSUPPORTED;
}

int pen_shares_remove_temporary(struct pen_shares *shares)
{
	struct pen_arena arena;
	struct pen_share *rows;
	size_t n = 0;
	int r;

	pen_arena_init(&arena, 0);
	r = pen_shares_list(shares, &arena, &rows, &n);
	for (size_t i = 0; !r && i < n; i++)
		if (rows[i].type & PEN_SHARE_TEMPORARY)
			r = pen_shares_remove(shares, rows[i].name);
	pen_arena_done(&arena);
	return r;
}
