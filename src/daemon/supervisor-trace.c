/* SPDX-License-Identifier: MIT */
#include "daemon/supervisor-parts.h"
#include <string.h>

int supervisor_trace(struct supervisor *supervisor, int fd, const struct worker_trace *filter)
{
	const struct onlooker *onlooker;
	int r = onlookers_add(&supervisor->world.onlookers, fd, filter, &onlooker);

	if (r)
		return r;
	/* One that cannot be told is not worth the others. */
	for (size_t i = 0; i <= UINT16_MAX; i++) {
		struct worker *worker = supervisor->world.workers[i];

		if (worker && worker->stage != WORKER_LEAVING &&
		    onlooker_tell(onlooker, worker->child))
			supervisor_fail(supervisor, -EIO, "cannot trace the calls of",
					worker->crew->path);
	}
	return 0;
}
