/* SPDX-License-Identifier: MIT */
/* A user's information, level by level, and passwords in each form. */
#include "service/samr/fixture.h"
#include "service/samr/user-info.h"
#include "support/vault.h"
#include <penstock/buffer.h>

static const uint8_t session_key[16] = "SystemLibraryDTC";
static const struct pen_slice key = { session_key, sizeof(session_key) };
static uint8_t filler[PEN_SAMR_PASSWORD_MAX], salt[PEN_SAMR_SALT_SIZE];

enum { FIRST = PEN_ACCOUNT_FIRST_RID };

static void expect_hash(struct fixture *f, uint32_t rid, const char *password)
{
	struct pen_samr_password p;
	uint8_t wanted[16], kept[16];

	assert_int_equal(pen_samr_password_from_text(&p, password), 0);
	assert_int_equal(pen_samr_password_hash(f->crypto, &p, wanted), 0);
	assert_int_equal(pen_accounts_get_hash(f->accounts, rid, 0, kept), 0);
	assert_memory_equal(kept, wanted, sizeof(kept));
}

static union samr_SAMPR_USER_INFO_BUFFER *query(struct pen_call *call,
						struct pen_context_handle user,
						enum samr_USER_INFORMATION_CLASS level)
{
	return EXPECT(0, call, SamrQueryInformationUser2, user, level)->Buffer;
}

/* ---- information ---- */

static void test_query_levels(void **state)
{
	static const int levels[] = {
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 20, 21
	};
	static const int none[] = { 0, 15, 18, 19, 22, 23, 24, 25, 26, 30, 31, 32, 33 };
	struct fixture *f = *state;
	struct pen_context_handle user = create_user(f->admin, "u", PEN_ACCOUNT_NORMAL);
	struct pen_context_handle domain = open_domain(f->user, PEN_ACCOUNT_MACHINE, 0x385);
	struct pen_context_handle seen =
		EXPECT(0, f->user, SamrOpenUser, domain, MAXIMUM_ALLOWED, FIRST)->UserHandle;
	struct pen_context_handle little =
		EXPECT(0, f->user, SamrOpenUser, domain, USER_READ_ACCOUNT, FIRST)->UserHandle;
	const struct samr_SAMPR_USER_ALL_INFORMATION *all;

	for (size_t i = 0; i < PEN_COUNT(levels); i++) {
		query(f->admin, user, levels[i]);
		query(f->user, seen, levels[i]);
	}
	for (size_t i = 0; i < PEN_COUNT(none); i++)
		EXPECT(PEN_STATUS_INVALID_INFO_CLASS, f->admin, SamrQueryInformationUser, user,
		       none[i]);
	all = &query(f->user, little, samr_UserAllInformation)->All;
	assert_int_equal(all->WhichFields, USER_ALL_READ_ACCOUNT);
	assert_int_equal(all->UserId, 0);
	assert_null(all->UserName.Buffer);
	all = &query(f->admin, user, samr_UserAllInformation)->All;
	assert_int_equal(all->UserId, FIRST);
	assert_int_equal(all->PrimaryGroupId, 513);
	assert_true(all->UserAccountControl & PEN_ACCOUNT_DISABLED);
	assert_int_equal(all->LogonHours.UnitsPerWeek, 168);
	assert_int_equal(all->LogonHours.LogonHours[20], 0xff);
	assert_int_equal(all->LmOwfPassword.Length, 0);
	assert_int_equal(all->NtOwfPassword.Length, 0);
}

