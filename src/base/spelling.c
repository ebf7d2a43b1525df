/* SPDX-License-Identifier: MIT */
#include "base/spelling.h"
#include <string.h>

enum { WORD_MAX = 64 };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's distance: characters to insert, remove or change. */
static size_t distance_of(const char *a, size_t n_a, const char *b, size_t n_b)
{
	size_t row[WORD_MAX + 1];

	for (size_t j = 0; j <= n_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= n_a; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n_b; j++) {
			size_t above = row[j];

			row[j] = least(above + 1, row[j - 1] + 1,
				       diagonal + (lower(a[i - 1]) != lower(b[j - 1])));
			diagonal = above;
		}
	}
	return row[n_b];
}

void pen_spelling_try(struct pen_spelling *spelling, const char *name)
{
	size_t n_word = strlen(spelling->word), n_name = strlen(name);
	size_t distance;

	if (n_word > WORD_MAX || n_name > WORD_MAX)
		return;
	distance = distance_of(spelling->word, n_word, name, n_name);
	if (distance > 1 + n_name / 4 || distance >= n_name)
		return;
	if (spelling->nearest && distance >= spelling->distance)
		return;
	spelling->nearest = name;
	spelling->distance = distance;
}
