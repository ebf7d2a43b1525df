/* SPDX-License-Identifier: MIT */
/* penstock call: any operation of any interface, its parameters as JSON. */
#include "tool/tool.h"
#include <errno.h>
#include <string.h>

enum { JSON_MAX = 64 << 20 };

struct dynamic {
	const struct pen_interface *interface;
	const struct pen_operation *operation;
	uint16_t opnum;
	void *in;
	void *out;
};

/* The text itself, or what a file or standard input has for "@FILE" or "-". */
static int read_parameters(struct tool *tool, const char *text, struct dynamic *dynamic)
{
	struct pen_ndr_error error = { "" };
	struct pen_buffer json;
	const char *path = NULL;
	int r;

	if (!strcmp(text, "-"))
		path = "-";
	else if (*text == '@')
		path = text + 1;
	pen_buffer_init(&json, 0);
	r = path ? tool_read(path, JSON_MAX, &json) : pen_buffer_add(&json, text, strlen(text));
	if (r) {
		pen_buffer_done(&json);
		return tool_fail(tool, TOOL_USAGE, NULL, "cannot read the parameters: %s",
				 r < 0 ? strerror(-r) : "more than 64 MiB");
	}
	r = pen_ndr_from_json(dynamic->operation->in, NULL, (const char *)json.data, json.size,
			      dynamic->in, &tool->arena, &error);
	pen_buffer_done(&json);
	if (r > 0)
		return tool_fail(tool, TOOL_USAGE, NULL, "the parameters of %s: %s",
				 dynamic->operation->name, error.text);
	return r ? tool_fail_result(tool, r) : TOOL_OK;
}

/*
 * The status that an answer ends with. An error_status_t is one; an unsigned long that
 * is returned is one too, as Microsoft's interfaces have it, unless there is the other.
 */
static uint32_t status_of(const struct pen_type *type, const void *out)
{
	uint32_t status = 0;
	bool has_status = false;

	for (uint32_t i = 0; i < type->n_fields; i++) {
		const struct pen_field *field = &type->fields[i];
		bool is_status = field->type->kind == PEN_ERROR_STATUS;

		if (!is_status && (!field->is_retval || has_status || field->type->kind != PEN_U32))
			continue;
		memcpy(&status, (const char *)out + field->offset, sizeof(status));
		has_status = true;
		if (is_status && status)
			break;
	}
	return status;
}

static int print_answer(struct tool *tool, const char *name, const struct dynamic *dynamic)
{
	const struct pen_scope scope = { .in = dynamic->in, .out = dynamic->out };
	struct pen_ndr_error error = { "" };
	struct pen_buffer json;
	uint32_t status;
	int r;

	pen_buffer_init(&json, 0);
	r = pen_ndr_to_json(dynamic->operation->out, &scope, dynamic->out, &json, &error);
	if (r)
		r = tool_fail(tool, TOOL_FAILED, NULL, "%s: %s", name, error.text);
	else
		r = tool_print_json(tool, &json);
	pen_buffer_done(&json);
	status = status_of(dynamic->operation->out, dynamic->out);
	if (r || !status)
		return r;
	/* The answer is printed already: what is left is for people. */
	tool->is_json = false;
	return tool_fail_status(tool, name, status);
}

static int run(struct tool *tool, int argc, char **argv)
{
	struct dynamic dynamic = { 0 };
	int r;

	r = tool_load_idl(tool);
	if (!r)
		r = tool_find_operation(tool, argv[1], &dynamic.interface, &dynamic.opnum);
	if (r)
		return r;
	dynamic.operation = &dynamic.interface->operations[dynamic.opnum];
	if (dynamic.operation->flags & (PEN_OPERATION_IN_PIPES | PEN_OPERATION_OUT_PIPES))
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "%s has pipes, which this command does not carry yet", argv[1]);
	dynamic.in = pen_arena_zalloc(&tool->arena, dynamic.operation->in->size + 1);
	dynamic.out = pen_arena_zalloc(&tool->arena, dynamic.operation->out->size + 1);
	if (!dynamic.in || !dynamic.out)
		return tool_fail_result(tool, -ENOMEM);
	r = read_parameters(tool, argc > 2 ? argv[2] : "{}", &dynamic);
	if (!r)
		r = tool_connect(tool, argv[0], dynamic.interface);
	if (r)
		return r;
	r = pen_call_invoke(tool->call, dynamic.interface, dynamic.opnum, dynamic.in, dynamic.out);
	if (r)
		return tool_fail_call(tool, argv[1], r);
	return print_answer(tool, argv[1], &dynamic);
}

static const struct option options[] = {
	{ "idl", required_argument, NULL, TOOL_OPTION_IDL },
	{ NULL, required_argument, NULL, 'I' },
	{ 0 },
};

const struct tool_command tool_call = {
	.name = "call",
	.arguments = "BINDING INTERFACE.OPERATION [JSON | @FILE | -]",
	.summary = "call an operation and print what it answers",
	.help = "  --idl FILE         take interfaces from an IDL file, not those compiled in\n"
		"  -I FOLDER          look for imported files in FOLDER too\n"
		"\n"
		"BINDING is PROTSEQ:HOST[ENDPOINT], or a HOST for TCP. Without an endpoint the\n"
		"server's endpoint mapper is asked. Parameters that are left out are 0 or null.\n"
		"An answer whose error_status_t is not 0, or whose returned unsigned long is\n"
		"not, counts as the server's error.\n"
		"\n"
		"Examples:\n"
		"  penstock call ncalrpc: srvsvc.NetrServerGetInfo '{\"Level\": 101}'\n"
		"  penstock call server srvsvc.NetrRemoteTOD\n"
		"  penstock call --idl winreg.idl 'ncacn_ip_tcp:server' winreg.OpenLocalMachine "
		"\\\n"
		"      '{\"samDesired\": 33554432}'\n",
	.options = options,
	.has_login = true,
	.run = run,
	.min_arguments = 2,
	.max_arguments = 3,
};
