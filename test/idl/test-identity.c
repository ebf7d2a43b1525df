/* SPDX-License-Identifier: MIT */
/*
 * Full pointers across a whole call [C706 14.3.12]: by bytes, with the tables alone, and over
 * sockets, for callers that wait and that do not, and for callbacks.
 */
#include "support/unit.h"

#include "identity.h"
#include "ndr/identity.h"
#include "support/fail.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/client.h>
#include <penstock/server.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#define TURN	 (&identity_interface.operations[0])
#define EXCHANGE (&identity_interface.operations[1])

static const struct pen_layout ndr = { .transfer = PEN_NDR };

/* ---- by bytes ---- */

/* One call on the side of a server. */
struct served {
	struct pen_identities identities;
	struct pen_arena arena;
	struct identity_Turn_in in;
	struct identity_Turn_out out;
	struct pen_buffer answer;
};

static void served_done(struct served *s)
{
	pen_identities_done(&s->identities);
	pen_arena_done(&s->arena);
	pen_buffer_done(&s->answer);
}

static int take_request(struct served *s, const uint8_t *bytes, size_t n)
{
	struct pen_scope scope = { .in = &s->in, .out = &s->out, .identities = &s->identities };
	struct pen_ndr_error error;

	*s = (struct served){ 0 };
	pen_arena_init(&s->arena, 0);
	return pen_ndr_get(TURN->in, ndr, &scope, bytes, n, &s->in, &s->arena, NULL, &error);
}

static int make_answer(struct served *s)
{
	struct pen_scope scope = { .in = &s->in, .out = &s->out, .identities = &s->identities };
	struct pen_ndr_error error;

	return pen_ndr_put(TURN->out, ndr, &scope, &s->out, &s->answer, &error);
}

static void expect(const struct pen_buffer *seen, const uint8_t *due, size_t n)
{
	assert_int_equal(seen->size, n);
	assert_memory_equal(seen->data, due, n);
}

/* KEEP, with two nodes of which the first points to the second, and a number. */
static const uint8_t request[] = {
	0, 0, 0, 0,		/* how, and its gap */
	7, 0, 0, 0,		/* one */
	1, 0, 0, 0, 9, 0, 0, 0, /* value 1, next: what 9 is */
	2, 0, 0, 0, 0, 0, 0, 0, /* that: value 2, no next */
	9, 0, 0, 0,		/* two: it is there already */
	0, 0, 2, 0,		/* number: the referent that everybody begins with */
	5, 0, 0, 0,
};

static void test_what_stays_keeps_its_name(void **state)
{
	static const uint8_t answer[] = {
		7, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, /* one */
		9, 0, 0, 0,						    /* two */
		0, 0, 2, 0, 6, 0, 0, 0,					    /* number */
		0, 0, 0, 0,						    /* result */
	};
	struct served s;

	assert_int_equal(take_request(&s, request, sizeof(request)), 0);
	assert_ptr_equal(s.in.one->next, s.in.two);
	s.out = (struct identity_Turn_out){ s.in.one, s.in.two, s.in.number, 0 };
	++*s.out.number;
	assert_int_equal(make_answer(&s), 0);
	expect(&s.answer, answer, sizeof(answer));
	served_done(&s);
}

static void test_what_is_swapped_keeps_its_name(void **state)
{
	static const uint8_t answer[] = {
		9, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, /* one */
		7, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, /* two */
		0, 0, 0, 0,			    /* no number */
		0, 0, 0, 0,			    /* result */
	};
	struct served s;

	assert_int_equal(take_request(&s, request, sizeof(request)), 0);
	s.out = (struct identity_Turn_out){ s.in.two, s.in.one, NULL, 0 };
	assert_int_equal(make_answer(&s), 0);
	expect(&s.answer, answer, sizeof(answer));
	served_done(&s);
}

/* Ours begin with 0x20000, which the request has given to its number. */
static void test_what_is_new_has_a_new_name(void **state)
{
	static const uint8_t answer[] = {
		4, 0, 2, 0, 3, 0, 0, 0, 7, 0, 0, 0, /* one, before */
		1, 0, 0, 0, 0, 0, 0, 0,		    /* what one was */
		4, 0, 2, 0,			    /* two: the same new one */
		8, 0, 2, 0, 4, 0, 0, 0,		    /* another number */
		0, 0, 0, 0,			    /* result */
	};
	struct identity_NODE node = { .value = 3 };
	struct served s;
	int32_t four = 4;

	assert_int_equal(take_request(&s, request, sizeof(request)), 0);
	s.out = (struct identity_Turn_out){ &node, &node, &four, 0 };
	node.next = s.in.one;
	node.next->next = NULL;
	assert_int_equal(make_answer(&s), 0);
	expect(&s.answer, answer, sizeof(answer));
	served_done(&s);
}

