/* SPDX-License-Identifier: MIT */
/*
 * A program that is confined does what a worker does, and nothing of what one does that has been
 * taken over: as root, as a user that root has named, and as one who never was root.
 */
#include "daemon/test-confine.h"
#include "daemon/confine-parts.h"
#include <signal.h>

/* ---- what is expected ---- */

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
