/* SPDX-License-Identifier: MIT */
#include "daemon/program.h"
#include "base/cleanup.h"
#include "daemon/place.h"
#include "service/dssetup/dssetup.h"
#include "service/epm/epm.h"
#include "service/lsarpc/lsarpc.h"
#include "service/mgmt/mgmt.h"
#include "service/netlogon/netlogon.h"
#include "service/rpcecho/rpcecho.h"
#include "service/samr/samr.h"
#include "service/srvsvc/srvsvc.h"
#include "store/store.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- epm ---- */

static int epm_start(const struct daemon_start *start, void **datap, char error[256])
{
	struct pen_epm *epm;
	int r = pen_epm_new(&epm);

	if (!r)
		*datap = epm;
	return r;
}

static int epm_ready(void *data, const struct pen_server *server)
{
	return pen_epm_add_server(data, server);
}

static void epm_stop(void *data)
{
	pen_epm_free(data);
}

static const char *const epm_endpoints[] = { "ncacn_np:[\\pipe\\epmapper]", "ncalrpc:[EPMAPPER]",
					     NULL };

/* ---- srvsvc ---- */

struct srvsvc {
	struct pen_store *store; /* NULL: shares come from a file */
	struct pen_shares *shares;
	struct pen_srvsvc *service;
};

static void shares_close(struct srvsvc *srvsvc)
{
	pen_shares_free(srvsvc->shares);
	pen_store_close(srvsvc->store);
}

static void srvsvc_stop(void *data)
{
	struct srvsvc *srvsvc = data;

	pen_srvsvc_free(srvsvc->service);
	shares_close(srvsvc);
	free(srvsvc);
}

static void srvsvc_stopp(struct srvsvc **srvsvcp)
{
	if (*srvsvcp)
		srvsvc_stop(*srvsvcp);
}

static int open_store(struct srvsvc *srvsvc, const char *path, char error[256])
{
	char sentence[200] = "";
	int r = daemon_place_for(path, error);

	if (r)
		return r;
	r = pen_store_open(&srvsvc->store, path, sentence);
	if (r) {
		snprintf(error, 256, "%s: %s", path, *sentence ? sentence : pen_error_name(r));
		return r;
	}
	r = pen_shares_new_store(&srvsvc->shares, srvsvc->store);
	if (r)
		snprintf(error, 256, "%s: %s", path, pen_store_error(srvsvc->store));
	return r;
}

static int shares_open(struct srvsvc *srvsvc, const struct config *config, char error[256])
{
	if (config->smb_conf)
		return pen_shares_new_smb_conf(&srvsvc->shares, config->smb_conf);
	return open_store(srvsvc, config->store, error);
}

static int srvsvc_start(const struct daemon_start *start, void **datap, char error[256])
{
	const struct config *config = start->config;
	pen_cleanup(srvsvc_stopp) struct srvsvc *srvsvc = calloc(1, sizeof(*srvsvc));
	struct pen_srvsvc_config service = {
		.name = config->name,
		.comment = config->comment,
		.domain = config->workgroup,
		.started = (uint64_t)time(NULL),
	};
	int r;

	if (!srvsvc)
		return -ENOMEM;
	r = shares_open(srvsvc, config, error);
	if (r)
		return r;
	service.shares = srvsvc->shares;
	r = pen_srvsvc_new(&srvsvc->service, &service);
	if (r)
		return r;
	*datap = pen_take(&srvsvc);
	return 0;
}

/* Only now is it sure that no other server serves the store, whose shares would go. */
static int srvsvc_ready(void *data, const struct pen_server *server)
{
	struct srvsvc *srvsvc = data;

	return srvsvc->store ? pen_shares_remove_temporary(srvsvc->shares) : 0;
}

static int srvsvc_reload(void *data, const struct config *config, char error[256])
{
	struct srvsvc *srvsvc = data;
	struct srvsvc fresh = { .service = srvsvc->service };
	int r = shares_open(&fresh, config, error);

	if (r) {
		shares_close(&fresh);
		return r;
	}
	pen_srvsvc_set_shares(srvsvc->service, fresh.shares);
	shares_close(srvsvc);
	*srvsvc = fresh;
	return 0;
}

static const char *const srvsvc_endpoints[] = { "ncacn_np:[\\pipe\\srvsvc]", "ncalrpc:[srvsvc]",
						NULL };

static void *srvsvc_call_data(void *data)
{
	return ((struct srvsvc *)data)->service;
}

/* ---- netlogon ---- */

static int netlogon_start(const struct daemon_start *start, void **datap, char error[256])
{
	const struct pen_netlogon_config config = {
		.name = start->config->name,
		.logons = daemon_security_logons(start->security),
		.sessions = daemon_security_machines(start->security),
		.allow_weak = start->config->allow_weak_netlogon,
		.allow_unsealed = start->config->allow_unsealed_netlogon,
		.allow_ntlm_v1 = start->config->allow_ntlm_v1,
	};
	struct pen_netlogon *netlogon;
	int r = pen_netlogon_new(&netlogon, &config);

	if (!r)
		*datap = netlogon;
	return r;
}

