/* SPDX-License-Identifier: MIT */
#include "sec/credentials.h"
#include <penstock/ndr.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever a file says, it is credentials or is refused with a sentence. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pen_ndr_error error = { "" };
	struct pen_credentials *credentials;
	char *text = malloc(size + 1);

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	if (pen_credentials_read(&credentials, text, "host", &error)) {
		if (!error.text[0])
			abort();
	} else {
		pen_credentials_free(credentials);
	}
	free(text);
	return 0;
}
