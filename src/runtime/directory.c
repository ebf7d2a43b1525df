/* SPDX-License-Identifier: MIT */
#include "runtime/directory.h"
#include "io/directory.h"
#include <errno.h>

int pen_ncalrpc_directory(char **directoryp, const char *given)
{
	const struct pen_directory directory = {
		.given = given,
		.variable = "PENSTOCK_NCALRPC_DIR",
		.system = "/run/penstock/ncalrpc",
		.below = "ncalrpc",
	};
	int r = pen_directory_find(directoryp, &directory);

	return r == -EPERM ? -ENOENT : r;
}
