/* SPDX-License-Identifier: MIT */
/*
 * Callbacks by penidl's tables, over real sockets, with NTLM and without: a server that calls its
 * client back in the middle of a call, and clients that wait, that are hosted by a loop, that fail,
 * give up and go.
 */
#include "callback.h"
#include "rpc/test-auth.h"
#include <errno.h>
#include <penstock/client.h>
#include <penstock/server.h>
#include <poll.h>
#include <pthread.h>

enum { N_BYTES = 1000, DEPTH = 16, TIMES = 500, N_CALLS = 64 };

/* ---- the server ---- */

static _Atomic int n_cancelled; /* operations that were told so */
static _Atomic int last_result; /* of a callback */
static _Atomic uint32_t last_fault;

static int64_t sum_of(uint32_t n, const uint8_t *bytes, uint32_t depth)
{
	int64_t sum = depth;

	for (uint32_t i = 0; i < n; i++)
		sum += bytes[i];
	return sum;
}

struct descent {
	int64_t sum;
	struct nested_Descend_out *out;
	struct nested_Deeper_out below;
};

static void came_up(struct pen_call *call, int result, void *data)
{
	struct descent *descent = data;

	last_result = result;
	last_fault = pen_call_fault(call);
	descent->out->sum = descent->sum + descent->below.sum;
	descent->out->result = descent->below.result;
	pen_call_finish(call, result);
}

static int descend(struct pen_call *call, const struct nested_Descend_in *in,
		   struct nested_Descend_out *out)
{
	struct nested_Deeper_in below = { .depth = in->depth - 1, .n = in->n, .bytes = in->bytes };
	struct descent *descent = pen_arena_zalloc(pen_call_arena(call), sizeof(*descent));
	int r;

	assert_non_null(descent);
	descent->out = out;
	descent->sum = out->sum = sum_of(in->n, in->bytes, in->depth);
	if (!in->depth)
		return 0;
	r = nested_Deeper(call, &below, &descent->below, came_up, descent);
	return r ? r : PEN_PENDING;
}

struct repetition {
	uint32_t times;
	const struct nested_Greet_in in;
	struct nested_Greet_out greeting;
	struct nested_Repeat_out *out;
};

static void greeted(struct pen_call *call, int result, void *data)
{
	struct repetition *r = data;

	if (!result && r->greeting.result == 7 && !strcmp(r->greeting.greeting, "Hello, Ann"))
		r->out->answered++;
	if (!--r->times || result)
		pen_call_finish(call, result);
	else
		assert_int_equal(nested_Greet(call, &r->in, &r->greeting, greeted, r), 0);
}

static int repeat(struct pen_call *call, const struct nested_Repeat_in *in,
		  struct nested_Repeat_out *out)
{
	const struct repetition all = { .times = in->times, .in.name = "Ann", .out = out };
	struct repetition *r = pen_arena_copy(pen_call_arena(call), &all, sizeof(all));
	int result;

	assert_non_null(r);
	result = nested_Greet(call, &r->in, &r->greeting, greeted, r);
	if (result)
		return result;
	assert_int_equal(nested_Greet(call, &r->in, &r->greeting, greeted, r), -EBUSY);
	assert_int_equal(pen_call_back(call, 9, &r->in, &r->greeting, greeted, r), -EINVAL);
	return PEN_PENDING;
}

static void not_told(struct pen_call *call, int result, void *data)
{
	fail_msg("the call was finished, and is told %d of its callback", result);
}

static int leave(struct pen_call *call, const struct nested_Leave_in *in,
		 struct nested_Leave_out *out)
{
	struct repetition *r = pen_arena_zalloc(pen_call_arena(call), sizeof(*r));

	assert_non_null(r);
	return pen_call_back(call, 1, &(struct nested_Greet_in){ .name = "Ann" }, &r->greeting,
			     not_told, r);
}

static void on_cancel(struct pen_call *call, void *data)
{
	n_cancelled++;
	if (!data)
		pen_call_finish(call, PEN_E_CANCELLED);
}

static void waited(struct pen_call *call, int result, void *data)
{
	last_result = result;
	pen_call_finish(call, result);
}

/* As its data says: it waits for the client, or for nothing. */
static int stay(struct pen_call *call, const struct nested_Stay_in *in, struct nested_Stay_out *out)
{
	static const struct nested_Wait_in none;
	struct nested_Wait_out *waits = pen_arena_zalloc(pen_call_arena(call), sizeof(*waits));
	bool *calls_back = pen_call_data(call);
	int r = 0;

	assert_non_null(waits);
	pen_call_on_cancel(call, on_cancel, *calls_back ? calls_back : NULL);
	if (*calls_back)
		r = nested_Wait(call, &none, waits, waited, NULL);
	return r ? r : PEN_PENDING;
}

