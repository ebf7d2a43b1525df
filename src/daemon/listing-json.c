/* SPDX-License-Identifier: MIT */
/*
 * A listing as JSON. Members that nobody knows are of a later version, and are left out.
 */
#include "daemon/listing-part.h"
#include "ndr/json.h"
#include "rpc/auth.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NODES_MAX = 8 << 20 }; /* bytes */

static const char *const kinds[] = {
	[PEN_JSON_NULL] = "null",     [PEN_JSON_FALSE] = "false",   [PEN_JSON_TRUE] = "true",
	[PEN_JSON_NUMBER] = "number", [PEN_JSON_STRING] = "string", [PEN_JSON_ARRAY] = "array",
	[PEN_JSON_OBJECT] = "object",
};

/* Finds a member of that kind. One that may be missing is NULL then, or where it is null. */
static int member(const struct listing_reading *reading, const struct pen_json *object,
		  const char *name, enum pen_json_kind kind, bool may_be_missing,
		  const struct pen_json **foundp)
{
	const struct pen_json *found = pen_json_find(object, name);

	*foundp = NULL;
	if (!found || found->kind == PEN_JSON_NULL)
		return may_be_missing ? 0
				      : listing_refuse(reading, PEN_E_SYNTAX,
						       "there is no member \"%s\"", name);
	if (found->kind != kind)
		return listing_refuse(reading, PEN_E_SYNTAX, "\"%s\" is no %s", name, kinds[kind]);
	*foundp = found;
	return 0;
}

/* What is missing leaves the value as it is. */
static int number(const struct listing_reading *reading, const struct pen_json *object,
		  const char *name, uint64_t max, bool may_be_missing, uint64_t *valuep)
{
	const struct pen_json *found;
	int r = member(reading, object, name, PEN_JSON_NUMBER, may_be_missing, &found);

	if (r || !found)
		return r;
	return listing_number(reading, name, found->text, found->n_text, max, valuep);
}

static int number_u32(const struct listing_reading *reading, const struct pen_json *object,
		      const char *name, uint32_t max, bool may_be_missing, uint32_t *valuep)
{
	uint64_t value = *valuep;
	int r = number(reading, object, name, max, may_be_missing, &value);

	if (!r)
		*valuep = (uint32_t)value;
	return r;
}

static int string(const struct listing_reading *reading, const struct pen_json *found,
		  const char *what, const char **textp)
{
	bool is_bad;
	const char *text = pen_json_string(found, true, &reading->listing->arena, &is_bad);

	if (!text)
		return listing_refuse(reading, -ENOMEM, "no memory");
	if (is_bad)
		return listing_refuse(reading, PEN_E_SYNTAX, "%s is no text", what);
	return listing_text(reading, what, text, strlen(text), textp);
}

static int text(const struct listing_reading *reading, const struct pen_json *object,
		const char *name, bool may_be_missing, const char **textp)
{
	const struct pen_json *found;
	int r = member(reading, object, name, PEN_JSON_STRING, may_be_missing, &found);

	return r || !found ? r : string(reading, found, name, textp);
}

/* ---- an interface ---- */

static int read_version(const struct listing_reading *reading, const struct pen_json *object,
			struct pen_syntax_id *id)
{
	const char *version = NULL, *point;
	uint64_t major, minor;
	int r;

	r = text(reading, object, "version", false, &version);
	if (r)
		return r;
	point = strchr(version, '.');
	if (!point)
		return listing_refuse(reading, PEN_E_SYNTAX, "\"version\" has no point");
	r = listing_number(reading, "version", version, (size_t)(point - version), UINT16_MAX,
			   &major);
	if (!r)
		r = listing_number(reading, "version", point + 1, strlen(point + 1), UINT16_MAX,
				   &minor);
	if (r)
		return r;
	id->major = (uint16_t)major;
	id->minor = (uint16_t)minor;
	return 0;
}

static int read_level(const struct listing_reading *reading, const struct pen_json *object,
		      uint8_t *levelp)
{
	const char *level = "none";
	int r = text(reading, object, "level", true, &level);

	if (r || !strcmp(level, "none"))
		return r;
	for (uint8_t i = PEN_AUTH_LEVEL_CONNECT; i <= PEN_AUTH_LEVEL_PRIVACY; i++)
		if (!strcmp(pen_auth_level_name(i), level)) {
			*levelp = i;
			return 0;
		}
	return listing_refuse(reading, PEN_E_SYNTAX,
			      "\"level\" is none, connect, packet, integrity or privacy");
}

