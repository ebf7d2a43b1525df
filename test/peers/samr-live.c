/* SPDX-License-Identifier: MIT */
/*
 * What an administrator and a user do with accounts at a real server: look up, list, make
 * a user, a group and an alias, set and change the user's password in every form, each time
 * proved by a new logon, and delete all of it.
 *
 *	samr-live BINDING MECH [BINDING-FOR-SETTING]
 *
 * MECH is ntlm, krb5 or spnego. The administrator is $LIVE_USER of $LIVE_DOMAIN with
 * $LIVE_PASSWORD, and the user is of the same domain. A controller of Samba's has no session
 * key over TCP, and opens LSA's policy over pipes and local sockets only: that is done at
 * BINDING-FOR-SETTING then. Nor has it SamrChangePasswordUser: $LIVE_WITHOUT_38. Prints
 * "FAIL ..." for what does not succeed, and a sum.
 */
#include "base/utf16.h"
#include "io/random.h"
#include "sec/samr-secret.h"
#include <penstock/auth.h>
#include <penstock/client.h>
#include <penstock/credentials.h>
#include <penstock/idl/lsarpc.h>
#include <penstock/idl/samr.h>
#include <penstock/status.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAXIMUM_ALLOWED = 0x02000000, NORMAL_ACCOUNT = 0x10, SESSION_KEY = 16 };
enum { FIELD_NT_PASSWORD = 0x01000000 };

static const char user_name[] = "samr-live";

static struct pen_crypto *crypto;
static struct pen_random randomness;
static const char *binding;
static uint8_t auth_type;
static unsigned n_passed;
static unsigned n_failed;

/* What is open. */
static struct pen_client *client;
static struct pen_call *call;
static struct pen_context_handle domain;
static struct dtyp_RPC_SID domain_sid;
static uint32_t domain_subs[15];
static struct pen_context_handle user;
static uint32_t user_rid;
static char last_password[32];

static void expect(bool is_right, const char *format, ...) PEN_PRINTF(2, 3);
static void expect(bool is_right, const char *format, ...)
{
	va_list values;

	n_passed += is_right;
	n_failed += !is_right;
	if (is_right)
		return;
	va_start(values, format);
	printf("FAIL ");
	vprintf(format, values);
	printf("\n");
	va_end(values);
}

/*
 * Calls an operation, which must end with the status; is true if it does. out is what it
 * answers, until the next call.
 */
#define CALL_FOR(expected, name, out, ...)                                                         \
	expect_status(#name, expected,                                                             \
		      samr_##name(call, &(struct samr_##name##_in){ __VA_ARGS__ }, out),           \
		      &(out)->result)
#define CALL(name, out, ...) CALL_FOR(0, name, out, __VA_ARGS__)

/* resultp is an NTSTATUS, which is signed with some interfaces. */
static bool expect_status(const char *name, uint32_t expected, int r, const void *resultp)
{
	uint32_t result;

	memcpy(&result, resultp, sizeof(result));
	expect(!r && result == expected, "%s: %s %s", name,
	       r ? pen_error_name(r) : pen_ntstatus_name(result), r ? pen_call_error(call) : "");
	return !r && result == expected;
}

static struct dtyp_RPC_UNICODE_STRING text_of(const char *text, uint16_t *units, size_t max)
{
	size_t n = pen_utf16_put(text, strlen(text), PEN_UTF16_HOST, units, max);

	if (n == PEN_UTF16_BAD)
		exit(2);
	return (struct dtyp_RPC_UNICODE_STRING){ (uint16_t)(2 * n), (uint16_t)(2 * n), units };
}

/* Valid until the block ends. */
#define TEXT(text) text_of(text, (uint16_t[128]){ 0 }, 128)

static bool is_text(const struct dtyp_RPC_UNICODE_STRING *string, const char *text)
{
	struct dtyp_RPC_UNICODE_STRING other = TEXT(text);

	return string->Length == other.Length &&
	       memcmp(string->Buffer, other.Buffer, other.Length) == 0;
}

