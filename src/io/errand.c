/* SPDX-License-Identifier: MIT */
#include "io/errand.h"
#include "base/cleanup.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Shared by its owner and its thread; the last one to leave frees it. */
struct pen_errand {
	atomic_int n_users;
	atomic_bool is_done;
	int fd;
	void (*run)(void *data);
	void (*forget)(void *data);
	void *data;
};

static void release(struct pen_errand *errand)
{
	if (atomic_fetch_sub(&errand->n_users, 1) > 1)
		return;
	errand->forget(errand->data);
	close(errand->fd);
	free(errand);
}

struct pen_errand *pen_errand_free(struct pen_errand *errand)
{
	if (errand)
		release(errand);
	return NULL;
}

static void *errand_main(void *data)
{
	const uint64_t one = 1;
	struct pen_errand *errand = data;
	ssize_t n;

	errand->run(errand->data);
	errand->is_done = true;
	n = write(errand->fd, &one, sizeof(one));
	(void)n; /* a counter of zero has room for one */
	release(errand);
	return NULL;
}

/* The thread takes no signal: those belong to the program. */
static int start(struct pen_errand *errand)
{
	pthread_attr_t attributes;
	sigset_t all;
	sigset_t before;
	pthread_t thread;
	int r;

	r = pthread_attr_init(&attributes);
	if (r)
		return -r;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attributes, errand_main, errand);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -r;
}

int pen_errand_new(struct pen_errand **errandp, void (*run)(void *data), void (*forget)(void *data),
		   void *data)
{
	pen_cleanup(pen_freep) struct pen_errand *errand = calloc(1, sizeof(*errand));
	int r;

	if (!errand)
		return -ENOMEM;
	errand->n_users = 2;
	errand->run = run;
	errand->forget = forget;
	errand->data = data;
	errand->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (errand->fd < 0)
		return -errno;
	r = start(errand);
	if (r) {
		close(errand->fd);
		return r;
	}
	*errandp = pen_take(&errand);
	return 0;
}

int pen_errand_fd(const struct pen_errand *errand)
{
	return errand->fd;
}

bool pen_errand_is_done(const struct pen_errand *errand)
{
	return errand->is_done;
}
