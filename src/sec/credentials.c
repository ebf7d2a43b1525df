/* SPDX-License-Identifier: MIT */
#include "sec/credentials.h"
#include "base/secret.h"
#include "sec/schannel.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* All of it is in memory for secrets, the texts behind the struct. */
struct pen_credentials {
	unsigned n_references;
	struct pen_credentials_info info;
	struct pen_schannel_client machine;
	char texts[];
};

/* A text that is not there is NULL; wherever it is copied from, it has n bytes. */
struct text {
	const char *data;
	size_t n;
};

static struct text text_of(const char *string)
{
	return (struct text){ string, string ? strlen(string) : 0 };
}

/* Copies a text to at, and moves at behind it. NULL: there is none. */
static const char *keep(char **at, struct text text)
{
	char *copy = *at;

	if (!text.data)
		return NULL;
	memcpy(copy, text.data, text.n);
	copy[text.n] = 0;
	*at += text.n + 1;
	return copy;
}

static const char *keep_or_empty(char **at, struct text text)
{
	return text.data ? keep(at, text) : "";
}

/* What a constructor fills in, of which NULL is no text. */
struct parts {
	struct text user;
	struct text domain;
	struct text password;
	struct text ccache;
	struct text keytab;
	struct text principal;
};

static int credentials_new(struct pen_credentials **credentialsp, enum pen_credentials_kind kind,
			   const struct parts *parts)
{
	size_t n = parts->user.n + parts->domain.n + parts->password.n + parts->ccache.n +
		   parts->keytab.n + parts->principal.n + sizeof(*parts) / sizeof(struct text);
	size_t size = sizeof(struct pen_credentials) + n;
	struct pen_credentials *credentials = pen_secret_alloc(size);
	char *at;

	if (!credentials)
		return -ENOMEM;
	at = credentials->texts;
	credentials->n_references = 1;
	credentials->info = (struct pen_credentials_info){
		.kind = kind,
		.user = keep_or_empty(&at, parts->user),
		.domain = keep_or_empty(&at, parts->domain),
		.password = keep(&at, parts->password),
		.ccache = keep(&at, parts->ccache),
		.keytab = keep(&at, parts->keytab),
		.principal = keep_or_empty(&at, parts->principal),
	};
	*credentialsp = credentials;
	return 0;
}

/* "DOMAIN\name" and "name@domain" are taken apart where no domain is given. */
static struct parts name_parts(const char *user, const char *domain)
{
	struct parts parts = { .user = text_of(user), .domain = text_of(domain) };
	const char *mark = domain || !user ? NULL : strchr(user, '\\');

	if (mark) {
		parts.domain = (struct text){ user, (size_t)(mark - user) };
		parts.user = text_of(mark + 1);
		return parts;
	}
	mark = domain || !user ? NULL : strrchr(user, '@');
	if (mark) {
		parts.user.n = (size_t)(mark - user);
		parts.domain = text_of(mark + 1);
	}
	return parts;
}

int pen_credentials_new_anonymous(struct pen_credentials **credentialsp)
{
	return credentials_new(credentialsp, PEN_CREDENTIALS_ANONYMOUS, &(struct parts){ 0 });
}

int pen_credentials_new_password(struct pen_credentials **credentialsp, const char *user,
				 const char *domain, const char *password)
{
	struct parts parts = name_parts(user, domain);

	parts.password = text_of(password);
	return credentials_new(credentialsp, PEN_CREDENTIALS_PASSWORD, &parts);
}

int pen_credentials_new_nt_hash(struct pen_credentials **credentialsp, const char *user,
				const char *domain, const uint8_t nt_hash[16])
{
	const struct parts parts = name_parts(user, domain);
	struct pen_credentials *credentials = NULL;
	int r = credentials_new(&credentials, PEN_CREDENTIALS_NT_HASH, &parts);

	if (r)
		return r;
	memcpy(credentials->info.nt_hash, nt_hash, sizeof(credentials->info.nt_hash));
	*credentialsp = credentials;
	return 0;
}

int pen_credentials_new_machine(struct pen_credentials **credentialsp,
				const struct pen_schannel_client *machine)
{
	const struct parts parts = { .user = text_of(machine->computer),
				     .domain = text_of(machine->domain) };
	struct pen_credentials *credentials = NULL;
	int r = credentials_new(&credentials, PEN_CREDENTIALS_MACHINE, &parts);

	if (r)
		return r;
	credentials->machine = (struct pen_schannel_client){
		.keys = machine->keys,
		.computer = credentials->info.user,
		.domain = credentials->info.domain,
	};
	credentials->info.machine = &credentials->machine;
	*credentialsp = credentials;
	return 0;
}

int pen_credentials_new_ccache(struct pen_credentials **credentialsp, const char *ccache)
{
	return credentials_new(credentialsp, PEN_CREDENTIALS_CCACHE,
			       &(struct parts){ .ccache = text_of(ccache) });
}

int pen_credentials_new_keytab(struct pen_credentials **credentialsp, const char *keytab,
			       const char *principal)
{
	return credentials_new(
		credentialsp, PEN_CREDENTIALS_KEYTAB,
		&(struct parts){ .keytab = text_of(keytab), .principal = text_of(principal) });
}

struct pen_credentials *pen_credentials_ref(struct pen_credentials *credentials)
{
	if (credentials)
		__atomic_add_fetch(&credentials->n_references, 1, __ATOMIC_RELAXED);
	return credentials;
}

struct pen_credentials *pen_credentials_free(struct pen_credentials *credentials)
{
	if (!credentials || __atomic_sub_fetch(&credentials->n_references, 1, __ATOMIC_ACQ_REL))
		return NULL;
	return pen_secret_free(credentials);
}

const struct pen_credentials_info *pen_credentials_info(const struct pen_credentials *credentials)
{
	return &credentials->info;
}