static void netlogon_stop(void *data)
{
	pen_netlogon_free(data);
}

static const char *const netlogon_endpoints[] = {
	"ncacn_np:[\\pipe\\netlogon,secondary=\\pipe\\lsass]", "ncalrpc:[netlogon]", NULL
};

/* ---- samr ---- */

static int samr_start(const struct daemon_start *start, void **datap, char error[256])
{
	const struct pen_logons *logons = daemon_security_logons(start->security);
	const struct pen_samr_config config = {
		.accounts = logons->accounts,
		.crypto = logons->crypto,
	};
	struct pen_samr *samr;
	int r = pen_samr_new(&samr, &config);

	if (!r)
		*datap = samr;
	return r;
}

static void samr_stop(void *data)
{
	pen_samr_free(data);
}

static const char *const samr_endpoints[] = { "ncacn_np:[\\pipe\\samr,secondary=\\pipe\\lsass]",
					      "ncalrpc:[samr]", NULL };

/* ---- lsarpc, and dssetup beside it ---- */

static int lsarpc_start(const struct daemon_start *start, void **datap, char error[256])
{
	const struct pen_lsarpc_config config = {
		.accounts = daemon_security_accounts(start->security),
		.crypto = daemon_security_logons(start->security)->crypto,
		.workgroup = start->config->workgroup,
	};
	struct pen_lsarpc *lsarpc;
	int r = pen_lsarpc_new(&lsarpc, &config);

	if (!r)
		*datap = lsarpc;
	return r;
}

static void lsarpc_stop(void *data)
{
	pen_lsarpc_free(data);
}

/* \pipe\lsass is the same pipe by the name of the process that Windows has it in. */
#define LSARPC_PIPE "ncacn_np:[\\pipe\\lsarpc,secondary=\\pipe\\lsass]"

static const char *const lsarpc_endpoints[] = { LSARPC_PIPE, "ncacn_np:[\\pipe\\lsass]",
						"ncalrpc:[lsarpc]", "ncalrpc:[lsasspirpc]", NULL };

static int dssetup_start(const struct daemon_start *start, void **datap, char error[256])
{
	*datap = strdup(start->config->workgroup);
	return *datap ? 0 : -ENOMEM;
}

static const char *const dssetup_endpoints[] = { LSARPC_PIPE, "ncacn_np:[\\pipe\\lsass]",
						 "ncalrpc:[lsarpc]", NULL };

/* ---- rpcecho ---- */

static const char *const rpcecho_endpoints[] = { "ncacn_np:[\\pipe\\rpcecho]", "ncalrpc:[rpcecho]",
						 NULL };

static const struct daemon_program programs[] = {
	{ .name = "epm",
	  .service = &pen_epm_service,
	  .is_default = true,
	  .is_mapper = true,
	  .endpoints = epm_endpoints,
	  .start = epm_start,
	  .ready = epm_ready,
	  .stop = epm_stop },
	{ .name = "mgmt", .service = &pen_mgmt_service, .is_default = true },
	{ .name = "srvsvc",
	  .service = &pen_srvsvc_service,
	  .is_default = true,
	  .endpoints = srvsvc_endpoints,
	  .start = srvsvc_start,
	  .call_data = srvsvc_call_data,
	  .ready = srvsvc_ready,
	  .reload = srvsvc_reload,
	  .stop = srvsvc_stop },
	{ .name = "netlogon",
	  .service = &pen_netlogon_service,
	  .is_default = true,
	  .endpoints = netlogon_endpoints,
	  .start = netlogon_start,
	  .stop = netlogon_stop },
	{ .name = "samr",
	  .service = &pen_samr_service,
	  .is_default = true,
	  .endpoints = samr_endpoints,
	  .start = samr_start,
	  .stop = samr_stop },
	{ .name = "lsarpc",
	  .service = &pen_lsarpc_service,
	  .is_default = true,
	  .endpoints = lsarpc_endpoints,
	  .start = lsarpc_start,
	  .stop = lsarpc_stop },
	{ .name = "dssetup",
	  .service = &pen_dssetup_service,
	  .is_default = true,
	  .endpoints = dssetup_endpoints,
	  .start = dssetup_start,
	  .stop = free },
	{ .name = "rpcecho", .service = &pen_rpcecho_service, .endpoints = rpcecho_endpoints },
};

_Static_assert(PEN_COUNT(programs) <= CONFIG_SERVICES_MAX, "room for all in struct config");

const struct daemon_program *daemon_program(size_t n)
{
	return n < PEN_COUNT(programs) ? &programs[n] : NULL;
}
