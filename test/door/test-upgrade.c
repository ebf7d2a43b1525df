/* SPDX-License-Identifier: MIT */
/*
 * The life of a supervisor that is a process: what an upgrade keeps, what a reload changes, how it
 * ends; and what the service manager, which is played here, is told of it.
 */
#include "counter.h"
#include "io/socket.h"
#include "support/unit.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <penstock/client.h>
#include <penstock/conn.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 3000, TRY_US = 10000, PATH = 320, WAIT_MS = 60000 };

struct gate {
	char directory[32];
	char ncalrpc[64], gate[PATH], greeter[PATH], counter[PATH];
	int manager;
	pid_t pid;
	char said[512]; /* that the manager was told last */
};

/* ---- its directory ---- */

static void path_of(const struct gate *g, const char *name, char path[PATH])
{
	snprintf(path, PATH, "%s/%s", g->directory, name);
}

static void put(const struct gate *g, const char *name, const char *text, mode_t mode)
{
	char path[PATH], fresh[PATH + 4];
	FILE *file;

	path_of(g, name, path);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	file = fopen(fresh, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(fresh, mode), 0);
	assert_int_equal(rename(fresh, path), 0);
}

static void point(const struct gate *g, const char *name, const char *target)
{
	char path[PATH];

	path_of(g, name, path);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static void drop(const struct gate *g, const char *name)
{
	char path[PATH];

	path_of(g, name, path);
	assert_int_equal(unlink(path), 0);
}

/* Programs by their names in the directory. */
static void set_programs(const struct gate *g, const char *const *names)
{
	char text[2 * PATH] = "";

	for (; *names; names++) {
		strcat(strcat(text, g->directory), "/");
		strcat(strcat(text, *names), "\n");
	}
	put(g, "programs", text, 0644);
}

/* ---- the manager ---- */

static void listen_as_manager(struct gate *g)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", g->directory);
	g->manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(g->manager >= 0);
	assert_int_equal(bind(g->manager, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
}

/* Until something is said that begins so. */
static void await(struct gate *g, const char *beginning)
{
	struct pollfd wait = { .fd = g->manager, .events = POLLIN };

	do {
		ssize_t n;

		assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
		n = recv(g->manager, g->said, sizeof(g->said) - 1, 0);
		assert_true(n > 0);
		g->said[n] = '\0';
	} while (strncmp(g->said, beginning, strlen(beginning)) != 0);
}

static struct gate *start(void)
{
	struct gate *g = calloc(1, sizeof(*g));
	const char *build = getenv("PEN_TEST_BUILD");

	assert_non_null(build);
	assert_non_null(g);
	strcpy(g->directory, "/tmp/penstock-gate-XXXXXX");
	assert_non_null(mkdtemp(g->directory));
	snprintf(g->ncalrpc, sizeof(g->ncalrpc), "%s/ncalrpc", g->directory);
	snprintf(g->gate, PATH, "%s/test/door/gate", build);
	snprintf(g->greeter, PATH, "%s/src/daemon/penstock-greeter", build);
	snprintf(g->counter, PATH, "%s/test/door/counter", build);
	point(g, "greeter", g->greeter);
	point(g, "image", g->gate);
	point(g, "counter", g->counter);
	set_programs(g, (const char *const[]){ "counter", NULL });
	listen_as_manager(g);
	g->pid = fork();
	if (!g->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(g->gate, g->gate, g->directory, NULL);
		_exit(127);
	}
	await(g, "READY=1");
	return g;
}

static void tell(const struct gate *g, int signal)
{
	assert_int_equal(kill(g->pid, signal), 0);
}

/* Becomes an image, and asks the programs again. */
static void upgrade(struct gate *g)
{
	tell(g, SIGUSR2);
	await(g, "RELOADING=1");
	await(g, "READY=1");
	assert_int_equal(waitpid(g->pid, NULL, WNOHANG), 0);
}

static void reload(struct gate *g)
{
	tell(g, SIGHUP);
	await(g, "RELOADING=1");
	await(g, "READY=1");
}

static void clean(struct gate *g)
{
	static const char *const names[] = { "greeter",	 "image",	 "counter", "other",
					     "programs", "notify",	 "address", "sleepy",
					     "no-trial", "other-version" };
	char path[PATH];

	close(g->manager);
	for (size_t i = 0; i < PEN_COUNT(names); i++) {
		path_of(g, names[i], path);
		unlink(path);
	}
	path_of(g, "np", path);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(g->ncalrpc), 0);
	assert_int_equal(rmdir(g->directory), 0);
	free(g);
}

static void await_end(const struct gate *g)
{
	int status = -1;

	for (int i = 0; i < TRIES && !waitpid(g->pid, &status, WNOHANG); i++)
		usleep(TRY_US);
	assert_int_equal(status, 0);
}

static void stop(struct gate *g)
{
	tell(g, SIGTERM);
	await_end(g);
	clean(g);
}

/* ---- processes ---- */

/* The children of a process, those that are zombies too; by name. */
static unsigned count_children(pid_t parent, const char *name, pid_t *pidp)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	unsigned n = 0;

	assert_non_null(proc);
	while ((entry = readdir(proc))) {
		char path[300], line[256] = "", comm[64];
		int pid, of;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		file = *entry->d_name >= '1' && *entry->d_name <= '9' ? fopen(path, "re") : NULL;
		if (!file)
			continue;
		if (fgets(line, sizeof(line), file) &&
		    sscanf(line, "%d (%63[^)]) %*c %d", &pid, comm, &of) == 3 && of == parent &&
		    !strncmp(comm, name, strlen(name))) {
			*pidp = pid;
			n++;
		}
		fclose(file);
	}
	closedir(proc);
	return n;
}

