/* SPDX-License-Identifier: MIT */
#include "service/lsarpc/state.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <stdlib.h>
#include <string.h>

/* SECURITY_INFORMATION [MS-DTYP 2.4.7]. */
enum { OWNER = 1, GROUP = 2, DACL = 4, SACL = 8 };

static void rundown(void *object)
{
	free(object);
}

static const struct pen_handle_type handle_type = { .name = "LSAPR_HANDLE", .rundown = rundown };

/*
 * Of each kind: what generic rights are to it, and the descriptor it has until it is given
 * one. Nobody translates names anonymously [MS-LSAD 3.1.1.1, 3.1.1.3, 3.1.1.4].
 */
static const struct {
	struct pen_generic_mapping mapping;
	const char *sddl;
} kinds[] = {
	[PEN_LSARPC_POLICY] = { { 0x20006, 0x207f8, 0x20801, 0xf0fff },
				"O:BAG:SYD:(D;;0x800;;;AN)(A;;0xf1fff;;;BA)(A;;0x20801;;;WD)"
				"(A;;0x801;;;AN)(A;;0x1000;;;LS)(A;;0x1000;;;NS)" },
	[PEN_LSARPC_ACCOUNT] = { { 0x20001, 0x2000e, 0x20000, 0xf000f },
				 "O:BAG:SYD:(A;;0xf000f;;;BA)(A;;0x20000;;;WD)" },
	[PEN_LSARPC_SECRET] = { { 0x20002, 0x20001, 0x20000, 0xf0003 },
				"O:BAG:SYD:(A;;0xf0003;;;BA)(A;;0x20000;;;WD)" },
};

#define POLICY_SECURITY "security" /* the policy's descriptor among its values */

/* ---- who calls ---- */

int pen_lsarpc_check_transport(struct pen_call *call)
{
	enum pen_protseq protseq = pen_call_protseq(call);

	if (protseq == PEN_NCACN_NP || protseq == PEN_NCALRPC)
		return 0;
	return pen_call_fail(call, PEN_WERR_ACCESS_DENIED,
			     "policy handles are for named pipes and local calls");
}

bool pen_lsarpc_is_local(const struct pen_call *call)
{
	return pen_token_info(pen_call_token(call))->is_local;
}

/* ---- finding and opening ---- */

int pen_lsarpc_find(struct pen_call *call, const struct pen_context_handle *handle,
		    enum pen_lsarpc_kind kind, uint32_t rights, struct pen_lsarpc_object **objectp,
		    uint32_t *statusp)
{
	struct pen_lsarpc_object *object;
	void *found;
	int r = pen_call_handle_get(call, &handle_type, handle, &found);

	if (r)
		return r;
	object = found;
	*statusp = object->kind != kind			  ? PEN_STATUS_INVALID_HANDLE
		   : (object->granted & rights) != rights ? PEN_STATUS_ACCESS_DENIED
							  : 0;
	*objectp = object;
	return 0;
}

static int descriptor_of(struct pen_call *call, enum pen_lsarpc_kind kind,
			 struct pen_slice security, struct pen_descriptor *descriptor)
{
	if (security.size)
		return pen_descriptor_get(descriptor, pen_call_arena(call), security.data,
					  security.size);
	return pen_sddl_parse(descriptor, pen_call_arena(call), kinds[kind].sddl, NULL, NULL);
}

uint32_t pen_lsarpc_check_access(struct pen_call *call, enum pen_lsarpc_kind kind,
				 struct pen_slice security, uint32_t desired, uint32_t *grantedp)
{
	struct pen_descriptor descriptor;
	int r = descriptor_of(call, kind, security, &descriptor);

	if (!r)
		r = pen_token_access_check(pen_call_token(call), &descriptor, &kinds[kind].mapping,
					   desired, grantedp);
	return pen_lsarpc_status(r);
}

static int open_object(struct pen_call *call, const struct pen_lsarpc_object *model,
		       const char *name, struct pen_slice security, uint32_t desired,
		       struct pen_context_handle *handle, uint32_t *statusp)
{
	struct pen_lsarpc_object *object;
	uint32_t granted;
	int r;

	*statusp = pen_lsarpc_check_access(call, model->kind, security, desired, &granted);
	if (*statusp)
		return 0;
	object = malloc(sizeof(*object) + strlen(name) + 1);
	if (!object)
		return -ENOMEM;
	*object = *model;
	object->granted = granted;
	memcpy(object->name, name, strlen(name) + 1);
	r = pen_call_handle_new(call, &handle_type, object, handle);
	if (r)
		free(object);
	if (r != PEN_E_LIMIT)
		return r;
	*statusp = PEN_STATUS_INSUFFICIENT_RESOURCES;
	return 0;
}

