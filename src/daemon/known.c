/* SPDX-License-Identifier: MIT */
#include "daemon/known.h"
#include "daemon/log.h"
#include "daemon/rules.h"
#include "daemon/services.h"
#include <errno.h>
#include <string.h>

enum { ARENA_MAX = 64 << 20, ROOM = 64 };

static const struct pen_interface *find(const struct known *known,
					const struct listing_interface *listed)
{
	for (size_t i = 0; i < known->n; i++)
		if (pen_syntax_id_equal(&known->interfaces[i]->id, &listed->id) &&
		    !strcmp(known->interfaces[i]->name, listed->name))
			return known->interfaces[i];
	return NULL;
}

static bool make_room(struct known *known)
{
	const struct pen_interface **more;

	if (known->n < known->n_room)
		return true;
	more = pen_arena_array(&known->arena, known->n_room * 2 + ROOM, sizeof(*more));
	if (!more)
		return false;
	if (known->n)
		memcpy(more, known->interfaces, known->n * sizeof(*more));
	known->interfaces = more;
	known->n_room = known->n_room * 2 + ROOM;
	return true;
}

static void add(struct known *known, const struct pen_interface *interface)
{
	if (interface && make_room(known))
		known->interfaces[known->n++] = interface;
	else
		known->error = -ENOMEM;
}

void known_init(struct known *known)
{
	const struct daemon_interfaces own = daemon_interfaces();

	*known = (struct known){ .is_all = true };
	pen_arena_init(&known->arena, ARENA_MAX);
	for (size_t i = 0; own.rows[i]; i++)
		add(known, own.rows[i]);
}

void known_done(struct known *known)
{
	pen_arena_done(&known->arena);
}

static const struct pen_operation *copy_operations(struct known *known,
						   const struct listing_interface *listed)
{
	struct pen_operation *operations =
		pen_arena_array(&known->arena, listed->n_operations, sizeof(*operations));

	for (size_t i = 0; operations && i < listed->n_operations; i++) {
		const char *name = listed->operations[i];

		operations[i].name = name ? pen_arena_strdup(&known->arena, name) : NULL;
		if (name && !operations[i].name)
			return NULL;
	}
	return operations;
}

/* NULL: there is no memory. */
static const struct pen_interface *copy(struct known *known, const struct listing_interface *listed)
{
	struct pen_interface *interface = pen_arena_zalloc(&known->arena, sizeof(*interface));

	if (!interface)
		return NULL;
	interface->id = listed->id;
	interface->name = pen_arena_strdup(&known->arena, listed->name);
	interface->n_operations = (uint32_t)listed->n_operations;
	interface->operations = copy_operations(known, listed);
	return interface->name && interface->operations ? interface : NULL;
}

void known_add(struct known *known, const struct listing *listing)
{
	for (size_t i = 0; i < listing->n_interfaces; i++)
		if (!find(known, &listing->interfaces[i]))
			add(known, copy(known, &listing->interfaces[i]));
}

static void warn(const struct log *log, struct pen_buffer *diagnoses)
{
	if (log && diagnoses->size && !pen_buffer_add(diagnoses, "", 1))
		log_line(log, PEN_LOG_WARNING, "policy", "message",
			 "a program does not say what it serves, so these names are let pass",
			 "names", (const char *)diagnoses->data, NULL);
}

int known_check(const struct known *known, const struct rules *rules, const struct log *log,
		struct pen_buffer *diagnoses)
{
	const struct pen_policy_known names = { known->interfaces, known->n };
	struct pen_buffer own;
	int r;

	if (known->error)
		return known->error;
	pen_buffer_init(&own, 0);
	r = rules_check(rules, &names, &own);
	if (r == PEN_E_SYNTAX && !known->is_all) {
		r = rules_check(rules, NULL, diagnoses);
		if (!r)
			warn(log, &own);
	} else if (r && own.size) {
		pen_buffer_add(diagnoses, own.data, own.size);
	}
	pen_buffer_done(&own);
	return r;
}
