/* SPDX-License-Identifier: MIT */
/*
 * Any text in the house style: what comes out is in it already.
 */
#include "compiler/format.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int format(const void *text, size_t n, struct pen_buffer *out)
{
	struct pen_idl *idl;
	int r = pen_idl_new(&idl, NULL, NULL);

	if (!r)
		r = pen_idl_print_formatted(idl, "fuzz.idl", text, n, out);
	pen_idl_free(idl);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct pen_buffer first;
	struct pen_buffer second;

	pen_buffer_init(&first, 0);
	pen_buffer_init(&second, 0);
	if (!format(data, n, &first)) {
		if (format(first.data, first.size, &second) || first.size != second.size ||
		    (first.size && memcmp(first.data, second.data, first.size)))
			abort();
	}
	pen_buffer_done(&first);
	pen_buffer_done(&second);
	return 0;
}
