/* SPDX-License-Identifier: MIT */
/*
 * To an open session of Kerberos: the first byte says of which type and whether sealed, then
 * come eight bytes of data and the signature. No message of anybody's who lacks the key is
 * good, and none counts: the peer's own comes through after it.
 */
#include "sec/krb5-session.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int get_random(void *data, void *bytes, size_t n)
{
	memset(bytes, 0x5a, n);
	return 0;
}

static struct pen_mech_world world = { .random = get_random };

static struct pen_krb5_session *session_new(int type, bool is_initiator)
{
	const struct pen_krb5_agreed agreed = {
		.type = type,
		.key = { (const uint8_t *)"not to be known, whoever asks it", type % 2 ? 16 : 32 },
		.is_acceptors_key = true,
		.is_initiator = is_initiator,
	};
	struct pen_krb5_session *session;

	if (pen_krb5_session_new(&session, &world, &agreed))
		abort();
	return session;
}

static void expect_next(struct pen_krb5_session *from, struct pen_krb5_session *to, bool is_sealed)
{
	uint8_t data[3] = { 1, 2, 3 };
	uint8_t signature[128];
	struct pen_protected message = {
		.data = data,
		.n = sizeof(data),
		.signature = signature,
		.n_signature = pen_krb5_session_signature_size(from, is_sealed),
		.is_sealed = is_sealed,
	};

	if (pen_krb5_session_protect(from, &message) || pen_krb5_session_unprotect(to, &message) ||
	    memcmp(data, "\1\2\3", sizeof(data)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pen_krb5_session *client;
	struct pen_krb5_session *server;
	struct pen_protected message;
	uint8_t *copy;
	int type;

	if (size < 9)
		return 0;
	if (!world.crypto) {
		struct pen_crypto *crypto;

		if (pen_crypto_new(&crypto))
			abort();
		world.crypto = crypto;
	}
	type = 17 + data[0] % 4;
	client = session_new(type, true);
	server = session_new(type, false);
	copy = malloc(size);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	message = (struct pen_protected){ .data = copy + 1,
					  .n = 8,
					  .signature = copy + 9,
					  .n_signature = size - 9,
					  .is_sealed = data[0] & 4 };
	if (pen_krb5_session_unprotect(server, &message) == 0)
		abort();
	expect_next(client, server, message.is_sealed);
	pen_krb5_session_free(client);
	pen_krb5_session_free(server);
	free(copy);
	return 0;
}
