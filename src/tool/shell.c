/* SPDX-License-Identifier: MIT */
/* penstock shell: a session with a server, at a terminal or from a script. */
#include "tool/shell.h"
#include "base/spelling.h"
#include "io/clock.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

char *shell_trim(char *text)
{
	size_t n;

	text += strspn(text, " \t\r\n");
	n = strlen(text);
	while (n && strchr(" \t\r\n", text[n - 1]))
		n--;
	text[n] = '\0';
	return text;
}

/* ---- what there is ---- */

static const char *kind_of(const struct pen_type *type)
{
	switch (type->kind) {
	case PEN_STRING:
		return "string";
	case PEN_ARRAY:
		return "array";
	case PEN_UNION:
		return "union";
	case PEN_STRUCT:
		return "struct";
	default:
		return "value";
	}
}

/* "SHARE_INFO_1 *", "array of byte" */
static void print_type(const struct pen_type *type)
{
	size_t n_pointers = 0;

	for (; type->kind == PEN_POINTER; type = type->element)
		n_pointers += type->element->kind != PEN_STRING && type->element->kind != PEN_ARRAY;
	if (type->kind == PEN_ARRAY || type->kind == PEN_PIPE) {
		printf(type->kind == PEN_PIPE ? "pipe of " : "array of ");
		print_type(type->element);
	} else {
		printf("%s", type->name ? type->name : kind_of(type));
	}
	printf("%s%.*s", n_pointers ? " " : "", (int)(n_pointers < 8 ? n_pointers : 8), "********");
}

static void print_parameters(const char *direction, const struct pen_type *type)
{
	for (uint32_t i = 0; i < type->n_fields; i++) {
		const struct pen_type *element = type->fields[i].type;

		printf("  %-4s%-28s ", direction, type->fields[i].name);
		print_type(element);
		putchar('\n');
		while (element->kind == PEN_POINTER)
			element = element->element;
		for (uint32_t k = 0; element->kind == PEN_ENUM && k < element->n_enumerators; k++)
			printf("%s%s%s", k ? ", " : "        ", element->enumerators[k].name,
			       k + 1 < element->n_enumerators ? "" : "\n");
	}
}

static int describe_operation(struct shell *shell, const char *name)
{
	const struct pen_operation *operation;
	const struct pen_interface *interface;
	uint16_t opnum;
	int r;

	if (!strchr(name, '.') && shell->link)
		name = pen_arena_printf(&shell->arena, "%s.%s", shell->link->interface->name, name);
	if (!name)
		return tool_fail_result(shell->tool, -ENOMEM);
	r = tool_find_operation(shell->tool, name, &interface, &opnum);
	if (r)
		return r;
	operation = &interface->operations[opnum];
	printf("%s.%s, operation %u\n", interface->name, operation->name, opnum);
	print_parameters("in", operation->in);
	print_parameters("out", operation->out);
	return TOOL_OK;
}

static int list_interfaces(struct shell *shell)
{
	const struct pen_interface *interface;

	for (size_t i = 0; (interface = tool_interface(shell->tool, i)); i++)
		printf("%s\n", interface->name);
	return TOOL_OK;
}

static int list_operations(const struct pen_interface *interface)
{
	for (uint32_t i = 0; i < interface->n_operations; i++) {
		const struct pen_operation *operation = &interface->operations[i];

		if (!operation->name)
			continue;
		printf("%4u  %s", i, operation->name);
		for (uint32_t k = 0; k < operation->in->n_fields; k++)
			printf("%s%s", k ? ", " : "  ", operation->in->fields[k].name);
		putchar('\n');
	}
	return TOOL_OK;
}

/* ---- commands ---- */

static int run_bind(struct shell *shell, char *rest)
{
	const struct pen_interface *interface;
	int r = tool_find_interface(shell->tool, rest, &interface);

	return r ? r : shell_bind(shell, interface);
}

