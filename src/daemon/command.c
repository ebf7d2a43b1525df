/* SPDX-License-Identifier: MIT */
#include "daemon/command.h"
#include "daemon/report.h"
#include "daemon/supervisor.h"
#include <errno.h>
#include <penstock/status.h>

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

struct control_actions command_actions(struct supervisor *supervisor)
{
	return (struct control_actions){
		.describe = describe,
		.stop = stop,
		.restart = restart,
		.data = supervisor,
	};
}
