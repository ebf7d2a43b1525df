/* SPDX-License-Identifier: MIT */
#include "rpc/eerr.h"
#include "support/fail.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/eerr.h>
#include <penstock/pickle.h>
#include <penstock/status.h>
#include <stdlib.h>
#include <string.h>

static const struct pen_eerr_param params[] = {
	{ .kind = PEN_EERR_UNICODE, .text = "größer \xf0\x9f\x90\x82" },
	{ .kind = PEN_EERR_LONG, .number = -7 },
	{ .kind = PEN_EERR_POINTER, .number = 0x123456789a },
	{ .kind = PEN_EERR_BINARY, .bytes = { (const uint8_t *)"\x01\xfe", 2 } },
};

static const struct pen_eerr_param more_params[] = {
	{ .kind = PEN_EERR_ANSI, .text = "plain" },
	{ .kind = PEN_EERR_SHORT, .number = -2 },
	{ .kind = PEN_EERR_NONE },
};

static const struct pen_eerr first_cause = {
	.computer = "beta",
	.process_id = 7,
	.component = PEN_EERR_WINSOCK,
	.status = 0xc0000022,
	.location = 311,
	.n_params = 3,
	.params = more_params,
};

static const struct pen_eerr middle = { .next = &first_cause, .component = 99, .status = 0x12345 };

static const struct pen_eerr head = {
	.next = &middle,
	.computer = "alpha",
	.process_id = 42,
	.time = UINT64_C(134082624111230000),
	.component = PEN_EERR_RUNTIME,
	.status = PEN_WERR_ACCESS_DENIED,
	.location = PEN_EERR_AT_REQUEST,
	.n_params = 4,
	.params = params,
};

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same_param(const struct pen_eerr_param *a, const struct pen_eerr_param *b)
{
	return a->kind == b->kind && a->number == b->number && is_same_text(a->text, b->text) &&
	       a->bytes.size == b->bytes.size &&
	       (!a->bytes.size || !memcmp(a->bytes.data, b->bytes.data, a->bytes.size));
}

static bool is_same(const struct pen_eerr *a, const struct pen_eerr *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (!is_same_text(a->computer, b->computer) || a->process_id != b->process_id ||
		    a->time != b->time || a->component != b->component || a->status != b->status ||
		    a->location != b->location || a->flags != b->flags ||
		    a->n_params != b->n_params)
			return false;
		for (uint32_t i = 0; i < a->n_params; i++)
			if (!is_same_param(&a->params[i], &b->params[i]))
				return false;
	}
	return a == b;
}

static size_t count(const struct pen_eerr *chain)
{
	size_t n = 0;

	for (; chain; chain = chain->next)
		n++;
	return n;
}

struct fixture {
	struct pen_arena arena;
	struct pen_buffer buffer;
	const struct pen_eerr *chain;
};

static int setup(void **state)
{
	static struct fixture f;

	f.chain = NULL;
	pen_arena_init(&f.arena, 0);
	pen_buffer_init(&f.buffer, 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	pen_arena_done(&f->arena);
	pen_buffer_done(&f->buffer);
	return 0;
}

static int get(struct fixture *f)
{
	return pen_eerr_get(&f->chain, f->buffer.data, f->buffer.size, &f->arena, NULL);
}

/* ---- facts ---- */

/* A chain that is written is read as the same. */
static void test_round_trip(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pen_eerr_put(&head, false, 4096, &f->buffer), 0);
	assert_int_equal(f->buffer.size % 8, 0);
	assert_int_equal(get(f), 0);
	assert_true(is_same(f->chain, &head));
}

