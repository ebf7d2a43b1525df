/* SPDX-License-Identifier: MIT */
#include "service/epm/epm.h"
#include "support/unit.h"
#include <penstock/buffer.h>
#include <penstock/idl/epm.h>
#include <penstock/idl/mgmt.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/token.h>
#include <string.h>

static const struct epm_operations *ops;

struct fixture {
	struct pen_epm *epm;
	struct pen_token *user;
	struct pen_token *other;
	struct pen_token *remote;
	struct pen_call *call;	     /* the user's */
	struct pen_call *other_call; /* another user's */
	struct pen_call *remote_call;
};

static int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	assert_int_equal(pen_epm_new(&f->epm), 0);
	assert_int_equal(pen_epm_add(f->epm, &epm_interface.id, "ncacn_ip_tcp:127.0.0.1[135]", ""),
			 0);
	assert_int_equal(pen_epm_add(f->epm, &epm_interface.id, "ncalrpc:[EPMAPPER]", ""), 0);
	assert_int_equal(
		pen_epm_add(f->epm, &mgmt_interface.id, "ncacn_np:[\\pipe\\epmapper]", "m"), 0);
	assert_int_equal(pen_token_new_unix(&f->user, 1000, 1000, NULL, 0, 0, false), 0);
	assert_int_equal(pen_token_new_unix(&f->other, 1001, 1001, NULL, 0, 0, false), 0);
	assert_int_equal(pen_token_new_anonymous(&f->remote, true), 0);
	assert_int_equal(pen_call_new_direct(&f->call, NULL, f->epm, f->user), 0);
	assert_int_equal(pen_call_new_direct(&f->other_call, NULL, f->epm, f->other), 0);
	assert_int_equal(pen_call_new_direct(&f->remote_call, NULL, f->epm, f->remote), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	pen_call_free(f->call);
	pen_call_free(f->other_call);
	pen_call_free(f->remote_call);
	pen_token_free(f->user);
	pen_token_free(f->other);
	pen_token_free(f->remote);
	pen_epm_free(f->epm);
	test_free(f);
	return 0;
}

static struct epm_rpc_if_id_t id_of(const struct pen_interface *interface, uint16_t minor)
{
	struct epm_rpc_if_id_t id = { .vers_major = interface->id.major, .vers_minor = minor };

	memcpy(&id.uuid, &interface->id.uuid, sizeof(id.uuid));
	return id;
}

static uint32_t count(struct pen_call *call, struct epm_ept_lookup_in in)
{
	struct epm_ept_lookup_out out = { 0 };

	in.max_ents = 500;
	assert_int_equal(ops->ept_lookup(call, &in, &out), 0);
	assert_true(!out.status == !!out.num_ents);
	return out.num_ents;
}

static void test_inquiry_types(void **state)
{
	struct fixture *f = *state;
	struct epm_rpc_if_id_t id = id_of(&epm_interface, 1);
	struct epm_uuid_t nil = { 0 }, object = { .time_low = 1 };
	/* The entry is version 3.0, and 3.1 is asked for. */
	const uint32_t expected[] = { 0, 2, 0, 0, 2, 2, 0 };

	assert_int_equal(count(f->call, (struct epm_ept_lookup_in){ 0 }), 3);
	for (uint32_t option = 0; option < PEN_COUNT(expected); option++)
		assert_int_equal(
			count(f->call, (struct epm_ept_lookup_in){ .inquiry_type = 1,
								   .interface_id = &id,
								   .vers_option = option }),
			expected[option]);
	id.vers_minor = 0;
	assert_int_equal(count(f->call, (struct epm_ept_lookup_in){ .inquiry_type = 3,
								    .interface_id = &id,
								    .object = &nil,
								    .vers_option = 3 }),
			 2);
	assert_int_equal(
		count(f->call, (struct epm_ept_lookup_in){ .inquiry_type = 2, .object = &object }),
		0);
	/* Questions without what they ask about, or of no known type. */
	for (uint32_t type = 1; type < 6; type++)
		assert_int_equal(count(f->call, (struct epm_ept_lookup_in){ .inquiry_type = type }),
				 0);
}

