/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_CALL_H
#define PENSTOCK_CALL_H
/*
 * A call: one operation, from its parameters to its result, on either side. It
 * owns what belongs to it: the arena that its values live in, the deadline, the
 * caller's identity, and the sentence that says what went wrong.
 */
#include <penstock/auth.h>
#include <penstock/binding.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_client;
struct pen_server;
struct pen_token;
struct pen_call;

typedef void pen_call_done_fn(struct pen_call *call, int result, void *data);

/* ---- the caller's side ---- */

/*
 * A call over a client, used for one operation after another; each starts by
 * forgetting the last one's values. -ENOMEM.
 */
int pen_call_new(struct pen_call **callp, struct pen_client *client);

/* Gives a call in progress up (nobody is told), and frees it with all that its arena holds. */
struct pen_call *pen_call_free(struct pen_call *call);

/* Milliseconds that each operation may take from its start; 0: no limit. */
void pen_call_set_timeout(struct pen_call *call, uint32_t ms);

/* The object to call [C706 2.1.1]; NULL: none. */
void pen_call_set_object(struct pen_call *call, const struct pen_uuid *object);

/*
 * Calls the operation and waits. 0: out is filled, and out's own result says how
 * it went. PEN_E_FAULT: pen_call_fault says which. PEN_E_TIMEOUT, PEN_E_CANCELLED,
 * PEN_E_CLOSED, PEN_E_REJECTED, PEN_E_PROTOCOL, PEN_E_BAD_DATA, PEN_E_NOT_FOUND (no
 * endpoint), or a negative errno; pen_call_error has the sentence for each. A [maybe] operation
 * has succeeded when it is sent; a [broadcast] one is a fault, RPC_S_CANNOT_SUPPORT.
 */
int pen_call_invoke(struct pen_call *call, const struct pen_interface *interface, uint16_t opnum,
		    const void *in, void *out);

/* Opens and binds, and waits, as invoke does before it calls; with its results. */
int pen_call_bind(struct pen_call *call, const struct pen_interface *interface);

/*
 * Starts the operation; done is called once, from pen_client_dispatch, with what
 * invoke would return. in is not needed after the start, out must live until
 * done. A failure to start is returned, and done is not called.
 */
int pen_call_start(struct pen_call *call, const struct pen_interface *interface, uint16_t opnum,
		   const void *in, void *out, pen_call_done_fn *done, void *data);

/*
 * Asks the server to cancel. The call still ends: by its result or a fault, or as
 * PEN_E_CANCELLED where the server gave it up or never got it.
 */
int pen_call_cancel(struct pen_call *call);

/*
 * The functions that serve the server's callbacks while the call is in progress, of an interface:
 * its struct <interface>_callbacks, which outlives that; NULL: none. They are as a server's are,
 * also in what they return, but for whom they serve: pen_call_token is NULL, there are no context
 * handles and no pipes. They run in pen_client_dispatch, and in what waits for a call of that
 * client. Out of one, pen_call_invoke and pen_call_start with its own call (and the same
 * interface) call the server in turn, while that waits for it; the arena stays as it is.
 */
void pen_call_set_callbacks(struct pen_call *call, const struct pen_interface *interface,
			    const void *functions, void *data);

/*
 * For a pipe whose function has returned PEN_E_AGAIN: it is called again, from here or later. Not
 * from within such a function.
 */
void pen_call_resume(struct pen_call *call);

/* ---- both sides ---- */

struct pen_arena *pen_call_arena(struct pen_call *call);

/*
 * An object that a full pointer of the answer points to: where the same object was in the request
 * that the client has made, or, called by a server or in a callback, that went to the other side
 * last. NULL: the request did not have it. The address is a name: nobody looks whether it is still
 * there.
 */
const void *pen_call_given(struct pen_call *call, const void *object);

/*
 * Descriptors, [system_handle], over a local socket (ncalrpc). What is in a value that goes is
 * duplicated, and stays whose it was. What came in a value is the call's, and is closed with the
 * other values: when the operation has ended, or, of a client, when the call is used again or
 * freed.
 *
 * take: from now on it is the caller's, as it is, and the caller closes it; returns it. -ENOENT:
 * there is none, or it did not come with this call. give: from now on the call closes it, after the
 * answer was sent; PEN_E_LIMIT: the call has 32, and it was closed.
 */
