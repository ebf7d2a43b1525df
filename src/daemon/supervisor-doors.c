/* SPDX-License-Identifier: MIT */
/* Where the supervisor listens. */
#include "daemon/supervisor-parts.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PORTS_TRIED_MAX = 1000, BINDING_SIZE = 1100 };

static struct door *find_door(const struct supervisor *supervisor, const char *listed,
			      const char *wanted)
{
	pen_list_each (link, after, &supervisor->doors) {
		struct door *door = pen_list_entry(link, struct door, link);

		if (!strcmp(door->listed, listed) && !strcmp(door->wanted, wanted))
			return door;
	}
	return NULL;
}

/* Several programs may be behind a pipe that carries RPC; behind another one, one. */
static bool is_taken(const struct supervisor *supervisor, const char *pipe, bool is_raw)
{
	pen_list_each (link, after, &supervisor->doors) {
		const struct door *door = pen_list_entry(link, struct door, link);

		if (!strcasecmp(door->pipe, pipe) && door->n_crews && (door->is_raw || is_raw))
			return true;
	}
	return false;
}

static int open_door(struct supervisor *supervisor, const char *listed, const char *wanted,
		     const char *binding, const char *raw, struct door **doorp)
{
	char pipe[DOOR_PIPE_SIZE];
	const struct door_config config = {
		.listed = listed,
		.wanted = wanted,
		.binding = binding,
		.raw = raw,
		.ncalrpc_dir = supervisor->config.ncalrpc_dir,
		.np_dir = supervisor->config.np_dir,
		.legacy = supervisor->config.legacy,
		.handed = supervisor->config.handed,
		.loop = &supervisor->loop.uv,
		.came = supervisor_on_came,
		.data = supervisor,
	};
	int r;

	if (raw || !door_pipe_name(binding, pipe))
		snprintf(pipe, sizeof(pipe), "%s", raw ? raw : "");
	if (*pipe && is_taken(supervisor, pipe, raw))
		return PEN_E_EXISTS;
	annex_yield(&supervisor->annex, pipe);
	r = door_new(doorp, &config);
	if (!r)
		pen_list_append(&supervisor->doors, &(*doorp)->link);
	return r;
}

/* "ncacn_ip_tcp:ADDRESS": at a port of those that programs get. */
static int open_any_port(struct supervisor *supervisor, const char *listed, const char *wanted,
			 struct door **doorp)
{
	const struct supervisor_config *config = &supervisor->config;
	uint32_t port = config->first_port;
	char binding[BINDING_SIZE + 16];
	int r;

	do {
		snprintf(binding, sizeof(binding), "%s[%u]", wanted, port);
		r = open_door(supervisor, listed, wanted, binding, NULL, doorp);
	} while (r == -EADDRINUSE && port && port++ < config->last_port &&
		 port - config->first_port < PORTS_TRIED_MAX);
	return r;
}

static int open_port(struct supervisor *supervisor, const char *listed, const char *wanted,
		     const char *port, struct door **doorp)
{
	uint16_t soft = supervisor->config.soft_port;
	int r = open_door(supervisor, listed, wanted, wanted, NULL, doorp);
	char binding[BINDING_SIZE + 16];

	if (r != -EADDRINUSE || !soft || strtoul(port, NULL, 10) != soft)
		return r;
	log_line(supervisor->config.log, PEN_LOG_WARNING, "listen", "port", port, "message",
		 "taken, so the endpoint mapper has another one", NULL);
	snprintf(binding, sizeof(binding), "%.*s[0]", (int)strcspn(wanted, "["), wanted);
	return open_door(supervisor, listed, wanted, binding, NULL, doorp);
}

/* Behind the door that is there. PEN_E_NOT_FOUND: there is none. */
static int put_behind(struct supervisor *supervisor, struct crew *crew, const char *listed,
		      const char *wanted)
{
	struct door *door = find_door(supervisor, listed, wanted);

	return door ? door_add_crew(door, crew) : PEN_E_NOT_FOUND;
}

static int put_behind_local(struct supervisor *supervisor, struct crew *crew, const char *listed,
			    const char *wanted)
{
	int r = put_behind(supervisor, crew, listed, wanted);
	struct door *door;

	if (r != PEN_E_NOT_FOUND)
		return r;
	r = open_door(supervisor, listed, wanted, wanted, NULL, &door);
	return r ? r : door_add_crew(door, crew);
}

/* "ncacn_ip_tcp:" or "ncacn_ip_tcp:[135]", at one of our addresses. */
static int put_behind_tcp(struct supervisor *supervisor, struct crew *crew, const char *listed,
			  const char *address, const char *port)
{
	char wanted[BINDING_SIZE];
	struct door *door;
	int r;

	snprintf(wanted, sizeof(wanted), port ? "ncacn_ip_tcp:%s[%s]" : "ncacn_ip_tcp:%s", address,
		 port);
	r = put_behind(supervisor, crew, listed, wanted);
	if (r != PEN_E_NOT_FOUND)
		return r;
	r = port ? open_port(supervisor, listed, wanted, port, &door)
		 : open_any_port(supervisor, listed, wanted, &door);
	return r ? r : door_add_crew(door, crew);
}

