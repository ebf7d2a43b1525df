/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_IDL_H
#define PENSTOCK_IDL_H
/*
 * IDL at run time: text in, interfaces out, whose tables work with the codec
 * and with pen_call_invoke as those do that penidl wrote at build time. C values
 * are laid out as a C compiler would lay out penidl's structs.
 */
#include <penstock/interface.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_idl;

/*
 * Finds the text of an imported file, as the import statement names it. The
 * text must live until the pen_idl is freed; taken from the arena it does.
 * PEN_E_NOT_FOUND: there is none, and any other failure but -ENOMEM and
 * PEN_E_LIMIT, become a diagnosis; those two end the compilation.
 */
typedef int pen_idl_import_fn(void *data, const char *name, struct pen_arena *arena,
			      struct pen_slice *textp);

/* import may be NULL: no file can be imported. -ENOMEM. */
int pen_idl_new(struct pen_idl **idlp, pen_idl_import_fn *import, void *data);

/* Frees the interfaces too. */
struct pen_idl *pen_idl_free(struct pen_idl *idl);

/*
 * Before compiling: operations that cannot be sent, since their types have no form on the wire or
 * the codec does not offer it yet, are left out, with a warning among the diagnoses. Their
 * numbers stay. Without this they are errors.
 */
void pen_idl_allow_partial(struct pen_idl *idl);

/*
 * Compiles one file; once for each pen_idl. name is for diagnoses, and gives
 * the prefix of what is outside of an interface. PEN_E_SYNTAX: see
 * pen_idl_diagnoses; PEN_E_LIMIT: more than 64 MiB of memory; -ENOMEM.
 */
int pen_idl_compile(struct pen_idl *idl, const char *name, const char *text, size_t n);

/* What was wrong, a few lines for each: file:line:column, the line, a caret. "" if nothing. */
const char *pen_idl_diagnoses(const struct pen_idl *idl);

/* The file's interfaces in its order, without those of imported files. NULL after the last. */
const struct pen_interface *pen_idl_interface(const struct pen_idl *idl, size_t i);

/*
 * The types that have names and a form on the wire by themselves, those of imported files too:
 * structs, enums, and unions that have their discriminant. NULL after the last.
 */
const struct pen_type *pen_idl_type(const struct pen_idl *idl, size_t i);

/* The one whose typedef's name, or else tag, that is, or what a typedef names so; or NULL. */
const struct pen_type *pen_idl_find_type(const struct pen_idl *idl, const char *name);

/* The interface of that name, or NULL. */
const struct pen_interface *pen_idl_find(const struct pen_idl *idl, const char *name);

#ifdef __cplusplus
}
#endif
#endif