static void fill(void *data, size_t n)
{
	if (pen_random_fill(&randomness, data, n))
		exit(2);
}

/* ---- opening ---- */

static void open_as(const char *where, const char *name, const char *password,
		    struct pen_client **clientp, struct pen_call **callp)
{
	struct pen_client_config config = { .security = { .auth_type = auth_type } };
	struct pen_ndr_error error = { "" };

	config.security.target = getenv("LIVE_TARGET");
	if (pen_credentials_new_password(&config.security.credentials, name, getenv("LIVE_DOMAIN"),
					 password) ||
	    pen_client_new(clientp, where, &config, &error) || pen_call_new(callp, *clientp)) {
		printf("%s\n", error.text);
		exit(2);
	}
	pen_credentials_free(config.security.credentials);
}

/* Whether the user gets in with the password, in a new connection. */
static bool gets_in(const char *password)
{
	struct samr_SamrConnect2_in in = { .DesiredAccess = 1 };
	struct samr_SamrConnect2_out out;
	struct pen_client *his_client;
	struct pen_call *his_call;
	int r;

	open_as(binding, user_name, password, &his_client, &his_call);
	r = samr_SamrConnect2(his_call, &in, &out);
	if (r && getenv("VERBOSE"))
		printf("%s: %s\n", password, pen_call_error(his_call));
	pen_call_free(his_call);
	pen_client_free(his_client);
	return !r;
}

static void expect_password(const char *how, const char *password, const char *old)
{
	expect(gets_in(password), "%s: the new password gets nobody in", how);
	expect(!old || !gets_in(old), "%s: the old password gets somebody in", how);
}

static void open_domain(struct pen_context_handle server)
{
	struct samr_SamrEnumerateDomainsInSamServer_out domains;
	struct samr_SamrLookupDomainInSamServer_out found;
	struct samr_SamrOpenDomain_out opened;

	if (!CALL(SamrEnumerateDomainsInSamServer, &domains, server, 0, UINT32_MAX) ||
	    domains.Buffer->EntriesRead != 2)
		exit(1);
	for (uint32_t i = 0; i < 2; i++) {
		uint16_t units[128];
		struct dtyp_RPC_UNICODE_STRING name = domains.Buffer->Buffer[i].Name;

		if (is_text(&name, "Builtin"))
			continue;
		memcpy(units, name.Buffer, name.Length);
		name.Buffer = units;
		if (!CALL(SamrLookupDomainInSamServer, &found, server, name))
			exit(1);
		break;
	}
	domain_sid = *found.DomainId;
	memcpy(domain_subs, found.DomainId->SubAuthority, 4 * domain_sid.SubAuthorityCount);
	domain_sid.SubAuthority = domain_subs;
	if (!CALL(SamrOpenDomain, &opened, server, MAXIMUM_ALLOWED, domain_sid))
		exit(1);
	domain = opened.DomainHandle;
}

static void open_server(const char *where)
{
	struct samr_SamrConnect5_out out;

	open_as(where, getenv("LIVE_USER"), getenv("LIVE_PASSWORD"), &client, &call);
	if (!CALL(SamrConnect5, &out, "\\\\server", MAXIMUM_ALLOWED, 1,
		  { .V1 = { .Revision = 3 } }))
		exit(1);
	open_domain(out.ServerHandle);
}

/* ---- looking ---- */

