/* SPDX-License-Identifier: MIT */
/*
 * Interface pointers and object interfaces: bytes written by hand, the library's own tables beside
 * those that penidl makes of the document's IDL, and that nobody calls objects.
 */
#include "support/unit.h"

#include "orpc.h"
#include "support/rows.h"
#include <penstock/client.h>
#include <penstock/server.h>

enum { GIVE = 0, NEXT = 5, MORE = 10 };

#define IID "{\"Data1\":305419896,\"Data2\":4660,\"Data3\":43981,\"Data4\":\"ef00010203040506\"}"

static const struct wire_row rows[] = {
	{
		/* Each is a unique pointer to a count and so many bytes. */
		.operation = { &orpc_interface, GIVE },
		.json = "{\"thing\":{\"ulCntData\":3,\"abData\":\"4d454f\"},\"iid\":" IID ",\"other\":null,"
			"\"n\":2,\"things\":[null,{\"ulCntData\":1,\"abData\":\"aa\"}],"
			"\"holder\":{\"first\":1,\"thing\":{\"ulCntData\":0,\"abData\":\"\"},\"iid\":null,\"other\":null}}",
		.wire = {
			WIRE(
				0x00, 0x00, 0x02, 0x00, /* thing */
				3, 0, 0, 0, 3, 0, 0, 0, 0x4d, 0x45, 0x4f, 0, /* *thing, and a gap */
				0x78, 0x56, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, /* iid */
				0xef, 0, 1, 2, 3, 4, 5, 6, /* its end */
				0, 0, 0, 0, 2, 0, 0, 0, /* other, n */
				2, 0, 0, 0, 0, 0, 0, 0, 0x04, 0x00, 0x02, 0x00, /* things */
				1, 0, 0, 0, 1, 0, 0, 0, 0xaa, 0, 0, 0, /* *things[1], and a gap */
				1, 0, 0, 0, 0x08, 0x00, 0x02, 0x00, /* first, thing */
				0, 0, 0, 0, 0, 0, 0, 0, /* iid, other */
				0, 0, 0, 0, 0, 0, 0, 0 /* *thing */
			),
			WIRE(
				0x00, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* thing */
				3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, /* how many, ulCntData */
				0x4d, 0x45, 0x4f, 0, /* abData, and a gap */
				0x78, 0x56, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, /* iid */
				0xef, 0, 1, 2, 3, 4, 5, 6, /* its end */
				0, 0, 0, 0, 0, 0, 0, 0, /* other */
				2, 0, 0, 0, 0, 0, 0, 0, /* n */
				2, 0, 0, 0, 0, 0, 0, 0, /* how many things */
				0, 0, 0, 0, 0, 0, 0, 0, 0x04, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* things */
				1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, /* how many, ulCntData */
				0xaa, 0, 0, 0, /* abData, and the end of the struct */
				1, 0, 0, 0, 0, 0, 0, 0, /* first */
				0x08, 0x00, 0x02, 0x00, 0, 0, 0, 0, /* thing */
				0, 0, 0, 0, 0, 0, 0, 0, /* iid */
				0, 0, 0, 0, 0, 0, 0, 0, /* other */
				0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 /* *thing */
			),
		},
	},
	{
		/* An object's operation begins with ORPCTHIS. */
		.operation = { &IShelf_interface, NEXT },
		.json = "{\"orpcthis\":{\"version\":{\"MajorVersion\":5,\"MinorVersion\":7},\"flags\":1,"
			"\"reserved1\":0,\"cid\":" IID ",\"extensions\":null},\"n\":2}",
		.wire = {
			WIRE(
				5, 0, 7, 0, 1, 0, 0, 0, 0, 0, 0, 0, /* version, flags, reserved1 */
				0x78, 0x56, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, /* cid */
				0xef, 0, 1, 2, 3, 4, 5, 6, /* its end */
				0, 0, 0, 0, 2, 0, 0, 0 /* extensions, n */
			),
			WIRE(
				5, 0, 7, 0, 1, 0, 0, 0, 0, 0, 0, 0, /* version, flags, reserved1 */
				0x78, 0x56, 0x34, 0x12, 0x34, 0x12, 0xcd, 0xab, /* cid */
				0xef, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, /* its end, and a gap */
				0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0 /* extensions, n */
			),
		},
	},
	{
		/* And its answer with ORPCTHAT. */
		.operation = { &IShelf_interface, NEXT, true },
		.in = &(const struct IShelf_Next_in){ .n = 2 },
		.json = "{\"orpcthat\":{\"flags\":0,\"extensions\":null},\"things\":[null],\"got\":1,"
			"\"result\":1}",
		.wire = {
			WIRE(
				0, 0, 0, 0, 0, 0, 0, 0, /* flags, extensions */
				2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, /* things */
				1, 0, 0, 0, 1, 0, 0, 0 /* got, result */
			),
			WIRE(
				0, 0, 0, 0, 0, 0, 0, 0, /* flags */
				0, 0, 0, 0, 0, 0, 0, 0, /* extensions */
				2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* counts of things */
				1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* and things */
				1, 0, 0, 0, 1, 0, 0, 0 /* got, result */
			),
		},
	},
};

