/* SPDX-License-Identifier: MIT */
/* What a Kerberos context does without a KDC; with one: test/peers/test-krb5.sh. */
#include "sec/credentials.h"
#include "sec/krb5-context.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEYTAB "MEMORY:test-krb5"

static const struct pen_krb5_server config = { .keytab = KEYTAB, .rcache = "none:" };
static const struct pen_mech_server server = { .config = &config, .peer = "here", .level = 6 };

/* A keytab with one key, which lives as long as it is open. */
static krb5_context library;
static krb5_keytab keytab;

static int make_keytab(void **state)
{
	uint8_t key[32] = { 1, 2, 3 };
	krb5_keytab_entry entry = { .vno = 1 };

	setenv("KRB5_CONFIG", "/dev/null", 1);
	assert_int_equal(krb5_init_context(&library), 0);
	assert_int_equal(krb5_kt_resolve(library, KEYTAB, &keytab), 0);
	assert_int_equal(krb5_parse_name(library, "host/here@TEST", &entry.principal), 0);
	entry.key.enctype = ENCTYPE_AES256_CTS_HMAC_SHA1_96;
	entry.key.length = sizeof(key);
	entry.key.contents = key;
	assert_int_equal(krb5_kt_add_entry(library, keytab, &entry), 0);
	krb5_free_principal(library, entry.principal);
	return 0;
}

static int drop_keytab(void **state)
{
	krb5_kt_close(library, keytab);
	krb5_free_context(library);
	return 0;
}

static struct pen_slice bytes(const char *text)
{
	return (struct pen_slice){ (const uint8_t *)text, strlen(text) };
}

/* One leg: step, work, step. */
static int leg(struct pen_mech_context *context, struct pen_slice in)
{
	struct pen_buffer out;
	int r;

	pen_buffer_init(&out, 0);
	r = pen_mech_krb5.step(context, in, &out);
	if (r == PEN_PENDING) {
		assert_int_equal(pen_mech_krb5.step(context, (struct pen_slice){ 0 }, &out),
				 PEN_PENDING);
		pen_mech_krb5.work(context);
		r = pen_mech_krb5.step(context, (struct pen_slice){ 0 }, &out);
	}
	pen_buffer_done(&out);
	return r;
}

static struct pen_mech_context *server_new(const struct pen_mech_server *with)
{
	struct pen_mech_context *context = NULL;

	assert_int_equal(pen_mech_krb5.new_server(&context, with), 0);
	return context;
}

static void expect_reason(const struct pen_mech_context *context, const char *words)
{
	if (!strstr(pen_mech_krb5.reason(context), words))
		fail_msg("\"%s\" without \"%s\"", pen_mech_krb5.reason(context), words);
}

#define BYTES(text)                                                                                \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}

static void test_what_is_no_token(void **state)
{
	static const struct pen_slice tokens[] = {
		BYTES("garbage"),
		BYTES("n\3\2\1\0"),			   /* an AP-REQ that is an integer */
		BYTES("\x60\5\6\3"),			   /* half a frame */
		BYTES("\x60\x0a\6\6\x2b\6\1\5\5\2\x30\0"), /* SPNEGO's */
		/* Kerberos' frame: around nothing, around a number alone, around no AP-REQ. */
		BYTES("\x60\x0b\6\x09\x2a\x86\x48\x86\xf7\x12\1\2\2"),
		BYTES("\x60\x0d\6\x09\x2a\x86\x48\x86\xf7\x12\1\2\2\1\0"),
		BYTES("\x60\x12\6\x09\x2a\x86\x48\x86\xf7\x12\1\2\2\1\0n\3\2\1\0"),
		BYTES("\x60\x12\6\x09\x2a\x86\x48\x86\xf7\x12\1\2\2\2\0n\3\2\1\0"),
	};

	for (size_t i = 0; i < PEN_COUNT(tokens); i++) {
		struct pen_mech_context *context = server_new(&server);
		int r = leg(context, tokens[i]);

		assert_true(r == PEN_E_BAD_DATA || (r == PEN_E_DENIED && i));
		assert_true(strlen(pen_mech_krb5.reason(context)) > 10);
		/* It is over. */
		assert_int_equal(leg(context, tokens[i]), PEN_E_BAD_DATA);
		pen_mech_krb5.free(context);
	}
}

static void test_tokens_have_a_limit(void **state)
{
	static uint8_t large[PEN_KRB5_TOKEN_MAX + 1];
	struct pen_mech_context *context = server_new(&server);

	assert_int_equal(leg(context, (struct pen_slice){ large, sizeof(large) }), PEN_E_BAD_DATA);
	expect_reason(context, "is more than the 65536 taken");
	pen_mech_krb5.free(context);

	context = server_new(&server);
	assert_int_equal(leg(context, (struct pen_slice){ 0 }), PEN_E_BAD_DATA);
	expect_reason(context, "no Kerberos token");
	pen_mech_krb5.free(context);
}

static void test_a_server_needs_its_keytab(void **state)
{
	const struct pen_krb5_server other = { .keytab = "FILE:/nowhere/keytab" };
	struct pen_mech_server with = server;
	struct pen_mech_context *context;

	with.config = &other;
	context = server_new(&with);
	assert_int_equal(leg(context, bytes("n\3\2\1\1")), PEN_E_DENIED);
	expect_reason(context, "the keytab is not there");
	pen_mech_krb5.free(context);
}

