/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/lsarpc/state.h"
#include <errno.h>

/* [MS-LSAD 3.1.1.2.1]; the texts are ours. */
const struct pen_lsarpc_privilege pen_lsarpc_privileges[] = {
	{ 2, "SeCreateTokenPrivilege", "Create a token object" },
	{ 3, "SeAssignPrimaryTokenPrivilege", "Replace a process level token" },
	{ 4, "SeLockMemoryPrivilege", "Lock pages in memory" },
	{ 5, "SeIncreaseQuotaPrivilege", "Adjust memory quotas for a process" },
	{ 6, "SeMachineAccountPrivilege", "Add workstations to domain" },
	{ 7, "SeTcbPrivilege", "Act as part of the operating system" },
	{ 8, "SeSecurityPrivilege", "Manage auditing and security log" },
	{ 9, "SeTakeOwnershipPrivilege", "Take ownership of files or other objects" },
	{ 10, "SeLoadDriverPrivilege", "Load and unload device drivers" },
	{ 11, "SeSystemProfilePrivilege", "Profile system performance" },
	{ 12, "SeSystemtimePrivilege", "Change the system time" },
	{ 13, "SeProfileSingleProcessPrivilege", "Profile single process" },
	{ 14, "SeIncreaseBasePriorityPrivilege", "Increase scheduling priority" },
	{ 15, "SeCreatePagefilePrivilege", "Create a pagefile" },
	{ 16, "SeCreatePermanentPrivilege", "Create permanent shared objects" },
	{ 17, "SeBackupPrivilege", "Back up files and directories" },
	{ 18, "SeRestorePrivilege", "Restore files and directories" },
	{ 19, "SeShutdownPrivilege", "Shut down the system" },
	{ 20, "SeDebugPrivilege", "Debug programs" },
	{ 21, "SeAuditPrivilege", "Generate security audits" },
	{ 22, "SeSystemEnvironmentPrivilege", "Modify firmware environment values" },
	{ 23, "SeChangeNotifyPrivilege", "Bypass traverse checking" },
	{ 24, "SeRemoteShutdownPrivilege", "Force shutdown from a remote system" },
	{ 25, "SeUndockPrivilege", "Remove computer from docking station" },
	{ 26, "SeSyncAgentPrivilege", "Synchronize directory service data" },
	{ 27, "SeEnableDelegationPrivilege",
	  "Enable computer and user accounts to be trusted for delegation" },
	{ 28, "SeManageVolumePrivilege", "Perform volume maintenance tasks" },
	{ 29, "SeImpersonatePrivilege", "Impersonate a client after authentication" },
	{ 30, "SeCreateGlobalPrivilege", "Create global objects" },
	{ 31, "SeTrustedCredManAccessPrivilege", "Access Credential Manager as a trusted caller" },
	{ 32, "SeRelabelPrivilege", "Modify an object label" },
	{ 33, "SeIncreaseWorkingSetPrivilege", "Increase a process working set" },
	{ 34, "SeTimeZonePrivilege", "Change the time zone" },
	{ 35, "SeCreateSymbolicLinkPrivilege", "Create symbolic links" },
	{ 36, "SeDelegateSessionUserImpersonatePrivilege",
	  "Obtain an impersonation token for another user in the same session" },
};

const size_t pen_lsarpc_n_privileges = PEN_COUNT(pen_lsarpc_privileges);
const uint64_t pen_lsarpc_all_privileges = (UINT64_C(1) << 37) - 4;

/* [MS-LSAD 3.1.1.2.2] */
const struct pen_lsarpc_logon_right pen_lsarpc_logon_rights[] = {
	{ PEN_LSA_LOGON_INTERACTIVE, "SeInteractiveLogonRight" },
	{ PEN_LSA_LOGON_NETWORK, "SeNetworkLogonRight" },
	{ PEN_LSA_LOGON_BATCH, "SeBatchLogonRight" },
	{ PEN_LSA_LOGON_SERVICE, "SeServiceLogonRight" },
	{ PEN_LSA_LOGON_DENY_INTERACTIVE, "SeDenyInteractiveLogonRight" },
	{ PEN_LSA_LOGON_DENY_NETWORK, "SeDenyNetworkLogonRight" },
	{ PEN_LSA_LOGON_DENY_BATCH, "SeDenyBatchLogonRight" },
	{ PEN_LSA_LOGON_DENY_SERVICE, "SeDenyServiceLogonRight" },
	{ PEN_LSA_LOGON_REMOTE_INTERACTIVE, "SeRemoteInteractiveLogonRight" },
	{ PEN_LSA_LOGON_DENY_REMOTE_INTERACTIVE, "SeDenyRemoteInteractiveLogonRight" },
};

const size_t pen_lsarpc_n_logon_rights = PEN_COUNT(pen_lsarpc_logon_rights);

