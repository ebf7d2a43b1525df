/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_FILE_H
#define PEN_IO_FILE_H

struct pen_buffer;

/* Appends what is in the file. A negative errno; PEN_E_LIMIT: it is more than the buffer may have.
 */
int pen_file_read(const char *path, struct pen_buffer *buffer);

#endif