static const struct nested_operations operations = {
	.Descend = descend,
	.Repeat = repeat,
	.Leave = leave,
	.Stay = stay,
};

/* ---- the client's side of it ---- */

static int n_answered, n_given_up;

static int deeper(struct pen_call *call, const struct nested_Deeper_in *in,
		  struct nested_Deeper_out *out)
{
	struct nested_Descend_in below = { .depth = in->depth - 1, .n = in->n, .bytes = in->bytes };
	struct nested_Descend_out found;
	int r;

	assert_null(pen_call_token(call));
	n_answered++;
	out->sum = sum_of(in->n, in->bytes, in->depth);
	if (!in->depth)
		return 0;
	r = nested_Descend(call, &below, &found);
	out->sum += found.sum;
	return r;
}

/* The same, without waiting. */
static void client_came_up(struct pen_call *call, int result, void *data)
{
	struct descent *descent = data;
	struct nested_Deeper_out *out = (struct nested_Deeper_out *)descent->out;

	out->sum += descent->below.sum;
	pen_call_finish(call, result);
}

static int deeper_later(struct pen_call *call, const struct nested_Deeper_in *in,
			struct nested_Deeper_out *out)
{
	struct nested_Descend_in below = { .depth = in->depth - 1, .n = in->n, .bytes = in->bytes };
	struct descent *descent = pen_arena_zalloc(pen_call_arena(call), sizeof(*descent));
	int r;

	assert_non_null(descent);
	n_answered++;
	out->sum = sum_of(in->n, in->bytes, in->depth);
	if (!in->depth)
		return 0;
	_Static_assert(sizeof(struct nested_Descend_out) == sizeof(struct nested_Deeper_out), "");
	descent->out = (struct nested_Descend_out *)out;
	r = nested_Descend_start(call, &below, (struct nested_Descend_out *)&descent->below,
				 client_came_up, descent);
	return r ? r : PEN_PENDING;
}

static int greet(struct pen_call *call, const struct nested_Greet_in *in,
		 struct nested_Greet_out *out)
{
	n_answered++;
	assert_string_equal(in->name, "Ann");
	out->greeting = "Hello, Ann";
	out->result = 7;
	return 0;
}

static int greet_badly(struct pen_call *call, const struct nested_Greet_in *in,
		       struct nested_Greet_out *out)
{
	return pen_call_fail(call, 0x4711, "Nobody is at home.");
}

static void gave_up(struct pen_call *call, void *data)
{
	n_given_up++;
	pen_call_finish(call, 0);
}

static int never(struct pen_call *call, const struct nested_Wait_in *in,
		 struct nested_Wait_out *out)
{
	n_answered++;
	pen_call_on_cancel(call, gave_up, NULL);
	return PEN_PENDING;
}

static const struct nested_callbacks callbacks = { .Deeper = deeper, .Greet = greet };
static const struct nested_callbacks later = { .Deeper = deeper_later,
					       .Greet = greet_badly,
					       .Wait = never };

/* ---- both ---- */

struct fixture {
	struct pen_ntlm_server ntlm;
	struct pen_mechs *mechs;
	struct pen_server *server;
	bool calls_back;
	pthread_t thread;
	const char *binding;
	struct pen_client *client;
	struct pen_call *call;
	uint8_t bytes[N_BYTES];
};

static void *run(void *data)
{
	pen_server_run(((struct fixture *)data)->server);
	return NULL;
}

static void open_client(struct fixture *f, uint8_t level)
{
	struct pen_client_config config = {
		.security = { .auth_type = level ? PEN_AUTH_NTLM : 0, .auth_level = level },
	};

	if (level)
		assert_int_equal(pen_credentials_new_password(&config.security.credentials, "ann",
							      "WORK", "secret"),
				 0);
	assert_int_equal(pen_client_new(&f->client, f->binding, &config, NULL), 0);
	pen_credentials_free(config.security.credentials);
	assert_int_equal(pen_call_new(&f->call, f->client), 0);
	nested_set_callbacks(f->call, &callbacks, f);
}

static void close_client(struct fixture *f)
{
	f->call = pen_call_free(f->call);
	f->client = pen_client_free(f->client);
}

