/* SPDX-License-Identifier: MIT */
#include "daemon/relay-directory.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int relay_directory_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		r = -errno;
	else if ((st.st_uid != 0 && st.st_uid != geteuid()) || st.st_mode & (S_IWGRP | S_IWOTH))
		r = -EPERM;
	if (!r)
		return fd;
	close(fd);
	return r;
}

/* smbd makes names small, and asks for none with a point in front. */
static bool is_name(const char *name)
{
	if (*name == '.' || strlen(name) >= RELAY_NAME_SIZE)
		return false;
	while (*name && !isupper((unsigned char)*name))
		name++;
	return !*name;
}

static bool is_socket(int fd, const char *name)
{
	struct stat st;

	return !fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISSOCK(st.st_mode);
}

int relay_directory_read(struct relay_names *names, int fd)
{
	DIR *directory = fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		int r = -errno;

		close(fd);
		return r;
	}
	names->n = names->n_left = 0;
	while ((entry = readdir(directory))) {
		if (!is_name(entry->d_name) || !is_socket(fd, entry->d_name))
			continue;
		if (names->n < RELAY_NAMES_MAX)
			strcpy(names->names[names->n++], entry->d_name);
		else
			names->n_left++;
	}
	closedir(directory);
	return 0;
}
