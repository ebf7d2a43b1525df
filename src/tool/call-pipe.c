/* SPDX-License-Identifier: MIT */
#include "tool/call-pipe.h"
#include "ndr/walk.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_PIECE = 64 << 10, LINE_SIZE_MAX = 16 << 20, ARENA_MAX = 64 << 20 };

static const char *name_of(const struct call_pipe *pipe)
{
	if (strcmp(pipe->path, "-"))
		return pipe->path;
	return pipe->is_out ? "standard output" : "standard input";
}

/* The first reason counts. */
static int PEN_PRINTF(3, 4) fail(struct call_pipe *pipe, int result, const char *format, ...)
{
	struct call_pipes *all = pipe->all;
	va_list args;

	if (all->failed)
		return result;
	all->failed = pipe;
	va_start(args, format);
	vsnprintf(all->error, sizeof(all->error), format, args);
	va_end(args);
	return result;
}

static bool is_raw(const struct call_pipe *pipe)
{
	return pen_type_is_byte(pipe->element);
}

/* ---- from a file ---- */

/* As read(2), but PEN_E_AGAIN where there is nothing for now. */
static int read_some(struct call_pipe *pipe, void *bytes, size_t max, size_t *np)
{
	struct pollfd ready = { .fd = pipe->fd, .events = POLLIN };
	ssize_t n;

	if (!pipe->is_file && poll(&ready, 1, 0) == 0) {
		pipe->all->waiting = pipe;
		return PEN_E_AGAIN;
	}
	n = read(pipe->fd, bytes, max);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		pipe->all->waiting = pipe;
		return PEN_E_AGAIN;
	}
	if (n < 0)
		return fail(pipe, -errno, "cannot read %s: %s", name_of(pipe), strerror(errno));
	pipe->is_ended = n == 0;
	pipe->all->n_sent += (size_t)n;
	*np = (size_t)n;
	return 0;
}

static int read_text(struct call_pipe *pipe)
{
	size_t n;
	int r;

	pen_buffer_consume(&pipe->text, pipe->at);
	pipe->at = 0;
	r = pen_buffer_reserve(&pipe->text, TEXT_PIECE);
	if (r)
		return r < 0 ? r
			     : fail(pipe, r, "%s:%zu: a line of more than 16 MiB", name_of(pipe),
				    pipe->line + 1);
	r = read_some(pipe, pipe->text.data + pipe->text.size, TEXT_PIECE, &n);
	if (!r)
		pipe->text.size += n;
	return r;
}

static bool is_blank(struct pen_slice line)
{
	for (size_t i = 0; i < line.size; i++)
		if (!memchr(" \t\r", line.data[i], 3))
			return false;
	return true;
}

/* The next line that is not empty. size 0: there is none any more. */
static int next_line(struct call_pipe *pipe, struct pen_slice *linep)
{
	for (;;) {
		struct pen_slice line = { .size = pipe->text.size - pipe->at };
		const uint8_t *end = NULL;
		int r;

		if (line.size) {
			line.data = pipe->text.data + pipe->at;
			end = memchr(line.data, '\n', line.size);
		}
		if (end || (pipe->is_ended && line.size)) {
			line.size = end ? (size_t)(end - line.data) : line.size;
			pipe->at += line.size + (end ? 1 : 0);
			pipe->line++;
			*linep = line;
			if (!is_blank(line))
				return 0;
			continue;
		}
		*linep = (struct pen_slice){ 0 };
		r = pipe->is_ended ? 0 : read_text(pipe);
		if (r || (pipe->is_ended && pipe->at == pipe->text.size))
			return r;
	}
}

static int get_element(struct call_pipe *pipe, struct pen_slice line, void *element)
{
	struct pen_ndr_error error = { "" };
	struct pen_arena arena;
	int r;

	memset(element, 0, pipe->element->size);
	pen_arena_init(&arena, ARENA_MAX);
	r = pen_ndr_from_json(pipe->element, NULL, (const char *)line.data, line.size, element,
			      &arena, &error);
	pen_arena_done(&arena);
	return r > 0 ? fail(pipe, r, "%s:%zu: %s", name_of(pipe), pipe->line, error.text) : r;
}

static int pull_text(struct call_pipe *pipe, uint8_t *elements, size_t max, size_t *np)
{
	size_t n = 0;
	int r = 0;

	while (n < max) {
		struct pen_slice line;

		r = next_line(pipe, &line);
		if (r || !line.size)
			break;
		r = get_element(pipe, line, elements + n * pipe->element->size);
		if (r)
			return r;
		n++;
	}
	*np = n;
	return r == PEN_E_AGAIN && n ? 0 : r;
}

