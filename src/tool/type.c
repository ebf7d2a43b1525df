/* SPDX-License-Identifier: MIT */
/* Types by name, as --type has them. */
#include "base/spelling.h"
#include "ndr/derive.h"
#include "tool/tool.h"
#include <ctype.h>
#include <errno.h>
#include <string.h>

static const struct pen_type *const scalars[] = {
	&pen_type_i8,	   &pen_type_u8,    &pen_type_byte,	    &pen_type_char,
	&pen_type_boolean, &pen_type_i16,   &pen_type_u16,	    &pen_type_wchar,
	&pen_type_i32,	   &pen_type_u32,   &pen_type_error_status, &pen_type_i64,
	&pen_type_u64,	   &pen_type_i3264, &pen_type_u3264,	    &pen_type_float,
	&pen_type_double,
};

static const struct pen_type *find(const struct tool *tool, const char *name)
{
	const struct pen_type *type = NULL;

	for (size_t i = 0; i < PEN_COUNT(scalars); i++)
		if (!strcmp(scalars[i]->name, name))
			return scalars[i];
	for (size_t i = 0; !type && i < tool->n_idls; i++)
		type = pen_idl_find_type(tool->idls[i].compiled, name);
	return type;
}

static const struct pen_type *pointer_to(struct tool *tool, const struct pen_type *type)
{
	struct pen_type *pointer = pen_arena_zalloc(&tool->arena, sizeof(*pointer));

	if (!pointer)
		return NULL;
	*pointer = (struct pen_type){ .kind = PEN_POINTER,
				      .size = sizeof(void *),
				      .element = type,
				      .pointer_kind = PEN_UNIQUE };
	pen_type_derive(pointer);
	return pointer;
}

static int no_type(struct tool *tool, const char *name)
{
	struct pen_spelling spelling = { .word = name };
	const struct pen_type *type;

	for (size_t i = 0; i < tool->n_idls; i++)
		for (size_t k = 0; (type = pen_idl_type(tool->idls[i].compiled, k)); k++)
			pen_spelling_try(&spelling, type->name);
	return tool_fail(tool, TOOL_USAGE,
			 tool->n_idls ? "Types have the names of their typedefs or tags; unions "
					"without a tag of their own, and handles, have no form "
					"alone."
				      : "--idl FILE says where types come from.",
			 "there is no type %s%s%s%s", name,
			 spelling.nearest ? "; did you mean " : "",
			 spelling.nearest ? spelling.nearest : "", spelling.nearest ? "?" : "");
}

int tool_find_type(struct tool *tool, const char *text, const struct pen_type **typep)
{
	size_t n = strlen(text), n_pointers = 0;
	const struct pen_type *type;
	char *name;

	for (; n && (text[n - 1] == '*' || isspace((unsigned char)text[n - 1])); n--)
		n_pointers += text[n - 1] == '*';
	name = pen_arena_text(&tool->arena, text, n);
	if (!name)
		return tool_fail_result(tool, -ENOMEM);
	type = find(tool, name);
	if (!type)
		return no_type(tool, name);
	while (type && n_pointers--)
		type = pointer_to(tool, type);
	if (!type)
		return tool_fail_result(tool, -ENOMEM);
	*typep = type;
	return TOOL_OK;
}
