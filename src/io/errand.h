/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_ERRAND_H
#define PEN_IO_ERRAND_H
/*
 * A function that may wait, run by a thread of its own, whose end makes a descriptor
 * readable. It may be abandoned meanwhile.
 */
#include <stdbool.h>

struct pen_errand;

/*
 * Begins. run is called in the thread; forget, once and last of all: by free, or, of an
 * errand that was freed before it was done, in the thread. -ENOMEM, or what making a thread
 * fails with; then neither is called.
 */
int pen_errand_new(struct pen_errand **errandp, void (*run)(void *data), void (*forget)(void *data),
		   void *data);

/* May be called at any time, also before it is done. */
struct pen_errand *pen_errand_free(struct pen_errand *errand);

int pen_errand_fd(const struct pen_errand *errand);
bool pen_errand_is_done(const struct pen_errand *errand);

#endif
