/* SPDX-License-Identifier: MIT */
/* The policy [MS-LSAD 3.1.4.4], as a machine that is in no domain has it. */
#include "service/lsarpc/state.h"
#include <errno.h>
#include <string.h>

/* The policy's values, by the names they are kept under. */
#define AUDIT_MODE	"audit mode"
#define AUDIT_OPTIONS	"audit options"
#define SERVER_ROLE	"server role"
#define REPLICA_SOURCE	"replica source"
#define REPLICA_ACCOUNT "replica account"
#define EFS		"efs"

enum {
	AUDIT_CATEGORIES = 9,
	AUDIT_OPTION_MAX = 7, /* unchanged, success, failure, none [MS-LSAD 2.2.4.4] */
};

/* ---- opening ---- */

static int open_policy(struct pen_call *call,
		       const struct lsarpc_LSAPR_OBJECT_ATTRIBUTES *attributes, uint32_t desired,
		       struct pen_context_handle *handle, uint32_t *statusp)
{
	const struct pen_lsarpc_object object = { .kind = PEN_LSARPC_POLICY };
	struct pen_slice security;
	int r = pen_lsarpc_check_transport(call);

	if (r)
		return r;
	if (attributes->RootDirectory) {
		*statusp = PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	*statusp = pen_lsarpc_status(pen_lsa_get_value(pen_lsarpc_of(call)->accounts, "security",
						       pen_call_arena(call), &security));
	return *statusp ? 0 : pen_lsarpc_open(call, &object, security, desired, handle, statusp);
}

int pen_lsarpc_open_policy(struct pen_call *call, const struct lsarpc_LsarOpenPolicy_in *in,
			   struct lsarpc_LsarOpenPolicy_out *out)
{
	return open_policy(call, &in->ObjectAttributes, in->DesiredAccess, &out->PolicyHandle,
			   &out->result);
}

int pen_lsarpc_open_policy2(struct pen_call *call, const struct lsarpc_LsarOpenPolicy2_in *in,
			    struct lsarpc_LsarOpenPolicy2_out *out)
{
	return open_policy(call, &in->ObjectAttributes, in->DesiredAccess, &out->PolicyHandle,
			   &out->result);
}

/* The newest form says what the server can do besides: of what there is, nothing. */
int pen_lsarpc_open_policy3(struct pen_call *call, const struct lsarpc_LsarOpenPolicy3_in *in,
			    struct lsarpc_LsarOpenPolicy3_out *out)
{
	out->OutVersion = 1;
	out->OutRevisionInfo.V1.Revision = 1;
	return open_policy(call, &in->ObjectAttributes, in->DesiredAccess, &out->PolicyHandle,
			   &out->result);
}

/* ---- values ---- */

static int get_text(struct pen_call *call, const char *name, struct dtyp_RPC_UNICODE_STRING *string)
{
	struct pen_slice value;
	char *text;
	int r = pen_lsa_get_value(pen_lsarpc_of(call)->accounts, name, pen_call_arena(call),
				  &value);

	if (r)
		return r;
	text = pen_arena_text(pen_call_arena(call), (const char *)value.data, value.size);
	return text ? pen_lsarpc_text_put(call, text, string) : -ENOMEM;
}

static int set_text(struct pen_call *call, const char *name,
		    const struct dtyp_RPC_UNICODE_STRING *string)
{
	const char *text = "";
	int r = pen_lsarpc_text_get(call, string, &text);

	return r ? r
		 : pen_lsa_set_value(pen_lsarpc_of(call)->accounts, name,
				     (struct pen_slice){ (const uint8_t *)text, strlen(text) });
}

/* A value of one byte. */
static int get_byte(struct pen_call *call, const char *name, uint8_t otherwise, uint8_t *bytep)
{
	struct pen_slice value;
	int r = pen_lsa_get_value(pen_lsarpc_of(call)->accounts, name, pen_call_arena(call),
				  &value);

	*bytep = value.size ? value.data[0] : otherwise;
	return r;
}

static int set_byte(struct pen_call *call, const char *name, uint8_t byte)
{
	return pen_lsa_set_value(pen_lsarpc_of(call)->accounts, name,
				 (struct pen_slice){ &byte, 1 });
}

/* ---- querying ---- */

static int account_domain(struct pen_call *call, struct lsarpc_LSAPR_POLICY_ACCOUNT_DOM_INFO *info)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_account_policy policy;
	int r = pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, pen_call_arena(call),
					&policy);

	if (!r)
		r = pen_lsarpc_text_put(call, policy.name, &info->DomainName);
	return r ? r
		 : pen_lsarpc_sid_new(call, pen_accounts_sid(accounts, PEN_ACCOUNT_MACHINE),
				      &info->DomainSid);
}

