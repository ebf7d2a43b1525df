/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_DESCRIPTOR_H
#define PEN_WIN32_DESCRIPTOR_H
/*
 * Windows' security descriptors in memory, in parts or in one piece.
 */
#include <penstock/security.h>
#include <penstock/win32-types.h>

/* Reads one; its parts live in the arena. INVALID_SECURITY_DESCR, NO_MEMORY. */
uint32_t win_descriptor_get(struct pen_descriptor *descriptor, struct pen_arena *arena,
			    PSECURITY_DESCRIPTOR from);

#endif
