/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <penstock/binding.h>
#include <penstock/buffer.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { OPTIONS_MAX = 64 };

static const char *const protseq_names[] = {
	[PEN_NCACN_IP_TCP] = "ncacn_ip_tcp",
	[PEN_NCACN_NP] = "ncacn_np",
	[PEN_NCALRPC] = "ncalrpc",
};

const char *pen_protseq_name(enum pen_protseq protseq)
{
	return protseq_names[protseq];
}

int pen_protseq_parse(enum pen_protseq *protseqp, const char *name, size_t n)
{
	for (size_t i = 0; i < PEN_COUNT(protseq_names); i++) {
		if (strlen(protseq_names[i]) != n || strncasecmp(protseq_names[i], name, n) != 0)
			continue;
		*protseqp = (enum pen_protseq)i;
		return 0;
	}
	return PEN_E_NOT_FOUND;
}

static int refuse(struct pen_ndr_error *error, const char *text, const char *why)
{
	if (error)
		snprintf(error->text, sizeof(error->text), "\"%.80s\" is not a string binding: %s",
			 text, why);
	return PEN_E_SYNTAX;
}

/* What stands before the first of the stops that no backslash quotes; NULL: none stands. */
static const char *find_stop(const char *text, const char *stops)
{
	for (; *text; text++) {
		if (strchr(stops, *text))
			return text;
		if (*text == '\\' && text[1])
			text++;
	}
	return NULL;
}

/*
 * A copy without the backslashes that quote. One before a character that needs no
 * quoting is itself, as in \pipe\srvsvc; a doubled one is one.
 */
static char *unquote(struct pen_arena *arena, const char *text, size_t n)
{
	char *copy = pen_arena_text(arena, text, n);
	char *to = copy;

	for (size_t i = 0; copy && i < n; i++) {
		if (text[i] == '\\' && i + 1 < n && strchr("\\[],=@:", text[i + 1]))
			i++;
		*to++ = text[i];
	}
	if (copy)
		*to = '\0';
	return copy;
}

static int add_option(struct pen_binding *binding, const char *text, size_t n, const char *whole,
		      struct pen_ndr_error *error)
{
	struct pen_binding_option *option = &binding->options[binding->n_options];
	const char *equals = find_stop(text, "=");
	size_t n_name = equals && equals < text + n ? (size_t)(equals - text) : n;

	option->name = unquote(&binding->arena, text, n_name);
	if (!option->name)
		return -ENOMEM;
	if (n_name < n) {
		option->value = unquote(&binding->arena, text + n_name + 1, n - n_name - 1);
		if (!option->value)
			return -ENOMEM;
	}
	if (strcasecmp(option->name, "endpoint") != 0 || !option->value) {
		binding->n_options++;
		return 0;
	}
	if (binding->endpoint || !*option->value)
		return refuse(error, whole,
			      *option->value ? "a second endpoint" : "an endpoint is empty");
	binding->endpoint = option->value;
	return 0;
}

/* The part in brackets: an endpoint, unless it has an equals sign, and options. */
static int parse_bracket(struct pen_binding *binding, const char *text, const char *end,
			 const char *whole, struct pen_ndr_error *error)
{
	bool is_first = true;
	int r;

	binding->options = pen_arena_array(&binding->arena, OPTIONS_MAX, sizeof(*binding->options));
	if (!binding->options)
		return -ENOMEM;
	for (; text <= end; is_first = false) {
		const char *stop = find_stop(text, ",]");
		size_t n = (size_t)(stop - text);
		const char *equals = find_stop(text, "=");

		if (is_first && n > 0 && !(equals && equals < stop)) {
			binding->endpoint = unquote(&binding->arena, text, n);
			if (!binding->endpoint)
				return -ENOMEM;
		} else if (n > 0) {
			if (binding->n_options == OPTIONS_MAX)
				return refuse(error, whole, "too many options");
			r = add_option(binding, text, n, whole, error);
			if (r)
				return r;
		} else if (!is_first) {
			return refuse(error, whole, "an option is empty");
		}
		text = stop + 1;
	}
	return 0;
}

