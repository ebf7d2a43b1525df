/* SPDX-License-Identifier: MIT */
#include "daemon/services.h"
#include "service/dssetup/dssetup.h"
#include "service/epm/epm.h"
#include "service/lsarpc/lsarpc.h"
#include "service/mgmt/mgmt.h"
#include "service/netlogon/netlogon.h"
#include "service/rpcecho/rpcecho.h"
#include "service/samr/samr.h"
#include "service/srvsvc/srvsvc.h"
#include <string.h>

static const struct daemon_service services[] = {
	{ "epm", &pen_epm_service, true },	   { "mgmt", &pen_mgmt_service, true },
	{ "srvsvc", &pen_srvsvc_service, true },   { "netlogon", &pen_netlogon_service, true },
	{ "samr", &pen_samr_service, true },	   { "lsarpc", &pen_lsarpc_service, true },
	{ "dssetup", &pen_dssetup_service, true }, { "rpcecho", &pen_rpcecho_service, false },
};

_Static_assert(PEN_COUNT(services) <= CONFIG_SERVICES_MAX, "room for all in struct config");

const struct daemon_service *daemon_service(size_t n)
{
	return n < PEN_COUNT(services) ? &services[n] : NULL;
}

int daemon_service_find(const char *name)
{
	for (int i = 0; i < (int)PEN_COUNT(services); i++)
		if (!strcmp(services[i].name, name))
			return i;
	return -1;
}

struct daemon_interfaces daemon_interfaces(void)
{
	struct daemon_interfaces interfaces = { { NULL } };

	for (size_t i = 0; i < PEN_COUNT(services); i++)
		interfaces.rows[i] = services[i].service->interface;
	return interfaces;
}
