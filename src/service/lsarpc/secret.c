/* SPDX-License-Identifier: MIT */
/* Secrets [MS-LSAD 3.1.1.4, 3.1.4.6]. */
#include "base/utf16.h"
#include "io/clock.h"
#include "service/lsarpc/cipher.h"
#include "service/lsarpc/state.h"
#include <errno.h>
#include <string.h>
#include <strings.h>

/* Names that begin so are for callers on this machine [MS-LSAD 3.1.1.4]. */
static bool is_for_us_alone(const char *name)
{
	static const char *const prefixes[] = { "L$", "M$", "NL$", "_SC_", "$MACHINE.ACC" };

	for (size_t i = 0; i < PEN_COUNT(prefixes); i++)
		if (!strncasecmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* A secret's name, if the caller may ask for it. */
static int name_get(struct pen_call *call, const struct dtyp_RPC_UNICODE_STRING *string,
		    const char **namep, uint32_t *statusp)
{
	int r = pen_lsarpc_text_get(call, string, namep);

	if (r < 0)
		return r;
	if (r || !**namep)
		*statusp = PEN_STATUS_INVALID_PARAMETER;
	else if (string->Length / 2 > PEN_LSA_SECRET_NAME_MAX)
		*statusp = PEN_STATUS_NAME_TOO_LONG;
	else if (is_for_us_alone(*namep) && !pen_lsarpc_is_local(call))
		*statusp = PEN_STATUS_ACCESS_DENIED;
	return 0;
}

static uint32_t cipher_status(int r)
{
	switch (r) {
	case PEN_E_PROTOCOL:
		return PEN_STATUS_UNKNOWN_REVISION;
	case PEN_E_BAD_DATA:
		return PEN_STATUS_INVALID_PARAMETER;
	case PEN_E_UNSUPPORTED:
		return PEN_STATUS_NO_USER_SESSION_KEY;
	}
	return pen_lsarpc_status(r);
}

/* What travels, decrypted; the caller wipes it. NULL: nothing. */
static uint32_t value_get(struct pen_call *call, const struct lsarpc_LSAPR_CR_CIPHER_VALUE *value,
			  struct pen_slice *plainp)
{
	struct pen_slice cipher = { value->Buffer, value->Buffer ? value->Length : 0 };
	uint32_t status = cipher_status(pen_lsarpc_decrypt(pen_lsarpc_of(call)->crypto,
							   pen_call_session_key(call), cipher,
							   pen_call_arena(call), plainp));

	if (status || plainp->size <= PEN_LSA_SECRET_MAX)
		return status;
	pen_wipe((uint8_t *)plainp->data, plainp->size);
	*plainp = (struct pen_slice){ 0 };
	return PEN_STATUS_SECRET_TOO_LONG;
}

static uint32_t value_put(struct pen_call *call, struct pen_slice plain,
			  struct lsarpc_LSAPR_CR_CIPHER_VALUE **valuep)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct lsarpc_LSAPR_CR_CIPHER_VALUE *value = pen_arena_zalloc(arena, sizeof(*value));
	struct pen_slice cipher;
	int r = value ? pen_lsarpc_encrypt(pen_lsarpc_of(call)->crypto, pen_call_session_key(call),
					   plain, arena, &cipher)
		      : -ENOMEM;

	if (r)
		return cipher_status(r);
	*value = (struct lsarpc_LSAPR_CR_CIPHER_VALUE){
		.Length = (uint32_t)cipher.size,
		.MaximumLength = (uint32_t)cipher.size,
		.Buffer = (uint8_t *)cipher.data,
	};
	*valuep = value;
	return 0;
}

static void wipe(struct pen_slice slice)
{
	pen_wipe((uint8_t *)slice.data, slice.size);
}

static void wipe_secret(const struct pen_lsa_secret *secret)
{
	wipe(secret->current);
	wipe(secret->old);
}

/* ---- secret objects ---- */

int pen_lsarpc_create_secret(struct pen_call *call, const struct lsarpc_LsarCreateSecret_in *in,
			     struct lsarpc_LsarCreateSecret_out *out)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	const char *name;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_CREATE_SECRET, &out->result);

	if (!r && !out->result)
		r = name_get(call, &in->SecretName, &name, &out->result);
	if (r || out->result)
		return r;
	r = pen_lsa_add_secret(accounts, name, pen_clock_nt());
	out->result = r == PEN_E_LIMIT ? PEN_STATUS_TOO_MANY_SECRETS : pen_lsarpc_status(r);
	if (out->result)
		return 0;
	return pen_lsarpc_open_secret(call, name, (struct pen_slice){ 0 }, in->DesiredAccess,
				      &out->SecretHandle, &out->result);
}

