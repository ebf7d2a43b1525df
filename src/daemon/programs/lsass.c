/* SPDX-License-Identifier: MIT */
/*
 * penstock-lsass: the accounts of this machine, and what they may: netlogon, samr, lsarpc and
 * dssetup. It has no password's hash: what takes one penstock-authd is asked. Windows has them in one process, and clients count on that: they bind one after
 * another over one connection, and netlogon's sessions protect all of them. So there is one process
 * at most, which stays once it is there.
 */
#include "daemon/program.h"
#include "service/lsarpc/lsarpc.h"
#include "service/netlogon/netlogon.h"
#include "service/samr/samr.h"

enum { IDLE_S = 24 * 60 * 60 };

struct lsass_program {
	struct program program;
	struct pen_netlogon *netlogon;
	struct pen_samr *samr;
	struct pen_lsarpc *lsarpc;
};

/* \pipe\lsass is the same pipe by the name of the process that Windows has it in. */
#define LSARPC_PIPE "ncacn_np:[\\pipe\\lsarpc,secondary=\\pipe\\lsass]"
#define LSASS_PIPE  "ncacn_np:[\\pipe\\lsass]"

static const char *const netlogon_endpoints[] = {
	"ncacn_ip_tcp:", "ncacn_np:[\\pipe\\netlogon,secondary=\\pipe\\lsass]",
	"ncalrpc:[netlogon]", NULL
};
static const char *const samr_endpoints[] = {
	"ncacn_ip_tcp:", "ncacn_np:[\\pipe\\samr,secondary=\\pipe\\lsass]", "ncalrpc:[samr]", NULL
};
static const char *const lsarpc_endpoints[] = {
	"ncacn_ip_tcp:", LSARPC_PIPE, LSASS_PIPE, "ncalrpc:[lsarpc]", "ncalrpc:[lsasspirpc]", NULL
};
static const char *const dssetup_endpoints[] = { "ncacn_ip_tcp:", LSARPC_PIPE, LSASS_PIPE,
						 "ncalrpc:[lsarpc]", NULL };

/* ---- its services ---- */

static int make_netlogon(struct lsass_program *self)
{
	const struct config *config = &self->program.config;
	struct daemon_security *security = self->program.security;
	const struct pen_netlogon_config netlogon = {
		.name = config->name,
		.logons = daemon_security_logons(security),
		.vault = daemon_security_vault(security),
		.sessions = daemon_security_machines(security),
		.allow_weak = config->allow_weak_netlogon,
		.allow_unsealed = config->allow_unsealed_netlogon,
	};

	return pen_netlogon_new(&self->netlogon, &netlogon);
}

static int make_samr(struct lsass_program *self)
{
	const struct pen_logons *logons = daemon_security_logons(self->program.security);
	const struct pen_samr_config samr = {
		.accounts = logons->accounts,
		.vault = daemon_security_vault(self->program.security),
		.crypto = logons->crypto,
	};

	return pen_samr_new(&self->samr, &samr);
}

static int make_lsarpc(struct lsass_program *self)
{
	struct daemon_security *security = self->program.security;
	const struct pen_lsarpc_config lsarpc = {
		.accounts = daemon_security_accounts(security),
		.crypto = daemon_security_logons(security)->crypto,
		.workgroup = self->program.config.workgroup,
	};

	return pen_lsarpc_new(&self->lsarpc, &lsarpc);
}

static int prepare(struct pen_server_config *config, void **datap, char error[256])
{
	struct lsass_program *self = *datap;
	int r = program_prepare(&self->program, config, error);

	if (!r)
		r = make_netlogon(self);
	if (!r)
		r = make_samr(self);
	return r ? r : make_lsarpc(self);
}

static void stop(void *data)
{
	struct lsass_program *self = data;

	pen_netlogon_free(self->netlogon);
	pen_samr_free(self->samr);
	pen_lsarpc_free(self->lsarpc);
	program_stop(&self->program);
}

/* ---- what their calls get ---- */

static void *netlogon_data(void *data)
{
	return ((struct lsass_program *)data)->netlogon;
}

static void *samr_data(void *data)
{
	return ((struct lsass_program *)data)->samr;
}

static void *lsarpc_data(void *data)
{
	return ((struct lsass_program *)data)->lsarpc;
}

static void *dssetup_data(void *data)
{
	return (char *)(uintptr_t)((struct lsass_program *)data)->program.config.workgroup;
}

int main(int argc, char **argv)
{
	static struct lsass_program self;
	struct program *program = &self.program;
	int end = program_init(program, "penstock-lsass");

	if (end >= 0)
		return end;
	program->has_accounts = true;
	program->worker.workers_max = 1;
	program->worker.idle_s = IDLE_S;
	program->worker.prepare = prepare;
	program->worker.stop = stop;
	program_add(program, "netlogon", netlogon_endpoints, netlogon_data);
	program_add(program, "samr", samr_endpoints, samr_data);
	program_add(program, "lsarpc", lsarpc_endpoints, lsarpc_data);
	program_add(program, "dssetup", dssetup_endpoints, dssetup_data);
	return program_run(program, argc, argv);
}
