/* SPDX-License-Identifier: MIT */
/* penstock group: groups and aliases in the file of this machine, and who is in them. */
#include "tool/account.h"
#include <errno.h>
#include <string.h>

/* Names of groups and aliases are unique, so the name tells which. Complains. */
static int find(struct tool *tool, struct pen_accounts *accounts, const char *name,
		struct pen_account_group *group)
{
	struct pen_account account;
	int r = pen_accounts_find_any(accounts, name, NULL, &account);

	if (!r)
		r = pen_accounts_get_group(accounts, account.domain, account.rid, &tool->arena,
					   group);
	return r ? account_fail(tool, accounts, r, "group", name) : TOOL_OK;
}

static const char *type_of(enum pen_account_domain domain, enum pen_account_kind kind)
{
	if (domain == PEN_ACCOUNT_BUILTIN)
		return "builtin";
	return kind == PEN_ACCOUNT_ALIAS ? "alias" : "group";
}

/* ---- ls ---- */

static int print_rows(struct tool *tool, struct pen_buffer *json, const struct pen_account *rows,
		      size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && !r; i++) {
		const struct pen_account *row = &rows[i];

		pen_buffer_printf(json, "%s{", json->size > 1 ? "," : "");
		tool_json_text(json, "name", row->name);
		tool_json_text(json, "type", type_of(row->domain, row->kind));
		tool_json_number(json, "rid", row->rid);
		tool_json_text(json, "comment", row->comment);
		r = pen_buffer_printf(json, "}");
		if (!tool->is_json)
			printf("%-32s %-8s %5u  %s\n", row->name, type_of(row->domain, row->kind),
			       row->rid, row->comment);
	}
	return r;
}

static int list(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	static const struct pen_account_filter filters[] = {
		{ .kind = PEN_ACCOUNT_GROUP, .is_by_name = true },
		{ .kind = PEN_ACCOUNT_ALIAS, .is_by_name = true },
		{ .domain = PEN_ACCOUNT_BUILTIN, .kind = PEN_ACCOUNT_ALIAS, .is_by_name = true },
	};
	struct pen_account *rows;
	struct pen_buffer json;
	size_t n;
	int r;

	pen_buffer_init(&json, 0);
	r = pen_buffer_printf(&json, "[");
	for (size_t i = 0; !r && i < PEN_COUNT(filters); i++) {
		r = pen_accounts_list(accounts, &filters[i], &tool->arena, &rows, &n);
		if (!r)
			r = print_rows(tool, &json, rows, n);
	}
	if (!r)
		r = pen_buffer_printf(&json, "]");
	if (r)
		r = account_fail(tool, accounts, r, "group", "");
	else if (tool->is_json)
		r = tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

/* ---- show ---- */

/* The SIDs of all members, of a group or of an alias. */
static int members_of(struct tool *tool, struct pen_accounts *accounts,
		      const struct pen_account_group *group, struct pen_sid **sidsp, size_t *np)
{
	struct pen_account_member *members;
	int r;

	if (group->kind == PEN_ACCOUNT_ALIAS)
		return pen_accounts_sids(accounts, group->domain, group->rid, &tool->arena, sidsp,
					 np);
	r = pen_accounts_members(accounts, group->rid, &tool->arena, &members, np);
	if (r)
		return r;
	*sidsp = pen_arena_array(&tool->arena, *np + 1, sizeof(**sidsp));
	if (!*sidsp)
		return -ENOMEM;
	for (size_t i = 0; i < *np; i++)
		(*sidsp)[i] =
			pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE, members[i].rid);
	return 0;
}

static int names_of(struct tool *tool, struct pen_accounts *accounts, const struct pen_sid *sids,
		    size_t n, const char ***namesp)
{
	const char **names = pen_arena_array(&tool->arena, n + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		names[i] = account_name_of(tool, accounts, &sids[i]);
		if (!names[i])
			return -ENOMEM;
	}
	*namesp = names;
	return 0;
}

static int show(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	struct pen_account_group group;
	struct account_output output;
	struct pen_sid *sids, sid;
	const char **names;
	size_t n;
	int r = find(tool, accounts, argv[0], &group);

	if (r)
		return r;
	r = members_of(tool, accounts, &group, &sids, &n);
	if (!r)
		r = names_of(tool, accounts, sids, n, &names);
	if (r)
		return account_fail(tool, accounts, r, "group", argv[0]);
	sid = pen_accounts_member_sid(accounts, group.domain, group.rid);
	account_output_begin(&output, tool);
	account_show_text(&output, "name", group.name);
	account_show_text(&output, "type", type_of(group.domain, group.kind));
	account_show_sid(&output, &sid);
	account_show_number(&output, "rid", group.rid);
	account_show_text(&output, "comment", group.comment);
	account_show_list(&output, "members", names, n);
	return account_output_end(&output);
}

/* ---- add, set, rm ---- */

static int add(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	struct pen_account_group group = {
		.kind = account_value(tool, ACCOUNT_ALIAS) ? PEN_ACCOUNT_ALIAS : PEN_ACCOUNT_GROUP,
		.name = argv[0],
		.comment = account_value(tool, ACCOUNT_COMMENT),
	};
	uint32_t rid;
	int r = account_rid(tool, &group.rid);

	if (r)
		return r;
	r = pen_accounts_add_group(accounts, &group, &rid);
	if (r)
		return account_fail(tool, accounts, r, "group", argv[0]);
	return account_done(tool, accounts, argv[0], rid, "added");
}

