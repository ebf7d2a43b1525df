/* SPDX-License-Identifier: MIT */
/* What is said of a domain, and its policy [MS-SAMR 3.1.5.5.1, 3.1.5.6.1, 3.1.5.13]. */
#include "base/utf16.h"
#include "service/samr/state.h"
#include <errno.h>

/* PasswordProperties that are kept [2.2.3.5]. */
enum { PASSWORD_PROPERTIES = 0x3f, MINIMUM_LENGTH_MAX = 1024 };

/* ---- reading ---- */

/* What is needed to fill in any level. */
struct state {
	struct pen_account_policy policy;
	size_t n[3]; /* users, groups, aliases */
};

static int state_read(struct pen_call *call, enum pen_account_domain domain, struct state *state)
{
	static const enum pen_account_kind kinds[] = { PEN_ACCOUNT_USER, PEN_ACCOUNT_GROUP,
						       PEN_ACCOUNT_ALIAS };
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	int r = pen_accounts_get_policy(accounts, domain, pen_call_arena(call), &state->policy);

	for (size_t i = 0; !r && i < PEN_COUNT(kinds); i++) {
		bool has_groups = kinds[i] == PEN_ACCOUNT_GROUP; /* as display.c has them */
		const struct pen_account_filter filter = {
			.domain = has_groups ? PEN_ACCOUNT_MACHINE : domain,
			.kind = kinds[i],
		};

		r = pen_accounts_count(accounts, &filter, &state->n[i]);
	}
	return r;
}

static struct samr_OLD_LARGE_INTEGER put_duration(uint64_t duration)
{
	return pen_samr_time_put((uint64_t)pen_samr_duration_put(duration));
}

static struct samr_DOMAIN_PASSWORD_INFORMATION password_information(
	const struct pen_account_policy *policy)
{
	return (struct samr_DOMAIN_PASSWORD_INFORMATION){
		.MinPasswordLength = (uint16_t)policy->min_password_length,
		.PasswordHistoryLength = (uint16_t)policy->password_history,
		.PasswordProperties = policy->password_properties,
		.MaxPasswordAge = put_duration(policy->max_password_age),
		.MinPasswordAge = put_duration(policy->min_password_age),
	};
}

static int fill_general(struct pen_arena *arena, const struct state *state,
			struct samr_SAMPR_DOMAIN_GENERAL_INFORMATION *general)
{
	int r = pen_samr_text_put(arena, state->policy.comment, &general->OemInformation);

	if (!r)
		r = pen_samr_text_put(arena, state->policy.name, &general->DomainName);
	if (!r)
		r = pen_samr_text_put(arena, state->policy.replica,
				      &general->ReplicaSourceNodeName);
	general->ForceLogoff = put_duration(state->policy.force_logoff);
	general->DomainModifiedCount = pen_samr_time_put(state->policy.n_changes);
	general->DomainServerState = samr_DomainServerEnabled;
	general->DomainServerRole = samr_DomainServerRolePrimary;
	general->UasCompatibilityRequired = 1;
	general->UserCount = (uint32_t)state->n[0];
	general->GroupCount = (uint32_t)state->n[1];
	general->AliasCount = (uint32_t)state->n[2];
	return r;
}

static struct samr_SAMPR_DOMAIN_LOCKOUT_INFORMATION lockout_information(
	const struct pen_account_policy *policy)
{
	return (struct samr_SAMPR_DOMAIN_LOCKOUT_INFORMATION){
		.LockoutDuration.QuadPart = pen_samr_duration_put(policy->lockout_duration),
		.LockoutObservationWindow.QuadPart = pen_samr_duration_put(policy->lockout_window),
		.LockoutThreshold = (uint16_t)policy->lockout_threshold,
	};
}

static int fill(struct pen_arena *arena, const struct state *state,
		enum samr_DOMAIN_INFORMATION_CLASS level,
		union samr_SAMPR_DOMAIN_INFO_BUFFER *buffer)
{
	const struct pen_account_policy *policy = &state->policy;
	struct samr_SAMPR_DOMAIN_LOCKOUT_INFORMATION lockout = lockout_information(policy);
	struct samr_OLD_LARGE_INTEGER count = pen_samr_time_put(policy->n_changes);
	struct samr_OLD_LARGE_INTEGER created = pen_samr_time_put(policy->created);

