/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_THREAD_H
#define PEN_WIN32_THREAD_H
/*
 * Threads: those that CreateThread makes, and those of the program that come by. Each has a queue
 * of APCs, which run when it waits and lets them.
 */
#include "win32/object.h"

#include <penstock/win32-nt.h>
#include <pthread.h>

struct win_request;
struct win_turn;

struct win_apc {
	struct pen_list link;
	void (*run)(struct win_apc *apc);  /* runs it, and frees it */
	void (*drop)(struct win_apc *apc); /* the thread is over; under the lock */
};

struct win_thread {
	struct win_object object;
	pthread_cond_t cond;
	DWORD id;
	bool is_woken;
	bool is_alertable; /* it waits, and APCs end that */
	bool is_over;
	struct pen_list apcs;
	struct pen_list follower;
	struct pen_list requests;	 /* in flight, begun by it */
	struct win_request *synchronous; /* the one that it waits for on a synchronous handle */
	struct win_turn *turn;		 /* that it waits for there before */
	DWORD exit_code;
	LPTHREAD_START_ROUTINE start;
	void *parameter;
	unsigned n_suspended;
};

/* The calling thread. NULL: no memory for what it needs. */
struct win_thread *win_thread_self(void);

/* Waits for a condition, under the lock, and for nothing else. */
void win_sleep(pthread_cond_t *cond);

/* Under the lock. */
void win_thread_wake(struct win_thread *thread);
void win_thread_queue(struct win_thread *thread, struct win_apc *apc);

/* Runs what is queued for the calling thread; not under the lock. */
void win_thread_run_apcs(struct win_thread *self);

/* A thread's, with GetCurrentThread's pseudo handle too. */
uint32_t win_thread_get(HANDLE handle, struct win_thread **threadp);

#endif
