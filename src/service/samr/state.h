/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_SAMR_STATE_H
#define PEN_SERVICE_SAMR_STATE_H
/*
 * What the files of the service share.
 */
#include "crypto/crypto.h"
#include "sec/samr-secret.h"
#include "service/samr/samr.h"
#include <penstock/idl/samr.h>
#include <penstock/status.h>
#include <penstock/token.h>

struct pen_samr {
	struct pen_accounts *accounts;
	const struct pen_vault *vault;
	const struct pen_crypto *crypto;
	uint64_t (*clock)(void);
	struct pen_slice server_security; /* of the server object, once set; its own */
};

static inline struct pen_samr *pen_samr_of(const struct pen_call *call)
{
	return (struct pen_samr *)pen_call_data(call);
}

static inline uint64_t pen_samr_now(const struct pen_call *call)
{
	return pen_samr_of(call)->clock();
}

/* ---- handles ---- */

enum pen_samr_kind {
	PEN_SAMR_SERVER,
	PEN_SAMR_DOMAIN,
	PEN_SAMR_USER,
	PEN_SAMR_GROUP,
	PEN_SAMR_ALIAS,
	PEN_SAMR_N_KINDS
};

/* What a handle stands for, and what it was opened for. */
struct pen_samr_object {
	enum pen_samr_kind kind;
	enum pen_account_domain domain; /* of a domain and all below */
	uint32_t rid;			/* of a user, a group, an alias */
	uint32_t granted;
};

/* Rights [MS-SAMR 2.2.1.3 and on]. */
enum {
	SAM_SERVER_CONNECT = 0x1,
	SAM_SERVER_ENUMERATE_DOMAINS = 0x10,
	SAM_SERVER_LOOKUP_DOMAIN = 0x20,

	DOMAIN_READ_PASSWORD_PARAMETERS = 0x1,
	DOMAIN_WRITE_PASSWORD_PARAMS = 0x2,
	DOMAIN_READ_OTHER_PARAMETERS = 0x4,
	DOMAIN_WRITE_OTHER_PARAMETERS = 0x8,
	DOMAIN_CREATE_USER = 0x10,
	DOMAIN_CREATE_GROUP = 0x20,
	DOMAIN_CREATE_ALIAS = 0x40,
	DOMAIN_GET_ALIAS_MEMBERSHIP = 0x80,
	DOMAIN_LIST_ACCOUNTS = 0x100,
	DOMAIN_LOOKUP = 0x200,
	DOMAIN_ADMINISTER_SERVER = 0x400,

	GROUP_READ_INFORMATION = 0x1,
	GROUP_WRITE_ACCOUNT = 0x2,
	GROUP_ADD_MEMBER = 0x4,
	GROUP_REMOVE_MEMBER = 0x8,
	GROUP_LIST_MEMBERS = 0x10,

	ALIAS_ADD_MEMBER = 0x1,
	ALIAS_REMOVE_MEMBER = 0x2,
	ALIAS_LIST_MEMBERS = 0x4,
	ALIAS_READ_INFORMATION = 0x8,
	ALIAS_WRITE_ACCOUNT = 0x10,

	USER_READ_GENERAL = 0x1,
	USER_READ_PREFERENCES = 0x2,
	USER_WRITE_PREFERENCES = 0x4,
	USER_READ_LOGON = 0x8,
	USER_READ_ACCOUNT = 0x10,
	USER_WRITE_ACCOUNT = 0x20,
	USER_CHANGE_PASSWORD = 0x40,
	USER_FORCE_PASSWORD_CHANGE = 0x80,
	USER_LIST_GROUPS = 0x100,
	USER_READ_GROUP_INFORMATION = 0x200,
};

/*
 * The object of a handle, which must be of the kind and opened for all the rights.
 * *resultp gets a status otherwise (0 where all is well). PEN_E_FAULT: no such handle.
 */
int pen_samr_get(struct pen_call *call, const struct pen_context_handle *handle,
		 enum pen_samr_kind kind, uint32_t rights, struct pen_samr_object **objectp,
		 int32_t *resultp);