static int run_handles(struct shell *shell, char *rest)
{
	return shell_list_handles(shell);
}

static int run_help(struct shell *shell, char *rest)
{
	if (*rest)
		return describe_operation(shell, rest);
	printf("[NAME =] [INTERFACE.]OPERATION [JSON | @FILE] [PIPE=FILE]...\n"
	       "    calls; $NAME in JSON is a handle that an answer brought, of that name or $h1, "
	       "$h2 ...\n\n");
	for (const struct shell_command *command = shell_commands; command->name; command++)
		printf("%s%s%s\n    %s\n", command->name, *command->arguments ? " " : "",
		       command->arguments, command->summary);
	return TOOL_OK;
}

static int run_ls(struct shell *shell, char *rest)
{
	const struct pen_interface *interface;
	int r;

	if (!*rest && shell->link)
		return list_operations(shell->link->interface);
	if (!*rest)
		return list_interfaces(shell);
	r = tool_find_interface(shell->tool, rest, &interface);
	return r ? r : list_operations(interface);
}

static int run_quit(struct shell *shell, char *rest)
{
	shell->is_over = true;
	return TOOL_OK;
}

static int run_time(struct shell *shell, char *rest)
{
	uint64_t began_ns = 0;
	struct timespec t;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &t);
	began_ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	r = shell_run(shell, rest);
	clock_gettime(CLOCK_MONOTONIC, &t);
	fflush(stdout);
	fprintf(stderr, "%.3f ms\n",
		(double)((uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec - began_ns) / 1e6);
	return r;
}

const struct shell_command shell_commands[] = {
	{ "bind", "INTERFACE", "its operations are called by their names alone", run_bind },
	{ "callbacks", "FILE | JSON", "answer what the server calls back for, as call does",
	  shell_set_callbacks },
	{ "close", "$NAME", "call the operation that closes the handle", shell_close },
	{ "handles", "", "list the handles there are", run_handles },
	{ "help", "[OPERATION]", "print this, or an operation's parameters", run_help },
	{ "ls", "[INTERFACE]", "list operations and what they take; or interfaces", run_ls },
	{ "quit", "", "end the session, as Control-D does", run_quit },
	{ "time", "LINE", "run the line, and say how long it took", run_time },
	{ 0 },
};

static const struct shell_command *find_command(const char *name, size_t n)
{
	const struct shell_command *command = shell_commands;

	while (command->name && (strlen(command->name) != n || memcmp(command->name, name, n) != 0))
		command++;
	return command->name ? command : NULL;
}

/* A command's name may be an operation's too, which is then called with its interface. */
int shell_run(struct shell *shell, char *line)
{
	const struct shell_command *command;
	size_t n;
	char *rest;

	line = shell_trim(line);
	if (!*line || *line == '#')
		return TOOL_OK;
	n = strcspn(line, " \t");
	command = find_command(line, n);
	if (!command)
		return shell_call(shell, line);
	rest = shell_trim(line + n);
	if (!*rest && *command->arguments && *command->arguments != '[')
		return tool_fail(shell->tool, TOOL_USAGE, NULL, "usage: %s %s", command->name,
				 command->arguments);
	return command->run(shell, rest);
}

/* ---- the session ---- */

static const char *prompt_of(struct shell *shell)
{
	const char *prompt =
		shell->link ? pen_arena_printf(&shell->arena, "%s> ", shell->link->interface->name)
			    : "> ";

	return prompt ? prompt : "> ";
}

static void read_lines(struct shell *shell)
{
	while (!shell->is_over) {
		char *line;
		int r;

		pen_arena_reset(&shell->arena);
		line = shell_line_read(shell->line, prompt_of(shell));
		if (!line)
			break;
		r = shell_run(shell, line);
		if (!shell->result)
			shell->result = r;
		fflush(stdout);
	}
	if (shell->is_interactive && !shell->is_over)
		putchar('\n');
}