/* What is set at one level is seen at that and at level 21. */
static void test_set_levels(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle user = create_user(f->admin, "u", PEN_ACCOUNT_NORMAL);
	uint8_t hours[PEN_ACCOUNT_HOURS_MAX] = { 1, 2, 3 };
	const struct samr_SAMPR_USER_ALL_INFORMATION *all;

#define SET(level, ...)                                                                            \
	EXPECT(0, f->admin, SamrSetInformationUser2, user, samr_User##level##Information,          \
	       .Buffer = { __VA_ARGS__ })
	SET(Preferences, .Preferences = { wide("comment"), { 0, 0, NULL }, 3, 4 });
	SET(LogonHours, .LogonHours.LogonHours = { 168, hours });
	SET(Name, .Name = { wide("other"), wide("Full Name") });
	SET(AccountName, .AccountName.UserName = wide("v"));
	SET(FullName, .FullName.FullName = wide("Fuller Name"));
	SET(PrimaryGroup, .PrimaryGroup.PrimaryGroupId = 513);
	SET(Home, .Home = { wide("\\\\s\\home"), wide("H:") });
	SET(Script, .Script.ScriptPath = wide("logon.cmd"));
	SET(Profile, .Profile.ProfilePath = wide("\\\\s\\profile"));
	SET(AdminComment, .AdminComment.AdminComment = wide("of admins"));
	SET(WorkStations, .WorkStations.WorkStations = wide("A,B"));
	SET(Control,
	    .Control.UserAccountControl = PEN_ACCOUNT_NORMAL | PEN_ACCOUNT_DONT_EXPIRE_PASSWORD);
	SET(Expires, .Expires.AccountExpires = pen_samr_time_put(FIXTURE_NOW + 5));
	SET(Parameters, .Parameters.Parameters = wide("P"));
	all = &query(f->admin, user, samr_UserAllInformation)->All;
	expect_text(all->UserName, "v");
	expect_text(all->FullName, "Fuller Name");
	expect_text(all->UserComment, "comment");
	expect_text(all->HomeDirectory, "\\\\s\\home");
	expect_text(all->HomeDirectoryDrive, "H:");
	expect_text(all->ScriptPath, "logon.cmd");
	expect_text(all->ProfilePath, "\\\\s\\profile");
	expect_text(all->AdminComment, "of admins");
	expect_text(all->WorkStations, "A,B");
	expect_text(all->Parameters, "P");
	assert_int_equal(all->CountryCode, 3);
	assert_int_equal(all->CodePage, 4);
	assert_int_equal(all->LogonHours.LogonHours[2], 3);
	assert_int_equal(all->UserAccountControl & ~PEN_ACCOUNT_PASSWORD_EXPIRED,
			 PEN_ACCOUNT_NORMAL | PEN_ACCOUNT_DONT_EXPIRE_PASSWORD);
	assert_int_equal(pen_samr_time_get(all->AccountExpires), FIXTURE_NOW + 5);
	SET(All, .All = { .WhichFields = USER_ALL_FULLNAME | USER_ALL_CODEPAGE,
			  .FullName = wide("N"),
			  .ScriptPath = wide("not set"),
			  .CodePage = 9 });
	all = &query(f->admin, user, samr_UserAllInformation)->All;
	expect_text(all->FullName, "N");
	expect_text(all->ScriptPath, "logon.cmd");
	assert_int_equal(all->CodePage, 9);
	assert_int_equal(all->CountryCode, 3);
#undef SET
}

static void test_set_refused(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle user = create_user(f->admin, "u", PEN_ACCOUNT_NORMAL);
	static const uint32_t unsettable[] = {
		USER_ALL_USERID,
		USER_ALL_LASTLOGON,
		USER_ALL_LOGONCOUNT,
		USER_ALL_PASSWORDCANCHANGE,
		USER_ALL_PASSWORDMUSTCHANGE,
		USER_ALL_PASSWORDLASTSET,
		USER_ALL_PRIVATEDATA,
		UINT32_C(0x80000000),
		USER_ALL_BADPASSWORDCOUNT,
	};

#define REFUSED(status, level, ...)                                                                \
	EXPECT(status, f->admin, SamrSetInformationUser, user, samr_User##level##Information,      \
	       .Buffer = { __VA_ARGS__ })
	for (size_t i = 0; i < PEN_COUNT(unsettable); i++)
		REFUSED(PEN_STATUS_ACCESS_DENIED, All,
			.All.WhichFields = unsettable[i] | USER_ALL_FULLNAME);
	REFUSED(PEN_STATUS_INVALID_PARAMETER, All, .All.WhichFields = 0);
	REFUSED(PEN_STATUS_USER_EXISTS, AccountName, .AccountName.UserName = wide("GUEST"));
	REFUSED(PEN_STATUS_MEMBER_NOT_IN_GROUP, PrimaryGroup, .PrimaryGroup.PrimaryGroupId = 512);
	REFUSED(PEN_STATUS_INVALID_PARAMETER, Control, .Control.UserAccountControl = 0x80000000);
	REFUSED(PEN_STATUS_INVALID_PARAMETER, Control,
		.Control.UserAccountControl = PEN_ACCOUNT_NORMAL | PEN_ACCOUNT_SERVER_TRUST);
	REFUSED(PEN_STATUS_INVALID_PARAMETER, FullName, .FullName.FullName = { 2, 2, NULL });
	REFUSED(PEN_STATUS_INVALID_INFO_CLASS, Logon);
	REFUSED(PEN_STATUS_INVALID_INFO_CLASS, Account);
	REFUSED(PEN_STATUS_INVALID_PARAMETER, All,
		.All = { .WhichFields = USER_ALL_NTPASSWORDPRESENT, .NtPasswordPresent = 1 });
	REFUSED(PEN_STATUS_NOT_SUPPORTED, All,
		.All = { .WhichFields = USER_ALL_LMPASSWORDPRESENT, .LmPasswordPresent = 1 });
	REFUSED(PEN_STATUS_WRONG_PASSWORD, Internal7, .Internal7.UserPassword.cbCipher = 16);
#undef REFUSED
}

