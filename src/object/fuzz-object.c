/* SPDX-License-Identifier: MIT */
/*
 * The object manager, asked by several people whatever the input says. After each step all that is
 * counted is counted again, and who got an instance is held against the descriptor.
 */
#include "object/state.h"
#include <penstock/status-codes.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	PEOPLE = 4,
	IDS = 16,
	HOLDS = 16,
	TICKETS = 16,
	RESOURCES = 1024,
	STEPS_MAX = 300,
	HANDLES = 512
};

static const struct pen_objects_limits limits = {
	.instances = 12,
	.instances_in_all = 20,
	.waiters = 6,
	.waiters_in_all = 10,
	.descriptor_bytes = 2000,
	.ended = 3,
	.sections = 4,
	.sections_in_all = 6,
	.section_bytes = 100,
	.section_bytes_in_all = 150,
	.section_handles = 8,
};

static const char *const names[] = {
	"\\Device\\NamedPipe\\a",
	"\\??\\pipe\\A",
	"\\Device\\NamedPipe\\b\\c",
	"\\Device\\NamedPipe\\",
	"\\Device\\NamedPipe",
	"\\BaseNamedObjects\\s",
	"s",
	"Global\\s",
	"Local\\Local\\t",
	"Session\\3\\s",
	"Session\\0\\s",
	"\\Sessions",
	"\\",
	"",
	"\\Device\\NamedPipe\\alias",
	NULL,
};

static const char *const guards[] = { NULL, "D:", "D:(A;;GA;;;WD)", "D:(A;;GR;;;WD)(A;;GA;;;BA)",
				      "O:S-1-22-1-1D:(D;;GA;;;S-1-22-1-2)(A;;GA;;;WD)" };

struct game {
	struct pen_objects *objects;
	struct pen_token *people[PEOPLE];
	struct pen_arena arena;
	const uint8_t *in, *end;
	uint64_t now;
	bool resources[RESOURCES];
	int n_resources;
	uint32_t n_random;
	struct dtyp_GUID ids[IDS];
	unsigned n_ids;
	void *holds[HOLDS];
	void *tickets[TICKETS];
};

static uint32_t byte(struct game *game)
{
	return game->in < game->end ? *game->in++ : 0;
}

/* ---- its surroundings ---- */

static void *resource(struct game *game)
{
	unsigned i = 0;

	while (game->resources[i])
		i++;
	game->resources[i] = true;
	game->n_resources++;
	return &game->resources[i];
}

static void release(void *data, void *given)
{
	struct game *game = data;

	if (!*(bool *)given)
		abort();
	*(bool *)given = false;
	game->n_resources--;
}

static int fill(void *data, void *bytes, size_t n)
{
	struct game *game = data;

	memset(bytes, 0, n);
	game->n_random++;
	memcpy(bytes, &game->n_random, n < 4 ? n : 4);
	return 0;
}

static uint32_t make_memory(void *data, uint64_t n, void **memoryp)
{
	*memoryp = resource(data);
	return PEN_STATUS_SUCCESS;
}

/* ---- counting ---- */

static void claim(bool is_so)
{
	if (!is_so)
		abort();
}

struct count {
	uint32_t instances, ended, waiters, sections, holds;
	uint64_t bytes;
};

static void check_handle(const struct pen_object_handle *handle)
{
	const struct pen_object_instance *instance = (const void *)handle;

	if (handle->is_client)
		return;
	claim((instance->state == PEN_INSTANCE_LISTENING) == !!instance->offer);
	claim((instance->state == PEN_INSTANCE_TAKEN) == !!instance->client);
	claim(!!instance->life);
	claim(instance->pipe->n_instances > 0);
}

/* All there are, into a list: the buckets are many, and walked once. */
static size_t list_handles(const struct pen_objects *objects,
			   const struct pen_object_handle *list[HANDLES])
{
	size_t n = 0;

	for (size_t i = 0; i < objects->n_handle_buckets; i++)
		for (const struct pen_object_handle *h = objects->handles[i]; h; h = h->next) {
			claim(n < HANDLES);
			check_handle(h);
			list[n++] = h;
		}
	return n;
}

static void count_handles(const struct pen_object_handle *const *list, size_t n,
			  const struct pen_object_user *user, struct count *count)
{
	for (size_t i = 0; i < n; i++) {
		const struct pen_object_instance *instance = (const void *)list[i];
		const struct pen_object_client *client = (const void *)list[i];

		if (list[i]->is_client)
			count->ended += client->user == user && !client->instance;
		else
			count->instances += instance->user == user;
	}
}

