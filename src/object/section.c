/* SPDX-License-Identifier: MIT */
/* Sections: memory by a name. One lives as long as somebody holds it. */
#include "object/name.h"
#include "object/state.h"
#include <penstock/status-codes.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_READONLY = 2, PAGE_READWRITE = 4 };

#define MAP_WRITE UINT32_C(2)

/* ---- lives ---- */

static void hold_free(struct pen_objects *objects, struct pen_object_hold *hold)
{
	pen_list_remove(&hold->link);
	hold->user->n_holds--;
	pen_object_user_put(hold->user);
	free(hold);
}

void pen_object_section_free(struct pen_objects *objects, struct pen_object_section *section)
{
	pen_list_each (link, after, &section->holds)
		hold_free(objects, pen_list_entry(link, struct pen_object_hold, link));
	if (section->node)
		pen_object_tree_remove(&objects->tree, section->node);
	pen_list_remove(&section->link);
	pen_object_release(objects, &section->memory);
	section->user->n_sections--;
	section->user->n_section_bytes -= section->size;
	section->user->n_descriptor_bytes -= section->guard.n;
	objects->n_sections--;
	objects->n_section_bytes -= section->size;
	pen_guard_done(&section->guard);
	pen_object_user_put(section->user);
	free(section);
}

void pen_objects_end_hold(struct pen_objects *objects, void *data)
{
	struct pen_object_hold *hold = data;
	struct pen_object_section *section = hold->section;

	hold_free(objects, hold);
	if (pen_list_is_empty(&section->holds))
		pen_object_section_free(objects, section);
}

/* One handle more; the reply says all of it. */
static uint32_t hold_section(struct pen_object_call *call, struct pen_object_section *section,
			     uint32_t granted)
{
	struct pen_objects *objects = call->objects;
	struct pen_object_user *user = pen_object_user_get(objects, call->token);
	struct pen_object_hold *hold = calloc(1, sizeof(*hold));
	uint32_t status = user && hold ? PEN_STATUS_SUCCESS : PEN_STATUS_NO_MEMORY;

	if (!status && user->n_holds >= objects->config.limits.section_handles)
		status = PEN_STATUS_INSUFFICIENT_RESOURCES;
	if (status) {
		pen_object_user_put(user);
		free(hold);
		return status;
	}
	hold->user = user;
	hold->section = section;
	user->n_holds++;
	pen_list_append(&section->holds, &hold->link);
	call->reply->hold = hold;
	call->reply->memory = section->memory;
	call->reply->is_read_only = section->is_read_only || !(granted & MAP_WRITE);
	call->reply->letter.body.section =
		(struct object_section){ granted, (int64_t)section->size };
	return PEN_STATUS_SUCCESS;
}

/* ---- names ---- */

/* What a name leads to; pipes have names of their own. */
static uint32_t find(struct pen_object_call *call, const char *name, struct pen_place *place,
		     struct pen_object_section **sectionp)
{
	uint32_t status =
		pen_object_tree_find(&call->objects->tree, pen_token_info(call->token)->session_id,
				     name, false, call->arena, NULL, place);

	*sectionp = NULL;
	if (status)
		return status;
	if (place->is_device || place->parent == call->objects->tree.device)
		return PEN_STATUS_OBJECT_TYPE_MISMATCH;
	if (place->node && place->node->kind != PEN_NODE_SECTION)
		return PEN_STATUS_OBJECT_TYPE_MISMATCH;
	if (place->node)
		*sectionp = place->node->object;
	return PEN_STATUS_SUCCESS;
}

/* One's own session's directory; the machine's from session 0, or with the privilege. */
static bool may_make(const struct pen_objects *objects, const struct pen_token *token,
		     const struct pen_node *directory)
{
	uint32_t session = pen_token_info(token)->session_id;

	if (directory == objects->tree.global)
		return !session || pen_token_has_privilege(token, PEN_PRIVILEGE_CREATE_GLOBAL);
	return directory->session && (directory->session == session || pen_token_is_admin(token));
}

/* ---- making ---- */

static uint32_t check_limits(const struct pen_objects *objects, const struct pen_object_user *user,
			     uint64_t size)
{
	const struct pen_objects_limits *limits = &objects->config.limits;

	if (size > limits->section_bytes)
		return PEN_STATUS_SECTION_TOO_BIG;
	if (user->n_sections >= limits->sections ||
	    objects->n_sections >= limits->sections_in_all ||
	    size > limits->section_bytes - user->n_section_bytes ||
	    size > limits->section_bytes_in_all - objects->n_section_bytes)
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	return PEN_STATUS_SUCCESS;
}

