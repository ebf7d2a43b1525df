/* SPDX-License-Identifier: MIT */
/* penstock pipe cat: a client between standard input and output. */
#include "tool/flow.h"
#include "tool/pipe-flow.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- what cat and serve share ---- */

int pipe_framing(struct tool *tool, enum framing *framingp)
{
	const char *value = pipe_value(tool, PIPE_FRAMING);

	*framingp = FRAMING_LINE;
	if (value && !framing_parse(framingp, value))
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "--framing is line, nul, len or raw, not %s", value);
	return TOOL_OK;
}

int pipe_end_flow(struct tool *tool, const struct flow *flow, enum flow_state state,
		  const char *name)
{
	if (state != FLOW_FAILED)
		return TOOL_OK;
	if (flow->status)
		return pipe_fail(tool, "the connection failed with", name, flow->status);
	if (flow->result == PEN_E_BAD_DATA)
		return tool_fail(tool, TOOL_FAILED, NULL, "the input ends within a message");
	if (flow->result == PEN_E_LIMIT)
		return tool_fail(tool, TOOL_FAILED, NULL,
				 "the input has a message of more than %d bytes",
				 FRAMING_MESSAGE_MAX);
	return tool_fail(tool, TOOL_FAILED, NULL, "cannot write: %s", strerror(-flow->result));
}

/* ---- cat ---- */

#define ATTRIBUTES (PEN_PIPE_READ_ATTRIBUTES | PEN_PIPE_WRITE_ATTRIBUTES)

/* For all that the pipe allows, unless it is said what for. */
static uint32_t open_for(struct tool *tool, const char *name, uint32_t access,
			 struct pen_pipe **pipep, uint32_t *accessp)
{
	static const uint32_t usual[] = { PEN_ACCESS_GENERIC_READ | PEN_ACCESS_GENERIC_WRITE,
					  PEN_ACCESS_GENERIC_WRITE, PEN_ACCESS_GENERIC_READ };
	uint32_t status = PEN_STATUS_ACCESS_DENIED;

	for (size_t i = 0; i < PEN_COUNT(usual) && status == PEN_STATUS_ACCESS_DENIED; i++) {
		*accessp = access ? access : usual[i];
		status = pipe_open(tool, name, *accessp | ATTRIBUTES, pipep);
		if (access)
			break;
	}
	return status;
}

static uint32_t prepare(struct tool *tool, struct flow *flow, uint32_t access, enum framing framing)
{
	struct pen_pipe_info info;
	uint32_t status = pen_pipe_get_info(flow->pipe, &info);

	if (status)
		return status;
	flow->can_read = access & PEN_ACCESS_GENERIC_READ;
	flow->can_write = access & PEN_ACCESS_GENERIC_WRITE;
	flow->is_message = info.type;
	flow->framing = framing;
	flow->is_in_pieces = true;
	flow->finishes = pipe_value(tool, PIPE_CLOSE) || !flow->can_read;
	return flow->is_message ? pen_pipe_set_modes(flow->pipe, 1, 0) : PEN_STATUS_SUCCESS;
}

static enum flow_state run(struct flow *flow)
{
	struct pollfd fds[FLOW_FDS] = { 0 };
	enum flow_state state;

	while ((state = flow_turn(flow, fds)) == FLOW_GOES_ON) {
		int wait_ms = flow_prepare(flow, fds);

		if (poll(fds, FLOW_FDS, wait_ms) < 0)
			memset(fds, 0, sizeof(fds));
	}
	return state;
}

int pipe_cat(struct tool *tool, int argc, char **argv)
{
	const char *name = pipe_name(tool, argv[0]);
	uint32_t status, access = 0;
	enum framing framing;
	struct pen_pipe *pipe;
	struct flow flow;
	int r = pipe_framing(tool, &framing);

	if (!r)
		r = pipe_access(tool, &access);
	if (r)
		return r;
	if (!name)
		return tool_fail_result(tool, -ENOMEM);
	status = open_for(tool, name, access, &pipe, &access);
	if (status)
		return pipe_fail(tool, "cannot open", name, status);
	flow_init(&flow, pipe, STDIN_FILENO, STDOUT_FILENO);
	status = prepare(tool, &flow, access, framing);
	r = status ? pipe_fail(tool, "cannot use", name, status)
		   : pipe_end_flow(tool, &flow, run(&flow), name);
	pen_pipe_free(pipe);
	flow_done(&flow);
	return r;
}
