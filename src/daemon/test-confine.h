/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_TEST_CONFINE_H
#define PEN_DAEMON_TEST_CONFINE_H
/*
 * A program that is confined, the world around it, and what it may do there.
 */
#include "daemon/confine-parts.h"
#include "support/unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, TRIES_MAX = 96, OUTPUT_MAX = 65536, FILES_MAX = 64, SKIPPED = 77 };

/* ---- the world around it ---- */

struct world {
	char program[512];
	char directory[64];
	char outside[80];
	char abstract[64];
	int tcp, local; /* that listen */
	uint16_t port;
	int connection[2];
	char missing[128]; /* what the kernel cannot do, as the child has said */
	char output[OUTPUT_MAX];
	int status;
};

static inline void make_files(struct world *world)
{
	int fd;

	strcpy(world->directory, "/tmp/penstock-test-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	snprintf(world->outside, sizeof(world->outside), "%s.other", world->directory);
	fd = open(world->outside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	assert_true(fd >= 0);
	close(fd);
}

static inline int listen_at(int family, const void *address, socklen_t size)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_false(bind(fd, address, size));
	assert_false(listen(fd, 16));
	return fd;
}

static inline void make_sockets(struct world *world)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(address);

	world->tcp = listen_at(AF_INET, &address, n);
	assert_false(getsockname(world->tcp, (struct sockaddr *)&address, &n));
	world->port = ntohs(address.sin_port);
	world->connection[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_false(connect(world->connection[0], (struct sockaddr *)&address, n));
	world->connection[1] = accept(world->tcp, NULL, NULL);
	assert_true(world->connection[1] >= 0);
	assert_int_equal(write(world->connection[0], "echo", 4), 4);

	n = (socklen_t)snprintf(world->abstract, sizeof(world->abstract), "penstock-test-%d-%s",
				getpid(), strrchr(world->directory, '-') + 1);
	memcpy(local.sun_path + 1, world->abstract, n);
	world->local = listen_at(AF_UNIX, &local,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n));
}

static inline void world_init(struct world *world)
{
	const char *build = getenv("PEN_TEST_BUILD");

	memset(world, 0, sizeof(*world));
	snprintf(world->program, sizeof(world->program), "%s/src/daemon/confined",
		 build ? build : "build");
	make_files(world);
	make_sockets(world);
}

static inline void world_done(struct world *world)
{
	char command[256];

	close(world->tcp);
	close(world->local);
	close(world->connection[0]);
	close(world->connection[1]);
	snprintf(command, sizeof(command), "rm -rf %s %s %s.new", world->directory, world->outside,
		 world->outside);
	assert_int_equal(system(command), 0);
}

/* ---- one run ---- */

struct run {
	const char *mode; /* once, again, parser, carrier, porter */
	const char *user; /* to be named */
	bool is_nobody;	  /* from the beginning */
	bool has_network, is_parser, is_porter;
	const char *const *tries;
};

static inline void send_connection(int socket, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec bytes = { .iov_base = (char[]){ 0 }, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &bytes,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	assert_int_equal(sendmsg(socket, &message, 0), 1);
}

static inline int confine_child(const struct world *world, const struct run *run, char error[256])
{
	const char *const reads[] = { "/nonexistent/penstock", NULL };
	const char *const writes[] = { world->directory, NULL };
	const struct pen_worker_needs needs = {
		.reads = reads,
		.writes = writes,
		.network = run->has_network,
		.memory_max = UINT64_C(512) << 20,
	};
	const struct confinement confinement = {
		.program = world->program,
		.needs = &needs,
		.user = run->user,
		.files_max = FILES_MAX,
		.is_parser = run->is_parser,
		.is_porter = run->is_porter,
	};
	char missing[128];
	int r;

	if (run->is_nobody && !getuid() &&
	    (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	     setresuid(NOBODY, NOBODY, NOBODY)))
		return -errno;
	r = confine_self(&confinement, missing, error);
	if (!r)
		dprintf(STDOUT_FILENO, "missing=%s\n", missing);
	return r;
}

/* In the child: descriptor 3 is the socket, 1 the way back, and all else is closed by exec. */
static inline void start(const struct world *world, const struct run *run, int socket, int output)
{
	char port[16], other[16], error[256] = "", options[] = "ASAN_OPTIONS=detect_leaks=0";
	const char *argv[8 + TRIES_MAX] = { "confined",	    run->mode,	     world->directory,
					    world->outside, world->abstract, port,
					    other };
	char *const environment[] = { options, NULL };
	int n = 7;

	snprintf(port, sizeof(port), "%u", world->port);
	snprintf(other, sizeof(other), "%d", (int)getppid());
	while (run->tries[n - 7] && n < 7 + TRIES_MAX) {
		argv[n] = run->tries[n - 7];
		n++;
	}
	if (dup2(output, STDOUT_FILENO) < 0 || dup2(socket, 3) < 0)
		_exit(3);
	if (confine_child(world, run, error)) {
		dprintf(STDERR_FILENO, "confine_self: %s\n", error);
		_exit(4);
	}
	execve(world->program, (char *const *)argv, environment);
	_exit(errno == EACCES ? SKIPPED : 5);
}

static inline void read_all(struct world *world, int fd)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, world->output + n, sizeof(world->output) - 1 - n)) > 0)
		n += (size_t)got;
	assert_int_equal(got, 0);
	world->output[n] = '\0';
}

