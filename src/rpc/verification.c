/* SPDX-License-Identifier: MIT */
#include "rpc/verification.h"

enum {
	COMMAND_BITMASK_1 = 1,
	COMMAND_PCONTEXT = 2,
	COMMAND_HEADER2 = 3,
	COMMAND_TYPE = 0x3fff,
	COMMAND_END = 0x4000,
	COMMAND_MUST_PROCESS = 0x8000,

	CLIENT_SUPPORT_HEADER_SIGNING = 1,

	BITMASK_SIZE = 4,
	PCONTEXT_SIZE = 40,
	HEADER2_SIZE = 16,
};

static const uint8_t magic[8] = { 0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4, 0x36, 0x71 };

/* drep, without the two reserved bytes: integers by their order, ASCII, IEEE. */
static uint16_t drep_of(const struct pen_verification *verification)
{
	return verification->is_big_endian ? 0x00 : 0x10;
}

static void put_command(struct pen_writer *w, uint16_t command, uint16_t size)
{
	pen_writer_u16(w, command);
	pen_writer_u16(w, size);
}

void pen_verification_put(struct pen_writer *w, const struct pen_verification *verification)
{
	pen_writer_align(w, 4);
	pen_writer_bytes(w, magic, sizeof(magic));
	put_command(w, COMMAND_BITMASK_1, BITMASK_SIZE);
	pen_writer_u32(w, verification->signs_headers ? CLIENT_SUPPORT_HEADER_SIGNING : 0);
	put_command(w, COMMAND_PCONTEXT, PCONTEXT_SIZE);
	pen_syntax_id_put(w, &verification->abstract);
	pen_syntax_id_put(w, &verification->transfer);
	put_command(w, COMMAND_HEADER2 | COMMAND_END, HEADER2_SIZE);
	pen_writer_u8(w, PEN_PDU_REQUEST);
	pen_writer_zeros(w, 3);
	pen_writer_u8(w, (uint8_t)drep_of(verification));
	pen_writer_zeros(w, 3);
	pen_writer_u32(w, verification->call_id);
	pen_writer_u16(w, verification->context_id);
	pen_writer_u16(w, verification->opnum);
}

static bool is_bitmask(const struct pen_verification *verification, struct pen_reader *r)
{
	uint32_t bits = pen_reader_u32(r);

	/* A client that can sign headers, and a server that was told it cannot: somebody lied. */
	return !(bits & CLIENT_SUPPORT_HEADER_SIGNING) || verification->signs_headers;
}

static bool is_pcontext(const struct pen_verification *verification, struct pen_reader *r)
{
	struct pen_syntax_id abstract = pen_syntax_id_get(r);
	struct pen_syntax_id transfer = pen_syntax_id_get(r);

	return pen_syntax_id_equal(&abstract, &verification->abstract) &&
	       pen_syntax_id_equal(&transfer, &verification->transfer);
}

static bool is_header2(const struct pen_verification *verification, struct pen_reader *r)
{
	uint8_t ptype = pen_reader_u8(r);
	uint16_t drep;

	pen_reader_bytes(r, 3);
	drep = pen_reader_u8(r);
	pen_reader_bytes(r, 3);
	return ptype == PEN_PDU_REQUEST && drep == drep_of(verification) &&
	       pen_reader_u32(r) == verification->call_id &&
	       pen_reader_u16(r) == verification->context_id &&
	       pen_reader_u16(r) == verification->opnum;
}

static int check_command(const struct pen_verification *verification, uint16_t command,
			 struct pen_slice body)
{
	struct pen_reader r;
	bool is_right;

	pen_reader_init(&r, body.data, body.size);
	switch (command & COMMAND_TYPE) {
	case COMMAND_BITMASK_1:
		is_right = body.size == BITMASK_SIZE && is_bitmask(verification, &r);
		break;
	case COMMAND_PCONTEXT:
		is_right = body.size == PCONTEXT_SIZE && is_pcontext(verification, &r);
		break;
	case COMMAND_HEADER2:
		is_right = body.size == HEADER2_SIZE && is_header2(verification, &r);
		break;
	default:
		is_right = !(command & COMMAND_MUST_PROCESS);
		break;
	}
	return is_right ? 0 : PEN_E_DENIED;
}

int pen_verification_check(const struct pen_verification *verification, struct pen_slice rest)
{
	struct pen_reader r;
	const uint8_t *found;
	uint16_t command;
	int result;

	found = rest.size ? memmem(rest.data, rest.size, magic, sizeof(magic)) : NULL;
	if (!found)
		return 0;
	pen_reader_init(&r, found, (size_t)(rest.data + rest.size - found));
	pen_reader_bytes(&r, sizeof(magic));
	do {
		struct pen_slice body;

		command = pen_reader_u16(&r);
		body = pen_reader_slice(&r, pen_reader_u16(&r));
		if (!pen_reader_ok(&r))
			return PEN_E_BAD_DATA;
		result = check_command(verification, command, body);
	} while (!result && !(command & COMMAND_END));
	return result;
}
