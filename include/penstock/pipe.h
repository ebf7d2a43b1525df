/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_PIPE_H
#define PENSTOCK_PIPE_H
/*
 * Named pipes as NT has them: names, instances, messages, quotas, and every status of each
 * state (docs/pipes.md). A server creates instances of a pipe and listens; a client opens it by
 * its name; what they then write lies in memory that both ends map.
 *
 *	pen_pipe_create(&server, "\\\\.\\pipe\\echo", &config);
 *	pen_pipe_listen(server, -1);
 *	while (!pen_pipe_read(server, text, sizeof(text), &n, -1))
 *		pen_pipe_write(server, text, n, &n, -1);
 *
 * Functions return NTSTATUS codes [MS-ERREF 2.3]: 0, PEN_STATUS_BUFFER_OVERFLOW for a part
 * of a message, PEN_STATUS_PENDING for what has been started, or an error; <penstock/status.h>
 * has their names, sentences and Win32 counterparts. Each says which it adds to these:
 * PIPE_LISTENING, PIPE_CLOSING, PIPE_BROKEN, PIPE_DISCONNECTED, INVALID_PIPE_STATE by the pipe's
 * state; ACCESS_DENIED where the handle has not the right; NO_MEMORY, INSUFFICIENT_RESOURCES.
 *
 * Names are texts in UTF-8: "\\.\pipe\NAME" or "\??\pipe\NAME" or "\Device\NamedPipe\NAME"; and for
 * clients "\\SERVER\pipe\NAME". Cases of letters are the same. Times to wait are in milliseconds,
 *-1 for as long as it takes.
 *
 * A pipe may be used by several threads at once. After fork both processes have it, as two
 * handles of the same end; an end is closed with its last handle.
 */
#include <penstock/token.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_pipe;

/* NamedPipeConfiguration [MS-FSCC 2.4.31]: who writes. */
enum pen_pipe_configuration {
	PEN_PIPE_INBOUND,  /* the client */
	PEN_PIPE_OUTBOUND, /* the server */
	PEN_PIPE_DUPLEX,   /* both */
};

/* What to do where the name is taken [MS-SMB2 2.2.13: CreateDisposition]. */
enum pen_pipe_disposition {
	PEN_PIPE_OPEN_IF = 3, /* one more instance, or the first */
	PEN_PIPE_CREATE = 2,  /* the first; else ACCESS_DENIED */
	PEN_PIPE_OPEN = 1,    /* one more; else OBJECT_NAME_NOT_FOUND */
};

enum { PEN_PIPE_UNLIMITED = 255 }; /* instances */

/* Rights of a pipe's own [MS-SMB2 2.2.13.1.1]. */
#define PEN_PIPE_READ_DATA	  UINT32_C(0x1)
#define PEN_PIPE_WRITE_DATA	  UINT32_C(0x2)
#define PEN_PIPE_CREATE_INSTANCE  UINT32_C(0x4)
#define PEN_PIPE_READ_ATTRIBUTES  UINT32_C(0x80)
#define PEN_PIPE_WRITE_ATTRIBUTES UINT32_C(0x100)

/*
 * A new instance. Where the pipe is there already, type, instances_max and timeout stay the
 * first instance's.
 */
struct pen_pipe_config {
	enum pen_pipe_configuration configuration;
	bool is_message;      /* its type: messages; else bytes */
	bool is_message_mode; /* the server's end reads messages */
	bool is_nonblocking;  /* nothing waits at the server's end */
	bool rejects_remote;  /* clients of other machines */
	/* 0: PEN_PIPE_OPEN_IF. */
	enum pen_pipe_disposition disposition;
	uint32_t instances_max; /* 1 to 254; 0 or PEN_PIPE_UNLIMITED: as many as there are */
	const uint32_t *quotas; /* bytes, the server's inbound and outbound; NULL: 64 KiB each */
	uint32_t timeout_ms;	/* of waits that do not say; 0: 50 */
	uint32_t access;	/* desired beside what the configuration gives */
	bool is_access_exact;	/* access is all that is desired */
	/* NULL: full for the system, administrators and the owner, reading for everybody. */
	const struct pen_descriptor *descriptor;
	/* Where the object manager's socket is. NULL: as docs/pipes.md says. */
	const char *objects_dir;
};