/*
 * Who is no member of a domain has a name in it alone, and the rest is NULL, not empty: by
 * that clients tell whether there is a domain to join (POLICY_DNS_DOMAIN_INFO's remarks).
 */
static int dns_domain(struct pen_call *call, struct lsarpc_LSAPR_POLICY_DNS_DOMAIN_INFO *info)
{
	return pen_lsarpc_text_put(call, pen_lsarpc_of(call)->workgroup, &info->Name);
}

static int audit_events(struct pen_call *call, struct lsarpc_LSAPR_POLICY_AUDIT_EVENTS_INFO *info)
{
	struct pen_slice options;
	int r = get_byte(call, AUDIT_MODE, 0, &info->AuditingMode);

	if (!r)
		r = pen_lsa_get_value(pen_lsarpc_of(call)->accounts, AUDIT_OPTIONS,
				      pen_call_arena(call), &options);
	if (r)
		return r;
	info->EventAuditingOptions = pen_arena_array(pen_call_arena(call), AUDIT_CATEGORIES,
						     sizeof(*info->EventAuditingOptions));
	if (!info->EventAuditingOptions)
		return -ENOMEM;
	info->MaximumAuditEventCount = AUDIT_CATEGORIES;
	for (size_t i = 0; i < options.size && i < AUDIT_CATEGORIES; i++)
		info->EventAuditingOptions[i] = options.data[i];
	return 0;
}

static int server_role(struct pen_call *call, struct lsarpc_POLICY_LSA_SERVER_ROLE_INFO *info)
{
	uint8_t role;
	int r = get_byte(call, SERVER_ROLE, lsarpc_PolicyServerRolePrimary, &role);

	info->LsaServerRole = role == lsarpc_PolicyServerRoleBackup
				      ? lsarpc_PolicyServerRoleBackup
				      : lsarpc_PolicyServerRolePrimary;
	return r;
}

static int fill(struct pen_call *call, enum lsarpc_POLICY_INFORMATION_CLASS class,
		union lsarpc_LSAPR_POLICY_INFORMATION *info)
{
	int r;

	switch (class) {
	case lsarpc_PolicyAuditLogInformation: /* there is no log: all of it is 0 */
		return 0;
	case lsarpc_PolicyAuditEventsInformation:
		return audit_events(call, &info->PolicyAuditEventsInfo);
	case lsarpc_PolicyPrimaryDomainInformation:
		return pen_lsarpc_text_put(call, pen_lsarpc_of(call)->workgroup,
					   &info->PolicyPrimaryDomInfo.Name);
	case lsarpc_PolicyPdAccountInformation:
		return pen_lsarpc_text_put(call, "", &info->PolicyPdAccountInfo.Name);
	case lsarpc_PolicyAccountDomainInformation:
	case lsarpc_PolicyLocalAccountDomainInformation:
		return account_domain(call, &info->PolicyAccountDomInfo);
	case lsarpc_PolicyLsaServerRoleInformation:
		return server_role(call, &info->PolicyServerRoleInfo);
	case lsarpc_PolicyReplicaSourceInformation:
		r = get_text(call, REPLICA_SOURCE, &info->PolicyReplicaSourceInfo.ReplicaSource);
		return r ? r
			 : get_text(call, REPLICA_ACCOUNT,
				    &info->PolicyReplicaSourceInfo.ReplicaAccountName);
	case lsarpc_PolicyDnsDomainInformation:
	case lsarpc_PolicyDnsDomainInformationInt:
		return dns_domain(call, &info->PolicyDnsDomainInfo);
	default: /* of PolicyMachineAccountInformation, without a domain all is 0 */
		return 0;
	}
}

