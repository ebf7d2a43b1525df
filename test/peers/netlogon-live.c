/* SPDX-License-Identifier: MIT */
/*
 * A machine of a domain, at its controller.
 *
 *	netlogon-live BINDING DOMAIN COMPUTER PASSWORD USER PASSWORD [NEW-PASSWORD]
 *
 * Says what the controller says of the user, and of the wrong password; then changes the
 * machine's own, and asks again.
 */
#include "runtime/machine.h"
#include "sec/ntlm-keys.h"
#include <penstock/status.h>
#include <stdio.h>
#include <string.h>

static struct pen_crypto *crypto;

static void answer_challenge(const char *user, const char *domain, const char *password,
			     struct pen_ntlm_attempt *attempt, uint8_t *response, uint8_t *key)
{
	static const uint8_t temp[44] = { 1, 1 };
	const struct pen_slice slice = { temp, sizeof(temp) };
	uint8_t hash[16];
	uint8_t v2[16];

	*attempt = (struct pen_ntlm_attempt){ .crypto = crypto,
					      .domain = domain,
					      .user = user,
					      .workstation = "CLIENT",
					      .peer = "" };
	memcpy(attempt->server_challenge, "challeng", 8);
	pen_ntlm_nt_hash(crypto, password, hash);
	pen_ntlm_v2_key(crypto, hash, user, domain, v2);
	pen_ntlm_v2_proof(crypto, v2, attempt->server_challenge, slice, response);
	pen_ntlm_v2_base_key(crypto, v2, response, key);
	memcpy(response + 16, temp, sizeof(temp));
	attempt->nt = (struct pen_slice){ response, 16 + sizeof(temp) };
}

static void ask(struct pen_machine *machine, const char *user, const char *domain,
		const char *password)
{
	struct pen_machine_logon logon;
	struct pen_ntlm_attempt attempt;
	struct pen_arena arena;
	uint8_t response[60];
	uint8_t key[16];
	char sid[PEN_SID_TEXT_SIZE];
	int r;

	pen_arena_init(&arena, 0);
	answer_challenge(user, domain, password, &attempt, response, key);
	r = pen_machine_logon(machine, &attempt, &arena, &logon);
	if (r) {
		printf("%s: %s\n", pen_error_name(r), pen_machine_error(machine));
	} else if (logon.status) {
		printf("refused %s\n", pen_ntstatus_name(logon.status));
	} else {
		pen_sid_print(&logon.user, sid);
		printf("%s\\%s is %s in %zu groups, key %s\n", logon.domain, logon.account, sid,
		       logon.n_groups, memcmp(key, logon.session_base_key, 16) ? "wrong" : "right");
	}
	pen_arena_done(&arena);
}

int main(int argc, char **argv)
{
	struct pen_machine_config config = { 0 };
	struct pen_machine *machine = NULL;
	uint8_t units[512];
	size_t n;
	int r = pen_crypto_new(&crypto);

	if (r || argc < 7)
		return 2;
	config.binding = argv[1];
	config.domain = argv[2];
	config.computer = argv[3];
	pen_ntlm_nt_hash(crypto, argv[4], config.nt_hash);
	r = pen_machine_new(&machine, &config);
	if (!r)
		r = pen_machine_open(machine);
	if (r) {
		printf("%s: %s\n", pen_error_name(r), machine ? pen_machine_error(machine) : "");
	} else {
		ask(machine, argv[5], argv[2], argv[6]);
		ask(machine, argv[5], argv[2], "wrong");
		ask(machine, "nobody", argv[2], "wrong");
	}
	if (!r && argc > 7) {
		n = strlen(argv[7]);
		for (size_t i = 0; i < n && i < sizeof(units) / 2; i++) {
			units[2 * i] = (uint8_t)argv[7][i];
			units[2 * i + 1] = 0;
		}
		r = pen_machine_set_password(machine, (struct pen_slice){ units, 2 * n });
		if (!r)
			r = pen_machine_open(machine);
		printf("new password: %s %s\n", r ? pen_error_name(r) : "good",
		       pen_machine_error(machine));
		ask(machine, argv[5], argv[2], argv[6]);
	}
	pen_machine_free(machine);
	pen_crypto_free(crypto);
	return r != 0;
}
