/* SPDX-License-Identifier: MIT */
/*
 * Calls at work in another thread: AddOne waits there until it is let go, unless it adds
 * to zero, which the server's own thread does.
 */
#include "runtime/server-work.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/client.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/server.h>
#include <penstock/status.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
	struct pen_server *server;
	pthread_t thread;
	const char *binding;
};

static sem_t begun;
static sem_t let_go;
static _Atomic int n_finished;
static _Atomic int n_freed;
static _Atomic int n_answered;

static void work_run(void *data)
{
	uint32_t *value = data;

	sem_post(&begun);
	while (sem_wait(&let_go) && errno == EINTR)
		;
	*value += 1;
}

struct work {
	uint32_t value;
	struct rpcecho_echo_AddOne_out *out;
};

static int work_finish(struct pen_call *call, void *data)
{
	const struct work *work = data;

	n_finished++;
	work->out->out_data = work->value;
	return 0;
}

static void work_free(void *data)
{
	n_freed++;
	free(data);
}

static const struct pen_call_work work = { work_run, work_finish, work_free };
static const struct pen_call_work brief_work = { work_run, work_finish, work_free, true };

enum { BRIEF = 1000 }; /* what is more is brief */

static int add_one(struct pen_call *call, const struct rpcecho_echo_AddOne_in *in,
		   struct rpcecho_echo_AddOne_out *out)
{
	struct work *w;

	if (!in->in_data) {
		out->out_data = 1;
		return 0;
	}
	w = malloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct work){ .value = in->in_data, .out = out };
	return pen_call_work(call, w->value >= BRIEF ? &brief_work : &work, w);
}

static const struct rpcecho_operations operations = { .echo_AddOne = add_one };
static const struct pen_service service = { .interface = &rpcecho_interface,
					    .operations = &operations };

static void *run(void *data)
{
	struct fixture *f = data;

	pen_server_run(f->server);
	return NULL;
}

static int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	sem_init(&begun, 0, 0);
	sem_init(&let_go, 0, 0);
	n_finished = n_freed = 0;
	assert_int_equal(pen_server_new(&f->server, NULL), 0);
	assert_int_equal(pen_server_add(f->server, &service, NULL), 0);
	assert_int_equal(
		pen_server_listen(f->server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &f->binding), 0);
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
	*state = f;
	return 0;
}

static void halt(struct fixture *f)
{
	pen_server_stop(f->server);
	pthread_join(f->thread, NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->server) {
		halt(f);
		pen_server_free(f->server);
	}
	sem_destroy(&begun);
	sem_destroy(&let_go);
	test_free(f);
	return 0;
}

/* ---- callers ---- */

struct caller {
	struct pen_client *client;
	struct pen_call *call;
	pthread_t thread;
	uint32_t value;
	int r;
};

static void caller_init(struct caller *caller, const struct fixture *f, uint32_t value)
{
	struct pen_ndr_error error;

	*caller = (struct caller){ .value = value };
	assert_int_equal(pen_client_new(&caller->client, f->binding, NULL, &error), 0);
	assert_int_equal(pen_call_new(&caller->call, caller->client), 0);
}

static void caller_done(struct caller *caller)
{
	pen_call_free(caller->call);
	pen_client_free(caller->client);
}

static void *call(void *data)
{
	struct caller *caller = data;
	const struct rpcecho_echo_AddOne_in in = { .in_data = caller->value };
	struct rpcecho_echo_AddOne_out out = { 0 };

	caller->r = rpcecho_echo_AddOne(caller->call, &in, &out);
	if (!caller->r)
		caller->value = out.out_data;
	return NULL;
}

/* Until its call is at work. */
static void caller_begin(struct caller *caller)
{
	assert_int_equal(pthread_create(&caller->thread, NULL, call, caller), 0);
	sem_wait(&begun);
}

static void expect_answer(const struct fixture *f, uint32_t value, int r, uint32_t status)
{
	struct caller caller;

	caller_init(&caller, f, value);
	call(&caller);
	assert_int_equal(caller.r, r);
	if (r)
		assert_int_equal(pen_call_fault(caller.call), status);
	else
		assert_int_equal(caller.value, value + 1);
	caller_done(&caller);
}

/* ---- tests ---- */

/* While one call is at work others are answered, and of that client no second is taken on. */
static void test_others_are_answered(void **state)
{
	struct fixture *f = *state;
	struct caller slow;

	caller_init(&slow, f, 41);
	caller_begin(&slow);
	for (int i = 0; i < 3; i++)
		expect_answer(f, 0, 0, 0);
	expect_answer(f, 5, PEN_E_FAULT, PEN_FAULT_SERVER_TOO_BUSY);
	assert_int_equal(n_finished, 0);
	sem_post(&let_go);
	pthread_join(slow.thread, NULL);
	assert_int_equal(slow.r, 0);
	assert_int_equal(slow.value, 42);
	caller_done(&slow);

	sem_post(&let_go);
	expect_answer(f, 5, 0, 0);
	assert_int_equal(n_finished, 2);
	assert_int_equal(n_freed, 3);
}

