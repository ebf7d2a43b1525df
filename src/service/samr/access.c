/* SPDX-License-Identifier: MIT */
/*
 * Who may do what [MS-SAMR 3.1.1.9.2, 3.1.2.1]: each kind's rights and the descriptors
 * that objects have from the beginning. Where Windows names Everyone, authenticated users
 * stand here: nobody without a name looks into the accounts.
 */
#include "service/samr/state.h"
#include <errno.h>

static const struct kind {
	struct pen_generic_mapping mapping;
	const char *sddl;
} kinds[PEN_SAMR_N_KINDS] = {
	[PEN_SAMR_SERVER] = { { 0x20010, 0x2000e, 0x20021, 0xf003f },
			      "O:BAG:BAD:(A;;0x20031;;;AU)(A;;0xf003f;;;BA)" },
	[PEN_SAMR_DOMAIN] = { { 0x20084, 0x2047a, 0x20301, 0xf07ff },
			      "O:BAG:BAD:(A;;0x20385;;;AU)(A;;0xf07ff;;;BA)" },
	[PEN_SAMR_USER] = { { 0x2031a, 0x20044, 0x20041, 0xf07ff },
			    "O:BAG:BAD:(A;;0x2035b;;;WD)(A;;0xf07ff;;;BA)" },
	[PEN_SAMR_GROUP] = { { 0x20010, 0x2000e, 0x20001, 0xf001f },
			     "O:BAG:BAD:(A;;0x20011;;;AU)(A;;0xf001f;;;BA)" },
	[PEN_SAMR_ALIAS] = { { 0x20004, 0x20013, 0x20008, 0xf001f },
			     "O:BAG:BAD:(A;;0x2000c;;;AU)(A;;0xf001f;;;BA)" },
};

enum { OF_USERS_THEMSELVES = 0x20044 };

static int default_descriptor(struct pen_call *call, const struct pen_samr_object *object,
			      struct pen_descriptor *descriptor)
{
	struct pen_arena *arena = pen_call_arena(call);
	const char *sddl = kinds[object->kind].sddl;
	char text[PEN_SID_TEXT_SIZE];
	struct pen_sid self;

	if (object->kind == PEN_SAMR_USER) {
		self = pen_accounts_member_sid(pen_samr_of(call)->accounts, object->domain,
					       object->rid);
		pen_sid_print(&self, text);
		sddl = pen_arena_printf(arena, "%s(A;;0x%x;;;%s)", sddl, OF_USERS_THEMSELVES, text);
		if (!sddl)
			return -ENOMEM;
	}
	return pen_sddl_parse(descriptor, arena, sddl, NULL, NULL);
}

/* The descriptor's bytes as they are kept; empty: the default. */
static int kept_descriptor(struct pen_call *call, const struct pen_samr_object *object,
			   struct pen_slice *bytesp)
{
	struct pen_samr *samr = pen_samr_of(call);
	struct pen_account_policy policy;
	int r;

	switch (object->kind) {
	case PEN_SAMR_SERVER:
		*bytesp = samr->server_security;
		return 0;
	case PEN_SAMR_DOMAIN:
		r = pen_accounts_get_policy(samr->accounts, object->domain, pen_call_arena(call),
					    &policy);
		if (!r)
			*bytesp = policy.security;
		return r;
	default:
		return pen_accounts_get_security(samr->accounts, object->domain, object->rid,
						 pen_call_arena(call), bytesp);
	}
}

int pen_samr_descriptor(struct pen_call *call, const struct pen_samr_object *object,
			struct pen_descriptor *descriptor)
{
	struct pen_slice bytes = { 0 };
	int r = kept_descriptor(call, object, &bytes);

	if (r)
		return r;
	if (!bytes.size)
		return default_descriptor(call, object, descriptor);
	return pen_descriptor_get(descriptor, pen_call_arena(call), bytes.data, bytes.size);
}

static int32_t check(struct pen_call *call, const struct pen_samr_object *object,
		     const struct pen_descriptor *descriptor, uint32_t desired, uint32_t *grantedp)
{
	int r = pen_token_access_check(pen_call_token(call), descriptor,
				       &kinds[object->kind].mapping, desired, grantedp);

	return r == PEN_E_DENIED ? (int32_t)PEN_STATUS_ACCESS_DENIED
				 : pen_samr_status(r, object->kind);
}

int32_t pen_samr_check(struct pen_call *call, const struct pen_samr_object *object,
		       uint32_t desired, uint32_t *grantedp)
{
	struct pen_descriptor descriptor;
	int r = pen_samr_descriptor(call, object, &descriptor);

	return r ? pen_samr_status(r, object->kind)
		 : check(call, object, &descriptor, desired, grantedp);
}

int32_t pen_samr_check_new(struct pen_call *call, const struct pen_samr_object *object,
			   uint32_t desired, uint32_t *grantedp)
{
	struct pen_descriptor descriptor;
	int r = default_descriptor(call, object, &descriptor);

	return r ? pen_samr_status(r, object->kind)
		 : check(call, object, &descriptor, desired, grantedp);
}

int32_t pen_samr_check_self(struct pen_call *call, uint32_t rid)
{
	const struct pen_samr_object object = { PEN_SAMR_USER, PEN_ACCOUNT_MACHINE, rid, 0 };
	const struct pen_sid sids[] = {
		pen_accounts_member_sid(pen_samr_of(call)->accounts, PEN_ACCOUNT_MACHINE, rid),
		pen_sid_everyone,
	};
	const struct pen_access_subject subject = { sids, PEN_COUNT(sids), 0 };
	struct pen_descriptor descriptor;
	uint32_t granted;
	int r = pen_samr_descriptor(call, &object, &descriptor);

	if (!r)
		r = pen_access_check(&descriptor, &subject, &kinds[PEN_SAMR_USER].mapping,
				     USER_CHANGE_PASSWORD, &granted);
	return r == PEN_E_DENIED ? (int32_t)PEN_STATUS_ACCESS_DENIED
				 : pen_samr_status(r, PEN_SAMR_USER);
}
