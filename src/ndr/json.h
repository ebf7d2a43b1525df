/* SPDX-License-Identifier: MIT */
#ifndef PEN_NDR_JSON_H
#define PEN_NDR_JSON_H
/*
 * JSON [RFC 8259] as the codec needs it: numbers keep all their digits, and a
 * \u escape may be an unpaired surrogate, so that every text has a form.
 *
 * A text in bytes that are not UTF-8 has each stray byte as the surrogate
 * U+DC00 + byte.
 */
#include <penstock/arena.h>
#include <penstock/buffer.h>

enum { PEN_JSON_DEPTH_MAX = 512 };

enum pen_json_kind {
	PEN_JSON_NULL,
	PEN_JSON_FALSE,
	PEN_JSON_TRUE,
	PEN_JSON_NUMBER,
	PEN_JSON_STRING,
	PEN_JSON_ARRAY,
	PEN_JSON_OBJECT,
};

struct pen_json {
	enum pen_json_kind kind;
	bool is_used; /* for whoever looks for members that nobody asked for */
	struct pen_json *next;
	const char *name; /* of a member, between the quotes as it was written */
	size_t n_name;
	const char *text; /* of a number; of a string, between the quotes */
	size_t n_text;
	struct pen_json *items;
	struct pen_json *cursor; /* for whoever goes through the items */
	size_t n;
};

/*
 * Reads one value; nodes come from the arena and point into the text.
 * PEN_E_SYNTAX, with where in *atp; PEN_E_LIMIT: deeper than PEN_JSON_DEPTH_MAX,
 * or the arena is full.
 */
int pen_json_parse(struct pen_json **jsonp, const char *text, size_t n, struct pen_arena *arena,
		   size_t *atp);

/* The member of that name, or NULL. */
struct pen_json *pen_json_find(const struct pen_json *object, const char *name);

/*
 * The string's text with a NUL after it; is_bytes: stray bytes become bytes
 * again. NULL: no memory; *is_badp: it has a NUL inside, or a surrogate pair
 * that is not one character.
 */
char *pen_json_string(const struct pen_json *string, bool is_bytes, struct pen_arena *arena,
		      bool *is_badp);

/* Appends a JSON string. */
int pen_json_put_string(struct pen_buffer *buffer, const char *text, bool is_bytes);

#endif
