/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/lsarpc/translate.h"
#include <string.h>

enum domain { NONE, PSEUDO, NT_AUTHORITY, NT_SERVICE, LABEL, PACKAGE, N_DOMAINS };

static const struct {
	const char *name;
	struct pen_sid sid;
} domains[N_DOMAINS] = {
	[NONE] = { "", { 0 } }, /* its SID is the account's authority */
	[PSEUDO] = { "NT Pseudo Domain", { 1, 0, 5, { 0 } } },
	[NT_AUTHORITY] = { "NT AUTHORITY", { 1, 0, 5, { 0 } } },
	[NT_SERVICE] = { "NT SERVICE", { 1, 1, 5, { 80 } } },
	[LABEL] = { "Mandatory Label", { 1, 0, 16, { 0 } } },
	[PACKAGE] = { "APPLICATION PACKAGE AUTHORITY", { 1, 1, 15, { 2 } } },
};

#define GROUP lsarpc_SidTypeWellKnownGroup

static const struct {
	struct pen_sid sid;
	enum domain domain;
	enum lsarpc_SID_NAME_USE use;
	const char *name;
} known[] = {
	{ { 1, 1, 0, { 0 } }, NONE, GROUP, "NULL SID" },
	{ { 1, 1, 1, { 0 } }, NONE, GROUP, "Everyone" },
	{ { 1, 1, 2, { 0 } }, NONE, GROUP, "LOCAL" },
	{ { 1, 1, 2, { 1 } }, NONE, GROUP, "CONSOLE LOGON" },
	{ { 1, 1, 3, { 0 } }, NONE, GROUP, "CREATOR OWNER" },
	{ { 1, 1, 3, { 1 } }, NONE, GROUP, "CREATOR GROUP" },
	{ { 1, 1, 3, { 2 } }, NONE, GROUP, "CREATOR OWNER SERVER" },
	{ { 1, 1, 3, { 3 } }, NONE, GROUP, "CREATOR GROUP SERVER" },
	{ { 1, 1, 3, { 4 } }, NONE, GROUP, "OWNER RIGHTS" },
	{ { 1, 0, 5, { 0 } }, PSEUDO, lsarpc_SidTypeDomain, "NT Pseudo Domain" },
	{ { 1, 1, 5, { 1 } }, NT_AUTHORITY, GROUP, "DIALUP" },
	{ { 1, 1, 5, { 2 } }, NT_AUTHORITY, GROUP, "NETWORK" },
	{ { 1, 1, 5, { 3 } }, NT_AUTHORITY, GROUP, "BATCH" },
	{ { 1, 1, 5, { 4 } }, NT_AUTHORITY, GROUP, "INTERACTIVE" },
	{ { 1, 1, 5, { 6 } }, NT_AUTHORITY, GROUP, "SERVICE" },
	{ { 1, 1, 5, { 7 } }, NT_AUTHORITY, GROUP, "ANONYMOUS LOGON" },
	{ { 1, 1, 5, { 8 } }, NT_AUTHORITY, GROUP, "PROXY" },
	{ { 1, 1, 5, { 9 } }, NT_AUTHORITY, GROUP, "ENTERPRISE DOMAIN CONTROLLERS" },
	{ { 1, 1, 5, { 10 } }, NT_AUTHORITY, GROUP, "SELF" },
	{ { 1, 1, 5, { 11 } }, NT_AUTHORITY, GROUP, "Authenticated Users" },
	{ { 1, 1, 5, { 12 } }, NT_AUTHORITY, GROUP, "RESTRICTED" },
	{ { 1, 1, 5, { 13 } }, NT_AUTHORITY, GROUP, "TERMINAL SERVER USER" },
	{ { 1, 1, 5, { 14 } }, NT_AUTHORITY, GROUP, "REMOTE INTERACTIVE LOGON" },
	{ { 1, 1, 5, { 15 } }, NT_AUTHORITY, GROUP, "This Organization" },
	{ { 1, 1, 5, { 17 } }, NT_AUTHORITY, GROUP, "IUSR" },
	{ { 1, 1, 5, { 18 } }, NT_AUTHORITY, GROUP, "SYSTEM" },
	{ { 1, 1, 5, { 19 } }, NT_AUTHORITY, GROUP, "LOCAL SERVICE" },
	{ { 1, 1, 5, { 20 } }, NT_AUTHORITY, GROUP, "NETWORK SERVICE" },
	{ { 1, 1, 5, { 33 } }, NT_AUTHORITY, GROUP, "WRITE RESTRICTED" },
	{ { 1, 2, 5, { 64, 10 } }, NT_AUTHORITY, GROUP, "NTLM Authentication" },
	{ { 1, 2, 5, { 64, 14 } }, NT_AUTHORITY, GROUP, "SChannel Authentication" },
	{ { 1, 2, 5, { 64, 21 } }, NT_AUTHORITY, GROUP, "Digest Authentication" },
	{ { 1, 2, 5, { 65, 1 } }, NT_AUTHORITY, GROUP, "This Organization Certificate" },
	{ { 1, 1, 5, { 113 } }, NT_AUTHORITY, GROUP, "Local account" },
	{ { 1, 1, 5, { 114 } },
	  NT_AUTHORITY,
	  GROUP,
	  "Local account and member of Administrators group" },
	{ { 1, 1, 5, { 1000 } }, NT_AUTHORITY, GROUP, "Other Organization" },
	{ { 1, 1, 5, { 80 } }, NT_SERVICE, lsarpc_SidTypeDomain, "NT SERVICE" },
	{ { 1, 2, 5, { 80, 0 } }, NT_SERVICE, GROUP, "ALL SERVICES" },
	{ { 1, 2, 15, { 2, 1 } }, PACKAGE, GROUP, "ALL APPLICATION PACKAGES" },
	{ { 1, 1, 16, { 0 } }, LABEL, lsarpc_SidTypeLabel, "Untrusted Mandatory Level" },
	{ { 1, 1, 16, { 4096 } }, LABEL, lsarpc_SidTypeLabel, "Low Mandatory Level" },
	{ { 1, 1, 16, { 8192 } }, LABEL, lsarpc_SidTypeLabel, "Medium Mandatory Level" },
	{ { 1, 1, 16, { 8448 } }, LABEL, lsarpc_SidTypeLabel, "Medium Plus Mandatory Level" },
	{ { 1, 1, 16, { 12288 } }, LABEL, lsarpc_SidTypeLabel, "High Mandatory Level" },
	{ { 1, 1, 16, { 16384 } }, LABEL, lsarpc_SidTypeLabel, "System Mandatory Level" },
	{ { 1, 1, 18, { 1 } }, NONE, GROUP, "Authentication authority asserted identity" },
	{ { 1, 1, 18, { 2 } }, NONE, GROUP, "Service asserted identity" },
};

