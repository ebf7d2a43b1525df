/* SPDX-License-Identifier: MIT */
#include "service/lsarpc/state.h"
#include <errno.h>

/* ---- account objects ---- */

int pen_lsarpc_create_account(struct pen_call *call, const struct lsarpc_LsarCreateAccount_in *in,
			      struct lsarpc_LsarCreateAccount_out *out)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_lsarpc_object object = { .kind = PEN_LSARPC_ACCOUNT };
	struct pen_lsa_account account = { 0 };
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_CREATE_ACCOUNT, &out->result);

	if (r || out->result)
		return r;
	if (!pen_lsarpc_sid_get(&in->AccountSid, &object.sid)) {
		out->result = PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	account.sid = object.sid;
	out->result = pen_lsarpc_status(pen_lsa_add_account(accounts, &account));
	if (out->result)
		return 0;
	return pen_lsarpc_open(call, &object, account.security, in->DesiredAccess,
			       &out->AccountHandle, &out->result);
}

int pen_lsarpc_open_account(struct pen_call *call, const struct lsarpc_LsarOpenAccount_in *in,
			    struct lsarpc_LsarOpenAccount_out *out)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_lsarpc_object object = { .kind = PEN_LSARPC_ACCOUNT };
	struct pen_lsa_account account;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, 0, &out->result);

	if (r || out->result)
		return r;
	if (!pen_lsarpc_sid_get(&in->AccountSid, &object.sid)) {
		out->result = PEN_STATUS_INVALID_PARAMETER;
		return 0;
	}
	out->result = pen_lsarpc_status(
		pen_lsa_get_account(accounts, &object.sid, pen_call_arena(call), &account));
	if (out->result)
		return 0;
	return pen_lsarpc_open(call, &object, account.security, in->DesiredAccess,
			       &out->AccountHandle, &out->result);
}

/* Those of the rows whose rights the filter has some of (all: whatever they have). */
static int put_accounts(struct pen_call *call, const struct pen_lsa_account *rows, size_t n,
			const struct pen_lsa_account *filter,
			struct lsarpc_LSAPR_ACCOUNT_ENUM_BUFFER *buffer)
{
	int r = 0;

	buffer->Information =
		pen_arena_array(pen_call_arena(call), n + 1, sizeof(*buffer->Information));
	if (!buffer->Information)
		return -ENOMEM;
	for (size_t i = 0; !r && i < n; i++)
		if (!filter || rows[i].privileges & filter->privileges ||
		    rows[i].system_access & filter->system_access)
			r = pen_lsarpc_sid_new(call, &rows[i].sid,
					       &buffer->Information[buffer->EntriesRead++].Sid);
	return r;
}

int pen_lsarpc_enumerate_accounts(struct pen_call *call,
				  const struct lsarpc_LsarEnumerateAccounts_in *in,
				  struct lsarpc_LsarEnumerateAccounts_out *out)
{
	size_t first = in->EnumerationContext, n = 0, room;
	struct pen_lsa_account *rows;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_VIEW_LOCAL, &out->result);

	out->EnumerationContext = in->EnumerationContext;
	if (r || out->result)
		return r;
	out->result = pen_lsarpc_status(pen_lsa_list_accounts(pen_lsarpc_of(call)->accounts,
							      pen_call_arena(call), &rows, &n));
	if (!out->result && first >= n)
		out->result = PEN_STATUS_NO_MORE_ENTRIES;
	if (out->result)
		return 0;
	/* How much room a row takes is the server's to say: clients mean rows. */
	room = in->PreferedMaximumLength ? in->PreferedMaximumLength : 1;
	if (n - first > room) {
		n = first + room;
		out->result = PEN_STATUS_MORE_ENTRIES;
	}
	out->EnumerationContext = (uint32_t)n;
	return put_accounts(call, rows + first, n - first, NULL, &out->EnumerationBuffer);
}

/* ---- an account's privileges and access, by its handle ---- */

/* The account that a handle stands for, in a transaction that end_account ends. */
static int begin_account(struct pen_call *call, const struct pen_context_handle *handle,
			 uint32_t rights, struct pen_lsa_account *account, uint32_t *statusp)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_lsarpc_object *object;
	int r = pen_lsarpc_find(call, handle, PEN_LSARPC_ACCOUNT, rights, &object, statusp);

	if (r || *statusp)
		return r;
	*statusp = pen_lsarpc_status(pen_accounts_begin(accounts));
	if (*statusp)
		return 0;
	r = pen_lsa_get_account(accounts, &object->sid, pen_call_arena(call), account);
	if (r)
		*statusp = pen_lsarpc_stale(pen_accounts_end(accounts, r));
	return 0;
}

