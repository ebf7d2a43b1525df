/* SPDX-License-Identifier: MIT */
/*
 * Operations with pipes, by tables as penidl would make them: "up" adds what it is sent, "down"
 * sends as many numbers as it is asked for.
 */
#include "ndr/derive.h"
#include "runtime/flow.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/client.h>
#include <penstock/server.h>
#include <penstock/status.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { UP, DOWN, N_OPERATIONS, SOME = 5000, MANY = 3000000 };

/* What "up" does, by its first parameter. */
enum manner { ADDS, FAILS_AT_ONCE, FAILS_LATER, IGNORES_IT };

struct up_in {
	uint32_t manner;
	struct pen_call_pipe numbers;
};

struct up_out {
	uint64_t sum;
	uint32_t n;
};

struct down_in {
	uint32_t n;
};

struct down_out {
	uint32_t before;
	struct pen_call_pipe numbers;
	uint64_t sum;
};

#define FIELD(s, member, type_)                                                                    \
	{                                                                                          \
		.name = #member, .type = (type_), .offset = offsetof(struct s, member)             \
	}

static const struct pen_type pipe_type = { .kind = PEN_PIPE,
					   .size = sizeof(struct pen_call_pipe),
					   .element = &pen_type_u32 };
static struct pen_field up_in_fields[] = { FIELD(up_in, manner, &pen_type_u32),
					   FIELD(up_in, numbers, &pipe_type) };
static struct pen_field up_out_fields[] = { FIELD(up_out, sum, &pen_type_u64),
					    FIELD(up_out, n, &pen_type_u32) };
static struct pen_field down_in_fields[] = { FIELD(down_in, n, &pen_type_u32) };
static struct pen_field down_out_fields[] = { FIELD(down_out, before, &pen_type_u32),
					      FIELD(down_out, numbers, &pipe_type),
					      FIELD(down_out, sum, &pen_type_u64) };

