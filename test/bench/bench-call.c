/* SPDX-License-Identifier: MIT */
/*
 * Calls a second, held against what the bare socket does with the same bytes.
 */
#include "bench/bench-bare.h"
#include "bench/bench.h"
#include <errno.h>
#include <penstock/client.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/server.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	IN_FLIGHT = 64,
	LARGE = 1 << 20,
	/* A small call's PDUs: a 24-byte header and four bytes of stub data. */
	SMALL_PDU = 28,
};

static const double seconds = 2;

static int add_one(struct pen_call *call, const struct rpcecho_echo_AddOne_in *in,
		   struct rpcecho_echo_AddOne_out *out)
{
	out->out_data = in->in_data + 1;
	return 0;
}

static int echo_data(struct pen_call *call, const struct rpcecho_echo_EchoData_in *in,
		     struct rpcecho_echo_EchoData_out *out)
{
	out->out_data = in->in_data;
	return 0;
}

static const struct rpcecho_operations operations = {
	.echo_AddOne = add_one,
	.echo_EchoData = echo_data,
};

static const struct pen_service service = {
	.interface = &rpcecho_interface,
	.operations = &operations,
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

/* A server in a process of its own. Tells its endpoint through the pipe. */
static pid_t serve(const char *directory, const char *endpoint, char binding[256])
{
	struct pen_server_config config = { .ncalrpc_dir = directory };
	struct pen_server *server;
	const char *bound;
	ssize_t n;
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		die("pipe", strerror(errno));
	pid = fork();
	if (pid == 0) {
		if (pen_server_new(&server, &config) || pen_server_add(server, &service, NULL))
			_exit(1);
		if (pen_server_listen(server, endpoint, NULL, &bound))
			die(endpoint, pen_server_error(server));
		if (write(fds[1], bound, strlen(bound) + 1) < 0)
			_exit(1);
		pen_server_run(server);
		_exit(0);
	}
	close(fds[1]);
	n = read(fds[0], binding, 255);
	close(fds[0]);
	if (n <= 0)
		die(endpoint, "no server");
	binding[n] = '\0';
	return pid;
}

static struct pen_client *open_client(const char *directory, const char *binding)
{
	struct pen_client_config config = { .ncalrpc_dir = directory };
	struct pen_client *client = NULL;
	struct pen_ndr_error error;

	if (pen_client_new(&client, binding, &config, &error))
		die(binding, error.text);
	if (pen_client_bind(client, &rpcecho_interface))
		die(binding, pen_client_error(client));
	return client;
}

static double one_in_flight(struct pen_client *client)
{
	struct rpcecho_echo_AddOne_in in = { .in_data = 1 };
	struct rpcecho_echo_AddOne_out out;
	double start = bench_now();
	struct pen_call *call;
	size_t n = 0;

	if (pen_call_new(&call, client))
		die("call", "no memory");
	while (bench_now() - start < seconds) {
		if (rpcecho_echo_AddOne(call, &in, &out))
			die("AddOne", pen_call_error(call));
		n++;
	}
	pen_call_free(call);
	return (double)n / (bench_now() - start);
}

struct slot {
	struct pen_call *call;
	struct rpcecho_echo_AddOne_out out;
	size_t *n_donep;
	double end;
	size_t *n_openp;
};

static void start_slot(struct slot *slot);

static void slot_done(struct pen_call *call, int result, void *data)
{
	struct slot *slot = data;

	if (result)
		die("AddOne", pen_call_error(call));
	++*slot->n_donep;
	if (bench_now() < slot->end)
		start_slot(slot);
	else
		--*slot->n_openp;
}

static void start_slot(struct slot *slot)
{
	struct rpcecho_echo_AddOne_in in = { .in_data = 1 };

	if (rpcecho_echo_AddOne_start(slot->call, &in, &slot->out, slot_done, slot))
		die("AddOne", pen_call_error(slot->call));
}

static double many_in_flight(struct pen_client *client)
{
	static struct slot slots[IN_FLIGHT];
	double start = bench_now();
	size_t n_open = IN_FLIGHT;
	size_t n_done = 0;

	for (size_t i = 0; i < IN_FLIGHT; i++) {
		slots[i] = (struct slot){ .n_donep = &n_done,
					  .n_openp = &n_open,
					  .end = start + seconds };
		if (pen_call_new(&slots[i].call, client))
			die("call", "no memory");
		start_slot(&slots[i]);
	}
	while (n_open > 0) {
		struct pollfd pfd = { .fd = pen_client_fd(client),
				      .events = pen_client_events(client) };

		poll(&pfd, 1, pen_client_timeout(client));
		if (pen_client_dispatch(client))
			die("client", pen_client_error(client));
	}
	for (size_t i = 0; i < IN_FLIGHT; i++)
		pen_call_free(slots[i].call);
	return (double)n_done / (bench_now() - start);
}

static double large(struct pen_client *client)
{
	static uint8_t bytes[LARGE];
	struct rpcecho_echo_EchoData_in in = { .len = LARGE, .in_data = bytes };
	struct rpcecho_echo_EchoData_out out;
	double start = bench_now();
	struct pen_call *call;
	size_t n = 0;

	if (pen_call_new(&call, client))
		die("call", "no memory");
	while (bench_now() - start < seconds) {
		if (rpcecho_echo_EchoData(call, &in, &out))
			die("EchoData", pen_call_error(call));
		n++;
	}
	pen_call_free(call);
	return (double)n / (bench_now() - start);
}

static void bench_endpoint(const char *name, const char *directory, const char *endpoint,
			   double ping_pong, double bytes)
{
	struct pen_client *client;
	char binding[256];
	char what[64];
	pid_t pid = serve(directory, endpoint, binding);

	client = open_client(directory, binding);
	snprintf(what, sizeof(what), "%s, small call, one in flight", name);
	bench_line(what, one_in_flight(client), "calls/s", ping_pong, 0.9);
	snprintf(what, sizeof(what), "%s, small call, %d in flight", name, IN_FLIGHT);
	bench_line(what, many_in_flight(client), "calls/s", ping_pong, 2.5);
	snprintf(what, sizeof(what), "%s, 1 MiB there and back", name);
	bench_line(what, large(client), "calls/s", bytes, 0.6);
	pen_client_free(client);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

static void bench_all(const char *where, const char *directory)
{
	double ping_pong = bench_bare_ping_pong(SMALL_PDU, SMALL_PDU, seconds);
	double bytes = bench_bare_ping_pong(LARGE, LARGE, seconds);

	printf("%s\n", where);
	bench_line("bare unix stream, 28 bytes there and back", ping_pong, "turns/s", 0, 0);
	bench_line("bare unix stream, 1 MiB there and back", bytes, "turns/s", 0, 0);
	bench_endpoint("ncalrpc", directory, "ncalrpc:[bench]", ping_pong, bytes);
	bench_endpoint("ncacn_ip_tcp", directory, "ncacn_ip_tcp:127.0.0.1[0]", ping_pong, bytes);
}

int main(void)
{
	char directory[] = "/tmp/penstock-bench.XXXXXX";
	char socket[64];

	if (!mkdtemp(directory))
		die(directory, strerror(errno));
	bench_pin(0);
	bench_all("both processes on one core:", directory);
	bench_pin(-1);
	bench_all("on all cores:", directory);
	snprintf(socket, sizeof(socket), "%s/bench", directory);
	unlink(socket);
	rmdir(directory);
	return 0;
}
