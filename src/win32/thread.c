/* SPDX-License-Identifier: MIT */
#include "win32/thread.h"

#include "win32/engine.h"
#include "win32/error.h"
#include "win32/file.h"
#include "win32/handle.h"

#include <penstock/status.h>
#include <penstock/win32.h>
#include <stdlib.h>
#include <unistd.h>

/* The calling thread's, which it is by itself when it first waits or begins something. */
static __thread struct win_thread *current;
static pthread_key_t over_key;

static void thread_free(struct win_object *object)
{
	struct win_thread *thread = (struct win_thread *)object;

	pthread_cond_destroy(&thread->cond);
	free(thread);
}

static const struct win_type thread_type = {
	.kind = WIN_THREAD,
	.name = "Thread",
	.generic_read = READ_CONTROL | 0x48,
	.generic_write = READ_CONTROL | 0x37,
	.generic_execute = READ_CONTROL | SYNCHRONIZE | 0x800,
	.generic_all = THREAD_ALL_ACCESS,
	.is_waitable = true,
	.free = thread_free,
};

/*
 * The thread ends: what it has begun is cancelled, but for what goes to a port, and what was to
 * run in it will not.
 */
static void thread_over(void *pointer)
{
	struct win_thread *thread = pointer;

	win_file_abandon(thread);
	win_lock();
	thread->is_over = true;
	while (!pen_list_is_empty(&thread->apcs)) {
		struct win_apc *apc = pen_list_entry(thread->apcs.next, struct win_apc, link);

		pen_list_remove(&apc->link);
		apc->drop(apc);
	}
	win_object_signal(&thread->object);
	win_unlock();
	current = NULL;
	win_object_put(&thread->object);
}

static void thread_key(void)
{
	pthread_key_create(&over_key, thread_over);
}

static struct win_thread *thread_new(void)
{
	struct win_thread *thread = calloc(1, sizeof(*thread));
	pthread_condattr_t attributes;

	if (!thread)
		return NULL;
	win_object_init(&thread->object, &thread_type);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&thread->cond, &attributes);
	pthread_condattr_destroy(&attributes);
	pen_list_init(&thread->apcs);
	pen_list_init(&thread->follower);
	pen_list_init(&thread->requests);
	return thread;
}

static void thread_adopt(struct win_thread *thread)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, thread_key);
	pthread_setspecific(over_key, thread);
	current = thread;
	win_lock();
	thread->id = gettid();
	pthread_cond_broadcast(&thread->cond);
	win_unlock();
}

struct win_thread *win_thread_self(void)
{
	struct win_thread *thread = current;

	if (thread)
		return thread;
	thread = thread_new();
	if (thread)
		thread_adopt(thread);
	return thread;
}

void win_thread_wake(struct win_thread *thread)
{
	thread->is_woken = true;
	if (!win_engine_kick(thread))
		pthread_cond_signal(&thread->cond);
}

void win_thread_queue(struct win_thread *thread, struct win_apc *apc)
{
	if (thread->is_over) {
		apc->drop(apc);
		return;
	}
	pen_list_append(&thread->apcs, &apc->link);
	if (thread->is_alertable)
		win_thread_wake(thread);
}

void win_thread_run_apcs(struct win_thread *self)
{
	win_lock();
	while (!pen_list_is_empty(&self->apcs)) {
		struct win_apc *apc = pen_list_entry(self->apcs.next, struct win_apc, link);

		pen_list_remove(&apc->link);
		win_unlock();
		apc->run(apc);
		win_lock();
	}
	win_unlock();
}

uint32_t win_thread_get(HANDLE handle, struct win_thread **threadp)
{
	if (handle != GetCurrentThread())
		return win_handle_get(handle, WIN_THREAD, 0, threadp, NULL);
	*threadp = win_thread_self();
	if (!*threadp)
		return PEN_STATUS_NO_MEMORY;
	win_object_ref(&(*threadp)->object);
	return 0;
}

/* ---- CreateThread and its like ---- */

static void *thread_main(void *pointer)
{
	struct win_thread *thread = pointer;

	thread_adopt(thread);
	win_lock();
	while (thread->n_suspended)
		win_sleep(&thread->cond);
	win_unlock();
	win_thread_run_apcs(thread);
	ExitThread(thread->start(thread->parameter));
}

