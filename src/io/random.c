/* SPDX-License-Identifier: MIT */
#include "io/random.h"
#include <errno.h>
#include <string.h>
#include <sys/random.h>

static int refill(struct pen_random *random)
{
	size_t got = 0;

	while (got < sizeof(random->bytes)) {
		ssize_t n = getrandom(random->bytes + got, sizeof(random->bytes) - got, 0);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			got += (size_t)n;
	}
	random->n_left = sizeof(random->bytes);
	return 0;
}

int pen_random_fill(struct pen_random *random, void *data, size_t n)
{
	uint8_t *to = data;

	while (n) {
		size_t part;
		int r;

		if (!random->n_left) {
			r = refill(random);
			if (r)
				return r;
		}
		part = n < random->n_left ? n : random->n_left;
		random->n_left -= part;
		memcpy(to, random->bytes + random->n_left, part);
		/* Given out once, and then forgotten. */
		explicit_bzero(random->bytes + random->n_left, part);
		to += part;
		n -= part;
	}
	return 0;
}
