/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_LISTING_PART_H
#define PEN_DAEMON_LISTING_PART_H
/*
 * What the readers of both forms share: each part is checked and added in one place.
 */
#include "daemon/listing.h"

struct listing_reading {
	struct listing *listing;
	char *error;
	char place[64];		/* "line 3" */
	const char **endpoints; /* of all interfaces, one after another */
};

/* An empty listing with room for all that it may have. -ENOMEM. */
int listing_begin(struct listing_reading *reading, struct listing *listing, char error[256]);

/* Writes where, and the sentence; returns the result. */
int listing_refuse(const struct listing_reading *reading, int result, const char *format, ...)
	PEN_PRINTF(3, 4);

/* Decimal digits alone, up to max. what is the number's name. */
int listing_number(const struct listing_reading *reading, const char *what, const char *text,
		   size_t n, uint64_t max, uint64_t *valuep);

/* A copy of a text that is neither empty nor too long, and all of one line. */
int listing_text(const struct listing_reading *reading, const char *what, const char *text,
		 size_t n, const char **copyp);

int listing_uuid(const struct listing_reading *reading, const char *text, size_t n,
		 struct pen_uuid *uuid);

/* The newest is the one that endpoints are added to. name and endpoint are the listing's. */
int listing_add_interface(struct listing_reading *reading, const struct pen_syntax_id *id,
			  const char *name);
int listing_add_pipe(struct listing_reading *reading, const struct listing_pipe *pipe);
int listing_add_endpoint(struct listing_reading *reading, const char *endpoint);

#endif
