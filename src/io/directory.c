/* SPDX-License-Identifier: MIT */
#include "io/directory.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * For a user without $XDG_RUNTIME_DIR. Anybody may put such a name there, so it must be ours
 * and ours alone.
 */
static int check_temporary(const char *path, bool may_be_missing)
{
	struct stat status;

	if (lstat(path, &status))
		return errno == ENOENT && may_be_missing ? 0 : -errno;
	if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || status.st_mode & 077)
		return -EPERM;
	return 0;
}

static int find_temporary(char **directoryp, const struct pen_directory *directory)
{
	const char *slash = *directory->below ? "/" : "";
	char parent[64];
	int r;

	snprintf(parent, sizeof(parent), "/tmp/penstock-%u", (unsigned)geteuid());
	r = check_temporary(parent, directory->may_be_missing);
	if (r)
		return r;
	return asprintf(directoryp, "%s%s%s", parent, slash, directory->below) < 0 ? -ENOMEM : 0;
}

int pen_directory_find(char **directoryp, const struct pen_directory *directory)
{
	const char *slash = *directory->below ? "/" : "";
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	const char *given = directory->given;
	char *path;
	int r = 0;

	if (!given)
		given = secure_getenv(directory->variable);
	if (!given && !geteuid())
		given = directory->system;
	if (given) {
		path = strdup(given);
		r = path ? 0 : -ENOMEM;
	} else if (!runtime) {
		r = find_temporary(&path, directory);
	} else if (asprintf(&path, "%s/penstock%s%s", runtime, slash, directory->below) < 0) {
		r = -ENOMEM;
	}
	if (!r)
		*directoryp = path;
	return r;
}

int pen_objects_directory(char **directoryp, const char *given)
{
	const struct pen_directory directory = {
		.given = given,
		.variable = "PENSTOCK_OBJECTS_DIR",
		.system = "/run/penstock",
		.below = "",
		.may_be_missing = true,
	};

	return pen_directory_find(directoryp, &directory);
}
