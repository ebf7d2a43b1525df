/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_OPTION_H
#define PEN_IO_OPTION_H
/*
 * Command lines that have options, and few words; what is wrong with one is said on standard error.
 */
#include <getopt.h>
#include <stdbool.h>

/* The rows of --help and --version, and the end. */
#define PEN_OPTIONS_END                                                                            \
	{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' },                 \
	{                                                                                          \
		0                                                                                  \
	}

/* What one may say. */
struct pen_command_line {
	const char *program; /* the name that it speaks by */
	const char *help;
	const char *letters; /* as getopt_long takes them, a colon first; NULL: -h alone */
	const struct option *options;
	int n_words; /* beside options, at most; optind is the first */
	/*
	 * An option of the program's own, by its row's val; optarg is its value. -1: go on; else it
	 * has been said what is wrong, and main returns that.
	 */
	int (*take)(void *data, int val);
};

/* -1: go on; else all is said, and main returns that: 0 or 2. */
int pen_command_line_parse(const struct pen_command_line *line, void *data, int argc, char **argv);

/* An option that there is not, or one whose value is missing. */
void pen_option_complain(const char *program, const struct option *options, bool is_missing,
			 const char *text);

/* A word that is no option. */
void pen_option_complain_of_word(const char *program, const char *word);

#endif