/* The right that each class takes; 0: there is none to query, or none to set. */
static const struct {
	uint32_t query;
	uint32_t set;
} rights[] = {
	[lsarpc_PolicyAuditLogInformation] = { PEN_LSARPC_VIEW_AUDIT, PEN_LSARPC_AUDIT_ADMIN },
	[lsarpc_PolicyAuditEventsInformation] = { PEN_LSARPC_VIEW_AUDIT, PEN_LSARPC_SET_AUDIT },
	[lsarpc_PolicyPrimaryDomainInformation] = { PEN_LSARPC_VIEW_LOCAL, PEN_LSARPC_TRUST_ADMIN },
	[lsarpc_PolicyPdAccountInformation] = { PEN_LSARPC_GET_PRIVATE, 0 },
	[lsarpc_PolicyAccountDomainInformation] = { PEN_LSARPC_VIEW_LOCAL, PEN_LSARPC_TRUST_ADMIN },
	[lsarpc_PolicyLsaServerRoleInformation] = { PEN_LSARPC_VIEW_LOCAL,
						    PEN_LSARPC_SERVER_ADMIN },
	[lsarpc_PolicyReplicaSourceInformation] = { PEN_LSARPC_VIEW_LOCAL,
						    PEN_LSARPC_SERVER_ADMIN },
	[lsarpc_PolicyDnsDomainInformation] = { PEN_LSARPC_VIEW_LOCAL, PEN_LSARPC_TRUST_ADMIN },
	[lsarpc_PolicyDnsDomainInformationInt] = { PEN_LSARPC_VIEW_LOCAL, PEN_LSARPC_TRUST_ADMIN },
	[lsarpc_PolicyLocalAccountDomainInformation] = { PEN_LSARPC_VIEW_LOCAL,
							 PEN_LSARPC_TRUST_ADMIN },
	[lsarpc_PolicyMachineAccountInformation] = { PEN_LSARPC_VIEW_LOCAL, 0 },
};

static int query(struct pen_call *call, const struct pen_context_handle *handle,
		 enum lsarpc_POLICY_INFORMATION_CLASS class,
		 union lsarpc_LSAPR_POLICY_INFORMATION **infop, uint32_t *statusp)
{
	bool is_known = class < PEN_COUNT(rights) && rights[class].query;
	union lsarpc_LSAPR_POLICY_INFORMATION *info;
	int r = pen_lsarpc_policy(call, handle, is_known ? rights[class].query : 0, statusp);

	if (r || *statusp)
		return r;
	if (!is_known) {
		*statusp = PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	info = pen_arena_zalloc(pen_call_arena(call), sizeof(*info));
	if (!info)
		return -ENOMEM;
	*statusp = pen_lsarpc_status(fill(call, class, info));
	if (!*statusp)
		*infop = info;
	return 0;
}

int pen_lsarpc_query_policy(struct pen_call *call,
			    const struct lsarpc_LsarQueryInformationPolicy_in *in,
			    struct lsarpc_LsarQueryInformationPolicy_out *out)
{
	return query(call, &in->PolicyHandle, in->InformationClass, &out->PolicyInformation,
		     &out->result);
}

int pen_lsarpc_query_policy2(struct pen_call *call,
			     const struct lsarpc_LsarQueryInformationPolicy2_in *in,
			     struct lsarpc_LsarQueryInformationPolicy2_out *out)
{
	return query(call, &in->PolicyHandle, in->InformationClass, &out->PolicyInformation,
		     &out->result);
}

/* ---- setting ---- */

static uint32_t set_audit_events(struct pen_call *call,
				 const struct lsarpc_LSAPR_POLICY_AUDIT_EVENTS_INFO *info)
{
	uint8_t options[AUDIT_CATEGORIES];
	int r;

	if (info->MaximumAuditEventCount != AUDIT_CATEGORIES || !info->EventAuditingOptions)
		return PEN_STATUS_INVALID_PARAMETER;
	for (size_t i = 0; i < AUDIT_CATEGORIES; i++) {
		if (info->EventAuditingOptions[i] > AUDIT_OPTION_MAX)
			return PEN_STATUS_INVALID_PARAMETER;
		options[i] = (uint8_t)info->EventAuditingOptions[i];
	}
	r = set_byte(call, AUDIT_MODE, info->AuditingMode);
	if (!r)
		r = pen_lsa_set_value(pen_lsarpc_of(call)->accounts, AUDIT_OPTIONS,
				      (struct pen_slice){ options, sizeof(options) });
	return pen_lsarpc_status(r);
}

static uint32_t apply(struct pen_call *call, enum lsarpc_POLICY_INFORMATION_CLASS class,
		      const union lsarpc_LSAPR_POLICY_INFORMATION *info)
{
	enum lsarpc_POLICY_LSA_SERVER_ROLE role;
	int r;

	switch (class) {
	case lsarpc_PolicyAuditEventsInformation:
		return set_audit_events(call, &info->PolicyAuditEventsInfo);
	case lsarpc_PolicyLsaServerRoleInformation:
		role = info->PolicyServerRoleInfo.LsaServerRole;
		if (role != lsarpc_PolicyServerRoleBackup && role != lsarpc_PolicyServerRolePrimary)
			return PEN_STATUS_INVALID_PARAMETER;
		return pen_lsarpc_status(set_byte(call, SERVER_ROLE, (uint8_t)role));
	case lsarpc_PolicyReplicaSourceInformation:
		r = set_text(call, REPLICA_SOURCE, &info->PolicyReplicaSourceInfo.ReplicaSource);
		if (!r)
			r = set_text(call, REPLICA_ACCOUNT,
				     &info->PolicyReplicaSourceInfo.ReplicaAccountName);
		return pen_lsarpc_status(r);
	default: /* names and domains are the configuration's, and there is no audit log */
		return PEN_STATUS_NOT_SUPPORTED;
	}
}

static int set(struct pen_call *call, const struct pen_context_handle *handle,
	       enum lsarpc_POLICY_INFORMATION_CLASS class,
	       const union lsarpc_LSAPR_POLICY_INFORMATION *info, uint32_t *statusp)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	bool is_known = class < PEN_COUNT(rights) && rights[class].set;
	int r = pen_lsarpc_policy(call, handle, is_known ? rights[class].set : 0, statusp);

