/* SPDX-License-Identifier: MIT */
#ifndef PEN_COMPILER_ACF_H
#define PEN_COMPILER_ACF_H
/*
 * An attribute configuration file: what a program wants of an interface beyond what is on the
 * wire. Its attributes are added to the tree, as if they had been written in the IDL.
 */
#include "compiler/tree.h"

void pen_acf_apply(struct pen_idl *idl, struct pen_tree *tree, struct pen_source *acf);

#endif
