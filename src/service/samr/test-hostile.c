/* SPDX-License-Identifier: MIT */
/*
 * What no well-meaning client sends: each operation with each kind of handle, every
 * pointer NULL, every number any number; and each with too little memory.
 */
#include "service/samr/fixture.h"
#include "support/fail.h"
#include <errno.h>
#include <penstock/buffer.h>

/* Whatever is answered can be sent. */
static void expect_sendable(const struct pen_operation *operation, const void *in, const void *out)
{
	const struct pen_scope scope = { .in = in, .out = out };
	struct pen_ndr_error error = { .text = "" };
	struct pen_buffer buffer;
	int r;

	pen_buffer_init(&buffer, 0);
	r = pen_ndr_put(operation->out, (struct pen_layout){ .transfer = PEN_NDR }, &scope, out,
			&buffer, &error);
	if (r)
		fail_msg("%s: %s", operation->name, error.text);
	pen_buffer_done(&buffer);
}

/* An object of the kind that nothing else depends on, and a handle for all of its rights. */
static struct pen_context_handle any_object(struct fixture *f, struct pen_call *call,
					    enum pen_samr_kind kind)
{
	struct pen_samr_object object = { .kind = kind, .granted = 0x1ffffff };
	struct pen_account_group group = { .name = "any", .kind = PEN_ACCOUNT_ALIAS };
	struct pen_account_user user = { .name = "any" };
	struct pen_context_handle handle = { .attributes = 0 };
	int32_t result;

	if (kind == PEN_SAMR_GROUP)
		group.kind = PEN_ACCOUNT_GROUP;
	if (kind == PEN_SAMR_USER)
		assert_int_equal(pen_accounts_add_user(f->accounts, &user, &object.rid), 0);
	else if (kind > PEN_SAMR_USER)
		assert_int_equal(pen_accounts_add_group(f->accounts, &group, &object.rid), 0);
	assert_int_equal(pen_samr_open_granted(call, &object, &handle, &result), 0);
	return handle;
}

static void forget_object(struct fixture *f)
{
	struct pen_account account;

	while (!pen_accounts_find_any(f->accounts, "any", NULL, &account))
		assert_int_equal(pen_accounts_remove(f->accounts, account.domain, account.rid), 0);
}

/* Arrays that the wire can't leave out are counted by these operations' numbers. */
static bool is_counted(const struct pen_operation *operation)
{
	return strstr(operation->name, "SamrLookup");
}

static void set_number(const struct pen_field *field, void *in, uint32_t number)
{
	void *member = (char *)in + field->offset;

	if (field->type->kind == PEN_ENUM)
		memcpy(member, &number, sizeof(number));
	else if (field->type->kind == PEN_U32)
		memcpy(member, &number, sizeof(number));
	else if (field->type->kind == PEN_U8)
		*(uint8_t *)member = (uint8_t)number;
}

/* The parameters, all NULL and 0 but for a handle in front and the numbers. */
static void *make_in(const struct pen_operation *operation, struct pen_context_handle handle,
		     uint32_t number)
{
	void *in = test_calloc(1, operation->in->size);

	for (uint32_t i = 0; i < operation->in->n_fields; i++) {
		const struct pen_field *field = &operation->in->fields[i];

		if (field->type == &pen_type_handle)
			memcpy((char *)in + field->offset, &handle, sizeof(handle));
		else if (!is_counted(operation))
			set_number(field, in, number);
	}
	return in;
}

static int call_one(struct fixture *f, const struct pen_operation *operation,
		    enum pen_samr_kind kind, uint32_t number, size_t fail_at)
{
	void *out = test_calloc(1, operation->out->size), *in;
	struct pen_call *call;
	int r;

	assert_int_equal(pen_call_new_direct(&call, f->server, f->samr, f->tokens[0]), 0);
	in = make_in(operation, any_object(f, call, kind), number);
	pen_fail_at(fail_at);
	r = operation->dispatch(ops(), call, in, out);
	if (fail_at && !pen_fail_hit())
		r = PEN_E_NOT_FOUND;
	else if (!r)
		expect_sendable(operation, in, out);
	pen_call_free(call);
	forget_object(f);
	test_free(in);
	test_free(out);
	return r;
}

static bool has_handle(const struct pen_operation *operation)
{
	return operation->in->n_fields && operation->in->fields[0].type == &pen_type_handle;
}

static void test_numbers(void **state)
{
	static const uint32_t numbers[] = { 0,	1,  2,	3,  4,	5,  6,	7,	    8,	       9,
					    10, 11, 12, 13, 14, 16, 17, 18,	    20,	       21,
					    23, 24, 25, 26, 31, 32, 33, 0x02000000, UINT32_MAX };
	struct fixture *f = *state;

	for (uint32_t o = 0; o < samr_interface.n_operations; o++) {
		const struct pen_operation *operation = &samr_interface.operations[o];

		if (!operation->name)
			continue;
		for (int kind = 0; kind < PEN_SAMR_N_KINDS; kind++)
			for (size_t i = 0; i < PEN_COUNT(numbers); i++)
				if (!kind || has_handle(operation))
					call_one(f, operation, (enum pen_samr_kind)kind, numbers[i],
						 0);
	}
}

static void test_no_memory(void **state)
{
	struct fixture *f = *state;

	for (uint32_t o = 0; o < samr_interface.n_operations; o++) {
		const struct pen_operation *operation = &samr_interface.operations[o];

		if (!operation->name)
			continue;
		for (int kind = 0; kind < PEN_SAMR_N_KINDS; kind++)
			for (size_t n = 1; call_one(f, operation, (enum pen_samr_kind)kind, 1, n) !=
					   PEN_E_NOT_FOUND;
			     n++)
				continue;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
