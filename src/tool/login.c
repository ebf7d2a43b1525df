/* SPDX-License-Identifier: MIT */
#include "tool/login.h"
#include "runtime/secret-input.h"
#include "sec/credentials.h"
#include "sec/mech.h"
#include "tool/tool.h"
#include <errno.h>
#include <penstock/binding.h>
#include <penstock/ndr.h>
#include <string.h>
#include <unistd.h>

enum {
	PASSWORD_FILE = TOOL_OPTION_LOGIN,
	PASSWORD_STDIN,
	NT_HASH_FILE,
	CCACHE,
	KEYTAB,
	PRINCIPAL,
	CREDENTIALS,
	ANONYMOUS,
	LEVEL,
	MECH,
	TARGET,
	DELEGATE,
	WEAK,
	EXPLAIN,
	KEYLOG,
};

const struct option tool_login_options[] = {
	{ "user", required_argument, NULL, 'U' },
	{ "password-file", required_argument, NULL, PASSWORD_FILE },
	{ "password-stdin", no_argument, NULL, PASSWORD_STDIN },
	{ "nt-hash-file", required_argument, NULL, NT_HASH_FILE },
	{ "ccache", required_argument, NULL, CCACHE },
	{ "keytab", required_argument, NULL, KEYTAB },
	{ "principal", required_argument, NULL, PRINCIPAL },
	{ "credentials", required_argument, NULL, CREDENTIALS },
	{ "anonymous", no_argument, NULL, ANONYMOUS },
	{ "no-auth", no_argument, NULL, ANONYMOUS },
	{ "level", required_argument, NULL, LEVEL },
	{ "mech", required_argument, NULL, MECH },
	{ "target", required_argument, NULL, TARGET },
	{ "delegate", no_argument, NULL, DELEGATE },
	{ "weak", no_argument, NULL, WEAK },
	{ "explain", no_argument, NULL, EXPLAIN },
	{ "keylog", required_argument, NULL, KEYLOG },
	{ 0 },
};

const char tool_login_help[] =
	"\n"
	"Who you are, and how it is protected:\n"
	"  -U, --user [DOMAIN\\]USER  the password is asked for at the terminal, or is\n"
	"  --password-file FILE      the first line of FILE, which others may not read, or\n"
	"  --password-stdin          the first line of standard input\n"
	"  --nt-hash-file FILE       32 hex digits in place of a password\n"
	"  --ccache NAME             the Kerberos tickets in a cache\n"
	"  --keytab FILE             a key for Kerberos; --principal NAME says whose\n"
	"  --credentials FILE        what FILE has for the host, as netrc\n"
	"  --anonymous, --no-auth    nobody\n"
	"  --level LEVEL             none, connect, packet, integrity or privacy (privacy)\n"
	"  --mech MECH               spnego, ntlm or krb5 (spnego, which chooses)\n"
	"  --target NAME             the server's principal (host/HOST)\n"
	"  --delegate                let the server use your Kerberos tickets\n"
	"  --weak                    Kerberos with keys of RC4 too\n"
	"  --explain                 say on stderr who, how, and why\n"
	"  --keylog FILE             append the session keys, to read recorded traffic with\n";

/* ---- the options ---- */

struct word {
	const char *name;
	uint8_t value;
};

static const struct word levels[] = {
	{ "none", PEN_AUTH_LEVEL_NONE },       { "connect", PEN_AUTH_LEVEL_CONNECT },
	{ "packet", PEN_AUTH_LEVEL_PACKET },   { "integrity", PEN_AUTH_LEVEL_INTEGRITY },
	{ "privacy", PEN_AUTH_LEVEL_PRIVACY }, { 0 },
};

static const struct word mechs[] = {
	{ "spnego", PEN_AUTH_SPNEGO },
	{ "ntlm", PEN_AUTH_NTLM },
	{ "krb5", PEN_AUTH_KRB5 },
	{ 0 },
};

static int take_word(struct tool *tool, const struct word *words, const char *option,
		     const char *list, const char *value, uint8_t *to)
{
	for (; words->name; words++)
		if (!strcmp(words->name, value)) {
			*to = words->value;
			return TOOL_OK;
		}
	return tool_fail(tool, TOOL_USAGE, NULL, "%s is %s, not %s", option, list, value);
}