static int add_endpoint(struct supervisor *supervisor, struct crew *crew, const char *listed)
{
	const char *const *addresses = supervisor->config.addresses;
	char local[BINDING_SIZE];
	struct pen_binding binding;
	int r = pen_binding_parse(&binding, listed, NULL);

	if (r)
		return r;
	if (binding.protseq == PEN_NCACN_IP_TCP) {
		for (size_t i = 0; !r && addresses[i]; i++)
			r = put_behind_tcp(supervisor, crew, listed, addresses[i],
					   binding.endpoint);
	} else if (!binding.endpoint) {
		snprintf(local, sizeof(local), "ncalrpc:[%s]", crew->listing.program);
		r = binding.protseq == PEN_NCALRPC
			    ? put_behind_local(supervisor, crew, listed, local)
			    : PEN_E_SYNTAX;
	} else {
		r = put_behind_local(supervisor, crew, listed, listed);
	}
	pen_binding_done(&binding);
	return r;
}

/* A pipe without RPC, which has one program. */
static int add_pipe(struct supervisor *supervisor, struct crew *crew, const char *name)
{
	char listed[BINDING_SIZE];
	struct door *door;
	int r;

	snprintf(listed, sizeof(listed), "\\pipe\\%s", name);
	door = find_door(supervisor, listed, listed);
	if (door && door->n_crews)
		return PEN_E_EXISTS;
	if (!door) {
		r = open_door(supervisor, listed, listed, listed, name, &door);
		if (r)
			return r;
	}
	return door_add_crew(door, crew);
}

/* Without memory to find out where that is now, it is where it was. */
static void keep_doors(struct supervisor *supervisor, struct crew *crew, const char *listed)
{
	char local[BINDING_SIZE];

	snprintf(local, sizeof(local), "ncalrpc:[%s]", crew->listing.program);
	pen_list_each (link, after, &supervisor->doors) {
		struct door *door = pen_list_entry(link, struct door, link);

		if (!strcmp(door->listed, listed) &&
		    (strcmp(listed, "ncalrpc:") != 0 || !strcmp(door->wanted, local)))
			door_add_crew(door, crew);
	}
}

static int add_pipes(struct supervisor *supervisor, struct crew *crew)
{
	int result = 0;

	if (crew->listing.n_pipes && !supervisor->config.objects) {
		log_line(supervisor->config.log, PEN_LOG_WARNING, "listen", "program",
			 crew->listing.program, "message",
			 "its pipes are not served: there is no object manager", NULL);
		return 0;
	}
	for (size_t i = 0; i < crew->listing.n_pipes; i++) {
		const char *name = crew->listing.pipes[i].name;
		int r = add_pipe(supervisor, crew, name);

		if (r)
			result = supervisor_fail(supervisor, r, "listen", name);
	}
	return result;
}

/* The last failure. */
static int add_endpoints(struct supervisor *supervisor, struct crew *crew)
{
	int result = 0;

	for (size_t i = 0; i < crew->listing.n_interfaces; i++) {
		const struct listing_interface *interface = &crew->listing.interfaces[i];

		for (size_t k = 0; k < interface->n_endpoints; k++) {
			const char *listed = interface->endpoints[k];
			int r = add_endpoint(supervisor, crew, listed);

			if (r)
				result = supervisor_fail(supervisor, r, "listen", listed);
			if (r == -ENOMEM || r == PEN_E_LIMIT)
				keep_doors(supervisor, crew, listed);
		}
	}
	return result;
}

int supervisor_set_table(struct supervisor *supervisor)
{
	int result = 0;

	pen_list_each (link, after, &supervisor->doors)
		pen_list_entry(link, struct door, link)->n_crews = 0;
	pen_list_each (link, after, &supervisor->crews) {
		struct crew *crew = pen_list_entry(link, struct crew, link);
		int r = add_endpoints(supervisor, crew);

		result = r ? r : result;
		r = add_pipes(supervisor, crew);
		result = r ? r : result;
	}
	pen_list_each (link, after, &supervisor->doors) {
		struct door *door = pen_list_entry(link, struct door, link);

		if (!door->n_crews)
			door_free(door);
	}
	annex_look(&supervisor->annex);
	supervisor_set_doors(supervisor);
	return result;
}

void supervisor_forget_new_doors(struct supervisor *supervisor)
{
	pen_list_each (link, after, &supervisor->doors)
		pen_list_entry(link, struct door, link)->is_new = false;
}
