/* SPDX-License-Identifier: MIT */
/* penstock share: lists, shows, adds and removes a server's shares. */
#include "base/spelling.h"
#include "tool/tool.h"
#include <errno.h>
#include <penstock/idl/srvsvc.h>
#include <penstock/status.h>
#include <string.h>

#define UNLIMITED      UINT32_MAX
#define TYPE_MASK      UINT32_C(0x0fffffff)
#define TYPE_SPECIAL   UINT32_C(0x80000000)
#define TYPE_TEMPORARY UINT32_C(0x40000000)

enum {
	OPTION_BINDING = TOOL_OPTION_OWN,
	OPTION_REMARK,
	OPTION_TYPE,
	OPTION_MAX_USERS,
};

static const char *const types[] = { "disk", "printer", "device", "ipc" };

static const char *type_name(uint32_t type)
{
	type &= TYPE_MASK;
	return type < PEN_COUNT(types) ? types[type] : "unknown";
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static void put_type(struct pen_buffer *json, uint32_t type)
{
	tool_json_text(json, "type", type_name(type));
	pen_buffer_printf(json, ",\"is_special\":%s,\"is_temporary\":%s",
			  type & TYPE_SPECIAL ? "true" : "false",
			  type & TYPE_TEMPORARY ? "true" : "false");
}

static void put_share_2(struct pen_buffer *json, const struct srvsvc_SHARE_INFO_2 *share)
{
	tool_json_text(json, "name", share->shi2_netname);
	put_type(json, share->shi2_type);
	tool_json_text(json, "remark", share->shi2_remark);
	tool_json_text(json, "path", share->shi2_path);
	if (share->shi2_max_uses == UNLIMITED)
		tool_json_text(json, "max_users", NULL);
	else
		tool_json_number(json, "max_users", share->shi2_max_uses);
	tool_json_number(json, "users", share->shi2_current_uses);
}

static void put_share_1(struct pen_buffer *json, const struct srvsvc_SHARE_INFO_1 *share)
{
	tool_json_text(json, "name", share->shi1_netname);
	put_type(json, share->shi1_type);
	tool_json_text(json, "remark", share->shi1_remark);
}

/* ---- ls ---- */

static int print_shares(struct tool *tool, const struct srvsvc_NetrShareEnum_out *out)
{
	const struct srvsvc_SHARE_INFO_1_CONTAINER *brief =
		tool->is_long ? NULL : out->InfoStruct.ShareInfo.Level1;
	const struct srvsvc_SHARE_INFO_2_CONTAINER *full =
		tool->is_long ? out->InfoStruct.ShareInfo.Level2 : NULL;
	struct pen_buffer json;
	int r = TOOL_OK;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "[");
	for (uint32_t i = 0; brief && brief->Buffer && i < brief->EntriesRead; i++) {
		const struct srvsvc_SHARE_INFO_1 *share = &brief->Buffer[i];

		pen_buffer_printf(&json, "%s{", i ? "," : "");
		put_share_1(&json, share);
		pen_buffer_printf(&json, "}");
		if (!tool->is_json)
			printf("%-20s %-8s %s\n", text_or_empty(share->shi1_netname),
			       type_name(share->shi1_type), text_or_empty(share->shi1_remark));
	}
	for (uint32_t i = 0; full && full->Buffer && i < full->EntriesRead; i++) {
		const struct srvsvc_SHARE_INFO_2 *share = &full->Buffer[i];

		pen_buffer_printf(&json, "%s{", i ? "," : "");
		put_share_2(&json, share);
		pen_buffer_printf(&json, "}");
		if (!tool->is_json)
			printf("%-20s %-8s %-30s %s\n", text_or_empty(share->shi2_netname),
			       type_name(share->shi2_type), text_or_empty(share->shi2_path),
			       text_or_empty(share->shi2_remark));
	}
	if (pen_buffer_printf(&json, "]"))
		r = tool_fail_result(tool, -ENOMEM);
	else if (tool->is_json)
		r = tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

static int list(struct tool *tool)
{
	struct srvsvc_SHARE_INFO_1_CONTAINER brief = { 0 };
	struct srvsvc_SHARE_INFO_2_CONTAINER full = { 0 };
	struct srvsvc_NetrShareEnum_in in = { .PreferedMaximumLength = UNLIMITED };
	struct srvsvc_NetrShareEnum_out out = { 0 };
	int r;

	in.InfoStruct.Level = tool->is_long ? 2 : 1;
	if (tool->is_long)
		in.InfoStruct.ShareInfo.Level2 = &full;
	else
		in.InfoStruct.ShareInfo.Level1 = &brief;
	r = srvsvc_NetrShareEnum(tool->call, &in, &out);
	if (r)
		return tool_fail_call(tool, "srvsvc.NetrShareEnum", r);
	if (out.result)
		return tool_fail_status(tool, "cannot list the shares", out.result);
	if (out.InfoStruct.Level != in.InfoStruct.Level)
		return tool_fail(tool, TOOL_FAILED, NULL, "the server answered at another level");
	return print_shares(tool, &out);
}

/* ---- show ---- */

static int print_share(struct tool *tool, const struct srvsvc_SHARE_INFO_2 *share, bool is_full)
{
	struct pen_buffer json;
	int r;

	if (!tool->is_json) {
		printf("name       %s\ntype       %s%s%s\nremark     %s\n",
		       text_or_empty(share->shi2_netname), type_name(share->shi2_type),
		       share->shi2_type & TYPE_SPECIAL ? ", special" : "",
		       share->shi2_type & TYPE_TEMPORARY ? ", temporary" : "",
		       text_or_empty(share->shi2_remark));
		if (is_full && share->shi2_max_uses == UNLIMITED)
			printf("path       %s\nmax users  no limit\nusers      %u\n",
			       text_or_empty(share->shi2_path), share->shi2_current_uses);
		else if (is_full)
			printf("path       %s\nmax users  %u\nusers      %u\n",
			       text_or_empty(share->shi2_path), share->shi2_max_uses,
			       share->shi2_current_uses);
		return TOOL_OK;
	}
	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "{");
	if (is_full)
		put_share_2(&json, share);
	else
		put_share_1(&json,
			    &(struct srvsvc_SHARE_INFO_1){ .shi1_netname = share->shi2_netname,
							   .shi1_type = share->shi2_type,
							   .shi1_remark = share->shi2_remark });
	r = pen_buffer_printf(&json, "}");
	r = r ? tool_fail_result(tool, r) : tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

static int show(struct tool *tool, const char *name)
{
	struct srvsvc_NetrShareGetInfo_in in = { .NetName = name, .Level = 2 };
	struct srvsvc_NetrShareGetInfo_out out = { 0 };
	const struct srvsvc_SHARE_INFO_1 *brief;
	int r;

	r = srvsvc_NetrShareGetInfo(tool->call, &in, &out);
	if (!r && !out.result && out.InfoStruct.ShareInfo2)
		return print_share(tool, out.InfoStruct.ShareInfo2, true);
	if (!r && out.result == PEN_WERR_ACCESS_DENIED) {
		/* What administrators alone may see stays out. */
		in.Level = 1;
		memset(&out, 0, sizeof(out));
		r = srvsvc_NetrShareGetInfo(tool->call, &in, &out);
	}
	if (r)
		return tool_fail_call(tool, "srvsvc.NetrShareGetInfo", r);
	if (out.result)
		return tool_fail_status(tool, name, out.result);
	brief = in.Level == 1 ? out.InfoStruct.ShareInfo1 : NULL;
	if (!brief)
		return tool_fail(tool, TOOL_FAILED, NULL, "the server answered without a share");
	return print_share(tool,
			   &(struct srvsvc_SHARE_INFO_2){ .shi2_netname = brief->shi1_netname,
							  .shi2_type = brief->shi1_type,
							  .shi2_remark = brief->shi1_remark },
			   false);
}

/* ---- add, rm ---- */

static int done(struct tool *tool, const char *name, const char *what)
{
	struct pen_buffer json;
	int r;

	if (!tool->is_json) {
		printf("%s: %s\n", name, what);
		return TOOL_OK;
	}
	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "{");
	tool_json_text(&json, "name", name);
	tool_json_text(&json, "done", what);
	r = pen_buffer_printf(&json, "}");
	r = r ? tool_fail_result(tool, r) : tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

static int add(struct tool *tool, const char *name, const char *path)
{
	struct srvsvc_SHARE_INFO_2 share = {
		.shi2_netname = name,
		.shi2_path = path,
		.shi2_remark = text_or_empty(tool->remark),
		.shi2_max_uses = tool->max_users ? tool->max_users : UNLIMITED,
	};
	struct srvsvc_NetrShareAdd_in in = { .Level = 2, .InfoStruct = { .ShareInfo2 = &share } };
	struct srvsvc_NetrShareAdd_out out = { 0 };
	int r;

	for (uint32_t i = 0; tool->type && i < PEN_COUNT(types); i++)
		if (!strcmp(tool->type, types[i]))
			share.shi2_type = i;
	r = srvsvc_NetrShareAdd(tool->call, &in, &out);
	if (r)
		return tool_fail_call(tool, "srvsvc.NetrShareAdd", r);
	if (out.result)
		return tool_fail_status(tool, name, out.result);
	return done(tool, name, "added");
}

static int removes(struct tool *tool, const char *name)
{
	struct srvsvc_NetrShareDel_in in = { .NetName = name };
	struct srvsvc_NetrShareDel_out out = { 0 };
	int r;

	r = srvsvc_NetrShareDel(tool->call, &in, &out);
	if (r)
		return tool_fail_call(tool, "srvsvc.NetrShareDel", r);
	if (out.result)
		return tool_fail_status(tool, name, out.result);
	return done(tool, name, "removed");
}

/* ---- the command ---- */

static const struct verb {
	const char *name;
	int n_arguments;
	const char *arguments;
} verbs[] = {
	{ "ls", 0, "" },
	{ "show", 1, " NAME" },
	{ "add", 2, " NAME PATH" },
	{ "rm", 1, " NAME" },
};

static int find_verb(struct tool *tool, int argc, char **argv, const struct verb **verbp)
{
	struct pen_spelling spelling = { .word = argv[0] };

	for (size_t i = 0; i < PEN_COUNT(verbs); i++) {
		if (strcmp(argv[0], verbs[i].name)) {
			pen_spelling_try(&spelling, verbs[i].name);
			continue;
		}
		if (argc - 1 != verbs[i].n_arguments)
			return tool_fail(tool, TOOL_USAGE, NULL, "usage: penstock share %s%s",
					 verbs[i].name, verbs[i].arguments);
		*verbp = &verbs[i];
		return TOOL_OK;
	}
	return tool_fail(tool, TOOL_USAGE, "There are ls, show, add and rm.",
			 "there is no command share %s%s%s%s", argv[0],
			 spelling.nearest ? "; did you mean " : "",
			 spelling.nearest ? spelling.nearest : "", spelling.nearest ? "?" : "");
}

static int run(struct tool *tool, int argc, char **argv)
{
	const struct verb *verb = NULL;
	int r;

	r = find_verb(tool, argc, argv, &verb);
	if (!r)
		r = tool_connect(tool, tool->binding ? tool->binding : "", &srvsvc_interface);
	if (r)
		return r;
	if (!strcmp(verb->name, "ls"))
		return list(tool);
	if (!strcmp(verb->name, "show"))
		return show(tool, argv[1]);
	if (!strcmp(verb->name, "add"))
		return add(tool, argv[1], argv[2]);
	return removes(tool, argv[1]);
}

static int take_type(struct tool *tool, const char *value)
{
	for (size_t i = 0; i < PEN_COUNT(types); i++)
		if (!strcmp(value, types[i])) {
			tool->type = value;
			return TOOL_OK;
		}
	return tool_fail(tool, TOOL_USAGE, NULL, "--type is disk, printer, device or ipc, not %s",
			 value);
}

static int option(struct tool *tool, int val, const char *value)
{
	char *end;
	unsigned long n;

	switch (val) {
	case 'l':
		tool->is_long = true;
		return TOOL_OK;
	case OPTION_BINDING:
		tool->binding = value;
		return TOOL_OK;
	case OPTION_REMARK:
		tool->remark = value;
		return TOOL_OK;
	case OPTION_TYPE:
		return take_type(tool, value);
	default:
		errno = 0;
		n = strtoul(value, &end, 10);
		if (*value < '0' || *value > '9' || *end || errno || !n || n >= UNLIMITED)
			return tool_fail(tool, TOOL_USAGE, NULL, "--max-users %s is not a number",
					 value);
		tool->max_users = (uint32_t)n;
		return TOOL_OK;
	}
}

static const struct option options[] = {
	{ "long", no_argument, NULL, 'l' },
	{ "binding", required_argument, NULL, OPTION_BINDING },
	{ "remark", required_argument, NULL, OPTION_REMARK },
	{ "type", required_argument, NULL, OPTION_TYPE },
	{ "max-users", required_argument, NULL, OPTION_MAX_USERS },
	{ 0 },
};

const struct tool_command tool_share = {
	.name = "share",
	.arguments = "ls | show NAME | add NAME PATH | rm NAME",
	.summary = "list, show, add and remove shares",
	.help = "  --binding BINDING  of the server; this machine's by default\n"
		"  -l, --long         ls: with paths, which administrators may see\n"
		"  --remark TEXT      add: what people read beside the name\n"
		"  --type TYPE        add: disk, printer, device or ipc (disk)\n"
		"  --max-users N      add: how many at a time (no limit)\n"
		"\n"
		"Examples:\n"
		"  penstock share ls\n"
		"  penstock share add demo /srv/demo --remark \"our first share\"\n"
		"  penstock share show demo --json\n"
		"  penstock share rm demo\n"
		"  penstock share ls --binding ncacn_ip_tcp:server\n",
	.options = options,
	.option = option,
	.has_login = true,
	.run = run,
	.min_arguments = 1,
	.max_arguments = 3,
};
