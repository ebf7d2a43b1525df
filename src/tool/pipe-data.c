/* SPDX-License-Identifier: MIT */
/* penstock pipe send, call, wait. */
#include "tool/pipe.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_MAX = (64 << 20) - 8, PIECE = 65536 };

/* ---- what is said ---- */

static int nibble(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* Turns hexadecimal digits, between which there may be blanks, into what they say. */
static int from_hex(struct tool *tool, struct pen_buffer *data)
{
	size_t n = 0;
	int high = -1;

	for (size_t i = 0; i < data->size; i++) {
		int digit = nibble((char)data->data[i]);

		if (digit < 0 && data->data[i] && strchr(" \t\r\n", data->data[i]))
			continue;
		if (digit < 0)
			return tool_fail(tool, TOOL_USAGE, NULL,
					 "what stands at %zu is no hex digit", i);
		if (high >= 0)
			data->data[n++] = (uint8_t)(high << 4 | digit);
		high = high < 0 ? digit : -1;
	}
	if (high >= 0)
		return tool_fail(tool, TOOL_USAGE, NULL, "an odd number of hex digits");
	data->size = n;
	return TOOL_OK;
}

/* DATA, or standard input. */
static int get_data(struct tool *tool, int argc, char **argv, struct pen_buffer *data)
{
	int r;

	if (argc > 1 && strcmp(argv[1], "-") != 0)
		r = pen_buffer_add(data, argv[1], strlen(argv[1]));
	else
		r = tool_read("-", 2 * (size_t)MESSAGE_MAX, data);
	if (r)
		return r == PEN_E_LIMIT
			       ? tool_fail(tool, TOOL_USAGE, NULL, "that is too much to write")
			       : tool_fail_result(tool, r);
	if (pipe_value(tool, PIPE_HEX) && (r = from_hex(tool, data)))
		return r;
	if (data->size > MESSAGE_MAX)
		return tool_fail(tool, TOOL_USAGE, NULL, "more than %d bytes at once", MESSAGE_MAX);
	return TOOL_OK;
}

/* ---- send ---- */

static int print_sent(struct tool *tool, const char *name, size_t n)
{
	struct pen_buffer json;
	int r;

	if (!tool->is_json)
		return TOOL_OK;
	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "{");
	tool_json_text(&json, "name", name);
	tool_json_number(&json, "sent", n);
	r = pen_buffer_printf(&json, "}");
	r = r ? tool_fail_result(tool, r) : tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

/* What is written and done can be read when its writer has closed; and that is when it fits. */
static int send_data(struct tool *tool, const char *name, const struct pen_buffer *data)
{
	struct pen_pipe *pipe;
	uint32_t n, status = pipe_open(tool, name, PEN_ACCESS_GENERIC_WRITE, &pipe);

	if (status)
		return pipe_fail(tool, "cannot open", name, status);
	status = pen_pipe_write(pipe, data->data, (uint32_t)data->size, &n, pipe_wait_ms(tool));
	pen_pipe_free(pipe);
	if (status)
		return pipe_fail(tool, "cannot write to", name, status);
	return print_sent(tool, name, data->size);
}

/* Does something to the pipe with the data. */
static int with_data(struct tool *tool, int argc, char **argv,
		     int (*run)(struct tool *tool, const char *name, const struct pen_buffer *data))
{
	const char *name = pipe_name(tool, argv[0]);
	struct pen_buffer data;
	int r;

	if (!name)
		return tool_fail_result(tool, -ENOMEM);
	pen_buffer_init(&data, 0);
	r = get_data(tool, argc, argv, &data);
	if (!r)
		r = run(tool, name, &data);
	pen_buffer_done(&data);
	return r;
}

int pipe_send(struct tool *tool, int argc, char **argv)
{
	return with_data(tool, argc, argv, send_data);
}

/* ---- call ---- */

static int print_hex(const struct pen_buffer *data, struct pen_buffer *text)
{
	int r = 0;

	for (size_t i = 0; i < data->size && !r; i++)
		r = pen_buffer_printf(text, "%02x", data->data[i]);
	return r;
}

static int print_answer_json(struct tool *tool, const struct pen_buffer *answer)
{
	struct pen_buffer json;
	int r;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "{");
	tool_json_number(&json, "size", answer->size);
	pen_buffer_printf(&json, ",\"hex\":\"");
	print_hex(answer, &json);
	r = pen_buffer_printf(&json, "\"}");
	r = r ? tool_fail_result(tool, r) : tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}

