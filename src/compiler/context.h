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
#include <stdarg.h>

enum { PEN_IDL_DEPTH_MAX = 64, PEN_IDL_ERRORS_MAX = 50 };

/* From offset on, the text is of that line of that file: a preprocessor said so. */
struct pen_marker {
	struct pen_marker *next; /* the one before */
	size_t offset;
	size_t line;
	const char *name;
};

/* A file. */
struct pen_source {
	struct pen_source *next;
	const char *name;
	const char *prefix; /* of the names outside of its interfaces: "dtyp" */
	const char *text;
	size_t n;
	struct pen_marker *markers; /* the last first */
};

/* A place in a file; source NULL: none. */
struct pen_pos {
	const struct pen_source *source;
	size_t offset;
};

/* A text that all who have it share. */
struct pen_word {
	struct pen_word *next;
	const char *text;
	bool is_type; /* a typedef gave it that meaning, so far as the parser has come */
};

enum pen_severity { PEN_SEVERITY_ERROR, PEN_SEVERITY_WARNING, PEN_SEVERITY_NOTE };

/* What is wrong where, and the other places that it speaks of. */
struct pen_diagnosis {
	struct pen_diagnosis *next;
	enum pen_severity severity;
	struct pen_pos pos;
	const char *text;
	const char *lint; /* by which it can be switched off; NULL: it cannot */
	struct pen_diagnosis *notes;
};

enum { PEN_IDL_WORDS = 4096 };

struct pen_idl {
	struct pen_arena arena;
	struct pen_word *words[PEN_IDL_WORDS]; /* texts that are there once, by hash */
	struct pen_diagnosis *first;
	struct pen_diagnosis *latest; /* NULL: the latest was told before, so its notes were, too */
	struct pen_diagnosis *last;
	struct pen_buffer diagnoses; /* as text, once all is done */
	unsigned n_errors;
	unsigned n_warnings;
	unsigned depth; /* of the recursion in progress */
	jmp_buf out_of_memory;

	bool is_for_c;	       /* tables that no C needs are not made */
	bool is_partial;       /* what cannot be sent is left out, with a warning */
	bool keeps_directives; /* the lexer passes over them: the text is formatted, not compiled */

	bool is_linted;
	uint32_t lints_off; /* those of pen_lint_name that are not wanted */
	unsigned n_lints;

	pen_idl_import_fn *import;
	void *import_data;

	struct pen_source *acf;	    /* to be applied; NULL: none */
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
/* The same pointer for the same text. */
struct pen_word *pen_idl_word(struct pen_idl *idl, const char *text, size_t n);
const char *pen_idl_intern(struct pen_idl *idl, const char *text, size_t n);
char *pen_idl_format(struct pen_idl *idl, const char *format, ...) PEN_PRINTF(2, 3);
char *pen_idl_vformat(struct pen_idl *idl, const char *format, va_list args);

/* Adds an error. What was just said of the same place is not said again. */
void pen_idl_complain(struct pen_idl *idl, struct pen_pos pos, const char *format, ...)
	PEN_PRINTF(3, 4);

/* The same, but the compilation goes on and succeeds. */
void pen_idl_warn(struct pen_idl *idl, struct pen_pos pos, const char *format, ...)
	PEN_PRINTF(3, 4);

/* A warning of that name, of which there may be any number. */
void pen_idl_advise(struct pen_idl *idl, struct pen_pos pos, const char *lint, const char *format,
		    ...) PEN_PRINTF(4, 5);

/* Adds to the latest diagnosis another place that it speaks of. */
void pen_idl_note(struct pen_idl *idl, struct pen_pos pos, const char *format, ...)
	PEN_PRINTF(3, 4);

/* Text: file:line:column: what, the line, and a caret. JSON: an object a line. -ENOMEM. */
int pen_idl_print_diagnoses(const struct pen_idl *idl, struct pen_buffer *out);
int pen_idl_print_diagnoses_json(const struct pen_idl *idl, struct pen_buffer *out);

/* Goes one deeper. false: too deep, which is then diagnosed; no leave must follow. */
bool pen_idl_enter(struct pen_idl *idl, struct pen_pos pos);
void pen_idl_leave(struct pen_idl *idl);

/* The ACF of what is to be compiled. The text must live until the pen_idl is freed. -ENOMEM. */
int pen_idl_set_acf(struct pen_idl *idl, const char *name, const char *text, size_t n);

/* The name of a file without its folder and its last suffix; returns how long it is. */
int pen_idl_stem(const char *path, const char **stemp);

/* The source of that name, read before or now. NULL: there is none. */
struct pen_source *pen_idl_open(struct pen_idl *idl, const char *name, bool *is_newp);

/* The text from the line after offset on is of that line of that file. */
void pen_source_mark(struct pen_idl *idl, struct pen_source *source, size_t offset, size_t line,
		     const char *name, size_t n_name);
struct pen_source *pen_idl_add_source(struct pen_idl *idl, const char *name, const char *text,
				      size_t n);

#endif