static int pull(void *data, void *elements, size_t max, size_t *np)
{
	struct call_pipe *pipe = data;

	*np = 0;
	if (is_raw(pipe))
		return read_some(pipe, elements, max, np);
	return pull_text(pipe, elements, max, np);
}

/* ---- to a file ---- */

static int write_all(struct call_pipe *pipe, const uint8_t *bytes, size_t n)
{
	while (n) {
		ssize_t written = write(pipe->fd, bytes, n);
		struct pollfd room = { .fd = pipe->fd, .events = POLLOUT };

		if (written < 0 && errno == EAGAIN) {
			poll(&room, 1, -1);
		} else if (written < 0 && errno != EINTR) {
			return fail(pipe, -errno, "cannot write %s: %s", name_of(pipe),
				    strerror(errno));
		} else if (written > 0) {
			bytes += written;
			n -= (size_t)written;
			pipe->all->n_received += (size_t)written;
		}
	}
	return 0;
}

/* What the file had goes when the first comes, and not before: the call may fail until then. */
static int begin_writing(struct call_pipe *pipe)
{
	const struct call_pipe *source = pipe->source;

	pipe->is_begun = true;
	if (source && source->path == pipe->path && source->fd != STDIN_FILENO && !source->is_ended)
		return fail(
			pipe, PEN_E_CANCELLED,
			"%s is read still, and the server sends already: give --pipe %s= twice, "
			"for what is read and for what is written",
			name_of(pipe), pipe->name);
	if (pipe->is_file && pipe->fd != STDOUT_FILENO && ftruncate(pipe->fd, 0))
		return fail(pipe, -errno, "cannot write %s: %s", name_of(pipe), strerror(errno));
	return 0;
}

static int put_elements(struct call_pipe *pipe, const uint8_t *elements, size_t n)
{
	int r = 0;

	pipe->text.size = 0;
	for (size_t i = 0; !r && i < n; i++) {
		struct pen_ndr_error error = { "" };

		r = pen_ndr_to_json(pipe->element, NULL, elements + i * pipe->element->size,
				    &pipe->text, &error);
		if (r > 0)
			return fail(pipe, r, "%s: an element: %s", pipe->name, error.text);
		if (!r)
			r = pen_buffer_add(&pipe->text, "\n", 1);
	}
	return r ? r : write_all(pipe, pipe->text.data, pipe->text.size);
}

static int push(void *data, const void *elements, size_t n)
{
	struct call_pipe *pipe = data;
	int r = pipe->is_begun ? 0 : begin_writing(pipe);

	if (r)
		return r;
	pipe->is_ended = n == 0;
	return is_raw(pipe) ? write_all(pipe, elements, n) : put_elements(pipe, elements, n);
}

/* ---- their files ---- */

/* The path that the n-th word NAME=FILE of that name has, or NULL. */
static const char *find_path(const struct tool_words *files, const char *name, size_t which)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < files->n; i++)
		if (!strncmp(files->words[i], name, n) && files->words[i][n] == '=' && !which--)
			return files->words[i] + n + 1;
	return NULL;
}

static const struct pen_field *find_pipe(const struct pen_type *parameters, const char *name,
					 size_t n)
{
	for (uint32_t i = 0; i < parameters->n_fields; i++) {
		const struct pen_field *field = &parameters->fields[i];

		if (field->type->kind == PEN_PIPE && strlen(field->name) == n &&
		    !strncmp(field->name, name, n))
			return field;
	}
	return NULL;
}

/* A word for which there is no pipe, or one too many. */
static int check_words(struct tool *tool, const struct tool_words *files,
		       const struct pen_operation *operation)
{
	for (size_t i = 0; i < files->n; i++) {
		const char *word = files->words[i];
		size_t n = strcspn(word, "="), n_same = 0, n_pipes = 0;

		for (size_t k = 0; k < files->n; k++)
			n_same += strcspn(files->words[k], "=") == n &&
				  !strncmp(files->words[k], word, n);
		n_pipes += find_pipe(operation->in, word, n) != NULL;
		n_pipes += find_pipe(operation->out, word, n) != NULL;
		if (!n_pipes)
			return tool_fail(tool, TOOL_USAGE, NULL, "%s has no pipe %.*s",
					 operation->name, (int)n, word);
		if (n_same > n_pipes)
			return tool_fail(tool, TOOL_USAGE, NULL, "--pipe %.*s= is given %zu times",
					 (int)n, word, n_same);
	}
	return TOOL_OK;
}

