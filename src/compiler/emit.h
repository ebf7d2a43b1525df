/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_EMIT_H
#define PEN_COMPILER_EMIT_H
/*
 * What the printers of header and source share.
 */
#include "compiler/plan.h"

struct pen_emitter {
	const struct pen_plan *plan;
	const struct pen_emit_options *options;
	struct pen_buffer *out;
	int error; /* the first; nothing is printed after it */
};

/* At most 1023 bytes at once. */
void pen_emit(struct pen_emitter *emitter, const char *format, ...) PEN_PRINTF(2, 3);
/* Any text, as it is. */
void pen_emit_text(struct pen_emitter *emitter, const char *text, size_t n);

/* "include/ms-dtyp.idl" gives "ms-dtyp". */
void pen_emit_base_name(struct pen_emitter *emitter, const char *path);

void pen_emit_include(struct pen_emitter *emitter, const char *path);

/* The line of the IDL where something is, as a comment. */
void pen_emit_idl_line(struct pen_emitter *emitter, struct pen_pos pos);

/* The name of a member in C: the IDL's, unless C or C++ means something by that. */
struct pen_c_name {
	char text[256];
};
struct pen_c_name pen_emit_name(const char *name);

/* The functions that [encode] and [decode] ask for. */
void pen_emit_pickle_declarations(struct pen_emitter *emitter);
void pen_emit_pickle_functions(struct pen_emitter *emitter);

#endif
