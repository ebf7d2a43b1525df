/* SPDX-License-Identifier: MIT */
/*
 * What a descriptor is of. The kernel says it by a file's mode, and of what has no file by a name:
 * none of that asks a file system, which may be a user's own and never answer.
 */
#include "io/foul.h"
#include "io/passage.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Of access masks [MS-DTYP 2.4.3], those of files [MS-SMB2 2.2.13.1.1] and of sections. */
enum {
	GENERIC_ALL = 0x10000000,
	GENERIC_WRITE = 0x40000000,
	FILE_READ_DATA = 0x1,
	FILE_WRITE_DATA = 0x2,
	FILE_APPEND_DATA = 0x4,
	SECTION_MAP_WRITE = 0x2,
	SECTION_MAP_READ = 0x4,
};

#define GENERIC_READ 0x80000000U

/* One that counts down by one at a time; the kernel tells since 6.5, and before that nobody can. */
static bool is_semaphore(int fd, bool otherwise)
{
	char path[40];
	char text[512];
	const char *line;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		return otherwise;
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	line = strstr(text, "eventfd-semaphore: ");
	return line ? line[strlen("eventfd-semaphore: ")] == '1' : otherwise;
}

static bool is_kind(int fd, enum pen_system_handle_kind kind)
{
	struct statx info;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &info))
		return false;
	switch (kind) {
	case PEN_SH_FILE:
		return S_ISREG(info.stx_mode) || S_ISDIR(info.stx_mode) || S_ISCHR(info.stx_mode) ||
		       S_ISBLK(info.stx_mode);
	case PEN_SH_PIPE:
		return S_ISFIFO(info.stx_mode) || S_ISSOCK(info.stx_mode);
	case PEN_SH_SOCKET:
		return S_ISSOCK(info.stx_mode);
	case PEN_SH_SECTION:
		return S_ISREG(info.stx_mode) && fcntl(fd, F_GET_SEALS) >= 0;
	case PEN_SH_EVENT:
		return pen_fd_is_anonymous(fd, "[eventfd]") && !is_semaphore(fd, false);
	case PEN_SH_SEMAPHORE:
		return pen_fd_is_anonymous(fd, "[eventfd]") && is_semaphore(fd, true);
	case PEN_SH_PROCESS:
		return pen_fd_is_anonymous(fd, "[pidfd]");
	default:
		return false;
	}
}

static bool is_open_for(int fd, enum pen_system_handle_kind kind, uint32_t access)
{
	bool is_section = kind == PEN_SH_SECTION;
	uint32_t read = is_section ? SECTION_MAP_READ : FILE_READ_DATA;
	uint32_t write = is_section ? SECTION_MAP_WRITE : FILE_WRITE_DATA | FILE_APPEND_DATA;
	bool reads = access & (read | GENERIC_READ | GENERIC_ALL);
	bool writes = access & (write | GENERIC_WRITE | GENERIC_ALL);
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || flags & O_PATH)
		return false;
	return (flags & O_ACCMODE) == (reads && writes ? O_RDWR : writes ? O_WRONLY : O_RDONLY);
}

bool pen_fd_is(int fd, const struct pen_type *type)
{
	enum pen_system_handle_kind kind = type->system_handle;

	return is_kind(fd, kind) && (!type->access || is_open_for(fd, kind, type->access));
}
