/* SPDX-License-Identifier: MIT */
#include "daemon/test-authd.h"
#include "io/clock.h"
#include "support/fail.h"
#include <poll.h>
#include <pthread.h>

static struct pen_authority *authority_new(const char *name)
{
	struct pen_authority *authority = NULL;

	assert_int_equal(pen_authority_new(&authority, stage_client(name), 0), 0);
	return authority;
}

static void expect_reason(const struct handshake *handshake, const char *words)
{
	if (!strstr(handshake_reason(handshake), words))
		fail_msg("\"%s\" without \"%s\"", handshake_reason(handshake), words);
}

static void expect_logon(struct pen_authority *authority, const char *user)
{
	struct handshake handshake;

	if (handshake_begin(&handshake, pen_authority_mechs(authority), PEN_AUTH_NTLM, user,
			    "secret"))
		fail_msg("%s: %s", pen_error_name(handshake.r), handshake_reason(&handshake));
	assert_int_equal(pen_token_info(handshake.token)->uid, 4711);
	handshake_end(&handshake);
}

static void expect_denied(struct pen_authority *authority, const char *words)
{
	struct handshake handshake;

	assert_int_equal(handshake_begin(&handshake, pen_authority_mechs(authority), PEN_AUTH_NTLM,
					 "ann", "secret"),
			 PEN_E_DENIED);
	expect_reason(&handshake, words);
	handshake_end(&handshake);
}

/* ---- what it is for ---- */

