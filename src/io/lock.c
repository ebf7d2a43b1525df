/* SPDX-License-Identifier: MIT */
#include "io/lock.h"
#include "io/clock.h"
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Somebody sleeps until the lock is given back. */
#define HAS_WAITERS UINT32_C(0x80000000)

enum { SPINS = 200 };

/* ---- words ---- */

int pen_word_await(const uint32_t *word, uint32_t value, int wait_ms)
{
	const struct timespec wait = { wait_ms / 1000, wait_ms % 1000 * 1000000L };

	if (syscall(SYS_futex, word, FUTEX_WAIT, value, wait_ms < 0 ? NULL : &wait, NULL, 0) &&
	    errno == ETIMEDOUT)
		return PEN_E_AGAIN;
	return 0;
}

static void wake(const uint32_t *word, int n)
{
	syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);
}

void pen_word_wake(const uint32_t *word)
{
	wake(word, INT_MAX);
}

/* ---- the lock ---- */

static int swap(uint32_t *word, uint32_t *expected, uint32_t value)
{
	return __atomic_compare_exchange_n(word, expected, value, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static int spin(uint32_t *word, uint32_t holder, uint32_t *seen)
{
	for (int i = 0; i < SPINS; i++) {
		*seen = 0;
		if (swap(word, seen, holder))
			return 0;
		if (*seen & HAS_WAITERS)
			break;
	}
	return PEN_E_AGAIN;
}

/* One who has slept does not know whether others still do. */
static int sleep_for(uint32_t *word, uint32_t holder, uint32_t *seen, int64_t until)
{
	for (;;) {
		int64_t left = until - (int64_t)pen_clock_ms();

		*seen = 0;
		if (swap(word, seen, holder | HAS_WAITERS))
			return 0;
		if (left <= 0)
			return PEN_E_AGAIN;
		if (!(*seen & HAS_WAITERS) && !swap(word, seen, *seen | HAS_WAITERS))
			continue;
		pen_word_await(word, *seen | HAS_WAITERS, (int)left);
	}
}

int pen_lock_take(uint32_t *word, uint32_t holder, int wait_ms, uint32_t *holderp)
{
	uint32_t seen;
	int r = spin(word, holder, &seen);

	if (r && wait_ms)
		r = sleep_for(word, holder, &seen, (int64_t)pen_clock_ms() + wait_ms);
	if (r)
		*holderp = seen & ~HAS_WAITERS;
	return r;
}

int pen_lock_inherit(uint32_t *word, uint32_t dead, uint32_t holder)
{
	uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);

	if ((seen & ~HAS_WAITERS) != dead || !swap(word, &seen, holder | HAS_WAITERS))
		return PEN_E_AGAIN;
	return 0;
}

void pen_lock_give(uint32_t *word, uint32_t holder)
{
	uint32_t seen = holder;

	if (__atomic_compare_exchange_n(word, &seen, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		return;
	if (seen != (holder | HAS_WAITERS))
		return;
	/* Who is woken, or comes first, says that there are more. */
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
	wake(word, 1);
}
