/* SPDX-License-Identifier: MIT */
/*
 * Whatever a program lists is read as it stands, or refused with a sentence.
 */
#include "daemon/listing.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try(int (*read)(struct listing *, const char *, size_t, char *), const uint8_t *data,
		size_t size)
{
	struct listing listing;
	char error[256] = "";
	size_t n = 0;

	if (read(&listing, (const char *)data, size, error)) {
		if (!*error || listing.arena.block)
			abort();
		return;
	}
	if (*error || listing.n_interfaces > LISTING_INTERFACES_MAX)
		abort();
	for (size_t i = 0; i < listing.n_interfaces; i++) {
		if (!*listing.interfaces[i].name)
			abort();
		for (size_t k = 0; k < listing.interfaces[i].n_endpoints; k++, n++)
			if (strlen(listing.interfaces[i].endpoints[k]) >= LISTING_TEXT_MAX)
				abort();
	}
	if (n != listing.n_endpoints || n > LISTING_ENDPOINTS_MAX)
		abort();
	listing_done(&listing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try(listing_read_text, data, size);
	try(listing_read_json, data, size);
	return 0;
}
