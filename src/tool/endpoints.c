/* SPDX-License-Identifier: MIT */
/* penstock endpoints: what an endpoint mapper knows, interface by interface. */
#include "tool/tool.h"
#include <errno.h>
#include <penstock/idl/epm.h>
#include <string.h>

enum {
	ENTRIES_MAX = 65536,
	BATCH = 500,
	NOT_REGISTERED = 0x16c9a0d6, /* EPT_S_NOT_REGISTERED: that is all */
};

struct entry {
	struct pen_tower tower;
	struct pen_uuid object;
	const char *annotation;
	const char *binding;
	bool is_printed;
};

struct map {
	struct entry *entries;
	size_t n;
};

_Static_assert(sizeof(struct epm_uuid_t) == sizeof(struct pen_uuid), "the same UUID");

static const char *binding_of(struct tool *tool, const struct pen_tower *tower)
{
	char host[64];

	switch (tower->protseq) {
	case PEN_NCACN_IP_TCP:
		snprintf(host, sizeof(host), "%u.%u.%u.%u", tower->ip[0], tower->ip[1],
			 tower->ip[2], tower->ip[3]);
		return pen_arena_printf(&tool->arena, "ncacn_ip_tcp:%s[%u]",
					strcmp(host, "0.0.0.0") ? host : "", tower->port);
	case PEN_NCACN_NP:
		return pen_arena_printf(&tool->arena, "ncacn_np:%s[%s]", tower->host,
					tower->endpoint);
	default:
		return pen_arena_printf(&tool->arena, "ncalrpc:[%s]", tower->endpoint);
	}
}

/* The annotation is a char[64] that need not end. */
static const char *annotation_of(struct tool *tool, const struct epm_ept_entry_t *wire)
{
	const char *text = (const char *)wire->annotation;

	return pen_arena_text(&tool->arena, text, strnlen(text, sizeof(wire->annotation)));
}

/* Those in NDR only: in NDR64 each comes once more. Other protocols are not ours to call. */
static int add(struct tool *tool, struct map *map, const struct epm_ept_entry_t *wire)
{
	struct entry *entry = &map->entries[map->n];
	int r;

	if (!wire->tower)
		return 0;
	r = pen_tower_get(&entry->tower, wire->tower->tower_octet_string,
			  wire->tower->tower_length);
	if (r)
		return r < 0 ? r : 0;
	memcpy(&entry->object, &wire->object, sizeof(entry->object));
	entry->annotation = annotation_of(tool, wire);
	entry->binding = binding_of(tool, &entry->tower);
	if (!entry->annotation || !entry->binding)
		return -ENOMEM;
	for (size_t i = 0; i < map->n; i++) {
		const struct entry *known = &map->entries[i];

		if (pen_uuid_equal(&known->tower.interface.uuid, &entry->tower.interface.uuid) &&
		    known->tower.interface.major == entry->tower.interface.major &&
		    pen_uuid_equal(&known->object, &entry->object) &&
		    !strcmp(known->binding, entry->binding))
			return 0;
	}
	map->n++;
	return 0;
}

static void free_handle(struct tool *tool, const struct pen_context_handle *handle)
{
	struct epm_ept_lookup_handle_free_in in = { .entry_handle = *handle };
	struct epm_ept_lookup_handle_free_out out = { 0 };

	if (!pen_uuid_is_nil(&handle->uuid))
		epm_ept_lookup_handle_free(tool->call, &in, &out);
}

static int look_up(struct tool *tool, struct map *map)
{
	struct epm_ept_lookup_in in = { .vers_option = 1, .max_ents = BATCH };
	struct epm_ept_lookup_out out;
	int r;

	map->entries = pen_arena_array(&tool->arena, ENTRIES_MAX, sizeof(*map->entries));
	if (!map->entries)
		return tool_fail_result(tool, -ENOMEM);
	do {
		memset(&out, 0, sizeof(out));
		r = epm_ept_lookup(tool->call, &in, &out);
		if (r)
			return tool_fail_call(tool, "epm.ept_lookup", r);
		for (uint32_t i = 0; i < out.num_ents && map->n < ENTRIES_MAX; i++) {
			r = add(tool, map, &out.entries[i]);
			if (r)
				return tool_fail_result(tool, r);
		}
		in.entry_handle = out.entry_handle;
		if (out.status && out.status != NOT_REGISTERED)
			return tool_fail_status(tool, "epm.ept_lookup", out.status);
	} while (!out.status && out.num_ents && !pen_uuid_is_nil(&in.entry_handle.uuid) &&
		 map->n < ENTRIES_MAX);
	free_handle(tool, &in.entry_handle);
	return TOOL_OK;
}

