/* SPDX-License-Identifier: MIT */
#include "support/probe.h"
#include "support/unit.h"
#include <penstock/buffer.h>
#include <penstock/idl/epm.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An endpoint mapper that knows what its own server serves, and nothing more. */

static _Atomic int n_asked;

static int put_endpoint(struct pen_call *call, const struct pen_tower *wanted,
			const struct pen_server_endpoint *endpoint, struct epm_ept_map_out *out)
{
	struct pen_tower tower = *wanted;
	struct pen_binding binding;
	struct pen_buffer bytes;
	struct epm_twr_t *twr;

	assert_int_equal(pen_binding_parse(&binding, endpoint->binding, NULL), 0);
	if (binding.protseq == wanted->protseq) {
		tower.port = (uint16_t)atoi(binding.endpoint);
		snprintf(tower.endpoint, sizeof(tower.endpoint), "%s", binding.endpoint);
		pen_buffer_init(&bytes, 0);
		assert_int_equal(pen_tower_put(&tower, &bytes), 0);
		twr = pen_arena_alloc(pen_call_arena(call), sizeof(*twr));
		twr->tower_length = (uint32_t)bytes.size;
		twr->tower_octet_string =
			pen_arena_copy(pen_call_arena(call), bytes.data, bytes.size);
		pen_buffer_done(&bytes);
		out->towers[out->num_towers++] = twr;
	}
	pen_binding_done(&binding);
	return 0;
}

static int ept_map(struct pen_call *call, const struct epm_ept_map_in *in,
		   struct epm_ept_map_out *out)
{
	struct pen_server_endpoint endpoint;
	struct pen_tower wanted;

	n_asked++;
	out->towers = pen_arena_array(pen_call_arena(call), in->max_towers, sizeof(*out->towers));
	if (pen_tower_get(&wanted, in->map_tower->tower_octet_string, in->map_tower->tower_length))
		return PEN_E_BAD_DATA;
	for (size_t n = 0; !pen_server_endpoint(pen_call_server(call), n, &endpoint); n++)
		if (pen_syntax_id_equal(&endpoint.interface->id, &wanted.interface) &&
		    out->num_towers < in->max_towers)
			put_endpoint(call, &wanted, &endpoint, out);
	out->status = out->num_towers ? 0 : 0x16c9a0d6; /* not registered */
	return 0;
}

static const struct epm_operations operations = { .ept_map = ept_map };
static const char *const epm_alone[] = { "epm", NULL };
static const char *const probe_alone[] = { "probe", NULL };

static void make(struct probe *probe, const char **mapperp)
{
	const struct pen_service epm = { .interface = &epm_interface, .operations = &operations };
	struct pen_server *server;

	probe_make(probe, NULL);
	server = probe->server;
	assert_int_equal(pen_server_add(server, &epm, NULL), 0);
	assert_int_equal(pen_server_listen(server, "ncalrpc:[EPMAPPER]", epm_alone, NULL), 0);
	assert_int_equal(pen_server_listen(server, "ncacn_ip_tcp:127.0.0.1[0]", epm_alone, mapperp),
			 0);
	assert_int_equal(pen_server_listen(server, "ncalrpc:[dynamic]", probe_alone, NULL), 0);
	probe_run(probe);
}

static void on_done(struct pen_call *call, int result, void *data)
{
	*(int *)data = result;
}

static void test_endpoint_is_asked_for(void **state)
{
	const char *mapper;
	char tcp[64];
	const char *bindings[] = { "ncalrpc:", tcp };
	struct probe probe;

	make(&probe, &mapper);
	snprintf(tcp, sizeof(tcp), "ncacn_ip_tcp:127.0.0.1[,epmapper=%d]",
		 atoi(strchr(mapper, '[') + 1));
	for (size_t i = 0; i < 2; i++) {
		struct pen_client *client = probe_client(&probe, bindings[i]);
		struct probe_add_in in = { 1, 2 };
		struct probe_number out;
		struct pen_call *call;
		int result = -1;

		n_asked = 0;
		assert_int_equal(pen_call_new(&call, client), 0);
		assert_int_equal(probe_add(call, 1, 2), 0);
		assert_int_equal(probe_add(call, 3, 4), 0);
		assert_int_equal(n_asked, 1);
		assert_null(strstr(pen_client_binding(client), "[]"));
		pen_client_free(client);
		pen_call_free(call);

		/* The same, hosted. */
		client = probe_client(&probe, bindings[i]);
		assert_int_equal(pen_call_new(&call, client), 0);
		assert_int_equal(pen_call_start(call, &probe_interface, PROBE_ADD, &in, &out,
						on_done, &result),
				 0);
		for (int k = 0; k < 1000 && result; k++) {
			struct pollfd wait = { .fd = pen_client_fd(client),
					       .events = pen_client_events(client) };

			poll(&wait, 1, pen_client_timeout(client));
			pen_client_dispatch(client);
		}
		assert_int_equal(result, 0);
		assert_int_equal(out.value, 3);
		pen_call_free(call);
		pen_client_free(client);
	}
	probe_stop(&probe);
}

static void test_unknown_to_the_mapper(void **state)
{
	struct probe probe;
	struct pen_client *client;
	const char *mapper;

	make(&probe, &mapper);
	client = probe_client(&probe, "ncalrpc:");
	assert_int_equal(pen_client_bind(client, &probe_stranger), PEN_E_NOT_FOUND);
	assert_non_null(strstr(pen_client_error(client), "endpoint mapper"));
	/* And of another interface it does know. */
	assert_int_equal(pen_client_bind(client, &probe_interface), 0);
	pen_client_free(client);
	probe_stop(&probe);
}

static void test_a_server_that_moved_is_asked_for_again(void **state)
{
	struct pen_client *client;
	struct pen_call *call;
	struct probe first;
	struct probe second;
	const char *mapper;

	make(&first, &mapper);
	client = probe_client(&first, "ncalrpc:");
	assert_int_equal(pen_call_new(&call, client), 0);
	n_asked = 0;
	assert_int_equal(probe_add(call, 1, 2), 0);
	probe_halt(&first);
	pen_server_free(first.server);
	assert_int_not_equal(probe_add(call, 1, 2), 0);

	probe_start_in(&second, first.directory, NULL);
	probe_halt(&second);
	assert_int_equal(pen_server_add(second.server,
					&(struct pen_service){ .interface = &epm_interface,
							       .operations = &operations },
					NULL),
			 0);
	assert_int_equal(pen_server_listen(second.server, "ncalrpc:[EPMAPPER]", epm_alone, NULL),
			 0);
	probe_run(&second);
	assert_int_equal(probe_add(call, 1, 2), 0);
	assert_int_equal(n_asked, 2);
	pen_call_free(call);
	pen_client_free(client);
	probe_stop(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endpoint_is_asked_for),
		cmocka_unit_test(test_unknown_to_the_mapper),
		cmocka_unit_test(test_a_server_that_moved_is_asked_for_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
