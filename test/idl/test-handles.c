/* SPDX-License-Identifier: MIT */
/*
 * Calls that are about the same things, over sockets: who runs, who waits, and what becomes of
 * both when calls are cancelled, handles closed and connections lost. Server and clients have one
 * thread, so that all that can happen has happened when nothing more comes.
 */
#include "handle.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/client.h>
#include <penstock/conn.h>
#include <penstock/server.h>
#include <penstock/status.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

static void rundown(void *object)
{
	struct thing *thing = object;

	assert_int_equal(thing->n_alone + thing->n_together, 0);
	thing->n_rundowns++;
}

static const struct pen_handle_type type = { "thing", rundown, false };
static const struct pen_handle_type other_type = { "other", NULL, true };

static int open_thing(struct pen_call *call, const struct holder_Open_in *in,
		      struct holder_Open_out *out)
{
	return pen_call_handle_new(call, &type, &things[in->number], &out->thing);
}

static int look(struct pen_call *call, const struct holder_Look_in *in, struct holder_Look_out *out)
{
	void *object;
	int r = pen_call_handle_get(call, &type, &in->thing, &object);

	out->number = r ? 0 : (int)((struct thing *)object - things);
	assert_int_equal(pen_call_handle_get(call, &other_type, &in->thing, &object), PEN_E_FAULT);
	return r;
}

static int close_thing(struct pen_call *call, const struct holder_Close_in *in,
		       struct holder_Close_out *out)
{
	out->thing = in->thing;
	return pen_call_handle_close(call, &type, &out->thing);
}

static void stopped(struct pen_call *call, void *data)
{
	((struct job *)data)->is_stopped = true;
}

static int begin(struct pen_call *call, unsigned id, bool is_alone,
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

static void finish(unsigned id)
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

static int alone(struct pen_call *call, const struct holder_Alone_in *in,
		 struct holder_Alone_out *out)
{
	return begin(call, (unsigned)in->id, true, &in->one, &in->two);
}

static int together(struct pen_call *call, const struct holder_Together_in *in,
		    struct holder_Together_out *out)
{
	return begin(call, (unsigned)in->id, false, &in->thing, NULL);
}

static void locked(struct pen_call *call, int result, void *data)
{
	struct job *job = data;

	job->n_locked++;
	job->lock_result = result;
}

struct asking {
	struct holder_Answer_in in;
	struct holder_Answer_out out;
	struct holder_Ask_out *answer;
};

static void answered(struct pen_call *call, int result, void *data)
{
	struct asking *asking = data;

	asking->answer->result = asking->out.result;
	pen_call_finish(call, result);
}

static int ask(struct pen_call *call, const struct holder_Ask_in *in, struct holder_Ask_out *out)
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
static void pump(struct fixture *f, const bool *what)
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

static void on_done(struct pen_call *call, int result, void *data)
{
	struct request *request = data;

	request->is_done = true;
	request->result = result;
	request->fault = pen_call_fault(call);
}

static struct request *request_of(struct fixture *f, unsigned id)
{
	struct request *request = &f->requests[id];

	request->is_done = false;
	if (!request->call)
		assert_int_equal(pen_call_new(&request->call, f->client), 0);
	return request;
}

static void start_alone(struct fixture *f, unsigned id, unsigned one, unsigned two)
{
	const struct holder_Alone_in in = { f->handles[one], f->handles[two], (int)id };
	struct request *r = request_of(f, id);

	assert_int_equal(holder_Alone_start(r->call, &in, &r->alone, on_done, r), 0);
}

static void start_together(struct fixture *f, unsigned id, unsigned one)
{
	const struct holder_Together_in in = { f->handles[one], (int)id };
	struct request *r = request_of(f, id);

	assert_int_equal(holder_Together_start(r->call, &in, &r->together, on_done, r), 0);
}

static void start_close(struct fixture *f, unsigned id, unsigned one)
{
	const struct holder_Close_in in = { f->handles[one] };
	struct request *r = request_of(f, id);

	assert_int_equal(holder_Close_start(r->call, &in, &r->close, on_done, r), 0);
}

/* Its operation ends, and so does the client's call. */
static void finish_and_hear(struct fixture *f, unsigned id)
{
	finish(id);
	pump(f, &f->requests[id].is_done);
	assert_int_equal(f->requests[id].result, 0);
}

static void open_things(struct fixture *f)
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

static struct fixture *start(void)
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

static void close_client(struct fixture *f)
{
	for (size_t i = 0; i < N_JOBS; i++)
		f->requests[i].call = pen_call_free(f->requests[i].call);
	f->client = pen_client_free(f->client);
}

static void stop(struct fixture *f)
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

/* ---- who runs ---- */

static void test_one_after_the_other(void **state)
{
	struct fixture *f = start();

	for (unsigned i = 0; i < 4; i++)
		start_alone(f, i, 0, 0);
	start_alone(f, 4, 1, 2);
	pump(f, NULL);
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned k = i + 1; k < 4; k++)
			assert_false(jobs[k].is_running);
		assert_true(jobs[i].is_running);
		assert_true(jobs[4].is_running);
		finish_and_hear(f, i);
		pump(f, NULL);
	}
	finish_and_hear(f, 4);
	stop(f);
}

