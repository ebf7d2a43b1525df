/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "service/lsarpc/translate.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

PEN_DEFINE_FREEP(struct pen_lsarpc, pen_lsarpc)

int pen_lsarpc_new(struct pen_lsarpc **lsarpcp, const struct pen_lsarpc_config *config)
{
	pen_cleanup(pen_lsarpc_freep) struct pen_lsarpc *lsarpc = calloc(1, sizeof(*lsarpc));

	if (!lsarpc)
		return -ENOMEM;
	lsarpc->accounts = config->accounts;
	lsarpc->crypto = config->crypto;
	lsarpc->workgroup = strdup(config->workgroup ? config->workgroup : "WORKGROUP");
	if (!lsarpc->workgroup)
		return -ENOMEM;
	*lsarpcp = pen_take(&lsarpc);
	return 0;
}

struct pen_lsarpc *pen_lsarpc_free(struct pen_lsarpc *lsarpc)
{
	if (lsarpc)
		free(lsarpc->workgroup);
	free(lsarpc);
	return NULL;
}

uint32_t pen_lsarpc_status(int result)
{
	switch (result) {
	case 0:
		return 0;
	case PEN_E_NOT_FOUND:
		return PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	case PEN_E_EXISTS:
		return PEN_STATUS_OBJECT_NAME_COLLISION;
	case PEN_E_DENIED:
		return PEN_STATUS_ACCESS_DENIED;
	case PEN_E_SYNTAX:
		return PEN_STATUS_INVALID_PARAMETER;
	case PEN_E_LIMIT:
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	case PEN_E_UNSUPPORTED:
		return PEN_STATUS_NOT_SUPPORTED;
	}
	return result < 0 ? pen_ntstatus_from_errno(result) : PEN_STATUS_UNSUCCESSFUL;
}

int pen_lsarpc_check_secure_channel(struct pen_call *call)
{
	enum { SCHANNEL = 68, INTEGRITY = 5 };

	if (pen_call_protseq(call) == PEN_NCACN_IP_TCP && pen_call_auth_type(call) == SCHANNEL &&
	    pen_call_auth_level(call) >= INTEGRITY)
		return 0;
	return pen_call_fail(call, PEN_WERR_ACCESS_DENIED,
			     "lookups without a handle are for netlogon's secure channel");
}

static const struct lsarpc_operations operations = {
	.LsarClose = pen_lsarpc_close,
	.LsarDelete = pen_lsarpc_delete,
	.LsarEnumeratePrivileges = pen_lsarpc_enumerate_privileges,
	.LsarQuerySecurityObject = pen_lsarpc_query_security,
	.LsarSetSecurityObject = pen_lsarpc_set_security,
	.LsarOpenPolicy = pen_lsarpc_open_policy,
	.LsarQueryInformationPolicy = pen_lsarpc_query_policy,
	.LsarSetInformationPolicy = pen_lsarpc_set_policy,
	.LsarCreateAccount = pen_lsarpc_create_account,
	.LsarEnumerateAccounts = pen_lsarpc_enumerate_accounts,
	.LsarCreateTrustedDomain = pen_lsarpc_create_trust,
	.LsarEnumerateTrustedDomains = pen_lsarpc_enumerate_trusts,
	.LsarLookupNames = pen_lsarpc_lookup_names,
	.LsarLookupSids = pen_lsarpc_lookup_sids,
	.LsarCreateSecret = pen_lsarpc_create_secret,
	.LsarOpenAccount = pen_lsarpc_open_account,
	.LsarEnumeratePrivilegesAccount = pen_lsarpc_privileges_of_account,
	.LsarAddPrivilegesToAccount = pen_lsarpc_add_privileges,
	.LsarRemovePrivilegesFromAccount = pen_lsarpc_remove_privileges,
	.LsarGetSystemAccessAccount = pen_lsarpc_get_system_access,
	.LsarSetSystemAccessAccount = pen_lsarpc_set_system_access,
	.LsarOpenTrustedDomain = pen_lsarpc_open_trust,
	.LsarQueryInfoTrustedDomain = pen_lsarpc_query_trust,
	.LsarSetInformationTrustedDomain = pen_lsarpc_set_trust,
	.LsarOpenSecret = pen_lsarpc_open_secret_op,
	.LsarSetSecret = pen_lsarpc_set_secret,
	.LsarQuerySecret = pen_lsarpc_query_secret,
	.LsarLookupPrivilegeValue = pen_lsarpc_privilege_value,
	.LsarLookupPrivilegeName = pen_lsarpc_privilege_name,
	.LsarLookupPrivilegeDisplayName = pen_lsarpc_privilege_display_name,
	.LsarDeleteObject = pen_lsarpc_delete_object,
	.LsarEnumerateAccountsWithUserRight = pen_lsarpc_accounts_with_right,
	.LsarEnumerateAccountRights = pen_lsarpc_rights_of_account,
	.LsarAddAccountRights = pen_lsarpc_add_rights,
	.LsarRemoveAccountRights = pen_lsarpc_remove_rights,
	.LsarQueryTrustedDomainInfo = pen_lsarpc_query_trust_of,
	.LsarSetTrustedDomainInfo = pen_lsarpc_set_trust_of,
	.LsarDeleteTrustedDomain = pen_lsarpc_delete_trust,
	.LsarStorePrivateData = pen_lsarpc_store_private,
	.LsarRetrievePrivateData = pen_lsarpc_retrieve_private,
	.LsarOpenPolicy2 = pen_lsarpc_open_policy2,
	.LsarGetUserName = pen_lsarpc_get_user_name,
	.LsarQueryInformationPolicy2 = pen_lsarpc_query_policy2,
	.LsarSetInformationPolicy2 = pen_lsarpc_set_policy2,
	.LsarQueryTrustedDomainInfoByName = pen_lsarpc_query_trust_named,
	.LsarSetTrustedDomainInfoByName = pen_lsarpc_set_trust_named,
	.LsarEnumerateTrustedDomainsEx = pen_lsarpc_enumerate_trusts_ex,
	.LsarCreateTrustedDomainEx = pen_lsarpc_create_trust_ex,
	.LsarQueryDomainInformationPolicy = pen_lsarpc_query_domain_policy,
	.LsarSetDomainInformationPolicy = pen_lsarpc_set_domain_policy,
	.LsarOpenTrustedDomainByName = pen_lsarpc_open_trust_named,
	.LsarLookupSids2 = pen_lsarpc_lookup_sids2,
	.LsarLookupNames2 = pen_lsarpc_lookup_names2,
	.LsarCreateTrustedDomainEx2 = pen_lsarpc_create_trust_ex2,
	.LsarLookupNames3 = pen_lsarpc_lookup_names3,
	.LsarQueryForestTrustInformation = pen_lsarpc_query_forest,
	.LsarSetForestTrustInformation = pen_lsarpc_set_forest,
	.LsarLookupSids3 = pen_lsarpc_lookup_sids3,
	.LsarLookupNames4 = pen_lsarpc_lookup_names4,
	.LsarCreateTrustedDomainEx3 = pen_lsarpc_create_trust_ex3,
	.LsarOpenPolicy3 = pen_lsarpc_open_policy3,
	.LsarQueryForestTrustInformation2 = pen_lsarpc_query_forest2,
	.LsarSetForestTrustInformation2 = pen_lsarpc_set_forest2,
};

const struct pen_service pen_lsarpc_service = {
	.interface = &lsarpc_interface,
	.operations = &operations,
};
