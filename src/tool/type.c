/* SPDX-License-Identifier: MIT */
/* Types by name, as --type has them. */
#include "base/spelling.h"
#include "ndr/derive.h"
#include "tool/tool.h"
#include <ctype.h>
#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	const struct pen_type *type;
} scalars[] = {
	{ "small", &pen_type_i8 },
	{ "unsigned small", &pen_type_u8 },
	{ "byte", &pen_type_byte },
	{ "char", &pen_type_char },
	{ "boolean", &pen_type_boolean },
	{ "short", &pen_type_i16 },
	{ "unsigned short", &pen_type_u16 },
	{ "wchar_t", &pen_type_wchar },
	{ "long", &pen_type_i32 },
	{ "unsigned long", &pen_type_u32 },
	{ "error_status_t", &pen_type_error_status },
	{ "hyper", &pen_type_i64 },
	{ "unsigned hyper", &pen_type_u64 },
	{ "__int3264", &pen_type_i3264 },
	{ "unsigned __int3264", &pen_type_u3264 },
	{ "float", &pen_type_float },
	{ "double", &pen_type_double },
};

static const struct pen_type *find(const struct tool *tool, const char *name)
{
	for (size_t i = 0; i < PEN_COUNT(scalars); i++)
		if (!strcmp(scalars[i].name, name))
			return scalars[i].type;
	return tool->compiled ? pen_idl_find_type(tool->compiled, name) : NULL;
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

	for (size_t i = 0; tool->compiled && (type = pen_idl_type(tool->compiled, i)); i++)
		pen_spelling_try(&spelling, type->name);
	return tool_fail(
		tool, TOOL_USAGE,
		tool->compiled ? "Structs, enums and unions with a tag of their own have a "
				 "form alone, and pointers to them."
			       : "--idl FILE says where types come from.",
		"there is no type %s%s%s%s", name, spelling.nearest ? "; did you mean " : "",
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
