/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "daemon/confine-parts.h"
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

enum { SEGMENTS_MAX = 64, ENTRIES_MAX = 1024 };

#if __SIZEOF_POINTER__ == 8
#define OUR_CLASS ELFCLASS64
#else
#define OUR_CLASS ELFCLASS32
#endif

struct segments {
	ElfW(Phdr) list[SEGMENTS_MAX];
	size_t n;
};

static int read_at(int fd, void *to, size_t n, uint64_t offset)
{
	if (offset > INT64_MAX - n)
		return -ENOEXEC;
	return pread(fd, to, n, (off_t)offset) == (ssize_t)n ? 0 : -ENOEXEC;
}

/* A string that ends within n bytes and within the file. */
static int read_string(int fd, char *to, size_t n, uint64_t offset)
{
	ssize_t got = offset > INT64_MAX ? -1 : pread(fd, to, n, (off_t)offset);

	if (got > 0 && memchr(to, '\0', (size_t)got))
		return 0;
	to[0] = '\0';
	return -ENOEXEC;
}

static int read_segments(int fd, struct segments *segments)
{
	ElfW(Ehdr) head;
	int r = read_at(fd, &head, sizeof(head), 0);

	if (r)
		return r;
	if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != OUR_CLASS ||
	    head.e_phentsize != sizeof(ElfW(Phdr)) || head.e_phnum > SEGMENTS_MAX)
		return -ENOEXEC;
	segments->n = head.e_phnum;
	return read_at(fd, segments->list, segments->n * sizeof(ElfW(Phdr)), head.e_phoff);
}

static const ElfW(Phdr) * find_segment(const struct segments *segments, uint32_t type)
{
	for (size_t i = 0; i < segments->n; i++)
		if (segments->list[i].p_type == type)
			return &segments->list[i];
	return NULL;
}

/* Where in the file that is which will be at this address. */
static int find_offset(const struct segments *segments, uint64_t address, uint64_t *offsetp)
{
	for (size_t i = 0; i < segments->n; i++) {
		const ElfW(Phdr) *segment = &segments->list[i];

		if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
		    address - segment->p_vaddr >= segment->p_filesz)
			continue;
		*offsetp = segment->p_offset + (address - segment->p_vaddr);
		return 0;
	}
	return -ENOEXEC;
}

/* RUNPATH counts where it is there, as the dynamic linker has it. */
static int read_directories(int fd, const struct segments *segments, const ElfW(Dyn) * entries,
			    size_t n, struct confine_linkage *linkage)
{
	uint64_t strings = 0, offset = 0, path = 0;
	bool is_found = false, is_run = false;

	for (size_t i = 0; i < n && entries[i].d_tag != DT_NULL; i++) {
		if (entries[i].d_tag == DT_STRTAB)
			strings = entries[i].d_un.d_ptr;
		if (entries[i].d_tag != DT_RUNPATH && (entries[i].d_tag != DT_RPATH || is_run))
			continue;
		path = entries[i].d_un.d_val;
		is_found = true;
		is_run = entries[i].d_tag == DT_RUNPATH;
	}
	if (!is_found)
		return 0;
	if (path > INT64_MAX || strings > INT64_MAX ||
	    find_offset(segments, strings + path, &offset))
		return -ENOEXEC;
	return read_string(fd, linkage->directories, sizeof(linkage->directories), offset);
}

static int read_dynamic(int fd, const struct segments *segments, struct confine_linkage *linkage)
{
	const ElfW(Phdr) *dynamic = find_segment(segments, PT_DYNAMIC);
	pen_cleanup(pen_freep) ElfW(Dyn) *entries = NULL;
	size_t n;
	int r;

	if (!dynamic)
		return 0;
	n = dynamic->p_filesz / sizeof(*entries);
	if (!n || n > ENTRIES_MAX)
		return -ENOEXEC;
	entries = malloc(n * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	r = read_at(fd, entries, n * sizeof(*entries), dynamic->p_offset);
	return r ? r : read_directories(fd, segments, entries, n, linkage);
}

int confine_linkage_read(struct confine_linkage *linkage, int fd)
{
	struct segments segments;
	const ElfW(Phdr) * interpreter;
	int r = read_segments(fd, &segments);

	linkage->interpreter[0] = linkage->directories[0] = '\0';
	if (r)
		return r;
	interpreter = find_segment(&segments, PT_INTERP);
	if (interpreter)
		r = read_string(fd, linkage->interpreter, sizeof(linkage->interpreter),
				interpreter->p_offset);
	return r ? r : read_dynamic(fd, &segments, linkage);
}
