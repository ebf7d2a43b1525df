/* SPDX-License-Identifier: MIT */
/*
 * For every operation of every interface in idl/, random requests and answers in NDR and NDR64:
 * what is left of their bytes when some are cut off, and what becomes of them when some are
 * changed, is refused or is a value that can be written again. Reading it takes no more memory and
 * no more steps than its size and its types allow.
 *
 * PEN_TEST_MUTATIONS=N tries every prefix, and N mutations of each interface; without it there
 * are fewer of both. PEN_TEST_SEED says from where on they are random.
 *
 * Memory is what is asked of the heap in all, steps are the elements of arrays and the pointees
 * that the walk comes to: this program is linked so that both pass through here.
 */
#include "support/fail.h"
#include "support/unit.h"

#include "idl/interfaces.h"
#include "ndr/walk.h"
#include "support/values.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	PREFIXES_DEFAULT = 64, /* of a value */
	PREFIXED_MAX = 8192,   /* bytes of a value of which every prefix is tried */
	MUTATIONS_DEFAULT = 8,
	MUTATIONS_OF_VALUE = 200,
	TYPES_MAX = 512,
	/* Memory that is asked for whatever the bytes are: the value itself and an arena's first
	   blocks. */
	MEMORY_BASE = 64 << 10,
	STEPS_BASE = 256,
};

/* ---- limits ---- */

static uint64_t n_steps;

void __real_pen_walk_value(struct pen_walk *w, const struct pen_type *type, void *value);
void __wrap_pen_walk_value(struct pen_walk *w, const struct pen_type *type, void *value);

void __wrap_pen_walk_value(struct pen_walk *w, const struct pen_type *type, void *value)
{
	n_steps++;
	__real_pen_walk_value(w, type, value);
}

/* What reading a type may take. */
struct allowance {
	const struct pen_type *seen[TYPES_MAX];
	size_t n_seen;
	uint64_t per_byte; /* of the greatest element or pointee, for each byte on the wire */
	bool has_spare;	   /* some array can have elements that are not sent */
};

static bool is_seen(struct allowance *a, const struct pen_type *type)
{
	for (size_t i = 0; i < a->n_seen; i++) {
		if (a->seen[i] == type)
			return true;
	}
	assert_true(a->n_seen < TYPES_MAX);
	a->seen[a->n_seen++] = type;
	return false;
}

static void look_at(struct allowance *a, enum pen_transfer transfer, const struct pen_type *type)
{
	if (!type || is_seen(a, type))
		return;
	for (uint32_t i = 0; i < type->n_fields; i++)
		look_at(a, transfer, type->fields[i].type);
	if (!type->element)
		return;
	look_at(a, transfer, type->element);
	for (uint32_t i = 0; type->kind == PEN_ARRAY && i < type->n_dimensions; i++)
		a->has_spare = a->has_spare || type->dimensions[i].is_varying || i;
	/* An embedded reference has its four bytes too; a parameter's pointee may have none. */
	uint32_t min = type->element->wire[transfer].min;
	uint64_t size = type->element->size + 16;
	uint64_t cost = size / (min ? min : 1) + 1;

	if (type->kind == PEN_STRING)
		cost = 8; /* UTF-8 of three bytes for two, after one attempt of one for two */
	if (cost > a->per_byte)
		a->per_byte = cost;
}

/*
 * A byte may be all of an element, or a discriminant that makes a promise; four may be a pointer
 * that waits, has a pointee and is remembered. Lists that double are asked for up to four times
 * over, and an arena's blocks may be half empty.
 */
static uint64_t memory_max(const struct allowance *a, size_t n)
{
	uint64_t rows = 4 * sizeof(struct pen_promise) + sizeof(struct pen_pending) +
			sizeof(struct pen_referent);

	return MEMORY_BASE + (a->has_spare ? 2 * PEN_WALK_SPARE_MAX : 0) +
	       n * (rows + 2 * a->per_byte);
}

/* ---- what was seen, for people ---- */

