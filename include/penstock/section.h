/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_SECTION_H
#define PENSTOCK_SECTION_H
/*
 * Sections: memory that processes share by a name, with a descriptor that says who may
 * (docs/pipes.md). "Global\NAME" is the machine's, "Local\NAME" and a bare "NAME" the session's
 * own, "Session\N\NAME" another session's, "\BaseNamedObjects\NAME" NT's own way to say it.
 *
 * Functions return NTSTATUS codes. A section lives as long as a handle of it does, and its
 * memory as long as it is mapped.
 */
#include <penstock/security.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_section;

/* Rights of a section's own [MS-DTYP 2.4.3; winnt.h]. */
#define PEN_SECTION_QUERY	UINT32_C(0x1)
#define PEN_SECTION_MAP_WRITE	UINT32_C(0x2)
#define PEN_SECTION_MAP_READ	UINT32_C(0x4)
#define PEN_SECTION_MAP_EXECUTE UINT32_C(0x8)
#define PEN_SECTION_ALL_ACCESS	UINT32_C(0xf001f)

enum { PEN_SECTION_READ_ONLY = 2, PEN_SECTION_READ_WRITE = 4 }; /* PAGE_ */

struct pen_section_config {
	uint32_t access;     /* desired; 0: PEN_SECTION_ALL_ACCESS */
	uint32_t protection; /* PEN_SECTION_READ_ONLY, PEN_SECTION_READ_WRITE; 0: the latter */
	/* NULL: full for the system, administrators and the owner. */
	const struct pen_descriptor *descriptor;
	const char *objects_dir; /* as of struct pen_pipe_config */
};

/*
 * Creates a section of so many bytes; name NULL: one without a name. With OBJECT_NAME_EXISTS, which
 * is no error, it was there, as large as it was. OBJECT_NAME_INVALID, OBJECT_PATH_NOT_FOUND;
 * ACCESS_DENIED: also to make one in the global directory from another session than 0 without the
 * privilege; OBJECT_TYPE_MISMATCH; INVALID_PARAMETER: no size; SECTION_TOO_BIG.
 */
uint32_t pen_section_create(struct pen_section **sectionp, const char *name, uint64_t size,
			    const struct pen_section_config *config);

/* OBJECT_NAME_NOT_FOUND, ACCESS_DENIED, OBJECT_TYPE_MISMATCH. */
uint32_t pen_section_open(struct pen_section **sectionp, const char *name, uint32_t access,
			  const char *objects_dir);

struct pen_section *pen_section_free(struct pen_section *section);

uint64_t pen_section_size(const struct pen_section *section);
uint32_t pen_section_access(const struct pen_section *section);

/*
 * Maps n bytes (0: all the rest) from an offset, a multiple of the page size; access is
 * PEN_SECTION_MAP_ bits. What was opened for reading cannot be made writable by mprotect.
 * ACCESS_DENIED; INVALID_VIEW_SIZE: beyond its end; MAPPED_ALIGNMENT.
 */
uint32_t pen_section_map(struct pen_section *section, uint32_t access, uint64_t offset, size_t n,
			 void **memoryp, size_t *np);
uint32_t pen_section_unmap(void *memory, size_t n);

#ifdef __cplusplus
}
#endif
#endif
