/* SPDX-License-Identifier: MIT */
#include "tool/callback.h"
#include "base/spelling.h"
#include "ndr/json.h"
#include "ndr/number.h"
#include "runtime/call.h"
#include <errno.h>
#include <penstock/status.h>
#include <string.h>

/* ---- what serves them ---- */

/* Says on standard error what the server asks, which else nobody would see. */
static void tell(const struct pen_call *call, const void *in)
{
	const struct pen_scope scope = { .in = in };
	struct pen_buffer json = { 0 };

	if (!pen_ndr_to_json(call->operation->in, &scope, in, &json, NULL))
		fprintf(stderr, "callback %s %.*s\n", call->operation->name, (int)json.size,
			(const char *)json.data);
	pen_buffer_done(&json);
}

static int refuse(struct pen_call *call, uint32_t fault, const char *why)
{
	fprintf(stderr, "penstock: the callback %s: %s.\n", call->operation->name, why);
	return pen_call_fail(call, fault, "%s", why);
}

static int serve(const void *functions, struct pen_call *call, const void *in, void *out)
{
	const struct pen_scope scope = { .in = in, .out = out };
	struct callbacks *callbacks = pen_call_data(call);
	struct callback_row *row = &callbacks->rows[call->opnum];
	struct pen_ndr_error error = { "" };
	const struct callback_answer *answer;
	int r;

	tell(call, in);
	if (!row->n)
		return refuse(call, PEN_FAULT_OP_RNG_ERROR, "the script has no answer");
	answer = &row->answers[row->next];
	if (row->next + 1 < row->n)
		row->next++;
	if (answer->is_fault)
		return pen_call_fail(call, answer->fault, "as the script says");
	r = pen_ndr_from_json(call->operation->out, &scope, answer->json, answer->n, out,
			      pen_call_arena(call), &error);
	return r > 0 ? refuse(call, PEN_FAULT_UNSPEC, error.text) : r;
}

/* ---- the script ---- */

/* Steps over blanks, and over what stands between the parts of what is known to be JSON. */
static const char *skip(const char *text, const char *between)
{
	while (*text && (strchr(" \t\r\n", *text) || strchr(between, *text)))
		text++;
	return text;
}

/* A node and its text, which begins there. */
static int take_answer(struct tool *tool, const struct pen_json *node, const char *text,
		       struct callback_answer *answer)
{
	const struct pen_json *fault;

	if (node->kind != PEN_JSON_OBJECT)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "an answer to a callback is an object, or a list of objects");
	*answer = (struct callback_answer){ .json = text, .n = tool_json_size(text, strlen(text)) };
	fault = pen_json_find(node, "$fault");
	if (!fault)
		return TOOL_OK;
	answer->is_fault = true;
	if (fault->kind != PEN_JSON_NUMBER || node->n != 1 ||
	    !pen_number_parse(&pen_type_u32, fault->text, fault->n_text, &answer->fault) ||
	    !answer->fault)
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "$fault of a callback is a number, and alone");
	return TOOL_OK;
}

static int take_answers(struct tool *tool, const struct pen_json *node, const char *text,
			struct callback_row *row)
{
	bool is_list = node->kind == PEN_JSON_ARRAY;
	const struct pen_json *item = is_list ? node->items : node;
	size_t n = is_list ? node->n : 1;
	struct callback_answer *answers =
		pen_arena_array(&tool->arena, n ? n : 1, sizeof(*answers));
	int r = answers ? TOOL_OK : tool_fail_result(tool, -ENOMEM);

	text += is_list;
	for (size_t i = 0; !r && i < n; i++, item = item->next) {
		text = skip(text, ",");
		r = take_answer(tool, item, text, &answers[i]);
		text += answers[i].n;
	}
	*row = (struct callback_row){ .answers = answers, .n = n };
	return r;
}

static int find_callback(struct tool *tool, const struct pen_interface *interface,
			 const struct pen_json *member, uint32_t *numberp)
{
	struct pen_spelling spelling = { 0 };
	char name[128];

	snprintf(name, sizeof(name), "%.*s", (int)member->n_name, member->name);
	spelling.word = name;
	for (uint32_t i = 0; i < interface->n_callbacks; i++) {
		const char *other = interface->callbacks[i].name;

		if (other && !strcmp(other, name)) {
			*numberp = i;
			return TOOL_OK;
		}
		if (other)
			pen_spelling_try(&spelling, other);
	}
	return tool_fail(tool, TOOL_USAGE, NULL, "%s has no callback %s%s%s%s", interface->name,
			 name, spelling.nearest ? "; did you mean " : "",
			 spelling.nearest ? spelling.nearest : "", spelling.nearest ? "?" : "");
}

static int take_script(struct tool *tool, struct callbacks *callbacks, const char *text)
{
	const struct pen_json *member;
	struct pen_json *script = NULL;
	size_t at = 0;
	int r = pen_json_parse(&script, text, strlen(text), &tool->arena, &at);

	if (r == PEN_E_SYNTAX || (!r && script->kind != PEN_JSON_OBJECT))
		return tool_fail(tool, TOOL_USAGE, NULL,
				 "the script of callbacks is no JSON object, from byte %zu on", at);
	if (r)
		return tool_fail_result(tool, r);
	text = skip(text, "{");
	for (member = script->items; !r && member; member = member->next) {
		uint32_t number = 0;

		r = find_callback(tool, &callbacks->interface, member, &number);
		text = skip(text, ",");
		text = skip(text + tool_json_size(text, strlen(text)), ":");
		if (!r)
			r = take_answers(tool, member, text, &callbacks->rows[number]);
		text += tool_json_size(text, strlen(text));
	}
	return r;
}

static struct callbacks *new_callbacks(struct tool *tool, const struct pen_interface *interface)
{
	struct callbacks *callbacks = pen_arena_zalloc(&tool->arena, sizeof(*callbacks));
	struct pen_operation *operations =
		pen_arena_array(&tool->arena, interface->n_callbacks + 1, sizeof(*operations));

	if (!callbacks || !operations)
		return NULL;
	for (uint32_t i = 0; i < interface->n_callbacks; i++) {
		operations[i] = interface->callbacks[i];
		operations[i].dispatch = serve;
	}
	callbacks->interface = *interface;
	callbacks->interface.callbacks = operations;
	callbacks->rows =
		pen_arena_array(&tool->arena, interface->n_callbacks + 1, sizeof(*callbacks->rows));
	return callbacks->rows ? callbacks : NULL;
}

int callbacks_load(struct callbacks **callbacksp, struct tool *tool, const char *source,
		   const struct pen_interface *interface)
{
	bool is_json = *skip(source, "") == '{';
	const char *path = is_json ? source : pen_arena_printf(&tool->arena, "@%s", source);
	struct callbacks *callbacks = new_callbacks(tool, interface);
	struct pen_buffer json = { 0 };
	const char *text = NULL;
	int r;

	if (!path || !callbacks)
		return tool_fail_result(tool, -ENOMEM);
	if (!interface->n_callbacks)
		return tool_fail(tool, TOOL_USAGE, NULL, "%s has no callbacks", interface->name);
	r = tool_read_json(tool, path, &json);
	if (!r)
		text = pen_arena_text(&tool->arena, (const char *)json.data, json.size);
	pen_buffer_done(&json);
	if (!r && !text)
		r = tool_fail_result(tool, -ENOMEM);
	if (!r)
		r = take_script(tool, callbacks, text);
	*callbacksp = callbacks;
	return r;
}
