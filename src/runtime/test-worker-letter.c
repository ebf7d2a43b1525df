/* SPDX-License-Identifier: MIT */
#include "object/letter.h"
#include "runtime/worker-letter.h"
#include "support/fail.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends[2]; /* penstockd's, a child's */
static uint8_t *room;
static struct pen_arena arena;
static struct pen_buffer scratch;
static struct pen_token *token;
static struct object_token letter; /* the token's */
static int some_fd;		   /* a connection, or so */
static unsigned n_fds;

static int open_pair(void **state)
{
	n_fds = pen_count_fds();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	some_fd = dup(ends[1]);
	assert_true(some_fd >= 0);
	room = malloc(worker_LETTER_MAX);
	assert_non_null(room);
	pen_arena_init(&arena, PEN_WORKER_ARENA_MAX);
	assert_int_equal(pen_token_new_unix(&token, 1000, 100, NULL, 0, 7, false), 0);
	assert_int_equal(pen_letter_from_token(&letter, &arena, token), 0);
	return 0;
}

static int close_pair(void **state)
{
	close(ends[0]);
	close(ends[1]);
	close(some_fd);
	free(room);
	pen_arena_done(&arena);
	pen_buffer_done(&scratch);
	pen_token_free(token);
	assert_int_equal(pen_count_fds(), n_fds);
	return 0;
}

static void expect_bytes(const void *a, size_t n_a, const void *b, size_t n_b)
{
	assert_int_equal(n_a, n_b);
	if (n_a)
		assert_memory_equal(a, b, n_a);
}

/* ---- there and back ---- */

static void send_order(const struct worker_order *order, int fd, struct worker_order *back)
{
	int got;

	assert_int_equal(pen_worker_send_order(ends[0], order, fd, &scratch), 0);
	assert_int_equal(scratch.size, 0);
	assert_int_equal(pen_worker_receive_order(ends[1], back, &got, room, &arena), 0);
	assert_int_equal(got >= 0, fd >= 0);
	if (got >= 0)
		close(got);
	assert_int_equal(back->verb, order->verb);
}

static void send_report(const struct worker_report *report, int fd, struct worker_report *back)
{
	int got;

	assert_int_equal(pen_worker_send_report(ends[1], report, fd, &scratch), 0);
	assert_int_equal(pen_worker_receive_report(ends[0], back, &got, room, &arena), 0);
	assert_int_equal(got >= 0, fd >= 0);
	if (got >= 0)
		close(got);
	assert_int_equal(back->verb, report->verb);
}

static void test_orders_come_back(void **state)
{
	struct worker_endpoint endpoints[] = { { "ncacn_ip_tcp:[135]", "ncacn_ip_tcp:" },
					       { "ncalrpc:[a]", "ncalrpc:" } };
	const struct worker_order greet = { .verb = worker_GREET, .body.greet = { 77, true } };
	const struct worker_order hello = { .verb = worker_HELLO,
					    .body.hello = { .index = 65535,
							    .n_endpoints = 2,
							    .endpoints = endpoints,
							    .ncalrpc_dir = "/run" } };
	const struct worker_order authority = { .verb = worker_AUTHORITY };
	const struct worker_order client = { .verb = worker_CLIENT, .body.client.name = "hello 7" };
	struct worker_order trusting = hello;
	const struct worker_order leave = { .verb = worker_LEAVE, .body.is_now = true };
	const struct worker_order relay = { .verb = worker_RELAY, .body.relay.name = "samr" };
	struct worker_post names[] = { { "a" }, { "b" } };
	const struct worker_order posts = { .verb = worker_POSTS, .body.posts = { 2, names } };
	uint8_t rules[] = "default deny";
	struct worker_order policy = { .verb = worker_POLICY,
				       .body.policy = { true, false, sizeof(rules), rules } };
	struct worker_order back;

	send_order(&greet, some_fd, &back);
	assert_int_equal(back.body.greet.number, 77);
	assert_true(back.body.greet.is_carried);
	send_order(&hello, -1, &back);
	assert_int_equal(back.body.hello.index, 65535);
	assert_int_equal(back.body.hello.n_endpoints, 2);
	assert_string_equal(back.body.hello.endpoints[1].binding, "ncalrpc:[a]");
	assert_string_equal(back.body.hello.endpoints[1].listed, "ncalrpc:");
	assert_string_equal(back.body.hello.ncalrpc_dir, "/run");
	assert_false(back.body.hello.has_authority);
	trusting.body.hello.has_authority = true;
	send_order(&trusting, some_fd, &back);
	assert_true(back.body.hello.has_authority);
	send_order(&authority, some_fd, &back);
	send_order(&client, some_fd, &back);
	assert_string_equal(back.body.client.name, "hello 7");
	send_order(&leave, -1, &back);
	assert_true(back.body.is_now);
	send_order(&relay, some_fd, &back);
	assert_string_equal(back.body.relay.name, "samr");
	send_order(&posts, -1, &back);
	assert_int_equal(back.body.posts.n, 2);
	assert_string_equal(back.body.posts.posts[1].name, "b");
	send_order(&policy, -1, &back);
	assert_true(back.body.policy.is_there);
	expect_bytes(back.body.policy.text, back.body.policy.n_text, rules, sizeof(rules));
	policy.body.policy = (struct worker_policy){ .has_record = true };
	send_order(&policy, some_fd, &back);
	assert_false(back.body.policy.is_there);
	assert_int_equal(back.body.policy.n_text, 0);
}

