/* SPDX-License-Identifier: MIT */
#include "daemon/place.h"
#include "io/socket.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int daemon_place_for(const char *path, char error[256])
{
	const char *slash = strrchr(path, '/');
	char directory[4096];
	int r;

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(directory))
		return 0;
	memcpy(directory, path, (size_t)(slash - path));
	directory[slash - path] = '\0';
	/* The file keeps others out by itself; a folder that we make does so too. */
	r = pen_directory_make(directory, access(directory, F_OK) ? 0700 : 0755);
	if (r)
		snprintf(error, 256, "cannot use the directory of %s: %s", path, strerror(-r));
	return r;
}
