/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_SECRET_INPUT_H
#define PEN_RUNTIME_SECRET_INPUT_H
/*
 * Where secrets come from: files of the user's own, and the person at the terminal. What
 * they give is ended by a NUL, lies in memory for secrets, and is freed by pen_secret_free.
 */
#include "base/secret.h"

struct pen_ndr_error;

enum { PEN_SECRET_FILE_MAX = 65536, PEN_PASSWORD_MAX = 1023 };

/*
 * All of a file that nobody but its owner may read or change, who is this user or root.
 * error, which may be NULL, gets the sentence. PEN_E_DENIED, PEN_E_LIMIT, PEN_E_BAD_DATA: it
 * has a NUL in it; or a negative errno.
 */
int pen_secret_file_read(char **textp, const char *path, struct pen_ndr_error *error);

/* A file's first line, or what is left of a descriptor's, without its end. As above. */
int pen_secret_file_line(char **linep, const char *path, struct pen_ndr_error *error);
int pen_secret_line(char **linep, int fd, struct pen_ndr_error *error);

/*
 * What a person types at the process's terminal after the question, unseen.
 * PEN_E_NOT_FOUND: there is no terminal; PEN_E_CANCELLED, PEN_E_LIMIT, or a negative errno.
 */
int pen_secret_ask(char **answerp, const char *question);

#endif