/* IPv6 addresses have colons of their own, so only the protocol sequence's is a stop. */
static int parse(struct pen_binding *binding, const char *text, struct pen_ndr_error *error)
{
	const char *whole = text;
	const char *at = find_stop(text, "@:[");
	const char *colon, *open, *close;
	char uuid[40];

	if (at && *at == '@') {
		snprintf(uuid, sizeof(uuid), "%.*s", (int)(at - text), text);
		if (at - text >= (ptrdiff_t)sizeof(uuid) || pen_uuid_parse(&binding->object, uuid))
			return refuse(error, whole, "the object before @ is not a UUID");
		text = at + 1;
	}
	colon = strchr(text, ':');
	if (!colon)
		return refuse(error, whole, "no protocol sequence, such as ncacn_ip_tcp:");
	if (pen_protseq_parse(&binding->protseq, text, (size_t)(colon - text)))
		return refuse(error, whole,
			      "the protocol sequence is not ncacn_ip_tcp, ncacn_np or ncalrpc");
	text = colon + 1;
	open = find_stop(text, "[");
	if (find_stop(text, "]") && (!open || find_stop(text, "]") < open))
		return refuse(error, whole, "a ] stands before its [");
	binding->address =
		unquote(&binding->arena, text, open ? (size_t)(open - text) : strlen(text));
	if (!binding->address)
		return -ENOMEM;
	if (!open)
		return 0;
	close = find_stop(open + 1, "]");
	if (!close || close[1])
		return refuse(error, whole, close ? "text stands after ]" : "no ] ends it");
	return parse_bracket(binding, open + 1, close, whole, error);
}

int pen_binding_parse(struct pen_binding *binding, const char *text, struct pen_ndr_error *error)
{
	int r;

	*binding = (struct pen_binding){ 0 };
	pen_arena_init(&binding->arena, 65536);
	if (strlen(text) > PEN_BINDING_TEXT_MAX)
		return refuse(error, text, "it is too long");
	r = parse(binding, text, error);
	if (r)
		pen_binding_done(binding);
	return r;
}

void pen_binding_done(struct pen_binding *binding)
{
	pen_arena_done(&binding->arena);
	*binding = (struct pen_binding){ 0 };
}

/* A backslash before what would end the word, and before one that would be read as quoting. */
static int put_word(struct pen_buffer *buffer, const char *word)
{
	int r = 0;

	for (; *word && !r; word++) {
		if (strchr("\\[],=@", *word))
			r = pen_buffer_add(buffer, "\\", 1);
		if (!r)
			r = pen_buffer_add(buffer, word, 1);
	}
	return r;
}

/* An endpoint's own backslashes are left single where that reads back the same. */
static int put_endpoint(struct pen_buffer *buffer, const char *word)
{
	int r = 0;

	for (; *word && !r; word++) {
		bool is_plain = *word == '\\' && word[1] && !strchr("\\[],=@:", word[1]);

		if (!is_plain && strchr("\\[],=@", *word))
			r = pen_buffer_add(buffer, "\\", 1);
		if (!r)
			r = pen_buffer_add(buffer, word, 1);
	}
	return r;
}

static int put_options(const struct pen_binding *binding, struct pen_buffer *buffer)
{
	int r = 0;

	for (size_t i = 0; i < binding->n_options && !r; i++) {
		const struct pen_binding_option *option = &binding->options[i];

		if (i > 0 || binding->endpoint || !option->value)
			r = pen_buffer_add(buffer, ",", 1);
		if (!r)
			r = put_word(buffer, option->name);
		if (!r && option->value)
			r = pen_buffer_add(buffer, "=", 1);
		if (!r && option->value)
			r = put_word(buffer, option->value);
	}
	return r;
}

int pen_binding_print(const struct pen_binding *binding, struct pen_buffer *buffer)
{
	char uuid[PEN_UUID_TEXT_SIZE];
	int r = 0;

	if (!pen_uuid_is_nil(&binding->object)) {
		pen_uuid_print(&binding->object, uuid);
		r = pen_buffer_printf(buffer, "%s@", uuid);
	}
	if (!r)
		r = pen_buffer_printf(buffer, "%s:", pen_protseq_name(binding->protseq));
	if (!r)
		r = put_word(buffer, binding->address);
	if (r || (!binding->endpoint && binding->n_options == 0))
		return r;
	r = pen_buffer_add(buffer, "[", 1);
	if (!r && binding->endpoint)
		r = put_endpoint(buffer, binding->endpoint);
	if (!r)
		r = put_options(binding, buffer);
	return r ? r : pen_buffer_add(buffer, "]", 1);
}

const char *pen_binding_option(const struct pen_binding *binding, const char *name)
{
	for (size_t i = 0; i < binding->n_options; i++) {
		const struct pen_binding_option *option = &binding->options[i];

		if (strcasecmp(option->name, name) == 0)
			return option->value ? option->value : "";
	}
	return NULL;
}
