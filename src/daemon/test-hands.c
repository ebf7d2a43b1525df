/* SPDX-License-Identifier: MIT */
#include "daemon/hands.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MANY = 40 };

struct job {
	struct pen_list link;
	bool is_late; /* it waits for all others */
	pthread_t thread;
};

static atomic_uint n_done;
static pthread_barrier_t barrier;

static void work(struct pen_list *link)
{
	struct job *job = pen_list_entry(link, struct job, link);

	job->thread = pthread_self();
	if (job->is_late)
		pthread_barrier_wait(&barrier);
	n_done++;
}

static void do_one(struct hands *hands, struct job *job, bool is_late)
{
	*job = (struct job){ .is_late = is_late };
	pen_list_init(&job->link);
	assert_int_equal(hands_do(hands, &job->link), 0);
}

/* None waits for another to be done, however many there are. */
static void test_each_has_its_own(void **state)
{
	struct job jobs[MANY], more[MANY];
	struct hands *hands;

	n_done = 0;
	pthread_barrier_init(&barrier, NULL, MANY);
	assert_int_equal(hands_new(&hands, work), 0);
	for (int i = 0; i < MANY; i++) {
		do_one(hands, &jobs[i], true);
		do_one(hands, &more[i], false);
	}
	hands_free(hands);
	assert_int_equal(n_done, 2 * MANY);
	pthread_barrier_destroy(&barrier);
}

static void test_one_after_another(void **state)
{
	struct hands *hands;
	struct job job;

	n_done = 0;
	assert_int_equal(hands_new(&hands, work), 0);
	for (unsigned i = 0; i < 2000; i++) {
		do_one(hands, &job, false);
		while (n_done <= i)
			usleep(10);
	}
	hands_free(hands);
	assert_int_equal(n_done, 2000);
}

static void test_nothing_to_do(void **state)
{
	struct hands *hands;

	assert_int_equal(hands_new(&hands, work), 0);
	assert_null(hands_free(hands));
	assert_null(hands_free(NULL));
}

static void test_no_memory(void **state)
{
	struct hands *hands;
	int r;

	for (size_t n = 1; pen_fail_at(n), r = hands_new(&hands, work), pen_fail_hit(); n++)
		assert_int_equal(r, -ENOMEM);
	assert_int_equal(r, 0);
	hands_free(hands);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_has_its_own),
		cmocka_unit_test(test_one_after_another),
		cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
