/* SPDX-License-Identifier: MIT */
/* Clients that prove nothing: those without a name, and guests. */
#include "sec/test-ntlm.h"

static void test_anonymous(void **state)
{
	struct pen_token *token = NULL;
	struct talk talk;

	talk_init(&talk, NULL, NULL);
	talk.config.allow_anonymous = true;
	assert_int_equal(talk_run(&talk), 0);
	expect_agreement(&talk, true);
	assert_int_equal(pen_mech_ntlm.token(talk.server, &token), 0);
	assert_true(pen_token_is_anonymous(token));
	pen_token_free(token);
	talk_done(&talk);
}

/*
 * Samba's rpcclient without a name: it gives up extended session security, and signs the
 * data alone [MS-NLMP 3.4.4.1]. Recorded, of version 4.17: its messages, the key that it
 * had made, and its first signature, of "message".
 */
static const uint8_t samba_negotiate[] = "NTLMSSP\0\x01\0\0\0\x15\x82\x08\x62" /* flags */
					 "\0\0\0\0\x28\0\0\0"		       /* domain */
					 "\0\0\0\0\x28\0\0\0"		       /* workstation */
					 "\x06\x01\0\0\0\0\0\x0f";	       /* version */

static const uint8_t samba_authenticate[] =
	"NTLMSSP\0\x03\0\0\0"
	"\0\0\0\0\x58\0\0\0"		   /* LM response */
	"\0\0\0\0\x58\0\0\0"		   /* NT response */
	"\0\0\0\0\x58\0\0\0"		   /* domain */
	"\0\0\0\0\x58\0\0\0"		   /* user */
	"\x04\0\x04\0\x58\0\0\0"	   /* workstation */
	"\x10\0\x10\0\x5c\0\0\0"	   /* key */
	"\x15\x8a\0\x62"		   /* flags */
	"\x06\x01\0\0\0\0\0\x0f"	   /* version */
	"\xc3\x5a\x89\xed\x86\x80\x7b\x43" /* where a MIC would be */
	"\xb3\x51\x14\x19\x18\x84\xed\xc8"
	"V\0M\0"
	"\x3e\xdc\xd3\xec\x28\xfd\x59\x46\xb2\x94\xcd\x70\x95\xdc\x69\x57";

static const uint8_t samba_key[] = {
	0xe0, 0xc4, 0x5a, 0xad, 0x8b, 0xca, 0x04, 0x7c, /* */
	0x38, 0x92, 0xd3, 0x17, 0xc2, 0xb2, 0xfb, 0x3a, /* */
};

static const uint8_t samba_signature[] = {
	0x01, 0x00, 0x00, 0x00, 0xcb, 0x1b, 0x07, 0x3d, /* */
	0x4b, 0xa9, 0xc6, 0x8f, 0xf1, 0x82, 0x29, 0xaa, /* */
};

static void test_samba(void **state)
{
	struct pen_buffer out = { 0 };
	uint8_t data[] = "message";
	uint8_t signature[16];
	struct pen_protected message = {
		.data = data,
		.n = sizeof(data),
		.signature = signature,
		.n_signature = sizeof(signature),
	};
	struct talk talk;

	talk_init(&talk, NULL, NULL);
	talk.config.allow_anonymous = true;
	talk.server_side.level = PEN_AUTH_LEVEL_INTEGRITY;
	assert_int_equal(talk_new(&talk), 0);
	assert_int_equal(pen_mech_ntlm.step(
				 talk.server,
				 (struct pen_slice){ samba_negotiate, sizeof(samba_negotiate) - 1 },
				 &out),
			 PEN_E_AGAIN);
	assert_int_equal(pen_mech_ntlm.step(talk.server,
					    (struct pen_slice){ samba_authenticate,
								sizeof(samba_authenticate) - 1 },
					    &out),
			 0);
	assert_memory_equal(pen_mech_ntlm.session_key(talk.server).data, samba_key,
			    sizeof(samba_key));
	assert_false(pen_mech_ntlm.has_header_signing(talk.server));
	memcpy(signature, samba_signature, sizeof(signature));
	assert_int_equal(pen_mech_ntlm.unprotect(talk.server, &message), 0);
	pen_buffer_done(&out);
	talk_done(&talk);
}

/* Lets everybody in, as a guest. */
static int judge_guest(void *data, const struct pen_ntlm_attempt *attempt,
		       struct pen_ntlm_verdict *verdict)
{
	verdict->is_unproved = true;
	return pen_token_new_unix(&verdict->token, 65534, 65534, NULL, 0, 0, true);
}

/*
 * A guest's key and MIC are made with a password that the server does not know. So it is
 * admitted where nothing is signed, and has no key there.
 */
static void test_guest(void **state)
{
	struct pen_protected message = { .n_signature = 16 };
	struct pen_token *token;
	struct talk talk;

	talk_init(&talk, "bob", "whatever");
	talk.config.judge = judge_guest;
	talk.client_side.level = talk.server_side.level = PEN_AUTH_LEVEL_CONNECT;
	assert_int_equal(talk_run(&talk), 0);
	assert_int_equal(pen_mech_ntlm.token(talk.server, &token), 0);
	assert_int_equal(pen_token_info(token)->uid, 65534);
	pen_token_free(token);
	assert_int_equal(pen_mech_ntlm.session_key(talk.server).size, 0);
	assert_int_equal(pen_mech_ntlm.signature_size(talk.server, 8, false), 0);
	assert_int_equal(pen_mech_ntlm.signature_size(talk.server, 8, true), 0);
	assert_false(pen_mech_ntlm.has_header_signing(talk.server));
	assert_int_equal(pen_mech_ntlm.protect(talk.server, &message), PEN_E_DENIED);
	assert_int_equal(pen_mech_ntlm.unprotect(talk.server, &message), PEN_E_DENIED);
	assert_int_equal(pen_mech_ntlm.rewind(talk.server), 0);
	talk_done(&talk);
}

static void test_guest_who_signs(void **state)
{
	for (int level = PEN_AUTH_LEVEL_PACKET; level <= PEN_AUTH_LEVEL_PRIVACY; level++) {
		struct pen_token *token;
		struct talk talk;

		talk_init(&talk, "bob", "whatever");
		talk.config.judge = judge_guest;
		talk.client_side.level = talk.server_side.level = (enum pen_auth_level)level;
		assert_int_equal(talk_run(&talk), PEN_E_DENIED);
		assert_string_equal(pen_mech_ntlm.reason(talk.server),
				    "the client is a guest, who has no key to sign with, and its "
				    "level asks for that");
		assert_int_equal(pen_mech_ntlm.token(talk.server, &token), PEN_E_DENIED);
		talk_done(&talk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_anonymous),
		cmocka_unit_test(test_samba),
		cmocka_unit_test(test_guest),
		cmocka_unit_test(test_guest_who_signs),
	};
	int r = talk_begin();

	if (!r)
		r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
