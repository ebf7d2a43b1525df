/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_FILE_H
#define PEN_WIN32_FILE_H
/*
 * Files: a pipe's end, the device of pipes, and its root directory. All handles of a file in this
 * process are handles of the same end, with what is in flight there.
 */
#include "win32/engine.h"
#include "win32/port.h"
#include "win32/turn.h"

#include <penstock/pipe.h>

enum win_file_what {
	WIN_FILE_PIPE,
	WIN_FILE_ROOT,	 /* \Device\NamedPipe\ */
	WIN_FILE_DEVICE, /* \Device\NamedPipe */
};

struct win_listing;

struct win_file {
	struct win_object object;
	enum win_file_what what;
	struct pen_pipe *pipe; /* NULL: the device, the root; or it is closed */
	bool is_server;
	bool is_synchronous;
	bool is_alertable;
	bool is_direct;	       /* its calls wait at the pipe itself, not with the engine */
	bool is_closed;	       /* its last handle is */
	bool is_taken;	       /* a thread is at it */
	struct pen_list turns; /* those that wait until it is their turn */
	unsigned n_inside;     /* threads that call something of the pipe's */
	unsigned modes;	       /* FILE_SKIP_ bits */
	uint32_t options;      /* FILE_WRITE_THROUGH and the like, as it was created */
	struct win_source source;
	struct pen_list requests;
	struct win_port *port;
	ULONG_PTR key;
	struct win_listing *listing; /* the root: what has been told of what there is */
};

/* With the options of NtCreateFile. NULL: no memory. pipe is taken, also then. */
struct win_file *win_file_new(enum win_file_what what, struct pen_pipe *pipe, uint32_t options);

/* As win_handle_get, of a pipe's end: device and root are answered by that status. */
uint32_t win_file_get(HANDLE handle, uint32_t any_access, uint32_t other, struct win_file **filep);

bool win_file_has_port(struct win_file *file);

/*
 * Between them the pipe's functions may be called, whoever closes the file meanwhile. false: it is
 * closed. leave is to be called without the lock.
 */
bool win_file_enter(struct win_file *file);
void win_file_leave(struct win_file *file);

/*
 * The same for a call of a thread: in its turn. INVALID_HANDLE: it is closed; CANCELLED, NO_MEMORY.
 */
uint32_t win_file_begin(struct win_file *file, const IO_STATUS_BLOCK *iosb);
void win_file_end(struct win_file *file);

/* The same for what has begun there already, also while somebody closes it. false: it is gone. */
bool win_file_hold(struct win_file *file);

/* In the child after fork: what is in flight is its parent's. */
void win_file_forked(void);

/* ---- operations ---- */

enum win_verb {
	WIN_LISTEN,
	WIN_READ,
	WIN_WRITE,
	WIN_FLUSH,
	WIN_TRANSACT,
	WIN_ACT, /* what never waits */
};

struct win_call;

/* A call, as NtReadFile and its like get it. */
struct win_call {
	enum win_verb verb;
	HANDLE file;
	HANDLE event;
	PIO_APC_ROUTINE routine;
	void *context; /* the routine's, or of the packet */
	IO_STATUS_BLOCK *iosb;
	const void *in;
	uint32_t n_in;
	void *out;
	uint32_t n_out;
	bool waits; /* on any handle */
	/* WIN_ACT's: what to do, which of these rights it takes, what the device answers. */
	uint32_t (*act)(struct pen_pipe *pipe, const struct win_call *call, uint32_t *informationp);
	uint32_t any_access;
	uint32_t device_answer;
	bool leaves_reset; /* the handle is not signaled by it */
};

/* The rules of rows A1-A18. */
uint32_t win_call_run(const struct win_call *call);

/*
 * Cancels what is in flight of a file: of that thread, or of any (NULL); with that block, or
 * with any (NULL). NOT_FOUND: there is nothing.
 */
uint32_t win_file_cancel(struct win_file *file, const struct win_thread *thread,
			 const IO_STATUS_BLOCK *iosb);

/* What a thread waits for on a synchronous handle, be it its turn. NOT_FOUND. */
uint32_t win_thread_cancel(struct win_thread *thread, const IO_STATUS_BLOCK *iosb);

/* What is in flight of a file is another process's: it is not known here any more. */
void win_file_forget(struct win_file *file);

/* A thread ends: cancels what it began on files without a port. */
void win_file_abandon(struct win_thread *thread);

#endif
