/* SPDX-License-Identifier: MIT */
/*
 * A server of the endpoint mapper and of NetrServerReqChallenge, for a suite that looks for it
 * at 127.0.0.1, port 135. Prints a line when it listens.
 */
#include "service/epm/epm.h"
#include <penstock/idl/netlogon.h>
#include <penstock/server.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>

static struct pen_server *server;

static int challenge(struct pen_call *call, const struct netlogon_NetrServerReqChallenge_in *in,
		     struct netlogon_NetrServerReqChallenge_out *out)
{
	size_t n = sizeof(out->ServerChallenge.data);

	return getrandom(out->ServerChallenge.data, n, 0) == (ssize_t)n ? 0 : PEN_E_LIMIT;
}

static const struct netlogon_operations operations = {
	.NetrServerReqChallenge = challenge,
};

static const struct pen_service service = {
	.interface = &netlogon_interface,
	.operations = &operations,
};

static void on_signal(int number)
{
	pen_server_stop(server);
}

static int serve(struct pen_epm *epm)
{
	const char *const mapper[] = { "epm", NULL };
	const char *const others[] = { "netlogon", NULL };
	int r;

	r = pen_server_add(server, &pen_epm_service, epm);
	if (!r)
		r = pen_server_add(server, &service, NULL);
	if (!r)
		r = pen_server_listen(server, "ncacn_ip_tcp:127.0.0.1[135]", mapper, NULL);
	if (!r)
		r = pen_server_listen(server, "ncacn_ip_tcp:127.0.0.1[0]", others, NULL);
	if (!r)
		r = pen_epm_add_server(epm, server);
	if (r)
		return r;
	puts("listening");
	fflush(stdout);
	return pen_server_run(server);
}

int main(void)
{
	struct pen_epm *epm = NULL;
	int r;

	signal(SIGTERM, on_signal);
	r = pen_epm_new(&epm);
	if (!r)
		r = pen_server_new(&server, NULL);
	if (!r)
		r = serve(epm);
	if (r)
		fprintf(stderr, "%s: %s\n", pen_error_name(r),
			server ? pen_server_error(server) : "");
	pen_server_free(server);
	pen_epm_free(epm);
	return r ? 1 : 0;
}
