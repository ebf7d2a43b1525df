/* SPDX-License-Identifier: MIT */
#include "daemon/security.h"
#include "base/cleanup.h"
#include "crypto/crypto.h"
#include "daemon/place.h"
#include "daemon/verdict-netlogon.h"
#include "daemon/verdict-winbind.h"
#include "io/clock.h"
#include "sec/mechs.h"
#include "sec/schannel.h"
#include "store/lsa.h"
#include <errno.h>
#include <krb5.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Accounts, and logons by them. */
struct desk {
	struct pen_accounts *accounts;
	struct pen_logons logons;
};

struct daemon_security {
	const struct config *config;
	struct pen_crypto *crypto;
	struct desk services; /* of the loop's thread */
	struct desk judge;    /* of all others, one at a time */
	pthread_mutex_t mutex;
	struct daemon_netlogon *netlogon; /* NULL: no domain controller is asked */
	struct daemon_winbind *winbind;	  /* NULL: it is not asked */
	char host[256];			  /* its name in DNS, where it has one */
	char *realm;

	struct pen_netlogon_sessions *machines;
	struct pen_schannel_server schannel;
	struct pen_ntlm_server ntlm;
	struct pen_krb5_server krb5;
	struct pen_mechs *mechs;
};

PEN_DEFINE_FREEP(struct daemon_security, daemon_security)

static uint64_t now(void *data)
{
	return pen_clock_nt();
}

/* ---- in other threads ---- */

static int judge(void *data, const struct pen_ntlm_attempt *attempt,
		 struct pen_ntlm_verdict *verdict)
{
	struct daemon_security *security = data;
	int r;

	pthread_mutex_lock(&security->mutex);
	r = pen_logon_judge(&security->judge.logons, attempt, verdict);
	pthread_mutex_unlock(&security->mutex);
	return r;
}

static int admit(void *data, const struct pen_token *token, struct pen_token **admittedp)
{
	struct daemon_security *security = data;
	int r;

	pthread_mutex_lock(&security->mutex);
	r = pen_logon_extend(&security->judge.logons, token, admittedp);
	pthread_mutex_unlock(&security->mutex);
	return r;
}

/* Others may take their time, so the accounts are not held meanwhile. */
static int judge_by_others(void *data, const struct pen_ntlm_attempt *attempt,
			   struct pen_ntlm_verdict *verdict)
{
	struct daemon_security *security = data;
	struct pen_token *token;
	int r = security->winbind ? daemon_winbind_judge(security->winbind, attempt, verdict)
				  : daemon_netlogon_judge(security->netlogon, attempt, verdict);

	if (r)
		return r;
	token = pen_take(&verdict->token);
	r = admit(security, token, &verdict->token);
	pen_token_free(token);
	if (r == PEN_E_DENIED)
		snprintf(verdict->reason, sizeof(verdict->reason),
			 "%.64s may not log on here, or its domain gives it a SID of this machine",
			 attempt->user);
	return r;
}

static int map(void *data, const char *principal, const struct pen_token_info *known,
	       struct pen_token **tokenp)
{
	struct daemon_security *security = data;
	int r;

	pthread_mutex_lock(&security->mutex);
	r = pen_logon_map(&security->judge.logons, principal, known, tokenp);
	pthread_mutex_unlock(&security->mutex);
	return r;
}

/* ---- accounts ---- */

static int open_desk(struct daemon_security *security, struct desk *desk, char error[256])
{
	const struct config *config = security->config;
	char sentence[200] = "";
	int r = pen_accounts_open(&desk->accounts, config->accounts, config->name, now(NULL),
				  sentence);

	if (r) {
		snprintf(error, 256, "%s: %s", config->accounts,
			 *sentence ? sentence : pen_error_name(r));
		return r;
	}
	desk->logons = (struct pen_logons){
		.accounts = desk->accounts,
		.crypto = security->crypto,
		.now = now,
		.guests = (enum pen_logon_guests)config->guests,
		.realm = security->realm,
	};
	return 0;
}

/* The domain of a machine's own accounts is called as the machine is. */
static int keep_name(struct daemon_security *security)
{
	struct pen_accounts *accounts = security->services.accounts;
	struct pen_account_policy policy;
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, 0);
	r = pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, &arena, &policy);
	if (!r && strcmp(policy.name, security->config->name)) {
		policy.name = security->config->name;
		r = pen_accounts_set_policy(accounts, PEN_ACCOUNT_MACHINE, &policy);
	}
	pen_arena_done(&arena);
	return r;
}

static int open_accounts(struct daemon_security *security, char error[256])
{
	int r;

	if (!strcmp(security->config->accounts, ":memory:")) {
		snprintf(error, 256, "accounts are kept in a file, not in memory");
		return -EINVAL;
	}
	r = daemon_place_for(security->config->accounts, error);
	if (!r)
		r = open_desk(security, &security->services, error);
	if (!r)
		r = keep_name(security);
	return r ? r : open_desk(security, &security->judge, error);
}

/* ---- mechanisms ---- */

