/* SPDX-License-Identifier: MIT */
/*
 * The smallest server: two operations of the echo interface, at one endpoint.
 *
 *	echo-server ncacn_ip_tcp:127.0.0.1[0]
 *	echo-server ncalrpc:[echo]
 */
#include <penstock/idl/rpcecho.h>
#include <penstock/server.h>
#include <signal.h>
#include <stdio.h>

static struct pen_server *server;

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

static void on_signal(int number)
{
	pen_server_stop(server);
}

int main(int argc, char **argv)
{
	const char *binding = argc > 1 ? argv[1] : "ncacn_ip_tcp:127.0.0.1[0]";
	int r;

	r = pen_server_new(&server, NULL);
	if (r) {
		fprintf(stderr, "%s\n", pen_error_name(r));
		return 1;
	}
	r = pen_server_add(server, &service, NULL);
	if (!r)
		r = pen_server_listen(server, binding, NULL, &binding);
	if (!r) {
		printf("%s\n", binding);
		fflush(stdout);
		signal(SIGINT, on_signal);
		signal(SIGTERM, on_signal);
		r = pen_server_run(server);
	}
	if (r)
		fprintf(stderr, "%s\n", pen_server_error(server));
	pen_server_free(server);
	return r ? 1 : 0;
}