#define PARAMETERS(s)                                                                              \
	{                                                                                          \
		.kind = PEN_PARAMETERS, .size = sizeof(struct s), .fields = s##_fields,            \
		.n_fields = PEN_COUNT(s##_fields)                                                  \
	}

static struct pen_type up_in = PARAMETERS(up_in), up_out = PARAMETERS(up_out);
static struct pen_type down_in = PARAMETERS(down_in), down_out = PARAMETERS(down_out);

/* ---- the server ---- */

static _Atomic int n_cancelled;

struct job {
	const void *in;
	void *out;
	uint32_t n;
	uint64_t sum;
	struct pen_call *call;
};

static struct job *job_new(struct pen_call *call, const void *in, void *out)
{
	struct job *job = pen_arena_zalloc(pen_call_arena(call), sizeof(*job));

	assert_non_null(job);
	job->in = in;
	job->out = out;
	job->call = call;
	return job;
}

static int add(struct job *job)
{
	const struct up_in *in = job->in;
	uint32_t numbers[1000];
	size_t n;
	int r;

	while (!(r = pen_call_pull(job->call, &in->numbers, numbers, PEN_COUNT(numbers), &n)) &&
	       n) {
		for (size_t i = 0; i < n; i++)
			job->sum += numbers[i];
		job->n += (uint32_t)n;
		if (in->manner == FAILS_LATER && job->n > SOME / 2)
			return pen_call_fail(job->call, 0x1234, "No more.");
	}
	if (r)
		return r;
	*(struct up_out *)job->out = (struct up_out){ job->sum, job->n };
	return 0;
}

static int count(struct job *job)
{
	const struct down_in *in = job->in;
	struct down_out *out = job->out;
	uint32_t numbers[1000];
	int r;

	while (job->n < in->n) {
		size_t n = 0;

		while (n < PEN_COUNT(numbers) && job->n + n < in->n) {
			numbers[n] = job->n + (uint32_t)n;
			n++;
		}
		r = pen_call_push(job->call, &out->numbers, numbers, n);
		if (r)
			return r;
		for (size_t i = 0; i < n; i++)
			job->sum += numbers[i];
		job->n += (uint32_t)n;
	}
	out->before = in->n;
	out->sum = job->sum;
	return 0;
}

static void add_more(struct pen_call *call, void *data)
{
	int r = add(data);

	if (r != PEN_E_AGAIN)
		pen_call_finish(call, r);
}

static void count_more(struct pen_call *call, void *data)
{
	int r = count(data);

	if (r != PEN_E_AGAIN)
		pen_call_finish(call, r);
}

static void given_up(struct pen_call *call, void *data)
{
	n_cancelled++;
	pen_call_finish(call, PEN_E_CANCELLED);
}

static int up(const void *operations, struct pen_call *call, const void *in, void *out)
{
	struct job *job = job_new(call, in, out);
	uint32_t number;
	size_t n;
	int r;

	switch (((const struct up_in *)in)->manner) {
	case FAILS_AT_ONCE:
		return pen_call_fail(call, 0x1234, "Not today.");
	case IGNORES_IT:
		((struct up_out *)out)->n = 77;
		return 0;
	default:
		break;
	}
	assert_int_equal(pen_call_pull(call, &(struct pen_call_pipe){ 0 }, &number, 1, &n),
			 -EINVAL);
	pen_call_on_flow(call, add_more, job);
	pen_call_on_cancel(call, given_up, NULL);
	r = add(job);
	return r == PEN_E_AGAIN ? PEN_PENDING : r;
}

static int down(const void *operations, struct pen_call *call, const void *in, void *out)
{
	struct job *job = job_new(call, in, out);
	int r;

	pen_call_on_flow(call, count_more, job);
	pen_call_on_cancel(call, given_up, NULL);
	r = count(job);
	return r == PEN_E_AGAIN ? PEN_PENDING : r;
}

static const struct pen_operation operations[] = {
	[UP] = { .name = "up",
		 .flags = PEN_OPERATION_IN_PIPES,
		 .in = &up_in,
		 .out = &up_out,
		 .dispatch = up },
	[DOWN] = { .name = "down",
		   .flags = PEN_OPERATION_OUT_PIPES,
		   .in = &down_in,
		   .out = &down_out,
		   .dispatch = down },
};
static const struct pen_interface interface = {
	.name = "streams",
	.id = { { .time_low = 0x5eed }, 1, 0 },
	.operations = operations,
	.n_operations = N_OPERATIONS,
};
static const struct pen_service service = { .interface = &interface, .operations = &interface };

struct fixture {
	struct pen_server *server;
	pthread_t thread;
	const char *binding;
	struct pen_client *client;
	struct pen_call *call;
};

static void *run(void *data)
{
	struct fixture *f = data;

	pen_server_run(f->server);
	return NULL;
}

static void open_client(struct fixture *f, const struct pen_client_config *config)
{
	assert_int_equal(pen_client_new(&f->client, f->binding, config, NULL), 0);
	assert_int_equal(pen_call_new(&f->call, f->client), 0);
}

static void close_client(struct fixture *f)
{
	f->call = pen_call_free(f->call);
	f->client = pen_client_free(f->client);
}

static int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	pen_type_derive(&up_in);
	pen_type_derive(&up_out);
	pen_type_derive(&down_in);
	pen_type_derive(&down_out);
	n_cancelled = 0;
	assert_int_equal(pen_server_new(&f->server, NULL), 0);
	assert_int_equal(pen_server_add(f->server, &service, NULL), 0);
	assert_int_equal(
		pen_server_listen(f->server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &f->binding), 0);
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
	open_client(f, NULL);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	close_client(f);
	pen_server_stop(f->server);
	pthread_join(f->thread, NULL);
	pen_server_free(f->server);
	test_free(f);
	return 0;
}

/* ---- what a caller has at the ends of his pipes ---- */

