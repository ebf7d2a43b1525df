/* SPDX-License-Identifier: MIT */
#ifndef PEN_WORKER_TEST_WORKER_H
#define PEN_WORKER_TEST_WORKER_H
/*
 * A worker in a process of its own, and this one is its penstockd. With arguments a test program is
 * the worker.
 */
#include "object/letter.h"
#include "runtime/worker-letter.h"
#include "support/fail.h"
#include "support/guest.h"
#include "support/unit.h"
#include <penstock/worker.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the worker ---- */

static struct probe served;

static inline int start(const struct pen_worker_start *start, void **datap, char error[256])
{
	if (getenv("PEN_TEST_FAILS")) {
		snprintf(error, 256, "it does not want to");
		return PEN_E_DENIED;
	}
	served.server = start->server;
	*datap = &served;
	return 0;
}

static inline void stop(void *data)
{
	if (data && data != &served)
		_exit(99);
	if (data && write(STDERR_FILENO, "stopped\n", 8) != 8)
		_exit(99);
}

static const char *const endpoints[] = { "ncacn_ip_tcp:", "ncalrpc:", "ncacn_np:[\\pipe\\probe]",
					 NULL };

static inline int be_worker(int argc, char **argv)
{
	const struct pen_worker_service services[] = { { probe_service, endpoints } };
	const struct pen_worker worker = {
		.name = "probed",
		.services = services,
		.n_services = 1,
		.config.connections_max = 4,
		.start = start,
		.stop = stop,
	};

	const char *fails_at = getenv("PEN_TEST_FAILS_AT");
	int r;

	if (fails_at)
		pen_fail_at((size_t)atol(fails_at));
	r = pen_worker_main(argc, argv, &worker);
	if (fails_at && !pen_fail_hit())
		fputs("all was there\n", stderr);
	return r;
}

/* ---- penstockd ---- */

enum { INDEX = 77, WAIT_MS = 20000 };

static const char tcp[] = "ncacn_ip_tcp:192.0.2.7[4711]";
static const char pipe_[] = "ncacn_np:[\\pipe\\probe]";

struct child {
	pid_t pid;
	int socket;
	int said; /* its standard error, in memory */
	char text[4096];
};

static struct child child;
static uint8_t room[worker_LETTER_MAX];
static struct pen_arena arena;
static struct pen_buffer scratch;
static struct pen_token *token;

static inline void run(const char *option, int socket)
{
	child.said = memfd_create("stderr", 0);
	assert_true(child.said >= 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (!child.pid) {
		dup2(child.said, STDERR_FILENO);
		dup2(child.said, STDOUT_FILENO);
		if (socket >= 0)
			dup2(socket, 3);
		else
			close(3);
		execl("/proc/self/exe", "probed", option, NULL);
		_exit(98);
	}
}

/* What is sent between these two is there when the worker begins. */
static inline int prepare(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	child.socket = ends[0];
	return ends[1];
}

static inline void launch(int socket)
{
	run("--worker", socket);
	close(socket);
}

static inline void begin(void)
{
	launch(prepare());
}

/* Its exit status, and what it said. */
static inline int end(void)
{
	ssize_t n;
	int status;

	alarm(60);
	assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
	alarm(0);
	n = pread(child.said, child.text, sizeof(child.text) - 1, 0);
	child.text[n > 0 ? n : 0] = '\0';
	close(child.said);
	if (child.socket >= 0)
		close(child.socket);
	child.socket = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void order(const struct worker_order *order, int fd)
{
	assert_int_equal(pen_worker_send_order(child.socket, order, fd, &scratch), 0);
}

static inline void hello(const char *binding, const char *listed)
{
	struct worker_endpoint all[] = {
		{ tcp, "ncacn_ip_tcp:" },
		{ "ncacn_ip_tcp:::1[4711]", "ncacn_ip_tcp:" },
		{ (char *)binding, (char *)listed },
		{ pipe_, pipe_ },
	};
	const struct worker_order first = { .verb = worker_HELLO,
					    .body.hello = { .index = INDEX,
							    .n_endpoints = PEN_COUNT(all),
							    .endpoints = all,
							    .ncalrpc_dir = "/nowhere" } };

	order(&first, -1);
}

static inline void order_leave(bool is_now)
{
	const struct worker_order leave = { .verb = worker_LEAVE, .body.is_now = is_now };

	order(&leave, -1);
}

static inline void next(enum worker_report_verb verb, struct worker_report *report)
{
	struct pollfd wait = { .fd = child.socket, .events = POLLIN };
	int fd;

	assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
	assert_int_equal(pen_worker_receive_report(child.socket, report, &fd, room, &arena), 0);
	assert_int_equal(report->verb, verb);
}

static inline void serve(void)
{
	struct worker_report report;

	begin();
	hello("ncalrpc:[probed]", "ncalrpc:");
	next(worker_READY, &report);
}

static inline void come_to(struct guest *guest, const char *binding, bool is_framed,
			   uint32_t group_id)
{
	struct worker_order arrive = { .verb = worker_ARRIVE };
	struct worker_arrival *arrival = &arrive.body.arrival;
	struct pen_buffer bytes = { 0 };
	int fd;

	pen_guest_open(guest, is_framed ? PEN_NCACN_NP : PEN_NCACN_IP_TCP, is_framed, &fd);
	pen_guest_bind(guest, group_id);
	pen_guest_take(guest, &bytes);
	*arrival = (struct worker_arrival){ .binding = binding,
					    .peer = "192.0.2.1",
					    .is_framed = is_framed,
					    .n_bytes = (uint32_t)bytes.size,
					    .bytes = bytes.data };
	assert_int_equal(pen_letter_from_token(&arrival->token, &arena, token), 0);
	order(&arrive, fd);
	close(fd);
	pen_buffer_done(&bytes);
}

static inline void come(struct guest *guest)
{
	struct pen_event event;

	come_to(guest, tcp, false, 0);
	pen_guest_expect(guest, PEN_EVENT_BOUND, &event);
}

static inline void expect_sum(struct guest *guest)
{
	struct probe_number sum;
	struct pen_event event;

	pen_guest_add(guest, 20, 22);
	pen_guest_send(guest);
	pen_guest_expect(guest, PEN_EVENT_RESPONSE, &event);
	pen_guest_value(&event, PROBE_ADD, &sum);
	assert_int_equal(sum.value, 42);
}

static inline int set_up(void **state)
{
	child = (struct child){ .socket = -1 };
	pen_arena_init(&arena, 0);
	assert_int_equal(pen_token_new_unix(&token, 1000, 1000, NULL, 0, 0, false), 0);
	return 0;
}

static inline int tear_down(void **state)
{
	pen_arena_done(&arena);
	pen_buffer_done(&scratch);
	pen_token_free(token);
	return 0;
}

#endif
