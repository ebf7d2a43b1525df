/* SPDX-License-Identifier: MIT */
/*
 * What is right prints, and what is printed is right and prints the same.
 */
#include "daemon/config.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read(struct config *config, const char *text, size_t n)
{
	struct pen_buffer diagnoses;
	int r;

	pen_buffer_init(&diagnoses, 0);
	if (config_init(config, false))
		abort();
	r = config_read(config, "fuzz", text, n, &diagnoses);
	if (!r != !diagnoses.size)
		abort();
	pen_buffer_done(&diagnoses);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pen_buffer first, second;
	struct config config, again;

	pen_buffer_init(&first, 0);
	pen_buffer_init(&second, 0);
	if (!read(&config, (const char *)data, size)) {
		if (config_print(&config, &first) ||
		    read(&again, (const char *)first.data, first.size) ||
		    config_print(&again, &second))
			abort();
		if (first.size != second.size || memcmp(first.data, second.data, first.size) != 0)
			abort();
		config_done(&again);
	}
	config_done(&config);
	pen_buffer_done(&first);
	pen_buffer_done(&second);
	return 0;
}