/* ---- passwords that an administrator sets ---- */

static void seal_all(struct fixture *f, const char *text,
		     struct samr_SAMPR_ENCRYPTED_USER_PASSWORD *old,
		     struct samr_SAMPR_ENCRYPTED_USER_PASSWORD_NEW *new,
		     struct samr_SAMPR_ENCRYPTED_PASSWORD_AES *aes, uint8_t *cipher)
{
	struct pen_samr_password password;

	assert_int_equal(pen_samr_password_from_text(&password, text), 0);
	assert_int_equal(pen_samr_password_seal(f->crypto, key, &password, filler, old->Buffer), 0);
	assert_int_equal(
		pen_samr_password_seal_new(f->crypto, key, &password, filler, salt, new->Buffer),
		0);
	assert_int_equal(pen_samr_password_seal_aes(f->crypto, key, &password, filler, salt, cipher,
						    aes->AuthData),
			 0);
	memcpy(aes->Salt, salt, sizeof(salt));
	aes->cbCipher = PEN_SAMR_AES_SIZE;
	aes->Cipher = cipher;
}

static void test_set_password(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle user = create_user(f->admin, "u", PEN_ACCOUNT_NORMAL);
	struct pen_context_handle domain =
		open_domain(f->admin, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED);
	struct pen_context_handle weak =
		EXPECT(0, f->admin, SamrOpenUser, domain, USER_WRITE_ACCOUNT, FIRST)->UserHandle;
	const struct samr_SAMPR_USER_ALL_INFORMATION with_name = {
		.WhichFields = USER_ALL_FULLNAME | USER_ALL_NTPASSWORDPRESENT,
		.FullName = wide("Full"),
		.NtPasswordPresent = 1,
	};
	struct samr_SAMPR_ENCRYPTED_USER_PASSWORD old;
	struct samr_SAMPR_ENCRYPTED_USER_PASSWORD_NEW new;
	struct samr_SAMPR_ENCRYPTED_PASSWORD_AES aes;
	struct samr_SAMPR_USER_INTERNAL1_INFORMATION internal1 = { .NtPasswordPresent = 1 };
	struct samr_SAMPR_USER_ALL_INFORMATION owf = { .WhichFields = USER_ALL_NTPASSWORDPRESENT,
						       .NtPasswordPresent = 1 };
	uint8_t cipher[PEN_SAMR_AES_SIZE], nt_hash[16];
	uint16_t units[8];
	char text[] = "Password-a";

#define SET(status, who, level, ...)                                                               \
	seal_all(f, text, &old, &new, &aes, cipher);                                               \
	EXPECT(status, f->admin, SamrSetInformationUser2, who, samr_User##level,                   \
	       .Buffer = { __VA_ARGS__ });                                                         \
	if (!(status))                                                                             \
		expect_hash(f, FIRST, text);                                                       \
	text[9]++
	SET(0, user, Internal4Information, .Internal4 = { with_name, old });
	expect_text(query(f->admin, user, samr_UserFullNameInformation)->FullName.FullName, "Full");
	SET(0, user, Internal4InformationNew, .Internal4New = { with_name, new });
	SET(0, user, Internal5Information, .Internal5 = { old, 0 });
	SET(0, user, Internal5InformationNew, .Internal5New = { new, 0 });
	SET(0, user, Internal7Information, .Internal7 = { aes, 0 });
	assert_int_equal(
		pen_samr_time_get(
			query(f->admin, user, samr_UserAllInformation)->All.PasswordLastSet),
		FIXTURE_NOW);
	SET(0, user, Internal7Information, .Internal7 = { aes, 1 });
	assert_int_equal(
		pen_samr_time_get(
			query(f->admin, user, samr_UserAllInformation)->All.PasswordLastSet),
		0);
	SET(0, user, Internal8Information, .Internal8 = { with_name, aes });
	SET(PEN_STATUS_ACCESS_DENIED, weak, Internal4Information, .Internal4 = { with_name, old });
	SET(PEN_STATUS_ACCESS_DENIED, weak, Internal5Information, .Internal5 = { old, 0 });
	SET(PEN_STATUS_ACCESS_DENIED, weak, Internal1Information, .Internal1 = internal1);
	SET(PEN_STATUS_WRONG_PASSWORD, user, Internal5InformationNew,
	    .Internal5New = { { { 1 } }, 0 });
	strcpy(text, "short");
	seal_all(f, text, &old, &new, &aes, cipher);
	EXPECT(PEN_STATUS_PASSWORD_RESTRICTION, f->admin, SamrSetInformationUser2, user,
	       samr_UserInternal4Information, .Buffer.Internal4 = { with_name, old });
	strcpy(text, "notcomplex");
	seal_all(f, text, &old, &new, &aes, cipher);
	EXPECT(PEN_STATUS_PASSWORD_RESTRICTION, f->admin, SamrSetInformationUser2, user,
	       samr_UserInternal7Information, .Buffer.Internal7 = { aes, 0 });

	/* As a hash. */
	memset(nt_hash, 0x5a, sizeof(nt_hash));
	assert_int_equal(pen_samr_hash_seal(f->crypto, session_key, nt_hash,
					    internal1.EncryptedNtOwfPassword.data),
			 0);
	EXPECT(0, f->admin, SamrSetInformationUser, user, samr_UserInternal1Information,
	       .Buffer.Internal1 = internal1);
	assert_int_equal(pen_accounts_get_hash(f->accounts, FIRST, 0, nt_hash), 0);
	assert_int_equal(nt_hash[3], 0x5a);
	for (size_t i = 0; i < 8; i++)
		units[i] = (uint16_t)(internal1.EncryptedNtOwfPassword.data[2 * i] |
				      internal1.EncryptedNtOwfPassword.data[2 * i + 1] << 8);
	owf.NtOwfPassword = (struct samr_RPC_SHORT_BLOB){ 16, 16, units };
	EXPECT(0, f->admin, SamrSetInformationUser, user, samr_UserAllInformation,
	       .Buffer.All = owf);
	expect_text(query(f->admin, user, samr_UserFullNameInformation)->FullName.FullName, "Full");
#undef SET
}

