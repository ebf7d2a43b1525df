/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_IDL_TEST_CALLBACK_H
#define PEN_TEST_IDL_TEST_CALLBACK_H
/*
 * A server that calls its client back in the middle of a call, and its clients.
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

static inline int64_t sum_of(uint32_t n, const uint8_t *bytes, uint32_t depth)
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

static inline void came_up(struct pen_call *call, int result, void *data)
{
	struct descent *descent = data;

	last_result = result;
	last_fault = pen_call_fault(call);
	descent->out->sum = descent->sum + descent->below.sum;
	descent->out->result = descent->below.result;
	pen_call_finish(call, result);
}

static inline int descend(struct pen_call *call, const struct nested_Descend_in *in,
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

static inline void greeted(struct pen_call *call, int result, void *data)
{
	struct repetition *r = data;

	if (!result && r->greeting.result == 7 && !strcmp(r->greeting.greeting, "Hello, Ann"))
		r->out->answered++;
	if (!--r->times || result)
		pen_call_finish(call, result);
	else
		assert_int_equal(nested_Greet(call, &r->in, &r->greeting, greeted, r), 0);
}

static inline int repeat(struct pen_call *call, const struct nested_Repeat_in *in,
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

static inline void not_told(struct pen_call *call, int result, void *data)
{
	fail_msg("the call was finished, and is told %d of its callback", result);
}

static inline int leave(struct pen_call *call, const struct nested_Leave_in *in,
			struct nested_Leave_out *out)
{
	struct repetition *r = pen_arena_zalloc(pen_call_arena(call), sizeof(*r));

	assert_non_null(r);
	return pen_call_back(call, 1, &(struct nested_Greet_in){ .name = "Ann" }, &r->greeting,
			     not_told, r);
}

static inline void on_cancel(struct pen_call *call, void *data)
{
	n_cancelled++;
	if (!data)
		pen_call_finish(call, PEN_E_CANCELLED);
}

static inline void waited(struct pen_call *call, int result, void *data)
{
	last_result = result;
	pen_call_finish(call, result);
}

/* As its data says: it waits for the client, or for nothing. */
static inline int stay(struct pen_call *call, const struct nested_Stay_in *in,
		       struct nested_Stay_out *out)
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

static inline int deeper(struct pen_call *call, const struct nested_Deeper_in *in,
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
static inline void client_came_up(struct pen_call *call, int result, void *data)
{
	struct descent *descent = data;
	struct nested_Deeper_out *out = (struct nested_Deeper_out *)descent->out;

	out->sum += descent->below.sum;
	pen_call_finish(call, result);
}

static inline int deeper_later(struct pen_call *call, const struct nested_Deeper_in *in,
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

static inline int greet(struct pen_call *call, const struct nested_Greet_in *in,
			struct nested_Greet_out *out)
{
	n_answered++;
	assert_string_equal(in->name, "Ann");
	out->greeting = "Hello, Ann";
	out->result = 7;
	return 0;
}

static inline int greet_badly(struct pen_call *call, const struct nested_Greet_in *in,
			      struct nested_Greet_out *out)
{
	return pen_call_fail(call, 0x4711, "Nobody is at home.");
}

static inline void gave_up(struct pen_call *call, void *data)
{
	n_given_up++;
	pen_call_finish(call, 0);
}

static inline int never(struct pen_call *call, const struct nested_Wait_in *in,
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

static inline void *run(void *data)
{
	pen_server_run(((struct fixture *)data)->server);
	return NULL;
}

static inline void open_client(struct fixture *f, uint8_t level)
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

static inline void close_client(struct fixture *f)
{
	f->call = pen_call_free(f->call);
	f->client = pen_client_free(f->client);
}

static inline struct fixture *start(const struct pen_server_config *given)
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

static inline void stop(struct fixture *f)
{
	close_client(f);
	pen_server_stop(f->server);
	pthread_join(f->thread, NULL);
	pen_server_free(f->server);
	pen_mechs_free(f->mechs);
	test_free(f);
}

static inline int64_t sum_down_from(const struct fixture *f, uint32_t depth)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i <= depth; i++)
		sum += sum_of(N_BYTES, f->bytes, i);
	return sum;
}

static inline void go_down(struct fixture *f, uint32_t depth)
{
	struct nested_Descend_in in = { .depth = depth, .n = N_BYTES, .bytes = f->bytes };
	struct nested_Descend_out out;
	int r = nested_Descend(f->call, &in, &out);

	if (r)
		fail_msg("%u deep: %d, %s", depth, r, pen_call_error(f->call));
	assert_int_equal(out.sum, sum_down_from(f, depth));
}

struct done {
	int result;
	unsigned n;
};

static inline void on_done(struct pen_call *call, int result, void *data)
{
	struct done *done = data;

	done->result = result;
	done->n++;
}

/* Hosts the client, as a loop would, until so many are done, or have been. */
static inline void host(struct fixture *f, const unsigned *n, unsigned wanted)
{
	while (*n < wanted) {
		struct pollfd wait = { .fd = pen_client_fd(f->client),
				       .events = pen_client_events(f->client) };

		assert_true(poll(&wait, 1, pen_client_timeout(f->client)) >= 0);
		pen_client_dispatch(f->client);
	}
}

#endif
