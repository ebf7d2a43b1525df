/* SPDX-License-Identifier: MIT */
#include "ndr/json.h"
#include "base/utf16.h"
#include "ndr/number.h"
#include <string.h>

struct parser {
	const char *start;
	const char *p;
	const char *end;
	struct pen_arena *arena;
	int depth;
	int result;
};

static bool parse_value(struct parser *s, struct pen_json *json);

static bool fail(struct parser *s, int result)
{
	if (!s->result)
		s->result = result;
	return false;
}

static void skip_space(struct parser *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

static bool accept(struct parser *s, char c)
{
	skip_space(s);
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool is_digit(const struct parser *s)
{
	return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static bool parse_escape(struct parser *s)
{
	if (s->p == s->end || !*s->p)
		return fail(s, PEN_E_SYNTAX);
	if (*s->p != 'u')
		return strchr("\"\\/bfnrt", *s->p++) || fail(s, PEN_E_SYNTAX);
	s->p++;
	for (int i = 0; i < 4; i++, s->p++) {
		if (s->p == s->end || pen_hex_digit(*s->p) < 0)
			return fail(s, PEN_E_SYNTAX);
	}
	return true;
}

/* After the opening quote. What is between the quotes is well-formed UTF-8. */
static bool parse_string(struct parser *s, const char **textp, size_t *np)
{
	const char *start = s->p;

	while (s->p < s->end && *s->p != '"') {
		int32_t c = pen_utf16_next(&s->p, s->end);

		if (c < 0x20 || (c >= 0xd800 && c <= 0xdfff))
			return fail(s, PEN_E_SYNTAX);
		if (c == '\\' && !parse_escape(s))
			return false;
	}
	if (s->p == s->end)
		return fail(s, PEN_E_SYNTAX);
	*textp = start;
	*np = (size_t)(s->p++ - start);
	return true;
}

static bool parse_digits(struct parser *s)
{
	if (!is_digit(s))
		return fail(s, PEN_E_SYNTAX);
	while (is_digit(s))
		s->p++;
	return true;
}

static bool parse_number(struct parser *s, struct pen_json *json)
{
	json->kind = PEN_JSON_NUMBER;
	json->text = s->p;
	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0')
		s->p++;
	else if (!parse_digits(s))
		return false;
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!parse_digits(s))
			return false;
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (!parse_digits(s))
			return false;
	}
	json->n_text = (size_t)(s->p - json->text);
	return true;
}

/* Items up to the closing bracket; those of an object have names. */
static bool parse_items(struct parser *s, struct pen_json *json, char bracket)
{
	struct pen_json **link = &json->items;

	json->kind = bracket == '}' ? PEN_JSON_OBJECT : PEN_JSON_ARRAY;
	if (++s->depth > PEN_JSON_DEPTH_MAX)
		return fail(s, PEN_E_LIMIT);
	while (json->n || !accept(s, bracket)) {
		struct pen_json *item = pen_arena_zalloc(s->arena, sizeof(*item));

		if (!item)
			return fail(s, PEN_E_LIMIT);
		if (json->kind == PEN_JSON_OBJECT &&
		    (!accept(s, '"') || !parse_string(s, &item->name, &item->n_name) ||
		     !accept(s, ':')))
			return fail(s, PEN_E_SYNTAX);
		if (!parse_value(s, item))
			return false;
		*link = item;
		link = &item->next;
		json->n++;
		if (accept(s, bracket))
			break;
		if (!accept(s, ','))
			return fail(s, PEN_E_SYNTAX);
	}
	s->depth--;
	return true;
}

static bool parse_word(struct parser *s, struct pen_json *json)
{
	static const struct {
		const char *text;
		enum pen_json_kind kind;
	} words[] = { { "null", PEN_JSON_NULL },
		      { "false", PEN_JSON_FALSE },
		      { "true", PEN_JSON_TRUE } };

	for (size_t i = 0; i < PEN_COUNT(words); i++) {
		size_t n = strlen(words[i].text);

		if ((size_t)(s->end - s->p) >= n && memcmp(s->p, words[i].text, n) == 0) {
			s->p += n;
			json->kind = words[i].kind;
			return true;
		}
	}
	return fail(s, PEN_E_SYNTAX);
}

static bool parse_value(struct parser *s, struct pen_json *json)
{
	skip_space(s);
	if (s->p == s->end)
		return fail(s, PEN_E_SYNTAX);
	switch (*s->p) {
	case '{':
		s->p++;
		return parse_items(s, json, '}');
	case '[':
		s->p++;
		return parse_items(s, json, ']');
	case '"':
		s->p++;
		json->kind = PEN_JSON_STRING;
		return parse_string(s, &json->text, &json->n_text);
	default:
		if (*s->p == '-' || is_digit(s))
			return parse_number(s, json);
		return parse_word(s, json);
	}
}

int pen_json_parse(struct pen_json **jsonp, const char *text, size_t n, struct pen_arena *arena,
		   size_t *atp)
{
	struct parser s = { .start = text, .p = text, .end = text + n, .arena = arena };
	struct pen_json *json = pen_arena_zalloc(arena, sizeof(*json));

	if (!json)
		return PEN_E_LIMIT;
	if (parse_value(&s, json)) {
		skip_space(&s);
		if (s.p == s.end) {
			*jsonp = json;
			return 0;
		}
		fail(&s, PEN_E_SYNTAX);
	}
	*atp = (size_t)(s.p - s.start);
	return s.result;
}

struct pen_json *pen_json_find(const struct pen_json *object, const char *name)
{
	size_t n = strlen(name);

	for (struct pen_json *item = object->items; item; item = item->next) {
		if (item->n_name == n && memcmp(item->name, name, n) == 0)
			return item;
	}
	return NULL;
}

/* The character of an escape, after its backslash. */
static int32_t escaped(const char **pp)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *p = *pp;
	int32_t c = 0;

	if (*p != 'u') {
		*pp = p + 1;
		return meanings[strchr(letters, *p) - letters];
	}
	for (int i = 1; i <= 4; i++)
		c = c << 4 | pen_hex_digit(p[i]);
	*pp = p + 5;
	return c;
}

