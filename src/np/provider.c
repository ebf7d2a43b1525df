/* SPDX-License-Identifier: MIT */
#include "np/provider.h"
#include <penstock/status.h>

static const struct pen_provider *const providers[] = {
	&pen_provider_local,
	&pen_provider_dotnet,
};

uint32_t pen_provider_open(struct pen_pipe **pipep, const struct pen_name *name,
			   const struct pen_pipe_open_config *config)
{
	uint32_t first = PEN_STATUS_NOT_SUPPORTED, status;

	for (unsigned i = 0; i < PEN_COUNT(providers); i++) {
		if (!providers[i]->is_for(name))
			continue;
		status = providers[i]->open(pipep, name, config);
		if (first == PEN_STATUS_NOT_SUPPORTED)
			first = status;
		if (status != PEN_STATUS_OBJECT_NAME_NOT_FOUND &&
		    status != PEN_STATUS_OBJECT_PATH_NOT_FOUND)
			return status;
	}
	return first;
}
