/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_IDL_TEST_HANDLES_H
#define PEN_TEST_IDL_TEST_HANDLES_H
/*
 * A server of things that have handles, and a client, in one thread: so that all that can happen
 * has happened when nothing more comes.
 */
#include "handle.h"
#include "support/unit.h"
#include <penstock/client.h>
#include <penstock/server.h>
#include <poll.h>
#include <string.h>

enum { N_THINGS = 3, N_JOBS = 32, WAITING_MAX = 4, N_ROUNDS = 300 };

/* ---- the server ---- */

struct thing {
	int n_rundowns;
	int n_alone;
	int n_together;
};

/* A call of the server's that the test says the end of. */
struct job {
	struct pen_call *call;
	struct pen_context_handle one;
	struct thing *things[2];
	bool is_alone;
	bool is_running;
	bool is_stopped;
	unsigned began_at;
	int n_locked;
	int lock_result;
};

static struct thing things[N_THINGS];
static struct job jobs[N_JOBS];
static unsigned n_begun;

static inline void rundown(void *object)
{
	struct thing *thing = object;

	assert_int_equal(thing->n_alone + thing->n_together, 0);
	thing->n_rundowns++;
}

static const struct pen_handle_type type = { "thing", rundown, false };
static const struct pen_handle_type other_type = { "other", NULL, true };

static inline int open_thing(struct pen_call *call, const struct holder_Open_in *in,
			     struct holder_Open_out *out)
{
	return pen_call_handle_new(call, &type, &things[in->number], &out->thing);
}

static inline int look(struct pen_call *call, const struct holder_Look_in *in,
		       struct holder_Look_out *out)
{
	void *object;
	int r = pen_call_handle_get(call, &type, &in->thing, &object);

	out->number = r ? 0 : (int)((struct thing *)object - things);
	assert_int_equal(pen_call_handle_get(call, &other_type, &in->thing, &object), PEN_E_FAULT);
	return r;
}

static inline int close_thing(struct pen_call *call, const struct holder_Close_in *in,
			      struct holder_Close_out *out)
{
	out->thing = in->thing;
	return pen_call_handle_close(call, &type, &out->thing);
}

static inline void stopped(struct pen_call *call, void *data)
{
	((struct job *)data)->is_stopped = true;
}

static inline int begin(struct pen_call *call, unsigned id, bool is_alone,
			const struct pen_context_handle *one, const struct pen_context_handle *two)
{
	const struct pen_context_handle *handles[] = { one, two };
	struct job *job = &jobs[id];
	int r;

	for (int i = 0; i < 2 && handles[i]; i++) {
		r = pen_call_handle_get(call, &type, handles[i], (void **)&job->things[i]);
		if (r)
			return r;
		if (i && job->things[0] == job->things[1])
			job->things[1] = NULL;
	}
	assert_false(job->is_running);
	job->call = call;
	job->one = *one;
	job->is_alone = is_alone;
	job->is_running = true;
	job->began_at = ++n_begun;
	for (int i = 0; i < 2 && job->things[i]; i++) {
		assert_int_equal(job->things[i]->n_alone, 0);
		assert_true(!is_alone || !job->things[i]->n_together);
		job->things[i]->n_alone += is_alone;
		job->things[i]->n_together += !is_alone;
	}
	pen_call_on_cancel(call, stopped, job);
	return PEN_PENDING;
}

static inline void finish(unsigned id)
{
	struct job *job = &jobs[id];

	assert_true(job->is_running);
	for (int i = 0; i < 2 && job->things[i]; i++) {
		job->things[i]->n_alone -= job->is_alone;
		job->things[i]->n_together -= !job->is_alone;
	}
	job->is_running = false;
	pen_call_finish(job->call, 0);
}

static inline int alone(struct pen_call *call, const struct holder_Alone_in *in,
			struct holder_Alone_out *out)
{
	return begin(call, (unsigned)in->id, true, &in->one, &in->two);
}

static inline int together(struct pen_call *call, const struct holder_Together_in *in,
			   struct holder_Together_out *out)
{
	return begin(call, (unsigned)in->id, false, &in->thing, NULL);
}

struct asking {
	struct holder_Answer_in in;
	struct holder_Answer_out out;
	struct holder_Ask_out *answer;
};

static inline void answered(struct pen_call *call, int result, void *data)
{
	struct asking *asking = data;

	asking->answer->result = asking->out.result;
	pen_call_finish(call, result);
}

static inline int ask(struct pen_call *call, const struct holder_Ask_in *in,
		      struct holder_Ask_out *out)
{
	struct asking *asking = pen_arena_zalloc(pen_call_arena(call), sizeof(*asking));
	int r;

	assert_non_null(asking);
	asking->answer = out;
	asking->in.id = in->id;
	r = holder_Answer(call, &asking->in, &asking->out, answered, asking);
	return r ? r : PEN_PENDING;
}

static const struct holder_operations operations = {
	.Open = open_thing,
	.Look = look,
	.Close = close_thing,
	.Alone = alone,
	.Together = together,
	.Ask = ask,
};

/* ---- the client ---- */

struct request {
	struct pen_call *call;
	bool is_done;
	int result;
	uint32_t fault;
	struct holder_Alone_out alone;
	struct holder_Together_out together;
	struct holder_Close_out close;
	struct holder_Ask_out ask;
};

