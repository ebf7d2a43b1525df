/* SPDX-License-Identifier: MIT */
#include "runtime/private-file.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/ndr.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int explain(struct pen_ndr_error *error, int result, const char *format, ...)
	PEN_PRINTF(3, 4);

static int explain(struct pen_ndr_error *error, int result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return result;
}

static int check(int fd, const char *what, const char *path, struct pen_ndr_error *error)
{
	struct stat st;

	if (fstat(fd, &st))
		return explain(error, -errno, "%s %.80s: %s", what, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return explain(error, PEN_E_DENIED, "%s %.80s is not a file", what, path);
	if (st.st_uid != geteuid())
		return explain(error, PEN_E_DENIED, "%s %.80s belongs to uid %u", what, path,
			       st.st_uid);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return explain(error, PEN_E_DENIED,
			       "%s %.80s can be read or changed by others: chmod 600 "
			       "makes it private",
			       what, path);
	return 0;
}

int pen_private_file_open(int *fdp, const char *what, const char *path, struct pen_ndr_error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		      0600);
	int r;

	if (fd < 0)
		return explain(error, -errno, "%s %.80s: %s", what, path, strerror(errno));
	r = check(fd, what, path, error);
	if (r) {
		close(fd);
		return r;
	}
	*fdp = fd;
	return 0;
}
