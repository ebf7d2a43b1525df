/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_CAPTURE_H
#define PEN_DAEMON_CAPTURE_H
/*
 * What a test's log says.
 */
#include "support/unit.h"
#include <stdio.h>
#include <unistd.h>

struct capture {
	FILE *file;
	int saved;
	char text[8192];
};

static inline void capture_start(struct capture *capture)
{
	capture->file = tmpfile();
	assert_non_null(capture->file);
	capture->saved = dup(STDERR_FILENO);
	assert_int_not_equal(dup2(fileno(capture->file), STDERR_FILENO), -1);
}

/* The text that was logged since. */
static inline const char *capture_stop(struct capture *capture)
{
	size_t n;

	assert_int_not_equal(dup2(capture->saved, STDERR_FILENO), -1);
	close(capture->saved);
	rewind(capture->file);
	n = fread(capture->text, 1, sizeof(capture->text) - 1, capture->file);
	capture->text[n] = '\0';
	fclose(capture->file);
	return capture->text;
}

#endif
