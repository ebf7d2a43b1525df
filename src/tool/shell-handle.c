/* SPDX-License-Identifier: MIT */
#include "tool/shell.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct shell_handle *shell_find_handle(const struct shell *shell, const char *name, size_t n)
{
	struct shell_handle *handle = shell->handles;

	while (handle && (strlen(handle->name) != n || memcmp(handle->name, name, n) != 0))
		handle = handle->next;
	return handle;
}

static bool is_same(const struct pen_context_handle *a, const struct pen_context_handle *b)
{
	return a->attributes == b->attributes && pen_uuid_equal(&a->uuid, &b->uuid);
}

static bool is_none(const struct pen_context_handle *handle)
{
	return !handle->attributes && pen_uuid_is_nil(&handle->uuid);
}

/* ---- in what is sent ---- */

static size_t name_length(const char *text, size_t n)
{
	size_t length = 0;

	while (length < n && (isalnum((unsigned char)text[length]) || text[length] == '_'))
		length++;
	return length;
}

static int put_handle(struct shell *shell, const char *name, size_t n, struct pen_buffer *out)
{
	const struct shell_handle *handle = shell_find_handle(shell, name, n);
	char uuid[PEN_UUID_TEXT_SIZE];

	if (!handle)
		return tool_fail(shell->tool, TOOL_USAGE, "\"handles\" lists those there are.",
				 "there is no handle $%.*s", (int)n, name);
	pen_uuid_print(&handle->handle.uuid, uuid);
	return pen_buffer_printf(out, "\"%" PRIu32 ":%s\"", handle->handle.attributes, uuid)
		       ? tool_fail_result(shell->tool, -ENOMEM)
		       : TOOL_OK;
}

/* How long the text is that begins with a quote. */
static size_t text_length(const char *json, size_t n)
{
	size_t i = 1;

	while (i < n && json[i] != '"')
		i += json[i] == '\\' ? 2 : 1;
	return i + 1 < n ? i + 1 : n;
}

int shell_put_handles(struct shell *shell, const char *json, size_t n, struct pen_buffer *out)
{
	int r = TOOL_OK;

	for (size_t i = 0; !r && i < n;) {
		size_t length = json[i] == '"' ? text_length(json + i, n - i) : 1;

		if (json[i] == '$') {
			length = 1 + name_length(json + i + 1, n - i - 1);
			r = put_handle(shell, json + i + 1, length - 1, out);
		} else if (length > 3 && json[i + 1] == '$' &&
			   shell_find_handle(shell, json + i + 2, length - 3)) {
			r = put_handle(shell, json + i + 2, length - 3, out);
		} else if (pen_buffer_add(out, json + i, length)) {
			r = tool_fail_result(shell->tool, -ENOMEM);
		}
		i += length;
	}
	return r;
}

/* ---- in what comes ---- */

static const struct pen_context_handle *handle_of(const struct pen_field *field, const void *values)
{
	const void *value = (const char *)values + field->offset;

	if (field->type->kind == PEN_POINTER && field->type->element->kind == PEN_HANDLE)
		return *(void *const *)value;
	return field->type->kind == PEN_HANDLE ? value : NULL;
}

static const struct pen_context_handle *given(const struct dynamic *dynamic, const char *name)
{
	const struct pen_type *in = dynamic->operation->in;

	for (uint32_t i = 0; i < in->n_fields; i++)
		if (!strcmp(in->fields[i].name, name))
			return handle_of(&in->fields[i], dynamic->in);
	return NULL;
}

static struct shell_handle **find_value(struct shell *shell,
					const struct pen_context_handle *handle)
{
	struct shell_handle **p = &shell->handles;

	while (*p && ((*p)->at->client != shell->link->client || !is_same(&(*p)->handle, handle)))
		p = &(*p)->next;
	return p;
}

static void remove_handle(struct shell_handle **p)
{
	struct shell_handle *handle = *p;

	*p = handle->next;
	free(handle);
}

static int add(struct shell *shell, const char *type, const struct pen_context_handle *value,
	       const char *name)
{
	struct shell_handle *old = name ? shell_find_handle(shell, name, strlen(name)) : NULL;
	struct shell_handle **tail = &shell->handles, *handle;

	for (; old && *tail != old; tail = &(*tail)->next)
		;
	if (old)
		remove_handle(tail);
	handle = calloc(1, sizeof(*handle));
	if (!handle)
		return tool_fail_result(shell->tool, -ENOMEM);
	shell->n_handles++;
	if (name)
		snprintf(handle->name, sizeof(handle->name), "%s", name);
	else
		snprintf(handle->name, sizeof(handle->name), "h%u", shell->n_handles);
	snprintf(handle->type, sizeof(handle->type), "%s", type);
	handle->at = shell->link;
	handle->handle = *value;
	for (tail = &shell->handles; *tail; tail = &(*tail)->next)
		;
	*tail = handle;
	if (!shell->tool->is_json)
		printf("$%s = %s\n", handle->name, handle->type);
	return TOOL_OK;
}

int shell_learn_handles(struct shell *shell, const struct dynamic *dynamic, const char *name)
{
	const struct pen_type *out = dynamic->operation->out;
	int r = TOOL_OK;

	for (uint32_t i = 0; !r && i < out->n_fields; i++) {
		const struct pen_field *field = &out->fields[i];
		const struct pen_context_handle *value = handle_of(field, dynamic->out), *before;
		struct shell_handle **known;

		if (!value)
			continue;
		before = given(dynamic, field->name);
		known = before ? find_value(shell, before) : NULL;
		if (known && *known && !is_same(before, value))
			remove_handle(known);
		if (is_none(value) || *find_value(shell, value))
			continue;
		r = add(shell, field->name, value, name);
		name = NULL;
	}
	return r;
}

size_t shell_forget_handles(struct shell *shell, const struct shell_link *at)
{
	struct shell_handle **p = &shell->handles;
	size_t n = 0;

	while (*p) {
		if (at && (*p)->at->client != at->client) {
			p = &(*p)->next;
			continue;
		}
		remove_handle(p);
		n++;
	}
	return n;
}

int shell_list_handles(struct shell *shell)
{
	const struct shell_handle *handle;
	char uuid[PEN_UUID_TEXT_SIZE];
	struct pen_buffer json;
	int r;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "[");
	for (handle = shell->handles; handle; handle = handle->next) {
		pen_uuid_print(&handle->handle.uuid, uuid);
		if (!shell->tool->is_json)
			printf("$%-7s %s.%s  %" PRIu32 ":%s\n", handle->name,
			       handle->at->interface->name, handle->type, handle->handle.attributes,
			       uuid);
		pen_buffer_printf(&json, "%s{", handle == shell->handles ? "" : ",");
		tool_json_text(&json, "name", handle->name);
		tool_json_text(&json, "interface", handle->at->interface->name);
		tool_json_text(&json, "parameter", handle->type);
		pen_buffer_printf(&json, ",\"handle\":\"%" PRIu32 ":%s\"}",
				  handle->handle.attributes, uuid);
	}
	r = pen_buffer_printf(&json, "]") ? tool_fail_result(shell->tool, -ENOMEM) : TOOL_OK;
	if (!r && shell->tool->is_json)
		r = tool_print_json(shell->tool, &json);
	pen_buffer_done(&json);
	return r;
}
