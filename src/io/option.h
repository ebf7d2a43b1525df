/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_OPTION_H
#define PEN_IO_OPTION_H
/*
 * What is wrong with a command line that has options only, said on standard error.
 */
#include <getopt.h>
#include <stdbool.h>

/* An option that there is not, or one whose value is missing. */
void pen_option_complain(const char *program, const struct option *options, bool is_missing,
			 const char *text);

/* A word that is no option. */
void pen_option_complain_of_word(const char *program, const char *word);

#endif
