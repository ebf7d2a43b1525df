/* SPDX-License-Identifier: MIT */
#ifndef PEN_BASE_SPELLING_H
#define PEN_BASE_SPELLING_H
/*
 * What somebody may have meant who mistyped a name.
 *
 *	struct pen_spelling spelling = { .word = text };
 *	pen_spelling_try(&spelling, "listen"); ... once for each name there is
 *	if (spelling.nearest) ...
 */
#include <penstock/base.h>

struct pen_spelling {
	const char *word;
	const char *nearest; /* NULL: nothing looks like the word */
	size_t distance;
};

/* Takes the name if it is nearer than those before, and near at all; case counts for nothing. */
void pen_spelling_try(struct pen_spelling *spelling, const char *name);

#endif