const struct pen_lsarpc_privilege *pen_lsarpc_privilege_named(const char *name)
{
	for (size_t i = 0; i < pen_lsarpc_n_privileges; i++)
		if (pen_upcase_equal(name, pen_lsarpc_privileges[i].name))
			return &pen_lsarpc_privileges[i];
	return NULL;
}

bool pen_lsarpc_right_named(const char *name, uint64_t *privilegesp, uint32_t *system_accessp)
{
	const struct pen_lsarpc_privilege *privilege = pen_lsarpc_privilege_named(name);

	if (privilege) {
		*privilegesp |= PEN_PRIVILEGE(privilege->number);
		return true;
	}
	for (size_t i = 0; i < pen_lsarpc_n_logon_rights; i++) {
		if (!pen_upcase_equal(name, pen_lsarpc_logon_rights[i].name))
			continue;
		*system_accessp |= pen_lsarpc_logon_rights[i].bit;
		return true;
	}
	return false;
}

/* ---- the operations ---- */

int pen_lsarpc_enumerate_privileges(struct pen_call *call,
				    const struct lsarpc_LsarEnumeratePrivileges_in *in,
				    struct lsarpc_LsarEnumeratePrivileges_out *out)
{
	struct lsarpc_LSAPR_POLICY_PRIVILEGE_DEF *rows;
	size_t first = in->EnumerationContext, n;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_VIEW_LOCAL, &out->result);

	out->EnumerationContext = in->EnumerationContext;
	if (r || out->result)
		return r;
	if (first >= pen_lsarpc_n_privileges) {
		out->result = PEN_STATUS_NO_MORE_ENTRIES;
		return 0;
	}
	/* How much room a row takes is the server's to say: clients mean rows. */
	n = in->PreferedMaximumLength ? in->PreferedMaximumLength : 1;
	if (n > pen_lsarpc_n_privileges - first)
		n = pen_lsarpc_n_privileges - first;
	rows = pen_arena_array(pen_call_arena(call), n, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; !r && i < n; i++) {
		rows[i].LocalValue.LowPart = pen_lsarpc_privileges[first + i].number;
		r = pen_lsarpc_text_put(call, pen_lsarpc_privileges[first + i].name, &rows[i].Name);
	}
	out->EnumerationBuffer.Entries = (uint32_t)n;
	out->EnumerationBuffer.Privileges = rows;
	out->EnumerationContext = (uint32_t)(first + n);
	if (first + n < pen_lsarpc_n_privileges)
		out->result = PEN_STATUS_MORE_ENTRIES;
	return r;
}

/* The privilege that a client names. 0 with NULL: there is none. */
static int privilege_of(struct pen_call *call, const struct dtyp_RPC_UNICODE_STRING *string,
			const struct pen_lsarpc_privilege **privilegep)
{
	const char *name = "";
	int r = pen_lsarpc_text_get(call, string, &name);

	*privilegep = r ? NULL : pen_lsarpc_privilege_named(name);
	return r < 0 ? r : 0;
}

int pen_lsarpc_privilege_value(struct pen_call *call,
			       const struct lsarpc_LsarLookupPrivilegeValue_in *in,
			       struct lsarpc_LsarLookupPrivilegeValue_out *out)
{
	const struct pen_lsarpc_privilege *privilege;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_LOOKUP_NAMES, &out->result);

	if (r || out->result)
		return r;
	r = privilege_of(call, &in->Name, &privilege);
	if (privilege)
		out->Value.LowPart = privilege->number;
	else
		out->result = PEN_STATUS_NO_SUCH_PRIVILEGE;
	return r;
}

int pen_lsarpc_privilege_name(struct pen_call *call,
			      const struct lsarpc_LsarLookupPrivilegeName_in *in,
			      struct lsarpc_LsarLookupPrivilegeName_out *out)
{
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_LOOKUP_NAMES, &out->result);

	if (r || out->result)
		return r;
	for (size_t i = 0; !in->Value.HighPart && i < pen_lsarpc_n_privileges; i++)
		if (pen_lsarpc_privileges[i].number == in->Value.LowPart)
			return pen_lsarpc_text_new(call, pen_lsarpc_privileges[i].name, &out->Name);
	out->result = PEN_STATUS_NO_SUCH_PRIVILEGE;
	return 0;
}

int pen_lsarpc_privilege_display_name(struct pen_call *call,
				      const struct lsarpc_LsarLookupPrivilegeDisplayName_in *in,
				      struct lsarpc_LsarLookupPrivilegeDisplayName_out *out)
{
	enum { ENGLISH = 0x409 };
	const struct pen_lsarpc_privilege *privilege;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_LOOKUP_NAMES, &out->result);

	if (r || out->result)
		return r;
	r = privilege_of(call, &in->Name, &privilege);
	if (r)
		return r;
	if (!privilege) {
		out->result = PEN_STATUS_NO_SUCH_PRIVILEGE;
		return 0;
	}
	out->LanguageReturned = ENGLISH;
	return pen_lsarpc_text_new(call, privilege->display_name, &out->DisplayName);
}
