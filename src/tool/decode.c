/* SPDX-License-Identifier: MIT */
/* penstock decode: PDUs, or the stub data of one operation, in hex or as they are. */
#include "tool/decode.h"
#include "tool/capture.h"
#include "tool/decode-capture.h"
#include <errno.h>
#include <string.h>

enum {
	OPTION_IN = TOOL_OPTION_OWN,
	OPTION_OUT,
	OPTION_NDR64,
	OPTION_BIG_ENDIAN,
	OPTION_INTERFACE,
	OPTION_CALL,
	OPTION_ADDRESS,
	OPTION_KEYLOG,
	OPTION_REDACT,
};

/* ---- PDUs ---- */

static int decode_all(struct decode *decode, const struct pen_buffer *input)
{
	size_t at = 0;

	pen_buffer_printf(decode->json, "[");
	while (at < input->size) {
		struct pen_pdu_header header;
		size_t left = input->size - at;
		int r;

		if (left < PEN_PDU_HEADER_SIZE)
			return tool_fail(decode->tool, TOOL_FAILED, NULL,
					 "at byte %zu: %zu bytes are no PDU header", at, left);
		pen_pdu_header_get(&header, input->data + at);
		if (header.rpc_vers != 5 || header.frag_length < PEN_PDU_HEADER_SIZE)
			return tool_fail(decode->tool, TOOL_FAILED,
					 "Stub data alone needs INTERFACE.OPERATION and --in or "
					 "--out.",
					 "at byte %zu: no PDU of RPC version 5", at);
		if (header.frag_length > left)
			return tool_fail(decode->tool, TOOL_FAILED, NULL,
					 "at byte %zu: the PDU has %u bytes, of which %zu are here",
					 at, header.frag_length, left);
		if (at)
			pen_buffer_printf(decode->json, ",");
		r = decode_pdu(decode, &header, input->data + at, NULL);
		if (r)
			return tool_fail(
				decode->tool, TOOL_FAILED, NULL, "at byte %zu: the PDU %s", at,
				r == PEN_E_BAD_DATA ? "breaks its own layout" : pen_error_name(r));
		at += header.frag_length;
	}
	return pen_buffer_printf(decode->json, "]") ? tool_fail_result(decode->tool, -ENOMEM)
						    : TOOL_OK;
}

static int decode_pdus(struct tool *tool, const struct pen_buffer *input, struct pen_buffer *json)
{
	struct decode *decode = pen_arena_zalloc(&tool->arena, sizeof(*decode));
	int r = TOOL_OK;

	if (!decode)
		return tool_fail_result(tool, -ENOMEM);
	decode->tool = tool;
	decode->json = json;
	if (tool->interface_name)
		r = tool_find_interface(tool, tool->interface_name, &decode->fixed);
	if (!r)
		r = decode_all(decode, input);
	decode_done(decode);
	return r;
}

/* A capture is told of as it is read, all else at its end: what is left in json. */
static int decode_input(struct tool *tool, const char *path, struct pen_buffer *input,
			struct pen_buffer *json)
{
	FILE *file;
	int r = tool_open_bytes(tool, path, &file, input);

	if (r)
		return r;
	if (file && capture_is(input->data, input->size)) {
		r = decode_capture(tool, file, input);
		if (file != stdin)
			fclose(file);
		return r;
	}
	r = tool_rest_of_bytes(tool, path, file, input);
	if (!r && (tool->keylog || tool->address || tool->operation_name))
		r = tool_fail(tool, TOOL_USAGE, NULL,
			      "--keylog, --address and --call are for captures, and %s is none",
			      path);
	return r ? r : decode_pdus(tool, input, json);
}

/* ---- stub data ---- */

static int decode_one(struct tool *tool, const char *name, const char *path,
		      struct pen_buffer *input, struct pen_buffer *json)
{
	struct pen_layout layout = { .transfer = tool->is_ndr64 ? PEN_NDR64 : PEN_NDR,
				     .is_big_endian = tool->is_big_endian };
	struct decode decode = { .tool = tool, .json = json };
	const struct pen_interface *interface;
	uint16_t opnum;
	int r;

	r = tool_find_operation(tool, name, &interface, &opnum);
	if (!r)
		r = tool_read_bytes(tool, path, input);
	if (r)
		return r;
	pen_buffer_printf(json, "{");
	tool_json_text(json, "operation", name);
	r = decode_stub(&decode, &interface->operations[opnum], tool->is_in, layout, NULL,
			input->data, input->size, &tool->arena, NULL);
	if (r < 0 || pen_buffer_printf(json, "}"))
		return tool_fail_result(tool, -ENOMEM);
	return TOOL_OK;
}