static bool mean(size_t i, struct pen_lsarpc_meaning *meaning)
{
	*meaning = (struct pen_lsarpc_meaning){
		.use = known[i].use,
		.name = known[i].name,
		.sid = known[i].sid,
		.domain = domains[known[i].domain].name,
		.domain_sid = domains[known[i].domain].sid,
	};
	if (known[i].domain == NONE)
		meaning->domain_sid =
			(struct pen_sid){ .revision = 1, .authority = known[i].sid.authority };
	return true;
}

bool pen_lsarpc_known_sid(const struct pen_sid *sid, struct pen_lsarpc_meaning *meaning)
{
	for (size_t i = 0; i < PEN_COUNT(known); i++)
		if (pen_sid_equal(&known[i].sid, sid))
			return mean(i, meaning);
	return false;
}

bool pen_lsarpc_known_name(const char *domain, const char *name, struct pen_lsarpc_meaning *meaning)
{
	for (size_t i = 0; i < PEN_COUNT(known); i++)
		if ((!domain || pen_upcase_equal(domain, domains[known[i].domain].name)) &&
		    pen_upcase_equal(name, known[i].name))
			return mean(i, meaning);
	return false;
}

bool pen_lsarpc_known_domain(const char *domain, struct pen_lsarpc_meaning *meaning)
{
	for (size_t i = NT_AUTHORITY; i < N_DOMAINS; i++) {
		if (!pen_upcase_equal(domain, domains[i].name))
			continue;
		meaning->domain = domains[i].name;
		meaning->domain_sid = domains[i].sid;
		return true;
	}
	return false;
}
