/* SPDX-License-Identifier: MIT */
/*
 * penidl: the compiler's command line.
 */
#include "compiler/penidl.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who compiles his own files may have large ones. */
enum { USAGE = 2, MEMORY_MAX = 1 << 30 };

static const char help[] =
	"Usage: penidl [OPTION]... FILE\n"
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
	"  --dump=FORM           print tokens, tree, model or plan, and write nothing\n"
	"  --depfile FILE        write a make rule of the files that were read\n"
	"  --json                print diagnoses as JSON, an object a line\n"
	"  --help                print this\n"
	"  --version             print the version\n"
	"\n"
	"Exit status: 0; 1: something is wrong with the file; 2: with the command line.\n";

static int write_file(const char *path, const void *data, size_t n)
{
	FILE *file = fopen(path, "wb");
	int r = 0;

	if (!file || fwrite(data, 1, n, file) != n)
		r = -errno;
	if (file && fclose(file) && !r)
		r = -errno;
	if (r)
		fprintf(stderr, "penidl: %s: %s\n", path, strerror(-r));
	return r;
}

typedef int emit_fn(const struct pen_plan *plan, const struct pen_emit_options *options,
		    struct pen_buffer *out);

static int write_output(const struct pen_penidl *program, const struct pen_idl *idl, emit_fn *emit,
			const char *suffix)
{
	const struct pen_emit_options options = { .folder = program->include_folder };
	const char *base;
	int n = pen_idl_stem(program->input, &base);
	struct pen_buffer out;
	char path[4096];
	int r;

	snprintf(path, sizeof(path), "%s/%.*s.%s", program->output_dir, n, base, suffix);
	pen_buffer_init(&out, 0);
	r = emit(idl->plan, &options, &out);
	if (r)
		fprintf(stderr, "penidl: %s: %s\n", path, pen_error_name(r));
	else
		r = write_file(path, out.data, out.size);
	pen_buffer_done(&out);
	return r;
}

static int write_depfile(const struct pen_penidl *program)
{
	const char *base;
	int n = pen_idl_stem(program->input, &base);
	struct pen_buffer out;
	int r;

	if (!program->depfile)
		return 0;
	pen_buffer_init(&out, 0);
	r = pen_buffer_printf(&out, "%s/%.*s.h %s/%.*s.c: %s%.*s\n", program->output_dir, n, base,
			      program->output_dir, n, base, program->input,
			      (int)program->dependencies.size,
			      program->dependencies.data ? (char *)program->dependencies.data : "");
	if (!r)
		r = write_file(program->depfile, out.data, out.size);
	pen_buffer_done(&out);
	return r;
}

static int dump(const struct pen_penidl *program, const struct pen_idl *idl)
{
	struct pen_buffer out;

	pen_buffer_init(&out, 0);
	if (!strcmp(program->dump, "tokens") && idl->tokens)
		pen_idl_dump_tokens(idl->tokens, &out);
	else if (!strcmp(program->dump, "tree") && idl->tree)
		pen_idl_dump_tree(idl->tree, &out);
	else if (!strcmp(program->dump, "model") && idl->model)
		pen_idl_dump_model(idl->model, &out);
	else if (!strcmp(program->dump, "plan") && idl->plan)
		pen_idl_dump_plan(idl->plan, &out);
	fwrite(out.data, 1, out.size, stdout);
	pen_buffer_done(&out);
	return 0;
}

static void print_diagnoses(const struct pen_penidl *program, const struct pen_idl *idl)
{
	struct pen_buffer out;

	pen_buffer_init(&out, 0);
	if (program->is_json && !pen_idl_print_diagnoses_json(idl, &out))
		fwrite(out.data, 1, out.size, stderr);
	else if (!program->is_json)
		fputs(pen_idl_diagnoses(idl), stderr);
	pen_buffer_done(&out);
}

/* The ACF that was named, or the one beside the input. */
static int read_acf(struct pen_penidl *program, struct pen_idl *idl)
{
	const char *base;
	int n = pen_idl_stem(program->input, &base);
	struct pen_slice text;
	const char *path = program->acf;
	int r;

	if (!path)
		path = pen_arena_printf(&idl->arena, "%.*s.acf", (int)(base - program->input) + n,
					program->input);
	if (!path)
		return -ENOMEM;
	r = pen_penidl_read(program, path, &idl->arena, &text);
	if (r == PEN_E_NOT_FOUND && !program->acf)
		return 0;
	if (r) {
		fprintf(stderr, "penidl: %s: %s\n", path, r < 0 ? strerror(-r) : pen_error_name(r));
		return r;
	}
	r = pen_buffer_printf(&program->dependencies, " %s", path);
	if (!r)
		r = pen_idl_set_acf(idl, path, (const char *)text.data, text.size);
	return r;
}

