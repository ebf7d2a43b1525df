/* SPDX-License-Identifier: MIT */
/* penstock call: any operation of any interface, its parameters as JSON. */
#include "runtime/flow.h"
#include "tool/dynamic.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { OPTION_PIPE = TOOL_OPTION_OWN, OPTION_CALLBACKS };

static int read_parameters(struct tool *tool, const char *text, struct dynamic *dynamic)
{
	struct pen_buffer json;
	int r;

	pen_buffer_init(&json, 0);
	r = tool_read_json(tool, text, &json);
	if (!r)
		r = dynamic_set(dynamic, tool, (const char *)json.data, json.size);
	pen_buffer_done(&json);
	return r;
}

static int call(struct tool *tool, const char *binding, struct dynamic *dynamic)
{
	int r = tool_connect(tool, binding, dynamic->interface);

	if (!r)
		r = dynamic_invoke(dynamic, tool);
	return r ? r : dynamic_print(dynamic, tool);
}

static int call_with_pipes(struct tool *tool, const char *binding, const char *parameters,
			   struct dynamic *dynamic)
{
	struct call_pipes *pipes = pen_arena_zalloc(&tool->arena, sizeof(*pipes));
	int r, end;

	if (!pipes)
		return tool_fail_result(tool, -ENOMEM);
	r = call_pipes_open(pipes, tool, &tool->words, dynamic->operation, dynamic->in,
			    dynamic->out);
	dynamic->pipes = pipes;
	tool->is_stdout_taken = call_pipes_use(pipes, STDOUT_FILENO);
	if (!r && call_pipes_use(pipes, STDIN_FILENO) &&
	    (!strcmp(parameters, "-") || tool->login.is_password_on_stdin))
		r = tool_fail(tool, TOOL_USAGE, NULL,
			      "standard input is for the pipe: it cannot also have the %s",
			      strcmp(parameters, "-") ? "password" : "parameters");
	if (!r)
		r = call(tool, binding, dynamic);
	end = call_pipes_close(pipes);
	return r ? r : end;
}

static int run(struct tool *tool, int argc, char **argv)
{
	const char *parameters = argc > 2 ? argv[2] : "{}";
	struct dynamic dynamic;
	int r;

	r = tool_load_idl(tool);
	if (!r)
		r = dynamic_init(&dynamic, tool, argv[1], &tool->arena);
	if (!r)
		r = read_parameters(tool, parameters, &dynamic);
	if (!r && tool->callbacks)
		r = callbacks_load(&dynamic.callbacks, tool, tool->callbacks, dynamic.interface);
	if (r)
		return r;
	if (pen_operation_has_pipes(dynamic.operation))
		return call_with_pipes(tool, argv[0], parameters, &dynamic);
	if (tool->words.n)
		return tool_fail(tool, TOOL_USAGE, NULL, "%s has no pipes", argv[1]);
	return call(tool, argv[0], &dynamic);
}

static int option(struct tool *tool, int val, const char *value)
{
	if (val == OPTION_CALLBACKS) {
		tool->callbacks = value;
		return TOOL_OK;
	}
	if (!strchr(value, '=') || *value == '=')
		return tool_fail(tool, TOOL_USAGE, NULL, "--pipe %s is not NAME=FILE", value);
	if (tool->words.n == TOOL_WORDS_MAX)
		return tool_fail(tool, TOOL_USAGE, NULL, "more than %d pipes", TOOL_WORDS_MAX);
	tool->words.words[tool->words.n++] = value;
	return TOOL_OK;
}

static const struct option options[] = {
	{ "idl", required_argument, NULL, TOOL_OPTION_IDL },
	{ NULL, required_argument, NULL, 'I' },
	{ "pipe", required_argument, NULL, OPTION_PIPE },
	{ "callbacks", required_argument, NULL, OPTION_CALLBACKS },
	{ 0 },
};

const struct tool_command tool_call = {
	.name = "call",
	.arguments = "BINDING INTERFACE.OPERATION [JSON | @FILE | -]",
	.summary = "call an operation and print what it answers",
	.help = "  --idl FILE         take interfaces from an IDL file, not those compiled in\n"
		"  -I FOLDER          look for imported files in FOLDER too\n"
		"  --pipe NAME=FILE   where the pipe NAME comes from, or goes to\n"
		"  --callbacks FILE   answers to what the server calls back for, as JSON: its "
		"name,\n"
		"                     then its out parameters, a list of such, or {\"$fault\": N}\n"
		"\n"
		"BINDING is PROTSEQ:HOST[ENDPOINT], or a HOST for TCP. Without an endpoint the\n"
		"server's endpoint mapper is asked. Parameters that are left out are 0 or null.\n"
		"An answer whose error_status_t is not 0, or whose returned unsigned long is\n"
		"not, counts as the server's error.\n"
		"\n"
		"A pipe of bytes or characters is the file as it is; other elements are JSON, one\n"
		"on a line. FILE - is standard input or output; the other parameters are printed\n"
		"on standard error then.\n"
		"\n"
		"Examples:\n"
		"  penstock call ncalrpc: srvsvc.NetrServerGetInfo '{\"Level\": 101}'\n"
		"  penstock call server srvsvc.NetrRemoteTOD\n"
		"  penstock call --idl winreg.idl 'ncacn_ip_tcp:server' winreg.OpenLocalMachine "
		"\\\n"
		"      '{\"samDesired\": 33554432}'\n"
		"  penstock call server FrsTransport.RawGetFileDataAsync @context.json \\\n"
		"      --pipe bytePipe=file\n",
	.options = options,
	.option = option,
	.has_login = true,
	.run = run,
	.min_arguments = 2,
	.max_arguments = 3,
};