static bool is_low(int32_t c)
{
	return c >= 0xdc00 && c <= 0xdfff;
}

static int32_t next_character(const char **pp, const char *end)
{
	int32_t c = pen_utf16_next(pp, end);
	const char *after;
	int32_t low;

	if (c != '\\')
		return c;
	c = escaped(pp);
	if (c < 0xd800 || c > 0xdbff || end - *pp < 6 || (*pp)[0] != '\\' || (*pp)[1] != 'u')
		return c;
	after = *pp + 1;
	low = escaped(&after);
	if (!is_low(low))
		return c;
	*pp = after;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

static size_t put_utf8(char *out, int32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

char *pen_json_string(const struct pen_json *string, bool is_bytes, struct pen_arena *arena,
		      bool *is_badp)
{
	const char *p = string->text;
	const char *end = p + string->n_text;
	/* No form of a character is shorter in JSON than in UTF-8. */
	char *text = pen_arena_alloc(arena, string->n_text + 1);
	char *out = text;

	*is_badp = false;
	while (text && p < end) {
		int32_t c = next_character(&p, end);

		if (c == 0)
			*is_badp = true;
		if (is_bytes && c >= 0xdc80 && c <= 0xdcff)
			*out++ = (char)(c - 0xdc00);
		else
			out += put_utf8(out, c);
	}
	if (text)
		*out = '\0';
	return text;
}

static int put_escape(struct pen_buffer *buffer, int32_t c)
{
	static const char letters[] = "\b\f\n\r\t\"\\";
	const char *letter = c ? strchr(letters, c) : NULL;

	if (c < 0x80 && letter)
		return pen_buffer_printf(buffer, "\\%c", "bfnrt\"\\"[letter - letters]);
	return pen_buffer_printf(buffer, "\\u%04x", (unsigned)c);
}

int pen_json_put_string(struct pen_buffer *buffer, const char *text, bool is_bytes)
{
	const char *end = text + strlen(text);
	int r = pen_buffer_add(buffer, "\"", 1);

	for (const char *p = text; p < end && !r;) {
		const char *start = p;
		int32_t c = pen_utf16_next(&p, end);
		bool is_surrogate = c >= 0xd800 && c <= 0xdfff;

		if (c < 0 || (is_bytes && is_surrogate)) {
			p = start + 1;
			r = put_escape(buffer, 0xdc00 + (uint8_t)*start);
		} else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f || is_surrogate) {
			r = put_escape(buffer, c);
		} else {
			r = pen_buffer_add(buffer, start, (size_t)(p - start));
		}
	}
	return r ? r : pen_buffer_add(buffer, "\"", 1);
}
