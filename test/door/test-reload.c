/* SPDX-License-Identifier: MIT */
/* What a reload changes, and whom it does not disturb. */
#include "door/test-gate.h"
#include <arpa/inet.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs_come_and_go),
		cmocka_unit_test(test_an_address_that_is_added),
		cmocka_unit_test(test_a_program_that_is_another),
		cmocka_unit_test(test_a_greeter_that_is_another),
		cmocka_unit_test(test_a_program_that_does_not_answer),
	};

	return run_all(tests, PEN_COUNT(tests));
}