/* Keeps the account, if all went well so far. */
static void end_account(struct pen_call *call, const struct pen_lsa_account *account,
			uint32_t *statusp)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	int r;

	if (*statusp) {
		pen_accounts_end(accounts, -ECANCELED);
		return;
	}
	r = pen_accounts_end(accounts, pen_lsa_set_account(accounts, account));
	*statusp = pen_lsarpc_status(r);
}

static int read_account(struct pen_call *call, const struct pen_context_handle *handle,
			struct pen_lsa_account *account, uint32_t *statusp)
{
	struct pen_lsarpc_object *object;
	int r = pen_lsarpc_find(call, handle, PEN_LSARPC_ACCOUNT, PEN_LSARPC_ACCOUNT_VIEW, &object,
				statusp);

	if (!r && !*statusp)
		*statusp = pen_lsarpc_stale(pen_lsa_get_account(pen_lsarpc_of(call)->accounts,
								&object->sid, pen_call_arena(call),
								account));
	return r;
}

int pen_lsarpc_privileges_of_account(struct pen_call *call,
				     const struct lsarpc_LsarEnumeratePrivilegesAccount_in *in,
				     struct lsarpc_LsarEnumeratePrivilegesAccount_out *out)
{
	struct lsarpc_LSAPR_PRIVILEGE_SET *set;
	struct pen_lsa_account account;
	int r = read_account(call, &in->AccountHandle, &account, &out->result);

	if (r || out->result)
		return r;
	set = pen_arena_zalloc(pen_call_arena(call), sizeof(*set));
	if (!set)
		return -ENOMEM;
	set->Privilege = pen_arena_array(pen_call_arena(call), pen_lsarpc_n_privileges,
					 sizeof(*set->Privilege));
	if (!set->Privilege)
		return -ENOMEM;
	for (size_t i = 0; i < pen_lsarpc_n_privileges; i++)
		if (account.privileges & PEN_PRIVILEGE(pen_lsarpc_privileges[i].number))
			set->Privilege[set->PrivilegeCount++].Luid.LowPart =
				pen_lsarpc_privileges[i].number;
	out->Privileges = set;
	return 0;
}

/* False: some of them there are not. */
static bool mask_of(const struct lsarpc_LSAPR_PRIVILEGE_SET *set, uint64_t *maskp)
{
	*maskp = 0;
	for (uint32_t i = 0; i < set->PrivilegeCount; i++) {
		const struct dtyp_LUID *luid = &set->Privilege[i].Luid;

		if (luid->HighPart || luid->LowPart > 63 ||
		    !(pen_lsarpc_all_privileges & PEN_PRIVILEGE(luid->LowPart)))
			return false;
		*maskp |= PEN_PRIVILEGE(luid->LowPart);
	}
	return true;
}

int pen_lsarpc_add_privileges(struct pen_call *call,
			      const struct lsarpc_LsarAddPrivilegesToAccount_in *in,
			      struct lsarpc_LsarAddPrivilegesToAccount_out *out)
{
	struct pen_lsa_account account;
	uint64_t mask;
	int r = begin_account(call, &in->AccountHandle, PEN_LSARPC_ACCOUNT_PRIVILEGES, &account,
			      &out->result);

	if (r || out->result)
		return r;
	if (mask_of(&in->Privileges, &mask))
		account.privileges |= mask;
	else
		out->result = PEN_STATUS_NO_SUCH_PRIVILEGE;
	end_account(call, &account, &out->result);
	return 0;
}

int pen_lsarpc_remove_privileges(struct pen_call *call,
				 const struct lsarpc_LsarRemovePrivilegesFromAccount_in *in,
				 struct lsarpc_LsarRemovePrivilegesFromAccount_out *out)
{
	struct pen_lsa_account account;
	uint64_t mask = UINT64_MAX;
	int r = begin_account(call, &in->AccountHandle, PEN_LSARPC_ACCOUNT_PRIVILEGES, &account,
			      &out->result);

	if (r || out->result)
		return r;
	if (!in->AllPrivileges == !in->Privileges)
		out->result = PEN_STATUS_INVALID_PARAMETER;
	else if (in->Privileges && !mask_of(in->Privileges, &mask))
		out->result = PEN_STATUS_NO_SUCH_PRIVILEGE;
	account.privileges &= ~mask;
	end_account(call, &account, &out->result);
	return 0;
}

