/* SPDX-License-Identifier: MIT */
#include "daemon/serve.h"
#include "io/socket.h"
#include "runtime/server-policy.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PORTS_TRIED_MAX = 1000 };

static int fail(const struct serve *serve, int result, const char *what, const char *sentence)
{
	log_line(serve->log, PEN_LOG_ERROR, what, "error", pen_error_name(result), "message",
		 *sentence    ? sentence
		 : result < 0 ? strerror(-result)
			      : "",
		 NULL);
	return result;
}

static void log_of_server(void *data, enum pen_log_level level, const char *line)
{
	log_line(data, level, "server", "message", line, NULL);
}

/* ---- directories ---- */

static int make_directories(struct serve *serve)
{
	const char *directory = serve->config->directory;
	int r;

	/* Everybody may come in to a system's ncalrpc/, nobody but root to np/. */
	r = pen_directory_make(directory, geteuid() ? 0700 : 0755);
	if (r)
		return fail(serve, r, "directory", directory);
	if (asprintf(&serve->ncalrpc_dir, "%s/ncalrpc", directory) < 0 ||
	    asprintf(&serve->np_dir, "%s/np", directory) < 0)
		return fail(serve, -ENOMEM, "directory", directory);
	return 0;
}

/* ---- TCP ---- */

/* "ncacn_ip_tcp:ADDRESS[PORT]", for the programs of that kind. */
static int listen_tcp(struct serve *serve, const char *address, uint32_t port, bool is_mapper,
		      const char **bindingp)
{
	const char *names[CONFIG_SERVICES_MAX + 1];
	char text[128];
	size_t n = 0;

	for (size_t i = 0; daemon_program(i); i++)
		if (serve->is_started[i] && daemon_program(i)->endpoints &&
		    daemon_program(i)->is_mapper == is_mapper)
			names[n++] = daemon_program(i)->service->interface->name;
	names[n] = NULL;
	if (!n)
		return PEN_E_NOT_FOUND;
	snprintf(text, sizeof(text), "ncacn_ip_tcp:%s[%u]", strcmp(address, "*") ? address : "",
		 port);
	return pen_server_listen(serve->server, text, names, bindingp);
}

/* The mapper's port is known to all; where none was asked for, a free one will do. */
static int listen_mapper(struct serve *serve, const char *address, const char **bindingp)
{
	const struct config *config = serve->config;
	char port[16];
	int r;

	r = listen_tcp(serve, address, config->port, true, bindingp);
	if (r == -EADDRINUSE && !config->is_port_given && geteuid()) {
		snprintf(port, sizeof(port), "%u", config->port);
		log_line(serve->log, PEN_LOG_WARNING, "listen", "port", port, "message",
			 "taken, so the endpoint mapper has another one", NULL);
		r = listen_tcp(serve, address, 0, true, bindingp);
	}
	return r;
}

static int listen_services(struct serve *serve, const char *address, const char **bindingp)
{
	const struct config *config = serve->config;
	uint32_t port = config->first_port;
	int r;

	do
		r = listen_tcp(serve, address, port, false, bindingp);
	while (r == -EADDRINUSE && port && port < config->last_port &&
	       port++ - config->first_port < PORTS_TRIED_MAX);
	return r;
}

static int listen_at(struct serve *serve, const char *address)
{
	const char *mapper = NULL, *services = NULL;
	int r;

	r = listen_mapper(serve, address, &mapper);
	if (!r || r == PEN_E_NOT_FOUND)
		r = listen_services(serve, address, &services);
	if (r && r != PEN_E_NOT_FOUND)
		return fail(serve, r, "listen", pen_server_error(serve->server));
	if (!serve->mapper_tcp)
		serve->mapper_tcp = mapper;
	if (!serve->services_tcp)
		serve->services_tcp = services;
	return 0;
}

static int listen_everywhere(struct serve *serve)
{
	char *addresses = strdup(serve->config->listen), *rest = NULL;
	int r = 0;

	if (!addresses)
		return -ENOMEM;
	if (strcmp(addresses, "none"))
		for (char *word = strtok_r(addresses, " \t", &rest); word && !r;
		     word = strtok_r(NULL, " \t", &rest))
			r = listen_at(serve, word);
	free(addresses);
	return r;
}

/* ---- programs ---- */

static int start_program(struct serve *serve, size_t i)
{
	const struct daemon_start start = { .config = serve->config, .security = serve->security };
	const struct daemon_program *program = daemon_program(i);
	struct pen_service service = *program->service;
	char error[256] = "";
	void *data;
	int r = 0;

	if (program->start)
		r = program->start(&start, &serve->data[i], error);
	if (r)
		return fail(serve, r, program->name, error);
	serve->is_started[i] = true;
	data = program->call_data ? program->call_data(serve->data[i]) : serve->data[i];
	service.auth_level_min = serve->config->auth_level_min[i];
	r = pen_server_add(serve->server, &service, data);
	return r ? fail(serve, r, program->name, pen_server_error(serve->server)) : 0;
}

