/* SPDX-License-Identifier: MIT */
/*
 * The files that penidl reads, and the preprocessor that some of them go through.
 */
#include "compiler/penidl.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_MAX = 16 << 20, OUTPUT_MAX = 64 << 20, ARGUMENTS_MAX = 2 * PEN_PENIDL_LIST_MAX + 64 };

extern char **environ;

int pen_penidl_read_raw(const char *path, struct pen_arena *arena, struct pen_slice *text)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size;
	int r = 0;

	if (!file)
		return errno == ENOENT ? PEN_E_NOT_FOUND : -errno;
	if (fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET)) {
		fclose(file);
		return -EIO;
	}
	data = size <= FILE_MAX ? pen_arena_alloc(arena, (size_t)size) : NULL;
	if (!data)
		r = PEN_E_LIMIT;
	else if (fread(data, 1, (size_t)size, file) != (size_t)size)
		r = -EIO;
	else
		*text = (struct pen_slice){ .data = data, .size = (size_t)size };
	fclose(file);
	return r;
}

int pen_penidl_write(const char *path, const void *data, size_t n)
{
	FILE *file = fopen(path, "wb");
	int r = 0;

	if (!file || fwrite(data, 1, n, file) != n)
		r = -errno;
	if (file && fclose(file) && !r)
		r = -errno;
	if (r)
		fprintf(stderr, "penidl: %s: %s\n", path, strerror(-r));
	return r;
}

/* A line that begins with # and is neither #pragma nor a mark of a preprocessor that ran already.
 */
static bool has_directives(const struct pen_slice *text)
{
	static const char *const words[] = { "define", "undef",	  "if",	   "else",   "elif",
					     "endif",  "include", "error", "warning" };
	const char *p = (const char *)text->data;
	const char *end = p + text->size;

	while (p < end) {
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (p < end && *p == '#') {
			for (p++; p < end && (*p == ' ' || *p == '\t'); p++)
				;
			for (size_t i = 0; i < PEN_COUNT(words); i++) {
				size_t n = strlen(words[i]);

				if ((size_t)(end - p) >= n && !memcmp(p, words[i], n))
					return true;
			}
		}
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			return false;
		p++;
	}
	return false;
}

/* The words of the command, then what is this file's. */
static int build_arguments(const struct pen_penidl *program, const char *path,
			   struct pen_arena *arena, char **arguments)
{
	char *command = pen_arena_strdup(arena, program->cpp);
	char *rest = NULL;
	size_t n = 0;

	if (!command)
		return -ENOMEM;
	for (char *word = strtok_r(command, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (n == ARGUMENTS_MAX - PEN_PENIDL_LIST_MAX * 2 - 2)
			return -E2BIG;
		arguments[n++] = word;
	}
	for (size_t i = 0; i < program->n_macros; i++)
		arguments[n++] = (char *)program->macros[i];
	for (size_t i = 0; i < program->n_folders; i++) {
		arguments[n] = pen_arena_printf(arena, "-I%s", program->folders[i]);
		if (!arguments[n++])
			return -ENOMEM;
	}
	arguments[n++] = (char *)path;
	arguments[n] = NULL;
	return n > 1 ? 0 : -EINVAL;
}

static int read_pipe(int fd, struct pen_arena *arena, struct pen_slice *text)
{
	struct pen_buffer out;
	char part[65536];
	ssize_t n;
	int r = 0;

	pen_buffer_init(&out, OUTPUT_MAX);
	while (!r && (n = read(fd, part, sizeof(part))) != 0) {
		if (n > 0)
			r = pen_buffer_add(&out, part, (size_t)n);
		else if (errno != EINTR)
			r = -errno;
	}
	if (!r) {
		text->size = out.size;
		text->data =
			(const uint8_t *)pen_arena_text(arena, (const char *)out.data, out.size);
		r = text->data ? 0 : -ENOMEM;
	}
	pen_buffer_done(&out);
	return r;
}

/* Runs the preprocessor over the file; what it complains of goes where our own complaints go. */
static int preprocess(const struct pen_penidl *program, const char *path, struct pen_arena *arena,
		      struct pen_slice *text)
{
	char *arguments[ARGUMENTS_MAX];
	posix_spawn_file_actions_t actions;
	int pipe_ends[2];
	int status;
	pid_t pid;
	int r = build_arguments(program, path, arena, arguments);

