/* SPDX-License-Identifier: MIT */
/* Users, groups and aliases come, are opened, and go [MS-SAMR 3.1.5.1, 3.1.5.4, 3.1.5.7]. */
#include "base/utf16.h"
#include "service/samr/state.h"
#include <errno.h>
#include <string.h>

enum { USER_NAME_MAX = 20, GROUP_NAME_MAX = 256 };

/* What a machine account's creator may do with it, without being an administrator. */
enum { OF_MACHINES_CREATOR = 0x000e00b0 | 0x00010000 };

/* ---- creating ---- */

/*
 * A name that an account may have [3.1.1.8.4]: of so many characters, without those that
 * mean something elsewhere, and not ending in a dot or made of spaces.
 */
static bool is_name(const char *name, size_t max)
{
	size_t n = strlen(name);

	if (!n || pen_utf16_count(name, n) > max || name[n - 1] == '.' || strspn(name, " .") == n ||
	    strpbrk(name, "\"/\\[]:|<>+=;?*,"))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ')
			return false;
	return true;
}

/* The domain to create in, and the name. */
static int create_begin(struct pen_call *call, const struct pen_context_handle *handle,
			uint32_t right, const struct dtyp_RPC_UNICODE_STRING *wire, size_t max,
			struct pen_samr_object **domainp, const char **namep, int32_t *resultp)
{
	int r = pen_samr_get(call, handle, PEN_SAMR_DOMAIN, right, domainp, resultp);

	if (r || *resultp)
		return r;
	if ((*domainp)->domain != PEN_ACCOUNT_MACHINE) {
		*resultp = (int32_t)PEN_STATUS_ACCESS_DENIED;
		return 0;
	}
	r = pen_samr_text_get(pen_call_arena(call), wire, namep);
	if (r == PEN_E_SYNTAX || (!r && !is_name(*namep, max)))
		*resultp = (int32_t)PEN_STATUS_INVALID_ACCOUNT_NAME;
	return r == PEN_E_SYNTAX ? 0 : r;
}

/* One name is one account: what it is, the status says. */
static int32_t taken(struct pen_call *call, int r, const char *name, enum pen_samr_kind kind)
{
	struct pen_account other;

	if (r != PEN_E_EXISTS ||
	    pen_accounts_find_any(pen_samr_of(call)->accounts, name, NULL, &other))
		return pen_samr_status(r, kind);
	return pen_samr_status(r, other.kind == PEN_ACCOUNT_USER    ? PEN_SAMR_USER
				  : other.kind == PEN_ACCOUNT_GROUP ? PEN_SAMR_GROUP
								    : PEN_SAMR_ALIAS);
}

static int create_group_or_alias(struct pen_call *call, enum pen_samr_kind kind,
				 const struct pen_context_handle *handle,
				 const struct dtyp_RPC_UNICODE_STRING *wire, uint32_t desired,
				 struct pen_context_handle *made, uint32_t *ridp, int32_t *resultp)
{
	bool is_group = kind == PEN_SAMR_GROUP;
	struct pen_account_group group = { .domain = PEN_ACCOUNT_MACHINE,
					   .kind = pen_samr_account_kind(kind) };
	struct pen_samr_object *domain, object = { .kind = kind };
	uint32_t right = is_group ? DOMAIN_CREATE_GROUP : DOMAIN_CREATE_ALIAS;
	int r = create_begin(call, handle, right, wire, GROUP_NAME_MAX, &domain, &group.name,
			     resultp);

	if (r || *resultp)
		return r;
	*resultp = pen_samr_check_new(call, &object, desired, &object.granted);
	if (*resultp)
		return 0;
	r = pen_accounts_add_group(pen_samr_of(call)->accounts, &group, &object.rid);
	*resultp = taken(call, r, group.name, kind);
	if (*resultp)
		return 0;
	*ridp = object.rid;
	return pen_samr_open_granted(call, &object, made, resultp);
}

int pen_samr_create_group(struct pen_call *call, const struct samr_SamrCreateGroupInDomain_in *in,
			  struct samr_SamrCreateGroupInDomain_out *out)
{
	return create_group_or_alias(call, PEN_SAMR_GROUP, &in->DomainHandle, &in->Name,
				     in->DesiredAccess, &out->GroupHandle, &out->RelativeId,
				     &out->result);
}

