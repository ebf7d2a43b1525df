/* SPDX-License-Identifier: MIT */
#include "daemon/command.h"
#include "daemon/report.h"
#include "daemon/supervisor.h"
#include <errno.h>
#include <penstock/status.h>
#include <string.h>

static int describe(void *data, struct pen_arena *arena, struct control_status *status)
{
	return report_status(data, arena, status);
}

/* One that stops already is only told to hurry: a second word ends the wait. */
static uint32_t stop(void *data, enum control_manner manner)
{
	struct supervisor_view view;

	supervisor_view(data, &view);
	if (view.is_stopping && manner != control_NOW)
		return PEN_WERR_SUCCESS;
	if (view.is_stopping || manner == control_IN_TIME)
		supervisor_stop(data);
	else
		supervisor_drain(data, manner == control_NOW);
	return PEN_WERR_SUCCESS;
}

static uint32_t restart(void *data, const char *program, bool is_now)
{
	int r = supervisor_restart(data, program, is_now);

	return !r		      ? PEN_WERR_SUCCESS
	       : r == PEN_E_NOT_FOUND ? PEN_WERR_NOT_FOUND
	       : r == -EBUSY	      ? PEN_WERR_BUSY
				      : PEN_WERR_NOT_ENOUGH_MEMORY;
}

static uint32_t trace(void *data, int socket, const struct control_trace_filter *filter)
{
	const struct worker_trace wanted = {
		.uuid = filter->uuid,
		.opnum = filter->opnum,
		.user = filter->user,
		.address = filter->address,
		.is_faults_only = filter->is_faults_only,
		.stub_max = filter->stub_max,
	};

	if (wanted.stub_max > worker_TRACE_STUB_MAX ||
	    (wanted.user && strlen(wanted.user) >= worker_TEXT_MAX) ||
	    (wanted.address && strlen(wanted.address) >= worker_TEXT_MAX))
		return PEN_WERR_INVALID_PARAMETER;
	switch (supervisor_trace(data, socket, &wanted)) {
	case 0:
		return PEN_WERR_SUCCESS;
	case PEN_E_LIMIT:
		return PEN_WERR_BUSY;
	default:
		return PEN_WERR_NOT_ENOUGH_MEMORY;
	}
}

struct control_actions command_actions(struct supervisor *supervisor)
{
	return (struct control_actions){
		.describe = describe,
		.stop = stop,
		.restart = restart,
		.trace = trace,
		.data = supervisor,
	};
}