static int read_endpoints(struct listing_reading *reading, const struct pen_json *object)
{
	const struct pen_json *list, *item;
	const char *endpoint;
	int r;

	r = member(reading, object, "endpoints", PEN_JSON_ARRAY, false, &list);
	for (item = r ? NULL : list->items; item && !r; item = item->next) {
		if (item->kind != PEN_JSON_STRING)
			return listing_refuse(reading, PEN_E_SYNTAX, "an endpoint is no string");
		r = string(reading, item, "an endpoint", &endpoint);
		if (!r)
			r = listing_add_endpoint(reading, endpoint);
	}
	return r;
}

static int read_operations(struct listing_reading *reading, const struct pen_json *object)
{
	struct listing *listing = reading->listing;
	struct listing_interface *interface = &listing->interfaces[listing->n_interfaces - 1];
	const struct pen_json *list, *item;
	int r;

	r = member(reading, object, "operations", PEN_JSON_ARRAY, true, &list);
	if (r || !list)
		return r;
	interface->operations =
		pen_arena_array(&listing->arena, list->n, sizeof(*interface->operations));
	if (!interface->operations)
		return listing_refuse(reading, -ENOMEM, "no memory");
	for (item = list->items; item && !r; item = item->next) {
		const char **name = &interface->operations[interface->n_operations++];

		if (item->kind == PEN_JSON_STRING)
			r = string(reading, item, "an operation", name);
		else if (item->kind != PEN_JSON_NULL)
			r = listing_refuse(reading, PEN_E_SYNTAX, "an operation is no string");
	}
	return r;
}

static int read_interface(struct listing_reading *reading, const struct pen_json *object)
{
	const char *name = NULL, *uuid = NULL;
	struct pen_syntax_id id = { 0 };
	uint8_t level = 0;
	int r;

	if (object->kind != PEN_JSON_OBJECT)
		return listing_refuse(reading, PEN_E_SYNTAX, "it is no object");
	r = text(reading, object, "name", false, &name);
	if (!r)
		r = text(reading, object, "uuid", false, &uuid);
	if (!r)
		r = listing_uuid(reading, uuid, strlen(uuid), &id.uuid);
	if (!r)
		r = read_version(reading, object, &id);
	if (!r)
		r = read_level(reading, object, &level);
	if (!r)
		r = listing_add_interface(reading, &id, name);
	if (r)
		return r;
	reading->listing->interfaces[reading->listing->n_interfaces - 1].level = level;
	r = read_endpoints(reading, object);
	return r ? r : read_operations(reading, object);
}

static int read_interfaces(struct listing_reading *reading, const struct pen_json *root)
{
	const struct pen_json *list, *item;
	unsigned n = 0;
	int r;

	r = member(reading, root, "interfaces", PEN_JSON_ARRAY, false, &list);
	for (item = r ? NULL : list->items; item && !r; item = item->next) {
		snprintf(reading->place, sizeof(reading->place), "interfaces[%u]", n++);
		r = read_interface(reading, item);
	}
	return r;
}

/* ---- a pipe ---- */

/* One of the names; what is missing leaves the value as it is. */
static int choice(const struct listing_reading *reading, const struct pen_json *object,
		  const char *name, const char *const *names, unsigned n, unsigned *valuep)
{
	const char *found = NULL;
	int r = text(reading, object, name, true, &found);

	if (r || !found)
		return r;
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(names[i], found)) {
			*valuep = i;
			return 0;
		}
	return listing_refuse(reading, PEN_E_SYNTAX, "\"%s\" cannot be %.60s", name, found);
}

static int truth(const struct listing_reading *reading, const struct pen_json *object,
		 const char *name, bool *truthp)
{
	const struct pen_json *value = pen_json_find(object, name);

	if (!value)
		return 0;
	if (value->kind != PEN_JSON_TRUE && value->kind != PEN_JSON_FALSE)
		return listing_refuse(reading, PEN_E_SYNTAX, "\"%s\" is no truth value", name);
	*truthp = value->kind == PEN_JSON_TRUE;
	return 0;
}

