/* SPDX-License-Identifier: MIT */
#include "support/letter.h"
#include "support/unit.h"

void letter_init(struct letter *letter, size_t n_signature, bool is_sealed)
{
	for (size_t i = 0; i < sizeof(letter->bytes); i++)
		letter->bytes[i] = (uint8_t)i;
	letter->message = (struct pen_protected){
		.head = { letter->bytes, LETTER_DATA },
		.data = letter->bytes + LETTER_DATA,
		.n = LETTER_TAIL - LETTER_DATA,
		.tail = { letter->bytes + LETTER_TAIL, LETTER_SIGNATURE - LETTER_TAIL },
		.signature = letter->bytes + LETTER_SIGNATURE,
		.n_signature = n_signature,
		.is_sealed = is_sealed,
	};
}

void letter_expect(const struct letter *letter)
{
	for (size_t i = 0; i < LETTER_SIGNATURE; i++)
		assert_int_equal(letter->bytes[i], i);
}

static void flip_one(const struct letter_pair *pair, bool is_sealed, size_t bit)
{
	struct letter letter;

	pair->open(pair->data);
	letter_init(&letter, pair->n_signature, is_sealed);
	assert_int_equal(pair->protect(pair->data, &letter.message), 0);
	letter.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	assert_int_equal(pair->unprotect(pair->data, &letter.message), PEN_E_DENIED);
	letter_init(&letter, pair->n_signature, is_sealed);
	assert_int_equal(pair->protect(pair->data, &letter.message), 0);
	assert_int_equal(pair->unprotect(pair->data, &letter.message), PEN_E_DENIED);
	pair->close(pair->data);
}

void letter_flip_all(const struct letter_pair *pair, bool is_sealed, size_t from, size_t to)
{
	for (size_t bit = 0; bit < 8 * (LETTER_SIGNATURE + pair->n_signature); bit++)
		if (bit / 8 < from || bit / 8 >= to)
			flip_one(pair, is_sealed, bit);
}