int pen_samr_create_alias(struct pen_call *call, const struct samr_SamrCreateAliasInDomain_in *in,
			  struct samr_SamrCreateAliasInDomain_out *out)
{
	return create_group_or_alias(call, PEN_SAMR_ALIAS, &in->DomainHandle, &in->AccountName,
				     in->DesiredAccess, &out->AliasHandle, &out->RelativeId,
				     &out->result);
}

/*
 * Who may add machines to the domain may do so without the right to create users, and
 * then may do no more with the account than set it up [3.1.5.4.4].
 */
static int32_t create_user_check(struct pen_call *call, const struct pen_samr_object *domain,
				 uint32_t type, uint32_t desired, struct pen_samr_object *user)
{
	if (domain->granted & DOMAIN_CREATE_USER)
		return pen_samr_check_new(call, user, desired, &user->granted);
	if (type != PEN_ACCOUNT_WORKSTATION_TRUST ||
	    !pen_token_has_privilege(pen_call_token(call), PEN_PRIVILEGE_MACHINE_ACCOUNT))
		return (int32_t)PEN_STATUS_ACCESS_DENIED;
	user->granted = OF_MACHINES_CREATOR;
	return 0;
}

static int32_t type_status(uint32_t type)
{
	switch (type) {
	case PEN_ACCOUNT_NORMAL:
	case PEN_ACCOUNT_WORKSTATION_TRUST:
	case PEN_ACCOUNT_SERVER_TRUST:
		return 0;
	case PEN_ACCOUNT_INTERDOMAIN_TRUST: /* made through LSA only */
		return (int32_t)PEN_STATUS_ACCESS_DENIED;
	}
	return (int32_t)PEN_STATUS_INVALID_PARAMETER;
}

int pen_samr_create_user2(struct pen_call *call, const struct samr_SamrCreateUser2InDomain_in *in,
			  struct samr_SamrCreateUser2InDomain_out *out)
{
	struct pen_account_user account = {
		.control =
			in->AccountType | PEN_ACCOUNT_DISABLED |
			(in->AccountType == PEN_ACCOUNT_NORMAL ? PEN_ACCOUNT_PASSWORD_NOT_REQUIRED
							       : 0),
		.created = pen_samr_now(call),
	};
	struct pen_samr_object *domain, user = { .kind = PEN_SAMR_USER };
	size_t max = in->AccountType == PEN_ACCOUNT_NORMAL ? USER_NAME_MAX : GROUP_NAME_MAX;
	int r;

	out->result = type_status(in->AccountType);
	if (out->result)
		return 0;
	r = create_begin(call, &in->DomainHandle, 0, &in->Name, max, &domain, &account.name,
			 &out->result);
	if (r || out->result)
		return r;
	out->result = create_user_check(call, domain, in->AccountType, in->DesiredAccess, &user);
	if (out->result)
		return 0;
	r = pen_accounts_add_user(pen_samr_of(call)->accounts, &account, &user.rid);
	out->result = taken(call, r, account.name, PEN_SAMR_USER);
	if (out->result)
		return 0;
	out->RelativeId = user.rid;
	out->GrantedAccess = user.granted;
	return pen_samr_open_granted(call, &user, &out->UserHandle, &out->result);
}

int pen_samr_create_user(struct pen_call *call, const struct samr_SamrCreateUserInDomain_in *in,
			 struct samr_SamrCreateUserInDomain_out *out)
{
	const struct samr_SamrCreateUser2InDomain_in in2 = { in->DomainHandle, in->Name,
							     PEN_ACCOUNT_NORMAL,
							     in->DesiredAccess };
	struct samr_SamrCreateUser2InDomain_out out2 = { .result = 0 };
	int r = pen_samr_create_user2(call, &in2, &out2);

	out->UserHandle = out2.UserHandle;
	out->RelativeId = out2.RelativeId;
	out->result = out2.result;
	return r;
}

/* ---- opening ---- */