static void test_a_policy_has_a_limit(void **state)
{
	struct worker_order policy = { .verb = worker_POLICY,
				       .body.policy.n_text = worker_POLICY_MAX };
	struct worker_order back;

	policy.body.policy.text = calloc(1, worker_POLICY_MAX + 1);
	assert_non_null(policy.body.policy.text);
	send_order(&policy, -1, &back);
	assert_int_equal(back.body.policy.n_text, worker_POLICY_MAX);
	policy.body.policy.n_text++;
	assert_true(pen_worker_send_order(ends[0], &policy, -1, &scratch) > 0);
	free(policy.body.policy.text);
}

static struct worker_order arrival_of(uint8_t *bytes, uint32_t n)
{
	return (struct worker_order){ .verb = worker_ARRIVE,
				      .body.arrival = { .binding = "ncacn_np:[\\pipe\\x]",
							.peer = "uid 1000",
							.token = letter,
							.is_framed = true,
							.n_bytes = n,
							.bytes = bytes } };
}

static void test_arrivals_come_back(void **state)
{
	static uint8_t bytes[worker_BYTES_MAX];
	const uint32_t sizes[] = { 0, 1, sizeof(bytes) };
	struct worker_order back;
	struct pen_token *known;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < PEN_COUNT(sizes); i++) {
		const struct worker_order order = arrival_of(bytes, sizes[i]);
		const struct worker_arrival *arrival = &back.body.arrival;

		send_order(&order, some_fd, &back);
		assert_string_equal(arrival->binding, "ncacn_np:[\\pipe\\x]");
		assert_string_equal(arrival->peer, "uid 1000");
		assert_true(arrival->is_framed);
		expect_bytes(arrival->bytes, arrival->n_bytes, bytes, sizes[i]);
		assert_int_equal(pen_letter_to_token(&known, &arrival->token), 0);
		assert_int_equal(pen_token_info(known)->uid, 1000);
		pen_token_free(known);
	}
}

static void test_guests_come_back(void **state)
{
	static struct worker_syntax syntaxes[worker_SYNTAXES_MAX];
	static uint8_t bytes[] = "bytes";
	struct worker_report report = { .verb = worker_GUEST,
					.body.guest = { .number = 3,
							.assoc_group_id = 0x10002,
							.n_syntaxes = PEN_COUNT(syntaxes),
							.syntaxes = syntaxes,
							.token = &letter,
							.client = "192.0.2.1",
							.n_bytes = sizeof(bytes),
							.bytes = bytes } };
	const struct worker_guest *guest;
	struct worker_report back;

	syntaxes[worker_SYNTAXES_MAX - 1] = (struct worker_syntax){ { .Data1 = 5 }, 3, 1 };
	send_report(&report, some_fd, &back);
	guest = &back.body.guest;
	assert_int_equal(guest->number, 3);
	assert_int_equal(guest->assoc_group_id, 0x10002);
	assert_int_equal(guest->n_syntaxes, PEN_COUNT(syntaxes));
	assert_int_equal(guest->syntaxes[worker_SYNTAXES_MAX - 1].uuid.Data1, 5);
	assert_int_equal(guest->syntaxes[worker_SYNTAXES_MAX - 1].major, 3);
	assert_string_equal(guest->client, "192.0.2.1");
	assert_non_null(guest->token);
	expect_bytes(guest->bytes, guest->n_bytes, bytes, sizeof(bytes));

	report.body.guest = (struct worker_guest){ .number = 4 };
	send_report(&report, some_fd, &back);
	assert_null(guest->token);
	assert_null(guest->client);
	assert_int_equal(guest->n_syntaxes, 0);
}

