/* SPDX-License-Identifier: MIT */
/* penstock user and penstock machine: accounts in the file of this machine. */
#include "crypto/crypto.h"
#include "io/clock.h"
#include "tool/account.h"
#include <errno.h>
#include <string.h>
#include <time.h>

#define EPOCH_OF_UNIX UINT64_C(11644473600)

static bool is_machine(const struct tool *tool)
{
	return tool->command == &tool_machine;
}

/* "user" or "machine". */
static const char *kind_of(const struct tool *tool)
{
	return tool->command->name;
}

/* A machine's account ends with a dollar, which people leave out. NULL: no memory. */
static const char *full_name_of(struct tool *tool, const char *name)
{
	size_t n = strlen(name);

	if (!is_machine(tool) || (n && name[n - 1] == '$'))
		return name;
	return pen_arena_printf(&tool->arena, "%s$", name);
}

static bool is_kind(const struct tool *tool, uint32_t control)
{
	return is_machine(tool) == !!(control & PEN_ACCOUNT_MACHINES);
}

/* Finds the account that argv names. Complains. */
static int find(struct tool *tool, struct pen_accounts *accounts, const char *text,
		struct pen_account_user *user)
{
	const char *name = full_name_of(tool, text);
	struct pen_account account;
	int r;

	if (!name)
		return tool_fail_result(tool, -ENOMEM);
	r = pen_accounts_find_name(accounts, PEN_ACCOUNT_MACHINE, name, NULL, &account);
	if (!r && (account.kind != PEN_ACCOUNT_USER || !is_kind(tool, account.control)))
		r = PEN_E_NOT_FOUND;
	if (!r)
		r = pen_accounts_get_user(accounts, account.rid, &tool->arena, user);
	return r ? account_fail(tool, accounts, r, kind_of(tool), name) : TOOL_OK;
}

/* ---- options ---- */

static const struct {
	enum account_option option;
	size_t offset;
} texts[] = {
	{ ACCOUNT_COMMENT, offsetof(struct pen_account_user, comment) },
	{ ACCOUNT_FULL_NAME, offsetof(struct pen_account_user, full_name) },
	{ ACCOUNT_USER_COMMENT, offsetof(struct pen_account_user, user_comment) },
	{ ACCOUNT_HOME, offsetof(struct pen_account_user, home_directory) },
	{ ACCOUNT_HOME_DRIVE, offsetof(struct pen_account_user, home_drive) },
	{ ACCOUNT_SCRIPT, offsetof(struct pen_account_user, script_path) },
	{ ACCOUNT_PROFILE, offsetof(struct pen_account_user, profile_path) },
	{ ACCOUNT_WORKSTATIONS, offsetof(struct pen_account_user, workstations) },
	{ ACCOUNT_UNIX_NAME, offsetof(struct pen_account_user, unix_name) },
};

static void take_texts(const struct tool *tool, struct pen_account_user *user)
{
	for (size_t i = 0; i < PEN_COUNT(texts); i++) {
		const char *value = account_value(tool, texts[i].option);

		if (value)
			*(const char **)((char *)user + texts[i].offset) = value;
	}
}

static int take_expiry(struct tool *tool, struct pen_account_user *user)
{
	const char *text = account_value(tool, ACCOUNT_EXPIRES);
	struct tm tm = { 0 };
	const char *end;
	time_t seconds;

	if (!text)
		return TOOL_OK;
	if (!strcmp(text, "never")) {
		user->expires = PEN_ACCOUNT_NEVER;
		return TOOL_OK;
	}
	end = strptime(text, "%Y-%m-%d", &tm);
	seconds = end && !*end ? timegm(&tm) : -1;
	if (seconds < 0)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "--expires is a day such as 2030-12-31, or never; not %s", text);
	user->expires = ((uint64_t)seconds + EPOCH_OF_UNIX) * PEN_ACCOUNT_SECOND;
	return TOOL_OK;
}

