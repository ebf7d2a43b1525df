/* SPDX-License-Identifier: MIT */
/*
 * A program that is confined does what a worker does, and nothing of what one does that has been
 * taken over: as root, as a user that root has named, and as one who never was root.
 */
#include "base/cleanup.h"
#include "daemon/confine-parts.h"
#include "support/unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

static void make_files(struct world *world)
{
	int fd;

	strcpy(world->directory, "/tmp/penstock-test-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	snprintf(world->outside, sizeof(world->outside), "%s.other", world->directory);
	fd = open(world->outside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	assert_true(fd >= 0);
	close(fd);
}

static int listen_at(int family, const void *address, socklen_t size)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_false(bind(fd, address, size));
	assert_false(listen(fd, 16));
	return fd;
}

static void make_sockets(struct world *world)
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

static void world_init(struct world *world)
{
	const char *build = getenv("PEN_TEST_BUILD");

	memset(world, 0, sizeof(*world));
	snprintf(world->program, sizeof(world->program), "%s/src/daemon/confined",
		 build ? build : "build");
	make_files(world);
	make_sockets(world);
}

static void world_done(struct world *world)
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

static void send_connection(int socket, int fd)
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

static int confine_child(const struct world *world, const struct run *run, char error[256])
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
static void start(const struct world *world, const struct run *run, int socket, int output)
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

static void read_all(struct world *world, int fd)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, world->output + n, sizeof(world->output) - 1 - n)) > 0)
		n += (size_t)got;
	assert_int_equal(got, 0);
	world->output[n] = '\0';
}

static void run_in(struct world *world, const struct run *run)
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
static int said(const struct world *world, const char *name)
{
	char line[64];
	const char *found;

	snprintf(line, sizeof(line), "\n%s=", name);
	found = strstr(world->output, line);
	return found ? atoi(found + strlen(line)) : -1;
}

/* Where the build directory is closed to other users, they have nothing to execute. */
static bool is_skipped(const struct world *world)
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

