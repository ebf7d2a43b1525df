/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_CREDENTIALS_H
#define PEN_SEC_CREDENTIALS_H
/*
 * Credentials from inside: what mechanisms take out of them.
 */
#include <penstock/credentials.h>

struct pen_ndr_error;

enum pen_credentials_kind {
	PEN_CREDENTIALS_ANONYMOUS,
	PEN_CREDENTIALS_PASSWORD,
	PEN_CREDENTIALS_NT_HASH,
	PEN_CREDENTIALS_CCACHE,
	PEN_CREDENTIALS_KEYTAB,
	PEN_CREDENTIALS_MACHINE,
};

struct pen_schannel_client;

/* Texts are "" where there is none. */
struct pen_credentials_info {
	enum pen_credentials_kind kind;
	const char *user;
	const char *domain;
	const char *password; /* NULL: there is none */
	uint8_t nt_hash[16];  /* of kind NT_HASH */
	const char *ccache;   /* NULL: the process's own */
	const char *keytab;   /* NULL: the process's own */
	const char *principal;
	const struct pen_schannel_client *machine; /* of kind MACHINE, else NULL */
};

/*
 * A machine's session with a domain controller, for netlogon's own provider alone. Of
 * machine keys, domain and computer are copied. -ENOMEM.
 */
int pen_credentials_new_machine(struct pen_credentials **credentialsp,
				const struct pen_schannel_client *machine);

const struct pen_credentials_info *pen_credentials_info(const struct pen_credentials *credentials);

/*
 * The credentials for a host out of what pen_credentials_new_file reads. The text is
 * changed; the caller wipes it. PEN_E_NOT_FOUND: none; PEN_E_SYNTAX: it is not such a text,
 * with the sentence in error, which may be NULL; -ENOMEM.
 */
int pen_credentials_read(struct pen_credentials **credentialsp, char *text, const char *host,
			 struct pen_ndr_error *error);

/* 32 hexadecimal digits. PEN_E_SYNTAX. */
int pen_nt_hash_parse(const char *text, uint8_t hash[16]);

#endif
