/* SPDX-License-Identifier: MIT */
#include "base/acl.h"

#define GENERIC_RIGHTS UINT32_C(0xf0000000)

uint32_t pen_access_map(uint32_t mask, const struct pen_generic_mapping *mapping)
{
	uint32_t mapped = mask & ~GENERIC_RIGHTS;

	if (mask & PEN_ACCESS_GENERIC_READ)
		mapped |= mapping->read;
	if (mask & PEN_ACCESS_GENERIC_WRITE)
		mapped |= mapping->write;
	if (mask & PEN_ACCESS_GENERIC_EXECUTE)
		mapped |= mapping->execute;
	if (mask & PEN_ACCESS_GENERIC_ALL)
		mapped |= mapping->all;
	return mapped;
}

static bool has_sid(const struct pen_access_subject *subject, const struct pen_sid *sid)
{
	for (size_t i = 0; i < subject->n_sids; i++)
		if (pen_sid_equal(&subject->sids[i], sid))
			return true;
	return false;
}

static bool has_privilege(const struct pen_access_subject *subject, enum pen_privilege privilege)
{
	return subject->privileges & PEN_PRIVILEGE(privilege);
}

/* What the ACE does to the rights of those it is about. */
enum effect { NOTHING, ALLOWS, DENIES };

/* An ACE of an object type or with a condition may apply or not: it only denies. */
static enum effect effect_of(const struct pen_ace *ace)
{
	if (ace->flags & PEN_ACE_INHERIT_ONLY)
		return NOTHING;
	switch (ace->type) {
	case PEN_ACE_ALLOWED:
		return ALLOWS;
	case PEN_ACE_ALLOWED_OBJECT:
		return ace->object_flags & PEN_ACE_OBJECT_TYPE_PRESENT ? NOTHING : ALLOWS;
	case PEN_ACE_DENIED:
	case PEN_ACE_DENIED_OBJECT:
	case PEN_ACE_DENIED_CALLBACK:
	case PEN_ACE_DENIED_CALLBACK_OBJECT:
		return DENIES;
	default:
		return NOTHING;
	}
}

static bool names_owner_rights(const struct pen_acl *dacl)
{
	for (size_t i = 0; i < dacl->n_aces; i++)
		if (effect_of(&dacl->aces[i]) != NOTHING &&
		    pen_sid_equal(&dacl->aces[i].sid, &pen_sid_owner_rights))
			return true;
	return false;
}

static bool is_about(const struct pen_ace *ace, const struct pen_access_subject *subject,
		     bool is_owner)
{
	if (pen_sid_equal(&ace->sid, &pen_sid_owner_rights))
		return is_owner;
	return has_sid(subject, &ace->sid);
}

/* All rights that the list and the owner's own give: each bit by the first ACE that names it. */
static uint32_t list_rights(const struct pen_descriptor *descriptor,
			    const struct pen_access_subject *subject,
			    const struct pen_generic_mapping *mapping)
{
	const struct pen_acl *dacl = descriptor->dacl;
	bool is_owner = descriptor->owner && has_sid(subject, descriptor->owner);
	uint32_t allowed = 0;
	uint32_t denied = 0;

	if (is_owner && !names_owner_rights(dacl))
		allowed = PEN_ACCESS_READ_CONTROL | PEN_ACCESS_WRITE_DAC;
	for (size_t i = 0; i < dacl->n_aces; i++) {
		const struct pen_ace *ace = &dacl->aces[i];
		enum effect effect = effect_of(ace);
		uint32_t mask = pen_access_map(ace->mask, mapping);

		if (effect == NOTHING || !is_about(ace, subject, is_owner))
			continue;
		if (effect == ALLOWS)
			allowed |= mask & ~denied;
		else
			denied |= mask & ~allowed;
	}
	return allowed;
}

int pen_access_check(const struct pen_descriptor *descriptor,
		     const struct pen_access_subject *subject,
		     const struct pen_generic_mapping *mapping, uint32_t desired,
		     uint32_t *grantedp)
{
	bool wants_most = desired & PEN_ACCESS_MAXIMUM_ALLOWED;
	uint32_t wanted = pen_access_map(desired & ~PEN_ACCESS_MAXIMUM_ALLOWED, mapping);
	uint32_t by_privilege = 0;
	uint32_t rights;

	if (has_privilege(subject, PEN_PRIVILEGE_SECURITY))
		by_privilege |= PEN_ACCESS_SYSTEM_SECURITY;
	if (has_privilege(subject, PEN_PRIVILEGE_TAKE_OWNERSHIP))
		by_privilege |= PEN_ACCESS_WRITE_OWNER;

	if (descriptor->control & PEN_DACL_PRESENT && descriptor->dacl)
		rights = list_rights(descriptor, subject, mapping);
	else
		rights = wanted | (wants_most ? mapping->all : 0);

	/* No list gives the right to the audit list; the privilege alone does. */
	rights &= ~(PEN_ACCESS_SYSTEM_SECURITY | PEN_ACCESS_MAXIMUM_ALLOWED);
	rights |= by_privilege & wanted;
	if (wants_most)
		rights |= by_privilege & PEN_ACCESS_WRITE_OWNER & mapping->all;
	if (wanted & ~rights || (wants_most && !rights))
		return PEN_E_DENIED;

	*grantedp = wants_most ? rights : wanted;
	return 0;
}
