/* SPDX-License-Identifier: MIT */
#include "service/dssetup/dssetup.h"
#include <errno.h>
#include <penstock/arena.h>
#include <penstock/idl/dssetup.h>
#include <penstock/status.h>

static int get_information(struct pen_call *call,
			   const struct dssetup_DsRolerGetPrimaryDomainInformation_in *in,
			   struct dssetup_DsRolerGetPrimaryDomainInformation_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	union dssetup_DSROLER_PRIMARY_DOMAIN_INFORMATION *info =
		pen_arena_zalloc(arena, sizeof(*info));

	if (!info)
		return -ENOMEM;
	switch (in->InfoLevel) {
	case dssetup_DsRolePrimaryDomainInfoBasic:
		info->DomainInfoBasic.MachineRole = dssetup_DsRole_RoleStandaloneServer;
		info->DomainInfoBasic.DomainNameFlat = pen_arena_strdup(arena, pen_call_data(call));
		if (!info->DomainInfoBasic.DomainNameFlat)
			return -ENOMEM;
		break;
	case dssetup_DsRoleUpgradeStatus: /* none was begun: all is 0 */
	case dssetup_DsRoleOperationState:
		break;
	default:
		out->result = PEN_WERR_INVALID_PARAMETER;
		return 0;
	}
	out->DomainInfo = info;
	return 0;
}

static const struct dssetup_operations operations = {
	.DsRolerGetPrimaryDomainInformation = get_information,
};

const struct pen_service pen_dssetup_service = {
	.interface = &dssetup_interface,
	.operations = &operations,
};
