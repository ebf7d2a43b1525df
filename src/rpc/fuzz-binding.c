/* SPDX-License-Identifier: MIT */
/*
 * What parses prints, and what is printed parses to the same, unless quoting made it too
 * long.
 */
#include <penstock/binding.h>
#include <penstock/buffer.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(const struct pen_binding *binding, struct pen_buffer *text)
{
	if (pen_binding_print(binding, text) || pen_buffer_add(text, "", 1))
		abort();
}

static void parse_again(const struct pen_buffer *first)
{
	struct pen_binding binding;
	struct pen_buffer second;

	pen_buffer_init(&second, 0);
	if (pen_binding_parse(&binding, (const char *)first->data, NULL))
		abort();
	print(&binding, &second);
	pen_binding_done(&binding);
	if (first->size != second.size || memcmp(first->data, second.data, second.size) != 0)
		abort();
	pen_buffer_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pen_buffer first;
	struct pen_binding binding;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	pen_buffer_init(&first, 0);
	if (pen_binding_parse(&binding, text, NULL) == 0) {
		print(&binding, &first);
		pen_binding_done(&binding);
		if (first.size <= PEN_BINDING_TEXT_MAX)
			parse_again(&first);
	}
	pen_buffer_done(&first);
	free(text);
	return 0;
}