static void look_up(void)
{
	struct samr_SamrLookupNamesInDomain_out rids;
	struct samr_SamrLookupIdsInDomain_out names;
	struct samr_SamrRidToSid_out sid;
	uint32_t some[] = { 500, 513 };

	if (CALL(SamrLookupNamesInDomain, &rids, domain, 2,
		 (struct dtyp_RPC_UNICODE_STRING[]){ TEXT("Administrator"), TEXT("Domain Users") }))
		expect(rids.RelativeIds.Element[0] == 500 && rids.RelativeIds.Element[1] == 513 &&
			       rids.Use.Element[0] == 1 && rids.Use.Element[1] == 2,
		       "names are found");
	CALL_FOR(PEN_STATUS_NONE_MAPPED, SamrLookupNamesInDomain, &rids, domain, 1,
		 (struct dtyp_RPC_UNICODE_STRING[]){ TEXT("nobody at all") });
	if (CALL(SamrLookupIdsInDomain, &names, domain, 2, some))
		expect(is_text(&names.Names.Element[0], "Administrator") &&
			       is_text(&names.Names.Element[1], "Domain Users"),
		       "rids are found");
	if (CALL(SamrRidToSid, &sid, domain, 500))
		expect(sid.Sid->SubAuthorityCount == domain_sid.SubAuthorityCount + 1 &&
			       sid.Sid->SubAuthority[domain_sid.SubAuthorityCount] == 500,
		       "the administrator's SID");
}

static bool has(const struct samr_SAMPR_ENUMERATION_BUFFER *list, const char *name)
{
	for (uint32_t i = 0; list && i < list->EntriesRead; i++)
		if (is_text(&list->Buffer[i].Name, name))
			return true;
	return false;
}

static void enumerate(void)
{
	struct samr_SamrEnumerateUsersInDomain_out users;
	struct samr_SamrEnumerateGroupsInDomain_out groups;
	struct samr_SamrEnumerateAliasesInDomain_out aliases;
	struct samr_SamrQueryDisplayInformation_out shown;

	if (CALL(SamrEnumerateUsersInDomain, &users, domain, 0, NORMAL_ACCOUNT, UINT32_MAX))
		expect(has(users.Buffer, "Administrator") && has(users.Buffer, user_name),
		       "the users");
	if (CALL(SamrEnumerateGroupsInDomain, &groups, domain, 0, UINT32_MAX))
		expect(has(groups.Buffer, "Domain Users") && has(groups.Buffer, "live group"),
		       "the groups");
	if (CALL(SamrEnumerateAliasesInDomain, &aliases, domain, 0, UINT32_MAX))
		expect(has(aliases.Buffer, "live alias"), "the aliases");
	if (CALL(SamrQueryDisplayInformation, &shown, domain, 1, 0, 100, UINT32_MAX))
		expect(shown.Buffer.UserInformation.EntriesRead > 1, "users are displayed");
}

/* ---- making ---- */

static void create_user(void)
{
	struct samr_SamrCreateUser2InDomain_out made;
	struct samr_SamrQueryInformationUser2_out seen;

	if (!CALL(SamrCreateUser2InDomain, &made, domain, TEXT(user_name), NORMAL_ACCOUNT,
		  MAXIMUM_ALLOWED))
		exit(1);
	user = made.UserHandle;
	user_rid = made.RelativeId;
	if (CALL(SamrQueryInformationUser2, &seen, user, samr_UserAllInformation))
		expect(is_text(&seen.Buffer->All.UserName, user_name) &&
			       seen.Buffer->All.UserId == user_rid,
		       "the user is what was made");
}

static void make_groups(struct pen_context_handle *groupp, struct pen_context_handle *aliasp)
{
	struct samr_SamrCreateGroupInDomain_out group;
	struct samr_SamrCreateAliasInDomain_out alias;

	if (!CALL(SamrCreateGroupInDomain, &group, domain, TEXT("live group"), MAXIMUM_ALLOWED) ||
	    !CALL(SamrCreateAliasInDomain, &alias, domain, TEXT("live alias"), MAXIMUM_ALLOWED))
		exit(1);
	*groupp = group.GroupHandle;
	*aliasp = alias.AliasHandle;
}

