/* SPDX-License-Identifier: MIT */
#include "rpc/first.h"
#include "rpc/pdu.h"

enum { SYNTAX_SIZE = 20 };

/* As far as it is there. */
static int get_header(struct pen_pdu_header *header, const uint8_t *data, size_t n)
{
	if ((n > 0 && data[0] != 5) || (n > 1 && data[1] > 1) || (n > 2 && data[2] != PEN_PDU_BIND))
		return PEN_E_PROTOCOL;
	if (n < PEN_PDU_HEADER_SIZE)
		return PEN_E_AGAIN;
	pen_pdu_header_get(header, data);
	return header->frag_length < PEN_PDU_HEADER_SIZE ? PEN_E_PROTOCOL : 0;
}

/* Where the trailer begins, or the end. PEN_E_PROTOCOL: it does not fit in the fragment. */
static int find_end(const struct pen_pdu_header *header, size_t *endp)
{
	size_t n = header->auth_length ? PEN_SEC_TRAILER_SIZE + (size_t)header->auth_length : 0;

	if (n > header->frag_length - (size_t)PEN_PDU_HEADER_SIZE)
		return PEN_E_PROTOCOL;
	*endp = header->frag_length - n;
	return 0;
}

/* One element of p_context_elem. PEN_E_AGAIN: the bytes have ended within it. */
static int get_context(struct pen_reader *r, struct pen_syntax_id *abstract, bool *has_featuresp)
{
	struct pen_syntax_id transfer;
	uint8_t n_transfers;

	pen_reader_u16(r);
	n_transfers = pen_reader_u8(r);
	if (!pen_reader_ok(r))
		return PEN_E_AGAIN;
	if (!n_transfers)
		return PEN_E_PROTOCOL;
	pen_reader_u8(r);
	*abstract = pen_syntax_id_get(r);
	transfer = pen_syntax_id_get(r);
	if (!pen_reader_ok(r))
		return PEN_E_AGAIN;
	if (pen_features_from_syntax(&transfer) >= 0) {
		if (*has_featuresp)
			return PEN_E_PROTOCOL;
		*has_featuresp = true;
	}
	pen_reader_bytes(r, (n_transfers - 1u) * SYNTAX_SIZE);
	return pen_reader_ok(r) ? 0 : PEN_E_AGAIN;
}

static int get_contexts(struct pen_reader *r, struct pen_syntax_id *syntaxes, size_t *np)
{
	uint8_t n = pen_reader_u8(r);
	bool has_features = false;
	int result = 0;

	if (!pen_reader_ok(r))
		return PEN_E_AGAIN;
	if (!n)
		return PEN_E_PROTOCOL;
	pen_reader_bytes(r, 3);
	for (uint8_t i = 0; i < n && !result; i++)
		result = get_context(r, &syntaxes[i], &has_features);
	*np = n;
	return result;
}

static int get_body(struct pen_first *first, struct pen_reader *r, struct pen_syntax_id *syntaxes)
{
	pen_reader_u16(r); /* max_xmit_frag */
	pen_reader_u16(r); /* max_recv_frag */
	first->assoc_group_id = pen_reader_u32(r);
	first->syntaxes = syntaxes;
	return get_contexts(r, syntaxes, &first->n_syntaxes);
}

/* Of a fragment that is whole. */
static bool has_good_trailer(const struct pen_pdu_header *header, const uint8_t *data)
{
	struct pen_slice body = { .data = data + PEN_PDU_HEADER_SIZE,
				  .size = header->frag_length - (size_t)PEN_PDU_HEADER_SIZE };
	struct pen_sec_trailer trailer;

	return !header->auth_length || !pen_sec_trailer_get(&trailer, header, &body);
}

int pen_first_get(struct pen_first *first, struct pen_syntax_id *syntaxes, const uint8_t *data,
		  size_t n)
{
	struct pen_pdu_header header;
	struct pen_first found;
	struct pen_reader r;
	size_t end = 0;
	int result;

	result = get_header(&header, data, n);
	if (!result)
		result = find_end(&header, &end);
	if (result)
		return result;
	pen_reader_init(&r, data, n < end ? n : end);
	r.is_big_endian = header.is_big_endian;
	pen_reader_bytes(&r, PEN_PDU_HEADER_SIZE);
	result = get_body(&found, &r, syntaxes);
	if (result)
		return result == PEN_E_AGAIN && n >= end ? PEN_E_PROTOCOL : result;
	if (n < header.frag_length)
		return PEN_E_AGAIN;
	if (!has_good_trailer(&header, data))
		return PEN_E_PROTOCOL;
	found.n_used = header.frag_length;
	*first = found;
	return 0;
}
