/* SPDX-License-Identifier: MIT */
#include "worker/listing.h"
#include "ndr/json.h"
#include "rpc/auth.h"
#include "runtime/server.h"
#include <errno.h>
#include <penstock/binding.h>
#include <penstock/security.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WORKERS_MAX = 5, IDLE_S = 60 };

static const uint64_t memory_max = UINT64_C(1) << 30;

/* ---- interfaces ---- */

static const struct pen_interface *interface_of(const struct pen_worker *worker, size_t i)
{
	return worker->services[i].service.interface;
}

/* An interface whose objects are of several types is several services; it is listed once. */
static bool is_first(const struct pen_worker *worker, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (pen_syntax_id_equal(&interface_of(worker, k)->id, &interface_of(worker, i)->id))
			return false;
	return true;
}

static bool has_endpoint(const struct pen_worker_service *service, const char *const *end,
			 const char *endpoint)
{
	for (const char *const *e = service->endpoints; e && e != end && *e; e++)
		if (!strcmp(*e, endpoint))
			return true;
	return false;
}

/* Visits the endpoints of an interface, each once; stops at what visit returns that is not 0. */
static int each_endpoint(const struct pen_worker *worker, size_t i,
			 int (*visit)(struct pen_buffer *text, const char *endpoint),
			 struct pen_buffer *text)
{
	const struct pen_syntax_id *id = &interface_of(worker, i)->id;
	int r = 0;

	for (size_t k = i; k < worker->n_services && !r; k++) {
		const struct pen_worker_service *service = &worker->services[k];

		if (!pen_syntax_id_equal(&interface_of(worker, k)->id, id))
			continue;
		for (const char *const *e = service->endpoints; e && *e && !r; e++) {
			bool is_listed = has_endpoint(service, e, *e);

			for (size_t before = i; before < k && !is_listed; before++)
				is_listed = pen_syntax_id_equal(&interface_of(worker, before)->id,
								id) &&
					    has_endpoint(&worker->services[before], NULL, *e);
			if (!is_listed)
				r = visit(text, *e);
		}
	}
	return r;
}

/* ---- what is wrong ---- */

static int PEN_PRINTF(3, 4) refuse(struct pen_ndr_error *error, int result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return result;
}

/* A text that is a line's own. */
static bool is_plain(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return n && n < PEN_WORKER_TEXT_MAX;
}

static int check_endpoint(const char *name, const char *endpoint, struct pen_ndr_error *error)
{
	struct pen_ndr_error reason = { "" };
	struct pen_binding binding;
	bool is_place;
	int r;

	if (!is_plain(endpoint))
		return refuse(error, PEN_E_SYNTAX, "%s: an endpoint is empty, or no line", name);
	r = pen_binding_parse(&binding, endpoint, &reason);
	if (r)
		return r < 0 ? r
			     : refuse(error, PEN_E_SYNTAX, "%s: endpoint %.60s: %.60s", name,
				      endpoint, reason.text);
	is_place = binding.endpoint || binding.protseq != PEN_NCACN_NP;
	pen_binding_done(&binding);
	return is_place ? 0
			: refuse(error, PEN_E_SYNTAX, "%s: endpoint %.60s names no pipe", name,
				 endpoint);
}

static int check_paths(const char *const *paths, struct pen_ndr_error *error)
{
	size_t n = 0;

	for (; paths && paths[n]; n++)
		if (paths[n][0] != '/' || !is_plain(paths[n]))
			return refuse(error, PEN_E_SYNTAX,
				      "a path that it needs is %.60s: not absolute", paths[n]);
	return n <= PEN_WORKER_PATHS_MAX
		       ? 0
		       : refuse(error, PEN_E_LIMIT, "it needs %zu paths: %d is the most", n,
				PEN_WORKER_PATHS_MAX);
}

static int check_service(const struct pen_worker *worker, size_t i, size_t *n_endpointsp,
			 struct pen_ndr_error *error)
{
	const struct pen_service *service = &worker->services[i].service;
	const char *const *e = worker->services[i].endpoints;
	int r = 0;

