/* SPDX-License-Identifier: MIT */
/* penstock-rpcecho: what tests of RPC call, and no configuration has unless it says so. */
#include "daemon/program.h"

static const char *const endpoints[] = { "ncacn_ip_tcp:", "ncacn_np:[\\pipe\\rpcecho]",
					 "ncalrpc:[rpcecho]", NULL };

int main(int argc, char **argv)
{
	static struct program self;
	int end = program_init(&self, "penstock-rpcecho");

	if (end >= 0)
		return end;
	program_add(&self, "rpcecho", endpoints, NULL);
	return program_run(&self, argc, argv);
}