static volatile sig_atomic_t interrupts;

static void on_interrupt(int number)
{
	interrupts = 1;
}

/* At a terminal Control-C ends the call, not the session: it is let in while one goes on. */
static void take_interrupts(struct tool *tool)
{
	const struct sigaction action = { .sa_handler = on_interrupt };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	sigaction(SIGINT, &action, NULL);
	tool->interrupts = &interrupts;
}

static bool names_endpoint(struct tool *tool, const char *text)
{
	const char *whole = tool_binding(tool, text);
	struct pen_binding binding;
	bool has_endpoint;

	if (!whole || pen_binding_parse(&binding, whole, NULL))
		return false;
	has_endpoint = binding.endpoint != NULL;
	pen_binding_done(&binding);
	return has_endpoint;
}

/* The interface that was named, or the first of --idl. */
static int begin(struct shell *shell, const char *name)
{
	const struct pen_interface *interface = NULL;
	int r = TOOL_OK;

	if (name)
		r = tool_find_interface(shell->tool, name, &interface);
	else if (shell->tool->n_idls)
		interface = tool_interface(shell->tool, 0);
	if (!r && interface)
		r = shell_bind(shell, interface);
	if (!r && shell_line_new(&shell->line, shell))
		r = tool_fail_result(shell->tool, -ENOMEM);
	return r;
}

static int run(struct tool *tool, int argc, char **argv)
{
	struct shell shell = { .tool = tool, .binding = argv[0] };
	int r = tool_load_idl(tool);

	if (r)
		return r;
	pen_arena_init(&shell.arena, 0);
	shell.has_endpoint = names_endpoint(tool, argv[0]);
	shell.is_interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	r = begin(&shell, argc > 1 ? argv[1] : NULL);
	if (!r) {
		if (shell.is_interactive)
			take_interrupts(tool);
		read_lines(&shell);
		r = shell.is_interactive ? TOOL_OK : shell.result;
	}
	if (tool->login.is_explained)
		tool_explain(tool);
	tool->login.is_explained = false;
	shell.line = shell_line_free(shell.line);
	shell_forget_handles(&shell, NULL);
	shell_free_links(&shell);
	pen_arena_done(&shell.arena);
	return r;
}

static const struct option options[] = {
	{ "idl", required_argument, NULL, TOOL_OPTION_IDL },
	{ NULL, required_argument, NULL, 'I' },
	{ 0 },
};

const struct tool_command tool_shell = {
	.name = "shell",
	.arguments = "BINDING [INTERFACE]",
	.summary = "call operations one after another, and keep the handles they give",
	.help = "  --idl FILE         take interfaces from an IDL file, not those compiled in; "
		"again\n"
		"                     for further ones\n"
		"  -I FOLDER          look for imported files in FOLDER too\n"
		"\n"
		"Reads a command from each line of standard input: an operation with its "
		"parameters\n"
		"as JSON calls it, \"help\" lists the others. Context handles in answers get "
		"names,\n"
		"$h1 and so on or as \"NAME = OPERATION ...\" says, for later lines. At a "
		"terminal\n"
		"lines can be edited, Tab completes, and Control-C cancels a call. Errors do not\n"
		"end the session. Of a script's the first is the exit status; # begins a comment.\n"
		"\n"
		"Examples:\n"
		"  penstock shell ncalrpc: lsarpc\n"
		"  penstock shell --idl winreg.idl server < script\n"
		"  printf '%s\\n' 'p = LsarOpenPolicy2 {\"DesiredAccess\": 33554432}' \\\n"
		"      'LsarQueryInformationPolicy {\"PolicyHandle\": $p, \"InformationClass\": "
		"3}' |\n"
		"      penstock shell ncalrpc: lsarpc\n",
	.options = options,
	.has_login = true,
	.run = run,
	.min_arguments = 1,
	.max_arguments = 2,
};
