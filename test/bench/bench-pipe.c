/* SPDX-License-Identifier: MIT */
/*
 * Named pipes between processes, each figure beside its limit in the same run, by turns: messages
 * of 64 bytes back and forth beside a bare seqpacket socket, messages of 64 KiB one way beside a
 * bare stream, both processes on one core and on all; then many clients of a server with a
 * thousand instances. The object manager is $PENSTOCK_OBJECTD.
 *
 *	bench-pipe [WINE'S 64 BYTES, WINE'S 64 KiB, PINNED AND FREE EACH]
 */
#include "bench/bench.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/pipe.h>
#include <penstock/status.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SMALL = 64,
	LARGE = 65536,
	TURNS = 6,
	INSTANCES = 1000,
	OPENS = 100000,
	CLIENTS = 4,
};

#define NAME	     "\\\\.\\pipe\\bench"
#define TURN_SECONDS 0.25

static char objects[64] = "/tmp/penstock-bench-pipe.XXXXXX";

static void die(const char *what, uint32_t status)
{
	fprintf(stderr, "bench-pipe: %s: %s\n", what, pen_ntstatus_name(status));
	exit(1);
}

static void check(const char *what, uint32_t status)
{
	if (status)
		die(what, status);
}

/* ---- what is measured: a way for messages, in two processes ---- */

struct way {
	struct pen_pipe *pipe;
	int fd;
};

static bool put(const struct way *way, const void *bytes, size_t n)
{
	uint32_t done;

	if (way->pipe)
		return !pen_pipe_write(way->pipe, bytes, (uint32_t)n, &done, -1);
	while (n > 0) {
		ssize_t r = write(way->fd, bytes, n);

		if (r <= 0)
			return false;
		n -= (size_t)r;
	}
	return true;
}

static bool get(const struct way *way, void *bytes, size_t n)
{
	uint32_t done;

	if (way->pipe)
		return !pen_pipe_read(way->pipe, bytes, (uint32_t)n, &done, -1);
	while (n > 0) {
		ssize_t r = read(way->fd, bytes, n);

		if (r <= 0)
			return false;
		n -= (size_t)r;
	}
	return true;
}

/* Answers each message, or only the last one, until the other is gone. */
static void serve(const struct way *way, size_t n, bool is_one_way)
{
	static char bytes[LARGE];

	while (get(way, bytes, n))
		if (!is_one_way && !put(way, bytes, n))
			break;
}

/* Messages, or rounds, a second. */
static double drive(const struct way *way, size_t n, bool is_one_way)
{
	static char bytes[LARGE];
	double start = bench_now(), now = start;
	size_t count = 0;

	while (now - start < TURN_SECONDS) {
		for (unsigned i = 0; i < 16; i++, count++)
			if (!put(way, bytes, n) || (!is_one_way && !get(way, bytes, n)))
				return 0;
		now = bench_now();
	}
	if (way->pipe && pen_pipe_flush(way->pipe, -1))
		return 0;
	return (double)count / (bench_now() - start);
}

static double bare_turn(int type, size_t n, bool is_one_way)
{
	struct way ours = { 0 }, theirs = { 0 };
	double rate;
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds))
		return 0;
	ours.fd = fds[0];
	theirs.fd = fds[1];
	pid = fork();
	if (pid == 0) {
		close(ours.fd);
		serve(&theirs, n, is_one_way);
		_exit(0);
	}
	close(theirs.fd);
	rate = drive(&ours, n, is_one_way);
	close(ours.fd);
	waitpid(pid, NULL, 0);
	return rate;
}

static const struct pen_pipe_config messages = {
	.configuration = PEN_PIPE_DUPLEX,
	.is_message = true,
	.is_message_mode = true,
	.quotas = (const uint32_t[]){ 4 * LARGE, 4 * LARGE },
};

