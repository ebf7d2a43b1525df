/* SPDX-License-Identifier: MIT */
/* Extended errors, as they are told beside an error, and of PDUs that are decoded. */
#include "tool/tool.h"
#include <penstock/eerr.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INDENT_MAX = 16 };

/* From 1601 to 1970, in seconds. */
#define EPOCH_OF_UNIX UINT64_C(11644473600)

void tool_print_eerr(const struct pen_eerr *chain)
{
	const char *before = "";
	struct pen_buffer text;
	int indent = 2;

	pen_buffer_init(&text, 0);
	for (; chain; chain = chain->next, before = "after ") {
		text.size = 0;
		if (pen_eerr_print(chain, &text))
			break;
		fprintf(stderr, "%*s%s%.*s\n", indent, "", before, (int)text.size,
			(const char *)text.data);
		indent += indent < INDENT_MAX ? 2 : 0;
	}
	pen_buffer_done(&text);
}

static void put_time(struct pen_buffer *json, uint64_t time)
{
	time_t seconds = (time_t)(time / 10000000 - EPOCH_OF_UNIX);
	char text[64], whole[96];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
		return;
	snprintf(whole, sizeof(whole), "%s.%03uZ", text, (unsigned)(time / 10000 % 1000));
	tool_json_text(json, "time", whole);
}

static void put_param(struct pen_buffer *json, const struct pen_eerr_param *param)
{
	switch (param->kind) {
	case PEN_EERR_ANSI:
	case PEN_EERR_UNICODE:
		tool_json_string(json, param->text ? param->text : "");
		break;
	case PEN_EERR_LONG:
	case PEN_EERR_SHORT:
		pen_buffer_printf(json, "%lld", (long long)param->number);
		break;
	case PEN_EERR_POINTER:
		pen_buffer_printf(json, "%llu", (unsigned long long)param->number);
		break;
	case PEN_EERR_BINARY:
		pen_buffer_printf(json, "{\"hex\":\"");
		for (size_t i = 0; i < param->bytes.size; i++)
			pen_buffer_printf(json, "%02x", param->bytes.data[i]);
		pen_buffer_printf(json, "\"}");
		break;
	default:
		pen_buffer_printf(json, "null");
		break;
	}
}

static void put_record(struct pen_buffer *json, const struct pen_eerr *record)
{
	const char *component = pen_eerr_component_name(record->component);
	const char *status = tool_status_name(record->status);

	pen_buffer_printf(json, "{");
	if (record->computer)
		tool_json_text(json, "computer", record->computer);
	if (record->process_id)
		tool_json_number(json, "process_id", record->process_id);
	if (record->time)
		put_time(json, record->time);
	tool_json_number(json, "component", record->component);
	if (component)
		tool_json_text(json, "component_name", component);
	tool_json_number(json, "status", record->status);
	if (status)
		tool_json_text(json, "status_name", status);
	tool_json_number(json, "location", record->location);
	if (record->flags & PEN_EERR_PREVIOUS_MISSING)
		tool_json_bool(json, "previous_missing", true);
	if (record->flags & PEN_EERR_NEXT_MISSING)
		tool_json_bool(json, "next_missing", true);
	pen_buffer_printf(json, ",\"parameters\":[");
	for (uint32_t i = 0; i < record->n_params; i++) {
		if (i)
			pen_buffer_printf(json, ",");
		put_param(json, &record->params[i]);
	}
	pen_buffer_printf(json, "]}");
}

void tool_json_eerr(struct pen_buffer *json, const struct pen_eerr *chain)
{
	pen_buffer_printf(json, ",\"extended_errors\":[");
	for (const struct pen_eerr *record = chain; record; record = record->next) {
		if (record != chain)
			pen_buffer_printf(json, ",");
		put_record(json, record);
	}
	pen_buffer_printf(json, "]");
}

void tool_json_eerr_bytes(struct pen_buffer *json, struct pen_slice eerr)
{
	struct pen_ndr_error error = { "" };
	const struct pen_eerr *chain;
	struct pen_arena arena;

	if (!eerr.data)
		return;
	pen_arena_init(&arena, 0);
	if (pen_eerr_get(&chain, eerr.data, eerr.size, &arena, &error))
		tool_json_text(json, "extended_errors_error", error.text);
	else
		tool_json_eerr(json, chain);
	pen_arena_done(&arena);
}
