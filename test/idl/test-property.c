/* SPDX-License-Identifier: MIT */
/*
 * For every operation of every interface in idl/: a random value becomes NDR, a value, NDR64, a
 * value, JSON and a value, and is the same at the end.
 *
 * PEN_TEST_VALUES says how many are made of each type, and PEN_TEST_SEED from where on.
 */
#include "support/unit.h"

#include "idl/interfaces.h"
#include "support/values.h"
#include <stdio.h>
#include <string.h>

enum { VALUES_DEFAULT = 4 };

static void expect_same(const struct made *v, const char *where, const struct pen_buffer *a,
			const struct pen_buffer *b)
{
	if (a->size != b->size || (a->size && memcmp(a->data, b->data, a->size) != 0))
		fail_msg("%s is another value after %s", v->name, where);
}

static void go_round(const struct made *v, void *value, struct pen_arena *arena, void *data)
{
	struct pen_buffer json, again, wire[PEN_N_TRANSFERS];
	struct pen_ndr_error error = { "" };

	(void)data;
	pen_buffer_init(&json, 0);
	pen_buffer_init(&again, 0);
	made_to_json(v, value, &json);
	for (enum pen_transfer t = PEN_NDR; t < PEN_N_TRANSFERS; t++) {
		pen_buffer_init(&wire[t], 0);
		made_to_wire(v, t, value, &wire[t]);
		if (made_from_wire(v, t, wire[t].data, wire[t].size, arena, &value, &error))
			fail_msg("%s from NDR%s: %s", v->name, t ? "64" : "", error.text);
		made_to_wire(v, t, value, &again);
		expect_same(v, t ? "NDR64" : "NDR", &wire[t], &again);
	}
	made_to_json(v, value, &again);
	expect_same(v, "NDR and NDR64", &json, &again);
	if (made_from_json(v, &again, arena, &value, &error))
		fail_msg("%s from its JSON: %s\n%.*s", v->name, error.text, (int)again.size,
			 (const char *)again.data);
	made_to_wire(v, PEN_NDR, value, &again);
	expect_same(v, "JSON", &wire[PEN_NDR], &again);
	for (enum pen_transfer t = PEN_NDR; t < PEN_N_TRANSFERS; t++)
		pen_buffer_done(&wire[t]);
	pen_buffer_done(&json);
	pen_buffer_done(&again);
}

static void test_operations(void **state)
{
	uint64_t n_values = made_number("PEN_TEST_VALUES", VALUES_DEFAULT);
	unsigned n_never = 0;

	(void)state;
	for (size_t i = 0; i < PEN_COUNT(interfaces); i++) {
		for (uint32_t k = 0; k < interfaces[i]->n_operations; k++) {
			const struct pen_operation *operation = &interfaces[i]->operations[k];
			struct pen_ndr_error error = { "" };
			uint64_t n_done = 0;

			for (uint64_t n = 0; n < n_values; n++)
				n_done += made_of_operation(operation, go_round, NULL, &error);
			if (n_done || !n_values)
				continue;
			n_never++;
			fprintf(stderr, "%s.%s: no value, because %s\n", interfaces[i]->name,
				operation->name, error.text);
		}
	}
	assert_int_equal(n_never, 0);
}

/* What is no operation's: the chain of causes in a fault. */
static void test_extended_error(void **state)
{
	uint64_t n_values = made_number("PEN_TEST_VALUES", VALUES_DEFAULT) * 16;

	(void)state;
	for (uint64_t n = 0; n < n_values; n++)
		made_of_type(&ExtendedError_ExtendedErrorInfo_type, go_round, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_extended_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