int pen_lsarpc_open_secret_op(struct pen_call *call, const struct lsarpc_LsarOpenSecret_in *in,
			      struct lsarpc_LsarOpenSecret_out *out)
{
	struct pen_lsa_secret secret;
	const char *name;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, 0, &out->result);

	if (!r && !out->result)
		r = name_get(call, &in->SecretName, &name, &out->result);
	if (r || out->result)
		return r;
	r = pen_lsa_get_secret(pen_lsarpc_of(call)->accounts, name, pen_call_arena(call), &secret);
	out->result = pen_lsarpc_status(r);
	if (out->result)
		return 0;
	wipe_secret(&secret);
	return pen_lsarpc_open_secret(call, name, secret.security, in->DesiredAccess,
				      &out->SecretHandle, &out->result);
}

/* The current value, and the old one: that which was current before, where none is given. */
static uint32_t change_secret(struct pen_call *call, const char *name,
			      const struct lsarpc_LsarSetSecret_in *in,
			      const struct pen_slice values[2])
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_lsa_secret secret, fresh;
	uint64_t now = pen_clock_nt();
	int r = pen_lsa_get_secret(accounts, name, pen_call_arena(call), &secret);

	if (r)
		return pen_lsarpc_stale(r);
	fresh = secret;
	fresh.has_old = in->EncryptedOldValue || secret.has_current;
	fresh.old = in->EncryptedOldValue ? values[1] : secret.current;
	fresh.old_set = in->EncryptedOldValue ? now : secret.current_set;
	fresh.has_current = in->EncryptedCurrentValue;
	fresh.current = values[0];
	fresh.current_set = now;
	r = pen_lsa_set_secret(accounts, name, &fresh);
	wipe_secret(&secret);
	return pen_lsarpc_status(r);
}

int pen_lsarpc_set_secret(struct pen_call *call, const struct lsarpc_LsarSetSecret_in *in,
			  struct lsarpc_LsarSetSecret_out *out)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_slice values[2] = { 0 };
	struct pen_lsarpc_object *object;
	int r = pen_lsarpc_find(call, &in->SecretHandle, PEN_LSARPC_SECRET, PEN_LSARPC_SECRET_SET,
				&object, &out->result);

	if (r || out->result)
		return r;
	if (in->EncryptedCurrentValue)
		out->result = value_get(call, in->EncryptedCurrentValue, &values[0]);
	if (!out->result && in->EncryptedOldValue)
		out->result = value_get(call, in->EncryptedOldValue, &values[1]);
	if (!out->result)
		out->result = pen_lsarpc_status(pen_accounts_begin(accounts));
	if (!out->result) {
		out->result = change_secret(call, object->name, in, values);
		r = pen_accounts_end(accounts, out->result ? -ECANCELED : 0);
		if (!out->result)
			out->result = pen_lsarpc_status(r);
	}
	wipe(values[0]);
	wipe(values[1]);
	return 0;
}

/* One of the two values, for who asked: a pointer to a pointer, and one to a time. */
static uint32_t answer(struct pen_call *call, bool has, struct pen_slice plain, uint64_t set,
		       struct lsarpc_LSAPR_CR_CIPHER_VALUE *const *asked, const int64_t *asked_time,
		       struct lsarpc_LSAPR_CR_CIPHER_VALUE ***valuep, int64_t **timep)
{
	struct pen_arena *arena = pen_call_arena(call);

	if (asked_time) {
		*timep = pen_arena_zalloc(arena, sizeof(**timep));
		if (!*timep)
			return PEN_STATUS_INSUFFICIENT_RESOURCES;
		**timep = (int64_t)set;
	}
	if (!asked)
		return 0;
	*valuep = pen_arena_zalloc(arena, sizeof(**valuep));
	if (!*valuep)
		return PEN_STATUS_INSUFFICIENT_RESOURCES;
	return has ? value_put(call, plain, *valuep) : 0;
}

int pen_lsarpc_query_secret(struct pen_call *call, const struct lsarpc_LsarQuerySecret_in *in,
			    struct lsarpc_LsarQuerySecret_out *out)
{
	struct pen_lsarpc_object *object;
	struct pen_lsa_secret secret;
	int r = pen_lsarpc_find(call, &in->SecretHandle, PEN_LSARPC_SECRET, PEN_LSARPC_SECRET_QUERY,
				&object, &out->result);