/* A value that is at the address of an object, and of another type, is not that object. */
static void test_a_part_is_not_the_whole(void **state)
{
	static const uint8_t answer[] = {
		0, 0, 0, 0, 0, 0, 0, 0, /* no nodes */
		4, 0, 2, 0, 1, 0, 0, 0, /* number: the value in what one was */
		0, 0, 0, 0,		/* result */
	};
	struct served s;

	assert_int_equal(take_request(&s, request, sizeof(request)), 0);
	s.out = (struct identity_Turn_out){ .number = &s.in.one->value };
	assert_int_equal(make_answer(&s), 0);
	expect(&s.answer, answer, sizeof(answer));
	served_done(&s);
}

/* ---- by bytes, on the side of a client ---- */

struct called {
	struct pen_identities identities;
	struct pen_arena arena;
	struct identity_NODE nodes[2];
	int32_t number;
	struct identity_Turn_in in;
	struct identity_Turn_out out;
	struct pen_ndr_error error;
};

/* Sends what has referents from 0x20000 on: the first node, the second, the number. */
static void send_request(struct called *c)
{
	struct pen_scope scope = { .in = &c->in, .identities = &c->identities };
	struct pen_buffer sent = { 0 };

	*c = (struct called){ .nodes = { { 1, &c->nodes[1] }, { 2, NULL } }, .number = 5 };
	pen_arena_init(&c->arena, 0);
	c->in = (struct identity_Turn_in){ identity_KEEP, &c->nodes[0], &c->nodes[1], &c->number };
	assert_int_equal(pen_ndr_put(TURN->in, ndr, &scope, &c->in, &sent, NULL), 0);
	pen_buffer_done(&sent);
}

static int take_answer(struct called *c, const uint8_t *bytes, size_t n)
{
	struct pen_scope scope = { .in = &c->in, .out = &c->out, .identities = &c->identities };

	c->out = (struct identity_Turn_out){ 0 };
	return pen_ndr_get(TURN->out, ndr, &scope, bytes, n, &c->out, &c->arena, NULL, &c->error);
}

static void called_done(struct called *c)
{
	pen_identities_done(&c->identities);
	pen_arena_done(&c->arena);
}

static void test_a_client_knows_what_it_gave(void **state)
{
	static const uint8_t answer[] = {
		4,    0,    2, 0, 22, 0, 0, 0, 0, 0, 2, 0, /* one: what two was */
		11,   0,    0, 0, 0,  0, 0, 0,		   /* which points to what one was */
		0x34, 0x12, 0, 0, 3,  0, 0, 0, 0, 0, 0, 0, /* two: new */
		8,    0,    2, 0, 55, 0, 0, 0,		   /* the number */
		0,    0,    0, 0,			   /* result */
	};
	struct called c;

	send_request(&c);
	assert_int_equal(take_answer(&c, answer, sizeof(answer)), 0);
	assert_ptr_equal(pen_identities_given(&c.identities, c.out.one), &c.nodes[1]);
	assert_ptr_equal(pen_identities_given(&c.identities, c.out.one->next), &c.nodes[0]);
	assert_null(pen_identities_given(&c.identities, c.out.two));
	assert_ptr_equal(pen_identities_given(&c.identities, c.out.number), &c.number);
	assert_int_equal(c.out.one->next->value, 11);
	assert_int_equal(c.nodes[0].value, 1);
	called_done(&c);
}

/* A server that calls something a node, which was a number, or the other way round. */
static void test_objects_of_another_type_are_refused(void **state)
{
	static const uint8_t as_node[] = {
		8, 0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, /* one: what the number was */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* two, number, result */
	};
	static const uint8_t as_number[] = {
		0, 0, 0, 0, 0, 0, 0, 0, /* one, two */
		4, 0, 2, 0, 3, 0, 0, 0, /* number: what two was */
		0, 0, 0, 0,		/* result */
	};
	struct called c;

	send_request(&c);
	assert_int_equal(take_answer(&c, as_node, sizeof(as_node)), PEN_E_BAD_DATA);
	assert_non_null(strstr(c.error.text, "the request"));
	assert_int_equal(take_answer(&c, as_number, sizeof(as_number)), PEN_E_BAD_DATA);
	assert_non_null(strstr(c.error.text, "the request"));
	assert_null(c.out.number);
	called_done(&c);
}