	if (r || *statusp)
		return r;
	*statusp = is_known ? pen_lsarpc_status(pen_accounts_begin(accounts))
			    : PEN_STATUS_INVALID_PARAMETER;
	if (*statusp)
		return 0;
	*statusp = apply(call, class, info);
	r = pen_accounts_end(accounts, *statusp ? -ECANCELED : 0);
	if (!*statusp)
		*statusp = pen_lsarpc_status(r);
	return 0;
}

int pen_lsarpc_set_policy(struct pen_call *call,
			  const struct lsarpc_LsarSetInformationPolicy_in *in,
			  struct lsarpc_LsarSetInformationPolicy_out *out)
{
	return set(call, &in->PolicyHandle, in->InformationClass, &in->PolicyInformation,
		   &out->result);
}

int pen_lsarpc_set_policy2(struct pen_call *call,
			   const struct lsarpc_LsarSetInformationPolicy2_in *in,
			   struct lsarpc_LsarSetInformationPolicy2_out *out)
{
	return set(call, &in->PolicyHandle, in->InformationClass, &in->PolicyInformation,
		   &out->result);
}

/* ---- the domain's part: of Kerberos and of quality a machine alone has none ---- */

int pen_lsarpc_query_domain_policy(struct pen_call *call,
				   const struct lsarpc_LsarQueryDomainInformationPolicy_in *in,
				   struct lsarpc_LsarQueryDomainInformationPolicy_out *out)
{
	union lsarpc_LSAPR_POLICY_DOMAIN_INFORMATION *info;
	struct pen_slice blob = { 0 };
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_VIEW_LOCAL, &out->result);

	if (r || out->result)
		return r;
	if (in->InformationClass != lsarpc_PolicyDomainEfsInformation &&
	    in->InformationClass != lsarpc_PolicyDomainKerberosTicketInformation) {
		out->result = PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	if (in->InformationClass == lsarpc_PolicyDomainEfsInformation)
		out->result = pen_lsarpc_status(pen_lsa_get_value(
			pen_lsarpc_of(call)->accounts, EFS, pen_call_arena(call), &blob));
	if (!out->result && !blob.size)
		out->result = PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	if (out->result)
		return 0;
	info = pen_arena_zalloc(pen_call_arena(call), sizeof(*info));
	if (!info)
		return -ENOMEM;
	info->PolicyDomainEfsInfo.InfoLength = (uint32_t)blob.size;
	info->PolicyDomainEfsInfo.EfsBlob = (uint8_t *)blob.data;
	out->PolicyDomainInformation = info;
	return 0;
}

int pen_lsarpc_set_domain_policy(struct pen_call *call,
				 const struct lsarpc_LsarSetDomainInformationPolicy_in *in,
				 struct lsarpc_LsarSetDomainInformationPolicy_out *out)
{
	const union lsarpc_LSAPR_POLICY_DOMAIN_INFORMATION *info = in->PolicyDomainInformation;
	struct pen_slice blob = { 0 };
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_SERVER_ADMIN, &out->result);

	if (r || out->result)
		return r;
	if (in->InformationClass == lsarpc_PolicyDomainKerberosTicketInformation)
		out->result = PEN_STATUS_NOT_SUPPORTED;
	else if (in->InformationClass != lsarpc_PolicyDomainEfsInformation)
		out->result = PEN_STATUS_INVALID_PARAMETER;
	if (out->result)
		return 0;
	if (info && info->PolicyDomainEfsInfo.EfsBlob)
		blob = (struct pen_slice){ info->PolicyDomainEfsInfo.EfsBlob,
					   info->PolicyDomainEfsInfo.InfoLength };
	out->result =
		pen_lsarpc_status(pen_lsa_set_value(pen_lsarpc_of(call)->accounts, EFS, blob));
	return 0;
}
