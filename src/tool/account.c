/* SPDX-License-Identifier: MIT */
#include "tool/account.h"
#include "base/secret.h"
#include "base/spelling.h"
#include "crypto/crypto.h"
#include "daemon/accounts-key.h"
#include "daemon/config.h"
#include "daemon/place.h"
#include "io/clock.h"
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SUGGESTIONS_MAX = 1000 };

#define EPOCH_OF_UNIX UINT64_C(11644473600)

int account_option(struct tool *tool, int val, const char *value)
{
	tool->values[val - TOOL_OPTION_OWN] = value ? value : "yes";
	return TOOL_OK;
}

/* ---- the file ---- */

/* What penstockd would open. */
static int usual(struct tool *tool, struct config *config)
{
	struct pen_buffer diagnoses;
	int r;

	if (config_init(config, !geteuid()))
		return tool_fail_result(tool, -ENOMEM);
	pen_buffer_init(&diagnoses, 0);
	r = config_load(config, NULL, &diagnoses);
	if (r)
		r = tool_fail(tool, TOOL_USAGE, "--accounts FILE names the accounts themselves.",
			      "penstockd's configuration does not tell where the accounts are: "
			      "%.*s",
			      (int)strcspn((const char *)diagnoses.data, "\n"),
			      (const char *)diagnoses.data);
	pen_buffer_done(&diagnoses);
	return r;
}

/* Whether root works in the directory of the user as whom services run: it is as that one made it.
 */
static bool is_services(const char *path, struct stat *place)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];

	if (geteuid() || !slash || (size_t)(slash - path) >= sizeof(directory))
		return false;
	memcpy(directory, path, (size_t)(slash - path));
	directory[slash - path] = '\0';
	return !lstat(directory, place) && S_ISDIR(place->st_mode) && place->st_uid &&
	       !(place->st_mode & (S_IWGRP | S_IWOTH));
}

static int open_there(const char *path, const char *name, struct pen_accounts **accountsp,
		      char error[256])
{
	struct stat place, file;
	bool is_theirs = is_services(path, &place);
	int r = is_theirs ? 0 : daemon_place_for(path, error);

	/* Not what that user may have put there instead. */
	if (is_theirs && !lstat(path, &file) &&
	    (!S_ISREG(file.st_mode) || file.st_nlink != 1 ||
	     (file.st_uid && file.st_uid != place.st_uid))) {
		snprintf(error, 256, "it is no file of that directory's user");
		return -EPERM;
	}
	if (!r)
		r = pen_accounts_open(accountsp, path, name, pen_clock_nt(), error);
	if (!r && is_theirs && lchown(path, place.st_uid, place.st_gid)) {
		snprintf(error, 256, "it cannot be its user's: %s", strerror(errno));
		*accountsp = pen_accounts_close(*accountsp);
		r = -EPERM;
	}
	return r;
}

static int open_file(struct tool *tool, const char *path, const char *name,
		     struct pen_accounts **accountsp)
{
	char error[256] = "";
	int r = open_there(path, name, accountsp, error);

	if (!r)
		return TOOL_OK;
	return tool_fail(
		tool, TOOL_FAILED,
		geteuid() ? "The system's accounts are root's; others have their own." : NULL,
		"cannot open the accounts in %s: %s", path, *error ? error : pen_error_name(r));
}

int account_open(struct tool *tool, bool is_made, struct pen_accounts **accountsp)
{
	const char *path = account_value(tool, ACCOUNT_FILE);
	struct config config;
	int r;

	if (path && !is_made && access(path, F_OK))
		return tool_fail(tool, TOOL_FAILED,
				 "\"penstock user add\" makes it with its first user.",
				 "there is no file %s", path);
	r = usual(tool, &config);
	if (!r)
		r = open_file(tool, path ? path : config.accounts, config.name, accountsp);
	config_done(&config);
	return r;
}

/* ---- its key ---- */

static struct pen_crypto *crypto; /* of the accounts that have one */

static int use_key(struct tool *tool, struct pen_accounts *accounts, const char *path,
		   const char *key_path)
{
	char error[256] = "";
	uint8_t *key = NULL;
	int r = crypto ? 0 : pen_crypto_new(&crypto);

	if (!r)
		r = accounts_key_read(&key, key_path, error);
	if (!r)
		r = accounts_key_use(accounts, crypto, key, path, key_path, error);
	pen_secret_free(key);
	if (!r)
		return TOOL_OK;
	return tool_fail(tool, TOOL_FAILED,
			 "--accounts-key FILE names the key itself, without which no password is "
			 "set or used.",
			 "%s", *error ? error : pen_error_name(r));
}

