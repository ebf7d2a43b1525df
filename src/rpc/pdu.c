/* SPDX-License-Identifier: MIT */
#include "rpc/pdu.h"

const char *pen_pdu_name(unsigned ptype)
{
	static const char *const names[PEN_N_PDUS] = {
		[PEN_PDU_REQUEST] = "request",
		[PEN_PDU_RESPONSE] = "response",
		[PEN_PDU_FAULT] = "fault",
		[PEN_PDU_BIND] = "bind",
		[PEN_PDU_BIND_ACK] = "bind_ack",
		[PEN_PDU_BIND_NAK] = "bind_nak",
		[PEN_PDU_ALTER_CONTEXT] = "alter_context",
		[PEN_PDU_ALTER_CONTEXT_RESP] = "alter_context_resp",
		[PEN_PDU_AUTH3] = "auth3",
		[PEN_PDU_SHUTDOWN] = "shutdown",
		[PEN_PDU_CO_CANCEL] = "co_cancel",
		[PEN_PDU_ORPHANED] = "orphaned",
	};

	return ptype < PEN_N_PDUS && names[ptype] ? names[ptype] : "PDU";
}

void pen_pdu_header_get(struct pen_pdu_header *header, const uint8_t *data)
{
	struct pen_reader r;
	uint8_t drep;

	pen_reader_init(&r, data, PEN_PDU_HEADER_SIZE);
	header->rpc_vers = pen_reader_u8(&r);
	header->rpc_vers_minor = pen_reader_u8(&r);
	header->ptype = pen_reader_u8(&r);
	header->flags = pen_reader_u8(&r);
	drep = pen_reader_u8(&r);
	pen_reader_bytes(&r, 3);
	header->is_big_endian = !(drep & 0x10);
	r.is_big_endian = header->is_big_endian;
	header->frag_length = pen_reader_u16(&r);
	header->auth_length = pen_reader_u16(&r);
	header->call_id = pen_reader_u32(&r);
}

size_t pen_pdu_begin(struct pen_writer *w, enum pen_pdu_type ptype, uint8_t flags, uint32_t call_id)
{
	size_t at = w->buffer->size;

	pen_writer_u8(w, 5);
	pen_writer_u8(w, 0);
	pen_writer_u8(w, (uint8_t)ptype);
	pen_writer_u8(w, flags);
	/* Integers by w, characters ASCII, floats IEEE. */
	pen_writer_u8(w, w->is_big_endian ? 0x00 : 0x10);
	pen_writer_zeros(w, 3);
	pen_writer_u16(w, 0);
	pen_writer_u16(w, 0);
	pen_writer_u32(w, call_id);
	return at;
}

void pen_pdu_end(struct pen_writer *w, size_t at)
{
	if (!w->error)
		pen_writer_store16(w, w->buffer->data + at + 8, (uint16_t)(w->buffer->size - at));
}

/* Whatever the PDU is, its padding is counted as if it were a request's, by Windows too. */
static size_t padding_max(size_t n_body)
{
	size_t head = PEN_REQUEST_HEADER_SIZE - PEN_PDU_HEADER_SIZE;

	return n_body > head ? n_body - head : 0;
}

int pen_sec_trailer_get(struct pen_sec_trailer *trailer, const struct pen_pdu_header *header,
			struct pen_slice *body)
{
	size_t n = PEN_SEC_TRAILER_SIZE + (size_t)header->auth_length;
	struct pen_reader r;

	if (n > body->size)
		return PEN_E_BAD_DATA;
	pen_reader_init(&r, body->data + body->size - n, n);
	r.is_big_endian = header->is_big_endian;
	trailer->auth_type = pen_reader_u8(&r);
	trailer->auth_level = pen_reader_u8(&r);
	trailer->auth_pad_length = pen_reader_u8(&r);
	pen_reader_u8(&r);
	trailer->auth_context_id = pen_reader_u32(&r);
	trailer->auth_value = pen_reader_slice(&r, header->auth_length);
	body->size -= n;
	return trailer->auth_pad_length <= padding_max(body->size) ? 0 : PEN_E_BAD_DATA;
}

const struct pen_uuid pen_eerr_signature = {
	0x90740320, 0xfad0, 0x11d3, { 0x82, 0xd7 }, { 0x00, 0x90, 0x27, 0xb1, 0x30, 0xab }
};

struct pen_slice pen_fault_eerr(uint8_t flags, uint32_t alloc_hint, struct pen_slice rest)
{
	size_t n = alloc_hint - (size_t)PEN_FAULT_SIZE;

	if (!(flags & PEN_FAULT_HAS_EERR))
		return (struct pen_slice){ 0 };
	if (alloc_hint >= PEN_FAULT_SIZE && n <= rest.size)
		rest.size = n;
	return rest;
}

/* Whether the signature stands there; then what is behind it. */
static bool is_signed(struct pen_reader r, struct pen_slice *behind)
{
	struct pen_uuid signature = pen_reader_uuid(&r);

	*behind = pen_reader_slice(&r, pen_reader_left(&r));
	return pen_reader_ok(&r) && pen_uuid_equal(&signature, &pen_eerr_signature);
}

/* The document does not say whether what follows the versions is aligned. */
struct pen_slice pen_nak_eerr(struct pen_reader *r)
{
	struct pen_slice eerr;

	pen_reader_bytes(r, 2 * (size_t)pen_reader_u8(r));
	if (is_signed(*r, &eerr))
		return eerr;
	pen_reader_align(r, 4);
	return is_signed(*r, &eerr) ? eerr : (struct pen_slice){ 0 };
}

struct pen_syntax_id pen_syntax_id_get(struct pen_reader *r)
{
	struct pen_syntax_id id = { .uuid = pen_reader_uuid(r) };

	/* One 32-bit version, the major in its lower half. */
	uint32_t version = pen_reader_u32(r);

	id.major = (uint16_t)version;
	id.minor = (uint16_t)(version >> 16);
	return id;
}

void pen_syntax_id_put(struct pen_writer *w, const struct pen_syntax_id *id)
{
	pen_writer_uuid(w, &id->uuid);
	pen_writer_u32(w, (uint32_t)id->minor << 16 | id->major);
}

/* 6CB71C2C-9812-4540, and then eight bytes of flags. */
static const struct pen_syntax_id features_syntax = {
	.uuid = { 0x6cb71c2c, 0x9812, 0x4540, { 0 }, { 0 } },
	.major = 1,
};

int pen_features_from_syntax(const struct pen_syntax_id *id)
{
	const struct pen_uuid *uuid = &id->uuid;

	if (uuid->time_low != features_syntax.uuid.time_low ||
	    uuid->time_mid != features_syntax.uuid.time_mid ||
	    uuid->time_hi_and_version != features_syntax.uuid.time_hi_and_version ||
	    id->major != features_syntax.major || id->minor != features_syntax.minor)
		return -1;
	return uuid->clock_seq[0];
}

struct pen_syntax_id pen_features_to_syntax(unsigned features)
{
	struct pen_syntax_id id = features_syntax;

	id.uuid.clock_seq[0] = (uint8_t)features;
	return id;
}
