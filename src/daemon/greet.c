/* SPDX-License-Identifier: MIT */
#include "daemon/greet.h"
#include "runtime/directory.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Beside us where we were built, or installed; as short as it can be pasted. */
static void find_tool(char tool[PATH_MAX])
{
	static const char *const places[] = { "../tool/penstock", "../bin/penstock" };
	char self[PATH_MAX], path[PATH_MAX + 32], here[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;
	size_t n_here;

	strcpy(tool, "penstock");
	if (n <= 0)
		return;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return;
	*slash = '\0';
	for (size_t i = 0; i < PEN_COUNT(places); i++) {
		snprintf(path, sizeof(path), "%s/%s", self, places[i]);
		if (access(path, X_OK) || !realpath(path, tool))
			continue;
		n_here = getcwd(here, sizeof(here)) ? strlen(here) : 0;
		if (n_here > 1 && !strncmp(tool, here, n_here) && tool[n_here] == '/')
			memmove(tool, tool + n_here + 1, strlen(tool + n_here + 1) + 1);
		return;
	}
	strcpy(tool, "penstock");
}

static bool is_default_directory(const struct serve *serve)
{
	char *directory = NULL;
	bool is_same;

	if (pen_ncalrpc_directory(&directory, NULL))
		return false;
	is_same = !strcmp(directory, serve->ncalrpc_dir) && !getenv("PENSTOCK_NCALRPC_DIR");
	free(directory);
	return is_same;
}

static bool is_served(const struct serve *serve, const char *name)
{
	for (size_t i = 0; daemon_program(i); i++)
		if (serve->is_started[i] && !strcmp(daemon_program(i)->name, name))
			return true;
	return false;
}

static void print_endpoints(const struct serve *serve)
{
	struct pen_server_endpoint endpoint, earlier;

	printf("penstockd " PEN_VERSION " serves\n");
	for (size_t n = 0; !pen_server_endpoint(serve->server, n, &endpoint); n++) {
		bool is_known = false;

		for (size_t i = 0; i < n && !is_known; i++)
			is_known = !pen_server_endpoint(serve->server, i, &earlier) &&
				   !strcmp(earlier.interface->name, endpoint.interface->name);
		if (is_known)
			continue;
		printf("  %s\n", endpoint.interface->name);
		for (size_t i = n; !pen_server_endpoint(serve->server, i, &earlier); i++)
			if (!strcmp(earlier.interface->name, endpoint.interface->name))
				printf("    %s\n", earlier.binding);
	}
	printf("local sockets are in %s, those for smbd in %s\n", serve->ncalrpc_dir,
	       serve->np_dir);
}

/* "ncacn_ip_tcp:[135]" is where we listen; a client needs an address. */
static void print_binding(const char *binding)
{
	const char *bracket = strchr(binding, '[');
	const char *colon = strchr(binding, ':');

	if (bracket == colon + 1)
		printf("'ncacn_ip_tcp:127.0.0.1%s'", bracket);
	else
		printf("'%s'", binding);
}

static void print_lines(const struct serve *serve)
{
	char tool[PATH_MAX];

	find_tool(tool);
	printf("\nTo see it work, paste into another terminal:\n");
	if (!is_default_directory(serve))
		printf("  export PENSTOCK_NCALRPC_DIR='%s'\n", serve->ncalrpc_dir);
	if (is_served(serve, "epm"))
		printf("  %s endpoints\n", tool);
	if (serve->mapper_tcp) {
		printf("  %s endpoints ", tool);
		print_binding(serve->mapper_tcp);
		putchar('\n');
	}
	if (is_served(serve, "epm") && is_served(serve, "srvsvc")) {
		if (!serve->config->smb_conf)
			printf("  %s share add demo /tmp --remark \"our first share\"\n", tool);
		printf("  %s share ls\n", tool);
		printf("  %s call ncalrpc: srvsvc.NetrServerGetInfo '{\"Level\": 101}'\n", tool);
	}
	if (is_served(serve, "rpcecho") && is_served(serve, "epm"))
		printf("  %s call ncalrpc: rpcecho.echo_AddOne '{\"in_data\": 41}'\n", tool);
	printf("Control-C stops it.\n");
}

void greet(const struct serve *serve)
{
	print_endpoints(serve);
	print_lines(serve);
	fflush(stdout);
}
