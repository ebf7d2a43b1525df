/* SPDX-License-Identifier: MIT */
#include "tool/decode.h"
#include <errno.h>
#include <penstock/status.h>

enum { STUB_MAX = 64 << 20, ARENA_MAX = 256 << 20 };

static const struct {
	uint8_t bit;
	const char *name;
} flags[] = {
	{ PEN_PFC_FIRST_FRAG, "first_frag" },
	{ PEN_PFC_LAST_FRAG, "last_frag" },
	{ PEN_PFC_SUPPORT_HEADER_SIGN, "pending_cancel_or_header_sign" },
	{ PEN_PFC_CONC_MPX, "conc_mpx" },
	{ PEN_PFC_DID_NOT_EXECUTE, "did_not_execute" },
	{ PEN_PFC_MAYBE, "maybe" },
	{ PEN_PFC_OBJECT_UUID, "object_uuid" },
};

void decode_put_bytes(struct decode *decode, const char *name, const void *data, size_t n)
{
	struct pen_buffer *json = decode->json;
	const uint8_t *bytes = data;

	if (decode->tool->is_redacted) {
		tool_json_text(json, name, "<redacted>");
		return;
	}
	tool_json_text(json, name, "");
	if (!json->size)
		return;
	json->size--; /* of the quotes, the second comes later */
	for (size_t i = 0; i < n; i++)
		pen_buffer_printf(json, "%02x", bytes[i]);
	pen_buffer_printf(json, "\"");
}

int decode_stub(struct decode *decode, const struct pen_operation *operation, bool is_in,
		struct pen_layout layout, const void *in, const void *stub, size_t n,
		struct pen_arena *arena, void **valuep)
{
	const struct pen_type *type = is_in ? operation->in : operation->out;
	struct pen_ndr_error error = { "" };
	struct pen_scope scope = { .in = in, .redacts = decode->tool->is_redacted };
	size_t at = decode->json->size, used = 0;
	void *value = pen_arena_zalloc(arena, type->size + 1);
	int r;

	if (!value)
		return -ENOMEM;
	/* A response whose request was not seen is held against itself. */
	if (!is_in && !in)
		scope.out = value;
	r = pen_ndr_get(type, layout, &scope, stub, n, value, arena, &used, &error);
	if (!is_in)
		scope.out = value;
	if (!r) {
		pen_buffer_printf(decode->json, ",\"%s\":", is_in ? "in" : "out");
		r = pen_ndr_to_json(type, &scope, value, decode->json, &error);
	}
	if (r < 0)
		return r;
	if (r) {
		decode->json->size = at;
		decode->has_error = true;
		tool_json_text(decode->json, "stub_error", error.text);
		decode_put_bytes(decode, "stub", stub, n);
		return PEN_E_BAD_DATA;
	}
	if (used < n)
		decode_put_bytes(decode, "left_over", (const uint8_t *)stub + used, n - used);
	if (valuep)
		*valuep = value;
	return 0;
}

/* ---- calls ---- */

static struct decode_call *find_call(struct decode *decode, uint32_t call_id)
{
	for (size_t i = 0; i < DECODE_CALLS_MAX; i++)
		if (decode->calls[i].is_used && decode->calls[i].call_id == call_id)
			return &decode->calls[i];
	return NULL;
}

/* A place for it; the oldest one's if all are taken. */
static struct decode_call *open_call(struct decode *decode, uint32_t call_id)
{
	struct decode_call *call = find_call(decode, call_id);

	if (!call)
		call = &decode->calls[decode->next_call++ % DECODE_CALLS_MAX];
	pen_buffer_done(&call->stub);
	pen_arena_done(&call->arena);
	*call = (struct decode_call){ .is_used = true, .call_id = call_id };
	pen_buffer_init(&call->stub, STUB_MAX);
	pen_arena_init(&call->arena, ARENA_MAX);
	return call;
}

void decode_done(struct decode *decode)
{
	for (size_t i = 0; i < DECODE_CALLS_MAX; i++) {
		pen_buffer_done(&decode->calls[i].stub);
		pen_arena_done(&decode->calls[i].arena);
	}
}

size_t decode_memory(const struct decode *decode)
{
	size_t n = sizeof(*decode);

	for (size_t i = 0; i < DECODE_CALLS_MAX; i++)
		n += decode->calls[i].stub.capacity + decode->calls[i].arena.total;
	return n;
}

/* An answer ends what was held of its request. */
static void close_call(struct decode_call *call)
{
	pen_buffer_done(&call->stub);
	pen_arena_done(&call->arena);
	call->in = NULL;
}

/* A bind that was not seen was for --interface, in NDR. */
static struct decode_context context_of(const struct decode *decode, uint16_t id)
{
	for (size_t i = 0; i < decode->n_contexts; i++)
		if (decode->contexts[i].id == id)
			return decode->contexts[i];
	return (struct decode_context){ .id = id, .interface = decode->fixed };
}

