/* SPDX-License-Identifier: MIT */
#include "service/lsarpc/cipher.h"
#include "service/lsarpc/fixture.h"

static const struct pen_slice key = { fixture_key, 16 };

/* What is encrypted comes back, whatever its length; a flipped bit never passes as it was. */
static void test_cipher(void **state)
{
	struct fixture *f = *state;
	uint8_t plain[40];
	struct pen_slice cipher, seen;

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n <= sizeof(plain); n++) {
		assert_int_equal(pen_lsarpc_encrypt(f->crypto, key, (struct pen_slice){ plain, n },
						    &f->arena, &cipher),
				 0);
		assert_int_equal(cipher.size, 8 + (n + 7) / 8 * 8);
		assert_int_equal(pen_lsarpc_decrypt(f->crypto, key, cipher, &f->arena, &seen), 0);
		assert_int_equal(seen.size, n);
		assert_memory_equal(seen.data, plain, n);
	}
	for (size_t n = 0; n < cipher.size; n++)
		assert_int_not_equal(pen_lsarpc_decrypt(f->crypto, key,
							(struct pen_slice){ cipher.data, n },
							&f->arena, &seen),
				     0);
	for (size_t bit = 0; bit < 64; bit++) {
		((uint8_t *)cipher.data)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(pen_lsarpc_decrypt(f->crypto, key, cipher, &f->arena, &seen),
				     0);
		((uint8_t *)cipher.data)[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* The slices of a key of 16 bytes begin at 0, 7, 2, 9, 0 and so on [MS-LSAD 5.1.2]. */
static void test_key_slices(void **state)
{
	static const size_t at[] = { 0, 7, 2, 9, 0, 7 };
	struct fixture *f = *state;
	const uint8_t plain[40] = { 0 };
	struct pen_slice cipher;
	uint8_t block[8];

	assert_int_equal(pen_lsarpc_encrypt(f->crypto, key, (struct pen_slice){ plain, 40 },
					    &f->arena, &cipher),
			 0);
	for (size_t i = 0; i < PEN_COUNT(at); i++) {
		const uint8_t head[8] = { 40, 0, 0, 0, 1 };

		assert_int_equal(
			pen_des_decrypt(f->crypto, fixture_key + at[i], cipher.data + 8 * i, block),
			0);
		assert_memory_equal(block, i ? plain : head, 8);
	}
	for (size_t n = 0; n < 7; n++)
		assert_int_equal(pen_lsarpc_encrypt(f->crypto, (struct pen_slice){ fixture_key, n },
						    (struct pen_slice){ plain, 40 }, &f->arena,
						    &cipher),
				 PEN_E_UNSUPPORTED);
}

static struct lsarpc_LSAPR_CR_CIPHER_VALUE value_of(struct fixture *f, const char *text)
{
	struct pen_slice cipher;

	assert_int_equal(
		pen_lsarpc_encrypt(f->crypto, key,
				   (struct pen_slice){ (const uint8_t *)text, strlen(text) },
				   &f->arena, &cipher),
		0);
	return (struct lsarpc_LSAPR_CR_CIPHER_VALUE){ (uint32_t)cipher.size, (uint32_t)cipher.size,
						      (uint8_t *)cipher.data };
}

static void expect_plain(struct fixture *f, const struct lsarpc_LSAPR_CR_CIPHER_VALUE *value,
			 const char *text)
{
	struct pen_slice seen;

	assert_non_null(value);
	assert_int_equal(pen_lsarpc_decrypt(f->crypto, key,
					    (struct pen_slice){ value->Buffer, value->Length },
					    &f->arena, &seen),
			 0);
	assert_int_equal(seen.size, strlen(text));
	assert_memory_equal(seen.data, text, seen.size);
}

static uint32_t create(struct pen_call *call, const char *name, struct pen_context_handle *handle)
{
	const struct lsarpc_LsarCreateSecret_in in = {
		.PolicyHandle = policy(call, MAXIMUM, NULL),
		.SecretName = text_of(call, name),
		.DesiredAccess = MAXIMUM,
	};
	struct lsarpc_LsarCreateSecret_out out = { 0 };

	assert_int_equal(ops()->LsarCreateSecret(call, &in, &out), 0);
	*handle = out.SecretHandle;
	return out.result;
}

static void expect_secret(struct fixture *f, struct pen_context_handle handle, const char *current,
			  const char *old)
{
	struct lsarpc_LSAPR_CR_CIPHER_VALUE *none = NULL;
	int64_t time = 0;
	const struct lsarpc_LsarQuerySecret_in in = { handle, &none, &time, &none, &time };
	struct lsarpc_LsarQuerySecret_out out = { 0 };

	assert_int_equal(ops()->LsarQuerySecret(f->admin, &in, &out), 0);
	assert_int_equal(out.result, 0);
	assert_true(*out.CurrentValueSetTime && *out.OldValueSetTime);
	if (current)
		expect_plain(f, *out.EncryptedCurrentValue, current);
	else
		assert_null(*out.EncryptedCurrentValue);
	if (old)
		expect_plain(f, *out.EncryptedOldValue, old);
	else
		assert_null(*out.EncryptedOldValue);
}

static void test_secrets(void **state)
{
	struct fixture *f = *state;
	struct lsarpc_LSAPR_CR_CIPHER_VALUE first = value_of(f, "first"), second = value_of(f, "");
	struct pen_context_handle handle, other;
	struct lsarpc_LsarSetSecret_in in = { 0 };
	struct lsarpc_LsarSetSecret_out out = { 0 };

	assert_int_equal(create(f->user, "G$a", &handle), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(create(f->admin, "", &handle), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(create(f->admin, "L$a", &handle), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(create(f->admin, "m$a", &handle), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(create(f->admin, "G$a", &handle), 0);
	assert_int_equal(create(f->admin, "g$A", &other), PEN_STATUS_OBJECT_NAME_COLLISION);
	expect_secret(f, handle, NULL, NULL);
	in.SecretHandle = handle;
	in.EncryptedCurrentValue = &first;
	assert_int_equal(ops()->LsarSetSecret(f->admin, &in, &out), 0);
	assert_int_equal(out.result, 0);
	expect_secret(f, handle, "first", NULL);
	in.EncryptedCurrentValue = &second;
	assert_int_equal(ops()->LsarSetSecret(f->admin, &in, &out), 0);
	expect_secret(f, handle, "", "first");
	/* Bytes under another key change nothing. */
	first.Buffer[5] ^= 1;
	in.EncryptedCurrentValue = &first;
	assert_int_equal(ops()->LsarSetSecret(f->admin, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_UNKNOWN_REVISION);
	expect_secret(f, handle, "", "first");
}

/* Who has no key in common with us neither sets nor reads. */
static void test_no_key(void **state)
{
	struct fixture *f = *state;
	struct lsarpc_LSAPR_CR_CIPHER_VALUE value = value_of(f, "x");
	struct dtyp_RPC_UNICODE_STRING name = text_of(f->admin, "p");
	const struct pen_sid admins[] = { pen_sid_system, pen_sid_administrators };
	const struct pen_token_info info = { .sids = admins, .n_sids = 2 };
	struct lsarpc_LsarStorePrivateData_in in = { .KeyName = name, .EncryptedData = &value };
	struct lsarpc_LsarStorePrivateData_out out = { 0 };
	struct pen_token *token;
	struct pen_call *call;

	assert_int_equal(pen_token_new(&token, &info), 0);
	assert_int_equal(pen_call_new_direct(&call, f->server, f->lsarpc, token), 0);
	in.PolicyHandle = policy(call, MAXIMUM, NULL);
	assert_int_equal(ops()->LsarStorePrivateData(call, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_NO_USER_SESSION_KEY);
	pen_call_free(call);
	pen_token_free(token);
}

static void test_private_data(void **state)
{
	struct fixture *f = *state;
	struct lsarpc_LSAPR_CR_CIPHER_VALUE value = value_of(f, "data");
	struct lsarpc_LsarStorePrivateData_in in = {
		.PolicyHandle = policy(f->admin, MAXIMUM, NULL),
		.KeyName = text_of(f->admin, "p"),
	};
	struct lsarpc_LsarStorePrivateData_out out = { 0 };
	struct lsarpc_LsarRetrievePrivateData_in get = { .PolicyHandle = in.PolicyHandle,
							 .KeyName = in.KeyName };
	struct lsarpc_LsarRetrievePrivateData_out got = { 0 };

	assert_int_equal(ops()->LsarStorePrivateData(f->admin, &in, &out), 0);
	assert_int_equal(out.result, PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	in.EncryptedData = &value;
	assert_int_equal(ops()->LsarStorePrivateData(f->admin, &in, &out), 0);
	assert_int_equal(out.result, 0);
	assert_int_equal(ops()->LsarRetrievePrivateData(f->admin, &get, &got), 0);
	expect_plain(f, got.EncryptedData, "data");
	get.PolicyHandle = policy(f->user, MAXIMUM, NULL);
	assert_int_equal(ops()->LsarRetrievePrivateData(f->user, &get, &got), 0);
	assert_int_equal(got.result, PEN_STATUS_ACCESS_DENIED);
	in.EncryptedData = NULL;
	assert_int_equal(ops()->LsarStorePrivateData(f->admin, &in, &out), 0);
	assert_int_equal(out.result, 0);
	get.PolicyHandle = in.PolicyHandle;
	assert_int_equal(ops()->LsarRetrievePrivateData(f->admin, &get, &got), 0);
	assert_int_equal(got.result, PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cipher, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_key_slices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_secrets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_private_data, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