static void test_reports_come_back(void **state)
{
	const struct worker_report gone = { .verb = worker_GONE, .body.gone = { 9, worker_FULL } };
	const struct worker_report ready = { .verb = worker_READY };
	const struct worker_report counted = {
		.verb = worker_STATE,
		.body.state = { INT64_MAX, 1, 2, 3, 4, INT64_MAX, 6 },
	};
	const struct worker_report visit = { .verb = worker_VISIT,
					     .body.visit = { "a", 7, letter } };
	struct worker_report back;

	send_report(&gone, -1, &back);
	assert_int_equal(back.body.gone.number, 9);
	assert_int_equal(back.body.gone.why, worker_FULL);
	send_report(&ready, -1, &back);
	send_report(&counted, -1, &back);
	assert_memory_equal(&back.body.state, &counted.body.state, sizeof(back.body.state));
	send_report(&visit, some_fd, &back);
	assert_string_equal(back.body.visit.name, "a");
	assert_int_equal(back.body.visit.process, 7);
	assert_int_equal(back.body.visit.token.uid, 1000);
}

/* ---- what is none ---- */

static void test_one_descriptor_just_where_one_belongs(void **state)
{
	const struct worker_order arrival = arrival_of(NULL, 0);
	const struct worker_order leave = { .verb = worker_LEAVE };
	const struct worker_order relay = { .verb = worker_RELAY, .body.relay.name = "a" };
	const struct worker_order ruled = { .verb = worker_POLICY };
	const struct worker_order noted = { .verb = worker_POLICY, .body.policy.has_record = true };
	const struct worker_report ready = { .verb = worker_READY };
	const struct worker_report guest = { .verb = worker_GUEST };
	const struct {
		const struct worker_order *order;
		int fd;
	} orders[] = { { &arrival, -1 },
		       { &leave, some_fd },
		       { &relay, -1 },
		       { &ruled, some_fd },
		       { &noted, -1 } };
	struct worker_report report;
	struct worker_order order;
	int fd;

	for (size_t i = 0; i < PEN_COUNT(orders); i++) {
		assert_int_equal(
			pen_worker_send_order(ends[0], orders[i].order, orders[i].fd, &scratch), 0);
		assert_int_equal(pen_worker_receive_order(ends[1], &order, &fd, room, &arena),
				 PEN_E_BAD_DATA);
		assert_int_equal(fd, -1);
	}
	assert_int_equal(pen_worker_send_report(ends[1], &ready, some_fd, &scratch), 0);
	assert_int_equal(pen_worker_send_report(ends[1], &guest, -1, &scratch), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pen_worker_receive_report(ends[0], &report, &fd, room, &arena),
				 PEN_E_BAD_DATA);
		assert_int_equal(fd, -1);
	}
}

/* The bytes of a message, with as many descriptors. */
static void send_raw(const struct pen_buffer *bytes, size_t size, unsigned n)
{
	struct pen_fds fds = { .n = n };
	const struct iovec part = { bytes->data, size };

	for (unsigned i = 0; i < n; i++)
		fds.fds[i] = some_fd;
	assert_int_equal(pen_fds_send(ends[0], &part, 1, &fds, 0), 0);
}

static void put(const struct worker_order *order, struct pen_buffer *bytes)
{
	assert_int_equal(
		pen_ndr_put(&worker_order_type, (struct pen_layout){ 0 }, NULL, order, bytes, NULL),
		0);
}

static void test_several_descriptors_are_closed(void **state)
{
	const struct worker_order arrival = arrival_of(NULL, 0);
	struct pen_buffer bytes = { 0 };
	struct worker_order order;
	unsigned before = pen_count_fds();
	int fd;

	put(&arrival, &bytes);
	for (unsigned n = 2; n <= PEN_FDS_MAX; n++) {
		send_raw(&bytes, bytes.size, n);
		assert_int_equal(pen_worker_receive_order(ends[1], &order, &fd, room, &arena),
				 PEN_E_BAD_DATA);
		assert_int_equal(pen_count_fds(), before);
	}
	pen_buffer_done(&bytes);
}

static void test_no_prefix_and_no_more(void **state)
{
	static uint8_t some[] = "some";
	const struct worker_order arrival = arrival_of(some, sizeof(some));
	struct pen_buffer bytes = { 0 };
	struct worker_order order;
	int fd;

	put(&arrival, &bytes);
	assert_int_equal(pen_buffer_add(&bytes, "", 1), 0);
	for (size_t n = 1; n <= bytes.size; n++) {
		send_raw(&bytes, n, 1);
		assert_int_equal(pen_worker_receive_order(ends[1], &order, &fd, room, &arena),
				 n == bytes.size - 1 ? 0 : PEN_E_BAD_DATA);
		if (fd >= 0)
			close(fd);
	}
	pen_buffer_done(&bytes);
}

