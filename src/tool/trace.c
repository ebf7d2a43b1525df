/* SPDX-License-Identifier: MIT */
/* penstock trace: the calls that penstockd's programs answer, as they are answered. */
#include "runtime/server-trace.h"
#include "tool/control.h"
#include "tool/trace-show.h"
#include <errno.h>
#include <inttypes.h>
#include <penstock/status.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	OPTION_USER = TOOL_OPTION_OWN,
	OPTION_ADDRESS,
	OPTION_FAULTS,
	OPTION_COUNT,
	OPTION_BYTES,
	OPTION_REVEAL,
};

enum { BYTES = 16384, SOCKET_BUFFER = 4 << 20, ARENA_MAX = 4 * trace_LETTER_MAX };

static volatile sig_atomic_t is_interrupted;

static void on_interrupt(int number)
{
	is_interrupted = 1;
}

/* ---- what to look at ---- */

/* INTERFACE or INTERFACE.OPERATION; copies its id. */
static int set_interface(struct tool *tool, const char *name, struct control_trace_filter *filter,
			 struct dtyp_GUID *uuid)
{
	const struct pen_interface *interface;
	uint16_t opnum = 0;
	bool is_operation = strchr(name, '.');
	int r = is_operation ? tool_find_operation(tool, name, &interface, &opnum)
			     : tool_find_interface(tool, name, &interface);

	if (r)
		return r;
	memcpy(uuid, &interface->id.uuid, sizeof(*uuid));
	filter->uuid = uuid;
	if (is_operation)
		filter->opnum = opnum;
	return TOOL_OK;
}

static int fail_trace(struct tool *tool, int r, uint32_t result)
{
	if (r)
		return control_fail(tool, "control.Trace", r);
	if (result == PEN_WERR_BUSY)
		return tool_fail(tool, TOOL_SERVER, NULL,
				 "as many look on at penstockd's calls as may at a time");
	return tool_fail_status(tool, "control.Trace", result);
}

/* The socket that calls are told to. */
static int begin(struct tool *tool, const struct control_trace_filter *filter, int *fdp)
{
	struct control_Trace_in in = { .filter = *filter };
	struct control_Trace_out out = { 0 };
	const int size = SOCKET_BUFFER;
	int ends[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return tool_fail_result(tool, -errno);
	/* Calls that come while we print wait there. */
	if (setsockopt(ends[1], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	in.socket = (struct pen_system_handle){ .fd = ends[1], .is_there = true };
	r = control_Trace(tool->call, &in, &out);
	close(ends[1]);
	if (r || out.result) {
		close(ends[0]);
		return fail_trace(tool, r, out.result);
	}
	*fdp = ends[0];
	return TOOL_OK;
}

/* ---- what is seen ---- */

struct reader {
	struct tool *tool;
	int fd;
	uint8_t room[trace_LETTER_MAX];
	struct pen_arena arena;
	struct pen_buffer text;
	uint64_t n_shown;
	int64_t n_lost; /* as it was told last */
	uint32_t lost_by;
};

/* Each process counts for itself; one that is told of twice is told as it was. */
static void note_lost(struct reader *reader, const struct trace_call *call)
{
	if (call->lost && (call->lost != reader->n_lost || call->process != reader->lost_by))
		fprintf(stderr,
			"penstock: %" PRId64 " calls of process %u came too fast to be told of\n",
			call->lost, call->process);
	reader->n_lost = call->lost;
	reader->lost_by = call->process;
}

static int show_json(struct reader *reader, const struct trace_call *call)
{
	int r = trace_json(reader->tool, call, &reader->text);

	return r ? tool_fail_result(reader->tool, r) : tool_print_json(reader->tool, &reader->text);
}

static int show(struct reader *reader, const struct trace_call *call)
{
	struct tool *tool = reader->tool;
	int r;

	reader->text.size = 0;
	if (tool->is_json)
		return show_json(reader, call);
	r = trace_line(tool, call, &reader->text);
	if (r)
		return tool_fail_result(tool, r);
	fwrite(reader->text.data, 1, reader->text.size, stdout);
	fputc('\n', stdout);
	reader->text.size = 0;
	if (tool->is_long)
		return show_json(reader, call);
	return fflush(stdout)
		       ? tool_fail(tool, TOOL_FAILED, NULL, "cannot write: %s", strerror(errno))
		       : TOOL_OK;
}

/* What makes no sense comes of no penstockd of this version. */
static int take(struct reader *reader, size_t n)
{
	struct trace_call call;
	int r;

	pen_arena_reset(&reader->arena);
	r = pen_traced_get(&call, (struct pen_slice){ reader->room, n }, &reader->arena);
	if (r == -ENOMEM)
		return tool_fail_result(reader->tool, r);
	if (r)
		return tool_fail(reader->tool, TOOL_FAILED, NULL,
				 "penstockd tells of calls in a way that is not known here");
	note_lost(reader, &call);
	reader->n_shown++;
	return show(reader, &call);
}

/* Until penstockd ends, Control-C, or there were enough. */
static int watch(struct reader *reader)
{
	struct pollfd wait = { .fd = reader->fd, .events = POLLIN };
	uint32_t max = reader->tool->count;
	ssize_t n;
	int r = TOOL_OK;

	while (!r && !is_interrupted && (!max || reader->n_shown < max)) {
		if (poll(&wait, 1, -1) < 0)
			continue;
		n = recv(reader->fd, reader->room, sizeof(reader->room), MSG_DONTWAIT);
		if (n == 0)
			return tool_fail(reader->tool, TOOL_FAILED, NULL, "penstockd has ended");
		if (n > 0)
			r = take(reader, (size_t)n);
	}
	return r;
}

static int watch_all(struct tool *tool, int fd)
{
	struct sigaction interrupt = { .sa_handler = on_interrupt };
	struct reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return tool_fail_result(tool, -ENOMEM);
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGTERM, &interrupt, NULL);
	reader->tool = tool;
	reader->fd = fd;
	pen_arena_init(&reader->arena, ARENA_MAX);
	pen_buffer_init(&reader->text, 0);
	r = watch(reader);
	pen_arena_done(&reader->arena);
	pen_buffer_done(&reader->text);
	free(reader);
	return r;
}

static int run(struct tool *tool, int argc, char **argv)
{
	struct control_trace_filter filter = {
		.opnum = -1,
		.user = tool->user,
		.address = tool->address,
		.is_faults_only = tool->is_faults_only,
		.stub_max = tool->n_bytes ? tool->n_bytes : BYTES,
	};
	struct dtyp_GUID uuid;
	int fd = -1;
	int r = tool_load_idl(tool);

	tool->is_redacted = !tool->reveals;
	if (!r && argc)
		r = set_interface(tool, argv[0], &filter, &uuid);
	if (!r)
		r = control_connect(tool);
	if (!r)
		r = begin(tool, &filter, &fd);
	if (r)
		return r;
	if (!tool->is_json && isatty(STDERR_FILENO))
		fputs("penstock: looks on until Control-C\n", stderr);
	r = watch_all(tool, fd);
	close(fd);
	return r;
}

static int parse_number(struct tool *tool, const char *name, const char *text, uint32_t max,
			uint32_t *number)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !value || value > max)
		return tool_fail(tool, TOOL_USAGE, NULL, "%s %s is not a number from 1 to %u", name,
				 text, max);
	*number = (uint32_t)value;
	return TOOL_OK;
}

