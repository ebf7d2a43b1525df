/* SPDX-License-Identifier: MIT */
#include "object/guard.h"
#include "base/cleanup.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/status-codes.h>
#include <string.h>

#define SECTION_ALL UINT32_C(0xf001f)
#define SETTABLE    (uint32_t)(PEN_GUARD_OWNER | PEN_GUARD_GROUP | PEN_GUARD_DACL | PEN_GUARD_SACL)

const struct pen_guard_kind pen_guard_pipe = {
	.mapping = { PEN_FILE_GENERIC_READ, PEN_FILE_GENERIC_WRITE, PEN_FILE_GENERIC_EXECUTE,
		     PEN_FILE_ALL_ACCESS },
	.full = PEN_FILE_ALL_ACCESS,
	.public = PEN_FILE_GENERIC_READ,
};

const struct pen_guard_kind pen_guard_section = {
	.mapping = { 0x20005, 0x20002, 0x20008, SECTION_ALL },
	.full = SECTION_ALL,
};

void pen_guard_done(struct pen_guard *guard)
{
	free(guard->bytes);
	*guard = (struct pen_guard){ 0 };
}

static uint32_t status_of(int r)
{
	return r == -ENOMEM ? PEN_STATUS_NO_MEMORY : PEN_STATUS_INVALID_SECURITY_DESCR;
}

/* ---- parts ---- */

/* Generic rights become the kind's [S8], as they do when NT takes a list. */
static void map_list(const struct pen_acl *acl, const struct pen_generic_mapping *mapping)
{
	for (size_t i = 0; acl && i < acl->n_aces; i++)
		if (!(acl->aces[i].flags & PEN_ACE_INHERIT_ONLY))
			acl->aces[i].mask = pen_access_map(acl->aces[i].mask, mapping);
}

static int default_list(struct pen_descriptor *descriptor, const struct pen_guard_kind *kind,
			struct pen_arena *scratch)
{
	const struct pen_ace aces[] = {
		{ .mask = kind->full, .sid = pen_sid_system },
		{ .mask = kind->full, .sid = pen_sid_administrators },
		{ .mask = kind->full, .sid = *descriptor->owner },
		{ .mask = kind->public, .sid = pen_sid_everyone },
		{ .mask = kind->public, .sid = pen_sid_anonymous },
	};
	struct pen_acl *acl = pen_arena_zalloc(scratch, sizeof(*acl));

	if (!acl)
		return -ENOMEM;
	acl->revision = PEN_ACL_REVISION;
	acl->n_aces = kind->public ? 5 : 3;
	acl->aces = pen_arena_copy(scratch, aces, acl->n_aces * sizeof(*aces));
	descriptor->dacl = acl;
	descriptor->control |= PEN_DACL_PRESENT | PEN_DACL_DEFAULTED;
	return acl->aces ? 0 : -ENOMEM;
}

/* One's own SIDs, or with the privilege to restore, anybody's. */
static bool may_own(const struct pen_token *token, const struct pen_sid *owner)
{
	return owner && (pen_token_has_sid(token, owner) ||
			 pen_token_has_privilege(token, PEN_PRIVILEGE_RESTORE));
}

static int keep(struct pen_guard *guard, const struct pen_descriptor *descriptor)
{
	struct pen_buffer buffer;
	int r;

	pen_buffer_init(&buffer, object_DESCRIPTOR_MAX);
	r = pen_descriptor_put(descriptor, &buffer);
	if (r) {
		pen_buffer_done(&buffer);
		return r;
	}
	free(guard->bytes);
	guard->n = (uint32_t)buffer.size;
	guard->bytes = realloc(buffer.data, buffer.size);
	if (!guard->bytes)
		guard->bytes = buffer.data; /* as large as it was */
	return 0;
}

static uint32_t keep_status(struct pen_guard *guard, const struct pen_descriptor *descriptor)
{
	int r = keep(guard, descriptor);

	if (!r)
		return PEN_STATUS_SUCCESS;
	return r == PEN_E_LIMIT ? PEN_STATUS_INSUFFICIENT_RESOURCES : status_of(r);
}

static int read_given(struct pen_descriptor *descriptor, const struct object_security *given,
		      struct pen_arena *scratch)
{
	*descriptor = (struct pen_descriptor){ 0 };
	return given->n ? pen_descriptor_get(descriptor, scratch, given->bytes, given->n) : 0;
}

uint32_t pen_guard_init(struct pen_guard *guard, const struct pen_guard_kind *kind,
			const struct pen_token *creator, const struct object_security *given,
			struct pen_arena *scratch)
{
	const struct pen_token_info *info = pen_token_info(creator);
	struct pen_descriptor descriptor;
	int r = read_given(&descriptor, given, scratch);

	if (r)
		return status_of(r);
	if (!descriptor.owner)
		descriptor.owner = pen_token_user(creator);
	if (!descriptor.group)
		descriptor.group =
			info->primary_group.revision ? &info->primary_group : descriptor.owner;
	if (!may_own(creator, descriptor.owner))
		return PEN_STATUS_INVALID_OWNER;
	if (descriptor.control & PEN_SACL_PRESENT &&
	    !pen_token_has_privilege(creator, PEN_PRIVILEGE_SECURITY))
		return PEN_STATUS_PRIVILEGE_NOT_HELD;
	if (!(descriptor.control & PEN_DACL_PRESENT) && default_list(&descriptor, kind, scratch))
		return PEN_STATUS_NO_MEMORY;
	map_list(descriptor.dacl, &kind->mapping);
	map_list(descriptor.sacl, &kind->mapping);
	return keep_status(guard, &descriptor);
}