static int open_file(struct call_pipe *pipe)
{
	int flags = O_CLOEXEC | (pipe->is_out ? O_WRONLY | O_CREAT : O_RDONLY);
	struct stat status;

	if (strcmp(pipe->path, "-"))
		pipe->fd = open(pipe->path, flags, 0666);
	else
		pipe->fd = pipe->is_out ? STDOUT_FILENO : STDIN_FILENO;
	if (pipe->fd < 0 || fstat(pipe->fd, &status))
		return tool_fail(pipe->all->tool, TOOL_USAGE, NULL, "cannot open %s: %s",
				 pipe->path, strerror(errno));
	pipe->is_file = S_ISREG(status.st_mode);
	if (!pipe->is_out && pipe->is_file)
		pipe->all->n_to_send += (uint64_t)status.st_size;
	return TOOL_OK;
}

bool call_pipes_use(const struct call_pipes *pipes, int fd)
{
	for (size_t i = 0; i < pipes->n; i++)
		if (pipes->rows[i].fd == fd)
			return true;
	return false;
}

static struct call_pipe *find_source(struct call_pipes *pipes, const char *name)
{
	for (size_t i = 0; i < pipes->n; i++)
		if (!pipes->rows[i].is_out && !strcmp(pipes->rows[i].name, name))
			return &pipes->rows[i];
	return NULL;
}

/* Of one that is [in, out] the second word says where it is written, if there is one. */
static int add(struct call_pipes *pipes, const struct tool_words *files,
	       const struct pen_field *field, void *values, bool is_out)
{
	const struct call_pipe *source = is_out ? find_source(pipes, field->name) : NULL;
	struct call_pipe row = { .all = pipes, .name = field->name, .is_out = is_out, .fd = -1 };
	struct pen_call_pipe *parameter = (void *)((char *)values + field->offset);
	struct call_pipe *pipe = &pipes->rows[pipes->n];
	int fd = is_out ? STDOUT_FILENO : STDIN_FILENO;

	row.source = source;
	row.element = field->type->element;
	row.path = find_path(files, field->name, source != NULL);
	if (!row.path && source)
		row.path = source->path;
	if (!row.path)
		return tool_fail(pipes->tool, TOOL_USAGE, NULL,
				 "%s is a pipe: --pipe %s=FILE says where it %s", row.name,
				 row.name, is_out ? "goes" : "comes from");
	if (!strcmp(row.path, "-") && call_pipes_use(pipes, fd))
		return tool_fail(pipes->tool, TOOL_USAGE, NULL,
				 "standard %s is for one pipe, not for two",
				 is_out ? "output" : "input");
	*pipe = row;
	pen_buffer_init(&pipe->text, LINE_SIZE_MAX);
	pipes->n++;
	*parameter = (struct pen_call_pipe){ is_out ? NULL : pull, is_out ? push : NULL, pipe };
	return open_file(pipe);
}

static int add_all(struct call_pipes *pipes, const struct tool_words *files,
		   const struct pen_type *parameters, void *values, bool is_out)
{
	int r = TOOL_OK;

	for (uint32_t i = 0; !r && i < parameters->n_fields; i++)
		if (parameters->fields[i].type->kind == PEN_PIPE)
			r = add(pipes, files, &parameters->fields[i], values, is_out);
	return r;
}

int call_pipes_open(struct call_pipes *pipes, struct tool *tool, const struct tool_words *files,
		    const struct pen_operation *operation, void *in, void *out)
{
	int r;

	*pipes = (struct call_pipes){ .tool = tool };
	r = check_words(tool, files, operation);
	if (!r)
		r = add_all(pipes, files, operation->in, in, false);
	if (!r)
		r = add_all(pipes, files, operation->out, out, true);
	return r;
}

int call_pipes_close(struct call_pipes *pipes)
{
	int result = TOOL_OK;

	for (size_t i = 0; i < pipes->n; i++) {
		struct call_pipe *pipe = &pipes->rows[i];

		pen_buffer_done(&pipe->text);
		if (pipe->fd > STDERR_FILENO && close(pipe->fd) && pipe->is_out && !result)
			result = tool_fail(pipes->tool, TOOL_FAILED, NULL, "cannot write %s: %s",
					   name_of(pipe), strerror(errno));
	}
	pipes->n = 0;
	return result;
}
