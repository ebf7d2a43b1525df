/* SPDX-License-Identifier: MIT */
/*
 * The greeter, the relay and the porter do what they do when they are confined, and nothing else.
 */
#include "daemon/test-confine.h"

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
		cmocka_unit_test(test_greeter_as_it_starts),
		cmocka_unit_test(test_greeter),
		cmocka_unit_test(test_relay),
		cmocka_unit_test(test_porter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