uint32_t pen_guard_check(const struct pen_guard *guard, const struct pen_guard_kind *kind,
			 const struct pen_token *token, uint32_t desired, struct pen_arena *scratch,
			 uint32_t *grantedp)
{
	struct pen_descriptor descriptor;
	int r = pen_descriptor_get(&descriptor, scratch, guard->bytes, guard->n);

	if (r)
		return status_of(r);
	return pen_token_access_check(token, &descriptor, &kind->mapping, desired, grantedp)
		       ? PEN_STATUS_ACCESS_DENIED
		       : PEN_STATUS_SUCCESS;
}

/* ---- asked for and set ---- */

uint32_t pen_guard_query(const struct pen_guard *guard, uint32_t which, uint32_t granted,
			 struct pen_arena *arena, struct object_security *security)
{
	struct pen_descriptor descriptor;
	struct pen_buffer buffer;
	int r;

	if (which & ~SETTABLE)
		return PEN_STATUS_NOT_SUPPORTED;
	if (which & ~(uint32_t)PEN_GUARD_SACL && !(granted & PEN_ACCESS_READ_CONTROL))
		return PEN_STATUS_ACCESS_DENIED;
	if (which & PEN_GUARD_SACL && !(granted & PEN_ACCESS_SYSTEM_SECURITY))
		return PEN_STATUS_ACCESS_DENIED;
	r = pen_descriptor_get(&descriptor, arena, guard->bytes, guard->n);
	if (r)
		return status_of(r);
	if (!(which & PEN_GUARD_OWNER))
		descriptor.owner = NULL;
	if (!(which & PEN_GUARD_GROUP))
		descriptor.group = NULL;
	if (!(which & PEN_GUARD_DACL)) {
		descriptor.dacl = NULL;
		descriptor.control &= (uint16_t) ~(PEN_DACL_PRESENT | PEN_DACL_DEFAULTED);
	}
	if (!(which & PEN_GUARD_SACL)) {
		descriptor.sacl = NULL;
		descriptor.control &= (uint16_t) ~(PEN_SACL_PRESENT | PEN_SACL_DEFAULTED);
	}
	pen_buffer_init(&buffer, object_DESCRIPTOR_MAX);
	r = pen_descriptor_put(&descriptor, &buffer);
	if (!r) {
		security->n = (uint32_t)buffer.size;
		security->bytes = pen_arena_copy(arena, buffer.data, buffer.size);
	}
	pen_buffer_done(&buffer);
	if (r)
		return status_of(r);
	return security->bytes ? PEN_STATUS_SUCCESS : PEN_STATUS_NO_MEMORY;
}

/* What is to be set comes from the given one, with the bits that say so. */
static uint32_t merge(struct pen_descriptor *descriptor, const struct pen_descriptor *given,
		      uint32_t which, const struct pen_token *token)
{
	const uint16_t dacl = PEN_DACL_PRESENT | PEN_DACL_DEFAULTED | PEN_DACL_AUTO_INHERITED |
			      PEN_DACL_PROTECTED;
	const uint16_t sacl = PEN_SACL_PRESENT | PEN_SACL_DEFAULTED | PEN_SACL_AUTO_INHERITED |
			      PEN_SACL_PROTECTED;
	uint16_t mask = 0;

	if (which & PEN_GUARD_OWNER) {
		if (!may_own(token, given->owner))
			return PEN_STATUS_INVALID_OWNER;
		descriptor->owner = given->owner;
	}
	if (which & PEN_GUARD_GROUP) {
		if (!given->group)
			return PEN_STATUS_INVALID_PRIMARY_GROUP;
		descriptor->group = given->group;
	}
	if (which & PEN_GUARD_DACL) {
		descriptor->dacl = given->dacl;
		mask |= dacl;
	}
	if (which & PEN_GUARD_SACL) {
		descriptor->sacl = given->sacl;
		mask |= sacl;
	}
	descriptor->control = (uint16_t)((descriptor->control & ~mask) | (given->control & mask));
	return PEN_STATUS_SUCCESS;
}

uint32_t pen_guard_set(struct pen_guard *guard, const struct pen_guard_kind *kind,
		       const struct pen_token *token, uint32_t which, uint32_t granted,
		       const struct object_security *given, struct pen_arena *scratch)
{
	const uint32_t owning = PEN_GUARD_OWNER | PEN_GUARD_GROUP;
	struct pen_descriptor descriptor, wanted;
	uint32_t status;
	int r;

	if (which & ~SETTABLE)
		return PEN_STATUS_NOT_SUPPORTED;
	if ((which & owning && !(granted & PEN_ACCESS_WRITE_OWNER)) ||
	    (which & PEN_GUARD_DACL && !(granted & PEN_ACCESS_WRITE_DAC)) ||
	    (which & PEN_GUARD_SACL && !(granted & PEN_ACCESS_SYSTEM_SECURITY)))
		return PEN_STATUS_ACCESS_DENIED;
	r = read_given(&wanted, given, scratch);
	if (!r)
		r = pen_descriptor_get(&descriptor, scratch, guard->bytes, guard->n);
	if (r)
		return status_of(r);
	map_list(wanted.dacl, &kind->mapping);
	map_list(wanted.sacl, &kind->mapping);
	status = merge(&descriptor, &wanted, which, token);
	return status ? status : keep_status(guard, &descriptor);
}
