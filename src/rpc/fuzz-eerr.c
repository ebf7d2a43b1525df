/* SPDX-License-Identifier: MIT */
/*
 * A chain of extended errors that is read is printed, and written again in whatever room there is;
 * where all of it has room, it is read again with as many records.
 */
#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/eerr.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(const struct pen_eerr *chain)
{
	size_t n = 0;

	for (; chain; chain = chain->next)
		n++;
	return n;
}

static void print(const struct pen_eerr *chain)
{
	struct pen_buffer text;

	pen_buffer_init(&text, 0);
	for (; chain; chain = chain->next)
		if (pen_eerr_print(chain, &text))
			abort();
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < ' ' || text.data[i] == 0x7f)
			abort();
	pen_buffer_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pen_eerr *chain;
	const struct pen_eerr *again;
	struct pen_arena arena;
	struct pen_buffer buffer;

	pen_arena_init(&arena, 1 << 20);
	pen_buffer_init(&buffer, 0);
	if (!pen_eerr_get(&chain, data, size, &arena, NULL)) {
		print(chain);
		if (pen_eerr_put(chain, false, 1 << 20, &buffer) ||
		    pen_eerr_get(&again, buffer.data, buffer.size, &arena, NULL) ||
		    count(again) != count(chain))
			abort();
		buffer.size = 0;
		pen_eerr_put(chain, size % 2, size / 2, &buffer);
		if (buffer.size > size / 2)
			abort();
	}
	pen_buffer_done(&buffer);
	pen_arena_done(&arena);
	return 0;
}
