/* SPDX-License-Identifier: MIT */
/* What a core dump would tell: this process looks through its own memory for secrets. */
#include "sec/ntlm-keys.h"
#include "sec/ntlm.h"
#include "support/unit.h"
#include <penstock/credentials.h>
#include <penstock/token.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pen_crypto *crypto;

static const char password[] = "Tr0ub4dor&3 and a horse";

/* ---- looking ---- */

enum { MASK = 0x55, REGION_MAX = 1 << 28, NEEDLES_MAX = 8 };

/* A secret as it is looked for: masked, so that it is not found here. */
struct needle {
	const char *name;
	uint8_t masked[64];
	size_t n;
};

static struct needle needles[NEEDLES_MAX];
static size_t n_needles;

static void look_for(const char *name, const void *secret, size_t n)
{
	struct needle *needle = &needles[n_needles++];

	assert_true(n_needles <= NEEDLES_MAX && n <= sizeof(needle->masked));
	needle->name = name;
	needle->n = n;
	for (size_t i = 0; i < n; i++)
		needle->masked[i] = ((const volatile uint8_t *)secret)[i] ^ MASK;
}

__attribute__((no_sanitize("address"))) static bool is_at(const volatile uint8_t *at,
							  const struct needle *needle)
{
	for (size_t i = 0; i < needle->n; i++)
		if ((at[i] ^ MASK) != needle->masked[i])
			return false;
	return true;
}

__attribute__((no_sanitize("address"))) static size_t count_in(const volatile uint8_t *from,
							       const volatile uint8_t *to,
							       const struct needle *needle)
{
	uint8_t first = needle->masked[0] ^ MASK;
	size_t n = 0;

	for (; to - from >= (ptrdiff_t)needle->n; from++)
		if (*from == first && is_at(from, needle)) {
			printf("%s is at %p\n", needle->name, (const void *)from);
			n++;
		}
	return n;
}

/*
 * What OpenSSL's functions leave on the stack is not ours to wipe, and goes with the next
 * calls; here it goes with this one.
 */
__attribute__((noinline)) static void wipe_stack(void)
{
	volatile uint8_t below[65536];

	for (size_t i = 0; i < sizeof(below); i++)
		below[i] = 0;
}

__attribute__((noinline)) static size_t count_needles(void)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	unsigned long from, to, begin = 0, end = 0;
	char access[8] = "";
	char line[4096];
	size_t n = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s ", &from, &to, access) == 3) {
			begin = from;
			end = to;
			continue;
		}
		if (strncmp(line, "VmFlags:", 8) || strcmp(access, "rw-p") || strstr(line, " dd") ||
		    end - begin > REGION_MAX)
			continue;
		for (size_t i = 0; i < n_needles; i++)
			n += count_in((const uint8_t *)begin, (const uint8_t *)end, &needles[i]);
	}
	fclose(maps);
	return n;
}

/* How often one of them is in memory that can be written, and that a dump would have. */
static size_t count_all(void)
{
	wipe_stack();
	return count_needles();
}

static void look_for_password(void)
{
	uint8_t wide[2 * sizeof(password)];
	uint8_t hash[16];

	n_needles = 0;
	look_for("the password", password, sizeof(password) - 1);
	for (size_t i = 0; i < sizeof(password); i++) {
		wide[2 * i] = (uint8_t)password[i];
		wide[2 * i + 1] = 0;
	}
	look_for("the password in UTF-16", wide, 2 * (sizeof(password) - 1));
	assert_int_equal(pen_ntlm_nt_hash(crypto, password, hash), 0);
	look_for("the NT hash", hash, sizeof(hash));
	pen_wipe(hash, sizeof(hash));
	pen_wipe(wide, sizeof(wide));
}

/* ---- NTLM, client and server in one process ---- */

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
		look_for("the session base key", verdict->session_base_key, 16);
	return r ? r : pen_token_new_unix(&verdict->token, 1000, 1000, NULL, 0, 0, false);
}

static int step(struct pen_mech_context *context, const struct pen_buffer *in,
		struct pen_buffer *out)
{
	struct pen_slice token = { .data = in->data, .size = in->size };

	return pen_mech_ntlm.step(context, token, out);
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
	assert_int_equal(count_all(), 0);
	assert_int_equal(pen_credentials_new_password(&credentials, "ann", NULL, password), 0);
	client_side.credentials = credentials;
	assert_int_equal(pen_mech_ntlm.new_client(&client, &client_side), 0);
	assert_int_equal(pen_mech_ntlm.new_server(&server, &server_side), 0);
	assert_int_equal(step(client, &tokens[0], &tokens[1]), PEN_E_AGAIN);
	assert_int_equal(step(server, &tokens[1], &tokens[2]), PEN_E_AGAIN);
	assert_int_equal(step(client, &tokens[2], &tokens[3]), 0);
	assert_int_equal(step(server, &tokens[3], &tokens[4]), 0);
	look_for("the session key", pen_mech_ntlm.session_key(server).data, 16);
	assert_int_equal(n_needles, 5);
	assert_int_equal(pen_mech_ntlm.token(server, &token), 0);

	assert_int_equal(count_all(), 0);
	pen_mech_ntlm.free(client);
	pen_mech_ntlm.free(server);
	pen_credentials_free(credentials);
	pen_token_free(token);
	assert_int_equal(count_all(), 0);
	for (size_t i = 0; i < PEN_COUNT(tokens); i++)
		pen_buffer_done(&tokens[i]);
}

/* A token's session key is its own copy, and as secret. */
static void test_token(void **state)
{
	struct pen_token *anonymous;
	struct pen_token_info info;
	struct pen_token *token;
	uint8_t key[32];

	n_needles = 0;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 41 + 7);
	look_for("the token's session key", key, sizeof(key));
	assert_int_equal(pen_token_new_anonymous(&anonymous, true), 0);
	info = *pen_token_info(anonymous);
	info.session_key = (struct pen_slice){ key, sizeof(key) };
	assert_int_equal(pen_token_new(&token, &info), 0);
	assert_int_equal(count_all(), 1);
	pen_wipe(key, sizeof(key));
	assert_int_equal(count_all(), 0);
	assert_int_equal(pen_token_info(token)->session_key.data[1], 48);
	pen_token_free(token);
	pen_token_free(anonymous);
	assert_int_equal(count_all(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_ntlm),
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