int pen_lsarpc_open(struct pen_call *call, const struct pen_lsarpc_object *object,
		    struct pen_slice security, uint32_t desired, struct pen_context_handle *handle,
		    uint32_t *statusp)
{
	return open_object(call, object, "", security, desired, handle, statusp);
}

int pen_lsarpc_open_secret(struct pen_call *call, const char *name, struct pen_slice security,
			   uint32_t desired, struct pen_context_handle *handle, uint32_t *statusp)
{
	const struct pen_lsarpc_object secret = { .kind = PEN_LSARPC_SECRET };

	return open_object(call, &secret, name, security, desired, handle, statusp);
}

int pen_lsarpc_close(struct pen_call *call, const struct lsarpc_LsarClose_in *in,
		     struct lsarpc_LsarClose_out *out)
{
	out->ObjectHandle = in->ObjectHandle;
	return pen_call_handle_close(call, &handle_type, &out->ObjectHandle);
}

/* What LsarDeleteObject has taken the place of. */
int pen_lsarpc_delete(struct pen_call *call, const struct lsarpc_LsarDelete_in *in,
		      struct lsarpc_LsarDelete_out *out)
{
	void *found;

	out->result = PEN_STATUS_NOT_SUPPORTED;
	return pen_call_handle_get(call, &handle_type, &in->ObjectHandle, &found);
}

/* What it was a handle of goes, and with it the handle; others of the same find nothing. */
int pen_lsarpc_delete_object(struct pen_call *call, const struct lsarpc_LsarDeleteObject_in *in,
			     struct lsarpc_LsarDeleteObject_out *out)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_lsarpc_object *object;
	void *found;
	int r = pen_call_handle_get(call, &handle_type, &in->ObjectHandle, &found);

	if (r)
		return r;
	object = found;
	out->ObjectHandle = in->ObjectHandle;
	if (object->kind == PEN_LSARPC_POLICY) {
		out->result = PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	if (!(object->granted & PEN_ACCESS_DELETE)) {
		out->result = PEN_STATUS_ACCESS_DENIED;
		return 0;
	}
	r = object->kind == PEN_LSARPC_ACCOUNT ? pen_lsa_remove_account(accounts, &object->sid)
					       : pen_lsa_remove_secret(accounts, object->name);
	out->result = pen_lsarpc_stale(r);
	return out->result ? 0 : pen_call_handle_close(call, &handle_type, &out->ObjectHandle);
}

/* ---- descriptors of objects ---- */

static int get_security(struct pen_call *call, const struct pen_lsarpc_object *object,
			struct pen_slice *securityp)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_lsa_account account;
	struct pen_lsa_secret secret;
	int r;

	if (object->kind == PEN_LSARPC_POLICY)
		return pen_lsa_get_value(accounts, POLICY_SECURITY, arena, securityp);
	if (object->kind == PEN_LSARPC_ACCOUNT) {
		r = pen_lsa_get_account(accounts, &object->sid, arena, &account);
		*securityp = account.security;
	} else {
		r = pen_lsa_get_secret(accounts, object->name, arena, &secret);
		*securityp = secret.security;
	}
	return r;
}

static int set_security(struct pen_call *call, const struct pen_lsarpc_object *object,
			struct pen_slice security)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_arena *arena = pen_call_arena(call);
	struct pen_lsa_account account;
	struct pen_lsa_secret secret;
	int r;

	if (object->kind == PEN_LSARPC_POLICY)
		return pen_lsa_set_value(accounts, POLICY_SECURITY, security);
	if (object->kind == PEN_LSARPC_ACCOUNT) {
		r = pen_lsa_get_account(accounts, &object->sid, arena, &account);
		account.security = security;
		return r ? r : pen_lsa_set_account(accounts, &account);
	}
	r = pen_lsa_get_secret(accounts, object->name, arena, &secret);
	secret.security = security;
	return r ? r : pen_lsa_set_secret(accounts, object->name, &secret);
}

static int object_of(struct pen_call *call, const struct pen_context_handle *handle,
		     uint32_t rights, struct pen_lsarpc_object **objectp, uint32_t *statusp)
{
	void *found;
	int r = pen_call_handle_get(call, &handle_type, handle, &found);

	if (r)
		return r;
	*objectp = found;
	*statusp = ((*objectp)->granted & rights) != rights ? PEN_STATUS_ACCESS_DENIED : 0;
	return 0;
}

static int descriptor_put(struct pen_call *call, const struct pen_descriptor *descriptor,
			  struct pen_slice *slicep)
{
	struct pen_buffer buffer;
	int r;

	pen_buffer_init(&buffer, 0);
	r = pen_descriptor_put(descriptor, &buffer);
	if (!r) {
		slicep->data = pen_arena_copy(pen_call_arena(call), buffer.data, buffer.size);
		slicep->size = buffer.size;
		r = slicep->data ? 0 : -ENOMEM;
	}
	pen_buffer_done(&buffer);
	return r;
}

