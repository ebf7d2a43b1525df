/* SPDX-License-Identifier: MIT */
#include "daemon/place.h"
#include "io/socket.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

size_t daemon_place_of(const char *path, char folder[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t n = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);

	if (n >= PATH_MAX)
		n = 0;
	memcpy(folder, path, n);
	folder[n] = '\0';
	return n;
}

int daemon_place_for(const char *path, char error[256])
{
	char folder[PATH_MAX];
	int r;

	if (daemon_place_of(path, folder) <= strlen("/"))
		return 0;
	/* The file keeps others out by itself; a folder that we make does so too. */
	r = pen_directory_make(folder, access(folder, F_OK) ? 0700 : 0755);
	if (r)
		snprintf(error, 256, "cannot use the directory of %s: %s", path, strerror(-r));
	return r;
}