static double pipe_turn(size_t n, bool is_one_way)
{
	struct way server = { 0 }, client = { 0 };
	double rate;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		check("create", pen_pipe_create(&server.pipe, NAME, &messages, NULL));
		/* The client may have been quicker. */
		if (pen_pipe_listen(server.pipe, -1) == PEN_STATUS_PIPE_DISCONNECTED)
			_exit(1);
		serve(&server, n, is_one_way);
		pen_pipe_free(server.pipe);
		_exit(0);
	}
	while (pen_pipe_open(&client.pipe, NAME, NULL))
		usleep(1000);
	check("mode", pen_pipe_set_modes(client.pipe, 1, 0));
	rate = drive(&client, n, is_one_way);
	pen_pipe_free(client.pipe);
	waitpid(pid, NULL, 0);
	return rate;
}

/* By turns, so that what else the machine does is the same for both. */
static void compare(const char *what, size_t n, bool is_one_way, int cpu, double aim, double wine)
{
	double ours = 0, bare = 0, factor = is_one_way ? (double)n / (1 << 20) : 1;
	const char *unit = is_one_way ? "MiB/s" : "1/s";
	int type = is_one_way ? SOCK_STREAM : SOCK_SEQPACKET;
	char line[80];

	bench_pin(cpu);
	for (unsigned i = 0; i < TURNS; i++) {
		ours += pipe_turn(n, is_one_way) * factor / TURNS;
		bare += bare_turn(type, n, is_one_way) * factor / TURNS;
	}
	bench_pin(-1);
	snprintf(line, sizeof(line), "%s, %s", what, cpu < 0 ? "free" : "one core");
	bench_line(line, ours, unit, bare, aim);
	if (wine > 0)
		bench_line("  a Win32 program under Wine", wine, unit, ours, 0);
}

/* ---- a thousand instances ---- */

struct instance {
	struct pen_pipe *pipe;
	struct pen_pipe_op op;
	char bytes[SMALL];
	bool is_listening;
};

/* Goes on with an instance, until something waits. Counts the messages. */
static void go_on(struct instance *it, size_t *n_messages)
{
	while (it->op.status != PEN_STATUS_PENDING) {
		if (it->is_listening) {
			it->is_listening = false;
			pen_pipe_start_read(it->pipe, &it->op, it->bytes, SMALL);
		} else if (!it->op.status) {
			++*n_messages;
			pen_pipe_start_read(it->pipe, &it->op, it->bytes, SMALL);
		} else {
			check("disconnect", pen_pipe_disconnect(it->pipe));
			it->is_listening = true;
			pen_pipe_start_listen(it->pipe, &it->op);
			if (it->op.status == PEN_STATUS_PIPE_CONNECTED)
				it->op.status = 0;
		}
	}
}

static void serve_many(int ready, int done)
{
	struct instance *instances = calloc(INSTANCES, sizeof(*instances));
	struct pen_pipe_config config = messages;
	struct epoll_event events[64];
	int epoll = epoll_create1(EPOLL_CLOEXEC), n;
	size_t n_messages = 0;

	config.quotas = NULL;
	for (unsigned i = 0; i < INSTANCES; i++) {
		struct instance *it = &instances[i];
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = it };

		check("create", pen_pipe_create(&it->pipe, NAME, &config, NULL));
		it->is_listening = true;
		if (pen_pipe_start_listen(it->pipe, &it->op) != PEN_STATUS_PENDING)
			die("listen", it->op.status);
		event.events = (uint32_t)pen_pipe_events(it->pipe);
		epoll_ctl(epoll, EPOLL_CTL_ADD, pen_pipe_fd(it->pipe), &event);
	}
	dprintf(ready, "r");
	while (n_messages < OPENS) {
		n = epoll_wait(epoll, events, 64, 10000);
		if (n == 0)
			break;
		for (int i = 0; i < n; i++) {
			struct instance *it = events[i].data.ptr;

			pen_pipe_dispatch(it->pipe);
			go_on(it, &n_messages);
		}
	}
	dprintf(done, "%zu", n_messages);
	pause(); /* its memory is looked at, and it is killed */
}