static void await_children(const struct gate *g, const char *name, unsigned n)
{
	unsigned is = 0;
	pid_t pid;

	for (int i = 0; i < TRIES && (is = count_children(g->pid, name, &pid)) != n; i++)
		usleep(TRY_US);
	assert_int_equal(is, n);
}

static unsigned count_fds(const struct gate *g)
{
	char path[64];
	unsigned n = 0;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", g->pid);
	fds = opendir(path);
	assert_non_null(fds);
	while (readdir(fds))
		n++;
	closedir(fds);
	return n;
}

/* When nothing is on its way any more: what comes and goes is more for a while, never less. */
static unsigned settled_fds(const struct gate *g)
{
	unsigned least = UINT_MAX;

	for (int i = 0; i < 50; i++) {
		unsigned n = count_fds(g);

		least = n < least ? n : least;
		usleep(TRY_US);
	}
	return least;
}

/* What closes is closed a turn later. */
static void await_fds(const struct gate *g, unsigned n)
{
	unsigned is = 0;

	for (int i = 0; i < TRIES && (is = count_fds(g)) != n; i++)
		usleep(TRY_US);
	assert_int_equal(is, n);
}

/* ---- clients ---- */

struct caller {
	struct pen_client *client;
	struct pen_call *call;
};

static struct caller connect_to(const struct gate *g, const char *binding, uint32_t group)
{
	const struct pen_client_config config = { .ncalrpc_dir = g->ncalrpc,
						  .assoc_group_id = group };
	struct caller caller;

	assert_int_equal(pen_client_new(&caller.client, binding, &config, NULL), 0);
	assert_int_equal(pen_call_new(&caller.call, caller.client), 0);
	pen_call_set_timeout(caller.call, WAIT_MS);
	return caller;
}

static struct caller connect_again(const struct gate *g, const struct caller *other)
{
	return connect_to(g, "ncalrpc:[counter]", pen_client_assoc_group_id(other->client));
}

static void leave(struct caller *caller)
{
	pen_call_free(caller->call);
	pen_client_free(caller->client);
}

