/* SPDX-License-Identifier: MIT */
#include "io/notify.h"
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path, or after an @ a name that is in no directory. */
static int find_address(const char *text, struct sockaddr_un *address, socklen_t *sizep)
{
	size_t n = strlen(text);

	if ((*text != '/' && *text != '@') || n < 2)
		return -EAFNOSUPPORT;
	if (n >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, text, n);
	if (*text == '@')
		address->sun_path[0] = '\0';
	*sizep = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return 0;
}

int pen_notify(const char *lines)
{
	const char *text = secure_getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t size;
	int fd, r;

	if (!text || !*text)
		return 0;
	r = find_address(text, &address, &size);
	if (r)
		return r;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, lines, strlen(lines), MSG_NOSIGNAL, (struct sockaddr *)&address, size) < 0)
		r = -errno;
	close(fd);
	return r;
}
