/* SPDX-License-Identifier: MIT */
#include "io/directory.h"
#include "base/cleanup.h"
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

/* What is relative means nothing, as the XDG Base Directory Specification says. */
int pen_directory_users(char **directoryp, bool may_be_missing)
{
	const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
	char temporary[64];
	int r;

	if (runtime && *runtime == '/')
		return asprintf(directoryp, "%s/penstock", runtime) < 0 ? -ENOMEM : 0;
	snprintf(temporary, sizeof(temporary), "/tmp/penstock-%u", (unsigned)geteuid());
	r = check_temporary(temporary, may_be_missing);
	if (r)
		return r;
	*directoryp = strdup(temporary);
	return *directoryp ? 0 : -ENOMEM;
}

/* Below that. */
static int find_below(char **directoryp, const struct pen_directory *directory)
{
	pen_cleanup(pen_freep) char *users = NULL;
	const char *slash = *directory->below ? "/" : "";
	int r = pen_directory_users(&users, directory->may_be_missing);

	if (r)
		return r;
	return asprintf(directoryp, "%s%s%s", users, slash, directory->below) < 0 ? -ENOMEM : 0;
}

int pen_directory_find(char **directoryp, const struct pen_directory *directory)
{
	const char *given = directory->given;

	if (!given)
		given = secure_getenv(directory->variable);
	if (!given && !geteuid())
		given = directory->system;
	if (!given)
		return find_below(directoryp, directory);
	*directoryp = strdup(given);
	return *directoryp ? 0 : -ENOMEM;
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
