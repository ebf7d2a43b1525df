/* SPDX-License-Identifier: MIT */
#include "np/agent.h"
#include "object/name.h"
#include <errno.h>
#include <penstock/section.h>
#include <penstock/status.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ASK_MS = 10000, N_PARTS = 2 };

struct pen_section {
	int memory;
	int life; /* the handle's: the object manager sees when it is closed */
	uint32_t granted;
	uint64_t size;
};

static uint32_t take(struct pen_section **sectionp, struct pen_answer *answer)
{
	const struct object_section *said = &answer->reply.body.section;
	struct pen_section *section = malloc(sizeof(*section));

	if (!section)
		return PEN_STATUS_NO_MEMORY;
	if (answer->fds.n != N_PARTS) {
		free(section);
		return PEN_STATUS_UNEXPECTED_NETWORK_ERROR;
	}
	*section = (struct pen_section){ answer->fds.fds[0], answer->fds.fds[1], said->granted,
					 (uint64_t)said->size };
	answer->fds.n = 0;
	*sectionp = section;
	return PEN_STATUS_SUCCESS;
}

static uint32_t ask(struct pen_section **sectionp, const char *directory,
		    const struct object_request *request)
{
	struct pen_answer answer;
	uint32_t status = pen_agent_ask(directory, request, NULL, ASK_MS, &answer), taken;

	if (!pen_ntstatus_is_error(status)) {
		taken = take(sectionp, &answer);
		if (taken)
			status = taken;
	}
	pen_answer_done(&answer);
	return status;
}

uint32_t pen_section_create(struct pen_section **sectionp, const char *name, uint64_t size,
			    const struct pen_section_config *config)
{
	static const struct pen_section_config none;
	struct object_request request = { .verb = object_CREATE_SECTION };
	struct object_create_section *body = &request.body.create_section;
	uint32_t status = PEN_STATUS_SUCCESS;
	struct pen_buffer security;
	struct pen_arena arena;

	if (!config)
		config = &none;
	pen_arena_init(&arena, 1 << 16);
	pen_buffer_init(&security, object_DESCRIPTOR_MAX);
	body->access = config->access ? config->access : PEN_SECTION_ALL_ACCESS;
	body->size = (int64_t)size;
	body->protection = config->protection ? config->protection : PEN_SECTION_READ_WRITE;
	if (!size || size > INT64_MAX)
		status = PEN_STATUS_INVALID_PARAMETER;
	else if (name)
		status = pen_name_parse_section(name, PEN_NAME_OWN_SESSION, &arena, &body->name);
	if (!status && config->descriptor && pen_descriptor_put(config->descriptor, &security))
		status = PEN_STATUS_INVALID_SECURITY_DESCR;
	body->security = (struct object_security){ (uint32_t)security.size, security.data };
	if (!status)
		status = ask(sectionp, config->objects_dir, &request);
	pen_buffer_done(&security);
	pen_arena_done(&arena);
	return status;
}

uint32_t pen_section_open(struct pen_section **sectionp, const char *name, uint32_t access,
			  const char *objects_dir)
{
	struct object_request request = { .verb = object_OPEN_SECTION };
	struct object_open_section *body = &request.body.open_section;
	struct pen_arena arena;
	uint32_t status = PEN_STATUS_OBJECT_NAME_INVALID;

	pen_arena_init(&arena, 1 << 16);
	body->access = access;
	if (name)
		status = pen_name_parse_section(name, PEN_NAME_OWN_SESSION, &arena, &body->name);
	if (!status)
		status = ask(sectionp, objects_dir, &request);
	pen_arena_done(&arena);
	return status;
}

struct pen_section *pen_section_free(struct pen_section *section)
{
	if (!section)
		return NULL;
	close(section->memory);
	close(section->life);
	free(section);
	return NULL;
}

uint64_t pen_section_size(const struct pen_section *section)
{
	return section->size;
}

uint32_t pen_section_access(const struct pen_section *section)
{
	return section->granted;
}

uint32_t pen_section_map(struct pen_section *section, uint32_t access, uint64_t offset, size_t n,
			 void **memoryp, size_t *np)
{
	int protection = (access & PEN_SECTION_MAP_WRITE ? PROT_READ | PROT_WRITE : PROT_READ) |
			 (access & PEN_SECTION_MAP_EXECUTE ? PROT_EXEC : 0);
	void *memory;

	if (access & ~section->granted)
		return PEN_STATUS_ACCESS_DENIED;
	if (offset % (uint64_t)sysconf(_SC_PAGESIZE))
		return PEN_STATUS_MAPPED_ALIGNMENT;
	if (offset >= section->size || n > section->size - offset)
		return PEN_STATUS_INVALID_VIEW_SIZE;
	if (!n)
		n = (size_t)(section->size - offset);
	memory = mmap(NULL, n, protection, MAP_SHARED, section->memory, (off_t)offset);
	if (memory == MAP_FAILED)
		return errno == ENOMEM ? PEN_STATUS_NO_MEMORY : PEN_STATUS_ACCESS_DENIED;
	*memoryp = memory;
	*np = n;
	return PEN_STATUS_SUCCESS;
}

uint32_t pen_section_unmap(void *memory, size_t n)
{
	return munmap(memory, n) ? PEN_STATUS_NOT_MAPPED_VIEW : PEN_STATUS_SUCCESS;
}
