/* SPDX-License-Identifier: MIT */
#include "daemon/security.h"
#include "base/cleanup.h"
#include "crypto/crypto.h"
#include "daemon/desk.h"
#include "runtime/authority.h"
#include "sec/mechs.h"
#include "sec/schannel.h"
#include "store/vault-authority.h"
#include <errno.h>
#include <stdio.h>

struct daemon_security {
	const struct config *config;
	struct pen_crypto *crypto;
	struct desk desk;
	struct pen_vault vault;
	struct pen_netlogon_sessions *machines;
	struct pen_schannel_server schannel;
};

PEN_DEFINE_FREEP(struct daemon_security, daemon_security)

/* Machines that proved themselves to netlogon. */
static int add_schannel(struct daemon_security *security, struct pen_mechs *mechs)
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
	pen_mechs_add(mechs, &pen_mech_schannel, &security->schannel);
	return 0;
}

int daemon_security_new(struct daemon_security **securityp, const struct config *config,
			struct pen_mechs *mechs, char error[256])
{
	pen_cleanup(daemon_security_freep) struct daemon_security *security =
		calloc(1, sizeof(*security));
	int r;

	error[0] = '\0';
	if (!security)
		return -ENOMEM;
	security->config = config;
	if (!pen_authority_of(mechs)) {
		snprintf(error, 256, "there is no penstock-authd to say who clients are");
		return PEN_E_UNSUPPORTED;
	}
	security->vault = pen_vault_of_authority(pen_authority_of(mechs));
	r = pen_crypto_new(&security->crypto);
	if (!r)
		r = desk_open(&security->desk, config, security->crypto, NULL, NULL, error);
	if (!r)
		r = add_schannel(security, mechs);
	if (!r)
		*securityp = pen_take(&security);
	return r;
}

struct daemon_security *daemon_security_free(struct daemon_security *security)
{
	if (!security)
		return NULL;
	desk_close(&security->desk);
	pen_netlogon_sessions_free(security->machines);
	pen_crypto_free(security->crypto);
	free(security);
	return NULL;
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

const struct pen_vault *daemon_security_vault(const struct daemon_security *security)
{
	return &security->vault;
}
