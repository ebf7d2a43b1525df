/* SPDX-License-Identifier: MIT */
/* Who says what is no bind, or says it late, or does not stop; and a greeter that lacks something.
 */
#include "daemon/test-greeter.h"
#include "pipe/npa.h"
#include "support/fail.h"
#include <pthread.h>
#include <signal.h>

enum { SLOW = 2000 };

static void test_smbd_must_say_who_it_carries(void **state)
{
	uint8_t bytes[64] = { 0, 0, 0, 60, 'N', 'P', 'A', 'M', 99 };
	int peer;

	stage_start(NULL);
	peer = arrive(1, true);
	say(peer, bytes, sizeof(bytes));
	expect_gone(1, worker_FOUL);
	assert_int_equal(hear(peer, bytes, sizeof(bytes)), 0);
	close(peer);
	peer = arrive(2, true);
	say(peer, "\xff\xff\xff\xff", 4);
	expect_gone(2, worker_FOUL);
	close(peer);
}

/* A fragment in messages that are more than can be handed over. */
static void test_there_is_an_end_to_messages(void **state)
{
	static uint8_t framed[80000];
	uint8_t reply[256];
	int peer;

	load_npa("anonymous.level7.bin");
	stage_start(NULL);
	peer = arrive(1, true);
	say(peer, npa, n_npa);
	say(peer, framed, sizeof(framed));
	expect_gone(1, worker_FOUL);
	while (recv(peer, reply, sizeof(reply), 0) > 0)
		;
	close(peer);
}

/* ---- what is no bind ---- */

static const struct {
	const char *name;
	const char *hex;
} foul[] = {
	{ "HTTP", "474554202f20485454502f312e310d0a0d0a" },
	{ "a request", "05 00 00 03 10000000 1800 0000 08000000 00000000 0000 0100" },
	{ "zeros", "00000000 00000000 00000000 00000000" },
	{ "no context", "05 00 0b 03 10000000 1c00 0000 02000000 d016 d016 00000000 00000000" },
	{ "a bind cut short", "05 00 0b 03 10000000 1400 0000 02000000 d016d016" },
	{ "a trailer that does not fit",
	  "05 00 0b 03 10000000 1c00 ff00 02000000 d016 d016 00000000 01000000" },
	{ "a length of 15", "05 00 0b 03 10000000 0f00 0000 02000000" },
	{ "big-endian, a version to come", "06 00 0b 03 00000000 001c 0000 00000002 d016d016" },
	{ "a context without transfer syntaxes",
	  "05 00 0b 03 10000000 3400 0000 02000000 d016 d016 00000000 01000000 0000 0000" //
	  "c55ea160 e84d d711 a637 005056a20182 01000000" },
};

/* Says it whole or byte by byte, hears the answer, and goes, or stays until its time is over. */
static void be_foul(const char *name, const uint8_t *bytes, size_t n, bool is_slow, bool goes)
{
	uint8_t answer[1024];
	struct peer server;
	int peer = arrive(1, false);
	size_t n_answer;

	if (!is_slow)
		say(peer, bytes, n);
	for (size_t i = 0; is_slow && i < n; i++)
		/* It may be answered before it has said all. */
		if (send(peer, bytes + i, 1, MSG_NOSIGNAL) == 1)
			turn();
	n_answer = hear(peer, answer, sizeof(answer));
	peer_open_server(&server, PEN_NCACN_IP_TCP, NULL);
	peer_say(&server, bytes, n);
	peer_expect(&server, name, answer, n_answer);
	peer_close(&server);
	if (goes)
		close(peer);
	expect_gone(1, worker_FOUL);
	if (!goes)
		close(peer);
}

static void test_what_is_no_bind_is_answered_as_servers_do(void **state)
{
	const struct greeter_config config = { .linger_ms = 20 };

	stage_start(&config);
	for (size_t i = 0; i < PEN_COUNT(foul); i++) {
		uint8_t bytes[256];
		size_t n = peer_from_hex(foul[i].hex, bytes, sizeof(bytes));

		be_foul(foul[i].name, bytes, n, false, true);
		be_foul(foul[i].name, bytes, n, true, true);
		be_foul(foul[i].name, bytes, n, false, false);
	}
}