static struct fixture *start(const struct pen_server_config *given)
{
	static const struct pen_service service = { .interface = &nested_interface,
						    .operations = &operations };
	struct pen_server_config config = given ? *given : (struct pen_server_config){ 0 };
	struct fixture *f = test_calloc(1, sizeof(*f));

	f->ntlm = (struct pen_ntlm_server){ .netbios_computer = "SERVER",
					    .netbios_domain = "WORK",
					    .judge = auth_judge };
	assert_int_equal(pen_mechs_new(&f->mechs, &(struct pen_mechs_config){ .ntlm = &f->ntlm }),
			 0);
	config.mechs = f->mechs;
	n_cancelled = last_result = n_answered = n_given_up = 0;
	for (size_t i = 0; i < N_BYTES; i++)
		f->bytes[i] = (uint8_t)(i * 7);
	assert_int_equal(pen_server_new(&f->server, &config), 0);
	assert_int_equal(pen_server_add(f->server, &service, &f->calls_back), 0);
	assert_int_equal(
		pen_server_listen(f->server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &f->binding), 0);
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
	return f;
}

static void stop(struct fixture *f)
{
	close_client(f);
	pen_server_stop(f->server);
	pthread_join(f->thread, NULL);
	pen_server_free(f->server);
	pen_mechs_free(f->mechs);
	test_free(f);
}

static int64_t sum_down_from(const struct fixture *f, uint32_t depth)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i <= depth; i++)
		sum += sum_of(N_BYTES, f->bytes, i);
	return sum;
}

static void go_down(struct fixture *f, uint32_t depth)
{
	struct nested_Descend_in in = { .depth = depth, .n = N_BYTES, .bytes = f->bytes };
	struct nested_Descend_out out;
	int r = nested_Descend(f->call, &in, &out);

	if (r)
		fail_msg("%u deep: %d, %s", depth, r, pen_call_error(f->call));
	assert_int_equal(out.sum, sum_down_from(f, depth));
}

static void test_sixteen_deep(void **state)
{
	static const uint8_t levels[] = { 0, PEN_AUTH_LEVEL_INTEGRITY, PEN_AUTH_LEVEL_PRIVACY };
	struct fixture *f = start(NULL);

	for (size_t i = 0; i < PEN_COUNT(levels); i++) {
		open_client(f, levels[i]);
		for (uint32_t depth = 0; depth <= DEPTH; depth++)
			go_down(f, depth);
		n_answered = 0;
		go_down(f, DEPTH);
		assert_int_equal(n_answered, DEPTH / 2);
		if (i + 1 < PEN_COUNT(levels))
			close_client(f);
	}
	stop(f);
}

/* Down to where neither side takes any more. */
static void test_too_deep(void **state)
{
	struct nested_Descend_in in = { .depth = 40, .n = 0, .bytes = (uint8_t *)"" };
	struct nested_Descend_out out;
	struct fixture *f = start(NULL);

	open_client(f, PEN_AUTH_LEVEL_PRIVACY);
	assert_int_equal(nested_Descend(f->call, &in, &out), PEN_E_FAULT);
	go_down(f, DEPTH);
	stop(f);
}

struct done {
	int result;
	unsigned n;
};

static void on_done(struct pen_call *call, int result, void *data)
{
	struct done *done = data;

	done->result = result;
	done->n++;
}

/* Hosts the client, as a loop would, until so many are done, or have been. */
static void host(struct fixture *f, const unsigned *n, unsigned wanted)
{
	while (*n < wanted) {
		struct pollfd wait = { .fd = pen_client_fd(f->client),
				       .events = pen_client_events(f->client) };

		assert_true(poll(&wait, 1, pen_client_timeout(f->client)) >= 0);
		pen_client_dispatch(f->client);
	}
}

static void test_hosted_by_a_loop(void **state)
{
	enum { N = 10 };
	struct nested_Descend_out out[N];
	struct pen_call *calls[N];
	struct done done = { 0 };
	struct fixture *f = start(NULL);

	open_client(f, PEN_AUTH_LEVEL_PRIVACY);
	for (uint32_t i = 0; i < N; i++) {
		struct nested_Descend_in in = { .depth = DEPTH - i,
						.n = N_BYTES,
						.bytes = f->bytes };

		assert_int_equal(pen_call_new(&calls[i], f->client), 0);
		nested_set_callbacks(calls[i], i % 2 ? &later : &callbacks, NULL);
		assert_int_equal(nested_Descend_start(calls[i], &in, &out[i], on_done, &done), 0);
	}
	host(f, &done.n, N);
	assert_int_equal(done.result, 0);
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(out[i].sum, sum_down_from(f, DEPTH - i));
		pen_call_free(calls[i]);
	}
	stop(f);
}

