/* SPDX-License-Identifier: MIT */
/* Where the keys of security contexts are, and that they are gone with them. */
#include "base/secret.h"
#include "sec/ntlm-keys.h"
#include "sec/ntlm.h"
#include "sec/schannel.h"
#include "support/secrecy.h"
#include "support/unit.h"
#include <penstock/credentials.h>
#include <penstock/token.h>
#include <string.h>

static struct pen_crypto *crypto;

static const char password[] = "Tr0ub4dor&3 and a horse";

static void look_for_password(void)
{
	uint8_t wide[2 * sizeof(password)];
	uint8_t hash[16];

	secrecy_begin();
	secrecy_look_for("the password", password, sizeof(password) - 1);
	for (size_t i = 0; i < sizeof(password); i++) {
		wide[2 * i] = (uint8_t)password[i];
		wide[2 * i + 1] = 0;
	}
	secrecy_look_for("the password in UTF-16", wide, 2 * (sizeof(password) - 1));
	assert_int_equal(pen_ntlm_nt_hash(crypto, password, hash), 0);
	secrecy_look_for("the NT hash", hash, sizeof(hash));
	pen_wipe(hash, sizeof(hash));
	pen_wipe(wide, sizeof(wide));
}

/* ---- client and server in one process ---- */

static int get_random(void *data, void *bytes, size_t n)
{
	uint8_t *seed = data;

	for (size_t i = 0; i < n; i++)
		((uint8_t *)bytes)[i] = (uint8_t)(++*seed * 37);
	return 0;
}

static uint64_t get_now(void *data)
{
	return UINT64_C(0x01d9000000000000);
}

static int judge(void *data, const struct pen_ntlm_attempt *attempt,
		 struct pen_ntlm_verdict *verdict)
{
	uint8_t hash[16];
	int r = pen_ntlm_nt_hash(attempt->crypto, password, hash);

	if (!r)
		r = pen_ntlm_check(hash, attempt, verdict->session_base_key);
	pen_wipe(hash, sizeof(hash));
	if (!r)
		secrecy_look_for("the session base key", verdict->session_base_key, 16);
	return r ? r : pen_token_new_unix(&verdict->token, 1000, 1000, NULL, 0, 0, false);
}

static int step(const struct pen_mech *mech, struct pen_mech_context *context,
		const struct pen_buffer *in, struct pen_buffer *out)
{
	struct pen_slice token = { .data = in->data, .size = in->size };

	return mech->step(context, token, out);
}

/* A sealed message from one to the other, so that each cipher is used. */
static void send(const struct pen_mech *mech, struct pen_mech_context *from,
		 struct pen_mech_context *to)
{
	uint8_t data[] = "message";
	uint8_t signature[64];
	struct pen_protected message = {
		.data = data,
		.n = sizeof(data),
		.signature = signature,
		.n_signature = mech->signature_size(from, sizeof(data), true),
		.is_sealed = true,
	};

	assert_int_equal(mech->protect(from, &message), 0);
	assert_int_equal(mech->unprotect(to, &message), 0);
	assert_memory_equal(data, "message", sizeof(data));
}

static void test_ntlm(void **state)
{
	uint8_t seed = 0;
	const struct pen_mech_world world = {
		.crypto = crypto, .data = &seed, .random = get_random, .now = get_now
	};
	const struct pen_ntlm_server config = { .netbios_computer = "SERVER", .judge = judge };
	const struct pen_mech_server server_side = { .world = &world,
						     .config = &config,
						     .level = PEN_AUTH_LEVEL_PRIVACY };
	struct pen_mech_client client_side = { .world = &world, .level = PEN_AUTH_LEVEL_PRIVACY };
	struct pen_credentials *credentials;
	struct pen_mech_context *client;
	struct pen_mech_context *server;
	struct pen_buffer tokens[5] = { 0 };
	struct pen_token *token = NULL;

	look_for_password();
	assert_int_equal(secrecy_count(), 0);
	assert_int_equal(pen_credentials_new_password(&credentials, "ann", NULL, password), 0);
	client_side.credentials = credentials;
	assert_int_equal(pen_mech_ntlm.new_client(&client, &client_side), 0);
	assert_int_equal(pen_mech_ntlm.new_server(&server, &server_side), 0);
	assert_int_equal(step(&pen_mech_ntlm, client, &tokens[0], &tokens[1]), PEN_E_AGAIN);
	assert_int_equal(step(&pen_mech_ntlm, server, &tokens[1], &tokens[2]), PEN_E_AGAIN);
	assert_int_equal(step(&pen_mech_ntlm, client, &tokens[2], &tokens[3]), 0);
	assert_int_equal(step(&pen_mech_ntlm, server, &tokens[3], &tokens[4]), 0);
	secrecy_look_for("the session key", pen_mech_ntlm.session_key(server).data, 16);
	assert_int_equal(pen_mech_ntlm.token(server, &token), 0);
	send(&pen_mech_ntlm, client, server);
	send(&pen_mech_ntlm, server, client);

	assert_int_equal(secrecy_count(), 0);
	pen_mech_ntlm.free(client);
	pen_mech_ntlm.free(server);
	pen_credentials_free(credentials);
	pen_token_free(token);
	assert_int_equal(secrecy_count(), 0);
	for (size_t i = 0; i < PEN_COUNT(tokens); i++)
		pen_buffer_done(&tokens[i]);
}