/* The bytes of one record, counted out by hand from the document's structures. */
static void test_bytes(void **state)
{
	static const uint8_t expected[] = {
		0x01, 0x10, 0x08, 0x00, 0xcc, 0xcc, 0xcc, 0xcc, /* version 1, little-endian */
		0x48, 0,    0,	  0,	0,    0,    0,	  0,	/* 72 bytes */
		0x00, 0,    2,	  0,				/* a pointer to the first record */
		0x01, 0,    0,	  0,				/* one parameter at most */
		0,    0,    0,	  0,				/* no next one */
		0x01, 0,    1,	  0,				/* a computer name */
		0x02, 0,    0,	  0,				/* of two characters */
		0x04, 0,    2,	  0,				/* there */
		0x2a, 0,    0,	  0,				/* process 42 */
		0,    0,    0,	  0,				/* padding */
		0x08, 7,    6,	  5,	4,    3,    2,	  1,	/* time */
		0x02, 0,    0,	  0,				/* the runtime */
		0x05, 0,    0,	  0,				/* access denied */
		0x63, 0xea, 0,	  0,				/* at 60003, no flags */
		0x01, 0,    0,	  0,				/* one parameter */
		0x03, 0,    3,	  0,				/* a long */
		0x09, 0,    0,	  0,				/* it is 9 */
		0x02, 0,    0,	  0,				/* the name */
		'h',  0,    0,	  0,				/* and its NUL */
	};
	static const struct pen_eerr_param nine = { .kind = PEN_EERR_LONG, .number = 9 };
	static const struct pen_eerr record = {
		.computer = "h",
		.process_id = 42,
		.time = UINT64_C(0x0102030405060708),
		.component = PEN_EERR_RUNTIME,
		.status = 5,
		.location = PEN_EERR_AT_REQUEST,
		.n_params = 1,
		.params = &nine,
	};
	struct fixture *f = *state;

	assert_int_equal(pen_eerr_put(&record, false, 4096, &f->buffer), 0);
	assert_int_equal(f->buffer.size, sizeof(expected));
	assert_memory_equal(f->buffer.data, expected, sizeof(expected));
}

/* Told as codes, a chain has nothing else. */
static void test_bare(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pen_eerr_put(&head, true, 4096, &f->buffer), 0);
	assert_int_equal(get(f), 0);
	assert_int_equal(count(f->chain), 3);
	for (const struct pen_eerr *e = f->chain, *of = &head; e; e = e->next, of = of->next) {
		assert_null(e->computer);
		assert_int_equal(e->process_id, 0);
		assert_int_equal(e->time, 0);
		assert_int_equal(e->n_params, 0);
		assert_int_equal(e->status, of->status);
		assert_int_equal(e->component, of->component);
		assert_int_equal(e->location, of->location);
	}
}

/* Whatever room there is, what is written fits in it, reads, and says what it leaves out. */
static void test_any_room(void **state)
{
	struct fixture *f = *state;
	bool has_fit = false;

	for (size_t max = 0; max <= 600; max++) {
		int r;

		f->buffer.size = 0;
		pen_arena_reset(&f->arena);
		r = pen_eerr_put(&head, false, max, &f->buffer);
		if (r) {
			assert_int_equal(r, PEN_E_LIMIT);
			assert_int_equal(f->buffer.size, 0);
			assert_false(has_fit);
			continue;
		}
		has_fit = true;
		assert_true(f->buffer.size <= max);
		assert_int_equal(get(f), 0);
		assert_int_equal(f->chain->status, head.status);
		if (count(f->chain) == 3)
			continue;
		assert_true(f->chain->flags & PEN_EERR_NEXT_MISSING);
		if (!f->chain->next)
			continue;
		assert_int_equal(f->chain->next->status, first_cause.status);
		assert_int_equal(f->chain->next->flags, PEN_EERR_PREVIOUS_MISSING);
	}
	assert_true(has_fit);
	assert_true(is_same(f->chain, &head));
}

/* Of more records than may be, the first ones and the first cause are told. */
static void test_long_chain(void **state)
{
	struct pen_eerr records[PEN_EERR_RECORDS_MAX + 5] = { 0 };
	struct fixture *f = *state;

	for (uint32_t i = 0; i < PEN_COUNT(records); i++) {
		records[i].status = i;
		records[i].next = i + 1 < PEN_COUNT(records) ? &records[i + 1] : NULL;
	}
	assert_int_equal(pen_eerr_put(records, false, 65000, &f->buffer), 0);
	assert_int_equal(get(f), 0);
	assert_int_equal(count(f->chain), PEN_EERR_RECORDS_MAX);
	for (uint32_t i = 0; i < PEN_EERR_RECORDS_MAX - 2; i++, f->chain = f->chain->next) {
		assert_int_equal(f->chain->status, i);
		assert_int_equal(f->chain->flags, 0);
	}
	assert_int_equal(f->chain->flags, PEN_EERR_NEXT_MISSING);
	assert_int_equal(f->chain->next->status, PEN_COUNT(records) - 1);
	assert_int_equal(f->chain->next->flags, PEN_EERR_PREVIOUS_MISSING);
}

