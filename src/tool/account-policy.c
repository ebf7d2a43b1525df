/* SPDX-License-Identifier: MIT */
/*
 * penstock policy show and set: what passwords must be like, and when too many wrong ones lock an
 * account.
 */
#include "tool/policy.h"
#include <errno.h>
#include <string.h>

#define MINUTE (60 * PEN_ACCOUNT_SECOND)

static const struct row {
	enum account_option option;
	const char *name; /* of the option, and with "_" of JSON */
	size_t offset;
	uint64_t unit; /* of a duration; 0: a number */
	uint32_t max;
	bool is_zero_never; /* and "never" may be said */
} rows[] = {
#define AT(member) offsetof(struct pen_account_policy, member)
	{ ACCOUNT_MIN_LENGTH, "min-length", AT(min_password_length), 0, 127, false },
	{ ACCOUNT_HISTORY, "history", AT(password_history), 0, PEN_ACCOUNT_HISTORY_MAX, false },
	{ ACCOUNT_MAX_AGE, "max-age", AT(max_password_age), PEN_ACCOUNT_DAY, 999, true },
	{ ACCOUNT_MIN_AGE, "min-age", AT(min_password_age), PEN_ACCOUNT_DAY, 998, false },
	{ ACCOUNT_LOCKOUT_THRESHOLD, "lockout-threshold", AT(lockout_threshold), 0, 999, false },
	{ ACCOUNT_LOCKOUT_DURATION, "lockout-duration", AT(lockout_duration), MINUTE, 99999, true },
	{ ACCOUNT_LOCKOUT_WINDOW, "lockout-window", AT(lockout_window), MINUTE, 99999, false },
#undef AT
};

/* ---- show ---- */

static void show_row(struct account_output *output, const struct row *row,
		     const struct pen_account_policy *policy)
{
	const void *at = (const char *)policy + row->offset;
	uint64_t value = row->unit ? *(const uint64_t *)at : *(const uint32_t *)at;
	char name[40];

	snprintf(name, sizeof(name), "%s%s", row->name,
		 !row->unit	       ? ""
		 : row->unit == MINUTE ? "-minutes"
				       : "-days");
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
	if (row->is_zero_never && (!value || value >= PEN_ACCOUNT_NEVER))
		account_show_text(output, name, output->tool->is_json ? NULL : "never");
	else
		account_show_number(output, name, row->unit ? value / row->unit : value);
}

static int show(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	struct pen_account_policy policy;
	struct account_output output;
	int r = pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, &tool->arena, &policy);

	if (r)
		return account_fail(tool, accounts, r, "policy", "");
	account_output_begin(&output, tool);
	account_show_text(&output, "name", policy.name);
	account_show_sid(&output, pen_accounts_sid(accounts, PEN_ACCOUNT_MACHINE));
	account_show_text(&output, "comment", policy.comment);
	account_show_bool(&output, "complex",
			  policy.password_properties & PEN_ACCOUNT_PASSWORD_COMPLEX);
	for (size_t i = 0; i < PEN_COUNT(rows); i++)
		show_row(&output, &rows[i], &policy);
	return account_output_end(&output);
}

/* ---- set ---- */

static int take_row(struct tool *tool, const struct row *row, struct pen_account_policy *policy)
{
	const char *text = account_value(tool, row->option);
	void *at = (char *)policy + row->offset;
	unsigned long n;
	char *end;

	if (!text)
		return TOOL_OK;
	n = strtoul(text, &end, 10);
	if (row->is_zero_never && !strcmp(text, "never"))
		*(uint64_t *)at = PEN_ACCOUNT_NEVER;
	else if (*text < '0' || *text > '9' || *end || n > row->max)
		return tool_fail(tool, TOOL_USAGE, NULL, "--%s %s is not a number%s up to %u%s",
				 row->name, text,
				 !row->unit	       ? ""
				 : row->unit == MINUTE ? " of minutes"
						       : " of days",
				 row->max, row->is_zero_never ? ", nor never" : "");
	else if (row->unit)
		*(uint64_t *)at = n * row->unit;
	else
		*(uint32_t *)at = (uint32_t)n;
	return TOOL_OK;
}

static int take_options(struct tool *tool, struct pen_account_policy *policy)
{
	const char *is_complex = account_value(tool, ACCOUNT_COMPLEX);
	int r = TOOL_OK;

	for (size_t i = 0; !r && i < PEN_COUNT(rows); i++)
		r = take_row(tool, &rows[i], policy);
	if (account_value(tool, ACCOUNT_COMMENT))
		policy->comment = account_value(tool, ACCOUNT_COMMENT);
	if (r || !is_complex)
		return r;
	if (strcmp(is_complex, "yes") && strcmp(is_complex, "no"))
		return tool_fail(tool, TOOL_USAGE, NULL, "--complex is yes or no, not %s",
				 is_complex);
	policy->password_properties &= ~PEN_ACCOUNT_PASSWORD_COMPLEX;
	if (*is_complex == 'y')
		policy->password_properties |= PEN_ACCOUNT_PASSWORD_COMPLEX;
	return TOOL_OK;
}

static int set_policy(struct tool *tool, struct pen_accounts *accounts)
{
	struct pen_account_policy policy;
	int r = pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, &tool->arena, &policy);

	if (r)
		return account_fail(tool, accounts, r, "policy", "");
	r = take_options(tool, &policy);
	if (r)
		return r;
	r = pen_accounts_set_policy(accounts, PEN_ACCOUNT_MACHINE, &policy);
	return r ? account_fail(tool, accounts, r, "policy", policy.name) : TOOL_OK;
}

static int set(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv)
{
	int r = pen_accounts_begin(accounts);

	if (r)
		return account_fail(tool, accounts, r, "policy", "");
	r = set_policy(tool, accounts);
	if (pen_accounts_end(accounts, r) != r)
		return account_fail(tool, accounts, -EIO, "policy", "");
	return r ? r : account_done(tool, accounts, "policy", 0, "changed");
}

/* ---- the verbs: argv is what comes after them ---- */

int account_policy_show(struct tool *tool, int argc, char **argv)
{
	static const struct account_verb verb = { { "show", 0, 0, "" }, show };

	return account_run(tool, &verb, 1, argc + 1, argv - 1);
}

int account_policy_set(struct tool *tool, int argc, char **argv)
{
	static const struct account_verb verb = { { "set", 0, 0, "" }, set };

	return account_run(tool, &verb, 1, argc + 1, argv - 1);
}
