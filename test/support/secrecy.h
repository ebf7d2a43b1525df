/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_SECRECY_H
#define PEN_TEST_SECRECY_H
/*
 * What a core dump would tell: a test looks through its own process's memory for secrets.
 */
#include <stddef.h>

/* Forgets all that was looked for. */
void secrecy_begin(void);

/* A secret of at most 64 bytes, from now on looked for. It is not kept as it is. */
void secrecy_look_for(const char *name, const void *secret, size_t n);

/*
 * How often one of them is in memory that can be written, and that a dump would have. This
 * thread's stack below the caller is wiped first.
 */
size_t secrecy_count(void);

#endif
