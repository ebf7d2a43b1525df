/* SPDX-License-Identifier: MIT */
/* Security descriptors of all kinds of objects [MS-SAMR 3.1.5.12]. */
#include "base/cleanup.h"
#include "service/samr/state.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <stdlib.h>
#include <string.h>

/* SECURITY_INFORMATION [MS-DTYP 2.4.7]. */
enum { OWNER = 1, GROUP = 2, DACL = 4, SACL = 8, ALL = 15 };

/* What a handle must have been opened for. */
static uint32_t rights_to_read(uint32_t what)
{
	return (what & (OWNER | GROUP | DACL) ? PEN_ACCESS_READ_CONTROL : 0) |
	       (what & SACL ? PEN_ACCESS_SYSTEM_SECURITY : 0);
}

static uint32_t rights_to_write(uint32_t what)
{
	return (what & (OWNER | GROUP) ? PEN_ACCESS_WRITE_OWNER : 0) |
	       (what & DACL ? PEN_ACCESS_WRITE_DAC : 0) |
	       (what & SACL ? PEN_ACCESS_SYSTEM_SECURITY : 0);
}

/* One with the parts of what from from, and the others from base. */
static void merge(struct pen_descriptor *base, const struct pen_descriptor *from, uint32_t what)
{
	const uint16_t of_dacl = PEN_DACL_PRESENT | PEN_DACL_DEFAULTED | PEN_DACL_PROTECTED |
				 PEN_DACL_AUTO_INHERITED | PEN_DACL_AUTO_INHERIT_REQ;
	const uint16_t of_sacl = PEN_SACL_PRESENT | PEN_SACL_DEFAULTED | PEN_SACL_PROTECTED |
				 PEN_SACL_AUTO_INHERITED | PEN_SACL_AUTO_INHERIT_REQ;
	uint16_t mask = (uint16_t)((what & DACL ? of_dacl : 0) | (what & SACL ? of_sacl : 0));

	if (what & OWNER)
		base->owner = from->owner;
	if (what & GROUP)
		base->group = from->group;
	if (what & DACL)
		base->dacl = from->dacl;
	if (what & SACL)
		base->sacl = from->sacl;
	base->control = (uint16_t)((base->control & ~mask) | (from->control & mask));
}

int pen_samr_query_security(struct pen_call *call, const struct samr_SamrQuerySecurityObject_in *in,
			    struct samr_SamrQuerySecurityObject_out *out)
{
	struct samr_SAMPR_SR_SECURITY_DESCRIPTOR *answer;
	struct pen_descriptor kept, shown = { .control = 0 };
	struct pen_samr_object *object;
	struct pen_buffer bytes;
	int r = pen_samr_get_any(call, &in->ObjectHandle, &object);

	if (r)
		return r;
	if (rights_to_read(in->SecurityInformation) & ~object->granted) {
		out->result = (int32_t)PEN_STATUS_ACCESS_DENIED;
		return 0;
	}
	r = pen_samr_descriptor(call, object, &kept);
	if (r) {
		out->result = pen_samr_status(r, object->kind);
		return 0;
	}
	merge(&shown, &kept, in->SecurityInformation & ALL);
	answer = pen_arena_zalloc(pen_call_arena(call), sizeof(*answer));
	pen_buffer_init(&bytes, 0);
	r = answer ? pen_descriptor_put(&shown, &bytes) : -ENOMEM;
	if (!r) {
		answer->Length = (uint32_t)bytes.size;
		answer->SecurityDescriptor =
			pen_arena_copy(pen_call_arena(call), bytes.data, bytes.size);
		r = answer->SecurityDescriptor ? 0 : -ENOMEM;
		out->SecurityDescriptor = answer;
	}
	pen_buffer_done(&bytes);
	return r;
}

/* An owner must be the caller, or a group of his; who may restore may name any. */
static bool may_own(const struct pen_call *call, const struct pen_sid *owner)
{
	const struct pen_token *token = pen_call_token(call);

	return owner && (pen_token_has_sid(token, owner) || pen_token_is_admin(token) ||
			 pen_token_has_privilege(token, PEN_PRIVILEGE_RESTORE));
}

static int keep_server(struct pen_samr *samr, struct pen_slice bytes)
{
	uint8_t *copy = malloc(bytes.size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes.data, bytes.size);
	free((void *)samr->server_security.data);
	samr->server_security = (struct pen_slice){ copy, bytes.size };
	return 0;
}

static int keep(struct pen_call *call, const struct pen_samr_object *object, struct pen_slice bytes)
{
	struct pen_samr *samr = pen_samr_of(call);
	struct pen_account_policy policy;
	int r;

	if (object->kind == PEN_SAMR_SERVER)
		return keep_server(samr, bytes);
	if (object->kind != PEN_SAMR_DOMAIN)
		return pen_accounts_set_security(samr->accounts, object->domain, object->rid,
						 bytes);
	r = pen_accounts_begin(samr->accounts);
	if (r)
		return r;
	r = pen_accounts_get_policy(samr->accounts, object->domain, pen_call_arena(call), &policy);
	if (!r) {
		policy.security = bytes;
		r = pen_accounts_set_policy(samr->accounts, object->domain, &policy);
	}
	return pen_accounts_end(samr->accounts, r);
}

int pen_samr_set_security(struct pen_call *call, const struct samr_SamrSetSecurityObject_in *in,
			  struct samr_SamrSetSecurityObject_out *out)
{
	const struct samr_SAMPR_SR_SECURITY_DESCRIPTOR *wire = &in->SecurityDescriptor;
	struct pen_descriptor kept, given;
	struct pen_samr_object *object;
	struct pen_buffer bytes;
	int r = pen_samr_get_any(call, &in->ObjectHandle, &object);

	if (r)
		return r;
	if (rights_to_write(in->SecurityInformation) & ~object->granted) {
		out->result = (int32_t)PEN_STATUS_ACCESS_DENIED;
		return 0;
	}
	if (!(in->SecurityInformation & ALL)) {
		out->result = (int32_t)PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	r = wire->SecurityDescriptor ? pen_descriptor_get(&given, pen_call_arena(call),
							  wire->SecurityDescriptor, wire->Length)
				     : PEN_E_BAD_DATA;
	if (r == PEN_E_BAD_DATA) {
		out->result = (int32_t)PEN_STATUS_BAD_DESCRIPTOR_FORMAT;
		return 0;
	}
	if (!r && in->SecurityInformation & OWNER && !may_own(call, given.owner)) {
		out->result = (int32_t)PEN_STATUS_INVALID_OWNER;
		return 0;
	}
	if (!r)
		r = pen_samr_descriptor(call, object, &kept);
	pen_buffer_init(&bytes, PEN_ACCOUNT_BLOB_MAX);
	if (!r) {
		merge(&kept, &given, in->SecurityInformation & ALL);
		r = pen_descriptor_put(&kept, &bytes);
	}
	if (!r)
		r = keep(call, object, (struct pen_slice){ bytes.data, bytes.size });
	pen_buffer_done(&bytes);
	out->result = pen_samr_status(r, object->kind);
	return 0;
}