	switch (level) {
	case samr_DomainPasswordInformation:
		buffer->Password = password_information(policy);
		return 0;
	case samr_DomainGeneralInformation:
		return fill_general(arena, state, &buffer->General);
	case samr_DomainLogoffInformation:
		buffer->Logoff.ForceLogoff = put_duration(policy->force_logoff);
		return 0;
	case samr_DomainOemInformation:
		return pen_samr_text_put(arena, policy->comment, &buffer->Oem.OemInformation);
	case samr_DomainNameInformation:
		return pen_samr_text_put(arena, policy->name, &buffer->Name.DomainName);
	case samr_DomainReplicationInformation:
		return pen_samr_text_put(arena, policy->replica,
					 &buffer->Replication.ReplicaSourceNodeName);
	case samr_DomainServerRoleInformation:
		buffer->Role.DomainServerRole = samr_DomainServerRolePrimary;
		return 0;
	case samr_DomainModifiedInformation:
		buffer->Modified.DomainModifiedCount = count;
		buffer->Modified.CreationTime = created;
		return 0;
	case samr_DomainStateInformation:
		buffer->State.DomainServerState = samr_DomainServerEnabled;
		return 0;
	case samr_DomainGeneralInformation2:
		buffer->General2.LockoutDuration = lockout.LockoutDuration;
		buffer->General2.LockoutObservationWindow = lockout.LockoutObservationWindow;
		buffer->General2.LockoutThreshold = lockout.LockoutThreshold;
		return fill_general(arena, state, &buffer->General2.I1);
	case samr_DomainLockoutInformation:
		buffer->Lockout = lockout;
		return 0;
	case samr_DomainModifiedInformation2:
		buffer->Modified2.DomainModifiedCount = count;
		buffer->Modified2.CreationTime = created;
		return 0;
	}
	return PEN_E_NOT_FOUND;
}

/* What a level needs to be read; 0: there is no such level. */
static uint32_t rights_to_read(enum samr_DOMAIN_INFORMATION_CLASS level)
{
	switch (level) {
	case samr_DomainPasswordInformation:
	case samr_DomainLockoutInformation:
		return DOMAIN_READ_PASSWORD_PARAMETERS;
	case samr_DomainGeneralInformation2:
		return DOMAIN_READ_PASSWORD_PARAMETERS | DOMAIN_READ_OTHER_PARAMETERS;
	case samr_DomainGeneralInformation:
	case samr_DomainLogoffInformation:
	case samr_DomainOemInformation:
	case samr_DomainNameInformation:
	case samr_DomainReplicationInformation:
	case samr_DomainServerRoleInformation:
	case samr_DomainModifiedInformation:
	case samr_DomainStateInformation:
	case samr_DomainModifiedInformation2:
		return DOMAIN_READ_OTHER_PARAMETERS;
	}
	return 0;
}

int pen_samr_query_domain2(struct pen_call *call,
			   const struct samr_SamrQueryInformationDomain2_in *in,
			   struct samr_SamrQueryInformationDomain2_out *out)
{
	uint32_t rights = rights_to_read(in->DomainInformationClass);
	union samr_SAMPR_DOMAIN_INFO_BUFFER *buffer;
	struct pen_samr_object *domain;
	struct state state;
	int r = pen_samr_get(call, &in->DomainHandle, PEN_SAMR_DOMAIN, rights, &domain,
			     &out->result);

	if (!r && !out->result && !rights)
		out->result = (int32_t)PEN_STATUS_INVALID_INFO_CLASS;
	if (r || out->result)
		return r;
	buffer = pen_arena_zalloc(pen_call_arena(call), sizeof(*buffer));
	r = buffer ? state_read(call, domain->domain, &state) : -ENOMEM;
	if (!r)
		r = fill(pen_call_arena(call), &state, in->DomainInformationClass, buffer);
	out->result = pen_samr_status(r, PEN_SAMR_DOMAIN);
	out->Buffer = r ? NULL : buffer;
	return 0;
}

