/* SPDX-License-Identifier: MIT */
#include "tool/trace-show.h"
#include "rpc/auth.h"
#include "tool/decode.h"
#include <errno.h>
#include <inttypes.h>
#include <penstock/binding.h>
#include <penstock/status.h>
#include <string.h>
#include <time.h>

enum { ARENA_MAX = 64 << 20, TIME_SIZE = 40 };

/* What the tables say of a call. */
struct known {
	struct pen_syntax_id id;
	const struct pen_interface *interface; /* NULL: none that we know */
	const struct pen_operation *operation; /* the same */
};

static struct known known_of(const struct tool *tool, const struct trace_call *call)
{
	struct known known = { .id = { .major = call->major, .minor = call->minor } };

	memcpy(&known.id.uuid, &call->uuid, sizeof(known.id.uuid));
	known.interface = tool_interface_by_id(tool, &known.id);
	if (known.interface && call->opnum < known.interface->n_operations &&
	    known.interface->operations[call->opnum].name)
		known.operation = &known.interface->operations[call->opnum];
	return known;
}

/* ---- parameters ---- */

/* A stub by its table, if all of it is there. */
static int put_stub(struct decode *decode, const struct known *known, bool is_in,
		    const struct trace_call *call, const void *in, struct pen_arena *arena,
		    void **valuep)
{
	const struct trace_stub *stub = is_in ? &call->request : &call->answer;
	struct pen_layout layout = { .transfer = call->is_ndr64 ? PEN_NDR64 : PEN_NDR,
				     .is_big_endian = is_in && call->is_big_endian };
	int r;

	tool_json_number(decode->json, is_in ? "n_in" : "n_out", stub->size);
	if (!known->operation || call->is_stream || stub->n_bytes < stub->size)
		return 0;
	r = decode_stub(decode, known->operation, is_in, layout, in, stub->bytes, stub->n_bytes,
			arena, valuep);
	return r < 0 ? r : 0;
}

/* Of an answer whose request cannot be read, neither can be what depends on it. */
static int put_parameters(struct decode *decode, const struct known *known,
			  const struct trace_call *call)
{
	struct pen_arena arena;
	void *in = NULL;
	int r;

	pen_arena_init(&arena, ARENA_MAX);
	r = put_stub(decode, known, true, call, NULL, &arena, &in);
	if (!r && call->outcome == trace_ANSWERED)
		r = put_stub(decode, known, false, call, in, &arena, NULL);
	pen_arena_done(&arena);
	return r;
}

/* ---- JSON ---- */

static const char *const outcomes[] = {
	[trace_ANSWERED] = "answered",
	[trace_FAULTED] = "faulted",
	[trace_ABANDONED] = "abandoned",
};

static const char *outcome_of(const struct trace_call *call)
{
	return (unsigned)call->outcome < PEN_COUNT(outcomes) ? outcomes[call->outcome] : "?";
}

static void print_time(char text[TIME_SIZE], const char *format, int64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm tm = { 0 };
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(text, TIME_SIZE - 8, format, &tm);
	snprintf(text + n, TIME_SIZE - n, ".%06u", (unsigned)((uint64_t)ns % 1000000000 / 1000));
}

static void put_uuid(struct pen_buffer *json, const char *name, const struct pen_uuid *uuid)
{
	char text[PEN_UUID_TEXT_SIZE];

	pen_uuid_print(uuid, text);
	tool_json_text(json, name, text);
}

static void put_who(struct pen_buffer *json, const struct trace_call *call)
{
	const char *protseq = (unsigned)call->protseq <= PEN_NCALRPC
				      ? pen_protseq_name((enum pen_protseq)call->protseq)
				      : "?";

	tool_json_text(json, "user", call->user);
	tool_json_text(json, "address", call->address);
	tool_json_text(json, "protseq", protseq);
	tool_json_text(json, "level", pen_auth_level_name((uint8_t)call->auth_level));
	tool_json_number(json, "auth_type", (uint8_t)call->auth_type);
	tool_json_number(json, "process", call->process);
	tool_json_number(json, "assoc_group_id", call->assoc_group_id);
	tool_json_number(json, "call_id", call->call_id);
}

