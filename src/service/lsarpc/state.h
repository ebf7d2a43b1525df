/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_LSARPC_STATE_H
#define PEN_SERVICE_LSARPC_STATE_H
/*
 * What the files of the service share.
 */
#include "service/lsarpc/lsarpc.h"
#include <penstock/idl/lsarpc.h>
#include <penstock/security.h>
#include <penstock/status.h>
#include <penstock/token.h>

struct pen_lsarpc {
	struct pen_accounts *accounts;
	const struct pen_crypto *crypto;
	char *workgroup;
};

static inline struct pen_lsarpc *pen_lsarpc_of(const struct pen_call *call)
{
	return (struct pen_lsarpc *)pen_call_data(call);
}

/* What a failure of the store is to a client. */
uint32_t pen_lsarpc_status(int result);

/* The same, of what a handle stands for: that it is gone is the handle's fault. */
static inline uint32_t pen_lsarpc_stale(int result)
{
	return result == PEN_E_NOT_FOUND ? PEN_STATUS_INVALID_HANDLE : pen_lsarpc_status(result);
}

/* ---- handle.c: what handles stand for [MS-LSAD 2.2.1.1, 3.1.1] ---- */

enum pen_lsarpc_kind { PEN_LSARPC_POLICY, PEN_LSARPC_ACCOUNT, PEN_LSARPC_SECRET };

#define PEN_LSARPC_VIEW_LOCAL	  UINT32_C(0x0001) /* POLICY_VIEW_LOCAL_INFORMATION */
#define PEN_LSARPC_VIEW_AUDIT	  UINT32_C(0x0002)
#define PEN_LSARPC_GET_PRIVATE	  UINT32_C(0x0004)
#define PEN_LSARPC_TRUST_ADMIN	  UINT32_C(0x0008)
#define PEN_LSARPC_CREATE_ACCOUNT UINT32_C(0x0010)
#define PEN_LSARPC_CREATE_SECRET  UINT32_C(0x0020)
#define PEN_LSARPC_SET_AUDIT	  UINT32_C(0x0100) /* POLICY_SET_AUDIT_REQUIREMENTS */
#define PEN_LSARPC_AUDIT_ADMIN	  UINT32_C(0x0200) /* POLICY_AUDIT_LOG_ADMIN */
#define PEN_LSARPC_SERVER_ADMIN	  UINT32_C(0x0400)
#define PEN_LSARPC_LOOKUP_NAMES	  UINT32_C(0x0800)

#define PEN_LSARPC_ACCOUNT_VIEW	      UINT32_C(0x1)
#define PEN_LSARPC_ACCOUNT_PRIVILEGES UINT32_C(0x2) /* ACCOUNT_ADJUST_PRIVILEGES */
#define PEN_LSARPC_ACCOUNT_ACCESS     UINT32_C(0x8) /* ACCOUNT_ADJUST_SYSTEM_ACCESS */

#define PEN_LSARPC_SECRET_SET	UINT32_C(0x1)
#define PEN_LSARPC_SECRET_QUERY UINT32_C(0x2)

struct pen_lsarpc_object {
	enum pen_lsarpc_kind kind;
	uint32_t granted;
	struct pen_sid sid; /* of an account */
	char name[];	    /* of a secret */
};

/*
 * A fault where the transport is none of those that policy handles are for: they go
 * through pipes and local calls, as with Windows.
 */
int pen_lsarpc_check_transport(struct pen_call *call);

/* Whether the caller's process is on this machine. */
bool pen_lsarpc_is_local(const struct pen_call *call);

/*
 * The object of a handle, which must be of the kind and have all of the rights. 0 with an
 * error in *statusp: it is not, or it has not. A fault: no such handle.
 */
int pen_lsarpc_find(struct pen_call *call, const struct pen_context_handle *handle,
		    enum pen_lsarpc_kind kind, uint32_t rights, struct pen_lsarpc_object **objectp,
		    uint32_t *statusp);
static inline int pen_lsarpc_policy(struct pen_call *call, const struct pen_context_handle *handle,
				    uint32_t rights, uint32_t *statusp)
{
	struct pen_lsarpc_object *policy;

	return pen_lsarpc_find(call, handle, PEN_LSARPC_POLICY, rights, &policy, statusp);
}

/* What the caller may do with an object that has that descriptor (empty: the kind's own). */
uint32_t pen_lsarpc_check_access(struct pen_call *call, enum pen_lsarpc_kind kind,
				 struct pen_slice security, uint32_t desired, uint32_t *grantedp);

