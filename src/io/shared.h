/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_SHARED_H
#define PEN_IO_SHARED_H
/*
 * Memory that several processes map, none of which believes the others: a memfd that only
 * grows, so that nobody's mapping can be pulled away. Areas are mapped when they are first
 * asked for.
 */
#include <penstock/base.h>

enum { PEN_SHARED_AREAS_MAX = 32 };

struct pen_shared;

/* A new one, empty. -ENOMEM or a negative errno of memfd_create. */
int pen_shared_new(struct pen_shared **sharedp);

/*
 * One that another process made; fd is taken, also on failure. PEN_E_DENIED: it is none, as
 * it could be shortened.
 */
int pen_shared_open(struct pen_shared **sharedp, int fd);
struct pen_shared *pen_shared_free(struct pen_shared *shared);

/* To be passed on; stays the shared's. */
int pen_shared_fd(const struct pen_shared *shared);

/*
 * The area of that number, the first time mapped from offset on, n bytes, both multiples
 * of the page size; the file is as long from then on. The same number is always the same area.
 * NULL: there is no memory.
 */
void *pen_shared_area(struct pen_shared *shared, unsigned number, uint64_t offset, size_t n);

/* Gives an area's memory back. Whoever maps it reads zeros; it may be asked for again. */
void pen_shared_leave(struct pen_shared *shared, unsigned number);

#endif
