/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_CALL_RECORD_H
#define PEN_RUNTIME_CALL_RECORD_H
/*
 * A file of what is called, for "penstock policy suggest": calls that differ in nothing that a
 * policy asks for, but the address, are one kind, and each kind has lines of JSON with how many
 * more there were. penstock-policy(5) has the format.
 */
#include "policy/policy.h"

/* For pen_private_file_open. */
#define PEN_CALL_RECORD_WHAT "the record of calls"

struct pen_ndr_error;
struct pen_call_record;

enum {
	PEN_CALL_RECORD_KINDS_MAX = 4096,
	PEN_CALL_RECORD_FILE_MAX = 16
				   << 20, /* nothing is written to a file that has so many bytes */
};

/* As pen_private_file_open; -ENOMEM. */
int pen_call_record_new(struct pen_call_record **recordp, const char *path,
			struct pen_ndr_error *error);

/* The same of a file that is open, which it takes in any case. -ENOMEM. */
int pen_call_record_take(struct pen_call_record **recordp, int fd);

/* Frees it; what was not written is lost. */
struct pen_call_record *pen_call_record_free(struct pen_call_record *record);

/* Counts a call. PEN_E_LIMIT: there are as many kinds as may be; -ENOMEM. */
int pen_call_record_add(struct pen_call_record *record, const struct pen_policy_question *question);

/*
 * Writes the kinds that were called twice as often as was written; is_all: all that were
 * called since. PEN_E_LIMIT: the file has as much as it may; -ENOMEM, or a negative errno of
 * write; then it is written later.
 */
int pen_call_record_write(struct pen_call_record *record, bool is_all);

#endif