int pen_call_take_descriptor(struct pen_call *call, const struct pen_system_handle *handle);
int pen_call_give_descriptor(struct pen_call *call, int fd, struct pen_system_handle *handle);

/* What went wrong, as a sentence; "" if nothing did. */
const char *pen_call_error(const struct pen_call *call);

/* The fault the call ended with, 0 if none. */
uint32_t pen_call_fault(const struct pen_call *call);

/* ---- the server's side ---- */

/*
 * The caller. Never NULL, but in a callback; borrowed. An RPC security context's identity overrides
 * the transport's.
 */
const struct pen_token *pen_call_token(const struct pen_call *call);

/*
 * Makes the calling thread act as the caller: files that it opens, and all else that the
 * kernel decides by effective uid, gid and groups, are opened as the caller; other
 * threads stay what they are. The thread has no capabilities until revert, unless the
 * caller is root.
 *
 * PEN_E_DENIED, with a sentence: the caller is anonymous, or has no unix ids, or lets
 * itself only be identified; or its ids are not the server's own, and the server is
 * not root (or has not CAP_SETUID and CAP_SETGID). PEN_E_EXISTS: the thread impersonates
 * already; it does not nest. -ENOMEM or another negative errno. After a failure the
 * thread is what it was; where the kernel leaves no way to that, the process is aborted.
 *
 * What a thread makes meanwhile keeps the ids: start no thread, and no program.
 * access(2) asks for the real ids, which stay; faccessat with AT_EACCESS does not.
 */
int pen_call_impersonate(struct pen_call *call);

/*
 * Makes the calling thread itself again, if it impersonates the call's caller. An
 * operation does that before it returns, also with PEN_PENDING; if it forgets, the server
 * does and logs an error. In a thread of the program's own nobody else does.
 */
void pen_call_revert(struct pen_call *call);

/*
 * How the call is protected: the authentication level [MS-RPCE 2.2.1.1.8] and type
 * [MS-RPCE 2.2.1.1.7] of its security context; level none (1) and type 0 without one.
 */
uint8_t pen_call_auth_level(const struct pen_call *call);
uint8_t pen_call_auth_type(const struct pen_call *call);

/*
 * The key that caller and server share: the security context's, or without one the
 * transport's (SMB's, of a pipe). Borrowed; empty: there is none.
 */
struct pen_slice pen_call_session_key(const struct pen_call *call);

/* What the service was added with, or the callbacks were set with. */
void *pen_call_data(const struct pen_call *call);

/* The server, or NULL for a direct call. */
struct pen_server *pen_call_server(const struct pen_call *call);

enum pen_protseq pen_call_protseq(const struct pen_call *call);

/* The object the caller named, NULL if none. */
const struct pen_uuid *pen_call_object(const struct pen_call *call);

/*
 * Notes a fault and its sentence for the server's log, and returns PEN_E_FAULT,
 * for an operation to return. Clients that are told extended errors see the sentence too.
 */
int pen_call_fail(struct pen_call *call, uint32_t fault, const char *format, ...) PEN_PRINTF(3, 4);

/*
 * Finishes a call whose operation returned PEN_PENDING; result is what it would
 * have returned else. From the server's own thread.
 */
void pen_call_finish(struct pen_call *call, int result);

/*
 * Calls the client back [MS-RPCE 3.3.1.5.9], for the operation of that number among the interface's
 * callbacks. The operation that does so returns PEN_PENDING; done is called once, from the server's
 * thread: 0: out is filled, with values in the call's arena; PEN_E_FAULT: pen_call_fault says
 * which; PEN_E_CANCELLED: the client is gone or has given up; PEN_E_BAD_DATA, -ENOMEM. in is not
 * needed after the start, out must live until done. A call that is finished before is answered when
 * the client has answered, and done is not called.
 *
 * One at a time: -EBUSY, as while pipes flow. -EINVAL: there is no such callback.
 * PEN_E_UNSUPPORTED: a direct call, or one that wants no answer. PEN_E_CANCELLED as above;
 * PEN_E_LIMIT: as deep inside each other as calls may be; -ENOMEM; PEN_E_BAD_DATA: in does not
 * encode. Each with a sentence.
 */
