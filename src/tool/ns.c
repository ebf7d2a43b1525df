/* SPDX-License-Identifier: MIT */
/* penstock ns: the tree of names that the object manager keeps. */
#include "np/agent.h"
#include "object/name.h"
#include "tool/pipe.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- ls ---- */

static void print_entry(const struct object_entry *entry)
{
	printf("%-13s", entry->type);
	pipe_print_name(entry->name, 40);
	if (entry->target) {
		printf(" -> ");
		pipe_print_name(entry->target, 0);
	} else if (!strcmp(entry->type, "Pipe")) {
		printf(" %5u", entry->instances);
		if (entry->instances_max != UINT32_MAX)
			printf(" of %u", entry->instances_max);
	} else if (!strcmp(entry->type, "Section")) {
		printf(" %" PRId64 " bytes", entry->size);
	}
	printf("\n");
}

static void put_entry(struct pen_buffer *json, const struct object_entry *entry)
{
	pen_buffer_printf(json, "%s{", json->size > 1 ? "," : "");
	tool_json_text(json, "name", entry->name);
	tool_json_text(json, "type", entry->type);
	if (entry->target)
		tool_json_text(json, "target", entry->target);
	if (!strcmp(entry->type, "Pipe"))
		tool_json_number(json, "instances", entry->instances);
	if (!strcmp(entry->type, "Pipe") && entry->instances_max != UINT32_MAX)
		tool_json_number(json, "instances_max", entry->instances_max);
	else if (!strcmp(entry->type, "Pipe"))
		tool_json_text(json, "instances_max", NULL);
	if (!strcmp(entry->type, "Section"))
		tool_json_number(json, "size", (uint64_t)entry->size);
	pen_buffer_printf(json, "}");
}

/* A part of a directory at a time. */
static uint32_t list(struct tool *tool, const char *path, struct pen_buffer *json)
{
	struct object_request request = { .verb = object_LIST, .body.list = { path, 0 } };
	uint32_t status = PEN_STATUS_SUCCESS;
	bool is_all = false;

	while (!status && !is_all) {
		const struct object_entries *entries;
		struct pen_answer answer;

		status = pen_agent_ask(pipe_value(tool, PIPE_OBJECTS_DIR), &request, NULL,
				       pipe_wait_ms(tool), &answer);
		entries = &answer.reply.body.entries;
		for (uint32_t i = 0; !status && i < entries->n; i++)
			if (tool->is_json)
				put_entry(json, &entries->entries[i]);
			else
				print_entry(&entries->entries[i]);
		is_all = status || entries->is_all || !entries->n;
		request.body.list.from += status ? 0 : entries->n;
		pen_answer_done(&answer);
	}
	return status;
}

static int ls(struct tool *tool, int argc, char **argv)
{
	const char *path = argc ? argv[0] : "\\";
	struct pen_buffer json;
	uint32_t status;
	int r = TOOL_OK;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "[");
	status = list(tool, path, &json);
	if (status)
		r = pipe_fail(tool, "cannot list", path, status);
	else if (pen_buffer_printf(&json, "]"))
		r = tool_fail_result(tool, -ENOMEM);
	else if (tool->is_json)
		r = tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

/* ---- why ---- */

/* A pipe's name, a section's, or one of the tree's own. A status. */
static uint32_t full_name(struct tool *tool, const char *text, const char **pathp)
{
	struct pen_name name;
	const char *pipe = pipe_name(tool, text);
	uint32_t status =
		pipe ? pen_name_parse_pipe(pipe, &tool->arena, &name) : PEN_STATUS_NO_MEMORY;

	if (!status && name.server)
		return PEN_STATUS_NOT_SUPPORTED;
	if (!status)
		*pathp = name.path;
	else if (status == PEN_STATUS_OBJECT_NAME_INVALID && *text != '\\')
		status = pen_name_parse_section(text, PEN_NAME_OWN_SESSION, &tool->arena, pathp);
	else if (status == PEN_STATUS_OBJECT_NAME_INVALID && text[1] != '\\') {
		*pathp = text;
		status = PEN_STATUS_SUCCESS;
	}
	return status;
}

static int print_steps(struct tool *tool, const char *path, const struct object_steps *steps)
{
	struct pen_buffer json;
	int r;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "{");
	tool_json_text(&json, "name", path);
	pen_buffer_printf(&json, ",\"steps\":[");
	for (uint32_t i = 0; i < steps->n; i++) {
		if (!tool->is_json) {
			pipe_print_name(steps->steps[i], 0);
			printf("\n");
			continue;
		}
		if (i)
			pen_buffer_printf(&json, ",");
		tool_json_string(&json, steps->steps[i]);
	}
	r = pen_buffer_printf(&json, "]}");
	if (r)
		r = tool_fail_result(tool, r);
	else if (tool->is_json)
		r = tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

static int why(struct tool *tool, int argc, char **argv)
{
	struct object_request request = { .verb = object_EXPLAIN };
	struct object_explain *explain = &request.body.explain;
	struct pen_answer answer;
	uint32_t status;
	int r = pipe_access(tool, &explain->access);

	if (r)
		return r;
	status = full_name(tool, argv[0], &explain->name);
	if (status)
		return pipe_fail(tool, "cannot explain", argv[0], status);
	status = pen_agent_ask(pipe_value(tool, PIPE_OBJECTS_DIR), &request, NULL,
			       pipe_wait_ms(tool), &answer);
	r = status ? pipe_fail(tool, "cannot explain", explain->name, status)
		   : print_steps(tool, explain->name, &answer.reply.body.explained);
	pen_answer_done(&answer);
	return r;
}

/* ---- the command ---- */

static const struct pipe_verb verbs[] = {
	{ { "ls", 0, 1, " [PATH]" }, ls },
	{ { "why", 1, 1, " NAME" }, why },
};

static int run(struct tool *tool, int argc, char **argv)
{
	return pipe_run(tool, verbs, PEN_COUNT(verbs), argc, argv);
}

static const struct option options[] = {
	{ "objects-dir", required_argument, NULL, PIPE_VAL(OBJECTS_DIR) },
	{ "access", required_argument, NULL, PIPE_VAL(ACCESS) },
	{ 0 },
};

const struct tool_command tool_ns = {
	.name = "ns",
	.arguments = "ls [PATH] | why NAME",
	.summary = "the names of pipes and sections, and where they lead",
	.help = "  --objects-dir DIR  where the object manager's socket is\n"
		"  --access r|w|rw    why: whether you may open it for that\n"
		"\n"
		"ls lists a directory of the tree, \"\\\" by default. why says where a name leads, "
		"step\n"
		"by step, and what its descriptor gives you. NAME is a pipe's name or\n"
		"\\\\.\\pipe\\NAME, a section's with Global\\, Local\\ or Session\\N\\ before it, "
		"or a full\n"
		"name such as \\BaseNamedObjects\\NAME. Shells want single quotes around "
		"backslashes.\n"
		"\n"
		"Examples:\n"
		"  penstock ns ls\n"
		"  penstock ns ls '\\Device\\NamedPipe\\'\n"
		"  penstock ns why echo --access rw\n"
		"  penstock ns why 'Local\\memory'\n",
	.options = options,
	.option = pipe_option,
	.run = run,
	.min_arguments = 1,
	.max_arguments = 2,
};
