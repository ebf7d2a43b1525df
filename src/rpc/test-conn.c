/* SPDX-License-Identifier: MIT */
/*
 * Client and server, back to back in memory.
 */
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/conn.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/status.h>
#include <stdlib.h>
#include <string.h>

struct pair {
	struct pen_assoc_groups *groups;
	struct pen_conn *client;
	struct pen_conn *server;
	struct pen_buffer stub;
	unsigned n_random;
	unsigned n_ended;
	bool offers_nothing;
};

static const struct pen_offer offer = { .interface = &rpcecho_interface };

static const struct pen_offer *find_offer(void *data, const struct pen_syntax_id *abstract)
{
	const struct pair *pair = data;

	return !pair->offers_nothing && pen_syntax_id_equal(abstract, &rpcecho_interface.id)
		       ? &offer
		       : NULL;
}

static uint32_t random_id(void *data)
{
	struct pair *pair = data;

	return ++pair->n_random;
}

static void ended(void *data, uint32_t id)
{
	struct pair *pair = data;

	pair->n_ended++;
}

static int pair_open(struct pair *pair, enum pen_protseq protseq,
		     const struct pen_conn_limits *server_limits)
{
	struct pen_conn_config config = { .protseq = protseq };
	int r;

	*pair = (struct pair){ 0 };
	pen_buffer_init(&pair->stub, 0);
	r = pen_assoc_groups_new(&pair->groups, 10, random_id, pair);
	if (r)
		return r;
	pen_assoc_groups_on_end(pair->groups, ended, pair);
	r = pen_conn_new_client(&pair->client, &config);
	if (r)
		return r;
	if (server_limits)
		config.limits = *server_limits;
	config.find_offer = find_offer;
	config.find_data = pair;
	config.secondary_address = "135";
	config.groups = pair->groups;
	return pen_conn_new_server(&pair->server, &config);
}

static void pair_close(struct pair *pair)
{
	pen_conn_free(pair->client);
	pen_conn_free(pair->server);
	pen_assoc_groups_free(pair->groups);
	pen_buffer_done(&pair->stub);
}

/* Moves what one wants sent to the other, at most max bytes a turn. */
static int carry(struct pen_conn *from, struct pen_conn *to, size_t max)
{
	struct pen_slice slices[4];
	size_t n;

	while ((n = pen_conn_output(from, slices, PEN_COUNT(slices))) > 0) {
		for (size_t i = 0; i < n; i++) {
			size_t part = slices[i].size < max ? slices[i].size : max;
			int r = pen_conn_feed(to, slices[i].data, part);

			if (r)
				return r;
			pen_conn_sent(from, part);
			if (part < slices[i].size)
				break;
		}
	}
	return 0;
}

static int bind_pair(struct pair *pair, bool refuse_ndr64, struct pen_event *event)
{
	int r = pen_conn_bind(pair->client, &rpcecho_interface.id, refuse_ndr64, 0, NULL);

	if (!r)
		r = carry(pair->client, pair->server, 7);
	if (!r)
		r = pen_conn_next(pair->server, event);
	if (r)
		return r;
	r = carry(pair->server, pair->client, 5);
	return r ? r : pen_conn_next(pair->client, event);
}

static void open_bound(struct pair *pair, enum pen_protseq protseq)
{
	struct pen_event event;

	assert_int_equal(pair_open(pair, protseq, NULL), 0);
	assert_int_equal(bind_pair(pair, false, &event), 0);
	assert_int_equal(event.kind, PEN_EVENT_BOUND);
}

static void fill(struct pen_buffer *stub, size_t n, unsigned seed)
{
	stub->size = 0;
	assert_int_equal(pen_buffer_reserve(stub, n + 1), 0);
	for (size_t i = 0; i < n; i++)
		stub->data[i] = (uint8_t)(seed + i * 31);
	stub->size = n;
}

static void expect_stub(struct pen_slice stub, size_t n, unsigned seed)
{
	assert_int_equal(stub.size, n);
	for (size_t i = 0; i < n; i++)
		if (stub.data[i] != (uint8_t)(seed + i * 31))
			fail_msg("byte %zu of %zu", i, n);
}