int pen_lsarpc_get_system_access(struct pen_call *call,
				 const struct lsarpc_LsarGetSystemAccessAccount_in *in,
				 struct lsarpc_LsarGetSystemAccessAccount_out *out)
{
	struct pen_lsa_account account;
	int r = read_account(call, &in->AccountHandle, &account, &out->result);

	if (!r && !out->result)
		out->SystemAccess = account.system_access;
	return r;
}

int pen_lsarpc_set_system_access(struct pen_call *call,
				 const struct lsarpc_LsarSetSystemAccessAccount_in *in,
				 struct lsarpc_LsarSetSystemAccessAccount_out *out)
{
	struct pen_lsa_account account;
	int r = begin_account(call, &in->AccountHandle, PEN_LSARPC_ACCOUNT_ACCESS, &account,
			      &out->result);

	if (r || out->result)
		return r;
	if (in->SystemAccess & ~PEN_LSA_LOGON_ALL)
		out->result = PEN_STATUS_INVALID_PARAMETER;
	account.system_access = in->SystemAccess;
	end_account(call, &account, &out->result);
	return 0;
}

/* ---- rights by name, without a handle of the account ---- */

int pen_lsarpc_accounts_with_right(struct pen_call *call,
				   const struct lsarpc_LsarEnumerateAccountsWithUserRight_in *in,
				   struct lsarpc_LsarEnumerateAccountsWithUserRight_out *out)
{
	struct pen_lsa_account filter = { 0 }, *rows;
	const char *name;
	size_t n = 0;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_VIEW_LOCAL, &out->result);

	if (r || out->result)
		return r;
	r = in->UserRight ? pen_lsarpc_text_get(call, in->UserRight, &name) : 0;
	if (r < 0)
		return r;
	if (r || (in->UserRight &&
		  !pen_lsarpc_right_named(name, &filter.privileges, &filter.system_access))) {
		out->result = PEN_STATUS_NO_SUCH_PRIVILEGE;
		return 0;
	}
	r = pen_lsa_list_accounts(pen_lsarpc_of(call)->accounts, pen_call_arena(call), &rows, &n);
	if (!r)
		r = put_accounts(call, rows, n, in->UserRight ? &filter : NULL,
				 &out->EnumerationBuffer);
	out->result = pen_lsarpc_status(r);
	if (!r && !out->EnumerationBuffer.EntriesRead)
		out->result = PEN_STATUS_NO_MORE_ENTRIES;
	return 0;
}

static int put_rights(struct pen_call *call, const struct pen_lsa_account *account,
		      struct lsarpc_LSAPR_USER_RIGHT_SET *set)
{
	int r = 0;

	set->UserRights = pen_arena_array(pen_call_arena(call),
					  pen_lsarpc_n_privileges + pen_lsarpc_n_logon_rights,
					  sizeof(*set->UserRights));
	if (!set->UserRights)
		return -ENOMEM;
	for (size_t i = 0; !r && i < pen_lsarpc_n_privileges; i++)
		if (account->privileges & PEN_PRIVILEGE(pen_lsarpc_privileges[i].number))
			r = pen_lsarpc_text_put(call, pen_lsarpc_privileges[i].name,
						&set->UserRights[set->Entries++]);
	for (size_t i = 0; !r && i < pen_lsarpc_n_logon_rights; i++)
		if (account->system_access & pen_lsarpc_logon_rights[i].bit)
			r = pen_lsarpc_text_put(call, pen_lsarpc_logon_rights[i].name,
						&set->UserRights[set->Entries++]);
	return r;
}

/* The account of a SID, if the caller may do that with it. */
static uint32_t account_for(struct pen_call *call, const struct dtyp_RPC_SID *wire, uint32_t rights,
			    struct pen_lsa_account *account)
{
	struct pen_sid sid;
	uint32_t granted;
	int r;

	if (!pen_lsarpc_sid_get(wire, &sid))
		return PEN_STATUS_INVALID_PARAMETER;
	*account = (struct pen_lsa_account){ .sid = sid };
	r = pen_lsa_get_account(pen_lsarpc_of(call)->accounts, &sid, pen_call_arena(call), account);
	if (r)
		return pen_lsarpc_status(r);
	return pen_lsarpc_check_access(call, PEN_LSARPC_ACCOUNT, account->security, rights,
				       &granted);
}