/* The same of any kind. */
int pen_samr_get_any(struct pen_call *call, const struct pen_context_handle *handle,
		     struct pen_samr_object **objectp);

/* A handle for the object, whose granted is what was asked for. */
int pen_samr_open(struct pen_call *call, const struct pen_samr_object *object, uint32_t desired,
		  struct pen_context_handle *handle, int32_t *resultp);

/* The same with rights that somebody else has checked. */
int pen_samr_open_granted(struct pen_call *call, const struct pen_samr_object *object,
			  struct pen_context_handle *handle, int32_t *resultp);

int pen_samr_close(struct pen_call *call, const struct pen_context_handle *given,
		   struct pen_context_handle *handle);

/*
 * A status for what the store or a codec of ours answered, of an object of that kind:
 * PEN_E_NOT_FOUND of a user is STATUS_NO_SUCH_USER.
 */
int32_t pen_samr_status(int r, enum pen_samr_kind kind);

static inline enum pen_account_kind pen_samr_account_kind(enum pen_samr_kind kind)
{
	return kind == PEN_SAMR_USER	? PEN_ACCOUNT_USER
	       : kind == PEN_SAMR_GROUP ? PEN_ACCOUNT_GROUP
					: PEN_ACCOUNT_ALIAS;
}

/* ---- access.c ---- */

/* What of desired the caller gets for an object as it is kept, or by default. A status. */
int32_t pen_samr_check(struct pen_call *call, const struct pen_samr_object *object,
		       uint32_t desired, uint32_t *grantedp);

/* The same for one that is yet to be made, which has the default descriptor. */
int32_t pen_samr_check_new(struct pen_call *call, const struct pen_samr_object *object,
			   uint32_t desired, uint32_t *grantedp);

/* Whether the user may change his password himself. A status. */
int32_t pen_samr_check_self(struct pen_call *call, uint32_t rid);

/* The object's descriptor, in the arena. */
int pen_samr_descriptor(struct pen_call *call, const struct pen_samr_object *object,
			struct pen_descriptor *descriptor);

/* ---- text.c ---- */

/* UTF-8 in the arena; "" for none. PEN_E_SYNTAX: an odd length, or a NUL within. -ENOMEM. */
int pen_samr_text_get(struct pen_arena *arena, const struct dtyp_RPC_UNICODE_STRING *wire,
		      const char **textp);
int pen_samr_text_put(struct pen_arena *arena, const char *text,
		      struct dtyp_RPC_UNICODE_STRING *wire);

/* Bytes that travel as code units. */
int pen_samr_bytes_get(struct pen_arena *arena, const struct dtyp_RPC_UNICODE_STRING *wire,
		       struct pen_slice *bytesp);
int pen_samr_bytes_put(struct pen_arena *arena, struct pen_slice bytes,
		       struct dtyp_RPC_UNICODE_STRING *wire);

/* NULL: no memory. PEN_E_SYNTAX: no SID, or a longer one than there is. */
struct dtyp_RPC_SID *pen_samr_sid_put(struct pen_arena *arena, const struct pen_sid *sid);
int pen_samr_sid_get(const struct dtyp_RPC_SID *wire, struct pen_sid *sid);

static inline struct samr_OLD_LARGE_INTEGER pen_samr_time_put(uint64_t time)
{
	return (struct samr_OLD_LARGE_INTEGER){ (uint32_t)time, (int32_t)(time >> 32) };
}

static inline uint64_t pen_samr_time_get(struct samr_OLD_LARGE_INTEGER time)
{
	return (uint64_t)(uint32_t)time.HighPart << 32 | time.LowPart;
}

/* Durations are negative on the wire, and the longest is none. */
static inline int64_t pen_samr_duration_put(uint64_t duration)
{
	return duration >= PEN_ACCOUNT_NEVER ? INT64_MIN : -(int64_t)duration;
}

