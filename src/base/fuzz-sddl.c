/* SPDX-License-Identifier: MIT */
#include <penstock/buffer.h>
#include <penstock/security.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What parses prints, and the print parses to what prints the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pen_sid domain = { 1, 4, 5, { 21, 1, 2, 3 } };
	char *text = strndup((const char *)data, size);
	struct pen_sddl_error error;
	struct pen_descriptor d;
	struct pen_arena arena;
	struct pen_buffer first;
	struct pen_buffer second;

	pen_arena_init(&arena, 1 << 24);
	pen_buffer_init(&first, 0);
	pen_buffer_init(&second, 0);
	if (pen_sddl_parse(&d, &arena, text, &domain, &error) == 0) {
		if (pen_sddl_print(&d, &domain, &first) || pen_buffer_add(&first, "", 1) ||
		    pen_sddl_parse(&d, &arena, (char *)first.data, &domain, &error) ||
		    pen_sddl_print(&d, &domain, &second) || pen_buffer_add(&second, "", 1) ||
		    strcmp((char *)first.data, (char *)second.data) != 0)
			abort();
	}
	pen_buffer_done(&first);
	pen_buffer_done(&second);
	pen_arena_done(&arena);
	free(text);
	return 0;
}