static void make_key(uint8_t key[PEN_NETLOGON_KEY_SIZE])
{
	for (size_t i = 0; i < PEN_NETLOGON_KEY_SIZE; i++)
		key[i] = (uint8_t)(i * 43 + 5);
}

/* The key in each form that the provider and HMAC use it in. */
static void look_for_key(void)
{
	static const struct {
		const char *name;
		uint8_t mask;
	} forms[] = {
		{ "the session key", 0 },
		{ "the sealing key", 0xf0 },
		{ "the inner block", 0x36 },
		{ "the outer block", 0x5c },
	};
	uint8_t key[PEN_NETLOGON_KEY_SIZE];

	secrecy_begin();
	for (size_t form = 0; form < PEN_COUNT(forms); form++) {
		make_key(key);
		for (size_t i = 0; i < sizeof(key); i++)
			key[i] ^= forms[form].mask;
		secrecy_look_for(forms[form].name, key, sizeof(key));
	}
	pen_wipe(key, sizeof(key));
}

static int find_machine(void *data, const char *domain, const char *computer,
			struct pen_schannel_machine *machine)
{
	*machine = (struct pen_schannel_machine){ .account = "MEMBER$",
						  .keys.flags = *(uint32_t *)data };
	machine->sid = pen_sid_everyone;
	make_key(machine->keys.session_key);
	return 0;
}

/* By AES, and by the older ciphers. */
static void check_schannel(uint32_t flags)
{
	uint8_t seed = 0;
	const struct pen_mech_world world = {
		.crypto = crypto, .data = &seed, .random = get_random, .now = get_now
	};
	const struct pen_schannel_server server_config = { .allow_weak = true,
							   .find = find_machine,
							   .data = &flags };
	struct pen_schannel_client *client_config = pen_secret_alloc(sizeof(*client_config));
	const struct pen_mech_server server_side = { .world = &world,
						     .config = &server_config,
						     .level = PEN_AUTH_LEVEL_PRIVACY };
	const struct pen_mech_client client_side = { .world = &world,
						     .config = client_config,
						     .level = PEN_AUTH_LEVEL_PRIVACY };
	const struct pen_mech *mech = &pen_mech_schannel;
	struct pen_buffer tokens[4] = { 0 };
	struct pen_mech_context *client;
	struct pen_mech_context *server;

	client_config->computer = "MEMBER";
	client_config->keys.flags = flags;
	make_key(client_config->keys.session_key);
	look_for_key();
	assert_int_equal(mech->new_client(&client, &client_side), 0);
	assert_int_equal(mech->new_server(&server, &server_side), 0);
	assert_int_equal(step(mech, client, &tokens[0], &tokens[1]), PEN_E_AGAIN);
	assert_int_equal(step(mech, server, &tokens[1], &tokens[2]), 0);
	assert_int_equal(step(mech, client, &tokens[2], &tokens[3]), 0);
	send(mech, client, server);
	send(mech, server, client);

	assert_int_equal(secrecy_count(), 0);
	mech->free(client);
	mech->free(server);
	pen_secret_free(client_config);
	assert_int_equal(secrecy_count(), 0);
	for (size_t i = 0; i < PEN_COUNT(tokens); i++)
		pen_buffer_done(&tokens[i]);
}

static void test_schannel(void **state)
{
	check_schannel(PEN_NETLOGON_AES);
	check_schannel(PEN_NETLOGON_STRONG_KEYS | PEN_NETLOGON_RC4);
}

/* A token's session key is its own copy, and as secret. */
static void test_token(void **state)
{
	struct pen_token *anonymous;
	struct pen_token_info info;
	struct pen_token *token;
	uint8_t key[32];

	secrecy_begin();
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 41 + 7);
	secrecy_look_for("the token's session key", key, sizeof(key));
	assert_int_equal(pen_token_new_anonymous(&anonymous, true), 0);
	info = *pen_token_info(anonymous);
	info.session_key = (struct pen_slice){ key, sizeof(key) };
	assert_int_equal(pen_token_new(&token, &info), 0);
	assert_int_equal(secrecy_count(), 1);
	pen_wipe(key, sizeof(key));
	assert_int_equal(secrecy_count(), 0);
	assert_int_equal(pen_token_info(token)->session_key.data[1], 48);
	pen_token_free(token);
	pen_token_free(anonymous);
	assert_int_equal(secrecy_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_ntlm),
		cmocka_unit_test(test_schannel),
	};
	int r = pen_crypto_new(&crypto);

	if (r)
		return 1;
	if (!pen_crypto_has_legacy(crypto))
		return 77;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	pen_crypto_free(crypto);
	return r;
}
