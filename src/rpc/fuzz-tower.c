/* SPDX-License-Identifier: MIT */
/*
 * A tower that is read is written, and read again as the same.
 */
#include <penstock/binding.h>
#include <penstock/buffer.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pen_tower tower, again;
	struct pen_buffer buffer;

	if (pen_tower_get(&tower, data, size))
		return 0;
	pen_buffer_init(&buffer, 0);
	if (pen_tower_put(&tower, &buffer) || pen_tower_get(&again, buffer.data, buffer.size) ||
	    memcmp(&tower, &again, sizeof(tower)) != 0)
		abort();
	pen_buffer_done(&buffer);
	return 0;
}