/* Of no answer of random names does one go wrong that is not refused. */
static void test_hostile_names(void **state)
{
	static const uint8_t names[] = { 0, 0x00, 0x04, 0x08, 0x0c };

	for (unsigned i = 0; i < 5 * 5 * 5 * 5 * 5; i++) {
		uint8_t answer[64] = { 0 };
		unsigned dice = i;
		struct called c;
		size_t n = 0;
		int r;

		for (size_t k = 0; k < 5; k++, dice /= 5, n += 8) {
			answer[n] = names[dice % 5];
			answer[n + 2] = dice % 5 ? 2 : 0;
		}
		send_request(&c);
		r = take_answer(&c, answer, sizeof(answer));
		assert_true(r == 0 || r == PEN_E_BAD_DATA);
		if (!r && c.out.one && pen_identities_given(&c.identities, c.out.one))
			assert_ptr_not_equal(pen_identities_given(&c.identities, c.out.one),
					     &c.number);
		called_done(&c);
	}
}

static int whole_call(struct served *s)
{
	struct called c = { .nodes = { { 1, &c.nodes[1] }, { 2, NULL } }, .number = 5 };
	struct pen_scope scope = { .in = &c.in, .out = NULL, .identities = &c.identities };
	struct pen_buffer sent = { 0 };
	int r;

	*s = (struct served){ 0 };
	pen_arena_init(&c.arena, 0);
	c.in = (struct identity_Turn_in){ identity_KEEP, &c.nodes[0], &c.nodes[1], &c.number };
	r = pen_ndr_put(TURN->in, ndr, &scope, &c.in, &sent, NULL);
	if (!r)
		r = take_request(s, sent.data, sent.size);
	s->out = (struct identity_Turn_out){ s->in.two, s->in.one, s->in.number, 0 };
	if (!r)
		r = make_answer(s);
	if (!r)
		r = take_answer(&c, s->answer.data, s->answer.size);
	if (!r)
		assert_ptr_equal(pen_identities_given(&c.identities, c.out.one), &c.nodes[1]);
	pen_buffer_done(&sent);
	called_done(&c);
	served_done(s);
	return r;
}

static void test_memory_that_is_not_there(void **state)
{
	struct served s;
	int r;

	for (size_t n = 1; pen_fail_at(n), r = whole_call(&s), pen_fail_hit(); n++)
		assert_true(r == -ENOMEM || r == PEN_E_LIMIT);
	assert_int_equal(r, 0);
}

/* Arrays whose attributes are others' are the same objects, though each parameter has its tables.
 */
static void test_arrays_and_strings(void **state)
{
	static const uint8_t asked[] = {
		1, 0,	0, 0, 0x41, 0, 0, 0, 0x42, 0,	 0, 0, /* one: n, numbers, name */
		1, 0,	0, 0, 8,    0, 0, 0, 2,	   0,	 0, 0, 0, 0,	0, 0, 2, 0, 0,
		0, 'A', 0, 0, 0,    2, 0, 0, 0,	   0x43, 0, 0, 0, 0x42, 0, 0, 0, /* two: its name is
										    the same */
		2, 0,	0, 0, 9,    0, 0, 0, 10,   0,	 0, 0,
	};
	static const uint8_t answered[] = {
		2, 0, 0, 0, 0x43, 0, 0, 0, 0x42, 0, 0, 0,		/* one */
		2, 0, 0, 0, 9,	  0, 0, 0, 10,	 0, 0, 0,		/* numbers */
		2, 0, 0, 0, 0,	  0, 0, 0, 2,	 0, 0, 0, 'A', 0, 0, 0, /* name */
		1, 0, 0, 0, 0x41, 0, 0, 0, 0x42, 0, 0, 0,		/* two */
		1, 0, 0, 0, 8,	  0, 0, 0,
	};
	struct pen_identities identities = { 0 };
	struct identity_Exchange_in in = { 0 };
	struct identity_Exchange_out out = { 0 };
	struct pen_scope scope = { .in = &in, .out = &out, .identities = &identities };
	struct pen_buffer answer = { 0 };
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	assert_int_equal(pen_ndr_get(EXCHANGE->in, ndr, &scope, asked, sizeof(asked), &in, &arena,
				     NULL, NULL),
			 0);
	assert_ptr_equal(in.one.name, in.two.name);
	out = (struct identity_Exchange_out){ .one = in.two, .two = in.one };
	assert_int_equal(pen_ndr_put(EXCHANGE->out, ndr, &scope, &out, &answer, NULL), 0);
	expect(&answer, answered, sizeof(answered));
	pen_buffer_done(&answer);
	pen_identities_done(&identities);
	pen_arena_done(&arena);
}

