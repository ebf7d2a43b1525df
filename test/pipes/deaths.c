/* SPDX-License-Identifier: MIT */
/*
 * A server, a client and an object manager, each a process. One of them is killed at a moment
 * that nobody has chosen, again and again: the others get the right status, at once; names and
 * instances go; connections outlive the object manager.
 *
 *	deaths [times [seed]]
 */
#include "support/objectd.h"
#include "support/unit.h"
#include <penstock/pipe.h>
#include <penstock/status.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME "\\\\.\\pipe\\Deaths"

enum { LONG_MS = 60000, SOON_MS = 100, MESSAGE = 3000 };

enum victim { SERVER, CLIENT, MANAGER, N_VICTIMS };

/* What the two say, in memory that all have. */
struct record {
	_Atomic uint32_t n_answers; /* that the client has got */
	_Atomic uint32_t status;    /* with which its connection ended; 0: it has not */
	_Atomic uint64_t at_ns;	    /* when */
	_Atomic uint32_t n_connections;
};

static struct record *records; /* the server's, the client's */
static struct objectd objectd;
static unsigned n_late[N_VICTIMS];
static uint64_t slowest_ns[N_VICTIMS];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void note(struct record *record, uint32_t status)
{
	record->at_ns = now_ns();
	record->status = status;
}

/* ---- the two ---- */

static void answer_all(struct pen_pipe *pipe)
{
	static char message[MESSAGE];
	uint32_t status, n;

	records[SERVER].status = 0;
	records[SERVER].n_connections++;
	do {
		status = pen_pipe_read(pipe, message, sizeof(message), &n, -1);
		if (!status)
			status = pen_pipe_write(pipe, message, n, &n, -1);
	} while (!status);
	note(&records[SERVER], status);
}

static void serve(void)
{
	static const uint32_t quotas[2] = { 1000, 1000 };
	const struct pen_pipe_config config = { .configuration = PEN_PIPE_DUPLEX,
						.is_message = true,
						.is_message_mode = true,
						.quotas = quotas };
	struct pen_pipe *pipe;
	uint32_t status;

	if (pen_pipe_create(&pipe, NAME, &config, NULL))
		_exit(1);
	for (;;) {
		status = pen_pipe_listen(pipe, -1);
		if (!status || status == PEN_STATUS_PIPE_CONNECTED)
			answer_all(pipe);
		pen_pipe_disconnect(pipe);
	}
}

static struct pen_pipe *open_pipe(void)
{
	struct pen_pipe *pipe;
	uint32_t status;

	while ((status = pen_pipe_open(&pipe, NAME, NULL))) {
		if (status == PEN_STATUS_PIPE_NOT_AVAILABLE)
			pen_pipe_wait_name(NAME, -1, NULL);
		else
			usleep(1000);
	}
	return pipe;
}

static void ask(void)
{
	static char message[MESSAGE];

	for (;;) {
		struct pen_pipe *pipe = open_pipe();
		uint32_t status = pen_pipe_set_modes(pipe, 1, 0), n = 0;

		records[CLIENT].status = 0;
		while (!status) {
			status = pen_pipe_write(pipe, message, (uint32_t)rand() % MESSAGE, &n, -1);
			if (!status)
				status = pen_pipe_read(pipe, message, sizeof(message), &n, -1);
			if (!status)
				records[CLIENT].n_answers++;
		}
		note(&records[CLIENT], status);
		pen_pipe_free(pipe);
	}
}

static pid_t start(void (*run)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	srand((unsigned)getpid());
	run();
	_exit(1);
}

/* ---- watching them ---- */

