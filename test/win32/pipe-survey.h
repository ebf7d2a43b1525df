/* SPDX-License-Identifier: MIT */
#ifndef PIPE_SURVEY_H
#define PIPE_SURVEY_H
/*
 * What the survey's files share. Each fact about pipes is a line: the row of the semantics it
 * belongs to, what was done, and what came of it. Ends are overlapped, with an event each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define NONE	INVALID_HANDLE_VALUE
#define BYTES	PIPE_TYPE_BYTE
#define MESSAGE (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)
#define BOTH	PIPE_ACCESS_DUPLEX
#define QUOTA	4096
#define WHILE	20000 /* milliseconds that nothing here takes */

struct end {
	HANDLE h;
	OVERLAPPED ov;
	char bytes[256];
	DWORD size;
	BOOL reads;
};

struct pair {
	struct end s, c;
};

/* The name of this row's pipe. */
extern char pipe_name[64];

void fact(const char *what, const char *format, ...);

/* 0, or the last error's number. */
DWORD error_of(BOOL ok);

void end_init(struct end *end, HANDLE h);
void end_close(struct end *end);

HANDLE create(DWORD open_mode, DWORD pipe_mode, DWORD instances, DWORD quota);
HANDLE open_end(DWORD access);

/* Two ends, connected; the client's in the mode to read messages where the server's is. */
void connect_ends(struct pair *p, DWORD open_mode, DWORD pipe_mode, DWORD quota);
void close_ends(struct pair *p);

void set_mode(HANDLE h, DWORD mode);

/* Start an operation: 0, ERROR_IO_PENDING or another error. */
DWORD start_listen(struct end *end);
DWORD start_read(struct end *end, DWORD size);
DWORD start_write(struct end *end, const char *text);
DWORD start_transact(struct end *end, const char *text, DWORD size);

/* Waits for what was started. "error, n bytes 'what was read'" */
const char *result(struct end *end);
/* Starts and waits. */
const char *listen_now(struct end *end);
const char *read_now(struct end *end, DWORD size);
const char *write_now(struct end *end, const char *text);
/* "waits" or "done" */
const char *waits(const struct end *end);
/* "error, n read, available, left 'bytes'" */
const char *peek(HANDLE h, DWORD size);

/* A call in a thread of its own. */
struct job {
	HANDLE thread;
	HANDLE h;
	DWORD (*run)(struct job *job);
	DWORD wait;
	DWORD error;
	DWORD n;
	char bytes[64];
};
void job_start(struct job *job, HANDLE h, DWORD (*run)(struct job *job));
/* "waits" or "done", after a while. */
const char *job_waits(struct job *job);
/* Its error. */
DWORD job_end(struct job *job);
DWORD job_listen(struct job *job);
DWORD job_read(struct job *job);
DWORD job_write(struct job *job);
DWORD job_flush(struct job *job);
DWORD job_wait_name(struct job *job);

struct row {
	const char *name;
	void (*test)(void);
};

extern const struct row rows_open[];
extern const struct row rows_data[];
extern const struct row rows_wait[];
extern const struct row rows_native[];
extern const struct row rows_more[];

#define ROW(name)                                                                                  \
	{                                                                                          \
#name, test_##name                                                                 \
	}

#endif