static const struct pen_context *context(struct pair *pair)
{
	return pen_conn_context(pair->client, &rpcecho_interface.id);
}

static void call_sized(struct pair *pair, size_t n_in, size_t n_out)
{
	struct pen_event event;
	uint32_t id;

	fill(&pair->stub, n_in, 1);
	assert_int_equal(
		pen_conn_request(pair->client, context(pair), NULL, 1, NULL, 0, &pair->stub, &id),
		0);
	assert_int_equal(carry(pair->client, pair->server, 100000), 0);
	assert_int_equal(pen_conn_next(pair->server, &event), 0);
	assert_int_equal(event.kind, PEN_EVENT_REQUEST);
	assert_int_equal(event.opnum, 1);
	assert_null(event.object);
	expect_stub(event.stub, n_in, 1);
	fill(&pair->stub, n_out, 2);
	assert_int_equal(pen_conn_respond(pair->server, event.call_id, &pair->stub), 0);
	assert_int_equal(carry(pair->server, pair->client, 100000), 0);
	assert_int_equal(pen_conn_next(pair->client, &event), 0);
	assert_int_equal(event.kind, PEN_EVENT_RESPONSE);
	assert_int_equal(event.call_id, id);
	expect_stub(event.stub, n_out, 2);
	assert_int_equal(pen_conn_next(pair->client, &event), PEN_E_AGAIN);
}

static void test_any_size_comes_through(void **state)
{
	static const size_t sizes[] = { 0,    1,    7,	  8,	 2024,	5815,  5816,   5817,
					8191, 8192, 8193, 11632, 65535, 65536, 200000, 1000001 };

	for (int protseq = PEN_NCACN_IP_TCP; protseq <= PEN_NCALRPC; protseq++) {
		struct pair pair;

		open_bound(&pair, (enum pen_protseq)protseq);
		for (size_t i = 0; i < PEN_COUNT(sizes); i++)
			call_sized(&pair, sizes[i], sizes[PEN_COUNT(sizes) - 1 - i]);
		pair_close(&pair);
	}
}

static void test_both_transfer_syntaxes_are_negotiated(void **state)
{
	struct pen_event event;
	struct pair pair;

	open_bound(&pair, PEN_NCACN_IP_TCP);
	assert_int_equal(context(&pair)->transfer, PEN_NDR64);
	assert_int_not_equal(pen_conn_assoc_group_id(pair.client), 0);
	pair_close(&pair);

	assert_int_equal(pair_open(&pair, PEN_NCACN_IP_TCP, NULL), 0);
	assert_int_equal(bind_pair(&pair, true, &event), 0);
	assert_int_equal(context(&pair)->transfer, PEN_NDR);
	pair_close(&pair);
}

static void test_unknown_interface_is_rejected_with_a_sentence(void **state)
{
	struct pen_event event;
	struct pair pair;

	assert_int_equal(pair_open(&pair, PEN_NCACN_IP_TCP, NULL), 0);
	pair.offers_nothing = true;
	assert_int_equal(bind_pair(&pair, false, &event), 0);
	assert_int_equal(event.kind, PEN_EVENT_REJECTED);
	assert_non_null(strstr(pen_conn_reason(pair.client), "does not offer"));
	assert_null(context(&pair));
	/* The association is open: another interface may be asked for. */
	pair.offers_nothing = false;
	assert_int_equal(bind_pair(&pair, false, &event), 0);
	assert_int_equal(event.kind, PEN_EVENT_ALTERED);
	assert_non_null(context(&pair));
	pair_close(&pair);
}

