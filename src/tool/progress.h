/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_PROGRESS_H
#define PEN_TOOL_PROGRESS_H
/*
 * A line on the terminal that says how far a long transfer has come.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROGRESS_MS = 500 /* between two of them, and before the first */ };

struct progress {
	bool is_shown; /* somebody may want it */
	uint64_t began_at;
	uint64_t told_at;
	int width; /* of the line that stands there; 0: none does */
};

/* Milliseconds of pen_clock_ms. It is shown where standard error is a terminal. */
void progress_init(struct progress *progress, uint64_t now, bool is_wanted);

/* So many bytes; to_send is 0 where nobody knows. */
void progress_tell(struct progress *progress, uint64_t now, uint64_t sent, uint64_t to_send,
		   uint64_t received);

/* Takes the line away. */
void progress_done(struct progress *progress);

/* "12.3 MiB" */
void progress_size(char *text, size_t n, double bytes);

#endif
