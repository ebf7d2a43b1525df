/* SPDX-License-Identifier: MIT */
#include "np/fork.h"
#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint32_t generation = 1;
static uint32_t n_forks;

static void before(void)
{
	pthread_mutex_lock(&mutex);
	__atomic_fetch_add(&n_forks, 1, __ATOMIC_RELAXED);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&mutex);
}

static void in_child(void)
{
	__atomic_fetch_add(&generation, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&mutex);
}

static void watch(void)
{
	pthread_atfork(before, in_parent, in_child);
}

uint32_t pen_fork_generation(void)
{
	pthread_once(&once, watch);
	return __atomic_load_n(&generation, __ATOMIC_RELAXED);
}

uint32_t pen_fork_count(void)
{
	return __atomic_load_n(&n_forks, __ATOMIC_RELAXED);
}

void pen_fork_lock(void)
{
	pthread_mutex_lock(&mutex);
}

void pen_fork_unlock(void)
{
	pthread_mutex_unlock(&mutex);
}
