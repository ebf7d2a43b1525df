/* SPDX-License-Identifier: MIT */
/* penstock policy suggest: from the calls that a server recorded to a policy. */
#include "ndr/json.h"
#include "policy/rule.h"
#include "policy/suggest.h"
#include "tool/policy.h"
#include <errno.h>
#include <penstock/binding.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_MAX = 64 << 20, RECORDS_MAX = 1 << 20 };

struct log {
	struct pen_policy_record *records;
	size_t n, capacity;
};

/* ---- a line ---- */

/* NULL: it is not there, or null, or no text that a record can have. */
static const char *text_of(struct tool *tool, const struct pen_json *object, const char *name)
{
	const struct pen_json *member = pen_json_find(object, name);
	bool is_bad = false;

	if (!member || member->kind != PEN_JSON_STRING)
		return NULL;
	return pen_json_string(member, false, &tool->arena, &is_bad);
}

static bool number_of(const struct pen_json *object, const char *name, uint64_t max,
		      uint64_t *numberp)
{
	const struct pen_json *member = pen_json_find(object, name);
	uint64_t number = 0;

	if (!member || member->kind != PEN_JSON_NUMBER || !member->n_text || member->n_text > 18)
		return false;
	for (size_t i = 0; i < member->n_text; i++) {
		if (member->text[i] < '0' || member->text[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(member->text[i] - '0');
	}
	*numberp = number;
	return number <= max;
}

static bool level_of(const char *text, uint8_t *levelp)
{
	for (uint8_t i = 0; text && i < PEN_RULE_N_LEVELS; i++)
		if (pen_rule_level_name(i) && !strcmp(pen_rule_level_name(i), text)) {
			*levelp = i;
			return true;
		}
	return false;
}

static bool read_record(struct tool *tool, const struct pen_json *object,
			struct pen_policy_record *record)
{
	const char *interface, *transport;
	uint64_t opnum;

	if (object->kind != PEN_JSON_OBJECT)
		return false;
	interface = text_of(tool, object, "interface");
	transport = text_of(tool, object, "transport");
	record->interface_name = text_of(tool, object, "interface_name");
	record->operation = text_of(tool, object, "operation");
	record->identity = text_of(tool, object, "identity");
	if (!interface || !transport || !record->identity ||
	    pen_uuid_parse(&record->interface, interface) ||
	    pen_protseq_parse(&record->protseq, transport, strlen(transport)) ||
	    !number_of(object, "opnum", UINT16_MAX, &opnum) ||
	    !number_of(object, "calls", UINT64_MAX, &record->n_calls))
		return false;
	record->opnum = (uint16_t)opnum;
	return level_of(text_of(tool, object, "level"), &record->auth_level);
}

/* ---- lines ---- */

static int add_record(struct tool *tool, struct log *log, struct pen_policy_record **recordp)
{
	if (log->n == log->capacity) {
		size_t capacity = log->capacity ? log->capacity * 2 : 256;
		void *grown = realloc(log->records, capacity * sizeof(*log->records));

		if (!grown)
			return tool_fail_result(tool, -ENOMEM);
		log->records = grown;
		log->capacity = capacity;
	}
	if (log->n == RECORDS_MAX)
		return tool_fail(tool, TOOL_USAGE, NULL, "the log has more than %d lines",
				 RECORDS_MAX);
	*recordp = &log->records[log->n++];
	**recordp = (struct pen_policy_record){ .n_calls = 0 };
	return TOOL_OK;
}

static int read_line(struct tool *tool, const char *line, size_t n, struct log *log,
		     const char *path, size_t number)
{
	struct pen_policy_record *record = NULL;
	struct pen_json *object;
	size_t wrong_at;
	int r = add_record(tool, log, &record);

	if (r)
		return r;
	if (pen_json_parse(&object, line, n, &tool->arena, &wrong_at) ||
	    !read_record(tool, object, record))
		return tool_fail(tool, TOOL_USAGE,
				 "penstockd writes it where [policy] record says.",
				 "%s:%zu: this is no recorded call", path, number);
	return TOOL_OK;
}

static int read_lines(struct tool *tool, const char *path, const struct pen_buffer *text,
		      struct log *log)
{
	size_t n, number = 1;
	int r = TOOL_OK;

	for (size_t at = 0; !r && at < text->size; at += n + 1, number++) {
		const char *line = (const char *)text->data + at;
		const char *newline = memchr(line, '\n', text->size - at);

		n = newline ? (size_t)(newline - line) : text->size - at;
		if (n)
			r = read_line(tool, line, n, log, path, number);
	}
	return r;
}

static int suggest(struct tool *tool, const struct log *log)
{
	struct pen_buffer text, json;
	int r;

	pen_buffer_init(&text, 0);
	pen_buffer_init(&json, 0);
	r = pen_policy_suggest(log->records, log->n, &text);
	if (r == PEN_E_LIMIT)
		r = tool_fail(tool, TOOL_FAILED, NULL,
			      "these are more calls than a policy can name");
	else if (r || pen_buffer_add(&text, "", 1))
		r = tool_fail_result(tool, -ENOMEM);
	else if (!tool->is_json)
		fputs((const char *)text.data, stdout);
	else if (pen_buffer_printf(&json, "{") ||
		 tool_json_text(&json, "policy", (const char *)text.data) ||
		 pen_buffer_printf(&json, "}"))
		r = tool_fail_result(tool, -ENOMEM);
	else
		r = tool_print_json(tool, &json);
	pen_buffer_done(&text);
	pen_buffer_done(&json);
	return r;
}

int policy_suggest(struct tool *tool, int argc, char **argv)
{
	const char *path = argc ? argv[0] : "-";
	struct log log = { .n = 0 };
	struct pen_buffer text;
	int r;

	pen_buffer_init(&text, 0);
	r = tool_read(path, LOG_MAX, &text);
	if (r)
		r = tool_fail(tool, TOOL_USAGE, NULL, "cannot read %s: %s", path,
			      r < 0 ? strerror(-r) : "it is larger than 64 MiB");
	if (!r)
		r = read_lines(tool, path, &text, &log);
	if (!r)
		r = suggest(tool, &log);
	free(log.records);
	pen_buffer_done(&text);
	return r;
}
