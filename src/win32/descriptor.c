/* SPDX-License-Identifier: MIT */
#include "win32/descriptor.h"

#include "win32/error.h"
#include "win32/text.h"

#include <errno.h>
#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/status.h>
#include <penstock/win32.h>

enum { SD_HEAD = 20, SD_MAX = 0x40000 };

/* A self-relative descriptor's header [MS-DTYP 2.4.6]; little-endian there, and so here. */
struct relative {
	BYTE revision;
	BYTE sbz1;
	WORD control;
	DWORD owner;
	DWORD group;
	DWORD sacl;
	DWORD dacl;
};

static size_t sid_size(const void *sid)
{
	return sid ? 8 + 4 * (size_t)((const BYTE *)sid)[1] : 0;
}

static size_t acl_size(const void *acl)
{
	return acl ? ((const ACL *)acl)->AclSize : 0;
}

static const void *part_of(const struct relative *head, DWORD offset)
{
	return offset ? (const BYTE *)head + offset : NULL;
}

/* The parts of either form. */
static void descriptor_parts(PSECURITY_DESCRIPTOR from, SECURITY_DESCRIPTOR *parts)
{
	const struct relative *head = from;

	*parts = (SECURITY_DESCRIPTOR){ 0 };
	if (!(head->control & SE_SELF_RELATIVE)) {
		*parts = *(SECURITY_DESCRIPTOR *)from;
		return;
	}
	parts->Revision = head->revision;
	parts->Sbz1 = head->sbz1;
	parts->Control = head->control;
	parts->Owner = (PSID)part_of(head, head->owner);
	parts->Group = (PSID)part_of(head, head->group);
	parts->Sacl = (PACL)part_of(head, head->sacl);
	parts->Dacl = (PACL)part_of(head, head->dacl);
}

/* Appends a part, and says where it is. */
static DWORD part_add(struct pen_buffer *buffer, const void *part, size_t n, int *errorp)
{
	DWORD at = buffer->size;

	if (!part)
		return 0;
	*errorp |= pen_buffer_add(buffer, part, n);
	return at;
}

uint32_t win_descriptor_get(struct pen_descriptor *descriptor, struct pen_arena *arena,
			    PSECURITY_DESCRIPTOR from)
{
	struct relative head = { .revision = SECURITY_DESCRIPTOR_REVISION };
	struct pen_buffer buffer;
	SECURITY_DESCRIPTOR parts;
	int r;

	descriptor_parts(from, &parts);
	if (parts.Revision != SECURITY_DESCRIPTOR_REVISION)
		return PEN_STATUS_UNKNOWN_REVISION;
	pen_buffer_init(&buffer, SD_MAX);
	r = pen_buffer_add(&buffer, &head, SD_HEAD);
	head.control = parts.Control | SE_SELF_RELATIVE;
	head.sbz1 = parts.Sbz1;
	if (parts.Control & PEN_SACL_PRESENT)
		head.sacl = part_add(&buffer, parts.Sacl, acl_size(parts.Sacl), &r);
	if (parts.Control & PEN_DACL_PRESENT)
		head.dacl = part_add(&buffer, parts.Dacl, acl_size(parts.Dacl), &r);
	head.owner = part_add(&buffer, parts.Owner, sid_size(parts.Owner), &r);
	head.group = part_add(&buffer, parts.Group, sid_size(parts.Group), &r);
	if (!r) {
		memcpy(buffer.data, &head, SD_HEAD);
		/* The arena keeps the bytes that the descriptor may point to. */
		const void *copy = pen_arena_copy(arena, buffer.data, buffer.size);

		r = copy ? pen_descriptor_get(descriptor, arena, copy, buffer.size) : -ENOMEM;
	}
	pen_buffer_done(&buffer);
	return !r ? 0 : r == -ENOMEM ? PEN_STATUS_NO_MEMORY : PEN_STATUS_INVALID_SECURITY_DESCR;
}

/* ---- Win32's ---- */

BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision)
{
	if (revision != SECURITY_DESCRIPTOR_REVISION)
		return !win_set_error(PEN_STATUS_UNKNOWN_REVISION);
	*(SECURITY_DESCRIPTOR *)descriptor = (SECURITY_DESCRIPTOR){ .Revision = revision };
	return TRUE;
}

BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pointer, BOOL is_present, PACL dacl,
				      BOOL is_defaulted)
{
	SECURITY_DESCRIPTOR *descriptor = pointer;

	if (descriptor->Revision != SECURITY_DESCRIPTOR_REVISION)
		return !win_set_error(PEN_STATUS_UNKNOWN_REVISION);
	if (descriptor->Control & SE_SELF_RELATIVE)
		return !win_set_error(PEN_STATUS_INVALID_SECURITY_DESCR);
	descriptor->Control &= ~(PEN_DACL_PRESENT | PEN_DACL_DEFAULTED);
	if (is_present)
		descriptor->Control |= PEN_DACL_PRESENT;
	if (is_defaulted)
		descriptor->Control |= PEN_DACL_DEFAULTED;
	descriptor->Dacl = is_present ? dacl : NULL;
	return TRUE;
}

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR text, DWORD revision,
								 PSECURITY_DESCRIPTOR *descriptorp,
								 PULONG sizep)
{
	struct pen_descriptor descriptor;
	struct pen_buffer buffer;
	struct pen_arena arena;
	void *bytes;
	int r;

	if (!text || !descriptorp || revision != SDDL_REVISION_1) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return FALSE;
	}
	pen_arena_init(&arena, 0);
	pen_buffer_init(&buffer, SD_MAX);
	r = pen_sddl_parse(&descriptor, &arena, text, NULL, NULL);
	if (!r)
		r = pen_descriptor_put(&descriptor, &buffer);
	bytes = r ? NULL : LocalAlloc(LMEM_FIXED, buffer.size);
	if (bytes) {
		memcpy(bytes, buffer.data, buffer.size);
		*descriptorp = bytes;
		if (sizep)
			*sizep = buffer.size;
	} else {
		SetLastError(r == PEN_E_SYNTAX	      ? ERROR_INVALID_PARAMETER
			     : r == PEN_E_UNSUPPORTED ? ERROR_NOT_SUPPORTED
						      : ERROR_NOT_ENOUGH_MEMORY);
	}
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
	return bytes != NULL;
}

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR units, DWORD revision,
								 PSECURITY_DESCRIPTOR *descriptorp,
								 PULONG sizep)
{
	BOOL is_done;
	char *text;

	if (win_set_error(win_text_get(units, &text)))
		return FALSE;
	is_done = ConvertStringSecurityDescriptorToSecurityDescriptorA(text, revision, descriptorp,
								       sizep);
	free(text);
	return is_done;
}
