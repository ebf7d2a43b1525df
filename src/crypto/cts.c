/* SPDX-License-Identifier: MIT */
/*
 * The blocks are chained by the processor's AES, in runs as long as the parts allow; only
 * what lies across two parts and the last two blocks are copied.
 */
#include "base/cleanup.h"
#include "crypto/crypto-private.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16 };

struct pen_aes_cts {
	EVP_CIPHER_CTX *state;
	bool is_encrypting;
};

PEN_DEFINE_FREEP(struct pen_aes_cts, pen_aes_cts)

int pen_aes_cts_new(struct pen_aes_cts **ctsp, const struct pen_crypto *crypto,
		    struct pen_slice key, bool is_encrypting)
{
	pen_cleanup(pen_aes_cts_freep) struct pen_aes_cts *cts = NULL;
	const EVP_CIPHER *cipher = NULL;

	if (key.size == 16)
		cipher = crypto->ciphers[PEN_CIPHER_AES_128_CBC];
	else if (key.size == 32)
		cipher = crypto->ciphers[PEN_CIPHER_AES_256_CBC];
	if (!cipher)
		return PEN_E_UNSUPPORTED;
	cts = calloc(1, sizeof(*cts));
	if (!cts)
		return -ENOMEM;
	cts->is_encrypting = is_encrypting;
	cts->state = EVP_CIPHER_CTX_new();
	if (!cts->state ||
	    !EVP_CipherInit_ex2(cts->state, cipher, key.data, NULL, is_encrypting, NULL) ||
	    !EVP_CIPHER_CTX_set_padding(cts->state, 0))
		return -ENOMEM;

	*ctsp = pen_take(&cts);
	return 0;
}

struct pen_aes_cts *pen_aes_cts_free(struct pen_aes_cts *cts)
{
	if (!cts)
		return NULL;
	EVP_CIPHER_CTX_free(cts->state);
	free(cts);
	return NULL;
}

/* ---- a place in a message ---- */

struct cursor {
	const struct pen_part *parts; /* the one that it is in */
	size_t at;
};

/* What lies at the cursor in one piece. The message must not be at its end. */
static size_t piece(struct cursor *cursor, uint8_t **datap)
{
	for (; cursor->at == cursor->parts->n; cursor->parts++)
		cursor->at = 0;
	*datap = cursor->parts->data + cursor->at;
	return cursor->parts->n - cursor->at;
}

/* Copies n bytes out of the message, or back into it, and steps over them. */
static void copy(struct cursor *cursor, uint8_t *bytes, size_t n, bool is_into)
{
	while (n > 0) {
		uint8_t *data;
		size_t step = piece(cursor, &data);

		if (step > n)
			step = n;
		if (is_into)
			memcpy(data, bytes, step);
		else
			memcpy(bytes, data, step);
		cursor->at += step;
		bytes += step;
		n -= step;
	}
}

/* ---- the blocks ---- */

static bool begin(struct pen_aes_cts *cts, const uint8_t iv[BLOCK])
{
	return EVP_CipherInit_ex2(cts->state, NULL, NULL, iv, cts->is_encrypting, NULL);
}

/* Whole blocks, chained in place. */
static bool crypt_blocks(struct pen_aes_cts *cts, struct cursor *cursor, size_t n)
{
	bool is_done = true;

	while (n > 0 && is_done) {
		struct cursor place = *cursor;
		uint8_t block[BLOCK];
		uint8_t *data;
		size_t step = piece(cursor, &data) / BLOCK * BLOCK;

		if (step > n)
			step = n;
		if (step) {
			is_done = pen_cipher_update(cts->state, data, step, data);
			cursor->at += step;
		} else {
			step = BLOCK;
			copy(cursor, block, BLOCK, false);
			is_done = pen_cipher_update(cts->state, block, BLOCK, block);
			copy(&place, block, BLOCK, true);
			pen_wipe(block, sizeof(block));
		}
		n -= step;
	}
	return is_done;
}

/* The last two blocks, of which the second ends in zeros where it is short. */
static bool encrypt_last(struct pen_aes_cts *cts, uint8_t last[2 * BLOCK])
{
	uint8_t chained[2 * BLOCK];

	if (!pen_cipher_update(cts->state, last, 2 * BLOCK, chained))
		return false;
	memcpy(last, chained + BLOCK, BLOCK);
	memcpy(last + BLOCK, chained, BLOCK);
	return true;
}

/*
 * The block that comes first was encrypted last: it holds the end of the other, of which n
 * bytes are there, because what it lacked of its own was zeros. before is what precedes
 * both, as it was sent.
 */
static bool decrypt_last(struct pen_aes_cts *cts, uint8_t last[2 * BLOCK], size_t n,
			 const uint8_t before[BLOCK])
{
	static const uint8_t zeros[BLOCK];
	uint8_t mixed[BLOCK];

	if (!begin(cts, zeros) || !pen_cipher_update(cts->state, last, BLOCK, mixed))
		return false;
	for (size_t i = 0; i < BLOCK; i++) {
		last[i] = i < n ? last[BLOCK + i] : mixed[i];
		last[BLOCK + i] ^= mixed[i];
	}
	pen_wipe(mixed, sizeof(mixed));
	return begin(cts, before) && pen_cipher_update(cts->state, last, BLOCK, last);
}

/* Of more than one block, of which the last has n_last bytes. */
static bool crypt_message(struct pen_aes_cts *cts, struct cursor *cursor, size_t n, size_t n_last)
{
	uint8_t before[BLOCK];
	uint8_t last[2 * BLOCK] = { 0 };
	struct cursor place;
	bool is_done;

	if (!crypt_blocks(cts, cursor, n - n_last - BLOCK))
		return false;
	if (!cts->is_encrypting && !EVP_CIPHER_CTX_get_updated_iv(cts->state, before, BLOCK))
		return false;
	place = *cursor;
	copy(cursor, last, BLOCK + n_last, false);
	is_done = cts->is_encrypting ? encrypt_last(cts, last)
				     : decrypt_last(cts, last, n_last, before);
	if (is_done)
		copy(&place, last, BLOCK + n_last, true);
	pen_wipe(last, sizeof(last));
	return is_done;
}

int pen_aes_cts_crypt(struct pen_aes_cts *cts, const struct pen_part *parts, size_t n_parts)
{
	static const uint8_t zeros[BLOCK];
	struct cursor cursor = { parts, 0 };
	size_t n = 0;
	bool is_done;

	for (size_t i = 0; i < n_parts; i++)
		n += parts[i].n;
	if (n < BLOCK)
		return PEN_E_BAD_DATA;
	is_done = begin(cts, zeros) &&
		  (n == BLOCK ? crypt_blocks(cts, &cursor, BLOCK)
			      : crypt_message(cts, &cursor, n, (n - 1) % BLOCK + 1));
	return is_done ? 0 : -ENOMEM;
}