struct end {
	uint32_t n, max; /* so far, and in all */
	uint64_t sum;
	uint32_t fails_at; /* 0: never */
	unsigned period;   /* of times when there is nothing; 0: never */
	unsigned n_times, n_ends;
};

static bool has_nothing(struct end *end)
{
	return end->period && ++end->n_times % end->period == 0;
}

static int give(void *data, void *elements, size_t max, size_t *np)
{
	struct end *end = data;
	uint32_t *numbers = elements;

	*np = 0;
	if (has_nothing(end))
		return PEN_E_AGAIN;
	if (end->fails_at && end->n >= end->fails_at)
		return -EIO;
	while (*np < max && *np < 777 && end->n < end->max) {
		end->sum += end->n;
		numbers[(*np)++] = end->n++;
	}
	end->n_ends += !*np;
	return 0;
}

static int take(void *data, const void *elements, size_t n)
{
	const uint32_t *numbers = elements;
	struct end *end = data;

	if (has_nothing(end))
		return PEN_E_AGAIN;
	if (end->fails_at && end->n >= end->fails_at)
		return -EIO;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(numbers[i], end->n++);
		end->sum += numbers[i];
	}
	end->n_ends += !n;
	return 0;
}

static int send_up(struct fixture *f, enum manner manner, struct end *end, struct up_out *out)
{
	const struct up_in in = { manner, { .pull = give, .data = end } };

	memset(out, 0, sizeof(*out));
	return pen_call_invoke(f->call, &interface, UP, &in, out);
}

static int fetch_down(struct fixture *f, uint32_t n, struct end *end, struct down_out *out)
{
	const struct down_in in = { n };

	*out = (struct down_out){ .numbers = { .push = take, .data = end } };
	return pen_call_invoke(f->call, &interface, DOWN, &in, out);
}

/* ---- the tests ---- */

static void expect_up(struct fixture *f, uint32_t n)
{
	struct end end = { .max = n };
	struct up_out out;

	assert_int_equal(send_up(f, ADDS, &end, &out), 0);
	assert_int_equal(out.n, n);
	assert_int_equal(out.sum, end.sum);
	assert_int_equal(end.n_ends, 1);
}

static void expect_down(struct fixture *f, uint32_t n)
{
	struct end end = { 0 };
	struct down_out out;

	assert_int_equal(fetch_down(f, n, &end, &out), 0);
	assert_int_equal(end.n, n);
	assert_int_equal(end.n_ends, 1);
	assert_int_equal(out.before, n);
	assert_int_equal(out.sum, end.sum);
}

static void test_some_and_many(void **state)
{
	struct fixture *f = *state;

	for (uint32_t n = 0; n < 20; n++) {
		expect_up(f, n);
		expect_down(f, n);
	}
	expect_up(f, SOME);
	expect_down(f, SOME);
	expect_up(f, MANY);
	expect_down(f, MANY);
}

static void test_other_layouts(void **state)
{
	const struct pen_client_config configs[] = { { .refuse_ndr64 = true },
						     { .is_big_endian = true } };
	struct fixture *f = *state;

	for (size_t i = 0; i < PEN_COUNT(configs); i++) {
		close_client(f);
		open_client(f, &configs[i]);
		expect_up(f, 3 * SOME);
		expect_down(f, 3 * SOME);
	}
}

static void test_an_operation_that_fails(void **state)
{
	struct fixture *f = *state;
	struct up_out out;

	for (int i = 0; i < 20; i++) {
		struct end end = { .max = i % 2 ? MANY : SOME };

		assert_int_equal(send_up(f, i % 4 < 2 ? FAILS_AT_ONCE : FAILS_LATER, &end, &out),
				 PEN_E_FAULT);
		assert_int_equal(pen_call_fault(f->call), 0x1234);
	}
	expect_up(f, SOME);
}

