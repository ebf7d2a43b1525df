/* SPDX-License-Identifier: MIT */
#include "service/netlogon/netlogon.h"
#include "service/netlogon/state.h"
#include <errno.h>
#include <stdlib.h>

int pen_netlogon_new(struct pen_netlogon **netlogonp, const struct pen_netlogon_config *config)
{
	struct pen_netlogon *netlogon = calloc(1, sizeof(*netlogon));

	if (!netlogon)
		return -ENOMEM;
	netlogon->config = *config;
	*netlogonp = netlogon;
	return 0;
}

struct pen_netlogon *pen_netlogon_free(struct pen_netlogon *netlogon)
{
	if (!netlogon)
		return NULL;
	pen_wipe(netlogon, sizeof(*netlogon));
	free(netlogon);
	return NULL;
}

/* ---- what a server says that is no domain controller ---- */

#define ANSWER(operation, status)                                                                  \
	static int answer_##operation(struct pen_call *call,                                       \
				      const struct netlogon_##operation##_in *in,                  \
				      struct netlogon_##operation##_out *out)                      \
	{                                                                                          \
		out->result = (int32_t)(status);                                                   \
		return 0;                                                                          \
	}
ANSWER(NetrLogonUasLogon, PEN_WERR_NOT_SUPPORTED)
ANSWER(NetrLogonUasLogoff, PEN_WERR_NOT_SUPPORTED)
ANSWER(NetrDatabaseDeltas, PEN_STATUS_NOT_SUPPORTED)
ANSWER(NetrDatabaseSync, PEN_STATUS_NOT_SUPPORTED)
ANSWER(NetrDatabaseSync2, PEN_STATUS_NOT_SUPPORTED)
ANSWER(NetrDatabaseRedo, PEN_STATUS_NOT_SUPPORTED)
ANSWER(NetrGetDCName, PEN_WERR_NERR_DCNOTFOUND)
ANSWER(NetrGetAnyDCName, PEN_WERR_NO_SUCH_DOMAIN)
ANSWER(NetrEnumerateTrustedDomains, PEN_STATUS_NOT_SUPPORTED)
ANSWER(NetrEnumerateTrustedDomainsEx, PEN_WERR_NOT_SUPPORTED)
ANSWER(DsrGetDcName, PEN_WERR_NO_SUCH_DOMAIN)
ANSWER(DsrGetDcNameEx, PEN_WERR_NO_SUCH_DOMAIN)
ANSWER(DsrGetDcNameEx2, PEN_WERR_NO_SUCH_DOMAIN)
ANSWER(DsrGetSiteName, PEN_WERR_NO_SITENAME)
ANSWER(DsrAddressToSiteNamesW, PEN_WERR_NOT_SUPPORTED)
ANSWER(DsrAddressToSiteNamesExW, PEN_WERR_NOT_SUPPORTED)
ANSWER(DsrGetDcSiteCoverageW, PEN_WERR_NOT_SUPPORTED)
ANSWER(DsrEnumerateDomainTrusts, PEN_WERR_NO_SUCH_DOMAIN)
ANSWER(DsrDeregisterDnsHostRecords, PEN_WERR_NOT_SUPPORTED)
ANSWER(DsrGetForestTrustInformation, PEN_WERR_NOT_SUPPORTED)
ANSWER(NetrGetForestTrustInformation, PEN_STATUS_NOT_SUPPORTED)
ANSWER(NetrLogonSetServiceBits, PEN_STATUS_NOT_SUPPORTED)
ANSWER(NetrLogonGetTrustRid, PEN_WERR_NOT_SUPPORTED)
ANSWER(NetrLogonComputeServerDigest, PEN_WERR_NOT_SUPPORTED)
ANSWER(NetrLogonComputeClientDigest, PEN_WERR_NOT_SUPPORTED)
ANSWER(NetrLogonSendToSam, PEN_STATUS_NOT_SUPPORTED)
ANSWER(NetrLogonGetTimeServiceParentDomain, PEN_WERR_NO_SUCH_DOMAIN)
ANSWER(DsrUpdateReadOnlyServerDnsRecords, PEN_STATUS_NOT_SUPPORTED)

/*
 * LAN Manager's replication, which nobody has any more. The answer is as long as the caller
 * says, so far as that is little.
 */
enum { LAN_MANAGER_BUFFER_MAX = 64 * 1024 };

static int put_buffer(struct pen_call *call, uint32_t size, uint8_t **bufferp)
{
	if (size > LAN_MANAGER_BUFFER_MAX)
		return pen_call_fail(call, PEN_FAULT_OP_RNG_ERROR,
				     "LAN Manager's replication is not done here");
	*bufferp = pen_arena_zalloc(pen_call_arena(call), size ? size : 1);
	return *bufferp ? 0 : -ENOMEM;
}

