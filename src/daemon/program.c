/* SPDX-License-Identifier: MIT */
#include "daemon/program.h"
#include "daemon/place.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, FAILED = 1 };

static void on_log(void *data, enum pen_log_level level, const char *line)
{
	const struct program *program = data;

	log_line(&program->log, level, "server", "program", program->worker.name, "message", line,
		 NULL);
}

/* ---- the configuration ---- */

static int load(struct config *config, struct pen_buffer *diagnoses)
{
	const char *path = getenv(PROGRAM_CONFIG_VARIABLE);
	int r = config_init(config, !geteuid());

	return r ? r : config_load(config, path && *path ? path : NULL, diagnoses);
}

static int say(int r, const char *name, struct pen_buffer *diagnoses)
{
	if (r && diagnoses->size)
		fprintf(stderr, "%.*s", (int)diagnoses->size, (const char *)diagnoses->data);
	else if (r)
		fprintf(stderr, "%s: %s\n", name, r < 0 ? strerror(-r) : pen_error_name(r));
	pen_buffer_done(diagnoses);
	return r ? FAILED : -1;
}

/* ---- what it may have ---- */

static void add_path(const char **paths, const char *path)
{
	size_t n = 0;

	while (paths[n])
		n++;
	if (path && *path == '/' && n < PROGRAM_PATHS_MAX)
		paths[n] = path;
}

void program_read(struct program *program, const char *path)
{
	add_path(program->reads, path);
}

void program_write(struct program *program, const char *path)
{
	add_path(program->writes, path);
}

static const char *directory_of(struct program *program, const char *path)
{
	char directory[PATH_MAX];
	size_t n = path ? daemon_place_of(path, directory) : 0;

	return n ? pen_arena_text(&program->config.arena, directory, n) : NULL;
}

void program_read_beside(struct program *program, const char *path)
{
	program_read(program, directory_of(program, path));
}

void program_write_beside(struct program *program, const char *path)
{
	program_write(program, directory_of(program, path));
}

/* penstockd writes a new file in the place of the old one. */
static void need_config(struct program *program)
{
	const char *path = getenv(PROGRAM_CONFIG_VARIABLE);

	if (path && *path)
		program_read_beside(program, path);
	program_read(program, secure_getenv("KRB5_CONFIG")); /* for messages protected by RC4 */
	program_write(program, program->config.limits.keylog);
}

/* ---- its life ---- */

static int prepare(struct pen_server_config *config, void **datap, char error[256])
{
	return program_prepare(*datap, config, error);
}

static int reload(void *data, struct pen_server *server, char error[256])
{
	struct config fresh;
	int r = program_reload(data, server, &fresh, error);

	if (!r)
		config_done(&fresh);
	return r;
}

static void stop(void *data)
{
	program_stop(data);
}

int program_init(struct program *program, const char *name)
{
	struct pen_buffer diagnoses;
	int r;

	*program = (struct program){ 0 };
	pen_buffer_init(&diagnoses, 0);
	r = load(&program->config, &diagnoses);
	program->log = (struct log){ .level = program->config.log_level,
				     .is_json = program->config.is_json };
	program->worker = (struct pen_worker){
		.name = name,
		.services = program->services,
		.needs = { .reads = program->reads, .writes = program->writes },
		.config = program->config.limits,
		.is_unmanaged = !program->config.is_enabled[daemon_service_find("mgmt")],
		.data = program,
		.prepare = prepare,
		.reload = reload,
		.stop = stop,
	};
	/* penstockd reads it, and tells all its workers. */
	program->worker.config.policy = program->worker.config.policy_record = NULL;
	program->worker.config.log = on_log;
	program->worker.config.log_data = program;
	return say(r, name, &diagnoses);
}

void program_add(struct program *program, const char *name, const char *const *endpoints,
		 void *(*call_data)(void *data))
{
	struct pen_worker_service *service = &program->services[program->worker.n_services];
	int i = daemon_service_find(name);

	if (!program->config.is_enabled[i])
		return;
	*service = (struct pen_worker_service){ .service = *daemon_service((size_t)i)->service,
						.endpoints = endpoints,
						.call_data = call_data };
	service->service.auth_level_min = program->config.auth_level_min[i];
	program->worker.n_services++;
}

int program_run(struct program *program, int argc, char **argv)
{
	int end;

	need_config(program);
	if (program->has_accounts)
		program_write_beside(program, program->config.accounts);
	end = pen_worker_main(argc, argv, &program->worker);
	config_done(&program->config);
	return end;
}

int program_prepare(struct program *program, struct pen_server_config *config, char error[256])
{
	if (!program->has_accounts)
		return 0;
	/* They are this process' own, and nobody uses them yet. */
	return daemon_security_new(&program->security, &program->config,
				   (struct pen_mechs *)(uintptr_t)config->mechs, error);
}

int program_reload(struct program *program, struct pen_server *server, struct config *fresh,
		   char error[256])
{
	struct pen_buffer diagnoses;
	int r;

	pen_buffer_init(&diagnoses, 0);
	r = load(fresh, &diagnoses);
	if (!r)
		program->log = (struct log){ fresh->log_level, fresh->is_json };
	if (r) {
		snprintf(error, 256, "%.*s", (int)diagnoses.size, (const char *)diagnoses.data);
		config_done(fresh);
	}
	pen_buffer_done(&diagnoses);
	return r;
}

void program_stop(struct program *program)
{
	program->security = daemon_security_free(program->security);
}