int pen_samr_query_domain(struct pen_call *call,
			  const struct samr_SamrQueryInformationDomain_in *in,
			  struct samr_SamrQueryInformationDomain_out *out)
{
	const struct samr_SamrQueryInformationDomain2_in in2 = { in->DomainHandle,
								 in->DomainInformationClass };
	struct samr_SamrQueryInformationDomain2_out out2 = { 0 };
	int r = pen_samr_query_domain2(call, &in2, &out2);

	out->Buffer = out2.Buffer;
	out->result = out2.result;
	return r;
}

/* ---- setting ---- */

static uint64_t get_duration(struct samr_OLD_LARGE_INTEGER wire)
{
	return pen_samr_duration_get((int64_t)pen_samr_time_get(wire));
}

static int set_password(struct pen_account_policy *policy,
			const struct samr_DOMAIN_PASSWORD_INFORMATION *wire)
{
	uint64_t max = get_duration(wire->MaxPasswordAge);
	uint64_t min = get_duration(wire->MinPasswordAge);

	if (wire->MinPasswordLength > MINIMUM_LENGTH_MAX ||
	    wire->PasswordHistoryLength > PEN_ACCOUNT_HISTORY_MAX ||
	    wire->PasswordProperties & ~(uint32_t)PASSWORD_PROPERTIES || (max && min >= max))
		return PEN_E_LIMIT;
	policy->min_password_length = wire->MinPasswordLength;
	policy->password_history = wire->PasswordHistoryLength;
	policy->password_properties = wire->PasswordProperties;
	policy->max_password_age = max;
	policy->min_password_age = min;
	return 0;
}

/* A lockout must last at least as long as bad passwords are counted. */
static int set_lockout(struct pen_account_policy *policy,
		       const struct samr_SAMPR_DOMAIN_LOCKOUT_INFORMATION *wire)
{
	uint64_t duration = pen_samr_duration_get(wire->LockoutDuration.QuadPart);
	uint64_t window = pen_samr_duration_get(wire->LockoutObservationWindow.QuadPart);

	if (duration && duration < window)
		return PEN_E_LIMIT;
	policy->lockout_duration = duration;
	policy->lockout_window = window;
	policy->lockout_threshold = wire->LockoutThreshold;
	return 0;
}

static int set(struct pen_arena *arena, enum samr_DOMAIN_INFORMATION_CLASS level,
	       const union samr_SAMPR_DOMAIN_INFO_BUFFER *wire, struct pen_account_policy *policy)
{
	switch (level) {
	case samr_DomainPasswordInformation:
		return set_password(policy, &wire->Password);
	case samr_DomainLockoutInformation:
		return set_lockout(policy, &wire->Lockout);
	case samr_DomainLogoffInformation:
		policy->force_logoff = get_duration(wire->Logoff.ForceLogoff);
		return 0;
	case samr_DomainOemInformation:
		return pen_samr_text_get(arena, &wire->Oem.OemInformation, &policy->comment);
	case samr_DomainReplicationInformation:
		return pen_samr_text_get(arena, &wire->Replication.ReplicaSourceNodeName,
					 &policy->replica);
	default: /* a role or a state that a machine has without being asked */
		return 0;
	}
}

/* What a level needs to be set; 0: it can't be. */
static uint32_t rights_to_write(enum samr_DOMAIN_INFORMATION_CLASS level)
{
	switch (level) {
	case samr_DomainPasswordInformation:
	case samr_DomainLockoutInformation:
		return DOMAIN_WRITE_PASSWORD_PARAMS;
	case samr_DomainLogoffInformation:
	case samr_DomainOemInformation:
		return DOMAIN_WRITE_OTHER_PARAMETERS;
	case samr_DomainReplicationInformation:
	case samr_DomainServerRoleInformation:
	case samr_DomainStateInformation:
		return DOMAIN_ADMINISTER_SERVER;
	default:
		return 0;
	}
}