/* A handle with what is desired. 0 with an error in *statusp: the caller may not. */
int pen_lsarpc_open(struct pen_call *call, const struct pen_lsarpc_object *object,
		    struct pen_slice security, uint32_t desired, struct pen_context_handle *handle,
		    uint32_t *statusp);

/* The same for a secret, by its name. */
int pen_lsarpc_open_secret(struct pen_call *call, const char *name, struct pen_slice security,
			   uint32_t desired, struct pen_context_handle *handle, uint32_t *statusp);

/* ---- convert.c: texts and SIDs as the interface has them; all in the call's arena ---- */

/* PEN_E_SYNTAX: it has U+0000 in it; -ENOMEM. */
int pen_lsarpc_text_get(struct pen_call *call, const struct dtyp_RPC_UNICODE_STRING *string,
			const char **textp);

/* PEN_E_LIMIT: it has more than 65534 bytes; -ENOMEM. */
int pen_lsarpc_text_put(struct pen_call *call, const char *text,
			struct dtyp_RPC_UNICODE_STRING *string);
int pen_lsarpc_text_new(struct pen_call *call, const char *text,
			struct dtyp_RPC_UNICODE_STRING **stringp);

/* False: it is none. */
bool pen_lsarpc_sid_get(const struct dtyp_RPC_SID *wire, struct pen_sid *sid);
int pen_lsarpc_sid_new(struct pen_call *call, const struct pen_sid *sid,
		       struct dtyp_RPC_SID **wirep);

/* ---- privilege.c: privileges and logon rights by name [MS-LSAD 3.1.1.2] ---- */

struct pen_lsarpc_privilege {
	uint32_t number;
	const char *name;
	const char *display_name;
};

extern const struct pen_lsarpc_privilege pen_lsarpc_privileges[];
extern const size_t pen_lsarpc_n_privileges;
extern const uint64_t pen_lsarpc_all_privileges;

struct pen_lsarpc_logon_right {
	uint32_t bit;
	const char *name;
};

extern const struct pen_lsarpc_logon_right pen_lsarpc_logon_rights[];
extern const size_t pen_lsarpc_n_logon_rights;

/* NULL: there is none. */
const struct pen_lsarpc_privilege *pen_lsarpc_privilege_named(const char *name);

/* Adds what the name means to one of the two. False: nothing. */
bool pen_lsarpc_right_named(const char *name, uint64_t *privilegesp, uint32_t *system_accessp);

#define PEN_LSARPC_DECLARE(function, operation)                                                    \
	int pen_lsarpc_##function(struct pen_call *call, const struct lsarpc_##operation##_in *in, \
				  struct lsarpc_##operation##_out *out)

PEN_LSARPC_DECLARE(enumerate_privileges, LsarEnumeratePrivileges);
PEN_LSARPC_DECLARE(privilege_value, LsarLookupPrivilegeValue);
PEN_LSARPC_DECLARE(privilege_name, LsarLookupPrivilegeName);
PEN_LSARPC_DECLARE(privilege_display_name, LsarLookupPrivilegeDisplayName);

/* ---- handle.c ---- */
PEN_LSARPC_DECLARE(close, LsarClose);
PEN_LSARPC_DECLARE(delete, LsarDelete);
PEN_LSARPC_DECLARE(delete_object, LsarDeleteObject);
PEN_LSARPC_DECLARE(query_security, LsarQuerySecurityObject);
PEN_LSARPC_DECLARE(set_security, LsarSetSecurityObject);

/* ---- policy.c ---- */
PEN_LSARPC_DECLARE(open_policy, LsarOpenPolicy);
PEN_LSARPC_DECLARE(open_policy2, LsarOpenPolicy2);
PEN_LSARPC_DECLARE(open_policy3, LsarOpenPolicy3);
PEN_LSARPC_DECLARE(query_policy, LsarQueryInformationPolicy);
PEN_LSARPC_DECLARE(query_policy2, LsarQueryInformationPolicy2);
PEN_LSARPC_DECLARE(set_policy, LsarSetInformationPolicy);
PEN_LSARPC_DECLARE(set_policy2, LsarSetInformationPolicy2);
PEN_LSARPC_DECLARE(query_domain_policy, LsarQueryDomainInformationPolicy);
PEN_LSARPC_DECLARE(set_domain_policy, LsarSetDomainInformationPolicy);

