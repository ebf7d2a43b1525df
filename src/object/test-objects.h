/* SPDX-License-Identifier: MIT */
#ifndef PEN_OBJECT_TEST_OBJECTS_H
#define PEN_OBJECT_TEST_OBJECTS_H
/*
 * An object manager for tests, and people who ask it. Resources are counted, so that each is
 * seen to be released once.
 */
#include "object/objects.h"
#include "support/unit.h"
#include <penstock/status-codes.h>
#include <stdlib.h>
#include <string.h>

enum who { ROOT, ANNA, BERT, REMOTE, ANNA_7, N_PEOPLE }; /* sessions 0, 3, 5, none, 7 */

#define PIPE	 "\\Device\\NamedPipe\\x"
#define READING	 PEN_FILE_GENERIC_READ
#define WRITING	 PEN_FILE_GENERIC_WRITE
#define BOTH	 (READING | WRITING)
#define FOR_EVER (-INT64_MAX)

enum { RESOURCES_MAX = 2048 };

struct resource {
	char kind; /* 0: none */
};

struct world {
	struct pen_objects *objects;
	struct pen_token *people[N_PEOPLE];
	struct pen_arena arena;
	struct pen_objects_reply reply;
	uint64_t now;
	uint64_t mark; /* of the next offer */
	int n_resources;
	struct resource resources[RESOURCES_MAX]; /* no allocation of theirs fails */
	uint32_t n_random;
	char changed[64]; /* the last name told of, after + or - */
};

static inline void *resource_new(struct world *world, char kind)
{
	struct resource *resource = world->resources;

	while (resource->kind)
		resource++;
	assert_true(resource < world->resources + RESOURCES_MAX);
	resource->kind = kind;
	world->n_resources++;
	return resource;
}

static inline void world_release(void *data, void *resource)
{
	assert_int_not_equal(((struct resource *)resource)->kind, 0);
	((struct resource *)resource)->kind = 0;
	((struct world *)data)->n_resources--;
}

static inline int world_random(void *data, void *bytes, size_t n)
{
	struct world *world = data;

	memset(bytes, 0x5a, n);
	world->n_random++;
	memcpy(bytes, &world->n_random, n < 4 ? n : 4);
	return 0;
}

static inline uint32_t world_memory(void *data, uint64_t n, void **memoryp)
{
	assert_true(n > 0);
	*memoryp = resource_new(data, 'm');
	return PEN_STATUS_SUCCESS;
}

static inline void world_changed(void *data, const char *name, bool is_there)
{
	struct world *world = data;

	world->changed[0] = is_there ? '+' : '-';
	strncpy(world->changed + 1, name, sizeof(world->changed) - 2);
}

static inline void world_init_with(struct world *world, const struct pen_objects_config *given)
{
	static const uint32_t groups[] = { 100 };
	struct pen_objects_config config = *given;

	memset(world, 0, sizeof(*world));
	world->now = 1000;
	pen_arena_init(&world->arena, PEN_LETTER_ARENA_MAX);
	config.data = world;
	config.random = world_random;
	config.release = world_release;
	config.make_memory = world_memory;
	config.changed = world_changed;
	assert_int_equal(pen_objects_new(&world->objects, &config), 0);
	assert_int_equal(pen_token_new_unix(&world->people[ROOT], 0, 0, NULL, 0, 0, false), 0);
	assert_int_equal(pen_token_new_unix(&world->people[ANNA], 1000, 100, groups, 1, 3, false),
			 0);
	assert_int_equal(pen_token_new_unix(&world->people[BERT], 1001, 100, groups, 1, 5, false),
			 0);
	assert_int_equal(pen_token_new_anonymous(&world->people[REMOTE], true), 0);
	assert_int_equal(pen_token_new_unix(&world->people[ANNA_7], 1000, 100, groups, 1, 7, false),
			 0);
}

static inline void world_init(struct world *world)
{
	const struct pen_objects_config config = { .limits = pen_objects_limits };

	world_init_with(world, &config);
}

