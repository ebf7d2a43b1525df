/* SPDX-License-Identifier: MIT */
#include "daemon/hands.h"
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum {
	STACK_SIZE = 1 << 20,
	IDLE_MAX = 8,
	IDLE_S = 10,
};

struct hands {
	hands_work *work;
	pthread_mutex_t mutex; /* of all that follows */
	pthread_cond_t came, left;
	struct pen_list queue;
	uint32_t n_queued;
	uint32_t n_idle; /* that wait for more */
	uint32_t n_threads;
	bool is_ending;
	pthread_t last; /* one that has ended, to be joined by the next that does */
	bool has_last;
};

/* With the mutex. False: nothing came in its time, or there are enough who wait for it. */
static bool await_job(struct hands *hands)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	while (pen_list_is_empty(&hands->queue) && !hands->is_ending && !r) {
		if (hands->n_idle >= IDLE_MAX)
			return false;
		hands->n_idle++;
		r = pthread_cond_timedwait(&hands->came, &hands->mutex, &until);
		hands->n_idle--;
	}
	return !pen_list_is_empty(&hands->queue);
}

/* With the mutex: the one that has ended before. */
static bool take_last(struct hands *hands, pthread_t *threadp)
{
	bool has_last = hands->has_last;

	*threadp = hands->last;
	hands->has_last = false;
	return has_last;
}

static void *run(void *data)
{
	struct hands *hands = data;
	pthread_t before;
	bool has_before;

	pthread_mutex_lock(&hands->mutex);
	while (await_job(hands)) {
		struct pen_list *job = hands->queue.next;

		pen_list_remove(job);
		hands->n_queued--;
		pthread_mutex_unlock(&hands->mutex);
		hands->work(job);
		pthread_mutex_lock(&hands->mutex);
	}
	has_before = take_last(hands, &before);
	hands->last = pthread_self();
	hands->has_last = true;
	hands->n_threads--;
	pthread_cond_signal(&hands->left);
	pthread_mutex_unlock(&hands->mutex);
	if (has_before)
		pthread_join(before, NULL);
	return NULL;
}

static int start_thread(struct hands *hands)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int r = pthread_attr_init(&attributes);

	if (r)
		return -r;
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	r = pthread_create(&thread, &attributes, run, hands);
	pthread_attr_destroy(&attributes);
	return -r;
}

/* With the mutex, which is not held meanwhile. */
static int one_more(struct hands *hands, struct pen_list *job)
{
	int r;

	hands->n_threads++;
	pthread_mutex_unlock(&hands->mutex);
	r = start_thread(hands);
	pthread_mutex_lock(&hands->mutex);
	if (!r)
		return 0;
	hands->n_threads--;
	/* Another may have had the time. */
	if (pen_list_is_empty(job))
		return 0;
	pen_list_remove(job);
	hands->n_queued--;
	return r;
}

int hands_do(struct hands *hands, struct pen_list *job)
{
	int r = 0;

	pthread_mutex_lock(&hands->mutex);
	pen_list_append(&hands->queue, job);
	if (++hands->n_queued <= hands->n_idle)
		pthread_cond_signal(&hands->came);
	else
		r = one_more(hands, job);
	pthread_mutex_unlock(&hands->mutex);
	return r;
}

/* ---- the whole ---- */

int hands_new(struct hands **handsp, hands_work *work)
{
	struct hands *hands = calloc(1, sizeof(*hands));
	pthread_condattr_t attributes;

	if (!hands)
		return -ENOMEM;
	hands->work = work;
	pen_list_init(&hands->queue);
	pthread_mutex_init(&hands->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&hands->came, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_cond_init(&hands->left, NULL);
	*handsp = hands;
	return 0;
}

struct hands *hands_free(struct hands *hands)
{
	pthread_t last;
	bool has_last;

	if (!hands)
		return NULL;
	pthread_mutex_lock(&hands->mutex);
	hands->is_ending = true;
	pthread_cond_broadcast(&hands->came);
	while (hands->n_threads)
		pthread_cond_wait(&hands->left, &hands->mutex);
	has_last = take_last(hands, &last);
	pthread_mutex_unlock(&hands->mutex);
	if (has_last)
		pthread_join(last, NULL);
	pthread_cond_destroy(&hands->came);
	pthread_cond_destroy(&hands->left);
	pthread_mutex_destroy(&hands->mutex);
	free(hands);
	return NULL;
}
