/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_CONFIG_H
#define PEN_DAEMON_CONFIG_H
/*
 * penstockd's configuration: defaults that suit who started it, and a short file of
 * sections and keys. One table (config-keys.c) says which there are.
 */
#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/server.h>

enum { CONFIG_SERVICES_MAX = 16 };

/* Who judges NTLM. */
enum config_verdicts {
	CONFIG_VERDICTS_ACCOUNTS,
	CONFIG_VERDICTS_WINBIND,
	CONFIG_VERDICTS_NETLOGON,
};

struct config {
	struct pen_arena arena; /* all texts */

	const char *name;		/* of the server, as clients see it */
	const char *comment;		/* beside the name */
	const char *workgroup;		/* that the server is in */
	const char *listen;		/* numeric addresses for TCP; "*": all; "none": no TCP */
	uint32_t port;			/* of the endpoint mapper */
	bool is_port_given;		/* by the file: then no other one will do */
	uint32_t first_port, last_port; /* of the services; 0, 0: any */
	const char *directory;		/* of sockets: ncalrpc/ and np/ in it */

	const char *objects;  /* where the object manager's socket is; NULL: there is none */
	const char *samba_np; /* where Samba's own services listen; NULL: nothing is carried */

	const char *store;
	const char *accounts;
	const char *accounts_key; /* a file; NULL: not found yet, or the accounts are in none */
	const char *smb_conf;	  /* NULL: shares are in the store */
	const char *folders;	  /* whose files' security clients get and set; NULL: none */

	uint32_t verdicts; /* enum config_verdicts */
	const char *dc;	   /* the binding of a domain controller, for verdicts */
	const char *domain;
	const char *machine;	    /* this machine's name in the domain; NULL: the server's */
	const char *machine_secret; /* a file */
	uint32_t guests;	    /* enum pen_logon_guests */
	bool allow_ntlm_v1;
	bool allow_anonymous;
	bool allow_weak_krb5;	  /* RC4 */
	bool allow_weak_netlogon; /* without AES */
	bool allow_unsealed_netlogon;
	const char *keytab;    /* NULL: the system's, if it has keys */
	const char *principal; /* NULL: any in the keytab */
	const char *realm;     /* NULL: the system's */

	const char *programs; /* directories of service programs; NULL: the usual ones */
	const char *user;     /* of greeter and workers, where penstockd is root; NULL: as it is */
	bool is_confined;     /* they have what they need and no more */
	uint32_t leave_ms;    /* for workers to end what they do, when penstockd stops */

	const char *status_listen; /* "127.0.0.1:9164", a path, or "none" */

	bool is_json;
	enum pen_log_level log_level;

	struct pen_server_config limits; /* its numbers and files only */

	/* By service, see services.h. */
	bool is_enabled[CONFIG_SERVICES_MAX];
	uint8_t auth_level_min[CONFIG_SERVICES_MAX]; /* of a call over TCP */
};

/* Defaults for root, or for a user whose directories the environment names. -ENOMEM. */
int config_init(struct config *config, bool is_root);
void config_done(struct config *config);

/*
 * Reads the text of a file. PEN_E_SYNTAX: something is wrong; all of it is in
 * diagnoses, each with file:line:column, the line and a caret. -ENOMEM.
 */
int config_read(struct config *config, const char *name, const char *text, size_t n,
		struct pen_buffer *diagnoses);

/*
 * The same of a file; path NULL: the usual one, which need not be there. Also a negative
 * errno: it cannot be read, as diagnoses says.
 */
int config_load(struct config *config, const char *path, struct pen_buffer *diagnoses);

/*
 * Where the key of accounts is that are in that file: in a directory beside theirs. NULL: they are
 * in no file of a path from the root on. What is read has found it for its own. -ENOMEM.
 */
int config_find_accounts_key(struct pen_arena *arena, const char *accounts, const char **pathp);

/* Appends the configuration as a file that would give it. */
int config_print(const struct config *config, struct pen_buffer *text);

/* ---- the table ---- */

enum config_kind {
	CONFIG_TEXT,
	CONFIG_PATH, /* absolute */
	CONFIG_NUMBER,
	CONFIG_SECONDS, /* in the struct as milliseconds */
	CONFIG_YES_NO,
	CONFIG_PORTS, /* "49152-65535", or "any" */
	CONFIG_ADDRESSES,
	CONFIG_PLACE, /* "127.0.0.1:9164", "[::1]:9164", an absolute path, or "none" */
	CONFIG_LOG_LEVEL,
	CONFIG_LOG_FORMAT,
	CONFIG_CHOICE, /* in the struct as a uint32_t: which of the choices */
};

/* When another value takes effect that the file has when it is read again. */
enum config_moment {
	CONFIG_IN_NEW_PROCESSES, /* of services, which start from then on */
	CONFIG_NOW,
	CONFIG_AT_START, /* of penstockd */
};

struct config_key {
	const char *section;
	const char *name;
	enum config_kind kind;
	size_t offset;
	uint32_t min, max; /* of numbers and seconds */
	enum config_moment moment;
	const char *const *choices; /* ended by NULL */
};

/* The n-th key, those of [service NAME] left out; NULL past the last. */
const struct config_key *config_key(size_t n);

/* What is wrong with the value, or NULL: it is set. PEN_E_... never; sentence in the arena. */
const char *config_set(struct config *config, const struct config_key *key, const char *value);

/* Some texts have none by default. */
bool config_has_value(const struct config *config, const struct config_key *key);

bool config_is_same(const struct config *a, const struct config *b, const struct config_key *key);

int config_print_value(const struct config *config, const struct config_key *key,
		       struct pen_buffer *text);

#endif
