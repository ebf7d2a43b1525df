/* SPDX-License-Identifier: MIT */
#include "sec/krb5-cipher.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include <errno.h>
#include <string.h>

enum { BLOCK = 16, KEY_MAX = 32, LABEL = 5 };

/* What a derived key is for: the last byte of its label [RFC 3961 5.3, RFC 8009 3]. */
enum purpose { FOR_CHECKSUMS = 0x99, FOR_ENCRYPTION = 0xaa, FOR_INTEGRITY = 0x55 };

struct profile {
	int type;
	enum pen_digest digest;
	size_t n_key;
	size_t n_hmac_key;
	size_t n_checksum;
	/* RFC 8009: keys come of a digest, and what is signed is what is sent. */
	bool is_sha2;
};

static const struct profile profiles[] = {
	{ PEN_KRB5_AES128_SHA1, PEN_SHA1, 16, 16, 12, false },
	{ PEN_KRB5_AES256_SHA1, PEN_SHA1, 32, 32, 12, false },
	{ PEN_KRB5_AES128_SHA256, PEN_SHA256, 16, 16, 16, true },
	{ PEN_KRB5_AES256_SHA384, PEN_SHA384, 32, 24, 24, true },
};

struct pen_krb5_cipher {
	const struct profile *profile;
	struct pen_aes_cts *cts;
	struct pen_hmac *hmac;
};

PEN_DEFINE_FREEP(struct pen_krb5_cipher, pen_krb5_cipher)

static const struct profile *profile_of(int type)
{
	for (size_t i = 0; i < PEN_COUNT(profiles); i++)
		if (profiles[i].type == type)
			return &profiles[i];
	return NULL;
}

size_t pen_krb5_checksum_size(int type)
{
	const struct profile *profile = profile_of(type);

	return profile ? profile->n_checksum : 0;
}

/* ---- keys ---- */

/* A bit of in as it is repeated, each time turned right by 13 bits more. */
static unsigned turned_byte(struct pen_slice in, size_t at)
{
	size_t n_bits = 8 * in.size;
	size_t turn = at / in.size * 13 % n_bits;
	size_t bit = (8 * (at % in.size) + n_bits - turn) % n_bits;
	unsigned two = (unsigned)in.data[bit / 8] << 8 | in.data[(bit / 8 + 1) % in.size];

	return two >> (8 - bit % 8) & 0xff;
}

/* As many bytes as both lengths divide, in lines of n, added with the carry going around. */
void pen_krb5_fold(struct pen_slice in, uint8_t *out, size_t n)
{
	size_t n_all = n;
	unsigned carry = 0;

	while (n_all % in.size)
		n_all += n;
	memset(out, 0, n);
	for (size_t at = n_all; at-- > 0;) {
		carry += out[at % n] + turned_byte(in, at);
		out[at % n] = (uint8_t)carry;
		carry >>= 8;
	}
	for (size_t at = n; carry; at = at ? at : n) {
		carry += out[--at];
		out[at] = (uint8_t)carry;
		carry >>= 8;
	}
}

/* DK, where the random bytes are the key [RFC 3961 5.1, RFC 3962 6]. */
static int derive_sha1(const struct pen_crypto *crypto, struct pen_slice key,
		       const uint8_t label[LABEL], uint8_t *out, size_t n)
{
	uint8_t block[BLOCK];
	const struct pen_part part = { block, sizeof(block) };
	struct pen_aes_cts *cts = NULL;
	int r = pen_aes_cts_new(&cts, crypto, key, true);

	pen_krb5_fold((struct pen_slice){ label, LABEL }, block, sizeof(block));
	for (size_t at = 0; at < n && !r; at += BLOCK) {
		r = pen_aes_cts_crypt(cts, &part, 1);
		memcpy(out + at, block, BLOCK);
	}
	pen_aes_cts_free(cts);
	pen_wipe(block, sizeof(block));
	return r;
}

/* KDF-HMAC-SHA2 [RFC 8009 3]; a digest is never shorter than a key. */
static int derive_sha2(const struct pen_crypto *crypto, enum pen_digest digest,
		       struct pen_slice key, const uint8_t label[LABEL], uint8_t *out, size_t n)
{
	const uint8_t counter[] = { 0, 0, 0, 1 };
	const uint8_t size[] = { 0, 0, 0, (uint8_t)(8 * n >> 8), (uint8_t)(8 * n) };
	const struct pen_slice parts[] = { { counter, sizeof(counter) },
					   { label, LABEL },
					   { size, sizeof(size) } };
	uint8_t made[PEN_DIGEST_MAX];
	int r = pen_hmac(crypto, digest, key, parts, PEN_COUNT(parts), made);

	if (!r)
		memcpy(out, made, n);
	pen_wipe(made, sizeof(made));
	return r;
}

static int derive(const struct pen_crypto *crypto, const struct profile *profile,
		  struct pen_slice key, uint32_t usage, enum purpose purpose, uint8_t out[KEY_MAX],
		  size_t n)
{
	const uint8_t label[LABEL] = { (uint8_t)(usage >> 24), (uint8_t)(usage >> 16),
				       (uint8_t)(usage >> 8), (uint8_t)usage, (uint8_t)purpose };

	return profile->is_sha2 ? derive_sha2(crypto, profile->digest, key, label, out, n)
				: derive_sha1(crypto, key, label, out, n);
}

