/* SPDX-License-Identifier: MIT */
/* What a file of accounts has from the beginning. */
#include "base/utf16.h"
#include "io/random.h"
#include "store/account-private.h"
#include <string.h>

enum { NETBIOS_NAME_MAX = 15 };

#define MINUTE (60 * PEN_ACCOUNT_SECOND)

static const struct {
	uint32_t rid;
	const char *name;
	const char *comment;
	uint32_t group; /* its primary one */
} users[] = {
	{ PEN_RID_ADMINISTRATOR, "Administrator", "Built-in account for administering the machine",
	  PEN_RID_DOMAIN_USERS },
	{ PEN_RID_GUEST, "Guest", "Built-in account for guests", PEN_RID_DOMAIN_GUESTS },
};

static const struct {
	uint32_t rid;
	const char *name;
	const char *comment;
} groups[] = {
	{ PEN_RID_DOMAIN_ADMINS, "Domain Admins", "Administrators of the domain" },
	{ PEN_RID_DOMAIN_USERS, "Domain Users", "All users of the domain" },
	{ PEN_RID_DOMAIN_GUESTS, "Domain Guests", "All guests of the domain" },
	{ PEN_RID_DOMAIN_COMPUTERS, "Domain Computers", "All machines that joined the domain" },
};

/* [MS-DTYP 2.4.2.4] */
static const struct {
	uint32_t rid;
	const char *name;
	const char *comment;
} aliases[] = {
	{ 544, "Administrators", "May do everything on this machine" },
	{ 545, "Users", "May work on this machine" },
	{ 546, "Guests", "May do less than users" },
	{ 547, "Power Users", "Have some rights of administrators" },
	{ 548, "Account Operators", "May administer users and groups" },
	{ 549, "Server Operators", "May administer the server's shares and services" },
	{ 550, "Print Operators", "May administer printers" },
	{ 551, "Backup Operators", "May read and write all files, to back them up" },
	{ 552, "Replicator", "Replicates files within the domain" },
	{ 555, "Remote Desktop Users", "May log on from afar" },
	{ 556, "Network Configuration Operators", "May change the network's configuration" },
	{ 558, "Performance Monitor Users", "May read performance counters" },
	{ 559, "Performance Log Users", "May schedule the logging of performance counters" },
	{ 562, "Distributed COM Users", "May start and use DCOM objects" },
	{ 569, "Cryptographic Operators", "May do cryptographic operations" },
	{ 573, "Event Log Readers", "May read event logs" },
	{ 580, "Remote Management Users", "May use WMI through management protocols" },
};

/* Users in groups, both by rid. */
static const struct {
	uint32_t group;
	uint32_t user;
} members[] = {
	{ PEN_RID_DOMAIN_ADMINS, PEN_RID_ADMINISTRATOR },
	{ PEN_RID_DOMAIN_USERS, PEN_RID_ADMINISTRATOR },
	{ PEN_RID_DOMAIN_GUESTS, PEN_RID_GUEST },
};

/* Those of the domain in Builtin's aliases. */
static const struct {
	uint32_t alias;
	uint32_t rid;
} alias_members[] = {
	{ 544, PEN_RID_ADMINISTRATOR }, { 544, PEN_RID_DOMAIN_ADMINS },
	{ 545, PEN_RID_DOMAIN_USERS },	{ 546, PEN_RID_GUEST },
	{ 546, PEN_RID_DOMAIN_GUESTS },
};

static int add_domain(struct pen_accounts *accounts, enum pen_account_domain domain,
		      const struct pen_sid *sid, const char *name, uint64_t now)
{
	return pen_account_run(
		accounts,
		"INSERT INTO domain (id, sid, name, min_password_length, password_history,"
		" password_properties, max_password_age, min_password_age, force_logoff,"
		" lockout_duration, lockout_window, lockout_threshold, created, next_rid)"
		" VALUES (?, ?, ?, 7, 0, ?, ?, 0, ?, ?, ?, 10, ?, ?)",
		"iSsiiiiiii", (int64_t)domain, sid, name, (int64_t)PEN_ACCOUNT_PASSWORD_COMPLEX,
		PEN_ACCOUNT_NEVER, PEN_ACCOUNT_NEVER, 10 * MINUTE, 10 * MINUTE, now,
		(int64_t)PEN_ACCOUNT_FIRST_RID);
}

