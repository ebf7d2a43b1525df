/* SPDX-License-Identifier: MIT */
/*
 * Logons that a real winbindd judges: our NTLM's client and server in one process.
 *
 *	winbind-live ACCOUNTS USER PASSWORD [DOMAIN]
 *
 * Prints who that is, or why not. ACCOUNTS is the file of our own accounts.
 */
#include "crypto/crypto.h"
#include "daemon/verdicts.h"
#include "io/clock.h"
#include "sec/ntlm.h"
#include <errno.h>
#include <penstock/credentials.h>
#include <penstock/token.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static int random_bytes(void *data, void *bytes, size_t n)
{
	return getrandom(bytes, n, 0) == (ssize_t)n ? 0 : -EIO;
}

static uint64_t now(void *data)
{
	return pen_clock_nt();
}

static void die(const char *what, int r)
{
	printf("%s: %s\n", what, pen_error_name(r));
	exit(1);
}

static int step(struct pen_mech_context *context, struct pen_buffer *in, struct pen_buffer *out)
{
	int r = pen_mech_ntlm.step(context, (struct pen_slice){ in->data, in->size }, out);

	while (r == PEN_PENDING) {
		pen_mech_ntlm.work(context);
		r = pen_mech_ntlm.step(context, (struct pen_slice){ 0 }, out);
	}
	in->size = 0;
	return r;
}

static void print_token(const struct pen_token *token)
{
	const struct pen_token_info *info = pen_token_info(token);
	char text[PEN_SID_TEXT_SIZE];

	printf("%s\\%s%s\n", info->domain, info->account,
	       pen_token_is_admin(token) ? " admin" : "");
	for (size_t i = 0; i < info->n_sids; i++) {
		pen_sid_print(&info->sids[i], text);
		printf("%s\n", text);
	}
	if (info->has_unix)
		printf("uid %u gid %u\n", info->uid, info->gid);
}

/* A message each way, signed and sealed: both have the same key. */
static void try_keys(struct pen_mech_context *from, struct pen_mech_context *to)
{
	uint8_t data[] = "a message", signature[64];
	struct pen_protected message = {
		.data = data, .n = sizeof(data), .signature = signature, .is_sealed = true
	};
	int r;

	message.n_signature = pen_mech_ntlm.signature_size(from, sizeof(data), true);
	r = pen_mech_ntlm.protect(from, &message);
	if (!r)
		r = pen_mech_ntlm.unprotect(to, &message);
	if (r)
		die("keys", r);
}

static void talk(struct pen_mech_context *client, struct pen_mech_context *server)
{
	struct pen_buffer up, down;
	struct pen_token *token;
	int r;

	pen_buffer_init(&up, 0);
	pen_buffer_init(&down, 0);
	step(client, &down, &up);
	step(server, &up, &down);
	r = step(client, &down, &up);
	if (!r)
		r = step(server, &up, &down);
	if (r) {
		printf("refused: %s\n", pen_mech_ntlm.reason(server));
		exit(2);
	}
	try_keys(client, server);
	try_keys(server, client);
	pen_mech_ntlm.token(server, &token);
	print_token(token);
	pen_token_free(token);
	pen_buffer_done(&up);
	pen_buffer_done(&down);
}

int main(int argc, char **argv)
{
	struct pen_mech_world world = { .random = random_bytes, .now = now };
	struct pen_mech_client client = { .world = &world, .level = PEN_AUTH_LEVEL_PRIVACY };
	struct pen_mech_server server = { .world = &world,
					  .peer = "10.0.0.1",
					  .level = PEN_AUTH_LEVEL_PRIVACY };
	struct pen_mech_context *contexts[2];
	struct pen_credentials *credentials;
	struct verdicts *verdicts;
	struct pen_crypto *crypto;
	struct config config;
	char error[256];
	int r = pen_crypto_new(&crypto);

	if (argc < 4)
		return 2;
	world.crypto = crypto;
	if (!r)
		r = config_init(&config, true);
	if (r)
		die("start", r);
	config.accounts = argv[1];
	r = config_find_accounts_key(&config.arena, argv[1], &config.accounts_key);
	if (r)
		die("start", r);
	config.verdicts = CONFIG_VERDICTS_WINBIND;
	r = verdicts_new(&verdicts, &config, crypto, error);
	if (!r)
		r = verdicts_open(verdicts, error);
	if (r)
		die(error, r);
	pen_credentials_new_password(&credentials, argv[2], argc > 4 ? argv[4] : NULL, argv[3]);
	client.credentials = credentials;
	server.config = verdicts_ntlm(verdicts);
	if (pen_mech_ntlm.new_client(&contexts[0], &client) ||
	    pen_mech_ntlm.new_server(&contexts[1], &server))
		die("contexts", -ENOMEM);
	talk(contexts[0], contexts[1]);
	pen_mech_ntlm.free(contexts[0]);
	pen_mech_ntlm.free(contexts[1]);
	pen_credentials_free(credentials);
	verdicts_free(verdicts);
	pen_crypto_free(crypto);
	config_done(&config);
	return 0;
}
