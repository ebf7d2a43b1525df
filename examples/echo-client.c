/* SPDX-License-Identifier: MIT */
/*
 * The smallest client: sends a text to an echo server, and prints what comes back.
 *
 *	echo-client ncacn_ip_tcp:127.0.0.1[PORT] TEXT
 */
#include <penstock/client.h>
#include <penstock/idl/rpcecho.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct rpcecho_echo_EchoData_in in = { 0 };
	struct rpcecho_echo_EchoData_out out;
	struct pen_ndr_error error = { "" };
	struct pen_client *client = NULL;
	struct pen_call *call = NULL;
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: %s BINDING TEXT\n", argv[0]);
		return 2;
	}
	in.in_data = (uint8_t *)argv[2];
	in.len = (uint32_t)strlen(argv[2]);

	r = pen_client_new(&client, argv[1], NULL, &error);
	if (!r)
		r = pen_call_new(&call, client);
	if (!r)
		r = rpcecho_echo_EchoData(call, &in, &out);
	if (!r)
		printf("%.*s\n", (int)in.len, (const char *)out.out_data);
	else
		fprintf(stderr, "%s: %s\n", pen_error_name(r),
			call ? pen_call_error(call) : error.text);
	pen_call_free(call);
	pen_client_free(client);
	return r ? 1 : 0;
}