static void test_some_together(void **state)
{
	struct fixture *f = start();

	for (unsigned i = 0; i < 3; i++)
		start_together(f, i, 0);
	start_alone(f, 3, 0, 0);
	start_together(f, 4, 0);
	pump(f, NULL);
	assert_int_equal(n_begun, 3);
	for (unsigned i = 0; i < 3; i++)
		finish_and_hear(f, i);
	pump(f, NULL);
	assert_true(jobs[3].is_running);
	assert_false(jobs[4].is_running);
	finish_and_hear(f, 3);
	pump(f, NULL);
	finish_and_hear(f, 4);
	stop(f);
}

/* Each has what the other wants, if they took one after the other. */
static void test_two_handles_at_once(void **state)
{
	struct fixture *f = start();

	start_together(f, 0, 1);
	start_alone(f, 1, 0, 1);
	start_alone(f, 2, 1, 0);
	start_alone(f, 3, 2, 2);
	pump(f, NULL);
	assert_int_equal(n_begun, 2);
	finish_and_hear(f, 0);
	pump(f, NULL);
	assert_true(jobs[1].is_running);
	finish_and_hear(f, 1);
	pump(f, NULL);
	finish_and_hear(f, 2);
	finish_and_hear(f, 3);
	stop(f);
}

static void test_so_many_may_wait(void **state)
{
	struct fixture *f = start();

	for (unsigned i = 0; i < WAITING_MAX + 2; i++)
		start_alone(f, i, 0, 0);
	pump(f, NULL);
	assert_true(f->requests[WAITING_MAX + 1].is_done);
	assert_int_equal(f->requests[WAITING_MAX + 1].fault, PEN_FAULT_SERVER_TOO_BUSY);
	for (unsigned i = 0; i <= WAITING_MAX; i++) {
		finish_and_hear(f, i);
		pump(f, NULL);
	}
	stop(f);
}

