/* SPDX-License-Identifier: MIT */
#include "base/acl.h"
#include "base/sid.h"
#include <errno.h>

enum { ACL_HEADER_SIZE = 8, ACE_HEADER_SIZE = 4 };

/* By type; 0x04 is reserved. */
enum { IS_KNOWN = 1, IS_OBJECT = 2, IS_CALLBACK = 4 };
static const uint8_t kinds[] = {
	[PEN_ACE_ALLOWED] = IS_KNOWN,
	[PEN_ACE_DENIED] = IS_KNOWN,
	[PEN_ACE_AUDIT] = IS_KNOWN,
	[PEN_ACE_ALARM] = IS_KNOWN,
	[PEN_ACE_ALLOWED_OBJECT] = IS_KNOWN | IS_OBJECT,
	[PEN_ACE_DENIED_OBJECT] = IS_KNOWN | IS_OBJECT,
	[PEN_ACE_AUDIT_OBJECT] = IS_KNOWN | IS_OBJECT,
	[PEN_ACE_ALARM_OBJECT] = IS_KNOWN | IS_OBJECT,
	[PEN_ACE_ALLOWED_CALLBACK] = IS_KNOWN | IS_CALLBACK,
	[PEN_ACE_DENIED_CALLBACK] = IS_KNOWN | IS_CALLBACK,
	[PEN_ACE_ALLOWED_CALLBACK_OBJECT] = IS_KNOWN | IS_OBJECT | IS_CALLBACK,
	[PEN_ACE_DENIED_CALLBACK_OBJECT] = IS_KNOWN | IS_OBJECT | IS_CALLBACK,
	[PEN_ACE_AUDIT_CALLBACK] = IS_KNOWN | IS_CALLBACK,
	[PEN_ACE_ALARM_CALLBACK] = IS_KNOWN | IS_CALLBACK,
	[PEN_ACE_AUDIT_CALLBACK_OBJECT] = IS_KNOWN | IS_OBJECT | IS_CALLBACK,
	[PEN_ACE_ALARM_CALLBACK_OBJECT] = IS_KNOWN | IS_OBJECT | IS_CALLBACK,
	[PEN_ACE_MANDATORY_LABEL] = IS_KNOWN,
	[PEN_ACE_RESOURCE_ATTRIBUTE] = IS_KNOWN,
	[PEN_ACE_SCOPED_POLICY_ID] = IS_KNOWN,
};

static uint8_t kind_of(uint8_t type)
{
	return type < PEN_COUNT(kinds) ? kinds[type] : 0;
}

bool pen_ace_is_known(uint8_t type)
{
	return kind_of(type) & IS_KNOWN;
}

bool pen_ace_is_object(uint8_t type)
{
	return kind_of(type) & IS_OBJECT;
}

bool pen_ace_is_callback(uint8_t type)
{
	return kind_of(type) & IS_CALLBACK;
}

static void ace_get_body(struct pen_ace *ace, struct pen_reader *r)
{
	ace->mask = pen_reader_u32(r);
	if (pen_ace_is_object(ace->type)) {
		ace->object_flags = pen_reader_u32(r);
		if (ace->object_flags & PEN_ACE_OBJECT_TYPE_PRESENT)
			ace->object_type = pen_reader_uuid(r);
		if (ace->object_flags & PEN_ACE_INHERITED_OBJECT_TYPE_PRESENT)
			ace->inherited_object_type = pen_reader_uuid(r);
	}
	pen_sid_get(&ace->sid, r);
}

static int ace_get(struct pen_ace *ace, struct pen_arena *arena, struct pen_reader *r)
{
	uint16_t size;
	struct pen_reader body;

	ace->type = pen_reader_u8(r);
	ace->flags = pen_reader_u8(r);
	size = pen_reader_u16(r);
	if (size < ACE_HEADER_SIZE || size % 4 || size - ACE_HEADER_SIZE > pen_reader_left(r))
		return PEN_E_BAD_DATA;

	size -= ACE_HEADER_SIZE;
	pen_reader_init(&body, pen_reader_bytes(r, size), size);
	if (pen_ace_is_known(ace->type))
		ace_get_body(ace, &body);
	if (!pen_reader_ok(&body))
		return PEN_E_BAD_DATA;
	ace->data = pen_reader_slice(&body, pen_reader_left(&body));
	if (!ace->data.size)
		return 0;
	ace->data.data = pen_arena_copy(arena, ace->data.data, ace->data.size);
	return ace->data.data ? 0 : -ENOMEM;
}

