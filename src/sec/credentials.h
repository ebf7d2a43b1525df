/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_CREDENTIALS_H
#define PEN_SEC_CREDENTIALS_H
/*
 * Credentials from inside: what mechanisms take out of them.
 */
#include <penstock/credentials.h>

enum pen_credentials_kind {
	PEN_CREDENTIALS_ANONYMOUS,
	PEN_CREDENTIALS_PASSWORD,
	PEN_CREDENTIALS_NT_HASH,
	PEN_CREDENTIALS_CCACHE,
	PEN_CREDENTIALS_KEYTAB,
};

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
};

const struct pen_credentials_info *pen_credentials_info(const struct pen_credentials *credentials);

#endif
