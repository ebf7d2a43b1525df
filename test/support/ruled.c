/* SPDX-License-Identifier: MIT */
#include "support/ruled.h"
#include "runtime/server-policy.h"
#include "runtime/server.h"
#include "support/unit.h"
#include <penstock/idl/rpcecho.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct probe ruled_probe;
char ruled_path[] = "/tmp/pen-policy-XXXXXX";

struct ruled_lines ruled_lines = { .lock = PTHREAD_MUTEX_INITIALIZER };

void ruled_log(void *data, enum pen_log_level level, const char *line)
{
	int n;

	pthread_mutex_lock(&ruled_lines.lock);
	n = snprintf(ruled_lines.text + ruled_lines.size,
		     sizeof(ruled_lines.text) - ruled_lines.size, "%s\n", line);
	if (n > 0 && (size_t)n < sizeof(ruled_lines.text) - ruled_lines.size)
		ruled_lines.size += (size_t)n;
	pthread_mutex_unlock(&ruled_lines.lock);
}

bool ruled_has_logged(const char *text)
{
	bool is;

	pthread_mutex_lock(&ruled_lines.lock);
	is = strstr(ruled_lines.text, text);
	pthread_mutex_unlock(&ruled_lines.lock);
	return is;
}

void ruled_write(const char *text)
{
	FILE *file = fopen(ruled_path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	ruled_lines.size = 0;
	ruled_lines.text[0] = '\0';
}

static int add_one(struct pen_call *call, const struct rpcecho_echo_AddOne_in *in,
		   struct rpcecho_echo_AddOne_out *out)
{
	out->out_data = in->in_data + 1;
	return 0;
}

static const struct rpcecho_operations echo = { .echo_AddOne = add_one };
static const struct pen_interface *const known[] = { &probe_interface, &rpcecho_interface, NULL };
const struct pen_server_config ruled_config = { .policy = ruled_path,
						.policy_interfaces = known,
						.log = ruled_log };

void ruled_start(const char *text)
{
	const struct pen_service service = { .interface = &rpcecho_interface, .operations = &echo };

	ruled_write(text);
	probe_make(&ruled_probe, &ruled_config);
	assert_int_equal(pen_server_add(ruled_probe.server, &service, NULL), 0);
	probe_run(&ruled_probe);
}

void ruled_stop(void)
{
	volatile const uint32_t *n_connections = &ruled_probe.server->stats.connections;

	for (int i = 0; i < 10000 && *n_connections; i++)
		usleep(1000);
	probe_halt(&ruled_probe);
	assert_int_equal(ruled_probe.server->stats.connections, 0);
	assert_int_equal(pen_quotas_n_entered(ruled_probe.server->policy->quotas), 0);
	probe_done(&ruled_probe);
}

struct pen_call *ruled_begin(const char *binding, struct pen_client **clientp)
{
	struct pen_call *call;

	*clientp = probe_client(&ruled_probe, binding);
	assert_int_equal(pen_call_new(&call, *clientp), 0);
	pen_call_set_timeout(call, 10000);
	return call;
}

void ruled_end(struct pen_call *call, struct pen_client *client)
{
	pen_call_free(call);
	pen_client_free(client);
}

uint32_t ruled_add_at(const char *binding)
{
	struct pen_client *client;
	struct pen_call *call = ruled_begin(binding, &client);
	int r = probe_add(call, 1, 2);
	uint32_t fault = r == PEN_E_FAULT ? pen_call_fault(call) : 0;

	assert_true(!r || r == PEN_E_FAULT);
	ruled_end(call, client);
	return fault;
}

uint32_t ruled_echo_at(const char *binding, uint32_t n)
{
	static uint8_t zeros[100000];
	const struct probe_bytes_in in = { .n = n, .data = zeros };
	struct probe_bytes_out out = { 0 };
	struct pen_client *client;
	struct pen_call *call = ruled_begin(binding, &client);
	int r = pen_call_invoke(call, &probe_interface, PROBE_ECHO, &in, &out);
	uint32_t fault = r == PEN_E_FAULT ? pen_call_fault(call) : 0;

	assert_true(!r || r == PEN_E_FAULT);
	ruled_end(call, client);
	return fault;
}

int ruled_set_up(void **state)
{
	int fd = mkstemp(ruled_path);

	return fd < 0 ? -1 : close(fd);
}

int ruled_tear_down(void **state)
{
	return unlink(ruled_path);
}