int pen_call_back(struct pen_call *call, uint16_t opnum, const void *in, void *out,
		  pen_call_done_fn *done, void *data);

/* Whether the client has cancelled or is gone, and a function to be told so (NULL: none). */
bool pen_call_is_cancelled(const struct pen_call *call);
void pen_call_on_cancel(struct pen_call *call, void (*cancelled)(struct pen_call *call, void *data),
			void *data);

/*
 * Pipes. What comes is pulled from each [in] pipe up to its end, in their order; then what goes is
 * pushed into each [out] pipe, in theirs. Neither waits: PEN_E_AGAIN says that there is nothing, or
 * no room, for now; the operation returns PEN_PENDING then, and is told when to try again. At its
 * end what it has not pulled is passed over, and what it has not closed is closed.
 *
 * pull: up to max elements, as many as there are; *np 0: the end of the pipe. push: n elements, 0
 * closes the pipe. PEN_E_BAD_DATA, with a sentence: what the client sent is none; PEN_E_CLOSED: the
 * client is gone; -EINVAL: not this pipe's turn, or the call has none; -ENOMEM.
 */
int pen_call_pull(struct pen_call *call, const struct pen_call_pipe *pipe, void *elements,
		  size_t max, size_t *np);
int pen_call_push(struct pen_call *call, const struct pen_call_pipe *pipe, const void *elements,
		  size_t n);
void pen_call_on_flow(struct pen_call *call, void (*flowed)(struct pen_call *call, void *data),
		      void *data);

/*
 * Context handles: an object of the server's that a client holds by name. A
 * handle has a type, an interface and an association group, and is found under
 * all three only, but for one that is common. rundown is called once, when the handle is
 * closed or its client is gone, and not while another call uses the object.
 */
struct pen_handle_type {
	const char *name;
	void (*rundown)(void *object);
	bool is_common; /* to all interfaces of the server */
};

/* PEN_E_LIMIT: as many as the client may hold; -ENOMEM. On failure rundown is not called. */
int pen_call_handle_new(struct pen_call *call, const struct pen_handle_type *type, void *object,
			struct pen_context_handle *handle);

/* PEN_E_FAULT (context mismatch): no such handle of the type for this client. */
int pen_call_handle_get(struct pen_call *call, const struct pen_handle_type *type,
			const struct pen_context_handle *handle, void **objectp);

/*
 * Closes it, runs it down, and zeroes *handle. PEN_E_FAULT as get. Calls that wait for it are then
 * told that there is none; while others use it, by [context_handle_noserialize], it is run down
 * after the last.
 */
int pen_call_handle_close(struct pen_call *call, const struct pen_handle_type *type,
			  struct pen_context_handle *handle);

/*
 * Calls with a handle among their parameters run one after the other, as they came
 * [context_handle_serialize]; those that have it by [context_handle_noserialize] share it with
 * each other. While an operation runs it may change that, of a handle in its request.
 *
 * shared: from now on others that share it may run. exclusive: 0: nobody else has it; PEN_PENDING:
 * locked will be told when that is so, unless the call has ended, with 0, or PEN_E_NOT_FOUND: the
 * handle was closed meanwhile. -EBUSY: another call that has it waits for the same, or the like;
 * end this call, so that it may go on; or locked is NULL, and it would have to wait.
 * PEN_E_NOT_FOUND: the request has no such handle.
 */
int pen_call_handle_lock_shared(struct pen_call *call, const struct pen_context_handle *handle);
int pen_call_handle_lock_exclusive(struct pen_call *call, const struct pen_context_handle *handle,
				   pen_call_done_fn *locked, void *data);

/*
 * Does without the handle from now on, for operations that wait for something to happen: others
 * need not wait for this call, and the object may be run down before it ends. PEN_E_NOT_FOUND as
 * above.
 */
int pen_call_handle_unlock(struct pen_call *call, const struct pen_context_handle *handle);

/*
 * A direct call of a service's functions, without a wire: for tests, and for a
 * server that calls itself. The token is borrowed.
 */
int pen_call_new_direct(struct pen_call **callp, struct pen_server *server, void *service_data,
			const struct pen_token *token);

#ifdef __cplusplus
}
#endif
#endif
