/* SPDX-License-Identifier: MIT */
/*
 * The smallest client: sends a text to an echo server, and prints what comes back. With a
 * file of credentials it proves who it is, and the call is sealed.
 *
 *	echo-client ncacn_ip_tcp:127.0.0.1[PORT] TEXT [CREDENTIALS-FILE]
 */
#include <penstock/client.h>
#include <penstock/credentials.h>
#include <penstock/idl/rpcecho.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct rpcecho_echo_EchoData_in in = { 0 };
	struct rpcecho_echo_EchoData_out out;
	struct pen_client_config config = { 0 };
	struct pen_ndr_error error = { "" };
	struct pen_client *client = NULL;
	struct pen_call *call = NULL;
	int r = 0;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: %s BINDING TEXT [CREDENTIALS-FILE]\n", argv[0]);
		return 2;
	}
	in.in_data = (uint8_t *)argv[2];
	in.len = (uint32_t)strlen(argv[2]);

	if (argc == 4)
		r = pen_credentials_new_file(&config.security.credentials, argv[3], "server",
					     &error);
	if (!r)
		r = pen_client_new(&client, argv[1], &config, &error);
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
	pen_credentials_free(config.security.credentials);
	return r ? 1 : 0;
}