	if (service->interface->is_object)
		return refuse(error, PEN_E_UNSUPPORTED,
			      "%s is an object interface: serving objects (ORPC) is not offered",
			      service->interface->name);
	for (size_t k = 0; k < i; k++)
		if (pen_syntax_id_equal(&interface_of(worker, k)->id, &service->interface->id) &&
		    pen_uuid_equal(&worker->services[k].service.type, &service->type))
			return refuse(error, PEN_E_EXISTS, "the interface %s is there twice",
				      service->interface->name);
	for (; e && *e && !r; e++) {
		r = check_endpoint(service->interface->name, *e, error);
		++*n_endpointsp;
	}
	return r;
}

static bool is_pipe_right(const struct pen_pipe_config *config)
{
	return (unsigned)config->configuration <= PEN_PIPE_DUPLEX &&
	       (config->is_message || !config->is_message_mode) &&
	       config->instances_max <= PEN_PIPE_UNLIMITED;
}

static int check_security(const struct pen_worker_pipe *pipe, struct pen_ndr_error *error)
{
	struct pen_sddl_error reason = { 0 };
	struct pen_descriptor descriptor;
	struct pen_arena arena;
	int r;

	if (!pipe->security)
		return 0;
	pen_arena_init(&arena, 0);
	r = pen_sddl_parse(&descriptor, &arena, pipe->security, NULL, &reason);
	pen_arena_done(&arena);
	if (r > 0)
		return refuse(error, r, "the security of the pipe %.60s: %s", pipe->name,
			      reason.text);
	if (!r && !is_plain(pipe->security))
		return refuse(error, PEN_E_LIMIT, "the security of the pipe %.60s is too long",
			      pipe->name);
	return r;
}

static int check_pipe(const struct pen_worker *worker, size_t i, struct pen_ndr_error *error)
{
	const struct pen_worker_pipe *pipe = &worker->pipes[i];

	if (!pipe->name || !is_plain(pipe->name) ||
	    strlen(pipe->name) >= PEN_WORKER_PIPE_NAME_MAX || pipe->name[0] == '\\')
		return refuse(error, PEN_E_SYNTAX, "the name of a pipe is none");
	if (!is_pipe_right(&pipe->config) || !pipe->serve)
		return refuse(error, PEN_E_SYNTAX, "there can be no such pipe as %.60s",
			      pipe->name);
	for (size_t k = 0; k < i; k++)
		if (!strcasecmp(worker->pipes[k].name, pipe->name))
			return refuse(error, PEN_E_EXISTS, "the pipe %.60s is there twice",
				      pipe->name);
	return check_security(pipe, error);
}

static int check_pipes(const struct pen_worker *worker, struct pen_ndr_error *error)
{
	int r = 0;

	if (worker->n_pipes > PEN_WORKER_PIPES_MAX)
		return refuse(error, PEN_E_LIMIT, "it has %zu pipes: %d is the most",
			      worker->n_pipes, PEN_WORKER_PIPES_MAX);
	for (size_t i = 0; i < worker->n_pipes && !r; i++)
		r = check_pipe(worker, i, error);
	return r;
}

int pen_worker_check(const struct pen_worker *worker, struct pen_ndr_error *error)
{
	size_t n_endpoints = 0;
	int r = 0;

	if (worker->n_services > PEN_WORKER_INTERFACES_MAX)
		return refuse(error, PEN_E_LIMIT, "it has %zu services: %d is the most",
			      worker->n_services, PEN_WORKER_INTERFACES_MAX);
	for (size_t i = 0; i < worker->n_services && !r; i++)
		r = check_service(worker, i, &n_endpoints, error);
	if (!r && n_endpoints > PEN_WORKER_ENDPOINTS_MAX)
		r = refuse(error, PEN_E_LIMIT, "it has %zu endpoints: %d is the most", n_endpoints,
			   PEN_WORKER_ENDPOINTS_MAX);
	if (!r)
		r = check_pipes(worker, error);
	if (!r)
		r = check_paths(worker->needs.reads, error);
	if (!r)
		r = check_paths(worker->needs.writes, error);
	if (!r && worker->user && !is_plain(worker->user))
		r = refuse(error, PEN_E_SYNTAX, "its user's name is empty, or no line");
	if (!r && worker->workers_min > (worker->workers_max ? worker->workers_max : WORKERS_MAX))
		r = refuse(error, PEN_E_SYNTAX, "workers_min is more than workers_max");
	return r;
}

