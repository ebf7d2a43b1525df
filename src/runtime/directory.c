/* SPDX-License-Identifier: MIT */
#include "runtime/directory.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * For a user without $XDG_RUNTIME_DIR: what penstockd makes for one, if it has. Anybody
 * may put such a name there, so it must be ours and ours alone.
 */
static char *temporary_directory(void)
{
	struct stat status;
	char *path;

	if (asprintf(&path, "/tmp/penstock-%u", (unsigned)geteuid()) < 0)
		return NULL;
	if (lstat(path, &status) || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
	    (status.st_mode & 077)) {
		free(path);
		return NULL;
	}
	return path;
}

int pen_ncalrpc_directory(char **directoryp, const char *given)
{
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	char *directory, *temporary;

	if (!given)
		given = secure_getenv("PENSTOCK_NCALRPC_DIR");
	if (!given && !geteuid())
		given = "/run/penstock/ncalrpc";
	if (given) {
		directory = strdup(given);
	} else if (!runtime) {
		temporary = temporary_directory();
		if (!temporary)
			return -ENOENT;
		if (asprintf(&directory, "%s/ncalrpc", temporary) < 0)
			directory = NULL;
		free(temporary);
	} else if (asprintf(&directory, "%s/penstock/ncalrpc", runtime) < 0) {
		directory = NULL;
	}
	if (!directory)
		return -ENOMEM;
	*directoryp = directory;
	return 0;
}
