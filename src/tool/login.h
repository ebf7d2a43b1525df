/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_LOGIN_H
#define PEN_TOOL_LOGIN_H
/*
 * Who the person at the command line is to the server, and how what is said is
 * protected: the options that all commands have which connect.
 */
#include <getopt.h>
#include <penstock/credentials.h>
#include <stdbool.h>

struct tool;

/* What the command line said; NULL, false and 0: nothing. Secrets are never in it. */
struct tool_login {
	const char *user; /* [DOMAIN\]NAME, NAME@DOMAIN */
	const char *password_file;
	bool is_password_on_stdin;
	const char *nt_hash_file;
	const char *ccache;
	const char *keytab;
	const char *principal;
	const char *file; /* of credentials, as netrc */
	bool is_anonymous;
	uint8_t level; /* enum pen_auth_level */
	uint8_t mech;  /* enum pen_auth_type */
	const char *target;
	bool wants_delegation;
	bool allow_weak;
	bool is_explained;
	const char *keylog;
};

/* Who it came to be. */
struct tool_identity {
	struct pen_credentials *credentials;
	const char *words; /* "alice of EXAMPLE, by the password in /etc/secret" */
	bool is_anonymous;
	bool is_by_default; /* its tickets were there, and nothing was said */
};

/* Values of the options, above those of any command. */
enum { TOOL_OPTION_LOGIN = 2000, TOOL_OPTION_LOGIN_END = 2100 };

extern const struct option tool_login_options[];
extern const char tool_login_help[];

/* Takes one of the options, by its value or 'U'. */
bool tool_is_login_option(int val);
int tool_login_option(struct tool *tool, int val, const char *value);

struct pen_buffer;
struct pen_client_security;

/*
 * How the client is to prove itself to the server that the binding names. Over a local
 * socket the kernel says who is there, unless the command line says otherwise. Complains.
 */
int tool_secure(struct tool *tool, const char *binding, struct pen_client_security *security);

/* Says on stderr who one was and how the calls were protected, for --explain. */
void tool_explain(struct tool *tool);

/* The same as members of a JSON object. */
int tool_put_identity(struct tool *tool, struct pen_buffer *json);

/*
 * Makes the credentials for the host, asking for the password if need be: what the
 * command line says, else the environment (PENSTOCK_USER with PENSTOCK_PASSWORD_FILE,
 * PENSTOCK_CREDENTIALS), else the process's Kerberos tickets, else nobody; of commands that
 * ask what is public, nobody at once. Complains.
 */
int tool_login(struct tool *tool, const char *host, struct tool_identity *identity);

/* ---- ticket.c ---- */

/*
 * Whether the process has Kerberos tickets that are valid now: whose, and in which cache,
 * in the tool's arena. Asks no KDC.
 */
bool tool_has_ticket(struct tool *tool, const char **principalp, const char **ccachep);

#endif