static int derive_hmac(struct pen_hmac **hmacp, const struct pen_crypto *crypto,
		       const struct profile *profile, struct pen_slice key, uint32_t usage,
		       enum purpose purpose)
{
	uint8_t derived[KEY_MAX];
	int r = derive(crypto, profile, key, usage, purpose, derived, profile->n_hmac_key);

	if (!r)
		r = pen_hmac_new(hmacp, crypto, profile->digest,
				 (struct pen_slice){ derived, profile->n_hmac_key });
	pen_wipe(derived, sizeof(derived));
	return r;
}

static int derive_cts(struct pen_aes_cts **ctsp, const struct pen_crypto *crypto,
		      const struct profile *profile, struct pen_slice key, uint32_t usage,
		      bool is_encrypting)
{
	uint8_t derived[KEY_MAX];
	int r = derive(crypto, profile, key, usage, FOR_ENCRYPTION, derived, profile->n_key);

	if (!r)
		r = pen_aes_cts_new(ctsp, crypto, (struct pen_slice){ derived, profile->n_key },
				    is_encrypting);
	pen_wipe(derived, sizeof(derived));
	return r;
}

int pen_krb5_signer_new(struct pen_hmac **signerp, const struct pen_crypto *crypto, int type,
			struct pen_slice key, uint32_t usage)
{
	const struct profile *profile = profile_of(type);

	if (!profile || key.size != profile->n_key)
		return PEN_E_UNSUPPORTED;
	return derive_hmac(signerp, crypto, profile, key, usage, FOR_CHECKSUMS);
}

int pen_krb5_cipher_new(struct pen_krb5_cipher **cipherp, const struct pen_crypto *crypto, int type,
			struct pen_slice key, uint32_t usage, bool is_encrypting)
{
	pen_cleanup(pen_krb5_cipher_freep) struct pen_krb5_cipher *cipher = NULL;
	const struct profile *profile = profile_of(type);
	int r;

	if (!profile || key.size != profile->n_key)
		return PEN_E_UNSUPPORTED;
	cipher = pen_secret_alloc(sizeof(*cipher));
	if (!cipher)
		return -ENOMEM;
	cipher->profile = profile;
	r = derive_cts(&cipher->cts, crypto, profile, key, usage, is_encrypting);
	if (!r)
		r = derive_hmac(&cipher->hmac, crypto, profile, key, usage, FOR_INTEGRITY);
	if (r)
		return r;

	*cipherp = pen_take(&cipher);
	return 0;
}

struct pen_krb5_cipher *pen_krb5_cipher_free(struct pen_krb5_cipher *cipher)
{
	if (!cipher)
		return NULL;
	pen_aes_cts_free(cipher->cts);
	pen_hmac_free(cipher->hmac);
	return pen_secret_free(cipher);
}

/* ---- messages ---- */

static int crypt(struct pen_krb5_cipher *cipher, const struct pen_krb5_part *parts, size_t n_parts)
{
	struct pen_part sealed[PEN_KRB5_PARTS_MAX] = { { 0 } };
	size_t n = 0;

	for (size_t i = 0; i < n_parts; i++)
		if (!parts[i].is_only_signed)
			sealed[n++] = (struct pen_part){ parts[i].data, parts[i].n };
	return pen_aes_cts_crypt(cipher->cts, sealed, n);
}

/* Of the parts as they are now; by SHA-2 after the IV, which is zeros. */
static int sign(struct pen_krb5_cipher *cipher, const struct pen_krb5_part *parts, size_t n_parts,
		uint8_t sum[PEN_DIGEST_MAX])
{
	static const uint8_t iv[BLOCK];
	struct pen_slice slices[1 + PEN_KRB5_PARTS_MAX] = {
		{ iv, cipher->profile->is_sha2 ? sizeof(iv) : 0 },
	};

	for (size_t i = 0; i < n_parts; i++)
		slices[1 + i] = (struct pen_slice){ parts[i].data, parts[i].n };
	return pen_hmac_sign(cipher->hmac, slices, 1 + n_parts, sum);
}

int pen_krb5_encrypt(struct pen_krb5_cipher *cipher, const struct pen_krb5_part *parts,
		     size_t n_parts, uint8_t *checksum)
{
	bool is_sha2 = cipher->profile->is_sha2;
	uint8_t sum[PEN_DIGEST_MAX];
	int r = 0;

	if (n_parts > PEN_KRB5_PARTS_MAX)
		return PEN_E_BAD_DATA;
	if (is_sha2)
		r = crypt(cipher, parts, n_parts);
	if (!r)
		r = sign(cipher, parts, n_parts, sum);
	if (!r && !is_sha2)
		r = crypt(cipher, parts, n_parts);
	if (!r)
		memcpy(checksum, sum, cipher->profile->n_checksum);
	return r;
}

int pen_krb5_decrypt(struct pen_krb5_cipher *cipher, const struct pen_krb5_part *parts,
		     size_t n_parts, const uint8_t *checksum)
{
	bool is_sha2 = cipher->profile->is_sha2;
	uint8_t sum[PEN_DIGEST_MAX];
	int r = 0;

	if (n_parts > PEN_KRB5_PARTS_MAX)
		return PEN_E_BAD_DATA;
	if (!is_sha2)
		r = crypt(cipher, parts, n_parts);
	if (!r)
		r = sign(cipher, parts, n_parts, sum);
	if (!r && !pen_equal_secret(sum, checksum, cipher->profile->n_checksum))
		r = PEN_E_DENIED;
	if (!r && is_sha2)
		r = crypt(cipher, parts, n_parts);
	return r;
}