/*
 * Creates an instance, which listens. config is copied. OBJECT_NAME_INVALID; INVALID_PARAMETER: a
 * config that is none; ACCESS_DENIED: also another configuration than the first instance's;
 * INSTANCE_NOT_AVAILABLE: as many as there may be. informationp, which may be NULL: whether it is
 * the first, 2 (FILE_CREATED), or not, 1.
 */
uint32_t pen_pipe_create(struct pen_pipe **pipep, const char *name,
			 const struct pen_pipe_config *config, uint32_t *informationp);

/* SECURITY_IMPERSONATION_LEVEL [MS-SMB2 2.2.13]. */
enum pen_pipe_level {
	PEN_PIPE_ANONYMOUS,
	PEN_PIPE_IDENTIFICATION,
	PEN_PIPE_IMPERSONATION,
	PEN_PIPE_DELEGATION,
};

struct pen_pipe_open_config {
	uint32_t access; /* desired; 0 is that, and connects */
	bool has_qos;	 /* the next three; else impersonation, dynamic, effective only */
	enum pen_pipe_level level;
	bool is_static; /* the identity of the open, not of each write */
	bool is_effective_only;
	struct pen_pipe *relative_to; /* a server's; then without a name: the pipe of that */
	const char *objects_dir;
};

/*
 * Opens the client's end: the instance that has listened longest. Its end reads bytes and
 * waits. config NULL: reads and writes. OBJECT_NAME_NOT_FOUND: no such pipe; PIPE_NOT_AVAILABLE: no
 * instance listens (pen_pipe_wait_name); OBJECT_NAME_INVALID; NOT_SUPPORTED: nobody carries
 * pipes of that server. A name that the object manager does not know may be a .NET program's
 * pipe (docs/pipes.md), of which what the object manager would know is NOT_SUPPORTED.
 */
uint32_t pen_pipe_open(struct pen_pipe **pipep, const char *name,
		       const struct pen_pipe_open_config *config);

/*
 * Waits until an instance listens; 0: for the pipe's own timeout. IO_TIMEOUT; as open. For a loop:
 * pen_pipe_start_wait_name.
 */
uint32_t pen_pipe_wait_name(const char *name, int wait_ms, const char *objects_dir);

/* Closes a handle; what this process has started there is cancelled, and done. */
struct pen_pipe *pen_pipe_free(struct pen_pipe *pipe);

/* ---- one after the other ----
 *
 * IO_TIMEOUT: the time is over, and the operation cancelled. np is set also then and with
 * BUFFER_OVERFLOW.
 */
uint32_t pen_pipe_listen(struct pen_pipe *pipe, int wait_ms);
uint32_t pen_pipe_read(struct pen_pipe *pipe, void *bytes, uint32_t size, uint32_t *np,
		       int wait_ms);
uint32_t pen_pipe_write(struct pen_pipe *pipe, const void *bytes, uint32_t size, uint32_t *np,
			int wait_ms);
uint32_t pen_pipe_flush(struct pen_pipe *pipe, int wait_ms);

/* Writes a message, and reads the answer. PIPE_BUSY: something is unread; INVALID_PIPE_STATE: no
 * messages. */
uint32_t pen_pipe_transact(struct pen_pipe *pipe, const void *in, uint32_t n_in, void *out,
			   uint32_t size, uint32_t *np, int wait_ms);

/* Waits for an instance, opens it, makes a transaction, closes it. */
uint32_t pen_pipe_call(const char *name, const void *in, uint32_t n_in, void *out, uint32_t size,
		       uint32_t *np, int wait_ms);

/* ---- several at once ---- */

/*
 * An operation. It belongs to its maker, and stays where it is while it waits; so do the bytes
 * it reads into. What it writes is copied when it is started.
 */
struct pen_pipe_op {
	uint32_t status;      /* PEN_STATUS_PENDING as long as it waits */
	uint32_t information; /* bytes */
	/* Called by pen_pipe_dispatch or pen_pipe_wait, in whatever thread; NULL: nobody is. */
	void (*done)(struct pen_pipe_op *op);
	void *data;
	struct {
		struct pen_pipe_op *next;
		void *bytes; /* to be read into, or a copy of what is to be written */
		uint32_t size;
		uint32_t n_written;
		uint32_t serial;
		uint8_t kind;
		uint8_t state;
		uint8_t identity;
		void *copy;
	} own; /* the library's */
};

