/* SPDX-License-Identifier: MIT */
/* Extended errors between servers and clients: who is told what, and what is passed on. */
#include "runtime/eerr.h"
#include "runtime/server.h"
#include "support/fail.h"
#include "support/probe.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/eerr.h>
#include <penstock/status.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct probe probe;

static struct pen_call *open_call(struct pen_client **clientp, const char *binding)
{
	struct pen_call *call;

	*clientp = probe_client(&probe, binding);
	assert_int_equal(pen_call_new(&call, *clientp), 0);
	return call;
}

static void start(enum pen_eerr_policy policy)
{
	const struct pen_server_config config = { .extended_errors = policy };

	probe_start(&probe, &config);
}

static int fail_as(struct pen_call *call, uint32_t how)
{
	struct probe_number in = { how };
	struct probe_number out;

	return pen_call_invoke(call, &probe_interface, PROBE_FAIL, &in, &out);
}

/* ---- who is told what ---- */

enum told { NOTHING, CODES, ALL };

static void expect_told(const struct pen_eerr *e, enum told told)
{
	char name[65];

	if (told == NOTHING) {
		assert_null(e);
		return;
	}
	assert_non_null(e);
	assert_null(e->next);
	assert_int_equal(e->component, PEN_EERR_APPLICATION);
	assert_int_equal(e->location, PEN_EERR_AT_OPERATION);
	assert_int_equal(e->status, 0xC0000022);
	assert_int_equal(e->flags, 0);
	if (told == CODES) {
		assert_null(e->computer);
		assert_int_equal(e->process_id, 0);
		assert_int_equal(e->time, 0);
		assert_int_equal(e->n_params, 0);
		return;
	}
	pen_computer_name(name, sizeof(name));
	assert_string_equal(e->computer, name);
	assert_int_equal(e->process_id, getpid());
	assert_true(e->time > UINT64_C(133000000000000000));
	assert_int_equal(e->n_params, 1);
	assert_string_equal(e->params[0].text, "As was asked for.");
}

static void test_policies(void **state)
{
	static const struct {
		enum pen_eerr_policy policy;
		enum told local, remote;
	} rows[] = {
		{ PEN_EERR_TELL_LOCAL, ALL, NOTHING },
		{ PEN_EERR_TELL_NOBODY, NOTHING, NOTHING },
		{ PEN_EERR_TELL_CODES, ALL, CODES },
		{ PEN_EERR_TELL_ALL, ALL, ALL },
	};

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		start(rows[i].policy);
		for (int is_local = 0; is_local < 2; is_local++) {
			struct pen_client *client;
			struct pen_call *call =
				open_call(&client, is_local ? probe.local : probe.tcp);

			assert_int_equal(fail_as(call, PEN_E_FAULT), PEN_E_FAULT);
			assert_int_equal(pen_call_fault(call), 0xC0000022);
			expect_told(pen_call_eerr(call), is_local ? rows[i].local : rows[i].remote);
			assert_int_equal(probe_add(call, 1, 2), 0);
			assert_null(pen_call_eerr(call));
			pen_call_free(call);
			pen_client_free(client);
		}
		probe_stop(&probe);
	}
}

/* What the runtime refuses before the operation, it says itself, in the codes of Windows. */
static void test_runtime(void **state)
{
	struct pen_operation operations[PROBE_N_OPERATIONS];
	struct pen_interface wider = probe_interface;
	struct probe_number in = { 0 };
	struct probe_number out;
	struct pen_client *client;
	const struct pen_eerr *e;
	struct pen_call *call;

	memcpy(operations, probe_interface.operations, sizeof(operations));
	operations[PROBE_UNUSED] = operations[PROBE_FAIL];
	wider.operations = operations;
	start(PEN_EERR_TELL_LOCAL);
	call = open_call(&client, probe.local);
	assert_int_equal(pen_call_invoke(call, &wider, PROBE_UNUSED, &in, &out), PEN_E_FAULT);
	e = pen_call_eerr(call);
	assert_non_null(e);
	assert_int_equal(e->component, PEN_EERR_RUNTIME);
	assert_int_equal(e->location, PEN_EERR_AT_REQUEST);
	assert_int_equal(e->status, PEN_WERR_RPC_S_PROCNUM_OUT_OF_RANGE);
	assert_string_equal(e->params[0].text, "Operation 8 is not used on the wire.");
	pen_call_free(call);
	pen_client_free(client);
	probe_stop(&probe);
}

/* ---- an operation that adds, and one that passes on ---- */

typedef int function(struct pen_call *call, const void *in, void *out);

