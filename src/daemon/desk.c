/* SPDX-License-Identifier: MIT */
#include "daemon/desk.h"
#include "daemon/accounts-key.h"
#include "daemon/place.h"
#include "io/clock.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static uint64_t now(void *data)
{
	return pen_clock_nt();
}

static int open_accounts(struct desk *desk, const struct config *config, char error[256])
{
	char sentence[200] = "";
	int r;

	if (!strcmp(config->accounts, ":memory:")) {
		snprintf(error, 256, "accounts are kept in a file, not in memory");
		return -EINVAL;
	}
	r = daemon_place_for(config->accounts, error);
	if (r)
		return r;
	r = pen_accounts_open(&desk->accounts, config->accounts, config->name, now(NULL), sentence);
	if (r)
		snprintf(error, 256, "%s: %s", config->accounts,
			 *sentence ? sentence : pen_error_name(r));
	return r;
}

/* The domain of a machine's own accounts is called as the machine is. */
static int keep_name(struct pen_accounts *accounts, const char *name)
{
	struct pen_account_policy policy;
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, 0);
	r = pen_accounts_get_policy(accounts, PEN_ACCOUNT_MACHINE, &arena, &policy);
	if (!r && strcmp(policy.name, name)) {
		policy.name = name;
		r = pen_accounts_set_policy(accounts, PEN_ACCOUNT_MACHINE, &policy);
	}
	pen_arena_done(&arena);
	return r;
}

int desk_open(struct desk *desk, const struct config *config, const struct pen_crypto *crypto,
	      const uint8_t *key, const char *realm, char error[256])
{
	int r;

	*desk = (struct desk){ 0 };
	r = open_accounts(desk, config, error);
	if (!r && key)
		r = accounts_key_use(desk->accounts, crypto, key, config->accounts,
				     config->accounts_key, error);
	if (!r)
		r = keep_name(desk->accounts, config->name);
	if (r) {
		desk_close(desk);
		return r;
	}
	desk->logons = (struct pen_logons){
		.accounts = desk->accounts,
		.crypto = crypto,
		.now = now,
		.guests = (enum pen_logon_guests)config->guests,
		.realm = realm,
	};
	desk->vault = (struct pen_vault_desk){
		.logons = &desk->logons,
		.allow_ntlm_v1 = config->allow_ntlm_v1,
		.allow_weak_netlogon = config->allow_weak_netlogon,
	};
	return 0;
}

void desk_close(struct desk *desk)
{
	desk->accounts = pen_accounts_close(desk->accounts);
}