static void test_one_after_the_other(void **state)
{
	struct nested_Repeat_in in = { .times = TIMES };
	struct nested_Repeat_out out;
	struct fixture *f = start(NULL);

	open_client(f, PEN_AUTH_LEVEL_INTEGRITY);
	assert_int_equal(nested_Repeat(f->call, &in, &out), 0);
	assert_int_equal(out.answered, TIMES);
	assert_int_equal(n_answered, TIMES);
	stop(f);
}

/* Calls the server, waits for something else meanwhile, and returns when that has been answered. */
static int deeper_and_back(struct pen_call *call, const struct nested_Deeper_in *in,
			   struct nested_Deeper_out *out)
{
	struct nested_Descend_in below = { .n = in->n, .bytes = in->bytes };
	struct descent *descent = pen_arena_zalloc(pen_call_arena(call), sizeof(*descent));
	struct nested_Descend_out found;
	struct fixture *f = pen_call_data(call);
	struct pen_call *other;

	assert_non_null(descent);
	nested_set_callbacks(call, &later, NULL); /* of a call of the client's own only */
	assert_int_equal(nested_Descend_start(call, &below,
					      (struct nested_Descend_out *)&descent->below,
					      not_told, NULL),
			 0);
	assert_int_equal(pen_call_new(&other, f->client), 0);
	assert_int_equal(nested_Descend(other, &below, &found), 0);
	pen_call_free(other);
	out->sum = found.sum;
	return 0;
}

static void test_a_callback_that_does_not_wait(void **state)
{
	static const struct nested_callbacks functions = { .Deeper = deeper_and_back };
	struct nested_Descend_out out;
	struct fixture *f = start(NULL);
	struct nested_Descend_in in = { .depth = 1, .n = N_BYTES, .bytes = f->bytes };

	open_client(f, PEN_AUTH_LEVEL_PRIVACY);
	nested_set_callbacks(f->call, &functions, f);
	assert_int_equal(nested_Descend(f->call, &in, &out), 0);
	assert_int_equal(out.sum, sum_down_from(f, 1));
	stop(f);
}

static void expect_fault(struct fixture *f, uint32_t fault)
{
	struct nested_Repeat_in in = { .times = 1 };
	struct nested_Repeat_out out;

	assert_int_equal(nested_Repeat(f->call, &in, &out), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(f->call), fault);
}

static void test_clients_that_serve_nothing(void **state)
{
	static const struct nested_callbacks none;
	struct fixture *f = start(NULL);

	open_client(f, 0);
	nested_set_callbacks(f->call, NULL, NULL);
	expect_fault(f, PEN_FAULT_OP_RNG_ERROR);
	nested_set_callbacks(f->call, &none, NULL);
	expect_fault(f, PEN_FAULT_OP_RNG_ERROR);
	nested_set_callbacks(f->call, &later, NULL);
	expect_fault(f, 0x4711);
	nested_set_callbacks(f->call, &callbacks, NULL);
	go_down(f, 3);
	stop(f);
}

static void test_an_operation_that_does_not_wait(void **state)
{
	static const struct nested_Leave_in in;
	struct nested_Leave_out out;
	struct fixture *f = start(NULL);

	open_client(f, PEN_AUTH_LEVEL_PRIVACY);
	assert_int_equal(nested_Leave(f->call, &in, &out), 0);
	assert_int_equal(n_answered, 1);
	stop(f);
}

/* ---- who gives up ---- */

static void wait_until(_Atomic int *n, int wanted)
{
	while (*n < wanted)
		poll(NULL, 0, 1);
}

static void test_clients_that_do_not_wait(void **state)
{
	static const struct nested_Stay_in in;
	struct nested_Stay_out out;
	struct fixture *f = start(NULL);

	f->calls_back = true;
	open_client(f, PEN_AUTH_LEVEL_PRIVACY);
	nested_set_callbacks(f->call, &later, NULL);
	pen_call_set_timeout(f->call, 200);
	assert_int_equal(nested_Stay(f->call, &in, &out), PEN_E_TIMEOUT);
	wait_until(&n_cancelled, 1);
	wait_until(&last_result, PEN_E_CANCELLED);
	if (n_answered) { /* it may not have come that far within its time */
		pen_client_dispatch(f->client);
		assert_int_equal(n_given_up, 1);
	}
	pen_call_set_timeout(f->call, 0);
	nested_set_callbacks(f->call, &callbacks, NULL);
	go_down(f, 4);
	stop(f);
}