static void put_what(struct pen_buffer *json, const struct trace_call *call,
		     const struct known *known)
{
	if (known->operation)
		pen_buffer_printf(json, ",\"operation\":\"%s.%s\"", known->interface->name,
				  known->operation->name);
	put_uuid(json, "interface", &known->id.uuid);
	pen_buffer_printf(json, ",\"version\":\"%u.%u\"", call->major, call->minor);
	tool_json_number(json, "opnum", call->opnum);
	if (call->object) {
		struct pen_uuid object;

		memcpy(&object, call->object, sizeof(object));
		put_uuid(json, "object", &object);
	}
	tool_json_text(json, "transfer", call->is_ndr64 ? "NDR64" : "NDR");
	if (call->is_stream)
		tool_json_bool(json, "stream", true);
}

int trace_json(struct tool *tool, const struct trace_call *call, struct pen_buffer *json)
{
	const struct known known = known_of(tool, call);
	struct decode decode = { .tool = tool, .json = json };
	char time[TIME_SIZE];
	int r;

	print_time(time, "%Y-%m-%dT%H:%M:%S", call->time);
	pen_buffer_printf(json, "{\"time\":\"%sZ\"", time);
	tool_json_number(json, "duration_ns", (uint64_t)call->duration);
	put_what(json, call, &known);
	put_who(json, call);
	tool_json_text(json, "outcome", outcome_of(call));
	if (call->outcome == trace_FAULTED) {
		tool_json_number(json, "status", call->status);
		tool_json_text(json, "status_name", tool_status_name(call->status));
	}
	r = put_parameters(&decode, &known, call);
	return r ? r : pen_buffer_printf(json, "}");
}

/* ---- a line ---- */

/* What a peer chose is not for a terminal to obey: printable ASCII, and bytes of UTF-8 above. */
static void put_name(struct pen_buffer *line, const char *text)
{
	for (; *text; text++) {
		uint8_t c = (uint8_t)*text;
		bool is_control = c < ' ' || c == 0x7f || (c == 0xc2 && (uint8_t)text[1] < 0xa0);

		pen_buffer_add(line, is_control ? "?" : (const char *)&c, 1);
		text += c == 0xc2 && is_control && text[1];
	}
}

/* The operation's own result, where it is a status, which comes last in its answer. */
static bool get_result(const struct known *known, const struct trace_call *call, uint32_t *resultp)
{
	const struct pen_type *out = known->operation ? known->operation->out : NULL;
	const struct trace_stub *answer = &call->answer;
	const struct pen_field *last =
		out && out->n_fields ? &out->fields[out->n_fields - 1] : NULL;
	const uint8_t *bytes = answer->bytes;

	if (!last || !last->is_retval || call->is_stream || answer->n_bytes < answer->size ||
	    answer->size < 4 ||
	    (last->type->kind != PEN_I32 && last->type->kind != PEN_U32 &&
	     last->type->kind != PEN_ERROR_STATUS))
		return false;
	bytes += answer->size - 4;
	*resultp = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
		   (uint32_t)bytes[3] << 24;
	return true;
}

static void put_status(struct pen_buffer *line, const char *what, uint32_t status)
{
	const char *name = tool_status_name(status);

	pen_buffer_printf(line, "  %s", what);
	if (name)
		pen_buffer_printf(line, " %s", name);
	else
		pen_buffer_printf(line, " 0x%08" PRIx32, status);
}

static void put_end(struct pen_buffer *line, const struct known *known,
		    const struct trace_call *call)
{
	uint32_t result = 0;

	if (call->outcome == trace_FAULTED)
		put_status(line, "fault", call->status);
	else if (call->outcome != trace_ANSWERED)
		pen_buffer_printf(line, "  %s", outcome_of(call));
	else if (get_result(known, call, &result) && result)
		put_status(line, "result", result);
}

int trace_line(struct tool *tool, const struct trace_call *call, struct pen_buffer *line)
{
	const struct known known = known_of(tool, call);
	char text[PEN_UUID_TEXT_SIZE];
	char time[TIME_SIZE];

	print_time(time, "%H:%M:%S", call->time);
	pen_buffer_printf(line, "%s  ", time);
	if (known.operation) {
		pen_buffer_printf(line, "%s.%s", known.interface->name, known.operation->name);
	} else {
		pen_uuid_print(&known.id.uuid, text);
		pen_buffer_printf(line, "%s.%u", known.interface ? known.interface->name : text,
				  call->opnum);
	}
	pen_buffer_printf(line, "  ");
	put_name(line, call->user);
	pen_buffer_printf(line, "  ");
	put_name(line, call->address);
	pen_buffer_printf(line, "  %s  %.3f ms", pen_auth_level_name((uint8_t)call->auth_level),
			  (double)call->duration / 1e6);
	put_end(line, &known, call);
	return pen_buffer_reserve(line, 1);
}