static int set(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	struct pen_account_group group;
	int r = find(tool, accounts, argv[0], &group);

	if (r)
		return r;
	if (account_value(tool, ACCOUNT_NAME))
		group.name = account_value(tool, ACCOUNT_NAME);
	if (account_value(tool, ACCOUNT_COMMENT))
		group.comment = account_value(tool, ACCOUNT_COMMENT);
	r = pen_accounts_set_group(accounts, &group);
	if (r)
		return account_fail(tool, accounts, r, "group", group.name);
	return account_done(tool, accounts, group.name, 0, "changed");
}

static int removes(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	struct pen_account_group group;
	int r = find(tool, accounts, argv[0], &group);

	if (r)
		return r;
	r = pen_accounts_remove(accounts, group.domain, group.rid);
	if (r)
		return account_fail(tool, accounts, r, "group", argv[0]);
	return account_done(tool, accounts, group.name, 0, "removed");
}

/* ---- members ---- */

/* A name of ours, or any SID for an alias. Complains. */
static int find_member(struct tool *tool, struct pen_accounts *accounts, const char *text,
		       struct pen_sid *sid, struct pen_account *account)
{
	int r = pen_accounts_find_any(accounts, text, NULL, account);

	if (!r)
		*sid = pen_accounts_member_sid(accounts, account->domain, account->rid);
	else if (r == PEN_E_NOT_FOUND && !pen_sid_parse(sid, text))
		*account = (struct pen_account){ .rid = 0 };
	else
		return account_fail(tool, accounts, r, "user", text);
	return TOOL_OK;
}

static int change(struct tool *tool, struct pen_accounts *accounts, char **argv, bool is_add)
{
	struct pen_account_group group;
	struct pen_account member;
	struct pen_sid sid;
	int r = find(tool, accounts, argv[0], &group);

	if (!r)
		r = find_member(tool, accounts, argv[1], &sid, &member);
	if (r)
		return r;
	if (group.kind == PEN_ACCOUNT_ALIAS && is_add)
		r = pen_accounts_add_sid(accounts, group.domain, group.rid, &sid);
	else if (group.kind == PEN_ACCOUNT_ALIAS)
		r = pen_accounts_remove_sid(accounts, group.domain, group.rid, &sid);
	else if (member.kind != PEN_ACCOUNT_USER)
		return tool_fail(tool, TOOL_USAGE, "An alias can have groups and any SIDs in it.",
				 "%s is no user: the group %s can have only users in it", argv[1],
				 group.name);
	else if (is_add)
		r = pen_accounts_add_member(accounts, group.rid, member.rid,
					    PEN_ACCOUNT_GROUP_USUAL);
	else
		r = pen_accounts_remove_member(accounts, group.rid, member.rid);

	if (r == PEN_E_EXISTS)
		return tool_fail(tool, TOOL_FAILED, NULL, "%s is in %s already", argv[1],
				 group.name);
	if (r == PEN_E_NOT_FOUND)
		return tool_fail(tool, TOOL_FAILED, NULL, "%s is not in %s", argv[1], group.name);
	if (r == PEN_E_DENIED)
		return tool_fail(tool, TOOL_FAILED, NULL,
				 is_add ? "%s cannot be in %s: it is neither a user nor a group"
					: "%s has %s as its primary group: give it another first",
				 argv[1], group.name);
	if (r)
		return account_fail(tool, accounts, r, "group", group.name);
	return account_done(tool, accounts, group.name, 0,
			    is_add ? "member added" : "member removed");
}

static int add_member(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	return change(tool, accounts, argv, true);
}

static int remove_member(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	return change(tool, accounts, argv, false);
}

/* ---- the command ---- */

static const struct account_verb verbs[] = {
	{ { "ls", 0, 0, "" }, list },
	{ { "list", 0, 0, "" }, list },
	{ { "show", 1, 1, " NAME" }, show },
	{ { "add", 1, 1, " NAME" }, add, true },
	{ { "set", 1, 1, " NAME" }, set },
	{ { "rm", 1, 1, " NAME" }, removes },
	{ { "add-member", 2, 2, " NAME MEMBER" }, add_member },
	{ { "rm-member", 2, 2, " NAME MEMBER" }, remove_member },
};

static int run(struct tool *tool, int argc, char **argv)
{
	return account_run(tool, verbs, PEN_COUNT(verbs), argc, argv);
}

static const struct option options[] = {
	{ "accounts", required_argument, NULL, ACCOUNT_VAL(FILE) },
	{ "comment", required_argument, NULL, ACCOUNT_VAL(COMMENT) },
	{ "name", required_argument, NULL, ACCOUNT_VAL(NAME) },
	{ "rid", required_argument, NULL, ACCOUNT_VAL(RID) },
	{ "alias", no_argument, NULL, ACCOUNT_VAL(ALIAS) },
	{ 0 },
};

const struct tool_command tool_group = {
	.name = "group",
	.arguments = "ls | show NAME | add NAME | set NAME | rm NAME | add-member NAME MEMBER | "
		     "rm-member NAME MEMBER",
	.summary = "groups, aliases, those of Builtin, and who is in them",
	.help = "  --accounts FILE    the accounts; those of penstockd's configuration by default\n"
		"  --alias            add: an alias, which can have groups and any SIDs in it\n"
		"  --comment TEXT     add, set: what people read beside the name\n"
		"  --name NAME        set: another name\n"
		"  --rid N            add: its number, not the next one\n"
		"\n"
		"Examples:\n"
		"  penstock group add staff --comment \"all of us\"\n"
		"  penstock group add-member staff alice\n"
		"  penstock group add-member Administrators alice\n"
		"  penstock group show Administrators --json\n",
	.options = options,
	.option = account_option,
	.run = run,
	.min_arguments = 1,
	.max_arguments = 3,
};