static void test_calls_interleave_and_finish_in_any_order(void **state)
{
	uint32_t ids[10];
	struct pen_event event;
	struct pair pair;

	open_bound(&pair, PEN_NCACN_IP_TCP);
	for (unsigned i = 0; i < 10; i++) {
		fill(&pair.stub, i * 3000, i);
		assert_int_equal(pen_conn_request(pair.client, context(&pair), NULL, 1, NULL, 0,
						  &pair.stub, &ids[i]),
				 0);
	}
	assert_int_equal(carry(pair.client, pair.server, 999), 0);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(pen_conn_next(pair.server, &event), 0);
		assert_int_equal(event.call_id, ids[i]);
		expect_stub(event.stub, i * 3000, i);
	}
	for (unsigned i = 10; i-- > 0;) {
		fill(&pair.stub, i * 2000, i);
		assert_int_equal(pen_conn_respond(pair.server, ids[i], &pair.stub), 0);
	}
	assert_int_equal(carry(pair.server, pair.client, 777), 0);
	for (unsigned i = 10; i-- > 0;) {
		assert_int_equal(pen_conn_next(pair.client, &event), 0);
		assert_int_equal(event.call_id, ids[i]);
		expect_stub(event.stub, i * 2000, i);
	}
	pair_close(&pair);
}

static void test_a_stub_of_fragments_can_be_taken(void **state)
{
	struct pen_buffer first = { 0 };
	struct pen_buffer second = { 0 };
	struct pen_event event;
	struct pen_slice stub;
	struct pair pair;
	uint32_t id;

	open_bound(&pair, PEN_NCACN_IP_TCP);
	for (unsigned i = 0; i < 3; i++) {
		fill(&pair.stub, i < 2 ? 20000 : 100, i);
		assert_int_equal(pen_conn_request(pair.client, context(&pair), NULL, 1, NULL, 0,
						  &pair.stub, &id),
				 0);
	}
	carry(pair.client, pair.server, 1000);
	assert_int_equal(pen_conn_next(pair.server, &event), 0);
	stub = event.stub;
	assert_true(pen_conn_take_stub(pair.server, &first));
	assert_false(pen_conn_take_stub(pair.server, &second));
	assert_int_equal(pen_conn_next(pair.server, &event), 0);
	assert_true(pen_conn_take_stub(pair.server, &second));
	expect_stub(event.stub, 20000, 1);
	pen_buffer_done(&second);
	assert_int_equal(pen_conn_next(pair.server, &event), 0);
	expect_stub(event.stub, 100, 2);
	assert_false(pen_conn_take_stub(pair.server, &second));
	expect_stub(stub, 20000, 0);
	pen_buffer_done(&first);
	pair_close(&pair);
}

static void test_object_maybe_fault_cancel_and_orphan(void **state)
{
	const struct pen_uuid object = { .time_low = 7 };
	struct pen_event event;
	struct pair pair;
	uint32_t id;

	open_bound(&pair, PEN_NCALRPC);
	fill(&pair.stub, 4, 0);
	assert_int_equal(pen_conn_request(pair.client, context(&pair), NULL, 0, &object,
					  PEN_REQUEST_BIG_ENDIAN, &pair.stub, &id),
			 0);
	carry(pair.client, pair.server, 1000);
	assert_int_equal(pen_conn_next(pair.server, &event), 0);
	assert_true(pen_uuid_equal(event.object, &object));
	assert_true(event.layout.is_big_endian);
	assert_int_equal(pen_conn_cancel(pair.client, id), 0);
	carry(pair.client, pair.server, 1000);
	assert_int_equal(pen_conn_next(pair.server, &event), 0);
	assert_int_equal(event.kind, PEN_EVENT_CANCEL);
	assert_int_equal(pen_conn_fault(pair.server, id, 0x1234, true), 0);
	carry(pair.server, pair.client, 1000);
	assert_int_equal(pen_conn_next(pair.client, &event), 0);
	assert_int_equal(event.kind, PEN_EVENT_FAULT);
	assert_int_equal(event.status, 0x1234);
	assert_true(event.did_not_execute);

	fill(&pair.stub, 4, 0);
	assert_int_equal(pen_conn_request(pair.client, context(&pair), NULL, 0, NULL,
					  PEN_REQUEST_MAYBE, &pair.stub, &id),
			 0);
	carry(pair.client, pair.server, 1000);
	assert_int_equal(pen_conn_next(pair.server, &event), 0);
	assert_true(event.is_maybe);
	fill(&pair.stub, 4, 0);
	assert_int_equal(pen_conn_respond(pair.server, event.call_id, &pair.stub), 0);
	assert_int_equal(pen_conn_queued(pair.server), 0);

	fill(&pair.stub, 4, 0);
	assert_int_equal(
		pen_conn_request(pair.client, context(&pair), NULL, 0, NULL, 0, &pair.stub, &id),
		0);
	assert_int_equal(pen_conn_orphan(pair.client, id), 0);
	carry(pair.client, pair.server, 1000);
	assert_int_equal(pen_conn_next(pair.server, &event), 0);
	assert_int_equal(pen_conn_next(pair.server, &event), 0);
	assert_int_equal(event.kind, PEN_EVENT_ORPHANED);
	fill(&pair.stub, 4, 0);
	assert_int_equal(pen_conn_respond(pair.server, id, &pair.stub), 0);
	carry(pair.server, pair.client, 1000);
	assert_int_equal(pen_conn_next(pair.client, &event), PEN_E_AGAIN);
	pair_close(&pair);
	assert_int_equal(pair.n_ended, 1);
}