/* ---- over sockets ---- */

static void turn(struct pen_arena *arena, enum identity_HOW how, struct identity_NODE **one,
		 struct identity_NODE **two)
{
	struct identity_NODE *first = *one;

	switch (how) {
	case identity_KEEP:
		break;
	case identity_SWAP:
		*one = *two;
		*two = first;
		break;
	case identity_REPLACE:
		*one = pen_arena_zalloc(arena, sizeof(**one));
		break;
	case identity_ALIAS:
		*two = *one;
		break;
	case identity_CROSS:
		(*one)->next = *two;
		(*two)->next = first;
		break;
	case identity_NONE:
		*one = *two = NULL;
		break;
	}
}

static int turn_both(struct pen_call *call, const struct identity_Turn_in *in,
		     struct identity_Turn_out *out)
{
	*out = (struct identity_Turn_out){ in->one, in->two, in->number, 0 };
	turn(pen_call_arena(call), in->how, &out->one, &out->two);
	return 0;
}

struct asking {
	const struct identity_Ask_in *in;
	struct identity_Ask_out *out;
	struct identity_Answer_in given;
	struct identity_Answer_out answer;
};

static void answered(struct pen_call *call, int result, void *data)
{
	struct asking *asking = data;
	const void *one = pen_call_given(call, asking->answer.one);
	const void *two = pen_call_given(call, asking->answer.two);

	/* The client turned them, and knew what is what; ours go back as it has done. */
	asking->out->one = one == asking->in->one ? asking->in->one : asking->in->two;
	asking->out->two = two == asking->in->two ? asking->in->two : asking->in->one;
	if (!one || !two)
		result = PEN_E_BAD_DATA;
	turn(pen_call_arena(call), asking->in->how, &asking->out->one, &asking->out->two);
	pen_call_finish(call, result);
}

static int ask(struct pen_call *call, const struct identity_Ask_in *in,
	       struct identity_Ask_out *out)
{
	const struct asking all = { .in = in, .out = out, .given = { in->how, in->one, in->two } };
	struct asking *asking = pen_arena_copy(pen_call_arena(call), &all, sizeof(all));
	int r = identity_Answer(call, &asking->given, &asking->answer, answered, asking);

	return r ? r : PEN_PENDING;
}

static int answer_it(struct pen_call *call, const struct identity_Answer_in *in,
		     struct identity_Answer_out *out)
{
	*out = (struct identity_Answer_out){ in->one, in->two, 0 };
	turn(pen_call_arena(call), in->how, &out->one, &out->two);
	return 0;
}

static const struct identity_operations operations = { .Turn = turn_both, .Ask = ask };
static const struct identity_callbacks callbacks = { .Answer = answer_it };

struct fixture {
	struct pen_server *server;
	pthread_t thread;
	struct pen_client *client;
	struct pen_call *call;
	struct identity_NODE nodes[2];
	struct identity_Turn_in in;
	struct identity_Turn_out out;
	bool is_done;
	int result;
};

static void *run(void *data)
{
	pen_server_run(((struct fixture *)data)->server);
	return NULL;
}

static struct fixture *start(bool refuse_ndr64)
{
	static const struct pen_service service = { .interface = &identity_interface,
						    .operations = &operations };
	const struct pen_client_config config = { .refuse_ndr64 = refuse_ndr64 };
	struct fixture *f = test_calloc(1, sizeof(*f));
	const char *binding;

	assert_int_equal(pen_server_new(&f->server, NULL), 0);
	assert_int_equal(pen_server_add(f->server, &service, NULL), 0);
	assert_int_equal(pen_server_listen(f->server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &binding),
			 0);
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
	assert_int_equal(pen_client_new(&f->client, binding, &config, NULL), 0);
	assert_int_equal(pen_call_new(&f->call, f->client), 0);
	identity_set_callbacks(f->call, &callbacks, NULL);
	return f;
}