static void join(struct pen_context_handle group, struct pen_context_handle alias)
{
	struct dtyp_RPC_SID sid = domain_sid;
	struct samr_SamrAddMemberToGroup_out added;
	struct samr_SamrGetMembersInGroup_out members;
	struct samr_SamrGetGroupsForUser_out groups;
	struct samr_SamrRemoveMemberFromGroup_out removed;
	struct samr_SamrAddMemberToAlias_out added_to_alias;
	struct samr_SamrGetMembersInAlias_out sids;
	struct samr_SamrRemoveMemberFromAlias_out removed_from_alias;

	domain_subs[sid.SubAuthorityCount++] = user_rid;
	CALL(SamrAddMemberToGroup, &added, group, user_rid, 7);
	if (CALL(SamrGetMembersInGroup, &members, group))
		expect(members.Members->MemberCount == 1 && members.Members->Members[0] == user_rid,
		       "one member of the group");
	if (CALL(SamrGetGroupsForUser, &groups, user))
		expect(groups.Groups->MembershipCount == 2, "two groups of the user");
	CALL(SamrRemoveMemberFromGroup, &removed, group, user_rid);
	CALL(SamrAddMemberToAlias, &added_to_alias, alias, sid);
	if (CALL(SamrGetMembersInAlias, &sids, alias))
		expect(sids.Members.Count == 1, "one member of the alias");
	CALL(SamrRemoveMemberFromAlias, &removed_from_alias, alias, sid);
}

/* ---- setting ---- */

/* A password in all forms that it travels in, under one key. */
struct sealed {
	uint8_t nt_hash[PEN_SAMR_HASH_SIZE];
	struct samr_SAMPR_ENCRYPTED_USER_PASSWORD old;
	struct samr_SAMPR_ENCRYPTED_USER_PASSWORD_NEW salted;
	struct samr_SAMPR_ENCRYPTED_PASSWORD_AES aes;
	uint8_t cipher[PEN_SAMR_AES_SIZE];
};

static void seal_aes(struct sealed *sealed, const char *text, struct pen_slice key,
		     const uint8_t salt[PEN_SAMR_SALT_SIZE])
{
	uint8_t noise[PEN_SAMR_PASSWORD_MAX];
	struct pen_samr_password password;

	fill(noise, sizeof(noise));
	if (pen_samr_password_from_text(&password, text) ||
	    pen_samr_password_seal_aes(crypto, key, &password, noise, salt, sealed->cipher,
				       sealed->aes.AuthData))
		exit(2);
	memcpy(sealed->aes.Salt, salt, PEN_SAMR_SALT_SIZE);
	sealed->aes.cbCipher = PEN_SAMR_AES_SIZE;
	sealed->aes.Cipher = sealed->cipher;
}

static void seal(struct sealed *sealed, const char *text, struct pen_slice key)
{
	uint8_t noise[PEN_SAMR_PASSWORD_MAX];
	uint8_t salt[PEN_SAMR_SALT_SIZE];
	struct pen_samr_password password;

	fill(noise, sizeof(noise));
	fill(salt, sizeof(salt));
	if (pen_samr_password_from_text(&password, text) ||
	    pen_samr_password_hash(crypto, &password, sealed->nt_hash) ||
	    pen_samr_password_seal(crypto, key, &password, noise, sealed->old.Buffer) ||
	    pen_samr_password_seal_new(crypto, key, &password, noise, salt, sealed->salted.Buffer))
		exit(2);
	seal_aes(sealed, text, key, salt);
}

/* The first 16 bytes of the mechanism's; on the machine itself one that all know. */
static struct pen_slice session_key(void)
{
	static const uint8_t local[SESSION_KEY] = "SystemLibraryDTC";
	struct pen_client_security_info info;

	if (strncmp(pen_client_binding(client), "ncalrpc:", 8) == 0)
		return (struct pen_slice){ local, sizeof(local) };
	if (pen_client_security_info(client, &info) || info.session_key.size < SESSION_KEY)
		exit(2);
	return (struct pen_slice){ info.session_key.data, SESSION_KEY };
}

static void put_level(uint32_t level, const struct sealed *sealed, uint16_t *units,
		      union samr_SAMPR_USER_INFO_BUFFER *info)
{
	struct samr_SAMPR_USER_ALL_INFORMATION all = {
		.NtPasswordPresent = 1,
		.WhichFields = FIELD_NT_PASSWORD,
	};
	uint8_t hash[PEN_SAMR_HASH_SIZE];

