/* SPDX-License-Identifier: MIT */
/*
 * penstock interfaces: those that are compiled in, and those of a file. Also how the
 * other commands find theirs.
 */
#include "base/spelling.h"
#include "tool/tool.h"
#include <errno.h>
#include <penstock/idl/conv.h>
#include <penstock/idl/dssetup.h>
#include <penstock/idl/epm.h>
#include <penstock/idl/even6.h>
#include <penstock/idl/frstrans.h>
#include <penstock/idl/lsarpc.h>
#include <penstock/idl/mgmt.h>
#include <penstock/idl/netdfs.h>
#include <penstock/idl/netlogon.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/idl/samr.h>
#include <penstock/idl/srvsvc.h>
#include <penstock/idl/svcctl.h>
#include <penstock/idl/tsch.h>
#include <penstock/idl/winreg.h>
#include <penstock/idl/winspool.h>
#include <penstock/idl/witness.h>
#include <penstock/idl/wkssvc.h>
#include <string.h>

enum { IDL_MAX = 16 << 20 };

static const struct pen_interface *const compiled_in[] = {
	&atsvc_interface,
	&conv_interface,
	&dssetup_interface,
	&epm_interface,
	&FrsTransport_interface,
	&IEventService_interface,
	&ITaskSchedulerService_interface,
	&lsarpc_interface,
	&mgmt_interface,
	&netdfs_interface,
	&netlogon_interface,
	&rpcecho_interface,
	&samr_interface,
	&sasec_interface,
	&srvsvc_interface,
	&svcctl_interface,
	&winreg_interface,
	&winspool_interface,
	&Witness_interface,
	&wkssvc_interface,
};

const struct pen_interface *tool_interface(const struct tool *tool, size_t n)
{
	if (tool->compiled)
		return pen_idl_interface(tool->compiled, n);
	return n < PEN_COUNT(compiled_in) ? compiled_in[n] : NULL;
}

const struct pen_interface *tool_interface_by_id(const struct tool *tool,
						 const struct pen_syntax_id *id)
{
	const struct pen_interface *interface;

	for (size_t i = 0; (interface = tool_interface(tool, i)); i++)
		if (pen_uuid_equal(&interface->id.uuid, &id->uuid) &&
		    interface->id.major == id->major)
			return interface;
	for (size_t i = 0; i < PEN_COUNT(compiled_in); i++)
		if (pen_uuid_equal(&compiled_in[i]->id.uuid, &id->uuid) &&
		    compiled_in[i]->id.major == id->major)
			return compiled_in[i];
	return NULL;
}

/* ---- --idl ---- */

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
	struct tool *tool = data;
	const char *slash = strrchr(tool->idl, '/');
	int r = -ENOENT;

	for (size_t i = 0; i <= tool->n_folders && r == -ENOENT; i++) {
		char *path = i ? pen_arena_printf(arena, "%s/%s", tool->folders[i - 1], name)
			       : pen_arena_printf(arena, "%.*s%s",
						  slash ? (int)(slash - tool->idl) + 1 : 0,
						  tool->idl, name);

		r = path ? read_idl(path, arena, textp) : -ENOMEM;
	}
	return r == -ENOENT ? PEN_E_NOT_FOUND : r;
}

int tool_load_idl(struct tool *tool)
{
	struct pen_slice text;
	const char *base;
	int r;

	if (!tool->idl)
		return TOOL_OK;
	r = read_idl(tool->idl, &tool->arena, &text);
	if (r)
		return tool_fail(tool, TOOL_USAGE, NULL, "cannot read %s: %s", tool->idl,
				 r < 0 ? strerror(-r) : "it is larger than 16 MiB");
	r = pen_idl_new(&tool->compiled, import, tool);
	if (r)
		return tool_fail_result(tool, r);
	/* One operation that cannot be called is no reason not to call the others. */
	pen_idl_allow_partial(tool->compiled);
	base = strrchr(tool->idl, '/');
	r = pen_idl_compile(tool->compiled, base ? base + 1 : tool->idl, (const char *)text.data,
			    text.size);
	if (r == PEN_E_SYNTAX)
		return tool_fail(tool, TOOL_USAGE, NULL, "%s does not compile:\n%s", tool->idl,
				 pen_idl_diagnoses(tool->compiled));
	return r ? tool_fail_result(tool, r) : TOOL_OK;
}

/* ---- by name ---- */

static const struct pen_interface *find(const struct tool *tool, const char *name, size_t n)
{
	const struct pen_interface *interface;

	for (size_t i = 0; (interface = tool_interface(tool, i)); i++)
		if (strlen(interface->name) == n && !strncasecmp(interface->name, name, n))
			return interface;
	return NULL;
}

static int no_interface(struct tool *tool, const char *name)
{
	struct pen_spelling spelling = { .word = name };
	const struct pen_interface *interface;

	for (size_t i = 0; (interface = tool_interface(tool, i)); i++)
		pen_spelling_try(&spelling, interface->name);
	return tool_fail(tool, TOOL_USAGE,
			 tool->idl ? NULL
				   : "\"penstock interfaces\" lists those that are compiled in; "
				     "--idl FILE brings others.",
			 "there is no interface %s%s%s%s", name,
			 spelling.nearest ? "; did you mean " : "",
			 spelling.nearest ? spelling.nearest : "", spelling.nearest ? "?" : "");
}

