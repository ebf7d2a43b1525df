/* SPDX-License-Identifier: MIT */
#ifndef PEN_RPC_EERR_H
#define PEN_RPC_EERR_H
/*
 * Extended errors: what their reader and their writer share.
 */
#include <penstock/idl/eerr.h>

/* A pointer to the first record: what is pickled. */
extern const struct pen_type pen_eerr_pointer_type;

#endif
