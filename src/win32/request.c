/* SPDX-License-Identifier: MIT */
#include "win32/event.h"
#include "win32/file.h"
#include "win32/handle.h"
#include "win32/wait.h"

#include <penstock/status.h>
#include <penstock/win32.h>
#include <stdlib.h>

enum { CANCEL_MAX = 500 };

/* An operation in flight. It holds what it will need when it is done. */
struct win_request {
	struct pen_pipe_op op;
	struct win_apc apc;
	struct win_packet packet;
	unsigned refs;
	struct pen_list of_file;
	struct pen_list of_thread;
	struct win_file *file;
	struct win_thread *thread; /* that began it */
	struct win_object *event;
	struct win_port *port; /* that its packet goes to */
	IO_STATUS_BLOCK *iosb;
	PIO_APC_ROUTINE routine;
	void *context;
	bool leaves_reset;
	bool is_waited; /* by its thread, which does what is to be done after it */
	bool is_done;
	bool is_cancelled;
};

static void request_ref(struct win_request *request)
{
	__atomic_add_fetch(&request->refs, 1, __ATOMIC_RELAXED);
}

static void request_put(struct win_request *request)
{
	if (__atomic_sub_fetch(&request->refs, 1, __ATOMIC_ACQ_REL))
		return;
	win_object_put(request->event);
	win_object_put(request->port);
	win_object_put(&request->thread->object);
	win_object_put(&request->file->object);
	free(request);
}

/* ---- when it is done ---- */

static void request_run_apc(struct win_apc *apc)
{
	struct win_request *request = pen_list_entry(apc, struct win_request, apc);
	PIO_APC_ROUTINE routine = request->routine;
	void *context = request->context;
	IO_STATUS_BLOCK *iosb = request->iosb;

	request_put(request);
	routine(context, iosb, 0);
}

/* The thread is over. Its last reference is not this one's, nor is the file's, as it waits. */
static void request_drop_apc(struct win_apc *apc)
{
	request_put(pen_list_entry(apc, struct win_request, apc));
}

static void request_free_packet(struct win_packet *packet)
{
	request_put(pen_list_entry(packet, struct win_request, packet));
}

static void request_packet(struct win_request *request, uint32_t status)
{
	struct win_port *port = request->file->port;

	request->port = port;
	win_object_ref((struct win_object *)port);
	request->packet = (struct win_packet){ .key = request->file->key,
					       .context = request->context,
					       .status = status,
					       .information = request->op.information,
					       .free = request_free_packet };
	request_ref(request);
	win_port_post(port, &request->packet);
}

/*
 * A success, or the end of what was pending [row A2]: the block, the event or else the handle,
 * then the APC or the packet. Under the lock.
 */
static void request_finish(struct win_request *request, uint32_t status, bool was_pending)
{
	struct win_file *file = request->file;
	bool is_quiet = !was_pending && file->modes & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS;

	request->iosb->Information = request->op.information;
	__atomic_store_n(&request->iosb->Pointer, (PVOID)(uintptr_t)status, __ATOMIC_RELEASE);
	if (request->event)
		win_object_signal(request->event);
	if ((!request->event || file->is_synchronous) && !request->leaves_reset &&
	    !(file->modes & FILE_SKIP_SET_EVENT_ON_HANDLE))
		win_object_signal(&file->object);
	if (request->routine) {
		request->apc = (struct win_apc){ .run = request_run_apc, .drop = request_drop_apc };
		request_ref(request);
		win_thread_queue(request->thread, &request->apc);
	} else if (file->port && request->context && !is_quiet &&
		   !(file->is_closed && request->event) && (was_pending || NT_SUCCESS(status))) {
		request_packet(request, status);
	}
}

static void request_unlink(struct win_request *request)
{
	pen_list_remove(&request->of_file);
	pen_list_remove(&request->of_thread);
}

/* The pipe says that it is done, in whatever thread. */
static void request_done(struct pen_pipe_op *op)
{
	struct win_request *request = pen_list_entry(op, struct win_request, op);

	win_lock();
	request_unlink(request);
	request->is_done = true;
	if (request->is_waited)
		win_thread_wake(request->thread);
	else
		request_finish(request, op->status, true);
	win_unlock();
	request_put(request);
}

/* ---- its beginning ---- */