static void test_clients_prove_themselves(void **state)
{
	static const uint8_t types[] = { PEN_AUTH_NTLM, PEN_AUTH_SPNEGO };
	struct pen_authority *authority;
	struct handshake handshake;
	unsigned n_fds;

	stage_start();
	authority = authority_new("echo 1");
	n_fds = pen_count_fds();
	for (size_t i = 0; i < PEN_COUNT(types); i++) {
		struct pen_mechs *mechs = pen_authority_mechs(authority);

		assert_int_equal(handshake_begin(&handshake, mechs, types[i], "ann", "secret"), 0);
		assert_int_equal(pen_token_info(handshake.token)->uid, 4711);
		handshake_expect_messages(&handshake);
		handshake_end(&handshake);
		assert_int_equal(handshake_begin(&handshake, mechs, types[i], "ann", "Secret"),
				 PEN_E_DENIED);
		expect_reason(&handshake, "the password of ");
		handshake_end(&handshake);
		assert_int_equal(handshake_begin(&handshake, mechs, types[i], "bob", "secret"),
				 PEN_E_DENIED);
		expect_reason(&handshake, "there is no user");
		handshake_end(&handshake);
	}
	assert_int_equal(pen_count_fds(), n_fds);
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

static void test_what_is_offered(void **state)
{
	static const struct pen_ntlm_server ntlm = { .netbios_computer = "HERE",
						     .dns_forest = "forest.test",
						     .allow_anonymous = true,
						     .require_bindings = true,
						     .judge = stage_judge };
	const struct pen_ntlm_server *told;
	struct pen_authority *authority;

	stage.config.ntlm = &ntlm;
	stage_start();
	authority = authority_new("echo 1");
	told = pen_mechs_find(pen_authority_mechs(authority), PEN_AUTH_NTLM)->config;
	assert_string_equal(told->netbios_computer, "HERE");
	assert_null(told->netbios_domain);
	assert_string_equal(told->dns_forest, "forest.test");
	assert_true(told->allow_anonymous);
	assert_false(told->allow_v1);
	assert_false(told->allow_weak);
	assert_true(told->require_bindings);
	assert_null(pen_mechs_find(pen_authority_mechs(authority), PEN_AUTH_KRB5));
	assert_non_null(pen_mechs_find(pen_authority_mechs(authority), PEN_AUTH_SPNEGO));
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

static void test_nobody_is_there(void **state)
{
	struct pen_authority *authority;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(pen_authority_new(&authority, ends[0], 20), PEN_E_TIMEOUT);
	close(ends[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	close(ends[1]);
	assert_int_equal(pen_authority_new(&authority, ends[0], 20), PEN_E_CLOSED);
}

/* ---- one at a time, and many ---- */

struct logon {
	struct pen_authority *authority;
	const char *user;
	struct handshake handshake;
	pthread_t thread;
};

static void *log_on(void *data)
{
	struct logon *logon = data;

	handshake_begin(&logon->handshake, pen_authority_mechs(logon->authority), PEN_AUTH_NTLM,
			logon->user, "secret");
	return NULL;
}

static void logon_start(struct logon *logon, struct pen_authority *authority, const char *user)
{
	*logon = (struct logon){ .authority = authority, .user = user };
	assert_int_equal(pthread_create(&logon->thread, NULL, log_on, logon), 0);
}

static int logon_result(struct logon *logon)
{
	assert_int_equal(pthread_join(logon->thread, NULL), 0);
	return logon->handshake.r;
}

static void await_asked(size_t n)
{
	char byte;

	while (n--)
		assert_int_equal(read(stage.asked[0], &byte, 1), 1);
}

/* Who waits for a domain's controller holds up nobody else. */
static void test_the_slow_hold_nobody_up(void **state)
{
	struct pen_authority *authority;
	struct logon slow[4];

	stage_start();
	authority = authority_new("echo 1");
	for (size_t i = 0; i < PEN_COUNT(slow); i++)
		logon_start(&slow[i], authority, "slow");
	await_asked(PEN_COUNT(slow));
	for (int i = 0; i < 3; i++)
		expect_logon(authority, "ann");
	assert_int_equal(write(stage.release[1], "xxxx", 4), 4);
	for (size_t i = 0; i < PEN_COUNT(slow); i++) {
		assert_int_equal(logon_result(&slow[i]), 0);
		handshake_end(&slow[i].handshake);
	}
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

static void expect_closed(int socket)
{
	struct pollfd wait = { .fd = socket, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&wait, 1, 20000), 1);
	assert_true(recv(socket, &byte, 1, 0) <= 0);
	close(socket);
}

/* Those that were not closed at once. */
static size_t close_all(int *sockets, size_t n, size_t n_refused)
{
	size_t n_closed = 0;

	while (n_closed < n_refused) {
		char byte;

		n_closed = 0;
		for (size_t i = 0; i < n; i++)
			n_closed += !recv(sockets[i], &byte, 1, MSG_PEEK | MSG_DONTWAIT);
		usleep(1000);
	}
	for (size_t i = 0; i < n; i++)
		close(sockets[i]);
	return n_closed;
}

/* When penstock-authd has found out that others are gone. */
static void await_logon(struct pen_authority *authority)
{
	struct handshake handshake;
	int r;

	do {
		r = handshake_begin(&handshake, pen_authority_mechs(authority), PEN_AUTH_NTLM,
				    "ann", "secret");
		handshake_end(&handshake);
	} while (r);
}

static void test_a_worker_has_its_share(void **state)
{
	struct pen_authority *greedy, *other;
	int idle[20], client;

	stage.config.conversations_client_max = 3;
	stage_start();
	greedy = authority_new("greedy 1");
	other = authority_new("echo 1");
	client = stage_client("greedy 2");
	pen_authority_replace(greedy, dup(client));
	for (size_t i = 0; i < PEN_COUNT(idle); i++)
		idle[i] = stage_begin_by_hand(client);
	expect_denied(greedy, "whoever judges does not answer");
	expect_logon(other, "ann");
	assert_int_equal(close_all(idle, PEN_COUNT(idle), 17), 17);
	await_logon(greedy);
	close(client);
	pen_authority_free(greedy);
	pen_authority_free(other);
	assert_int_equal(stage_end(), 0);
}

static void test_there_are_so_many_at_all(void **state)
{
	struct pen_authority *other;
	int idle[8], clients[8];

	stage.config.conversations_max = 5;
	stage_start();
	other = authority_new("echo 1");
	for (int i = 0; i < 8; i++) {
		clients[i] = stage_client("hostile");
		idle[i] = stage_begin_by_hand(clients[i]);
	}
	assert_true(close_all(idle, 8, 3) >= 3);
	await_logon(other);
	for (int i = 0; i < 8; i++)
		close(clients[i]);
	pen_authority_free(other);
	assert_int_equal(stage_end(), 0);
}

static void test_workers_are_so_many(void **state)
{
	int first, second;

	stage.config.clients_max = 1;
	stage_start();
	first = stage_client("one");
	second = stage_client("two");
	expect_closed(second);
	close(stage_begin_by_hand(first));
	close(first);
	assert_int_equal(stage_end(), 0);
}

/* An idle worker loses its conversation, and gets another. */
static void test_conversations_end(void **state)
{
	struct pen_authority *authority;
	int client;

	stage.config.conversation_ms = 300;
	stage_start();
	client = stage_client("idle");
	expect_closed(stage_begin_by_hand(client));
	assert_int_equal(pen_authority_new(&authority, client, 0), 0);
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

/* ---- it dies ---- */

/*
 * The next one, which runs already: a fork beside threads, which may hold a lock, would be none to
 * rely on.
 */
static struct {
	pid_t pid;
	int penstockd;
} spare;

static void start_two(void)
{
	stage_start();
	spare.pid = stage.pid;
	spare.penstockd = stage.penstockd;
	stage_start();
}

static void use_spare(void)
{
	pid_t pid = stage.pid;
	int penstockd = stage.penstockd;

	stage.pid = spare.pid;
	stage.penstockd = spare.penstockd;
	spare.pid = pid;
	spare.penstockd = penstockd;
}

static void test_killed_in_the_middle(void **state)
{
	struct pen_authority *authority;
	struct logon slow, next;

	start_two();
	authority = authority_new("echo 1");
	logon_start(&slow, authority, "slow");
	await_asked(1);
	stage_kill();
	assert_int_equal(logon_result(&slow), PEN_E_DENIED);
	expect_reason(&slow.handshake, "penstock-authd");
	handshake_end(&slow.handshake);
	/* Who comes meanwhile waits for the next one, and is judged by it. */
	logon_start(&next, authority, "ann");
	use_spare();
	pen_authority_replace(authority, stage_client("echo 1"));
	assert_int_equal(logon_result(&next), 0);
	handshake_end(&next.handshake);
	expect_logon(authority, "ann");
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

static void test_replaced_again_and_again(void **state)
{
	struct pen_authority *authority;

	stage_start();
	authority = authority_new("echo 1");
	for (int i = 0; i < 20; i++) {
		struct logon logon;

		logon_start(&logon, authority, "ann");
		pen_authority_replace(authority, stage_client("echo 1"));
		/* A challenge of the one before is still his. */
		assert_int_equal(logon_result(&logon), 0);
		handshake_end(&logon.handshake);
		expect_logon(authority, "ann");
	}
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

static void replace_once(void *data)
{
	pen_authority_replace(data, stage_client("echo 1"));
}

static void replace_twice(void *data)
{
	replace_once(data);
	replace_once(data);
}

static void lose(void *data)
{
	stage_kill();
	stage.is_beside_threads = true; /* or in the middle of something */
	stage_start();
	replace_once(data);
}

/* Who has drawn the challenge judges the answer, if he is there. */
static void test_replaced_between_challenge_and_answer(void **state)
{
	struct pen_authority *authority;

	stage_start();
	authority = authority_new("echo 1");
	stage.challenged_data = authority;
	stage.challenged = replace_once;
	expect_logon(authority, "ann");
	expect_logon(authority, "ann");
	stage.challenged = replace_twice;
	expect_denied(authority, "no challenge of ours");
	stage.challenged = lose;
	expect_denied(authority, "has ended or is busy");
	stage.challenged = NULL;
	expect_logon(authority, "ann");
	pen_authority_free(authority);
	assert_int_equal(stage_end(), 0);
}

/* It goes when it is told so, or when penstockd goes; what it did not understand it says. */
static void test_ends(void **state)
{
	const struct worker_order leave = { .verb = worker_LEAVE, .body.is_now = true };
	const struct worker_order greet = { .verb = worker_GREET };
	struct pen_authority *authority;
	struct logon slow;
	int idle, client;

	stage_start();
	client = stage_client("echo 1");
	assert_int_equal(pen_authority_new(&authority, dup(client), 0), 0);
	idle = stage_begin_by_hand(client);
	logon_start(&slow, authority, "slow");
	await_asked(1);
	assert_int_equal(write(stage.release[1], "x", 1), 1);
	stage_order(&leave, -1);
	assert_int_equal(stage_await_end(), 0);
	logon_result(&slow);
	handshake_end(&slow.handshake);
	close(idle);
	close(client);
	pen_authority_free(authority);
	stage_start();
	stage_order(&greet, stage.release[0]);
	assert_int_equal(stage_await_end(), 99);
}

/* Another one has its place, and it leaves when nobody needs it any more. */
static void test_leaves(void **state)
{
	const struct worker_order leave = { .verb = worker_LEAVE };
	struct pen_authority *authority;
	struct logon slow;
	int client;

	start_two();
	client = stage_client("echo 1");
	assert_int_equal(pen_authority_new(&authority, dup(client), 0), 0);
	logon_start(&slow, authority, "slow");
	await_asked(1);
	stage_order(&leave, -1);
	use_spare();
	pen_authority_replace(authority, stage_client("echo 1"));
	expect_logon(authority, "ann");
	/* What was begun with the other it still judges. */
	assert_int_equal(write(stage.release[1], "x", 1), 1);
	assert_int_equal(logon_result(&slow), 0);
	handshake_end(&slow.handshake);
	pen_authority_free(authority);
	close(client);
	assert_int_equal(stage_end(), 0);
	use_spare();
	assert_int_equal(stage_await_end(), 0);
}

/* A worker that keeps its way to it does not keep it. */
static void test_leaves_in_time(void **state)
{
	int client;

	stage.config.conversation_ms = 50;
	stage_start();
	client = stage_client("idle");
	kill(stage.pid, SIGTERM);
	assert_int_equal(stage_await_end(), 0);
	close(client);
}

/* ---- memory ---- */

static int log_on_once(int client)
{
	struct pen_authority *authority = NULL;
	struct handshake handshake = { .mech = NULL };
	int r = pen_authority_new(&authority, client, 0);

	if (r)
		return r;
	r = handshake_begin(&handshake, pen_authority_mechs(authority), PEN_AUTH_NTLM, "ann",
			    "secret");
	handshake_end(&handshake);
	pen_authority_free(authority);
	return r;
}

/* The worker's; penstock-authd's is its own. */
static void test_no_memory(void **state)
{
	unsigned n_fds;
	size_t n;
	int r;

	stage_start();
	assert_int_equal(log_on_once(stage_client("rich")), 0);
	n_fds = pen_count_fds();
	for (n = 1;; n++) {
		int client = stage_client("poor");

		pen_fail_at(n);
		r = log_on_once(client);
		if (!pen_fail_hit())
			break;
		assert_true(r == -ENOMEM || r == PEN_E_LIMIT || r == PEN_E_DENIED);
		assert_int_equal(pen_count_fds(), n_fds);
	}
	assert_int_equal(r, 0);
	assert_true(n > 20);
	assert_int_equal(stage_end(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_clients_prove_themselves),
		TEST(test_what_is_offered),
		TEST(test_nobody_is_there),
		TEST(test_the_slow_hold_nobody_up),
		TEST(test_a_worker_has_its_share),
		TEST(test_there_are_so_many_at_all),
		TEST(test_workers_are_so_many),
		TEST(test_conversations_end),
		TEST(test_killed_in_the_middle),
		TEST(test_replaced_again_and_again),
		TEST(test_replaced_between_challenge_and_answer),
		TEST(test_ends),
		TEST(test_leaves),
		TEST(test_leaves_in_time),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