static const struct row worker_rows[] = {
	{ "use-files", 0, 0, NULL },
	{ "move-files", 0, 0, "landlock-move" },
	{ "use-thread", 0, 0, NULL },
	{ "use-connection", 0, 0, NULL },
	{ "use-loop", 0, 0, NULL },
	{ "use-database", 0, 0, NULL },
	{ "use-ciphers", 0, 0, NULL },
	{ "use-kerberos", 0, 0, NULL },
	{ "use-users", 0, 0, NULL },
	{ "use-names", ANY, 0, NULL },
	{ "use-signals", 0, 0, NULL },
	{ "use-memory", 0, 0, NULL },
	{ "use-library", 0, 0, NULL },
	{ "read-outside", EACCES, EACCES, "landlock" },
	{ "write-outside", EACCES, EACCES, "landlock" },
	{ "create-outside", EACCES, EACCES, "landlock" },
	{ "truncate-outside", EPERM, EPERM, "seccomp" },
	{ "change-mode-outside", EPERM, EPERM, "seccomp" },
	{ "remove-outside", EACCES, EACCES, "landlock" },
	{ "move-outside", EACCES, EACCES, "landlock" },
	{ "link-outside", EPERM, EPERM, "seccomp" },
	{ "read-common", 0, 0, NULL },
	{ "list-processes", EACCES, EACCES, "landlock" },
	{ "read-other", EACCES, EACCES, "landlock" },
	{ "create-setuid", EPERM, EPERM, "seccomp" },
	{ "change-to-setuid", EPERM, EPERM, "seccomp" },
	{ "make-process", EPERM, EPERM, "seccomp" },
	{ "spawn", EPERM, EPERM, "seccomp" },
	{ "make-namespace", EPERM, EPERM, "seccomp" },
	{ "trace", EPERM, EPERM, "seccomp" },
	{ "read-memory", EPERM, EPERM, "seccomp" },
	{ "signal-other", EPERM, EPERM, "seccomp" },
	{ "signal-all", EPERM, EPERM, "seccomp" },
	{ "signal-thread", EPERM, EPERM, "seccomp" },
	{ "signal-by-descriptor", EPERM, EPERM, "seccomp" },
	{ "become-root", EPERM, EPERM, "seccomp" },
	{ "have-capabilities", EPERM, EPERM, NULL },
	{ "have-root", EPERM, EPERM, NULL },
	{ "leave-groups", EPERM, EPERM, "seccomp" },
	{ "become-traceable", EPERM, EPERM, "seccomp" },
	{ "socket-local", 0, 0, NULL },
	{ "socket-pair", 0, 0, NULL },
	{ "socket-raw", EPERM, EPERM, "seccomp" },
	{ "socket-packet", EPERM, EPERM, "seccomp" },
	{ "socket-netlink", EPERM, EPERM, "seccomp" },
	{ "socket-ping", EPERM, EPERM, "seccomp" },
	{ "socket-multipath", EPERM, EPERM, "seccomp" },
	{ "socket-vsock", EPERM, EPERM, "seccomp" },
	{ "socket-crypto", EPERM, EPERM, "seccomp" },
	{ "connect-tcp", EPERM, 0, "seccomp" },
	{ "bind-tcp", EPERM, EACCES, "landlock-tcp" },
	{ "bind-local", EPERM, EACCES, "landlock" },
	{ "listen-local", EPERM, EPERM, "seccomp" },
	{ "connect-abstract", EPERM, EPERM, "landlock-scope" },
	{ "send-urgent", EPERM, EPERM, "seccomp" },
	{ "attach-filter", EPERM, EPERM, "seccomp" },
	{ "add-protocol", EPERM, EPERM, "seccomp" },
	{ "reconnect", EACCES, 0, "landlock-tcp" },
	{ "reconnect-fast", EPERM, EPERM, "seccomp" },
	{ "listen-tcp", EPERM, EPERM, "seccomp" },
	{ "map-executable", EPERM, EPERM, "seccomp" },
	{ "make-executable", EPERM, EPERM, "seccomp" },
	{ "change-personality", EPERM, EPERM, "seccomp" },
#if !IS_ADDRESS_SANITIZED
	{ "fill-memory", ENOMEM, ENOMEM, NULL },
#endif
	{ "fill-descriptors", EMFILE, EMFILE, NULL },
	{ "raise-limit", EPERM, EPERM, NULL },
	{ "dump-core", EPERM, EPERM, NULL },
	/* the last, since who may do it is gone */
	{ "execute-own", EACCES, EACCES, "landlock" },
	{ "execute-shell", EACCES, EACCES, "landlock" },
};

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += n)
		if ((at == words || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

/* "landlock" is all of it. */
static bool is_missing(const struct world *world, const char *layer)
{
	if (!layer)
		return false;
	return has_word(world->missing, layer) ||
	       (!strncmp(layer, "landlock", 8) && has_word(world->missing, "landlock"));
}

static int wrong(const char *name, int expected, int came)
{
	if (came == expected || (expected == ANY && came >= 0))
		return 0;
	print_error("%s: %s expected, %s came\n", name, strerror(expected),
		    came < 0 ? "nothing" : strerror(came));
	return 1;
}

static int expect(const struct run *run, const struct row *row)
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

static int wrong_rows(const struct world *world, const struct run *run, const struct row *rows,
		      size_t n_rows)
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

static void try_some(const struct run *how, const struct row *rows, size_t n_rows)
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

static void try_rows(const struct run *run)
{
	try_some(run, worker_rows, PEN_COUNT(worker_rows));
}

/* ---- workers ---- */

static void test_worker(void **state)
{
	try_rows(&(struct run){ .mode = "once" });
}

static void test_worker_with_network(void **state)
{
	try_rows(&(struct run){ .mode = "once", .has_network = true });
}

static void test_worker_of_a_user(void **state)
{
	if (getuid())
		return;
	try_rows(&(struct run){ .mode = "once", .user = "nobody" });
}

static void test_worker_never_root(void **state)
{
	try_rows(&(struct run){ .mode = "once", .is_nobody = true });
}

static void test_worker_with_network_never_root(void **state)
{
	try_rows(&(struct run){ .mode = "once", .is_nobody = true, .has_network = true });
}

static void test_worker_confined_again(void **state)
{
	try_rows(&(struct run){ .mode = "again" });
	try_rows(&(struct run){ .mode = "again", .is_nobody = true });
}

/* What the kernel has besides is refused before it looks at the arguments. */
static void expect_calls(const struct world *world)
{
	size_t n = 0;

	for (const char *line = strchr(world->output, '\n'); line && line[1];
	     line = strchr(line + 1, '\n')) {
		int number = atoi(strchr(line, '=') + 1);

		if (number != EPERM)
			print_error("%.*s\n", (int)strcspn(line + 1, "\n"), line + 1);
		assert_int_equal(number, EPERM);
		n++;
	}
	assert_true(n > 80);
}

static void test_other_calls(void **state)
{
	static const char *const tries[] = { "calls", NULL };
	struct world world;

	world_init(&world);
	run_in(&world, &(struct run){ .mode = "once", .tries = tries });
	if (!is_missing(&world, "seccomp"))
		expect_calls(&world);
	world_done(&world);
}

/* By the numbers of another architecture: that is no program of ours any more. */
static void test_other_architectures(void **state)
{
#ifdef __x86_64__
	static const char *const tries[][2] = { { "call-x32", NULL }, { "call-i386", NULL } };

	for (size_t i = 0; i < PEN_COUNT(tries); i++) {
		struct world world;

		world_init(&world);
		run_in(&world, &(struct run){ .mode = "once", .tries = tries[i] });
		if (!is_missing(&world, "seccomp"))
			assert_true(WIFSIGNALED(world.status));
		if (!i && !is_missing(&world, "seccomp"))
			assert_int_equal(WTERMSIG(world.status), SIGSYS);
		world_done(&world);
	}
#endif
}

/* The dynamic linker may be executed, but finds nothing to read that is a shell. */
static void test_linker(void **state)
{
	static const char *const tries[] = { "execute-by-linker", NULL };
	struct world world;

	world_init(&world);
	run_in(&world, &(struct run){ .mode = "once", .tries = tries });
	if (!is_missing(&world, "landlock"))
		assert_int_not_equal(said(&world, "execute-by-linker"), 0);
	world_done(&world);
}

/* ---- the greeter ---- */

/* As it starts: it is linked, and reads what all programs read. */
static const struct row starting_rows[] = {
	{ "use-memory", 0, 0, NULL },
	{ "use-library", 0, 0, NULL },
	{ "use-connection", 0, 0, NULL },
	{ "read-common", 0, 0, NULL },
	{ "use-files", EACCES, 0, "landlock" },
	{ "read-outside", EACCES, 0, "landlock" },
	{ "socket-local", EPERM, 0, "seccomp" },
	{ "connect-tcp", EPERM, 0, "seccomp" },
	{ "listen-tcp", EPERM, 0, "seccomp" },
	{ "make-process", EPERM, 0, "seccomp" },
	{ "execute-shell", EACCES, 0, "landlock" },
};

/* And then: what it has, and nothing else. */
static const struct row parser_rows[] = {
	{ "use-memory", 0, 0, NULL },
	{ "use-library", 0, 0, NULL },
	{ "use-connection", 0, 0, NULL },
	{ "use-thread", EPERM, 0, "seccomp" },
	{ "use-files", EPERM, 0, "seccomp" },
	{ "read-common", EPERM, 0, "seccomp" },
	{ "read-outside", EPERM, 0, "seccomp" },
	{ "write-outside", EPERM, 0, "seccomp" },
	{ "create-outside", EPERM, 0, "seccomp" },
	{ "remove-outside", EPERM, 0, "seccomp" },
	{ "move-outside", EPERM, 0, "seccomp" },
	{ "list-processes", EPERM, 0, "seccomp" },
	{ "read-other", EPERM, 0, "seccomp" },
	{ "execute-shell", EPERM, 0, "seccomp" },
	{ "make-process", EPERM, 0, "seccomp" },
	{ "make-namespace", EPERM, 0, "seccomp" },
	{ "trace", EPERM, 0, "seccomp" },
	{ "read-memory", EPERM, 0, "seccomp" },
	{ "signal-other", EPERM, 0, "seccomp" },
	{ "signal-by-descriptor", EPERM, 0, "seccomp" },
	{ "become-root", EPERM, 0, "seccomp" },
	{ "become-traceable", EPERM, 0, "seccomp" },
	{ "socket-local", EPERM, 0, "seccomp" },
	{ "socket-pair", EPERM, 0, "seccomp" },
	{ "connect-tcp", EPERM, 0, "seccomp" },
	{ "send-urgent", EPERM, 0, "seccomp" },
	{ "attach-filter", EPERM, 0, "seccomp" },
	{ "reconnect", EPERM, 0, "seccomp" },
	{ "reconnect-fast", EPERM, 0, "seccomp" },
	{ "listen-tcp", EPERM, 0, "seccomp" },
	{ "map-executable", EPERM, 0, "seccomp" },
	{ "make-executable", EPERM, 0, "seccomp" },
	{ "fill-descriptors", EPERM, 0, "seccomp" },
	{ "raise-limit", EPERM, 0, NULL },
};

static void test_greeter_as_it_starts(void **state)
{
	try_some(&(struct run){ .mode = "once", .is_parser = true }, starting_rows,
		 PEN_COUNT(starting_rows));
}

static void test_greeter(void **state)
{
	try_some(&(struct run){ .mode = "parser", .is_parser = true }, parser_rows,
		 PEN_COUNT(parser_rows));
	try_some(&(struct run){ .mode = "parser", .is_parser = true, .is_nobody = true },
		 parser_rows, PEN_COUNT(parser_rows));
}

/* ---- the relay ---- */

/* Besides: local sockets that lead to others. */
static const struct row carrier_rows[] = {
	{ "use-memory", 0, 0, NULL },
	{ "use-connection", 0, 0, NULL },
	{ "socket-local", 0, 0, NULL },
	{ "connect-abstract", EPERM, 0, "landlock-scope" },
	{ "bind-local", EPERM, 0, "seccomp" },
	{ "listen-local", EPERM, 0, "seccomp" },
	{ "socket-pair", EPERM, 0, "seccomp" },
	{ "connect-tcp", EPERM, 0, "seccomp" },
	{ "listen-tcp", EPERM, 0, "seccomp" },
	{ "send-urgent", EPERM, 0, "seccomp" },
	{ "use-thread", EPERM, 0, "seccomp" },
	{ "use-files", EPERM, 0, "seccomp" },
	{ "read-common", EPERM, 0, "seccomp" },
	{ "write-outside", EPERM, 0, "seccomp" },
	{ "execute-shell", EPERM, 0, "seccomp" },
	{ "make-process", EPERM, 0, "seccomp" },
	{ "signal-other", EPERM, 0, "seccomp" },
	{ "become-root", EPERM, 0, "seccomp" },
	{ "map-executable", EPERM, 0, "seccomp" },
};

static void test_relay(void **state)
{
	try_some(&(struct run){ .mode = "carrier", .is_nobody = true }, carrier_rows,
		 PEN_COUNT(carrier_rows));
}

/* ---- the porter ---- */

/* As a worker, and it makes memory to share and speaks to the object manager; as root too. */
static const struct row porter_rows[] = {
	{ "use-memory", 0, 0, NULL },
	{ "use-connection", 0, 0, NULL },
	{ "socket-sequenced", 0, 0, NULL },
	{ "memory-file", 0, 0, NULL },
	{ "connect-tcp", EPERM, 0, "seccomp" },
	{ "bind-local", EPERM, 0, "seccomp" },
	{ "listen-local", EPERM, 0, "seccomp" },
	{ "listen-tcp", EPERM, 0, "seccomp" },
	{ "read-outside", EACCES, 0, "landlock" },
	{ "write-outside", EACCES, 0, "landlock" },
	{ "execute-shell", EPERM, 0, "seccomp" },
	{ "make-process", EPERM, 0, "seccomp" },
	{ "signal-other", EPERM, 0, "seccomp" },
	{ "become-root", EPERM, 0, "seccomp" },
};

static void test_porter(void **state)
{
	try_some(&(struct run){ .mode = "porter", .is_porter = true }, porter_rows,
		 PEN_COUNT(porter_rows));
	try_some(&(struct run){ .mode = "porter", .is_porter = true, .is_nobody = true },
		 porter_rows, PEN_COUNT(porter_rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worker),
		cmocka_unit_test(test_worker_with_network),
		cmocka_unit_test(test_worker_of_a_user),
		cmocka_unit_test(test_worker_never_root),
		cmocka_unit_test(test_worker_with_network_never_root),
		cmocka_unit_test(test_worker_confined_again),
		cmocka_unit_test(test_other_calls),
		cmocka_unit_test(test_other_architectures),
		cmocka_unit_test(test_linker),
		cmocka_unit_test(test_greeter_as_it_starts),
		cmocka_unit_test(test_greeter),
		cmocka_unit_test(test_relay),
		cmocka_unit_test(test_porter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