static inline uint64_t pen_samr_duration_get(int64_t duration)
{
	return duration == INT64_MIN ? PEN_ACCOUNT_NEVER
				     : (uint64_t)(duration < 0 ? -duration : duration);
}

/* ---- password.c ---- */

/* The session key of the caller's transport, 16 bytes or more. STATUS_NO_USER_SESSION_KEY: it has
 * none. */
int32_t pen_samr_session_key(struct pen_call *call, struct pen_slice *keyp);

/*
 * A password that is to be set in an administrator's way: the policy has been asked for length and
 * complexity, which needs no hash of another. A status. The password is wiped.
 */
int32_t pen_samr_hold_password(struct pen_call *call, uint32_t rid,
			       struct pen_samr_password *password, bool is_expired,
			       struct authority_setting *setting);

/* The same where only the hash is known. */
int32_t pen_samr_hold_hash(struct pen_call *call, uint32_t rid,
			   const uint8_t nt_hash[PEN_SAMR_HASH_SIZE], bool is_expired,
			   struct authority_setting *setting);

/* A password under the session key, in one of three ways. A status. */
int32_t pen_samr_hold_rc4(struct pen_call *call, uint32_t rid,
			  const struct samr_SAMPR_ENCRYPTED_USER_PASSWORD *sealed, bool is_expired,
			  struct authority_setting *setting);
int32_t pen_samr_hold_rc4_new(struct pen_call *call, uint32_t rid,
			      const struct samr_SAMPR_ENCRYPTED_USER_PASSWORD_NEW *sealed,
			      bool is_expired, struct authority_setting *setting);
int32_t pen_samr_hold_aes(struct pen_call *call, uint32_t rid,
			  const struct samr_SAMPR_ENCRYPTED_PASSWORD_AES *sealed, bool is_expired,
			  struct authority_setting *setting);

/* ---- domain.c ---- */
int32_t pen_samr_password_policy(struct pen_call *call,
				 struct samr_DOMAIN_PASSWORD_INFORMATION *policy);

/* ---- the operations, file by file ---- */

#define PEN_SAMR_OPERATION(name, operation)                                                        \
	int pen_samr_##name(struct pen_call *call, const struct samr_##operation##_in *in,         \
			    struct samr_##operation##_out *out)

/* connect.c */
PEN_SAMR_OPERATION(connect, SamrConnect);
PEN_SAMR_OPERATION(connect2, SamrConnect2);
PEN_SAMR_OPERATION(connect3, SamrConnect3);
PEN_SAMR_OPERATION(connect4, SamrConnect4);
PEN_SAMR_OPERATION(connect5, SamrConnect5);
PEN_SAMR_OPERATION(close_handle, SamrCloseHandle);
PEN_SAMR_OPERATION(lookup_domain, SamrLookupDomainInSamServer);
PEN_SAMR_OPERATION(enum_domains, SamrEnumerateDomainsInSamServer);
PEN_SAMR_OPERATION(open_domain, SamrOpenDomain);

/* security.c */
PEN_SAMR_OPERATION(set_security, SamrSetSecurityObject);
PEN_SAMR_OPERATION(query_security, SamrQuerySecurityObject);

/* domain.c */
PEN_SAMR_OPERATION(query_domain, SamrQueryInformationDomain);
PEN_SAMR_OPERATION(query_domain2, SamrQueryInformationDomain2);
PEN_SAMR_OPERATION(set_domain, SamrSetInformationDomain);
PEN_SAMR_OPERATION(user_password_information, SamrGetUserDomainPasswordInformation);
PEN_SAMR_OPERATION(domain_password_information, SamrGetDomainPasswordInformation);

/* account.c */
PEN_SAMR_OPERATION(create_group, SamrCreateGroupInDomain);
PEN_SAMR_OPERATION(create_alias, SamrCreateAliasInDomain);
PEN_SAMR_OPERATION(create_user, SamrCreateUserInDomain);
PEN_SAMR_OPERATION(create_user2, SamrCreateUser2InDomain);
PEN_SAMR_OPERATION(open_group, SamrOpenGroup);
PEN_SAMR_OPERATION(open_alias, SamrOpenAlias);
PEN_SAMR_OPERATION(open_user, SamrOpenUser);
PEN_SAMR_OPERATION(delete_group, SamrDeleteGroup);
PEN_SAMR_OPERATION(delete_alias, SamrDeleteAlias);
PEN_SAMR_OPERATION(delete_user, SamrDeleteUser);

