/* SPDX-License-Identifier: MIT */
/* What interfaces mark as secret is not in texts that are for others: not in any form. */
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/idl/lsarpc.h>
#include <penstock/idl/netlogon.h>
#include <penstock/idl/samr.h>
#include <penstock/idl/srvsvc.h>
#include <penstock/interface.h>
#include <string.h>

static const struct {
	const struct pen_interface *interface;
	const char *operation;
	const char *json;
	const char *redacted; /* NULL: nothing in it is */
} rows[] = {
	{ &lsarpc_interface, "LsarSetSecret",
	  "{\"SecretHandle\":\"0:00000000-0000-0000-0000-000000000000\",\"EncryptedCurrentValue\":"
	  "{\"Length\":2,\"MaximumLength\":2,\"Buffer\":\"5ec2\"},\"EncryptedOldValue\":null}",
	  "{\"SecretHandle\":\"0:00000000-0000-0000-0000-000000000000\",\"EncryptedCurrentValue\":"
	  "{\"Length\":2,\"MaximumLength\":2,\"Buffer\":\"<redacted>\"},\"EncryptedOldValue\":"
	  "null}" },
	{ &samr_interface, "SamrSetInformationUser2",
	  "{\"UserHandle\":\"0:00000000-0000-0000-0000-000000000000\",\"UserInformationClass\":"
	  "\"UserInternal1Information\",\"Buffer\":{\"Internal1\":{\"EncryptedNtOwfPassword\":"
	  "{\"data\":\"5ec25ec25ec25ec25ec25ec25ec25ec2\"},\"EncryptedLmOwfPassword\":{\"data\":"
	  "\"5ec25ec25ec25ec25ec25ec25ec25ec2\"},\"NtPasswordPresent\":1,\"LmPasswordPresent\":0,"
	  "\"PasswordExpired\":0}}}",
	  "{\"UserHandle\":\"0:00000000-0000-0000-0000-000000000000\",\"UserInformationClass\":"
	  "\"UserInternal1Information\",\"Buffer\":{\"Internal1\":{\"EncryptedNtOwfPassword\":"
	  "{\"data\":\"<redacted>\"},\"EncryptedLmOwfPassword\":{\"data\":\"<redacted>\"},"
	  "\"NtPasswordPresent\":1,\"LmPasswordPresent\":0,\"PasswordExpired\":0}}}" },
	{ &srvsvc_interface, "NetrServerGetInfo", "{\"ServerName\":null,\"Level\":101}", NULL },
};

static void redact(const struct pen_type *type, const void *value, bool redacts,
		   struct pen_buffer *json, struct pen_buffer *text)
{
	const struct pen_scope scope = { .redacts = redacts };
	struct pen_ndr_error error = { "" };

	json->size = text->size = 0;
	if (pen_ndr_to_json(type, &scope, value, json, &error))
		fail_msg("%s", error.text);
	assert_int_equal(pen_buffer_add(json, "", 1), 0);
	assert_int_equal(pen_ndr_print(type, &scope, value, text), 0);
	assert_int_equal(pen_buffer_add(text, "", 1), 0);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		const struct pen_operation *operation =
			pen_interface_find(rows[i].interface, rows[i].operation, NULL);
		struct pen_buffer json = { 0 }, text = { 0 };
		struct pen_ndr_error error = { "" };
		struct pen_arena arena;
		void *value;

		assert_non_null(operation);
		pen_arena_init(&arena, 0);
		value = pen_arena_zalloc(&arena, operation->in->size);
		if (pen_ndr_from_json(operation->in, NULL, rows[i].json, strlen(rows[i].json),
				      value, &arena, &error))
			fail_msg("%s: %s", rows[i].operation, error.text);
		redact(operation->in, value, false, &json, &text);
		assert_string_equal(json.data, rows[i].json);
		assert_null(strstr((char *)text.data, "<redacted>"));
		redact(operation->in, value, true, &json, &text);
		assert_string_equal(json.data, rows[i].redacted ? rows[i].redacted : rows[i].json);
		assert_null(strstr((char *)text.data, "5ec2"));
		assert_true(!strstr((char *)text.data, "<redacted>") == !rows[i].redacted);
		pen_buffer_done(&json);
		pen_buffer_done(&text);
		pen_arena_done(&arena);
	}
}

/* Marks that nobody should take away unseen. */
static void test_marks(void **state)
{
	static const struct {
		const struct pen_type *type;
		const char *name;
	} marks[] = {
		{ &lsarpc_LSAPR_CR_CIPHER_VALUE_type, "Buffer" },
		{ &netlogon_NL_TRUST_PASSWORD_type, "Buffer" },
		{ &netlogon_NT_OWF_PASSWORD_type, "data" },
		{ &netlogon_USER_SESSION_KEY_type, "data" },
		{ &samr_SAMPR_ENCRYPTED_USER_PASSWORD_NEW_type, "Buffer" },
		{ &samr_SAM_VALIDATE_PASSWORD_RESET_INPUT_ARG_type, "ClearPassword" },
		{ &srvsvc_SHARE_INFO_2_type, "shi2_passwd" },
	};

	for (size_t i = 0; i < PEN_COUNT(marks); i++) {
		const struct pen_type *type = marks[i].type;
		uint32_t n = 0;

		while (n < type->n_fields && strcmp(type->fields[n].name, marks[i].name) != 0)
			n++;
		assert_true(n < type->n_fields);
		assert_true(type->fields[n].is_secret);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
