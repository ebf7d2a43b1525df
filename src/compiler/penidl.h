/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_PENIDL_H
#define PEN_COMPILER_PENIDL_H
/*
 * What the files of the program share: its command line, and the files that it reads.
 */
#include "compiler/plan.h"

enum { PEN_PENIDL_LIST_MAX = 256, PEN_PENIDL_MACRO_MAX = 256 };

struct pen_penidl {
	const char *folders[PEN_PENIDL_LIST_MAX]; /* of -I */
	size_t n_folders;
	const char *macros[PEN_PENIDL_LIST_MAX]; /* "-DNAME=1", "-UNAME" */
	size_t n_macros;
	const char *cpp; /* the preprocessor and its arguments */
	const char *output_dir;
	const char *include_folder;
	const char *depfile;
	const char *dump;
	const char *input;
	const char *acf; /* NULL: NAME.acf beside the input, if it is there */
	bool is_json;
	bool is_partial;
	struct pen_buffer dependencies; /* paths of what was read, each after a space */
};

/*
 * The text of the file, through the preprocessor where it has directives or macros are
 * given. PEN_E_NOT_FOUND: there is no such file; PEN_E_BAD_DATA: the preprocessor failed, and has
 * said why; PEN_E_LIMIT: larger than 16 MiB, or than 64 MiB once preprocessed; negative errno.
 */
int pen_penidl_read(struct pen_penidl *program, const char *path, struct pen_arena *arena,
		    struct pen_slice *text);

/* Finds an imported file beside the input, then in the folders; data is a struct pen_penidl. */
int pen_penidl_import(void *data, const char *name, struct pen_arena *arena,
		      struct pen_slice *textp);

#endif