static int answer_NetrAccountDeltas(struct pen_call *call,
				    const struct netlogon_NetrAccountDeltas_in *in,
				    struct netlogon_NetrAccountDeltas_out *out)
{
	out->result = (int32_t)PEN_STATUS_NOT_IMPLEMENTED;
	return put_buffer(call, in->BufferSize, &out->Buffer);
}

static int answer_NetrAccountSync(struct pen_call *call,
				  const struct netlogon_NetrAccountSync_in *in,
				  struct netlogon_NetrAccountSync_out *out)
{
	out->result = (int32_t)PEN_STATUS_NOT_IMPLEMENTED;
	return put_buffer(call, in->BufferSize, &out->Buffer);
}

/* NetrChainSetClientAttributes (between domain controllers) is not there at all. */
static const struct netlogon_operations operations = {
	.NetrLogonUasLogon = answer_NetrLogonUasLogon,
	.NetrLogonUasLogoff = answer_NetrLogonUasLogoff,
	.NetrLogonSamLogon = pen_netlogon_sam_logon,
	.NetrLogonSamLogoff = pen_netlogon_sam_logoff,
	.NetrServerReqChallenge = pen_netlogon_req_challenge,
	.NetrServerAuthenticate = pen_netlogon_authenticate,
	.NetrServerPasswordSet = pen_netlogon_password_set,
	.NetrDatabaseDeltas = answer_NetrDatabaseDeltas,
	.NetrDatabaseSync = answer_NetrDatabaseSync,
	.NetrAccountDeltas = answer_NetrAccountDeltas,
	.NetrAccountSync = answer_NetrAccountSync,
	.NetrGetDCName = answer_NetrGetDCName,
	.NetrLogonControl = pen_netlogon_control,
	.NetrGetAnyDCName = answer_NetrGetAnyDCName,
	.NetrLogonControl2 = pen_netlogon_control2,
	.NetrServerAuthenticate2 = pen_netlogon_authenticate2,
	.NetrDatabaseSync2 = answer_NetrDatabaseSync2,
	.NetrDatabaseRedo = answer_NetrDatabaseRedo,
	.NetrLogonControl2Ex = pen_netlogon_control2_ex,
	.NetrEnumerateTrustedDomains = answer_NetrEnumerateTrustedDomains,
	.DsrGetDcName = answer_DsrGetDcName,
	.NetrLogonGetCapabilities = pen_netlogon_get_capabilities,
	.NetrLogonSetServiceBits = answer_NetrLogonSetServiceBits,
	.NetrLogonGetTrustRid = answer_NetrLogonGetTrustRid,
	.NetrLogonComputeServerDigest = answer_NetrLogonComputeServerDigest,
	.NetrLogonComputeClientDigest = answer_NetrLogonComputeClientDigest,
	.NetrServerAuthenticate3 = pen_netlogon_authenticate3,
	.DsrGetDcNameEx = answer_DsrGetDcNameEx,
	.DsrGetSiteName = answer_DsrGetSiteName,
	.NetrLogonGetDomainInfo = pen_netlogon_get_domain_info,
	.NetrServerPasswordSet2 = pen_netlogon_password_set2,
	.NetrServerPasswordGet = pen_netlogon_password_get,
	.NetrLogonSendToSam = answer_NetrLogonSendToSam,
	.DsrAddressToSiteNamesW = answer_DsrAddressToSiteNamesW,
	.DsrGetDcNameEx2 = answer_DsrGetDcNameEx2,
	.NetrLogonGetTimeServiceParentDomain = answer_NetrLogonGetTimeServiceParentDomain,
	.NetrEnumerateTrustedDomainsEx = answer_NetrEnumerateTrustedDomainsEx,
	.DsrAddressToSiteNamesExW = answer_DsrAddressToSiteNamesExW,
	.DsrGetDcSiteCoverageW = answer_DsrGetDcSiteCoverageW,
	.NetrLogonSamLogonEx = pen_netlogon_sam_logon_ex,
	.DsrEnumerateDomainTrusts = answer_DsrEnumerateDomainTrusts,
	.DsrDeregisterDnsHostRecords = answer_DsrDeregisterDnsHostRecords,
	.NetrServerTrustPasswordsGet = pen_netlogon_trust_passwords_get,
	.DsrGetForestTrustInformation = answer_DsrGetForestTrustInformation,
	.NetrGetForestTrustInformation = answer_NetrGetForestTrustInformation,
	.NetrLogonSamLogonWithFlags = pen_netlogon_sam_logon_flags,
	.NetrServerGetTrustInfo = pen_netlogon_get_trust_info,
	.DsrUpdateReadOnlyServerDnsRecords = answer_DsrUpdateReadOnlyServerDnsRecords,
};

const struct pen_service pen_netlogon_service = {
	.interface = &netlogon_interface,
	.operations = &operations,
};
