/* SPDX-License-Identifier: MIT */
#include "io/option.h"
#include "base/spelling.h"
#include <stdio.h>
#include <string.h>

void pen_option_complain(const char *program, const struct option *options, bool is_missing,
			 const char *text)
{
	struct pen_spelling spelling = { .word = text + strspn(text, "-") };

	for (const struct option *o = options; o->name; o++)
		pen_spelling_try(&spelling, o->name);
	if (is_missing)
		fprintf(stderr, "%s: %s needs a value.\n", program, text);
	else
		fprintf(stderr, "%s: there is no option %s%s%s%s\n", program, text,
			spelling.nearest ? "; did you mean --" : ".",
			spelling.nearest ? spelling.nearest : "", spelling.nearest ? "?" : "");
}

void pen_option_complain_of_word(const char *program, const char *word)
{
	fprintf(stderr, "%s: what is %s? There are options only; see --help.\n", program, word);
}
