/* SPDX-License-Identifier: MIT */
#include "runtime/directory.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int pen_ncalrpc_directory(char **directoryp, const char *given)
{
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	char *directory;

	if (!given)
		given = secure_getenv("PENSTOCK_NCALRPC_DIR");
	if (!given && !geteuid())
		given = "/run/penstock/ncalrpc";
	if (given)
		directory = strdup(given);
	else if (!runtime)
		return -ENOENT;
	else if (asprintf(&directory, "%s/penstock/ncalrpc", runtime) < 0)
		directory = NULL;
	if (!directory)
		return -ENOMEM;
	*directoryp = directory;
	return 0;
}
