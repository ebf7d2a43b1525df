/* SPDX-License-Identifier: MIT */
/* The first byte says to whom the rest goes: the server's first step, the client, or the
 * server's second step. A server that finishes believed a judge who believes everything. */
#include "crypto/crypto.h"
#include "sec/credentials.h"
#include "sec/ntlm.h"
#include <penstock/token.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int get_random(void *data, void *bytes, size_t n)
{
	memset(bytes, 0x5a, n);
	return 0;
}

static uint64_t get_now(void *data)
{
	return 1;
}

static int judge(void *data, const struct pen_ntlm_attempt *attempt,
		 struct pen_ntlm_verdict *verdict)
{
	static const uint8_t hash[16];
	int r = pen_ntlm_check(hash, attempt, verdict->session_base_key);

	if (r && r != PEN_E_DENIED)
		return r;
	return pen_token_new_anonymous(&verdict->token, true);
}

static struct pen_mech_world world = { .random = get_random, .now = get_now };
static struct pen_credentials *credentials;

static struct pen_slice slice(const struct pen_buffer *buffer)
{
	return (struct pen_slice){ .data = buffer->data, .size = buffer->size };
}

/* What is read is written, and reads again. */
static void put_again(struct pen_slice in)
{
	struct pen_ntlm_authenticate authenticate;
	struct pen_ntlm_negotiate negotiate;
	struct pen_ntlm_challenge challenge;
	struct pen_buffer out = { 0 };

	if (!pen_ntlm_negotiate_get(&negotiate, in) &&
	    (pen_ntlm_negotiate_put(&negotiate, &out) ||
	     pen_ntlm_negotiate_get(&negotiate, slice(&out))))
		abort();
	pen_buffer_done(&out);
	if (!pen_ntlm_challenge_get(&challenge, in) &&
	    (pen_ntlm_challenge_put(&challenge, &out) ||
	     (out.size <= PEN_NTLM_MESSAGE_MAX && pen_ntlm_challenge_get(&challenge, slice(&out)))))
		abort();
	pen_buffer_done(&out);
	if (!pen_ntlm_authenticate_get(&authenticate, in) &&
	    (pen_ntlm_authenticate_put(&authenticate, &out) ||
	     (out.size <= PEN_NTLM_MESSAGE_MAX &&
	      pen_ntlm_authenticate_get(&authenticate, slice(&out)))))
		abort();
	pen_buffer_done(&out);
}

/* Whoever looks for leaks does not look into memory for secrets. */
static void forget(void)
{
	credentials = pen_credentials_free(credentials);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t bindings[] = "channel";
	const struct pen_slice in = { .data = size ? data + 1 : NULL, .size = size ? size - 1 : 0 };
	const struct pen_ntlm_server config = {
		.netbios_computer = "SERVER",
		.allow_v1 = true,
		.allow_weak = true,
		.allow_anonymous = true,
		.judge = judge,
		.may_block = size & 1,
	};
	const struct pen_mech_server server_side = {
		.world = &world,
		.config = &config,
		.channel_bindings = { bindings, size & 2 ? sizeof(bindings) : 0 },
		.level = PEN_AUTH_LEVEL_CONNECT,
	};
	const struct pen_mech_client client_side = {
		.world = &world,
		.credentials = credentials,
		.level = PEN_AUTH_LEVEL_PRIVACY,
	};
	struct pen_mech_context *client = NULL;
	struct pen_mech_context *server = NULL;
	struct pen_buffer first = { 0 };
	struct pen_buffer out = { 0 };
	int r;

	if (!size)
		return 0;
	if (!world.crypto) {
		struct pen_crypto *crypto;

		if (pen_crypto_new(&crypto) ||
		    pen_credentials_new_password(&credentials, "ann", NULL, "secret"))
			abort();
		world.crypto = crypto;
		atexit(forget);
		return LLVMFuzzerTestOneInput(data, size);
	}
	put_again(in);
	if (pen_mech_ntlm.new_client(&client, &client_side) ||
	    pen_mech_ntlm.new_server(&server, &server_side) ||
	    pen_mech_ntlm.step(client, (struct pen_slice){ 0 }, &first) != PEN_E_AGAIN)
		abort();
	if (data[0] == 0) {
		pen_mech_ntlm.step(server, in, &out);
	} else if (data[0] == 1) {
		pen_mech_ntlm.step(client, in, &out);
	} else {
		if (pen_mech_ntlm.step(server, slice(&first), &out) != PEN_E_AGAIN)
			abort();
		r = pen_mech_ntlm.step(server, in, &out);
		if (r == PEN_PENDING) {
			pen_mech_ntlm.work(server);
			r = pen_mech_ntlm.step(server, (struct pen_slice){ 0 }, &out);
		}
		if ((r == 0) != (pen_mech_ntlm.session_key(server).size == 16))
			abort();
	}
	pen_mech_ntlm.free(client);
	pen_mech_ntlm.free(server);
	pen_buffer_done(&first);
	pen_buffer_done(&out);
	return 0;
}
