/* SPDX-License-Identifier: MIT */
#include "runtime/world.h"
#include "crypto/crypto.h"
#include "io/random.h"
#include <time.h>

/* 1601 to 1970, in 100 ns. */
#define UNIX_EPOCH UINT64_C(116444736000000000)

/* Any thread may ask, so there is no batch to take from. */
static int random_bytes(void *data, void *bytes, size_t n)
{
	struct pen_random random = { .n_left = 0 };
	int r = pen_random_fill(&random, bytes, n);

	pen_wipe(&random, sizeof(random));
	return r;
}

static uint64_t now(void *data)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return UNIX_EPOCH + (uint64_t)t.tv_sec * 10000000 + (uint64_t)t.tv_nsec / 100;
}

int pen_world_init(struct pen_world *world)
{
	int r = pen_crypto_new(&world->crypto);

	world->mech = (struct pen_mech_world){
		.crypto = world->crypto,
		.random = random_bytes,
		.now = now,
	};
	return r;
}

void pen_world_done(struct pen_world *world)
{
	world->crypto = pen_crypto_free(world->crypto);
}
