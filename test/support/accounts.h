/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_ACCOUNTS_H
#define PEN_TEST_ACCOUNTS_H
/*
 * Accounts of tests, which have a key for their hashes.
 */
#include "store/account.h"
#include "support/unit.h"

static const uint8_t test_accounts_key[PEN_ACCOUNT_SECRET_SIZE] = { 1, 2, 3 };

/* In memory, or a file's. crypto must live longer. */
static inline struct pen_accounts *test_accounts(const char *path, const char *name, uint64_t now,
						 const struct pen_crypto *crypto)
{
	struct pen_accounts *accounts;

	assert_int_equal(pen_accounts_open(&accounts, path, name, now, NULL), 0);
	assert_int_equal(pen_accounts_use_key(accounts, crypto, test_accounts_key), 0);
	return accounts;
}

#endif