static int add_records(struct pen_call *call, const void *in, void *out)
{
	static const struct pen_eerr_param param = { .kind = PEN_EERR_LONG, .number = 9 };
	const struct pen_eerr cause = { .component = PEN_EERR_IO, .status = 6, .process_id = 1 };
	const struct pen_eerr own = {
		.next = &cause, .status = 7, .n_params = 1, .params = &param
	};
	struct pen_eerr many[PEN_EERR_RECORDS_MAX - 1] = { { 0 } };
	const struct pen_eerr wide = { .n_params = PEN_EERR_PARAMS_MAX + 1 };

	for (size_t i = 0; i + 1 < PEN_COUNT(many); i++)
		many[i].next = &many[i + 1];
	assert_int_equal(pen_call_add_eerr(call, NULL), 0);
	assert_int_equal(pen_call_add_eerr(call, &own), 0);
	assert_int_equal(pen_call_add_eerr(call, many), PEN_E_LIMIT);
	assert_int_equal(pen_call_add_eerr(call, &wide), PEN_E_LIMIT);
	return ((const struct probe_number *)in)->value ? -EACCES : 0;
}

/* The way to the server behind, which fails. */
static int pass_on(struct pen_call *call, const void *in, void *out)
{
	struct pen_client *client;
	struct pen_call *upstream = open_call(&client, probe.tcp);
	int r = fail_as(upstream, PEN_E_FAULT);

	assert_int_equal(r, PEN_E_FAULT);
	assert_int_equal(pen_call_add_eerr(call, pen_call_eerr(upstream)), 0);
	r = pen_call_fail(call, PEN_WERR_INVALID_FUNCTION, "The server behind: %s",
			  pen_call_error(upstream));
	pen_call_free(upstream);
	pen_client_free(client);
	return r;
}

static function *const front_functions[PROBE_N_OPERATIONS] = {
	[PROBE_FAIL] = add_records,
	[PROBE_RELEASE] = pass_on,
};

struct front {
	struct pen_server *server;
	struct pen_client *client;
	struct pen_call *call;
	pthread_t thread;
};

static void *run(void *data)
{
	pen_server_run(data);
	return NULL;
}

/* A server before the probe, which tells all. */
static void front_start(struct front *front)
{
	static const struct pen_service service = { .interface = &probe_interface,
						    .operations = front_functions };
	const struct pen_server_config config = { .extended_errors = PEN_EERR_TELL_ALL };
	const char *binding;

	start(PEN_EERR_TELL_ALL);
	assert_int_equal(pen_server_new(&front->server, &config), 0);
	assert_int_equal(pen_server_add(front->server, &service, NULL), 0);
	assert_int_equal(
		pen_server_listen(front->server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &binding), 0);
	assert_int_equal(pthread_create(&front->thread, NULL, run, front->server), 0);
	front->call = open_call(&front->client, binding);
}

static void front_stop(struct front *front)
{
	pen_call_free(front->call);
	pen_client_free(front->client);
	pen_server_stop(front->server);
	pthread_join(front->thread, NULL);
	pen_server_free(front->server);
	probe_stop(&probe);
}

static void test_records_of_an_operation(void **state)
{
	struct front front;
	const struct pen_eerr *e;
	struct probe_number in = { 0 };
	struct probe_number out;

	front_start(&front);
	assert_int_equal(fail_as(front.call, 1), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(front.call), PEN_WERR_ACCESS_DENIED);
	e = pen_call_eerr(front.call);
	assert_non_null(e);
	assert_int_equal(e->status, PEN_WERR_ACCESS_DENIED);
	assert_non_null(e->computer);
	assert_int_equal(e->n_params, 0);
	e = e->next;
	assert_int_equal(e->status, 7);
	assert_int_equal(e->component, PEN_EERR_APPLICATION);
	assert_int_equal(e->process_id, getpid());
	assert_null(e->computer);
	assert_int_equal(e->params[0].number, 9);
	e = e->next;
	assert_int_equal(e->status, 6);
	assert_int_equal(e->component, PEN_EERR_IO);
	assert_int_equal(e->process_id, 1);
	assert_null(e->next);

	/* One that succeeds says nothing of it, and leaves nothing behind for the next. */
	assert_int_equal(pen_call_invoke(front.call, &probe_interface, PROBE_FAIL, &in, &out), 0);
	assert_null(pen_call_eerr(front.call));
	front_stop(&front);
}

/* The client sees the whole history, the newest first. */
static void test_passed_on(void **state)
{
	struct probe_nothing in = { 0 };
	struct probe_number out;
	const struct pen_eerr *e;
	struct front front;

	front_start(&front);
	assert_int_equal(pen_call_invoke(front.call, &probe_interface, PROBE_RELEASE, &in, &out),
			 PEN_E_FAULT);
	e = pen_call_eerr(front.call);
	assert_non_null(e);
	assert_int_equal(e->status, PEN_WERR_INVALID_FUNCTION);
	assert_memory_equal(e->params[0].text, "The server behind: ", 19);
	expect_told(e->next, ALL);
	front_stop(&front);
}

/* ---- what does not read ---- */

