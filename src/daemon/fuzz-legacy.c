/* SPDX-License-Identifier: MIT */
/*
 * Whatever is said to have been left is read as it stands, or refused.
 */
#include "daemon/legacy.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct legacy *legacy = NULL;
	int32_t pid = 0;

	if (size >= 8)
		memcpy(&pid, data + 4, sizeof(pid));
	if (legacy_read(&legacy, data, size, pid))
		return 0;
	for (uint32_t i = 1; i < legacy->heritage.n_fds; i++)
		if (legacy->heritage.fds[i] <= legacy->heritage.fds[i - 1])
			abort();
	/* They are of this process, and not what was left. */
	legacy->heritage.n_fds = 0;
	legacy_free(legacy);
	return 0;
}