static int compile(struct pen_penidl *program)
{
	struct pen_idl *idl = NULL;
	struct pen_arena arena;
	struct pen_slice text;
	int r;

	pen_arena_init(&arena, 0);
	r = pen_penidl_read(program, program->input, &arena, &text);
	if (!r)
		r = pen_idl_new(&idl, pen_penidl_import, program);
	if (r) {
		if (r != PEN_E_BAD_DATA)
			fprintf(stderr, "penidl: %s: %s\n", program->input,
				r < 0 ? strerror(-r) : pen_error_name(r));
		pen_arena_done(&arena);
		return 1;
	}
	idl->arena.max = MEMORY_MAX;
	if (program->is_partial)
		pen_idl_allow_partial(idl);
	r = read_acf(program, idl);
	if (!r)
		r = pen_idl_compile(idl, program->input, (const char *)text.data, text.size);
	print_diagnoses(program, idl);
	if (r && r != PEN_E_SYNTAX)
		fprintf(stderr, "penidl: %s: %s\n", program->input, pen_error_name(r));
	if (program->dump) {
		dump(program, idl);
	} else if (!r) {
		r = write_output(program, idl, pen_idl_emit_header, "h");
		if (!r)
			r = write_output(program, idl, pen_idl_emit_source, "c");
		if (!r)
			r = write_depfile(program);
	}
	pen_idl_free(idl);
	pen_arena_done(&arena);
	return r ? 1 : 0;
}

static bool is_form(const char *form)
{
	return !strcmp(form, "tokens") || !strcmp(form, "tree") || !strcmp(form, "model") ||
	       !strcmp(form, "plan");
}

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

int main(int argc, char **argv)
{
	enum {
		OUTPUT_DIR = 256,
		INCLUDE_FOLDER,
		DUMP,
		DEPFILE,
		CPP,
		ACF,
		PARTIAL,
		JSON,
		HELP,
		VERSION
	};
	static const struct option options[] = {
		{ "output-dir", required_argument, NULL, OUTPUT_DIR },
		{ "include-folder", required_argument, NULL, INCLUDE_FOLDER },
		{ "dump", required_argument, NULL, DUMP },
		{ "depfile", required_argument, NULL, DEPFILE },
		{ "cpp", required_argument, NULL, CPP },
		{ "acf", required_argument, NULL, ACF },
		{ "partial", no_argument, NULL, PARTIAL },
		{ "json", no_argument, NULL, JSON },
		{ "help", no_argument, NULL, HELP },
		{ "version", no_argument, NULL, VERSION },
		{ 0 },
	};
	struct pen_penidl program = {
		.output_dir = ".",
		.include_folder = "",
		.cpp = "cc -E -x c -undef -w -ffreestanding",
	};
	bool is_good = true;
	int option;
	int r;

	while ((option = getopt_long(argc, argv, "I:D:U:", options, NULL)) != -1) {
		switch (option) {
		case 'I':
			is_good = is_good && program.n_folders < PEN_PENIDL_LIST_MAX;
			if (is_good)
				program.folders[program.n_folders++] = optarg;
			break;
		case 'D':
		case 'U':
			is_good = is_good && add_macro(&program, option, optarg);
			break;
		case OUTPUT_DIR:
			program.output_dir = optarg;
			break;
		case INCLUDE_FOLDER:
			program.include_folder = optarg;
			break;
		case DUMP:
			program.dump = optarg;
			break;
		case DEPFILE:
			program.depfile = optarg;
			break;
		case CPP:
			program.cpp = optarg;
			break;
		case ACF:
			program.acf = optarg;
			break;
		case PARTIAL:
			program.is_partial = true;
			break;
		case JSON:
			program.is_json = true;
			break;
		case HELP:
			fputs(help, stdout);
			return 0;
		case VERSION:
			puts("penidl " PEN_VERSION);
			return 0;
		default:
			fputs("Try penidl --help.\n", stderr);
			return USAGE;
		}
	}
	if (!is_good || optind != argc - 1 || (program.dump && !is_form(program.dump))) {
		fputs(help, stderr);
		return USAGE;
	}
	program.input = argv[optind];
	pen_buffer_init(&program.dependencies, 0);
	r = compile(&program);
	pen_buffer_done(&program.dependencies);
	return r;
}