static void stop(struct fixture *f)
{
	pen_call_free(f->call);
	pen_client_free(f->client);
	pen_server_stop(f->server);
	pthread_join(f->thread, NULL);
	pen_server_free(f->server);
	test_free(f);
}

static void on_done(struct pen_call *call, int result, void *data)
{
	struct fixture *f = data;

	f->result = result;
	f->is_done = true;
}

static void host(struct fixture *f)
{
	while (!f->is_done) {
		struct pollfd wait = { .fd = pen_client_fd(f->client),
				       .events = pen_client_events(f->client) };

		assert_true(poll(&wait, 1, pen_client_timeout(f->client)) >= 0);
		pen_client_dispatch(f->client);
	}
}

static void give(struct fixture *f, enum identity_HOW how)
{
	f->nodes[0] = (struct identity_NODE){ .value = 1, .next = &f->nodes[1] };
	f->nodes[1] = (struct identity_NODE){ .value = 2 };
	f->in = (struct identity_Turn_in){ how, &f->nodes[0], &f->nodes[1], NULL };
	f->out = (struct identity_Turn_out){ 0 };
	f->is_done = false;
}

static void judge(struct fixture *f, enum identity_HOW how)
{
	const void *one = pen_call_given(f->call, f->out.one);
	const void *two = pen_call_given(f->call, f->out.two);

	assert_int_equal(f->in.one->value, 1);
	switch (how) {
	case identity_NONE:
		assert_null(f->out.one);
		assert_null(f->out.two);
		return;
	case identity_SWAP:
		assert_ptr_equal(one, &f->nodes[1]);
		assert_ptr_equal(two, &f->nodes[0]);
		break;
	case identity_REPLACE:
		assert_null(one);
		assert_ptr_equal(two, &f->nodes[1]);
		break;
	case identity_ALIAS:
		assert_ptr_equal(f->out.one, f->out.two);
		assert_ptr_equal(one, &f->nodes[0]);
		break;
	case identity_CROSS:
		assert_ptr_equal(f->out.one->next, f->out.two);
		assert_ptr_equal(f->out.two->next, f->out.one);
		assert_ptr_equal(one, &f->nodes[0]);
		break;
	case identity_KEEP:
		assert_ptr_equal(one, &f->nodes[0]);
		assert_ptr_equal(two, &f->nodes[1]);
		break;
	}
}

/* In one call after the other, by a caller that waits and by one that does not. */
static void test_over_a_wire(void **state)
{
	for (int is_ndr = 0; is_ndr < 2; is_ndr++) {
		struct fixture *f = start(is_ndr);

		for (enum identity_HOW how = identity_KEEP; how <= identity_NONE; how++) {
			give(f, how);
			assert_int_equal(identity_Turn(f->call, &f->in, &f->out), 0);
			judge(f, how);
			give(f, how);
			assert_int_equal(identity_Turn_start(f->call, &f->in, &f->out, on_done, f),
					 0);
			host(f);
			assert_int_equal(f->result, 0);
			judge(f, how);
		}
		stop(f);
	}
}

/* A callback's objects are a server's, and come back as such. */
static void test_through_a_callback(void **state)
{
	static const enum identity_HOW hows[] = { identity_KEEP, identity_SWAP, identity_CROSS };
	struct fixture *f = start(false);

	for (size_t i = 0; i < PEN_COUNT(hows); i++) {
		struct identity_Ask_in in = { hows[i], &f->nodes[0], &f->nodes[1] };
		struct identity_Ask_out out;

		give(f, identity_KEEP);
		assert_int_equal(identity_Ask(f->call, &in, &out), 0);
		assert_ptr_equal(pen_call_given(f->call, out.one), &f->nodes[0]);
		assert_ptr_equal(pen_call_given(f->call, out.two), &f->nodes[1]);
	}
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_stays_keeps_its_name),
		cmocka_unit_test(test_what_is_swapped_keeps_its_name),
		cmocka_unit_test(test_what_is_new_has_a_new_name),
		cmocka_unit_test(test_a_part_is_not_the_whole),
		cmocka_unit_test(test_a_client_knows_what_it_gave),
		cmocka_unit_test(test_objects_of_another_type_are_refused),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_memory_that_is_not_there),
		cmocka_unit_test(test_arrays_and_strings),
		cmocka_unit_test(test_over_a_wire),
		cmocka_unit_test(test_through_a_callback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