static int take_control(struct tool *tool, struct pen_account_user *user)
{
	const char *expires = account_value(tool, ACCOUNT_PASSWORD_EXPIRES);

	if (account_value(tool, ACCOUNT_DISABLE) && account_value(tool, ACCOUNT_ENABLE))
		return tool_fail(tool, TOOL_USAGE, NULL, "both --disable and --enable");
	if (account_value(tool, ACCOUNT_DISABLE))
		user->control |= PEN_ACCOUNT_DISABLED;
	if (account_value(tool, ACCOUNT_ENABLE))
		user->control &= ~PEN_ACCOUNT_DISABLED;
	if (account_value(tool, ACCOUNT_CONTROLLER))
		user->control = (user->control & ~PEN_ACCOUNT_TYPES) | PEN_ACCOUNT_SERVER_TRUST;
	if (account_value(tool, ACCOUNT_MUST_CHANGE))
		user->password_set = 0;
	if (account_value(tool, ACCOUNT_UNLOCK)) {
		user->lockout_time = 0;
		user->bad_password_count = 0;
	}
	if (expires && strcmp(expires, "yes") && strcmp(expires, "no"))
		return tool_fail(tool, TOOL_USAGE, NULL, "--password-expires is yes or no, not %s",
				 expires);
	if (expires && *expires == 'y')
		user->control &= ~PEN_ACCOUNT_DONT_EXPIRE_PASSWORD;
	else if (expires)
		user->control |= PEN_ACCOUNT_DONT_EXPIRE_PASSWORD;
	return TOOL_OK;
}

/* --primary-group, of which the user becomes a member. */
static int take_group(struct tool *tool, struct pen_accounts *accounts,
		      struct pen_account_user *user)
{
	const char *name = account_value(tool, ACCOUNT_PRIMARY_GROUP);
	struct pen_account account;
	int r;

	if (!name)
		return TOOL_OK;
	r = pen_accounts_find_any(accounts, name, NULL, &account);
	if (!r && account.kind != PEN_ACCOUNT_GROUP)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "%s is no group of the domain, as a primary group must be", name);
	if (!r)
		user->primary_group = account.rid;
	if (!r && user->rid) {
		r = pen_accounts_add_member(accounts, account.rid, user->rid,
					    PEN_ACCOUNT_GROUP_USUAL);
		if (r == PEN_E_EXISTS)
			r = 0;
	}
	return r ? account_fail(tool, accounts, r, "group", name) : TOOL_OK;
}

static int take_options(struct tool *tool, struct pen_accounts *accounts,
			struct pen_account_user *user)
{
	int r;

	take_texts(tool, user);
	r = take_expiry(tool, user);
	if (!r)
		r = take_control(tool, user);
	return r ? r : take_group(tool, accounts, user);
}

/* ---- ls ---- */

static const char *words_of(uint32_t control)
{
	return control & PEN_ACCOUNT_DISABLED ? "disabled" : "";
}

static int print_rows(struct tool *tool, const struct pen_account *rows, size_t n)
{
	struct pen_buffer json;
	bool is_first = true;
	int r;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "[");
	for (size_t i = 0; i < n; i++) {
		const struct pen_account *row = &rows[i];

		if (!is_kind(tool, row->control))
			continue;
		pen_buffer_printf(&json, "%s{", is_first ? "" : ",");
		is_first = false;
		tool_json_text(&json, "name", row->name);
		tool_json_number(&json, "rid", row->rid);
		tool_json_text(&json, "full_name", row->full_name);
		tool_json_text(&json, "comment", row->comment);
		tool_json_bool(&json, "is_disabled", row->control & PEN_ACCOUNT_DISABLED);
		pen_buffer_printf(&json, "}");
		if (!tool->is_json)
			printf("%-20s %5u  %-9s %s%s%s\n", row->name, row->rid,
			       words_of(row->control), row->full_name,
			       *row->full_name && *row->comment ? "; " : "", row->comment);
	}
	r = pen_buffer_printf(&json, "]");
	if (r)
		r = tool_fail_result(tool, r);
	else if (tool->is_json)
		r = tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

static int list(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	const struct pen_account_filter filter = { .kind = PEN_ACCOUNT_USER, .is_by_name = true };
	struct pen_account *rows;
	size_t n;
	int r = pen_accounts_list(accounts, &filter, &tool->arena, &rows, &n);

	return r ? account_fail(tool, accounts, r, kind_of(tool), "") : print_rows(tool, rows, n);
}

/* ---- show ---- */

static int show_groups(struct account_output *output, struct pen_accounts *accounts,
		       const struct pen_account_user *user)
{
	struct tool *tool = output->tool;
	struct pen_account_member *groups;
	const char **names;
	struct pen_sid sid;
	size_t n;
	int r = pen_accounts_groups_of(accounts, user->rid, &tool->arena, &groups, &n);

	names = r ? NULL : pen_arena_array(&tool->arena, n + 1, sizeof(*names));
	if (!names)
		return r ? r : -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		sid = pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE, groups[i].rid);
		names[i] = account_name_of(tool, accounts, &sid);
		if (!names[i])
			return -ENOMEM;
	}
	account_show_list(output, "groups", names, n);
	sid = pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE, user->primary_group);
	account_show_text(output, "primary_group", account_name_of(tool, accounts, &sid));
	return 0;
}