static void test_changes_while_it_runs(void **state)
{
	struct fixture *f = start();

	for (unsigned i = 0; i < 3; i++)
		start_together(f, i, 0);
	pump(f, NULL);
	assert_int_equal(pen_call_handle_lock_exclusive(jobs[0].call, &f->handles[0], NULL, NULL),
			 -EBUSY);
	assert_int_equal(pen_call_handle_lock_exclusive(jobs[0].call, &f->handles[1], locked, NULL),
			 PEN_E_NOT_FOUND);
	assert_int_equal(
		pen_call_handle_lock_exclusive(jobs[0].call, &f->handles[0], locked, &jobs[0]),
		PEN_PENDING);
	assert_int_equal(
		pen_call_handle_lock_exclusive(jobs[1].call, &f->handles[0], locked, &jobs[1]),
		-EBUSY);
	start_together(f, 3, 0);
	finish_and_hear(f, 1);
	assert_int_equal(jobs[0].n_locked, 0);
	finish_and_hear(f, 2);
	pump(f, NULL);
	assert_int_equal(jobs[0].n_locked, 1);
	assert_int_equal(jobs[0].lock_result, 0);
	assert_false(jobs[3].is_running);
	assert_int_equal(pen_call_handle_lock_shared(jobs[0].call, &f->handles[0]), 0);
	pump(f, NULL);
	assert_true(jobs[3].is_running);
	finish_and_hear(f, 0);
	finish_and_hear(f, 3);
	stop(f);
}

/* One that waits for something to happen lets others by, also one that closes the handle. */
static void test_without_its_handle(void **state)
{
	struct fixture *f = start();
	struct thing *thing = &things[0];

	start_alone(f, 0, 0, 0);
	start_alone(f, 1, 0, 0);
	start_close(f, 2, 0);
	pump(f, NULL);
	assert_false(jobs[1].is_running);
	thing->n_alone--;
	jobs[0].things[0] = NULL;
	assert_int_equal(pen_call_handle_unlock(jobs[0].call, &f->handles[0]), 0);
	assert_int_equal(pen_call_handle_unlock(jobs[0].call, &f->handles[0]), PEN_E_NOT_FOUND);
	pump(f, NULL);
	assert_true(jobs[1].is_running);
	finish_and_hear(f, 1);
	pump(f, &f->requests[2].is_done);
	assert_int_equal(thing->n_rundowns, 1);
	finish_and_hear(f, 0);
	stop(f);
}

/* ---- what ends ---- */

static void test_one_that_waits_is_cancelled(void **state)
{
	struct fixture *f = start();

	for (unsigned i = 0; i < 3; i++)
		start_alone(f, i, 0, 0);
	pump(f, NULL);
	assert_int_equal(pen_call_cancel(f->requests[1].call), 0);
	pump(f, &f->requests[1].is_done);
	assert_int_equal(f->requests[1].result, PEN_E_CANCELLED);
	assert_int_equal(n_begun, 1);
	finish_and_hear(f, 0);
	pump(f, NULL);
	assert_true(jobs[2].is_running);
	finish_and_hear(f, 2);
	assert_int_equal(jobs[1].began_at, 0);
	stop(f);
}

/* Who comes after one that closes the handle has none. */
static void test_closed_before_it_is_ones_turn(void **state)
{
	struct fixture *f = start();

	start_alone(f, 0, 0, 1);
	start_close(f, 1, 0);
	start_alone(f, 2, 0, 2);
	start_together(f, 3, 0);
	pump(f, NULL);
	assert_int_equal(things[0].n_rundowns, 0);
	finish_and_hear(f, 0);
	pump(f, NULL);
	assert_int_equal(f->requests[1].result, 0);
	assert_int_equal(things[0].n_rundowns, 1);
	for (unsigned i = 2; i < 4; i++) {
		assert_true(f->requests[i].is_done);
		assert_int_equal(f->requests[i].fault, PEN_FAULT_CONTEXT_MISMATCH);
	}
	stop(f);
}

