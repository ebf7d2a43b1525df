/* SPDX-License-Identifier: MIT */
#include "np/file.h"
#include "object/name.h"
#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 10000 };

uint32_t pen_pipe_get_name(struct pen_pipe *pipe, char **namep)
{
	const struct object_request request = { .verb = object_QUERY_PIPE,
						.body.query_pipe.handle = pipe->file->guid };
	struct pen_answer answer;
	uint32_t state, status = pen_file_state(pipe->file, &state);

	if (!status && pipe->file->is_foreign)
		status = PEN_STATUS_NOT_SUPPORTED;
	if (status)
		return status;
	if (pipe->file->end.side == PEN_CHANNEL_CLIENT && state == PEN_CHANNEL_DISCONNECTED)
		return PEN_STATUS_PIPE_DISCONNECTED;
	status = pen_agent_ask(pipe->file->directory, &request, NULL, ASK_MS, &answer);
	if (!status && !answer.reply.body.info.name)
		status = PEN_STATUS_OBJECT_PATH_INVALID;
	if (!status && !(*namep = strdup(answer.reply.body.info.name)))
		status = PEN_STATUS_NO_MEMORY;
	pen_answer_done(&answer);
	return status;
}

/* ---- all of them ---- */

static uint32_t tell(const struct object_entries *entries,
		     uint32_t (*each)(void *data, const struct pen_pipe_entry *entry), void *data)
{
	uint32_t status = PEN_STATUS_SUCCESS;

	for (uint32_t i = 0; i < entries->n && !status; i++) {
		const struct object_entry *entry = &entries->entries[i];

		status = each(data, &(struct pen_pipe_entry){ entry->name, entry->instances,
							      entry->instances_max });
	}
	return status;
}

uint32_t pen_pipe_list(const char *objects_dir,
		       uint32_t (*each)(void *data, const struct pen_pipe_entry *entry), void *data)
{
	struct object_request request = { .verb = object_LIST, .body.list = { PEN_NAME_PIPES, 0 } };
	bool is_all = false;
	uint32_t status = PEN_STATUS_SUCCESS;

	while (!is_all && !status) {
		const struct object_entries *entries;
		struct pen_answer answer;

		status = pen_agent_ask(objects_dir, &request, NULL, ASK_MS, &answer);
		if (!status) {
			entries = &answer.reply.body.entries;
			status = tell(entries, each, data);
			request.body.list.from += entries->n;
			is_all = entries->is_all || !entries->n;
		}
		pen_answer_done(&answer);
	}
	return status;
}