int tool_find_interface(struct tool *tool, const char *name,
			const struct pen_interface **interfacep)
{
	const struct pen_interface *interface = find(tool, name, strlen(name));

	if (!interface)
		return no_interface(tool, name);
	*interfacep = interface;
	return TOOL_OK;
}

static int no_operation(struct tool *tool, const struct pen_interface *interface, const char *name)
{
	struct pen_spelling spelling = { .word = name };
	const char *left_out = tool->compiled ? pen_idl_diagnoses(tool->compiled) : "";
	const char *hint = NULL;

	for (uint32_t i = 0; i < interface->n_operations; i++)
		if (interface->operations[i].name)
			pen_spelling_try(&spelling, interface->operations[i].name);
	if (*left_out)
		hint = pen_arena_printf(&tool->arena, "What cannot be sent is left out:\n%s",
					left_out);
	return tool_fail(tool, TOOL_USAGE, hint, "%s has no operation %s%s%s%s", interface->name,
			 name, spelling.nearest ? "; did you mean " : "",
			 spelling.nearest ? spelling.nearest : "", spelling.nearest ? "?" : "");
}

int tool_find_operation(struct tool *tool, const char *name,
			const struct pen_interface **interfacep, uint16_t *opnump)
{
	const char *dot = strchr(name, '.');
	const struct pen_interface *interface;
	char *interface_name;

	if (!dot)
		return tool_fail(tool, TOOL_USAGE, "Such as srvsvc.NetrShareEnum.",
				 "%s is not INTERFACE.OPERATION", name);
	interface_name = pen_arena_text(&tool->arena, name, (size_t)(dot - name));
	if (!interface_name)
		return tool_fail_result(tool, -ENOMEM);
	interface = find(tool, name, (size_t)(dot - name));
	if (!interface)
		return no_interface(tool, interface_name);
	if (!pen_interface_find(interface, dot + 1, opnump))
		return no_operation(tool, interface, dot + 1);
	*interfacep = interface;
	return TOOL_OK;
}

/* ---- the command ---- */

static void put_operations(struct pen_buffer *json, const struct pen_interface *interface)
{
	bool is_first = true;

	for (uint32_t i = 0; i < interface->n_operations; i++) {
		if (!interface->operations[i].name)
			continue;
		pen_buffer_printf(json, "%s{", is_first ? "" : ",");
		tool_json_number(json, "opnum", i);
		tool_json_text(json, "name", interface->operations[i].name);
		pen_buffer_printf(json, "}");
		is_first = false;
	}
}

static int print_as_json(struct tool *tool, const struct pen_interface *only)
{
	const struct pen_interface *interface;
	struct pen_buffer json;
	int r;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "[");
	for (size_t i = 0; (interface = tool_interface(tool, i)); i++) {
		char uuid[PEN_UUID_TEXT_SIZE];

		if (only && interface != only)
			continue;
		pen_uuid_print(&interface->id.uuid, uuid);
		pen_buffer_printf(&json, "%s{", json.size > 1 ? "," : "");
		tool_json_text(&json, "name", interface->name);
		tool_json_text(&json, "uuid", uuid);
		pen_buffer_printf(&json, ",\"version\":\"%u.%u\",\"operations\":[",
				  interface->id.major, interface->id.minor);
		put_operations(&json, interface);
		pen_buffer_printf(&json, "]}");
	}
	r = pen_buffer_printf(&json, "]");
	r = r ? tool_fail_result(tool, r) : tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

static int run(struct tool *tool, int argc, char **argv)
{
	const struct pen_interface *only = NULL, *interface;
	int r;

	r = tool_load_idl(tool);
	if (!r && argc)
		r = tool_find_interface(tool, argv[0], &only);
	if (r)
		return r;
	if (tool->is_json)
		return print_as_json(tool, only);
	for (size_t i = 0; (interface = tool_interface(tool, i)); i++) {
		char uuid[PEN_UUID_TEXT_SIZE];

		if (only && interface != only)
			continue;
		pen_uuid_print(&interface->id.uuid, uuid);
		printf("%s  %s v%u.%u\n", interface->name, uuid, interface->id.major,
		       interface->id.minor);
		for (uint32_t n = 0; n < interface->n_operations; n++)
			if (interface->operations[n].name)
				printf("  %3u  %s.%s\n", n, interface->name,
				       interface->operations[n].name);
	}
	return TOOL_OK;
}

static const struct option options[] = {
	{ "idl", required_argument, NULL, TOOL_OPTION_IDL },
	{ NULL, required_argument, NULL, 'I' },
	{ 0 },
};

const struct tool_command tool_interfaces_command = {
	.name = "interfaces",
	.arguments = "[INTERFACE]",
	.summary = "list the interfaces and operations that can be called by name",
	.help = "  --idl FILE  those of an IDL file instead\n"
		"  -I FOLDER   look for imported files in FOLDER too\n"
		"\n"
		"Examples:\n"
		"  penstock interfaces\n"
		"  penstock interfaces srvsvc\n"
		"  penstock interfaces --idl winreg.idl --json\n",
	.options = options,
	.run = run,
	.max_arguments = 1,
};
