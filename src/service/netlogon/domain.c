/* SPDX-License-Identifier: MIT */
#include "service/netlogon/state.h"
#include <errno.h>
#include <string.h>

enum { WORKSTATION_FLAGS_KNOWN = 3, ENC_TYPES_ANY = -1 };

static int put_domain(struct pen_call *call, struct netlogon_NETLOGON_ONE_DOMAIN_INFO *domain)
{
	struct pen_accounts *accounts = pen_netlogon_of(call)->config.logons->accounts;
	struct pen_account_policy policy;
	int r = pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, pen_call_arena(call),
					&policy);

	if (!r)
		r = pen_netlogon_text_put(call, policy.name, &domain->DomainName);
	if (!r)
		r = pen_netlogon_text_put(call, "", &domain->DnsDomainName);
	if (!r)
		r = pen_netlogon_text_put(call, "", &domain->DnsForestName);
	if (r)
		return r;
	domain->DomainSid =
		pen_netlogon_sid_put(call, pen_accounts_sid(accounts, PEN_ACCOUNT_MACHINE));
	return domain->DomainSid ? 0 : -ENOMEM;
}

static int put_domain_info(struct pen_call *call,
			   const struct netlogon_NETLOGON_WORKSTATION_INFO *about,
			   struct netlogon_NETLOGON_DOMAIN_INFO **infop)
{
	struct netlogon_NETLOGON_DOMAIN_INFO *info =
		pen_arena_zalloc(pen_call_arena(call), sizeof(*info));
	int r;

	if (!info)
		return -ENOMEM;
	r = put_domain(call, &info->PrimaryDomain);
	if (!r)
		r = pen_netlogon_text_put(call, "", &info->DnsHostNameInDs);
	if (about)
		info->WorkstationFlags = about->WorkstationFlags & WORKSTATION_FLAGS_KNOWN;
	info->SupportedEncTypes = (uint32_t)ENC_TYPES_ANY;
	*infop = info;
	return r;
}

/* What we know of a domain is our accounts' name and SID [MS-NRPC 3.5.4.4.10]. */
int pen_netlogon_get_domain_info(struct pen_call *call,
				 const struct netlogon_NetrLogonGetDomainInfo_in *in,
				 struct netlogon_NetrLogonGetDomainInfo_out *out)
{
	struct pen_netlogon_session session = { 0 };
	int r = 0;

	out->result = pen_netlogon_enter(call, in->ComputerName, &in->Authenticator,
					 &out->ReturnAuthenticator, &session);
	pen_wipe(&session, sizeof(session));
	if (out->result)
		return 0;
	if (in->Level == 1) {
		r = put_domain_info(call, in->WkstaBuffer.WorkstationInfo,
				    &out->DomBuffer.DomainInfo);
	} else {
		out->DomBuffer.LsaPolicyInfo = pen_arena_zalloc(
			pen_call_arena(call), sizeof(*out->DomBuffer.LsaPolicyInfo));
		r = out->DomBuffer.LsaPolicyInfo ? 0 : -ENOMEM;
	}
	return r;
}