/* A refused password leaves the fields that came with it as they were. */
static void test_set_is_whole(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle user = create_user(f->admin, "u", PEN_ACCOUNT_NORMAL);
	struct samr_SAMPR_USER_INTERNAL4_INFORMATION_NEW info = {
		.I1 = { .WhichFields = USER_ALL_FULLNAME | USER_ALL_NTPASSWORDPRESENT,
			.FullName = wide("Full"),
			.NtPasswordPresent = 1 },
	};

	EXPECT(PEN_STATUS_WRONG_PASSWORD, f->admin, SamrSetInformationUser2, user,
	       samr_UserInternal4InformationNew, .Buffer.Internal4New = info);
	expect_text(query(f->admin, user, samr_UserFullNameInformation)->FullName.FullName, "");
}

/* ---- passwords that users change ---- */

static void set(struct fixture *f, const char *text)
{
	assert_int_equal(pen_accounts_set_password(f->accounts, f->crypto, FIRST, text, 1), 0);
}

/* What a client sends who takes the old password to be what he says. */
struct sealed {
	struct samr_SAMPR_ENCRYPTED_USER_PASSWORD password;
	struct samr_ENCRYPTED_NT_OWF_PASSWORD old_under_new, new_under_old;
	struct samr_SAMPR_ENCRYPTED_PASSWORD_AES aes;
	uint8_t cipher[PEN_SAMR_AES_SIZE];
};