static pid_t pid_of(struct caller *caller)
{
	static const struct counter_Pid_in in;
	struct counter_Pid_out out = { 0 };
	int r = counter_Pid(caller->call, &in, &out);

	if (r)
		fail_msg("%d: %s", r, pen_call_error(caller->call));
	return (pid_t)out.result;
}

static struct pen_context_handle open_counter(struct caller *caller, int32_t first)
{
	const struct counter_Open_in in = { .first = first };
	struct counter_Open_out out = { 0 };

	assert_int_equal(counter_Open(caller->call, &in, &out), 0);
	return out.counter;
}

static void expect_total(struct caller *caller, struct pen_context_handle counter, int32_t n,
			 int32_t total)
{
	const struct counter_Add_in in = { .counter = counter, .n = n };
	struct counter_Add_out out = { 0 };

	assert_int_equal(counter_Add(caller->call, &in, &out), 0);
	assert_int_equal(out.total, total);
}

/* The bytes that a client binds by. */
static size_t make_bind(uint8_t bytes[512])
{
	const struct pen_conn_config config = { .protseq = PEN_NCALRPC };
	struct pen_slice slices[4];
	struct pen_conn *conn;
	size_t n = 0, n_slices;

	assert_int_equal(pen_conn_new_client(&conn, &config), 0);
	assert_int_equal(pen_conn_bind(conn, &counter_interface.id, true, 0, NULL), 0);
	n_slices = pen_conn_output(conn, slices, PEN_COUNT(slices));
	for (size_t i = 0; i < n_slices; n += slices[i++].size)
		memcpy(bytes + n, slices[i].data, slices[i].size);
	pen_conn_free(conn);
	return n;
}

static int connect_raw(const struct gate *g)
{
	struct pen_address address;
	bool is_pending;
	int fd;

	assert_int_equal(pen_unix_address(&address, g->ncalrpc, "counter"), 0);
	fd = pen_socket_connect(&address, &is_pending);
	assert_true(fd >= 0);
	return fd;
}

static void expect_answer(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
	assert_int_equal(recv(fd, &byte, 1, 0), 1);
	close(fd);
}

/* ---- upgrades ---- */

static void test_an_upgrade_keeps_all(void **state)
{
	struct gate *g = start();
	struct caller first = connect_to(g, "ncalrpc:[counter]", 0);
	struct pen_context_handle counter = open_counter(&first, 1);
	pid_t pid = pid_of(&first);
	unsigned n_fds = settled_fds(g);
	int32_t total = 1;

	for (int i = 0; i < 5; i++) {
		struct caller second, third;

		upgrade(g);
		expect_total(&first, counter, 1, ++total);
		assert_int_equal(pid_of(&first), pid);
		/* Its group is where it was; whoever is new is served elsewhere. */
		second = connect_again(g, &first);
		expect_total(&second, counter, 1, ++total);
		assert_int_equal(pid_of(&second), pid);
		third = connect_to(g, "ncalrpc:[counter]", 0);
		assert_int_not_equal(pid_of(&third), pid);
		leave(&third);
		leave(&second);
	}
	/* One more process has a socket. */
	await_fds(g, n_fds + 1);
	await_children(g, "greeter", 1);
	await_children(g, "counter", 2);
	leave(&first);
	stop(g);
}

static void test_who_is_greeted_meanwhile(void **state)
{
	struct gate *g = start();
	uint8_t bind[512];
	size_t n = make_bind(bind);
	int halfway, silent, queued;

	halfway = connect_raw(g);
	silent = connect_raw(g);
	assert_int_equal(send(halfway, bind, 5, 0), 5);
	upgrade(g);
	assert_int_equal(send(halfway, bind + 5, n - 5, 0), n - 5);
	expect_answer(halfway);
	/* Nobody accepts, and then somebody else does. */
	tell(g, SIGSTOP);
	queued = connect_raw(g);
	assert_int_equal(send(queued, bind, n, 0), n);
	tell(g, SIGUSR2);
	tell(g, SIGCONT);
	await(g, "READY=1");
	expect_answer(queued);
	assert_int_equal(send(silent, bind, n, 0), n);
	expect_answer(silent);
	stop(g);
}

