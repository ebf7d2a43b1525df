/* SPDX-License-Identifier: MIT */
#include "io/resolve.h"
#include "base/cleanup.h"
#include <errno.h>
#include <penstock/base.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Shared by the resolver and its thread; the last one to leave frees it. */
struct pen_resolver {
	atomic_int n_users;
	atomic_bool is_done;
	int fd;
	int error;
	struct addrinfo *addresses;
	char port[8];
	char host[];
};

static void release(struct pen_resolver *resolver)
{
	if (atomic_fetch_sub(&resolver->n_users, 1) > 1)
		return;
	if (resolver->addresses)
		freeaddrinfo(resolver->addresses);
	if (resolver->fd >= 0)
		close(resolver->fd);
	free(resolver);
}

struct pen_resolver *pen_resolver_free(struct pen_resolver *resolver)
{
	if (resolver)
		release(resolver);
	return NULL;
}

PEN_DEFINE_FREEP(struct pen_resolver, pen_resolver)

static int look_up(struct pen_resolver *resolver, int flags)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
					.ai_socktype = SOCK_STREAM,
					.ai_flags = flags | AI_NUMERICSERV };

	return getaddrinfo(*resolver->host ? resolver->host : NULL, resolver->port, &hints,
			   &resolver->addresses);
}

static void *resolver_main(void *data)
{
	const uint64_t one = 1;
	struct pen_resolver *resolver = data;
	ssize_t n;

	resolver->error = look_up(resolver, AI_ADDRCONFIG);
	resolver->is_done = true;
	n = write(resolver->fd, &one, sizeof(one));
	(void)n; /* a counter of zero has room for one */
	release(resolver);
	return NULL;
}

/* The thread takes no signal: those belong to the program. */
static int resolver_start(struct pen_resolver *resolver)
{
	pthread_attr_t attributes;
	sigset_t all;
	sigset_t before;
	pthread_t thread;
	int r;

	resolver->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (resolver->fd < 0)
		return -errno;
	r = pthread_attr_init(&attributes);
	if (r)
		return -r;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	atomic_fetch_add(&resolver->n_users, 1);
	r = pthread_create(&thread, &attributes, resolver_main, resolver);
	if (r)
		atomic_fetch_sub(&resolver->n_users, 1);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -r;
}

int pen_resolver_new(struct pen_resolver **resolverp, const char *host, uint16_t port)
{
	pen_cleanup(pen_resolver_freep) struct pen_resolver *resolver = NULL;
	size_t n = strlen(host) + 1;
	int r;

	resolver = calloc(1, sizeof(*resolver) + n);
	if (!resolver)
		return -ENOMEM;
	resolver->n_users = 1;
	resolver->fd = -1;
	memcpy(resolver->host, host, n);
	snprintf(resolver->port, sizeof(resolver->port), "%u", port);

	if (!look_up(resolver, AI_NUMERICHOST)) {
		resolver->is_done = true;
	} else {
		r = resolver_start(resolver);
		if (r)
			return r;
	}
	*resolverp = pen_take(&resolver);
	return 0;
}

int pen_resolver_fd(const struct pen_resolver *resolver)
{
	return resolver->fd;
}

bool pen_resolver_is_done(const struct pen_resolver *resolver)
{
	return resolver->is_done;
}

int pen_resolver_error(const struct pen_resolver *resolver)
{
	return resolver->error;
}

int pen_resolver_address(const struct pen_resolver *resolver, size_t n, struct pen_address *address)
{
	const struct addrinfo *at = resolver->addresses;

	while (at && n--)
		at = at->ai_next;
	if (!at)
		return PEN_E_NOT_FOUND;
	memset(address, 0, sizeof(*address));
	memcpy(&address->storage, at->ai_addr, at->ai_addrlen);
	address->size = at->ai_addrlen;
	return 0;
}