/* This server is its own primary, and stays so. */
static bool is_role(const struct samr_SamrSetInformationDomain_in *in)
{
	if (in->DomainInformationClass == samr_DomainServerRoleInformation)
		return in->DomainInformation.Role.DomainServerRole == samr_DomainServerRolePrimary;
	if (in->DomainInformationClass == samr_DomainStateInformation)
		return in->DomainInformation.State.DomainServerState == samr_DomainServerEnabled;
	return true;
}

int pen_samr_set_domain(struct pen_call *call, const struct samr_SamrSetInformationDomain_in *in,
			struct samr_SamrSetInformationDomain_out *out)
{
	uint32_t rights = rights_to_write(in->DomainInformationClass);
	struct pen_accounts *accounts = pen_samr_of(call)->accounts;
	struct pen_account_policy policy;
	struct pen_samr_object *domain;
	int r = pen_samr_get(call, &in->DomainHandle, PEN_SAMR_DOMAIN, rights, &domain,
			     &out->result);

	if (!r && !out->result && !rights)
		out->result = (int32_t)PEN_STATUS_INVALID_INFO_CLASS;
	if (!r && !out->result && !is_role(in))
		out->result = (int32_t)PEN_STATUS_INVALID_DOMAIN_ROLE;
	if (r || out->result)
		return r;
	r = pen_accounts_begin(accounts);
	if (!r) {
		r = pen_accounts_get_policy(accounts, domain->domain, pen_call_arena(call),
					    &policy);
		if (!r)
			r = set(pen_call_arena(call), in->DomainInformationClass,
				&in->DomainInformation, &policy);
		if (!r)
			r = pen_accounts_set_policy(accounts, domain->domain, &policy);
		r = pen_accounts_end(accounts, r);
	}
	out->result = pen_samr_status(r, PEN_SAMR_DOMAIN);
	return 0;
}

/* ---- the policy for passwords, for those who are about to choose one ---- */

int32_t pen_samr_password_policy(struct pen_call *call,
				 struct samr_DOMAIN_PASSWORD_INFORMATION *information)
{
	struct pen_account_policy policy;
	int r = pen_accounts_get_policy(pen_samr_of(call)->accounts, PEN_ACCOUNT_MACHINE,
					pen_call_arena(call), &policy);

	if (!r)
		*information = password_information(&policy);
	return pen_samr_status(r, PEN_SAMR_DOMAIN);
}

/* Anybody may ask, and needs no handle for it. */
int pen_samr_domain_password_information(struct pen_call *call,
					 const struct samr_SamrGetDomainPasswordInformation_in *in,
					 struct samr_SamrGetDomainPasswordInformation_out *out)
{
	struct samr_DOMAIN_PASSWORD_INFORMATION information = { 0 };

	out->result = pen_samr_password_policy(call, &information);
	out->PasswordInformation.MinPasswordLength = information.MinPasswordLength;
	out->PasswordInformation.PasswordProperties = information.PasswordProperties;
	return 0;
}

/* The policy does not hold for machines and trusts. */
int pen_samr_user_password_information(
	struct pen_call *call, const struct samr_SamrGetUserDomainPasswordInformation_in *in,
	struct samr_SamrGetUserDomainPasswordInformation_out *out)
{
	struct samr_DOMAIN_PASSWORD_INFORMATION information = { 0 };
	struct pen_samr_object *user;
	struct pen_account account;
	int r = pen_samr_get(call, &in->UserHandle, PEN_SAMR_USER, 0, &user, &out->result);

	if (r || out->result)
		return r;
	r = pen_accounts_find_rid(pen_samr_of(call)->accounts, PEN_ACCOUNT_MACHINE, user->rid, NULL,
				  &account);
	out->result = pen_samr_status(r, PEN_SAMR_USER);
	if (out->result || !(account.control & PEN_ACCOUNT_NORMAL))
		return 0;
	out->result = pen_samr_password_policy(call, &information);
	out->PasswordInformation.MinPasswordLength = information.MinPasswordLength;
	out->PasswordInformation.PasswordProperties = information.PasswordProperties;
	return 0;
}
