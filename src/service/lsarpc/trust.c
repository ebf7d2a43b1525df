/* SPDX-License-Identifier: MIT */
/*
 * Trusted domains [MS-LSAD 3.1.4.7], of which a machine that stands alone has none: lists
 * are empty, none is found, and to make one takes a domain controller.
 */
#include "service/lsarpc/state.h"

#define CREATE(function, operation)                                                                \
	int pen_lsarpc_##function(struct pen_call *call, const struct lsarpc_##operation##_in *in, \
				  struct lsarpc_##operation##_out *out)                            \
	{                                                                                          \
		int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_TRUST_ADMIN,         \
					  &out->result);                                           \
                                                                                                   \
		if (!r && !out->result)                                                            \
			out->result = PEN_STATUS_DIRECTORY_SERVICE_REQUIRED;                       \
		return r;                                                                          \
	}
CREATE(create_trust, LsarCreateTrustedDomain)
CREATE(create_trust_ex, LsarCreateTrustedDomainEx)
CREATE(create_trust_ex2, LsarCreateTrustedDomainEx2)
CREATE(create_trust_ex3, LsarCreateTrustedDomainEx3)

#define ENUMERATE(function, operation)                                                             \
	int pen_lsarpc_##function(struct pen_call *call, const struct lsarpc_##operation##_in *in, \
				  struct lsarpc_##operation##_out *out)                            \
	{                                                                                          \
		int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_VIEW_LOCAL,          \
					  &out->result);                                           \
                                                                                                   \
		out->EnumerationContext = UINT32_MAX; /* past all there could be */                \
		if (!r && !out->result)                                                            \
			out->result = PEN_STATUS_NO_MORE_ENTRIES;                                  \
		return r;                                                                          \
	}
ENUMERATE(enumerate_trusts, LsarEnumerateTrustedDomains)
ENUMERATE(enumerate_trusts_ex, LsarEnumerateTrustedDomainsEx)

/* Whatever is asked of one that the policy's handle and a name or SID tell. */
#define NOT_FOUND(function, operation)                                                             \
	int pen_lsarpc_##function(struct pen_call *call, const struct lsarpc_##operation##_in *in, \
				  struct lsarpc_##operation##_out *out)                            \
	{                                                                                          \
		int r = pen_lsarpc_policy(call, &in->PolicyHandle, 0, &out->result);               \
                                                                                                   \
		if (!r && !out->result)                                                            \
			out->result = PEN_STATUS_OBJECT_NAME_NOT_FOUND;                            \
		return r;                                                                          \
	}
NOT_FOUND(open_trust, LsarOpenTrustedDomain)
NOT_FOUND(open_trust_named, LsarOpenTrustedDomainByName)
NOT_FOUND(query_trust_of, LsarQueryTrustedDomainInfo)
NOT_FOUND(set_trust_of, LsarSetTrustedDomainInfo)
NOT_FOUND(delete_trust, LsarDeleteTrustedDomain)
NOT_FOUND(query_trust_named, LsarQueryTrustedDomainInfoByName)
NOT_FOUND(set_trust_named, LsarSetTrustedDomainInfoByName)

/* No handle is that of a trusted domain. */
#define NO_HANDLE(function, operation)                                                             \
	int pen_lsarpc_##function(struct pen_call *call, const struct lsarpc_##operation##_in *in, \
				  struct lsarpc_##operation##_out *out)                            \
	{                                                                                          \
		int r = pen_lsarpc_policy(call, &in->TrustedDomainHandle, 0, &out->result);        \
                                                                                                   \
		out->result = PEN_STATUS_INVALID_HANDLE;                                           \
		return r;                                                                          \
	}
NO_HANDLE(query_trust, LsarQueryInfoTrustedDomain)
NO_HANDLE(set_trust, LsarSetInformationTrustedDomain)

#define NO_FOREST(function, operation)                                                             \
	int pen_lsarpc_##function(struct pen_call *call, const struct lsarpc_##operation##_in *in, \
				  struct lsarpc_##operation##_out *out)                            \
	{                                                                                          \
		int r = pen_lsarpc_policy(call, &in->PolicyHandle, 0, &out->result);               \
                                                                                                   \
		if (!r && !out->result)                                                            \
			out->result = PEN_STATUS_INVALID_DOMAIN_STATE;                             \
		return r;                                                                          \
	}
NO_FOREST(query_forest, LsarQueryForestTrustInformation)
NO_FOREST(set_forest, LsarSetForestTrustInformation)
NO_FOREST(query_forest2, LsarQueryForestTrustInformation2)
NO_FOREST(set_forest2, LsarSetForestTrustInformation2)