int pen_acl_get(const struct pen_acl **aclp, struct pen_arena *arena, struct pen_reader *r)
{
	struct pen_acl *acl = pen_arena_zalloc(arena, sizeof(*acl));
	struct pen_reader body;
	uint16_t size;

	if (!acl)
		return -ENOMEM;
	acl->revision = pen_reader_u8(r);
	pen_reader_u8(r);
	size = pen_reader_u16(r);
	acl->n_aces = pen_reader_u16(r);
	pen_reader_u16(r);
	if (acl->revision < PEN_ACL_REVISION || acl->revision > PEN_ACL_REVISION_DS ||
	    size < ACL_HEADER_SIZE || size - ACL_HEADER_SIZE > pen_reader_left(r))
		return PEN_E_BAD_DATA;
	size -= ACL_HEADER_SIZE;
	if (acl->n_aces > size / ACE_HEADER_SIZE)
		return PEN_E_BAD_DATA;

	acl->aces = pen_arena_array(arena, acl->n_aces, sizeof(*acl->aces));
	if (!acl->aces)
		return -ENOMEM;
	pen_reader_init(&body, pen_reader_bytes(r, size), size);
	for (size_t i = 0; i < acl->n_aces; i++) {
		int result = ace_get(&acl->aces[i], arena, &body);

		if (result)
			return result;
	}
	*aclp = acl;
	return 0;
}

static void ace_put(const struct pen_ace *ace, struct pen_writer *w)
{
	size_t start = pen_writer_pos(w);
	size_t size;

	pen_writer_u8(w, ace->type);
	pen_writer_u8(w, ace->flags);
	pen_writer_u16(w, 0);
	if (pen_ace_is_known(ace->type)) {
		pen_writer_u32(w, ace->mask);
		if (pen_ace_is_object(ace->type)) {
			pen_writer_u32(w, ace->object_flags);
			if (ace->object_flags & PEN_ACE_OBJECT_TYPE_PRESENT)
				pen_writer_uuid(w, &ace->object_type);
			if (ace->object_flags & PEN_ACE_INHERITED_OBJECT_TYPE_PRESENT)
				pen_writer_uuid(w, &ace->inherited_object_type);
		}
		pen_sid_put(&ace->sid, w);
	}
	pen_writer_bytes(w, ace->data.data, ace->data.size);
	if (w->error)
		return;

	size = pen_writer_pos(w) - start;
	pen_writer_zeros(w, -size & 3);
	size = (size + 3) & ~(size_t)3;
	if (!w->error && size <= UINT16_MAX)
		pen_writer_store16(w, w->buffer->data + w->origin + start + 2, (uint16_t)size);
}

int pen_acl_put(const struct pen_acl *acl, struct pen_writer *w)
{
	size_t start = pen_writer_pos(w);
	size_t size;

	if (acl->n_aces > UINT16_MAX)
		return PEN_E_BAD_DATA;
	pen_writer_u8(w, acl->revision);
	pen_writer_u8(w, 0);
	pen_writer_u16(w, 0);
	pen_writer_u16(w, (uint16_t)acl->n_aces);
	pen_writer_u16(w, 0);
	for (size_t i = 0; i < acl->n_aces; i++) {
		ace_put(&acl->aces[i], w);
		if (w->error)
			return w->error;
		if (pen_writer_pos(w) - start > UINT16_MAX)
			return PEN_E_BAD_DATA;
	}

	size = pen_writer_pos(w) - start;
	if (!w->error)
		pen_writer_store16(w, w->buffer->data + w->origin + start + 2, (uint16_t)size);
	return w->error;
}