static void seal_change(struct fixture *f, const char *old, const char *new, struct sealed *sealed)
{
	struct pen_samr_password old_password, new_password;
	uint8_t old_hash[16], new_hash[16], aes_key[16];

	assert_int_equal(pen_samr_password_from_text(&old_password, old), 0);
	assert_int_equal(pen_samr_password_from_text(&new_password, new), 0);
	assert_int_equal(pen_samr_password_hash(f->crypto, &old_password, old_hash), 0);
	assert_int_equal(pen_samr_password_hash(f->crypto, &new_password, new_hash), 0);
	pen_samr_password_seal(f->crypto, (struct pen_slice){ old_hash, 16 }, &new_password, filler,
			       sealed->password.Buffer);
	pen_samr_hash_seal(f->crypto, new_hash, old_hash, sealed->old_under_new.data);
	pen_samr_hash_seal(f->crypto, old_hash, new_hash, sealed->new_under_old.data);
	pen_samr_aes_key(f->crypto, old_hash, salt, 5000, aes_key);
	pen_samr_password_seal_aes(f->crypto, (struct pen_slice){ aes_key, 16 }, &new_password,
				   filler, salt, sealed->cipher, sealed->aes.AuthData);
	memcpy(sealed->aes.Salt, salt, sizeof(salt));
	sealed->aes.cbCipher = sizeof(sealed->cipher);
	sealed->aes.Cipher = sealed->cipher;
	sealed->aes.PBKDF2Iterations = 5000;
}

#define CHANGE2(status, call, name, sealed)                                                        \
	EXPECT(status, call, SamrUnicodeChangePasswordUser2, .UserName = wide(name),               \
	       .NewPasswordEncryptedWithOldNt = &(sealed).password,                                \
	       .OldNtOwfPasswordEncryptedWithNewNt = &(sealed).old_under_new)

static void enable(struct fixture *f, struct pen_context_handle user)
{
	EXPECT(0, f->admin, SamrSetInformationUser, user, samr_UserControlInformation,
	       .Buffer.Control.UserAccountControl = PEN_ACCOUNT_NORMAL);
}

static void test_change_password(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle user = create_user(f->admin, "u", PEN_ACCOUNT_NORMAL);
	const struct samr_SamrUnicodeChangePasswordUser3_out *three;
	struct sealed sealed;

	enable(f, user);
	set(f, "Old-password1");

	/* Nobody needs a name for it: the old password is one. */
	seal_change(f, "Old-password1", "New-password2", &sealed);
	CHANGE2(0, f->nobody, "U", sealed);
	expect_hash(f, FIRST, "New-password2");
	CHANGE2(PEN_STATUS_WRONG_PASSWORD, f->nobody, "u", sealed);
	CHANGE2(PEN_STATUS_WRONG_PASSWORD, f->nobody, "nobody", sealed);
	CHANGE2(PEN_STATUS_WRONG_PASSWORD, f->nobody, "Domain Users", sealed);
	EXPECT(PEN_STATUS_INVALID_PARAMETER, f->nobody, SamrUnicodeChangePasswordUser2,
	       .UserName = wide("u"));

	seal_change(f, "New-password2", "New-password3", &sealed);
	EXPECT(0, f->nobody, SamrUnicodeChangePasswordUser4, .UserName = wide("u"),
	       .EncryptedPassword = sealed.aes);
	expect_hash(f, FIRST, "New-password3");
	EXPECT(PEN_STATUS_WRONG_PASSWORD, f->nobody, SamrUnicodeChangePasswordUser4,
	       .UserName = wide("u"), .EncryptedPassword = sealed.aes);
	sealed.aes.PBKDF2Iterations = 4999;
	EXPECT(PEN_STATUS_INVALID_PARAMETER, f->nobody, SamrUnicodeChangePasswordUser4,
	       .UserName = wide("u"), .EncryptedPassword = sealed.aes);
	sealed.aes.PBKDF2Iterations = 5000;
	sealed.aes.Cipher = NULL;
	EXPECT(PEN_STATUS_WRONG_PASSWORD, f->nobody, SamrUnicodeChangePasswordUser4,
	       .UserName = wide("u"), .EncryptedPassword = sealed.aes);

	seal_change(f, "New-password3", "new", &sealed);
	three = EXPECT(PEN_STATUS_PASSWORD_RESTRICTION, f->nobody, SamrUnicodeChangePasswordUser3,
		       .UserName = wide("u"), .NewPasswordEncryptedWithOldNt = &sealed.password,
		       .OldNtOwfPasswordEncryptedWithNewNt = &sealed.old_under_new);
	assert_int_equal(three->PasswordChangeFailureInfo->ExtendedFailureReason, 1);
	assert_int_equal(three->EffectivePasswordPolicy->MinPasswordLength, 7);

	seal_change(f, "New-password3", "New-password4", &sealed);
	EXPECT(0, f->admin, SamrChangePasswordUser, user, .NtPresent = 1,
	       .OldNtEncryptedWithNewNt = &sealed.old_under_new,
	       .NewNtEncryptedWithOldNt = &sealed.new_under_old);
	expect_hash(f, FIRST, "New-password4");
	EXPECT(PEN_STATUS_WRONG_PASSWORD, f->admin, SamrChangePasswordUser, user, .NtPresent = 1,
	       .OldNtEncryptedWithNewNt = &sealed.old_under_new,
	       .NewNtEncryptedWithOldNt = &sealed.new_under_old);
	EXPECT(PEN_STATUS_INVALID_PARAMETER, f->admin, SamrChangePasswordUser, user,
	       .NtPresent = 1);
	EXPECT(PEN_STATUS_INVALID_PARAMETER, f->admin, SamrChangePasswordUser, user);
	EXPECT(PEN_STATUS_NT_CROSS_ENCRYPTION_REQUIRED, f->admin, SamrChangePasswordUser, user,
	       .LmPresent = 1, .OldLmEncryptedWithNewLm = &sealed.old_under_new,
	       .NewLmEncryptedWithOldLm = &sealed.new_under_old);
	EXPECT(PEN_STATUS_WRONG_PASSWORD, f->nobody, SamrOemChangePasswordUser2,
	       .NewPasswordEncryptedWithOldLm = &sealed.password,
	       .OldLmOwfPasswordEncryptedWithNewLm = &sealed.old_under_new);
	EXPECT(PEN_STATUS_NOT_SUPPORTED, f->admin, SamrSetDSRMPassword, .UserId = 500);
}