/* In the middle of a callback that it has not finished. */
static void test_clients_that_go(void **state)
{
	static const struct nested_Stay_in in;
	struct done done = { 0 };
	struct nested_Stay_out out;
	struct fixture *f = start(NULL);

	f->calls_back = true;
	for (int i = 0; i < 3; i++) {
		open_client(f, i ? PEN_AUTH_LEVEL_PRIVACY : 0);
		nested_set_callbacks(f->call, &later, NULL);
		n_answered = 0;
		assert_int_equal(nested_Stay_start(f->call, &in, &out, on_done, &done), 0);
		host(f, (unsigned *)&n_answered, 1);
		if (i < 2)
			f->client = pen_client_free(f->client);
		close_client(f);
		assert_int_equal(done.n, i < 2 ? i + 1 : 2);
		wait_until(&n_cancelled, i + 1);
		assert_int_equal(n_given_up, i + 1);
	}
	stop(f);
}

/* The server waits no longer than it is told to. */
static void test_a_client_that_does_not_answer(void **state)
{
	static const struct pen_server_config config = { .callback_timeout_ms = 200 };
	static const struct nested_Stay_in in;
	struct nested_Stay_out out;
	struct fixture *f = start(&config);

	f->calls_back = true;
	open_client(f, 0);
	nested_set_callbacks(f->call, &later, NULL);
	assert_int_equal(nested_Stay(f->call, &in, &out), PEN_E_CLOSED);
	wait_until(&n_cancelled, 1);
	stop(f);
}

/* One of many in flight: the others do not notice. */
static void test_cancel_one_of_many(void **state)
{
	static const struct nested_Stay_in nothing;
	struct nested_Descend_out out[N_CALLS];
	struct done done[N_CALLS] = { 0 }, cancelled = { 0 };
	struct pen_call *calls[N_CALLS];
	struct nested_Stay_out none;
	struct fixture *f = start(NULL);

	open_client(f, PEN_AUTH_LEVEL_PRIVACY);
	for (uint32_t i = 0; i < N_CALLS; i++) {
		struct nested_Descend_in in = { .depth = i % DEPTH,
						.n = N_BYTES,
						.bytes = f->bytes };

		assert_int_equal(pen_call_new(&calls[i], f->client), 0);
		nested_set_callbacks(calls[i], i % 2 ? &later : &callbacks, NULL);
		assert_int_equal(
			i == N_CALLS / 2
				? nested_Stay_start(calls[i], &nothing, &none, on_done, &cancelled)
				: nested_Descend_start(calls[i], &in, &out[i], on_done, &done[i]),
			0);
	}
	assert_int_equal(pen_call_cancel(calls[N_CALLS / 2]), 0);
	for (uint32_t i = 0; i < N_CALLS; i++) {
		if (i == N_CALLS / 2)
			continue;
		host(f, &done[i].n, 1);
		assert_int_equal(done[i].result, 0);
		assert_int_equal(out[i].sum, sum_down_from(f, i % DEPTH));
	}
	host(f, &cancelled.n, 1);
	assert_int_equal(cancelled.result, PEN_E_CANCELLED);
	for (uint32_t i = 0; i < N_CALLS; i++) {
		assert_int_equal(done[i].n, i != N_CALLS / 2);
		pen_call_free(calls[i]);
	}
	stop(f);
}

static void test_a_direct_call_has_no_client(void **state)
{
	static const struct nested_Repeat_in in = { .times = 1 };
	struct nested_Repeat_out out = { 0 };
	struct fixture *f = start(NULL);
	struct pen_call *call;

	open_client(f, 0);
	assert_int_equal(pen_call_new_direct(&call, f->server, NULL, NULL), 0);
	assert_int_equal(repeat(call, &in, &out), PEN_E_UNSUPPORTED);
	pen_call_free(call);
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sixteen_deep),
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_hosted_by_a_loop),
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_a_callback_that_does_not_wait),
		cmocka_unit_test(test_clients_that_serve_nothing),
		cmocka_unit_test(test_an_operation_that_does_not_wait),
		cmocka_unit_test(test_clients_that_do_not_wait),
		cmocka_unit_test(test_clients_that_go),
		cmocka_unit_test(test_a_client_that_does_not_answer),
		cmocka_unit_test(test_cancel_one_of_many),
		cmocka_unit_test(test_a_direct_call_has_no_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
