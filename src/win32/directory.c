/* SPDX-License-Identifier: MIT */
#include "win32/directory.h"

#include "base/cleanup.h"
#include "base/utf16.h"

#include <penstock/pipe.h>
#include <penstock/status.h>
#include <stdlib.h>
#include <string.h>

PEN_DEFINE_FREEP(struct win_listing, win_listing)

static bool same_character(const char **ap, const char **bp)
{
	int32_t a = pen_utf16_next(ap, *ap + strlen(*ap));
	int32_t b = pen_utf16_next(bp, *bp + strlen(*bp));

	if (a < 0 || b < 0)
		return false;
	return (a < 0x10000 ? pen_upcase(a) : a) == (b < 0x10000 ? pen_upcase(b) : b);
}

bool win_pattern_matches(const char *pattern, const char *name)
{
	const char *star = NULL, *again = NULL;

	while (*name) {
		const char *before_pattern = pattern, *before_name = name;

		if (*pattern == '*') {
			star = ++pattern;
			again = name;
			continue;
		}
		if (*pattern == '?' && pen_utf16_next(&name, name + strlen(name)) >= 0) {
			pattern++;
			continue;
		}
		name = before_name;
		if (*pattern && same_character(&pattern, &name))
			continue;
		pattern = before_pattern;
		if (!star || pen_utf16_next(&again, again + strlen(again)) < 0)
			return false;
		pattern = star;
		name = again;
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

struct listing_data {
	struct win_listing *listing;
	const char *pattern;
};

static uint32_t listing_add(void *pointer, const struct pen_pipe_entry *entry)
{
	struct listing_data *data = pointer;
	struct win_listing *listing = data->listing;
	struct win_listing_entry *grown;

	if (data->pattern && !win_pattern_matches(data->pattern, entry->name))
		return 0;
	grown = reallocarray(listing->entries, listing->n + 1, sizeof(*grown));
	if (!grown)
		return PEN_STATUS_NO_MEMORY;
	listing->entries = grown;
	grown += listing->n;
	*grown = (struct win_listing_entry){ strdup(entry->name), entry->instances,
					     entry->instances_max };
	if (!grown->name)
		return PEN_STATUS_NO_MEMORY;
	listing->n++;
	return 0;
}

uint32_t win_listing_new(struct win_listing **listingp, const char *pattern)
{
	pen_cleanup(win_listing_freep) struct win_listing *listing = calloc(1, sizeof(*listing));
	struct listing_data data = { listing, pattern };
	uint32_t status;

	if (!listing)
		return PEN_STATUS_NO_MEMORY;
	/* As DOS has it, this means whatever there is. */
	if (pattern && !strcmp(pattern, "*.*"))
		data.pattern = NULL;
	status = pen_pipe_list(NULL, listing_add, &data);
	if (!status && !listing->n)
		status = PEN_STATUS_NO_SUCH_FILE;
	if (!status)
		*listingp = pen_take(&listing);
	return status;
}

struct win_listing *win_listing_free(struct win_listing *listing)
{
	if (!listing)
		return NULL;
	for (size_t i = 0; i < listing->n; i++)
		free(listing->entries[i].name);
	free(listing->entries);
	free(listing);
	return NULL;
}
