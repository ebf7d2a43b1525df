/* SPDX-License-Identifier: MIT */
/*
 * penidl: what it does with a file.
 */
#include "compiler/penidl.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { USAGE = 2 };

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
		r = pen_penidl_write(path, out.data, out.size);
	pen_buffer_done(&out);
	return r;
}

/* What is written, and what its name ends in. */
struct output {
	emit_fn *emit;
	const char *suffix;
};

enum { OUTPUTS_MAX = 2 };

static size_t list_outputs(const struct pen_penidl *program, struct output outputs[OUTPUTS_MAX])
{
	size_t n = 0;

	if (program->is_lua)
		outputs[n++] = (struct output){ pen_idl_emit_lua, "lua" };
	if (program->is_markdown)
		outputs[n++] = (struct output){ pen_idl_emit_markdown, "md" };
	if (!n) {
		outputs[n++] = (struct output){ pen_idl_emit_header, "h" };
		outputs[n++] = (struct output){ pen_idl_emit_source, "c" };
	}
	return n;
}

static int write_depfile(const struct pen_penidl *program, const struct output *outputs, size_t n)
{
	const char *base;
	int n_base = pen_idl_stem(program->input, &base);
	struct pen_buffer out;
	int r = 0;

	if (!program->depfile)
		return 0;
	pen_buffer_init(&out, 0);
	for (size_t i = 0; i < n && !r; i++)
		r = pen_buffer_printf(&out, "%s%s/%.*s.%s", i ? " " : "", program->output_dir,
				      n_base, base, outputs[i].suffix);
	if (!r)
		r = pen_buffer_printf(
			&out, ": %s%.*s\n", program->input, (int)program->dependencies.size,
			program->dependencies.data ? (char *)program->dependencies.data : "");
	if (!r)
		r = pen_penidl_write(program->depfile, out.data, out.size);
	pen_buffer_done(&out);
	return r;
}

static int write_outputs(const struct pen_penidl *program, const struct pen_idl *idl)
{
	struct output outputs[OUTPUTS_MAX];
	size_t n = list_outputs(program, outputs);
	int r = 0;

	for (size_t i = 0; i < n && !r; i++)
		r = write_output(program, idl, outputs[i].emit, outputs[i].suffix);
	return r ? r : write_depfile(program, outputs, n);
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
	else if (!strcmp(program->dump, "json") && idl->plan)
		pen_idl_dump_json(idl->plan, &out);
	fwrite(out.data, 1, out.size, stdout);
	pen_buffer_done(&out);
	return 0;
}

void pen_penidl_print_diagnoses(const struct pen_penidl *program, const struct pen_idl *idl)
{
	struct pen_buffer out;
	int r;

	pen_buffer_init(&out, 0);
	r = program->is_json ? pen_idl_print_diagnoses_json(idl, &out)
			     : pen_idl_print_diagnoses(idl, &out);
	if (!r && out.size)
		fwrite(out.data, 1, out.size, stderr);
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
	idl->arena.max = PEN_PENIDL_MEMORY_MAX;
	idl->is_for_c = true;
	idl->is_linted = program->is_lint;
	idl->lints_off = program->lints_off;
	if (program->is_partial)
		pen_idl_allow_partial(idl);
	r = read_acf(program, idl);
	if (!r)
		r = pen_idl_compile(idl, program->input, (const char *)text.data, text.size);
	pen_penidl_print_diagnoses(program, idl);
	if (r && r != PEN_E_SYNTAX)
		fprintf(stderr, "penidl: %s: %s\n", program->input, pen_error_name(r));
	if (program->dump)
		dump(program, idl);
	else if (!r && !program->is_lint)
		r = write_outputs(program, idl);
	if (!r && idl->n_lints)
		r = PEN_E_BAD_DATA;
	pen_idl_free(idl);
	pen_arena_done(&arena);
	return r ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct pen_penidl program;
	int r = 0;

	switch (pen_penidl_parse(&program, argc, argv)) {
	case PEN_PENIDL_RUN:
		break;
	case PEN_PENIDL_END:
		return 0;
	case PEN_PENIDL_USAGE:
		return USAGE;
	}
	if (program.is_format)
		return pen_penidl_format(&program);
	pen_buffer_init(&program.dependencies, 0);
	r = compile(&program);
	pen_buffer_done(&program.dependencies);
	return r;
}
