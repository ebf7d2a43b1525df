/* SPDX-License-Identifier: MIT */
/* Whoever has a session's keys reads both directions; nobody else does. */
#include "sec/krb5-cipher.h"
#include "sec/krb5-session.h"
#include "sec/ntlm-session.h"
#include "sec/observer.h"
#include "sec/schannel-session.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <string.h>

static int get_random(void *data, void *bytes, size_t n)
{
	memset(bytes, 0x5a, n);
	return 0;
}

static struct pen_mech_world world = { .random = get_random };

static uint8_t key[32] = "0123456789abcdefghijklmnopqrstu";

#define EXTENDED (PEN_NTLM_EXTENDED_SESSION_SECURITY | PEN_NTLM_KEY_EXCH | PEN_NTLM_SEAL)

/* A session of each side, of one of the kinds. */
struct pair {
	struct pen_session_keys keys;
	bool is_acceptors_key;
	struct pen_ntlm_session *ntlm[2];
	struct pen_krb5_session *krb5[2];
	struct pen_schannel_session *schannel[2];
};

static const struct pair pairs[] = {
	{ { PEN_SESSION_NTLM, EXTENDED, { key, 16 } } },
	{ { PEN_SESSION_NTLM, EXTENDED & ~PEN_NTLM_KEY_EXCH, { key, 16 } } },
	{ { PEN_SESSION_NTLM, PEN_NTLM_SEAL, { key, 16 } } },
	{ { PEN_SESSION_KRB5, PEN_KRB5_AES128_SHA1, { key, 16 } } },
	{ { PEN_SESSION_KRB5, PEN_KRB5_AES256_SHA1, { key, 32 } }, .is_acceptors_key = true },
	{ { PEN_SESSION_KRB5, PEN_KRB5_AES256_SHA384, { key, 32 } }, .is_acceptors_key = true },
	{ { PEN_SESSION_SCHANNEL, PEN_NETLOGON_AES, { key, 16 } } },
	{ { PEN_SESSION_SCHANNEL, 0, { key, 16 } } },
};

static void pair_open(struct pair *pair, uint32_t first_number)
{
	struct pen_schannel_keys keys = { .flags = pair->keys.detail };
	struct pen_krb5_agreed agreed = {
		.type = (int)pair->keys.detail,
		.key = pair->keys.key,
		.is_acceptors_key = pair->is_acceptors_key,
		.n_sent = first_number,
		.n_received = first_number,
	};

	for (int side = 0; side < 2; side++) {
		agreed.is_initiator = !side;
		memcpy(keys.session_key, key, sizeof(keys.session_key));
		if (pair->keys.kind == PEN_SESSION_NTLM) {
			assert_int_equal(pen_ntlm_session_new(&pair->ntlm[side], world.crypto,
							      pair->keys.detail, key, side),
					 0);
			if (pair->keys.detail & PEN_NTLM_EXTENDED_SESSION_SECURITY)
				pen_ntlm_session_count_from(pair->ntlm[side], first_number);
		} else if (pair->keys.kind == PEN_SESSION_KRB5) {
			assert_int_equal(pen_krb5_session_new(&pair->krb5[side], &world, &agreed),
					 0);
		} else {
			assert_int_equal(pen_schannel_session_new(&pair->schannel[side], &world,
								  &keys, side),
					 0);
		}
	}
}

static void pair_close(struct pair *pair)
{
	for (int side = 0; side < 2; side++) {
		pen_ntlm_session_free(pair->ntlm[side]);
		pen_krb5_session_free(pair->krb5[side]);
		pen_schannel_session_free(pair->schannel[side]);
	}
}

static int protect(struct pair *pair, int side, struct pen_protected *message)
{
	uint8_t scrap[32];
	struct pen_protected copy = *message;
	uint8_t signature[96];
	int r;

	if (pair->ntlm[side]) {
		message->n_signature = PEN_NTLM_SIGNATURE_SIZE;
		r = pen_ntlm_session_protect(pair->ntlm[side], message);
		/* The stream that both directions share goes on for the other side, too. */
		if (!r && !(pair->keys.detail & PEN_NTLM_EXTENDED_SESSION_SECURITY)) {
			copy.data = memcpy(scrap, message->data, message->n);
			copy.signature = memcpy(signature, message->signature, 16);
			copy.n_signature = 16;
			r = pen_ntlm_session_unprotect(pair->ntlm[!side], &copy);
		}
		return r;
	}
	if (pair->krb5[side]) {
		message->n_signature =
			pen_krb5_session_signature_size(pair->krb5[side], message->is_sealed);
		return pen_krb5_session_protect(pair->krb5[side], message);
	}
	message->n_signature = pen_schannel_session_signature_size(pair->schannel[side]);
	pen_schannel_session_skip(pair->schannel[!side]);
	return pen_schannel_session_protect(pair->schannel[side], message);
}

static const char *const texts[] = { "one", "two of them", "three", "and a fourth", "five", "6" };

/* One message from a side, as it is on the wire. */
static void make(struct pair *pair, int side, const char *text, struct pen_protected *message,
		 uint8_t data[32], uint8_t signature[96])
{
	*message = (struct pen_protected){
		.head = { (const uint8_t *)"head", 4 },
		.data = data,
		.n = strlen(text),
		.tail = { (const uint8_t *)"the tail", 8 },
		.signature = signature,
		.is_sealed = message->is_sealed,
	};
	memcpy(data, text, strlen(text));
	assert_int_equal(protect(pair, side, message), 0);
}