static void show_user(struct account_output *output, struct pen_accounts *accounts,
		      const struct pen_account_user *user, const struct pen_account_policy *policy)
{
	uint64_t now = pen_clock_nt();
	uint32_t control = pen_account_control(user, policy, now);
	struct pen_sid sid = pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE, user->rid);

	account_show_text(output, "name", user->name);
	account_show_sid(output, &sid);
	account_show_number(output, "rid", user->rid);
	account_show_text(output, "full_name", user->full_name);
	account_show_text(output, "comment", user->comment);
	account_show_text(output, "user_comment", user->user_comment);
	account_show_text(output, "home_directory", user->home_directory);
	account_show_text(output, "home_drive", user->home_drive);
	account_show_text(output, "script", user->script_path);
	account_show_text(output, "profile", user->profile_path);
	account_show_text(output, "workstations", user->workstations);
	account_show_text(output, "unix_name", user->unix_name);
	account_show_number(output, "control", control);
	account_show_bool(output, "is_disabled", control & PEN_ACCOUNT_DISABLED);
	account_show_bool(output, "is_locked", control & PEN_ACCOUNT_AUTO_LOCKED);
	account_show_bool(output, "has_password", user->has_password);
	account_show_bool(output, "must_change_password",
			  user->has_password && control & PEN_ACCOUNT_PASSWORD_EXPIRED);
	account_show_time(output, "password_set", user->password_set);
	account_show_time(output, "password_expires", pen_account_must_change(user, policy));
	account_show_time(output, "created", user->created);
	account_show_time(output, "expires", user->expires);
	account_show_time(output, "last_logon", user->last_logon);
	account_show_number(output, "logons", user->logon_count);
	account_show_number(output, "bad_passwords", user->bad_password_count);
}

static int show(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	struct pen_account_policy policy;
	struct account_output output;
	struct pen_account_user user;
	int r = find(tool, accounts, argv[0], &user);

	if (r)
		return r;
	r = pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, &tool->arena, &policy);
	if (r)
		return account_fail(tool, accounts, r, kind_of(tool), argv[0]);
	account_output_begin(&output, tool);
	show_user(&output, accounts, &user, &policy);
	r = show_groups(&output, accounts, &user);
	if (r && !output.r)
		output.r = r;
	return account_output_end(&output);
}

/* ---- add ---- */

/* Machines get their passwords when they join; users must have one, or be said to have none. */
static bool wants_password(const struct tool *tool)
{
	if (account_value(tool, ACCOUNT_NO_PASSWORD))
		return false;
	return !is_machine(tool) || account_value(tool, ACCOUNT_PASSWORD_STDIN) ||
	       account_value(tool, ACCOUNT_PASSWORD_FD);
}

/* password NULL: none. */
static int add_user(struct tool *tool, struct pen_accounts *accounts, struct pen_account_user *user,
		    const char *password)
{
	int r = take_options(tool, accounts, user);
	uint32_t rid = 0;

	if (!r)
		r = account_rid(tool, &user->rid);
	if (r)
		return r;
	r = pen_accounts_add_user(accounts, user, &rid);
	if (r)
		return account_fail(tool, accounts, r, kind_of(tool), user->name);
	user->rid = rid;
	return password ? account_set_password(tool, accounts, rid, user->name, password) : TOOL_OK;
}

static int add_all(struct tool *tool, struct pen_accounts *accounts, struct pen_account_user *user,
		   const char *password)
{
	int r = pen_accounts_begin(accounts);

	if (r)
		return account_fail(tool, accounts, r, kind_of(tool), user->name);
	r = add_user(tool, accounts, user, password);
	if (pen_accounts_end(accounts, r) != r)
		return account_fail(tool, accounts, -EIO, kind_of(tool), user->name);
	return r;
}

static int add(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	struct pen_account_user user = {
		.name = full_name_of(tool, argv[0]),
		.control = is_machine(tool) ? PEN_ACCOUNT_WORKSTATION_TRUST : PEN_ACCOUNT_NORMAL,
		.created = pen_clock_nt(),
	};
	char password[ACCOUNT_PASSWORD_SIZE] = "";
	bool has_password = wants_password(tool);
	int r = 0;

	if (!user.name)
		return tool_fail_result(tool, -ENOMEM);
	if (has_password)
		r = account_use_key(tool, accounts);
	/* People think for longer than the accounts may be held. */
	if (!r && has_password)
		r = account_read_password(tool, user.name, password);
	if (!r)
		r = add_all(tool, accounts, &user, has_password ? password : NULL);
	pen_wipe(password, sizeof(password));
	return r ? r : account_done(tool, accounts, user.name, user.rid, "added");
}

