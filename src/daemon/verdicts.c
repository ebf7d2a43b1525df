/* SPDX-License-Identifier: MIT */
#include "daemon/verdicts.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "daemon/accounts-key.h"
#include "daemon/desk.h"
#include "daemon/verdict-netlogon.h"
#include "daemon/verdict-winbind.h"
#include <errno.h>
#include <krb5.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A keytab in memory, which the library forgets with its last handle. */
#define KEPT "MEMORY:penstock-authd"

struct verdicts {
	const struct config *config;
	const struct pen_crypto *crypto;
	uint8_t *key;	  /* of the accounts' hashes */
	struct desk desk; /* of one thread at a time */
	struct pen_vault by_desk, vault;
	pthread_mutex_t mutex;
	struct daemon_netlogon *netlogon; /* NULL: no domain controller is asked */
	struct daemon_winbind *winbind;	  /* NULL: it is not asked */
	char host[256];			  /* its name in DNS, where it has one */
	char *realm;
	struct pen_ntlm_server ntlm;
	struct pen_krb5_server krb5;
	bool has_krb5;
	krb5_context keeper; /* NULL: the keytab is read for each client */
	krb5_keytab kept;
};

PEN_DEFINE_FREEP(struct verdicts, verdicts)

/* ---- in other threads ---- */

static int judge(void *data, const struct pen_ntlm_attempt *attempt,
		 struct pen_ntlm_verdict *verdict)
{
	struct verdicts *verdicts = data;
	int r;

	pthread_mutex_lock(&verdicts->mutex);
	r = pen_logon_judge(&verdicts->desk.logons, attempt, verdict);
	pthread_mutex_unlock(&verdicts->mutex);
	return r;
}

static int admit(void *data, const struct pen_token *token, struct pen_token **admittedp)
{
	struct verdicts *verdicts = data;
	int r;

	pthread_mutex_lock(&verdicts->mutex);
	r = pen_logon_extend(&verdicts->desk.logons, token, admittedp);
	pthread_mutex_unlock(&verdicts->mutex);
	return r;
}

/* Others may take their time, so the accounts are not held meanwhile. */
static int judge_by_others(void *data, const struct pen_ntlm_attempt *attempt,
			   struct pen_ntlm_verdict *verdict)
{
	struct verdicts *verdicts = data;
	struct pen_token *token;
	int r = verdicts->winbind ? daemon_winbind_judge(verdicts->winbind, attempt, verdict)
				  : daemon_netlogon_judge(verdicts->netlogon, attempt, verdict);

	if (r)
		return r;
	token = pen_take(&verdict->token);
	r = admit(verdicts, token, &verdict->token);
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
	struct verdicts *verdicts = data;
	int r;

	pthread_mutex_lock(&verdicts->mutex);
	r = pen_logon_map(&verdicts->desk.logons, principal, known, tokenp);
	pthread_mutex_unlock(&verdicts->mutex);
	return r;
}

/* The accounts are held but while a key is made of a password, which may take its time. */

static int begin(const struct pen_vault *vault, struct pen_vault_query *query)
{
	struct verdicts *verdicts = vault->data;
	int r;

	pthread_mutex_lock(&verdicts->mutex);
	r = verdicts->by_desk.ops->begin(&verdicts->by_desk, query);
	pthread_mutex_unlock(&verdicts->mutex);
	return r;
}

static void work(const struct pen_vault *vault, struct pen_vault_query *query)
{
	const struct verdicts *verdicts = vault->data;

	verdicts->by_desk.ops->work(&verdicts->by_desk, query);
}

static int end(const struct pen_vault *vault, struct pen_vault_query *query)
{
	struct verdicts *verdicts = vault->data;
	int r;

	pthread_mutex_lock(&verdicts->mutex);
	r = verdicts->by_desk.ops->end(&verdicts->by_desk, query);
	pthread_mutex_unlock(&verdicts->mutex);
	return r;
}

static const struct pen_vault_ops vault_ops = { .begin = begin, .work = work, .end = end };

/* ---- what is offered ---- */

