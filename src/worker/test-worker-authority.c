/* SPDX-License-Identifier: MIT */
/*
 * A worker that has no mechanisms of its own, and this process is its penstockd and its
 * penstock-authd. With arguments this program is the worker.
 */
#include "io/clock.h"
#include "runtime/authority-letter.h"
#include "runtime/worker-letter.h"
#include "support/guest.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/mechs.h>
#include <penstock/worker.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the worker ---- */

/* What it finds in its configuration it says. */
static int prepare(struct pen_server_config *config, void **datap, char error[256])
{
	const char *said = "none\n";

	if (config->mechs && pen_mechs_find(config->mechs, PEN_AUTH_NTLM))
		said = pen_mechs_find(config->mechs, PEN_AUTH_KRB5) ? "ntlm and krb5\n" : "ntlm\n";
	return write(STDERR_FILENO, said, strlen(said)) < 0 ? -errno : 0;
}

static int be_worker(int argc, char **argv)
{
	static const char *const endpoints[] = { "ncalrpc:[probe]", NULL };
	static struct probe served;
	const struct pen_worker_service services[] = { { probe_service, endpoints } };
	struct pen_mechs *own = NULL;
	struct pen_worker worker = { .name = "probed",
				     .services = services,
				     .n_services = 1,
				     .data = &served,
				     .prepare = prepare };
	int r;

	if (getenv("PEN_TEST_OWN")) {
		pen_mechs_new_client(&own, false);
		worker.config.mechs = own;
	}
	r = pen_worker_main(argc, argv, &worker);
	pen_mechs_free(own);
	return r;
}

/* ---- penstockd ---- */

static struct {
	pid_t pid;
	int socket; /* the worker's, to penstockd */
	int authority;
	int said;
	char text[4096];
} child;

static struct pen_arena arena;
static struct pen_buffer scratch;

static void tell(const struct worker_order *order, int fd)
{
	assert_int_equal(pen_worker_send_order(child.socket, order, fd, &scratch), 0);
	close(fd);
}

/* Our end of a socket, whose other end the worker gets. */
static int give(struct worker_order *order)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	tell(order, ends[1]);
	return ends[0];
}

static void begin(void)
{
	struct worker_endpoint endpoint = { "ncalrpc:[probe]", "ncalrpc:[probe]" };
	struct worker_order hello = { .verb = worker_HELLO,
				      .body.hello = { .index = 1,
						      .n_endpoints = 1,
						      .endpoints = &endpoint,
						      .ncalrpc_dir = "/nowhere",
						      .has_authority = true } };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	child.said = memfd_create("stderr", 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (!child.pid) {
		dup2(child.said, STDERR_FILENO);
		dup2(ends[1], 3);
		execl("/proc/self/exe", "probed", "--worker", NULL);
		_exit(98);
	}
	close(ends[1]);
	child.socket = ends[0];
	child.authority = give(&hello);
}

static int end(void)
{
	ssize_t n;
	int status;

	alarm(60);
	assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
	alarm(0);
	n = pread(child.said, child.text, sizeof(child.text) - 1, 0);
	child.text[n > 0 ? n : 0] = '\0';
	close(child.said);
	close(child.socket);
	close(child.authority);
	pen_arena_done(&arena);
	pen_buffer_done(&scratch);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void await_ready(void)
{
	static uint8_t room[worker_LETTER_MAX];
	struct pollfd wait = { .fd = child.socket, .events = POLLIN };
	struct worker_report report;
	int fd;

	assert_int_equal(poll(&wait, 1, 60000), 1);
	assert_int_equal(pen_worker_receive_report(child.socket, &report, &fd, room, &arena), 0);
	assert_int_equal(report.verb, worker_READY);
}

static void leave(void)
{
	const struct worker_order order = { .verb = worker_LEAVE };

	assert_int_equal(pen_worker_send_order(child.socket, &order, -1, &scratch), 0);
}

/* ---- penstock-authd ---- */

static int await_call(void)
{
	struct pollfd wait = { .fd = child.authority, .events = POLLIN };
	int conversation;

	assert_int_equal(poll(&wait, 1, 60000), 1);
	assert_int_equal(pen_authority_receive_call(child.authority, &conversation), 0);
	return conversation;
}

static void answer_terms(bool has_krb5)
{
	const struct authority_answer answer = { .verb = authority_TERMS,
						 .body.terms = { .netbios_computer = "HERE",
								 .has_krb5 = has_krb5 } };
	uint64_t due = pen_clock_ms() + 60000;
	struct authority_question question;
	int conversation = await_call();

	assert_int_equal(pen_authority_receive_question(conversation, &question, &arena, due), 0);
	assert_int_equal(question.verb, authority_TERMS);
	assert_int_equal(pen_authority_send_answer(conversation, &answer, due), 0);
	close(conversation);
}

/* ---- */

static void test_it_offers_what_it_is_told(void **state)
{
	for (int has_krb5 = 0; has_krb5 < 2; has_krb5++) {
		begin();
		answer_terms(has_krb5);
		await_ready();
		leave();
		assert_int_equal(end(), 0);
		assert_string_equal(child.text, has_krb5 ? "ntlm and krb5\n" : "ntlm\n");
	}
}

/* Its own are as good, and nobody is asked. */
static void test_it_has_its_own(void **state)
{
	struct worker_order authority = { .verb = worker_AUTHORITY };

	setenv("PEN_TEST_OWN", "1", 1);
	begin();
	await_ready();
	close(give(&authority));
	leave();
	assert_int_equal(end(), 0);
	unsetenv("PEN_TEST_OWN");
}

static void test_another_takes_the_place(void **state)
{
	struct worker_order authority = { .verb = worker_AUTHORITY };

	begin();
	answer_terms(false);
	await_ready();
	for (int i = 0; i < 10; i++) {
		close(child.authority);
		child.authority = give(&authority);
	}
	leave();
	assert_int_equal(end(), 0);
}

static void await_said(const char *text)
{
	for (int i = 0; i < 2000; i++) {
		ssize_t n = pread(child.said, child.text, sizeof(child.text) - 1, 0);

		child.text[n > 0 ? n : 0] = '\0';
		if (strstr(child.text, text))
			return;
		usleep(10000);
	}
	fail_msg("it has not said %s, but %s", text, child.text);
}

/* While it serves: by whoever is there, or when the configuration was read again. */
static void test_terms_are_asked_again(void **state)
{
	struct worker_order authority = { .verb = worker_AUTHORITY };
	const struct worker_order reload = { .verb = worker_RELOAD };
	int last;

	begin();
	answer_terms(false);
	await_ready();
	last = child.authority;
	child.authority = give(&authority);
	close(last);
	answer_terms(true);
	await_said("penstock-authd has other terms");
	assert_int_equal(pen_worker_send_order(child.socket, &reload, -1, &scratch), 0);
	close(await_call());
	await_said("is not known anew");
	leave();
	assert_int_equal(end(), 0);
}

static void test_nobody_answers(void **state)
{
	begin();
	close(await_call());
	assert_int_equal(end(), 75);
	assert_non_null(strstr(child.text, "penstock-authd does not say"));
	/* It is gone already. */
	begin();
	shutdown(child.authority, SHUT_RDWR);
	assert_int_equal(end(), 75);
	assert_non_null(strstr(child.text, "penstock-authd does not say"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_offers_what_it_is_told),
		cmocka_unit_test(test_it_has_its_own),
		cmocka_unit_test(test_another_takes_the_place),
		cmocka_unit_test(test_terms_are_asked_again),
		cmocka_unit_test(test_nobody_answers),
	};

	if (argc > 1)
		return be_worker(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