static void test_over_smbd_too(void **state)
{
	uint8_t bytes[256], framed[512], answer[512], expected[512];
	struct peer server;
	size_t n, n_answer;
	int peer;

	load_npa("anonymous.level7.bin");
	stage_start(NULL);
	n = peer_from_hex(foul[1].hex, bytes, sizeof(bytes));
	peer_open_server(&server, PEN_NCACN_NP, NULL);
	peer_say(&server, bytes, n);
	expected[0] = (uint8_t)server.out.size;
	expected[1] = 0;
	memcpy(expected + 2, server.out.data, server.out.size);
	peer = arrive(1, true);
	say(peer, npa, n_npa);
	say(peer, framed, frame(framed, bytes, n, 5));
	n_answer = hear(peer, answer, sizeof(answer));
	assert_int_equal(n_answer, PEN_NPA_REPLY_SIZE + 2 + server.out.size);
	assert_memory_equal(answer + PEN_NPA_REPLY_SIZE, expected, 2 + server.out.size);
	peer_close(&server);
	close(peer);
	expect_gone(1, worker_FOUL);
}

static void test_who_is_late_goes(void **state)
{
	const struct greeter_config config = { .bind_ms = 40, .npa_ms = 20 };
	uint8_t bytes[64];
	int plain, carried, greeted;

	load_npa("anonymous.level7.bin");
	stage_start(&config);
	plain = arrive(1, false);
	carried = arrive(2, true);
	say(plain, plain_bind, 30);
	say(carried, npa, n_npa - 1);
	expect_gone(2, worker_LATE);
	expect_gone(1, worker_LATE);
	assert_int_equal(hear(plain, bytes, sizeof(bytes)), 0);
	close(plain);
	close(carried);

	/* smbd was in time; its client has its own. */
	greeted = arrive(3, true);
	say(greeted, npa, n_npa);
	expect_gone(3, worker_LATE);
	assert_int_equal(hear(greeted, bytes, sizeof(bytes)), PEN_NPA_REPLY_SIZE);
	close(greeted);
}

/* ---- limits ---- */

static void test_there_are_only_so_many(void **state)
{
	const struct greeter_config config = { .connections_max = 3 };
	int peers[6];

	stage_start(&config);
	for (uint32_t i = 0; i < 6; i++) {
		peers[i] = arrive(i, false);
		if (i >= 3)
			expect_gone(i, worker_FULL);
	}
	say(peers[1], plain_bind, sizeof(plain_bind));
	expect_guest(1, peers[1], plain_bind, sizeof(plain_bind));
	close(peers[5]);
	peers[5] = arrive(7, false);
	say(peers[5], plain_bind, sizeof(plain_bind));
	expect_guest(7, peers[5], plain_bind, sizeof(plain_bind));
	for (int i = 0; i < 6; i++)
		close(peers[i]);
}

/* A bind of many bytes: contexts of 12 transfer syntaxes each. */
static size_t large_bind(uint8_t *bytes, uint8_t n_contexts, uint8_t mark)
{
	size_t n = sizeof(plain_bind);

	memcpy(bytes, plain_bind, n);
	bytes[24] = n_contexts;
	for (uint8_t i = 1; i < n_contexts; i++) {
		bytes[n] = i;
		bytes[n + 1] = 0;
		bytes[n + 2] = 12;
		bytes[n + 3] = mark;
		for (int k = 0; k < 13; k++)
			memcpy(bytes + n + 4 + 20 * k, plain_bind + 32, 20);
		n += 4 + 13 * 20;
	}
	bytes[8] = (uint8_t)n;
	bytes[9] = (uint8_t)(n >> 8);
	return n;
}

static void test_who_holds_most_goes_first(void **state)
{
	const struct greeter_config config = { .bytes_max = 100000 };
	static uint8_t bytes[65536];
	int peers[3];
	size_t n = large_bind(bytes, 240, 0);
	int small;

	stage_start(&config);
	small = arrive(9, false);
	say(small, plain_bind, 71);
	for (uint32_t i = 0; i < 3; i++) {
		peers[i] = arrive(i, false);
		say(peers[i], bytes, i == 1 ? n - 1 : 20000);
	}
	expect_gone(1, worker_FULL);
	say(peers[0], bytes + 20000, n - 20000);
	expect_guest(0, peers[0], bytes, n);
	say(small, plain_bind + 71, 1);
	expect_guest(9, small, plain_bind, sizeof(plain_bind));
	for (int i = 0; i < 3; i++)
		close(peers[i]);
	close(small);
}