static void leave_parts(struct pen_descriptor *descriptor, uint32_t parts)
{
	if (!(parts & OWNER))
		descriptor->owner = NULL;
	if (!(parts & GROUP))
		descriptor->group = NULL;
	if (!(parts & DACL)) {
		descriptor->dacl = NULL;
		descriptor->control &= (uint16_t)~PEN_DACL_PRESENT;
	}
	if (!(parts & SACL)) {
		descriptor->sacl = NULL;
		descriptor->control &= (uint16_t)~PEN_SACL_PRESENT;
	}
}

int pen_lsarpc_query_security(struct pen_call *call,
			      const struct lsarpc_LsarQuerySecurityObject_in *in,
			      struct lsarpc_LsarQuerySecurityObject_out *out)
{
	uint32_t parts = in->SecurityInformation;
	uint32_t rights = (parts & (OWNER | GROUP | DACL) ? PEN_ACCESS_READ_CONTROL : 0) |
			  (parts & SACL ? PEN_ACCESS_SYSTEM_SECURITY : 0);
	struct lsarpc_LSAPR_SR_SECURITY_DESCRIPTOR *answer;
	struct pen_lsarpc_object *object;
	struct pen_descriptor descriptor;
	struct pen_slice bytes;
	int r = object_of(call, &in->ObjectHandle, rights, &object, &out->result);

	if (r || out->result)
		return r;
	r = get_security(call, object, &bytes);
	if (!r)
		r = descriptor_of(call, object->kind, bytes, &descriptor);
	if (!r) {
		leave_parts(&descriptor, parts);
		r = descriptor_put(call, &descriptor, &bytes);
	}
	out->result = pen_lsarpc_stale(r);
	if (out->result)
		return 0;
	answer = pen_arena_zalloc(pen_call_arena(call), sizeof(*answer));
	if (!answer)
		return -ENOMEM;
	answer->Length = (uint32_t)bytes.size;
	answer->SecurityDescriptor = (uint8_t *)bytes.data;
	out->SecurityDescriptor = answer;
	return 0;
}

/* What is set of fresh goes into descriptor; false: it lacks what it should have. */
static bool take_parts(struct pen_descriptor *descriptor, const struct pen_descriptor *fresh,
		       uint32_t parts)
{
	if ((parts & OWNER && !fresh->owner) || (parts & GROUP && !fresh->group))
		return false;
	if (parts & OWNER)
		descriptor->owner = fresh->owner;
	if (parts & GROUP)
		descriptor->group = fresh->group;
	if (parts & DACL) {
		descriptor->dacl = fresh->dacl;
		descriptor->control |= PEN_DACL_PRESENT;
	}
	if (parts & SACL) {
		descriptor->sacl = fresh->sacl;
		descriptor->control |= PEN_SACL_PRESENT;
	}
	return true;
}

static int change_security(struct pen_call *call, const struct pen_lsarpc_object *object,
			   const struct lsarpc_LsarSetSecurityObject_in *in)
{
	const struct lsarpc_LSAPR_SR_SECURITY_DESCRIPTOR *given = &in->SecurityDescriptor;
	struct pen_descriptor descriptor, fresh;
	struct pen_slice bytes;
	int r = get_security(call, object, &bytes);

	if (!r)
		r = descriptor_of(call, object->kind, bytes, &descriptor);
	if (!r)
		r = pen_descriptor_get(&fresh, pen_call_arena(call), given->SecurityDescriptor,
				       given->SecurityDescriptor ? given->Length : 0);
	if (!r && !take_parts(&descriptor, &fresh, in->SecurityInformation))
		r = PEN_E_BAD_DATA;
	if (!r)
		r = descriptor_put(call, &descriptor, &bytes);
	return r ? r : set_security(call, object, bytes);
}

int pen_lsarpc_set_security(struct pen_call *call, const struct lsarpc_LsarSetSecurityObject_in *in,
			    struct lsarpc_LsarSetSecurityObject_out *out)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	uint32_t parts = in->SecurityInformation;
	uint32_t rights = (parts & (OWNER | GROUP) ? PEN_ACCESS_WRITE_OWNER : 0) |
			  (parts & DACL ? PEN_ACCESS_WRITE_DAC : 0) |
			  (parts & SACL ? PEN_ACCESS_SYSTEM_SECURITY : 0);
	struct pen_lsarpc_object *object;
	int r = object_of(call, &in->ObjectHandle, rights, &object, &out->result);

	if (r || out->result)
		return r;
	r = pen_accounts_begin(accounts);
	if (!r)
		r = pen_accounts_end(accounts, change_security(call, object, in));
	out->result = r == PEN_E_BAD_DATA ? PEN_STATUS_INVALID_SECURITY_DESCR : pen_lsarpc_stale(r);
	return 0;
}
