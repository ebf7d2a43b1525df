/* SPDX-License-Identifier: MIT */
/*
 * Clients that prove who they are, over real sockets: NTLM by itself, and SPNEGO, which
 * tries Kerberos first, in a thread, and says why that is left out.
 */
#include "rpc/test-auth.h"
#include "runtime/client.h"
#include "support/fail.h"
#include "support/probe.h"
#include <poll.h>
#include <time.h>
#include <unistd.h>

static struct probe probe;
static struct pen_ntlm_server ntlm = {
	.netbios_computer = "SERVER",
	.netbios_domain = "WORK",
	.judge = auth_judge,
};
static struct pen_mechs *mechs;
static char krb5_conf[] = "/tmp/penstock-krb5-XXXXXX";
static const uint8_t types[] = { PEN_AUTH_NTLM, PEN_AUTH_SPNEGO, 0 };

/* A Kerberos that knows no realm, and asks no name server for one. */
static void disable_krb5(void)
{
	static const char text[] = "[libdefaults]\ndns_lookup_kdc = false\n"
				   "dns_lookup_realm = false\n";
	int fd = mkstemp(krb5_conf);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	setenv("KRB5_CONFIG", krb5_conf, 1);
}

static int start(void **state)
{
	struct pen_server_config config = { 0 };

	disable_krb5();
	assert_int_equal(pen_mechs_new(&mechs, &(struct pen_mechs_config){ .ntlm = &ntlm }), 0);
	config.mechs = mechs;
	probe_start(&probe, &config);
	return 0;
}

static int stop(void **state)
{
	probe_stop(&probe);
	pen_mechs_free(mechs);
	unlink(krb5_conf);
	return 0;
}

static struct pen_client *client_of(const char *binding, uint8_t auth_type, uint8_t level,
				    const char *password)
{
	struct pen_client_config config = {
		.ncalrpc_dir = probe.directory,
		.security = { .auth_type = auth_type, .auth_level = level },
	};
	struct pen_ndr_error error = { "" };
	struct pen_client *client;

	assert_int_equal(
		pen_credentials_new_password(&config.security.credentials, "ann", "WORK", password),
		0);
	if (pen_client_new(&client, binding, &config, &error))
		fail_msg("%s: %s", binding, error.text);
	pen_credentials_free(config.security.credentials);
	return client;
}

static void expect_info(const struct pen_client *client, uint8_t auth_type, uint8_t level)
{
	struct pen_client_security_info info;

	assert_int_equal(pen_client_security_info(client, &info), 0);
	assert_int_equal(info.auth_type, auth_type ? auth_type : PEN_AUTH_SPNEGO);
	assert_int_equal(info.auth_level, level ? level : PEN_AUTH_LEVEL_PRIVACY);
	assert_string_equal(info.mech, "ntlm");
	assert_int_equal(info.session_key.size, 16);
	assert_int_equal(info.signs_headers, info.auth_level > PEN_AUTH_LEVEL_CONNECT);
	if (info.auth_type == PEN_AUTH_SPNEGO)
		assert_non_null(strstr(info.left_out, "krb5"));
	else
		assert_string_equal(info.left_out, "");
}

/* Each mechanism at each level, over each transport; level and mechanism have defaults. */
static void test_calls_are_protected_as_asked(void **state)
{
	static const uint8_t levels[] = { 2, 4, 5, 6, 0 };
	const char *bindings[] = { probe.tcp, probe.local };

	for (size_t i = 0; i < 2 * PEN_COUNT(types) * PEN_COUNT(levels); i++) {
		uint8_t type = types[i / 2 % PEN_COUNT(types)];
		uint8_t level = levels[i / 2 / PEN_COUNT(types)];
		struct pen_client *client = client_of(bindings[i % 2], type, level, "secret");
		struct pen_client_security_info info;
		struct pen_call *call;

		assert_int_equal(pen_client_security_info(client, &info), PEN_E_CLOSED);
		assert_int_equal(pen_call_new(&call, client), 0);
		for (uint32_t k = 0; k < 5; k++)
			if (probe_add(call, k, 3))
				fail_msg("type %u level %u: %s", type, level, pen_call_error(call));
		expect_info(client, type, level);
		pen_call_free(call);
		pen_client_free(client);
	}
}

static void test_large_calls_are_sealed(void **state)
{
	enum { N = 1 << 20 };
	struct pen_client *client = client_of(probe.tcp, 0, 0, "secret");
	uint8_t *data = calloc(1, N);
	struct probe_bytes_in in = { .n = N, .data = data };
	struct probe_bytes_out out;
	struct pen_call *call;

	for (size_t i = 0; i < N; i++)
		data[i] = (uint8_t)(i * 7);
	assert_int_equal(pen_call_new(&call, client), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pen_call_invoke(call, &probe_interface, PROBE_ECHO, &in, &out), 0);
		assert_memory_equal(out.data, data, N);
	}
	pen_call_free(call);
	pen_client_free(client);
	free(data);
}

