/* SPDX-License-Identifier: MIT */
/*
 * The first byte says who hears the rest: a server its token, a client its answer, or an
 * open session, of AES or not, a message with its signature first. No message of anybody's
 * who lacks the key is good, and a token that is read is written and reads again.
 */
#include "sec/schannel.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int get_random(void *data, void *bytes, size_t n)
{
	memset(bytes, 0x5a, n);
	return 0;
}

static struct pen_mech_world world = { .random = get_random };

static const struct pen_schannel_keys keys = { .session_key = "not to be known",
					       .flags = PEN_NETLOGON_AES };

static int find(void *data, const char *domain, const char *computer,
		struct pen_schannel_machine *machine)
{
	machine->keys = keys;
	machine->sid = pen_sid_system;
	return strcmp(computer, "NOBODY") == 0 ? PEN_E_NOT_FOUND : 0;
}

static struct pen_slice slice(const struct pen_buffer *buffer)
{
	return (struct pen_slice){ .data = buffer->data, .size = buffer->size };
}

static void put_again(struct pen_slice in)
{
	struct pen_schannel_message message;
	struct pen_schannel_message again;
	struct pen_buffer out = { 0 };

	if (!pen_schannel_message_get(&message, in) && !pen_schannel_message_put(&message, &out) &&
	    (pen_schannel_message_get(&again, slice(&out)) ||
	     strcmp(message.dns_computer, again.dns_computer) != 0))
		abort();
	pen_buffer_done(&out);
}

static void to_server(struct pen_slice in)
{
	static const struct pen_schannel_server config = { .find = find };
	const struct pen_mech_server side = { .world = &world,
					      .config = &config,
					      .level = PEN_AUTH_LEVEL_PRIVACY };
	struct pen_mech_context *server;
	struct pen_buffer out = { 0 };
	int r;

	if (pen_mech_schannel.new_server(&server, &side))
		abort();
	r = pen_mech_schannel.step(server, in, &out);
	if ((r == 0) != (out.size > 0))
		abort();
	pen_mech_schannel.free(server);
	pen_buffer_done(&out);
}

static void to_client(struct pen_slice in)
{
	const struct pen_schannel_client config = { .keys = keys, .computer = "MEMBER" };
	const struct pen_mech_client side = { .world = &world,
					      .config = &config,
					      .level = PEN_AUTH_LEVEL_PRIVACY };
	struct pen_mech_context *client;
	struct pen_buffer out = { 0 };

	if (pen_mech_schannel.new_client(&client, &side) ||
	    pen_mech_schannel.step(client, (struct pen_slice){ 0 }, &out) != PEN_E_AGAIN)
		abort();
	pen_mech_schannel.step(client, in, &out);
	pen_mech_schannel.free(client);
	pen_buffer_done(&out);
}

static void to_session(struct pen_slice in, bool is_aes, bool is_sealed)
{
	struct pen_schannel_keys own = keys;
	struct pen_schannel_session *session;
	struct pen_protected message = { .is_sealed = is_sealed };
	uint8_t *copy = malloc(in.size + 1);

	own.flags = is_aes ? PEN_NETLOGON_AES : 0;
	if (!copy || pen_schannel_session_new(&session, &world, &own, true))
		abort();
	if (in.size)
		memcpy(copy, in.data, in.size);
	message.signature = copy;
	message.n_signature = pen_schannel_session_signature_size(session);
	if (message.n_signature > in.size)
		message.n_signature = in.size;
	message.data = copy + message.n_signature;
	message.n = in.size - message.n_signature;
	if (pen_schannel_session_unprotect(session, &message) == 0)
		abort();
	pen_schannel_session_free(session);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pen_slice in = { .data = size ? data + 1 : NULL, .size = size ? size - 1 : 0 };

	if (!size)
		return 0;
	if (!world.crypto) {
		struct pen_crypto *crypto;

		if (pen_crypto_new(&crypto))
			abort();
		world.crypto = crypto;
	}
	put_again(in);
	if (data[0] == 0)
		to_server(in);
	else if (data[0] == 1)
		to_client(in);
	else
		to_session(in, data[0] & 1, data[0] & 4);
	return 0;
}
