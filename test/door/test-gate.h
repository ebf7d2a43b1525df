/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_DOOR_TEST_GATE_H
#define PEN_TEST_DOOR_TEST_GATE_H
/*
 * A supervisor that is a process, with its programs in a directory; and the service manager that it
 * tells how it is, which is played here.
 */
#include "door/caller.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRIES = 3000, TRY_US = 10000, PATH = 320 };

struct gate {
	char directory[32];
	char ncalrpc[64], gate[PATH], greeter[PATH], counter[PATH];
	int manager;
	pid_t pid;
	char said[512]; /* that the manager was told last */
};

/* ---- its directory ---- */

static inline void path_of(const struct gate *g, const char *name, char path[PATH])
{
	snprintf(path, PATH, "%s/%s", g->directory, name);
}

static inline void put(const struct gate *g, const char *name, const char *text, mode_t mode)
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

static inline void point(const struct gate *g, const char *name, const char *target)
{
	char path[PATH];

	path_of(g, name, path);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

static inline void drop(const struct gate *g, const char *name)
{
	char path[PATH];

	path_of(g, name, path);
	assert_int_equal(unlink(path), 0);
}

/* Programs by their names in the directory. */
static inline void set_programs(const struct gate *g, const char *const *names)
{
	char text[2 * PATH] = "";

	for (; *names; names++) {
		strcat(strcat(text, g->directory), "/");
		strcat(strcat(text, *names), "\n");
	}
	put(g, "programs", text, 0644);
}

/* ---- the manager ---- */

static inline void listen_as_manager(struct gate *g)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", g->directory);
	g->manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(g->manager >= 0);
	assert_int_equal(bind(g->manager, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
}

/* Until something is said that begins so. */
static inline void await(struct gate *g, const char *beginning)
{
	struct pollfd wait = { .fd = g->manager, .events = POLLIN };

	do {
		ssize_t n;

		assert_int_equal(poll(&wait, 1, CALLER_MS), 1);
		n = recv(g->manager, g->said, sizeof(g->said) - 1, 0);
		assert_true(n > 0);
		g->said[n] = '\0';
	} while (strncmp(g->said, beginning, strlen(beginning)) != 0);
}

static inline struct gate *start(void)
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

static inline void tell(const struct gate *g, int signal)
{
	assert_int_equal(kill(g->pid, signal), 0);
}

/* Becomes an image, and asks the programs again. */
static inline void upgrade(struct gate *g)
{
	tell(g, SIGUSR2);
	await(g, "RELOADING=1");
	await(g, "READY=1");
	assert_int_equal(waitpid(g->pid, NULL, WNOHANG), 0);
}

static inline void reload(struct gate *g)
{
	tell(g, SIGHUP);
	await(g, "RELOADING=1");
	await(g, "READY=1");
}

static inline void clean(struct gate *g)
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

static inline void await_end(const struct gate *g)
{
	int status = -1;

	for (int i = 0; i < TRIES && !waitpid(g->pid, &status, WNOHANG); i++)
		usleep(TRY_US);
	assert_int_equal(status, 0);
}

static inline void stop(struct gate *g)
{
	tell(g, SIGTERM);
	await_end(g);
	clean(g);
}

/* ---- processes ---- */

/* The children of a process, those that are zombies too; by name. */
static inline unsigned count_children(pid_t parent, const char *name, pid_t *pidp)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	unsigned n = 0;

	*pidp = 0;
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

static inline void await_children(const struct gate *g, const char *name, unsigned n)
{
	unsigned is = 0;
	pid_t pid;

	for (int i = 0; i < TRIES && (is = count_children(g->pid, name, &pid)) != n; i++)
		usleep(TRY_US);
	assert_int_equal(is, n);
}

static inline unsigned count_fds(const struct gate *g)
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
static inline unsigned settled_fds(const struct gate *g)
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
static inline void await_fds(const struct gate *g, unsigned n)
{
	unsigned is = 0;

	for (int i = 0; i < TRIES && (is = count_fds(g)) != n; i++)
		usleep(TRY_US);
	assert_int_equal(is, n);
}

/* ---- clients ---- */

static inline struct caller connect_to(const struct gate *g, const char *binding, uint32_t group)
{
	return caller_connect(g->ncalrpc, binding, group);
}

static inline struct caller connect_again(const struct gate *g, const struct caller *other)
{
	return connect_to(g, "ncalrpc:[counter]", pen_client_assoc_group_id(other->client));
}

static inline void expect_total(struct caller *caller, struct pen_context_handle counter, int32_t n,
				int32_t wanted)
{
	int32_t total = 0;

	assert_int_equal(add(caller, counter, n, &total), 0);
	assert_int_equal(total, wanted);
}

static inline void expect_service(struct gate *g, struct caller *caller, pid_t pid)
{
	/* In its group, so that no other process is started for it. */
	struct caller other =
		connect_to(g, "ncalrpc:[counter]", pen_client_assoc_group_id(caller->client));

	assert_int_equal(pid_of(caller), pid);
	assert_int_equal(pid_of(&other), pid);
	leave(&other);
	assert_int_equal(waitpid(g->pid, NULL, WNOHANG), 0);
}

static inline int connect_raw(const struct gate *g)
{
	return connect_raw_at(g->ncalrpc);
}

static inline void expect_answer(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&wait, 1, CALLER_MS), 1);
	assert_int_equal(recv(fd, &byte, 1, 0), 1);
	close(fd);
}

/* ---- the tests ---- */

static inline int run_all(const struct CMUnitTest *tests, size_t n)
{
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	signal(SIGPIPE, SIG_IGN);
	return _cmocka_run_group_tests("gate", tests, n, NULL, NULL);
}

#endif
