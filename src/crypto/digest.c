/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/crypto-private.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_MAX = 128, INNER = 0x36, OUTER = 0x5c };

/* A key as the two blocks that HMAC hashes it in [RFC 2104]. */
struct pen_hmac {
	EVP_MD_CTX *state;
	size_t n_block;
	uint8_t inner[BLOCK_MAX];
	uint8_t outer[BLOCK_MAX];
};

static bool add_parts(EVP_MD_CTX *state, const struct pen_slice *parts, size_t n_parts)
{
	for (size_t i = 0; i < n_parts; i++)
		if (parts[i].size && !EVP_DigestUpdate(state, parts[i].data, parts[i].size))
			return false;
	return true;
}

int pen_digest(const struct pen_crypto *crypto, enum pen_digest digest,
	       const struct pen_slice *parts, size_t n_parts, uint8_t *out)
{
	EVP_MD *type = crypto->digests[digest];
	EVP_MD_CTX *state;
	bool is_done;

	if (!type)
		return PEN_E_UNSUPPORTED;
	state = EVP_MD_CTX_new();
	if (!state)
		return -ENOMEM;
	is_done = EVP_DigestInit_ex(state, type, NULL) && add_parts(state, parts, n_parts) &&
		  EVP_DigestFinal_ex(state, out, NULL);
	EVP_MD_CTX_free(state);
	return is_done ? 0 : -ENOMEM;
}

PEN_DEFINE_FREEP(struct pen_hmac, pen_hmac)

/* A key longer than a block is its digest. */
static int put_key(struct pen_hmac *hmac, const struct pen_crypto *crypto, enum pen_digest digest,
		   struct pen_slice key)
{
	int r;

	if (key.size > hmac->n_block) {
		r = pen_digest(crypto, digest, &key, 1, hmac->inner);
		if (r)
			return r;
	} else if (key.size) {
		memcpy(hmac->inner, key.data, key.size);
	}
	for (size_t i = 0; i < hmac->n_block; i++) {
		hmac->outer[i] = hmac->inner[i] ^ OUTER;
		hmac->inner[i] ^= INNER;
	}
	return 0;
}

int pen_hmac_new(struct pen_hmac **hmacp, const struct pen_crypto *crypto, enum pen_digest digest,
		 struct pen_slice key)
{
	pen_cleanup(pen_hmac_freep) struct pen_hmac *hmac = NULL;
	EVP_MD *type = crypto->digests[digest];
	int r;

	if (!type)
		return PEN_E_UNSUPPORTED;
	hmac = pen_secret_alloc(sizeof(*hmac));
	if (!hmac)
		return -ENOMEM;
	hmac->n_block = (size_t)EVP_MD_get_block_size(type);
	if (hmac->n_block > BLOCK_MAX)
		return PEN_E_UNSUPPORTED;
	hmac->state = EVP_MD_CTX_new();
	if (!hmac->state || !EVP_DigestInit_ex(hmac->state, type, NULL))
		return -ENOMEM;
	r = put_key(hmac, crypto, digest, key);
	if (r)
		return r;

	*hmacp = pen_take(&hmac);
	return 0;
}

struct pen_hmac *pen_hmac_free(struct pen_hmac *hmac)
{
	if (!hmac)
		return NULL;
	EVP_MD_CTX_free(hmac->state);
	return pen_secret_free(hmac);
}

/*
 * Nothing of ours is allocated. OpenSSL 3.0 still makes a digest's state anew, a hundred
 * bytes, each time that one begins: twice here, as in its own HMAC.
 */
int pen_hmac_sign(struct pen_hmac *hmac, const struct pen_slice *parts, size_t n_parts,
		  uint8_t *out)
{
	uint8_t digest[PEN_DIGEST_MAX];
	unsigned n_digest = 0;
	bool is_done;

	is_done = EVP_DigestInit_ex2(hmac->state, NULL, NULL) &&
		  EVP_DigestUpdate(hmac->state, hmac->inner, hmac->n_block) &&
		  add_parts(hmac->state, parts, n_parts) &&
		  EVP_DigestFinal_ex(hmac->state, digest, &n_digest) &&
		  EVP_DigestInit_ex2(hmac->state, NULL, NULL) &&
		  EVP_DigestUpdate(hmac->state, hmac->outer, hmac->n_block) &&
		  EVP_DigestUpdate(hmac->state, digest, n_digest) &&
		  EVP_DigestFinal_ex(hmac->state, out, NULL);
	pen_wipe(digest, sizeof(digest));
	return is_done ? 0 : -ENOMEM;
}

int pen_hmac(const struct pen_crypto *crypto, enum pen_digest digest, struct pen_slice key,
	     const struct pen_slice *parts, size_t n_parts, uint8_t *out)
{
	pen_cleanup(pen_hmac_freep) struct pen_hmac *hmac = NULL;
	int r = pen_hmac_new(&hmac, crypto, digest, key);

	return r ? r : pen_hmac_sign(hmac, parts, n_parts, out);
}