/* Of accounts that are named, and not the configuration's: beside their directory. */
static int find_key(struct tool *tool, const char *path, const struct config *config,
		    const char **key_pathp)
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	char directory[PATH_MAX], *folder = pen_arena_strdup(&tool->arena, path);

	*key_pathp = config->accounts_key;
	if (!strcmp(path, config->accounts) && *key_pathp)
		return TOOL_OK;
	if (!folder)
		return tool_fail_result(tool, -ENOMEM);
	if (!realpath(slash ? dirname(folder) : ".", directory))
		return tool_fail(tool, TOOL_FAILED, NULL, "there is no directory of %s: %s", path,
				 strerror(errno));
	path = pen_arena_printf(&tool->arena, "%s/%s", directory, file);
	if (!path || config_find_accounts_key(&tool->arena, path, key_pathp))
		return tool_fail_result(tool, -ENOMEM);
	return TOOL_OK;
}

int account_use_key(struct tool *tool, struct pen_accounts *accounts)
{
	const char *path = account_value(tool, ACCOUNT_FILE);
	const char *key_path = account_value(tool, ACCOUNT_KEY_FILE);
	struct config config;
	int r = usual(tool, &config);

	if (!path)
		path = config.accounts;
	if (!r && !key_path)
		r = find_key(tool, path, &config, &key_path);
	if (!r)
		r = use_key(tool, accounts, path, key_path);
	config_done(&config);
	return r;
}

/* ---- verbs ---- */

int account_run(struct tool *tool, const struct account_verb *verbs, size_t n_verbs, int argc,
		char **argv)
{
	const struct account_verb *verb =
		tool_find_verb(tool, verbs, n_verbs, sizeof(*verbs), argc, argv);
	struct pen_accounts *accounts = NULL;
	int r = verb ? TOOL_OK : TOOL_USAGE;

	if (!r)
		r = account_open(tool, verb->is_making, &accounts);
	if (!r)
		r = verb->run(tool, accounts, argc - 1, argv + 1);
	pen_accounts_close(accounts);
	crypto = pen_crypto_free(crypto);
	return r;
}

/* ---- failures ---- */

static void suggest(struct tool *tool, struct pen_accounts *accounts, const char *kind,
		    struct pen_spelling *spelling)
{
	static const struct {
		enum pen_account_domain domain;
		enum pen_account_kind kind;
	} places[] = {
		{ PEN_ACCOUNT_MACHINE, PEN_ACCOUNT_USER },
		{ PEN_ACCOUNT_MACHINE, PEN_ACCOUNT_GROUP },
		{ PEN_ACCOUNT_MACHINE, PEN_ACCOUNT_ALIAS },
		{ PEN_ACCOUNT_BUILTIN, PEN_ACCOUNT_ALIAS },
	};
	const bool is_group = !strcmp(kind, "group");
	struct pen_account *rows;
	size_t n;

	for (size_t i = 0; i < PEN_COUNT(places); i++) {
		const struct pen_account_filter filter = { .domain = places[i].domain,
							   .kind = places[i].kind,
							   .max = SUGGESTIONS_MAX };

		if (is_group == (places[i].kind == PEN_ACCOUNT_USER) ||
		    pen_accounts_list(accounts, &filter, &tool->arena, &rows, &n))
			continue;
		for (size_t k = 0; k < n; k++)
			pen_spelling_try(spelling, rows[k].name);
	}
}

int account_fail(struct tool *tool, struct pen_accounts *accounts, int r, const char *kind,
		 const char *name)
{
	struct pen_spelling spelling = { .word = name };

	switch (r) {
	case PEN_E_NOT_FOUND:
		suggest(tool, accounts, kind, &spelling);
		return tool_fail(tool, TOOL_FAILED, NULL, "there is no %s %s%s%s%s", kind, name,
				 spelling.nearest ? "; did you mean " : "",
				 spelling.nearest ? spelling.nearest : "",
				 spelling.nearest ? "?" : "");
	case PEN_E_EXISTS:
		return tool_fail(tool, TOOL_FAILED,
				 "Users, machines, groups and aliases have their names in common.",
				 "%s: another account has that name, or that rid", name);
	case PEN_E_SYNTAX:
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "%s: a name has none of \"/\\[]:|<>+=;?,* in it, does not end "
				 "with a dot, and texts are UTF-8",
				 name);
	case PEN_E_LIMIT:
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "%s: a name has up to 256 characters, other texts 8192 bytes",
				 name);
	case PEN_E_DENIED:
		return tool_fail(tool, TOOL_FAILED, NULL,
				 "%s is always there, or somebody's primary group", name);
	case -EIO:
		return tool_fail(tool, TOOL_FAILED, NULL, "the accounts cannot be used: %s",
				 pen_accounts_error(accounts));
	default:
		return tool_fail_result(tool, r);
	}
}

