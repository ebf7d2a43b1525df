/* SPDX-License-Identifier: MIT */
#include "daemon/greet.h"
#include "daemon/self.h"
#include "runtime/directory.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As short as it can be pasted. */
static void find_tool(char tool[PATH_MAX])
{
	static const char *const places[] = { "../tool/penstock", "../bin/penstock", NULL };
	char here[PATH_MAX];
	size_t n;

	if (!self_find(places, tool)) {
		strcpy(tool, "penstock");
		return;
	}
	n = getcwd(here, sizeof(here)) ? strlen(here) : 0;
	if (n > 1 && !strncmp(tool, here, n) && tool[n] == '/')
		memmove(tool, tool + n + 1, strlen(tool + n + 1) + 1);
}

static bool is_default_directory(const struct greeting *greeting)
{
	char *directory = NULL;
	bool is_same;

	if (pen_ncalrpc_directory(&directory, NULL))
		return false;
	is_same = !strcmp(directory, greeting->ncalrpc_dir) && !getenv("PENSTOCK_NCALRPC_DIR");
	free(directory);
	return is_same;
}

static bool is_served(const struct greeting *greeting, const char *name)
{
	for (uint32_t i = 0; i < greeting->table->n; i++)
		if (!strcmp(greeting->table->entries[i].name, name))
			return true;
	return false;
}

static const char *mapper_of(const struct greeting *greeting)
{
	for (uint32_t i = 0; i < greeting->table->n; i++) {
		const struct worker_served *entry = &greeting->table->entries[i];

		if (!strcmp(entry->name, "epm") && !strncmp(entry->binding, "ncacn_ip_tcp:", 13))
			return entry->binding;
	}
	return NULL;
}

static bool is_told(const struct worker_table *table, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(table->entries[i].name, table->entries[n].name))
			return true;
	return false;
}

static void print_endpoints(const struct greeting *greeting)
{
	const char *page = greeting->config->status_listen;
	const struct worker_table *table = greeting->table;

	printf("penstockd " PEN_VERSION " serves\n");
	for (uint32_t n = 0; n < table->n; n++) {
		if (is_told(table, n))
			continue;
		printf("  %s\n", table->entries[n].name);
		for (uint32_t i = n; i < table->n; i++)
			if (!strcmp(table->entries[i].name, table->entries[n].name))
				printf("    %s\n", table->entries[i].binding);
	}
	printf("local sockets are in %s, those for smbd in %s\n", greeting->ncalrpc_dir,
	       greeting->np_dir);
	if (strcmp(page, "none") != 0)
		printf("the status page is %s%s\n", *page == '/' ? "at " : "http://", page);
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

static void print_lines(const struct greeting *greeting)
{
	const char *mapper = mapper_of(greeting);
	char tool[PATH_MAX];

	find_tool(tool);
	printf("\nTo see it work, paste into another terminal:\n");
	if (!is_default_directory(greeting))
		printf("  export PENSTOCK_NCALRPC_DIR='%s'\n", greeting->ncalrpc_dir);
	if (is_served(greeting, "epm"))
		printf("  %s endpoints\n", tool);
	if (mapper) {
		printf("  %s endpoints ", tool);
		print_binding(mapper);
		putchar('\n');
	}
	if (is_served(greeting, "epm") && is_served(greeting, "srvsvc")) {
		if (!greeting->config->smb_conf)
			printf("  %s share add demo /tmp --remark \"our first share\"\n", tool);
		printf("  %s share ls\n", tool);
		printf("  %s call ncalrpc: srvsvc.NetrServerGetInfo '{\"Level\": 101}'\n", tool);
	}
	if (is_served(greeting, "rpcecho") && is_served(greeting, "epm"))
		printf("  %s call ncalrpc: rpcecho.echo_AddOne '{\"in_data\": 41}'\n", tool);
	printf("  %s status\n", tool);
	printf("Control-C stops it.\n");
}

void greet(const struct greeting *greeting)
{
	print_endpoints(greeting);
	print_lines(greeting);
	fflush(stdout);
}
