/* SPDX-License-Identifier: MIT */
#include "service/lsarpc/cipher.h"
#include "base/reader.h"
#include <errno.h>

enum { BLOCK = 8, SLICE = 7, HEAD = 8, VERSION = 1 };

typedef int des_fn(const struct pen_crypto *crypto, const uint8_t key[7], const uint8_t in[8],
		   uint8_t out[8]);

/*
 * Block by block, in place. The key's slices follow one another; where fewer than 7 bytes
 * are left, the next slice begins as many bytes from the start as were left.
 */
static int crypt_blocks(const struct pen_crypto *crypto, struct pen_slice key, des_fn *des,
			uint8_t *data, size_t n)
{
	size_t at = 0;
	int r = key.size < SLICE ? PEN_E_UNSUPPORTED : 0;

	for (size_t i = 0; !r && i < n; i += BLOCK) {
		uint8_t block[BLOCK];

		if (key.size - at < SLICE)
			at = key.size - at;
		r = des(crypto, key.data + at, data + i, block);
		memcpy(data + i, block, BLOCK);
		at += SLICE;
		pen_wipe(block, sizeof(block));
	}
	return r;
}

static void put_u32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

int pen_lsarpc_encrypt(const struct pen_crypto *crypto, struct pen_slice key,
		       struct pen_slice value, struct pen_arena *arena, struct pen_slice *cipherp)
{
	size_t n = HEAD + (value.size + BLOCK - 1) / BLOCK * BLOCK;
	uint8_t *data;
	int r;

	if (value.size > UINT32_MAX - HEAD - BLOCK)
		return PEN_E_UNSUPPORTED;
	data = pen_arena_zalloc(arena, n);
	if (!data)
		return -ENOMEM;
	put_u32(data, (uint32_t)value.size);
	put_u32(data + 4, VERSION);
	if (value.size)
		memcpy(data + HEAD, value.data, value.size);
	r = crypt_blocks(crypto, key, pen_des_encrypt, data, n);
	if (r) {
		pen_wipe(data, n);
		return r;
	}
	*cipherp = (struct pen_slice){ data, n };
	return 0;
}

int pen_lsarpc_decrypt(const struct pen_crypto *crypto, struct pen_slice key,
		       struct pen_slice cipher, struct pen_arena *arena, struct pen_slice *valuep)
{
	struct pen_reader reader;
	uint32_t size, version;
	uint8_t *data;
	int r;

	if (cipher.size < HEAD || cipher.size % BLOCK)
		return PEN_E_BAD_DATA;
	data = pen_arena_copy(arena, cipher.data, cipher.size);
	if (!data)
		return -ENOMEM;
	r = crypt_blocks(crypto, key, pen_des_decrypt, data, cipher.size);
	pen_reader_init(&reader, data, cipher.size);
	size = pen_reader_u32(&reader);
	version = pen_reader_u32(&reader);
	if (!r)
		r = version != VERSION		      ? PEN_E_PROTOCOL
		    : size > pen_reader_left(&reader) ? PEN_E_BAD_DATA
						      : 0;
	if (r) {
		pen_wipe(data, cipher.size);
		return r;
	}
	*valuep = (struct pen_slice){ data + HEAD, size };
	return 0;
}
