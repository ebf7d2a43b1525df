/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_CALL_PIPE_H
#define PEN_TOOL_CALL_PIPE_H
/*
 * The [pipe] parameters of a call, from files and to files. Bytes and characters are there as
 * they are, other elements as JSON, one on a line. However long a file is, a piece of it is in
 * memory.
 */
#include "tool/tool.h"

struct call_pipes;

struct call_pipe {
	struct call_pipes *all;
	const char *name;
	const char *path; /* "-": standard input or output */
	const struct pen_type *element;
	const struct call_pipe *source; /* of one that is [in, out]: where it is read */
	struct pen_buffer text;		/* JSON that has come and is not read, or is to go */
	size_t at;			/* in it, up to where it is read */
	size_t line;
	int fd;
	bool is_out;
	bool is_file;  /* a regular one */
	bool is_begun; /* something was written */
	bool is_ended;
};

struct call_pipes {
	struct tool *tool;
	struct call_pipe rows[2 * TOOL_WORDS_MAX];
	size_t n;
	const struct call_pipe *waiting; /* for its file to have something */
	uint64_t n_sent, n_received;	 /* bytes of files */
	uint64_t n_to_send;		 /* 0 where nobody knows */
	const struct call_pipe *failed;	 /* it has ended the call; NULL: none has */
	char error[300];		 /* why */
};

/*
 * Opens the files (NAME=FILE each) for all pipes of the operation, and puts what reads and writes
 * them into the parameters. Complains: a pipe without a file, a file without a pipe.
 */
int call_pipes_open(struct call_pipes *pipes, struct tool *tool, const struct tool_words *files,
		    const struct pen_operation *operation, void *in, void *out);

/* Whether one of them is standard input, or standard output. */
bool call_pipes_use(const struct call_pipes *pipes, int fd);

/* Closes all. Complains where a file says only then that it could not be written. */
int call_pipes_close(struct call_pipes *pipes);

#endif