/* ---- lines ---- */

static uint32_t workers_max(const struct pen_worker *worker)
{
	return worker->workers_max ? worker->workers_max : WORKERS_MAX;
}

static uint32_t idle_s(const struct pen_worker *worker)
{
	return worker->idle_s ? worker->idle_s : IDLE_S;
}

static int put_endpoint_line(struct pen_buffer *text, const char *endpoint)
{
	return pen_buffer_printf(text, " %s\n", endpoint);
}

int pen_worker_list_text(const struct pen_worker *worker, struct pen_buffer *text)
{
	char uuid[PEN_UUID_TEXT_SIZE];
	int r = pen_buffer_printf(text, "%u\n%u\n", workers_max(worker), idle_s(worker));

	for (size_t i = 0; i < worker->n_services && !r; i++) {
		const struct pen_interface *interface = interface_of(worker, i);

		if (!is_first(worker, i))
			continue;
		pen_uuid_print(&interface->id.uuid, uuid);
		r = pen_buffer_printf(text, "%s/0x%08x %s\n", uuid,
				      interface->id.major | (uint32_t)interface->id.minor << 16,
				      interface->name);
		if (!r)
			r = each_endpoint(worker, i, put_endpoint_line, text);
	}
	return r;
}

/* ---- JSON ---- */

/* A text of a list, of which this may be the first. */
static int put_item(struct pen_buffer *text, const char *item)
{
	int r = 0;

	if (text->data[text->size - 1] != '[')
		r = pen_buffer_add(text, ", ", 2);
	return r ? r : pen_json_put_string(text, item, true);
}

static int put_list(struct pen_buffer *text, const char *name, const char *const *items)
{
	int r = pen_buffer_printf(text, "\"%s\": [", name);

	for (; items && *items && !r; items++)
		r = put_item(text, *items);
	return r ? r : pen_buffer_add(text, "], ", 3);
}

static int put_operations(struct pen_buffer *text, const struct pen_interface *interface)
{
	int r = pen_buffer_printf(text, ", \"operations\": [");

	for (uint32_t i = 0; i < interface->n_operations && !r; i++) {
		const char *name = interface->operations[i].name;

		r = i ? pen_buffer_add(text, ", ", 2) : 0;
		if (!r)
			r = name ? pen_json_put_string(text, name, true)
				 : pen_buffer_add(text, "null", 4);
	}
	return r ? r : pen_buffer_add(text, "]", 1);
}

static int put_interface(struct pen_buffer *text, const struct pen_worker *worker, size_t i,
			 bool has_operations)
{
	const struct pen_interface *interface = interface_of(worker, i);
	uint8_t level = worker->services[i].service.auth_level_min;
	char uuid[PEN_UUID_TEXT_SIZE];
	int r;

	pen_uuid_print(&interface->id.uuid, uuid);
	r = pen_buffer_printf(
		text,
		"%s\n    {\"name\": \"%s\", \"uuid\": \"%s\", \"version\": \"%u.%u\", "
		"\"level\": \"%s\", \"anonymous\": %s, \"endpoints\": [",
		i ? "," : "", interface->name, uuid, interface->id.major, interface->id.minor,
		pen_auth_level_name(level), level <= PEN_AUTH_LEVEL_NONE ? "true" : "false");
	if (!r)
		r = each_endpoint(worker, i, put_item, text);
	if (!r)
		r = pen_buffer_add(text, "]", 1);
	if (!r && has_operations)
		r = put_operations(text, interface);
	return r ? r : pen_buffer_add(text, "}", 1);
}