/* A text that has no wire form is none, and harms nothing beside it. */
static void test_odd_texts(void **state)
{
	static const struct pen_eerr_param odd[] = {
		{ .kind = PEN_EERR_UNICODE, .text = "\xff" },
		{ .kind = PEN_EERR_ANSI, .text = "ö" },
		{ .kind = PEN_EERR_UNICODE },
		{ .kind = PEN_EERR_UNICODE, .text = "" },
	};
	static const struct pen_eerr record = {
		.computer = "\xc0", .n_params = PEN_COUNT(odd), .params = odd, .status = 1
	};
	struct fixture *f = *state;

	assert_int_equal(pen_eerr_put(&record, false, 4096, &f->buffer), 0);
	assert_int_equal(get(f), 0);
	assert_null(f->chain->computer);
	for (int i = 0; i < 3; i++)
		assert_int_equal(f->chain->params[i].kind, PEN_EERR_NONE);
	assert_string_equal(f->chain->params[3].text, "");
}

static void test_refusals(void **state)
{
	static const struct pen_eerr_param kindless = { .kind = 0 };
	const struct pen_eerr five = { .n_params = 5, .params = params };
	const struct pen_eerr bad = { .n_params = 1, .params = &kindless };
	struct fixture *f = *state;

	assert_int_equal(pen_eerr_put(&five, false, 4096, &f->buffer), PEN_E_BAD_DATA);
	assert_int_equal(pen_eerr_put(&bad, false, 4096, &f->buffer), PEN_E_BAD_DATA);
	assert_int_equal(pen_eerr_put(NULL, false, 4096, &f->buffer), PEN_E_BAD_DATA);
	assert_int_equal(f->buffer.size, 0);
}

/* Pickles what our writer would not. */
static void pickle(struct fixture *f, const struct pen_type *type, const void *value)
{
	const struct pen_pickle_form form = { .version = 1 };

	f->buffer.size = 0;
	assert_int_equal(pen_pickle_begin(&form, &f->buffer), 0);
	assert_int_equal(pen_pickle_put(&form, type, value, &f->buffer, NULL), 0);
}

/* Nobody has shown us what Windows sends: a record that no pointer stands before is read too. */
static void test_without_pointer(void **state)
{
	struct ExtendedError_ExtendedErrorInfo next = { .Status = 6, .ComputerName.Type = 2 };
	struct ExtendedError_ExtendedErrorInfo info = { .Next = &next,
							.Status = 5,
							.ComputerName.Type = 2 };
	struct fixture *f = *state;

	pickle(f, &ExtendedError_ExtendedErrorInfo_type, &info);
	assert_int_equal(get(f), 0);
	assert_int_equal(f->chain->status, 5);
	assert_int_equal(f->chain->next->status, 6);
	assert_null(f->chain->next->next);
}

/* What the codec takes and the document does not mean. */
static void test_hostile(void **state)
{
	struct ExtendedError_ExtendedErrorParam wire_params[5] = { { 0 } };
	struct ExtendedError_ExtendedErrorInfo infos[PEN_EERR_RECORDS_MAX + 1] = { { 0 } };
	struct ExtendedError_ExtendedErrorInfo *pointer = infos;
	struct ExtendedError_ExtendedErrorInfo *nobody = NULL;
	struct fixture *f = *state;

	for (size_t i = 0; i < PEN_COUNT(infos); i++) {
		infos[i].ComputerName.Type = ExtendedError_eecnpNotPresent;
		infos[i].Next = i + 1 < PEN_COUNT(infos) ? &infos[i + 1] : NULL;
	}
	pickle(f, &pen_eerr_pointer_type, &pointer);
	assert_int_equal(get(f), PEN_E_BAD_DATA);
	infos[PEN_EERR_RECORDS_MAX - 1].Next = NULL;
	pickle(f, &pen_eerr_pointer_type, &pointer);
	assert_int_equal(get(f), 0);

	infos[0].Next = NULL;
	for (size_t i = 0; i < PEN_COUNT(wire_params); i++)
		wire_params[i].Type = ExtendedError_eeptiNone;
	infos[0].Params = wire_params;
	infos[0].nLen = 5;
	pickle(f, &pen_eerr_pointer_type, &pointer);
	assert_int_equal(get(f), PEN_E_BAD_DATA);

	pickle(f, &pen_eerr_pointer_type, &nobody);
	assert_int_equal(get(f), PEN_E_BAD_DATA);
}

