/* SPDX-License-Identifier: MIT */
#include "tool/decode.h"

static void put_syntax(struct pen_buffer *json, const char *name, const struct pen_syntax_id *id)
{
	char uuid[PEN_UUID_TEXT_SIZE];

	pen_uuid_print(&id->uuid, uuid);
	pen_buffer_printf(json, "%s%s%s{\"uuid\":\"%s\",\"version\":\"%u.%u\"", name ? ",\"" : "",
			  name ? name : "", name ? "\":" : "", uuid, id->major, id->minor);
	if (pen_syntax_id_equal(id, &pen_syntax_ndr))
		tool_json_text(json, "name", "NDR");
	else if (pen_syntax_id_equal(id, &pen_syntax_ndr64))
		tool_json_text(json, "name", "NDR64");
	else if (pen_features_from_syntax(id) >= 0)
		tool_json_number(json, "features", (unsigned)pen_features_from_syntax(id));
	pen_buffer_printf(json, "}");
}

static struct decode_context *context_for(struct decode *decode, uint16_t id)
{
	for (size_t i = 0; i < decode->n_contexts; i++)
		if (decode->contexts[i].id == id)
			return &decode->contexts[i];
	if (decode->n_contexts == DECODE_CONTEXTS_MAX)
		return NULL;
	decode->contexts[decode->n_contexts].id = id;
	return &decode->contexts[decode->n_contexts++];
}

/* One p_cont_elem [C706 12.6.3.1]. */
static void put_context(struct decode *decode, struct pen_reader *r)
{
	uint16_t id = pen_reader_u16(r);
	uint8_t n = pen_reader_u8(r);
	struct pen_syntax_id abstract;
	struct decode_context *context;

	pen_reader_u8(r);
	abstract = pen_syntax_id_get(r);
	if (!pen_reader_ok(r))
		return;
	context = context_for(decode, id);
	pen_buffer_printf(decode->json, "{\"context_id\":%u", id);
	put_syntax(decode->json, "abstract", &abstract);
	if (context) {
		context->interface = tool_interface_by_id(decode->tool, &abstract);
		context->transfer = PEN_NDR;
		if (context->interface)
			tool_json_text(decode->json, "interface", context->interface->name);
	}
	if (decode->n_proposed < DECODE_CONTEXTS_MAX)
		decode->proposed[decode->n_proposed++] = id;
	pen_buffer_printf(decode->json, ",\"transfers\":[");
	for (uint8_t i = 0; i < n; i++) {
		struct pen_syntax_id transfer = pen_syntax_id_get(r);

		if (!pen_reader_ok(r))
			break;
		pen_buffer_printf(decode->json, "%s", i ? "," : "");
		put_syntax(decode->json, NULL, &transfer);
		if (context && !i && pen_syntax_id_equal(&transfer, &pen_syntax_ndr64))
			context->transfer = PEN_NDR64;
	}
	pen_buffer_printf(decode->json, "]}");
}

static void put_head(struct pen_buffer *json, struct pen_reader *r)
{
	tool_json_number(json, "max_xmit_frag", pen_reader_u16(r));
	tool_json_number(json, "max_recv_frag", pen_reader_u16(r));
	tool_json_number(json, "assoc_group_id", pen_reader_u32(r));
}

void decode_bind(struct decode *decode, struct pen_reader *r)
{
	uint8_t n;

	put_head(decode->json, r);
	n = pen_reader_u8(r);
	pen_reader_bytes(r, 3);
	decode->n_proposed = 0;
	pen_buffer_printf(decode->json, ",\"contexts\":[");
	for (uint8_t i = 0; i < n && pen_reader_ok(r); i++) {
		if (i)
			pen_buffer_printf(decode->json, ",");
		put_context(decode, r);
	}
	pen_buffer_printf(decode->json, "]");
}

static const char *const results[] = { "acceptance", "user_rejection", "provider_rejection",
				       "negotiate_ack" };
static const char *const reasons[] = { "reason_not_specified", "abstract_syntax_not_supported",
				       "proposed_transfer_syntaxes_not_supported",
				       "local_limit_exceeded" };

/* One p_result; what was accepted decides how stub data is read. */
static void put_result(struct decode *decode, struct pen_reader *r, uint8_t index)
{
	uint16_t result = pen_reader_u16(r);
	uint16_t reason = pen_reader_u16(r);
	struct pen_syntax_id transfer = pen_syntax_id_get(r);
	struct decode_context *context = NULL;

	if (!pen_reader_ok(r))
		return;
	pen_buffer_printf(decode->json, "%s{", index ? "," : "");
	if (index < decode->n_proposed) {
		context = context_for(decode, decode->proposed[index]);
		tool_json_number(decode->json, "context_id", decode->proposed[index]);
	}
	if (result < PEN_COUNT(results))
		tool_json_text(decode->json, "result", results[result]);
	else
		tool_json_number(decode->json, "result", result);
	if (result == PEN_ACK_NEGOTIATE_ACK)
		tool_json_number(decode->json, "features", reason);
	else if (result && reason < PEN_COUNT(reasons))
		tool_json_text(decode->json, "reason", reasons[reason]);
	else if (result)
		tool_json_number(decode->json, "reason", reason);
	if (!result) {
		put_syntax(decode->json, "transfer", &transfer);
		if (context)
			context->transfer = pen_syntax_id_equal(&transfer, &pen_syntax_ndr64)
						    ? PEN_NDR64
						    : PEN_NDR;
	}
	pen_buffer_printf(decode->json, "}");
}

void decode_bind_ack(struct decode *decode, struct pen_reader *r)
{
	struct pen_slice address;
	uint8_t n;

	put_head(decode->json, r);
	address = pen_reader_slice(r, pen_reader_u16(r));
	if (address.size && !address.data[address.size - 1])
		tool_json_text(decode->json, "secondary_address", (const char *)address.data);
	pen_reader_align(r, 4);
	n = pen_reader_u8(r);
	pen_reader_bytes(r, 3);
	pen_buffer_printf(decode->json, ",\"results\":[");
	for (uint8_t i = 0; i < n && pen_reader_ok(r); i++)
		put_result(decode, r, i);
	pen_buffer_printf(decode->json, "]");
}
