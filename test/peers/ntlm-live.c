/* SPDX-License-Identifier: MIT */
/*
 * One side of NTLM, moved by lines on standard input; all is hexadecimal.
 *
 *	ntlm-live server|client LEVEL [v1|weak|anonymous]...
 *
 *	step TOKEN                 again TOKEN | done TOKEN | refused REASON
 *	key                        the session key
 *	sign|seal DATA             DATA SIGNATURE
 *	check|unseal DATA SIGNATURE    DATA, or refused
 *
 * The user is alice, whose password is "Secret1".
 */
#include "crypto/crypto.h"
#include "sec/credentials.h"
#include "sec/ntlm-keys.h"
#include "sec/ntlm.h"
#include <penstock/buffer.h>
#include <penstock/token.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { LINE_SIZE = 1 << 17 };

static struct pen_mech_context *context;

static int get_random(void *data, void *bytes, size_t n)
{
	return getrandom(bytes, n, 0) == (ssize_t)n ? 0 : -1;
}

static uint64_t get_now(void *data)
{
	return ((uint64_t)time(NULL) + UINT64_C(11644473600)) * 10000000;
}

static int judge(void *data, const struct pen_ntlm_attempt *attempt,
		 struct pen_ntlm_verdict *verdict)
{
	uint8_t hash[PEN_NTLM_KEY_SIZE];
	int r;

	if (strcmp(attempt->user, "alice") != 0)
		return PEN_E_NOT_FOUND;
	r = pen_ntlm_nt_hash(attempt->crypto, "Secret1", hash);
	if (!r)
		r = pen_ntlm_check(hash, attempt, verdict->session_base_key);
	return r ? r : pen_token_new_unix(&verdict->token, 1, 1, NULL, 0, 0, false);
}

static void put_hex(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", bytes[i]);
}

/* The bytes of a word. */
static size_t get_hex(const char *word, uint8_t *bytes)
{
	size_t n = 0;
	unsigned byte;

	for (; word && sscanf(word, "%2x", &byte) == 1; word += 2)
		bytes[n++] = (uint8_t)byte;
	return n;
}

static void step(const char *word)
{
	static uint8_t token[LINE_SIZE];
	const struct pen_slice in = { token, get_hex(word, token) };
	struct pen_buffer out = { 0 };
	int r = pen_mech_ntlm.step(context, in, &out);

	if (r && r != PEN_E_AGAIN) {
		printf("refused %s", pen_mech_ntlm.reason(context));
	} else {
		printf(r ? "again " : "done ");
		put_hex(out.data, out.size);
	}
	pen_buffer_done(&out);
}

static void protect(bool is_sealed, const char *word)
{
	uint8_t data[LINE_SIZE / 2];
	uint8_t signature[16];
	struct pen_protected message = {
		.data = data,
		.n = get_hex(word, data),
		.signature = signature,
		.n_signature = pen_mech_ntlm.signature_size(context, 1, is_sealed),
		.is_sealed = is_sealed,
	};

	if (pen_mech_ntlm.protect(context, &message)) {
		printf("refused");
		return;
	}
	put_hex(data, message.n);
	printf(" ");
	put_hex(signature, sizeof(signature));
}

static void unprotect(bool is_sealed, const char *word, const char *signed_by)
{
	uint8_t data[LINE_SIZE / 2];
	uint8_t signature[LINE_SIZE / 2];
	struct pen_protected message = {
		.data = data,
		.n = get_hex(word, data),
		.signature = signature,
		.n_signature = get_hex(signed_by, signature),
		.is_sealed = is_sealed,
	};

	if (pen_mech_ntlm.unprotect(context, &message))
		printf("refused");
	else
		put_hex(data, message.n);
}

static void obey(char *line)
{
	const char *verb = strtok(line, " \n");
	const char *a = strtok(NULL, " \n");
	const char *b = strtok(NULL, " \n");

	if (!verb)
		return;
	if (strcmp(verb, "step") == 0)
		step(a);
	else if (strcmp(verb, "key") == 0)
		put_hex(pen_mech_ntlm.session_key(context).data,
			pen_mech_ntlm.session_key(context).size);
	else if (strcmp(verb, "sign") == 0 || strcmp(verb, "seal") == 0)
		protect(verb[1] == 'e', a);
	else
		unprotect(verb[0] == 'u', a, b);
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct pen_ntlm_server config = {
		.netbios_computer = "PENSTOCK",
		.dns_computer = "penstock.test",
		.judge = judge,
	};
	struct pen_mech_world world = { .random = get_random, .now = get_now };
	struct pen_mech_server server = { .world = &world, .config = &config };
	struct pen_mech_client client = { .world = &world, .target = "host/penstock.test" };
	struct pen_credentials *credentials = NULL;
	static char line[LINE_SIZE];
	struct pen_crypto *crypto;

	if (argc < 3 || pen_crypto_new(&crypto))
		return 2;
	world.crypto = crypto;
	client.level = server.level = (enum pen_auth_level)atoi(argv[2]);
	for (int i = 3; i < argc; i++) {
		config.allow_v1 |= strcmp(argv[i], "v1") == 0;
		config.allow_weak |= strcmp(argv[i], "weak") == 0;
		config.allow_anonymous |= strcmp(argv[i], "anonymous") == 0;
	}
	if (config.allow_anonymous
		    ? pen_credentials_new_anonymous(&credentials)
		    : pen_credentials_new_password(&credentials, "alice", "TESTDOM", "Secret1"))
		return 2;
	client.credentials = credentials;
	if (strcmp(argv[1], "server") == 0 ? pen_mech_ntlm.new_server(&context, &server)
					   : pen_mech_ntlm.new_client(&context, &client))
		return 2;
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	pen_mech_ntlm.free(context);
	pen_credentials_free(credentials);
	pen_crypto_free(crypto);
	return 0;
}