/* ---- set, rm, passwd ---- */

static int set_user(struct tool *tool, struct pen_accounts *accounts, const char *name,
		    struct pen_account_user *user)
{
	const char *fresh = account_value(tool, ACCOUNT_NAME);
	int r = find(tool, accounts, name, user);

	if (!r)
		r = take_options(tool, accounts, user);
	if (r)
		return r;
	if (fresh)
		user->name = full_name_of(tool, fresh);
	if (!user->name)
		return tool_fail_result(tool, -ENOMEM);
	r = pen_accounts_set_user(accounts, user);
	return r ? account_fail(tool, accounts, r, kind_of(tool), user->name) : TOOL_OK;
}

static int set(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	struct pen_account_user user;
	int r = pen_accounts_begin(accounts);

	if (r)
		return account_fail(tool, accounts, r, kind_of(tool), argv[0]);
	r = set_user(tool, accounts, argv[0], &user);
	if (pen_accounts_end(accounts, r) != r)
		return account_fail(tool, accounts, -EIO, kind_of(tool), argv[0]);
	return r ? r : account_done(tool, accounts, user.name, user.rid, "changed");
}

static int removes(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	struct pen_account_user user;
	int r = find(tool, accounts, argv[0], &user);

	if (r)
		return r;
	r = pen_accounts_remove(accounts, PEN_ACCOUNT_MACHINE, user.rid);
	if (r)
		return account_fail(tool, accounts, r, kind_of(tool), user.name);
	return account_done(tool, accounts, user.name, user.rid, "removed");
}

static int change_password(struct tool *tool, struct pen_accounts *accounts,
			   const struct pen_account_user *user)
{
	char password[ACCOUNT_PASSWORD_SIZE] = "";
	int r = account_read_password(tool, user->name, password);

	if (!r)
		r = account_set_password(tool, accounts, user->rid, user->name, password);
	pen_wipe(password, sizeof(password));
	return r ? r : account_done(tool, accounts, user->name, user->rid, "password changed");
}

static int passwd(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	struct pen_account_user user;
	int r = find(tool, accounts, argv[0], &user);

	if (!r)
		r = account_use_key(tool, accounts);
	if (r)
		return r;
	if (!account_value(tool, ACCOUNT_NO_PASSWORD))
		return change_password(tool, accounts, &user);
	r = pen_accounts_clear_password(accounts, user.rid);
	if (r)
		return account_fail(tool, accounts, r, kind_of(tool), user.name);
	return account_done(tool, accounts, user.name, user.rid, "password removed");
}

/* ---- the commands ---- */

static const struct account_verb verbs[] = {
	{ { "ls", 0, 0, "" }, list },
	{ { "list", 0, 0, "" }, list },
	{ { "show", 1, 1, " NAME" }, show },
	{ { "add", 1, 1, " NAME" }, add, true },
	{ { "set", 1, 1, " NAME" }, set },
	{ { "rm", 1, 1, " NAME" }, removes },
	{ { "passwd", 1, 1, " NAME" }, passwd },
};

static int run(struct tool *tool, int argc, char **argv)
{
	return account_run(tool, verbs, PEN_COUNT(verbs), argc, argv);
}

#define COMMON_OPTIONS                                                                             \
	{ "accounts", required_argument, NULL, ACCOUNT_VAL(FILE) },                                \
		{ "accounts-key", required_argument, NULL, ACCOUNT_VAL(KEY_FILE) },                \
		{ "comment", required_argument, NULL, ACCOUNT_VAL(COMMENT) },                      \
		{ "name", required_argument, NULL, ACCOUNT_VAL(NAME) },                            \
		{ "rid", required_argument, NULL, ACCOUNT_VAL(RID) },                              \
		{ "disable", no_argument, NULL, ACCOUNT_VAL(DISABLE) },                            \
		{ "enable", no_argument, NULL, ACCOUNT_VAL(ENABLE) },                              \
		{ "unlock", no_argument, NULL, ACCOUNT_VAL(UNLOCK) },                              \
		{ "password-stdin", no_argument, NULL, ACCOUNT_VAL(PASSWORD_STDIN) },              \
		{ "password-fd", required_argument, NULL, ACCOUNT_VAL(PASSWORD_FD) },              \
	{                                                                                          \
		"no-password", no_argument, NULL, ACCOUNT_VAL(NO_PASSWORD)                         \
	}