/* What a pipe has that is not said is said here. */
static int put_pipe(struct pen_buffer *text, const struct pen_worker_pipe *pipe, bool is_first)
{
	static const char *const configurations[] = { "inbound", "outbound", "duplex" };
	static const uint32_t default_quotas[] = { PEN_WORKER_PIPE_QUOTA, PEN_WORKER_PIPE_QUOTA };
	const struct pen_pipe_config *config = &pipe->config;
	const uint32_t *quotas = config->quotas ? config->quotas : default_quotas;
	int r = pen_buffer_printf(text, "%s\n    {\"name\": ", is_first ? "" : ",");

	if (!r)
		r = pen_json_put_string(text, pipe->name, true);
	if (!r)
		r = pen_buffer_printf(
			text,
			", \"configuration\": \"%s\", \"type\": \"%s\", \"read_mode\": \"%s\", "
			"\"remote\": %s, \"instances\": %u, \"quotas\": [%u, %u], "
			"\"timeout_ms\": %u, \"security\": ",
			configurations[config->configuration],
			config->is_message ? "message" : "byte",
			config->is_message_mode ? "message" : "byte",
			config->rejects_remote ? "false" : "true",
			config->instances_max ? config->instances_max : PEN_PIPE_UNLIMITED,
			quotas[0], quotas[1], config->timeout_ms);
	if (!r)
		r = pipe->security ? pen_json_put_string(text, pipe->security, true)
				   : pen_buffer_add(text, "null", 4);
	return r ? r : pen_buffer_add(text, "}", 1);
}

static int put_pipes(struct pen_buffer *text, const struct pen_worker *worker)
{
	int r = pen_buffer_printf(text, "  \"pipes\": [");

	for (size_t i = 0; i < worker->n_pipes && !r; i++)
		r = put_pipe(text, &worker->pipes[i], !i);
	return r ? r : pen_buffer_printf(text, "],\n");
}

static int put_needs(struct pen_buffer *text, const struct pen_worker *worker)
{
	const struct pen_worker_needs *needs = &worker->needs;
	int r;

	r = pen_buffer_printf(text, "  \"needs\": {");
	if (!r)
		r = put_list(text, "reads", needs->reads);
	if (!r)
		r = put_list(text, "writes", needs->writes);
	return r ? r
		 : pen_buffer_printf(
			   text,
			   "\"network\": %s, \"table\": %s, \"memory_max\": %llu, "
			   "\"files_max\": %u}\n",
			   needs->network ? "true" : "false", worker->table ? "true" : "false",
			   (unsigned long long)(needs->memory_max ? needs->memory_max : memory_max),
			   needs->files_max);
}

static int put_limits(struct pen_buffer *text, const struct pen_worker *worker)
{
	struct pen_server_config config = worker->config;

	pen_server_set_defaults(&config);
	return pen_buffer_printf(
		text,
		"  \"limits\": {\"connections\": %u, \"connections_per_peer\": %u, "
		"\"groups\": %u, \"handles_per_group\": %u, \"call_memory\": %u, "
		"\"memory\": %u},\n",
		config.connections_max, config.connections_per_peer_max, config.groups_max,
		config.handles_per_group_max, config.call_memory_max, config.memory_max);
}

static int put_head(struct pen_buffer *text, const struct pen_worker *worker, const char *name)
{
	int r = pen_buffer_printf(text, "{\n  \"program\": ");

	if (!r)
		r = pen_json_put_string(text, name, true);
	if (!r)
		r = pen_buffer_printf(text,
				      ",\n  \"workers\": {\"max\": %u, \"min\": %u},\n"
				      "  \"idle_seconds\": %u,\n  \"user\": ",
				      workers_max(worker), worker->workers_min, idle_s(worker));
	if (!r)
		r = worker->user ? pen_json_put_string(text, worker->user, true)
				 : pen_buffer_add(text, "null", 4);
	return r ? r : pen_buffer_printf(text, ",\n  \"interfaces\": [");
}

static int list_json(const struct pen_worker *worker, const char *name, bool has_operations,
		     struct pen_buffer *text)
{
	int r = put_head(text, worker, name);

	for (size_t i = 0; i < worker->n_services && !r; i++)
		if (is_first(worker, i))
			r = put_interface(text, worker, i, has_operations);
	if (!r)
		r = pen_buffer_printf(text, "],\n");
	if (!r)
		r = put_pipes(text, worker);
	if (!r)
		r = put_limits(text, worker);
	if (!r)
		r = put_needs(text, worker);
	return r ? r : pen_buffer_add(text, "}\n", 2);
}

int pen_worker_list_json(const struct pen_worker *worker, const char *name, struct pen_buffer *text)
{
	size_t before = text->size;
	int r = list_json(worker, name, true, text);

	/* Operations are named for policies, and a listing does without. */
	if (r == PEN_E_LIMIT) {
		text->size = before;
		r = list_json(worker, name, false, text);
	}
	return r;
}
