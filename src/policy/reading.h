/* SPDX-License-Identifier: MIT */
#ifndef PEN_POLICY_READING_H
#define PEN_POLICY_READING_H
/*
 * A policy's text while it is read: the line at hand as clauses, and what is wrong with it.
 *
 *	allow interface=srvsvc,wkssvc level>=privacy    # a comment
 *	word  clause                  clause
 */
#include "base/spelling.h"
#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/interface.h>

enum { PEN_READING_DIAGNOSES_MAX = 100 };

struct pen_reading {
	const char *name; /* of the file */
	struct pen_arena *arena;
	struct pen_buffer *diagnoses;
	const struct pen_interface *const *interfaces; /* that there are; NULL: unknown */
	size_t n_interfaces;

	size_t number;		  /* of the line, from 1 on */
	const char *line;	  /* with a NUL after it */
	const char *at;		  /* what is read next */
	const char *end;	  /* of the word before */
	struct pen_buffer values; /* of the clause at hand */
	size_t n_wrong;
	int r; /* -ENOMEM: reading cannot go on */
};

enum pen_relation {
	PEN_RELATION_NONE, /* a word alone */
	PEN_RELATION_IS,
	PEN_RELATION_BELOW,
	PEN_RELATION_FROM, /* >= */
};

struct pen_value {
	const char *text; /* in the arena, without its quotes */
	size_t column;	  /* from 0 on */
};

struct pen_clause {
	const char *name;
	size_t column;
	enum pen_relation relation;
	const struct pen_value *values; /* until the next clause is read */
	size_t n_values;
};

/* Whether more than one diagnosis too many was made, or no memory is left. */
bool pen_reading_is_over(const struct pen_reading *reading);

/* Place, reason, line, and a caret under the place. */
void pen_reading_diagnose(struct pen_reading *reading, size_t column, const char *format, ...)
	PEN_PRINTF(3, 4);

/* "there is no WHAT WORD; did you mean NEAREST?" */
void pen_reading_diagnose_name(struct pen_reading *reading, size_t column, const char *what,
			       const struct pen_spelling *spelling);

/* Begins with the next line of n bytes. False: it is not text, which is diagnosed. */
bool pen_reading_line(struct pen_reading *reading, const char *line, size_t n);

/* The word that a line begins with; NULL: it is empty, or a comment. */
const char *pen_reading_word(struct pen_reading *reading, size_t *columnp);

/* The next clause. False: there is none, or it is diagnosed and the rest of the line skipped. */
bool pen_reading_clause(struct pen_reading *reading, struct pen_clause *clause);

/* The line from a word's column to the last word's end, in the arena; NULL: reading->r says why. */
const char *pen_reading_text(struct pen_reading *reading, size_t column);

/* n zeroed elements from the arena; NULL: reading->r says why. */
void *pen_reading_array(struct pen_reading *reading, size_t n, size_t size);

/* Appends a value as a policy has it: in quotes where it needs them. */
int pen_value_print(const char *text, struct pen_buffer *buffer);

/* Whether a policy can have the text: UTF-8 without control characters. */
bool pen_value_is_text(const char *text, size_t n);

#endif
