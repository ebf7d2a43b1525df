/* SPDX-License-Identifier: MIT */
/*
 * confined once|again|parser DIRECTORY OUTSIDE ABSTRACT PORT OTHER TRY...
 *
 * Writes a line NAME=ERRNO for each TRY; "calls" tries all of confined_calls. again: it confines
 * itself once more before; parser: it does so as the greeter. Descriptor 3 is a socket over which
 * it gets a connection.
 */
#include "daemon/confined.h"
#include "daemon/confine.h"
#include <errno.h>
#include <fcntl.h>
#include <krb5.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <pwd.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

enum { GIVEN = 3, OPTIONS = 7 };

/* ---- what a worker does ---- */

static int use_files(const struct confined_place *place)
{
	char path[512], text[4] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/file", place->directory);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	if (pwrite(fd, "abc", 3, 0) != 3 || fsync(fd) || pread(fd, text, 3, 0) != 3 ||
	    strcmp(text, "abc") != 0 || ftruncate(fd, 1) || close(fd))
		return errno ? errno : EIO;
	return unlink(path) ? errno : 0;
}

static int move_files(const struct confined_place *place)
{
	char path[512], other[512], folder[512];
	int fd, error;

	snprintf(path, sizeof(path), "%s/moved", place->directory);
	snprintf(other, sizeof(other), "%s/folder/moved", place->directory);
	snprintf(folder, sizeof(folder), "%s/folder", place->directory);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	error = mkdir(folder, 0700) || rename(path, other) ? errno : 0;
	unlink(error ? path : other);
	return rmdir(folder) ? errno : error;
}

static void *set_mark(void *data)
{
	*(int *)data = 1;
	return NULL;
}

static int use_thread(const struct confined_place *place)
{
	pthread_t thread;
	int mark = 0;
	int r = pthread_create(&thread, NULL, set_mark, &mark);

	if (!r)
		r = pthread_join(thread, NULL);
	return r ? r : mark ? 0 : EIO;
}

/* What its peer says comes back. */
static int use_connection(const struct confined_place *place)
{
	char text[5] = "";

	if (recv(place->connection, text, 4, MSG_WAITALL) != 4)
		return errno ? errno : EIO;
	return send(place->connection, text, 4, MSG_NOSIGNAL) == 4 ? 0 : errno;
}

struct turns {
	uv_timer_t timer;
	uv_async_t async;
	uv_work_t work;
	int n;
};

static void on_timer(uv_timer_t *timer)
{
	((struct turns *)timer->data)->n++;
	uv_close((uv_handle_t *)timer, NULL);
}

static void on_async(uv_async_t *async)
{
	((struct turns *)async->data)->n++;
	uv_close((uv_handle_t *)async, NULL);
}

static void do_work(uv_work_t *work)
{
	uv_async_send(&((struct turns *)work->data)->async);
}

static void on_worked(uv_work_t *work, int status)
{
	((struct turns *)work->data)->n++;
}

static int use_loop(const struct confined_place *place)
{
	struct turns turns = { .n = 0 };
	uv_loop_t loop;

	turns.timer.data = turns.async.data = turns.work.data = &turns;
	if (uv_loop_init(&loop))
		return EIO;
	if (uv_timer_init(&loop, &turns.timer) || uv_timer_start(&turns.timer, on_timer, 1, 0) ||
	    uv_async_init(&loop, &turns.async, on_async) ||
	    uv_queue_work(&loop, &turns.work, do_work, on_worked))
		return EIO;
	turns.timer.data = turns.async.data = turns.work.data = &turns;
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop) || turns.n != 3 ? EIO : 0;
}

static int use_database(const struct confined_place *place)
{
	static const char script[] = "PRAGMA journal_mode = wal; CREATE TABLE t (a);"
				     "INSERT INTO t VALUES (1); PRAGMA journal_mode = delete;"
				     "BEGIN; INSERT INTO t VALUES (2); COMMIT; SELECT a FROM t;";
	char path[512];
	sqlite3 *database;
	int r;

	snprintf(path, sizeof(path), "%s/database", place->directory);
	r = sqlite3_open(path, &database);
	if (r == SQLITE_OK)
		r = sqlite3_exec(database, script, NULL, NULL, NULL);
	sqlite3_close(database);
	return r == SQLITE_OK ? 0 : EIO;
}

