/* SPDX-License-Identifier: MIT */
/*
 * The command line of penidl.
 */
#include "compiler/lint.h"
#include "compiler/penidl.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
	"Usage: penidl [OPTION]... FILE\n"
	"       penidl --format [--check | --in-place] FILE...\n"
	"Writes NAME.h and NAME.c from NAME.idl.\n"
	"\n"
	"  --output-dir DIR      write into DIR, not the current directory\n"
	"  --include-folder DIR  include other headers as <DIR/NAME.h>, not \"NAME.h\"\n"
	"  -I DIR                look for imported and included files in DIR too\n"
	"  -D NAME[=VALUE]       define a macro for the preprocessor\n"
	"  -U NAME               undefine one\n"
	"  --cpp COMMAND         the preprocessor, not \"cc -E -x c -undef -w -ffreestanding\"\n"
	"  --acf FILE            apply that ACF, not NAME.acf beside NAME.idl\n"
	"  --partial             leave out operations that cannot be sent, with a warning\n"
	"  --dump=FORM           print tokens, tree, model, plan or json; write nothing\n"
	"  --depfile FILE        write a make rule of the files that were read\n"
	"  --lint                warn of what is allowed and unwise, and write nothing\n"
	"  --no-lint=NAME        not of this\n"
	"  --lua                 write NAME.lua, a dissector for Wireshark, and no C\n"
	"  --markdown            write NAME.md, a reference, and no C\n"
	"  --format              print FILE in the house style\n"
	"  --check               with --format: name each FILE that is not so, and print nothing "
	"else\n"
	"  -i, --in-place        with --format: write FILE anew\n"
	"  --json                print diagnoses as JSON, an object a line\n"
	"  --help                print this\n"
	"  --version             print the version\n"
	"\n"
	"Exit status: 0; 1: something is wrong with a file; 2: with the command line.\n";

/* Long options: each gives a text or sets a flag. */
static const struct {
	const char *name;
	size_t offset;
	bool is_text;
} longs[] = {
	{ "output-dir", offsetof(struct pen_penidl, output_dir), true },
	{ "include-folder", offsetof(struct pen_penidl, include_folder), true },
	{ "dump", offsetof(struct pen_penidl, dump), true },
	{ "depfile", offsetof(struct pen_penidl, depfile), true },
	{ "cpp", offsetof(struct pen_penidl, cpp), true },
	{ "acf", offsetof(struct pen_penidl, acf), true },
	{ "partial", offsetof(struct pen_penidl, is_partial), false },
	{ "lint", offsetof(struct pen_penidl, is_lint), false },
	{ "lua", offsetof(struct pen_penidl, is_lua), false },
	{ "markdown", offsetof(struct pen_penidl, is_markdown), false },
	{ "format", offsetof(struct pen_penidl, is_format), false },
	{ "check", offsetof(struct pen_penidl, is_check), false },
	{ "in-place", offsetof(struct pen_penidl, is_in_place), false },
	{ "json", offsetof(struct pen_penidl, is_json), false },
	{ "help", offsetof(struct pen_penidl, is_help), false },
	{ "version", offsetof(struct pen_penidl, is_version), false },
};

enum { FIRST_LONG = 256, NO_LINT = 255 };

static bool add_macro(struct pen_penidl *program, int option, const char *text)
{
	static char words[PEN_PENIDL_LIST_MAX][PEN_PENIDL_MACRO_MAX];
	size_t n = program->n_macros;

	if (n == PEN_PENIDL_LIST_MAX || strlen(text) >= PEN_PENIDL_MACRO_MAX - 3)
		return false;
	snprintf(words[n], sizeof(words[n]), "-%c%s", option, text);
	program->macros[program->n_macros++] = words[n];
	return true;
}

static bool add_folder(struct pen_penidl *program, const char *folder)
{
	if (program->n_folders == PEN_PENIDL_LIST_MAX)
		return false;
	program->folders[program->n_folders++] = folder;
	return true;
}

static bool switch_off(struct pen_penidl *program, const char *name)
{
	const char *known;

	for (size_t i = 0; (known = pen_lint_name(i)); i++) {
		if (strcmp(known, name))
			continue;
		program->lints_off |= PEN_BIT(i);
		return true;
	}
	return false;
}

static bool take_option(struct pen_penidl *program, int option, const char *text)
{
	void *place;

	switch (option) {
	case 'I':
		return add_folder(program, text);
	case 'D':
	case 'U':
		return add_macro(program, option, text);
	case NO_LINT:
		return switch_off(program, text);
	case 'i':
		program->is_in_place = true;
		return true;
	default:
		break;
	}
	place = (char *)program + longs[option - FIRST_LONG].offset;
	if (longs[option - FIRST_LONG].is_text)
		*(const char **)place = text;
	else
		*(bool *)place = true;
	return true;
}

/* Whether what was asked for goes together. */
static bool is_sane(const struct pen_penidl *program)
{
	static const char *const forms[] = { "tokens", "tree", "model", "plan", "json" };
	bool is_known = !program->dump;

	for (size_t i = 0; i < PEN_COUNT(forms) && !is_known; i++)
		is_known = !strcmp(program->dump, forms[i]);
	if (!is_known || !program->n_inputs)
		return false;
	if (program->is_format)
		return !program->dump && !program->is_lua && !program->is_lint &&
		       !program->is_markdown && !(program->is_check && program->is_in_place);
	return program->n_inputs == 1 && !program->is_check && !program->is_in_place;
}

enum pen_penidl_verdict pen_penidl_parse(struct pen_penidl *program, int argc, char **argv)
{
	struct option options[PEN_COUNT(longs) + 2] = { 0 };
	bool is_good = true;
	int option;

	*program = (struct pen_penidl){
		.output_dir = ".",
		.include_folder = "",
		.cpp = "cc -E -x c -undef -w -ffreestanding",
	};
	for (size_t i = 0; i < PEN_COUNT(longs); i++)
		options[i] = (struct option){
			.name = longs[i].name,
			.has_arg = longs[i].is_text ? required_argument : no_argument,
			.val = FIRST_LONG + (int)i,
		};
	options[PEN_COUNT(longs)] = (struct option){ "no-lint", required_argument, NULL, NO_LINT };
	while ((option = getopt_long(argc, argv, "I:D:U:i", options, NULL)) != -1) {
		if (option == '?') {
			fputs("Try penidl --help.\n", stderr);
			return PEN_PENIDL_USAGE;
		}
		is_good = is_good && take_option(program, option, optarg);
	}
	if (program->is_help)
		fputs(help, stdout);
	else if (program->is_version)
		puts("penidl " PEN_VERSION);
	if (program->is_help || program->is_version)
		return PEN_PENIDL_END;
	program->inputs = argv + optind;
	program->n_inputs = (size_t)(argc - optind);
	program->input = argv[optind];
	if (is_good && is_sane(program))
		return PEN_PENIDL_RUN;
	fputs(help, stderr);
	return PEN_PENIDL_USAGE;
}