/* Its number is known when it runs. */
static uint32_t thread_start(struct win_thread *thread, SIZE_T stack_size)
{
	pthread_attr_t attributes;
	pthread_t id;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (stack_size)
		pthread_attr_setstacksize(&attributes, stack_size < 65536 ? 65536 : stack_size);
	win_object_ref(&thread->object);
	error = pthread_create(&id, &attributes, thread_main, thread);
	pthread_attr_destroy(&attributes);
	if (error) {
		win_object_put(&thread->object);
		return pen_ntstatus_from_errno(error);
	}
	win_lock();
	while (!thread->id)
		win_sleep(&thread->cond);
	win_unlock();
	return 0;
}

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack_size,
			   LPTHREAD_START_ROUTINE start, LPVOID parameter, DWORD flags, LPDWORD idp)
{
	struct win_thread *thread = thread_new();
	HANDLE handle = NULL;
	uint32_t status;

	if (!thread) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	thread->start = start;
	thread->parameter = parameter;
	thread->n_suspended = !!(flags & CREATE_SUSPENDED);
	status = win_handle_new(&thread->object, THREAD_ALL_ACCESS,
				attributes && attributes->bInheritHandle, &handle);
	if (!status)
		status = thread_start(thread, stack_size);
	if (!status && idp)
		*idp = thread->id;
	if (status && handle) {
		win_handle_close(handle);
		handle = NULL;
	}
	win_object_put(&thread->object);
	win_set_error(status);
	return handle;
}

DWORD WINAPI ResumeThread(HANDLE handle)
{
	struct win_thread *thread;
	DWORD n;

	if (win_set_error(win_thread_get(handle, &thread)))
		return UINT32_MAX;
	win_lock();
	n = thread->n_suspended;
	if (n)
		thread->n_suspended--;
	pthread_cond_broadcast(&thread->cond);
	win_unlock();
	win_object_put(&thread->object);
	return n;
}

VOID WINAPI ExitThread(DWORD code)
{
	struct win_thread *thread = win_thread_self();

	if (thread)
		thread->exit_code = code;
	pthread_exit(NULL);
}

BOOL WINAPI GetExitCodeThread(HANDLE handle, LPDWORD codep)
{
	struct win_thread *thread;

	if (win_set_error(win_thread_get(handle, &thread)))
		return FALSE;
	win_lock();
	*codep = thread->is_over ? thread->exit_code : STILL_ACTIVE;
	win_unlock();
	win_object_put(&thread->object);
	return TRUE;
}

HANDLE WINAPI GetCurrentThread(VOID)
{
	return (HANDLE)(LONG_PTR)-2;
}

DWORD WINAPI GetCurrentThreadId(VOID)
{
	return gettid();
}

DWORD WINAPI GetThreadId(HANDLE handle)
{
	struct win_thread *thread;
	DWORD id;

	if (handle == GetCurrentThread())
		return GetCurrentThreadId();
	if (win_set_error(win_thread_get(handle, &thread)))
		return 0;
	id = thread->id;
	win_object_put(&thread->object);
	return id;
}

/* ---- QueueUserAPC ---- */

struct user_apc {
	struct win_apc apc;
	PAPCFUNC function;
	ULONG_PTR data;
};

static void user_apc_run(struct win_apc *apc)
{
	struct user_apc user = *(struct user_apc *)apc;

	free(apc);
	user.function(user.data);
}

static void user_apc_drop(struct win_apc *apc)
{
	free(apc);
}

DWORD WINAPI QueueUserAPC(PAPCFUNC function, HANDLE handle, ULONG_PTR data)
{
	struct user_apc *apc = calloc(1, sizeof(*apc));
	struct win_thread *thread;
	uint32_t status;

	status = apc ? win_thread_get(handle, &thread) : PEN_STATUS_NO_MEMORY;
	if (win_set_error(status)) {
		free(apc);
		return FALSE;
	}
	*apc = (struct user_apc){ { .run = user_apc_run, .drop = user_apc_drop }, function, data };
	win_lock();
	if (thread->is_over)
		status = PEN_STATUS_UNSUCCESSFUL;
	win_thread_queue(thread, &apc->apc);
	win_unlock();
	win_object_put(&thread->object);
	return !win_set_error(status);
}

/* ---- <process.h> ---- */

struct start {
	unsigned (*start)(void *parameter);
	void *parameter;
};

static DWORD start_run(void *pointer)
{
	struct start start = *(struct start *)pointer;

	free(pointer);
	return start.start(start.parameter);
}

uintptr_t __cdecl _beginthreadex(void *attributes, unsigned stack_size,
				 unsigned(__stdcall *function)(void *parameter), void *parameter,
				 unsigned flags, unsigned *idp)
{
	struct start *start = malloc(sizeof(*start));
	HANDLE handle;

	if (!start)
		return 0;
	*start = (struct start){ function, parameter };
	handle = CreateThread(attributes, stack_size, start_run, start, flags, idp);
	if (!handle)
		free(start);
	return (uintptr_t)handle;
}

void __cdecl _endthreadex(unsigned code)
{
	ExitThread(code);
}