static int print_answer(struct tool *tool, const struct pen_buffer *answer)
{
	struct pen_buffer hex;
	int r = 0;

	if (tool->is_json)
		return print_answer_json(tool, answer);
	pen_buffer_init(&hex, 0);
	if (pipe_value(tool, PIPE_HEX)) {
		r = print_hex(answer, &hex);
		if (!r)
			r = pen_buffer_add(&hex, "\n", 1);
		answer = &hex;
	}
	if (!r && answer->size && fwrite(answer->data, 1, answer->size, stdout) < answer->size)
		r = -errno;
	/* A text without an end of its own does not run into the prompt. */
	if (!r && isatty(STDOUT_FILENO) && answer->size && answer->data[answer->size - 1] != '\n')
		putchar('\n');
	if (!r && fflush(stdout))
		r = -errno;
	pen_buffer_done(&hex);
	return r ? tool_fail(tool, TOOL_FAILED, NULL, "cannot write: %s", strerror(-r)) : TOOL_OK;
}

/* One message there, and one back, of whatever length. */
static uint32_t exchange(struct tool *tool, struct pen_pipe *pipe, const struct pen_buffer *data,
			 struct pen_buffer *answer)
{
	uint8_t piece[PIECE];
	uint32_t n = 0, status = pen_pipe_set_modes(pipe, 1, 0);

	/* As Windows has it, where the pipe is none of messages. */
	if (status == PEN_STATUS_INVALID_PARAMETER)
		status = PEN_STATUS_INVALID_PIPE_STATE;
	if (!status)
		status = pen_pipe_transact(pipe, data->data, (uint32_t)data->size, piece,
					   sizeof(piece), &n, pipe_wait_ms(tool));
	while (!status || status == PEN_STATUS_BUFFER_OVERFLOW) {
		if (pen_buffer_add(answer, piece, n))
			return PEN_STATUS_NO_MEMORY;
		if (!status)
			return status;
		status = pen_pipe_read(pipe, piece, sizeof(piece), &n, pipe_wait_ms(tool));
	}
	return status;
}

static int call(struct tool *tool, const char *name, const struct pen_buffer *data)
{
	struct pen_buffer answer;
	struct pen_pipe *pipe;
	uint32_t status;
	int r;

	status = pipe_open(tool, name, PEN_ACCESS_GENERIC_READ | PEN_ACCESS_GENERIC_WRITE, &pipe);
	if (status)
		return pipe_fail(tool, "cannot open", name, status);
	pen_buffer_init(&answer, 0);
	status = exchange(tool, pipe, data, &answer);
	pen_pipe_free(pipe);
	if (status == PEN_STATUS_INVALID_PIPE_STATE)
		r = tool_fail_nt(
			tool, TOOL_SERVER,
			"Bytes have no answers: \"penstock pipe cat\" writes and reads them.",
			"only a pipe of messages can be called", status);
	else if (status)
		r = pipe_fail(tool, "cannot call", name, status);
	else
		r = print_answer(tool, &answer);
	pen_buffer_done(&answer);
	return r;
}

int pipe_call(struct tool *tool, int argc, char **argv)
{
	return with_data(tool, argc, argv, call);
}

/* ---- wait ---- */

int pipe_wait(struct tool *tool, int argc, char **argv)
{
	const char *name = pipe_name(tool, argv[0]);
	struct pen_buffer json;
	uint32_t status;
	int r;

	if (!name)
		return tool_fail_result(tool, -ENOMEM);
	status = pen_pipe_wait_name(name, pipe_wait_ms(tool), pipe_value(tool, PIPE_OBJECTS_DIR));
	if (status)
		return pipe_fail(tool, "no instance listens of", name, status);
	if (!tool->is_json)
		return TOOL_OK;
	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "{");
	tool_json_text(&json, "name", name);
	r = pen_buffer_printf(&json, ",\"is_listening\":true}");
	r = r ? tool_fail_result(tool, r) : tool_print_json(tool, &json);
	pen_buffer_done(&json);
	return r;
}