/* Guesses count; a locked account is not even asked. */
/* As stored, and as they still count. */
static void expect_bad_passwords(struct pen_call *call, struct pen_context_handle user,
				 uint16_t stored, uint16_t counting)
{
	assert_int_equal(query(call, user, samr_UserLogonInformation)->Logon.BadPasswordCount,
			 stored);
	assert_int_equal(query(call, user, samr_UserAccountInformation)->Account.BadPasswordCount,
			 counting);
	assert_int_equal(query(call, user, samr_UserAllInformation)->All.BadPasswordCount,
			 counting);
}

static void test_change_locks_out(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle user = create_user(f->admin, "u", PEN_ACCOUNT_NORMAL);
	struct samr_SAMPR_DOMAIN_LOCKOUT_INFORMATION lockout = {
		.LockoutDuration.QuadPart = -(int64_t)PEN_ACCOUNT_DAY,
		.LockoutObservationWindow.QuadPart = -(int64_t)PEN_ACCOUNT_DAY,
		.LockoutThreshold = 3,
	};
	struct sealed wrong, right;

	EXPECT(0, f->admin, SamrSetInformationDomain,
	       open_domain(f->admin, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED),
	       samr_DomainLockoutInformation, .DomainInformation.Lockout = lockout);
	enable(f, user);
	set(f, "Old-password1");
	seal_change(f, "guessed", "New-password2", &wrong);
	seal_change(f, "Old-password1", "New-password2", &right);
	for (size_t i = 0; i < 3; i++)
		CHANGE2(PEN_STATUS_WRONG_PASSWORD, f->nobody, "u", wrong);
	CHANGE2(PEN_STATUS_ACCOUNT_LOCKED_OUT, f->nobody, "u", right);
	assert_true(query(f->admin, user, samr_UserControlInformation)->Control.UserAccountControl &
		    PEN_ACCOUNT_AUTO_LOCKED);
	enable(f, user); /* and unlocked */
	CHANGE2(0, f->nobody, "u", right);
	for (size_t i = 0; i < 3; i++)
		CHANGE2(PEN_STATUS_WRONG_PASSWORD, f->nobody, "u", wrong);
	seal_change(f, "New-password2", "New-password3", &right);
	CHANGE2(PEN_STATUS_ACCOUNT_LOCKED_OUT, f->nobody, "u", right);
	expect_bad_passwords(f->admin, user, 3, 3);
	fixture_now += PEN_ACCOUNT_DAY;
	expect_bad_passwords(f->admin, user, 3, 0);
	CHANGE2(0, f->nobody, "u", right);
}

