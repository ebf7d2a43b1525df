/* SPDX-License-Identifier: MIT */
#include "np/file.h"
#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 10000 };

/* SECURITY_INFORMATION [MS-DTYP 2.4.7] */
enum { OWNER = 1, GROUP = 2, DACL = 4, SACL = 8 };

static uint32_t rights_to_get(uint32_t which)
{
	return (which & (OWNER | GROUP | DACL) ? PEN_ACCESS_READ_CONTROL : 0) |
	       (which & SACL ? PEN_ACCESS_SYSTEM_SECURITY : 0);
}

static uint32_t rights_to_set(uint32_t which)
{
	return (which & (OWNER | GROUP) ? PEN_ACCESS_WRITE_OWNER : 0) |
	       (which & DACL ? PEN_ACCESS_WRITE_DAC : 0) |
	       (which & SACL ? PEN_ACCESS_SYSTEM_SECURITY : 0);
}

/* A client that was disconnected may do nothing with its handle [row S9]. */
static uint32_t check(const struct pen_pipe *pipe, uint32_t rights)
{
	uint32_t state, status = pen_file_demand(pipe, rights);

	if (!status && pipe->file->is_foreign)
		status = PEN_STATUS_NOT_SUPPORTED;
	if (status || pipe->file->end.side == PEN_CHANNEL_SERVER)
		return status;
	status = pen_file_state(pipe->file, &state);
	if (!status && state == PEN_CHANNEL_DISCONNECTED)
		status = PEN_STATUS_PIPE_DISCONNECTED;
	return status;
}

uint32_t pen_pipe_get_security(struct pen_pipe *pipe, uint32_t which, struct pen_arena *arena,
			       struct pen_descriptor *descriptor)
{
	const struct object_request request = {
		.verb = object_QUERY_SECURITY, .body.query_security = { pipe->file->guid, which }
	};
	const struct object_security *security;
	struct pen_answer answer;
	uint32_t status = check(pipe, rights_to_get(which));

	if (status)
		return status;
	status = pen_agent_ask(pipe->file->directory, &request, NULL, ASK_MS, &answer);
	security = &answer.reply.body.security;
	if (!status && pen_descriptor_get(descriptor, arena, security->bytes, security->n))
		status = PEN_STATUS_INVALID_SECURITY_DESCR;
	pen_answer_done(&answer);
	return status;
}

uint32_t pen_pipe_set_security(struct pen_pipe *pipe, uint32_t which,
			       const struct pen_descriptor *descriptor)
{
	struct object_request request = { .verb = object_SET_SECURITY,
					  .body.set_security = { pipe->file->guid, which } };
	uint32_t status = check(pipe, rights_to_set(which));
	struct pen_buffer bytes;
	struct pen_answer answer;

	if (status)
		return status;
	pen_buffer_init(&bytes, object_DESCRIPTOR_MAX);
	if (pen_descriptor_put(descriptor, &bytes)) {
		pen_buffer_done(&bytes);
		return PEN_STATUS_INVALID_SECURITY_DESCR;
	}
	request.body.set_security.security =
		(struct object_security){ (uint32_t)bytes.size, bytes.data };
	status = pen_agent_ask(pipe->file->directory, &request, NULL, ASK_MS, &answer);
	pen_answer_done(&answer);
	pen_buffer_done(&bytes);
	return status;
}