/* One of these rights a handle needs, and this the device and its root answer [R20, E6-E8]. */
static const struct {
	uint32_t any_access;
	uint32_t device_answer;
} verbs[] = {
	[WIN_LISTEN] = { 0, PEN_STATUS_ILLEGAL_FUNCTION },
	[WIN_READ] = { FILE_READ_DATA, PEN_STATUS_INVALID_PARAMETER },
	[WIN_WRITE] = { FILE_WRITE_DATA | FILE_APPEND_DATA, PEN_STATUS_INVALID_PARAMETER },
	[WIN_FLUSH] = { FILE_WRITE_DATA | FILE_APPEND_DATA, PEN_STATUS_INVALID_PARAMETER },
	[WIN_TRANSACT] = { FILE_READ_DATA | FILE_WRITE_DATA, PEN_STATUS_PIPE_DISCONNECTED },
};

/* The file and the event of a call, with a reference of each. */
static uint32_t call_objects(const struct win_call *call, struct win_file **filep,
			     struct win_object **eventp)
{
	bool acts = call->verb == WIN_ACT;
	uint32_t answer = acts ? call->device_answer : verbs[call->verb].device_answer;
	uint32_t access = acts ? call->any_access : verbs[call->verb].any_access;
	struct win_object *event = NULL;
	struct win_file *file;
	uint32_t granted;
	uint32_t status;

	status = win_handle_get(call->file, WIN_FILE, 0, &file, &granted);
	if (status)
		return status;
	status = win_event_get(call->event, &event);
	if (!status && file->what != WIN_FILE_PIPE)
		status = answer;
	if (!status && access && !(access & granted))
		status = PEN_STATUS_ACCESS_DENIED;
	if (!status && call->routine && win_file_has_port(file))
		status = PEN_STATUS_INVALID_PARAMETER;
	if (status) {
		win_object_put(event);
		win_object_put(&file->object);
		return status;
	}
	*filep = file;
	*eventp = event;
	return 0;
}

static uint32_t request_new(const struct win_call *call, struct win_request **requestp)
{
	struct win_thread *self = win_thread_self();
	struct win_request *request;
	uint32_t status;

	request = self ? calloc(1, sizeof(*request)) : NULL;
	if (!request)
		return PEN_STATUS_NO_MEMORY;
	status = call_objects(call, &request->file, &request->event);
	if (status) {
		free(request);
		return status;
	}
	request->refs = 1;
	request->thread = self;
	win_object_ref(&self->object);
	request->iosb = call->iosb;
	request->routine = call->routine;
	request->context = call->context;
	request->op.done = request_done;
	request->leaves_reset = call->leaves_reset;
	request->is_waited = call->waits || request->file->is_synchronous;
	pen_list_init(&request->of_file);
	pen_list_init(&request->of_thread);
	*requestp = request;
	return 0;
}

static uint32_t request_start(struct win_request *request, const struct win_call *call)
{
	struct pen_pipe *pipe = request->file->pipe;

	switch (call->verb) {
	case WIN_LISTEN:
		return pen_pipe_start_listen(pipe, &request->op);
	case WIN_READ:
		return pen_pipe_start_read(pipe, &request->op, call->out, call->n_out);
	case WIN_WRITE:
		return pen_pipe_start_write(pipe, &request->op, call->in, call->n_in);
	case WIN_FLUSH:
		return pen_pipe_start_flush(pipe, &request->op);
	case WIN_TRANSACT:
		return pen_pipe_start_transact(pipe, &request->op, call->in, call->n_in, call->out,
					       call->n_out);
	case WIN_ACT:
		return call->act(pipe, call, &request->op.information);
	}
	return PEN_STATUS_INVALID_PARAMETER;
}

/* ---- waiting for it ---- */

/*
 * Whoever waits at the pipe itself hears of it there. Where a peer has the pipe at this moment the
 * pipe only notes it, for who looks next; so it is said until it is done.
 */
static void request_cancel_direct(struct win_request *request)
{
	unsigned n = 0;

	while (!pen_pipe_cancel(request->file->pipe, &request->op) && n++ < CANCEL_MAX)
		;
}

static void request_cancel(struct win_request *request)
{
	struct win_file *file = request->file;

	if (!win_file_hold(file))
		return;
	if (file->is_direct) {
		request_cancel_direct(request);
	} else {
		pen_pipe_cancel(file->pipe, &request->op);
		pen_pipe_dispatch(file->pipe);
	}
	win_file_leave(file);
}

/* Waits at the pipe; then the one who was first to see it end may still be about to say so. */
static void request_wait_direct(struct win_request *request)
{
	struct win_file *file = request->file;

	if (!win_file_hold(file))
		return;
	pen_pipe_wait(file->pipe, &request->op, -1);
	win_file_leave(file);
}

/*
 * Waits in its call, until it is done. On an alertable synchronous handle an APC that is queued,
 * or comes, ends it. Whether one did.
 */
