/* SPDX-License-Identifier: MIT */
/* Clients: what they may open, who they are, what they wait for. */
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

static uint32_t create_with(struct world *w, uint32_t share, const char *text)
{
	struct object_request request = creation(PIPE);
	struct pen_arena arena;
	uint32_t status;

	pen_arena_init(&arena, 0);
	request.body.create_pipe.share = share;
	request.body.create_pipe.security = sddl(&arena, text);
	status = ask(w, ANNA, &request);
	pen_arena_done(&arena);
	return status;
}

static uint32_t granted(const struct world *w)
{
	return w->reply.letter.body.opened.granted;
}

TEST(test_O1_O2_nothing_there)
{
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(open_as(w, ANNA, "\\Device\\NamedPipe", BOTH),
			 PEN_STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(open_as(w, ANNA, "\\Device\\NamedPipe\\", BOTH),
			 PEN_STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), PEN_STATUS_PIPE_NOT_AVAILABLE);
	assert_int_equal(w->n_resources, 1);
}

/* What comes with the reply, and what it says. */
TEST(test_a_client_gets_an_end)
{
	struct pen_objects_request request = { .asker = { w->people[ANNA], 7, NULL }, .now = 1 };
	struct object_request letter = creation(PIPE);
	void *life = resource_new(w, 'l'), *offer = resource_new(w, 'o');
	struct pen_objects_reply reply;

	request.letter = &letter;
	request.life = life;
	request.offer = offer;
	pen_objects_ask(w->objects, &request, &w->arena, &reply);
	assert_int_equal(reply.letter.status, 0);
	assert_ptr_equal(reply.new_life, life);
	letter = (struct object_request){ .verb = object_OPEN_PIPE,
					  .body.open_pipe = { .name = PIPE, .access = BOTH } };
	request.life = request.offer = NULL;
	pen_objects_ask(w->objects, &request, &w->arena, &reply);
	assert_int_equal(reply.letter.status, 0);
	assert_ptr_equal(reply.gift, offer);
	assert_ptr_equal(reply.life, life);
	assert_int_equal(reply.letter.body.opened.server_process, 7);
	assert_int_equal(reply.letter.body.opened.server_session, 3);
	assert_int_equal(reply.letter.body.opened.pipe.inbound_quota, 1);
	world_release(w, offer);
}

TEST(test_O5_O6_direction)
{
	static const struct {
		uint32_t share, allowed, denied, data;
	} rows[] = { { 2, WRITING, READING, 1 }, { 1, READING, WRITING, 2 } };

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(create_with(w, rows[i].share, "D:(A;;GA;;;WD)"), 0);
		assert_int_equal(open_as(w, ANNA, PIPE, rows[i].denied), PEN_STATUS_ACCESS_DENIED);
		assert_int_equal(open_as(w, ANNA, PIPE, BOTH), PEN_STATUS_ACCESS_DENIED);
		assert_int_equal(open_as(w, ANNA, PIPE, 0xc0000000), PEN_STATUS_ACCESS_DENIED);
		assert_int_equal(open_as(w, ANNA, PIPE, rows[i].data), PEN_STATUS_ACCESS_DENIED);
		assert_int_equal(open_as(w, ANNA, PIPE, rows[i].allowed), 0);
		assert_int_equal(create_with(w, rows[i].share, "D:"), 0);
		assert_int_equal(open_as(w, ANNA, PIPE, PEN_ACCESS_MAXIMUM_ALLOWED), 0);
		assert_int_equal(granted(w) & rows[i].data, 0);
		/* Its name goes with the world. */
		world_done(w);
		world_init(w);
	}
}

