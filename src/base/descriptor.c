/* SPDX-License-Identifier: MIT */
#include "base/acl.h"
#include "base/sid.h"
#include <errno.h>

enum { DESCRIPTOR_REVISION = 1, HEADER_SIZE = 20 };

/* A reader of all from the offset on. */
static int part_open(struct pen_reader *part, const struct pen_reader *whole, uint32_t offset)
{
	if (offset < HEADER_SIZE || offset > whole->size)
		return PEN_E_BAD_DATA;
	pen_reader_init(part, whole->data + offset, whole->size - offset);
	return 0;
}

static int get_sid(const struct pen_sid **sidp, struct pen_arena *arena,
		   const struct pen_reader *whole, uint32_t offset)
{
	struct pen_reader part;
	struct pen_sid sid;

	if (!offset)
		return 0;
	if (part_open(&part, whole, offset))
		return PEN_E_BAD_DATA;
	pen_sid_get(&sid, &part);
	if (!pen_reader_ok(&part))
		return PEN_E_BAD_DATA;
	*sidp = pen_arena_copy(arena, &sid, sizeof(sid));
	return *sidp ? 0 : -ENOMEM;
}

static int get_acl(const struct pen_acl **aclp, struct pen_arena *arena,
		   const struct pen_reader *whole, bool is_present, uint32_t offset)
{
	struct pen_reader part;

	if (!is_present || !offset)
		return 0;
	if (part_open(&part, whole, offset))
		return PEN_E_BAD_DATA;
	return pen_acl_get(aclp, arena, &part);
}

int pen_descriptor_get(struct pen_descriptor *descriptor, struct pen_arena *arena, const void *data,
		       size_t n)
{
	struct pen_descriptor d = { 0 };
	struct pen_reader reader;
	uint32_t owner, group, sacl, dacl;
	uint8_t revision;
	int r;

	pen_reader_init(&reader, data, n);
	revision = pen_reader_u8(&reader);
	d.resource_manager_control = pen_reader_u8(&reader);
	d.control = pen_reader_u16(&reader);
	owner = pen_reader_u32(&reader);
	group = pen_reader_u32(&reader);
	sacl = pen_reader_u32(&reader);
	dacl = pen_reader_u32(&reader);
	if (!pen_reader_ok(&reader) || revision != DESCRIPTOR_REVISION ||
	    !(d.control & PEN_SELF_RELATIVE))
		return PEN_E_BAD_DATA;

	r = get_sid(&d.owner, arena, &reader, owner);
	if (!r)
		r = get_sid(&d.group, arena, &reader, group);
	if (!r)
		r = get_acl(&d.sacl, arena, &reader, d.control & PEN_SACL_PRESENT, sacl);
	if (!r)
		r = get_acl(&d.dacl, arena, &reader, d.control & PEN_DACL_PRESENT, dacl);
	if (r)
		return r;
	*descriptor = d;
	return 0;
}

/* Where the next part begins, into the header's field at the place. */
static void put_offset(struct pen_writer *w, size_t place)
{
	if (!w->error)
		pen_writer_store32(w, w->buffer->data + w->origin + place,
				   (uint32_t)pen_writer_pos(w));
}

static int put_parts(const struct pen_descriptor *d, struct pen_writer *w)
{
	enum { OWNER = 4, GROUP = 8, SACL = 12, DACL = 16 };
	const struct {
		const struct pen_acl *acl;
		size_t place;
	} acls[] = {
		{ d->control & PEN_SACL_PRESENT ? d->sacl : NULL, SACL },
		{ d->control & PEN_DACL_PRESENT ? d->dacl : NULL, DACL },
	};
	const struct {
		const struct pen_sid *sid;
		size_t place;
	} sids[] = { { d->owner, OWNER }, { d->group, GROUP } };

	for (size_t i = 0; i < PEN_COUNT(acls); i++) {
		int r;

		if (!acls[i].acl)
			continue;
		put_offset(w, acls[i].place);
		r = pen_acl_put(acls[i].acl, w);
		if (r)
			return r;
	}
	for (size_t i = 0; i < PEN_COUNT(sids); i++)
		if (sids[i].sid) {
			put_offset(w, sids[i].place);
			pen_sid_put(sids[i].sid, w);
		}
	return w->error;
}

int pen_descriptor_put(const struct pen_descriptor *descriptor, struct pen_buffer *buffer)
{
	struct pen_writer w;
	int r;

	pen_writer_init(&w, buffer);
	pen_writer_u8(&w, DESCRIPTOR_REVISION);
	pen_writer_u8(&w, descriptor->resource_manager_control);
	pen_writer_u16(&w, descriptor->control | PEN_SELF_RELATIVE);
	pen_writer_zeros(&w, HEADER_SIZE - 4);
	r = put_parts(descriptor, &w);
	if (r)
		buffer->size = w.origin;
	return r;
}

static int copy_acl(const struct pen_acl **aclp, struct pen_arena *arena, const struct pen_acl *acl)
{
	struct pen_acl *copy;

	*aclp = NULL;
	if (!acl)
		return 0;
	copy = pen_arena_copy(arena, acl, sizeof(*acl));
	if (!copy)
		return -ENOMEM;
	copy->aces = pen_arena_copy(arena, acl->aces, acl->n_aces * sizeof(*acl->aces));
	if (!copy->aces)
		return -ENOMEM;
	for (size_t i = 0; i < copy->n_aces; i++) {
		struct pen_slice *data = &copy->aces[i].data;

		if (data->size)
			data->data = pen_arena_copy(arena, data->data, data->size);
		if (data->size && !data->data)
			return -ENOMEM;
	}
	*aclp = copy;
	return 0;
}

int pen_descriptor_copy(struct pen_descriptor *copy, struct pen_arena *arena,
			const struct pen_descriptor *descriptor)
{
	struct pen_descriptor d = *descriptor;

	if (d.owner)
		d.owner = pen_arena_copy(arena, d.owner, sizeof(*d.owner));
	if (d.group)
		d.group = pen_arena_copy(arena, d.group, sizeof(*d.group));
	if (!d.owner != !descriptor->owner || !d.group != !descriptor->group ||
	    copy_acl(&d.sacl, arena, descriptor->sacl) ||
	    copy_acl(&d.dacl, arena, descriptor->dacl))
		return -ENOMEM;
	*copy = d;
	return 0;
}
