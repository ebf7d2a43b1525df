/* SPDX-License-Identifier: MIT */
/*
 * Every operation with a handle of every kind, pointers that are all NULL and numbers that
 * are any: nothing breaks, what is answered can be sent, and so with too little memory.
 */
#include "service/lsarpc/fixture.h"
#include "support/fail.h"
#include <errno.h>
#include <penstock/buffer.h>

enum { NO_KIND = PEN_LSARPC_SECRET + 1, N_KINDS };

static struct pen_context_handle open_kind(struct fixture *f, struct pen_call *call, int kind)
{
	const struct pen_lsarpc_object object = { .kind = (enum pen_lsarpc_kind)kind,
						  .sid = f->joe };
	const struct pen_lsa_account account = { .sid = f->joe };
	struct pen_context_handle handle = { 0 };
	uint32_t status = 0;

	if (kind == PEN_LSARPC_ACCOUNT)
		pen_lsa_add_account(f->accounts, &account);
	if (kind == PEN_LSARPC_SECRET) {
		pen_lsa_add_secret(f->accounts, "any", NOW);
		assert_int_equal(pen_lsarpc_open_secret(call, "any", (struct pen_slice){ 0 },
							MAXIMUM, &handle, &status),
				 0);
	} else if (kind != NO_KIND) {
		assert_int_equal(pen_lsarpc_open(call, &object, (struct pen_slice){ 0 }, MAXIMUM,
						 &handle, &status),
				 0);
	}
	assert_int_equal(status, 0);
	return handle;
}

static void set_member(const struct pen_field *field, const struct pen_context_handle *handle,
		       uint32_t number, uint8_t *in)
{
	switch (field->type->kind) {
	case PEN_HANDLE:
		memcpy(in + field->offset, handle, sizeof(*handle));
		break;
	case PEN_ENUM:
	case PEN_U32:
		memcpy(in + field->offset, &number, sizeof(number));
		break;
	case PEN_U8:
		in[field->offset] = (uint8_t)number;
		break;
	default:
		break;
	}
}

static void expect_sendable(const struct pen_operation *operation, const void *in, const void *out)
{
	const struct pen_scope scope = { .in = in, .out = out };
	struct pen_ndr_error error = { .text = "" };
	struct pen_buffer buffer;

	for (int transfer = PEN_NDR; transfer < PEN_N_TRANSFERS; transfer++) {
		const struct pen_layout layout = { .transfer = (enum pen_transfer)transfer };

		pen_buffer_init(&buffer, 0);
		if (pen_ndr_put(operation->out, layout, &scope, out, &buffer, &error))
			fail_msg("%s: %s", operation->name, error.text);
		pen_buffer_done(&buffer);
	}
}

/* False: the allocation that should have failed was not reached. */
static bool try(struct fixture *f, const struct pen_operation *operation, int kind, uint32_t number,
		size_t fail_at)
{
	uint8_t *in = test_calloc(1, operation->in->size);
	uint8_t *out = test_calloc(1, operation->out->size);
	struct pen_context_handle handle;
	struct pen_call *call;
	bool is_hit;
	int r;

	assert_int_equal(pen_call_new_direct(&call, f->server, f->lsarpc, f->tokens[0]), 0);
	handle = open_kind(f, call, kind);
	for (uint32_t i = 0; i < operation->in->n_fields; i++)
		set_member(&operation->in->fields[i], &handle, number, in);
	pen_fail_at(fail_at);
	r = operation->dispatch(ops(), call, in, out);
	is_hit = pen_fail_hit();
	assert_true(!r || r == PEN_E_FAULT || r == PEN_E_UNSUPPORTED || (is_hit && r < 0));
	if (!r)
		expect_sendable(operation, in, out);
	pen_call_free(call);
	test_free(in);
	test_free(out);
	return is_hit;
}

static void test_any_number(void **state)
{
	static const uint32_t numbers[] = { 0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 14, 15, 16, 0xffff };
	struct fixture *f = *state;

	for (uint32_t i = 0; i < lsarpc_interface.n_operations; i++)
		for (int kind = 0; lsarpc_interface.operations[i].name && kind < N_KINDS; kind++)
			for (size_t n = 0; n < PEN_COUNT(numbers); n++)
				try(f, &lsarpc_interface.operations[i], kind, numbers[n], 0);
}

static void test_no_memory(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < lsarpc_interface.n_operations; i++)
		for (int kind = 0; lsarpc_interface.operations[i].name && kind < NO_KIND; kind++)
			for (size_t n = 1;
			     try(f, &lsarpc_interface.operations[i], kind, 5, n) && n < 60; n++)
				;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_any_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