	if (pen_samr_hash_seal(crypto, session_key().data, sealed->nt_hash, hash))
		exit(2);
	switch (level) {
	case samr_UserInternal1Information:
		info->Internal1.NtPasswordPresent = 1;
		memcpy(info->Internal1.EncryptedNtOwfPassword.data, hash, sizeof(hash));
		break;
	case samr_UserAllInformation:
		for (size_t i = 0; i < 8; i++)
			units[i] = (uint16_t)(hash[2 * i] | hash[2 * i + 1] << 8);
		all.NtOwfPassword = (struct samr_RPC_SHORT_BLOB){ 16, 16, units };
		info->All = all;
		break;
	case samr_UserInternal4Information:
		info->Internal4.I1 = all;
		info->Internal4.UserPassword = sealed->old;
		break;
	case samr_UserInternal5Information:
		info->Internal5.UserPassword = sealed->old;
		break;
	case samr_UserInternal4InformationNew:
		info->Internal4New.I1 = all;
		info->Internal4New.UserPassword = sealed->salted;
		break;
	case samr_UserInternal5InformationNew:
		info->Internal5New.UserPassword = sealed->salted;
		break;
	case samr_UserInternal7Information:
		info->Internal7.UserPassword = sealed->aes;
		break;
	default:
		info->Internal8.I1 = all;
		info->Internal8.UserPassword = sealed->aes;
	}
}

static void enable(void)
{
	struct samr_SamrSetInformationUser_out out;

	CALL(SamrSetInformationUser, &out, user, samr_UserControlInformation,
	     { .Control = { NORMAL_ACCOUNT } });
}

/* In each form. */
static void set_passwords(void)
{
	static const uint8_t levels[] = { 18, 21, 23, 24, 25, 26, 31, 32 };
	for (size_t i = 0; i < PEN_COUNT(levels); i++) {
		struct samr_SamrSetInformationUser2_in in = { user, levels[i] };
		struct samr_SamrSetInformationUser2_out out;
		struct sealed sealed = { 0 };
		uint16_t units[8];
		char text[32];
		char how[32];

		snprintf(text, sizeof(text), "Level-%u-password", levels[i]);
		snprintf(how, sizeof(how), "level %u", levels[i]);
		seal(&sealed, text, session_key());
		put_level(levels[i], &sealed, units, &in.Buffer);
		if (expect_status(how, 0, samr_SamrSetInformationUser2(call, &in, &out),
				  &out.result)) {
			enable();
			expect_password(how, text, *last_password ? last_password : NULL);
			strcpy(last_password, text);
		}
	}
}

/* The user's name by the SID, and the SID by the name. */
static void ask_lsa(void)
{
	struct lsarpc_LsarOpenPolicy2_in open = { .DesiredAccess = MAXIMUM_ALLOWED };
	struct lsarpc_LsarOpenPolicy2_out policy;
	struct lsarpc_LsarLookupNames3_in names = { .Count = 1, .LookupLevel = 1 };
	struct lsarpc_LsarLookupNames3_out by_name;
	struct lsarpc_LsarLookupSids2_in sids = { .LookupLevel = 1 };
	struct lsarpc_LsarLookupSids2_out by_sid;
	struct lsarpc_LSAPR_SID_INFORMATION info;
	struct dtyp_RPC_UNICODE_STRING name = TEXT(user_name);
	struct dtyp_RPC_SID sid = domain_sid;

	domain_subs[sid.SubAuthorityCount++] = user_rid;
	if (!expect_status("LsarOpenPolicy2", 0, lsarpc_LsarOpenPolicy2(call, &open, &policy),
			   &policy.result))
		return;
	info.Sid = &sid;
	sids.PolicyHandle = names.PolicyHandle = policy.PolicyHandle;
	sids.SidEnumBuffer.Entries = 1;
	sids.SidEnumBuffer.SidInfo = &info;
	names.Names = &name;
	if (expect_status("LsarLookupSids2", 0, lsarpc_LsarLookupSids2(call, &sids, &by_sid),
			  &by_sid.result))
		expect(is_text(&by_sid.TranslatedNames.Names[0].Name, user_name),
		       "the user's name by the SID");
	if (expect_status("LsarLookupNames3", 0, lsarpc_LsarLookupNames3(call, &names, &by_name),
			  &by_name.result))
		expect(by_name.TranslatedSids.Sids[0]
				       .Sid->SubAuthority[sid.SubAuthorityCount - 1] == user_rid,
		       "the user's SID by the name");
}

