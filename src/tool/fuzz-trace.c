/* SPDX-License-Identifier: MIT */
/*
 * What a process that was taken over may tell of its calls: as JSON it has as many braces as it
 * should, and as a line nothing that a terminal obeys. The first byte says whether secrets are
 * shown.
 */
#include "runtime/server-trace.h"
#include "tool/trace-show.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_call(struct tool *tool, const struct trace_call *call)
{
	struct pen_buffer text = { 0 };

	if (trace_json(tool, call, &text))
		abort();
	if (tool_json_size((const char *)text.data, text.size) != text.size)
		abort();
	text.size = 0;
	if (trace_line(tool, call, &text))
		abort();
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < ' ' || text.data[i] == 0x7f)
			abort();
	pen_buffer_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tool tool = { .is_redacted = size && data[0] & 1 };
	struct trace_call call;
	struct pen_arena arena;

	if (!size)
		return 0;
	pen_arena_init(&arena, 4 * trace_LETTER_MAX);
	if (!pen_traced_get(&call, (struct pen_slice){ data + 1, size - 1 }, &arena))
		try_call(&tool, &call);
	pen_arena_done(&arena);
	return 0;
}