/* Both directions, signed and sealed, from whichever number on. */
static void test_reads(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(pairs) * 4; i++) {
		struct pair pair = pairs[i / 4];
		struct pen_protected message = { .is_sealed = i & 1 };
		struct pen_observer *observer;
		uint8_t data[32];
		uint8_t signature[96];

		pair_open(&pair, i & 2 ? 7 : 0);
		assert_int_equal(pen_observer_new(&observer, &world, &pair.keys), 0);
		for (size_t n = 0; n < PEN_COUNT(texts); n++) {
			int side = n % 3 == 1;

			make(&pair, side, texts[n], &message, data, signature);
			assert_int_equal(pen_observer_open(observer, side, &message), 0);
			assert_memory_equal(data, texts[n], strlen(texts[n]));
		}
		assert_int_equal(pen_observer_always_signs_headers(observer),
				 pair.keys.kind == PEN_SESSION_NTLM &&
					 pair.keys.detail & PEN_NTLM_EXTENDED_SESSION_SECURITY);
		pen_observer_free(observer);
		pair_close(&pair);
	}
	assert_null(pen_observer_free(NULL));
}

/* Another key, a changed byte, the other direction, a signature cut short. */
static void test_refuses(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(pairs) * 4; i++) {
		struct pair pair = pairs[i / 4];
		struct pen_session_keys keys = pair.keys;
		struct pen_protected message = { .is_sealed = true };
		struct pen_observer *observer;
		uint8_t other[32] = "another key, for certain another";
		uint8_t data[32];
		uint8_t signature[96];
		int how = i % 4;

		if (how == 2 && keys.kind == PEN_SESSION_NTLM &&
		    !(keys.detail & PEN_NTLM_EXTENDED_SESSION_SECURITY))
			continue; /* both directions are one */
		if (how == 0)
			keys.key.data = other;
		pair_open(&pair, 0);
		assert_int_equal(pen_observer_new(&observer, &world, &keys), 0);
		make(&pair, 0, texts[1], &message, data, signature);
		if (how == 1)
			data[2] ^= 4;
		if (how == 3)
			message.n_signature = 5;
		assert_int_equal(pen_observer_open(observer, how == 2, &message), PEN_E_DENIED);
		pen_observer_free(observer);
		pair_close(&pair);
	}
}

/* Kerberos goes on behind a gap, and the others say that they cannot. */
static void test_loss(void **state)
{
	for (size_t i = 0; i < PEN_COUNT(pairs); i++) {
		struct pair pair = pairs[i];
		struct pen_protected message = { .is_sealed = true };
		struct pen_observer *observer;
		uint8_t data[32];
		uint8_t signature[96];
		bool goes_on = pair.keys.kind == PEN_SESSION_KRB5;

		pair_open(&pair, 0);
		assert_int_equal(pen_observer_new(&observer, &world, &pair.keys), 0);
		make(&pair, 0, texts[0], &message, data, signature);
		assert_int_equal(pen_observer_open(observer, false, &message), 0);
		make(&pair, 0, texts[1], &message, data, signature);
		make(&pair, 0, texts[2], &message, data, signature);
		assert_int_equal(pen_observer_miss(observer, false), goes_on);
		assert_int_equal(pen_observer_open(observer, false, &message),
				 goes_on ? 0 : PEN_E_DENIED);
		pen_observer_free(observer);
		pair_close(&pair);
	}
}

static void test_keys(void **state)
{
	static const struct pen_session_keys wrong[] = {
		{ PEN_SESSION_NONE, 0, { key, 16 } },
		{ (enum pen_session_kind)99, 0, { key, 16 } },
		{ PEN_SESSION_NTLM, EXTENDED, { key, 15 } },
		{ PEN_SESSION_NTLM, EXTENDED, { NULL, 0 } },
		{ PEN_SESSION_NTLM, EXTENDED, { key, 65 } },
		{ PEN_SESSION_KRB5, 3, { key, 16 } },
		{ PEN_SESSION_KRB5, 23, { key, 15 } },
		{ PEN_SESSION_SCHANNEL, 0, { key, 32 } },
	};
	struct pen_observer *observer = NULL;
	int r;

	for (size_t i = 0; i < PEN_COUNT(wrong); i++)
		assert_int_equal(pen_observer_new(&observer, &world, &wrong[i]), PEN_E_UNSUPPORTED);
	assert_null(observer);
	for (size_t i = 0; i < PEN_COUNT(pairs); i++) {
		for (size_t n = 1; pen_fail_at(n),
			    r = pen_observer_new(&observer, &world, &pairs[i].keys), pen_fail_hit();
		     n++) {
			/* libcrypto says so of an allocation of its own. */
			assert_true(r == -ENOMEM || r == PEN_E_UNSUPPORTED || r == 0);
			if (!r)
				pen_observer_free(observer);
		}
		assert_int_equal(r, 0);
		pen_observer_free(observer);
	}
}

static int start(void **state)
{
	struct pen_crypto *crypto;
	int r = pen_crypto_new(&crypto);

	world.crypto = crypto;
	return r;
}

static int stop(void **state)
{
	pen_crypto_free((struct pen_crypto *)world.crypto);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