/* Its parts; where one cannot be had, what there is goes with it. */
static uint32_t furnish(struct pen_object_call *call, struct pen_object_section *section,
			const struct pen_place *place)
{
	const struct object_create_section *in = &call->request->letter->body.create_section;
	struct pen_objects *objects = call->objects;
	uint32_t status = pen_guard_init(&section->guard, &pen_guard_section, call->token,
					 &in->security, &objects->scratch);

	section->user->n_descriptor_bytes += section->guard.n;
	if (status)
		return status;
	if (section->user->n_descriptor_bytes > objects->config.limits.descriptor_bytes)
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	status = objects->config.make_memory(objects->config.data, section->size, &section->memory);
	if (status)
		return status;
	if (place->parent &&
	    pen_object_tree_add(&objects->tree, place->parent, PEN_NODE_SECTION, place->name,
				strlen(place->name), section, &section->node))
		return PEN_STATUS_NO_MEMORY;
	return PEN_STATUS_SUCCESS;
}

/* place has no parent where it has no name. */
static uint32_t section_new(struct pen_object_call *call, const struct pen_place *place,
			    struct pen_object_section **sectionp)
{
	const struct object_create_section *in = &call->request->letter->body.create_section;
	struct pen_objects *objects = call->objects;
	struct pen_object_user *user = pen_object_user_get(objects, call->token);
	struct pen_object_section *section;
	uint32_t status;

	if (!user)
		return PEN_STATUS_NO_MEMORY;
	status = check_limits(objects, user, (uint64_t)in->size);
	section = status ? NULL : calloc(1, sizeof(*section));
	if (!section) {
		pen_object_user_put(user);
		return status ? status : PEN_STATUS_NO_MEMORY;
	}
	section->user = user;
	section->size = (uint64_t)in->size;
	section->is_read_only = in->protection == PAGE_READONLY;
	pen_list_init(&section->holds);
	pen_list_append(&objects->sections, &section->link);
	user->n_sections++;
	user->n_section_bytes += section->size;
	objects->n_sections++;
	objects->n_section_bytes += section->size;
	status = furnish(call, section, place);
	if (status)
		pen_object_section_free(objects, section);
	else
		*sectionp = section;
	return status;
}

static uint32_t check_request(const struct pen_object_call *call, uint32_t access)
{
	if (!access)
		return PEN_STATUS_ACCESS_DENIED;
	if (access & PEN_ACCESS_SYSTEM_SECURITY &&
	    !pen_token_has_privilege(call->token, PEN_PRIVILEGE_SECURITY))
		return PEN_STATUS_PRIVILEGE_NOT_HELD;
	return PEN_STATUS_SUCCESS;
}

static uint32_t granted_to_maker(uint32_t access)
{
	uint32_t granted = pen_access_map(access, &pen_guard_section.mapping);

	if (granted & PEN_ACCESS_MAXIMUM_ALLOWED)
		granted |= pen_guard_section.mapping.all;
	return granted & ~PEN_ACCESS_MAXIMUM_ALLOWED;
}

static uint32_t create(struct pen_object_call *call, const struct pen_place *place)
{
	const struct object_create_section *in = &call->request->letter->body.create_section;
	struct pen_object_section *section;
	uint32_t status;

	if (place->parent && !may_make(call->objects, call->token, place->parent))
		return PEN_STATUS_ACCESS_DENIED;
	if (in->size <= 0)
		return PEN_STATUS_INVALID_PARAMETER;
	if (place->parent && !pen_name_is_text(place->name, strlen(place->name), PEN_NAME_MAX))
		return PEN_STATUS_OBJECT_NAME_INVALID;
	status = section_new(call, place, &section);
	if (status)
		return status;
	status = hold_section(call, section, granted_to_maker(in->access));
	if (status)
		pen_object_section_free(call->objects, section);
	return status;
}

static uint32_t open_existing(struct pen_object_call *call, struct pen_object_section *section,
			      uint32_t access)
{
	uint32_t granted;
	uint32_t status = pen_guard_check(&section->guard, &pen_guard_section, call->token, access,
					  &call->objects->scratch, &granted);

	return status ? status : hold_section(call, section, granted);
}

uint32_t pen_object_create_section(struct pen_object_call *call)
{
	const struct object_create_section *in = &call->request->letter->body.create_section;
	struct pen_object_section *section = NULL;
	struct pen_place place = { 0 };
	uint32_t status = check_request(call, in->access);

	if (!status && in->protection != PAGE_READONLY && in->protection != PAGE_READWRITE)
		status = PEN_STATUS_INVALID_PAGE_PROTECTION;
	if (!status && in->name)
		status = find(call, in->name, &place, &section);
	if (status)
		return status;
	if (!section)
		return create(call, &place);
	status = open_existing(call, section, in->access);
	return status ? status : PEN_STATUS_OBJECT_NAME_EXISTS;
}

uint32_t pen_object_open_section(struct pen_object_call *call)
{
	const struct object_open_section *in = &call->request->letter->body.open_section;
	struct pen_object_section *section;
	struct pen_place place;
	uint32_t status = check_request(call, in->access);

	if (!status)
		status = find(call, in->name, &place, &section);
	if (status)
		return status;
	return section ? open_existing(call, section, in->access)
		       : PEN_STATUS_OBJECT_NAME_NOT_FOUND;
}
