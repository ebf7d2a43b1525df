/* SPDX-License-Identifier: MIT */
#include "win32/wait.h"

#include "win32/engine.h"
#include "win32/handle.h"

#include <penstock/status.h>
#include <penstock/win32.h>
#include <time.h>

struct wait_block {
	struct pen_list link; /* of the object's waiters */
	struct wait *wait;
};

struct wait {
	struct win_thread *thread;
	struct win_object **objects;
	unsigned n;
	bool is_all;
	bool is_done;
	unsigned index;
	struct wait_block blocks[WIN_WAIT_MAX];
};

int64_t win_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t win_deadline(DWORD ms)
{
	return ms == UINT32_MAX ? WIN_FOREVER : win_now() + ms * INT64_C(1000000);
}

int64_t win_deadline_nt(const LARGE_INTEGER *timeout)
{
	static const int64_t epoch = INT64_C(116444736000000000); /* 1970, from 1601 on */
	struct timespec now;
	int64_t left;

	if (!timeout)
		return WIN_FOREVER;
	if (timeout->QuadPart < 0) {
		left = timeout->QuadPart == INT64_MIN ? INT64_MAX : -timeout->QuadPart;
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		left = timeout->QuadPart - epoch - now.tv_sec * INT64_C(10000000) -
		       now.tv_nsec / 100;
		left = left < 0 ? 0 : left;
	}
	return left > WIN_FOREVER / 200 ? WIN_FOREVER : win_now() + left * 100;
}

/* The process: it never ends while it waits. */
static void process_free(struct win_object *process)
{
}

static const struct win_type process_type = {
	.kind = WIN_PROCESS,
	.name = "Process",
	.is_waitable = true,
	.free = process_free,
};

static struct win_object process = {
	.type = &process_type,
	.refs = 1,
	.waiters = { &process.waiters, &process.waiters },
};

uint32_t win_wait_get(HANDLE handle, struct win_object **objectp)
{
	struct win_object *object;
	uint32_t granted;
	uint32_t status;

	if (handle == GetCurrentThread())
		return win_thread_get(handle, (struct win_thread **)objectp);
	if (handle == GetCurrentProcess()) {
		win_object_ref(&process);
		*objectp = &process;
		return 0;
	}
	status = win_handle_get(handle, 0, 0, &object, &granted);
	if (status)
		return status;
	if (!object->type->is_waitable)
		status = PEN_STATUS_OBJECT_TYPE_MISMATCH;
	else if (!(granted & SYNCHRONIZE))
		status = PEN_STATUS_ACCESS_DENIED;
	if (status)
		win_object_put(object);
	else
		*objectp = object;
	return status;
}

static void object_take(struct win_object *object)
{
	if (object->is_auto)
		object->is_signaled = false;
}

/* Ends a wait if it can end now, and takes what it waited for. */
static bool wait_try(struct wait *wait)
{
	unsigned n_signaled = 0;

	for (unsigned i = 0; i < wait->n; i++) {
		if (!wait->objects[i]->is_signaled)
			continue;
		n_signaled++;
		if (!wait->is_all) {
			object_take(wait->objects[i]);
			wait->index = i;
			wait->is_done = true;
			return true;
		}
	}
	if (!wait->n || n_signaled < wait->n || !wait->is_all)
		return false;
	for (unsigned i = 0; i < wait->n; i++)
		object_take(wait->objects[i]);
	wait->is_done = true;
	return true;
}

void win_wait_satisfy(struct win_object *object)
{
	pen_list_each (link, after, &object->waiters) {
		struct wait *wait = pen_list_entry(link, struct wait_block, link)->wait;

		if (!wait->is_done && wait_try(wait))
			win_thread_wake(wait->thread);
		if (!object->is_signaled)
			break;
	}
}

static uint32_t wait_run(struct wait *wait, bool is_alertable, int64_t deadline)
{
	struct win_thread *self = wait->thread;
	bool is_over = false;

	self->is_alertable = is_alertable;
	while (!wait->is_done && !is_over && !(is_alertable && !pen_list_is_empty(&self->apcs)))
		is_over = !win_engine_turn(self, deadline);
	self->is_alertable = false;
	win_engine_leave(self);
	if (wait->is_done)
		return PEN_STATUS_WAIT_0 + wait->index;
	if (is_alertable && !pen_list_is_empty(&self->apcs))
		return PEN_STATUS_USER_APC;
	return PEN_STATUS_TIMEOUT;
}

uint32_t win_wait(struct win_object **objects, unsigned n, bool is_all, bool is_alertable,
		  int64_t deadline)
{
	struct wait wait = { .objects = objects, .n = n, .is_all = is_all };
	uint32_t status;

	wait.thread = win_thread_self();
	if (!wait.thread)
		return PEN_STATUS_NO_MEMORY;
	win_lock();
	for (unsigned i = 0; i < n; i++) {
		wait.blocks[i].wait = &wait;
		pen_list_append(&objects[i]->waiters, &wait.blocks[i].link);
	}
	status = wait_try(&wait) ? PEN_STATUS_WAIT_0 + wait.index
				 : wait_run(&wait, is_alertable, deadline);
	for (unsigned i = 0; i < n; i++)
		pen_list_remove(&wait.blocks[i].link);
	win_unlock();
	if (status == PEN_STATUS_USER_APC)
		win_thread_run_apcs(wait.thread);
	return status;
}
