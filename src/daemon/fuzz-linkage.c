/* SPDX-License-Identifier: MIT */
/*
 * A program's file, whatever is in it, says what it is linked with in strings that end.
 */
#include "daemon/confine-parts.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct confine_linkage linkage;
	int fd = memfd_create("linkage", MFD_CLOEXEC);
	int r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	memset(&linkage, 1, sizeof(linkage));
	r = confine_linkage_read(&linkage, fd);
	if ((r && r != -ENOEXEC) ||
	    !memchr(linkage.interpreter, '\0', sizeof(linkage.interpreter)) ||
	    !memchr(linkage.directories, '\0', sizeof(linkage.directories)))
		abort();
	close(fd);
	return 0;
}