/* S-1-5-21 and three numbers that no other machine has. */
static int new_sid(struct pen_sid *sid)
{
	struct pen_random random = { .n_left = 0 };

	*sid = (struct pen_sid){ 1, 4, 5, { 21 } };
	return pen_random_fill(&random, &sid->sub_authorities[1], 3 * sizeof(uint32_t));
}

static int add_domains(struct pen_accounts *accounts, const char *name, uint64_t now)
{
	char key[PEN_ACCOUNT_KEY_SIZE];
	int r = pen_account_key(key, name);

	if (!r && pen_utf16_count(name, strlen(name)) > NETBIOS_NAME_MAX)
		r = PEN_E_SYNTAX;
	if (!r)
		r = new_sid(&accounts->sids[PEN_ACCOUNT_MACHINE]);
	accounts->sids[PEN_ACCOUNT_BUILTIN] = pen_sid_builtin;
	if (!r)
		r = add_domain(accounts, PEN_ACCOUNT_MACHINE, &accounts->sids[0], name, now);
	return r ? r : add_domain(accounts, PEN_ACCOUNT_BUILTIN, &pen_sid_builtin, "Builtin", now);
}

static int add_row(struct pen_accounts *accounts, enum pen_account_domain domain,
		   enum pen_account_kind kind, uint32_t rid, const char *name, const char *comment)
{
	char key[PEN_ACCOUNT_KEY_SIZE];
	int r = pen_account_key(key, name);

	if (r)
		return r;
	return pen_account_run(accounts,
			       "INSERT INTO account (domain, rid, kind, key, name, comment,"
			       " attributes) VALUES (?, ?, ?, ?, ?, ?, ?)",
			       "iiisssi", (int64_t)domain, (int64_t)rid, (int64_t)kind, key, name,
			       comment,
			       (int64_t)(kind == PEN_ACCOUNT_GROUP ? PEN_ACCOUNT_GROUP_USUAL : 0));
}

static int add_users(struct pen_accounts *accounts, uint64_t now)
{
	int r = 0;

	for (size_t i = 0; !r && i < PEN_COUNT(users); i++) {
		uint32_t control = PEN_ACCOUNT_NORMAL | PEN_ACCOUNT_DISABLED |
				   PEN_ACCOUNT_DONT_EXPIRE_PASSWORD;

		if (users[i].rid == PEN_RID_GUEST)
			control |= PEN_ACCOUNT_PASSWORD_NOT_REQUIRED;
		r = add_row(accounts, PEN_ACCOUNT_MACHINE, PEN_ACCOUNT_USER, users[i].rid,
			    users[i].name, users[i].comment);
		if (!r)
			r = pen_account_run(accounts,
					    "UPDATE account SET control = ?, primary_group = ?,"
					    " created = ? WHERE domain = 0 AND rid = ?",
					    "iiii", (int64_t)control, (int64_t)users[i].group, now,
					    (int64_t)users[i].rid);
	}
	return r;
}

static int add_members(struct pen_accounts *accounts)
{
	int r = 0;

	for (size_t i = 0; !r && i < PEN_COUNT(members); i++)
		r = pen_accounts_add_member(accounts, members[i].group, members[i].user,
					    PEN_ACCOUNT_GROUP_USUAL);
	for (size_t i = 0; !r && i < PEN_COUNT(alias_members); i++) {
		struct pen_sid sid = pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE,
							     alias_members[i].rid);

		r = pen_accounts_add_sid(accounts, PEN_ACCOUNT_BUILTIN, alias_members[i].alias,
					 &sid);
	}
	if (!r)
		r = pen_accounts_add_sid(accounts, PEN_ACCOUNT_BUILTIN, 545,
					 &pen_sid_authenticated_users);
	return r ? r
		 : pen_accounts_add_sid(accounts, PEN_ACCOUNT_BUILTIN, 545, &pen_sid_interactive);
}

int pen_account_first_use(struct pen_accounts *accounts, const char *name, uint64_t now)
{
	int r = add_domains(accounts, name, now);

	if (!r)
		r = add_users(accounts, now);
	for (size_t i = 0; !r && i < PEN_COUNT(groups); i++)
		r = add_row(accounts, PEN_ACCOUNT_MACHINE, PEN_ACCOUNT_GROUP, groups[i].rid,
			    groups[i].name, groups[i].comment);
	for (size_t i = 0; !r && i < PEN_COUNT(aliases); i++)
		r = add_row(accounts, PEN_ACCOUNT_BUILTIN, PEN_ACCOUNT_ALIAS, aliases[i].rid,
			    aliases[i].name, aliases[i].comment);
	return r ? r : add_members(accounts);
}
