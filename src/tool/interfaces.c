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

const struct pen_interface *tool_own_interface(size_t n)
{
	return n < PEN_COUNT(compiled_in) ? compiled_in[n] : NULL;
}

const struct pen_interface *tool_interface(const struct tool *tool, size_t n)
{
	const struct pen_interface *interface;

	if (!tool->n_idls)
		return tool_own_interface(n);
	for (size_t i = 0; i < tool->n_idls; i++)
		for (size_t k = 0; (interface = pen_idl_interface(tool->idls[i].compiled, k)); k++)
			if (!n--)
				return interface;
	return NULL;
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
			 tool->n_idls ? NULL
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

/* What was said when the file was compiled where the interface is. */
static const char *diagnoses_of(const struct tool *tool, const struct pen_interface *interface)
{
	const struct pen_interface *other;

	for (size_t i = 0; i < tool->n_idls; i++)
		for (size_t k = 0; (other = pen_idl_interface(tool->idls[i].compiled, k)); k++)
			if (other == interface)
				return pen_idl_diagnoses(tool->idls[i].compiled);
	return "";
}

static int no_operation(struct tool *tool, const struct pen_interface *interface, const char *name)
{
	struct pen_spelling spelling = { .word = name };
	const char *left_out = diagnoses_of(tool, interface);
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
