/* SPDX-License-Identifier: MIT */
/*
 * [system_handle(KIND, ACCESS)]: which kinds of the system's objects a descriptor can be of.
 */
#include "compiler/resolve.h"
#include <string.h>

struct kind {
	const char *name;
	enum pen_system_handle_kind kind; /* 0: descriptors are of no such thing */
};

static const struct kind kinds[] = {
	{ "sh_composition", 0 },
	{ "sh_event", PEN_SH_EVENT },
	{ "sh_file", PEN_SH_FILE },
	{ "sh_job", 0 },
	{ "sh_mutex", 0 },
	{ "sh_pipe", PEN_SH_PIPE },
	{ "sh_process", PEN_SH_PROCESS },
	{ "sh_reg_key", 0 },
	{ "sh_section", PEN_SH_SECTION },
	{ "sh_semaphore", PEN_SH_SEMAPHORE },
	{ "sh_socket", PEN_SH_SOCKET },
	{ "sh_thread", 0 },
	{ "sh_token", 0 },
};

static const struct kind *find_kind(struct pen_resolver *resolver, struct pen_pos pos,
				    const char *name)
{
	struct pen_spelling spelling = { .word = name ? name : "" };

	for (size_t i = 0; name && i < PEN_COUNT(kinds); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
		pen_spelling_try(&spelling, kinds[i].name);
	}
	if (name)
		pen_idl_complain(resolver->idl, pos, "there is no kind of system handle \"%s\"%s",
				 name, pen_idl_meant(resolver->idl, &spelling));
	else
		pen_idl_complain(resolver->idl, pos,
				 "what it is a handle of is missing: system_handle(sh_file)");
	return NULL;
}

static uint32_t resolve_access(struct pen_resolver *resolver, const struct pen_tree_expr *expr)
{
	int64_t access = expr ? pen_resolve_constant(resolver, expr) : 0;

	if (access < INT32_MIN || access > UINT32_MAX)
		pen_idl_complain(resolver->idl, expr->pos, "an access mask has 32 bits");
	return (uint32_t)access;
}

struct pen_model_type *pen_resolve_system_handle(struct pen_resolver *resolver,
						 const struct pen_tree_attribute *list)
{
	const struct pen_tree_attribute *attribute = pen_tree_find(list, "system_handle");
	struct pen_model_type *type = pen_idl_zalloc(resolver->idl, sizeof(*type));
	const struct kind *kind =
		find_kind(resolver, attribute->pos, pen_attribute_text(attribute));

	resolver->model->has_system_handles = true;
	type->kind = PEN_SYSTEM_HANDLE;
	type->is_complete = true;
	type->name = kind ? kind->name : "system_handle";
	type->system_handle = kind ? kind->kind : PEN_SH_FILE;
	type->access = resolve_access(resolver, pen_attribute_argument(list, "system_handle", 1));
	return type;
}

static bool has_access(enum pen_system_handle_kind kind)
{
	return kind == PEN_SH_FILE || kind == PEN_SH_PIPE || kind == PEN_SH_SECTION;
}

void pen_check_system_handle(struct pen_resolver *resolver, const struct pen_model_type *type,
			     struct pen_pos pos)
{
	if (!type->system_handle)
		pen_refuse(resolver, pos, "no descriptor is an %s", type->name);
	else if (type->access && !has_access(type->system_handle))
		pen_refuse(resolver, pos, "a descriptor of an %s has no access rights", type->name);
}