/* One of those that share it closes it: the last one has the object until it ends. */
static void test_closed_while_others_use_it(void **state)
{
	struct fixture *f = start();
	struct pen_context_handle handle = f->handles[0];

	for (unsigned i = 0; i < 3; i++)
		start_together(f, i, 0);
	start_alone(f, 3, 0, 0);
	pump(f, NULL);
	assert_int_equal(
		pen_call_handle_lock_exclusive(jobs[2].call, &f->handles[0], locked, &jobs[2]),
		PEN_PENDING);
	assert_int_equal(pen_call_handle_close(jobs[0].call, &type, &handle), 0);
	assert_int_equal(things[0].n_rundowns, 0);
	pump(f, &f->requests[3].is_done);
	assert_int_equal(f->requests[3].fault, PEN_FAULT_CONTEXT_MISMATCH);
	finish_and_hear(f, 0);
	finish_and_hear(f, 1);
	pump(f, NULL);
	assert_int_equal(jobs[2].n_locked, 1);
	assert_int_equal(jobs[2].lock_result, PEN_E_NOT_FOUND);
	assert_int_equal(things[0].n_rundowns, 0);
	finish_and_hear(f, 2);
	assert_int_equal(things[0].n_rundowns, 1);
	stop(f);
}

/* The client goes: who waits is forgotten, and who runs keeps the things until it ends. */
static void test_the_client_goes(void **state)
{
	struct fixture *f = start();

	start_together(f, 0, 0);
	start_together(f, 1, 0);
	start_alone(f, 2, 0, 1);
	start_alone(f, 3, 1, 0);
	pump(f, NULL);
	assert_int_equal(
		pen_call_handle_lock_exclusive(jobs[1].call, &f->handles[0], locked, &jobs[1]),
		PEN_PENDING);
	close_client(f);
	pump(f, NULL);
	assert_true(jobs[0].is_stopped && jobs[1].is_stopped);
	assert_int_equal(things[0].n_rundowns + things[1].n_rundowns, 0);
	finish(0);
	pump(f, NULL);
	assert_int_equal(jobs[1].n_locked, 1);
	assert_int_equal(things[0].n_rundowns + things[1].n_rundowns, 0);
	finish(1);
	pump(f, NULL);
	assert_int_equal(n_begun, 2);
	stop(f);
}

/* The server ends with calls that run, and that wait. */
static void test_the_server_goes(void **state)
{
	struct fixture *f = start();

	start_together(f, 0, 0);
	start_alone(f, 1, 0, 1);
	pump(f, NULL);
	jobs[0].things[0]->n_together = 0;
	f->server = pen_server_free(f->server);
	for (size_t i = 0; i < N_THINGS; i++)
		assert_int_equal(things[i].n_rundowns, 1);
	close_client(f);
	test_free(f);
}

/* ---- from inside a call ---- */

struct within {
	struct fixture *f;
	int result;
};

static void looked(struct pen_call *call, int result, void *data)
{
	struct within *within = pen_call_data(call);

	within->result = result;
	((struct holder_Answer_out *)data)->result = 4711;
	pen_call_finish(call, result);
}

