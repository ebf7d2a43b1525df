/* SPDX-License-Identifier: MIT */
#include "sec/spnego-token.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_same(struct pen_slice a, struct pen_slice b)
{
	return !a.data == !b.data && a.size == b.size &&
	       (!a.size || memcmp(a.data, b.data, a.size) == 0);
}

/* What is read is written, and reads the same again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pen_slice bytes = { data, size };
	struct pen_spnego_token token;
	struct pen_spnego_token again;
	struct pen_buffer buffer;
	struct pen_slice mech;
	struct pen_slice inner;

	pen_gss_frame_get(&mech, &inner, bytes);
	if (pen_spnego_token_get(&token, bytes))
		return 0;
	pen_buffer_init(&buffer, 0);
	if (pen_spnego_token_put(&token, &buffer) || buffer.size > size ||
	    pen_spnego_token_get(&again, (struct pen_slice){ buffer.data, buffer.size }))
		abort();
	if (token.kind != again.kind || token.n_mechs != again.n_mechs ||
	    token.state != again.state || !is_same(token.mech_types, again.mech_types) ||
	    !is_same(token.hint_name, again.hint_name) ||
	    !is_same(token.supported_mech, again.supported_mech) ||
	    !is_same(token.mech_token, again.mech_token) ||
	    !is_same(token.mech_list_mic, again.mech_list_mic))
		abort();
	for (size_t i = 0; i < token.n_mechs; i++)
		if (!is_same(token.mechs[i], again.mechs[i]))
			abort();
	pen_buffer_done(&buffer);
	return 0;
}