static const struct option user_options[] = {
	COMMON_OPTIONS,
	{ "full-name", required_argument, NULL, ACCOUNT_VAL(FULL_NAME) },
	{ "user-comment", required_argument, NULL, ACCOUNT_VAL(USER_COMMENT) },
	{ "home", required_argument, NULL, ACCOUNT_VAL(HOME) },
	{ "home-drive", required_argument, NULL, ACCOUNT_VAL(HOME_DRIVE) },
	{ "script", required_argument, NULL, ACCOUNT_VAL(SCRIPT) },
	{ "profile", required_argument, NULL, ACCOUNT_VAL(PROFILE) },
	{ "workstations", required_argument, NULL, ACCOUNT_VAL(WORKSTATIONS) },
	{ "unix-name", required_argument, NULL, ACCOUNT_VAL(UNIX_NAME) },
	{ "primary-group", required_argument, NULL, ACCOUNT_VAL(PRIMARY_GROUP) },
	{ "expires", required_argument, NULL, ACCOUNT_VAL(EXPIRES) },
	{ "password-expires", required_argument, NULL, ACCOUNT_VAL(PASSWORD_EXPIRES) },
	{ "must-change", no_argument, NULL, ACCOUNT_VAL(MUST_CHANGE) },
	{ 0 },
};

static const struct option machine_options[] = {
	COMMON_OPTIONS,
	{ "controller", no_argument, NULL, ACCOUNT_VAL(CONTROLLER) },
	{ 0 },
};

#define COMMON_HELP                                                                                \
	"  --accounts FILE      the accounts; those of penstockd's configuration by default\n"     \
	"  --accounts-key FILE  add, passwd: what passwords are sealed with; the "                 \
	"configuration's,\n"                                                                       \
	"                       too\n"                                                             \
	"  --comment TEXT       add, set: what administrators read beside the name\n"              \
	"  --name NAME          set: another name\n"                                               \
	"  --rid N              add: its number, not the next one\n"                               \
	"  --disable, --enable  add, set: whether it may log on\n"                                 \
	"  --unlock             set: end a lockout\n"                                              \
	"  --password-stdin     add, passwd: the password is a line of standard input\n"           \
	"  --password-fd N      add, passwd: or of that descriptor; else the terminal is asked\n"  \
	"  --no-password        add, passwd: none, so that nobody can log on with it\n"

const struct tool_command tool_user = {
	.name = "user",
	.arguments = "ls | show NAME | add NAME | set NAME | rm NAME | passwd NAME",
	.summary = "list, show, add, change and remove users, and set passwords",
	.help = COMMON_HELP
	"  --full-name, --user-comment, --home, --home-drive, --script, --profile TEXT\n"
	"                       add, set: what a user of Windows has of the name\n"
	"  --workstations LIST  add, set: where the user may log on, with commas\n"
	"  --unix-name NAME     add, set: whose unix ids the user has; the same name's by default\n"
	"  --primary-group NAME add, set: of the domain's groups (Domain Users)\n"
	"  --expires DAY        add, set: when the account ends, such as 2030-12-31, or never\n"
	"  --password-expires   add, set: yes, or no whatever the policy says\n"
	"  --must-change        add, set, passwd: the password, at the next logon\n"
	"\n"
	"Examples:\n"
	"  penstock user add alice --full-name \"Alice Ling\"\n"
	"  penstock user passwd alice --password-stdin < file\n"
	"  penstock user set alice --disable\n"
	"  penstock user show alice --json\n",
	.options = user_options,
	.option = account_option,
	.run = run,
	.min_arguments = 1,
	.max_arguments = 2,
};

const struct tool_command tool_machine = {
	.name = "machine",
	.arguments = "ls | show NAME | add NAME | set NAME | rm NAME | passwd NAME",
	.summary = "the same for the accounts of machines",
	.help = COMMON_HELP "  --controller         add, set: it is a domain controller's\n"
			    "\n"
			    "The dollar at the end of a machine's name may be left out.\n"
			    "\n"
			    "Examples:\n"
			    "  penstock machine add desk7\n"
			    "  penstock machine ls\n",
	.options = machine_options,
	.option = account_option,
	.run = run,
	.min_arguments = 1,
	.max_arguments = 2,
};
