/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/lsarpc/state.h"
#include <errno.h>
#include <string.h>

enum { STRING_MAX = 65534 / 2 }; /* code units of an RPC_UNICODE_STRING */

int pen_lsarpc_text_get(struct pen_call *call, const struct dtyp_RPC_UNICODE_STRING *string,
			const char **textp)
{
	size_t n = string->Buffer ? string->Length / 2 : 0;
	size_t size = pen_utf16_text_size(string->Buffer, n, PEN_UTF16_HOST);
	char *text = pen_arena_alloc(pen_call_arena(call), size + 1);

	if (!text)
		return -ENOMEM;
	if (n)
		pen_utf16_get(string->Buffer, n, PEN_UTF16_HOST, text, size);
	text[size] = '\0';
	if (strlen(text) != size)
		return PEN_E_SYNTAX;
	*textp = text;
	return 0;
}

int pen_lsarpc_text_put(struct pen_call *call, const char *text,
			struct dtyp_RPC_UNICODE_STRING *string)
{
	size_t n = pen_utf16_count(text, strlen(text));
	uint16_t *units;

	if (n > STRING_MAX)
		return PEN_E_LIMIT;
	units = pen_arena_array(pen_call_arena(call), n + 1, sizeof(*units));
	if (!units)
		return -ENOMEM;
	pen_utf16_put(text, strlen(text), PEN_UTF16_HOST, units, n);
	*string = (struct dtyp_RPC_UNICODE_STRING){
		.Length = (uint16_t)(2 * n),
		.MaximumLength = (uint16_t)(2 * n),
		.Buffer = units,
	};
	return 0;
}

int pen_lsarpc_text_new(struct pen_call *call, const char *text,
			struct dtyp_RPC_UNICODE_STRING **stringp)
{
	struct dtyp_RPC_UNICODE_STRING *string =
		pen_arena_zalloc(pen_call_arena(call), sizeof(*string));
	int r = string ? pen_lsarpc_text_put(call, text, string) : -ENOMEM;

	if (!r)
		*stringp = string;
	return r;
}

bool pen_lsarpc_sid_get(const struct dtyp_RPC_SID *wire, struct pen_sid *sid)
{
	if (wire->Revision != 1 || wire->SubAuthorityCount > PEN_SID_SUB_AUTHORITIES_MAX)
		return false;
	*sid = (struct pen_sid){ .revision = 1, .n_sub_authorities = wire->SubAuthorityCount };
	for (size_t i = 0; i < 6; i++)
		sid->authority = sid->authority << 8 | wire->IdentifierAuthority.Value[i];
	for (size_t i = 0; i < wire->SubAuthorityCount; i++)
		sid->sub_authorities[i] = wire->SubAuthority[i];
	return true;
}

int pen_lsarpc_sid_new(struct pen_call *call, const struct pen_sid *sid,
		       struct dtyp_RPC_SID **wirep)
{
	struct pen_arena *arena = pen_call_arena(call);
	struct dtyp_RPC_SID *wire = pen_arena_zalloc(arena, sizeof(*wire));

	if (!wire)
		return -ENOMEM;
	wire->Revision = sid->revision;
	wire->SubAuthorityCount = sid->n_sub_authorities;
	for (size_t i = 0; i < 6; i++)
		wire->IdentifierAuthority.Value[i] = (uint8_t)(sid->authority >> (40 - 8 * i));
	wire->SubAuthority =
		pen_arena_array(arena, sid->n_sub_authorities + 1u, sizeof(*wire->SubAuthority));
	if (!wire->SubAuthority)
		return -ENOMEM;
	memcpy(wire->SubAuthority, sid->sub_authorities,
	       sid->n_sub_authorities * sizeof(*wire->SubAuthority));
	*wirep = wire;
	return 0;
}