static void host(struct pen_client *client)
{
	struct pollfd wait = { .fd = pen_client_fd(client), .events = pen_client_events(client) };
	int ms = pen_client_timeout(client);

	poll(&wait, 1, ms < 0 || ms > 1000 ? 1000 : ms);
	pen_client_dispatch(client);
}

static void count(struct pen_call *call, int result, void *data)
{
	unsigned *n = data;

	assert_int_equal(result, 0);
	++*n;
}

/* Started calls, whose client a loop drives: nobody waits while it proves itself. */
static void test_a_loop_can_drive_the_proof(void **state)
{
	enum { N = 20 };

	for (size_t i = 0; i < PEN_COUNT(types); i++) {
		struct pen_client *client = client_of(probe.tcp, types[i], 0, "secret");
		struct probe_add_in in = { 1, 2 };
		struct probe_number out[N];
		struct pen_call *calls[N];
		unsigned n_done = 0;

		for (int k = 0; k < N; k++) {
			assert_int_equal(pen_call_new(&calls[k], client), 0);
			assert_int_equal(pen_call_start(calls[k], &probe_interface, PROBE_ADD, &in,
							&out[k], count, &n_done),
					 0);
		}
		while (n_done < N)
			host(client);
		for (int k = 0; k < N; k++) {
			assert_int_equal(out[k].value, 3);
			pen_call_free(calls[k]);
		}
		expect_info(client, types[i], 0);
		pen_client_free(client);
	}
}

static void ignore(struct pen_call *call, int result, void *data)
{
}

/* The client goes while its mechanism is at work in a thread. */
static void test_a_client_may_go_in_the_middle_of_its_proof(void **state)
{
	for (int i = 0; i < 10; i++) {
		struct pen_client *client = client_of(probe.tcp, 0, 0, "secret");
		struct probe_add_in in = { 1, 2 };
		struct probe_number out;
		struct pen_call *call;

		assert_int_equal(pen_call_new(&call, client), 0);
		assert_int_equal(
			pen_call_start(call, &probe_interface, PROBE_ADD, &in, &out, ignore, NULL),
			0);
		while (!client->errand)
			host(client);
		if (i & 1)
			usleep(1000 * i);
		pen_client_free(client);
		pen_call_free(call);
	}
}

/* It is told, and nothing falls back to less. */
static void test_a_wrong_password_is_refused(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(types); i++) {
		struct pen_client *client = client_of(probe.tcp, types[i], 0, "wrong");
		struct probe_add_in in = { 1, 2 };
		struct probe_number out;
		struct pen_call *call;

		assert_int_equal(pen_call_new(&call, client), 0);
		for (int k = 0; k < 2; k++) {
			assert_int_not_equal(
				pen_call_invoke(call, &probe_interface, PROBE_ADD, &in, &out), 0);
			assert_true(strlen(pen_call_error(call)) > 0);
		}
		pen_call_free(call);
		pen_client_free(client);
	}
}

static void test_a_mechanism_that_cannot_begin_is_told_of(void **state)
{
	struct pen_client *client = client_of(probe.tcp, PEN_AUTH_KRB5, 0, "secret");

	for (int i = 0; i < 2; i++) {
		assert_int_equal(pen_client_bind(client, &probe_interface), PEN_E_REJECTED);
		assert_non_null(strstr(pen_client_error(client), "krb5"));
	}
	pen_client_free(client);
}

static void test_a_security_that_is_none(void **state)
{
	static const struct {
		bool has_credentials;
		uint8_t level;
		uint8_t type;
		int result;
	} rows[] = {
		{ true, 1, 0, -EINVAL },
		{ true, 3, 0, -EINVAL },
		{ true, 7, 0, -EINVAL },
		{ false, 6, 0, -EINVAL },
		{ false, 0, 9, -EINVAL },
		{ true, 6, PEN_AUTH_SCHANNEL, PEN_E_UNSUPPORTED },
		{ true, 6, 200, PEN_E_UNSUPPORTED },
	};
	struct pen_credentials *credentials;

	assert_int_equal(pen_credentials_new_anonymous(&credentials), 0);
	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct pen_client_config config = {
			.security = { .credentials = rows[i].has_credentials ? credentials : NULL,
				      .auth_level = rows[i].level,
				      .auth_type = rows[i].type },
		};
		struct pen_ndr_error error = { "" };
		struct pen_client *client;

		assert_int_equal(pen_client_new(&client, probe.tcp, &config, &error),
				 rows[i].result);
		assert_true(strlen(error.text) > 0);
	}
	pen_credentials_free(credentials);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls_are_protected_as_asked),
		cmocka_unit_test(test_large_calls_are_sealed),
		cmocka_unit_test(test_a_loop_can_drive_the_proof),
		cmocka_unit_test(test_a_client_may_go_in_the_middle_of_its_proof),
		cmocka_unit_test(test_a_wrong_password_is_refused),
		cmocka_unit_test(test_a_mechanism_that_cannot_begin_is_told_of),
		cmocka_unit_test(test_a_security_that_is_none),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
