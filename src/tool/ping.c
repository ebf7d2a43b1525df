/* SPDX-License-Identifier: MIT */
/* penstock ping: how long a bind and the smallest call take. */
#include "tool/tool.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <penstock/idl/mgmt.h>
#include <string.h>
#include <time.h>

enum { COUNT = 4, INTERVAL_MS = 200, COUNT_MAX = 1000000 };

struct times {
	uint32_t n_sent, n_answered;
	double min, sum, max; /* milliseconds */
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1000000;
}

static void note(struct times *times, double ms)
{
	if (!times->n_answered++ || ms < times->min)
		times->min = ms;
	if (ms > times->max)
		times->max = ms;
	times->sum += ms;
}

static void rest(uint32_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static int ping(struct tool *tool, struct times *times)
{
	for (uint32_t i = 0; i < tool->count; i++) {
		struct mgmt_rpc__mgmt_is_server_listening_in in = { 0 };
		struct mgmt_rpc__mgmt_is_server_listening_out out = { 0 };
		double start, ms;
		int r;

		if (i)
			rest(tool->interval_ms);
		times->n_sent++;
		start = now_ms();
		r = mgmt_rpc__mgmt_is_server_listening(tool->call, &in, &out);
		if (r)
			return tool_fail_call(tool, "mgmt.rpc__mgmt_is_server_listening", r);
		ms = now_ms() - start;
		note(times, ms);
		if (!tool->is_json)
			printf("%s: %s: seq=%u time=%.3f ms\n", pen_client_binding(tool->client),
			       out.result ? "listening" : "not listening", i + 1, ms);
	}
	return TOOL_OK;
}

static int print_json(struct tool *tool, double bind_ms, const struct times *times)
{
	struct pen_buffer json;
	int r;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "{");
	tool_json_text(&json, "binding", pen_client_binding(tool->client));
	r = pen_buffer_printf(
		&json,
		",\"bind_ms\":%.3f,\"sent\":%u,\"answered\":%u,\"min_ms\":%.3f,\"avg_ms\":%.3f,"
		"\"max_ms\":%.3f}",
		bind_ms, times->n_sent, times->n_answered, times->min,
		times->n_answered ? times->sum / times->n_answered : 0, times->max);
	r = r ? tool_fail_result(tool, r) : tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

static int run(struct tool *tool, int argc, char **argv)
{
	struct times times = { 0 };
	double start, bind_ms;
	int r;

	if (!tool->count)
		tool->count = COUNT;
	if (!tool->interval_ms)
		tool->interval_ms = INTERVAL_MS;
	r = tool_connect(tool, argv[0], &mgmt_interface);
	if (r)
		return r;
	start = now_ms();
	r = pen_call_bind(tool->call, &mgmt_interface);
	if (r)
		return tool_fail_call(tool, "cannot bind", r);
	bind_ms = now_ms() - start;
	if (!tool->is_json)
		printf("%s: bound in %.3f ms\n", pen_client_binding(tool->client), bind_ms);
	r = ping(tool, &times);
	if (r)
		return r;
	if (tool->is_json)
		return print_json(tool, bind_ms, &times);
	printf("%u sent, %u answered; min/avg/max %.3f/%.3f/%.3f ms\n", times.n_sent,
	       times.n_answered, times.min, times.sum / times.n_answered, times.max);
	return TOOL_OK;
}

static int option(struct tool *tool, int val, const char *value)
{
	char *end;
	double number;

	errno = 0;
	number = strtod(value, &end);
	if (end == value || *end || errno || !(number > 0 && number <= COUNT_MAX) ||
	    (val == 'c' && number != floor(number)))
		return tool_fail(tool, TOOL_USAGE, NULL, "%s is not a %s", value,
				 val == 'c' ? "count" : "number of seconds");
	if (val == 'c')
		tool->count = (uint32_t)number;
	else
		tool->interval_ms = number < 0.001 ? 1 : (uint32_t)(number * 1000);
	return TOOL_OK;
}

static const struct option options[] = {
	{ "count", required_argument, NULL, 'c' },
	{ "interval", required_argument, NULL, 'i' },
	{ 0 },
};

const struct tool_command tool_ping = {
	.name = "ping",
	.arguments = "BINDING",
	.summary = "measure how long a server takes to answer",
	.help = "  -c, --count N      how many calls (4)\n"
		"  -i, --interval SECONDS\n"
		"                     between two calls (0.2)\n"
		"\n"
		"Binds to remote management, which every server has, and asks whether the server\n"
		"listens. Without an endpoint in BINDING that is at the endpoint mapper's.\n"
		"\n"
		"Examples:\n"
		"  penstock ping ncalrpc:\n"
		"  penstock ping -c 100 -i 0.01 'ncacn_ip_tcp:127.0.0.1[11350]'\n",
	.options = options,
	.option = option,
	.has_login = true,
	.is_public = true,
	.run = run,
	.min_arguments = 1,
	.max_arguments = 1,
};