static void open_many(unsigned n)
{
	static const struct pen_pipe_open_config to_write = { .access = PEN_PIPE_WRITE_DATA };
	static char bytes[SMALL];
	struct pen_pipe *pipe;
	uint32_t status, done;

	while (n > 0) {
		status = pen_pipe_open(&pipe, NAME, &to_write);
		if (status == PEN_STATUS_PIPE_NOT_AVAILABLE) {
			check("wait", pen_pipe_wait_name(NAME, 10000, NULL));
			continue;
		}
		check("open", status);
		check("write", pen_pipe_write(pipe, bytes, SMALL, &done, -1));
		pen_pipe_free(pipe);
		n--;
	}
}

/* KiB */
static long memory_of(pid_t pid)
{
	char path[64], line[128];
	long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

static void many(pid_t manager)
{
	int ready[2], done[2];
	char text[32] = "";
	double start, seconds;
	long before = memory_of(manager);
	pid_t server;

	if (pipe(ready) || pipe(done))
		return;
	server = fork();
	if (server == 0) {
		serve_many(ready[1], done[1]);
		_exit(0);
	}
	if (read(ready[0], text, 1) != 1)
		return;
	printf("%-46s %12ld KiB, the object manager's %ld, before %ld\n",
	       "memory of 1,000 listening instances", memory_of(server), memory_of(manager),
	       before);
	start = bench_now();
	for (unsigned i = 0; i < CLIENTS; i++) {
		if (fork() == 0) {
			open_many(OPENS / CLIENTS);
			_exit(0);
		}
	}
	if (read(done[0], text, sizeof(text) - 1) <= 0)
		return;
	seconds = bench_now() - start;
	bench_line("open, write 64 bytes, close: 1,000 instances", atof(text) / seconds, "1/s", 0,
		   0);
	printf("%-46s %12ld KiB, the object manager's %ld\n", "memory after 100,000 opens",
	       memory_of(server), memory_of(manager));
	kill(server, SIGKILL);
	while (wait(NULL) != server)
		;
}

/* ---- */

static pid_t start_manager(void)
{
	const char *named = getenv("PENSTOCK_OBJECTD");
	static char program[512];
	pid_t pid;

	snprintf(program, sizeof(program), "%s", named ? named : "");
	if (!named || !mkdtemp(objects)) {
		fprintf(stderr, "bench-pipe: PENSTOCK_OBJECTD is to name the object manager\n");
		exit(1);
	}
	setenv("PENSTOCK_OBJECTS_DIR", objects, 1);
	setenv("PENSTOCK_OBJECTD", "/nonexistent", 1); /* nobody else is to start one */
	pid = fork();
	if (pid == 0) {
		execl(program, program, "--directory", objects, (char *)NULL);
		_exit(127);
	}
	for (unsigned i = 0; i < 500; i++) {
		if (pen_pipe_wait_name(NAME, 1, NULL) == PEN_STATUS_OBJECT_NAME_NOT_FOUND)
			return pid;
		usleep(10000);
	}
	fprintf(stderr, "bench-pipe: %s does not answer\n", program);
	exit(1);
}

static double argument(int argc, char **argv, int i)
{
	return argc > i ? atof(argv[i]) : 0;
}

int main(int argc, char **argv)
{
	struct rlimit files;
	pid_t manager;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	manager = start_manager();
	compare("64 bytes back and forth", SMALL, false, 0, 1.0, argument(argc, argv, 1));
	compare("64 bytes back and forth", SMALL, false, -1, 1.0, argument(argc, argv, 2));
	compare("64 KiB messages", LARGE, true, 0, 0.8, argument(argc, argv, 3));
	compare("64 KiB messages", LARGE, true, -1, 0.8, argument(argc, argv, 4));
	many(manager);
	kill(manager, SIGTERM);
	waitpid(manager, NULL, 0);
	rmdir(objects);
	return 0;
}
