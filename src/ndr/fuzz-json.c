/* SPDX-License-Identifier: MIT */
/*
 * JSON that a person wrote. The first line is the name of a test type, or of an
 * operation ("NetrShareEnum", and "NetrShareEnum!" for what it answers); the
 * rest is the text. What is accepted has a form in JSON and one on the wire,
 * which says the same; or the codec says why it has none.
 */
#include "base/cleanup.h"
#include "ndr/test-types.h"
#include <penstock/buffer.h>
#include <penstock/idl/epm.h>
#include <penstock/idl/mgmt.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/idl/srvsvc.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct subject {
	const struct pen_type *type;
	bool is_answer; /* whose request is not known */
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_called(const char *name, const char *text, size_t n)
{
	return name && strlen(name) == n && memcmp(name, text, n) == 0;
}

/* False: nothing has that name. */
static bool find_subject(const char *text, size_t n, struct subject *subject)
{
	static const struct pen_interface *const interfaces[] = { &epm_interface, &mgmt_interface,
								  &rpcecho_interface,
								  &srvsvc_interface };

	subject->is_answer = n && text[n - 1] == '!';
	n -= subject->is_answer;
	for (size_t i = 0; i < PEN_COUNT(test_types); i++) {
		subject->type = test_types[i];
		if (!subject->is_answer && is_called(test_types[i]->name, text, n))
			return true;
	}
	for (size_t i = 0; i < PEN_COUNT(interfaces); i++) {
		for (uint32_t k = 0; k < interfaces[i]->n_operations; k++) {
			const struct pen_operation *operation = &interfaces[i]->operations[k];

			subject->type = subject->is_answer ? operation->out : operation->in;
			if (is_called(operation->name, text, n))
				return true;
		}
	}
	return false;
}

static struct pen_scope scope_of(const struct subject *subject, const void *value)
{
	return (struct pen_scope){ .out = subject->is_answer ? value : NULL };
}

/* False: not all attributes can be computed, as of an answer alone. */
static bool to_json(const struct subject *subject, const void *value, struct pen_buffer *json)
{
	struct pen_scope scope = scope_of(subject, value);
	struct pen_ndr_error error = { "" };
	int r = pen_ndr_to_json(subject->type, &scope, value, json, &error);

	must(r == 0 || (r == PEN_E_BAD_DATA && subject->is_answer && error.text[0]));
	must(r == 0 || json->size == 0);
	return r == 0;
}

static void *from_json(const struct subject *subject, const char *text, size_t n,
		       struct pen_arena *arena)
{
	struct pen_ndr_error error = { "" };
	void *value = pen_arena_zalloc(arena, subject->type->size);
	struct pen_scope scope = scope_of(subject, value);
	int r;

	must(value);
	r = pen_ndr_from_json(subject->type, &scope, text, n, value, arena, &error);
	must(r == 0 || r == PEN_E_SYNTAX || r == PEN_E_BAD_DATA || r == PEN_E_LIMIT);
	must(r == 0 || error.text[0]);
	return r ? NULL : value;
}

/* False: the wire has no form of the value. */
static bool put(const struct subject *subject, struct pen_layout layout, const void *value,
		struct pen_buffer *wire)
{
	struct pen_scope scope = scope_of(subject, value);
	struct pen_ndr_error error = { "" };
	int r = pen_ndr_put(subject->type, layout, &scope, value, wire, &error);

	must(r == 0 || (r == PEN_E_BAD_DATA && error.text[0] && wire->size == 0));
	return r == 0;
}

static bool is_same(const struct pen_buffer *a, const struct pen_buffer *b)
{
	return a->size == b->size && (!a->size || memcmp(a->data, b->data, a->size) == 0);
}

/* A string in place that is not there (null) is written as an empty one. */
static bool is_same_value(const struct pen_buffer *a, const struct pen_buffer *b)
{
	const uint8_t *p = a->data;
	const uint8_t *q = b->data;
	const uint8_t *p_end = p + a->size;
	const uint8_t *q_end = q + b->size;

	while (p < p_end && q < q_end) {
		if (*p == *q) {
			p++;
			q++;
		} else if (p_end - p >= 4 && memcmp(p, "null", 4) == 0 && q_end - q >= 2 &&
			   memcmp(q, "\"\"", 2) == 0) {
			p += 4;
			q += 2;
		} else {
			return false;
		}
	}
	return p == p_end && q == q_end;
}

/* The value that is read from what is written is the same, and the same is written of it. */
static void through_wire(const struct subject *subject, struct pen_layout layout, const void *value,
			 const struct pen_buffer *json)
{
	pen_cleanup(pen_buffer_done) struct pen_buffer first = { 0 };
	pen_cleanup(pen_buffer_done) struct pen_buffer second = { 0 };
	pen_cleanup(pen_buffer_done) struct pen_buffer json_again = { 0 };
	pen_cleanup(pen_arena_done) struct pen_arena arena;
	struct pen_ndr_error error;
	struct pen_scope scope;
	void *again;

	pen_arena_init(&arena, ARENA_MAX);
	if (!put(subject, layout, value, &first))
		return;
	again = pen_arena_zalloc(&arena, subject->type->size);
	must(again);
	scope = scope_of(subject, again);
	must(!pen_ndr_get(subject->type, layout, &scope, first.data, first.size, again, &arena,
			  NULL, &error));
	must(put(subject, layout, again, &second));
	must(is_same(&first, &second));
	to_json(subject, again, &json_again);
	must(is_same_value(json, &json_again));
}

static void through_all(const struct subject *subject, void *value)
{
	pen_cleanup(pen_buffer_done) struct pen_buffer first = { 0 };
	pen_cleanup(pen_buffer_done) struct pen_buffer second = { 0 };
	pen_cleanup(pen_arena_done) struct pen_arena arena;
	void *again;

	pen_arena_init(&arena, ARENA_MAX);
	if (to_json(subject, value, &first)) {
		again = from_json(subject, (const char *)first.data, first.size, &arena);
		must(again);
		must(to_json(subject, again, &second));
		must(is_same(&first, &second));
	}
	for (unsigned i = 0; i < 4; i++) {
		struct pen_layout layout = { .transfer = i & 1 ? PEN_NDR64 : PEN_NDR,
					     .is_big_endian = i & 2 };

		through_wire(subject, layout, value, &first);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *line = size ? memchr(text, '\n', size) : NULL;
	pen_cleanup(pen_arena_done) struct pen_arena arena;
	struct subject subject;
	void *value;

	pen_arena_init(&arena, ARENA_MAX);
	test_types_derive();
	if (!line || !find_subject(text, (size_t)(line - text), &subject))
		return 0;
	value = from_json(&subject, line + 1, size - (size_t)(line + 1 - text), &arena);
	if (value)
		through_all(&subject, value);
	return 0;
}