/* lookup.c */
PEN_SAMR_OPERATION(enum_users, SamrEnumerateUsersInDomain);
PEN_SAMR_OPERATION(enum_groups, SamrEnumerateGroupsInDomain);
PEN_SAMR_OPERATION(enum_aliases, SamrEnumerateAliasesInDomain);
PEN_SAMR_OPERATION(lookup_names, SamrLookupNamesInDomain);
PEN_SAMR_OPERATION(lookup_ids, SamrLookupIdsInDomain);
PEN_SAMR_OPERATION(rid_to_sid, SamrRidToSid);

/* group.c */
PEN_SAMR_OPERATION(query_group, SamrQueryInformationGroup);
PEN_SAMR_OPERATION(set_group, SamrSetInformationGroup);
PEN_SAMR_OPERATION(add_member, SamrAddMemberToGroup);
PEN_SAMR_OPERATION(remove_member, SamrRemoveMemberFromGroup);
PEN_SAMR_OPERATION(set_member, SamrSetMemberAttributesOfGroup);
PEN_SAMR_OPERATION(get_members, SamrGetMembersInGroup);
PEN_SAMR_OPERATION(get_groups, SamrGetGroupsForUser);

/* alias.c */
PEN_SAMR_OPERATION(query_alias, SamrQueryInformationAlias);
PEN_SAMR_OPERATION(set_alias, SamrSetInformationAlias);
PEN_SAMR_OPERATION(add_alias_member, SamrAddMemberToAlias);
PEN_SAMR_OPERATION(remove_alias_member, SamrRemoveMemberFromAlias);
PEN_SAMR_OPERATION(add_alias_members, SamrAddMultipleMembersToAlias);
PEN_SAMR_OPERATION(remove_alias_members, SamrRemoveMultipleMembersFromAlias);
PEN_SAMR_OPERATION(get_alias_members, SamrGetMembersInAlias);
PEN_SAMR_OPERATION(get_alias_membership, SamrGetAliasMembership);
PEN_SAMR_OPERATION(remove_foreign_member, SamrRemoveMemberFromForeignDomain);

/* user-info.c, user-set.c */
PEN_SAMR_OPERATION(query_user, SamrQueryInformationUser);
PEN_SAMR_OPERATION(query_user2, SamrQueryInformationUser2);
PEN_SAMR_OPERATION(set_user, SamrSetInformationUser);
PEN_SAMR_OPERATION(set_user2, SamrSetInformationUser2);

/* display.c */
PEN_SAMR_OPERATION(display, SamrQueryDisplayInformation);
PEN_SAMR_OPERATION(display2, SamrQueryDisplayInformation2);
PEN_SAMR_OPERATION(display3, SamrQueryDisplayInformation3);
PEN_SAMR_OPERATION(display_index, SamrGetDisplayEnumerationIndex);
PEN_SAMR_OPERATION(display_index2, SamrGetDisplayEnumerationIndex2);

/* password-change.c */
PEN_SAMR_OPERATION(change_password, SamrChangePasswordUser);
PEN_SAMR_OPERATION(oem_change_password2, SamrOemChangePasswordUser2);
PEN_SAMR_OPERATION(unicode_change_password2, SamrUnicodeChangePasswordUser2);
PEN_SAMR_OPERATION(unicode_change_password3, SamrUnicodeChangePasswordUser3);
PEN_SAMR_OPERATION(unicode_change_password4, SamrUnicodeChangePasswordUser4);
PEN_SAMR_OPERATION(set_dsrm_password, SamrSetDSRMPassword);

/* validate.c */
PEN_SAMR_OPERATION(validate_password, SamrValidatePassword);

#endif
