/* SPDX-License-Identifier: MIT */
#include <penstock/buffer.h>
#include <penstock/security.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written, and what was written reads and writes the same again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pen_generic_mapping mapping = { 1, 2, 4, 7 };
	const struct pen_access_subject subject = { .sids = &pen_sid_everyone, .n_sids = 1 };
	struct pen_descriptor d;
	struct pen_arena arena;
	struct pen_buffer first;
	struct pen_buffer second;
	uint32_t granted;

	pen_arena_init(&arena, 1 << 24);
	pen_buffer_init(&first, 0);
	pen_buffer_init(&second, 0);
	if (pen_descriptor_get(&d, &arena, data, size) == 0) {
		pen_access_check(&d, &subject, &mapping, PEN_ACCESS_MAXIMUM_ALLOWED, &granted);
		if (pen_descriptor_put(&d, &first) ||
		    pen_descriptor_get(&d, &arena, first.data, first.size) ||
		    pen_descriptor_put(&d, &second) || first.size != second.size ||
		    memcmp(first.data, second.data, first.size) != 0)
			abort();
	}
	pen_buffer_done(&first);
	pen_buffer_done(&second);
	pen_arena_done(&arena);
	return 0;
}