static bool has_endpoint(const struct daemon_program *program, const char *endpoint)
{
	for (const char *const *e = program->endpoints; e && *e; e++)
		if (!strcmp(*e, endpoint))
			return true;
	return false;
}

/* Listens for all programs that have the endpoint, unless an earlier one has brought it up. */
static int listen_shared(struct serve *serve, size_t first, const char *endpoint)
{
	const char *names[CONFIG_SERVICES_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; daemon_program(i); i++) {
		if (!serve->is_started[i] || !has_endpoint(daemon_program(i), endpoint))
			continue;
		if (i < first)
			return 0;
		names[n++] = daemon_program(i)->service->interface->name;
	}
	names[n] = NULL;
	return pen_server_listen(serve->server, endpoint, names, NULL);
}

static int listen_locally(struct serve *serve, size_t i)
{
	const char *const *endpoint = daemon_program(i)->endpoints;
	int r = 0;

	for (; !r && endpoint && *endpoint; endpoint++)
		r = listen_shared(serve, i, *endpoint);
	return r ? fail(serve, r, "listen", pen_server_error(serve->server)) : 0;
}

static int open_security(struct serve *serve)
{
	char error[256] = "";
	int r = daemon_security_new(&serve->security, serve->config, error);

	return r ? fail(serve, r, "security", error) : 0;
}

/* A policy may name those that do not run: it need not change when they stop. */
static struct serve_interfaces interfaces_of_programs(void)
{
	struct serve_interfaces interfaces = { { NULL } };

	for (size_t i = 0; daemon_program(i); i++)
		interfaces.rows[i] = daemon_program(i)->service->interface;
	return interfaces;
}

int serve_check_policy(const struct config *config, struct pen_buffer *diagnoses)
{
	struct serve_interfaces interfaces = interfaces_of_programs();
	struct pen_policy *policy = NULL;
	int r;

	r = pen_server_policy_read(&policy, config->limits.policy, interfaces.rows, diagnoses);
	pen_policy_free(policy);
	return r;
}

static int make_server(struct serve *serve)
{
	struct pen_server_config config = serve->config->limits;
	int r;

	serve->interfaces = interfaces_of_programs();
	config.policy_interfaces = serve->interfaces.rows;
	config.ncalrpc_dir = serve->ncalrpc_dir;
	config.np_dir = serve->np_dir;
	config.log = log_of_server;
	config.log_data = (void *)serve->log;
	config.mechs = daemon_security_mechs(serve->security);
	r = pen_server_new(&serve->server, &config);
	return r ? fail(serve, r, "server", "") : 0;
}

static int start_all(struct serve *serve)
{
	int r = 0;

	for (size_t i = 0; !r && daemon_program(i); i++)
		if (serve->config->is_enabled[i])
			r = start_program(serve, i);
	for (size_t i = 0; !r && daemon_program(i); i++)
		if (serve->is_started[i])
			r = listen_locally(serve, i);
	if (!r)
		r = listen_everywhere(serve);
	for (size_t i = 0; !r && daemon_program(i); i++) {
		if (!serve->is_started[i] || !daemon_program(i)->ready)
			continue;
		r = daemon_program(i)->ready(serve->data[i], serve->server);
		if (r)
			fail(serve, r, daemon_program(i)->name, "");
	}
	return r;
}

int serve_start(struct serve *serve, const struct config *config, const struct log *log)
{
	int r;

	*serve = (struct serve){ .config = config, .log = log };
	r = make_directories(serve);
	if (!r)
		r = open_security(serve);
	if (!r)
		r = make_server(serve);
	if (!r)
		r = start_all(serve);
	if (r)
		serve_stop(serve);
	return r;
}

void serve_stop(struct serve *serve)
{
	serve->server = pen_server_free(serve->server);
	for (size_t i = 0; daemon_program(i); i++) {
		if (serve->data[i] && daemon_program(i)->stop)
			daemon_program(i)->stop(serve->data[i]);
		serve->data[i] = NULL;
	}
	serve->security = daemon_security_free(serve->security);
	free(serve->ncalrpc_dir);
	free(serve->np_dir);
	serve->ncalrpc_dir = serve->np_dir = NULL;
}

int serve_set_policy(struct serve *serve, const char *path)
{
	int r = pen_server_set_policy(serve->server, path, NULL);

	return r ? fail(serve, r, "policy", pen_server_error(serve->server)) : 0;
}

int serve_reload(struct serve *serve, const struct config *config)
{
	char error[256] = "";
	int r = 0;

	for (size_t i = 0; !r && daemon_program(i); i++) {
		if (!serve->is_started[i] || !daemon_program(i)->reload)
			continue;
		r = daemon_program(i)->reload(serve->data[i], config, error);
		if (r)
			fail(serve, r, daemon_program(i)->name, error);
	}
	return r;
}