/* Samba's tools take USER%PASSWORD; whoever lists processes reads it. */
static int take_user(struct tool *tool, const char *value)
{
	if (strchr(value, '%'))
		return tool_fail(
			tool, TOOL_USAGE,
			"It is asked for, or comes by --password-file or --password-stdin.",
			"a password does not belong into the command line, which "
			"everybody on this machine can read");
	if (!*value)
		return tool_fail(tool, TOOL_USAGE, NULL, "--user has no name");
	tool->login.user = value;
	return TOOL_OK;
}

bool tool_is_login_option(int val)
{
	return val == 'U' || (val >= TOOL_OPTION_LOGIN && val < TOOL_OPTION_LOGIN_END);
}

int tool_login_option(struct tool *tool, int val, const char *value)
{
	struct tool_login *login = &tool->login;

	switch (val) {
	case 'U':
		return take_user(tool, value);
	case LEVEL:
		return take_word(tool, levels, "--level",
				 "none, connect, packet, integrity or privacy", value,
				 &login->level);
	case MECH:
		return take_word(tool, mechs, "--mech", "spnego, ntlm or krb5", value,
				 &login->mech);
	case PASSWORD_FILE:
		login->password_file = value;
		break;
	case PASSWORD_STDIN:
		login->is_password_on_stdin = true;
		break;
	case NT_HASH_FILE:
		login->nt_hash_file = value;
		break;
	case CCACHE:
		login->ccache = value;
		break;
	case KEYTAB:
		login->keytab = value;
		break;
	case PRINCIPAL:
		login->principal = value;
		break;
	case CREDENTIALS:
		login->file = value;
		break;
	case ANONYMOUS:
		login->is_anonymous = true;
		break;
	case TARGET:
		login->target = value;
		break;
	case DELEGATE:
		login->wants_delegation = true;
		break;
	case WEAK:
		login->allow_weak = true;
		break;
	case EXPLAIN:
		login->is_explained = true;
		break;
	default:
		login->keylog = value;
	}
	return TOOL_OK;
}

/* ---- what does not go together ---- */

static int check(struct tool *tool)
{
	const struct tool_login *login = &tool->login;
	int n_passwords =
		!!login->password_file + login->is_password_on_stdin + !!login->nt_hash_file;
	int n_whos = !!login->user + !!login->ccache + !!login->keytab + !!login->file +
		     login->is_anonymous;

	if (n_whos > 1)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "only one of --user, --ccache, --keytab, --credentials and "
				 "--anonymous can say who you are");
	if (n_passwords > 1)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "only one of --password-file, --password-stdin and "
				 "--nt-hash-file can be the password");
	if (n_passwords && !login->user && (n_whos || !getenv("PENSTOCK_USER")))
		return tool_fail(tool, TOOL_USAGE, "-U [DOMAIN\\]USER says whose it is.",
				 "a password without --user");
	if (login->principal && !login->keytab)
		return tool_fail(tool, TOOL_USAGE, NULL, "--principal without --keytab");
	if (login->level == PEN_AUTH_LEVEL_NONE && n_whos && !login->is_anonymous)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "at --level none nobody is told who you are: leave out one of "
				 "the two");
	return TOOL_OK;
}

/* ---- who ---- */

static int fail_secret(struct tool *tool, const char *what, int r, const char *sentence)
{
	if (*sentence)
		return tool_fail(tool, TOOL_USAGE, NULL, "%s: %s", what, sentence);
	return tool_fail(tool, TOOL_USAGE, NULL, "%s: %s", what,
			 r < 0 ? strerror(-r) : pen_error_name(r));
}

static int ask(struct tool *tool, const char *user, struct tool_identity *identity)
{
	int r = pen_credentials_new_prompt(&identity->credentials, user, NULL);

	if (r == PEN_E_NOT_FOUND)
		return tool_fail(tool, TOOL_USAGE,
				 "--password-file FILE and --password-stdin do without one.",
				 "there is no terminal to ask for the password of %s at", user);
	if (r == PEN_E_CANCELLED)
		return tool_fail(tool, TOOL_USAGE, NULL, "no password was given");
	return r ? fail_secret(tool, "the password", r, "") : TOOL_OK;
}

static int use_hash(struct tool *tool, const char *user, const char *path,
		    struct tool_identity *identity)
{
	struct pen_ndr_error error = { "" };
	uint8_t hash[16];
	char *line;
	int r = pen_secret_file_line(&line, path, &error);

