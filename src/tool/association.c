/* SPDX-License-Identifier: MIT */
#include "tool/association.h"
#include "tool/unseal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of one end. */
struct way {
	struct pen_buffer bytes; /* a PDU that is not whole */
	bool is_aligned;	 /* they begin with one; else one is looked for */
};

struct association {
	struct scene *scene;
	char *pipe;
	char ends[2][FRAME_END_SIZE];
	struct way ways[2];
	int server; /* the way of its bytes; -1: not known */
	bool client_signs_headers;
	struct decode decode;
	struct unseal unseal;
	size_t held; /* as the scene counts it */
};

/* ---- its life ---- */

int association_new(struct association **associationp, struct scene *scene, const char *pipe)
{
	struct report *report = scene->report;
	struct association *association = calloc(1, sizeof(*association));

	if (!association)
		return -ENOMEM;
	association->pipe = pipe ? strdup(pipe) : NULL;
	if (pipe && !association->pipe) {
		free(association);
		return -ENOMEM;
	}
	association->scene = scene;
	association->server = -1;
	association->decode.tool = report->tool;
	association->decode.json = &report->json;
	association->decode.fixed = report->fixed;
	association->decode.wanted_interface = report->is_interface_wanted ? report->fixed : NULL;
	association->decode.wanted_operation = report->wanted_operation;
	unseal_init(&association->unseal, report->keyring, report->world);
	for (size_t i = 0; i < 2; i++) {
		frame_end_print(&scene->ends[i], association->ends[i]);
		association->unseal.ends[i] = association->ends[i];
	}
	association->held = sizeof(*association);
	scene->held += association->held;
	*associationp = association;
	return 0;
}

struct association *association_free(struct association *association)
{
	if (!association)
		return NULL;
	association->scene->held -= association->held;
	for (size_t i = 0; i < 2; i++)
		pen_buffer_done(&association->ways[i].bytes);
	decode_done(&association->decode);
	unseal_done(&association->unseal);
	free(association->pipe);
	free(association);
	return NULL;
}

static void count_memory(struct association *association)
{
	size_t held = sizeof(*association) - sizeof(association->decode) +
		      decode_memory(&association->decode) + association->ways[0].bytes.capacity +
		      association->ways[1].bytes.capacity;

	association->scene->held += held - association->held;
	association->held = held;
}

/* ---- finding PDUs ---- */

static bool is_type(uint8_t ptype)
{
	return ptype <= PEN_PDU_FAULT ? ptype != 1
				      : ptype >= PEN_PDU_BIND && ptype <= PEN_PDU_ORPHANED;
}

/* Whether the n-th byte of a header can be that [C706 12.6.3.1]. */
static bool may_be(size_t n, uint8_t byte)
{
	switch (n) {
	case 0:
		return byte == 5;
	case 1:
		return byte <= 1;
	case 2:
		return is_type(byte);
	case 4: /* integers of either order, ASCII */
		return byte == 0x10 || byte == 0;
	case 5: /* floating point */
		return byte <= 3;
	case 6:
	case 7:
		return !byte;
	default:
		return true;
	}
}

int association_sniff(struct pen_slice data)
{
	struct pen_pdu_header header;

	for (size_t i = 0; i < data.size && i < PEN_PDU_HEADER_SIZE; i++)
		if (!may_be(i, data.data[i]))
			return PEN_E_NOT_FOUND;
	if (data.size < PEN_PDU_HEADER_SIZE)
		return PEN_E_AGAIN;
	pen_pdu_header_get(&header, data.data);
	if (header.frag_length < PEN_PDU_HEADER_SIZE ||
	    (header.auth_length &&
	     header.auth_length + PEN_PDU_HEADER_SIZE + PEN_SEC_TRAILER_SIZE > header.frag_length))
		return PEN_E_NOT_FOUND;
	return 0;
}

/* ---- PDUs ---- */

