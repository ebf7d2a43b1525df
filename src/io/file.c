/* SPDX-License-Identifier: MIT */
#include "io/file.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <stdio.h>

enum { PIECE_SIZE = 4096 };

int pen_file_read(const char *path, struct pen_buffer *buffer)
{
	FILE *file = fopen(path, "rbe");
	char piece[PIECE_SIZE];
	size_t n;
	int r = 0;

	if (!file)
		return -errno;
	while (!r && (n = fread(piece, 1, sizeof(piece), file)))
		r = pen_buffer_add(buffer, piece, n);
	if (!r && ferror(file))
		r = errno ? -errno : -EIO;
	fclose(file);
	return r;
}
