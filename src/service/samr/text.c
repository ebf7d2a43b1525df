/* SPDX-License-Identifier: MIT */
/* Texts, bytes and SIDs as samr has them on the wire, and as we have them. */
#include "base/utf16.h"
#include "service/samr/state.h"
#include <errno.h>
#include <string.h>

int pen_samr_text_get(struct pen_arena *arena, const struct dtyp_RPC_UNICODE_STRING *wire,
		      const char **textp)
{
	size_t n_units = wire->Buffer ? wire->Length / 2 : 0, n;
	char *text;

	if (wire->Length % 2 || (wire->Length && !wire->Buffer))
		return PEN_E_SYNTAX;
	for (size_t i = 0; i < n_units; i++)
		if (!wire->Buffer[i])
			return PEN_E_SYNTAX;
	n = pen_utf16_text_size(wire->Buffer, n_units, PEN_UTF16_HOST);
	text = pen_arena_alloc(arena, n + 1);
	if (!text)
		return -ENOMEM;
	pen_utf16_get(wire->Buffer, n_units, PEN_UTF16_HOST, text, n);
	text[n] = '\0';
	*textp = text;
	return 0;
}

int pen_samr_text_put(struct pen_arena *arena, const char *text,
		      struct dtyp_RPC_UNICODE_STRING *wire)
{
	size_t n = pen_utf16_count(text, strlen(text));

	if (n == PEN_UTF16_BAD || n > UINT16_MAX / 2)
		return PEN_E_LIMIT;
	wire->Buffer = pen_arena_array(arena, n + 1, sizeof(*wire->Buffer));
	if (!wire->Buffer)
		return -ENOMEM;
	pen_utf16_put(text, strlen(text), PEN_UTF16_HOST, wire->Buffer, n);
	wire->Length = wire->MaximumLength = (uint16_t)(2 * n);
	return 0;
}

int pen_samr_bytes_get(struct pen_arena *arena, const struct dtyp_RPC_UNICODE_STRING *wire,
		       struct pen_slice *bytesp)
{
	size_t n = wire->Buffer ? wire->Length / 2 : 0;
	uint8_t *bytes = pen_arena_alloc(arena, 2 * n + 1);

	if (wire->Length % 2 || (wire->Length && !wire->Buffer))
		return PEN_E_SYNTAX;
	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		bytes[2 * i] = (uint8_t)wire->Buffer[i];
		bytes[2 * i + 1] = (uint8_t)(wire->Buffer[i] >> 8);
	}
	*bytesp = (struct pen_slice){ bytes, 2 * n };
	return 0;
}

int pen_samr_bytes_put(struct pen_arena *arena, struct pen_slice bytes,
		       struct dtyp_RPC_UNICODE_STRING *wire)
{
	size_t n = bytes.size / 2;

	if (n > UINT16_MAX / 2)
		return PEN_E_LIMIT;
	wire->Buffer = pen_arena_array(arena, n + 1, sizeof(*wire->Buffer));
	if (!wire->Buffer)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		wire->Buffer[i] = (uint16_t)(bytes.data[2 * i] | bytes.data[2 * i + 1] << 8);
	wire->Length = wire->MaximumLength = (uint16_t)(2 * n);
	return 0;
}

struct dtyp_RPC_SID *pen_samr_sid_put(struct pen_arena *arena, const struct pen_sid *sid)
{
	struct dtyp_RPC_SID *wire = pen_arena_zalloc(arena, sizeof(*wire));

	if (!wire)
		return NULL;
	wire->Revision = 1;
	wire->SubAuthorityCount = sid->n_sub_authorities;
	for (size_t i = 0; i < 6; i++)
		wire->IdentifierAuthority.Value[i] = (uint8_t)(sid->authority >> 8 * (5 - i));
	wire->SubAuthority =
		pen_arena_copy(arena, sid->sub_authorities,
			       sid->n_sub_authorities * sizeof(sid->sub_authorities[0]));
	return wire->SubAuthority ? wire : NULL;
}

int pen_samr_sid_get(const struct dtyp_RPC_SID *wire, struct pen_sid *sid)
{
	if (!wire || wire->Revision != 1 || wire->SubAuthorityCount > PEN_SID_SUB_AUTHORITIES_MAX)
		return PEN_E_SYNTAX;
	*sid = (struct pen_sid){ .revision = 1, .n_sub_authorities = wire->SubAuthorityCount };
	for (size_t i = 0; i < 6; i++)
		sid->authority = sid->authority << 8 | wire->IdentifierAuthority.Value[i];
	for (size_t i = 0; i < wire->SubAuthorityCount; i++)
		sid->sub_authorities[i] = wire->SubAuthority[i];
	return 0;
}
