/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_PENIDL_H
#define PEN_COMPILER_PENIDL_H
/*
 * What the files of the program share: its command line, and the files that it reads.
 */
#include "compiler/plan.h"

enum { PEN_PENIDL_LIST_MAX = 256, PEN_PENIDL_MACRO_MAX = 256 };

/* Who compiles his own files may have large ones. */
enum { PEN_PENIDL_MEMORY_MAX = 1 << 30 };

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
	char *const *inputs;
	size_t n_inputs;
	const char *input;
	const char *acf; /* NULL: NAME.acf beside the input, if it is there */
	bool is_json;
	bool is_partial;
	bool is_lua;
	bool is_markdown;
	bool is_lint;
	uint32_t lints_off;
	bool is_format;
	bool is_check;
	bool is_in_place;
	bool is_help;
	bool is_version;
	struct pen_buffer dependencies; /* paths of what was read, each after a space */
};

enum pen_penidl_verdict { PEN_PENIDL_RUN, PEN_PENIDL_END, PEN_PENIDL_USAGE };

/* Reads the command line. END: what it asked for is printed; USAGE: so is what is wrong with it. */
enum pen_penidl_verdict pen_penidl_parse(struct pen_penidl *program, int argc, char **argv);

/* Prints the inputs in the house style, or checks or writes them. Returns the exit status. */
int pen_penidl_format(struct pen_penidl *program);

/* The file as it is, which PEN_E_LIMIT: is larger than 16 MiB. PEN_E_NOT_FOUND; negative errno. */
int pen_penidl_read_raw(const char *path, struct pen_arena *arena, struct pen_slice *text);

/* Writes a file; a failure is told, too. */
int pen_penidl_write(const char *path, const void *data, size_t n);

/* What was said of the file, in the form that was asked for. */
void pen_penidl_print_diagnoses(const struct pen_penidl *program, const struct pen_idl *idl);

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