static struct {
	uint64_t n_prefixes, n_mutations, n_accepted;
	uint64_t memory;	/* the most for one value */
	double memory_per_byte; /* the same, beyond the base, where nothing was spared */
	double steps_per_byte;
} seen;

static void note(const struct allowance *a, size_t n, uint64_t memory)
{
	double per_byte =
		memory > MEMORY_BASE && n ? (double)(memory - MEMORY_BASE) / (double)n : 0;

	if (memory > seen.memory)
		seen.memory = memory;
	if (!a->has_spare && per_byte > seen.memory_per_byte)
		seen.memory_per_byte = per_byte;
	if (n >= 64 && (double)n_steps / (double)n > seen.steps_per_byte)
		seen.steps_per_byte = (double)n_steps / (double)n;
}

/* ---- hostile bytes ---- */

struct attack {
	const struct made *v;
	enum pen_transfer transfer;
	struct allowance allowance;
	struct pen_arena arena;
	struct pen_buffer again;
};

/* Whether they are a value; then attack->again has the bytes that are written of it. */
static bool is_accepted(struct attack *attack, const uint8_t *data, size_t n)
{
	const struct made *v = attack->v;
	struct pen_ndr_error error = { "" };
	uint64_t memory;
	void *value;
	int r;

	pen_arena_done(&attack->arena);
	pen_fail_at(0);
	n_steps = 0;
	r = made_from_wire(v, attack->transfer, data, n, &attack->arena, &value, &error);
	memory = pen_fail_bytes();
	note(&attack->allowance, n, memory);
	if (memory > memory_max(&attack->allowance, n))
		fail_msg("%s: %zu bytes took %llu of memory", v->name, n,
			 (unsigned long long)memory);
	if (n_steps > STEPS_BASE + 2 * n)
		fail_msg("%s: %zu bytes took %llu steps", v->name, n, (unsigned long long)n_steps);
	if (r && r != PEN_E_BAD_DATA && r != PEN_E_LIMIT)
		fail_msg("%s: refused by %s", v->name, pen_error_name(r));
	if (r && !*error.text)
		fail_msg("%s: refused without a reason", v->name);
	if (!r)
		made_to_wire(v, attack->transfer, value, &attack->again);
	seen.n_accepted += !r;
	return !r;
}

/* Of a value that could be read, what is written is read as a value that is written the same. */
static void expect_stable(struct attack *attack)
{
	struct pen_buffer first = attack->again;

	pen_buffer_init(&attack->again, 0);
	if (!is_accepted(attack, first.data, first.size) || first.size != attack->again.size ||
	    (first.size && memcmp(first.data, attack->again.data, first.size)))
		fail_msg("%s: what was read of hostile bytes is not what was written",
			 attack->v->name);
	pen_buffer_done(&first);
}

/* A prefix is no value, but where nothing is cut off but the gap at the end. */
static void cut(struct attack *attack, const struct pen_buffer *wire, bool is_every)
{
	size_t step =
		is_every && wire->size <= PREFIXED_MAX ? 1 : 1 + wire->size / PREFIXES_DEFAULT;

	for (size_t n = 0; n < wire->size; n += step) {
		seen.n_prefixes++;
		if (is_accepted(attack, wire->data, n) &&
		    (attack->again.size != wire->size ||
		     memcmp(attack->again.data, wire->data, wire->size) != 0))
			fail_msg("%s: %zu bytes of %zu are a value", attack->v->name, n,
				 wire->size);
	}
}

static void put_number(uint8_t *at, size_t room)
{
	static const uint32_t numbers[] = { 0,	    1,	     2,		 0xff,	     0x7fff,
					    0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff };
	uint32_t number = numbers[made_pick(PEN_COUNT(numbers))];

	memcpy(at, &number, room < sizeof(number) ? room : sizeof(number));
}