/* History, age, and a descriptor that lets nobody change. */
static void test_change_policy(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle user = create_user(f->admin, "u", PEN_ACCOUNT_NORMAL);
	struct pen_context_handle domain =
		open_domain(f->admin, PEN_ACCOUNT_MACHINE, MAXIMUM_ALLOWED);
	struct samr_DOMAIN_PASSWORD_INFORMATION policy = {
		.MinPasswordLength = 1,
		.PasswordHistoryLength = 5,
		.MaxPasswordAge = pen_samr_time_put((uint64_t)INT64_MIN),
	};
	struct pen_descriptor descriptor;
	struct pen_buffer bytes;
	struct sealed sealed;

	EXPECT(0, f->admin, SamrSetInformationDomain, domain, samr_DomainPasswordInformation,
	       .DomainInformation.Password = policy);
	set(f, "a");
	seal_change(f, "a", "b", &sealed);
	CHANGE2(0, f->nobody, "u", sealed);
	seal_change(f, "b", "a", &sealed);
	CHANGE2(PEN_STATUS_PASSWORD_RESTRICTION, f->nobody, "u", sealed);
	policy.MinPasswordAge = pen_samr_time_put((uint64_t) - (int64_t)PEN_ACCOUNT_DAY);
	EXPECT(0, f->admin, SamrSetInformationDomain, domain, samr_DomainPasswordInformation,
	       .DomainInformation.Password = policy);
	seal_change(f, "b", "c", &sealed);
	CHANGE2(PEN_STATUS_PASSWORD_RESTRICTION, f->nobody, "u", sealed);
	fixture_now += PEN_ACCOUNT_DAY;
	CHANGE2(0, f->nobody, "u", sealed);

	assert_int_equal(pen_sddl_parse(&descriptor, pen_call_arena(f->admin),
					"O:BAG:BAD:(A;;0xf07ff;;;BA)(A;;0x2031b;;;WD)", NULL, NULL),
			 0);
	pen_buffer_init(&bytes, 0);
	assert_int_equal(pen_descriptor_put(&descriptor, &bytes), 0);
	EXPECT(0, f->admin, SamrSetSecurityObject, user, 4, { (uint32_t)bytes.size, bytes.data });
	pen_buffer_done(&bytes);
	fixture_now += PEN_ACCOUNT_DAY;
	seal_change(f, "c", "d", &sealed);
	CHANGE2(PEN_STATUS_ACCESS_DENIED, f->nobody, "u", sealed);
}

/* ---- validation ---- */

/* What nobody can judge is no wrong password, and leaves all as it was. */
static void test_nobody_answers(void **state)
{
	struct fixture *f = *state;
	struct pen_context_handle user = create_user(f->admin, "u", PEN_ACCOUNT_NORMAL);
	const uint32_t away = PEN_STATUS_INTERNAL_DB_ERROR;
	struct samr_SAMPR_USER_ALL_INFORMATION all = {
		.WhichFields = USER_ALL_FULLNAME | USER_ALL_NTPASSWORDPRESENT,
		.FullName = wide("Full"),
		.NtPasswordPresent = 1,
	};
	uint16_t units[8] = { 1 };
	struct sealed sealed;

	enable(f, user);
	set(f, "Old-password1");
	f->vault = test_vault_away();
	seal_change(f, "Old-password1", "New-password2", &sealed);
	CHANGE2(away, f->nobody, "u", sealed);
	EXPECT(away, f->nobody, SamrUnicodeChangePasswordUser4, .UserName = wide("u"),
	       .EncryptedPassword = sealed.aes);
	EXPECT(away, f->admin, SamrChangePasswordUser, user, .NtPresent = 1,
	       .OldNtEncryptedWithNewNt = &sealed.old_under_new,
	       .NewNtEncryptedWithOldNt = &sealed.new_under_old);
	all.NtOwfPassword = (struct samr_RPC_SHORT_BLOB){ 16, 16, units };
	EXPECT(away, f->admin, SamrSetInformationUser2, user, samr_UserAllInformation,
	       .Buffer.All = all);
	expect_text(query(f->admin, user, samr_UserFullNameInformation)->FullName.FullName, "");
	expect_hash(f, FIRST, "Old-password1");
	/* What takes no hash goes on. */
	all.WhichFields = USER_ALL_FULLNAME;
	EXPECT(0, f->admin, SamrSetInformationUser2, user, samr_UserAllInformation,
	       .Buffer.All = all);
}