static int open_account(struct pen_call *call, enum pen_samr_kind kind,
			const struct pen_context_handle *handle, uint32_t desired, uint32_t rid,
			struct pen_context_handle *opened, int32_t *resultp)
{
	struct pen_samr_object *domain, object = { .kind = kind, .rid = rid };
	struct pen_account account;
	int r = pen_samr_get(call, handle, PEN_SAMR_DOMAIN, DOMAIN_LOOKUP, &domain, resultp);

	if (r || *resultp)
		return r;
	object.domain = domain->domain;
	r = pen_accounts_find_rid(pen_samr_of(call)->accounts, domain->domain, rid, NULL, &account);
	if (!r && account.kind != pen_samr_account_kind(kind))
		r = PEN_E_NOT_FOUND;
	*resultp = pen_samr_status(r, kind);
	return *resultp ? 0 : pen_samr_open(call, &object, desired, opened, resultp);
}

int pen_samr_open_group(struct pen_call *call, const struct samr_SamrOpenGroup_in *in,
			struct samr_SamrOpenGroup_out *out)
{
	return open_account(call, PEN_SAMR_GROUP, &in->DomainHandle, in->DesiredAccess, in->GroupId,
			    &out->GroupHandle, &out->result);
}

int pen_samr_open_alias(struct pen_call *call, const struct samr_SamrOpenAlias_in *in,
			struct samr_SamrOpenAlias_out *out)
{
	return open_account(call, PEN_SAMR_ALIAS, &in->DomainHandle, in->DesiredAccess, in->AliasId,
			    &out->AliasHandle, &out->result);
}

int pen_samr_open_user(struct pen_call *call, const struct samr_SamrOpenUser_in *in,
		       struct samr_SamrOpenUser_out *out)
{
	return open_account(call, PEN_SAMR_USER, &in->DomainHandle, in->DesiredAccess, in->UserId,
			    &out->UserHandle, &out->result);
}

/* ---- deleting ---- */

/* A group that is anybody's primary group has members that can't leave it. */
static int32_t in_use(struct pen_call *call, const struct pen_samr_object *object)
{
	struct pen_account_member *members;
	size_t n = 0;

	if (object->kind != PEN_SAMR_GROUP || object->rid < PEN_ACCOUNT_FIRST_RID ||
	    pen_accounts_members(pen_samr_of(call)->accounts, object->rid, pen_call_arena(call),
				 &members, &n))
		return 0;
	return n ? (int32_t)PEN_STATUS_MEMBER_IN_GROUP : 0;
}

/* The handle is closed where the account is gone, and stays where it is not. */
static int delete_account(struct pen_call *call, enum pen_samr_kind kind,
			  const struct pen_context_handle *given, struct pen_context_handle *handle,
			  int32_t *resultp)
{
	struct pen_samr_object *object;
	int r = pen_samr_get(call, given, kind, PEN_ACCESS_DELETE, &object, resultp);

	*handle = *given;
	if (r || *resultp)
		return r;
	*resultp = in_use(call, object);
	if (*resultp)
		return 0;
	r = pen_accounts_remove(pen_samr_of(call)->accounts, object->domain, object->rid);
	*resultp = pen_samr_status(r, kind);
	return *resultp ? 0 : pen_samr_close(call, given, handle);
}

int pen_samr_delete_group(struct pen_call *call, const struct samr_SamrDeleteGroup_in *in,
			  struct samr_SamrDeleteGroup_out *out)
{
	return delete_account(call, PEN_SAMR_GROUP, &in->GroupHandle, &out->GroupHandle,
			      &out->result);
}

int pen_samr_delete_alias(struct pen_call *call, const struct samr_SamrDeleteAlias_in *in,
			  struct samr_SamrDeleteAlias_out *out)
{
	return delete_account(call, PEN_SAMR_ALIAS, &in->AliasHandle, &out->AliasHandle,
			      &out->result);
}

int pen_samr_delete_user(struct pen_call *call, const struct samr_SamrDeleteUser_in *in,
			 struct samr_SamrDeleteUser_out *out)
{
	return delete_account(call, PEN_SAMR_USER, &in->UserHandle, &out->UserHandle, &out->result);
}