static void count_waiters(const struct pen_list *list, const struct pen_object_user *user,
			  struct count *count)
{
	pen_list_each (link, after, list)
		count->waiters +=
			pen_list_entry(link, struct pen_object_waiter, link)->user == user;
}

static void count_sections(const struct pen_objects *objects, const struct pen_object_user *user,
			   struct count *count)
{
	pen_list_each (link, after, &objects->sections) {
		const struct pen_object_section *s =
			pen_list_entry(link, struct pen_object_section, link);

		claim(!pen_list_is_empty(&s->holds));
		if (s->user == user) {
			count->sections++;
			count->bytes += s->size;
		}
		pen_list_each (hold, next, &s->holds)
			count->holds +=
				pen_list_entry(hold, struct pen_object_hold, link)->user == user;
	}
}

static void check(const struct game *game)
{
	const struct pen_objects *objects = game->objects;
	uint32_t instances = 0, waiters = 0, sections = 0;
	const struct pen_object_handle *handles[HANDLES];
	size_t n_handles = list_handles(objects, handles);

	pen_list_each (link, after, &objects->users) {
		const struct pen_object_user *user =
			pen_list_entry(link, struct pen_object_user, link);
		struct count count = { 0 };

		count_handles(handles, n_handles, user, &count);
		count_waiters(&objects->waiting, user, &count);
		count_waiters(&objects->ready, user, &count);
		count_sections(objects, user, &count);
		claim(count.instances == user->n_instances && count.instances <= limits.instances);
		claim(count.waiters == user->n_waiters && count.waiters <= limits.waiters);
		claim(count.ended == user->n_ended && count.ended <= limits.ended);
		claim(count.sections == user->n_sections && count.sections <= limits.sections);
		claim(count.holds == user->n_holds && count.holds <= limits.section_handles);
		claim(count.bytes == user->n_section_bytes && count.bytes <= limits.section_bytes);
		claim(user->n_descriptor_bytes <= limits.descriptor_bytes);
		instances += count.instances;
		waiters += count.waiters;
		sections += count.sections;
	}
	claim(instances == objects->n_instances && instances <= limits.instances_in_all);
	claim(waiters == objects->n_waiters && waiters <= limits.waiters_in_all);
	claim(sections == objects->n_sections && sections <= limits.sections_in_all);
}

/* ---- what is asked ---- */

static void learn(struct game *game, struct dtyp_GUID id)
{
	game->ids[game->n_ids++ % IDS] = id;
}

/* One that means something, mostly. */
static struct dtyp_GUID some_id(struct game *game)
{
	unsigned n = game->n_ids < IDS ? game->n_ids + 1 : IDS;

	return game->ids[byte(game) % n];
}

static struct object_security guard(struct game *game)
{
	const char *text = guards[byte(game) % PEN_COUNT(guards)];
	struct object_security security = { 0 };
	struct pen_descriptor descriptor;
	struct pen_buffer buffer = { 0 };

	if (!text)
		return security;
	if (pen_sddl_parse(&descriptor, &game->arena, text, NULL, NULL) ||
	    pen_descriptor_put(&descriptor, &buffer))
		abort();
	if (byte(game) & 1 && buffer.size)
		buffer.data[byte(game) % buffer.size] ^= (uint8_t)byte(game);
	security.n = (uint32_t)buffer.size;
	security.bytes = pen_arena_copy(&game->arena, buffer.data, buffer.size);
	pen_buffer_done(&buffer);
	return security;
}

static uint32_t access(struct game *game)
{
	static const uint32_t rights[] = {
		PEN_FILE_GENERIC_READ | PEN_FILE_GENERIC_WRITE,
		PEN_FILE_GENERIC_READ,
		PEN_FILE_GENERIC_WRITE,
		0,
		1,
		2,
		4,
		PEN_ACCESS_MAXIMUM_ALLOWED,
		PEN_ACCESS_GENERIC_ALL | PEN_ACCESS_SYSTEM_SECURITY,
		PEN_ACCESS_READ_CONTROL | PEN_ACCESS_WRITE_DAC | PEN_ACCESS_WRITE_OWNER,
	};

	return rights[byte(game) % PEN_COUNT(rights)];
}

