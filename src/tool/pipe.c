/* SPDX-License-Identifier: MIT */
/* penstock pipe: named pipes of this machine, from the command line. */
#include "tool/pipe.h"
#include "io/clock.h"
#include <ctype.h>
#include <errno.h>
#include <string.h>

int pipe_option(struct tool *tool, int val, const char *value)
{
	tool->values[val - TOOL_OPTION_OWN] = value ? value : "yes";
	return TOOL_OK;
}

int pipe_number(struct tool *tool, enum pipe_option option, const char *name, uint32_t max,
		uint32_t *numberp)
{
	const char *value = pipe_value(tool, option);
	unsigned long number;
	char *end;

	if (!value)
		return TOOL_OK;
	errno = 0;
	number = strtoul(value, &end, 10);
	if (!isdigit((unsigned char)*value) || *end || errno || !number || number > max)
		return tool_fail(tool, TOOL_USAGE, NULL, "%s %s is not a number from 1 to %u", name,
				 value, max);
	*numberp = (uint32_t)number;
	return TOOL_OK;
}

int pipe_access(struct tool *tool, uint32_t *accessp)
{
	const char *value = pipe_value(tool, PIPE_ACCESS);

	if (!value)
		return TOOL_OK;
	if (!strcmp(value, "r"))
		*accessp = PEN_ACCESS_GENERIC_READ;
	else if (!strcmp(value, "w"))
		*accessp = PEN_ACCESS_GENERIC_WRITE;
	else if (!strcmp(value, "rw"))
		*accessp = PEN_ACCESS_GENERIC_READ | PEN_ACCESS_GENERIC_WRITE;
	else
		return tool_fail(tool, TOOL_USAGE, NULL, "--access is r, w or rw, not %s", value);
	return TOOL_OK;
}

/* ---- verbs ---- */

int pipe_run(struct tool *tool, const struct pipe_verb *verbs, size_t n_verbs, int argc,
	     char **argv)
{
	const struct pipe_verb *verb =
		tool_find_verb(tool, verbs, n_verbs, sizeof(*verbs), argc, argv);

	return verb ? verb->run(tool, argc - 1, argv + 1) : TOOL_USAGE;
}

/* ---- names ---- */

const char *pipe_name(struct tool *tool, const char *text)
{
	if (strchr(text, '\\'))
		return text;
	return pen_arena_printf(&tool->arena, "\\\\.\\pipe\\%s", text);
}

void pipe_print_name(const char *name, int width)
{
	for (; *name; name++) {
		/* A character is counted by its first byte. */
		width -= ((unsigned char)*name & 0xc0) != 0x80;
		putchar(iscntrl((unsigned char)*name) ? '?' : *name);
	}
	printf("%*s", width > 0 ? width : 0, "");
}

/* ---- failures ---- */

static const char *hint_for(uint32_t status)
{
	switch (status) {
	case PEN_STATUS_OBJECT_NAME_NOT_FOUND:
		return "\"penstock pipe ls\" lists the pipes there are.";
	case PEN_STATUS_PIPE_NOT_AVAILABLE:
		return "No instance of it listens: \"penstock pipe wait\" waits for one.";
	case PEN_STATUS_ACCESS_DENIED:
		return "\"penstock ns why NAME\" says what the pipe gives you.";
	case PEN_STATUS_IO_TIMEOUT:
		return "--timeout SECONDS waits longer.";
	case PEN_STATUS_OBJECT_PATH_NOT_FOUND:
		return "Is penstock-objectd there, and may its directory be made? --objects-dir or "
		       "PENSTOCK_OBJECTS_DIR say where its socket is, PENSTOCK_OBJECTD where the "
		       "program is.";
	case PEN_STATUS_OBJECT_NAME_INVALID:
		return "A pipe is NAME, or \\\\.\\pipe\\NAME in single quotes.";
	default:
		return NULL;
	}
}

/* Nobody has refused anything then. */
static bool is_ours(uint32_t status)
{
	return status == PEN_STATUS_IO_TIMEOUT || status == PEN_STATUS_OBJECT_PATH_NOT_FOUND ||
	       status == PEN_STATUS_NO_MEMORY || status == PEN_STATUS_UNEXPECTED_NETWORK_ERROR;
}

int pipe_fail(struct tool *tool, const char *what, const char *name, uint32_t status)
{
	const char *sentence = pen_arena_printf(&tool->arena, "%s %s", what, name);

	return tool_fail_nt(tool, is_ours(status) ? TOOL_FAILED : TOOL_SERVER, hint_for(status),
			    sentence ? sentence : what, status);
}

/* ---- opening ---- */

int pipe_wait_ms(const struct tool *tool)
{
	return tool->timeout_ms ? (int)tool->timeout_ms : -1;
}