int pen_lsarpc_rights_of_account(struct pen_call *call,
				 const struct lsarpc_LsarEnumerateAccountRights_in *in,
				 struct lsarpc_LsarEnumerateAccountRights_out *out)
{
	struct pen_lsa_account account;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, 0, &out->result);

	if (r || out->result)
		return r;
	out->result = account_for(call, &in->AccountSid, PEN_LSARPC_ACCOUNT_VIEW, &account);
	return out->result ? 0 : put_rights(call, &account, &out->UserRights);
}

/* What the names mean together. */
static uint32_t rights_get(struct pen_call *call, const struct lsarpc_LSAPR_USER_RIGHT_SET *set,
			   struct pen_lsa_account *rights)
{
	*rights = (struct pen_lsa_account){ 0 };
	if (set->Entries && !set->UserRights)
		return PEN_STATUS_INVALID_PARAMETER;
	for (uint32_t i = 0; i < set->Entries; i++) {
		const char *name = "";
		int r = pen_lsarpc_text_get(call, &set->UserRights[i], &name);

		if (r < 0)
			return pen_lsarpc_status(r);
		if (r || !pen_lsarpc_right_named(name, &rights->privileges, &rights->system_access))
			return PEN_STATUS_NO_SUCH_PRIVILEGE;
	}
	return 0;
}

#define ADJUST (PEN_LSARPC_ACCOUNT_VIEW | PEN_LSARPC_ACCOUNT_PRIVILEGES | PEN_LSARPC_ACCOUNT_ACCESS)

static uint32_t add_rights(struct pen_call *call, const struct lsarpc_LsarAddAccountRights_in *in,
			   const struct pen_lsa_account *rights)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_lsa_account account;
	uint32_t status = account_for(call, &in->AccountSid, ADJUST, &account);
	bool is_new = status == PEN_STATUS_OBJECT_NAME_NOT_FOUND;
	int r;

	if (is_new) {
		r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_CREATE_ACCOUNT, &status);
		if (r)
			return pen_lsarpc_status(r);
	}
	if (status)
		return status;
	account.privileges |= rights->privileges;
	account.system_access |= rights->system_access;
	return pen_lsarpc_status(is_new ? pen_lsa_add_account(accounts, &account)
					: pen_lsa_set_account(accounts, &account));
}

static uint32_t remove_rights(struct pen_call *call,
			      const struct lsarpc_LsarRemoveAccountRights_in *in,
			      const struct pen_lsa_account *rights)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_lsa_account account;
	uint32_t status = account_for(call, &in->AccountSid,
				      ADJUST | (in->AllRights ? PEN_ACCESS_DELETE : 0), &account);

	if (status)
		return status;
	account.privileges &= in->AllRights ? 0 : ~rights->privileges;
	account.system_access &= in->AllRights ? 0 : ~rights->system_access;
	/* Who has no right left is no account any more. */
	if (!account.privileges && !account.system_access)
		return pen_lsarpc_status(pen_lsa_remove_account(accounts, &account.sid));
	return pen_lsarpc_status(pen_lsa_set_account(accounts, &account));
}

/* Ends the transaction so that what failed is not kept. */
static uint32_t end(struct pen_accounts *accounts, uint32_t status)
{
	int r = pen_accounts_end(accounts, status ? -ECANCELED : 0);

	return status ? status : pen_lsarpc_status(r);
}

int pen_lsarpc_add_rights(struct pen_call *call, const struct lsarpc_LsarAddAccountRights_in *in,
			  struct lsarpc_LsarAddAccountRights_out *out)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_lsa_account rights;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, 0, &out->result);

	if (r || out->result)
		return r;
	out->result = rights_get(call, &in->UserRights, &rights);
	if (!out->result)
		out->result = pen_lsarpc_status(pen_accounts_begin(accounts));
	if (!out->result)
		out->result = end(accounts, add_rights(call, in, &rights));
	return 0;
}

int pen_lsarpc_remove_rights(struct pen_call *call,
			     const struct lsarpc_LsarRemoveAccountRights_in *in,
			     struct lsarpc_LsarRemoveAccountRights_out *out)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_lsa_account rights;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, 0, &out->result);

	if (r || out->result)
		return r;
	out->result = rights_get(call, &in->UserRights, &rights);
	if (!out->result)
		out->result = pen_lsarpc_status(pen_accounts_begin(accounts));
	if (!out->result)
		out->result = end(accounts, remove_rights(call, in, &rights));
	return 0;
}