static bool has_stub_error(const struct pen_buffer *json)
{
	return json->size && memmem(json->data, json->size, ",\"stub_error\":", 14);
}

static int run(struct tool *tool, int argc, char **argv)
{
	bool is_stub = tool->is_in || tool->is_out;
	struct pen_buffer input, json;
	int r;

	if (tool->is_in && tool->is_out)
		return tool_fail(tool, TOOL_USAGE, NULL, "--in and --out exclude each other");
	if (is_stub ? !argc : argc > 1)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 is_stub ? "--in and --out need INTERFACE.OPERATION"
					 : "INTERFACE.OPERATION needs --in or --out");
	pen_buffer_init(&input, 0);
	pen_buffer_init(&json, 0);
	r = tool_load_idl(tool);
	if (!r && is_stub)
		r = decode_one(tool, argv[0], argc > 1 ? argv[1] : "-", &input, &json);
	else if (!r)
		r = decode_input(tool, argc ? argv[0] : "-", &input, &json);
	if (!r && json.size)
		r = tool_print_json(tool, &json);
	if (!r && has_stub_error(&json)) {
		tool->is_json = false;
		r = tool_fail(tool, TOOL_FAILED, NULL,
			      "stub data that is not what its operation says: see stub_error");
	}
	pen_buffer_done(&json);
	pen_buffer_done(&input);
	return r;
}

static int option(struct tool *tool, int val, const char *value)
{
	switch (val) {
	case OPTION_IN:
		tool->is_in = true;
		break;
	case OPTION_OUT:
		tool->is_out = true;
		break;
	case OPTION_NDR64:
		tool->is_ndr64 = true;
		break;
	case OPTION_BIG_ENDIAN:
		tool->is_big_endian = true;
		break;
	case OPTION_CALL:
		tool->operation_name = value;
		break;
	case OPTION_ADDRESS:
		tool->address = value;
		break;
	case OPTION_KEYLOG:
		tool->keylog = value;
		break;
	case OPTION_REDACT:
		tool->is_redacted = true;
		break;
	default:
		tool->interface_name = value;
		break;
	}
	return TOOL_OK;
}

static const struct option options[] = {
	{ "idl", required_argument, NULL, TOOL_OPTION_IDL },
	{ NULL, required_argument, NULL, 'I' },
	{ "interface", required_argument, NULL, OPTION_INTERFACE },
	{ "call", required_argument, NULL, OPTION_CALL },
	{ "address", required_argument, NULL, OPTION_ADDRESS },
	{ "keylog", required_argument, NULL, OPTION_KEYLOG },
	{ "redact", no_argument, NULL, OPTION_REDACT },
	{ "in", no_argument, NULL, OPTION_IN },
	{ "out", no_argument, NULL, OPTION_OUT },
	{ "ndr64", no_argument, NULL, OPTION_NDR64 },
	{ "big-endian", no_argument, NULL, OPTION_BIG_ENDIAN },
	{ 0 },
};

const struct tool_command tool_decode = {
	.name = "decode",
	.arguments = "[INPUT] | INTERFACE.OPERATION --in|--out [INPUT]",
	.summary = "print a capture's PDUs, or those given, or stub data, as JSON",
	.help = "  --interface NAME   of PDUs whose bind is not among them; of a capture, that "
		"alone\n"
		"  --call NAME        of a capture, calls of INTERFACE.OPERATION alone\n"
		"  --address ADDRESS  of a capture, one end's: HOST, HOST:PORT or :PORT\n"
		"  --keylog FILE      read sealed PDUs, and verify them, with a log of keys\n"
		"  --redact           do not show what the IDL says is secret\n"
		"  --in, --out        stub data alone: a request's, or an answer's\n"
		"  --ndr64            stub data in NDR64\n"
		"  --big-endian       stub data from a big-endian machine\n"
		"  --idl FILE         take interfaces from an IDL file too\n"
		"  -I FOLDER          look for imported files in FOLDER too\n"
		"\n"
		"INPUT is a file, - for standard input (the default), or hex digits themselves.\n"
		"A file may be binary or hex. PDUs stand one after the other, both directions in\n"
		"the order of the conversation: binds and requests tell how to read what follows.\n"
		"A capture (pcap, pcapng) has them in TCP connections and in SMB2's named pipes; "
		"each\n"
		"is printed by itself, with --json in a line of its own.\n"
		"\n"
		"Examples:\n"
		"  penstock decode conversation.bin\n"
		"  penstock decode --keylog keys --call srvsvc.NetrShareEnum recorded.pcapng\n"
		"  penstock decode rpcecho.echo_AddOne --in 29000000\n"
		"  xxd -p stub | penstock decode srvsvc.NetrShareEnum --out\n",
	.options = options,
	.option = option,
	.run = run,
	.max_arguments = 2,
};