/* What the negotiation says of what comes. */
static void learn(struct association *association, unsigned way,
		  const struct pen_pdu_header *header, const uint8_t *pdu)
{
	bool signs = header->flags & PEN_PFC_SUPPORT_HEADER_SIGN;
	struct pen_reader r;

	switch (header->ptype) {
	case PEN_PDU_BIND:
	case PEN_PDU_ALTER_CONTEXT:
		association->server = !way;
		association->client_signs_headers |= signs;
		break;
	case PEN_PDU_BIND_ACK:
	case PEN_PDU_ALTER_CONTEXT_RESP:
		association->server = (int)way;
		pen_reader_init(&r, pdu, header->frag_length);
		r.is_big_endian = header->is_big_endian;
		pen_reader_bytes(&r, PEN_PDU_HEADER_SIZE + 4);
		association->unseal.group = pen_reader_u32(&r);
		if (header->ptype == PEN_PDU_BIND_ACK || association->unseal.is_signed < 1)
			association->unseal.is_signed = signs && association->client_signs_headers;
		break;
	case PEN_PDU_REQUEST:
	case PEN_PDU_RESPONSE:
		if (association->server < 0)
			association->server = header->ptype == PEN_PDU_REQUEST ? !way : (int)way;
		break;
	default:
		break;
	}
}

static int report_broken(struct association *association, unsigned way,
			 const struct pen_pdu_header *header, const uint8_t *pdu)
{
	struct report *report = association->scene->report;

	report_begin(report, association->scene, way, association->pipe);
	tool_json_text(&report->json, "error", "a PDU that breaks its own layout");
	decode_put_bytes(&association->decode, "pdu", pdu, header->frag_length);
	return report_end(report, true);
}

static int take_pdu(struct association *association, unsigned way, uint8_t *pdu,
		    const struct pen_pdu_header *header)
{
	struct report *report = association->scene->report;
	struct decode *decode = &association->decode;
	struct decode_protection protection;
	bool is_protected;
	int r;

	learn(association, way, header, pdu);
	is_protected = unseal_pdu(&association->unseal, (int)way == association->server, header,
				  pdu, &protection, &r);
	if (r)
		return r;
	report_begin(report, association->scene, way, association->pipe);
	decode->has_error = false;
	r = decode_members(decode, header, pdu, is_protected ? &protection : NULL);
	if (r == PEN_E_BAD_DATA)
		return report_broken(association, way, header, pdu);
	if (r)
		return r;
	if (decode->is_wanted && decode->has_error)
		report->n_stub_errors++;
	if (decode->is_wanted && is_protected && !strcmp(protection.state, "refused"))
		report->n_refused++;
	return report_end(report, decode->is_wanted);
}

/* All PDUs that are whole, from the way's first byte on. */
static int cut(struct association *association, unsigned way)
{
	struct way *at = &association->ways[way];
	struct pen_pdu_header header;
	size_t done = 0;
	int r = 0;

	while (!r && at->bytes.size - done >= PEN_PDU_HEADER_SIZE) {
		uint8_t *pdu = at->bytes.data + done;

		if (association_sniff((struct pen_slice){ pdu, PEN_PDU_HEADER_SIZE })) {
			association_miss(association, way);
			return 0;
		}
		pen_pdu_header_get(&header, pdu);
		if (header.frag_length > at->bytes.size - done)
			break;
		done += header.frag_length;
		r = take_pdu(association, way, pdu, &header);
	}
	pen_buffer_consume(&at->bytes, done);
	return r;
}

int association_take(struct association *association, unsigned way, struct pen_slice data)
{
	struct way *at = &association->ways[way];
	int r;

	/* Where the bytes before are not known, a PDU may begin where a segment does. */
	if (!at->bytes.size && association_sniff(data) == PEN_E_NOT_FOUND) {
		if (at->is_aligned)
			association_miss(association, way);
		return 0;
	}
	r = pen_buffer_add(&at->bytes, data.data, data.size);
	if (!r) {
		at->is_aligned = true;
		r = cut(association, way);
	}
	count_memory(association);
	return r;
}

void association_miss(struct association *association, unsigned way)
{
	association->ways[way].is_aligned = false;
	association->ways[way].bytes.size = 0;
	unseal_miss(&association->unseal, (int)way == association->server);
}
