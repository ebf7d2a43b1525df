/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_DIRECTORY_H
#define PEN_WIN32_DIRECTORY_H
/*
 * The list of pipes, as it was when it was first asked for, and a pattern that chooses of it
 * [rows E1, E2].
 */
#include <penstock/base.h>

struct win_listing_entry {
	char *name;
	uint32_t instances;
	uint32_t instances_max;
};

struct win_listing {
	struct win_listing_entry *entries;
	size_t n;
	size_t at; /* the next */
};

/* Those whose names the pattern, with * and ?, matches; NULL: all. NO_SUCH_FILE: none. */
uint32_t win_listing_new(struct win_listing **listingp, const char *pattern);
struct win_listing *win_listing_free(struct win_listing *listing);

/* Whether a name is one of the pattern, whatever the case of letters. */
bool win_pattern_matches(const char *pattern, const char *name);

#endif
