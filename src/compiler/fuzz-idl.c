/* SPDX-License-Identifier: MIT */
/*
 * Any text goes through all passes, and every tree that comes of it is printed. What follows a
 * zero byte is its ACF.
 */
#include "compiler/plan.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each import is of one small file, so that what is foreign is met too. */
static int import_one(void *data, const char *name, struct pen_arena *arena,
		      struct pen_slice *textp)
{
	static const char text[] = "typedef struct { long a; [string] wchar_t *s; } FOREIGN;\n"
				   "typedef [switch_type(long)] union { [case(1)] FOREIGN *f; "
				   "[default]; } CHOICE;\n";

	if (name[0] != 'f')
		return PEN_E_NOT_FOUND;
	*textp = (struct pen_slice){ .data = (const uint8_t *)text, .size = sizeof(text) - 1 };
	return 0;
}

static void print_all(const struct pen_idl *idl)
{
	const struct pen_emit_options options = { .folder = "" };
	struct pen_buffer out;

	pen_buffer_init(&out, 4 << 20);
	pen_idl_print_diagnoses_json(idl, &out);
	if (idl->tokens)
		pen_idl_dump_tokens(idl->tokens, &out);
	if (idl->tree)
		pen_idl_dump_tree(idl->tree, &out);
	if (idl->model && !idl->n_errors)
		pen_idl_dump_model(idl->model, &out);
	if (idl->plan) {
		pen_idl_dump_plan(idl->plan, &out);
		pen_idl_emit_header(idl->plan, &options, &out);
		pen_idl_emit_source(idl->plan, &options, &out);
		pen_idl_emit_lua(idl->plan, &options, &out);
		pen_idl_emit_markdown(idl->plan, &options, &out);
		pen_idl_dump_json(idl->plan, &out);
	}
	pen_buffer_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	struct pen_idl *idl;

	if (pen_idl_new(&idl, import_one, NULL))
		return 0;
	pen_idl_allow_partial(idl);
	idl->is_linted = true;
	if (zero)
		pen_idl_set_acf(idl, "fuzz.acf", (const char *)zero + 1,
				size - (size_t)(zero + 1 - data));
	pen_idl_compile(idl, "fuzz.idl", (const char *)data, zero ? (size_t)(zero - data) : size);
	print_all(idl);
	pen_idl_free(idl);
	return 0;
}
