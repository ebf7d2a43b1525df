/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_CONTEXT_H
#define PEN_COMPILER_CONTEXT_H
/*
 * What all passes of one compilation share: the arena that every tree lives in,
 * and the diagnoses. Memory that cannot be had ends the compilation at once, by
 * a jump to pen_idl_compile, so that no pass has to ask for it each time.
 */
#include <penstock/buffer.h>
#include <penstock/idl.h>
#include <setjmp.h>

enum { PEN_IDL_DEPTH_MAX = 64, PEN_IDL_ERRORS_MAX = 50 };

/* A file. */
struct pen_source {
	struct pen_source *next;
	const char *name;
	const char *prefix; /* of the names outside of its interfaces: "dtyp" */
	const char *text;
	size_t n;
};

/* A place in a file; source NULL: none. */
struct pen_pos {
	const struct pen_source *source;
	size_t offset;
};

struct pen_idl {
	struct pen_arena arena;
	struct pen_buffer diagnoses;
	unsigned n_errors;
	struct pen_pos latest_pos; /* of the latest diagnosis */
	const char *latest_text;
	bool is_repeated; /* it was there already: a note to it is, too */
	unsigned depth;	  /* of the recursion in progress */
	jmp_buf out_of_memory;

	pen_idl_import_fn *import;
	void *import_data;

	struct pen_source *sources; /* all that were read; the file itself is first */
	struct pen_token *tokens;   /* of the file itself, as are the trees */
	struct pen_tree *tree;
	struct pen_model *model;
	struct pen_plan *plan;
};

/* These do not return without memory. */
void *pen_idl_zalloc(struct pen_idl *idl, size_t n);
void *pen_idl_array(struct pen_idl *idl, size_t count, size_t size);
char *pen_idl_text(struct pen_idl *idl, const char *text, size_t n);
char *pen_idl_format(struct pen_idl *idl, const char *format, ...) PEN_PRINTF(2, 3);

/*
 * Adds a diagnosis: where, why, the line and a caret under the place. What was
 * just said of the same place is not said again.
 */
void pen_idl_complain(struct pen_idl *idl, struct pen_pos pos, const char *format, ...)
	PEN_PRINTF(3, 4);

/* Adds to the latest diagnosis another place that it speaks of. */
void pen_idl_note(struct pen_idl *idl, struct pen_pos pos, const char *text);

/* Goes one deeper. false: too deep, which is then diagnosed; no leave must follow. */
bool pen_idl_enter(struct pen_idl *idl, struct pen_pos pos);
void pen_idl_leave(struct pen_idl *idl);

/* The source of that name, read before or now. NULL: there is none. */
struct pen_source *pen_idl_open(struct pen_idl *idl, const char *name, bool *is_newp);
struct pen_source *pen_idl_add_source(struct pen_idl *idl, const char *name, const char *text,
				      size_t n);

#endif
