/* SPDX-License-Identifier: MIT */
#include "daemon/table.h"
#include "daemon/crew.h"
#include "daemon/door.h"
#include "object/letter.h"
#include <errno.h>
#include <penstock/binding.h>
#include <string.h>

/* Without options, as clients use it. */
static const char *place_of(const struct door *door, struct pen_arena *arena)
{
	struct pen_binding binding;
	struct pen_buffer text;
	const char *place = NULL;

	if (pen_binding_parse(&binding, door->binding, NULL))
		return NULL;
	binding.n_options = 0;
	pen_buffer_init(&text, 0);
	if (!pen_binding_print(&binding, &text))
		place = pen_arena_text(arena, (const char *)text.data, text.size);
	pen_buffer_done(&text);
	pen_binding_done(&binding);
	return place;
}

static bool has_endpoint(const struct listing_interface *interface, const char *listed)
{
	for (size_t i = 0; i < interface->n_endpoints; i++)
		if (!strcmp(interface->endpoints[i], listed))
			return true;
	return false;
}

static void add_crew(struct worker_table *table, const struct door *door, const struct crew *crew,
		     const char *place)
{
	for (size_t i = 0; i < crew->listing.n_interfaces; i++) {
		const struct listing_interface *interface = &crew->listing.interfaces[i];
		struct worker_served entry = { .name = interface->name, .binding = place };

		if (!has_endpoint(interface, door->listed) || table->n == worker_SERVED_MAX)
			continue;
		entry.id.major = interface->id.major;
		entry.id.minor = interface->id.minor;
		entry.id.uuid = pen_letter_put_guid(&interface->id.uuid);
		table->entries[table->n++] = entry;
	}
}

int table_build(struct worker_table *table, const struct pen_list *doors, struct pen_arena *arena)
{
	*table = (struct worker_table){ 0 };
	table->entries = pen_arena_array(arena, worker_SERVED_MAX, sizeof(*table->entries));
	if (!table->entries)
		return -ENOMEM;
	for (struct pen_list *link = doors->next; link != doors; link = link->next) {
		const struct door *door = pen_list_entry(link, struct door, link);
		const char *place;

		if (door->is_raw) /* no interface is there */
			continue;
		place = place_of(door, arena);
		if (!place)
			return -ENOMEM;
		for (size_t i = 0; i < door->n_crews; i++)
			add_crew(table, door, door->crews[i], place);
	}
	return 0;
}
