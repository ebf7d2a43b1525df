/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_INQUIRY_H
#define PEN_DAEMON_INQUIRY_H
/*
 * What programs list, asked in one process and read in another, since a program may take its time.
 */
#include <penstock/arena.h>
#include <penstock/idl/heritage.h>
#include <stdbool.h>

/* All zero: there is no such file. */
struct heritage_stamp inquiry_stamp(const char *path);
bool inquiry_is_same(const struct heritage_stamp *a, const struct heritage_stamp *b);

/* Asks each, one after another, and writes the answers. A negative errno, PEN_E_LIMIT. */
int inquiry_write(const char *const *paths, int fd);

/* Reads them, into the arena. A negative errno, PEN_E_BAD_DATA, PEN_E_LIMIT. */
int inquiry_read(struct heritage_answers *answers, int fd, struct pen_arena *arena);

#endif