/* No prefix is a chain, and no flipped bit harms more than what it says. */
static void test_damage(void **state)
{
	struct fixture *f = *state;
	size_t n;

	assert_int_equal(pen_eerr_put(&head, false, 4096, &f->buffer), 0);
	n = f->buffer.size;
	for (f->buffer.size = 0; f->buffer.size < n; f->buffer.size++)
		assert_int_equal(get(f), PEN_E_BAD_DATA);
	for (size_t bit = 0; bit < 8 * n; bit++) {
		struct pen_ndr_error error = { "" };

		pen_arena_reset(&f->arena);
		f->buffer.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (pen_eerr_get(&f->chain, f->buffer.data, n, &f->arena, &error))
			assert_true(error.text[0]);
		f->buffer.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void test_print(void **state)
{
	static const struct pen_eerr_param wild = { .kind = PEN_EERR_UNICODE,
						    .text = "\x1b[2J\"\\\xe2\x80\xae\xff" };
	static const struct pen_eerr evil = { .computer = "a\nb",
					      .flags = PEN_EERR_PREVIOUS_MISSING |
						       PEN_EERR_NEXT_MISSING,
					      .component = 1,
					      .n_params = 1,
					      .params = &wild };
	static const struct {
		const struct pen_eerr *record;
		const char *text;
	} rows[] = {
		{ &head, "server alpha, process 42, at 2025-11-22 05:20:11.123 UTC: the RPC "
			 "runtime: ERROR_ACCESS_DENIED (0x5), detection location 60003: \"größer "
			 "\xf0\x9f\x90\x82\", -7, 0x123456789a, 01fe" },
		{ &middle, "component 99: 0x12345" },
		{ &first_cause, "server beta, process 7: the sockets: STATUS_ACCESS_DENIED "
				"(0xc0000022), detection location 311: \"plain\", -2, (left out)" },
		{ &evil,
		  "(records are left out) server a\\u000ab: the application: "
		  "ERROR_SUCCESS (0x0): \"\\u001b[2J\\\"\\\\\\u202e\\xff\" (records are left "
		  "out)" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		f->buffer.size = 0;
		assert_int_equal(pen_eerr_print(rows[i].record, &f->buffer), 0);
		assert_int_equal(pen_buffer_add(&f->buffer, "", 1), 0);
		assert_string_equal((const char *)f->buffer.data, rows[i].text);
	}
}

/* The calendar, at its corners. */
static void test_times(void **state)
{
	static const struct {
		uint64_t time;
		const char *text;
	} rows[] = {
		{ 1, "at 1601-01-01 00:00:00.000 UTC: component 0: " },
		{ UINT64_C(116444736000000000), "at 1970-01-01 00:00:00.000 UTC: component 0: " },
		{ UINT64_C(125963423990000000), "at 2000-02-29 23:59:59.000 UTC: component 0: " },
		{ UINT64_C(125963424000000000), "at 2000-03-01 00:00:00.000 UTC: component 0: " },
		{ UINT64_MAX, "at 60056-05-28 05:36:10.955 UTC: component 0: " },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < PEN_COUNT(rows); i++) {
		struct pen_eerr record = { .time = rows[i].time, .status = 0 };

		f->buffer.size = 0;
		assert_int_equal(pen_eerr_print(&record, &f->buffer), 0);
		assert_memory_equal(f->buffer.data, rows[i].text, strlen(rows[i].text));
	}
}

/* Each failed allocation is told of, or leaves a text out; and nothing leaks. */
static void test_no_memory(void **state)
{
	struct fixture *f = *state;
	int r;

	for (size_t n = 1;
	     pen_fail_at(n), r = pen_eerr_put(&head, false, 4096, &f->buffer), pen_fail_hit();
	     n++) {
		assert_true(r == -ENOMEM || r == 0);
		f->buffer.size = 0;
		pen_buffer_done(&f->buffer);
	}
	assert_int_equal(r, 0);
	for (size_t n = 1; pen_fail_at(n), r = get(f), pen_fail_hit(); n++) {
		assert_true(r == -ENOMEM || r == PEN_E_LIMIT);
		pen_arena_done(&f->arena);
	}
	assert_int_equal(r, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_round_trip), TEST(test_bytes),	   TEST(test_bare),
		TEST(test_any_room),   TEST(test_long_chain),	   TEST(test_odd_texts),
		TEST(test_refusals),   TEST(test_without_pointer), TEST(test_hostile),
		TEST(test_damage),     TEST(test_print),	   TEST(test_times),
		TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
