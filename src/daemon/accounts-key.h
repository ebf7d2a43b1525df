/* SPDX-License-Identifier: MIT */
#ifndef PEN_DAEMON_ACCOUNTS_KEY_H
#define PEN_DAEMON_ACCOUNTS_KEY_H
/*
 * The key that the hashes of the accounts are sealed with: 32 bytes in a file of their own, in a
 * directory where no service may read.
 */
#include <stdint.h>

/*
 * Reads it, and makes it (0600) where it is not there, with its directory; what root makes in the
 * directory of another user is that user's. It lies in memory for secrets, and is the caller's to
 * free. A negative errno, PEN_E_DENIED, with a sentence that names the file.
 */
int accounts_key_read(uint8_t **keyp, const char *path, char error[256]);

struct pen_accounts;
struct pen_crypto;

/*
 * Gives it to accounts that were opened from that file. As pen_accounts_use_key, with a sentence
 * that names both files.
 */
int accounts_key_use(struct pen_accounts *accounts, const struct pen_crypto *crypto,
		     const uint8_t *key, const char *path, const char *key_path, char error[256]);

#endif
