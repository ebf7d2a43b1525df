/* SPDX-License-Identifier: MIT */
#include "io/lock.h"
#include "support/unit.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELD_BY_OTHER = 7, N_PROCESSES = 4, N_TURNS = 20000, LONG_MS = 60000 };

struct memory {
	uint32_t lock;
	uint32_t word;
	uint64_t inside; /* the lock: changed in two steps */
	uint64_t count;
};

static struct memory *make(void)
{
	struct memory *memory = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(memory != MAP_FAILED);
	return memory;
}

static void done(struct memory *memory)
{
	munmap(memory, sizeof(*memory));
}

static int count_up(struct memory *memory, uint32_t holder)
{
	uint32_t other;

	for (int i = 0; i < N_TURNS; i++) {
		if (pen_lock_take(&memory->lock, holder, LONG_MS, &other))
			return 1;
		if (memory->inside)
			return 2;
		memory->inside = holder;
		memory->count++;
		memory->inside = 0;
		pen_lock_give(&memory->lock, holder);
	}
	return 0;
}

/* One at a time, and all get their turns. */
static void test_several_processes(void **state)
{
	struct memory *memory = make();
	pid_t children[N_PROCESSES];
	int status;

	for (uint32_t i = 0; i < N_PROCESSES; i++) {
		children[i] = fork();
		if (!children[i])
			_exit(count_up(memory, i + 1));
	}
	for (int i = 0; i < N_PROCESSES; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(memory->count, N_PROCESSES * N_TURNS);
	assert_int_equal(memory->lock & PEN_LOCK_HOLDER_MAX, 0);
	done(memory);
}

/* Who does not get it is told who has it, as far as the word is true. */
static void test_it_is_held(void **state)
{
	struct memory *memory = make();
	uint32_t other = 0;

	assert_int_equal(pen_lock_take(&memory->lock, HELD_BY_OTHER, 0, &other), 0);
	for (int wait_ms = 0; wait_ms < 3; wait_ms++) {
		other = 0;
		assert_int_equal(pen_lock_take(&memory->lock, 1, wait_ms, &other), PEN_E_AGAIN);
		assert_int_equal(other, HELD_BY_OTHER);
	}
	pen_lock_give(&memory->lock, HELD_BY_OTHER);
	assert_int_equal(pen_lock_take(&memory->lock, 1, 0, &other), 0);
	pen_lock_give(&memory->lock, 1);
	assert_int_equal(memory->lock, 0);
	done(memory);
}

/* A process died with it: one of those who know takes it, and wakes the others in its turn. */
static void test_inherit(void **state)
{
	struct memory *memory = make();
	pid_t child = fork();
	uint32_t other;
	int status;

	if (!child) {
		pen_lock_take(&memory->lock, HELD_BY_OTHER, 0, &other);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(pen_lock_take(&memory->lock, 1, 1, &other), PEN_E_AGAIN);
	assert_int_equal(pen_lock_inherit(&memory->lock, HELD_BY_OTHER + 1, 1), PEN_E_AGAIN);
	assert_int_equal(pen_lock_inherit(&memory->lock, other, 1), 0);
	assert_int_equal(pen_lock_inherit(&memory->lock, other, 2), PEN_E_AGAIN);
	pen_lock_give(&memory->lock, 1);
	assert_int_equal(pen_lock_take(&memory->lock, 2, 0, &other), 0);
	done(memory);
}

/* Whatever a hostile process writes there: nobody waits longer than it wants to. */
static void test_nonsense(void **state)
{
	static const uint32_t rows[] = { 0x80000000, 0xffffffff, 0x7fffffff, 5 };
	struct memory *memory = make();

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		uint32_t other;

		memory->lock = rows[i];
		assert_int_equal(pen_lock_take(&memory->lock, 1, 2, &other), PEN_E_AGAIN);
		pen_lock_give(&memory->lock, 1);
		assert_int_equal(memory->lock & PEN_LOCK_HOLDER_MAX, rows[i] & PEN_LOCK_HOLDER_MAX);
	}
	done(memory);
}

static void test_words(void **state)
{
	struct memory *memory = make();
	pid_t child;
	int status;

	assert_int_equal(pen_word_await(&memory->word, 1, LONG_MS), 0);
	assert_int_equal(pen_word_await(&memory->word, 0, 1), PEN_E_AGAIN);
	child = fork();
	if (!child) {
		while (!__atomic_load_n(&memory->word, __ATOMIC_ACQUIRE))
			if (pen_word_await(&memory->word, 0, LONG_MS))
				_exit(1);
		_exit(0);
	}
	__atomic_store_n(&memory->word, 1, __ATOMIC_RELEASE);
	pen_word_wake(&memory->word);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	done(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several_processes),
		cmocka_unit_test(test_it_is_held),
		cmocka_unit_test(test_inherit),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
