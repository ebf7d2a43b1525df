/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/netlogon/state.h"
#include <errno.h>
#include <string.h>

enum { UNITS_MAX = UINT16_MAX / 2 };

int pen_netlogon_text_get(struct pen_call *call, const struct dtyp_RPC_UNICODE_STRING *wire,
			  const char **textp)
{
	size_t n_units = wire->Length / 2;
	size_t n;
	char *text;

	if (wire->Length % 2 || (n_units && !wire->Buffer))
		return PEN_E_BAD_DATA;
	for (size_t i = 0; i < n_units; i++)
		if (!wire->Buffer[i])
			return PEN_E_BAD_DATA;
	n = pen_utf16_text_size(wire->Buffer, n_units, PEN_UTF16_HOST);
	text = pen_arena_alloc(pen_call_arena(call), n + 1);
	if (!text)
		return -ENOMEM;
	pen_utf16_get(wire->Buffer, n_units, PEN_UTF16_HOST, text, n);
	text[n] = '\0';
	*textp = text;
	return 0;
}

int pen_netlogon_text_put(struct pen_call *call, const char *text,
			  struct dtyp_RPC_UNICODE_STRING *wire)
{
	size_t n = text ? strlen(text) : 0;
	size_t n_units = pen_utf16_count(text ? text : "", n);

	if (n_units > UNITS_MAX)
		return PEN_E_BAD_DATA;
	wire->Length = wire->MaximumLength = (uint16_t)(2 * n_units);
	wire->Buffer = pen_arena_array(pen_call_arena(call), n_units ? n_units : 1, 2);
	if (!wire->Buffer)
		return -ENOMEM;
	pen_utf16_put(text ? text : "", n, PEN_UTF16_HOST, wire->Buffer, n_units);
	return 0;
}

struct dtyp_RPC_SID *pen_netlogon_sid_put(struct pen_call *call, const struct pen_sid *sid)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct dtyp_RPC_SID *wire = pen_arena_zalloc(arena, sizeof(*wire));

	if (!wire)
		return NULL;
	wire->Revision = sid->revision;
	wire->SubAuthorityCount = sid->n_sub_authorities;
	for (size_t i = 0; i < 6; i++)
		wire->IdentifierAuthority.Value[i] = (uint8_t)(sid->authority >> (40 - 8 * i));
	wire->SubAuthority = pen_arena_copy(arena, sid->sub_authorities,
					    sid->n_sub_authorities * sizeof(*wire->SubAuthority));
	return wire->SubAuthority ? wire : NULL;
}