static void test_an_operation_that_does_not_pull(void **state)
{
	struct fixture *f = *state;
	struct end end = { .max = MANY };
	struct up_out out;

	assert_int_equal(send_up(f, IGNORES_IT, &end, &out), 0);
	assert_int_equal(out.n, 77);
	assert_int_equal(end.n, MANY);
	expect_up(f, SOME);
}

static void test_a_caller_that_fails(void **state)
{
	struct fixture *f = *state;
	struct down_out down_answer;
	struct up_out out;

	for (int i = 0; i < 10; i++) {
		struct end end = { .max = MANY, .fails_at = i % 2 ? 1 : 100000 };

		assert_int_equal(send_up(f, ADDS, &end, &out), -EIO);
		end.n = 0;
		assert_int_equal(fetch_down(f, MANY / 10, &end, &down_answer), -EIO);
	}
	expect_up(f, SOME);
	expect_down(f, SOME);
	for (int i = 0; i < 10000 && n_cancelled < 5; i++)
		poll(NULL, 0, 1);
	assert_true(n_cancelled >= 5);
}

/* ---- started calls ---- */

static void done(struct pen_call *call, int result, void *data)
{
	*(int *)data = result;
}

static void drive(struct fixture *f, const int *result)
{
	while (*result == PEN_PENDING) {
		struct pollfd poller = { .fd = pen_client_fd(f->client),
					 .events = pen_client_events(f->client) };

		/* Now and then the ends have something again. */
		poll(&poller, 1, 1);
		assert_int_equal(pen_client_dispatch(f->client), 0);
		pen_call_resume(f->call);
	}
	assert_int_equal(*result, 0);
}

static void test_ends_that_are_not_ready(void **state)
{
	struct fixture *f = *state;
	struct end giving = { .max = 20 * SOME, .period = 7 }, taking = { .period = 5 };
	const struct up_in in = { ADDS, { .pull = give, .data = &giving } };
	struct down_out down_answer = { .numbers = { .push = take, .data = &taking } };
	const struct down_in down_question = { MANY / 10 };
	struct up_out out = { 0 };
	int result = PEN_PENDING;

	assert_int_equal(pen_call_start(f->call, &interface, UP, &in, &out, done, &result), 0);
	drive(f, &result);
	assert_int_equal(out.sum, giving.sum);
	assert_int_equal(out.n, 20 * SOME);
	result = PEN_PENDING;
	assert_int_equal(pen_call_start(f->call, &interface, DOWN, &down_question, &down_answer,
					done, &result),
			 0);
	drive(f, &result);
	assert_int_equal(down_answer.sum, taking.sum);
	assert_int_equal(taking.n, MANY / 10);
}

/* The caller goes in the middle: the operation is told, and nothing is left. */
static void test_a_caller_that_goes(void **state)
{
	struct fixture *f = *state;
	struct end giving = { .max = MANY, .period = 2 };
	const struct up_in in = { ADDS, { .pull = give, .data = &giving } };
	struct up_out out = { 0 };
	int result = PEN_PENDING;

	for (int i = 0; i < 20; i++) {
		int before = n_cancelled;

		assert_int_equal(pen_client_bind(f->client, &interface), 0);
		assert_int_equal(pen_call_start(f->call, &interface, UP, &in, &out, done, &result),
				 0);
		assert_int_equal(pen_client_dispatch(f->client), 0);
		if (i % 2)
			close_client(f);
		else
			f->call = pen_call_free(f->call);
		if (i % 2)
			open_client(f, NULL);
		else
			assert_int_equal(pen_call_new(&f->call, f->client), 0);
		expect_down(f, SOME);
		for (int k = 0; k < 10000 && n_cancelled == before; k++)
			poll(NULL, 0, 1);
		assert_int_equal(n_cancelled, before + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_some_and_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_layouts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_operation_that_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_operation_that_does_not_pull, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_caller_that_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ends_that_are_not_ready, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_caller_that_goes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
