/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_LINT_H
#define PEN_COMPILER_LINT_H
/*
 * Warnings of what is allowed and unwise, each with a name by which it can be switched off.
 */
#include "compiler/model.h"

/* Adds them to the diagnoses. */
void pen_idl_lint(struct pen_idl *idl, const struct pen_model *model);

/* The name of the ith, whose bit in pen_idl.lints_off switches it off. NULL after the last. */
const char *pen_lint_name(size_t i);

#endif