/* Also of ciphers that are in a library that is loaded only now. */
static int use_ciphers(const struct confined_place *place)
{
	unsigned char bytes[32];
	OSSL_PROVIDER *legacy;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return EIO;
	legacy = OSSL_PROVIDER_load(NULL, "legacy");
	if (!legacy)
		return EIO;
	OSSL_PROVIDER_unload(legacy);
	return 0;
}

static int use_kerberos(const struct confined_place *place)
{
	krb5_context context;
	krb5_error_code r = krb5_init_context(&context);

	if (r)
		return (int)r;
	krb5_free_context(context);
	return 0;
}

static int use_users(const struct confined_place *place)
{
	return getpwnam("root") ? 0 : ENOENT;
}

static int use_names(const struct confined_place *place)
{
	struct addrinfo *list;
	int r = getaddrinfo("localhost", "135", NULL, &list);

	if (r)
		return EHOSTUNREACH;
	freeaddrinfo(list);
	return 0;
}

static void ignore(int number)
{
}

static int use_signals(const struct confined_place *place)
{
	const struct sigaction action = { .sa_handler = ignore };

	if (sigaction(SIGUSR1, &action, NULL) || raise(SIGUSR1) || kill(getpid(), SIGUSR1))
		return errno;
	return 0;
}

static int use_memory(const struct confined_place *place)
{
	size_t n = 8 << 20;
	void *memory = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return errno;
	memset(memory, 1, n);
	return munmap(memory, n) ? errno : 0;
}

const struct confined_try confined_honest[] = {
	{ "use-files", use_files },
	{ "move-files", move_files },
	{ "use-thread", use_thread },
	{ "use-connection", use_connection },
	{ "use-loop", use_loop },
	{ "use-database", use_database },
	{ "use-ciphers", use_ciphers },
	{ "use-kerberos", use_kerberos },
	{ "use-users", use_users },
	{ "use-names", use_names },
	{ "use-signals", use_signals },
	{ "use-memory", use_memory },
	{ "use-library", confined_library },
	{ NULL, NULL },
};

/* ---- the whole ---- */

static void say(const char *name, int error)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "%s=%d\n", name, error);

	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(2);
}

/* Some would do something, as root and unconfined. */
static void try_calls(void)
{
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
		return;
	for (const struct confined_call *call = confined_calls; call->name; call++)
		say(call->name, syscall(call->number, 0L, 0L, 0L, 0L, 0L, 0L) < 0 ? errno : 0);
}

static void try_one(const char *name, const struct confined_place *place)
{
	const struct confined_try *lists[] = { confined_honest, confined_hostile,
					       confined_sockets };

	if (!strcmp(name, "calls"))
		try_calls();
	for (size_t i = 0; i < PEN_COUNT(lists); i++)
		for (const struct confined_try *one = lists[i]; one->name; one++) {
			errno = 0;
			if (!strcmp(one->name, name))
				say(name, one->run(place));
		}
}

/* The descriptor that is sent over the one that it started with. */
static int receive(void)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec bytes = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &bytes,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(GIVEN, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static int confine_again(const char *mode, const char *directory)
{
	const char *const writes[] = { directory, NULL };
	const struct pen_worker_needs needs = { .writes = writes };
	bool is_carrier = !strcmp(mode, "carrier");
	bool is_parser = is_carrier || !strcmp(mode, "parser");
	const struct confinement confinement = { .needs = is_parser ? NULL : &needs,
						 .is_parser = is_parser,
						 .is_carrier = is_carrier,
						 .is_porter = !strcmp(mode, "porter") };
	char missing[128], error[256];
	int r = confine_self(&confinement, missing, error);

	if (r)
		fprintf(stderr, "confined: %s\n", error);
	return r;
}

int main(int argc, char **argv)
{
	struct confined_place place;

	if (argc < OPTIONS)
		return 2;
	place = (struct confined_place){ .directory = argv[2],
					 .outside = argv[3],
					 .abstract = argv[4],
					 .port = (uint16_t)atoi(argv[5]),
					 .other = atoi(argv[6]) };
	if (strcmp(argv[1], "once") != 0 && confine_again(argv[1], argv[2]))
		return 1;
	place.connection = receive();
	for (int i = OPTIONS; i < argc; i++)
		try_one(argv[i], &place);
	return 0;
}