/* What is brief is not held against a client, nor are long calls by it. */
static void test_brief_ones(void **state)
{
	struct fixture *f = *state;
	struct caller callers[3];

	for (uint32_t i = 0; i < PEN_COUNT(callers); i++) {
		caller_init(&callers[i], f, i ? BRIEF + i : 1);
		caller_begin(&callers[i]);
	}
	expect_answer(f, 0, 0, 0);
	expect_answer(f, 5, PEN_E_FAULT, PEN_FAULT_SERVER_TOO_BUSY);
	for (size_t i = 0; i < PEN_COUNT(callers); i++)
		sem_post(&let_go);
	for (uint32_t i = 0; i < PEN_COUNT(callers); i++) {
		pthread_join(callers[i].thread, NULL);
		assert_int_equal(callers[i].r, 0);
		assert_int_equal(callers[i].value, i ? BRIEF + i + 1 : 2);
		caller_done(&callers[i]);
	}
	assert_int_equal(n_finished, 3);
	assert_int_equal(n_freed, 4);
}

static void *call_and_count(void *data)
{
	call(data);
	n_answered++;
	return NULL;
}

/* There are more than threads at a time, and one more than may be is refused. */
static void test_many_brief_ones(void **state)
{
	enum { N = PEN_CALL_BRIEF_WORKS_MAX + 1 };
	struct fixture *f = *state;
	struct caller *callers = test_calloc(N, sizeof(*callers));
	unsigned n_refused = 0;

	n_answered = 0;
	for (uint32_t i = 0; i < N; i++) {
		caller_init(&callers[i], f, BRIEF + i);
		assert_int_equal(
			pthread_create(&callers[i].thread, NULL, call_and_count, &callers[i]), 0);
	}
	while (!n_answered)
		usleep(1000);
	for (uint32_t i = 0; i < N; i++)
		sem_post(&let_go);
	for (uint32_t i = 0; i < N; i++) {
		pthread_join(callers[i].thread, NULL);
		if (callers[i].r) {
			assert_int_equal(callers[i].r, PEN_E_FAULT);
			assert_int_equal(pen_call_fault(callers[i].call),
					 PEN_FAULT_SERVER_TOO_BUSY);
			n_refused++;
		}
		caller_done(&callers[i]);
	}
	assert_int_equal(n_refused, 1);
	test_free(callers);
}

static void gone(struct pen_call *call, int result, void *data)
{
	assert_int_equal(result, PEN_E_CLOSED);
}

/* A client that goes has its place taken until its call is done, under which nothing goes. */
static void test_client_goes(void **state)
{
	struct fixture *f = *state;
	const struct rpcecho_echo_AddOne_in in = { .in_data = 41 };
	struct rpcecho_echo_AddOne_out out = { 0 };
	struct caller slow;

	caller_init(&slow, f, 41);
	assert_int_equal(rpcecho_echo_AddOne_start(slow.call, &in, &out, gone, NULL), 0);
	while (sem_trywait(&begun)) {
		struct pollfd wait = { pen_client_fd(slow.client), pen_client_events(slow.client),
				       0 };

		poll(&wait, 1, 20);
		pen_client_dispatch(slow.client);
	}
	pen_client_free(slow.client);
	pen_call_free(slow.call);
	expect_answer(f, 0, 0, 0);
	expect_answer(f, 5, PEN_E_FAULT, PEN_FAULT_SERVER_TOO_BUSY);
	sem_post(&let_go);
	halt(f);
	f->server = pen_server_free(f->server);
	assert_int_equal(n_finished, 1);
	assert_int_equal(n_freed, 2);
}

static void *let_go_later(void *data)
{
	sem_post(&let_go);
	return NULL;
}

/* A server that ends waits for what is at work. */
static void test_server_ends(void **state)
{
	struct fixture *f = *state;
	struct caller slow;
	pthread_t other;

	caller_init(&slow, f, 41);
	caller_begin(&slow);
	halt(f);
	assert_int_equal(pthread_create(&other, NULL, let_go_later, NULL), 0);
	f->server = pen_server_free(f->server);
	assert_int_equal(n_finished, 1);
	assert_int_equal(n_freed, 1);
	pthread_join(other, NULL);
	pthread_join(slow.thread, NULL);
	assert_int_not_equal(slow.r, 0);
	caller_done(&slow);
}

static void test_direct_call(void **state)
{
	const struct rpcecho_echo_AddOne_in in = { .in_data = 6 };
	struct rpcecho_echo_AddOne_out out = { 0 };
	struct pen_call *direct;

	assert_int_equal(pen_call_new_direct(&direct, NULL, NULL, NULL), 0);
	sem_post(&let_go);
	assert_int_equal(add_one(direct, &in, &out), 0);
	assert_int_equal(out.out_data, 7);
	assert_int_equal(n_freed, 1);
	pen_call_free(direct);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_others_are_answered), TEST(test_brief_ones),	TEST(test_many_brief_ones),
		TEST(test_client_goes),		TEST(test_server_ends), TEST(test_direct_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
