/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_PRIVATE_FILE_H
#define PEN_RUNTIME_PRIVATE_FILE_H
/*
 * A file that is appended to and belongs to its owner alone.
 */
struct pen_ndr_error;

/*
 * Opens the file, or creates it for its owner alone; what it is, such as "the key log", is for the
 * sentence in error. PEN_E_DENIED: others may read or change it, or it is no file; or a negative
 * errno.
 */
int pen_private_file_open(int *fdp, const char *what, const char *path,
			  struct pen_ndr_error *error);

#endif