/* By an association of their own. */
static void set_passwords_at(const char *where)
{
	struct pen_context_handle domain_before = domain;
	struct pen_context_handle user_before = user;
	struct pen_client *client_before = client;
	struct pen_call *call_before = call;
	struct samr_SamrOpenUser_out opened;

	open_server(where);
	if (CALL(SamrOpenUser, &opened, domain, MAXIMUM_ALLOWED, user_rid)) {
		user = opened.UserHandle;
		set_passwords();
		if (strncmp(where, "ncalrpc:", 8) == 0)
			ask_lsa();
	}
	pen_call_free(call);
	pen_client_free(client);
	domain = domain_before;
	user = user_before;
	client = client_before;
	call = call_before;
}

/* ---- changing ---- */

static void hash_of(const char *text, uint8_t hash[PEN_SAMR_HASH_SIZE])
{
	struct pen_samr_password password;

	if (pen_samr_password_from_text(&password, text) ||
	    pen_samr_password_hash(crypto, &password, hash))
		exit(2);
}

/* What a change of the password has in it. */
struct change {
	struct sealed sealed; /* the new password under the old hash */
	uint8_t old_by_new[PEN_SAMR_HASH_SIZE];
	uint8_t new_by_old[PEN_SAMR_HASH_SIZE];
};

static void change_init(struct change *change, const char *old_text, const char *new_text)
{
	uint8_t old[PEN_SAMR_HASH_SIZE];
	uint8_t new[PEN_SAMR_HASH_SIZE];
	uint8_t key[PEN_SECRET_CIPHER_KEY_SIZE];
	uint8_t salt[PEN_SAMR_SALT_SIZE];

	*change = (struct change){ 0 };
	hash_of(old_text, old);
	hash_of(new_text, new);
	seal(&change->sealed, new_text, (struct pen_slice){ old, sizeof(old) });
	if (pen_samr_hash_seal(crypto, new, old, change->old_by_new) ||
	    pen_samr_hash_seal(crypto, old, new, change->new_by_old) ||
	    pen_samr_aes_key(crypto, old, change->sealed.aes.Salt, PEN_SAMR_ITERATIONS_MIN, key))
		exit(2);
	/* One salt for the key and for the cipher [MS-SAMR 3.2.2.4, 3.2.2.5]. */
	memcpy(salt, change->sealed.aes.Salt, sizeof(salt));
	seal_aes(&change->sealed, new_text, (struct pen_slice){ key, sizeof(key) }, salt);
	change->sealed.aes.PBKDF2Iterations = PEN_SAMR_ITERATIONS_MIN;
}

static struct samr_ENCRYPTED_NT_OWF_PASSWORD owf(const uint8_t hash[PEN_SAMR_HASH_SIZE])
{
	struct samr_ENCRYPTED_NT_OWF_PASSWORD owf;

	memcpy(owf.data, hash, sizeof(owf.data));
	return owf;
}

static bool change_38(uint32_t status, struct change *change)
{
	struct samr_ENCRYPTED_NT_OWF_PASSWORD old_by_new = owf(change->old_by_new);
	struct samr_ENCRYPTED_NT_OWF_PASSWORD new_by_old = owf(change->new_by_old);
	struct samr_SamrChangePasswordUser_out out;

	return CALL_FOR(status, SamrChangePasswordUser, &out, .UserHandle = user, .NtPresent = 1,
			.OldNtEncryptedWithNewNt = &old_by_new,
			.NewNtEncryptedWithOldNt = &new_by_old);
}

