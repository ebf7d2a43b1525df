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

enum errand_state { RUNNING, DONE, ABANDONED };

/* The thread's until it is done, then its owner's; if that has gone, the thread frees it. */
struct pen_errand {
	atomic_int state;
	int fd;
	pthread_t thread;
	void (*run)(void *data);
	void (*forget)(void *data);
	void *data;
};

static void errand_done(struct pen_errand *errand)
{
	errand->forget(errand->data);
	close(errand->fd);
	free(errand);
}

struct pen_errand *pen_errand_free(struct pen_errand *errand)
{
	pthread_t thread;

	if (!errand)
		return NULL;
	thread = errand->thread;
	if (atomic_exchange(&errand->state, ABANDONED) == RUNNING) {
		pthread_detach(thread);
		return NULL;
	}
	pthread_join(thread, NULL);
	errand_done(errand);
	return NULL;
}

static void *errand_main(void *data)
{
	const uint64_t one = 1;
	struct pen_errand *errand = data;
	int fd = errand->fd;
	ssize_t n;

	errand->run(errand->data);
	if (atomic_exchange(&errand->state, DONE) == ABANDONED) {
		errand_done(errand);
		return NULL;
	}
	n = write(fd, &one, sizeof(one));
	(void)n; /* a counter of zero has room for one */
	return NULL;
}

/* The thread takes no signal: those belong to the program. */
static int start(struct pen_errand *errand)
{
	sigset_t all;
	sigset_t before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&errand->thread, NULL, errand_main, errand);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

int pen_errand_new(struct pen_errand **errandp, void (*run)(void *data), void (*forget)(void *data),
		   void *data)
{
	pen_cleanup(pen_freep) struct pen_errand *errand = calloc(1, sizeof(*errand));
	int r;

	if (!errand)
		return -ENOMEM;
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
	return atomic_load(&errand->state) == DONE;
}