static void test_validate(void **state)
{
	struct fixture *f = *state;
	struct samr_SAM_VALIDATE_PERSISTED_FIELDS fields = { .PasswordLastSet.QuadPart = 5 };
	uint8_t bytes[] = { 1, 2, 3 };
	struct samr_SAM_VALIDATE_PASSWORD_HASH hash = { 3, bytes }, null = { 3, NULL };
	const struct samr_SAM_VALIDATE_STANDARD_OUTPUT_ARG *answer;

#define VALIDATE(type, arm, ...)                                                                   \
	(&EXPECT(0, f->user, SamrValidatePassword, samr_SamValidate##type,                         \
		 .InputArg.Validate##arm##Input = { fields, __VA_ARGS__ })                         \
		  ->OutputArg->ValidateAuthenticationOutput)
	answer = VALIDATE(Authentication, Authentication, 1);
	assert_int_equal(answer->ValidationStatus, samr_SamValidateSuccess);
	fields.BadPasswordCount = 9;
	fields.BadPasswordTime.QuadPart = FIXTURE_NOW - 1;
	answer = VALIDATE(Authentication, Authentication, 0);
	assert_int_equal(answer->ValidationStatus, samr_SamValidatePasswordIncorrect);
	assert_int_equal(answer->ChangedPersistedFields.BadPasswordCount, 10);
	assert_int_equal(answer->ChangedPersistedFields.LockoutTime.QuadPart, FIXTURE_NOW);
	fields.LockoutTime.QuadPart = FIXTURE_NOW - 1;
	answer = VALIDATE(Authentication, Authentication, 1);
	assert_int_equal(answer->ValidationStatus, samr_SamValidateAccountLockedOut);
	fields.LockoutTime.QuadPart = 0;
	fields.PasswordLastSet.QuadPart = 0;
	answer = VALIDATE(Authentication, Authentication, 1);
	assert_int_equal(answer->ValidationStatus, samr_SamValidatePasswordMustChange);

	answer = VALIDATE(PasswordChange, PasswordChange, wide("Short1"), wide("u"), hash, 1);
	assert_int_equal(answer->ValidationStatus, samr_SamValidatePasswordTooShort);
	answer = VALIDATE(PasswordChange, PasswordChange, wide("longenough"), wide("u"), hash, 1);
	assert_int_equal(answer->ValidationStatus, samr_SamValidatePasswordNotComplexEnough);
	answer =
		VALIDATE(PasswordChange, PasswordChange, wide("Name-and-1"), wide("name"), hash, 1);
	assert_int_equal(answer->ValidationStatus, samr_SamValidatePasswordNotComplexEnough);
	answer = VALIDATE(PasswordChange, PasswordChange, wide("Long-enough1"), wide("u"), hash, 0);
	assert_int_equal(answer->ValidationStatus, samr_SamValidatePasswordIncorrect);
	answer =
		VALIDATE(PasswordReset, PasswordReset, wide("Long-enough1"), wide("u"), null, 1, 1);
	assert_int_equal(answer->ValidationStatus, samr_SamValidateSuccess);
	assert_int_equal(answer->ChangedPersistedFields.PasswordLastSet.QuadPart, 0);
	/* Counts without what they count. */
	fields.PasswordHistoryLength = 1000;
	answer = VALIDATE(PasswordChange, PasswordChange, wide("Long-enough1"), wide("u"), hash, 1);
	assert_int_equal(answer->ValidationStatus, samr_SamValidateSuccess);
	EXPECT(PEN_STATUS_ACCESS_DENIED, f->nobody, SamrValidatePassword,
	       samr_SamValidateAuthentication);
#undef VALIDATE
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_query_levels),     TEST(test_set_levels),    TEST(test_set_refused),
		TEST(test_set_password),     TEST(test_set_is_whole),  TEST(test_change_password),
		TEST(test_change_locks_out), TEST(test_change_policy), TEST(test_validate),
		TEST(test_nobody_answers),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
