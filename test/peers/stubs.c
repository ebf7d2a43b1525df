/* SPDX-License-Identifier: MIT */
/*
 * stubs [N]: N random calls (PEN_TEST_SEED) of every operation in idl/, line by line:
 *
 *	INTERFACE OPNUM OPERATION in|out ndr|ndr64|big REQUEST [ANSWER]
 *
 * in hexadecimal, "-" for nothing.
 */
#include "support/unit.h"

#include "idl/interfaces.h"
#include "support/values.h"
#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *name;
	struct pen_layout layout;
} layouts[] = {
	{ "ndr", { .transfer = PEN_NDR } },
	{ "ndr64", { .transfer = PEN_NDR64 } },
	{ "big", { .transfer = PEN_NDR, .is_big_endian = true } },
};

struct place {
	const struct pen_interface *interface;
	uint32_t opnum;
};

static void print_stub(const struct pen_type *type, struct pen_layout layout,
		       const struct pen_scope *scope, const void *value)
{
	struct pen_ndr_error error = { "" };
	struct pen_buffer wire;

	pen_buffer_init(&wire, 0);
	if (pen_ndr_put(type, layout, scope, value, &wire, &error))
		fail_msg("%s", error.text);
	printf(wire.size ? " " : " -");
	for (size_t i = 0; i < wire.size; i++)
		printf("%02x", wire.data[i]);
	pen_buffer_done(&wire);
}

static void print_call(const struct made *v, void *value, struct pen_arena *arena, void *data)
{
	const struct place *place = data;
	const struct pen_operation *operation = &place->interface->operations[place->opnum];
	struct pen_scope scope = { .in = v->in ? v->in : value, .out = v->in ? value : NULL };

	(void)arena;
	for (size_t i = 0; i < PEN_COUNT(layouts); i++) {
		printf("%s %u %s %s %s", place->interface->name, place->opnum,
		       operation->name, v->in ? "out" : "in", layouts[i].name);
		print_stub(operation->in, layouts[i].layout,
			   &(struct pen_scope){ .in = scope.in }, scope.in);
		if (v->in)
			print_stub(v->type, layouts[i].layout, &scope, value);
		printf("\n");
	}
}

static void print_operation(struct place *place)
{
	const struct pen_operation *operation = &place->interface->operations[place->opnum];
	struct pen_ndr_error error = { "" };

	if (operation->name && !made_of_operation(operation, print_call, place, &error))
		fail_msg("%s.%s: no value, because %s", place->interface->name, operation->name,
			 error.text);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1;
	struct place place;

	for (size_t i = 0; i < PEN_COUNT(interfaces); i++) {
		place.interface = interfaces[i];
		for (place.opnum = 0; place.opnum < interfaces[i]->n_operations; place.opnum++) {
			for (int round = 0; round < n; round++)
				print_operation(&place);
		}
	}
	return 0;
}