/* Collects a fragment's stub data; the last one decodes all, if it is known as what. */
static int add_stub(struct decode *decode, const struct pen_pdu_header *header,
		    struct decode_call *call, struct pen_reader *r, bool is_in)
{
	struct pen_slice stub = pen_reader_slice(r, pen_reader_left(r));
	int result;

	tool_json_number(decode->json, "n_stub", stub.size);
	if (!call || !call->operation || decode->is_sealed) {
		decode_put_bytes(decode, "stub", stub.data, stub.size);
		return 0;
	}
	if (header->flags & PEN_PFC_FIRST_FRAG)
		call->stub.size = 0;
	result = pen_buffer_add(&call->stub, stub.data, stub.size);
	if (result || !(header->flags & PEN_PFC_LAST_FRAG))
		return result;
	call->layout.is_big_endian = header->is_big_endian;
	result = decode_stub(decode, call->operation, is_in, call->layout, is_in ? NULL : call->in,
			     call->stub.data, call->stub.size, &call->arena,
			     is_in ? &call->in : NULL);
	if (is_in)
		pen_buffer_done(&call->stub);
	else
		close_call(call);
	return result < 0 ? result : 0;
}

static void put_operation(struct decode *decode, const struct decode_call *call)
{
	struct pen_buffer *json = decode->json;

	decode->is_wanted = (!decode->wanted_interface ||
			     (call && call->interface == decode->wanted_interface)) &&
			    (!decode->wanted_operation ||
			     (call && call->operation == decode->wanted_operation));
	if (!call || !call->operation)
		return;
	pen_buffer_printf(json, ",\"operation\":\"%s.%s\"", call->interface->name,
			  call->operation->name);
}

static int put_request(struct decode *decode, const struct pen_pdu_header *header,
		       struct pen_reader *r)
{
	struct decode_context context;
	struct decode_call *call;
	uint16_t opnum;

	tool_json_number(decode->json, "alloc_hint", pen_reader_u32(r));
	context = context_of(decode, pen_reader_u16(r));
	opnum = pen_reader_u16(r);
	tool_json_number(decode->json, "context_id", context.id);
	tool_json_number(decode->json, "opnum", opnum);
	if (header->flags & PEN_PFC_OBJECT_UUID) {
		struct pen_uuid object = pen_reader_uuid(r);
		char text[PEN_UUID_TEXT_SIZE];

		pen_uuid_print(&object, text);
		tool_json_text(decode->json, "object", text);
	}
	if (header->flags & PEN_PFC_FIRST_FRAG) {
		call = open_call(decode, header->call_id);
		call->interface = context.interface;
		call->layout.transfer = context.transfer;
		if (call->interface && opnum < call->interface->n_operations &&
		    call->interface->operations[opnum].name)
			call->operation = &call->interface->operations[opnum];
	} else {
		call = find_call(decode, header->call_id);
	}
	put_operation(decode, call);
	return pen_reader_ok(r) ? add_stub(decode, header, call, r, true) : PEN_E_BAD_DATA;
}

static int put_response(struct decode *decode, const struct pen_pdu_header *header,
			struct pen_reader *r)
{
	struct decode_call *call = find_call(decode, header->call_id);

	tool_json_number(decode->json, "alloc_hint", pen_reader_u32(r));
	tool_json_number(decode->json, "context_id", pen_reader_u16(r));
	tool_json_number(decode->json, "cancel_count", pen_reader_u8(r));
	pen_reader_u8(r);
	put_operation(decode, call);
	return pen_reader_ok(r) ? add_stub(decode, header, call, r, false) : PEN_E_BAD_DATA;
}

static int put_fault(struct decode *decode, const struct pen_pdu_header *header,
		     struct pen_reader *r)
{
	uint32_t alloc_hint = pen_reader_u32(r);
	uint32_t status;
	uint8_t fault_flags;

	tool_json_number(decode->json, "alloc_hint", alloc_hint);
	tool_json_number(decode->json, "context_id", pen_reader_u16(r));
	tool_json_number(decode->json, "cancel_count", pen_reader_u8(r));
	fault_flags = pen_reader_u8(r);
	put_operation(decode, find_call(decode, header->call_id));
	if (decode->is_sealed)
		return pen_reader_ok(r) ? 0 : PEN_E_BAD_DATA;
	status = pen_reader_u32(r);
	tool_json_number(decode->json, "status", status);
	tool_json_text(decode->json, "status_name", tool_status_name(status));
	tool_json_text(decode->json, "status_text", tool_status_text(status));
	if (!pen_reader_ok(r))
		return PEN_E_BAD_DATA;
	pen_reader_bytes(r, 4);
	tool_json_eerr_bytes(decode->json, pen_fault_eerr(fault_flags, alloc_hint,
							  pen_reader_slice(r, pen_reader_left(r))));
	return 0;
}

static int put_body(struct decode *decode, const struct pen_pdu_header *header,
		    struct pen_reader *r)
{
	int result = 0;