static int read_quotas(const struct listing_reading *reading, const struct pen_json *object,
		       uint32_t quotas[2])
{
	const struct pen_json *list, *item;
	uint64_t quota;
	unsigned n = 0;
	int r;

	r = member(reading, object, "quotas", PEN_JSON_ARRAY, true, &list);
	if (r || !list)
		return r;
	if (list->n != 2)
		return listing_refuse(reading, PEN_E_SYNTAX, "\"quotas\" are two");
	for (item = list->items; item; item = item->next) {
		if (item->kind != PEN_JSON_NUMBER)
			return listing_refuse(reading, PEN_E_SYNTAX, "a quota is no number");
		r = listing_number(reading, "a quota", item->text, item->n_text, UINT32_MAX,
				   &quota);
		if (r)
			return r;
		quotas[n++] = (uint32_t)quota;
	}
	return 0;
}

static int read_kind(const struct listing_reading *reading, const struct pen_json *object,
		     struct pen_pipe_config *config)
{
	static const char *const configurations[] = { "inbound", "outbound", "duplex" };
	static const char *const types[] = { "byte", "message" };
	unsigned configuration = PEN_PIPE_DUPLEX, type = 0, mode = 0;
	int r;

	r = choice(reading, object, "configuration", configurations, 3, &configuration);
	if (!r)
		r = choice(reading, object, "type", types, 2, &type);
	if (!r)
		r = choice(reading, object, "read_mode", types, 2, &mode);
	if (!r && mode > type)
		r = listing_refuse(reading, PEN_E_SYNTAX, "bytes are not read as messages");
	config->configuration = configuration;
	config->is_message = type;
	config->is_message_mode = mode;
	return r;
}

static int read_pipe(struct listing_reading *reading, const struct pen_json *object)
{
	struct listing_pipe pipe = { .quotas = { PEN_WORKER_PIPE_QUOTA, PEN_WORKER_PIPE_QUOTA } };
	bool is_remote = true;
	int r;

	if (object->kind != PEN_JSON_OBJECT)
		return listing_refuse(reading, PEN_E_SYNTAX, "it is no object");
	r = text(reading, object, "name", false, &pipe.name);
	if (!r)
		r = read_kind(reading, object, &pipe.config);
	if (!r)
		r = truth(reading, object, "remote", &is_remote);
	if (!r)
		r = number_u32(reading, object, "instances", PEN_PIPE_UNLIMITED, true,
			       &pipe.config.instances_max);
	if (!r)
		r = read_quotas(reading, object, pipe.quotas);
	if (!r)
		r = number_u32(reading, object, "timeout_ms", UINT32_MAX, true,
			       &pipe.config.timeout_ms);
	if (!r)
		r = text(reading, object, "security", true, &pipe.security);
	pipe.config.rejects_remote = !is_remote;
	return r ? r : listing_add_pipe(reading, &pipe);
}

static int read_pipes(struct listing_reading *reading, const struct pen_json *root)
{
	const struct pen_json *list, *item;
	unsigned n = 0;
	int r;

	*reading->place = '\0';
	r = member(reading, root, "pipes", PEN_JSON_ARRAY, true, &list);
	for (item = r || !list ? NULL : list->items; item && !r; item = item->next) {
		snprintf(reading->place, sizeof(reading->place), "pipes[%u]", n++);
		r = read_pipe(reading, item);
	}
	return r;
}

/* ---- what it needs ---- */

static int read_paths(struct listing_reading *reading, const struct pen_json *needs,
		      const char *name, const char *const **pathsp)
{
	const struct pen_json *list, *item;
	const char **paths;
	size_t n = 0;
	int r;

	r = member(reading, needs, name, PEN_JSON_ARRAY, true, &list);
	if (r || !list)
		return r;
	if (list->n > LISTING_PATHS_MAX)
		return listing_refuse(reading, PEN_E_LIMIT, "\"%s\" has more than %d paths", name,
				      LISTING_PATHS_MAX);
	paths = pen_arena_array(&reading->listing->arena, list->n + 1, sizeof(*paths));
	if (!paths)
		return listing_refuse(reading, -ENOMEM, "no memory");
	for (item = list->items; item && !r; item = item->next) {
		if (item->kind != PEN_JSON_STRING)
			return listing_refuse(reading, PEN_E_SYNTAX, "a path is no string");
		r = string(reading, item, "a path", &paths[n]);
		if (!r && paths[n++][0] != '/')
			r = listing_refuse(reading, PEN_E_SYNTAX,
					   "\"%s\" has a path that is not absolute", name);
	}
	*pathsp = paths;
	return r;
}