/* The fault stays what it is, and its sentence says so. */
static void test_unreadable(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4 };
	struct pen_event event = {
		.kind = PEN_EVENT_FAULT,
		.status = PEN_WERR_ACCESS_DENIED,
		.eerr = { bytes, sizeof(bytes) },
	};
	struct pen_call call;

	pen_call_init(&call, PEN_CALL_CLIENT, 0);
	assert_int_equal(pen_call_note_fault(&call, &event), PEN_E_FAULT);
	assert_int_equal(pen_call_fault(&call), PEN_WERR_ACCESS_DENIED);
	assert_null(pen_call_eerr(&call));
	assert_non_null(strstr(pen_call_error(&call), "does not read"));
	pen_arena_done(&call.arena);
}

/* What an operation adds is added whole, or not at all. */
static void test_no_memory_to_add(void **state)
{
	static const struct pen_eerr_param param = { .kind = PEN_EERR_UNICODE, .text = "text" };
	static const struct pen_eerr record = {
		.computer = "c", .status = 5, .n_params = 1, .params = &param
	};
	struct pen_call call;
	int r;

	for (size_t n = 1;; n++) {
		pen_call_init(&call, PEN_CALL_SERVER, 0);
		pen_fail_at(n);
		r = pen_call_add_eerr(&call, &record);
		pen_arena_done(&call.arena);
		if (!pen_fail_hit())
			break;
		assert_int_equal(r, -ENOMEM);
		assert_null(call.told);
	}
	assert_int_equal(r, 0);
}

/* Without memory a server says nothing, or less; a fault has to be sent all the same. */
static void test_no_memory_to_tell(void **state)
{
	static const struct pen_server server = {
		.config = { .extended_errors = PEN_EERR_TELL_ALL }, .computer = "c"
	};
	static const struct pen_server_failure failure = { .location = PEN_EERR_AT_ANSWER,
							   .status = 5,
							   .sentence = "text" };
	struct pen_buffer all = { 0 };
	size_t n = 0;

	pen_server_tell(&server, PEN_NCALRPC, &failure, 1000, &all);
	assert_true(all.size);
	for (;;) {
		struct pen_buffer eerr = { 0 };
		bool was_hit;

		pen_fail_at(++n);
		pen_server_tell(&server, PEN_NCALRPC, &failure, 1000, &eerr);
		was_hit = pen_fail_hit();
		assert_true(was_hit ? eerr.size < all.size : eerr.size == all.size);
		pen_buffer_done(&eerr);
		if (!was_hit)
			break;
	}
	assert_true(n > 1);
	pen_buffer_done(&all);
}

/* A machine without a name has none. */
static void test_nameless(void **state)
{
	static const struct pen_server server = { 0 };
	static const struct pen_server_failure failure = { .location = PEN_EERR_AT_BIND };
	struct pen_buffer eerr = { 0 };
	const struct pen_eerr *e;
	struct pen_arena arena;

	pen_arena_init(&arena, 0);
	pen_server_tell(&server, PEN_NCALRPC, &failure, 1000, &eerr);
	assert_int_equal(pen_eerr_get(&e, eerr.data, eerr.size, &arena, NULL), 0);
	assert_null(e->computer);
	assert_int_equal(e->process_id, getpid());
	pen_buffer_done(&eerr);
	pen_arena_done(&arena);
}

/* A bind that is refused says why, too. */
static void test_rejected(void **state)
{
	const struct pen_server_config config = { .groups_max = 1 };
	struct pen_client *first, *second;
	struct pen_call *calls[2];
	const struct pen_eerr *e;

	probe_start(&probe, &config);
	calls[0] = open_call(&first, probe.local);
	calls[1] = open_call(&second, probe.local);
	assert_int_equal(probe_add(calls[0], 1, 2), 0);
	assert_int_equal(fail_as(calls[1], PEN_E_FAULT), PEN_E_REJECTED);
	e = pen_call_eerr(calls[1]);
	assert_non_null(e);
	assert_int_equal(e->component, PEN_EERR_RUNTIME);
	assert_int_equal(e->location, PEN_EERR_AT_BIND);
	assert_int_equal(e->status, PEN_WERR_RPC_S_OUT_OF_RESOURCES);
	assert_string_equal(e->params[0].text,
			    "the server has as many association groups as it may");
	assert_int_equal(pen_call_bind(calls[1], &probe_interface), PEN_E_REJECTED);
	assert_non_null(pen_call_eerr(calls[1]));
	assert_int_equal(pen_call_bind(calls[0], &probe_interface), 0);
	assert_null(pen_call_eerr(calls[0]));
	for (int i = 0; i < 2; i++)
		pen_call_free(calls[i]);
	pen_client_free(first);
	pen_client_free(second);
	probe_stop(&probe);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_runtime),
		cmocka_unit_test(test_records_of_an_operation),
		cmocka_unit_test(test_passed_on),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_no_memory_to_add),
		cmocka_unit_test(test_no_memory_to_tell),
		cmocka_unit_test(test_nameless),
		cmocka_unit_test(test_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