/* ---- account.c ---- */
PEN_LSARPC_DECLARE(create_account, LsarCreateAccount);
PEN_LSARPC_DECLARE(enumerate_accounts, LsarEnumerateAccounts);
PEN_LSARPC_DECLARE(open_account, LsarOpenAccount);
PEN_LSARPC_DECLARE(privileges_of_account, LsarEnumeratePrivilegesAccount);
PEN_LSARPC_DECLARE(add_privileges, LsarAddPrivilegesToAccount);
PEN_LSARPC_DECLARE(remove_privileges, LsarRemovePrivilegesFromAccount);
PEN_LSARPC_DECLARE(get_system_access, LsarGetSystemAccessAccount);
PEN_LSARPC_DECLARE(set_system_access, LsarSetSystemAccessAccount);
PEN_LSARPC_DECLARE(accounts_with_right, LsarEnumerateAccountsWithUserRight);
PEN_LSARPC_DECLARE(rights_of_account, LsarEnumerateAccountRights);
PEN_LSARPC_DECLARE(add_rights, LsarAddAccountRights);
PEN_LSARPC_DECLARE(remove_rights, LsarRemoveAccountRights);

/* ---- secret.c ---- */
PEN_LSARPC_DECLARE(create_secret, LsarCreateSecret);
PEN_LSARPC_DECLARE(open_secret_op, LsarOpenSecret);
PEN_LSARPC_DECLARE(set_secret, LsarSetSecret);
PEN_LSARPC_DECLARE(query_secret, LsarQuerySecret);
PEN_LSARPC_DECLARE(store_private, LsarStorePrivateData);
PEN_LSARPC_DECLARE(retrieve_private, LsarRetrievePrivateData);

/* ---- trust.c ---- */
PEN_LSARPC_DECLARE(create_trust, LsarCreateTrustedDomain);
PEN_LSARPC_DECLARE(create_trust_ex, LsarCreateTrustedDomainEx);
PEN_LSARPC_DECLARE(create_trust_ex2, LsarCreateTrustedDomainEx2);
PEN_LSARPC_DECLARE(create_trust_ex3, LsarCreateTrustedDomainEx3);
PEN_LSARPC_DECLARE(enumerate_trusts, LsarEnumerateTrustedDomains);
PEN_LSARPC_DECLARE(enumerate_trusts_ex, LsarEnumerateTrustedDomainsEx);
PEN_LSARPC_DECLARE(open_trust, LsarOpenTrustedDomain);
PEN_LSARPC_DECLARE(open_trust_named, LsarOpenTrustedDomainByName);
PEN_LSARPC_DECLARE(query_trust, LsarQueryInfoTrustedDomain);
PEN_LSARPC_DECLARE(set_trust, LsarSetInformationTrustedDomain);
PEN_LSARPC_DECLARE(query_trust_of, LsarQueryTrustedDomainInfo);
PEN_LSARPC_DECLARE(set_trust_of, LsarSetTrustedDomainInfo);
PEN_LSARPC_DECLARE(delete_trust, LsarDeleteTrustedDomain);
PEN_LSARPC_DECLARE(query_trust_named, LsarQueryTrustedDomainInfoByName);
PEN_LSARPC_DECLARE(set_trust_named, LsarSetTrustedDomainInfoByName);
PEN_LSARPC_DECLARE(query_forest, LsarQueryForestTrustInformation);
PEN_LSARPC_DECLARE(set_forest, LsarSetForestTrustInformation);
PEN_LSARPC_DECLARE(query_forest2, LsarQueryForestTrustInformation2);
PEN_LSARPC_DECLARE(set_forest2, LsarSetForestTrustInformation2);

/* ---- names.c, sids.c ---- */
PEN_LSARPC_DECLARE(lookup_names, LsarLookupNames);
PEN_LSARPC_DECLARE(lookup_names2, LsarLookupNames2);
PEN_LSARPC_DECLARE(lookup_names3, LsarLookupNames3);
PEN_LSARPC_DECLARE(lookup_names4, LsarLookupNames4);
PEN_LSARPC_DECLARE(lookup_sids, LsarLookupSids);
PEN_LSARPC_DECLARE(lookup_sids2, LsarLookupSids2);
PEN_LSARPC_DECLARE(lookup_sids3, LsarLookupSids3);
PEN_LSARPC_DECLARE(get_user_name, LsarGetUserName);

#endif