/* One at a time, all come once, whatever is registered in between. */
static void test_enumeration(void **state)
{
	struct fixture *f = *state;
	struct epm_ept_lookup_in in = { .max_ents = 1 };
	struct epm_ept_lookup_out out;
	uint32_t n = 0;

	do {
		memset(&out, 0, sizeof(out));
		assert_int_equal(ops->ept_lookup(f->call, &in, &out), 0);
		assert_int_equal(out.num_ents, 1);
		in.entry_handle = out.entry_handle;
		n++;
	} while (!pen_uuid_is_nil(&in.entry_handle.uuid));
	assert_int_equal(n, 3);

	in.entry_handle.uuid.time_low = 1;
	assert_int_equal(ops->ept_lookup(f->call, &in, &out), PEN_E_FAULT);
}

static void test_handle_free(void **state)
{
	struct fixture *f = *state;
	struct epm_ept_lookup_in in = { .max_ents = 1 };
	struct epm_ept_lookup_out out = { 0 };
	struct epm_ept_lookup_handle_free_in free_in;
	struct epm_ept_lookup_handle_free_out free_out = { 0 };

	assert_int_equal(ops->ept_lookup(f->call, &in, &out), 0);
	assert_false(pen_uuid_is_nil(&out.entry_handle.uuid));
	free_in.entry_handle = out.entry_handle;
	assert_int_equal(ops->ept_lookup_handle_free(f->call, &free_in, &free_out), 0);
	assert_true(pen_uuid_is_nil(&free_out.entry_handle.uuid));
	assert_int_equal(ops->ept_lookup_handle_free(f->call, &free_in, &free_out), PEN_E_FAULT);
}

static struct epm_twr_t *tower_new(struct pen_call *call, const struct pen_interface *interface,
				   enum pen_protseq protseq, const struct pen_syntax_id *transfer)
{
	struct pen_tower tower = { .interface = interface->id,
				   .transfer = *transfer,
				   .protseq = protseq,
				   .endpoint = "x" };
	struct epm_twr_t *wire = pen_arena_zalloc(pen_call_arena(call), sizeof(*wire));
	struct pen_buffer buffer;

	pen_buffer_init(&buffer, 0);
	assert_int_equal(pen_tower_put(&tower, &buffer), 0);
	wire->tower_length = buffer.size;
	wire->tower_octet_string = pen_arena_copy(pen_call_arena(call), buffer.data, buffer.size);
	pen_buffer_done(&buffer);
	return wire;
}

static uint32_t map(struct pen_call *call, struct epm_twr_t *asked, uint32_t max,
		    struct pen_tower *first)
{
	struct epm_ept_map_in in = { .map_tower = asked, .max_towers = max };
	struct epm_ept_map_out out = { 0 };

	assert_int_equal(ops->ept_map(call, &in, &out), 0);
	if (out.num_towers && first)
		assert_int_equal(pen_tower_get(first, out.towers[0]->tower_octet_string,
					       out.towers[0]->tower_length),
				 0);
	return out.num_towers;
}

/* Either transfer syntax is answered by itself. */
static void test_map(void **state)
{
	const struct pen_syntax_id *syntaxes[] = { &pen_syntax_ndr, &pen_syntax_ndr64 };
	struct fixture *f = *state;
	struct pen_tower first;
	struct epm_twr_t *wire;

	for (size_t i = 0; i < PEN_COUNT(syntaxes); i++) {
		wire = tower_new(f->call, &epm_interface, PEN_NCACN_IP_TCP, syntaxes[i]);
		assert_int_equal(map(f->remote_call, wire, 4, &first), 1);
		assert_int_equal(first.port, 135);
		assert_true(pen_syntax_id_equal(&first.transfer, syntaxes[i]));
		for (uint32_t n = 0; n < wire->tower_length; n++) {
			struct epm_twr_t part = { n, wire->tower_octet_string };

			assert_int_equal(map(f->call, &part, 4, NULL), 0);
		}
	}
	assert_int_equal(map(f->call, NULL, 4, NULL), 0);
	assert_int_equal(map(f->call, wire, 0, NULL), 0);
	assert_int_equal(map(f->call, wire, UINT32_MAX, NULL), 1);
}