	if (r)
		return fail_secret(tool, "--nt-hash-file", r, error.text);
	r = pen_nt_hash_parse(line, hash);
	pen_secret_free(line);
	if (r)
		return tool_fail(tool, TOOL_USAGE, NULL, "%s does not begin with 32 hex digits",
				 path);
	r = pen_credentials_new_nt_hash(&identity->credentials, user, NULL, hash);
	explicit_bzero(hash, sizeof(hash));
	return r ? tool_fail_result(tool, r) : TOOL_OK;
}

static int use_password(struct tool *tool, const char *user, const char *path,
			struct tool_identity *identity)
{
	struct pen_ndr_error error = { "" };
	char *line;
	int r;

	r = path ? pen_secret_file_line(&line, path, &error)
		 : pen_secret_line(&line, STDIN_FILENO, &error);
	if (r)
		return fail_secret(tool, path ? "the password's file" : "--password-stdin", r,
				   error.text);
	r = pen_credentials_new_password(&identity->credentials, user, NULL, line);
	pen_secret_free(line);
	return r ? tool_fail_result(tool, r) : TOOL_OK;
}

static int login_user(struct tool *tool, const char *user, struct tool_identity *identity)
{
	const struct tool_login *login = &tool->login;
	const char *path = login->password_file;
	const char *how;

	/* The environment's password is the environment's user's. */
	if (!login->user && !path && !login->is_password_on_stdin && !login->nt_hash_file)
		path = getenv("PENSTOCK_PASSWORD_FILE");
	how = login->nt_hash_file	    ? login->nt_hash_file
	      : path			    ? path
	      : login->is_password_on_stdin ? "standard input"
					    : "the terminal";
	identity->words = pen_arena_printf(&tool->arena, "%s, by the %s from %s", user,
					   login->nt_hash_file ? "NT hash" : "password", how);
	if (!identity->words)
		return tool_fail_result(tool, -ENOMEM);
	if (login->nt_hash_file)
		return use_hash(tool, user, login->nt_hash_file, identity);
	if (path || login->is_password_on_stdin)
		return use_password(tool, user, path, identity);
	return ask(tool, user, identity);
}

/* PEN_E_NOT_FOUND: the file has nothing for the host, and that is for the caller to say. */
static int login_file(struct tool *tool, const char *path, const char *host,
		      struct tool_identity *identity)
{
	struct pen_ndr_error error = { "" };
	const struct pen_credentials_info *info;
	int r = pen_credentials_new_file(&identity->credentials, path, host, &error);

	if (r == PEN_E_NOT_FOUND && !tool->login.file)
		return r;
	if (r)
		return fail_secret(tool, "--credentials", r, error.text);
	info = pen_credentials_info(identity->credentials);
	identity->words = pen_arena_printf(&tool->arena, "%s%s%s, by %s", info->domain,
					   *info->domain ? "\\" : "", info->user, path);
	return identity->words ? TOOL_OK : tool_fail_result(tool, -ENOMEM);
}

static int login_kerberos(struct tool *tool, struct tool_identity *identity)
{
	const struct tool_login *login = &tool->login;
	int r;

	if (login->keytab) {
		identity->words = pen_arena_printf(
			&tool->arena, "%s, by the keytab %s",
			login->principal ? login->principal : "the first principal", login->keytab);
		r = pen_credentials_new_keytab(&identity->credentials, login->keytab,
					       login->principal);
	} else {
		identity->words =
			pen_arena_printf(&tool->arena, "whose tickets are in %s", login->ccache);
		r = pen_credentials_new_ccache(&identity->credentials, login->ccache);
	}
	return r || !identity->words ? tool_fail_result(tool, r ? r : -ENOMEM) : TOOL_OK;
}

static int login_nobody(struct tool *tool, const char *why, struct tool_identity *identity)
{
	int r = pen_credentials_new_anonymous(&identity->credentials);

	identity->is_anonymous = true;
	identity->words = why;
	return r ? tool_fail_result(tool, r) : TOOL_OK;
}

/* What the environment says, then tickets, then nobody. */
static int login_default(struct tool *tool, const char *host, struct tool_identity *identity)
{
	const char *user = getenv("PENSTOCK_USER");
	const char *file = getenv("PENSTOCK_CREDENTIALS");
	const char *principal;
	const char *ccache;
	int r;

	if (tool->login.level == PEN_AUTH_LEVEL_NONE)
		return login_nobody(tool, "nobody, because of --level none", identity);
	if (tool->command->is_public)
		return login_nobody(tool, "nobody: what is asked is public", identity);
	if (user && *user)
		return login_user(tool, user, identity);
	if (file && *file) {
		r = login_file(tool, file, host, identity);
		if (r != PEN_E_NOT_FOUND)
			return r;
	}
	if (!tool_has_ticket(tool, &principal, &ccache))
		return login_nobody(tool, "nobody: no --user, and no Kerberos ticket that is valid",
				    identity);
	identity->words =
		pen_arena_printf(&tool->arena, "%s, by the tickets in %s", principal, ccache);
	identity->is_by_default = true;
	r = pen_credentials_new_ccache(&identity->credentials, ccache);
	return r || !identity->words ? tool_fail_result(tool, r ? r : -ENOMEM) : TOOL_OK;
}