static void expect_client_refused(struct pen_credentials *credentials, const char *target,
				  const char *words)
{
	const struct pen_mech_client client = {
		.credentials = credentials,
		.target = target,
		.level = PEN_AUTH_LEVEL_PRIVACY,
	};
	struct pen_mech_context *context;

	assert_int_equal(pen_mech_krb5.new_client(&context, &client), 0);
	assert_int_equal(leg(context, (struct pen_slice){ 0 }), PEN_E_DENIED);
	expect_reason(context, words);
	pen_mech_krb5.free(context);
	pen_credentials_free(credentials);
}

static void test_what_gets_no_ticket(void **state)
{
	static const uint8_t hash[16];
	struct pen_credentials *c;

	assert_int_equal(pen_credentials_new_password(&c, "alice", "TEST", "secret"), 0);
	expect_client_refused(c, NULL, "name a target");
	assert_int_equal(pen_credentials_new_anonymous(&c), 0);
	expect_client_refused(c, "host/here", "nobody has no Kerberos ticket");
	assert_int_equal(pen_credentials_new_nt_hash(&c, "alice", "TEST", hash), 0);
	expect_client_refused(c, "host/here", "an NT hash gets no Kerberos ticket");
	assert_int_equal(pen_credentials_new_ccache(&c, "FILE:/nowhere/ccache"), 0);
	expect_client_refused(c, "host/here", "there is no ticket");
	assert_int_equal(pen_credentials_new_keytab(&c, "FILE:/nowhere/keytab", "alice@TEST"), 0);
	expect_client_refused(c, "host/here", "keytab");
}

static void test_before_it_is_open(void **state)
{
	struct pen_mech_context *context = server_new(&server);
	uint8_t data[16] = { 0 };
	struct pen_protected message = { .data = data, .n = 16, .signature = data };
	struct pen_token *token;

	assert_int_equal(pen_mech_krb5.signature_size(context, 16, true), 0);
	assert_int_equal(pen_mech_krb5.signature_size(context, 16, false), 0);
	assert_int_equal(pen_mech_krb5.protect(context, &message), PEN_E_DENIED);
	assert_int_equal(pen_mech_krb5.unprotect(context, &message), PEN_E_DENIED);
	assert_int_equal(pen_mech_krb5.token(context, &token), PEN_E_DENIED);
	assert_int_equal(pen_mech_krb5.session_key(context).size, 0);
	assert_false(pen_mech_krb5.has_header_signing(context));
	pen_mech_krb5.work(context); /* nothing to do */
	pen_mech_krb5.free(context);
	assert_null(pen_mech_krb5.free(NULL));
}

static void test_sentences(void **state)
{
	static const struct {
		OM_uint32 major;
		int32_t minor;
		bool is_server;
		int result;
		const char *words;
	} cases[] = {
		{ GSS_S_FAILURE, KRB5KRB_AP_ERR_SKEW, true, PEN_E_DENIED, "synchronize" },
		{ GSS_S_FAILURE, KRB5KRB_AP_ERR_SKEW, false, PEN_E_DENIED, "synchronize" },
		{ GSS_S_FAILURE, KRB5KRB_AP_ERR_TKT_EXPIRED, false, PEN_E_DENIED, "kinit" },
		{ GSS_S_CREDENTIALS_EXPIRED, 0, true, PEN_E_DENIED, "expired" },
		{ GSS_S_DUPLICATE_TOKEN, 0, true, PEN_E_DENIED, "the message came before" },
		{ GSS_S_UNSEQ_TOKEN, 0, true, PEN_E_DENIED, "not the next one" },
		{ GSS_S_FAILURE, KRB5KDC_ERR_KEY_EXP, false, PEN_E_DENIED, "kpasswd" },
		{ GSS_S_DEFECTIVE_TOKEN, 0, true, PEN_E_BAD_DATA, "not one of Kerberos" },
		{ GSS_S_BAD_SIG, 0, true, PEN_E_DENIED, "not what the peer protected" },
		{ GSS_S_FAILURE, 12345, true, PEN_E_DENIED, "Kerberos refuses" },
		{ GSS_S_FAILURE, ENOMEM, true, -ENOMEM, "" },
	};

	for (size_t i = 0; i < PEN_COUNT(cases); i++) {
		struct pen_mech_context context = { .is_server = cases[i].is_server };

		assert_int_equal(pen_krb5_fail(&context, cases[i].major, (OM_uint32)cases[i].minor),
				 cases[i].result);
		expect_reason(&context, cases[i].words);
	}
}

static void test_failing_allocations(void **state)
{
	struct pen_mech_context *context = NULL;
	int r;

	for (size_t n = 1;; n++) {
		pen_fail_at(n);
		r = pen_mech_krb5.new_server(&context, &server);
		if (!r) {
			r = leg(context, bytes("n\3\2\1\1"));
			context = pen_mech_krb5.free(context);
		}
		if (!pen_fail_hit())
			break;
		assert_int_equal(r, -ENOMEM);
	}
	assert_int_equal(r, PEN_E_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_no_token),
		cmocka_unit_test(test_tokens_have_a_limit),
		cmocka_unit_test(test_a_server_needs_its_keytab),
		cmocka_unit_test(test_what_gets_no_ticket),
		cmocka_unit_test(test_before_it_is_open),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_failing_allocations),
	};

	return cmocka_run_group_tests(tests, make_keytab, drop_keytab);
}