static int prepare_ntlm(struct verdicts *verdicts, char error[256])
{
	enum config_verdicts by = (enum config_verdicts)verdicts->config->verdicts;
	const char *computer = verdicts->config->name;
	const char *domain = NULL;
	const char *dot;
	int r = 0;

	if (by == CONFIG_VERDICTS_WINBIND)
		r = daemon_winbind_new(&verdicts->winbind, error);
	else if (by == CONFIG_VERDICTS_NETLOGON)
		r = daemon_netlogon_new(&verdicts->netlogon, verdicts->config, error);
	/* A controller looks whether a response was made for the machine that shows it. */
	if (by == CONFIG_VERDICTS_NETLOGON) {
		computer = verdicts->config->machine ? verdicts->config->machine : computer;
		domain = verdicts->config->domain;
	}
	if (r)
		return r;
	if (gethostname(verdicts->host, sizeof(verdicts->host) - 1))
		verdicts->host[0] = '\0';
	dot = strchr(verdicts->host, '.');
	verdicts->ntlm = (struct pen_ntlm_server){
		.netbios_computer = computer,
		.netbios_domain = domain,
		.dns_computer = dot ? verdicts->host : NULL,
		.dns_domain = dot ? dot + 1 : NULL,
		.allow_v1 = verdicts->config->allow_ntlm_v1,
		.allow_anonymous = verdicts->config->allow_anonymous,
		.judge = by == CONFIG_VERDICTS_ACCOUNTS ? judge : judge_by_others,
		.data = verdicts,
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

static int find_realm(struct verdicts *verdicts, krb5_context context)
{
	char *realm;

	if (!verdicts->config->realm && krb5_get_default_realm(context, &realm))
		return 0; /* nobody is mapped, but PACs tell who is who */
	verdicts->realm = strdup(verdicts->config->realm ? verdicts->config->realm : realm);
	if (!verdicts->config->realm)
		krb5_free_default_realm(context, realm);
	return verdicts->realm ? 0 : -ENOMEM;
}

static int use_keytab(struct verdicts *verdicts, krb5_context context, char error[256])
{
	const char *keytab = verdicts->config->keytab;

	if (!has_keys(context, keytab)) {
		if (!keytab)
			return 0;
		snprintf(error, 256, "the keytab %s cannot be read, or has no keys", keytab);
		return -ENOENT;
	}
	verdicts->krb5 = (struct pen_krb5_server){
		.keytab = keytab,
		.principal = verdicts->config->principal,
		.allow_weak = verdicts->config->allow_weak_krb5,
		.map = map,
		.admit = admit,
		.data = verdicts,
	};
	verdicts->has_krb5 = true;
	return find_realm(verdicts, context);
}

static int prepare_krb5(struct verdicts *verdicts, char error[256])
{
	krb5_context context;
	int r;

	if (krb5_init_context(&context)) {
		if (!verdicts->config->keytab)
			return 0;
		snprintf(error, 256, "Kerberos' own configuration, krb5.conf, cannot be read");
		return -EINVAL;
	}
	r = use_keytab(verdicts, context, error);
	krb5_free_context(context);
	return r;
}

static krb5_error_code copy_keys(krb5_context context, krb5_keytab from, krb5_keytab to)
{
	krb5_keytab_entry entry;
	krb5_kt_cursor cursor;
	krb5_error_code code = krb5_kt_start_seq_get(context, from, &cursor);

	if (code)
		return code;
	while (!(code = krb5_kt_next_entry(context, from, &entry, &cursor))) {
		code = krb5_kt_add_entry(context, to, &entry);
		krb5_free_keytab_entry_contents(context, &entry);
		if (code)
			break;
	}
	krb5_kt_end_seq_get(context, from, &cursor);
	return code == KRB5_KT_END ? 0 : code;
}

int verdicts_keep_keys(struct verdicts *verdicts, char error[256])
{
	const char *name = verdicts->config->keytab;
	krb5_context context;
	krb5_keytab keytab;
	krb5_error_code code;

	if (!verdicts->has_krb5 || verdicts->keeper)
		return 0;
	code = krb5_init_context(&verdicts->keeper);
	if (code)
		return -ENOMEM;
	context = verdicts->keeper;
	code = name ? krb5_kt_resolve(context, name, &keytab) : krb5_kt_default(context, &keytab);
	if (!code) {
		code = krb5_kt_resolve(context, KEPT, &verdicts->kept);
		if (!code)
			code = copy_keys(context, keytab, verdicts->kept);
		krb5_kt_close(context, keytab);
	}
	if (code) {
		snprintf(error, 256, "the keytab cannot be kept");
		return code == ENOMEM ? -ENOMEM : -EIO;
	}
	verdicts->krb5.keytab = KEPT;
	return 0;
}

/* ---- the whole ---- */

int verdicts_new(struct verdicts **verdictsp, const struct config *config,
		 const struct pen_crypto *crypto, char error[256])
{
	pen_cleanup(verdicts_freep) struct verdicts *verdicts = calloc(1, sizeof(*verdicts));
	int r;

	error[0] = '\0';
	if (!verdicts)
		return -ENOMEM;
	verdicts->config = config;
	verdicts->crypto = crypto;
	pthread_mutex_init(&verdicts->mutex, NULL);
	r = config->accounts_key ? accounts_key_read(&verdicts->key, config->accounts_key, error)
				 : 0;
	if (!r)
		r = prepare_krb5(verdicts, error);
	if (!r)
		r = prepare_ntlm(verdicts, error);
	if (!r)
		*verdictsp = pen_take(&verdicts);
	return r;
}

int verdicts_open(struct verdicts *verdicts, char error[256])
{
	int r = desk_open(&verdicts->desk, verdicts->config, verdicts->crypto, verdicts->key,
			  verdicts->realm, error);

	verdicts->by_desk = pen_vault_of_desk(&verdicts->desk.vault);
	verdicts->vault = (struct pen_vault){ .ops = &vault_ops, .data = verdicts };
	return r;
}

struct verdicts *verdicts_free(struct verdicts *verdicts)
{
	if (!verdicts)
		return NULL;
	desk_close(&verdicts->desk);
	pen_secret_free(verdicts->key);
	if (verdicts->kept)
		krb5_kt_close(verdicts->keeper, verdicts->kept);
	krb5_free_context(verdicts->keeper);
	daemon_winbind_free(verdicts->winbind);
	daemon_netlogon_free(verdicts->netlogon);
	pthread_mutex_destroy(&verdicts->mutex);
	free(verdicts->realm);
	free(verdicts);
	return NULL;
}

const struct pen_ntlm_server *verdicts_ntlm(const struct verdicts *verdicts)
{
	return &verdicts->ntlm;
}

const struct pen_krb5_server *verdicts_krb5(const struct verdicts *verdicts)
{
	return verdicts->has_krb5 ? &verdicts->krb5 : NULL;
}

const struct pen_vault *verdicts_vault(const struct verdicts *verdicts)
{
	return &verdicts->vault;
}
