/* SPDX-License-Identifier: MIT */
/* Servers: what may be created, in what order that is checked, and what there is then. */
#include "object/test-objects.h"

static void with(void (*test)(struct world *world))
{
	struct world world;

	world_init(&world);
	test(&world);
	world_done(&world);
}

#define TEST(name)                                                                                 \
	static void name##_in(struct world *w);                                                    \
	static void name(void **state)                                                             \
	{                                                                                          \
		with(name##_in);                                                                   \
	}                                                                                          \
	static void name##_in(struct world *w)

/* The status of a creation that differs from the usual one in one thing. */
#define TRY(world, who, field, value)                                                              \
	__extension__({                                                                            \
		struct object_request try_ = creation(PIPE);                                       \
		try_.body.create_pipe.field = (value);                                             \
		ask(world, who, &try_);                                                            \
	})

TEST(test_C3_C12_names)
{
	assert_int_equal(create(w, ANNA, "\\Device\\NamedPipe"), PEN_STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(create(w, ANNA, "\\??\\pipe"), PEN_STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(create(w, ANNA, "\\Device\\NamedPipe\\"), 0);
	assert_int_equal(of_handle(w, ANNA, object_QUERY_PIPE, created_id(w)), 0);
	assert_null(w->reply.letter.body.info.name);
	/* Each without a name is one of its own. */
	assert_int_equal(create(w, ANNA, "\\Device\\NamedPipe\\"), 0);
	assert_int_equal(w->reply.letter.body.created.information, 2);
	assert_int_equal(w->changed[0], 0);
}

TEST(test_C6_case)
{
	assert_int_equal(create(w, ANNA, "\\Device\\NamedPipe\\CaSe\\ä"), 0);
	assert_string_equal(w->changed, "+CaSe\\ä");
	assert_int_equal(create(w, ANNA, "\\DEVICE\\namedpipe\\case\\Ä"), 0);
	assert_int_equal(w->reply.letter.body.created.information, 1);
	assert_int_equal(of_handle(w, ANNA, object_QUERY_PIPE, created_id(w)), 0);
	assert_string_equal(w->reply.letter.body.info.name, "\\CaSe\\ä");
}

TEST(test_C8_to_C11_names_differ)
{
	static const char *const names[] = { "a",  "a\\",  "a/",      "\\",  "\\\\",
					     "..", "a\\b", "a\\.\\b", "a/b", "<>*?\":|" };
	char path[64];

	for (size_t i = 0; i < PEN_COUNT(names); i++) {
		strcpy(path, "\\Device\\NamedPipe\\");
		strcat(path, names[i]);
		assert_int_equal(create(w, ANNA, path), 0);
		assert_int_equal(w->reply.letter.body.created.information, 2);
	}
}

TEST(test_C15_C16_C20_C21_C23_parameters)
{
	assert_int_equal(TRY(w, ANNA, pipe.type, 2), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(TRY(w, ANNA, read_mode, 2), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(TRY(w, ANNA, share, 0), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(TRY(w, ANNA, share, 4), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(TRY(w, ANNA, share, 7), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(TRY(w, ANNA, disposition, 0), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(TRY(w, ANNA, disposition, 4), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(TRY(w, ANNA, disposition, 5), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(TRY(w, ANNA, pipe.instances_max, 0), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(TRY(w, ANNA, pipe.timeout, 0), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(TRY(w, ANNA, pipe.timeout, 1), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(TRY(w, ANNA, is_listening, 0), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(w->n_resources, 0);
	{
		struct object_request request = creation(PIPE);

		request.body.create_pipe.read_mode = 1;
		request.body.create_pipe.pipe.type = 0;
		assert_int_equal(ask(w, ANNA, &request), PEN_STATUS_INVALID_PARAMETER);
	}
	/* These two are looked at for a new pipe alone. */
	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(TRY(w, ANNA, pipe.instances_max, 0), 0);
	assert_int_equal(TRY(w, ANNA, pipe.timeout, 0), 0);
}

TEST(test_C19_C30_C31_attributes)
{
	struct object_request request = creation(PIPE);
	struct object_pipe *pipe = &w->reply.letter.body.created.pipe;

	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(pipe->inbound_quota, 1);
	assert_int_equal(pipe->outbound_quota, 0);
	request.body.create_pipe.pipe = (struct object_pipe){ 0, 0, 7, UINT32_MAX, 12345, -1 };
	assert_int_equal(ask(w, ANNA, &request), 0);
	assert_int_equal(pipe->type, 1);
	assert_int_equal(pipe->instances_max, UINT32_MAX);
	assert_int_equal(pipe->timeout, -500000);
	assert_int_equal(pipe->inbound_quota, UINT32_MAX);
	assert_int_equal(pipe->outbound_quota, 12345);
}

TEST(test_C22_configuration)
{
	static const struct {
		uint32_t share, configuration;
	} rows[] = { { 1, 1 }, { 2, 0 }, { 3, 2 } };

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(TRY(w, ANNA, share, rows[i].share), 0);
		assert_int_equal(w->reply.letter.body.created.pipe.configuration,
				 rows[i].configuration);
		end(w, created_id(w));
	}
}

TEST(test_C24_C25_C26_dispositions)
{
	assert_int_equal(TRY(w, ANNA, disposition, 1), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(TRY(w, ANNA, disposition, 2), 0);
	assert_int_equal(w->reply.letter.body.created.information, 2);
	assert_int_equal(TRY(w, ANNA, disposition, 2), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(TRY(w, ANNA, disposition, 1), 0);
	assert_int_equal(w->reply.letter.body.created.information, 1);
	assert_int_equal(TRY(w, ANNA, disposition, 3), 0);
	assert_int_equal(w->reply.letter.body.created.information, 1);
}

/* Who may not is told so, whatever else is wrong; then the limit; then the rest. */
TEST(test_C27_C28_C29_order_of_checks)
{
	struct object_request request = creation(PIPE);

	request.body.create_pipe.pipe.instances_max = 1;
	assert_int_equal(ask(w, ANNA, &request), 0);
	assert_int_equal(TRY(w, BERT, disposition, 2), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(TRY(w, ANNA, disposition, 2), PEN_STATUS_INSTANCE_NOT_AVAILABLE);
	assert_int_equal(TRY(w, ANNA, share, 1), PEN_STATUS_INSTANCE_NOT_AVAILABLE);
	assert_int_equal(create(w, ANNA, PIPE), PEN_STATUS_INSTANCE_NOT_AVAILABLE);
	assert_int_equal(create(w, ANNA, "\\Device\\NamedPipe\\y"), 0);
	request = creation("\\Device\\NamedPipe\\y");
	request.body.create_pipe.share = 1;
	assert_int_equal(ask(w, ANNA, &request), PEN_STATUS_ACCESS_DENIED);
	request.body.create_pipe.share = 2;
	assert_int_equal(ask(w, ANNA, &request), PEN_STATUS_ACCESS_DENIED);
}

TEST(test_C33_to_C38_rights)
{
	assert_int_equal(TRY(w, ANNA, access, 0), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(TRY(w, ANNA, access, 0xc0000000), 0);
	assert_int_equal(w->reply.letter.body.created.granted, 0x12019f);
	end(w, created_id(w));
	assert_int_equal(TRY(w, ANNA, access, 0x80000000), 0);
	assert_int_equal(w->reply.letter.body.created.granted, 0x120089);
	end(w, created_id(w));
	assert_int_equal(TRY(w, ANNA, access, PEN_ACCESS_SYNCHRONIZE), 0);
	assert_int_equal(w->reply.letter.body.created.granted, PEN_ACCESS_SYNCHRONIZE);
	end(w, created_id(w));
	assert_int_equal(TRY(w, ANNA, access, PEN_ACCESS_MAXIMUM_ALLOWED), 0);
	assert_int_equal(w->reply.letter.body.created.granted, PEN_FILE_ALL_ACCESS);
	end(w, created_id(w));
	assert_int_equal(TRY(w, ANNA, access, 0xc0000000 | PEN_ACCESS_WRITE_DAC), 0);
	assert_int_equal(w->reply.letter.body.created.granted, 0x16019f);
	assert_int_equal(TRY(w, ANNA, access, 1 | PEN_ACCESS_SYSTEM_SECURITY),
			 PEN_STATUS_PRIVILEGE_NOT_HELD);
	assert_int_equal(TRY(w, ROOT, access, 1 | PEN_ACCESS_SYSTEM_SECURITY), 0);
	/* A later instance's are what was asked for. */
	assert_int_equal(TRY(w, ANNA, access, 1), 0);
	assert_int_equal(w->reply.letter.body.created.granted, 1);
	assert_int_equal(TRY(w, ANNA, access, PEN_ACCESS_MAXIMUM_ALLOWED), 0);
	assert_int_equal(w->reply.letter.body.created.granted, PEN_FILE_ALL_ACCESS);
}

/* C42, X4: the name goes with the last instance, whatever clients there are. */
TEST(test_C42_the_last_instance)
{
	struct dtyp_GUID first, second, client;

	assert_int_equal(create(w, ANNA, PIPE), 0);
	first = created_id(w);
	assert_int_equal(create(w, ANNA, PIPE), 0);
	second = created_id(w);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	client = w->reply.letter.body.opened.handle;
	end(w, first);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	end(w, second);
	assert_string_equal(w->changed, "-x");
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	/* S5, Q12, X8: what its client may still ask. */
	assert_int_equal(of_handle(w, ANNA, object_QUERY_PIPE, client), 0);
	assert_string_equal(w->reply.letter.body.info.name, "\\x");
	assert_int_equal(w->reply.letter.body.info.instances, 0);
	/* S6: a new one by that name is another one. */
	assert_int_equal(create(w, BERT, PIPE), 0);
	assert_int_equal(w->reply.letter.body.created.information, 2);
	assert_int_equal(of_handle(w, ANNA, object_QUERY_PIPE, client), 0);
	assert_int_equal(w->reply.letter.body.info.instances, 0);
	assert_int_equal(of_handle(w, ANNA, object_CLOSE, client), 0);
	assert_int_equal(of_handle(w, ANNA, object_QUERY_PIPE, client),
			 PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

/* C32, L5, O3: an instance may be opened as soon as it is there; the oldest that listens is. */
TEST(test_O3_order_of_listening)
{
	struct dtyp_GUID ids[3];
	struct object_request offer = { .verb = object_OFFER };

	for (int i = 0; i < 3; i++) {
		assert_int_equal(create(w, ANNA, PIPE), 0);
		ids[i] = created_id(w);
	}
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(of_handle(w, ANNA, object_ASK_CLIENT, ids[0]), 0);
	assert_int_equal(of_handle(w, ANNA, object_ASK_CLIENT, ids[1]), PEN_STATUS_PIPE_LISTENING);
	/* The first listens again, after the other two. */
	offer.body.offer.instance = ids[0];
	assert_int_equal(ask(w, ANNA, &offer), 0);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(of_handle(w, ANNA, object_ASK_CLIENT, ids[0]), PEN_STATUS_PIPE_LISTENING);
	assert_int_equal(of_handle(w, ANNA, object_ASK_CLIENT, ids[1]), 0);
	/* One that only has another offer keeps its place. */
	offer.body.offer.instance = ids[2];
	assert_int_equal(ask(w, ANNA, &offer), 0);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(of_handle(w, ANNA, object_ASK_CLIENT, ids[2]), 0);
}

/* The same channel cannot be offered a second time once a client has it. */
TEST(test_offers)
{
	struct object_request offer = { .verb = object_OFFER };
	struct dtyp_GUID client;

	assert_int_equal(ask(w, ANNA, &offer), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(create(w, ANNA, PIPE), 0);
	offer.body.offer.instance = created_id(w);
	assert_int_equal(open_as(w, BERT, PIPE, READING), 0);
	client = w->reply.letter.body.opened.handle;
	w->mark -= 2; /* as the creation's was */
	assert_int_equal(ask(w, ANNA, &offer), PEN_STATUS_PIPE_CONNECTED);
	assert_int_equal(of_handle(w, BERT, object_QUERY_PIPE, client), 0);
	w->mark = 50;
	assert_int_equal(ask(w, ANNA, &offer), 0);
	/* D8: of no use any more. */
	assert_int_equal(of_handle(w, BERT, object_QUERY_PIPE, client),
			 PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	/* A client's handle is no server's. */
	assert_int_equal(open_as(w, BERT, PIPE, READING), 0);
	offer.body.offer.instance = w->reply.letter.body.opened.handle;
	assert_int_equal(ask(w, ANNA, &offer), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

/* O2, D4: one that has been withdrawn is not to be opened, until it is offered again. */
TEST(test_withdrawing)
{
	struct dtyp_GUID id;
	struct object_request offer = { .verb = object_OFFER };

	assert_int_equal(create(w, ANNA, PIPE), 0);
	id = created_id(w);
	assert_int_equal(of_handle(w, ANNA, object_WITHDRAW, id), 0);
	assert_int_equal(w->n_resources, 1);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), PEN_STATUS_PIPE_NOT_AVAILABLE);
	assert_int_equal(of_handle(w, ANNA, object_ASK_CLIENT, id), PEN_STATUS_NOT_FOUND);
	assert_int_equal(of_handle(w, ANNA, object_WITHDRAW, id), 0);
	offer.body.offer.instance = id;
	assert_int_equal(ask(w, ANNA, &offer), 0);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(of_handle(w, ANNA, object_WITHDRAW, id), PEN_STATUS_PIPE_CONNECTED);
	end(w, id);
	assert_int_equal(of_handle(w, ANNA, object_WITHDRAW, id), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

/* Instances come back to an object manager that knows nothing of them. */
TEST(test_coming_back)
{
	struct object_request request = creation(PIPE);
	struct object_create_pipe *in = &request.body.create_pipe;

	in->instance = (struct dtyp_GUID){ .Data1 = 77 };
	in->disposition = 1;
	in->pipe.instances_max = 1;
	in->is_listening = 0;
	assert_int_equal(ask(w, ANNA, &request), 0);
	assert_int_equal(created_id(w).Data1, 77);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), PEN_STATUS_PIPE_NOT_AVAILABLE);
	assert_int_equal(of_handle(w, ANNA, object_ASK_CLIENT, in->instance), PEN_STATUS_NOT_FOUND);
	/* Of another user it is a new one, by the rules. */
	in->instance.Data1 = 78;
	assert_int_equal(ask(w, BERT, &request), PEN_STATUS_ACCESS_DENIED);
	in->instance.Data1 = 77;
	assert_int_equal(ask(w, BERT, &request), PEN_STATUS_ACCESS_DENIED);
	/* Of the same it is not held against the limit. */
	in->instance.Data1 = 78;
	in->is_listening = 1;
	assert_int_equal(ask(w, ANNA, &request), 0);
	assert_int_equal(w->reply.letter.body.created.information, 1);
	/* A second process of the same server comes too late. */
	assert_int_equal(ask(w, ANNA, &request), 0);
	assert_null(w->reply.new_life);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), PEN_STATUS_PIPE_NOT_AVAILABLE);
	/* One that was not told with an offer gets one. */
	in->instance.Data1 = 77;
	assert_int_equal(ask(w, ANNA, &request), 0);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
}

TEST(test_S1_S2_default_descriptor)
{
	struct object_request request = { .verb = object_QUERY_SECURITY };
	struct pen_descriptor descriptor;
	struct pen_buffer text = { 0 };

	assert_int_equal(create(w, ANNA, PIPE), 0);
	request.body.query_security.handle = created_id(w);
	request.body.query_security.which = 7;
	assert_int_equal(ask(w, ANNA, &request), 0);
	assert_int_equal(pen_descriptor_get(&descriptor, &w->arena,
					    w->reply.letter.body.security.bytes,
					    w->reply.letter.body.security.n),
			 0);
	assert_int_equal(pen_sddl_print(&descriptor, NULL, &text), 0);
	assert_int_equal(pen_buffer_add(&text, "", 1), 0);
	assert_string_equal((char *)text.data,
			    "O:S-1-22-1-1000G:S-1-22-2-100D:(A;;FA;;;SY)(A;;FA;;;BA)"
			    "(A;;FA;;;S-1-22-1-1000)(A;;FR;;;WD)(A;;FR;;;AN)");
	pen_buffer_done(&text);
	assert_int_equal(open_as(w, BERT, PIPE, BOTH), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(open_as(w, BERT, PIPE, READING), 0);
}

static uint32_t create_guarded(struct world *w, enum who who, const char *text, uint32_t access)
{
	struct object_request request = creation(PIPE);
	struct pen_arena arena;
	uint32_t status;

	pen_arena_init(&arena, 0);
	request.body.create_pipe.security = sddl(&arena, text);
	request.body.create_pipe.access = access;
	status = ask(w, who, &request);
	pen_arena_done(&arena);
	return status;
}

/* S4, S8: a later instance needs its own right, which writing in general includes. */
TEST(test_S4_S8_create_instance)
{
	struct dtyp_GUID id;

	assert_int_equal(create_guarded(w, ANNA, "D:(A;;0x12019b;;;WD)", BOTH), 0);
	id = created_id(w);
	assert_int_equal(create_guarded(w, BERT, "D:(A;;GA;;;WD)", READING),
			 PEN_STATUS_ACCESS_DENIED);
	end(w, id);
	assert_int_equal(create_guarded(w, ANNA, "D:(A;;GW;;;WD)(A;;GR;;;WD)", BOTH), 0);
	assert_int_equal(create(w, BERT, PIPE), 0);
	assert_int_equal(create_guarded(w, BERT, "D:(A;;GA;;;WD)", BOTH | PEN_ACCESS_WRITE_OWNER),
			 PEN_STATUS_ACCESS_DENIED);
}

static uint32_t set_security(struct world *w, enum who who, struct dtyp_GUID id, uint32_t which,
			     const char *text)
{
	struct object_request request = { .verb = object_SET_SECURITY };
	struct pen_arena arena;
	uint32_t status;

	pen_arena_init(&arena, 0);
	request.body.set_security = (struct object_set_security){ id, which, sddl(&arena, text) };
	status = ask(w, who, &request);
	pen_arena_done(&arena);
	return status;
}

static uint32_t get_security(struct world *w, enum who who, struct dtyp_GUID id, uint32_t which)
{
	const struct object_request request = { .verb = object_QUERY_SECURITY,
						.body.query_security = { id, which } };

	return ask(w, who, &request);
}

/* One descriptor for all, by the rights of the handle. */
TEST(test_S3_shared_descriptor)
{
	struct dtyp_GUID plain, able, client;

	assert_int_equal(create(w, ANNA, PIPE), 0);
	plain = created_id(w);
	assert_int_equal(TRY(w, ANNA, access, BOTH | PEN_ACCESS_WRITE_DAC), 0);
	able = created_id(w);
	assert_int_equal(set_security(w, ANNA, plain, 4, "D:(A;;GA;;;WD)"),
			 PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(open_as(w, BERT, PIPE, BOTH), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(set_security(w, ANNA, able, 4, "D:(A;;GA;;;WD)"), 0);
	assert_int_equal(open_as(w, BERT, PIPE, BOTH), 0);
	client = w->reply.letter.body.opened.handle;
	assert_int_equal(get_security(w, BERT, client, 7), 0);
	assert_int_equal(get_security(w, BERT, client, 8), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(get_security(w, BERT, client, 16), PEN_STATUS_NOT_SUPPORTED);
	assert_int_equal(set_security(w, ANNA, able, 1, "O:S-1-22-1-1000"),
			 PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(set_security(w, ANNA, able, 8, "S:"), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(set_security(w, ANNA, able, 16, "D:"), PEN_STATUS_NOT_SUPPORTED);
	/* S5: a client whose server is gone has it still. */
	end(w, plain);
	end(w, able);
	assert_int_equal(get_security(w, BERT, client, 7), 0);
}

TEST(test_owners)
{
	struct dtyp_GUID id;

	assert_int_equal(create_guarded(w, ANNA, "O:S-1-22-1-1001", BOTH),
			 PEN_STATUS_INVALID_OWNER);
	assert_int_equal(create_guarded(w, ANNA, "S:(AU;SA;GA;;;WD)", BOTH),
			 PEN_STATUS_PRIVILEGE_NOT_HELD);
	assert_int_equal(create_guarded(w, ANNA, "O:S-1-22-2-100", BOTH), 0);
	end(w, created_id(w));
	assert_int_equal(create_guarded(w, ROOT, "O:S-1-22-1-1001S:(AU;SA;GA;;;WD)",
					BOTH | PEN_ACCESS_WRITE_OWNER | PEN_ACCESS_SYSTEM_SECURITY),
			 0);
	id = created_id(w);
	assert_int_equal(get_security(w, ROOT, id, 15), 0);
	assert_int_equal(set_security(w, ROOT, id, 1, "O:S-1-22-1-1002"), 0);
	assert_int_equal(set_security(w, ROOT, id, 2, "O:S-1-22-1-1002"),
			 PEN_STATUS_INVALID_PRIMARY_GROUP);
	assert_int_equal(set_security(w, ANNA, id, 1, "O:S-1-22-1-1002"), PEN_STATUS_INVALID_OWNER);
}

TEST(test_bad_descriptors)
{
	struct object_request request = creation(PIPE);

	request.body.create_pipe.security = (struct object_security){ 3, (uint8_t *)"abc" };
	assert_int_equal(ask(w, ANNA, &request), PEN_STATUS_INVALID_SECURITY_DESCR);
	assert_int_equal(w->n_resources, 0);
}

/* Other places than the device's. */
TEST(test_E11_other_places)
{
	assert_int_equal(create(w, ANNA, "\\BaseNamedObjects\\x"),
			 PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(create(w, ANNA, "\\BaseNamedObjects"), PEN_STATUS_OBJECT_TYPE_MISMATCH);
	assert_int_equal(create(w, ANNA, "\\Nowhere\\x"), PEN_STATUS_OBJECT_PATH_NOT_FOUND);
	assert_int_equal(create(w, ANNA, ""), PEN_STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(create(w, ANNA, "x"), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_C3_C12_names),
		cmocka_unit_test(test_C6_case),
		cmocka_unit_test(test_C8_to_C11_names_differ),
		cmocka_unit_test(test_C15_C16_C20_C21_C23_parameters),
		cmocka_unit_test(test_C19_C30_C31_attributes),
		cmocka_unit_test(test_C22_configuration),
		cmocka_unit_test(test_C24_C25_C26_dispositions),
		cmocka_unit_test(test_C27_C28_C29_order_of_checks),
		cmocka_unit_test(test_C33_to_C38_rights),
		cmocka_unit_test(test_C42_the_last_instance),
		cmocka_unit_test(test_O3_order_of_listening),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_withdrawing),
		cmocka_unit_test(test_coming_back),
		cmocka_unit_test(test_S1_S2_default_descriptor),
		cmocka_unit_test(test_S4_S8_create_instance),
		cmocka_unit_test(test_S3_shared_descriptor),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_bad_descriptors),
		cmocka_unit_test(test_E11_other_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
