/* SPDX-License-Identifier: MIT */
#include "daemon/security.h"
#include "base/cleanup.h"
#include "crypto/crypto.h"
#include "daemon/desk.h"
#include "daemon/verdicts.h"
#include "sec/mechs.h"
#include "sec/schannel.h"
#include <errno.h>

struct daemon_security {
	const struct config *config;
	struct pen_crypto *crypto;
	struct desk desk;	   /* of the loop's thread */
	struct verdicts *verdicts; /* of all others; NULL: another process' */
	struct pen_netlogon_sessions *machines;
	struct pen_schannel_server schannel;
	struct pen_mechs *own;	 /* NULL: they are another's */
	struct pen_mechs *mechs; /* that server offers */
};

PEN_DEFINE_FREEP(struct daemon_security, daemon_security)

/* ---- mechanisms ---- */

/* Machines that proved themselves to netlogon. */
static int add_schannel(struct daemon_security *security)
{
	int r = pen_netlogon_sessions_new(&security->machines, security->crypto);

	if (r)
		return r;
	security->schannel = (struct pen_schannel_server){
		.domain = security->config->name,
		.allow_weak = security->config->allow_weak_netlogon,
		.find = pen_netlogon_find_session,
		.data = security->machines,
	};
	pen_mechs_add(security->mechs, &pen_mech_schannel, &security->schannel);
	return 0;
}

static int make_mechs(struct daemon_security *security, char error[256])
{
	struct pen_mechs_config config;
	int r = verdicts_new(&security->verdicts, security->config, security->crypto, error);

	if (r)
		return r;
	config = (struct pen_mechs_config){ .ntlm = verdicts_ntlm(security->verdicts),
					    .krb5 = verdicts_krb5(security->verdicts) };
	r = pen_mechs_new(&security->own, &config);
	security->mechs = security->own;
	return r;
}

/* ---- the whole ---- */

static int begin(struct daemon_security *security, struct pen_mechs *mechs, char error[256])
{
	int r = pen_crypto_new(&security->crypto);

	security->mechs = mechs;
	if (!r && !mechs)
		r = make_mechs(security, error);
	if (!r)
		r = desk_open(&security->desk, security->config, security->crypto,
			      security->verdicts ? verdicts_realm(security->verdicts) : NULL,
			      error);
	return r ? r : add_schannel(security);
}

int daemon_security_new_by(struct daemon_security **securityp, const struct config *config,
			   struct pen_mechs *mechs, char error[256])
{
	pen_cleanup(daemon_security_freep) struct daemon_security *security =
		calloc(1, sizeof(*security));
	int r;

	error[0] = '\0';
	if (!security)
		return -ENOMEM;
	security->config = config;
	r = begin(security, mechs, error);
	if (!r)
		*securityp = pen_take(&security);
	return r;
}

int daemon_security_new(struct daemon_security **securityp, const struct config *config,
			char error[256])
{
	return daemon_security_new_by(securityp, config, NULL, error);
}

struct daemon_security *daemon_security_free(struct daemon_security *security)
{
	if (!security)
		return NULL;
	desk_close(&security->desk);
	pen_mechs_free(security->own);
	verdicts_free(security->verdicts);
	pen_netlogon_sessions_free(security->machines);
	pen_crypto_free(security->crypto);
	free(security);
	return NULL;
}

const struct pen_mechs *daemon_security_mechs(const struct daemon_security *security)
{
	return security->mechs;
}

struct pen_accounts *daemon_security_accounts(const struct daemon_security *security)
{
	return security->desk.accounts;
}

struct pen_netlogon_sessions *daemon_security_machines(const struct daemon_security *security)
{
	return security->machines;
}

const struct pen_logons *daemon_security_logons(const struct daemon_security *security)
{
	return &security->desk.logons;
}