static void test_operation_out_of_range_does_not_reach_the_server(void **state)
{
	struct pen_event event;
	struct pair pair;
	uint32_t id;

	open_bound(&pair, PEN_NCACN_IP_TCP);
	fill(&pair.stub, 4, 0);
	assert_int_equal(
		pen_conn_request(pair.client, context(&pair), NULL, 999, NULL, 0, &pair.stub, &id),
		0);
	carry(pair.client, pair.server, 1000);
	assert_int_equal(pen_conn_next(pair.server, &event), PEN_E_AGAIN);
	carry(pair.server, pair.client, 1000);
	assert_int_equal(pen_conn_next(pair.client, &event), 0);
	assert_int_equal(event.kind, PEN_EVENT_FAULT);
	assert_int_equal(event.status, PEN_FAULT_OP_RNG_ERROR);
	pair_close(&pair);
}

static void test_stub_limit_ends_the_association(void **state)
{
	const struct pen_conn_limits limits = { .stub_max = 10000 };
	struct pen_event event;
	struct pair pair;
	uint32_t id;

	for (size_t n = 10000; n <= 10001; n++) {
		assert_int_equal(pair_open(&pair, PEN_NCACN_IP_TCP, &limits), 0);
		assert_int_equal(bind_pair(&pair, false, &event), 0);
		fill(&pair.stub, n, 0);
		assert_int_equal(pen_conn_request(pair.client, context(&pair), NULL, 1, NULL, 0,
						  &pair.stub, &id),
				 0);
		carry(pair.client, pair.server, 1000);
		assert_int_equal(pen_conn_next(pair.server, &event),
				 n == 10000 ? 0 : PEN_E_PROTOCOL);
		assert_int_equal(pen_conn_is_closed(pair.server), n > 10000);
		pair_close(&pair);
	}
}

static void test_calls_and_groups_have_limits(void **state)
{
	const struct pen_conn_limits limits = { .calls_max = 4 };
	struct pen_event event;
	struct pair pair;
	uint32_t id;

	assert_int_equal(pair_open(&pair, PEN_NCACN_IP_TCP, &limits), 0);
	assert_int_equal(bind_pair(&pair, false, &event), 0);
	for (int i = 0; i < 5; i++) {
		fill(&pair.stub, 4, 0);
		assert_int_equal(pen_conn_request(pair.client, context(&pair), NULL, 0, NULL, 0,
						  &pair.stub, &id),
				 0);
	}
	carry(pair.client, pair.server, 1000);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pen_conn_next(pair.server, &event), 0);
	assert_int_equal(pen_conn_next(pair.server, &event), PEN_E_AGAIN);
	carry(pair.server, pair.client, 1000);
	assert_int_equal(pen_conn_next(pair.client, &event), 0);
	assert_int_equal(event.status, PEN_FAULT_SERVER_TOO_BUSY);
	pair_close(&pair);
}