static void fill_create(struct game *game, struct object_create_pipe *in)
{
	uint32_t bits = byte(game);

	in->access = access(game);
	in->share = bits & 4 ? 3 : bits & 3;
	in->disposition = bits & 8 ? 3 : byte(game) % 6;
	in->read_mode = bits >> 4 & 1;
	in->pipe.type = bits >> 5 & 1;
	in->pipe.instances_max = bits & 64 ? UINT32_MAX : byte(game) % 4;
	in->pipe.timeout = bits & 128 ? -10000 * (int64_t)byte(game) : -1;
	in->is_listening = byte(game) % 4 != 0;
	in->rejects_remote = byte(game) & 1;
	in->security = guard(game);
	if (byte(game) % 4 == 0)
		in->instance = some_id(game);
}

static void fill_request(struct game *game, struct object_request *letter)
{
	union object_request_body *body = &letter->body;
	const char *name = names[byte(game) % PEN_COUNT(names)];
	struct dtyp_GUID id = some_id(game);

	switch (letter->verb) {
	case object_CREATE_PIPE:
		body->create_pipe.name = name ? name : "";
		fill_create(game, &body->create_pipe);
		break;
	case object_OPEN_PIPE:
		body->open_pipe = (struct object_open_pipe){ .name = name,
							     .access = access(game),
							     .qos = { byte(game) % 5, 1, 1 } };
		if (!name)
			body->open_pipe.instance = id;
		break;
	case object_WAIT_PIPE:
		body->wait_pipe = (struct object_wait_pipe){
			name ? name : "", byte(game) & 1 ? -INT64_MAX : 1 - (int64_t)byte(game)
		};
		break;
	case object_SET_SECURITY:
		body->set_security = (struct object_set_security){ id, byte(game), guard(game) };
		break;
	case object_QUERY_SECURITY:
		body->query_security = (struct object_query_security){ id, byte(game) };
		break;
	case object_ASK_CLIENT:
		body->ask_client = (struct object_ask_client){ id, byte(game) % 4 };
		break;
	case object_CREATE_SECTION:
		body->create_section =
			(struct object_create_section){ name, access(game), byte(game),
							byte(game) & 1 ? 4 : 2, guard(game) };
		break;
	case object_OPEN_SECTION:
		body->open_section = (struct object_open_section){ name ? name : "", access(game) };
		break;
	case object_LIST:
		body->list = (struct object_list){ name ? name : "", byte(game) };
		break;
	case object_EXPLAIN:
		body->explain = (struct object_explain){ name ? name : "", access(game) };
		break;
	case object_WATCH:
		body->watch.seen = byte(game);
		break;
	default:
		body->close.handle = id;
	}
}

/* What one got he may have. */
static void check_open(struct game *game, const struct pen_token *token,
		       const struct pen_objects_reply *reply)
{
	const struct object_pipe_opened *opened = &reply->letter.body.opened;
	const struct pen_object_client *client =
		pen_object_find_client(game->objects, &opened->handle);
	uint32_t granted;

	claim(client && reply->gift && reply->life);
	claim(!pen_guard_check(&client->pipe->guard, &pen_guard_pipe, token, opened->granted,
			       &game->arena, &granted));
	claim(client->pipe->fixed.configuration == 2 ||
	      !(opened->granted & (client->pipe->fixed.configuration == 0 ? 1 : 2)));
}

static void on_reply(struct game *game, const struct pen_token *token,
		     const struct pen_objects_reply *reply)
{
	uint32_t status = reply->letter.status;

	if (!status && reply->letter.verb == object_CREATE_PIPE)
		learn(game, reply->letter.body.created.instance);
	if (!status && reply->letter.verb == object_OPEN_PIPE) {
		check_open(game, token, reply);
		learn(game, reply->letter.body.opened.handle);
	}
	if (reply->gift)
		release(game, reply->gift);
	if (reply->hold) {
		unsigned i = 0;

		claim(!!reply->memory);
		while (i < HOLDS && game->holds[i])
			i++;
		claim(i < HOLDS);
		game->holds[i] = reply->hold;
	}
}

static bool has_room(const struct game *game)
{
	unsigned holds = 0, tickets = 0;

	for (unsigned i = 0; i < HOLDS; i++)
		holds += !!game->holds[i];
	for (unsigned i = 0; i < TICKETS; i++)
		tickets += !!game->tickets[i];
	return holds < HOLDS && tickets < TICKETS && game->n_resources < RESOURCES - 8;
}

/* A ticket's place says for whom it is: the owner is the person, with the place beside it. */
static void *owner_of(struct game *game, unsigned who, unsigned place)
{
	return (uint8_t *)game + who * TICKETS + place;
}