static int insert(struct pen_call *call, struct epm_twr_t *tower, uint32_t *statusp)
{
	struct epm_ept_entry_t entry = { .tower = tower, .annotation = "mine" };
	struct epm_ept_insert_in in = { .num_ents = 1, .entries = &entry };
	struct epm_ept_insert_out out = { 0 };
	int r = ops->ept_insert(call, &in, &out);

	*statusp = out.status;
	return r;
}

static int delete (struct pen_call *call, struct epm_twr_t *tower, uint32_t *statusp)
{
	struct epm_ept_entry_t entry = { .tower = tower, .annotation = "" };
	struct epm_ept_delete_in in = { .num_ents = 1, .entries = &entry };
	struct epm_ept_delete_out out = { 0 };
	int r = ops->ept_delete(call, &in, &out);

	*statusp = out.status;
	return r;
}

/* An interface belongs to the user who was first, and entries go with their owner. */
static void test_ownership(void **state)
{
	struct fixture *f = *state;
	struct epm_twr_t *echo =
		tower_new(f->other_call, &rpcecho_interface, PEN_NCALRPC, &pen_syntax_ndr);
	struct epm_twr_t *reserved =
		tower_new(f->other_call, &epm_interface, PEN_NCALRPC, &pen_syntax_ndr);
	uint32_t status;

	assert_int_equal(insert(f->call, reserved, &status), 0);
	assert_int_not_equal(status, 0);
	assert_int_equal(insert(f->call, NULL, &status), 0);
	assert_int_not_equal(status, 0);
	assert_int_equal(insert(f->call, echo, &status), 0);
	assert_int_equal(status, 0);
	assert_int_equal(insert(f->call, echo, &status), 0); /* no second entry */
	assert_int_equal(map(f->other_call, echo, 4, NULL), 1);
	assert_int_equal(insert(f->other_call, echo, &status), 0);
	assert_int_not_equal(status, 0);
	assert_int_equal(delete (f->other_call, echo, &status), 0);
	assert_int_not_equal(status, 0);
	assert_int_equal(delete (f->call, echo, &status), 0);
	assert_int_equal(status, 0);
	assert_int_equal(map(f->other_call, echo, 4, NULL), 0);

	assert_int_equal(insert(f->call, echo, &status), 0);
	pen_call_free(f->call);
	f->call = NULL;
	assert_int_equal(map(f->other_call, echo, 4, NULL), 0);
}

static void test_remote_callers_register_nothing(void **state)
{
	struct fixture *f = *state;
	struct epm_twr_t *echo =
		tower_new(f->remote_call, &rpcecho_interface, PEN_NCALRPC, &pen_syntax_ndr);
	struct epm_ept_mgmt_delete_in in = { .tower = echo };
	struct epm_ept_mgmt_delete_out out = { 0 };
	uint32_t status;

	assert_int_equal(insert(f->remote_call, echo, &status), PEN_E_FAULT);
	assert_int_equal(delete (f->remote_call, echo, &status), PEN_E_FAULT);
	assert_int_equal(ops->ept_mgmt_delete(f->remote_call, &in, &out), PEN_E_FAULT);
	assert_int_equal(ops->ept_mgmt_delete(f->call, &in, &out), PEN_E_FAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_inquiry_types, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_enumeration, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_handle_free, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_map, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ownership, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_remote_callers_register_nothing, set_up,
						tear_down),
	};

	ops = pen_epm_service.operations;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