static int prepare_ntlm(struct daemon_security *security, char error[256])
{
	enum config_verdicts verdicts = (enum config_verdicts)security->config->verdicts;
	const char *computer = security->config->name;
	const char *domain = NULL;
	const char *dot;
	int r = 0;

	if (verdicts == CONFIG_VERDICTS_WINBIND)
		r = daemon_winbind_new(&security->winbind, error);
	else if (verdicts == CONFIG_VERDICTS_NETLOGON)
		r = daemon_netlogon_new(&security->netlogon, security->config, error);
	/* A controller looks whether a response was made for the machine that shows it. */
	if (verdicts == CONFIG_VERDICTS_NETLOGON) {
		computer = security->config->machine ? security->config->machine : computer;
		domain = security->config->domain;
	}

	if (r)
		return r;

	if (gethostname(security->host, sizeof(security->host) - 1))
		security->host[0] = '\0';
	dot = strchr(security->host, '.');
	security->ntlm = (struct pen_ntlm_server){
		.netbios_computer = computer,
		.netbios_domain = domain,
		.dns_computer = dot ? security->host : NULL,
		.dns_domain = dot ? dot + 1 : NULL,
		.allow_v1 = security->config->allow_ntlm_v1,
		.allow_anonymous = security->config->allow_anonymous,
		.judge = verdicts == CONFIG_VERDICTS_ACCOUNTS ? judge : judge_by_others,
		.data = security,
		.may_block = true,
	};
	return 0;
}

/* Whether the keytab, NULL: the usual one, has keys. */
static bool has_keys(krb5_context context, const char *name)
{
	krb5_keytab keytab;
	bool has;

	if (name ? krb5_kt_resolve(context, name, &keytab) : krb5_kt_default(context, &keytab))
		return false;
	has = !krb5_kt_have_content(context, keytab);
	krb5_kt_close(context, keytab);
	return has;
}

static int find_realm(struct daemon_security *security, krb5_context context)
{
	char *realm;

	if (!security->config->realm && krb5_get_default_realm(context, &realm))
		return 0; /* nobody is mapped, but PACs tell who is who */
	security->realm = strdup(security->config->realm ? security->config->realm : realm);
	if (!security->config->realm)
		krb5_free_default_realm(context, realm);
	return security->realm ? 0 : -ENOMEM;
}

static int use_keytab(struct daemon_security *security, krb5_context context,
		      struct pen_mechs_config *mechs, char error[256])
{
	const char *keytab = security->config->keytab;

	if (!has_keys(context, keytab)) {
		if (!keytab)
			return 0;
		snprintf(error, 256, "the keytab %s cannot be read, or has no keys", keytab);
		return -ENOENT;
	}
	security->krb5 = (struct pen_krb5_server){
		.keytab = keytab,
		.principal = security->config->principal,
		.allow_weak = security->config->allow_weak_krb5,
		.map = map,
		.admit = admit,
		.data = security,
	};
	mechs->krb5 = &security->krb5;
	return find_realm(security, context);
}

static int prepare_krb5(struct daemon_security *security, struct pen_mechs_config *mechs,
			char error[256])
{
	krb5_context context;
	int r;

	if (krb5_init_context(&context)) {
		if (!security->config->keytab)
			return 0;
		snprintf(error, 256, "Kerberos' own configuration, krb5.conf, cannot be read");
		return -EINVAL;
	}
	r = use_keytab(security, context, mechs, error);
	krb5_free_context(context);
	return r;
}

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
	struct pen_mechs_config mechs = { .ntlm = &security->ntlm };
	int r = pen_crypto_new(&security->crypto);

	if (!r)
		r = prepare_krb5(security, &mechs, error);
	if (!r)
		r = prepare_ntlm(security, error);
	if (!r)
		r = pen_mechs_new(&security->mechs, &mechs);
	return r ? r : add_schannel(security);
}

/* ---- the whole ---- */

int daemon_security_new(struct daemon_security **securityp, const struct config *config,
			char error[256])
{
	pen_cleanup(daemon_security_freep) struct daemon_security *security =
		calloc(1, sizeof(*security));
	int r;

	error[0] = '\0';
	if (!security)
		return -ENOMEM;
	security->config = config;
	pthread_mutex_init(&security->mutex, NULL);
	r = make_mechs(security, error);
	if (!r)
		r = open_accounts(security, error);
	if (!r)
		*securityp = pen_take(&security);
	return r;
}

struct daemon_security *daemon_security_free(struct daemon_security *security)
{
	if (!security)
		return NULL;
	pen_accounts_close(security->services.accounts);
	pen_accounts_close(security->judge.accounts);
	pen_mechs_free(security->mechs);
	pen_netlogon_sessions_free(security->machines);
	daemon_winbind_free(security->winbind);
	daemon_netlogon_free(security->netlogon);
	pen_crypto_free(security->crypto);
	pthread_mutex_destroy(&security->mutex);
	free(security->realm);
	free(security);
	return NULL;
}

const struct pen_mechs *daemon_security_mechs(const struct daemon_security *security)
{
	return security->mechs;
}

struct pen_accounts *daemon_security_accounts(const struct daemon_security *security)
{
	return security->services.accounts;
}

struct pen_netlogon_sessions *daemon_security_machines(const struct daemon_security *security)
{
	return security->machines;
}

const struct pen_logons *daemon_security_logons(const struct daemon_security *security)
{
	return &security->services.logons;
}