/* More than fit into the socket of a process that does not read. */
static void test_messages_that_wait_go_along(void **state)
{
	enum { N = 400 };
	struct gate *g;
	struct caller caller;
	uint8_t bind[512];
	size_t n = make_bind(bind);
	pid_t pid;
	int fds[N];

	setenv("COUNTER_WORKERS", "1", 1);
	g = start();
	unsetenv("COUNTER_WORKERS");
	caller = connect_to(g, "ncalrpc:[counter]", 0);
	pid = pid_of(&caller);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	for (int i = 0; i < N; i++) {
		fds[i] = connect_raw(g);
		assert_int_equal(send(fds[i], bind, n, MSG_NOSIGNAL), n);
	}
	upgrade(g);
	upgrade(g);
	assert_int_equal(kill(pid, SIGCONT), 0);
	for (int i = 0; i < N; i++)
		expect_answer(fds[i]);
	assert_int_equal(pid_of(&caller), pid);
	leave(&caller);
	stop(g);
}

static void test_who_dies_meanwhile(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	pid_t greeter, pid = pid_of(&caller);

	assert_int_equal(count_children(g->pid, "greeter", &greeter), 1);
	tell(g, SIGSTOP);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(kill(greeter, SIGKILL), 0);
	tell(g, SIGUSR2);
	tell(g, SIGCONT);
	await(g, "READY=1");
	leave(&caller);
	await_children(g, "greeter", 1);
	caller = connect_to(g, "ncalrpc:[counter]", 0);
	if (pen_client_bind(caller.client, &counter_interface) == PEN_E_CLOSED)
		assert_int_equal(pen_client_bind(caller.client, &counter_interface), 0);
	assert_int_not_equal(pid_of(&caller), pid);
	await_children(g, "counter", 1);
	leave(&caller);
	stop(g);
}

/* Children die with their parent as they did before it was another program. */
static void test_children_end_with_it(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	pid_t greeter, pid = pid_of(&caller);

	upgrade(g);
	assert_int_equal(pid_of(&caller), pid);
	assert_int_equal(count_children(g->pid, "greeter", &greeter), 1);
	/* Whose parent is gone is ours from here on. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	tell(g, SIGSTOP);
	assert_int_equal(kill(pid, SIGSTOP), 0); /* and does not leave because its socket ends */
	tell(g, SIGKILL);
	assert_int_equal(waitpid(g->pid, NULL, 0), g->pid);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(waitpid(greeter, NULL, 0), greeter);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
	leave(&caller);
	assert_int_equal(unlink(strcat(strcpy(g->gate, g->ncalrpc), "/counter")), 0);
	path_of(g, "np/counter", g->gate);
	assert_int_equal(unlink(g->gate), 0);
	clean(g);
}

static void expect_service(struct gate *g, struct caller *caller, pid_t pid)
{
	/* In its group, so that no other process is started for it. */
	struct caller other =
		connect_to(g, "ncalrpc:[counter]", pen_client_assoc_group_id(caller->client));

	assert_int_equal(pid_of(caller), pid);
	assert_int_equal(pid_of(&other), pid);
	leave(&other);
	assert_int_equal(waitpid(g->pid, NULL, WNOHANG), 0);
}

static void test_an_image_that_is_none(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	pid_t pid = pid_of(&caller);
	unsigned n_fds;

	expect_service(g, &caller, pid);
	n_fds = settled_fds(g);
	/* Not there; not a program; one that fails; and what only exec finds out. */
	drop(g, "image");
	upgrade(g);
	expect_service(g, &caller, pid);
	put(g, "image", "nothing", 0755);
	upgrade(g);
	expect_service(g, &caller, pid);
	point(g, "image", "/bin/false");
	upgrade(g);
	expect_service(g, &caller, pid);
	put(g, "no-trial", "", 0644);
	drop(g, "image");
	reload(g); /* it is configured anew, but for its image and trial */
	upgrade(g);
	expect_service(g, &caller, pid);
	await_fds(g, n_fds);
	point(g, "image", g->gate);
	upgrade(g);
	expect_service(g, &caller, pid);
	/* This one was started without a trial. */
	drop(g, "image");
	upgrade(g);
	expect_service(g, &caller, pid);
	await_fds(g, n_fds);
	leave(&caller);
	stop(g);
}

