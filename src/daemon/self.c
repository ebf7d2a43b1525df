/* SPDX-License-Identifier: MIT */
#include "daemon/self.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool self_find(const char *const *places, char path[PATH_MAX])
{
	char self[PATH_MAX], place[2 * PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n <= 0)
		return false;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return false;
	*slash = '\0';
	for (; *places; places++) {
		if (**places == '/')
			snprintf(place, sizeof(place), "%s", *places);
		else
			snprintf(place, sizeof(place), "%s/%s", self, *places);
		if (!access(place, X_OK) && realpath(place, path))
			return true;
	}
	return false;
}