/*
 * Start it. What they return is in op->status too; unless that is PENDING, the operation is
 * done, and op->done is not called.
 */
uint32_t pen_pipe_start_listen(struct pen_pipe *pipe, struct pen_pipe_op *op);
uint32_t pen_pipe_start_read(struct pen_pipe *pipe, struct pen_pipe_op *op, void *bytes,
			     uint32_t size);
uint32_t pen_pipe_start_write(struct pen_pipe *pipe, struct pen_pipe_op *op, const void *bytes,
			      uint32_t size);
uint32_t pen_pipe_start_flush(struct pen_pipe *pipe, struct pen_pipe_op *op);
uint32_t pen_pipe_start_transact(struct pen_pipe *pipe, struct pen_pipe_op *op, const void *in,
				 uint32_t n_in, void *out, uint32_t size);

/*
 * Ends its waiting by CANCELLED, unless it is done meanwhile; then, or when that is reported,
 * op->done is called by dispatch as ever. NOT_FOUND: it does not wait.
 */
uint32_t pen_pipe_cancel(struct pen_pipe *pipe, struct pen_pipe_op *op);

/* Waits until it is done, calling done of all that is, its own too. Its status; IO_TIMEOUT: it
 * still waits. */
uint32_t pen_pipe_wait(struct pen_pipe *pipe, struct pen_pipe_op *op, int wait_ms);

/*
 * For a loop: while operations wait, wait for events of the descriptor, or for the time (which is
 * -1 unless something is wrong), then dispatch. A negative errno: there is no descriptor to be had.
 * It stays the same; another process has another.
 */
int pen_pipe_fd(struct pen_pipe *pipe);
short pen_pipe_events(struct pen_pipe *pipe);
int pen_pipe_timeout(struct pen_pipe *pipe);
void pen_pipe_dispatch(struct pen_pipe *pipe);

/* ---- never waiting ---- */

/* Server: the connection is over, what is unread lost. The pipe is to be listened at again. */
uint32_t pen_pipe_disconnect(struct pen_pipe *pipe);

/* FILE_PIPE_PEEK_BUFFER [MS-FSCC 2.3.46]. */
struct pen_pipe_peek {
	uint32_t state;	       /* NamedPipeState */
	uint32_t available;    /* bytes, of all messages */
	uint32_t n_messages;   /* 0 on byte pipes */
	uint32_t message_size; /* what is unread of the first; 0 on byte pipes */
	uint32_t n;	       /* bytes copied */
};

/* Looks at what is unread, and takes nothing. BUFFER_OVERFLOW: of the first message it is a part.
 */
uint32_t pen_pipe_peek(struct pen_pipe *pipe, void *bytes, uint32_t size,
		       struct pen_pipe_peek *peek);

/* FILE_PIPE_INFORMATION [MS-FSCC 2.4.29], of this end. INVALID_PARAMETER; PIPE_BUSY: operations
 * wait. */
uint32_t pen_pipe_get_modes(struct pen_pipe *pipe, bool *is_message_modep, bool *is_nonblockingp);
uint32_t pen_pipe_set_modes(struct pen_pipe *pipe, uint32_t read_mode, uint32_t completion_mode);

/* FILE_PIPE_LOCAL_INFORMATION [MS-FSCC 2.4.30]. */
struct pen_pipe_info {
	uint32_t type;
	uint32_t configuration;
	uint32_t instances_max; /* UINT32_MAX: as many as there are */
	uint32_t instances;
	uint32_t inbound_quota;
	uint32_t read_data_available;
	uint32_t outbound_quota;
	uint32_t write_quota_available;
	uint32_t state;
	uint32_t end; /* 1: the server's */
};

uint32_t pen_pipe_get_info(struct pen_pipe *pipe, struct pen_pipe_info *info);

/* The name with its first letter's backslash: "\echo"; to be freed. OBJECT_PATH_INVALID: it has
 * none. */
uint32_t pen_pipe_get_name(struct pen_pipe *pipe, char **namep);

/* Rights that the handle has. */
uint32_t pen_pipe_access(const struct pen_pipe *pipe);