/* Who does not understand the rest has the sockets, and lets processes end what they do. */
static void test_another_version(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	struct pen_context_handle counter = open_counter(&caller, 1);
	pid_t pid = pid_of(&caller);
	struct caller other;

	put(g, "other-version", "", 0644);
	tell(g, SIGUSR2);
	await(g, "READY=1");
	expect_total(&caller, counter, 1, 2);
	assert_int_equal(pid_of(&caller), pid);
	other = connect_to(g, "ncalrpc:[counter]", 0);
	assert_int_not_equal(pid_of(&other), pid);
	await_children(g, "counter", 2);
	leave(&caller);
	await_children(g, "counter", 1);
	await_children(g, "greeter", 1);
	leave(&other);
	stop(g);
}

/* ---- reloads ---- */

static pid_t pid_of_other(const struct gate *g, const char *binding)
{
	static const struct other_WhichPid_in in;
	struct other_WhichPid_out out = { 0 };
	struct caller caller = connect_to(g, binding, 0);
	int r = other_WhichPid(caller.call, &in, &out);

	leave(&caller);
	return r ? 0 : (pid_t)out.result;
}

static void test_programs_come_and_go(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	pid_t pid = pid_of(&caller);
	unsigned n_fds = settled_fds(g) - 1; /* but for that process' socket */

	assert_int_equal(pid_of_other(g, "ncalrpc:[other]"), 0);
	point(g, "other", g->counter);
	set_programs(g, (const char *const[]){ "counter", "other", NULL });
	reload(g);
	assert_true(pid_of_other(g, "ncalrpc:[other]") > 0);
	assert_true(pid_of_other(g, "ncalrpc:[counter]") > 0);
	assert_int_equal(pid_of(&caller), pid);
	set_programs(g, (const char *const[]){ "counter", NULL });
	reload(g);
	assert_int_equal(pid_of_other(g, "ncalrpc:[other]"), 0);
	await_children(g, "other", 0);
	assert_int_equal(pid_of(&caller), pid);
	/* Its connections stay, although nobody is let in any more. */
	set_programs(g, (const char *const[]){ NULL });
	reload(g);
	assert_int_equal(pid_of(&caller), pid);
	assert_int_equal(pid_of_other(g, "ncalrpc:[counter]"), 0);
	leave(&caller);
	await_children(g, "counter", 0);
	set_programs(g, (const char *const[]){ "counter", NULL });
	reload(g);
	await_fds(g, n_fds);
	stop(g);
}