/* Many large binds before penstockd reads a word. Returns how many it is handed in the end. */
static uint32_t be_slow(const struct greeter_config *config)
{
	enum { N = 40 };
	static uint8_t bytes[65536];
	uint32_t n_guests = 0;
	int peers[N];
	size_t n = 0;

	stage_start(config);
	for (uint32_t i = 0; i < N; i++)
		peers[i] = arrive(i, false);
	for (uint32_t i = 0; i < N; i++) {
		n = large_bind(bytes, 240, (uint8_t)i);
		say(peers[i], bytes, n);
		turn();
	}
	assert_int_equal(stage.result, 0);
	for (uint32_t i = 0; i < N; i++) {
		large_bind(bytes, 240, (uint8_t)i);
		await_report();
		if (stage.report.verb == worker_GONE) {
			assert_int_equal(stage.report.body.gone.number, i);
			assert_int_equal(stage.report.body.gone.why, worker_FULL);
			continue;
		}
		n_guests++;
		assert_int_equal(stage.report.body.guest.number, i);
		assert_int_equal(stage.report.body.guest.n_syntaxes, 240);
		assert_int_equal(stage.report.body.guest.n_bytes, n);
		assert_memory_equal(stage.report.body.guest.bytes, bytes, n);
	}
	for (uint32_t i = 0; i < N; i++)
		close(peers[i]);
	stage_end();
	return n_guests;
}

/* Nothing is lost, and no more is taken than there is room for. */
static void test_penstockd_may_be_slow(void **state)
{
	const struct greeter_config config = { .bytes_max = 1000000 };
	uint32_t n;

	assert_int_equal(be_slow(NULL), 40);
	n = be_slow(&config);
	assert_true(n >= 15 && n < 40);
}

/* No more than the kernel sends as one message. */
static void test_what_cannot_be_told_is_gone(void **state)
{
	static uint8_t bytes[65536];
	const int small = 4096;
	size_t n = large_bind(bytes, 240, 0);
	int peer;

	stage_start(NULL);
	assert_int_equal(setsockopt(stage.config.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
			 0);
	peer = arrive(1, false);
	say(peer, bytes, n);
	expect_gone(1, worker_FULL);
	close(peer);
	peer = arrive(2, false);
	say(peer, plain_bind, sizeof(plain_bind));
	expect_guest(2, peer, plain_bind, sizeof(plain_bind));
	close(peer);
}

/* So many peers say a byte each, again and again; who says all at once is served at once. */
static void test_the_slow_do_not_hold_up_the_quick(void **state)
{
	static int slow[SLOW];

	stage_start(NULL);
	for (uint32_t i = 0; i < SLOW; i++)
		slow[i] = arrive(i, false);
	for (uint32_t n = 0; n < sizeof(plain_bind); n++) {
		int quick;

		for (uint32_t i = 0; i < SLOW; i++)
			assert_int_equal(send(slow[i], plain_bind + n, 1, 0), 1);
		if (n % 8)
			continue;
		quick = arrive(SLOW + n, false);
		assert_int_equal(send(quick, plain_bind, sizeof(plain_bind), 0),
				 sizeof(plain_bind));
		for (int turns = 0; turns < 8 && !has_report(); turns++)
			turn();
		assert_int_equal(stage.report.verb, worker_GUEST);
		assert_int_equal(stage.report.body.guest.number, SLOW + n);
		close(quick);
	}
	for (uint32_t i = 0; i < SLOW; i++) {
		await_report();
		assert_int_equal(stage.report.verb, worker_GUEST);
		assert_int_equal(stage.report.body.guest.n_bytes, sizeof(plain_bind));
		assert_memory_equal(stage.report.body.guest.bytes, plain_bind, sizeof(plain_bind));
	}
	for (uint32_t i = 0; i < SLOW; i++)
		close(slow[i]);
}

/* All that is asked for, also what is given back. */
static void test_who_waits_costs_little(void **state)
{
	enum { N = 100 };
	size_t silent, begun, carried;
	int peers[2 * N];

	load_npa("anonymous.level7.bin");
	stage_start(NULL);
	pen_fail_at(0);
	for (uint32_t i = 0; i < N; i++)
		peers[i] = arrive(i, false);
	silent = pen_fail_bytes() / N;
	for (uint32_t i = 0; i < N; i++)
		say(peers[i], plain_bind, 71);
	begun = pen_fail_bytes() / N;
	for (uint32_t i = N; i < 2 * N; i++)
		peers[i] = arrive(i, true);
	carried = pen_fail_bytes() / N - begun;
	print_message("bytes: %zu silent, %zu in the middle of a bind, %zu carried\n", silent,
		      begun, carried);
	assert_true(silent <= 512 && begun <= 1024 && carried <= 768);
	for (int i = 0; i < 2 * N; i++)
		close(peers[i]);
}

/* ---- what may fail ---- */

static void test_no_memory_to_begin(void **state)
{
	int r = -ENOMEM;

	stage_open(NULL);
	for (size_t n = 1; r; n++) {
		pen_fail_at(n);
		r = greeter_new(&stage.greeter, &stage.config);
		if (pen_fail_hit())
			assert_int_equal(r, -ENOMEM);
		else
			assert_int_equal(r, 0);
	}
}

/* One of them, or what is said of it, may be lost; the next is served. */
static void fail_once(bool is_carried, const uint8_t *bytes, size_t n, bool is_bind)
{
	bool is_hit = true;

	for (size_t at = 1; is_hit; at++) {
		int fds[2];
		uint8_t byte;

		open_sockets(fds, SOCK_STREAM);
		hand_over((uint32_t)at, fds[1], is_carried);
		assert_int_equal(send(fds[0], bytes, n, 0), n);
		pen_fail_at(at);
		for (int turns = 0; turns < 4; turns++)
			turn();
		is_hit = pen_fail_hit();
		if (!is_bind)
			while (recv(fds[0], &byte, 1, 0) == 1)
				;
		close(fds[0]);
		await_report();
		assert_int_equal(stage.result, 0);
		if (stage.report.verb == worker_GUEST) {
			assert_true(is_bind);
			assert_int_equal(stage.report.body.guest.number, at);
			continue;
		}
		assert_true(is_hit || !is_bind);
		assert_int_equal(stage.report.body.gone.number, at);
		if (is_bind)
			assert_int_equal(stage.report.body.gone.why, worker_FULL);
	}
}

static void test_no_memory_for_one(void **state)
{
	static uint8_t bytes[REQUEST_MAX + 1024];
	uint8_t request[256];

	stage_start(NULL);
	fail_once(false, plain_bind, sizeof(plain_bind), true);
	fail_once(false, request, peer_from_hex(foul[1].hex, request, sizeof(request)), false);
	load_npa("domain-user-krb5.level7.bin");
	memcpy(bytes, npa, n_npa);
	fail_once(true, bytes, n_npa + frame(bytes + n_npa, plain_bind, sizeof(plain_bind), 40),
		  true);
	assert_false(has_report());
}

static void test_what_is_no_connection_is_gone(void **state)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	stage_start(NULL);
	hand_over(1, dup(fileno(file)), false);
	expect_gone(1, worker_CLOSED);
	fclose(file);
}