static void do_ask(struct game *game, unsigned who, uint32_t verb)
{
	struct object_request letter = { .verb = verb };
	struct pen_objects_reply reply;
	unsigned place = 0;
	struct pen_objects_request request = {
		.asker = { game->people[who], who, NULL },
		.letter = &letter,
		.mark = byte(game) % 4,
		.now = game->now,
	};

	while (place < TICKETS - 1 && game->tickets[place])
		place++;
	request.asker.owner = owner_of(game, who, place);
	fill_request(game, &letter);
	if (verb == object_CREATE_PIPE && byte(game) % 8)
		request.life = resource(game);
	if ((verb == object_CREATE_PIPE && letter.body.create_pipe.is_listening) ||
	    (verb == object_OFFER && byte(game) % 8))
		request.offer = resource(game);
	pen_objects_ask(game->objects, &request, &game->arena, &reply);
	if (reply.letter.status == PEN_STATUS_PENDING)
		game->tickets[place] = reply.ticket;
	else
		on_reply(game, game->people[who], &reply);
}

static void do_next(struct game *game)
{
	struct pen_objects_reply reply;
	void *owner;

	while (pen_objects_next(game->objects, &game->arena, &reply, &owner)) {
		unsigned number = (unsigned)((uint8_t *)owner - (uint8_t *)game);

		claim(!!game->tickets[number % TICKETS]);
		game->tickets[number % TICKETS] = NULL;
		on_reply(game, game->people[number / TICKETS], &reply);
	}
}

static void do_carry(struct game *game, unsigned who)
{
	unsigned place = 0;
	struct pen_objects_carried carried = {
		.token = game->people[who],
		.pipe = byte(game) & 1 ? "a" : "b\\c",
		.computer = "",
		.is_probe = byte(game) % 4 == 0,
		.until = game->now + byte(game),
		.now = game->now,
	};
	uint32_t type, status;

	while (place < TICKETS - 1 && game->tickets[place])
		place++;
	carried.owner = owner_of(game, who, place);
	carried.socket = resource(game);
	status = pen_objects_carry(game->objects, &carried, &type, &game->tickets[place]);
	if (status || carried.is_probe)
		release(game, carried.socket);
}

static void do_end(struct game *game, unsigned which)
{
	unsigned i = which % 16;

	if (which & 16) {
		if (game->holds[i])
			pen_objects_end_hold(game->objects, game->holds[i]);
		game->holds[i] = NULL;
	} else if (which & 32) {
		if (game->tickets[i])
			pen_objects_cancel(game->objects, game->tickets[i]);
		game->tickets[i] = NULL;
	} else {
		pen_objects_end_instance(game->objects, &game->ids[i]);
	}
}

static void step(struct game *game)
{
	uint32_t what = byte(game);
	unsigned who = what >> 6;

	pen_arena_reset(&game->arena);
	if ((what & 63) < 50) {
		if (has_room(game))
			do_ask(game, who, (what & 63) % 17);
	} else if ((what & 63) < 54) {
		if (has_room(game))
			do_carry(game, who);
	} else if ((what & 63) < 58) {
		do_end(game, byte(game));
	} else if ((what & 63) < 60) {
		game->now += byte(game);
		pen_objects_tick(game->objects, game->now);
	} else {
		do_next(game);
	}
}

static void begin(struct game *game)
{
	static const struct pen_objects_alias alias = { "alias", "a" };
	const struct pen_objects_config config = {
		.limits = limits,
		.aliases = &alias,
		.n_aliases = 1,
		.settled_at = byte(game),
		.data = game,
		.random = fill,
		.make_memory = make_memory,
		.release = release,
	};

	pen_arena_init(&game->arena, 1 << 24);
	if (pen_objects_new(&game->objects, &config) ||
	    pen_token_new_unix(&game->people[0], 0, 0, NULL, 0, 0, false) ||
	    pen_token_new_unix(&game->people[1], 1, 1, NULL, 0, 3, false) ||
	    pen_token_new_unix(&game->people[2], 2, 1, NULL, 0, 3, false) ||
	    pen_token_new_anonymous(&game->people[3], true))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct game *game = calloc(1, sizeof(*game));

	game->in = data;
	game->end = data + size;
	begin(game);
	for (int i = 0; i < STEPS_MAX && game->in < game->end; i++) {
		step(game);
		check(game);
	}
	pen_objects_free(game->objects);
	claim(!game->n_resources);
	for (int i = 0; i < PEOPLE; i++)
		pen_token_free(game->people[i]);
	pen_arena_done(&game->arena);
	free(game);
	return 0;
}