/* One change: of a byte, of a number, of a place's content to another's, of the length. */
static void mutate(struct pen_buffer *bytes)
{
	size_t size = bytes->size;
	uint8_t *at = bytes->data + made_pick((uint32_t)size);
	size_t room = size - (size_t)(at - bytes->data);
	size_t from;

	switch (made_pick(8)) {
	case 0:
	case 1:
	case 2:
		*at ^= (uint8_t)(1 + made_pick(255));
		break;
	case 3:
	case 4:
		at -= (size_t)(at - bytes->data) % 4;
		put_number(at, size - (size_t)(at - bytes->data));
		break;
	case 5:
		*at = (uint8_t)(*at + (made_pick(2) ? 1 : 255));
		break;
	case 6:
		from = made_pick((uint32_t)size);
		memmove(at, bytes->data + from, room < size - from ? room : size - from);
		break;
	default:
		bytes->size -= made_pick((uint32_t)(size < 16 ? size : 16));
		break;
	}
}

static void change(struct attack *attack, const struct pen_buffer *wire, unsigned n_mutations)
{
	struct pen_buffer bytes;

	for (unsigned i = 0; i < n_mutations && wire->size; i++) {
		pen_buffer_init(&bytes, 0);
		assert_int_equal(pen_buffer_add(&bytes, wire->data, wire->size), 0);
		for (unsigned n = made_pick(3) + 1; n; n--)
			mutate(&bytes);
		seen.n_mutations++;
		if (is_accepted(attack, bytes.data, bytes.size))
			expect_stable(attack);
		pen_buffer_done(&bytes);
	}
}

/* data: how many mutations of each value, and so whether all prefixes. */
static void attack_value(const struct made *v, void *value, struct pen_arena *arena, void *data)
{
	unsigned n_mutations = *(unsigned *)data;
	struct attack attack = { .v = v };
	struct pen_buffer wire;

	(void)arena;
	pen_buffer_init(&wire, 0);
	for (enum pen_transfer t = PEN_NDR; t < PEN_N_TRANSFERS; t++) {
		attack.transfer = t;
		attack.allowance = (struct allowance){ .per_byte = 1 };
		look_at(&attack.allowance, t, v->type);
		pen_arena_init(&attack.arena, 0);
		pen_buffer_init(&attack.again, 0);
		made_to_wire(v, t, value, &wire);
		cut(&attack, &wire, n_mutations > MUTATIONS_DEFAULT);
		change(&attack, &wire, n_mutations);
		pen_buffer_done(&attack.again);
		pen_arena_done(&attack.arena);
	}
	pen_buffer_done(&wire);
}

static void test_operations(void **state)
{
	uint64_t n_wanted = made_number("PEN_TEST_MUTATIONS", 0);
	unsigned n_mutations = n_wanted ? MUTATIONS_OF_VALUE : MUTATIONS_DEFAULT;

	(void)state;
	for (size_t i = 0; i < PEN_COUNT(interfaces); i++) {
		uint64_t before = seen.n_mutations;
		struct pen_ndr_error error;

		do {
			for (uint32_t k = 0; k < interfaces[i]->n_operations; k++)
				made_of_operation(&interfaces[i]->operations[k], attack_value,
						  &n_mutations, &error);
		} while (seen.n_mutations - before < n_wanted);
	}
}

static void test_extended_error(void **state)
{
	unsigned n_mutations = MUTATIONS_OF_VALUE;

	(void)state;
	for (int i = 0; i < 16; i++)
		made_of_type(&ExtendedError_ExtendedErrorInfo_type, attack_value, &n_mutations);
}

/* Figures, not limits: the clock decides nothing here. */
static int tell(void **state)
{
	(void)state;
	fprintf(stderr,
		"%llu prefixes, %llu mutations, %llu of all accepted; at most %llu bytes of memory "
		"for a value, %.0f and %.2f steps for each of its bytes; %.1f s\n",
		(unsigned long long)seen.n_prefixes, (unsigned long long)seen.n_mutations,
		(unsigned long long)seen.n_accepted, (unsigned long long)seen.memory,
		seen.memory_per_byte, seen.steps_per_byte, (double)clock() / CLOCKS_PER_SEC);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_extended_error),
	};

	return cmocka_run_group_tests(tests, NULL, tell);
}