	if (!r && pipe2(pipe_ends, O_CLOEXEC))
		r = -errno;
	if (r)
		return r;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
	r = posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_ends[1]);
	if (r) {
		close(pipe_ends[0]);
		fprintf(stderr, "penidl: %s: the preprocessor %s: %s\n", path, arguments[0],
			strerror(r));
		return PEN_E_BAD_DATA;
	}
	r = read_pipe(pipe_ends[0], arena, text);
	close(pipe_ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!r && (!WIFEXITED(status) || WEXITSTATUS(status))) {
		fprintf(stderr, "penidl: %s: the preprocessor %s failed\n", path, arguments[0]);
		r = PEN_E_BAD_DATA;
	}
	return r;
}

static bool is_known(const struct pen_penidl *program, const char *path, size_t n)
{
	const char *p = (const char *)program->dependencies.data;
	const char *end;

	if (!p)
		return false;
	end = p + program->dependencies.size;
	while (p < end) {
		const char *next = memchr(p + 1, ' ', (size_t)(end - p - 1));

		next = next ? next : end;
		if ((size_t)(next - p - 1) == n && !memcmp(p + 1, path, n))
			return true;
		p = next;
	}
	return false;
}

static int add_dependency(struct pen_penidl *program, const char *path, size_t n)
{
	if (is_known(program, path, n))
		return 0;
	return pen_buffer_printf(&program->dependencies, " %.*s", (int)n, path);
}

/* The files that the marks of the preprocessor name. */
static int add_included(struct pen_penidl *program, const char *path, const struct pen_slice *text)
{
	const char *p = (const char *)text->data;
	const char *end = p + text->size;
	int r = 0;

	while (p < end && !r) {
		const char *line_end = memchr(p, '\n', (size_t)(end - p));
		const char *quote;
		const char *last;

		line_end = line_end ? line_end : end;
		if (line_end - p > 4 && !memcmp(p, "# ", 2)) {
			quote = memchr(p, '"', (size_t)(line_end - p));
			last = quote ? memchr(quote + 1, '"', (size_t)(line_end - quote - 1))
				     : NULL;
			if (last && quote[1] != '<' &&
			    ((size_t)(last - quote - 1) != strlen(path) ||
			     memcmp(quote + 1, path, strlen(path))))
				r = add_dependency(program, quote + 1, (size_t)(last - quote - 1));
		}
		p = line_end < end ? line_end + 1 : end;
	}
	return r;
}

int pen_penidl_read(struct pen_penidl *program, const char *path, struct pen_arena *arena,
		    struct pen_slice *text)
{
	int r = pen_penidl_read_raw(path, arena, text);

	if (r || (!program->n_macros && !has_directives(text)))
		return r;
	r = preprocess(program, path, arena, text);
	return r ? r : add_included(program, path, text);
}

int pen_penidl_import(void *data, const char *name, struct pen_arena *arena,
		      struct pen_slice *textp)
{
	struct pen_penidl *program = data;
	const char *slash = strrchr(program->input, '/');
	int r = PEN_E_NOT_FOUND;

	for (size_t i = 0; i <= program->n_folders && r == PEN_E_NOT_FOUND; i++) {
		char *path = i ? pen_arena_printf(arena, "%s/%s", program->folders[i - 1], name)
			       : pen_arena_printf(arena, "%.*s%s",
						  slash ? (int)(slash - program->input) + 1 : 0,
						  program->input, name);

		if (!path)
			return -ENOMEM;
		r = pen_penidl_read(program, path, arena, textp);
		if (!r)
			r = add_dependency(program, path, strlen(path));
	}
	return r;
}