/* What holds the thing does not keep from it what its client does meanwhile. */
static int answer(struct pen_call *call, const struct holder_Answer_in *in,
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

static void test_out_of_a_callback(void **state)
{
	static const struct holder_callbacks callbacks = { .Answer = answer };
	struct fixture *f = start();
	struct within within = { .f = f, .result = -1 };
	const struct holder_Ask_in in = { .thing = f->handles[0] };
	struct request *r = request_of(f, 0);

	holder_set_callbacks(r->call, &callbacks, &within);
	assert_int_equal(holder_Ask_start(r->call, &in, &r->ask, on_done, r), 0);
	start_alone(f, 1, 0, 0);
	pump(f, &r->is_done);
	assert_int_equal(r->result, 0);
	assert_int_equal(r->ask.result, 4711);
	assert_int_equal(within.result, 0);
	pump(f, NULL);
	finish_and_hear(f, 1);
	stop(f);
}

/* ---- from another connection of the group ---- */

struct peer {
	int fd;
	struct pen_conn *conn;
};

/* Feeds and sends until an event of that kind; false: the server has closed. */
static bool peer_await(struct fixture *f, struct peer *peer, enum pen_event_kind kind,
		       struct pen_event *event)
{
	for (;;) {
		struct pen_slice slice;
		uint8_t in[4096];
		ssize_t n;
		int r;

		while (pen_conn_output(peer->conn, &slice, 1)) {
			n = send(peer->fd, slice.data, slice.size, MSG_NOSIGNAL);
			assert_true(n > 0);
			pen_conn_sent(peer->conn, (size_t)n);
		}
		while ((r = pen_conn_next(peer->conn, event)) == 0)
			if (event->kind == kind)
				return true;
		if (kind == PEN_EVENT_SHUTDOWN)
			return false; /* all is sent, nothing is awaited */
		pen_server_dispatch(f->server);
		n = recv(peer->fd, in, sizeof(in), MSG_DONTWAIT);
		if (n == 0)
			return false;
		if (n > 0)
			assert_int_equal(pen_conn_feed(peer->conn, in, (size_t)n), 0);
	}
}

/* A second connection, of whatever group is asked for. */
static struct peer peer_new(struct fixture *f, uint32_t group)
{
	const struct pen_conn_config config = { .protseq = PEN_NCALRPC };
	struct pen_event event;
	struct peer peer;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pen_server_adopt(f->server, ends[0], PEN_NCALRPC, NULL), 0);
	peer.fd = ends[1];
	assert_int_equal(pen_conn_new_client(&peer.conn, &config), 0);
	assert_int_equal(pen_conn_bind(peer.conn, &holder_interface.id, true, group, NULL), 0);
	assert_true(peer_await(f, &peer, PEN_EVENT_BOUND, &event));
	return peer;
}

static void peer_done(struct peer *peer)
{
	pen_conn_free(peer->conn);
	close(peer->fd);
}

static void peer_call(struct peer *peer, const char *name, const void *in)
{
	const struct pen_layout layout = { .transfer = PEN_NDR };
	const struct pen_scope scope = { .in = in };
	struct pen_buffer stub = { 0 };
	uint32_t call_id;
	uint16_t opnum;
	const struct pen_operation *operation = pen_interface_find(&holder_interface, name, &opnum);

	assert_int_equal(pen_ndr_put(operation->in, layout, &scope, in, &stub, NULL), 0);
	assert_int_equal(pen_conn_request(peer->conn,
					  pen_conn_context(peer->conn, &holder_interface.id), NULL,
					  opnum, NULL, 0, &stub, &call_id),
			 0);
	pen_buffer_done(&stub);
}

static void test_from_another_connection(void **state)
{
	struct fixture *f = start();
	struct pen_event event;
	struct peer first = peer_new(f, 0);
	struct peer second = peer_new(f, pen_conn_assoc_group_id(first.conn));
	struct peer stranger = peer_new(f, 0);
	struct holder_Open_in open_in = { .number = 0 };
	struct holder_Alone_in in = { .id = 0 };

	/* The first one's thing is the second one's too, and nobody else's. */
	peer_call(&first, "Open", &open_in);
	assert_true(peer_await(f, &first, PEN_EVENT_RESPONSE, &event));
	memcpy(&in.one.uuid, event.stub.data + 4, 16);
	in.two = in.one;
	in.one.uuid.time_low = in.two.uuid.time_low =
		(uint32_t)event.stub.data[4] | (uint32_t)event.stub.data[5] << 8 |
		(uint32_t)event.stub.data[6] << 16 | (uint32_t)event.stub.data[7] << 24;
	peer_call(&stranger, "Alone", &in);
	assert_true(peer_await(f, &stranger, PEN_EVENT_FAULT, &event));
	assert_int_equal(event.status, PEN_FAULT_CONTEXT_MISMATCH);
	peer_call(&first, "Alone", &in);
	peer_await(f, &first, PEN_EVENT_SHUTDOWN, &event);
	pump(f, NULL);
	assert_true(jobs[0].is_running);

	/* It waits for the first, and goes; then it waits again, and the first goes. */
	for (in.id = 1; in.id < 3; in.id++) {
		peer_call(&second, "Alone", &in);
		peer_await(f, &second, PEN_EVENT_SHUTDOWN, &event);
		pump(f, NULL);
		assert_false(jobs[in.id].is_running);
		if (in.id > 1)
			break;
		peer_done(&second);
		pump(f, NULL);
		second = peer_new(f, pen_conn_assoc_group_id(first.conn));
	}
	peer_done(&first);
	pump(f, NULL);
	assert_true(jobs[0].is_stopped);
	assert_false(jobs[2].is_running);
	finish(0);
	pump(f, NULL);
	assert_true(jobs[2].is_running);
	assert_false(jobs[1].is_running);
	finish(2);
	assert_true(peer_await(f, &second, PEN_EVENT_RESPONSE, &event));
	assert_int_equal(things[0].n_rundowns, 0);
	peer_done(&second);
	pump(f, NULL);
	assert_int_equal(things[0].n_rundowns, 1);
	things[0].n_rundowns = 0;
	peer_done(&stranger);
	stop(f);
}