static bool change_55(uint32_t status, struct change *change)
{
	struct samr_ENCRYPTED_NT_OWF_PASSWORD old_by_new = owf(change->old_by_new);
	struct samr_SamrUnicodeChangePasswordUser2_out out;

	return CALL_FOR(status, SamrUnicodeChangePasswordUser2, &out, .UserName = TEXT(user_name),
			.NewPasswordEncryptedWithOldNt = &change->sealed.old,
			.OldNtOwfPasswordEncryptedWithNewNt = &old_by_new);
}

static bool change_63(uint32_t status, struct change *change)
{
	struct samr_ENCRYPTED_NT_OWF_PASSWORD old_by_new = owf(change->old_by_new);
	struct samr_SamrUnicodeChangePasswordUser3_out out;

	return CALL_FOR(status, SamrUnicodeChangePasswordUser3, &out, .UserName = TEXT(user_name),
			.NewPasswordEncryptedWithOldNt = &change->sealed.old,
			.OldNtOwfPasswordEncryptedWithNewNt = &old_by_new);
}

static bool change_73(uint32_t status, struct change *change)
{
	struct samr_SamrUnicodeChangePasswordUser4_out out;

	return CALL_FOR(status, SamrUnicodeChangePasswordUser4, &out, .UserName = TEXT(user_name),
			.EncryptedPassword = change->sealed.aes);
}

/* In each form: with a wrong old password first, which changes nothing. */
static void change_passwords(void)
{
	static const struct {
		const char *name;
		bool (*function)(uint32_t status, struct change *change);
	} forms[] = {
		{ "opnum 38", change_38 },
		{ "opnum 55", change_55 },
		{ "opnum 63", change_63 },
		{ "opnum 73", change_73 },
	};

	for (size_t i = 0; i < PEN_COUNT(forms); i++) {
		struct change change;
		char text[32];

		snprintf(text, sizeof(text), "Changed-by-%s", forms[i].name + strlen("opnum "));
		if (i == 0 && getenv("LIVE_WITHOUT_38")) {
			change_init(&change, last_password, text);
			change_38(PEN_STATUS_NOT_IMPLEMENTED, &change);
			continue;
		}
		change_init(&change, "No-such-password1", text);
		forms[i].function(PEN_STATUS_WRONG_PASSWORD, &change);
		change_init(&change, last_password, text);
		if (forms[i].function(0, &change)) {
			expect_password(forms[i].name, text, last_password);
			strcpy(last_password, text);
		}
	}
}

int main(int argc, char **argv)
{
	struct samr_SamrDeleteGroup_out deleted_group;
	struct samr_SamrDeleteAlias_out deleted_alias;
	struct samr_SamrDeleteUser_out deleted_user;
	struct samr_SamrLookupNamesInDomain_out rids;
	struct pen_context_handle group;
	struct pen_context_handle alias;

	if (argc < 3 || pen_crypto_new(&crypto))
		return 2;
	binding = argv[1];
	auth_type = strcmp(argv[2], "ntlm") == 0   ? PEN_AUTH_NTLM
		    : strcmp(argv[2], "krb5") == 0 ? PEN_AUTH_KRB5
						   : PEN_AUTH_SPNEGO;
	open_server(binding);
	create_user();
	make_groups(&group, &alias);
	look_up();
	enumerate();
	join(group, alias);
	set_passwords_at(argc > 3 ? argv[3] : binding);
	change_passwords();
	CALL(SamrDeleteGroup, &deleted_group, group);
	CALL(SamrDeleteAlias, &deleted_alias, alias);
	CALL(SamrDeleteUser, &deleted_user, user);
	CALL_FOR(PEN_STATUS_NONE_MAPPED, SamrLookupNamesInDomain, &rids, domain, 1,
		 (struct dtyp_RPC_UNICODE_STRING[]){ TEXT(user_name) });
	expect(!gets_in(last_password), "who is deleted gets in");
	pen_call_free(call);
	pen_client_free(client);
	pen_crypto_free(crypto);
	printf("%u passed, %u failed\n", n_passed, n_failed);
	return n_failed != 0;
}