static int read_needs(struct listing_reading *reading, const struct pen_json *root)
{
	struct pen_worker_needs *needs = &reading->listing->needs;
	const struct pen_json *object;
	int r;

	*reading->place = '\0';
	r = member(reading, root, "needs", PEN_JSON_OBJECT, true, &object);
	if (r || !object)
		return r;
	snprintf(reading->place, sizeof(reading->place), "needs");
	r = read_paths(reading, object, "reads", &needs->reads);
	if (!r)
		r = read_paths(reading, object, "writes", &needs->writes);
	if (!r)
		r = number(reading, object, "memory_max", INT64_MAX, true, &needs->memory_max);
	if (!r)
		r = number_u32(reading, object, "files_max", INT32_MAX, true, &needs->files_max);
	if (!r)
		r = truth(reading, object, "network", &needs->network);
	return r ? r : truth(reading, object, "table", &reading->listing->needs_table);
}

/* ---- the whole ---- */

static int read_workers(struct listing_reading *reading, const struct pen_json *root)
{
	struct listing *listing = reading->listing;
	const struct pen_json *workers;
	int r;

	r = member(reading, root, "workers", PEN_JSON_OBJECT, false, &workers);
	if (!r)
		r = number_u32(reading, workers, "max", LISTING_WORKERS_MAX, false,
			       &listing->workers_max);
	if (!r)
		r = number_u32(reading, workers, "min", LISTING_WORKERS_MAX, true,
			       &listing->workers_min);
	if (!r && (!listing->workers_max || listing->workers_min > listing->workers_max))
		r = listing_refuse(reading, PEN_E_SYNTAX,
				   "\"workers\" has a \"max\" of 0, or less than \"min\"");
	return r;
}

static int read_root(struct listing_reading *reading, const struct pen_json *root)
{
	struct listing *listing = reading->listing;
	int r;

	if (root->kind != PEN_JSON_OBJECT)
		return listing_refuse(reading, PEN_E_SYNTAX, "it is no object");
	r = text(reading, root, "program", false, &listing->program);
	if (!r && strchr(listing->program, '/'))
		r = listing_refuse(reading, PEN_E_SYNTAX, "\"program\" has a slash");
	if (!r)
		r = read_workers(reading, root);
	if (!r)
		r = number_u32(reading, root, "idle_seconds", UINT32_MAX, false, &listing->idle_s);
	if (!r)
		r = text(reading, root, "user", true, &listing->user);
	if (!r)
		r = read_interfaces(reading, root);
	if (!r)
		r = read_pipes(reading, root);
	return r ? r : read_needs(reading, root);
}

static int parse(struct listing_reading *reading, const char *bytes, size_t n,
		 struct pen_arena *nodes)
{
	struct pen_json *root;
	unsigned line = 1;
	size_t at = 0;
	int r;

	if (n > LISTING_MAX)
		return listing_refuse(reading, PEN_E_LIMIT, "it has more than %d bytes",
				      LISTING_MAX);
	r = pen_json_parse(&root, bytes, n, nodes, &at);
	if (!r)
		return read_root(reading, root);
	for (size_t i = 0; i < at && i < n; i++)
		line += bytes[i] == '\n';
	snprintf(reading->place, sizeof(reading->place), "line %u", line);
	return r == PEN_E_SYNTAX ? listing_refuse(reading, r, "there the JSON is wrong")
				 : listing_refuse(reading, r, "there is no memory for more");
}

int listing_read_json(struct listing *listing, const char *bytes, size_t n, char error[256])
{
	struct listing_reading reading;
	struct pen_arena nodes;
	int r;

	pen_arena_init(&nodes, NODES_MAX);
	r = listing_begin(&reading, listing, error);
	if (!r)
		r = parse(&reading, bytes, n, &nodes);
	pen_arena_done(&nodes);
	if (r)
		listing_done(listing);
	return r;
}