/* ---- who is there ---- */

/* NOT_FOUND: there is no client (any more). */
uint32_t pen_pipe_client_process(struct pen_pipe *pipe, uint32_t *pidp);
uint32_t pen_pipe_client_session(struct pen_pipe *pipe, uint32_t *sessionp);
uint32_t pen_pipe_server_process(struct pen_pipe *pipe, uint32_t *pidp);
uint32_t pen_pipe_server_session(struct pen_pipe *pipe, uint32_t *sessionp);

/* The client's machine; to be freed. PIPE_LOCAL: this one. */
uint32_t pen_pipe_client_computer(struct pen_pipe *pipe, char **namep);

/*
 * Server: who wrote what was read last, or who opened, as the client said it is to be known; a
 * reference of the caller's. CANNOT_IMPERSONATE: nothing has been read from this client.
 */
uint32_t pen_pipe_client_token(struct pen_pipe *pipe, struct pen_token **tokenp);

/*
 * Makes the calling thread act as that client, and itself again. ILLEGAL_FUNCTION: the client's
 * end; as pen_pipe_client_token; ACCESS_DENIED: the client lets itself only be identified, or this
 * process may not. It does not nest.
 */
uint32_t pen_pipe_impersonate(struct pen_pipe *pipe);
void pen_pipe_revert(void);

/* ---- the pipe's descriptor; which is SECURITY_INFORMATION [MS-DTYP 2.4.7] ---- */
uint32_t pen_pipe_get_security(struct pen_pipe *pipe, uint32_t which, struct pen_arena *arena,
			       struct pen_descriptor *descriptor);
uint32_t pen_pipe_set_security(struct pen_pipe *pipe, uint32_t which,
			       const struct pen_descriptor *descriptor);

/* ---- other processes ---- */

/*
 * Sends a duplicate with those rights (0: the same) over a unix socket, and receives one. An errno
 * of the socket's as its status; ACCESS_DENIED: more rights than it has; INVALID_PARAMETER: what
 * came is none.
 */
uint32_t pen_pipe_send(struct pen_pipe *pipe, int socket, uint32_t access);
uint32_t pen_pipe_receive(struct pen_pipe **pipep, int socket);

/* A second handle in this process. */
uint32_t pen_pipe_duplicate(struct pen_pipe *pipe, uint32_t access, struct pen_pipe **copyp);

/* ---- names ---- */

struct pen_pipe_entry {
	const char *name; /* without a backslash before it */
	uint32_t instances;
	uint32_t instances_max;
};

/* Tells of each pipe there is, until each returns other than 0, which is returned. */
uint32_t pen_pipe_list(const char *objects_dir,
		       uint32_t (*each)(void *data, const struct pen_pipe_entry *entry),
		       void *data);

/*
 * Waits until pipes are made, go, or change; *seenp, 0 at first, says up to where that is
 * known. IO_TIMEOUT.
 */
uint32_t pen_pipe_watch(const char *objects_dir, uint32_t *seenp, int wait_ms);

/*
 * Both for a loop. They begin what pen_pipe_wait_name and pen_pipe_watch wait for, which may take
 * as long as opening a pipe does. PENDING: there is a waiter; else there is none.
 */
struct pen_pipe_waiter;

uint32_t pen_pipe_start_wait_name(struct pen_pipe_waiter **waiterp, const char *name, int wait_ms,
				  const char *objects_dir);
uint32_t pen_pipe_start_watch(struct pen_pipe_waiter **waiterp, const char *objects_dir,
			      uint32_t seen);

/*
 * When the descriptor, which stays the same, is readable, finish: PENDING, or what the blocking
 * function returns, from then on. seenp, which may be NULL, is set as pen_pipe_watch does. A
 * negative errno: there is no descriptor to be had.
 */
int pen_pipe_waiter_fd(struct pen_pipe_waiter *waiter);
uint32_t pen_pipe_waiter_finish(struct pen_pipe_waiter *waiter, uint32_t *seenp);

/* Ends it; one that still waits is cancelled, and the object manager forgets it. */
struct pen_pipe_waiter *pen_pipe_waiter_free(struct pen_pipe_waiter *waiter);

#ifdef __cplusplus
}
#endif
#endif