static void test_orders_of_others_end_it(void **state)
{
	const struct worker_order order = { .verb = worker_LEAVE };

	stage_start(NULL);
	assert_int_equal(send_order(&order, -1), 0);
	turn();
	assert_int_equal(stage.result, PEN_E_BAD_DATA);
	stage_end();

	stage_start(NULL);
	assert_int_equal(send(stage.fd, "hello", 5, 0), 5);
	turn();
	assert_int_equal(stage.result, PEN_E_BAD_DATA);
}

static void *run(void *data)
{
	stage.result = greeter_run(stage.greeter);
	return NULL;
}

/* In the middle of anything. */
static void test_it_ends_with_penstockd(void **state)
{
	struct greeter *greeter;
	pthread_t thread;
	int peers[3];

	for (int is_unread = 0; is_unread < 2; is_unread++) {
		stage_start(NULL);
		for (uint32_t i = 0; i < 3; i++)
			peers[i] = arrive(i, i == 2);
		say(peers[1], plain_bind, is_unread ? sizeof(plain_bind) : 20);
		assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
		close(stage.fd);
		stage.fd = -1;
		pthread_join(thread, NULL);
		assert_int_equal(stage.result, 0);
		for (int i = 0; i < 3; i++)
			close(peers[i]);
		greeter = stage.greeter;
		assert_int_equal(greeter_dispatch(greeter), PEN_E_CLOSED);
		stage_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GREETER_TEST(test_smbd_must_say_who_it_carries),
		GREETER_TEST(test_there_is_an_end_to_messages),
		GREETER_TEST(test_what_is_no_bind_is_answered_as_servers_do),
		GREETER_TEST(test_over_smbd_too),
		GREETER_TEST(test_who_is_late_goes),
		GREETER_TEST(test_there_are_only_so_many),
		GREETER_TEST(test_who_holds_most_goes_first),
		GREETER_TEST(test_penstockd_may_be_slow),
		GREETER_TEST(test_what_cannot_be_told_is_gone),
		GREETER_TEST(test_the_slow_do_not_hold_up_the_quick),
		GREETER_TEST(test_who_waits_costs_little),
		GREETER_TEST(test_no_memory_to_begin),
		GREETER_TEST(test_no_memory_for_one),
		GREETER_TEST(test_what_is_no_connection_is_gone),
		GREETER_TEST(test_orders_of_others_end_it),
		GREETER_TEST(test_it_ends_with_penstockd),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, warm_up, NULL);
}