static inline void run_in(struct world *world, const struct run *run)
{
	int sockets[2], output[2];
	pid_t pid;

	if (!getuid() && (run->user || run->is_nobody)) {
		assert_false(chown(world->directory, NOBODY, NOBODY));
		assert_false(chown(world->outside, NOBODY, NOBODY));
	}
	assert_false(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets));
	assert_false(pipe2(output, O_CLOEXEC));
	send_connection(sockets[0], world->connection[1]);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		start(world, run, sockets[1], output[1]);
	close(output[1]);
	close(sockets[1]);
	read_all(world, output[0]);
	assert_int_equal(waitpid(pid, &world->status, 0), pid);
	close(output[0]);
	close(sockets[0]);
	if (!strncmp(world->output, "missing=", 8))
		snprintf(world->missing, sizeof(world->missing), "%.*s",
			 (int)strcspn(world->output + 8, "\n"), world->output + 8);
}

/* -1: it has said nothing of that. */
static inline int said(const struct world *world, const char *name)
{
	char line[64];
	const char *found;

	snprintf(line, sizeof(line), "\n%s=", name);
	found = strstr(world->output, line);
	return found ? atoi(found + strlen(line)) : -1;
}

/* Where the build directory is closed to other users, they have nothing to execute. */
static inline bool is_skipped(const struct world *world)
{
	if (!WIFEXITED(world->status) || WEXITSTATUS(world->status) != SKIPPED)
		return false;
	print_message("the build directory is closed to others: not tried\n");
	return true;
}

/* ---- what is expected ---- */

enum { ANY = -2 };

struct row {
	const char *name;
	int local;	   /* the errno of a worker without the network */
	int networked;	   /* and with it */
	const char *layer; /* where this is missing anything may come of it */
};

static inline bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += n)
		if ((at == words || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

/* "landlock" is all of it. */
static inline bool is_missing(const struct world *world, const char *layer)
{
	if (!layer)
		return false;
	return has_word(world->missing, layer) ||
	       (!strncmp(layer, "landlock", 8) && has_word(world->missing, "landlock"));
}

static inline int wrong(const char *name, int expected, int came)
{
	if (came == expected || (expected == ANY && came >= 0))
		return 0;
	print_error("%s: %s expected, %s came\n", name, strerror(expected),
		    came < 0 ? "nothing" : strerror(came));
	return 1;
}

static inline int expect(const struct run *run, const struct row *row)
{
	bool is_root = !getuid() && !run->user && !run->is_nobody;

	/* Who has confined itself may not even ask; nor may root ask local services. */
	if (!strncmp(row->name, "execute", 7) && !strcmp(run->mode, "again"))
		return EPERM;
	if (is_root && strstr(row->name, "-local"))
		return EPERM;
	if (is_root && !strcmp(row->name, "have-root"))
		return 0;
	return run->has_network ? row->networked : row->local;
}

static inline int wrong_rows(const struct world *world, const struct run *run,
			     const struct row *rows, size_t n_rows)
{
	int n_wrong = 0;

	for (size_t i = 0; i < n_rows; i++) {
		int expected = expect(run, &rows[i]);

		/* EPERM is seccomp's answer, and that of few others. */
		if (expected == EPERM && is_missing(world, "seccomp"))
			continue;
		if (!is_missing(world, rows[i].layer))
			n_wrong += wrong(rows[i].name, expected, said(world, rows[i].name));
	}
	if (n_wrong)
		print_error("missing here: %s\n", world->missing);
	return n_wrong;
}

static inline void try_some(const struct run *how, const struct row *rows, size_t n_rows)
{
	const char *tries[TRIES_MAX] = { NULL };
	struct run run = *how;
	struct world world;
	int n_wrong;

	assert_true(n_rows < TRIES_MAX);
	for (size_t i = 0; i < n_rows; i++)
		tries[i] = rows[i].name;
	run.tries = tries;
	world_init(&world);
	run_in(&world, &run);
	n_wrong = is_skipped(&world) ? 0 : wrong_rows(&world, &run, rows, n_rows);
	world_done(&world);
	assert_int_equal(n_wrong, 0);
}

#endif
