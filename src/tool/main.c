/* SPDX-License-Identifier: MIT */
/* penstock: the command line. Finds the subcommand, reads its options, runs it. */
#include "base/spelling.h"
#include "tool/tool.h"
#include <errno.h>
#include <signal.h>
#include <string.h>

enum { OPTIONS_MAX = 64, TIMEOUT_MS = 30 * 1000, OPTION_JSON = 1000, OPTION_TIMEOUT, OPTION_HELP };

static const struct tool_command *const commands[] = {
	&tool_call,    &tool_endpoints, &tool_ping,   &tool_share,  &tool_user,
	&tool_machine, &tool_group,	&tool_policy, &tool_decode, &tool_interfaces_command,
	&tool_whoami,  &tool_pipe,	&tool_ns,     &tool_pickle, &tool_shell,
	&tool_status,  &tool_top,	&tool_daemon, &tool_trace,
};

static const struct option common[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static const char common_help[] =
	"  --json             print JSON, in one line\n"
	"  --timeout SECONDS  wait no longer for a connection or an answer (30; 0: no limit)\n"
	"  --help             print this\n";

static const char exit_help[] =
	"\n"
	"Exit status: 0; 1: it failed; 2: the command line is wrong; 3: the server answered\n"
	"with an error.\n";

static void print_usage(FILE *out)
{
	fprintf(out,
		"Usage: penstock COMMAND [OPTION]... [ARGUMENT]...\n"
		"Calls, lists and decodes Microsoft RPC; lists, opens and serves named pipes.\n\n");
	for (size_t i = 0; i < PEN_COUNT(commands); i++)
		fprintf(out, "  %-12s%s\n", commands[i]->name, commands[i]->summary);
	fprintf(out,
		"\n\"penstock COMMAND --help\" says more. All commands have:\n\n%s"
		"  --version          print the version\n%s",
		common_help, exit_help);
}

static void print_help(const struct tool_command *command)
{
	printf("Usage: penstock %s [OPTION]... %s\n%c%s.\n\n%s%s%s%s", command->name,
	       command->arguments, command->summary[0] - 'a' + 'A', command->summary + 1,
	       common_help, command->help, command->has_login ? tool_login_help : "", exit_help);
}

static int find_command(struct tool *tool, const char *name)
{
	struct pen_spelling spelling = { .word = name };

	for (size_t i = 0; i < PEN_COUNT(commands); i++) {
		if (!strcmp(commands[i]->name, name)) {
			tool->command = commands[i];
			return TOOL_OK;
		}
		pen_spelling_try(&spelling, commands[i]->name);
	}
	return tool_fail(tool, TOOL_USAGE, "\"penstock --help\" lists the commands.",
			 "there is no command %s%s%s%s", name,
			 spelling.nearest ? "; did you mean " : "",
			 spelling.nearest ? spelling.nearest : "", spelling.nearest ? "?" : "");
}

static int parse_timeout(struct tool *tool, const char *text)
{
	char *end;
	double seconds;

	errno = 0;
	seconds = strtod(text, &end);
	if (end == text || *end || errno || !(seconds >= 0 && seconds <= 1000000))
		return tool_fail(tool, TOOL_USAGE, NULL, "--timeout %s is not a number of seconds",
				 text);
	tool->timeout_ms = (uint32_t)(seconds * 1000);
	if (seconds > 0 && !tool->timeout_ms)
		tool->timeout_ms = 1;
	return TOOL_OK;
}

static int take_option(struct tool *tool, int val, const char *value)
{
	switch (val) {
	case OPTION_JSON:
		tool->is_json = true;
		return TOOL_OK;
	case OPTION_TIMEOUT:
		return parse_timeout(tool, value);
	case TOOL_OPTION_IDL:
		return tool_add_idl(tool, value);
	case 'I':
		if (tool->n_folders == TOOL_FOLDERS_MAX)
			return tool_fail(tool, TOOL_USAGE, NULL, "more than %d folders of -I",
					 TOOL_FOLDERS_MAX);
		tool->folders[tool->n_folders++] = value;
		return TOOL_OK;
	default:
		if (tool->command->has_login && tool_is_login_option(val))
			return tool_login_option(tool, val, value);
		return tool->command->option(tool, val, value);
	}
}

/* The long options for getopt, and its string of short ones. */
static void gather(const struct tool_command *command, struct option *all, char *letters)
{
	const struct option *const lists[] = { common, command->options,
					       command->has_login ? tool_login_options : NULL };
	size_t n = 0;

	*letters++ = ':';
	for (size_t i = 0; i < PEN_COUNT(lists); i++)
		for (const struct option *o = lists[i]; o && o->val && n + 1 < OPTIONS_MAX; o++) {
			if (o->name)
				all[n++] = *o;
			if (o->val < 256) {
				*letters++ = (char)o->val;
				if (o->has_arg)
					*letters++ = ':';
			}
		}
	all[n] = (struct option){ 0 };
	*letters = '\0';
}

static int bad_option(struct tool *tool, const struct option *all, bool is_missing,
		      const char *text)
{
	struct pen_spelling spelling = { .word = text + strspn(text, "-") };

	if (is_missing)
		return tool_fail(tool, TOOL_USAGE, NULL, "%s needs a value", text);
	for (; all->name; all++)
		pen_spelling_try(&spelling, all->name);
	return tool_fail(tool, TOOL_USAGE, NULL, "there is no option %s%s%s%s", text,
			 spelling.nearest ? "; did you mean --" : "",
			 spelling.nearest ? spelling.nearest : "", spelling.nearest ? "?" : "");
}

/* What follows the option that takes all the rest is not ours. */
static int cut_rest(struct tool *tool, int argc, char **argv)
{
	const char *option = tool->command->rest_option;

	for (int i = 1; option && i < argc && strcmp(argv[i], "--"); i++) {
		if (strcmp(argv[i], option) != 0)
			continue;
		argv[i] = NULL;
		tool->rest = argv + i + 1;
		return i;
	}
	return argc;
}

static int parse(struct tool *tool, int *argcp, char **argv, bool *is_helpp)
{
	int argc = *argcp = cut_rest(tool, *argcp, argv);
	struct option all[OPTIONS_MAX];
	char letters[OPTIONS_MAX * 2];
	int val, n, r;

	/* A complaint about the command line is in JSON wherever --json stands. */
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--json"))
			tool->is_json = true;
	gather(tool->command, all, letters);
	opterr = 0;
	while ((val = getopt_long(argc, argv, letters, all, NULL)) != -1) {
		if (val == OPTION_HELP) {
			*is_helpp = true;
			return TOOL_OK;
		}
		if (val == '?' || val == ':')
			return bad_option(tool, all, val == ':', argv[optind - 1]);
		r = take_option(tool, val, optarg);
		if (r)
			return r;
	}
	n = argc - optind;
	if (n < tool->command->min_arguments || n > tool->command->max_arguments)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "%s argument; usage: penstock %s [OPTION]... %s",
				 n < tool->command->min_arguments ? "missing" : "too many",
				 tool->command->name, tool->command->arguments);
	return TOOL_OK;
}

static int run(struct tool *tool, int argc, char **argv)
{
	bool is_help = false;
	int r;

	r = find_command(tool, argv[0]);
	if (!r)
		r = parse(tool, &argc, argv, &is_help);
	if (r)
		return r;
	if (is_help) {
		print_help(tool->command);
		return TOOL_OK;
	}
	return tool->command->run(tool, argc - optind, argv + optind);
}

int main(int argc, char **argv)
{
	struct tool tool = { .timeout_ms = TIMEOUT_MS };
	int r;

	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		print_usage(stderr);
		return TOOL_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_usage(stdout);
		return TOOL_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("penstock " PEN_VERSION);
		return TOOL_OK;
	}
	pen_arena_init(&tool.arena, 0);
	r = run(&tool, argc - 1, argv + 1);
	tool_disconnect(&tool);
	pen_credentials_free(tool.identity.credentials);
	tool_free_idl(&tool);
	pen_arena_done(&tool.arena);
	return r;
}