/* ---- by dice ---- */

/* Whatever comes and goes, all that is not cancelled comes to an end, and things are run
 * down once. */
static void test_random_calls(void **state)
{
	const char *given = getenv("PEN_TEST_SEED");
	uint64_t dice = given ? strtoull(given, NULL, 0) : 1;
	int n_rounds = getenv("PEN_TEST_ALL") ? 20 * N_ROUNDS : N_ROUNDS;
	struct fixture *f = start();

	for (int round = 0; round < n_rounds; round++) {
		unsigned id, a, b, what;

		dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407u;
		id = (unsigned)(dice >> 33) % N_JOBS;
		a = (unsigned)(dice >> 40) % N_THINGS;
		b = (unsigned)(dice >> 45) % N_THINGS;
		what = (unsigned)(dice >> 50) % 4;
		if (jobs[id].is_running && what) {
			finish(id);
		} else if (jobs[id].is_running) {
			int r = pen_call_handle_lock_exclusive(jobs[id].call, &jobs[id].one, NULL,
							       NULL);

			assert_true(r == 0 || r == -EBUSY);
			if (!r && !jobs[id].is_alone)
				assert_int_equal(
					pen_call_handle_lock_shared(jobs[id].call, &jobs[id].one),
					0);
		} else if (f->requests[id].call && !f->requests[id].is_done) {
			if (!what)
				assert_int_equal(pen_call_cancel(f->requests[id].call), 0);
		} else if (what & 1) {
			start_alone(f, id, a, b);
		} else {
			start_together(f, id, a);
		}
		if (dice >> 61 == 0)
			pump(f, NULL);
		else
			pen_client_dispatch(f->client), pen_server_dispatch(f->server);
	}
	for (bool has_finished = true; has_finished;) {
		has_finished = false;
		pump(f, NULL);
		for (unsigned i = 0; i < N_JOBS; i++) {
			if (!jobs[i].is_running)
				continue;
			finish(i);
			has_finished = true;
		}
	}
	for (unsigned i = 0; i < N_JOBS; i++)
		assert_true(!f->requests[i].call || f->requests[i].is_done);
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_some_together),
		cmocka_unit_test(test_two_handles_at_once),
		cmocka_unit_test(test_so_many_may_wait),
		cmocka_unit_test(test_changes_while_it_runs),
		cmocka_unit_test(test_without_its_handle),
		cmocka_unit_test(test_one_that_waits_is_cancelled),
		cmocka_unit_test(test_closed_before_it_is_ones_turn),
		cmocka_unit_test(test_closed_while_others_use_it),
		cmocka_unit_test(test_the_client_goes),
		cmocka_unit_test(test_the_server_goes),
		cmocka_unit_test(test_out_of_a_callback),
		cmocka_unit_test(test_from_another_connection),
		cmocka_unit_test(test_random_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