static void test_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < PEN_COUNT(rows); i++)
		expect_row(&rows[i]);
}

/* Operations count from what IUnknown has, and those that cannot be sent have no table. */
static void test_operations(void **state)
{
	static const char *const names[] = { NULL, NULL, NULL, "get_Count", "put_Count", "Next",
					     NULL, NULL, NULL, NULL,	    "More" };

	(void)state;
	assert_true(IShelf_interface.is_object);
	assert_false(orpc_interface.is_object);
	assert_int_equal(IStore_interface.n_operations, PEN_COUNT(names));
	for (uint32_t i = 0; i < PEN_COUNT(names); i++) {
		const struct pen_operation *operation = &IStore_interface.operations[i];

		if (names[i])
			assert_string_equal(operation->name, names[i]);
		else
			assert_null(operation->name);
		assert_null(operation->dispatch);
	}
}

static void test_random(void **state)
{
	(void)state;
	expect_random(&orpc_interface);
	expect_random(&IShelf_interface);
	expect_random(&IStore_interface);
}

static void expect_same_type(const struct pen_type *own, const struct pen_type *made);

/* What reads and writes a value is the same in both. */
static void expect_same_parts(const struct pen_type *own, const struct pen_type *made)
{
	assert_int_equal(own->n_fields, made->n_fields);
	for (uint32_t i = 0; i < own->n_fields; i++) {
		assert_string_equal(own->fields[i].name, made->fields[i].name);
		assert_int_equal(own->fields[i].offset, made->fields[i].offset);
		expect_same_type(own->fields[i].type, made->fields[i].type);
	}
	assert_int_equal(own->n_dimensions, made->n_dimensions);
	for (uint32_t i = 0; i < own->n_dimensions; i++) {
		const struct pen_expr *a = own->dimensions[i].size_is;
		const struct pen_expr *b = made->dimensions[i].size_is;

		assert_int_equal(own->dimensions[i].count, made->dimensions[i].count);
		assert_int_equal(own->dimensions[i].is_conformant,
				 made->dimensions[i].is_conformant);
		assert_int_equal(!a, !b);
		if (a)
			assert_int_equal(a[0].offset, b[0].offset);
	}
}

static void expect_same_type(const struct pen_type *own, const struct pen_type *made)
{
	assert_int_equal(own->kind, made->kind);
	assert_int_equal(own->size, made->size);
	assert_int_equal(own->is_conformant, made->is_conformant);
	assert_int_equal(own->pointer_kind, made->pointer_kind);
	for (size_t t = 0; t < PEN_N_TRANSFERS; t++) {
		assert_int_equal(own->wire[t].align, made->wire[t].align);
		assert_int_equal(own->wire[t].min, made->wire[t].min);
		assert_int_equal(own->wire[t].is_block, made->wire[t].is_block);
	}
	expect_same_parts(own, made);
	assert_int_equal(!own->element, !made->element);
	if (own->element)
		expect_same_type(own->element, made->element);
}

static void test_own_tables(void **state)
{
	(void)state;
	expect_same_type(&pen_type_interface_pointer, &orpc_MInterfacePointer_type);
	expect_same_type(&pen_type_orpc_this, &orpc_ORPCTHIS_type);
	expect_same_type(&pen_type_orpc_that, &orpc_ORPCTHAT_type);
}

static void test_refusal(void **state)
{
	static const struct pen_service service = { .interface = &IShelf_interface };
	const struct IShelf_get_Count_in in = { .orpcthis = { .flags = 0 } };
	struct IShelf_get_Count_out out;
	struct pen_server *server;
	struct pen_client *client;
	struct pen_call *call;

	(void)state;
	assert_int_equal(pen_client_new(&client, "ncalrpc:[nowhere]", NULL, NULL), 0);
	assert_int_equal(pen_call_new(&call, client), 0);
	assert_int_equal(pen_call_invoke(call, &IShelf_interface, 3, &in, &out), PEN_E_UNSUPPORTED);
	assert_string_equal(
		pen_call_error(call),
		"IShelf is an object interface: calling objects (ORPC) is not offered.");
	pen_call_free(call);
	pen_client_free(client);
	assert_int_equal(pen_server_new(&server, NULL), 0);
	assert_int_equal(pen_server_add(server, &service, NULL), PEN_E_UNSUPPORTED);
	pen_server_free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),	cmocka_unit_test(test_operations),
		cmocka_unit_test(test_random),	cmocka_unit_test(test_own_tables),
		cmocka_unit_test(test_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
