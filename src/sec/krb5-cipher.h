/* SPDX-License-Identifier: MIT */
#ifndef PEN_SEC_KRB5_CIPHER_H
#define PEN_SEC_KRB5_CIPHER_H
/*
 * Kerberos' encryption types of AES [RFC 3961, RFC 3962, RFC 8009], as they protect many
 * messages under one key and for one usage: what is derived is derived once, and a message
 * allocates nothing of ours. Each type is also the checksum that goes with it.
 */
#include "crypto/crypto.h"

enum pen_krb5_type {
	PEN_KRB5_AES128_SHA1 = 17,
	PEN_KRB5_AES256_SHA1 = 18,
	PEN_KRB5_AES128_SHA256 = 19,
	PEN_KRB5_AES256_SHA384 = 20,
};

enum { PEN_KRB5_CHECKSUM_MAX = 24, PEN_KRB5_CONFOUNDER = 16, PEN_KRB5_PARTS_MAX = 6 };

/* A part of a message, in the order in which they are signed. */
struct pen_krb5_part {
	uint8_t *data;
	size_t n;
	bool is_only_signed;
};

struct pen_krb5_cipher;

/* Bytes of a checksum. 0: the type is none of these. */
size_t pen_krb5_checksum_size(int type);

/*
 * What encrypts, or what decrypts, under a base key. -ENOMEM; PEN_E_UNSUPPORTED: the type is
 * none of these, or has keys of another length.
 */
int pen_krb5_cipher_new(struct pen_krb5_cipher **cipherp, const struct pen_crypto *crypto, int type,
			struct pen_slice key, uint32_t usage, bool is_encrypting);
struct pen_krb5_cipher *pen_krb5_cipher_free(struct pen_krb5_cipher *cipher);

/*
 * In place. The first part is the confounder of 16 random bytes; none of the parts is the
 * checksum, which as the type has it is of what is sealed and of what is only signed.
 * At most PEN_KRB5_PARTS_MAX parts. -ENOMEM; PEN_E_BAD_DATA: too many parts, or too little.
 */
int pen_krb5_encrypt(struct pen_krb5_cipher *cipher, const struct pen_krb5_part *parts,
		     size_t n_parts, uint8_t *checksum);

/* The inverse. Also PEN_E_DENIED: the checksum is another, and the parts are worthless. */
int pen_krb5_decrypt(struct pen_krb5_cipher *cipher, const struct pen_krb5_part *parts,
		     size_t n_parts, const uint8_t *checksum);

/*
 * What signs under a base key: the first bytes of its HMAC are the checksum. Fails as
 * pen_krb5_cipher_new does.
 */
int pen_krb5_signer_new(struct pen_hmac **signerp, const struct pen_crypto *crypto, int type,
			struct pen_slice key, uint32_t usage);

/* in, repeated and added up, as n bytes: n-fold [RFC 3961 5.1]. Neither may be empty. */
void pen_krb5_fold(struct pen_slice in, uint8_t *out, size_t n);

#endif
