/* SPDX-License-Identifier: MIT */
/*
 * penidl: the compiler's command line. Only this file of the room meets files.
 */
#include "compiler/plan.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDERS_MAX = 64, FILE_MAX = 16 << 20, USAGE = 2 };

struct program {
	const char *folders[FOLDERS_MAX]; /* of -I */
	size_t n_folders;
	const char *output_dir;
	const char *include_folder;
	const char *depfile;
	const char *dump;
	const char *input;
	struct pen_buffer dependencies;
};

static const char help[] =
	"Usage: penidl [OPTION]... FILE\n"
	"Writes NAME.h and NAME.c from NAME.idl.\n"
	"\n"
	"  --output-dir DIR      write into DIR, not the current directory\n"
	"  --include-folder DIR  include other headers as <DIR/NAME.h>, not \"NAME.h\"\n"
	"  -I DIR                look for imported files in DIR too\n"
	"  --dump=FORM           print tokens, tree, model or plan, and write nothing\n"
	"  --depfile FILE        write a make rule of the files that were read\n"
	"  --help                print this\n"
	"  --version             print the version\n"
	"\n"
	"Exit status: 0; 1: something is wrong with the file; 2: with the command line.\n";

static int read_file(const char *path, struct pen_arena *arena, struct pen_slice *text)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size;
	int r = 0;

	if (!file)
		return errno == ENOENT ? PEN_E_NOT_FOUND : -errno;
	if (fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET)) {
		fclose(file);
		return -EIO;
	}
	data = size <= FILE_MAX ? pen_arena_alloc(arena, (size_t)size) : NULL;
	if (!data)
		r = PEN_E_LIMIT;
	else if (fread(data, 1, (size_t)size, file) != (size_t)size)
		r = -EIO;
	else
		*text = (struct pen_slice){ .data = data, .size = (size_t)size };
	fclose(file);
	return r;
}

/* Looks beside the input first, then in the folders of -I. */
static int import_file(void *data, const char *name, struct pen_arena *arena,
		       struct pen_slice *textp)
{
	struct program *program = data;
	const char *slash = strrchr(program->input, '/');
	int r = PEN_E_NOT_FOUND;

	for (size_t i = 0; i <= program->n_folders && r == PEN_E_NOT_FOUND; i++) {
		char *path = i ? pen_arena_printf(arena, "%s/%s", program->folders[i - 1], name)
			       : pen_arena_printf(arena, "%.*s%s",
						  slash ? (int)(slash - program->input) + 1 : 0,
						  program->input, name);

		if (!path)
			return -ENOMEM;
		r = read_file(path, arena, textp);
		if (!r)
			r = pen_buffer_printf(&program->dependencies, " %s", path);
	}
	return r;
}

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

static int write_output(const struct program *program, const struct pen_idl *idl, emit_fn *emit,
			const char *suffix)
{
	const struct pen_emit_options options = { .folder = program->include_folder };
	const char *base = strrchr(program->input, '/');
	struct pen_buffer out;
	char path[4096];
	int r;

	base = base ? base + 1 : program->input;
	snprintf(path, sizeof(path), "%s/%.*s.%s", program->output_dir, (int)strcspn(base, "."),
		 base, suffix);
	pen_buffer_init(&out, 0);
	r = emit(idl->plan, &options, &out);
	if (r)
		fprintf(stderr, "penidl: %s: %s\n", path, pen_error_name(r));
	else
		r = write_file(path, out.data, out.size);
	pen_buffer_done(&out);
	return r;
}

static int write_depfile(const struct program *program)
{
	const char *base = strrchr(program->input, '/');
	struct pen_buffer out;
	int r;

	if (!program->depfile)
		return 0;
	base = base ? base + 1 : program->input;
	pen_buffer_init(&out, 0);
	r = pen_buffer_printf(&out, "%s/%.*s.h %s/%.*s.c: %s%.*s\n", program->output_dir,
			      (int)strcspn(base, "."), base, program->output_dir,
			      (int)strcspn(base, "."), base, program->input,
			      (int)program->dependencies.size,
			      program->dependencies.data ? (char *)program->dependencies.data : "");
	if (!r)
		r = write_file(program->depfile, out.data, out.size);
	pen_buffer_done(&out);
	return r;
}

static int dump(const struct program *program, const struct pen_idl *idl)
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

static int compile(struct program *program)
{
	struct pen_idl *idl = NULL;
	struct pen_arena arena;
	struct pen_slice text;
	int r;

	pen_arena_init(&arena, 0);
	r = read_file(program->input, &arena, &text);
	if (!r)
		r = pen_idl_new(&idl, import_file, program);
	if (r) {
		fprintf(stderr, "penidl: %s: %s\n", program->input,
			r < 0 ? strerror(-r) : pen_error_name(r));
		pen_arena_done(&arena);
		return 1;
	}
	r = pen_idl_compile(idl, program->input, (const char *)text.data, text.size);
	fputs(pen_idl_diagnoses(idl), stderr);
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

int main(int argc, char **argv)
{
	enum { OUTPUT_DIR = 256, INCLUDE_FOLDER, DUMP, DEPFILE, HELP, VERSION };
	static const struct option options[] = {
		{ "output-dir", required_argument, NULL, OUTPUT_DIR },
		{ "include-folder", required_argument, NULL, INCLUDE_FOLDER },
		{ "dump", required_argument, NULL, DUMP },
		{ "depfile", required_argument, NULL, DEPFILE },
		{ "help", no_argument, NULL, HELP },
		{ "version", no_argument, NULL, VERSION },
		{ 0 },
	};
	struct program program = { .output_dir = ".", .include_folder = "" };
	int option;
	int r;

	while ((option = getopt_long(argc, argv, "I:", options, NULL)) != -1) {
		switch (option) {
		case 'I':
			if (program.n_folders < FOLDERS_MAX)
				program.folders[program.n_folders++] = optarg;
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
	if (optind != argc - 1 || (program.dump && !is_form(program.dump))) {
		fputs(help, stderr);
		return USAGE;
	}
	program.input = argv[optind];
	pen_buffer_init(&program.dependencies, 0);
	r = compile(&program);
	pen_buffer_done(&program.dependencies);
	return r;
}
