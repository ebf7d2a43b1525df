/* SPDX-License-Identifier: MIT */
#include "io/option.h"
#include "base/spelling.h"
#include <stdio.h>
#include <string.h>

enum { OK, USAGE = 2 };

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

static int take_option(const struct pen_command_line *line, void *data, int val, char **argv)
{
	switch (val) {
	case 'h':
		fputs(line->help, stdout);
		return OK;
	case 'V':
		printf("%s %s\n", line->program, PEN_VERSION);
		return OK;
	case '?':
	case ':':
		pen_option_complain(line->program, line->options, val == ':', argv[optind - 1]);
		return USAGE;
	default:
		return line->take(data, val);
	}
}

int pen_command_line_parse(const struct pen_command_line *line, void *data, int argc, char **argv)
{
	const char *letters = line->letters ? line->letters : ":h";
	int end = -1;
	int val;

	opterr = 0;
	while (end < 0 && (val = getopt_long(argc, argv, letters, line->options, NULL)) != -1)
		end = take_option(line, data, val, argv);
	if (end < 0 && argc - optind > line->n_words) {
		pen_option_complain_of_word(line->program, argv[optind + line->n_words]);
		return USAGE;
	}
	return end;
}