/* Of who listens at that address, which is nobody else's. 0: nobody does. */
static unsigned find_port(const struct gate *g, const char *address)
{
	unsigned port, found = 0;
	char path[64], line[256];
	struct in_addr wanted;
	FILE *file;

	assert_int_equal(inet_pton(AF_INET, address, &wanted), 1);
	snprintf(path, sizeof(path), "/proc/%d/net/tcp", g->pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (!found && fgets(line, sizeof(line), file)) {
		unsigned is;

		if (sscanf(line, " %*u: %x:%x", &is, &port) == 2 && is == wanted.s_addr &&
		    strstr(line, " 00000000:0000 0A "))
			found = port;
	}
	fclose(file);
	return found;
}

static void test_an_address_that_is_added(void **state)
{
	struct gate *g = start();
	struct caller before = connect_to(g, "ncalrpc:[counter]", 0);
	pid_t pid = pid_of(&before);
	struct caller after;
	char address[32], binding[64];

	snprintf(address, sizeof(address), "127.77.%d.%d", getpid() / 250 % 250,
		 getpid() % 250 + 1);
	for (int i = 0; i < 2; i++) {
		put(g, "address", address, 0644);
		if (i)
			upgrade(g);
		else
			reload(g);
		assert_int_equal(pid_of(&before), pid);
		snprintf(binding, sizeof(binding), "ncacn_ip_tcp:%s[%u]", address,
			 find_port(g, address));
		after = connect_to(g, binding, 0);
		assert_int_not_equal(pid_of(&after), pid);
		leave(&after);
		drop(g, "address");
		reload(g);
		assert_int_equal(find_port(g, address), 0);
	}
	leave(&before);
	stop(g);
}

static void copy_file(const char *from, const struct gate *g, const char *name)
{
	char command[3 * PATH];

	snprintf(command, sizeof(command), "cp '%s' '%s/%s.new' && mv '%s/%s.new' '%s/%s'", from,
		 g->directory, name, g->directory, name, g->directory, name);
	assert_int_equal(system(command), 0);
}

static void test_a_program_that_is_another(void **state)
{
	struct gate *g = start();
	struct caller before = connect_to(g, "ncalrpc:[counter]", 0);
	struct pen_context_handle counter = open_counter(&before, 1);
	pid_t pid = pid_of(&before);
	struct caller after, again;

	/* Nothing is different: an idle process goes on. */
	reload(g);
	assert_int_equal(pid_of(&before), pid);
	copy_file(g->counter, g, "counter");
	reload(g);
	after = connect_to(g, "ncalrpc:[counter]", 0);
	assert_int_not_equal(pid_of(&after), pid);
	/* The old process has its connections, and its groups. */
	assert_int_equal(pid_of(&before), pid);
	again = connect_again(g, &before);
	expect_total(&again, counter, 1, 2);
	assert_int_equal(pid_of(&again), pid);
	leave(&before);
	upgrade(g);
	expect_total(&again, counter, 1, 3);
	await_children(g, "counter", 2);
	leave(&again);
	await_children(g, "counter", 1);
	pid_of(&after);
	leave(&after);
	stop(g);
}

/* It has those who came to it, and nobody else. */
static void test_a_greeter_that_is_another(void **state)
{
	struct gate *g = start();
	uint8_t bind[512];
	size_t n = make_bind(bind);
	struct caller caller;
	pid_t first, second;
	int visitor;

	assert_int_equal(count_children(g->pid, "greeter", &first), 1);
	reload(g);
	assert_int_equal(count_children(g->pid, "greeter", &second), 1);
	assert_int_equal(first, second);
	/* Accepted before anybody who comes after it. */
	visitor = connect_raw(g);
	caller = connect_to(g, "ncalrpc:[counter]", 0);
	pid_of(&caller);
	copy_file(g->greeter, g, "greeter");
	reload(g);
	await_children(g, "greeter", 2);
	leave(&caller);
	caller = connect_to(g, "ncalrpc:[counter]", 0);
	pid_of(&caller);
	upgrade(g);
	assert_int_equal(count_children(g->pid, "greeter", &second), 2);
	assert_int_equal(kill(first, 0), 0);
	assert_int_equal(send(visitor, bind, n, 0), n);
	expect_answer(visitor);
	await_children(g, "greeter", 1);
	assert_int_equal(count_children(g->pid, "greeter", &second), 1);
	assert_int_not_equal(first, second);
	/* With nobody there, the last one is gone at once. */
	copy_file(g->greeter, g, "greeter");
	upgrade(g);
	await_children(g, "greeter", 1);
	pid_of(&caller);
	leave(&caller);
	stop(g);
}

static void test_a_program_that_does_not_answer(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);

	put(g, "sleepy", "#!/bin/sh\nexec sleep 1000\n", 0755);
	set_programs(g, (const char *const[]){ "sleepy", "counter", NULL });
	tell(g, SIGHUP);
	await(g, "RELOADING=1");
	expect_service(g, &caller, pid_of(&caller));
	/* Who asks again is not in the way of the one before. */
	set_programs(g, (const char *const[]){ "counter", NULL });
	reload(g);
	/* One that fails is left out, or stays what it was. */
	put(g, "sleepy", "#!/bin/sh\nexit 1\n", 0755);
	set_programs(g, (const char *const[]){ "sleepy", "counter", NULL });
	reload(g);
	expect_service(g, &caller, pid_of(&caller));
	drop(g, "counter");
	reload(g);
	expect_service(g, &caller, pid_of(&caller));
	leave(&caller);
	stop(g);
}

