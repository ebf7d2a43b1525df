/* SPDX-License-Identifier: MIT */
/* Passwords that an administrator sets [MS-SAMR 3.1.5.6.4, 3.2.2]. */
#include "service/samr/state.h"
#include <string.h>

enum { SESSION_KEY = 16 };

/* The key of conversations between processes of one machine [MS-LSAD 5.1.2], however protected. */
static const uint8_t local_key[SESSION_KEY] = "SystemLibraryDTC";

int32_t pen_samr_session_key(struct pen_call *call, struct pen_slice *keyp)
{
	*keyp = pen_call_session_key(call);
	if (pen_call_protseq(call) == PEN_NCALRPC)
		*keyp = (struct pen_slice){ local_key, sizeof(local_key) };
	if (keyp->size < SESSION_KEY)
		return (int32_t)PEN_STATUS_NO_USER_SESSION_KEY;
	return 0;
}

static int32_t hold(struct pen_call *call, uint32_t rid, const char *text, const uint8_t *nt_hash,
		    bool is_expired, struct authority_setting *setting)
{
	enum pen_account_objection objection;
	int r = pen_accounts_check_password(pen_samr_of(call)->accounts, rid, text, nt_hash, false,
					    pen_samr_now(call), &objection);

	if (r == PEN_E_DENIED)
		return (int32_t)PEN_STATUS_PASSWORD_RESTRICTION;
	setting->rid = rid;
	setting->must_change = is_expired;
	memcpy(setting->nt_hash, nt_hash, sizeof(setting->nt_hash));
	return pen_samr_status(r, PEN_SAMR_USER);
}

int32_t pen_samr_hold_hash(struct pen_call *call, uint32_t rid,
			   const uint8_t nt_hash[PEN_SAMR_HASH_SIZE], bool is_expired,
			   struct authority_setting *setting)
{
	return hold(call, rid, NULL, nt_hash, is_expired, setting);
}

/* What machines choose need not be a text; they are not asked for one. */
int32_t pen_samr_hold_password(struct pen_call *call, uint32_t rid,
			       struct pen_samr_password *password, bool is_expired,
			       struct authority_setting *setting)
{
	uint8_t nt_hash[PEN_SAMR_HASH_SIZE];
	char text[PEN_SAMR_UTF8_SIZE];
	bool is_text = !pen_samr_password_to_text(password, text);
	int r = pen_samr_password_hash(pen_samr_of(call)->crypto, password, nt_hash);
	int32_t result = pen_samr_status(r, PEN_SAMR_USER);

	if (!result)
		result = hold(call, rid, is_text ? text : NULL, nt_hash, is_expired, setting);
	pen_wipe(password, sizeof(*password));
	pen_wipe(text, sizeof(text));
	pen_wipe(nt_hash, sizeof(nt_hash));
	return result;
}

/* What did not open was sealed under another key. */
static int32_t hold_opened(struct pen_call *call, int r, uint32_t rid,
			   struct pen_samr_password *password, bool is_expired,
			   struct authority_setting *setting)
{
	if (!r)
		return pen_samr_hold_password(call, rid, password, is_expired, setting);
	pen_wipe(password, sizeof(*password));
	return r == PEN_E_BAD_DATA || r == PEN_E_DENIED ? (int32_t)PEN_STATUS_WRONG_PASSWORD
							: pen_samr_status(r, PEN_SAMR_USER);
}

int32_t pen_samr_hold_rc4(struct pen_call *call, uint32_t rid,
			  const struct samr_SAMPR_ENCRYPTED_USER_PASSWORD *sealed, bool is_expired,
			  struct authority_setting *setting)
{
	struct pen_samr_password password;
	struct pen_slice key;
	int32_t result = pen_samr_session_key(call, &key);

	if (result)
		return result;
	return hold_opened(
		call,
		pen_samr_password_open(pen_samr_of(call)->crypto, key, sealed->Buffer, &password),
		rid, &password, is_expired, setting);
}

int32_t pen_samr_hold_rc4_new(struct pen_call *call, uint32_t rid,
			      const struct samr_SAMPR_ENCRYPTED_USER_PASSWORD_NEW *sealed,
			      bool is_expired, struct authority_setting *setting)
{
	struct pen_samr_password password;
	struct pen_slice key;
	int32_t result = pen_samr_session_key(call, &key);

	if (result)
		return result;
	return hold_opened(call,
			   pen_samr_password_open_new(pen_samr_of(call)->crypto, key,
						      sealed->Buffer, &password),
			   rid, &password, is_expired, setting);
}

int32_t pen_samr_hold_aes(struct pen_call *call, uint32_t rid,
			  const struct samr_SAMPR_ENCRYPTED_PASSWORD_AES *sealed, bool is_expired,
			  struct authority_setting *setting)
{
	const struct pen_slice cipher = { sealed->Cipher, sealed->Cipher ? sealed->cbCipher : 0 };
	struct pen_samr_password password;
	struct pen_slice key;
	int32_t result = pen_samr_session_key(call, &key);

	if (result)
		return result;
	return hold_opened(call,
			   pen_samr_password_open_aes(pen_samr_of(call)->crypto, key, sealed->Salt,
						      sealed->AuthData, cipher, &password),
			   rid, &password, is_expired, setting);
}