static bool is_same(const struct entry *a, const struct entry *b)
{
	return pen_uuid_equal(&a->tower.interface.uuid, &b->tower.interface.uuid) &&
	       a->tower.interface.major == b->tower.interface.major &&
	       a->tower.interface.minor == b->tower.interface.minor;
}

/* Its name if we know it, and what the server calls it. */
static void print_group(struct tool *tool, struct map *map, size_t first)
{
	const struct entry *head = &map->entries[first];
	const struct pen_interface *interface = tool_interface_by_id(tool, &head->tower.interface);
	char uuid[PEN_UUID_TEXT_SIZE];

	pen_uuid_print(&head->tower.interface.uuid, uuid);
	printf("%s%s%s v%u.%u%s%s\n", interface ? interface->name : "", interface ? "  " : "", uuid,
	       head->tower.interface.major, head->tower.interface.minor,
	       *head->annotation ? "  " : "", head->annotation);
	for (size_t i = first; i < map->n; i++) {
		struct entry *entry = &map->entries[i];

		if (entry->is_printed || !is_same(entry, head))
			continue;
		entry->is_printed = true;
		printf("    %s", entry->binding);
		if (!pen_uuid_is_nil(&entry->object)) {
			pen_uuid_print(&entry->object, uuid);
			printf("  object %s", uuid);
		}
		putchar('\n');
	}
}

static void put_group(struct tool *tool, struct pen_buffer *json, struct map *map, size_t first)
{
	const struct entry *head = &map->entries[first];
	const struct pen_interface *interface = tool_interface_by_id(tool, &head->tower.interface);
	char uuid[PEN_UUID_TEXT_SIZE];
	bool is_first = true;

	pen_uuid_print(&head->tower.interface.uuid, uuid);
	pen_buffer_printf(json, "%s{", json->size > 1 ? "," : "");
	tool_json_text(json, "name", interface ? interface->name : NULL);
	tool_json_text(json, "uuid", uuid);
	pen_buffer_printf(json, ",\"version\":\"%u.%u\"", head->tower.interface.major,
			  head->tower.interface.minor);
	tool_json_text(json, "annotation", head->annotation);
	pen_buffer_printf(json, ",\"endpoints\":[");
	for (size_t i = first; i < map->n; i++) {
		struct entry *entry = &map->entries[i];

		if (entry->is_printed || !is_same(entry, head))
			continue;
		entry->is_printed = true;
		pen_buffer_printf(json, "%s{", is_first ? "" : ",");
		is_first = false;
		tool_json_text(json, "binding", entry->binding);
		if (!pen_uuid_is_nil(&entry->object)) {
			pen_uuid_print(&entry->object, uuid);
			tool_json_text(json, "object", uuid);
		}
		pen_buffer_printf(json, "}");
	}
	pen_buffer_printf(json, "]}");
}

static int print(struct tool *tool, struct map *map)
{
	struct pen_buffer json;
	int r;

	pen_buffer_init(&json, 0);
	pen_buffer_printf(&json, "[");
	for (size_t i = 0; i < map->n; i++) {
		if (map->entries[i].is_printed)
			continue;
		if (tool->is_json)
			put_group(tool, &json, map, i);
		else
			print_group(tool, map, i);
	}
	r = pen_buffer_printf(&json, "]");
	if (r)
		r = tool_fail_result(tool, r);
	else if (tool->is_json)
		r = tool_print_json(tool, &json);
	else if (!map->n)
		puts("Nothing is registered there.");
	pen_buffer_done(&json);
	return r;
}

static int run(struct tool *tool, int argc, char **argv)
{
	struct map map = { 0 };
	int r;

	r = tool_connect(tool, argc ? argv[0] : "", &epm_interface);
	if (!r)
		r = look_up(tool, &map);
	return r ? r : print(tool, &map);
}

const struct tool_command tool_endpoints = {
	.name = "endpoints",
	.arguments = "[HOST | BINDING]",
	.summary = "list what a server offers, and where",
	.help = "\n"
		"Asks the server's endpoint mapper; without HOST, that of this machine over its\n"
		"local socket.\n"
		"\n"
		"Examples:\n"
		"  penstock endpoints\n"
		"  penstock endpoints server\n"
		"  penstock endpoints 'ncacn_ip_tcp:127.0.0.1[11350]'\n",
	.has_login = true,
	.is_public = true,
	.run = run,
	.max_arguments = 1,
};