/* Waits until the number is beyond another. */
static void await(const _Atomic uint32_t *number, uint32_t beyond)
{
	for (int i = 0; i < LONG_MS * 10; i++) {
		if (*number > beyond)
			return;
		usleep(100);
	}
	fail_msg("nothing happens any more: %u", *number);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static bool is_end(uint32_t status)
{
	return status == PEN_STATUS_PIPE_BROKEN || status == PEN_STATUS_PIPE_CLOSING;
}

/* Who is left has got its status, and how long that took. */
static void expect_end(enum victim victim, const struct record *survivor, uint64_t killed)
{
	uint64_t took;

	await(&survivor->status, 0);
	assert_true(is_end(survivor->status));
	took = survivor->at_ns > killed ? survivor->at_ns - killed : 0;
	if (took > slowest_ns[victim])
		slowest_ns[victim] = took;
	n_late[victim] += took > SOON_MS * UINT64_C(1000000);
}

static uint32_t count(void *data, const struct pen_pipe_entry *entry)
{
	*(unsigned *)data += entry->instances;
	return 0;
}

static void expect_no_names(void)
{
	unsigned n = 1;

	for (int i = 0; i < LONG_MS && n; i++) {
		n = 0;
		assert_int_equal(pen_pipe_list(NULL, count, &n), PEN_STATUS_SUCCESS);
		if (n)
			usleep(1000);
	}
	assert_int_equal(n, 0);
}

/* ---- the deaths ---- */

/* The server dies: its client is told, and another server takes the name. */
static void kill_server(pid_t *server)
{
	uint64_t killed = now_ns();
	uint32_t n;

	end(*server);
	expect_end(SERVER, &records[CLIENT], killed);
	n = records[CLIENT].n_answers;
	*server = start(serve);
	await(&records[CLIENT].n_answers, n);
}

/* The client dies: its server is told, and another client comes. */
static void kill_client(pid_t *client)
{
	uint64_t killed = now_ns();
	uint32_t n_connections = records[SERVER].n_connections, n;

	end(*client);
	/* It may have been between two connections. */
	for (int i = 0; i < LONG_MS * 10 && !records[SERVER].status; i++)
		usleep(100);
	assert_true(records[SERVER].status || records[SERVER].n_connections > n_connections);
	if (records[SERVER].status)
		expect_end(CLIENT, &records[SERVER], killed);
	n = records[CLIENT].n_answers;
	*client = start(ask);
	await(&records[CLIENT].n_answers, n);
}

/* The object manager dies: the connection goes on, and there are new ones once another is there. */
static void kill_manager(pid_t *client)
{
	uint32_t n;

	objectd_end(&objectd, SIGKILL);
	n = records[CLIENT].n_answers;
	await(&records[CLIENT].n_answers, n + 2);
	objectd_start(&objectd, NULL);
	n = records[CLIENT].n_answers;
	await(&records[CLIENT].n_answers, n + 2);
	kill_client(client);
}

static void test_deaths(unsigned times, unsigned seed)
{
	pid_t server = start(serve), client = start(ask);

	srand(seed);
	for (unsigned i = 0; i < times; i++) {
		enum victim victim = (unsigned)rand() % 8 ? (unsigned)rand() % 2 : MANAGER;

		await(&records[CLIENT].n_answers, records[CLIENT].n_answers + (unsigned)rand() % 4);
		usleep((unsigned)rand() % 1000);
		if (victim == SERVER)
			kill_server(&server);
		else if (victim == CLIENT)
			kill_client(&client);
		else
			kill_manager(&client);
	}
	end(server);
	end(client);
	expect_no_names();
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "server", "client" };
	unsigned times = argc > 1 ? (unsigned)atoi(argv[1]) : getenv("PEN_TEST_ALL") ? 1000 : 40;
	unsigned seed = argc > 2 ? (unsigned)atoi(argv[2]) : (unsigned)time(NULL);

	printf("%u deaths, seed %u\n", times, seed);
	records = mmap(NULL, sizeof(*records) * N_VICTIMS, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(records, MAP_FAILED);
	objectd_start(&objectd, NULL);
	setenv("PENSTOCK_OBJECTS_DIR", objectd.directory, 1);
	test_deaths(times, seed);
	for (unsigned i = 0; i < PEN_COUNT(names); i++)
		printf("death of the %s: known after %.1f ms at most, later than %u ms %u times\n",
		       names[i], (double)slowest_ns[i] / 1e6, SOON_MS, n_late[i]);
	objectd_end(&objectd, SIGTERM);
	objectd_clean(&objectd);
	return 0;
}