uint32_t pipe_open(struct tool *tool, const char *name, uint32_t access, struct pen_pipe **pipep)
{
	const struct pen_pipe_open_config config = {
		.access = access,
		.objects_dir = pipe_value(tool, PIPE_OBJECTS_DIR),
	};
	uint64_t until = pen_clock_ms() + tool->timeout_ms, now;
	uint32_t status;

	for (;;) {
		status = pen_pipe_open(pipep, name, &config);
		if (status != PEN_STATUS_PIPE_NOT_AVAILABLE)
			return status;
		now = pen_clock_ms();
		if (tool->timeout_ms && now >= until)
			return PEN_STATUS_IO_TIMEOUT;
		status = pen_pipe_wait_name(name, tool->timeout_ms ? (int)(until - now) : -1,
					    config.objects_dir);
		if (status)
			return status;
	}
}

/* ---- the command ---- */

static const struct pipe_verb verbs[] = {
	{ { "ls", 0, 0, "" }, pipe_ls },
	{ { "info", 1, 1, " NAME" }, pipe_info },
	{ { "cat", 1, 1, " NAME" }, pipe_cat },
	{ { "serve", 1, 1, " NAME [--exec COMMAND [ARGUMENT]...]" }, pipe_serve },
	{ { "send", 1, 2, " NAME [DATA|-]" }, pipe_send },
	{ { "call", 1, 2, " NAME [DATA|-]" }, pipe_call },
	{ { "wait", 1, 1, " NAME" }, pipe_wait },
	{ { "watch", 0, 0, "" }, pipe_watch },
};

static int run(struct tool *tool, int argc, char **argv)
{
	return pipe_run(tool, verbs, PEN_COUNT(verbs), argc, argv);
}

static const struct option options[] = {
	{ "objects-dir", required_argument, NULL, PIPE_VAL(OBJECTS_DIR) },
	{ "framing", required_argument, NULL, PIPE_VAL(FRAMING) },
	{ "close", no_argument, NULL, PIPE_VAL(CLOSE) },
	{ "message", no_argument, NULL, PIPE_VAL(MESSAGE) },
	{ "instances", required_argument, NULL, PIPE_VAL(INSTANCES) },
	{ "sddl", required_argument, NULL, PIPE_VAL(SDDL) },
	{ "quota", required_argument, NULL, PIPE_VAL(QUOTA) },
	{ "once", no_argument, NULL, PIPE_VAL(ONCE) },
	{ "hex", no_argument, NULL, PIPE_VAL(HEX) },
	{ "access", required_argument, NULL, PIPE_VAL(ACCESS) },
	{ 0 },
};

const struct tool_command tool_pipe = {
	.name = "pipe",
	.arguments = "ls | info NAME | cat NAME | serve NAME | send NAME [DATA|-] | "
		     "call NAME [DATA|-] | wait NAME | watch",
	.summary = "named pipes: list, watch, open, serve and call them",
	.help = "  --objects-dir DIR  where the object manager's socket is\n"
		"  --access r|w|rw    cat: open it for reading, writing or both (what it allows)\n"
		"  --framing FRAMING  cat, serve: how messages are told apart in a stream: by "
		"line,\n"
		"                     nul, len (before each its length, 4 bytes, little-endian),\n"
		"                     or raw: as they come (line; bytes are always raw)\n"
		"  --close            cat, serve: the end of standard input is the end, once the "
		"other\n"
		"                     end has read all; else it goes on until that closes\n"
		"  --hex              send, call: DATA, and what is printed, is hexadecimal\n"
		"  --message          serve: a pipe of messages\n"
		"  --instances N      serve: so many clients at a time (1; with --exec no limit)\n"
		"  --quota N          serve: bytes that may be unread in each direction (65536)\n"
		"  --sddl SDDL        serve: who may open it\n"
		"  --once             serve: one client, and no more\n"
		"  --exec COMMAND...  serve: a process for each client, whose standard input and\n"
		"                     output are the pipe. All after it is the command's. It has\n"
		"                     PENSTOCK_CLIENT_PID, _UID, _USER, _SESSION and _COMPUTER in "
		"its\n"
		"                     environment, as far as they are known.\n"
		"\n"
		"NAME is a pipe's name, or \\\\.\\pipe\\NAME. ls: names, instances, and how many "
		"there\n"
		"may be. info opens the pipe, so its server sees a client that comes and goes. cat "
		"is\n"
		"a client between standard input and output; without --exec, serve is a server of "
		"that\n"
		"kind, for one client after the other. send writes DATA, one message if the pipe "
		"has\n"
		"messages; call also reads the answer to it, and prints that. wait: until an "
		"instance\n"
		"listens. watch: a line with + for each pipe there is and that comes, - for each "
		"that\n"
		"goes.\n"
		"\n"
		"Examples:\n"
		"  penstock pipe serve echo --message --exec cat\n"
		"  penstock pipe call echo \"a few words\"\n"
		"  penstock pipe cat echo\n"
		"  penstock pipe serve backup --once > backup.tar\n"
		"  penstock pipe cat backup --close < backup.tar\n"
		"  penstock pipe ls --json\n",
	.options = options,
	.option = pipe_option,
	.rest_option = "--exec",
	.run = run,
	.min_arguments = 1,
	.max_arguments = 3,
};