TEST(test_O7_O8_rights)
{
	assert_int_equal(create_with(w, 3, "D:(A;;0x12019b;;;WD)"), 0);
	assert_int_equal(create(w, ANNA, PIPE), PEN_STATUS_ACCESS_DENIED);
	/* The right to make instances is not asked for, and not given. */
	assert_int_equal(open_as(w, BERT, PIPE, 0xc0000000), 0);
	assert_int_equal(granted(w), 0x12019b);
	world_done(w);
	world_init(w);
	assert_int_equal(create_with(w, 3, "D:(A;;0x100080;;;WD)"), 0);
	assert_int_equal(open_as(w, BERT, PIPE, READING), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(open_as(w, BERT, PIPE, 0), 0);
	assert_int_equal(granted(w), 0x100080);
	world_done(w);
	world_init(w);
	assert_int_equal(create_with(w, 3, "D:(D;;GA;;;S-1-22-1-1001)(A;;GA;;;WD)"), 0);
	assert_int_equal(open_as(w, BERT, PIPE, 0), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(open_as(w, ANNA, PIPE, PEN_ACCESS_SYSTEM_SECURITY),
			 PEN_STATUS_PRIVILEGE_NOT_HELD);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
}

/* Who may not is told so, even if there is no instance to be had. */
TEST(test_order_of_checks_when_opening)
{
	assert_int_equal(create_with(w, 3, "D:(A;;GA;;;S-1-22-1-1000)"), 0);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(open_as(w, BERT, PIPE, BOTH), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), PEN_STATUS_PIPE_NOT_AVAILABLE);
}

static uint32_t open_relative(struct world *w, struct dtyp_GUID instance, const char *name)
{
	const struct object_request request = {
		.verb = object_OPEN_PIPE,
		.body.open_pipe = { name, instance, BOTH, { 2, 1, 1 } },
	};

	return ask(w, ANNA, &request);
}

TEST(test_O12_O13_relative)
{
	struct dtyp_GUID id;

	assert_int_equal(create(w, ANNA, "\\Device\\NamedPipe\\"), 0);
	id = created_id(w);
	assert_int_equal(open_relative(w, id, "x"), PEN_STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(open_relative(w, id, ""), 0);
	assert_int_equal(open_relative(w, id, NULL), PEN_STATUS_PIPE_NOT_AVAILABLE);
	id.Data1++;
	assert_int_equal(open_relative(w, id, NULL), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

static uint32_t ask_client(struct world *w, struct dtyp_GUID instance, uint32_t identity)
{
	const struct object_request request = { .verb = object_ASK_CLIENT,
						.body.ask_client = { instance, identity } };

	return ask(w, ANNA, &request);
}

static uint32_t open_known_as(struct world *w, struct object_qos qos, uint32_t access)
{
	const struct object_request request = {
		.verb = object_OPEN_PIPE,
		.body.open_pipe = { .name = PIPE, .access = access, .qos = qos },
	};

	return ask(w, BERT, &request);
}

/* J1, J2, J5, I9: who the client is is known as long as there is no other. */
TEST(test_J1_J2_who_the_client_is)
{
	const struct object_client *client = &w->reply.letter.body.client;
	struct dtyp_GUID id, handle;

	assert_int_equal(create_with(w, 3, "D:(A;;GA;;;WD)"), 0);
	id = created_id(w);
	assert_int_equal(ask_client(w, id, 0), PEN_STATUS_PIPE_LISTENING);
	assert_int_equal(open_as(w, BERT, PIPE, BOTH), 0);
	handle = w->reply.letter.body.opened.handle;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask_client(w, id, 0), 0);
		assert_int_equal(client->process, 100 + BERT);
		assert_int_equal(client->session, 5);
		assert_int_equal(client->token.uid, 1001);
		assert_int_equal(client->qos.level, 2);
		assert_null(client->computer);
		assert_int_equal(ask_client(w, id, 1), PEN_STATUS_NOT_FOUND);
		if (!i)
			assert_int_equal(of_handle(w, BERT, object_CLOSE, handle), 0);
	}
	assert_int_equal(of_handle(w, BERT, object_ANNOUNCE, handle),
			 PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(of_handle(w, BERT, object_CLOSE, handle),
			 PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST(test_I8_levels)
{
	const struct object_token *token = &w->reply.letter.body.client.token;
	struct dtyp_GUID id;

	assert_int_equal(create_with(w, 3, "D:(A;;GA;;;WD)"), 0);
	id = created_id(w);
	assert_int_equal(open_known_as(w, (struct object_qos){ 4, 0, 0 }, BOTH),
			 PEN_STATUS_BAD_IMPERSONATION_LEVEL);
	assert_int_equal(open_known_as(w, (struct object_qos){ 0, 1, 0 }, BOTH), 0);
	assert_int_equal(ask_client(w, id, 0), 0);
	assert_int_equal(token->has_unix, 0);
	assert_int_equal(token->sids[0]->SubAuthority[0], 7); /* S-1-5-7 */
	end(w, id);
	assert_int_equal(create_with(w, 3, "D:(A;;GA;;;WD)"), 0);
	id = created_id(w);
	assert_int_equal(open_known_as(w, (struct object_qos){ 1, 1, 0 }, BOTH), 0);
	assert_int_equal(ask_client(w, id, 0), 0);
	assert_int_equal(token->is_identify_only, 1);
	assert_int_equal(token->uid, 1001);
}

/* I13: one that has no data is known by default. */
TEST(test_I13_without_data)
{
	struct dtyp_GUID id;

	assert_int_equal(create_with(w, 3, "D:(A;;GA;;;WD)"), 0);
	id = created_id(w);
	assert_int_equal(open_known_as(w, (struct object_qos){ 0, 0, 0 }, 0), 0);
	assert_int_equal(ask_client(w, id, 0), 0);
	assert_int_equal(w->reply.letter.body.client.qos.level, 2);
	assert_int_equal(w->reply.letter.body.client.qos.is_dynamic, 1);
	assert_int_equal(w->reply.letter.body.client.qos.is_effective_only, 1);
}

/* I4, I5: other identities have numbers, the same one the same; not of a static client. */
TEST(test_announcing)
{
	struct dtyp_GUID id, handle;

	assert_int_equal(create_with(w, 3, "D:(A;;GA;;;WD)"), 0);
	id = created_id(w);
	assert_int_equal(open_as(w, BERT, PIPE, BOTH), 0);
	handle = w->reply.letter.body.opened.handle;
	assert_int_equal(of_handle(w, BERT, object_ANNOUNCE, handle), 0);
	assert_int_equal(w->reply.letter.body.identity, 0);
	assert_int_equal(of_handle(w, ROOT, object_ANNOUNCE, handle), 0);
	assert_int_equal(w->reply.letter.body.identity, 1);
	assert_int_equal(of_handle(w, ANNA, object_ANNOUNCE, handle), 0);
	assert_int_equal(w->reply.letter.body.identity, 2);
	assert_int_equal(of_handle(w, ROOT, object_ANNOUNCE, handle), 0);
	assert_int_equal(w->reply.letter.body.identity, 1);
	assert_int_equal(ask_client(w, id, 2), 0);
	assert_int_equal(w->reply.letter.body.client.token.uid, 1000);
	assert_int_equal(w->reply.letter.body.client.session, 5);
	assert_int_equal(ask_client(w, id, 3), PEN_STATUS_NOT_FOUND);
	end(w, id);
	assert_int_equal(create_with(w, 3, "D:(A;;GA;;;WD)"), 0);
	assert_int_equal(open_known_as(w, (struct object_qos){ 2, 0, 0 }, BOTH), 0);
	assert_int_equal(of_handle(w, ROOT, object_ANNOUNCE, w->reply.letter.body.opened.handle),
			 0);
	assert_int_equal(w->reply.letter.body.identity, 0);
}

TEST(test_no_more_than_64_identities)
{
	struct pen_token *mine = w->people[ANNA_7];
	struct dtyp_GUID handle;
	uint32_t status = 0;

	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	handle = w->reply.letter.body.opened.handle;
	for (uint32_t i = 1; i <= 64 && !status; i++) {
		assert_int_equal(
			pen_token_new_unix(&w->people[ANNA_7], 2000 + i, 1, NULL, 0, 1, false), 0);
		status = of_handle(w, ANNA_7, object_ANNOUNCE, handle);
		assert_int_equal(status, i < 64 ? 0 : PEN_STATUS_INSUFFICIENT_RESOURCES);
		pen_token_free(w->people[ANNA_7]);
	}
	w->people[ANNA_7] = mine;
}

/* ---- waiting ---- */

TEST(test_N1_N2_no_wait)
{
	assert_int_equal(wait_for(w, ANNA, PIPE, 0), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(wait_for(w, ANNA, "\\Device\\NamedPipe", 0), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(wait_for(w, ANNA, PIPE, 1), PEN_STATUS_INVALID_PARAMETER);
	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(wait_for(w, ANNA, PIPE, 0), 0);
	assert_int_equal(wait_for(w, ANNA, PIPE, 0), 0);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
}

static void tick(struct world *w, uint64_t now)
{
	w->now = now;
	pen_objects_tick(w->objects, now);
}

TEST(test_N3_N4_N10_timeouts)
{
	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(pen_objects_deadline(w->objects), UINT64_MAX);
	assert_int_equal(wait_for(w, ANNA, PIPE, FOR_EVER), PEN_STATUS_PENDING);
	assert_int_equal(pen_objects_deadline(w->objects), UINT64_MAX);
	assert_int_equal(wait_for(w, BERT, PIPE, 0), PEN_STATUS_PENDING);
	assert_int_equal(wait_for(w, ROOT, PIPE, -100001), PEN_STATUS_PENDING);
	assert_int_equal(pen_objects_deadline(w->objects), 1011);
	tick(w, 1010);
	assert_int_equal(next(w), N_PEOPLE);
	tick(w, 1011);
	assert_int_equal(next(w), ROOT);
	assert_int_equal(w->reply.letter.status, PEN_STATUS_IO_TIMEOUT);
	assert_int_equal(pen_objects_deadline(w->objects), 1050);
	tick(w, 1050);
	assert_int_equal(next(w), BERT);
	assert_int_equal(pen_objects_deadline(w->objects), UINT64_MAX);
	tick(w, 1u << 31);
	assert_int_equal(next(w), N_PEOPLE);
	assert_false(pen_objects_is_empty(w->objects));
}

/* All at once, by a new instance or one that listens again. */
TEST(test_N5_C41_waking)
{
	struct object_request offer = { .verb = object_OFFER };

	assert_int_equal(create(w, ANNA, PIPE), 0);
	offer.body.offer.instance = created_id(w);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(wait_for(w, ANNA, PIPE, FOR_EVER), PEN_STATUS_PENDING);
	assert_int_equal(wait_for(w, BERT, "\\??\\pipe\\X", FOR_EVER), PEN_STATUS_PENDING);
	assert_int_equal(ask(w, ANNA, &offer), 0);
	assert_int_equal(next(w), ANNA);
	assert_int_equal(w->reply.letter.status, 0);
	assert_int_equal(next(w), BERT);
	assert_int_equal(w->reply.letter.status, 0);
	assert_int_equal(next(w), N_PEOPLE);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(wait_for(w, ANNA, PIPE, FOR_EVER), PEN_STATUS_PENDING);
	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(next(w), ANNA);
}

TEST(test_N6_the_pipe_goes)
{
	struct dtyp_GUID id;

	assert_int_equal(create(w, ANNA, PIPE), 0);
	id = created_id(w);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(wait_for(w, ANNA, PIPE, FOR_EVER), PEN_STATUS_PENDING);
	end(w, id);
	assert_int_equal(next(w), ANNA);
	assert_int_equal(w->reply.letter.status, PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST(test_who_waits_goes)
{
	void *tickets[2];

	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), 0);
	assert_int_equal(wait_for(w, ANNA, PIPE, FOR_EVER), PEN_STATUS_PENDING);
	tickets[0] = w->reply.ticket;
	assert_int_equal(wait_for(w, BERT, PIPE, FOR_EVER), PEN_STATUS_PENDING);
	tickets[1] = w->reply.ticket;
	pen_objects_cancel(w->objects, tickets[0]);
	assert_int_equal(create(w, ANNA, PIPE), 0);
	/* Also one whose answer is there already. */
	pen_objects_cancel(w->objects, tickets[1]);
	assert_int_equal(next(w), N_PEOPLE);
}

static uint32_t watch(struct world *w, enum who who, uint32_t seen)
{
	const struct object_request request = { .verb = object_WATCH, .body.watch = { seen } };

	return ask(w, who, &request);
}

TEST(test_E3_watching)
{
	uint32_t seen;

	assert_int_equal(watch(w, ANNA, 0), 0);
	seen = w->reply.letter.body.changes;
	assert_int_equal(watch(w, ANNA, seen), PEN_STATUS_PENDING);
	assert_int_equal(watch(w, BERT, seen), PEN_STATUS_PENDING);
	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(next(w), ANNA);
	assert_int_equal(w->reply.letter.verb, object_WATCH);
	assert_true(w->reply.letter.body.changes != seen);
	seen = w->reply.letter.body.changes;
	assert_int_equal(next(w), BERT);
	assert_int_equal(watch(w, ANNA, seen), PEN_STATUS_PENDING);
	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(next(w), ANNA);
}

/* ---- a predecessor's names ---- */

static void init_settling(struct world *w)
{
	const struct pen_objects_config config = { .limits = pen_objects_limits,
						   .settled_at = 1200 };

	world_done(w);
	world_init_with(w, &config);
}

TEST(test_names_may_come_back)
{
	init_settling(w);
	assert_int_equal(open_as(w, ANNA, PIPE, BOTH), PEN_STATUS_PENDING);
	assert_int_equal(wait_for(w, BERT, PIPE, FOR_EVER), PEN_STATUS_PENDING);
	assert_int_equal(open_as(w, ROOT, "\\Device\\NamedPipe\\y", BOTH), PEN_STATUS_PENDING);
	assert_int_equal(create(w, ANNA, "\\Device\\NamedPipe\\z"), 0);
	assert_int_equal(next(w), N_PEOPLE);
	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(next(w), ANNA);
	assert_int_equal(w->reply.letter.status, 0);
	assert_int_equal(w->reply.letter.verb, object_OPEN_PIPE);
	assert_non_null(w->reply.gift);
	/* It waits on, for an instance now. */
	assert_int_equal(next(w), N_PEOPLE);
	assert_int_equal(pen_objects_deadline(w->objects), 1200);
	tick(w, 1200);
	assert_int_equal(next(w), ROOT);
	assert_int_equal(w->reply.letter.status, PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(next(w), N_PEOPLE);
	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(next(w), BERT);
	assert_int_equal(w->reply.letter.status, 0);
	assert_int_equal(open_as(w, ROOT, "\\Device\\NamedPipe\\y", BOTH),
			 PEN_STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST(test_who_waited_for_a_name_goes)
{
	void *ticket;

	init_settling(w);
	assert_int_equal(wait_for(w, ANNA, PIPE, FOR_EVER), PEN_STATUS_PENDING);
	ticket = w->reply.ticket;
	assert_int_equal(create(w, ANNA, PIPE), 0);
	assert_int_equal(open_as(w, ROOT, PIPE, BOTH), 0);
	/* Its ticket is the same when it waits for an instance. */
	assert_int_equal(next(w), N_PEOPLE);
	pen_objects_cancel(w->objects, ticket);
	assert_int_equal(open_as(w, ANNA, "\\Device\\NamedPipe\\y", BOTH), PEN_STATUS_PENDING);
	pen_objects_cancel(w->objects, w->reply.ticket);
	tick(w, 1200);
	assert_int_equal(next(w), N_PEOPLE);
}

/* ---- aliases ---- */

TEST(test_E12_aliases)
{
	static const struct pen_objects_alias aliases[] = { { "netlogon", "lsass" } };
	const struct pen_objects_config config = { .limits = pen_objects_limits,
						   .aliases = aliases,
						   .n_aliases = 1 };

	world_done(w);
	world_init_with(w, &config);
	assert_int_equal(create(w, ANNA, "\\Device\\NamedPipe\\Lsass"), 0);
	assert_int_equal(wait_for(w, ANNA, "\\Device\\NamedPipe\\NetLogon", 0), 0);
	assert_int_equal(open_as(w, ANNA, "\\Device\\NamedPipe\\NetLogon", BOTH), 0);
	assert_int_equal(of_handle(w, ANNA, object_QUERY_PIPE, w->reply.letter.body.opened.handle),
			 0);
	assert_string_equal(w->reply.letter.body.info.name, "\\Lsass");
}

/* ---- clients that smbd carries ---- */

static uint32_t carry(struct world *w, const char *name, uint64_t until, uint32_t *typep,
		      void **ticketp)
{
	struct pen_objects_carried carried = {
		.token = w->people[BERT],
		.pipe = name,
		.computer = "192.0.2.1",
		.socket = resource_new(w, 's'),
		.owner = &w->people[REMOTE],
		.until = until,
		.now = w->now,
	};
	uint32_t status = pen_objects_carry(w->objects, &carried, typep, ticketp);

	if (status)
		world_release(w, carried.socket);
	return status;
}

TEST(test_carried_clients)
{
	uint32_t type = 9;
	void *ticket = NULL;
	struct dtyp_GUID id;

	assert_int_equal(carry(w, "x", 0, &type, &ticket), PEN_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(create_with(w, 3, "D:(A;;GA;;;WD)"), 0);
	id = created_id(w);
	assert_int_equal(carry(w, "X", w->now, &type, &ticket), 0);
	assert_int_equal(type, 1);
	/* Its offer is let go of, by which the server knows. */
	assert_int_equal(w->n_resources, 2);
	assert_int_equal(ask_client(w, id, 0), 0);
	assert_int_equal(w->reply.letter.body.client.is_carried, 1);
	assert_string_equal(w->reply.letter.body.client.computer, "192.0.2.1");
	assert_non_null(w->reply.gift);
	assert_int_equal(w->n_resources, 1);
	assert_int_equal(ask_client(w, id, 0), 0);
	assert_null(w->reply.gift);
	/* It waits as long as the pipe says, or until it is told. */
	assert_int_equal(carry(w, "x", w->now, &type, &ticket), PEN_STATUS_PIPE_NOT_AVAILABLE);
	assert_int_equal(carry(w, "x", w->now + 5000, &type, &ticket), PEN_STATUS_PENDING);
	assert_int_equal(pen_objects_deadline(w->objects), w->now + 50);
	tick(w, w->now + 50);
	assert_int_equal(next(w), REMOTE);
	assert_int_equal(w->reply.letter.status, PEN_STATUS_IO_TIMEOUT);
	/* One that nobody fetched goes with the instance. */
	end(w, id);
	assert_int_equal(create_with(w, 3, "D:(A;;GA;;;WD)"), 0);
	assert_int_equal(carry(w, "x", w->now, &type, &ticket), 0);
	end(w, created_id(w));
	assert_int_equal(w->n_resources, 0);
}

TEST(test_C39_remote_clients)
{
	struct object_request request = creation(PIPE);
	uint32_t type;
	void *ticket;

	request.body.create_pipe.rejects_remote = 1;
	assert_int_equal(ask(w, BERT, &request), 0);
	assert_int_equal(carry(w, "x", 0, &type, &ticket), PEN_STATUS_ACCESS_DENIED);
	assert_int_equal(open_as(w, BERT, PIPE, BOTH), 0);
	/* The descriptor is for them too. */
	assert_int_equal(create(w, ANNA, "\\Device\\NamedPipe\\y"), 0);
	assert_int_equal(carry(w, "y", 0, &type, &ticket), PEN_STATUS_ACCESS_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_O1_O2_nothing_there),
		cmocka_unit_test(test_a_client_gets_an_end),
		cmocka_unit_test(test_O5_O6_direction),
		cmocka_unit_test(test_O7_O8_rights),
		cmocka_unit_test(test_order_of_checks_when_opening),
		cmocka_unit_test(test_O12_O13_relative),
		cmocka_unit_test(test_J1_J2_who_the_client_is),
		cmocka_unit_test(test_I8_levels),
		cmocka_unit_test(test_I13_without_data),
		cmocka_unit_test(test_announcing),
		cmocka_unit_test(test_no_more_than_64_identities),
		cmocka_unit_test(test_N1_N2_no_wait),
		cmocka_unit_test(test_N3_N4_N10_timeouts),
		cmocka_unit_test(test_N5_C41_waking),
		cmocka_unit_test(test_N6_the_pipe_goes),
		cmocka_unit_test(test_who_waits_goes),
		cmocka_unit_test(test_E3_watching),
		cmocka_unit_test(test_names_may_come_back),
		cmocka_unit_test(test_who_waited_for_a_name_goes),
		cmocka_unit_test(test_E12_aliases),
		cmocka_unit_test(test_carried_clients),
		cmocka_unit_test(test_C39_remote_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
