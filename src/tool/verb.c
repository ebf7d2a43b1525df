/* SPDX-License-Identifier: MIT */
#include "base/spelling.h"
#include "tool/tool.h"
#include <string.h>

const void *tool_find_verb(struct tool *tool, const void *rows, size_t n, size_t size, int argc,
			   char **argv)
{
	struct pen_spelling spelling = { .word = argv[0] };
	const char *command = tool->command->name;

	for (size_t i = 0; i < n; i++) {
		const void *row = (const char *)rows + i * size;
		const struct tool_verb *verb = row;

		if (strcmp(argv[0], verb->name)) {
			pen_spelling_try(&spelling, verb->name);
			continue;
		}
		if (argc - 1 >= verb->min_arguments && argc - 1 <= verb->max_arguments)
			return row;
		tool_fail(tool, TOOL_USAGE, NULL, "usage: penstock %s %s%s", command, verb->name,
			  verb->arguments);
		return NULL;
	}
	tool_fail(tool, TOOL_USAGE, "\"--help\" after it lists what there is.",
		  "there is no command %s %s%s%s%s", command, argv[0],
		  spelling.nearest ? "; did you mean " : "",
		  spelling.nearest ? spelling.nearest : "", spelling.nearest ? "?" : "");
	return NULL;
}