static bool request_wait(struct win_request *request)
{
	struct win_thread *self = request->thread;
	bool is_alertable = request->file->is_alertable;
	bool is_alerted = false;

	if (request->file->is_direct)
		request_wait_direct(request);
	win_lock();
	self->is_alertable = is_alertable;
	while (!request->is_done) {
		if (is_alertable && !is_alerted && !pen_list_is_empty(&self->apcs)) {
			is_alerted = true;
			win_engine_leave(self);
			win_unlock();
			request_cancel(request);
			win_lock();
			continue;
		}
		win_engine_turn(self, WIN_FOREVER);
	}
	self->is_alertable = false;
	self->synchronous = NULL;
	win_engine_leave(self);
	win_unlock();
	return is_alerted;
}

/* What has been waited for, or was done at once. */
static uint32_t request_conclude(struct win_request *request, uint32_t status)
{
	win_lock();
	request_unlink(request);
	request->thread->synchronous = NULL;
	if (!NT_ERROR(status))
		request_finish(request, status, false);
	win_unlock();
	return status;
}

uint32_t win_call_run(const struct win_call *call)
{
	struct win_request *request;
	bool is_alerted = false;
	struct win_file *file;
	uint32_t status;

	status = request_new(call, &request);
	if (status)
		return status;
	file = request->file;
	if (request->event) {
		win_lock();
		win_object_reset(request->event);
		win_unlock();
	}
	status = win_file_begin(file, request->iosb);
	if (status) {
		request_put(request);
		return status;
	}
	win_lock();
	win_object_reset(&file->object);
	pen_list_append(&file->requests, &request->of_file);
	pen_list_append(&request->thread->requests, &request->of_thread);
	if (file->is_synchronous)
		request->thread->synchronous = request;
	win_unlock();

	request_ref(request); /* the pipe's, as long as it pends */
	status = request_start(request, call);
	win_file_leave(file);
	if (status != PEN_STATUS_PENDING) {
		request_put(request);
		status = request_conclude(request, status);
	} else if (request->is_waited) {
		is_alerted = request_wait(request);
		status = request_conclude(request, request->op.status);
	}
	win_turn_give(file);
	if (is_alerted)
		win_thread_run_apcs(request->thread);
	request_put(request);
	return status;
}

/* ---- its cancelling ---- */

/* The next that is in flight and not yet cancelled, with a reference; under the lock. */
static struct win_request *file_next(struct win_file *file, const struct win_thread *thread,
				     const IO_STATUS_BLOCK *iosb)
{
	pen_list_each (link, after, &file->requests) {
		struct win_request *request = pen_list_entry(link, struct win_request, of_file);

		if (request->is_cancelled || (thread && request->thread != thread) ||
		    (iosb && request->iosb != iosb))
			continue;
		request->is_cancelled = true;
		request_ref(request);
		return request;
	}
	return NULL;
}

uint32_t win_file_cancel(struct win_file *file, const struct win_thread *thread,
			 const IO_STATUS_BLOCK *iosb)
{
	uint32_t status = PEN_STATUS_NOT_FOUND;

	for (;;) {
		struct win_request *request;

		win_lock();
		request = file_next(file, thread, iosb);
		win_unlock();
		if (!request)
			return status;
		request_cancel(request);
		request_put(request);
		status = 0;
	}
}

uint32_t win_thread_cancel(struct win_thread *thread, const IO_STATUS_BLOCK *iosb)
{
	struct win_request *request;
	bool has_waited;

	win_lock();
	has_waited = win_turn_cancel(thread, iosb);
	request = thread->synchronous;
	if (request && (request->is_done || (iosb && request->iosb != iosb)))
		request = NULL;
	if (request)
		request_ref(request);
	win_unlock();
	if (!request)
		return has_waited ? 0 : PEN_STATUS_NOT_FOUND;
	request_cancel(request);
	request_put(request);
	return 0;
}

void win_file_abandon(struct win_thread *thread)
{
	for (;;) {
		struct win_request *request = NULL;

		win_lock();
		pen_list_each (link, after, &thread->requests) {
			struct win_request *other =
				pen_list_entry(link, struct win_request, of_thread);

			if (!other->is_cancelled && !other->file->port)
				request = other;
		}
		if (request) {
			request->is_cancelled = true;
			request_ref(request);
		}
		win_unlock();
		if (!request)
			return;
		request_cancel(request);
		request_put(request);
	}
}

void win_file_forget(struct win_file *file)
{
	while (!pen_list_is_empty(&file->requests))
		request_unlink(pen_list_entry(file->requests.next, struct win_request, of_file));
}