static void test_unknown_verbs(void **state)
{
	const uint8_t garbage[] = { 99, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0 };
	const struct pen_buffer bytes = { .data = (uint8_t *)garbage, .size = sizeof(garbage) };
	const struct worker_order unknown = { .verb = 99 };
	struct worker_report report;
	struct worker_order order;
	int fd;

	assert_int_equal(pen_worker_send_order(ends[0], &unknown, -1, &scratch), PEN_E_BAD_DATA);
	send_raw(&bytes, bytes.size, 0);
	assert_int_equal(pen_worker_receive_order(ends[1], &order, &fd, room, &arena),
			 PEN_E_BAD_DATA);
	assert_int_equal(send(ends[1], garbage, sizeof(garbage), 0), sizeof(garbage));
	assert_int_equal(pen_worker_receive_report(ends[0], &report, &fd, room, &arena),
			 PEN_E_BAD_DATA);
}

static void test_too_long(void **state)
{
	static uint8_t bytes[worker_BYTES_MAX + 1];
	static char text[worker_TEXT_MAX + 1];
	struct worker_order order = arrival_of(bytes, sizeof(bytes));

	assert_int_equal(pen_worker_send_order(ends[0], &order, some_fd, &scratch), PEN_E_BAD_DATA);
	order = arrival_of(bytes, 1);
	memset(text, 'x', worker_TEXT_MAX);
	order.body.arrival.binding = text;
	assert_int_equal(pen_worker_send_order(ends[0], &order, some_fd, &scratch), PEN_E_BAD_DATA);
	assert_int_equal(scratch.size, 0);
}

/* ---- the socket ---- */

static void test_none_and_no_more(void **state)
{
	const struct worker_order leave = { .verb = worker_LEAVE };
	struct worker_order order;
	int fd;

	assert_int_equal(pen_worker_receive_order(ends[1], &order, &fd, room, &arena), -EAGAIN);
	assert_int_equal(pen_worker_send_order(ends[0], &leave, -1, &scratch), 0);
	close(ends[0]);
	ends[0] = -1;
	assert_int_equal(pen_worker_receive_order(ends[1], &order, &fd, room, &arena), 0);
	assert_int_equal(pen_worker_receive_order(ends[1], &order, &fd, room, &arena), -ECONNRESET);
}

static void test_a_full_socket(void **state)
{
	const struct worker_report ready = { .verb = worker_READY };
	struct worker_report back;
	int r, fd;

	do
		r = pen_worker_send_report(ends[1], &ready, -1, &scratch);
	while (!r);
	assert_int_equal(r, -EAGAIN);
	assert_int_equal(pen_worker_receive_report(ends[0], &back, &fd, room, &arena), 0);
	while (!pen_worker_receive_report(ends[0], &back, &fd, room, &arena))
		;
	assert_int_equal(pen_worker_send_report(ends[1], &ready, -1, &scratch), 0);
}

static void test_failed_allocations(void **state)
{
	static uint8_t bytes[] = "bytes";
	const struct worker_order arrival = arrival_of(bytes, sizeof(bytes));
	struct worker_order order;
	int r, fd;

	for (size_t n = 1;; n++) {
		bool is_hit;

		pen_buffer_done(&scratch);
		pen_fail_at(n);
		r = pen_worker_send_order(ends[0], &arrival, some_fd, &scratch);
		is_hit = pen_fail_hit();
		assert_int_equal(r, is_hit ? -ENOMEM : 0);
		if (!is_hit)
			break;
	}
	for (size_t n = 1;; n++) {
		struct pen_arena own;
		bool is_hit;

		pen_arena_init(&own, 0);
		pen_fail_at(n);
		r = pen_worker_receive_order(ends[1], &order, &fd, room, &own);
		is_hit = pen_fail_hit();
		/* An arena does not say why it has nothing more. */
		assert_true(is_hit ? r == -ENOMEM || r == PEN_E_LIMIT : !r);
		pen_arena_done(&own);
		if (!is_hit)
			break;
		assert_int_equal(pen_worker_send_order(ends[0], &arrival, some_fd, &scratch), 0);
	}
	close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)
	const struct CMUnitTest tests[] = {
		TEST(test_orders_come_back),
		TEST(test_arrivals_come_back),
		TEST(test_guests_come_back),
		TEST(test_reports_come_back),
		TEST(test_a_policy_has_a_limit),
		TEST(test_one_descriptor_just_where_one_belongs),
		TEST(test_several_descriptors_are_closed),
		TEST(test_no_prefix_and_no_more),
		TEST(test_unknown_verbs),
		TEST(test_too_long),
		TEST(test_none_and_no_more),
		TEST(test_a_full_socket),
		TEST(test_failed_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