static inline void world_done(struct world *world)
{
	pen_objects_free(world->objects);
	for (int i = 0; i < N_PEOPLE; i++)
		pen_token_free(world->people[i]);
	pen_arena_done(&world->arena);
	assert_int_equal(world->n_resources, 0);
}

/* Life and offer come as the verb wants them; a gift is let go of at once. */
static inline uint32_t ask(struct world *world, enum who who, const struct object_request *letter)
{
	struct pen_objects_request request = {
		.asker = { world->people[who], 100 + who, &world->people[who] },
		.letter = letter,
		.mark = ++world->mark,
		.now = world->now,
	};

	if (letter->verb == object_CREATE_PIPE)
		request.life = resource_new(world, 'l');
	if (letter->verb == object_OFFER ||
	    (letter->verb == object_CREATE_PIPE && letter->body.create_pipe.is_listening))
		request.offer = resource_new(world, 'o');
	pen_arena_reset(&world->arena);
	pen_objects_ask(world->objects, &request, &world->arena, &world->reply);
	if (world->reply.gift)
		world_release(world, world->reply.gift);
	return world->reply.letter.status;
}

/* The next reply that comes later, for whom; N_PEOPLE: there is none. */
static inline enum who next(struct world *world)
{
	void *owner;

	if (!pen_objects_next(world->objects, &world->arena, &world->reply, &owner))
		return N_PEOPLE;
	if (world->reply.gift)
		world_release(world, world->reply.gift);
	return (enum who)((struct pen_token **)owner - world->people);
}

/* ---- requests ---- */

static inline struct object_request creation(const char *name)
{
	return (struct object_request){
		.verb = object_CREATE_PIPE,
		.body.create_pipe = { .name = name,
				      .access = BOTH,
				      .share = 3,
				      .disposition = 3,
				      .pipe = { .type = 1,
						.instances_max = UINT32_MAX,
						.inbound_quota = 1,
						.outbound_quota = 0,
						.timeout = -500000 },
				      .is_listening = 1 },
	};
}

static inline uint32_t create(struct world *world, enum who who, const char *name)
{
	struct object_request request = creation(name);

	return ask(world, who, &request);
}

static inline uint32_t open_as(struct world *world, enum who who, const char *name, uint32_t access)
{
	const struct object_request request = {
		.verb = object_OPEN_PIPE,
		.body.open_pipe = { .name = name, .access = access, .qos = { 2, 1, 1 } },
	};

	return ask(world, who, &request);
}

static inline uint32_t wait_for(struct world *world, enum who who, const char *name,
				int64_t timeout)
{
	const struct object_request request = { .verb = object_WAIT_PIPE,
						.body.wait_pipe = { name, timeout } };

	return ask(world, who, &request);
}

/* Verbs that take a GUID first and nothing else. */
static inline uint32_t of_handle(struct world *world, enum who who, enum object_verb verb,
				 struct dtyp_GUID handle)
{
	struct object_request request = { .verb = verb };

	memcpy(&request.body, &handle, sizeof(handle));
	return ask(world, who, &request);
}

static inline struct dtyp_GUID created_id(const struct world *world)
{
	return world->reply.letter.body.created.instance;
}

static inline void end(struct world *world, struct dtyp_GUID instance)
{
	pen_objects_end_instance(world->objects, &instance);
}

/* A descriptor from SDDL, in the world's arena until the next request: so copied. */
static inline struct object_security sddl(struct pen_arena *arena, const char *text)
{
	struct pen_descriptor descriptor;
	struct pen_buffer buffer = { 0 };
	struct object_security security;

	assert_int_equal(pen_sddl_parse(&descriptor, arena, text, NULL, NULL), 0);
	assert_int_equal(pen_descriptor_put(&descriptor, &buffer), 0);
	security.n = (uint32_t)buffer.size;
	security.bytes = pen_arena_copy(arena, buffer.data, buffer.size);
	pen_buffer_done(&buffer);
	return security;
}

#endif
