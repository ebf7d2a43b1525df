/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_TOP_H
#define PEN_TOOL_TOP_H
/*
 * The rows of penstock top: a process or a program each, with what it did since the last time.
 */
#include <penstock/idl/control.h>
#include <stddef.h>

enum { TOP_NAME_SIZE = 24 };

struct top_row {
	char name[TOP_NAME_SIZE]; /* the program's */
	uint32_t pid;		  /* 0: the row is of all its processes */
	uint32_t n_processes;
	enum control_worker_stage stage;
	int64_t age_ms;
	uint32_t connections, groups, handles, calls, waiting;
	int64_t calls_begun, faults;
	uint64_t looked_at, told_at;  /* by our clock, ms; the counts are of the latter */
	double call_rate, fault_rate; /* a second */
};

struct top_rows {
	struct top_row *rows;
	size_t n, room;
};

enum top_order { TOP_BY_RATE, TOP_BY_CONNECTIONS, TOP_BY_HANDLES, TOP_BY_FAULTS, TOP_BY_NAME };

void top_rows_done(struct top_rows *rows);

/* The processes, in the place of what it had. -ENOMEM. */
int top_rows_fill(struct top_rows *rows, const struct control_status *status, uint64_t now);

/* What each did since then, as far as it was there before. */
void top_rows_compare(struct top_rows *rows, const struct top_rows *before);

/* The programs, with what all processes of each do. -ENOMEM. */
int top_rows_sum(struct top_rows *rows, const struct control_status *status,
		 const struct top_rows *processes);

void top_rows_sort(struct top_rows *rows, enum top_order order);

/* The row's line, with no newline and no more than columns characters, and what is above it. */
void top_row_print(const struct top_row *row, unsigned columns);
void top_rows_print_head(unsigned columns, enum top_order order);

/* Text, and no more than columns characters of it. */
void top_print(const char *text, unsigned columns);

#endif
