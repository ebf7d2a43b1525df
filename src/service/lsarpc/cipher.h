/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_LSARPC_CIPHER_H
#define PEN_SERVICE_LSARPC_CIPHER_H
/*
 * How secrets travel [MS-LSAD 5.1.2]: length, version and value, padded to blocks of 8,
 * each under DES with the next 7 bytes of the session key.
 */
#include "crypto/crypto.h"
#include <penstock/arena.h>

/* PEN_E_UNSUPPORTED: no DES, or no key of at least 7 bytes; -ENOMEM. */
int pen_lsarpc_encrypt(const struct pen_crypto *crypto, struct pen_slice key,
		       struct pen_slice value, struct pen_arena *arena, struct pen_slice *cipherp);

/*
 * PEN_E_PROTOCOL: the version is not 1, so the key is another one or the bytes are none of
 * this. PEN_E_BAD_DATA: the length is wrong. PEN_E_UNSUPPORTED, -ENOMEM as above. What
 * was decrypted is wiped where it is not returned; else the caller wipes it.
 */
int pen_lsarpc_decrypt(const struct pen_crypto *crypto, struct pen_slice key,
		       struct pen_slice cipher, struct pen_arena *arena, struct pen_slice *valuep);

#endif