int tool_login(struct tool *tool, const char *host, struct tool_identity *identity)
{
	const struct tool_login *login = &tool->login;
	int r = check(tool);

	*identity = (struct tool_identity){ 0 };
	if (r)
		return r;
	if (login->is_anonymous)
		return login_nobody(tool, "nobody, because of --anonymous", identity);
	if (login->user)
		return login_user(tool, login->user, identity);
	if (login->file)
		return login_file(tool, login->file, host, identity);
	if (login->keytab || login->ccache)
		return login_kerberos(tool, identity);
	return login_default(tool, host, identity);
}

/* ---- how ---- */

static bool is_said(const struct tool_login *login)
{
	return login->user || login->ccache || login->keytab || login->file ||
	       login->is_anonymous || login->level || login->mech;
}

static int use_socket(struct tool *tool)
{
	tool->identity.words = pen_arena_printf(
		&tool->arena, "uid %u, as the kernel says at the local socket", geteuid());
	return tool->identity.words ? TOOL_OK : tool_fail_result(tool, -ENOMEM);
}

static int secure(struct tool *tool, const struct pen_binding *binding,
		  struct pen_client_security *security)
{
	const struct tool_login *login = &tool->login;
	struct tool_identity *identity = &tool->identity;
	int r;

	if (binding->protseq == PEN_NCALRPC && !is_said(login))
		return use_socket(tool);
	/* Who connects again is who he was. */
	r = identity->words ? TOOL_OK
			    : tool_login(tool, *binding->address ? binding->address : "localhost",
					 identity);
	if (r || login->level == PEN_AUTH_LEVEL_NONE ||
	    (identity->is_anonymous && !login->level && !login->mech))
		return r;
	*security = (struct pen_client_security){
		.credentials = identity->credentials,
		.auth_level = login->level,
		.auth_type = login->mech,
		.target = login->target,
		.wants_delegation = login->wants_delegation,
		.allow_weak = login->allow_weak,
	};
	return TOOL_OK;
}

int tool_secure(struct tool *tool, const char *text, struct pen_client_security *security)
{
	struct pen_binding binding;
	int r;

	/* What is wrong with a binding, who connects says. */
	if (pen_binding_parse(&binding, text, NULL))
		return TOOL_OK;
	r = secure(tool, &binding, security);
	pen_binding_done(&binding);
	return r;
}

static const char *name_of(const struct word *words, uint8_t value)
{
	while (words->name && words->value != value)
		words++;
	return words->name ? words->name : "?";
}

void tool_explain(struct tool *tool)
{
	struct pen_client_security_info info;

	if (!tool->identity.words || !tool->client)
		return;
	fflush(stdout);
	fprintf(stderr, "who: %s\n", tool->identity.words);
	fprintf(stderr, "server: %s\n", pen_client_binding(tool->client));
	if (pen_client_security_info(tool->client, &info)) {
		fprintf(stderr, "protection: none was agreed on\n");
		return;
	}
	fprintf(stderr, "protection: level %s", name_of(levels, info.auth_level));
	if (info.mech)
		fprintf(stderr, ", by %s%s%s", info.mech,
			info.auth_type == PEN_AUTH_SPNEGO ? ", which SPNEGO chose" : "",
			info.signs_headers ? ", headers signed too" : "");
	fputc('\n', stderr);
	if (*info.left_out)
		fprintf(stderr, "left out: %s\n", info.left_out);
}

int tool_put_identity(struct tool *tool, struct pen_buffer *json)
{
	struct pen_client_security_info info;
	int r = pen_client_security_info(tool->client, &info);

	if (r)
		info = (struct pen_client_security_info){ .left_out = "" };
	tool_json_text(json, "identity", tool->identity.words);
	tool_json_text(json, "level", r ? NULL : name_of(levels, info.auth_level));
	tool_json_text(json, "mech", info.mech);
	return tool_json_text(json, "left_out", info.left_out);
}