static void test_steady_call_allocates_nothing(void **state)
{
	struct pair pair;

	open_bound(&pair, PEN_NCALRPC);
	for (int i = 0; i < 10; i++)
		call_sized(&pair, 100, 200);
	pen_fail_at(0);
	for (int i = 0; i < 10; i++)
		call_sized(&pair, 100, 200);
	assert_int_equal(pen_fail_count(), 0);
	pair_close(&pair);
}

/* An answer of many fragments that cannot be queued is not begun; it ends the association. */
static void test_an_answer_without_memory_is_not_half_sent(void **state)
{
	size_t n = 0;
	bool is_hit;

	do {
		struct pen_slice slices[64];
		struct pen_event event;
		struct pair pair;
		uint32_t id;
		int r;

		open_bound(&pair, PEN_NCACN_IP_TCP);
		fill(&pair.stub, 4, 0);
		assert_int_equal(pen_conn_request(pair.client, context(&pair), NULL, 1, NULL, 0,
						  &pair.stub, &id),
				 0);
		carry(pair.client, pair.server, 1000);
		assert_int_equal(pen_conn_next(pair.server, &event), 0);
		fill(&pair.stub, 200000, 1);
		pen_fail_at(++n);
		r = pen_conn_respond(pair.server, id, &pair.stub);
		is_hit = pen_fail_hit();
		assert_int_equal(r, is_hit ? -ENOMEM : 0);
		assert_int_equal(pen_conn_is_closed(pair.server), is_hit);
		assert_int_equal(pen_conn_output(pair.server, slices, 64), is_hit ? 0 : 64);
		pair_close(&pair);
	} while (is_hit);
	assert_int_equal(n, 3);
}

/* A conversation that touches everything; returns the first failure. */
static int converse(struct pair *pair)
{
	struct pen_event event;
	uint32_t id;
	int r;

	r = pair_open(pair, PEN_NCACN_IP_TCP, NULL);
	if (!r)
		r = bind_pair(pair, false, &event);
	if (!r)
		r = pen_buffer_reserve(&pair->stub, 20000);
	if (r)
		return r;
	memset(pair->stub.data, 0, 20000);
	pair->stub.size = 20000;
	r = pen_conn_request(pair->client, context(pair), NULL, 1, NULL, 0, &pair->stub, &id);
	if (!r)
		r = carry(pair->client, pair->server, 1000);
	if (!r)
		r = pen_conn_next(pair->server, &event);
	if (!r)
		r = pen_buffer_add(&pair->stub, event.stub.data, event.stub.size);
	if (!r)
		r = pen_conn_respond(pair->server, event.call_id, &pair->stub);
	if (!r)
		r = carry(pair->server, pair->client, 1000);
	return r ? r : pen_conn_next(pair->client, &event);
}

static void test_any_failed_allocation_is_told_and_leaks_nothing(void **state)
{
	size_t n = 0;
	bool is_hit;

	do {
		struct pair pair;
		int r;

		pen_fail_at(++n);
		r = converse(&pair);
		is_hit = pen_fail_hit();
		assert_int_equal(r, is_hit ? -ENOMEM : 0);
		pair_close(&pair);
	} while (is_hit);
	assert_in_range(n, 10, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_size_comes_through),
		cmocka_unit_test(test_both_transfer_syntaxes_are_negotiated),
		cmocka_unit_test(test_unknown_interface_is_rejected_with_a_sentence),
		cmocka_unit_test(test_calls_interleave_and_finish_in_any_order),
		cmocka_unit_test(test_a_stub_of_fragments_can_be_taken),
		cmocka_unit_test(test_object_maybe_fault_cancel_and_orphan),
		cmocka_unit_test(test_operation_out_of_range_does_not_reach_the_server),
		cmocka_unit_test(test_stub_limit_ends_the_association),
		cmocka_unit_test(test_calls_and_groups_have_limits),
		cmocka_unit_test(test_steady_call_allocates_nothing),
		cmocka_unit_test(test_an_answer_without_memory_is_not_half_sent),
		cmocka_unit_test(test_any_failed_allocation_is_told_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