static int option(struct tool *tool, int val, const char *value)
{
	switch (val) {
	case OPTION_USER:
		tool->user = value;
		return TOOL_OK;
	case OPTION_ADDRESS:
		tool->address = value;
		return TOOL_OK;
	case OPTION_FAULTS:
		tool->is_faults_only = true;
		return TOOL_OK;
	case OPTION_COUNT:
		return parse_number(tool, "--count", value, INT32_MAX, &tool->count);
	case OPTION_BYTES:
		return parse_number(tool, "--bytes", value, worker_TRACE_STUB_MAX, &tool->n_bytes);
	case OPTION_REVEAL:
		tool->reveals = true;
		return TOOL_OK;
	default:
		tool->is_long = true;
		return TOOL_OK;
	}
}

static const struct option options[] = {
	{ "user", required_argument, NULL, OPTION_USER },
	{ "address", required_argument, NULL, OPTION_ADDRESS },
	{ "faults", no_argument, NULL, OPTION_FAULTS },
	{ "count", required_argument, NULL, OPTION_COUNT },
	{ "bytes", required_argument, NULL, OPTION_BYTES },
	{ "reveal", no_argument, NULL, OPTION_REVEAL },
	{ "verbose", no_argument, NULL, 'v' },
	{ "idl", required_argument, NULL, TOOL_OPTION_IDL },
	{ NULL, required_argument, NULL, 'I' },
	{ 0 },
};

const struct tool_command tool_trace = {
	.name = "trace",
	.arguments = "[INTERFACE | INTERFACE.OPERATION]",
	.summary = "print the calls that penstockd's programs answer, as they are answered",
	.help = "  --user WHO         calls of one user: OFFICE\\alice, uid:1000, anonymous, a "
		"SID\n"
		"  --address ADDRESS  calls from there; local: this machine\n"
		"  --faults           calls that ended in a fault\n"
		"  -v, --verbose      with parameters and results, as --json has them\n"
		"  --reveal           show secrets too: what the IDL says is one is left out "
		"otherwise\n"
		"  --bytes NUMBER     of longer parameters, that much and no more (16384; to "
		"65536)\n"
		"  --count NUMBER     end after so many\n"
		"  --idl FILE         take interfaces from an IDL file too\n"
		"  -I FOLDER          look for imported files in FOLDER too\n"
		"\n"
		"For root and the user whom penstockd runs as. Nothing is restarted, and penstockd "
		"waits\n"
		"for nobody: calls that come faster than they are read are counted. With --json "
		"each is\n"
		"a line.\n"
		"\n"
		"Examples:\n"
		"  penstock trace\n"
		"  penstock trace -v srvsvc.NetrShareEnum\n"
		"  penstock trace --faults --address 192.0.2.7 --json\n",
	.options = options,
	.option = option,
	.run = run,
	.max_arguments = 1,
};
