/* SPDX-License-Identifier: MIT */
/* The files of --idl. */
#include "tool/tool.h"
#include <errno.h>
#include <string.h>

enum { IDL_MAX = 16 << 20 };

static int read_idl(const char *path, struct pen_arena *arena, struct pen_slice *textp)
{
	struct pen_buffer text;
	void *copy;
	int r;

	pen_buffer_init(&text, 0);
	r = tool_read(path, IDL_MAX, &text);
	copy = r ? NULL : pen_arena_copy(arena, text.data, text.size);
	if (!r && copy)
		*textp = (struct pen_slice){ .data = copy, .size = text.size };
	else if (!r)
		r = -ENOMEM;
	pen_buffer_done(&text);
	return r;
}

/* Beside the file first, then in the folders of -I. */
static int import(void *data, const char *name, struct pen_arena *arena, struct pen_slice *textp)
{
	const struct tool_idl *idl = data;
	const struct tool *tool = idl->tool;
	const char *slash = strrchr(idl->path, '/');
	int r = -ENOENT;

	for (size_t i = 0; i <= tool->n_folders && r == -ENOENT; i++) {
		char *path = i ? pen_arena_printf(arena, "%s/%s", tool->folders[i - 1], name)
			       : pen_arena_printf(arena, "%.*s%s",
						  slash ? (int)(slash - idl->path) + 1 : 0,
						  idl->path, name);

		r = path ? read_idl(path, arena, textp) : -ENOMEM;
	}
	return r == -ENOENT ? PEN_E_NOT_FOUND : r;
}

int tool_add_idl(struct tool *tool, const char *path)
{
	if (tool->n_idls == PEN_COUNT(tool->idls))
		return tool_fail(tool, TOOL_USAGE, NULL, "more than %zu files of --idl",
				 PEN_COUNT(tool->idls));
	tool->idls[tool->n_idls++] = (struct tool_idl){ .tool = tool, .path = path };
	return TOOL_OK;
}

static int load(struct tool *tool, struct tool_idl *idl)
{
	struct pen_slice text;
	const char *base;
	int r;

	r = read_idl(idl->path, &tool->arena, &text);
	if (r)
		return tool_fail(tool, TOOL_USAGE, NULL, "cannot read %s: %s", idl->path,
				 r < 0 ? strerror(-r) : "it is larger than 16 MiB");
	r = pen_idl_new(&idl->compiled, import, idl);
	if (r)
		return tool_fail_result(tool, r);
	/* One operation that cannot be called is no reason not to call the others. */
	pen_idl_allow_partial(idl->compiled);
	base = strrchr(idl->path, '/');
	r = pen_idl_compile(idl->compiled, base ? base + 1 : idl->path, (const char *)text.data,
			    text.size);
	if (r == PEN_E_SYNTAX)
		return tool_fail(tool, TOOL_USAGE, NULL, "%s does not compile:\n%s", idl->path,
				 pen_idl_diagnoses(idl->compiled));
	return r ? tool_fail_result(tool, r) : TOOL_OK;
}

int tool_load_idl(struct tool *tool)
{
	int r = TOOL_OK;

	for (size_t i = 0; !r && i < tool->n_idls; i++)
		r = load(tool, &tool->idls[i]);
	return r;
}

void tool_free_idl(struct tool *tool)
{
	for (size_t i = 0; i < tool->n_idls; i++)
		pen_idl_free(tool->idls[i].compiled);
	tool->n_idls = 0;
}
