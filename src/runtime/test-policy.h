/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_TEST_POLICY_H
#define PEN_RUNTIME_TEST_POLICY_H
/*
 * A server that a policy rules, which is written for each test, and what it logs.
 */
#include "runtime/server-policy.h"
#include "runtime/server.h"
#include "support/probe.h"
#include "support/unit.h"
#include <penstock/idl/rpcecho.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct probe probe;
static char path[] = "/tmp/pen-policy-XXXXXX";

/* What the server logs, line after line. */
static struct {
	pthread_mutex_t lock;
	char text[256 * 1024];
	size_t size;
} logged = { .lock = PTHREAD_MUTEX_INITIALIZER };

static inline void keep_line(void *data, enum pen_log_level level, const char *line)
{
	int n;

	pthread_mutex_lock(&logged.lock);
	n = snprintf(logged.text + logged.size, sizeof(logged.text) - logged.size, "%s\n", line);
	if (n > 0 && (size_t)n < sizeof(logged.text) - logged.size)
		logged.size += (size_t)n;
	pthread_mutex_unlock(&logged.lock);
}

static inline bool is_logged(const char *text)
{
	bool is;

	pthread_mutex_lock(&logged.lock);
	is = strstr(logged.text, text);
	pthread_mutex_unlock(&logged.lock);
	return is;
}

static inline void write_policy(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	logged.size = 0;
	logged.text[0] = '\0';
}

static inline int add_one(struct pen_call *call, const struct rpcecho_echo_AddOne_in *in,
			  struct rpcecho_echo_AddOne_out *out)
{
	out->out_data = in->in_data + 1;
	return 0;
}

static const struct rpcecho_operations echo = { .echo_AddOne = add_one };
static const struct pen_interface *const known[] = { &probe_interface, &rpcecho_interface, NULL };
static const struct pen_server_config config = { .policy = path,
						 .policy_interfaces = known,
						 .log = keep_line };

/* The probe and rpcecho, ruled by the text. */
static inline void start(const char *text)
{
	const struct pen_service service = { .interface = &rpcecho_interface, .operations = &echo };

	write_policy(text);
	probe_make(&probe, &config);
	assert_int_equal(pen_server_add(probe.server, &service, NULL), 0);
	probe_run(&probe);
}

/* All that was taken has been given back. */
static inline void stop(void)
{
	volatile const uint32_t *n_connections = &probe.server->stats.connections;

	for (int i = 0; i < 10000 && *n_connections; i++)
		usleep(1000);
	probe_halt(&probe);
	assert_int_equal(probe.server->stats.connections, 0);
	assert_int_equal(pen_quotas_n_entered(probe.server->policy->quotas), 0);
	probe_done(&probe);
}

static inline struct pen_call *begin(const char *binding, struct pen_client **clientp)
{
	struct pen_call *call;

	*clientp = probe_client(&probe, binding);
	assert_int_equal(pen_call_new(&call, *clientp), 0);
	pen_call_set_timeout(call, 10000);
	return call;
}

static inline void end(struct pen_call *call, struct pen_client *client)
{
	pen_call_free(call);
	pen_client_free(client);
}

/* The fault that a call of its own connection gets; 0: it succeeds. */
static inline uint32_t add_at(const char *binding)
{
	struct pen_client *client;
	struct pen_call *call = begin(binding, &client);
	int r = probe_add(call, 1, 2);
	uint32_t fault = r == PEN_E_FAULT ? pen_call_fault(call) : 0;

	assert_true(!r || r == PEN_E_FAULT);
	end(call, client);
	return fault;
}

/* The same of an echo of so many bytes. */
static inline uint32_t echo_at(const char *binding, uint32_t n)
{
	static uint8_t zeros[100000];
	const struct probe_bytes_in in = { .n = n, .data = zeros };
	struct probe_bytes_out out = { 0 };
	struct pen_client *client;
	struct pen_call *call = begin(binding, &client);
	int r = pen_call_invoke(call, &probe_interface, PROBE_ECHO, &in, &out);
	uint32_t fault = r == PEN_E_FAULT ? pen_call_fault(call) : 0;

	assert_true(!r || r == PEN_E_FAULT);
	end(call, client);
	return fault;
}

static inline int make_file(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static inline int remove_file(void **state)
{
	return unlink(path);
}

#endif
