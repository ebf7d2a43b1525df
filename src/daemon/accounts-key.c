/* SPDX-License-Identifier: MIT */
#include "daemon/accounts-key.h"
#include "base/secret.h"
#include "daemon/place.h"
#include "io/random.h"
#include "store/account.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SIZE = PEN_ACCOUNT_SECRET_SIZE,
	/* Until whoever makes it has written it. */
	WAIT_US = 10000,
	WAITS_MAX = 100,
};

static int fail(int r, char error[256], const char *path, const char *format, ...) PEN_PRINTF(4, 5);

static int fail(int r, char error[256], const char *path, const char *format, ...)
{
	int n = snprintf(error, 256, "the accounts' key %.120s ", path);
	va_list args;

	va_start(args, format);
	vsnprintf(error + n, 256 - (size_t)n, format, args);
	va_end(args);
	return r;
}

/* ---- made ---- */

/* Whether root works in a directory that is another user's, and nobody else's. */
static bool is_others(const char *directory, struct stat *place)
{
	return !geteuid() && !lstat(directory, place) && S_ISDIR(place->st_mode) && place->st_uid &&
	       !(place->st_mode & (S_IWGRP | S_IWOTH));
}

static int write_key(int fd)
{
	struct pen_random *random = pen_secret_alloc(sizeof(*random));
	uint8_t *key = pen_secret_alloc(SIZE);
	int r = random && key ? pen_random_fill(random, key, SIZE) : -ENOMEM;
	ssize_t n = 0;

	if (!r)
		n = write(fd, key, SIZE);
	if (n < 0)
		r = -errno;
	else if (!r && n != SIZE)
		r = -ENOSPC;
	if (!r && fsync(fd))
		r = -errno;
	pen_secret_free(random);
	pen_secret_free(key);
	return r;
}

/* The name is on the disk, too. */
static int sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

static int make(const char *path, char error[256])
{
	char directory[PATH_MAX];
	struct stat place;
	bool is_theirs;
	int fd, r = 0;

	if (daemon_place_of(path, directory) <= strlen("/"))
		return fail(-EINVAL, error, path, "is in no directory of its own");
	is_theirs = is_others(directory, &place);
	if (!is_theirs) {
		r = daemon_place_for(path, error);
		if (r)
			return r;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST
			       ? 0
			       : fail(-errno, error, path, "cannot be made: %s", strerror(errno));
	if (is_theirs && fchown(fd, place.st_uid, place.st_gid))
		r = -errno;
	if (!r)
		r = write_key(fd);
	if (!r)
		r = sync_directory(directory);
	close(fd);
	if (!r)
		return 0;
	unlink(path);
	return fail(r, error, path, "cannot be written: %s", strerror(-r));
}

/* ---- read ---- */

static int check(int fd, struct stat *info, const char *path, char error[256])
{
	if (fstat(fd, info))
		return fail(-errno, error, path, "cannot be read: %s", strerror(errno));
	if (!S_ISREG(info->st_mode))
		return fail(PEN_E_DENIED, error, path, "is no file");
	if (info->st_uid != geteuid() && geteuid())
		return fail(PEN_E_DENIED, error, path, "belongs to uid %u", info->st_uid);
	if (info->st_mode & (S_IRWXG | S_IRWXO))
		return fail(PEN_E_DENIED, error, path,
			    "can be read or changed by others: chmod 600 makes it private");
	return 0;
}

static int read_key(int fd, uint8_t **keyp, const char *path, char error[256])
{
	struct stat info;
	uint8_t *key;
	int r = check(fd, &info, path, error);

	for (int i = 0; i < WAITS_MAX && !r && info.st_size < SIZE; i++) {
		usleep(WAIT_US);
		r = check(fd, &info, path, error);
	}
	if (r)
		return r;
	if (info.st_size != SIZE)
		return fail(PEN_E_DENIED, error, path, "is none: it has %lld bytes, not %d",
			    (long long)info.st_size, SIZE);
	key = pen_secret_alloc(SIZE);
	if (!key)
		return fail(-ENOMEM, error, path, "cannot be read: %s", strerror(ENOMEM));
	if (read(fd, key, SIZE) != SIZE) {
		pen_secret_free(key);
		return fail(-EIO, error, path, "cannot be read");
	}
	*keyp = key;
	return 0;
}

int accounts_key_read(uint8_t **keyp, const char *path, char error[256])
{
	int fd, r;

	for (int i = 0;; i++) {
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0)
			break;
		if (errno != ENOENT || i)
			return fail(-errno, error, path, "cannot be read: %s", strerror(errno));
		r = make(path, error);
		if (r)
			return r;
	}
	r = read_key(fd, keyp, path, error);
	close(fd);
	return r;
}

int accounts_key_use(struct pen_accounts *accounts, const struct pen_crypto *crypto,
		     const uint8_t *key, const char *path, const char *key_path, char error[256])
{
	int r = pen_accounts_use_key(accounts, crypto, key);

	if (r == PEN_E_BAD_DATA)
		snprintf(error, 256, "%.70s and the key in %.70s do not belong together: %.70s",
			 path, key_path, pen_accounts_error(accounts));
	else if (r)
		snprintf(error, 256, "%.100s: %.140s", path,
			 r == PEN_E_UNSUPPORTED ? "libcrypto has no AES in Galois/counter mode"
			 : r == -EIO		? pen_accounts_error(accounts)
			 : r < 0		? strerror(-r)
						: pen_error_name(r));
	return r;
}
