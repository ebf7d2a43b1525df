/* SPDX-License-Identifier: MIT */
/*
 * penidl --format: files in the house style, printed, checked or written.
 */
#include "compiler/format.h"
#include "compiler/penidl.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writes into the new file, and gives it the place of the old one. */
static int replace(int fd, const char *new, const char *old, const struct pen_buffer *text)
{
	struct stat about;
	size_t done = 0;

	if (stat(old, &about) || fchmod(fd, about.st_mode & 07777))
		return -errno;
	while (done < text->size) {
		ssize_t n = write(fd, text->data + done, text->size - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n < 0 ? 0 : (size_t)n;
	}
	return fsync(fd) || rename(new, old) ? -errno : 0;
}

/* The file is the old one or the new one, whatever happens meanwhile. */
static int write_anew(const char *input, const struct pen_buffer *text)
{
	char *old = realpath(input, NULL); /* a link stays one */
	char new[4096];
	int fd = -1;
	int r = -ENAMETOOLONG;

	if (!old)
		return -errno;
	if ((size_t)snprintf(new, sizeof(new), "%s.XXXXXX", old) < sizeof(new)) {
		fd = mkstemp(new);
		r = fd < 0 ? -errno : replace(fd, new, old, text);
	}
	if (fd >= 0) {
		close(fd);
		if (r)
			unlink(new);
	}
	free(old);
	return r;
}

/* What is done with a file that is formatted. changed: it was not so before. */
static int deliver(const struct pen_penidl *program, const char *input, bool is_changed,
		   const struct pen_buffer *text)
{
	if (!program->is_check && !program->is_in_place)
		return !text->size || fwrite(text->data, 1, text->size, stdout) == text->size
			       ? 0
			       : -EIO;
	if (!is_changed)
		return 0;
	if (program->is_in_place)
		return write_anew(input, text);
	puts(input);
	return PEN_E_BAD_DATA;
}

static int format_text(const struct pen_penidl *program, const char *input,
		       const struct pen_slice *text)
{
	struct pen_idl *idl;
	struct pen_buffer out;
	bool is_changed;
	int r = pen_idl_new(&idl, NULL, NULL);

	if (r)
		return r;
	idl->arena.max = PEN_PENIDL_MEMORY_MAX;
	pen_buffer_init(&out, 0);
	r = pen_idl_print_formatted(idl, input, (const char *)text->data, text->size, &out);
	if (r == PEN_E_SYNTAX)
		pen_penidl_print_diagnoses(program, idl);
	if (!r) {
		is_changed = out.size != text->size ||
			     (out.size && memcmp(out.data, text->data, out.size));
		r = deliver(program, input, is_changed, &out);
	}
	pen_buffer_done(&out);
	pen_idl_free(idl);
	return r;
}

static int format_file(const struct pen_penidl *program, const char *input)
{
	struct pen_arena arena;
	struct pen_slice text;
	int r;

	pen_arena_init(&arena, 0);
	r = pen_penidl_read_raw(input, &arena, &text);
	if (!r)
		r = format_text(program, input, &text);
	if (r && r != PEN_E_SYNTAX && r != PEN_E_BAD_DATA)
		fprintf(stderr, "penidl: %s: %s\n", input,
			r < 0 ? strerror(-r) : pen_error_name(r));
	pen_arena_done(&arena);
	return r;
}

int pen_penidl_format(struct pen_penidl *program)
{
	int status = 0;

	for (size_t i = 0; i < program->n_inputs; i++) {
		if (format_file(program, program->inputs[i]))
			status = 1;
	}
	return status;
}