/* ---- the end ---- */

static void test_stops(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	struct pen_address address;
	bool is_pending;
	int r = 0;

	pid_of(&caller);
	tell(g, SIGTERM);
	await(g, "STOPPING=1");
	assert_non_null(strstr(g->said, "EXTEND_TIMEOUT_USEC=22000000"));
	/* Who is here is served, and nobody else is let in. */
	for (int i = 0; i < 100; i++)
		pid_of(&caller);
	assert_int_equal(pen_unix_address(&address, g->ncalrpc, "counter"), 0);
	for (int i = 0; i < TRIES && (r = pen_socket_connect(&address, &is_pending)) >= 0; i++) {
		close(r);
		usleep(TRY_US);
	}
	assert_int_equal(r, -ENOENT);
	assert_int_equal(waitpid(g->pid, NULL, WNOHANG), 0);
	/* A second stop does not wait. */
	tell(g, SIGTERM);
	await_end(g);
	leave(&caller);
	clean(g);
}

static void test_drains(void **state)
{
	struct gate *g = start();
	struct caller caller = connect_to(g, "ncalrpc:[counter]", 0);
	uint8_t bind[512];
	size_t n = make_bind(bind);
	int visitor;

	pid_of(&caller);
	tell(g, SIGSTOP);
	visitor = connect_raw(g);
	tell(g, SIGCONT);
	upgrade(g); /* it has been accepted after that */
	tell(g, SIGINT);
	await(g, "STOPPING=1");
	assert_null(strstr(g->said, "EXTEND"));
	/* Who had come is let in. */
	assert_int_equal(send(visitor, bind, n, 0), n);
	expect_answer(visitor);
	pid_of(&caller);
	leave(&caller);
	await_end(g);
	clean(g);
}

static void test_the_manager_is_told(void **state)
{
	struct gate *g;

	setenv("WATCHDOG_USEC", "1000000", 1);
	g = start();
	unsetenv("WATCHDOG_USEC");
	assert_string_equal(g->said, "READY=1\nSTATUS=1 programs, 0 processes, 0 connections");
	await(g, "WATCHDOG=1");
	upgrade(g);
	assert_string_equal(g->said, "READY=1\nSTATUS=1 programs, 0 processes, 0 connections");
	await(g, "WATCHDOG=1");
	tell(g, SIGHUP);
	await(g, "RELOADING=1\nMONOTONIC_USEC=");
	await(g, "READY=1");
	stop(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_upgrade_keeps_all),
		cmocka_unit_test(test_who_is_greeted_meanwhile),
		cmocka_unit_test(test_messages_that_wait_go_along),
		cmocka_unit_test(test_who_dies_meanwhile),
		cmocka_unit_test(test_children_end_with_it),
		cmocka_unit_test(test_an_image_that_is_none),
		cmocka_unit_test(test_another_version),
		cmocka_unit_test(test_programs_come_and_go),
		cmocka_unit_test(test_an_address_that_is_added),
		cmocka_unit_test(test_a_program_that_is_another),
		cmocka_unit_test(test_a_greeter_that_is_another),
		cmocka_unit_test(test_a_program_that_does_not_answer),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_drains),
		cmocka_unit_test(test_the_manager_is_told),
	};

	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
