/* SPDX-License-Identifier: MIT */
#include "io/resolve.h"
#include "support/unit.h"
#include <penstock/base.h>
#include <poll.h>
#include <string.h>

static struct pen_resolver *resolve(const char *host)
{
	struct pen_resolver *resolver;
	struct pollfd wait = { .events = POLLIN };

	assert_int_equal(pen_resolver_new(&resolver, host, 135), 0);
	wait.fd = pen_resolver_fd(resolver);
	if (!pen_resolver_is_done(resolver))
		assert_int_equal(poll(&wait, 1, 30000), 1);
	assert_true(pen_resolver_is_done(resolver));
	return resolver;
}

static void test_numbers_are_known_at_once(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "::1", "2001:db8::7" };

	for (size_t i = 0; i < PEN_COUNT(hosts); i++) {
		struct pen_resolver *resolver = resolve(hosts[i]);
		struct pen_address address;
		char text[46];

		assert_int_equal(pen_resolver_fd(resolver), -1);
		assert_int_equal(pen_resolver_error(resolver), 0);
		assert_int_equal(pen_resolver_address(resolver, 0, &address), 0);
		pen_address_print(&address, text);
		assert_string_equal(text, hosts[i]);
		assert_int_equal(pen_resolver_address(resolver, 1, &address), PEN_E_NOT_FOUND);
		pen_resolver_free(resolver);
	}
}

static void test_no_name_is_this_machine(void **state)
{
	struct pen_resolver *resolver = resolve("");
	struct pen_address address;

	assert_int_equal(pen_resolver_error(resolver), 0);
	assert_int_equal(pen_resolver_address(resolver, 0, &address), 0);
	pen_resolver_free(resolver);
}

static void test_name_is_looked_up_beside_us(void **state)
{
	struct pen_resolver *resolver = resolve("localhost");
	struct pen_address address;

	assert_true(pen_resolver_fd(resolver) >= 0);
	assert_int_equal(pen_resolver_error(resolver), 0);
	assert_int_equal(pen_resolver_address(resolver, 0, &address), 0);
	pen_resolver_free(resolver);

	resolver = resolve("no such name");
	assert_int_not_equal(pen_resolver_error(resolver), 0);
	assert_int_equal(pen_resolver_address(resolver, 0, &address), PEN_E_NOT_FOUND);
	pen_resolver_free(resolver);
}

/* Whoever loses interest need not wait for the thread. */
static void test_may_be_freed_while_looking(void **state)
{
	for (int i = 0; i < 20; i++) {
		struct pen_resolver *resolver;

		assert_int_equal(pen_resolver_new(&resolver, "localhost", 1), 0);
		pen_resolver_free(resolver);
	}
	pen_resolver_free(resolve("localhost"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_are_known_at_once),
		cmocka_unit_test(test_no_name_is_this_machine),
		cmocka_unit_test(test_name_is_looked_up_beside_us),
		cmocka_unit_test(test_may_be_freed_while_looking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