	if (r || out->result)
		return r;
	r = pen_lsa_get_secret(pen_lsarpc_of(call)->accounts, object->name, pen_call_arena(call),
			       &secret);
	out->result = pen_lsarpc_stale(r);
	if (out->result)
		return 0;
	out->result = answer(call, secret.has_current, secret.current, secret.current_set,
			     in->EncryptedCurrentValue, in->CurrentValueSetTime,
			     &out->EncryptedCurrentValue, &out->CurrentValueSetTime);
	if (!out->result)
		out->result = answer(call, secret.has_old, secret.old, secret.old_set,
				     in->EncryptedOldValue, in->OldValueSetTime,
				     &out->EncryptedOldValue, &out->OldValueSetTime);
	wipe_secret(&secret);
	return 0;
}

/* ---- private data: a secret in one call ---- */

/* The secret of that name, made if it is not there, has data to come and the handle may. */
static uint32_t private_for(struct pen_call *call, const struct lsarpc_LsarStorePrivateData_in *in,
			    const char *name, struct pen_lsa_secret *secret)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	uint32_t status = 0, granted;
	int r = pen_lsa_get_secret(accounts, name, pen_call_arena(call), secret);

	if (!r)
		return pen_lsarpc_check_access(call, PEN_LSARPC_SECRET, secret->security,
					       PEN_LSARPC_SECRET_SET, &granted);
	if (r != PEN_E_NOT_FOUND || !in->EncryptedData)
		return pen_lsarpc_status(r);
	r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_CREATE_SECRET, &status);
	if (r || status)
		return r ? pen_lsarpc_status(r) : status;
	r = pen_lsa_add_secret(accounts, name, pen_clock_nt());
	*secret = (struct pen_lsa_secret){ 0 };
	return r == PEN_E_LIMIT ? PEN_STATUS_TOO_MANY_SECRETS : pen_lsarpc_status(r);
}

static uint32_t store_private(struct pen_call *call,
			      const struct lsarpc_LsarStorePrivateData_in *in, const char *name,
			      struct pen_slice plain)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_lsa_secret secret = { 0 }, fresh;
	uint32_t status = private_for(call, in, name, &secret), granted;

	if (!status && !in->EncryptedData) {
		status = pen_lsarpc_check_access(call, PEN_LSARPC_SECRET, secret.security,
						 PEN_ACCESS_DELETE, &granted);
		if (!status)
			status = pen_lsarpc_status(pen_lsa_remove_secret(accounts, name));
	} else if (!status) {
		fresh = secret;
		fresh.has_old = secret.has_current;
		fresh.old = secret.current;
		fresh.old_set = secret.current_set;
		fresh.has_current = true;
		fresh.current = plain;
		fresh.current_set = pen_clock_nt();
		status = pen_lsarpc_status(pen_lsa_set_secret(accounts, name, &fresh));
	}
	wipe_secret(&secret);
	return status;
}

int pen_lsarpc_store_private(struct pen_call *call, const struct lsarpc_LsarStorePrivateData_in *in,
			     struct lsarpc_LsarStorePrivateData_out *out)
{
	struct pen_accounts *accounts = pen_lsarpc_of(call)->accounts;
	struct pen_slice plain = { 0 };
	const char *name;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, 0, &out->result);

	if (!r && !out->result)
		r = name_get(call, &in->KeyName, &name, &out->result);
	if (r || out->result)
		return r;
	if (in->EncryptedData)
		out->result = value_get(call, in->EncryptedData, &plain);
	if (!out->result)
		out->result = pen_lsarpc_status(pen_accounts_begin(accounts));
	if (!out->result) {
		out->result = store_private(call, in, name, plain);
		r = pen_accounts_end(accounts, out->result ? -ECANCELED : 0);
		if (!out->result)
			out->result = pen_lsarpc_status(r);
	}
	wipe(plain);
	return 0;
}

int pen_lsarpc_retrieve_private(struct pen_call *call,
				const struct lsarpc_LsarRetrievePrivateData_in *in,
				struct lsarpc_LsarRetrievePrivateData_out *out)
{
	struct pen_lsa_secret secret;
	const char *name;
	uint32_t granted;
	int r = pen_lsarpc_policy(call, &in->PolicyHandle, PEN_LSARPC_GET_PRIVATE, &out->result);

	if (!r && !out->result)
		r = name_get(call, &in->KeyName, &name, &out->result);
	if (r || out->result)
		return r;
	r = pen_lsa_get_secret(pen_lsarpc_of(call)->accounts, name, pen_call_arena(call), &secret);
	out->result = pen_lsarpc_status(r);
	if (out->result)
		return 0;
	out->result = pen_lsarpc_check_access(call, PEN_LSARPC_SECRET, secret.security,
					      PEN_LSARPC_SECRET_QUERY, &granted);
	if (!out->result && secret.has_current)
		out->result = value_put(call, secret.current, &out->EncryptedData);
	wipe_secret(&secret);
	return 0;
}
