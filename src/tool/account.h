/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_ACCOUNT_H
#define PEN_TOOL_ACCOUNT_H
/*
 * What penstock user, machine, group and policy share.
 */
#include "store/account.h"
#include "tool/tool.h"

/* Options by their place in tool->values; each command has those it knows. */
enum account_option {
	ACCOUNT_FILE,
	ACCOUNT_KEY_FILE,
	ACCOUNT_COMMENT,
	ACCOUNT_NAME,
	ACCOUNT_RID,
	ACCOUNT_ALIAS,
	ACCOUNT_FULL_NAME,
	ACCOUNT_USER_COMMENT,
	ACCOUNT_HOME,
	ACCOUNT_HOME_DRIVE,
	ACCOUNT_SCRIPT,
	ACCOUNT_PROFILE,
	ACCOUNT_WORKSTATIONS,
	ACCOUNT_UNIX_NAME,
	ACCOUNT_PRIMARY_GROUP,
	ACCOUNT_EXPIRES,
	ACCOUNT_PASSWORD_EXPIRES,
	ACCOUNT_DISABLE,
	ACCOUNT_ENABLE,
	ACCOUNT_UNLOCK,
	ACCOUNT_MUST_CHANGE,
	ACCOUNT_PASSWORD_STDIN,
	ACCOUNT_PASSWORD_FD,
	ACCOUNT_NO_PASSWORD,
	ACCOUNT_CONTROLLER,
	ACCOUNT_COMPLEX,
	ACCOUNT_MIN_LENGTH,
	ACCOUNT_HISTORY,
	ACCOUNT_MAX_AGE,
	ACCOUNT_MIN_AGE,
	ACCOUNT_LOCKOUT_THRESHOLD,
	ACCOUNT_LOCKOUT_DURATION,
	ACCOUNT_LOCKOUT_WINDOW,
	ACCOUNT_N_OPTIONS,
};

_Static_assert((int)ACCOUNT_N_OPTIONS <= (int)TOOL_VALUES_MAX, "room for all in struct tool");

#define ACCOUNT_VAL(option) (TOOL_OPTION_OWN + ACCOUNT_##option)

/* Takes an option; of one without a value the value is "yes". */
int account_option(struct tool *tool, int val, const char *value);

static inline const char *account_value(const struct tool *tool, enum account_option option)
{
	return tool->values[option];
}

/*
 * Opens --accounts, or what penstockd's configuration names. A file that was named and is
 * not there is made only if that is to be. Complains.
 */
int account_open(struct tool *tool, bool is_made, struct pen_accounts **accountsp);

/*
 * Gives them the key of the passwords' hashes: --accounts-key, or what penstockd's configuration
 * names for its own, or what is beside the directory of others; it is made where it is not there.
 * Whoever sets no password does not need it. Complains.
 */
int account_use_key(struct tool *tool, struct pen_accounts *accounts);

struct account_verb {
	struct tool_verb verb;
	int (*run)(struct tool *tool, struct pen_accounts *accounts, int argc, char **argv);
	bool is_making; /* makes the file */
};

/* Runs the verb that argv begins with, on the opened accounts. */
int account_run(struct tool *tool, const struct account_verb *verbs, size_t n_verbs, int argc,
		char **argv);

/* A failure of the store, about the account of that name. kind: "user". Returns the exit. */
int account_fail(struct tool *tool, struct pen_accounts *accounts, int r, const char *kind,
		 const char *name);

/* --rid, or 0. Complains. */
int account_rid(struct tool *tool, uint32_t *ridp);

/* Says what was done: a line, or {"name", "done", "rid", "sid"}. */
int account_done(struct tool *tool, struct pen_accounts *accounts, const char *name, uint32_t rid,
		 const char *what);

/* ---- what a command shows: a line each, or a member of a JSON object ---- */

struct account_output {
	struct tool *tool;
	struct pen_buffer json;
	int r; /* the first failure */
};

void account_output_begin(struct account_output *output, struct tool *tool);
int account_output_end(struct account_output *output);

/* name is JSON's; "_" is a blank for people, who see no empty text. */
void account_show_text(struct account_output *output, const char *name, const char *text);
void account_show_number(struct account_output *output, const char *name, uint64_t number);
void account_show_bool(struct account_output *output, const char *name, bool is);
void account_show_time(struct account_output *output, const char *name, uint64_t time);
void account_show_list(struct account_output *output, const char *name, const char *const *texts,
		       size_t n);
void account_show_sid(struct account_output *output, const struct pen_sid *sid);

/* The name of a SID of ours, else the SID itself; in the arena. */
const char *account_name_of(struct tool *tool, struct pen_accounts *accounts,
			    const struct pen_sid *sid);

/* ---- account-password.c ---- */

enum { ACCOUNT_PASSWORD_SIZE = 1024 };

/*
 * A new password by --password-stdin, --password-fd, or twice by the terminal, which
 * shows nothing. Complains. Whoever gets it wipes it.
 */
int account_read_password(struct tool *tool, const char *name,
			  char password[ACCOUNT_PASSWORD_SIZE]);

/* Holds it against the policy, and sets it, where the key is in use. Complains. */
int account_set_password(struct tool *tool, struct pen_accounts *accounts, uint32_t rid,
			 const char *name, const char *password);

#endif