int account_rid(struct tool *tool, uint32_t *ridp)
{
	const char *text = account_value(tool, ACCOUNT_RID);
	unsigned long n;
	char *end;

	*ridp = 0;
	if (!text)
		return TOOL_OK;
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || n < PEN_ACCOUNT_FIRST_RID ||
	    n > PEN_ACCOUNT_LAST_RID)
		return tool_fail(tool, TOOL_USAGE, NULL, "--rid %s is not a number from %d to %d",
				 text, PEN_ACCOUNT_FIRST_RID, PEN_ACCOUNT_LAST_RID);
	*ridp = (uint32_t)n;
	return TOOL_OK;
}

/* ---- output ---- */

void account_output_begin(struct account_output *output, struct tool *tool)
{
	*output = (struct account_output){ .tool = tool };
	pen_buffer_init(&output->json, 0);
	output->r = pen_buffer_printf(&output->json, "{");
}

int account_output_end(struct account_output *output)
{
	int r = output->r;

	if (!r)
		r = pen_buffer_printf(&output->json, "}");
	if (r)
		r = tool_fail_result(output->tool, r);
	else if (output->tool->is_json)
		r = tool_print_json(output->tool, &output->json);
	pen_buffer_done(&output->json);
	return r;
}

static bool is_for_people(const struct account_output *output, const char *name, bool is_empty)
{
	char label[32];
	size_t n = 0;

	if (output->tool->is_json || is_empty)
		return false;
	for (; name[n] && n + 1 < sizeof(label); n++)
		label[n] = name[n] == '_' ? ' ' : name[n];
	label[n] = '\0';
	printf("%-20s ", label);
	return true;
}

static void note(struct account_output *output, int r)
{
	if (!output->r)
		output->r = r;
}

void account_show_text(struct account_output *output, const char *name, const char *text)
{
	note(output, tool_json_text(&output->json, name, text));
	if (is_for_people(output, name, !text || !*text))
		puts(text);
}

void account_show_number(struct account_output *output, const char *name, uint64_t number)
{
	note(output, tool_json_number(&output->json, name, number));
	if (is_for_people(output, name, false))
		printf("%llu\n", (unsigned long long)number);
}

void account_show_bool(struct account_output *output, const char *name, bool is)
{
	note(output, tool_json_bool(&output->json, name, is));
	if (is_for_people(output, name, !is))
		puts("yes");
}

void account_show_time(struct account_output *output, const char *name, uint64_t time)
{
	time_t seconds = (time_t)(time / PEN_ACCOUNT_SECOND - EPOCH_OF_UNIX);
	struct tm tm;
	char text[40];

	if (!time || time >= PEN_ACCOUNT_NEVER || !gmtime_r(&seconds, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		account_show_text(output, name, NULL);
	else
		account_show_text(output, name, text);
}

void account_show_list(struct account_output *output, const char *name, const char *const *texts,
		       size_t n)
{
	note(output, pen_buffer_printf(&output->json, ",\"%s\":[", name));
	for (size_t i = 0; i < n; i++) {
		if (i)
			note(output, pen_buffer_printf(&output->json, ","));
		note(output, tool_json_string(&output->json, texts[i]));
	}
	note(output, pen_buffer_printf(&output->json, "]"));
	if (!is_for_people(output, name, !n))
		return;
	for (size_t i = 0; i < n; i++)
		printf("%s%s", i ? ", " : "", texts[i]);
	putchar('\n');
}

void account_show_sid(struct account_output *output, const struct pen_sid *sid)
{
	char text[PEN_SID_TEXT_SIZE];

	pen_sid_print(sid, text);
	account_show_text(output, "sid", text);
}

const char *account_name_of(struct tool *tool, struct pen_accounts *accounts,
			    const struct pen_sid *sid)
{
	enum pen_account_domain domain;
	char text[PEN_SID_TEXT_SIZE];
	struct pen_account account;
	uint32_t rid;

	if (!pen_accounts_split_sid(accounts, sid, &domain, &rid) &&
	    !pen_accounts_find_rid(accounts, domain, rid, &tool->arena, &account))
		return account.name;
	pen_sid_print(sid, text);
	return pen_arena_strdup(&tool->arena, text);
}

int account_done(struct tool *tool, struct pen_accounts *accounts, const char *name, uint32_t rid,
		 const char *what)
{
	struct pen_sid sid = pen_accounts_member_sid(accounts, PEN_ACCOUNT_MACHINE, rid);
	struct account_output output;

	if (!tool->is_json) {
		printf("%s: %s\n", name, what);
		return TOOL_OK;
	}
	account_output_begin(&output, tool);
	account_show_text(&output, "name", name);
	account_show_text(&output, "done", what);
	if (rid) {
		account_show_number(&output, "rid", rid);
		account_show_sid(&output, &sid);
	}
	return account_output_end(&output);
}