struct fixture {
	struct pen_server *server;
	const char *binding;
	struct pen_client *client;
	struct request requests[N_JOBS];
	struct pen_context_handle handles[N_THINGS];
};

/* Lets both sides do what there is to do; *what NULL: until nothing more comes. */
static inline void pump(struct fixture *f, const bool *what)
{
	for (int n_quiet = 0; what ? !*what : n_quiet < 20;) {
		struct pollfd wait[2] = {
			{ .fd = pen_server_fd(f->server), .events = pen_server_events(f->server) },
			{ .fd = f->client ? pen_client_fd(f->client) : -1 },
		};
		int timeout = pen_server_timeout(f->server);

		if (f->client)
			wait[1].events = pen_client_events(f->client);
		if (timeout < 0 || timeout > 2)
			timeout = 2;
		if (poll(wait, 2, timeout) > 0 || timeout == 0)
			n_quiet = 0;
		else
			n_quiet++;
		pen_server_dispatch(f->server);
		if (f->client)
			pen_client_dispatch(f->client);
	}
}

static inline void on_done(struct pen_call *call, int result, void *data)
{
	struct request *request = data;

	request->is_done = true;
	request->result = result;
	request->fault = pen_call_fault(call);
}

static inline struct request *request_of(struct fixture *f, unsigned id)
{
	struct request *request = &f->requests[id];

	request->is_done = false;
	if (!request->call)
		assert_int_equal(pen_call_new(&request->call, f->client), 0);
	return request;
}

static inline void start_alone(struct fixture *f, unsigned id, unsigned one, unsigned two)
{
	const struct holder_Alone_in in = { f->handles[one], f->handles[two], (int)id };
	struct request *r = request_of(f, id);

	assert_int_equal(holder_Alone_start(r->call, &in, &r->alone, on_done, r), 0);
}

static inline void start_together(struct fixture *f, unsigned id, unsigned one)
{
	const struct holder_Together_in in = { f->handles[one], (int)id };
	struct request *r = request_of(f, id);

	assert_int_equal(holder_Together_start(r->call, &in, &r->together, on_done, r), 0);
}

/* Its operation ends, and so does the client's call. */
static inline void finish_and_hear(struct fixture *f, unsigned id)
{
	finish(id);
	pump(f, &f->requests[id].is_done);
	assert_int_equal(f->requests[id].result, 0);
}

static inline void open_things(struct fixture *f)
{
	struct pen_call *call;

	assert_int_equal(pen_call_new(&call, f->client), 0);
	for (int i = 0; i < N_THINGS; i++) {
		const struct holder_Open_in in = { .number = i };
		struct holder_Open_out out;
		struct request r = { 0 };

		assert_int_equal(holder_Open_start(call, &in, &out, on_done, &r), 0);
		pump(f, &r.is_done);
		assert_int_equal(r.result, 0);
		f->handles[i] = out.thing;
	}
	pen_call_free(call);
}

static inline struct fixture *start(void)
{
	static const struct pen_service service = { .interface = &holder_interface,
						    .operations = &operations };
	const struct pen_server_config config = { .calls_per_handle_max = WAITING_MAX };
	struct fixture *f = test_calloc(1, sizeof(*f));

	memset(things, 0, sizeof(things));
	memset(jobs, 0, sizeof(jobs));
	n_begun = 0;
	assert_int_equal(pen_server_new(&f->server, &config), 0);
	assert_int_equal(pen_server_add(f->server, &service, NULL), 0);
	assert_int_equal(
		pen_server_listen(f->server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &f->binding), 0);
	assert_int_equal(pen_client_new(&f->client, f->binding, NULL, NULL), 0);
	open_things(f);
	return f;
}

static inline void close_client(struct fixture *f)
{
	for (size_t i = 0; i < N_JOBS; i++)
		f->requests[i].call = pen_call_free(f->requests[i].call);
	f->client = pen_client_free(f->client);
}

static inline void stop(struct fixture *f)
{
	if (f->client)
		close_client(f);
	pump(f, NULL);
	for (size_t i = 0; i < N_THINGS; i++)
		assert_int_equal(things[i].n_rundowns, 1);
	pen_server_free(f->server);
	for (size_t i = 0; i < N_THINGS; i++)
		assert_int_equal(things[i].n_rundowns, 1);
	test_free(f);
}

/* ---- from inside a call ---- */

struct within {
	struct fixture *f;
	int result;
};

static inline void looked(struct pen_call *call, int result, void *data)
{
	struct within *within = pen_call_data(call);

	within->result = result;
	((struct holder_Answer_out *)data)->result = 4711;
	pen_call_finish(call, result);
}

/* What holds the thing does not keep from it what its client does meanwhile. */
static inline int answer(struct pen_call *call, const struct holder_Answer_in *in,
			 struct holder_Answer_out *out)
{
	struct within *within = pen_call_data(call);
	struct holder_Look_in look_in = { .thing = within->f->handles[0] };
	struct holder_Look_out *found = pen_arena_zalloc(pen_call_arena(call), sizeof(*found));
	int r;

	assert_non_null(found);
	r = holder_Look_start(call, &look_in, found, looked, out);
	return r ? r : PEN_PENDING;
}

#endif