	switch (header->ptype) {
	case PEN_PDU_BIND:
	case PEN_PDU_ALTER_CONTEXT:
		decode_bind(decode, r);
		break;
	case PEN_PDU_BIND_ACK:
	case PEN_PDU_ALTER_CONTEXT_RESP:
		decode_bind_ack(decode, r);
		break;
	case PEN_PDU_BIND_NAK:
		tool_json_number(decode->json, "reason", pen_reader_u16(r));
		if (!pen_reader_ok(r))
			return PEN_E_BAD_DATA;
		tool_json_eerr_bytes(decode->json, pen_nak_eerr(r));
		return 0;
	case PEN_PDU_REQUEST:
		result = put_request(decode, header, r);
		break;
	case PEN_PDU_RESPONSE:
		result = put_response(decode, header, r);
		break;
	case PEN_PDU_FAULT:
		result = put_fault(decode, header, r);
		break;
	default: /* no body, or one that only its mechanism can read */
		break;
	}
	return result ? result : pen_reader_ok(r) ? 0 : PEN_E_BAD_DATA;
}

static void put_header(struct pen_buffer *json, const struct pen_pdu_header *header)
{
	bool is_first = true;

	if (strcmp(pen_pdu_name(header->ptype), "PDU"))
		tool_json_text(json, "ptype", pen_pdu_name(header->ptype));
	else
		tool_json_number(json, "ptype", header->ptype);
	pen_buffer_printf(json, ",\"rpc_vers\":\"%u.%u\",\"flags\":[", header->rpc_vers,
			  header->rpc_vers_minor);
	for (size_t i = 0; i < PEN_COUNT(flags); i++)
		if (header->flags & flags[i].bit) {
			pen_buffer_printf(json, "%s\"%s\"", is_first ? "" : ",", flags[i].name);
			is_first = false;
		}
	pen_buffer_printf(json, "]");
	tool_json_text(json, "byte_order", header->is_big_endian ? "big" : "little");
	tool_json_number(json, "frag_length", header->frag_length);
	tool_json_number(json, "auth_length", header->auth_length);
	tool_json_number(json, "call_id", header->call_id);
}

static void put_trailer(struct decode *decode, const struct pen_sec_trailer *trailer)
{
	struct pen_buffer *json = decode->json;

	pen_buffer_printf(json, ",\"auth\":{");
	tool_json_number(json, "auth_type", trailer->auth_type);
	tool_json_number(json, "auth_level", trailer->auth_level);
	tool_json_number(json, "auth_pad_length", trailer->auth_pad_length);
	tool_json_number(json, "auth_context_id", trailer->auth_context_id);
	decode_put_bytes(decode, "auth_value", trailer->auth_value.data, trailer->auth_value.size);
	pen_buffer_printf(json, "}");
}

/* Whether any context is of the interface that is looked for. */
static bool has_wanted(const struct decode *decode)
{
	if (!decode->wanted_interface)
		return true;
	for (size_t i = 0; i < decode->n_contexts; i++)
		if (decode->contexts[i].interface == decode->wanted_interface)
			return true;
	return false;
}

/* Cuts the trailer off the body, and the padding where that can be told from the rest. */
static int take_trailer(struct decode *decode, const struct pen_pdu_header *header,
			const struct decode_protection *protection, struct pen_slice *body)
{
	bool is_verified = protection && !strcmp(protection->state, "verified");
	struct pen_sec_trailer trailer;
	int r = pen_sec_trailer_get(&trailer, header, body);

	if (r)
		return r;
	put_trailer(decode, &trailer);
	if (protection) {
		tool_json_text(decode->json, "protection", protection->state);
		if (protection->reason)
			tool_json_text(decode->json, "protection_reason", protection->reason);
	}
	decode->is_sealed = trailer.auth_level == PEN_AUTH_LEVEL_PRIVACY && !is_verified;
	if (!decode->is_sealed)
		body->size -= trailer.auth_pad_length;
	return 0;
}

int decode_members(struct decode *decode, const struct pen_pdu_header *header, const uint8_t *data,
		   const struct decode_protection *protection)
{
	struct pen_slice body = { .data = data + PEN_PDU_HEADER_SIZE,
				  .size = header->frag_length - PEN_PDU_HEADER_SIZE };
	struct pen_reader r;
	int result = 0;

	decode->is_sealed = false;
	put_header(decode->json, header);
	if (header->auth_length)
		result = take_trailer(decode, header, protection, &body);
	if (result)
		return result;
	pen_reader_init(&r, body.data, body.size);
	r.is_big_endian = header->is_big_endian;
	decode->is_wanted = false;
	result = put_body(decode, header, &r);
	if (header->ptype != PEN_PDU_REQUEST && header->ptype != PEN_PDU_RESPONSE &&
	    header->ptype != PEN_PDU_FAULT)
		decode->is_wanted = !decode->wanted_operation && has_wanted(decode);
	return result;
}

int decode_pdu(struct decode *decode, const struct pen_pdu_header *header, const uint8_t *data,
	       const struct decode_protection *protection)
{
	int r;

	pen_buffer_printf(decode->json, "{");
	r = decode_members(decode, header, data, protection);
	return r ? r : pen_buffer_printf(decode->json, "}");
}
